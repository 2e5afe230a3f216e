//! Writes the output folder, all or nothing.
//!
//! In: [`crate::render::Artifact`]s, from several threads. Out: the folder: what is unchanged is not rewritten, what is gone is removed,
//! a killed build leaves the former site in full. Deliberately not here: what the files hold.
//!
//! There are two generations of the output. `public/` is one; the other lies in `.rivage/output/…/previous` and is brought up to date
//! from the first by hard links, so that it costs no space and little time; then the two change places in one step.
//!
//! ```text
//! open      the manifest: how all looked, hashes; public/: does it still look like that?     (beside the pipeline's first stages)
//! put       bytes like those in public/  → nothing            others → staging/17
//! keep      the file in public/, unread, if its hash is the one asked for
//! commit    previous/: remove what is gone, link what is unchanged, move in what is staged
//!           manifest:  how the files and folders of both generations look, hashes
//!           public/ ⇄ previous/
//! ```
//!
//! The first build has nothing to compare with and writes straight into previous/. Where a single file has changed, and it stands in place of a
//! former one, one move makes the new site of the old: previous/ is left as it is.
//!
//! A kill before the last line leaves the old site, one after it the new. Nothing has to be repaired afterwards: whether a file of
//! `public/` is right is told by its stamp and hash, whether one of `previous/` is right by its being the very same file.
//! The manifest only saves reading and listing. Files reach `public/` whole, by moves and links.
//!
//! Where the system cannot exchange folders (Windows, some network disks), `public/` is moved aside and the new one moved in: a kill
//! between these two moves leaves no `public/`; the next build puts the former one back before it does anything else. Where `public/`
//! cannot be moved at all, because a disk is mounted there or the folder around it may not be changed, its files are replaced one by one
//! ([`in_place`]): then a kill can leave new files among old ones. Data are not forced to the medium: the promise holds for a killed
//! program, not for a power cut.

mod assemble;
mod disk;
mod error;
mod folder;
mod generation;
mod in_place;
mod manifest;
mod null;
mod parts;
mod place;
#[cfg(test)]
mod tests;

use std::collections::hash_map::Entry;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread::JoinHandle;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::inputs::Fingerprint;
use crate::render::{Artifact, Content, Put, Sink};
use disk::{Disk, Exchange};
pub use error::Error;
use folder::{Folder, Stamp};
use generation::{Current, Found, Taken};
pub use null::{LookSink, NullSink};
use place::Place;

/// A line at the start of `_headers` by which an output is known to be rivage's even if `.rivage` has been deleted.
pub const MARK: &str = "# Written by rivage.";

/// Returns the bytes of a file that is part of the program.
pub type BuiltIn = fn(&str) -> Option<&'static [u8]>;

/// How the output is written.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// Replace a folder that rivage did not write.
    pub force: bool,
    /// Wait for another build that writes to the same folder, rather than fail.
    pub wait: bool,
    /// Files that are not on the disk (of the theme in the program), by path, for [`Content::CopyOf`].
    pub built_in: Option<BuiltIn>,
}

/// What a build changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Files written.
    pub written: usize,
    /// Files left as they were.
    pub unchanged: usize,
    /// Files removed.
    pub removed: usize,
    /// Bytes in the files written.
    pub bytes: u64,
    /// Whether the output folder could not be exchanged, so that its files were replaced one by one.
    pub in_place: bool,
}

/// Takes artifacts and makes them the output folder. Dropped without [`Writer::commit`], it leaves the folder as it was.
#[derive(Debug)]
pub struct Writer {
    place: Place,
    disk: Disk,
    built_in: Option<BuiltIn>,
    /// The look at the output folder while it lasts.
    scan: Mutex<Option<JoinHandle<Result<Current, crate::fs::Error>>>>,
    /// What the output folder holds.
    current: OnceLock<Result<Current, crate::fs::Error>>,
    /// The next generation, if there is no former one: files are written straight into it.
    next: Option<Folder>,
    fresh: Mutex<Fresh>,
    staged: AtomicUsize,
    is_done: bool,
}

/// What the output folder does not have yet.
#[derive(Debug, Default)]
struct Fresh {
    files: FxHashMap<String, New>,
    /// Folders of [`Writer::next`].
    folders: FxHashSet<String>,
}

/// A file that the output folder does not have yet.
#[derive(Clone, Copy, Debug)]
struct New {
    put: Put,
    at: Whereabouts,
}

/// Where a new file is.
#[derive(Clone, Copy, Debug)]
enum Whereabouts {
    /// Somebody is about to write it.
    Awaited,
    /// In staging/, by this number.
    Staged(usize),
    /// In its place in the next generation, where it looks like this.
    InPlace(Stamp),
}

impl Writer {
    /// Opens an output folder, given relative to the project's root or absolute, and keeps other builds off it. A look at what it
    /// holds begins; what needs the answer waits for it.
    ///
    /// # Errors
    /// The folder holds the project, is one of its sources, was not written by rivage, is being written by another build, or
    /// cannot be looked at.
    pub fn open(root: &Path, output: impl AsRef<Path>, options: Options) -> Result<Self, Error> {
        let place = Place::open(root, output.as_ref(), options.wait)?;
        let disk = Disk::new(&place.root);
        Self::begin(place, disk, options)
    }

    fn begin(place: Place, disk: Disk, options: Options) -> Result<Self, Error> {
        if !place.output.exists() && place.retired.exists() {
            disk.rename(&place.retired, &place.output)?;
        }
        let is_empty = disk.is_empty(&place.output)?;
        if !is_empty && !place.manifest.exists() && !options.force && !is_marked(&place.output) {
            return Err(Error::NotOurs { output: place.name.clone() });
        }
        for leftover in [&place.staging, &place.retired] {
            if leftover.exists() {
                disk.remove_folder(leftover)?;
            }
        }
        disk.create_folders(&place.staging)?;
        let next = if is_empty {
            disk.remove_folder(&place.previous)?;
            disk.create_folders(&place.previous)?;
            Some(disk.open(&place.previous)?)
        } else {
            None
        };
        Ok(Self {
            scan: Mutex::new(Self::start_scan(&place)),
            current: OnceLock::new(),
            built_in: options.built_in,
            next,
            fresh: Mutex::default(),
            staged: AtomicUsize::new(0),
            is_done: false,
            place,
            disk,
        })
    }

    fn start_scan(place: &Place) -> Option<JoinHandle<Result<Current, crate::fs::Error>>> {
        let (root, output, manifest) = (place.root.clone(), place.output.clone(), place.manifest.clone());
        let scan = move || Current::scan(&Disk::new(&root), &output, &manifest);
        std::thread::Builder::new().name("output".to_owned()).spawn(scan).ok()
    }

    /// Returns what the output folder holds, once it is known.
    fn current(&self) -> Result<&Current, Error> {
        let found = self.current.get_or_init(|| {
            let running = self.scan.lock().unwrap_or_else(PoisonError::into_inner).take();
            match running {
                Some(scan) => scan.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)),
                // No thread could be had.
                None => Current::scan(&self.disk, &self.place.output, &self.place.manifest),
            }
        });
        found.as_ref().map_err(|error| error::again(error).into())
    }

    fn take(&self, artifact: Artifact) -> Result<Put, Error> {
        let Artifact { path, content } = artifact;
        check_path(&path)?;
        match content {
            Content::Bytes(bytes) => self.take_bytes(path, &bytes),
            Content::CopyOf(source) => self.take_copy(path, &source),
        }
    }

    fn take_bytes(&self, path: String, bytes: &[u8]) -> Result<Put, Error> {
        let put = Put { digest: Fingerprint::of(bytes), length: bytes.len() as u64 };
        let found = self.current()?.get(&path);
        if let Some(found) = found
            && self.is(found, put)
        {
            return take_file(found, Taken::Same, &path).map(|()| put);
        }
        self.reserve(found, &path, put)?;
        let at = match &self.next {
            Some(next) => self.write_in_place(next, &path, bytes)?,
            None => None,
        };
        let at = match at {
            Some(stamp) => Whereabouts::InPlace(stamp),
            None => self.stage(|to| self.disk.write(to, bytes))?,
        };
        self.fresh().files.insert(path, New { put, at });
        Ok(put)
    }

    fn take_copy(&self, path: String, source: &str) -> Result<Put, Error> {
        let from = self.place.root.join(source);
        if let Some(bytes) = self.built_in.filter(|_| !from.exists()).and_then(|read| read(source)) {
            return self.take_bytes(path, bytes);
        }
        let found = self.current()?.get(&path);
        if let Some(found) = found
            && from.metadata().is_ok_and(|source| source.len() == found.stamp.length)
        {
            let (digest, length) = self.disk.digest(&from)?;
            let put = Put { digest, length };
            if self.is(found, put) {
                return take_file(found, Taken::Same, &path).map(|()| put);
            }
        }
        self.reserve(found, &path, Put { digest: Fingerprint::of(b""), length: 0 })?;
        let number = self.staged.fetch_add(1, Ordering::Relaxed);
        let to = self.staging(number);
        self.disk.copy(&from, &to)?;
        // The copy's hash, not the source's: somebody may be writing to the source.
        let (digest, length) = self.disk.digest(&to)?;
        let put = Put { digest, length };
        self.fresh().files.insert(path, New { put, at: Whereabouts::Staged(number) });
        Ok(put)
    }

    fn keep_file(&self, path: &str, put: Put) -> Result<bool, Error> {
        match self.current()?.get(path) {
            Some(found) if self.is(found, put) => take_file(found, Taken::Kept, path).map(|()| true),
            Some(_) => Ok(false),
            None => check_path(path).map(|()| false),
        }
    }

    /// Reports whether a file of the output is this one.
    fn is(&self, found: &Found, put: Put) -> bool {
        let read = || Some(self.disk.digest(&self.place.output.join(&*found.path)).ok()?.0);
        found.stamp.length == put.length && found.digest(read) == Some(put.digest)
    }

    /// Makes sure that no other file has the path.
    fn reserve(&self, found: Option<&Found>, path: &str, put: Put) -> Result<(), Error> {
        if let Some(found) = found {
            take_file(found, Taken::Other, path)?;
        }
        match self.fresh().files.entry(path.to_owned()) {
            Entry::Vacant(entry) => {
                entry.insert(New { put, at: Whereabouts::Awaited });
                Ok(())
            }
            Entry::Occupied(entry) => Err(Error::Duplicate { path: entry.key().clone() }),
        }
    }

    fn stage(&self, write: impl FnOnce(&Path) -> Result<(), crate::fs::Error>) -> Result<Whereabouts, Error> {
        let number = self.staged.fetch_add(1, Ordering::Relaxed);
        write(&self.staging(number))?;
        Ok(Whereabouts::Staged(number))
    }

    /// Writes a file where it belongs in the next generation; none if something else stands in the way, of which [`Writer::commit`]
    /// finds out more.
    fn write_in_place(&self, next: &Folder, path: &str, bytes: &[u8]) -> Result<Option<Stamp>, Error> {
        let mut missing = Vec::new();
        {
            let fresh = self.fresh();
            let mut rest = path;
            while let Some((folder, _)) = rest.rsplit_once('/') {
                if fresh.folders.contains(folder) {
                    break;
                }
                missing.push(folder);
                rest = folder;
            }
        }
        for folder in missing.into_iter().rev() {
            match self.disk.create_folder_in(next, folder) {
                Err(error) if is_in_the_way(&error) => return Ok(None),
                made => made?,
            }
            self.fresh().folders.insert(folder.to_owned());
        }
        match self.disk.create_in(next, path, bytes) {
            Ok(stamp) => Ok(Some(stamp)),
            Err(error) if is_in_the_way(&error) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    fn fresh(&self) -> MutexGuard<'_, Fresh> {
        self.fresh.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn staging(&self, number: usize) -> PathBuf {
        self.place.staging.join(number.to_string())
    }

    /// Names each file that the output folder will have with its length, in no order: what has been put and kept so far.
    ///
    /// # Errors
    /// The output folder cannot be looked at.
    pub fn each_file(&self, mut name: impl FnMut(&str, u64)) -> Result<(), Error> {
        for found in self.current()?.files.iter().filter(|found| found.stays()) {
            name(&found.path, found.stamp.length);
        }
        self.fresh().files.iter().for_each(|(path, new)| name(path, new.put.length));
        Ok(())
    }

    /// Makes what has been put and kept the output folder.
    ///
    /// # Errors
    /// The disk refused something, or two artifacts cannot both be written. The folder is then as it was, unless it is one that cannot be
    /// exchanged and the disk refused one of its files.
    pub fn commit(mut self) -> Result<Summary, Error> {
        let mut new: Vec<_> = std::mem::take(&mut self.fresh().files).into_iter().collect();
        new.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
        if let Some((path, _)) = new.iter().find(|(_, new)| matches!(new.at, Whereabouts::Awaited)) {
            let cause = std::io::Error::other("it could not be written before");
            return Err(self.disk.error("write", &self.place.output.join(path), cause).into());
        }
        let current = self.current()?;
        let mut summary = summary(current, &new);
        if summary.written == 0 && summary.removed == 0 && current.walk.is_some() {
            if current.is_worth_noting() {
                self.note_current(current, None)?;
            }
        } else if summary.removed > 0 || !self.replace_one(current, &new)? {
            self.assemble(current, &new)?;
            summary.in_place = !self.swap(current)?;
            if summary.in_place {
                self.change_in_place(current, &new)?;
            }
        }
        self.is_done = true;
        Ok(summary)
    }

    /// Moves the only new file to its place, where a former one stands: before this step the output folder is the old site, after it the new one.
    /// Reports whether that was possible.
    fn replace_one(&self, current: &Current, new: &[(String, New)]) -> Result<bool, Error> {
        let [(path, New { put, at: Whereabouts::Staged(number) })] = new else { return Ok(false) };
        let (Some(folder), Some(_)) = (&current.folder, current.get(path)) else { return Ok(false) };
        match self.disk.rename(&self.staging(*number), &folder.at(path)) {
            Err(error) if disk::is_of_fixed_folder(&error.source) => return Ok(false),
            moved => moved?,
        }
        // The new site is complete: what cannot be noted of it only costs the next build some time.
        if let Ok(Some(stamp)) = generation::look_at_file(&self.disk, folder, path) {
            let _ = self.note_current(current, Some((path.as_str(), stamp, put.digest)));
        }
        Ok(true)
    }

    /// Puts the next generation in the place of the output folder; reports whether that was possible.
    fn swap(&self, current: &Current) -> Result<bool, Error> {
        let Self { disk, place, .. } = self;
        if current.walk.is_none() {
            disk.rename(&place.previous, &place.output)?;
            return Ok(true);
        }
        match disk.exchange(&place.previous, &place.output)? {
            Exchange::Done => return Ok(true),
            Exchange::Fixed => return Ok(false),
            Exchange::Unknown => {}
        }
        match disk.rename(&place.output, &place.retired) {
            Err(error) if disk::is_of_fixed_folder(&error.source) => return Ok(false),
            moved => moved?,
        }
        if let Err(error) = disk.rename(&place.previous, &place.output) {
            // If this fails, too, the next build does it.
            let _ = disk.rename(&place.retired, &place.output);
            return Err(error.into());
        }
        // The new site is in place: what cannot be kept of the former one only costs the next build some time.
        let _ = disk.rename(&place.retired, &place.previous);
        Ok(true)
    }
}

impl Sink for Writer {
    fn put(&self, artifact: Artifact) -> Result<Option<Put>, crate::fs::Error> {
        let path = artifact.path.clone();
        self.take(artifact).map(Some).map_err(|error| error.into_disk(&path))
    }

    fn keep(&self, path: &str, digest: Fingerprint, length: u64) -> Result<bool, crate::fs::Error> {
        self.keep_file(path, Put { digest, length }).map_err(|error| error.into_disk(path))
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        // The lock must outlast the look at the folder.
        if let Some(scan) = self.scan.get_mut().unwrap_or_else(PoisonError::into_inner).take() {
            let _ = scan.join();
        }
        let _ = self.disk.remove_folder(&self.place.staging);
        if self.next.is_some() && !self.is_done {
            let _ = self.disk.remove_folder(&self.place.previous);
        }
    }
}

/// Notes that a path of the output is taken, by the file that is there or another one.
fn take_file(found: &Found, what: Taken, path: &str) -> Result<(), Error> {
    match (found.take(what), what) {
        // A result of several files is made again if one of them is missing.
        (Taken::Nothing, _) | (Taken::Kept, Taken::Same | Taken::Other) => Ok(()),
        _ => Err(Error::Duplicate { path: path.to_owned() }),
    }
}

/// Reports whether a file or folder could not be made for what stands there.
fn is_in_the_way(error: &crate::fs::Error) -> bool {
    matches!(error.source.kind(), ErrorKind::AlreadyExists | ErrorKind::NotADirectory | ErrorKind::IsADirectory)
}

fn summary(current: &Current, new: &[(String, New)]) -> Summary {
    let count = |what: fn(Taken) -> bool| current.files.iter().filter(|found| what(found.taken())).count();
    Summary {
        written: new.len(),
        unchanged: count(|taken| matches!(taken, Taken::Kept | Taken::Same)),
        removed: count(|taken| taken == Taken::Nothing) + current.walk.as_ref().map_or(0, |walk| walk.odd.len()),
        bytes: new.iter().map(|(_, new)| new.put.length).sum(),
        in_place: false,
    }
}

fn is_marked(output: &Path) -> bool {
    std::fs::read_to_string(output.join("_headers")).is_ok_and(|text| text.starts_with(MARK))
}

/// Refuses a path that no file of an output may have, as the disk refuses a file.
///
/// # Errors
/// The path is such a one.
pub(crate) fn refuse_bad_path(path: &str) -> Result<(), crate::fs::Error> {
    check_path(path).map_err(|error| error.into_disk(path))
}

/// The last line of defence: whatever earlier stages let through, nothing is written outside of the output folder.
fn check_path(path: &str) -> Result<(), Error> {
    let fail = |reason| Err(Error::BadPath { path: path.escape_default().to_string(), reason });
    if path.chars().any(char::is_control) {
        return fail("it has a control character");
    }
    if path.contains('\\') {
        return fail("a backslash separates folders on some systems");
    }
    if path.starts_with('/') {
        return fail("it is absolute");
    }
    for part in path.split('/') {
        match part {
            "" => return fail("a part of it is empty"),
            "." | ".." => return fail("it has `.` or `..` as a part"),
            _ if part.len() > 255 => return fail("a part of it is longer than 255 bytes"),
            _ => {}
        }
    }
    Ok(())
}
