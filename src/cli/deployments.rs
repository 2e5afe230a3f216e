//! `rivage deployments`: what has been deployed, the newest first, and which of it is live.

use rivage_cloudflare::{Client, pages, workers};
use serde_json::{Value, json};

use super::Exit;
use super::args::{Deployments, Global};
use super::deploy::Setup;
use super::printer::{Printer, failure};
use crate::config::DeployTarget;
use crate::deploy;

/// A deployment as it is shown.
pub(super) struct Shown {
    pub(super) id: String,
    pub(super) created: String,
    pub(super) production: bool,
    pub(super) branch: String,
    pub(super) commit: String,
    pub(super) message: String,
    pub(super) address: String,
    /// `live`, `done`, or how far it is.
    pub(super) status: String,
}

pub(super) fn run(global: &Global, args: &Deployments, printer: &Printer) -> anyhow::Result<Exit> {
    let setup = Setup::open(global, &args.place)?;
    let name = setup.name()?;
    let client = setup.client(printer)?;
    let wanted = if args.place.production { Some(true) } else { args.preview.then_some(false) };
    let mut shown = match setup.target {
        DeployTarget::Pages => of_pages(&client, &name, wanted, args.limit)?,
        DeployTarget::Workers => of_worker(&client, &name, &setup.config.deploy.branch)?,
    };
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

/// Lists the deployments of a Pages project.
pub(super) fn of_pages(
    client: &Client,
    name: &str,
    production: Option<bool>,
    limit: usize,
) -> anyhow::Result<Vec<Shown>> {
    let (project, found) = of_project(client, name, production, limit)?;
    let live = project.live.map(|live| live.id);
    let shown = found.into_iter().map(|one| {
        let status = match (live.as_ref() == Some(&one.id), one.is_done()) {
            (true, _) => "live".to_owned(),
            (false, true) => "done".to_owned(),
            (false, false) => format!("{}: {}", one.stage, one.status),
        };
        Shown {
            status,
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
pub(super) fn of_project(
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

/// Lists the versions of a Worker, the newest first. `branch` is that of production. Cloudflare tells of the last ones only.
pub(super) fn of_worker(client: &Client, name: &str, branch: &str) -> anyhow::Result<Vec<Shown>> {
    let Some(deployments) = workers::deployments(client, name).map_err(deploy::Error::from)? else {
        return Err(failure(
            format!("there is no Worker `{name}` in this account"),
            "see `name` in wrangler.toml, or `deploy.project` in rivage.toml",
        ));
    };
    let versions = workers::versions(client, name).map_err(deploy::Error::from)?;
    let live: Vec<&str> =
        deployments.iter().take(1).flat_map(|one| &one.versions).map(|(version, _)| version.as_str()).collect();
    let deployed = |id: &str| deployments.iter().any(|one| one.versions.iter().any(|(version, _)| version == id));
    let shown = versions.into_iter().map(|version| {
        let production = version.alias.is_empty();
        let status = match (live.contains(&version.id.as_str()), production && !deployed(&version.id)) {
            (true, _) => "live",
            (false, true) => "uploaded",
            (false, false) => "done",
        };
        Shown {
            status: status.to_owned(),
            production,
            branch: if production { branch.to_owned() } else { version.alias },
            id: version.id,
            created: version.created,
            commit: String::new(),
            message: version.message,
            address: String::new(),
        }
    });
    Ok(shown.collect())
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
        })
    }

    fn to_line(&self) -> String {
        let kind = if self.production { "production" } else { "preview" };
        let id = self.id.get(..8).unwrap_or(&self.id);
        let created = self.created.get(..16).unwrap_or(&self.created).replace('T', " ");
        let message = self.message.rsplit_once("[rivage ").map_or(self.message.as_str(), |(message, _)| message).trim();
        format!("{id}  {created}  {kind:<10}  {:<6}  {}  {message}\n", self.status, self.branch)
    }
}
