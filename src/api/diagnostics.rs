//! The wording of what is wrong with the files of an API, besides what `rivage-api` says of route files.

use rivage_diag::{Diagnostic, FileId, Span};

pub(super) fn not_utf8(file: &FileId, at: usize) -> Diagnostic {
    Diagnostic::error("invalid-utf8", "the file is not UTF-8 text")
        .at(file, Span::at(at))
        .with_hint("save it with the encoding UTF-8")
}

pub(super) fn unreadable(file: &FileId, error: &crate::fs::Error) -> Diagnostic {
    let reason = error.source.to_string().to_lowercase();
    Diagnostic::error("unreadable-file", format!("could not {} `{file}`: {reason}", error.operation))
}

pub(super) fn broken_columns(file: &FileId, at: Span, reason: &str) -> Diagnostic {
    Diagnostic::error("bad-snapshot", format!("the snapshot of columns cannot be read: {reason}"))
        .at(file, at)
        .with_hint("`rivage api check --db URL --update` writes it anew")
}

pub(super) fn stale_columns(file: &FileId, route: &str) -> Diagnostic {
    Diagnostic::warning("stale-snapshot", format!("the columns of `{route}` were noted for other statements"))
        .at(file, Span::at(0))
        .with_hint("`rivage api check --db URL --update` asks the database again")
}

/// `file` is none for a route that is built in.
pub(super) fn refused(file: Option<(&FileId, Span)>, route: &str, message: &str, hint: Option<&str>) -> Diagnostic {
    let diagnostic = match file {
        Some((file, span)) => {
            Diagnostic::error("refused-statement", format!("the database refuses this statement: {message}"))
                .at(file, span)
        }
        None => Diagnostic::error(
            "refused-statement",
            format!("the database refuses a statement of the built-in route `{route}`: {message}"),
        ),
    };
    diagnostic.with_hint_if(hint)
}

pub(super) fn other_columns(file: &FileId, route: &str, was: &str, is: &str) -> Diagnostic {
    Diagnostic::error("changed-columns", format!("`{route}` answers other columns than were noted"))
        .at(file, Span::at(0))
        .with_hint(format!("noted: {was}"))
        .with_hint(format!("now: {is}"))
        .with_hint("mend the database or the file; or `rivage api check --db URL --update` notes what is now")
}

pub(super) fn differing_columns(file: &FileId, span: Span, route: &str) -> Diagnostic {
    Diagnostic::error("differing-columns", format!("the variants of `{route}` answer different columns"))
        .at(file, span)
        .with_hint("let every arm and optional part leave the list of columns as it is")
}
