//! Checks front matter against the schemas of its section and of those above it.
//!
//! In: rules of rivage.toml, front matter as data. Out: diagnostics at the values that break a rule. Sections' own `_index` files are not
//! checked: a schema is about the pages of a section.
//! Deliberately not here: the keys that all front matter has ([`super::front_matter`]).

use indexmap::IndexMap;
use rivage_diag::Span;
use rivage_syntax::data::{Data, DataValue};

use super::front_matter::date_text;
use super::{date, diagnostics};
use crate::config::SectionDefaults;
use crate::config::reader::{Report, number};
use crate::config::schema::{Rule, RuleType};

/// A rule and the section that makes it.
type Rules<'a> = IndexMap<&'a str, (&'a Rule, &'a str)>;

/// Returns the rules for a section, given what holds for it, outermost first: the nearest rule of a key counts.
pub(super) fn rules<'a>(sections: &[&'a SectionDefaults]) -> Rules<'a> {
    let mut rules = Rules::new();
    for section in sections {
        for (key, rule) in section.schema.iter().flat_map(|schema| &schema.fields) {
            rules.insert(key.as_str(), (rule, section.section.as_str()));
        }
    }
    rules
}

/// Checks front matter. `start` is where missing keys are pointed at; none if front matter could not be read to its end, and
/// nothing is known of what is missing.
pub(super) fn check(report: &Report<'_>, rules: &Rules<'_>, data: &Data, start: Option<Span>) {
    for (key, (rule, section)) in rules {
        match find(data, key) {
            Some(value) => check_value(report, key, rule, section, value),
            None => {
                if let Some(start) = start.filter(|_| rule.required) {
                    report.push(diagnostics::required(report.file, key, section, start));
                }
            }
        }
    }
}

/// Finds a key, which may be dotted, unless it is null.
fn find<'d>(data: &'d Data, key: &str) -> Option<&'d Data> {
    let whole = data.get(key);
    let value = whole.or_else(|| key.split('.').try_fold(data, |data, part| data.get(part)))?;
    (value.value != DataValue::Null).then_some(value)
}

fn check_value(report: &Report<'_>, key: &str, rule: &Rule, section: &str, value: &Data) {
    let broken = |must: &str| report.push(diagnostics::against_schema(report.file, key, must, section, value.span));
    if let Some(kind) = rule.kind.filter(|kind| !is_of(*kind, value)) {
        return match (kind, date_text(value)) {
            // Text that is not a date or URL has the right type, and is reported as what it is.
            (RuleType::Date, Some(_)) => report.push(diagnostics::bad_date(report.file, key, value.span)),
            (RuleType::Url, Some(_)) => broken(words(kind)),
            _ => report.wrong_type(key, words(kind), value),
        };
    }
    if !rule.one_of.is_empty() && !rule.one_of.contains(&value.to_json()) {
        let known: Vec<_> = rule.one_of.iter().map(|one| format!("`{}`", plain(one))).collect();
        broken(&format!("one of {}", known.join(", ")));
    }
    let Some((size, unit)) = size(value) else { return };
    let range = match (rule.min, rule.max) {
        (Some(min), Some(max)) if size < min || size > max => format!("from {min} to {max}{unit}"),
        (Some(min), None) if size < min => format!("at least {min}{unit}"),
        (None, Some(max)) if size > max => format!("at most {max}{unit}"),
        _ => return,
    };
    broken(&format!("{range}{}", if unit.is_empty() { "" } else { " long" }));
}

fn plain(value: &serde_json::Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn words(kind: RuleType) -> &'static str {
    match kind {
        RuleType::String => "a string",
        RuleType::Bool => "true or false",
        RuleType::Int => "a whole number",
        RuleType::Number => "a number",
        RuleType::Date => "a date",
        RuleType::List => "a list",
        RuleType::Map => "a map",
        RuleType::Url => "an http or https URL",
    }
}

fn is_of(kind: RuleType, value: &Data) -> bool {
    match (kind, &value.value) {
        (RuleType::String, DataValue::String(_))
        | (RuleType::Bool, DataValue::Bool(_))
        | (RuleType::Int, DataValue::Int(_))
        | (RuleType::Number, DataValue::Int(_) | DataValue::Float(_))
        | (RuleType::List, DataValue::Array(_))
        | (RuleType::Map, DataValue::Map(_)) => true,
        (RuleType::Date, DataValue::String(text) | DataValue::Date(text)) => date::parse(text).is_some(),
        (RuleType::Url, DataValue::String(text)) => crate::config::is_web_url(text),
        _ => false,
    }
}

/// Returns what `min` and `max` measure, and its unit.
fn size(value: &Data) -> Option<(f64, &'static str)> {
    match &value.value {
        DataValue::String(text) => Some((text.chars().count() as f64, " characters")),
        DataValue::Array(items) => Some((items.len() as f64, " items")),
        _ => number(value).map(|number| (number, "")),
    }
}
