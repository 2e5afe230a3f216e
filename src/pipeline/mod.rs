//! The only file that knows the order of the stages.
//!
//! In: a [`World`], [`Options`] and a [`Sink`]. Out: an [`Outcome`]: the site, what its pages tell of themselves, every diagnostic of
//! every stage, and what was read. `build`, `check` and `preview` all run this. Deliberately not here: what the stages do,
//! where files are written.

mod explain;
mod generated;
mod originals;
mod pictures;
mod prepare;
mod routes;
mod session;

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use rayon::prelude::*;
use rivage_diag::{Diagnostic, FileId};

use crate::api::Api;
use crate::cache::store::ObservationId;
use crate::cache::{Cache, Kind};
use crate::config::{Config, UnknownComponent};
use crate::discover::SourceTree;
use crate::inputs::{Fingerprint, Inputs, Question, World};
use crate::render::timing::{Part, Times};
use crate::render::{PageFacts, Sink};
use crate::resolve::Site;
use crate::write::NullSink;
pub use explain::{Explained, explain};
pub use pictures::Waiting;
use prepare::{prepare, unreadable};
pub use session::Session;

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
    /// Hand out what each route asked.
    pub notes: bool,
    /// What the run is for.
    pub mode: Mode,
}

impl Options {
    /// Tells builds apart that must not share their routes.
    pub fn flavour(&self) -> Fingerprint {
        let Self { drafts, future, base_url, unknown_component, profile: _, notes: _, mode } = self;
        Fingerprint::of(format!("{drafts} {future} {base_url:?} {unknown_component:?} {mode:?}").as_bytes())
    }
}

/// What a run made.
pub struct Outcome {
    /// The settings, with the command line applied.
    pub config: Arc<Config>,
    /// The site.
    pub site: Arc<Site>,
    /// The files it was made of.
    pub tree: Arc<SourceTree>,
    /// Its API; none where it has none.
    pub api: Option<Arc<Api>>,
    /// What pages tell of themselves, in the order of the routes; without those that the cache keeps.
    pub facts: Vec<Arc<PageFacts>>,
    /// What each route asked, in the order of the routes; only if asked for, and without a cache.
    pub notes: Vec<Vec<(Question, Fingerprint)>>,
    /// How many routes and 404 pages were rendered: all of them without a cache.
    pub rendered: usize,
    /// What is wrong, sorted.
    pub diagnostics: Vec<Diagnostic>,
    /// Where the time went.
    pub profile: Profile,
    /// Files and folders that were looked at, sorted: what a watcher must watch. Only of a preview.
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
    /// Layouts and components with the time they took; only if asked.
    pub parts: BTreeMap<Part, Times>,
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

/// Runs all stages once, without a cache.
///
/// # Errors
/// The sink refused a file. Mistakes of authors are diagnostics of the outcome.
pub fn run(
    world: &World,
    options: &Options,
    sink: &dyn Sink,
    progress: &dyn Progress,
) -> Result<Outcome, crate::fs::Error> {
    let mut session = Session::new(options.clone(), None);
    session.pages(world, None, sink, progress)?;
    session.finish(sink, None, progress)?;
    let nothing = || crate::fs::Error::new("build", "", std::io::Error::other("nothing was built"));
    session.outcome().ok_or_else(nothing)
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

/// Returns what the stored result of a route asked, with the answers it got.
pub fn observed(cache: &Cache, url: &str) -> Vec<(Question, Fingerprint)> {
    let Some(entry) = cache.own.get(Kind::Route.key(url)) else { return Vec::new() };
    let observation = |id: &ObservationId| {
        let (question, answer) = cache.own.observation(*id);
        Some((crate::cache::decode_question(question)?, answer))
    };
    entry.trace().iter().filter_map(observation).collect()
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
    let prepared = match prepare(world, options, None, None, &NullSink, &mut Profile::default(), &Silent) {
        Ok(prepared) => prepared,
        Err(error) => return (vec![None; files.len()], vec![unreadable(&error)]),
    };
    let rendered = files
        .par_iter()
        .map(|file| {
            let site = prepared.site();
            let page = site.page(*site.by_file.get(file)?);
            let rendered = prepared.renderer.render_content(&Inputs::new(world), page);
            Some(rendered.unwrap_or_else(|error| (String::new(), vec![unreadable(&error)])))
        })
        .collect();
    let mut diagnostics = prepared.diagnostics;
    diagnostics.extend(prepared.documents.into_iter().flat_map(|parsed| parsed.problems));
    (rendered, diagnostics)
}

/// A layout's mistake shows on every page: it is told once, with the first page and how many more there are.
fn merge_by_page(diagnostics: &mut Vec<Diagnostic>) {
    let page = |diagnostic: &Diagnostic| diagnostic.trace.first().map(|place| place.file.clone());
    // Each with how many more pages it happens on, and the last of them: those of one page follow each other.
    let mut merged: Vec<(Diagnostic, usize, Option<FileId>)> = Vec::with_capacity(diagnostics.len());
    for diagnostic in diagnostics.drain(..) {
        let own = page(&diagnostic);
        match merged.last_mut() {
            Some((former, more, last)) if same_but_page(former, &diagnostic) && (own.is_some() || last.is_some()) => {
                if own.is_none() || own != *last {
                    *more += 1;
                }
                // Lists of terms and the 404 page have no file to name.
                if former.trace.is_empty() {
                    former.trace = diagnostic.trace;
                }
                *last = own;
            }
            _ => merged.push((diagnostic, 0, own)),
        }
    }
    diagnostics.extend(merged.into_iter().map(|(diagnostic, more, _)| match more {
        0 => diagnostic,
        1 => diagnostic.with_hint("it happens on one more page"),
        more => diagnostic.with_hint(format!("it happens on {more} more pages")),
    }));
}

fn same_but_page(a: &Diagnostic, b: &Diagnostic) -> bool {
    a.code == b.code && a.message == b.message && a.primary == b.primary
}
