//! The wording of what is wrong with assets.

use rivage_diag::{Diagnostic, FileId, Span};

use crate::fs;

pub(super) fn unreadable(path: &str, error: &fs::Error) -> Diagnostic {
    Diagnostic::error("unreadable-file", format!("{error}: {}", error.source))
        .at(&FileId::from(path), Span::at(0))
        .with_hint("see whether the file is there and may be read")
}

pub(super) fn not_utf8(path: &str, at: usize) -> Diagnostic {
    Diagnostic::error("invalid-utf8", "the file is not UTF-8")
        .at(&FileId::from(path), Span::at(at))
        .with_hint("save it as UTF-8")
}

pub(super) fn unreadable_image(path: &str, reason: &str) -> Diagnostic {
    Diagnostic::warning("unreadable-image", format!("the size of the image cannot be read: {reason}"))
        .at(&FileId::from(path), Span::at(0))
        .with_hint("see whether the file is whole and its extension fits; it is published as it is")
}

pub(super) fn style(file: &FileId, span: Span, message: &str) -> Diagnostic {
    Diagnostic::error("style", lower(message)).at(file, span)
}

/// Said of CSS and Sass that make their compilers panic.
pub(super) const CSS_FAILED: &str = "this file makes the CSS compiler fail";

pub(super) fn ambiguous_url(file: &FileId, span: Span, url: &str) -> Diagnostic {
    Diagnostic::error("style", format!("`{url}` in a custom property is looked for from where the property is used"))
        .at(file, span)
        .with_hint("write `url()` in the property that needs it, or a path that starts with `/`")
}

pub(super) fn missing(file: &FileId, span: Span, target: &str, nearest: Option<&str>) -> Diagnostic {
    Diagnostic::error("missing-asset", format!("no asset is at `{target}`"))
        .at(file, span)
        .with_hint_if(nearest.map(|nearest| format!("an asset with a similar name exists: `{nearest}`")))
        .with_hint("paths are relative to this file and stay below `assets/`; files of `static/` are named from `/`")
}

pub(super) fn conditional_external_import(file: &FileId, span: Span, url: &str) -> Diagnostic {
    Diagnostic::error(
        "style",
        format!("`{url}` cannot be imported by a style that is itself imported with a condition"),
    )
    .at(file, span)
    .with_hint("import it in the style that imports this one")
}

pub(super) fn script_syntax(file: &FileId, span: Span, message: &str) -> Diagnostic {
    Diagnostic::warning("script-syntax", format!("the script cannot be read: {}", lower(message)))
        .at(file, span)
        .with_hint("it is published as it is, and its imports are not renamed")
}

pub(super) fn script_cycle(file: &FileId, span: Span, names: &[&str]) -> Diagnostic {
    let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    Diagnostic::error("script-cycle", format!("scripts import each other in a circle: {}", names.join(" → ")))
        .at(file, span)
        .with_hint("move what both need to a third script: each one's name depends on the content of those it imports")
}

/// Messages of libraries start with a capital and end with a full stop; ours do not.
fn lower(message: &str) -> String {
    let mut chars = message.trim().trim_end_matches('.').chars();
    chars.next().into_iter().flat_map(char::to_lowercase).chain(chars).collect()
}
