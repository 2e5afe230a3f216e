//! Where a link that is written in content leads.
//!
//! In: the file it stands in, the reader's language, the link as written. Out: a [`Target`]. Deliberately not here: anchors (they
//! are known when all pages are rendered), reporting.

use super::urls::join;
use super::{Page, Site};

/// Where a link leads. Paths are without base path, decoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// A page of this site; `suffix` is `?query` and `#anchor` as written.
    Page {
        /// Its path.
        url: String,
        /// What follows.
        suffix: String,
    },
    /// A file of this site.
    File {
        /// Its path.
        url: String,
        /// What follows.
        suffix: String,
    },
    /// A place on the same page.
    Anchor(String),
    /// Another site, a mail address…
    External,
    /// A page that this build does not show.
    Hidden,
    /// Nothing.
    Unknown {
        /// A target that is spelt alike.
        nearest: Option<String>,
    },
}

impl Site {
    /// Finds the target of a link.
    pub fn link_target(&self, file: &rivage_diag::FileId, language: &str, written: &str) -> Target {
        if let Some(anchor) = written.strip_prefix('#') {
            return Target::Anchor(decode(anchor));
        }
        if written.is_empty() {
            return Target::Anchor(String::new());
        }
        if written.starts_with("//") || has_scheme(written) {
            return Target::External;
        }
        let end = written.find(['?', '#']).unwrap_or(written.len());
        let (path, suffix) = written.split_at(end);
        let path = decode(path);
        let found = match path.strip_prefix('/') {
            Some(below) => self.site_path(below, language),
            None => self.relative(file.as_str(), &path, language),
        };
        match found {
            Some(Found::Page(page)) => Target::Page { url: page.url.clone(), suffix: suffix.to_owned() },
            Some(Found::Route(url)) => Target::Page { url, suffix: suffix.to_owned() },
            Some(Found::File(url)) => Target::File { url, suffix: suffix.to_owned() },
            Some(Found::Hidden) => Target::Hidden,
            None => Target::Unknown { nearest: self.nearest(file.as_str(), &path) },
        }
    }

    fn site_path(&self, below: &str, language: &str) -> Option<Found<'_>> {
        let path = format!("/{below}");
        let base = self.config.site.base_path.as_str();
        let without_base = path.strip_prefix(base).filter(|rest| !base.is_empty() && (rest.is_empty() || rest.starts_with('/')));
        without_base.and_then(|path| self.path(path, language)).or_else(|| self.path(&path, language))
    }

    fn path(&self, path: &str, language: &str) -> Option<Found<'_>> {
        let slashed = format!("{}/", path.trim_end_matches('/').trim_end_matches("/index.html"));
        if self.by_url.contains_key(&slashed) {
            return Some(Found::Route(slashed));
        }
        if self.files.contains(path) {
            return Some(Found::File(path.to_owned()));
        }
        if self.is_alias(path) || self.is_alias(&slashed) || self.is_redirected(path) || self.is_generated(path) {
            return Some(Found::File(path.to_owned()));
        }
        // `/docs/install.mdx`: the path of a content file from content/.
        let file = format!("content{path}");
        if let Some(page) = self.by_file.get(&file) {
            return Some(Found::Page(self.in_language(self.page(*page), language)));
        }
        self.hidden.contains(&file).then_some(Found::Hidden)
    }

    fn is_alias(&self, path: &str) -> bool {
        self.aliases.binary_search_by(|(alias, _)| alias.as_str().cmp(path)).is_ok()
    }

    /// Files that later stages write: feeds, twins, the sitemap.
    fn is_generated(&self, path: &str) -> bool {
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        let beside_a_page = || self.by_url.contains_key(&format!("{folder}/"));
        match name {
            "sitemap.xml" | "robots.txt" | "_headers" | "_redirects" => folder.is_empty(),
            "llms.txt" | "404.html" => beside_a_page(),
            "atom.xml" | "rss.xml" | "feed.json" => beside_a_page(),
            _ => match path.strip_suffix(".md") {
                Some("/index") => true,
                Some(page) => self.by_url.contains_key(&format!("{page}/")),
                None => false,
            },
        }
    }

    fn is_redirected(&self, path: &str) -> bool {
        self.config.redirects.iter().any(|redirect| {
            let fixed = redirect.from.split(['*', ':']).next().unwrap_or(&redirect.from);
            if fixed.len() < redirect.from.len() {
                path.starts_with(fixed)
            } else {
                fixed.trim_end_matches('/') == path.trim_end_matches('/')
            }
        })
    }

    fn relative(&self, file: &str, path: &str, language: &str) -> Option<Found<'_>> {
        let joined = join(file, path)?;
        for candidate in [joined.clone(), format!("{joined}.mdx"), format!("{joined}.md"), format!("{joined}/_index.mdx"), format!("{joined}/_index.md"), format!("{joined}/index.mdx"), format!("{joined}/index.md")] {
            if let Some(page) = self.by_file.get(&candidate) {
                return Some(Found::Page(self.in_language(self.page(*page), language)));
            }
            if self.hidden.contains(&candidate) {
                return Some(Found::Hidden);
            }
        }
        if let Some(url) = self.assets.get(&joined) {
            return Some(Found::File(url.clone()));
        }
        // `../install/`: from the page's own URL, as a browser reads it.
        let page = self.page(*self.by_file.get(file)?);
        let base = format!("{}x", page.url);
        let path = format!("/{}", join(&base, path)?);
        self.path(&path, language)
    }

    /// The page's translation, where there is one.
    fn in_language<'s>(&'s self, page: &'s Page, language: &str) -> &'s Page {
        if page.language == language {
            return page;
        }
        self.by_key.get(&(language.to_owned(), page.key.clone())).map_or(page, |id| self.page(*id))
    }

    /// The target most like what was written, in the same form. Looks at names in the same folder, then at all paths of the
    /// site; runs only where a link is broken.
    fn nearest(&self, file: &str, path: &str) -> Option<String> {
        let (relative, wanted) = match path.strip_prefix('/') {
            Some(_) => (false, path.trim_end_matches('/').to_owned()),
            None => (true, join(file, path)?),
        };
        let alike = |candidate: &str| strsim::normalized_levenshtein(candidate.trim_end_matches('/'), &wanted);
        let best = |all: &mut dyn Iterator<Item = &str>| {
            all.map(|name| (alike(name), name.to_owned()))
                .filter(|(score, _)| *score > 0.7)
                .max_by(|a, b| a.0.total_cmp(&b.0).then_with(|| b.1.cmp(&a.1)))
        };
        if relative {
            let (_, found) = best(&mut self.by_file.keys().chain(self.assets.keys()).map(String::as_str))?;
            return Some(relative_path(file, &found));
        }
        best(&mut self.routes.iter().map(|route| route.url.as_str())).map(|(_, found)| found)
    }
}

enum Found<'s> {
    Page(&'s Page),
    Route(String),
    File(String),
    Hidden,
}

fn decode(text: &str) -> String {
    percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned()
}

fn has_scheme(written: &str) -> bool {
    let Some((scheme, _)) = written.split_once(':') else { return false };
    let mut chars = scheme.chars();
    chars.next().is_some_and(|c| c.is_ascii_alphabetic()) && chars.all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))
}

/// The path from one file to another as a writer would write it.
fn relative_path(from: &str, to: &str) -> String {
    let mut from: Vec<_> = from.split('/').collect();
    from.pop();
    let to: Vec<_> = to.split('/').collect();
    let common = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
    let up = "../".repeat(from.len() - common);
    let down = to[common..].join("/");
    if up.is_empty() { format!("./{down}") } else { format!("{up}{down}") }
}
