//! `_headers` and `_redirects`, read as Cloudflare Pages reads them.

/// The rules of a `_headers` file.
#[derive(Clone, Debug, Default)]
pub(super) struct Headers {
    rules: Vec<(String, Vec<Line>)>,
}

#[derive(Clone, Debug)]
enum Line {
    Set(String, String),
    Remove(String),
}

impl Headers {
    pub(super) fn parse(text: &str) -> Self {
        let mut rules: Vec<(String, Vec<Line>)> = Vec::new();
        for line in text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
            if line.starts_with('/') || line.starts_with("https://") {
                rules.push((line.to_owned(), Vec::new()));
            } else if let Some((_, lines)) = rules.last_mut() {
                if let Some(name) = line.strip_prefix('!') {
                    lines.push(Line::Remove(name.trim().to_ascii_lowercase()));
                } else if let Some((name, value)) = line.split_once(':') {
                    lines.push(Line::Set(name.trim().to_ascii_lowercase(), value.trim().to_owned()));
                }
            }
        }
        Self { rules }
    }

    /// Lays the rules for a path over what the host sends: a header that several rules set has all their values.
    pub(super) fn apply(&self, path: &str, headers: &mut Vec<(String, String)>) {
        let mut own: Vec<(String, String)> = Vec::new();
        for (_, lines) in self.rules.iter().filter(|(pattern, _)| matches(pattern, path).is_some()) {
            for line in lines {
                match line {
                    Line::Remove(name) => {
                        own.retain(|(other, _)| other != name);
                        headers.retain(|(other, _)| other != name);
                    }
                    Line::Set(name, value) => match own.iter_mut().find(|(other, _)| other == name) {
                        Some((_, values)) => *values = format!("{values}, {value}"),
                        None => own.push((name.clone(), value.clone())),
                    },
                }
            }
        }
        headers.retain(|(name, _)| !own.iter().any(|(other, _)| other == name));
        headers.extend(own);
    }
}

/// The rules of a `_redirects` file.
#[derive(Clone, Debug, Default)]
pub(super) struct Redirects {
    rules: Vec<(String, String, u16)>,
}

impl Redirects {
    pub(super) fn parse(text: &str) -> Self {
        let rule = |line: &str| {
            let line = line.split(" #").next().unwrap_or_default();
            let mut words = line.split_whitespace();
            let (from, to) = (words.next()?, words.next()?);
            let status = words.next().map_or(Some(302), |word| word.parse().ok())?;
            (!from.starts_with('#')).then(|| (from.to_owned(), to.to_owned(), status))
        };
        Self { rules: text.lines().filter_map(rule).collect() }
    }

    /// Returns where a path is sent, and the status: 200 answers with what is there.
    pub(super) fn find(&self, path: &str) -> Option<(String, u16)> {
        self.rules.iter().find_map(|(from, to, status)| {
            let values = matches(from, path)?;
            let mut to = to.clone();
            // The longest name first: `:ab` is not `:a` and a `b`.
            let mut values = values;
            values.sort_by_key(|(name, _)| std::cmp::Reverse(name.len()));
            for (name, value) in values {
                to = to.replace(&format!(":{name}"), value);
            }
            Some((to, *status))
        })
    }
}

/// Compares a path with a pattern; returns what `*` (as `splat`) and `:name` stand for.
fn matches<'a>(pattern: &'a str, path: &'a str) -> Option<Vec<(&'a str, &'a str)>> {
    let mut values = Vec::new();
    let (mut pattern, mut path) = (pattern, path);
    loop {
        match pattern.chars().next() {
            None => return path.is_empty().then_some(values),
            Some('*') => {
                let rest = &pattern[1..];
                let end = if rest.is_empty() { Some(path.len()) } else { path.rfind(rest) }?;
                values.push(("splat", &path[..end]));
                (pattern, path) = (rest, &path[end..]);
            }
            Some(':') if pattern[1..].starts_with(|c: char| c.is_ascii_alphabetic()) => {
                let name = &pattern[1..];
                let end = name.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(name.len());
                let value_end = path.find('/').unwrap_or(path.len());
                if value_end == 0 {
                    return None;
                }
                values.push((&name[..end], &path[..value_end]));
                (pattern, path) = (&name[end..], &path[value_end..]);
            }
            Some(c) => {
                (pattern, path) = (&pattern[c.len_utf8()..], path.strip_prefix(c)?);
            }
        }
    }
}
