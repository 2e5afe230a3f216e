//! What the numbers should be, and whether they are.
//!
//! In: results. Out: a table with the targets that this run has something to say of.

use std::fmt::Write;
use std::time::Duration;

use super::case::Case;
use super::report::{Results, Row, bytes, seconds};
use super::site::Variant;

/// What Zola took of 10,000 posts in another run: wall time highlighted, CPU time plain.
const ZOLA_WALL: Duration = Duration::from_millis(18_700);
const ZOLA_CPU: Duration = Duration::from_millis(35_300);

struct Target {
    work: String,
    wanted: String,
    measured: String,
    met: bool,
}

/// Writes the table; empty where nothing was measured that has a target.
pub(super) fn table(results: &Results) -> String {
    let targets = all(results);
    if targets.is_empty() {
        return String::new();
    }
    let mut out = "| work | target | measured | met |\n| --- | --- | --- | --- |\n".to_owned();
    for target in targets {
        let met = if target.met { "yes" } else { "no" };
        let _ = writeln!(out, "| {} | {} | {} | {met} |", target.work, target.wanted, target.measured);
    }
    out
}

fn all(results: &Results) -> Vec<Target> {
    let mut out = Vec::new();
    let rivage = |variant, count, case| results.row(variant, count, "rivage", case);
    let cpu = |row: &Row| row.usage.cpu;
    let wall = |row: &Row| row.usage.wall;
    if let Some(own) = rivage(Variant::Posts, 10_000, Case::Cold) {
        let work = "10k posts, highlighted, cold";
        if let Some(hugo) = results.row(Variant::Posts, 10_000, "hugo", Case::Cold) {
            out.push(share(work, "Hugo's CPU", cpu(own), cpu(hugo), 10));
            out.push(share(work, "Hugo's wall", wall(own), wall(hugo), 10));
        }
        out.push(share(work, "Zola's wall (of another run)", wall(own), ZOLA_WALL, 7));
        out.push(memory(work, own, 300_000_000));
    }
    if let Some(own) = rivage(Variant::Plain, 10_000, Case::Cold) {
        let work = "10k posts, plain, cold";
        if let Some(hugo) = results.row(Variant::Plain, 10_000, "hugo", Case::Cold) {
            out.push(share(work, "Hugo's CPU", cpu(own), cpu(hugo), 10));
        }
        out.push(share(work, "Zola's CPU (of another run)", cpu(own), ZOLA_CPU, 15));
        if let Some(floor) = results.floor(own.site) {
            let times = cpu(own).as_secs_f64() / cpu(floor).as_secs_f64();
            out.push(Target {
                work: work.to_owned(),
                wanted: "≤ 3 × the floor's CPU".to_owned(),
                measured: format!("{times:.1} ×"),
                met: times <= 3.0,
            });
        }
    }
    if let Some(own) = rivage(Variant::Posts, 100_000, Case::Cold) {
        if let Some(tenth) = rivage(Variant::Posts, 10_000, Case::Cold) {
            let exponent = (cpu(own).as_secs_f64() / cpu(tenth).as_secs_f64()).log10();
            out.push(Target {
                work: "100k posts, cold, against 10k".to_owned(),
                wanted: "exponent of CPU ≤ 1.05".to_owned(),
                measured: format!("{exponent:.3}"),
                met: exponent <= 1.05,
            });
        }
        out.push(memory("100k posts, cold", own, 2_000_000_000));
    }
    if let Some(own) = rivage(Variant::Posts, 10_000, Case::Nothing) {
        out.push(limit("10k posts, nothing changed", "wall", wall(own), 250));
        out.push(Target {
            work: "10k posts, nothing changed".to_owned(),
            wanted: "0 files written".to_owned(),
            measured: own.written.to_string(),
            met: own.written == 0,
        });
    }
    if let Some(own) = rivage(Variant::Posts, 10_000, Case::Body) {
        out.push(limit("10k posts, one body changed", "wall", wall(own), 300));
    }
    let preview = results.previews.iter().find(|row| row.tool == "rivage" && row.site.count == 10_000);
    if let Some(own) = preview {
        out.push(limit("preview, 10k posts, save → browser told", "median", own.median, 60));
        out.push(limit("preview, 10k posts, save → browser told", "p95", own.p95, 120));
        out.push(limit("preview, 10k posts, warm start", "first page", own.start, 600));
    }
    let docs = rivage(Variant::Docs, 1_000, Case::Cold).zip(results.row(Variant::Docs, 1_000, "astro", Case::Cold));
    if let Some((own, astro)) = docs {
        out.push(share("1k docs, cold", "CPU of Astro with Starlight", cpu(own), cpu(astro), 100));
    }
    if let Some(binary) = results.binary {
        out.push(Target {
            work: "program".to_owned(),
            wanted: "≤ 40 MB".to_owned(),
            measured: bytes(binary.bytes),
            met: binary.bytes <= 40_000_000,
        });
        out.push(limit("program", "start", binary.start, 30));
    }
    out
}

fn share(work: &str, of: &str, own: Duration, other: Duration, part: u32) -> Target {
    let times = other.as_secs_f64() / own.as_secs_f64();
    Target {
        work: work.to_owned(),
        wanted: format!("≤ 1/{part} of {of}"),
        measured: format!("1/{times:.1}"),
        met: own * part <= other,
    }
}

fn memory(work: &str, own: &Row, most: u64) -> Target {
    let peak = own.usage.peak * 1024;
    Target { work: work.to_owned(), wanted: format!("≤ {}", bytes(most)), measured: bytes(peak), met: peak <= most }
}

fn limit(work: &str, what: &str, own: Duration, milliseconds: u64) -> Target {
    let most = Duration::from_millis(milliseconds);
    Target {
        work: work.to_owned(),
        wanted: format!("{what} ≤ {}", seconds(most)),
        measured: seconds(own),
        met: own <= most,
    }
}

#[cfg(test)]
mod tests {
    use super::super::report::tests::{POSTS, row};
    use super::*;

    #[test]
    fn what_was_not_measured_has_no_line() {
        assert_eq!(table(&Results::default()), "");
    }

    #[test]
    fn a_target_is_met_or_not() {
        let mut results = Results::default();
        results.rows.push(row(POSTS, "rivage", Case::Cold, (2_800, 5_000)));
        results.rows.push(row(POSTS, "hugo", Case::Cold, (28_000, 46_800)));
        results.rows.push(row(POSTS, "rivage", Case::Nothing, (250, 300)));
        let text = table(&results);
        for line in [
            "| 10k posts, highlighted, cold | ≤ 1/10 of Hugo's CPU | 1/9.4 | no |",
            "| 10k posts, highlighted, cold | ≤ 1/10 of Hugo's wall | 1/10.0 | yes |",
            "| 10k posts, highlighted, cold | ≤ 300 MB | 205 MB | yes |",
            "| 10k posts, nothing changed | wall ≤ 0.25 s | 0.25 s | yes |",
            "| 10k posts, nothing changed | 0 files written | 3 | no |",
        ] {
            assert!(text.contains(line), "{line}\n{text}");
        }
    }
}
