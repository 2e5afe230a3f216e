//! `rivage completions`: a script that teaches a shell the commands and flags.

use clap::CommandFactory;

use super::Exit;
use super::args::{Args, Completions};
use super::printer::Printer;

pub(super) fn run(args: &Completions, printer: &Printer) -> anyhow::Result<Exit> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Args::command(), "rivage", &mut script);
    printer.result(&String::from_utf8(script)?)?;
    Ok(Exit::Done)
}
