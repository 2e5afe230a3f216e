//! `rivage api`: what a site's API is, told to programs, and checked against a database.

use std::sync::Arc;

use anyhow::Context;
use rivage_api::manifest::Manifest;
use rivage_diag::{Diagnostic, FileId};

use super::Exit;
use super::args::{Api as Args, ApiCheck, ApiCommand, ApiWorker, Global};
use super::database::{VARIABLE, block_on, connect, named};
use super::printer::{Printer, count, failure};
use super::project::{Project, SiteSources};
use crate::api::{self, Api, check, program};
use crate::config::{self, Config};
use crate::deploy::write_whole;
use crate::diag::emit;
use crate::inputs::Inputs;

pub(super) fn run(global: &Global, args: &Args, printer: &Printer) -> anyhow::Result<Exit> {
    let program = match (&args.command, program::FILES) {
        (ApiCommand::Worker(_), None) => {
            let hint = "releases carry it; with rivage's sources, `cargo xtask release` builds a rivage that has it";
            return Err(failure("this rivage was built without the program of the Worker", hint));
        }
        (_, files) => files.unwrap_or_default(),
    };
    let project = Project::open(global)?;
    let (_, api, problems) = load(&project, printer);
    if problems.iter().any(Diagnostic::is_error) {
        return Ok(Exit::SiteHasErrors);
    }
    let api = api.ok_or_else(|| {
        failure(
            "the site has no API",
            format!("write a route into `{}/`, or a table `[api]` into rivage.toml", api::FOLDER),
        )
    })?;
    match &args.command {
        ApiCommand::Client => printer.result(&api.client())?,
        ApiCommand::Openapi => printer.result(&api.openapi())?,
        ApiCommand::Manifest(args) => manifest(&project, args.out.as_deref(), &api.manifest, printer)?,
        ApiCommand::Worker(args) => worker(&project, args, program, &api, printer)?,
        ApiCommand::Check(args) => return check(&project, args, &api, &problems, printer),
    }
    Ok(Exit::Done)
}

fn manifest(project: &Project, out: Option<&str>, manifest: &Manifest, printer: &Printer) -> anyhow::Result<()> {
    let Some(out) = out else {
        let json = serde_json::to_string_pretty(manifest).context("could not print the manifest")?;
        return Ok(printer.result(&format!("{json}\n"))?);
    };
    let file = project.root.join(out);
    write_whole(&file, &manifest.encode()).with_context(|| format!("could not write `{}`", file.display()))?;
    printer.summary(&format!("the manifest is in `{out}`"))?;
    Ok(())
}

fn worker(
    project: &Project,
    args: &ApiWorker,
    files: &[program::File],
    api: &Api,
    printer: &Printer,
) -> anyhow::Result<()> {
    let folder = project.root.join(&args.out);
    program::write(files, &api.manifest.encode(), &folder)
        .with_context(|| format!("could not write the program into `{}`", folder.display()))?;
    printer.summary(&format!("the Worker is in `{}`", args.out))?;
    Ok(())
}

/// Reads settings and API of a project, and prints what is wrong with them.
pub(super) fn load(project: &Project, printer: &Printer) -> (Config, Option<Api>, Vec<Diagnostic>) {
    let inputs = Inputs::new(&project.world);
    let (config, mut problems) = config::load(&inputs);
    let (api, more) = api::read(&inputs, &config);
    problems.extend(more);
    rivage_diag::sort(&mut problems);
    let sources = SiteSources { fs: &*project.world.fs, outcome: None };
    printer.diagnostics(&emit::human(&problems, &sources, printer.color()));
    (config, api, problems)
}

fn check(
    project: &Project,
    args: &ApiCheck,
    api: &Api,
    problems: &[Diagnostic],
    printer: &Printer,
) -> anyhow::Result<Exit> {
    let routes = count(api.manifest.routes.len(), "route");
    let Some(config) = named(args.db.as_deref(), VARIABLE)? else {
        if args.update {
            return Err(failure("`--update` asks a database", format!("pass `--db URL`, or set {VARIABLE}")));
        }
        printer.summary(&format!("{routes} read; no database was asked"))?;
        // What was noted for other statements has to be noted again.
        return Ok(if problems.is_empty() { Exit::Done } else { Exit::SiteHasErrors });
    };
    let fs = Arc::clone(&project.world.fs);
    let read = |file: &FileId| {
        let bytes = fs.read(file.as_str()).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    };
    let mut checked = block_on(async {
        let mut client = connect(config).await?;
        let checked = check::check(api, &mut client, &read).await?;
        client.close().await;
        Ok(checked)
    })?;
    if args.update {
        checked.diagnostics.retain(|diagnostic| diagnostic.code != "changed-columns");
    }
    let sources = SiteSources { fs: &*project.world.fs, outcome: None };
    printer.diagnostics(&emit::human(&checked.diagnostics, &sources, printer.color()));
    if !checked.diagnostics.is_empty() {
        return Ok(Exit::SiteHasErrors);
    }
    if args.update {
        let path = project.root.join(check::SNAPSHOT);
        std::fs::create_dir_all(project.root.join(api::FOLDER))
            .and_then(|()| std::fs::write(&path, check::snapshot(api, &checked)))
            .with_context(|| format!("could not write `{}`", check::SNAPSHOT))?;
    }
    printer.summary(&format!("{routes} and {} agree with the database", count(checked.statements, "statement")))?;
    Ok(Exit::Done)
}
