//! Events of the disk as "these files changed".
//!
//! In: a project's folder and the names in it that matter. Out: calls with the paths that changed, from the project's root. Events
//! that come together are told together: editors write a file in several steps, or write another and rename it.
//! Deliberately not here: what is done about a change.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use notify::event::{AccessKind, AccessMode, EventKind, MetadataKind, ModifyKind, RenameMode};
use notify::{RecommendedWatcher, RecursiveMode, Watcher as _};

/// Quiet that ends a burst of events.
const QUIET: Duration = Duration::from_millis(30);

/// Quiet that is enough when all files of a burst were closed by who wrote them, or moved to their places.
const FINISHED: Duration = Duration::from_millis(8);

/// A burst is told after this long even if it goes on.
const LONGEST: Duration = Duration::from_millis(400);

/// A failure to watch.
#[derive(Debug, thiserror::Error)]
#[error("could not watch `{path}`")]
pub struct Error {
    /// What was to be watched.
    pub path: String,
    /// What the system said.
    #[source]
    pub source: notify::Error,
}

/// Watches until it is dropped.
#[derive(Debug)]
pub struct Watcher {
    messages: Sender<Message>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug)]
enum Message {
    Event(notify::Result<notify::Event>),
    Names(BTreeSet<String>),
    Stop,
}

/// Watches files and folders of these names right below `root`, and all that is in them. They need not exist yet.
/// `changed` is called from a thread of its own.
///
/// # Errors
/// The project's folder cannot be watched.
pub fn watch(
    root: &Path,
    names: impl IntoIterator<Item = String>,
    changed: impl Fn(BTreeSet<String>) + Send + 'static,
) -> Result<Watcher, Error> {
    let fail = |source| Error { path: root.display().to_string(), source };
    let root = root.canonicalize().map_err(|error| fail(notify::Error::io(error)))?;
    let (messages, inbox) = channel();
    let events = messages.clone();
    let mut watcher = notify::recommended_watcher(move |event| {
        // The receiver is gone only when nobody wants to hear any more.
        let _ = events.send(Message::Event(event));
    })
    .map_err(fail)?;
    // The folder itself and not all below it: public/, target/ and node_modules/ would cost a watch for each of their folders.
    watcher.watch(&root, RecursiveMode::NonRecursive).map_err(fail)?;
    let mut state = State { root, names: BTreeSet::new(), watcher };
    state.add(names.into_iter().collect());
    let thread = std::thread::spawn(move || state.run(&inbox, &changed));
    Ok(Watcher { messages, thread: Some(thread) })
}

impl Watcher {
    /// Watches further names right below the project's folder.
    pub fn add(&self, names: impl IntoIterator<Item = String>) {
        let _ = self.messages.send(Message::Names(names.into_iter().collect()));
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        let _ = self.messages.send(Message::Stop);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Events that belong together.
#[derive(Default)]
struct Burst {
    changed: BTreeSet<String>,
    /// Those of which more is to come: files that are open, or gone for a moment.
    unfinished: BTreeSet<String>,
}

impl Burst {
    fn add(&mut self, path: String, kind: &EventKind) {
        match kind {
            EventKind::Access(AccessKind::Close(AccessMode::Write))
            | EventKind::Modify(ModifyKind::Name(RenameMode::To)) => drop(self.unfinished.remove(&path)),
            // Editors give a file its rights back after they have written it.
            EventKind::Modify(ModifyKind::Metadata(_)) if self.changed.contains(&path) => {}
            _ => drop(self.unfinished.insert(path.clone())),
        }
        self.changed.insert(path);
    }

    /// Anything of these names may have changed.
    fn add_all(&mut self, names: &BTreeSet<String>) {
        self.changed.extend(names.iter().cloned());
        self.unfinished.extend(names.iter().cloned());
    }

    /// How long nothing must come for the burst to be over.
    fn quiet(&self) -> Duration {
        if self.unfinished.is_empty() { FINISHED } else { QUIET }
    }
}

struct State {
    root: PathBuf,
    names: BTreeSet<String>,
    watcher: RecommendedWatcher,
}

impl State {
    fn run(mut self, inbox: &Receiver<Message>, changed: &dyn Fn(BTreeSet<String>)) {
        let mut burst = Burst::default();
        let mut since = Instant::now();
        loop {
            let message = if burst.changed.is_empty() {
                inbox.recv().map_err(|_| RecvTimeoutError::Disconnected)
            } else {
                inbox.recv_timeout(burst.quiet().min(LONGEST.saturating_sub(since.elapsed())))
            };
            match message {
                Ok(Message::Event(Ok(event))) => {
                    if burst.changed.is_empty() {
                        since = Instant::now();
                    }
                    self.note(&event, &mut burst);
                }
                // An overflow of the queue: anything may have changed.
                Ok(Message::Event(Err(_))) => burst.add_all(&self.names),
                Ok(Message::Names(names)) => self.add(names),
                Err(RecvTimeoutError::Timeout) => changed(std::mem::take(&mut burst).changed),
                Ok(Message::Stop) | Err(RecvTimeoutError::Disconnected) => return,
            }
            if !burst.changed.is_empty() && since.elapsed() >= LONGEST {
                changed(std::mem::take(&mut burst).changed);
            }
        }
    }

    fn add(&mut self, names: BTreeSet<String>) {
        for name in names {
            if self.names.insert(name.clone()) {
                self.watch_folder(&name);
            }
        }
    }

    /// A folder that does not exist, or vanishes before it is watched, is watched when the project's folder tells that it came.
    fn watch_folder(&mut self, name: &str) {
        let folder = self.root.join(name);
        if folder.is_dir() {
            let _ = self.watcher.watch(&folder, RecursiveMode::Recursive);
        }
    }

    fn note(&mut self, event: &notify::Event, burst: &mut Burst) {
        if !is_change(&event.kind) {
            if event.need_rescan() {
                burst.add_all(&self.names);
            }
            return;
        }
        for path in &event.paths {
            let Ok(below) = path.strip_prefix(&self.root) else { continue };
            let parts: Vec<_> = below.components().map(|part| part.as_os_str().to_string_lossy()).collect();
            let Some(first) = parts.first().filter(|first| self.names.contains(&***first)) else { continue };
            if parts.len() == 1 && matches!(event.kind, EventKind::Create(_) | EventKind::Modify(ModifyKind::Name(_))) {
                let name = first.to_string();
                self.watch_folder(&name);
            }
            if !parts.last().is_some_and(|name| is_scratch(name)) {
                burst.add(parts.join("/"), &event.kind);
            }
        }
    }
}

/// Reading is no change, or a build would call for the next one.
fn is_change(kind: &EventKind) -> bool {
    match kind {
        EventKind::Access(AccessKind::Close(AccessMode::Write)) => true,
        EventKind::Access(_) | EventKind::Modify(ModifyKind::Metadata(MetadataKind::AccessTime)) => false,
        EventKind::Any | EventKind::Create(_) | EventKind::Modify(_) | EventKind::Remove(_) => true,
        EventKind::Other => false,
    }
}

/// Files that editors and desktops put beside the real ones.
fn is_scratch(name: &str) -> bool {
    let hidden = name.starts_with('.') && [".swp", ".swx", ".swo", ".tmp"].iter().any(|end| name.ends_with(end));
    // vim asks whether it may write by writing `4913`.
    hidden || name.ends_with('~') || name.starts_with(".#") || name == "4913" || name == ".DS_Store"
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Long enough for any machine; a change comes as soon as it is noticed.
    const PATIENCE: Duration = Duration::from_secs(30);

    fn watched(root: &Path) -> (Watcher, Receiver<BTreeSet<String>>) {
        let (told, changes) = channel();
        let names = ["content", "data", "rivage.toml"].map(str::to_owned);
        let watcher = watch(root, names, move |paths| {
            let _ = told.send(paths);
        });
        (watcher.unwrap(), changes)
    }

    /// Waits until a path is told of.
    fn expect(changes: &Receiver<BTreeSet<String>>, path: &str) {
        loop {
            match changes.recv_timeout(PATIENCE) {
                Ok(paths) if paths.contains(path) => return,
                Ok(_) => {}
                Err(error) => panic!("{path}: {error}"),
            }
        }
    }

    #[test]
    fn writing_replacing_and_removing_are_changes() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        std::fs::create_dir_all(root.join("content/blog")).unwrap();
        let (_watcher, changes) = watched(root);
        std::fs::write(root.join("content/blog/a.md"), "a").unwrap();
        expect(&changes, "content/blog/a.md");
        std::fs::write(root.join("content/blog/.a.tmp"), "b").unwrap();
        std::fs::rename(root.join("content/blog/.a.tmp"), root.join("content/blog/a.md")).unwrap();
        expect(&changes, "content/blog/a.md");
        std::fs::remove_file(root.join("content/blog/a.md")).unwrap();
        expect(&changes, "content/blog/a.md");
    }

    #[test]
    fn settings_and_folders_that_come_later_are_watched() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        let (watcher, changes) = watched(root);
        std::fs::write(root.join("rivage.toml"), "").unwrap();
        expect(&changes, "rivage.toml");
        std::fs::create_dir(root.join("data")).unwrap();
        expect(&changes, "data");
        std::fs::write(root.join("data/a.toml"), "").unwrap();
        expect(&changes, "data/a.toml");
        watcher.add(["notes.md".to_owned()]);
        std::fs::write(root.join("notes.md"), "").unwrap();
        expect(&changes, "notes.md");
    }

    #[test]
    fn what_is_not_asked_for_is_not_told() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        std::fs::create_dir(root.join("content")).unwrap();
        std::fs::create_dir(root.join("public")).unwrap();
        let (_watcher, changes) = watched(root);
        std::fs::write(root.join("public/index.html"), "").unwrap();
        std::fs::write(root.join("other.txt"), "").unwrap();
        std::fs::write(root.join("content/a.md~"), "").unwrap();
        std::fs::write(root.join("content/z.md"), "").unwrap();
        // Events come in the order of their causes: what came before `z.md` would have been told with it or before.
        let mut all = BTreeSet::new();
        while !all.contains("content/z.md") {
            all.extend(changes.recv_timeout(PATIENCE).unwrap());
        }
        assert_eq!(all, BTreeSet::from(["content/z.md".to_owned()]));
    }

    #[test]
    fn a_burst_is_over_soon_when_its_files_are_finished() {
        use notify::event::{CreateKind, DataChange};
        let data = EventKind::Modify(ModifyKind::Data(DataChange::Any));
        let rights = EventKind::Modify(ModifyKind::Metadata(MetadataKind::Permissions));
        let closed = EventKind::Access(AccessKind::Close(AccessMode::Write));
        let name = |mode| EventKind::Modify(ModifyKind::Name(mode));
        let quiet = |events: &[(&str, EventKind)]| {
            let mut burst = Burst::default();
            events.iter().for_each(|(path, kind)| burst.add((*path).to_owned(), kind));
            burst.quiet()
        };
        assert_eq!(quiet(&[("a", data)]), QUIET);
        assert_eq!(quiet(&[("a", data), ("a", data), ("a", closed)]), FINISHED);
        assert_eq!(quiet(&[("a", data), ("a", closed), ("a", rights)]), FINISHED);
        assert_eq!(quiet(&[("a", rights)]), QUIET);
        assert_eq!(quiet(&[("a", closed), ("b", data)]), QUIET);
        // A new file in the place of an old one.
        assert_eq!(quiet(&[("a", name(RenameMode::To))]), FINISHED);
        // An editor that moves the old one away, and is about to write the new one.
        assert_eq!(quiet(&[("a", name(RenameMode::From))]), QUIET);
        let create = EventKind::Create(CreateKind::File);
        assert_eq!(quiet(&[("a", name(RenameMode::From)), ("a", create), ("a", data), ("a", closed)]), FINISHED);
        let mut lost = Burst::default();
        lost.add_all(&BTreeSet::from(["content".to_owned()]));
        assert_eq!((lost.quiet(), lost.changed.len()), (QUIET, 1));
    }

    #[test]
    fn files_of_editors_are_scratch() {
        for name in [".a.md.swp", "a.md~", ".#a.md", "4913", ".DS_Store", ".a.tmp"] {
            assert!(is_scratch(name), "{name}");
        }
        for name in ["a.md", ".well-known", "a.tmp", "_index.mdx"] {
            assert!(!is_scratch(name), "{name}");
        }
    }
}
