//! Makes files of pages: content, components, layouts, feeds, search index.
//!
//! In: a [`crate::resolve::Site`], asked through [`crate::inputs::Inputs`]. Out: [`Artifact`]s, given to a [`Sink`] as soon as they are
//! made, and [`PageFacts`] for what can be told only when all pages are known (anchors, search, feeds).
//! Deliberately not here: where files are written and whether they changed ([`crate::write`]).

pub mod answers;
pub mod assets;
pub mod code;
mod diagnostics;
pub mod emoji;
pub mod engine;
pub mod facts;
mod filters;
pub mod functions;
mod host;
pub mod html;
mod image_functions;
mod imports;
pub mod links;
mod live;
pub mod math;
pub mod minify;
pub mod once;
pub mod outputs;
pub mod page;
mod pictures;
pub mod plain;
mod props;
pub mod scan;
pub mod scope;
pub mod strings;
pub mod templates;
pub mod timing;
pub mod values;

use std::sync::Arc;

use rivage_diag::Location;
use serde::{Deserialize, Serialize};

use crate::images::Derivative;
use crate::inputs::Fingerprint;

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

/// What a sink has taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Put {
    /// The fingerprint of the file's bytes.
    pub digest: Fingerprint,
    /// How many bytes it has.
    pub length: u64,
}

/// Where artifacts go. Called from several threads at once.
pub trait Sink: Sync {
    /// Takes a file, and tells what it has taken; none if this sink does not look into files.
    ///
    /// # Errors
    /// The disk refused it.
    fn put(&self, artifact: Artifact) -> Result<Option<Put>, crate::fs::Error>;

    /// Takes the file that the output has at this path already, if it is the one that was [`Put`]: a result that is used again need
    /// not be made again. Reports whether it is; if not, the caller has to make the file and put it. A kept file may still be put: a
    /// result of several files is made again if one of them is missing.
    ///
    /// # Errors
    /// The disk refused a look at it, or the path cannot be a file's.
    fn keep(&self, path: &str, digest: Fingerprint, length: u64) -> Result<bool, crate::fs::Error> {
        let _ = (path, digest, length);
        Ok(false)
    }

    /// As [`Sink::keep`], for what a copy of the project's file `from` would be.
    ///
    /// # Errors
    /// As [`Sink::keep`].
    fn keep_copy(&self, path: &str, from: &str, digest: Fingerprint, length: u64) -> Result<bool, crate::fs::Error> {
        let _ = from;
        self.keep(path, digest, length)
    }
}

/// What a rendered route tells about itself.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
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
    /// Files that it shows of images, sorted.
    pub derivatives: Vec<Derivative>,
}

/// A link on a page.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct OutLink {
    /// The target: `/docs/install/` without base path, or a full URL.
    pub target: String,
    /// What follows the `#`, decoded; empty for none.
    pub anchor: String,
    /// Where it was written.
    pub location: Location,
}

/// A page as search sees it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
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
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SearchSection {
    /// The heading's id; empty for the text before the first one.
    pub id: String,
    /// The heading's text.
    pub title: String,
    /// The text, white space collapsed.
    pub text: String,
}
