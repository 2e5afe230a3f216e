//! The disk.

use std::io;
use std::path::{Path, PathBuf};

#[cfg(unix)]
use super::Stamp;
use super::{Entry, EntryKind, Error, Fs};

/// The files below a folder of the disk.
#[derive(Debug)]
pub struct RealFs {
    root: PathBuf,
}

impl RealFs {
    /// Opens a project's root.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// Returns the project's root.
    pub fn root(&self) -> &Path {
        &self.root
    }

    fn at(&self, path: &str) -> PathBuf {
        if path.is_empty() { self.root.clone() } else { self.root.join(path) }
    }
}

impl Fs for RealFs {
    fn read(&self, path: &str) -> Result<Vec<u8>, Error> {
        std::fs::read(self.at(path)).map_err(|source| Error::new("read", path, source))
    }

    fn list(&self, path: &str) -> Result<Vec<Entry>, Error> {
        let fail = |source| Error::new("list", path, source);
        let folder = self.at(path);
        let mut entries = Vec::new();
        for entry in std::fs::read_dir(&folder).map_err(fail)? {
            let entry = entry.map_err(fail)?;
            let Ok(name) = entry.file_name().into_string() else {
                return Err(fail(io::Error::new(
                    io::ErrorKind::InvalidData,
                    format!("the name {:?} is not UTF-8", entry.file_name()),
                )));
            };
            let file_type = entry.file_type().map_err(fail)?;
            let kind = if file_type.is_symlink() { link_kind(&folder, &entry.path()) } else { plain_kind(file_type) };
            entries.push(Entry { name, kind });
        }
        entries.sort();
        Ok(entries)
    }

    fn kind(&self, path: &str) -> Option<EntryKind> {
        std::fs::metadata(self.at(path)).ok().map(|metadata| plain_kind(metadata.file_type()))
    }

    fn len(&self, path: &str) -> Result<u64, Error> {
        std::fs::metadata(self.at(path))
            .map(|metadata| metadata.len())
            .map_err(|source| Error::new("look at", path, source))
    }

    // Elsewhere the time of the last change can be set back.
    #[cfg(unix)]
    fn stamp(&self, path: &str) -> Option<Stamp> {
        use std::os::unix::fs::MetadataExt;
        let metadata = std::fs::metadata(self.at(path)).ok()?;
        let nanoseconds = |seconds: i64, rest: i64| seconds.saturating_mul(1_000_000_000).saturating_add(rest);
        Some(Stamp {
            length: metadata.len(),
            modified: nanoseconds(metadata.mtime(), metadata.mtime_nsec()),
            changed: nanoseconds(metadata.ctime(), metadata.ctime_nsec()),
            node: metadata.ino(),
        })
    }
}

fn plain_kind(file_type: std::fs::FileType) -> EntryKind {
    if file_type.is_dir() { EntryKind::Folder } else { EntryKind::File }
}

/// A link to a folder that contains the link would be walked for ever.
fn link_kind(folder: &Path, link: &Path) -> EntryKind {
    let (Ok(target), Ok(folder)) = (link.canonicalize(), folder.canonicalize()) else {
        return EntryKind::BrokenLink;
    };
    if !target.is_dir() {
        EntryKind::File
    } else if folder.starts_with(&target) {
        EntryKind::BrokenLink
    } else {
        EntryKind::Folder
    }
}
