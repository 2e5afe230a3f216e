//! Puts the documents together: sections, permalinks, translations, taxonomies, navigation.
//!
//! In: all [`Document`]s of a build and what [`crate::discover`] found. Out: a [`Site`] and diagnostics (two pages with one
//! path, aliases that shadow pages, menus that lead nowhere…). Sees the whole site; linear in its size.
//! Deliberately not here: the bodies of pages, HTML, reading of files.

mod diagnostics;
mod graph;
mod links;
mod navigation;
mod order;
mod pages;
mod path;
mod permalink;
mod routes;
mod taxonomies;
mod visibility;

pub use graph::Graph;
pub use links::{Target, Targets};
pub use path::{decode, encode_path, join, output_path, part_path};

use std::sync::Arc;

use rivage_diag::Diagnostic;
use rustc_hash::FxHashMap;

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
#[derive(Debug, Default)]
pub struct Site {
    /// The settings.
    pub config: Arc<Config>,
    /// All pages that are shown, sorted by language (in the order of the settings) and key. Sections without an `_index` file have a page, too.
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
    /// What [`Site::link_target`] knows besides.
    pub targets: Targets,
}

/// A page that is shown.
#[derive(Clone, Debug)]
pub struct Page {
    /// Its place in [`Site::pages`].
    pub id: PageId,
    /// Its document; none for a section without an `_index` file.
    pub document: Option<Arc<Document>>,
    /// The code of the language that it is shown in.
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
    /// Its title in lower case, by which pages are sorted.
    pub folded_title: String,
    /// Its kind, from its section: `docs`; `page` where no section says.
    pub kind: String,
    /// The layout that front matter or a section asks for; empty where the kind decides. See [`Page::template_candidates`].
    pub template: String,
    /// What holds for it, from all sections above.
    pub defaults: Arc<SectionDefaults>,
    /// Whether it is a draft, or for later, that the build was asked to show.
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
    /// Its free data with that of its sections; none where the sections have none.
    pub extra: Option<serde_json::Value>,
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
    documents: Vec<Arc<Document>>,
    visibility: Visibility,
) -> (Site, Vec<Diagnostic>) {
    let mut found = Vec::new();
    let visibility::Selection { shown, hidden } = visibility::select(inputs, config, documents, visibility, &mut found);
    let pages::Assembly { mut pages, by_key, section_paths, sidebar_roots } =
        pages::assemble(config, shown, &mut found);

    order::fill_sections(&mut pages);
    order::chain_sections(&mut pages);
    translate(&mut pages, &by_key);
    let taxonomies = taxonomies::gather(config, &pages, &mut found);
    taxonomies::relate(&mut pages, &taxonomies);
    let series = taxonomies::series(&pages);

    let own_file = |page: &Page| {
        let document = page.document.as_ref().filter(|_| !page.is_fallback)?;
        Some((document.source.path.clone(), page.id))
    };
    let mut site = Site {
        config: Arc::clone(config),
        by_file: pages.iter().filter_map(own_file).collect(),
        by_key: pages.iter().map(|page| ((page.language.clone(), page.key.clone()), page.id)).collect(),
        pages,
        taxonomies,
        series,
        ..Site::default()
    };
    found.extend(routes::fill(&mut site, &by_key, tree));
    site.targets = Targets::new(&site, tree, &hidden, &by_key, &section_paths);
    site.menus = navigation::menus(&site, &mut found);
    site.sidebars = navigation::sidebars(&site, &sidebar_roots, &mut found);
    navigation::thanks(&site, &mut found);
    for (root, _) in &sidebar_roots {
        let page = &site.pages[root.0 as usize];
        let (language, key) = (page.language.clone(), page.key.clone());
        if let Some(items) = site.sidebars.get(&(language, key.clone())) {
            order::chain_sidebar(&mut site.pages, &key, items);
        }
    }
    rivage_diag::sort(&mut found);
    (site, found)
}

/// Tells pages of their translations.
fn translate(pages: &mut [Page], by_key: &[FxHashMap<String, PageId>]) {
    if by_key.len() < 2 {
        return;
    }
    for place in 0..pages.len() {
        let key = &pages[place].key;
        let others = by_key.iter().filter_map(|keys| keys.get(key).copied());
        let others = others.filter(|id| id.0 as usize != place && !pages[id.0 as usize].is_fallback);
        pages[place].translations = others.collect();
    }
}

impl Site {
    /// Returns a page.
    pub fn page(&self, id: PageId) -> &Page {
        &self.pages[id.0 as usize]
    }

    /// Returns the pages of a section (sections are not among them) in its order: those right below, or all below.
    pub fn pages_in(&self, section: PageId, recursive: bool) -> Vec<PageId> {
        let page = self.page(section);
        if !recursive {
            return page.pages.clone();
        }
        let mut found = Vec::new();
        let mut open = vec![section];
        while let Some(id) = open.pop() {
            let section = self.page(id);
            found.extend(&section.pages);
            open.extend(&section.subsections);
        }
        self.sort(&mut found, order::order_of(page));
        found
    }

    /// Returns the pages with a term, newest first. The term may be named or given by its slug, in any case.
    pub fn pages_with_term(&self, language: &str, taxonomy: &str, term: &str) -> &[PageId] {
        let index = self.taxonomies.iter().find(|index| index.language == language && index.name == taxonomy);
        let terms = index.map_or(&[][..], |index| &index.terms);
        let lower = term.to_lowercase();
        let found = match terms.binary_search_by_key(&lower, |term| term.name.to_lowercase()) {
            Ok(at) => terms.get(at),
            Err(_) => terms.iter().find(|term| term.slug == lower),
        };
        found.map_or(&[], |term| &term.pages)
    }

    /// Sorts pages. Those that are equal are sorted by title, then key.
    pub fn sort(&self, ids: &mut [PageId], order: SortBy) {
        order::sort(&self.pages, ids, order);
    }
}

impl Page {
    /// Returns a page of which only the URL is known.
    #[cfg(test)]
    pub(crate) fn bare(id: PageId, url: &str) -> Self {
        Self {
            id,
            document: None,
            language: "en".to_owned(),
            key: String::new(),
            is_section: false,
            is_fallback: false,
            url: url.to_owned(),
            title: String::new(),
            folded_title: String::new(),
            kind: String::new(),
            template: String::new(),
            defaults: Arc::default(),
            is_draft: false,
            parent: None,
            ancestors: Vec::new(),
            pages: Vec::new(),
            subsections: Vec::new(),
            previous: None,
            next: None,
            translations: Vec::new(),
            related: Vec::new(),
            sidebar: None,
            date: None,
            updated: None,
            words: 0,
            reading_time: 1,
            extra: None,
        }
    }

    /// Takes a document whose front matter and title are those of the former one.
    pub fn exchange_document(&mut self, document: &Arc<Document>) {
        self.words = document.words;
        self.reading_time = pages::reading_time(document.words);
        self.document = Some(Arc::clone(document));
    }

    /// Returns its free data, that of its sections included: a map, or null.
    pub fn extra(&self) -> &serde_json::Value {
        let own = self.document.as_ref().map(|document| &document.front_matter.extra);
        self.extra.as_ref().or(own).unwrap_or(&serde_json::Value::Null)
    }

    /// Returns the layouts that may show the page, best first: the one asked for by front matter or a section, else the one of
    /// its kind, else the one of all pages or sections.
    pub fn template_candidates(&self) -> Vec<String> {
        let name = if self.is_section { "section.html" } else { "page.html" };
        let asked = (!self.template.is_empty()).then(|| self.template.clone());
        asked.into_iter().chain([format!("{}/{name}", self.kind), name.to_owned()]).collect()
    }
}

#[cfg(test)]
mod tests;
