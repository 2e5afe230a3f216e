//! What `cargo xtask bench` is asked for.
//!
//! In: its arguments. Out: which tools, sites and cases, how often, and where the table goes.

use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use anyhow::{Context, bail};

use super::case::Case;
use super::site::{Site, Variant};
use super::tools;

pub(super) const USAGE: &str = "\
cargo xtask bench [OPTIONS]

  --only TOOLS      of floor, rivage, rivage-full, hugo, eleventy, astro, mdbook
  --sites SITES     of posts (code highlighted), plain (not highlighted), docs
  --sizes SIZES     numbers of pages such as 1k,10k,100k; as given they hold for every tool
  --cases CASES     of cold, nothing, body, title, tag, template, preview
  --runs N          medians of N runs (3)
  --budget SECONDS  what is spent on one tool's builds of a site, and on its server, before the rest is left out (45)
  --edits N         changes that the preview is measured with (50)
  --rivage FILE     a rivage that is already built, instead of a release build
  --date DATE       the day to write into the table
  --keep            leave the built sites where they are, to look at
  --write           write benches/RESULTS.md; needs --date

Without --sizes and --sites the plan is: posts 1k for all tools, 10k for the fast ones, 100k for rivage; plain 10k; docs 1k.
";

#[derive(Debug)]
pub(super) struct Options {
    only: Vec<String>,
    sites: Vec<Variant>,
    sizes: Vec<u32>,
    cases: Vec<Case>,
    pub(super) runs: usize,
    pub(super) budget: Duration,
    pub(super) edits: usize,
    pub(super) rivage: Option<PathBuf>,
    pub(super) date: Option<String>,
    pub(super) keep: bool,
    pub(super) write: bool,
}

impl Options {
    pub(super) fn parse(words: &[&str]) -> anyhow::Result<Self> {
        let mut options = Self {
            only: Vec::new(),
            sites: Vec::new(),
            sizes: Vec::new(),
            cases: Vec::new(),
            runs: 3,
            budget: Duration::from_secs(45),
            edits: 50,
            rivage: None,
            date: None,
            keep: false,
            write: false,
        };
        let mut words = words.iter();
        while let Some(&word) = words.next() {
            let flag = match word {
                "--keep" => Some(&mut options.keep),
                "--write" => Some(&mut options.write),
                _ => None,
            };
            if let Some(flag) = flag {
                *flag = true;
                continue;
            }
            let mut value = || words.next().copied().with_context(|| format!("`{word}` needs a value"));
            match word {
                "--only" => options.only = list(value()?, tool)?,
                "--sites" => options.sites = list(value()?, Variant::from_str)?,
                "--sizes" => options.sizes = list(value()?, size)?,
                "--cases" => options.cases = list(value()?, Case::from_str)?,
                "--runs" => options.runs = number(word, value()?)?,
                "--budget" => options.budget = Duration::from_secs(number(word, value()?)? as u64),
                "--edits" => options.edits = number(word, value()?)?,
                "--rivage" => options.rivage = Some(PathBuf::from(value()?)),
                "--date" => options.date = Some(value()?.to_owned()),
                _ => bail!("`{word}` is no option of `bench`\n\n{USAGE}"),
            }
        }
        if options.write && options.date.is_none() {
            bail!("`--write` needs `--date`: the table says when it was made, and no recipe reads the clock");
        }
        Ok(options)
    }

    pub(super) fn wants_tool(&self, name: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|only| only == name)
    }

    pub(super) fn wants_case(&self, case: Case) -> bool {
        self.cases.is_empty() || self.cases.contains(&case)
    }

    /// Returns the sites in the order in which they are measured.
    pub(super) fn plan(&self) -> Vec<Site> {
        let sites: &[Variant] = if self.sites.is_empty() { &Variant::ALL } else { &self.sites };
        let mut plan = Vec::new();
        for &variant in sites {
            let sizes = if self.sizes.is_empty() { variant.usual_sizes() } else { &self.sizes };
            plan.extend(sizes.iter().map(|&count| Site { variant, count }));
        }
        plan
    }

    /// Whether a tool is given a site of that size: without `--sizes` the slow ones are spared the large sites.
    pub(super) fn allows(&self, largest: u32, site: Site) -> bool {
        !self.sizes.is_empty() || site.count <= largest
    }
}

fn list<T>(text: &str, one: impl Fn(&str) -> anyhow::Result<T>) -> anyhow::Result<Vec<T>> {
    text.split(',').map(one).collect()
}

fn tool(name: &str) -> anyhow::Result<String> {
    let names: Vec<&str> = tools::ALL.iter().map(|tool| tool.name).collect();
    if !names.contains(&name) {
        bail!("`{name}` is no tool of the benchmark; there are {}", names.join(", "));
    }
    Ok(name.to_owned())
}

/// Reads `500`, `1k`, `100k`.
fn size(text: &str) -> anyhow::Result<u32> {
    let (digits, times) = text.strip_suffix('k').map_or((text, 1), |digits| (digits, 1000));
    let count = digits.parse::<u32>().ok().and_then(|count| count.checked_mul(times)).filter(|count| *count > 0);
    count.with_context(|| format!("`{text}` is no number of pages"))
}

fn number(word: &str, text: &str) -> anyhow::Result<usize> {
    let number = text.parse::<usize>().ok().filter(|number| *number > 0);
    number.with_context(|| format!("`{word}` needs a number above 0, not `{text}`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(words: &[&str]) -> String {
        format!("{:#}", Options::parse(words).unwrap_err())
    }

    #[test]
    fn sizes_are_read() {
        assert_eq!(size("1k").unwrap(), 1000);
        assert_eq!(size("250").unwrap(), 250);
        for wrong in ["", "k", "0", "1m", "-1", "9999999k"] {
            assert!(size(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn without_options_the_plan_has_every_variant() {
        let plan = Options::parse(&[]).unwrap().plan();
        let plan: Vec<String> = plan.iter().map(Site::label).collect();
        assert_eq!(plan, ["posts 1,000", "posts 10,000", "posts 100,000", "plain 10,000", "docs 1,000"]);
    }

    #[test]
    fn filters_hold() {
        let options =
            Options::parse(&["--only", "rivage,hugo", "--sites", "plain", "--sizes", "2k", "--cases", "cold"]);
        let options = options.unwrap();
        assert!(options.wants_tool("hugo") && !options.wants_tool("astro"));
        assert!(options.wants_case(Case::Cold) && !options.wants_case(Case::Preview));
        assert_eq!(options.plan(), [Site { variant: Variant::Plain, count: 2000 }]);
    }

    #[test]
    fn slow_tools_get_large_sites_only_when_asked() {
        let site = Site { variant: Variant::Posts, count: 10_000 };
        assert!(!Options::parse(&[]).unwrap().allows(1000, site));
        assert!(Options::parse(&["--sizes", "10k"]).unwrap().allows(1000, site));
    }

    #[test]
    fn mistakes_are_told() {
        assert!(error(&["--only", "jekyll"]).starts_with("`jekyll` is no tool of the benchmark; there are floor"));
        assert_eq!(error(&["--runs", "0"]), "`--runs` needs a number above 0, not `0`");
        assert_eq!(error(&["--sizes"]), "`--sizes` needs a value");
        assert!(error(&["--fast"]).starts_with("`--fast` is no option of `bench`"));
        assert!(error(&["--write"]).starts_with("`--write` needs `--date`"));
        assert_eq!(
            error(&["--cases", "warm"]),
            "`warm` is no case; there are cold, nothing, body, title, tag, template, preview"
        );
        assert_eq!(error(&["--sites", "wiki"]), "`wiki` is no site; there are posts, plain, docs");
    }
}
