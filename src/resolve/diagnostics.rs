//! The wording of what is wrong with how pages fit together.

use rivage_diag::{Diagnostic, FileId, Span};

use super::routes::Owner;
use crate::config::FILE;
use crate::parse::Document;

pub(super) fn duplicate_page(document: &Document, first: &Document) -> Diagnostic {
    let message = format!("`{}` and `{}` are both the page `{}`", document.file, first.file, document.source.key);
    Diagnostic::error("duplicate-page", message)
        .at(&document.file, Span::at(0))
        .with_other(&first.file, Span::at(0), "this one is used")
        .with_hint("remove or rename one of them")
}

pub(super) fn bad_path(file: &FileId, span: Span, key: &str, written: &str, why: &str) -> Diagnostic {
    let example = if key == "slug" { "`my-page`" } else { "`/my/page/`" };
    Diagnostic::error("bad-path", format!("`{}` cannot be used in `{key}`: {why}", written.escape_debug()))
        .at(file, span)
        .with_hint(format!("write it as in {example}"))
}

pub(super) fn permalink_without_date(file: &FileId, pattern: &str, name: &str) -> Diagnostic {
    let message = format!("the permalink `{pattern}` has `{name}`, but the page has no date");
    Diagnostic::error("permalink-without-date", message)
        .at(file, Span::at(0))
        .with_hint("add `date` to its front matter, or put the day in front of its file name")
}

pub(super) fn unknown_placeholder(pattern: &str, name: &str) -> Diagnostic {
    Diagnostic::error(
        "unknown-placeholder",
        format!("the permalink `{pattern}` has `{name}`, which stands for nothing"),
    )
    .at(&FileId::from(FILE), Span::at(0))
    .with_hint("there are `:section`, `:sections`, `:year`, `:month`, `:day`, `:slug` and `:title`")
}

pub(super) fn same_url(url: &str, first: &Owner, second: &Owner) -> Diagnostic {
    let message = format!("{} and {} have the same path `{url}`", second.name, first.name);
    at_owners(Diagnostic::error("duplicate-path", message), first, second)
        .with_hint("set another `slug` or `path` for one of them, or rename its file")
}

pub(super) fn same_but_for_case(first_url: &str, url: &str, first: &Owner, second: &Owner) -> Diagnostic {
    let message =
        format!("the paths `{url}` of {} and `{first_url}` of {} differ only in case", second.name, first.name);
    at_owners(Diagnostic::warning("paths-differ-in-case", message), first, second)
        .with_hint("on many disks both are the same file; write both in lower case under different names")
}

/// The place is the author's file, whichever of the two has one.
fn at_owners(diagnostic: Diagnostic, first: &Owner, second: &Owner) -> Diagnostic {
    let (blamed, other) = if second.file.as_str() == FILE { (first, second) } else { (second, first) };
    let diagnostic = diagnostic.at(&blamed.file, blamed.span);
    if other.file.as_str() == FILE {
        diagnostic
    } else {
        diagnostic.with_other(&other.file, other.span, "the other one")
    }
}

pub(super) fn generated(url: &str, owner: &Owner) -> Diagnostic {
    let message = format!("`{url}` is the path of {}, but rivage writes its own files there", owner.name);
    Diagnostic::error("reserved-path", message)
        .at(&owner.file, owner.span)
        .with_hint("set another `slug` or `path`, or rename the file")
}

pub(super) fn file_over_page(path: &str, url: &str) -> Diagnostic {
    Diagnostic::error("duplicate-path", format!("`{path}` would be written to `{url}`, where a page is"))
        .at(&FileId::from(path), Span::at(0))
        .with_hint("rename or move the file, or set another `slug` for the page")
}

pub(super) fn same_file_url(url: &str, first: &str, second: &str) -> Diagnostic {
    Diagnostic::error("duplicate-path", format!("`{second}` and `{first}` would both be written to `{url}`"))
        .at(&FileId::from(second), Span::at(0))
        .with_other(&FileId::from(first), Span::at(0), "the other one")
        .with_hint("rename one of them")
}

pub(super) fn alias_over_page(file: &FileId, span: Span, alias: &str, owner: &Owner) -> Diagnostic {
    let diagnostic =
        Diagnostic::error("alias-shadows-page", format!("the alias `{alias}` is the path of {}", owner.name))
            .at(file, span)
            .with_hint("remove the alias: what is at that path now could not be reached");
    if owner.file.as_str() == FILE { diagnostic } else { diagnostic.with_other(&owner.file, owner.span, "it is here") }
}

pub(super) fn same_alias(file: &FileId, span: Span, alias: &str, owner: &Owner) -> Diagnostic {
    Diagnostic::error("duplicate-alias", format!("the alias `{alias}` is one of {}, too", owner.name))
        .at(file, span)
        .with_other(&owner.file, owner.span, "the other one")
        .with_hint("remove it from one of them")
}

pub(super) fn same_slug(file: &FileId, span: Span, taxonomy: &str, term: &str, first: &str, slug: &str) -> Diagnostic {
    let message = format!("`{term}` and `{first}` in `{taxonomy}` are both `{slug}` in URLs");
    Diagnostic::error("duplicate-term", message)
        .at(file, span)
        .with_hint("use one spelling, or another word for one of them")
}

pub(super) fn unknown_item(file: &FileId, span: Span, written: &str, nearest: Option<&str>) -> Diagnostic {
    Diagnostic::error("broken-navigation", format!("`{written}` leads nowhere"))
        .at(file, span)
        .with_hint_if(nearest.map(|nearest| format!("there is `{nearest}`")))
        .with_hint("name a file below content/, a path such as `/docs/`, or a full URL")
}

pub(super) fn hidden_item(file: &FileId, span: Span, written: &str) -> Diagnostic {
    Diagnostic::warning(
        "hidden-navigation",
        format!("`{written}` is a draft or not to be shown today, and is left out"),
    )
    .at(file, span)
    .with_hint("publish the page, or remove the item")
}

pub(super) fn unknown_thanks(file: &FileId, span: Span, form: &str, path: &str, nearest: Option<&str>) -> Diagnostic {
    Diagnostic::error("broken-navigation", format!("`thanks` of the form `{form}` is `{path}`, which does not exist"))
        .at(file, span)
        .with_hint_if(nearest.map(|nearest| format!("there is `{nearest}`")))
        .with_hint("write that page: browsers without a script go there when the form was sent")
}

pub(super) fn hidden_thanks(file: &FileId, span: Span, form: &str, path: &str) -> Diagnostic {
    let message = format!("`thanks` of the form `{form}` is `{path}`, a draft or not to be shown today");
    Diagnostic::warning("hidden-navigation", message).at(file, span).with_hint("publish that page")
}

pub(super) fn unknown_folder(file: &FileId, span: Span, folder: &str, nearest: Option<&str>) -> Diagnostic {
    Diagnostic::error("broken-navigation", format!("there are no pages below `content/{folder}`"))
        .at(file, span)
        .with_hint_if(nearest.map(|nearest| format!("there is `{nearest}`")))
        .with_hint("`from` is a folder below content/")
}
