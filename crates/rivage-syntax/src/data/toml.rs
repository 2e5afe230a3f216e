//! TOML 1 over toml_edit.
//!
//! In: a document. Out: [`Data`] with places; dates stay as written.
//! Deliberately not here: writing of TOML.

use std::ops::Range;

use toml_edit::{Document, Item, Key, Table, TableLike, Value};

use super::{Data, DataValue, Entry, Source, diagnostics};
use crate::contain::{Panicked, contain};
use crate::{Diagnostic, Span};

/// Reads a document.
pub(super) fn parse(source: &Source<'_>) -> (Data, Vec<Diagnostic>) {
    match contain(|| Document::parse(source.text)) {
        Err(Panicked) => (source.null(), vec![diagnostics::parser_failed(source, "TOML", source.whole())]),
        Ok(Ok(document)) => {
            let entries = table(source, document.as_table());
            (Data { value: DataValue::Map(entries), span: source.whole() }, Vec::new())
        }
        Ok(Err(error)) => (source.null(), vec![syntax_error(source, &error)]),
    }
}

fn syntax_error(source: &Source<'_>, error: &toml_edit::TomlError) -> Diagnostic {
    let range = error.span().unwrap_or(0..0);
    let span = source.span(range.start, range.end);
    if error.message().contains("recurs") {
        return diagnostics::too_deep(source, span);
    }
    if error.message() == "duplicate key" {
        let key = source.text.get(range.clone()).unwrap_or_default();
        let first = first_place(source.text, range).map(|first| source.span(first.start, first.end));
        return diagnostics::duplicate_key(source, key.trim_matches(['"', '\'']), span, first);
    }
    diagnostics::toml_syntax(source, error.message(), range)
}

/// Finds where a key that is there twice stands first. What comes before the second one's line is a valid document, in which
/// the key can be looked up. An inline table is searched for it.
fn first_place(text: &str, second: Range<usize>) -> Option<Range<usize>> {
    let line = text.get(..second.start)?.rfind('\n').map_or(0, |at| at + 1);
    lookup(text, line, second.clone()).or_else(|| {
        let key = text.get(second.clone())?;
        let is_key = |at: &usize| text[at + key.len()..].trim_start().starts_with('=');
        let at = text.get(line..second.start)?.match_indices(key).map(|(at, _)| line + at).find(is_key)?;
        Some(at..at + key.len())
    })
}

fn lookup(text: &str, line: usize, second: Range<usize>) -> Option<Range<usize>> {
    let before = contain(|| Document::parse(text.get(..line)?).ok()).ok()??;
    let written = text.get(line..second.end)?.trim_start();
    let is_header = written.starts_with('[');
    let path = contain(|| Key::parse(written.trim_start_matches('['))).ok()?.ok()?;
    let (last, parents) = path.split_last()?;
    let mut table: &dyn TableLike = if is_header { before.as_table() } else { last_table(before.as_table()) };
    for parent in parents {
        table = match table.get(parent.get())? {
            Item::ArrayOfTables(tables) => tables.get(tables.len().checked_sub(1)?)?,
            item => item.as_table_like()?,
        };
    }
    let (key, _) = table.get_key_value(last.get())?;
    key.span()
}

/// Returns the table whose header comes last in the document.
fn last_table(root: &Table) -> &Table {
    let children = root.iter().flat_map(|(_, item)| match item {
        Item::Table(table) => vec![table],
        Item::ArrayOfTables(tables) => tables.iter().last().into_iter().collect(),
        _ => Vec::new(),
    });
    let start = |table: &Table| table.span().map_or(0, |span| span.start);
    children
        .filter(|table| !table.is_dotted())
        .map(last_table)
        .chain([root])
        .max_by_key(|table| start(table))
        .unwrap_or(root)
}

/// Reads a table. Not deeper than toml_edit's own limit of 80, as all other functions here that call each other.
fn table(source: &Source<'_>, table: &dyn TableLike) -> Vec<Entry> {
    let keys = table.iter().filter_map(|(name, item)| table.key(name).map(|key| (key, item)));
    keys.filter_map(|(key, item)| {
        let key_span = span(source, key.span()).unwrap_or_else(|| source.whole());
        let value = self::item(source, item, key_span)?;
        Some(Entry { key: key.get().to_owned(), key_span, value })
    })
    .collect()
}

/// `place` is where a value is pointed at that has no place of its own, such as the table that a dotted key makes.
fn item(source: &Source<'_>, item: &Item, place: Span) -> Option<Data> {
    let value = match item {
        Item::None => return None,
        Item::Value(value) => return Some(self::value(source, value, place)),
        Item::Table(inner) => DataValue::Map(table(source, inner)),
        Item::ArrayOfTables(tables) => {
            let items = tables.iter().map(|inner| Data {
                value: DataValue::Map(table(source, inner)),
                span: span(source, inner.span()).unwrap_or(place),
            });
            DataValue::Array(items.collect())
        }
    };
    Some(Data { value, span: span(source, item.span()).unwrap_or(place) })
}

fn value(source: &Source<'_>, value: &Value, place: Span) -> Data {
    let span = span(source, value.span()).unwrap_or(place);
    let value = match value {
        Value::String(text) => DataValue::String(text.value().clone()),
        Value::Integer(number) => DataValue::Int(*number.value()),
        Value::Float(number) => DataValue::Float(*number.value()),
        Value::Boolean(value) => DataValue::Bool(*value.value()),
        Value::Datetime(date) => DataValue::Date(date.value().to_string()),
        Value::Array(items) => DataValue::Array(items.iter().map(|item| self::value(source, item, span)).collect()),
        Value::InlineTable(inner) => DataValue::Map(table(source, inner)),
    };
    Data { value, span }
}

fn span(source: &Source<'_>, range: Option<Range<usize>>) -> Option<Span> {
    range.map(|range| source.span(range.start, range.end))
}
