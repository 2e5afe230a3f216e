//! An immutable file of a store.
//!
//! ```text
//! large parts        one after the other; each has its checksum in its entry
//! observations       as `Chunk` writes them
//! entries            count, directory, bodies
//! trailer            magic, version, the three lengths, checksums of observations and entries
//! ```
//!
//! The name is the fingerprint of the trailer, and so of everything that is in memory after opening. In: entries. Out: a file, and the
//! entries again. Nothing that a file says is believed: lengths are checked against the file, places against lengths.

use std::fs::File;
use std::path::Path;

use super::Key;
use super::codec::{Reader, put_varint, unzigzag, zigzag};
use super::disk::PositionalFile;
use super::manifest;
use super::observations::{Chunk, ObservationId, Observations};
use super::spool::Part;
use super::trouble::Trouble;
use crate::inputs::Fingerprint;

const MAGIC: &[u8; 8] = b"rivage.s";
const VERSION: u32 = 1;
const TRAILER: usize = 8 + 4 + 3 * 8 + 2 * 32;
/// A row of the directory: kind, hash, where the body ends, how many bytes of large parts.
const ROW: usize = 1 + 16 + 4 + 4;

/// What the trailer says.
#[derive(Clone, Copy, Debug)]
struct Trailer {
    parts: u64,
    observations: u64,
    entries: u64,
    observations_hash: [u8; 32],
    entries_hash: [u8; 32],
}

impl Trailer {
    fn of(parts: u64, observations: &[u8], entries: &[u8]) -> Self {
        Self {
            parts,
            observations: observations.len() as u64,
            entries: entries.len() as u64,
            observations_hash: *blake3::hash(observations).as_bytes(),
            entries_hash: *blake3::hash(entries).as_bytes(),
        }
    }

    fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(TRAILER);
        out.extend(MAGIC);
        out.extend(VERSION.to_le_bytes());
        out.extend(self.parts.to_le_bytes());
        out.extend(self.observations.to_le_bytes());
        out.extend(self.entries.to_le_bytes());
        out.extend(self.observations_hash);
        out.extend(self.entries_hash);
        out
    }

    fn parse(bytes: &[u8], path: &Path) -> Result<Self, Trouble> {
        let mut reader = Reader(bytes);
        if reader.take(MAGIC.len()) != Some(MAGIC) {
            return Err(Trouble::damaged(path, "it does not end as a segment does"));
        }
        if reader.u32() != Some(VERSION) {
            return Err(Trouble::foreign(path));
        }
        let mut parse = || {
            Some(Self {
                parts: reader.u64()?,
                observations: reader.u64()?,
                entries: reader.u64()?,
                observations_hash: reader.array()?,
                entries_hash: reader.array()?,
            })
        };
        parse().ok_or_else(|| Trouble::damaged(path, "its trailer is short"))
    }
}

/// An entry as a segment holds it.
#[derive(Debug)]
pub(super) struct Stored<'a> {
    pub(super) trace: Vec<ObservationId>,
    pub(super) small: &'a [u8],
    pub(super) large: Vec<Option<Part>>,
}

/// How the observations of a segment are numbered in the open store.
#[derive(Debug)]
pub(super) enum Ids {
    /// One after the other from this.
    From(u32),
    /// Each on its own.
    Each(Vec<u32>),
}

/// A segment that is open: all but the large parts is in memory.
#[derive(Debug)]
pub(super) struct Segment {
    pub(super) name: String,
    file: PositionalFile,
    entries: Entries,
    ids: Ids,
    observations: u32,
    /// The length of the file.
    pub(super) bytes: u64,
    /// Where the large parts end.
    parts_end: u64,
    /// What its entries take, without the observations they share.
    pub(super) weight: u64,
}

impl Segment {
    pub(super) fn len(&self) -> usize {
        self.entries.count
    }

    pub(super) fn key(&self, index: usize) -> Option<Key> {
        let mut row = Reader(self.entries.row(index)?);
        let [kind] = row.array()?;
        Some(Key { kind, hash: Fingerprint::from_bytes(row.array()?) })
    }

    /// Returns how many bytes an entry takes.
    pub(super) fn entry_weight(&self, index: usize) -> u64 {
        self.entries.weight(index).unwrap_or_default()
    }

    /// Reads an entry; `None` where the file says what cannot be, though its checksum is right.
    pub(super) fn entry(&self, index: usize) -> Option<Stored<'_>> {
        let mut body = Reader(self.entries.body(index)?);
        let count = usize::try_from(body.varint()?).ok()?;
        // Each takes a byte at least.
        let mut trace = Vec::with_capacity(count.min(body.0.len()));
        let mut local = 0_i64;
        for _ in 0..count {
            local = local.checked_add(unzigzag(body.varint()?))?;
            let local = u32::try_from(local).ok().filter(|local| *local < self.observations)?;
            trace.push(ObservationId(match &self.ids {
                Ids::From(first) => first + local,
                Ids::Each(ids) => *ids.get(local as usize)?,
            }));
        }
        let small = body.bytes()?;
        let count = usize::try_from(body.varint()?).ok()?;
        let mut large = Vec::with_capacity(count.min(body.0.len()));
        for _ in 0..count {
            // Zero is a part that was dropped.
            let Some(length) = body.varint()?.checked_sub(1) else {
                large.push(None);
                continue;
            };
            let part = Part { length, offset: body.varint()?, checksum: body.array()? };
            if part.offset.checked_add(length)? > self.parts_end {
                return None;
            }
            large.push(Some(part));
        }
        body.0.is_empty().then_some(Stored { trace, small, large })
    }

    /// Reads a large part; `None` where the disk refuses or the bytes are not those that were written.
    pub(super) fn part(&self, part: &Part) -> Option<Vec<u8>> {
        part.verified(self.file.read_at(part.offset, part.length).ok())
    }
}

/// A segment whose observations have no numbers yet.
pub(super) struct Opened {
    segment: Segment,
    chunk: Chunk,
}

impl Opened {
    /// Opens a segment.
    ///
    /// # Errors
    /// The disk refuses, or the file is not as it was written.
    pub(super) fn open(folder: &Path, name: &str) -> Result<Self, Trouble> {
        let path = folder.join(name);
        let file = File::open(&path).map_err(|source| Trouble::disk("read", &path, source))?;
        Self::read(file.into(), &path, name)
    }

    /// Reads a segment that is open; `path` is what errors say.
    ///
    /// # Errors
    /// As [`Opened::open`].
    pub(super) fn read(file: PositionalFile, path: &Path, name: &str) -> Result<Self, Trouble> {
        let refused = |source| Trouble::disk("read", path, source);
        let damaged = |what| Trouble::damaged(path, what);
        let bytes = file.len().map_err(refused)?;
        let Some(end) = bytes.checked_sub(TRAILER as u64) else { return Err(damaged("it is too short")) };
        let encoded = file.read_at(end, TRAILER as u64).map_err(refused)?;
        let trailer = Trailer::parse(&encoded, path)?;
        if manifest::digits(name) != Some(&Fingerprint::of(&encoded).hex()) {
            return Err(damaged("its name does not match what is in it"));
        }
        let length = trailer.parts.checked_add(trailer.observations).and_then(|sum| sum.checked_add(trailer.entries));
        if length != Some(end) {
            return Err(damaged("its length is wrong"));
        }
        let read = |offset, length, hash| match file.read_at(offset, length) {
            Err(source) => Err(refused(source)),
            Ok(bytes) if *blake3::hash(&bytes).as_bytes() == hash => Ok(bytes),
            Ok(_) => Err(damaged("its checksum does not match")),
        };
        let (chunk, entries) = rayon::join(
            || {
                let bytes = read(trailer.parts, trailer.observations, trailer.observations_hash)?;
                Chunk::parse(bytes).ok_or_else(|| damaged("its observations cannot be read"))
            },
            || {
                let bytes = read(trailer.parts + trailer.observations, trailer.entries, trailer.entries_hash)?;
                Entries::parse(bytes).ok_or_else(|| damaged("its entries cannot be read"))
            },
        );
        let (chunk, entries) = (chunk?, entries?);
        let observations = u32::try_from(chunk.len()).map_err(|_| damaged("it has too many observations"))?;
        let segment = Segment {
            name: name.to_owned(),
            file,
            weight: entries.total(),
            entries,
            ids: Ids::From(0),
            observations,
            bytes,
            parts_end: trailer.parts,
        };
        Ok(Self { segment, chunk })
    }

    /// Hands the observations to the store, which says which number the first of them has.
    pub(super) fn number(mut self, number: impl FnOnce(Chunk) -> Option<u32>) -> Option<Segment> {
        self.segment.ids = Ids::From(number(self.chunk)?);
        Some(self.segment)
    }
}

/// The entries of a segment, as they stand in its file.
#[derive(Debug)]
struct Entries {
    bytes: Vec<u8>,
    count: usize,
}

const COUNT: usize = 4;

impl Entries {
    fn parse(bytes: Vec<u8>) -> Option<Self> {
        let mut reader = Reader(&bytes);
        let count = reader.u32()? as usize;
        let rows = reader.take(count.checked_mul(ROW)?)?;
        let mut last = 0;
        for row in rows.as_chunks::<ROW>().0 {
            let end = u32::from_le_bytes([row[17], row[18], row[19], row[20]]);
            if end < last {
                return None;
            }
            last = end;
        }
        (last as usize == reader.0.len()).then_some(Self { bytes, count })
    }

    fn row(&self, index: usize) -> Option<&[u8]> {
        if index >= self.count {
            return None;
        }
        let start = COUNT + index * ROW;
        self.bytes.get(start..start + ROW)
    }

    /// Returns where a body ends, and how many bytes of large parts belong to it.
    fn end(&self, index: usize) -> Option<(usize, u32)> {
        let mut row = Reader(self.row(index)?.get(17..)?);
        Some((row.u32()? as usize, row.u32()?))
    }

    fn start(&self, index: usize) -> Option<usize> {
        index.checked_sub(1).map_or(Some(0), |before| self.end(before).map(|(end, _)| end))
    }

    fn body(&self, index: usize) -> Option<&[u8]> {
        let bodies = self.bytes.get(COUNT + self.count * ROW..)?;
        bodies.get(self.start(index)?..self.end(index)?.0)
    }

    fn weight(&self, index: usize) -> Option<u64> {
        let (end, large) = self.end(index)?;
        Some((end - self.start(index)?) as u64 + u64::from(large) + ROW as u64)
    }

    fn total(&self) -> u64 {
        (0..self.count).filter_map(|index| self.weight(index)).fold(0, u64::saturating_add)
    }
}

/// Puts a segment together.
pub(super) struct Writer<'o> {
    observations: &'o Observations,
    /// Number in the store → number in the segment.
    local: Vec<u32>,
    /// Number in the segment → number in the store.
    used: Vec<u32>,
    directory: Vec<u8>,
    bodies: Vec<u8>,
    count: u32,
}

/// Not in the segment yet.
const UNUSED: u32 = u32::MAX;

impl<'o> Writer<'o> {
    pub(super) fn new(observations: &'o Observations) -> Self {
        Self {
            observations,
            local: vec![UNUSED; observations.len()],
            used: Vec::new(),
            directory: Vec::new(),
            bodies: Vec::new(),
            count: 0,
        }
    }

    /// Adds an entry. One with a trace from another store, or beyond 4 GB of small data, is left out.
    pub(super) fn add(&mut self, key: Key, trace: &[ObservationId], small: &[u8], large: &[Option<Part>]) {
        if trace.iter().any(|id| id.index() >= self.local.len()) {
            return;
        }
        let start = self.bodies.len();
        put_varint(&mut self.bodies, trace.len() as u64);
        let mut before = 0;
        for id in trace {
            let local = &mut self.local[id.index()];
            if *local == UNUSED {
                *local = self.used.len() as u32;
                self.used.push(id.0);
            }
            put_varint(&mut self.bodies, zigzag(i64::from(*local) - before));
            before = i64::from(*local);
        }
        put_varint(&mut self.bodies, small.len() as u64);
        self.bodies.extend(small);
        put_varint(&mut self.bodies, large.len() as u64);
        let mut weight = 0_u64;
        for part in large {
            match part {
                None => self.bodies.push(0),
                Some(part) => {
                    put_varint(&mut self.bodies, part.length + 1);
                    put_varint(&mut self.bodies, part.offset);
                    self.bodies.extend(part.checksum);
                    weight += part.length;
                }
            }
        }
        let Ok(end) = u32::try_from(self.bodies.len()) else {
            self.bodies.truncate(start);
            return;
        };
        self.directory.push(key.kind);
        self.directory.extend(key.hash.bytes());
        self.directory.extend(end.to_le_bytes());
        self.directory.extend(u32::try_from(weight).unwrap_or(u32::MAX).to_le_bytes());
        self.count += 1;
    }

    /// Ends the segment; `None` where it is too large. `parts` is the length of the large parts.
    pub(super) fn finish(self, parts: u64) -> Option<Finished> {
        let used = self.used.iter().map(|id| self.observations.get(*id).unwrap_or((b"", Fingerprint::of(b""))));
        let observations = Chunk::encode(used)?;
        let mut entries = Vec::with_capacity(COUNT + self.directory.len() + self.bodies.len());
        entries.extend(self.count.to_le_bytes());
        entries.extend(self.directory);
        entries.extend(self.bodies);
        let encoded = Trailer::of(parts, &observations, &entries).encode();
        let name = manifest::segment_name(Fingerprint::of(&encoded));
        Some(Finished { name, observations, entries, trailer: encoded, parts, ids: self.used })
    }
}

/// All of a segment but its large parts.
pub(super) struct Finished {
    pub(super) name: String,
    pub(super) observations: Vec<u8>,
    pub(super) entries: Vec<u8>,
    pub(super) trailer: Vec<u8>,
    parts: u64,
    ids: Vec<u32>,
}

impl Finished {
    /// Makes an open segment of it, without reading the file again.
    pub(super) fn open(self, file: PositionalFile) -> Option<Segment> {
        let bytes = self.parts + (self.observations.len() + self.entries.len() + self.trailer.len()) as u64;
        let entries = Entries::parse(self.entries)?;
        Some(Segment {
            name: self.name,
            file,
            weight: entries.total(),
            entries,
            observations: u32::try_from(self.ids.len()).ok()?,
            ids: Ids::Each(self.ids),
            bytes,
            parts_end: self.parts,
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use tempfile::TempDir;

    use super::*;

    /// Writes a segment of any bytes, with all checksums as they should be.
    fn forge(folder: &Path, parts: &[u8], observations: Vec<u8>, entries: Vec<u8>) -> String {
        let encoded = Trailer::of(parts.len() as u64, &observations, &entries).encode();
        let name = manifest::segment_name(Fingerprint::of(&encoded));
        std::fs::write(folder.join(&name), [parts, &observations, &entries, &encoded].concat()).unwrap();
        name
    }

    fn chunk(count: u8) -> Vec<u8> {
        let all: Vec<_> = (0..count).map(|number| ([number], Fingerprint::of(&[number]))).collect();
        Chunk::encode(all.iter().map(|(question, answer)| (&question[..], *answer))).unwrap()
    }

    /// Reads all that is in a segment.
    fn read(folder: &Path, name: &str) -> Result<usize, Trouble> {
        let mut observations = Observations::new();
        let segment = Opened::open(folder, name)?.number(|chunk| observations.load(chunk)).unwrap();
        let entries = (0..segment.len()).filter_map(|index| segment.key(index).and(segment.entry(index)));
        let read = entries.map(|entry| {
            assert!(entry.trace.iter().all(|id| observations.get(id.0).is_some()));
            entry.large.iter().flatten().for_each(|part| drop(segment.part(part)));
        });
        Ok(read.count())
    }

    proptest! {
        #[test]
        fn a_forged_segment_does_no_harm(
            parts in proptest::collection::vec(any::<u8>(), 0..40),
            observations in proptest::collection::vec(any::<u8>(), 0..60),
            bodies in proptest::collection::vec(proptest::collection::vec(0..40_u8, 0..40), 0..4),
            noise: Vec<u8>,
        ) {
            let folder = TempDir::new().unwrap();
            let mut entries = (bodies.len() as u32).to_le_bytes().to_vec();
            let mut end = 0;
            for body in &bodies {
                end += body.len() as u32;
                entries.extend([1; 17]);
                entries.extend(end.to_le_bytes());
                entries.extend(9_u32.to_le_bytes());
            }
            bodies.iter().for_each(|body| entries.extend(body));
            read(folder.path(), &forge(folder.path(), &parts, chunk(3), entries.clone())).unwrap();
            let _ = read(folder.path(), &forge(folder.path(), &parts, chunk(3), noise));
            let _ = read(folder.path(), &forge(folder.path(), &parts, observations, entries));
        }
    }

    #[test]
    fn lengths_that_cannot_be_are_refused() {
        let folder = TempDir::new().unwrap();
        let entries = |body: &[u8]| {
            let mut entries = 1_u32.to_le_bytes().to_vec();
            entries.extend([0; 17]);
            entries.extend((body.len() as u32).to_le_bytes());
            entries.extend([0; 4]);
            entries.extend(body);
            entries
        };
        let most = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01];
        let count = |body: &[u8]| read(folder.path(), &forge(folder.path(), b"part", chunk(2), entries(body))).unwrap();
        assert_eq!(count(&[0, 0, 0]), 1);
        assert_eq!(count(&[2, 0, 2, 0, 0]), 1);
        // An observation that is not there, before the first and after the last.
        assert_eq!(count(&[1, 4, 0, 0]), 0);
        assert_eq!(count(&[1, 1, 0, 0]), 0);
        // As many observations, small bytes and parts as fit into 64 bits.
        assert_eq!(count(&most), 0);
        assert_eq!(count(&[&[0][..], &most].concat()), 0);
        assert_eq!(count(&[&[0, 0][..], &most].concat()), 0);
        // A part that ends beyond the parts, or beyond all numbers.
        assert_eq!(count(&[&[0, 0, 1, 5, 0][..], &[0; 16]].concat()), 1);
        assert_eq!(count(&[&[0, 0, 1, 5, 1][..], &[0; 16]].concat()), 0);
        assert_eq!(count(&[&[0, 0, 1][..], &most, &[9], &[0; 16]].concat()), 0);
        // Something after the end.
        assert_eq!(count(&[0, 0, 0, 0]), 0);
        let huge = forge(folder.path(), b"", chunk(0), u32::MAX.to_le_bytes().to_vec());
        assert!(matches!(read(folder.path(), &huge), Err(Trouble::Damaged { .. })));
    }

    #[test]
    fn a_segment_under_another_name_is_refused() {
        let folder = TempDir::new().unwrap();
        let name = forge(folder.path(), b"", chunk(0), vec![0; 4]);
        assert_eq!(read(folder.path(), &name).unwrap(), 0);
        let other = manifest::segment_name(Fingerprint::of(b"other"));
        std::fs::rename(folder.path().join(name), folder.path().join(&other)).unwrap();
        let error = read(folder.path(), &other).unwrap_err().to_string();
        assert!(error.ends_with("is damaged: its name does not match what is in it"), "{error}");
    }
}
