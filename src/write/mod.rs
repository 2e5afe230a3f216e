//! Writes the output folder, all or nothing.
//!
//! In: [`crate::render::Artifact`]s, from several threads. Out: the folder: what is unchanged is not rewritten, what is gone is removed,
//! a killed build leaves the former site in full. Deliberately not here: what the files hold.
//!
//! There are two generations of the output. `public/` is one; the other lies in `.rivage/output/…/previous` and is brought up to date
//! from the first by hard links, so that it costs no space and little time; then the two change places in one step.
//!
//! ```text
//! put       bytes like those in public/  → nothing            others → staging/17
//! commit    previous/: remove what is gone, link what is unchanged, move in what is staged
//!           manifest:  path, stamp → hash of the files of both generations
//!           public/ ⇄ previous/
//! ```
//!
//! A kill before the last line leaves the old site, one after it the new. Nothing has to be repaired afterwards: whether a file of
//! `public/` is right is told by its stamp and hash, whether one of `previous/` is right by its being the very same file.
//! The manifest only saves reading. Files reach both folders whole, by moves and links.
//!
//! Where the system cannot exchange folders (Windows, some network disks), `public/` is moved aside and the new one moved in: a kill
//! between these two moves leaves no `public/`; the next build puts the former one back before it does anything else. Data are
//! not forced to the medium: the promise holds for a killed program, not for a power cut.

mod disk;
mod error;
mod listing;
mod manifest;
mod memory;
mod place;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::collections::hash_map::Entry;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rustc_hash::{FxHashMap, FxHashSet};

use crate::inputs::Fingerprint;
use crate::render::{Artifact, Content, Put, Sink};
use disk::Disk;
pub use error::Error;
use listing::{Listing, Stamp};
use manifest::Manifest;
pub use memory::{MemorySink, NullSink};
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
}

/// Takes artifacts and makes them the output folder. Dropped without [`Writer::commit`], it leaves the folder as it was.
#[derive(Debug)]
pub struct Writer {
    place: Place,
    disk: Disk,
    built_in: Option<BuiltIn>,
    /// What the output folder holds.
    current: Listing,
    known: Manifest,
    made: Mutex<FxHashMap<String, Made>>,
    staged: AtomicUsize,
}

/// An artifact that has been taken.
#[derive(Clone, Copy, Debug)]
struct Made {
    digest: Fingerprint,
    length: u64,
    /// The file in staging/; none if the output holds it already.
    staged: Option<usize>,
    /// Whether it is there only because it was there before.
    kept: bool,
}

impl Writer {
    /// Opens an output folder, given relative to the project's root or absolute, and keeps other builds off it.
    ///
    /// # Errors
    /// The folder holds the project, is one of its sources, was not written by rivage, is being written by another build, or
    /// cannot be looked at.
    pub fn open(root: &Path, output: impl AsRef<Path>, options: Options) -> Result<Self, Error> {
        let place = Place::open(root, output.as_ref(), options.wait)?;
        let disk = Disk::new(&place.root, true);
        Self::begin(place, disk, options)
    }

    fn begin(place: Place, disk: Disk, options: Options) -> Result<Self, Error> {
        if !place.output.exists() && place.retired.exists() {
            disk.rename(&place.retired, &place.output)?;
        }
        let current = Listing::of(&disk, &place.output)?;
        let manifest = std::fs::read_to_string(&place.manifest).ok();
        if !current.is_empty() && manifest.is_none() && !options.force && !is_marked(&place.output) {
            return Err(Error::NotOurs { output: place.name.clone() });
        }
        for leftover in [&place.staging, &place.retired] {
            if leftover.exists() {
                disk.remove_folder(leftover)?;
            }
        }
        disk.create_folders(&place.staging)?;
        Ok(Self {
            known: manifest.as_deref().map(Manifest::parse).unwrap_or_default(),
            current,
            built_in: options.built_in,
            made: Mutex::default(),
            staged: AtomicUsize::new(0),
            place,
            disk,
        })
    }

    fn take(&self, artifact: Artifact) -> Result<Put, Error> {
        let Artifact { path, content } = artifact;
        check_path(&path)?;
        let made = match content {
            Content::Bytes(bytes) => self.take_bytes(&path, &bytes)?,
            Content::CopyOf(source) => self.take_copy(&path, &source)?,
        };
        self.note(path, made)?;
        Ok(Put { digest: made.digest, length: made.length })
    }

    fn note(&self, path: String, made: Made) -> Result<(), Error> {
        let mut all = self.made();
        match all.entry(path) {
            Entry::Vacant(entry) => {
                entry.insert(made);
            }
            // A result of several files is made again if one of them is missing.
            Entry::Occupied(mut entry) if entry.get().kept => {
                entry.insert(made);
            }
            Entry::Occupied(entry) => return Err(Error::Duplicate { path: entry.key().clone() }),
        }
        Ok(())
    }

    fn keep_made(&self, path: &str, digest: Fingerprint, length: u64) -> Result<bool, Error> {
        check_path(path)?;
        let is_there = self.holds(path, digest, length);
        if is_there {
            self.note(path.to_owned(), Made { digest, length, staged: None, kept: true })?;
        }
        Ok(is_there)
    }

    fn take_bytes(&self, path: &str, bytes: &[u8]) -> Result<Made, Error> {
        let (digest, length) = (Fingerprint::of(bytes), bytes.len() as u64);
        if self.holds(path, digest, length) {
            return Ok(Made { digest, length, staged: None, kept: false });
        }
        let number = self.staged.fetch_add(1, Ordering::Relaxed);
        self.disk.write(&self.staging(number), bytes)?;
        Ok(Made { digest, length, staged: Some(number), kept: false })
    }

    fn take_copy(&self, path: &str, source: &str) -> Result<Made, Error> {
        let from = self.place.root.join(source);
        if let Some(bytes) = self.built_in.filter(|_| !from.exists()).and_then(|read| read(source)) {
            return self.take_bytes(path, bytes);
        }
        let same_length = || Some(from.metadata().ok()?.len() == self.current.files.get(path)?.0.length);
        if same_length() == Some(true) {
            let (digest, length) = self.disk.digest(&from)?;
            if self.holds(path, digest, length) {
                return Ok(Made { digest, length, staged: None, kept: false });
            }
        }
        let number = self.staged.fetch_add(1, Ordering::Relaxed);
        let to = self.staging(number);
        self.disk.copy(&from, &to)?;
        // The copy's hash, not the source's: somebody may be writing to the source.
        let (digest, length) = self.disk.digest(&to)?;
        Ok(Made { digest, length, staged: Some(number), kept: false })
    }

    /// Reports whether the output has this file already. One whose stamp is unknown (edited by hand, or the manifest is lost) is read.
    fn holds(&self, path: &str, digest: Fingerprint, length: u64) -> bool {
        let Some((stamp, _)) = self.current.files.get(path).filter(|(stamp, _)| stamp.length == length) else {
            return false;
        };
        let known = self.known.digest(path, *stamp);
        let found = known.or_else(|| Some(self.disk.digest(&self.place.output.join(path)).ok()?.0));
        found == Some(digest)
    }

    fn made(&self) -> MutexGuard<'_, FxHashMap<String, Made>> {
        self.made.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn staging(&self, number: usize) -> PathBuf {
        self.place.staging.join(number.to_string())
    }

    /// Makes what has been put the output folder.
    ///
    /// # Errors
    /// The disk refused something, or two artifacts cannot both be written. The folder is then as it was.
    pub fn commit(self) -> Result<Summary, Error> {
        let mut made: Vec<_> = std::mem::take(&mut *self.made()).into_iter().collect();
        made.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
        let folders = folders(&made)?;
        let summary = self.summary(&made);
        if summary.written == 0 && summary.removed == 0 && self.current.exists {
            if made.iter().any(|(path, _)| self.is_unknown(path)) {
                self.write_manifest(&made, &self.place.output)?;
            }
            return Ok(summary);
        }
        self.assemble(&made, &folders)?;
        self.write_manifest(&made, &self.place.previous)?;
        self.swap()?;
        Ok(summary)
    }

    fn summary(&self, made: &[(String, Made)]) -> Summary {
        let staged = made.iter().filter(|(_, made)| made.staged.is_some());
        let (written, bytes) = staged.fold((0, 0), |(count, bytes), (_, made)| (count + 1, bytes + made.length));
        let kept = made.iter().filter(|(path, _)| self.current.files.contains_key(path)).count();
        let removed = self.current.files.len() - kept + self.current.odd.len();
        Summary { written, unchanged: made.len() - written, removed, bytes }
    }

    fn is_unknown(&self, path: &str) -> bool {
        self.current.files.get(path).is_some_and(|(stamp, _)| self.known.digest(path, *stamp).is_none())
    }

    /// Brings the previous generation to what has been made.
    fn assemble(&self, made: &[(String, Made)], folders: &BTreeSet<&str>) -> Result<(), Error> {
        let Self { disk, place, .. } = self;
        let former = Listing::of(disk, &place.previous)?;
        if !former.exists {
            disk.create_folders(&place.previous)?;
        }
        let wanted: FxHashMap<&str, &Made> = made.iter().map(|(path, made)| (path.as_str(), made)).collect();
        let mut kept: FxHashSet<&str> = FxHashSet::default();
        let mut gone = former.odd.clone();
        for (path, found) in sorted(&former.files) {
            match wanted.get(path.as_str()) {
                Some(Made { staged: Some(_), .. }) => {}
                Some(made) if self.is_current(path, *found, made) => {
                    kept.insert(path);
                }
                _ => gone.push(place.previous.join(path)),
            }
        }
        for path in &gone {
            // A link to a folder is a file here; a folder is one whose name is not UTF-8.
            if path.symlink_metadata().is_ok_and(|metadata| metadata.is_dir()) {
                disk.remove_folder(path)?;
            } else {
                disk.remove_file(path)?;
            }
        }
        for folder in former.folders.iter().rev().filter(|folder| !folders.contains(folder.as_str())) {
            disk.remove_empty_folder(&place.previous.join(folder))?;
        }
        let there: FxHashSet<&str> = former.folders.iter().map(String::as_str).collect();
        for folder in folders.iter().filter(|folder| !there.contains(*folder)) {
            disk.create_folders(&place.previous.join(folder))?;
        }
        for (path, made) in made.iter().filter(|(path, _)| !kept.contains(path.as_str())) {
            let target = place.previous.join(path);
            match made.staged {
                Some(number) => disk.rename(&self.staging(number), &target)?,
                None => self.link(&place.output.join(path), &target)?,
            }
        }
        Ok(())
    }

    /// Reports whether a file of the previous generation is the output's own, or known to be equal.
    fn is_current(&self, path: &str, found: (Stamp, listing::Identity), made: &Made) -> bool {
        let (stamp, identity) = found;
        match self.current.files.get(path) {
            Some((_, current)) if identity.is_some() => *current == identity,
            _ => self.known.digest(path, stamp) == Some(made.digest),
        }
    }

    fn link(&self, from: &Path, to: &Path) -> Result<(), Error> {
        if self.disk.link(from, to)? {
            return Ok(());
        }
        // By way of staging, so that no half of a file is ever in a generation.
        let number = self.staged.fetch_add(1, Ordering::Relaxed);
        self.disk.copy(from, &self.staging(number))?;
        Ok(self.disk.rename(&self.staging(number), to)?)
    }

    /// Notes the hashes of what has been made, which lies in `folder`, and of what only the output holds: whichever of the two a kill
    /// leaves in place, its files are known.
    fn write_manifest(&self, made: &[(String, Made)], folder: &Path) -> Result<(), Error> {
        let Self { disk, place, .. } = self;
        let stamp = |path: &Path| path.symlink_metadata().map(|metadata| Stamp::of(&metadata));
        let mut manifest = Manifest::default();
        for (path, made) in made {
            let place = folder.join(path);
            let stamp = stamp(&place).map_err(|source| disk.error("look at", &place, source))?;
            manifest.insert(path, stamp, made.digest);
        }
        let shared: FxHashSet<_> =
            made.iter().filter(|(_, made)| made.staged.is_none()).map(|(path, _)| path).collect();
        for (path, (old, _)) in sorted(&self.current.files) {
            // Linking and unlinking have changed the stamp, so it is taken again.
            if !shared.contains(path)
                && let Some(digest) = self.known.digest(path, *old)
                && let Ok(stamp) = stamp(&place.output.join(path))
                && (stamp.length, stamp.modified) == (old.length, old.modified)
            {
                manifest.insert(path, stamp, digest);
            }
        }
        let next = place.state.join("manifest.next");
        disk.write(&next, manifest.to_text().as_bytes())?;
        Ok(disk.rename(&next, &place.manifest)?)
    }

    fn swap(&self) -> Result<(), Error> {
        let Self { disk, place, current, .. } = self;
        if !current.exists {
            return Ok(disk.rename(&place.previous, &place.output)?);
        }
        if disk.exchange(&place.previous, &place.output)? {
            return Ok(());
        }
        disk.rename(&place.output, &place.retired)?;
        if let Err(error) = disk.rename(&place.previous, &place.output) {
            // If this fails, too, the next build does it.
            let _ = disk.rename(&place.retired, &place.output);
            return Err(error.into());
        }
        // The new site is in place: what cannot be kept of the former one only costs the next build some time.
        let _ = disk.rename(&place.retired, &place.previous);
        Ok(())
    }
}

impl Sink for Writer {
    fn put(&self, artifact: Artifact) -> Result<Option<Put>, crate::fs::Error> {
        let path = artifact.path.clone();
        self.take(artifact).map(Some).map_err(|error| error.into_disk(&path))
    }

    fn keep(&self, path: &str, digest: Fingerprint, length: u64) -> Result<bool, crate::fs::Error> {
        self.keep_made(path, digest, length).map_err(|error| error.into_disk(path))
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        let _ = self.disk.remove_folder(&self.place.staging);
    }
}

fn is_marked(output: &Path) -> bool {
    std::fs::read_to_string(output.join("_headers")).is_ok_and(|text| text.starts_with(MARK))
}

fn sorted<V>(map: &FxHashMap<String, V>) -> Vec<(&String, &V)> {
    let mut all: Vec<_> = map.iter().collect();
    all.sort_unstable_by_key(|(path, _)| *path);
    all
}

/// Returns all folders of the files, those above before those below.
fn folders(made: &[(String, Made)]) -> Result<BTreeSet<&str>, Error> {
    let mut folders = BTreeSet::new();
    for (path, _) in made {
        let mut rest = path.as_str();
        while let Some((folder, _)) = rest.rsplit_once('/') {
            if !folders.insert(folder) {
                break;
            }
            if made.binary_search_by(|(path, _)| path.as_str().cmp(folder)).is_ok() {
                return Err(Error::FileAndFolder { file: folder.to_owned(), below: path.clone() });
            }
            rest = folder;
        }
    }
    Ok(folders)
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
