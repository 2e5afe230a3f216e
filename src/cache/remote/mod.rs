//! The shared cache: what one machine built, others need not.
//!
//! In: a folder of caches, and a place. Out: the place has what the folder has, or the other way round. Deliberately not here: whether an entry
//! holds, which every build finds out for itself; who may write, which is for the place to say: let the builds of the main branch
//! push, and pull requests pull.
//!
//! ```text
//! blobs/<kind>/<hash>                  immutable, named by all 64 hexadecimal digits of its hash
//! manifests/<program>/<name>.json      the blobs that a cache consists of
//! manifests/images/images.json         files that were made of images, whatever version made them
//! ```
//!
//! A blob counts as what its name says or not at all: it is hashed as it comes in, and one that differs ends the pull before
//! anything of it is used. Nothing is ever deleted at the place; a rule for the age of objects does that better.

mod error;
mod http;
mod images;
mod place;

#[cfg(test)]
pub(crate) mod tests;

use std::collections::BTreeMap;
use std::future::Future;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use object_store::path::Path as Object;
use object_store::{ObjectStore, ObjectStoreExt, WriteMultipart};
use serde::{Deserialize, Serialize};
use tokio_stream::StreamExt;

use crate::cache::images::{self as image_files, ImageStore};
use crate::cache::store::{self, Incoming, SegmentFile, Trouble};
use crate::pipeline::Progress;

pub use error::Error;
pub use place::Patience;
pub(crate) use place::open;

/// What is sent and fetched at once: memory stays flat, and a connection that breaks costs little.
const PIECE: usize = 8 << 20;
/// Pieces under way at once.
const AT_ONCE: usize = 4;
/// The longest list of blobs that is read.
const LONGEST: u64 = 16 << 20;
/// The format of the lists.
const FORMAT: u32 = 1;

/// What a cache consists of.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Manifest {
    format: u32,
    blobs: Vec<Blob>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Blob {
    kind: Kind,
    /// What it is called here.
    name: String,
    bytes: u64,
    /// What it is called there.
    hash: String,
    /// When it was made, in seconds since 1970, where that counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    modified: Option<u64>,
}

/// What a blob is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Kind {
    /// A segment of a store.
    Segment,
    /// A file that was made of an image, or what is known of one.
    Image,
}

impl Kind {
    fn folder(self) -> &'static str {
        match self {
            Self::Segment => "segment",
            Self::Image => "image",
        }
    }

    /// Reports whether this can be the name of one here.
    fn may_be_called(self, name: &str) -> bool {
        match self {
            Self::Segment => store::is_segment_name(name),
            Self::Image => image_files::is_name(name),
        }
    }
}

/// What came of a push or a pull.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Caches that were found: what is common, one for each flavour of this program, and that of images.
    pub caches: usize,
    /// Blobs that were sent or fetched.
    pub moved: usize,
    /// Their bytes.
    pub bytes: u64,
    /// Blobs that were there already.
    pub present: usize,
}

/// A place where caches are shared.
#[derive(Debug)]
pub struct Remote {
    place: String,
    patience: Patience,
    storage: Arc<dyn ObjectStore>,
    prefix: Object,
}

/// Sends the caches of a program to a place, and files of images. `folder` holds one folder for each program.
///
/// # Errors
/// The place cannot be written to, or the caches cannot be read.
pub fn push(
    folder: &Path,
    program: &str,
    place: &str,
    environment: &BTreeMap<String, String>,
    patience: Patience,
    progress: &dyn Progress,
) -> Result<Summary, Error> {
    let remote = Remote::open(place, environment, patience, true)?;
    remote.run(async {
        let mut summary = remote.push(&folder.join(program), program, progress).await?;
        remote.push_images(&ImageStore::within(folder), progress, &mut summary).await?;
        Ok(summary)
    })
}

/// Fetches the caches of a program from a place, and files of images, and adds them to what is there.
///
/// # Errors
/// The place cannot be read, something there is not what it should be, or the caches cannot be written.
pub fn pull(
    folder: &Path,
    program: &str,
    place: &str,
    environment: &BTreeMap<String, String>,
    patience: Patience,
    progress: &dyn Progress,
) -> Result<Summary, Error> {
    let remote = Remote::open(place, environment, patience, false)?;
    remote.run(async {
        let mut summary = remote.pull(&folder.join(program), program, progress).await?;
        remote.pull_images(&ImageStore::within(folder), progress, &mut summary).await?;
        Ok(summary)
    })
}

impl Remote {
    fn open(
        place: &str,
        environment: &BTreeMap<String, String>,
        patience: Patience,
        is_made: bool,
    ) -> Result<Self, Error> {
        let (storage, prefix) = place::open(place, environment, patience, is_made)?;
        Ok(Self { place: place.to_owned(), patience, storage, prefix })
    }

    /// Runs to the end or to the deadline.
    fn run<T>(&self, work: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Error::Runtime)?;
        let done = runtime.block_on(async { tokio::time::timeout(self.patience.deadline, work).await });
        // A request that was given up may hang for a while yet.
        runtime.shutdown_background();
        done.unwrap_or_else(|_| {
            Err(Error::Deadline { place: self.place.clone(), seconds: self.patience.deadline.as_secs() })
        })
    }

    async fn push(&self, folder: &Path, program: &str, progress: &dyn Progress) -> Result<Summary, Error> {
        let mut summary = Summary::default();
        let caches = caches(folder)?;
        let mut lists = Vec::new();
        for (name, segments) in caches {
            let mut blobs = Vec::new();
            for segment in segments {
                // What is damaged here must not spread.
                if store::check(&segment).is_ok() {
                    blobs.push((blob(&segment)?, segment.path));
                }
            }
            lists.push((name, blobs));
        }
        let all: Vec<_> = lists.iter().flat_map(|(_, blobs)| blobs).collect();
        progress.stage("push", all.len());
        for (blob, path) in all {
            if self.has(blob).await? {
                summary.present += 1;
            } else {
                self.send(blob, path).await?;
                summary.moved += 1;
                summary.bytes += blob.bytes;
            }
            progress.step();
        }
        // Last, so that no list names a blob that is still to come.
        for (name, blobs) in lists {
            summary.caches += 1;
            let manifest = Manifest { format: FORMAT, blobs: blobs.into_iter().map(|(blob, _)| blob).collect() };
            self.send_manifest(program, &name, Kind::Segment, &manifest).await?;
        }
        Ok(summary)
    }

    async fn pull(&self, folder: &Path, program: &str, progress: &dyn Progress) -> Result<Summary, Error> {
        let mut summary = Summary::default();
        let mut wanted = Vec::new();
        for (name, object) in self.manifests(program).await? {
            let manifest = self.manifest(&object, Kind::Segment).await?;
            let folder = folder.join(name);
            summary.caches += 1;
            // Where the list here cannot be read there is nothing.
            let here = store::segments(&folder).unwrap_or_default();
            for blob in manifest.blobs {
                if here.iter().any(|segment| segment.name == blob.name) {
                    summary.present += 1;
                } else {
                    wanted.push((folder.clone(), blob));
                }
            }
        }
        progress.stage("pull", wanted.len());
        let mut fetched: BTreeMap<PathBuf, Vec<Incoming>> = BTreeMap::new();
        for (folder, blob) in wanted {
            let incoming = self.fetch(&folder, &blob).await?;
            fetched.entry(folder).or_default().push(incoming);
            summary.moved += 1;
            summary.bytes += blob.bytes;
            progress.step();
        }
        // All of it is what it should be: now it counts.
        for (folder, incoming) in fetched {
            store::adopt(&folder, incoming)?;
        }
        Ok(summary)
    }

    fn object(&self, parts: &[&str]) -> Object {
        self.prefix.parts().chain(parts.iter().map(|part| (*part).into())).collect()
    }

    fn blob_object(&self, blob: &Blob) -> Object {
        self.object(&["blobs", blob.kind.folder(), &blob.hash])
    }

    fn told(&self, operation: &'static str, object: &Object) -> impl Fn(object_store::Error) -> Error {
        move |error| Error::told(&self.place, operation, object.as_ref(), &error)
    }

    fn poisoned(&self, object: &Object, reason: impl Into<String>) -> Error {
        Error::Poisoned { object: object.to_string(), place: self.place.clone(), reason: reason.into() }
    }

    /// Reports whether a blob is at the place. One that was cut off is not.
    async fn has(&self, blob: &Blob) -> Result<bool, Error> {
        let object = self.blob_object(blob);
        match self.storage.head(&object).await {
            Ok(found) => Ok(found.size == blob.bytes),
            Err(error) => match Error::told(&self.place, "look for", object.as_ref(), &error) {
                Error::Missing { .. } => Ok(false),
                error => Err(error),
            },
        }
    }

    async fn send(&self, blob: &Blob, path: &Path) -> Result<(), Error> {
        let object = self.blob_object(blob);
        let told = self.told("write", &object);
        let read = |source| Trouble::Disk { operation: "read", path: path.display().to_string(), source };
        let mut file = std::fs::File::open(path).map_err(read)?;
        let mut piece = Vec::new();
        let mut next = |piece: &mut Vec<u8>| {
            piece.clear();
            Read::by_ref(&mut file).take(PIECE as u64).read_to_end(piece).map_err(read)
        };
        if blob.bytes <= PIECE as u64 {
            next(&mut piece)?;
            self.storage.put(&object, piece.into()).await.map_err(told)?;
            return Ok(());
        }
        let upload = self.storage.put_multipart(&object).await.map_err(&told)?;
        let mut upload = WriteMultipart::new_with_chunk_size(upload, PIECE);
        loop {
            let more = match upload.wait_for_capacity(AT_ONCE).await {
                Ok(()) => next(&mut piece).map_err(Error::from),
                Err(error) => Err(told(error)),
            };
            match more {
                Ok(0) => break,
                Ok(_) => upload.write(&piece),
                Err(error) => {
                    // What was sent so far is paid for until it is given up.
                    let _ = upload.abort().await;
                    return Err(error);
                }
            }
        }
        upload.finish().await.map(drop).map_err(told)
    }

    async fn send_manifest(&self, program: &str, name: &str, kind: Kind, manifest: &Manifest) -> Result<(), Error> {
        let object = self.object(&["manifests", program, &format!("{name}.json")]);
        if let Ok(there) = self.manifest(&object, kind).await
            && there == *manifest
        {
            return Ok(());
        }
        let mut text = serde_json::to_vec_pretty(manifest).map_err(|error| Trouble::Disk {
            operation: "list",
            path: name.to_owned(),
            source: error.into(),
        })?;
        text.push(b'\n');
        self.storage.put(&object, text.into()).await.map(drop).map_err(self.told("write", &object))
    }

    /// Lists the caches of a program: their names, and where the lists of their blobs are.
    async fn manifests(&self, program: &str) -> Result<Vec<(String, Object)>, Error> {
        let folder = self.object(&["manifests", program]);
        let mut found = Vec::new();
        let mut listed = self.storage.list(Some(&folder));
        while let Some(object) = listed.next().await {
            let object = object.map_err(self.told("list", &folder))?.location;
            let name = object.filename().and_then(|name| name.strip_suffix(".json"));
            if let Some(name) = name.filter(|name| is_name(name)) {
                found.push((name.to_owned(), object.clone()));
            }
        }
        found.sort();
        Ok(found)
    }

    /// Reads a list of blobs of a kind.
    async fn manifest(&self, object: &Object, kind: Kind) -> Result<Manifest, Error> {
        let told = self.told("read", object);
        let got = self.storage.get(object).await.map_err(&told)?;
        if got.meta.size > LONGEST {
            return Err(self.poisoned(object, format!("it has {} bytes", got.meta.size)));
        }
        let bytes = got.bytes().await.map_err(told)?;
        let manifest: Manifest =
            serde_json::from_slice(&bytes).map_err(|error| self.poisoned(object, error.to_string()))?;
        let is_hash =
            |hash: &str| hash.len() == 64 && hash.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        if manifest.format != FORMAT {
            return Err(self.poisoned(object, format!("its format is {}", manifest.format)));
        }
        // They become paths, here and there.
        let is_good = |blob: &&Blob| is_hash(&blob.hash) && blob.kind == kind && kind.may_be_called(&blob.name);
        match manifest.blobs.iter().find(|blob| !is_good(blob)) {
            Some(blob) => Err(self.poisoned(object, format!("it names a blob {:?} {:?}", blob.name, blob.hash))),
            None => Ok(manifest),
        }
    }

    /// Fetches a blob into a file that belongs to no cache yet.
    async fn fetch(&self, folder: &Path, blob: &Blob) -> Result<Incoming, Error> {
        let object = self.blob_object(blob);
        let size = self.storage.head(&object).await.map_err(self.told("read", &object))?.size;
        if size != blob.bytes {
            return Err(self.poisoned(&object, format!("it has {size} bytes instead of {}", blob.bytes)));
        }
        let mut incoming = Incoming::create(folder, &blob.name)?;
        let mut hasher = blake3::Hasher::new();
        let mut start = 0;
        while start < blob.bytes {
            let end = blob.bytes.min(start + PIECE as u64);
            let piece = self.storage.get_range(&object, start..end).await.map_err(self.told("read", &object))?;
            if piece.len() as u64 != end - start {
                return Err(self.poisoned(&object, "it is shorter than it says"));
            }
            hasher.update(&piece);
            incoming.write(&piece)?;
            start = end;
        }
        if hasher.finalize().to_hex().as_str() != blob.hash {
            return Err(self.poisoned(&object, "what is in it does not match its name"));
        }
        Ok(incoming)
    }
}

/// Lists the caches of a program with their segments.
fn caches(folder: &Path) -> Result<Vec<(String, Vec<SegmentFile>)>, Error> {
    let entries = match std::fs::read_dir(folder) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => {
            entries.map_err(|source| Trouble::Disk { operation: "list", path: folder.display().to_string(), source })?
        }
    };
    let mut names: Vec<String> =
        entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok()).filter(|name| is_name(name)).collect();
    names.sort();
    let caches = names.into_iter().map(|name| Ok((store::segments(&folder.join(&name))?, name)));
    let caches = caches.collect::<Result<Vec<_>, Trouble>>()?;
    Ok(caches
        .into_iter()
        .filter(|(segments, _)| !segments.is_empty())
        .map(|(segments, name)| (name, segments))
        .collect())
}

/// Reports whether this can be the name of a cache: it becomes a folder's.
fn is_name(name: &str) -> bool {
    (1..=64).contains(&name.len()) && name.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'z' | b'-'))
}

fn blob(segment: &SegmentFile) -> Result<Blob, Error> {
    let hash = || -> std::io::Result<(u64, blake3::Hash)> {
        let mut file = std::fs::File::open(&segment.path)?;
        let mut hasher = blake3::Hasher::new();
        let bytes = std::io::copy(&mut file, &mut hasher)?;
        Ok((bytes, hasher.finalize()))
    };
    let (bytes, hash) = hash().map_err(|source| Trouble::Disk {
        operation: "read",
        path: segment.path.display().to_string(),
        source,
    })?;
    let (name, hash) = (segment.name.clone(), hash.to_hex().to_string());
    Ok(Blob { kind: Kind::Segment, name, bytes, hash, modified: None })
}
