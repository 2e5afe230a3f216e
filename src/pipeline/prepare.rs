//! Everything before pages are rendered: settings, files, documents, the site, the theme.
//!
//! In: a world, options and the cache. Out: [`Prepared`]. Documents are taken from the cache where their file and the settings of their
//! section are as they were; the site is put together anew each time, which costs less than to find out whether it would be the same.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rayon::prelude::*;
use rivage_api::describe::Reference;
use rivage_diag::{Diagnostic, FileId, Span};
use rivage_syntax::ast::Syntax;
use rustc_hash::FxHashMap;

use super::originals::{Originals, cleaning};
use super::{Mode, Options, Profile, Progress};
use crate::api::{self, Api};
use crate::cache::store::Key;
use crate::cache::{self, Cache, Checker, Kind, Marked};
use crate::config::{self, Config};
use crate::discover::{self, ContentFile, SourceTree};
use crate::images::Library;
use crate::images::original::Cleaning;
use crate::inputs::{Fingerprint, Inputs, Question, World};
use crate::memory;
use crate::parse::{self, Document};
use crate::render::answers::Memo;
use crate::render::assets::{self, AssetMap};
use crate::render::functions::{Icon, Surroundings};
use crate::render::page::{ADMIN, ADMIN_LAYOUT, LazyEngine, REFERENCE_LAYOUT, Renderer};
use crate::render::templates::{Sources, Templates};
use crate::render::values::Values;
use crate::render::{Artifact, Content, Sink, outputs, strings};
use crate::resolve::{self, Site, Visibility};
use crate::theme;

/// Everything before pages are rendered.
pub(super) struct Prepared {
    pub(super) config: Arc<Config>,
    pub(super) tree: Arc<SourceTree>,
    /// The API; none where the site has none.
    pub(super) api: Option<Arc<Api>>,
    pub(super) renderer: Renderer,
    /// Files of the theme and beside pages that are not in the output yet.
    pub(super) artifacts: Vec<Artifact>,
    /// Entries of the cache about those of them that are.
    pub(super) originals: Vec<Key>,
    /// All content files, in the order of the tree.
    pub(super) documents: Vec<Parsed>,
    /// What is wrong, but with documents.
    pub(super) diagnostics: Vec<Diagnostic>,
    /// Files and folders that were looked at.
    pub(super) paths: BTreeSet<String>,
    /// What was asked that time alone can change, with the answers.
    pub(super) times: Vec<(Question, Fingerprint)>,
}

impl Prepared {
    /// Returns the site.
    pub(super) fn site(&self) -> &Arc<Site> {
        self.renderer.surroundings.values.site()
    }

    /// Answers a question as a rendering of now would be answered.
    pub(super) fn answer(&self, world: &World, question: &Question) -> Fingerprint {
        match question {
            Question::Site(question) => self.renderer.surroundings.answer(question),
            other => world.answer(other).unwrap_or(Fingerprint::MISSING),
        }
    }
}

/// A content file that was read.
#[derive(Clone)]
pub(super) struct Parsed {
    /// The key of its entry in the cache.
    pub(super) key: Key,
    /// The fingerprint of all that the document was made of.
    input: Fingerprint,
    /// The document; none where the file cannot be read.
    pub(super) document: Option<Arc<Document>>,
    /// What is wrong with it.
    pub(super) problems: Vec<Diagnostic>,
}

/// What is at hand of the last run.
pub(super) struct Former {
    documents: FxHashMap<String, Parsed>,
    engine: Arc<LazyEngine>,
    /// What was wrong with the templates.
    engine_problems: Vec<Diagnostic>,
}

impl Former {
    pub(super) fn of(prepared: Prepared) -> Self {
        let sources = prepared.tree.content.iter().map(|source| source.path.clone());
        let documents = sources.zip(prepared.documents).collect();
        let Renderer { engine, engine_problems, .. } = prepared.renderer;
        Self { documents, engine, engine_problems }
    }
}

/// Prepares a run.
pub(super) fn prepare(
    world: &World,
    options: &Options,
    cache: Option<&Cache>,
    former: Option<Former>,
    sink: &dyn Sink,
    profile: &mut Profile,
    progress: &dyn Progress,
) -> Result<Prepared, crate::fs::Error> {
    let inputs = Inputs::new(world);
    let (config, mut diagnostics) = profile.measure("config", || load_config(&inputs, options));
    let config = Arc::new(config);

    progress.stage("discover", 0);
    let (tree, problems) = profile.measure("discover", || discover::discover(&inputs, &config));
    diagnostics.extend(problems);

    let (api, problems) = profile.measure("api", || api::read(&inputs, &config));
    diagnostics.extend(problems);

    progress.stage("parse", tree.content.len());
    let (former, former_engine) =
        former.map_or((None, None), |former| (Some(former.documents), Some((former.engine, former.engine_problems))));
    let documents = profile.measure("parse", || read_all(world, &config, &tree, cache, former.as_ref(), progress));
    let shown = documents.iter().filter_map(|parsed| parsed.document.clone()).collect();

    progress.stage("resolve", 0);
    let visibility = Visibility { drafts: options.drafts, future: options.future };
    let (site, problems) = profile.measure("resolve", || resolve::resolve(&inputs, &config, &tree, shown, visibility));
    diagnostics.extend(problems);
    let site = Arc::new(site);

    progress.stage("theme", 0);
    let start = std::time::Instant::now();
    let mut paths = BTreeSet::new();
    let cleaning = cleaning(&config, options.mode);
    let kept = Kept { world, cache, sink };
    let (asset_map, mut artifacts, problems) = kept.assets(&config, cleaning, &tree, &mut paths)?;
    diagnostics.extend(problems);
    let beside = site.assets.iter().map(|(file, url)| (url.trim_start_matches('/').to_owned(), file.clone()));
    let beside: BTreeMap<_, _> = beside.collect();
    artifacts.extend(copies(&tree, &site, &beside));
    let originals = Originals::new(world, cache, sink, &config, options.mode);
    let artifacts = kept.not_kept(&originals, artifacts)?;
    let (originals, _) = originals.finish();
    let (texts, problems) = strings::load(&inputs, &config, &tree.theme.strings);
    diagnostics.extend(problems);
    let (sources, problems) = Sources::read(&inputs, &tree.theme);
    diagnostics.extend(problems);
    let surroundings = Arc::new(Surroundings {
        values: Values::new(Arc::clone(&site)),
        assets: asset_map,
        icons: icons(&inputs, &tree, cleaning),
        strings: texts,
        statics: tree.theme.statics.iter().map(|file| (file.name.clone(), file.path.clone())).collect(),
        beside,
        templates: Templates::of(&sources),
        feed_pages: outputs::feed_pages(&site),
        images: Arc::new(Library::new(cache.map(|cache| cache.images.clone()))),
        preview: options.mode == Mode::Preview,
        reference: reference(&config, api.as_ref(), &site, &tree),
        admin: admin(&config, &site, &tree),
        memo: Memo::default(),
    });
    let engine = Arc::new(LazyEngine::new(sources, options.profile));
    let (engine, engine_problems) = compiled(engine, &surroundings, cache, former_engine);
    diagnostics.extend(engine_problems.iter().cloned());
    let languages = config
        .languages
        .iter()
        .map(|language| (surroundings.values.site_value(language), surroundings.values.language(language)))
        .collect();
    let renderer = Renderer { engine, engine_problems, surroundings, languages };
    profile.stages.push(("theme", start.elapsed()));

    let notes = inputs.into_notes();
    paths.extend(notes.iter().filter_map(|(question, _)| question.path().map(str::to_owned)));
    let times = notes.into_iter().filter(|(question, _)| question.is_about_time()).collect();
    Ok(Prepared {
        config,
        tree: Arc::new(tree),
        api: api.map(Arc::new),
        renderer,
        artifacts,
        originals,
        documents,
        diagnostics,
        paths,
        times,
    })
}

/// The page about the API: where the settings and the theme want it, and no page or file of the site is in its place.
fn reference(config: &Config, api: Option<&Api>, site: &Site, tree: &SourceTree) -> Option<Reference> {
    let api = api.filter(|_| config.api.reference)?;
    let is_free = !site.by_url.contains_key("/api/") && !has_file(site, tree, api::REFERENCE);
    (has_layout(tree, REFERENCE_LAYOUT) && is_free).then(|| api.reference())
}

/// Whether there is a dashboard: as for the page about the API. That a page has its address is an error, which `resolve` tells.
fn admin(config: &Config, site: &Site, tree: &SourceTree) -> bool {
    let is_free = !site.by_url.contains_key("/admin/") && !has_file(site, tree, ADMIN);
    config.api.admin && has_layout(tree, ADMIN_LAYOUT) && is_free
}

fn has_layout(tree: &SourceTree, name: &str) -> bool {
    tree.theme.layouts.iter().any(|file| file.name == name)
}

/// Reports whether the author wrote a file for a path of the output.
fn has_file(site: &Site, tree: &SourceTree, path: &str) -> bool {
    tree.theme.statics.iter().any(|file| file.name == path)
        || site.assets.values().any(|url| url.trim_start_matches('/') == path)
}

/// Reads all content files, or what is known of them, in the order of the tree.
fn read_all(
    world: &World,
    config: &Config,
    tree: &SourceTree,
    cache: Option<&Cache>,
    former: Option<&FxHashMap<String, Parsed>>,
    progress: &dyn Progress,
) -> Vec<Parsed> {
    let mut settings: FxHashMap<(&str, Syntax), Fingerprint> = FxHashMap::default();
    for source in &tree.content {
        let key = (source.section.as_str(), source.syntax);
        settings.entry(key).or_insert_with(|| parse::settings_print(config, &source.section, source.syntax));
    }
    let read = |source: &ContentFile| {
        let settings = settings.get(&(source.section.as_str(), source.syntax)).copied();
        let settings = settings.unwrap_or(Fingerprint::MISSING);
        let at_hand = former.and_then(|former| {
            let parsed = former.get(&source.path)?;
            (parsed.input == input(world.print(&source.path), settings, source)).then(|| parsed.clone())
        });
        let parsed = at_hand.unwrap_or_else(|| document(world, config, source, settings, cache));
        progress.step();
        parsed
    };
    tree.content.par_iter().map(read).collect()
}

/// Reads one content file again.
pub(super) fn parse_one(world: &World, prepared: &Prepared, cache: Option<&Cache>, place: usize) -> Parsed {
    let source = &prepared.tree.content[place];
    let settings = parse::settings_print(&prepared.config, &source.section, source.syntax);
    document(world, &prepared.config, source, settings, cache)
}

/// The fingerprint of all that a document is made of.
fn input(print: Fingerprint, settings: Fingerprint, source: &ContentFile) -> Fingerprint {
    let (language, key) = (source.language.as_bytes(), source.key.as_bytes());
    Fingerprint::of(&[&print.bytes()[..], &settings.bytes(), &[source.role as u8], language, b" ", key].concat())
}

fn document(
    world: &World,
    config: &Config,
    source: &ContentFile,
    settings: Fingerprint,
    cache: Option<&Cache>,
) -> Parsed {
    let key = Kind::Document.key(&source.path);
    if let Some(cache) = cache
        && let Some(entry) = cache.common.get(key)
    {
        let print = world.print(&source.path);
        let input = input(print, settings, source);
        let (mark, bytes) = entry.small().split_at(entry.small().len().min(16));
        if mark == input.bytes()
            && let Some((document, problems)) = Document::from_bytes(bytes, source, print)
        {
            return Parsed { key, input, document: Some(Arc::new(document)), problems };
        }
    }
    let bytes = match world.read(&source.path) {
        (Ok(bytes), _) => bytes,
        (Err(error), print) => {
            return Parsed {
                key,
                input: input(print, settings, source),
                document: None,
                problems: vec![unreadable(&error)],
            };
        }
    };
    memory::made_anew();
    let (mut document, problems) = parse::parse(config, source, &bytes);
    let input = input(document.print, settings, source);
    if let Some(cache) = cache
        && let Some(bytes) = document.to_bytes(&problems)
    {
        cache.common.put(key, &[], &[&input.bytes()[..], &bytes].concat(), &[]);
        // Like one that was kept, it is read again when it is rendered: all texts of a large site at once are a part of its memory.
        document.text = parse::Text::default();
    }
    Parsed { key, input, document: Some(Arc::new(document)), problems }
}

/// Styles, scripts and images of the theme as they are kept: the map, generated files, copies, what is wrong.
type KeptAssets = (AssetMap, Vec<(String, Fingerprint, u64)>, Vec<(String, String)>, Vec<Diagnostic>);

type Built = (AssetMap, Vec<Artifact>, Vec<Diagnostic>);

/// What the output has already, and how that is known.
struct Kept<'k> {
    world: &'k World,
    cache: Option<&'k Cache>,
    sink: &'k dyn Sink,
}

impl Kept<'_> {
    fn assets(
        &self,
        config: &Config,
        cleaning: Cleaning,
        tree: &SourceTree,
        paths: &mut BTreeSet<String>,
    ) -> Result<Built, crate::fs::Error> {
        let Self { world, cache, sink } = *self;
        let files = &tree.theme.assets;
        let minify = config.build.minify;
        let input = Fingerprint::of(format!("{minify} {cleaning:?} {files:?}").as_bytes());
        let key = Kind::Assets.key("");
        if let Some(cache) = cache
            && let Some(entry) = cache.own.get(key)
            && let Some(Marked { input: before, value }) = cache::decode::<Marked<KeptAssets>>(entry.small())
            && before == input
        {
            let answer = |question: &Question| Some(world.answer(question).unwrap_or(Fingerprint::MISSING));
            let checker = Checker::new(&cache.own, true, &answer);
            let (map, made, copied, problems) = value;
            if checker.changed(&entry).is_none() && keep_all(sink, &made)? {
                paths.extend(checker.paths());
                let copies = copied.into_iter().map(|(path, from)| Artifact { path, content: Content::CopyOf(from) });
                return Ok((map, copies.collect(), problems));
            }
        }
        let inputs = Inputs::new(world);
        let (map, artifacts, problems) = assets::build(&inputs, files, minify, cleaning);
        let notes = inputs.into_notes();
        paths.extend(notes.iter().filter_map(|(question, _)| question.path().map(str::to_owned)));
        if let Some(cache) = cache
            && let Some(trace) = cache::observe(&cache.own, &notes)
        {
            let (mut made, mut copied) = (Vec::new(), Vec::new());
            for artifact in &artifacts {
                match &artifact.content {
                    Content::Bytes(bytes) => {
                        made.push((artifact.path.clone(), Fingerprint::of(bytes), bytes.len() as u64));
                    }
                    Content::CopyOf(from) => copied.push((artifact.path.clone(), from.clone())),
                }
            }
            let value: KeptAssets = (map.clone(), made, copied, problems.clone());
            if let Some(bytes) = cache::encode(&Marked { input, value }) {
                cache.own.put(key, &trace, &bytes, &[]);
            }
        }
        Ok((map, artifacts, problems))
    }

    /// Keeps copies of files that look as they did when they were copied, and returns all other artifacts.
    fn not_kept(&self, originals: &Originals<'_>, artifacts: Vec<Artifact>) -> Result<Vec<Artifact>, crate::fs::Error> {
        if self.cache.is_none() {
            return Ok(artifacts);
        }
        let kept = artifacts.par_iter().map(|artifact| {
            let Content::CopyOf(from) = &artifact.content else { return Ok(false) };
            // One of the built-in theme is in memory already.
            let Some(stamp) = self.world.fs.stamp(from) else { return Ok(false) };
            if originals.concerns(from) {
                return originals.keep(&artifact.path, from);
            }
            self.sink.keep_copy(&artifact.path, from, self.world.print(from), stamp.length)
        });
        let kept: Vec<bool> = kept.collect::<Result<_, crate::fs::Error>>()?;
        Ok(artifacts.into_iter().zip(kept).filter(|(_, kept)| !kept).map(|(artifact, _)| artifact).collect())
    }
}

/// Keeps files that the output has already; reports whether it has all of them.
pub(super) fn keep_all(sink: &dyn Sink, made: &[(String, Fingerprint, u64)]) -> Result<bool, crate::fs::Error> {
    for (path, digest, length) in made {
        if !sink.keep(path, *digest, *length)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The templates, compiled at once unless the last run or the cache knows what is wrong with them.
fn compiled(
    engine: Arc<LazyEngine>,
    surroundings: &Arc<Surroundings>,
    cache: Option<&Cache>,
    former: Option<(Arc<LazyEngine>, Vec<Diagnostic>)>,
) -> (Arc<LazyEngine>, Vec<Diagnostic>) {
    let all = engine.print();
    let (engine, problems) = former.filter(|(former, _)| former.print() == all).unwrap_or_else(|| {
        let problems = template_problems(&engine, cache);
        (engine, problems)
    });
    if !problems.is_empty() {
        surroundings.templates.set_broken(all);
    }
    (engine, problems)
}

/// What is wrong with the templates, from the cache or by compiling them.
fn template_problems(engine: &LazyEngine, cache: Option<&Cache>) -> Vec<Diagnostic> {
    let key = Kind::Templates.key("");
    let known = cache.and_then(|cache| {
        let Marked { input, value } = cache::decode::<Marked<Vec<Diagnostic>>>(cache.own.get(key)?.small())?;
        (input == engine.print()).then_some(value)
    });
    known.unwrap_or_else(|| {
        let problems = engine.compile();
        if let Some(cache) = cache
            && let Some(bytes) = cache::encode(&Marked { input: engine.print(), value: problems.clone() })
        {
            cache.own.put(key, &[], &bytes, &[]);
        }
        problems
    })
}

fn load_config(inputs: &Inputs<'_>, options: &Options) -> (Config, Vec<Diagnostic>) {
    let (mut config, mut diagnostics) = config::load(inputs);
    if let Some(base_url) = &options.base_url {
        config.set_base_url(base_url);
    }
    if let Some(unknown_component) = options.unknown_component {
        config.markdown.unknown_component = unknown_component;
    }
    let file = format!("themes/{}/theme.toml", config.site.theme);
    if let Ok(bytes) = theme::read(inputs, &file) {
        let text = String::from_utf8_lossy(&bytes);
        diagnostics.extend(config::theme::complete(&mut config, &FileId::from(file.as_str()), &text));
    }
    (config, diagnostics)
}

/// Whether a file that the site has of its own takes the place of a generated one.
pub(super) fn is_written(prepared: &Prepared, path: &str) -> bool {
    let is_static = prepared.tree.theme.statics.iter().any(|file| file.name == path);
    is_static || prepared.renderer.surroundings.beside.contains_key(path)
}

pub(super) fn unreadable(error: &crate::fs::Error) -> Diagnostic {
    let message = format!("could not {} `{}`: {}", error.operation, error.path, error.source);
    Diagnostic::error("unreadable-file", message).at(&FileId::from(error.path.as_str()), Span::at(0))
}

/// Static files and the files beside pages, as they are. Of two that have one path, which has been reported, one is left out.
fn copies(tree: &SourceTree, site: &Site, beside: &BTreeMap<String, String>) -> Vec<Artifact> {
    let is_alone = |name: &String| !beside.contains_key(name) && !site.has_page_for(name);
    let statics = tree.theme.statics.iter().map(|file| (&file.name, &file.path)).filter(|(name, _)| is_alone(name));
    let all = statics.chain(beside).map(|(path, file)| (path.clone(), Content::CopyOf(file.clone())));
    all.map(|(path, content)| Artifact { path, content }).collect()
}

/// What is wrong with one is told where it is published as a file.
fn icons(inputs: &Inputs<'_>, tree: &SourceTree, cleaning: Cleaning) -> BTreeMap<String, Icon> {
    let drawings = tree.theme.assets.iter().filter_map(|file| {
        let name = file.name.strip_prefix("icons/")?.strip_suffix(".svg")?;
        let bytes = theme::read(inputs, &file.path).ok()?;
        let bytes = cleaning.clean(&file.name, &bytes).ok()?.unwrap_or(bytes);
        let svg = String::from_utf8(bytes).ok()?;
        // Within HTML there is no place for a declaration of XML.
        let svg = svg.trim();
        let svg = if svg.starts_with("<?") { svg.find("<svg").map_or(svg, |start| &svg[start..]) } else { svg };
        let svg = svg.replacen("<svg ", "<svg class=\"icon\" aria-hidden=\"true\" ", 1);
        Some((name.to_owned(), Icon::new(&svg)))
    });
    drawings.collect()
}
