//! Brings the generation that is not the output to what the output is to be, and notes how all looks then.
//!
//! In: what the output folder holds and what of it stays, and the new files. Out: the folder previous/, complete, and the manifest.
//! Nothing here touches the output folder but for the link count of its files.

use rustc_hash::{FxHashMap, FxHashSet};

use super::disk::Disk;
use super::folder::{Folder, Stamp};
use super::generation::{Current, Found, Walk, look_at_file};
use super::manifest::{Draft, Manifest, Side};
use super::parts::in_parts;
use super::{Error, New, Whereabouts, Writer};
use crate::inputs::Fingerprint;

/// A folder's stamp is taken only when somebody asks how it looks; until then, any from before the manifest will do.
const ANY: Stamp = Stamp { length: 0, modified: 0, changed: 0, inode: 0 };
/// No folder looks like this: it has to be listed.
const DOUBTFUL: Stamp = Stamp { length: 0, modified: i64::MIN, changed: i64::MIN, inode: u64::MAX };

/// The generation that becomes the output, as it was found.
struct Former {
    walk: Walk,
    /// Files of folders that are not as noted, sorted.
    listed: Vec<(String, Stamp)>,
}

/// What has to be done to it.
#[derive(Default)]
struct Difference<'a> {
    /// Files that it has and that are not wanted there, sorted.
    gone: Vec<&'a str>,
    /// Files of the output that it does not have.
    missing: Vec<&'a Found>,
    /// Files that it has as copies, which happens where there are no links.
    copies: FxHashMap<&'a str, Stamp>,
}

impl Writer {
    /// Brings the previous generation to what has been taken.
    pub(super) fn assemble(&self, current: &Current, new: &[(String, New)]) -> Result<(), Error> {
        let Self { disk, place, .. } = self;
        let stays: Vec<&Found> = current.files.iter().filter(|found| found.stays()).collect();
        let wanted = wanted_folders(&stays, new);
        check_folders(current, &stays, new, &wanted)?;
        let opened;
        let (folder, former) = match &self.next {
            // All of it has been written by this build.
            Some(next) => (next, Former { walk: Walk::empty(disk, next, &current.manifest)?, listed: Vec::new() }),
            None => {
                disk.create_folders(&place.previous)?;
                opened = disk.open(&place.previous)?;
                let former = Former::look(disk, &opened, &current.manifest)?;
                (&opened, former)
            }
        };
        let difference = former.compare(disk, folder, current, &stays, new)?;
        let there: FxHashMap<&str, Stamp> = former.walk.folders(&current.manifest).collect();
        let mut folders: Vec<&str> = wanted.iter().copied().collect();
        folders.sort_unstable();

        let touched = self.remove(folder, current, &former, &difference, &wanted)?;
        self.create_folders(folder, folders.iter().copied().filter(|path| !there.contains_key(path)))?;
        let linked = match &current.folder {
            Some(output) => in_parts(&difference.missing, |found| self.link(output, folder, &found.path))?,
            None => Vec::new(),
        };
        let stamps = in_parts(new, |(path, new)| self.put_in_place(new.at, folder, path))?;

        let mut is_touched = touched;
        is_touched.extend(difference.missing.iter().map(|found| above(&found.path)));
        is_touched.extend(new.iter().map(|(path, _)| above(path)));
        is_touched.extend(folders.iter().filter(|path| !there.contains_key(*path)).map(|path| above(path)));
        let look = |path: &str| there.get(path).copied().filter(|_| !is_touched.contains(path)).unwrap_or(ANY);

        let side = former.walk.side.or_else(|| Some(current.walk.as_ref()?.side?.other())).unwrap_or(Side::Two);
        let mut draft = Draft::default();
        draft.roots[side.number()] = former.walk.root;
        draft.folders.push(("", side, ANY));
        draft.folders.extend(folders.iter().map(|path| (*path, side, look(path))));
        if let Some(walk) = &current.walk {
            draft.roots[side.other().number()] = walk.root;
            draft_output(&mut draft, current, walk, side.other());
        }
        let mut copies = difference.copies;
        let pairs = difference.missing.iter().zip(linked);
        let mut links: FxHashSet<&str> = FxHashSet::default();
        for (found, copy) in pairs {
            match copy {
                Some(copy) => drop(copies.insert(&found.path, copy)),
                None => drop(links.insert(&found.path)),
            }
        }
        for found in &current.files {
            let Some(digest) = found.known_digest() else { continue };
            let path = &*found.path;
            // Links and their removal change the time of the last change.
            let stamp = Stamp { changed: 0, ..found.stamp };
            if !found.stays() {
                draft.file(path, stamp, digest, only(side.other()));
            } else if let Some(copy) = copies.get(path) {
                draft.file(path, found.stamp, digest, only(side.other()));
                draft.file(path, *copy, digest, only(side));
            } else {
                draft.file(path, if links.contains(path) { stamp } else { found.stamp }, digest, [true; 2]);
            }
        }
        for ((path, new), stamp) in new.iter().zip(stamps) {
            draft.file(path, stamp, new.put.digest, only(side));
        }
        self.write_manifest(draft)
    }

    /// Removes what does not belong into the next generation; returns the folders it was in.
    fn remove<'a>(
        &self,
        folder: &Folder,
        current: &'a Current,
        former: &'a Former,
        difference: &Difference<'a>,
        wanted: &FxHashSet<&str>,
    ) -> Result<FxHashSet<&'a str>, Error> {
        let disk = &self.disk;
        let mut touched: FxHashSet<&str> = FxHashSet::default();
        self.remove_odd(&former.walk)?;
        touched.extend(former.walk.odd.iter().map(|(inside, _)| inside.as_str()));
        in_parts(&difference.gone, |path| disk.remove_file(&folder.at(path)))?;
        touched.extend(difference.gone.iter().map(|path| above(path)));
        let mut superfluous: Vec<&str> = former.walk.folders(&current.manifest).map(|(path, _)| path).collect();
        superfluous.retain(|path| !path.is_empty() && !wanted.contains(path));
        // Those below come before those above.
        superfluous.sort_unstable_by(|one, other| other.cmp(one));
        for path in superfluous {
            disk.remove_empty_folder(&folder.at(path))?;
            touched.insert(above(path));
        }
        Ok(touched)
    }

    /// Makes the folders that are not there, sorted as they come.
    fn create_folders<'a>(&self, folder: &Folder, lacking: impl Iterator<Item = &'a str>) -> Result<(), Error> {
        let depth = |path: &str| path.matches('/').count();
        let mut lacking: Vec<&str> = {
            let fresh = self.fresh();
            lacking.filter(|path| !fresh.folders.contains(*path)).collect()
        };
        // Level by level: those above must exist.
        lacking.sort_by_key(|path| depth(path));
        for level in lacking.chunk_by(|one, other| depth(one) == depth(other)) {
            in_parts(level, |path| self.disk.create_folder_in(folder, path))?;
        }
        Ok(())
    }

    /// Notes how the output folder looks where nothing in it has to change, or one file was replaced: its path, its new look and hash.
    pub(super) fn note_current(
        &self,
        current: &Current,
        replaced: Option<(&str, Stamp, Fingerprint)>,
    ) -> Result<(), Error> {
        let Current { manifest, walk: Some(walk), .. } = current else { return Ok(()) };
        let side = walk.side.unwrap_or(Side::One);
        let other = side.other();
        let mut draft = Draft::default();
        draft.roots[side.number()] = walk.root;
        draft_output(&mut draft, current, walk, side);
        let is_replaced = |path: &str| replaced.is_some_and(|(replaced, ..)| path == replaced);
        if let Some((path, stamp, digest)) = replaced {
            draft.file(path, stamp, digest, only(side));
            let folders =
                draft.folders.iter_mut().filter(|(folder, _, look)| *folder == above(path) && *look != DOUBTFUL);
            folders.for_each(|(.., look)| *look = ANY);
        }
        let other_has = |note: usize| walk.side.is_some() && manifest.files[note].is_in[other.number()];
        let mut is_shared = vec![false; manifest.files.len()];
        for found in &current.files {
            if is_replaced(&found.path) {
                continue;
            }
            let Some(digest) = found.known_digest() else { continue };
            let shared = found.note.filter(|note| other_has(*note));
            draft.file(&found.path, found.stamp, digest, if shared.is_some() { [true; 2] } else { only(side) });
            if let Some(note) = shared {
                is_shared[note] = true;
            }
        }
        if walk.side.is_some() {
            // Nobody has looked at the other generation since.
            draft.roots[other.number()] = manifest.roots[other.number()];
            draft.known[other.number()] = manifest.known(other);
            let folders = manifest.folders.iter().filter_map(|note| Some((&*note.path, note.looks[other.number()]?)));
            draft.folders.extend(folders.map(|(path, stamp)| (path, other, stamp)));
            let notes = manifest.files.iter().enumerate();
            for (_, note) in notes.filter(|(number, _)| other_has(*number) && !is_shared[*number]) {
                // A file that lost its second name has changed by that.
                let changed = if is_replaced(&note.path) { 0 } else { note.stamp.changed };
                draft.file(&note.path, Stamp { changed, ..note.stamp }, note.digest, only(other));
            }
        }
        self.write_manifest(draft)
    }

    fn write_manifest(&self, draft: Draft<'_>) -> Result<(), Error> {
        let next = self.place.state.join("manifest.next");
        self.disk.write_with(&next, |inode| draft.into_bytes(inode))?;
        Ok(self.disk.rename(&next, &self.place.manifest)?)
    }

    /// Gives the next generation a file of the output. Where there are no links, it is a copy, whose stamp is returned.
    fn link(&self, from: &Folder, to: &Folder, path: &str) -> Result<Option<Stamp>, Error> {
        if self.disk.link(from, to, path)? {
            return Ok(None);
        }
        // By way of staging, so that no half of a file is ever in a generation.
        let staged = self.stage(|staged| self.disk.copy(&from.at(path), staged))?;
        self.put_in_place(staged, to, path).map(Some)
    }

    /// Moves a new file to its place, if it is not there, and tells how it looks.
    fn put_in_place(&self, at: Whereabouts, folder: &Folder, path: &str) -> Result<Stamp, Error> {
        match at {
            Whereabouts::InPlace(stamp) => return Ok(stamp),
            Whereabouts::Staged(number) => self.disk.rename(&self.staging(number), &folder.at(path))?,
            Whereabouts::Awaited => {}
        }
        match look_at_file(&self.disk, folder, path)? {
            Some(stamp) => Ok(stamp),
            None => Err(self.disk.error("look at", &folder.at(path), std::io::ErrorKind::NotFound.into()).into()),
        }
    }
}

impl Former {
    fn look(disk: &Disk, folder: &Folder, manifest: &Manifest) -> Result<Self, Error> {
        let mut walk = Walk::over(disk, folder, manifest)?;
        let files = std::mem::take(&mut walk.files);
        let stamps = in_parts(&files, |path| look_at_file(disk, folder, path))?;
        let mut listed: Vec<_> =
            files.into_iter().zip(stamps).filter_map(|(path, stamp)| Some((path, stamp?))).collect();
        listed.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
        Ok(Self { walk, listed })
    }

    /// Compares it with what is wanted.
    fn compare<'a>(
        &'a self,
        disk: &Disk,
        folder: &Folder,
        current: &'a Current,
        stays: &[&'a Found],
        new: &[(String, New)],
    ) -> Result<Difference<'a>, Error> {
        let manifest = &current.manifest;
        let mut difference = Difference::default();
        // By note, and by place in `listed`.
        let mut is_right = vec![false; manifest.files.len()];
        let mut is_listed_right = vec![false; self.listed.len()];
        for found in stays {
            let listed = || self.listed.binary_search_by(|(path, _)| path.as_str().cmp(&found.path)).ok();
            if let Some(note) = found.note.filter(|note| self.walk.has(manifest, *note)) {
                is_right[note] = true;
            } else if let Some(place) = listed() {
                let stamp = self.listed[place].1;
                let is_copy = || {
                    let note = manifest.note(&found.path, stamp);
                    note.is_some_and(|note| Some(manifest.files[note].digest) == found.known_digest())
                };
                if stamp.inode != 0 && stamp.inode == found.stamp.inode {
                    is_listed_right[place] = true;
                } else if is_copy() {
                    is_listed_right[place] = true;
                    difference.copies.insert(&found.path, stamp);
                } else {
                    difference.missing.push(*found);
                }
            } else if let Some((note, stamp)) = self.noted_copy(disk, folder, manifest, found)? {
                is_right[note] = true;
                difference.copies.insert(&found.path, stamp);
            } else {
                difference.missing.push(*found);
            }
        }
        let is_new = |path: &str| new.binary_search_by(|(new, _)| new.as_str().cmp(path)).is_ok();
        let noted = self.walk.notes(manifest).filter(|note| !is_right[*note]).map(|note| &*manifest.files[note].path);
        let listed = self.listed.iter().zip(is_listed_right).filter(|(_, is_right)| !is_right);
        let gone = noted.chain(listed.map(|((path, _), _)| path.as_str()));
        difference.gone.extend(gone.filter(|path| !is_new(path)));
        difference.gone.sort_unstable();
        Ok(difference)
    }

    /// Finds a copy of a file of the output that this generation has, where there are no links.
    fn noted_copy(
        &self,
        disk: &Disk,
        folder: &Folder,
        manifest: &Manifest,
        found: &Found,
    ) -> Result<Option<(usize, Stamp)>, Error> {
        let is_copy =
            |note: &usize| self.walk.has(manifest, *note) && Some(manifest.files[*note].digest) == found.known_digest();
        let Some(note) = manifest.notes(&found.path).find(is_copy) else { return Ok(None) };
        let stamp = look_at_file(disk, folder, &found.path)?.filter(|stamp| manifest.is_file(note, *stamp));
        Ok(stamp.map(|stamp| (note, stamp)))
    }
}

/// Notes the folders of the output. One with something in it that is not noted has to be listed again.
fn draft_output<'a>(draft: &mut Draft<'a>, current: &'a Current, walk: &'a Walk, side: Side) {
    let unknown = current.files.iter().filter(|found| found.known_digest().is_none()).map(|found| above(&found.path));
    let doubtful: FxHashSet<&str> = unknown.chain(walk.odd.iter().map(|(inside, _)| inside.as_str())).collect();
    let look = |path, stamp| if doubtful.contains(path) { DOUBTFUL } else { stamp };
    draft.folders.extend(walk.folders(&current.manifest).map(|(path, stamp)| (path, side, look(path, stamp))));
}

fn only(side: Side) -> [bool; 2] {
    Side::BOTH.map(|one| one == side)
}

fn above(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// Returns the folders of a path, the deepest first.
pub(super) fn folders_of(path: &str) -> impl Iterator<Item = &str> {
    path.rmatch_indices('/').map(|(end, _)| &path[..end])
}

/// Returns all folders of the files.
pub(super) fn wanted_folders<'a>(stays: &[&'a Found], new: &'a [(String, New)]) -> FxHashSet<&'a str> {
    let mut wanted = FxHashSet::default();
    let paths = stays.iter().map(|found| &*found.path).chain(new.iter().map(|(path, _)| path.as_str()));
    for path in paths {
        for folder in folders_of(path) {
            if !wanted.insert(folder) {
                break;
            }
        }
    }
    wanted
}

/// Makes sure that no file is a folder of another. Only new ones can be: the others lie beside each other already.
fn check_folders(
    current: &Current,
    stays: &[&Found],
    new: &[(String, New)],
    wanted: &FxHashSet<&str>,
) -> Result<(), Error> {
    let is_file = |path: &str| {
        new.binary_search_by(|(new, _)| new.as_str().cmp(path)).is_ok() || current.get(path).is_some_and(Found::stays)
    };
    if !new.iter().any(|(path, _)| wanted.contains(path.as_str()) || folders_of(path).any(is_file)) {
        return Ok(());
    }
    let mut all: Vec<&str> = stays.iter().map(|found| &*found.path).collect();
    all.extend(new.iter().map(|(path, _)| path.as_str()));
    all.sort_unstable();
    for below in all {
        if let Some(file) = folders_of(below).find(|folder| is_file(folder)) {
            return Err(Error::FileAndFolder { file: file.to_owned(), below: below.to_owned() });
        }
    }
    Ok(())
}
