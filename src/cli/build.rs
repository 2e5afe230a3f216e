//! `rivage build`: the site into the output folder.

use std::time::Instant;

use serde_json::json;

use super::Exit;
use super::args::{Build, Global, Selection};
use super::printer::{Printer, count};
use super::profile;
use super::project::{Project, SiteSources};
use crate::diag::emit;
use crate::pipeline::{self, Mode, Options, Outcome};
use crate::{theme, write};

pub(super) fn run(global: &Global, args: &Build, printer: &Printer) -> anyhow::Result<Exit> {
    let started = Instant::now();
    let project = Project::open(global)?;
    let world = &*project.world;
    let how = How { output: args.out.as_deref(), force: args.force, profile: args.profile };
    let Made { outcome, written, output } = make(&project, &args.selection, how, printer)?;
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
            })
        });
        let mut object = json!({
            "ok": errors == 0,
            "output": output,
            "pages": outcome.site.pages.len(),
            "routes": outcome.site.routes.len(),
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
}

/// A site that was built.
pub(super) struct Made {
    /// What the pipeline told.
    pub(super) outcome: Outcome,
    /// What was written; nothing if the site has errors.
    pub(super) written: Option<write::Summary>,
    /// The output folder.
    pub(super) output: String,
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
    let outcome = pipeline::run(world, &options(selection, how.profile, Mode::Build), &writer, &progress)?;
    // A writer that is not committed leaves the output folder as it was.
    let written = if outcome.has_errors() { None } else { Some(writer.commit()?) };
    Ok(Made { outcome, written, output })
}

/// Turns flags into what the pipeline is asked for.
pub(super) fn options(selection: &Selection, profile: bool, mode: Mode) -> Options {
    Options {
        drafts: selection.drafts,
        future: selection.future,
        base_url: selection.base_url.clone(),
        unknown_component: None,
        profile,
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
