//! The one door to the disk: a trait, the real thing, and one in memory for tests.
//!
//! In: paths relative to the project's root, `/` between the parts, never `..`. Out: bytes, sorted lists, [`Error`]s that name
//! path and operation. Deliberately not here: caching, recording of what was read ([`crate::inputs`]).

mod memory;
mod real;

pub use memory::MemoryFs;
pub use real::RealFs;

use serde::{Deserialize, Serialize};

/// An entry of a folder.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry {
    /// Its name, without the folder.
    pub name: String,
    /// What it is.
    pub kind: EntryKind,
}

/// What an [`Entry`] is. Links have been followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum EntryKind {
    /// A file.
    File,
    /// A folder.
    Folder,
    /// A link that leads nowhere, or back to a folder that contains it.
    BrokenLink,
}

/// A failure of the disk.
#[derive(Debug, thiserror::Error)]
#[error("could not {operation} `{path}`")]
pub struct Error {
    /// What was tried: `read`, `write`…
    pub operation: &'static str,
    /// The path, relative to the project's root where it is below it.
    pub path: String,
    /// What the system said.
    #[source]
    pub source: std::io::Error,
}

impl Error {
    /// Makes an error.
    pub fn new(operation: &'static str, path: impl Into<String>, source: std::io::Error) -> Self {
        Self { operation, path: path.into(), source }
    }

    /// Reports whether the file or folder does not exist.
    pub fn is_not_found(&self) -> bool {
        self.source.kind() == std::io::ErrorKind::NotFound
    }
}

/// What rivage asks of a disk. Paths are relative to the project's root.
pub trait Fs: Send + Sync {
    /// Returns a file's bytes.
    ///
    /// # Errors
    /// The file does not exist, is a folder, or may not be read.
    fn read(&self, path: &str) -> Result<Vec<u8>, Error>;

    /// Returns a folder's entries, sorted by name.
    ///
    /// # Errors
    /// The folder does not exist, is a file, or may not be read.
    fn list(&self, path: &str) -> Result<Vec<Entry>, Error>;

    /// Reports what stands at a path.
    fn kind(&self, path: &str) -> Option<EntryKind>;

    /// Returns a file's length in bytes, without reading it.
    ///
    /// # Errors
    /// The file does not exist or may not be looked at.
    fn len(&self, path: &str) -> Result<u64, Error>;

    /// Returns what a file looks like from outside; none where it does not exist, or where the system does not tell of every change.
    /// Files without a stamp are read every time.
    fn stamp(&self, path: &str) -> Option<Stamp> {
        let _ = path;
        None
    }
}

/// What a file looks like from outside. Two equal stamps of a path, of which the first is older than a tick of the disk's clock, mean
/// equal bytes: an edit changes at least one of the fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamp {
    /// Its length in bytes.
    pub length: u64,
    /// When it was last written, in nanoseconds since 1970.
    pub modified: i64,
    /// When anything about it was last changed, which nobody can set back.
    pub changed: i64,
    /// Which file it is, whatever its name.
    pub node: u64,
}
