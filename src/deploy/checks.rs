//! What Cloudflare would refuse, drop silently or serve wrongly, found before anything is sent.
//!
//! In: the files of a site. Out: diagnostics. Deliberately not here: URLs that vanish ([`super::record`]).

use std::collections::BTreeMap;

use rivage_cloudflare::pages::LARGEST_FILE;
use rivage_diag::Diagnostic;

use super::diagnostics;
use super::files::Files;
use crate::render::outputs::rules::is_dynamic;

const MOST_HEADERS: usize = 100;
const MOST_STATIC: usize = 2_000;
const MOST_DYNAMIC: usize = 100;
const LONGEST_LINE: usize = 2_000;
const LONGEST_REDIRECT: usize = 1_000;

/// Looks at the files. `most_files` is what the account allows.
pub fn check(files: &Files, most_files: u64) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    found.extend(files.hidden.iter().map(|path| diagnostics::hidden_file(path)));
    found.extend(files.programs.iter().map(|name| diagnostics::program(name)));
    found.extend(files.unnameable.iter().map(|path| diagnostics::bad_name(path)));
    for file in files.served.iter().filter(|file| file.asset.size > LARGEST_FILE) {
        found.push(diagnostics::too_large(&file.asset.path, file.asset.size));
    }
    let count = files.served.len() as u64;
    if count > most_files {
        found.push(diagnostics::too_many_files(count, most_files, &largest_folders(files)));
    }
    let has = |path: &str| files.served.iter().any(|file| file.asset.path == path);
    if files.served.is_empty() {
        found.push(diagnostics::no_files());
    } else if !has("/404.html") {
        found.push(diagnostics::no_not_found());
    }
    if let Some(text) = files.special_text("_headers") {
        headers(&text, &mut found);
    }
    if let Some(text) = files.special_text("_redirects") {
        redirects(&text, &mut found);
    }
    found
}

/// The three folders with the most files, for who has to find them.
fn largest_folders(files: &Files) -> Vec<(String, usize)> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for file in &files.served {
        let folder = file.asset.path.rsplit_once('/').map_or("", |(folder, _)| folder);
        let mut parts = folder.match_indices('/').map(|(at, _)| at).chain([folder.len()]).skip(1);
        // Two levels deep is where a site's sections are.
        let cut = parts.nth(1).unwrap_or(folder.len());
        *counts.entry(&folder[..cut]).or_default() += 1;
    }
    let mut counts: Vec<(String, usize)> =
        counts.into_iter().map(|(folder, count)| (format!("{folder}/"), count)).collect();
    counts.sort_by(|(one, a), (other, b)| b.cmp(a).then_with(|| one.cmp(other)));
    counts.truncate(3);
    counts
}

fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let lines = text.lines().enumerate().map(|(index, line)| (index + 1, line.trim()));
    lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
}

fn headers(text: &str, found: &mut Vec<Diagnostic>) {
    let rules = lines(text).filter(|(_, line)| line.starts_with('/') || line.starts_with("https://")).count();
    if rules > MOST_HEADERS {
        found.push(diagnostics::too_many_rules("_headers", "rules", rules, MOST_HEADERS));
    }
    for (number, line) in lines(text).filter(|(_, line)| line.chars().count() > LONGEST_LINE) {
        found.push(diagnostics::long_line("_headers", number, line.chars().count(), LONGEST_LINE));
    }
}

fn redirects(text: &str, found: &mut Vec<Diagnostic>) {
    let (mut fixed, mut dynamic) = (0, 0);
    for (number, line) in lines(text) {
        let length = line.chars().count();
        if length > LONGEST_REDIRECT {
            found.push(diagnostics::long_line("_redirects", number, length, LONGEST_REDIRECT));
        }
        // After the first dynamic rule every rule counts as dynamic.
        if dynamic > 0 || line.split_whitespace().next().is_some_and(is_dynamic) {
            dynamic += 1;
        } else {
            fixed += 1;
        }
    }
    for (what, count, most) in [("static rules", fixed, MOST_STATIC), ("dynamic rules", dynamic, MOST_DYNAMIC)] {
        if count > most {
            found.push(diagnostics::too_many_rules("_redirects", what, count, most));
        }
    }
}

#[cfg(test)]
mod tests {
    use rivage_cloudflare::Asset;

    use super::super::files::File;
    use super::*;

    fn file(path: &str, size: u64) -> File {
        let asset = Asset { path: path.to_owned(), file: path.into(), size, hash: String::new() };
        File { asset, anchors: Vec::new(), media: Vec::new() }
    }

    fn codes(files: &Files, most: u64) -> Vec<String> {
        check(files, most).into_iter().map(|one| format!("{}: {}", one.code, one.message)).collect()
    }

    fn with_special(name: &str, text: &str) -> Files {
        let special = vec![(name.to_owned(), text.as_bytes().to_vec())];
        Files { served: vec![file("/404.html", 1)], special, ..Files::default() }
    }

    #[test]
    fn a_sound_site_has_nothing() {
        let files = Files { served: vec![file("/404.html", 1), file("/index.html", 25 << 20)], ..Files::default() };
        assert_eq!(codes(&files, 2), Vec::<String>::new());
    }

    #[test]
    fn limits_are_told_before_anything_is_sent() {
        let files = Files {
            served: vec![file("/a/b/1", 1), file("/a/b/c/2", 1), file("/big", (25 << 20) + 1)],
            hidden: vec!["/.env".to_owned()],
            programs: vec!["_worker.js".to_owned()],
            unnameable: vec!["/a\\u{1}".to_owned()],
            ..Files::default()
        };
        let found = check(&files, 2);
        let codes: Vec<_> = found.iter().map(|one| one.code.as_str()).collect();
        assert_eq!(
            codes,
            [
                "deploy-hidden-file",
                "deploy-program",
                "deploy-file-name",
                "deploy-file-too-large",
                "deploy-too-many-files",
                "deploy-no-404"
            ]
        );
        let many = found.iter().find(|one| one.code == "deploy-too-many-files").unwrap();
        assert!(many.hints[0].contains("`/a/b/` has 2"), "{:?}", many.hints);
        assert_eq!(self::codes(&Files::default(), 2).len(), 1);
    }

    #[test]
    fn rules_are_counted_as_pages_counts_them() {
        let headers: String = (0..101).map(|n| format!("/{n}\n  X-A: b\n")).collect();
        assert_eq!(codes(&with_special("_headers", &headers), 9).len(), 1);
        let fixed: String = (0..2_000).map(|n| format!("/{n} /x\n")).collect();
        let dynamic: String = (0..100).map(|n| format!("/{n}/* /x\n")).collect();
        assert!(codes(&with_special("_redirects", &format!("# note\n{fixed}{dynamic}")), 9).is_empty());
        // The same rules the other way round are 2,100 dynamic ones.
        let told = codes(&with_special("_redirects", &format!("{dynamic}{fixed}")), 9);
        assert_eq!(told, ["deploy-rules: `_redirects` has 2100 dynamic rules, Cloudflare takes 100"]);
        assert_eq!(codes(&with_special("_redirects", &format!("/a /{}", "x".repeat(1_000))), 9).len(), 1);
        assert_eq!(codes(&with_special("_headers", &format!("/a\n  X: {}", "x".repeat(2_000))), 9).len(), 1);
    }
}
