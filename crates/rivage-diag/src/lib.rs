//! Diagnostics as plain data: what is wrong in an author's file, where, and what to do about it.
//!
//! In: messages from every stage. Out: [`Diagnostic`] values that can be stored, compared, sorted and shown.
//! Deliberately not here: drawing (the `rivage` crate's `diag::emit`), reading of files, failures of the machine
//! (those are `Error` enums of their modules).

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// A file of the project, named by its path from the project's root with `/` between the parts.
///
/// Files of the theme that is built into the program are named as if they lay in the project
/// (`themes/shore/layouts/page.html`).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct FileId(Arc<str>);

impl FileId {
    /// Names a file.
    pub fn new(path: impl Into<Arc<str>>) -> Self {
        Self(path.into())
    }

    /// Returns the path, `/` between the parts.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for FileId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for FileId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", &*self.0)
    }
}

impl From<&str> for FileId {
    fn from(path: &str) -> Self {
        Self::new(path)
    }
}

/// A range of bytes in one file: `start` is the first byte, `end` the one after the last.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Span {
    /// The first byte.
    pub start: u32,
    /// The byte after the last one.
    pub end: u32,
}

impl Span {
    /// Makes a span of two byte offsets.
    pub fn new(start: usize, end: usize) -> Self {
        let clamp = |offset: usize| u32::try_from(offset).unwrap_or(u32::MAX);
        Self { start: clamp(start), end: clamp(end.max(start)) }
    }

    /// Makes an empty span at one offset.
    pub fn at(offset: usize) -> Self {
        Self::new(offset, offset)
    }

    /// Returns the span as a range that can index a string.
    pub fn range(self) -> std::ops::Range<usize> {
        self.start as usize..self.end as usize
    }

    /// Moves the span by `by` bytes to the right.
    pub fn shift(self, by: usize) -> Self {
        Self::new(self.start as usize + by, self.end as usize + by)
    }
}

impl fmt::Debug for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}..{}", self.start, self.end)
    }
}

/// A span in a file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Location {
    /// The file.
    pub file: FileId,
    /// The bytes in it.
    pub span: Span,
}

impl Location {
    /// Makes a location.
    pub fn new(file: &FileId, span: Span) -> Self {
        Self { file: file.clone(), span }
    }
}

/// How bad it is. An error makes the command exit with 1; a warning does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The output is wrong or incomplete.
    Error,
    /// The output is as asked, but probably not as meant.
    Warning,
}

impl Severity {
    /// Returns `error` or `warning`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}

/// A remark at a further place of a diagnostic.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Label {
    /// The place.
    pub location: Location,
    /// The remark; may be empty.
    pub text: String,
}

/// Something that is wrong in an author's file.
///
/// Message and hints are lower case, without a full stop, with backticks around code and paths. The message says
/// what is wrong, a hint what to do.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Diagnostic {
    /// Error or warning.
    pub severity: Severity,
    /// A stable name in kebab case, such as `unknown-component`.
    pub code: String,
    /// What is wrong.
    pub message: String,
    /// The place; none where no file is to blame.
    pub primary: Option<Location>,
    /// A remark at the place itself.
    pub label: Option<String>,
    /// Further places.
    pub labels: Vec<Label>,
    /// What to do.
    pub hints: Vec<String>,
    /// How rendering got here, outermost first: the page, the layout, the component.
    pub trace: Vec<Location>,
}

impl Diagnostic {
    /// Makes an error.
    pub fn error(code: &str, message: impl Into<String>) -> Self {
        Self::new(Severity::Error, code, message.into())
    }

    /// Makes a warning.
    pub fn warning(code: &str, message: impl Into<String>) -> Self {
        Self::new(Severity::Warning, code, message.into())
    }

    fn new(severity: Severity, code: &str, message: String) -> Self {
        Self {
            severity,
            code: code.to_owned(),
            message,
            primary: None,
            label: None,
            labels: Vec::new(),
            hints: Vec::new(),
            trace: Vec::new(),
        }
    }

    /// Sets the place.
    #[must_use]
    pub fn at(mut self, file: &FileId, span: Span) -> Self {
        self.primary = Some(Location::new(file, span));
        self
    }

    /// Sets the remark at the place itself.
    #[must_use]
    pub fn with_label(mut self, text: impl Into<String>) -> Self {
        self.label = Some(text.into());
        self
    }

    /// Adds a remark at a further place.
    #[must_use]
    pub fn with_other(mut self, file: &FileId, span: Span, text: impl Into<String>) -> Self {
        self.labels.push(Label { location: Location::new(file, span), text: text.into() });
        self
    }

    /// Adds a hint.
    #[must_use]
    pub fn with_hint(mut self, text: impl Into<String>) -> Self {
        self.hints.push(text.into());
        self
    }

    /// Adds a hint where there is one.
    #[must_use]
    pub fn with_hint_if(self, text: Option<impl Into<String>>) -> Self {
        match text {
            Some(text) => self.with_hint(text),
            None => self,
        }
    }

    /// Reports whether this is an error.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }

    fn sort_key(&self) -> (&Option<Location>, Severity, &str, &str) {
        (&self.primary, self.severity, &self.code, &self.message)
    }
}

/// Sorts by place, then severity, code and message, and drops repeats: the order in which all are shown.
pub fn sort(diagnostics: &mut Vec<Diagnostic>) {
    diagnostics.sort_by(|a, b| a.sort_key().cmp(&b.sort_key()));
    diagnostics.dedup();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sorting_is_by_place_and_drops_repeats() {
        let file = FileId::from("content/a.md");
        let late = Diagnostic::error("b", "late").at(&file, Span::new(9, 10));
        let early = Diagnostic::warning("a", "early").at(&file, Span::new(1, 2));
        let nowhere = Diagnostic::error("c", "nowhere");
        let mut all = vec![late.clone(), nowhere.clone(), early.clone(), late.clone()];
        sort(&mut all);
        assert_eq!(all, [nowhere, early, late]);
    }

    #[test]
    fn a_span_never_ends_before_its_start() {
        assert_eq!(Span::new(5, 3), Span { start: 5, end: 5 });
    }
}
