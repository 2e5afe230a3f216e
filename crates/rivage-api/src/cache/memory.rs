//! Answers and tag numbers in the memory of one instance, and whether the database answered it last.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use super::{EPOCHS_TTL, Entry, Epochs};

/// The most bytes of bodies that are kept: a small part of the 128 MB that a Worker has.
const MOST_BYTES: usize = 4 * 1024 * 1024;

/// Larger bodies stay in the shared cache.
const MOST_BODY: usize = 64 * 1024;

/// What an instance remembers. The oldest entries go first: a queue costs nothing on a hit, and entries live for minutes anyway.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    /// The numbers of tags, when they were ever read.
    epochs: Option<Arc<Epochs>>,
    /// Whether they are known to be too low: this instance purged a tag and was not told its number.
    is_outdated: bool,
    /// How often this instance purged tags: who began to read the numbers before that knows less than it.
    purges: u64,
    /// Since when a request reads the numbers.
    reading: Option<u64>,
    /// Whether the database did not answer when it was asked last.
    pub(crate) is_away: bool,
    entries: BTreeMap<String, Entry>,
    order: VecDeque<String>,
    bytes: usize,
    /// Which answers are being made anew, since when.
    refreshing: BTreeMap<String, u64>,
}

/// Milliseconds after which a refresh that has not ended is taken for lost.
const REFRESH_LOST: u64 = 15_000;

/// Where a request gets the numbers of tags from.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Lookup {
    /// These are good enough.
    Known(Arc<Epochs>),
    /// It is to read them, and to tell them to [`Memory::set_epochs`] with this.
    Read(u64),
}

impl Memory {
    /// Returns the numbers of tags where they are young enough.
    pub(crate) fn epochs(&self, now: u64) -> Option<Arc<Epochs>> {
        let epochs = self.epochs.as_ref().filter(|epochs| now < epochs.read_at + EPOCHS_TTL * 1000)?;
        (!self.is_outdated).then(|| epochs.clone())
    }

    /// Returns the numbers of tags, or asks the caller to read them. One does: all others take the last ones, for as long as that takes. It is
    /// milliseconds, or else the database is away, and then what is kept is not to wait for it.
    pub(crate) fn look_up_epochs(&mut self, now: u64) -> Lookup {
        let is_read = self.reading.is_some_and(|since| now < since + REFRESH_LOST);
        let others = self.epochs.as_ref().filter(|_| is_read && !self.is_outdated).cloned();
        match self.epochs(now).or(others) {
            Some(epochs) => Lookup::Known(epochs),
            None => {
                self.reading = Some(now);
                Lookup::Read(self.purges)
            }
        }
    }

    /// Takes the numbers of tags as they were read, beginning at `now` and with what [`Lookup::Read`] had; nothing where the database did not answer.
    pub(crate) fn set_epochs(&mut self, read: Option<BTreeMap<String, u64>>, purges: u64, now: u64) -> Arc<Epochs> {
        self.reading = None;
        let known = self.epochs.as_ref().map(|epochs| epochs.numbers.clone()).unwrap_or_default();
        let is_current = purges == self.purges;
        let numbers = match read {
            Some(read) => {
                self.is_outdated &= !is_current;
                if is_current { read } else { newest(known, read) }
            }
            // For as long as fresh ones would hold, the old ones do: an outage is not to be asked about with every request. What is shown then is
            // what was shown before.
            None => {
                self.is_outdated = false;
                known
            }
        };
        let epochs = Arc::new(Epochs { read_at: now, numbers });
        self.epochs = Some(epochs.clone());
        epochs
    }

    /// Notes that this instance has purged tags; with their numbers, where the database told them. Numbers that are known are not forgotten: should the
    /// database be away from now on, answers are found by them.
    pub(crate) fn purged(&mut self, numbers: BTreeMap<String, u64>) {
        self.purges += 1;
        self.is_outdated |= numbers.is_empty();
        if let Some(epochs) = &self.epochs {
            let Epochs { read_at, numbers: known } = &**epochs;
            self.epochs = Some(Arc::new(Epochs { read_at: *read_at, numbers: newest(known.clone(), numbers) }));
        }
    }

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

/// Numbers of tags only grow.
fn newest(mut known: BTreeMap<String, u64>, other: BTreeMap<String, u64>) -> BTreeMap<String, u64> {
    for (tag, number) in other {
        let known = known.entry(tag).or_default();
        *known = number.max(*known);
    }
    known
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

    fn numbers(number: u64) -> BTreeMap<String, u64> {
        BTreeMap::from([("note".to_owned(), number)])
    }

    fn known(lookup: &Lookup) -> Option<u64> {
        match lookup {
            Lookup::Known(epochs) => Some(epochs.numbers["note"]),
            Lookup::Read(_) => None,
        }
    }

    #[test]
    fn one_request_reads_the_numbers_of_tags_and_others_take_the_last_ones() {
        let mut memory = Memory::default();
        assert_eq!([0, 1].map(|now| memory.look_up_epochs(now)), [Lookup::Read(0), Lookup::Read(0)], "there are none");
        memory.set_epochs(Some(numbers(1)), 0, 1);
        assert_eq!(known(&memory.look_up_epochs(30_000)), Some(1));
        assert_eq!(known(&memory.look_up_epochs(30_001)), None, "too old");
        assert_eq!(known(&memory.look_up_epochs(45_000)), Some(1), "somebody reads");
        assert_eq!(known(&memory.look_up_epochs(45_001)), None, "who reads was lost");
        memory.set_epochs(None, 0, 45_001);
        assert_eq!(known(&memory.look_up_epochs(75_000)), Some(1), "the database is away");
        memory.look_up_epochs(75_001);
        memory.set_epochs(Some(numbers(2)), 0, 75_001);
        assert_eq!(known(&memory.look_up_epochs(75_002)), Some(2));
    }

    #[test]
    fn a_purge_of_ones_own_is_known_at_once_and_older_reads_do_not_hide_it() {
        let mut memory = Memory::default();
        memory.set_epochs(Some(numbers(1)), 0, 0);
        let Lookup::Read(purges) = memory.look_up_epochs(40_000) else { panic!("too old") };
        memory.purged(numbers(2));
        assert_eq!(memory.set_epochs(Some(numbers(1)), purges, 40_000).numbers, numbers(2), "read before the purge");
        assert_eq!(known(&memory.look_up_epochs(40_001)), Some(2), "nobody has to read it");
        memory.purged(BTreeMap::new());
        assert_eq!(known(&memory.look_up_epochs(40_002)), None, "its number is not known");
        assert_eq!(known(&memory.look_up_epochs(40_003)), None, "nobody takes what is known to be old");
        let Lookup::Read(purges) = memory.look_up_epochs(40_004) else { panic!("not known") };
        memory.set_epochs(Some(numbers(3)), purges - 1, 40_004);
        assert_eq!(known(&memory.look_up_epochs(40_005)), None, "read before the purge");
        memory.set_epochs(Some(numbers(4)), purges, 40_006);
        assert_eq!(known(&memory.look_up_epochs(40_007)), Some(4));
        memory.purged(BTreeMap::new());
        assert_eq!(memory.set_epochs(None, purges + 1, 40_008).numbers, numbers(4), "better than none");
        // A database that was restored counts from where it was.
        memory.look_up_epochs(90_000);
        assert_eq!(memory.set_epochs(Some(numbers(1)), purges + 1, 90_000).numbers, numbers(1));
    }
}
