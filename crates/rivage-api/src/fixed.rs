//! The statements of the crate itself, each with its types: written once, listed once.
//!
//! The list lets `rivage api check` describe them all against a database, as it does the statements of routes.

use crate::ports::{Query, Shape};

/// A statement of the crate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fixed {
    /// What it does.
    pub name: &'static str,
    /// The text.
    pub sql: &'static str,
    /// The types of its values, by PostgreSQL's numbers.
    pub types: &'static [u32],
}

impl Fixed {
    /// Puts values to it, as many as it has types.
    pub(crate) fn query<const N: usize>(&self, values: [String; N], shape: Shape) -> Query<'static> {
        Query { sql: self.sql, types: self.types.to_vec(), values: values.into_iter().map(Some).collect(), shape }
    }
}

/// Returns all of them.
pub fn all() -> Vec<Fixed> {
    let mut all = vec![crate::drive::PURGE, crate::drive::EPOCHS, crate::drive::LOOKUP];
    all.extend([crate::report::NOTE, crate::tally::NOTE, crate::watch::KNOWN, crate::watch::NOTE]);
    all.extend(crate::builtin::STATEMENTS);
    all
}

/// PostgreSQL's numbers of the types used here.
pub(crate) mod oid {
    pub(crate) const BYTEA: u32 = 17;
    pub(crate) const TEXT: u32 = 25;
    pub(crate) const FLOAT8: u32 = 701;
    pub(crate) const TEXT_ARRAY: u32 = 1009;
    pub(crate) const FLOAT8_ARRAY: u32 = 1022;
    pub(crate) const TIMESTAMPTZ_ARRAY: u32 = 1185;
    pub(crate) const UUID: u32 = 2950;
    pub(crate) const JSONB: u32 = 3802;
}
