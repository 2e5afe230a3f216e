//! This repository's own site, built without a remark.

use anyhow::bail;

use crate::tools::{note, program, rivage, scratch};

pub(crate) fn run() -> anyhow::Result<()> {
    let rivage = rivage()?;
    let folder = scratch("own-site")?;
    let folder = folder.to_string_lossy();
    let (built, result) = program(&rivage, &["build", "--json", "--out", &folder]).output()?;
    let result: serde_json::Value = serde_json::from_str(&result)?;
    if !built || result["errors"] != 0 || result["warnings"] != 0 {
        // Once more, for the reader's eyes.
        let _ = program(&rivage, &["build", "--out", &folder]).run();
        bail!("this repository's own site has errors or warnings");
    }
    let (checked, result) = program(&rivage, &["check", "--json"]).output()?;
    let result: serde_json::Value = serde_json::from_str(&result)?;
    if !checked || result["errors"] != 0 || result["warnings"] != 0 {
        let _ = program(&rivage, &["check"]).run();
        bail!("`rivage check` has something to say about this repository's own site");
    }
    note(&format!("own site: {} pages, nothing to report", result["pages"]));
    Ok(())
}
