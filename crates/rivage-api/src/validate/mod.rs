//! Values of parameters: from text or JSON to what PostgreSQL reads, or what is wrong with them.
//!
//! Values come out in one canonical spelling where the type has one, so that `?limit=020` and `?limit=20` share a cached answer.
//! Deliberately not here: where values stand in a request ([`crate::request`]).

mod shapes;

use std::cell::RefCell;
use std::collections::BTreeMap;

use regex_lite::Regex;
use serde_json::{Number, Value};

use crate::manifest::{Param, Rules, Type};
pub(crate) use shapes::{is_date, is_timestamp};

/// What is wrong with a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// A stable name in kebab case.
    pub code: &'static str,
    /// What a value has to be.
    pub detail: String,
}

fn problem(code: &'static str, detail: impl Into<String>) -> Problem {
    Problem { code, detail: detail.into() }
}

/// Reads a value that came as text: from a path, a query, a form, a default. Of an array, this is one item.
///
/// # Errors
///
/// When it is not of the parameter's type, or breaks one of its rules.
pub fn text_value(param: &Param, text: &str) -> Result<String, Problem> {
    let value = scalar(param.ty.item(), text)?;
    item_rules(param, &value)?;
    if !matches!(param.ty, Type::Array(_)) {
        length(&param.rules, value.chars().count(), "characters")?;
    }
    Ok(value)
}

/// Reads several values of an array, and returns them as PostgreSQL writes arrays.
///
/// # Errors
///
/// When an item is wrong, or when they are too few or too many.
pub fn array_value<'t>(param: &Param, items: impl Iterator<Item = &'t str>) -> Result<String, Problem> {
    let items = items.map(|item| text_value(param, item)).collect::<Result<Vec<_>, _>>()?;
    array(param, &items)
}

/// Reads a value that came as JSON. `null` is no value.
///
/// # Errors
///
/// When it is not of the parameter's type, or breaks one of its rules.
pub fn json_value(param: &Param, value: &Value) -> Result<Option<String>, Problem> {
    if *value == Value::Null {
        return Ok(None);
    }
    match (&param.ty, value) {
        (Type::Array(item), Value::Array(values)) => {
            let texts = values.iter().map(|value| json_item(param, item, value)).collect::<Result<Vec<_>, _>>()?;
            array(param, &texts).map(Some)
        }
        (Type::Array(_), _) => Err(problem("wrong-type", "has to be an array")),
        (ty, value) => {
            let text = json_item(param, ty, value)?;
            if *ty != Type::Json {
                length(&param.rules, text.chars().count(), "characters")?;
            }
            Ok(Some(text))
        }
    }
}

fn json_item(param: &Param, ty: &Type, value: &Value) -> Result<String, Problem> {
    let text = match (ty, value) {
        (Type::Json, value) => return Ok(value.to_string()),
        (Type::Bool, Value::Bool(value)) => value.to_string(),
        (ty, Value::Number(number)) if ty.is_integer() => match number.as_f64() {
            // `5.0` is an integer in JSON Schema, and in JavaScript, which may write it so.
            Some(float) if number.is_f64() && float.fract() == 0.0 && float.abs() < 9e15 => format!("{float:.0}"),
            _ => number.to_string(),
        },
        (ty, Value::Number(number)) if ty.is_number() => number.to_string(),
        // Numbers beyond 2^53 do not survive JavaScript; as strings they do.
        (Type::Int8 | Type::Numeric, Value::String(text)) => text.clone(),
        (ty, Value::String(text)) if !ty.is_number() && *ty != Type::Bool => text.clone(),
        _ => return Err(wrong_type(ty)),
    };
    let text = scalar(ty, &text)?;
    item_rules(param, &text)?;
    Ok(text)
}

fn wrong_type(ty: &Type) -> Problem {
    problem(
        "wrong-type",
        match ty {
            Type::Int2 => "has to be an integer from -32768 to 32767".to_owned(),
            Type::Int4 => "has to be an integer from -2147483648 to 2147483647".to_owned(),
            Type::Int8 => "has to be a 64-bit integer".to_owned(),
            Type::Float8 => "has to be a number".to_owned(),
            Type::Numeric => "has to be a decimal number".to_owned(),
            Type::Bool => "has to be `true` or `false`".to_owned(),
            Type::Uuid => "has to be a UUID".to_owned(),
            Type::Date => "has to be a date such as `2026-11-29`".to_owned(),
            Type::Timestamptz => "has to be a time such as `2026-11-29T12:00:00Z`".to_owned(),
            Type::Enum(values) => format!("has to be one of `{}`", values.join("`, `")),
            Type::Text | Type::Json | Type::Array(_) => "has to be a string".to_owned(),
        },
    )
}

fn scalar(ty: &Type, text: &str) -> Result<String, Problem> {
    if text.contains('\0') {
        return Err(problem("invalid-character", "may not contain the character U+0000"));
    }
    let value = match ty {
        Type::Text => Some(text.to_owned()),
        Type::Int2 => shapes::integer(text).filter(|n| i16::try_from(*n).is_ok()).map(|n| n.to_string()),
        Type::Int4 => shapes::integer(text).filter(|n| i32::try_from(*n).is_ok()).map(|n| n.to_string()),
        Type::Int8 => shapes::integer(text).map(|n| n.to_string()),
        Type::Float8 => shapes::float(text),
        Type::Numeric => shapes::is_decimal(text).then(|| text.to_owned()),
        Type::Bool => matches!(text, "true" | "false").then(|| text.to_owned()),
        Type::Uuid => shapes::is_uuid(text).then(|| text.to_ascii_lowercase()),
        Type::Date => shapes::is_date(text).then(|| text.to_owned()),
        Type::Timestamptz => shapes::is_timestamp(text).then(|| text.to_owned()),
        Type::Enum(values) => values.iter().any(|value| value == text).then(|| text.to_owned()),
        Type::Json | Type::Array(_) => None,
    };
    value.ok_or_else(|| wrong_type(ty))
}

fn item_rules(param: &Param, value: &str) -> Result<(), Problem> {
    let rules = &param.rules;
    let ty = param.ty.item();
    let beyond = |bound: &Option<Number>, wrong: std::cmp::Ordering| -> bool {
        let Some(bound) = bound else { return false };
        let order = match (ty.is_integer(), value.parse::<i64>(), bound.as_i64()) {
            (true, Ok(value), Some(bound)) => Some(value.cmp(&bound)),
            _ => value.parse::<f64>().ok().zip(bound.as_f64()).and_then(|(value, bound)| value.partial_cmp(&bound)),
        };
        order == Some(wrong)
    };
    if beyond(&rules.min, std::cmp::Ordering::Less) || beyond(&rules.max, std::cmp::Ordering::Greater) {
        let detail = match (&rules.min, &rules.max) {
            (Some(min), Some(max)) => format!("has to be from {min} to {max}"),
            (Some(min), None) => format!("has to be at least {min}"),
            (_, max) => format!("has to be at most {}", max.as_ref().map_or_else(String::new, Number::to_string)),
        };
        return Err(problem("out-of-range", detail));
    }
    if let Some(pattern) = &rules.pattern
        && !is_match(pattern, value)
    {
        return Err(problem("wrong-pattern", format!("has to match `{pattern}`")));
    }
    Ok(())
}

thread_local! {
    /// Compiled patterns: as many as there are in a manifest. Of one thread each, because a Worker has no other.
    static PATTERNS: RefCell<BTreeMap<String, Option<Regex>>> = const { RefCell::new(BTreeMap::new()) };
}

fn is_match(pattern: &str, value: &str) -> bool {
    PATTERNS.with_borrow_mut(|patterns| {
        if !patterns.contains_key(pattern) {
            // Many manifests in one process are read only by tests and previews, which may compile again.
            if patterns.len() >= 256 {
                patterns.clear();
            }
            patterns.insert(pattern.to_owned(), Regex::new(pattern).ok());
        }
        matches!(patterns.get(pattern), Some(Some(regex)) if regex.is_match(value))
    })
}

fn length(rules: &Rules, found: usize, what: &str) -> Result<(), Problem> {
    let (min, max) = (rules.min_length.unwrap_or(0), rules.max_length.unwrap_or(u32::MAX));
    if found >= min as usize && found <= max as usize {
        return Ok(());
    }
    let detail = match (rules.min_length, rules.max_length) {
        (Some(min), Some(max)) => format!("has to have from {min} to {max} {what}"),
        (Some(min), None) => format!("has to have at least {min} {what}"),
        _ => format!("has to have at most {max} {what}"),
    };
    Err(problem("wrong-length", detail))
}

/// `{"a","b\"c"}`: every item quoted, which PostgreSQL reads for every type, and no item is taken for `NULL`.
fn array(param: &Param, items: &[String]) -> Result<String, Problem> {
    length(&param.rules, items.len(), "items")?;
    let mut out = String::from("{");
    for (index, item) in items.iter().enumerate() {
        out.push_str(if index == 0 { "\"" } else { ",\"" });
        for c in item.chars() {
            if matches!(c, '"' | '\\') {
                out.push('\\');
            }
            out.push(c);
        }
        out.push('"');
    }
    out.push('}');
    Ok(out)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::manifest::Source;

    fn param(ty: Type) -> Param {
        Param {
            name: "p".to_owned(),
            ty,
            source: Source::Body,
            required: true,
            default: None,
            rules: Rules::default(),
            description: String::new(),
        }
    }

    fn check(ty: Type, right: &[(&str, &str)], wrong: &[&str]) {
        let param = param(ty);
        for (text, expect) in right {
            assert_eq!(text_value(&param, text).as_deref(), Ok(*expect), "{text}");
        }
        for text in wrong {
            assert!(text_value(&param, text).is_err(), "{text:?} of {:?}", param.ty);
        }
    }

    #[test]
    fn texts_are_read_by_type_and_come_out_in_one_spelling() {
        check(Type::Int2, &[("-32768", "-32768"), ("007", "7")], &["32768", "", "1.0", "1e3", " 1", "+", "0x1"]);
        check(Type::Int4, &[("+5", "5")], &["2147483648", "--1"]);
        check(Type::Int8, &[("9223372036854775807", "9223372036854775807")], &["9223372036854775808"]);
        check(Type::Float8, &[("1.50", "1.5"), ("-2e3", "-2000")], &["NaN", "inf", "1e400", "", "1_0"]);
        check(Type::Numeric, &[("12345678901234567890.123", "12345678901234567890.123")], &["1e5", ".", "1,5", "NaN"]);
        check(Type::Bool, &[("true", "true")], &["1", "TRUE", "t", ""]);
        check(
            Type::Uuid,
            &[("6F9619FF-8B86-D011-B42D-00CF4FC964FF", "6f9619ff-8b86-d011-b42d-00cf4fc964ff")],
            &["6f9619ff8b86d011b42d00cf4fc964ff", "{6f9619ff-8b86-d011-b42d-00cf4fc964ff}"],
        );
        check(
            Type::Date,
            &[("2024-02-29", "2024-02-29")],
            &["2023-02-29", "2024-13-01", "2024-1-1", "now", "infinity"],
        );
        check(
            Type::Timestamptz,
            &[
                ("2024-02-29T23:59:59Z", "2024-02-29T23:59:59Z"),
                ("2024-01-01T00:00:00.5+02:00", "2024-01-01T00:00:00.5+02:00"),
            ],
            &["2024-02-29", "2024-02-29T24:00:00Z", "2024-02-29T10:00:00", "2024-02-29 10:00:00Z", "today"],
        );
        check(Type::Enum(vec!["a".into(), "b".into()]), &[("a", "a")], &["c", "A", ""]);
        check(Type::Text, &[("", ""), ("ä\n", "ä\n")], &["a\0b"]);
    }

    #[test]
    fn json_has_to_be_of_the_right_kind() {
        let read = |ty: Type, value: Value| json_value(&param(ty), &value);
        assert_eq!(read(Type::Int4, json!(5)), Ok(Some("5".into())));
        assert_eq!(read(Type::Int4, Value::Null), Ok(None));
        assert_eq!(read(Type::Int2, json!(-5.0)), Ok(Some("-5".into())));
        assert_eq!(read(Type::Int8, json!("9007199254740993")), Ok(Some("9007199254740993".into())));
        assert_eq!(read(Type::Json, json!({"a": [1]})), Ok(Some(r#"{"a":[1]}"#.into())));
        for (ty, value) in [
            (Type::Int4, json!("5")),
            (Type::Int4, json!(5.5)),
            (Type::Text, json!(5)),
            (Type::Bool, json!("true")),
            (Type::Bool, json!(1)),
            (Type::Uuid, json!({})),
            (Type::Array(Box::new(Type::Int4)), json!(1)),
            (Type::Array(Box::new(Type::Int4)), json!([1, null])),
        ] {
            assert!(read(ty.clone(), value.clone()).is_err(), "{ty:?} {value}");
        }
    }

    #[test]
    fn items_of_arrays_are_quoted() {
        let mut param = param(Type::Array(Box::new(Type::Text)));
        param.rules.max_length = Some(2);
        assert_eq!(json_value(&param, &json!(["a\"b\\", "NULL"])), Ok(Some(r#"{"a\"b\\","NULL"}"#.into())));
        assert_eq!(array_value(&param, ["x,y", "{z}"].into_iter()), Ok(r#"{"x,y","{z}"}"#.into()));
        assert_eq!(json_value(&param, &json!(["a", "b", "c"])).unwrap_err().code, "wrong-length");
        assert_eq!(json_value(&param, &json!([])), Ok(Some("{}".into())));
    }

    #[test]
    fn rules_name_what_a_value_has_to_be() {
        let mut number = param(Type::Int4);
        (number.rules.min, number.rules.max) = (Some(1.into()), Some(9.into()));
        assert_eq!(text_value(&number, "10").unwrap_err().detail, "has to be from 1 to 9");
        let mut big = param(Type::Int8);
        big.rules.max = Some(9_007_199_254_740_993i64.into());
        assert!(text_value(&big, "9007199254740993").is_ok() && text_value(&big, "9007199254740994").is_err());
        let mut text = param(Type::Text);
        text.rules.min_length = Some(2);
        assert_eq!(text_value(&text, "ä").unwrap_err().detail, "has to have at least 2 characters");
        text.rules.pattern = Some("^[a-z]+$".to_owned());
        assert_eq!(text_value(&text, "a1").unwrap_err().detail, "has to match `^[a-z]+$`");
        assert!(text_value(&text, "ab\n").is_err(), "`$` is the end of the text");
    }
}
