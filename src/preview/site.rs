//! A built site in memory, each file with a version.
//!
//! In: [`Build`]s. Out: [`Snapshot`]s, which never change once they are made.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use axum::body::Bytes;

use super::{Build, Changed, Made, paths};
use crate::inputs::Fingerprint;
use crate::render::Content;
use crate::render::outputs::rules::{Headers, Redirects};

/// A site at one moment.
#[derive(Debug, Default)]
pub(crate) struct Snapshot {
    files: Arc<BTreeMap<Arc<str>, File>>,
    pub(super) base_path: String,
    pub(super) headers: Headers,
    pub(super) redirects: Redirects,
    /// The errors of the last build as HTML.
    pub(super) errors: Option<Arc<str>>,
    /// Whether the files are of a build without errors.
    good: bool,
    /// The files of the last build, where they are not shown because it had errors: what a later build leaves as it was is as here.
    latest: Option<Arc<Snapshot>>,
}

/// A file of the site.
#[derive(Clone, Debug)]
pub(crate) struct File {
    pub(super) source: Source,
    /// Differs when the bytes do.
    pub(super) version: Arc<str>,
}

/// Where a file's bytes are.
#[derive(Clone, Debug)]
pub(super) enum Source {
    Bytes(Bytes),
    /// The project's file, read when asked for: videos need not be in memory.
    Copy(Arc<str>),
    /// Made when asked for the first time.
    Later(Arc<OnceLock<Bytes>>),
}

impl Snapshot {
    /// Makes the snapshot that follows this one. `changed` tells which copied files have other bytes than before.
    pub(crate) fn next(&self, build: Build, changed: &Changed) -> Self {
        let latest = self.latest.as_deref().unwrap_or(self).made(build, changed);
        if latest.errors.is_none() || !self.good {
            return latest;
        }
        Self {
            files: Arc::clone(&self.files),
            base_path: self.base_path.clone(),
            headers: self.headers.clone(),
            redirects: self.redirects.clone(),
            errors: latest.errors.clone(),
            good: true,
            latest: Some(Arc::new(latest)),
        }
    }

    /// The files after a build, whether it has errors or not.
    fn made(&self, build: Build, changed: &Changed) -> Self {
        let errors: Option<Arc<str>> = build.errors.map(Arc::from);
        let (mut files, mut headers, mut redirects) = if build.is_partial {
            ((*self.files).clone(), self.headers.clone(), self.redirects.clone())
        } else {
            (BTreeMap::new(), Headers::default(), Redirects::default())
        };
        for (path, made) in build.files {
            let before = self.files.get(path.as_str());
            let file = match made {
                Made::Content(Content::Bytes(bytes)) if path == "_headers" => {
                    headers = Headers::parse(&String::from_utf8_lossy(&bytes));
                    continue;
                }
                Made::Content(Content::Bytes(bytes)) if path == "_redirects" => {
                    redirects = Redirects::parse(&String::from_utf8_lossy(&bytes));
                    continue;
                }
                Made::Content(Content::Bytes(bytes)) => {
                    File { version: Fingerprint::of(&bytes).hex().into(), source: Source::Bytes(bytes.into()) }
                }
                Made::Content(Content::CopyOf(from)) => {
                    let revision = before.map_or(0, File::revision);
                    let revision = if touches(changed, &from) { revision + 1 } else { revision };
                    File { version: format!("{from}@{revision}").into(), source: Source::Copy(from.into()) }
                }
                Made::Later(digest) => {
                    let version = digest.hex();
                    match before.filter(|before| *before.version == *version) {
                        Some(before) => before.clone(),
                        None => File { version: version.into(), source: Source::Later(Arc::default()) },
                    }
                }
            };
            files.insert(path.into(), file);
        }
        let good = errors.is_none();
        Self { files: Arc::new(files), base_path: build.base_path, headers, redirects, errors, good, latest: None }
    }

    /// Returns a file by its path in the site: `/a/index.html`.
    pub(crate) fn file(&self, path: &str) -> Option<&File> {
        self.files.get(path.strip_prefix('/')?)
    }

    /// Reports whether a file answers to a path, with the base path, as it is written: of that name, or the page of that folder.
    pub(crate) fn has(&self, path: &str) -> bool {
        paths::below_base(path, &self.base_path).is_some_and(|below| {
            self.file(below).is_some() || below.ends_with('/') && self.file(&format!("{below}index.html")).is_some()
        })
    }

    /// Returns the version of what a browser sees at a path, with the base path.
    pub(super) fn version(&self, path: &str) -> &str {
        let below = paths::below_base(path, &self.base_path).unwrap_or("/");
        let decoded = paths::decode(below);
        let found = decoded.map(|path| paths::find(&path, |path| self.file(path).is_some()));
        let file = match found {
            Some(paths::Found::File(path)) => self.file(&path),
            _ => self.file(&paths::not_found(below, |path| self.file(path).is_some()).unwrap_or_default()),
        };
        file.map_or("", |file| &file.version)
    }

    /// Returns the paths of files that differ from those of an older snapshot, with the base path.
    pub(super) fn differences(&self, older: &Self) -> Vec<String> {
        if Arc::ptr_eq(&self.files, &older.files) {
            return Vec::new();
        }
        let new = self
            .files
            .iter()
            .filter(|(path, file)| older.files.get(*path).is_none_or(|before| before.version != file.version));
        new.map(|(path, _)| format!("{}/{path}", self.base_path)).collect()
    }
}

impl File {
    fn revision(&self) -> u64 {
        self.version.rsplit_once('@').and_then(|(_, revision)| revision.parse().ok()).unwrap_or(0)
    }
}

/// Where a folder was replaced, all its files were.
fn touches(changed: &Changed, path: &str) -> bool {
    changed.contains(path) || path.match_indices('/').any(|(at, _)| changed.contains(&path[..at]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn build<const N: usize>(files: [(&str, &str); N], errors: Option<&str>) -> Build {
        let content = |text: &str| match text.strip_prefix("copy ") {
            Some(path) => Made::Content(Content::CopyOf(path.to_owned())),
            None => Made::Content(Content::Bytes(text.into())),
        };
        let files = files.into_iter().map(|(path, text)| (path.to_owned(), content(text))).collect();
        Build { files, is_partial: false, errors: errors.map(str::to_owned), base_path: String::new() }
    }

    #[test]
    fn differences_name_what_changed_and_what_came() {
        let first = Snapshot::default().next(build([("a.html", "1"), ("b.css", "2")], None), &Changed::new());
        let second = first.next(build([("a.html", "1"), ("b.css", "3"), ("c.js", "4")], None), &Changed::new());
        assert_eq!(second.differences(&first), ["/b.css", "/c.js"]);
    }

    #[test]
    fn a_copied_file_changes_when_the_disk_says_so() {
        let files = [("img/a.png", "copy static/img/a.png")];
        let first = Snapshot::default().next(build(files, None), &Changed::new());
        let second = first.next(build(files, None), &Changed::from(["content/a.md".to_owned()]));
        assert!(second.differences(&first).is_empty());
        let third = second.next(build(files, None), &Changed::from(["static/img/a.png".to_owned()]));
        assert_eq!(third.differences(&second), ["/img/a.png"]);
        let fourth = third.next(build(files, None), &Changed::from(["static/img".to_owned()]));
        assert_eq!(fourth.differences(&third), ["/img/a.png"]);
    }

    #[test]
    fn what_a_build_with_errors_made_shows_when_they_are_mended() {
        let good = Snapshot::default().next(build([("a.html", "1"), ("b.html", "1")], None), &Changed::new());
        let broken = good.next(build([("a.html", "2"), ("b.html", "half")], Some("E")), &Changed::new());
        assert_eq!(broken.version("/a"), good.version("/a"));
        let partial = |files, errors| Build { is_partial: true, ..build(files, errors) };
        let still = broken.next(partial([("b.html", "less than half")], Some("E")), &Changed::new());
        let mended = still.next(partial([("b.html", "2")], None), &Changed::new());
        let expected = Snapshot::default().next(build([("a.html", "2"), ("b.html", "2")], None), &Changed::new());
        for path in ["/a", "/b"] {
            assert_eq!(mended.version(path), expected.version(path));
        }
    }

    #[test]
    fn errors_leave_the_last_good_site() {
        let broken = Snapshot::default().next(build([("a.html", "half")], Some("E1")), &Changed::new());
        assert!(broken.file("/a.html").is_some(), "better half a site than none");
        let good = broken.next(build([("a.html", "1")], None), &Changed::new());
        assert!(good.errors.is_none());
        let again = good.next(build([("a.html", "half")], Some("E2")), &Changed::new());
        assert_eq!(again.version("/a"), good.version("/a"));
        assert_eq!(again.errors.as_deref(), Some("E2"));
        assert!(again.differences(&good).is_empty());
    }
}
