//! Statements of pieces → fixed statements: every combination of given parameters and chosen values, written out.

use super::body::{Piece, Template};
use super::diagnostics::{Amend, Report};
use super::lexer::{Kind, Token};
use crate::manifest::{Auth, Bind, Param, Statement, Statements, Switch, Type};
use rivage_diag::Span;

/// The most variants of one file. Each is planned, checked and listed: more are a sign that the route is several.
pub(super) const MOST_VARIANTS: usize = 32;

/// Writes out all variants. `None` where there are too many.
pub(super) fn expand(
    text: &str,
    templates: &[Template],
    params: &[Param],
    line: Span,
    report: &mut Report<'_>,
) -> Option<Statements> {
    let mut switches: Vec<Switch> = Vec::new();
    for piece in templates.iter().flat_map(|template| &template.pieces) {
        let switch = match piece {
            Piece::Plain(_) => continue,
            Piece::Optional { param, .. } => Switch::Given(*param),
            Piece::Choice { param, .. } => Switch::Value(*param),
        };
        if !switches.contains(&switch) {
            switches.push(switch);
        }
    }
    let sizes: Vec<usize> = switches.iter().map(|switch| size(switch, params)).collect();
    let count = sizes.iter().try_fold(1usize, |count, size| count.checked_mul(*size)).unwrap_or(usize::MAX);
    if count > MOST_VARIANTS {
        report
            .error("too-many-variants", line, format!("the route has {count} variants of its statements"))
            .hint(format!("at most {MOST_VARIANTS} are possible: each optional part doubles them, each choice multiplies them by its arms"))
            .hint("`(:name::text is null or …)` needs no variant");
        return None;
    }
    let variants = (0..count)
        .map(|number| {
            let mut rest = number;
            let mut setting = vec![0; switches.len()];
            for (place, size) in setting.iter_mut().zip(&sizes).rev() {
                (*place, rest) = (rest % size, rest / size);
            }
            let at =
                |wanted: &Switch| switches.iter().position(|switch| switch == wanted).map_or(0, |index| setting[index]);
            templates.iter().map(|template| write(text, template, params, &at)).collect()
        })
        .collect();
    Some(Statements { switches, variants })
}

/// Returns how many settings a switch has.
pub(crate) fn size(switch: &Switch, params: &[Param]) -> usize {
    match switch {
        Switch::Given(_) => 2,
        Switch::Value(param) => match &params[*param].ty {
            Type::Enum(values) => values.len(),
            _ => 1,
        },
    }
}

fn write(text: &str, template: &Template, params: &[Param], setting: &dyn Fn(&Switch) -> usize) -> Statement {
    let mut out = Writer { text, params, sql: String::new(), binds: Vec::new(), gap: None };
    for piece in &template.pieces {
        match piece {
            Piece::Plain(token) => out.token(*token),
            Piece::Optional { param, tokens } => {
                out.space("");
                if setting(&Switch::Given(*param)) == 1 {
                    tokens.iter().for_each(|token| out.token(*token));
                }
                out.space("");
            }
            Piece::Choice { param, arms } => {
                out.space("");
                arms[setting(&Switch::Value(*param))].iter().for_each(|token| out.token(*token));
                out.space("");
            }
        }
    }
    Statement { sql: out.sql, binds: out.binds }
}

struct Writer<'a> {
    text: &'a str,
    params: &'a [Param],
    sql: String,
    binds: Vec<Bind>,
    /// White space that is owed before the next token.
    gap: Option<char>,
}

impl Writer<'_> {
    fn token(&mut self, token: Token) {
        let source = &self.text[token.span.range()];
        match token.kind {
            Kind::Space => self.space(source),
            Kind::Param => {
                // Checked before: every name is known.
                let Some(bind) = bind(source, self.params) else { return };
                let number = self.binds.iter().position(|known| *known == bind).unwrap_or_else(|| {
                    self.binds.push(bind);
                    self.binds.len() - 1
                });
                self.push(&format!("${}", number + 1));
            }
            _ => self.push(source),
        }
    }

    /// A line break has a meaning in SQL: string constants are joined across it, and not across a space.
    fn space(&mut self, source: &str) {
        let wanted = if source.contains('\n') { '\n' } else { ' ' };
        self.gap = Some(if self.gap == Some('\n') { '\n' } else { wanted });
    }

    fn push(&mut self, source: &str) {
        if let (Some(gap), false) = (self.gap.take(), self.sql.is_empty()) {
            self.sql.push(gap);
        }
        self.sql.push_str(source);
    }
}

fn bind(source: &str, params: &[Param]) -> Option<Bind> {
    match &source[1..] {
        "auth.sub" => Some(Bind::AuthSub),
        "auth.role" => Some(Bind::AuthRole),
        "request.id" => Some(Bind::RequestId),
        name => params.iter().position(|param| param.name == name).map(Bind::Param),
    }
}

/// Checks every `:name` and `$1` of a statement; returns the parameters that it uses.
pub(super) fn check_names(
    text: &str,
    template: &Template,
    params: &[Param],
    auth: &Auth,
    used: &mut [bool],
    report: &mut Report<'_>,
) {
    for piece in &template.pieces {
        match piece {
            Piece::Optional { param, .. } | Piece::Choice { param, .. } => used[*param] = true,
            Piece::Plain(_) => {}
        }
    }
    for token in template.tokens() {
        let source = &text[token.span.range()];
        match token.kind {
            Kind::Positional => {
                report
                    .error("positional-parameter", token.span, format!("`{source}` is a number, not a name"))
                    .hint("declare a parameter and write `:name`");
            }
            Kind::Param => match bind(source, params) {
                Some(Bind::Param(index)) => used[index] = true,
                Some(Bind::AuthSub | Bind::AuthRole) => {
                    if auth.is_none() {
                        report
                            .error(
                                "nobody-to-name",
                                token.span,
                                format!("nobody is known on a route with `@auth none`: `{source}`"),
                            )
                            .hint("write `@auth session` or `@auth bearer`");
                    }
                }
                Some(Bind::RequestId) => {}
                None => {
                    let own = ["auth.sub", "auth.role", "request.id"];
                    let names = params.iter().map(|param| param.name.as_str()).chain(own);
                    report
                        .error("unknown-parameter", token.span, format!("no parameter is named `{}`", &source[1..]))
                        .nearest(&source[1..], names)
                        .hint("a slice of an array is written with a space: `[a : b]`");
                }
            },
            _ => {}
        }
    }
}
