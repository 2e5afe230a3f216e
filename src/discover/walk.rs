//! Lists of all files below a folder.
//!
//! In: folders. Out: paths, and diagnostics of what could not be listed. Deliberately not here: what files are for.

use rivage_diag::Diagnostic;

use super::diagnostics;
use crate::fs::EntryKind;
use crate::inputs::Inputs;

/// Links between folders can make a tree without an end; no site is this deep or has this many folders.
const DEEPEST: usize = 64;
const MOST_FOLDERS: usize = 200_000;

/// A walk through the folders of a project.
pub(super) struct Walk<'a> {
    inputs: &'a Inputs<'a>,
    diagnostics: Vec<Diagnostic>,
    folders: usize,
}

/// Which files a walk takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Take {
    /// Files whose names are good for URLs, without hidden ones.
    Named,
    /// These, and hidden ones: `static/.well-known`.
    NamedAndHidden,
    /// All but hidden ones.
    Any,
}

impl<'a> Walk<'a> {
    pub(super) fn new(inputs: &'a Inputs<'a>) -> Self {
        Self { inputs, diagnostics: Vec::new(), folders: 0 }
    }

    pub(super) fn into_diagnostics(self) -> Vec<Diagnostic> {
        self.diagnostics
    }

    pub(super) fn report(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    /// Returns the files below a folder, sorted; none where there is no such folder.
    pub(super) fn files(&mut self, folder: &str, take: Take) -> Option<Vec<String>> {
        let mut files = Vec::new();
        let found = self.collect(folder, take, 0, &mut files);
        files.sort();
        found.then_some(files)
    }

    /// Returns the names of the folders in a folder, sorted.
    pub(super) fn folder_names(&mut self, folder: &str) -> Vec<String> {
        let entries = self.inputs.list(folder).unwrap_or_default();
        let folders =
            entries.into_iter().filter(|entry| entry.kind == EntryKind::Folder && !entry.name.starts_with('.'));
        folders.map(|entry| entry.name).collect()
    }

    /// Reports whether a folder exists.
    pub(super) fn is_folder(&self, folder: &str) -> bool {
        self.inputs.kind(folder) == Some(EntryKind::Folder)
    }

    /// Reports whether a file exists.
    pub(super) fn is_file(&self, path: &str) -> bool {
        self.inputs.kind(path) == Some(EntryKind::File)
    }

    fn collect(&mut self, folder: &str, take: Take, depth: usize, files: &mut Vec<String>) -> bool {
        self.folders += 1;
        if depth > DEEPEST {
            self.report(diagnostics::too_deep(folder, DEEPEST));
            return true;
        }
        if self.folders > MOST_FOLDERS {
            if self.folders == MOST_FOLDERS + 1 {
                self.report(diagnostics::too_many(folder, MOST_FOLDERS));
            }
            return true;
        }
        let entries = match self.inputs.list(folder) {
            Ok(entries) => entries,
            Err(error) if error.is_not_found() && depth == 0 => return false,
            Err(error) => {
                self.report(diagnostics::unreadable_folder(&error));
                return true;
            }
        };
        for entry in entries {
            let path = format!("{folder}/{}", entry.name);
            if is_skipped(&entry.name, take) {
                continue;
            }
            if take != Take::Any
                && let Some(bad) = bad_character(&entry.name)
            {
                self.report(diagnostics::bad_name(&path, bad));
                continue;
            }
            match entry.kind {
                EntryKind::File => files.push(path),
                EntryKind::Folder => {
                    self.collect(&path, take, depth + 1, files);
                }
                EntryKind::BrokenLink => self.report(diagnostics::broken_link(&path)),
            }
        }
        true
    }
}

/// Files that belong to tools, not to the site: hidden ones, editors' copies, packages.
fn is_skipped(name: &str, take: Take) -> bool {
    if name.starts_with('.') {
        // `.#name` is a lock of Emacs, a link that leads nowhere.
        let of_tools =
            name.starts_with(".git") || name.starts_with(".#") || name.ends_with(".swp") || name == ".DS_Store";
        return take != Take::NamedAndHidden || of_tools;
    }
    name == "node_modules"
        || name.ends_with('~')
        || name.len() > 1 && name.starts_with('#') && name.ends_with('#')
        || [".swp", ".swo", ".bak", ".orig", ".tmp"].iter().any(|ending| name.ends_with(ending))
        || matches!(name, "Thumbs.db" | "desktop.ini")
}

fn bad_character(name: &str) -> Option<char> {
    name.chars().find(|c| c.is_control() || matches!(c, '?' | '#' | '\\'))
}
