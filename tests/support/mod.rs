//! A site in memory, built whole: what most integration tests need.

#![allow(dead_code, reason = "each test program uses its own part")]

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use rivage::fs::{Fs, MemoryFs};
use rivage::inputs::World;
use rivage::pipeline::{self, Options, Outcome, Silent};
use rivage::render::{Artifact, Content, Put, Sink};

/// Settings that every test site has unless it brings its own.
const SETTINGS: &str = "[site]\ntitle = \"Test\"\nbase_url = \"https://example.org\"\n";

/// A site that was built.
pub(crate) struct Built {
    /// What was written, by path. Files that are not UTF-8 are shown lossily.
    pub(crate) files: BTreeMap<String, String>,
    /// What the pipeline told.
    pub(crate) outcome: Outcome,
}

#[derive(Default)]
struct Gather(Mutex<BTreeMap<String, Content>>);

impl Sink for Gather {
    fn put(&self, artifact: Artifact) -> Result<Option<Put>, rivage::fs::Error> {
        let former = self.0.lock().unwrap().insert(artifact.path.clone(), artifact.content);
        assert!(former.is_none(), "`{}` was written twice", artifact.path);
        Ok(None)
    }
}

/// Builds a site of pairs of path and text, as of 23 November 2026.
pub(crate) fn build<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Built {
    build_with(MemoryFs::new(files), &Options::default())
}

/// Builds the files of a disk in memory, with settings if it has none.
pub(crate) fn build_with(mut disk: MemoryFs, options: &Options) -> Built {
    if disk.kind("rivage.toml").is_none() {
        disk.write("rivage.toml", SETTINGS);
    }
    build_on(Arc::new(disk), options)
}

/// Builds the files of any disk.
pub(crate) fn build_on(disk: Arc<dyn Fs>, options: &Options) -> Built {
    let sink = Gather::default();
    let outcome = pipeline::run(&world(Arc::clone(&disk)), options, &sink, &Silent).unwrap();
    let files = sink.0.into_inner().unwrap().into_iter().map(|(path, content)| {
        let bytes = match content {
            Content::Bytes(bytes) => bytes,
            Content::CopyOf(file) => disk.read(&file).unwrap_or_default(),
        };
        (path, String::from_utf8_lossy(&bytes).into_owned())
    });
    Built { files: files.collect(), outcome }
}

/// The world around a disk, on 23 November 2026.
pub(crate) fn world(fs: Arc<dyn Fs>) -> World {
    World::new(fs, "2026-11-23T12:00:00Z".parse().unwrap(), BTreeMap::new())
}

impl Built {
    /// What is wrong, a line each: `file:line: error[code]: message`.
    pub(crate) fn problems(&self, disk: &[(&str, &str)]) -> Vec<String> {
        let texts: BTreeMap<_, _> = disk.iter().copied().collect();
        let show = |diagnostic: &rivage_diag::Diagnostic| {
            let place = diagnostic.primary.as_ref().map(|location| {
                let text = texts.get(location.file.as_str()).copied().unwrap_or_default();
                let at = location.span.range().start.min(text.len());
                let line = text.as_bytes()[..at].iter().filter(|byte| **byte == b'\n').count() + 1;
                format!("{}:{line}: ", location.file)
            });
            let place = place.unwrap_or_default();
            format!("{place}{}[{}]: {}", diagnostic.severity.as_str(), diagnostic.code, diagnostic.message)
        };
        self.outcome.diagnostics.iter().map(show).collect()
    }

    /// The `<main>` of a page.
    pub(crate) fn main(&self, path: &str) -> &str {
        let html = self.files.get(path).unwrap_or_else(|| panic!("`{path}` was not written: {:?}", self.files.keys()));
        let start = html.find("<main").unwrap_or(0);
        let end = html.rfind("</main>").unwrap_or(html.len());
        &html[start..end]
    }
}
