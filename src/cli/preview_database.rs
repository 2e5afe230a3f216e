//! The database of a preview: the one that was named, or a private one.
//!
//! In: `--db`, `DATABASE_URL`, the programs of PostgreSQL, which are fetched where there are none and somebody agrees. Out: a database at the
//! [`Desk`], or a hint in its place. Started once, in the background, when the site has an API for the first time: a site without one never waits
//! for it. The content of the site goes into a private one, and into that of docker-compose.yml, after the first build, and again when builds have
//! come to rest; so do migrations that are new.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rivage_api::auth::jwt::Key;
use rivage_api::decide::Secrets;
use rivage_diag::Diagnostic;
use rivage_postgres::Config;

use super::args::Preview;
use super::compose;
use super::database::{VARIABLE, migrate, named, states};
use super::printer::{Printer, count};
use super::project::{SiteSources, world};
use super::publish::write;
use super::serve::secrets as named_secrets;
use crate::database::cluster::{Cluster, Error as ClusterError, OLDEST};
use crate::database::fetch;
use crate::database::migrations::{self, Owner};
use crate::diag::emit;
use crate::inputs::Inputs;
use crate::pipeline::{Mode, Options, Session, Silent};
use crate::serve::{Database, Desk};
use crate::write::NullSink;

/// How long nothing may be built before the content is published again: whoever writes saves often.
const QUIET: Duration = Duration::from_millis(1500);

/// What else helps in a private database where a migration was changed after it was run.
const ANEW: &str = "or stop the preview, delete `.rivage/postgres`, and begin anew";

/// The migrations of rivage and of the site, and what is wrong with the latter.
type Migrations = (Vec<migrations::Migration>, Vec<Diagnostic>);

/// The database of a preview.
pub(super) struct PreviewDatabase {
    root: PathBuf,
    /// The one that `--db` names.
    given: Option<String>,
    /// That of docker-compose.yml, where `--db` says so.
    compose: Option<Config>,
    /// Whether PostgreSQL may be fetched without a question.
    may_fetch: bool,
    desk: Arc<Desk>,
    printer: Printer,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    is_started: bool,
    is_over: bool,
    /// Hears of each build.
    built: Option<Sender<()>>,
    cluster: Option<Cluster>,
}

impl PreviewDatabase {
    /// Takes what was named; starts nothing.
    ///
    /// # Errors
    /// The URL is wrong, or the database of docker-compose.yml is not up.
    pub(super) fn new(root: &Path, args: &Preview, desk: Arc<Desk>, printer: &Printer) -> anyhow::Result<Self> {
        let (given, may_fetch) = (args.db.clone(), args.fetch_postgres);
        let mut compose = None;
        match given.as_deref() {
            Some(compose::WORD) => compose = Some(compose::config(root)?),
            Some(url) => drop(named(Some(url), VARIABLE)?),
            None => {}
        }
        let (root, printer) = (root.to_owned(), printer.clone());
        Ok(Self { root, given, compose, may_fetch, desk, printer, state: Arc::default() })
    }

    /// Starts it after the first build, and tells it of each further one. Returns at once.
    pub(super) fn built(&self, answer: usize) {
        let mut state = lock(&self.state);
        if std::mem::replace(&mut state.is_started, true) {
            if let Some(built) = &state.built {
                // Nobody listens where the database is not ours.
                let _ = built.send(());
            }
            return;
        }
        let (built, builds) = channel();
        state.built = Some(built);
        let starting = Starting {
            root: self.root.clone(),
            given: self.given.clone(),
            compose: self.compose.clone(),
            may_fetch: self.may_fetch,
            desk: Arc::clone(&self.desk),
            printer: self.printer.clone(),
            state: Arc::clone(&self.state),
            answer,
            builds,
        };
        let thread = std::thread::Builder::new().name("database".to_owned()).spawn(move || starting.run());
        if let Err(error) = thread {
            self.desk.set_no_database(format!("the database could not be started: {error}"));
        }
    }

    /// Stops a private one.
    pub(super) fn stop(&self) {
        let mut state = lock(&self.state);
        state.is_over = true;
        state.built = None;
        state.cluster = None;
    }
}

/// The work of the background.
struct Starting {
    root: PathBuf,
    given: Option<String>,
    compose: Option<Config>,
    may_fetch: bool,
    desk: Arc<Desk>,
    printer: Printer,
    state: Arc<Mutex<State>>,
    answer: usize,
    builds: Receiver<()>,
}

impl Starting {
    fn run(self) {
        let done = match &self.compose {
            Some(config) => self.keep_filled(config, &config.to_string(), None),
            // A variable for some other program is no reason to fail for a site that needs no database.
            None => named(self.given.as_deref(), VARIABLE).and_then(|named| match named {
                Some(config) => {
                    self.desk.set_database(Database::new(config.clone(), None, self.answer));
                    self.look(config)
                }
                None => self.private(),
            }),
        };
        if let Err(error) = done {
            let causes: Vec<String> = error.chain().map(ToString::to_string).collect();
            self.printer.warning(&format!("the API's database: {}", causes.join(": ")));
            let hint = match error.downcast_ref() {
                Some(ClusterError::Missing) => without_database(fetch::build().is_ok()),
                _ => "there is no database; the terminal of `rivage preview` says why".to_owned(),
            };
            self.desk.set_no_database(hint);
        }
    }

    /// Tables of somebody's database are left as they are.
    fn look(&self, config: Config) -> anyhow::Result<()> {
        let (all, problems) = self.migrations();
        self.print(&problems);
        let states = states(config, &all)?;
        let pending = states.iter().filter(|state| **state == migrations::State::Pending).count();
        if pending > 0 {
            let pending = count(pending, "migration");
            self.printer.warning(&format!("the API's database lacks {pending}; `rivage db migrate` runs them"));
        }
        Ok(())
    }

    /// Starts a private server, and keeps it filled.
    fn private(&self) -> anyhow::Result<()> {
        let cluster = match Cluster::start(&self.root) {
            Err(error) if is_fetchable(&error) && self.agrees() => {
                self.printer.note(&format!("fetching {}", fetch::NAME));
                let programs = Cluster::fetch_programs()??;
                self.printer.note(&format!("PostgreSQL is in `{}`", programs.display()));
                Cluster::start(&self.root)?
            }
            started => started?,
        };
        let url = cluster.url().to_owned();
        {
            let mut state = lock(&self.state);
            if state.is_over {
                return Ok(());
            }
            state.cluster = Some(cluster);
        }
        let config = Config::parse(&url).map_err(rivage_postgres::Error::from)?;
        self.keep_filled(&config, &url, Some(ANEW))
    }

    /// Makes the tables, and publishes the content until the preview ends: this database is for nothing else. `anew` is how to begin again where a
    /// migration that was run has been changed, as one is while it is being written.
    fn keep_filled(&self, config: &Config, shown: &str, anew: Option<&str>) -> anyhow::Result<()> {
        let mut tried = self.migrations();
        self.migrate(config, &tried, anew)?;
        self.desk.set_database(Database::new(config.clone(), None, self.answer));
        self.printer.note(&format!("the API's database: {shown}"));
        self.publish(config.clone())?;
        // It ends with the preview, which holds the other end.
        while self.builds.recv().is_ok() {
            while self.builds.recv_timeout(QUIET).is_ok() {}
            if lock(&self.state).is_over {
                break;
            }
            let now = self.migrations();
            if now != tried {
                self.migrate(config, &now, anew)?;
                tried = now;
            }
            self.publish(config.clone())?;
        }
        Ok(())
    }

    /// Runs what was not run yet, and tells what is wrong.
    fn migrate(&self, config: &Config, (all, problems): &Migrations, anew: Option<&str>) -> anyhow::Result<()> {
        self.print(problems);
        match migrate(config.clone(), all)? {
            Ok(migrated) => {
                let own = migrated.done.iter().filter(|migration| migration.owner == Owner::Site).count();
                if own > 0 {
                    self.printer.note(&format!("{} of the site run", count(own, "migration")));
                    self.desk.forget();
                }
            }
            Err(diagnostic) => {
                let anew = anew.filter(|_| diagnostic.code == "changed-migration");
                self.print(&[anew.into_iter().fold(diagnostic, Diagnostic::with_hint)]);
            }
        }
        Ok(())
    }

    /// Asks whether PostgreSQL may be fetched, where there is one to fetch and somebody to ask.
    fn agrees(&self) -> bool {
        if self.may_fetch {
            return true;
        }
        if fetch::build().is_err() || !std::io::stdin().is_terminal() || !self.printer.is_heard() {
            return false;
        }
        self.printer.note(&format!(
            "the API needs a database, and this machine has no PostgreSQL {OLDEST} or newer. Fetch {}? [y/N]",
            fetch::NAME
        ));
        let mut line = String::new();
        std::io::stdin().read_line(&mut line).is_ok() && is_yes(&line)
    }

    /// Writes the content into the database: search and lists answer from it. A site with errors is left as it was.
    fn publish(&self, config: Config) -> anyhow::Result<()> {
        let options = Options { mode: Mode::Build, ..Options::default() };
        // Not from the cache, which belongs to the builds that go on meanwhile.
        let mut session = Session::new(options, None);
        session.pages(&world(&self.root), None, &NullSink, &Silent)?;
        if session.outcome().is_none_or(|outcome| outcome.has_errors()) {
            return Ok(());
        }
        let (_, summary) = write(config, &session, &self.root)?;
        if summary.written + summary.removed + summary.links > 0 {
            self.desk.forget();
        }
        Ok(())
    }

    fn migrations(&self) -> Migrations {
        migrations::all(&Inputs::new(&world(&self.root)))
    }

    fn print(&self, problems: &[Diagnostic]) {
        if !problems.is_empty() {
            let world = world(&self.root);
            let sources = SiteSources { fs: &*world.fs, outcome: None };
            self.printer.diagnostics(&emit::human(problems, &sources, self.printer.color()));
        }
    }
}

/// Reports whether the programs that can be fetched are what is missing.
fn is_fetchable(error: &ClusterError) -> bool {
    match error {
        ClusterError::Missing => true,
        ClusterError::OtherVersion { version, .. } => *version == fetch::VERSION,
        _ => false,
    }
}

fn is_yes(line: &str) -> bool {
    matches!(line.trim().to_ascii_lowercase().as_str(), "y" | "yes")
}

/// What to do where there is no database.
fn without_database(may_fetch: bool) -> String {
    let fetch = if may_fetch { ", start it with `--fetch-postgres`" } else { "" };
    format!(
        "there is no database: install PostgreSQL {OLDEST} or newer, pass `--db URL` to `rivage preview`{fetch}, or set {VARIABLE}"
    )
}

/// The secrets of the environment; without a key of tokens, one that is forgotten when the preview ends.
///
/// # Errors
/// Those that were named cannot be read.
pub(super) fn secrets() -> anyhow::Result<Secrets> {
    // Whose terminal it is sees errors there.
    let mut secrets = Secrets { reporting: None, ..named_secrets()? };
    if !secrets.keys.can_sign() {
        let mut secret = vec![0; 32];
        getrandom::fill(&mut secret).map_err(|error| anyhow::anyhow!("the system gives no random bytes: {error}"))?;
        secrets.keys.add("preview", Key::Hmac(secret));
    }
    Ok(secrets)
}

/// A writer sees what failed, and nothing of what went well.
pub(super) fn log(printer: &Printer, line: &rivage_api::log::Log) {
    if line.status >= 500 {
        let route = line.route.as_deref().unwrap_or("no route");
        let reason = line.error.as_deref().or(line.code).unwrap_or_default();
        printer.warning(&format!("{} {route}: {} {reason}", line.method, line.status));
    }
}

fn lock(state: &Mutex<State>) -> std::sync::MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_yes_is_one() {
        for line in ["y\n", "Y\r\n", " yes\n"] {
            assert!(is_yes(line), "{line:?}");
        }
        for line in ["", "\n", "n\n", "no\n", "yep\n", "y n\n"] {
            assert!(!is_yes(line), "{line:?}");
        }
    }

    #[test]
    fn the_hint_names_what_helps() {
        assert!(without_database(true).contains("`--fetch-postgres`"));
        assert!(!without_database(false).contains("fetch"));
    }
}
