//! Sinks that write nothing to the disk: for `rivage preview` and `rivage check`.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use crate::fs::Error;
use crate::inputs::Fingerprint;
use crate::render::{Artifact, Content, Put, Sink};

/// Keeps artifacts in memory. Copies of files are kept as their paths only.
#[derive(Debug, Default)]
pub struct MemorySink {
    files: Mutex<BTreeMap<String, Content>>,
}

impl MemorySink {
    /// Makes an empty sink.
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns all files by path.
    pub fn into_files(self) -> BTreeMap<String, Content> {
        self.files.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Sink for MemorySink {
    fn put(&self, artifact: Artifact) -> Result<Option<Put>, Error> {
        super::check_path(&artifact.path).map_err(|error| error.into_disk(&artifact.path))?;
        let put = match &artifact.content {
            Content::Bytes(bytes) => Some(Put { digest: Fingerprint::of(bytes), length: bytes.len() as u64 }),
            Content::CopyOf(_) => None,
        };
        let mut files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        files.insert(artifact.path, artifact.content);
        Ok(put)
    }
}

/// Takes artifacts and forgets them.
#[derive(Clone, Copy, Debug, Default)]
pub struct NullSink;

impl Sink for NullSink {
    fn put(&self, artifact: Artifact) -> Result<Option<Put>, Error> {
        super::check_path(&artifact.path).map_err(|error| error.into_disk(&artifact.path))?;
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_kept_by_path_and_bad_paths_refused() {
        let sink = MemorySink::new();
        let put = Put { digest: Fingerprint::of(b"b"), length: 1 };
        assert_eq!(sink.put(Artifact::text("b/index.html", "b")).unwrap(), Some(put));
        assert!(sink.put(Artifact::text("a.txt", "a")).is_ok());
        assert!(sink.put(Artifact::text("../a.txt", "a")).is_err());
        assert!(!sink.keep("b/index.html", put.digest, put.length).unwrap(), "there is no former output");
        assert!(NullSink.put(Artifact::text("/a.txt", "a")).is_err());
        assert_eq!(NullSink.put(Artifact::text("a.txt", "a")).unwrap(), None);
        assert_eq!(sink.into_files().into_keys().collect::<Vec<_>>(), ["a.txt", "b/index.html"]);
    }
}
