//! `@param name type source rules… -- description`.

use rivage_diag::Span;
use serde_json::Number;

use super::diagnostics::{Amend, Report};
use super::header::is_name;
use super::words::Word;
use crate::manifest::{Param, Rules, Source, Type};
use crate::validate;

const RULES: [&str; 6] = ["required", "optional", "default", "range", "length", "pattern"];

/// The most bytes of a pattern: what it compiles to is kept in memory for as long as the program runs.
const PATTERN_BYTES: usize = 200;

/// Reads the words of one directive.
pub(super) fn read(words: &[Word], report: &mut Report<'_>) -> Option<Param> {
    let (words, description) = match words.iter().position(|word| word.text == "--") {
        Some(at) => (&words[..at], words[at + 1..].iter().map(|word| word.text.as_str()).collect::<Vec<_>>().join(" ")),
        None => (words, String::new()),
    };
    let [name, ty, source, rules @ ..] = words else {
        let span = words.first().map_or_else(|| Span::at(0), |word| word.span);
        report
            .error("incomplete-directive", span, "a parameter has a name, a type and a source")
            .hint("for example `@param limit int4 query default 20 range 1..100`");
        return None;
    };
    if !is_name(&name.text) || name.text == "auth" {
        report
            .error("invalid-name", name.span, format!("`{}` is not a name that a parameter can have", name.text))
            .hint("a name starts with `a`–`z` and is made of `a`–`z`, `0`–`9` and `_`; `auth` belongs to the server");
        return None;
    }
    let ty_span = ty.span;
    let ty = read_type(ty, report)?;
    let source_word = source;
    let Some(source) = Source::NAMES.into_iter().find(|(name, _)| *name == source.text).map(|(_, source)| source)
    else {
        report
            .error("unknown-word", source_word.span, format!("`{}` is no place in a request", source_word.text))
            .nearest(&source_word.text, Source::NAMES.map(|(name, _)| name));
        return None;
    };
    if *ty.item() == Type::Json && source != Source::Body {
        report.error("type-mismatch", ty_span, "JSON stands in a body only").hint("give it the source `body`");
        return None;
    }
    if matches!(ty, Type::Array(_)) && source == Source::Path {
        report
            .error("type-mismatch", ty_span, "a segment of the path holds one value")
            .hint("give it the source `query`");
        return None;
    }
    let mut param = Param {
        name: name.text.clone(),
        ty,
        source,
        required: true,
        default: None,
        rules: Rules::default(),
        description,
    };
    let mut default_span = None;
    let mut given: Vec<(&str, Span)> = Vec::new();
    let mut rest = rules;
    while let [word, after @ ..] = rest {
        let rule = word.text.as_str();
        if let Some((_, first)) = given.iter().find(|(other, _)| *other == rule) {
            let (first, file) = (*first, report.file);
            report.error("duplicate-rule", word.span, format!("`{rule}` stands twice")).also(file, first, "first here");
            return None;
        }
        given.push((rule, word.span));
        if let "required" | "optional" = rule {
            param.required = rule == "required";
            rest = after;
            continue;
        }
        if !RULES.contains(&rule) {
            report.error("unknown-word", word.span, format!("a parameter has no rule `{rule}`")).nearest(rule, RULES);
            return None;
        }
        let [value, after @ ..] = after else {
            report.error("incomplete-directive", word.span, format!("nothing follows `{rule}`"));
            return None;
        };
        match rule {
            "default" => {
                param.default = Some(value.text.clone());
                param.required = false;
                default_span = Some(value.span);
            }
            "range" => read_range(&mut param, word.span, value, report)?,
            "length" => read_length(&mut param, word.span, value, report)?,
            _ => read_pattern(&mut param, word.span, value, report)?,
        }
        rest = after;
    }
    let presence: Vec<&(&str, Span)> =
        given.iter().filter(|(rule, _)| ["required", "optional", "default"].contains(rule)).collect();
    if let [first, second, ..] = presence.as_slice() {
        let file = report.file;
        report.error("rule-conflict", second.1, format!("`{}` and `{}` exclude each other", first.0, second.0)).also(
            file,
            first.1,
            "first here",
        );
        return None;
    }
    if let (Source::Path, false, Some((rule, span))) = (source, param.required, presence.first()) {
        report.error(
            "rule-conflict",
            *span,
            format!("a parameter of the path is always there: `{rule}` has no meaning"),
        );
        return None;
    }
    if let (Some(span), Some(default)) = (default_span, param.default.clone()) {
        match validate::text_value(&param, &default) {
            Ok(value) => param.default = Some(value),
            Err(problem) => {
                report
                    .error("invalid-default", span, format!("the default `{default}` breaks the parameter's own rules"))
                    .hint(problem.detail);
                return None;
            }
        }
    }
    Some(param)
}

fn read_type(word: &Word, report: &mut Report<'_>) -> Option<Type> {
    let (text, is_array) = match word.text.strip_suffix("[]") {
        Some(item) => (item, true),
        None => (word.text.as_str(), false),
    };
    let simple = Type::NAMES.into_iter().find(|(name, _)| *name == text).map(|(_, ty)| ty);
    let ty = match (simple, text.strip_prefix("enum(").and_then(|rest| rest.strip_suffix(')'))) {
        (Some(ty), _) => ty,
        (None, Some(values)) => {
            let values: Vec<String> = values.split(',').map(|value| value.trim().to_owned()).collect();
            let right = |value: &String| {
                !value.is_empty() && value.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
            };
            if let Some(wrong) = values.iter().find(|value| !right(value)) {
                report
                    .error("invalid-name", word.span, format!("`{wrong}` is not a value that an enumeration can have"))
                    .hint("values are made of letters, digits, `-`, `_` and `.`, with commas between them");
                return None;
            }
            if let Some(at) = (1..values.len()).find(|at| values[..*at].contains(&values[*at])) {
                report.error("duplicate-value", word.span, format!("the enumeration has `{}` twice", values[at]));
                return None;
            }
            Type::Enum(values)
        }
        (None, None) => {
            report
                .error("unknown-type", word.span, format!("there is no type `{}`", word.text))
                .nearest(text, Type::NAMES.iter().map(|(name, _)| *name).chain(["enum(a, b)"]));
            return None;
        }
    };
    Some(if is_array { Type::Array(Box::new(ty)) } else { ty })
}

/// `1..100`, `1..`, `..100`.
fn bounds<T>(word: &Word, read: impl Fn(&str) -> Option<T>) -> Option<(Option<T>, Option<T>)> {
    let (from, to) = word.text.split_once("..")?;
    let side = |text: &str| if text.is_empty() { Some(None) } else { read(text).map(Some) };
    let (from, to) = (side(from)?, side(to)?);
    (from.is_some() || to.is_some()).then_some((from, to))
}

fn read_range(param: &mut Param, rule: Span, word: &Word, report: &mut Report<'_>) -> Option<()> {
    let item = param.ty.item().clone();
    if !item.is_number() {
        report.error("type-mismatch", rule, "`range` bounds numbers").hint("`length` bounds texts and arrays");
        return None;
    }
    let read = |text: &str| match item.is_integer() {
        true => text.parse::<i64>().ok().map(Number::from),
        false => text.parse::<f64>().ok().and_then(Number::from_f64),
    };
    let order = |number: &Number| number.as_i64().map_or_else(|| number.as_f64(), |n| Some(n as f64));
    match bounds(word, read) {
        Some((min, max)) if min.as_ref().zip(max.as_ref()).is_none_or(|(a, b)| order(a) <= order(b)) => {
            (param.rules.min, param.rules.max) = (min, max);
            Some(())
        }
        _ => {
            report
                .error("invalid-range", word.span, format!("`{}` is not a range of this type", word.text))
                .hint("for example `1..100`, `0..` or `..10`, the smaller number first");
            None
        }
    }
}

fn read_length(param: &mut Param, rule: Span, word: &Word, report: &mut Report<'_>) -> Option<()> {
    if !matches!(param.ty, Type::Text | Type::Array(_)) {
        report.error("type-mismatch", rule, "`length` bounds texts and arrays").hint("`range` bounds numbers");
        return None;
    }
    match bounds(word, |text| text.parse::<u32>().ok()) {
        Some((min, max)) if min.zip(max).is_none_or(|(a, b)| a <= b) => {
            (param.rules.min_length, param.rules.max_length) = (min, max);
            Some(())
        }
        _ => {
            report
                .error("invalid-range", word.span, format!("`{}` is not a range of lengths", word.text))
                .hint("for example `1..200`, `1..` or `..80`, the smaller number first");
            None
        }
    }
}

fn read_pattern(param: &mut Param, rule: Span, word: &Word, report: &mut Report<'_>) -> Option<()> {
    if *param.ty.item() != Type::Text {
        report.error("type-mismatch", rule, "`pattern` is for texts");
        return None;
    }
    let problem = if word.text.len() > PATTERN_BYTES {
        Some(format!("it has more than {PATTERN_BYTES} bytes"))
    } else {
        regex_lite::Regex::new(&word.text).err().map(|error| error.to_string())
    };
    if let Some(problem) = problem {
        report
            .error("invalid-pattern", word.span, "the pattern cannot be used")
            .hint(problem)
            .hint("a pattern with spaces or unequal parentheses stands in single quotes");
        return None;
    }
    param.rules.pattern = Some(word.text.clone());
    Some(())
}
