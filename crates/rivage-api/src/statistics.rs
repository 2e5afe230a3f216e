//! What the database's server has counted of its statements: `pg_stat_statements`, for the dashboard and for `rivage db slow`.
//!
//! In: rows of [`LIST`]. Out: [`Counted`], slowest first. The server keeps sums, not every time: what 95 of 100 calls stay below is estimated from mean and
//! deviation. Deliberately not here: connections; whether the extension is there.

use serde::Serialize;

/// What a statement of the API is to stay below, in milliseconds.
pub const BUDGET_MS: f64 = 30.0;

/// Of a normal distribution, 95 of 100 values lie below the mean and so many deviations.
const DEVIATIONS: f64 = 1.645;

/// The statements of this database that take longest, at most `$1`. What asks for them is left out.
pub const LIST: &str = "\
select query, calls, mean_exec_time, stddev_exec_time, max_exec_time, total_exec_time, rows
  from pg_stat_statements s join pg_database d on d.oid = s.dbid
 where d.datname = current_database() and query not like '%pg_stat_statements%'
 order by least(mean_exec_time + 1.645 * stddev_exec_time, max_exec_time) desc, total_exec_time desc limit $1::int4";

/// What the server knows of a statement. Times are in milliseconds.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Counted {
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

/// Reads a row of [`LIST`]; `cell` returns the text of a column.
pub fn read<'r>(cell: impl Fn(usize) -> Option<&'r str>) -> Counted {
    let number = |column: usize| cell(column).and_then(|text| text.parse().ok()).unwrap_or(0.0);
    let calls: u64 = cell(1).and_then(|text| text.parse().ok()).unwrap_or(0);
    let [mean, deviation, max, total, rows] = [2, 3, 4, 5, 6].map(number);
    let p95 = (mean + DEVIATIONS * deviation).min(max);
    #[expect(clippy::cast_precision_loss, reason = "a number of calls, shown with one digit")]
    let rows_per_call = rows / calls.max(1) as f64;
    Counted {
        query: cell(0).unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" "),
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
        let of = |row: [&'static str; 7]| read(move |column| row.get(column).copied());
        let even = of(["select\n  1", "10", "20", "2", "25", "200", "10"]);
        assert_eq!((even.query.as_str(), even.p95_estimate_ms, even.is_slow), ("select 1", 23.29, false));
        let skewed = of(["select 1", "10", "20", "20", "35", "200", "5"]);
        assert_eq!((skewed.p95_estimate_ms, skewed.is_slow, skewed.rows_per_call), (35.0, true, 0.5));
    }
}
