//! Puts the documents together: sections, permalinks, translations, taxonomies, navigation.
//!
//! In: all [`Document`]s of a build and what [`crate::discover`] found. Out: a [`Site`] and diagnostics (two pages with one
//! path, aliases that shadow pages, menus that lead nowhere…). Sees the whole site; linear in its size.
//! Deliberately not here: the bodies of pages, HTML, reading of files.

mod diagnostics;
mod links;
mod navigation;
mod pages;
mod related;
mod taxonomies;
mod urls;

use std::collections::BTreeMap;
use std::sync::Arc;

use rivage_diag::Diagnostic;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::config::{Config, SectionDefaults, SortBy};
use crate::discover::SourceTree;
use crate::inputs::Inputs;
use crate::parse::Document;
use crate::parse::front_matter::Date;

/// The place of a page in [`Site::pages`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PageId(pub u32);

/// What a build leaves out, and what it shows all the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Visibility {
    /// Show drafts.
    pub drafts: bool,
    /// Show pages with a date or `publish_at` in the future.
    pub future: bool,
}

/// A site whose parts know each other.
#[derive(Debug)]
pub struct Site {
    /// The settings.
    pub config: Arc<Config>,
    /// All pages that are shown, sorted by language and key. Sections without an `_index` file have a page, too.
    pub pages: Vec<Page>,
    /// Every output URL with what is shown there, sorted by URL: pages, pagers, taxonomies, terms. The 404 page is not in it.
    pub routes: Vec<Route>,
    /// `content/blog/first.mdx` → page.
    pub by_file: FxHashMap<String, PageId>,
    /// `(language, key)` → page.
    pub by_key: FxHashMap<(String, String), PageId>,
    /// `/blog/first/` (without the base path) → index in `routes`.
    pub by_url: FxHashMap<String, usize>,
    /// Each taxonomy of each language, in the order of the settings.
    pub taxonomies: Vec<TaxonomyIndex>,
    /// Menus with their targets found, by language, then name.
    pub menus: FxHashMap<String, indexmap::IndexMap<String, Vec<NavItem>>>,
    /// Sidebars by language and the section they start at.
    pub sidebars: FxHashMap<(String, String), Arc<Vec<NavItem>>>,
    /// Series by language and name, oldest first.
    pub series: FxHashMap<(String, String), Vec<PageId>>,
    /// Aliases: former path → page, sorted by path.
    pub aliases: Vec<(String, PageId)>,
    /// Asset of a page: path of the file → URL path (`/blog/first/photo.jpg`).
    pub assets: FxHashMap<String, String>,
    /// URL paths of files that are copied: assets of pages and static files.
    pub files: FxHashSet<String>,
    /// Content files that this build does not show: drafts, scheduled and expired pages.
    pub hidden: FxHashSet<String>,
}

pub use links::Target;
pub use urls::{encode_path, join, output_path};

/// A page that is shown.
#[derive(Clone, Debug)]
pub struct Page {
    /// Its place in [`Site::pages`].
    pub id: PageId,
    /// Its document; none for a section without an `_index` file.
    pub document: Option<Arc<Document>>,
    /// Where it is edited: the document's path, or of the page it falls back to.
    pub language: String,
    /// Shared with its translations: `blog/first`.
    pub key: String,
    /// Whether it is a section.
    pub is_section: bool,
    /// Whether it shows the default language's text because it has no translation. `document` is then that page's.
    pub is_fallback: bool,
    /// The path of its URL without the base path: `/blog/first/`.
    pub url: String,
    /// Its title, or what stands for it: first heading, file name.
    pub title: String,
    /// Its kind, from its section: `docs`.
    pub kind: String,
    /// The layout: `docs/page.html`.
    pub template: String,
    /// What holds for it, from all sections above.
    pub defaults: Arc<SectionDefaults>,
    /// Where its draft, future state is.
    pub is_draft: bool,
    /// The section it belongs to (a section: the one above); none for home.
    pub parent: Option<PageId>,
    /// The sections above, home first.
    pub ancestors: Vec<PageId>,
    /// For sections: pages right below, sorted as the section says (sections are not among them).
    pub pages: Vec<PageId>,
    /// For sections: sections right below, by weight, then title.
    pub subsections: Vec<PageId>,
    /// The page before it: in the sidebar for pages that have one, else in its section's order.
    pub previous: Option<PageId>,
    /// The page after it.
    pub next: Option<PageId>,
    /// Its translations, itself not among them, in the order of languages. Fallbacks are not translations.
    pub translations: Vec<PageId>,
    /// Related pages, best first, at most 5: shared terms, then nearness in time.
    pub related: Vec<PageId>,
    /// The section whose sidebar it shows, by key.
    pub sidebar: Option<String>,
    /// When it was published.
    pub date: Option<Date>,
    /// When it was last changed.
    pub updated: Option<Date>,
    /// Words of the body.
    pub words: usize,
    /// Minutes to read, at least 1: 220 words each.
    pub reading_time: usize,
}

/// An output URL and what is shown there.
#[derive(Clone, Debug, PartialEq)]
pub struct Route {
    /// The path without the base path: `/blog/page/2/`.
    pub url: String,
    /// The language.
    pub language: String,
    /// What is shown.
    pub view: View,
}

/// What a [`Route`] shows.
#[derive(Clone, Debug, PartialEq)]
pub enum View {
    /// A page, or the first of a section's list.
    Page(PageId),
    /// A further part of a section's list; the first is 2.
    Pager(PageId, usize),
    /// All terms of a taxonomy: index in [`Site::taxonomies`].
    Taxonomy(usize),
    /// A term's pages: taxonomy, term, part (the first is 1).
    Term(usize, usize, usize),
}

/// A taxonomy of one language.
#[derive(Clone, Debug)]
pub struct TaxonomyIndex {
    /// The key: `tags`.
    pub name: String,
    /// The language.
    pub language: String,
    /// The path of its list: `/tags/`.
    pub url: String,
    /// Its terms, by name.
    pub terms: Vec<Term>,
}

/// A term of a taxonomy.
#[derive(Clone, Debug)]
pub struct Term {
    /// As first written.
    pub name: String,
    /// The last part of its URL.
    pub slug: String,
    /// The path of its list: `/tags/rust/`.
    pub url: String,
    /// Its pages, newest first.
    pub pages: Vec<PageId>,
}

/// An item of a menu or sidebar whose target has been found.
#[derive(Clone, Debug, PartialEq)]
pub struct NavItem {
    /// What is shown.
    pub label: String,
    /// A path without base path, or a full URL; none for a group without a page.
    pub url: Option<String>,
    /// The page, where it is one of this site.
    pub page: Option<PageId>,
    /// A word beside the label.
    pub badge: Option<String>,
    /// Whether the group is shown closed.
    pub collapsed: bool,
    /// Items below it.
    pub children: Vec<NavItem>,
    /// Free data of a menu item.
    pub extra: serde_json::Value,
}

/// Puts the documents together.
pub fn resolve(
    inputs: &Inputs<'_>,
    config: &Arc<Config>,
    tree: &SourceTree,
    documents: Vec<Document>,
    visibility: Visibility,
) -> (Site, Vec<Diagnostic>) {
    let mut diagnostics = Vec::new();
    let (pages, hidden) = pages::make(inputs, config, documents, visibility, &mut diagnostics);
    let mut site = Site {
        config: Arc::clone(config),
        pages,
        routes: Vec::new(),
        by_file: FxHashMap::default(),
        by_key: FxHashMap::default(),
        by_url: FxHashMap::default(),
        taxonomies: Vec::new(),
        menus: FxHashMap::default(),
        sidebars: FxHashMap::default(),
        series: FxHashMap::default(),
        aliases: Vec::new(),
        assets: FxHashMap::default(),
        files: FxHashSet::default(),
        hidden: hidden.into_iter().collect(),
    };
    index(&mut site);
    family(&mut site);
    assets(&mut site, tree);
    taxonomies::make(&mut site, &mut diagnostics);
    routes(&mut site, &mut diagnostics);
    navigation::make(&mut site, &mut diagnostics);
    related::make(&mut site);
    (site, diagnostics)
}

/// Finds pages by file and by key.
fn index(site: &mut Site) {
    for page in &site.pages {
        site.by_key.insert((page.language.clone(), page.key.clone()), page.id);
        if let Some(document) = page.document.as_ref().filter(|_| !page.is_fallback) {
            site.by_file.insert(document.source.path.clone(), page.id);
        }
    }
}

/// Sections above and below, translations, series.
fn family(site: &mut Site) {
    let mut children: FxHashMap<PageId, (Vec<PageId>, Vec<PageId>)> = FxHashMap::default();
    let mut by_translation: BTreeMap<String, Vec<PageId>> = BTreeMap::new();
    for place in 0..site.pages.len() {
        let page = &site.pages[place];
        let section = match (&page.document, page.is_section) {
            (_, true) if page.key.is_empty() => None,
            (_, true) => Some(page.key.rsplit_once('/').map_or("", |(above, _)| above)),
            (Some(document), false) => Some(document.source.section.as_str()),
            (None, false) => None,
        };
        let Some(section) = section else {
            by_translation.entry(page.key.clone()).or_default().push(page.id);
            continue;
        };
        let language = &page.language;
        let ancestors: Vec<_> = pages::prefixes(section)
            .filter_map(|section| site.by_key.get(&(language.clone(), section.to_owned())).copied())
            .collect();
        let (id, is_section) = (page.id, page.is_section);
        by_translation.entry(page.key.clone()).or_default().push(id);
        let parent = ancestors.last().copied();
        if let Some(parent) = parent {
            let (pages, sections) = children.entry(parent).or_default();
            if is_section { sections.push(id) } else { pages.push(id) }
        }
        let page = &mut site.pages[place];
        page.parent = parent;
        page.ancestors = ancestors;
    }
    for mut ids in by_translation.into_values() {
        ids.retain(|id| !site.page(*id).is_fallback && site.page(*id).document.is_some());
        for id in &ids {
            let others = ids.iter().filter(|other| *other != id).copied().collect();
            site.pages[id.0 as usize].translations = others;
        }
    }
    let mut sorted = Vec::with_capacity(children.len());
    #[expect(clippy::iter_over_hash_type, reason = "each entry is stored by its own key")]
    for (parent, (mut pages, mut sections)) in children {
        let order = site.page(parent).defaults.sort_by.unwrap_or(SortBy::Weight);
        site.sort(&mut pages, order);
        site.sort(&mut sections, SortBy::Weight);
        sorted.push((parent, pages, sections));
    }
    for (parent, pages, sections) in sorted {
        let parent = &mut site.pages[parent.0 as usize];
        parent.pages = pages;
        parent.subsections = sections;
    }
    let mut series: FxHashMap<(String, String), Vec<PageId>> = FxHashMap::default();
    for page in &site.pages {
        if let Some(name) = page.document.as_ref().and_then(|document| document.front_matter.series.clone()) {
            series.entry((page.language.clone(), name)).or_default().push(page.id);
        }
    }
    for ids in series.values_mut() {
        site.sort(ids, SortBy::Date);
        ids.reverse();
    }
    site.series = series;
}

/// Where the files beside pages go.
fn assets(site: &mut Site, tree: &SourceTree) {
    let default = site.config.default_language().code.clone();
    for asset in &tree.assets {
        let owner = site.by_key.get(&(default.clone(), asset.owner.clone())).map(|id| site.page(*id).url.clone());
        // A file below a folder without a page goes where its folder would be.
        let url = owner.unwrap_or_else(|| format!("/{}/", asset.owner));
        site.assets.insert(asset.path.clone(), format!("{url}{}", asset.name).replace("//", "/"));
    }
    let statics = tree.theme.statics.iter().map(|file| format!("/{}", file.name));
    site.files = site.assets.values().cloned().chain(statics).collect();
}

/// All output URLs; two of the same are reported.
fn routes(site: &mut Site, diagnostics: &mut Vec<Diagnostic>) {
    let mut routes = Vec::new();
    let parts = |count: usize, size: usize| if size == 0 { 1 } else { count.div_ceil(size).max(1) };
    for page in &site.pages {
        let language = page.language.clone();
        routes.push(Route { url: page.url.clone(), language: language.clone(), view: View::Page(page.id) });
        if page.is_section {
            for part in 2..=parts(page.pages.len(), page.defaults.paginate_by.unwrap_or(0)) {
                let url = format!("{}page/{part}/", page.url);
                routes.push(Route { url, language: language.clone(), view: View::Pager(page.id, part) });
            }
        }
    }
    for (index, taxonomy) in site.taxonomies.iter().enumerate() {
        let settings = site.config.taxonomies.iter().find(|known| known.name == taxonomy.name);
        let Some(settings) = settings.filter(|settings| settings.render && !taxonomy.terms.is_empty()) else { continue };
        let language = taxonomy.language.clone();
        routes.push(Route { url: taxonomy.url.clone(), language: language.clone(), view: View::Taxonomy(index) });
        for (place, term) in taxonomy.terms.iter().enumerate() {
            for part in 1..=parts(term.pages.len(), settings.paginate_by) {
                let url = if part == 1 { term.url.clone() } else { format!("{}page/{part}/", term.url) };
                routes.push(Route { url, language: language.clone(), view: View::Term(index, place, part) });
            }
        }
    }
    routes.sort_by(|a, b| a.url.cmp(&b.url));
    let mut lower: FxHashMap<String, usize> = FxHashMap::default();
    let mut kept: Vec<Route> = Vec::with_capacity(routes.len());
    for route in routes {
        if let Some(former) = kept.last().filter(|former| former.url == route.url) {
            diagnostics.push(diagnostics::duplicate_url(site, former, &route));
            continue;
        }
        let former = lower.insert(route.url.to_lowercase(), kept.len());
        if let Some(former) = former.and_then(|place| kept.get(place)) {
            diagnostics.push(diagnostics::differ_in_case(site, former, &route));
        }
        site.by_url.insert(route.url.clone(), kept.len());
        kept.push(route);
    }
    site.routes = kept;

    let mut aliases: BTreeMap<String, PageId> = BTreeMap::new();
    for page in site.pages.iter().filter(|page| !page.is_fallback) {
        let Some(document) = &page.document else { continue };
        for alias in &document.front_matter.aliases {
            let path = format!("/{}", alias.value.trim_start_matches('/'));
            let slashed = format!("{}/", path.trim_end_matches('/'));
            if let Some(route) = site.by_url.get(&slashed) {
                diagnostics.push(diagnostics::alias_shadows(document, alias, site.owner(&site.routes[*route])));
            } else if let Some(other) = aliases.get(&path) {
                diagnostics.push(diagnostics::alias_twice(document, alias, site.page(*other)));
            } else {
                aliases.insert(path, page.id);
            }
        }
    }
    site.aliases = aliases.into_iter().collect();
}

impl Site {
    /// Returns a page.
    pub fn page(&self, id: PageId) -> &Page {
        &self.pages[id.0 as usize]
    }

    /// Returns the file that a route comes from, where it has one.
    fn owner(&self, route: &Route) -> Option<&str> {
        match route.view {
            View::Page(id) | View::Pager(id, _) => self.page(id).document.as_ref().map(|document| document.source.path.as_str()),
            View::Taxonomy(_) | View::Term(..) => None,
        }
    }

    /// Returns the pages of a section in its order; with those of all sections below, in the order of the tree.
    pub fn pages_in(&self, section: PageId, recursive: bool) -> Vec<PageId> {
        let mut found = self.page(section).pages.clone();
        if recursive {
            for below in &self.page(section).subsections {
                found.extend(self.pages_in(*below, true));
            }
            if !self.page(section).subsections.is_empty() {
                self.sort(&mut found, self.page(section).defaults.sort_by.unwrap_or(SortBy::Weight));
            }
        }
        found
    }

    /// Returns the pages of a term, given by name or slug, newest first.
    pub fn pages_with_term(&self, language: &str, taxonomy: &str, term: &str) -> &[PageId] {
        let index = self.taxonomies.iter().find(|index| index.language == language && index.name == taxonomy);
        let lower = term.to_lowercase();
        let found = index.and_then(|index| index.terms.iter().find(|known| known.slug == term || known.name.to_lowercase() == lower));
        found.map_or(&[], |term| &term.pages)
    }

    /// Sorts pages; ties are broken by title, then key.
    pub fn sort(&self, ids: &mut [PageId], order: SortBy) {
        use std::cmp::Reverse;
        let day = |page: &Page| page.date.as_ref().map(|date| date.at);
        let weight = |page: &Page| {
            let weight = page.document.as_ref().and_then(|document| document.front_matter.weight);
            (weight.is_none(), weight)
        };
        ids.sort_by(|a, b| {
            let (a, b) = (self.page(*a), self.page(*b));
            let first = match order {
                SortBy::Date => Reverse(day(a)).cmp(&Reverse(day(b))),
                SortBy::Updated => {
                    let updated = |page: &Page| page.updated.as_ref().map(|date| date.at).or_else(|| day(page));
                    Reverse(updated(a)).cmp(&Reverse(updated(b)))
                }
                SortBy::Weight => weight(a).cmp(&weight(b)),
                SortBy::Title | SortBy::Path => std::cmp::Ordering::Equal,
            };
            let second = if order == SortBy::Path { std::cmp::Ordering::Equal } else { a.title.cmp(&b.title) };
            first.then(second).then_with(|| a.key.cmp(&b.key))
        });
    }
}

impl Page {
    /// Returns the layouts to try, best first. The first one is what somebody asked for, where somebody did.
    pub fn template_candidates(&self) -> Vec<String> {
        let name = if self.is_section { "section.html" } else { "page.html" };
        let mut all = Vec::with_capacity(4);
        if !self.template.is_empty() {
            all.push(self.template.clone());
        }
        all.push(format!("{}/{name}", self.kind));
        all.push(name.to_owned());
        all
    }
}
