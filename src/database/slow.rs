//! Which statements take long, by what the server has counted.
//!
//! In: a connection to a database with the extension `pg_stat_statements`. Out: [`Counted`] statements, slowest first. Deliberately not here: how the
//! numbers are read ([`rivage_api::statistics`], as the dashboard has them), and how they are printed.

use rivage_api::statistics::{self, Counted};
use rivage_postgres::{Client, Error as DatabaseError, Param, Statement as Query};

const HAS_EXTENSION: &str = "select exists (select from pg_extension where extname = 'pg_stat_statements')";

/// Why nothing is known.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The connection failed.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// The database has not the extension.
    #[error("the database does not count statements: the extension `pg_stat_statements` is not there")]
    NoExtension,
    /// The server did not load the library.
    #[error("the database does not count statements: the server was started without `pg_stat_statements`")]
    NotLoaded,
}

impl Error {
    /// Returns what to do about it.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Database(_) => None,
            Self::NoExtension => Some(
                "write `shared_preload_libraries = 'pg_stat_statements'` into postgresql.conf, restart the server, and let an administrator run `create extension pg_stat_statements`",
            ),
            Self::NotLoaded => Some(
                "write `shared_preload_libraries = 'pg_stat_statements'` into postgresql.conf and restart the server",
            ),
        }
    }
}

/// Returns the slowest statements of the database.
///
/// # Errors
/// The server does not count, or the connection failed.
pub async fn slow(client: &mut Client, most: u32) -> Result<Vec<Counted>, Error> {
    let has_extension = client.query(&[Query::new(HAS_EXTENSION, &[])]).await?;
    if has_extension.first().and_then(|result| result.row(0)?.text(0)) != Some("t") {
        return Err(Error::NoExtension);
    }
    let most = most.to_string();
    let results = match client.query(&[Query::new(statistics::LIST, &[Param::text(&most)])]).await {
        Ok(results) => results,
        // "must be loaded via shared_preload_libraries"
        Err(DatabaseError::Server(refusal)) if refusal.code == "55000" => return Err(Error::NotLoaded),
        Err(error) => return Err(error.into()),
    };
    let rows = results.iter().flat_map(|result| result.rows());
    Ok(rows.map(|row| statistics::read(|column| row.text(column))).collect())
}
