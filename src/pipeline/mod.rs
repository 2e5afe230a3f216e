//! The only file that knows the order of the stages.
//!
//! In: a [`World`], [`Options`] and a [`Sink`]. Out: an [`Outcome`]: the site, what its pages tell of themselves, every diagnostic of
//! every stage, and what was read. `build`, `check` and `preview` all run this. Deliberately not here: what the stages do,
//! where files are written.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use rayon::prelude::*;
use rivage_diag::{Diagnostic, FileId, Span};
use rivage_syntax::data::{self, Format};

use crate::config::{self, Config, UnknownComponent};
use crate::discover::{self, SourceTree};
use crate::inputs::{Inputs, World};
use crate::parse::{self, Document};
use crate::render::answers::Memo;
use crate::render::functions::{Icon, Surroundings};
use crate::render::page::{LazyEngine, Renderer, is_hidden_from_robots};
use crate::render::templates::{Sources, Templates};
use crate::render::values::Values;
use crate::render::{Artifact, Content, PageFacts, Sink, assets, links, outputs, strings};
use crate::resolve::{self, Route, Site, Visibility};
use crate::theme;

/// What a run is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// A site for visitors.
    #[default]
    Build,
    /// Only to see what is wrong.
    Check,
    /// A site for its writer.
    Preview,
}

/// What the command line says over the settings.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Show drafts.
    pub drafts: bool,
    /// Show pages that are scheduled for later.
    pub future: bool,
    /// Where the site will be, instead of `[site] base_url`.
    pub base_url: Option<String>,
    /// Instead of `[markdown] unknown_component`.
    pub unknown_component: Option<UnknownComponent>,
    /// Measure pages and templates one by one.
    pub profile: bool,
    /// What the run is for.
    pub mode: Mode,
}

/// What a run made.
pub struct Outcome {
    /// The settings, with the command line applied.
    pub config: Arc<Config>,
    /// The site.
    pub site: Arc<Site>,
    /// The files it was made of.
    pub tree: Arc<SourceTree>,
    /// What pages tell of themselves, in the order of the routes.
    pub facts: Vec<PageFacts>,
    /// What is wrong, sorted.
    pub diagnostics: Vec<Diagnostic>,
    /// Where the time went.
    pub profile: Profile,
    /// Files and folders that were looked at, sorted: what a watcher must watch.
    pub inputs_read: Vec<String>,
}

impl Outcome {
    /// Reports whether anything is wrong enough to fail.
    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(Diagnostic::is_error)
    }
}

/// Where the time went.
#[derive(Clone, Debug, Default)]
pub struct Profile {
    /// Each stage with its wall time, in order.
    pub stages: Vec<(&'static str, Duration)>,
    /// Routes with the time they took, in the order of the routes; only if asked.
    pub pages: Vec<(String, Duration)>,
}

impl Profile {
    fn measure<R>(&mut self, stage: &'static str, work: impl FnOnce() -> R) -> R {
        let start = Instant::now();
        let result = work();
        self.stages.push((stage, start.elapsed()));
        result
    }
}

/// Told how far a run has come.
pub trait Progress: Sync {
    /// A stage of `total` steps begins.
    fn stage(&self, name: &'static str, total: usize);
    /// A step is done.
    fn step(&self);
}

/// Tells nobody.
pub struct Silent;

impl Progress for Silent {
    fn stage(&self, _: &'static str, _: usize) {}
    fn step(&self) {}
}

/// Everything before pages are rendered.
struct Prepared {
    config: Arc<Config>,
    site: Arc<Site>,
    tree: Arc<SourceTree>,
    renderer: Renderer,
    artifacts: Vec<Artifact>,
    diagnostics: Vec<Diagnostic>,
    /// Files and folders that were looked at.
    paths: BTreeSet<String>,
}

/// Runs all stages.
///
/// # Errors
/// The sink refused a file. Mistakes of authors are diagnostics of the outcome.
pub fn run(
    world: &World,
    options: &Options,
    sink: &dyn Sink,
    progress: &dyn Progress,
) -> Result<Outcome, crate::fs::Error> {
    on_workers(|| run_stages(world, options, sink, progress))
}

/// How much stack a worker has. Nesting of content and expressions is bounded; this is room for the bounds, also in a debug build.
const STACK: usize = 32 * 1024 * 1024;

/// Runs `work` on threads with room for deep content.
fn on_workers<R: Send>(work: impl FnOnce() -> R + Send) -> R {
    static WORKERS: LazyLock<Option<rayon::ThreadPool>> =
        LazyLock::new(|| rayon::ThreadPoolBuilder::new().stack_size(STACK).build().ok());
    match &*WORKERS {
        Some(workers) => workers.install(work),
        // Threads cannot be had: the caller's own must do.
        None => work(),
    }
}

fn run_stages(
    world: &World,
    options: &Options,
    sink: &dyn Sink,
    progress: &dyn Progress,
) -> Result<Outcome, crate::fs::Error> {
    let mut profile = Profile::default();
    let Prepared { config, site, tree, renderer, artifacts, mut diagnostics, mut paths } =
        prepare(world, options, &mut profile, progress);

    progress.stage("render", site.routes.len());
    let rendered = profile.measure("render", || {
        site.routes
            .par_iter()
            .map(|route| render(world, &renderer, route, sink, progress))
            .collect::<Result<Vec<_>, _>>()
    })?;
    let mut facts = Vec::with_capacity(rendered.len());
    for (route, page) in site.routes.iter().zip(rendered) {
        facts.push(page.facts);
        diagnostics.extend(page.diagnostics);
        paths.extend(page.paths);
        if options.profile {
            profile.pages.push((route.url.clone(), page.time));
        }
    }

    progress.stage("outputs", 0);
    let start = Instant::now();
    let inputs = Inputs::new(world);
    for language in &config.languages {
        diagnostics.extend(renderer.render_not_found(&inputs, language, sink)?);
    }
    for artifact in artifacts {
        sink.put(artifact)?;
    }
    let is_hidden = |id| is_hidden_from_robots(site.page(id));
    let (generated, problems) = outputs::render(&site, &tree, &facts, &is_hidden);
    diagnostics.extend(problems);
    for artifact in generated {
        sink.put(artifact)?;
    }
    diagnostics.extend(links::check_anchors(&site, &facts));
    diagnostics.extend(links::check_hrefs(world, &site, &facts));
    paths.extend(inputs.into_paths());
    profile.stages.push(("outputs", start.elapsed()));

    rivage_diag::sort(&mut diagnostics);
    merge_by_page(&mut diagnostics);
    let inputs_read = paths.into_iter().collect();
    Ok(Outcome { config, site, tree, facts, diagnostics, profile, inputs_read })
}

/// The HTML of a file's content, and what is wrong with it.
pub type RenderedContent = (String, Vec<Diagnostic>);

/// Renders the content of some files of a project, without layouts and without writing anything.
///
/// Returns HTML and diagnostics in the order of `files`; a file that is no page of the site gives `None`.
pub fn render_content(
    world: &World,
    options: &Options,
    files: &[String],
) -> (Vec<Option<RenderedContent>>, Vec<Diagnostic>) {
    let options = Options { drafts: true, future: true, ..options.clone() };
    on_workers(|| render_files(world, &options, files))
}

fn render_files(world: &World, options: &Options, files: &[String]) -> (Vec<Option<RenderedContent>>, Vec<Diagnostic>) {
    let prepared = prepare(world, options, &mut Profile::default(), &Silent);
    let rendered = files
        .par_iter()
        .map(|file| {
            let page = prepared.site.page(*prepared.site.by_file.get(file)?);
            let rendered = prepared.renderer.render_content(&Inputs::new(world), page);
            Some(rendered.unwrap_or_else(|error| (String::new(), vec![unreadable(&error)])))
        })
        .collect();
    (rendered, prepared.diagnostics)
}

fn prepare(world: &World, options: &Options, profile: &mut Profile, progress: &dyn Progress) -> Prepared {
    let inputs = Inputs::new(world);
    let (config, mut diagnostics) = profile.measure("config", || load_config(&inputs, options));
    let config = Arc::new(config);

    progress.stage("discover", 0);
    let (tree, problems) = profile.measure("discover", || discover::discover(&inputs, &config));
    diagnostics.extend(problems);

    progress.stage("parse", tree.content.len());
    let parsed: Vec<_> = profile.measure("parse", || {
        tree.content
            .par_iter()
            .map(|source| {
                let inputs = Inputs::new(world);
                let parsed = match inputs.read(&source.path) {
                    Ok(bytes) => {
                        let (document, problems) = parse::parse(&config, source, &bytes);
                        (Some(Arc::new(document)), problems)
                    }
                    Err(error) => (None, vec![unreadable(&error)]),
                };
                progress.step();
                (parsed, inputs.into_paths())
            })
            .collect()
    });
    let mut paths = BTreeSet::new();
    let mut documents: Vec<Arc<Document>> = Vec::with_capacity(parsed.len());
    for ((document, problems), asked) in parsed {
        documents.extend(document);
        diagnostics.extend(problems);
        paths.extend(asked);
    }

    progress.stage("resolve", 0);
    let visibility = Visibility { drafts: options.drafts, future: options.future };
    let (site, problems) =
        profile.measure("resolve", || resolve::resolve(&inputs, &config, &tree, documents, visibility));
    diagnostics.extend(problems);
    let site = Arc::new(site);

    progress.stage("theme", 0);
    let start = Instant::now();
    let (asset_map, mut artifacts, problems) = assets::build(&inputs, &tree.theme.assets, config.build.minify);
    diagnostics.extend(problems);
    let beside = site.assets.iter().map(|(file, url)| (url.trim_start_matches('/').to_owned(), file.clone()));
    let beside: BTreeMap<_, _> = beside.collect();
    artifacts.extend(copies(&tree, &beside));
    let (texts, problems) = strings::load(&inputs, &config, &tree.theme.strings);
    diagnostics.extend(problems);
    let (sources, problems) = Sources::read(&inputs, &tree.theme);
    diagnostics.extend(problems);
    let surroundings = Arc::new(Surroundings {
        values: Values::new(Arc::clone(&site)),
        assets: asset_map,
        icons: icons(&inputs, &tree),
        strings: texts,
        statics: tree.theme.statics.iter().map(|file| (file.name.clone(), file.path.clone())).collect(),
        beside,
        templates: Templates::of(&sources),
        feed_pages: outputs::feed_pages(&site),
        preview: options.mode == Mode::Preview,
        memo: Memo::default(),
    });
    let all_templates = sources.print();
    let engine = LazyEngine::new(sources, Arc::clone(&surroundings));
    let problems = engine.compile();
    if !problems.is_empty() {
        surroundings.templates.set_broken(all_templates);
    }
    diagnostics.extend(problems);
    let languages = config
        .languages
        .iter()
        .map(|language| (surroundings.values.site_value(language), surroundings.values.language(language)))
        .collect();
    let renderer = Renderer { engine, surroundings, languages };
    profile.stages.push(("theme", start.elapsed()));

    paths.extend(inputs.into_paths());
    Prepared { config, site, tree: Arc::new(tree), renderer, artifacts, diagnostics, paths }
}

fn load_config(inputs: &Inputs<'_>, options: &Options) -> (Config, Vec<Diagnostic>) {
    let (mut config, mut diagnostics) = config::load(inputs);
    if let Some(base_url) = &options.base_url {
        config.set_base_url(base_url);
    }
    if let Some(unknown_component) = options.unknown_component {
        config.markdown.unknown_component = unknown_component;
    }
    diagnostics.extend(theme_settings(inputs, &mut config));
    (config, diagnostics)
}

/// What `theme.toml` says of `[theme]` holds where the site says nothing.
fn theme_settings(inputs: &Inputs<'_>, config: &mut Config) -> Vec<Diagnostic> {
    let path = format!("themes/{}/theme.toml", config.site.theme);
    let Ok(bytes) = theme::read(inputs, &path) else { return Vec::new() };
    let text = String::from_utf8_lossy(&bytes);
    let (data, problems) = data::parse(&FileId::from(path.as_str()), &text, Span::new(0, text.len()), Format::Toml);
    let mut settings = data.get("settings").map_or_else(|| serde_json::json!({}), data::Data::to_json);
    if let (Some(all), Some(own)) = (settings.as_object_mut(), config.site.theme_settings.as_object()) {
        all.extend(own.clone());
    }
    config.site.theme_settings = settings;
    problems
}

fn unreadable(error: &crate::fs::Error) -> Diagnostic {
    let message = format!("could not {} `{}`: {}", error.operation, error.path, error.source);
    Diagnostic::error("unreadable-file", message).at(&FileId::from(error.path.as_str()), Span::at(0))
}

/// What one route gave.
struct RenderedRoute {
    facts: PageFacts,
    diagnostics: Vec<Diagnostic>,
    paths: Vec<String>,
    time: Duration,
}

fn render(
    world: &World,
    renderer: &Renderer,
    route: &Route,
    sink: &dyn Sink,
    progress: &dyn Progress,
) -> Result<RenderedRoute, crate::fs::Error> {
    let start = Instant::now();
    let inputs = Inputs::new(world);
    let (facts, diagnostics) = renderer.render_route(&inputs, route, sink)?;
    progress.step();
    Ok(RenderedRoute { facts, diagnostics, paths: inputs.into_paths(), time: start.elapsed() })
}

/// Static files and the files beside pages, as they are.
fn copies(tree: &SourceTree, beside: &BTreeMap<String, String>) -> Vec<Artifact> {
    let statics = tree.theme.statics.iter().map(|file| (&file.name, &file.path));
    let all = statics.chain(beside).map(|(path, file)| (path.clone(), Content::CopyOf(file.clone())));
    all.map(|(path, content)| Artifact { path, content }).collect()
}

fn icons(inputs: &Inputs<'_>, tree: &SourceTree) -> BTreeMap<String, Icon> {
    let drawings = tree.theme.assets.iter().filter_map(|file| {
        let name = file.name.strip_prefix("icons/")?.strip_suffix(".svg")?;
        let svg = String::from_utf8(theme::read(inputs, &file.path).ok()?).ok()?;
        let svg = svg.trim().replacen("<svg ", "<svg class=\"icon\" aria-hidden=\"true\" ", 1);
        Some((name.to_owned(), Icon::new(&svg)))
    });
    drawings.collect()
}

/// A layout's mistake shows on every page: it is told once, with the first page and how many more there are.
fn merge_by_page(diagnostics: &mut Vec<Diagnostic>) {
    let mut merged: Vec<(Diagnostic, usize)> = Vec::with_capacity(diagnostics.len());
    for diagnostic in diagnostics.drain(..) {
        match merged.last_mut() {
            Some((former, more)) if !former.trace.is_empty() && same_but_page(former, &diagnostic) => *more += 1,
            _ => merged.push((diagnostic, 0)),
        }
    }
    diagnostics.extend(merged.into_iter().map(|(diagnostic, more)| match more {
        0 => diagnostic,
        1 => diagnostic.with_hint("it happens on one more page"),
        more => diagnostic.with_hint(format!("it happens on {more} more pages")),
    }));
}

fn same_but_page(a: &Diagnostic, b: &Diagnostic) -> bool {
    a.code == b.code && a.message == b.message && a.primary == b.primary
}
