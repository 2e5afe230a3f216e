//! All that the writer changes on the disk, one small step each.
//!
//! In: paths. Out: [`crate::fs::Error`]s that name the path (below the project where it is) and the operation. In tests a fuse ends the
//! program's power at any step, so that a kill can be tried at all of them. Deliberately not here: what is written where.

use std::fs;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use super::folder::{Folder, Stamp};
use crate::fs::Error;
use crate::inputs::Fingerprint;

/// The disk as the writer changes it.
#[derive(Debug)]
pub(super) struct Disk {
    /// Paths below it are named without it.
    root: PathBuf,
    /// What an exchange of folders fails with, in tests of systems that have none and of folders that cannot be moved.
    #[cfg(test)]
    pub(super) refusal: Option<io::ErrorKind>,
    /// A folder that is a disk of its own, in tests: nothing can be moved into it or out of it.
    #[cfg(test)]
    pub(super) island: Option<PathBuf>,
    #[cfg(test)]
    pub(super) fuse: std::sync::Arc<std::sync::atomic::AtomicI64>,
}

/// What became of an exchange of two folders.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Exchange {
    Done,
    /// The system has none.
    Unknown,
    /// One of the folders cannot be moved.
    Fixed,
}

impl Disk {
    pub(super) fn new(root: &Path) -> Self {
        Self {
            root: root.to_owned(),
            #[cfg(test)]
            refusal: None,
            #[cfg(test)]
            island: None,
            #[cfg(test)]
            fuse: std::sync::Arc::new(std::sync::atomic::AtomicI64::new(i64::MAX)),
        }
    }

    /// Names a path in errors.
    pub(super) fn name(&self, path: &Path) -> String {
        let path = path.strip_prefix(&self.root).unwrap_or(path);
        path.to_string_lossy().replace(std::path::MAIN_SEPARATOR, "/")
    }

    pub(super) fn error(&self, operation: &'static str, path: &Path, source: io::Error) -> Error {
        Error::new(operation, self.name(path), source)
    }

    fn run<R>(&self, operation: &'static str, path: &Path, step: impl FnOnce() -> io::Result<R>) -> Result<R, Error> {
        self.power().and_then(|()| step()).map_err(|source| self.error(operation, path, source))
    }

    #[cfg(not(test))]
    #[expect(clippy::unused_self, clippy::unnecessary_wraps, reason = "tests have a fuse here")]
    fn power(&self) -> io::Result<()> {
        Ok(())
    }

    #[cfg(test)]
    fn power(&self) -> io::Result<()> {
        let left = self.fuse.fetch_sub(1, std::sync::atomic::Ordering::SeqCst);
        if left > 0 { Ok(()) } else { Err(io::Error::from(io::ErrorKind::StorageFull)) }
    }

    #[cfg(test)]
    fn cross(&self, from: &Path, to: &Path) -> io::Result<()> {
        let Some(island) = &self.island else { return Ok(()) };
        let is_inside = |path: &Path| path.starts_with(island);
        if is_inside(from) == is_inside(to) { Ok(()) } else { Err(io::ErrorKind::CrossesDevices.into()) }
    }

    /// Makes a folder and those above it.
    pub(super) fn create_folders(&self, path: &Path) -> Result<(), Error> {
        self.run("create", path, || fs::create_dir_all(path))
    }

    /// Writes a file that nothing refers to yet.
    pub(super) fn write(&self, path: &Path, bytes: &[u8]) -> Result<(), Error> {
        #[cfg(test)]
        if self.fuse.load(std::sync::atomic::Ordering::SeqCst) == 0 {
            // Power ends in the midst of a file.
            let _ = fs::write(path, &bytes[..bytes.len() / 2]);
        }
        self.run("write", path, || fs::write(path, bytes))
    }

    /// Writes a file that is told its own inode.
    pub(super) fn write_with(&self, path: &Path, bytes: impl FnOnce(u64) -> Vec<u8>) -> Result<(), Error> {
        self.run("write", path, || {
            let mut file = fs::File::create(path)?;
            let inode = Stamp::of(&file.metadata()?).inode;
            file.write_all(&bytes(inode))
        })
    }

    /// Opens a folder.
    pub(super) fn open(&self, path: &Path) -> Result<Folder, Error> {
        Folder::open(path).map_err(|source| self.error("open", path, source))
    }

    /// Reports whether nothing is in a folder, or no folder there.
    pub(super) fn is_empty(&self, path: &Path) -> Result<bool, Error> {
        match fs::read_dir(path).and_then(|mut entries| entries.next().transpose()) {
            Ok(first) => Ok(first.is_none()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(true),
            Err(source) => Err(self.error("list", path, source)),
        }
    }

    /// Makes a new file in a folder; reports how it looks.
    pub(super) fn create_in(&self, folder: &Folder, below: &str, bytes: &[u8]) -> Result<Stamp, Error> {
        #[cfg(test)]
        if self.fuse.load(std::sync::atomic::Ordering::SeqCst) == 0 {
            let _ = folder.create(below, &bytes[..bytes.len() / 2]);
        }
        self.power()
            .and_then(|()| folder.create(below, bytes))
            .map_err(|source| self.error("write", &folder.at(below), source))
    }

    /// Makes a folder in one that exists, unless it is there.
    pub(super) fn create_folder_in(&self, folder: &Folder, below: &str) -> Result<(), Error> {
        self.power()
            .and_then(|()| match folder.create_folder(below) {
                Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
                _ => Ok(()),
            })
            .map_err(|source| self.error("create", &folder.at(below), source))
    }

    /// Copies a file's bytes, by reference where the disk can. Permissions are those of a new file: a private source must be
    /// readable on the server all the same.
    pub(super) fn copy(&self, from: &Path, to: &Path) -> Result<(), Error> {
        let mut source = fs::File::open(from).map_err(|source| self.error("read", from, source))?;
        self.run("write", to, || io::copy(&mut source, &mut fs::File::create(to)?).map(drop))
    }

    /// Moves a file or folder; a file at the new place is replaced.
    pub(super) fn rename(&self, from: &Path, to: &Path) -> Result<(), Error> {
        self.run("move to", to, || {
            #[cfg(test)]
            self.cross(from, to)?;
            fs::rename(from, to)
        })
    }

    /// Makes a second name for a file, the same below another folder; reports whether that was possible.
    pub(super) fn link(&self, from: &Folder, to: &Folder, below: &str) -> Result<bool, Error> {
        self.power().map_err(|source| self.error("link", &to.at(below), source))?;
        // Some disks have no links, some allow only so many to one file.
        Ok(from.link(below, to).is_ok())
    }

    pub(super) fn remove_file(&self, path: &Path) -> Result<(), Error> {
        self.run("remove", path, || fs::remove_file(path))
    }

    pub(super) fn remove_empty_folder(&self, path: &Path) -> Result<(), Error> {
        self.run("remove", path, || fs::remove_dir(path))
    }

    /// Removes a folder with all that is in it, where there is one.
    pub(super) fn remove_folder(&self, path: &Path) -> Result<(), Error> {
        self.run("remove", path, || match fs::remove_dir_all(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        })
    }

    /// Lets two folders change places in one step, if that is possible.
    pub(super) fn exchange(&self, one: &Path, other: &Path) -> Result<Exchange, Error> {
        let step = || {
            #[cfg(test)]
            if let Some(kind) = self.refusal {
                return Err(kind.into());
            }
            #[cfg(test)]
            self.cross(one, other)?;
            exchange(one, other)
        };
        self.run("replace", other, || match step() {
            Ok(()) => Ok(Exchange::Done),
            Err(error) if is_of_fixed_folder(&error) => Ok(Exchange::Fixed),
            // Old kernels and some network disks.
            Err(error) if matches!(error.kind(), io::ErrorKind::Unsupported | io::ErrorKind::InvalidInput) => {
                Ok(Exchange::Unknown)
            }
            Err(error) => Err(error),
        })
    }

    /// Hashes a file without holding it in memory.
    pub(super) fn digest(&self, path: &Path) -> Result<(Fingerprint, u64), Error> {
        let read = || -> io::Result<(Fingerprint, u64)> {
            let mut file = fs::File::open(path)?;
            let mut hasher = blake3::Hasher::new();
            let mut buffer = vec![0; 1 << 16];
            let mut length = 0;
            loop {
                match file.read(&mut buffer)? {
                    0 => return Ok((hasher.finalize().into(), length)),
                    count => {
                        hasher.update(&buffer[..count]);
                        length += count as u64;
                    }
                }
            }
        };
        read().map_err(|source| self.error("read", path, source))
    }
}

/// Reports whether a folder could not be moved for where it lies: something is mounted there (also where the disk is the same), or the folder
/// around it may not be changed.
pub(super) fn is_of_fixed_folder(error: &io::Error) -> bool {
    use io::ErrorKind::{CrossesDevices, PermissionDenied, ReadOnlyFilesystem, ResourceBusy};
    matches!(error.kind(), ResourceBusy | CrossesDevices | PermissionDenied | ReadOnlyFilesystem)
}

#[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
fn exchange(one: &Path, other: &Path) -> io::Result<()> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    Ok(renameat_with(CWD, one, CWD, other, RenameFlags::EXCHANGE)?)
}

#[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple")))]
fn exchange(_: &Path, _: &Path) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}
