//! Checks of links that need all pages: does the anchor exist, does a link in raw HTML lead anywhere.
//!
//! In: a [`Site`] and what all its routes tell. Out: diagnostics. Deliberately not here: links to other sites.

use std::collections::BTreeSet;

use rivage_diag::{Diagnostic, Span};
use rustc_hash::{FxHashMap, FxHashSet};

use super::diagnostics;
use super::facts::AllTold;
use crate::inputs::World;
use crate::parse::Document;
use crate::resolve::{Site, Target, View};

/// Reports links whose `#anchor` no element of the target has.
pub fn check_anchors(site: &Site, told: &AllTold<'_>) -> Vec<Diagnostic> {
    let mut ids: FxHashMap<&str, FxHashSet<String>> = FxHashMap::default();
    for link in told.all().iter().flat_map(|page| &page.anchored) {
        // `#top` is the browser's own.
        if link.anchor != "top"
            && let Some(route) = site.by_url.get(&link.target)
        {
            ids.entry(&link.target).or_insert_with(|| told.ids(*route).iter().cloned().collect());
        }
    }
    let mut found = Vec::new();
    for link in told.all().iter().flat_map(|page| &page.anchored) {
        if link.anchor == "top" {
            continue;
        }
        let Some(known) = ids.get(link.target.as_str()).filter(|known| !known.contains(link.anchor.as_str())) else {
            continue;
        };
        let names: BTreeSet<_> = known.iter().map(String::as_str).collect();
        let nearest = diagnostics::nearest(&link.anchor, names);
        let diagnostic = diagnostics::broken_anchor(&link.location, &link.target, &link.anchor, nearest);
        found.extend(diagnostics::as_loud_as(site.config.links.broken, diagnostic));
    }
    found
}

/// Reports site paths in finished content that lead nowhere. Links in Markdown have been reported where they are written; what
/// remains are those in raw HTML and those that components write.
pub fn check_hrefs(world: &World, site: &Site, told: &AllTold<'_>) -> Vec<Diagnostic> {
    let base = site.config.site.base_path.as_str();
    let mut found = Vec::new();
    for (route, page) in site.routes.iter().zip(told.all()) {
        let View::Page(id) = route.view else { continue };
        let Some(document) = &site.page(id).document else { continue };
        for href in &page.hrefs {
            // Outside of the base path, another site may stand.
            let Some(path) = href.strip_prefix(base).filter(|path| path.starts_with('/')) else { continue };
            // Names of files with a fingerprint are known only when they are made.
            if path.starts_with("/assets/") || path.starts_with("/search/") {
                continue;
            }
            let place = || place_of(document, world, href);
            let diagnostic = match site.link_target(&document.file, &route.language, path) {
                Target::Unknown { nearest } => {
                    diagnostics::broken_link(&document.file, place(), href, nearest.as_deref())
                }
                Target::Hidden => diagnostics::hidden_link(&document.file, place(), href),
                _ => continue,
            };
            found.extend(diagnostics::as_loud_as(site.config.links.broken, diagnostic));
        }
    }
    found
}

/// Where a link was probably written: its first occurrence in the body, else the body's start.
fn place_of(document: &Document, world: &World, href: &str) -> Span {
    let text = document.text(world).unwrap_or_default();
    match text.get(document.body_start..).and_then(|body| body.find(href)) {
        Some(at) => Span::new(document.body_start + at, document.body_start + at + href.len()),
        None => Span::at(document.body_start),
    }
}
