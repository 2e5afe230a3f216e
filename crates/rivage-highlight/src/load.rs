//! Grammars as syntect has linked them → the parts of them that this crate runs.
//!
//! In: a [`SyntaxReference`] of a set. Out: its [`Context`]s, scopes already turned into what they mean for the classes. Loading one grammar
//! touches no other one; what it names of others is loaded when it is needed.
//! Deliberately not here: parsing of `.sublime-syntax` files.
//!
//! syntect keeps a grammar's contexts compressed and gives them to nobody; but a [`SyntaxReference`] can be serialised, and its contexts are one
//! of its fields. The structs below mirror those of syntect field by field.

use std::collections::HashMap;

use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer};
use syntect::parsing::{ClearAmount, SyntaxReference};

use crate::class::Effect;
use crate::regex::Expression;

/// The place of a context: which grammar, which of its contexts.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Hash)]
#[serde(try_from = "(u64, u64)")]
pub(crate) struct ContextId {
    pub(crate) syntax: u32,
    pub(crate) context: u32,
}

impl TryFrom<(u64, u64)> for ContextId {
    type Error = std::num::TryFromIntError;

    fn try_from((syntax, context): (u64, u64)) -> Result<Self, Self::Error> {
        Ok(Self { syntax: syntax.try_into()?, context: context.try_into()? })
    }
}

/// What the parser may be in: a list of patterns, and scopes for the text in it.
#[derive(Debug, Deserialize)]
pub(crate) struct Context {
    pub(crate) meta_scope: Vec<Effect>,
    pub(crate) meta_content_scope: Vec<Effect>,
    _meta_include_prototype: bool,
    pub(crate) clear_scopes: Option<ClearAmount>,
    /// The context whose patterns come before its own.
    pub(crate) prototype: Option<ContextId>,
    /// Whether a pattern of it names what the pattern that pushed it has captured.
    pub(crate) uses_backrefs: bool,
    pub(crate) patterns: Vec<Pattern>,
}

#[derive(Debug, Deserialize)]
pub(crate) enum Pattern {
    Match(Box<MatchPattern>),
    Include(ContextReference),
}

#[derive(Debug, Deserialize)]
pub(crate) struct MatchPattern {
    /// Whether the expression names what the pattern that pushed its context has captured.
    pub(crate) has_captures: bool,
    #[serde(deserialize_with = "expression")]
    pub(crate) regex: Expression,
    pub(crate) scope: Vec<Effect>,
    pub(crate) captures: Option<Vec<(u64, Vec<Effect>)>>,
    pub(crate) operation: Operation,
    pub(crate) with_prototype: Option<ContextReference>,
}

#[derive(Debug, Deserialize)]
pub(crate) enum Operation {
    Push(Vec<ContextReference>),
    Set(Vec<ContextReference>),
    Pop,
    None,
}

/// Where another context is; `None` in a grammar that the set does not have.
#[derive(Debug)]
pub(crate) struct ContextReference(pub(crate) Option<ContextId>);

impl<'de> Deserialize<'de> for ContextReference {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        /// As syntect has it; what is not `Direct` leads to a grammar that the set does not have.
        #[derive(Deserialize)]
        enum Written {
            Named(#[expect(dead_code, reason = "only its place in the data matters")] String),
            ByScope { _scope: String, _sub_context: Option<String>, _with_escape: bool },
            File { _name: String, _sub_context: Option<String>, _with_escape: bool },
            Inline(#[expect(dead_code, reason = "only its place in the data matters")] String),
            Direct(ContextId),
        }
        Ok(Self(match Written::deserialize(deserializer)? {
            Written::Direct(id) => Some(id),
            Written::Named(_) | Written::ByScope { .. } | Written::File { .. } | Written::Inline(_) => None,
        }))
    }
}

fn expression<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Expression, D::Error> {
    String::deserialize(deserializer).map(Expression::new)
}

/// The contexts of one grammar.
#[derive(Debug)]
pub(crate) struct Grammar {
    pub(crate) contexts: Vec<Context>,
    /// Where it starts.
    pub(crate) start: ContextId,
}

/// Loads a grammar; `None` where its data are not as syntect 5.3 writes them.
pub(crate) fn load(syntax: &SyntaxReference) -> Option<Grammar> {
    /// The fields of a [`SyntaxReference`], in its order.
    #[derive(Deserialize)]
    struct Fields(IgnoredAny, IgnoredAny, IgnoredAny, IgnoredAny, IgnoredAny, IgnoredAny, Vec<u8>);
    #[derive(Deserialize)]
    struct Contexts {
        ids: HashMap<String, ContextId>,
        contexts: Vec<Context>,
    }
    let bytes = rmp_serde::to_vec(syntax).ok()?;
    let fields: Fields = rmp_serde::from_slice(&bytes).ok()?;
    let Contexts { ids, contexts } = syntect::dumps::from_reader(fields.6.as_slice()).ok()?;
    Some(Grammar { start: *ids.get("__start")?, contexts })
}
