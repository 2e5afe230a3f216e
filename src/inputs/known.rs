//! Fingerprints of files by what they look like from outside, so that a file that is as it was need not be read again.
//!
//! In: path, [`Stamp`], fingerprint. Out: the fingerprint of a file that looks the same. A file that was changed about the time it was
//! read may have been changed again within the same tick of the disk's clock: [`Known::settled`] leaves it out, and it is read once
//! more. Deliberately not here: where the table is kept between builds ([`crate::cache`]).

use std::sync::{PoisonError, RwLock};

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use super::Fingerprint;
use crate::fs::Stamp;

/// How long after a change a stamp says nothing, in nanoseconds: more than the tick of clocks that count in nanoseconds.
const TICK: i64 = 50_000_000;

/// The same for disks that count in seconds; FAT counts in two.
const COARSE_TICK: i64 = 2_500_000_000;

/// What is known of files without reading them. Shared by all threads.
#[derive(Debug, Default)]
pub struct Known(RwLock<Table>);

/// Files by path.
pub type Table = FxHashMap<String, Seen>;

/// A file that was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// What it looked like just before it was read.
    pub stamp: Stamp,
    /// The fingerprint of its bytes.
    pub print: Fingerprint,
}

impl Known {
    /// Takes a table that was kept.
    pub fn fill(&self, table: Table) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = table;
    }

    /// Returns the fingerprint of the file at `path` if it still looks the same.
    pub fn print(&self, path: &str, stamp: Stamp) -> Option<Fingerprint> {
        let table = self.0.read().unwrap_or_else(PoisonError::into_inner);
        table.get(path).filter(|seen| seen.stamp == stamp).map(|seen| seen.print)
    }

    /// Notes a file that was read; `stamp` was taken before.
    pub fn note(&self, path: &str, stamp: Stamp, print: Fingerprint) {
        let mut table = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let seen = Seen { stamp, print };
        match table.get_mut(path) {
            Some(known) => *known = seen,
            None => drop(table.insert(path.to_owned(), seen)),
        }
    }

    /// Returns what may be kept by one who began to look at `start`.
    pub fn settled(&self, start: jiff::Timestamp) -> Table {
        let start = i64::try_from(start.as_nanosecond()).unwrap_or(0);
        let is_settled = |seen: &Seen| {
            let last = seen.stamp.changed.max(seen.stamp.modified);
            let tick = if last % 1_000_000_000 == 0 { COARSE_TICK } else { TICK };
            last.saturating_add(tick) < start
        };
        let table = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let settled = table.iter().filter(|(_, seen)| is_settled(seen));
        settled.map(|(path, seen)| (path.clone(), *seen)).collect()
    }
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
        known.note("a", stamp(3), PRINT);
        assert_eq!(known.print("a", stamp(3)), Some(PRINT));
        assert_eq!(known.print("a", stamp(4)), None);
        assert_eq!(known.print("b", stamp(3)), None);
    }

    #[test]
    fn what_changed_while_we_looked_is_not_kept() {
        let start = jiff::Timestamp::from_second(100).unwrap();
        let kept = |changed: i64| {
            let known = Known::default();
            known.note("a", stamp(changed), PRINT);
            known.settled(start).contains_key("a")
        };
        assert!(kept(99_900_000_001));
        assert!(!kept(99_990_000_001), "within a tick");
        assert!(!kept(100_000_000_001), "later");
        assert!(!kept(98_000_000_000), "a disk that counts in seconds");
        assert!(kept(97_000_000_000));
    }
}
