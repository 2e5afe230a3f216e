//! PostgreSQL's text of arrays: `[0:1]={a,"b \"c\"",NULL,{…}}`. `None`: it is not of that form, and what was written is to be taken back.
//!
//! Deliberately not here: `box[]`, whose elements are divided by semicolons.

use super::{scalar, write_string};
use crate::oid::Oid;

/// PostgreSQL's own limit (`MAXDIM`).
const MAX_DEPTH: usize = 6;

pub(super) fn write(element: Oid, text: &[u8], out: &mut Vec<u8>) -> Option<()> {
    let mut reader = Reader { element, rest: skip_bounds(text)?, unescaped: Vec::new() };
    reader.array(1, out)?;
    reader.rest.is_empty().then_some(())
}

/// Skips the lower and upper bounds, which are there when an array does not start at 1.
fn skip_bounds(text: &[u8]) -> Option<&[u8]> {
    if !text.starts_with(b"[") {
        return Some(text);
    }
    let (bounds, values) = text.split_at(memchr::memchr(b'=', text)?);
    let known = |byte: &u8| byte.is_ascii_digit() || b"[]:-+".contains(byte);
    (bounds.ends_with(b"]") && bounds.iter().all(known)).then_some(&values[1..])
}

struct Reader<'a> {
    element: Oid,
    rest: &'a [u8],
    unescaped: Vec<u8>,
}

impl Reader<'_> {
    fn array(&mut self, depth: usize, out: &mut Vec<u8>) -> Option<()> {
        if depth > MAX_DEPTH {
            return None;
        }
        self.rest = self.rest.strip_prefix(b"{")?;
        out.push(b'[');
        if let Some(rest) = self.rest.strip_prefix(b"}") {
            self.rest = rest;
            out.push(b']');
            return Some(());
        }
        loop {
            match self.rest.first()? {
                b'{' => self.array(depth + 1, out)?,
                b'"' => self.quoted(out)?,
                _ => self.plain(out)?,
            }
            let (divider, rest) = self.rest.split_first()?;
            self.rest = rest;
            match divider {
                b',' => out.push(b','),
                b'}' => {
                    out.push(b']');
                    return Some(());
                }
                _ => return None,
            }
        }
    }

    /// An element without quotes has no character that would need them.
    fn plain(&mut self, out: &mut Vec<u8>) -> Option<()> {
        let end = self.rest.iter().position(|byte| b",{}\"\\".contains(byte))?;
        let (text, rest) = self.rest.split_at(end);
        self.rest = rest;
        if text.is_empty() {
            return None;
        }
        if text.eq_ignore_ascii_case(b"NULL") {
            out.extend_from_slice(b"null");
            return Some(());
        }
        write_element(self.element, text, out)
    }

    fn quoted(&mut self, out: &mut Vec<u8>) -> Option<()> {
        self.rest = self.rest.strip_prefix(b"\"")?;
        let end = memchr::memchr2(b'"', b'\\', self.rest)?;
        if self.rest[end] == b'"' {
            let (text, rest) = self.rest.split_at(end);
            self.rest = &rest[1..];
            return write_element(self.element, text, out);
        }
        self.unescaped.clear();
        loop {
            let end = memchr::memchr2(b'"', b'\\', self.rest)?;
            let (text, rest) = self.rest.split_at(end);
            self.unescaped.extend_from_slice(text);
            match rest {
                [b'"', rest @ ..] => {
                    self.rest = rest;
                    return write_element(self.element, &self.unescaped, out);
                }
                [_, escaped, rest @ ..] => {
                    self.unescaped.push(*escaped);
                    self.rest = rest;
                }
                _ => return None,
            }
        }
    }
}

/// An element that is not of its type's form is a string; what is around it may still be an array.
fn write_element(element: Oid, text: &[u8], out: &mut Vec<u8>) -> Option<()> {
    let start = out.len();
    if scalar::write(element, text, out).is_none() {
        out.truncate(start);
        write_string(text, out);
    }
    Some(())
}
