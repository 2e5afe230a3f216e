//! Real MDX: what we make of it against what the reference compiler makes of it.
//!
//! Corpus and comparison lie beside this repository, in ../shared, because they are others' work. Where they are not at hand this is
//! skipped, with a message.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use serde_json::{Value, json};

use crate::tools::{node, note, program, rivage, root, scratch};

/// The share of pages, in per cent, that must be equal.
const ENOUGH: f64 = 99.5;

pub(crate) fn run() -> anyhow::Result<()> {
    let shared = root().join("../shared");
    let (oracle, corpus) = (shared.join("mdx-oracle"), shared.join("corpus/astro-docs-en"));
    for folder in [&oracle, &corpus] {
        if !folder.is_dir() {
            note(&format!(
                "skipped: the comparison with the reference compiler, because `{}` is absent",
                folder.display()
            ));
            return Ok(());
        }
    }
    let (node, npm) = node()?;
    let rivage = rivage()?;
    let work = scratch("oracle")?;
    for file in ["oracle.mjs", "compare.mjs", "package.json"] {
        std::fs::copy(oracle.join(file), work.join(file)).with_context(|| format!("could not copy `{file}`"))?;
    }
    program(&npm, &["install", "--no-audit", "--no-fund"]).folder(&work).run()?;
    let corpus = corpus.canonicalize().with_context(|| format!("could not find `{}`", corpus.display()))?;
    let named = format!("astro-en={}", corpus.display());
    program(&node, &["oracle.mjs", "--out", "reference.jsonl", &named]).folder(&work).run()?;

    let candidate = candidate(&rivage, &corpus)?;
    std::fs::write(work.join("candidate.jsonl"), candidate).context("could not write `candidate.jsonl`")?;
    let arguments = ["compare.mjs", "reference.jsonl", "candidate.jsonl", "--list"];
    let (_, report) = program(&node, &arguments).folder(&work).output()?;
    note(&report);
    let equal = share(&report).context("the comparison printed no share of equal pages")?;
    if equal < ENOUGH {
        bail!("{equal} % of the pages are as the reference has them; {ENOUGH} % must be");
    }
    Ok(())
}

/// Renders all pages, and names them as the reference does.
fn candidate(rivage: &Path, corpus: &Path) -> anyhow::Result<String> {
    let mut files = Vec::new();
    gather(corpus, corpus, &mut files)?;
    files.sort();
    let mut arguments = vec!["render", "--plain", "--unknown-component", "element"];
    arguments.extend(files.iter().map(String::as_str));
    let (_, lines) = program(rivage, &arguments).folder(corpus).output()?;
    let mut out = String::new();
    for line in lines.lines() {
        let page: Value = serde_json::from_str(line).with_context(|| format!("no JSON: {line}"))?;
        let error = page["diagnostics"].as_array().and_then(|all| all.iter().find(|one| one["severity"] == "error"));
        let file = format!("astro-en/{}", page["file"].as_str().unwrap_or_default());
        let error = error.map(|error| error["message"].clone());
        let page = json!({ "file": file, "ok": page["ok"], "html": page["html"], "error": error });
        out.push_str(&format!("{page}\n"));
    }
    Ok(out)
}

fn gather(corpus: &Path, folder: &Path, files: &mut Vec<String>) -> anyhow::Result<()> {
    let entries = std::fs::read_dir(folder).with_context(|| format!("could not list `{}`", folder.display()))?;
    for entry in entries {
        let path: PathBuf = entry?.path();
        if path.is_dir() {
            gather(corpus, &path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "mdx") {
            let below = path.strip_prefix(corpus).unwrap_or(&path);
            files.push(below.components().map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/"));
        }
    }
    Ok(())
}

/// Reads `all: 420 of 420 equal (100.00 %)`.
fn share(report: &str) -> Option<f64> {
    let line = report.lines().find_map(|line| line.strip_prefix("all: "))?;
    line.split_once('(')?.1.split_once('%')?.0.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_share_is_read() {
        assert_eq!(super::share("all: 419 of 420 equal (99.76 %); 0 left out\n  astro-en: x"), Some(99.76));
        assert_eq!(super::share("all: 0 of 0 equal (– %); 0 left out"), None);
        assert_eq!(super::share(""), None);
    }
}
