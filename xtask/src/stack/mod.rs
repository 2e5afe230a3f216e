//! The database's image and server, as far as they can be tried without an engine of containers and without a second machine.
//!
//! In: deploy/postgres and docker-compose.yml. Out: nothing, or the first thing that is wrong. The package list, scripts and settings run in a chroot of
//! Debian 13 with namespaces of its own. What cannot be had here is skipped with a message; `RIVAGE_REQUIRE_STACK=1` makes that an error. Deliberately
//! not here: `docker build` and `docker compose`, which no engine runs here.

mod image;
mod lint;
mod machine;
mod server;

use anyhow::bail;

use crate::tools::note;

/// Set to `1`, nothing is skipped.
const REQUIRED: &str = "RIVAGE_REQUIRE_STACK";

/// Runs all of it.
pub(crate) fn run() -> anyhow::Result<()> {
    lint::run()?;
    let root = match machine::root() {
        Ok(root) => root,
        Err(error) => return skip("the image and the server", &error),
    };
    image::run(&root)?;
    server::run(&root)
}

fn skip(what: &str, error: &anyhow::Error) -> anyhow::Result<()> {
    if std::env::var_os(REQUIRED).is_some_and(|value| value == "1") {
        bail!("{what}: {error:#}");
    }
    note(&format!("skipped: {what}: {error:#} ({REQUIRED}=1 makes this an error)"));
    Ok(())
}
