//! Files of images: kept, copied from the cache, or made.
//!
//! In: what all routes show. Out: files in the sink. A file that was made before is never decoded again, and one that the output has already is not
//! even read. Deliberately not here: how they are made ([`crate::images`]).

use std::sync::{Mutex, PoisonError};

use rayon::prelude::*;
use rivage_diag::Diagnostic;
use rustc_hash::FxHashSet;

use super::Progress;
use crate::cache::images::ImageStore;
use crate::cache::{self, Cache, Kind};
use crate::images::{self, Derivative, Failure, Made};
use crate::inputs::{Fingerprint, World};
use crate::render::facts::Told;
use crate::render::{Artifact, Content, Put, Sink};

/// Gathers the files of all routes, by name.
pub(super) fn of_all<'t>(told: impl Iterator<Item = &'t Told>) -> Vec<Derivative> {
    let mut seen = FxHashSet::default();
    let mut all: Vec<_> =
        told.flat_map(|told| &told.derivatives).filter(|one| seen.insert(one.name.as_str())).cloned().collect();
    all.sort_unstable_by(|a, b| a.name.cmp(&b.name));
    all
}

/// Returns the file of a name.
pub(super) fn named<'d>(derivatives: &'d [Derivative], name: &str) -> Option<&'d Derivative> {
    let place = derivatives.binary_search_by(|derivative| derivative.name.as_str().cmp(name)).ok()?;
    derivatives.get(place)
}

/// A file of an image that is still to be made, with all that it takes: the site may change meanwhile.
pub struct Waiting {
    pub(super) world: World,
    pub(super) store: Option<ImageStore>,
    pub(super) derivative: Derivative,
}

impl Waiting {
    /// Makes the file, which takes a while; none where that cannot be done, which the build has told.
    pub fn make(self) -> Option<Vec<u8>> {
        let Self { world, store, derivative } = self;
        if let Some(bytes) = store.as_ref().and_then(|store| store.get(&derivative.name)) {
            return Some(bytes);
        }
        let bytes = images::encode_one(&world, &derivative).ok()?;
        if let Some(store) = store {
            store.put(&derivative.name, &bytes);
        }
        Some(bytes)
    }
}

/// Puts all files below a folder of the output. Returns what is wrong with images.
pub(super) fn put(
    world: &World,
    folder: &str,
    cache: Option<&Cache>,
    derivatives: &[Derivative],
    sink: &dyn Sink,
    progress: &dyn Progress,
) -> Result<Vec<Diagnostic>, crate::fs::Error> {
    let put = |name: &str, bytes: Vec<u8>| {
        let put = sink.put(Artifact { path: format!("{folder}/{name}"), content: Content::Bytes(bytes) })?;
        if let (Some(cache), Some(Put { digest, length })) = (cache, put)
            && let Some(bytes) = cache::encode(&(digest, length))
        {
            cache.common.put(Kind::Image.key(name), &[], &bytes, &[]);
        }
        Ok(())
    };
    let missing = Mutex::new(Vec::new());
    derivatives.par_iter().try_for_each(|derivative| {
        let name = derivative.name.as_str();
        if let Some(cache) = cache {
            let known = cache.common.get(Kind::Image.key(name));
            let known = known.and_then(|entry| cache::decode::<(Fingerprint, u64)>(entry.small()));
            if let Some((digest, length)) = known
                && sink.keep(&format!("{folder}/{name}"), digest, length)?
            {
                return Ok(());
            }
            if let Some(bytes) = cache.images.get(name) {
                return put(name, bytes);
            }
        }
        missing.lock().unwrap_or_else(PoisonError::into_inner).push(derivative);
        Ok(())
    })?;
    let mut missing = missing.into_inner().unwrap_or_else(PoisonError::into_inner);
    if missing.is_empty() {
        return Ok(Vec::new());
    }
    missing.sort_unstable();
    progress.stage("images", missing.len());
    let failures = images::make(world, missing, &|Made { derivative, bytes }| {
        if let Some(cache) = cache {
            cache.images.put(&derivative.name, &bytes);
        }
        progress.step();
        put(&derivative.name, bytes)
    })?;
    if let Some(cache) = cache {
        let is_used = |name: &str| name.ends_with(crate::cache::images::FACTS) || named(derivatives, name).is_some();
        cache.images.tidy(world.now, &is_used);
    }
    Ok(failures.iter().map(Failure::diagnostic).collect())
}
