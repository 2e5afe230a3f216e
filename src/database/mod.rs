//! What rivage does with a database besides answering requests: migrations, publishing, counting, roles, and a private server for previews.
//!
//! In: a connection of `rivage-postgres`, or the programs of PostgreSQL, which may be fetched. Out: tables and rows. Deliberately not here: statements of routes
//! ([`rivage_api`]), pools ([`crate::serve`]).

pub mod cluster;
pub mod fetch;
pub mod migrations;
pub mod publish;
pub mod roles;
pub mod slow;
mod split;
