//! What the samples say: tables, and which limits are kept.
//!
//! In: samples, the moments that divide them, what became of writes. Out: Markdown, and the limits that are missed. Deliberately not here: a clock.

use std::fmt::Write as _;
use std::time::Duration;

use super::kinds::{Kind, Source, all};
use super::ledger::Outcome;
use super::outage::{AWAY, Outage, RECOVERY};
use super::traffic::Sample;
use crate::bench::{Machine, percentile};

/// What may fail: less than one request of a thousand.
const MOST_FAILED: f64 = 0.001;

/// What 95 of 100 answers stay below at half of full load.
const ANSWER: Duration = Duration::from_millis(100);

/// The same of what they wait for the database, in milliseconds.
const DATABASE: u32 = 30;

/// What every answer stays below while the database is away: a statement has 10 s, and some are waited for at both ends of it.
const LONGEST: Duration = Duration::from_secs(15);

/// All that was measured.
pub(super) struct Report {
    pub(super) samples: Vec<Sample>,
    /// When half of the load began.
    pub(super) half: Duration,
    /// When it ended.
    pub(super) end: Duration,
    pub(super) clients: usize,
    pub(super) outage: Outage,
    pub(super) outcomes: Vec<Outcome>,
}

/// A part of the time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Period {
    Full,
    Before,
    Away,
    After,
}

const PERIODS: [(Period, &str); 4] = [
    (Period::Full, "full load"),
    (Period::Before, "half of it, before the database is killed"),
    (Period::Away, "while the database is away"),
    (Period::After, "half of it, afterwards"),
];

/// A limit, and whether it is kept.
struct Verdict {
    what: String,
    measured: String,
    limit: String,
    is_met: bool,
}

impl Report {
    fn period(&self, sample: &Sample) -> Period {
        if sample.sent < self.half {
            Period::Full
        } else if sample.sent + sample.took < self.outage.killed {
            Period::Before
        } else if sample.sent < self.outage.end() {
            Period::Away
        } else {
            Period::After
        }
    }

    fn of(&self, period: Period) -> Vec<&Sample> {
        self.samples.iter().filter(|sample| self.period(sample) == period).collect()
    }

    /// The tables, and the limits that are missed.
    pub(super) fn write(&self, machine: &Machine, command: &str, date: Option<&str>) -> (String, Vec<String>) {
        let mut out = format!(
            "# Load test of the full stack\n\nMade by `{command}`{}. Machine: {machine}; load when it began: {}.\n\
             rivage {}, PgBouncer, PostgreSQL and those who ask share the machine. Times and rates of a machine that others use say little.\n\n",
            date.map(|date| format!(" on {date}")).unwrap_or_default(),
            machine.load,
            env!("CARGO_PKG_VERSION")
        );
        let full = self.of(Period::Full);
        let count = |period| self.of(period).len();
        let calm = count(Period::Before) + count(Period::After);
        let away = self.outage.end() - self.outage.killed;
        let time_calm = self.end.saturating_sub(self.half).saturating_sub(away);
        let _ = writeln!(
            out,
            "For {:.0} s, {} clients and a dashboard asked as fast as they were answered: {:.0} requests in a second. Then for {:.0} s half as often: {:.0} in a \
             second. In the middle of that the database was killed, and started again {} s later; it took connections {:.1} s after its end. {}\n",
            self.half.as_secs_f64(),
            self.clients,
            full.len() as f64 / self.half.as_secs_f64().max(0.001),
            self.end.saturating_sub(self.half).as_secs_f64(),
            calm as f64 / time_calm.as_secs_f64().max(0.001),
            AWAY.as_secs(),
            (self.outage.ready - self.outage.killed).as_secs_f64(),
            self.recovery(),
        );
        let verdicts = self.verdicts();
        out.push_str("## Limits\n\n| what | measured | limit | met |\n| --- | ---: | ---: | --- |\n");
        for Verdict { what, measured, limit, is_met } in &verdicts {
            let _ = writeln!(out, "| {what} | {measured} | {limit} | {} |", if *is_met { "yes" } else { "**no**" });
        }
        out.push_str(
            "\n## What was stored\n\n| what | acknowledged | refused or unanswered | stored | lost | too many |\n| --- | ---: | ---: | ---: | ---: | ---: |\n",
        );
        for Outcome { what, acknowledged, in_doubt, stored, lost, surplus } in &self.outcomes {
            let _ = writeln!(out, "| {what} | {acknowledged} | {in_doubt} | {stored} | {lost} | {surplus} |");
        }
        for (period, name) in PERIODS {
            let _ = write!(
                out,
                "\n## {}\n\n| kind | requests | failed | p50 | p95 | longest | database, p95 |\n| --- | ---: | ---: | ---: | ---: | ---: | ---: |\n",
                capital(name)
            );
            let samples = self.of(period);
            // While the database is away, turns are missed: there is no moment at which the next one was due.
            let time_of: fn(&Sample) -> Duration =
                if period == Period::Away { |sample: &Sample| sample.took } else { |sample: &Sample| sample.due };
            for kind in all() {
                row(&mut out, kind.name, time_of, samples.iter().copied().filter(|sample| is_of(sample, kind)));
            }
            row(&mut out, "all", time_of, samples.into_iter());
        }
        let missed = verdicts.iter().filter(|verdict| !verdict.is_met);
        (out, missed.map(|verdict| format!("{}: {}, not {}", verdict.what, verdict.measured, verdict.limit)).collect())
    }

    fn recovery(&self) -> String {
        let away = self.of(Period::Away);
        let refused = away.iter().filter(|sample| !sample.is_good()).map(|sample| sample.sent + sample.took).max();
        match refused.and_then(|last| last.checked_sub(self.outage.ready)) {
            Some(after) => format!("The last refusal came {:.1} s after that.", after.as_secs_f64()),
            None => "From then on nothing was refused.".to_owned(),
        }
    }

    fn verdicts(&self) -> Vec<Verdict> {
        let mut verdicts = Vec::new();
        for (period, name) in PERIODS {
            let samples = self.of(period);
            if period == Period::Away {
                self.verdicts_away(&samples, &mut verdicts);
                continue;
            }
            verdicts.push(failed(format!("failed, {name}"), &samples, MOST_FAILED));
            if period != Period::Full {
                let api = samples.iter().filter(|sample| sample.kind.source != Source::Files);
                let answer = percentile(api.map(|sample| sample.due), 95);
                let database = percentile(samples.iter().filter_map(|sample| sample.database), 95);
                verdicts.push(below(format!("p95 of the API, {name}"), answer, ANSWER));
                verdicts.push(Verdict {
                    what: format!("p95 of the database, {name}"),
                    measured: format!("{database} ms"),
                    limit: format!("< {DATABASE} ms"),
                    is_met: database < DATABASE && !samples.is_empty(),
                });
            }
        }
        for outcome in &self.outcomes {
            verdicts.push(Verdict {
                what: format!("{}, acknowledged and lost", outcome.what),
                measured: format!("{} of {}", outcome.lost, outcome.acknowledged),
                limit: "0".to_owned(),
                is_met: outcome.lost == 0 && outcome.acknowledged > 0,
            });
            verdicts.push(Verdict {
                what: format!("{}, not sent or stored twice", outcome.what),
                measured: outcome.surplus.to_string(),
                limit: "0".to_owned(),
                is_met: outcome.surplus == 0,
            });
        }
        verdicts
    }

    fn verdicts_away(&self, samples: &[&Sample], verdicts: &mut Vec<Verdict>) {
        for (source, name) in [(Source::Files, "files"), (Source::Kept, "kept answers")] {
            let of_source: Vec<&Sample> =
                samples.iter().copied().filter(|sample| sample.kind.source == source).collect();
            verdicts.push(failed(format!("failed, {name}, while the database is away"), &of_source, 0.0));
            let p95 = percentile(of_source.iter().map(|sample| sample.took), 95);
            verdicts.push(below(format!("p95 of {name}, while the database is away"), p95, ANSWER));
        }
        let unclear = samples.iter().filter(|sample| !sample.is_good() && !matches!(sample.status, 503 | 504)).count();
        verdicts.push(Verdict {
            what: "other answers than 503 and 504, while the database is away".to_owned(),
            measured: format!("{unclear} of {}", samples.len()),
            limit: "0".to_owned(),
            is_met: unclear == 0,
        });
        let longest = samples.iter().map(|sample| sample.took).max().unwrap_or_default();
        verdicts.push(below("the longest answer, while the database is away".to_owned(), longest, LONGEST));
    }
}

fn failed(what: String, samples: &[&Sample], most: f64) -> Verdict {
    let failed = samples.iter().filter(|sample| !sample.is_good()).count();
    let share = failed as f64 / samples.len().max(1) as f64;
    Verdict {
        what,
        measured: format!("{:.3} % ({failed} of {})", share * 100.0, samples.len()),
        limit: if most > 0.0 { format!("< {} %", most * 100.0) } else { "0".to_owned() },
        is_met: !samples.is_empty() && (failed == 0 || share < most),
    }
}

fn below(what: String, measured: Duration, limit: Duration) -> Verdict {
    let is_met = measured < limit && measured > Duration::ZERO;
    Verdict { what, measured: time(measured), limit: format!("< {}", time(limit)), is_met }
}

fn is_of(sample: &Sample, kind: &Kind) -> bool {
    sample.kind.name == kind.name
}

fn row<'s>(
    out: &mut String,
    name: &str,
    time_of: fn(&Sample) -> Duration,
    samples: impl Iterator<Item = &'s Sample> + Clone,
) {
    let times = |percent| time(percentile(samples.clone().map(time_of), percent));
    let database = percentile(samples.clone().filter_map(|sample| sample.database), 95);
    let _ = writeln!(
        out,
        "| {name} | {} | {} | {} | {} | {} | {database} ms |",
        samples.clone().count(),
        samples.clone().filter(|sample| !sample.is_good()).count(),
        times(50),
        times(95),
        times(100),
    );
}

/// `850 µs`, `12.3 ms`, `11.0 s`
fn time(time: Duration) -> String {
    let seconds = time.as_secs_f64();
    match seconds {
        0.0..0.001 => format!("{:.0} µs", seconds * 1e6),
        0.001..1.0 => format!("{:.1} ms", seconds * 1e3),
        _ => format!("{seconds:.1} s"),
    }
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

/// How long half of the load has to last for the outage and a look at both sides of it.
pub(super) fn least_half() -> Duration {
    2 * (AWAY + RECOVERY + Duration::from_secs(10))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn kind(source: Source) -> &'static Kind {
        all().find(|kind| kind.source == source).expect("there is one")
    }

    fn sample(source: Source, second: u32, status: u16) -> Sample {
        let took = Duration::from_millis(20);
        Sample { kind: kind(source), sent: SECOND * second, took, due: took, status, database: Some(3) }
    }

    /// A second of full load, then half until the 60th second; the database dies in the 20th, and is back in the 30th.
    fn report(change: impl Fn(&mut Vec<Sample>)) -> Report {
        let outage = Outage { killed: SECOND * 20, ready: SECOND * 30 };
        let mut samples = Vec::new();
        for second in 0..60 {
            for source in [Source::Files, Source::Kept, Source::Database] {
                let is_away = source == Source::Database && (20..30).contains(&second);
                samples.push(sample(source, second, if is_away { 503 } else { 200 }));
            }
        }
        change(&mut samples);
        let outcome = Outcome { what: "forms", acknowledged: 9, in_doubt: 1, stored: 10, ..Outcome::default() };
        Report { samples, half: SECOND, end: SECOND * 60, clients: 1, outage, outcomes: vec![outcome] }
    }

    fn missed(report: &Report) -> Vec<String> {
        report.write(&Machine::ask(), "cargo xtask load", Some("2026-01-31")).1
    }

    #[test]
    fn an_outage_is_excused_for_what_needs_the_database_alone() {
        assert_eq!(missed(&report(|_| {})), [""; 0]);
        for (source, name) in [(Source::Files, "files"), (Source::Kept, "kept answers")] {
            let missed = missed(&report(|samples| samples.push(sample(source, 25, 503))));
            assert_eq!(missed, [format!("failed, {name}, while the database is away: 4.762 % (1 of 21), not 0")]);
        }
        let unclear = missed(&report(|samples| samples.push(sample(Source::Database, 25, 0))));
        assert_eq!(unclear, ["other answers than 503 and 504, while the database is away: 1 of 61, not 0"]);
    }

    #[test]
    fn before_and_after_it_nothing_is_excused() {
        for (second, name) in
            [(0, "full load"), (19, "half of it, before the database is killed"), (41, "half of it, afterwards")]
        {
            let missed = missed(&report(|samples| samples.push(sample(Source::Database, second, 503))));
            assert_eq!(missed.len(), 1, "{missed:?}");
            assert!(missed[0].starts_with(&format!("failed, {name}: ")), "{missed:?}");
        }
        assert_eq!(missed(&report(|samples| samples.push(sample(Source::Database, 39, 503)))), [""; 0]);
    }

    #[test]
    fn slow_answers_count_from_when_they_were_due() {
        let late = |second| {
            missed(&report(|samples| {
                let mut slow = sample(Source::Database, second, 200);
                slow.due = Duration::from_millis(250);
                slow.database = Some(31);
                samples.extend([slow; 10]);
            }))
        };
        assert_eq!(
            late(45),
            [
                "p95 of the API, half of it, afterwards: 250.0 ms, not < 100.0 ms",
                "p95 of the database, half of it, afterwards: 31 ms, not < 30 ms"
            ]
        );
        assert_eq!(late(0), [""; 0], "full load is there to find the rate");
        let hangs = missed(&report(|samples| {
            samples.push(Sample { took: SECOND * 16, ..sample(Source::Database, 21, 504) });
        }));
        assert_eq!(hangs, ["the longest answer, while the database is away: 16.0 s, not < 15.0 s"]);
    }

    #[test]
    fn a_lost_write_is_told() {
        let mut report = report(|_| {});
        report.outcomes[0].lost = 2;
        report.outcomes[0].surplus = 1;
        assert_eq!(
            missed(&report),
            ["forms, acknowledged and lost: 2 of 9, not 0", "forms, not sent or stored twice: 1, not 0"]
        );
    }

    #[test]
    fn the_tables_have_all_periods() {
        let (text, _) = report(|_| {}).write(&Machine::ask(), "cargo xtask load", Some("2026-01-31"));
        for line in [
            "Made by `cargo xtask load` on 2026-01-31. Machine: ",
            "From then on nothing was refused.",
            "| failed, full load | 0.000 % (0 of 3) | < 0.1 % | yes |",
            "| forms | 9 | 1 | 10 | 0 | 0 |",
            "## While the database is away",
            "| page | 20 | 0 | 20.0 ms | 20.0 ms | 20.0 ms | 3 ms |",
            "| all | 60 | 10 | 20.0 ms | 20.0 ms | 20.0 ms | 3 ms |",
        ] {
            assert!(text.contains(line), "{line}\n{text}");
        }
    }
}
