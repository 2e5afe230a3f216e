//! `rivage publish`: the content of the site into the database of its API.

use std::path::Path;

use anyhow::Context;
use rivage_postgres::Config;

use super::Exit;
use super::args::{Global, Publish as Args};
use super::build::look;
use super::database::{block_on, connect, needed};
use super::git;
use super::printer::{Printer, count};
use super::project::Project;
use crate::database::publish;
use crate::pipeline::Session;

pub(super) fn run(global: &Global, args: &Args, printer: &Printer) -> anyhow::Result<Exit> {
    let project = Project::open(global)?;
    let config = needed(args.db.as_deref())?;
    let Some(session) = look(&project, &args.selection, "nothing was published", printer)? else {
        return Ok(Exit::SiteHasErrors);
    };
    let (build, summary) = write(config, &session, &project.root)?;
    printer.summary(&format!(
        "build {build}: {} written, {} unchanged, {} removed, {} changed",
        count(summary.written, "page"),
        summary.unchanged,
        summary.removed,
        count(summary.links, "link"),
    ))?;
    Ok(Exit::Done)
}

/// Writes what the pages of a session say into a database. Returns the fingerprint of it, and what changed.
///
/// # Errors
/// The database cannot be reached, or refused; nothing has changed then.
pub(super) fn write(config: Config, session: &Session, root: &Path) -> anyhow::Result<(String, publish::Summary)> {
    let revision = git::revision(root);
    let written = session.told(|site, told| {
        let content = publish::gather(site, told);
        block_on(async {
            let mut client = connect(config).await?;
            let summary = publish::publish(&mut client, &content, revision.as_deref()).await?;
            client.close().await;
            Ok((content.build.clone(), summary))
        })
    });
    written.context("nothing was built")?
}
