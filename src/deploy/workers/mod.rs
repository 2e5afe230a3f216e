//! The target `workers`: a Worker that serves the site itself, or only its API beside a Pages project.
//!
//! Program, bindings and files are one version, which is uploaded and which nobody sees; one request lets it run, which is the switch. Only a Worker that
//! is new cannot be uploaded without running: as long as nothing leads to it, nobody sees that either, and the addresses are made last.

pub mod bundle;
pub mod first;
mod reach;
mod settings;

use std::path::PathBuf;
use std::sync::atomic::AtomicUsize;

use rivage_cloudflare::workers::{self, NewVersion, Version};
use rivage_cloudflare::{Client, pages};
use serde_json::{Value, json};

use self::bundle::Bundle;
use self::reach::Reach;
use self::settings::{Bindings, Files};
use super::pages::{MOST, Sent, record_asset, short};
use super::record::{self, Record};
use super::wrangler::Wrangler;
use super::{Environment, Error, Place, Serves, Step, Switched, Target, journal, message, with_causes};

/// Bytes of a message that every part of Cloudflare takes.
const LONGEST_MESSAGE: usize = 100;

/// What a Worker shall be.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// Its name.
    pub name: String,
    /// What wrangler.toml says.
    pub wrangler: Wrangler,
    /// The program; none for a Worker of files alone.
    pub bundle: Option<Bundle>,
    /// Whether the files of the site are part of it.
    pub serves_site: bool,
    /// The host name that visitors use.
    pub domain: Option<String>,
    /// Whether what the settings do not name is removed.
    pub prune: bool,
    /// Whether it is made where there is none.
    pub create: bool,
    /// Whether a gradual deployment is ended.
    pub force: bool,
    /// Addresses at which files come before the program, against `run_worker_first`: it has no route there.
    pub files_first: Vec<String>,
    /// Where the record is put for the upload; none if there is to be none.
    pub record_file: Option<PathBuf>,
}

impl Settings {
    /// A Worker of files alone.
    pub fn of(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            wrangler: Wrangler::of_files(),
            bundle: None,
            serves_site: true,
            domain: None,
            prune: false,
            create: false,
            force: false,
            files_first: Vec::new(),
            record_file: None,
        }
    }

    /// Returns the hash of all that a version is besides the files of the site.
    pub fn print(&self) -> String {
        settings::print(self)
    }
}

/// What ran when the Worker was looked at.
struct Live {
    /// Versions and their shares.
    shares: Vec<(String, f64)>,
    created: String,
    /// The version, where only one runs.
    version: Option<Version>,
}

/// A Worker.
pub struct Worker {
    client: Client,
    environment: Environment,
    settings: Settings,
    print: String,
    alias: String,
    live: Option<Live>,
    /// The newest version of the preview.
    preview: Option<Version>,
    bindings: Bindings,
    reach: Reach,
    former: Option<Record>,
    /// The version that has been uploaded.
    staged: Option<String>,
    /// Whether what is there is what shall be.
    is_kept: bool,
}

impl Worker {
    /// Looks at the Worker. None for the preview of a program beside a Pages project that is not there yet: the site can be looked at without it.
    ///
    /// # Errors
    /// It does not exist, something leads elsewhere, or it cannot be looked at.
    pub fn look(client: &Client, settings: Settings, environment: &Environment) -> Result<Option<Self>, Error> {
        let name = &settings.name;
        let deployments = workers::deployments(client, name)?;
        let exists = deployments.is_some();
        match (exists, environment.production) {
            (true, _) => {}
            (false, true) if settings.create => {}
            (false, false) if !settings.serves_site => return Ok(None),
            (false, production) => {
                let hint = if production {
                    "`rivage deploy --production --create` makes it"
                } else {
                    "a Worker has no previews before its first version: `rivage deploy --production --create` makes that"
                };
                return Err(Error::refused(format!("there is no Worker `{name}` in this account"), hint));
            }
        }
        let newest = deployments.into_iter().flatten().next();
        let live = match newest {
            None => None,
            Some(newest) => {
                let version = match newest.versions.as_slice() {
                    [(id, _)] => workers::version(client, name, id)?,
                    _ => None,
                };
                Some(Live { shares: newest.versions, created: newest.created, version })
            }
        };
        if live.as_ref().is_some_and(|live| live.shares.len() > 1) && environment.production && !settings.force {
            return Err(Error::refused(
                format!("the visitors of the Worker `{name}` are shared out between two versions"),
                "end the gradual deployment in the dashboard, or deploy with `--force`",
            ));
        }
        if !environment.production && settings.wrangler.preview_urls == Some(false) {
            return Err(Error::refused(
                "wrangler.toml forbids addresses of versions, and a preview needs one",
                "write `preview_urls = true`",
            ));
        }
        let alias = reach::alias(&environment.branch, name);
        let preview = match environment.production {
            true => None,
            false => workers::versions(client, name)?.into_iter().find(|version| version.alias == alias),
        };
        let there = if exists && settings.bundle.is_some() { workers::bindings(client, name)? } else { Vec::new() };
        let bindings = Bindings::of(&settings, &there)?;
        let reach = Reach::look(client, &settings, environment, exists)?;
        let mut worker = Self {
            client: client.clone(),
            environment: environment.clone(),
            print: settings.print(),
            alias,
            live,
            preview,
            bindings,
            reach,
            former: None,
            staged: None,
            is_kept: false,
            settings,
        };
        if worker.settings.serves_site {
            let path = record::path(client.account(), &worker.settings.name);
            worker.former = worker.fetch(&path).and_then(|bytes| Record::parse(&bytes));
        }
        Ok(Some(worker))
    }

    /// Returns the version that there is, if its contents are these.
    fn same(&self, fingerprint: &str) -> Option<Place> {
        let version = match self.environment.production {
            true => self.live.as_ref()?.version.as_ref()?,
            false => self.preview.as_ref()?,
        };
        let is_same = match self.settings.serves_site {
            true => journal::fingerprint(&version.message) == Some(fingerprint),
            false => version.tag == self.tag(),
        };
        (is_same && self.reach.is_done()).then(|| self.place(&version.id))
    }

    fn tag(&self) -> String {
        format!("rivage-{}", self.print)
    }

    fn place(&self, id: &str) -> Place {
        let (client, reach) = (&self.client, &self.reach);
        if self.environment.production {
            let address = reach.address(client, true).unwrap_or_default();
            return Place { id: id.to_owned(), address, public: reach.public(client) };
        }
        let address = reach.address_of(client, short(id));
        Place { id: id.to_owned(), address, public: vec![reach.address_of(client, &self.alias)] }
    }

    fn upload(&self, step: &Step<'_>) -> Result<String, Error> {
        let name = &self.settings.name;
        let mut token = None;
        if self.settings.serves_site {
            let mut assets = step.site.files.assets();
            if let Some(file) = &self.settings.record_file {
                assets.push(record_asset(file, &step.site.record, self.client.account(), name)?);
            }
            let progress = Sent { step, sent: AtomicUsize::new(0) };
            let (made, uploaded) = workers::upload_assets(&self.client, name, &assets, &progress)?;
            step.tell.note(&format!("{} files sent, {} known already", uploaded.files, uploaded.known));
            token = Some(made);
        }
        let files = token.as_deref().map(|token| Files { token, special: &step.site.files.special });
        let mut annotations = json!({
            "workers/message": message(step.commit, step.marker, LONGEST_MESSAGE),
            "workers/tag": self.tag(),
        });
        if !self.environment.production {
            annotations["workers/alias"] = self.alias.as_str().into();
        }
        let new = NewVersion {
            metadata: settings::metadata(&self.settings, &self.bindings, files.as_ref(), annotations),
            modules: self.settings.bundle.as_ref().map(|bundle| bundle.modules.clone()).unwrap_or_default(),
            marker: step.marker.to_owned(),
        };
        Ok(match self.live {
            Some(_) => workers::create_version(&self.client, name, &new)?,
            None => workers::create(&self.client, name, &new)?,
        })
    }

    /// What comes after the switch: settings of the Worker as a whole, and what leads to it.
    fn finish(&self) -> Result<(), rivage_cloudflare::Error> {
        let script = &self.settings.wrangler.script;
        if self.live.is_some() && self.settings.bundle.is_some() && !script.is_empty() {
            workers::patch_settings(&self.client, &self.settings.name, &Value::from(script.clone()))?;
        }
        self.reach.apply(&self.client)
    }
}

impl Target for Worker {
    fn describe(&self) -> String {
        format!("Worker `{}`", self.settings.name)
    }

    fn key(&self) -> String {
        format!("worker:{}", self.settings.name)
    }

    fn live(&self) -> String {
        let told = match (&self.live, &self.preview) {
            (_, Some(preview)) => Some((short(&preview.id), &preview.created)),
            (Some(live), _) if self.environment.production => {
                live.shares.first().map(|(id, _)| (short(id), &live.created))
            }
            _ => None,
        };
        let (what, environment) = (self.describe(), self.environment.describe());
        match told {
            Some((id, created)) => format!("{what}, {environment}, runs version {id} of {created}"),
            None => format!("{what}, {environment}, runs nothing yet"),
        }
    }

    fn unchanged(&self, fingerprint: &str) -> Option<Place> {
        self.same(fingerprint)
    }

    fn former(&self) -> Option<&Record> {
        self.former.as_ref()
    }

    fn fetch(&self, path: &str) -> Option<Vec<u8>> {
        self.live.as_ref()?;
        let address = self.reach.address(&self.client, false)?;
        let page = self.client.fetch(&format!("{address}{}", crate::resolve::encode_path(path)), MOST).ok()?;
        (page.status == 200).then_some(page.bytes)
    }

    fn client(&self) -> &Client {
        &self.client
    }

    fn changes(&self) -> Vec<String> {
        let mut lines = Vec::new();
        if let Some(bundle) = &self.settings.bundle {
            let bytes: u64 = bundle.modules.iter().map(|module| module.size).sum();
            let told = format!("program of {} modules, {}", bundle.modules.len(), super::text::size(bytes));
            let version = self.live.as_ref().and_then(|live| live.version.as_ref());
            let is_same = version.is_some_and(|version| version.tag == self.tag());
            lines.push(format!("{} {told}", if is_same { "=" } else { "~" }));
        }
        if !self.settings.files_first.is_empty() {
            lines.push(format!("= files come before the program at {}", self.settings.files_first.join(", ")));
        }
        lines.extend(self.bindings.lines.iter().cloned());
        lines.extend(self.reach.lines.iter().cloned());
        lines.iter().map(|line| format!("{line} [{}]", self.describe())).collect()
    }

    fn stage(&mut self, step: &Step<'_>) -> Result<(), Error> {
        if !self.settings.serves_site && !step.options.force && self.same("").is_some() {
            step.tell.note(&format!("{} is as it shall be", self.describe()));
            self.is_kept = true;
            return Ok(());
        }
        let known = match step.resumed {
            true => workers::find(&self.client, &self.settings.name, step.marker)?,
            false => None,
        };
        self.staged = Some(match known {
            Some(known) => known,
            None => self.upload(step)?,
        });
        Ok(())
    }

    fn switch(&mut self, step: &Step<'_>) -> Switched {
        if self.is_kept {
            return match self.same("") {
                Some(place) => Switched::Done(place),
                None => Switched::Failed(format!("{} is not what it was", self.describe())),
            };
        }
        let Some(staged) = self.staged.clone() else {
            return Switched::Failed(format!("{} has not been uploaded", self.describe()));
        };
        let name = &self.settings.name;
        let shares = [(staged.clone(), 100.0)];
        // A Worker that was new runs what was uploaded; a run that was broken off may have switched.
        let is_running = self.live.as_ref().is_none_or(|live| live.shares == shares);
        if self.environment.production && !is_running {
            let message = message(step.commit, step.marker, LONGEST_MESSAGE);
            match workers::deploy(&self.client, name, &shares, &message, false) {
                Ok(()) => {}
                Err(error) if error.may_have_happened() => return Switched::Unknown(with_causes(&error)),
                Err(error) => return Switched::Failed(with_causes(&error)),
            }
        }
        let finished = if self.environment.production { self.finish() } else { self.reach.apply(&self.client) };
        match finished {
            Ok(()) => Switched::Done(self.place(&staged)),
            Err(error) if !self.environment.production => Switched::Failed(with_causes(&error)),
            Err(error) => match self.roll_back() {
                Ok(_) => Switched::Failed(with_causes(&error)),
                Err(back) => Switched::Unknown(format!("{}; then {}", with_causes(&error), with_causes(&back))),
            },
        }
    }

    fn roll_back(&mut self) -> Result<String, Error> {
        let told = self.describe();
        if self.is_kept {
            return Ok(format!("{told} is as it was"));
        }
        if !self.environment.production {
            let branch = &self.environment.branch;
            return Ok(format!("production is as it was, and the preview of branch {branch} is broken"));
        }
        match &self.live {
            Some(live) => {
                // What ran a moment ago may run again, whatever its secrets.
                let (name, message) = (&self.settings.name, "back to the former version");
                workers::deploy(&self.client, name, &live.shares, message, true)?;
                Ok(format!("went back: {}", self.live()))
            }
            None if self.reach.has_own_addresses() => Err(Error::refused("there is no former version", "")),
            None => {
                workers::set_workers_dev(&self.client, &self.settings.name, false, false)?;
                Ok(format!("{told} is new, and nothing leads to it"))
            }
        }
    }

    fn serves(&self) -> Serves {
        let api = self.settings.bundle.as_ref().is_some_and(|bundle| bundle.is_api);
        Serves { site: self.settings.serves_site, api }
    }
}

/// Files of a version, as Pages counts them without a paid plan.
pub const MOST_FILES: u64 = pages::MOST_FILES;
