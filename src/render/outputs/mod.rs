//! What exists once per site: feeds, sitemap, redirects, headers, search index, `llms.txt`; and what a page has besides its HTML.
//!
//! In: a [`Site`] and the [`PageFacts`] of all its routes. Out: [`Artifact`]s and diagnostics, by [`render`]. Pure functions.
//! [`twin`] and [`jsonld`] are called while a page is rendered. Deliberately not here: HTML pages, writing.

mod absolute;
mod address;
mod diagnostics;
pub mod feeds;
pub mod headers;
pub mod jsonld;
pub mod llms;
pub mod redirects;
pub mod robots;
pub mod rules;
pub mod search;
pub mod sitemap;
#[cfg(test)]
mod testing;
pub mod twin;
mod xml;

use rivage_diag::Diagnostic;
use rustc_hash::FxHashSet;

use super::{Artifact, PageFacts, SearchPage};
use crate::discover::SourceTree;
use crate::parse::front_matter::FrontMatter;
use crate::resolve::{Page, PageId, Site, View};

pub use feeds::feed_pages;

/// The site as generated files see it.
struct Outputs<'a> {
    site: &'a Site,
    /// What each page tells of itself, by its place in the site.
    facts: Vec<Option<&'a PageFacts>>,
    /// Whether strangers shall find a page, by its place in the site.
    listed: Vec<bool>,
}

/// Makes all files that exist once per site. `facts` are in the order of the site's routes. `is_hidden` tells which pages robots shall
/// leave alone. A static file of the same name takes the place of a generated one.
pub fn render(
    site: &Site,
    tree: &SourceTree,
    facts: &[PageFacts],
    is_hidden: &dyn Fn(PageId) -> bool,
) -> (Vec<Artifact>, Vec<Diagnostic>) {
    let outputs = Outputs::new(site, facts, is_hidden);
    let statics: FxHashSet<&str> = tree.theme.statics.iter().map(|file| file.name.as_str()).collect();
    let mut diagnostics = Vec::new();
    let mut artifacts = feeds::render(&outputs);
    let build = &site.config.build;
    if build.sitemap {
        artifacts.extend(sitemap::render(&outputs));
    }
    artifacts.push(robots::render(&site.config));
    if build.llms_txt {
        artifacts.extend(llms::render(&outputs));
    }
    if site.config.search.enabled {
        let pages: Vec<&SearchPage> = facts.iter().filter_map(|facts| facts.search.as_ref()).collect();
        artifacts.extend(search::render(&site.config.languages, &pages));
    }
    for (name, (artifact, problems)) in
        [(redirects::FILE, redirects::render(site)), (headers::FILE, headers::render(site, &statics))]
    {
        if !statics.contains(name) {
            diagnostics.extend(problems);
            artifacts.extend(artifact);
        } else if name == redirects::FILE && artifact.is_some() {
            diagnostics.push(diagnostics::static_redirects());
        }
    }
    artifacts.retain(|artifact| !statics.contains(artifact.path.as_str()));
    (artifacts, diagnostics)
}

impl<'a> Outputs<'a> {
    fn new(site: &'a Site, facts: &'a [PageFacts], is_hidden: &dyn Fn(PageId) -> bool) -> Self {
        let mut by_page = vec![None; site.pages.len()];
        for (route, facts) in site.routes.iter().zip(facts) {
            if let View::Page(id) = route.view {
                by_page[id.0 as usize] = Some(facts);
            }
        }
        let is_listed = |page: &Page| !page.is_draft && !page.is_fallback && !is_hidden(page.id);
        Self { site, facts: by_page, listed: site.pages.iter().map(is_listed).collect() }
    }

    fn is_listed(&self, id: PageId) -> bool {
        self.listed[id.0 as usize]
    }

    fn facts(&self, id: PageId) -> Option<&'a PageFacts> {
        self.facts[id.0 as usize]
    }
}

fn front_matter(page: &Page) -> Option<&FrontMatter> {
    page.document.as_ref().map(|document| &document.front_matter)
}

/// What an author says of a page, else the start of its text; empty where there is neither.
fn description(page: &Page) -> &str {
    let Some(document) = &page.document else { return "" };
    document.front_matter.description.as_deref().unwrap_or(&document.summary)
}

/// Returns a section, its pages, then its sections in the same way.
fn tree_of(site: &Site, section: PageId) -> Vec<PageId> {
    let mut found = Vec::new();
    let mut waiting = vec![section];
    while let Some(id) = waiting.pop() {
        let section = site.page(id);
        found.push(id);
        found.extend(&section.pages);
        waiting.extend(section.subsections.iter().rev());
    }
    found
}

/// Returns all pages below a section but sections, those of the section itself first.
fn pages_below(site: &Site, section: PageId) -> Vec<PageId> {
    let mut pages = tree_of(site, section);
    pages.retain(|id| !site.page(*id).is_section);
    pages
}

/// An author as the settings know them.
struct Author<'a> {
    name: &'a str,
    url: Option<&'a str>,
    email: Option<&'a str>,
}

fn authors<'a>(site: &'a Site, page: &'a Page) -> Vec<Author<'a>> {
    let keys = front_matter(page).map_or(&[][..], |matter| &matter.authors);
    let author = |key: &'a String| {
        let known = site.config.authors.get(key);
        let field = |name: &str| known.and_then(|author| author.get(name)?.as_str());
        Author { name: field("name").unwrap_or(key), url: field("url"), email: field("email") }
    };
    keys.iter().map(author).collect()
}

/// Returns the site's title and description in a language.
fn site_texts<'a>(site: &'a Site, language: &str) -> (&'a str, &'a str) {
    let general = &site.config.site;
    let own = site.config.language(language);
    let title = own.and_then(|own| own.title.as_deref()).unwrap_or(&general.title);
    let description = own.and_then(|own| own.description.as_deref()).unwrap_or(&general.description);
    (title, description)
}

/// Returns the path of a language's file: `llms.txt`, `fr/llms.txt`.
fn language_path(prefix: Option<&str>, name: &str) -> String {
    prefix.map_or_else(|| name.to_owned(), |prefix| format!("{}/{name}", prefix.trim_matches('/')))
}
