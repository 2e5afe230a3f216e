//! Route files and settings → the manifest that a Worker loads beside its code.

use std::path::Path;
use std::fs;

use anyhow::{Context, bail};
use rivage_api::manifest::{Manifest, Settings};
use rivage_api::{builtin, sql};
use rivage_diag::FileId;

/// Writes the manifest of the built-in routes and of the SQL files in a folder, which need not exist.
pub(crate) fn write(folder: &Path, settings: Option<&Path>, out: &Path) -> anyhow::Result<()> {
    let settings: Settings = match settings {
        Some(path) => {
            let text = fs::read(path).with_context(|| format!("could not read `{}`", path.display()))?;
            serde_json::from_slice(&text).with_context(|| format!("`{}` has no settings of an API", path.display()))?
        }
        None => Settings::default(),
    };
    let limits: Vec<&str> = settings.limits.iter().map(|class| class.name.as_str()).collect();
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.with_context(|| format!("could not list `{}`", folder.display()))?.path();
        files.extend(Some(path).filter(|path| path.extension().is_some_and(|extension| extension == "sql")));
    }
    files.sort();
    let mut routes = builtin::routes();
    for path in files {
        let text = fs::read_to_string(&path).with_context(|| format!("could not read `{}`", path.display()))?;
        let (route, found) = sql::parse(&FileId::from(path.to_string_lossy().as_ref()), &text, &sql::Context { limits: &limits });
        let Some(route) = route else {
            let messages: Vec<&str> = found.iter().map(|diagnostic| diagnostic.message.as_str()).collect();
            bail!("`{}`: {}", path.display(), messages.join("; "));
        };
        routes.push(route);
    }
    let conflicts = sql::conflicts(&routes.iter().map(|route| (route, None)).collect::<Vec<_>>());
    if let Some(conflict) = conflicts.first() {
        bail!("{}", conflict.message);
    }
    let mut manifest = Manifest { settings, routes };
    manifest.sort();
    fs::write(out, manifest.encode()).with_context(|| format!("could not write `{}`", out.display()))
}
