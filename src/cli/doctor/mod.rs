//! `rivage doctor`: whether all that a deployment needs is there.
//!
//! In: settings, the environment, Cloudflare. Out: findings, each with what to do about it; with `--fix` it is done, as far as it is a matter of
//! creating something that is missing. Nothing that exists is changed or removed.
//! Deliberately not here: what is wrong with the site itself (`rivage check`, and the checks of `rivage deploy`).

mod account;
mod hyperdrive;
mod place;

use rivage_cloudflare::Client;
use serde_json::{Value, json};

use super::Exit;
use super::args::{Doctor as Args, Global};
use super::database::{VARIABLE, named, states};
use super::deploy::Setup;
use super::printer::Printer;
use crate::config::DeployTarget;
use crate::database::migrations::{self, State as Applied};
use crate::inputs::Inputs;

/// How a thing is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Ok,
    /// It was missing, and has been made.
    Fixed,
    /// It may become a problem.
    Warning,
    /// A deployment would fail.
    Problem,
}

impl State {
    fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Fixed => "fixed",
            Self::Warning => "warning",
            Self::Problem => "problem",
        }
    }
}

/// What was found.
struct Finding {
    topic: &'static str,
    state: State,
    message: String,
    hint: String,
}

impl Finding {
    fn new(topic: &'static str, state: State, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { topic, state, message: message.into(), hint: hint.into() }
    }

    fn ok(topic: &'static str, message: impl Into<String>) -> Self {
        Self::new(topic, State::Ok, message, "")
    }

    fn problem(topic: &'static str, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::new(topic, State::Problem, message, hint)
    }

    fn to_json(&self) -> Value {
        json!({ "topic": self.topic, "state": self.state.word(), "message": self.message, "hint": self.hint })
    }

    fn to_text(&self) -> String {
        let mut text = format!("{:<8} {}: {}\n", self.state.word(), self.topic, self.message);
        if !self.hint.is_empty() {
            text.push_str(&format!("         help: {}\n", self.hint));
        }
        text
    }
}

/// What the looks share.
struct Visit<'a> {
    setup: &'a Setup,
    client: &'a Client,
    fix: bool,
}

pub(super) fn run(global: &Global, args: &Args, printer: &Printer) -> anyhow::Result<Exit> {
    let setup = Setup::open(global, &(&args.place).into())?;
    let mut found = vec![Finding::ok("rivage", env!("CARGO_PKG_VERSION"))];
    found.extend(settings(&setup));
    match setup.client_of_token(printer) {
        None => {
            let hint = "make one at https://dash.cloudflare.com/profile/api-tokens, and set it: `export CLOUDFLARE_API_TOKEN=…`";
            found.push(Finding::problem("token", "CLOUDFLARE_API_TOKEN is not set", hint));
        }
        Some(client) => {
            let (client, findings) = account::look(&client);
            found.extend(findings);
            if let Some(client) = client {
                let visit = Visit { setup: &setup, client: &client, fix: args.fix };
                found.extend(place::look(&visit));
                found.extend(hyperdrive::look(&visit));
            }
        }
    }
    found.extend(database(&setup));
    let is_well = found.iter().all(|one| one.state != State::Problem);
    if args.json {
        let checks: Vec<Value> = found.iter().map(Finding::to_json).collect();
        let told = json!({ "rivage": env!("CARGO_PKG_VERSION"), "ok": is_well, "checks": checks });
        printer.result(&format!("{told}\n"))?;
    } else {
        printer.result(&found.iter().map(Finding::to_text).collect::<String>())?;
    }
    Ok(if is_well { Exit::Done } else { Exit::SiteHasErrors })
}

/// What the files of the project say.
fn settings(setup: &Setup) -> Vec<Finding> {
    let mut found = Vec::new();
    match setup.name_of_target() {
        Ok(name) => found.push(Finding::ok("settings", format!("the site goes to {name}"))),
        Err(_) => found.push(Finding::problem(
            "settings",
            "rivage.toml does not say where to deploy to",
            "write `project = \"my-site\"` below `[deploy]`",
        )),
    }
    if let Some(wrangler) = &setup.wrangler {
        match setup.bundle() {
            Ok(None) if setup.target == DeployTarget::Pages => {}
            Ok(None) => found.push(Finding::ok("worker", "wrangler.toml names no program: files alone are served")),
            Ok(Some(bundle)) => {
                let is_api = if bundle.is_api { "" } else { ", without a manifest of an API" };
                let told = format!("`{}` and {} modules beside it{is_api}", bundle.main, bundle.modules.len() - 1);
                found.push(Finding::ok("worker", told));
            }
            Err(error) => found.push(Finding::problem("worker", format!("{error:#}"), "build the Worker first")),
        }
        let today = super::project::now().to_string();
        if wrangler.date.as_str() > today.get(..10).unwrap_or_default() {
            let told = format!("`compatibility_date` {} in wrangler.toml has not come yet", wrangler.date);
            found.push(Finding::problem("versions", told, "write the date of a day that has passed"));
        }
    }
    found
}

/// Whether the database of the environment can be reached, and has its tables.
fn database(setup: &Setup) -> Option<Finding> {
    setup.api.as_ref()?;
    let topic = "database";
    let config = match named(None, VARIABLE) {
        Ok(Some(config)) => config,
        Ok(None) => {
            let hint =
                "without it `rivage deploy` neither migrates nor publishes; that is right where another job does it";
            return Some(Finding::new(topic, State::Warning, format!("{VARIABLE} is not set"), hint));
        }
        Err(error) => return Some(Finding::problem(topic, format!("{error:#}"), "")),
    };
    let (all, problems) = migrations::all(&Inputs::new(&setup.project.world));
    if !problems.is_empty() {
        return Some(Finding::problem(topic, "a migration is wrong", "`rivage db status` tells which"));
    }
    Some(match states(config.clone(), &all) {
        Err(error) => Finding::problem(topic, format!("{error:#}"), ""),
        Ok(states) if states.contains(&Applied::Changed) => {
            Finding::problem(topic, "a migration was changed since it was run", "`rivage db status` tells which")
        }
        Ok(states) => match states.iter().filter(|state| **state == Applied::Pending).count() {
            0 => Finding::ok(topic, format!("{config}, all migrations are done")),
            count => {
                let told = format!("{config}, {count} migrations are pending");
                Finding::new(topic, State::Warning, told, "`rivage deploy --production` runs them")
            }
        },
    })
}
