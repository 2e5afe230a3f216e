//! Fingerprints of files by what they look like from outside, so that a file that is as it was need not be read again.
//!
//! In: path, [`Stamp`], fingerprint. Out: the fingerprint of a file that looks the same. A file that was changed about the time it was
//! read may have been changed again within the same tick of the disk's clock: [`Known::note`] leaves it out, and it is read once
//! more. Deliberately not here: where the table is kept between builds ([`crate::cache`]).

use std::hash::BuildHasher;
use std::sync::{PoisonError, RwLock};

use rustc_hash::{FxBuildHasher, FxHashMap};
use serde::{Deserialize, Serialize};

use super::Fingerprint;
use crate::fs::Stamp;

/// How long after a change a stamp says nothing, in nanoseconds: more than the tick of clocks that count in nanoseconds.
const TICK: i64 = 50_000_000;

/// The same for disks that count in seconds; FAT counts in two.
const COARSE_TICK: i64 = 2_500_000_000;

/// What is known of files without reading them. Shared by all threads, and kept in parts, so that what is new of few files is written
/// down without all the others.
#[derive(Debug, Default)]
pub struct Known([RwLock<Part>; PARTS]);

/// How many parts there are.
pub const PARTS: usize = 32;

/// Files by path.
pub type Table = FxHashMap<String, Seen>;

#[derive(Debug, Default)]
struct Part {
    files: Table,
    /// Whether it says something else than what was kept.
    is_new: bool,
}

/// A file that was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// What it looked like just before it was read.
    pub stamp: Stamp,
    /// The fingerprint of its bytes.
    pub print: Fingerprint,
}

impl Known {
    /// Takes a part that was kept.
    pub fn fill(&self, number: usize, files: Table) {
        if let Some(part) = self.0.get(number) {
            *part.write().unwrap_or_else(PoisonError::into_inner) = Part { files, is_new: false };
        }
    }

    /// Hands each part that has changed since it was filled or handed out to `keep`, with its number.
    pub fn each_new(&self, mut keep: impl FnMut(usize, &Table)) {
        for (number, part) in self.0.iter().enumerate() {
            let mut part = part.write().unwrap_or_else(PoisonError::into_inner);
            if std::mem::take(&mut part.is_new) {
                keep(number, &part.files);
            }
        }
    }

    /// Returns the fingerprint of the file at `path` if it still looks the same.
    pub fn print(&self, path: &str, stamp: Stamp) -> Option<Fingerprint> {
        let part = self.part(path).read().unwrap_or_else(PoisonError::into_inner);
        part.files.get(path).filter(|seen| seen.stamp == stamp).map(|seen| seen.print)
    }

    /// Notes a file that was read by one who began to look at `start`; `stamp` was taken before it was read.
    pub fn note(&self, path: &str, stamp: Stamp, print: Fingerprint, start: jiff::Timestamp) {
        let mut part = self.part(path).write().unwrap_or_else(PoisonError::into_inner);
        if !is_settled(stamp, start) {
            part.is_new |= part.files.remove(path).is_some();
            return;
        }
        let seen = Seen { stamp, print };
        if part.files.get(path) == Some(&seen) {
            return;
        }
        part.is_new = true;
        match part.files.get_mut(path) {
            Some(known) => *known = seen,
            None => drop(part.files.insert(path.to_owned(), seen)),
        }
    }

    fn part(&self, path: &str) -> &RwLock<Part> {
        // The highest bits are the best of this hash.
        let hash = FxBuildHasher.hash_one(path) >> 32;
        &self.0[hash as usize % PARTS]
    }
}

/// Reports whether a file that has this stamp at `start` or later will have another one when it changes again.
fn is_settled(stamp: Stamp, start: jiff::Timestamp) -> bool {
    let start = i64::try_from(start.as_nanosecond()).unwrap_or(0);
    let last = stamp.changed.max(stamp.modified);
    let tick = if last % 1_000_000_000 == 0 { COARSE_TICK } else { TICK };
    last.saturating_add(tick) < start
}

#[cfg(test)]
mod tests {
    use super::*;

    const PRINT: Fingerprint = Fingerprint::MISSING;

    fn stamp(changed: i64) -> Stamp {
        Stamp { length: 1, modified: 5, changed, node: 7 }
    }

    #[test]
    fn a_file_is_known_while_it_looks_the_same() {
        let known = Known::default();
        known.note("a", stamp(3), PRINT, jiff::Timestamp::from_second(100).unwrap());
        assert_eq!(known.print("a", stamp(3)), Some(PRINT));
        assert_eq!(known.print("a", stamp(4)), None);
        assert_eq!(known.print("b", stamp(3)), None);
    }

    #[test]
    fn what_is_new_is_handed_out_once() {
        let known = Known::default();
        let start = jiff::Timestamp::from_second(100).unwrap();
        let new = || {
            let mut all = Vec::new();
            known.each_new(|number, files| all.push((number, files.clone())));
            all
        };
        assert!(new().is_empty());
        known.note("a", stamp(3), PRINT, start);
        let parts = new();
        assert!(matches!(&parts[..], [(_, files)] if files["a"].stamp == stamp(3)), "{parts:?}");
        known.note("a", stamp(3), PRINT, start);
        known.note("b", stamp(100_000_000_000), PRINT, start);
        assert!(new().is_empty(), "nothing else was found out");
        known.note("a", stamp(100_000_000_000), PRINT, start);
        assert!(matches!(&new()[..], [(_, files)] if files.is_empty()));

        for (number, files) in parts {
            known.fill(number, files);
        }
        assert_eq!(known.print("a", stamp(3)), Some(PRINT));
        assert!(new().is_empty());
    }

    #[test]
    fn what_changed_while_we_looked_is_not_kept() {
        let start = jiff::Timestamp::from_second(100).unwrap();
        let kept = |changed: i64| {
            let known = Known::default();
            known.note("a", stamp(1), PRINT, start);
            known.note("a", stamp(changed), PRINT, start);
            known.print("a", stamp(changed)).is_some()
        };
        assert!(kept(99_900_000_001));
        assert!(!kept(99_990_000_001), "within a tick");
        assert!(!kept(100_000_000_001), "later");
        assert!(!kept(98_000_000_000), "a disk that counts in seconds");
        assert!(kept(97_000_000_000));
    }
}
