//! Answers and tag numbers in the memory of one instance.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use super::{Entry, Epochs};

/// The most bytes of bodies that are kept: a small part of the 128 MB that a Worker has.
const MOST_BYTES: usize = 4 * 1024 * 1024;

/// Larger bodies stay in the shared cache.
const MOST_BODY: usize = 64 * 1024;

/// What an instance remembers. The oldest entries go first: a queue costs nothing on a hit, and entries live for minutes anyway.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    pub(crate) epochs: Option<Arc<Epochs>>,
    entries: BTreeMap<String, Entry>,
    order: VecDeque<String>,
    bytes: usize,
    /// Which answers are being made anew, since when.
    refreshing: BTreeMap<String, u64>,
}

/// Milliseconds after which a refresh that has not ended is taken for lost.
const REFRESH_LOST: u64 = 15_000;

impl Memory {
    /// Reports whether this caller is the one to make an answer anew: one does, the others show the stale one.
    pub(crate) fn start_refresh(&mut self, key: &str, now: u64) -> bool {
        self.refreshing.retain(|_, since| now < *since + REFRESH_LOST);
        let is_first = !self.refreshing.contains_key(key);
        if is_first {
            self.refreshing.insert(key.to_owned(), now);
        }
        is_first
    }

    pub(crate) fn end_refresh(&mut self, key: &str) {
        self.refreshing.remove(key);
    }

    pub(crate) fn get(&self, key: &str) -> Option<Entry> {
        self.entries.get(key).cloned()
    }

    pub(crate) fn put(&mut self, key: &str, entry: Entry) {
        if entry.body.len() > MOST_BODY {
            return;
        }
        self.bytes += cost(key, &entry);
        match self.entries.insert(key.to_owned(), entry) {
            Some(old) => self.bytes -= cost(key, &old),
            None => self.order.push_back(key.to_owned()),
        }
        while self.bytes > MOST_BYTES {
            let Some(oldest) = self.order.pop_front() else { break };
            if let Some(old) = self.entries.remove(&oldest) {
                self.bytes -= cost(&oldest, &old);
            }
        }
    }
}

/// Bodies, keys (which stand twice), and what the maps take for themselves.
fn cost(key: &str, entry: &Entry) -> usize {
    entry.body.len() + 2 * key.len() + entry.etag.len() + 200
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(bytes: usize) -> Entry {
        Entry { made: 0, etag: String::new(), body: vec![0; bytes].into() }
    }

    #[test]
    fn memory_is_bounded_and_the_oldest_go_first() {
        let mut memory = Memory::default();
        for number in 0..1000 {
            memory.put(&number.to_string(), entry(50_000));
            assert!(memory.bytes <= MOST_BYTES);
        }
        assert_eq!(memory.get("0"), None);
        assert!(memory.get("999").is_some());
        assert_eq!(memory.entries.len(), memory.order.len());
        memory.put("large", entry(MOST_BODY + 1));
        assert_eq!(memory.get("large"), None);
    }

    #[test]
    fn an_entry_that_is_put_again_counts_once() {
        let mut memory = Memory::default();
        for _ in 0..10 {
            memory.put("a", entry(100));
        }
        assert_eq!(memory.bytes, cost("a", &entry(100)));
        assert_eq!(memory.order.len(), 1);
    }
}
