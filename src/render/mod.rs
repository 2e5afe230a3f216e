//! Makes files of pages: content, components, layouts, feeds, search index.
//!
//! In: a [`crate::resolve::Site`], asked through [`crate::inputs::Inputs`]. Out: [`Artifact`]s, given to a [`Sink`] as soon as they are
//! made, and [`PageFacts`] for what can be told only when all pages are known (anchors, search, feeds).
//! Deliberately not here: where files are written and whether they changed ([`crate::write`]).

pub mod assets;
pub mod code;
mod diagnostics;
pub mod emoji;
pub mod engine;
mod filters;
pub mod functions;
mod host;
pub mod html;
mod imports;
pub mod links;
pub mod math;
pub mod minify;
pub mod outputs;
pub mod page;
pub mod plain;
mod props;
pub mod scan;
pub mod scope;
pub mod strings;
pub mod timing;
pub mod values;

use std::sync::Arc;

use rivage_diag::Location;

/// A file of the output.
#[derive(Clone, Debug, PartialEq)]
pub struct Artifact {
    /// The path below the output folder: `blog/first/index.html`.
    pub path: String,
    /// What is in it.
    pub content: Content,
}

/// What is in an [`Artifact`].
#[derive(Clone, Debug, PartialEq)]
pub enum Content {
    /// These bytes.
    Bytes(Vec<u8>),
    /// What the project's file of this path holds.
    CopyOf(String),
}

impl Artifact {
    /// Makes a file of text.
    pub fn text(path: impl Into<String>, text: impl Into<String>) -> Self {
        Self { path: path.into(), content: Content::Bytes(text.into().into_bytes()) }
    }
}

/// Where artifacts go. Called from several threads at once.
pub trait Sink: Sync {
    /// Takes a file.
    ///
    /// # Errors
    /// The disk refused it.
    fn put(&self, artifact: Artifact) -> Result<(), crate::fs::Error>;
}

/// What a rendered route tells about itself.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PageFacts {
    /// Its path without the base path: `/blog/first/`.
    pub url: String,
    /// All ids in it, in order.
    pub ids: Vec<String>,
    /// Links of its content to pages of this site (after resolving), with where they were written.
    pub links: Vec<OutLink>,
    /// Site paths that raw HTML and components of the content link to. Links that were written as links are judged where they stand.
    pub internal_hrefs: Vec<String>,
    /// Links of its content to other sites.
    pub external: Vec<OutLink>,
    /// What search shall find; none for pages that it shall not.
    pub search: Option<SearchPage>,
    /// The content's HTML, kept only for pages that a feed shows.
    pub content: Option<Arc<str>>,
    /// Depth and text of the content's headings with where they were written, in order.
    pub headings: Vec<(u8, String, Location)>,
}

/// A link on a page.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct OutLink {
    /// The target: `/docs/install/` without base path, or a full URL.
    pub target: String,
    /// What follows the `#`, decoded; empty for none.
    pub anchor: String,
    /// Where it was written.
    pub location: Location,
}

/// A page as search sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct SearchPage {
    /// Its path with the base path.
    pub url: String,
    /// The language.
    pub language: String,
    /// Its title.
    pub title: String,
    /// Where it stands: `Docs › Guides`.
    pub breadcrumb: String,
    /// Its text in parts.
    pub sections: Vec<SearchSection>,
}

/// The text below one heading.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SearchSection {
    /// The heading's id; empty for the text before the first one.
    pub id: String,
    /// The heading's text.
    pub title: String,
    /// The text, white space collapsed.
    pub text: String,
}
