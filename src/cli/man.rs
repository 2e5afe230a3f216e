//! `rivage man`: the manual in roff, for packagers.

use anyhow::Context;
use clap::CommandFactory;

use super::Exit;
use super::args::{Args, Man};
use super::printer::Printer;

pub(super) fn run(args: &Man, printer: &Printer) -> anyhow::Result<Exit> {
    let Some(folder) = &args.dir else {
        let mut page = Vec::new();
        clap_mangen::Man::new(Args::command()).render(&mut page)?;
        printer.result(&String::from_utf8(page)?)?;
        return Ok(Exit::Done);
    };
    let write = || {
        std::fs::create_dir_all(folder)?;
        clap_mangen::generate_to(Args::command(), folder)
    };
    write().with_context(|| format!("could not write manual pages into `{}`", folder.display()))?;
    Ok(Exit::Done)
}
