//! Settings, project and account of a command about deployments, and the targets that follow from them.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rivage_cloudflare::{Client, Policy, Secret, account};
use rivage_diag::Diagnostic;

use super::super::args::{Deploy, DeployPlace, Global};
use super::super::printer::{Printer, failure};
use super::super::project::Project;
use crate::api::{self, Api};
use crate::config::{self, Config, DeployTarget};
use crate::deploy::files::Files;
use crate::deploy::pages::Pages;
use crate::deploy::workers::bundle::{self, Bundle};
use crate::deploy::workers::{self, Worker, first};
use crate::deploy::wrangler::{self, Wrangler};
use crate::deploy::{self, Environment, Target, diagnostics};
use crate::inputs::Inputs;

/// The folder of what deployments remember, below the project.
const STATE: &str = ".rivage/deploy";

/// Settings, project and account.
pub(in crate::cli) struct Setup {
    pub(in crate::cli) project: Project,
    pub(in crate::cli) config: Config,
    pub(in crate::cli) target: DeployTarget,
    /// wrangler.toml, where there is one.
    pub(in crate::cli) wrangler: Option<Wrangler>,
    pub(in crate::cli) api: Option<Api>,
    name: Option<String>,
}

/// What is deployed to.
pub(super) struct Targets {
    pub(super) all: Vec<Box<dyn Target>>,
    pub(super) most_files: u64,
}

impl Setup {
    pub(in crate::cli) fn open(global: &Global, place: &DeployPlace) -> anyhow::Result<Self> {
        let project = Project::open(global)?;
        let inputs = Inputs::new(&project.world);
        let (config, problems) = config::load(&inputs);
        let (api, of_routes) = api::read(&inputs, &config);
        for (problems, what) in
            [(problems, "`rivage.toml` has errors"), (of_routes, "the routes of the API have errors")]
        {
            if problems.iter().any(Diagnostic::is_error) {
                return Err(failure(what, "`rivage check` shows them"));
            }
        }
        let target = place.target.map_or(config.deploy.target, Into::into);
        let wrangler = wrangler::read(&project.root)?;
        let of_worker = wrangler.as_ref().and_then(|wrangler| wrangler.name.clone());
        let of_worker = of_worker.filter(|_| target == DeployTarget::Workers);
        let name = place.project.clone().or(of_worker).or_else(|| config.deploy.project.clone());
        drop(inputs);
        Ok(Self { project, target, wrangler, api, name, config })
    }

    /// Returns the name of the project or of the Worker.
    pub(in crate::cli) fn name(&self) -> anyhow::Result<String> {
        self.name.clone().ok_or_else(|| {
            failure(
                "rivage.toml does not say where to deploy to",
                "write `project = \"my-site\"` below `[deploy]`, or give `--project`",
            )
        })
    }

    /// Returns the name of the Worker that serves the site, or its API beside a Pages project.
    pub(in crate::cli) fn worker(&self) -> Option<String> {
        match self.target {
            DeployTarget::Workers => self.name.clone(),
            DeployTarget::Pages => {
                let wrangler = self.wrangler.as_ref().filter(|wrangler| wrangler.main.is_some())?;
                wrangler.name.clone().or_else(|| self.name.clone())
            }
        }
    }

    /// Says where is deployed to.
    pub(in crate::cli) fn name_of_target(&self) -> anyhow::Result<String> {
        let name = self.name()?;
        Ok(match (self.target, self.worker()) {
            (DeployTarget::Workers, _) => format!("Worker `{name}`"),
            (DeployTarget::Pages, None) => format!("Pages project `{name}`"),
            (DeployTarget::Pages, Some(worker)) => format!("Pages project `{name}` and Worker `{worker}`"),
        })
    }

    pub(in crate::cli) fn variable(&self, name: &str) -> Option<&str> {
        self.project.world.environment.get(name).map(|value| value.trim()).filter(|value| !value.is_empty())
    }

    /// Makes a client with the token and account of the environment.
    pub(in crate::cli) fn client(&self, printer: &Printer) -> anyhow::Result<Client> {
        let Some(client) = self.client_of_token(printer) else {
            let rights = match self.target {
                DeployTarget::Pages => "Cloudflare Pages",
                DeployTarget::Workers => "Workers Scripts",
            };
            let hint =
                format!("make a token with the right to edit {rights}, and set it: `export CLOUDFLARE_API_TOKEN=…`");
            return Err(failure("CLOUDFLARE_API_TOKEN is not set", hint));
        };
        if !client.account().is_empty() {
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

    /// Makes a client with the token of the environment, and with the account as far as somebody named one. None without a token.
    pub(in crate::cli) fn client_of_token(&self, printer: &Printer) -> Option<Client> {
        let token = self.variable("CLOUDFLARE_API_TOKEN")?;
        let base = self.variable("CLOUDFLARE_API_BASE_URL").unwrap_or(rivage_cloudflare::client::API);
        let notes = printer.clone();
        let notes = Arc::new(move |text: &str| notes.note(text));
        let of_file = self.wrangler.as_ref().and_then(|wrangler| wrangler.account.as_deref());
        let account = self.variable("CLOUDFLARE_ACCOUNT_ID").or(of_file).unwrap_or_default();
        Some(Client::new(base, account, Secret::new(token), Policy::default(), notes))
    }

    pub(super) fn state(&self, file: &str) -> PathBuf {
        Path::new(&self.project.root).join(STATE).join(file)
    }

    /// Reads the program of the Worker; none where wrangler.toml names none.
    pub(in crate::cli) fn bundle(&self) -> anyhow::Result<Option<Bundle>> {
        let Some(main) = self.wrangler.as_ref().and_then(|wrangler| wrangler.main.as_ref()) else { return Ok(None) };
        let manifest = self.api.as_ref().map(|api| api.manifest.encode());
        Ok(Some(bundle::read(&self.project.root, main, manifest.as_deref(), &self.state(""))?))
    }

    /// Returns what the Worker shall be; none where there is to be no Worker.
    pub(super) fn worker_settings(&self, args: &Deploy, files: &Files) -> anyhow::Result<Option<workers::Settings>> {
        let serves_site = self.target == DeployTarget::Workers;
        let Some(name) = self.worker() else { return Ok(None) };
        let wrangler = self.wrangler.clone().unwrap_or_else(Wrangler::of_files);
        let manifest = self.api.as_ref().map(|api| &api.manifest).filter(|_| serves_site);
        let files_first = manifest.map(|manifest| first::shadowed(&wrangler.program_first(), &files.served, manifest));
        Ok(Some(workers::Settings {
            bundle: self.bundle()?,
            serves_site,
            files_first: files_first.unwrap_or_default(),
            domain: self.config.deploy.domain.clone(),
            prune: args.prune,
            create: args.create && !args.dry_run,
            force: args.force,
            record_file: self.config.deploy.record.then(|| self.state("record.json")),
            wrangler,
            ..workers::Settings::of(&name)
        }))
    }

    /// Says which files visitors would not reach, because a route leads them to the Worker beside the project, which has none there.
    pub(super) fn shadowed(&self, files: &Files) -> Vec<Diagnostic> {
        let routes =
            self.wrangler.iter().filter(|wrangler| wrangler.main.is_some()).flat_map(|wrangler| &wrangler.routes);
        let routes = routes.filter(|route| self.target == DeployTarget::Pages && !route.is_domain);
        let Some(manifest) = self.api.as_ref().map(|api| &api.manifest) else { return Vec::new() };
        routes
            .filter_map(|route| {
                let of_route = first::shadowed(&[route.path()], &files.served, manifest);
                (!of_route.is_empty()).then(|| diagnostics::shadowed(&route.pattern, &of_route))
            })
            .collect()
    }

    /// Looks at all that is deployed to: the Worker first, which the site may need.
    pub(super) fn targets(
        &self,
        client: &Client,
        environment: &Environment,
        args: &Deploy,
        worker: Option<workers::Settings>,
        printer: &Printer,
    ) -> anyhow::Result<Targets> {
        let mut all: Vec<Box<dyn Target>> = Vec::new();
        if let Some(settings) = worker {
            match Worker::look(client, settings, environment)? {
                Some(worker) => all.push(Box::new(worker)),
                None => printer.note("there is no Worker yet: this preview has no API"),
            }
        }
        let mut most_files = workers::MOST_FILES;
        if self.target == DeployTarget::Pages {
            let record = self.config.deploy.record.then(|| self.state("record.json"));
            let create = args.create && !args.dry_run;
            let pages = Pages::look(client, &self.name()?, environment, &self.config.deploy.branch, create, record)?;
            most_files = pages.most_files();
            all.push(Box::new(pages));
        }
        Ok(Targets { all, most_files })
    }
}
