//! The wording of what is wrong with data.

use super::{MAX_DEPTH, Source};
use crate::{Diagnostic, Span};

pub(super) fn nul(source: &Source<'_>, span: Span) -> Diagnostic {
    Diagnostic::error("data-nul", "a NUL byte is not allowed in data").at(source.file, span)
}

pub(super) fn parser_failed(source: &Source<'_>, language: &str, span: Span) -> Diagnostic {
    Diagnostic::error("parser-failed", format!("this makes the {language} parser fail"))
        .at(source.file, span)
        .with_hint("write it in another way, and please report it with the text of the file: it is a bug")
}

pub(super) fn duplicate_key(source: &Source<'_>, key: &str, span: Span, first: Option<Span>) -> Diagnostic {
    let diagnostic = Diagnostic::error("duplicate-key", format!("the key `{key}` is there twice"))
        .at(source.file, span)
        .with_hint("remove one of the two");
    match first {
        Some(first) => diagnostic.with_other(source.file, first, "first written here"),
        None => diagnostic,
    }
}

pub(super) fn too_deep(source: &Source<'_>, span: Span) -> Diagnostic {
    Diagnostic::error("data-too-deep", "lists and maps are nested too deep")
        .at(source.file, span)
        .with_hint(format!("at most {MAX_DEPTH} levels are read (80 in TOML)"))
}

pub(super) fn yaml_too_large(source: &Source<'_>, span: Span) -> Diagnostic {
    Diagnostic::error("yaml-too-large", "aliases make this YAML too large")
        .at(source.file, span)
        .with_hint("an alias copies what it stands for; write less of it, or write it out")
}

pub(super) fn yaml_alias_of_itself(source: &Source<'_>, span: Span) -> Diagnostic {
    Diagnostic::error("yaml-alias", "this alias stands for a value that contains it").at(source.file, span)
}

pub(super) fn yaml_documents(source: &Source<'_>, span: Span) -> Diagnostic {
    Diagnostic::error("yaml-documents", "a second YAML document starts here")
        .at(source.file, span)
        .with_hint("only one document is read: remove the `---` or make it a file of its own")
}

pub(super) fn yaml_tag(source: &Source<'_>, tag: &str, span: Span) -> Diagnostic {
    Diagnostic::error("yaml-tag", format!("the tag `{tag}` is not supported"))
        .at(source.file, span)
        .with_hint("a value that starts with `!` needs quotes")
}

pub(super) fn yaml_tag_value(source: &Source<'_>, tag: &str, text: &str, span: Span) -> Diagnostic {
    Diagnostic::error("yaml-tag", format!("`{text}` is not a value of the tag `{tag}`")).at(source.file, span)
}

pub(super) fn yaml_key(source: &Source<'_>, span: Span) -> Diagnostic {
    Diagnostic::error("yaml-key", "a key must be text")
        .at(source.file, span)
        .with_hint("a value that starts with `{` or `[` needs quotes")
}

pub(super) fn yaml_no_key(source: &Source<'_>, span: Span) -> Diagnostic {
    Diagnostic::error("yaml-key", "a value without a key")
        .at(source.file, span)
        .with_hint("write the key before the `:`")
}

pub(super) fn yaml_merge(source: &Source<'_>, span: Span) -> Diagnostic {
    Diagnostic::error("yaml-merge", "`<<` needs a map or a list of maps")
        .at(source.file, span)
        .with_hint("write the alias of a map: `<<: *name`")
}

/// Words a scanner's error for those who do not know the grammar's terms. `info` is the library's text, `at` the place in the text.
pub(super) fn yaml_syntax(source: &Source<'_>, info: &str, at: usize) -> Diagnostic {
    let has = |part: &str| info.contains(part);
    let rest = source.text.get(at..).unwrap_or_default();
    let span = if has("tab") { tab(source, at) } else { source.place(at) };
    if has("recursion limit") {
        return too_deep(source, span);
    }
    let (message, hint): (String, Option<String>) = if has("mapping values are not allowed") {
        ("a value with `: ` in it needs quotes".into(), Some(quoted_line(source.text, at)))
    } else if has("tab") {
        ("a tab is not allowed here".into(), Some("indent with spaces".into()))
    } else if has("quoted scalar, found unexpected") || has("indentation in quoted scalar") {
        (
            "this quote is never closed".into(),
            Some("add the closing quote, or put the whole value in the other kind of quotes".into()),
        )
    } else if has("invalid trailing content after double-quoted scalar") {
        (
            "text follows a closed quote".into(),
            Some("put the whole value in quotes; inside double quotes write `\\\"`".into()),
        )
    } else if has("unknown escape character") {
        (
            "unknown escape in a double-quoted string".into(),
            Some("write `\\\\` for a backslash, or use single quotes".into()),
        )
    } else if has("hexadecimal number") || has("Unicode character escape") {
        ("this escape names no character".into(), Some("write `\\u` with four hexadecimal digits".into()))
    } else if has("unexpected character") || has("plain scalar cannot start") {
        let first = match rest.chars().next().unwrap_or('-') {
            '`' => "a backtick".to_owned(),
            first => format!("`{first}`"),
        };
        (format!("a value may not start with {first}"), Some("put the value in quotes".into()))
    } else if has("unknown anchor") {
        ("no anchor of this name stands above".into(), Some("a value that starts with `*` needs quotes".into()))
    } else if has("anchor or alias") {
        ("a name must follow `&` and `*`".into(), Some("a value that starts with `&` or `*` needs quotes".into()))
    } else if has("simple key") || has("expected key") || has("mapping keys are not allowed") {
        (
            "expected `key: value`".into(),
            Some("a `:` after a key needs a space, and lines of one map start in one column".into()),
        )
    } else if has("expected ',' or '}'") {
        ("expected `,` or `}`".into(), Some("close the map with `}`; text that starts with `{` needs quotes".into()))
    } else if has("',' or ']'") || has("misplaced bracket") || has("illegal placement of ':'") {
        ("expected `,` or `]`".into(), Some("close the list with `]`; text that starts with `[` needs quotes".into()))
    } else if has("expected '-' indicator") {
        (
            "expected a list item".into(),
            Some("items start with `- `; they and `key: value` lines cannot stand side by side".into()),
        )
    } else if has("block sequence entries are not allowed") {
        ("a list item is not expected here".into(), Some("write each item on its own line below the key".into()))
    } else if has("indentation") || has("indented") {
        (
            "the indentation does not fit the lines above".into(),
            Some("lines that belong together start in one column".into()),
        )
    } else if has("node content") {
        ("expected a value".into(), Some("put a value that starts with `]`, `}` or `,` in quotes".into()))
    } else if has("unprintable") {
        ("a control character is not allowed here".into(), None)
    } else if has("document start") || has("document indicator") || has("document end") {
        ("unexpected text after the end of the data".into(), Some("lines of one map start in one column".into()))
    } else {
        let info = info.rsplit_once(", ").map_or(info, |(_, what)| what);
        (format!("the YAML cannot be read: {}", info.replace('\'', "`")), None)
    };
    Diagnostic::error("yaml-syntax", message).at(source.file, span).with_hint_if(hint)
}

/// Shows the line at `at` with its value in quotes.
fn quoted_line(text: &str, at: usize) -> String {
    let start = text.get(..at).and_then(|before| before.rfind('\n')).map_or(0, |at| at + 1);
    let line = text.get(start..).and_then(|rest| rest.lines().next()).unwrap_or_default().trim();
    match line.split_once(": ") {
        Some((key, value)) if value.contains(": ") && value.len() < 80 => {
            format!("write `{key}: \"{}\"`", value.trim().replace('\\', "\\\\").replace('"', "\\\""))
        }
        _ => "put the value in quotes, or start the key in the column of the others".to_owned(),
    }
}

/// Finds the tab that a scanner stumbled over: in the line of the place, else at the start of a later one.
fn tab(source: &Source<'_>, at: usize) -> Span {
    let line = source.text.get(..at).and_then(|before| before.rfind('\n')).map_or(0, |at| at + 1);
    let tab = source.text.get(line..).and_then(|rest| rest.find('\t'));
    tab.map_or_else(|| source.place(at), |tab| source.span(line + tab, line + tab + 1))
}

/// Passes on toml_edit's message, with the commonest slips explained.
pub(super) fn toml_syntax(source: &Source<'_>, message: &str, range: std::ops::Range<usize>) -> Diagnostic {
    let has = |part: &str| message.contains(part);
    let span = if range.is_empty() { source.place(range.start) } else { source.span(range.start, range.end) };
    let (message, hint) = if has("string values must be quoted") {
        ("text must stand in quotes", Some("put the text in double quotes"))
    } else if has("key with no value") || has("missing assignment") {
        ("expected `key = value`", Some("a line is a table `[name]` or `key = value`"))
    } else if has("missing comma between array elements") || has("unclosed array, ") {
        ("expected `,` or `]`", Some("close the list with `]`"))
    } else if has("invalid basic string") || has("invalid literal string") {
        ("this quote is never closed", Some("add the closing quote; a text of several lines stands in `\"\"\"`"))
    } else if has("missing escaped value") {
        ("unknown escape in a double-quoted string", Some("write `\\\\` for a backslash, or use single quotes"))
    } else if has("unclosed") {
        (message, Some("add the closing bracket"))
    } else if has("unquoted key") {
        (message, Some("put a key with other characters than letters, digits, `-` and `_` in quotes"))
    } else if has("leading zero") {
        ("a number may not start with 0", Some("put it in quotes if it is text"))
    } else if has("cannot extend value") {
        ("a key of a value that is not a table", None)
    } else {
        (message, None)
    };
    let message = message.strip_suffix(", expected nothing").unwrap_or(message);
    Diagnostic::error("toml-syntax", message).at(source.file, span).with_hint_if(hint)
}

pub(super) fn json_syntax(source: &Source<'_>, message: &str, span: Span) -> Diagnostic {
    let (message, hint) = match message {
        "trailing characters" => ("unexpected text after the end of the data", None),
        "trailing comma" => ("a comma is not allowed before `]` or `}`", Some("remove the comma")),
        "key must be a string" => ("expected a key in double quotes", None),
        "expected value" => ("expected a value", Some("text stands in double quotes; JSON has no comments")),
        "expected ident" => ("expected `true`, `false` or `null`", None),
        message if message.starts_with("EOF while parsing") => {
            ("the data end too early", Some("add what is not closed"))
        }
        message if message.starts_with("control character") => {
            ("a control character is not allowed in a string", Some("write a line end as `\\n`, a tab as `\\t`"))
        }
        message => (message, None),
    };
    Diagnostic::error("json-syntax", message).at(source.file, span).with_hint_if(hint)
}

pub(super) fn csv_width(source: &Source<'_>, found: u64, expected: u64, span: Span) -> Diagnostic {
    let cells = if found == 1 { "1 cell".to_owned() } else { format!("{found} cells") };
    Diagnostic::error("csv-width", format!("this row has {cells}, the head line has {expected}"))
        .at(source.file, span)
        .with_hint("put a cell with a comma in it in double quotes")
}

pub(super) fn csv_column(source: &Source<'_>, name: &str, span: Span) -> Diagnostic {
    Diagnostic::error("duplicate-key", format!("the column `{name}` is there twice")).at(source.file, span)
}

pub(super) fn csv_syntax(source: &Source<'_>, message: &str, span: Span) -> Diagnostic {
    Diagnostic::error("csv-syntax", format!("the CSV cannot be read: {message}")).at(source.file, span)
}
