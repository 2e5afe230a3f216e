//! Batches as CSV: RFC 4180 with a header, commas, lines that end with LF or CRLF, an optional BOM.
//!
//! Columns are found by their names, in any order. What makes later rows doubtful, such as a quote that is not closed, is an error of the whole;
//! a row with too few fields is that row's. Deliberately not here: other separators, guessing.

use super::{Batch, Cell, FIELDS, MOST_ROWS, bar, invalid, too_many, wrong};
use crate::http::Problem;

pub(super) fn read(body: &[u8]) -> Result<Batch, Problem> {
    let text = std::str::from_utf8(body).map_err(|_| invalid("the body is not UTF-8"))?;
    let mut rest = text.strip_prefix('\u{feff}').unwrap_or(text);
    if rest.contains('\0') {
        return Err(invalid("the body has the character U+0000"));
    }
    let header = loop {
        match record(&mut rest, 0)? {
            Some(fields) if is_blank(&fields) => {}
            Some(fields) => break fields,
            None => return Err(invalid("the body is empty: its first line has to name the columns")),
        }
    };
    let columns = columns(&header)?;
    let mut batch = Batch::default();
    while let Some(fields) = record(&mut rest, batch.rows() + 1)? {
        if is_blank(&fields) {
            continue;
        }
        if batch.rows() == MOST_ROWS {
            return Err(too_many());
        }
        let read = if fields.len() == header.len() {
            bar(std::array::from_fn(|field| match columns[field] {
                Some(column) => Cell::of_text(FIELDS[field], &fields[column]),
                None => Cell::Missing,
            }))
        } else {
            Err(wrong("", "wrong-length", "has to have as many fields as the header"))
        };
        batch.push(batch.rows() + 1, read);
    }
    Ok(batch)
}

/// Where each of [`FIELDS`] stands.
fn columns(header: &[String]) -> Result<[Option<usize>; 6], Problem> {
    let mut columns = [None; 6];
    for (at, name) in header.iter().enumerate() {
        let Some(field) = FIELDS.iter().position(|field| field == name) else {
            let name: String = name.chars().take(60).collect();
            return Err(invalid(format!(
                "the header has the column `{name}`; columns are {}, each once",
                FIELDS.map(|field| format!("`{field}`")).join(", ")
            )));
        };
        if columns[field].replace(at).is_some() {
            return Err(invalid(format!("the header has the column `{name}` twice")));
        }
    }
    match FIELDS.iter().zip(columns).find(|(field, column)| column.is_none() && **field != "volume") {
        Some((field, _)) => Err(invalid(format!("the header has no column `{field}`"))),
        None => Ok(columns),
    }
}

/// An empty line: one empty field.
fn is_blank(fields: &[String]) -> bool {
    matches!(fields, [only] if only.is_empty())
}

/// Takes the next record off a text; none at its end. `row` is its number in messages.
fn record(rest: &mut &str, row: usize) -> Result<Option<Vec<String>>, Problem> {
    if rest.is_empty() {
        return Ok(None);
    }
    let mut fields = Vec::new();
    loop {
        fields.push(field(rest, row)?);
        if let Some(after) = rest.strip_prefix(',') {
            *rest = after;
            continue;
        }
        *rest = rest.strip_prefix("\r\n").or_else(|| rest.strip_prefix('\n')).unwrap_or(rest);
        return Ok(Some(fields));
    }
}

fn field(rest: &mut &str, row: usize) -> Result<String, Problem> {
    let Some(quoted) = rest.strip_prefix('"') else {
        let end = rest.find([',', '\n']).unwrap_or(rest.len());
        let (value, after) = rest.split_at(end);
        // A line may end with CRLF; elsewhere a CR is a character, which no field of a bar has.
        let cr = value.ends_with('\r') && !after.starts_with(',');
        let value = if cr { &value[..value.len() - 1] } else { value };
        if value.contains('"') {
            return Err(invalid(format!("{} has a quote within a field that does not begin with one", place(row))));
        }
        *rest = after;
        return Ok(value.to_owned());
    };
    let mut value = String::new();
    let mut inner = quoted;
    loop {
        let Some((before, after)) = inner.split_once('"') else {
            return Err(invalid(format!("{} has a quote that is not closed", place(row))));
        };
        value.push_str(before);
        match after.strip_prefix('"') {
            Some(after) => {
                value.push('"');
                inner = after;
            }
            None if after.is_empty() || after.starts_with([',', '\n']) || after.starts_with("\r\n") => {
                *rest = after;
                return Ok(value);
            }
            None => return Err(invalid(format!("{} has text after a closing quote", place(row)))),
        }
    }
}

fn place(row: usize) -> String {
    if row == 0 { "the header".to_owned() } else { format!("row {row}") }
}
