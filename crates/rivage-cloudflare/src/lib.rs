//! A client of Cloudflare's API, as far as a static site needs one.
//!
//! In: a token, an account, files on the disk. Out: Pages deployments ([`pages`]), Workers with their static assets ([`workers`]), objects in R2
//! ([`r2`]). One HTTP stack, blocking, with one place that repeats requests ([`client`]). Bodies are streamed from the disk.
//!
//! Parts of the Pages protocol are not documented by Cloudflare; they follow what Cloudflare's own program sends. The functions say which.
//! Deliberately not here: what is deployed when, and what is told to the user.

pub mod account;
mod body;
pub mod client;
pub mod content_type;
mod error;
pub mod hash;
pub mod pages;
pub mod r2;
pub mod workers;

pub use client::{Client, Policy, Secret};
pub use error::{ApiMessage, Error};

/// A file that is uploaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asset {
    /// Where it will be: from `/` on, as on the disk, not encoded.
    pub path: String,
    /// The file on the disk.
    pub file: std::path::PathBuf,
    /// Its length in bytes.
    pub size: u64,
    /// Its name in Cloudflare's store ([`hash::asset`]).
    pub hash: String,
}
