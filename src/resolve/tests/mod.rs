//! Tests of the resolve stage on sites in memory. Documents are made by hand, so that nothing depends on the parser.

mod graph;
mod link_targets;
mod menus_and_sidebars;
mod sections;
mod shown;
mod terms;
mod urls;

use std::collections::BTreeMap;
use std::fmt::Write;

use rivage_diag::{FileId, Span};

use super::*;
use crate::config::{Language, SectionSidebar, SidebarItem};
use crate::discover::discover;
use crate::fs::MemoryFs;
use crate::inputs::World;
use crate::parse::front_matter::{FrontMatter, Spanned};

/// A site that is being made up.
struct Draft {
    config: Config,
    fs: MemoryFs,
    documents: BTreeMap<String, Document>,
    visibility: Visibility,
}

/// A site that has been resolved, what was said of it, and what it depends on.
struct Made {
    site: Site,
    diagnostics: Vec<Diagnostic>,
    /// What was asked that time alone can change, in words.
    asked: Vec<String>,
}

/// The day of all tests.
const TODAY: &str = "2026-11-23";

fn draft() -> Draft {
    let visibility = Visibility::default();
    Draft { config: Config::default(), fs: MemoryFs::default(), documents: BTreeMap::new(), visibility }
}

fn date(day: &str) -> Date {
    let day: jiff::civil::Date = day.parse().unwrap();
    Date { at: day.to_zoned(jiff::tz::TimeZone::UTC).unwrap().timestamp(), day, has_time: false }
}

/// A date with a time, as front matter has it.
fn moment(text: &str) -> Date {
    let day = text[..10].parse().unwrap();
    Date { at: text.parse().unwrap(), day, has_time: true }
}

fn spanned(value: &str) -> Spanned<String> {
    Spanned { value: value.to_owned(), span: Span::new(4, 9) }
}

fn terms(names: &[&str]) -> Vec<Spanned<String>> {
    names.iter().map(|name| spanned(name)).collect()
}

fn tag(matter: &mut FrontMatter, names: &[&str]) {
    matter.taxonomies.insert("tags".to_owned(), terms(names));
}

fn over(section: &str) -> SectionDefaults {
    SectionDefaults { section: section.to_owned(), ..SectionDefaults::default() }
}

fn item() -> SidebarItem {
    let (label, link, from, badge) = (None, None, None, None);
    SidebarItem { label, link, from, badge, collapsed: false, items: Vec::new(), span: Span::new(1, 2) }
}

impl Draft {
    /// Adds a page of which nothing is said.
    fn plain(self, path: &str) -> Self {
        self.page(path, |_| {})
    }

    fn page(mut self, path: &str, say: impl FnOnce(&mut FrontMatter)) -> Self {
        let mut front_matter = FrontMatter::default();
        say(&mut front_matter);
        let source = crate::discover::ContentFile {
            path: path.to_owned(),
            syntax: rivage_syntax::ast::Syntax::Mdx,
            language: String::new(),
            key: String::new(),
            role: crate::discover::Role::Page,
            section: String::new(),
        };
        let document = Document {
            source,
            file: FileId::from(path),
            text: crate::parse::Text::new("".into()),
            print: crate::inputs::Fingerprint::MISSING,
            face: crate::inputs::Fingerprint::MISSING,
            body_start: 0,
            front_matter,
            first_heading: None,
            words: 0,
            summary: String::new(),
            links: Vec::new(),
        };
        self.documents.insert(path.to_owned(), document);
        self.file(path)
    }

    /// Says where the links of a page lead.
    fn links(mut self, path: &str, links: &[&str]) -> Self {
        let document = self.documents.get_mut(path).unwrap();
        document.links = links.iter().map(|link| (*link).to_owned()).collect();
        self
    }

    fn pages(self, paths: &[&str]) -> Self {
        paths.iter().fold(self, |draft, path| draft.plain(path))
    }

    fn file(mut self, path: &str) -> Self {
        self.fs.write(path, "");
        self
    }

    fn languages(mut self, codes: &[&str]) -> Self {
        let first = self.config.languages[0].clone();
        let language = |(at, code): (usize, &&str)| Language {
            code: (*code).to_owned(),
            prefix: (at > 0).then(|| (*code).to_owned()),
            ..first.clone()
        };
        self.config.languages = codes.iter().enumerate().map(language).collect();
        self
    }

    fn set(mut self, say: impl FnOnce(&mut Config)) -> Self {
        say(&mut self.config);
        self
    }

    fn content(mut self, section: &str, say: impl FnOnce(&mut SectionDefaults)) -> Self {
        let mut defaults = over(section);
        say(&mut defaults);
        self.config.content.push(defaults);
        self
    }

    fn menu(mut self, name: &str, items: &[(&str, &str)]) -> Self {
        let items = items.iter().map(|(name, url)| crate::config::MenuItem {
            name: (*name).to_owned(),
            url: (*url).to_owned(),
            children: Vec::new(),
            span: Span::new(1, 2),
            extra: serde_json::Value::Null,
        });
        self.config.languages[0].menus.insert(name.to_owned(), items.collect());
        self
    }

    fn make(mut self) -> Made {
        let now = format!("{TODAY}T12:00:00Z").parse().unwrap();
        let world = World::new(Arc::new(self.fs), now, BTreeMap::new());
        let (tree, problems) = discover(&Inputs::new(&world), &self.config);
        assert_eq!(problems, []);
        let documents = tree.content.iter().map(|source| {
            let document = self.documents.remove(&source.path).unwrap();
            Arc::new(Document { source: source.clone(), ..document })
        });
        let documents = documents.collect();
        let inputs = Inputs::new(&world);
        let (site, diagnostics) = resolve(&inputs, &Arc::new(self.config), &tree, documents, self.visibility);
        let asked = inputs.into_notes().into_iter().filter(|(question, _)| question.is_about_time());
        let asked = asked.map(|(question, _)| question.to_string()).collect();
        Made { site, diagnostics, asked }
    }

    /// Makes a site of which nothing bad is said.
    fn good(self) -> Site {
        let made = self.make();
        assert_eq!(made.told(), "");
        made.site
    }
}

impl Made {
    /// What was said: a line each, `code path: message`.
    fn told(&self) -> String {
        let mut out = String::new();
        for found in &self.diagnostics {
            let file = found.primary.as_ref().map_or("", |place| place.file.as_str());
            let _ = writeln!(out, "{}[{}] {file}: {}", found.severity.as_str(), found.code, found.message);
        }
        out
    }
}

impl Site {
    /// A page of the first language.
    fn by(&self, key: &str) -> &Page {
        self.of(&self.config.languages[0].code, key)
    }

    fn of(&self, language: &str, key: &str) -> &Page {
        self.page(self.by_key[&(language.to_owned(), key.to_owned())])
    }

    fn keys(&self, ids: &[PageId]) -> Vec<&str> {
        ids.iter().map(|id| self.page(*id).key.as_str()).collect()
    }

    fn urls(&self) -> Vec<&str> {
        self.routes.iter().map(|route| route.url.as_str()).collect()
    }
}
