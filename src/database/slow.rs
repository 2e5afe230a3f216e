//! Which statements take long, by what the server has counted.
//!
//! In: a connection to a database with the extension `pg_stat_statements`. Out: [`Statement`]s, slowest first. The server keeps sums, not every
//! time: what 95 of 100 calls stay below is estimated from mean and deviation. Deliberately not here: how it is printed.

use rivage_postgres::{Client, Error as DatabaseError, Param, Statement as Query};
use serde::Serialize;

/// What a statement of the API is to stay below, in milliseconds.
pub const BUDGET_MS: f64 = 30.0;

/// Of a normal distribution, 95 of 100 values lie below the mean and so many deviations.
const DEVIATIONS: f64 = 1.645;

const HAS_EXTENSION: &str = "select exists (select from pg_extension where extname = 'pg_stat_statements')";

/// What this command asks itself is left out.
const LIST: &str = "\
select query, calls, mean_exec_time, stddev_exec_time, max_exec_time, total_exec_time, rows
  from pg_stat_statements s join pg_database d on d.oid = s.dbid
 where d.datname = current_database() and query not like '%pg_stat_statements%'
 order by least(mean_exec_time + 1.645 * stddev_exec_time, max_exec_time) desc, total_exec_time desc limit $1::int4";

/// What the server knows of a statement. Times are in milliseconds.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Statement {
    /// Its text, with `$1` in the place of values.
    pub query: String,
    /// How often it ran.
    pub calls: u64,
    /// The mean time.
    pub mean_ms: f64,
    /// What 95 of 100 calls stay below: the mean and 1.645 standard deviations, at most the longest time.
    pub p95_estimate_ms: f64,
    /// The longest time.
    pub max_ms: f64,
    /// All of it together.
    pub total_ms: f64,
    /// Rows for each call.
    pub rows_per_call: f64,
    /// Whether it is beyond [`BUDGET_MS`].
    pub is_slow: bool,
}

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
pub async fn slow(client: &mut Client, most: u32) -> Result<Vec<Statement>, Error> {
    let has_extension = client.query(&[Query::new(HAS_EXTENSION, &[])]).await?;
    if has_extension.first().and_then(|result| result.row(0)?.text(0)) != Some("t") {
        return Err(Error::NoExtension);
    }
    let most = most.to_string();
    let results = match client.query(&[Query::new(LIST, &[Param::text(&most)])]).await {
        Ok(results) => results,
        // "must be loaded via shared_preload_libraries"
        Err(DatabaseError::Server(refusal)) if refusal.code == "55000" => return Err(Error::NotLoaded),
        Err(error) => return Err(error.into()),
    };
    let rows = results.iter().flat_map(|result| result.rows());
    Ok(rows
        .map(|row| {
            let number = |column: usize| row.text(column).and_then(|text| text.parse().ok()).unwrap_or(0.0);
            let calls: u64 = row.text(1).and_then(|text| text.parse().ok()).unwrap_or(0);
            statement(row.text(0).unwrap_or_default(), calls, [2, 3, 4, 5, 6].map(number))
        })
        .collect())
}

fn statement(query: &str, calls: u64, [mean, deviation, max, total, rows]: [f64; 5]) -> Statement {
    let p95 = (mean + DEVIATIONS * deviation).min(max);
    #[expect(clippy::cast_precision_loss, reason = "a number of calls, shown with one digit")]
    let rows_per_call = rows / calls.max(1) as f64;
    Statement {
        query: query.split_whitespace().collect::<Vec<_>>().join(" "),
        calls,
        mean_ms: rounded(mean),
        p95_estimate_ms: rounded(p95),
        max_ms: rounded(max),
        total_ms: rounded(total),
        rows_per_call: rounded(rows_per_call),
        is_slow: p95 > BUDGET_MS,
    }
}

/// Microseconds are enough.
fn rounded(number: f64) -> f64 {
    (number * 1000.0).round() / 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_estimate_is_never_beyond_the_longest_time() {
        let even = statement("select\n  1", 10, [20.0, 2.0, 25.0, 200.0, 10.0]);
        assert_eq!((even.query.as_str(), even.p95_estimate_ms, even.is_slow), ("select 1", 23.29, false));
        let skewed = statement("select 1", 10, [20.0, 20.0, 35.0, 200.0, 5.0]);
        assert_eq!((skewed.p95_estimate_ms, skewed.is_slow, skewed.rows_per_call), (35.0, true, 0.5));
    }
}
