//! Menus, sidebars, and which page comes before and after.
//!
//! In: the pages of a site and its settings. Out: [`Site::menus`], [`Site::sidebars`], `previous` and `next`. Deliberately not here: which item
//! is current; that differs from page to page.

use std::collections::BTreeMap;
use std::sync::Arc;

use rivage_diag::Diagnostic;

use super::links::Target;
use super::{NavItem, PageId, Site, diagnostics};
use crate::config::{self, MenuItem, SidebarItem};

pub(super) fn make(site: &mut Site, diagnostics: &mut Vec<Diagnostic>) {
    menus(site, diagnostics);
    sidebars(site, diagnostics);
    neighbours(site);
}

/// Where an item of the settings leads: a content file from content/, a site path, a URL.
fn target(site: &Site, language: &str, written: &str) -> Option<(String, Option<PageId>)> {
    let settings = rivage_diag::FileId::from(config::FILE);
    let as_file = !written.starts_with('/') && (written.ends_with(".mdx") || written.ends_with(".md"));
    let path = if as_file { format!("/{}", written.trim_start_matches("content/")) } else { written.to_owned() };
    match site.link_target(&settings, language, &path) {
        Target::Page { url, suffix } => {
            let page = site.by_url.get(&url).and_then(|route| match site.routes[*route].view {
                super::View::Page(id) => Some(id),
                _ => None,
            });
            Some((format!("{url}{suffix}"), page.filter(|_| suffix.is_empty())))
        }
        Target::File { url, suffix } => Some((format!("{url}{suffix}"), None)),
        Target::Anchor(_) | Target::External => Some((written.to_owned(), None)),
        // A file that a build makes after this stage, such as a feed.
        Target::Unknown { .. } if written.starts_with('/') && written.rsplit('/').next().is_some_and(|name| name.contains('.')) => {
            Some((written.to_owned(), None))
        }
        Target::Hidden | Target::Unknown { .. } => None,
    }
}

fn menus(site: &mut Site, diagnostics: &mut Vec<Diagnostic>) {
    let config = Arc::clone(&site.config);
    for language in &config.languages {
        // A language without menus of its own has those of the default one.
        let written = if language.menus.is_empty() { &config.default_language().menus } else { &language.menus };
        let menus = written.iter().map(|(name, items)| {
            let items = items.iter().map(|item| menu_item(site, &language.code, item, diagnostics)).collect();
            (name.clone(), items)
        });
        let menus = menus.collect();
        site.menus.insert(language.code.clone(), menus);
    }
}

fn menu_item(site: &Site, language: &str, item: &MenuItem, diagnostics: &mut Vec<Diagnostic>) -> NavItem {
    let found = (!item.url.is_empty()).then(|| target(site, language, &item.url));
    if let Some(None) = found {
        diagnostics.push(diagnostics::menu_leads_nowhere(item.span, &item.url));
    }
    let (url, page) = found.flatten().map_or((None, None), |(url, page)| (Some(url), page));
    NavItem {
        label: item.name.clone(),
        url,
        page,
        badge: None,
        collapsed: false,
        children: item.children.iter().map(|child| menu_item(site, language, child, diagnostics)).collect(),
        extra: item.extra.clone(),
    }
}

fn sidebars(site: &mut Site, diagnostics: &mut Vec<Diagnostic>) {
    let mut made = Vec::new();
    let mut shown: BTreeMap<PageId, String> = BTreeMap::new();
    for page in &site.pages {
        let Some(root) = sidebar_root(site, page.id) else { continue };
        shown.insert(page.id, site.page(root).key.clone());
        if page.id == root {
            let items = page.defaults.sidebar.as_deref().unwrap_or_default();
            let items = if items.is_empty() {
                tree(site, root)
            } else {
                items.iter().flat_map(|item| by_hand(site, &page.language, item, diagnostics)).collect()
            };
            made.push(((page.language.clone(), page.key.clone()), Arc::new(items)));
        }
    }
    site.sidebars.extend(made);
    for (id, key) in shown {
        site.pages[id.0 as usize].sidebar = Some(key);
    }
}

/// The section whose sidebar a page shows: the innermost that says so itself.
fn sidebar_root(site: &Site, id: PageId) -> Option<PageId> {
    let page = site.page(id);
    let root = page.defaults.sidebar_root.as_ref()?;
    page.defaults.sidebar.as_ref()?;
    site.by_key.get(&(page.language.clone(), root.clone())).copied()
}

/// The items of a section: its own page, the pages in it, the sections below as groups.
fn tree(site: &Site, section: PageId) -> Vec<NavItem> {
    let page = site.page(section);
    let mut entries: Vec<(Option<i64>, PageId, bool)> = Vec::new();
    let weight = |id: &PageId| site.page(*id).document.as_ref().and_then(|document| document.front_matter.weight);
    entries.extend(page.pages.iter().map(|id| (weight(id), *id, false)));
    entries.extend(page.subsections.iter().map(|id| (weight(id), *id, true)));
    // Pages and groups stand together by weight; without any, pages come first.
    entries.sort_by_key(|(weight, _, is_section)| (weight.is_none(), *weight, *is_section));
    let items = entries.into_iter().filter(|(_, id, _)| !hidden(site, *id));
    items.map(|(_, id, is_section)| item(site, id, if is_section { tree(site, id) } else { Vec::new() })).collect()
}

fn hidden(site: &Site, id: PageId) -> bool {
    site.page(id).document.as_ref().is_some_and(|document| document.front_matter.sidebar.hidden)
}

fn item(site: &Site, id: PageId, children: Vec<NavItem>) -> NavItem {
    let page = site.page(id);
    let said = page.document.as_ref().map(|document| &document.front_matter.sidebar);
    NavItem {
        label: said.and_then(|said| said.label.clone()).unwrap_or_else(|| page.title.clone()),
        // A section that nobody described is a group without a page of its own.
        url: (page.document.is_some() || !page.is_section).then(|| page.url.clone()),
        page: Some(id),
        badge: said.and_then(|said| said.badge.clone()),
        collapsed: said.is_some_and(|said| said.collapsed),
        children,
        extra: serde_json::Value::Null,
    }
}

fn by_hand(site: &Site, language: &str, written: &SidebarItem, diagnostics: &mut Vec<Diagnostic>) -> Vec<NavItem> {
    let mut children: Vec<_> = written.items.iter().flat_map(|item| by_hand(site, language, item, diagnostics)).collect();
    if let Some(from) = &written.from {
        match site.by_key.get(&(language.to_owned(), from.trim_matches('/').to_owned())) {
            Some(section) => children.extend(tree(site, *section)),
            None => diagnostics.push(diagnostics::sidebar_leads_nowhere(written.span, from)),
        }
        if written.label.is_none() {
            return children;
        }
    }
    let found = written.link.as_ref().map(|link| (link, target(site, language, link)));
    if let Some((link, None)) = &found {
        diagnostics.push(diagnostics::sidebar_leads_nowhere(written.span, link));
        return Vec::new();
    }
    let (url, page) = found.and_then(|(_, found)| found).map_or((None, None), |(url, page)| (Some(url), page));
    let mut made = match page {
        Some(id) => item(site, id, children),
        None => NavItem {
            label: String::new(),
            url: None,
            page: None,
            badge: None,
            collapsed: false,
            children,
            extra: serde_json::Value::Null,
        },
    };
    made.url = url.or(made.url);
    if let Some(label) = &written.label {
        made.label.clone_from(label);
    } else if made.label.is_empty() {
        made.label = made.url.clone().unwrap_or_default();
    }
    made.badge = written.badge.clone().or(made.badge);
    made.collapsed = written.collapsed || made.collapsed;
    vec![made]
}

/// Before and after: in the order of the sidebar, else of the section; in a blog, before is older.
fn neighbours(site: &mut Site) {
    fn flat(items: &[NavItem], out: &mut Vec<PageId>) {
        for item in items {
            out.extend(item.page.filter(|_| item.url.is_some()));
            flat(&item.children, out);
        }
    }
    let mut pairs = Vec::new();
    let mut sidebars: Vec<_> = site.sidebars.iter().collect();
    sidebars.sort_by_key(|(key, _)| (*key).clone());
    for ((language, section), items) in sidebars {
        let mut order: Vec<PageId> = site.by_key.get(&(language.clone(), section.clone())).copied().into_iter().collect();
        flat(items, &mut order);
        let mut seen = rustc_hash::FxHashSet::default();
        order.retain(|id| seen.insert(*id) && site.page(*id).sidebar.as_deref() == Some(section));
        pairs.extend(order.windows(2).map(|pair| (pair[0], pair[1])));
    }
    for section in site.pages.iter().filter(|page| page.is_section && page.sidebar.is_none()) {
        let by_date = section.defaults.sort_by == Some(config::SortBy::Date);
        let pages = section.pages.windows(2);
        pairs.extend(pages.map(|pair| if by_date { (pair[1], pair[0]) } else { (pair[0], pair[1]) }));
    }
    for (before, after) in pairs {
        site.pages[before.0 as usize].next = Some(after);
        site.pages[after.0 as usize].previous = Some(before);
    }
}
