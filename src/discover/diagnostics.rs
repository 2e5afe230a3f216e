//! The wording of what is wrong with the files of a project.

use rivage_diag::{Diagnostic, FileId, Span};

use crate::config::FILE;
use crate::fs::Error;

fn at(diagnostic: Diagnostic, path: &str) -> Diagnostic {
    diagnostic.at(&FileId::from(path), Span::at(0))
}

pub(super) fn no_content() -> Diagnostic {
    Diagnostic::error("no-content", "there is no folder `content`")
        .with_hint("run `rivage init` to start a site here, or run rivage in the folder of `rivage.toml`")
}

pub(super) fn unreadable_folder(error: &Error) -> Diagnostic {
    let message = format!("could not {} the folder `{}`: {}", error.operation, error.path, error.source);
    at(Diagnostic::error("unreadable-folder", message), &error.path)
}

pub(super) fn broken_link(path: &str) -> Diagnostic {
    let message = format!("`{path}` is a link that leads nowhere, or back to a folder above it");
    at(Diagnostic::warning("broken-symlink", message), path).with_hint("mend or remove the link; it is left out")
}

pub(super) fn too_deep(path: &str, limit: usize) -> Diagnostic {
    let message = format!("the folder `{path}` lies more than {limit} folders deep");
    at(Diagnostic::error("too-many-folders", message), path)
        .with_hint("look for links between folders that lead to each other")
}

pub(super) fn too_many(path: &str, limit: usize) -> Diagnostic {
    let message = format!("there are more than {limit} folders, and `{path}` is one more");
    at(Diagnostic::error("too-many-folders", message), path)
        .with_hint("look for links between folders that lead to each other")
}

pub(super) fn bad_name(path: &str, bad: char) -> Diagnostic {
    let what = if bad.is_control() { format!("the character U+{:04X}", u32::from(bad)) } else { format!("`{bad}`") };
    let message = format!("the name of `{}` contains {what}, which has no place in a URL", path.escape_debug());
    at(Diagnostic::error("bad-file-name", message), path)
        .with_hint("rename it; a page can have any title, but its name becomes its URL")
}

pub(super) fn duplicate(path: &str, first: &str, key: &str) -> Diagnostic {
    let page = if key.is_empty() { "the home page".to_owned() } else { format!("the page `{key}`") };
    let message = format!("`{path}` and `{first}` are both {page}");
    at(Diagnostic::error("duplicate-page", message), path)
        .with_other(&FileId::from(first), Span::at(0), "this one is used")
        .with_hint("remove or rename one of them")
}

pub(super) fn unknown_theme(name: &str, known: &[String]) -> Diagnostic {
    let message = format!("there is no theme `{name}`");
    let known: Vec<_> = known.iter().map(|name| format!("`{name}`")).collect();
    at(Diagnostic::error("unknown-theme", message), FILE)
        .with_hint(format!("set `[site] theme` to one of {}, or add the folder `themes/{name}`", known.join(", ")))
}
