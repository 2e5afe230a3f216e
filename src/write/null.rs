//! Sinks that write nothing: for what only looks at a site.

use crate::fs::Error;
use crate::inputs::Fingerprint;
use crate::render::{Artifact, Put, Sink};

/// Takes artifacts and forgets them.
#[derive(Clone, Copy, Debug, Default)]
pub struct NullSink;

impl Sink for NullSink {
    fn put(&self, artifact: Artifact) -> Result<Option<Put>, Error> {
        super::refuse_bad_path(&artifact.path)?;
        Ok(None)
    }
}

/// Forgets artifacts as [`NullSink`] does, and says that it has all that was made before: what the cache knows of pages is not made again to look at
/// it.
#[derive(Clone, Copy, Debug, Default)]
pub struct LookSink;

impl Sink for LookSink {
    fn put(&self, artifact: Artifact) -> Result<Option<Put>, Error> {
        NullSink.put(artifact)
    }

    fn keep(&self, _: &str, _: Fingerprint, _: u64) -> Result<bool, Error> {
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bad_paths_are_refused_and_nothing_is_kept() {
        assert!(NullSink.put(Artifact::text("/a.txt", "a")).is_err());
        assert_eq!(NullSink.put(Artifact::text("a.txt", "a")).unwrap(), None);
        assert!(!NullSink.keep("a.txt", Fingerprint::of(b"a"), 1).unwrap(), "there is no former output");
        assert_eq!(LookSink.put(Artifact::text("a.txt", "a")).unwrap(), None);
        assert!(LookSink.keep("a.txt", Fingerprint::of(b"a"), 1).unwrap());
    }
}
