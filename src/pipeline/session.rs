//! A site that is built again and again: what the last run made is at hand for the next one.
//!
//! In: what changed since, where that is known. Out: files in the sink, diagnostics. `build` makes one run, `preview` one for each save.
//! Deliberately not here: what the stages do.
//!
//! A run has two halves. [`Session::pages`] brings all pages up to date and says what is wrong with them: then a browser may look.
//! [`Session::finish`] makes what exists once per site.
//!
//! The shortest way is that of an edited body. Where front matter and the set of files are as they were, so is all that the site is put
//! together by: the document is exchanged in place, and only questions that it can have changed are asked again.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::Instant;

use rayon::prelude::*;
use rivage_diag::Diagnostic;
use rustc_hash::{FxHashMap, FxHashSet};

use super::generated::{Capture, Generated};
use super::originals::{Originals, cleaning};
use super::prepare::{Former, Prepared, is_written, parse_one, prepare};
use super::routes::{Parts, Rendered, Routes, Work};
use super::{Mode, Options, Outcome, Profile, Progress, Waiting, on_workers, pictures};
use crate::api;
use crate::cache::store::Key;
use crate::cache::{Cache, Checker, Kind};
use crate::config::images::Store;
use crate::fs::EntryKind;
use crate::images::{Derivative, told};
use crate::inputs::{Inputs, Question, World};
use crate::parse::Document;
use crate::render::facts::{AllTold, Part, Told};
use crate::render::page::{ADMIN, is_hidden_from_robots};
use crate::render::{Artifact, Content, Put, Sink, assets, links, outputs};
use crate::resolve::{Route, Site, output_path};

/// A site that is built again and again.
pub struct Session {
    options: Options,
    cache: Option<Cache>,
    last: Option<Last>,
}

/// Bytes of what all flavours share, beyond which blocks of code are forgotten.
const MOST: u64 = 512 << 20;

/// What the last run made.
struct Last {
    world: World,
    prepared: Prepared,
    /// Routes, then 404 pages, then those of [`Work::alone`].
    rendered: Vec<Rendered>,
    /// Content file → its place in the tree.
    places: FxHashMap<String, usize>,
    /// What is wrong with links between pages.
    link_problems: Vec<Diagnostic>,
    /// What is wrong with generated files.
    output_problems: Vec<Diagnostic>,
    /// Files that pages show of images, by name.
    derivatives: Vec<Derivative>,
    /// Images of which nothing could be made, or of which nobody knows what they tell.
    image_problems: Vec<Diagnostic>,
    /// Entries of the cache about files that are published as they are.
    originals: FxHashSet<Key>,
    /// How many routes were rendered.
    count: usize,
    /// Whether only what was made anew is in the sink.
    is_partial: bool,
    profile: Profile,
    paths: BTreeSet<String>,
}

/// What a run may take for granted.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Change<'c> {
    /// Anything may have changed.
    Any,
    /// Only these files, and nothing by which the site is put together.
    Texts(&'c BTreeSet<String>),
}

impl Change<'_> {
    /// Reports whether a question has the answer that it had.
    fn leaves(self, question: &Question) -> bool {
        let Self::Texts(changed) = self else { return false };
        match question {
            Question::File(path) => !changed.contains(path),
            other => !other.is_about_texts(),
        }
    }
}

impl Session {
    /// Begins. With a cache, what holds of earlier sessions is not made again.
    pub fn new(options: Options, cache: Option<Cache>) -> Self {
        Self { options, cache, last: None }
    }

    /// Returns the cache.
    pub fn cache(&self) -> Option<&Cache> {
        self.cache.as_ref()
    }

    /// Returns the cache, to look for troubles.
    pub fn cache_mut(&mut self) -> Option<&mut Cache> {
        self.cache.as_mut()
    }

    /// Brings all pages up to date. `changed` are the files that changed since the last run, where that is known for sure.
    ///
    /// # Errors
    /// The sink refused a file, or a content file changed meanwhile.
    pub fn pages(
        &mut self,
        world: &World,
        changed: Option<&BTreeSet<String>>,
        sink: &dyn Sink,
        progress: &dyn Progress,
    ) -> Result<(), crate::fs::Error> {
        on_workers(|| {
            let texts = changed.filter(|changed| self.exchange(world, changed));
            let change = texts.map_or(Change::Any, Change::Texts);
            self.make_pages(world, change, sink, progress)
        })
    }

    /// Reports whether anybody wants to know which files were looked at.
    fn is_watched(&self) -> bool {
        self.options.mode == Mode::Preview
    }

    /// Reports whether the last run put only files that it made anew: all others are as the run before left them.
    pub fn is_partial(&self) -> bool {
        self.last.as_ref().is_some_and(|last| last.is_partial)
    }

    /// Reports whether [`Session::pages`] would only have to look at what these files can have changed.
    fn exchange(&mut self, world: &World, changed: &BTreeSet<String>) -> bool {
        let Some(last) = &mut self.last else { return false };
        let times = &last.prepared.times;
        if changed.is_empty() || times.iter().any(|(question, before)| world.answer(question) != Some(*before)) {
            return false;
        }
        let mut fresh = Vec::new();
        for path in changed {
            let tree = &last.prepared.tree;
            let Some(place) = last.places.get(path).copied() else {
                // Questions about these are asked again.
                let is_read_by_pages =
                    tree.partials.binary_search(path).is_ok() || tree.data.binary_search(path).is_ok();
                if is_read_by_pages && world.fs.kind(path) == Some(EntryKind::File) {
                    continue;
                }
                return false;
            };
            let parsed = parse_one(world, &last.prepared, self.cache.as_ref(), place);
            let same = |before: &Document, now: &Document| {
                before.front_matter == now.front_matter && before.first_heading == now.first_heading
            };
            match (&last.prepared.documents[place].document, &parsed.document) {
                (Some(before), Some(now)) if same(before, now) => fresh.push((place, parsed)),
                _ => return false,
            }
        }
        let Some(surroundings) = Arc::get_mut(&mut last.prepared.renderer.surroundings) else { return false };
        for (place, parsed) in fresh {
            let before = last.prepared.documents[place].document.clone();
            let exchanged = before.zip(parsed.document.clone());
            if exchanged.is_some_and(|(before, now)| !surroundings.exchange_document(&before, &now)) {
                return false;
            }
            last.prepared.documents[place] = parsed;
        }
        last.world = world.clone();
        true
    }

    fn make_pages(
        &mut self,
        world: &World,
        change: Change<'_>,
        sink: &dyn Sink,
        progress: &dyn Progress,
    ) -> Result<(), crate::fs::Error> {
        let mut profile = Profile::default();
        let former = self.last.take();
        let (prepared, kept, output_problems, places, mut paths) = match (former, change) {
            (Some(last), Change::Texts(_)) => {
                (last.prepared, last.rendered, last.output_problems, last.places, last.paths)
            }
            (former, _) => {
                let output_problems = former.as_ref().map(|last| last.output_problems.clone()).unwrap_or_default();
                let former = former.map(|last| Former::of(last.prepared));
                let prepared =
                    prepare(world, &self.options, self.cache.as_ref(), former, sink, &mut profile, progress)?;
                let places = prepared.tree.content.iter().enumerate();
                let places = places.map(|(place, source)| (source.path.clone(), place)).collect();
                (prepared, Vec::new(), output_problems, places, BTreeSet::new())
            }
        };
        let site = Arc::clone(prepared.site());
        progress.stage("render", site.routes.len());
        let answer = |question: &Question| (!change.leaves(question)).then(|| prepared.answer(world, question));
        let checker = self.cache.as_ref().map(|cache| Checker::new(&cache.own, change == Change::Any, &answer));
        let routes = Routes {
            world,
            renderer: &prepared.renderer,
            cache: self.cache.as_ref().zip(checker.as_ref()),
            sink,
            notes: self.options.notes,
            rendered: AtomicUsize::new(0),
        };
        let not_found = prepared.config.languages.iter().map(Work::NotFound);
        let alone = Work::alone(&prepared.renderer.surroundings);
        let work: Vec<_> = site.routes.iter().map(Work::Route).chain(not_found).chain(alone).collect();
        // A result that is at hand is in the sink as well.
        let at_hand: Vec<Mutex<Option<Rendered>>> =
            kept.into_iter().map(|rendered| Mutex::new(Some(rendered))).collect();
        let rendered = profile.measure("render", || {
            work.par_iter()
                .enumerate()
                .map(|(place, work)| {
                    let former = at_hand.get(place).and_then(|slot| lock(slot).take());
                    let rendered = routes.make(*work, former);
                    progress.step();
                    rendered
                })
                .collect::<Result<Vec<_>, _>>()
        })?;
        let count = routes.rendered.load(Ordering::Relaxed);
        let start = Instant::now();
        let parts = Parts { world, renderer: &prepared.renderer, cache: self.cache.as_ref() };
        let load = |route: usize, part: Part| parts.load(&site.routes[route], part);
        let told: Vec<&Told> = rendered.iter().take(site.routes.len()).map(|rendered| &rendered.told).collect();
        let told = AllTold::new(told, &load);
        let mut link_problems = links::check_anchors(&site, &told);
        link_problems.extend(links::check_hrefs(world, &site, &told));
        profile.stages.push(("links", start.elapsed()));
        if self.options.profile {
            let names = work.iter().map(Work::name);
            profile.parts = prepared.renderer.engine.times();
            profile.pages = names.zip(rendered.iter().map(|rendered| rendered.time)).collect();
        }
        if self.is_watched() {
            let asked = checker.iter().filter(|_| change == Change::Any).flat_map(Checker::paths);
            let notes = rendered.iter().flat_map(|rendered| &rendered.notes);
            paths.extend(asked.chain(notes.filter_map(|(question, _)| question.path().map(str::to_owned))));
        }
        drop(site);
        let derivatives = pictures::of_all(rendered.iter().map(|rendered| &rendered.told));
        self.last = Some(Last {
            derivatives,
            image_problems: Vec::new(),
            originals: FxHashSet::default(),
            world: world.clone(),
            places,
            prepared,
            rendered,
            link_problems,
            output_problems,
            count,
            is_partial: change != Change::Any,
            profile,
            paths,
        });
        Ok(())
    }

    /// Makes what exists once per site. Nothing before [`Session::pages`]. `leave` names what is not made now, such as `search`: it can
    /// be had from [`Session::make`].
    ///
    /// # Errors
    /// The sink refused a file.
    pub fn finish(
        &mut self,
        sink: &dyn Sink,
        leave: Option<&'static str>,
        progress: &dyn Progress,
    ) -> Result<(), crate::fs::Error> {
        on_workers(|| {
            let cache = self.cache.as_ref();
            let Some(last) = &mut self.last else { return Ok(()) };
            if self.options.mode == Mode::Build {
                let start = Instant::now();
                last.image_problems = last.make_images(cache, sink, progress)?;
                last.profile.stages.push(("images", start.elapsed()));
            }
            progress.stage("outputs", 0);
            let start = Instant::now();
            let artifacts = std::mem::take(&mut last.prepared.artifacts);
            let originals = Originals::new(&last.world, cache, sink, &last.prepared.config, self.options.mode);
            artifacts.into_par_iter().try_for_each(|artifact| originals.put(artifact))?;
            let (keys, problems) = originals.finish();
            last.originals.extend(keys.into_iter().chain(std::mem::take(&mut last.prepared.originals)));
            last.image_problems.extend(problems);
            last.output_problems = last.generate(cache, &Generated { cache, sink, leave })?;
            last.profile.stages.push(("outputs", start.elapsed()));
            Ok(())
        })
    }

    /// Returns what the last run made; none before the first.
    pub fn outcome(&self) -> Option<Outcome> {
        let last = self.last.as_ref()?;
        let Prepared { config, tree, api, documents, diagnostics, paths, .. } = &last.prepared;
        let mut all = diagnostics.clone();
        all.extend(documents.iter().flat_map(|parsed| &parsed.problems).cloned());
        all.extend(last.rendered.iter().flat_map(|rendered| &rendered.diagnostics).cloned());
        let of_site = last.link_problems.iter().chain(&last.output_problems).chain(&last.image_problems);
        all.extend(of_site.cloned());
        rivage_diag::sort(&mut all);
        told::leave_out(&mut all);
        super::merge_by_page(&mut all);
        let facts = last.rendered.iter().take(last.prepared.site().routes.len());
        let notes = last.rendered.iter().filter(|_| self.options.notes);
        Some(Outcome {
            config: Arc::clone(config),
            site: Arc::clone(last.prepared.site()),
            tree: Arc::clone(tree),
            api: api.clone(),
            facts: facts.filter_map(|rendered| rendered.told.facts.clone()).collect(),
            notes: notes.map(|rendered| rendered.notes.clone()).collect(),
            rendered: last.count,
            diagnostics: all,
            profile: last.profile.clone(),
            inputs_read: last.paths.union(paths).filter(|_| self.is_watched()).cloned().collect(),
        })
    }

    /// Keeps for later sessions what this one found out.
    pub fn save(&mut self) {
        let Self { cache: Some(cache), last: Some(last), .. } = self else { return };
        let keys = LazyLock::new(|| last.keys());
        let images = LazyLock::new(|| last.image_keys());
        let keeps_code = cache.common.stats().bytes < MOST;
        cache.save(&last.world, &|key| match Kind::of(key) {
            Some(Kind::Document | Kind::Route) => keys.contains(key),
            // Nobody knows which blocks will be asked for again.
            Some(Kind::Code) => keeps_code,
            Some(Kind::Image) => images.contains(key),
            Some(Kind::Original) => last.originals.contains(key),
            kind => kind.is_some(),
        });
        cache.tidy();
    }

    /// Returns the files that pages of the last run show of images, by name.
    pub fn derivatives(&self) -> &[Derivative] {
        self.last.as_ref().map_or(&[], |last| &last.derivatives)
    }

    /// Hands what the routes of the last run tell of themselves to `take`, read from the cache where it is kept there; none before the first run.
    pub fn told<R: Send>(&self, take: impl FnOnce(&Site, &AllTold<'_>) -> R + Send) -> Option<R> {
        let last = self.last.as_ref()?;
        Some(on_workers(|| last.told(self.cache.as_ref(), |told| take(last.site(), told))))
    }

    /// Returns what makes a file of an image that pages of the last run show; none where the output has no such file.
    pub fn image(&self, path: &str) -> Option<Waiting> {
        let last = self.last.as_ref()?;
        let name = path.strip_prefix(&last.prepared.config.deploy.media)?.strip_prefix('/')?;
        let derivative = pictures::named(&last.derivatives, name)?.clone();
        let store = self.cache.as_ref().map(|cache| cache.images.clone());
        Some(Waiting { world: last.world.clone(), store, derivative })
    }

    /// Makes one file of the output of the last run, and maybe others with it; none where it makes no such file. For sinks that keep files
    /// of which they have no bytes.
    pub fn make(&self, path: &str) -> Vec<(String, Vec<u8>)> {
        on_workers(|| {
            if let Some(image) = self.image(path) {
                return image.make().map(|bytes| (path.to_owned(), bytes)).into_iter().collect();
            }
            let Some(last) = &self.last else { return Vec::new() };
            let capture = Captured::default();
            let _ = last.make(self.cache.as_ref(), path, self.options.mode, &capture);
            lock(&capture.0).drain(..).collect()
        })
    }
}

impl Last {
    fn site(&self) -> &Site {
        self.prepared.site()
    }

    /// The keys of all entries of the cache that belong to a page of the site.
    fn keys(&self) -> FxHashSet<Key> {
        let routes = self.rendered.iter().map(|rendered| rendered.key);
        routes.chain(self.prepared.documents.iter().map(|parsed| parsed.key)).collect()
    }

    /// The keys of all entries of the cache about files of images.
    fn image_keys(&self) -> FxHashSet<Key> {
        self.derivatives.iter().map(|derivative| Kind::Image.key(&derivative.name)).collect()
    }

    /// Makes files of images, unless visitors get them from elsewhere.
    fn make_images(
        &self,
        cache: Option<&Cache>,
        sink: &dyn Sink,
        progress: &dyn Progress,
    ) -> Result<Vec<Diagnostic>, crate::fs::Error> {
        let config = &self.prepared.config;
        if self.derivatives.is_empty() || config.images.store == Store::R2 {
            return Ok(Vec::new());
        }
        pictures::put(&self.world, &config.deploy.media, cache, &self.derivatives, sink, progress)
    }

    /// Makes generated files.
    fn generate(&self, cache: Option<&Cache>, take: &dyn outputs::Take) -> Result<Vec<Diagnostic>, crate::fs::Error> {
        let is_hidden = |id| is_hidden_from_robots(self.site().page(id));
        let values = &self.prepared.renderer.surroundings.values;
        if let Some(api) = self.prepared.api.as_ref().filter(|_| !is_written(&self.prepared, api::DESCRIPTION)) {
            take.take(api.artifact())?;
        }
        self.told(cache, |told| outputs::render(values, &self.prepared.tree, told, &is_hidden, take))
    }

    /// Hands what routes tell to `take`.
    fn told<R>(&self, cache: Option<&Cache>, take: impl FnOnce(&AllTold<'_>) -> R) -> R {
        let site = self.site();
        let parts = Parts { world: &self.world, renderer: &self.prepared.renderer, cache };
        let load = |route: usize, part: Part| parts.load(&site.routes[route], part);
        let told = self.rendered.iter().take(site.routes.len()).map(|rendered| &rendered.told);
        take(&AllTold::new(told.collect(), &load))
    }

    fn make(&self, cache: Option<&Cache>, path: &str, mode: Mode, capture: &Captured) -> Result<(), crate::fs::Error> {
        let inputs = Inputs::new(&self.world);
        if let Some(route) = self.route_of(path) {
            return self.prepared.renderer.render_route(&inputs, route, capture).map(drop);
        }
        if path == api::REFERENCE {
            self.prepared.renderer.render_reference(&inputs, capture)?;
        } else if path == ADMIN && self.prepared.renderer.surroundings.admin {
            self.prepared.renderer.render_admin(&inputs, capture)?;
        } else if path.ends_with("404.html") {
            for language in &self.prepared.config.languages {
                self.prepared.renderer.render_not_found(&inputs, language, capture)?;
            }
        } else if path.split('/').next() == Some(assets::FOLDER) {
            let (_, artifacts, _) = self.build_assets(&inputs, mode);
            artifacts.into_iter().try_for_each(|artifact| capture.put(artifact).map(drop))?;
        }
        // A section may be called `assets`, and have feeds.
        if capture.has(path) { Ok(()) } else { self.generate(cache, &Capture(capture)).map(drop) }
    }

    fn build_assets(&self, inputs: &Inputs<'_>, mode: Mode) -> (assets::AssetMap, Vec<Artifact>, Vec<Diagnostic>) {
        let config = &self.prepared.config;
        assets::build(inputs, &self.prepared.tree.theme.assets, config.build.minify, cleaning(config, mode))
    }

    /// The route that has a file of the output.
    fn route_of(&self, path: &str) -> Option<&Route> {
        let site = self.site();
        let url = path.strip_suffix("index.html").or_else(|| path.strip_suffix("index.md"));
        if let Some(place) = url.and_then(|url| site.by_url.get(&format!("/{url}"))) {
            return site.routes.get(*place);
        }
        // The path of a page may end in `.html`.
        let is_page = path.ends_with(".html") || path.ends_with(".md");
        let has = |route: &&Route| output_path(&route.url) == path || outputs::twin::path(&route.url) == path;
        site.routes.iter().filter(|_| is_page).find(has)
    }
}

/// Takes files into memory.
#[derive(Default)]
struct Captured(Mutex<Vec<(String, Vec<u8>)>>);

impl Captured {
    fn has(&self, path: &str) -> bool {
        lock(&self.0).iter().any(|(known, _)| known == path)
    }
}

impl Sink for Captured {
    fn put(&self, artifact: Artifact) -> Result<Option<Put>, crate::fs::Error> {
        if let Content::Bytes(bytes) = artifact.content {
            lock(&self.0).push((artifact.path, bytes));
        }
        Ok(None)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
