//! What the commands need of the pipeline, the write stage and the display of diagnostics, in one place.

use std::sync::Arc;

use rivage_diag::{Diagnostic, FileId};

use crate::config::{Config, UnknownComponent};
use crate::fs::Error;
use crate::inputs::{Inputs, World};
use crate::render::{Artifact, PageFacts, Sink};
use crate::resolve::{Site, Visibility};

pub(crate) struct Options {
    pub(crate) drafts: bool,
    pub(crate) future: bool,
    pub(crate) base_url: Option<String>,
    pub(crate) unknown_component: Option<UnknownComponent>,
    pub(crate) profile: bool,
    pub(crate) mode: Mode,
}
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    Build,
    Check,
    Preview,
}
#[derive(Default)]
pub(crate) struct Profile;
impl Profile {
    pub(crate) fn table(&self) -> String {
        String::new()
    }
    pub(crate) fn to_json(&self) -> serde_json::Value {
        serde_json::Value::Null
    }
}
pub(crate) struct Outcome {
    pub(crate) config: Arc<Config>,
    pub(crate) site: Arc<Site>,
    pub(crate) facts: Vec<PageFacts>,
    pub(crate) diagnostics: Vec<Diagnostic>,
    pub(crate) profile: Profile,
    pub(crate) inputs_read: Vec<String>,
    pub(crate) routes: usize,
}
pub(crate) trait Progress: Sync {
    fn stage(&self, name: &'static str, total: usize);
    fn step(&self);
}
pub(crate) fn run(
    world: &World,
    options: &Options,
    _sink: &dyn Sink,
    progress: &dyn Progress,
) -> Result<Outcome, Error> {
    progress.stage("read", 0);
    progress.step();
    let _ = (options.unknown_component, options.profile, options.mode);
    let inputs = Inputs::new(world);
    let (config, mut diagnostics) = crate::config::load(&inputs);
    let config = Arc::new(config);
    let (tree, more) = crate::discover::discover(&inputs, &config);
    diagnostics.extend(more);
    let visibility = Visibility { drafts: options.drafts, future: options.future };
    let (site, more) = crate::resolve::resolve(&inputs, &config, &tree, Vec::new(), visibility);
    diagnostics.extend(more);
    Ok(Outcome {
        config,
        routes: site.routes.len(),
        site: Arc::new(site),
        facts: Vec::new(),
        diagnostics,
        profile: Profile,
        inputs_read: vec![options.base_url.clone().unwrap_or_default()],
    })
}
pub(crate) struct Rendered {
    pub(crate) html: String,
    pub(crate) diagnostics: Vec<Diagnostic>,
}
/// Content HTML of single files in site mode.
pub(crate) fn render_content(
    world: &World,
    options: &Options,
    files: &[String],
    each: &mut dyn FnMut(&str, Rendered),
) -> Result<(), Error> {
    let _ = (world, options);
    for file in files {
        each(file, Rendered { html: String::new(), diagnostics: Vec::new() });
    }
    Ok(())
}
pub(crate) fn render_plain(
    _file: &FileId,
    text: &str,
    _syntax: rivage_syntax::ast::Syntax,
    _unknown: UnknownComponent,
) -> (String, Vec<Diagnostic>) {
    (text.to_owned(), Vec::new())
}
pub(crate) mod write {
    use std::path::Path;

    use super::{Artifact, Error, Sink};
    pub(crate) struct Writer;
    pub(crate) struct Summary {
        pub(crate) written: usize,
        pub(crate) unchanged: usize,
        pub(crate) removed: usize,
        pub(crate) bytes: u64,
    }
    impl Writer {
        pub(crate) fn open(_root: &Path, _output: &str, _force: bool) -> Result<Self, Error> {
            Ok(Self)
        }
        pub(crate) fn commit(self) -> Result<Summary, Error> {
            Ok(Summary { written: 0, unchanged: 0, removed: 0, bytes: 0 })
        }
    }
    impl Sink for Writer {
        fn put(&self, _artifact: Artifact) -> Result<(), Error> {
            Ok(())
        }
    }
}
pub(crate) trait Sources {
    fn text(&self, file: &FileId) -> Option<Arc<str>>;
}
pub(crate) mod emit {
    use super::{Diagnostic, Sources};
    pub(crate) fn human(diagnostics: &[Diagnostic], sources: &dyn Sources, _color: bool) -> String {
        short(diagnostics, sources)
    }
    pub(crate) fn short(diagnostics: &[Diagnostic], sources: &dyn Sources) -> String {
        diagnostics.iter().fold(String::new(), |out, diagnostic| {
            let _ = diagnostic.primary.as_ref().and_then(|place| sources.text(&place.file));
            out + &format!("{}[{}]: {}\n", diagnostic.severity.as_str(), diagnostic.code, diagnostic.message)
        })
    }
    pub(crate) fn json(diagnostics: &[Diagnostic], _sources: &dyn Sources) -> serde_json::Value {
        serde_json::to_value(diagnostics).unwrap_or_default()
    }
    pub(crate) fn sarif(diagnostics: &[Diagnostic], sources: &dyn Sources) -> String {
        short(diagnostics, sources)
    }
    pub(crate) fn github(diagnostics: &[Diagnostic], sources: &dyn Sources) -> String {
        short(diagnostics, sources)
    }
    pub(crate) fn html(diagnostics: &[Diagnostic], sources: &dyn Sources) -> String {
        short(diagnostics, sources)
    }
}
