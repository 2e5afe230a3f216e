//! Lighthouse over this repository's site: tests/lighthouse/.
//!
//! In: Chromium, and the site as `rivage build` makes it. Out: scores and times, printed. A recipe of its own and no test: scores depend on what
//! else the machine does.

use crate::browser::chromium;
use crate::tools::{node, npm_ci, program, rivage, root, scratch};

pub(crate) fn run() -> anyhow::Result<()> {
    let (_, npm) = node()?;
    let (chromium, rivage) = (chromium()?, rivage()?);
    let folder = root().join("tests/lighthouse");
    npm_ci(&npm, &folder)?;
    let site = scratch("lighthouse")?.join("site");
    program(&rivage, &["build", "--force", "--quiet", "--out", &site.display().to_string()]).run()?;
    // Lighthouse wants a newer Node than some machines have.
    program(folder.join("node_modules/node/bin/node"), &["measure.mjs"])
        .folder(&folder)
        .env("RIVAGE", &rivage)
        .env("CHROMIUM", &chromium)
        .env("SITE", &site)
        .run()
}
