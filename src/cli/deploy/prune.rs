//! `rivage deploy prune`: old deployments of a Pages project go.

use rivage_cloudflare::pages;

use super::super::Exit;
use super::super::args::{DeployPlace, DeployPrune, Global};
use super::super::deployments::of_project;
use super::super::printer::{Printer, count};
use super::Setup;
use crate::config::DeployTarget;
use crate::deploy;

pub(super) fn run(global: &Global, args: &DeployPrune, printer: &Printer) -> anyhow::Result<Exit> {
    let place = DeployPlace { project: args.project.clone(), target: args.target, ..DeployPlace::default() };
    let setup = Setup::open(global, &place)?;
    let name = setup.name()?;
    if setup.target == DeployTarget::Workers {
        // There is no request that deletes a version.
        printer.note("there is nothing to prune: Cloudflare itself forgets old versions of a Worker");
        return Ok(Exit::Done);
    }
    let client = setup.client(printer)?;
    let (project, all) = of_project(&client, &name, None, usize::MAX)?;
    let old = deploy::pages::superfluous(&all, project.live.as_ref().map(|live| live.id.as_str()), args.keep);
    for one in &old {
        let kind = if one.production { "production" } else { "preview" };
        printer.result(&format!("{} {} {kind} {}\n", one.id, one.created, one.branch))?;
    }
    if args.dry_run {
        printer.note(&format!("{} would be deleted, {} stay", count(old.len(), "deployment"), all.len() - old.len()));
        return Ok(Exit::Done);
    }
    for one in &old {
        pages::delete(&client, &name, &one.id).map_err(deploy::Error::from)?;
    }
    printer.note(&format!("{} deleted, {} stay", count(old.len(), "deployment"), all.len() - old.len()));
    Ok(Exit::Done)
}
