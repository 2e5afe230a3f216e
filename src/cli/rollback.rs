//! `rivage rollback`: a former deployment of production live again, without the dashboard.

use rivage_cloudflare::{Client, Error, pages, workers};

use super::Exit;
use super::args::{DeployPlace, Global, Rollback};
use super::deploy::Setup;
use super::deployments::{Shown, of_target};
use super::printer::{Printer, failure};
use crate::config::DeployTarget;
use crate::deploy;

pub(super) fn run(global: &Global, args: &Rollback, printer: &Printer) -> anyhow::Result<Exit> {
    let place = DeployPlace { production: true, target: args.target, project: args.project.clone() };
    let setup = Setup::open(global, &place)?;
    let name = setup.name()?;
    let client = setup.client(printer)?;
    let mut all = of_target(&setup, &client, &name, Some(true), 1_000)?;
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
        DeployTarget::Workers => back_on_workers(&client, &name, &chosen.id, args.force),
    };
    match (conclude(&done, live.as_deref(), &chosen.id), done) {
        (Conclusion::Done, _) => {
            let at = Some(&chosen.address).filter(|address| !address.is_empty());
            let at = at.map(|address| format!("{address}\n")).unwrap_or_default();
            printer.result(&format!("production is live: {told}\n{at}"))?;
            Ok(Exit::Done)
        }
        (Conclusion::Refused, Err(error)) if error.has_code(workers::SECRETS_HAVE_CHANGED) => Err(failure(
            format!("secrets of the Worker have changed since version {} ran", chosen.id),
            "nothing has changed; `--force` lets it run all the same",
        )),
        (Conclusion::Refused, Err(error)) => {
            printer.diagnostics("nothing has changed\n");
            Err(deploy::Error::from(error).into())
        }
        (_, done) => {
            if let Err(error) = done {
                printer.diagnostics(&format!("error: {error}\n"));
            }
            printer.diagnostics("production may or may not have gone back: `rivage deployments` tells\n");
            Ok(Exit::Unknown)
        }
    }
}

/// What came of going back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Conclusion {
    Done,
    /// Nothing has changed.
    Refused,
    /// Nobody knows.
    Unknown,
}

/// Concludes from what was answered, and from what is live then as far as that can be told.
fn conclude(done: &Result<(), Error>, live: Option<&str>, wanted: &str) -> Conclusion {
    match (done, live) {
        (_, Some(live)) if live == wanted => Conclusion::Done,
        (Err(error), Some(_)) if !error.may_have_happened() => Conclusion::Refused,
        _ => Conclusion::Unknown,
    }
}

/// Goes back. Returns also what is live then, as far as that can be told.
fn back_on_pages(client: &Client, name: &str, id: &str) -> (Result<(), Error>, Option<String>) {
    let done = pages::roll_back(client, name, id).map(drop);
    let live = pages::project(client, name).ok().flatten().and_then(|project| project.live);
    (done, live.map(|live| live.id))
}

fn back_on_workers(client: &Client, name: &str, id: &str, force: bool) -> (Result<(), Error>, Option<String>) {
    let done = workers::deploy(client, name, &[(id.to_owned(), 100.0)], "back to a former version", force);
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
        if live.is_some_and(|at| all[at].share < 100.0) {
            return Err(failure(
                "visitors are shared out between two versions",
                format!("name the one that all shall get; {hint}"),
            ));
        }
        let before = all[live.map_or(0, |at| at + 1)..].iter().find(|one| one.status == "done");
        return before.ok_or_else(|| failure("there is no deployment before the live one", hint));
    };
    let found: Vec<&Shown> = all.iter().filter(|one| one.id.starts_with(id)).collect();
    match found[..] {
        [one] if one.share >= 100.0 => Err(failure(format!("deployment {} is live already", one.id), hint)),
        [one] if one.status == "uploaded" => {
            Err(failure(format!("version {} never ran", one.id), "`rivage deploy --production` makes a site live"))
        }
        [one] if !one.is_whole() => {
            Err(failure(format!("deployment {} is not finished ({})", one.id, one.status), hint))
        }
        [one] => Ok(one),
        [] => Err(failure(format!("there is no deployment `{id}` of production"), hint)),
        _ => Err(failure(format!("`{id}` is the start of several ids"), hint)),
    }
}

#[cfg(test)]
mod tests {
    use super::super::deployments::shown;
    use super::*;

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

    #[test]
    fn what_is_not_known_is_not_claimed() {
        let api = |status| Error::Api { operation: "x", path: String::new(), status, messages: Vec::new() };
        let lost = || Error::Network { operation: "x", path: String::new(), reason: String::new(), sent: true };
        let check = |done: Result<(), Error>, live: Option<&str>, expect: Conclusion| {
            assert_eq!(conclude(&done, live, "a"), expect, "{done:?} {live:?}");
        };
        check(Ok(()), Some("a"), Conclusion::Done);
        check(Ok(()), Some("b"), Conclusion::Unknown);
        check(Ok(()), None, Conclusion::Unknown);
        check(Err(api(403)), Some("b"), Conclusion::Refused);
        check(Err(api(403)), None, Conclusion::Unknown);
        check(Err(api(500)), Some("b"), Conclusion::Unknown);
        check(Err(lost()), Some("b"), Conclusion::Unknown);
        check(Err(lost()), Some("a"), Conclusion::Done);
    }

    #[test]
    fn of_shared_out_versions_one_is_named() {
        let half = |id: &str| Shown { share: 50.0, ..shown(id, "live") };
        let all = [shown("d1", "uploaded"), half("c1"), half("b1"), shown("a1", "done")];
        let error = choose(&all, None).unwrap_err().to_string();
        assert_eq!(error, "visitors are shared out between two versions");
        assert_eq!(choose(&all, Some("b1")).unwrap().id, "b1");
        assert_eq!(choose(&all, Some("d1")).unwrap_err().to_string(), "version d1 never ran");
    }
}
