//! Where bytes are in a text: lines and columns.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ops::Range;
use std::rc::Rc;
use std::sync::Arc;

use rivage_diag::{FileId, Location, Span};

use super::Sources;

/// A line and a column, both from 1; the column counts characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Position {
    pub(super) line: usize,
    pub(super) column: usize,
}

/// The texts of one emission, each looked up and cut into lines once.
pub(super) struct Texts<'s> {
    sources: &'s dyn Sources,
    known: RefCell<BTreeMap<FileId, Option<Rc<Text>>>>,
}

impl<'s> Texts<'s> {
    pub(super) fn new(sources: &'s dyn Sources) -> Self {
        Self { sources, known: RefCell::new(BTreeMap::new()) }
    }

    pub(super) fn get(&self, file: &FileId) -> Option<Rc<Text>> {
        let mut known = self.known.borrow_mut();
        let text =
            known.entry(file.clone()).or_insert_with(|| self.sources.text(file).map(|text| Rc::new(Text::new(text))));
        text.clone()
    }

    /// Returns where a location starts and ends.
    pub(super) fn positions(&self, location: &Location) -> Option<(Position, Position)> {
        let text = self.get(&location.file)?;
        let range = text.clamp(location.span);
        Some((text.position(range.start), text.position(range.end)))
    }

    /// Returns a location as `file:line:column`, or only the file if its text is not known.
    pub(super) fn show(&self, location: &Location) -> String {
        match self.positions(location) {
            Some((start, _)) => format!("{}:{}:{}", location.file, start.line, start.column),
            None => location.file.to_string(),
        }
    }
}

/// A text that knows where its lines start.
pub(super) struct Text {
    text: Arc<str>,
    starts: Vec<usize>,
}

impl Text {
    pub(super) fn new(text: Arc<str>) -> Self {
        let starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Self { text, starts }
    }

    /// Moves a span inside the text and onto characters. The end of a text that ends with a line end is before that, as
    /// nobody calls what comes after it a line.
    pub(super) fn clamp(&self, span: Span) -> Range<usize> {
        let trimmed = self.text.strip_suffix('\n').map_or(&*self.text, |text| text.strip_suffix('\r').unwrap_or(text));
        let floor = |offset: u32| {
            let mut at = (offset as usize).min(trimmed.len());
            while !self.text.is_char_boundary(at) {
                at -= 1;
            }
            at
        };
        let start = floor(span.start);
        start..floor(span.end).max(start)
    }

    /// Returns the index of the line that holds an offset, from 0.
    pub(super) fn line_of(&self, offset: usize) -> usize {
        self.starts.partition_point(|start| *start <= offset).saturating_sub(1)
    }

    /// Returns the bytes of a line, without its end.
    pub(super) fn line(&self, index: usize) -> Range<usize> {
        let start = self.starts.get(index).copied().unwrap_or(self.text.len());
        let end = self.starts.get(index + 1).map_or(self.text.len(), |next| next - 1);
        let line = self.text.get(start..end).unwrap_or_default();
        start..start + line.strip_suffix('\r').unwrap_or(line).len()
    }

    /// Returns how many lines there are. What comes after the last line end is one only if it is not empty.
    pub(super) fn line_count(&self) -> usize {
        self.starts.len() - usize::from(self.text.ends_with('\n'))
    }

    pub(super) fn slice(&self, range: Range<usize>) -> &str {
        self.text.get(range).unwrap_or_default()
    }

    pub(super) fn position(&self, offset: usize) -> Position {
        let line = self.line_of(offset);
        let bytes = self.line(line);
        let column = self.slice(bytes.start..offset.min(bytes.end)).chars().count() + 1;
        Position { line: line + 1, column }
    }
}

/// Longest line, in bytes, that is shown in full. Of longer ones, such as minified code, a part around the place is shown.
const LONG: usize = 240;

/// Returns the part of a line to be shown, with the bytes of `focus` in it.
pub(super) fn excerpt(text: &Text, line: Range<usize>, focus: Range<usize>) -> Range<usize> {
    if line.len() <= LONG {
        return line;
    }
    let content = text.slice(line.clone());
    let boundary = |at: usize| {
        let mut at = at.clamp(line.start, line.end) - line.start;
        while !content.is_char_boundary(at) {
            at -= 1;
        }
        line.start + at
    };
    let start = boundary(focus.start.saturating_sub(LONG / 4));
    start..boundary((start + LONG).min(line.end))
}
