//! The order of pages: in their sections, before and after each other, related ones.
//!
//! In: [`Page`]s that know their parents. Out: their lists and neighbours. Deliberately not here: sidebars, which have an order of their
//! own ([`super::navigation`]).

use rustc_hash::FxHashSet;

use super::{NavItem, Page, PageId};
use crate::config::SortBy;

/// How the pages of a section are sorted that says nothing of it. Without weights this is the order of titles.
const DEFAULT: SortBy = SortBy::Weight;

/// Sorts pages. Those that are equal are sorted by title, then path.
pub(super) fn sort(pages: &[Page], ids: &mut [PageId], order: SortBy) {
    ids.sort_by_cached_key(|id| {
        let page = &pages[id.0 as usize];
        let first = match order {
            SortBy::Date => newest(page),
            SortBy::Updated => page.updated.as_ref().map(|date| -date.at.as_nanosecond()).or_else(|| newest(page)),
            SortBy::Weight => weight(page).map(i128::from),
            SortBy::Title | SortBy::Path => None,
        };
        let title = if order == SortBy::Path { "" } else { page.folded_title.as_str() };
        (first.is_none(), first, title, page.key.as_str(), *id)
    });
}

/// Fills the lists of sections.
pub(super) fn fill_sections(pages: &mut [Page]) {
    for place in 0..pages.len() {
        let Some(parent) = pages[place].parent else { continue };
        let (id, is_section) = (pages[place].id, pages[place].is_section);
        let parent = &mut pages[parent.0 as usize];
        if is_section { parent.subsections.push(id) } else { parent.pages.push(id) }
    }
    for place in 0..pages.len() {
        if !pages[place].is_section {
            continue;
        }
        let mut below = std::mem::take(&mut pages[place].pages);
        let mut subsections = std::mem::take(&mut pages[place].subsections);
        sort(pages, &mut below, order_of(&pages[place]));
        sort(pages, &mut subsections, SortBy::Weight);
        pages[place].pages = below;
        pages[place].subsections = subsections;
    }
}

/// Returns how a section's pages are sorted.
pub(super) fn order_of(section: &Page) -> SortBy {
    section.defaults.sort_by.unwrap_or(DEFAULT)
}

/// Returns a page's weight.
pub(super) fn weight(page: &Page) -> Option<i64> {
    page.document.as_ref().and_then(|document| document.front_matter.weight)
}

/// Chains the pages without a sidebar in the order of their sections. In sections by date, where lists start with the newest, the
/// page before is the older one.
pub(super) fn chain_sections(pages: &mut [Page]) {
    for place in 0..pages.len() {
        if pages[place].sidebar.is_some() {
            continue;
        }
        let mut below = pages[place].pages.clone();
        if matches!(order_of(&pages[place]), SortBy::Date | SortBy::Updated) {
            below.reverse();
        }
        chain(pages, &below, |_| true);
    }
}

/// Chains the pages of a sidebar in its order.
pub(super) fn chain_sidebar(pages: &mut [Page], root: &str, items: &[NavItem]) {
    fn collect(items: &[NavItem], seen: &mut FxHashSet<PageId>, out: &mut Vec<PageId>) {
        for item in items {
            out.extend(item.page.filter(|page| seen.insert(*page)));
            collect(&item.children, seen, out);
        }
    }
    let mut ids = Vec::new();
    collect(items, &mut FxHashSet::default(), &mut ids);
    chain(pages, &ids, |page| page.sidebar.as_deref() == Some(root));
}

fn chain(pages: &mut [Page], ids: &[PageId], belongs: impl Fn(&Page) -> bool) {
    for (at, id) in ids.iter().enumerate() {
        let page = &mut pages[id.0 as usize];
        if belongs(page) {
            page.previous = at.checked_sub(1).and_then(|at| ids.get(at)).copied();
            page.next = ids.get(at + 1).copied();
        }
    }
}

/// A key by which the newest comes first.
fn newest(page: &Page) -> Option<i128> {
    page.date.as_ref().map(|date| -date.at.as_nanosecond())
}
