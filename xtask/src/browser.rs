//! The tests in tests/browser/: Chromium against `rivage preview`.

use std::path::PathBuf;

use crate::tools::{need, node, note, npm_ci, program, rivage, root};

/// Names of the browser, Debian's first.
const CHROMIUM: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

pub(crate) fn run() -> anyhow::Result<()> {
    if std::env::var_os("RIVAGE_SKIP_BROWSER").is_some_and(|value| value == "1") {
        note("skipped: the tests in the browser, because RIVAGE_SKIP_BROWSER is 1");
        return Ok(());
    }
    let (node, npm) = node()?;
    let chromium = chromium()?;
    let rivage = rivage()?;
    let folder = root().join("tests/browser");
    npm_ci(&npm, &folder)?;
    // One after the other: each test has a server and a browser of its own, and CI has two cores.
    // What hangs in spite of all limits of the tests is named in the end.
    program(&node, &["--test", "--test-concurrency=1", "--test-timeout=1800000"])
        .folder(&folder)
        .env("RIVAGE", &rivage)
        .env("CHROMIUM", &chromium)
        .run()
}

/// Finds the browser, or installs it where that may be done.
pub(crate) fn chromium() -> anyhow::Result<PathBuf> {
    match std::env::var_os("CHROMIUM").map(PathBuf::from) {
        Some(given) => Ok(given),
        None => need(&CHROMIUM, "chromium"),
    }
}
