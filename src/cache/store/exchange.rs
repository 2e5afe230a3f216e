//! Segments as whole files: out to other machines, and in from them.
//!
//! In: a folder, and bytes from outside. Out: the files that make up a store, and a store that has more of them. Deliberately not here:
//! where the bytes come from, and whether they are what was sent.

use std::fs::File;
use std::path::{Path, PathBuf};

use super::disk::{Disk, Temporary};
use super::manifest;
use super::segment::Opened;
use super::trouble::Trouble;

/// A segment of a store, to be copied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SegmentFile {
    /// Its name, which says what is in it.
    pub name: String,
    /// Where it is.
    pub path: PathBuf,
}

/// Lists the segments of a folder, oldest first.
///
/// # Errors
/// The manifest cannot be read.
pub fn segments(folder: &Path) -> Result<Vec<SegmentFile>, Trouble> {
    let names = manifest::read(folder)?;
    Ok(names.into_iter().map(|name| SegmentFile { path: folder.join(&name), name }).collect())
}

/// Reports whether a segment is as it was written, but for its large parts.
///
/// # Errors
/// It is not, or the disk refuses.
pub fn check(segment: &SegmentFile) -> Result<(), Trouble> {
    let file = File::open(&segment.path).map_err(|source| Trouble::disk("read", &segment.path, source))?;
    Opened::read(file.into(), &segment.path, &segment.name).map(drop)
}

/// Reports whether this can be the name of a segment.
pub fn is_segment_name(name: &str) -> bool {
    manifest::digits(name).is_some()
}

/// A segment that comes in, and belongs to no store yet. It is gone when it is dropped.
#[derive(Debug)]
pub struct Incoming {
    disk: Disk,
    name: String,
    file: Temporary,
    length: u64,
}

impl Incoming {
    /// Makes a file in a folder, and the folder where there is none.
    ///
    /// # Errors
    /// The disk refuses.
    pub fn create(folder: &Path, name: &str) -> Result<Self, Trouble> {
        let disk = Disk::default();
        Ok(Self { file: disk.create(folder)?, disk, name: name.to_owned(), length: 0 })
    }

    /// Adds bytes at the end.
    ///
    /// # Errors
    /// The disk refuses.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), Trouble> {
        self.disk.write(&self.file, bytes, self.length)?;
        self.length += bytes.len() as u64;
        Ok(())
    }
}

/// Makes segments part of the store of a folder, as its newest: all of them, or none.
///
/// # Errors
/// One of them is no segment of that name, or the disk refuses.
pub fn adopt(folder: &Path, incoming: Vec<Incoming>) -> Result<(), Trouble> {
    for one in &incoming {
        let path = folder.join(&one.name);
        let file = one.file.reopen().map_err(|source| Trouble::disk("read", &path, source))?;
        Opened::read(file.into(), &path, &one.name)?;
    }
    if incoming.is_empty() {
        return Ok(());
    }
    let disk = Disk::default();
    let _locked = disk.lock(folder);
    let mut names = manifest::read(folder).unwrap_or_default();
    for one in incoming {
        disk.publish(one.file, &folder.join(&one.name)).map_err(|(_, trouble)| trouble)?;
        names.retain(|name| *name != one.name);
        names.push(one.name);
    }
    disk.replace(&manifest::path(folder), manifest::to_text(&names).as_bytes())
}
