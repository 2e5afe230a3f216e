//! Which project a command is about, and how it sees the world.
//!
//! In: `--root`, the current folder, the clock, the environment. Out: a [`Project`].

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rivage_diag::FileId;

use super::args::Global;
use super::printer::failure;
use crate::diag::emit::Sources;
use crate::fs::{Fs, RealFs};
use crate::inputs::World;
use crate::pipeline::Outcome;
use crate::theme;

/// A project on disk.
pub(super) struct Project {
    /// Its folder.
    pub(super) root: PathBuf,
    /// The world as its build sees it.
    pub(super) world: Arc<World>,
}

impl Project {
    /// Finds the project.
    ///
    /// # Errors
    /// There is none.
    pub(super) fn open(global: &Global) -> anyhow::Result<Self> {
        let root = find(global.root.as_deref())?;
        Ok(Self { world: Arc::new(world(&root)), root })
    }
}

/// Looks at the clock and the environment once, for the whole run.
pub(super) fn world(root: &Path) -> World {
    World::new(Arc::new(RealFs::new(root)), now(), environment())
}

/// Returns the moment that a build takes for now.
#[expect(clippy::disallowed_methods, reason = "this is where the moment of a build comes from")]
pub(super) fn now() -> jiff::Timestamp {
    jiff::Timestamp::now()
}

/// Variables that are not UTF-8 cannot be asked for by name in a template, so that they are left out.
fn environment() -> BTreeMap<String, String> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect()
}

fn find(given: Option<&Path>) -> anyhow::Result<PathBuf> {
    if let Some(root) = given {
        if root.join(crate::config::FILE).is_file() {
            return Ok(root.to_owned());
        }
        let message = format!("`{}` has no `{}`", root.display(), crate::config::FILE);
        return Err(failure(message, format!("`rivage init {}` makes a new site there", root.display())));
    }
    let here = std::env::current_dir()?;
    match here.ancestors().find(|folder| folder.join(crate::config::FILE).is_file()) {
        Some(root) => Ok(root.to_owned()),
        None => Err(failure(
            format!("neither this folder nor one above has a `{}`", crate::config::FILE),
            "`rivage init` makes a new site, and `--root DIR` names one elsewhere",
        )),
    }
}

/// Reads a file of the project or of the theme that is built in.
///
/// # Errors
/// As [`Fs::read`].
pub(super) fn read(fs: &dyn Fs, path: &str) -> Result<Vec<u8>, crate::fs::Error> {
    match fs.read(path) {
        Err(error) if error.is_not_found() => theme::built_in(path).map(<[u8]>::to_vec).ok_or(error),
        answer => answer,
    }
}

/// The texts that diagnostics point into: content files as they were parsed, all else as on disk.
pub(super) struct SiteSources<'a> {
    pub(super) fs: &'a dyn Fs,
    pub(super) outcome: Option<&'a Outcome>,
}

impl Sources for SiteSources<'_> {
    fn text(&self, file: &FileId) -> Option<Arc<str>> {
        let page = self.outcome.and_then(|outcome| {
            let id = outcome.site.by_file.get(file.as_str())?;
            outcome.site.page(*id).document.as_ref().filter(|document| document.file == *file)
        });
        if let Some(text) = page.and_then(|document| document.text.get()) {
            return Some(text);
        }
        let bytes = read(self.fs, file.as_str()).ok()?;
        // No text has this byte, and every image but SVG, which is text, does.
        if bytes.contains(&0) {
            return None;
        }
        let text = String::from_utf8_lossy(&bytes);
        // As the parse stage does, whose spans these are.
        let text = text.strip_prefix('\u{feff}').unwrap_or(&text).replace("\r\n", "\n");
        Some(text.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_without_settings_is_no_project() {
        let folder = tempfile::tempdir().unwrap();
        let error = find(Some(folder.path())).unwrap_err();
        assert!(error.to_string().contains("has no `rivage.toml`"), "{error}");
        std::fs::write(folder.path().join("rivage.toml"), "").unwrap();
        assert_eq!(find(Some(folder.path())).unwrap(), folder.path());
    }

    #[test]
    fn images_have_no_lines_to_show() {
        let mut fs = crate::fs::MemoryFs::default();
        fs.write("content/a.jpg", vec![0xFF, 0xD8, 0xFF, 0xE0, 0, 16]);
        fs.write("content/a.md", b"\xEF\xBB\xBFone\r\ntwo".to_vec());
        let sources = SiteSources { fs: &fs, outcome: None };
        assert_eq!(sources.text(&FileId::from("content/a.jpg")), None);
        assert_eq!(sources.text(&FileId::from("content/a.md")).as_deref(), Some("one\ntwo"));
    }
}
