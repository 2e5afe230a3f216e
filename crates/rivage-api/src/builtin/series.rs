//! Storing bars of a time series: a batch in one statement, with its roll-ups.
//!
//! The rules live in the database's function (`migrations/V7__bars.sql`): of the same moment the bar that comes last counts; a batch with a key is stored
//! once, whatever is sent under that key later.

use serde_json::json as value_of;

use super::{json, value};
use crate::crypto;
use crate::drive::{Failure, PURGE, Run, tag_numbers};
use crate::fixed::{Fixed, oid};
use crate::http::{Problem, Response};
use crate::ports::{Ports, Shape, Target};
use crate::series::Bar;

pub(super) const INGEST: Fixed = Fixed {
    name: "ingest_series",
    types: &[
        oid::TEXT,
        oid::TEXT,
        oid::TEXT,
        oid::TIMESTAMPTZ_ARRAY,
        oid::FLOAT8_ARRAY,
        oid::FLOAT8_ARRAY,
        oid::FLOAT8_ARRAY,
        oid::FLOAT8_ARRAY,
        oid::FLOAT8_ARRAY,
    ],
    sql: "select stored, changed, outcome from rivage_ingest($1, $2, $3, $4, $5, $6, $7, $8, $9)",
};

/// Stores a batch, and tells which rows it left out.
pub(super) async fn ingest<P: Ports>(run: &mut Run<'_, P>) -> Result<Response, Failure> {
    let batch = run.plan.batch.take().unwrap_or_default();
    let symbol = value(run, "symbol").unwrap_or_default().to_owned();
    let key = value(run, "key").unwrap_or_default().to_owned();
    let (mut stored, mut changed, mut outcome) = (0, 0, "stored".to_owned());
    if !batch.bars.is_empty() {
        let moments = array(batch.bars.iter().map(|bar| bar.ts.as_str()));
        let numbers = |read: fn(&Bar) -> f64| array(batch.bars.iter().map(|bar| read(bar).to_string()));
        let columns = [
            moments,
            numbers(|bar| bar.open),
            numbers(|bar| bar.high),
            numbers(|bar| bar.low),
            numbers(|bar| bar.close),
            numbers(|bar| bar.volume),
        ];
        let print = crypto::hex(&crypto::sha256(columns.join("\n").as_bytes()));
        let [moments, open, high, low, close, volume] = columns;
        let query = INGEST.query([symbol, key, print, moments, open, high, low, close, volume], Shape::Rows);
        let purge = PURGE.query(["{series}".to_owned()], Shape::Rows);
        let mut outcomes = run.trip(Target::Write, &[query, purge]).await?;
        let told = outcomes.pop().map(tag_numbers).unwrap_or_default();
        run.api.memory().purged(told);
        if let Some([Some(all), Some(new), Some(told)]) =
            outcomes.first().and_then(|o| o.texts.first()).map(Vec::as_slice)
        {
            (stored, changed) = (all.parse::<u64>().unwrap_or(0), new.parse::<u64>().unwrap_or(0));
            outcome.clone_from(told);
        }
    }
    if outcome == "conflict" {
        let detail = "a batch with other bars was stored under this key; give each batch a key of its own";
        return Err(Problem::new(409, "key-reused", detail).into());
    }
    Ok(json(
        200,
        &value_of!({
            "rows": batch.rows(), "stored": stored, "changed": changed, "duplicates": batch.bars.len() as u64 - stored,
            "replayed": outcome == "replayed", "rejected": batch.rejected.len(), "errors": batch.rejected,
        }),
    ))
}

/// An array as PostgreSQL reads it; neither numbers nor moments have anything to quote.
fn array(items: impl Iterator<Item = impl AsRef<str>>) -> String {
    let mut out = String::from("{");
    for (at, item) in items.enumerate() {
        if at > 0 {
            out.push(',');
        }
        out.push_str(item.as_ref());
    }
    out.push('}');
    out
}
