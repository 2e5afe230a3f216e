//! `rivage publish`: the content of the site into the database of its API.

use std::path::Path;

use rivage_diag::Diagnostic;
use rivage_postgres::Config;

use super::Exit;
use super::args::{Global, Publish as Args};
use super::build::{found, options};
use super::database::{block_on, connect, needed};
use super::git;
use super::printer::{Printer, count};
use super::project::{Project, SiteSources};
use crate::database::publish;
use crate::diag::emit;
use crate::inputs::World;
use crate::pipeline::{self, Mode, Options, Outcome, Progress};
use crate::write::NullSink;

pub(super) fn run(global: &Global, args: &Args, printer: &Printer) -> anyhow::Result<Exit> {
    let project = Project::open(global)?;
    let config = needed(args.db.as_deref())?;
    let progress = printer.progress();
    let (outcome, content) = gather(&project.world, &options(&args.selection, false, Mode::Build), &progress)?;
    drop(progress);
    let errors = outcome.diagnostics.iter().filter(|diagnostic| diagnostic.is_error()).count();
    if errors > 0 {
        let sources = SiteSources { fs: &*project.world.fs, outcome: Some(&outcome) };
        let errors: Vec<Diagnostic> = outcome.diagnostics.iter().filter(|one| one.is_error()).cloned().collect();
        printer.diagnostics(&emit::human(&errors, &sources, printer.color()));
        printer.diagnostics(&format!("{}; nothing was published\n", found(errors.len(), 0)));
        return Ok(Exit::SiteHasErrors);
    }
    let summary = write(config, &content, &project.root)?;
    printer.summary(&format!(
        "build {}: {} written, {} unchanged, {} removed, {} changed",
        content.build,
        count(summary.written, "page"),
        summary.unchanged,
        summary.removed,
        count(summary.links, "link"),
    ))?;
    Ok(Exit::Done)
}

/// Writes the content of a project into a database. Returns what changed.
///
/// # Errors
/// The database cannot be reached, or refused; nothing has changed then.
pub(super) fn write(config: Config, content: &publish::Content, root: &Path) -> anyhow::Result<publish::Summary> {
    let revision = git::revision(root);
    block_on(async {
        let mut client = connect(config).await?;
        let summary = publish::publish(&mut client, content, revision.as_deref()).await?;
        client.close().await;
        Ok(summary)
    })
}

/// Renders the whole site and gathers what is to be published. Nothing is taken from the cache: it keeps what builds need, not all that pages say.
///
/// # Errors
/// The disk refused to be read.
pub(super) fn gather(
    world: &World,
    options: &Options,
    progress: &dyn Progress,
) -> anyhow::Result<(Outcome, publish::Content)> {
    let outcome = pipeline::run(world, options, &NullSink, progress)?;
    let content = publish::gather(&outcome.site, outcome.facts.iter().map(|facts| &**facts));
    Ok((outcome, content))
}
