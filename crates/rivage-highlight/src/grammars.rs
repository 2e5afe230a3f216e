//! All grammars of a set, each loaded when it is needed, shared by all threads.

use std::sync::OnceLock;

use syntect::parsing::{SyntaxReference, SyntaxSet};

use crate::load::{Context, ContextId, Grammar, load};

/// The grammars of a set.
#[derive(Debug)]
pub struct Grammars {
    set: SyntaxSet,
    loaded: Vec<OnceLock<Option<Grammar>>>,
}

impl Grammars {
    /// Takes the grammars of a set.
    #[must_use]
    pub fn new(set: SyntaxSet) -> Self {
        let loaded = set.syntaxes().iter().map(|_| OnceLock::new()).collect();
        Self { set, loaded }
    }

    /// Returns what the set says of its grammars.
    #[must_use]
    pub fn syntaxes(&self) -> &[SyntaxReference] {
        self.set.syntaxes()
    }

    pub(crate) fn grammar(&self, syntax: usize) -> Option<&Grammar> {
        let loaded = self.loaded.get(syntax)?;
        loaded.get_or_init(|| load(&self.set.syntaxes()[syntax])).as_ref()
    }

    pub(crate) fn context(&self, id: ContextId) -> Option<&Context> {
        self.grammar(id.syntax as usize)?.contexts.get(id.context as usize)
    }
}
