//! The typed header: the comment lines at the beginning of a route file.
//!
//! In: the file's text. Out: [`Header`] with the places of what later checks may complain about, and where SQL starts.

use std::collections::BTreeMap;

use rivage_diag::Span;

use super::diagnostics::{Amend, Report};
use super::{Context, param, words};
use crate::manifest::{Auth, Cache, Method, Param, Returns};

/// What a header says.
#[derive(Debug)]
pub(super) struct Header {
    pub(super) method: Method,
    pub(super) path: String,
    /// The first line.
    pub(super) line: Span,
    pub(super) summary: String,
    pub(super) description: String,
    pub(super) auth: Auth,
    pub(super) params: Vec<(Param, Span)>,
    pub(super) cache: Option<Cache>,
    pub(super) purge: Vec<String>,
    pub(super) limit: String,
    pub(super) returns: Returns,
    pub(super) status: u16,
}

/// The directives and what a right one looks like.
const DIRECTIVES: [(&str, &str); 8] = [
    ("auth", "@auth none"),
    ("param", "@param limit int4 query default 20 range 1..100"),
    ("cache", "@cache 60s stale 5m error 1d tags post"),
    ("purge", "@purge post"),
    ("limit", "@limit read"),
    ("returns", "@returns many"),
    ("status", "@status 201"),
    ("name", "@name list_posts"),
];

const RETURNS: [(&str, Returns); 3] = [("one", Returns::One), ("many", Returns::Many), ("none", Returns::None)];

/// A line `@name rest`.
struct Directive<'a> {
    name: &'a str,
    span: Span,
    rest: Span,
}

/// Reads the header; also returns the name given by `@name` and the byte where SQL starts.
pub(super) fn read(
    text: &str,
    context: &Context<'_>,
    report: &mut Report<'_>,
) -> (Option<(Header, Option<String>)>, usize) {
    let (lines, sql) = comment_lines(text);
    let mut lines = lines.into_iter().skip_while(|line| text[line.range()].trim().is_empty());
    let Some(first) = lines.next() else {
        report
            .error(
                "missing-route",
                Span::new(0, text.find('\n').unwrap_or(text.len())),
                "the file does not start with a route",
            )
            .hint("write `-- GET /api/…` in the first line");
        return (None, sql);
    };
    let route = route_line(text, first, report);
    let mut prose: Vec<&str> = Vec::new();
    let mut directives = Vec::new();
    for line in lines {
        let content = &text[line.range()];
        let trimmed = content.trim();
        let start = line.start as usize + (content.len() - content.trim_start().len());
        if let Some(rest) = trimmed.strip_prefix('@') {
            let name = rest.split_whitespace().next().unwrap_or("");
            let after = start + 1 + name.len();
            directives.push(Directive {
                name,
                span: Span::new(start, after),
                rest: Span::new(after, start + trimmed.len()),
            });
        } else if directives.is_empty() {
            prose.push(trimmed);
        } else if !trimmed.is_empty() {
            report
                .error("text-after-directive", Span::new(start, start + trimmed.len()), "text stands below the directives")
                .hint("the description stands between the route and the first `@`; SQL comments stand below an empty line");
        }
    }
    let header = fold(text, route, &prose, &directives, context, report);
    (header, sql)
}

/// Returns the contents of the leading `--` lines, and where the first other line begins.
fn comment_lines(text: &str) -> (Vec<Span>, usize) {
    let mut lines = Vec::new();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let trimmed = line.trim();
        if let Some(content) = trimmed.strip_prefix("--") {
            let start = at + line.find("--").unwrap_or(0) + 2;
            lines.push(Span::new(start, start + content.len()));
        } else if !(trimmed.is_empty() && lines.is_empty()) {
            break;
        }
        at += line.len();
    }
    (lines, at)
}

fn route_line(text: &str, line: Span, report: &mut Report<'_>) -> Option<(Method, String, Span)> {
    let trimmed = text[line.range()].trim_start();
    let start = line.end as usize - trimmed.len();
    let line = Span::new(start, start + trimmed.trim_end().len());
    let found = words::split(text, line).unwrap_or_default();
    let [method, path] = found.as_slice() else {
        report
            .error("missing-route", line, "the first line has to be a method and a path")
            .hint("for example `-- GET /api/posts`");
        return None;
    };
    let known = Method::parse(&method.text);
    if known.is_none() {
        report
            .error("unknown-method", method.span, format!("`{}` is not a method that a route can have", method.text))
            .nearest(&method.text.to_uppercase(), Method::ALL.map(Method::as_str));
    }
    let path_is_right = check_path(&path.text, path.span, report);
    Some((known.filter(|_| path_is_right)?, path.text.clone(), line))
}

fn check_path(path: &str, span: Span, report: &mut Report<'_>) -> bool {
    if !path.starts_with("/api/") {
        report
            .error("invalid-path", span, format!("the path `{path}` is not below `/api/`"))
            .hint("only paths below `/api/` reach the API; all others are pages of the site");
        return false;
    }
    for segment in path[1..].split('/') {
        let name = segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
        let right = match name {
            Some(name) => is_name(name),
            None => {
                !segment.is_empty()
                    && segment != "."
                    && segment != ".."
                    && segment.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-_.".contains(&b))
            }
        };
        if !right {
            report.error("invalid-path", span, format!("`{segment}` is not a segment that a path can have")).hint(
                "a segment is made of `a`–`z`, `0`–`9`, `-`, `_` and `.`, or is a parameter such as `{slug}`; the path does not end with `/`",
            );
            return false;
        }
    }
    true
}

/// A name of a parameter, a role, a tag: what needs no quotes in SQL, JSON keys and URLs.
pub(super) fn is_name(name: &str) -> bool {
    name.len() <= 63
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}

fn is_tag(name: &str) -> bool {
    (1..=63).contains(&name.len())
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-_".contains(&b))
}

fn fold(
    text: &str,
    route: Option<(Method, String, Span)>,
    prose: &[&str],
    directives: &[Directive<'_>],
    context: &Context<'_>,
    report: &mut Report<'_>,
) -> Option<(Header, Option<String>)> {
    let line = route.as_ref().map_or_else(|| Span::at(0), |(_, _, line)| *line);
    let mut auth = None;
    let mut params: Vec<(Param, Span)> = Vec::new();
    let (mut cache, mut purge, mut limit, mut returns, mut status, mut name) =
        (None, Vec::new(), None, None, None, None);
    let mut seen: BTreeMap<&str, Span> = BTreeMap::new();
    for directive in directives {
        let Some((known, example)) = DIRECTIVES.into_iter().find(|(known, _)| *known == directive.name) else {
            report
                .error("unknown-directive", directive.span, format!("`@{}` is not a directive", directive.name))
                .nearest(directive.name, DIRECTIVES.map(|(name, _)| name));
            continue;
        };
        if known != "param"
            && let Some(first) = seen.insert(known, directive.span)
        {
            let file = report.file;
            report.error("duplicate-directive", directive.span, format!("`@{known}` stands twice")).also(
                file,
                first,
                "first here",
            );
            continue;
        }
        let words = match words::split(text, directive.rest) {
            Ok(words) if words.is_empty() => {
                report
                    .error("incomplete-directive", directive.span, format!("`@{known}` says nothing"))
                    .hint(format!("for example `{example}`"));
                continue;
            }
            Ok(words) => words,
            Err(quote) => {
                report.error("unterminated", quote, "the quoted value does not end").hint("close it with `'`");
                continue;
            }
        };
        match known {
            "auth" => auth = read_auth(&words, report),
            "param" => {
                if let Some(param) = param::read(&words, report) {
                    add_param(&mut params, param, words[0].span, report);
                }
            }
            "cache" => cache = read_cache(&words, report).map(|cache| (cache, directive.span)),
            "purge" => purge = read_tags(&words, report),
            "limit" => {
                limit =
                    pick(&words, "limit", context.limits.iter().map(|name| (*name, *name)), report).map(str::to_owned)
            }
            "returns" => returns = pick(&words, "returns", RETURNS.into_iter(), report),
            "status" => {
                status = pick(&words, "status", [("200", 200u16), ("201", 201), ("202", 202)].into_iter(), report)
            }
            _ => name = read_name(&words, report),
        }
    }
    let (method, path, line) =
        route.map_or((None, None, line), |(method, path, line)| (Some(method), Some(path), line));
    for (required, examples) in [
        ("auth", "`@auth none` opens the route to everyone; else `session`, `bearer` or `role:admin`"),
        ("returns", "`@returns one`, `@returns many` or `@returns none`"),
    ] {
        if !seen.contains_key(required) {
            report.error("missing-directive", line, format!("the header has no `@{required}`")).hint(examples);
        }
    }
    let (method, path, auth, returns) = (method?, path?, auth?, returns?);
    let status = status.unwrap_or(if returns == Returns::None { 204 } else { 200 });
    if let Some((_, span)) = &cache {
        if !method.is_safe() {
            report
                .error("cache-of-write", *span, format!("answers to {} are not kept", method.as_str()))
                .hint("remove `@cache`");
        } else if !auth.is_none() {
            report
                .error("cache-of-private", *span, "answers that need an account are not kept")
                .hint("remove `@cache`, or make the route public by `@auth none`");
        }
    }
    if let (true, Some(span)) = (method.is_safe(), seen.get("purge")) {
        report
            .error("purge-by-read", *span, "a GET changes nothing, and makes no answer stale")
            .hint("remove `@purge`");
    }
    if let (Returns::None, Some(span)) = (returns, seen.get("status")) {
        report.error("status-without-answer", *span, "a route that returns none answers 204").hint("remove `@status`");
    }
    check_sources(method, &path, line, &params, report);
    let default_limit = if method.is_safe() { "read" } else { "write" };
    let limit = limit.unwrap_or_else(|| default_limit.to_owned());
    if !context.limits.contains(&limit.as_str()) {
        report
            .error("unknown-word", line, format!("there is no rate-limit class `{limit}`, which is the default"))
            .nearest(&limit, context.limits.iter().copied());
    }
    let (summary, description) = split_prose(prose);
    let cache = cache.map(|(cache, _)| cache);
    Some((
        Header { method, path, line, summary, description, auth, params, cache, purge, limit, returns, status },
        name,
    ))
}

/// The first paragraph is the summary, the rest the description.
fn split_prose(lines: &[&str]) -> (String, String) {
    let lines: Vec<&str> = lines.iter().copied().skip_while(|line| line.is_empty()).collect();
    let end = lines.iter().position(|line| line.is_empty()).unwrap_or(lines.len());
    (lines[..end].join(" "), lines[end..].join("\n").trim().to_owned())
}

fn add_param(params: &mut Vec<(Param, Span)>, param: Param, span: Span, report: &mut Report<'_>) {
    if let Some((_, first)) = params.iter().find(|(other, _)| other.name == param.name) {
        let first = *first;
        let file = report.file;
        report.error("duplicate-param", span, format!("the parameter `{}` is declared twice", param.name)).also(
            file,
            first,
            "first here",
        );
        return;
    }
    params.push((param, span));
}

fn check_sources(method: Method, path: &str, line: Span, params: &[(Param, Span)], report: &mut Report<'_>) {
    use crate::manifest::Source;
    let in_path: Vec<&str> = path.split('/').filter_map(|s| s.strip_prefix('{')?.strip_suffix('}')).collect();
    for (index, name) in in_path.iter().enumerate() {
        if in_path[..index].contains(name) {
            report.error("duplicate-param", line, format!("the path has `{{{name}}}` twice"));
        }
        match params.iter().find(|(param, _)| param.name == *name) {
            None => {
                report
                    .error("undeclared-param", line, format!("the path's `{{{name}}}` is not declared"))
                    .hint(format!("add `-- @param {name} text path`"));
            }
            Some((param, span)) if param.source != Source::Path => {
                report
                    .error("source-mismatch", *span, format!("`{name}` stands in the path"))
                    .hint("give it the source `path`");
            }
            Some(_) => {}
        }
    }
    for (param, span) in params {
        if param.source == Source::Path && !in_path.contains(&param.name.as_str()) {
            report
                .error("source-mismatch", *span, format!("the path has no `{{{}}}`", param.name))
                .nearest(&param.name, in_path.iter().copied());
        }
        if param.source == Source::Body && method.is_safe() {
            report
                .error("body-of-get", *span, "a GET has no body")
                .hint("give it the source `query`, or make the route a POST");
        }
    }
}

fn read_auth(words: &[words::Word], report: &mut Report<'_>) -> Option<Auth> {
    let mut auth = Auth::default();
    let mut none = None;
    for word in words {
        match word.text.as_str() {
            "none" => none = Some(word.span),
            "session" => auth.session = true,
            "bearer" => auth.bearer = true,
            text => match text.strip_prefix("role:") {
                Some(role) if is_name(role) && auth.role.is_none() => auth.role = Some(role.to_owned()),
                Some(_) => {
                    report
                        .error("unknown-word", word.span, format!("`{text}` does not name one role"))
                        .hint("a role is one word of `a`–`z`, `0`–`9` and `_`: `role:admin`");
                    return None;
                }
                None => {
                    report
                        .error("unknown-word", word.span, format!("`{text}` is no way to know who calls"))
                        .nearest(text, ["none", "session", "bearer", "role:admin"]);
                    return None;
                }
            },
        }
    }
    if let Some(span) = none {
        if words.len() > 1 {
            report
                .error("auth-conflict", span, "`none` stands beside another way to know who calls")
                .hint("keep one of them");
            return None;
        }
        return Some(auth);
    }
    if !auth.session && !auth.bearer {
        (auth.session, auth.bearer) = (true, true);
    }
    Some(auth)
}

fn read_cache(words: &[words::Word], report: &mut Report<'_>) -> Option<Cache> {
    let ttl = duration(&words[0], report)?;
    let mut cache = Cache { ttl, stale: 0, error: 0, tags: Vec::new() };
    let mut rest = &words[1..];
    while let [word, after @ ..] = rest {
        match (word.text.as_str(), after) {
            ("stale", [value, after @ ..]) => {
                cache.stale = duration(value, report)?;
                rest = after;
            }
            ("error", [value, after @ ..]) => {
                cache.error = duration(value, report)?;
                rest = after;
            }
            ("tags", [_, ..]) => {
                cache.tags = read_tags(after, report);
                rest = &[];
            }
            ("stale" | "error" | "tags", []) => {
                report.error("incomplete-directive", word.span, format!("nothing follows `{}`", word.text));
                return None;
            }
            (text, _) => {
                report
                    .error("unknown-word", word.span, format!("`@cache` does not know `{text}`"))
                    .nearest(text, ["stale", "error", "tags"]);
                return None;
            }
        }
    }
    cache.tags.sort();
    cache.tags.dedup();
    Some(cache)
}

fn read_tags(words: &[words::Word], report: &mut Report<'_>) -> Vec<String> {
    let mut tags = Vec::new();
    for word in words {
        if is_tag(&word.text) {
            tags.push(word.text.clone());
        } else {
            report
                .error("invalid-name", word.span, format!("`{}` is not a name that a tag can have", word.text))
                .hint("a tag is made of `a`–`z`, `0`–`9`, `-` and `_`");
        }
    }
    tags
}

/// `90`, `90s`, `5m`, `2h`, `1d`: at most a year.
fn duration(word: &words::Word, report: &mut Report<'_>) -> Option<u32> {
    let digits = word.text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = match &word.text[digits.len()..] {
        "" | "s" => Some(1u32),
        "m" => Some(60),
        "h" => Some(3600),
        "d" => Some(86_400),
        _ => None,
    };
    let seconds = unit
        .zip(digits.parse::<u32>().ok())
        .and_then(|(unit, count)| count.checked_mul(unit))
        .filter(|seconds| *seconds <= 366 * 86_400);
    if seconds.is_none() {
        report
            .error("invalid-duration", word.span, format!("`{}` is not a duration", word.text))
            .hint("for example `60s`, `5m`, `2h`, `1d`; at most a year");
    }
    seconds
}

fn pick<'n, T>(
    words: &[words::Word],
    directive: &str,
    choices: impl Iterator<Item = (&'n str, T)>,
    report: &mut Report<'_>,
) -> Option<T> {
    let (mut names, mut chosen) = (Vec::new(), None);
    for (name, value) in choices {
        if name == words[0].text {
            chosen = Some(value);
        }
        names.push(name);
    }
    if chosen.is_none() {
        let text = &words[0].text;
        report
            .error("unknown-word", words[0].span, format!("`@{directive}` does not know `{text}`"))
            .nearest(text, names.iter().copied());
    }
    extra(&words[1..], report);
    chosen
}

fn read_name(words: &[words::Word], report: &mut Report<'_>) -> Option<String> {
    extra(&words[1..], report);
    let name = &words[0];
    if is_name(&name.text) {
        return Some(name.text.clone());
    }
    report
        .error("invalid-name", name.span, format!("`{}` is not a name that a route can have", name.text))
        .hint("a name starts with `a`–`z` and is made of `a`–`z`, `0`–`9` and `_`");
    None
}

fn extra(words: &[words::Word], report: &mut Report<'_>) {
    if let [first, .., last] | [first @ last] = words {
        report.error(
            "extra-words",
            Span::new(first.span.start as usize, last.span.end as usize),
            "nothing more may follow here",
        );
    }
}
