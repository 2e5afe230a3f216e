//! The wording of the check.

use rivage_diag::{Diagnostic, FileId, Location, Span};

fn at(diagnostic: Diagnostic, place: &Location) -> Diagnostic {
    diagnostic.at(&place.file, place.span)
}

pub(super) fn orphan(file: &FileId, url: &str) -> Diagnostic {
    Diagnostic::warning("orphan-page", format!("nothing links to `{url}`"))
        .at(file, Span::at(0))
        .with_hint("link to it from a page or a menu, or make it a draft")
}

pub(super) fn missing_description(file: &FileId) -> Diagnostic {
    Diagnostic::warning("missing-description", "the page has no description").at(file, Span::at(0)).with_hint(
        "say in one sentence what it is about: search engines and lists show `description` of the front matter",
    )
}

pub(super) fn missing_alt(file: &FileId, span: Span, image: &str) -> Diagnostic {
    Diagnostic::warning("missing-alt", format!("the image `{image}` has no alternative text"))
        .at(file, span)
        .with_hint("say what it shows; one that is mere decoration is written `<img src=\"…\" alt=\"\" />`")
}

pub(super) fn heading_jump(place: &Location, text: &str, from: u8, to: u8) -> Diagnostic {
    at(Diagnostic::warning("heading-jump", format!("the heading `{text}` jumps from level {from} to {to}")), place)
        .with_hint(format!("make it level {}: readers of an outline would look for what is missing", from + 1))
}

pub(super) fn duplicate_id(file: &FileId, span: Span, url: &str, id: &str) -> Diagnostic {
    Diagnostic::warning("duplicate-id", format!("the id `{id}` stands more than once on `{url}`"))
        .at(file, span)
        .with_hint("links lead to the first one only; give the others names of their own")
}

pub(super) fn external_gone(place: &Location, url: &str, status: u16) -> Diagnostic {
    at(Diagnostic::error("external-broken", format!("`{url}` answers {status}")), place)
}

pub(super) fn external_refused(place: &Location, url: &str, status: u16) -> Diagnostic {
    at(Diagnostic::warning("external-refused", format!("`{url}` answers {status}")), place)
        .with_hint("it may answer browsers differently; look yourself")
}

pub(super) fn external_unreachable(place: &Location, url: &str, reason: &str) -> Diagnostic {
    at(Diagnostic::warning("external-unreachable", format!("`{url}` could not be reached: {reason}")), place)
}

pub(super) fn external_moved(place: &Location, url: &str, to: &str) -> Diagnostic {
    at(Diagnostic::warning("external-moved", format!("`{url}` has moved for good")), place)
        .with_hint(format!("link to `{to}`"))
}

pub(super) fn external_loop(place: &Location, url: &str) -> Diagnostic {
    at(Diagnostic::error("external-loop", format!("`{url}` is redirected for ever")), place)
}

pub(super) fn large_file(path: &str, bytes: u64, most: u64) -> Diagnostic {
    let (has, most) = (bytes >> 20, most >> 20);
    Diagnostic::warning("large-file", format!("`{path}` has {has} MiB, Cloudflare Pages takes {most} MiB a file"))
        .with_hint("serve it from elsewhere, such as an R2 bucket, and link to it")
}

pub(super) fn many_files<'h>(count: usize, most: u64, kinds: &str, hints: impl Iterator<Item = &'h str>) -> Diagnostic {
    let message =
        format!("the site has {count} files, Cloudflare Pages takes {most} unless your plan has more ({kinds})");
    hints.fold(Diagnostic::warning("many-files", message), |told, hint| told.with_hint(hint))
}
