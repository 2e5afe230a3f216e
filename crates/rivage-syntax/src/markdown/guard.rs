//! Looks at a text before it is parsed: whether it can be parsed in reasonable time, and how much stack that takes.
//!
//! In: the body of a file. Out: a bound of its nesting, or why it is refused. The parser takes quadratic time for a few things
//! that nobody writes on purpose (thousands of braces that are never closed), and oxc below it descends without a limit. This
//! takes linear time, up to a constant. Deliberately not here: what is right and wrong otherwise.

use memchr::{memchr, memchr_iter, memmem};

use super::{Options, script, tag};
use crate::ast::Syntax;

/// How many quotes and lists may begin on one line.
const MAX_MARKERS: usize = 500;
/// How many tags may be open.
const MAX_OPEN_TAGS: usize = 1_000;
/// How many expressions may stand in one paragraph or table: the parser needs a second for so many.
pub(super) const MAX_EXPRESSIONS: usize = 5_000;
/// How many bytes may be looked at in vain for the end of something.
const MAX_WASTE: usize = 20_000_000;
/// The same for exports, which oxc parses again at every blank line.
const MAX_EXPORT_WASTE: usize = 20_000_000;
/// How many bytes of lines may lie before the tags and expressions on them: for each, the parser counts its column from the line's start.
const MAX_COLUMNS: usize = 1_000_000_000;
/// How many steps back from `@` may be taken: the parser goes to the start of the address from several places of it.
const MAX_ADDRESS: usize = 1_000_000_000;
/// How many bytes may be in paragraphs, times the expressions and colons in them.
const MAX_PASSED: usize = 1_000_000_000;
/// How many bytes may follow what makes the parser check that all that follows is UTF-8.
const MAX_CHECKED: usize = 5_000_000_000;
/// Openers of a whole text that need no closer look.
const MAX_OPENERS: usize = 8_000;
/// Openers that one expression may have.
const MAX_EXPRESSION_OPENERS: usize = 100_000;
/// Delimiters of a whole text that need no closer look.
const MAX_DELIMITERS: usize = 1_000;

/// Why a text is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// Nested too deeply.
    Depth,
    /// Opened and never closed, too often.
    Unclosed,
    /// Too many expressions in one paragraph.
    Crowded,
    /// Too many tags and expressions on one line.
    Line,
    /// Too many lines that start like a footnote.
    Footnotes,
    /// Too long a word before an `@`.
    Address,
    /// Too many expressions and colons in too long a paragraph.
    Paragraph,
    /// Too many names after colons that are not ASCII.
    Names,
    /// Too many blank lines in an export.
    Export,
    /// An expression or export so long that it could be too deep.
    Long,
}

/// How deep a parser may have to descend, at most.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Nesting {
    /// Within an expression.
    pub(super) expression: usize,
    /// Within a paragraph: emphasis, links, images.
    pub(super) inline: usize,
}

/// Returns how deep a parser may have to descend; or why the text is refused, and where.
pub(super) fn check(body: &str, options: &Options) -> Result<Nesting, (Refusal, usize)> {
    let bytes = body.as_bytes();
    check_markers(bytes)?;
    if options.gfm {
        if memmem::find(bytes, b"[^").is_some() {
            check_footnotes(bytes)?;
        }
        check_addresses(bytes)?;
    }
    let is_mdx = options.syntax == Syntax::Mdx;
    let directives = options.directives && memmem::find(bytes, b":::").is_some();
    if is_mdx || directives {
        check_paragraphs(bytes, is_mdx, directives)?;
    }
    let inline = most_delimiters(bytes);
    let expression = if is_mdx { check_mdx(body)? } else { 0 };
    Ok(Nesting { expression, inline })
}

/// Returns how many characters of a paragraph can open emphasis, links and images, at most.
fn most_delimiters(bytes: &[u8]) -> usize {
    let is_delimiter = |byte: u8| matches!(byte, b'*' | b'_' | b'~' | b'[');
    let all = bytes.iter().filter(|byte| is_delimiter(**byte)).count();
    if all <= MAX_DELIMITERS {
        return all;
    }
    let (mut most, mut count) = (0, 0);
    let mut before = b'\n';
    for &byte in bytes {
        match byte {
            _ if is_delimiter(byte) => count += 1,
            b'\n' if before == b'\n' => {
                most = most.max(count);
                count = 0;
            }
            _ => {}
        }
        before = byte;
    }
    most.max(count)
}

fn check_mdx(body: &str) -> Result<usize, (Refusal, usize)> {
    let bytes = body.as_bytes();
    Scan::new(bytes, 0).run()?;
    let openers = crate::expr::possible_nesting(body);
    if openers <= MAX_OPENERS {
        return Ok(openers);
    }
    let (openers, at) = most_openers(body);
    if openers > MAX_EXPRESSION_OPENERS { Err((Refusal::Long, at)) } else { Ok(openers.max(MAX_OPENERS)) }
}

/// Refuses lines such as `> > > > …`.
fn check_markers(bytes: &[u8]) -> Result<(), (Refusal, usize)> {
    let mut line_start = 0;
    for line_end in memchr_iter(b'\n', bytes).map(|end| end + 1).chain([bytes.len()]) {
        let line = &bytes[line_start..line_end];
        // Shorter lines cannot hold so many; this is the usual case.
        if line.len() > MAX_MARKERS && markers(line) > MAX_MARKERS {
            return Err((Refusal::Depth, line_start));
        }
        line_start = line_end;
    }
    Ok(())
}

/// Refuses too many lines that could end a paragraph because a footnote starts there: for each, the parser checks all that follows.
fn check_footnotes(bytes: &[u8]) -> Result<(), (Refusal, usize)> {
    let mut checked = 0;
    let (mut at, mut in_paragraph) = (0, false);
    for line in bytes.split_inclusive(|&byte| byte == b'\n') {
        let start = line.iter().position(|byte| !b" \t\r\n>".contains(byte));
        let text = start.and_then(|start| line.get(start..)).unwrap_or_default();
        if in_paragraph && text.starts_with(b"[^") {
            checked += bytes.len() - at;
            if checked > MAX_CHECKED {
                return Err((Refusal::Footnotes, at));
            }
        }
        in_paragraph = !text.is_empty();
        at += line.len();
    }
    Ok(())
}

/// Refuses very long words before an `@`.
fn check_addresses(bytes: &[u8]) -> Result<(), (Refusal, usize)> {
    let is_of_address = |byte: &&u8| byte.is_ascii_alphanumeric() || b"+-._".contains(byte);
    let mut steps = 0_usize;
    for at in memchr_iter(b'@', bytes) {
        let length = bytes[..at].iter().rev().take_while(is_of_address).count();
        steps = steps.saturating_add(length.saturating_pow(2));
        if steps > MAX_ADDRESS {
            return Err((Refusal::Address, at - length));
        }
    }
    Ok(())
}

/// Refuses long paragraphs with many expressions and colons that could start a directive: for each, the parser goes through the
/// paragraph. In directives' names, it checks all that follows for each character that is not ASCII.
fn check_paragraphs(bytes: &[u8], is_mdx: bool, directives: bool) -> Result<(), (Refusal, usize)> {
    let (mut at, mut checked, mut passed) = (0, 0, 0_usize);
    let (mut length, mut count) = (0, 0_usize);
    while at < bytes.len() {
        let fence = fence_end(bytes, at);
        let line = line_of(&bytes[at..]);
        let ends = fence.is_some() || line.trim_ascii().is_empty();
        if !ends {
            length += line.len();
            count += line.iter().filter(|&&byte| (byte == b':' && directives) || (byte == b'{' && is_mdx)).count();
        }
        if ends || at + line.len() == bytes.len() {
            passed = passed.saturating_add(count.saturating_mul(length));
            (length, count) = (0, 0);
        }
        if passed > MAX_PASSED {
            return Err((Refusal::Paragraph, at));
        }
        if directives && !ends {
            checked += not_ascii_in_names(line) * (bytes.len() - at);
            if checked > MAX_CHECKED {
                return Err((Refusal::Names, at));
            }
        }
        at = fence.unwrap_or(at + line.len());
    }
    Ok(())
}

/// Counts characters that are not ASCII in what follows colons.
fn not_ascii_in_names(line: &[u8]) -> usize {
    let (mut count, mut in_name) = (0, false);
    for &byte in line {
        match byte {
            b':' => in_name = true,
            // The first byte of a character.
            0xc0.. if in_name => count += 1,
            0x80.. => {}
            _ => in_name &= byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_',
        }
    }
    count
}

fn markers(line: &[u8]) -> usize {
    let mut count = 0;
    let mut at = 0;
    while let Some(&byte) = line.get(at) {
        let is_followed_by_space = |at: usize| line.get(at).is_none_or(u8::is_ascii_whitespace);
        match byte {
            b' ' | b'\t' => at += 1,
            b'>' => {
                count += 1;
                at += 1;
            }
            b'-' | b'*' | b'+' if is_followed_by_space(at + 1) => {
                count += 1;
                at += 1;
            }
            b'0'..=b'9' => {
                let digits = line[at..].iter().take_while(|byte| byte.is_ascii_digit()).count();
                if !matches!(line.get(at + digits), Some(b'.' | b')')) || !is_followed_by_space(at + digits + 1) {
                    break;
                }
                count += 1;
                at += digits + 1;
            }
            _ => break,
        }
    }
    count
}

struct Scan<'a> {
    bytes: &'a [u8],
    at: usize,
    waste: usize,
    /// Names of open tags.
    open: Vec<&'a [u8]>,
    tag_errors: usize,
    expressions: usize,
    /// The start of the line, as far as lines have been looked for.
    line: usize,
    seen: usize,
    columns: usize,
}

impl<'a> Scan<'a> {
    fn new(bytes: &'a [u8], at: usize) -> Self {
        let (waste, tag_errors, expressions, columns) = (0, 0, 0, 0);
        Self { bytes, at, waste, open: Vec::new(), tag_errors, expressions, line: at, seen: at, columns }
    }

    fn run(&mut self) -> Result<(), (Refusal, usize)> {
        while self.at < self.bytes.len() {
            self.line_start()?;
            while let Some(&byte) = self.bytes.get(self.at) {
                match byte {
                    b'\n' => {
                        self.at += 1;
                        break;
                    }
                    b'\\' => self.at += 2,
                    b'`' => self.code_span(),
                    b'{' => self.expression()?,
                    b'<' => self.tag()?,
                    _ => self.at += plain(&self.bytes[self.at..]),
                }
            }
        }
        if (self.open.len() + self.tag_errors).saturating_mul(self.bytes.len()) > MAX_WASTE {
            // Each is an error whose line has to be found.
            return Err((Refusal::Unclosed, 0));
        }
        Ok(())
    }

    /// Skips a fence; begins a new paragraph where one begins; checks exports.
    fn line_start(&mut self) -> Result<(), (Refusal, usize)> {
        let rest = &self.bytes[self.at..];
        let line = line_of(rest);
        let text = line.trim_ascii_start();
        if text.is_empty() || text.starts_with(b"<") || text.starts_with(b"{") {
            self.expressions = 0;
        }
        if rest.starts_with(b"export") || rest.starts_with(b"import") {
            return self.export();
        }
        if let Some(end) = fence_end(self.bytes, self.at) {
            self.at = end;
        }
        Ok(())
    }

    /// Skips an import or export: to the blank line at which its brackets are closed.
    fn export(&mut self) -> Result<(), (Refusal, usize)> {
        let start = self.at;
        let mut depth = 0_i64;
        let mut waste = 0;
        while self.at < self.bytes.len() {
            let line = line_of(&self.bytes[self.at..]);
            if line.trim_ascii().is_empty() {
                if depth <= 0 {
                    break;
                }
                waste += self.at - start;
                if waste > MAX_EXPORT_WASTE {
                    return Err((Refusal::Export, start));
                }
            }
            for byte in line {
                match byte {
                    b'(' | b'[' | b'{' => depth += 1,
                    b')' | b']' | b'}' => depth -= 1,
                    _ => {}
                }
            }
            self.at += line.len();
        }
        Ok(())
    }

    /// Skips a code span, or backticks that begin none.
    fn code_span(&mut self) {
        let rest = &self.bytes[self.at..];
        let length = rest.iter().take_while(|&&byte| byte == b'`').count();
        // Spans are short; searching further would cost more than it is worth.
        let mut at = length;
        while at < rest.len().min(2_000) {
            if rest[at] == b'`' {
                let run = rest[at..].iter().take_while(|&&byte| byte == b'`').count();
                at += run;
                if run == length {
                    self.at += at;
                    return;
                }
            } else if rest[at..].starts_with(b"\n\n") {
                break;
            } else {
                at += 1;
            }
        }
        self.at += length;
    }

    /// Counts the bytes of the line before something.
    fn column(&mut self, at: usize) -> Result<(), (Refusal, usize)> {
        if let Some(end) = self.bytes[self.seen..at].iter().rposition(|&byte| byte == b'\n') {
            self.line = self.seen + end + 1;
        }
        self.seen = at;
        self.columns += at - self.line;
        if self.columns > MAX_COLUMNS { Err((Refusal::Line, at)) } else { Ok(()) }
    }

    fn expression(&mut self) -> Result<(), (Refusal, usize)> {
        let open = self.at;
        self.column(open)?;
        self.count_expression(open)?;
        match script::braces_end(self.bytes, open) {
            Some(end) => self.at = end,
            None => {
                self.at += 1;
                self.wasted(self.bytes.len() - open, open)?;
            }
        }
        Ok(())
    }

    fn tag(&mut self) -> Result<(), (Refusal, usize)> {
        let open = self.at;
        let begins_tag = |byte: &u8| byte.is_ascii_alphabetic() || *byte >= 0x80 || b"_$/>".contains(byte);
        if !self.bytes.get(open + 1).is_some_and(begins_tag) {
            self.at += 1;
            return Ok(());
        }
        self.column(open)?;
        let tag = match tag::scan(self.bytes, open, &[]) {
            Ok(tag) => tag,
            Err((problem, place)) => {
                self.at += 1;
                let end = if problem == tag::Problem::Unexpected { place } else { self.bytes.len() };
                return self.wasted(end.saturating_sub(open), open);
            }
        };
        self.at = tag.end;
        for attribute in &tag.attributes {
            if attribute.value.is_some_and(|(start, _)| self.bytes[start - 1] == b'{') {
                self.count_expression(attribute.start)?;
            }
        }
        let name = &self.bytes[tag.name.0..tag.name.1];
        if self.bytes[open + 1] == b'/' {
            match self.open.pop() {
                Some(expected) if expected == name => {}
                _ => self.tag_errors += 1,
            }
        } else if !tag.self_closing {
            self.open.push(name);
            if self.open.len() > MAX_OPEN_TAGS {
                return Err((Refusal::Depth, open));
            }
        }
        Ok(())
    }

    fn count_expression(&mut self, at: usize) -> Result<(), (Refusal, usize)> {
        self.expressions += 1;
        if self.expressions > MAX_EXPRESSIONS { Err((Refusal::Crowded, at)) } else { Ok(()) }
    }

    fn wasted(&mut self, bytes: usize, at: usize) -> Result<(), (Refusal, usize)> {
        self.waste += bytes;
        if self.waste > MAX_WASTE { Err((Refusal::Unclosed, at)) } else { Ok(()) }
    }
}

/// Returns how many bytes at the start say nothing to [`Scan::run`], at least one.
fn plain(bytes: &[u8]) -> usize {
    let speaks = |byte: &u8| matches!(byte, b'\n' | b'\\' | b'`' | b'{' | b'<');
    bytes.iter().skip(1).position(speaks).map_or(bytes.len(), |end| end + 1)
}

/// Returns where the fenced code ends that starts on the line at `start`, if one does.
fn fence_end(bytes: &[u8], start: usize) -> Option<usize> {
    let line = line_of(&bytes[start..]);
    let marker = line.iter().position(|byte| !b" \t>-*+.)0123456789".contains(byte))?;
    let mark = line[marker];
    if mark != b'`' && mark != b'~' {
        return None;
    }
    let length = line[marker..].iter().take_while(|&&byte| byte == mark).count();
    if length < 3 || (mark == b'`' && line[marker + length..].contains(&b'`')) {
        return None;
    }
    let mut at = start + line.len();
    while at < bytes.len() {
        let line = line_of(&bytes[at..]);
        at += line.len();
        let text = line.trim_ascii();
        if text.len() >= length && text.iter().all(|&byte| byte == mark) {
            break;
        }
    }
    Some(at)
}

/// Returns the first line, with its end.
fn line_of(bytes: &[u8]) -> &[u8] {
    &bytes[..memchr(b'\n', bytes).map_or(bytes.len(), |end| end + 1)]
}

/// Returns the most openers that one expression or export has, and where it is.
fn most_openers(body: &str) -> (usize, usize) {
    let bytes = body.as_bytes();
    let mut most = (0, 0);
    let mut at = 0;
    while at < bytes.len() {
        let is_line_start = at == 0 || bytes[at - 1] == b'\n';
        let end = if is_line_start && (bytes[at..].starts_with(b"export") || bytes[at..].starts_with(b"import")) {
            let mut scan = Scan::new(bytes, at);
            // It has been checked before.
            let _ = scan.export();
            scan.at
        } else if bytes[at] == b'{' {
            script::braces_end(bytes, at).unwrap_or(bytes.len())
        } else {
            at += 1;
            continue;
        };
        let openers = body.get(at..end).map_or(0, crate::expr::possible_nesting);
        if openers > most.0 {
            most = (openers, at);
        }
        at = end.max(at + 1);
    }
    most
}
