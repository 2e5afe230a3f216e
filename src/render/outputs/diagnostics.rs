//! The wording of what is wrong with generated files.

use rivage_diag::{Diagnostic, FileId, Span};

use crate::config::FILE;

fn in_settings(diagnostic: Diagnostic, span: Span) -> Diagnostic {
    diagnostic.at(&FileId::from(FILE), span)
}

pub(super) fn static_redirects() -> Diagnostic {
    Diagnostic::warning(
        "static-redirects",
        "`static/_redirects` takes the place of redirects from settings and aliases",
    )
    .with_hint("move its rules to `[[redirects]]` in `rivage.toml` and delete it")
}

pub(super) fn too_many_redirects(kind: &str, count: usize, limit: usize) -> Diagnostic {
    Diagnostic::error(
        "too-many-redirects",
        format!("there are {count} {kind} redirects, Cloudflare Pages takes {limit}"),
    )
    .with_hint("replace redirects that look alike by one with `*` or `:name` in `[[redirects]]`")
}

pub(super) fn long_rule(file: &str, line: &str, length: usize, limit: usize) -> Diagnostic {
    let start: String = line.chars().take(60).collect();
    Diagnostic::error(
        "rule-too-long",
        format!("a line of `{file}` has {length} characters, Cloudflare Pages takes {limit}: `{start}…`"),
    )
}

pub(super) fn bad_redirect(span: Span, from: &str, reason: &str) -> Diagnostic {
    in_settings(Diagnostic::error("bad-redirect", format!("the redirect from `{from}` {reason}")), span)
}

pub(super) fn duplicate_redirect(span: Span, from: &str) -> Diagnostic {
    let message = format!("there are two redirects from `{from}`");
    in_settings(Diagnostic::warning("duplicate-redirect", message), span)
        .with_hint("only the first one counts; remove the other")
}

pub(super) fn too_many_headers(count: usize, limit: usize) -> Diagnostic {
    Diagnostic::error("too-many-headers", format!("there are {count} header rules, Cloudflare Pages takes {limit}"))
        .with_hint("join rules in `[headers]` by patterns with `*`")
}

pub(super) fn bad_header(path: &str, name: &str) -> Diagnostic {
    Diagnostic::error("bad-header", format!("`{name}` for `{path}` cannot be a header's name"))
        .with_hint("names of headers have letters, digits and `-`")
}

pub(super) fn bad_header_path(path: &str) -> Diagnostic {
    Diagnostic::error(
        "bad-header",
        format!("`{path}` in `[headers]` must be a path from `/` on, or a URL, without spaces"),
    )
}

pub(super) fn unhashed_assets(path: &str) -> Diagnostic {
    Diagnostic::warning(
        "unhashed-assets",
        format!("`{path}` lies below `/assets/`, where rivage puts files with hashed names"),
    )
    .with_hint("move it, so that browsers may keep all of `/assets/` for a year")
}
