//! Which of many expressions may match at a place.
//!
//! In: expressions, then places of a line. Out: those of the expressions that may match there; the others surely do not. One automaton reads
//! what follows the place once for all of them. It knows regular languages only, so that each expression is widened to one: what looks back or
//! must not follow is left out. Deliberately not here: where a match ends, and characters beyond ASCII, at which the automaton gives up.

use regex_automata::hybrid::LazyStateID;
use regex_automata::hybrid::dfa::{Cache, DFA};
use regex_automata::nfa::thompson::{self, WhichCaptures};
use regex_automata::{Anchored, Input, MatchKind};
use regex_syntax::hir::{Class as HirClass, ClassBytes, ClassBytesRange, Hir, HirKind, Look, Repetition};

use super::budget::Budget;
use super::tree::Node;

/// Tells which of many expressions may match.
pub(crate) struct Filter {
    dfa: DFA,
    cache: Cache,
    /// The number of each of the automaton's expressions.
    numbers: Vec<u16>,
    /// Expressions that the automaton does not have.
    others: Box<[u64]>,
}

/// What an automaton may take; beyond, it forgets what it knows, or is not made.
const MAX_BYTES: usize = 1 << 19;

/// Repetitions are counted so far.
const MAX_COUNT: u32 = 16;

impl Filter {
    /// Makes the automaton of expressions, `None` standing for one that is not understood.
    pub(crate) fn new<'e>(expressions: impl Iterator<Item = Option<&'e Node>>) -> Option<Self> {
        let (mut numbers, mut hirs, mut others) = (Vec::new(), Vec::new(), Vec::new());
        for (number, expression) in (0u16..).zip(expressions) {
            if number % 64 == 0 {
                others.push(0);
            }
            match expression {
                Some(node) => {
                    numbers.push(number);
                    hirs.push(widened(node, true));
                }
                None => others[usize::from(number / 64)] |= 1 << (number % 64),
            }
        }
        let limits =
            thompson::Config::new().utf8(false).which_captures(WhichCaptures::None).nfa_size_limit(Some(MAX_BYTES));
        let nfa = thompson::Compiler::new().configure(limits).build_many_from_hir(&hirs).ok()?;
        let mut config =
            DFA::config().match_kind(MatchKind::All).cache_capacity(MAX_BYTES).skip_cache_capacity_check(true);
        for byte in 0x80..=0xff {
            config = config.quit(byte, true);
        }
        let dfa = DFA::builder().configure(config).build_from_nfa(nfa).ok()?;
        let cache = dfa.create_cache();
        Some(Self { dfa, cache, numbers, others: others.into() })
    }

    /// Finds the expressions that may match at a place, and writes them down; `None` where that is not known.
    pub(crate) fn at(&mut self, line: &[u8], at: usize, may: &mut [u64], budget: &mut Budget) -> Option<()> {
        may.copy_from_slice(&self.others);
        if !budget.read(1) || at.checked_sub(1).is_some_and(|before| line[before] >= 0x80) {
            return None;
        }
        let input = Input::new(line).range(at..).anchored(Anchored::Yes);
        let mut state = self.dfa.start_state_forward(&mut self.cache, &input).ok()?;
        for (read, byte) in line[at..].iter().enumerate() {
            state = self.dfa.next_state(&mut self.cache, state, *byte).ok()?;
            if state.is_tagged() {
                if state.is_match() {
                    self.note(state, may);
                } else if state.is_dead() {
                    budget.read(read);
                    return Some(());
                } else if state.is_quit() {
                    return None;
                }
            }
        }
        budget.read(line.len() - at);
        state = self.dfa.next_eoi_state(&mut self.cache, state).ok()?;
        if state.is_match() {
            self.note(state, may);
        }
        Some(())
    }

    fn note(&self, state: LazyStateID, may: &mut [u64]) {
        for nth in 0..self.dfa.match_len(&self.cache, state) {
            let number = self.numbers[self.dfa.match_pattern(&self.cache, state, nth).as_usize()];
            may[usize::from(number / 64)] |= 1 << (number % 64);
        }
    }
}

/// Returns a regular expression that matches at a place where the part does. If nothing comes after it, it may end early: that it matches is
/// all that counts.
fn widened(node: &Node, is_last: bool) -> Hir {
    match node {
        Node::One(class) => ascii(class.may),
        Node::Start => Hir::look(Look::StartLF),
        Node::LineEnd => Hir::look(Look::EndLF),
        Node::End => Hir::look(Look::End),
        Node::Boundary { is_not: false } => Hir::look(Look::WordAscii),
        Node::Boundary { is_not: true } => Hir::look(Look::WordAsciiNegate),
        Node::Ahead { is_not: false, node } if is_last => widened(node, true),
        Node::Ahead { is_not: true, node } if is_last => {
            let never = node.surely();
            if never == 0 { Hir::empty() } else { Hir::alternation(vec![ascii(!never), Hir::look(Look::End)]) }
        }
        Node::Ahead { .. } | Node::Behind { .. } => Hir::empty(),
        Node::All(all) => {
            let mut is_last = is_last;
            let mut parts = Vec::new();
            for node in all.iter().rev() {
                let part = widened(node, is_last);
                // What looks ahead stands beside what comes after it, not before it.
                is_last &= *part.kind() == HirKind::Empty;
                parts.push(part);
            }
            parts.reverse();
            Hir::concat(parts)
        }
        Node::Any(any) => Hir::alternation(any.iter().map(|node| widened(node, is_last)).collect()),
        Node::Repeat { min: 0, .. } if is_last => Hir::empty(),
        Node::Repeat { min: 1, node, .. } if is_last => widened(node, true),
        Node::Repeat { min, max, node } => Hir::repetition(Repetition {
            min: (*min).min(MAX_COUNT),
            max: if is_last { Some((*min).min(MAX_COUNT)) } else { max.filter(|max| *max <= MAX_COUNT) },
            greedy: true,
            sub: Box::new(widened(node, false)),
        }),
        Node::Unknown if is_last => Hir::empty(),
        Node::Unknown => Hir::repetition(Repetition { min: 0, max: None, greedy: true, sub: Box::new(ascii(!0)) }),
    }
}

/// Returns the length of what an expression matches, if that is always the same and [`widened`] is not wider than it among ASCII.
pub(super) fn exact_length(expression: &Node) -> Option<usize> {
    match exactness(expression, true) {
        Exactness::Of(length) => Some(length),
        Exactness::Varied | Exactness::Not => None,
    }
}

/// Whether what [`widened`] makes of a part matches where the part does, and nowhere else.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Exactness {
    /// So it is, and matches have this length.
    Of(usize),
    /// So it is.
    Varied,
    Not,
}

fn exactness(node: &Node, is_last: bool) -> Exactness {
    match node {
        Node::One(class) if class.may == class.must => Exactness::Of(1),
        Node::Boundary { .. } => Exactness::Of(0),
        Node::Ahead { is_not: false, node } if is_last && exactness(node, true) != Exactness::Not => Exactness::Of(0),
        Node::Ahead { is_not: true, node } if is_last => match &**node {
            Node::One(class) if class.may == class.must => Exactness::Of(0),
            _ => Exactness::Not,
        },
        Node::All(all) => {
            let mut is_last = is_last;
            let mut sum = Exactness::Of(0);
            for node in all.iter().rev() {
                sum = match (sum, exactness(node, is_last)) {
                    (Exactness::Not, _) | (_, Exactness::Not) => return Exactness::Not,
                    (Exactness::Of(sum), Exactness::Of(length)) => Exactness::Of(sum + length),
                    _ => Exactness::Varied,
                };
                is_last &= *widened(node, is_last).kind() == HirKind::Empty;
            }
            sum
        }
        Node::Any(any) => {
            let mut each = any.iter().map(|node| exactness(node, is_last));
            let first = each.next().unwrap_or(Exactness::Not);
            each.fold(first, |all, next| match (all, next) {
                (Exactness::Not, _) | (_, Exactness::Not) => Exactness::Not,
                (all, next) if all == next => all,
                _ => Exactness::Varied,
            })
        }
        Node::Repeat { min, max, node } => match exactness(node, false) {
            Exactness::Not => Exactness::Not,
            _ if *min > MAX_COUNT || max.is_some_and(|max| max > MAX_COUNT) => Exactness::Not,
            Exactness::Of(length) if *max == Some(*min) => Exactness::Of(length * *min as usize),
            _ => Exactness::Varied,
        },
        // Whether a `$` matches after the line's `\n` is Oniguruma's to say, and `^` does not.
        Node::Start
        | Node::LineEnd
        | Node::End
        | Node::Ahead { .. }
        | Node::Behind { .. }
        | Node::One(_)
        | Node::Unknown => Exactness::Not,
    }
}

fn ascii(set: u128) -> Hir {
    let mut ranges = Vec::new();
    let mut left = set;
    while left != 0 {
        let first = left.trailing_zeros();
        let length = (!(left >> first)).trailing_zeros();
        let end = first + length;
        left = if end < 128 { left >> end << end } else { 0 };
        let byte = |at| u8::try_from(at).unwrap_or(u8::MAX);
        ranges.push(ClassBytesRange::new(byte(first), byte(end - 1)));
    }
    Hir::class(HirClass::Bytes(ClassBytes::new(ranges)))
}
