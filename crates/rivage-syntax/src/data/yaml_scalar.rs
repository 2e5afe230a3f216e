//! What an unquoted YAML scalar means: the core schema of YAML 1.2, section 10.3.2.
//!
//! In: the text of a plain scalar. Out: a value. Deliberately not here: the words of YAML 1.1 (`yes`, `on`, `12:30`, dates), which
//! are text, so that a country code `no` stays one.

use super::DataValue;

/// Returns what a plain scalar means.
pub(super) fn resolve(text: &str) -> DataValue {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return DataValue::Null,
        "true" | "True" | "TRUE" => return DataValue::Bool(true),
        "false" | "False" | "FALSE" => return DataValue::Bool(false),
        _ => {}
    }
    // Most scalars are words: only these first characters can begin a number.
    if !text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.')) {
        return DataValue::String(text.to_owned());
    }
    int(text).or_else(|| float(text).map(DataValue::Float)).unwrap_or_else(|| DataValue::String(text.to_owned()))
}

/// Returns a whole number. One that does not fit 64 bits is a float, as in JSON.
pub(super) fn int(text: &str) -> Option<DataValue> {
    let radix = |digits: &str, radix| {
        let written = !digits.is_empty() && digits.chars().all(|c| c.is_digit(radix));
        written.then(|| i64::from_str_radix(digits, radix).ok().map(DataValue::Int)).flatten()
    };
    if let Some(digits) = text.strip_prefix("0x") {
        return radix(digits, 16);
    }
    if let Some(digits) = text.strip_prefix("0o") {
        return radix(digits, 8);
    }
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    text.parse().map(DataValue::Int).or_else(|_| text.parse().map(DataValue::Float)).ok()
}

/// Returns a number with a point or an exponent, or one of `.inf`, `.nan`.
pub(super) fn float(text: &str) -> Option<f64> {
    let (negative, rest) = match text.as_bytes().first() {
        Some(b'-') => (true, &text[1..]),
        Some(b'+') => (false, &text[1..]),
        _ => (false, text),
    };
    match rest {
        ".inf" | ".Inf" | ".INF" => return Some(if negative { f64::NEG_INFINITY } else { f64::INFINITY }),
        ".nan" | ".NaN" | ".NAN" if rest.len() == text.len() => return Some(f64::NAN),
        _ => {}
    }
    // Rust also reads `inf`, `nan` and `infinity`, which are words in YAML.
    let plausible = rest.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-'))
        && rest.bytes().any(|byte| byte.is_ascii_digit());
    if plausible { text.parse().ok() } else { None }
}
