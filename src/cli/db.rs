//! `rivage db`: the tables of a database.

use rivage_api::statistics::{BUDGET_MS, Counted};
use rivage_diag::Diagnostic;

use super::args::{Db as Args, DbCommand, DbSlow, Global};
use super::database::{Migrated, block_on, connect, migrate, needed, states};
use super::printer::{Printer, count, failure};
use super::project::{Project, SiteSources};
use super::{Exit, db_role};
use crate::database::migrations::{self, Migration, Owner, State};
use crate::database::slow;
use crate::diag::emit;
use crate::inputs::Inputs;

pub(super) fn run(global: &Global, args: &Args, printer: &Printer) -> anyhow::Result<Exit> {
    match &args.command {
        DbCommand::Migrate(args) => run_pending(global, args.db.as_deref(), printer),
        DbCommand::Status(args) => print_states(global, args.db.as_deref(), printer),
        DbCommand::Slow(args) => print_slow(args, printer),
        DbCommand::Role(args) => db_role::run(global, args, printer),
    }
}

/// Returns rivage's migrations and those of the site; none, and says why, where these are wrong.
fn all(project: &Project, printer: &Printer) -> Option<Vec<Migration>> {
    let (all, problems) = migrations::all(&Inputs::new(&project.world));
    if !problems.is_empty() {
        tell(project, &problems, printer);
        return None;
    }
    Some(all)
}

fn tell(project: &Project, problems: &[Diagnostic], printer: &Printer) {
    let sources = SiteSources { fs: &*project.world.fs, outcome: None };
    printer.diagnostics(&emit::human(problems, &sources, printer.color()));
}

fn run_pending(global: &Global, db: Option<&str>, printer: &Printer) -> anyhow::Result<Exit> {
    let project = Project::open(global)?;
    let Some(all) = all(&project, printer) else { return Ok(Exit::SiteHasErrors) };
    let Migrated { done, extensions } = match migrate(needed(db)?, &all)? {
        Ok(migrated) => migrated,
        Err(diagnostic) => {
            tell(&project, &[diagnostic], printer);
            return Ok(Exit::SiteHasErrors);
        }
    };
    for migration in &done {
        printer.result(&format!("{}\n", line(migration)))?;
    }
    printer.summary(&match done.len() {
        0 => "nothing to do".to_owned(),
        number => format!("{} done", count(number, "migration")),
    })?;
    if !extensions.is_empty() {
        printer.note(&format!("in use: {}", extensions.join(", ")));
    }
    Ok(Exit::Done)
}

fn print_states(global: &Global, db: Option<&str>, printer: &Printer) -> anyhow::Result<Exit> {
    let project = Project::open(global)?;
    let Some(all) = all(&project, printer) else { return Ok(Exit::SiteHasErrors) };
    let states = states(needed(db)?, &all)?;
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

/// Prints the slowest statements. No project is needed: the database may be that of any site.
fn print_slow(args: &DbSlow, printer: &Printer) -> anyhow::Result<Exit> {
    let config = needed(args.db.as_deref())?;
    let statements = block_on(async {
        let mut client = connect(config).await?;
        let statements = slow::slow(&mut client, args.limit).await;
        client.close().await;
        statements.map_err(|error| match error.hint() {
            Some(hint) => failure(error.to_string(), hint),
            None => error.into(),
        })
    })?;
    if args.json {
        let json = serde_json::json!({"budget_ms": BUDGET_MS, "statements": statements});
        printer.result(&format!("{json:#}\n"))?;
        return Ok(Exit::Done);
    }
    printer.result("   calls      mean      p95~       max  rows  statement\n")?;
    for statement in &statements {
        printer.result(&format!("{}\n", slow_line(statement)))?;
    }
    let slow = statements.iter().filter(|statement| statement.is_slow).count();
    printer.summary(&format!(
        "{} beyond {BUDGET_MS} ms, marked with `!`; p95~ is estimated: the mean and 1.645 standard deviations, at most the maximum",
        count(slow, "statement"),
    ))?;
    Ok(Exit::Done)
}

fn slow_line(statement: &Counted) -> String {
    let Counted { query, calls, mean_ms, p95_estimate_ms, max_ms, rows_per_call, is_slow, .. } = statement;
    let mark = if *is_slow { '!' } else { ' ' };
    let shown: String =
        if query.chars().count() > 100 { query.chars().take(99).chain(['…']).collect() } else { query.clone() };
    format!("{mark}{calls:>7} {mean_ms:>9.2} {p95_estimate_ms:>9.2} {max_ms:>9.2} {rows_per_call:>5.1}  {shown}")
}

/// Names a migration: `site V3 notes`.
pub(super) fn line(migration: &Migration) -> String {
    let owner = match migration.owner {
        Owner::Rivage => "rivage",
        Owner::Site => "site",
    };
    format!("{owner} V{} {}", migration.version, migration.name)
}
