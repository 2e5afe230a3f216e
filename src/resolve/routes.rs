//! Every URL of the site, and the check that each leads to one thing.
//!
//! In: pages and taxonomies. Out: [`Route`]s by URL, aliases, URLs of files beside pages. Deliberately not here: how a page's own URL is
//! made ([`super::permalink`]).

use std::collections::hash_map::Entry;

use rivage_diag::{Diagnostic, FileId, Span};
use rustc_hash::{FxHashMap, FxHashSet};

use super::visibility::language_index;
use super::{PageId, Route, Site, View, diagnostics, path};
use crate::discover::SourceTree;

/// Fills routes, aliases and assets.
pub(super) fn fill(site: &mut Site, by_key: &[FxHashMap<String, PageId>], tree: &SourceTree) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let claims = claims(site);
    site.routes = settle(site, claims, &mut found);
    site.by_url = site.routes.iter().enumerate().map(|(at, route)| (route.url.clone(), at)).collect();
    check_generated(site, &mut found);
    site.assets = assets(site, by_key, tree, &mut found);
    check_statics(site, tree, &mut found);
    site.aliases = aliases(site, &mut found);
    found
}

/// Everything that wants a URL, most important first.
fn claims(site: &Site) -> Vec<Route> {
    let mut claims = Vec::with_capacity(site.pages.len());
    // Of two pages, the one with a file wins over a section without one, and a translation over what stands in for one.
    let rank = |id: &PageId| {
        let page = site.page(*id);
        (page.document.is_none(), page.is_fallback)
    };
    let mut ids: Vec<_> = site.pages.iter().map(|page| page.id).collect();
    ids.sort_by_key(rank);
    for id in ids {
        let page = site.page(id);
        claims.push(Route { url: page.url.clone(), language: page.language.clone(), view: View::Page(id) });
    }
    for page in site.pages.iter().filter(|page| page.is_section) {
        for part in further_parts(page.pages.len(), page.defaults.paginate_by.unwrap_or(0)) {
            let url = path::part_path(path::folder(&page.url), part);
            claims.push(Route { url, language: page.language.clone(), view: View::Pager(page.id, part) });
        }
    }
    for (at, taxonomy) in site.taxonomies.iter().enumerate() {
        let settings = site.config.taxonomies.iter().find(|settings| settings.name == taxonomy.name);
        let Some(settings) = settings.filter(|settings| settings.render && !taxonomy.terms.is_empty()) else {
            continue;
        };
        let mut claim = |url: String, view| claims.push(Route { url, language: taxonomy.language.clone(), view });
        claim(taxonomy.url.clone(), View::Taxonomy(at));
        for (place, term) in taxonomy.terms.iter().enumerate() {
            claim(term.url.clone(), View::Term(at, place, 1));
            for part in further_parts(term.pages.len(), settings.paginate_by) {
                claim(path::part_path(&term.url, part), View::Term(at, place, part));
            }
        }
    }
    claims
}

fn further_parts(count: usize, size: usize) -> std::ops::RangeInclusive<usize> {
    2..=if size == 0 { 1 } else { count.div_ceil(size) }
}

/// Gives each URL to the first that wants it.
fn settle(site: &Site, mut claims: Vec<Route>, found: &mut Vec<Diagnostic>) -> Vec<Route> {
    // Where all is in lower case, nothing differs in case alone.
    if claims.iter().any(|claim| claim.url.bytes().any(|byte| byte.is_ascii_uppercase() || !byte.is_ascii())) {
        check_case(site, &claims, found);
    }
    // Those that want the same stay in their order.
    claims.sort_by(|a, b| a.url.cmp(&b.url));
    claims.dedup_by(|second, first| {
        let is_taken = first.url == second.url;
        if is_taken {
            let owners = (owner(site, &first.view), owner(site, &second.view));
            found.push(diagnostics::same_url(&first.url, &owners.0, &owners.1));
        }
        is_taken
    });
    claims
}

/// Reports URLs that are one on disks which do not tell case apart.
fn check_case(site: &Site, claims: &[Route], found: &mut Vec<Diagnostic>) {
    let mut taken: FxHashSet<&str> = FxHashSet::default();
    let mut folded: FxHashMap<String, &Route> = FxHashMap::default();
    for claim in claims.iter().filter(|claim| taken.insert(&claim.url)) {
        match folded.entry(claim.url.to_lowercase()) {
            Entry::Vacant(entry) => {
                entry.insert(claim);
            }
            Entry::Occupied(entry) => {
                let first = entry.get();
                let owners = (owner(site, &first.view), owner(site, &claim.view));
                found.push(diagnostics::same_but_for_case(&first.url, &claim.url, &owners.0, &owners.1));
            }
        }
    }
}

/// Who has a URL, for messages.
pub(super) struct Owner {
    /// Where the URL comes from; rivage.toml where it is no page's.
    pub(super) file: FileId,
    pub(super) span: Span,
    /// ``the page `content/a.mdx` ``.
    pub(super) name: String,
}

fn owner(site: &Site, view: &View) -> Owner {
    let settings = |name: String| Owner { file: FileId::from(crate::config::FILE), span: Span::at(0), name };
    match view {
        View::Page(id) | View::Pager(id, _) => {
            let page = site.page(*id);
            let Some(document) = &page.document else {
                return settings(format!("the list of `content/{}`", page.key));
            };
            let matter = &document.front_matter;
            let written = matter.path.as_ref().or(matter.slug.as_ref());
            let file = &document.file;
            let name = match view {
                View::Pager(_, part) => format!("part {part} of the list of `{file}`"),
                _ if page.is_fallback => format!("`{file}`, which stands in for its `{}` translation", page.language),
                _ => format!("`{file}`"),
            };
            Owner { file: file.clone(), span: written.map_or(Span::at(0), |written| written.span), name }
        }
        View::Taxonomy(at) => settings(format!("the list of `{}`", site.taxonomies[*at].name)),
        View::Term(at, place, _) => {
            let taxonomy = &site.taxonomies[*at];
            settings(format!("the list of `{}` in `{}`", taxonomy.terms[*place].name, taxonomy.name))
        }
    }
}

/// Files that rivage writes for the whole site.
const GENERATED: &[&str] = &[
    "sitemap.xml",
    "robots.txt",
    "llms.txt",
    "llms-full.txt",
    "404.html",
    "_headers",
    "_redirects",
    "atom.xml",
    "rss.xml",
    "feed.json",
];

/// Reports whether rivage itself writes what is at a URL path.
pub(super) fn is_generated(site: &Site, url: &str) -> bool {
    let name = url.rsplit('/').next().unwrap_or_default();
    let path = url.trim_matches('/');
    GENERATED.contains(&path)
        || matches!(name, "atom.xml" | "rss.xml" | "feed.json" | "404.html")
        || name.starts_with("sitemap-") && name.ends_with(".xml")
        || site.config.search.enabled && (path == "search" || path.starts_with("search/"))
        || site.config.api.admin && path == "admin"
}

fn check_generated(site: &Site, found: &mut Vec<Diagnostic>) {
    for route in &site.routes {
        if is_generated(site, route.url.trim_end_matches('/')) {
            found.push(diagnostics::generated(&route.url, &owner(site, &route.view)));
        }
    }
}

/// Gives each file beside a page its URL. Those of pages that are not shown are left out.
fn assets(
    site: &Site,
    by_key: &[FxHashMap<String, PageId>],
    tree: &SourceTree,
    found: &mut Vec<Diagnostic>,
) -> FxHashMap<String, String> {
    let mut assets = FxHashMap::default();
    let mut taken: FxHashMap<String, &str> = FxHashMap::default();
    for asset in &tree.assets {
        // A file in the folder of the default language may belong to a page that is only there in another.
        let own = language_index(&site.config, &asset.language);
        let mut languages = std::iter::once(own).chain(0..by_key.len());
        let owner = languages.find_map(|language| by_key.get(language)?.get(&asset.owner)).map(|id| site.page(*id));
        let Some(owner) = owner else { continue };
        let url = format!("{}{}", path::folder(&owner.url), asset.name);
        let page_there = if url.ends_with("/index.html") { url.strip_suffix("index.html") } else { Some(url.as_str()) };
        if page_there.is_some_and(|url| site.by_url.contains_key(url)) {
            found.push(diagnostics::file_over_page(&asset.path, &url));
            continue;
        }
        if let Some(first) = taken.insert(url.clone(), &asset.path) {
            found.push(diagnostics::same_file_url(&url, first, &asset.path));
            continue;
        }
        assets.insert(asset.path.clone(), url);
    }
    assets
}

fn check_statics(site: &Site, tree: &SourceTree, found: &mut Vec<Diagnostic>) {
    let beside: FxHashMap<&String, &String> = site.assets.iter().map(|(file, url)| (url, file)).collect();
    for file in &tree.theme.statics {
        let url = format!("/{}", file.name);
        if site.has_page_for(&file.name) {
            found.push(diagnostics::file_over_page(&file.path, &url));
        } else if let Some(first) = beside.get(&url) {
            found.push(diagnostics::same_file_url(&url, first, &file.path));
        }
    }
}

impl Site {
    /// Reports whether a page is where a static file of this name would be.
    pub fn has_page_for(&self, name: &str) -> bool {
        // `blog/index.html` is the page's own file; a file `blog` stands where the page needs a folder.
        let folder = match name.strip_suffix("index.html") {
            Some(folder) if folder.is_empty() || folder.ends_with('/') => format!("/{folder}"),
            _ => format!("/{name}/"),
        };
        self.by_url.contains_key(&folder) || self.by_url.contains_key(&format!("/{name}"))
    }
}

fn aliases(site: &Site, found: &mut Vec<Diagnostic>) -> Vec<(String, PageId)> {
    let mut aliases = Vec::new();
    let mut taken: FxHashMap<String, PageId> = FxHashMap::default();
    for page in site.pages.iter().filter(|page| !page.is_fallback) {
        let Some(document) = &page.document else { continue };
        for alias in &document.front_matter.aliases {
            let path = match path::checked(&alias.value) {
                Ok(path) => path,
                Err(why) => {
                    found.push(diagnostics::bad_path(&document.file, alias.span, "aliases", &alias.value, why));
                    continue;
                }
            };
            let slashed = format!("{}/", path.trim_end_matches('/'));
            if let Some(route) = site.by_url.get(&slashed).or_else(|| site.by_url.get(&path)) {
                let owner = owner(site, &site.routes[*route].view);
                found.push(diagnostics::alias_over_page(&document.file, alias.span, &path, &owner));
                continue;
            }
            if let Some(first) = taken.get(&slashed) {
                if *first != page.id {
                    let owner = owner(site, &View::Page(*first));
                    found.push(diagnostics::same_alias(&document.file, alias.span, &path, &owner));
                }
                continue;
            }
            taken.insert(slashed, page.id);
            aliases.push((path, page.id));
        }
    }
    aliases.sort();
    aliases
}
