//! The sink that writes nothing: for what only looks at a site.

use crate::fs::Error;
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inputs::Fingerprint;

    #[test]
    fn bad_paths_are_refused_and_nothing_is_kept() {
        assert!(NullSink.put(Artifact::text("/a.txt", "a")).is_err());
        assert_eq!(NullSink.put(Artifact::text("a.txt", "a")).unwrap(), None);
        assert!(!NullSink.keep("a.txt", Fingerprint::of(b"a"), 1).unwrap(), "there is no former output");
    }
}
