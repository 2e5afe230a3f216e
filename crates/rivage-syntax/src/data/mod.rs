//! Data in YAML, TOML, JSON and CSV as one kind of value that knows where each part was written.
//!
//! In: text. Out: [`Data`] and diagnostics. Deliberately not here: what the keys mean.

mod csv;
mod diagnostics;
mod json;
mod map;
mod toml;
mod yaml;
mod yaml_scalar;

#[cfg(test)]
mod tests;

use crate::{Diagnostic, FileId, Span};

/// A language that data are written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// YAML 1.2, one document.
    Yaml,
    /// TOML 1.
    Toml,
    /// JSON.
    Json,
    /// CSV with a head line: an array of maps from column to text.
    Csv,
}

/// A value and where it was written.
#[derive(Clone, Debug, PartialEq)]
pub struct Data {
    /// The value.
    pub value: DataValue,
    /// Where it stands in the file.
    pub span: Span,
}

/// What a [`Data`] holds.
#[derive(Clone, Debug, PartialEq)]
pub enum DataValue {
    /// `null`, `~`, nothing.
    Null,
    /// `true`, `false`.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// Any other number.
    Float(f64),
    /// Text. A YAML date is text, too.
    String(String),
    /// A TOML date or time, as written.
    Date(String),
    /// A list.
    Array(Vec<Data>),
    /// A map, in the order written; keys are unique.
    Map(Vec<Entry>),
}

/// A key of a map with its value.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The key.
    pub key: String,
    /// Where the key stands.
    pub key_span: Span,
    /// The value.
    pub value: Data,
}

/// How deep lists and maps may be nested. Deeper data are an error, so that no walk over them can exhaust the stack.
pub const MAX_DEPTH: usize = 128;

/// Reads `text[span]`; spans in the result are those of the whole text. What cannot be read is reported and is
/// `Null`, or left out of its map.
pub fn parse(file: &FileId, text: &str, span: Span, format: Format) -> (Data, Vec<Diagnostic>) {
    let mut source = Source { file, text: text.get(span.range()).unwrap_or_default(), offset: span.start as usize };
    if let Some(rest) = source.text.strip_prefix('\u{feff}') {
        source.offset += source.text.len() - rest.len();
        source.text = rest;
    }
    if let Some(at) = source.text.find('\0') {
        let null = Data { value: DataValue::Null, span };
        return (null, vec![diagnostics::nul(&source, source.span(at, at + 1))]);
    }
    match format {
        Format::Yaml => yaml::parse(&source),
        Format::Toml => toml::parse(&source),
        Format::Json => json::parse(&source),
        Format::Csv => csv::parse(&source),
    }
}

/// The text that a format's reader reads, and where it stands in its file.
struct Source<'a> {
    file: &'a FileId,
    text: &'a str,
    offset: usize,
}

impl Source<'_> {
    /// Turns offsets in `text` into a span of the file.
    fn span(&self, start: usize, end: usize) -> Span {
        Span::new(self.offset + start, self.offset + end.max(start))
    }

    /// Returns the span of all of it.
    fn whole(&self) -> Span {
        self.span(0, self.text.len())
    }

    /// Returns the place to point at for an error at one offset: the character there, or, at the end of a line or of all,
    /// the last line with anything in it.
    fn place(&self, at: usize) -> Span {
        let at = at.min(self.text.len());
        let (before, after) = self.text.split_at_checked(at).unwrap_or((self.text, ""));
        match after.chars().next() {
            Some(next) if !matches!(next, '\n' | '\r') => self.span(at, at + next.len_utf8()),
            _ => {
                let end = before.trim_end().len();
                let line = before[..end].rfind('\n').map_or(0, |at| at + 1);
                let indent = before[line..end].len() - before[line..end].trim_start().len();
                self.span(line + indent, end)
            }
        }
    }

    /// Returns the value of a file of which nothing could be read.
    fn null(&self) -> Data {
        Data { value: DataValue::Null, span: self.whole() }
    }
}

impl Format {
    /// Returns the format of a file, by the end of its name: `yaml`, `yml`, `toml`, `json`, `csv`.
    pub fn of(path: &str) -> Option<Self> {
        match path.rsplit_once('.')?.1 {
            "yaml" | "yml" => Some(Self::Yaml),
            "toml" => Some(Self::Toml),
            "json" => Some(Self::Json),
            "csv" => Some(Self::Csv),
            _ => None,
        }
    }
}

impl Data {
    /// Returns the value of a key of a map.
    pub fn get(&self, key: &str) -> Option<&Data> {
        match &self.value {
            DataValue::Map(entries) => entries.iter().find(|entry| entry.key == key).map(|entry| &entry.value),
            _ => None,
        }
    }

    /// Returns the value as JSON, without the places.
    pub fn to_json(&self) -> serde_json::Value {
        use serde_json::Value;
        match &self.value {
            DataValue::Null => Value::Null,
            DataValue::Bool(value) => Value::Bool(*value),
            DataValue::Int(value) => Value::from(*value),
            DataValue::Float(value) => serde_json::Number::from_f64(*value).map_or(Value::Null, Value::Number),
            DataValue::String(value) | DataValue::Date(value) => Value::String(value.clone()),
            DataValue::Array(items) => items.iter().map(Self::to_json).collect(),
            DataValue::Map(entries) => entries.iter().map(|entry| (entry.key.clone(), entry.value.to_json())).collect(),
        }
    }

    /// Returns what it is in the words of an error message: `a string`, `a list`…
    pub fn type_name(&self) -> &'static str {
        match self.value {
            DataValue::Null => "nothing",
            DataValue::Bool(_) => "a boolean",
            DataValue::Int(_) => "a whole number",
            DataValue::Float(_) => "a number",
            DataValue::String(_) => "a string",
            DataValue::Date(_) => "a date",
            DataValue::Array(_) => "a list",
            DataValue::Map(_) => "a map",
        }
    }
}
