//! `rivage build`: the site into the output folder.

use std::path::Path;
use std::time::Instant;

use anyhow::Context;
use rivage_diag::Diagnostic;
use serde_json::json;

use super::Exit;
use super::args::{Build, Global, Selection};
use super::printer::{Printer, count};
use super::profile;
use super::project::{Project, SiteSources};
use super::verify::{self, Noted};
use crate::cache::Cache;
use crate::check::limits;
use crate::diag::emit;
use crate::inputs::World;
use crate::pipeline::{Mode, Options, Outcome, Session};
use crate::render::Sink;
use crate::write::LookSink;
use crate::{theme, write};

pub(super) fn run(global: &Global, args: &Build, printer: &Printer) -> anyhow::Result<Exit> {
    let started = Instant::now();
    let project = Project::open(global)?;
    let world = &*project.world;
    let how = How {
        output: args.out.as_deref(),
        force: args.force,
        profile: args.profile,
        has_cache: !args.no_cache,
        verify: args.verify,
    };
    let Made { session, mut outcome, written, output, limits, stale } = make(&project, &args.selection, how, printer)?;
    outcome.diagnostics.extend(limits);
    let errors = outcome.diagnostics.iter().filter(|diagnostic| diagnostic.is_error()).count();
    let warnings = outcome.diagnostics.len() - errors;

    let sources = SiteSources { fs: &*world.fs, outcome: Some(&outcome) };
    if args.json {
        let summary = written.as_ref().map(|summary| {
            json!({
                "written": summary.written,
                "unchanged": summary.unchanged,
                "removed": summary.removed,
                "bytes": summary.bytes,
                "in_place": summary.in_place,
            })
        });
        let mut object = json!({
            "ok": errors == 0,
            "output": output,
            "pages": outcome.site.pages.len(),
            "routes": outcome.site.routes.len(),
            "rendered": outcome.rendered,
            "files": summary,
            "milliseconds": u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
            "errors": errors,
            "warnings": warnings,
            "diagnostics": emit::json(&outcome.diagnostics, &sources),
        });
        if args.profile {
            object["profile"] = profile::to_json(&outcome.profile);
        }
        printer.result(&format!("{object}\n"))?;
    } else {
        printer.diagnostics(&emit::human(&outcome.diagnostics, &sources, printer.color()));
        if args.profile {
            printer.result(&profile::table(&outcome.profile))?;
        }
        let seconds = started.elapsed().as_secs_f64();
        match &written {
            Some(summary) => printer.summary(&format!(
                "{} in `{output}`: {} written, {} unchanged, {} removed ({seconds:.2} s{})",
                count(outcome.site.pages.len(), "page"),
                count(summary.written, "file"),
                summary.unchanged,
                summary.removed,
                if warnings > 0 { format!(", {}", count(warnings, "warning")) } else { String::new() },
            ))?,
            None => printer.diagnostics(&format!("{}; `{output}` is as before\n", found(errors, warnings))),
        }
    }
    if written.is_some_and(|summary| summary.in_place) {
        printer.note(&format!(
            "`{output}` cannot be exchanged in one step, because a disk is mounted there or the folder around it may not be changed: \
             its files were replaced one by one"
        ));
    }
    // The program is about to end, and a large site takes a while to take apart.
    std::mem::forget((session, outcome));
    if let Some(difference) = stale {
        printer.diagnostics(&format!(
            "error[stale]: {difference}help: this is a fault of rivage; `rivage cache clear` mends the site\n"
        ));
        return Ok(Exit::SiteHasErrors);
    }
    Ok(if errors == 0 { Exit::Done } else { Exit::SiteHasErrors })
}

/// How a site is built.
pub(super) struct How<'a> {
    /// Instead of `build.output`.
    pub(super) output: Option<&'a str>,
    /// Replace files of others.
    pub(super) force: bool,
    /// Measure.
    pub(super) profile: bool,
    /// Use the build cache.
    pub(super) has_cache: bool,
    /// Make everything anew as well, and compare.
    pub(super) verify: bool,
}

/// A site that was built.
pub(super) struct Made {
    /// What it was made by.
    pub(super) session: Session,
    /// What the pipeline told.
    pub(super) outcome: Outcome,
    /// What was written; nothing if the site has errors.
    pub(super) written: Option<write::Summary>,
    /// The output folder.
    pub(super) output: String,
    /// What of the output its host may not take.
    pub(super) limits: Vec<Diagnostic>,
    /// The first difference to a build without the cache, if that was asked for and there is one.
    pub(super) stale: Option<String>,
}

/// Builds the site into its output folder, unless it has errors.
pub(super) fn make(project: &Project, selection: &Selection, how: How<'_>, printer: &Printer) -> anyhow::Result<Made> {
    let world = &*project.world;
    let output = match how.output {
        Some(output) => output.to_owned(),
        // The writer is open before the pipeline runs, which reads the settings itself and tells what is wrong with them.
        None => crate::config::load(&crate::inputs::Inputs::new(world)).0.build.output,
    };
    let writer = write::Writer::open(
        &project.root,
        &output,
        write::Options { force: how.force, wait: false, built_in: Some(theme::built_in) },
    )?;
    let progress = printer.progress();
    let options = options(selection, how.profile, Mode::Build);
    let cache = how.has_cache.then(|| open_cache(&project.root, world, &options));
    let mut session = Session::new(options.clone(), cache);
    let noted = how.verify.then(|| Noted::new(&writer));
    let sink: &dyn Sink = noted.as_ref().map_or(&writer, |noted| noted);
    session.pages(world, None, sink, &progress)?;
    session.finish(sink, None, &progress)?;
    let outcome = session.outcome().context("nothing was built")?;
    let made = noted.map(Noted::into_files);
    // A writer that is not committed leaves the output folder as it was.
    let mut files = limits::Count::new(&outcome.site, &outcome.tree);
    let written = if outcome.has_errors() {
        session.save();
        None
    } else {
        writer.each_file(|path, length| files.add(path, length))?;
        // What the cache keeps names its files by hash: it holds whether they get to their places or not.
        let written = std::thread::scope(|scope| {
            scope.spawn(|| session.save());
            writer.commit()
        });
        Some(written?)
    };
    if let Some(cache) = session.cache_mut() {
        tell_troubles(cache, printer);
    }
    let stale = match made.zip(session.cache()) {
        Some((made, cache)) => {
            let read = |path: &str| std::fs::read(project.root.join(&output).join(path)).ok();
            verify::verify(world, &options, cache, &outcome, &made, &read, &progress)?
        }
        None => None,
    };
    Ok(Made { session, outcome, written, output, limits: files.finish(), stale })
}

/// Looks at all pages, without writing any, for what they show and say. None where the site has errors; they are told, with what is left as it was.
pub(super) fn look(
    project: &Project,
    selection: &Selection,
    left: &str,
    printer: &Printer,
) -> anyhow::Result<Option<Session>> {
    let options = options(selection, false, Mode::Build);
    let cache = open_cache(&project.root, &project.world, &options);
    let mut session = Session::new(options, Some(cache));
    let progress = printer.progress();
    session.pages(&project.world, None, &LookSink, &progress)?;
    drop(progress);
    let outcome = session.outcome().context("nothing was built")?;
    if !outcome.has_errors() {
        return Ok(Some(session));
    }
    let sources = SiteSources { fs: &*project.world.fs, outcome: Some(&outcome) };
    printer.diagnostics(&emit::human(&outcome.diagnostics, &sources, printer.color()));
    let errors = outcome.diagnostics.iter().filter(|diagnostic| diagnostic.is_error()).count();
    printer.diagnostics(&format!("{}; {left}\n", found(errors, outcome.diagnostics.len() - errors)));
    Ok(None)
}

/// Opens the cache of a project and tells the world what is known of its files.
pub(super) fn open_cache(root: &Path, world: &World, options: &Options) -> Cache {
    let cache = Cache::open(root, options.flavour());
    cache.inform(world);
    cache
}

/// Says what is wrong with the cache. The build is right in any case.
pub(super) fn tell_troubles(cache: &mut Cache, printer: &Printer) {
    for trouble in cache.troubles() {
        let cause = std::error::Error::source(&trouble).map(|cause| format!(": {cause}")).unwrap_or_default();
        printer.warning(&format!("the build cache: {trouble}{cause}; the site is complete, builds are slower"));
    }
}

/// Turns flags into what the pipeline is asked for.
pub(super) fn options(selection: &Selection, profile: bool, mode: Mode) -> Options {
    Options {
        drafts: selection.drafts,
        future: selection.future,
        base_url: selection.base_url.clone(),
        unknown_component: None,
        profile,
        notes: false,
        mode,
    }
}

/// Says how many errors and warnings there are: `1 error and 2 warnings`.
pub(super) fn found(errors: usize, warnings: usize) -> String {
    match (errors, warnings) {
        (_, 0) => count(errors, "error"),
        (0, _) => count(warnings, "warning"),
        _ => format!("{} and {}", count(errors, "error"), count(warnings, "warning")),
    }
}
