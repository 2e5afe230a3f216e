//! The wording of what is wrong with an expression.

use crate::{Diagnostic, FileId, Span};

const DATA_HINT: &str = "put the value into a data file (`.json`, `.yaml`) and import that";

/// oxc's words in our form: lower case, without a full stop.
fn ours(message: &str) -> String {
    let message = message.trim().trim_end_matches('.');
    let mut chars = message.chars();
    match (chars.next(), chars.clone().next()) {
        (Some(first), Some(second)) if first.is_uppercase() && !second.is_uppercase() => {
            first.to_lowercase().chain(chars).collect()
        }
        _ => message.to_owned(),
    }
}

pub(super) fn syntax(file: &FileId, span: Span, message: &str, help: Option<&str>) -> Diagnostic {
    Diagnostic::error("expression-syntax", format!("this is no valid JavaScript: {}", ours(message)))
        .at(file, span)
        .with_hint_if(help.map(ours))
        .with_hint("to show a brace as text, write `\\{`")
}

pub(super) fn parser_failed(file: &FileId, span: Span) -> Diagnostic {
    Diagnostic::error("parser-failed", "this makes the JavaScript parser fail")
        .at(file, span)
        .with_hint("write it in another way, and please report it with the text of the page: it is a bug")
}

pub(super) fn ends_early(file: &FileId, span: Span) -> Diagnostic {
    Diagnostic::error("expression-syntax", "this is no valid JavaScript: the expression ends too early")
        .at(file, span)
        .with_hint("is a bracket or an operand missing?")
}

pub(super) fn spread_as_value(file: &FileId, span: Span) -> Diagnostic {
    Diagnostic::error("expression-syntax", "a spread is no value")
        .at(file, span)
        .with_hint("spreads stand among attributes (`<A {...props} />`), in arrays, objects and calls")
}

pub(super) fn heading_id(file: &FileId, span: Span) -> Diagnostic {
    Diagnostic::error("expression-syntax", "this is no valid JavaScript: an expression cannot begin with `#`")
        .at(file, span)
        .with_hint("in MDX, the id of a heading is written as a comment: `{/*id*/}`")
}

pub(super) fn not_one_expression(file: &FileId, span: Span) -> Diagnostic {
    Diagnostic::error("expression-syntax", "there must be exactly one expression between the braces").at(file, span)
}

pub(super) fn stray_parenthesis(file: &FileId, span: Span) -> Diagnostic {
    Diagnostic::error("expression-syntax", "this is no valid JavaScript: unexpected `)`")
        .at(file, span)
        .with_hint("remove it, or add the `(` that it closes")
}

pub(super) fn not_a_spread(file: &FileId, span: Span) -> Diagnostic {
    Diagnostic::error("expression-syntax", "only a spread can stand in braces among attributes")
        .at(file, span)
        .with_hint("write `{...object}`, or `name={value}`")
}

pub(super) fn too_long_to_parse(file: &FileId, span: Span) -> Diagnostic {
    Diagnostic::error("expression-too-long", "this expression is too long").at(file, span).with_hint(DATA_HINT)
}

pub(super) fn too_deep(file: &FileId, span: Span) -> Diagnostic {
    Diagnostic::error("expression-too-deep", "this expression is nested too deeply")
        .at(file, span)
        .with_hint("name its parts with `export const`")
}

pub(super) fn esm_only(file: &FileId, span: Span) -> Diagnostic {
    Diagnostic::error("esm-only", "only `import` and `export` can stand in such a block")
        .at(file, span)
        .with_hint("write `export const name = …`, and a blank line before text")
}

pub(super) fn declared_twice(file: &FileId, span: Span, name: &str, first: Span) -> Diagnostic {
    Diagnostic::error("duplicate-name", format!("the name `{name}` is declared twice"))
        .at(file, span)
        .with_other(file, first, "first declared here")
        .with_hint("rename one of them")
}

pub(super) fn unsupported(file: &FileId, span: Span, what: &str) -> Diagnostic {
    Diagnostic::error("unsupported-expression", format!("{what} cannot be used in a page")).at(file, span).with_hint(
        "pages are evaluated without a JavaScript engine: literals, names, operators, JSX and pure functions work",
    )
}

pub(super) fn not_deterministic(file: &FileId, span: Span, what: &str, hint: &str) -> Diagnostic {
    Diagnostic::error("not-deterministic", format!("`{what}` would give another result in each build"))
        .at(file, span)
        .with_hint(hint)
}

pub(super) fn unknown_name(file: &FileId, span: Span, name: &str, near: Option<&str>) -> Diagnostic {
    let problem = Diagnostic::error("unknown-name", format!("the name `{name}` is not known here")).at(file, span);
    match near {
        Some(near) => problem.with_hint(format!("a similar name exists: `{near}`")),
        None => problem.with_hint("declare it with `export const`, or write `\\{` to show a brace as text"),
    }
}

pub(super) fn no_member(file: &FileId, span: Span, object: &str, value: &str, key: &str) -> Diagnostic {
    Diagnostic::error("member-of-nothing", format!("`{object}` is {value}: it has no `{key}`"))
        .at(file, span)
        .with_hint("use `?.` where a value may be missing")
}

pub(super) fn unknown_member(file: &FileId, span: Span, kind: &str, key: &str, near: Option<&str>) -> Diagnostic {
    Diagnostic::error("unsupported-expression", format!("`{key}` of {kind} cannot be used in a page"))
        .at(file, span)
        .with_hint_if(near.map(|near| format!("a similar name exists: `{near}`")))
}

pub(super) fn not_a_function(file: &FileId, span: Span, what: &str, value: &str) -> Diagnostic {
    Diagnostic::error("not-a-function", format!("`{what}` is {value}, not a function")).at(file, span)
}

pub(super) fn imported_function(file: &FileId, span: Span, what: &str) -> Diagnostic {
    Diagnostic::error("not-a-function", format!("`{what}` is imported as a component and cannot be called"))
        .at(file, span)
        .with_hint(format!("use it as a tag: `<{what} />`"))
}

pub(super) fn wrong_type(file: &FileId, span: Span, message: impl Into<String>) -> Diagnostic {
    Diagnostic::error("wrong-type", message).at(file, span)
}

pub(super) fn own_value(file: &FileId, span: Span, name: &str) -> Diagnostic {
    Diagnostic::error("circular-name", format!("`{name}` needs its own value to be evaluated")).at(file, span)
}

pub(super) fn too_many_steps(file: &FileId, span: Span, limit: u64) -> Diagnostic {
    Diagnostic::error("expression-too-long", format!("the page's expressions take more than {limit} steps"))
        .at(file, span)
        .with_hint("compute the value beforehand and import it as data")
}

pub(super) fn too_large(file: &FileId, span: Span, megabytes: usize) -> Diagnostic {
    Diagnostic::error("expression-too-large", format!("the page's expressions make more than {megabytes} MB of data"))
        .at(file, span)
        .with_hint(DATA_HINT)
}

pub(super) fn recursion(file: &FileId, span: Span) -> Diagnostic {
    Diagnostic::error("expression-too-deep", "functions call each other too deeply here")
        .at(file, span)
        .with_hint("does a function call itself without an end?")
}

pub(super) fn value_too_deep(file: &FileId, span: Span) -> Diagnostic {
    Diagnostic::error("expression-too-deep", "this value is nested too deeply").at(file, span)
}

pub(super) fn bad_regexp(file: &FileId, span: Span, reason: &str) -> Diagnostic {
    let reason = reason.lines().last().unwrap_or_default().trim().trim_start_matches("error: ");
    Diagnostic::error("unsupported-expression", format!("this regular expression cannot be used in a page: {reason}"))
        .at(file, span)
        .with_hint("look-around and back-references do not work; all that matches in linear time does")
}

pub(super) fn not_a_child(file: &FileId, span: Span, value: &str) -> Diagnostic {
    Diagnostic::error("wrong-type", format!("{value} is not valid as a child: it has no text"))
        .at(file, span)
        .with_hint("show one of its parts, or `JSON.stringify` it")
}
