//! Recipes for contributors. `cargo xtask` lists them; users of rivage never need them.
//!
//! In: a recipe's name. Out: programs that are run one after the other, the first failure ends. Deliberately not here: anything that a
//! single cargo command does.

mod bench;
mod browser;
mod checks;
mod corpus;
mod drill;
mod generate;
mod lighthouse;
mod load;
mod own_site;
mod python;
mod serving;
mod stack;
mod tools;
mod worker;
mod workflows;
mod wrangler;

use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Context, bail};
use tools::{cargo, note, root};

const USAGE: &str = "\
cargo xtask RECIPE

  test       all that CI runs besides formatting and lints: tests, this repository's own site, the browser, the Worker, real MDX
  snap       write the expectations of snapshots and transcripts anew; look at the difference before you commit it
  lint       rustfmt, clippy and, where it is installed, cargo-deny
  browser    the tests in Chromium alone
  worker     the Worker's bundle, into target/worker; `worker test`: its tests alone, in workerd against PostgreSQL;
             `worker smoke`: in the real `wrangler dev`;
             `worker soak`: 100,000 requests to one instance, and what its memory did;
             `worker load`: mixed traffic for [SECONDS] (600), as fast as it is answered: failures, times, losses
  release    the program with the Worker in it, as it is published: target/dist/rivage
  wrangler   what rivage sends to Cloudflare against what wrangler sends, both to a stand-in; `wrangler measure`: 10,000 files by both
  workflows  actionlint over the workflows of this repository and of new sites
  checks     squawk over migrations/, routes with real extensions, schemathesis over the API; `checks schema N`: N examples of each route
  load       the full stack under load, for [SECONDS] (120), its database killed in the middle: errors, times, losses; `load --help` for its options
  stack      the database's image and server, in a chroot of Debian 13: linters, entrypoint, set-up twice, migrations, a kill
  drill      backups, kill -9, deleted data, a restore to a chosen second; in a folder and on an S3 server
  security   sqlmap against the API, some minutes
  corpus     real MDX against the reference compiler alone
  lighthouse what Lighthouse says of this repository's site
  bench      rivage and other generators on the same sites; `bench --help` for its options; `bench api`: the API beside Hono and pg;
             `bench images`: time, memory and what settings of encoders are worth
  generate   a site to measure with: COUNT posts in FOLDER
  fuzz       every fuzz target in turn, [SECONDS] each (600)
";

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let done = match words[..] {
        ["test"] => test(),
        ["snap"] => snap(),
        ["lint"] => lint(),
        ["browser"] => browser::run(),
        ["worker"] => worker::build(),
        ["worker", "smoke"] => worker::smoke(),
        ["worker", "test"] => worker::test(),
        ["worker", "soak"] => worker::soak(),
        ["worker", "load"] => worker::load("600"),
        ["worker", "load", seconds] => worker::load(seconds),
        ["release"] => worker::release(),
        ["workflows"] => workflows::run(),
        ["checks"] => checks::run(),
        ["checks", "squawk"] => checks::squawk(),
        ["checks", "extensions"] => checks::extensions(),
        ["checks", "schema", examples] => checks::schema(examples),
        ["stack"] => stack::run(),
        ["drill"] => drill::run(),
        ["load", ref options @ ..] => load::run(options),
        ["security"] => checks::security(),
        ["wrangler"] => wrangler::run(),
        ["wrangler", "measure"] => wrangler::measure::run(),
        ["corpus"] => corpus::run(),
        ["lighthouse"] => lighthouse::run(),
        ["bench", ref options @ ..] => bench::run(options),
        ["generate", count, folder] => generate::run(count, folder),
        ["fuzz"] => fuzz("600"),
        ["fuzz", seconds] => fuzz(seconds),
        _ => {
            note(USAGE);
            return ExitCode::from(if matches!(words[..], [] | ["help" | "--help" | "-h"]) { 0 } else { 2 });
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            note(&format!("error: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn test() -> anyhow::Result<()> {
    lane("PostgreSQL and PgBouncer", || {
        tools::postgres()?;
        tools::pgbouncer()?;
        Ok(())
    })?;
    // Without it, tests that find no PostgreSQL are skipped.
    lane("tests", || cargo(&["test", "--workspace"]).env("RIVAGE_REQUIRE_POSTGRES", "1").run())?;
    lane("own site", own_site::run)?;
    lane("checks", checks::run)?;
    lane("browser", browser::run)?;
    lane("Worker", worker::test)?;
    lane("workflows", workflows::run)?;
    lane("wrangler", wrangler::run)?;
    lane("drill", drill::run)?;
    lane("corpus", corpus::run)
}

/// Runs a part of the tests and tells how long it took: CI has a time limit, and this is where to look when it comes near.
fn lane(name: &str, run: impl FnOnce() -> anyhow::Result<()>) -> anyhow::Result<()> {
    let begun = Instant::now();
    let done = run().with_context(|| format!("{name} failed"));
    note(&format!("lane: {name}, {} s", begun.elapsed().as_secs()));
    done
}

fn snap() -> anyhow::Result<()> {
    cargo(&["test", "--workspace"]).env("INSTA_UPDATE", "always").env("TRYCMD", "overwrite").run()
}

fn lint() -> anyhow::Result<()> {
    cargo(&["fmt", "--all", "--check"]).run()?;
    cargo(&["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]).run()?;
    if tools::find("cargo-deny").is_some() {
        return cargo(&["deny", "check"]).run();
    }
    note("skipped: cargo-deny is not installed (`cargo install cargo-deny`); CI runs it");
    Ok(())
}

fn fuzz(seconds: &str) -> anyhow::Result<()> {
    if !seconds.bytes().all(|byte| byte.is_ascii_digit()) {
        bail!("`{seconds}` is no number of seconds");
    }
    if tools::find("cargo-fuzz").is_none() {
        bail!("cargo-fuzz is not installed: `rustup toolchain install nightly && cargo install cargo-fuzz`");
    }
    let folder = root().join("fuzz/fuzz_targets");
    let entries = std::fs::read_dir(&folder).with_context(|| format!("could not list `{}`", folder.display()))?;
    let mut targets = Vec::new();
    for entry in entries {
        let name = entry?.file_name().to_string_lossy().into_owned();
        targets.extend(name.strip_suffix(".rs").map(str::to_owned));
    }
    targets.sort();
    for target in targets {
        let time = format!("-max_total_time={seconds}");
        cargo(&["+nightly", "fuzz", "run", &target, "--", &time]).run()?;
    }
    Ok(())
}
