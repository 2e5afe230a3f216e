//! What must hold after each step: a warm build and a preview show what a cold build shows.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rivage::cache::Cache;
use rivage::config;
use rivage::inputs::{Fingerprint, Inputs, Known};
use rivage::pipeline::{Mode, Options, Session, Silent};
use rivage::preview::{LiveSink, Made};
use rivage_diag::Diagnostic;

use super::project::{Cold, Project, bytes_of, cold};
use super::random::Random;

/// What is wrong, in words.
pub(crate) type Verdict = Result<(), String>;

/// Builds warm and cold, and compares. Then nothing is left to do. Returns the cold build.
pub(crate) fn build(project: &Project, options: &Options) -> Result<Cold, String> {
    let cold = project.cold(options);
    let has_errors = cold.outcome.has_errors();
    if !cold.duplicates.is_empty() && !has_errors {
        return Err(format!("two artifacts have the path {:?}, and nobody says so", cold.duplicates));
    }
    let warm = match project.build(options) {
        Ok(warm) => warm,
        // The writer refuses them.
        Err(_) if !cold.duplicates.is_empty() => return Ok(cold),
        Err(error) => return Err(format!("the build failed: {error}: {}", error.source)),
    };
    same_diagnostics(&cold.outcome.diagnostics, &warm.diagnostics)?;
    if cold.duplicates.is_empty() {
        same_prints(&cold.files, &warm.prints)?;
    }
    if has_errors {
        return Ok(cold);
    }
    same_files(&cold.files, &project.output("public"))?;
    let again = project.build(options).map_err(|error| format!("the second build failed: {error}"))?;
    let summary = again.summary.ok_or("the second build has errors")?;
    same_diagnostics(&cold.outcome.diagnostics, &again.diagnostics)?;
    if again.rendered > 0 || summary.written > 0 || summary.removed > 0 {
        return Err(format!("nothing changed, and {} routes were rendered: {summary:?}", again.rendered));
    }
    Ok(cold)
}

pub(crate) fn same_diagnostics(cold: &[Diagnostic], warm: &[Diagnostic]) -> Verdict {
    if cold == warm {
        return Ok(());
    }
    let missing: Vec<_> = cold.iter().filter(|one| !warm.contains(one)).collect();
    let extra: Vec<_> = warm.iter().filter(|one| !cold.contains(one)).collect();
    Err(format!("other diagnostics\n  not told: {missing:#?}\n  told without reason: {extra:#?}"))
}

fn same_prints(cold: &BTreeMap<String, Vec<u8>>, warm: &BTreeMap<String, Fingerprint>) -> Verdict {
    for (path, bytes) in cold {
        match warm.get(path) {
            None => return Err(format!("`{path}` was not made")),
            Some(print) if *print != Fingerprint::of(bytes) => {
                return Err(format!("`{path}` is another; it should be\n{}", String::from_utf8_lossy(bytes)));
            }
            Some(_) => {}
        }
    }
    match warm.keys().find(|path| !cold.contains_key(*path)) {
        Some(path) => Err(format!("`{path}` was made and should not be")),
        None => Ok(()),
    }
}

pub(crate) fn same_files(cold: &BTreeMap<String, Vec<u8>>, found: &BTreeMap<String, Vec<u8>>) -> Verdict {
    for (path, bytes) in cold {
        let Some(found) = found.get(path) else { return Err(format!("`{path}` is missing")) };
        same_bytes(path, bytes, found)?;
    }
    match found.keys().find(|path| !cold.contains_key(*path)) {
        Some(path) => Err(format!("`{path}` is there and should not be")),
        None => Ok(()),
    }
}

fn same_bytes(path: &str, expected: &[u8], found: &[u8]) -> Verdict {
    if expected == found {
        return Ok(());
    }
    let at = expected.iter().zip(found).position(|(a, b)| a != b).unwrap_or(expected.len().min(found.len()));
    let around = |bytes: &[u8]| {
        String::from_utf8_lossy(&bytes[at.saturating_sub(80).min(bytes.len())..(at + 120).min(bytes.len())])
            .into_owned()
    };
    Err(format!("`{path}` differs at byte {at}\n  cold: {:?}\n  warm: {:?}", around(expected), around(found)))
}

/// A preview that lives through all steps: one session, and the files that a browser would see.
pub(crate) struct Preview {
    session: Option<Session>,
    known: Arc<Known>,
    base_path: String,
    files: BTreeMap<String, Made>,
    hides: bool,
    /// Whether the files are all of the last state.
    is_finished: bool,
    /// How many steps took the short way of an edited text.
    pub(crate) short: usize,
}

impl Preview {
    /// Begins; with `hides`, drafts and pages for later are not shown.
    pub(crate) fn new(hides: bool) -> Self {
        let files = BTreeMap::new();
        let (known, base_path) = (Arc::default(), String::new());
        Self { session: None, known, base_path, files, hides, is_finished: false, short: 0 }
    }

    fn options(&self) -> Options {
        Options {
            drafts: !self.hides,
            future: !self.hides,
            base_url: Some(format!("http://localhost:1111{}", self.base_path)),
            mode: Mode::Preview,
            ..Options::default()
        }
    }

    /// What `rivage preview` does when files have changed, and maybe when nothing has changed for a moment after.
    pub(crate) fn build(&mut self, project: &Project, changed: &BTreeSet<String>, is_quiet: bool) -> Verdict {
        let mut world = project.world();
        let is_sure = !changed.is_empty() && self.session.is_some();
        if changed.is_empty() || changed.contains(config::FILE) {
            let base_path = config::load(&Inputs::new(&world)).0.site.base_path;
            if base_path != self.base_path {
                self.session = None;
                self.base_path = base_path;
            }
        }
        let options = self.options();
        if self.session.is_none() {
            let cache = Cache::open(project.root(), options.flavour());
            cache.inform(&world);
            // What is known of files stays with the preview.
            if self.is_finished {
                world.known = Arc::clone(&self.known);
            } else {
                self.known = Arc::clone(&world.known);
            }
            self.session = Some(Session::new(options, Some(cache)));
        } else {
            world.known = Arc::clone(&self.known);
        }
        let Some(session) = &mut self.session else { return Err("no session".to_owned()) };
        let sink = LiveSink::default();
        let failed = |error: rivage::fs::Error| format!("the preview failed: {error}: {}", error.source);
        session.pages(&world, is_sure.then_some(changed), &sink, &Silent).map_err(failed)?;
        let is_partial = session.is_partial();
        if is_partial {
            self.short += 1;
        } else {
            session.finish(&sink, Some("search"), &Silent).map_err(failed)?;
            self.files.clear();
        }
        self.files.extend(sink.into_files());
        self.is_finished = !is_partial;
        if is_quiet {
            let sink = LiveSink::default();
            if is_partial {
                session.finish(&sink, Some("search"), &Silent).map_err(failed)?;
            }
            session.save();
            self.files.extend(sink.into_files());
            self.is_finished = true;
        }
        Ok(())
    }

    /// Compares with a preview that begins now, making each file that is put off.
    pub(crate) fn check_all(&self, project: &Project) -> Verdict {
        let cold = cold(project.root(), &project.world(), &self.options());
        let session = self.session.as_ref().ok_or("no session")?;
        cold.files.iter().try_for_each(|(path, bytes)| match self.files.get(path) {
            Some(Made::Content(content)) => same_bytes(path, bytes, &bytes_of(project.root(), content.clone())),
            _ => same_bytes(path, bytes, &made(session, path)?),
        })
    }

    /// Compares with a preview that begins now; reports whether the site has errors, where that was looked at.
    pub(crate) fn check(&self, project: &Project, random: &mut Random) -> Result<Option<bool>, String> {
        if !self.is_finished {
            return Ok(None);
        }
        let cold = cold(project.root(), &project.world(), &self.options());
        let has_errors = Some(cold.outcome.has_errors());
        if !cold.duplicates.is_empty() {
            return Ok(has_errors);
        }
        let session = self.session.as_ref().ok_or("no session")?;
        let outcome = session.outcome().ok_or("no outcome")?;
        same_diagnostics(&cold.outcome.diagnostics, &outcome.diagnostics)?;
        drop(outcome);
        // The search index is made when somebody searches.
        let is_put_off = |path: &str| path.starts_with("search/") && !self.files.contains_key(path);
        let (search, files): (Vec<_>, Vec<_>) = cold.files.iter().partition(|(path, _)| is_put_off(path));
        let sampled: BTreeSet<usize> = (0..3).map(|_| random.below(files.len())).collect();
        for (number, (path, bytes)) in files.iter().enumerate() {
            match self.files.get(*path) {
                None => return Err(format!("the preview has no `{path}`")),
                Some(Made::Later(print)) if *print == Fingerprint::of(bytes) => {
                    if sampled.contains(&number) {
                        same_bytes(path, bytes, &made(session, path)?)?;
                    }
                }
                Some(Made::Later(_)) => same_bytes(path, bytes, &made(session, path)?)
                    .and(Err(format!("the preview has another fingerprint of `{path}`")))?,
                Some(Made::Content(content)) => same_bytes(path, bytes, &bytes_of(project.root(), content.clone()))?,
            }
        }
        if let Some(path) = self.files.keys().find(|path| !cold.files.contains_key(*path)) {
            return Err(format!("the preview has `{path}`, which should not be there"));
        }
        if let Some((path, bytes)) = search.get(random.below(search.len())) {
            same_bytes(path, bytes, &made(session, path)?)?;
        }
        Ok(has_errors)
    }
}

fn made(session: &Session, path: &str) -> Result<Vec<u8>, String> {
    let files = session.make(path);
    let found = files.into_iter().find(|(made, _)| made == path);
    Ok(found.ok_or_else(|| format!("the preview cannot make `{path}`"))?.1)
}
