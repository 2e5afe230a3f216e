//! The target `pages`: a project of Cloudflare Pages, by direct upload.
//!
//! Files are uploaded first, which nobody sees; the deployment that refers to them is made in one request, which is the switch.

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

use rivage_cloudflare::pages::{self, Deployment, NewDeployment, Project};
use rivage_cloudflare::{Asset, Client};

use super::record::{self, Record};
use super::{Environment, Error, Place, Serves, Step, Switched, Target, journal, message, with_causes, write_whole};

/// Bytes of a record or page that are fetched at most.
pub(super) const MOST: u64 = 64 << 20;

/// A Pages project.
pub struct Pages {
    client: Client,
    environment: Environment,
    project: Project,
    /// The newest deployment of this environment and branch that can be seen.
    newest: Option<Deployment>,
    former: Option<Record>,
    most_files: u64,
    /// Where the record is put for the upload; none if there is to be none.
    record_file: Option<PathBuf>,
    assets: Vec<Asset>,
}

impl Pages {
    /// Looks at the project. Makes it if it does not exist and `create` is set.
    ///
    /// # Errors
    /// It does not exist, has another production branch, or cannot be looked at.
    pub fn look(
        client: &Client,
        name: &str,
        environment: &Environment,
        production_branch: &str,
        create: bool,
        record_file: Option<PathBuf>,
    ) -> Result<Self, Error> {
        let project = match pages::project(client, name)? {
            Some(project) => project,
            None if create => pages::create_project(client, name, production_branch)?,
            None => {
                let message = format!("there is no Pages project `{name}` in this account");
                return Err(Error::refused(message, "`rivage deploy --create` makes it"));
            }
        };
        if project.production_branch != production_branch {
            let (there, here) = (&project.production_branch, production_branch);
            let message = format!("production of `{name}` is the branch `{there}`, rivage.toml says `{here}`");
            return Err(Error::refused(
                message,
                format!("write `branch = \"{there}\"` below `[deploy]`, or change it in the dashboard"),
            ));
        }
        let newest = match environment.production {
            true => project.live.clone(),
            false => pages::list(client, name, Some(false), 1)?
                .into_iter()
                .find(|one| one.branch == environment.branch && one.is_done()),
        };
        let most_files = pages::most_files(client, name)?;
        let mut target = Self {
            client: client.clone(),
            environment: environment.clone(),
            project,
            newest,
            former: None,
            most_files,
            record_file,
            assets: Vec::new(),
        };
        target.former = target.read_record();
        Ok(target)
    }

    /// Returns how many files a deployment may have.
    pub fn most_files(&self) -> u64 {
        self.most_files
    }

    fn read_record(&self) -> Option<Record> {
        let path = record::path(self.client.account(), &self.project.name);
        Record::parse(&self.fetch(&path)?)
    }

    fn place(&self, deployment: &Deployment) -> Place {
        let mut public = Vec::new();
        if deployment.production {
            public.extend(self.project.domains.iter().rev().map(|domain| format!("https://{domain}")));
        }
        public.extend(deployment.aliases.iter().cloned());
        Place { id: deployment.id.clone(), address: deployment.url.clone(), public }
    }
}

impl Target for Pages {
    fn describe(&self) -> String {
        format!("Pages project `{}`", self.project.name)
    }

    fn key(&self) -> String {
        format!("pages:{}", self.project.name)
    }

    fn live(&self) -> String {
        let live = if self.environment.production { &self.project.live } else { &self.newest };
        match live {
            Some(live) => {
                format!("{} shows deployment {} of {}", self.environment.describe(), short(&live.id), live.created)
            }
            None => format!("{} shows nothing yet", self.environment.describe()),
        }
    }

    fn unchanged(&self, fingerprint: &str) -> Option<Place> {
        let newest = self.newest.as_ref().filter(|newest| newest.is_done())?;
        (journal::fingerprint(&newest.message) == Some(fingerprint)).then(|| self.place(newest))
    }

    fn former(&self) -> Option<&Record> {
        self.former.as_ref()
    }

    fn fetch(&self, path: &str) -> Option<Vec<u8>> {
        let address = &self.project.live.as_ref()?.url;
        let page = self.client.fetch(&format!("{address}{}", crate::resolve::encode_path(path)), MOST).ok()?;
        (page.status == 200).then_some(page.bytes)
    }

    fn client(&self) -> &Client {
        &self.client
    }

    fn changes(&self) -> Vec<String> {
        Vec::new()
    }

    fn stage(&mut self, step: &Step<'_>) -> Result<(), Error> {
        self.assets = step.site.files.assets();
        if let Some(file) = &self.record_file {
            self.assets.push(record_asset(file, &step.site.record, self.client.account(), &self.project.name)?);
        }
        let progress = Sent { step, sent: AtomicUsize::new(0) };
        let uploaded = pages::upload(&self.client, &self.project.name, &self.assets, &progress)?;
        step.tell.note(&format!("{} files sent, {} known already", uploaded.files, uploaded.known));
        Ok(())
    }

    fn switch(&mut self, step: &Step<'_>) -> Switched {
        let new = NewDeployment {
            manifest: self.assets.iter().map(|asset| (asset.path.clone(), asset.hash.clone())).collect(),
            special: step.site.files.special.clone(),
            branch: self.environment.branch.clone(),
            commit: step.commit.hash.clone(),
            message: message(step.commit, step.marker, pages::LONGEST_MESSAGE),
            dirty: step.commit.dirty,
            marker: step.marker.to_owned(),
        };
        let name = &self.project.name;
        let known = if step.resumed { pages::find(&self.client, name, step.marker) } else { Ok(None) };
        let made = match known {
            Ok(Some(found)) => Ok(found),
            Ok(None) => pages::create(&self.client, name, &new),
            Err(error) => Err(error),
        };
        let made = match made {
            Ok(made) => made,
            Err(error) if error.may_have_happened() => return Switched::Unknown(with_causes(&error)),
            Err(error) => return Switched::Failed(with_causes(&error)),
        };
        let ended = match pages::wait(&self.client, name, made, step.options.patience) {
            Ok(ended) => ended,
            Err(error) => return Switched::Unknown(with_causes(&error)),
        };
        if ended.has_failed() {
            let logs = pages::logs(&self.client, name, &ended.id);
            let last = logs.last().map(|line| format!(": {line}")).unwrap_or_default();
            return Switched::Failed(format!("Cloudflare could not finish deployment {}{last}", short(&ended.id)));
        }
        if !ended.is_done() {
            let waited = step.options.patience.as_secs();
            let reason = format!("deployment {} is still at `{}` after {waited} s", short(&ended.id), ended.stage);
            return Switched::Unknown(reason);
        }
        if self.environment.production {
            match pages::project(&self.client, name) {
                Ok(Some(project)) if project.live.as_ref().is_some_and(|live| live.id == ended.id) => {}
                Ok(_) => {
                    let reason = format!(
                        "deployment {} is finished, and another one is live: somebody deployed meanwhile",
                        short(&ended.id)
                    );
                    return Switched::Unknown(reason);
                }
                Err(error) => return Switched::Unknown(with_causes(&error)),
            }
        }
        Switched::Done(self.place(&ended))
    }

    fn roll_back(&mut self) -> Result<String, Error> {
        if !self.environment.production {
            return Ok(format!(
                "production is as it was, and the preview of branch {} is broken",
                self.environment.branch
            ));
        }
        let Some(live) = self.project.live.clone() else {
            return Err(Error::refused("there is no former deployment", ""));
        };
        pages::roll_back(&self.client, &self.project.name, &live.id)?;
        Ok(format!("went back: {}", self.live()))
    }

    fn serves(&self) -> Serves {
        Serves { site: true, api: false }
    }
}

/// Writes the record to the disk and makes an asset of it.
pub(super) fn record_asset(file: &std::path::Path, record: &Record, account: &str, name: &str) -> Result<Asset, Error> {
    let path = record::path(account, name);
    let text = record.to_json();
    write_whole(file, text.as_bytes()).map_err(|source| Error::Disk {
        operation: "write",
        path: file.display().to_string(),
        source,
    })?;
    let hash = rivage_cloudflare::hash::asset(&path, text.as_bytes());
    Ok(Asset { path, file: file.to_owned(), size: text.len() as u64, hash })
}

/// The first part of an id, as the dashboard shows it.
pub(super) fn short(id: &str) -> &str {
    id.get(..8).unwrap_or(id)
}

/// Tells the user of files that were sent.
pub(super) struct Sent<'a> {
    pub(super) step: &'a Step<'a>,
    pub(super) sent: AtomicUsize,
}

impl pages::Progress for Sent<'_> {
    fn missing(&self, files: usize, _: u64) {
        self.step.tell.files(files);
    }

    fn sent(&self, assets: &[&Asset]) {
        let sent = self.sent.fetch_add(assets.len(), Ordering::Relaxed) + assets.len();
        self.step.tell.sent(sent);
    }
}
