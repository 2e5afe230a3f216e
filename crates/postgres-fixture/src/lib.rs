//! A private PostgreSQL server, a pooler before it, and a network with faults, for tests.
//!
//! In: the programs of PostgreSQL and PgBouncer that this machine has. Out: [`Postgres`], one for each process of tests, gone with it; [`PgBouncer`],
//! which refuses what a pooler in transaction mode refuses; [`Proxy`], a way to them that breaks as a test likes. Deliberately not here: a client;
//! anything that the product links.

mod keeper;
mod pooler;
mod proxy;
mod server;

use std::io::{self, Write};
use std::sync::OnceLock;

pub use pooler::PgBouncer;
pub use proxy::{Fault, Proxy};
pub use server::{Postgres, programs};

/// Set to `1`, tests that need PostgreSQL fail without it.
pub const REQUIRED: &str = "RIVAGE_REQUIRE_POSTGRES";

/// Names the folder of the programs of another PostgreSQL than the one that is found.
pub const PROGRAMS: &str = "RIVAGE_POSTGRES_PROGRAMS";

/// Returns this process's server, started when it is asked for first. `None` where PostgreSQL is not installed: the test is to be skipped.
///
/// # Panics
///
/// It does not start; or it is not installed and [`REQUIRED`] is set.
pub fn shared() -> Option<&'static Postgres> {
    static SERVER: OnceLock<Result<Postgres, Error>> = OnceLock::new();
    available(SERVER.get_or_init(Postgres::start))
}

/// Returns this process's pooler before [`shared`], as that does.
///
/// # Panics
///
/// As [`shared`].
pub fn pooler() -> Option<&'static PgBouncer> {
    static POOLER: OnceLock<Result<PgBouncer, Error>> = OnceLock::new();
    let server = shared()?;
    available(POOLER.get_or_init(|| PgBouncer::start(server)))
}

fn available<T>(server: &'static Result<T, Error>) -> Option<&'static T> {
    match server {
        Ok(server) => Some(server),
        Err(error @ (Error::Missing | Error::PoolerMissing))
            if std::env::var_os(REQUIRED).is_none_or(|value| value != "1") =>
        {
            let _ = writeln!(io::stderr(), "skipped: {error}");
            None
        }
        Err(error) => panic!("{error}"),
    }
}

/// Why there is no server.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// PostgreSQL is not installed.
    #[error(
        "PostgreSQL is not installed (no `initdb` in PATH nor below /usr/lib/postgresql): `apt-get install postgresql`, or `cargo xtask test`, which does it"
    )]
    Missing,
    /// PgBouncer is not installed.
    #[error(
        "PgBouncer is not installed (not in PATH nor /usr/sbin): `apt-get install pgbouncer`, or `cargo xtask test`, which does it"
    )]
    PoolerMissing,
    /// A program or folder failed.
    #[error("could not {operation}: {source}")]
    Io {
        /// What was being done.
        operation: String,
        /// What the system says.
        source: io::Error,
    },
    /// A server ended before it was ready.
    #[error("a server did not start:\n{output}")]
    Failed {
        /// What it printed.
        output: String,
    },
}
