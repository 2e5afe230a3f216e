//! Maps under construction: entries in order, with unique keys.
//!
//! In: entries as they are read. Out: the entries, or the place where a key stood already.
//! Deliberately not here: the wording of the error.

use rustc_hash::FxHashMap;

use super::Entry;
use crate::Span;

/// Maps up to this size are searched one by one, which is faster than hashing; nearly all front matter is.
const SMALL: usize = 12;

/// A map under construction.
#[derive(Default)]
pub(super) struct MapBuilder {
    entries: Vec<Entry>,
    /// Key → index, kept only for large maps.
    index: FxHashMap<String, usize>,
}

impl MapBuilder {
    /// Adds an entry, or returns where its key stands already. The first one then stays.
    pub(super) fn push(&mut self, entry: Entry) -> Result<(), Span> {
        if let Some(first) = self.find(&entry.key) {
            return Err(first);
        }
        if self.entries.len() == SMALL {
            self.index = self.entries.iter().enumerate().map(|(at, entry)| (entry.key.clone(), at)).collect();
        }
        if self.entries.len() >= SMALL {
            self.index.insert(entry.key.clone(), self.entries.len());
        }
        self.entries.push(entry);
        Ok(())
    }

    /// Reports whether a key is there.
    pub(super) fn contains(&self, key: &str) -> bool {
        self.find(key).is_some()
    }

    /// Returns the entries, in the order they came.
    pub(super) fn finish(self) -> Vec<Entry> {
        self.entries
    }

    fn find(&self, key: &str) -> Option<Span> {
        let entry = if self.entries.len() > SMALL {
            self.index.get(key).and_then(|&at| self.entries.get(at))
        } else {
            self.entries.iter().find(|entry| entry.key == key)
        };
        entry.map(|entry| entry.key_span)
    }
}
