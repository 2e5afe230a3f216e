//! The store of media: a folder, or a bucket of an S3 server, over the client that the shared cache uses.
//!
//! In: names of objects. Out: what the store tells of them, and their bytes as a stream that is read while it is sent, a piece at a time.
//! Deliberately not here: writing; which names are allowed and what a client is told ([`rivage_api`]).

use std::collections::BTreeMap;
use std::io;
use std::ops::Range;
use std::sync::Arc;

use axum::body::Body;
use object_store::path::Path;
use object_store::{Attribute, GetOptions, GetRange, GetResult, ObjectStore};
use rivage_api::ports::{ObjectInfo, ObjectsError};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

use crate::cache::remote::{self, Patience};

/// What is read at once.
const PIECE: u64 = 1 << 20;

/// A store.
#[derive(Clone, Debug)]
pub struct Store {
    storage: Arc<dyn ObjectStore>,
    prefix: Path,
}

/// Why a store cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("`{place}` is no place for media: {reason}")]
pub struct StoreError {
    place: String,
    reason: String,
}

impl Store {
    /// Takes a folder that exists, or a bucket: `s3://BUCKET/PREFIX`, with keys of `AWS_…` variables.
    ///
    /// # Errors
    /// There is no such folder, or nothing to sign requests with.
    pub fn open(place: &str, environment: &BTreeMap<String, String>) -> Result<Self, StoreError> {
        let opened = remote::open(place, environment, Patience::default(), false);
        let (storage, prefix) = opened.map_err(|error| StoreError {
            place: place.to_owned(),
            reason: match error {
                remote::Error::Place { reason, .. } => reason,
                other => other.to_string(),
            },
        })?;
        Ok(Self { storage, prefix })
    }

    /// Tells of an object.
    pub(super) async fn head(&self, key: &str) -> Result<Option<ObjectInfo>, ObjectsError> {
        Ok(self.find(key).await?.map(|(_, _, info)| info))
    }

    /// Opens an object, or a part of it.
    pub(super) async fn open_object(
        &self,
        key: &str,
        range: Option<Range<u64>>,
    ) -> Result<Option<(ObjectInfo, Body)>, ObjectsError> {
        let Some((path, version, info)) = self.find(key).await? else { return Ok(None) };
        let range = range.unwrap_or(0..info.size);
        // One piece is read ahead: a client that has gone costs no more than that.
        let (sender, receiver) = mpsc::channel(1);
        let storage = Arc::clone(&self.storage);
        tokio::spawn(async move {
            let mut at = range.start;
            while at < range.end {
                let to = range.end.min(at + PIECE);
                // An object that is exchanged meanwhile ends the answer, rather than being mixed with the other.
                let range = Some(GetRange::Bounded(at..to));
                let options = GetOptions { range, if_match: version.clone(), ..GetOptions::default() };
                let piece = match storage.get_opts(&path, options).await {
                    Ok(found) => found.bytes().await,
                    Err(error) => Err(error),
                };
                let is_over = piece.is_err();
                if sender.send(piece).await.is_err() || is_over {
                    return;
                }
                at = to;
            }
        });
        Ok(Some((info, Body::from_stream(ReceiverStream::new(receiver)))))
    }

    async fn find(&self, key: &str) -> Result<Option<(Path, Option<String>, ObjectInfo)>, ObjectsError> {
        let failed = |error: &dyn std::fmt::Display| ObjectsError::Failed(error.to_string());
        let below = Path::parse(key).map_err(|error| failed(&error))?;
        let path: Path = self.prefix.parts().chain(below.parts()).collect();
        match self.storage.get_opts(&path, GetOptions { head: true, ..GetOptions::default() }).await {
            Ok(found) => Ok(Some((path, found.meta.e_tag.clone(), info(&found)))),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) if is_no_file(&error) => Ok(None),
            Err(error) => Err(failed(&error)),
        }
    }
}

/// Reports whether a folder cannot have a file of this name: it is too long for the disk, or goes on below a file.
fn is_no_file(error: &object_store::Error) -> bool {
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        if let Some(error) = error.downcast_ref::<io::Error>() {
            return matches!(error.kind(), io::ErrorKind::InvalidFilename | io::ErrorKind::NotADirectory);
        }
        cause = error.source();
    }
    false
}

fn info(found: &GetResult) -> ObjectInfo {
    let modified = found.meta.last_modified.timestamp();
    let tag = found.meta.e_tag.as_deref().unwrap_or_default();
    let tag = tag.strip_prefix("W/").unwrap_or(tag).trim_matches('"');
    ObjectInfo {
        // A store without tags has a time and a length at least.
        etag: if tag.is_empty() { format!("\"{modified:x}-{:x}\"", found.meta.size) } else { format!("\"{tag}\"") },
        size: found.meta.size,
        modified: u64::try_from(modified).unwrap_or_default(),
        content_type: found.attributes.get(&Attribute::ContentType).map(|kind| kind.as_ref().to_owned()),
    }
}
