//! Reads finished HTML: the ids in it, the links in it, its text by headings.
//!
//! In: HTML that rivage wrote (attributes in double quotes). Out: borrowed pieces of it. One pass, no tree.
//! Deliberately not here: HTML as browsers read it; content written by others is only looked at, never changed.

use std::borrow::Cow;

use memchr::{memchr, memmem};

use super::SearchSection;

/// A piece of HTML.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    /// Text between tags, references not decoded.
    Text(&'a str),
    /// `<name …>`: name, what follows it up to the `>`.
    Open(&'a str, &'a str),
    /// `</name>`
    Close(&'a str),
}

/// Cuts HTML into pieces. Comments and doctypes are left out; what is in `<script>` and `<style>` too.
pub fn pieces(html: &str) -> Pieces<'_> {
    Pieces { rest: html, raw: None }
}

/// The [`pieces`] of a text.
pub struct Pieces<'a> {
    rest: &'a str,
    /// The element whose raw text comes next.
    raw: Option<&'a str>,
}

impl<'a> Iterator for Pieces<'a> {
    type Item = Piece<'a>;

    fn next(&mut self) -> Option<Piece<'a>> {
        if let Some(name) = self.raw.take() {
            self.skip_raw(name);
        }
        loop {
            let rest = self.rest;
            let bytes = rest.as_bytes();
            let begins_tag = |next: &u8| next.is_ascii_alphabetic() || matches!(next, b'/' | b'!' | b'?');
            if bytes.first()? != &b'<' || !bytes.get(1).is_some_and(begins_tag) {
                // A `<` that opens nothing is text.
                let end = memchr(b'<', &bytes[1..]).map_or(rest.len(), |end| end + 1);
                let (text, after) = rest.split_at(end);
                self.rest = after;
                return Some(Piece::Text(text));
            }
            if bytes.starts_with(b"<!--") {
                self.rest = memmem::find(&bytes[4..], b"-->").map_or("", |at| &rest[at + 7..]);
                continue;
            }
            let Some(end) = tag_end(bytes) else {
                self.rest = "";
                return Some(Piece::Text(rest));
            };
            let tag = &rest[1..end];
            self.rest = &rest[end + 1..];
            match tag.as_bytes().first() {
                Some(b'/') => return Some(Piece::Close(tag[1..].trim_end())),
                Some(b'!' | b'?') => {}
                _ => {
                    let (name, attributes) = split_name(tag);
                    self.raw = is_raw(name).then_some(name);
                    return Some(Piece::Open(name, attributes));
                }
            }
        }
    }
}

impl Pieces<'_> {
    /// Goes on to the closing tag: raw text ends there and nowhere else.
    fn skip_raw(&mut self, name: &str) {
        self.rest = &self.rest[raw_end(self.rest.as_bytes(), name)..];
    }
}

/// The [`Piece::Open`]s of a text, found several times faster than with what stands between them.
struct Tags<'a> {
    html: &'a str,
    at: usize,
}

fn tags(html: &str) -> Tags<'_> {
    Tags { html, at: 0 }
}

impl<'a> Iterator for Tags<'a> {
    type Item = (&'a str, &'a str);

    fn next(&mut self) -> Option<(&'a str, &'a str)> {
        let bytes = self.html.as_bytes();
        loop {
            let rest = &bytes[self.at..];
            let open = memchr(b'<', rest)?;
            let rest = &rest[open..];
            let open = self.at + open;
            match rest.get(1)? {
                b'!' if rest.starts_with(b"<!--") => {
                    self.at = memmem::find(&rest[4..], b"-->").map_or(bytes.len(), |at| open + at + 7);
                }
                b'/' | b'!' | b'?' => self.at = open + tag_end(rest)? + 1,
                first if first.is_ascii_alphabetic() => {
                    let tag = &self.html[open + 1..open + tag_end(rest)?];
                    self.at = open + tag.len() + 2;
                    let (name, attributes) = split_name(tag);
                    if is_raw(name) {
                        self.at += raw_end(&bytes[self.at..], name);
                    }
                    return Some((name, attributes));
                }
                _ => self.at = open + 1,
            }
        }
    }
}

/// The place of the `>` that ends the tag `html` starts with; one in a quoted value does not. Tags are short: most are read byte by byte.
fn tag_end(html: &[u8]) -> Option<usize> {
    let mut at = 1;
    loop {
        match *html.get(at)? {
            b'>' => return Some(at),
            // To behind the closing quote.
            quote @ (b'"' | b'\'') => at += memchr(quote, &html[at + 1..])? + 2,
            _ => at += 1,
        }
    }
}

/// Cuts a tag's name off.
fn split_name(tag: &str) -> (&str, &str) {
    let is_end = |byte: &u8| byte.is_ascii_whitespace() || *byte == b'/';
    tag.split_at(tag.as_bytes().iter().position(is_end).unwrap_or(tag.len()))
}

/// Reports whether what follows an opening tag is no HTML up to its closing tag.
fn is_raw(name: &str) -> bool {
    matches!(name.len(), 5 | 6) && (name.eq_ignore_ascii_case("script") || name.eq_ignore_ascii_case("style"))
}

/// The place where the raw text of an element ends.
fn raw_end(html: &[u8], name: &str) -> usize {
    let is_end = |at: &usize| {
        let found = html[at + 2..].get(..name.len());
        found.is_some_and(|found| found.eq_ignore_ascii_case(name.as_bytes()))
    };
    memmem::find_iter(html, b"</").find(is_end).unwrap_or(html.len())
}

/// Returns an attribute's value from what follows a tag's name, references not decoded.
pub fn attribute<'a>(attributes: &'a str, name: &str) -> Option<&'a str> {
    let bytes = attributes.as_bytes();
    let find = |from: usize, is_wanted: fn(u8) -> bool| {
        bytes[from..].iter().position(|byte| is_wanted(*byte)).map_or(bytes.len(), |at| from + at)
    };
    let mut at = 0;
    loop {
        let start = find(at, |byte| !byte.is_ascii_whitespace() && byte != b'/');
        if start == bytes.len() {
            return None;
        }
        let end = find(start, |byte| byte.is_ascii_whitespace() || byte == b'=' || byte == b'/');
        let mut value = "";
        at = end;
        let sign = find(end, |byte| !byte.is_ascii_whitespace());
        if bytes.get(sign) == Some(&b'=') {
            let first = find(sign + 1, |byte| !byte.is_ascii_whitespace());
            let (from, to) = match bytes.get(first) {
                Some(quote @ (b'"' | b'\'')) => {
                    let length = bytes[first + 1..].iter().position(|byte| byte == quote);
                    let to = length.map_or(bytes.len(), |length| first + 1 + length);
                    at = (to + 1).min(bytes.len());
                    (first + 1, to)
                }
                _ => {
                    at = find(first, |byte| byte.is_ascii_whitespace());
                    (first, at)
                }
            };
            value = &attributes[from..to];
        }
        if attributes[start..end].eq_ignore_ascii_case(name) {
            return Some(value);
        }
    }
}

/// Decodes the references that HTML writers use.
pub fn decode(text: &str) -> Cow<'_, str> {
    if memchr(b'&', text.as_bytes()).is_none() {
        return Cow::Borrowed(text);
    }
    let decoded = text
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&#39;", "'")
        .replace("&#x27;", "'")
        .replace("&nbsp;", "\u{a0}")
        .replace("&amp;", "&");
    Cow::Owned(decoded)
}

/// Reports whether there may be an attribute `id`: most tags have none, and looking closer takes time.
fn may_have_id(attributes: &str) -> bool {
    attributes.as_bytes().windows(2).any(|pair| matches!(pair, [b'i' | b'I', b'd' | b'D']))
}

/// Returns all ids, in order.
pub fn ids(html: &str) -> Vec<String> {
    let found = tags(html).filter(|(_, attributes)| may_have_id(attributes));
    let found = found.filter_map(|(_, attributes)| attribute(attributes, "id"));
    found.filter(|id| !id.is_empty()).map(|id| decode(id).into_owned()).collect()
}

/// Returns the targets of all links, in order.
pub fn hrefs(html: &str) -> Vec<String> {
    let found = tags(html).filter(|(name, _)| *name == "a");
    let found = found.filter_map(|(_, attributes)| attribute(attributes, "href"));
    found.map(|href| decode(href).into_owned()).collect()
}

/// Tags whose text is no part of what a page says.
fn is_silent(name: &str) -> bool {
    matches!(name, "svg" | "button" | "template" | "noscript" | "math" | "nav")
}

/// Tags that do not end a word.
fn is_inline(name: &str) -> bool {
    matches!(
        name,
        "a" | "abbr"
            | "b"
            | "bdi"
            | "bdo"
            | "cite"
            | "code"
            | "del"
            | "em"
            | "i"
            | "ins"
            | "kbd"
            | "mark"
            | "s"
            | "small"
            | "span"
            | "strong"
            | "sub"
            | "sup"
    )
}

/// Returns the text by headings of depth 2 to 4 that have an id; the first section is what stands before them.
pub fn sections(html: &str) -> Vec<SearchSection> {
    let mut sections = vec![SearchSection::default()];
    let mut silent: Option<(&str, usize)> = None;
    let mut in_heading = false;
    for piece in pieces(html) {
        if let Some((name, depth)) = &mut silent {
            match piece {
                Piece::Open(open, attributes) if open == *name && !attributes.ends_with('/') => *depth += 1,
                Piece::Close(close) if close == *name => {
                    *depth -= 1;
                    if *depth == 0 {
                        silent = None;
                    }
                }
                _ => {}
            }
            continue;
        }
        let Some(section) = sections.last_mut() else { break };
        match piece {
            Piece::Open(name, attributes) if is_silent(name) && !attributes.ends_with('/') => {
                silent = Some((name, 1));
            }
            Piece::Open("h2" | "h3" | "h4", attributes) => {
                let id = attribute(attributes, "id").map(|id| decode(id).into_owned()).unwrap_or_default();
                if !id.is_empty() {
                    sections.push(SearchSection { id, ..SearchSection::default() });
                    in_heading = true;
                }
            }
            Piece::Close("h2" | "h3" | "h4") => in_heading = false,
            Piece::Text(text) => {
                let target = if in_heading { &mut section.title } else { &mut section.text };
                push_collapsed(target, &decode(text));
            }
            Piece::Open(name, _) | Piece::Close(name) => {
                if !is_inline(name) && !section.text.is_empty() && !section.text.ends_with(' ') {
                    section.text.push(' ');
                }
            }
        }
    }
    for section in &mut sections {
        section.title.truncate(section.title.trim_end().len());
        section.text.truncate(section.text.trim_end().len());
    }
    sections.retain(|section| !section.id.is_empty() || !section.text.is_empty());
    sections
}

fn push_collapsed(out: &mut String, text: &str) {
    let push_space = |out: &mut String| {
        if !out.is_empty() && !out.ends_with(' ') {
            out.push(' ');
        }
    };
    // Most text is words of ASCII, one space apart.
    let is_plain = |byte: &u8| matches!(byte, b'!'..=b'~');
    let mut rest = text;
    while !rest.is_empty() {
        let bytes = rest.as_bytes();
        let mut end = 0;
        while let Some(word) = bytes[end..].iter().position(|byte| !is_plain(byte)) {
            end += word;
            match bytes[end..] {
                [b' ', next, ..] if word > 0 && is_plain(&next) => end += 1,
                _ => break,
            }
        }
        if bytes[end..].iter().all(is_plain) {
            end = bytes.len();
        }
        out.push_str(&rest[..end]);
        rest = &rest[end..];
        let Some(next) = rest.chars().next() else { break };
        if next.is_whitespace() {
            push_space(out);
        } else {
            out.push(next);
        }
        rest = &rest[next.len_utf8()..];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_found_in_any_tag_and_quotes_do_not_end_tags() {
        assert_eq!(
            ids(r#"<h2 title="a > b" id="x">X</h2><p id='y'><!-- <i id="no"> --><br id=z></p>"#),
            ["x", "y", "z"]
        );
    }

    #[test]
    fn raw_text_holds_no_tags() {
        assert_eq!(ids(r#"<script>"<p id='a'>"</script><p id="b">"#), ["b"]);
    }

    #[test]
    fn a_name_inside_another_is_not_it() {
        assert_eq!(attribute(r#" data-id="1" id="2""#, "id"), Some("2"));
        assert_eq!(attribute(" hidden", "id"), None);
        assert_eq!(attribute(" hidden", "hidden"), Some(""));
    }

    #[test]
    fn text_is_cut_at_headings() {
        let found =
            sections("<p>Be<b>fore</b></p><h2 id=\"a\">A &amp; B<svg><title>no</title></svg></h2><p>x\n y</p><p>z</p>");
        let flat: Vec<_> = found.iter().map(|s| (s.id.as_str(), s.title.as_str(), s.text.as_str())).collect();
        assert_eq!(flat, [("", "", "Before"), ("a", "A & B", "x y z")]);
    }

    #[test]
    fn white_space_becomes_one_space() {
        for (text, expected) in [
            ("a b  c\n d", "a b c d"),
            (" a", "a"),
            ("a ", "a "),
            ("é  à\u{a0}x y", "é à x y"),
            ("a \u{2003}b\tc", "a b c"),
            ("   ", ""),
        ] {
            let mut out = String::new();
            push_collapsed(&mut out, text);
            assert_eq!(out, expected, "{text:?}");
        }
    }

    #[test]
    fn attributes_may_stand_in_any_way() {
        for (attributes, expected) in [
            (" a=1 id = 'x' ", Some("x")),
            ("/id=x/y", Some("x/y")),
            (" id=\"a'b\"c", Some("a'b")),
            (" title=\"id=y\" ID=x", Some("x")),
            (" ='id' id", Some("")),
            (" id=\"x", Some("x")),
            (" id=", Some("")),
            (" title='x", None),
            (" é=\"1\"é id=ü", Some("ü")),
        ] {
            assert_eq!(attribute(attributes, "id"), expected, "{attributes}");
        }
    }

    proptest::proptest! {
        #[test]
        fn tags_are_those_among_the_pieces(
            html in "(<|</|>|\"|'|a|b|p|id|=| |/|!|--|<!--|-->|<script>|</script>|<style a>|</sTyle|é|<a id=\"x\">|</b>){0,30}"
        ) {
            let open = pieces(&html).filter_map(|piece| match piece {
                Piece::Open(name, attributes) => Some((name, attributes)),
                _ => None,
            });
            proptest::prop_assert_eq!(tags(&html).collect::<Vec<_>>(), open.collect::<Vec<_>>());
        }
    }

    #[test]
    fn broken_html_ends() {
        for html in ["<", "<a", "<a href=\"", "<!--", "</", "<script", "<script>", "a<b id=\"x\"", "< =", "<p ='x'>"] {
            let _ = (ids(html), hrefs(html), sections(html));
        }
    }
}
