//! The fence at the start of a file: `---` (YAML) or `+++` (TOML).
//!
//! In: the text of a file. Out: which language, the span of what is between the fences, where the body starts.
//! Deliberately not here: reading the data ([`crate::data`]) and its meaning (the `rivage` crate's `parse` stage).

use crate::{Diagnostic, FileId, Span};

/// The language of front matter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// Between `---` lines.
    Yaml,
    /// Between `+++` lines.
    Toml,
}

/// The fence of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fence {
    /// The language; none if the file has no front matter.
    pub language: Option<Language>,
    /// What is between the fences.
    pub content: Span,
    /// Where the body starts (after a BOM, and after the closing fence and its line end).
    pub body_start: usize,
}

/// Finds the front matter of a file. A fence that never ends is an error; all of the text is then body.
pub fn split(file: &FileId, text: &str) -> (Fence, Vec<Diagnostic>) {
    let _ = file;
    let body_start = if text.starts_with('\u{feff}') { 3 } else { 0 };
    (Fence { language: None, content: Span::at(body_start), body_start }, Vec::new())
}
