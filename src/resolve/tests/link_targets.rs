//! Where links lead.

use super::*;

fn site() -> Site {
    draft()
        .languages(&["en", "fr"])
        .set(|config| {
            config.site.base_path = "/base".to_owned();
            config.redirects = vec![crate::config::Redirect {
                from: "/go/*".to_owned(),
                to: "/".to_owned(),
                status: 301,
                span: Span::new(1, 2),
            }];
        })
        .pages(&[
            "content/_index.mdx",
            "content/docs/_index.mdx",
            "content/docs/start.mdx",
            "content/docs/start.fr.mdx",
            "content/guide/install.mdx",
            "content/guide/trip/index.mdx",
            "content/fr/guide/seul.mdx",
        ])
        .page("content/docs/secret.mdx", |matter| matter.draft = true)
        .page("content/old.mdx", |matter| matter.aliases = vec![spanned("/former")])
        .page("content/tagged.mdx", |matter| tag(matter, &["x"]))
        .file("content/docs/photo one.jpg")
        .file("content/guide/trip/p.png")
        .file("static/cv.pdf")
        .good()
}

/// Shows where a link leads: `page /docs/`.
fn target(site: &Site, from: &str, language: &str, written: &str) -> String {
    match site.link_target(&FileId::from(from), language, written) {
        Target::Page { url, suffix } => format!("page {url}{suffix}"),
        Target::File { url, suffix } => format!("file {url}{suffix}"),
        Target::Anchor(anchor) => format!("anchor {anchor}"),
        Target::External => "external".to_owned(),
        Target::Hidden => "hidden".to_owned(),
        Target::Unknown { nearest } => format!("unknown {}", nearest.as_deref().unwrap_or("?")),
    }
}

/// Links on `content/docs/start.mdx`.
fn check(expected: &[(&str, &str)]) {
    let site = site();
    for (written, target_of) in expected {
        assert_eq!(target(&site, "content/docs/start.mdx", "en", written), *target_of, "{written}");
    }
}

#[test]
fn relative_paths_lead_to_files() {
    check(&[
        ("../guide/install.mdx", "page /guide/install/"),
        ("../guide/install.mdx?a=b#c%20d", "page /guide/install/?a=b#c%20d"),
        ("./_index.mdx", "page /docs/"),
        ("_index.mdx", "page /docs/"),
        ("../guide/trip/index.mdx", "page /guide/trip/"),
        ("./photo%20one.jpg", "file /docs/photo one.jpg"),
        ("photo one.jpg", "file /docs/photo one.jpg"),
        ("../guide/trip/p.png#x", "file /guide/trip/p.png#x"),
    ]);
}

#[test]
fn relative_paths_without_extension_are_followed_from_the_url_then_from_the_file() {
    check(&[
        ("../../guide/install/", "page /guide/install/"),
        ("../", "page /docs/"),
        ("../guide/install", "page /guide/install/"),
        ("../guide", "page /guide/"),
        ("../../cv.pdf", "file /cv.pdf"),
        ("../../../../guide/install/", "page /guide/install/"),
    ]);
}

#[test]
fn site_paths_lead_to_everything_there_is() {
    check(&[
        ("/", "page /"),
        ("/docs/start/", "page /docs/start/"),
        ("/docs/start", "page /docs/start/"),
        ("/docs/start/index.html", "page /docs/start/"),
        ("/base/docs/start/?q#a", "page /docs/start/?q#a"),
        ("/base", "page /"),
        ("/tags/x/", "page /tags/x/"),
        ("/docs/start.mdx", "page /docs/start/"),
        ("/cv.pdf", "file /cv.pdf"),
        ("/docs/photo%20one.jpg", "file /docs/photo one.jpg"),
        ("/former/", "file /former/"),
        ("/go/anywhere", "file /go/anywhere"),
        ("/sitemap.xml", "file /sitemap.xml"),
        ("/blog/atom.xml", "file /blog/atom.xml"),
        ("/docs/start/index.md", "file /docs/start/index.md"),
        ("/api/v1/posts", "file /api/v1/posts"),
    ]);
}

#[test]
fn what_is_not_ours_stays_as_written() {
    check(&[
        ("https://a.example/x#y", "external"),
        ("//a.example/x", "external"),
        ("mailto:a@a.example", "external"),
        ("tel:+1", "external"),
        ("web+x.y-z:q", "external"),
        ("#top", "anchor top"),
        ("#%C3%A9t%C3%A9", "anchor été"),
        ("", "anchor "),
        ("?page=2", "page /docs/start/?page=2"),
    ]);
}

#[test]
fn links_to_hidden_pages_are_told_apart() {
    check(&[
        ("./secret.mdx", "hidden"),
        ("./secret", "hidden"),
        ("/docs/secret/", "hidden"),
        ("/docs/secret#a", "hidden"),
        ("../secret/", "hidden"),
    ]);
}

#[test]
fn broken_links_come_with_what_was_probably_meant() {
    check(&[
        ("../guide/instal.mdx", "unknown ../guide/install.mdx"),
        ("./install.mdx", "unknown ../guide/install.mdx"),
        ("../guide/install.md", "unknown ../guide/install.mdx"),
        ("/guide/instal/", "unknown /guide/install/"),
        ("/install/", "unknown /guide/install/"),
        ("/base/guide/instal/", "unknown /guide/install/"),
        ("/zzzzzz/", "unknown ?"),
        ("../../../outside.mdx", "unknown ?"),
        ("./zzzzzz.png", "unknown ?"),
    ]);
}

#[test]
fn files_lead_to_pages_in_the_language_of_the_reader() {
    let site = site();
    let check = |from: &str, language: &str, written: &str, expected: &str| {
        assert_eq!(target(&site, from, language, written), expected, "{written} in {from} read in {language}");
    };
    check("content/guide/install.mdx", "fr", "../docs/start.mdx", "page /fr/docs/start/");
    check("content/docs/start.fr.mdx", "fr", "../guide/install.mdx", "page /fr/guide/install/");
    check("content/fr/guide/seul.mdx", "fr", "./install.mdx", "page /fr/guide/install/");
    check("content/fr/guide/seul.mdx", "fr", "../docs/start", "page /fr/docs/start/");
    check("content/docs/start.mdx", "en", "../fr/guide/seul.mdx", "page /fr/guide/seul/");
    // A path is meant as it is written.
    check("content/docs/start.fr.mdx", "fr", "/docs/start/", "page /docs/start/");
    // A file that is no page itself has no URL to follow paths from.
    check("content/docs/_part.mdx", "fr", "./start.mdx", "page /fr/docs/start/");
    check("content/docs/_part.mdx", "en", "?x", "external");
}
