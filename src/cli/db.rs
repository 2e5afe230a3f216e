//! `rivage db`: the tables of a database.

use super::Exit;
use super::args::{Db as Args, DbCommand, Global};
use super::database::{migrate, needed, states};
use super::printer::{Printer, count};
use super::project::{Project, SiteSources};
use crate::database::migrations::{self, Migration, Owner, State};
use crate::diag::emit;
use crate::inputs::Inputs;

pub(super) fn run(global: &Global, args: &Args, printer: &Printer) -> anyhow::Result<Exit> {
    let project = Project::open(global)?;
    let sources = SiteSources { fs: &*project.world.fs, outcome: None };
    let (of_site, problems) = migrations::of_site(&Inputs::new(&project.world));
    if !problems.is_empty() {
        printer.diagnostics(&emit::human(&problems, &sources, printer.color()));
        return Ok(Exit::SiteHasErrors);
    }
    let all: Vec<Migration> = migrations::own().into_iter().chain(of_site).collect();
    match &args.command {
        DbCommand::Migrate(args) => match migrate(needed(args.db.as_deref())?, &all)? {
            Ok(done) => {
                for migration in &done {
                    printer.result(&format!("{}\n", line(migration)))?;
                }
                printer.summary(&match done.len() {
                    0 => "nothing to do".to_owned(),
                    number => format!("{} done", count(number, "migration")),
                })?;
                Ok(Exit::Done)
            }
            Err(diagnostic) => {
                printer.diagnostics(&emit::human(&[diagnostic], &sources, printer.color()));
                Ok(Exit::SiteHasErrors)
            }
        },
        DbCommand::Status(args) => {
            let states = states(needed(args.db.as_deref())?, &all)?;
            for (migration, state) in all.iter().zip(&states) {
                let state = match state {
                    State::Applied(at) => format!("done {at} UTC"),
                    State::Pending => "pending".to_owned(),
                    State::Changed => "changed since it was run".to_owned(),
                };
                printer.result(&format!("{}: {state}\n", line(migration)))?;
            }
            let is_done = states.iter().all(|state| matches!(state, State::Applied(_)));
            Ok(if is_done { Exit::Done } else { Exit::SiteHasErrors })
        }
    }
}

/// Names a migration: `site V3 notes`.
pub(super) fn line(migration: &Migration) -> String {
    let owner = match migration.owner {
        Owner::Rivage => "rivage",
        Owner::Site => "site",
    };
    format!("{owner} V{} {}", migration.version, migration.name)
}
