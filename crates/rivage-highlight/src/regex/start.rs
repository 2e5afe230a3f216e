//! Where an expression can start to match.
//!
//! In: an expression. Out: a [`Start`]: the characters before and after a place where it may match. It may hold too many, never too few, so
//! that trying an expression only there changes nothing. Deliberately not here: whether it matches.

use super::tree::{Class, Node, WORD};

/// What stands before a place.
pub(crate) const KINDS: usize = 4;
/// Nothing: the line starts.
const LINE_START: usize = 0;
/// An ASCII letter or digit or `_`.
const WORDLIKE: usize = 1;
/// Another ASCII character.
const OTHER: usize = 2;
/// A character beyond ASCII.
const BEYOND: usize = 3;

/// How many kinds of characters after a place are told apart: ASCII, all others, none.
pub(crate) const NEXTS: usize = 130;
/// A character beyond ASCII.
const NEXT_BEYOND: usize = 128;
/// The end of the line, after its `\n`.
const NEXT_END: usize = 129;

/// Tells what stands before a place.
#[inline]
pub(crate) fn kind(before: Option<u8>) -> usize {
    match before {
        None => LINE_START,
        Some(byte) if byte >= 0x80 => BEYOND,
        Some(byte) if WORD >> byte & 1 == 1 => WORDLIKE,
        Some(_) => OTHER,
    }
}

/// Tells what stands after a place; `None` within a character.
#[inline]
pub(crate) fn next(after: Option<u8>) -> Option<usize> {
    match after {
        None => Some(NEXT_END),
        Some(byte) if byte < 0x80 => Some(usize::from(byte)),
        Some(byte) if byte >= 0xc0 => Some(NEXT_BEYOND),
        Some(_) => None,
    }
}

/// What may come next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Next {
    ascii: u128,
    beyond: bool,
    end: bool,
}

impl Next {
    const ALL: Self = Self { ascii: !0, beyond: true, end: true };
    const NONE: Self = Self { ascii: 0, beyond: false, end: false };

    fn of(class: Class) -> Self {
        Self { ascii: class.may, beyond: class.other, end: false }
    }

    fn or(self, with: Self) -> Self {
        Self { ascii: self.ascii | with.ascii, beyond: self.beyond || with.beyond, end: self.end || with.end }
    }

    fn and(self, with: Self) -> Self {
        Self { ascii: self.ascii & with.ascii, beyond: self.beyond && with.beyond, end: self.end && with.end }
    }
}

/// Where an expression can start to match: by what stands before, what may stand after.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Start([Next; KINDS]);

impl Start {
    /// Anywhere.
    const ALL: Self = Self([Next::ALL; KINDS]);
    const NONE: Self = Self([Next::NONE; KINDS]);

    /// Finds where an expression can start.
    pub(crate) fn of(expression: &Node) -> Self {
        of_node(expression, Self::ALL)
    }

    /// Whether it is in few places.
    pub(crate) fn is_narrow(&self) -> bool {
        self.0.iter().map(|next| next.ascii.count_ones()).sum::<u32>() < 300
    }

    /// Tells whether an expression can start between a kind of character and another.
    pub(crate) fn allows(&self, kind: usize, next: usize) -> bool {
        let starts = &self.0[kind];
        match next {
            NEXT_BEYOND => starts.beyond,
            NEXT_END => starts.end,
            byte => starts.ascii >> byte & 1 == 1,
        }
    }

    fn or(self, with: Self) -> Self {
        Self(std::array::from_fn(|kind| self.0[kind].or(with.0[kind])))
    }

    fn and(self, next: impl Fn(usize) -> Next) -> Self {
        Self(std::array::from_fn(|kind| self.0[kind].and(next(kind))))
    }
}

/// Returns where a part can start that is followed by what can start at `then`.
fn of_node(node: &Node, then: Start) -> Start {
    match node {
        Node::One(class) => Start([Next::of(*class); KINDS]),
        Node::Start => then.and(|kind| if kind == LINE_START { Next::ALL } else { Next::NONE }),
        Node::LineEnd => then.and(|_| Next { ascii: 1 << b'\n', beyond: false, end: true }),
        Node::End => then.and(|_| Next { ascii: 0, beyond: false, end: true }),
        Node::Boundary { is_not } => then.and(|kind| {
            // A boundary has a part of a word on one side; whether characters beyond ASCII are such is not known here.
            let word = Next { ascii: WORD, beyond: true, end: false };
            let other = Next { ascii: !WORD, beyond: true, end: true };
            match kind {
                BEYOND => Next::ALL,
                WORDLIKE => {
                    if *is_not {
                        word
                    } else {
                        other
                    }
                }
                _ => {
                    if *is_not {
                        other
                    } else {
                        word
                    }
                }
            }
        }),
        Node::Ahead { is_not: false, node } => {
            let ahead = of_node(node, Start::ALL);
            then.and(|kind| ahead.0[kind])
        }
        Node::Ahead { is_not: true, node } => {
            let never = Next { ascii: !node.surely(), ..Next::ALL };
            then.and(|_| never)
        }
        Node::Behind { is_not: false, node } => {
            let last = last(node);
            then.and(|kind| {
                let may = match kind {
                    LINE_START => last.is_none(),
                    WORDLIKE => last.is_none_or(|last| last.may & WORD != 0),
                    OTHER => last.is_none_or(|last| last.may & !WORD != 0),
                    _ => last.is_none_or(|last| last.other),
                };
                if may { Next::ALL } else { Next::NONE }
            })
        }
        Node::Behind { is_not: true, node } => {
            let never = node.surely();
            then.and(|kind| match kind {
                WORDLIKE if WORD & !never == 0 => Next::NONE,
                OTHER if !WORD & !never == 0 => Next::NONE,
                _ => Next::ALL,
            })
        }
        Node::All(all) => all.iter().rev().fold(then, |then, node| of_node(node, then)),
        Node::Any(any) => any.iter().fold(Start::NONE, |start, node| start.or(of_node(node, then))),
        // After the first time it may come again, or what follows.
        Node::Repeat { min, node, .. } => {
            let again = of_node(node, Start::ALL).or(then);
            if *min == 0 { again } else { of_node(node, again) }
        }
        Node::Unknown => Start::ALL,
    }
}

/// Returns what the last character of a part may be; `None` if it may match nothing.
fn last(node: &Node) -> Option<Class> {
    match node {
        Node::One(class) => Some(*class),
        Node::Any(any) => {
            let mut all = any.iter().map(last);
            let first = all.next()??;
            all.try_fold(first, |class, next| Some(class.or(next?)))
        }
        Node::All(all) => last(all.last()?),
        _ => None,
    }
}
