//! The wording of what is wrong with a content file.

use rivage_diag::{Diagnostic, FileId, Span};

pub(super) fn not_utf8(file: &FileId, span: Span) -> Diagnostic {
    Diagnostic::error("invalid-utf8", "the file is not UTF-8 text")
        .at(file, span)
        .with_label("the first byte that is not")
        .with_hint("save it with the encoding UTF-8")
}

pub(super) fn utf16(file: &FileId) -> Diagnostic {
    Diagnostic::error("invalid-utf8", "the file is UTF-16 text")
        .at(file, Span::at(0))
        .with_hint("save it with the encoding UTF-8")
}

pub(super) fn nul(file: &FileId, span: Span) -> Diagnostic {
    Diagnostic::error("nul-byte", "the file has a NUL byte in it")
        .at(file, span)
        .with_hint("is this a text file? remove the byte, or move the file to static/")
}

pub(super) fn too_large(file: &FileId, size: usize, limit: usize) -> Diagnostic {
    let megabytes = |bytes: usize| bytes.div_ceil(1 << 20);
    let message = format!("the file is too large for a page: {} MB of at most {}", megabytes(size), megabytes(limit));
    Diagnostic::error("file-too-large", message).at(file, Span::at(0)).with_hint("split it, or move it to static/")
}

pub(super) fn not_a_map(file: &FileId, found: &str, span: Span) -> Diagnostic {
    Diagnostic::error("wrong-type", format!("front matter must be a map, not {found}"))
        .at(file, span)
        .with_hint("write lines such as `title: …`")
}

/// A hint for keys that are near to none.
pub(super) const OWN_KEYS: &str = "put data of your own below `extra`";

pub(super) fn only_for_sections(key: &str) -> String {
    format!("`{key}` is a key of `_index` files")
}

pub(super) fn undeclared_taxonomy(key: &str) -> String {
    format!("a rivage.toml that has `[taxonomies]` names all of them: write `[taxonomies.{key}]`, too")
}

pub(super) fn bad_date(file: &FileId, key: &str, span: Span) -> Diagnostic {
    Diagnostic::error("bad-value", format!("`{key}` must be a date"))
        .at(file, span)
        .with_hint("write `2026-11-23` or `2026-11-23T10:00:00Z`")
}

/// `must` goes on after "`key` must be".
pub(super) fn bad_path(file: &FileId, key: &str, must: &str, span: Span) -> Diagnostic {
    Diagnostic::error("bad-path", format!("`{key}` must be {must}")).at(file, span)
}

pub(super) fn slug_is_a_path(written: &str) -> String {
    format!("set the whole path by `path: /{}/`", written.trim_matches('/'))
}

pub(super) fn required(file: &FileId, key: &str, section: &str, span: Span) -> Diagnostic {
    Diagnostic::error("missing-key", format!("the key `{key}` is missing in front matter"))
        .at(file, span)
        .with_hint(schema(section))
}

/// `must` goes on after "`key` must be".
pub(super) fn against_schema(file: &FileId, key: &str, must: &str, section: &str, span: Span) -> Diagnostic {
    Diagnostic::error("schema", format!("`{key}` must be {must}")).at(file, span).with_hint(schema(section))
}

fn schema(section: &str) -> String {
    let is_plain = !section.is_empty() && section.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
    let section = if is_plain { section.to_owned() } else { format!("\"{section}\"") };
    format!("`[content.{section}.schema]` in `rivage.toml` asks for it")
}
