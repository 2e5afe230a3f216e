//! CSV with a head line.
//!
//! In: RFC 4180, commas. Out: an array of maps from column to text; a row's place is its line.
//! Deliberately not here: guessing of types and separators.

use rustc_hash::FxHashSet;

use super::{Data, DataValue, Entry, Source, diagnostics};
use crate::Diagnostic;

/// Reads a table.
pub(super) fn parse(source: &Source<'_>) -> (Data, Vec<Diagnostic>) {
    let mut diagnostics = Vec::new();
    let mut reader = csv::Reader::from_reader(source.text.as_bytes());
    let row_span = |start: u64| {
        let start = usize::try_from(start).unwrap_or(usize::MAX).min(source.text.len());
        let rest = source.text.get(start..).unwrap_or_default();
        let skipped = rest.len() - rest.trim_start_matches(['\r', '\n']).len();
        let line = rest[skipped..].lines().next().unwrap_or_default();
        source.span(start + skipped, start + skipped + line.len())
    };
    let head = match reader.headers() {
        Ok(head) => head.clone(),
        Err(error) => return (source.null(), vec![diagnostics::csv_syntax(source, &error.to_string(), row_span(0))]),
    };
    let mut seen = FxHashSet::default();
    for name in &head {
        if !seen.insert(name) {
            diagnostics.push(diagnostics::csv_column(source, name, row_span(0)));
        }
    }
    let mut rows = Vec::new();
    if diagnostics.is_empty() {
        for record in reader.records() {
            match record {
                Ok(record) => {
                    let span = row_span(record.position().map_or(0, csv::Position::byte));
                    let entries = head.iter().zip(&record).map(|(key, cell)| Entry {
                        key: key.to_owned(),
                        key_span: span,
                        value: Data { value: DataValue::String(cell.to_owned()), span },
                    });
                    rows.push(Data { value: DataValue::Map(entries.collect()), span });
                }
                Err(error) => {
                    let span = row_span(error.position().map_or(0, csv::Position::byte));
                    diagnostics.push(match error.kind() {
                        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
                            diagnostics::csv_width(source, *len, *expected_len, span)
                        }
                        _ => diagnostics::csv_syntax(source, &error.to_string(), span),
                    });
                }
            }
        }
    }
    (Data { value: DataValue::Array(rows), span: source.whole() }, diagnostics)
}
