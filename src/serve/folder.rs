//! The output folder as a site that is served.
//!
//! In: a folder. Out: a [`Snapshot`] of what is in it, anew when a build has put another in its place. Bytes are read when somebody asks for them.
//! Deliberately not here: which file answers to which path ([`crate::preview`]).

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::preview::{Build, Builder, Changed, Made};
use crate::render::Content;

/// Files that steer the server rather than being served.
const SPECIAL: [&str; 2] = ["_headers", "_redirects"];

/// A finished site on the disk.
#[derive(Clone, Debug)]
pub struct Folder {
    root: PathBuf,
    base_path: String,
}

/// What a folder looks like from outside: another where a build has put a new one in its place.
pub(super) type Look = Option<(u64, u64, std::time::SystemTime)>;

impl Folder {
    /// Takes a folder whose site is below a path: `""` or `/docs`.
    pub fn new(root: impl Into<PathBuf>, base_path: impl Into<String>) -> Self {
        Self { root: root.into(), base_path: base_path.into() }
    }

    /// Returns the path that the site is below.
    pub fn base_path(&self) -> &str {
        &self.base_path
    }

    /// Lists the files.
    ///
    /// # Errors
    /// A folder cannot be listed, or one of the files that steer the server cannot be read.
    pub fn files(&self) -> Result<BTreeMap<String, Made>, crate::fs::Error> {
        let mut files = BTreeMap::new();
        let is_shown = |entry: &walkdir::DirEntry| {
            let name = entry.file_name().to_string_lossy();
            entry.depth() == 0 || !name.starts_with('.') || name == ".well-known"
        };
        for entry in walkdir::WalkDir::new(&self.root).into_iter().filter_entry(is_shown) {
            let entry = entry.map_err(|error| {
                let path = error.path().unwrap_or(&self.root).display().to_string();
                crate::fs::Error::new("list", path, error.into())
            })?;
            let below = entry.path().strip_prefix(&self.root).ok().and_then(Path::to_str);
            let Some(below) = below.filter(|_| entry.file_type().is_file()) else { continue };
            let path = below.replace('\\', "/");
            let content = if SPECIAL.contains(&path.as_str()) {
                Content::Bytes(self.read(&path)?)
            } else {
                Content::CopyOf(path.clone())
            };
            files.insert(path, Made::Content(content));
        }
        Ok(files)
    }

    #[cfg(unix)]
    pub(super) fn look(&self) -> Look {
        use std::os::unix::fs::MetadataExt;
        let metadata = std::fs::metadata(&self.root).ok()?;
        Some((metadata.dev(), metadata.ino(), metadata.modified().ok()?))
    }

    #[cfg(not(unix))]
    pub(super) fn look(&self) -> Look {
        let metadata = std::fs::metadata(&self.root).ok()?;
        Some((0, metadata.len(), metadata.modified().ok()?))
    }
}

impl Builder for Folder {
    fn build(&self, _: &Changed) -> Build {
        // Callers that want to know what cannot be listed ask `files`.
        let files = self.files().unwrap_or_default();
        Build { files, is_partial: false, base_path: self.base_path.clone(), errors: None }
    }

    fn read(&self, path: &str) -> Result<Vec<u8>, crate::fs::Error> {
        std::fs::read(self.root.join(path)).map_err(|source| crate::fs::Error::new("read", path, source))
    }

    fn is_live(&self) -> bool {
        false
    }
}
