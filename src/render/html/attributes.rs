//! Values of JSX attributes as HTML attributes.
//!
//! In: evaluated values. Out: text, or nothing where an attribute is left out. The rules are React's for HTML elements, with the
//! names of HTML; those of generic components are simpler. Deliberately not here: evaluation.

use std::borrow::Cow;
use std::fmt::Write as _;

use rivage_syntax::expr::{Object, Value, number_to_string};

/// Returns an attribute's name in HTML.
pub(super) fn html_name(name: &str) -> &str {
    match name {
        "className" => "class",
        "htmlFor" => "for",
        _ => name,
    }
}

/// Returns an attribute's text, or none if it is left out.
pub(super) fn text<'v>(name: &str, value: &'v Value, is_html: bool) -> Option<Cow<'v, str>> {
    Some(match value {
        Value::Bool(value) if name.starts_with("aria-") => Cow::Borrowed(if *value { "true" } else { "false" }),
        Value::Bool(true) => Cow::Borrowed(""),
        Value::String(text) => Cow::Borrowed(text),
        Value::Number(number) => Cow::Owned(number_to_string(*number)),
        Value::Object(style) if is_html && name == "style" => Cow::Owned(css_text(style)),
        Value::Array(_) | Value::Object(_) | Value::Date(_) | Value::RegExp(_) => {
            Cow::Owned(value.to_json()?.to_string())
        }
        Value::Bool(false)
        | Value::Undefined
        | Value::Null
        | Value::Jsx(_)
        | Value::Html(_)
        | Value::Component(_)
        | Value::Function(_)
        | Value::Builtin(_) => return None,
    })
}

/// Returns a `style` object as CSS.
fn css_text(style: &Object) -> String {
    let mut out = String::new();
    for (name, value) in style {
        if matches!(value, Value::Null | Value::Undefined | Value::Bool(_)) {
            continue;
        }
        if !out.is_empty() {
            out.push(';');
        }
        let start = out.len();
        for character in name.chars() {
            if character.is_ascii_uppercase() {
                out.push('-');
            }
            out.push(character.to_ascii_lowercase());
        }
        if out[start..].starts_with("ms-") {
            out.insert(start, '-');
        }
        let has_unit = matches!(value, Value::Number(number) if *number != 0.0) && !is_unitless(&out[start..]);
        out.push(':');
        match value {
            Value::Number(number) => out.push_str(&number_to_string(*number)),
            Value::String(text) => out.push_str(text),
            other => {
                let _ = write!(out, "{}", other.to_json().unwrap_or_default());
            }
        }
        if has_unit {
            out.push_str("px");
        }
    }
    out
}

/// Properties whose numbers have no unit. Prefixes, as the reference has them.
const UNITLESS: [&str; 23] = [
    "-",
    "animation-iteration-count",
    "aspect-ratio",
    "column",
    "fill-opacity",
    "flex",
    "flood-opacity",
    "font-weight",
    "grid-",
    "line-clamp",
    "line-height",
    "opacity",
    "order",
    "orphans",
    "scale",
    "stop-opacity",
    "stroke-opacity",
    "tab-size",
    "widows",
    "z-index",
    "zoom",
    "columns",
    "column-count",
];

fn is_unitless(property: &str) -> bool {
    UNITLESS.iter().any(|start| property.starts_with(start))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_become_text_or_nothing() {
        for (name, value, is_html, expect) in [
            ("a", Value::string("x"), true, Some("x")),
            ("a", Value::Bool(true), true, Some("")),
            ("a", Value::Bool(false), true, None),
            ("aria-hidden", Value::Bool(false), true, Some("false")),
            ("a", Value::Number(1.5), false, Some("1.5")),
            ("a", Value::Null, false, None),
            ("a", Value::array(vec![Value::Number(1.0), Value::Undefined]), false, Some("[1,null]")),
            ("a", Value::Component("B".into()), false, None),
        ] {
            assert_eq!(text(name, &value, is_html).as_deref(), expect, "{name} {value:?}");
        }
    }

    #[test]
    fn style_objects_become_css() {
        let style: Object = [
            ("marginTop", Value::Number(4.0)),
            ("opacity", Value::Number(0.5)),
            ("msFlex", Value::Number(1.0)),
            ("--x", Value::Number(1.0)),
            ("color", Value::string("red")),
            ("left", Value::Number(0.0)),
            ("top", Value::Null),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into_iter()
        .collect();
        let style = Value::object(style);
        let css = "margin-top:4px;opacity:0.5;-ms-flex:1;--x:1;color:red;left:0";
        assert_eq!(text("style", &style, true).as_deref(), Some(css));
        assert!(text("style", &style, false).is_some_and(|json| json.starts_with('{')), "components get JSON");
    }
}
