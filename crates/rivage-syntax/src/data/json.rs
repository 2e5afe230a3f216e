//! JSON over serde_json.
//!
//! In: a document. Out: [`Data`]; errors have places, values have that of the whole text: JSON is only read as data
//! for templates and expressions, where no value is ever to blame.
//! Deliberately not here: comments, trailing commas and other dialects.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};

use super::map::MapBuilder;
use super::{Data, DataValue, Entry, Source, diagnostics};
use crate::{Diagnostic, Span};

/// Reads a document.
pub(super) fn parse(source: &Source<'_>) -> (Data, Vec<Diagnostic>) {
    let mut deserializer = serde_json::Deserializer::from_str(source.text);
    let seed = Seed(source.whole());
    // serde_json itself stops at a depth of 128.
    match seed.deserialize(&mut deserializer).and_then(|data| deserializer.end().map(|()| data)) {
        Ok(data) => (data, Vec::new()),
        Err(error) => (source.null(), vec![syntax_error(source, &error)]),
    }
}

fn syntax_error(source: &Source<'_>, error: &serde_json::Error) -> Diagnostic {
    let start = match error.line() {
        0 => 0,
        1 => 0,
        line => source.text.match_indices('\n').nth(line - 2).map_or(source.text.len(), |(at, _)| at + 1),
    };
    // serde_json's column is the number of bytes read of the line, so that it points behind the culprit.
    let mut at = (start + error.column().saturating_sub(1)).min(source.text.len());
    while !source.text.is_char_boundary(at) {
        at -= 1;
    }
    let width = source.text[at..].chars().next().filter(|c| *c != '\n').map_or(0, char::len_utf8);
    let span = source.span(at, at + width);
    let text = error.to_string();
    let message = text.rsplit_once(" at line ").map_or(text.as_str(), |(message, _)| message);
    if message == "recursion limit exceeded" {
        return diagnostics::too_deep(source, span);
    }
    if let Some(key) = message.strip_prefix(DUPLICATE) {
        let quoted = format!("\"{key}\"");
        let start = source.text[..at + width].strip_suffix(quoted.as_str()).map_or(at, str::len);
        return diagnostics::duplicate_key(source, key, source.span(start, at + width), None);
    }
    diagnostics::json_syntax(source, message, span)
}

/// How a duplicate key is told apart among serde_json's errors.
const DUPLICATE: &str = "duplicate key ";

#[derive(Clone, Copy)]
struct Seed(Span);

impl Seed {
    fn data<E>(self, value: DataValue) -> Result<Data, E> {
        Ok(Data { value, span: self.0 })
    }
}

impl<'de> DeserializeSeed<'de> for Seed {
    type Value = Data;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Data, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Seed {
    type Value = Data;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Data, E> {
        self.data(DataValue::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Data, E> {
        self.data(DataValue::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Data, E> {
        self.data(DataValue::Int(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Data, E> {
        self.data(i64::try_from(value).map_or(DataValue::Float(value as f64), DataValue::Int))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Data, E> {
        self.data(DataValue::Float(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Data, E> {
        self.data(DataValue::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Data, E> {
        self.data(DataValue::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Data, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = access.next_element_seed(self)? {
            items.push(item);
        }
        self.data(DataValue::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Data, A::Error> {
        let mut map = MapBuilder::default();
        while let Some(key) = access.next_key::<String>()? {
            if map.contains(&key) {
                return Err(A::Error::custom(format_args!("{DUPLICATE}{key}")));
            }
            let value = access.next_value_seed(self)?;
            let _ = map.push(Entry { key, key_span: self.0, value });
        }
        self.data(DataValue::Map(map.finish()))
    }
}
