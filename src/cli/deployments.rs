//! `rivage deployments`: what has been deployed, the newest first, and which of it is live.
//!
//! In: a Pages project or a Worker. Out: [`Shown`], the same for both; which of them are old, for whoever deletes them or forgets what they show.

use std::collections::BTreeSet;

use rivage_cloudflare::{Client, pages, workers};
use serde_json::{Value, json};

use super::Exit;
use super::args::{Deployments, Global};
use super::deploy::Setup;
use super::printer::{Printer, failure};
use crate::config::DeployTarget;
use crate::deploy;

/// A deployment as it is shown.
#[derive(Debug)]
pub(super) struct Shown {
    pub(super) id: String,
    pub(super) created: String,
    pub(super) production: bool,
    pub(super) branch: String,
    pub(super) commit: String,
    pub(super) message: String,
    /// Where it can be seen; empty where it cannot.
    pub(super) address: String,
    /// `live`, `done`, `uploaded` for a version that never ran, or how far it is.
    pub(super) status: String,
    /// How many of a hundred visitors get it.
    pub(super) share: f64,
}

pub(super) fn run(global: &Global, args: &Deployments, printer: &Printer) -> anyhow::Result<Exit> {
    let setup = Setup::open(global, &(&args.place).into())?;
    let name = setup.name()?;
    let client = setup.client(printer)?;
    let wanted = if args.production { Some(true) } else { args.preview.then_some(false) };
    let mut shown = of_target(&setup, &client, &name, wanted, args.limit)?;
    shown.retain(|one| wanted.is_none_or(|production| one.production == production));
    shown.truncate(args.limit);
    if args.json {
        let all: Vec<Value> = shown.iter().map(Shown::to_json).collect();
        printer.result(&format!("{}\n", Value::from(all)))?;
    } else if shown.is_empty() {
        printer.note("nothing has been deployed yet");
    } else {
        for one in &shown {
            printer.result(&one.to_line())?;
        }
    }
    Ok(Exit::Done)
}

/// Lists what has been deployed to a target, the newest first. Of a Pages project those of production, of previews, or all are asked for.
pub(super) fn of_target(
    setup: &Setup,
    client: &Client,
    name: &str,
    production: Option<bool>,
    limit: usize,
) -> anyhow::Result<Vec<Shown>> {
    match setup.target {
        DeployTarget::Pages => of_pages(client, name, production, limit),
        DeployTarget::Workers => of_worker(client, name, &setup.config.deploy.branch),
    }
}

fn of_pages(client: &Client, name: &str, production: Option<bool>, limit: usize) -> anyhow::Result<Vec<Shown>> {
    let (project, found) = of_project(client, name, production, limit)?;
    let live = project.live.map(|live| live.id);
    let shown = found.into_iter().map(|one| {
        let is_live = live.as_ref() == Some(&one.id);
        let status = match (is_live, one.is_done()) {
            (true, _) => "live".to_owned(),
            (false, true) => "done".to_owned(),
            (false, false) => format!("{}: {}", one.stage, one.status),
        };
        Shown {
            status,
            share: if is_live { 100.0 } else { 0.0 },
            id: one.id,
            created: one.created,
            production: one.production,
            branch: one.branch,
            commit: one.commit,
            message: one.message,
            address: one.url,
        }
    });
    Ok(shown.collect())
}

/// Returns a Pages project with its deployments, the newest first: those of production, of previews, or all.
fn of_project(
    client: &Client,
    name: &str,
    production: Option<bool>,
    limit: usize,
) -> anyhow::Result<(pages::Project, Vec<pages::Deployment>)> {
    let Some(project) = pages::project(client, name).map_err(deploy::Error::from)? else {
        return Err(failure(
            format!("there is no Pages project `{name}` in this account"),
            "see `deploy.project` in rivage.toml",
        ));
    };
    let mut all = Vec::new();
    for page in 1.. {
        let found = pages::list(client, name, production, page).map_err(deploy::Error::from)?;
        let last = found.len() < 25;
        all.extend(found);
        if last || all.len() >= limit {
            break;
        }
    }
    all.truncate(limit);
    Ok((project, all))
}

/// Lists the versions of a Worker that can run. `branch` is that of production.
fn of_worker(client: &Client, name: &str, branch: &str) -> anyhow::Result<Vec<Shown>> {
    let Some(deployments) = workers::deployments(client, name).map_err(deploy::Error::from)? else {
        return Err(failure(
            format!("there is no Worker `{name}` in this account"),
            "see `name` in wrangler.toml, or `deploy.project` in rivage.toml",
        ));
    };
    let versions = workers::versions(client, name).map_err(deploy::Error::from)?;
    let addresses = Addresses::look(client, name).map_err(deploy::Error::from)?;
    let live = deployments.first().map(|one| one.versions.as_slice()).unwrap_or_default();
    let has_run = |id: &str| deployments.iter().any(|one| one.versions.iter().any(|(version, _)| version == id));
    // Of what was before the deployments that Cloudflare tells of nobody knows; most versions run.
    let since = deployments.last().map(|one| one.created.as_str()).unwrap_or_default();
    let shown = versions.into_iter().map(|version| {
        let production = version.alias.is_empty();
        let share = live.iter().find(|(id, _)| *id == version.id).map_or(0.0, |(_, share)| *share);
        let never_ran = production && !has_run(&version.id) && version.created.as_str() >= since;
        let status = match (share > 0.0, never_ran) {
            (true, _) => "live",
            (false, true) => "uploaded",
            (false, false) => "done",
        };
        Shown {
            status: status.to_owned(),
            share,
            production,
            branch: if production { branch.to_owned() } else { version.alias },
            address: addresses.of(client, &version.id, share >= 100.0),
            id: version.id,
            created: version.created,
            commit: String::new(),
            message: version.message,
        }
    });
    Ok(shown.collect())
}

/// Where a Worker and its versions can be seen.
struct Addresses {
    name: String,
    /// The account's name at workers.dev, where versions have addresses there.
    versions: Option<String>,
    /// A host name of the Worker itself.
    public: Option<String>,
}

impl Addresses {
    fn look(client: &Client, name: &str) -> Result<Self, rivage_cloudflare::Error> {
        let subdomain = workers::account_subdomain(client)?;
        let (on, previews) = workers::workers_dev(client, name)?;
        let at_workers = subdomain.as_ref().filter(|_| on).map(|subdomain| format!("{name}.{subdomain}.workers.dev"));
        let public = match at_workers {
            Some(host) => Some(host),
            None => workers::domains(client)?.into_iter().find(|(_, script)| script == name).map(|(host, _)| host),
        };
        Ok(Self { name: name.to_owned(), versions: subdomain.filter(|_| previews), public })
    }

    fn of(&self, client: &Client, id: &str, is_live: bool) -> String {
        let own = self.versions.as_ref().map(|subdomain| {
            let start = id.get(..8).unwrap_or(id);
            format!("{start}-{}.{subdomain}.workers.dev", self.name)
        });
        let host = own.or_else(|| self.public.clone().filter(|_| is_live));
        host.map(|host| client.web(&host)).unwrap_or_default()
    }
}

/// Returns those of all deployments, the newest first as given, that are old: not what visitors get, not under way, neither among the newest `keep` of
/// production or of previews nor the newest of a branch, to which its address leads.
pub(super) fn superfluous(all: &[Shown], keep: usize) -> Vec<&Shown> {
    let mut kept = [0; 2];
    let mut branches = BTreeSet::new();
    let mut old = Vec::new();
    for one in all {
        let is_newest = branches.insert((one.production, one.branch.as_str()));
        let count = &mut kept[usize::from(one.production)];
        let stays = one.status == "live" || is_newest || one.is_under_way() || *count < keep;
        *count += usize::from(stays);
        if !stays {
            old.push(one);
        }
    }
    old
}

impl Shown {
    fn to_json(&self) -> Value {
        json!({
            "id": self.id,
            "created": self.created,
            "environment": if self.production { "production" } else { "preview" },
            "branch": self.branch,
            "commit": self.commit,
            "message": self.message,
            "address": self.address,
            "status": self.status,
            "share": self.share,
        })
    }

    /// Reports whether it is finished and can be gone back to, or was.
    pub(super) fn is_whole(&self) -> bool {
        matches!(self.status.as_str(), "live" | "done" | "uploaded")
    }

    fn is_under_way(&self) -> bool {
        !self.is_whole() && !["failure", "canceled", "skipped"].iter().any(|end| self.status.ends_with(end))
    }

    fn to_line(&self) -> String {
        let kind = if self.production { "production" } else { "preview" };
        let id = self.id.get(..8).unwrap_or(&self.id);
        let created = self.created.get(..16).unwrap_or(&self.created).replace('T', " ");
        let message = self.message.rsplit_once("[rivage ").map_or(self.message.as_str(), |(message, _)| message).trim();
        let status = match self.share {
            share if share > 0.0 && share < 100.0 => format!("{} {share}%", self.status),
            _ => self.status.clone(),
        };
        format!("{id}  {created}  {kind:<10}  {status:<6}  {}  {message}\n", self.branch)
    }
}

#[cfg(test)]
pub(super) fn shown(id: &str, status: &str) -> Shown {
    Shown {
        id: id.to_owned(),
        created: String::new(),
        production: true,
        branch: String::new(),
        commit: String::new(),
        message: String::new(),
        address: String::new(),
        status: status.to_owned(),
        share: if status == "live" { 100.0 } else { 0.0 },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_is_what_nobody_sees_and_nobody_counts() {
        let preview =
            |id: &str, branch: &str| Shown { production: false, branch: branch.to_owned(), ..shown(id, "done") };
        let all = [
            shown("p5", "deploy: active"),
            shown("p4", "deploy: failure"),
            shown("p3", "done"),
            preview("b2", "b"),
            preview("a2", "a"),
            preview("a1", "a"),
            shown("p2", "live"),
            shown("p1", "done"),
        ];
        let old = |keep: usize| superfluous(&all, keep).into_iter().map(|one| one.id.as_str()).collect::<Vec<_>>();
        assert_eq!(old(1), ["p4", "p3", "a1", "p1"]);
        assert_eq!(old(3), ["p1"]);
        assert_eq!(old(10), Vec::<&str>::new());
        assert!(superfluous(&[shown("x", "build: active")], 0).is_empty());
    }

    #[test]
    fn shares_are_told() {
        let half = Shown { share: 50.0, ..shown("0123456789", "live") };
        assert!(half.to_line().starts_with("01234567  "), "{}", half.to_line());
        assert!(half.to_line().contains("  live 50%  ") && !shown("a", "live").to_line().contains('%'));
    }
}
