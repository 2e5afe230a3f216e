//! `rivage cache`: shares, counts and deletes what builds remember.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Context;
use indicatif::DecimalBytes;
use serde_json::json;

use super::Exit;
use super::args::{Cache, CacheCommand, CacheSharing, CacheStats, Global};
use super::printer::{Printer, count, failure};
use super::project::Project;
use crate::cache::remote::{self, Patience, Summary};
use crate::cache::store::{self, Stats};
use crate::cache::{FOLDER, PROGRAM, images};

pub(super) fn run(global: &Global, args: &Cache, printer: &Printer) -> anyhow::Result<Exit> {
    let project = Project::open(global)?;
    match &args.command {
        CacheCommand::Push(push) => share(&project, &push.to, &push.sharing, printer, Direction::Push),
        CacheCommand::Pull(pull) => share(&project, &pull.from, &pull.sharing, printer, Direction::Pull),
        CacheCommand::Stats(args) => stats(&project.root.join(FOLDER), args, printer),
        CacheCommand::Clear => clear(&project.root.join(FOLDER), printer),
    }
}

#[derive(Clone, Copy)]
enum Direction {
    Push,
    Pull,
}

fn share(
    project: &Project,
    place: &str,
    args: &CacheSharing,
    printer: &Printer,
    direction: Direction,
) -> anyhow::Result<Exit> {
    let started = Instant::now();
    let folder = project.root.join(FOLDER);
    let environment = &project.world.environment;
    let patience = Patience { deadline: Duration::from_secs(args.timeout), ..Patience::default() };
    let progress = printer.progress();
    let done = match direction {
        Direction::Push => remote::push(&folder, PROGRAM, place, environment, patience, &progress),
        Direction::Pull => remote::pull(&folder, PROGRAM, place, environment, patience, &progress),
    };
    drop(progress);
    let summary = done.map_err(|error| match error.hint() {
        Some(hint) => failure(error.to_string(), hint),
        None => error.into(),
    })?;
    let Summary { caches, moved, bytes, present } = summary;
    if args.json {
        let moved_name = match direction {
            Direction::Push => "sent",
            Direction::Pull => "fetched",
        };
        let object = json!({
            "ok": true,
            "place": place,
            "caches": caches,
            moved_name: moved,
            "bytes": bytes,
            "present": present,
            "milliseconds": u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
        });
        printer.result(&format!("{object}\n"))?;
    } else {
        let seconds = started.elapsed().as_secs_f64();
        let blobs = count(moved, "file");
        let bytes = DecimalBytes(bytes);
        printer.summary(&match direction {
            Direction::Push if caches == 0 => {
                "nothing to push: there is no cache yet, `rivage build` makes one".to_owned()
            }
            Direction::Pull if caches == 0 => {
                format!("nothing to pull: `{place}` has no cache of this version of rivage")
            }
            Direction::Push => format!("{blobs} sent to `{place}`, {bytes}; {present} there already ({seconds:.2} s)"),
            Direction::Pull => {
                format!("{blobs} fetched from `{place}`, {bytes}; {present} here already ({seconds:.2} s)")
            }
        })?;
    }
    Ok(Exit::Done)
}

/// A cache, and how much is in it.
struct Row {
    program: String,
    name: String,
    stats: Stats,
}

fn stats(folder: &Path, args: &CacheStats, printer: &Printer) -> anyhow::Result<Exit> {
    let mut rows = Vec::new();
    let mut troubles = Vec::new();
    for program in folders(folder)?.into_iter().filter(|name| name != images::FOLDER) {
        for name in folders(&folder.join(&program))? {
            let (stats, found) = store::stats(&folder.join(&program).join(&name));
            // A pull that was refused leaves an empty folder.
            if stats != Stats::default() || !found.is_empty() {
                rows.push(Row { program: program.clone(), name, stats });
            }
            troubles.extend(found);
        }
    }
    for trouble in &troubles {
        let cause = std::error::Error::source(trouble).map(|cause| format!(": {cause}")).unwrap_or_default();
        printer.warning(&format!("{trouble}{cause}"));
    }
    let bytes: u64 = rows.iter().map(|row| row.stats.bytes).sum();
    if args.json {
        let caches: Vec<_> = rows
            .iter()
            .map(|Row { program, name, stats }| {
                json!({
                    "program": program,
                    "current": program == PROGRAM,
                    "name": name,
                    "entries": stats.entries,
                    "observations": stats.observations,
                    "segments": stats.segments,
                    "bytes": stats.bytes,
                })
            })
            .collect();
        printer.result(&format!("{}\n", json!({ "folder": FOLDER, "bytes": bytes, "caches": caches })))?;
        return Ok(Exit::Done);
    }
    if rows.is_empty() {
        printer.result("no cache\n")?;
        return Ok(Exit::Done);
    }
    let mut text = format!("{:<16}  {:<16}  {:>9}  {:>8}  {:>10}\n", "program", "cache", "entries", "segments", "size");
    for Row { program, name, stats } in &rows {
        let size = DecimalBytes(stats.bytes).to_string();
        let mark = if program == PROGRAM { "  in use" } else { "" };
        text += &format!("{program:<16}  {name:<16}  {:>9}  {:>8}  {size:>10}{mark}\n", stats.entries, stats.segments);
    }
    text += &format!("{} in `{FOLDER}`\n", DecimalBytes(bytes));
    printer.result(&text)?;
    Ok(Exit::Done)
}

fn clear(folder: &Path, printer: &Printer) -> anyhow::Result<Exit> {
    match std::fs::remove_dir_all(folder) {
        Ok(()) => printer.summary(&format!("`{FOLDER}` deleted"))?,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => printer.summary("no cache")?,
        Err(error) => return Err(error).with_context(|| format!("could not delete `{FOLDER}`")),
    }
    Ok(Exit::Done)
}

/// Lists the folders in a folder, sorted; none where there is no such folder.
fn folders(folder: &Path) -> anyhow::Result<Vec<String>> {
    let entries = match std::fs::read_dir(folder) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.with_context(|| format!("could not list `{}`", folder.display()))?,
    };
    let folders = entries.filter_map(Result::ok).filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
    let mut names: Vec<_> = folders.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    Ok(names)
}
