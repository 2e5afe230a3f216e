//! Route files: SQL with a typed header → [`Route`].
//!
//! ```sql
//! -- GET /api/posts
//! -- Posts of the blog, newest first.
//! --
//! -- More about it, for the reference page.
//! -- @auth none
//! -- @param tag   text  query optional pattern ^[a-z0-9-]{1,40}$ -- only posts with this tag
//! -- @param sort  enum(newest, oldest) query default newest
//! -- @param limit int4  query default 20 range 1..100
//! -- @cache 60s stale 5m error 1d tags post
//! -- @limit read
//! -- @returns many
//!
//! select id, title, at from post
//!  where not draft /*?tag and tags @> array[:tag] ?*/
//!  /*#sort newest: order by at desc | oldest: order by at asc #*/
//!  limit :limit;
//! ```
//!
//! The first line is method and path, the lines below are summary and description, then come directives:
//!
//! | directive | meaning |
//! | --- | --- |
//! | `@auth none`, `session`, `bearer`, `role:x` | who may call; has no default. `role:x` alone accepts both cookies and tokens |
//! | `@param name type source rules -- text` | a parameter: types are those of [`Type::NAMES`](crate::manifest::Type::NAMES), `enum(a, b)`, and `…[]` for several; sources `path`, `query`, `body`; rules `optional`, `default x`, `range 1..9`, `length 1..9`, `pattern x` |
//! | `@returns one`, `many`, `none` | an object or 404; `{"items": […]}`; 204. Has no default |
//! | `@cache 60s stale 5m error 1d tags a b` | how long answers of a public GET are fresh, then shown while a new one is made, then shown when the database is away |
//! | `@purge a b` | tags whose kept answers a successful call makes stale, in the same transaction |
//! | `@limit read` | rate-limit class; without it `read` for GET and `write` for others |
//! | `@status 201` | the status of success, else 200 |
//! | `@name list_posts` | the name in OpenAPI and in the client, else made of method and path |
//!
//! `:name` stands for a parameter, `:auth.sub` and `:auth.role` for the account that calls, `:request.id` for the id that the client is told: these
//! only the server fills in. A parameter without a value is `NULL`. `/*?name … ?*/` stands only where `name` has a value, `/*#name a: … | b: … #*/` is the arm of its value. All
//! combinations are written out when the site is built, at most 32: no SQL is put together at run time. Several statements run in one
//! transaction, and the last one answers.
//!
//! In: a file's text. Out: the route where there is one, and diagnostics. Deliberately not here: a grammar of SQL, and the database, which
//! alone can say whether tables and columns exist.

mod body;
mod checks;
mod diagnostics;
mod expand;
mod header;
mod lexer;
mod param;
#[cfg(test)]
mod tests;
mod words;

use rivage_diag::{Diagnostic, FileId, Span};

use crate::manifest::{Action, Method, Param, Route};
use diagnostics::{Amend, Report};
pub(crate) use expand::size as switch_size;

/// What a route file may refer to.
#[derive(Clone, Debug)]
pub struct Context<'a> {
    /// The names of the rate-limit classes.
    pub limits: &'a [&'a str],
}

/// Reads a route file.
pub fn parse(file: &FileId, text: &str, context: &Context<'_>) -> (Option<Route>, Vec<Diagnostic>) {
    let mut report = Report { file, found: Vec::new() };
    let route = read(text, context, &mut report);
    let mut found = report.found;
    rivage_diag::sort(&mut found);
    let broken = found.iter().any(Diagnostic::is_error);
    (route.filter(|_| !broken), found)
}

fn read(text: &str, context: &Context<'_>, report: &mut Report<'_>) -> Option<Route> {
    let (header, sql) = header::read(text, context, report);
    let (tokens, unclosed) = lexer::lex(text, sql);
    for unclosed in &unclosed {
        report.error("unterminated", unclosed.span, format!("the {} does not end", unclosed.what));
    }
    let (header, name) = header?;
    if !unclosed.is_empty() {
        return None;
    }
    let (params, spans): (Vec<Param>, Vec<Span>) = header.params.into_iter().unzip();
    let templates = body::statements(text, &tokens, &params, report);
    if templates.is_empty() {
        if report.found.iter().all(|diagnostic| !diagnostic.is_error()) {
            report
                .error("missing-statement", header.line, "the file has no statement")
                .hint("write SQL below the header, with an empty line between them where it starts with a comment");
        }
        return None;
    }
    let mut used = vec![false; params.len()];
    for (index, template) in templates.iter().enumerate() {
        expand::check_names(text, template, &params, &header.auth, &mut used, report);
        checks::statement(text, template, header.method, header.returns, index + 1 == templates.len(), report);
    }
    // Where a block could not be read, what it uses is not known.
    if report.found.iter().all(|diagnostic| !diagnostic.is_error()) {
        for (param, span) in params.iter().zip(&spans).zip(&used).filter(|(_, used)| !**used).map(|(pair, _)| pair) {
            report
                .warning("unused-parameter", *span, format!("no statement uses `{}`", param.name))
                .hint(format!("write `:{}` where its value belongs, or remove it", param.name));
        }
    }
    let statements = expand::expand(text, &templates, &params, header.line, report)?;
    Some(Route {
        id: name.unwrap_or_else(|| default_name(header.method, &header.path)),
        method: header.method,
        path: header.path,
        summary: header.summary,
        description: header.description,
        auth: header.auth,
        params,
        cache: header.cache,
        purge: header.purge,
        limit: header.limit,
        returns: header.returns,
        status: header.status,
        action: Action::Sql(statements),
    })
}

/// `GET /api/posts/{slug}` → `get_posts_by_slug`.
fn default_name(method: Method, path: &str) -> String {
    let mut name = method.as_str().to_lowercase();
    for segment in path.trim_start_matches("/api/").split('/') {
        match segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
            Some(param) => name.push_str(&format!("_by_{param}")),
            None => name.push_str(&format!("_{}", segment.replace(['-', '.'], "_"))),
        }
    }
    name
}

/// Reports routes that cannot stand side by side: the same method and shape of path, or the same name.
///
/// Each route comes with its file, where it is one of the site's; built-in routes and those of forms have none.
pub fn conflicts(routes: &[(&Route, Option<&FileId>)]) -> Vec<Diagnostic> {
    let shape = |path: &str| -> Vec<String> {
        path.split('/')
            .map(|segment| if segment.starts_with('{') { "{}".to_owned() } else { segment.to_owned() })
            .collect()
    };
    let mut found = Vec::new();
    for (index, (route, file)) in routes.iter().enumerate() {
        for (other, other_file) in &routes[..index] {
            let where_other = match (other_file, &other.action) {
                (Some(file), _) => format!("`{file}`"),
                (None, Action::Form(form)) => format!("the form `{}`", form.name),
                (None, _) => "a built-in route".to_owned(),
            };
            let mut add = |code: &str, message: String, hint: &str| {
                let mut diagnostic = Diagnostic::error(code, message).with_hint(hint);
                if let Some(file) = file.or(*other_file) {
                    diagnostic = diagnostic.at(file, Span::at(0));
                }
                found.push(diagnostic);
            };
            if route.method == other.method && shape(&route.path) == shape(&other.path) {
                add(
                    "duplicate-route",
                    format!("`{} {}` is taken by {where_other}", route.method.as_str(), route.path),
                    "give one of them another path",
                );
            } else if route.id == other.id {
                add(
                    "duplicate-name",
                    format!("the name `{}` also belongs to {where_other}", route.id),
                    "give one of them another name by `@name`",
                );
            }
        }
    }
    found
}
