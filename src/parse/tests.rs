//! What content files become, and what is said of broken ones.

use insta::assert_snapshot;
use serde_json::json;

use super::raw::Raw;
use super::*;
use crate::config::{self, SectionSidebar};

/// Reads a file of a site whose settings are `settings` below a title.
fn read(settings: &str, path: &str, bytes: &[u8]) -> (Document, Vec<Diagnostic>) {
    let (config, problems) = config::read(&FileId::from(config::FILE), &format!("site.title = 'T'\n{settings}"));
    assert_eq!(problems, []);
    let name = path.rsplit('/').next().unwrap();
    let role = if name.starts_with("_index.") { Role::Section } else { Role::Page };
    let section = path.strip_prefix("content/").unwrap().rsplit_once('/').map_or("", |(section, _)| section);
    let source = ContentFile {
        path: path.to_owned(),
        syntax: if path.ends_with(".mdx") { Syntax::Mdx } else { Syntax::Markdown },
        language: "en".to_owned(),
        key: String::new(),
        role,
        section: section.to_owned(),
    };
    parse(&config, &source, bytes)
}

fn show(document: &Document, diagnostics: &[Diagnostic]) -> String {
    let mut out = String::new();
    for diagnostic in diagnostics {
        let span = diagnostic.primary.as_ref().unwrap().span;
        let line = document.text[..span.range().start].matches('\n').count() + 1;
        let place = &document.text[span.range()];
        out += &format!("{line}: {place:?} {}: {}\n", diagnostic.code, diagnostic.message);
        for hint in &diagnostic.hints {
            out += &format!("   help: {hint}\n");
        }
    }
    out
}

/// Shows what is wrong with the front matter of a page.
fn check(matter: &str) -> String {
    check_in("", "content/blog/a.md", matter)
}

fn check_in(settings: &str, path: &str, matter: &str) -> String {
    let (document, diagnostics) = read(settings, path, format!("---\n{matter}\n---\n").as_bytes());
    show(&document, &diagnostics)
}

fn good_in(settings: &str, path: &str, matter: &str) -> FrontMatter {
    let (document, diagnostics) = read(settings, path, format!("---\n{matter}\n---\n").as_bytes());
    assert_eq!(show(&document, &diagnostics), "");
    document.front_matter
}

fn good(matter: &str) -> FrontMatter {
    good_in("", "content/blog/a.md", matter)
}

fn body(path: &str, text: &str) -> Document {
    let (document, diagnostics) = read("", path, text.as_bytes());
    assert_eq!(show(&document, &diagnostics), "");
    document
}

#[test]
fn every_key_is_read() {
    let matter = good(
        "title: T\ndescription: D\ndate: 2026-11-23\nupdated: 2026-11-24 10:00\ndraft: true\npublish_at: 2026-01-01\n\
         expires_at: 2027-01-01T00:00:00+01:00\nslug: s\npath: /p/q/\naliases: [/old/, /older]\nweight: -3\ntemplate: a/b.html\n\
         authors: [jane, joe]\ntags: [a, b, a]\ncategories: c\nseries: S\ntoc: false\nsearch: false\nrobots: noindex\nimage: i.png\n\
         sidebar: { label: L, badge: new, collapsed: true }\nextra: { x: 1 }",
    );
    assert_eq!(matter.title.as_deref(), Some("T"));
    assert_eq!(matter.description.as_deref(), Some("D"));
    assert_eq!(matter.date.map(|date| date.day.to_string()).as_deref(), Some("2026-11-23"));
    assert!(matter.updated.is_some_and(|date| date.has_time));
    assert!(matter.draft);
    assert!(matter.publish_at.is_some());
    assert_eq!(matter.expires_at.map(|date| date.at.to_string()).as_deref(), Some("2026-12-31T23:00:00Z"));
    assert_eq!(matter.slug.unwrap().value, "s");
    assert_eq!(matter.path.unwrap().value, "/p/q/");
    assert_eq!(matter.aliases.len(), 2);
    assert_eq!(matter.weight, Some(-3));
    assert_eq!(matter.template.unwrap().value, "a/b.html");
    assert_eq!(matter.authors, ["jane", "joe"]);
    let terms = |name: &str| matter.taxonomies[name].iter().map(|term| term.value.clone()).collect::<Vec<_>>();
    assert_eq!(terms("tags"), ["a", "b"]);
    assert_eq!(terms("categories"), ["c"]);
    assert_eq!(matter.series.as_deref(), Some("S"));
    assert_eq!((matter.toc, matter.search), (Some(false), Some(false)));
    assert_eq!(matter.robots.as_deref(), Some("noindex"));
    assert_eq!(matter.image.unwrap().value, "i.png");
    assert_eq!((matter.sidebar.label.as_deref(), matter.sidebar.badge.as_deref()), (Some("L"), Some("new")));
    assert!(matter.sidebar.collapsed && !matter.sidebar.hidden);
    assert_eq!(matter.section, None);
    assert_eq!(matter.extra, json!({ "x": 1 }));
    assert_eq!(matter.raw.value()["tags"], json!(["a", "b", "a"]));
}

#[test]
fn toml_front_matter_has_dates() {
    let (document, problems) =
        read("", "content/a.md", b"+++\ntitle = 'T'\ndate = 2026-11-23T10:00:00Z\ntags = ['x']\n+++\nbody");
    assert_eq!(problems, []);
    assert!(document.front_matter.date.is_some_and(|date| date.has_time));
    assert_eq!(&document.text[document.body_start..], "body");
    assert_eq!(&document.text[document.front_matter.taxonomies["tags"][0].span.range()], "'x'");
}

#[test]
fn files_without_front_matter_are_pages() {
    for text in ["", "\n", "body", "---\n---\n", "---\n\n---", "+++\n+++\n"] {
        let matter = body("content/a.md", text).front_matter;
        assert!([json!(null), json!({})].contains(&matter.raw.value()), "{text:?}");
        assert_eq!(FrontMatter { raw: Raw::default(), ..matter }, FrontMatter::default(), "{text:?}");
    }
}

#[test]
fn sections_say_what_holds_below() {
    let matter = good_in(
        "",
        "content/blog/_index.md",
        "title: Blog\nkind: blog\nsort_by: date\npaginate_by: 5\nfeed: true\npermalink: /:year/:slug/\npage_template: blog/post.html\n\
         toc: true\ncascade: { toc: false, search: false, extra: { a: 1 } }\nsidebar: true",
    );
    let section = matter.section.unwrap();
    assert_eq!(section.kind.as_deref(), Some("blog"));
    assert_eq!((section.paginate_by, section.feed), (Some(5), Some(true)));
    assert_eq!(section.permalink.as_deref(), Some("/:year/:slug/"));
    assert_eq!(section.template.as_deref(), Some("blog/post.html"));
    assert_eq!((matter.toc, section.toc, section.search), (Some(true), Some(false), Some(false)));
    assert_eq!(section.extra, json!({ "a": 1 }));
    assert_eq!(section.sidebar, Some(SectionSidebar::Tree));
    assert_eq!(good_in("", "content/blog/_index.md", "title: Blog").section, None);
}

#[test]
fn sidebars_hide_or_describe_a_page() {
    assert!(good("sidebar: false").sidebar.hidden);
    assert_eq!(good("sidebar: true").sidebar, front_matter::Sidebar::default());
    let section = good_in("", "content/blog/_index.md", "sidebar: false");
    assert!(section.sidebar.hidden);
    assert_eq!(section.section.unwrap().sidebar, Some(SectionSidebar::Off));
    let starlight = good("sidebar: { order: 3, badge: { text: New, variant: tip } }");
    assert_eq!((starlight.weight, starlight.sidebar.badge.as_deref()), (Some(3), Some("New")));
    assert_eq!(good("weight: 1\nsidebar: { order: 3 }").weight, Some(1));
}

#[test]
fn unknown_keys_and_wrong_types() {
    assert_snapshot!(check("titel: T\ndrafts: true\nfoo: 1\nkind: blog"), @r#"
    2: "titel" unknown-key: unknown key `titel` in front matter
       help: a key with a similar name exists: `title`
    3: "drafts" unknown-key: unknown key `drafts` in front matter
       help: a key with a similar name exists: `draft`
    4: "foo" unknown-key: unknown key `foo` in front matter
       help: put data of your own below `extra`
    5: "kind" unknown-key: unknown key `kind` in front matter
       help: `kind` is a key of `_index` files
    "#);
    assert_snapshot!(check("title: 1\ndraft: yes\nweight: 1.5\ntoc: 'true'\nauthors: { a: 1 }\ntags: [a, 1]\nextra: x\nsidebar: x\ntemplate: ../a.html\nimage: ''"), @r#"
    2: "1" wrong-type: `title` must be a string, not a whole number
       help: put it in quotes
    3: "yes" wrong-type: `draft` must be true or false, not a string
       help: write `true` or `false`
    4: "1.5" wrong-type: `weight` must be a whole number, not a number
    5: "'true'" wrong-type: `toc` must be true or false, not a string
       help: remove the quotes
    6: "{ a: 1 }" wrong-type: `authors` must be a string or a list of strings, not a map
    7: "1" wrong-type: `tags` must be a string or a list of strings, not a whole number
       help: put it in quotes
    8: "x" wrong-type: `extra` must be a map, not a string
    9: "x" wrong-type: `sidebar` must be a map, true or false, not a string
    10: "../a.html" bad-value: `template` must be the path of a file below layouts/
    11: "''" bad-value: `image` must be text
    "#);
    assert_snapshot!(check("sidebar: { lable: x, hidden: 1, badge: { txt: x } }"), @r#"
    2: "lable" unknown-key: unknown key `lable` in `sidebar`
       help: a key with a similar name exists: `label`
    2: "1" wrong-type: `hidden` must be true or false, not a whole number
    2: "txt" unknown-key: unknown key `txt` in `badge`
       help: a key with a similar name exists: `text`
    "#);
    assert_snapshot!(check("- a\n- b"), @r#"
    2: "- a\n- b" wrong-type: front matter must be a map, not a list
       help: write lines such as `title: …`
    "#);
    assert_snapshot!(check("title: A\ntitle: B"), @r#"
    3: "title" duplicate-key: the key `title` is there twice
       help: remove one of the two
    "#);
    assert_snapshot!(check("title: A: B\ntags: x"), @r#"
    2: ":" yaml-syntax: a value with `: ` in it needs quotes
       help: write `title: "A: B"`
    "#);
    assert_snapshot!(check_in("", "content/_index.md", "kind: a/b\nsort_by: dte\npaginate_by: x\nfeed: 1\npermalink: x\npage_template: /x\ncascade: { tock: true, toc: 1 }"), @r#"
    2: "a/b" bad-value: `kind` must be a name of letters, digits, `-` and `_`
    3: "dte" bad-value: `sort_by` may not be `dte`
       help: a similar word is known: `date`
    4: "x" wrong-type: `paginate_by` must be a whole number, not a string
    5: "1" wrong-type: `feed` must be true or false, not a whole number
    6: "x" bad-value: `permalink` must be a path that starts with `/`
    7: "/x" bad-value: `page_template` must be the path of a file below layouts/
    8: "tock" unknown-key: unknown key `tock` in `cascade`
       help: a key with a similar name exists: `toc`
    8: "1" wrong-type: `toc` must be true or false, not a whole number
    "#);
    assert_snapshot!(check_in("", "content/_index.md", "cascade: 1"), @r#"2: "1" wrong-type: `cascade` must be a map, not a whole number"#);
}

#[test]
fn dates_that_are_none() {
    assert_snapshot!(check("date: 23.11.2026\nupdated: 2026\npublish_at: 2026-02-30\nexpires_at: [2026-01-01]"), @r#"
    2: "23.11.2026" bad-value: `date` must be a date
       help: write `2026-11-23` or `2026-11-23T10:00:00Z`
    3: "2026" wrong-type: `updated` must be a date, not a whole number
    4: "2026-02-30" bad-value: `publish_at` must be a date
       help: write `2026-11-23` or `2026-11-23T10:00:00Z`
    5: "[2026-01-01]" wrong-type: `expires_at` must be a date, not a list
    "#);
    let (document, diagnostics) = read("", "content/a.md", b"+++\ndate = 10:00:00\n+++\n");
    assert_snapshot!(show(&document, &diagnostics), @r#"
    2: "10:00:00" bad-value: `date` must be a date
       help: write `2026-11-23` or `2026-11-23T10:00:00Z`
    "#);
}

#[test]
fn slugs_and_paths_stay_within_the_site() {
    let slugs: Vec<_> = ["''", "..", "a/b", "/a/", "'a?b'", "'a#b'", "'a\\b'", "' a'", "\"a\\0\""]
        .iter()
        .map(|slug| check(&format!("slug: {slug}")))
        .collect();
    assert_snapshot!(slugs.concat(), @r#"
    2: "''" bad-path: `slug` must be text
    2: ".." bad-path: `slug` must be a name, not a folder
    2: "a/b" bad-path: `slug` must be the last part of the URL, without `/`
       help: set the whole path by `path: /a/b/`
    2: "/a/" bad-path: `slug` must be the last part of the URL, without `/`
    2: "'a?b'" bad-path: `slug` must be without `?`, `#`, `\` and control characters
    2: "'a#b'" bad-path: `slug` must be without `?`, `#`, `\` and control characters
    2: "'a\\b'" bad-path: `slug` must be without `?`, `#`, `\` and control characters
    2: "' a'" bad-path: `slug` must be without spaces at its ends
    2: "\"a\\0\"" bad-path: `slug` must be without `?`, `#`, `\` and control characters
    "#);
    let paths: Vec<_> = ["''", "a/b", "/a/../b", "/./", "/a//b", "//", "/a?b", "'/a#b'", "/a\\b", "\"/a\\0\"", "'/ /'"]
        .iter()
        .map(|path| check(&format!("path: {path}")))
        .collect();
    assert_snapshot!(paths.concat(), @r#"
    2: "''" bad-path: `path` must be a path that starts with `/`
    2: "a/b" bad-path: `path` must be a path that starts with `/`
    2: "/a/../b" bad-path: `path` must be without `.` and `..`
    2: "/./" bad-path: `path` must be without `.` and `..`
    2: "/a//b" bad-path: `path` must be without empty parts
    2: "//" bad-path: `path` must be without empty parts
    2: "/a?b" bad-path: `path` must be without `?`, `#`, `\` and control characters
    2: "'/a#b'" bad-path: `path` must be without `?`, `#`, `\` and control characters
    2: "/a\\b" bad-path: `path` must be without `?`, `#`, `\` and control characters
    2: "\"/a\\0\"" bad-path: `path` must be without `?`, `#`, `\` and control characters
    2: "'/ /'" bad-path: `path` must be without empty parts
    "#);
    assert_snapshot!(check("aliases: [/ok/, old, /a/../b]"), @r#"
    2: "old" bad-path: `aliases` must be a path that starts with `/`
    2: "/a/../b" bad-path: `aliases` must be without `.` and `..`
    "#);
    for path in ["/", "/a", "/a/", "/a/b.html", "/ü/é/"] {
        assert_eq!(good(&format!("path: {path}")).path.unwrap().value, path);
    }
}

#[test]
fn terms_are_keys_of_the_settings() {
    let matter = good_in("[taxonomies.places]", "content/a.md", "places: [Brittany]");
    assert_eq!(matter.taxonomies["places"][0].value, "Brittany");
    assert_snapshot!(check_in("[taxonomies.places]", "content/a.md", "tags: [a]\nplace: x"), @r#"
    2: "tags" unknown-key: unknown key `tags` in front matter
       help: a rivage.toml that has `[taxonomies]` names all of them: write `[taxonomies.tags]`, too
    3: "place" unknown-key: unknown key `place` in front matter
       help: a key with a similar name exists: `places`
    "#);
}

#[test]
fn foreign_front_matter_is_kept_as_extra() {
    let settings = "[content.'']\nunknown_keys = 'extra'\n[content.own]\nunknown_keys = 'error'";
    let foreign = "title: T\ni18nReady: true\ntableOfContents: { minHeadingLevel: 2 }\nhead:\n  - tag: title\nauthors: [{ name: J }]\n\
                   image: { src: a.png }\nsidebar: { label: L, attrs: { a: b } }\nkind: x\nextra: { head: mine }";
    let matter = good_in(settings, "content/docs/a.md", foreign);
    assert_eq!(
        matter.extra,
        json!({
            "head": "mine",
            "i18nReady": true,
            "tableOfContents": { "minHeadingLevel": 2 },
            "authors": [{ "name": "J" }],
            "image": { "src": "a.png" },
            "kind": "x",
        })
    );
    assert_eq!((matter.authors.len(), matter.image), (0, None));
    let foreign = "permalink: index.html\nkind: a b\nfeed: true\nsort_by: [a]";
    let section = good_in(settings, "content/docs/_index.md", foreign);
    assert_eq!(section.extra, json!({ "permalink": "index.html", "kind": "a b", "sort_by": ["a"] }));
    assert_eq!(section.section.unwrap().feed, Some(true));
    // One value of a wrong type is still a mistake: a draft must not be published for it.
    assert_snapshot!(check_in(settings, "content/docs/a.md", "draft: 'yes'"), @r#"
    2: "'yes'" wrong-type: `draft` must be true or false, not a string
       help: write `true` or `false`
    "#);
    assert_snapshot!(check_in(settings, "content/own/a.md", "i18nReady: true"), @r#"
    2: "i18nReady" unknown-key: unknown key `i18nReady` in front matter
       help: put data of your own below `extra`
    "#);
}

#[test]
fn schemas_are_checked_and_inherited() {
    let settings = "[content.shop.schema]\ntitle = { type = 'string', required = true, max = 5 }\n\
        price = { type = 'number', required = true, min = 0 }\n'extra.size' = { enum = ['s', 'm', 1] }\n\
        since = { type = 'date' }\nlink = { type = 'url' }\nlist = { type = 'list', min = 2 }\nmap = { type = 'map' }\nflag = { type = 'bool' }\n\
        count = { type = 'int', min = 1, max = 3 }\n[content.'shop/old'.schema]\nprice = { type = 'int' }";
    let matter = good_in(
        settings,
        "content/shop/new/a.md",
        "title: Tea\nprice: 1.5\nlink: https://a.b\nsince: 2026-01-01\nextra: { size: 1 }",
    );
    assert_eq!(matter.extra["price"], json!(1.5));
    assert_snapshot!(check_in(settings, "content/shop/a.md", "extra: {}"), @r#"
    1: "---" missing-key: the key `price` is missing in front matter
       help: `[content.shop.schema]` in `rivage.toml` asks for it
    1: "---" missing-key: the key `title` is missing in front matter
       help: `[content.shop.schema]` in `rivage.toml` asks for it
    "#);
    assert_snapshot!(check_in(settings, "content/shop/a.md", "title: Teapot\nprice: -1\nextra: { size: xl }\nsince: soon\nlink: /a\nlist: [1]\nmap: []\nflag: 'true'\ncount: 4"), @r#"
    2: "Teapot" schema: `title` must be at most 5 characters long
       help: `[content.shop.schema]` in `rivage.toml` asks for it
    3: "-1" schema: `price` must be at least 0
       help: `[content.shop.schema]` in `rivage.toml` asks for it
    4: "xl" schema: `extra.size` must be one of `s`, `m`, `1`
       help: `[content.shop.schema]` in `rivage.toml` asks for it
    5: "soon" bad-value: `since` must be a date
       help: write `2026-11-23` or `2026-11-23T10:00:00Z`
    6: "/a" schema: `link` must be an http or https URL
       help: `[content.shop.schema]` in `rivage.toml` asks for it
    7: "[1]" schema: `list` must be at least 2 items long
       help: `[content.shop.schema]` in `rivage.toml` asks for it
    8: "[]" wrong-type: `map` must be a map, not a list
    9: "'true'" wrong-type: `flag` must be true or false, not a string
       help: remove the quotes
    10: "4" schema: `count` must be from 1 to 3
       help: `[content.shop.schema]` in `rivage.toml` asks for it
    "#);
    // The nearest rule of a key counts.
    assert_snapshot!(check_in(settings, "content/shop/old/a.md", "title: Tea\nprice: 1.5"), @r#"3: "1.5" wrong-type: `price` must be a whole number, not a number"#);
    assert_eq!(check_in(settings, "content/shop/old/a.md", "title: Tea"), "");
    // Neither a section's own page nor a file elsewhere is asked.
    assert_eq!(check_in(settings, "content/shop/_index.md", "description: D"), "");
    assert_eq!(check_in(settings, "content/shopping/a.md", "description: D"), "");
    // Where front matter cannot be read, nothing is known to be missing.
    assert_snapshot!(check_in(settings, "content/shop/a.md", "title: \"Tea"), @r#"
    2: "\"" yaml-syntax: this quote is never closed
       help: add the closing quote, or put the whole value in the other kind of quotes
    "#);
    let (document, diagnostics) = read(settings, "content/shop/a.md", b"body");
    assert_snapshot!(show(&document, &diagnostics), @r#"
    1: "" missing-key: the key `price` is missing in front matter
       help: `[content.shop.schema]` in `rivage.toml` asks for it
    1: "" missing-key: the key `title` is missing in front matter
       help: `[content.shop.schema]` in `rivage.toml` asks for it
    "#);
}

#[test]
fn bytes_that_are_no_text_leave_a_page() {
    let (document, diagnostics) = read("", "content/a.md", b"\xef\xbb\xbf---\r\ntitle: T\r\n---\r\n# caf\xe9\r\n");
    assert_snapshot!(show(&document, &diagnostics), @r#"
    4: "�" invalid-utf8: the file is not UTF-8 text
       help: save it with the encoding UTF-8
    "#);
    assert_eq!(document.front_matter.title.as_deref(), Some("T"));
    assert_eq!(document.first_heading.as_deref(), Some("caf\u{fffd}"));
}

#[test]
fn front_matter_that_never_ends_is_an_error() {
    let (document, diagnostics) = read("", "content/a.md", b"---\ntitle: T\n\nbody\n");
    assert_eq!(diagnostics.len(), 1);
    assert_eq!(diagnostics[0].code, "unclosed-front-matter");
    assert_eq!(document.body_start, 0);
}

#[test]
fn fifty_megabytes_are_read() {
    let paragraph = format!("{}\n\n", "some words in a line\n".repeat(100));
    let document = body("content/a.md", &paragraph.repeat(25_000));
    assert!(document.text.len() > 50 << 20);
    assert_eq!(document.words, 5 * 100 * 25_000);
    assert!(document.summary.starts_with("some words in a line some words"));
}

#[test]
fn the_first_heading_of_depth_one_may_be_the_title() {
    let heading = |path: &str, text: &str| body(path, text).first_heading;
    assert_eq!(heading("content/a.md", "## B\n\n# A `c` *d*\n\n# E"), Some("A c d".to_owned()));
    assert_eq!(heading("content/a.mdx", "<Box>\n\n# A\n\n</Box>"), Some("A".to_owned()));
    assert_eq!(heading("content/a.md", "> # A\n\n- # B"), None);
    assert_eq!(heading("content/a.md", "#\n\ntext"), None);
}

#[test]
fn words_are_those_of_prose() {
    let words = |path: &str, text: &str| body(path, text).words;
    assert_eq!(words("content/a.md", "One *two* th**re**e don't 4.\nsix — 7"), 7);
    assert_eq!(
        words("content/a.md", "a\n\n```rust\nlet x = 1;\n```\n\n`b c`  \nd\n\n- e\n- f\n\n<div class=\"x\">\n"),
        6
    );
    assert_eq!(words("content/a.md", "你好 world、さよなら"), 7);
    assert_eq!(words("content/a.md", "한국어 문장"), 2);
    assert_eq!(
        words(
            "content/a.mdx",
            "import A from './a.mdx'\n\n<Card title=\"not counted\">\n\ntwo words\n\n</Card>\n\n{1 + 1} {/* no */}"
        ),
        2
    );
}

#[test]
fn summaries_are_what_comes_before_more_or_the_first_paragraph() {
    let summary = |path: &str, text: &str| body(path, text).summary;
    assert_eq!(summary("content/a.md", "# T\n\nFirst *one*\nline.\n\nSecond."), "First one line.");
    assert_eq!(summary("content/a.md", "# T\n\nFirst.\n\nSecond.\n\n<!-- more -->\n\nThird."), "First. Second.");
    assert_eq!(summary("content/a.md", "First.\n<!--more-->\n\nThird."), "First.");
    assert_eq!(summary("content/a.mdx", "First.\n\n{/* more */}\n\nThird."), "First.");
    assert_eq!(summary("content/a.mdx", "import A from './a.mdx'\n\n<Intro>\n\nInside.\n\n</Intro>"), "Inside.");
    assert_eq!(summary("content/a.md", "> quote\n\n- item\n\n![alt](a.png)\n\nText."), "Text.");
    assert_eq!(summary("content/a.md", "```\ncode\n```"), "");
    let long = summary("content/a.md", &"lorem ipsum, ".repeat(50));
    assert!(long.ends_with("lorem ipsum…") && long.chars().count() <= 300, "{long}");
    assert_eq!(summary("content/a.md", &"字".repeat(400)).chars().count(), 300);
}

#[test]
fn broken_bodies_are_left_to_rendering() {
    let document = body("content/a.mdx", "Text {\n\n<A>");
    assert_eq!(document.front_matter, FrontMatter::default());
}

#[test]
fn the_list_of_reserved_keys_is_what_is_read() {
    for key in config::check::FRONT_MATTER_KEYS {
        assert_eq!(check_in("", "content/_index.md", &format!("{key}:")), "", "{key} is not read");
    }
    let (_, diagnostics) = config::read(&FileId::from(config::FILE), "site.title = 'T'\n[taxonomies.authors]");
    assert_eq!(diagnostics.len(), 1);
}

proptest::proptest! {
    #[test]
    fn any_bytes_become_a_document(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..60)) {
        for start in ["", "---\n", "+++\n", "---\ntitle: "] {
            let mut all = start.as_bytes().to_vec();
            all.extend(&bytes);
            let (document, diagnostics) = read("", "content/a.mdx", &all);
            for diagnostic in diagnostics {
                let span = diagnostic.primary.unwrap().span;
                proptest::prop_assert!(str::get(&document.text, span.range()).is_some());
            }
        }
    }
}

#[test]
fn links_within_the_site_are_known_as_they_are_written() {
    let text = "[a](b.mdx#x) [again](b.mdx) <Card href=\"../c/\">[in](/d/?q=1)</Card>\n\n- <a href=\"e.md\">e</a> <Card href={f} />\n\n\
                [out](https://example.org/) [mail](mailto:a@b.c) [here](#here) [other](//example.org) `[code](g.md)`\n\n![p](h.png)\n";
    assert_eq!(body("content/a.mdx", text).links, ["../c/", "/d/", "b.mdx", "e.md"]);
}
