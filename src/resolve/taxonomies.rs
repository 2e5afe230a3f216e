//! Terms, series and related pages.
//!
//! In: [`Page`]s. Out: [`TaxonomyIndex`]es, series, each page's related pages. Deliberately not here: the routes of terms.

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
            let at = *by_name.entry(name.to_lowercase()).or_insert_with(|| {
                let term =
                    Term { name: name.to_owned(), slug: slug::slugify(name), url: String::new(), pages: Vec::new() };
                terms.push((term, page.id, place));
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
        order::sort(pages, &mut term.pages, SortBy::Date);
    }
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
            (date.is_none(), date, weight.is_none(), weight, page.title.to_lowercase(), *id)
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
        pages.par_iter().zip(&terms_of).map(|(page, terms)| related(pages, page, terms)).collect()
    };
    for (page, related) in pages.iter_mut().zip(related) {
        page.related = related;
    }
}

fn related(pages: &[Page], page: &Page, terms: &[(&[PageId], usize)]) -> Vec<PageId> {
    let mut shared: Vec<(PageId, u64)> = Vec::new();
    for (ids, at) in terms {
        let weight = 1_000_000 / ids.len() as u64 + 1;
        let start = at.saturating_sub(NEAREST);
        let near = ids.iter().skip(start).take(at - start + NEAREST + 1);
        shared.extend(near.filter(|id| **id != page.id).map(|id| (*id, weight)));
    }
    shared.sort_unstable();
    let mut scores: Vec<(PageId, u64)> = Vec::new();
    for (id, weight) in shared {
        match scores.last_mut() {
            Some((last, score)) if *last == id => *score += weight,
            _ => scores.push((id, weight)),
        }
    }
    let distance = |id: PageId| match (&page.date, &pages[id.0 as usize].date) {
        (Some(a), Some(b)) => a.at.as_second().abs_diff(b.at.as_second()),
        _ => u64::MAX,
    };
    let mut ranked: Vec<_> =
        scores.into_iter().map(|(id, score)| (std::cmp::Reverse(score), distance(id), id)).collect();
    // A few of hundreds: the others need no order.
    if ranked.len() > RELATED {
        ranked.select_nth_unstable(RELATED);
        ranked.truncate(RELATED);
    }
    ranked.sort_unstable();
    ranked.into_iter().map(|(.., id)| id).collect()
}
