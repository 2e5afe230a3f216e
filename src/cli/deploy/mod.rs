//! `rivage deploy`: the site on Cloudflare.
//!
//! Build, look at what is there, plan, and hand over to [`crate::deploy`]; here is what is printed, and which environment is meant. Results go to
//! standard output; the environment is told before anything else.

mod database;
mod prune;
mod setup;

use std::time::Duration;

use rivage_diag::Diagnostic;
use serde_json::json;

use self::database::Database;
pub(super) use self::setup::Setup;
use super::args::{Deploy, DeployCommand, Global};
use super::build::{self, How, found, look};
use super::printer::{Printer, failure};
use super::project::SiteSources;
use super::{Exit, git, images};
use crate::config::images::Store;
use crate::deploy::plan::Plan;
use crate::deploy::record::{self, Record};
use crate::deploy::{self, Commit, Environment, Options, Site, State, Target, Tell, checks, files};
use crate::diag::emit;
use crate::pipeline::Session;

pub(super) fn run(global: &Global, args: &Deploy, printer: &Printer) -> anyhow::Result<Exit> {
    if let Some(DeployCommand::Prune(prune)) = &args.command {
        return prune::run(global, prune, printer);
    }
    let setup = Setup::open(global, &args.place)?;
    let environment = environment(&setup, args)?;
    printer.note(&format!("{}: {}", setup.name_of_target()?, environment.describe()));

    let Some(Built { output, session }) = built(&setup, args, printer)? else { return Ok(Exit::SiteHasErrors) };
    let sends_images = setup.config.images.store == Store::R2;
    // A large site takes a lot of memory, which the upload can use.
    let may_ask = !args.dry_run && (sends_images || Database::may_be_touched(&setup, args, &environment));
    let session = session.filter(|_| may_ask);
    let client = setup.client(printer)?;
    let files = files::read(&setup.project.root.join(&output), &setup.state("hashes"))?;
    let worker = setup.worker_settings(args, &files)?;
    // A Worker that serves the site is one with its files; one beside them has a print of its own.
    let of_worker = worker.as_ref().filter(|worker| worker.serves_site).map(|worker| worker.print());
    let mut targets = setup.targets(&client, &environment, args, worker, printer)?;
    let database = Database::look(&setup, args, &environment, printer)?;
    let fingerprint = match &of_worker {
        Some(print) => files.fingerprint(&[print.as_bytes()]),
        None => files.fingerprint(&[]),
    };
    let site = Site { record: Record::of(&files, &fingerprint), files };

    let mut problems = checks::check(&site.files, targets.most_files);
    problems.extend(setup.shadowed(&site.files));
    let redirects = site.files.special_text("_redirects").unwrap_or_default();
    if let Some(former) = targets.all.iter().find_map(|target| target.former()) {
        problems.extend(record::losses(former, &site.record, &redirects, args.allow_gone));
    }
    let wants_differences = args.dry_run || args.json || args.markdown;
    let mut plan = Plan::of(&targets.all, &site, &environment, &problems, wants_differences);
    plan.add_settings(database.iter().flat_map(|database| database.lines.iter().cloned()));
    let sources = SiteSources { fs: &*setup.project.world.fs, outcome: None };
    printer.diagnostics(&emit::human(&problems, &sources, printer.color()));
    let refused = problems.iter().any(Diagnostic::is_error);
    if args.dry_run || refused {
        let result = json!({ "plan": plan.to_json(), "dry_run": args.dry_run, "state": if refused { "refused" } else { "planned" } });
        print(printer, args, || result.to_string(), || plan.to_markdown(None), || plan.to_text())?;
        if refused {
            let errors = problems.iter().filter(|one| one.is_error()).count();
            let live: Vec<String> = targets.all.iter().map(|target| target.live()).collect();
            printer.diagnostics(&format!(
                "{}; nothing has changed: {}\n",
                found(errors, problems.len() - errors),
                live.join("; ")
            ));
        }
        return Ok(if refused { Exit::SiteHasErrors } else { Exit::Done });
    }
    if !args.json && !args.markdown {
        printer.note(plan.to_text().trim_end());
    }
    if !add(&setup, args, session, database.as_ref(), &targets.all, printer)? {
        return Ok(Exit::SiteHasErrors);
    }

    // In a large repository git takes its time.
    let is_done = plan.is_unchanged() && !args.force;
    let mut commit = if is_done { Commit::default() } else { git::commit(&setup.project.root) };
    if let Some(message) = &args.message {
        commit.message.clone_from(message);
    }
    let options = Options {
        force: args.force,
        resume: args.resume,
        verify: !args.no_verify,
        patience: Duration::from_secs(args.timeout),
        ..Options::default()
    };
    let teller = Teller { printer: printer.clone(), bar: printer.progress() };
    let outcome = deploy::deploy(
        &mut targets.all,
        &site,
        &environment,
        &commit,
        &options,
        &setup.state("journal.json"),
        &teller,
    )?;
    drop(teller);

    let address = outcome.places.last().map(|place| place.address.clone());
    if let Some(reason) = &outcome.reason {
        printer.diagnostics(&format!("error: {reason}\n"));
    }
    let result = || {
        let places = outcome
            .places
            .iter()
            .map(|place| json!({ "id": place.id, "address": place.address, "public": place.public }));
        json!({
            "plan": plan.to_json(),
            "dry_run": false,
            "state": outcome.state.as_str(),
            "sentence": outcome.sentence,
            "reason": outcome.reason,
            "deployments": places.collect::<Vec<_>>(),
        })
        .to_string()
    };
    print(
        printer,
        args,
        result,
        || format!("{}\n{}\n", plan.to_markdown(address.as_deref()), outcome.sentence),
        || {
            let at = address.as_ref().map(|address| format!("\n{address}")).unwrap_or_default();
            format!("{}{at}\n", outcome.sentence)
        },
    )?;
    Ok(match outcome.state {
        State::Live | State::Unchanged => Exit::Done,
        State::Failed | State::Broken => Exit::Failed,
        State::Unknown => Exit::Unknown,
    })
}

/// Adds what the site needs before it is there: images in the bucket, tables and content in the database. What is there already stays. `session` is what
/// the site was built by. Reports whether the site allowed it.
fn add(
    setup: &Setup,
    args: &Deploy,
    session: Option<Session>,
    database: Option<&Database>,
    targets: &[Box<dyn Target>],
    printer: &Printer,
) -> anyhow::Result<bool> {
    let sends_images = setup.config.images.store == Store::R2;
    if !sends_images && database.is_none() {
        return Ok(true);
    }
    let session = match session {
        Some(session) => session,
        None => match look(&setup.project, &args.selection, "nothing was deployed", printer)? {
            Some(session) => session,
            None => return Ok(false),
        },
    };
    if sends_images && !images::send(setup, session.derivatives(), printer)? {
        return Ok(false);
    }
    let Some(database) = database else { return Ok(true) };
    let prepared = database.prepare(setup, &session, printer);
    if !matches!(prepared, Ok(true)) {
        let live: Vec<String> = targets.iter().map(|target| target.live()).collect();
        printer.diagnostics(&format!("nothing but the database may have changed: {}\n", live.join("; ")));
    }
    prepared
}

fn print(
    printer: &Printer,
    args: &Deploy,
    json: impl FnOnce() -> String,
    markdown: impl FnOnce() -> String,
    text: impl FnOnce() -> String,
) -> std::io::Result<()> {
    if args.json {
        printer.result(&format!("{}\n", json()))
    } else if args.markdown {
        printer.result(&markdown())
    } else {
        printer.result(&text())
    }
}

/// A site that was built.
struct Built {
    /// The output folder.
    output: String,
    /// What it was made by; none where it was taken as it was.
    session: Option<Session>,
}

/// Builds the site, unless it shall be taken as it is. None if the site has errors.
fn built(setup: &Setup, args: &Deploy, printer: &Printer) -> anyhow::Result<Option<Built>> {
    if args.no_build {
        let output = args.out.clone().unwrap_or_else(|| setup.config.build.output.clone());
        if !setup.project.root.join(&output).is_dir() {
            return Err(failure(
                format!("there is no folder `{output}`"),
                "deploy without `--no-build`, or name another one with `--out`",
            ));
        }
        return Ok(Some(Built { output, session: None }));
    }
    let how = How { output: args.out.as_deref(), force: false, profile: false, has_cache: true, verify: false };
    let made = build::make(&setup.project, &args.selection, how, printer)?;
    let sources = SiteSources { fs: &*setup.project.world.fs, outcome: Some(&made.outcome) };
    printer.diagnostics(&emit::human(&made.outcome.diagnostics, &sources, printer.color()));
    let errors = made.outcome.diagnostics.iter().filter(|one| one.is_error()).count();
    if errors > 0 {
        printer.diagnostics(&format!(
            "{}; nothing was deployed\n",
            found(errors, made.outcome.diagnostics.len() - errors)
        ));
        return Ok(None);
    }
    Ok(Some(Built { output: made.output, session: Some(made.session) }))
}

/// Which environment is meant. Production only when that is said; a preview is named after the branch, and never like production.
fn environment(setup: &Setup, args: &Deploy) -> anyhow::Result<Environment> {
    let production_branch = &setup.config.deploy.branch;
    if args.place.production {
        return Ok(Environment { production: true, branch: production_branch.clone() });
    }
    let branch = match &args.branch {
        Some(branch) if branch == production_branch => {
            let message = format!("`{branch}` is the branch of production");
            return Err(failure(message, "deploy with `--production`, or give the preview another name"));
        }
        Some(branch) => branch.clone(),
        None => match git::branch(&setup.project.root, &setup.project.world.environment) {
            Some(branch) if branch == *production_branch => format!("{branch}-preview"),
            Some(branch) => branch,
            None => "preview".to_owned(),
        },
    };
    Ok(Environment { production: false, branch })
}

/// Tells how a deployment goes on.
struct Teller {
    printer: Printer,
    bar: super::printer::Bar,
}

impl Tell for Teller {
    fn note(&self, text: &str) {
        self.printer.note(text);
    }

    fn files(&self, count: usize) {
        use crate::pipeline::Progress;
        self.bar.stage("upload", count);
    }

    fn sent(&self, count: usize) {
        self.bar.reach(count);
    }
}
