//! Minifies HTML.
//!
//! In: HTML as layouts and content make it. Out: the same page with less white space and without comments, in one pass. What is read on
//! the page stays the same: white space goes only where HTML ignores it, next to block-level tags, and a run of it becomes one space elsewhere.
//! Deliberately not here: attributes and optional tags (kept as they are), scripts and styles ([`super::assets`]).

use std::borrow::Cow;

use memchr::{memchr, memmem};

/// What an element means for the white space next to its tags.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// It starts and ends lines: white space there is not shown.
    Block,
    /// It shows nothing itself: what is before and after it is next to each other.
    Invisible,
    /// It stands in a line.
    Inline,
}

fn place(name: &[u8]) -> Place {
    match name {
        b"address" | b"article" | b"aside" | b"base" | b"blockquote" | b"body" | b"br" | b"caption" | b"col"
        | b"colgroup" | b"dd" | b"details" | b"dialog" | b"div" | b"dl" | b"dt" | b"fieldset" | b"figcaption"
        | b"figure" | b"footer" | b"form" | b"h1" | b"h2" | b"h3" | b"h4" | b"h5" | b"h6" | b"head" | b"header"
        | b"hgroup" | b"hr" | b"html" | b"legend" | b"li" | b"main" | b"menu" | b"meta" | b"nav" | b"ol"
        | b"optgroup" | b"option" | b"p" | b"pre" | b"search" | b"section" | b"source" | b"summary" | b"table"
        | b"tbody" | b"td" | b"tfoot" | b"th" | b"thead" | b"title" | b"tr" | b"track" | b"ul" | b"center" | b"dir"
        | b"frameset" | b"!doctype" => Place::Block,
        b"script" | b"style" | b"link" | b"template" => Place::Invisible,
        _ => Place::Inline,
    }
}

/// Reports whether an element's content is copied as it is. Code in text may be styled to keep its spaces.
fn is_verbatim(name: &[u8]) -> bool {
    matches!(name, b"pre" | b"textarea" | b"script" | b"style" | b"code")
}

/// Returns the HTML without what browsers ignore.
pub fn minify(html: &str) -> String {
    let mut minifier = Minifier { out: String::with_capacity(html.len()), is_edge: true, has_space: false };
    let mut rest = html;
    while !rest.is_empty() {
        rest = minifier.step(rest);
    }
    minifier.out
}

struct Minifier {
    out: String,
    /// Whether what was written last is a block's tag, after which white space is not shown.
    is_edge: bool,
    /// Whether white space was read that is not written yet.
    has_space: bool,
}

impl Minifier {
    /// Reads one piece of text or one tag, and returns what follows it.
    fn step<'h>(&mut self, html: &'h str) -> &'h str {
        if let Some(comment) = html.strip_prefix("<!--") {
            return self.comment(html, comment);
        }
        match tag(html) {
            Some(tag) => self.tag(html, &tag),
            None => {
                // The first byte may be a `<` that opens nothing.
                let end = memchr(b'<', &html.as_bytes()[1..]).map_or(html.len(), |end| end + 1);
                self.text(&html[..end]);
                &html[end..]
            }
        }
    }

    fn text(&mut self, text: &str) {
        let bytes = text.as_bytes();
        let blanks = |from: usize| bytes[from..].iter().take_while(|byte| is_blank(**byte)).count();
        let mut start = blanks(0);
        self.has_space |= start > 0;
        while start < bytes.len() {
            self.space();
            let end = start + words(&bytes[start..]);
            self.out.push_str(&text[start..end]);
            self.is_edge = false;
            let gap = blanks(end);
            self.has_space = gap > 0;
            start = end + gap;
        }
    }

    /// Writes the white space that was read, unless it is not shown.
    fn space(&mut self) {
        if std::mem::take(&mut self.has_space) && !self.is_edge {
            self.out.push(' ');
        }
    }

    fn comment<'h>(&mut self, html: &'h str, inner: &str) -> &'h str {
        // `<!-->` and `<!--->` are whole comments, too.
        let end = if inner.starts_with('>') {
            5
        } else if inner.starts_with("->") {
            6
        } else {
            inner.find("-->").map_or(html.len(), |end| end + "<!---->".len())
        };
        let (comment, rest) = html.split_at(end);
        // Texts that a comment keeps apart could become a tag or a character reference.
        let touches = !self.has_space
            && self.out.ends_with(|c: char| c == '<' || c == '&' || c == '#' || c.is_ascii_alphanumeric())
            && !rest.starts_with(['<', ' ', '\n', '\t', '\r'])
            && !rest.is_empty();
        if inner.starts_with("[if") || touches {
            self.space();
            self.out.push_str(comment);
        }
        rest
    }

    fn tag<'h>(&mut self, html: &'h str, tag: &Tag) -> &'h str {
        if !tag.is_whole {
            // Looking on would find the same at every `<` that follows.
            self.space();
            self.out.push_str(html);
            return "";
        }
        let name = lower(&html[tag.name.clone()]);
        let name = name.as_bytes();
        match place(name) {
            Place::Block => {
                self.has_space = false;
                self.is_edge = true;
            }
            Place::Invisible => self.space(),
            Place::Inline => {
                self.space();
                self.is_edge = false;
            }
        }
        if tag.is_tight {
            self.out.push_str(&html[..tag.end]);
        } else {
            squeeze(&html[..tag.end], &mut self.out);
        }
        let rest = &html[tag.end..];
        if tag.is_end || !is_verbatim(name) {
            return rest;
        }
        let end = find_end_tag(rest, name);
        self.out.push_str(&rest[..end]);
        &rest[end..]
    }
}

fn lower(name: &str) -> Cow<'_, str> {
    if name.bytes().any(|byte| byte.is_ascii_uppercase()) {
        Cow::Owned(name.to_ascii_lowercase())
    } else {
        Cow::Borrowed(name)
    }
}

/// Returns the length of the words at the start that are one space apart.
fn words(bytes: &[u8]) -> usize {
    /// Looked at together, which takes a few instructions.
    const BLOCK: usize = 32;
    // Of what is no gap, only other control characters look like one.
    let may_be_gap = |byte: u8, next: u8| byte < b' ' || (byte == b' ' && next <= b' ');
    let mut at = 0;
    while let Some(block) = bytes.get(at..=at + BLOCK) {
        let pairs = block[..BLOCK].iter().zip(&block[1..]);
        if pairs.fold(false, |found, (byte, next)| found | may_be_gap(*byte, *next)) {
            break;
        }
        at += BLOCK;
    }
    while let Some(&byte) = bytes.get(at) {
        let is_lone = byte == b' ' && bytes.get(at + 1).is_some_and(|next| !is_blank(*next));
        if is_blank(byte) && !is_lone {
            break;
        }
        at += 1;
    }
    at
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | b'\x0c')
}

/// A tag at the start of a text.
struct Tag {
    name: std::ops::Range<usize>,
    is_end: bool,
    /// The byte after the `>`, or the text's end.
    end: usize,
    /// Whether there is a `>`.
    is_whole: bool,
    /// Whether its attributes have certainly no more white space than they need.
    is_tight: bool,
}

/// Reads a tag or doctype; none where there is none.
fn tag(html: &str) -> Option<Tag> {
    let bytes = html.as_bytes();
    let is_end = bytes.get(1) == Some(&b'/');
    let start = 1 + usize::from(is_end);
    let first = *bytes.get(start)?;
    if bytes[0] != b'<' || !(first.is_ascii_alphabetic() || (first == b'!' && !is_end)) {
        return None;
    }
    let name = bytes[start..].iter().take_while(|byte| !is_blank(**byte) && !matches!(byte, b'/' | b'>')).count();
    let name = start..start + name;
    let mut is_tight = true;
    let mut at = name.end;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'>' => {
                let is_tight = is_tight && bytes[at - 1] != b' ';
                return Some(Tag { name, is_end, end: at + 1, is_whole: true, is_tight });
            }
            // A quote opens a value only behind `=`; elsewhere it is a stray letter.
            b'"' | b'\'' if bytes[at - 1] == b'=' || html[..at].trim_end().ends_with('=') => {
                let Some(length) = memchr(byte, &bytes[at + 1..]) else { break };
                at += length + 1;
            }
            b'\t' | b'\n' | b'\r' | b'\x0c' => is_tight = false,
            b' ' if bytes[at - 1] == b' ' => is_tight = false,
            _ => {}
        }
        at += 1;
    }
    Some(Tag { name, is_end, end: html.len(), is_whole: false, is_tight: false })
}

/// Appends a tag with one space between its attributes.
fn squeeze(tag: &str, out: &mut String) {
    let mut quote = None;
    let mut has_space = false;
    let mut start = 0;
    for (at, byte) in tag.bytes().enumerate() {
        if quote.is_none() && is_blank(byte) {
            if !has_space {
                out.push_str(&tag[start..at]);
            }
            has_space = true;
            continue;
        }
        if std::mem::take(&mut has_space) {
            start = at;
            if byte != b'>' {
                out.push(' ');
            }
        }
        match (quote, byte) {
            (None, b'"' | b'\'') if tag[..at].trim_end().ends_with('=') => quote = Some(byte),
            (Some(open), close) if open == close => quote = None,
            _ => {}
        }
    }
    out.push_str(&tag[start..]);
}

/// Returns where an element's end tag starts, or the text's end.
fn find_end_tag(html: &str, name: &[u8]) -> usize {
    let bytes = html.as_bytes();
    memmem::find_iter(bytes, "</")
        .find(|at| {
            let after = &bytes[at + 2..];
            after.get(..name.len()).is_some_and(|found| found.eq_ignore_ascii_case(name))
                && !after.get(name.len()).is_some_and(u8::is_ascii_alphanumeric)
        })
        .unwrap_or(html.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(html: &str, expect: &str) {
        assert_eq!(minify(html), expect);
        assert_eq!(minify(expect), expect, "again");
    }

    #[test]
    fn white_space_goes_where_it_is_not_shown() {
        check(
            "<!doctype html>\n<html>\n  <head>\n    <title> A  b </title>\n    <meta charset=\"utf-8\">\n  </head>\n  <body>\n  </body>\n</html>\n",
            "<!doctype html><html><head><title>A b</title><meta charset=\"utf-8\"></head><body></body></html>",
        );
        check("<ul>\n <li> a </li>\n <li>b</li>\n</ul>", "<ul><li>a</li><li>b</li></ul>");
        check("<p>a\n<br>\nb</p>", "<p>a<br>b</p>");
        check("</div>\n<script src=\"a\"></script>\n\n</body>", "</div><script src=\"a\"></script></body>");
    }

    #[test]
    fn one_space_stays_between_what_is_read() {
        check("<p>a\n  b <b> c </b> <i>d</i>\n</p>", "<p>a b <b> c </b> <i>d</i></p>");
        check("<p>a <!-- x --> b</p>", "<p>a b</p>");
        check("<p>\u{a0} a</p>", "<p>\u{a0} a</p>");
        check("a < b <3 é", "a < b <3 é");
        check("<p>a <script>1</script> b</p>", "<p>a <script>1</script> b</p>");
    }

    #[test]
    fn code_and_scripts_are_kept() {
        check("<pre>\n  a\n  <b>b  c</b>\n</pre> <p>", "<pre>\n  a\n  <b>b  c</b>\n</pre><p>");
        check("<p><code>a  b</code></p>", "<p><code>a  b</code></p>");
        check("<textarea>\n a </textarea>", "<textarea>\n a </textarea>");
        check("<script>if (a </b/)  { x }</SCRIPT >", "<script>if (a </b/)  { x }</SCRIPT>");
        check("<preface>  a </preface>", "<preface> a </preface>");
        check("<pre>\n  a", "<pre>\n  a");
    }

    #[test]
    fn comments_go_but_for_conditions() {
        check("<p>a</p><!-- b -->\n<p>c</p>", "<p>a</p><p>c</p>");
        check("<!--[if IE]> a  b <![endif]--><p>", "<!--[if IE]> a  b <![endif]--><p>");
        check("<!-->a<!--->b", "a<!--->b");
        check("&am<!-- -->p;", "&am<!-- -->p;");
        check("<<!-- -->b>", "<<!-- -->b>");
        check("<p>a<!-- b", "<p>a");
    }

    #[test]
    fn attributes_are_kept() {
        check("<a\n  title=\"a  > b\"\n  href='x  y'\n>c</a>", "<a title=\"a  > b\" href='x  y'>c</a>");
        check("<a href=x />", "<a href=x />");
        check("a <p title=\"a  b", "a <p title=\"a  b");
        check("<p it's>a</p>", "<p it's>a</p>");
    }

    /// The text of a page as it is read: words by single spaces, block tags as line ends, verbatim elements as they are.
    fn text(html: &str) -> String {
        let mut out = String::new();
        let mut rest = html;
        while !rest.is_empty() {
            if rest.starts_with("<!--") {
                rest = rest.find("-->").map_or("", |end| &rest[end + 3..]);
            } else if let Some(tag) = tag(rest) {
                let name = rest[tag.name.clone()].to_ascii_lowercase();
                out.push_str(if place(name.as_bytes()) == Place::Block { "\u{1}" } else { "" });
                rest = &rest[tag.end..];
                if name == "script" && !tag.is_end {
                    rest = &rest[find_end_tag(rest, b"script")..];
                }
            } else {
                let c = rest.chars().next().unwrap();
                out.push(c);
                rest = &rest[c.len_utf8()..];
            }
        }
        let words = |line: &str| line.split_ascii_whitespace().collect::<Vec<_>>().join(" ");
        out.split('\u{1}').map(words).filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
    }

    proptest::proptest! {
        #[test]
        fn what_is_read_stays_the_same(parts in proptest::collection::vec(proptest::sample::select(vec![
            "a", "b", " ", "\n", "  ", "<p>", "</p>", "<b>", "</b>", "<pre>", "</pre>", "<!-- c -->", "<br>", "&lt;", "<code>", "</code>",
            "<a href=\"x  y\">", "</a>", "<div\n class='a'>", "</div>", "é", "<script>", "</script>", "<3", "1", "\u{a0}",
        ]), 0..40)) {
            let html = parts.concat();
            let minified = minify(&html);
            proptest::prop_assert_eq!(text(&minified), text(&html));
            proptest::prop_assert_eq!(minify(&minified), minified.clone());
            proptest::prop_assert!(minified.len() <= html.len());
        }

        #[test]
        fn anything_can_be_minified(html in "[<>/!a-c\"'= \n&;é-]{0,60}") {
            let minified = minify(&html);
            proptest::prop_assert!(minified.len() <= html.len());
        }
    }
}
