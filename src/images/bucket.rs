//! Files of images in an R2 bucket: sent once, never overwritten, removed when nothing shows them any more.
//!
//! In: files that pages show, a bucket. Out: objects, whose names are hashes: what is there is right and need not be sent again, so that a push that
//! was cut off goes on where it was. Files that are neither there nor in the cache are made first; a machine with an empty cache makes nothing that
//! the bucket has. Deliberately not here: requests ([`rivage_cloudflare::r2`]), which deployments are kept ([`crate::cli`]).

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use rivage_cloudflare::r2::{Bucket, Object};

use super::{Derivative, Failure, Made, make};
use crate::cache::images::ImageStore;
use crate::inputs::World;
use crate::pipeline::Progress;

/// Requests at once.
const AT_ONCE: usize = 8;

/// Why a push ended early.
#[derive(Debug, thiserror::Error)]
pub enum PushError {
    /// The bucket refused.
    #[error(transparent)]
    Bucket(#[from] rivage_cloudflare::Error),
    /// The cache cannot take a file.
    #[error("could not keep `{0}` in the cache")]
    Cache(String),
}

/// What a bucket has of what pages show.
#[derive(Debug)]
pub struct Compared<'d> {
    /// How many files are there.
    pub present: usize,
    /// Files that are not.
    pub missing: Vec<&'d Derivative>,
}

/// What a push did.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Pushed {
    /// Files that were sent.
    pub sent: usize,
    /// Their bytes.
    pub bytes: u64,
    /// Files that had to be made.
    pub made: usize,
    /// Images of which nothing could be made.
    pub failures: Vec<Failure>,
}

/// Looks which files are in a bucket. One that was cut off, with no bytes, counts as missing.
///
/// # Errors
/// The bucket cannot be listed.
pub fn compare<'d>(
    bucket: &Bucket,
    prefix: &str,
    derivatives: &'d [Derivative],
) -> Result<Compared<'d>, rivage_cloudflare::Error> {
    let there: BTreeSet<String> =
        bucket.list(prefix)?.into_iter().filter(|object| object.size > 0).map(|object| object.key).collect();
    let missing: Vec<_> =
        derivatives.iter().filter(|derivative| !there.contains(&format!("{prefix}{}", derivative.name))).collect();
    Ok(Compared { present: derivatives.len() - missing.len(), missing })
}

/// Sends files, and makes those that the cache does not have.
///
/// # Errors
/// The bucket refused a file, after as many tries as it takes; what was sent until then counts.
pub fn push(
    world: &World,
    store: &ImageStore,
    bucket: &Bucket,
    prefix: &str,
    missing: &[&Derivative],
    progress: &dyn Progress,
) -> Result<Pushed, PushError> {
    let done = Mutex::new(Pushed::default());
    progress.stage("push", missing.len());
    let send = |derivative: &Derivative, size: u64| -> Result<(), PushError> {
        let key = format!("{prefix}{}", derivative.name);
        bucket.put(&key, &store.path(&derivative.name), size, derivative.format.media_type())?;
        let mut done = lock(&done);
        done.sent += 1;
        done.bytes += size;
        progress.step();
        Ok(())
    };
    let (kept, others): (Vec<_>, Vec<_>) =
        missing.iter().copied().partition(|derivative| store.length(&derivative.name).is_some());
    let queue = Mutex::new(kept.into_iter());
    let error = Mutex::new(None);
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while lock(&error).is_none() {
                    let Some(derivative) = lock(&queue).next() else { break };
                    if let Err(why) = send(derivative, store.length(&derivative.name).unwrap_or_default()) {
                        lock(&error).get_or_insert(why);
                    }
                }
            });
        }
    });
    if let Some(error) = error.into_inner().unwrap_or_else(PoisonError::into_inner) {
        return Err(error);
    }
    let failures = make(world, others, &|Made { derivative, bytes }| {
        if !store.put(&derivative.name, &bytes) {
            return Err(PushError::Cache(derivative.name.clone()));
        }
        lock(&done).made += 1;
        send(derivative, bytes.len() as u64)
    })?;
    let done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    Ok(Pushed { failures, ..done })
}

/// Lists the objects that nothing shows and that were stored before a moment. Objects of other names than ours are left alone.
///
/// # Errors
/// The bucket cannot be listed.
pub fn superfluous(
    bucket: &Bucket,
    prefix: &str,
    used: &BTreeSet<String>,
    before: jiff::Timestamp,
) -> Result<Vec<Object>, rivage_cloudflare::Error> {
    let is_superfluous = |object: &Object| {
        let hash = object.key.strip_prefix(prefix).and_then(hash);
        // Of what does not say when it was stored nothing is known.
        let is_old = object.modified.parse::<jiff::Timestamp>().is_ok_and(|modified| modified < before);
        is_old && hash.is_some_and(|hash| !used.contains(hash))
    };
    Ok(bucket.list(prefix)?.into_iter().filter(is_superfluous).collect())
}

/// Returns the hash of a name that is ours.
pub fn hash(name: &str) -> Option<&str> {
    let (hash, extension) = name.split_once('.')?;
    let is_hash = hash.len() == 32 && hash.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    (is_hash && rivage_images::Format::of_extension(extension).is_some()).then_some(hash)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
#[path = "bucket_tests.rs"]
mod tests;
