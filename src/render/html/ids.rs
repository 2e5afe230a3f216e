//! Ids of one page: slugs of headings as GitHub makes them, each given once.
//!
//! In: texts of headings and ids that authors chose. Out: unique ids. Deliberately not here: links to them.

use rivage_diag::Location;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::slug::slugify;

/// The ids of a page.
#[derive(Debug, Default)]
pub(super) struct Ids {
    /// Ids that authors have written further down: no generated one may take them.
    reserved: FxHashSet<String>,
    /// Every id that was given, and where it was written.
    given: FxHashMap<String, Location>,
    /// How often a slug was asked for.
    counts: FxHashMap<String, usize>,
    /// Every id in order.
    pub(super) order: Vec<String>,
}

impl Ids {
    /// Keeps an id for the author's own use.
    pub(super) fn reserve(&mut self, id: &str) {
        self.reserved.insert(id.to_owned());
    }

    /// Notes an id that the author wrote. Returns where it was written before, if it was.
    pub(super) fn take(&mut self, id: &str, location: Location) -> Option<Location> {
        if let Some(first) = self.given.get(id) {
            return Some(first.clone());
        }
        self.given.insert(id.to_owned(), location);
        self.order.push(id.to_owned());
        None
    }

    /// Makes an id of a text.
    pub(super) fn make(&mut self, text: &str, location: Location) -> String {
        let slug = slugify(text);
        let slug = if slug.is_empty() { "section".to_owned() } else { slug };
        let count = self.counts.entry(slug.clone()).or_insert(0);
        let id = loop {
            let id = if *count == 0 { slug.clone() } else { format!("{slug}-{count}") };
            *count += 1;
            if !self.reserved.contains(&id) && !self.given.contains_key(&id) {
                break id;
            }
        };
        self.given.insert(id.clone(), location);
        self.order.push(id.clone());
        id
    }
}

#[cfg(test)]
mod tests {
    use rivage_diag::{FileId, Span};

    use super::*;

    #[test]
    fn ids_are_unique() {
        let here = || Location::new(&FileId::from("a.md"), Span::default());
        let mut ids = Ids::default();
        ids.reserve("a-1");
        assert_eq!(ids.make("A", here()), "a");
        assert_eq!(ids.make("A", here()), "a-2");
        assert_eq!(ids.take("a-1", here()), None);
        assert_eq!(ids.take("a-1", here()), Some(here()));
        assert_eq!(ids.make(" ", here()), "section");
        assert_eq!(ids.order, ["a", "a-2", "a-1", "section"]);
    }
}
