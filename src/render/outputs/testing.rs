//! Small sites for tests of generated files.

use std::sync::Arc;

use rivage_diag::FileId;
use rivage_syntax::ast::Syntax;
use rustc_hash::FxHashMap;

use super::{AllTold, Outputs, Take, Told, Values};
use crate::config::{Config, Language, SectionDefaults};
use crate::discover::{ContentFile, Role};
use crate::parse::Document;
use crate::parse::front_matter::{Date, FrontMatter};
use crate::render::{Artifact, Content, PageFacts};
use crate::resolve::{Page, PageId, Route, Site, TaxonomyIndex, Term, View};

/// A site in the making.
pub(super) struct TestSite {
    pub(super) config: Config,
    pub(super) pages: Vec<Page>,
    pub(super) taxonomies: Vec<TaxonomyIndex>,
    pub(super) aliases: Vec<(String, PageId)>,
    pub(super) assets: FxHashMap<String, String>,
}

impl TestSite {
    pub(super) fn new() -> Self {
        let mut config = Config::default();
        config.site.title = "Shore & Sea".to_owned();
        config.site.description = "Notes from the coast".to_owned();
        config.site.base_url = "https://example.org".to_owned();
        Self { config, pages: Vec::new(), taxonomies: Vec::new(), aliases: Vec::new(), assets: FxHashMap::default() }
    }

    pub(super) fn language(&mut self, code: &str) {
        let default = self.config.languages[0].clone();
        self.config.languages.push(Language { code: code.to_owned(), prefix: Some(code.to_owned()), ..default });
    }

    /// Adds a page whose title is the last part of its key.
    pub(super) fn page(&mut self, language: &str, key: &str, url: &str) -> PageId {
        let id = PageId(u32::try_from(self.pages.len()).unwrap());
        let title = key.rsplit('/').next().unwrap_or_default();
        let path = format!("content/{key}.mdx");
        let document = Document {
            source: ContentFile {
                path: path.clone(),
                syntax: Syntax::Mdx,
                language: language.to_owned(),
                key: key.to_owned(),
                role: Role::Page,
                section: String::new(),
            },
            file: FileId::from(path.as_str()),
            text: crate::parse::Text::new("".into()),
            print: crate::inputs::Fingerprint::MISSING,
            face: crate::inputs::Fingerprint::MISSING,
            body_start: 0,
            front_matter: FrontMatter::default(),
            first_heading: None,
            words: 0,
            summary: String::new(),
            links: Vec::new(),
        };
        self.pages.push(Page {
            document: Some(Arc::new(document)),
            language: language.to_owned(),
            key: key.to_owned(),
            title: if title.is_empty() { "Home".to_owned() } else { title.to_owned() },
            template: "page.html".to_owned(),
            ..Page::bare(id, url)
        });
        id
    }

    /// Makes a page a section with pages and sections below.
    pub(super) fn section(&mut self, id: PageId, pages: &[PageId], subsections: &[PageId]) {
        let page = self.edit(id);
        page.is_section = true;
        page.pages = pages.to_vec();
        page.subsections = subsections.to_vec();
    }

    pub(super) fn term(&mut self, taxonomy: &str, name: &str, pages: &[PageId]) {
        let slug = name.to_lowercase();
        let url = format!("/{taxonomy}/{slug}/");
        self.taxonomies.push(TaxonomyIndex {
            name: taxonomy.to_owned(),
            language: "en".to_owned(),
            url: format!("/{taxonomy}/"),
            terms: vec![Term { name: name.to_owned(), slug, url, pages: pages.to_vec() }],
        });
    }

    pub(super) fn translate(&mut self, one: PageId, other: PageId) {
        self.edit(one).translations.push(other);
        self.edit(other).translations.push(one);
    }

    pub(super) fn edit(&mut self, id: PageId) -> &mut Page {
        &mut self.pages[id.0 as usize]
    }

    pub(super) fn matter(&mut self, id: PageId, edit: impl FnOnce(&mut FrontMatter)) {
        let document = Arc::make_mut(self.edit(id).document.as_mut().unwrap());
        edit(&mut document.front_matter);
    }

    pub(super) fn defaults(&mut self, id: PageId, edit: impl FnOnce(&mut SectionDefaults)) {
        edit(Arc::make_mut(&mut self.edit(id).defaults));
    }

    pub(super) fn day(text: &str) -> Date {
        let day: jiff::civil::Date = text.parse().unwrap();
        Date { at: day.to_zoned(jiff::tz::TimeZone::UTC).unwrap().timestamp(), day, has_time: false }
    }

    pub(super) fn moment(text: &str) -> Date {
        let at: jiff::Timestamp = text.parse().unwrap();
        Date { at, day: at.to_zoned(jiff::tz::TimeZone::UTC).date(), has_time: true }
    }

    /// The site; routes are its pages by URL.
    pub(super) fn finish(self) -> Site {
        let route =
            |page: &Page| Route { url: page.url.clone(), language: page.language.clone(), view: View::Page(page.id) };
        let mut routes: Vec<_> = self.pages.iter().map(route).collect();
        routes.sort_by(|one, other| one.url.cmp(&other.url));
        Site {
            config: Arc::new(self.config),
            by_file: FxHashMap::default(),
            by_key: self.pages.iter().map(|page| ((page.language.clone(), page.key.clone()), page.id)).collect(),
            by_url: routes.iter().enumerate().map(|(place, route)| (route.url.clone(), place)).collect(),
            pages: self.pages,
            routes,
            taxonomies: self.taxonomies,
            menus: FxHashMap::default(),
            sidebars: FxHashMap::default(),
            series: FxHashMap::default(),
            aliases: self.aliases,
            assets: self.assets,
            targets: crate::resolve::Targets::default(),
        }
    }
}

/// Facts for all routes: content by URL.
pub(super) fn facts(site: &Site, content: &[(&str, &str)]) -> Vec<PageFacts> {
    let fact = |route: &Route| PageFacts {
        url: route.url.clone(),
        content: content.iter().find(|(url, _)| *url == route.url).map(|(_, html)| Arc::from(*html)),
        ..PageFacts::default()
    };
    site.routes.iter().map(fact).collect()
}

/// The text of a file.
pub(super) fn text(files: &[Artifact], path: &str) -> String {
    let names: Vec<_> = files.iter().map(|file| &file.path).collect();
    let file = files.iter().find(|file| file.path == path).unwrap_or_else(|| panic!("no `{path}` in {names:?}"));
    match &file.content {
        Content::Bytes(bytes) => String::from_utf8(bytes.clone()).unwrap(),
        Content::CopyOf(path) => panic!("a copy of `{path}`"),
    }
}

/// Runs `work` on the generated files of a site of which nothing is hidden.
pub(super) fn with<R>(site: Site, is_hidden: &dyn Fn(PageId) -> bool, work: impl FnOnce(&Outputs<'_>) -> R) -> R {
    let (values, told) = (Values::new(Arc::new(site)), AllTold::in_memory(&[]));
    work(&Outputs::new(&values, &told, is_hidden))
}

/// Returns the files that are taken, sorted by path.
pub(super) fn taken(
    site: Site,
    facts: Vec<PageFacts>,
    is_hidden: &dyn Fn(PageId) -> bool,
    render: impl FnOnce(&Outputs<'_>, &dyn Take) -> Result<(), crate::fs::Error>,
) -> Vec<Artifact> {
    #[derive(Default)]
    struct All(std::sync::Mutex<Vec<Artifact>>);
    impl Take for All {
        fn take(&self, artifact: Artifact) -> Result<(), crate::fs::Error> {
            self.0.lock().unwrap().push(artifact);
            Ok(())
        }
    }
    let all = All::default();
    let facts: Vec<_> = facts.into_iter().map(|facts| Told::with_parts(facts).0).collect();
    let told = AllTold::in_memory(&facts);
    let values = Values::new(Arc::new(site));
    render(&Outputs::new(&values, &told, is_hidden), &all).unwrap();
    let mut artifacts = all.0.into_inner().unwrap();
    artifacts.sort_by(|a, b| a.path.cmp(&b.path));
    artifacts
}
