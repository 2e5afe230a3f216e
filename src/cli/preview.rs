//! `rivage preview`: the site in the browser, and each change at once.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use anyhow::Context;
use rivage_diag::Diagnostic;

use super::Exit;
use super::args::{Global, Preview};
use super::build::{found, open_cache, tell_troubles};
use super::preview_database::{self, PreviewDatabase};
use super::printer::{Printer, count};
use super::project::{Project, SiteSources, read, world};
use super::serve;
use crate::config::check::SOURCES;
use crate::diag::emit;
use crate::inputs::{Inputs, Known, World};
use crate::pipeline::{Mode, Options, Outcome, Session, Silent};
use crate::preview::{self, Build, Builder, Changed, LiveSink};
use crate::serve::Desk;
use crate::{config, watch};

pub(super) fn run(global: &Global, args: &Preview, printer: &Printer) -> anyhow::Result<Exit> {
    let project = Project::open(global)?;
    let listener = preview::listen(SocketAddr::new(args.host, args.port))?;
    let address = listener.local_addr().context("could not find out the port")?;
    if args.port != 0 && address.port() != args.port {
        printer.note(&format!("port {} is taken, {} is free", args.port, address.port()));
    }
    let log = printer.clone();
    let desk =
        Desk::new(preview_database::secrets()?, Vec::new(), Box::new(move |line| preview_database::log(&log, line)));
    let site = Arc::new(Site {
        root: project.root.clone(),
        origin: format!("http://{}:{}", host(args.host), address.port()),
        drafts: !args.no_drafts,
        future: !args.no_future,
        printer: printer.clone(),
        watcher: Mutex::new(None),
        database: PreviewDatabase::new(&project.root, args, Arc::clone(&desk), printer)?,
        desk: Arc::clone(&desk),
        state: Mutex::default(),
    });
    let changes = preview::Changes::default();
    let tell = changes.clone();
    // Not public/: what is built changes nothing.
    let sources = [config::FILE].into_iter().chain(SOURCES).map(str::to_owned);
    match watch::watch(&project.root, sources, move |paths| tell.tell(paths)) {
        Ok(watcher) => *lock(&site.watcher) = Some(watcher),
        // Still good for looking at.
        Err(error) => printer.warning(&format!("{error}: {}; changes will not show", error.source)),
    }
    let server = preview::serve(listener, Arc::clone(&site) as Arc<dyn Builder>, changes, desk)?;
    let url = format!("{}{}/", site.origin, site.base_path());
    printer.result(&format!("{url}\n"))?;
    if args.host.is_unspecified()
        && let Some(ip) = own_address()
    {
        printer.result(&format!("http://{ip}:{}{}/\n", address.port(), site.base_path()))?;
    }
    if args.open
        && let Err(error) = open(&url)
    {
        printer.warning(&format!("could not open a browser: {error}"));
    }
    printer.note("Ctrl-C ends the preview");
    server.wait_for_ctrl_c()?;
    drop(server);
    site.database.stop();
    Ok(Exit::Done)
}

/// Builds the project into memory.
struct Site {
    root: PathBuf,
    origin: String,
    drafts: bool,
    future: bool,
    printer: Printer,
    watcher: Mutex<Option<watch::Watcher>>,
    desk: Arc<Desk>,
    database: PreviewDatabase,
    state: Mutex<State>,
}

impl Site {
    /// The path part of the base URL that the last build had.
    fn base_path(&self) -> String {
        lock(&self.state).base_path.clone()
    }

    fn report(&self, world: &World, outcome: &Outcome, started: Instant) -> Option<String> {
        let sources = SiteSources { fs: &*world.fs, outcome: Some(outcome) };
        let errors = errors_of(outcome);
        let warnings = outcome.diagnostics.len() - errors.len();
        self.printer.diagnostics(&emit::human(&outcome.diagnostics, &sources, self.printer.color()));
        let drafts = outcome.site.pages.iter().filter(|page| page.is_draft).count();
        let mut line = format!("{} in {} ms", count(outcome.site.pages.len(), "page"), started.elapsed().as_millis());
        if drafts > 0 {
            line += &format!(", {} shown", count(drafts, "draft"));
        }
        if !outcome.diagnostics.is_empty() {
            line += &format!(", {}", found(errors.len(), warnings));
        }
        self.printer.note(&line);
        overlay(&errors, &sources)
    }

    /// Content may import files from anywhere in the project.
    fn watch_also(&self, read: &[String]) {
        let names: BTreeSet<_> = read.iter().filter_map(|path| path.split('/').next()).collect();
        if let Some(watcher) = &*lock(&self.watcher) {
            watcher.add(names.into_iter().filter(|name| !name.is_empty()).map(str::to_owned));
        }
    }

    fn options(&self, base_path: &str) -> Options {
        Options {
            drafts: self.drafts,
            future: self.future,
            base_url: Some(format!("{}{base_path}", self.origin)),
            mode: Mode::Preview,
            ..Options::default()
        }
    }

    fn tell_troubles(&self, session: &mut Session) {
        if let Some(cache) = session.cache_mut() {
            tell_troubles(cache, &self.printer);
        }
    }
}

impl Builder for Site {
    fn build(&self, changed: &Changed) -> Build {
        let started = Instant::now();
        let mut state = lock(&self.state);
        let world = state.world(&self.root);
        let is_sure = !changed.is_empty() && state.session.is_some();
        if changed.is_empty() || changed.iter().any(|path| path == config::FILE) {
            let base_path = config::load(&Inputs::new(&world)).0.site.base_path;
            if base_path != state.base_path {
                // Every address is another.
                state.session = None;
                state.base_path = base_path;
            }
        }
        let base_path = state.base_path.clone();
        let session = state.session.get_or_insert_with(|| {
            let options = self.options(&base_path);
            let cache = open_cache(&self.root, &world, &options);
            Session::new(options, Some(cache))
        });
        let sink = LiveSink::default();
        let done = session.pages(&world, is_sure.then_some(changed), &sink, &Silent).and_then(|()| {
            // After an edited text, what exists once per site may come a moment later.
            if session.is_partial() { Ok(()) } else { session.finish(&sink, Some("search"), &Silent) }
        });
        self.tell_troubles(session);
        let is_partial = session.is_partial();
        let build = match done.map(|()| session.outcome()) {
            Ok(outcome) => {
                let errors = outcome.and_then(|outcome| {
                    // With mistakes in it, the last good one answers on.
                    if !outcome.has_errors() {
                        self.desk.set_manifest(outcome.api.as_ref().map(|api| &api.manifest));
                        if let Some(api) = &outcome.api {
                            let folder = &api.manifest.settings.media.folder;
                            match serve::media(&self.root, None, folder) {
                                Ok(store) => self.desk.set_media(store),
                                Err(error) => self.printer.warning(&error.to_string()),
                            }
                            self.database.built(api.manifest.settings.bounds.answer);
                        }
                    }
                    self.watch_also(&outcome.inputs_read);
                    self.report(&world, &outcome, started)
                });
                Build { files: sink.into_files(), is_partial, base_path, errors }
            }
            Err(error) => {
                // Nothing is at hand any more.
                state.session = None;
                let message = format!("{error}: {}", error.source);
                self.printer.warning(&message);
                let sources = SiteSources { fs: &*world.fs, outcome: None };
                let errors = emit::html(&[Diagnostic::error("disk", message)], &sources);
                Build { files: BTreeMap::new(), is_partial: true, base_path, errors: Some(errors) }
            }
        };
        state.made.clear();
        build
    }

    fn finish(&self) -> Option<Build> {
        let mut state = lock(&self.state);
        let base_path = state.base_path.clone();
        let session = state.session.as_mut()?;
        let sink = LiveSink::default();
        let is_partial = session.is_partial();
        if is_partial && let Err(error) = session.finish(&sink, Some("search"), &Silent) {
            self.printer.warning(&format!("{error}: {}", error.source));
            return None;
        }
        session.save();
        self.tell_troubles(session);
        if !is_partial {
            return None;
        }
        let outcome = session.outcome()?;
        let world = world(&self.root);
        let sources = SiteSources { fs: &*world.fs, outcome: Some(&outcome) };
        let errors = overlay(&errors_of(&outcome), &sources);
        Some(Build { files: sink.into_files(), is_partial: true, base_path, errors })
    }

    fn make(&self, path: &str) -> Option<Vec<u8>> {
        let mut state = lock(&self.state);
        if let Some(bytes) = state.made.get(path) {
            return Some(bytes.clone());
        }
        let session = state.session.as_ref()?;
        if let Some(image) = session.image(path) {
            // Meanwhile the next save is built, and other files are served.
            drop(state);
            return image.make();
        }
        let made = session.make(path);
        state.made.extend(made);
        state.made.get(path).cloned()
    }

    fn read(&self, path: &str) -> Result<Vec<u8>, crate::fs::Error> {
        read(&*world(&self.root).fs, path)
    }
}

/// What is kept from one build to the next.
#[derive(Default)]
struct State {
    session: Option<Session>,
    base_path: String,
    /// What was known of files when the last build ended.
    known: Option<Arc<Known>>,
    /// Files that were made because somebody asked for them.
    made: BTreeMap<String, Vec<u8>>,
}

impl State {
    /// The world of now: the date moves on while a preview runs, and what is known of files stays so.
    fn world(&mut self, root: &Path) -> World {
        let mut world = world(root);
        world.known = Arc::clone(self.known.get_or_insert_with(|| Arc::clone(&world.known)));
        world
    }
}

fn errors_of(outcome: &Outcome) -> Vec<Diagnostic> {
    outcome.diagnostics.iter().filter(|diagnostic| diagnostic.is_error()).cloned().collect()
}

/// The errors as the browser shows them over the page; none where there are none.
fn overlay(errors: &[Diagnostic], sources: &SiteSources<'_>) -> Option<String> {
    (!errors.is_empty()).then(|| emit::html(errors, sources))
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The host to write in the URL. A browser on this machine finds all its addresses under one name.
fn host(ip: IpAddr) -> String {
    match ip {
        _ if ip.is_loopback() || ip.is_unspecified() => "localhost".to_owned(),
        IpAddr::V4(ip) => ip.to_string(),
        IpAddr::V6(ip) => format!("[{ip}]"),
    }
}

/// The address under which others on the network see this machine. Connecting a UDP socket sends nothing; it only asks the system
/// which of its addresses it would use. 192.0.2.1 is an address of nobody, by RFC 5737.
fn own_address() -> Option<IpAddr> {
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).ok()?;
    socket.connect((Ipv4Addr::new(192, 0, 2, 1), 9)).ok()?;
    socket.local_addr().ok().map(|address| address.ip()).filter(|ip| !ip.is_unspecified())
}

fn open(url: &str) -> std::io::Result<()> {
    let mut command = if cfg!(target_os = "macos") {
        std::process::Command::new("open")
    } else if cfg!(target_os = "windows") {
        let mut command = std::process::Command::new("cmd");
        command.args(["/C", "start", ""]);
        command
    } else {
        std::process::Command::new("xdg-open")
    };
    let quiet = std::process::Stdio::null;
    command.arg(url).stdin(quiet()).stdout(quiet()).stderr(quiet()).spawn().map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_written_as_in_urls() {
        assert_eq!(host("127.0.0.1".parse().unwrap()), "localhost");
        assert_eq!(host("0.0.0.0".parse().unwrap()), "localhost");
        assert_eq!(host("::1".parse().unwrap()), "localhost");
        assert_eq!(host("10.0.0.7".parse().unwrap()), "10.0.0.7");
        assert_eq!(host("fe80::1".parse().unwrap()), "[fe80::1]");
    }
}
