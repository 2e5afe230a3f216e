//! `_redirects` for Cloudflare Pages: redirects of the settings and aliases of pages.
//!
//! In: the site. Out: the file, static rules first, then those with `*` or `:name`; an error with the count where Pages would drop rules
//! silently. Paths are below the output folder: no base path on the left, one on the right. Deliberately not here: what a request
//! gets ([`super::rules`]).

use rivage_diag::Diagnostic;
use rustc_hash::FxHashSet;

use super::diagnostics;
use super::rules::is_dynamic;
use crate::render::Artifact;
use crate::resolve::{Site, encode_path};

/// The name of the file.
pub const FILE: &str = "_redirects";

/// Static rules that Pages takes.
const MOST_STATIC: usize = 2_000;
/// Rules with `*` or `:name` that Pages takes.
const MOST_DYNAMIC: usize = 100;
/// Characters in a line that Pages takes.
const LONGEST: usize = 1_000;

struct Rule {
    from: String,
    to: String,
    status: u16,
}

/// Makes the file; none if there are no redirects.
pub(super) fn render(site: &Site) -> (Option<Artifact>, Vec<Diagnostic>) {
    let mut diagnostics = Vec::new();
    let mut rules = configured(site, &mut diagnostics);
    rules.extend(aliases(site, rules.iter().filter(|rule| !is_dynamic(&rule.from)).count()));
    let mut seen = FxHashSet::default();
    rules.retain(|rule| rule.from != rule.to && seen.insert(rule.from.clone()));

    let (dynamic, fixed): (Vec<_>, Vec<_>) = rules.into_iter().partition(|rule| is_dynamic(&rule.from));
    for (kind, count, limit) in [("static", fixed.len(), MOST_STATIC), ("dynamic", dynamic.len(), MOST_DYNAMIC)] {
        if count > limit {
            diagnostics.push(diagnostics::too_many_redirects(kind, count, limit));
        }
    }
    let mut text = String::new();
    for Rule { from, to, status } in fixed.iter().chain(&dynamic) {
        let line = format!("{from} {to} {status}");
        let length = line.chars().count();
        if length > LONGEST {
            diagnostics.push(diagnostics::long_rule(FILE, &line, length, LONGEST));
        }
        text.push_str(&line);
        text.push('\n');
    }
    ((!text.is_empty()).then(|| Artifact::text(FILE, text)), diagnostics)
}

fn configured(site: &Site, diagnostics: &mut Vec<Diagnostic>) -> Vec<Rule> {
    let mut rules = Vec::new();
    let mut seen = FxHashSet::default();
    for redirect in &site.config.redirects {
        let mut refuse = |reason| diagnostics.push(diagnostics::bad_redirect(redirect.span, &redirect.from, reason));
        let is_path = redirect.to.starts_with('/') && !redirect.to.starts_with("//");
        if !redirect.from.starts_with('/') {
            refuse("must start at a path: `/old/`");
        } else if redirect.from.matches('*').count() > 1 {
            refuse("may have only one `*`");
        } else if redirect.to.trim().is_empty() {
            refuse("leads nowhere");
        } else if redirect.status == 200 && !is_path {
            refuse("has the status 200 and must lead to a path of this site");
        } else if !matches!(redirect.status, 200 | 301 | 302 | 303 | 307 | 308) {
            refuse("must have the status 200, 301, 302, 303, 307 or 308");
        } else if !seen.insert(&redirect.from) {
            diagnostics.push(diagnostics::duplicate_redirect(redirect.span, &redirect.from));
        } else {
            let base = if is_path { site.config.site.base_path.as_str() } else { "" };
            let to = format!("{base}{}", without_spaces(&redirect.to));
            rules.push(Rule { from: without_spaces(&redirect.from), to, status: redirect.status });
        }
    }
    rules
}

/// A space would end the field.
fn without_spaces(address: &str) -> String {
    address.trim().replace(|c: char| c.is_whitespace() || c.is_control(), "%20")
}

/// Pages compares paths as they are: a visitor without the slash at the end would not be redirected. Both forms are written as long
/// as there is room for both forms of all.
fn aliases(site: &Site, taken: usize) -> Vec<Rule> {
    let twice = taken + 2 * site.aliases.len() <= MOST_STATIC;
    let mut rules = Vec::new();
    for (alias, id) in &site.aliases {
        // `*` and `:` in a path of a file would make a pattern.
        let from = encode_path(alias).replace('*', "%2A").replace(':', "%3A");
        let to = format!("{}{}", site.config.site.base_path, encode_path(&site.page(*id).url));
        let bare = from.trim_end_matches('/');
        let is_file = bare.rsplit('/').next().is_some_and(|name| name.contains('.'));
        let other = if from.ends_with('/') { bare.to_owned() } else { format!("{from}/") };
        // `/old` must not become a redirect to itself where the page is at `/old/`.
        let is_page = |path: &str| site.by_url.contains_key(path) || site.by_url.contains_key(&format!("{path}/"));
        let plain_other =
            if alias.ends_with('/') { alias.trim_end_matches('/').to_owned() } else { format!("{alias}/") };
        rules.push(Rule { from, to: to.clone(), status: 301 });
        if twice && !is_file && !other.is_empty() && !is_page(&plain_other) {
            rules.push(Rule { from: other, to, status: 301 });
        }
    }
    rules
}

#[cfg(test)]
mod tests {
    use rivage_diag::Span;

    use super::super::testing::{TestSite, text};
    use super::*;
    use crate::config::Redirect;
    use crate::resolve::PageId;

    fn redirect(from: &str, to: &str, status: u16) -> Redirect {
        Redirect { from: from.to_owned(), to: to.to_owned(), status, span: Span::new(1, 2) }
    }

    fn messages(site: TestSite) -> String {
        let (_, diagnostics) = render(&site.finish());
        diagnostics.iter().map(|diagnostic| format!("{}: {}\n", diagnostic.code, diagnostic.message)).collect()
    }

    #[test]
    fn static_rules_come_first() {
        let mut site = TestSite::new();
        site.config.site.base_path = "/docs".to_owned();
        let page = site.page("en", "new page", "/new page/");
        site.aliases =
            vec![("/old/".to_owned(), page), ("/older.html".to_owned(), page), ("/way:out/*".to_owned(), page)];
        site.config.redirects = vec![
            redirect("/blog/:year/*", "/archive/:year/:splat", 302),
            redirect("/repo", "https://example.com/x y", 301),
            redirect("/app", "/app.html", 200),
        ];
        let (file, diagnostics) = render(&site.finish());
        assert!(diagnostics.is_empty(), "{diagnostics:?}");
        insta::assert_snapshot!(text(&[file.unwrap()], FILE), @r"
        /repo https://example.com/x%20y 301
        /app /docs/app.html 200
        /old/ /docs/new%20page/ 301
        /old /docs/new%20page/ 301
        /older.html /docs/new%20page/ 301
        /way%3Aout/%2A /docs/new%20page/ 301
        /way%3Aout/%2A/ /docs/new%20page/ 301
        /blog/:year/* /docs/archive/:year/:splat 302
        ");
    }

    #[test]
    fn no_redirects_make_no_file() {
        assert_eq!(render(&TestSite::new().finish()), (None, Vec::new()));
    }

    #[test]
    fn an_alias_without_slash_does_not_shadow_a_page() {
        let mut site = TestSite::new();
        let page = site.page("en", "a", "/a/");
        site.page("en", "b", "/b/");
        site.aliases = vec![("/b".to_owned(), page)];
        let (file, _) = render(&site.finish());
        assert_eq!(text(&[file.unwrap()], FILE), "/b /a/ 301\n");
    }

    #[test]
    fn bad_redirects_are_reported() {
        let mut site = TestSite::new();
        site.config.redirects = vec![
            redirect("old", "/new/", 301),
            redirect("/*/a/*", "/new/", 301),
            redirect("/a", " ", 301),
            redirect("/b", "https://example.com", 200),
            redirect("/c", "/new/", 404),
            redirect("/d", "/new/", 301),
            redirect("/d", "/newer/", 301),
        ];
        insta::assert_snapshot!(messages(site), @r"
        bad-redirect: the redirect from `old` must start at a path: `/old/`
        bad-redirect: the redirect from `/*/a/*` may have only one `*`
        bad-redirect: the redirect from `/a` leads nowhere
        bad-redirect: the redirect from `/b` has the status 200 and must lead to a path of this site
        bad-redirect: the redirect from `/c` must have the status 200, 301, 302, 303, 307 or 308
        duplicate-redirect: there are two redirects from `/d`
        ");
    }

    #[test]
    fn limits_of_pages_are_errors_with_the_count() {
        let mut site = TestSite::new();
        let page = site.page("en", "a", "/a/");
        site.aliases = (0..2_001).map(|n| (format!("/old/{n:04}/"), page)).collect();
        site.config.redirects = (0..101).map(|n| redirect(&format!("/{n}/*"), "/a/", 301)).collect();
        site.aliases.push((format!("/{}/", "x".repeat(1_000)), PageId(0)));
        insta::assert_snapshot!(messages(site).replace(&"x".repeat(30), "x30"), @r"
        too-many-redirects: there are 2002 static redirects, Cloudflare Pages takes 2000
        too-many-redirects: there are 101 dynamic redirects, Cloudflare Pages takes 100
        rule-too-long: a line of `_redirects` has 1010 characters, Cloudflare Pages takes 1000: `/x30xxxxxxxxxxxxxxxxxxxxxxxxxxxxx…`
        ");
    }

    #[test]
    fn both_forms_of_an_alias_are_written_while_there_is_room() {
        for (aliases, lines) in [(1_000, 2_000), (1_001, 1_001)] {
            let mut site = TestSite::new();
            let page = site.page("en", "a", "/a/");
            site.aliases = (0..aliases).map(|n| (format!("/old/{n:04}/"), page)).collect();
            let (file, diagnostics) = render(&site.finish());
            assert_eq!((text(&[file.unwrap()], FILE).lines().count(), diagnostics.len()), (lines, 0));
        }
    }
}
