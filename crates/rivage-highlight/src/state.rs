//! Where a parser is between two tokens: the contexts it is in, and the scopes that are open.

use syntect::parsing::ClearAmount;

use crate::class::{Effect, PLAIN};
use crate::load::ContextId;

/// A context that a parser is in. Numbers stand for what the parser has of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Frame {
    pub(crate) context: ContextId,
    /// Contexts that its `with_prototype` brings.
    pub(crate) own_prototypes: u32,
    /// All prototypes that are in force, from the outermost to its own.
    pub(crate) prototypes: u32,
    /// What the pattern that pushed it has captured, if a pattern in it asks.
    pub(crate) captures: u32,
    /// Whether the prototypes of the frames below are not in force.
    pub(crate) is_apart: bool,
    /// What may come next.
    pub(crate) rules: u32,
}

/// Where a parser is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct State {
    pub(crate) frames: Vec<Frame>,
    pub(crate) scopes: Scopes,
    /// Whether a line has been read.
    pub(crate) has_begun: bool,
}

impl State {
    /// Returns how many bytes it takes, about.
    pub(crate) fn size(&self) -> usize {
        let cleared: usize = self.scopes.cleared.iter().map(Vec::len).sum();
        self.frames.len() * size_of::<Frame>()
            + self.scopes.open.len() * size_of::<Scope>()
            + cleared * size_of::<Effect>()
    }
}

/// More scopes are never open at once.
const MAX_SCOPES: usize = 2_000;

/// An open scope, and the class of text in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Scope {
    effect: Effect,
    class: u8,
}

/// The open scopes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Scopes {
    open: Vec<Scope>,
    /// Scopes that contexts have set aside until they end.
    cleared: Vec<Vec<Effect>>,
}

impl Scopes {
    /// Returns the class of text here.
    pub(crate) fn class(&self) -> u8 {
        self.open.last().map_or(PLAIN, |scope| scope.class)
    }

    fn push(&mut self, effect: Effect) {
        let outer = self.class();
        let class = match effect {
            Effect::Inherit => outer,
            // A quoted key is a key.
            Effect::Set(b's') if outer == b'a' => outer,
            Effect::Set(class) => class,
        };
        self.open.push(Scope { effect, class });
    }
}

/// Applies changes of scopes to a line, and notes where the class of its parts may change.
pub(crate) struct Line<'p> {
    scopes: &'p mut Scopes,
    /// Ends of parts with their classes.
    parts: &'p mut Vec<(u32, u8)>,
    end: usize,
    /// What has been cleared is missing: the rest of the line has no class.
    is_broken: bool,
}

impl<'p> Line<'p> {
    pub(crate) fn new(scopes: &'p mut Scopes, parts: &'p mut Vec<(u32, u8)>) -> Self {
        Self { scopes, parts, end: 0, is_broken: false }
    }

    /// Ends a part.
    pub(crate) fn cut(&mut self, at: usize) {
        if at > self.end && !self.is_broken {
            self.end = at;
            self.parts.push((u32::try_from(at).unwrap_or(u32::MAX), self.scopes.class()));
        }
    }

    /// Whether more scopes are open than any code has: a grammar goes in circles.
    pub(crate) fn is_too_deep(&self) -> bool {
        self.scopes.open.len() > MAX_SCOPES
    }

    pub(crate) fn push(&mut self, at: usize, effects: &[Effect]) {
        if effects.is_empty() || self.is_broken {
            return;
        }
        self.cut(at);
        for effect in effects {
            self.scopes.push(*effect);
        }
    }

    pub(crate) fn pop(&mut self, at: usize, count: usize) {
        if count == 0 || self.is_broken {
            return;
        }
        self.cut(at);
        self.scopes.open.truncate(self.scopes.open.len().saturating_sub(count));
    }

    pub(crate) fn clear(&mut self, at: usize, amount: ClearAmount) {
        if self.is_broken {
            return;
        }
        self.cut(at);
        let open = &mut self.scopes.open;
        let left = match amount {
            ClearAmount::TopN(count) => open.len().saturating_sub(count),
            ClearAmount::All => 0,
        };
        let cleared = open.drain(left..).map(|scope| scope.effect).collect();
        self.scopes.cleared.push(cleared);
    }

    pub(crate) fn restore(&mut self, at: usize) {
        if self.is_broken {
            return;
        }
        self.cut(at);
        match self.scopes.cleared.pop() {
            Some(cleared) => cleared.into_iter().for_each(|effect| self.scopes.push(effect)),
            None => self.is_broken = true,
        }
    }
}
