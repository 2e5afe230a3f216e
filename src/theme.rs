//! The theme that is built into the program, as if it lay in the project.
//!
//! In: paths such as `themes/shore/layouts/page.html`. Out: lists and bytes, of the disk where it has the file. Deliberately not here:
//! which files of which theme are used ([`crate::discover`]).

use include_dir::{Dir, DirEntry, include_dir};

use crate::fs::Error;
use crate::inputs::Inputs;

static BUILT_IN: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/themes");

/// The folder of all themes.
const FOLDER: &str = "themes/";

/// Returns the names of the built-in themes, sorted.
pub fn names() -> Vec<String> {
    let mut names: Vec<_> = BUILT_IN.dirs().map(|theme| slashed(theme.path())).collect();
    names.sort();
    names
}

/// Returns the paths of a built-in theme's files, sorted: `themes/shore/layouts/page.html`. Empty where there is no such theme.
pub fn files(theme: &str) -> Vec<String> {
    fn collect(folder: &Dir<'_>, out: &mut Vec<String>) {
        for entry in folder.entries() {
            match entry {
                DirEntry::Dir(folder) => collect(folder, out),
                DirEntry::File(file) => out.push(format!("{FOLDER}{}", slashed(file.path()))),
            }
        }
    }
    let mut out = Vec::new();
    if let Some(folder) = BUILT_IN.dirs().find(|folder| slashed(folder.path()) == theme) {
        collect(folder, &mut out);
    }
    out.sort();
    out
}

/// Returns the bytes of a built-in file.
pub fn built_in(path: &str) -> Option<&'static [u8]> {
    Some(BUILT_IN.get_file(path.strip_prefix(FOLDER)?)?.contents())
}

/// Returns a file's bytes: those on the disk, else those built into the program.
///
/// # Errors
/// As [`crate::fs::Fs::read`].
pub fn read(inputs: &Inputs<'_>, path: &str) -> Result<Vec<u8>, Error> {
    match inputs.read(path) {
        Err(error) if error.is_not_found() => built_in(path).map(<[u8]>::to_vec).ok_or(error),
        answer => answer,
    }
}

/// Paths have `/` on every system.
fn slashed(path: &std::path::Path) -> String {
    path.to_string_lossy().replace('\\', "/")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::Arc;

    use super::*;
    use crate::fs::MemoryFs;
    use crate::inputs::World;

    const FILE: &str = "themes/shore/theme.toml";

    fn read_with(files: &[(&str, &str)], path: &str) -> Result<Vec<u8>, Error> {
        let fs = Arc::new(MemoryFs::new(files.iter().copied()));
        let world = World::new(fs, jiff::Timestamp::UNIX_EPOCH, BTreeMap::new());
        read(&Inputs::new(&world), path)
    }

    #[test]
    fn the_default_theme_is_built_in() {
        assert!(names().contains(&"shore".to_owned()));
        assert!(files("shore").contains(&FILE.to_owned()));
        assert_eq!(files("sho"), Vec::<String>::new());
        assert!(!read_with(&[], FILE).unwrap().is_empty());
    }

    #[test]
    fn the_disk_comes_first() {
        assert_eq!(read_with(&[(FILE, "own")], FILE).unwrap(), b"own");
        assert!(read_with(&[], "themes/shore/no-such-file").unwrap_err().is_not_found());
        assert!(read_with(&[], "content/a.md").unwrap_err().is_not_found());
    }
}
