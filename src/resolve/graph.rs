//! Which pages are linked, and what is near a page in that graph.
//!
//! In: a [`Site`] with the links that its documents have, as written. Out: [`Graph`], made only where somebody asks for it. Deliberately not here: links
//! that a component or a partial adds while it is rendered; terms, by which pages are related as well (`taxonomies.rs`).

use std::cmp::Reverse;

use rustc_hash::FxHashMap;

use super::{PageId, Site, Target};

/// What a link between two pages is worth: more than any number of pages that are only linked with the same ones.
const DIRECT: u64 = 1_000_000;
/// What a page in between is worth, shared among all that it is linked with: a page that links everywhere says nothing.
const SHARED: u64 = 1000;
/// Of a page in between, so many neighbours are looked at.
const MOST: usize = 200;

/// The pages that each page is linked with, in either direction.
#[derive(Debug, Default)]
pub struct Graph {
    near: Vec<Vec<PageId>>,
}

impl Graph {
    /// Finds where the links of all pages lead.
    pub fn new(site: &Site) -> Self {
        let by_url: FxHashMap<&str, PageId> = site.pages.iter().map(|page| (page.url.as_str(), page.id)).collect();
        let mut near: Vec<Vec<PageId>> = vec![Vec::new(); site.pages.len()];
        for page in site.pages.iter().filter(|page| !page.is_fallback) {
            let Some(document) = &page.document else { continue };
            for written in &document.links {
                let Target::Page { url, .. } = site.link_target(&document.file, &page.language, written) else {
                    continue;
                };
                let Some(other) = by_url.get(url.as_str()).copied().filter(|other| *other != page.id) else { continue };
                near[page.id.0 as usize].push(other);
                near[other.0 as usize].push(page.id);
            }
        }
        for ids in &mut near {
            ids.sort_unstable();
            ids.dedup();
        }
        Self { near }
    }

    /// Returns the pages nearest to a page: linked ones first, then those that are linked with the same ones. Sections are ways to pages, and no result.
    pub fn related(&self, site: &Site, id: PageId, limit: usize) -> Vec<PageId> {
        let mut scores: FxHashMap<PageId, u64> = FxHashMap::default();
        let of = |id: PageId| self.near.get(id.0 as usize).map_or(&[][..], Vec::as_slice);
        for neighbour in of(id) {
            *scores.entry(*neighbour).or_default() += DIRECT;
            let others = of(*neighbour);
            for other in others.iter().take(MOST).filter(|other| **other != id) {
                *scores.entry(*other).or_default() += SHARED / others.len() as u64;
            }
        }
        let page = site.page(id);
        let mut ranked: Vec<_> = scores
            .into_iter()
            .filter(|(other, _)| {
                let other = site.page(*other);
                other.language == page.language && !other.is_section && !other.is_fallback && other.document.is_some()
            })
            .map(|(other, score)| (Reverse(score), site.page(other).url.as_str(), other))
            .collect();
        ranked.sort_unstable();
        ranked.truncate(limit);
        ranked.into_iter().map(|(.., other)| other).collect()
    }
}
