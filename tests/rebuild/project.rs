//! A project on a real disk, and builds of it: warm ones as `rivage build` makes them, cold ones to compare with.
//!
//! In: the files that a project shall have. Out: what a build made, told and wrote. Deliberately not here: which files and edits.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use rivage::cache::Cache;
use rivage::fs::{Entry, EntryKind, Fs, RealFs, Stamp};
use rivage::inputs::{Fingerprint, World};
use rivage::pipeline::{self, Options, Outcome, Session, Silent};
use rivage::render::{Artifact, Content, Put, Sink};
use rivage::write::{self, Summary, Writer};
use rivage_diag::Diagnostic;

/// Source files by path.
pub(crate) type Files = BTreeMap<String, Vec<u8>>;

/// A project in a folder of its own.
pub(crate) struct Project {
    folder: tempfile::TempDir,
    /// What is on the disk.
    files: Files,
    /// The moment that builds take for now. Far later than any file, so that what is known of files counts from the next build on.
    pub(crate) now: jiff::Timestamp,
    /// What each file has looked like, with what it held then.
    looks: BTreeMap<String, Vec<(Stamp, Fingerprint)>>,
    /// What builds read, where somebody wants to know.
    read: Arc<Mutex<Option<BTreeSet<String>>>>,
}

/// How files are written.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Manner {
    /// Beside the file, then moved over it, as many editors do.
    pub(crate) moved: bool,
    /// With the time of writing set back, as archives and `git stash` do.
    pub(crate) old: bool,
}

/// What a build made.
pub(crate) struct Built {
    /// The output: path → fingerprint.
    pub(crate) prints: BTreeMap<String, Fingerprint>,
    /// What is wrong.
    pub(crate) diagnostics: Vec<Diagnostic>,
    /// How many routes were rendered.
    pub(crate) rendered: usize,
    /// What was written; none if the site has errors.
    pub(crate) summary: Option<Summary>,
}

/// What a build without a cache makes.
pub(crate) struct Cold {
    /// The output.
    pub(crate) files: BTreeMap<String, Vec<u8>>,
    /// Paths that two artifacts claim.
    pub(crate) duplicates: BTreeSet<String>,
    /// What the pipeline told.
    pub(crate) outcome: Outcome,
}

impl Project {
    /// Makes a project in memory where that is possible: a disk would be the slowest part of it.
    pub(crate) fn new(files: &Files) -> Self {
        let folder = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap();
        let now = "2040-03-01T12:00:00Z".parse().unwrap();
        let mut project = Self { folder, files: Files::new(), now, looks: BTreeMap::new(), read: Arc::default() };
        project.set(files.clone(), Manner::default());
        project
    }

    pub(crate) fn root(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn at(&self, path: &str) -> PathBuf {
        self.root().join(path)
    }

    /// What is on the disk.
    pub(crate) fn files(&self) -> &Files {
        &self.files
    }

    /// Writes one text.
    pub(crate) fn write(&mut self, path: &str, text: &str) {
        let mut files = self.files.clone();
        files.insert(path.to_owned(), text.as_bytes().to_vec());
        self.set(files, Manner::default());
    }

    /// Puts one text in the place of another in a file.
    pub(crate) fn replace(&mut self, path: &str, from: &str, to: &str) {
        let text = String::from_utf8(self.files[path].clone()).unwrap();
        assert!(text.contains(from), "`{path}` has no `{from}`");
        self.write(path, &text.replace(from, to));
    }

    /// Makes the disk hold these files; returns those that changed, came or went.
    pub(crate) fn set(&mut self, wanted: Files, manner: Manner) -> BTreeSet<String> {
        let mut changed = BTreeSet::new();
        let gone: Vec<String> = self.files.keys().filter(|path| !wanted.contains_key(*path)).cloned().collect();
        for path in gone {
            fs::remove_file(self.at(&path)).unwrap();
            let mut folder = self.at(&path);
            // Folders that are empty go as well.
            while folder.pop() && folder != self.root() && fs::remove_dir(&folder).is_ok() {}
            changed.insert(path);
        }
        for (path, bytes) in &wanted {
            if self.files.get(path) != Some(bytes) {
                self.put(path, bytes, manner);
                changed.insert(path.clone());
            }
        }
        self.files = wanted;
        changed
    }

    /// Writes a file so that it does not look as it did with other bytes. People are slower than the disk's clock; this test is not.
    fn put(&mut self, path: &str, bytes: &[u8], manner: Manner) {
        let at = self.at(path);
        fs::create_dir_all(at.parent().unwrap()).unwrap();
        let disk = RealFs::new(self.root());
        let print = Fingerprint::of(bytes);
        loop {
            if manner.moved {
                let aside = self.at(".aside");
                fs::write(&aside, bytes).unwrap();
                fs::rename(&aside, &at).unwrap();
            } else {
                fs::write(&at, bytes).unwrap();
            }
            if manner.old {
                let old = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
                fs::File::options().append(true).open(&at).unwrap().set_modified(old).unwrap();
            }
            let Some(stamp) = disk.stamp(path) else { return };
            let looks = self.looks.entry(path.to_owned()).or_default();
            if looks.iter().all(|(look, held)| *look != stamp || *held == print) {
                looks.push((stamp, print));
                return;
            }
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    /// The world as a new process sees it.
    pub(crate) fn world(&self) -> World {
        let environment = BTreeMap::from([("CI".to_owned(), "1".to_owned())]);
        let disk = Watched { disk: RealFs::new(self.root()), read: Arc::clone(&self.read) };
        World::new(Arc::new(disk), self.now, environment)
    }

    /// Returns which files are read meanwhile.
    pub(crate) fn reads<R>(&self, work: impl FnOnce(&Self) -> R) -> (BTreeSet<String>, R) {
        *self.read.lock().unwrap() = Some(BTreeSet::new());
        let result = work(self);
        (self.read.lock().unwrap().take().unwrap_or_default(), result)
    }

    /// Builds as `rivage build` does.
    pub(crate) fn build(&self, options: &Options) -> Result<Built, rivage::fs::Error> {
        self.build_into("public", options)
    }

    /// Builds as `rivage build --out` does.
    pub(crate) fn build_into(&self, output: &str, options: &Options) -> Result<Built, rivage::fs::Error> {
        let world = self.world();
        let how = write::Options { force: true, wait: false, built_in: Some(rivage::theme::built_in) };
        let writer = Writer::open(self.root(), output, how).unwrap();
        let cache = Cache::open(self.root(), options.flavour());
        cache.inform(&world);
        let mut session = Session::new(options.clone(), Some(cache));
        let noted = Noted { sink: &writer, prints: Mutex::default() };
        session.pages(&world, None, &noted, &Silent)?;
        session.finish(&noted, None, &Silent)?;
        let outcome = session.outcome().unwrap();
        let prints = noted.prints.into_inner().unwrap();
        let summary = if outcome.has_errors() { None } else { Some(writer.commit().unwrap()) };
        session.save();
        Ok(Built { prints, diagnostics: outcome.diagnostics, rendered: outcome.rendered, summary })
    }

    /// Builds without a cache, into memory.
    pub(crate) fn cold(&self, options: &Options) -> Cold {
        cold(self.root(), &self.world(), options)
    }

    /// What is in an output folder.
    pub(crate) fn output(&self, name: &str) -> BTreeMap<String, Vec<u8>> {
        let root = self.at(name);
        let mut files = BTreeMap::new();
        if !root.exists() {
            return files;
        }
        for entry in walkdir::WalkDir::new(&root) {
            let entry = entry.unwrap();
            let path = entry.path().strip_prefix(&root).unwrap().to_str().unwrap().to_owned();
            if entry.file_type().is_file() {
                files.insert(path, fs::read(entry.path()).unwrap());
            } else if fs::read_dir(entry.path()).unwrap().next().is_none() {
                files.insert(path, b"an empty folder".to_vec());
            }
        }
        files
    }
}

/// A disk that notes what is read.
struct Watched {
    disk: RealFs,
    read: Arc<Mutex<Option<BTreeSet<String>>>>,
}

impl Fs for Watched {
    fn read(&self, path: &str) -> Result<Vec<u8>, rivage::fs::Error> {
        if let Some(read) = &mut *self.read.lock().unwrap()
            && self.disk.kind(path) == Some(EntryKind::File)
        {
            read.insert(path.to_owned());
        }
        self.disk.read(path)
    }

    fn list(&self, path: &str) -> Result<Vec<Entry>, rivage::fs::Error> {
        self.disk.list(path)
    }

    fn kind(&self, path: &str) -> Option<EntryKind> {
        self.disk.kind(path)
    }

    fn len(&self, path: &str) -> Result<u64, rivage::fs::Error> {
        self.disk.len(path)
    }

    fn stamp(&self, path: &str) -> Option<Stamp> {
        self.disk.stamp(path)
    }
}

/// Builds without a cache, into memory.
pub(crate) fn cold(root: &Path, world: &World, options: &Options) -> Cold {
    let sink = Gather::default();
    let outcome = pipeline::run(world, options, &sink, &Silent).unwrap();
    let (contents, duplicates) = sink.0.into_inner().unwrap();
    let files = contents.into_iter().map(|(path, content)| (path, bytes_of(root, content)));
    Cold { files: files.collect(), duplicates, outcome }
}

/// The bytes of a file of the output.
pub(crate) fn bytes_of(root: &Path, content: Content) -> Vec<u8> {
    match content {
        Content::Bytes(bytes) => bytes,
        Content::CopyOf(path) => match fs::read(root.join(&path)) {
            Ok(bytes) => bytes,
            Err(_) => rivage::theme::built_in(&path).unwrap_or_default().to_vec(),
        },
    }
}

/// Takes a site into memory.
#[derive(Default)]
struct Gather(Mutex<(BTreeMap<String, Content>, BTreeSet<String>)>);

impl Sink for Gather {
    fn put(&self, artifact: Artifact) -> Result<Option<Put>, rivage::fs::Error> {
        let mut all = self.0.lock().unwrap();
        if all.0.insert(artifact.path.clone(), artifact.content).is_some() {
            all.1.insert(artifact.path);
        }
        Ok(None)
    }
}

/// Hands files on, and notes what they are.
struct Noted<'s> {
    sink: &'s dyn Sink,
    prints: Mutex<BTreeMap<String, Fingerprint>>,
}

impl Noted<'_> {
    fn note(&self, path: &str, print: Fingerprint) {
        self.prints.lock().unwrap().insert(path.to_owned(), print);
    }
}

impl Sink for Noted<'_> {
    fn put(&self, artifact: Artifact) -> Result<Option<Put>, rivage::fs::Error> {
        let path = artifact.path.clone();
        let put = self.sink.put(artifact)?;
        self.note(&path, put.expect("the writer tells what it took").digest);
        Ok(put)
    }

    fn keep(&self, path: &str, digest: Fingerprint, length: u64) -> Result<bool, rivage::fs::Error> {
        let kept = self.sink.keep(path, digest, length)?;
        if kept {
            self.note(path, digest);
        }
        Ok(kept)
    }

    fn keep_copy(&self, path: &str, from: &str, digest: Fingerprint, length: u64) -> Result<bool, rivage::fs::Error> {
        let kept = self.sink.keep_copy(path, from, digest, length)?;
        if kept {
            self.note(path, digest);
        }
        Ok(kept)
    }
}
