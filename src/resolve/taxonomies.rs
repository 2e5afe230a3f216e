//! Terms, series and related pages.
//!
//! In: [`Page`]s. Out: [`TaxonomyIndex`]es, series, each page's related pages. Deliberately not here: the routes of terms.

use std::cmp::Reverse;

use rayon::prelude::*;
use rivage_diag::Diagnostic;
use rustc_hash::FxHashMap;

use super::{Page, PageId, TaxonomyIndex, Term, diagnostics, order, pages};
use crate::config::{Config, Language, SortBy, Taxonomy};
use crate::slug;

/// Related pages that a page has at most.
const RELATED: usize = 5;
/// Of a term with many pages, only those nearest in time can be related: so many on each side.
const NEAREST: usize = 10;
/// So many pages at least are looked at with one list of scores.
const LEAST: usize = 512;

/// Gathers the terms of all taxonomies in all languages.
pub(super) fn gather(config: &Config, pages: &[Page], found: &mut Vec<Diagnostic>) -> Vec<TaxonomyIndex> {
    let mut all = Vec::new();
    for language in &config.languages {
        for taxonomy in &config.taxonomies {
            all.push(index(language, taxonomy, pages, found));
        }
    }
    all
}

fn index(language: &Language, taxonomy: &Taxonomy, pages: &[Page], found: &mut Vec<Diagnostic>) -> TaxonomyIndex {
    let url = format!("{}{}/", pages::home_url(language), slug::slugify(&taxonomy.name));
    // The place of the first spelling is kept for messages.
    let mut terms: Vec<(Term, PageId, usize)> = Vec::new();
    let mut by_name: FxHashMap<String, usize> = FxHashMap::default();
    for page in pages.iter().filter(|page| page.language == language.code) {
        let Some(document) = &page.document else { continue };
        let written = document.front_matter.taxonomies.get(&taxonomy.name);
        for (place, written) in written.into_iter().flatten().enumerate() {
            let name = written.value.trim();
            if name.is_empty() {
                continue;
            }
            let folded = slug::lower(name);
            let known = by_name.get(&*folded).copied();
            let at = known.unwrap_or_else(|| {
                let term =
                    Term { name: name.to_owned(), slug: slug::slugify(name), url: String::new(), pages: Vec::new() };
                terms.push((term, page.id, place));
                by_name.insert(folded.into_owned(), terms.len() - 1);
                terms.len() - 1
            });
            let ids = &mut terms[at].0.pages;
            if ids.last() != Some(&page.id) {
                ids.push(page.id);
            }
        }
    }
    terms.sort_by_cached_key(|(term, ..)| term.name.to_lowercase());

    let mut slugs: FxHashMap<String, String> = FxHashMap::default();
    for (term, page, place) in &mut terms {
        if let Some(first) = slugs.get(&term.slug) {
            let document = pages[page.0 as usize].document.as_ref();
            let written =
                document.and_then(|document| document.front_matter.taxonomies.get(&taxonomy.name)?.get(*place));
            if let Some((document, written)) = document.zip(written) {
                let diagnostic =
                    diagnostics::same_slug(&document.file, written.span, &taxonomy.name, &term.name, first, &term.slug);
                found.push(diagnostic);
            }
            // Both still need a page, so that nothing else breaks because of this.
            let free = (2..).map(|n: usize| format!("{}-{n}", term.slug)).find(|slug| !slugs.contains_key(slug));
            term.slug = free.unwrap_or_default();
        }
        slugs.insert(term.slug.clone(), term.name.clone());
        term.url = format!("{url}{}/", term.slug);
    }
    terms.par_iter_mut().for_each(|(term, ..)| order::sort(pages, &mut term.pages, SortBy::Date));
    let terms = terms.into_iter().map(|(term, ..)| term).collect();
    TaxonomyIndex { name: taxonomy.name.clone(), language: language.code.clone(), url, terms }
}

/// Gathers the series of all languages, oldest page first.
pub(super) fn series(pages: &[Page]) -> FxHashMap<(String, String), Vec<PageId>> {
    let mut all: FxHashMap<(String, String), Vec<PageId>> = FxHashMap::default();
    for page in pages {
        let name = page.document.as_ref().and_then(|document| document.front_matter.series.as_ref());
        if let Some(name) = name {
            all.entry((page.language.clone(), name.clone())).or_default().push(page.id);
        }
    }
    #[expect(clippy::iter_over_hash_type, reason = "each series is sorted by itself")]
    for ids in all.values_mut() {
        ids.sort_by_cached_key(|id| {
            let page = &pages[id.0 as usize];
            let date = page.date.as_ref().map(|date| date.at);
            let weight = order::weight(page);
            (date.is_none(), date, weight.is_none(), weight, &page.folded_title, *id)
        });
    }
    all
}

/// Finds related pages: those that share terms, rare ones above all; of equals, the nearest in time.
///
/// Each page looks at no more than `2 * NEAREST` pages of each of its terms, so that a term that all pages have costs no more than
/// any other.
pub(super) fn relate(pages: &mut [Page], taxonomies: &[TaxonomyIndex]) {
    let mut terms_of: Vec<Vec<(&[PageId], usize)>> = vec![Vec::new(); pages.len()];
    for term in taxonomies.iter().flat_map(|taxonomy| &taxonomy.terms) {
        for (at, id) in term.pages.iter().enumerate() {
            terms_of[id.0 as usize].push((&term.pages, at));
        }
    }
    let related: Vec<Vec<PageId>> = {
        let pages = &*pages;
        let scores = || vec![0_u64; pages.len()];
        let all = pages.par_iter().zip(&terms_of).with_min_len(LEAST);
        all.map_init(scores, |scores, (page, terms)| related(pages, page, terms, scores)).collect()
    };
    for (page, related) in pages.iter_mut().zip(related) {
        page.related = related;
    }
}

/// `scores` has a zero for each page, before and after.
fn related(pages: &[Page], page: &Page, terms: &[(&[PageId], usize)], scores: &mut [u64]) -> Vec<PageId> {
    let mut found: Vec<PageId> = Vec::new();
    for (ids, at) in terms {
        let weight = 1_000_000 / ids.len() as u64 + 1;
        let near = &ids[at.saturating_sub(NEAREST)..(at + NEAREST + 1).min(ids.len())];
        for id in near.iter().filter(|id| **id != page.id) {
            let score = &mut scores[id.0 as usize];
            if *score == 0 {
                found.push(*id);
            }
            *score += weight;
        }
    }
    let distance = |id: PageId| match (&page.date, &pages[id.0 as usize].date) {
        (Some(a), Some(b)) => a.at.as_second().abs_diff(b.at.as_second()),
        _ => u64::MAX,
    };
    // The best so far, in their order.
    let mut best: Vec<(Reverse<u64>, u64, PageId)> = Vec::with_capacity(RELATED + 1);
    for id in found {
        let score = Reverse(std::mem::take(&mut scores[id.0 as usize]));
        if best.len() == RELATED && best[RELATED - 1].0 < score {
            continue;
        }
        let ranked = (score, distance(id), id);
        best.insert(best.partition_point(|better| *better < ranked), ranked);
        best.truncate(RELATED);
    }
    best.into_iter().map(|(.., id)| id).collect()
}
