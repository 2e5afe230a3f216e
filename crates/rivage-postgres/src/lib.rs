//! A small PostgreSQL connection without I/O of its own.
//!
//! ```text
//!  Startup ──► Connection::start ──► output()   bytes for the server
//!  bytes of the server ──► receive() ──► event()   Ready, Results, Described, Failed
//!  [Statement] ──► run() ──► output()   Parse, Bind, Describe, Execute of each, one Sync: one write, one trip
//!  ResultSet ──► json::write_many    rows as JSON, from text and type OIDs
//!  Error ──► kind(), is_retryable()   what a client of an API is told
//! ```
//!
//! In: bytes, a password, a nonce. Out: bytes, events. Whoever has a socket and a timer drives it: a Worker, or `Client` with
//! the feature `tokio`. Statements are unnamed and parameters and results are text, in the order of messages that poolers in transaction mode
//! and Hyperdrive know from node-postgres.
//!
//! Deliberately not here: sockets, clocks and random numbers (but in the feature `tokio`); TLS and the request for it; channel binding; named
//! statements, the simple protocol, `COPY`, `LISTEN`, cancelling; conversion of values to Rust types.

#[cfg(feature = "tokio")]
pub mod client;
pub mod config;
pub mod connection;
pub mod error;
mod frame;
pub mod json;
pub mod oid;
#[cfg(feature = "tokio")]
pub mod pool;
mod reply;
pub mod result;
mod scram;
pub mod startup;
pub mod statement;

#[cfg(feature = "tokio")]
pub use client::Client;
pub use config::Config;
pub use connection::{Connection, Event, Limits, State};
pub use error::{Error, Kind, ServerError};
pub use oid::Oid;
#[cfg(feature = "tokio")]
pub use pool::Pool;
pub use result::{Column, Description, ResultSet, Row};
pub use startup::{Method, Startup};
pub use statement::{Param, Statement};
