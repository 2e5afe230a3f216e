//! Files that were made of images, and what is known of images, kept from one build to the next.
//!
//! In: names that stand for contents. Out: bytes. One folder serves all builds of a project, of whatever version: names hold what the encoders are.
//! A file that cannot be kept is made again: nothing here fails a build.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::images::{Facts, bucket};
use crate::inputs::Fingerprint;

/// The folder below the cache's.
pub const FOLDER: &str = "images";

/// What names of [`Facts`] end with.
pub const FACTS: &str = ".facts";

/// Files that no build has used for so long are deleted.
const OLD: Duration = Duration::from_secs(60 * 24 * 60 * 60);

/// Where files of images are kept.
#[derive(Clone, Debug)]
pub struct ImageStore {
    folder: PathBuf,
}

impl ImageStore {
    /// Opens the store of a project.
    pub fn new(root: &Path) -> Self {
        Self::within(&root.join(super::FOLDER))
    }

    /// Opens the store in a folder of caches.
    pub(crate) fn within(caches: &Path) -> Self {
        Self { folder: caches.join(FOLDER) }
    }

    /// Lists what is kept, by name.
    pub(crate) fn list(&self) -> Vec<Kept> {
        let files = walkdir::WalkDir::new(&self.folder).min_depth(2).max_depth(2).into_iter().flatten();
        let kept = files.filter_map(|file| {
            let name = file.file_name().to_str().filter(|name| is_name(name))?.to_owned();
            let about = file.metadata().ok().filter(|about| about.is_file() && about.len() > 0)?;
            let modified = about.modified().ok()?.duration_since(std::time::UNIX_EPOCH).ok()?;
            Some(Kept { name, bytes: about.len(), modified: modified.as_secs() })
        });
        let mut kept: Vec<_> = kept.collect();
        kept.sort_by(|a, b| a.name.cmp(&b.name));
        kept
    }

    /// Says when a file was made: seconds since 1970. Where the disk cannot take it, it counts as new.
    pub(crate) fn date(&self, name: &str, seconds: u64) {
        let moment = std::time::UNIX_EPOCH + Duration::from_secs(seconds);
        if let Ok(file) = std::fs::File::options().write(true).open(self.path(name)) {
            let _ = file.set_modified(moment);
        }
    }

    /// Returns where a file is kept.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name.get(..2).unwrap_or("xx")).join(name)
    }

    /// Returns a file that was kept.
    pub fn get(&self, name: &str) -> Option<Vec<u8>> {
        std::fs::read(self.path(name)).ok().filter(|bytes| !bytes.is_empty())
    }

    /// Returns the length of a file that was kept.
    pub fn length(&self, name: &str) -> Option<u64> {
        std::fs::metadata(self.path(name)).ok().map(|file| file.len()).filter(|length| *length > 0)
    }

    /// Keeps a file. Reports whether that was possible.
    pub fn put(&self, name: &str, bytes: &[u8]) -> bool {
        let path = self.path(name);
        let Some(folder) = path.parent() else { return false };
        let write = || -> std::io::Result<()> {
            std::fs::create_dir_all(folder)?;
            // A file is there in full or not at all, whoever else is building.
            let mut file = tempfile::NamedTempFile::new_in(folder)?;
            file.write_all(bytes)?;
            file.persist(&path)?;
            Ok(())
        };
        write().is_ok()
    }

    /// Returns what is known of the image with a fingerprint.
    pub(crate) fn facts(&self, print: Fingerprint) -> Option<Facts> {
        super::decode(&self.get(&facts_name(print))?)
    }

    pub(crate) fn keep_facts(&self, print: Fingerprint, facts: &Facts) {
        if let Some(bytes) = super::encode(facts) {
            self.put(&facts_name(print), &bytes);
        }
    }

    /// Deletes what was made long ago and is not among `used`.
    pub fn tidy(&self, now: jiff::Timestamp, used: &dyn Fn(&str) -> bool) {
        let files = walkdir::WalkDir::new(&self.folder).min_depth(2).into_iter().flatten();
        for file in files.filter(|file| file.file_type().is_file()) {
            let modified = file.metadata().ok().and_then(|file| file.modified().ok());
            let Some(modified) = modified.and_then(|modified| jiff::Timestamp::try_from(modified).ok()) else {
                continue;
            };
            let is_old = Duration::try_from(now.duration_since(modified)).is_ok_and(|age| age > OLD);
            if is_old && !used(&file.file_name().to_string_lossy()) {
                // What cannot be removed now is removed some other time.
                let _ = std::fs::remove_file(file.path());
            }
        }
    }
}

/// A file that is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Kept {
    /// Its name.
    pub(crate) name: String,
    /// Its length.
    pub(crate) bytes: u64,
    /// When it was made, in seconds since 1970.
    pub(crate) modified: u64,
}

/// Reports whether this can be the name of a file here.
pub(crate) fn is_name(name: &str) -> bool {
    let stem = name.strip_suffix(FACTS).map(|stem| format!("{stem}.png"));
    bucket::hash(stem.as_deref().unwrap_or(name)).is_some()
}

/// What is known of an image depends on decoders, too.
fn facts_name(print: Fingerprint) -> String {
    let all = format!("{} {}", rivage_images::ENCODERS, print.hex());
    format!("{}{FACTS}", Fingerprint::of(all.as_bytes()).hex())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_kept_comes_back() {
        let folder = tempfile::tempdir().unwrap();
        let store = ImageStore::new(folder.path());
        assert_eq!(store.get("abcd.avif"), None);
        assert!(store.put("abcd.avif", b"bytes"));
        assert_eq!(store.get("abcd.avif").as_deref(), Some(&b"bytes"[..]));
        assert_eq!(store.length("abcd.avif"), Some(5));
        // Half a file is none.
        assert!(store.put("abce.avif", b""));
        assert_eq!(store.get("abce.avif"), None);
    }

    #[test]
    fn old_files_go_unless_they_are_used() {
        let folder = tempfile::tempdir().unwrap();
        let store = ImageStore::new(folder.path());
        store.put("abcd.avif", b"1");
        store.put("abce.avif", b"2");
        let made = std::fs::metadata(store.path("abcd.avif")).unwrap().modified().unwrap();
        let made = jiff::Timestamp::try_from(made).unwrap();
        store.tidy(made, &|_| false);
        assert!(store.get("abcd.avif").is_some());
        store.tidy(made + jiff::SignedDuration::from_hours(24 * 61), &|name| name == "abcd.avif");
        assert!(store.get("abcd.avif").is_some() && store.get("abce.avif").is_none());
    }
}
