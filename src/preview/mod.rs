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
mod respond;
mod server;
mod site;

use std::collections::{BTreeMap, BTreeSet};
use std::net::{SocketAddr, TcpListener};

use crate::render::Content;

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
    /// Builds the site as the files now are. Called from one thread.
    fn build(&self) -> Build;

    /// Reads a file that [`Content::CopyOf`] names.
    ///
    /// # Errors
    /// It cannot be read.
    fn read(&self, path: &str) -> Result<Vec<u8>, crate::fs::Error>;
}

/// A site, and what is wrong with it.
#[derive(Clone, Debug, Default)]
pub struct Build {
    /// All files by path, `_headers` and `_redirects` among them.
    pub files: BTreeMap<String, Content>,
    /// The path part of the base URL: `""` or `/docs`.
    pub base_path: String,
    /// The errors as HTML, to be shown over the page; none if the site has no errors.
    pub errors: Option<String>,
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
