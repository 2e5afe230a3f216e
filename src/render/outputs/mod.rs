//! What exists once per site: feeds, sitemap, redirects, headers, search index, `llms.txt`; and what a page has besides its HTML.
//!
//! In: a [`Site`] and what all its routes tell. Out: [`Artifact`]s, handed to a [`Take`], and diagnostics, by [`render`].
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

use super::Artifact;
use super::answers::{self, Mix};
use super::facts::{AllTold, Told};
use super::values::Values;
use crate::discover::SourceTree;
use crate::inputs::Fingerprint;
use crate::parse::front_matter::FrontMatter;
use crate::resolve::{Page, PageId, Site, View};

pub use feeds::feed_pages;

/// Takes generated files.
pub trait Take: Sync {
    /// Takes a file.
    ///
    /// # Errors
    /// The disk refused it.
    fn take(&self, artifact: Artifact) -> Result<(), crate::fs::Error>;

    /// Takes files that cost more to make than to find out that they would be the same: `input` is the fingerprint of all that they are
    /// made of, `make` makes them if the output has not got them. Who keeps nothing has them made.
    ///
    /// # Errors
    /// The disk refused one.
    fn take_known(
        &self,
        name: &str,
        input: Fingerprint,
        make: &(dyn Fn() -> Vec<Artifact> + Sync),
    ) -> Result<(), crate::fs::Error> {
        let _ = (name, input);
        make().into_iter().try_for_each(|artifact| self.take(artifact))
    }
}

/// The site as generated files see it.
struct Outputs<'a> {
    site: &'a Site,
    values: &'a Values,
    told: &'a AllTold<'a>,
    /// The route of each page, by its place in the site.
    routes: Vec<Option<usize>>,
    /// Whether strangers shall find a page, by its place in the site.
    listed: Vec<bool>,
    /// The settings that generated files follow.
    settings: Fingerprint,
}

/// Makes all files that exist once per site. `is_hidden` tells which pages robots shall leave alone. A static file of the same name, or one
/// beside a page, takes the place of a generated one.
///
/// # Errors
/// The disk refused a file.
pub fn render(
    values: &Values,
    tree: &SourceTree,
    told: &AllTold<'_>,
    is_hidden: &dyn Fn(PageId) -> bool,
    take: &dyn Take,
) -> Result<Vec<Diagnostic>, crate::fs::Error> {
    let outputs = Outputs::new(values, told, is_hidden);
    let statics: FxHashSet<&str> = tree.theme.statics.iter().map(|file| file.name.as_str()).collect();
    let beside = outputs.site.assets.values().map(|url| url.trim_start_matches('/'));
    let written = statics.iter().copied().chain(beside).collect();
    let take = &Unless { written: &written, take };
    let (one, other) = rayon::join(|| large(&outputs, take), || small(&outputs, &statics, &written, take));
    one?;
    other
}

/// What takes long: it is known by what it is made of.
fn large(outputs: &Outputs<'_>, take: &dyn Take) -> Result<(), crate::fs::Error> {
    feeds::render(outputs, take)?;
    if outputs.site.config.search.enabled {
        search::render(outputs, take)?;
    }
    Ok(())
}

fn small(
    outputs: &Outputs<'_>,
    statics: &FxHashSet<&str>,
    written: &FxHashSet<&str>,
    take: &dyn Take,
) -> Result<Vec<Diagnostic>, crate::fs::Error> {
    let site = outputs.site;
    let build = &site.config.build;
    let mut artifacts = Vec::new();
    if build.sitemap {
        artifacts.extend(sitemap::render(outputs));
    }
    artifacts.push(robots::render(&site.config));
    if build.llms_txt {
        artifacts.extend(llms::render(outputs));
    }
    let mut diagnostics = Vec::new();
    for (name, (artifact, problems)) in
        [(redirects::FILE, redirects::render(site)), (headers::FILE, headers::render(site, statics))]
    {
        if !written.contains(name) {
            diagnostics.extend(problems);
            artifacts.extend(artifact);
        } else if name == redirects::FILE && artifact.is_some() {
            diagnostics.push(diagnostics::static_redirects());
        }
    }
    for artifact in artifacts {
        take.take(artifact)?;
    }
    Ok(diagnostics)
}

/// Takes all but files in whose place stands one that the author wrote.
struct Unless<'u> {
    /// Static files and those beside pages.
    written: &'u FxHashSet<&'u str>,
    take: &'u dyn Take,
}

impl Take for Unless<'_> {
    fn take(&self, artifact: Artifact) -> Result<(), crate::fs::Error> {
        if self.written.contains(artifact.path.as_str()) { Ok(()) } else { self.take.take(artifact) }
    }

    fn take_known(
        &self,
        name: &str,
        input: Fingerprint,
        make: &(dyn Fn() -> Vec<Artifact> + Sync),
    ) -> Result<(), crate::fs::Error> {
        let make = || {
            let mut made = make();
            made.retain(|artifact| !self.written.contains(artifact.path.as_str()));
            made
        };
        let mut written: Vec<_> =
            self.written.iter().filter(|path| path.starts_with("search/") || is_feed(path)).collect();
        written.sort();
        let input =
            if written.is_empty() { input } else { Mix::default().print(input).text(&format!("{written:?}")).finish() };
        self.take.take_known(name, input, &make)
    }
}

/// Reports whether a file of the output is a feed, by its name.
pub(crate) fn is_feed(path: &str) -> bool {
    ["atom.xml", "rss.xml", "feed.json"].iter().any(|name| path.ends_with(name))
}

impl<'a> Outputs<'a> {
    fn new(values: &'a Values, told: &'a AllTold<'a>, is_hidden: &dyn Fn(PageId) -> bool) -> Self {
        let site: &Site = values.site();
        let mut routes = vec![None; site.pages.len()];
        for (place, route) in site.routes.iter().enumerate() {
            if let View::Page(id) = route.view {
                routes[id.0 as usize] = Some(place);
            }
        }
        let is_listed = |page: &Page| !page.is_draft && !page.is_fallback && !is_hidden(page.id);
        let listed = site.pages.iter().map(is_listed).collect();
        let settings = answers::settings(&site.config, false);
        Self { site, values, told, routes, listed, settings }
    }

    fn is_listed(&self, id: PageId) -> bool {
        self.listed[id.0 as usize]
    }

    /// The route of a page with what it tells.
    fn told(&self, id: PageId) -> Option<(usize, &'a Told)> {
        let route = self.routes[id.0 as usize]?;
        Some((route, *self.told.all().get(route)?))
    }
}

fn front_matter(page: &Page) -> Option<&FrontMatter> {
    page.document.as_ref().map(|document| &document.front_matter)
}

/// What an author says of a page, else the start of its text; empty where there is neither.
pub(super) fn description(page: &Page) -> &str {
    let Some(document) = &page.document else { return "" };
    document.front_matter.description.as_deref().unwrap_or(&document.summary)
}

/// Returns a text in one line, with single spaces.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
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
