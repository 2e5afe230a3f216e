//! Keys in a file, which a native server reads: a line for each, the newest first.
//!
//! ```text
//! 20261129T144000Z hs256:…
//! 2025 hs256:…
//! ```
//!
//! In: a path. Out: names and values; the file written anew, whole or not at all. A name is the moment at which `rivage secrets rotate` made a key, or
//! what somebody chose. Deliberately not here: when a key is dropped ([`super::rotate`]). No error tells a value.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::Context;

use super::super::printer::failure;

/// The lines of a file.
pub(in crate::cli) struct KeyFile {
    path: PathBuf,
    /// Name and value.
    pub(in crate::cli) lines: Vec<(String, String)>,
}

impl KeyFile {
    /// Reads a file.
    ///
    /// # Errors
    /// It cannot be read, or a line has no name.
    pub(in crate::cli) fn read(path: &Path) -> anyhow::Result<Self> {
        let text = std::fs::read_to_string(path).with_context(|| format!("could not read `{}`", path.display()))?;
        let mut lines: Vec<(String, String)> = Vec::new();
        for (index, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
            let (name, value) = line.trim().split_once(' ').ok_or_else(|| {
                let message = format!("line {} of `{}` is not a name and a key", index + 1, path.display());
                failure(message, "a line is a name, a space and the key, such as `2026 hs256:…`")
            })?;
            if lines.iter().any(|(known, _)| known == name) {
                let message = format!("line {} of `{}` has a name that stands above", index + 1, path.display());
                return Err(failure(message, "each key has a name of its own"));
            }
            lines.push((name.to_owned(), value.trim().to_owned()));
        }
        Ok(Self { path: path.to_owned(), lines })
    }

    /// Reads a file that need not be there.
    ///
    /// # Errors
    /// As [`KeyFile::read`].
    pub(super) fn read_or_new(path: &Path) -> anyhow::Result<Self> {
        if path.exists() { Self::read(path) } else { Ok(Self { path: path.to_owned(), lines: Vec::new() }) }
    }

    /// Returns it as text.
    pub(in crate::cli) fn text(&self) -> String {
        self.lines.iter().map(|(name, value)| format!("{name} {value}\n")).collect()
    }

    /// Writes it: whoever reads at the same moment has the old or the new lines. A new file is for its owner alone, and one that
    /// was there keeps its owner and its mode, because the server that reads it may be another user than who rotates.
    ///
    /// # Errors
    /// The folder cannot be written, or the owner cannot be kept.
    pub(super) fn write(&self) -> anyhow::Result<()> {
        // What is exchanged is the file itself and not a link to it.
        let path = std::fs::canonicalize(&self.path).unwrap_or_else(|_| self.path.clone());
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let write = || {
            let mut file = tempfile::NamedTempFile::new_in(folder)?;
            file.write_all(self.text().as_bytes())?;
            if let Ok(known) = std::fs::metadata(&path) {
                keep_owner(&known, file.path())?;
                file.as_file().set_permissions(known.permissions())?;
            }
            file.as_file().sync_all()?;
            file.persist(&path).map_err(|error| error.error)
        };
        write().map(drop).with_context(|| format!("could not write `{}`", self.path.display()))
    }
}

#[cfg(unix)]
fn keep_owner(known: &std::fs::Metadata, file: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::{MetadataExt, chown};
    let own = std::fs::metadata(file)?;
    if (own.uid(), own.gid()) == (known.uid(), known.gid()) {
        return Ok(());
    }
    chown(file, Some(known.uid()), Some(known.gid()))
}

#[cfg(not(unix))]
fn keep_owner(_: &std::fs::Metadata, _: &Path) -> std::io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_names_and_values() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys");
        assert!(KeyFile::read(&path).is_err());
        let mut file = KeyFile::read_or_new(&path).unwrap();
        file.lines.push(("a".to_owned(), "hs256:x y".to_owned()));
        file.write().unwrap();
        std::fs::write(&path, format!("{}\n  b  hs256:z \n", file.text())).unwrap();
        let lines = KeyFile::read(&path).unwrap().lines;
        let lines: Vec<_> = lines.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(lines, [("a", "hs256:x y"), ("b", "hs256:z")]);
        for (text, told) in [("a x\nsecret\n", "line 2 of"), ("a x\na secret\n", "has a name that stands above")] {
            std::fs::write(&path, text).unwrap();
            let error = format!("{:#}", KeyFile::read(&path).err().unwrap());
            assert!(error.contains(told) && !error.contains("secret"), "{error}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_new_file_is_for_its_owner_and_an_old_one_keeps_its_mode() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let (path, link) = (folder.path().join("keys"), folder.path().join("link"));
        let mode = || std::fs::metadata(&path).unwrap().permissions().mode() & 0o777;
        KeyFile { path: path.clone(), lines: vec![("a".to_owned(), "b".to_owned())] }.write().unwrap();
        assert_eq!(mode(), 0o600);
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o640)).unwrap();
        std::os::unix::fs::symlink(&path, &link).unwrap();
        KeyFile { path: link.clone(), lines: vec![("c".to_owned(), "d".to_owned())] }.write().unwrap();
        assert_eq!((mode(), std::fs::read_to_string(&path).unwrap().as_str()), (0o640, "c d\n"));
        assert!(std::fs::symlink_metadata(&link).unwrap().is_symlink());
    }
}
