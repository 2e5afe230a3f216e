//! `rivage secrets`: what a Worker knows and nobody else may read.
//!
//! In: a name, and a value from the standard input or typed without echo. Out: a stored secret. The value is no argument, because other programs can read
//! those, and it is never printed. [`rotate`] exchanges those that sign. Deliberately not here: secrets of a preview; a Worker has one set of them.

pub(super) mod file;
mod rotate;

use std::io::{IsTerminal, Read};

use rivage_cloudflare::{Client, Error, Secret, workers};
use serde_json::json;

use super::Exit;
use super::args::{Global, Secrets, SecretsCommand, TargetPlace};
use super::deploy::Setup;
use super::printer::{Printer, failure};
use crate::deploy;

/// Bytes of a value that Cloudflare takes.
const LONGEST: u64 = 5 << 10;

pub(super) fn run(global: &Global, args: &Secrets, printer: &Printer) -> anyhow::Result<Exit> {
    match &args.command {
        SecretsCommand::Put(put) => {
            let (client, worker) = open(global, &put.place, printer)?;
            let value = value(&put.name)?;
            let done = workers::put_secret(&client, &worker, &put.name, &value);
            done.map_err(|error| told(error, &worker))?;
            printer.note(&format!("the Worker `{worker}` has the secret {}", put.name));
        }
        SecretsCommand::List(list) => {
            let (client, worker) = open(global, &list.place, printer)?;
            let names = workers::secrets(&client, &worker).map_err(|error| told(error, &worker))?;
            if list.json {
                printer.result(&format!("{}\n", json!(names)))?;
            } else {
                let lines: String = names.iter().map(|name| format!("{name}\n")).collect();
                printer.result(&lines)?;
            }
        }
        SecretsCommand::Delete(delete) => {
            let (client, worker) = open(global, &delete.place, printer)?;
            let known = workers::secrets(&client, &worker).map_err(|error| told(error, &worker))?;
            if !known.contains(&delete.name) {
                let message = format!("the Worker `{worker}` has no secret {}", delete.name);
                return Err(failure(message, "`rivage secrets list` tells their names"));
            }
            workers::delete_secret(&client, &worker, &delete.name).map_err(|error| told(error, &worker))?;
            printer.note(&format!("the Worker `{worker}` has no secret {} any more", delete.name));
        }
        SecretsCommand::Rotate(args) => rotate::run(global, args, printer)?,
    }
    Ok(Exit::Done)
}

fn open(global: &Global, place: &TargetPlace, printer: &Printer) -> anyhow::Result<(Client, String)> {
    client_and_worker(&Setup::open(global, &place.into())?, printer)
}

fn client_and_worker(setup: &Setup, printer: &Printer) -> anyhow::Result<(Client, String)> {
    let worker = setup.worker().ok_or_else(|| {
        let hint = "a Pages project of files alone needs no secrets; a Worker is named in wrangler.toml, with `main`";
        failure("this site has no Worker", hint)
    })?;
    Ok((setup.client(printer)?, worker))
}

/// Says what to do where Cloudflare's words do not.
fn told(error: Error, worker: &str) -> anyhow::Error {
    if error.has_code(workers::NEWEST_IS_NOT_LIVE) {
        let message =
            format!("the newest version of the Worker `{worker}` is a preview, and secrets belong to the newest");
        return failure(message, "`rivage deploy --production --force` first, then again");
    }
    if error.is_not_found() {
        let message = format!("there is no Worker `{worker}` in this account");
        return failure(message, "`rivage deploy --production --create` makes it");
    }
    deploy::Error::from(error).into()
}

/// Asks for the value on a terminal, else reads it from the standard input. One end of line at its end is not part of it.
fn value(name: &str) -> anyhow::Result<Secret> {
    let mut text = String::new();
    if std::io::stdin().is_terminal() {
        let terminal = console::Term::stderr();
        terminal.write_str(&format!("value of {name}, which is not shown: "))?;
        text = terminal.read_secure_line()?;
    } else {
        let read = std::io::stdin().lock().take(LONGEST + 2).read_to_string(&mut text);
        read.map_err(|_| failure(format!("the value of {name} is no UTF-8"), "a key of bytes goes in base64"))?;
    }
    let text = text.strip_suffix('\n').map_or(text.as_str(), |text| text.strip_suffix('\r').unwrap_or(text));
    if text.is_empty() {
        let hint = format!("write it to the standard input: `rivage secrets put {name} < file`");
        return Err(failure(format!("the value of {name} is empty"), hint));
    }
    if text.len() as u64 > LONGEST {
        return Err(failure(format!("the value of {name} is longer than 5 KiB"), "Cloudflare takes no more"));
    }
    Ok(Secret::new(text))
}
