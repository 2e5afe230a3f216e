//! `JSON.stringify`.
//!
//! In: a value. Out: its JSON, numbers as JavaScript prints them. Deliberately not here: reading of JSON (`Value::from_json`).

use super::value::Value;
use super::{date, number};

/// Writes a value as `JSON.stringify` does; reports whether it has a form in JSON at all.
pub(super) fn write(value: &Value, indent: &str, depth: usize, out: &mut String) -> bool {
    let quote = |text: &str, out: &mut String| out.push_str(&serde_json::Value::from(text).to_string());
    let new_line = |depth: usize, out: &mut String| {
        if !indent.is_empty() {
            out.push('\n');
            for _ in 0..depth {
                out.push_str(indent);
            }
        }
    };
    match value {
        Value::Undefined | Value::Function(_) | Value::Builtin(_) | Value::Component(_) | Value::Jsx(_) => {
            return false;
        }
        Value::Number(value) if value.is_finite() => out.push_str(&number::to_string(*value)),
        Value::Null | Value::Number(_) => out.push_str("null"),
        Value::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        Value::String(text) | Value::Html(text) => quote(text, out),
        Value::RegExp(_) => out.push_str("{}"),
        Value::Date(time) => match date::to_iso(*time) {
            Some(text) => quote(&text, out),
            None => out.push_str("null"),
        },
        Value::Array(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                new_line(depth + 1, out);
                if !write(item, indent, depth + 1, out) {
                    out.push_str("null");
                }
            }
            if !items.is_empty() {
                new_line(depth, out);
            }
            out.push(']');
        }
        Value::Object(properties) => {
            out.push('{');
            let mut is_first = true;
            for (key, value) in properties.iter() {
                let start = out.len();
                if !is_first {
                    out.push(',');
                }
                new_line(depth + 1, out);
                quote(key, out);
                out.push_str(if indent.is_empty() { ":" } else { ": " });
                if write(value, indent, depth + 1, out) {
                    is_first = false;
                } else {
                    out.truncate(start);
                }
            }
            if !is_first {
                new_line(depth, out);
            }
            out.push('}');
        }
    }
    true
}
