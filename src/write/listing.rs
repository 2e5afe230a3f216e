//! What a generation of the output holds on the disk.
//!
//! In: a folder. Out: a [`Listing`] of its files with their [`Stamp`]s. Links are not followed: they are not rivage's.

use std::io;
use std::path::{Path, PathBuf};

use rustc_hash::FxHashMap;

use super::disk::Disk;
use crate::fs::Error;

/// What a file looks like from outside. Equal stamps at one path mean equal bytes; an edit changes at least one of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stamp {
    pub(super) length: u64,
    /// When it was last written, in nanoseconds.
    pub(super) modified: i64,
    /// When anything about it changed, which nobody can set back; 0 where the system does not tell.
    pub(super) changed: i64,
}

/// Which file it is, whatever its name; none where the system does not tell.
pub(super) type Identity = Option<(u64, u64)>;

/// What a folder holds.
#[derive(Debug, Default)]
pub(super) struct Listing {
    /// Files by path below the folder.
    pub(super) files: FxHashMap<String, (Stamp, Identity)>,
    /// Folders, those above before those below.
    pub(super) folders: Vec<String>,
    /// What rivage would never write: links, devices, names that are not UTF-8.
    pub(super) odd: Vec<PathBuf>,
    /// Whether the folder exists.
    pub(super) exists: bool,
}

impl Listing {
    /// Looks through a folder; a missing one is empty.
    pub(super) fn of(disk: &Disk, folder: &Path) -> Result<Self, Error> {
        let mut listing = Self::default();
        let mut waiting = vec![String::new()];
        while let Some(below) = waiting.pop() {
            let place = if below.is_empty() { folder.to_owned() } else { folder.join(&below) };
            let entries = match std::fs::read_dir(&place) {
                Err(error) if below.is_empty() && error.kind() == io::ErrorKind::NotFound => return Ok(listing),
                entries => entries.map_err(|source| disk.error("list", &place, source))?,
            };
            listing.exists = true;
            for entry in entries {
                let entry = entry.map_err(|source| disk.error("list", &place, source))?;
                let kind = entry.file_type().map_err(|source| disk.error("look at", &entry.path(), source))?;
                let Ok(name) = entry.file_name().into_string() else {
                    listing.odd.push(entry.path());
                    continue;
                };
                let path = if below.is_empty() { name } else { format!("{below}/{name}") };
                if kind.is_dir() {
                    listing.folders.push(path.clone());
                    waiting.push(path);
                } else if kind.is_file() {
                    let metadata = entry.metadata().map_err(|source| disk.error("look at", &entry.path(), source))?;
                    listing.files.insert(path, (Stamp::of(&metadata), identity(&metadata)));
                } else {
                    listing.odd.push(entry.path());
                }
            }
        }
        Ok(listing)
    }

    /// Reports whether nothing is in the folder.
    pub(super) fn is_empty(&self) -> bool {
        self.files.is_empty() && self.folders.is_empty() && self.odd.is_empty()
    }
}

impl Stamp {
    pub(super) fn of(metadata: &std::fs::Metadata) -> Self {
        let modified = metadata.modified().ok().and_then(|time| time.duration_since(std::time::UNIX_EPOCH).ok());
        let modified = modified.and_then(|since| i64::try_from(since.as_nanos()).ok()).unwrap_or(0);
        Self { length: metadata.len(), modified, changed: changed(metadata) }
    }
}

#[cfg(unix)]
fn changed(metadata: &std::fs::Metadata) -> i64 {
    use std::os::unix::fs::MetadataExt;
    metadata.ctime().wrapping_mul(1_000_000_000).wrapping_add(metadata.ctime_nsec())
}

#[cfg(not(unix))]
fn changed(_: &std::fs::Metadata) -> i64 {
    0
}

#[cfg(unix)]
fn identity(metadata: &std::fs::Metadata) -> Identity {
    use std::os::unix::fs::MetadataExt;
    Some((metadata.dev(), metadata.ino()))
}

#[cfg(not(unix))]
fn identity(_: &std::fs::Metadata) -> Identity {
    None
}
