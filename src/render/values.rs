//! What templates see of the site: pages, sections, terms, menus as Tera values.
//!
//! In: a [`Site`]. Out: values that are made once and shared (cloning one copies a pointer), so that a list of a thousand posts on
//! every page costs no more than the list. Deliberately not here: the layout's own variables ([`super::page`]).

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use rustc_hash::{FxHashMap, FxHashSet};
use tera::Value;
use tera::value::Key;

use super::answers;
use super::once::Once;
use crate::config::Language;
use crate::inputs::Fingerprint;
use crate::parse::Document;
use crate::parse::front_matter::Date;
use crate::resolve::{NavItem, Page, PageId, Site, Term, encode_path, part_path};
use crate::slug;

/// Makes a map of keys that are known.
pub(super) fn map<const N: usize>(pairs: [(&'static str, Value); N]) -> Value {
    let mut map = tera::Map::with_capacity(N);
    map.extend(pairs.map(|(key, value)| (Key::Str(key), value)));
    Value::from(map)
}

/// Turns JSON into a Tera value.
pub(super) fn json(value: &serde_json::Value) -> Value {
    Value::from_serializable(value)
}

/// The values of a site. Shared by all threads.
pub struct Values {
    site: Arc<Site>,
    light: Vec<OnceLock<Value>>,
    /// For each taxonomy of the site: lower-case term → its place.
    terms: Vec<FxHashMap<String, usize>>,
    search: bool,
    /// What tells one state of a page, menu or sidebar from another, made once: answers to templates are noted on every page.
    prints: Vec<OnceLock<Fingerprint>>,
    /// Links to all parts of a list by its URL.
    pagers: Mutex<FxHashMap<String, Value>>,
    /// Menus and sidebars by language, then `menu NAME` or `sidebar SECTION`.
    navigations: FxHashMap<String, FxHashMap<String, Navigation>>,
    /// Where the children of their items lie in memory: `navigations` keeps them there.
    branches: FxHashSet<usize>,
    /// Components that are the same on many pages. Here, since it takes branches for what lies at their place.
    pub(super) once: Once,
}

/// A menu or sidebar. Pages differ in what is current: only those items are made for each page.
struct Navigation {
    nodes: Vec<Node>,
    print: Fingerprint,
}

/// An item as one page sees it.
struct Seen {
    value: Value,
    /// Whether it or one below it is the page.
    leads_here: bool,
    /// Whether other pages see it differently.
    is_special: bool,
}

/// An item as all pages see it that it does not lead to.
struct Node {
    value: Value,
    children: Vec<Node>,
}

/// Where a list lies in memory; none if it is empty, for then it lies nowhere.
fn address(list: &Value) -> Option<usize> {
    list.as_array().filter(|list| !list.is_empty()).map(|list| list.as_ptr().addr())
}

impl Values {
    /// Prepares the values of a site; each is made when first asked for.
    pub fn new(site: Arc<Site>) -> Self {
        let light = site.pages.iter().map(|_| OnceLock::new()).collect();
        let places = |terms: &[Term]| -> FxHashMap<String, usize> {
            terms.iter().enumerate().map(|(place, term)| (term.name.to_lowercase(), place)).collect()
        };
        let terms = site.taxonomies.iter().map(|taxonomy| places(&taxonomy.terms)).collect();
        let search = site.config.search.enabled;
        let prints = site.pages.iter().map(|_| OnceLock::new()).collect();
        let mut values = Self {
            site,
            light,
            terms,
            search,
            prints,
            pagers: Mutex::default(),
            navigations: FxHashMap::default(),
            branches: FxHashSet::default(),
            once: Once::default(),
        };
        values.navigations = values.make_navigations();
        let navigations = values.navigations.values().flat_map(FxHashMap::values);
        let mut waiting: Vec<_> = navigations.flat_map(|navigation| &navigation.nodes).collect();
        let mut branches = FxHashSet::default();
        while let Some(node) = waiting.pop() {
            branches.extend(node.value.as_map().and_then(|item| address(item.get(&Key::Str("children"))?)));
            waiting.extend(&node.children);
        }
        values.branches = branches;
        values
    }

    fn make_navigations(&self) -> FxHashMap<String, FxHashMap<String, Navigation>> {
        let navigation = |items: &[NavItem]| Navigation {
            nodes: items.iter().map(|item| self.nav_node(item)).collect(),
            print: answers::navigation_print(items),
        };
        let mut all: FxHashMap<String, FxHashMap<String, Navigation>> = FxHashMap::default();
        for language in &self.site.config.languages {
            let own = all.entry(language.code.clone()).or_default();
            for (name, items) in self.site.menus.get(&language.code).into_iter().flatten() {
                own.insert(format!("menu {name}"), navigation(items));
            }
        }
        for page in self.site.pages.iter().filter(|page| page.is_section) {
            if let Some(items) = self.site.sidebars.get(&(page.language.clone(), page.key.clone())) {
                let own = all.entry(page.language.clone()).or_default();
                own.insert(format!("sidebar {}", page.key), navigation(items));
            }
        }
        all
    }

    /// Returns what tells one state of a page, as lists show it, from another.
    pub fn print(&self, id: PageId) -> Fingerprint {
        *self.prints[id.0 as usize].get_or_init(|| self.make_print(self.site.page(id)))
    }

    /// All that [`Values::light`] shows, without making it. What follows from the settings alone is not in it.
    fn make_print(&self, page: &Page) -> Fingerprint {
        let mut mix = answers::Mix::default();
        mix.text(&page.title).text(&page.url).text(&page.key).text(&page.language).text(&page.kind);
        mix.flag(page.is_section).flag(page.is_draft).flag(page.is_fallback);
        mix.flag(self.is_searched(page)).flag(self.shows_toc(page));
        mix.maybe(page.date.as_ref().map(iso).as_deref()).maybe(page.updated.as_ref().map(iso).as_deref());
        mix.number(page.words).number(page.reading_time);
        mix.maybe(self.image(page).as_deref());
        if let Some(extra) = &page.extra {
            mix.text(&extra.to_string());
        }
        if let Some(document) = &page.document {
            mix.print(document.face).text(&document.source.path);
            for (taxonomy, terms) in &document.front_matter.taxonomies {
                for (index, place) in terms.iter().filter_map(|term| self.term_of(page, taxonomy, &term.value)) {
                    let term = &self.site.taxonomies[index].terms[place];
                    mix.text(&term.name).text(&term.slug).text(&term.url);
                }
            }
        }
        mix.finish()
    }

    /// The place of a term that a page has: taxonomy, term.
    fn term_of(&self, page: &Page, taxonomy: &str, term: &str) -> Option<(usize, usize)> {
        let mut taxonomies = self.site.taxonomies.iter();
        let index = taxonomies.position(|index| index.name == taxonomy && index.language == page.language)?;
        self.terms[index].get(&*slug::lower(term)).map(|place| (index, *place))
    }

    /// Puts a document in the place of a former one that has the same front matter and title. Reports whether that was possible: nobody
    /// else may look at the site meanwhile.
    pub(super) fn exchange_document(&mut self, before: &Arc<Document>, now: &Arc<Document>) -> bool {
        let Some(site) = Arc::get_mut(&mut self.site) else { return false };
        // It may stand for translations that are missing, too.
        for language in &site.config.languages {
            let key = (language.code.clone(), before.source.key.clone());
            let Some(id) = site.by_key.get(&key) else { continue };
            let place = id.0 as usize;
            if site.pages[place].document.as_ref().is_some_and(|document| Arc::ptr_eq(document, before)) {
                site.pages[place].exchange_document(now);
                self.light[place] = OnceLock::new();
                self.prints[place] = OnceLock::new();
            }
        }
        true
    }

    /// Returns the site.
    pub fn site(&self) -> &Arc<Site> {
        &self.site
    }

    /// Returns a path with the base path before it, percent-encoded.
    pub fn href(&self, url: &str) -> String {
        format!("{}{}", self.site.config.site.base_path, encode_path(url))
    }

    /// Returns the full URL of a path without base path.
    pub fn absolute(&self, url: &str) -> String {
        format!("{}{}", self.site.config.site.base_url, encode_path(url))
    }

    /// Returns what lists show of a page.
    pub fn light(&self, id: PageId) -> Value {
        self.light[id.0 as usize].get_or_init(|| self.make_light(self.site.page(id))).clone()
    }

    /// Returns what lists show of pages.
    pub fn lights(&self, ids: &[PageId]) -> Value {
        Value::from(ids.iter().map(|id| self.light(*id)).collect::<Vec<_>>())
    }

    fn make_light(&self, page: &Page) -> Value {
        let front_matter = page.document.as_ref().map(|document| &document.front_matter);
        let document = page.document.as_ref();
        map([
            ("title", page.title.as_str().into()),
            ("description", front_matter.and_then(|matter| matter.description.clone()).into()),
            ("summary", document.map(|document| document.summary.clone()).into()),
            ("url", self.href(&page.url).into()),
            ("permalink", self.absolute(&page.url).into()),
            ("path", document.map(|document| document.source.path.clone()).into()),
            ("key", page.key.as_str().into()),
            ("language", page.language.as_str().into()),
            ("kind", page.kind.as_str().into()),
            ("is_section", page.is_section.into()),
            ("is_draft", page.is_draft.into()),
            ("is_fallback", page.is_fallback.into()),
            ("date", page.date.as_ref().map(iso).into()),
            ("updated", page.updated.as_ref().map(iso).into()),
            ("words", page.words.into()),
            ("reading_time", page.reading_time.into()),
            ("authors", self.authors(page)),
            ("taxonomies", self.taxonomies_of(page)),
            ("series", front_matter.and_then(|matter| matter.series.clone()).into()),
            ("image", self.image(page).map(|image| self.link(&image)).into()),
            ("weight", front_matter.and_then(|matter| matter.weight).into()),
            ("extra", extra(page.extra())),
            ("badge", front_matter.and_then(|matter| matter.sidebar.badge.clone()).into()),
            ("search", self.is_searched(page).into()),
            ("toc", self.shows_toc(page).into()),
            ("robots", front_matter.and_then(|matter| matter.robots.clone()).into()),
        ])
    }

    /// Reports whether search finds a page.
    pub fn is_searched(&self, page: &Page) -> bool {
        let said = page.document.as_ref().and_then(|document| document.front_matter.search);
        self.search && !page.is_fallback && said.or(page.defaults.search).unwrap_or(true)
    }

    /// Reports whether a page shows a table of contents.
    pub fn shows_toc(&self, page: &Page) -> bool {
        let said = page.document.as_ref().and_then(|document| document.front_matter.toc);
        said.or(page.defaults.toc).unwrap_or(true)
    }

    /// Returns the page's image as a path without base path or a full URL.
    pub fn image(&self, page: &Page) -> Option<String> {
        self.site.image_of(page)
    }

    /// Returns a path or URL as it stands in HTML.
    pub fn link(&self, target: &str) -> String {
        if target.starts_with('/') && !target.starts_with("//") { self.href(target) } else { target.to_owned() }
    }

    /// Returns a path or URL as it stands outside of the site.
    pub fn absolute_link(&self, target: &str) -> String {
        if target.starts_with('/') && !target.starts_with("//") { self.absolute(target) } else { target.to_owned() }
    }

    fn authors(&self, page: &Page) -> Value {
        let Some(document) = &page.document else { return Value::from(Vec::<Value>::new()) };
        let authors = document.front_matter.authors.iter().map(|key| {
            let known = self.site.config.authors.get(key);
            let field = |name: &str| known.and_then(|author| author.get(name)).map_or_else(Value::none, json);
            let name = known.and_then(|author| author.get("name")).and_then(|name| name.as_str()).unwrap_or(key);
            map([
                ("key", key.as_str().into()),
                ("name", name.into()),
                ("url", field("url")),
                ("email", field("email")),
                ("image", field("image")),
                ("bio", field("bio")),
                ("extra", known.map_or_else(empty_map, json)),
            ])
        });
        Value::from(authors.collect::<Vec<_>>())
    }

    fn taxonomies_of(&self, page: &Page) -> Value {
        let mut all = tera::Map::default();
        for taxonomy in &self.site.config.taxonomies {
            let terms =
                page.document.as_ref().and_then(|document| document.front_matter.taxonomies.get(&taxonomy.name));
            let terms = terms.into_iter().flatten().filter_map(|term| {
                let (index, place) = self.term_of(page, &taxonomy.name, &term.value)?;
                let term = &self.site.taxonomies[index].terms[place];
                Some(map([
                    ("name", term.name.as_str().into()),
                    ("slug", term.slug.as_str().into()),
                    ("url", self.href(&term.url).into()),
                ]))
            });
            all.insert(Key::from(taxonomy.name.clone()), Value::from(terms.collect::<Vec<_>>()));
        }
        Value::from(all)
    }

    /// Returns a term with the number of its pages.
    pub fn term(&self, taxonomy: usize, place: usize) -> Value {
        let term = &self.site.taxonomies[taxonomy].terms[place];
        map([
            ("name", term.name.as_str().into()),
            ("slug", term.slug.as_str().into()),
            ("url", self.href(&term.url).into()),
            ("count", term.pages.len().into()),
        ])
    }

    /// Returns all terms of a taxonomy.
    pub fn terms(&self, taxonomy: usize) -> Value {
        let count = self.site.taxonomies[taxonomy].terms.len();
        Value::from((0..count).map(|place| self.term(taxonomy, place)).collect::<Vec<_>>())
    }

    /// Returns a taxonomy's name, title and URL.
    pub fn taxonomy(&self, taxonomy: usize) -> Value {
        let index = &self.site.taxonomies[taxonomy];
        map([
            ("name", index.name.as_str().into()),
            ("title", self.taxonomy_title(taxonomy).into()),
            ("url", self.href(&index.url).into()),
        ])
    }

    /// Returns what a taxonomy is called.
    pub fn taxonomy_title(&self, taxonomy: usize) -> String {
        let name = &self.site.taxonomies[taxonomy].name;
        let known = self.site.config.taxonomies.iter().find(|known| known.name == *name);
        known.map_or_else(|| name.clone(), |known| known.title.clone())
    }

    /// Returns a page with its lists, for `get_section`.
    pub fn section(&self, id: PageId) -> Value {
        let page = self.site.page(id);
        let mut all = self.light(id).into_map().unwrap_or_default();
        all.insert(Key::Str("pages"), self.lights(&page.pages));
        all.insert(Key::Str("subsections"), self.lights(&page.subsections));
        Value::from(all)
    }

    /// Returns title and URL of a page.
    pub fn reference(&self, id: PageId) -> Value {
        let page = self.site.page(id);
        map([("title", page.title.as_str().into()), ("url", self.href(&page.url).into())])
    }

    /// Returns the address of a part of a list.
    pub fn pager_url(&self, url: &str, part: usize) -> Value {
        Value::from(self.href(&if part == 1 { url.to_owned() } else { part_path(url, part) }))
    }

    /// Returns number and address of each part of a list.
    pub fn pager_links(&self, url: &str, count: usize) -> Value {
        let lock = || self.pagers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = lock().get(url) {
            return known.clone();
        }
        let link = |n: usize| map([("n", n.into()), ("url", self.pager_url(url, n))]);
        let made = Value::from((1..=count).map(link).collect::<Vec<_>>());
        lock().insert(url.to_owned(), made.clone());
        made
    }

    /// Returns what tells the children of an item of a menu or sidebar from those of others, where they are the same for all pages; none
    /// for what is a page's own.
    pub fn branch(&self, children: &Value) -> Option<usize> {
        address(children).filter(|place| self.branches.contains(place))
    }

    /// Returns what tells one state of a menu or sidebar from another.
    pub fn navigation_print(&self, language: &str, name: &str) -> Option<Fingerprint> {
        Some(self.navigations.get(language)?.get(name)?.print)
    }

    /// Returns a menu (`menu main`) or sidebar (`sidebar docs`) as seen from one page.
    /// `items` are those of the site. `current` marks the page itself, `active` also what is above it.
    pub fn navigation(
        &self,
        language: &str,
        name: &str,
        items: &[NavItem],
        page: Option<PageId>,
        url: &str,
    ) -> Option<Value> {
        let known = self.navigations.get(language)?.get(name)?;
        let items = items.iter().zip(&known.nodes).map(|(item, node)| self.nav_item(item, node, page, url).value);
        Some(Value::from(items.collect::<Vec<_>>()))
    }

    fn nav_node(&self, item: &NavItem) -> Node {
        let children: Vec<_> = item.children.iter().map(|child| self.nav_node(child)).collect();
        let values = children.iter().map(|child| child.value.clone()).collect();
        Node { value: self.nav_value(item, false, false, values), children }
    }

    fn nav_item(&self, item: &NavItem, node: &Node, page: Option<PageId>, url: &str) -> Seen {
        let current = item.url.as_deref() == Some(url) || (item.page.is_some() && item.page == page);
        // A menu's "Docs" is active on every page below /docs/.
        let above = item.url.as_deref().is_some_and(|target| target.len() > 1 && url.starts_with(target));
        let children = item.children.iter().zip(&node.children);
        let children: Vec<_> = children.map(|(child, node)| self.nav_item(child, node, page, url)).collect();
        let leads_here = current || children.iter().any(|child| child.leads_here);
        if !leads_here && !above && children.iter().all(|child| !child.is_special) {
            return Seen { value: node.value.clone(), leads_here: false, is_special: false };
        }
        let children = children.into_iter().map(|child| child.value).collect();
        Seen { value: self.nav_value(item, current, leads_here || above, children), leads_here, is_special: true }
    }

    fn nav_value(&self, item: &NavItem, current: bool, active: bool, children: Vec<Value>) -> Value {
        let external = item.url.as_deref().is_some_and(|target| !target.starts_with('/') && !target.starts_with('#'));
        map([
            ("label", item.label.as_str().into()),
            ("url", item.url.as_deref().map(|target| self.link(target)).into()),
            ("badge", item.badge.clone().into()),
            ("collapsed", item.collapsed.into()),
            ("current", current.into()),
            ("active", active.into()),
            ("external", external.into()),
            ("children", Value::from(children)),
            ("extra", extra(&item.extra)),
        ])
    }

    /// Returns `site` as seen in one language.
    pub fn site_value(&self, language: &Language) -> Value {
        let config = &self.site.config;
        let languages = config.languages.iter().map(|language| self.language(language)).collect::<Vec<_>>();
        let text = |own: &Option<String>, general: &str| own.clone().unwrap_or_else(|| general.to_owned());
        map([
            ("title", text(&language.title, &config.site.title).into()),
            ("description", text(&language.description, &config.site.description).into()),
            ("base_url", config.site.base_url.as_str().into()),
            ("base_path", config.site.base_path.as_str().into()),
            ("language", config.default_language().code.as_str().into()),
            ("languages", Value::from(languages)),
            ("copyright", config.site.copyright.clone().into()),
            ("repository", config.site.repository.clone().into()),
            ("edit_url", config.site.edit_url.clone().into()),
            ("logo", config.site.logo.as_deref().map(|logo| self.link(logo)).into()),
            ("image", config.site.image.as_deref().map(|image| self.absolute_link(image)).into()),
            ("theme", extra(&config.site.theme_settings)),
            ("extra", extra(&config.extra)),
            ("search", self.search.into()),
            ("cards", config.images.cards.into()),
            ("api", map([("admin", config.api.admin.into()), ("vitals", config.api.vitals.into())])),
            ("authors", Value::from_serializable(&config.authors)),
        ])
    }

    /// Returns a language for `lang` and `site.languages`.
    pub fn language(&self, language: &Language) -> Value {
        let url = match &language.prefix {
            Some(prefix) => self.href(&format!("/{prefix}/")),
            None => self.href("/"),
        };
        map([
            ("code", language.code.as_str().into()),
            ("name", language.name.as_str().into()),
            ("rtl", language.rtl.into()),
            ("url", url.as_str().into()),
            ("prefix_url", url.as_str().into()),
        ])
    }
}

fn empty_map() -> Value {
    Value::from(tera::Map::default())
}

/// Free data; nothing is an empty map, so that `page.extra.x or ""` works.
fn extra(value: &serde_json::Value) -> Value {
    if value.is_null() { empty_map() } else { json(value) }
}

/// A date as templates get it: the day, or the moment where a time was given.
pub(super) fn iso(date: &Date) -> String {
    if date.has_time { date.at.to_string() } else { date.day.to_string() }
}
