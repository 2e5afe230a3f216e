//! What may come next in a context: its patterns and those that come with it, in the order in which they are tried, and which of them are
//! worth a try at a place.

use regex_syntax::escape;

use crate::grammars::Grammars;
use crate::load::{ContextId, MatchPattern, Pattern};
use crate::regex::{Budget, Expression, Filter, KINDS, NEXTS};

/// A pattern in a context.
pub(crate) struct Rule<'g> {
    pub(crate) pattern: &'g MatchPattern,
    /// Its expression, where that names what another pattern has captured.
    own: Option<Box<Expression>>,
    /// Whether it comes from a `with_prototype`.
    pub(crate) is_prototype: bool,
    /// Where its result is kept for the line, when it is searched for rather than tried at a place.
    pub(crate) slot: Option<u32>,
    /// Whether it can be tried at a place of which no more is known.
    pub(crate) is_narrow: bool,
    /// Whether it can be tried at a place where the filter says that it may match.
    pub(crate) is_understood: bool,
    /// How long its match is there, if that is all there is to know.
    pub(crate) length: Option<usize>,
}

impl Rule<'_> {
    pub(crate) fn expression(&self) -> &Expression {
        self.own.as_deref().unwrap_or(&self.pattern.regex)
    }

    /// Whether its result depends on the line alone.
    pub(crate) fn is_kept(&self) -> bool {
        self.own.is_none()
    }
}

/// What groups have captured, ready to stand in an expression.
pub(crate) type Captures = Box<[Option<Box<str>>]>;

/// The patterns of a context.
pub(crate) struct Rules<'g> {
    pub(crate) rules: Vec<Rule<'g>>,
    /// By what is before and after a place, the list to try there; 0 where that is not known yet.
    table: Box<[u16; KINDS * NEXTS]>,
    /// Bits for the rules, by number.
    lists: Vec<Box<[u64]>>,
    /// How often a list has been asked for.
    asked: u32,
    filter: Option<Filter>,
    pub(crate) may: Box<[u64]>,
}

/// A filter is made for contexts that are met more often.
const WORTH_A_FILTER: u32 = 40;

impl<'g> Rules<'g> {
    /// Collects the patterns of contexts, in the order given.
    pub(crate) fn new(
        grammars: &'g Grammars,
        contexts: &[(bool, ContextId, Option<&Captures>)],
        mut slot: impl FnMut(Option<&'g MatchPattern>) -> u32,
    ) -> Option<Self> {
        let mut rules = Vec::new();
        for (is_prototype, context, captures) in contexts {
            let mut patterns = Vec::new();
            flatten(grammars, *context, &mut Vec::new(), &mut patterns)?;
            for pattern in patterns {
                let own = captures.filter(|_| pattern.has_captures);
                let own = own.map(|captures| Box::new(Expression::new(substitute(pattern.regex.text(), captures))));
                let expression = own.as_deref().unwrap_or(&pattern.regex);
                let understood = expression.understood();
                let (is_understood, is_narrow) =
                    (understood.is_some(), understood.is_some_and(|known| known.is_narrow));
                let length = understood.and_then(|known| known.length).filter(|_| pattern.captures.is_none());
                let slot = (!is_narrow).then(|| slot(own.is_none().then_some(pattern)));
                rules.push(Rule { pattern, own, is_prototype: *is_prototype, slot, is_narrow, is_understood, length });
            }
        }
        let words = rules.len().div_ceil(64);
        Some(Self {
            rules,
            table: Box::new([0; KINDS * NEXTS]),
            lists: vec![Box::default()],
            asked: 0,
            filter: None,
            may: vec![0; words].into(),
        })
    }

    /// Finds the rules to try at a place, and tells whether the filter has been asked; `None` if there are none.
    pub(crate) fn at(&mut self, line: &[u8], at: usize, kind: usize, next: usize, budget: &mut Budget) -> Option<bool> {
        let mut list = usize::from(self.table[kind * NEXTS + next]);
        if list == 0 {
            list = self.add_list(kind, next);
        }
        if list == 1 {
            return None;
        }
        self.asked += 1;
        if self.asked == WORTH_A_FILTER {
            self.filter =
                Filter::new(self.rules.iter().map(|rule| rule.expression().understood().map(|known| &known.tree)));
        }
        let list = &self.lists[list];
        if let Some(()) = self.filter.as_mut().and_then(|filter| filter.at(line, at, &mut self.may, budget)) {
            let mut all = 0;
            for (may, listed) in self.may.iter_mut().zip(list) {
                *may &= listed;
                all |= *may;
            }
            (all != 0).then_some(true)
        } else {
            self.may.copy_from_slice(list);
            Some(false)
        }
    }

    fn add_list(&mut self, kind: usize, next: usize) -> usize {
        let mut list: Box<[u64]> = vec![0; self.may.len()].into();
        for (number, rule) in self.rules.iter().enumerate() {
            if rule.expression().understood().is_none_or(|known| known.start.allows(kind, next)) {
                list[number / 64] |= 1 << (number % 64);
            }
        }
        if self.lists.len() == 1 {
            self.lists.push(vec![0; self.may.len()].into());
        }
        let same = self.lists.iter().skip(1).position(|known| *known == list).map(|at| at + 1);
        let at = same.unwrap_or_else(|| {
            self.lists.push(list);
            self.lists.len() - 1
        });
        self.table[kind * NEXTS + next] = u16::try_from(at).unwrap_or(0);
        at
    }
}

/// Collects patterns, those of included contexts in their place.
fn flatten<'g>(
    grammars: &'g Grammars,
    id: ContextId,
    within: &mut Vec<ContextId>,
    patterns: &mut Vec<&'g MatchPattern>,
) -> Option<()> {
    if within.contains(&id) {
        return Some(());
    }
    within.push(id);
    for pattern in &grammars.context(id)?.patterns {
        match pattern {
            Pattern::Match(pattern) => patterns.push(pattern),
            Pattern::Include(context) => {
                if let Some(context) = context.0 {
                    flatten(grammars, context, within, patterns)?;
                }
            }
        }
    }
    within.pop();
    Some(())
}

/// Puts what has been captured in the place of `\1`.
fn substitute(expression: &str, captures: &Captures) -> String {
    let mut substituted = String::with_capacity(expression.len());
    let mut chars = expression.chars();
    while let Some(char) = chars.next() {
        if char != '\\' {
            substituted.push(char);
            continue;
        }
        match chars.next() {
            Some(digit @ '0'..='9') => {
                let group = digit as usize - '0' as usize;
                substituted.push_str(captures.get(group).and_then(Option::as_deref).unwrap_or_default());
            }
            escaped => {
                substituted.push('\\');
                substituted.extend(escaped);
            }
        }
    }
    substituted
}

/// Makes ready what a pattern has captured.
pub(crate) fn captures(groups: &[Option<(usize, usize)>], line: &str) -> Captures {
    groups.iter().map(|group| group.map(|(start, end)| escape(&line[start..end]).into())).collect()
}
