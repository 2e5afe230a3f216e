//! `rivage check`: all faults of the site, and nothing written.

use rivage_diag::Diagnostic;
use serde_json::json;

use super::Exit;
use super::args::{Check, Global};
use super::build::{found, options};
use super::printer::{Printer, count};
use super::project::{Project, SiteSources};
use crate::check;
use crate::diag::emit;
use crate::pipeline::{self, Mode, Progress};

pub(super) fn run(global: &Global, args: &Check, printer: &Printer) -> anyhow::Result<Exit> {
    let project = Project::open(global)?;
    let world = &*project.world;
    let output = check::Output::default();
    let progress = printer.progress();
    let outcome = pipeline::run(world, &options(&args.selection, false, Mode::Check), &output, &progress)?;
    let mut diagnostics = check::check(&outcome.site, &outcome.facts, &output);
    if args.external {
        let links = outcome.facts.iter().flat_map(|facts| &facts.external);
        diagnostics.extend(check::external::check(links, check::external::Pace::default(), &|done, total| {
            if done == 1 {
                progress.stage("links", total);
            }
            progress.step();
        }));
    }
    drop(progress);
    diagnostics.extend(outcome.diagnostics.iter().cloned());
    rivage_diag::sort(&mut diagnostics);

    let errors = diagnostics.iter().filter(|diagnostic| diagnostic.is_error()).count();
    let warnings = diagnostics.len() - errors;
    let sources = SiteSources { fs: &*world.fs, outcome: Some(&outcome) };
    let format = args.format;
    if format.json {
        let object = json!({
            "ok": errors == 0,
            "pages": outcome.site.pages.len(),
            "errors": errors,
            "warnings": warnings,
            "diagnostics": emit::json(&diagnostics, &sources),
        });
        printer.result(&format!("{object}\n"))?;
    } else if format.sarif {
        printer.result(&emit::sarif(&diagnostics, &sources))?;
    } else if format.github {
        printer.result(&emit::github(&diagnostics, &sources))?;
    } else if format.short {
        printer.result(&emit::short(&diagnostics, &sources))?;
    } else {
        printer.diagnostics(&emit::human(&diagnostics, &sources, printer.color()));
        let pages = count(outcome.site.pages.len(), "page");
        let found = if diagnostics.is_empty() { "nothing to report".to_owned() } else { found(errors, warnings) };
        printer.summary(&format!("{pages} checked: {found}"))?;
    }
    Ok(if diagnostics.iter().any(Diagnostic::is_error) { Exit::SiteHasErrors } else { Exit::Done })
}
