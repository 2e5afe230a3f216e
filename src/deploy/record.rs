//! The record of a deployment: which files, URLs and anchors it has, and which media it shows.
//!
//! In: the files of a site. Out: JSON that is deployed with them, so that the next deployment, made on whatever machine, knows what visitors had. It
//! lies at a path that only who knows the account can tell. Also here: which URLs a new site would lose.
//! Deliberately not here: fetching ([`super::pages`], [`super::workers`]).

use std::collections::{BTreeMap, BTreeSet};

use rivage_diag::Diagnostic;
use serde::{Deserialize, Serialize};

use super::diagnostics;
use super::files::{File, Files};
use super::text;
use crate::render::outputs::rules::Redirects;

/// The number of its form.
const FORM: u32 = 1;

/// What a deployment has.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// The number of its form: what has another one, or none, is no record that can be read.
    rivage: u32,
    /// What [`Files::fingerprint`] said.
    pub fingerprint: String,
    /// Path → hash.
    pub files: BTreeMap<String, String>,
    /// URL → ids, of pages.
    pub pages: BTreeMap<String, Vec<String>>,
    /// Names of content-addressed media.
    pub media: BTreeSet<String>,
}

/// The path at which the record of a site lies.
pub fn path(account: &str, name: &str) -> String {
    let hash = blake3::hash(format!("rivage record\n{account}\n{name}").as_bytes()).to_hex();
    format!("/.well-known/rivage-{}.json", &hash.as_str()[..24])
}

impl Record {
    /// Makes the record of files.
    pub fn of(files: &Files, fingerprint: &str) -> Self {
        let pages = files.served.iter().filter(|file| text::is_html(&file.asset.path));
        Self {
            rivage: FORM,
            fingerprint: fingerprint.to_owned(),
            files: files.manifest(),
            pages: pages.map(|file| (url(&file.asset.path), file.anchors.clone())).collect(),
            media: files.served.iter().flat_map(|file| file.media.iter().cloned()).collect(),
        }
    }

    /// Writes it.
    pub fn to_json(&self) -> String {
        // Maps of texts cannot fail to be written.
        serde_json::to_string(self).map(|text| text + "\n").unwrap_or_default()
    }

    /// Reads it; none where it is something else.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        serde_json::from_slice(bytes).ok().filter(|record: &Self| record.rivage == FORM)
    }
}

/// The URL at which a file is served: `/a/index.html` at `/a/`, `/b.html` at `/b`.
pub fn url(path: &str) -> String {
    match path.strip_suffix("/index.html") {
        Some(folder) => format!("{folder}/"),
        None => path.strip_suffix(".html").unwrap_or(path).to_owned(),
    }
}

/// Files whose URLs somebody may have kept: pages, feeds, documents. Assets and search data have hashed names and come and go.
fn is_kept(path: &str) -> bool {
    const KEPT: [&str; 11] = ["html", "htm", "xml", "pdf", "epub", "zip", "csv", "ics", "json", "txt", "webmanifest"];
    let extension = path.rsplit('/').next().and_then(|name| name.rsplit_once('.')).map(|(_, extension)| extension);
    let passing = ["/assets/", "/search/", "/.well-known/rivage-"];
    extension.is_some_and(|extension| KEPT.contains(&extension))
        && !passing.iter().any(|start| path.starts_with(start))
        && path != "/404.html"
}

/// Returns what visitors had and would lose.
pub fn losses(former: &Record, new: &Record, redirects: &str, allow_gone: bool) -> Vec<Diagnostic> {
    let redirects = Redirects::parse(redirects);
    let urls: BTreeSet<String> = new.files.keys().map(|path| url(path)).collect();
    let is_there = |address: &str| {
        let other = address.strip_suffix('/').map_or_else(|| format!("{address}/"), str::to_owned);
        urls.contains(address) || urls.contains(&other) || redirects.find(&encoded(address), None).is_some()
    };
    let mut found = Vec::new();
    for path in former.files.keys().filter(|path| is_kept(path)) {
        let address = url(path);
        if !is_there(&address) {
            found.push(diagnostics::gone(&address, likely(path, former, new).as_deref(), allow_gone));
        }
    }
    for (address, anchors) in &former.pages {
        let Some(now) = new.pages.get(address) else { continue };
        let gone: Vec<&str> = anchors.iter().filter(|anchor| !now.contains(anchor)).map(String::as_str).collect();
        if !gone.is_empty() {
            found.push(diagnostics::anchors_gone(address, &gone));
        }
    }
    found
}

fn encoded(path: &str) -> String {
    crate::resolve::encode_path(path).into_owned()
}

/// The page that a lost one has probably become: the same bytes, else the same last part of the path, else the nearest path with the most
/// anchors in common. Only pages that are new count.
fn likely(path: &str, former: &Record, new: &Record) -> Option<String> {
    let added = |path: &&String| !former.files.contains_key(path.as_str()) && is_kept(path);
    let hash = &former.files[path];
    if let Some((same, _)) = new.files.iter().find(|(path, known)| added(path) && *known == hash) {
        return Some(url(same));
    }
    let address = url(path);
    let slug = slug(&address);
    let ids = former.pages.get(&address).map(Vec::as_slice).unwrap_or_default();
    let candidates = new.files.keys().filter(added).map(|path| url(path));
    let scored = candidates.filter_map(|candidate| {
        let known = new.pages.get(&candidate).map(Vec::as_slice).unwrap_or_default();
        let common = ids.iter().filter(|id| known.contains(id)).count() as f64 / ids.len().max(1) as f64;
        let name = strsim::normalized_damerau_levenshtein(slug, self::slug(&candidate));
        // A common theme gives every page the same few ids: they count for less than the name.
        let score = name + common / 2.0;
        (name >= 0.6 || common >= 0.9 && ids.len() > 3).then_some((score, candidate))
    });
    scored.max_by(|(one, a), (other, b)| one.total_cmp(other).then_with(|| b.cmp(a))).map(|(_, candidate)| candidate)
}

fn slug(url: &str) -> &str {
    url.trim_end_matches('/').rsplit('/').next().unwrap_or(url)
}

/// What a plan says of one file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// Paths that are new.
    pub added: Vec<String>,
    /// Paths whose bytes differ.
    pub changed: Vec<String>,
    /// Paths that go.
    pub removed: Vec<String>,
    /// How many stay as they are.
    pub same: usize,
}

impl Changes {
    /// Compares two sets of files. The record itself counts for nothing.
    pub fn between(former: &BTreeMap<String, String>, new: &[File]) -> Self {
        let mut changes = Self::default();
        let mut seen: BTreeSet<&str> = BTreeSet::new();
        for File { asset, .. } in new {
            seen.insert(&asset.path);
            match former.get(&asset.path) {
                None => changes.added.push(asset.path.clone()),
                Some(hash) if *hash != asset.hash => changes.changed.push(asset.path.clone()),
                Some(_) => changes.same += 1,
            }
        }
        changes.removed = former.keys().filter(|path| !seen.contains(path.as_str())).cloned().collect();
        changes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(files: &[(&str, &str)], anchors: &[(&str, &[&str])]) -> Record {
        let own = |text: &&str| (*text).to_owned();
        Record {
            rivage: FORM,
            fingerprint: "f".to_owned(),
            files: files.iter().map(|(path, hash)| (own(path), own(hash))).collect(),
            pages: anchors.iter().map(|(url, ids)| (own(url), ids.iter().map(own).collect())).collect(),
            media: BTreeSet::from(["aa".to_owned()]),
        }
    }

    fn told(former: &Record, new: &Record, redirects: &str) -> Vec<String> {
        let found = losses(former, new, redirects, false);
        found.into_iter().map(|one| format!("{}: {} | {}", one.code, one.message, one.hints.join(" "))).collect()
    }

    #[test]
    fn records_survive_being_written() {
        let known = record(&[("/a/index.html", "1")], &[("/a/", &["x"])]);
        assert_eq!(Record::parse(known.to_json().as_bytes()), Some(known));
        assert_eq!(Record::parse(b"<html>"), None);
        assert_eq!(Record::parse(b"{\"rivage\":2}"), None);
    }

    #[test]
    fn lost_urls_are_told_with_the_likely_page() {
        let former = record(
            &[
                ("/index.html", "0"),
                ("/docs/install/index.html", "1"),
                ("/docs/same/index.html", "2"),
                ("/blog/atom.xml", "3"),
                ("/assets/a.1234.css", "4"),
                ("/moved/index.html", "5"),
                ("/form.html", "6"),
            ],
            &[],
        );
        let new = record(
            &[
                ("/index.html", "0"),
                ("/guide/installing/index.html", "9"),
                ("/other/index.html", "2"),
                ("/form/index.html", "7"),
            ],
            &[],
        );
        assert_eq!(
            told(&former, &new, "/moved/ /x 301\n"),
            [
                "url-gone: `/blog/atom.xml` is live and would be gone | add a redirect to rivage.toml, or let it go with `--allow-gone`",
                "url-gone: `/docs/install/` is live and would be gone | if it is `/guide/installing/` now, write `aliases = [\"/docs/install/\"]` there",
                "url-gone: `/docs/same/` is live and would be gone | if it is `/other/` now, write `aliases = [\"/docs/same/\"]` there",
            ]
        );
        assert!(losses(&former, &new, "", true).iter().all(|one| !one.is_error()));
    }

    #[test]
    fn lost_anchors_are_warnings() {
        let former = record(&[("/a/index.html", "1")], &[("/a/", &["x", "y"])]);
        let new = record(&[("/a/index.html", "2")], &[("/a/", &["y"])]);
        let found = losses(&former, &new, "", false);
        assert_eq!((found.len(), found[0].is_error()), (1, false));
        assert!(found[0].message.contains("`#x`"), "{}", found[0].message);
    }

    #[test]
    fn urls_of_files() {
        for (path, expect) in [("/index.html", "/"), ("/a/index.html", "/a/"), ("/b.html", "/b"), ("/c.xml", "/c.xml")]
        {
            assert_eq!(url(path), expect);
        }
    }
}
