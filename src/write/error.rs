//! What can go wrong while the output is written.

use crate::fs;

/// A failure to write the output. The folder is then as it was before.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The disk refused something.
    #[error(transparent)]
    Disk(#[from] fs::Error),
    /// The output folder is the project, or holds it: what is in it and not written by rivage would be removed.
    #[error("the output folder `{output}` holds the project itself")]
    HoldsProject {
        /// The output folder as given.
        output: String,
    },
    /// The output folder overlaps with a folder of sources.
    #[error("the output folder `{output}` overlaps with `{folder}`, which the site is made of")]
    InSources {
        /// The output folder as given.
        output: String,
        /// The folder of sources.
        folder: String,
    },
    /// Something stands at the output's place that rivage did not write.
    #[error("the output folder `{output}` holds files that rivage did not write")]
    NotOurs {
        /// The output folder as given.
        output: String,
    },
    /// What stands at the output's place is a file.
    #[error("the output folder `{output}` is a file")]
    NotFolder {
        /// The output folder as given.
        output: String,
    },
    /// Another build writes to the same folder.
    #[error("another build is writing to `{output}`")]
    Locked {
        /// The output folder as given.
        output: String,
    },
    /// An artifact's path would leave the output folder or cannot be a file's name.
    #[error("`{path}` cannot be a file of the output: {reason}")]
    BadPath {
        /// The path, control characters escaped.
        path: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// Two artifacts have one path.
    #[error("two files of the output have the path `{path}`")]
    Duplicate {
        /// The path.
        path: String,
    },
    /// An artifact's path is a folder of another's.
    #[error("`{file}` is a file of the output and the folder of `{below}`")]
    FileAndFolder {
        /// The path of the one.
        file: String,
        /// The path of the other.
        below: String,
    },
}

impl Error {
    /// Returns what to do about it.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::HoldsProject { .. } | Self::InSources { .. } => {
                Some("choose a folder of its own, such as `public`, with `--out` or `[build] output`")
            }
            Self::NotOurs { .. } => {
                Some("choose another folder, delete this one, or replace what is in it with `--force`")
            }
            Self::NotFolder { .. } => Some("choose another folder with `--out`, or delete the file"),
            Self::Locked { .. } => Some("wait until it is done, or choose another folder with `--out`"),
            Self::Duplicate { .. } | Self::FileAndFolder { .. } => {
                Some("change `slug`, `path` or `aliases` of one page, or rename the static file")
            }
            Self::Disk(_) | Self::BadPath { .. } => None,
        }
    }

    /// Returns the failure as one of the disk, for callers that know only those.
    pub(super) fn into_disk(self, path: &str) -> fs::Error {
        match self {
            Self::Disk(error) => error,
            other => fs::Error::new("write", path, std::io::Error::other(other)),
        }
    }
}

/// Makes an error anew for everybody who waited for the same answer.
pub(super) fn again(error: &fs::Error) -> fs::Error {
    let source = match error.source.raw_os_error() {
        Some(code) => std::io::Error::from_raw_os_error(code),
        None => std::io::Error::new(error.source.kind(), error.source.to_string()),
    };
    fs::Error::new(error.operation, error.path.clone(), source)
}
