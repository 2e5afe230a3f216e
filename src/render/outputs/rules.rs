//! `_headers` and `_redirects` as Cloudflare Pages reads them, so that `rivage preview` answers as the site will.
//!
//! In: the text of the files, and the path of a request as the browser sent it (encoded, from `/` on). Out: where a request goes and
//! which headers its answer has. Rules with a host (`https://…`) are read and never match: a preview has another host.
//!
//! - Redirects: those without `*` and `:name` that stand before the first one with are looked up, then the others are tried in order.
//!   `*` takes anything (`:splat` on the right), `:name` one part. The request's query is kept unless the target has its own.
//! - Headers: every rule that matches counts, in order. `! Name` takes a header away; two values of one name are joined with a comma.

use rustc_hash::FxHashMap;

/// Redirects in the form of `_redirects`.
#[derive(Clone, Debug, Default)]
pub struct Redirects {
    fixed: FxHashMap<String, Target>,
    dynamic: Vec<(Pattern, Target)>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Target {
    to: String,
    status: u16,
}

/// What a redirect makes of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redirected {
    /// 200 to answer with what is at `location`; else the status of the answer.
    pub status: u16,
    /// A path or URL, with its query.
    pub location: String,
}

/// Headers in the form of `_headers`.
#[derive(Clone, Debug, Default)]
pub struct Headers {
    rules: Vec<(Pattern, Vec<Change>)>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Change {
    Set(String, String),
    Remove(String),
}

/// What header rules make of an answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HeaderChanges {
    /// Names in lower case that the answer shall not have, unless set here too.
    pub removed: Vec<String>,
    /// Names, as written, with their values.
    pub set: Vec<(String, String)>,
}

/// Reports whether a path of a rule has `*` or `:name`.
pub fn is_dynamic(path: &str) -> bool {
    path.contains('*') || placeholder(path).is_some()
}

impl Redirects {
    /// Reads the text of a `_redirects` file. Lines that Pages would not understand are left out.
    pub fn parse(text: &str) -> Self {
        let mut redirects = Self::default();
        for line in text.lines() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let mut fields = line.split_whitespace().take_while(|field| !field.starts_with('#'));
            let (Some(from), Some(to)) = (fields.next(), fields.next()) else { continue };
            let Ok(status) = fields.next().map_or(Ok(302), str::parse) else { continue };
            if !matches!(status, 200 | 301 | 302 | 303 | 307 | 308) {
                continue;
            }
            let target = Target { to: to.to_owned(), status };
            if redirects.dynamic.is_empty() && !is_dynamic(from) {
                redirects.fixed.entry(from.to_owned()).or_insert(target);
            } else {
                redirects.dynamic.push((Pattern::new(from), target));
            }
        }
        redirects
    }

    /// Returns where a request goes. `query` is without the `?`.
    pub fn find(&self, path: &str, query: Option<&str>) -> Option<Redirected> {
        let (target, captures) = match self.fixed.get(path) {
            Some(target) => (target, Vec::new()),
            None => self.dynamic.iter().find_map(|(pattern, target)| Some((target, pattern.captures(path)?)))?,
        };
        let mut location = fill(&target.to, &captures);
        if let Some(query) = query.filter(|_| !target.to.contains('?')) {
            let at = location.find('#').unwrap_or(location.len());
            location.insert_str(at, &format!("?{query}"));
        }
        Some(Redirected { status: target.status, location })
    }
}

impl Headers {
    /// Reads the text of a `_headers` file. Lines that Pages would not understand are left out.
    pub fn parse(text: &str) -> Self {
        let mut rules: Vec<(Pattern, Vec<Change>)> = Vec::new();
        for line in text.lines() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            if line.starts_with('/') || line.starts_with("https://") {
                rules.push((Pattern::new(line), Vec::new()));
                continue;
            }
            let Some((_, changes)) = rules.last_mut() else { continue };
            if let Some(name) = line.strip_prefix('!') {
                changes.push(Change::Remove(name.trim().to_owned()));
            } else if let Some((name, value)) = line.split_once(':') {
                changes.push(Change::Set(name.trim().to_owned(), value.trim().to_owned()));
            }
        }
        Self { rules }
    }

    /// Returns what the rules make of the answer to a request.
    pub fn apply(&self, path: &str) -> HeaderChanges {
        let mut result = HeaderChanges::default();
        for (pattern, changes) in &self.rules {
            let Some(captures) = pattern.captures(path) else { continue };
            // Within a rule, what is taken away goes first, wherever it stands.
            for name in
                changes.iter().filter_map(|change| if let Change::Remove(name) = change { Some(name) } else { None })
            {
                result.set.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
                let name = name.to_ascii_lowercase();
                if !result.removed.contains(&name) {
                    result.removed.push(name);
                }
            }
            for change in changes {
                let Change::Set(name, value) = change else { continue };
                let value = fill(value, &captures);
                match result.set.iter_mut().find(|(known, _)| known.eq_ignore_ascii_case(name)) {
                    Some((_, known)) => *known = format!("{known}, {value}"),
                    None => result.set.push((name.clone(), value)),
                }
            }
        }
        result
    }
}

/// The left side of a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Pattern(Vec<Part>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    /// Anything, be it nothing.
    Splat,
    /// At least one character of one part of the path.
    Name(String),
}

/// Names with what they stand for.
type Captures<'p> = Vec<(&'p str, &'p str)>;

impl Pattern {
    fn new(text: &str) -> Self {
        let mut parts = Vec::new();
        let mut rest = text;
        while !rest.is_empty() {
            let splat = rest.find('*').map(|at| (at, at + 1));
            let name = placeholder(rest);
            let (start, end) = match (splat, name) {
                (Some(splat), Some(name)) => splat.min(name),
                (Some(found), None) | (None, Some(found)) => found,
                (None, None) => (rest.len(), rest.len()),
            };
            if start > 0 {
                parts.push(Part::Text(rest[..start].to_owned()));
            }
            match &rest[start..end] {
                "" => {}
                "*" => parts.push(Part::Splat),
                name => parts.push(Part::Name(name[1..].to_owned())),
            }
            rest = &rest[end..];
        }
        Self(parts)
    }

    fn captures<'p>(&'p self, path: &'p str) -> Option<Captures<'p>> {
        let mut captures = Vec::new();
        matches(&self.0, path, &mut captures).then_some(captures)
    }
}

/// Matches greedily, longest first, as the regular expressions of Pages do. Rules have one `*` and few names, so that going back
/// costs little.
fn matches<'p>(parts: &'p [Part], path: &'p str, captures: &mut Captures<'p>) -> bool {
    let Some((part, after)) = parts.split_first() else { return path.is_empty() };
    let (name, least, most) = match part {
        Part::Text(text) => return path.strip_prefix(text.as_str()).is_some_and(|rest| matches(after, rest, captures)),
        Part::Splat => ("splat", 0, path.len()),
        Part::Name(name) => (name.as_str(), 1, path.find('/').unwrap_or(path.len())),
    };
    let known = captures.len();
    for end in (least..=most).rev().filter(|end| path.is_char_boundary(*end)) {
        captures.push((name, &path[..end]));
        if matches(after, &path[end..], captures) {
            return true;
        }
        captures.truncate(known);
    }
    false
}

/// The first `:name` of a text, as start and end.
fn placeholder(text: &str) -> Option<(usize, usize)> {
    text.match_indices(':').find_map(|(at, _)| {
        let name = &text[at + 1..];
        let end = name.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(name.len());
        name.starts_with(|c: char| c.is_ascii_alphabetic()).then_some((at, at + 1 + end))
    })
}

/// Puts what has been captured in the place of the names. Longer names first, so that `:a` is not found in `:ab`.
fn fill(text: &str, captures: &Captures<'_>) -> String {
    let mut sorted: Vec<_> = captures.iter().collect();
    sorted.sort_by_key(|(name, _)| std::cmp::Reverse(name.len()));
    sorted.iter().fold(text.to_owned(), |text, (name, value)| text.replace(&format!(":{name}"), value))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(rules: &str, path: &str, expected: Option<(u16, &str)>) {
        let (path, query) = path.split_once('?').map_or((path, None), |(path, query)| (path, Some(query)));
        let found = Redirects::parse(rules).find(path, query);
        assert_eq!(found.as_ref().map(|found| (found.status, found.location.as_str())), expected, "{rules} on {path}");
    }

    #[test]
    fn redirects_match_as_on_pages() {
        check("/a /b 301", "/a", Some((301, "/b")));
        check("/a /b", "/a", Some((302, "/b")));
        check("/a /b", "/a/", None);
        check("/a/* /b/:splat", "/a/x/y", Some((302, "/b/x/y")));
        check("/a/* /b/:splat", "/a/", Some((302, "/b/")));
        check("/a/* /b/:splat", "/a", None);
        check("/m/:year/:month /n/:month-:year", "/m/2026/11", Some((302, "/n/11-2026")));
        check("/m/:year/:month /n", "/m/2026/", None);
        check("/m/:year /n", "/m/a/b", None);
        check("/:a/:ab /:ab/:a", "/1/2", Some((302, "/2/1")));
        check("/x/*/end /y/:splat", "/x/a/end/b/end", Some((302, "/y/a/end/b")));
        check("/api/* /app/:splat 200", "/api/u", Some((200, "/app/u")));
        check("https://old.example/* /b", "/old", None);
    }

    #[test]
    fn static_rules_go_before_dynamic_ones_and_the_first_wins() {
        check("/a /1\n/a /2\n/* /3", "/a", Some((302, "/1")));
        check("/a* /1\n/a /2", "/a", Some((302, "/1")));
    }

    #[test]
    fn queries_are_kept() {
        check("/a /b", "/a?x=1", Some((302, "/b?x=1")));
        check("/a /b#c", "/a?x=1", Some((302, "/b?x=1#c")));
        check("/a /b?y=2", "/a?x=1", Some((302, "/b?y=2")));
    }

    #[test]
    fn comments_and_broken_lines_are_left_out() {
        check("# /a /b\n/a\n/a /c 999\n/a /c x\n/a /d # why", "/a", Some((302, "/d")));
    }

    const HEADERS: &str = "# note\n  X-Lost: 1\n/*\n  X-A: 1\n  X-B: b: c\n/docs/*\n  x-a: 2\n  ! X-B\n  X-B: only\n/u/:name\n  X-User: :name\n  ! X-A\n";

    fn headers(path: &str) -> String {
        let HeaderChanges { removed, set } = Headers::parse(HEADERS).apply(path);
        let set = set.iter().map(|(name, value)| format!("{name}={value}"));
        set.chain(removed.iter().map(|name| format!("-{name}"))).collect::<Vec<_>>().join("|")
    }

    #[test]
    fn headers_of_all_matching_rules_are_merged() {
        assert_eq!(headers("/"), "X-A=1|X-B=b: c");
        assert_eq!(headers("/docs/a"), "X-A=1, 2|X-B=only|-x-b");
        assert_eq!(headers("/u/ada"), "X-B=b: c|X-User=ada|-x-a");
        assert_eq!(headers("nothing"), "");
    }
}
