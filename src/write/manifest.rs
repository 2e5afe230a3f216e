//! What the writer knows of files without reading them: path and stamp → hash.
//!
//! Nothing in it has to be true of the disk: an entry counts only for a file with the same path *and* stamp, so a manifest that
//! is old, or from before a kill, costs time and never a wrong file. It may hold two entries for a path, one for each generation.
//!
//! ```text
//! rivage manifest 1
//! <hash, 32 hexadecimal digits> <length> <modified> <changed> <path>
//! ```

use rustc_hash::FxHashMap;

use super::listing::Stamp;
use crate::inputs::Fingerprint;

const HEAD: &str = "rivage manifest 1";

/// Hashes of files by path and stamp.
#[derive(Debug, Default)]
pub(super) struct Manifest {
    entries: FxHashMap<String, Vec<(Stamp, Fingerprint)>>,
}

impl Manifest {
    /// Reads a manifest; what cannot be read is left out.
    pub(super) fn parse(text: &str) -> Self {
        let mut manifest = Self::default();
        let mut lines = text.lines();
        if lines.next() != Some(HEAD) {
            return manifest;
        }
        for (path, stamp, digest) in lines.filter_map(entry) {
            manifest.insert(path, stamp, digest);
        }
        manifest
    }

    pub(super) fn insert(&mut self, path: &str, stamp: Stamp, digest: Fingerprint) {
        match self.entries.get_mut(path) {
            Some(known) if known.iter().any(|(other, _)| *other == stamp) => {}
            Some(known) => known.push((stamp, digest)),
            None => {
                self.entries.insert(path.to_owned(), vec![(stamp, digest)]);
            }
        }
    }

    /// Returns the hash of the file at `path` if it looks as it did when it was noted.
    pub(super) fn digest(&self, path: &str, stamp: Stamp) -> Option<Fingerprint> {
        let (_, digest) = self.entries.get(path)?.iter().find(|(known, _)| *known == stamp)?;
        Some(*digest)
    }

    /// Writes the manifest, sorted by path.
    pub(super) fn to_text(&self) -> String {
        use std::fmt::Write;
        let mut entries: Vec<_> = self.entries.iter().collect();
        entries.sort_unstable_by_key(|(path, _)| *path);
        let mut text = format!("{HEAD}\n");
        for (path, known) in entries {
            for (Stamp { length, modified, changed }, digest) in known {
                let _ = writeln!(text, "{} {length} {modified} {changed} {path}", digest.hex());
            }
        }
        text
    }
}

fn entry(line: &str) -> Option<(&str, Stamp, Fingerprint)> {
    let mut parts = line.splitn(5, ' ');
    let digest = Fingerprint::from_bytes(u128::from_str_radix(parts.next()?, 16).ok()?.to_be_bytes());
    let length = parts.next()?.parse().ok()?;
    let modified = parts.next()?.parse().ok()?;
    let changed = parts.next()?.parse().ok()?;
    Some((parts.next()?, Stamp { length, modified, changed }, digest))
}

#[cfg(test)]
mod tests {
    use super::*;

    const STAMP: Stamp = Stamp { length: 3, modified: -1, changed: 7 };

    #[test]
    fn what_is_written_is_read_again() {
        let mut manifest = Manifest::default();
        manifest.insert("a b/ü.html", STAMP, Fingerprint::of(b"abc"));
        manifest.insert("a b/ü.html", Stamp { changed: 8, ..STAMP }, Fingerprint::of(b"abd"));
        let read = Manifest::parse(&manifest.to_text());
        assert_eq!(read.digest("a b/ü.html", STAMP), Some(Fingerprint::of(b"abc")));
        assert_eq!(read.digest("a b/ü.html", Stamp { changed: 8, ..STAMP }), Some(Fingerprint::of(b"abd")));
        assert_eq!(read.digest("a b/ü.html", Stamp { modified: 0, ..STAMP }), None);
        assert_eq!(read.digest("other", STAMP), None);
    }

    #[test]
    fn a_broken_manifest_knows_nothing() {
        for text in
            ["", "rivage manifest 99\nff 3 -1 7 a", "rivage manifest 1\nff 3 -1 7", "rivage manifest 1\nxx 3 -1 7 a"]
        {
            assert_eq!(Manifest::parse(text).digest("a", STAMP), None, "{text:?}");
        }
    }
}
