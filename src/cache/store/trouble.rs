//! What can go wrong with a cache. None of it stops a build.

use std::io;
use std::path::Path;
use std::sync::Mutex;

/// Why a part of a cache was not used or not kept. The build is slower then, and never wrong.
#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    /// The disk refused.
    #[error("cannot {operation} `{path}`")]
    Disk {
        /// What was tried.
        operation: &'static str,
        /// The file or folder.
        path: String,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// A file is not as it was written.
    #[error("`{path}` is damaged: {what}")]
    Damaged {
        /// The file.
        path: String,
        /// What is wrong with it.
        what: &'static str,
    },
    /// A file has a format that this version does not know.
    #[error("`{path}` has the format of another version of rivage")]
    Foreign {
        /// The file.
        path: String,
    },
    /// The disk refuses, and what was to be kept is too much for memory.
    #[error("`{path}` cannot be written, and the results are too many to be held in memory: some will be made again")]
    TooMuch {
        /// The folder.
        path: String,
    },
}

impl Trouble {
    pub(super) fn disk(operation: &'static str, path: &Path, source: io::Error) -> Self {
        Self::Disk { operation, path: name(path), source }
    }

    pub(super) fn damaged(path: &Path, what: &'static str) -> Self {
        Self::Damaged { path: name(path), what }
    }

    pub(super) fn foreign(path: &Path) -> Self {
        Self::Foreign { path: name(path) }
    }

    pub(super) fn too_much(path: &Path) -> Self {
        Self::TooMuch { path: name(path) }
    }

    /// Reports whether the file itself is of no use, so that it can go.
    pub(super) fn is_lasting(&self) -> bool {
        match self {
            Self::Damaged { .. } | Self::Foreign { .. } => true,
            Self::Disk { source, .. } => source.kind() == io::ErrorKind::NotFound,
            Self::TooMuch { .. } => false,
        }
    }

    fn is_like(&self, other: &Self) -> bool {
        std::mem::discriminant(self) == std::mem::discriminant(other)
    }
}

fn name(path: &Path) -> String {
    path.to_string_lossy().replace(std::path::MAIN_SEPARATOR, "/")
}

/// Troubles met while a build runs: one of each sort, for a full disk refuses ten thousand times.
#[derive(Debug, Default)]
pub(super) struct Noticed(Mutex<Vec<Trouble>>);

impl Noticed {
    pub(super) fn add(&self, trouble: Trouble) {
        let mut all = super::lock(&self.0);
        if !all.iter().any(|known| known.is_like(&trouble)) {
            all.push(trouble);
        }
    }

    pub(super) fn take(&self) -> Vec<Trouble> {
        std::mem::take(&mut super::lock(&self.0))
    }
}
