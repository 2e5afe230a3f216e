//! `rivage deploy`: the site on Cloudflare.
//!
//! Build, look at what is there, plan, and hand over to [`crate::deploy`]; here is what is printed, and which environment is meant. Results go to
//! standard output; the environment is told before anything else.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rivage_cloudflare::{Client, Policy, Secret, account, pages as api};
use rivage_diag::Diagnostic;
use serde_json::json;

use super::args::{Deploy, DeployCommand, DeployPlace, DeployPrune, Global};
use super::build::{self, How, found};
use super::printer::{Printer, count, failure};
use super::project::{Project, SiteSources};
use super::{Exit, git};
use crate::config::{self, Config, DeployTarget};
use crate::deploy::pages::Pages;
use crate::deploy::plan::Plan;
use crate::deploy::record::{self, Record};
use crate::deploy::{self, Environment, Options, Site, State, Target, Tell, checks, files};
use crate::diag::emit;
use crate::inputs::Inputs;

/// The folder of what deployments remember, below the project.
pub(super) const STATE: &str = ".rivage/deploy";

pub(super) fn run(global: &Global, args: &Deploy, printer: &Printer) -> anyhow::Result<Exit> {
    let setup = Setup::open(global, &args.place)?;
    if let Some(DeployCommand::Prune(prune)) = &args.command {
        return self::prune(global, prune, printer);
    }
    let environment = environment(&setup, args)?;
    printer.note(&format!("{}: {}", setup.name_of_target()?, environment.describe()));

    let Some(output) = built(&setup, args, printer)? else { return Ok(Exit::SiteHasErrors) };
    let client = setup.client(printer)?;
    let mut targets = setup.targets(&client, &environment, args)?;
    let state = setup.project.root.join(STATE);
    let files = files::read(&setup.project.root.join(&output), &state.join("hashes"))?;
    let fingerprint = files.fingerprint(&[]);
    let site = Site { record: Record::of(&files, &fingerprint), files };

    let mut problems = checks::check(&site.files, targets.most_files);
    let redirects = site.files.special_text("_redirects").unwrap_or_default();
    if let Some(former) = targets.all.iter().find_map(|target| target.former()) {
        problems.extend(record::losses(former, &site.record, &redirects, args.allow_gone));
    }
    let wants_differences = args.dry_run || args.json || args.markdown;
    let plan = Plan::of(&targets.all, &site, &environment, &problems, wants_differences);
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

    let mut commit = git::commit(&setup.project.root);
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
    let outcome =
        deploy::deploy(&mut targets.all, &site, &environment, &commit, &options, &state.join("journal.json"), &teller)?;
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

/// Builds the site, unless it shall be taken as it is. Returns the output folder; none if the site has errors.
fn built(setup: &Setup, args: &Deploy, printer: &Printer) -> anyhow::Result<Option<String>> {
    if args.no_build {
        let output = args.out.clone().unwrap_or_else(|| setup.config.build.output.clone());
        if !setup.project.root.join(&output).is_dir() {
            return Err(failure(
                format!("there is no folder `{output}`"),
                "deploy without `--no-build`, or name another one with `--out`",
            ));
        }
        return Ok(Some(output));
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
    Ok(Some(made.output))
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

/// Settings, project and account of a command about deployments.
pub(super) struct Setup {
    pub(super) project: Project,
    pub(super) config: Config,
    pub(super) target: DeployTarget,
    name: Option<String>,
}

/// What is deployed to.
pub(super) struct Targets {
    pub(super) all: Vec<Box<dyn Target>>,
    pub(super) most_files: u64,
}

impl Setup {
    pub(super) fn open(global: &Global, place: &DeployPlace) -> anyhow::Result<Self> {
        let project = Project::open(global)?;
        let (config, diagnostics) = config::load(&Inputs::new(&project.world));
        if diagnostics.iter().any(Diagnostic::is_error) {
            return Err(failure("`rivage.toml` has errors", "`rivage check` shows them"));
        }
        let target = place.target.map_or(config.deploy.target, Into::into);
        if target == DeployTarget::Workers {
            return Err(failure("rivage deploys to Pages only, so far", "write `target = \"pages\"` below `[deploy]`"));
        }
        let name = place.project.clone().or_else(|| config.deploy.project.clone());
        Ok(Self { project, target, name, config })
    }

    /// Returns the name of the project.
    pub(super) fn name(&self) -> anyhow::Result<String> {
        self.name.clone().ok_or_else(|| {
            failure(
                "rivage.toml does not say where to deploy to",
                "write `project = \"my-site\"` below `[deploy]`, or give `--project`",
            )
        })
    }

    fn name_of_target(&self) -> anyhow::Result<String> {
        let kind = match self.target {
            DeployTarget::Pages => "Pages project",
            DeployTarget::Workers => "Worker",
        };
        Ok(format!("{kind} `{}`", self.name()?))
    }

    fn variable(&self, name: &str) -> Option<&str> {
        self.project.world.environment.get(name).map(|value| value.trim()).filter(|value| !value.is_empty())
    }

    /// Makes a client with the token and account of the environment.
    pub(super) fn client(&self, printer: &Printer) -> anyhow::Result<Client> {
        let Some(token) = self.variable("CLOUDFLARE_API_TOKEN") else {
            let hint =
                "make a token with the right to edit Cloudflare Pages, and set it: `export CLOUDFLARE_API_TOKEN=…`";
            return Err(failure("CLOUDFLARE_API_TOKEN is not set", hint));
        };
        let base = self.variable("CLOUDFLARE_API_BASE_URL").unwrap_or(rivage_cloudflare::client::API);
        let notes = printer.clone();
        let notes = Arc::new(move |text: &str| notes.note(text));
        let account = self.variable("CLOUDFLARE_ACCOUNT_ID").unwrap_or_default();
        let client = Client::new(base, account, Secret::new(token), Policy::default(), notes);
        if !account.is_empty() {
            return Ok(client);
        }
        let accounts = account::accounts(&client).map_err(deploy::Error::from)?;
        match accounts.as_slice() {
            [only] => Ok(client.with_account(&only.id)),
            [] => Err(failure(
                "the token may see no account",
                "set CLOUDFLARE_ACCOUNT_ID, or let the token read the account",
            )),
            many => {
                let names: Vec<_> = many.iter().map(|one| format!("{} ({})", one.id, one.name)).collect();
                Err(failure(
                    "the token may see several accounts",
                    format!("set CLOUDFLARE_ACCOUNT_ID to one of {}", names.join(", ")),
                ))
            }
        }
    }

    fn state(&self, file: &str) -> PathBuf {
        Path::new(&self.project.root).join(STATE).join(file)
    }

    fn targets(&self, client: &Client, environment: &Environment, args: &Deploy) -> anyhow::Result<Targets> {
        let record = self.config.deploy.record.then(|| self.state("record.json"));
        let create = args.create && !args.dry_run;
        let pages = Pages::look(client, &self.name()?, environment, &self.config.deploy.branch, create, record)?;
        Ok(Targets { most_files: pages.most_files(), all: vec![Box::new(pages)] })
    }
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

fn prune(global: &Global, args: &DeployPrune, printer: &Printer) -> anyhow::Result<Exit> {
    let place = DeployPlace { project: args.project.clone(), ..DeployPlace::default() };
    let setup = Setup::open(global, &place)?;
    let name = setup.name()?;
    let client = setup.client(printer)?;
    let Some(project) = api::project(&client, &name).map_err(deploy::Error::from)? else {
        return Err(failure(
            format!("there is no Pages project `{name}` in this account"),
            "see `deploy.project` in rivage.toml",
        ));
    };
    let mut all = Vec::new();
    for page in 1.. {
        let found = api::list(&client, &name, None, page).map_err(deploy::Error::from)?;
        let last = found.len() < 25;
        all.extend(found);
        if last {
            break;
        }
    }
    let old = deploy::pages::superfluous(&all, project.live.as_ref().map(|live| live.id.as_str()), args.keep);
    for one in &old {
        let kind = if one.production { "production" } else { "preview" };
        printer.result(&format!("{} {} {kind} {}\n", one.id, one.created, one.branch))?;
    }
    if args.dry_run {
        printer.note(&format!("{} would be deleted, {} stay", count(old.len(), "deployment"), all.len() - old.len()));
        return Ok(Exit::Done);
    }
    for one in &old {
        api::delete(&client, &name, &one.id).map_err(deploy::Error::from)?;
    }
    printer.note(&format!("{} deleted, {} stay", count(old.len(), "deployment"), all.len() - old.len()));
    Ok(Exit::Done)
}
