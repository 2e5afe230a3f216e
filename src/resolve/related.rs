//! Related pages: shared terms, rare ones count more; then nearness in time.
//!
//! In: [`Site::taxonomies`]. Out: [`super::Page::related`]. Linear in the number of pages: of a term that many pages have, only those next
//! to a page in time are looked at. Deliberately not here: texts.

use rustc_hash::FxHashMap;

use super::{PageId, Site};

/// How many neighbours of a term are looked at on each side.
const REACH: usize = 12;
/// How many pages are kept.
const KEPT: usize = 5;

pub(super) fn make(site: &mut Site) {
    let mut scores: Vec<FxHashMap<PageId, f64>> = vec![FxHashMap::default(); site.pages.len()];
    for term in site.taxonomies.iter().flat_map(|taxonomy| &taxonomy.terms) {
        #[expect(clippy::cast_precision_loss, reason = "a count of pages")]
        let weight = 1.0 / (1.0 + term.pages.len() as f64).ln();
        for (place, id) in term.pages.iter().enumerate() {
            let from = place.saturating_sub(REACH);
            let to = (place + REACH + 1).min(term.pages.len());
            for (other_place, other) in term.pages.iter().enumerate().take(to).skip(from) {
                if other != id {
                    // Terms are sorted by date, so distance is nearness in time.
                    #[expect(clippy::cast_precision_loss, reason = "at most REACH")]
                    let nearness = 1e-3 / (1.0 + place.abs_diff(other_place) as f64);
                    *scores[id.0 as usize].entry(*other).or_default() += weight + nearness;
                }
            }
        }
    }
    for (page, scores) in site.pages.iter_mut().zip(scores) {
        let mut all: Vec<_> = scores.into_iter().collect();
        all.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        all.truncate(KEPT);
        page.related = all.into_iter().map(|(id, _)| id).collect();
    }
}
