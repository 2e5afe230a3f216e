//! Diagnostics for people: message, frame of the source, hints.
//!
//! Drawn by annotate-snippets. It gets only the lines that it shall show, so that neither a long file nor a long line costs anything.

use annotate_snippets::{AnnotationKind, Element, Group, Level, Origin, Padding, Renderer, Snippet};
use rivage_diag::{Diagnostic, Location, Severity};

use super::Sources;
use super::text::{Text, Texts, excerpt};

/// A place of more lines than that is shown by its first one.
const MOST_LINES: usize = 6;

/// What stands for the parts of a long line that are left out.
const CUT: &str = "…";

/// Returns all diagnostics, each with a frame of its source, with an empty line after each.
pub fn human(diagnostics: &[Diagnostic], sources: &dyn Sources, color: bool) -> String {
    let renderer = if color { Renderer::styled() } else { Renderer::plain() };
    let texts = Texts::new(sources);
    diagnostics.iter().fold(String::new(), |mut out, diagnostic| {
        out += one(diagnostic, &texts, &renderer).trim_end();
        out += "\n\n";
        out
    })
}

fn one(diagnostic: &Diagnostic, texts: &Texts<'_>, renderer: &Renderer) -> String {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let title = level.primary_title(diagnostic.message.as_str()).id(diagnostic.code.as_str());
    let frames = frames(diagnostic, texts);
    let hints: Vec<_> =
        diagnostic.hints.iter().map(|hint| Group::with_title(Level::HELP.secondary_title(hint.as_str()))).collect();

    let mut elements: Vec<Element<'_>> = frames.iter().map(Frame::element).collect();
    let trace = diagnostic.trace.iter().rev();
    elements.extend(trace.map(|place| Level::NOTE.with_name(role(place)).message(texts.show(place)).into()));
    if elements.is_empty() {
        // Without a frame, an empty margin before the hints would only be in the way.
        let title = renderer.render(&[Group::with_title(title)]);
        let hints = hints.into_iter().map(|hint| renderer.render(&[hint]));
        return std::iter::once(title).chain(hints).collect::<Vec<_>>().join("\n");
    }
    if !hints.is_empty() {
        elements.push(Padding.into());
    }
    let groups: Vec<_> = std::iter::once(title.elements(elements)).chain(hints).collect();
    let mut out = renderer.render(&groups);
    for (shown, real) in frames.iter().filter_map(|frame| frame.moved.as_ref()) {
        out = out.replacen(shown.as_str(), real, 1);
    }
    out
}

/// What a step of the way to an error is called, by its file.
fn role(place: &Location) -> &'static str {
    let path = place.file.as_str();
    let path = path.strip_prefix("themes/").and_then(|rest| rest.split_once('/')).map_or(path, |(_, rest)| rest);
    match path.split('/').next() {
        Some("layouts") => "in layout",
        Some("components") => "in component",
        _ => "on page",
    }
}

/// Lines of one file with marks in them.
struct Frame {
    path: String,
    /// The lines, or none if the text is not known.
    lines: Option<Lines>,
    /// The place as annotate-snippets computes it, and as it really is, where a line has been cut.
    moved: Option<(String, String)>,
}

struct Lines {
    text: String,
    first: usize,
    marks: Vec<(AnnotationKind, std::ops::Range<usize>, String)>,
}

impl Frame {
    fn element(&self) -> Element<'_> {
        let Some(lines) = &self.lines else { return Origin::path(self.path.as_str()).into() };
        let marks = lines.marks.iter().map(|(kind, range, label)| {
            let label = Some(label.as_str()).filter(|label| !label.is_empty());
            (*kind).span(range.clone()).label(label)
        });
        Snippet::source(lines.text.as_str()).path(self.path.as_str()).line_start(lines.first).annotations(marks).into()
    }
}

/// A mark before it is put into a frame.
struct Mark<'a> {
    location: &'a Location,
    kind: AnnotationKind,
    label: &'a str,
}

/// Makes one frame for the place itself with the labels on its lines, and one for each label elsewhere.
fn frames(diagnostic: &Diagnostic, texts: &Texts<'_>) -> Vec<Frame> {
    let primary = diagnostic.primary.iter().map(|location| Mark {
        location,
        kind: AnnotationKind::Primary,
        label: diagnostic.label.as_deref().unwrap_or_default(),
    });
    let labels = diagnostic.labels.iter().map(|label| Mark {
        location: &label.location,
        kind: AnnotationKind::Context,
        label: &label.text,
    });
    let mut frames: Vec<Vec<Mark<'_>>> = Vec::new();
    for mark in primary.chain(labels) {
        match frames.iter_mut().find(|marks| marks.iter().any(|other| are_near(other, &mark, texts))) {
            Some(marks) => marks.push(mark),
            None => frames.push(vec![mark]),
        }
    }
    frames.into_iter().map(|marks| frame(&marks, texts)).collect()
}

/// Reports whether two marks are worth a common frame.
fn are_near(one: &Mark<'_>, other: &Mark<'_>, texts: &Texts<'_>) -> bool {
    one.location.file == other.location.file
        && match (texts.positions(one.location), texts.positions(other.location)) {
            (Some((one, _)), Some((other, _))) => one.line.abs_diff(other.line) <= MOST_LINES,
            _ => true,
        }
}

fn frame(marks: &[Mark<'_>], texts: &Texts<'_>) -> Frame {
    let Some(file) = marks.first().map(|mark| &mark.location.file) else {
        return Frame { path: String::new(), lines: None, moved: None };
    };
    let path = file.to_string();
    let Some(text) = texts.get(file) else { return Frame { path, lines: None, moved: None } };
    let ranges: Vec<_> = marks.iter().map(|mark| short_range(&text, text.clamp(mark.location.span))).collect();
    let first = ranges.iter().map(|range| text.line_of(range.start)).min().unwrap_or(0);
    let last = ranges.iter().map(|range| text.line_of(range.end)).max().unwrap_or(first);

    let mut shown = String::new();
    let mut shifted: Vec<_> = ranges.iter().map(|_| 0..0).collect();
    let mut moved = None;
    for index in first..=last {
        if index > first {
            shown.push('\n');
        }
        let line = text.line(index);
        let focus = ranges.iter().find(|range| line.start <= range.start && range.start <= line.end);
        let part = excerpt(&text, line.clone(), focus.cloned().unwrap_or(line.start..line.start));
        if part.start > line.start {
            shown += CUT;
        }
        let offset = shown.len();
        shown += text.slice(part.clone());
        let place = |at: usize| offset + at.clamp(part.start, part.end) - part.start;
        for (range, shifted) in ranges.iter().zip(&mut shifted) {
            if (line.start..=line.end).contains(&range.start) {
                shifted.start = place(range.start);
            }
            if (line.start..=line.end).contains(&range.end) {
                shifted.end = place(range.end);
            }
        }
        if part.end < line.end {
            shown += CUT;
        }
        if let Some(range) = ranges.first().filter(|range| part.start > line.start && line.contains(&range.start)) {
            let left_out = text.position(part.start).column - 1;
            let real = text.position(range.start);
            let column = real.column - left_out + CUT.chars().count();
            moved = Some((format!("{path}:{}:{column}", real.line), format!("{path}:{}:{}", real.line, real.column)));
        }
    }
    let marks = marks.iter().zip(shifted).map(|(mark, range)| {
        let end = range.end.max(range.start);
        (mark.kind, range.start..end, mark.label.to_owned())
    });
    let lines = Lines { text: shown, first: first + 1, marks: marks.collect() };
    Frame { path, lines: Some(lines), moved }
}

/// Cuts a range of many lines to the first one, and line ends off the end of a range.
fn short_range(text: &Text, range: std::ops::Range<usize>) -> std::ops::Range<usize> {
    let start = range.start.min(text.line(text.line_of(range.start)).end);
    let written = text.slice(range.clone()).trim_end_matches(['\r', '\n']).len();
    let end = range.start + written;
    let (first, last) = (text.line_of(start), text.line_of(end));
    let line = text.line(if last - first < MOST_LINES { last } else { first });
    start..end.min(line.end).max(start)
}
