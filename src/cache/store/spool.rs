//! Large parts on their way to the disk: a temporary file that grows while the build runs, with its last megabyte still in memory.
//!
//! In: parts of entries. Out: their places, and the bytes again. A disk that refuses is not asked again before the commit; parts
//! stay in memory up to a bound, and beyond it they are dropped.

use std::path::{Path, PathBuf};
use std::sync::Mutex;

use super::disk::{Disk, Temporary};
use super::trouble::{Noticed, Trouble};

/// Where a part is in its file, and what it must hash to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) offset: u64,
    pub(super) length: u64,
    pub(super) checksum: [u8; 16],
}

impl Part {
    /// Returns the bytes if they are this part's.
    pub(super) fn verified(&self, bytes: Option<Vec<u8>>) -> Option<Vec<u8>> {
        bytes.filter(|bytes| checksum(bytes) == self.checksum)
    }
}

pub(super) fn checksum(bytes: &[u8]) -> [u8; 16] {
    crate::inputs::Fingerprint::of(bytes).bytes()
}

/// How much is held in memory.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    /// What is gathered before it is written.
    pub(super) batch: usize,
    /// What is held where the disk refuses.
    pub(super) memory: usize,
}

#[derive(Debug)]
pub(super) struct Spool {
    folder: PathBuf,
    disk: Disk,
    bounds: Bounds,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Made when there is something to write.
    file: Option<Temporary>,
    /// How much of the spool is in the file.
    flushed: u64,
    /// What comes after it.
    tail: Vec<u8>,
    refused: bool,
}

impl Spool {
    pub(super) fn new(folder: &Path, disk: Disk, bounds: Bounds) -> Self {
        Self { folder: folder.to_owned(), disk, bounds, state: Mutex::default() }
    }

    /// Takes the parts of an entry; `None` stands for one that was dropped.
    pub(super) fn append(&self, parts: &[&[u8]], noticed: &Noticed) -> Box<[Option<Part>]> {
        // Hashing is the work here, and needs no lock.
        let checksums: Vec<_> = parts.iter().map(|bytes| checksum(bytes)).collect();
        let mut state = super::lock(&self.state);
        let parts = parts.iter().zip(checksums).map(|(bytes, checksum)| {
            if state.refused && state.tail.len() + bytes.len() > self.bounds.memory {
                noticed.add(Trouble::too_much(&self.folder));
                return None;
            }
            let offset = state.length();
            state.tail.extend_from_slice(bytes);
            if state.tail.len() >= self.bounds.batch
                && !state.refused
                && let Err(trouble) = self.flush(&mut state)
            {
                state.refused = true;
                noticed.add(trouble);
            }
            Some(Part { offset, length: bytes.len() as u64, checksum })
        });
        parts.collect()
    }

    /// Returns a part that was appended.
    pub(super) fn read(&self, part: &Part) -> Option<Vec<u8>> {
        let state = super::lock(&self.state);
        let bytes = match part.offset.checked_sub(state.flushed) {
            Some(start) => {
                let start = usize::try_from(start).ok()?;
                state.tail.get(start..start.checked_add(usize::try_from(part.length).ok()?)?).map(<[u8]>::to_vec)
            }
            // A batch is written as a whole, so that no part is half here and half there.
            None => state.file.as_ref()?.read(part.offset, part.length),
        };
        drop(state);
        part.verified(bytes)
    }

    /// Returns the number of bytes appended.
    pub(super) fn len(&self) -> u64 {
        super::lock(&self.state).length()
    }

    /// Forgets what was appended after it had this length.
    pub(super) fn truncate(&self, length: u64) {
        let mut state = super::lock(&self.state);
        match length.checked_sub(state.flushed) {
            Some(rest) => state.tail.truncate(usize::try_from(rest).unwrap_or(usize::MAX)),
            None => {
                state.flushed = length;
                state.tail.clear();
            }
        }
    }

    /// Reports whether the disk refused.
    pub(super) fn is_refused(&self) -> bool {
        super::lock(&self.state).refused
    }

    /// Writes what is in memory and then `end`, and hands the file over; the spool is empty then. Where the disk refuses, everything
    /// stays as it was.
    pub(super) fn finish(&self, end: &[&[u8]]) -> Result<Temporary, Trouble> {
        let mut state = super::lock(&self.state);
        if let Err(trouble) = self.flush(&mut state) {
            state.refused = true;
            return Err(trouble);
        }
        let mut offset = state.flushed;
        if let Some(file) = &state.file {
            for bytes in end {
                let written = self.disk.write(file, bytes, offset);
                if let Err(trouble) = written {
                    state.refused = true;
                    return Err(trouble);
                }
                offset += bytes.len() as u64;
            }
        }
        let file = state.file.take().expect("flushing makes the file");
        // The parts stay readable until the file has its name: see `restore`.
        Ok(file)
    }

    /// Takes a file back that could not be given its name.
    pub(super) fn restore(&self, file: Temporary) {
        super::lock(&self.state).file = Some(file);
    }

    /// Forgets everything.
    pub(super) fn clear(&self) {
        *super::lock(&self.state) = State::default();
    }

    fn flush(&self, state: &mut State) -> Result<(), Trouble> {
        if state.file.is_none() {
            state.file = Some(self.disk.create(&self.folder)?);
        }
        if let Some(file) = &state.file {
            self.disk.write(file, &state.tail, state.flushed)?;
        }
        state.flushed += state.tail.len() as u64;
        state.tail.clear();
        Ok(())
    }
}

impl State {
    fn length(&self) -> u64 {
        self.flushed + self.tail.len() as u64
    }
}
