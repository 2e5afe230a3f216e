//! The native server: a finished site and its API, on any machine.
//!
//! In: the output folder, the manifest of the API, a database. Out: HTTP: files by the rules of Cloudflare Pages, and `/api/*` as a Worker would
//! answer it, both over `rivage-api`. `rivage preview` hands its `/api/*` to the same [`Desk`].
//! Deliberately not here: TLS and compression, which a proxy in front does; what routes answer ([`rivage_api`]).
//!
//! ```text
//!  request ─┬─ /api/*, and no file of that name ─► Desk ─► Shell (database, store, counters, clock) ─► rivage-api
//!           └─ else ─► preview::respond over Folder
//! ```

mod database;
mod desk;
mod folder;
mod limiter;
mod objects;
mod server;
mod shell;

pub use database::Database;
pub use desk::{Desk, Log};
pub use folder::Folder;
pub use objects::{Store, StoreError};
pub use server::{Error, Serving, serve};
pub use shell::Shell;

#[cfg(test)]
mod media_tests;
#[cfg(test)]
mod report_tests;
