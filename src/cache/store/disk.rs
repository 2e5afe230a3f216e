//! All that a store does to the disk, one small step each.
//!
//! In: paths and bytes. Out: [`Trouble`]s that name the path and the operation. In tests a fuse lets the disk refuse after so many bytes.
//! Nothing is flushed to the platters: what a power cut leaves behind is found out by its checksum.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::manifest;
use super::trouble::Trouble;

/// The file whose lock guards the manifest.
const LOCK: &str = "lock";
/// How temporary files end.
const TEMPORARY: &str = ".tmp";
/// How long a build waits for another one's commit, which takes milliseconds, before it goes on without the lock.
const PATIENCE: Duration = Duration::from_secs(2);
/// Files younger than this may be just being made by another build.
const YOUNG: Duration = Duration::from_secs(60);
/// Files that cannot be asked for their builder are left-overs when they are older than this.
const OLD: Duration = Duration::from_secs(24 * 60 * 60);

/// The disk as a store changes it.
#[derive(Clone, Debug, Default)]
pub(super) struct Disk {
    /// How many more bytes it takes; each step takes one.
    #[cfg(test)]
    pub(super) fuse: std::sync::Arc<std::sync::Mutex<Option<u64>>>,
}

impl Disk {
    #[cfg(not(test))]
    #[expect(clippy::unused_self, clippy::unnecessary_wraps, reason = "tests have a fuse here")]
    fn power(&self, _: usize) -> io::Result<()> {
        Ok(())
    }

    #[cfg(test)]
    fn power(&self, bytes: usize) -> io::Result<()> {
        match &mut *super::lock(&self.fuse) {
            Some(left) if *left < bytes as u64 => {
                *left = 0;
                Err(io::ErrorKind::StorageFull.into())
            }
            Some(left) => {
                *left -= bytes as u64;
                Ok(())
            }
            None => Ok(()),
        }
    }

    fn step<R>(
        &self,
        operation: &'static str,
        path: &Path,
        bytes: usize,
        step: impl FnOnce() -> io::Result<R>,
    ) -> Result<R, Trouble> {
        self.power(bytes).and_then(|()| step()).map_err(|source| Trouble::disk(operation, path, source))
    }

    /// Makes a file that no other build writes to.
    pub(super) fn create(&self, folder: &Path) -> Result<Temporary, Trouble> {
        self.step("create", folder, 1, || fs::create_dir_all(folder))?;
        for number in 0.. {
            let path = folder.join(format!("{}-{number}{TEMPORARY}", std::process::id()));
            let made =
                self.step("create", &path, 1, || File::options().read(true).write(true).create_new(true).open(&path));
            match made {
                Err(Trouble::Disk { source, .. }) if source.kind() == io::ErrorKind::AlreadyExists => {}
                Err(trouble) => return Err(trouble),
                Ok(file) => {
                    // The lock says that the builder lives: whoever gets it may remove the file. Not every disk has locks.
                    let _ = file.try_lock();
                    return Ok(Temporary { path, file: Some(file.into()) });
                }
            }
        }
        unreachable!("the numbers do not end")
    }

    pub(super) fn write(&self, file: &Temporary, bytes: &[u8], offset: u64) -> Result<(), Trouble> {
        let Some(open) = &file.file else { return Ok(()) };
        #[cfg(test)]
        if let Some(left) = *super::lock(&self.fuse)
            && left < bytes.len() as u64
        {
            // A full disk takes the beginning.
            let _ = open.write_all_at(&bytes[..left as usize], offset);
        }
        self.step("write", &file.path, bytes.len(), || open.write_all_at(bytes, offset))
    }

    /// Gives a temporary file its name; a file of that name is replaced.
    pub(super) fn publish(&self, mut file: Temporary, path: &Path) -> Result<PositionalFile, (Temporary, Trouble)> {
        if let Err(trouble) = self.step("write", path, 1, || fs::rename(&file.path, path)) {
            return Err((file, trouble));
        }
        let open = file.file.take().expect("a temporary file is open until it is published");
        // Where locks hinder readers as well, they must not outlive the builder's need.
        open.unlock();
        Ok(open)
    }

    /// Replaces a small file in one step.
    pub(super) fn replace(&self, path: &Path, bytes: &[u8]) -> Result<(), Trouble> {
        let folder = path.parent().unwrap_or(Path::new("."));
        let file = self.create(folder)?;
        self.write(&file, bytes, 0)?;
        self.publish(file, path).map(drop).map_err(|(_, trouble)| trouble)
    }

    /// Keeps others from changing the folder until the returned file is dropped, or its process ends in any way.
    pub(super) fn lock(&self, folder: &Path) -> Option<File> {
        let file = File::options().create(true).truncate(false).write(true).open(folder.join(LOCK)).ok()?;
        let pause = Duration::from_millis(5);
        let mut waited = Duration::ZERO;
        loop {
            match file.try_lock() {
                Ok(()) => return Some(file),
                // Without the lock the worst is that one of two results is forgotten.
                Err(TryLockError::Error(_)) => return None,
                Err(TryLockError::WouldBlock) if waited >= PATIENCE => return None,
                Err(TryLockError::WouldBlock) => std::thread::sleep(pause),
            }
            waited += pause;
        }
    }

    /// Removes a file that nothing refers to any more. Where that fails, [`Disk::sweep`] tries again another day.
    pub(super) fn remove(&self, path: &Path) {
        let _ = self.step("remove", path, 1, || fs::remove_file(path));
    }

    /// Removes what dead builds left behind: whatever is not among the names. The age of files is told by comparing with the manifest,
    /// which was just written, so that a wrong clock does no harm. Only while the folder is locked.
    pub(super) fn sweep(&self, folder: &Path, names: &[String]) {
        let modified = |path: &Path| fs::metadata(path).and_then(|data| data.modified()).ok();
        let is_kept = |name: &str| name == LOCK || names.iter().any(|kept| kept == name);
        let (Some(now), Ok(entries)) = (modified(&manifest::path(folder)), fs::read_dir(folder)) else { return };
        for entry in entries.filter_map(Result::ok) {
            let path = entry.path();
            let Some(name) = path.file_name().and_then(|name| name.to_str()) else { continue };
            if is_kept(name) {
                continue;
            }
            let age = modified(&path).and_then(|then: SystemTime| now.duration_since(then).ok()).unwrap_or_default();
            if age >= YOUNG && (!name.ends_with(TEMPORARY) || is_abandoned(&path, age)) {
                self.remove(&path);
            }
        }
    }
}

/// Reports whether nobody holds the lock of a temporary file any more.
fn is_abandoned(path: &Path, age: Duration) -> bool {
    match File::options().write(true).open(path).map(|file| file.try_lock()) {
        Ok(Ok(())) => true,
        Ok(Err(TryLockError::WouldBlock)) => false,
        Ok(Err(TryLockError::Error(_))) | Err(_) => age >= OLD,
    }
}

/// A file that goes when it is dropped, unless it was published. A killed build leaves it behind for [`Disk::sweep`].
#[derive(Debug)]
pub(super) struct Temporary {
    path: PathBuf,
    file: Option<PositionalFile>,
}

impl Temporary {
    pub(super) fn read(&self, offset: u64, length: u64) -> Option<Vec<u8>> {
        self.file.as_ref()?.read_at(offset, length).ok()
    }
}

impl Temporary {
    /// Opens the file once more, for reading.
    pub(super) fn reopen(&self) -> io::Result<File> {
        File::open(&self.path)
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        if self.file.take().is_some() {
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// A file that is read and written at given places by many threads.
#[derive(Debug)]
pub(super) struct PositionalFile {
    #[cfg(unix)]
    file: File,
    #[cfg(not(unix))]
    file: std::sync::Mutex<File>,
}

impl From<File> for PositionalFile {
    #[expect(clippy::useless_conversion, reason = "not all systems have positional reads, and then there is a lock")]
    fn from(file: File) -> Self {
        Self { file: file.into() }
    }
}

#[cfg(unix)]
impl PositionalFile {
    pub(super) fn len(&self) -> io::Result<u64> {
        Ok(self.file.metadata()?.len())
    }

    fn unlock(&self) {
        let _ = self.file.unlock();
    }

    /// Reads at least so many bytes into the room that is reserved for them, which is not cleared first.
    fn fill(&self, bytes: &mut Vec<u8>, length: usize, mut offset: u64) -> io::Result<()> {
        while bytes.len() < length {
            match rustix::io::pread(&self.file, rustix::buffer::spare_capacity(bytes), offset) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(count) => offset += count as u64,
                Err(rustix::io::Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    fn write_all_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        std::os::unix::fs::FileExt::write_all_at(&self.file, bytes, offset)
    }
}

#[cfg(not(unix))]
impl PositionalFile {
    pub(super) fn len(&self) -> io::Result<u64> {
        Ok(super::lock(&self.file).metadata()?.len())
    }

    fn unlock(&self) {
        let _ = super::lock(&self.file).unlock();
    }

    /// Reads so many bytes.
    fn fill(&self, bytes: &mut Vec<u8>, length: usize, offset: u64) -> io::Result<()> {
        use io::{Read, Seek};
        let mut file = super::lock(&self.file);
        file.seek(io::SeekFrom::Start(offset))?;
        (&mut *file).take(length as u64).read_to_end(bytes)?;
        if bytes.len() == length { Ok(()) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
    }

    fn write_all_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        use io::{Seek, Write};
        let mut file = super::lock(&self.file);
        file.seek(io::SeekFrom::Start(offset))?;
        file.write_all(bytes)
    }
}

impl PositionalFile {
    /// Reads so many bytes. The length was read from a file as well: memory that is not to be had is an error.
    pub(super) fn read_at(&self, offset: u64, length: u64) -> io::Result<Vec<u8>> {
        let length = usize::try_from(length).map_err(|_| io::ErrorKind::OutOfMemory)?;
        let mut bytes = Vec::new();
        bytes.try_reserve_exact(length).map_err(|_| io::ErrorKind::OutOfMemory)?;
        self.fill(&mut bytes, length, offset)?;
        bytes.truncate(length);
        Ok(bytes)
    }
}
