//! Files that exist once per site: taken from the cache where all that they are made of is as it was.
//!
//! In: names, fingerprints of what a file is made of, and how it is made. Out: files in the sink. Deliberately not here: what the files hold
//! ([`crate::render::outputs`]).

use crate::cache::{self, Cache, Kind, Marked};
use crate::inputs::Fingerprint;
use crate::render::outputs::Take;
use crate::render::{Artifact, Put, Sink};

use super::prepare::keep_all;

/// Takes generated files.
pub(super) struct Generated<'g> {
    pub(super) cache: Option<&'g Cache>,
    pub(super) sink: &'g dyn Sink,
    /// The first word of names of files that are left out.
    pub(super) leave: Option<&'static str>,
}

/// Hands all files on.
pub(super) struct Capture<'c>(pub(super) &'c dyn Sink);

impl Take for Capture<'_> {
    fn take(&self, artifact: Artifact) -> Result<(), crate::fs::Error> {
        self.0.put(artifact).map(drop)
    }
}

type Made = Vec<(String, Fingerprint, u64)>;

impl Take for Generated<'_> {
    fn take(&self, artifact: Artifact) -> Result<(), crate::fs::Error> {
        self.sink.put(artifact).map(drop)
    }

    fn take_known(
        &self,
        name: &str,
        input: Fingerprint,
        make: &(dyn Fn() -> Vec<Artifact> + Sync),
    ) -> Result<(), crate::fs::Error> {
        if self.leave.is_some() && self.leave == name.split(' ').next() {
            return Ok(());
        }
        let key = Kind::Output.key(name);
        if let Some(cache) = self.cache
            && let Some(entry) = cache.own.get(key)
            && let Some(Marked { input: before, value }) = cache::decode::<Marked<Made>>(entry.small())
            && before == input
            && keep_all(self.sink, &value)?
        {
            return Ok(());
        }
        let mut made = Made::new();
        let mut is_known = true;
        for artifact in make() {
            let path = artifact.path.clone();
            match self.sink.put(artifact)? {
                Some(Put { digest, length }) => made.push((path, digest, length)),
                None => is_known = false,
            }
        }
        if let Some(cache) = self.cache.filter(|_| is_known)
            && let Some(bytes) = cache::encode(&Marked { input, value: made })
        {
            cache.own.put(key, &[], &bytes, &[]);
        }
        Ok(())
    }
}
