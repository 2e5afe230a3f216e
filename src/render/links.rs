//! Checks of links that need all pages: does the anchor exist, does a link in raw HTML lead anywhere.
//!
//! In: a [`Site`] and the [`PageFacts`] of all its routes. Out: diagnostics. Deliberately not here: links to other sites.

use std::collections::BTreeSet;

use rivage_diag::Diagnostic;
use rustc_hash::{FxHashMap, FxHashSet};

use super::{PageFacts, diagnostics};
use crate::discover::SourceTree;
use crate::resolve::{Site, View};

/// Reports links whose `#anchor` no element of the target has.
pub fn check_anchors(site: &Site, facts: &[PageFacts]) -> Vec<Diagnostic> {
    let mut ids: FxHashMap<&str, FxHashSet<&str>> = FxHashMap::default();
    for link in facts.iter().flat_map(|page| &page.links).filter(|link| !link.anchor.is_empty()) {
        ids.entry(&link.target).or_default();
    }
    for page in facts {
        if let Some(known) = ids.get_mut(page.url.as_str()) {
            known.extend(page.ids.iter().map(String::as_str));
        }
    }
    let mut found = Vec::new();
    for link in facts.iter().flat_map(|page| &page.links) {
        // `#top` is the browser's own.
        if link.anchor.is_empty() || link.anchor == "top" || !site.by_url.contains_key(&link.target) {
            continue;
        }
        let Some(known) = ids.get(link.target.as_str()).filter(|known| !known.contains(link.anchor.as_str())) else {
            continue;
        };
        let names: BTreeSet<_> = known.iter().copied().collect();
        let nearest = diagnostics::nearest(&link.anchor, names);
        found.push(diagnostics::broken_anchor(&link.location, &link.target, &link.anchor, nearest));
    }
    found
}

/// Reports site paths in finished content that lead nowhere. Links in Markdown have been reported where they are written; what
/// remains are those in raw HTML and in components.
pub fn check_hrefs(site: &Site, tree: &SourceTree, facts: &[PageFacts]) -> Vec<Diagnostic> {
    let statics: FxHashSet<_> = tree.theme.statics.iter().map(|file| format!("/{}", file.name)).collect();
    let assets: FxHashSet<_> = site.assets.values().collect();
    let aliases: FxHashSet<_> = site.aliases.iter().map(|(path, _)| path).collect();
    let base = &site.config.site.base_path;
    let mut found = Vec::new();
    for (route, page) in site.routes.iter().zip(facts) {
        let View::Page(id) = route.view else { continue };
        let Some(document) = &site.page(id).document else { continue };
        for href in &page.internal_hrefs {
            let path = href.split(['#', '?']).next().unwrap_or_default();
            let path = percent_encoding::percent_decode_str(path).decode_utf8_lossy().into_owned();
            let Some(path) = path.strip_prefix(base.as_str()).filter(|path| path.starts_with('/')) else {
                // Below the base path, another site may stand at the root.
                continue;
            };
            let slashed = format!("{}/", path.trim_end_matches('/'));
            let exists = site.by_url.contains_key(&slashed)
                || path.contains('.')
                    && (statics.contains(path) || assets.contains(&path.to_owned()) || is_generated(path))
                || aliases.contains(&path.to_owned())
                || aliases.contains(&slashed)
                || site.config.redirects.iter().any(|redirect| redirect_matches(&redirect.from, path))
                || path.starts_with("/api/");
            if !exists {
                let span = place_of(&document.text, document.body_start, href);
                found.push(diagnostics::broken_link(&document.file, span, href, None));
            }
        }
    }
    found
}

/// Files that rivage writes itself.
fn is_generated(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    path.starts_with("/assets/")
        || path.starts_with("/search/")
        || name.ends_with(".md")
        || matches!(name, "atom.xml" | "rss.xml" | "feed.json" | "sitemap.xml" | "robots.txt" | "llms.txt" | "404.html")
}

fn redirect_matches(pattern: &str, path: &str) -> bool {
    let prefix = pattern.split(['*', ':']).next().unwrap_or(pattern);
    if prefix.len() < pattern.len() {
        path.starts_with(prefix)
    } else {
        pattern.trim_end_matches('/') == path.trim_end_matches('/')
    }
}

/// Where a link was probably written: its first occurrence in the body, else the body's start.
fn place_of(text: &str, body_start: usize, href: &str) -> rivage_diag::Span {
    match text.get(body_start..).and_then(|body| body.find(href)) {
        Some(at) => rivage_diag::Span::new(body_start + at, body_start + at + href.len()),
        None => rivage_diag::Span::at(body_start),
    }
}
