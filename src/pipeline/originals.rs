//! Files that are published as they are, images without what nobody needs to know.
//!
//! In: artifacts that copy a file of the project. Out: the same in the sink, or what is left of them. What was found out of a file is remembered by
//! its fingerprint, so that a later build does not read it. Deliberately not here: what is left out ([`crate::images::original`]).

use std::sync::{Mutex, PoisonError};

use rivage_diag::Diagnostic;

use super::Mode;
use crate::cache::store::Key;
use crate::cache::{self, Cache, Kind};
use crate::config::Config;
use crate::images::original::{Cleaning, not_clean};
use crate::inputs::{Fingerprint, World};
use crate::render::{Artifact, Content, Put, Sink};

/// What is left out of the files of a site. Their writer sees photos as they are, and what looks the same needs no check.
pub(super) fn cleaning(config: &Config, mode: Mode) -> Cleaning {
    Cleaning { metadata: config.images.strip_metadata && mode == Mode::Build, svg: config.images.sanitize_svg }
}

/// Publishes files.
pub(super) struct Originals<'o> {
    world: &'o World,
    /// Nothing is remembered for a preview: it wants bytes, and SVG are small.
    cache: Option<&'o Cache>,
    sink: &'o dyn Sink,
    cleaning: Cleaning,
    /// Entries of the cache that belong to a file of the site.
    keys: Mutex<Vec<Key>>,
    problems: Mutex<Vec<Diagnostic>>,
}

impl<'o> Originals<'o> {
    pub(super) fn new(
        world: &'o World,
        cache: Option<&'o Cache>,
        sink: &'o dyn Sink,
        config: &Config,
        mode: Mode,
    ) -> Self {
        let cache = cache.filter(|_| mode == Mode::Build);
        let (keys, problems) = (Mutex::default(), Mutex::default());
        Self { world, cache, sink, cleaning: cleaning(config, mode), keys, problems }
    }

    /// Reports whether something may be left out of a file.
    pub(super) fn concerns(&self, from: &str) -> bool {
        self.cleaning.concerns(from)
    }

    /// Keeps what is left of a file, where the output has it.
    pub(super) fn keep(&self, path: &str, from: &str) -> Result<bool, crate::fs::Error> {
        let Some(cache) = self.cache else { return Ok(false) };
        let key = self.key(from, self.world.print(from));
        let Some(entry) = cache.own.get(key) else { return Ok(false) };
        let Some((digest, length)) = cache::decode::<(Fingerprint, u64)>(entry.small()) else { return Ok(false) };
        let is_kept = self.sink.keep(path, digest, length)?;
        if is_kept {
            lock(&self.keys).push(key);
        }
        Ok(is_kept)
    }

    /// Puts a file.
    pub(super) fn put(&self, artifact: Artifact) -> Result<(), crate::fs::Error> {
        let from = match &artifact.content {
            Content::CopyOf(from) if self.concerns(from) => from.clone(),
            _ => return self.sink.put(artifact).map(drop),
        };
        let bytes = match self.world.fs.read(&from) {
            Ok(bytes) => bytes,
            Err(_) => match crate::theme::built_in(&from) {
                Some(bytes) => bytes.to_vec(),
                // Whoever copies it tells why it cannot be read.
                None => return self.sink.put(artifact).map(drop),
            },
        };
        let content = match self.cleaning.clean(&from, &bytes) {
            Ok(None) => artifact.content,
            Ok(Some(clean)) => Content::Bytes(clean),
            Err(why) => {
                lock(&self.problems).push(not_clean(&from, &why));
                return self.sink.put(artifact).map(drop);
            }
        };
        let put = self.sink.put(Artifact { path: artifact.path, content })?;
        if let (Some(cache), Some(Put { digest, length })) = (self.cache, put)
            && let Some(value) = cache::encode(&(digest, length))
        {
            let key = self.key(&from, Fingerprint::of(&bytes));
            cache.own.put(key, &[], &value, &[]);
            lock(&self.keys).push(key);
        }
        Ok(())
    }

    /// Ends with the entries of the cache that are in use, and with what is wrong.
    pub(super) fn finish(self) -> (Vec<Key>, Vec<Diagnostic>) {
        let keys = self.keys.into_inner().unwrap_or_else(PoisonError::into_inner);
        (keys, self.problems.into_inner().unwrap_or_else(PoisonError::into_inner))
    }

    /// What becomes of a file depends on its name and on what is in it.
    fn key(&self, from: &str, print: Fingerprint) -> Key {
        let extension = from.rsplit_once('.').map_or("", |(_, extension)| extension);
        Kind::Original.key(&format!("{:?} {extension} {}", self.cleaning, print.hex()))
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
