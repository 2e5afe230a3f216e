//! One content file: typed front matter, and what the rest of the site needs to know of its body.
//!
//! In: a [`ContentFile`] and its text. Out: a [`Document`] and diagnostics; depends on nothing but the file and the settings of
//! its section. The tree of the body is not kept: parsing again while rendering costs less than keeping 100,000 trees.
//! Deliberately not here: other files, links, HTML.

mod diagnostics;
pub mod front_matter;

use std::sync::Arc;

use rivage_diag::{Diagnostic, FileId};

use crate::config::Config;
use crate::discover::ContentFile;
use front_matter::FrontMatter;

/// A content file that has been read.
#[derive(Clone, Debug, PartialEq)]
pub struct Document {
    /// The file.
    pub source: ContentFile,
    /// Its name in diagnostics.
    pub file: FileId,
    /// Its whole text, line ends made `\n`, without a BOM.
    pub text: Arc<str>,
    /// Where the body starts in `text`.
    pub body_start: usize,
    /// Its front matter.
    pub front_matter: FrontMatter,
    /// The first heading of depth 1, or none: the title of a page whose front matter has none.
    pub first_heading: Option<String>,
    /// Words of the body, for reading times. CJK characters count one each.
    pub words: usize,
    /// The text before `<!-- more -->` or `{/* more */}`, else of the first paragraph, without markup, at most 300 characters.
    pub summary: String,
}

/// Reads one content file.
pub fn parse(config: &Config, source: &ContentFile, bytes: &[u8]) -> (Document, Vec<Diagnostic>) {
    let _ = (config, bytes);
    let document = Document {
        source: source.clone(),
        file: FileId::from(source.path.as_str()),
        text: Arc::from(""),
        body_start: 0,
        front_matter: FrontMatter::default(),
        first_heading: None,
        words: 0,
        summary: String::new(),
    };
    (document, Vec::new())
}
