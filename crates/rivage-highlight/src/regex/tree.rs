//! An expression's syntax tree, as far as its first character needs it.
//!
//! In: an expression in Oniguruma's syntax. Out: a [`Node`], or `None` for what is not understood: then the expression is tried everywhere.
//! A tree may allow more than the expression does, never less. Deliberately not here: groups' numbers and names, greed.

/// Characters, as sets of the ASCII ones; those beyond are in or out together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Class {
    /// A character not in here does not match.
    pub(crate) may: u128,
    /// A character in here matches.
    pub(crate) must: u128,
    /// Whether a character beyond ASCII may match.
    pub(crate) other: bool,
}

impl Class {
    /// Perhaps any character.
    pub(crate) const UNKNOWN: Self = Self { may: !0, must: 0, other: true };
    const EMPTY: Self = Self { may: 0, must: 0, other: false };

    const fn exactly(ascii: u128, other: bool) -> Self {
        Self { may: ascii, must: ascii, other }
    }

    fn not(self) -> Self {
        Self { may: !self.must, must: !self.may, other: true }
    }

    pub(crate) fn or(self, with: Self) -> Self {
        Self { may: self.may | with.may, must: self.must | with.must, other: self.other || with.other }
    }

    fn and(self, with: Self) -> Self {
        Self { may: self.may & with.may, must: self.must & with.must, other: self.other && with.other }
    }

    /// Adds the other cases of letters. Some fold to characters beyond ASCII and back (`K` is `k`, `ſ` is `s`, `ß` is `ss`).
    fn any_case(self) -> Self {
        if self.other {
            return Self { must: self.must, ..Self::UNKNOWN };
        }
        let (upper, lower) = (range(b'A', b'Z'), range(b'a', b'z'));
        let may = self.may | (self.may & upper) << 32 | (self.may & lower) >> 32;
        Self { may, must: self.must, other: may & (upper | lower) != 0 }
    }
}

/// A part of an expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Node {
    /// Matches one character.
    One(Class),
    /// `^`, `\A`.
    Start,
    /// `$`, `\Z`.
    LineEnd,
    /// `\z`.
    End,
    /// `\b`, or `\B`.
    Boundary { is_not: bool },
    /// What comes next is, or is not, this.
    Ahead { is_not: bool, node: Box<Node> },
    /// What came before is, or is not, this.
    Behind { is_not: bool, node: Box<Node> },
    /// One after the other.
    All(Vec<Node>),
    /// One of them.
    Any(Vec<Node>),
    /// So many times.
    Repeat { min: u32, max: Option<u32>, node: Box<Node> },
    /// Matches something, or nothing: what another group has matched.
    Unknown,
}

impl Node {
    /// Returns the ASCII characters each of which suffices for a match.
    pub(crate) fn surely(&self) -> u128 {
        match self {
            Self::One(class) => class.must,
            Self::Any(any) => any.iter().fold(0, |sure, node| sure | node.surely()),
            _ => 0,
        }
    }
}

/// Keeps the beginning of an expression, and tells whether that is all of it. What is cut off may be anything.
pub(crate) fn beginning(node: Node, size: &mut usize) -> (Node, bool) {
    *size = size.saturating_sub(1);
    match node {
        Node::All(all) => {
            let mut kept = Vec::new();
            for node in all {
                if *size == 0 {
                    return (Node::All(kept), false);
                }
                let (node, is_all) = beginning(node, size);
                kept.push(node);
                if !is_all {
                    return (Node::All(kept), false);
                }
            }
            (Node::All(kept), true)
        }
        Node::Any(any) => {
            let mut are_all = true;
            let each = *size / any.len().max(1);
            let mut left = *size;
            let cut = |node| {
                let mut size = each.max(2);
                let before = size;
                let (node, is_all) = beginning(node, &mut size);
                left = left.saturating_sub(before - size);
                are_all &= is_all;
                node
            };
            let any = any.into_iter().map(cut).collect();
            *size = left;
            (Node::Any(any), are_all)
        }
        Node::Repeat { min, max, node } => match (beginning(*node, size), min) {
            ((node, true), _) => (Node::Repeat { min, max, node: Box::new(node) }, true),
            ((_, false), 0) => (Node::All(Vec::new()), false),
            ((node, false), _) => (node, false),
        },
        Node::Ahead { is_not: false, node } => {
            let (node, _) = beginning(*node, size);
            (Node::Ahead { is_not: false, node: Box::new(node) }, true)
        }
        node => (node, true),
    }
}

/// Parses an expression, and tells whether a part of it never gives back what it has matched.
pub(crate) fn parse(expression: &str) -> Option<(Node, bool)> {
    let mut parser = Parser { rest: expression, depth: 0, is_atomic: false };
    let node = parser.alternatives(Flags::default())?;
    parser.rest.is_empty().then_some((node, parser.is_atomic))
}

const fn range(from: u8, to: u8) -> u128 {
    let (mut set, mut byte) = (0, from);
    while byte <= to {
        set |= 1 << byte;
        byte += 1;
    }
    set
}

const DIGIT: u128 = range(b'0', b'9');
const ALPHA: u128 = range(b'A', b'Z') | range(b'a', b'z');
const HEX: u128 = DIGIT | range(b'A', b'F') | range(b'a', b'f');
/// What `\w` and `\b` take for a part of a word.
pub(crate) const WORD: u128 = DIGIT | ALPHA | 1 << b'_';
const PUNCTUATION: u128 = range(0x21, 0x7e) & !DIGIT & !ALPHA;
/// What Unicode calls symbols and versions of Oniguruma call punctuation or not.
const SYMBOLS: u128 =
    1 << b'$' | 1 << b'+' | 1 << b'<' | 1 << b'=' | 1 << b'>' | 1 << b'^' | 1 << b'`' | 1 << b'|' | 1 << b'~';

const SPACE: Class = Class::exactly(range(b'\t', b'\r') | 1 << b' ', true);

#[derive(Clone, Copy, Default)]
struct Flags {
    /// `i`
    any_case: bool,
    /// `x`
    spaced: bool,
    /// `m`: `.` matches line ends.
    dot_all: bool,
}

struct Parser<'e> {
    rest: &'e str,
    depth: usize,
    is_atomic: bool,
}

/// How deep groups are followed.
const MAX_DEPTH: usize = 64;

impl Parser<'_> {
    fn peek(&self) -> Option<char> {
        self.rest.chars().next()
    }

    fn next(&mut self) -> Option<char> {
        let next = self.peek()?;
        self.rest = &self.rest[next.len_utf8()..];
        Some(next)
    }

    fn eat(&mut self, text: &str) -> bool {
        let rest = self.rest.strip_prefix(text);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    /// Reads up to the end of the group around, which is left.
    fn alternatives(&mut self, flags: Flags) -> Option<Node> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return None;
        }
        let mut any = Vec::new();
        loop {
            any.push(self.sequence(flags)?);
            if !self.eat("|") {
                break;
            }
        }
        self.depth -= 1;
        if any.len() == 1 { any.pop() } else { Some(Node::Any(any)) }
    }

    fn sequence(&mut self, flags: Flags) -> Option<Node> {
        let mut all = Vec::new();
        while let Some(next) = self.peek().filter(|next| !matches!(next, '|' | ')')) {
            if flags.spaced && next.is_whitespace() {
                self.next();
            } else if flags.spaced && next == '#' {
                let end = self.rest.find('\n').unwrap_or(self.rest.len());
                self.rest = &self.rest[end..];
            } else if let Some(node) = self.atom(flags)? {
                let node = self.quantified(node, flags)?;
                all.push(node);
            }
        }
        if all.len() == 1 { all.pop() } else { Some(Node::All(all)) }
    }

    /// Reads what may follow a part: `*`, `+?`, `{2,}`.
    fn quantified(&mut self, mut node: Node, flags: Flags) -> Option<Node> {
        loop {
            // Whether a quantifier may stand apart is a question that no grammar should ask.
            if flags.spaced
                && self.rest.trim_start().starts_with(['*', '+', '?'])
                && !self.rest.starts_with(['*', '+', '?'])
            {
                return None;
            }
            let (min, max) = match self.peek() {
                Some('*') => (0, None),
                Some('+') => (1, None),
                Some('?') => (0, Some(1)),
                Some('{') => match interval(&self.rest[1..]) {
                    Some((length, min, max)) => {
                        self.rest = &self.rest[1 + length..];
                        (min, max)
                    }
                    None => return Some(node),
                },
                _ => return Some(node),
            };
            let is_interval = self.next() == Some('}');
            // `{2}?` is optional, unlike `+?`.
            let min = if is_interval && self.rest.starts_with('?') { 0 } else { min };
            // Greedy or not, it begins alike.
            let may_repeat = !self.eat("?") && self.eat("+");
            self.is_atomic |= may_repeat;
            // `{2}+` repeats, unlike `*+`.
            let max = max.filter(|_| !(may_repeat && is_interval));
            node = Node::Repeat { min, max, node: Box::new(node) };
        }
    }

    /// Reads one part; `Some(None)` is a remark.
    fn atom(&mut self, flags: Flags) -> Option<Option<Node>> {
        let node = match self.next()? {
            '(' => return self.group(flags),
            '[' => Node::One(self.class(flags)?),
            '.' => Node::One(Class::exactly(if flags.dot_all { !0 } else { !(1 << b'\n') }, true)),
            '^' => Node::Start,
            '$' => Node::LineEnd,
            '\\' => self.escape(flags)?,
            '*' | '+' | '?' => return None,
            // A quantifier that stands apart, as it may with `x`.
            '{' if interval(self.rest).is_some() => return None,
            literal => Node::One(one(literal, flags)),
        };
        Some(Some(node))
    }

    fn group(&mut self, flags: Flags) -> Option<Option<Node>> {
        if self.rest.starts_with('*') {
            return None;
        }
        let look = [("?=", false, false), ("?!", false, true), ("?<=", true, false), ("?<!", true, true)];
        for (start, behind, is_not) in look {
            if self.eat(start) {
                let node = Box::new(self.closed(flags)?);
                let node = if behind { Node::Behind { is_not, node } } else { Node::Ahead { is_not, node } };
                return Some(Some(node));
            }
        }
        if self.eat("?#") {
            let (remark, rest) = self.rest.split_once(')')?;
            self.rest = rest;
            return (!remark.contains('\\')).then_some(None);
        }
        if self.eat("?<") {
            let (_, rest) = self.rest.split_once('>')?;
            self.rest = rest;
        } else if self.eat("?>") {
            self.is_atomic = true;
        } else if !self.eat("?:") && self.eat("?") {
            return self.options(flags);
        }
        self.closed(flags).map(Some)
    }

    /// Reads `i-x:…)`, or `i-x)`, whose options hold up to the end of the group around, alternatives included.
    fn options(&mut self, mut flags: Flags) -> Option<Option<Node>> {
        let mut on = true;
        loop {
            match self.next()? {
                '-' => on = false,
                'i' => flags.any_case = on,
                'x' => flags.spaced = on,
                'm' => flags.dot_all = on,
                ':' => return self.closed(flags).map(Some),
                ')' => return self.alternatives(flags).map(Some),
                _ => return None,
            }
        }
    }

    fn closed(&mut self, flags: Flags) -> Option<Node> {
        let node = self.alternatives(flags)?;
        self.eat(")").then_some(node)
    }

    fn escape(&mut self, flags: Flags) -> Option<Node> {
        Some(match self.peek()? {
            'A' => self.then(Node::Start),
            'Z' => self.then(Node::LineEnd),
            'z' => self.then(Node::End),
            'b' => self.then(Node::Boundary { is_not: false }),
            'B' => self.then(Node::Boundary { is_not: true }),
            '1'..='9' => {
                while self.peek().is_some_and(|next| next.is_ascii_digit()) {
                    self.next();
                }
                Node::Unknown
            }
            'g' | 'k' if self.rest[1..].starts_with('<') => {
                let (_, rest) = self.rest.split_once('>')?;
                self.rest = rest;
                Node::Unknown
            }
            'R' => self.then(Node::One(Class { may: range(b'\n', b'\r'), must: 0, other: true })),
            _ => match self.escaped()? {
                Escaped::Char(char) => Node::One(one(char, flags)),
                Escaped::Class(class) => Node::One(class),
            },
        })
    }

    fn then(&mut self, node: Node) -> Node {
        self.next();
        node
    }

    /// Reads what follows a backslash and means the same in a class and outside.
    fn escaped(&mut self) -> Option<Escaped> {
        let class = |class| Some(Escaped::Class(class));
        let char = |char| Some(Escaped::Char(char));
        match self.next()? {
            'w' => class(Class::exactly(WORD, true)),
            'W' => class(Class::exactly(WORD, true).not()),
            'd' => class(Class::exactly(DIGIT, true)),
            'D' => class(Class::exactly(DIGIT, true).not()),
            's' => class(SPACE),
            'S' => class(SPACE.not()),
            'h' => class(Class::exactly(HEX, false)),
            'H' => class(Class::exactly(HEX, false).not()),
            capital @ ('p' | 'P') => {
                let (name, rest) = self.rest.strip_prefix('{')?.split_once('}')?;
                self.rest = rest;
                class(if capital == 'p' { property(name) } else { property(name).not() })
            }
            'n' => char('\n'),
            't' => char('\t'),
            'r' => char('\r'),
            'f' => char('\x0c'),
            'v' => char('\x0b'),
            'a' => char('\x07'),
            'e' => char('\x1b'),
            'x' => {
                let digits = if self.eat("{") {
                    let (digits, rest) = self.rest.split_once('}')?;
                    self.rest = rest;
                    digits
                } else {
                    let length = self.rest.bytes().take(2).take_while(u8::is_ascii_hexdigit).count();
                    let digits;
                    (digits, self.rest) = self.rest.split_at(length);
                    digits
                };
                // Two digits are a byte, which beyond ASCII is a part of a character.
                u32::from_str_radix(digits, 16)
                    .ok()
                    .filter(|code| *code < 0x80 || digits.len() > 2)
                    .and_then(char::from_u32)
                    .map(Escaped::Char)
            }
            'u' => {
                let digits = self.rest.get(..4)?;
                self.rest = &self.rest[4..];
                u32::from_str_radix(digits, 16).ok().and_then(char::from_u32).map(Escaped::Char)
            }
            literal
                if literal.is_ascii_punctuation() || matches!(literal, ' ' | '\n' | '\t') || !literal.is_ascii() =>
            {
                char(literal)
            }
            _ => None,
        }
    }

    /// Reads a class whose bracket is read.
    fn class(&mut self, flags: Flags) -> Option<Class> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return None;
        }
        let is_not = self.eat("^");
        let mut class = Class::EMPTY;
        let mut before_and: Option<Class> = None;
        let mut is_first = true;
        loop {
            let first = std::mem::replace(&mut is_first, false);
            if self.eat("&&") {
                before_and = Some(before_and.map_or(class, |before| before.and(class)));
                class = Class::EMPTY;
                continue;
            }
            if !first && self.eat("]") {
                break;
            }
            if self.eat("[:") {
                let (name, rest) = self.rest.split_once(":]")?;
                self.rest = rest;
                class = class.or(posix(name)?);
                continue;
            }
            if self.eat("[") {
                class = class.or(self.class(flags)?);
                continue;
            }
            let from = match self.next()? {
                '\\' if self.eat("b") => Escaped::Char('\x08'),
                '\\' => self.escaped()?,
                literal => Escaped::Char(literal),
            };
            match from {
                Escaped::Class(part) => {
                    class = class.or(part);
                    if self.rest.starts_with('-') && !self.rest.starts_with("-]") {
                        return None;
                    }
                }
                Escaped::Char(from) if self.rest.starts_with('-') && !self.rest.starts_with("-]") => {
                    self.next();
                    let to = match self.next()? {
                        '\\' => match self.escaped()? {
                            Escaped::Char(to) => to,
                            Escaped::Class(_) => return None,
                        },
                        '[' => return None,
                        '&' if self.rest.starts_with('&') => return None,
                        literal => literal,
                    };
                    if to < from {
                        return None;
                    }
                    let low = u8::try_from(from).ok().filter(u8::is_ascii);
                    let high = u8::try_from(to).ok().filter(u8::is_ascii);
                    let ascii = low.map_or(0, |low| range(low, high.unwrap_or(0x7f)));
                    class = class.or(cased(Class::exactly(ascii, high.is_none()), flags));
                    if self.rest.starts_with('-') && !self.rest.starts_with("-]") {
                        return None;
                    }
                }
                Escaped::Char(char) => class = class.or(one(char, flags)),
            }
        }
        self.depth -= 1;
        let class = before_and.map_or(class, |before| before.and(class));
        Some(if is_not { class.not() } else { class })
    }
}

enum Escaped {
    Char(char),
    Class(Class),
}

fn cased(class: Class, flags: Flags) -> Class {
    if flags.any_case { class.any_case() } else { class }
}

fn one(char: char, flags: Flags) -> Class {
    let ascii = u8::try_from(char).ok().filter(u8::is_ascii);
    cased(Class::exactly(ascii.map_or(0, |byte| 1 << byte), ascii.is_none()), flags)
}

/// Reads `2,3}` but for its end: its length and the two numbers; `None` for what is no interval, but text.
fn interval(text: &str) -> Option<(usize, u32, Option<u32>)> {
    let (inner, _) = text.split_once('}')?;
    let (from, to) = inner.split_once(',').unwrap_or((inner, inner));
    let number = |text: &str, none| if text.is_empty() { Some(none) } else { text.parse().ok().map(Some) };
    let (min, max) = (number(from, Some(0))?, number(to, None)?);
    let is_interval = !(inner.contains(['+', '-']) || from.is_empty() && to.is_empty());
    is_interval.then_some((inner.len(), min.unwrap_or(0), max))
}

/// What `\\p{name}` stands for.
fn property(name: &str) -> Class {
    match name {
        "L" | "Letter" | "Alpha" | "Alphabetic" => Class::exactly(ALPHA, true),
        "Lu" | "Upper" | "Uppercase_Letter" => Class::exactly(range(b'A', b'Z'), true),
        "Ll" | "Lower" | "Lowercase_Letter" => Class::exactly(range(b'a', b'z'), true),
        "N" | "Nd" | "Number" | "Digit" => Class::exactly(DIGIT, true),
        "Alnum" => Class::exactly(ALPHA | DIGIT, true),
        "Word" => Class::exactly(WORD, true),
        "Lt" | "Lm" | "Lo" | "Nl" | "No" | "M" | "Mn" | "Mc" => Class::exactly(0, true),
        _ => Class::UNKNOWN,
    }
}

/// What `[:name:]` stands for.
fn posix(name: &str) -> Option<Class> {
    let (name, is_not) = name.strip_prefix('^').map_or((name, false), |name| (name, true));
    let class = match name {
        "alpha" => Class::exactly(ALPHA, true),
        "digit" => Class::exactly(DIGIT, true),
        "alnum" => Class::exactly(ALPHA | DIGIT, true),
        "upper" => Class { may: ALPHA, must: 0, other: true },
        "lower" => Class { may: ALPHA, must: 0, other: true },
        "space" => SPACE,
        "punct" => Class { may: PUNCTUATION, must: PUNCTUATION & !SYMBOLS, other: true },
        "xdigit" => Class { may: HEX, must: HEX, other: true },
        "blank" => Class::exactly(1 << b' ' | 1 << b'\t', true),
        "word" => Class::exactly(WORD, true),
        "cntrl" | "graph" | "print" | "ascii" => Class::UNKNOWN,
        _ => return None,
    };
    Some(if is_not { class.not() } else { class })
}
