//! `rivage config`: the settings with all defaults filled in, in the form of rivage.toml.

use super::Exit;
use super::args::{Config as Args, Global};
use super::printer::Printer;
use super::project::{Project, SiteSources};
use crate::config;
use crate::diag::emit;
use crate::inputs::Inputs;

pub(super) fn run(global: &Global, args: &Args, printer: &Printer) -> anyhow::Result<Exit> {
    let project = Project::open(global)?;
    let (config, diagnostics) = config::load(&Inputs::new(&project.world));
    let sources = SiteSources { fs: &*project.world.fs, outcome: None };
    printer.diagnostics(&emit::human(&diagnostics, &sources, printer.color()));
    let settings = config.to_json();
    if args.json {
        printer.result(&format!("{settings:#}\n"))?;
    } else {
        printer.result(&toml_edit::ser::to_string_pretty(&settings)?)?;
    }
    let errors = diagnostics.iter().any(rivage_diag::Diagnostic::is_error);
    Ok(if errors { Exit::SiteHasErrors } else { Exit::Done })
}
