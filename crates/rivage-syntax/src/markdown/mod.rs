//! Markdown and MDX: text → [`Node`] tree, over satteri-pulldown-cmark.
//!
//! In: the text of a file and where its body starts. Out: the tree and what is wrong with it.
//! Deliberately not here: HTML, highlighting, ids of headings that have none.

mod arena;
mod container;
mod convert;
mod diagnostics;
mod errors;
mod guard;
mod script;
mod tag;
#[cfg(test)]
mod tests;

use convert::Converter;

use crate::ast::{Node, NodeKind, Syntax};
use crate::contain::contain;
use crate::{Diagnostic, FileId, Span};

/// The stack that the parser needs for text without expressions.
const BASE_STACK: usize = 256 * 1024;
/// What oxc, which the parser asks where expressions end, needs for one level of nesting (measured: at most 1.5 KB as it is
/// built for us, 11 KB without optimisation).
const STACK_PER_EXPRESSION: usize = if cfg!(debug_assertions) { 12 * 1024 } else { 4 * 1024 };
/// What the parser needs for one level of emphasis, links and images (measured: 50 bytes).
const STACK_PER_DELIMITER: usize = 512;

/// Which extensions are read. The default is what rivage does for a site.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Options {
    /// The rules of the file.
    pub syntax: Syntax,
    /// `:::name[label]{…}` blocks.
    pub directives: bool,
    /// `$…$` and `$$ … $$`.
    pub math: bool,
    /// `> [!NOTE]`.
    pub alerts: bool,
    /// `term` / `: explanation`.
    pub definition_lists: bool,
    /// `{#id .class}` after headings; `{/*id*/}` and `[#id]` in MDX.
    pub heading_ids: bool,
    /// Curly quotes, dashes and dots.
    pub smart_punctuation: bool,
    /// GFM: tables, strikethrough, task lists, footnotes, bare links. Off only for the CommonMark tests.
    pub gfm: bool,
}

impl Options {
    /// Returns what a site uses.
    pub fn site(syntax: Syntax) -> Self {
        Self {
            syntax,
            directives: true,
            math: true,
            alerts: true,
            definition_lists: true,
            heading_ids: true,
            smart_punctuation: false,
            gfm: true,
        }
    }

    /// Returns the generic mode: GFM and nothing else.
    pub fn plain(syntax: Syntax) -> Self {
        Self {
            syntax,
            directives: false,
            math: false,
            alerts: false,
            definition_lists: false,
            heading_ids: false,
            smart_punctuation: false,
            gfm: true,
        }
    }
}

/// Reads the body of a file, which starts at byte `body_start` of `text`. Spans are those of the whole text.
///
/// The tree is never deeper than a few hundred levels, so that going through it by recursion is safe.
pub fn parse(file: &FileId, text: &str, body_start: usize, options: &Options) -> (Node, Vec<Diagnostic>) {
    let body_start = if text.is_char_boundary(body_start) { body_start } else { text.len() };
    let body = &text[body_start..];
    let empty_root = || Node { kind: NodeKind::Root, span: Span::new(body_start, text.len()), children: Vec::new() };
    let nesting = match guard::check(body, options) {
        Ok(nesting) => nesting,
        Err((refusal, at)) => {
            return (empty_root(), vec![diagnostics::refused(file, Span::at(body_start + at), refusal)]);
        }
    };
    let stack = BASE_STACK + nesting.expression * STACK_PER_EXPRESSION + nesting.inline * STACK_PER_DELIMITER;
    let run = |body: &str| {
        let parse = || satteri_pulldown_cmark::parse_no_positions(body, parser_options(body, options));
        stacker::maybe_grow(stack, stack, || contain(parse))
    };
    let Ok((arena, complaints)) = run(body) else {
        let place = failing_line(body, |body| run(body).is_err()).shift(body_start);
        return (empty_root(), vec![diagnostics::parser_failed(file, place)]);
    };
    let mut converter = Converter::new(file, body, body_start, options, &arena);
    let root = converter.root();
    let broken = converter.broken();
    let mut diagnostics = errors::translate_all(file, text, body_start, &complaints, !converter.diagnostics.is_empty());
    // Where the parser has lost track of tags, what they seem to cross means nothing.
    if diagnostics.is_empty() {
        diagnostics = converter.crossings;
    }
    diagnostics.extend(converter.diagnostics);
    // The parser mixes up its nodes where tags cross, which it has complained about.
    if let (Some(place), true) = (broken, diagnostics.is_empty()) {
        diagnostics.push(diagnostics::parser_failed(file, place));
    }
    rivage_diag::sort(&mut diagnostics);
    (root, diagnostics)
}

/// Finds the line without which, and without what follows it, the parser does not fail. Fails where the text as a whole does.
fn failing_line(body: &str, fails: impl Fn(&str) -> bool) -> Span {
    let ends: Vec<usize> = body
        .split_inclusive('\n')
        .scan(0, |at, line| {
            *at += line.len();
            Some(*at)
        })
        .collect();
    // The parser may succeed again further on; any of the lines where that changes is as good as another.
    let (mut good, mut bad) = (0, ends.len());
    while bad - good > 1 {
        let middle = good + (bad - good) / 2;
        if fails(&body[..ends[middle - 1]]) { bad = middle } else { good = middle }
    }
    let line_start = if good == 0 { 0 } else { ends[good - 1] };
    let line = body[line_start..].lines().next().unwrap_or_default();
    Span::new(line_start, line_start + line.len())
}

fn parser_options(body: &str, options: &Options) -> satteri_pulldown_cmark::Options {
    use satteri_pulldown_cmark::Options as Parser;
    let mut parser = Parser::empty();
    parser.set(Parser::ENABLE_MDX, options.syntax == Syntax::Mdx);
    parser.set(Parser::ENABLE_GFM | Parser::ENABLE_FOOTNOTES, options.gfm);
    parser.set(Parser::ENABLE_MATH, options.math);
    parser.set(Parser::ENABLE_DEFINITION_LIST, options.definition_lists);
    parser.set(Parser::ENABLE_HEADING_ATTRIBUTES, options.heading_ids);
    parser.set(Parser::ENABLE_SMART_PUNCTUATION, options.smart_punctuation);
    // The parser reads all three kinds of directives or none; without a container the other two are never looked for.
    parser.set(Parser::ENABLE_DIRECTIVE, options.directives && memchr::memmem::find(body.as_bytes(), b":::").is_some());
    parser
}
