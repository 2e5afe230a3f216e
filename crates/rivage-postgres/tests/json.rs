//! Rows as JSON: what is written is JSON, and what another way of converting the same values gives.

use proptest::prelude::*;
use rivage_postgres::json::write_value;
use rivage_postgres::oid;
use serde_json::{Value, json};

fn written(oid: u32, text: &[u8]) -> Value {
    let mut out = Vec::new();
    write_value(oid, Some(text), &mut out);
    serde_json::from_slice(&out).unwrap_or_else(|error| panic!("{error}: {}", out.escape_ascii()))
}

/// A value of PostgreSQL: its text, and its JSON.
fn array(element: impl Strategy<Value = Option<String>> + 'static) -> impl Strategy<Value = (String, Value)> {
    let leaf = element.prop_map(|text| match text {
        None => ("NULL".to_owned(), Value::Null),
        Some(text) => (quoted(&text), Value::String(text)),
    });
    let flat = prop::collection::vec(leaf, 0..6).prop_map(braced);
    flat.prop_recursive(3, 30, 4, |inner| prop::collection::vec(inner, 1..4).prop_map(braced))
}

fn braced(elements: Vec<(String, Value)>) -> (String, Value) {
    let (texts, values): (Vec<String>, Vec<Value>) = elements.into_iter().unzip();
    (format!("{{{}}}", texts.join(",")), Value::Array(values))
}

/// As `array_out` does: quotes where they are needed, a backslash before quotes and backslashes.
fn quoted(text: &str) -> String {
    let special = |c: char| c.is_ascii_whitespace() || "{},\"\\\u{b}".contains(c);
    if !text.is_empty() && !text.eq_ignore_ascii_case("null") && !text.contains(special) {
        return text.to_owned();
    }
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

fn any_text() -> impl Strategy<Value = String> {
    let special = prop::collection::vec(prop::sample::select(r#"{},"\ NULnul[]:=x"#.chars().collect::<Vec<_>>()), 0..8);
    prop_oneof![any::<String>(), special.prop_map(String::from_iter)].prop_map(|text| text.replace('\0', ""))
}

proptest! {
    #[test]
    fn any_bytes_of_any_type_give_json(text in prop::collection::vec(any::<u8>(), 0..40), oid in 0u32..4000) {
        // The server checks these two, and nobody else does.
        prop_assume!(![oid::JSON, oid::JSONB].contains(&oid) && ![Some(oid::JSON), Some(oid::JSONB)].contains(&oid::element(oid)));
        written(oid, &text);
    }

    #[test]
    fn any_text_of_known_types_gives_json(text in r#"[-+0-9.eE{},"\\\[\]:= TNaInfyutxZ]{0,30}"#) {
        for oid in [16, 17, 20, 21, 23, 26, 700, 701, 1700, 1114, 1184, 1000, 1001, 1016, 1007, 1009, 1022, 1185] {
            written(oid, text.as_bytes());
        }
    }

    #[test]
    fn text_is_itself(text in any::<String>()) {
        prop_assert_eq!(written(oid::TEXT, text.as_bytes()), Value::String(text));
    }

    #[test]
    fn integers_are_exact(number in any::<i64>(), small in any::<i16>()) {
        for number in [number, i64::from(small), number >> 11] {
            let safe = number.unsigned_abs() < 1 << 53;
            let expected = if safe { json!(number) } else { json!(number.to_string()) };
            prop_assert_eq!(written(oid::INT8, number.to_string().as_bytes()), expected);
        }
        prop_assert_eq!(written(oid::INT4, small.to_string().as_bytes()), json!(small));
    }

    #[test]
    fn floats_are_exact(number in any::<f64>()) {
        let text = if number.is_nan() { "NaN".to_owned() } else if number.is_infinite() { "Infinity".to_owned() } else { format!("{number:e}") };
        let mut out = Vec::new();
        write_value(oid::FLOAT8, Some(text.as_bytes()), &mut out);
        // serde_json reads the last digit of some numbers wrong, Rust does not.
        let read = serde_json::from_slice::<Value>(&out).unwrap();
        match read {
            Value::Null => prop_assert!(!number.is_finite()),
            _ => prop_assert_eq!(str::from_utf8(&out).unwrap().parse::<f64>(), Ok(number)),
        }
    }

    #[test]
    fn bytes_are_base64(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        use base64::Engine;
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        let expected = base64::engine::general_purpose::STANDARD.encode(&bytes);
        prop_assert_eq!(written(oid::BYTEA, format!("\\x{hex}").as_bytes()), Value::String(expected));
    }

    #[test]
    fn arrays_of_text_are_arrays((text, expected) in array(prop::option::of(any_text()))) {
        prop_assert_eq!(written(1009, text.as_bytes()), expected);
    }

    #[test]
    fn arrays_of_json_are_arrays(values in prop::collection::vec(any_text(), 0..5)) {
        let elements: Vec<String> = values.iter().map(|text| quoted(&json!({ "a": text }).to_string())).collect();
        let expected = Value::from_iter(values.iter().map(|text| json!({ "a": text })));
        prop_assert_eq!(written(3807, format!("{{{}}}", elements.join(",")).as_bytes()), expected);
    }
}
