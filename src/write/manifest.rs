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

const HEAD: &str = "rivage manifest 1";

/// A hash of a file's bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Digest(u128);

impl Digest {
    pub(super) fn of(bytes: &[u8]) -> Self {
        Self::short(&blake3::hash(bytes))
    }

    pub(super) fn finish(hasher: &blake3::Hasher) -> Self {
        Self::short(&hasher.finalize())
    }

    fn short(hash: &blake3::Hash) -> Self {
        let mut short = [0; 16];
        short.copy_from_slice(&hash.as_bytes()[..16]);
        Self(u128::from_be_bytes(short))
    }
}

/// Hashes of files by path and stamp.
#[derive(Debug, Default)]
pub(super) struct Manifest {
    entries: FxHashMap<String, Vec<(Stamp, Digest)>>,
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

    pub(super) fn insert(&mut self, path: &str, stamp: Stamp, digest: Digest) {
        match self.entries.get_mut(path) {
            Some(known) if known.iter().any(|(other, _)| *other == stamp) => {}
            Some(known) => known.push((stamp, digest)),
            None => {
                self.entries.insert(path.to_owned(), vec![(stamp, digest)]);
            }
        }
    }

    /// Returns the hash of the file at `path` if it looks as it did when it was noted.
    pub(super) fn digest(&self, path: &str, stamp: Stamp) -> Option<Digest> {
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
            for (Stamp { length, modified, changed }, Digest(digest)) in known {
                let _ = writeln!(text, "{digest:032x} {length} {modified} {changed} {path}");
            }
        }
        text
    }
}

fn entry(line: &str) -> Option<(&str, Stamp, Digest)> {
    let mut parts = line.splitn(5, ' ');
    let digest = Digest(u128::from_str_radix(parts.next()?, 16).ok()?);
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
        manifest.insert("a b/ü.html", STAMP, Digest::of(b"abc"));
        manifest.insert("a b/ü.html", Stamp { changed: 8, ..STAMP }, Digest::of(b"abd"));
        let read = Manifest::parse(&manifest.to_text());
        assert_eq!(read.digest("a b/ü.html", STAMP), Some(Digest::of(b"abc")));
        assert_eq!(read.digest("a b/ü.html", Stamp { changed: 8, ..STAMP }), Some(Digest::of(b"abd")));
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
