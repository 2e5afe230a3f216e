//! `rivage images`: files of images in the bucket.
//!
//! Looks which files the pages of the site show, and hands over to [`crate::images::bucket`]; here is where the bucket and its keys are found, which
//! deployments still show something, and what is printed.

use std::collections::BTreeSet;
use std::sync::Arc;

use anyhow::Context;
use indicatif::DecimalBytes;
use rivage_cloudflare::r2::{Bucket, Keys, Object, keys_of_token};
use rivage_cloudflare::{Client, Policy, Secret};
use serde_json::json;

use super::Exit;
use super::args::{DeployPlace, Global, Images, ImagesCommand, ImagesGc, ImagesPush, Selection};
use super::build::{self, found, open_cache};
use super::deploy::Setup;
use super::deployments;
use super::printer::{Printer, count, failure};
use super::project::SiteSources;
use crate::cache::images::ImageStore;
use crate::config::DeployTarget;
use crate::config::images::Store;
use crate::deploy::record::{self, Record};
use crate::diag::emit;
use crate::images::Derivative;
use crate::images::bucket::{self, Pushed};
use crate::pipeline::{Mode, Session};
use crate::write::NullSink;

/// Bytes of a record that are read at most.
const LONGEST_RECORD: u64 = 64 << 20;

pub(super) fn run(global: &Global, args: &Images, printer: &Printer) -> anyhow::Result<Exit> {
    let setup = Setup::open(global, &DeployPlace::default())?;
    match &args.command {
        ImagesCommand::Push(args) => push(&setup, args, printer),
        ImagesCommand::Gc(args) => gc(&setup, args, printer),
    }
}

fn push(setup: &Setup, args: &ImagesPush, printer: &Printer) -> anyhow::Result<Exit> {
    let Some(derivatives) = shown(setup, &args.selection, printer)? else { return Ok(Exit::SiteHasErrors) };
    let (bucket, name) = open(setup, printer)?;
    let prefix = &setup.config.deploy.bucket_prefix;
    let compared = bucket::compare(&bucket, prefix, &derivatives).map_err(told)?;
    let missing = compared.missing.len();
    if args.dry_run {
        for derivative in &compared.missing {
            if !args.json {
                let Derivative { name, source, width, height, .. } = derivative;
                printer.result(&format!("{prefix}{name}  {source} {width}×{height}\n"))?;
            }
        }
        let keys: Vec<_> = compared.missing.iter().map(|one| format!("{prefix}{}", one.name)).collect();
        return print(
            printer,
            args.json,
            &json!({ "ok": true, "dry_run": true, "bucket": name, "missing": keys, "present": compared.present }),
            &format!("{} would be sent to `{name}`, {} are there", count(missing, "file"), compared.present),
        );
    }
    let Pushed { sent, bytes, made, failures } = push_missing(setup, &bucket, &compared.missing, printer)?;
    let ok = failures.is_empty();
    print(
        printer,
        args.json,
        &json!({ "ok": ok, "bucket": name, "sent": sent, "bytes": bytes, "made": made, "present": compared.present }),
        &format!(
            "{} ({}) sent to `{name}`, {} of them made now; {} were there",
            count(sent, "file"),
            DecimalBytes(bytes),
            made,
            compared.present
        ),
    )?;
    Ok(if ok { Exit::Done } else { Exit::SiteHasErrors })
}

/// Sends what pages show and the bucket does not have, before a deployment shows it. Reports whether all of it is there now.
pub(super) fn send(setup: &Setup, selection: &Selection, printer: &Printer) -> anyhow::Result<bool> {
    if setup.config.images.store != Store::R2 {
        return Ok(true);
    }
    let Some(derivatives) = shown(setup, selection, printer)? else { return Ok(false) };
    let (bucket, name) = open(setup, printer)?;
    let compared = bucket::compare(&bucket, &setup.config.deploy.bucket_prefix, &derivatives).map_err(told)?;
    let pushed = push_missing(setup, &bucket, &compared.missing, printer)?;
    printer.note(&format!("{} sent to `{name}`, {} were there", count(pushed.sent, "file"), compared.present));
    Ok(pushed.failures.is_empty())
}

/// Sends what is missing, and says of which images nothing could be made.
fn push_missing(setup: &Setup, bucket: &Bucket, missing: &[&Derivative], printer: &Printer) -> anyhow::Result<Pushed> {
    let store = ImageStore::new(&setup.project.root);
    let progress = printer.progress();
    let prefix = &setup.config.deploy.bucket_prefix;
    let pushed = bucket::push(&setup.project.world, &store, bucket, prefix, missing, &progress);
    drop(progress);
    let pushed = match pushed {
        Err(bucket::PushError::Bucket(error)) => return Err(told(error)),
        other => other?,
    };
    let problems: Vec<_> = pushed.failures.iter().map(crate::images::Failure::diagnostic).collect();
    let sources = SiteSources { fs: &*setup.project.world.fs, outcome: None };
    printer.diagnostics(&emit::human(&problems, &sources, printer.color()));
    Ok(pushed)
}

fn gc(setup: &Setup, args: &ImagesGc, printer: &Printer) -> anyhow::Result<Exit> {
    let Some(derivatives) = shown(setup, &args.selection, printer)? else { return Ok(Exit::SiteHasErrors) };
    let (bucket, name) = open(setup, printer)?;
    let mut used: BTreeSet<String> =
        derivatives.iter().filter_map(|one| bucket::hash(&one.name)).map(str::to_owned).collect();
    used.extend(deployed(setup, printer)?);
    let age = jiff::SignedDuration::from_hours(24 * i64::from(args.older_than));
    let before = setup.project.world.now - age;
    let old = bucket::superfluous(&bucket, &setup.config.deploy.bucket_prefix, &used, before).map_err(told)?;
    let bytes: u64 = old.iter().map(|object| object.size).sum();
    if !args.json {
        for Object { key, size, modified } in &old {
            printer.result(&format!("{key}  {}  {modified}\n", DecimalBytes(*size)))?;
        }
    }
    if !args.dry_run {
        for object in &old {
            bucket.delete(&object.key).map_err(told)?;
        }
    }
    let keys: Vec<_> = old.iter().map(|object| object.key.as_str()).collect();
    let verb = if args.dry_run { "would be removed" } else { "removed" };
    print(
        printer,
        args.json,
        &json!({ "ok": true, "dry_run": args.dry_run, "bucket": name, "removed": keys, "bytes": bytes }),
        &format!("{} ({}) {verb} from `{name}`", count(old.len(), "file"), DecimalBytes(bytes)),
    )
}

fn print(printer: &Printer, as_json: bool, json: &serde_json::Value, text: &str) -> anyhow::Result<Exit> {
    if as_json {
        printer.result(&format!("{json}\n"))?;
    } else {
        printer.summary(text)?;
    }
    Ok(Exit::Done)
}

/// Returns the files that pages show; none where the site has errors, which are told.
fn shown(setup: &Setup, selection: &Selection, printer: &Printer) -> anyhow::Result<Option<Vec<Derivative>>> {
    let project = &setup.project;
    let options = build::options(selection, false, Mode::Build);
    let mut session = Session::new(options.clone(), Some(open_cache(&project.root, &project.world, &options)));
    let progress = printer.progress();
    session.pages(&project.world, None, &NullSink, &progress)?;
    drop(progress);
    let outcome = session.outcome().context("nothing was built")?;
    if outcome.has_errors() {
        let sources = SiteSources { fs: &*project.world.fs, outcome: Some(&outcome) };
        printer.diagnostics(&emit::human(&outcome.diagnostics, &sources, printer.color()));
        let errors = outcome.diagnostics.iter().filter(|diagnostic| diagnostic.is_error()).count();
        printer
            .diagnostics(&format!("{}; the bucket is as before\n", found(errors, outcome.diagnostics.len() - errors)));
        return Ok(None);
    }
    Ok(Some(session.derivatives().to_vec()))
}

/// Opens the bucket of the settings with the keys of the environment.
fn open(setup: &Setup, printer: &Printer) -> anyhow::Result<(Bucket, String)> {
    let deploy = &setup.config.deploy;
    let Some(name) = deploy.bucket.clone() else {
        let hint = "write `bucket = \"my-media\"` below `[deploy]`";
        return Err(failure("rivage.toml does not say which bucket images are in", hint));
    };
    let endpoint = deploy.bucket_endpoint.as_deref();
    let variable = |name| setup.variable(name).map(str::to_owned);
    let keys = variable("R2_ACCESS_KEY_ID").zip(variable("R2_SECRET_ACCESS_KEY"));
    let client = match (&keys, endpoint, variable("CLOUDFLARE_ACCOUNT_ID")) {
        // Keys of their own need no token.
        (Some(_), Some(_), account) | (Some(_), None, account @ Some(_)) => {
            let notes = printer.clone();
            let notes = Arc::new(move |text: &str| notes.note(text));
            let account = account.unwrap_or_default();
            Client::new(rivage_cloudflare::client::API, &account, Secret::new(""), Policy::default(), notes)
        }
        _ => setup.client(printer)?,
    };
    let keys = match keys {
        Some((key, secret)) => Keys { key, secret: Secret::new(secret) },
        None => keys_of_token(&client).map_err(told)?,
    };
    Ok((Bucket::new(&client, endpoint, &name, keys), name))
}

/// Says why a bucket refuses, with what to do.
fn told(error: rivage_cloudflare::Error) -> anyhow::Error {
    if error.is_denied() {
        let hint = "the token needs the right to edit R2; or set R2_ACCESS_KEY_ID and R2_SECRET_ACCESS_KEY";
        return failure(error.to_string(), hint);
    }
    if error.is_not_found() {
        return failure(error.to_string(), "see `deploy.bucket` in rivage.toml, and make the bucket");
    }
    error.into()
}

/// Returns the hashes of all files that a deployment shows that could be made live again.
///
/// # Errors
/// What one of them shows cannot be found out: then nothing is removed.
fn deployed(setup: &Setup, printer: &Printer) -> anyhow::Result<BTreeSet<String>> {
    if setup.target != DeployTarget::Pages {
        let hint = "nothing was removed; delete by hand what you are sure of";
        return Err(failure("what deployments of a Worker show cannot be found out, so far", hint));
    }
    let name = setup.name()?;
    let client = setup.client(printer)?;
    let path = record::path(client.account(), &name);
    let mut used = BTreeSet::new();
    for deployment in deployments::of_pages(&client, &name, None, usize::MAX)? {
        if !matches!(deployment.status.as_str(), "live" | "done") {
            continue;
        }
        let page = client.fetch(&format!("{}{path}", deployment.address), LONGEST_RECORD).map_err(told)?;
        let record = Some(page).filter(|page| page.status == 200).and_then(|page| Record::parse(&page.bytes));
        let Some(record) = record else {
            let hint = "delete it with `rivage deploy prune`, or deploy with `record = true` below `[deploy]`; nothing was removed";
            return Err(failure(format!("deployment {} does not tell what it shows", deployment.id), hint));
        };
        used.extend(record.media);
    }
    Ok(used)
}
