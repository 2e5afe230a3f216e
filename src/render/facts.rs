//! What rendered routes tell of themselves, in memory or where it was kept.
//!
//! In: [`PageFacts`] of routes that were rendered, and what is kept of those that were not. Out: the parts that outputs and checks of the
//! whole site ask for, read when they are asked for: text for search is most of what a build knows, and few builds need all of it.
//! Deliberately not here: how it is kept ([`crate::pipeline`]).

use std::borrow::Cow;
use std::sync::Arc;

use super::{OutLink, PageFacts, SearchPage};
use crate::images::Derivative;
use crate::inputs::Fingerprint;

/// What one route tells.
#[derive(Clone, Debug, Default)]
pub struct Told {
    /// Links to places on pages of this site.
    pub anchored: Vec<OutLink>,
    /// Site paths that raw HTML and components of the content link to.
    pub hrefs: Vec<String>,
    /// The fingerprint of what search shall find; none for routes that it shall not.
    pub search: Option<Fingerprint>,
    /// The fingerprint of the content's HTML, for pages that a feed shows.
    pub content: Option<Fingerprint>,
    /// Files that it shows of images.
    pub derivatives: Vec<Derivative>,
    /// All of it, where it is in memory.
    pub facts: Option<Arc<PageFacts>>,
}

/// A part that can be read again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The ids.
    Ids = 0,
    /// What search shall find.
    Search = 1,
    /// The content's HTML.
    Content = 2,
    /// Links of the content to pages of this site.
    Links = 3,
}

/// Reads a part of a route, by its place among the routes, as it was kept. What is damaged is made again.
pub type Load<'l> = dyn Fn(usize, Part) -> Box<PageFacts> + Sync + 'l;

/// What all routes tell, in their order.
pub struct AllTold<'l> {
    told: Vec<&'l Told>,
    load: &'l Load<'l>,
}

impl<'l> AllTold<'l> {
    /// Takes what routes tell. `load` gives facts of a route of which at least the part that is asked for is filled in.
    pub fn new(told: Vec<&'l Told>, load: &'l Load<'l>) -> Self {
        Self { told, load }
    }

    /// Takes what is all in memory.
    pub fn in_memory(told: &'l [Told]) -> Self {
        Self { told: told.iter().collect(), load: &|_, _| Box::default() }
    }

    /// Returns what routes tell.
    pub fn all(&self) -> &[&'l Told] {
        &self.told
    }

    /// Returns the ids on a route's page.
    pub fn ids(&self, route: usize) -> Cow<'_, [String]> {
        match self.told.get(route).and_then(|told| told.facts.as_ref()) {
            Some(facts) => Cow::Borrowed(&facts.ids),
            None => Cow::Owned((self.load)(route, Part::Ids).ids),
        }
    }

    /// Returns what search shall find of a route.
    pub fn search(&self, route: usize) -> Option<Cow<'_, SearchPage>> {
        let told = self.told.get(route)?;
        told.search?;
        match &told.facts {
            Some(facts) => facts.search.as_ref().map(Cow::Borrowed),
            None => (self.load)(route, Part::Search).search.map(Cow::Owned),
        }
    }

    /// Returns the content of a page that a feed shows.
    pub fn content(&self, route: usize) -> Option<Arc<str>> {
        let told = self.told.get(route)?;
        told.content?;
        match &told.facts {
            Some(facts) => facts.content.clone(),
            None => (self.load)(route, Part::Content).content,
        }
    }

    /// Returns the links of a route's content to pages of this site.
    pub fn links(&self, route: usize) -> Cow<'_, [OutLink]> {
        match self.told.get(route).and_then(|told| told.facts.as_ref()) {
            Some(facts) => Cow::Borrowed(&facts.links),
            None => Cow::Owned((self.load)(route, Part::Links).links),
        }
    }
}

impl Told {
    /// Takes facts, and returns them also in the form in which they are kept: the bytes of each [`Part`], in their order; none where
    /// they cannot be written down.
    pub fn with_parts(facts: PageFacts) -> (Self, Option<[Vec<u8>; 4]>) {
        let search = crate::cache::encode(&facts.search);
        let content = facts.content.as_deref().map(str::as_bytes);
        let told = Self {
            anchored: facts.links.iter().filter(|link| !link.anchor.is_empty()).cloned().collect(),
            hrefs: facts.internal_hrefs.clone(),
            search: search.as_ref().filter(|_| facts.search.is_some()).map(|bytes| Fingerprint::of(bytes)),
            content: content.map(Fingerprint::of),
            derivatives: facts.derivatives.clone(),
            facts: None,
        };
        let content = content.unwrap_or_default().to_vec();
        let lists = crate::cache::encode(&facts.ids).zip(crate::cache::encode(&facts.links));
        let parts = lists.zip(search).map(|((ids, links), search)| [ids, search, content, links]);
        (Self { facts: Some(Arc::new(facts)), ..told }, parts)
    }
}
