//! Tokens → statements of pieces: plain tokens, parts that stand only where a parameter has a value, and choices.
//!
//! ```sql
//! select id, title from post
//!  where not draft /*?tag and tags @> array[:tag] ?*/
//!  /*#sort newest: order by at desc | oldest: order by at asc #*/
//!  limit :limit;
//! ```

use rivage_diag::Span;

use super::diagnostics::{Amend, Report};
use super::lexer::{Kind, Token};
use crate::manifest::{Param, Type};

/// A part of a statement.
#[derive(Debug)]
pub(super) enum Piece {
    Plain(Token),
    /// `/*?name … ?*/`
    Optional {
        param: usize,
        tokens: Vec<Token>,
    },
    /// `/*#name value: … | … #*/`; arms in the order of the enumeration's values.
    Choice {
        param: usize,
        arms: Vec<Vec<Token>>,
    },
}

/// A statement with its place.
#[derive(Debug, Default)]
pub(super) struct Template {
    pub(super) pieces: Vec<Piece>,
}

impl Template {
    /// Returns all tokens of all variants, in order.
    pub(super) fn tokens(&self) -> impl Iterator<Item = &Token> {
        self.pieces.iter().flat_map(|piece| -> Box<dyn Iterator<Item = &Token>> {
            match piece {
                Piece::Plain(token) => Box::new(std::iter::once(token)),
                Piece::Optional { tokens, .. } => Box::new(tokens.iter()),
                Piece::Choice { arms, .. } => Box::new(arms.iter().flatten()),
            }
        })
    }

    fn is_empty(&self) -> bool {
        self.tokens().all(|token| token.kind == Kind::Space)
    }
}

/// Splits tokens into statements; statements without content are dropped.
pub(super) fn statements(text: &str, tokens: &[Token], params: &[Param], report: &mut Report<'_>) -> Vec<Template> {
    let mut all = vec![Template::default()];
    let mut rest = tokens;
    while let [token, after @ ..] = rest {
        rest = after;
        match token.kind {
            Kind::Semicolon => all.push(Template::default()),
            Kind::OpenOptional | Kind::OpenChoice => {
                let (close, what) = match token.kind {
                    Kind::OpenOptional => (Kind::CloseOptional, "?*/"),
                    _ => (Kind::CloseChoice, "#*/"),
                };
                let end = rest.iter().position(|t| is_block_mark(t.kind)).unwrap_or(rest.len());
                match rest.get(end) {
                    Some(found) if found.kind == close => {}
                    Some(found) if matches!(found.kind, Kind::OpenOptional | Kind::OpenChoice) => {
                        let file = report.file;
                        report
                            .error("nested-block", found.span, "a block stands within a block")
                            .also(file, token.span, "the outer block begins here")
                            .hint("write two blocks one after the other");
                        return Vec::new();
                    }
                    _ => {
                        report
                            .error("unterminated", token.span, "the block does not end")
                            .hint(format!("close it with `{what}`"));
                        return Vec::new();
                    }
                }
                let inner = &rest[..end];
                rest = &rest[end + 1..];
                if let Some(semicolon) = inner.iter().find(|t| t.kind == Kind::Semicolon) {
                    report
                        .error("statement-in-block", semicolon.span, "a statement ends within a block")
                        .hint("a block holds a part of one statement");
                    continue;
                }
                let piece = match token.kind {
                    Kind::OpenOptional => optional(text, *token, inner, params, report),
                    _ => choice(text, *token, inner, params, report),
                };
                if let (Some(piece), Some(last)) = (piece, all.last_mut()) {
                    last.pieces.push(piece);
                }
            }
            Kind::CloseOptional | Kind::CloseChoice => {
                report
                    .error("unopened-block", token.span, "a block ends that did not begin")
                    .hint("blocks begin with `/*?name` or `/*#name`");
            }
            _ => {
                if let Some(last) = all.last_mut() {
                    last.pieces.push(Piece::Plain(*token));
                }
            }
        }
    }
    all.retain(|template| !template.is_empty());
    all
}

fn is_block_mark(kind: Kind) -> bool {
    matches!(kind, Kind::OpenOptional | Kind::CloseOptional | Kind::OpenChoice | Kind::CloseChoice)
}

/// Finds the parameter that `/*?name` or `/*#name` names.
fn named(text: &str, open: Token, params: &[Param], report: &mut Report<'_>) -> Option<usize> {
    let span = Span::new(open.span.start as usize + 3, open.span.end as usize);
    let name = &text[span.range()];
    let found = params.iter().position(|param| param.name == name);
    if found.is_none() {
        report
            .error("unknown-parameter", span, format!("no parameter is named `{name}`"))
            .nearest(name, params.iter().map(|param| param.name.as_str()));
    }
    found
}

fn optional(text: &str, open: Token, inner: &[Token], params: &[Param], report: &mut Report<'_>) -> Option<Piece> {
    let param = named(text, open, params, report)?;
    let Param { name, required, default, .. } = &params[param];
    if *required || default.is_some() {
        report
            .error("always-given", open.span, format!("`{name}` always has a value, so that this part always stands"))
            .hint(format!("declare `{name}` as `optional`, or write the part without a block"));
        return None;
    }
    Some(Piece::Optional { param, tokens: inner.to_vec() })
}

fn choice(text: &str, open: Token, inner: &[Token], params: &[Param], report: &mut Report<'_>) -> Option<Piece> {
    let param = named(text, open, params, report)?;
    let Type::Enum(values) = &params[param].ty else {
        report
            .error("not-a-choice", open.span, format!("`{}` is not an enumeration", params[param].name))
            .hint("a choice has one arm for each value of an enumeration: `enum(new, old)`");
        return None;
    };
    if !params[param].required && params[param].default.is_none() {
        report
            .error("choice-without-default", open.span, format!("`{}` may be without a value", params[param].name))
            .hint(format!("give it a default: `default {}`", values[0]));
        return None;
    }
    let mut arms: Vec<Option<Vec<Token>>> = vec![None; values.len()];
    let mut right = true;
    for arm in split_arms(text, inner) {
        let Some((name, tokens)) = arm_name(text, arm, open.span, report) else {
            right = false;
            continue;
        };
        let name_text = &text[name.range()];
        match values.iter().position(|value| value == name_text) {
            None => {
                report
                    .error("unknown-arm", name, format!("the enumeration has no value `{name_text}`"))
                    .nearest(name_text, values.iter().map(String::as_str));
                right = false;
            }
            Some(at) if arms[at].is_some() => {
                report.error("duplicate-arm", name, format!("the value `{name_text}` has two arms"));
                right = false;
            }
            Some(at) => arms[at] = Some(tokens.to_vec()),
        }
    }
    let missing: Vec<&str> =
        values.iter().zip(&arms).filter(|(_, arm)| arm.is_none()).map(|(value, _)| value.as_str()).collect();
    if let (true, [first, ..]) = (right, missing.as_slice()) {
        report
            .error("missing-arm", open.span, format!("the value `{first}` has no arm"))
            .hint(format!("add `| {first}: …`"));
    }
    Some(Piece::Choice { param, arms: arms.into_iter().collect::<Option<_>>()? })
}

/// Splits at `|` outside of parentheses. `||` is an operator of its own.
fn split_arms<'t>(text: &str, tokens: &'t [Token]) -> Vec<&'t [Token]> {
    let (mut arms, mut start, mut depth) = (Vec::new(), 0, 0i32);
    for (at, token) in tokens.iter().enumerate() {
        match &text[token.span.range()] {
            "(" | "[" => depth += 1,
            ")" | "]" => depth -= 1,
            "|" if depth == 0 && token.kind == Kind::Operator => {
                arms.push(&tokens[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    arms.push(&tokens[start..]);
    arms
}

/// Takes `value:` off an arm.
fn arm_name<'t>(text: &str, arm: &'t [Token], open: Span, report: &mut Report<'_>) -> Option<(Span, &'t [Token])> {
    let start = arm.iter().position(|token| token.kind != Kind::Space);
    let colon = arm.iter().position(|token| token.kind == Kind::Mark && &text[token.span.range()] == ":");
    match (start, colon) {
        (Some(start), Some(colon)) if start < colon => {
            let name = Span::new(arm[start].span.start as usize, arm[colon - 1].span.end as usize);
            let trimmed = text[name.range()].trim_end().len();
            Some((Span::new(name.start as usize, name.start as usize + trimmed), &arm[colon + 1..]))
        }
        _ => {
            let span = start.map_or(open, |start| arm[start].span);
            report
                .error("missing-arm-name", span, "an arm begins with a value, `:` and a space")
                .hint("for example `newest: order by at desc | oldest: order by at asc`");
            None
        }
    }
}
