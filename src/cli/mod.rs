//! The commands: one file each; arguments, printing, exit codes.
//!
//! In: the words of the command line. Out: an exit code. 0: done; 1: done, and the site has errors; 2: could not run, or failed; 3: nobody
//! knows whether a deployment is live.
//! Deliberately not here: anything about sites; the commands call [`crate::pipeline`], [`crate::check`], [`crate::preview`] and print.

mod api;
pub mod args;
mod build;
mod cache;
mod check;
mod completions;
mod compose;
mod config;
mod cost;
mod database;
mod db;
mod db_role;
mod deploy;
mod deployments;
mod doctor;
mod git;
mod images;
mod init;
mod man;
mod new;
mod preview;
mod preview_database;
mod printer;
mod profile;
mod project;
mod publish;
mod render;
mod rollback;
mod secrets;
mod serve;
mod verify;
mod why;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::Parser;

use args::{Args, Command};
use printer::Printer;

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Exit {
    /// All is well.
    Done,
    /// It ran, and the site has errors.
    SiteHasErrors,
    /// It was to change something elsewhere, which failed; what happened has been told.
    Failed,
    /// It was to change something elsewhere, and nobody knows whether it did.
    Unknown,
}

/// Runs the program with the words of the command line, the program's name first.
pub fn main(words: impl IntoIterator<Item = OsString>) -> ExitCode {
    let args = match Args::try_parse_from(words) {
        Ok(args) => args,
        Err(error) => {
            // `--help` and `--version` are errors to clap. A closed pipe is no reason to fail.
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() { 2 } else { 0 });
        }
    };
    let printer = Printer::new(&args.global);
    match run(args, &printer) {
        Ok(Exit::Done) => ExitCode::SUCCESS,
        Ok(Exit::SiteHasErrors) => ExitCode::from(1),
        Ok(Exit::Failed) => ExitCode::from(2),
        Ok(Exit::Unknown) => ExitCode::from(3),
        Err(error) => {
            printer.failure(&error);
            ExitCode::from(2)
        }
    }
}

fn run(args: Args, printer: &Printer) -> anyhow::Result<Exit> {
    let global = &args.global;
    match args.command {
        Command::Init(args) => init::run(&args, printer),
        Command::New(args) => new::run(global, &args, printer),
        Command::Build(args) => build::run(global, &args, printer),
        Command::Preview(args) => preview::run(global, &args, printer),
        Command::Check(args) => check::run(global, &args, printer),
        Command::Render(args) => render::run(global, &args, printer),
        Command::Why(args) => why::run(global, &args, printer),
        Command::Config(args) => config::run(global, &args, printer),
        Command::Cache(args) => cache::run(global, &args, printer),
        Command::Images(args) => images::run(global, &args, printer),
        Command::Serve(args) => serve::run(global, &args, printer),
        Command::Api(args) => api::run(global, &args, printer),
        Command::Db(args) => db::run(global, &args, printer),
        Command::Publish(args) => publish::run(global, &args, printer),
        Command::Deploy(args) => deploy::run(global, &args, printer),
        Command::Deployments(args) => deployments::run(global, &args, printer),
        Command::Rollback(args) => rollback::run(global, &args, printer),
        Command::Secrets(args) => secrets::run(global, &args, printer),
        Command::Doctor(args) => doctor::run(global, &args, printer),
        Command::Cost(args) => cost::run(&args, printer),
        Command::Completions(args) => completions::run(&args, printer),
        Command::Man(args) => man::run(&args, printer),
    }
}
