//! The database of a preview: the one that was named, or a private one.
//!
//! In: `--db`, `DATABASE_URL`, the programs of PostgreSQL. Out: a database at the [`Desk`], or a hint in its place. Started once, in the background,
//! when the site has an API for the first time: a site without one never waits for it. The content of the site goes into a private one after the
//! first build, and again when builds have come to rest.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rivage_api::auth::jwt::Key;
use rivage_api::decide::Secrets;
use rivage_postgres::Config;

use super::database::{VARIABLE, migrate, named, states};
use super::printer::{Printer, count};
use super::project::{SiteSources, world};
use super::publish::{gather, write};
use super::serve::secrets as named_secrets;
use crate::database::cluster::{Cluster, Error as ClusterError, OLDEST};
use crate::database::migrations;
use crate::diag::emit;
use crate::inputs::Inputs;
use crate::pipeline::{Mode, Options, Silent};
use crate::serve::{Database, Desk};

/// How long nothing may be built before the content is published again: whoever writes saves often.
const QUIET: Duration = Duration::from_millis(1500);

/// The database of a preview.
pub(super) struct PreviewDatabase {
    root: PathBuf,
    /// The one that `--db` names.
    given: Option<String>,
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
    /// The URL is wrong.
    pub(super) fn new(root: &Path, given: Option<String>, desk: Arc<Desk>, printer: &Printer) -> anyhow::Result<Self> {
        if given.is_some() {
            named(given.as_deref(), VARIABLE)?;
        }
        Ok(Self { root: root.to_owned(), given, desk, printer: printer.clone(), state: Arc::default() })
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
    desk: Arc<Desk>,
    printer: Printer,
    state: Arc<Mutex<State>>,
    answer: usize,
    builds: Receiver<()>,
}

impl Starting {
    fn run(self) {
        // A variable for some other program is no reason to fail for a site that needs no database.
        let done = named(self.given.as_deref(), VARIABLE).and_then(|named| match named {
            Some(config) => {
                self.desk.set_database(Database::new(config.clone(), None, self.answer));
                self.look(config)
            }
            None => self.private(),
        });
        if let Err(error) = done {
            let causes: Vec<String> = error.chain().map(ToString::to_string).collect();
            self.printer.warning(&format!("the API's database: {}", causes.join(": ")));
            let hint = match error.downcast_ref() {
                Some(ClusterError::Missing) => format!(
                    "there is no database: install PostgreSQL {OLDEST} or newer, pass `--db URL` to `rivage preview`, or set {VARIABLE}"
                ),
                _ => "there is no database; the terminal of `rivage preview` says why".to_owned(),
            };
            self.desk.set_no_database(hint);
        }
    }

    /// Tables of somebody's database are left as they are.
    fn look(&self, config: Config) -> anyhow::Result<()> {
        let states = states(config, &self.migrations())?;
        let pending = states.iter().filter(|state| **state == migrations::State::Pending).count();
        if pending > 0 {
            let pending = count(pending, "migration");
            self.printer.warning(&format!("the API's database lacks {pending}; `rivage db migrate` runs them"));
        }
        Ok(())
    }

    /// Starts a private server and fills it.
    fn private(&self) -> anyhow::Result<()> {
        let cluster = Cluster::start(&self.root)?;
        let url = cluster.url().to_owned();
        {
            let mut state = lock(&self.state);
            if state.is_over {
                return Ok(());
            }
            state.cluster = Some(cluster);
        }
        let config = Config::parse(&url).map_err(rivage_postgres::Error::from)?;
        if let Err(diagnostic) = migrate(config.clone(), &self.migrations())? {
            let world = world(&self.root);
            let sources = SiteSources { fs: &*world.fs, outcome: None };
            self.printer.diagnostics(&emit::human(&[diagnostic], &sources, self.printer.color()));
        }
        self.desk.set_database(Database::new(config.clone(), None, self.answer));
        self.printer.note(&format!("the API's database: {url}"));
        self.publish(config.clone())?;
        // It ends with the preview, which holds the other end.
        while self.builds.recv().is_ok() {
            while self.builds.recv_timeout(QUIET).is_ok() {}
            if lock(&self.state).is_over {
                break;
            }
            self.publish(config.clone())?;
        }
        Ok(())
    }

    /// Writes the content into the database: search and lists answer from it. A site with errors is left as it was.
    fn publish(&self, config: Config) -> anyhow::Result<()> {
        let options = Options { mode: Mode::Build, ..Options::default() };
        let (outcome, content) = gather(&world(&self.root), &options, &Silent)?;
        if outcome.has_errors() {
            return Ok(());
        }
        let summary = write(config, &content, &self.root)?;
        if summary.written + summary.removed + summary.links > 0 {
            self.desk.forget();
        }
        Ok(())
    }

    fn migrations(&self) -> Vec<migrations::Migration> {
        let world = world(&self.root);
        let (all, problems) = migrations::all(&Inputs::new(&world));
        if !problems.is_empty() {
            let sources = SiteSources { fs: &*world.fs, outcome: None };
            self.printer.diagnostics(&emit::human(&problems, &sources, self.printer.color()));
        }
        all
    }
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
