//! `rivage db role`: who may do more than others.
//!
//! In: an address and a role, one of them, or neither. Out: accounts with their roles. The first administrator is made by it, since nobody else is there
//! who could. Deliberately not here: making and closing accounts, which visitors and the dashboard do.

use std::collections::BTreeSet;

use anyhow::Context;
use rivage_postgres::{Client, Config};
use serde_json::json;

use super::Exit;
use super::api::load;
use super::args::{DbRole as Args, Global};
use super::database::{block_on, connect, needed};
use super::printer::{Printer, count, failure};
use super::project::Project;
use crate::database::roles::{self, ADMIN, Account, Error, MEMBER};

pub(super) fn run(global: &Global, args: &Args, printer: &Printer) -> anyhow::Result<Exit> {
    if let Some(email) = args.email.as_deref().filter(|email| !email.contains('@')) {
        let hint = "the address comes first: `rivage db role me@example.org admin`";
        return Err(failure(format!("`{email}` is no address of an account"), hint));
    }
    if let Some(role) = &args.role {
        check(global, role, printer)?;
    }
    let config = needed(args.db.as_deref())?;
    match (args.email.as_deref(), args.role.as_deref()) {
        (None, _) => list(config, args.json, printer)?,
        (Some(email), None) => {
            let account = ask(config, async |client| roles::find(client, email).await)?;
            show(&account.ok_or_else(|| nobody(email))?, args.json, printer)?;
        }
        (Some(email), Some(role)) => {
            let was = ask(config, async |client| roles::set(client, email, role).await)?;
            let was = was.ok_or_else(|| nobody(email))?;
            show(&Account { role: role.to_owned(), ..was.clone() }, args.json, printer)?;
            if was.role == role {
                printer.note("it had this role before");
            } else {
                printer.note(&format!(
                    "it was `{}`; its sessions have ended, and the role begins with a new login",
                    was.role
                ));
            }
            if was.is_closed {
                printer.warning("the account is closed: an administrator can open it in the dashboard");
            }
        }
    }
    Ok(Exit::Done)
}

/// Refuses a role that would open nothing.
fn check(global: &Global, role: &str, printer: &Printer) -> anyhow::Result<()> {
    if [ADMIN, MEMBER].contains(&role) {
        return Ok(());
    }
    let project = Project::open(global).with_context(|| {
        format!("`{role}` is no role of rivage itself, and routes that ask for it belong to a site")
    })?;
    let (_, api, _) = load(&project, printer);
    let asked = api.iter().flat_map(|api| &api.manifest.routes).filter_map(|route| route.auth.role.as_deref());
    let known: BTreeSet<&str> = asked.chain([ADMIN, MEMBER]).collect();
    if known.contains(role) {
        return Ok(());
    }
    let known: Vec<_> = known.into_iter().map(|role| format!("`{role}`")).collect();
    Err(failure(format!("no route of the site asks for the role `{role}`"), format!("roles are {}", known.join(", "))))
}

fn list(config: Config, as_json: bool, printer: &Printer) -> anyhow::Result<()> {
    let (accounts, members) = ask(config, async |client| roles::list(client).await)?;
    if as_json {
        printer.result(&format!("{:#}\n", json!(accounts)))?;
        return Ok(());
    }
    for account in &accounts {
        show(account, false, printer)?;
    }
    let members = usize::try_from(members).unwrap_or(usize::MAX);
    printer.summary(&format!("{} with a role, and {}", count(accounts.len(), "account"), count(members, "member")))?;
    Ok(())
}

fn show(account: &Account, as_json: bool, printer: &Printer) -> anyhow::Result<()> {
    let Account { email, role, is_closed } = account;
    let closed = if *is_closed { ", closed" } else { "" };
    let text = if as_json { format!("{:#}\n", json!(account)) } else { format!("{email}: {role}{closed}\n") };
    Ok(printer.result(&text)?)
}

/// Asks the database, and says what to do where its tables are missing.
fn ask<T>(config: Config, work: impl AsyncFnOnce(&mut Client) -> Result<T, Error>) -> anyhow::Result<T> {
    block_on(async {
        let mut client = connect(config).await?;
        let done = work(&mut client).await;
        client.close().await;
        done.map_err(|error| match error {
            Error::NoTables => failure(error.to_string(), "`rivage db migrate` makes them"),
            Error::Database(error) => error.into(),
        })
    })
}

fn nobody(email: &str) -> anyhow::Error {
    let hint = "whoever is to have a role registers first, by `POST /api/v1/auth/register`; `auth.registration` has to allow it";
    failure(format!("no account has the address `{email}`"), hint)
}
