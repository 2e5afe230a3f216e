//! Where a link leads.
//!
//! In: a link as it was written, with the file and language of the page it stands on. Out: a [`Target`]. Deliberately not here: whether
//! the target has the `#anchor`, which is known only when pages are rendered.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use rivage_diag::FileId;
use rustc_hash::{FxHashMap, FxHashSet};

use super::permalink::{self, Place};
use super::visibility::above;
use super::{Page, PageId, Site, View, pages, path, routes};
use crate::discover::SourceTree;
use crate::parse::Document;

/// Where a link leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// A page, list or term of this site.
    Page {
        /// Its path without the base path, not percent-encoded.
        url: String,
        /// What was written behind the path: `?query#anchor`.
        suffix: String,
    },
    /// A file of this site, a former path of a page, or a redirect.
    File {
        /// Its path without the base path, not percent-encoded.
        url: String,
        /// What was written behind the path: `?query#anchor`.
        suffix: String,
    },
    /// A place on the page itself, decoded, without the `#`; empty for the page as a whole.
    Anchor(String),
    /// Another site, or a scheme such as `mailto:`.
    External,
    /// A page that is not shown: a draft, or one for later.
    Hidden,
    /// Nothing.
    Unknown {
        /// What was probably meant, in the way that the link was written: a relative path to a file, or a site path.
        nearest: Option<String>,
    },
}

/// What links may lead to besides pages, and what helps to say what was probably meant.
#[derive(Clone, Debug, Default)]
pub struct Targets {
    /// URL paths of files.
    files: FxHashSet<String>,
    /// Former paths, without their last slash.
    aliases: FxHashSet<String>,
    hidden_files: FxHashSet<String>,
    hidden_keys: FxHashSet<(String, String)>,
    hidden_urls: FxHashSet<String>,
    /// Last parts of URLs, in lower case → routes. Only a link that leads nowhere needs them.
    names: OnceLock<FxHashMap<String, Vec<usize>>>,
}

/// How many candidates are compared before we give up to guess what was meant.
const GUESSES: usize = 300;

impl Targets {
    pub(super) fn new(
        site: &Site,
        tree: &SourceTree,
        hidden: &[BTreeMap<String, Arc<Document>>],
        by_key: &[FxHashMap<String, PageId>],
        section_paths: &[String],
    ) -> Self {
        let statics = tree.theme.statics.iter().map(|file| format!("/{}", file.name));
        let beside = tree.assets.iter().filter_map(|asset| site.assets.get(&asset.path)).cloned();
        let mut targets = Self { files: statics.chain(beside).collect(), ..Self::default() };
        targets.aliases.extend(site.aliases.iter().map(|(path, _)| path.trim_end_matches('/').to_owned()));
        let shown: FxHashSet<&str> = site.assets.keys().map(String::as_str).collect();
        targets.hidden_files.extend(
            tree.assets.iter().filter(|asset| !shown.contains(asset.path.as_str())).map(|asset| asset.path.clone()),
        );
        for ((language, documents), own) in site.config.languages.iter().zip(hidden).zip(by_key) {
            let home = pages::home_url(language);
            // Hidden sections come before the hidden pages below them.
            let mut sections: FxHashMap<&str, String> = FxHashMap::default();
            for (key, document) in documents {
                let section = above(key).map(|section| match own.get(section) {
                    Some(id) => (site.page(*id).url.clone(), section_paths[id.0 as usize].as_str()),
                    None => (sections.get(section).cloned().unwrap_or_else(|| format!("{home}{section}/")), section),
                });
                let is_section = document.source.role == crate::discover::Role::Section;
                let defaults = above(key).and_then(|section| own.get(section)).map(|id| &site.page(*id).defaults);
                let date = super::visibility::date_of(document);
                let place = Place {
                    home: &home,
                    section: section.as_ref().map(|(url, names)| (url.as_str(), *names)),
                    key,
                    document: Some(document),
                    is_section,
                    is_fallback: false,
                    title: document.front_matter.title.as_deref().unwrap_or_default(),
                    date: date.as_ref(),
                    pattern: defaults.and_then(|defaults| defaults.permalink.as_deref()),
                };
                let url = permalink::make(&place, &mut Vec::new()).url;
                sections.insert(key, url.clone());
                targets.hidden_urls.insert(url);
                targets.hidden_files.insert(document.source.path.clone());
                targets.hidden_keys.insert((language.code.clone(), key.clone()));
            }
        }
        targets
    }

    /// Reports whether a page is there but not shown.
    pub(super) fn is_hidden_key(&self, key: &(String, String)) -> bool {
        self.hidden_keys.contains(key)
    }
}

impl Site {
    /// Returns where a page's own image is: its path without the base path, or a full URL. A file that lies beside the page has an address of its
    /// own; all else is a static file, which may be written without the slash at the start.
    pub fn image_of(&self, page: &Page) -> Option<String> {
        let document = page.document.as_ref()?;
        let written = document.front_matter.image.as_ref()?.value.as_str();
        if written.starts_with('/') || written.contains("://") {
            return Some(written.to_owned());
        }
        let beside = path::join(&document.source.path, written).and_then(|file| self.assets.get(&file));
        Some(beside.cloned().unwrap_or_else(|| format!("/{written}")))
    }

    /// Finds where a link leads that is written in `from`, on a page in `language`.
    ///
    /// A relative path to a content file leads to that page in the page's language, or where there is none, in the file's own. A relative
    /// path without an extension is followed from the page's URL, as browsers do, then from the file.
    pub fn link_target(&self, from: &FileId, language: &str, written: &str) -> Target {
        let written = written.trim();
        if written.is_empty() {
            return Target::Anchor(String::new());
        }
        if let Some(anchor) = written.strip_prefix('#') {
            return Target::Anchor(path::decode(anchor).into_owned());
        }
        if written.starts_with("//") || has_scheme(written) {
            return Target::External;
        }
        let end = written.find(['?', '#']).unwrap_or(written.len());
        let (path, suffix) = written.split_at(end);
        let path = path::decode(path);
        if path.starts_with('/') {
            return self.site_target(language, &path, suffix);
        }
        let page = self.page_of(from, language);
        if path.is_empty() {
            return match page {
                Some(page) => Target::Page { url: page.url.clone(), suffix: suffix.to_owned() },
                None => Target::External,
            };
        }
        let file = path::join(from.as_str(), &path);
        if let Some(target) = file.as_deref().and_then(|file| self.file_target(language, file, suffix)) {
            return target;
        }
        let followed = page.and_then(|page| follow(path::folder(&page.url), &path));
        if let Some(target) = followed.as_deref().and_then(|url| self.url_target(url, suffix)) {
            return target;
        }
        if let Some(target) = file.as_deref().and_then(|file| self.key_target(language, file, suffix)) {
            return target;
        }
        let nearest = file.as_deref().and_then(|file| self.nearest_file(from.as_str(), language, file));
        Target::Unknown { nearest: nearest.or_else(|| self.nearest_url(&followed?)) }
    }

    /// A path that starts at the site's root, with or without the base path.
    pub(super) fn site_target(&self, language: &str, path: &str, suffix: &str) -> Target {
        let base = self.config.site.base_path.as_str();
        let below =
            path.strip_prefix(base).filter(|below| !base.is_empty() && (below.is_empty() || below.starts_with('/')));
        let below = below.map(|below| if below.is_empty() { "/" } else { below });
        for path in below.into_iter().chain([path]) {
            if let Some(target) = self.url_target(path, suffix) {
                return target;
            }
            let file = format!("content{path}");
            if is_content(&file)
                && let Some(target) = self.file_target(language, &file, suffix)
            {
                return target;
            }
        }
        Target::Unknown { nearest: self.nearest_url(below.unwrap_or(path)) }
    }

    /// What is at a URL path without the base path.
    pub(super) fn url_target(&self, url: &str, suffix: &str) -> Option<Target> {
        let suffix = suffix.to_owned();
        let bare = url.strip_suffix("/index.html").unwrap_or(url).trim_end_matches('/');
        for candidate in [format!("{bare}/"), url.to_owned()] {
            if self.by_url.contains_key(&candidate) {
                return Some(Target::Page { url: candidate, suffix });
            }
        }
        let exists = self.targets.files.contains(url)
            || self.targets.aliases.contains(bare)
            || self.config.redirects.iter().any(|redirect| redirects(&redirect.from, bare))
            || routes::is_generated(self, url)
            || self.is_twin(url)
            // Served by the edge, not by files.
            || url.starts_with("/api/");
        if exists {
            return Some(Target::File { url: url.to_owned(), suffix });
        }
        self.targets.hidden_urls.contains(&format!("{bare}/")).then_some(Target::Hidden)
    }

    /// The Markdown twin of a page: `/docs/install/index.md`.
    fn is_twin(&self, url: &str) -> bool {
        let page =
            url.strip_suffix("index.md").map(str::to_owned).or_else(|| Some(format!("{}/", url.strip_suffix(".md")?)));
        self.config.build.markdown_twins && page.is_some_and(|page| self.by_url.contains_key(&page))
    }

    /// A file of the project: a page or what lies beside one.
    pub(super) fn file_target(&self, language: &str, file: &str, suffix: &str) -> Option<Target> {
        let suffix = suffix.to_owned();
        if let Some(url) = self.assets.get(file) {
            return Some(Target::File { url: url.clone(), suffix });
        }
        if let Some(id) = self.by_file.get(file) {
            let page = self.page(*id);
            let translated = self.by_key.get(&(language.to_owned(), page.key.clone()));
            let page = translated.map_or(page, |id| self.page(*id));
            return Some(Target::Page { url: page.url.clone(), suffix });
        }
        if self.targets.hidden_files.contains(file) {
            return Some(Target::Hidden);
        }
        // `content/fr/install.mdx` where only `content/install.mdx` exists, and the page shows in French all the same.
        if !is_content(file) {
            return None;
        }
        let page = self.by_key.get(&(language.to_owned(), self.key_of(file))).map(|id| self.page(*id))?;
        let source = &page.document.as_ref()?.source.path;
        let same_extension = source.rsplit('.').next() == file.rsplit('.').next();
        same_extension.then(|| Target::Page { url: page.url.clone(), suffix })
    }

    /// A content file named without its extension, or a folder.
    fn key_target(&self, language: &str, file: &str, suffix: &str) -> Option<Target> {
        if file != "content" && !file.starts_with("content/") || is_content(file) {
            return None;
        }
        let key = self.key_of(file);
        let key = (language.to_owned(), key);
        match self.by_key.get(&key) {
            Some(id) => Some(Target::Page { url: self.page(*id).url.clone(), suffix: suffix.to_owned() }),
            None => self.targets.hidden_keys.contains(&key).then_some(Target::Hidden),
        }
    }

    /// The key that a file's path would have, without language, `index` and extension.
    fn key_of(&self, file: &str) -> String {
        let below = file.strip_prefix("content").unwrap_or(file).trim_start_matches('/');
        let stem = if is_content(file) { below.rsplit_once('.').map_or(below, |(stem, _)| stem) } else { below };
        let is_language = |part: &str| self.config.language(part).is_some();
        let (first, rest) = stem.split_once('/').unwrap_or((stem, ""));
        let stem = if self.config.languages.len() > 1 && is_language(first) { rest } else { stem };
        let stem = stem.rsplit_once('.').filter(|(_, code)| is_language(code)).map_or(stem, |(stem, _)| stem);
        match stem.rsplit_once('/').unwrap_or(("", stem)) {
            (folder, "index" | "_index") => folder.to_owned(),
            _ => stem.to_owned(),
        }
    }

    /// The page that a file makes, as shown in a language.
    fn page_of(&self, file: &FileId, language: &str) -> Option<&super::Page> {
        let page = self.page(*self.by_file.get(file.as_str())?);
        let translated = self.by_key.get(&(language.to_owned(), page.key.clone()));
        Some(translated.map_or(page, |id| self.page(*id)))
    }

    /// The URL path that was probably meant.
    pub(super) fn nearest_url(&self, url: &str) -> Option<String> {
        Some(self.routes.get(self.nearest_route(url)?)?.url.clone())
    }

    fn nearest_route(&self, url: &str) -> Option<usize> {
        let wanted = url.trim_end_matches('/').to_lowercase();
        let name = last_part(&wanted);
        let name = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
        let best = |candidates: &mut dyn Iterator<Item = usize>, least: f64, of: &dyn Fn(&str) -> f64| {
            let scored = candidates.take(GUESSES).filter_map(|at| Some((of(&self.routes.get(at)?.url), at)));
            let best =
                scored.filter(|(score, _)| *score > least).max_by(|a, b| a.0.total_cmp(&b.0).then(b.1.cmp(&a.1)));
            best.map(|(_, at)| at)
        };
        let whole = |candidate: &str| strsim::jaro_winkler(&wanted, candidate.trim_end_matches('/'));
        // The same name in another place, then a similar name in the same place, then anything similar.
        let same_name = self.names().get(name).filter(|_| !name.is_empty());
        if let Some(at) = same_name.and_then(|same| best(&mut same.iter().copied(), -1.0, &whole)) {
            return Some(at);
        }
        let folder = path::folder(url.trim_end_matches('/'));
        let start = self.routes.partition_point(|route| route.url.as_str() < folder);
        let below = self.routes.iter().enumerate().skip(start).take_while(|(_, route)| route.url.starts_with(folder));
        let similar = |candidate: &str| strsim::jaro_winkler(name, &last_part(candidate).to_lowercase());
        // Paths that only begin alike are not what was meant.
        let alike = |candidate: &str| strsim::normalized_levenshtein(&wanted, candidate.trim_end_matches('/'));
        best(&mut below.map(|(at, _)| at), 0.8, &similar).or_else(|| best(&mut (0..self.routes.len()), 0.75, &alike))
    }

    fn names(&self) -> &FxHashMap<String, Vec<usize>> {
        self.targets.names.get_or_init(|| {
            let mut names: FxHashMap<String, Vec<usize>> = FxHashMap::default();
            for (at, route) in self.routes.iter().enumerate() {
                names.entry(last_part(&route.url).to_lowercase()).or_default().push(at);
            }
            names
        })
    }

    /// The content file that was probably meant, as a path from the file that has the link.
    fn nearest_file(&self, from: &str, language: &str, file: &str) -> Option<String> {
        let page = self.nearest_page(language, file)?;
        Some(path::relative(from, &page.document.as_ref()?.source.path))
    }

    /// The page that a path to a content file was probably meant for.
    pub(super) fn nearest_page(&self, language: &str, file: &str) -> Option<&super::Page> {
        if !is_content(file) {
            return None;
        }
        let key = self.key_of(file);
        // Right but for its extension.
        if let Some(id) = self.by_key.get(&(language.to_owned(), key.clone())) {
            return Some(self.page(*id));
        }
        let home = self.config.language(language).map_or_else(|| "/".to_owned(), pages::home_url);
        match self.routes.get(self.nearest_route(&format!("{home}{key}/"))?)?.view {
            View::Page(id) => Some(self.page(id)),
            _ => None,
        }
    }
}

/// Follows a relative URL from a folder, as browsers do: what leaves the root stays there.
fn follow(folder: &str, relative: &str) -> Option<String> {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    let last = relative.rsplit('/').next()?;
    for part in relative.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    let slash = if matches!(last, "" | "." | "..") && !parts.is_empty() { "/" } else { "" };
    Some(format!("/{}{slash}", parts.join("/")))
}

fn has_scheme(written: &str) -> bool {
    let Some((scheme, _)) = written.split_once(':') else { return false };
    scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'))
}

fn is_content(file: &str) -> bool {
    file.ends_with(".mdx") || file.ends_with(".md")
}

fn last_part(url: &str) -> &str {
    url.trim_end_matches('/').rsplit('/').next().unwrap_or_default()
}

fn redirects(pattern: &str, bare: &str) -> bool {
    match pattern.find(['*', ':']) {
        // What follows a pattern's variables is the host's affair.
        Some(at) => format!("{bare}/").starts_with(&pattern[..at]),
        None => pattern.trim_end_matches('/') == bare,
    }
}
