//! What code becomes by syntect itself.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use rivage_highlight::{Effect, PLAIN, effect};
use syntect::parsing::{BasicScopeStackOp, ParseState, Scope, ScopeStack, SyntaxSet};

/// Ends of a line's parts with their classes.
pub(crate) type Parts = Vec<(usize, u8)>;

/// Highlights with syntect's parser, regular expressions and stack of scopes.
pub(crate) struct Reference {
    set: SyntaxSet,
    effects: HashMap<Scope, Effect>,
}

impl Reference {
    pub(crate) fn new(set: SyntaxSet) -> Self {
        Self { set, effects: HashMap::new() }
    }

    /// Returns the parts of each line of a text, by the number of a grammar.
    pub(crate) fn lines(&mut self, syntax: usize, text: &str) -> Vec<Parts> {
        let mut state = ParseState::new(&self.set.syntaxes()[syntax]);
        let mut stack = ScopeStack::new();
        let mut classes = Vec::new();
        let mut read = |line: &str| {
            let mut parts = Vec::new();
            // Broken grammars panic.
            let ops = catch_unwind(AssertUnwindSafe(|| state.parse_line(line, &self.set)));
            let Ok(Ok(ops)) = ops else { return parts };
            let mut end = 0;
            let mut push = |at: usize, classes: &[u8]| {
                if at > end {
                    end = at;
                    parts.push((at, classes.last().copied().unwrap_or(PLAIN)));
                }
            };
            for (at, op) in &ops {
                push(*at, &classes);
                let applied = stack.apply_with_hook(op, |op, _| match op {
                    BasicScopeStackOp::Push(scope) => {
                        let effect = *self.effects.entry(scope).or_insert_with(|| effect(&scope.build_string()));
                        let outer = classes.last().copied().unwrap_or(PLAIN);
                        classes.push(match effect {
                            Effect::Inherit => outer,
                            Effect::Set(b's') if outer == b'a' => outer,
                            Effect::Set(class) => class,
                        });
                    }
                    BasicScopeStackOp::Pop => {
                        classes.pop();
                    }
                });
                if applied.is_err() {
                    return parts;
                }
            }
            push(line.len(), &classes);
            parts
        };
        text.split_inclusive('\n')
            .map(|line| if line.ends_with('\n') { read(line) } else { read(&format!("{line}\n")) })
            .collect()
    }
}
