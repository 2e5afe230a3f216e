//! Answers to questions about the site, as fingerprints: what templates and content were told, and whether they would be told the same now.
//!
//! In: a [`SiteQuestion`], [`Surroundings`]. Out: a [`Fingerprint`] that differs where the answer does. The same function serves the
//! rendering, which notes the answer, and the next build, which asks again. Prints hold no place in a list ([`PageId`]): a page more
//! must not change what is said of the others. Deliberately not here: the answers themselves ([`super::functions`], [`super::host`]).

use std::sync::{Mutex, OnceLock, PoisonError};

use rivage_diag::FileId;
use rustc_hash::FxHashMap;

use super::functions::{self, Surroundings};
use super::live;
use super::outputs::twin;
use super::page::slice_of;
use crate::config::Config;
use crate::config::api::Api;
use crate::inputs::{Fingerprint, SiteQuestion};
use crate::resolve::{Graph, NavItem, Page, PageId, Route, Site, Target, View};

/// Answers that many pages ask for.
#[derive(Debug, Default)]
pub struct Memo {
    prints: Mutex<FxHashMap<SiteQuestion, Fingerprint>>,
    graph: OnceLock<Graph>,
}

impl Memo {
    /// Returns which pages of the site are linked.
    pub(super) fn graph(&self, site: &Site) -> &Graph {
        self.graph.get_or_init(|| Graph::new(site))
    }
}

/// A fingerprint in the making. Parts are told apart by their lengths. They are hashed together: most are a few bytes.
#[derive(Default)]
pub(super) struct Mix(Vec<u8>);

impl Mix {
    pub(super) fn text(&mut self, text: &str) -> &mut Self {
        self.number(text.len());
        self.0.extend_from_slice(text.as_bytes());
        self
    }

    pub(super) fn maybe(&mut self, text: Option<&str>) -> &mut Self {
        self.flag(text.is_some()).text(text.unwrap_or_default())
    }

    pub(super) fn number(&mut self, number: usize) -> &mut Self {
        self.0.extend_from_slice(&(number as u64).to_le_bytes());
        self
    }

    pub(super) fn flag(&mut self, flag: bool) -> &mut Self {
        self.0.push(u8::from(flag));
        self
    }

    pub(super) fn print(&mut self, print: Fingerprint) -> &mut Self {
        self.0.extend_from_slice(&print.bytes());
        self
    }

    pub(super) fn finish(&self) -> Fingerprint {
        Fingerprint::of(&self.0)
    }
}

impl Surroundings {
    /// Answers a question about the site.
    pub fn answer(&self, question: &SiteQuestion) -> Fingerprint {
        match question {
            SiteQuestion::Route(url) => self.route(url),
            SiteQuestion::Page(language, path) => {
                functions::find_page(self, language, path).map_or(Fingerprint::MISSING, |id| self.values.print(id))
            }
            SiteQuestion::Section(language, path) => self.section(language, path),
            SiteQuestion::Related(language, key, limit) => {
                let id = self.values.site().by_key.get(&(language.clone(), key.clone()));
                id.map_or(Fingerprint::MISSING, |id| self.list(&live::find_related(self, *id, *limit)))
            }
            SiteQuestion::Navigation(language, name) => {
                self.values.navigation_print(language, name).unwrap_or(Fingerprint::MISSING)
            }
            SiteQuestion::Link { from, language, written } => {
                target_print(&self.values.site().link_target(&FileId::from(from.as_str()), language, written))
            }
            SiteQuestion::Asset(name) => self.asset_print(name),
            SiteQuestion::Icon(name) => self.icons.get(name).map_or(Fingerprint::MISSING, functions::Icon::print),
            SiteQuestion::Served(path) => self.served(path),
            SiteQuestion::Beside(file) => {
                let url = self.values.site().assets.get(file);
                url.map_or(Fingerprint::MISSING, |url| Fingerprint::of(url.as_bytes()))
            }
            SiteQuestion::Reference => {
                let html = self.reference.as_ref().map(|reference| reference.html.as_bytes());
                html.map_or(Fingerprint::MISSING, Fingerprint::of)
            }
            SiteQuestion::Layout(name) => self.templates.layout(name),
            SiteQuestion::Component(name) => self.templates.component(name),
            SiteQuestion::Settings
            | SiteQuestion::Pages(_)
            | SiteQuestion::Taxonomy(..)
            | SiteQuestion::Strings(_)
            | SiteQuestion::ComponentNames
            | SiteQuestion::LayoutIds => self.remembered(question),
        }
    }

    fn remembered(&self, question: &SiteQuestion) -> Fingerprint {
        let lock = || self.memo.prints.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = lock().get(question) {
            return *known;
        }
        let answer = match question {
            SiteQuestion::Settings => settings(&self.values.site().config, self.preview),
            SiteQuestion::Pages(query) => match functions::find_pages(self, query) {
                Ok(ids) => self.list(&ids),
                Err(message) => Fingerprint::of(message.as_bytes()),
            },
            SiteQuestion::Taxonomy(language, name) => self.taxonomy(language, name),
            SiteQuestion::Strings(language) => self.texts(language),
            SiteQuestion::ComponentNames => self.templates.names_print(),
            SiteQuestion::LayoutIds => Fingerprint::of(format!("{:?}", self.templates.layout_ids()).as_bytes()),
            _ => Fingerprint::MISSING,
        };
        lock().insert(question.clone(), answer);
        answer
    }

    fn list(&self, ids: &[PageId]) -> Fingerprint {
        let mut mix = Mix::default();
        self.mix_list(&mut mix, ids);
        mix.finish()
    }

    fn mix_list(&self, mix: &mut Mix, ids: &[PageId]) {
        mix.number(ids.len());
        for id in ids {
            mix.print(self.values.print(*id));
        }
    }

    /// Title and address of pages.
    fn mix_references<'a>(&'a self, mix: &mut Mix, ids: impl IntoIterator<Item = &'a PageId>) {
        for id in ids {
            let page = self.values.site().page(*id);
            mix.flag(true).text(&page.title).text(&page.url).text(&page.language);
        }
        mix.flag(false);
    }

    fn section(&self, language: &str, path: &str) -> Fingerprint {
        let site = self.values.site();
        let Some(id) = functions::find_page(self, language, path).filter(|id| site.page(*id).is_section) else {
            return Fingerprint::MISSING;
        };
        let mut mix = Mix::default();
        mix.print(self.values.print(id));
        self.mix_list(&mut mix, &site.page(id).pages);
        self.mix_list(&mut mix, &site.page(id).subsections);
        mix.finish()
    }

    fn taxonomy(&self, language: &str, name: &str) -> Fingerprint {
        let mut taxonomies = self.values.site().taxonomies.iter();
        let Some(index) = taxonomies.find(|index| index.name == name && index.language == language) else {
            return Fingerprint::MISSING;
        };
        let mut mix = Mix::default();
        mix.text(&index.url);
        for term in &index.terms {
            mix.text(&term.name).text(&term.slug).text(&term.url).number(term.pages.len());
        }
        mix.finish()
    }

    fn texts(&self, language: &str) -> Fingerprint {
        let mut mix = Mix::default();
        for texts in self.string_tables(language) {
            mix.flag(true);
            for (key, text) in texts {
                mix.text(key).text(text);
            }
        }
        mix.finish()
    }

    fn asset_print(&self, name: &str) -> Fingerprint {
        let Some(asset) = self.assets.get(name) else { return Fingerprint::MISSING };
        Fingerprint::of(format!("{asset:?}").as_bytes())
    }

    fn served(&self, path: &str) -> Fingerprint {
        let files = [self.statics.get(path), self.beside.get(path)];
        let mut mix = Mix::default();
        for file in files {
            mix.maybe(file.map(String::as_str));
        }
        mix.finish()
    }

    /// All that a route shows but what its templates and content ask for by themselves.
    fn route(&self, url: &str) -> Fingerprint {
        let site = self.values.site();
        let Some(route) = site.by_url.get(url).and_then(|at| site.routes.get(*at)) else {
            return Fingerprint::MISSING;
        };
        let mut mix = Mix::default();
        mix.text(&route.language);
        match route.view {
            View::Page(id) => {
                let page = site.page(id);
                mix.number(0).flag(self.feed_pages.contains(&id)).flag(self.is_written(&twin::path(url)));
                if let Some(document) = &page.document {
                    mix.print(document.print).text(&document.source.path).text(&document.source.language);
                }
                self.mix_page(&mut mix, page, 1);
            }
            View::Pager(id, part) => {
                mix.number(1);
                self.mix_page(&mut mix, site.page(id), part);
            }
            View::Taxonomy(index) => {
                let taxonomy = &site.taxonomies[index];
                mix.number(2).text(&taxonomy.name).print(self.taxonomy(&taxonomy.language, &taxonomy.name));
            }
            View::Term(index, place, part) => self.mix_term(&mut mix, route, index, place, part),
        }
        mix.finish()
    }

    fn mix_page(&self, mix: &mut Mix, page: &Page, part: usize) {
        let site = self.values.site();
        let config = &site.config;
        mix.print(self.values.print(page.id)).text(&page.template).maybe(page.sidebar.as_deref());
        self.mix_references(mix, &page.ancestors);
        self.mix_references(mix, &page.previous);
        self.mix_references(mix, &page.next);
        self.mix_references(mix, &page.translations);
        self.mix_list(mix, &page.related);
        let series = page.document.as_ref().and_then(|document| document.front_matter.series.clone());
        let series = series.and_then(|name| site.series.get(&(page.language.clone(), name)));
        self.mix_list(mix, series.map_or(&[], Vec::as_slice));
        if page.is_fallback {
            let original = site.by_key.get(&(config.default_language().code.clone(), page.key.clone()));
            self.mix_references(mix, original);
        }
        let own = page.is_section.then_some(page.id);
        let feed = own.into_iter().chain(page.ancestors.iter().rev().copied()).find(|id| {
            let section = site.page(*id);
            section.defaults.feed == Some(true) && !section.is_fallback
        });
        self.mix_references(mix, &feed);
        if page.is_section {
            let size = page.defaults.paginate_by.unwrap_or(0);
            mix.number(size).number(page.pages.len()).number(part);
            self.mix_list(mix, slice_of(&page.pages, size, part));
            self.mix_list(mix, &page.subsections);
        }
    }

    fn mix_term(&self, mix: &mut Mix, route: &Route, index: usize, place: usize, part: usize) {
        let site = self.values.site();
        let taxonomy = &site.taxonomies[index];
        let term = &taxonomy.terms[place];
        let settings = site.config.taxonomies.iter().find(|known| known.name == taxonomy.name);
        let size = settings.map_or(0, |settings| settings.paginate_by);
        mix.number(3).text(&route.url).text(&taxonomy.name).text(&taxonomy.url);
        mix.text(&term.name).text(&term.slug).text(&term.url).number(term.pages.len()).number(part);
        self.mix_list(mix, slice_of(&term.pages, size, part));
    }
}

/// The settings that rendering follows. Left out is what only earlier stages look at, and what has questions of its own.
pub(super) fn settings(config: &Config, preview: bool) -> Fingerprint {
    let mut config = config.clone();
    config.content.clear();
    config.redirects.clear();
    config.headers.clear();
    config.api = Api { admin: config.api.admin, vitals: config.api.vitals, ..Api::default() };
    config.build.output.clear();
    config.build.csp = None;
    config.build.llms_txt = true;
    config.build.sitemap = true;
    for language in &mut config.languages {
        language.menus.clear();
        language.strings.clear();
    }
    Fingerprint::of(format!("{config:?} {preview}").as_bytes())
}

/// Returns the fingerprint of a link's target.
pub(super) fn target_print(target: &Target) -> Fingerprint {
    let mut mix = Mix::default();
    match target {
        Target::Page { url, suffix } => mix.number(0).text(url).text(suffix),
        Target::File { url, suffix } => mix.number(1).text(url).text(suffix),
        Target::Anchor(anchor) => mix.number(2).text(anchor),
        Target::External => mix.number(3),
        Target::Hidden => mix.number(4),
        Target::Unknown { nearest } => mix.number(5).maybe(nearest.as_deref()),
    };
    mix.finish()
}

/// Returns the fingerprint of a menu or sidebar.
pub(super) fn navigation_print(items: &[NavItem]) -> Fingerprint {
    fn add(mix: &mut Mix, items: &[NavItem]) {
        mix.number(items.len());
        for item in items {
            mix.text(&item.label).maybe(item.url.as_deref()).flag(item.page.is_some()).maybe(item.badge.as_deref());
            mix.flag(item.collapsed);
            if !item.extra.is_null() {
                mix.text(&item.extra.to_string());
            }
            add(mix, &item.children);
        }
    }
    let mut mix = Mix::default();
    add(&mut mix, items);
    mix.finish()
}
