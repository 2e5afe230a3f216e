//! Reads finished HTML: the ids in it, the links in it, its text by headings.
//!
//! In: HTML that rivage wrote (attributes in double quotes). Out: borrowed pieces of it. One pass, no tree.
//! Deliberately not here: HTML as browsers read it; content written by others is only looked at, never changed.

use std::borrow::Cow;

use memchr::{memchr, memchr_iter, memchr3, memmem};

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
            match bytes.first()? {
                b'<' => {}
                _ => {
                    let (text, after) = rest.split_at(memchr(b'<', bytes).unwrap_or(rest.len()));
                    self.rest = after;
                    return Some(Piece::Text(text));
                }
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
                    let is_end = |byte: &u8| byte.is_ascii_whitespace() || *byte == b'/';
                    let (name, attributes) =
                        tag.split_at(tag.bytes().position(|byte| is_end(&byte)).unwrap_or(tag.len()));
                    if name.eq_ignore_ascii_case("script") || name.eq_ignore_ascii_case("style") {
                        self.raw = Some(name);
                    }
                    return Some(Piece::Open(name, attributes));
                }
            }
        }
    }
}

impl Pieces<'_> {
    /// Goes on to the closing tag: raw text ends there and nowhere else.
    fn skip_raw(&mut self, name: &str) {
        let bytes = self.rest.as_bytes();
        let end = memmem::find_iter(bytes, b"</").find(|at| {
            let found = bytes[at + 2..].get(..name.len());
            found.is_some_and(|found| found.eq_ignore_ascii_case(name.as_bytes()))
        });
        self.rest = &self.rest[end.unwrap_or(bytes.len())..];
    }
}

/// The place of the `>` that ends the tag `html` starts with; one in a quoted value does not.
fn tag_end(html: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        at += memchr3(b'>', b'"', b'\'', &html[at..])?;
        if html[at] == b'>' {
            return Some(at);
        }
        // To behind the closing quote.
        at += memchr(html[at], &html[at + 1..])? + 2;
    }
}

/// Returns an attribute's value from what follows a tag's name, references not decoded.
pub fn attribute<'a>(attributes: &'a str, name: &str) -> Option<&'a str> {
    let mut rest = attributes;
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_ascii_whitespace() || c == '/');
        if rest.is_empty() {
            return None;
        }
        let end = rest.find(|c: char| c.is_ascii_whitespace() || c == '=' || c == '/').unwrap_or(rest.len());
        let (found, after) = rest.split_at(end);
        let mut value = "";
        rest = after;
        if let Some(after) = after.trim_start().strip_prefix('=') {
            let after = after.trim_start();
            let quote = after.chars().next().filter(|c| *c == '"' || *c == '\'');
            (value, rest) = match quote {
                Some(quote) => after[1..].split_once(quote).unwrap_or((&after[1..], "")),
                None => after.split_at(after.find(|c: char| c.is_ascii_whitespace()).unwrap_or(after.len())),
            };
        } else if found.is_empty() {
            // A stray character that is no name: step over it.
            rest = rest.get(rest.chars().next().map_or(0, char::len_utf8)..).unwrap_or_default();
        }
        if found.eq_ignore_ascii_case(name) {
            return Some(value);
        }
    }
}

/// Decodes the references that HTML writers use.
pub fn decode(text: &str) -> Cow<'_, str> {
    if !text.contains('&') {
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
    memchr_iter(b'd', attributes.as_bytes()).any(|at| attributes.as_bytes()[..at].ends_with(b"i"))
}

/// Returns all ids, in order.
pub fn ids(html: &str) -> Vec<String> {
    let found = pieces(html).filter_map(|piece| match piece {
        Piece::Open(_, attributes) if may_have_id(attributes) => attribute(attributes, "id"),
        _ => None,
    });
    found.filter(|id| !id.is_empty()).map(|id| decode(id).into_owned()).collect()
}

/// Returns the targets of all links, in order.
pub fn hrefs(html: &str) -> Vec<String> {
    let found = pieces(html).filter_map(|piece| match piece {
        Piece::Open("a", attributes) => attribute(attributes, "href"),
        _ => None,
    });
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
    for (number, word) in text.split(char::is_whitespace).enumerate() {
        if number > 0 {
            push_space(out);
        }
        out.push_str(word);
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
    fn broken_html_ends() {
        for html in ["<", "<a", "<a href=\"", "<!--", "</", "<script", "<script>", "a<b id=\"x\"", "< =", "<p ='x'>"] {
            let _ = (ids(html), hrefs(html), sections(html));
        }
    }
}
