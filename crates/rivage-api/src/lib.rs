//! The edge API of a site, without I/O of its own: a request in, a decision out.
//!
//! ```text
//!  api/*.sql, forms ──► sql ──► manifest ──► openapi, client        when the site is built
//!                                  │
//!  ────────────────────────────────┼───────────────────────────────────────────────────────
//!                                  ▼                                when a request comes
//!  Request ──► Api::begin ─────► Step::Respond   404, 405, preflight, 400, 401, 403, 414, 415, memory
//!               │                Step::Body      the shell reads at most `limit` bytes ──► NeedsBody::finish
//!               │ path, origin, who, values
//!               ▼
//!              Plan ──► Api::run(ports) ──► Reply { response, log, after }
//!                        │                                              └─► Api::refresh, when the response is sent
//!                        ├ RateLimiter   429
//!                        ├ Database      session; 401, 403
//!                        ├ Cache         fresh, stale, spare
//!                        ├ Database      fixed statements in one trip; 404, 409, 422, 503, 504
//!                        └ Objects       bodies that pass through; 206, 304, 412, 416
//! ```
//!
//! What stands above the line runs in `rivage build`, what stands below in two shells: a Worker and a native server. Both hand over what
//! [`ports`] asks for. The crate takes neither time nor random bytes from its platform, starts no thread, and compiles to wasm32.
//!
//! Reading order: [`sql`] (how routes are written), [`manifest`] (what becomes of them), [`http`] and [`validate`] (what is read of a
//! request), [`auth`] (who calls), [`decide`], [`ports`], [`drive`], [`builtin`].

pub mod auth;
pub mod builtin;
mod cache;
mod crypto;
pub mod decide;
pub mod describe;
pub mod drive;
mod failure;
pub mod fixed;
pub mod http;
pub mod log;
pub mod manifest;
mod media;
mod metrics;
pub mod ports;
pub mod postgres;
pub mod report;
mod respond;
pub mod series;
pub mod sql;
pub mod statistics;
mod tally;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
pub mod validate;
mod visitor;
mod watch;

pub use decide::{Api, Arrival, Constant, NeedsBody, Plan, Secrets, Step};
pub use http::{Headers, Request, Response};
pub use manifest::Manifest;
pub use respond::Reply;
