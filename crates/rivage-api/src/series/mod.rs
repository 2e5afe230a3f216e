//! Bars of time series: what one is, and batches of them as clients send them.
//!
//! In: the cells of a row ([`bar`]), or the body of a request, JSON or CSV ([`read`]). Out: [`Bar`]s, and what is wrong with each row that is none: the
//! others are stored all the same. The charts of a site are read by the same rules. Deliberately not here: tables and roll-ups (`migrations/`).

mod csv;

use serde::Serialize;
use serde_json::{Map, Value};

use crate::http::{Problem, json};
use crate::manifest::Bounds;
use crate::validate::{is_date, is_timestamp};

/// The fields of a bar, in the order of [`bar`]. `volume` may be missing.
pub const FIELDS: [&str; 6] = ["ts", "open", "high", "low", "close", "volume"];

/// The most rows of a batch.
pub const MOST_ROWS: usize = 10_000;

/// The most bytes of a batch: 400 for each row.
pub(crate) const MOST_BYTES: usize = 4_000_000;

/// Values in the JSON of a batch: more than rows have fields, so that too many rows are told as such.
const MOST_VALUES: usize = 400_000;

/// A bar: what happened to a price within some time, which begins at a moment.
#[derive(Clone, Debug, PartialEq)]
pub struct Bar {
    /// The moment, by RFC 3339.
    pub ts: String,
    /// The first price.
    pub open: f64,
    /// The highest.
    pub high: f64,
    /// The lowest.
    pub low: f64,
    /// The last.
    pub close: f64,
    /// How much was traded.
    pub volume: f64,
}

/// What stands in a field.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Cell<'c> {
    /// Nothing.
    Missing,
    /// Text, as it is for moments.
    Text(&'c str),
    /// A number.
    Number(f64),
    /// Anything else.
    Other,
}

impl<'c> Cell<'c> {
    /// Reads a cell of a table that knows texts only.
    pub fn of_text(field: &str, text: &'c str) -> Self {
        if text.is_empty() {
            return Self::Missing;
        }
        if field == FIELDS[0] {
            return Self::Text(text);
        }
        let is_plain = text.bytes().all(|b| b.is_ascii_digit() || b"+-.eE".contains(&b));
        let number = text.parse().ok().filter(|number: &f64| is_plain && number.is_finite());
        number.map_or(Self::Other, Self::Number)
    }
}

/// What is wrong with a row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Wrong {
    /// The field to blame.
    pub field: String,
    /// A stable name in kebab case.
    pub code: &'static str,
    /// What it has to be.
    pub detail: &'static str,
}

fn wrong(field: &str, code: &'static str, detail: &'static str) -> Wrong {
    // What a client sent is repeated, but not at length.
    Wrong { field: field.chars().take(60).collect(), code, detail }
}

/// Makes a bar of the cells of [`FIELDS`].
///
/// # Errors
/// The first thing that is wrong with it.
pub fn bar(cells: [Cell<'_>; 6]) -> Result<Bar, Wrong> {
    let ts = match cells[0] {
        Cell::Text(text) if is_timestamp(text) => text.to_owned(),
        // A day begins at midnight, UTC.
        Cell::Text(text) if is_date(text) => format!("{text}T00:00:00Z"),
        Cell::Missing => return Err(missing(FIELDS[0])),
        _ => {
            return Err(wrong(
                FIELDS[0],
                "wrong-type",
                "has to be a time such as `2026-11-29T12:00:00Z`, or a day such as `2026-11-29`",
            ));
        }
    };
    let mut numbers = [0.0; 5];
    for ((number, cell), field) in numbers.iter_mut().zip(&cells[1..]).zip(&FIELDS[1..]) {
        *number = match cell {
            Cell::Number(number) => *number,
            Cell::Missing if *field == "volume" => 0.0,
            Cell::Missing => return Err(missing(field)),
            Cell::Text(_) | Cell::Other => return Err(wrong(field, "wrong-type", "has to be a number")),
        };
    }
    let [open, high, low, close, volume] = numbers;
    if high < open || high < close || high < low {
        return Err(wrong("high", "out-of-range", "has to be at least as great as `open`, `low` and `close`"));
    }
    if low > open || low > close {
        return Err(wrong("low", "out-of-range", "has to be at most as great as `open`, `high` and `close`"));
    }
    if volume < 0.0 {
        return Err(wrong("volume", "out-of-range", "has to be at least 0"));
    }
    Ok(Bar { ts, open, high, low, close, volume })
}

fn missing(field: &str) -> Wrong {
    wrong(field, "missing", "has to be given")
}

/// A row that is no bar.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Rejected {
    /// Its number; the first row has 1, and the header of a table none.
    row: usize,
    #[serde(flatten)]
    wrong: Wrong,
}

/// What a client sent.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Batch {
    /// What is to be stored, in the order of rows.
    pub(crate) bars: Vec<Bar>,
    /// The other rows.
    pub(crate) rejected: Vec<Rejected>,
}

impl Batch {
    fn push(&mut self, row: usize, read: Result<Bar, Wrong>) {
        match read {
            Ok(bar) => self.bars.push(bar),
            Err(wrong) => self.rejected.push(Rejected { row, wrong }),
        }
    }

    pub(crate) fn rows(&self) -> usize {
        self.bars.len() + self.rejected.len()
    }
}

/// Reads the body of a request.
///
/// # Errors
/// It is no table and no JSON of this form at all, or has too many rows: then nothing of it is stored.
pub(crate) fn read(body: &[u8], is_csv: bool, bounds: &Bounds) -> Result<Batch, Problem> {
    if is_csv {
        return csv::read(body);
    }
    let bounds = Bounds { values: bounds.values.max(MOST_VALUES), ..bounds.clone() };
    let value = json::parse(body, &bounds).map_err(invalid)?;
    let rows = match &value {
        Value::Object(map) if map.len() == 1 => map.get("bars").and_then(Value::as_array),
        _ => None,
    };
    let rows = rows.ok_or_else(|| invalid("the body has to be an object with the array `bars`, and nothing else"))?;
    if rows.len() > MOST_ROWS {
        return Err(too_many());
    }
    let mut batch = Batch::default();
    for (at, row) in rows.iter().enumerate() {
        let read = match row {
            Value::Object(map) => of_json(map),
            _ => Err(wrong("", "wrong-type", "a row has to be an object")),
        };
        batch.push(at + 1, read);
    }
    Ok(batch)
}

fn of_json(row: &Map<String, Value>) -> Result<Bar, Wrong> {
    if let Some(unknown) = row.keys().find(|key| !FIELDS.contains(&key.as_str())) {
        return Err(wrong(unknown, "unknown", "is no field of a bar"));
    }
    bar(FIELDS.map(|field| match row.get(field) {
        None | Some(Value::Null) => Cell::Missing,
        Some(Value::String(text)) => Cell::Text(text),
        Some(Value::Number(number)) => {
            number.as_f64().filter(|number| number.is_finite()).map_or(Cell::Other, Cell::Number)
        }
        Some(_) => Cell::Other,
    }))
}

fn invalid(detail: impl Into<std::borrow::Cow<'static, str>>) -> Problem {
    Problem::new(400, "invalid-body", detail)
}

fn too_many() -> Problem {
    Problem::new(413, "too-many-rows", "a batch has at most 10,000 rows")
}

#[cfg(test)]
mod tests;
