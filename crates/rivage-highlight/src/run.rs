//! Runs a grammar over a line.
//!
//! In: a [`State`] and a line. Out: the parts of the line, and the state after it. What happens is what syntect 5.3 does, scope by scope; only
//! the search for the next match differs. syntect searches the rest of the line for every pattern of a context and takes the match that
//! starts first, of equals the first in order. Here one place of the line is looked at after the other, and only those patterns are tried that
//! can start there. Deliberately not here: which places those are.

use onig::Region;
use rustc_hash::FxHashMap;

use crate::grammars::Grammars;
use crate::load::{Context, ContextId, ContextReference, MatchPattern, Operation};
use crate::regex::{self, Budget, Invalid};
use crate::rules::{Captures, Rules, captures};
use crate::state::{Frame, Line, State};

/// Deeper than this, patterns that push do not match.
const MAX_DEPTH: usize = 100;

/// The grammars of a large site have a thousand or two, of about 20 KB each.
const MAX_RULES: usize = 4_000;

/// A line cannot be read: the grammar is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Broken;

impl From<Invalid> for Broken {
    fn from(_: Invalid) -> Self {
        Self
    }
}

/// What a search of the line has found.
#[derive(Default)]
struct Slot {
    /// The line of which the rest is true.
    line: u64,
    found: Option<(usize, usize)>,
    groups: Region,
}

/// What a thread makes of grammars to run them.
pub(crate) struct Runner<'g> {
    grammars: &'g Grammars,
    rules: Vec<Rules<'g>>,
    rules_of: FxHashMap<(u32, ContextId, u32), u32>,
    /// Prototypes in force: the list without its last one, its context and what there is captured. 0 is empty.
    prototypes: Interned<(u32, ContextId, u32)>,
    own_prototypes: Interned<(u32, ContextId)>,
    captures: Interned<Captures>,
    slots: Vec<Slot>,
    slot_of: FxHashMap<usize, u32>,
    /// The number of the line.
    line: u64,
    budget: Budget,
    groups: Region,
}

/// Numbers for values; 0 is none.
struct Interned<T> {
    values: Vec<T>,
    ids: FxHashMap<T, u32>,
}

impl<T> Default for Interned<T> {
    fn default() -> Self {
        Self { values: Vec::new(), ids: FxHashMap::default() }
    }
}

impl<T: Clone + Eq + std::hash::Hash> Interned<T> {
    fn id(&mut self, value: T) -> u32 {
        if let Some(known) = self.ids.get(&value) {
            return *known;
        }
        self.values.push(value.clone());
        let id = u32::try_from(self.values.len()).unwrap_or(u32::MAX);
        self.ids.insert(value, id);
        id
    }

    fn get(&self, id: u32) -> Option<&T> {
        self.values.get((id as usize).checked_sub(1)?)
    }
}

/// The numbers of bits that are set.
struct Ones<'b> {
    words: &'b [u64],
    word: usize,
    left: u64,
}

impl<'b> Ones<'b> {
    fn of(words: &'b [u64]) -> Self {
        Self { words, word: 0, left: words.first().copied().unwrap_or(0) }
    }
}

impl Iterator for Ones<'_> {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        while self.left == 0 {
            self.word += 1;
            self.left = *self.words.get(self.word)?;
        }
        let bit = self.left.trailing_zeros() as usize;
        self.left &= self.left - 1;
        Some(self.word * 64 + bit)
    }
}

/// A match of a rule.
#[derive(Clone, Copy)]
struct Match {
    rule: usize,
    start: usize,
    end: usize,
    /// Where its groups are, if it has been searched for.
    slot: Option<u32>,
}

/// The next match.
enum Found {
    /// None in the rest of the line.
    Nothing,
    /// Only one that would undo the last step.
    Loop,
    Match(Match),
}

impl<'g> Runner<'g> {
    pub(crate) fn new(grammars: &'g Grammars) -> Self {
        Self {
            grammars,
            rules: Vec::new(),
            rules_of: FxHashMap::default(),
            prototypes: Interned::default(),
            own_prototypes: Interned::default(),
            captures: Interned::default(),
            slots: Vec::new(),
            slot_of: FxHashMap::default(),
            line: 0,
            budget: Budget::of(0),
            groups: Region::new(),
        }
    }

    /// Returns the state that a grammar starts with.
    pub(crate) fn start(&mut self, syntax: usize) -> Option<State> {
        let context = self.grammars.grammar(syntax)?.start;
        let mut frame = Frame { context, own_prototypes: 0, prototypes: 0, captures: 0, is_apart: false, rules: 0 };
        frame.rules = self.rules_id(&frame).ok()?;
        Some(State { frames: vec![frame], ..State::default() })
    }

    /// Tells whether so much has been made that it is better to begin anew: every heredoc has rules of its own.
    pub(crate) fn is_full(&self) -> bool {
        self.rules.len() > MAX_RULES
    }

    /// Reads a line, its `\n` included, and adds its parts.
    pub(crate) fn line(&mut self, state: &mut State, text: &str, parts: &mut Vec<(u32, u8)>) {
        let before = state.scopes.clone();
        if self.tokens(state, text, parts).is_err() {
            // What follows is read as if the line had no scopes.
            state.scopes = before;
            parts.clear();
        }
    }

    fn tokens(&mut self, state: &mut State, text: &str, parts: &mut Vec<(u32, u8)>) -> Result<(), Broken> {
        self.line += 1;
        self.budget = Budget::of(text.len());
        let mut line = Line::new(&mut state.scopes, parts);
        if !std::mem::replace(&mut state.has_begun, true) {
            let top = state.frames.last().ok_or(Broken)?;
            let scopes = &self.context(top.context)?.meta_content_scope;
            line.push(0, &scopes[..scopes.len().min(1)]);
        }
        let mut at = 0;
        // Where, and how deep, a pattern has pushed and matched nothing: one that pops there would undo it, and so on for ever.
        let mut empty_push = (0, 0);
        loop {
            let top = *state.frames.last().ok_or(Broken)?;
            let may_loop = empty_push == (at, state.frames.len());
            match self.find(&top, state.frames.len(), text, at, may_loop)? {
                Found::Nothing => break,
                Found::Loop => match text[at..].char_indices().nth(1) {
                    Some((length, _)) => at += length,
                    None => break,
                },
                Found::Match(found) => {
                    let pattern = self.rules[top.rules as usize].rules[found.rule].pattern;
                    if found.end <= at && matches!(pattern.operation, Operation::Push(_)) {
                        empty_push = (found.end, state.frames.len() + 1);
                    }
                    at = found.end;
                    self.apply(&mut line, &top, pattern, found)?;
                    if line.is_too_deep() {
                        return Err(Broken);
                    }
                    self.step(&mut state.frames, text, found)?;
                }
            }
        }
        line.cut(text.len());
        Ok(())
    }

    fn context(&self, id: ContextId) -> Result<&'g Context, Broken> {
        self.grammars.context(id).ok_or(Broken)
    }

    /// Finds the next match from a place on.
    fn find(&mut self, top: &Frame, depth: usize, text: &str, from: usize, may_loop: bool) -> Result<Found, Broken> {
        let bytes = text.as_bytes();
        let budget = &mut self.budget;
        let rules = &mut self.rules[top.rules as usize];
        // Patterns that would match nothing and do nothing; they hide what they match later.
        let mut idle: Vec<usize> = Vec::new();
        let mut loops = false;
        let mut at = from;
        let mut before = from.checked_sub(1).map(|last| bytes[last]);
        loop {
            if budget.is_spent() {
                return Ok(Found::Nothing);
            }
            let after = bytes.get(at).copied();
            let next = regex::next(after);
            if let Some(is_filtered) = next.and_then(|next| rules.at(bytes, at, regex::kind(before), next, budget)) {
                for index in Ones::of(&rules.may) {
                    let rule = &rules.rules[index];
                    let operation = &rule.pattern.operation;
                    if depth >= MAX_DEPTH && matches!(operation, Operation::Push(_)) || idle.contains(&index) {
                        continue;
                    }
                    let slot = rule.slot.filter(|_| !(rule.is_narrow || is_filtered && rule.is_understood));
                    let end = match slot {
                        None => match rule.length.filter(|_| is_filtered) {
                            Some(length) => {
                                budget.count();
                                Some(at + length)
                            }
                            None => {
                                let groups = rule.pattern.captures.is_some().then_some(&mut self.groups);
                                rule.expression().match_at(text, at, groups, budget)?
                            }
                        },
                        Some(slot) => {
                            let slot = &mut self.slots[slot as usize];
                            let is_known = slot.line == self.line
                                && (rule.is_kept() || at > from)
                                && slot.found.is_none_or(|(start, _)| start >= at);
                            if !is_known {
                                slot.line = self.line;
                                slot.found = rule.expression().search(text, at, &mut slot.groups, budget)?;
                            }
                            slot.found.filter(|(start, _)| *start == at).map(|(_, end)| end)
                        }
                    };
                    let Some(end) = end else { continue };
                    if matches!(operation, Operation::None) && end == at {
                        if let Some(slot) = rule.slot {
                            // To be searched for anew.
                            self.slots[slot as usize].line = 0;
                        }
                        idle.push(index);
                        continue;
                    }
                    if may_loop && at == from && end <= from && matches!(operation, Operation::Pop) {
                        loops = true;
                        continue;
                    }
                    return Ok(Found::Match(Match { rule: index, start: at, end, slot }));
                }
                if loops {
                    return Ok(Found::Loop);
                }
            }
            if after.is_none() {
                return Ok(Found::Nothing);
            }
            before = after;
            at += 1;
        }
    }

    /// Applies the scopes of a match.
    fn apply(
        &mut self,
        line: &mut Line<'_>,
        top: &Frame,
        pattern: &'g MatchPattern,
        found: Match,
    ) -> Result<(), Broken> {
        let Match { start, end, .. } = found;
        let current = self.context(top.context)?;
        self.apply_meta(line, current, &pattern.operation, true, start)?;
        line.push(start, &pattern.scope);
        if let Some(captures) = &pattern.captures {
            let groups = self.groups_of(found);
            // Groups come in any order: outer ones have to open first, and all close where they end.
            let mut ops = Vec::new();
            for (group, scopes) in captures {
                let group = usize::try_from(*group).unwrap_or(usize::MAX);
                let Some((start, end)) = groups.pos(group).filter(|(start, end)| start != end) else { continue };
                let length = i32::try_from(end - start).unwrap_or(i32::MAX);
                ops.extend(scopes.iter().map(|scope| (start, -length, Some(*scope), 0)));
                ops.push((end, i32::MIN, None, scopes.len()));
            }
            ops.sort_by_key(|(at, order, ..)| (*at, *order));
            for (at, _, scope, count) in ops {
                match scope {
                    Some(scope) => line.push(at, &[scope]),
                    None => line.pop(at, count),
                }
            }
        }
        line.pop(end, pattern.scope.len());
        self.apply_meta(line, current, &pattern.operation, false, end)
    }

    fn groups_of(&self, found: Match) -> &Region {
        match found.slot {
            Some(slot) => &self.slots[slot as usize].groups,
            None => &self.groups,
        }
    }

    /// Applies the scopes of the contexts that a match leaves and enters, before or after what it matches.
    fn apply_meta(
        &self,
        line: &mut Line<'_>,
        current: &Context,
        operation: &Operation,
        is_before: bool,
        at: usize,
    ) -> Result<(), Broken> {
        let (targets, is_set) = match operation {
            Operation::None => return Ok(()),
            Operation::Pop => {
                if is_before {
                    line.pop(at, current.meta_content_scope.len());
                } else {
                    line.pop(at, current.meta_scope.len());
                    if current.clear_scopes.is_some() {
                        line.restore(at);
                    }
                }
                return Ok(());
            }
            Operation::Push(targets) => (targets, false),
            Operation::Set(targets) => (targets, true),
        };
        if is_before {
            if is_set && current.clear_scopes.is_some() {
                line.restore(at);
            }
            for target in targets {
                let target = self.target(target)?;
                if let Some(amount) = target.clear_scopes.filter(|_| !is_set) {
                    line.clear(at, amount);
                }
                line.push(at, &target.meta_scope);
            }
            return Ok(());
        }
        let mut renews = is_set && !(current.meta_scope.is_empty() && current.meta_content_scope.is_empty());
        let mut count = if is_set { current.meta_scope.len() + current.meta_content_scope.len() } else { 0 };
        for target in targets {
            let target = self.target(target)?;
            renews |= !target.meta_content_scope.is_empty() || (target.clear_scopes.is_some() && is_set);
            count += target.meta_scope.len();
        }
        if renews {
            line.pop(at, count);
            for target in targets {
                let target = self.target(target)?;
                if let Some(amount) = target.clear_scopes.filter(|_| is_set) {
                    line.clear(at, amount);
                }
                line.push(at, &target.meta_scope);
                line.push(at, &target.meta_content_scope);
            }
        }
        Ok(())
    }

    fn target(&self, target: &ContextReference) -> Result<&'g Context, Broken> {
        self.context(target.0.ok_or(Broken)?)
    }

    /// Leaves and enters contexts.
    fn step(&mut self, frames: &mut Vec<Frame>, text: &str, found: Match) -> Result<(), Broken> {
        let top = *frames.last().ok_or(Broken)?;
        let height = frames.len();
        let rule = &self.rules[top.rules as usize].rules[found.rule];
        let (pattern, is_prototype) = (rule.pattern, rule.is_prototype);
        let (targets, replaced) = match &pattern.operation {
            Operation::None => return Ok(()),
            Operation::Pop => {
                frames.pop();
                return Ok(());
            }
            Operation::Push(targets) => (targets, None),
            Operation::Set(targets) => (targets, frames.pop()),
        };
        for (nth, target) in targets.iter().enumerate() {
            let context = target.0.ok_or(Broken)?;
            let replaced = replaced.filter(|_| nth == 0);
            // What a set replaces hands its prototypes on; those of the pattern are for the last context.
            let mut own_prototypes = replaced.map_or(0, |frame| frame.own_prototypes);
            if let Some(prototype) = pattern.with_prototype.as_ref().filter(|_| nth + 1 == targets.len()) {
                own_prototypes = self.own_prototypes.id((own_prototypes, prototype.0.ok_or(Broken)?));
            }
            let is_apart = replaced.map_or(is_prototype && frames.len() == height, |frame| frame.is_apart);
            let mut own = Vec::new();
            let mut next = own_prototypes;
            while let Some((outer, context)) = self.own_prototypes.get(next) {
                own.push(*context);
                next = *outer;
            }
            let mut asks = self.context(context)?.uses_backrefs;
            for context in &own {
                asks |= self.context(*context)?.uses_backrefs;
            }
            let captures = if asks { self.capture(&top, text, found)? } else { 0 };
            let below = frames.last().filter(|_| !is_apart);
            let mut prototypes = below.map_or(0, |frame| frame.prototypes);
            for context in own.into_iter().rev() {
                prototypes = self.prototypes.id((prototypes, context, captures));
            }
            let mut frame = Frame { context, own_prototypes, prototypes, captures, is_apart, rules: 0 };
            frame.rules = self.rules_id(&frame)?;
            frames.push(frame);
        }
        Ok(())
    }

    /// Keeps what the groups of a match have captured.
    fn capture(&mut self, top: &Frame, text: &str, found: Match) -> Result<u32, Broken> {
        let rule = &self.rules[top.rules as usize].rules[found.rule];
        if found.slot.is_none() && rule.pattern.captures.is_none() {
            rule.expression().match_at(text, found.start, Some(&mut self.groups), &mut self.budget)?;
        }
        let groups = self.groups_of(found);
        let groups: Vec<_> = (0..10).map(|group| groups.pos(group)).collect();
        let captures = captures(&groups, text);
        Ok(self.captures.id(captures))
    }

    /// Returns the number of the rules of a frame.
    fn rules_id(&mut self, frame: &Frame) -> Result<u32, Broken> {
        let key = (frame.prototypes, frame.context, frame.captures);
        if let Some(known) = self.rules_of.get(&key) {
            return Ok(*known);
        }
        let mut contexts = Vec::new();
        let mut next = frame.prototypes;
        while let Some((outer, context, captures)) = self.prototypes.get(next) {
            contexts.push((true, *context, self.captures.get(*captures)));
            next = *outer;
        }
        contexts.reverse();
        contexts.extend(self.context(frame.context)?.prototype.map(|prototype| (false, prototype, None)));
        contexts.push((false, frame.context, self.captures.get(frame.captures)));
        let slots = &mut self.slots;
        let slot_of = &mut self.slot_of;
        let slot = |pattern: Option<&'g MatchPattern>| {
            let mut add = || {
                slots.push(Slot::default());
                u32::try_from(slots.len() - 1).unwrap_or(u32::MAX)
            };
            match pattern {
                Some(pattern) => *slot_of.entry(std::ptr::from_ref(pattern) as usize).or_insert_with(add),
                None => add(),
            }
        };
        let rules = Rules::new(self.grammars, &contexts, slot).ok_or(Broken)?;
        let id = u32::try_from(self.rules.len()).map_err(|_| Broken)?;
        self.rules.push(rules);
        self.rules_of.insert(key, id);
        Ok(id)
    }
}
