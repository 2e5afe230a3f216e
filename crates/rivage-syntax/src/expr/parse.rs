//! Text → [`Expr`] and [`Module`], over oxc.
//!
//! In: the text as JavaScript sees it and where it stands in the file. Out: a tree and syntax errors. The caller may have
//! taken indentation off further lines; spans are then a few bytes off, but never outside of the given span.
//! Deliberately not here: the shapes of the tree ([`super::convert`]), values.

use oxc_allocator::Allocator;
use oxc_ast::ast::{Expression, Program, Statement};
use oxc_parser::{Parser, ParserReturn};
use oxc_span::{GetSpan, SourceType};

use super::ast::{Expr, ExprKind, Module};
use super::convert::Converter;
use super::diagnostics;
use crate::contain::{Panicked, contain};
use crate::{Diagnostic, FileId, Span};

/// How much nesting is parsed on the caller's stack.
const INLINE_NESTING: usize = 100;
/// How much nesting is parsed at all.
const MAX_NESTING: usize = 50_000;
/// What oxc needs for one level of nesting, at most (measured: less than 3 KB in a debug build).
const STACK_PER_LEVEL: usize = 8 * 1024;

/// Reads an expression; `span` is where `text` stands in the file.
pub fn parse_expression(file: &FileId, text: &str, span: Span) -> (Expr, Vec<Diagnostic>) {
    if is_blank(text) {
        return (Expr { kind: ExprKind::Empty, span }, Vec::new());
    }
    // A comment at the end of the text must not swallow the parenthesis.
    let source = format!("({text}\n)");
    let read = |program: &Program<'_>, converter: &Converter<'_>| {
        let statement = match program.body.as_slice() {
            [Statement::ExpressionStatement(statement)] if program.directives.is_empty() => statement,
            _ => return Err(Box::new(diagnostics::not_one_expression(file, span))),
        };
        match &statement.expression {
            // `a) + (b` is an expression in our parentheses, but not of itself.
            Expression::ParenthesizedExpression(outer) if outer.span.end as usize == source.len() => {
                converter.expression(&outer.expression)
            }
            other => {
                let end = match other {
                    Expression::SequenceExpression(_) => other.span().start,
                    _ => first_close(&source, other),
                };
                Err(Box::new(diagnostics::stray_parenthesis(file, converter.span(oxc_span::Span::new(end, end + 1)))))
            }
        }
    };
    parse(file, &source, span, 1, read).unwrap_or_else(|problems| (Expr { kind: ExprKind::Empty, span }, problems))
}

/// Reads what stands in the braces of `{...x}`, with its dots; the result is what is spread.
pub fn parse_spread(file: &FileId, text: &str, span: Span) -> (Expr, Vec<Diagnostic>) {
    let blank = text.len() - skip_blank(text).len();
    let Some(rest) = text[blank..].strip_prefix("...") else {
        return (Expr { kind: ExprKind::Empty, span }, vec![diagnostics::not_a_spread(file, span)]);
    };
    let start = span.start as usize + text.len() - rest.len();
    let rest_span = Span::new(start.min(span.end as usize), span.end as usize);
    if is_blank(rest) {
        return (Expr { kind: ExprKind::Empty, span }, vec![diagnostics::not_a_spread(file, span)]);
    }
    parse_expression(file, rest, rest_span)
}

/// Reads an import/export block; `span` is where `text` stands in the file.
pub fn parse_module(file: &FileId, text: &str, span: Span) -> (Module, Vec<Diagnostic>) {
    let read = |program: &Program<'_>, converter: &Converter<'_>| converter.module(program);
    parse(file, text, span, 0, read).unwrap_or_else(|problems| (Module::default(), problems))
}

/// Parses `source`, which stands at `span` but for its first `prefix` bytes, and hands the program to `read`.
fn parse<T: Send>(
    file: &FileId,
    source: &str,
    span: Span,
    prefix: u32,
    read: impl Fn(&Program<'_>, &Converter<'_>) -> Result<T, Box<Diagnostic>> + Sync,
) -> Result<(T, Vec<Diagnostic>), Vec<Diagnostic>> {
    let run = || {
        let allocator = Allocator::default();
        let Ok(result) = read_script(&allocator, source) else {
            return Err(vec![diagnostics::parser_failed(file, span)]);
        };
        let converter = Converter::new(file, span, prefix);
        let mut problems: Vec<Diagnostic> = Vec::new();
        for error in &result.errors {
            let label = error.labels.as_ref().and_then(|labels| labels.first());
            let place = label.map_or(span, |label| {
                let at = |offset: usize| u32::try_from(offset).unwrap_or(u32::MAX);
                converter.span(oxc_span::Span::new(at(label.offset()), at(label.offset() + label.len())))
            });
            let at_end = prefix > 0 && label.is_some_and(|label| label.offset() + 2 >= source.len());
            problems.push(if at_end {
                at_end_problem(file, source, place)
            } else {
                diagnostics::syntax(file, place, &error.message, error.help.as_deref())
            });
        }
        if !problems.is_empty() {
            // What follows the first error is mostly its consequence.
            problems.truncate(1);
            return Err(problems);
        }
        match read(&result.program, &converter) {
            Ok(value) => Ok((value, converter.into_problems())),
            Err(problem) => Err(vec![*problem]),
        }
    };
    let nesting = possible_nesting(source);
    if nesting <= INLINE_NESTING {
        return run();
    }
    if nesting > MAX_NESTING {
        return Err(vec![diagnostics::too_long_to_parse(file, span)]);
    }
    // oxc descends by recursion and has no limit of its own; so much stack as the text can need is only reserved, not used.
    std::thread::scope(|scope| {
        let stack = nesting * STACK_PER_LEVEL + 1024 * 1024;
        let thread = std::thread::Builder::new().stack_size(stack).spawn_scoped(scope, run);
        thread.ok().and_then(|thread| thread.join().ok())
    })
    .unwrap_or_else(|| Err(vec![diagnostics::too_deep(file, span)]))
}

fn read_script<'a>(allocator: &'a Allocator, source: &'a str) -> Result<ParserReturn<'a>, Panicked> {
    contain(|| Parser::new(allocator, source, SourceType::mjs().with_jsx(true)).parse())
}

/// Says what is wrong with an expression at whose end, and our parenthesis, oxc stumbled.
fn at_end_problem(file: &FileId, source: &str, place: Span) -> Diagnostic {
    let text = source.get(1..source.len() - 2).unwrap_or_default();
    if skip_blank(text).starts_with("...") {
        return diagnostics::spread_as_value(file, place);
    }
    if skip_blank(text).starts_with('#') {
        return diagnostics::heading_id(file, place);
    }
    // If the text closes our parenthesis itself, it has one too many.
    let allocator = Allocator::default();
    let without_ours = source.get(..source.len() - 1).unwrap_or_default();
    let is_good = read_script(&allocator, without_ours).is_ok_and(|result| result.errors.is_empty());
    match text.rfind(')') {
        Some(at) if is_good => {
            // The place is where the text ends.
            let start = (place.start as usize).saturating_sub(text.len() - at);
            diagnostics::stray_parenthesis(file, Span::new(start, start + 1))
        }
        _ => diagnostics::ends_early(file, place),
    }
}

/// Returns an upper bound of how deep a parser may have to descend: everything that opens a level, wherever it stands, even in
/// strings. (What is a string cannot be told without parsing, because of JSX text.)
pub(crate) fn possible_nesting(source: &str) -> usize {
    let bytes = source.as_bytes();
    let mut count = 0;
    let mut word_start = None;
    for (index, &byte) in bytes.iter().enumerate() {
        if byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'$' {
            word_start.get_or_insert(index);
            continue;
        }
        if let Some(start) = word_start.take() {
            count += usize::from(opens_level(&bytes[start..index]));
        }
        count += usize::from(matches!(
            byte,
            b'(' | b'[' | b'{' | b'<' | b'!' | b'~' | b'?' | b':' | b'+' | b'-' | b'=' | b'*' | b'\\'
        ));
    }
    count
}

/// Reports whether a word can be followed by something that is parsed one level deeper, without a bracket.
fn opens_level(word: &[u8]) -> bool {
    matches!(
        word,
        b"typeof"
            | b"void"
            | b"delete"
            | b"await"
            | b"new"
            | b"yield"
            | b"do"
            | b"else"
            | b"class"
            | b"extends"
            | b"async"
            | b"import"
            | b"export"
            | b"default"
            | b"return"
            | b"throw"
    )
}

/// Returns the text without white space and comments at its start.
fn skip_blank(text: &str) -> &str {
    let mut rest = text;
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
        if let Some(comment) = rest.strip_prefix("/*") {
            let Some(end) = comment.find("*/") else { return rest };
            rest = &comment[end + 2..];
        } else if let Some(comment) = rest.strip_prefix("//") {
            rest = comment.find('\n').map_or("", |end| &comment[end..]);
        } else {
            return rest;
        }
    }
}

/// Reports whether the text holds only white space and comments.
fn is_blank(text: &str) -> bool {
    skip_blank(text).is_empty()
}

/// Returns the offset of the parenthesis that closes ours too early: right after the innermost first operand.
fn first_close(source: &str, expression: &Expression<'_>) -> u32 {
    let mut current = expression;
    loop {
        current = match current {
            Expression::ParenthesizedExpression(outer) => return outer.span.end.saturating_sub(1),
            Expression::CallExpression(call) => &call.callee,
            Expression::BinaryExpression(binary) => &binary.left,
            Expression::LogicalExpression(logical) => &logical.left,
            Expression::ConditionalExpression(conditional) => &conditional.test,
            Expression::StaticMemberExpression(member) => &member.object,
            Expression::ComputedMemberExpression(member) => &member.object,
            Expression::TaggedTemplateExpression(tagged) => &tagged.tag,
            _ => return u32::try_from(source.find(')').unwrap_or(0)).unwrap_or(0),
        };
    }
}
