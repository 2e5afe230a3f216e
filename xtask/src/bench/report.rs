//! The results, and the tables of `benches/RESULTS.md`.
//!
//! In: samples. Out: Markdown. Deliberately not here: what the numbers should be; that is `targets.rs`.

use std::fmt::Write;
use std::time::Duration;

use super::case::Case;
use super::machine::Machine;
use super::measure::Usage;
use super::preview::Preview;
use super::run::Sample;
use super::site::{Site, Variant};
use super::targets;

/// All that was measured.
#[derive(Debug, Default)]
pub(super) struct Results {
    pub(super) versions: Vec<(String, String)>,
    pub(super) rows: Vec<Row>,
    pub(super) previews: Vec<PreviewRow>,
    pub(super) binary: Option<Binary>,
    /// What was left out, and why.
    pub(super) left_out: Vec<String>,
    /// Whether rivage or the floor is among what failed.
    pub(super) own_failed: bool,
}

/// Medians of a tool in a case.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) site: Site,
    pub(super) tool: String,
    pub(super) case: Case,
    pub(super) runs: usize,
    pub(super) usage: Usage,
    pub(super) files: usize,
    pub(super) bytes: u64,
    pub(super) written: usize,
}

/// What a development server took.
#[derive(Clone, Debug)]
pub(super) struct PreviewRow {
    pub(super) site: Site,
    pub(super) tool: String,
    pub(super) start: Duration,
    pub(super) changes: usize,
    pub(super) median: Duration,
    pub(super) p95: Duration,
}

/// rivage's own file.
#[derive(Clone, Copy, Debug)]
pub(super) struct Binary {
    pub(super) bytes: u64,
    pub(super) start: Duration,
}

impl Row {
    pub(super) fn of(site: Site, tool: &str, case: Case, samples: &[Sample]) -> Self {
        let usage = Usage {
            wall: median(samples.iter().map(|sample| sample.usage.wall)),
            cpu: median(samples.iter().map(|sample| sample.usage.cpu)),
            peak: median(samples.iter().map(|sample| sample.usage.peak)),
        };
        Self {
            site,
            tool: tool.to_owned(),
            case,
            runs: samples.len(),
            usage,
            files: median(samples.iter().map(|sample| sample.files)),
            bytes: median(samples.iter().map(|sample| sample.bytes)),
            written: median(samples.iter().map(|sample| sample.written)),
        }
    }
}

impl PreviewRow {
    pub(super) fn of(site: Site, tool: &str, preview: &Preview) -> Self {
        Self {
            site,
            tool: tool.to_owned(),
            start: median(preview.starts.iter().copied()),
            changes: preview.changes.len(),
            median: median(preview.changes.iter().copied()),
            p95: percentile(preview.changes.iter().copied(), 95),
        }
    }
}

impl Results {
    pub(super) fn leave_out(&mut self, text: &str) {
        crate::tools::note(&format!("  left out: {text}"));
        self.left_out.push(text.to_owned());
    }

    /// Finds a tool's row.
    pub(super) fn row(&self, variant: Variant, count: u32, tool: &str, case: Case) -> Option<&Row> {
        let site = Site { variant, count };
        self.rows.iter().find(|row| row.site == site && row.tool == tool && row.case == case)
    }

    /// Finds the floor under a site: highlighting is nothing to it.
    pub(super) fn floor(&self, site: Site) -> Option<&Row> {
        let same =
            |row: &&Row| row.tool == "floor" && row.site.count == site.count && row.site.variant != Variant::Docs;
        if site.variant == Variant::Docs { None } else { self.rows.iter().find(same) }
    }
}

/// Returns the middle value; the lower one of two.
pub(super) fn median<T: Ord + Copy + Default>(values: impl Iterator<Item = T>) -> T {
    percentile(values, 50)
}

/// Returns the smallest value that so many per cent are not above; the default of nothing.
pub(crate) fn percentile<T: Ord + Copy + Default>(values: impl Iterator<Item = T>, per_cent: usize) -> T {
    let mut values: Vec<T> = values.collect();
    values.sort();
    let rank = (values.len() * per_cent).div_ceil(100).max(1);
    values.get(rank - 1).copied().unwrap_or_default()
}

/// Writes the tables.
pub(super) fn markdown(results: &Results, machine: &Machine, date: Option<&str>, command: &str) -> String {
    let mut out = "# Benchmark\n\n".to_owned();
    let _ = writeln!(out, "Made by `{command}`{}.\n", date.map(|date| format!(" on {date}")).unwrap_or_default());
    let _ = writeln!(
        out,
        "Machine: {machine}. Load when it began: {}{}. Files in memory where the system has a place for it.\n",
        machine.load,
        if machine.is_busy() { "; other work went on, wall times are too long" } else { "" }
    );
    out.push_str("| tool | version |\n| --- | --- |\n");
    for (tool, version) in &results.versions {
        let _ = writeln!(out, "| {tool} | {version} |");
    }
    if let Some(binary) = results.binary {
        let size = binary.bytes as f64 / 1e6;
        let _ = writeln!(out, "\nrivage's program has {size:.1} MB and starts in {}.", seconds(binary.start));
    }
    out.push_str(EXPLANATION);
    let targets = targets::table(results);
    if !targets.is_empty() {
        let _ = write!(out, "\n## Targets\n\n{targets}");
    }
    let mut sites: Vec<Site> = results.rows.iter().map(|row| row.site).collect();
    sites.dedup();
    for site in sites {
        site_tables(results, site, &mut out);
    }
    if !results.previews.is_empty() {
        out.push_str(
            "\n## Preview\n\nStart, of a site that was built before, to the first page served; then from the write of one page's body to the word to \
             the browser.\n\n| site | tool | start | changes | median | p95 |\n| --- | --- | ---: | ---: | ---: | ---: |\n",
        );
        for row in &results.previews {
            let (start, median, p95) = (seconds(row.start), seconds(row.median), seconds(row.p95));
            let _ =
                writeln!(out, "| {} | {} | {start} | {} | {median} | {p95} |", row.site.label(), row.tool, row.changes);
        }
    }
    if !results.left_out.is_empty() {
        out.push_str("\n## Left out\n\n");
        for text in &results.left_out {
            // What a failed program printed was shown when it failed; it is long, and full of paths.
            let _ = writeln!(out, "- {}", text.lines().next().unwrap_or_default());
        }
    }
    out
}

const EXPLANATION: &str = "
*posts* is a blog: posts of about 4.7 KB with four sections, two blocks of code and three tags; lists in parts of ten, lists of terms, RSS of the blog
and of each term, sitemap, table of contents, links to the neighbours; code highlighted. *plain* is the same without highlighting. *docs* has pages with
twenty components, five blocks of code, tabs, and a sidebar of all pages. All tools get the same sources and layouts that say the same, which lie in
`benches/sites/`; none minifies, none makes a search index. `rivage-full` is rivage with all it does by default: its theme, minified,
search index, Markdown twins, `llms.txt`, three formats of feeds. `floor` reads, parses and writes the posts, and nothing else. mdBook leaves highlighting and
the sidebar to the browser, and its pages are plain Markdown that says the same. CPU is user and system time of the program and all it starts; peak is the memory of its largest
process; *written* counts the files that are new or were written again. All are medians of the runs.

Zola is in none of the registries that the recipe installs from. Zola 0.22 was measured in another run, with other posts of that kind and size, on a machine of the
same kind: 10,000 posts took 18.7 s wall, 32.7 s CPU and 1.0 GB highlighted, and 19.4 s, 35.3 s and 0.8 GB plain.
";

fn site_tables(results: &Results, site: Site, out: &mut String) {
    let _ = writeln!(out, "\n## {}", site.label());
    for case in Case::BUILDS {
        let rows: Vec<&Row> = results.rows.iter().filter(|row| row.site == site && row.case == case).collect();
        if rows.is_empty() {
            continue;
        }
        let _ = writeln!(out, "\n### {}, {}\n", site.label(), case.title());
        out.push_str(
            "| tool | wall | CPU | peak | files | size | written | wall ÷ rivage | CPU ÷ rivage | CPU ÷ floor | runs |\n\
             | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n",
        );
        let rivage = results.row(site.variant, site.count, "rivage", case);
        let floor = results.floor(site);
        for row in rows {
            let of_rivage = |of: fn(&Usage) -> Duration| rivage.map(|rivage| ratio(of(&row.usage), of(&rivage.usage)));
            let _ = writeln!(
                out,
                "| {} | {} | {} | {} | {} | {} | {} | {} | {} | {} | {} |",
                row.tool,
                seconds(row.usage.wall),
                seconds(row.usage.cpu),
                bytes(row.usage.peak * 1024),
                thousands(row.files as u64),
                bytes(row.bytes),
                thousands(row.written as u64),
                of_rivage(|usage| usage.wall).unwrap_or_else(dash),
                of_rivage(|usage| usage.cpu).unwrap_or_else(dash),
                floor.map_or_else(dash, |floor| ratio(row.usage.cpu, floor.usage.cpu)),
                row.runs
            );
        }
    }
}

fn dash() -> String {
    "–".to_owned()
}

/// Writes a time with two or three digits that mean something.
pub(super) fn seconds(time: Duration) -> String {
    let seconds = time.as_secs_f64();
    match seconds {
        0.0..0.1 => format!("{:.0} ms", seconds * 1e3),
        0.1..10.0 => format!("{seconds:.2} s"),
        _ => format!("{seconds:.1} s"),
    }
}

/// Writes an amount of bytes in decimal units.
pub(super) fn bytes(bytes: u64) -> String {
    let megabytes = bytes as f64 / 1e6;
    match megabytes {
        0.0..10.0 => format!("{megabytes:.1} MB"),
        10.0..1000.0 => format!("{megabytes:.0} MB"),
        _ => format!("{:.1} GB", megabytes / 1e3),
    }
}

/// Writes how often one time goes into another.
pub(super) fn ratio(one: Duration, other: Duration) -> String {
    let ratio = one.as_secs_f64() / other.as_secs_f64();
    if !ratio.is_finite() {
        return dash();
    }
    if ratio < 10.0 { format!("{ratio:.2}") } else { format!("{ratio:.0}") }
}

/// Writes a number with its thousands apart.
pub(super) fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in super::super) fn row(site: Site, tool: &str, case: Case, (wall, cpu): (u64, u64)) -> Row {
        let usage = Usage { wall: Duration::from_millis(wall), cpu: Duration::from_millis(cpu), peak: 200_000 };
        let sample = Sample { usage, files: 1234, bytes: 56_000_000, written: 3 };
        Row::of(site, tool, case, &[sample; 3])
    }

    pub(in super::super) const POSTS: Site = Site { variant: Variant::Posts, count: 10_000 };

    #[test]
    fn medians_and_percentiles() {
        assert_eq!(median([3, 1, 2].into_iter()), 2);
        assert_eq!(median([4, 1, 2, 3].into_iter()), 2);
        assert_eq!(median(std::iter::empty::<u32>()), 0);
        assert_eq!(percentile(1..=50, 95), 48);
        assert_eq!(percentile([7].into_iter(), 95), 7);
    }

    #[test]
    fn numbers_are_written_for_people() {
        assert_eq!(seconds(Duration::from_micros(12_400)), "12 ms");
        assert_eq!(seconds(Duration::from_millis(440)), "0.44 s");
        assert_eq!(seconds(Duration::from_millis(28_140)), "28.1 s");
        assert_eq!(bytes(2_700_000_000), "2.7 GB");
        assert_eq!(bytes(11_264 * 1024), "12 MB");
        assert_eq!(thousands(100_000), "100,000");
        assert_eq!(thousands(999), "999");
        assert_eq!(ratio(Duration::from_secs(28), Duration::from_secs(2)), "14");
        assert_eq!(ratio(Duration::from_secs(1), Duration::ZERO), "–");
    }

    #[test]
    fn a_table_has_ratios_against_rivage_and_the_floor() {
        let mut results = Results::default();
        results.rows.push(row(POSTS, "floor", Case::Cold, (400, 600)));
        results.rows.push(row(POSTS, "rivage", Case::Cold, (1_000, 1_800)));
        results.rows.push(row(POSTS, "hugo", Case::Cold, (28_000, 46_800)));
        let text = markdown(&results, &Machine::ask(), Some("2026-01-31"), "cargo xtask bench");
        let line = "| hugo | 28.0 s | 46.8 s | 205 MB | 1,234 | 56 MB | 3 | 28 | 26 | 78 | 3 |";
        assert!(text.contains(line), "{text}");
        assert!(
            text.contains("| rivage | 1.00 s | 1.80 s | 205 MB | 1,234 | 56 MB | 3 | 1.00 | 1.00 | 3.00 | 3 |"),
            "{text}"
        );
        assert!(text.contains("Made by `cargo xtask bench` on 2026-01-31."), "{text}");
        assert!(!text.contains("## Left out"), "{text}");
    }

    #[test]
    fn without_rivage_there_is_no_ratio() {
        let mut results = Results::default();
        results.rows.push(row(POSTS, "hugo", Case::Title, (28_000, 46_800)));
        results.left_out.push("mdbook on docs 1,000 failed: `mdbook` failed (exit status: 1)\n  at /a/b".to_owned());
        let text = markdown(&results, &Machine::ask(), None, "x");
        assert!(text.contains("### posts 10,000, one page's title changed"), "{text}");
        assert!(text.contains("| 3 | – | – | – | 3 |"), "{text}");
        assert!(
            text.ends_with("## Left out\n\n- mdbook on docs 1,000 failed: `mdbook` failed (exit status: 1)\n"),
            "{text}"
        );
    }
}
