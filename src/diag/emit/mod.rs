//! Diagnostics as text with source frames, as short lines, as JSON, SARIF and GitHub annotations, and as HTML for the preview.
//!
//! In: diagnostics in the order in which they shall be shown ([`rivage_diag::sort`]), and [`Sources`] for the texts they point into. Out: text.
//! Lines and columns count from 1, columns in characters. A place that lies outside its text (which has changed meanwhile, say) is
//! moved to the nearest place inside; a text that is not there leaves the frame out.
//! Deliberately not here: whether colour is wanted, where the text goes.

mod github;
mod html;
mod human;
mod json;
mod sarif;
mod short;
mod text;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use rivage_diag::FileId;

pub use github::github;
pub use html::html;
pub use human::human;
pub use json::json;
pub use sarif::sarif;
pub use short::short;

/// Gives the texts that diagnostics point into.
pub trait Sources {
    /// Returns a file's text as it was when the diagnostics were made, or none if there is none to be had.
    fn text(&self, file: &FileId) -> Option<Arc<str>>;
}
