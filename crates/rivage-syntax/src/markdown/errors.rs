//! The parser's complaints about MDX in our words.
//!
//! In: byte offsets and messages, which follow those of the reference compiler. Out: diagnostics with exact places. The messages
//! are told apart by their first words: the parser has no codes; what is new to us is passed on as it is.
//! Deliberately not here: errors in expressions that our own reading has reported.

use super::diagnostics;
use super::tag::{self, Problem};
use crate::{Diagnostic, FileId, Span};

/// How many complaints about one page are passed on: who has so many looks at the first ones only.
const MAX_COMPLAINTS: usize = 100;

/// Translates all complaints. Those about expressions are left out where our own reading of expressions has found some: it says
/// better what is wrong.
pub(super) fn translate_all(
    file: &FileId,
    text: &str,
    start: usize,
    complaints: &[(usize, String)],
    without_expressions: bool,
) -> Vec<Diagnostic> {
    let mut out = Vec::new();
    // A closing tag that closes nothing is the consequence of its opening tag's error.
    let mut unclosed: Vec<&str> = Vec::new();
    for (offset, message) in complaints.iter().take(MAX_COMPLAINTS) {
        let name = message.split('`').nth(1).unwrap_or_default().trim_start_matches(['<', '/']);
        let is_consequence = message.contains("expected an open tag first") && unclosed.contains(&name);
        if is_consequence || (without_expressions && message.starts_with("Could not parse expression")) {
            continue;
        }
        if message.starts_with("Expected a closing tag for") {
            unclosed.push(name);
        }
        out.push(translate(file, text, start, *offset, message));
    }
    out
}

/// Translates one complaint. `offset` counts from the body's start, which is at `start` of the file's text.
fn translate(file: &FileId, text: &str, start: usize, offset: usize, message: &str) -> Diagnostic {
    let (before_body, body) = text.split_at(start);
    let offset = floor(body, offset);
    let place = |from: usize, length: usize| {
        let from = floor(body, from);
        Span::new(from, floor(body, from + length)).shift(start)
    };
    let names: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
    let name = |index: usize| {
        let name: &str = names.get(index).copied().unwrap_or_default();
        name.trim_start_matches(['<', '/']).trim_end_matches('>')
    };
    let opened = |name: &str| {
        let (line, offset) = opening(body, message)?;
        Some((place(offset, 1 + name.len()), line + before_body.matches('\n').count()))
    };
    if message.starts_with("Expected a closing tag for") {
        let before = message.contains("before the end of").then(|| container(name(1)));
        return diagnostics::unclosed_tag(file, place(offset, 1 + name(0).len()), name(0), before);
    }
    let closing = body[offset..].find('>').map_or(1, |length| length + 1);
    if message.starts_with("Unexpected closing tag") && message.contains("expected an open tag first") {
        return diagnostics::stray_closing_tag(file, place(offset, closing), name(0));
    }
    if message.starts_with("Unexpected closing tag") {
        return diagnostics::mismatched_tag(file, place(offset, closing), name(0), name(1), opened(name(1)));
    }
    if message.starts_with("Expected the closing tag") {
        return diagnostics::crossed_tag(file, place(offset, closing), name(0), opened(name(0)).map(|(span, _)| span));
    }
    if message.starts_with("Unexpected end of file in expression") {
        return diagnostics::unclosed_brace(file, place(offset, 1));
    }
    if let Some(detail) = message.strip_prefix("Could not parse expression with oxc: ") {
        let is_id = body[..offset].ends_with('{') && body[offset..].starts_with('#');
        return diagnostics::bad_expression(file, place(offset, 1), &lower(detail), is_id);
    }
    if message.starts_with("Unexpected character `!`") {
        return diagnostics::html_comment(file, place(offset, 4));
    }
    if message.starts_with("Unexpected character after `<`") {
        return bad_tag(file, body, start, offset);
    }
    diagnostics::other(file, place(offset, 1), &lower(message))
}

/// Finds out why what starts with the `<` at `offset` is no tag.
fn bad_tag(file: &FileId, body: &str, start: usize, offset: usize) -> Diagnostic {
    let bytes = body.as_bytes();
    let place = |from: usize, to: usize| Span::new(floor(body, from), ceil(body, to)).shift(start);
    let rest = &body[offset + 1..];
    if rest.starts_with("!--") {
        return diagnostics::html_comment(file, place(offset, offset + 4));
    }
    let word = rest.split(|c: char| c.is_whitespace() || c == '>' || c == '<').next().unwrap_or_default();
    if word.contains("://") || word.starts_with("mailto:") || (word.contains('@') && !word.contains('=')) {
        return diagnostics::angle_autolink(file, place(offset, offset + 1 + word.len()));
    }
    let is_name = rest.starts_with(|c: char| c.is_alphabetic() || matches!(c, '_' | '$' | '/' | '>'));
    if !is_name {
        return diagnostics::not_a_tag(file, place(offset, offset + 1));
    }
    match tag::scan(bytes, offset, &[]) {
        Ok(tag) if bytes[offset..tag.end].contains(&b'|') => diagnostics::bar_in_tag(file, place(offset, tag.end)),
        Ok(tag) => diagnostics::bad_tag(file, place(offset, tag.end)),
        Err((problem, at)) => {
            let name_end = rest.bytes().position(|byte| !tag::is_name_byte(byte)).unwrap_or(rest.len());
            let name = &rest[..name_end];
            match problem {
                Problem::Unclosed => diagnostics::unfinished_tag(file, place(offset, offset + 1 + name_end), name),
                Problem::UnclosedQuote => diagnostics::unclosed_quote(file, place(at, at + 1)),
                Problem::UnclosedBrace => diagnostics::unclosed_brace(file, place(at, at + 1)),
                Problem::UnquotedValue => diagnostics::unquoted_value(file, place(at, at + 1)),
                Problem::NotASpread => diagnostics::not_a_spread(file, place(at, at + 1)),
                Problem::AttributeInClosingTag => diagnostics::attribute_in_closing_tag(file, place(at, at + 1)),
                Problem::Unexpected => {
                    let found = body[floor(body, at)..].chars().next().map(String::from).unwrap_or_default();
                    diagnostics::unexpected_in_tag(file, place(at, at + 1), &found)
                }
            }
        }
    }
}

/// Returns the line and offset of the opening tag that a message names as `(12:3)` or `at 12:3)`.
fn opening(body: &str, message: &str) -> Option<(usize, usize)> {
    let place = message.rsplit(['(', ' ']).find_map(|part| {
        let (line, column) = part.trim_end_matches(')').split_once(':')?;
        Some((line.parse::<usize>().ok()?, column.parse::<usize>().ok()?))
    });
    let (line, column) = place?;
    let line_start = if line <= 1 { 0 } else { body.match_indices('\n').nth(line - 2)?.0 + 1 };
    // Columns count from 1, in UTF-16.
    let mut units = 1;
    for (index, character) in body[line_start..].char_indices() {
        if units >= column {
            return Some((line, line_start + index));
        }
        units += character.len_utf16();
    }
    None
}

fn container(name: &str) -> &'static str {
    match name {
        "paragraph" => "paragraph",
        "listItem" => "list item",
        "blockquote" | "blockQuote" => "quote",
        "heading" => "heading",
        "tableCell" => "table cell",
        "emphasis" | "strong" | "delete" => "emphasis",
        "link" => "link",
        "footnoteDefinition" => "footnote",
        _ => "block",
    }
}

fn floor(body: &str, offset: usize) -> usize {
    let mut offset = offset.min(body.len());
    while !body.is_char_boundary(offset) {
        offset -= 1;
    }
    offset
}

fn ceil(body: &str, offset: usize) -> usize {
    let mut offset = offset.min(body.len());
    while !body.is_char_boundary(offset) {
        offset += 1;
    }
    offset
}

/// Makes the parser's sentence one of ours.
fn lower(message: &str) -> String {
    let message = message.trim().trim_end_matches('.');
    let mut characters = message.chars();
    match characters.next() {
        Some(first) => first.to_lowercase().chain(characters).collect(),
        None => String::new(),
    }
}
