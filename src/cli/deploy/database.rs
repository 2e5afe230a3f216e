//! The database of the API, within a deployment: its tables and the site's content.
//!
//! In: the database that is named, migrations, the site. Out: lines of a plan; then tables that are new, and content that is published. That happens before
//! anything is uploaded: migrations only add, so that the version that runs can live with them. Previews leave the database alone, unless it is named.

use rivage_postgres::Config;

use super::super::args::Deploy;
use super::super::database::{VARIABLE, migrate, named, states};
use super::super::db::line;
use super::super::printer::{Printer, count};
use super::super::project::SiteSources;
use super::super::publish::write;
use super::Setup;
use crate::database::migrations::{self, Migration, State};
use crate::deploy::Environment;
use crate::diag::emit;
use crate::inputs::Inputs;
use crate::pipeline::Session;

/// A database, and what is to be done with it.
pub(super) struct Database {
    config: Config,
    all: Vec<Migration>,
    /// What a plan says.
    pub(super) lines: Vec<String>,
}

impl Database {
    /// Reports whether there may be a database to be touched.
    pub(super) fn may_be_touched(setup: &Setup, args: &Deploy, environment: &Environment) -> bool {
        !args.no_db && setup.api.is_some() && (environment.production || args.db.is_some())
    }

    /// Looks at the database; none where there is none to be touched. A wrong migration is told, and an error.
    ///
    /// # Errors
    /// The database cannot be reached, or a migration was changed since it was run.
    pub(super) fn look(
        setup: &Setup,
        args: &Deploy,
        environment: &Environment,
        printer: &Printer,
    ) -> anyhow::Result<Option<Self>> {
        if !Self::may_be_touched(setup, args, environment) {
            return Ok(None);
        }
        let Some(config) = named(args.db.as_deref(), VARIABLE)? else { return Ok(None) };
        let (all, problems) = migrations::all(&Inputs::new(&setup.project.world));
        if !problems.is_empty() {
            let sources = SiteSources { fs: &*setup.project.world.fs, outcome: None };
            printer.diagnostics(&emit::human(&problems, &sources, printer.color()));
            return Err(super::super::printer::failure("a migration is wrong", "`rivage db status` tells the same"));
        }
        let states = states(config.clone(), &all)?;
        let mut lines = Vec::new();
        for (migration, state) in all.iter().zip(&states) {
            match state {
                State::Applied(_) => {}
                State::Pending => lines.push(format!("+ migration {}", line(migration))),
                State::Changed => {
                    let message = format!("migration {} was changed since it was run", line(migration));
                    return Err(super::super::printer::failure(message, "write a new one, and restore this one"));
                }
            }
        }
        lines.push(format!("~ content is published into {config}"));
        Ok(Some(Self { config, all, lines }))
    }

    /// Makes the tables and publishes what the pages of a session say. Reports whether the migrations allowed it.
    ///
    /// # Errors
    /// The database refused; nothing else has changed then.
    pub(super) fn prepare(&self, setup: &Setup, session: &Session, printer: &Printer) -> anyhow::Result<bool> {
        let sources = SiteSources { fs: &*setup.project.world.fs, outcome: None };
        match migrate(self.config.clone(), &self.all)? {
            Ok(migrated) => {
                migrated.done.iter().for_each(|migration| printer.note(&format!("migrated {}", line(migration))))
            }
            Err(diagnostic) => {
                printer.diagnostics(&emit::human(&[diagnostic], &sources, printer.color()));
                return Ok(false);
            }
        }
        let (_, summary) = write(self.config.clone(), session, &setup.project.root)?;
        printer.note(&format!(
            "published: {} written, {} unchanged, {} removed",
            count(summary.written, "page"),
            summary.unchanged,
            summary.removed
        ));
        Ok(true)
    }
}
