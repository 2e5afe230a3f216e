//! The full stack under load, and its database killed in the middle of that.
//!
//! ```text
//!  traffic ──► rivage serve ──► PgBouncer ──► PostgreSQL     kinds      what is asked
//!  dashboard ─┘                                  ▲           ledger     what is stored, by number
//!                                            outage          report     tables, limits
//! ```
//!
//! In: how long. Out: a table, and whether the limits that rivage promises are kept. First clients ask as fast as they are answered, for a fifth of
//! the time; then half as many times in a second, and in the middle of that PostgreSQL is killed and started again. Deliberately not here: comparisons
//! with others, which `bench` makes.

mod connection;
mod dashboard;
mod kinds;
mod ledger;
mod outage;
mod report;
mod traffic;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};

use crate::bench::Machine;
use crate::serving::Serving;
use crate::tools::{cargo, note, root, scratch, target};
use dashboard::Dashboard;
use report::Report;
use traffic::{Visitor, World};

/// Names a program to measure instead of one that is built for it.
const PROGRAM: &str = "RIVAGE_LOAD_PROGRAM";

/// Clients at the same time, each over one connection: more than a pool has connections to the database.
const CLIENTS: usize = 32;

/// The page that browsers have and ask for again.
const PAGE: &str = "/docs/tides/";

const USAGE: &str = "\
cargo xtask load [SECONDS] [--write --date DATE]

  SECONDS  how long, a fifth of it at full load (120)
  --write  write benches/RESULTS-load.md; needs --date
  --date   the day to write into the table

The variable RIVAGE_LOAD_PROGRAM names a rivage that is already built, instead of a release build.
";

#[derive(Debug, PartialEq, Eq)]
struct Options {
    time: Duration,
    write: bool,
    date: Option<String>,
}

impl Options {
    fn parse(words: &[&str]) -> anyhow::Result<Self> {
        let mut options = Self { time: Duration::from_secs(120), write: false, date: None };
        let mut words = words.iter();
        while let Some(&word) = words.next() {
            match word {
                "--write" => options.write = true,
                "--date" => options.date = Some((*words.next().context("`--date` needs a value")?).to_owned()),
                _ => {
                    let seconds =
                        word.parse::<u64>().with_context(|| format!("`{word}` is no number of seconds\n\n{USAGE}"));
                    options.time = Duration::from_secs(seconds?);
                }
            }
        }
        let least = report::least_half() * 5 / 4;
        if options.time < least {
            bail!("the test takes at least {} seconds: the outage alone has 20", least.as_secs());
        }
        if options.write && options.date.is_none() {
            bail!("`--write` needs `--date`: the table says when it was made, and no recipe reads the clock");
        }
        Ok(options)
    }
}

pub(crate) fn run(words: &[&str]) -> anyhow::Result<()> {
    if let ["--help" | "-h" | "help"] = words {
        note(USAGE);
        return Ok(());
    }
    let options = Options::parse(words)?;
    let program = match std::env::var_os(PROGRAM) {
        Some(program) => PathBuf::from(program),
        None => {
            cargo(&["build", "--release", "--package", "rivage"]).run()?;
            target().join("release").join(format!("rivage{}", std::env::consts::EXE_SUFFIX))
        }
    };
    crate::tools::postgres()?;
    crate::tools::pgbouncer()?;
    let machine = Machine::ask();
    let serving = Serving::start_full(&program, "load")?;
    let report = drive(&serving, options.time)?;
    let command = format!("cargo xtask load {}", options.time.as_secs());
    let (text, missed) = report.write(&machine, &command, options.date.as_deref());
    note(&format!("\n{text}"));
    let folder = if options.write { root().join("benches") } else { scratch("bench")? };
    let path = folder.join("RESULTS-load.md");
    std::fs::write(&path, text).with_context(|| format!("could not write `{}`", path.display()))?;
    note(&format!("the tables are in `{}`", path.display()));
    if missed.is_empty() {
        return Ok(());
    }
    for (reason, times) in reasons(&serving.failures()) {
        note(&format!("{times} × {reason}"));
    }
    bail!("limits are missed:\n  {}", missed.join("\n  "))
}

/// Lets all of them ask: as fast as they are answered, then half as often, with the outage in the middle.
fn drive(serving: &Serving, time: Duration) -> anyhow::Result<Report> {
    let token = serving.token()?;
    let host = serving.address.trim_start_matches("http://");
    let world = World::look(host, token, PAGE)?;
    let mut visitors: Vec<Visitor> = (0..CLIENTS).map(|number| Visitor::new(&world, number)).collect();
    let mut dashboard = Dashboard::open(&world)?;

    together(&world, &mut visitors, &mut dashboard, time / 5, None, || Ok(()))?;
    let half = world.begun.elapsed();
    let asked: usize = visitors.iter().map(|visitor| visitor.samples.len()).sum();
    let rate = asked as f64 / half.as_secs_f64();
    note(&format!("{rate:.0} requests in a second as fast as they are answered; now half of that"));
    let pause = Duration::from_secs_f64(CLIENTS as f64 / (rate / 2.0).max(1.0));
    let rest = time - time / 5;
    let outage = together(&world, &mut visitors, &mut dashboard, rest, Some(pause), || {
        std::thread::sleep(rest / 2);
        outage::strike(&serving.postgres, &world)
    })?;
    let end = world.begun.elapsed();

    let ledgers: Vec<_> = visitors.iter().map(|visitor| &visitor.ledger).collect();
    let outcomes = ledger::compare(&ledgers, serving)?;
    let samples = visitors.into_iter().flat_map(|visitor| visitor.samples).chain(dashboard.samples).collect();
    Ok(Report { samples, half, end, clients: CLIENTS, outage, outcomes })
}

/// Lets all of them ask for some time, while something happens.
fn together<T>(
    world: &World,
    visitors: &mut [Visitor],
    dashboard: &mut Dashboard,
    time: Duration,
    pause: Option<Duration>,
    meanwhile: impl FnOnce() -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    let end = Instant::now() + time;
    std::thread::scope(|scope| {
        let mut threads = vec![scope.spawn(|| dashboard.go(world, end))];
        for (number, visitor) in visitors.iter_mut().enumerate() {
            // Not all of them at the same moment.
            let delay = number as f64 / CLIENTS as f64;
            threads.push(scope.spawn(move || visitor.go(world, end, pause, delay)));
        }
        let done = meanwhile();
        for thread in threads {
            thread.join().map_err(|_| anyhow::anyhow!("somebody who asked was lost"))?;
        }
        done
    })
}

/// Of the server's log: what failed, and how often; the most frequent first.
fn reasons(failures: &[String]) -> Vec<(String, usize)> {
    let mut counted: BTreeMap<String, usize> = BTreeMap::new();
    for line in failures {
        let line: serde_json::Value = serde_json::from_str(line).unwrap_or_default();
        let text = |name: &str| line[name].as_str().unwrap_or_default();
        *counted.entry(format!("{} {}: {}", text("route"), line["status"], text("error"))).or_default() += 1;
    }
    let mut reasons: Vec<_> = counted.into_iter().collect();
    reasons.sort_by_key(|(_, times)| std::cmp::Reverse(*times));
    reasons.truncate(20);
    reasons
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_read() {
        assert_eq!(Options::parse(&[]).unwrap(), Options { time: Duration::from_secs(120), write: false, date: None });
        let options = Options::parse(&["600", "--write", "--date", "2026-01-31"]).unwrap();
        assert_eq!((options.time.as_secs(), options.write, options.date.as_deref()), (600, true, Some("2026-01-31")));
        for (words, error) in [
            (&["74"][..], "the test takes at least 75 seconds: the outage alone has 20"),
            (
                &["600", "--write"],
                "`--write` needs `--date`: the table says when it was made, and no recipe reads the clock",
            ),
            (&["--date"], "`--date` needs a value"),
        ] {
            assert_eq!(Options::parse(words).unwrap_err().to_string(), error);
        }
        assert!(Options::parse(&["fast"]).unwrap_err().to_string().starts_with("`fast` is no number of seconds"));
    }

    #[test]
    fn reasons_are_counted() {
        let line = |route: &str| format!(r#"{{"route":"{route}","status":503,"error":"away"}}"#);
        let found = reasons(&[line("me"), line("search"), line("me")]);
        assert_eq!(found, [("me 503: away".to_owned(), 2), ("search 503: away".to_owned(), 1)]);
    }
}
