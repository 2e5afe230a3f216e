//! Brings the output folder to the next generation file by file, where the two cannot change places: a disk is mounted at the output folder,
//! or the folder around it may not be changed.
//!
//! In: the next generation, complete, and what the output folder holds. Out: the output folder with the same files. Each of them is
//! replaced whole, and pages come after all that they show; but a kill in between leaves new files among old ones. The next build
//! tells them apart by their looks, as it does with files that were edited by hand, and goes on from there.

use rustc_hash::FxHashSet;

use super::assemble::{folders_of, wanted_folders};
use super::folder::Folder;
use super::generation::{Current, Found, Walk};
use super::{Error, New, Writer};

/// A file on its way into the output folder. One that a kill leaves there belongs to no site, so that the next build removes it.
const INCOMING: &str = ".rivage-incoming";

impl Writer {
    /// Changes the output folder in place.
    pub(super) fn change_in_place(&self, current: &Current, new: &[(String, New)]) -> Result<(), Error> {
        let Current { manifest, walk: Some(walk), folder: Some(output), .. } = current else { return Ok(()) };
        let stays: Vec<&Found> = current.files.iter().filter(|found| found.stays()).collect();
        let wanted = wanted_folders(&stays, new);
        let is_new = |path: &str| new.binary_search_by(|(new, _)| new.as_str().cmp(path)).is_ok();
        let gone = current.files.iter().filter(|found| !found.stays()).map(|found| &*found.path);
        // What stands where a folder or a file is to be has to go first; what is only in nobody's way goes last.
        let is_in_the_way = |path: &&str| wanted.contains(path) || folders_of(path).any(is_new);
        let (first, last): (Vec<&str>, Vec<&str>) = gone.filter(|path| !is_new(path)).partition(is_in_the_way);

        self.remove_odd(walk)?;
        self.remove_files(output, &first)?;
        let mut superfluous: Vec<&str> = walk.folders(manifest).map(|(path, _)| path).collect();
        superfluous.retain(|path| !path.is_empty() && !wanted.contains(path));
        // Those below come before those above.
        superfluous.sort_unstable_by(|one, other| other.cmp(one));
        let (first, emptied): (Vec<&str>, Vec<&str>) =
            superfluous.into_iter().partition(|path| is_new(path) || folders_of(path).any(is_new));
        self.remove_folders(output, &first)?;

        let there: FxHashSet<&str> = walk.folders(manifest).map(|(path, _)| path).collect();
        let mut lacking: Vec<&str> = wanted.iter().copied().filter(|path| !there.contains(path)).collect();
        lacking.sort_unstable();
        for path in lacking {
            self.disk.create_folder_in(output, path)?;
        }
        let (pages, others): (Vec<&str>, Vec<&str>) =
            new.iter().map(|(path, _)| path.as_str()).partition(|path| path.ends_with(".html"));
        let incoming = output.at(INCOMING);
        for path in others.into_iter().chain(pages) {
            self.disk.copy(&self.place.previous.join(path), &incoming)?;
            self.disk.rename(&incoming, &output.at(path))?;
        }
        self.remove_files(output, &last)?;
        self.remove_folders(output, &emptied)
    }

    /// Removes what rivage would never write.
    pub(super) fn remove_odd(&self, walk: &Walk) -> Result<(), Error> {
        for (_, path) in &walk.odd {
            // A link to a folder is a file here; a folder is one whose name is not UTF-8.
            if path.symlink_metadata().is_ok_and(|metadata| metadata.is_dir()) {
                self.disk.remove_folder(path)?;
            } else {
                self.disk.remove_file(path)?;
            }
        }
        Ok(())
    }

    fn remove_files(&self, folder: &Folder, paths: &[&str]) -> Result<(), Error> {
        paths.iter().try_for_each(|path| Ok(self.disk.remove_file(&folder.at(path))?))
    }

    fn remove_folders(&self, folder: &Folder, paths: &[&str]) -> Result<(), Error> {
        paths.iter().try_for_each(|path| Ok(self.disk.remove_empty_folder(&folder.at(path))?))
    }
}
