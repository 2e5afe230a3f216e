//! `rivage build`: the site into the output folder.

use std::path::Path;
use std::time::Instant;

use anyhow::Context;
use serde_json::json;

use super::Exit;
use super::args::{Build, Global, Selection};
use super::printer::{Printer, count};
use super::profile;
use super::project::{Project, SiteSources};
use super::verify::{self, Noted};
use crate::cache::Cache;
use crate::diag::emit;
use crate::inputs::World;
use crate::pipeline::{Mode, Options, Session};
use crate::render::Sink;
use crate::{theme, write};

pub(super) fn run(global: &Global, args: &Build, printer: &Printer) -> anyhow::Result<Exit> {
    let started = Instant::now();
    let project = Project::open(global)?;
    let world = &*project.world;
    let output = match &args.out {
        Some(output) => output.clone(),
        // The writer is open before the pipeline runs, which reads the settings itself and tells what is wrong with them.
        None => crate::config::load(&crate::inputs::Inputs::new(world)).0.build.output,
    };
    let writer = write::Writer::open(
        &project.root,
        &output,
        write::Options { force: args.force, wait: false, built_in: Some(theme::built_in) },
    )?;
    let progress = printer.progress();
    let options = options(&args.selection, args.profile, Mode::Build);
    let cache = (!args.no_cache).then(|| open_cache(&project.root, world, &options));
    let mut session = Session::new(options.clone(), cache);
    let noted = args.verify.then(|| Noted::new(&writer));
    let sink: &dyn Sink = noted.as_ref().map_or(&writer, |noted| noted);
    session.pages(world, None, sink, &progress)?;
    session.finish(sink, None, &progress)?;
    let outcome = session.outcome().context("nothing was built")?;
    let made = noted.map(Noted::into_files);
    let errors = outcome.diagnostics.iter().filter(|diagnostic| diagnostic.is_error()).count();
    let warnings = outcome.diagnostics.len() - errors;
    // A writer that is not committed leaves the output folder as it was.
    let written = if errors == 0 { Some(writer.commit()?) } else { None };
    session.save();
    if let Some(cache) = session.cache_mut() {
        tell_troubles(cache, printer);
    }
    let verified = match made.zip(session.cache()) {
        Some((made, cache)) => {
            let read = |path: &str| std::fs::read(project.root.join(&output).join(path)).ok();
            verify::verify(world, &options, cache, &outcome, &made, &read, &progress)?
        }
        None => None,
    };
    drop(progress);

    let sources = SiteSources { fs: &*world.fs, outcome: Some(&outcome) };
    if args.json {
        let summary = written.as_ref().map(|summary| {
            json!({
                "written": summary.written,
                "unchanged": summary.unchanged,
                "removed": summary.removed,
                "bytes": summary.bytes,
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
    if let Some(difference) = verified {
        printer.diagnostics(&format!(
            "error[stale]: {difference}help: this is a fault of rivage; `rivage cache clear` mends the site\n"
        ));
        return Ok(Exit::SiteHasErrors);
    }
    Ok(if errors == 0 { Exit::Done } else { Exit::SiteHasErrors })
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
