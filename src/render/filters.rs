//! The filters of templates: `date`, `markdown`, `slugify`, `absolute_url`, `to_json`, `number`.
//!
//! In: a value and the current [`scope`]. Out: a Tera value. Deliberately not here: Tera's own filters.

use jiff::civil::Date;
use jiff::fmt::strtime;
use rivage_diag::FileId;
use rivage_syntax::ast::Syntax;
use tera::{Error, Kwargs, State, Tera, TeraResult, Value};

use super::functions::{Surroundings, surroundings, translate};
use super::plain;
use crate::slug;

/// Registers all filters.
pub(super) fn register(tera: &mut Tera) {
    tera.register_filter("date", |value: &str, arguments: Kwargs, _: &State| {
        date(&*surroundings()?, value, &arguments)
    });
    tera.register_filter("absolute_url", |value: &str, _: Kwargs, _: &State| absolute_url(&*surroundings()?, value));
    tera.register_filter("slugify", |value: &str, _: Kwargs, _: &State| slug::slugify(value));
    tera.register_filter("to_json", |value: Value, _: Kwargs, _: &State| to_json(&value));
    tera.register_filter("markdown", |value: &str, _: Kwargs, _: &State| inline_markdown(value));
    tera.register_filter("number", |value: f64, _: Kwargs, _: &State| number(value));
}

fn absolute_url(env: &Surroundings, value: &str) -> TeraResult<String> {
    // Paths in templates carry the base path already.
    let site = &env.values.site().config.site;
    Ok(match value.strip_prefix(site.base_path.as_str()) {
        Some(path) if path.starts_with('/') && !path.starts_with("//") => format!("{}{path}", site.base_url),
        _ => env.values.absolute_link(value),
    })
}

fn date(env: &Surroundings, value: &str, arguments: &Kwargs) -> TeraResult<String> {
    let day = value.get(..10).unwrap_or(value);
    let day: Date = day.parse().map_err(|_| Error::message(format!("`{value}` is not a date")))?;
    let format = match arguments.get::<String>("format")? {
        Some(format) => format,
        None => {
            let style = arguments.get::<&str>("style")?.unwrap_or("long");
            translate(env, &format!("date_{style}"), &[])
        }
    };
    // Names of months and days are texts of the theme, so that each language has its own.
    let named = |key: &str, place: i8| {
        let names = translate(env, key, &[]);
        names.split(',').nth(usize::try_from(place).unwrap_or(0)).map(|name| name.trim().to_owned())
    };
    let mut format = format;
    for (code, key, place) in [
        ("%B", "months", day.month() - 1),
        ("%b", "months_short", day.month() - 1),
        ("%A", "days", day.weekday().to_monday_zero_offset()),
        ("%a", "days_short", day.weekday().to_monday_zero_offset()),
    ] {
        if format.contains(code)
            && let Some(name) = named(key, place).filter(|_| translate(env, key, &[]) != key)
        {
            format = format.replace(code, &name);
        }
    }
    let text = strtime::format(&format, day)
        .map_err(|error| Error::message(format!("`{format}` is not a date format: {error}")))?;
    Ok(text.trim().to_owned())
}

/// JSON that may stand in a `<script>` block.
fn to_json(value: &Value) -> TeraResult<Value> {
    let text = serde_json::to_string(value).map_err(|error| Error::message(error.to_string()))?;
    Ok(Value::safe_string(&text.replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026")))
}

/// Markdown of one line: what would be the only paragraph, without its `<p>`.
fn inline_markdown(text: &str) -> TeraResult<Value> {
    let (html, problems) = plain::render_plain(&FileId::from("template"), text, Syntax::Markdown);
    match html {
        Some(html) => {
            let html = html.trim();
            let inner = html.strip_prefix("<p>").and_then(|html| html.strip_suffix("</p>"));
            Ok(Value::safe_string(inner.filter(|inner| !inner.contains("<p>")).unwrap_or(html)))
        }
        None => {
            let why = problems.first().map_or("it cannot be read", |problem| problem.message.as_str());
            Err(Error::message(format!("cannot render this Markdown: {why}")))
        }
    }
}

/// A number with thin groups: `12 345.6`, spaces not breaking.
fn number(value: f64) -> String {
    let text = value.to_string();
    let (whole, fraction) = text.split_once('.').map_or((text.as_str(), None), |(whole, rest)| (whole, Some(rest)));
    let (sign, digits) = whole.strip_prefix('-').map_or(("", whole), |digits| ("-", digits));
    let mut out = String::from(sign);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place) % 3 == 0 {
            out.push('\u{202f}');
        }
        out.push(digit);
    }
    if let Some(fraction) = fraction {
        out.push('.');
        out.push_str(fraction);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_by_three() {
        assert_eq!(number(1234567.5), "1\u{202f}234\u{202f}567.5");
        assert_eq!(number(-999.0), "-999");
    }

    #[test]
    fn json_cannot_close_a_script() {
        let value = to_json(&Value::from("</script>")).unwrap();
        assert_eq!(value.as_str(), Some("\"\\u003c/script\\u003e\""));
    }
}
