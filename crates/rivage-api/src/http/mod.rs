//! Requests and responses as plain values, and what is read of them: paths, queries, cookies, bodies.
//!
//! In: what a shell has read of a request. Out: texts by name, never more than the bounds allow. Deliberately not here: routes and types of
//! values; and any list of all headers: a header that nobody asks for is never read, and cannot reach a cache.

pub mod cookie;
pub(crate) mod date;
pub mod json;
pub mod origin;
mod problem;
mod response;
pub mod router;
pub mod url;

pub use problem::{FieldProblem, Problem};
pub use response::Response;

/// The headers of a request, one at a time, and what a platform tells beside them: reading is what costs, so nothing is read that is not asked for.
pub trait Headers {
    /// Returns the value of a header by its name in lower case. Where a header stands several times, its values are joined by `, `, as in
    /// the Fetch standard.
    fn get(&self, name: &str) -> Option<String>;

    /// Returns the address of the client as the *platform* knows it (`CF-Connecting-IP` at Cloudflare, the peer of the socket elsewhere), never a
    /// header that a client can write.
    fn client(&self) -> String;
}

/// A request without its body.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    /// The method, as it came.
    pub method: &'a str,
    /// The path, as it came: from `/` on, not decoded.
    pub path: &'a str,
    /// What follows `?`; empty without.
    pub query: &'a str,
    /// The headers.
    pub headers: &'a dyn Headers,
}
