//! `rivage images`: files of images in the bucket.
//!
//! Looks which files the pages of the site show, and hands over to [`crate::images::bucket`]; here is where the bucket and its keys are found, which
//! deployments still show something, and what is printed.

use std::collections::BTreeSet;
use std::sync::Arc;

use indicatif::DecimalBytes;
use rivage_cloudflare::r2::{Bucket, Keys, Object, keys_of_token};
use rivage_cloudflare::{Client, Policy, Secret};
use serde_json::json;

use super::Exit;
use super::args::{DeployPlace, Global, Images, ImagesCommand, ImagesGc, ImagesPush};
use super::build::look;
use super::deploy::Setup;
use super::deployments;
use super::printer::{Printer, count, failure};
use super::project::SiteSources;
use crate::cache::images::ImageStore;
use crate::deploy::record::{self, Record};
use crate::diag::emit;
use crate::images::Derivative;
use crate::images::bucket::{self, Pushed};

/// What is said where a site has errors.
const LEFT: &str = "the bucket is as before";

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
    let Some(session) = look(&setup.project, &args.selection, LEFT, printer)? else { return Ok(Exit::SiteHasErrors) };
    let (bucket, name) = open(setup, printer)?;
    let prefix = &setup.config.deploy.bucket_prefix;
    let compared = bucket::compare(&bucket, prefix, session.derivatives()).map_err(told)?;
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
pub(super) fn send(setup: &Setup, derivatives: &[Derivative], printer: &Printer) -> anyhow::Result<bool> {
    let (bucket, name) = open(setup, printer)?;
    let compared = bucket::compare(&bucket, &setup.config.deploy.bucket_prefix, derivatives).map_err(told)?;
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
    let Some(session) = look(&setup.project, &args.selection, LEFT, printer)? else { return Ok(Exit::SiteHasErrors) };
    let (bucket, name) = open(setup, printer)?;
    let mut used: BTreeSet<String> =
        session.derivatives().iter().filter_map(|one| bucket::hash(&one.name)).map(str::to_owned).collect();
    drop(session);
    used.extend(deployed(setup, args.keep, printer)?);
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

/// Returns the hashes of all files that a deployment shows that could be made live again: of all of them, or of those that pruning would keep.
///
/// # Errors
/// What one of them shows cannot be found out: then nothing is removed.
fn deployed(setup: &Setup, keep: Option<usize>, printer: &Printer) -> anyhow::Result<BTreeSet<String>> {
    let name = setup.name()?;
    let client = setup.client(printer)?;
    let path = record::path(client.account(), &name);
    let mut used = BTreeSet::new();
    let all = deployments::of_target(setup, &client, &name, None, usize::MAX)?;
    let old: BTreeSet<&str> = keep
        .map(|keep| deployments::superfluous(&all, keep))
        .into_iter()
        .flatten()
        .map(|one| one.id.as_str())
        .collect();
    for deployment in all.iter().filter(|one| one.is_whole() && !old.contains(one.id.as_str())) {
        let id = &deployment.id;
        if deployment.address.is_empty() {
            let hint = "write `preview_urls = true` in wrangler.toml and deploy, or leave old versions out of account with `--keep N`; nothing was removed";
            return Err(failure(format!("version {id} has no address at which it could tell what it shows"), hint));
        }
        let page = client.fetch(&format!("{}{path}", deployment.address), LONGEST_RECORD).map_err(told)?;
        let record = Some(page).filter(|page| page.status == 200).and_then(|page| Record::parse(&page.bytes));
        let Some(record) = record else {
            let hint = "delete it with `rivage deploy prune`, leave it out of account with `--keep N`, or deploy with `record = true` below `[deploy]`; nothing was removed";
            return Err(failure(format!("deployment {id} does not tell what it shows"), hint));
        };
        used.extend(record.media);
    }
    Ok(used)
}
