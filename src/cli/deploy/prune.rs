//! `rivage deploy prune`: old deployments of a Pages project go, or old versions of a Worker.

use rivage_cloudflare::{Client, Error, pages, workers};

use super::super::Exit;
use super::super::args::{DeployPlace, DeployPrune, Global};
use super::super::deployments::{Shown, of_target, superfluous};
use super::super::printer::{Printer, count};
use super::Setup;
use crate::config::DeployTarget;
use crate::deploy;

pub(super) fn run(global: &Global, args: &DeployPrune, printer: &Printer) -> anyhow::Result<Exit> {
    let place = DeployPlace { project: args.project.clone(), target: args.target, ..DeployPlace::default() };
    let setup = Setup::open(global, &place)?;
    let name = setup.name()?;
    let client = setup.client(printer)?;
    let all = of_target(&setup, &client, &name, None, usize::MAX)?;
    let old = superfluous(&all, args.keep);
    let what = match setup.target {
        DeployTarget::Pages => "deployment",
        DeployTarget::Workers => "version",
    };
    for one in &old {
        let kind = if one.production { "production" } else { "preview" };
        printer.result(&format!("{} {} {kind} {}\n", one.id, one.created, one.branch))?;
    }
    if args.dry_run {
        printer.note(&format!("{} would be deleted, {} stay", count(old.len(), what), all.len() - old.len()));
        return Ok(Exit::Done);
    }
    let mut kept = Vec::new();
    for (deleted, one) in old.iter().enumerate() {
        match delete(setup.target, &client, &name, one) {
            Ok(None) => {}
            Ok(Some(refusal)) => kept.push(refusal),
            Err(error) => {
                printer.note(&format!("{} deleted until then", count(deleted - kept.len(), what)));
                return Err(deploy::Error::from(error).into());
            }
        }
    }
    let deleted = old.len() - kept.len();
    printer.note(&format!("{} deleted, {} stay", count(deleted, what), all.len() - deleted));
    if let Some(refusal) = kept.first() {
        printer.note(&format!("Cloudflare keeps {} that have run: {refusal}", count(kept.len(), what)));
    }
    Ok(Exit::Done)
}

/// Deletes one. Returns why Cloudflare keeps it, where that is its right: what it promises is to delete versions that never ran.
fn delete(target: DeployTarget, client: &Client, name: &str, one: &Shown) -> Result<Option<Error>, Error> {
    let done = match target {
        DeployTarget::Pages => pages::delete(client, name, &one.id),
        DeployTarget::Workers => workers::delete_version(client, name, &one.id),
    };
    let has_run = target == DeployTarget::Workers && one.production && one.status == "done";
    match done {
        Ok(()) => Ok(None),
        Err(refusal) if has_run && matches!(refusal.status(), Some(400 | 409 | 422)) => Ok(Some(refusal)),
        Err(error) => Err(error),
    }
}
