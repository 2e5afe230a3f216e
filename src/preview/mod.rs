//! The development server: the site from memory, and each change on the screen at once.
//!
//! In: a [`Builder`] and calls of [`Changes::tell`]. Out: HTTP as Cloudflare Pages would answer, with one script more on every
//! page, which listens for changes. One build runs at a time; changes that come meanwhile start one more when it is done.
//! A build with errors leaves the last good site and shows the errors over it.
//! Deliberately not here: how a site is built, how files are watched, output to disk (there is none), TLS.
//!
//! ```text
//!  Changes::tell ─► queue ─► build thread ─► Snapshot ─┬─► respond   any request
//!                                                        └─► live      /__rivage/events, per page
//! ```

mod live;
mod paths;
pub(crate) mod respond;
mod server;
pub(crate) mod site;

use std::collections::{BTreeMap, BTreeSet};
use std::net::{SocketAddr, TcpListener};
use std::sync::{Mutex, PoisonError};

use crate::inputs::Fingerprint;
use crate::render::{Artifact, Content, Put, Sink};
use crate::write;

pub use server::{Changes, Handle, serve};

/// Where the server's own files are. No page of a site is there.
const OWN: &str = "/__rivage/";

/// A failure of the server.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No port is free.
    #[error("could not listen on `{address}`")]
    Listen {
        /// The first address that was tried.
        address: SocketAddr,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// The server could not be started.
    #[error("could not start the server")]
    Start(#[source] std::io::Error),
}

/// Makes the site, again and again.
pub trait Builder: Send + Sync + 'static {
    /// Builds the site as the files now are. `changed` are the files that changed since the last call; all may have where it is empty.
    /// Called from one thread.
    fn build(&self, changed: &Changed) -> Build;

    /// Makes what a reader does not wait for, after a build and when nothing has changed for a moment; none where nothing is left.
    fn finish(&self) -> Option<Build> {
        None
    }

    /// Makes a file that [`Made::Later`] stands for, or that nobody asked for so far; none where there is none.
    fn make(&self, path: &str) -> Option<Vec<u8>> {
        let _ = path;
        None
    }

    /// Reports whether pages are shown to their writer, who sees changes at once, rather than to visitors.
    fn is_live(&self) -> bool {
        true
    }

    /// Reads a file that [`Content::CopyOf`] names.
    ///
    /// # Errors
    /// It cannot be read.
    fn read(&self, path: &str) -> Result<Vec<u8>, crate::fs::Error>;
}

/// A site, and what is wrong with it.
#[derive(Clone, Debug, Default)]
pub struct Build {
    /// Files by path, `_headers` and `_redirects` among them.
    pub files: BTreeMap<String, Made>,
    /// Whether files that are not among them are as they were; else they are gone.
    pub is_partial: bool,
    /// The path part of the base URL: `""` or `/docs`.
    pub base_path: String,
    /// The errors as HTML, to be shown over the page; none if the site has no errors.
    pub errors: Option<String>,
}

/// A file of a site.
#[derive(Clone, Debug, PartialEq)]
pub enum Made {
    /// This.
    Content(Content),
    /// What has this fingerprint, and is made when somebody asks for it.
    Later(Fingerprint),
}

/// Takes a site into memory, but files that are as they were when they were last made: these are made when somebody asks for them.
#[derive(Debug, Default)]
pub struct LiveSink(Mutex<BTreeMap<String, Made>>);

impl LiveSink {
    /// Returns all files.
    pub fn into_files(self) -> BTreeMap<String, Made> {
        self.0.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    fn insert(&self, path: String, made: Made) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(path, made);
    }
}

impl Sink for LiveSink {
    fn put(&self, artifact: Artifact) -> Result<Option<Put>, crate::fs::Error> {
        write::refuse_bad_path(&artifact.path)?;
        let put = match &artifact.content {
            Content::Bytes(bytes) => Some(Put { digest: Fingerprint::of(bytes), length: bytes.len() as u64 }),
            Content::CopyOf(_) => None,
        };
        self.insert(artifact.path, Made::Content(artifact.content));
        Ok(put)
    }

    fn keep(&self, path: &str, digest: Fingerprint, _: u64) -> Result<bool, crate::fs::Error> {
        self.insert(path.to_owned(), Made::Later(digest));
        Ok(true)
    }

    fn keep_copy(&self, path: &str, from: &str, _: Fingerprint, _: u64) -> Result<bool, crate::fs::Error> {
        self.insert(path.to_owned(), Made::Content(Content::CopyOf(from.to_owned())));
        Ok(true)
    }
}

/// Paths, from the project's root, of files that changed.
pub type Changed = BTreeSet<String>;

/// Listens on a port, or on the next one that is free.
///
/// # Errors
/// None of 50 ports is free, or the address is not this machine's.
pub fn listen(address: SocketAddr) -> Result<TcpListener, Error> {
    let mut first = None;
    for offset in 0..50 {
        let Some(port) = address.port().checked_add(offset) else { break };
        match TcpListener::bind((address.ip(), port)) {
            Ok(listener) => return Ok(listener),
            Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => {
                first.get_or_insert(error);
            }
            Err(source) => return Err(Error::Listen { address, source }),
        }
    }
    let source = first.unwrap_or_else(|| std::io::ErrorKind::AddrInUse.into());
    Err(Error::Listen { address, source })
}

#[cfg(test)]
mod tests;
