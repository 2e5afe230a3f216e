//! Runs the tools on the sites, case after case.
//!
//! In: the plan. Out: medians. A tool that fails is reported with what it printed, and the others go on.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::Context;

use super::case::Case;
use super::measure::{Program, Usage, measure};
use super::options::Options;
use super::preview::Served;
use super::report::{Binary, PreviewRow, Results, Row};
use super::scan::Scan;
use super::site::{Edits, Layout, Site, Variant};
use super::tools::{ALL, Installed, Tool};
use crate::tools::note;

/// One run of a tool.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sample {
    pub(super) usage: Usage,
    pub(super) files: usize,
    pub(super) bytes: u64,
    pub(super) written: usize,
}

/// A project on the disk, with the tool that builds it.
struct Project<'a> {
    tool: &'a Tool,
    installed: &'a Installed,
    layout: &'a Layout,
    site: Site,
    folder: PathBuf,
    work: &'a Path,
}

/// Measures all that is asked for. Folders are made below `work` and removed as soon as they are done with.
pub(super) fn run(options: &Options, work: &Path, results: &mut Results) -> anyhow::Result<()> {
    let plan = options.plan();
    let mut installed = BTreeMap::new();
    for tool in ALL.iter().filter(|tool| options.wants_tool(tool.name)) {
        let takes_part = plan.iter().any(|site| tool.layout(*site).is_some() && options.allows(tool.largest, *site));
        if !takes_part {
            continue;
        }
        match tool.install(options.rivage.as_deref(), work) {
            Ok(one) => {
                results.versions.push((tool.name.to_owned(), one.version.clone()));
                installed.insert(tool.name, one);
            }
            // What comes from this repository must be there; of the others one may be missing.
            Err(error) if tool.is_own() => return Err(error),
            Err(error) => results.leave_out(&format!("{} could not be installed: {error:#}", tool.name)),
        }
    }
    if let Some(rivage) = installed.get("rivage") {
        results.binary = Some(binary(&rivage.program, work)?);
    }
    for site in plan {
        for tool in ALL {
            let (Some(installed), Some(layout)) = (installed.get(tool.name), tool.layout(site)) else { continue };
            if !options.allows(tool.largest, site) {
                continue;
            }
            let folder = work.join(format!("{}-{}-{}", tool.name, site.variant.name(), site.count));
            let project = Project { tool, installed, layout, site, folder, work };
            if let Err(error) = project.measure(options, results) {
                results.own_failed |= tool.is_own();
                results.leave_out(&format!("{} on {} failed: {error:#}", tool.name, site.label()));
            }
            // What a failed run left is in the way as well.
            if !options.keep && project.folder.exists() {
                std::fs::remove_dir_all(&project.folder)
                    .with_context(|| format!("could not remove `{}`", project.folder.display()))?;
            }
        }
    }
    Ok(())
}

impl Project<'_> {
    fn measure(&self, options: &Options, results: &mut Results) -> anyhow::Result<()> {
        self.layout.write(self.site, &self.folder)?;
        let mut samples = BTreeMap::<Case, Vec<Sample>>::new();
        let mut edits = Edits::default();
        let begun = Instant::now();
        let wanted = |case| options.wants_case(case) && self.can(case);
        let only_preview = !Case::BUILDS.into_iter().any(wanted);
        'runs: for run in 0..options.runs {
            for case in Case::BUILDS {
                // Without a cold run there is nothing that the others could start from.
                if case != Case::Cold && !wanted(case) {
                    continue;
                }
                if begun.elapsed() > options.budget && !samples.is_empty() {
                    if run == 0 {
                        let left_out = Case::BUILDS.into_iter().filter(|left| *left >= case && wanted(*left));
                        self.out_of_time(&left_out.map(Case::name).collect::<Vec<_>>(), options.budget, results);
                    }
                    break 'runs;
                }
                let sample = self.sample(case, run + 1, &mut edits)?;
                self.tell(case, &sample);
                samples.entry(case).or_default().push(sample);
            }
            if only_preview {
                break;
            }
        }
        for (case, samples) in samples {
            if wanted(case) {
                results.rows.push(Row::of(self.site, self.tool.name, case, &samples));
            }
        }
        if options.wants_case(Case::Preview) {
            self.preview(options, results)?;
        }
        Ok(())
    }

    /// Whether a case means something here: the floor has no second run, a documentation no tags.
    fn can(&self, case: Case) -> bool {
        case == Case::Cold
            || !self.layout.template.is_empty() && (case != Case::Tag || self.site.variant != Variant::Docs)
    }

    fn sample(&self, case: Case, revision: usize, edits: &mut Edits) -> anyhow::Result<Sample> {
        let output = self.folder.join(self.layout.output);
        if case == Case::Cold {
            for name in self.layout.caches.iter().chain([&self.layout.output]) {
                let path = self.folder.join(name);
                if path.exists() {
                    std::fs::remove_dir_all(&path).with_context(|| format!("could not remove `{}`", path.display()))?;
                }
            }
        }
        self.layout.edit(self.site, &self.folder, (case, revision), edits)?;
        let before = Scan::of(&output)?;
        let program = &self.installed.program;
        let args: Vec<&str> = self.layout.args.to_vec();
        let usage = measure(&program.with(&args), &self.folder, self.work)?;
        let after = Scan::of(&output)?;
        anyhow::ensure!(after.files() as u64 >= u64::from(self.site.count), "only {} files were made", after.files());
        Ok(Sample { usage, files: after.files(), bytes: after.bytes(), written: after.written_since(&before) })
    }

    /// Measures the development server. Sites of 100,000 pages are no work for one.
    fn preview(&self, options: &Options, results: &mut Results) -> anyhow::Result<()> {
        let Some(server) = self.tool.server else { return Ok(()) };
        let blog = self.site.variant == Variant::Posts;
        if !blog || self.site.count > 10_000 {
            return Ok(());
        }
        let served = Served {
            server,
            program: &self.installed.program,
            layout: self.layout,
            site: self.site,
            folder: &self.folder,
            work: self.work,
        };
        let preview = served.measure(options.runs, options.edits, options.budget)?;
        let row = PreviewRow::of(self.site, self.tool.name, &preview);
        note(&format!(
            "  {:11} {:13} preview   start {} ms, {} changes: median {} ms, p95 {} ms",
            self.tool.name,
            self.site.label(),
            row.start.as_millis(),
            row.changes,
            row.median.as_millis(),
            row.p95.as_millis()
        ));
        results.previews.push(row);
        Ok(())
    }

    fn tell(&self, case: Case, sample: &Sample) {
        note(&format!(
            "  {:11} {:13} {:9} {:8.3} s wall {:8.3} s CPU {:6} MB, {} files, {} written",
            self.tool.name,
            self.site.label(),
            case.name(),
            sample.usage.wall.as_secs_f64(),
            sample.usage.cpu.as_secs_f64(),
            sample.usage.peak * 1024 / 1_000_000,
            sample.files,
            sample.written
        ));
    }

    fn out_of_time(&self, cases: &[&str], budget: Duration, results: &mut Results) {
        if !cases.is_empty() {
            let (tool, site) = (self.tool.name, self.site.label());
            let text = format!("{tool} on {site}: {} — its {} s were used up", cases.join(", "), budget.as_secs());
            results.leave_out(&text);
        }
    }
}

/// Measures the program itself: its size, and the median time of twenty starts that do nothing.
fn binary(program: &Program, work: &Path) -> anyhow::Result<Binary> {
    let data =
        std::fs::metadata(&program.path).with_context(|| format!("could not look at `{}`", program.path.display()))?;
    let version = program.with(&["--version"]);
    let starts = (0..20).map(|_| measure(&version, work, work)).collect::<anyhow::Result<Vec<_>>>()?;
    Ok(Binary { bytes: data.len(), start: super::report::median(starts.iter().map(|usage| usage.wall)) })
}
