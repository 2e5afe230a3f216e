//! Route files and settings → the manifest that a Worker loads beside its code, and the same as JSON, for tests.

use std::fs;
use std::path::Path;

use anyhow::{Context, bail};
use rivage_api::manifest::{Manifest, Parts, Settings, assemble};
use rivage_diag::FileId;

/// Writes the manifest of the built-in routes and of the SQL files in a folder, which need not exist, with a change of the caller's.
pub(crate) fn write(
    folder: &Path,
    settings: &Path,
    out: &Path,
    change: impl FnOnce(&mut Manifest),
) -> anyhow::Result<()> {
    let text = fs::read(settings).with_context(|| format!("could not read `{}`", settings.display()))?;
    let settings: Settings =
        serde_json::from_slice(&text).with_context(|| format!("`{}` has no settings of an API", settings.display()))?;
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.with_context(|| format!("could not list `{}`", folder.display()))?.path();
        if path.extension().is_some_and(|extension| extension == "sql") {
            let text = fs::read_to_string(&path).with_context(|| format!("could not read `{}`", path.display()))?;
            files.push((FileId::from(path.to_string_lossy().as_ref()), text));
        }
    }
    let (mut manifest, found) = assemble(Parts { settings, files, forms: Vec::new() });
    let errors: Vec<String> = found.iter().filter(|one| one.is_error()).map(|one| one.message.clone()).collect();
    if !errors.is_empty() {
        bail!("the routes in `{}`: {}", folder.display(), errors.join("; "));
    }
    change(&mut manifest);
    manifest.sort();
    for (out, bytes) in [(out, manifest.encode()), (&out.with_extension("json"), serde_json::to_vec(&manifest)?)] {
        fs::write(out, bytes).with_context(|| format!("could not write `{}`", out.display()))?;
    }
    Ok(())
}
