//! A private PostgreSQL server, and a network with faults, for tests.
//!
//! In: the programs of PostgreSQL that this machine has. Out: [`Postgres`], one for each process of tests, gone with it; [`Proxy`], a way to it that
//! breaks as a test likes. Deliberately not here: a client; anything that the product links.

mod proxy;
mod server;

use std::io::Write;
use std::sync::OnceLock;

pub use proxy::{Fault, Proxy};
pub use server::{Error, Postgres};

/// Set to `1`, tests that need PostgreSQL fail without it.
pub const REQUIRED: &str = "RIVAGE_REQUIRE_POSTGRES";

/// Returns this process's server, started when it is asked for first. `None` where PostgreSQL is not installed: the test is to be skipped.
///
/// # Panics
///
/// It does not start; or it is not installed and [`REQUIRED`] is set.
pub fn shared() -> Option<&'static Postgres> {
    static SERVER: OnceLock<Result<Postgres, Error>> = OnceLock::new();
    match SERVER.get_or_init(Postgres::start) {
        Ok(server) => Some(server),
        Err(error @ Error::Missing) if std::env::var_os(REQUIRED).is_none_or(|value| value != "1") => {
            let _ = writeln!(std::io::stderr(), "skipped: {error}");
            None
        }
        Err(error) => panic!("{error}"),
    }
}
