//! Routes: rendered, or taken from the cache where every question that their last rendering asked still has the same answer.
//!
//! In: the prepared site. Out: files in the sink, what routes tell, what is wrong. Deliberately not here: what is made once per site
//! ([`super::generated`]).
//!
//! An entry holds the paths and fingerprints of the files, not their bytes: the output is its own store. A file that is missing there, or
//! was edited by hand, is made again.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rivage_diag::Diagnostic;
use serde::{Deserialize, Serialize};

use super::prepare::keep_all;
use crate::cache::store::Key;
use crate::cache::{self, Cache, Checker, Kind};
use crate::config::Language;
use crate::images::Derivative;
use crate::inputs::{Fingerprint, Inputs, Memory, Question, World};
use crate::memory;
use crate::render::facts::{Part, Told};
use crate::render::functions::Surroundings;
use crate::render::page::Renderer;
use crate::render::{Artifact, OutLink, PageFacts, Put, Sink};
use crate::resolve::Route;

/// What is rendered by itself.
#[derive(Clone, Copy)]
pub(super) enum Work<'w> {
    /// A route.
    Route(&'w Route),
    /// The 404 page of a language.
    NotFound(&'w Language),
    /// The page about the API.
    Reference,
    /// The dashboard.
    Admin,
}

impl Work<'_> {
    /// The pages that are neither content nor lists, where the site has them.
    pub(super) fn alone(surroundings: &Surroundings) -> impl Iterator<Item = Self> {
        let reference = surroundings.reference.as_ref().map(|_| Self::Reference);
        reference.into_iter().chain(surroundings.admin.then_some(Self::Admin))
    }

    /// The name of its entry in the cache: the URL, or words that are none.
    pub(super) fn name(&self) -> String {
        match self {
            Self::Route(route) => route.url.clone(),
            Self::NotFound(language) => format!("404 {}", language.code),
            Self::Reference => "API reference".to_owned(),
            Self::Admin => "dashboard".to_owned(),
        }
    }
}

/// What one route gave.
pub(super) struct Rendered {
    /// The key of its entry in the cache.
    pub(super) key: Key,
    pub(super) told: Told,
    pub(super) diagnostics: Vec<Diagnostic>,
    /// What was asked: files, or everything. Nothing where a stored result was used.
    pub(super) notes: Vec<(Question, Fingerprint)>,
    pub(super) time: Duration,
}

/// A route as it is kept: an entry's small bytes. Its large parts are those of [`Part`].
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Stored {
    /// The files: path, fingerprint, length.
    pub(crate) made: Vec<(String, Fingerprint, u64)>,
    pub(crate) diagnostics: Vec<Diagnostic>,
    anchored: Vec<OutLink>,
    hrefs: Vec<String>,
    search: Option<Fingerprint>,
    content: Option<Fingerprint>,
    pub(crate) derivatives: Vec<Derivative>,
    /// The question whose answer had changed when it was last rendered; none the first time.
    pub(crate) cause: Option<Question>,
}

/// Renders routes.
pub(super) struct Routes<'r> {
    pub(super) world: &'r World,
    pub(super) renderer: &'r Renderer,
    pub(super) cache: Option<(&'r Cache, &'r Checker<'r>)>,
    pub(super) sink: &'r dyn Sink,
    /// Whether all that was asked is handed out, not only files.
    pub(super) notes: bool,
    /// How many were rendered.
    pub(super) rendered: AtomicUsize,
}

impl Routes<'_> {
    /// Renders, or takes from the cache. `at_hand` is the result of the last run, whose files the sink still has.
    ///
    /// # Errors
    /// The sink refused a file, or a content file changed meanwhile.
    pub(super) fn make(&self, work: Work<'_>, at_hand: Option<Rendered>) -> Result<Rendered, crate::fs::Error> {
        let start = Instant::now();
        let key = Kind::Route.key(&work.name());
        let mut cause = None;
        if let Some((cache, checker)) = self.cache
            && let Some(entry) = cache.own.get(key)
        {
            cause = checker.changed(&entry);
            if cause.is_none()
                && let Some(rendered) = at_hand
            {
                return Ok(rendered);
            }
            if cause.is_none()
                && let Some(stored) = cache::decode::<Stored>(entry.small())
                && keep_all(self.sink, &stored.made)?
            {
                let Stored { diagnostics, anchored, hrefs, search, content, derivatives, .. } = stored;
                let told = Told { anchored, hrefs, search, content, derivatives, facts: None };
                return Ok(Rendered { key, told, diagnostics, notes: Vec::new(), time: start.elapsed() });
            }
        }
        self.rendered.fetch_add(1, Ordering::Relaxed);
        memory::made_anew();
        let inputs = Inputs::with_memory(self.world, self.cache.map(|(cache, _)| cache as &dyn Memory));
        let taken = Taken { sink: self.sink, made: Mutex::default() };
        let (facts, diagnostics) = self.render(&inputs, work, &taken)?;
        let mut notes = inputs.into_notes();
        let (mut told, parts) = Told::with_parts(facts);
        if let Some((cache, _)) = self.cache
            && let Some(made) = taken.into_made()
        {
            let stored = Stored {
                made,
                diagnostics: diagnostics.clone(),
                anchored: told.anchored.clone(),
                hrefs: told.hrefs.clone(),
                search: told.search,
                content: told.content,
                derivatives: told.derivatives.clone(),
                cause: cause.as_deref().cloned(),
            };
            if let Some(trace) = cache::observe(&cache.own, &notes)
                && let Some(small) = cache::encode(&stored)
                && let Some(parts) = parts
            {
                cache.own.put(key, &trace, &small, &parts.each_ref().map(Vec::as_slice));
                // It can be read again.
                told.facts = None;
            }
        }
        if !self.notes {
            notes.retain(|(question, _)| question.path().is_some());
        }
        Ok(Rendered { key, told, diagnostics, notes, time: start.elapsed() })
    }

    fn render(
        &self,
        inputs: &Inputs<'_>,
        work: Work<'_>,
        sink: &dyn Sink,
    ) -> Result<(PageFacts, Vec<Diagnostic>), crate::fs::Error> {
        match work {
            Work::Route(route) => self.renderer.render_route(inputs, route, sink),
            Work::NotFound(language) => self.renderer.render_not_found(inputs, language, sink),
            Work::Reference => self.renderer.render_reference(inputs, sink),
            Work::Admin => self.renderer.render_admin(inputs, sink),
        }
    }
}

/// Reads what routes tell.
pub(super) struct Parts<'p> {
    pub(super) world: &'p World,
    pub(super) renderer: &'p Renderer,
    pub(super) cache: Option<&'p Cache>,
}

impl Parts<'_> {
    /// Returns a part of what a route tells, as it was kept. What the disk has lost meanwhile is rendered again.
    pub(super) fn load(&self, route: &Route, part: Part) -> Box<PageFacts> {
        let kept = || {
            let bytes = self.cache?.own.get(Kind::Route.key(&route.url))?.large(part as usize)?;
            let mut facts = PageFacts::default();
            match part {
                Part::Ids => facts.ids = cache::decode(&bytes)?,
                Part::Search => facts.search = cache::decode(&bytes)?,
                Part::Content => facts.content = Some(Arc::from(String::from_utf8(bytes).ok()?)),
                Part::Links => facts.links = cache::decode(&bytes)?,
            }
            Some(Box::new(facts))
        };
        kept().unwrap_or_else(|| {
            let rendered = self.renderer.render_route(&Inputs::new(self.world), route, &crate::write::NullSink);
            Box::new(rendered.map(|(facts, _)| facts).unwrap_or_default())
        })
    }
}

/// Hands files on and notes which they were.
struct Taken<'s> {
    sink: &'s dyn Sink,
    made: Mutex<Vec<Option<(String, Fingerprint, u64)>>>,
}

impl Taken<'_> {
    /// Returns the files; none if the sink did not tell of one what it was.
    fn into_made(self) -> Option<Vec<(String, Fingerprint, u64)>> {
        self.made.into_inner().unwrap_or_else(PoisonError::into_inner).into_iter().collect()
    }
}

impl Sink for Taken<'_> {
    fn put(&self, artifact: Artifact) -> Result<Option<Put>, crate::fs::Error> {
        let path = artifact.path.clone();
        let put = self.sink.put(artifact)?;
        let made = put.map(|Put { digest, length }| (path, digest, length));
        self.made.lock().unwrap_or_else(PoisonError::into_inner).push(made);
        Ok(put)
    }
}
