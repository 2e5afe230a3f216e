//! The store under the cache: entries by key, in a folder that may be deleted at any time.
//!
//! In: keys, with what a result depends on (its trace), small bytes that are in memory after opening, and large parts that are read
//! when they are asked for. Out: the same, or nothing. Deliberately not here: what keys, questions and bytes mean, and whether an
//! entry still holds.
//!
//! ```text
//! manifest             the names of the live segments, oldest first; replaced as a whole
//! <fingerprint>.segment    immutable; what one build found out, or several of them merged
//! <pid>-<n>.tmp        the segment that a running build writes
//! lock                 held for the milliseconds of a commit
//! ```
//!
//! Promises:
//! - What `get` returns is what was put for that key, byte for byte, or nothing. A file that is missing, truncated, altered or of another
//!   version makes the build slower and is told as a [`Trouble`]; it never makes it fail. Where the newest entry of a key is lost
//!   with its file, an older one may be seen again: its trace says whether it holds.
//! - Two processes may use one folder at once. Neither waits for the other, and neither loses what the other one committed.
//! - Killed at any moment, a build leaves the entries of the commits before.
//!
//! A database would do much of this, but those with a lock for as long as they are open would make a preview and a build exclude
//! each other, and none of them keeps all small data in memory at the cost of one sequential read.

mod codec;
mod disk;
mod manifest;
mod observations;
mod segment;
mod spool;
mod trouble;

#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rayon::prelude::*;
use rustc_hash::FxHashMap;

use crate::inputs::Fingerprint;
use disk::Disk;
use observations::Observations;
use segment::{Opened, Segment, Stored, Writer};
use spool::{Bounds, Part, Spool};
use trouble::Noticed;

pub use observations::ObservationId;
pub use trouble::Trouble;

/// What an entry is found by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// The sort of entry; its meaning is the caller's.
    pub kind: u8,
    /// A hash of what makes the entry what it is.
    pub hash: Fingerprint,
}

/// When what is written is put together.
#[derive(Clone, Copy, Debug)]
struct Limits {
    bounds: Bounds,
    /// Segments beyond this many are merged.
    segments: usize,
    /// Dead bytes below this are not worth a rewrite.
    worth: u64,
}

const LIMITS: Limits = Limits { bounds: Bounds { batch: 1 << 20, memory: 256 << 20 }, segments: 8, worth: 1 << 20 };

/// An open store.
#[derive(Debug)]
pub struct Store {
    folder: PathBuf,
    disk: Disk,
    limits: Limits,
    /// Oldest first.
    segments: Vec<Segment>,
    /// Where the newest entry of each key is.
    places: FxHashMap<Key, Place>,
    observations: Observations,
    puts: Puts,
    spool: Spool,
    /// Segments that leave the manifest with the next commit.
    obsolete: Vec<String>,
    /// Segments that are written and enter the manifest with the next commit.
    unlisted: Vec<String>,
    noticed: Noticed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Place {
    segment: u32,
    entry: u32,
}

/// How much a folder holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Entries, each key once.
    pub entries: usize,
    /// The questions and answers that they depend on.
    pub observations: usize,
    /// Segments.
    pub segments: usize,
    /// The length of all segments.
    pub bytes: u64,
}

/// Counts what is in a folder. What cannot be read is not counted.
pub fn stats(folder: &Path) -> (Stats, Vec<Trouble>) {
    let (store, troubles) = Store::open(folder);
    (store.stats(), troubles)
}

impl Store {
    /// Opens the store of a folder, which need not exist. Whatever cannot be used is left out and told.
    pub fn open(folder: &Path) -> (Self, Vec<Trouble>) {
        Self::open_with(folder, Disk::default(), LIMITS)
    }

    fn open_with(folder: &Path, disk: Disk, limits: Limits) -> (Self, Vec<Trouble>) {
        let (names, opened, mut troubles) = open_segments(folder);
        let mut store = Self {
            folder: folder.to_owned(),
            spool: Spool::new(folder, disk.clone(), limits.bounds),
            disk,
            limits,
            segments: Vec::with_capacity(names.len()),
            places: FxHashMap::default(),
            observations: Observations::new(),
            puts: Puts::new(),
            obsolete: Vec::new(),
            unlisted: Vec::new(),
            noticed: Noticed::default(),
        };
        for (name, opened) in names.iter().zip(opened) {
            let segment = opened.and_then(|opened| {
                let number = |chunk| store.observations.load(chunk);
                let damaged = || Trouble::damaged(&folder.join(name), "it has too many observations");
                opened.number(number).ok_or_else(damaged)
            });
            match segment {
                Ok(segment) => store.segments.push(segment),
                Err(trouble) => {
                    if trouble.is_lasting() {
                        store.obsolete.push(name.clone());
                    }
                    troubles.push(trouble);
                }
            }
        }
        store.place_all_from(0);
        (store, troubles)
    }

    /// Finds the newest entry of each key, where the segments from `first` on are others than before.
    fn place_all_from(&mut self, first: usize) {
        if first == 0 {
            self.places.clear();
        } else {
            self.places.retain(|_, place| (place.segment as usize) < first);
        }
        self.places.reserve(self.segments[first..].iter().map(Segment::len).sum());
        (first..self.segments.len()).for_each(|number| self.place(number));
    }

    fn place(&mut self, number: usize) {
        let segment = &self.segments[number];
        for index in 0..segment.len() {
            if let Some(key) = segment.key(index) {
                self.places.insert(key, Place { segment: number as u32, entry: index as u32 });
            }
        }
    }

    /// Returns the number of a question with its answer. Whoever asks the same and is answered the same gets the same number for
    /// as long as the store is open, also after a commit. Numbers that were loaded may stand for equal pairs.
    pub fn observe(&self, question: &[u8], answer: Fingerprint) -> ObservationId {
        self.observations.observe(question, answer)
    }

    /// Returns a question and the fingerprint of its answer. A number from another store has an empty question.
    pub fn observation(&self, id: ObservationId) -> (&[u8], Fingerprint) {
        self.observations.get(id.0).unwrap_or((b"", Fingerprint::from_bytes([0; 16])))
    }

    /// Returns how many observations there are; their numbers are all below.
    pub fn observations_len(&self) -> usize {
        self.observations.len()
    }

    /// Returns the entry that was last put for a key, in this run or before.
    pub fn get(&self, key: Key) -> Option<Entry<'_>> {
        if let Some(put) = self.puts.get(key) {
            return Some(Entry(Body::Put(put, self)));
        }
        let place = self.places.get(&key)?;
        let segment = self.segments.get(place.segment as usize)?;
        let stored = segment.entry(place.entry as usize)?;
        Some(Entry(Body::Stored(stored, segment, self)))
    }

    /// Reports whether there is an entry for a key.
    pub fn contains(&self, key: Key) -> bool {
        self.puts.get(key).is_some() || self.places.contains_key(&key)
    }

    /// Keeps an entry, instead of any that was put for its key before. Large parts go to the disk as they come; where it refuses, they
    /// are held in memory, and beyond a bound [`Entry::large`] knows nothing of them.
    pub fn put(&self, key: Key, trace: &[ObservationId], small: &[u8], large: &[&[u8]]) {
        let large = if large.is_empty() { Box::default() } else { self.spool.append(large, &self.noticed) };
        self.puts.insert(key, Put { trace: trace.into(), small: small.into(), large });
    }

    /// Writes down what was put, for later builds. Nothing was put: nothing is written. `is_live` tells which keys may still be
    /// asked for: others go when more is dead than alive. Whatever went wrong since the last commit is told; what was put can be
    /// got in any case.
    pub fn commit(&mut self, is_live: &dyn Fn(&Key) -> bool) -> Vec<Trouble> {
        let puts = self.puts.sorted();
        if !puts.is_empty() {
            let mark = self.spool.len();
            let first = self.plan(&puts, mark, is_live);
            if let Err(trouble) = self.write(&puts, first, is_live) {
                // What a merge has appended is of no use now.
                self.spool.truncate(mark);
                trouble.into_iter().for_each(|trouble| self.noticed.add(trouble));
            }
        }
        if !self.unlisted.is_empty()
            && let Err(trouble) = self.list()
        {
            self.noticed.add(trouble);
        }
        self.noticed.take()
    }

    /// Returns how much the store holds, without what was put since the last commit.
    pub fn stats(&self) -> Stats {
        Stats {
            entries: self.places.len(),
            observations: self.observations.len(),
            segments: self.segments.len(),
            bytes: self.segments.iter().map(|segment| segment.bytes).sum(),
        }
    }

    /// Decides which segments are merged with what was put: those from the returned one on.
    fn plan(&self, puts: &[(Key, Arc<Put>)], spooled: u64, is_live: &dyn Fn(&Key) -> bool) -> usize {
        let small: u64 = puts.iter().map(|(_, put)| put.small.len() as u64).sum();
        if self.spool.is_refused() {
            return self.segments.len();
        }
        let dead = self.dead(puts, is_live);
        let total: u64 = self.segments.iter().map(|segment| segment.bytes).sum();
        if dead > self.limits.worth && dead > total / 2 {
            return 0;
        }
        let sizes: Vec<u64> = self.segments.iter().map(|segment| segment.bytes).collect();
        first_to_merge(&sizes, spooled + small, self.limits.segments)
    }

    /// Estimates how many bytes of the segments nobody will ask for again.
    fn dead(&self, puts: &[(Key, Arc<Put>)], is_live: &dyn Fn(&Key) -> bool) -> u64 {
        let mut live = vec![0_u64; self.segments.len()];
        let weight = |place: &Place| {
            self.segments.get(place.segment as usize).map_or(0, |segment| segment.entry_weight(place.entry as usize))
        };
        self.places
            .iter()
            .filter(|(key, _)| is_live(key))
            .for_each(|(_, place)| live[place.segment as usize] += weight(place));
        for (key, _) in puts {
            if let Some(place) = self.places.get(key)
                && is_live(key)
            {
                let live = &mut live[place.segment as usize];
                *live = live.saturating_sub(weight(place));
            }
        }
        let dead = self.segments.iter().zip(live).map(|(segment, live)| {
            // Observations are shared: they count as alive as the entries are.
            let shared = segment.bytes.saturating_sub(segment.weight);
            let shared_live = u128::from(shared) * u128::from(live) / u128::from(segment.weight.max(1));
            segment.bytes.saturating_sub(live).saturating_sub(u64::try_from(shared_live).unwrap_or(u64::MAX))
        });
        dead.sum()
    }

    /// Writes a segment of what was put and of the segments from `first` on, which it replaces. No trouble in the error means that it is
    /// noticed already.
    fn write(
        &mut self,
        puts: &[(Key, Arc<Put>)],
        first: usize,
        is_live: &dyn Fn(&Key) -> bool,
    ) -> Result<(), Option<Trouble>> {
        let mut writer = Writer::new(&self.observations);
        for (key, put) in puts {
            writer.add(*key, &put.trace, &put.small, &put.large);
        }
        if first < self.segments.len() {
            self.merge(&mut writer, puts, first, is_live);
            if self.spool.is_refused() {
                return Err(None);
            }
        }
        let finished = writer.finish(self.spool.len()).ok_or_else(|| Trouble::too_much(&self.folder))?;
        let file = self.spool.finish(&[&finished.observations, &finished.entries, &finished.trailer])?;
        // Under the lock, so that nobody takes the segment for one that was left behind.
        let locked = self.disk.lock(&self.folder);
        let file = match self.disk.publish(file, &self.folder.join(&finished.name)) {
            Ok(file) => file,
            Err((file, trouble)) => {
                self.spool.restore(file);
                return Err(Some(trouble));
            }
        };
        let name = finished.name.clone();
        let Some(segment) = finished.open(file) else { return Err(Some(Trouble::too_much(&self.folder))) };
        self.puts = Puts::new();
        self.spool.clear();
        let has_merged = first < self.segments.len();
        let merged = self.segments.drain(first..).map(|segment| segment.name).filter(|merged| *merged != name);
        self.obsolete.extend(merged);
        self.segments.push(segment);
        if has_merged {
            self.place_all_from(first);
        } else {
            self.place(first);
        }
        self.unlisted.push(name);
        let listed = self.list_locked();
        drop(locked);
        Ok(listed?)
    }

    /// Adds to a segment what still counts of the segments from `first` on.
    fn merge(&self, writer: &mut Writer, puts: &[(Key, Arc<Put>)], first: usize, is_live: &dyn Fn(&Key) -> bool) {
        let is_put = |key: &Key| puts.binary_search_by(|(other, _)| other.cmp(key)).is_ok();
        // Where older segments stay, what is dead stays as well: it may hide something older still.
        let is_wanted = |key: &Key| !is_put(key) && (first > 0 || is_live(key));
        for (number, segment) in self.segments.iter().enumerate().skip(first) {
            for index in 0..segment.len() {
                let Some(key) = segment.key(index) else { continue };
                let place = Place { segment: number as u32, entry: index as u32 };
                if self.places.get(&key) != Some(&place) || !is_wanted(&key) {
                    continue;
                }
                let Some(Stored { trace, small, large }) = segment.entry(index) else { continue };
                let large = large.iter().map(|part| {
                    let bytes = segment.part(part.as_ref()?)?;
                    self.spool.append(&[&bytes], &self.noticed).first().copied().flatten()
                });
                writer.add(key, &trace, small, &large.collect::<Vec<_>>());
            }
        }
    }

    fn list(&mut self) -> Result<(), Trouble> {
        let _locked = self.disk.lock(&self.folder);
        self.list_locked()
    }

    /// Brings the manifest up to date, and removes what is not in it any more.
    fn list_locked(&mut self) -> Result<(), Trouble> {
        // Another process may have committed since this one opened. A list that cannot be read lists nothing.
        let mut names = manifest::read(&self.folder).unwrap_or_default();
        names.retain(|name| !self.obsolete.contains(name) && !self.unlisted.contains(name));
        names.extend_from_slice(&self.unlisted);
        self.disk.replace(&manifest::path(&self.folder), manifest::to_text(&names).as_bytes())?;
        for name in self.obsolete.drain(..) {
            self.disk.remove(&self.folder.join(name));
        }
        self.unlisted.clear();
        self.disk.sweep(&self.folder, &names);
        Ok(())
    }
}

/// Opens all segments of a folder.
fn open_segments(folder: &Path) -> (Vec<String>, Vec<Result<Opened, Trouble>>, Vec<Trouble>) {
    let mut names = match manifest::read(folder) {
        Ok(names) => names,
        Err(trouble) => return (Vec::new(), Vec::new(), vec![trouble]),
    };
    loop {
        let opened: Vec<_> = names.par_iter().map(|name| Opened::open(folder, name)).collect();
        let is_missing = |opened: &Result<Opened, Trouble>| matches!(opened, Err(Trouble::Disk { source, .. }) if source.kind() == std::io::ErrorKind::NotFound);
        if opened.iter().any(is_missing)
            && let Ok(now) = manifest::read(folder)
            && now != names
        {
            // Another process has merged them meanwhile.
            names = now;
            continue;
        }
        return (names, opened, Vec::new());
    }
}

/// Returns the first of the segments (oldest first) that are merged with a new one: where there are too many, the newest of them, and on as
/// long as the next older one is not much larger than what is merged already, so that a byte is copied few times in its life.
fn first_to_merge(sizes: &[u64], new: u64, most: usize) -> usize {
    let mut first = sizes.len();
    if first < most {
        return first;
    }
    let mut sum = new;
    while let Some(older) = first.checked_sub(1) {
        if first < most && sizes[older] / 2 > sum {
            break;
        }
        first = older;
        sum += sizes[older];
    }
    first
}

/// An entry of the store.
#[derive(Debug)]
pub struct Entry<'s>(Body<'s>);

#[derive(Debug)]
enum Body<'s> {
    Put(Arc<Put>, &'s Store),
    Stored(Stored<'s>, &'s Segment, &'s Store),
}

impl Entry<'_> {
    /// Returns the observations that the entry depends on, in the order in which they were put.
    pub fn trace(&self) -> &[ObservationId] {
        match &self.0 {
            Body::Put(put, _) => &put.trace,
            Body::Stored(stored, ..) => &stored.trace,
        }
    }

    /// Returns the small bytes.
    pub fn small(&self) -> &[u8] {
        match &self.0 {
            Body::Put(put, _) => &put.small,
            Body::Stored(stored, ..) => stored.small,
        }
    }

    /// Returns how many large parts it was put with.
    pub fn large_len(&self) -> usize {
        match &self.0 {
            Body::Put(put, _) => put.large.len(),
            Body::Stored(stored, ..) => stored.large.len(),
        }
    }

    /// Reads a large part; `None` where it is damaged or was dropped.
    pub fn large(&self, index: usize) -> Option<Vec<u8>> {
        match &self.0 {
            Body::Put(put, store) => store.spool.read(put.large.get(index)?.as_ref()?),
            Body::Stored(stored, segment, store) => {
                let bytes = segment.part(stored.large.get(index)?.as_ref()?);
                if bytes.is_none() {
                    let path = store.folder.join(&segment.name);
                    store.noticed.add(Trouble::damaged(&path, "a part of it cannot be read"));
                }
                bytes
            }
        }
    }
}

/// What was put since the last commit.
#[derive(Debug)]
struct Puts {
    shards: Vec<Mutex<FxHashMap<Key, Arc<Put>>>>,
    /// A bit for each key that was put, shared by few others: most keys are known not to be here without a lock.
    hints: Vec<AtomicU64>,
}

#[derive(Debug)]
struct Put {
    trace: Box<[ObservationId]>,
    small: Box<[u8]>,
    large: Box<[Option<Part>]>,
}

impl Puts {
    /// Powers of two.
    const SHARDS: usize = 64;
    const HINTS: usize = 1024;

    fn new() -> Self {
        Self {
            shards: std::iter::repeat_with(Mutex::default).take(Self::SHARDS).collect(),
            hints: std::iter::repeat_with(AtomicU64::default).take(Self::HINTS).collect(),
        }
    }

    fn shard(&self, key: Key) -> &Mutex<FxHashMap<Key, Arc<Put>>> {
        &self.shards[key.hash.bytes()[0] as usize % Self::SHARDS]
    }

    fn hint(&self, key: Key) -> (&AtomicU64, u64) {
        let hash = key.hash.bytes();
        let bit = u16::from_le_bytes([hash[1], hash[2]]) as usize;
        (&self.hints[bit / 64 % Self::HINTS], 1 << (bit % 64))
    }

    fn insert(&self, key: Key, put: Put) {
        lock(self.shard(key)).insert(key, Arc::new(put));
        let (word, bit) = self.hint(key);
        word.fetch_or(bit, Ordering::Release);
    }

    fn get(&self, key: Key) -> Option<Arc<Put>> {
        let (word, bit) = self.hint(key);
        if word.load(Ordering::Acquire) & bit == 0 {
            return None;
        }
        lock(self.shard(key)).get(&key).cloned()
    }

    fn sorted(&self) -> Vec<(Key, Arc<Put>)> {
        let mut all = Vec::new();
        for shard in &self.shards {
            all.extend(lock(shard).iter().map(|(key, put)| (*key, Arc::clone(put))));
        }
        all.sort_unstable_by_key(|(key, _)| *key);
        all
    }
}

/// A thread that panicked has left nothing half done behind these locks.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
