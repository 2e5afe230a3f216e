//! The edge API.

pub mod auth;
mod crypto;
pub mod http;
pub mod manifest;
pub mod sql;
pub mod validate;
mod builtin { pub fn routes() -> Vec<crate::manifest::Route> { Vec::new() } }
