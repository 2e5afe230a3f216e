//! Sass → CSS, through grass.
//!
//! In: a `.scss` or `.sass` asset. Out: its CSS, with `@use` and `@import` of other assets (partials `_x.scss`, index files) resolved.
//! Deliberately not here: what is done with CSS ([`super::css`]).

use std::cell::RefCell;
use std::io;
use std::path::{Component, Path};

use grass::{ErrorKind, Fs, NullLogger, Options};
use rivage_diag::{Diagnostic, FileId, Span};
use rivage_syntax::contain::contain;

use super::{Sources, diagnostics, file_id, offset};
use crate::discover::ThemeFile;

/// Compiles a Sass file; none where it has errors.
pub(super) fn compile(sources: &Sources<'_>, file: &ThemeFile, diagnostics: &mut Vec<Diagnostic>) -> Option<String> {
    let fs = AssetFs { sources, diagnostics: RefCell::default() };
    let result = contain(|| grass::from_path(&file.name, &Options::default().fs(&fs).logger(&NullLogger)));
    let unreadable = fs.diagnostics.into_inner();
    let has_unreadable = !unreadable.is_empty();
    diagnostics.extend(unreadable);
    let Ok(result) = result else {
        diagnostics.push(diagnostics::style(&file_id(file), Span::at(0), diagnostics::CSS_FAILED));
        return None;
    };
    result
        .map_err(|error| {
            let diagnostic = match error.kind() {
                ErrorKind::ParseError { message, loc, .. } => {
                    let text = loc.file.source();
                    let at = |place: &dyn Fn() -> (usize, usize)| {
                        let (line, column) = place();
                        offset(text, line, column, |_| 1)
                    };
                    let start = at(&|| (loc.begin.line, loc.begin.column));
                    let end = at(&|| (loc.end.line, loc.end.column));
                    let place = sources.files.get(normalize(Path::new(loc.file.name())).as_str());
                    let id = place.map_or_else(|| FileId::from(loc.file.name()), |file| file_id(file));
                    diagnostics::style(&id, Span::new(start, end), &message)
                }
                ErrorKind::FromUtf8Error(_) => diagnostics::not_utf8(&file.path, 0),
                // The file itself could not be read, which has been told.
                _ if has_unreadable => return,
                other => diagnostics::style(&file_id(file), Span::at(0), &format!("{other:?}")),
            };
            diagnostics.push(diagnostic);
        })
        .ok()
}

/// The assets as grass wants to see them. Paths are names of assets, maybe with `..` in them.
struct AssetFs<'a> {
    sources: &'a Sources<'a>,
    diagnostics: RefCell<Vec<Diagnostic>>,
}

impl std::fmt::Debug for AssetFs<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("AssetFs")
    }
}

impl Fs for AssetFs<'_> {
    fn is_dir(&self, path: &Path) -> bool {
        let folder = normalize(path) + "/";
        self.sources.files.range(folder.as_str()..).next().is_some_and(|(name, _)| name.starts_with(&folder))
    }

    fn is_file(&self, path: &Path) -> bool {
        self.sources.files.contains_key(normalize(path).as_str())
    }

    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        let file = self.sources.files.get(normalize(path).as_str()).ok_or(io::ErrorKind::NotFound)?;
        let bytes = self.sources.bytes(file, &mut self.diagnostics.borrow_mut());
        bytes.ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}

/// Takes `.` and `..` out of a path. One that leads out of the assets names no file.
fn normalize(path: &Path) -> String {
    let mut parts = Vec::new();
    for component in path.components() {
        match component {
            Component::Normal(part) => parts.push(part.to_string_lossy()),
            Component::CurDir => {}
            Component::ParentDir if !parts.is_empty() => {
                parts.pop();
            }
            _ => return String::new(),
        }
    }
    parts.join("/")
}
