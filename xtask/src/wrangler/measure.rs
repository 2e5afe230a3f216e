//! How long a deployment of 10,000 files takes, and how much memory, by both programs.
//!
//! In: a site of 63 MB that is made up, a stand-in without delays on this machine; for rivage also as many posts that it builds first. Out: a table. What
//! is measured is the work of the programs, not the network. Deliberately not here: limits that fail a run; what others measure on a busy machine says little.

use std::fs;
use std::path::Path;

use anyhow::Context;
use fake_cloudflare::{ACCOUNT, Fake, TOKEN};

use super::WRANGLER;
use crate::bench::measure::{Program, Usage, measure};
use crate::tools::{cargo, note, root, scratch, target};

const FILES: usize = 10_000;
/// Files that are changed before the last run.
const CHANGED: usize = 10;

/// The name of the row of deployments that build.
const BUILT: &str = "rivage, with the build";

/// Measures. Unless a program is named, rivage is built as it is released.
pub(crate) fn run() -> anyhow::Result<()> {
    let rivage = match std::env::var_os(super::PROGRAM) {
        Some(path) => root().join(path),
        None => {
            cargo(&["build", "--release", "--package", "rivage"]).run()?;
            target().join("release").join(format!("rivage{}", std::env::consts::EXE_SUFFIX))
        }
    };
    let (node, _) = super::install()?;
    let work = scratch("wrangler-measure")?;
    let mut table = String::from("| program | run | wall | CPU | peak memory |\n| --- | --- | --- | --- | --- |\n");
    for name in ["wrangler", "rivage", BUILT] {
        let folder = work.join(name);
        // What the last run remembers would make this one faster.
        let _ = fs::remove_dir_all(&folder);
        if name == BUILT {
            posts(&folder)?
        } else {
            site(&folder)?
        }
        let fake = Fake::start();
        fake.add_project("site", "main");
        // Pages, lists, twins.
        fake.set_most_files(100_000);
        let environment = [
            format!("CLOUDFLARE_API_TOKEN={TOKEN}"),
            format!("CLOUDFLARE_ACCOUNT_ID={ACCOUNT}"),
            format!("CLOUDFLARE_API_BASE_URL={}", fake.base()),
            format!("HOME={}", folder.display()),
            "WRANGLER_SEND_METRICS=false".to_owned(),
            "CI=1".to_owned(),
        ];
        let environment: Vec<&str> = environment.iter().map(String::as_str).collect();
        let program = Program::new("/usr/bin/env", &environment);
        let (rivage, node) = (rivage.display().to_string(), node.display().to_string());
        let wrangler = root().join("tests/wrangler").join(WRANGLER).display().to_string();
        let program = match name {
            "rivage" => program.with(&[&rivage, "deploy", "--production", "--no-build", "--allow-gone"]),
            BUILT => program.with(&[&rivage, "deploy", "--production"]),
            _ => program.with(&[
                &node,
                &wrangler,
                "pages",
                "deploy",
                "public",
                "--project-name",
                "site",
                "--branch",
                "main",
                "--commit-dirty=true",
            ]),
        };
        for run in ["all new", "unchanged", "10 files changed"] {
            if run.starts_with("10") {
                (0..CHANGED).map(|number| number * 997).try_for_each(|number| match name {
                    BUILT => post_changed(&folder, number),
                    _ => write(&folder, number, "changed"),
                })?;
            }
            let Usage { wall, cpu, peak } = measure(&program, &folder, &work)?;
            let (wall, cpu) = (wall.as_secs_f64(), cpu.as_secs_f64());
            table.push_str(&format!("| {name} | {run} | {wall:.2} s | {cpu:.2} s | {} MB |\n", peak / 1024));
        }
        let deployed = fake.deployments("site").pop().context("nothing was deployed")?;
        anyhow::ensure!(deployed.manifest.len() >= FILES, "only {} files were deployed", deployed.manifest.len());
    }
    note(&table);
    Ok(())
}

/// Writes posts for rivage to build.
fn posts(folder: &Path) -> anyhow::Result<()> {
    crate::generate::run(&FILES.to_string(), &folder.display().to_string())?;
    let settings = folder.join("rivage.toml");
    let text = fs::read_to_string(&settings).context("could not read the settings")?;
    fs::write(&settings, format!("{text}\n[deploy]\nproject = \"site\"\n")).context("could not write the settings")
}

fn post_changed(folder: &Path, number: usize) -> anyhow::Result<()> {
    let post = folder.join(format!("content/blog/post-{number}.md"));
    let text = fs::read_to_string(&post).context("could not read a post")?;
    fs::write(&post, text + "\nThe tide has turned.\n").context("could not write a post")
}

fn site(folder: &Path) -> anyhow::Result<()> {
    (0..FILES).try_for_each(|number| write(folder, number, ""))?;
    fs::write(folder.join("public/404.html"), "<h1>not here")?;
    fs::write(folder.join("public/index.html"), "<h1>home")?;
    fs::write(folder.join("rivage.toml"), "[site]\ntitle = \"T\"\n[deploy]\nproject = \"site\"\n")?;
    Ok(())
}

/// Writes a page of 6.3 kB on average, some of them much larger.
fn write(folder: &Path, number: usize, more: &str) -> anyhow::Result<()> {
    let place = folder.join(format!("public/part-{}/page-{number}", number % 100));
    fs::create_dir_all(&place).with_context(|| format!("could not make `{}`", place.display()))?;
    let lines: usize = if number.is_multiple_of(50) { 2_000 } else { 100 };
    let mut text = format!("<!doctype html><title>Page {number}</title><h1 id=top>Page {number} {more}</h1>\n");
    for line in 0..lines {
        if line.is_multiple_of(20) {
            text.push_str(&format!("<h2 id=part-{line}>Part {line}</h2>\n"));
        }
        text.push_str(&format!("<p>Line {line} of page {number}: the tide is {}.</p>\n", (line * 31 + number) % 97));
    }
    fs::write(place.join("index.html"), text).context("could not write a page")
}
