//! What a statement of a route may not do, as far as its words tell.
//!
//! This protects authors from mistakes, and connections from state that would outlive a request behind a transaction pooler. It is not
//! what keeps a GET from writing: that is the read-only role of the database.

use rivage_diag::Span;

use super::body::Template;
use super::diagnostics::{Amend, Report};
use super::lexer::Kind;
use crate::manifest::{Method, Returns};

const WRITES: [&str; 5] = ["insert", "update", "delete", "merge", "call"];

/// Statements that change the session, the schema or the course of the transaction.
const FORBIDDEN: [&str; 33] = [
    "abort",
    "alter",
    "analyze",
    "begin",
    "checkpoint",
    "close",
    "cluster",
    "comment",
    "commit",
    "copy",
    "create",
    "deallocate",
    "declare",
    "discard",
    "do",
    "drop",
    "end",
    "execute",
    "fetch",
    "grant",
    "listen",
    "load",
    "lock",
    "move",
    "notify",
    "prepare",
    "reindex",
    "reset",
    "revoke",
    "rollback",
    "start",
    "truncate",
    "vacuum",
];

/// Locks that a session holds until it ends; behind a pooler it never ends.
const SESSION_LOCKS: [&str; 4] =
    ["pg_advisory_lock", "pg_advisory_lock_shared", "pg_try_advisory_lock", "pg_try_advisory_lock_shared"];

/// Checks one statement. `last` is true of the one that answers.
pub(super) fn statement(
    text: &str,
    template: &Template,
    method: Method,
    returns: Returns,
    last: bool,
    report: &mut Report<'_>,
) {
    let words: Vec<(String, Span, bool)> = {
        // A command stands at the beginning of a statement or of a part of `with`: directly after `(`.
        let mut starts = true;
        let significant = template.tokens().filter(|token| token.kind != Kind::Space);
        significant
            .map(|token| {
                let source = &text[token.span.range()];
                let found =
                    (if token.kind == Kind::Word { source.to_lowercase() } else { String::new() }, token.span, starts);
                starts = source == "(";
                found
            })
            .collect()
    };
    let Some((first, first_span, _)) = words.first() else { return };
    if FORBIDDEN.contains(&first.as_str()) {
        report.error("forbidden-statement", *first_span, format!("a route cannot run `{first}`")).hint(
            "a route reads and writes rows; schemas are changed by migrations, and transactions are the server's",
        );
        return;
    }
    if first == "set" && words.get(1).is_none_or(|(second, ..)| second != "local") {
        report
            .error("forbidden-statement", *first_span, "`set` would outlive the request")
            .hint("write `set local`, which ends with the transaction");
        return;
    }
    for (word, span, _) in &words {
        if SESSION_LOCKS.contains(&word.as_str()) {
            report
                .error("forbidden-statement", *span, format!("`{word}` would outlive the request"))
                .hint("use `pg_advisory_xact_lock`, which ends with the transaction");
        }
    }
    if method.is_safe() {
        if let Some((word, span, _)) = words.iter().find(|(word, _, starts)| *starts && WRITES.contains(&word.as_str()))
        {
            report
                .error("write-by-get", *span, format!("a GET cannot `{word}`"))
                .hint("the database role of GET routes is read-only; make the route a POST, PUT, PATCH or DELETE");
        }
        let row_lock = words
            .windows(2)
            .find(|pair| pair[0].0 == "for" && ["update", "share", "no", "key"].contains(&pair[1].0.as_str()));
        if let Some([(_, span, _), _]) = row_lock {
            report.error("write-by-get", *span, "a GET cannot lock rows").hint("remove `for update`");
        }
    }
    let reads = ["select", "with", "table", "values"].contains(&first.as_str());
    let has = |wanted: &str| words.iter().any(|(word, ..)| word == wanted);
    if last && returns != Returns::None && !reads && !has("returning") {
        report
            .error("no-rows", *first_span, "the last statement answers no rows, but the route returns some")
            .hint("add `returning …`, or declare `@returns none`");
    }
    let gathers = ["select", "with", "table"].contains(&first.as_str());
    if last && returns == Returns::Many && gathers && !has("limit") && !has("fetch") {
        report
            .warning("unbounded", *first_span, "the answer has no bound on its rows")
            .hint("add `limit :limit` and a parameter `limit` with a range");
    }
}
