//! What a generation of the output holds on the disk.
//!
//! In: its folder and the [`Manifest`]. Out: a [`Walk`] over its folders; for the output folder the [`Current`] look of every file. A folder
//! that looks as noted has the entries that are noted, so that only those that do not are listed. Links are not followed: they are
//! not rivage's.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, OnceLock};

use rustc_hash::FxHashMap;

use super::disk::Disk;
use super::folder::{Folder, Kind, Stamp};
use super::manifest::{Manifest, Side};
use super::parts::in_parts;
use crate::fs::Error;
use crate::inputs::Fingerprint;

/// How a folder of the manifest is in a generation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// It is not there.
    Gone,
    /// It has the entries that are noted.
    AsNoted(Stamp),
    /// It may have others, so it has been listed.
    Listed(Stamp),
}

/// The folders of a generation.
#[derive(Debug)]
pub(super) struct Walk {
    /// Which generation of the manifest it is; none for an unknown one.
    pub(super) side: Option<Side>,
    /// The inode of the generation's folder.
    pub(super) root: u64,
    /// The state of each folder of the manifest.
    pub(super) states: Vec<State>,
    /// Folders that are not in the manifest.
    more: Vec<(String, Stamp)>,
    /// The files of all folders that have been listed.
    pub(super) files: Vec<String>,
    /// What rivage would never write: links, devices, names that are not UTF-8; each with its folder.
    pub(super) odd: Vec<(String, PathBuf)>,
}

impl Walk {
    /// Takes an empty generation.
    pub(super) fn empty(disk: &Disk, folder: &Folder, manifest: &Manifest) -> Result<Self, Error> {
        let (root, _) = folder.look("").map_err(|source| disk.error("look at", &folder.at(""), source))?;
        let states = vec![State::Gone; manifest.folders.len()];
        Ok(Self { side: None, root: root.inode, states, more: Vec::new(), files: Vec::new(), odd: Vec::new() })
    }

    /// Looks at all folders of a generation.
    pub(super) fn over(disk: &Disk, folder: &Folder, manifest: &Manifest) -> Result<Self, Error> {
        let fail = |operation, below: &str, source| disk.error(operation, &folder.at(below), source);
        let (root, _) = folder.look("").map_err(|source| fail("look at", "", source))?;
        let side = manifest.side(root.inode);
        let numbers: Vec<usize> = (0..manifest.folders.len()).collect();
        let look = |number: &usize| {
            let note = &manifest.folders[*number];
            let Some(side) = side.filter(|side| note.looks[side.number()].is_some() && !note.path.is_empty()) else {
                return Ok(State::Gone);
            };
            match folder.look(&note.path) {
                Ok((stamp, Kind::Folder)) if manifest.is_folder(*number, side, stamp) => Ok(State::AsNoted(stamp)),
                Ok((stamp, Kind::Folder)) => Ok(State::Listed(stamp)),
                Ok(_) => Ok(State::Gone),
                Err(error) if is_missing(&error) => Ok(State::Gone),
                Err(source) => Err(fail("look at", &note.path, source)),
            }
        };
        let states = in_parts(&numbers, look)?;
        let mut walk = Self { side, root: root.inode, states, more: Vec::new(), files: Vec::new(), odd: Vec::new() };
        walk.forget_what_is_elsewhere(manifest);

        let listed = |(number, state): (usize, &State)| {
            let State::Listed(stamp) = state else { return None };
            Some((manifest.folders[number].path.to_string(), *stamp))
        };
        let mut waiting: Vec<_> = walk.states.iter().enumerate().filter_map(listed).collect();
        waiting.push((String::new(), root));
        while let Some((path, stamp)) = waiting.pop() {
            let entries = folder.list(&path).map_err(|source| fail("list", &path, source))?;
            match manifest.folder(&path) {
                Some(number) => walk.states[number] = State::Listed(stamp),
                None => walk.more.push((path.clone(), stamp)),
            }
            for (name, kind) in entries {
                let name = match name.into_string() {
                    Ok(name) => name,
                    Err(name) => {
                        walk.odd.push((path.clone(), folder.at(&path).join(name)));
                        continue;
                    }
                };
                let below = if path.is_empty() { name } else { format!("{path}/{name}") };
                match kind {
                    Kind::File => walk.files.push(below),
                    Kind::Other => walk.odd.push((path.clone(), folder.at(&below))),
                    Kind::Folder => {
                        let known = manifest.folder(&below).map(|number| walk.states[number]);
                        if known.is_none_or(|state| state == State::Gone) {
                            let (stamp, _) = folder.look(&below).map_err(|source| fail("look at", &below, source))?;
                            waiting.push((below, stamp));
                        }
                    }
                }
            }
        }
        Ok(walk)
    }

    /// A folder that was moved away and has a link to it in its place is not there, nor is anything below it.
    fn forget_what_is_elsewhere(&mut self, manifest: &Manifest) {
        let side = self.side;
        let is_noted = |number: usize| side.is_some_and(|side| manifest.folders[number].looks[side.number()].is_some());
        let root = manifest.folder("");
        if !(0..self.states.len())
            .any(|number| self.states[number] == State::Gone && is_noted(number) && Some(number) != root)
        {
            return;
        }
        // Sorted, so that those above come first.
        for (number, note) in manifest.folders.iter().enumerate() {
            let Some((above, _)) = note.path.rsplit_once('/') else { continue };
            if manifest.folder(above).is_none_or(|above| self.states[above] == State::Gone) {
                self.states[number] = State::Gone;
            }
        }
    }

    /// Returns all folders with their stamps; the generation's own has the empty path.
    pub(super) fn folders<'a>(&'a self, manifest: &'a Manifest) -> impl Iterator<Item = (&'a str, Stamp)> {
        let noted = manifest.folders.iter().zip(&self.states).filter_map(|(note, state)| match state {
            State::Gone => None,
            State::AsNoted(stamp) | State::Listed(stamp) => Some((&*note.path, *stamp)),
        });
        noted.chain(self.more.iter().map(|(path, stamp)| (path.as_str(), *stamp)))
    }

    /// Returns the notes of files in folders that are as noted.
    pub(super) fn notes<'a>(&'a self, manifest: &'a Manifest) -> impl Iterator<Item = usize> {
        let number = self.side.map_or(0, Side::number);
        let folders = self.states.iter().enumerate().filter(|(_, state)| matches!(state, State::AsNoted(_)));
        folders
            .flat_map(|(folder, _)| manifest.files_of(folder))
            .filter(move |note| manifest.files[*note].is_in[number])
    }

    /// Reports whether a file that is noted is in the generation, as noted.
    pub(super) fn has(&self, manifest: &Manifest, note: usize) -> bool {
        let note = &manifest.files[note];
        self.side.is_some_and(|side| note.is_in[side.number()]) && matches!(self.states[note.folder], State::AsNoted(_))
    }

    /// Reports whether all but the generation's own folder is as noted.
    fn is_as_noted(&self) -> bool {
        self.more.iter().all(|(path, _)| path.is_empty())
            && self.states.iter().filter(|state| matches!(state, State::Listed(_))).count() <= 1
    }
}

/// Looks at a file; none if it is gone.
pub(super) fn look_at_file(disk: &Disk, folder: &Folder, path: &str) -> Result<Option<Stamp>, Error> {
    match folder.look(path) {
        Ok((stamp, Kind::File)) => Ok(Some(stamp)),
        Ok(_) => Ok(None),
        Err(error) if is_missing(&error) => Ok(None),
        Err(source) => Err(disk.error("look at", &folder.at(path), source)),
    }
}

fn is_missing(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

/// What the output folder holds, and what of it has been taken again.
#[derive(Debug, Default)]
pub(super) struct Current {
    /// What was known before.
    pub(super) manifest: Manifest,
    /// The folders; none if there is no output folder.
    pub(super) walk: Option<Walk>,
    /// Where it is.
    pub(super) folder: Option<Folder>,
    /// The files.
    pub(super) files: Vec<Found>,
    by_path: FxHashMap<Arc<str>, usize>,
}

/// A file of the output folder.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) path: Arc<str>,
    pub(super) stamp: Stamp,
    /// Its note, if it looks as noted.
    pub(super) note: Option<usize>,
    /// Its hash: noted, or computed when somebody asked.
    digest: OnceLock<Fingerprint>,
    /// What has been taken at its path.
    taken: AtomicU8,
}

/// What has been taken at the path of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Taken {
    Nothing = 0,
    /// The file itself, unseen.
    Kept = 1,
    /// A file that turned out to be the same.
    Same = 2,
    /// Another one.
    Other = 3,
}

impl Current {
    /// Looks at the output folder. A missing one is empty.
    pub(super) fn scan(disk: &Disk, path: &Path, manifest: &Path) -> Result<Self, Error> {
        let folder = match Folder::open(path) {
            Ok(folder) => folder,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(source) => return Err(disk.error("list", path, source)),
        };
        let manifest = Manifest::load(manifest);
        let walk = Walk::over(disk, &folder, &manifest)?;
        let noted = walk.notes(&manifest).map(|note| (Arc::clone(&manifest.files[note].path), Some(note)));
        let listed = walk.files.iter().map(|path| (Arc::from(path.as_str()), None));
        let candidates: Vec<(Arc<str>, Option<usize>)> = noted.chain(listed).collect();
        let files = in_parts(&candidates, |(path, note)| {
            let Some(stamp) = look_at_file(disk, &folder, path)? else { return Ok(None) };
            let note = note.filter(|note| manifest.is_file(*note, stamp)).or_else(|| manifest.note(path, stamp));
            let digest = note.map_or_else(OnceLock::new, |note| OnceLock::from(manifest.files[note].digest));
            Ok(Some(Found { path: Arc::clone(path), stamp, note, digest, taken: AtomicU8::new(0) }))
        })?;
        let files: Vec<Found> = files.into_iter().flatten().collect();
        let by_path = files.iter().enumerate().map(|(number, found)| (Arc::clone(&found.path), number)).collect();
        Ok(Self { manifest, walk: Some(walk), folder: Some(folder), files, by_path })
    }

    /// Returns the file at a path.
    pub(super) fn get(&self, path: &str) -> Option<&Found> {
        self.by_path.get(path).map(|number| &self.files[*number])
    }

    /// Reports whether a manifest with what is known now would save the next build work.
    pub(super) fn is_worth_noting(&self) -> bool {
        self.walk.as_ref().is_some_and(|walk| !walk.is_as_noted())
            || self.files.iter().any(|found| found.note.is_none())
    }
}

impl Found {
    /// Returns the file's hash. One that is not noted (edited by hand, or the manifest is lost) is read; none if it cannot be.
    pub(super) fn digest(&self, read: impl FnOnce() -> Option<Fingerprint>) -> Option<Fingerprint> {
        if let Some(digest) = self.digest.get() {
            return Some(*digest);
        }
        let digest = read()?;
        Some(*self.digest.get_or_init(|| digest))
    }

    /// Returns the file's hash if it is known.
    pub(super) fn known_digest(&self) -> Option<Fingerprint> {
        self.digest.get().copied()
    }

    /// Notes that something is taken at its path, and returns what was taken before.
    pub(super) fn take(&self, what: Taken) -> Taken {
        Taken::from(self.taken.swap(what as u8, Ordering::AcqRel))
    }

    pub(super) fn taken(&self) -> Taken {
        Taken::from(self.taken.load(Ordering::Acquire))
    }

    /// Reports whether the file stays.
    pub(super) fn stays(&self) -> bool {
        matches!(self.taken(), Taken::Kept | Taken::Same)
    }
}

impl From<u8> for Taken {
    fn from(number: u8) -> Self {
        match number {
            0 => Self::Nothing,
            1 => Self::Kept,
            2 => Self::Same,
            _ => Self::Other,
        }
    }
}
