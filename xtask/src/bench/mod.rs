//! The benchmark: the same sites, built by rivage, by other generators and by the least that any of them must do.
//!
//! ```text
//!  options ──► plan of sites      tools    how each is installed, pinned
//!                 │               site     its sources, from one seed; the edits
//!                 ▼
//!               run ── measure ── scan     time, memory; files written
//!                 │     preview            from a change to the browser
//!                 ▼
//!              report ── targets ──► benches/RESULTS.md
//! ```
//!
//! In: options. Out: progress on stderr, tables on request. Deliberately not here: anything that `cargo xtask test` runs; timing is no test.

mod api;
mod case;
mod images;
mod machine;
pub(crate) mod measure;
mod options;
mod preview;
mod report;
mod run;
mod scan;
mod site;
mod targets;
mod tools;

use std::path::Path;

use anyhow::Context;

use crate::tools::{note, root, scratch};
pub(crate) use machine::Machine;
use options::{Options, USAGE};
pub(crate) use report::percentile;

pub(crate) fn run(words: &[&str]) -> anyhow::Result<()> {
    match words {
        ["--help" | "-h" | "help"] => {
            note(USAGE);
            return Ok(());
        }
        ["api", options @ ..] => return api::run(options),
        ["images", options @ ..] => return images::run(options),
        ["measure-one", answer, program, args @ ..] => return measure::one(answer, program, args),
        _ => {}
    }
    let options = Options::parse(words)?;
    let machine = machine::Machine::ask();
    if machine.is_busy() {
        note(&format!("other work is going on (load {}): wall times will be too long", machine.load));
    }
    let work = work()?;
    let mut results = report::Results::default();
    run::run(&options, work.path(), &mut results)?;
    let command = ["cargo xtask bench"].into_iter().chain(shown(words)).collect::<Vec<_>>().join(" ");
    let text = report::markdown(&results, &machine, options.date.as_deref(), &command);
    let path = if options.write { root().join("benches/RESULTS.md") } else { scratch("bench")?.join("RESULTS.md") };
    std::fs::write(&path, text).with_context(|| format!("could not write `{}`", path.display()))?;
    if options.keep {
        note(&format!("the sites are in `{}`: remove it when you have seen enough", work.keep().display()));
    }
    note(&format!("the tables are in `{}`", path.display()));
    anyhow::ensure!(!results.own_failed, "what is built from this repository failed; what it said is above");
    Ok(())
}

/// Leaves out of the command what says nothing about the numbers: where it was written, and whose path rivage had.
fn shown<'a>(words: &[&'a str]) -> Vec<&'a str> {
    let mut out = Vec::new();
    let mut words = words.iter();
    while let Some(&word) = words.next() {
        match word {
            "--write" | "--keep" => {}
            "--date" | "--rivage" => drop(words.next()),
            _ => out.push(word),
        }
    }
    out
}

const PREFIX: &str = "rivage-bench-";

/// Makes a folder for the sites: in memory where there is a place for it, since a disk would be measured otherwise.
fn work() -> anyhow::Result<tempfile::TempDir> {
    let memory = Path::new("/dev/shm");
    let place = if memory.is_dir() { memory.to_owned() } else { scratch("bench")? };
    let entries = std::fs::read_dir(&place).with_context(|| format!("could not list `{}`", place.display()))?;
    for entry in entries.flatten() {
        // It may be that of a run that goes on, so it is not for us to remove.
        if entry.file_name().to_string_lossy().starts_with(PREFIX) {
            note(&format!(
                "`{}` is kept, or left by a run that was broken off; it takes up memory",
                entry.path().display()
            ));
        }
    }
    tempfile::Builder::new()
        .prefix(PREFIX)
        .tempdir_in(&place)
        .with_context(|| format!("could not make a folder in `{}`", place.display()))
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_command_is_shown_without_paths_and_dates() {
        let words = ["--runs", "5", "--date", "2026-01-31", "--write", "--rivage", "/tmp/x", "--only", "rivage"];
        assert_eq!(super::shown(&words), ["--runs", "5", "--only", "rivage"]);
    }
}
