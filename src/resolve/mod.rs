//! Puts the documents together: sections, permalinks, translations, taxonomies, navigation.
//!
//! In: all [`Document`]s of a build and what [`crate::discover`] found. Out: a [`Site`] and diagnostics (two pages with one
//! path, aliases that shadow pages, menus that lead nowhere…). Sees the whole site; linear in its size.
//! Deliberately not here: the bodies of pages, HTML, reading of files.

mod diagnostics;

use std::sync::Arc;

use rivage_diag::Diagnostic;
use rustc_hash::FxHashMap;

use crate::config::{Config, SectionDefaults};
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
}

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
    let _ = (inputs, tree, documents, visibility);
    let site = Site {
        config: Arc::clone(config),
        pages: Vec::new(),
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
    };
    (site, Vec::new())
}

impl Site {
    /// Returns a page.
    pub fn page(&self, id: PageId) -> &Page {
        &self.pages[id.0 as usize]
    }
}
