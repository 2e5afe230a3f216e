//! Faults of a site that no single page shows: what `rivage check` reports beyond a build's own diagnostics, and [`limits`] that the files
//! of a build exceed.
//!
//! In: a [`Site`], the [`PageFacts`] of its routes, and an [`Output`] that saw the files of a build. Out: diagnostics.
//! Deliberately not here: what stages report themselves (unknown components, links and anchors that lead nowhere, two pages with one path…); printing.

mod diagnostics;
pub mod external;
pub mod limits;
mod output;
mod pages;
mod tags;

use std::sync::Arc;

use rivage_diag::Diagnostic;

use crate::render::PageFacts;
use crate::resolve::Site;

pub use output::Output;

/// Looks for faults. The result is sorted.
pub fn check(site: &Site, facts: &[Arc<PageFacts>], output: &Output) -> Vec<Diagnostic> {
    let mut found = pages::orphans(site, output);
    found.extend(pages::descriptions(site));
    found.extend(pages::images(site));
    found.extend(pages::headings(facts));
    found.extend(pages::ids(site, facts));
    rivage_diag::sort(&mut found);
    found
}
