//! What is asked: kinds of requests, how many of a hundred each has, and what holds of them while the database is away.
//!
//! Deliberately not here: what is written, and its numbers ([`super::ledger`]).

/// A kind of request.
#[derive(Debug)]
pub(super) struct Kind {
    pub(super) name: &'static str,
    pub(super) source: Source,
}

/// A part of the mix.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) kind: Kind,
    /// How many of a hundred.
    share: usize,
    pub(super) what: What,
}

/// What is sent.
#[derive(Clone, Copy, Debug)]
pub(super) enum What {
    /// A page, as somebody sees it for the first time.
    Page(&'static str),
    /// A page that the browser has, and asks whether it has changed.
    Unchanged(&'static str),
    /// A script or a style of the site.
    Asset,
    /// A route of the API. `{few}` is one of forty numbers, `{number}` one that never came before.
    Get(&'static str),
    /// The same with a token.
    Own(&'static str),
    /// Something to be stored.
    Store(Store),
}

/// What is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Store {
    Form,
    View,
    Vitals,
    Bars,
}

/// Where answers come from, and so what holds of them while the database is away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// Files, which need no database.
    Files,
    /// Answers of the API that are kept, and shown while the database is away.
    Kept,
    /// The database: without it there is a clear refusal.
    Database,
}

const fn part(name: &'static str, share: usize, source: Source, what: What) -> Part {
    Part { kind: Kind { name, source }, share, what }
}

/// The requests of visitors, programs and feeds.
static MIX: [Part; 17] = [
    part("page", 12, Source::Files, What::Page("/docs/tides/")),
    part("page, unchanged", 6, Source::Files, What::Unchanged("/docs/tides/")),
    part("script, style", 8, Source::Files, What::Asset),
    part("list, kept", 15, Source::Kept, What::Get("/api/notes?sort=oldest&limit=10")),
    part("search, kept", 7, Source::Kept, What::Get("/api/v1/search?q=light")),
    part("pages, kept", 4, Source::Kept, What::Get("/api/v1/pages?kind=docs")),
    part("related, kept", 4, Source::Kept, What::Get("/api/v1/graph/related?path=/docs/lighthouse/")),
    part("list, many", 6, Source::Database, What::Get("/api/notes?sort=newest&limit={few}")),
    part("search, new", 3, Source::Database, What::Get("/api/v1/search?q=paraffin+or+tide{number}")),
    part("one row", 13, Source::Database, What::Get("/api/notes/1")),
    part("account", 6, Source::Database, What::Own("/api/v1/auth/me")),
    // Each batch of bars purges it.
    part("series", 4, Source::Database, What::Get("/api/v1/series/LOAD-0?interval=1h&limit=100")),
    part("view", 3, Source::Database, What::Store(Store::View)),
    part("web vitals", 3, Source::Database, What::Store(Store::Vitals)),
    part("form", 4, Source::Database, What::Store(Store::Form)),
    part("bars, 100 rows", 1, Source::Database, What::Store(Store::Bars)),
    part("health", 1, Source::Database, What::Get("/api/v1/health")),
];

/// The requests of an administrator who looks at the dashboard ([`super::dashboard`]); they come at their own pace.
pub(super) static DASHBOARD: [Kind; 2] =
    [Kind { name: "dashboard, files", source: Source::Files }, Kind { name: "dashboard", source: Source::Database }];

/// A hundred requests of the mix.
pub(super) fn hundred() -> Vec<&'static Part> {
    MIX.iter().flat_map(|part| std::iter::repeat_n(part, part.share)).collect()
}

/// All kinds, in the order in which they are shown.
pub(super) fn all() -> impl Iterator<Item = &'static Kind> {
    MIX.iter().map(|part| &part.kind).chain(&DASHBOARD)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_a_hundred() {
        assert_eq!(hundred().len(), 100);
    }
}
