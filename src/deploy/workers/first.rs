//! Who is asked first: the program of a Worker, or the files of the site.
//!
//! In: patterns of `run_worker_first` or of routes, the files of the site, the routes of its API. Out: addresses of files that lie below such a pattern and
//! are no route, such as the page about the API at `/api/`. Of them the program knows nothing, so that files come first there.

use rivage_api::Manifest;
use rivage_api::http::router::Router;

use crate::deploy::files::File;
use crate::deploy::record::url;
use crate::resolve::encode_path;

/// Rules of `run_worker_first` that Cloudflare takes.
const MOST: usize = 100;
/// Characters of a rule.
const LONGEST: usize = 100;

/// Returns the addresses of files that requests would not reach, because the patterns lead to a program that has no route for them.
pub fn shadowed(patterns: &[&str], files: &[File], manifest: &Manifest) -> Vec<String> {
    let router = Router::new(&manifest.routes);
    let (away, to): (Vec<&str>, Vec<&str>) = patterns.iter().copied().partition(|pattern| pattern.starts_with('!'));
    let addresses = files.iter().map(|file| encode_path(&url(&file.asset.path)).into_owned());
    let is_shadowed = |address: &String| {
        to.iter().any(|pattern| matches(pattern, address))
            && !away.iter().any(|pattern| matches(&pattern[1..], address))
            && router.find(address).is_none()
    };
    addresses.filter(is_shadowed).collect()
}

/// Returns what `run_worker_first` says, with rules for files before the program, as many as Cloudflare takes.
pub(super) fn rules(patterns: &[&str], files: &[String]) -> Vec<String> {
    let room = MOST.saturating_sub(patterns.len());
    // A name with a star would stand for others, too.
    let of_files = files.iter().filter(|address| !address.contains('*') && address.len() < LONGEST);
    let of_files = of_files.take(room).map(|address| format!("!{address}"));
    patterns.iter().map(|pattern| (*pattern).to_owned()).chain(of_files).collect()
}

/// Reports whether a path is one that a pattern means: `*` stands for anything, also for nothing.
fn matches(pattern: &str, path: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|first| path.strip_prefix(first)) else { return false };
    let Some(last) = parts.next_back() else { return rest.is_empty() };
    for part in parts {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use rivage_api::manifest::{Parts, assemble};
    use rivage_cloudflare::Asset;

    use super::*;

    fn file(path: &str) -> File {
        let asset = Asset { path: path.to_owned(), file: path.into(), size: 1, hash: String::new() };
        File { asset, anchors: Vec::new(), media: Vec::new() }
    }

    fn check(patterns: &[&str], files: &[&str], expect: &[&str]) {
        // The built-in routes, as every site's API has them.
        let manifest = assemble(Parts { settings: Default::default(), files: Vec::new(), forms: Vec::new() }).0;
        let files: Vec<File> = files.iter().map(|path| file(path)).collect();
        assert_eq!(shadowed(patterns, &files, &manifest), expect, "{patterns:?}");
    }

    #[test]
    fn files_among_routes_come_first() {
        let files = ["/index.html", "/api/index.html", "/api/openapi.json", "/api/v1/health", "/apiary.html"];
        check(&["/api/*"], &files, &["/api/", "/api/openapi.json"]);
        check(&["/api/*", "!/api/"], &files, &["/api/openapi.json"]);
        check(&["/api/v1/*"], &files, &[]);
        check(&["/*", "!/api/*"], &files, &["/", "/apiary"]);
        check(&[], &files, &[]);
    }

    #[test]
    fn patterns_mean_paths() {
        for (pattern, path, expect) in [
            ("/a", "/a", true),
            ("/a", "/ab", false),
            ("/a/*", "/a/", true),
            ("/a/*", "/a", false),
            ("*/c", "/a/b/c", true),
            ("/a/*/c", "/a/b/c", true),
            ("/a/*/c", "/a/c", false),
            ("/a*b*c", "/abbc", true),
            ("/a*b*c", "/ac", false),
        ] {
            assert_eq!(matches(pattern, path), expect, "{pattern} {path}");
        }
    }

    #[test]
    fn rules_are_bounded() {
        let files: Vec<String> = (0..200).map(|number| format!("/api/{number}")).collect();
        let all = rules(&["/api/*"], &files);
        assert_eq!((all.len(), all[1].as_str()), (MOST, "!/api/0"));
        let odd = [format!("/api/{}", "x".repeat(LONGEST)), "/api/*.txt".to_owned()];
        assert_eq!(rules(&["/api/*"], &odd), ["/api/*"]);
    }
}
