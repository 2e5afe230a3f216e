//! `rivage deployments`: what has been deployed, the newest first, and which of it is live.

use rivage_cloudflare::{Client, pages};
use serde_json::{Value, json};

use super::Exit;
use super::args::{Deployments, Global};
use super::deploy::Setup;
use super::printer::{Printer, failure};
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
    let shown = of_pages(&client, &name, wanted, args.limit)?;
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
    let Some(project) = pages::project(client, name).map_err(deploy::Error::from)? else {
        return Err(failure(
            format!("there is no Pages project `{name}` in this account"),
            "see `deploy.project` in rivage.toml",
        ));
    };
    let live = project.live.map(|live| live.id);
    let mut shown = Vec::new();
    for page in 1.. {
        let found = pages::list(client, name, production, page).map_err(deploy::Error::from)?;
        let last = found.len() < 25;
        shown.extend(found.into_iter().map(|one| {
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
        }));
        if last || shown.len() >= limit {
            break;
        }
    }
    shown.truncate(limit);
    Ok(shown)
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
