//! Menus and sidebars.
//!
//! In: a [`Site`] whose pages have their places. Out: [`NavItem`]s. Deliberately not here: which item is the current one.

use std::sync::Arc;

use indexmap::IndexMap;
use rivage_diag::{Diagnostic, FileId, Span};
use rustc_hash::FxHashMap;

use super::links::Target;
use super::{NavItem, Page, PageId, Site, View, diagnostics, order, path};
use crate::config::{FILE, Language, MenuItem, SectionSidebar, SidebarItem, SortBy};
use crate::parse::front_matter::Sidebar;

/// Finds the targets of all menus. A language without a menu of some name has the default language's, with the pages in its own.
pub(super) fn menus(site: &Site, found: &mut Vec<Diagnostic>) -> FxHashMap<String, IndexMap<String, Vec<NavItem>>> {
    let config = &site.config;
    let default = config.default_language();
    let mut all = FxHashMap::default();
    for language in &config.languages {
        let mut menus = IndexMap::new();
        for (name, items) in &language.menus {
            menus.insert(name.clone(), menu(site, language, items, found));
        }
        for (name, items) in &default.menus {
            // What is wrong with them has been said.
            let inherited = || menu(site, language, items, &mut Vec::new());
            menus.entry(name.clone()).or_insert_with(inherited);
        }
        all.insert(language.code.clone(), menus);
    }
    all
}

fn menu(site: &Site, language: &Language, items: &[MenuItem], found: &mut Vec<Diagnostic>) -> Vec<NavItem> {
    let mut out = Vec::with_capacity(items.len());
    for item in items {
        let children = menu(site, language, &item.children, found);
        // A head of a group needs no page of its own.
        let place = if item.url.trim().is_empty() && !children.is_empty() {
            Place::default()
        } else {
            let finder = Finder { site, language: &language.code, file: &FileId::from(FILE), span: item.span };
            match finder.find(&item.url, found) {
                Some(place) => place,
                None => continue,
            }
        };
        out.push(NavItem {
            label: item.name.clone(),
            url: place.url,
            page: place.page,
            badge: None,
            collapsed: false,
            children,
            extra: item.extra.clone(),
        });
    }
    out
}

/// Looks whether the pages are there to which browsers go after a form.
pub(super) fn thanks(site: &Site, found: &mut Vec<Diagnostic>) {
    let (home, file) = (FileId::from("content/_"), FileId::from(FILE));
    for form in &site.config.api.forms {
        let Some(path) = &form.form.thanks else { continue };
        match site.link_target(&home, &site.config.default_language().code, path) {
            Target::Unknown { nearest } => {
                let unknown = diagnostics::unknown_thanks(&file, form.span, &form.form.name, path, nearest.as_deref());
                found.push(unknown);
            }
            Target::Hidden => found.push(diagnostics::hidden_thanks(&file, form.span, &form.form.name, path)),
            Target::Page { .. } | Target::File { .. } | Target::Anchor(_) | Target::External => {}
        }
    }
}

/// Makes the sidebars of all sections that have one.
pub(super) fn sidebars(
    site: &Site,
    roots: &[(PageId, FileId)],
    found: &mut Vec<Diagnostic>,
) -> FxHashMap<(String, String), Arc<Vec<NavItem>>> {
    let mut all = FxHashMap::default();
    for (root, file) in roots {
        let page = site.page(*root);
        let items = match &page.defaults.sidebar {
            Some(SectionSidebar::Items(items)) => by_hand(site, &page.language, items, file, found),
            _ => whole_tree(site, page),
        };
        all.insert((page.language.clone(), page.key.clone()), Arc::new(items));
    }
    all
}

/// A section's own page and all below it.
fn whole_tree(site: &Site, section: &Page) -> Vec<NavItem> {
    let own = (section.document.is_some() && !sidebar_of(section).hidden).then(|| link(section));
    let mut items: Vec<_> = own.into_iter().collect();
    items.extend(below(site, section));
    items
}

/// What is right below a section. Where pages go by weight, groups stand among them; else behind them.
fn below(site: &Site, section: &Page) -> Vec<NavItem> {
    let mut ids: Vec<_> = section.pages.iter().chain(&section.subsections).map(|id| site.page(*id)).collect();
    if order::order_of(section) == SortBy::Weight {
        // The sort is stable: of equals pages come first, each kind in its order.
        ids.sort_by_key(|page| {
            let weight = order::weight(page);
            (weight.is_none(), weight)
        });
    }
    ids.into_iter().filter_map(|page| if page.is_section { group(site, page) } else { leaf(page) }).collect()
}

fn leaf(page: &Page) -> Option<NavItem> {
    (!sidebar_of(page).hidden).then(|| link(page))
}

fn group(site: &Site, section: &Page) -> Option<NavItem> {
    let sidebar = sidebar_of(section);
    // A section with a sidebar of its own, or that leaves the one of the section above, is only pointed to.
    let is_root = section.sidebar.as_ref() == Some(&section.key);
    let has_left = section.sidebar.is_none() && section.parent.is_some_and(|above| site.page(above).sidebar.is_some());
    let children = if is_root || has_left { Vec::new() } else { below(site, section) };
    if sidebar.hidden || children.is_empty() && section.document.is_none() {
        return None;
    }
    Some(NavItem { collapsed: sidebar.collapsed, children, ..link(section) })
}

fn link(page: &Page) -> NavItem {
    let sidebar = sidebar_of(page);
    // A section without a file of its own has only a list; as a group it needs no link.
    let has_page = page.document.is_some();
    NavItem {
        label: sidebar.label.unwrap_or_else(|| page.title.clone()),
        url: has_page.then(|| page.url.clone()),
        page: has_page.then_some(page.id),
        badge: sidebar.badge,
        collapsed: false,
        children: Vec::new(),
        extra: serde_json::Value::Null,
    }
}

fn sidebar_of(page: &Page) -> Sidebar {
    page.document.as_ref().map_or_else(Sidebar::default, |document| document.front_matter.sidebar.clone())
}

fn by_hand(
    site: &Site,
    language: &str,
    items: &[SidebarItem],
    file: &FileId,
    found: &mut Vec<Diagnostic>,
) -> Vec<NavItem> {
    let mut out = Vec::with_capacity(items.len());
    for item in items {
        let finder = Finder { site, language, file, span: item.span };
        let mut children = Vec::new();
        let mut head = NavItem {
            label: item.label.clone().unwrap_or_default(),
            url: None,
            page: None,
            badge: item.badge.clone(),
            collapsed: item.collapsed,
            children: Vec::new(),
            extra: serde_json::Value::Null,
        };
        if let Some(written) = &item.link {
            let Some(place) = finder.find(written, found) else { continue };
            let page = place.page.map(|id| link(site.page(id)));
            if item.label.is_none() {
                head.label = page.as_ref().map_or_else(|| written.clone(), |page| page.label.clone());
            }
            head.badge = head.badge.or(page.and_then(|page| page.badge));
            (head.url, head.page) = (place.url, place.page);
        }
        if let Some(folder) = &item.from {
            let key = folder.trim_start_matches("content/").trim_matches('/');
            let section = site.by_key.get(&(language.to_owned(), key.to_owned())).map(|id| site.page(*id));
            match section.filter(|section| section.is_section) {
                Some(section) => children = whole_tree(site, section),
                None => {
                    let elsewhere = site.config.languages.iter().any(|other| {
                        let key = (other.code.clone(), key.to_owned());
                        site.by_key.contains_key(&key) || site.targets.is_hidden_key(&key)
                    });
                    if !elsewhere {
                        let nearest = site.nearest_page(language, &format!("content/{key}.mdx"));
                        let nearest = nearest.filter(|page| page.is_section).map(|page| page.key.as_str());
                        found.push(diagnostics::unknown_folder(file, item.span, folder, nearest));
                    }
                    continue;
                }
            }
        }
        children.extend(by_hand(site, language, &item.items, file, found));
        if head.label.is_empty() && head.url.is_none() {
            // Nothing to show for a group: its items stand here themselves.
            out.append(&mut children);
        } else {
            head.children = children;
            out.push(head);
        }
    }
    out
}

/// Where an item leads.
#[derive(Default)]
struct Place {
    url: Option<String>,
    page: Option<PageId>,
}

/// Finds what an item of a menu or sidebar names.
struct Finder<'a> {
    site: &'a Site,
    language: &'a str,
    file: &'a FileId,
    span: Span,
}

impl Finder<'_> {
    /// Returns `None` for an item that is left out.
    fn find(&self, written: &str, found: &mut Vec<Diagnostic>) -> Option<Place> {
        let written = written.trim();
        let nearest = match self.target(written) {
            Target::External | Target::Anchor(_) => {
                return Some(Place { url: Some(written.to_owned()), page: None });
            }
            Target::File { url, suffix } => return Some(Place { url: Some(format!("{url}{suffix}")), page: None }),
            Target::Page { url, suffix } => {
                let route = self.site.by_url.get(&url).and_then(|at| self.site.routes.get(*at));
                let page = route.and_then(|route| if let View::Page(id) = route.view { Some(id) } else { None });
                let page = page.map(|id| self.translated(id));
                let url = page.map_or(url, |id| self.site.page(id).url.clone());
                return Some(Place { url: Some(format!("{url}{suffix}")), page: page.filter(|_| suffix.is_empty()) });
            }
            Target::Hidden => {
                found.push(diagnostics::hidden_item(self.file, self.span, written));
                return None;
            }
            Target::Unknown { nearest } => nearest,
        };
        // A page that only another language has is no mistake where languages share a sidebar.
        let others = self.site.config.languages.iter().filter(|language| language.code != self.language);
        let mut others = others.map(|language| Self { language: &language.code, ..*self });
        if !others.any(|other| matches!(other.target(written), Target::Page { .. } | Target::Hidden)) {
            found.push(diagnostics::unknown_item(self.file, self.span, written, nearest.as_deref()));
        }
        None
    }

    fn target(&self, written: &str) -> Target {
        if written.is_empty() {
            return Target::Unknown { nearest: None };
        }
        let home = FileId::from("content/_");
        if written.starts_with(['/', '#']) || written.contains(':') {
            return self.site.link_target(&home, self.language, written);
        }
        let end = written.find(['?', '#']).unwrap_or(written.len());
        let (name, suffix) = written.split_at(end);
        let Some(file) = path::join("", name) else { return Target::Unknown { nearest: None } };
        let file = if file.starts_with("content/") { file } else { format!("content/{file}") };
        if let Some(target) = self.site.file_target(self.language, &file, suffix) {
            return target;
        }
        // `docs/install` may be a key or a path whose first slash was forgotten.
        match self.site.link_target(&home, self.language, &format!("./{}{suffix}", &file["content/".len()..])) {
            Target::Unknown { .. } => {
                let nearest = self.site.nearest_page(self.language, &file);
                let nearest = nearest.and_then(|page| page.document.as_ref());
                let nearest = nearest.map(|document| document.source.path.trim_start_matches("content/").to_owned());
                let home = self.site.nearest_url(&format!("/{}", &file["content/".len()..]));
                Target::Unknown { nearest: nearest.or(home) }
            }
            target => target,
        }
    }

    /// A page in the language of the menu, where it has one there.
    fn translated(&self, id: PageId) -> PageId {
        let key = (self.language.to_owned(), self.site.page(id).key.clone());
        self.site.by_key.get(&key).copied().unwrap_or(id)
    }
}
