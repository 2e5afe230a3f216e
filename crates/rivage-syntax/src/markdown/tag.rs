//! Where the parts of an opening tag stand.
//!
//! In: bytes and the place of a `<`. Out: spans of its name and attributes, or where and why it is no tag. Good enough for places
//! and messages: what a tag *is* the parser decides. Deliberately not here: values, closing of elements.

use super::container::{self, Container};
use super::script;

/// An opening (or closing) tag.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Tag {
    /// First byte and end of the name; empty for a fragment.
    pub(super) name: (usize, usize),
    /// Its attributes in order.
    pub(super) attributes: Vec<Place>,
    /// Whether it is `/>` that ends it.
    pub(super) self_closing: bool,
    /// After the `>`.
    pub(super) end: usize,
}

/// An attribute's place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// The first byte.
    pub(super) start: usize,
    /// After the last byte.
    pub(super) end: usize,
    /// What is between quotes or braces.
    pub(super) value: Option<(usize, usize)>,
}

/// Why something is no tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Problem {
    /// The text ends before the tag.
    Unclosed,
    /// A value's quote is never closed.
    UnclosedQuote,
    /// A value's or spread's brace is never closed.
    UnclosedBrace,
    /// `b=` without a quote or brace.
    UnquotedValue,
    /// Something that cannot be there.
    Unexpected,
    /// Braces among attributes without `...`.
    NotASpread,
    /// `</a b>`
    AttributeInClosingTag,
}

/// Scans the tag whose `<` is at `start`; what its containers put before further lines is skipped. An error is the problem and
/// its place.
pub(super) fn scan(bytes: &[u8], start: usize, containers: &[Container]) -> Result<Tag, (Problem, usize)> {
    let mut scanner = Scanner { bytes, at: start + 1, containers };
    let closing = scanner.eat(b'/');
    let mut tag = Tag::default();
    let name_start = scanner.at;
    scanner.name();
    tag.name = (name_start, scanner.at);
    loop {
        scanner.space();
        match scanner.peek() {
            None => return Err((Problem::Unclosed, start)),
            Some(b'>') => {
                tag.end = scanner.at + 1;
                return Ok(tag);
            }
            Some(b'/') => {
                scanner.at += 1;
                scanner.space();
                if scanner.peek() != Some(b'>') {
                    return Err((Problem::Unexpected, scanner.at.min(bytes.len())));
                }
                tag.self_closing = true;
            }
            Some(_) if closing => return Err((Problem::AttributeInClosingTag, scanner.at)),
            Some(b'{') => {
                let open = scanner.at;
                let end = script::braces_end(bytes, open).ok_or((Problem::UnclosedBrace, open))?;
                if !bytes[open + 1..end].trim_ascii_start().starts_with(b"...") {
                    return Err((Problem::NotASpread, open));
                }
                tag.attributes.push(Place { start: open, end, value: Some((open + 1, end - 1)) });
                scanner.at = end;
            }
            Some(_) => {
                let place = scanner.attribute()?;
                tag.attributes.push(place);
            }
        }
    }
}

struct Scanner<'a> {
    bytes: &'a [u8],
    at: usize,
    containers: &'a [Container],
}

impl Scanner<'_> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn eat(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn space(&mut self) {
        while let Some(byte) = self.peek().filter(u8::is_ascii_whitespace) {
            self.at += 1;
            if byte == b'\n' {
                self.at = container::content_start(self.containers, self.bytes, self.at).unwrap_or(self.at);
            }
        }
    }

    fn name(&mut self) {
        while self.peek().is_some_and(is_name_byte) {
            self.at += 1;
        }
    }

    fn attribute(&mut self) -> Result<Place, (Problem, usize)> {
        let start = self.at;
        self.name();
        let name_end = self.at;
        if name_end == start {
            return Err((Problem::Unexpected, start));
        }
        self.space();
        if !self.eat(b'=') {
            return Ok(Place { start, end: name_end, value: None });
        }
        self.space();
        let open = self.at;
        match self.peek() {
            Some(quote @ (b'"' | b'\'')) => {
                let rest = &self.bytes[open + 1..];
                let length = rest.iter().position(|&byte| byte == quote).ok_or((Problem::UnclosedQuote, open))?;
                self.at = open + 1 + length + 1;
                Ok(Place { start, end: self.at, value: Some((open + 1, self.at - 1)) })
            }
            Some(b'{') => {
                let end = script::braces_end(self.bytes, open).ok_or((Problem::UnclosedBrace, open))?;
                self.at = end;
                Ok(Place { start, end, value: Some((open + 1, end - 1)) })
            }
            Some(_) => Err((Problem::UnquotedValue, open)),
            None => Err((Problem::Unclosed, start)),
        }
    }
}

/// Reports whether a byte can be in a name, with its dots, colons and dashes.
pub(super) fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$' | b'-' | b'.' | b':') || byte >= 0x80
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(source: &str, attributes: &[&str]) {
        let tag = scan(source.as_bytes(), 0, &[]).expect("a tag");
        let found: Vec<&str> = tag.attributes.iter().map(|place| &source[place.start..place.end]).collect();
        assert_eq!(found, attributes);
    }

    #[test]
    fn attributes_have_places() {
        check("<A>", &[]);
        check("<A b c=\"d\" e={'}'} {...f}/>", &["b", "c=\"d\"", "e={'}'}", "{...f}"]);
        check("<A\n  b =\n 'c'\n>", &["b =\n 'c'"]);
    }

    #[test]
    fn markers_of_containers_are_no_part_of_a_tag() {
        let source = "> <A\n> b\n>   c='d'\n> />";
        let tag = scan(source.as_bytes(), 2, &[Container::Quote]).expect("a tag");
        let found: Vec<&str> = tag.attributes.iter().map(|place| &source[place.start..place.end]).collect();
        assert_eq!((found, tag.self_closing, tag.end), (vec!["b", "c='d'"], true, source.len()));
    }

    #[test]
    fn problems_have_places() {
        assert_eq!(scan(b"<A b=1>", 0, &[]), Err((Problem::UnquotedValue, 5)));
        assert_eq!(scan(b"<A b=\"1>", 0, &[]), Err((Problem::UnclosedQuote, 5)));
        assert_eq!(scan(b"<A b={1>", 0, &[]), Err((Problem::UnclosedBrace, 5)));
        assert_eq!(scan(b"<A", 0, &[]), Err((Problem::Unclosed, 0)));
        assert_eq!(scan(b"<A b=\"a\\\"c\">", 0, &[]), Err((Problem::Unexpected, 10)));
        assert_eq!(scan(b"<A {b}>", 0, &[]), Err((Problem::NotASpread, 3)));
        assert_eq!(scan(b"</A b>", 0, &[]), Err((Problem::AttributeInClosingTag, 4)));
    }
}
