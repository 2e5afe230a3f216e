//! Questions with the fingerprints of their answers, each pair once, with a number by which traces refer to it.
//!
//! In: those of the segments, and what a build observes. Out: numbers that stay the same while the store is open. What was loaded is
//! found without a lock; what is new is guarded by one of many. Nothing is ever taken away: after a compaction the numbers that
//! traces hold are as good as before.

use std::hash::Hasher;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, OnceLock};

use rustc_hash::{FxHashMap, FxHasher};

use super::codec::Reader;
use crate::inputs::Fingerprint;

/// The number of an observation in one open store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObservationId(pub u32);

impl ObservationId {
    /// Returns the number as an index: observations are numbered from 0 without gaps.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// The observations of one segment, as they stand in its file: how many, where each question ends, the answers, the questions.
#[derive(Debug)]
pub(super) struct Chunk {
    bytes: Vec<u8>,
    count: usize,
}

const ANSWER: usize = 16;
const END: usize = 4;
const HEAD: usize = 4;

impl Chunk {
    /// Takes the bytes if they are what [`Chunk::encode`] makes.
    pub(super) fn parse(bytes: Vec<u8>) -> Option<Self> {
        let mut reader = Reader(&bytes);
        let count = reader.u32()? as usize;
        let ends = reader.take(count.checked_mul(END)?)?;
        reader.take(count.checked_mul(ANSWER)?)?;
        let mut last = 0;
        for end in ends.as_chunks().0 {
            let end = u32::from_le_bytes(*end);
            if end < last {
                return None;
            }
            last = end;
        }
        (last as usize == reader.0.len()).then_some(Self { bytes, count })
    }

    /// Writes observations down; `None` where they are too many for one segment.
    pub(super) fn encode<'a>(all: impl Iterator<Item = (&'a [u8], Fingerprint)> + Clone) -> Option<Vec<u8>> {
        let count = all.clone().count();
        let mut out = Vec::new();
        out.extend(u32::try_from(count).ok()?.to_le_bytes());
        let mut end = 0_u32;
        for (question, _) in all.clone() {
            end = end.checked_add(u32::try_from(question.len()).ok()?)?;
            out.extend(end.to_le_bytes());
        }
        all.clone().for_each(|(_, answer)| out.extend(answer.bytes()));
        all.for_each(|(question, _)| out.extend(question));
        Some(out)
    }

    pub(super) fn len(&self) -> usize {
        self.count
    }

    fn get(&self, index: usize) -> Option<(&[u8], Fingerprint)> {
        let (ends, rest) = self.bytes.get(HEAD..)?.split_at_checked(self.count * END)?;
        let (answers, questions) = rest.split_at_checked(self.count * ANSWER)?;
        let ends = ends.as_chunks().0;
        let start = if index == 0 { 0 } else { u32::from_le_bytes(*ends.get(index - 1)?) };
        let end = u32::from_le_bytes(*ends.get(index)?);
        let answer = answers.as_chunks().0.get(index)?;
        Some((questions.get(start as usize..end as usize)?, Fingerprint::from_bytes(*answer)))
    }
}

/// So many are kept a second time rather than looked for among those that were loaded, which takes a table of all of these.
const FEW: usize = 1000;

/// Locks for new observations. A power of two.
const SHARDS: usize = 64;

/// All observations of an open store.
#[derive(Debug)]
pub(super) struct Observations {
    /// Those that were loaded, with the number of the first.
    chunks: Vec<(u32, Chunk)>,
    /// How many were loaded.
    loaded: u32,
    /// A hash table of those that were loaded. A build in which little changed never needs it.
    index: OnceLock<Vec<u32>>,
    new: Growing,
    /// Where the new ones are found: hash → number.
    shards: Vec<Mutex<FxHashMap<u64, u32>>>,
}

impl Observations {
    pub(super) fn new() -> Self {
        Self {
            chunks: Vec::new(),
            loaded: 0,
            index: OnceLock::new(),
            new: Growing::default(),
            shards: std::iter::repeat_with(Mutex::default).take(SHARDS).collect(),
        }
    }

    /// Adds what a segment holds and returns the number of its first; only before the first observation.
    pub(super) fn load(&mut self, chunk: Chunk) -> Option<u32> {
        let first = self.loaded;
        // Room is left for those that are new.
        let end = usize::try_from(first).ok()?.checked_add(chunk.len())?;
        self.loaded = u32::try_from(end).ok().filter(|end| *end < u32::MAX / 2)?;
        self.chunks.push((first, chunk));
        Some(first)
    }

    pub(super) fn len(&self) -> usize {
        self.loaded as usize + self.new.len()
    }

    /// Returns a question and the fingerprint of its answer.
    pub(super) fn get(&self, id: u32) -> Option<(&[u8], Fingerprint)> {
        if id >= self.loaded {
            return self.new.get(id - self.loaded).map(|new| (&*new.question, new.answer));
        }
        let chunk = self.chunks.partition_point(|(first, _)| *first <= id).checked_sub(1)?;
        let (first, chunk) = self.chunks.get(chunk)?;
        chunk.get((id - first) as usize)
    }

    pub(super) fn observe(&self, question: &[u8], answer: Fingerprint) -> ObservationId {
        let hash = hash(question, answer);
        let mut shard = super::lock(&self.shards[(hash >> 58) as usize % SHARDS]);
        let mut slot = hash;
        while let Some(id) = shard.get(&slot) {
            if self.get(*id) == Some((question, answer)) {
                return ObservationId(*id);
            }
            // Another observation has the same hash.
            slot = slot.wrapping_add(1);
        }
        if self.new.len() >= FEW
            && let Some(id) = self.find_loaded(hash, question, answer)
        {
            return ObservationId(id);
        }
        let id = self.loaded + self.new.push(New { question: question.into(), answer });
        shard.insert(slot, id);
        ObservationId(id)
    }

    fn find_loaded(&self, hash: u64, question: &[u8], answer: Fingerprint) -> Option<u32> {
        if self.loaded == 0 {
            return None;
        }
        let index = self.index.get_or_init(|| self.index());
        let mask = index.len() - 1;
        let mut slot = hash as usize & mask;
        loop {
            match index[slot] {
                FREE => return None,
                id if self.get(id) == Some((question, answer)) => return Some(id),
                _ => slot = (slot + 1) & mask,
            }
        }
    }

    /// Makes the hash table: at most half full, so that there always is a free slot.
    fn index(&self) -> Vec<u32> {
        let mut index = vec![FREE; (self.loaded as usize * 2).next_power_of_two()];
        let mask = index.len() - 1;
        for (first, chunk) in &self.chunks {
            for local in 0..chunk.len() {
                let Some((question, answer)) = chunk.get(local) else { continue };
                let mut slot = hash(question, answer) as usize & mask;
                while index[slot] != FREE {
                    slot = (slot + 1) & mask;
                }
                index[slot] = first + local as u32;
            }
        }
        index
    }
}

/// A slot of the hash table without an observation.
const FREE: u32 = u32::MAX;

fn hash(question: &[u8], answer: Fingerprint) -> u64 {
    let mut hasher = FxHasher::default();
    hasher.write(question);
    hasher.write(&answer.bytes());
    hasher.finish()
}

#[derive(Debug)]
struct New {
    question: Box<[u8]>,
    answer: Fingerprint,
}

/// A list that many threads append to and read from without a lock: buckets, each twice as long as the one before, never move.
#[derive(Debug, Default)]
struct Growing {
    next: AtomicU32,
    buckets: [OnceLock<Box<[OnceLock<New>]>>; 22],
}

/// The first bucket's length is 2 to the power of it.
const FIRST: u32 = 10;

impl Growing {
    fn len(&self) -> usize {
        self.next.load(Ordering::Acquire) as usize
    }

    fn place(index: u32) -> (usize, usize) {
        let shifted = u64::from(index) + (1 << FIRST);
        let bucket = shifted.ilog2() - FIRST;
        (bucket as usize, (shifted - (1 << (bucket + FIRST))) as usize)
    }

    fn push(&self, new: New) -> u32 {
        // Memory ends long before the numbers do: each takes more than 40 bytes.
        let index = self.next.fetch_add(1, Ordering::AcqRel);
        let (bucket, slot) = Self::place(index);
        let bucket = self.buckets[bucket]
            .get_or_init(|| std::iter::repeat_with(OnceLock::new).take(1 << (bucket as u32 + FIRST)).collect());
        let _ = bucket[slot].set(new);
        index
    }

    fn get(&self, index: u32) -> Option<&New> {
        let (bucket, slot) = Self::place(index);
        self.buckets.get(bucket)?.get()?.get(slot)?.get()
    }
}

#[cfg(test)]
mod tests {
    use rayon::prelude::*;

    use super::*;

    fn print(text: &str) -> Fingerprint {
        Fingerprint::of(text.as_bytes())
    }

    #[test]
    fn an_observation_has_one_number_on_all_threads() {
        let mut observations = Observations::new();
        let pairs: Vec<(String, Fingerprint)> =
            (0..3000).map(|n| (format!("file content/{}.md", n % 1500), print(&format!("{}", n / 1500)))).collect();
        let half = pairs[..1500].iter().map(|(question, answer)| (question.as_bytes(), *answer));
        let chunk = Chunk::parse(Chunk::encode(half).unwrap()).unwrap();
        assert_eq!(observations.load(chunk), Some(0));
        for n in 0..FEW {
            let id = observations.observe(b"few", print(&n.to_string()));
            assert_eq!(id.index(), 1500 + n);
        }
        let ids: Vec<_> = (0..12_000)
            .into_par_iter()
            .map(|n| {
                let (question, answer) = &pairs[n * 7 % 3000];
                (n * 7 % 3000, observations.observe(question.as_bytes(), *answer))
            })
            .collect();
        assert_eq!(observations.len(), 3000 + FEW);
        for (pair, id) in ids {
            let (question, answer) = &pairs[pair];
            assert_eq!(observations.get(id.0), Some((question.as_bytes(), *answer)));
            assert_eq!(observations.observe(question.as_bytes(), *answer), id);
            assert_eq!(pair < 1500, id.0 < 1500);
        }
        assert_eq!(observations.get(3000 + FEW as u32), None);
    }

    #[test]
    fn a_few_are_not_looked_for_and_keep_their_numbers() {
        let mut observations = Observations::new();
        let chunk = Chunk::encode([(&b"a"[..], print("1")), (b"b", print("2"))].into_iter()).unwrap();
        observations.load(Chunk::parse(chunk).unwrap());
        let few = observations.observe(b"a", print("1"));
        assert!(few.0 == 2 && observations.index.get().is_none());
        for n in 0..FEW {
            observations.observe(b"few", print(&n.to_string()));
        }
        assert_eq!(observations.observe(b"a", print("1")), few);
        assert_eq!(observations.observe(b"b", print("2")), ObservationId(1));
    }

    #[test]
    fn places_have_no_gaps() {
        assert_eq!(Growing::place(0), (0, 0));
        assert_eq!(Growing::place(1023), (0, 1023));
        assert_eq!(Growing::place(1024), (1, 0));
        assert_eq!(Growing::place(1024 + 2047), (1, 2047));
        assert_eq!(Growing::place(1024 + 2048), (2, 0));
        let (bucket, slot) = Growing::place(u32::MAX - 1024);
        assert!(bucket < 22 && slot < 1 << 31);
    }

    #[test]
    fn a_broken_chunk_is_refused() {
        let good = Chunk::encode([(&b"abc"[..], print("1")), (b"", print("2"))].into_iter()).unwrap();
        assert!(Chunk::parse(good.clone()).is_some());
        for length in 0..good.len() {
            assert!(Chunk::parse(good[..length].to_vec()).is_none(), "{length}");
        }
        let mut backwards = good.clone();
        backwards[4] = 9;
        assert!(Chunk::parse(backwards).is_none());
        let mut many = good;
        many[..4].copy_from_slice(&u32::MAX.to_le_bytes());
        assert!(Chunk::parse(many).is_none());
    }
}
