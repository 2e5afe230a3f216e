//! What is sent: an SQL text with its parameters.
//!
//! Deliberately not here: putting values into SQL text; a value is a parameter, always.

use crate::oid::{self, Oid};

/// A statement, and what stands for its `$1`, `$2`….
#[derive(Clone, Copy, Debug)]
pub struct Statement<'a> {
    /// The SQL text; one statement.
    pub sql: &'a str,
    /// The parameters, in order.
    pub params: &'a [Param<'a>],
}

impl<'a> Statement<'a> {
    /// Returns a statement.
    pub fn new(sql: &'a str, params: &'a [Param<'a>]) -> Self {
        Self { sql, params }
    }
}

/// A parameter in PostgreSQL's text form, which the input function of its type reads.
#[derive(Clone, Copy, Debug)]
pub struct Param<'a> {
    /// The type; [`UNSPECIFIED`](oid::UNSPECIFIED) where the statement makes it clear.
    pub oid: Oid,
    /// The text; `None` is NULL.
    pub value: Option<&'a str>,
}

impl<'a> Param<'a> {
    /// Returns a parameter of a type.
    pub fn new(oid: Oid, value: Option<&'a str>) -> Self {
        Self { oid, value }
    }

    /// Returns a parameter whose type the statement makes clear.
    pub fn text(value: &'a str) -> Self {
        Self { oid: oid::UNSPECIFIED, value: Some(value) }
    }

    /// Returns NULL, of a type that the statement makes clear.
    pub fn null() -> Self {
        Self { oid: oid::UNSPECIFIED, value: None }
    }
}
