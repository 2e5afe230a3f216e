//! The wording of what is wrong when a tree becomes HTML.

use rivage_diag::{Diagnostic, FileId, Location, Span};

pub(super) fn not_a_child(file: &FileId, span: Span, type_name: &str) -> Diagnostic {
    Diagnostic::error("not-text", format!("{type_name} cannot be shown as text"))
        .at(file, span)
        .with_hint("show one of its properties, or make it text with `JSON.stringify(…)`")
}

pub(super) fn not_a_component(file: &FileId, span: Span, name: &str, type_name: &str) -> Diagnostic {
    Diagnostic::error("not-a-component", format!("`{name}` is {type_name}, not a component")).at(file, span)
}

pub(super) fn partial_includes_itself(file: &FileId, span: Span, chain: &[FileId], partial: &FileId) -> Diagnostic {
    let mut names: Vec<String> = chain.iter().map(|file| format!("`{file}`")).collect();
    names.push(format!("`{partial}`"));
    Diagnostic::error("partial-cycle", format!("`{partial}` includes itself"))
        .at(file, span)
        .with_hint(format!("the chain is {}", names.join(" → ")))
}

pub(super) fn too_many_partials(file: &FileId, span: Span, limit: usize) -> Diagnostic {
    Diagnostic::error("too-many-partials", format!("the page includes more than {limit} partials")).at(file, span)
}

pub(super) fn too_deep(file: &FileId, span: Span, limit: usize) -> Diagnostic {
    Diagnostic::error("nesting-too-deep", format!("elements are nested more than {limit} levels deep"))
        .at(file, span)
        .with_hint("a component that uses itself must end somewhere")
}

pub(super) fn too_large(file: &FileId, span: Span, megabytes: usize) -> Diagnostic {
    Diagnostic::error("page-too-large", format!("the page's HTML would be larger than {megabytes} MB"))
        .at(file, span)
        .with_hint("an expression or partial here repeats too much")
}

pub(super) fn duplicate_id(file: &FileId, span: Span, id: &str, first: Location) -> Diagnostic {
    let mut diagnostic =
        Diagnostic::warning("duplicate-id", format!("the id `{id}` is used twice on the page")).at(file, span);
    diagnostic.labels.push(rivage_diag::Label { location: first, text: "first here".to_owned() });
    diagnostic.with_hint("links lead to the first one: choose another id")
}

pub(super) fn spread_of(file: &FileId, span: Span, type_name: &str) -> Diagnostic {
    Diagnostic::error("bad-spread", format!("{type_name} cannot be spread into attributes"))
        .at(file, span)
        .with_hint("spread an object: `{...{name: \"value\"}}`")
}
