//! Which database a command is about, and a connection to it.
//!
//! In: `--db`, `DATABASE_URL`. Out: a checked place, a connection. No message ever has the password.

use std::future::Future;
use std::time::Duration;

use anyhow::Context;
use rivage_diag::Diagnostic;
use rivage_postgres::{Client, Config, Limits};

use super::printer::failure;
use crate::database::migrations::{self, Migration, State};

/// The variable that names the database where `--db` does not.
pub(super) const VARIABLE: &str = "DATABASE_URL";

/// The same for reading.
pub(super) const READ_VARIABLE: &str = "DATABASE_READ_URL";

/// How long one statement of a command may take: indexes of large tables take their time.
const PATIENCE: Duration = Duration::from_secs(30 * 60);

/// Returns the database that was named; none where none was.
///
/// # Errors
/// The URL is wrong.
pub(super) fn named(given: Option<&str>, variable: &str) -> anyhow::Result<Option<Config>> {
    let (url, place) = match (given, std::env::var(variable)) {
        (Some(url), _) => (url.to_owned(), if variable == VARIABLE { "--db" } else { "--db-read" }),
        (None, Ok(url)) if !url.trim().is_empty() => (url, variable),
        (None, _) => return Ok(None),
    };
    let config = Config::parse(url.trim());
    Ok(Some(config.with_context(|| format!("`{place}` does not name a database"))?))
}

/// Returns the database that was named.
///
/// # Errors
/// None was, or the URL is wrong.
pub(super) fn needed(given: Option<&str>) -> anyhow::Result<Config> {
    named(given, VARIABLE)?.ok_or_else(|| {
        failure("no database is named", format!("pass `--db postgres://user@host/database`, or set {VARIABLE}"))
    })
}

/// Connects for work that may take long and bring many rows.
///
/// # Errors
/// The database cannot be reached.
pub(super) async fn connect(mut config: Config) -> anyhow::Result<Client> {
    config.statement_timeout = PATIENCE;
    let limits = Limits { message: 64 << 20, rows: 10_000_000, bytes: 1 << 30 };
    let place = config.to_string();
    Client::connect_with(&config, limits).await.with_context(|| format!("could not use the database {place}"))
}

/// Runs a command's work with the database.
///
/// # Errors
/// That of the work.
pub(super) fn block_on<T>(work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.context("could not start the command")?.block_on(work)
}

/// Returns the states of migrations, in their order.
///
/// # Errors
/// The database cannot be asked.
pub(super) fn states(config: Config, all: &[Migration]) -> anyhow::Result<Vec<State>> {
    block_on(async {
        let mut client = connect(config).await?;
        let states = migrations::status(&mut client, all).await?;
        client.close().await;
        Ok(states)
    })
}

/// What became of a database.
pub(super) struct Migrated<'m> {
    /// What was run.
    pub(super) done: Vec<&'m Migration>,
    /// The extensions that rivage's tables make use of.
    pub(super) extensions: Vec<String>,
}

/// Runs the migrations that were not run yet, and returns them; or what an author has to mend.
///
/// # Errors
/// Those that are nobody's fault.
pub(super) fn migrate(config: Config, all: &[Migration]) -> anyhow::Result<Result<Migrated<'_>, Diagnostic>> {
    block_on(async {
        let mut client = connect(config).await?;
        let done = migrations::migrate(&mut client, all).await;
        let extensions = if done.is_ok() { migrations::use_extensions(&mut client).await? } else { Vec::new() };
        client.close().await;
        match done {
            Ok(done) => Ok(Ok(Migrated { done, extensions })),
            Err(migrations::Error::Wrong(diagnostic)) => Ok(Err(*diagnostic)),
            Err(migrations::Error::Database(error)) => Err(error.into()),
        }
    })
}
