//! The wording of what is wrong with settings, and with keys and values of any map that is read by [`super::reader`].

use rivage_diag::{Diagnostic, FileId, Span};

pub(super) fn missing_file(file: &FileId) -> Diagnostic {
    Diagnostic::error("missing-settings", format!("there is no `{file}`")).with_hint("run `rivage init` to make a site")
}

pub(super) fn unreadable_file(file: &FileId, error: &crate::fs::Error) -> Diagnostic {
    let reason = error.source.to_string().to_lowercase();
    Diagnostic::error("unreadable-file", format!("could not {} `{file}`: {reason}", error.operation))
}

pub(super) fn not_utf8(file: &FileId, at: usize) -> Diagnostic {
    Diagnostic::error("invalid-utf8", "the file is not UTF-8 text")
        .at(file, Span::at(at))
        .with_hint("save it with the encoding UTF-8")
}

pub(super) fn unknown_key(file: &FileId, key: &str, place: &str, span: Span) -> Diagnostic {
    Diagnostic::error("unknown-key", format!("unknown key `{key}` in {place}")).at(file, span)
}

pub(super) fn similar_key(key: &str) -> String {
    format!("a key with a similar name exists: `{key}`")
}

pub(super) fn known_keys(keys: &[&str]) -> String {
    format!("the known keys are {}", list(keys))
}

pub(super) fn missing_key(file: &FileId, key: &str, place: &str, span: Span) -> Diagnostic {
    Diagnostic::error("missing-key", format!("the key `{key}` is missing in {place}")).at(file, span)
}

pub(crate) fn wrong_type(file: &FileId, key: &str, expected: &str, found: &str, span: Span) -> Diagnostic {
    Diagnostic::error("wrong-type", format!("`{key}` must be {expected}, not {found}")).at(file, span)
}

pub(super) fn unknown_word(file: &FileId, key: &str, word: &str, known: &[&str], span: Span) -> Diagnostic {
    let hint = match super::reader::nearest(word, known.iter().copied()) {
        Some(near) => format!("a similar word is known: `{near}`"),
        None => format!("use one of {}", list(known)),
    };
    Diagnostic::error("bad-value", format!("`{key}` may not be `{word}`")).at(file, span).with_hint(hint)
}

pub(super) fn out_of_range(file: &FileId, key: &str, least: i64, most: i64, span: Span) -> Diagnostic {
    let range = if most == i64::MAX { format!("at least {least}") } else { format!("from {least} to {most}") };
    Diagnostic::error("bad-value", format!("`{key}` must be {range}")).at(file, span)
}

/// `must` goes on after "`key` must be".
pub(super) fn bad_value(file: &FileId, key: &str, must: &str, span: Span) -> Diagnostic {
    Diagnostic::error("bad-value", format!("`{key}` must be {must}")).at(file, span)
}

pub(super) fn no_title(file: &FileId) -> Diagnostic {
    Diagnostic::warning("no-title", "the site has no title")
        .at(file, Span::at(0))
        .with_hint("write `title = \"…\"` below `[site]`")
}

pub(super) fn bad_section(file: &FileId, section: &str, span: Span) -> Diagnostic {
    Diagnostic::error("bad-value", format!("`{section}` is no folder below content/"))
        .at(file, span)
        .with_hint("write the folder as `blog` or `\"docs/api\"`, or `\"\"` for all pages")
}

pub(super) fn same_section(file: &FileId, section: &str, span: Span) -> Diagnostic {
    Diagnostic::error("duplicate-key", format!("the section `{section}` is there twice"))
        .at(file, span)
        .with_hint("remove one of the two")
}

/// A hint for tables that nobody knows.
pub(super) const OWN_SETTINGS: &str = "put settings of your own below `[extra]`, those of the theme below `[theme]`";

pub(super) fn nested_section(section: &str, key: &str) -> String {
    let both = if section.is_empty() { key.to_owned() } else { format!("{section}/{key}") };
    format!("a section below is written `[content.\"{both}\"]`")
}

pub(super) fn reserved_taxonomy(file: &FileId, name: &str, span: Span) -> Diagnostic {
    Diagnostic::error(
        "bad-value",
        format!("a taxonomy may not be called `{name}`: front matter has a key of that name"),
    )
    .at(file, span)
}

pub(super) fn permalink_word(file: &FileId, word: &str, known: &[&str], span: Span) -> Diagnostic {
    Diagnostic::error("bad-value", format!("`permalink` knows no `:{word}`"))
        .at(file, span)
        .with_hint(format!("it knows {}", list(known)))
}

pub(super) fn enum_with_range(file: &FileId, key: &str, span: Span) -> Diagnostic {
    Diagnostic::error("bad-value", format!("the least value of `{key}` is greater than its greatest")).at(file, span)
}

/// Words as `a`, `b` or `c`.
fn list(words: &[&str]) -> String {
    let quoted: Vec<_> = words.iter().map(|word| format!("`{word}`")).collect();
    match quoted.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        _ => quoted.concat(),
    }
}
