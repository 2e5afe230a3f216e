//! `rivage rollback`: a former deployment of production live again, without the dashboard.

use rivage_cloudflare::{Client, Error, pages, workers};

use super::Exit;
use super::args::{DeployPlace, Global, Rollback};
use super::deploy::Setup;
use super::deployments::{Shown, of_pages, of_worker};
use super::printer::{Printer, failure};
use crate::config::DeployTarget;
use crate::deploy;

pub(super) fn run(global: &Global, args: &Rollback, printer: &Printer) -> anyhow::Result<Exit> {
    let place = DeployPlace { production: true, target: args.target, project: args.project.clone() };
    let setup = Setup::open(global, &place)?;
    let name = setup.name()?;
    let client = setup.client(printer)?;
    let mut all = match setup.target {
        DeployTarget::Pages => of_pages(&client, &name, Some(true), 1_000)?,
        DeployTarget::Workers => of_worker(&client, &name, &setup.config.deploy.branch)?,
    };
    all.retain(|one| one.production);
    let chosen = choose(&all, args.id.as_deref())?;
    let told = format!("deployment {} of {}", chosen.id, chosen.created);
    if args.dry_run {
        printer.result(&format!("{told} would be live\n"))?;
        return Ok(Exit::Done);
    }
    printer.note(&format!("production of `{name}` goes back to {told}"));
    if let (DeployTarget::Pages, Some(worker)) = (setup.target, setup.worker()) {
        printer
            .note(&format!("the Worker `{worker}` stays as it is: `rivage rollback --target workers` is its way back"));
    }
    let (done, live) = match setup.target {
        DeployTarget::Pages => back_on_pages(&client, &name, &chosen.id),
        DeployTarget::Workers => back_on_workers(&client, &name, &chosen.id),
    };
    match (done, live) {
        (_, Some(live)) if live == chosen.id => {
            let at = Some(&chosen.address).filter(|address| !address.is_empty());
            let at = at.map(|address| format!("{address}\n")).unwrap_or_default();
            printer.result(&format!("production is live: {told}\n{at}"))?;
            Ok(Exit::Done)
        }
        (Err(error), live) if error.may_have_happened() || live.is_none() => {
            printer.diagnostics(&format!(
                "error: {error}\nproduction may or may not have gone back: `rivage deployments` tells\n"
            ));
            Ok(Exit::Unknown)
        }
        (Err(error), _) => Err(deploy::Error::from(error).into()),
        (Ok(()), _) => {
            printer.diagnostics("production may or may not have gone back: `rivage deployments` tells\n");
            Ok(Exit::Unknown)
        }
    }
}

/// Goes back. Returns also what is live then, as far as that can be told.
fn back_on_pages(client: &Client, name: &str, id: &str) -> (Result<(), Error>, Option<String>) {
    let done = pages::roll_back(client, name, id).map(drop);
    let live = pages::project(client, name).ok().flatten().and_then(|project| project.live);
    (done, live.map(|live| live.id))
}

fn back_on_workers(client: &Client, name: &str, id: &str) -> (Result<(), Error>, Option<String>) {
    let done = workers::deploy(client, name, &[(id.to_owned(), 100.0)], "back to a former version");
    let newest = workers::deployments(client, name).ok().flatten().and_then(|all| all.into_iter().next());
    let live = newest.and_then(|newest| match newest.versions.as_slice() {
        [(live, _)] => Some(live.clone()),
        _ => None,
    });
    (done, live)
}

/// Picks the deployment: by its id, else the newest finished one before the live one.
fn choose<'a>(all: &'a [Shown], id: Option<&str>) -> anyhow::Result<&'a Shown> {
    let hint = "`rivage deployments --production` lists them";
    let Some(id) = id else {
        let live = all.iter().position(|one| one.status == "live");
        let before = all[live.map_or(0, |at| at + 1)..].iter().find(|one| one.status == "done");
        return before.ok_or_else(|| failure("there is no deployment before the live one", hint));
    };
    let found: Vec<&Shown> = all.iter().filter(|one| one.id.starts_with(id)).collect();
    match found[..] {
        [one] if one.status == "live" => Err(failure(format!("deployment {} is live already", one.id), hint)),
        [one] if one.status != "done" => {
            Err(failure(format!("deployment {} is not finished ({})", one.id, one.status), hint))
        }
        [one] => Ok(one),
        [] => Err(failure(format!("there is no deployment `{id}` of production"), hint)),
        _ => Err(failure(format!("`{id}` is the start of several ids"), hint)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(id: &str, status: &str) -> Shown {
        Shown {
            id: id.to_owned(),
            created: String::new(),
            production: true,
            branch: String::new(),
            commit: String::new(),
            message: String::new(),
            address: String::new(),
            status: status.to_owned(),
        }
    }

    #[test]
    fn the_one_before_the_live_one_is_chosen() {
        let all = [
            shown("d1", "deploy: failure"),
            shown("c1", "live"),
            shown("b2", "deploy: failure"),
            shown("b1", "done"),
            shown("a1", "done"),
        ];
        let check = |id: Option<&str>, expect: Result<&str, &str>| {
            let chosen = choose(&all, id).map(|one| one.id.clone()).map_err(|error| error.to_string());
            assert_eq!(chosen.as_deref().map_err(String::as_str), expect, "{id:?}");
        };
        check(None, Ok("b1"));
        check(Some("a"), Ok("a1"));
        check(Some("c1"), Err("deployment c1 is live already"));
        check(Some("d"), Err("deployment d1 is not finished (deploy: failure)"));
        check(Some("b"), Err("`b` is the start of several ids"));
        check(Some("x"), Err("there is no deployment `x` of production"));
        assert!(choose(&[shown("a", "live")], None).is_err());
    }
}
