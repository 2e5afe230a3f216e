//! Links to pages and files of the site, and to places on its pages.

use rivage_diag::Diagnostic;
use rustc_hash::FxHashMap;

use super::diagnostics::{broken_anchor, broken_link};
use super::output::Output;
use crate::render::PageFacts;
use crate::resolve::Site;

/// Looks every link up.
pub(super) fn check(site: &Site, facts: &[PageFacts], output: &Output) -> Vec<Diagnostic> {
    let pages: FxHashMap<&str, &PageFacts> = facts.iter().map(|facts| (facts.url.as_str(), facts)).collect();
    let mut found = Vec::new();
    for link in facts.iter().flat_map(|facts| &facts.links) {
        let target = link.target.split('?').next().unwrap_or_default();
        let decoded = percent_encoding::percent_decode_str(target).decode_utf8_lossy();
        // Pages are found without their last slash, too: the host redirects.
        let with_slash = format!("{}/", decoded.trim_end_matches('/'));
        let page = pages.get(&*decoded).or_else(|| pages.get(with_slash.as_str()));
        if let Some(page) = page {
            if !has_id(page, &link.anchor) {
                let near = nearest(&link.anchor, page.ids.iter().map(String::as_str));
                found.push(broken_anchor(&link.location, &page.url, &link.anchor, near));
            }
        } else if !is_served(site, output, &decoded, &with_slash) {
            let near = nearest(&decoded, site.routes.iter().map(|route| route.url.as_str()));
            found.push(broken_link(&link.location, target, near));
        }
    }
    found
}

/// The top of a page needs no id, by the HTML standard, and a directive to the browser (`#:~:text=`) names none.
fn has_id(page: &PageFacts, anchor: &str) -> bool {
    anchor.is_empty()
        || anchor.eq_ignore_ascii_case("top")
        || anchor.starts_with(":~:")
        || page.ids.iter().any(|id| id == anchor)
}

fn is_served(site: &Site, output: &Output, path: &str, with_slash: &str) -> bool {
    let redirected = |from: &str| match from.find(['*', ':']) {
        // What a pattern's variables stand for is the host's affair.
        Some(at) => path.starts_with(&from[..at]),
        None => from.trim_end_matches('/') == path.trim_end_matches('/'),
    };
    site.by_url.contains_key(path)
        || site.by_url.contains_key(with_slash)
        || output.has_file(path)
        || output.has_file(&format!("{with_slash}index.html"))
        || output.has_file(&format!("{path}.html"))
        || site.aliases.iter().any(|(alias, _)| alias.trim_end_matches('/') == path.trim_end_matches('/'))
        || site.config.redirects.iter().any(|redirect| redirected(&redirect.from))
}

/// The candidate that looks most like `word`, if any does.
fn nearest<'a>(word: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    candidates
        .map(|candidate| (strsim::jaro_winkler(word, candidate), candidate))
        .filter(|(likeness, _)| *likeness > 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0).then_with(|| b.1.cmp(a.1)))
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use rivage_diag::{FileId, Location, Span};

    use super::*;
    use crate::check::pages::tests::site;
    use crate::render::{Artifact, OutLink, Sink};

    fn check_link(target: &str, anchor: &str) -> Vec<String> {
        let site = site(&["/", "/docs/install/"]);
        let output = Output::default();
        output.put(Artifact::text("img/a.png", "")).unwrap();
        let location = Location::new(&FileId::from("content/_index.md"), Span::new(1, 2));
        let link = OutLink { target: target.to_owned(), anchor: anchor.to_owned(), location };
        let ids = vec!["first-steps".to_owned()];
        let facts = [
            PageFacts { url: "/".to_owned(), links: vec![link], ..PageFacts::default() },
            PageFacts { url: "/docs/install/".to_owned(), ids, ..PageFacts::default() },
        ];
        check(&site, &facts, &output)
            .into_iter()
            .map(|found| format!("{} | {}", found.message, found.hints.join(" | ")))
            .collect()
    }

    #[test]
    fn links_that_lead_somewhere_are_fine() {
        for (target, anchor) in [
            ("/", ""),
            ("/docs/install/", "first-steps"),
            ("/docs/install", "top"),
            ("/docs/install/?a=b", ""),
            ("/docs/install/", ":~:text=x"),
            ("/img/a.png", ""),
        ] {
            assert_eq!(check_link(target, anchor), <[String; 0]>::default(), "{target}#{anchor}");
        }
    }

    #[test]
    fn a_missing_id_is_reported_with_the_nearest() {
        assert_eq!(
            check_link("/docs/install/", "first-step"),
            ["`/docs/install/` has no id `first-step` | the nearest id there is `first-steps`"]
        );
        assert_eq!(check_link("/docs/install/", "zzz"), ["`/docs/install/` has no id `zzz` | "]);
    }

    #[test]
    fn a_missing_page_is_reported_with_the_nearest() {
        assert_eq!(
            check_link("/docs/instal/", ""),
            ["no page or file of this site is at `/docs/instal/` | there is `/docs/install/`"]
        );
    }
}
