//! Text, attribute values and URLs as HTML has them.
//!
//! In: text. Out: the same, appended with what HTML needs escaped. Deliberately not here: which attributes there are.

use std::borrow::Cow;
use std::fmt::Write as _;

/// Appends text.
pub fn push_text(text: &str, out: &mut String) {
    push_escaped(text, out, |byte| match byte {
        b'&' => Some("&amp;"),
        b'<' => Some("&lt;"),
        b'>' => Some("&gt;"),
        _ => None,
    });
}

/// Appends what stands between double quotes.
pub(super) fn push_quoted(text: &str, out: &mut String) {
    push_escaped(text, out, |byte| match byte {
        b'&' => Some("&amp;"),
        b'"' => Some("&quot;"),
        b'<' => Some("&lt;"),
        b'>' => Some("&gt;"),
        _ => None,
    });
}

/// Appends ` name="value"`.
pub fn push_attribute(name: &str, value: &str, out: &mut String) {
    out.push(' ');
    out.push_str(name);
    out.push_str("=\"");
    push_quoted(value, out);
    out.push('"');
}

/// Returns text with `&`, `<` and `>` escaped.
pub fn escape_text(text: &str) -> Cow<'_, str> {
    if !text.bytes().any(|byte| matches!(byte, b'&' | b'<' | b'>')) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    push_text(text, &mut out);
    Cow::Owned(out)
}

/// Returns a URL in which everything is percent-encoded that cannot stand in one; what is encoded already stays.
pub fn encode_url(url: &str) -> Cow<'_, str> {
    let bytes = url.as_bytes();
    let is_fine = |index: usize| match bytes[index] {
        b'%' => {
            let digit = |offset: usize| bytes.get(index + offset).is_some_and(u8::is_ascii_alphanumeric);
            digit(1) && digit(2)
        }
        byte => byte.is_ascii_alphanumeric() || b"!#$&'()*+,-./:;=?@_~".contains(&byte),
    };
    let Some(first) = (0..bytes.len()).find(|&index| !is_fine(index)) else { return Cow::Borrowed(url) };
    let mut out = String::with_capacity(url.len() + 16);
    out.push_str(&url[..first]);
    for (index, &byte) in bytes.iter().enumerate().skip(first) {
        if is_fine(index) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    Cow::Owned(out)
}

/// Returns the text of HTML: without tags and comments, references decoded.
pub fn text_of(html: &str) -> String {
    let mut out = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(at) = rest.find(['<', '&']) {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        if rest.starts_with('&') {
            let (character, length) = reference(rest);
            out.push(character);
            rest = &rest[length..];
        } else if let Some(note) = rest.strip_prefix("<sup><a href=\"#fn-") {
            // A footnote's number is no part of the text.
            rest = note.find("</sup>").map_or("", |end| &note[end + "</sup>".len()..]);
        } else if rest.starts_with("<!--") {
            rest = rest.find("-->").map_or("", |end| &rest[end + 3..]);
        } else {
            rest = tag_end(rest).map_or("", |end| &rest[end..]);
        }
    }
    out.push_str(rest);
    out
}

fn push_escaped(text: &str, out: &mut String, escape: impl Fn(u8) -> Option<&'static str>) {
    let mut start = 0;
    for (index, byte) in text.bytes().enumerate() {
        if let Some(escaped) = escape(byte) {
            out.push_str(&text[start..index]);
            out.push_str(escaped);
            start = index + 1;
        }
    }
    out.push_str(&text[start..]);
}

/// Decodes the references that we write ourselves.
fn reference(text: &str) -> (char, usize) {
    for (name, character) in [("&amp;", '&'), ("&lt;", '<'), ("&gt;", '>'), ("&quot;", '"'), ("&#39;", '\'')] {
        if text.starts_with(name) {
            return (character, name.len());
        }
    }
    ('&', 1)
}

fn tag_end(text: &str) -> Option<usize> {
    let mut quote = None;
    for (index, byte) in text.bytes().enumerate() {
        match (quote, byte) {
            (None, b'>') => return Some(index + 1),
            (None, b'"' | b'\'') => quote = Some(byte),
            (Some(open), _) if open == byte => quote = None,
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_encoded_once() {
        for (url, expect) in [
            ("/a/b?c=d&e=f#g", "/a/b?c=d&e=f#g"),
            ("/a/{id}", "/a/%7Bid%7D"),
            ("a b\"c", "a%20b%22c"),
            ("/%20/%/ä", "/%20/%25/%C3%A4"),
            ("[a]\\`^|", "%5Ba%5D%5C%60%5E%7C"),
        ] {
            assert_eq!(encode_url(url), expect);
        }
    }

    #[test]
    fn the_text_of_html_has_no_markup() {
        assert_eq!(text_of("a <code>&lt;b&gt;</code> <img alt=\"x > y\"> &amp; c"), "a <b>  & c");
        assert_eq!(text_of("a<sup><a href=\"#fn-1\" id=\"fnref-1\">1</a></sup> b<!-- c --> d"), "a b d");
        assert_eq!(text_of("a <b"), "a ");
    }
}
