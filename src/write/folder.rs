//! A folder held open: what lies below it is reached without a walk from the top of the disk for every single file.
//!
//! In: paths below the folder, `/` between the parts. Out: what the system answers. Deliberately not here: which steps are taken, and
//! what errors say ([`super::disk`]).

use std::fs;
use std::io;
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// What a file or folder looks like from outside. A file whose stamp is as it was has the bytes it had; an edit changes it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Stamp {
    /// The length of a file; 0 for a folder.
    pub(super) length: u64,
    /// When it was last written, in nanoseconds.
    pub(super) modified: i64,
    /// When anything about it changed, which nobody can set back; 0 where the system does not tell.
    pub(super) changed: i64,
    /// Which file it is on its disk, whatever its name; 0 where the system does not tell.
    pub(super) inode: u64,
}

/// What stands at a path. Links are not followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    File,
    Folder,
    Other,
}

/// A folder held open.
#[derive(Debug)]
pub(super) struct Folder {
    path: PathBuf,
    #[cfg(unix)]
    handle: std::os::fd::OwnedFd,
}

impl Folder {
    /// Returns where something below the folder is.
    pub(super) fn at(&self, below: &str) -> PathBuf {
        if below.is_empty() { self.path.clone() } else { self.path.join(below) }
    }

    /// Returns the entries of a folder below this one, in the order of the disk.
    pub(super) fn list(&self, below: &str) -> io::Result<Vec<(std::ffi::OsString, Kind)>> {
        fs::read_dir(self.at(below))?
            .map(|entry| {
                let entry = entry?;
                Ok((entry.file_name(), kind(entry.file_type()?)))
            })
            .collect()
    }
}

#[cfg(unix)]
impl Folder {
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        use rustix::fs::{Mode, OFlags};
        let handle = rustix::fs::open(path, OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?;
        Ok(Self { path: path.to_owned(), handle })
    }

    /// Looks at what stands at a path; the folder itself has the empty one.
    pub(super) fn look(&self, below: &str) -> io::Result<(Stamp, Kind)> {
        use rustix::fs::{AtFlags, FileType, fstat, statat};
        let found = if below.is_empty() {
            fstat(&self.handle)?
        } else {
            statat(&self.handle, below, AtFlags::SYMLINK_NOFOLLOW)?
        };
        let (kind, length) = match FileType::from_raw_mode(found.st_mode) {
            FileType::RegularFile => (Kind::File, u64::try_from(found.st_size).unwrap_or(0)),
            FileType::Directory => (Kind::Folder, 0),
            _ => (Kind::Other, 0),
        };
        let nanoseconds = |seconds: i64, rest: i64| seconds.wrapping_mul(1_000_000_000).wrapping_add(rest);
        let modified = nanoseconds(found.st_mtime, i64::try_from(found.st_mtime_nsec).unwrap_or(0));
        let changed = nanoseconds(found.st_ctime, i64::try_from(found.st_ctime_nsec).unwrap_or(0));
        Ok((Stamp { length, modified, changed, inode: found.st_ino }, kind))
    }

    /// Makes a new file, and tells how it looks.
    pub(super) fn create(&self, below: &str, bytes: &[u8]) -> io::Result<Stamp> {
        use rustix::fs::{Mode, OFlags, openat};
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
        let mut file = fs::File::from(openat(&self.handle, below, flags, Mode::from_raw_mode(0o666))?);
        file.write_all(bytes)?;
        Ok(Stamp::of(&file.metadata()?))
    }

    /// Makes a folder in one that exists.
    pub(super) fn create_folder(&self, below: &str) -> io::Result<()> {
        Ok(rustix::fs::mkdirat(&self.handle, below, rustix::fs::Mode::from_raw_mode(0o777))?)
    }

    /// Makes a second name for a file of this folder: the same below another one.
    pub(super) fn link(&self, below: &str, other: &Self) -> io::Result<()> {
        Ok(rustix::fs::linkat(&self.handle, below, &other.handle, below, rustix::fs::AtFlags::empty())?)
    }
}

#[cfg(not(unix))]
impl Folder {
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        fs::metadata(path).map(|_| Self { path: path.to_owned() })
    }

    /// Looks at what stands at a path; the folder itself has the empty one.
    pub(super) fn look(&self, below: &str) -> io::Result<(Stamp, Kind)> {
        let found = fs::symlink_metadata(self.at(below))?;
        Ok((Stamp::of(&found), kind(found.file_type())))
    }

    /// Makes a new file, and tells how it looks.
    pub(super) fn create(&self, below: &str, bytes: &[u8]) -> io::Result<Stamp> {
        let mut file = fs::File::create_new(self.at(below))?;
        file.write_all(bytes)?;
        // Only a closed file has its final time.
        drop(file);
        self.look(below).map(|(stamp, _)| stamp)
    }

    /// Makes a folder in one that exists.
    pub(super) fn create_folder(&self, below: &str) -> io::Result<()> {
        fs::create_dir(self.at(below))
    }

    /// Makes a second name for a file of this folder: the same below another one.
    pub(super) fn link(&self, below: &str, other: &Self) -> io::Result<()> {
        fs::hard_link(self.at(below), other.at(below))
    }
}

impl Stamp {
    /// Reads a stamp from what the standard library tells.
    pub(super) fn of(metadata: &fs::Metadata) -> Self {
        let modified = metadata.modified().ok().and_then(|time| time.duration_since(std::time::UNIX_EPOCH).ok());
        let modified = modified.and_then(|since| i64::try_from(since.as_nanos()).ok()).unwrap_or(0);
        let length = if metadata.is_file() { metadata.len() } else { 0 };
        let (changed, inode) = identity(metadata);
        Self { length, modified, changed, inode }
    }
}

#[cfg(unix)]
fn identity(metadata: &fs::Metadata) -> (i64, u64) {
    use std::os::unix::fs::MetadataExt;
    (metadata.ctime().wrapping_mul(1_000_000_000).wrapping_add(metadata.ctime_nsec()), metadata.ino())
}

#[cfg(not(unix))]
fn identity(_: &fs::Metadata) -> (i64, u64) {
    (0, 0)
}

fn kind(found: fs::FileType) -> Kind {
    if found.is_dir() {
        Kind::Folder
    } else if found.is_file() {
        Kind::File
    } else {
        Kind::Other
    }
}
