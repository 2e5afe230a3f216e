//! Files that were made of images, between two machines: whoever builds on a machine with nothing on its disk makes none of them again.
//!
//! In: the files here, and a place. Out: the place has what is here, or the other way round. Their names are hashes of all that they are made of,
//! encoders included, so that one list serves all versions of the program; the times in it let builds tidy up as if they had made the files themselves.
//! Deliberately not here: a bucket from which visitors get them ([`crate::images::bucket`]).

use std::collections::BTreeMap;
use std::sync::Arc;

use object_store::path::Path as Object;
use object_store::{ObjectStore, ObjectStoreExt};
use tokio::task::JoinSet;
use tokio_stream::StreamExt;

use super::{Blob, Error, FORMAT, Kind, Manifest, Remote, Summary};
use crate::cache::images::{FOLDER, ImageStore};
use crate::cache::store::Trouble;
use crate::pipeline::Progress;

/// Files under way at once: most are small, and what takes time is the way.
const AT_ONCE: usize = 16;
/// Larger ones are made again: an answer is held in memory.
const LARGEST: u64 = 32 << 20;

/// What came of a request.
type Answer<T> = (Object, object_store::Result<T>);

impl Remote {
    /// Sends what the place does not have, then the list of all of it.
    pub(super) async fn push_images(
        &self,
        store: &ImageStore,
        progress: &dyn Progress,
        summary: &mut Summary,
    ) -> Result<(), Error> {
        let kept: Vec<_> = store.list().into_iter().filter(|file| file.bytes <= LARGEST).collect();
        if kept.is_empty() {
            return Ok(());
        }
        let mut there = self.images_there().await?;
        let mut blobs = Vec::with_capacity(kept.len());
        let mut sending: JoinSet<Answer<()>> = JoinSet::new();
        progress.stage("push", kept.len());
        for file in kept {
            let path = store.path(&file.name);
            let bytes = std::fs::read(&path).map_err(|source| Trouble::Disk {
                operation: "read",
                path: path.display().to_string(),
                source,
            })?;
            let blob = Blob {
                kind: Kind::Image,
                name: file.name,
                bytes: bytes.len() as u64,
                hash: blake3::hash(&bytes).to_hex().to_string(),
                modified: Some(file.modified),
            };
            // One that was cut off is not there.
            if there.insert(blob.hash.clone(), blob.bytes) == Some(blob.bytes) {
                summary.present += 1;
            } else {
                if sending.len() >= AT_ONCE {
                    self.answer("write", &mut sending).await?;
                }
                summary.moved += 1;
                summary.bytes += blob.bytes;
                let (storage, object) = (Arc::clone(&self.storage), self.blob_object(&blob));
                sending.spawn(async move {
                    let done = storage.put(&object, bytes.into()).await.map(drop);
                    (object, done)
                });
            }
            blobs.push(blob);
            progress.step();
        }
        while self.answer("write", &mut sending).await?.is_some() {}
        summary.caches += 1;
        self.send_manifest(FOLDER, FOLDER, Kind::Image, &Manifest { format: FORMAT, blobs }).await
    }

    /// Fetches what is not here.
    pub(super) async fn pull_images(
        &self,
        store: &ImageStore,
        progress: &dyn Progress,
        summary: &mut Summary,
    ) -> Result<(), Error> {
        let list = self.object(&["manifests", FOLDER, &format!("{FOLDER}.json")]);
        let manifest = match self.manifest(&list, Kind::Image).await {
            Err(Error::Missing { .. }) => return Ok(()),
            manifest => manifest?,
        };
        summary.caches += 1;
        let (here, wanted): (Vec<_>, Vec<_>) =
            manifest.blobs.into_iter().partition(|blob| store.length(&blob.name).is_some());
        summary.present += here.len();
        progress.stage("pull", wanted.len());
        // Files of two names may be one.
        let mut by_object: BTreeMap<Object, Vec<Blob>> = BTreeMap::new();
        for blob in wanted {
            by_object.entry(self.blob_object(&blob)).or_default().push(blob);
        }
        let mut objects = by_object.keys().cloned();
        let mut fetching = JoinSet::new();
        loop {
            while fetching.len() < AT_ONCE
                && let Some(object) = objects.next()
            {
                let storage = Arc::clone(&self.storage);
                fetching.spawn(async move {
                    let done = async { storage.get(&object).await?.bytes().await }.await;
                    (object, done)
                });
            }
            let (object, bytes) = match self.answer("read", &mut fetching).await {
                Ok(Some(fetched)) => fetched,
                Ok(None) => return Ok(()),
                // A rule for the age of objects took it: it is made again.
                Err(Error::Missing { .. }) => continue,
                Err(error) => return Err(error),
            };
            for blob in by_object.get(&object).into_iter().flatten() {
                if bytes.len() as u64 != blob.bytes || blake3::hash(&bytes).to_hex().as_str() != blob.hash {
                    return Err(self.poisoned(&object, "what is in it does not match its name"));
                }
                // What cannot be kept is made again.
                if store.put(&blob.name, &bytes) {
                    store.date(&blob.name, blob.modified.unwrap_or_default());
                    summary.moved += 1;
                    summary.bytes += blob.bytes;
                }
                progress.step();
            }
        }
    }

    /// Waits for the next answer; none where all have come.
    async fn answer<T: 'static>(
        &self,
        operation: &'static str,
        waiting: &mut JoinSet<Answer<T>>,
    ) -> Result<Option<(Object, T)>, Error> {
        let Some(done) = waiting.join_next().await else { return Ok(None) };
        let (object, answer) = done.map_err(|error| Error::Runtime(std::io::Error::other(error)))?;
        match answer {
            Ok(answer) => Ok(Some((object, answer))),
            Err(error) => Err(self.told(operation, &object)(error)),
        }
    }

    /// Lists what the place has: hashes, with lengths.
    async fn images_there(&self) -> Result<BTreeMap<String, u64>, Error> {
        let folder = self.object(&["blobs", Kind::Image.folder()]);
        let mut found = BTreeMap::new();
        let mut listed = self.storage.list(Some(&folder));
        while let Some(object) = listed.next().await {
            let object = object.map_err(self.told("list", &folder))?;
            found.extend(object.location.filename().map(|hash| (hash.to_owned(), object.size)));
        }
        Ok(found)
    }
}
