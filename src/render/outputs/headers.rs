//! `_headers` for Cloudflare Pages: security headers, caching, and those of the settings.
//!
//! In: the settings. Out: the file; an error where Pages would drop rules silently. Only files with hashed names may be kept for ever.

use indexmap::IndexMap;
use rivage_diag::Diagnostic;
use rustc_hash::FxHashSet;

use super::diagnostics;
use crate::config::images::Store;
use crate::render::Artifact;
use crate::resolve::Site;
use crate::write::MARK;

/// The name of the file.
pub const FILE: &str = "_headers";

/// Rules that Pages takes.
const MOST: usize = 100;
/// Characters in a line that Pages takes.
const LONGEST: usize = 2_000;

/// What the dashboard may do: its own files and the API of its own site, and no HTML from strings.
const DASHBOARD: [(&str, &str); 4] = [
    (
        "Content-Security-Policy",
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; \
         form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'",
    ),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Referrer-Policy", "same-origin"),
    ("X-Robots-Tag", "noindex, nofollow"),
];

const FOR_EVER: &str = "public, max-age=31536000, immutable";

/// The headers of a path: names with values, none for a header that is taken away.
type Rule = IndexMap<String, Option<String>>;

/// Makes the file. `statics` are the names of all static files.
pub(super) fn render(site: &Site, statics: &FxHashSet<&str>) -> (Option<Artifact>, Vec<Diagnostic>) {
    let mut diagnostics = Vec::new();
    let mut rules: IndexMap<String, Rule> = IndexMap::new();
    let set = |value: &str| Some(value.to_owned());
    let all = rules.entry("/*".to_owned()).or_default();
    all.insert("X-Content-Type-Options".to_owned(), set("nosniff"));
    all.insert("Referrer-Policy".to_owned(), set("strict-origin-when-cross-origin"));
    all.insert("Permissions-Policy".to_owned(), set("camera=(), geolocation=(), microphone=(), payment=(), usb=()"));
    if let Some(csp) = &site.config.build.csp {
        all.insert("Content-Security-Policy".to_owned(), set(csp));
    }
    match unhashed(site, statics, "assets") {
        Some(path) => diagnostics.push(diagnostics::unhashed_assets(&path)),
        None => {
            rules.entry("/assets/*".to_owned()).or_default().insert("Cache-Control".to_owned(), set(FOR_EVER));
        }
    }
    // What a site has there besides the files that are made of its images is its own affair: then browsers ask again for all of them.
    let images = &site.config.images;
    let folder = &site.config.deploy.media;
    if images.enabled && images.store == Store::Local && unhashed(site, statics, folder).is_none() {
        rules.entry(format!("/{folder}/*")).or_default().insert("Cache-Control".to_owned(), set(FOR_EVER));
    }
    if site.config.search.enabled {
        let path = format!("/{}*", super::search::HASHED);
        rules.entry(path).or_default().insert("Cache-Control".to_owned(), set(FOR_EVER));
    }
    if site.config.api.admin {
        let headers = DASHBOARD.map(|(name, value)| (name.to_owned(), set(value)));
        rules.entry("/admin/*".to_owned()).or_default().extend(headers);
    }
    configured(site, &mut rules, &mut diagnostics);
    rules.retain(|_, rule| !rule.is_empty());
    if rules.len() > MOST {
        diagnostics.push(diagnostics::too_many_headers(rules.len(), MOST));
    }
    (Some(Artifact::text(FILE, write(&rules, &mut diagnostics))), diagnostics)
}

fn configured(site: &Site, rules: &mut IndexMap<String, Rule>, diagnostics: &mut Vec<Diagnostic>) {
    for (path, headers) in &site.config.headers {
        let is_place = path.starts_with('/') || path.starts_with("https://");
        if !is_place || path.contains(|c: char| c.is_whitespace() || c.is_control()) {
            diagnostics.push(diagnostics::bad_header_path(path));
            continue;
        }
        let rule = rules.entry(path.clone()).or_default();
        for (name, value) in headers {
            let is_name = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
            if name.is_empty() || !name.chars().all(is_name) {
                diagnostics.push(diagnostics::bad_header(path, name));
                continue;
            }
            // A line end would start another header.
            let value = value.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty());
            let value = value.collect::<Vec<_>>().join(" ");
            let known = rule.keys().find(|known| known.eq_ignore_ascii_case(name)).cloned();
            match (known, value.is_empty()) {
                // What rivage would have written itself is simply not written.
                (Some(known), true) => drop(rule.shift_remove(&known)),
                (Some(known), false) => drop(rule.insert(known, Some(value))),
                (None, true) => drop(rule.insert(name.clone(), None)),
                (None, false) => drop(rule.insert(name.clone(), Some(value))),
            }
        }
    }
}

fn write(rules: &IndexMap<String, Rule>, diagnostics: &mut Vec<Diagnostic>) -> String {
    let general = rules.get("/*");
    let is_general = |name: &str| {
        general.is_some_and(|general| {
            general.iter().any(|(known, value)| known.eq_ignore_ascii_case(name) && value.is_some())
        })
    };
    let mut text = format!("{MARK}\n");
    for (path, rule) in rules {
        let mut lines = vec![path.clone()];
        for (name, value) in rule {
            // Values of all rules that match are joined; one that is meant to replace another has to take it away first.
            if value.is_none() || (path != "/*" && is_general(name)) {
                lines.push(format!("  ! {name}"));
            }
            lines.extend(value.as_ref().map(|value| format!("  {name}: {value}")));
        }
        for line in lines {
            let length = line.chars().count();
            if length > LONGEST {
                diagnostics.push(diagnostics::long_rule(FILE, line.trim(), length, LONGEST));
            }
            text.push_str(&line);
            text.push('\n');
        }
    }
    text
}

/// Returns something below a folder whose name has no hash: it must not be kept for ever.
fn unhashed(site: &Site, statics: &FxHashSet<&str>, folder: &str) -> Option<String> {
    let is_below = |path: &str| path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'));
    let files = statics.iter().filter(|name| is_below(name)).map(|name| format!("static/{name}"));
    let pages = site.routes.iter().map(|route| &route.url);
    let pages = pages.filter(|url| url.strip_prefix('/').is_some_and(is_below)).cloned();
    files.chain(pages).min()
}

#[cfg(test)]
mod tests {
    use super::super::testing::{TestSite, text};
    use super::*;

    fn headers(site: &mut TestSite, path: &str, headers: &[(&str, &str)]) {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        site.config.headers.insert(path.to_owned(), headers);
    }

    fn check(site: TestSite, statics: &[&str]) -> String {
        let (file, diagnostics) = render(&site.finish(), &statics.iter().copied().collect());
        let problems: String =
            diagnostics.iter().map(|diagnostic| format!("{}: {}\n", diagnostic.code, diagnostic.message)).collect();
        text(&[file.unwrap()], FILE) + &problems
    }

    #[test]
    fn only_hashed_names_are_kept_for_ever() {
        let mut site = TestSite::new();
        site.config.build.csp = Some("default-src 'self'".to_owned());
        insta::assert_snapshot!(check(site, &["robots.txt"]), @r"
        # Written by rivage.
        /*
          X-Content-Type-Options: nosniff
          Referrer-Policy: strict-origin-when-cross-origin
          Permissions-Policy: camera=(), geolocation=(), microphone=(), payment=(), usb=()
          Content-Security-Policy: default-src 'self'
        /assets/*
          Cache-Control: public, max-age=31536000, immutable
        /media/*
          Cache-Control: public, max-age=31536000, immutable
        /search/data/*
          Cache-Control: public, max-age=31536000, immutable
        ");
    }

    #[test]
    fn settings_add_replace_and_take_away() {
        let mut site = TestSite::new();
        site.config.build.csp = Some("default-src 'self'".to_owned());
        site.config.search.enabled = false;
        headers(
            &mut site,
            "/*",
            &[("referrer-policy", "no-referrer"), ("Permissions-Policy", ""), ("X-Frame-Options", "DENY")],
        );
        headers(&mut site, "/embed/*", &[("content-security-policy", "frame-ancestors\n *"), ("X-Frame-Options", "")]);
        insta::assert_snapshot!(check(site, &[]), @r"
        # Written by rivage.
        /*
          X-Content-Type-Options: nosniff
          Referrer-Policy: no-referrer
          Content-Security-Policy: default-src 'self'
          X-Frame-Options: DENY
        /assets/*
          Cache-Control: public, max-age=31536000, immutable
        /media/*
          Cache-Control: public, max-age=31536000, immutable
        /embed/*
          ! content-security-policy
          content-security-policy: frame-ancestors *
          ! X-Frame-Options
        ");
    }

    #[test]
    fn the_dashboard_has_a_stricter_policy() {
        let mut site = TestSite::new();
        site.config.build.csp = Some("default-src *".to_owned());
        site.config.api.admin = true;
        headers(&mut site, "/admin/*", &[("X-Robots-Tag", "none")]);
        let text = check(site, &[]);
        let (_, rule) = text.split_once("/admin/*\n").unwrap();
        let lines: Vec<&str> = rule.lines().map(str::trim).collect();
        assert_eq!(
            lines,
            [
                "! Content-Security-Policy",
                "Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
                 connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'",
                "Cross-Origin-Opener-Policy: same-origin",
                "! Referrer-Policy",
                "Referrer-Policy: same-origin",
                "X-Robots-Tag: none",
            ]
        );
        assert!(!check(TestSite::new(), &[]).contains("/admin/"));
    }

    #[test]
    fn a_file_without_hash_keeps_assets_from_being_immutable() {
        let text = check(TestSite::new(), &["assets/logo.png"]);
        assert!(!text.contains("\n/assets/*"), "{text}");
        assert!(text.ends_with("unhashed-assets: `static/assets/logo.png` lies below `/assets/`, where rivage puts files with hashed names\n"));
    }

    #[test]
    fn made_images_are_kept_for_ever_unless_others_lie_among_them() {
        assert!(check(TestSite::new(), &["mediathek/a.png"]).contains("\n/media/*\n"));
        assert!(!check(TestSite::new(), &["media/a.png"]).contains("/media/"));
        let mut site = TestSite::new();
        site.page("en", "media", "/media/");
        assert!(!check(site, &[]).contains("/media/*"));
        let mut site = TestSite::new();
        site.config.deploy.media = "img".to_owned();
        assert!(check(site, &[]).contains("\n/img/*\n"));
        let away: [fn(&mut TestSite); 2] =
            [|site| site.config.images.enabled = false, |site| site.config.images.store = Store::R2];
        for away in away {
            let mut site = TestSite::new();
            away(&mut site);
            assert!(!check(site, &[]).contains("/media/"));
        }
    }

    #[test]
    fn bad_rules_and_limits_are_reported() {
        let mut site = TestSite::new();
        site.config.search.enabled = false;
        headers(&mut site, "docs/*", &[("X-A", "b")]);
        headers(&mut site, "/a", &[("X A", "b"), ("X-Long", &"y".repeat(3_000))]);
        for n in 0..100 {
            headers(&mut site, &format!("/{n}"), &[("X-A", "b")]);
        }
        let text = check(site, &[]).replace(&"y".repeat(20), "y20");
        let problems: Vec<_> = text
            .lines()
            .filter(|line| line.contains("-header") && line.contains(": ") && !line.starts_with(' '))
            .collect();
        assert_eq!(
            problems,
            [
                "bad-header: `docs/*` in `[headers]` must be a path from `/` on, or a URL, without spaces",
                "bad-header: `X A` for `/a` cannot be a header's name",
                "too-many-headers: there are 104 header rules, Cloudflare Pages takes 100",
            ]
        );
        assert!(text.contains(
            "rule-too-long: a line of `_headers` has 3010 characters, Cloudflare Pages takes 2000: `X-Long: y20"
        ));
    }
}
