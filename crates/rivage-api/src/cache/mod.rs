//! Kept answers: their keys, how long they are shown, and the part of them that lies in memory.
//!
//! A key is made of the build, the route, its declared parameters in canonical form, and the numbers of its tags. Nothing else of a request
//! can reach it. A tag is purged by counting its number up: what lies under old numbers is never asked for again. Platform caches know neither
//! stale-while-revalidate nor stale-if-error: an entry carries its own times.
//!
//! Deliberately not here: looking up tags in the database ([`crate::drive`]).

mod memory;

pub(crate) use memory::{Lookup, Memory};

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::crypto;
use crate::manifest::{Cache, Route};

/// Seconds for which an instance believes the tag numbers that it read.
pub(crate) const EPOCHS_TTL: u64 = 30;

/// The numbers of all tags that were ever purged.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Epochs {
    /// When they were read, in milliseconds.
    pub(crate) read_at: u64,
    pub(crate) numbers: BTreeMap<String, u64>,
}

/// A kept answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    /// When it was made, in milliseconds.
    pub(crate) made: u64,
    pub(crate) etag: String,
    pub(crate) body: Arc<[u8]>,
}

/// How old an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Age {
    Fresh,
    /// May be shown while a new one is made.
    Stale,
    /// May be shown when the database does not answer.
    Spare,
    Gone,
}

/// Returns the key of an answer.
pub(crate) fn key(build: &str, route: &Route, values: &[Option<String>], epochs: &Epochs) -> String {
    let mut text = String::new();
    for value in values {
        match value {
            // The length keeps `a`, `bc` apart from `ab`, `c`.
            Some(value) => text.push_str(&format!("{}:{value};", value.len())),
            None => text.push('-'),
        }
    }
    for tag in route.cache.iter().flat_map(|cache| &cache.tags) {
        text.push_str(&format!("|{}", epochs.numbers.get(tag).copied().unwrap_or(0)));
    }
    format!("{build}/{}/{}", route.id, crypto::base64url(&crypto::sha256(text.as_bytes())))
}

impl Entry {
    pub(crate) fn age(&self, cache: &Cache, now: u64) -> Age {
        let seconds = now.saturating_sub(self.made) / 1000;
        let ttl = u64::from(cache.ttl);
        if seconds < ttl {
            Age::Fresh
        } else if seconds < ttl + u64::from(cache.stale) {
            Age::Stale
        } else if seconds < ttl + u64::from(cache.error) {
            Age::Spare
        } else {
            Age::Gone
        }
    }

    /// Writes an entry for a shared cache: a line, then the body.
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut bytes = format!("{} {}\n", self.made, self.etag).into_bytes();
        bytes.extend_from_slice(&self.body);
        bytes
    }

    /// Reads what [`Entry::encode`] wrote; damage is a miss.
    pub(crate) fn decode(bytes: &[u8]) -> Option<Self> {
        let end = bytes.iter().position(|b| *b == b'\n')?;
        let (made, etag) = std::str::from_utf8(&bytes[..end]).ok()?.split_once(' ')?;
        let body: Arc<[u8]> = bytes[end + 1..].into();
        (etag == format!("\"{}\"", crypto::fingerprint(&body)))
            .then(|| Some(Self { made: made.parse().ok()?, etag: etag.to_owned(), body }))?
    }
}

/// How long a shared cache has to keep an entry.
pub(crate) fn keep(cache: &Cache) -> u32 {
    cache.ttl.saturating_add(cache.stale.max(cache.error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_survives_the_shared_cache_and_damage_is_a_miss() {
        let body: Arc<[u8]> = b"{\"a\":\n1}".as_slice().into();
        let entry = Entry { made: 5, etag: format!("\"{}\"", crypto::fingerprint(&body)), body };
        let mut bytes = entry.encode();
        assert_eq!(Entry::decode(&bytes), Some(entry));
        bytes.pop();
        assert_eq!(Entry::decode(&bytes), None);
        for bytes in [b"".as_slice(), b"\n", b"x \"y\"\n", b"5\n", b"\xff \n"] {
            assert_eq!(Entry::decode(bytes), None);
        }
    }

    #[test]
    fn ages_follow_each_other() {
        let cache = Cache { ttl: 10, stale: 20, error: 100, tags: Vec::new() };
        let entry = Entry { made: 1000, etag: String::new(), body: Arc::from([]) };
        let ages = [1000, 10_999, 11_000, 30_999, 31_000, 110_999, 111_000].map(|now| entry.age(&cache, now));
        assert_eq!(ages, [Age::Fresh, Age::Fresh, Age::Stale, Age::Stale, Age::Spare, Age::Spare, Age::Gone]);
        assert_eq!(entry.age(&cache, 0), Age::Fresh, "a clock that went back");
    }
}
