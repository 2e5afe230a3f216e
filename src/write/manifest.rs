//! What the writer knows of both generations without reading their files: which folders hold what, how all looks, hashes of files.
//!
//! Nothing in it has to be true of the disk: a note counts only for a file or folder that still looks as noted, so a manifest that
//! is old, or from before a kill, costs time and never a wrong file. What looks as noted but changed at the very moment the manifest
//! was written, or later, does not count either: at that moment an edit could have left no trace.
//!
//! The format is binary, for there may be 200,000 files: a head, a hash of all that follows, the manifest's own inode (a copy of it is
//! worth nothing), the two generations, then every folder with its files. Numbers are little-endian.

use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use super::folder::Stamp;
use crate::inputs::Fingerprint;

const HEAD: &[u8] = b"rivage manifest 2\n";

/// One of the two generations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    One,
    Two,
}

/// What is known.
#[derive(Debug, Default)]
pub(super) struct Manifest {
    /// The inodes of the generations' folders, which tell them apart whatever they are called; 0 for none.
    pub(super) roots: [u64; 2],
    /// The moments at which the generations were known to be as noted.
    known: [i64; 2],
    /// Folders, sorted by path; the generation's own is the first.
    pub(super) folders: Vec<FolderNote>,
    /// Files, those of a folder together, sorted by name. A path has two notes if the generations differ.
    pub(super) files: Vec<FileNote>,
}

/// What is known of a folder.
#[derive(Debug)]
pub(super) struct FolderNote {
    /// The path below the generation.
    pub(super) path: Arc<str>,
    /// How it looks in each generation, with exactly the entries that are noted; none if it is not there.
    pub(super) looks: [Option<Stamp>; 2],
    /// Its files.
    files: Range<usize>,
}

/// What is known of a file.
#[derive(Debug)]
pub(super) struct FileNote {
    /// The path below the generation.
    pub(super) path: Arc<str>,
    /// The folder's number.
    pub(super) folder: usize,
    /// How it looks. A change at an unknown moment before the manifest is noted as 0.
    pub(super) stamp: Stamp,
    /// The hash.
    pub(super) digest: Fingerprint,
    /// Which generations have it.
    pub(super) is_in: [bool; 2],
}

impl Side {
    pub(super) const BOTH: [Self; 2] = [Self::One, Self::Two];

    pub(super) fn other(self) -> Self {
        match self {
            Self::One => Self::Two,
            Self::Two => Self::One,
        }
    }

    pub(super) fn number(self) -> usize {
        self as usize
    }
}

impl Manifest {
    /// Reads the manifest; one that cannot be read knows nothing.
    pub(super) fn load(path: &Path) -> Self {
        let read = || {
            let bytes = std::fs::read(path).ok()?;
            Self::parse(&bytes, Stamp::of(&std::fs::symlink_metadata(path).ok()?))
        };
        read().unwrap_or_default()
    }

    fn parse(bytes: &[u8], own: Stamp) -> Option<Self> {
        let (sum, body) = bytes.strip_prefix(HEAD)?.split_at_checked(16)?;
        let mut rest = Reader(body);
        if Fingerprint::of(body).bytes() != sum || rest.u64()? != own.inode {
            return None;
        }
        let mut manifest = Self { roots: [rest.u64()?, rest.u64()?], ..Self::default() };
        for known in &mut manifest.known {
            *known = match rest.i64()? {
                0 => own.modified,
                earlier => earlier,
            };
        }
        let (folders, files) = (rest.length()?, rest.length()?);
        // No more than there can be, whatever the numbers say.
        manifest.folders.reserve(folders.min(body.len() / 8));
        manifest.files.reserve(files.min(body.len() / 32));
        let mut path = String::new();
        for folder in 0..folders {
            let name = Arc::from(rest.text()?);
            let sides = rest.sides()?;
            let mut looks = [None; 2];
            for side in Side::BOTH.into_iter().filter(|side| sides[side.number()]) {
                looks[side.number()] = Some(rest.stamp(0)?);
            }
            let start = manifest.files.len();
            for _ in 0..rest.length()? {
                path.clear();
                path.push_str(&name);
                if !path.is_empty() {
                    path.push('/');
                }
                path.push_str(rest.text()?);
                let is_in = rest.sides()?;
                let digest = Fingerprint::from_bytes(rest.take(16)?.try_into().ok()?);
                let length = rest.u64()?;
                let stamp = rest.stamp(length)?;
                manifest.files.push(FileNote { path: Arc::from(path.as_str()), folder, stamp, digest, is_in });
            }
            manifest.folders.push(FolderNote { path: name, looks, files: start..manifest.files.len() });
        }
        Some(manifest)
    }

    /// Returns which generation a folder is, by its inode.
    pub(super) fn side(&self, inode: u64) -> Option<Side> {
        Side::BOTH.into_iter().find(|side| inode != 0 && self.roots[side.number()] == inode)
    }

    /// Returns a folder's number.
    pub(super) fn folder(&self, path: &str) -> Option<usize> {
        self.folders.binary_search_by(|folder| (*folder.path).cmp(path)).ok()
    }

    /// Returns the numbers of a folder's files.
    pub(super) fn files_of(&self, folder: usize) -> Range<usize> {
        self.folders[folder].files.clone()
    }

    /// Returns the notes of the file at a path.
    pub(super) fn notes(&self, path: &str) -> Range<usize> {
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        let Some(folder) = self.folder(folder) else { return 0..0 };
        let range = self.files_of(folder);
        let notes = &self.files[range.clone()];
        let before = notes.partition_point(|note| &*note.path < path);
        let end = notes.partition_point(|note| &*note.path <= path);
        range.start + before..range.start + end
    }

    /// Returns the note of the file at a path that looks as it did when it was noted.
    pub(super) fn note(&self, path: &str, stamp: Stamp) -> Option<usize> {
        self.notes(path).find(|note| self.is_file(*note, stamp))
    }

    /// Reports whether a file that looks like this is the one of a note.
    pub(super) fn is_file(&self, note: usize, stamp: Stamp) -> bool {
        let FileNote { stamp: noted, is_in, .. } = &self.files[note];
        let known = Side::BOTH.into_iter().filter(|side| is_in[side.number()]).map(|side| self.known[side.number()]);
        noted.length == stamp.length && is_as_noted(*noted, stamp, known.max().unwrap_or(0))
    }

    /// Reports whether a folder that looks like this has the entries that are noted.
    pub(super) fn is_folder(&self, folder: usize, side: Side, stamp: Stamp) -> bool {
        let noted = self.folders[folder].looks[side.number()];
        noted.is_some_and(|noted| is_as_noted(noted, stamp, self.known[side.number()]))
    }

    /// Returns the moment at which a generation was known to be as noted.
    pub(super) fn known(&self, side: Side) -> i64 {
        self.known[side.number()]
    }
}

/// Parts of a noted stamp that were not known are 0.
fn is_as_noted(noted: Stamp, found: Stamp, known: i64) -> bool {
    let is = |noted: i64, found: i64| noted == 0 || noted == found;
    let last = if found.changed == 0 { found.modified } else { found.changed };
    (noted.inode == 0 || noted.inode == found.inode)
        && is(noted.modified, found.modified)
        && is(noted.changed, found.changed)
        && last < known
}

/// What is to be noted.
#[derive(Debug, Default)]
pub(super) struct Draft<'a> {
    /// The inodes of the generations' folders.
    pub(super) roots: [u64; 2],
    /// The moments at which the generations were known to be as noted; 0 for the moment of writing.
    pub(super) known: [i64; 2],
    /// Folders of the generations.
    pub(super) folders: Vec<(&'a str, Side, Stamp)>,
    /// Files by folder and name.
    pub(super) files: Vec<DraftFile<'a>>,
}

/// A file that is to be noted: folder, name, stamp, hash, and which generations have it.
pub(super) type DraftFile<'a> = ((&'a str, &'a str), Stamp, Fingerprint, [bool; 2]);

impl<'a> Draft<'a> {
    /// Adds a file.
    pub(super) fn file(&mut self, path: &'a str, stamp: Stamp, digest: Fingerprint, is_in: [bool; 2]) {
        self.files.push((path.rsplit_once('/').unwrap_or(("", path)), stamp, digest, is_in));
    }

    /// Writes the manifest, which will be the file with this inode.
    pub(super) fn into_bytes(self, inode: u64) -> Vec<u8> {
        let Self { roots, known, mut folders, mut files } = self;
        // Both are runs that are sorted already, which a stable sort only has to merge.
        folders.sort_by(|one, other| one.0.cmp(other.0));
        files.sort_by(|one, other| one.0.cmp(&other.0));
        let mut paths: Vec<&str> =
            folders.iter().map(|(path, ..)| *path).chain(files.iter().map(|file| file.0.0)).collect();
        paths.sort();
        paths.dedup();

        let mut out = HEAD.to_vec();
        out.reserve(paths.len() * 64 + files.len() * 80);
        out.extend([0; 16]);
        for number in [inode, roots[0], roots[1]] {
            out.extend(number.to_le_bytes());
        }
        for moment in known {
            out.extend(moment.to_le_bytes());
        }
        put_length(&mut out, paths.len());
        put_length(&mut out, files.len());
        let (mut folders, mut files) = (folders.as_slice(), files.as_slice());
        for path in paths {
            let looks = next_run(&mut folders, |folder| folder.0 == path);
            let inside = next_run(&mut files, |file| file.0.0 == path);
            put_text(&mut out, path);
            let look = |side| looks.iter().find(|look| look.1 == side);
            out.push(Side::BOTH.map(|side| u8::from(look(side).is_some()) << side.number()).iter().sum());
            for (.., stamp) in Side::BOTH.into_iter().filter_map(look) {
                put_stamp(&mut out, *stamp);
            }
            put_length(&mut out, inside.len());
            for ((_, name), stamp, digest, is_in) in inside {
                put_text(&mut out, name);
                out.push(u8::from(is_in[0]) | u8::from(is_in[1]) << 1);
                out.extend(digest.bytes());
                out.extend(stamp.length.to_le_bytes());
                put_stamp(&mut out, *stamp);
            }
        }
        let sum = Fingerprint::of(&out[HEAD.len() + 16..]);
        out[HEAD.len()..HEAD.len() + 16].copy_from_slice(&sum.bytes());
        out
    }
}

/// Takes what fulfils a condition off the front.
fn next_run<'a, T>(rest: &mut &'a [T], belongs: impl Fn(&T) -> bool) -> &'a [T] {
    let end = rest.iter().position(|item| !belongs(item)).unwrap_or(rest.len());
    let (run, after) = rest.split_at(end);
    *rest = after;
    run
}

fn put_length(out: &mut Vec<u8>, length: usize) {
    out.extend(u32::try_from(length).unwrap_or(u32::MAX).to_le_bytes());
}

fn put_text(out: &mut Vec<u8>, text: &str) {
    put_length(out, text.len());
    out.extend(text.as_bytes());
}

fn put_stamp(out: &mut Vec<u8>, stamp: Stamp) {
    out.extend(stamp.inode.to_le_bytes());
    out.extend(stamp.modified.to_le_bytes());
    out.extend(stamp.changed.to_le_bytes());
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    fn u64(&mut self) -> Option<u64> {
        Some(u64::from_le_bytes(self.take(8)?.try_into().ok()?))
    }

    fn i64(&mut self) -> Option<i64> {
        Some(i64::from_le_bytes(self.take(8)?.try_into().ok()?))
    }

    fn length(&mut self) -> Option<usize> {
        usize::try_from(u32::from_le_bytes(self.take(4)?.try_into().ok()?)).ok()
    }

    fn text(&mut self) -> Option<&'a str> {
        let length = self.length()?;
        std::str::from_utf8(self.take(length)?).ok()
    }

    fn sides(&mut self) -> Option<[bool; 2]> {
        let sides = self.take(1)?[0];
        Some([sides & 1 != 0, sides & 2 != 0])
    }

    fn stamp(&mut self, length: u64) -> Option<Stamp> {
        Some(Stamp { length, inode: self.u64()?, modified: self.i64()?, changed: self.i64()? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWN: Stamp = Stamp { length: 0, modified: 100, changed: 100, inode: 42 };
    const STAMP: Stamp = Stamp { length: 3, modified: -1, changed: 7, inode: 5 };

    fn draft() -> Draft<'static> {
        let mut draft = Draft { roots: [1, 2], known: [0, 8], ..Draft::default() };
        draft.folders = vec![("", Side::One, STAMP), ("a b", Side::One, STAMP), ("a b", Side::Two, OWN)];
        draft.file("a b/ü.html", STAMP, Fingerprint::of(b"abc"), [true, true]);
        draft.file("a b/ü.html", Stamp { inode: 6, ..STAMP }, Fingerprint::of(b"abd"), [false, true]);
        draft.file("a b/a", Stamp { changed: 0, ..STAMP }, Fingerprint::of(b"x"), [true, false]);
        draft.file("z", STAMP, Fingerprint::of(b"z"), [true, false]);
        draft
    }

    fn digest(manifest: &Manifest, path: &str, stamp: Stamp) -> Option<Fingerprint> {
        manifest.note(path, stamp).map(|note| manifest.files[note].digest)
    }

    #[test]
    fn what_is_written_is_read_again() {
        let read = Manifest::parse(&draft().into_bytes(42), OWN).unwrap();
        assert_eq!(digest(&read, "a b/ü.html", STAMP), Some(Fingerprint::of(b"abc")));
        assert_eq!(digest(&read, "a b/ü.html", Stamp { inode: 6, ..STAMP }), Some(Fingerprint::of(b"abd")));
        assert_eq!(digest(&read, "z", STAMP), Some(Fingerprint::of(b"z")));
        for other in [Stamp { modified: 0, ..STAMP }, Stamp { length: 4, ..STAMP }, Stamp { changed: 6, ..STAMP }] {
            assert_eq!(digest(&read, "a b/ü.html", other), None);
        }
        assert_eq!(digest(&read, "other", STAMP), None);
        assert_eq!((read.side(1), read.side(2), read.side(3)), (Some(Side::One), Some(Side::Two), None));
        let folder = read.folder("a b").unwrap();
        assert!(read.is_folder(folder, Side::One, STAMP));
        assert!(!read.is_folder(folder, Side::One, Stamp { inode: 6, ..STAMP }));
        assert_eq!(read.files_of(folder).len(), 3);
    }

    #[test]
    fn what_changed_when_the_manifest_was_written_is_not_known() {
        let read = Manifest::parse(&draft().into_bytes(42), OWN).unwrap();
        let known = |changed| digest(&read, "a b/a", Stamp { changed, ..STAMP }).is_some();
        assert_eq!([98, 99, 100, 101].map(known), [true, true, false, false]);
        // The second generation was last looked at long before.
        let folder = read.folder("a b").unwrap();
        assert!(!read.is_folder(folder, Side::Two, OWN));
    }

    #[test]
    fn a_broken_or_copied_manifest_knows_nothing() {
        let bytes = draft().into_bytes(42);
        assert!(Manifest::parse(&bytes, Stamp { inode: 43, ..OWN }).is_none());
        for length in 0..bytes.len() {
            assert!(Manifest::parse(&bytes[..length], OWN).is_none(), "{length}");
        }
        for place in 0..bytes.len() {
            let mut broken = bytes.clone();
            broken[place] ^= 1;
            assert!(Manifest::parse(&broken, OWN).is_none(), "{place}");
        }
        assert!(Manifest::parse(b"rivage manifest 1\nff 3 -1 7 a", OWN).is_none());
    }
}
