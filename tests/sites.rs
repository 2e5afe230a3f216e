//! Small sites, built whole: what the parts promise together.

mod support;

use rivage::config::UnknownComponent;
use rivage::fs::MemoryFs;
use rivage::pipeline::Options;
use rivage::render::timing::Part;
use support::{Built, build, build_with};

/// Settings with the lines that most sites need, and others.
fn settings(more: &str) -> String {
    format!("[site]\ntitle = \"Test\"\nbase_url = \"https://example.org\"\n{more}")
}

/// Builds a site that must be without a mistake.
#[track_caller]
fn good(more: &str, files: &[(&str, &str)]) -> Built {
    good_with(more, files, &Options::default())
}

#[track_caller]
fn good_with(more: &str, files: &[(&str, &str)], options: &Options) -> Built {
    let built = build_with(disk(more, files), options);
    assert_eq!(built.problems(files), Vec::<String>::new());
    built
}

fn disk(more: &str, files: &[(&str, &str)]) -> MemoryFs {
    let mut disk = MemoryFs::new(files.iter().copied());
    disk.write("rivage.toml", settings(more));
    disk
}

/// Compares what is wrong with what is expected, part by part.
#[track_caller]
fn bad(more: &str, files: &[(&str, &str)], expected: &[&str]) -> Built {
    let built = build_with(disk(more, files), &Options::default());
    let problems = built.problems(files);
    let fits = problems.len() == expected.len() && problems.iter().zip(expected).all(|(a, b)| a.contains(b));
    assert!(fits, "expected {expected:#?}, found {problems:#?}");
    built
}

impl Built {
    /// Compares the `<main>` of a page, white space collapsed.
    #[track_caller]
    fn shows(&self, path: &str, expected: &str) {
        let main = self.main(path);
        let inner = main.split_once('>').map_or(main, |(_, inner)| inner);
        assert_eq!(bare(inner), expected, "in {path}");
    }

    /// The `<main>` of a page, bare.
    #[track_caller]
    fn inner(&self, path: &str) -> String {
        bare(self.main(path))
    }

    #[track_caller]
    fn has(&self, path: &str, part: &str) {
        let text = self.bare(path);
        assert!(text.contains(&bare(part)), "no {part:?} in {path}: {}", excerpt(&text));
    }

    #[track_caller]
    fn has_not(&self, path: &str, part: &str) {
        let text = self.bare(path);
        assert!(!text.contains(&bare(part)), "{part:?} in {path}: {}", excerpt(&text));
    }

    #[track_caller]
    fn lacks(&self, path: &str) {
        assert!(!self.files.contains_key(path), "{path} was written");
    }

    /// A file without the quotes of attributes, which minifying may take, and with single spaces.
    #[track_caller]
    fn bare(&self, path: &str) -> String {
        let Some(text) = self.files.get(path) else { panic!("no {path} among {:#?}", self.files.keys()) };
        bare(text)
    }

    /// The targets of the links in a part of a page, in order.
    #[track_caller]
    fn links(&self, path: &str, start: &str, end: &str) -> Vec<String> {
        let html = self.bare(path);
        let Some((_, part)) = html.split_once(start) else { panic!("no {start:?} in {path}: {}", excerpt(&html)) };
        let part = part.split_once(end).map_or(part, |(part, _)| part);
        let links = part.split("<a ").skip(1).filter_map(|link| {
            let href = link.split_once("href=")?.1;
            Some(href.split([' ', '>']).next()?.to_owned())
        });
        links.collect()
    }
}

fn bare(text: &str) -> String {
    text.replace('"', "").split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What is worth showing of a file: the `<main>` of a page.
fn excerpt(text: &str) -> &str {
    let text = text.find("<main").map_or(text, |at| &text[at..]);
    text.find("</main>").map_or(text, |at| &text[..at])
}

/// A layout that shows only what a test asks for.
const BARE: (&str, &str) = ("layouts/page.html", "<main>{{ content }}</main>");

#[test]
fn kinds_choose_layouts_and_sections_pass_on_their_defaults() {
    let built = good(
        "[content.notes]\nkind = \"note\"\nextra = { colour = \"red\", shape = \"round\" }\n[content.\"notes/deep\"]\nextra = { colour = \"blue\" }\n",
        &[
            (
                "layouts/note/page.html",
                "<main>note {{ page.title }} {{ page.extra.colour }} {{ page.extra.shape }}</main>",
            ),
            ("layouts/note/section.html", "<main>notes: {% for page in pages %}{{ page.title }} {% endfor %}</main>"),
            ("layouts/own.html", "<main>own {{ page.title }}</main>"),
            ("content/notes/_index.md", "---\ntitle: Notes\ncascade:\n  toc: false\n---\n"),
            ("content/notes/b.md", "---\nweight: 2\n---\n# B\n"),
            ("content/notes/a.md", "---\nweight: 3\n---\n# A\n"),
            ("content/notes/own.md", "---\ntemplate: own.html\nweight: 1\n---\n# Own\n"),
            ("content/notes/deep/c.md", "# C\n"),
            ("content/other.md", "# Other\n"),
        ],
    );
    built.shows("notes/index.html", "notes: Own B A");
    built.shows("notes/a/index.html", "note A red round");
    built.shows("notes/deep/c/index.html", "note C blue round");
    built.shows("notes/own/index.html", "own Own");
    built.has("other/index.html", "class=\"page kind-page\"");
}

#[test]
fn a_section_says_the_same_in_its_own_file() {
    let built = good(
        "",
        &[
            ("layouts/note/page.html", "<main>note {{ page.title }} {{ page.extra.colour }}</main>"),
            ("layouts/special.html", "<main>special</main>"),
            (
                "content/notes/_index.md",
                "---\ntitle: Notes\nkind: note\nsort_by: title\npermalink: /n/:slug/\ncascade:\n  extra:\n    colour: red\n---\n",
            ),
            ("content/notes/a.md", "# A\n"),
        ],
    );
    built.shows("n/a/index.html", "note A red");
    built.lacks("notes/a/index.html");
}

const DATED: [(&str, &str); 6] = [
    ("content/a.md", "---\ndate: 2026-11-23\n---\n# A\n"),
    ("content/draft.md", "---\ndraft: true\n---\n# Draft\n"),
    ("content/future.md", "---\ndate: 2026-11-24\n---\n# Future\n"),
    ("content/later.md", "---\npublish_at: 2026-11-24\ndate: 2020-01-01\n---\n# Later\n"),
    ("content/expired.md", "---\nexpires_at: 2026-11-23\n---\n# Expired\n"),
    ("content/kept.md", "---\nexpires_at: 2026-11-24\n---\n# Kept\n"),
];

#[test]
fn drafts_and_pages_of_other_times_are_left_out_unless_asked_for() {
    let shown = |options: &Options| -> Vec<String> {
        let built = good_with("", &DATED, options);
        let pages = ["a", "draft", "expired", "future", "kept", "later"];
        pages
            .into_iter()
            .filter(|page| built.files.contains_key(&format!("{page}/index.html")))
            .map(str::to_owned)
            .collect()
    };
    assert_eq!(shown(&Options::default()), ["a", "kept"]);
    assert_eq!(shown(&Options { drafts: true, ..Options::default() }), ["a", "draft", "kept"]);
    assert_eq!(shown(&Options { future: true, ..Options::default() }), ["a", "future", "kept", "later"]);
    let built = good("", &DATED);
    for file in ["sitemap.xml", "llms.txt"] {
        built.has(file, "/kept/");
        built.has_not(file, "/draft/");
        built.has_not(file, "/later/");
    }
}

/// A picture of one pixel.
const PIXEL: &[u8] = b"GIF89a\x02\x00\x03\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff,\x00\x00\x00\x00\x02\x00\x03\x00\x00\x02\x02D\x01\x00;";

#[test]
fn bundles_take_their_files_along() {
    let files = [
        (
            "content/trip/index.mdx",
            "# Trip\n\n![Pier](./my%20pier.gif) ![Pier](<my pier.gif>) [List](./list.txt)\n\n![Sky](/sky.gif)\n",
        ),
        ("content/trip/list.txt", "one"),
        BARE,
    ];
    let mut disk = disk("base_url_is = 0\n".replace("base_url_is = 0\n", "").as_str(), &files);
    disk.write("content/trip/my pier.gif", PIXEL);
    disk.write("static/sky.gif", PIXEL);
    let built = build_with(disk, &Options { base_url: Some("https://example.org/sub".into()), ..Options::default() });
    assert_eq!(built.problems(&files), Vec::<String>::new());
    assert!(built.files.contains_key("trip/my pier.gif") && built.files.contains_key("trip/list.txt"));
    let size = "width=2 height=3";
    let main = built.inner("trip/index.html");
    assert_eq!(main.matches(&format!("src=/sub/trip/my%20pier.gif alt=Pier {size}")).count(), 2, "{main}");
    assert!(main.contains("href=/sub/trip/list.txt"), "{main}");
    assert!(main.contains(&format!("src=/sub/sky.gif alt=Sky {size}")), "{main}");
}

#[test]
fn data_reach_templates_and_pages() {
    let files = [
        ("data/team.toml", "[[people]]\nname = \"Ann\"\n[[people]]\nname = \"Bo\"\n"),
        ("content/data.json", "{\"a\": [1, 2]}"),
        ("content/b.yaml", "b: {c: yes it is}\n"),
        ("content/c.csv", "name,age\nAnn,4\nBo,5\n"),
        ("content/d.txt", "<raw> & text\n"),
        (
            "layouts/page.html",
            "<main>{% set team = data(path=\"data/team.toml\") %}{% for p in team.people %}{{ p.name }} {% endfor %}{{ content }}</main>",
        ),
        (
            "content/a.mdx",
            "import j from './data.json'\nimport y from './b.yaml'\nimport t from '/data/team.toml'\nimport c from './c.csv'\nimport raw from './d.txt?raw'\nimport logo from './logo.gif'\n\n{j.a[1]} {y.b.c} {t.people[0].name} {c.map(row => row.name + row.age).join('-')} {raw} {logo.width}x{logo.height} {logo.src}\n",
        ),
    ];
    let mut disk = disk("", &files);
    disk.write("content/logo.gif", PIXEL);
    let built = build_with(disk, &Options::default());
    assert_eq!(built.problems(&files), Vec::<String>::new());
    built.shows("a/index.html", "Ann Bo<p>2 yes it is Ann Ann4-Bo5 &lt;raw&gt; &amp; text 2x3 /logo.gif</p>");
}

#[test]
fn components_of_the_site_override_those_of_the_theme_by_name() {
    let built = good(
        "",
        &[
            BARE,
            (
                "components/mine.html",
                "{% component Callout(kind: string = \"x\", title: string = \"\") %}<b>{{ kind }}</b>{{ body }}{% endcomponent Callout %}",
            ),
            ("content/a.mdx", "<Callout kind=\"tip\">Hi</Callout>\n\n:::note\nA *note*\n:::\n\n> [!TIP]\n> A tip\n"),
        ],
    );
    let main = built.inner("a/index.html");
    for part in ["<b>tip</b>Hi", "<b>note</b>", "<em>note</em>", "<b>tip</b>"] {
        assert!(main.contains(part), "no {part} in {main}");
    }
    assert!(!main.contains("callout"), "{main}");
}

#[test]
fn children_with_a_slot_go_there() {
    let built = good(
        "",
        &[
            BARE,
            (
                "components/Box.html",
                "{% component Box(n: integer = 1, @slots) -%}<div data-n=\"{{ n }}\">{{ body }}|{{ slots.foot }}</div>{%- endcomponent Box %}",
            ),
            (
                "content/a.mdx",
                "<Box n={2}>\n  Body *text*.\n\n  <Fragment slot=\"foot\">Foot **text**</Fragment>\n</Box>\n",
            ),
        ],
    );
    built.shows("a/index.html", "<div data-n=2><p>Body <em>text</em>.</p>|Foot <strong>text</strong></div>");
}

#[test]
fn headings_of_partials_join_the_table_of_contents() {
    let built = good(
        "",
        &[
            (
                "layouts/page.html",
                "<main>{% for h in toc %}{{ h.id }}({% for c in h.children %}{{ c.id }} {% endfor %}) {% endfor %}</main>",
            ),
            ("content/a.mdx", "import P from './_p.mdx'\n\n## One\n\n<P size=\"5\" />\n\n## Three\n\n## One\n"),
            ("content/_p.mdx", "### Inner {props.size}\n\n## Two\n"),
        ],
    );
    built.shows("a/index.html", "one(inner-5 ) two() three() one-1()");
    built.lacks("_p/index.html");
}

const BLOG: &str = "[content.blog]\nkind = \"blog\"\nsort_by = \"date\"\npaginate_by = 2\nfeed = true\n[taxonomies.tags]\nfeed = true\npaginate_by = 2\n";
const POSTS: [(&str, &str); 6] = [
    ("content/blog/_index.md", "---\ntitle: Blog\n---\n"),
    ("content/blog/2026-11-01-one.md", "---\ntitle: One\ntags: [Rust, sea]\nseries: S\n---\nText one.\n"),
    ("content/blog/2026-11-02-two.md", "---\ntitle: Two\ntags: [rust]\nseries: S\n---\n[one](./2026-11-01-one.md)\n"),
    ("content/blog/2026-11-03-three.md", "---\ntitle: Three\ntags: [Rust]\n---\nx\n"),
    ("content/blog/2026-11-04-four.md", "---\ntitle: Four\n---\nx\n"),
    ("content/blog/2026-11-05-five.md", "---\ntitle: Five\ntags: [sea]\n---\nx\n"),
];

#[test]
fn blogs_have_parts_terms_and_neighbours() {
    let built = good(BLOG, &POSTS);
    for (path, shown, hidden) in [
        ("blog/index.html", ["/blog/five/", "/blog/four/"], "/blog/three/"),
        ("blog/page/2/index.html", ["/blog/three/", "/blog/two/"], "/blog/one/"),
        ("tags/rust/index.html", ["/blog/three/", "/blog/two/"], "/blog/one/"),
    ] {
        for url in shown {
            assert!(built.inner(path).contains(url), "{path} has no {url}");
        }
        assert!(!built.inner(path).contains(hidden), "{path} has {hidden}");
    }
    assert!(built.inner("blog/page/3/index.html").contains("/blog/one/"));
    built.lacks("blog/page/1/index.html");
    built.lacks("blog/page/4/index.html");
    assert!(built.inner("tags/rust/page/2/index.html").contains("/blog/one/"));
    let tags = built.inner("tags/index.html");
    assert!(tags.contains("/tags/rust/") && tags.contains("/tags/sea/") && tags.contains("3 posts"), "{tags}");

    // Older to the left, newer to the right; the middle one has both.
    let two = built.inner("blog/two/index.html");
    assert!(two.contains("/blog/one/") && two.contains("/blog/three/"), "{two}");
    // Related: posts that share a term.
    let related = built.links("blog/five/index.html", "id=related-title", "</section>");
    assert_eq!(related.first().map(String::as_str), Some("/blog/one/"), "{related:?}");
    // Series, oldest first.
    let series = built.inner("blog/two/index.html");
    let series = series.split_once("class=series-title").map_or("", |(_, rest)| rest);
    let (one, own) = (series.find("/blog/one/"), series.find("aria-current"));
    assert!(one.is_some() && one < own, "{series}");
}

#[test]
fn blogs_have_feeds_for_sections_and_terms() {
    let built = good(BLOG, &POSTS);
    for (file, part) in [
        (
            "blog/atom.xml",
            "<link rel=\"self\" type=\"application/atom+xml\" href=\"https://example.org/blog/atom.xml\"/>",
        ),
        ("blog/atom.xml", "https://example.org/blog/five/"),
        ("blog/rss.xml", "<link>https://example.org/blog/five/</link>"),
        ("blog/feed.json", "\"url\": \"https://example.org/blog/five/\""),
        ("tags/rust/atom.xml", "https://example.org/blog/three/"),
        // Links are absolute in feeds.
        ("blog/atom.xml", "https://example.org/blog/one/"),
    ] {
        built.has(file, part);
    }
    built.has_not("tags/rust/atom.xml", "/blog/five/");
    built.has("blog/index.html", "/blog/atom.xml");
    built.lacks("atom.xml");
}

const DOCS: &str = "[content.docs]\nkind = \"docs\"\nsidebar = true\n";

#[test]
fn documentation_has_a_sidebar_neighbours_and_breadcrumbs() {
    let built = good(
        &format!("edit_url = \"https://git.example/{{path}}\"\n{DOCS}"),
        &[
            ("content/docs/_index.md", "---\ntitle: Docs\n---\n"),
            ("content/docs/z.md", "---\ntitle: Zed\nweight: 1\n---\nx\n"),
            ("content/docs/a.md", "---\ntitle: Ay\nweight: 2\nsidebar:\n  label: Short\n  badge: new\n---\nx\n"),
            ("content/docs/guide/_index.md", "---\ntitle: Guide\nweight: 3\n---\n"),
            ("content/docs/guide/g.md", "---\ntitle: Gee\n---\nx\n"),
            ("content/docs/hidden.md", "---\ntitle: Hidden\nsidebar:\n  hidden: true\n---\nx\n"),
        ],
    );
    let sidebar = built.links("docs/a/index.html", "id=docs-sidebar", "</nav>");
    let order: Vec<_> = sidebar.iter().filter(|url| *url != "/docs/").collect();
    assert_eq!(order, ["/docs/z/", "/docs/a/", "/docs/guide/", "/docs/guide/g/"], "{sidebar:?}");
    built.has("docs/a/index.html", "Short <span class=badge>new</span>");
    let main = built.inner("docs/a/index.html");
    assert!(main.contains("href=/docs/z/ class=prev") || main.contains("class=prev rel=prev href=/docs/z/"), "{main}");
    assert!(main.contains("rel=next href=/docs/guide/"), "{main}");
    assert!(main.contains("https://git.example/content/docs/a.md"), "{main}");
    let crumbs = built.links("docs/guide/g/index.html", "class=breadcrumbs", "</nav>");
    assert_eq!(crumbs, ["/docs/", "/docs/guide/"]);
}

#[test]
fn sidebars_can_be_written_by_hand() {
    let built = good(
        "[content.docs]\nkind = \"docs\"\nsidebar = [\"docs/b.md\", { label = \"Group\", items = [\"docs/a.md\"], badge = \"x\" }, { label = \"Rest\", from = \"docs/more\" }, { label = \"Out\", link = \"https://example.com\" }]\n",
        &[("content/docs/a.md", "# A\n"), ("content/docs/b.md", "# B\n"), ("content/docs/more/c.md", "# C\n")],
    );
    let sidebar = built.links("docs/a/index.html", "id=docs-sidebar", "</nav>");
    assert_eq!(sidebar, ["/docs/b/", "/docs/a/", "/docs/more/c/", "https://example.com"]);
    let main = built.inner("docs/a/index.html");
    assert!(main.contains("href=/docs/b/") && main.contains("href=/docs/more/c/"), "{main}");
    bad(
        "[content.docs]\nkind = \"docs\"\nsidebar = [\"docs/bb.md\"]\n",
        &[("content/docs/b.md", "# B\n")],
        &["error[broken-navigation]"],
    );
}

#[test]
fn menus_mark_where_one_is() {
    let more = "[[menus.main]]\nname = \"Docs\"\nurl = \"docs/_index.md\"\n[[menus.main]]\nname = \"Else\"\nurl = \"https://example.com\"\nweight = 9\n";
    let built = good(more, &[("content/docs/_index.md", "# Docs\n"), ("content/docs/a.md", "# A\n")]);
    assert_eq!(built.links("docs/a/index.html", "class=site-nav", "</nav>"), ["/docs/", "https://example.com"]);
    built.has("docs/index.html", "<a href=/docs/ aria-current=page>Docs</a>");
    built.has("docs/a/index.html", "<a href=/docs/ aria-current=true>Docs</a>");
    bad(
        "[[menus.main]]\nname = \"X\"\nurl = \"nowhere.md\"\n",
        &[("content/a.md", "# A\n")],
        &["error[broken-navigation]"],
    );
}

#[test]
fn languages_have_fallbacks_and_know_their_translations() {
    let more = "[languages.en]\nname = \"English\"\n[languages.fr]\nname = \"Français\"\ntitle = \"Le site\"\n[languages.fr.strings]\nhome = \"Maison\"\n[[languages.fr.menus.main]]\nname = \"Aide\"\nurl = \"a.md\"\n[[menus.main]]\nname = \"Help\"\nurl = \"a.md\"\n";
    let built = good(
        more,
        &[
            ("content/_index.md", "# Home\n"),
            ("content/a.md", "# A\n\n[b](./b.md)\n"),
            ("content/a.fr.md", "# Ah\n\n[b](./b.md) [accueil](/fr/)\n"),
            ("content/b.md", "# B\n\n[a](./a.md)\n"),
            ("content/fr/only.md", "# Seulement\n"),
        ],
    );
    assert!(built.inner("fr/a/index.html").contains("Ah"));
    // A link to a file leads to the page in the reader's language.
    assert!(built.inner("fr/a/index.html").contains("href=/fr/b/"), "{}", built.inner("fr/a/index.html"));
    assert!(built.inner("fr/b/index.html").contains("href=/fr/a/"));
    assert!(built.inner("b/index.html").contains("href=/a/"));
    // The fallback says so, and is not for search engines.
    built.has("fr/b/index.html", "class=notice");
    built.has("fr/b/index.html", "href=/b/ hreflang=en");
    built.has("fr/b/index.html", "content=noindex");
    built.has_not("fr/a/index.html", "class=notice");
    built.has_not("sitemap.xml", "/fr/b/");
    built.has("sitemap.xml", "https://example.org/fr/a/");
    for page in ["a/index.html", "fr/a/index.html"] {
        built.has(page, "hreflang=fr href=https://example.org/fr/a/");
        built.has(page, "hreflang=en href=https://example.org/a/");
        built.has(page, "hreflang=x-default href=https://example.org/a/");
    }
    built.has("fr/a/index.html", "<html lang=fr");
    built.has("fr/a/index.html", "Le site");
    built.has("fr/a/index.html", "<a href=/fr/a/ aria-current=page>Aide</a>");
    built.has("a/index.html", "<a href=/a/ aria-current=page>Help</a>");
    built.lacks("only/index.html");
    assert!(built.inner("fr/only/index.html").contains("Seulement"));
    built.has("fr/404.html", "<html lang=fr");
}

#[test]
fn former_paths_and_redirects_are_one_file() {
    let built = good(
        "[[redirects]]\nfrom = \"/wild/*\"\nto = \"/a/:splat\"\nstatus = 302\n",
        &[("content/a.md", "---\naliases: [/old/, /very/old.html]\n---\n# A\n\n[x](/old/) [y](/wild/z/)\n")],
    );
    let rules = &built.files["_redirects"];
    assert!(rules.contains("/old/ /a/ 301\n") && rules.contains("/very/old.html /a/ 301\n"), "{rules}");
    assert!(rules.ends_with("/wild/* /a/:splat 302\n"), "{rules}");
}

#[test]
fn every_site_has_files_for_machines() {
    let built = good(
        "",
        &[
            ("content/_index.mdx", "---\ndescription: The start\n---\n# Home\n"),
            (
                "content/a.mdx",
                "---\ndescription: About a\nupdated: 2026-11-20\n---\n# A\n\n<Callout kind=\"tip\">**Mind** it</Callout>\n\n[home](./_index.mdx)\n",
            ),
            ("content/secret.md", "---\nrobots: noindex\n---\n# Secret\n"),
            ("content/unsearched.md", "---\nsearch: false\n---\n# Unsearched zebra\n"),
        ],
    );
    built.has("sitemap.xml", "<loc>https://example.org/a/</loc> <lastmod>2026-11-20</lastmod>");
    built.has_not("sitemap.xml", "/secret/");
    built.has("robots.txt", "Sitemap: https://example.org/sitemap.xml");
    built.has("llms.txt", "https://example.org/a");
    built.has("llms.txt", "About a");
    built.has_not("llms.txt", "secret");
    built.has("a/index.html", "<link rel=canonical href=https://example.org/a/>");
    built.has("a/index.html", "<meta name=description content=\"About a\">");
    built.has("a/index.html", "property=og:title content=A>");
    built.has("a/index.html", "application/ld+json");
    built.has("_headers", "Content-Security-Policy");
    built.has("404.html", "noindex");
    let twin =
        built.files.iter().find(|(path, _)| path.ends_with(".md") && path.starts_with('a')).map(|(_, text)| text);
    let twin = twin.expect("a twin");
    assert!(twin.contains("**Mind** it") && twin.contains("https://example.org/"), "{twin}");
    assert!(built.files.keys().any(|path| path.starts_with("search/")), "{:?}", built.files.keys());
    assert!(!built.files.iter().any(|(path, text)| path.starts_with("search/") && text.contains("zebra")));
    assert!(built.files.keys().any(|path| path.starts_with("assets/css/main.") && path.ends_with(".css")));
}

#[test]
fn switches_turn_files_off() {
    let built = good(
        "[search]\nenabled = false\n[build]\nmarkdown_twins = false\nllms_txt = false\nsitemap = false\nminify = false\n",
        &[("content/a.md", "# A\n")],
    );
    for file in ["llms.txt", "sitemap.xml", "a.md", "a/index.md"] {
        built.lacks(file);
    }
    assert!(!built.files.keys().any(|path| path.starts_with("search/")));
    built.has("a/index.html", "<main id=\"content\"");
}

#[test]
fn schemas_of_sections_are_checked() {
    let more = "[content.shop.schema]\ntitle = { type = \"string\", required = true }\n\"extra.price\" = { type = \"number\", required = true, min = 0 }\n\"extra.size\" = { type = \"string\", enum = [\"s\", \"m\"] }\n";
    bad(
        more,
        &[
            ("content/shop/_index.md", "---\ntitle: Shop\n---\n"),
            ("content/shop/a.md", "---\ntitle: A\nextra:\n  price: -1\n  size: xl\n---\n"),
            ("content/shop/b.md", "---\nextra:\n  price: one\n---\n"),
            ("content/shop/good.md", "---\ntitle: Good\nextra:\n  price: 1.5\n  size: s\n---\n"),
            ("content/other.md", "# Other\n"),
        ],
        &[
            "content/shop/a.md:4: error[schema]: `extra.price`",
            "content/shop/a.md:5: error[schema]: `extra.size`",
            "content/shop/b.md:1: error[missing-key]: the key `title`",
            "content/shop/b.md:3: error[wrong-type]: `extra.price`",
        ],
    );
}

#[test]
fn unknown_components_are_treated_as_asked() {
    let files = [BARE, ("content/a.mdx", "<Foo.Bar a=\"b\" c={1} flag o={{x: [1]}}>*x*</Foo.Bar>\n")];
    bad("", &files, &["content/a.mdx:1: error[unknown-component]"]);
    let warned =
        bad("[markdown]\nunknown_component = \"warn\"\n", &files, &["content/a.mdx:1: warning[unknown-component]"]);
    warned.shows("a/index.html", "<em>x</em>");
    let element = "<x-foo-bar a=b c=1 flag o={&quot;x&quot;:[1]}><em>x</em></x-foo-bar>";
    let built = good("[markdown]\nunknown_component = \"element\"\n", &files);
    assert_eq!(unquoted(&built.inner("a/index.html")), unquoted(&format!("<main>{element}")));
    let options = Options { unknown_component: Some(UnknownComponent::Element), ..Options::default() };
    let asked = good_with("", &files, &options);
    assert_eq!(asked.inner("a/index.html"), built.inner("a/index.html"));
}

const MOVING: &str = "[markdown]\nunknown_component = \"element\"\n";

#[test]
fn a_site_that_is_being_moved_over_is_shown_without_what_needs_its_code() {
    let text = "import { load, Card } from '@site/lib'\n\nexport function Box(props) {\n  load()\n  return <b>{props.children}</b>\n}\n\n\
                A {load('x')} {load.list.map(x => x)} {unheard} B\n\n<i title={load().name} lang=\"en\">C</i>\n\n<Box>*in*</Box>\n\n\
                <i {...load()}>D</i> {new Card()}\n";
    let files = [BARE, ("content/a.mdx", text)];
    let expected = [
        "content/a.mdx:4: {}[not-a-function]: `load`",
        "content/a.mdx:8: {}[not-a-function]: `load`",
        "content/a.mdx:8: {}[member-of-nothing]",
        "content/a.mdx:8: {}[unknown-name]: the name `unheard`",
        "content/a.mdx:10: {}[not-a-function]: `load`",
        "content/a.mdx:14: {}[not-a-function]: `load`",
        "content/a.mdx:14: {}[unsupported-expression]",
    ];
    let expect = |severity: &str| expected.map(|line| line.replace("{}", severity));
    bad("", &files, &expect("error").each_ref().map(String::as_str));
    let built = bad(MOVING, &files, &expect("warning").each_ref().map(String::as_str));
    built.shows("a/index.html", "<p>A B</p><i lang=en>C</i> <em>in</em> <i>D</i>");
}

#[test]
fn a_limit_is_one_for_a_site_that_is_being_moved_over_as_well() {
    let files = [BARE, ("content/a.mdx", "export const f = x => f(x)\n\n{f(1)}\n")];
    bad(MOVING, &files, &["content/a.mdx:1: error[expression-too-deep]"]);
}

#[test]
fn markdown_files_are_mdx_where_the_settings_say_so() {
    let files = [
        BARE,
        ("components/Note.html", "{% component Note() %}<aside>{{ body }}</aside>{% endcomponent Note %}"),
        ("content/a.md", "import Part from './_part.md'\n\n<Note>*one* {1 + 1}</Note>\n\n<Part />\n"),
        ("content/_part.md", "three {1 + 3}\n"),
    ];
    let built = good("[markdown]\nmd_as_mdx = true\n", &files);
    built.shows("a/index.html", "<aside><em>one</em> 2</aside><p>three 4</p>");
    let built = good("", &files);
    assert!(built.inner("a/index.html").contains("{1 + 1}"), "{}", built.inner("a/index.html"));
}

/// Quotes that minifying may leave or take.
fn unquoted(html: &str) -> String {
    html.replace("= ", " ").replace("=>", ">").replace("&quot;", "").replace('\'', "")
}

#[test]
fn a_site_below_a_path_says_so_in_every_link() {
    let files = [
        ("content/_index.md", "# Home\n\n[a](./a.md) [ü](</\u{fc} ber/>) [again](/docs/a/) ![s](/s.gif)\n"),
        ("content/a.md", "---\naliases: [/old/]\n---\n# A\n\n## \u{dc}ber uns\n\n[self](#\u{fc}ber-uns) [home](/)\n"),
        (
            "content/u.md",
            "---\npath: \"/\u{fc} ber/\"\n---\n# U\n\n[anchor](./a.md#%C3%BCber-uns) [anchor](/a/#\u{fc}ber-uns)\n",
        ),
        ("content/blog/_index.md", "---\nfeed: true\n---\n# Blog\n"),
    ];
    let mut disk = disk("", &files);
    disk.write("rivage.toml", "[site]\ntitle = \"T\"\nbase_url = \"https://example.org/docs\"\n[[menus.main]]\nname = \"A\"\nurl = \"a.md\"\n");
    disk.write("static/s.gif", PIXEL);
    let built = build_with(disk, &Options::default());
    assert_eq!(built.problems(&files), Vec::<String>::new());
    let links = built.links("index.html", "<main", "</main>");
    assert_eq!(links[..3], ["/docs/a/", "/docs/%C3%BC%20ber/", "/docs/a/"]);
    built.has("index.html", "/docs/s.gif");
    let links = built.links("\u{fc} ber/index.html", "<main", "</main>");
    assert_eq!(links, ["/docs/a/#%C3%BCber-uns", "/docs/a/#%C3%BCber-uns"]);
    built.has("index.html", "href=/docs/assets/css/main.");
    built.has("sitemap.xml", "https://example.org/docs/a/");
    built.has("sitemap.xml", "https://example.org/docs/%C3%BC%20ber/");
    built.has("_redirects", "/old/ /docs/a/ 301");
    built.has("blog/index.html", "/docs/blog/atom.xml");
    for (path, html) in built.files.iter().filter(|(path, _)| path.ends_with(".html")) {
        for link in html.split("href=/").skip(1).chain(html.split("href=\"/").skip(1)) {
            assert!(link.starts_with("docs/"), "{path}: {}", &link[..link.len().min(40)]);
        }
    }
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    let more = format!("{BLOG}{DOCS}[languages.en]\n[languages.fr]\n");
    let mut files = POSTS.to_vec();
    let pages: Vec<_> = (0..40)
        .map(|n| {
            (
                format!("content/docs/p{n}.md"),
                format!("---\ntags: [t{}, t{}]\n---\n# P {n}\n\n[x](./p{}.md)\n", n % 7, n % 3, (n + 1) % 40),
            )
        })
        .collect();
    files.extend(pages.iter().map(|(path, text)| (path.as_str(), text.as_str())));
    let first = good(&more, &files);
    let second = good(&more, &files);
    assert_eq!(first.files, second.files);

    // The number of threads is the program's from its start: so the program is asked.
    let built_by = |threads: &str| {
        let folder = tempfile::tempdir().unwrap();
        let settings = settings(&more);
        for (path, text) in files.iter().copied().chain([("rivage.toml", settings.as_str())]) {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_rivage"));
        command.env("RAYON_NUM_THREADS", threads).arg("--root").arg(folder.path()).arg("build").arg("--quiet");
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let public = folder.path().join("public");
        let read = |path: &String| std::fs::read_to_string(public.join(path)).unwrap();
        first.files.keys().map(|path| (path.clone(), read(path))).collect::<std::collections::BTreeMap<_, _>>()
    };
    let (one, many) = (built_by("1"), built_by("8"));
    assert!(one == many);
    assert!(one["docs/p1/index.html"] == first.files["docs/p1/index.html"]);
}

#[test]
fn a_site_needs_nothing_but_content() {
    let built = build([("content/a.md", "# Hello\n")]);
    assert_eq!(built.problems(&[]), Vec::<String>::new());
    assert!(built.inner("a/index.html").contains("Hello"));
    assert!(built.files.contains_key("index.html"));
}

#[test]
fn a_site_that_is_moved_over_is_built_without_its_layouts() {
    let files = [
        (
            "rivage.toml",
            "[site]\ntitle = \"T\"\nbase_url = \"https://example.org\"\n\n[markdown]\nunknown_component = \"element\"\n",
        ),
        ("content/a.mdx", "---\ntitle: A\ntemplate: splash\ndate: 2020/12/21\n---\n\n<Foo x={1}>text</Foo>\n"),
    ];
    let built = support::build(files);
    assert_eq!(built.problems(&files).len(), 1, "{:?}", built.problems(&files));
    assert!(!built.outcome.has_errors());
    assert!(built.main("a/index.html").contains("<x-foo x=\"1\">text</x-foo>"));
}

#[test]
fn a_profile_names_layouts_and_components_and_changes_no_byte() {
    let files = [
        ("content/_index.mdx", "---\ntitle: Home\n---\n<Callout>\n\nHello <Badge>new</Badge>\n\n</Callout>\n"),
        ("content/docs/_index.md", "---\ntitle: Docs\n---\n"),
        ("content/docs/a.mdx", "---\ntitle: A\n---\n## One\n\n<Callout>a</Callout>\n"),
        ("content/docs/b.md", "---\ntitle: B\n---\nText\n"),
        ("content/blog/_index.md", "---\ntitle: Blog\n---\n"),
        ("content/blog/post.md", "---\ntitle: Post\ndate: 2026-01-02\ntags: [x]\n---\nText\n"),
    ];
    let plain = good(DOCS, &files);
    let measured = good_with(DOCS, &files, &Options { profile: true, ..Options::default() });
    assert_eq!(plain.files, measured.files);
    assert!(plain.outcome.profile.parts.is_empty());
    let parts = &measured.outcome.profile.parts;
    let template = |name: &str| parts[&Part::Template(name.to_owned())];
    let component = |name: &str| parts[&Part::Component(name.to_owned())];
    assert_eq!(template("404.html").count, 1);
    assert_eq!(template("partials/header.html").count, template("partials/footer.html").count);
    assert_eq!(component("Callout").count, 2);
    assert_eq!(component("Badge").count, 1);
    assert!(component("SidebarTree").count > 0);
    assert!(parts.values().all(|times| times.own <= times.total));
}

#[test]
fn an_api_has_a_page_in_the_layout_of_the_site() {
    let page = &[("content/_index.md", "---\ntitle: Home\n---\n")];
    let built = good("[api]\n[forms.contact.fields]\nmessage = {}\n", page);
    let main = built.main("api/index.html");
    for part in ["<h1>API reference</h1>", "POST</span> <code>/api/v1/forms/contact</code>", "href=/api/openapi.json"] {
        let is_there =
            main.contains(part) || main.contains(&part.replace("href=", "href=\"").replace("json", "json\""));
        assert!(is_there, "{part}: {main}");
    }
    assert!(built.files["api/index.html"].contains("site-header"), "the layout stands around it");

    for (more, files) in [
        ("[api]\nreference = false\n", &page[..]),
        ("", page),
        ("[api]\n", &[page[0], ("static/api/index.html", "mine")]),
        ("[api]\n", &[page[0], ("content/api/_index.md", "---\ntitle: Mine\n---\nmine")]),
    ] {
        let built = good(more, files);
        let shown = built.files.get("api/index.html");
        assert!(
            shown.is_none_or(|html| html.contains("mine") && !html.contains("/api/v1/search")),
            "{more}: {shown:?}"
        );
    }
}

const BARS: &str = "ts,open,high,low,close\n2026-11-02,1,2,1,2\n2026-11-03,2,3,2,3\n";

#[test]
fn a_chart_is_drawn_of_a_file_beside_the_page_or_of_the_project() {
    let json = r#"{"items": [{"ts": "2026-11-03T00:00:00Z", "open": 2, "high": 3, "low": 2, "close": 3, "volume": 7},
                             {"ts": "2026-11-02T00:00:00Z", "open": 1, "high": 2, "low": 1, "close": 2, "volume": 5}]}"#;
    let built = good(
        "[theme]\nlive_api = true\n",
        &[
            ("content/a/index.mdx", "# A\n\n<Chart data=\"./rates.csv\" symbol=\"EUR&USD\" title=\"Rates\" />\n"),
            ("content/a/rates.csv", BARS),
            ("content/b.mdx", "# B\n\n<Chart data=\"data/rates.json\" kind=\"candle\" />\n"),
            ("data/rates.json", json),
            ("content/c.mdx", "# C\n\n<Chart data=\"data/rates.json\" symbol=\"X\" live={false} />\n"),
        ],
    );
    let line = built.inner("a/index.html");
    for part in
        ["class=plot-line", "data-symbol=EUR&amp;USD", "js/chart.", "As of 2026-11-03", "<th scope=row>2026-11-02"]
    {
        assert!(line.contains(part), "{part}: {line}");
    }
    let candles = built.inner("b/index.html");
    assert!(candles.contains("class=plot-up") && candles.contains("class=plot-volume"), "{candles}");
    for page in ["b/index.html", "c/index.html"] {
        assert!(!built.inner(page).contains("js/chart."), "without a symbol, or leave, nothing is asked");
    }
}

#[test]
fn bad_rows_of_charts_and_maps_are_told_at_their_lines() {
    bad(
        "",
        &[
            ("content/a/index.mdx", "# A\n\n<Chart data=\"./rates.csv\" />\n"),
            (
                "content/a/rates.csv",
                "ts,open,high,low,close\n2026-11-02,1,2,1,2\n2026-11-03,2,1,2,3\nyesterday,1,1,1,1\n",
            ),
            ("content/b.mdx", "# B\n\n<Map data=\"data/places.json\" />\n"),
            (
                "data/places.json",
                "[\n  {\"name\": \"A\", \"lat\": 91, \"lon\": 0},\n  {\"name\": \"B\", \"lat\": 9, \"lon\": \"0\"}\n]\n",
            ),
            ("content/c.mdx", "# C\n\n<Chart data=\"data/none.csv\" />\n"),
            ("content/d.mdx", "# D\n\n<Chart data=\"./one.csv\" />\n\n<Chart data=\"./one.csv\" kind=\"pie\" />\n"),
            ("content/one.csv", "ts,open,high,low,close\n2026-11-02,1,2,1,2\n"),
            ("content/e.mdx", "# E\n\n<Map data=\"./e.json\" />\n"),
            ("content/e.json", "{\"places\": 1}\n"),
        ],
        &[
            "content/a/rates.csv:3: error[bad-data]: `high` has to be at least as great as",
            "content/a/rates.csv:4: error[bad-data]: `ts` has to be a time",
            "content/c.mdx:3: error[unreadable-file]: could not read `data/none.csv`",
            "content/e.json:1: error[bad-data]: the file has no rows",
            "content/one.csv:1: error[bad-data]: a chart needs at least two rows",
            "data/places.json:2: error[bad-data]: `lat` has to be from -90 to 90",
            "data/places.json:3: error[bad-data]: `lon` has to be a number of degrees",
            "themes/shore/components/live.html:1: error[template]: `kind` must be `line` or `candle`, not `pie`",
        ],
    );
}

#[test]
fn a_map_has_its_places_as_points_and_as_a_list() {
    let places = "name,kind,lat,lon\nBrest,harbour,48.39,-4.49\nUshant <1>,island,48.46,-5.1\n";
    let built = good(
        "",
        &[
            (
                "content/a.mdx",
                "# A\n\n<Map data=\"./places.csv\" title=\"Here & there\" near={false}>As the gull flies.</Map>\n",
            ),
            ("content/places.csv", places),
        ],
    );
    let map = built.inner("a/index.html");
    for part in [
        "<title id=places-1-name>Here &amp; there</title>",
        "48.390° N, 4.490° W",
        "Ushant &lt;1",
        "As the gull flies.",
    ] {
        assert!(map.contains(part), "{part}: {map}");
    }
    assert!(!map.contains("js/map.") && !map.contains("<form"), "{map}");
}

#[test]
fn related_pages_are_those_that_links_lead_to_and_come_from() {
    let built = good(
        "",
        &[
            ("content/a.mdx", "# A\n\nSee [b](b.mdx) and <a href=\"/c/\">c</a>.\n\n<Related limit={3} />\n"),
            ("content/b.mdx", "# B\n\n<Related title=\"Near\" />\n"),
            ("content/c.mdx", "# C\n"),
            ("content/d.mdx", "# D\n\n[To a](a.mdx), [the web](https://example.com/a.mdx) and [here](#d).\n"),
            ("content/e.mdx", "# E\n\n[B](b.mdx)\n"),
            ("content/alone.mdx", "# Alone\n\n<Related />\n"),
        ],
    );
    assert_eq!(built.links("a/index.html", "class=see-also-title", "</nav>"), ["/b/", "/c/", "/d/"]);
    assert_eq!(built.links("b/index.html", "class=see-also-title", "</nav>"), ["/a/", "/e/", "/c/", "/d/"]);
    assert!(!built.inner("alone/index.html").contains("see-also"));
}

#[test]
fn a_dashboard_is_there_when_it_is_wanted() {
    let plain = &[("content/_index.md", "---\ntitle: Home\n---\n")];
    let built = good("[api]\nadmin = true\n", plain);
    let html = &built.files["admin/index.html"];
    for part in ["noindex", "assets/js/admin/main.", "data-texts", "&quot;view_inbox&quot;:&quot;In-box&quot;"] {
        assert!(html.contains(part), "{part}: {html}");
    }
    assert!(!html.contains(">admin_"), "a text is missing: {html}");
    for (name, text) in &built.files {
        let is_its_own = name == "admin/index.html" || name.starts_with("assets/") || name == "_headers";
        // The API is described as a whole.
        let is_about_routes = name.starts_with("api/");
        assert!(is_its_own || is_about_routes || !text.contains("/admin/"), "{name}: {text}");
    }
    good("[api]\nadmin = true\n", &[("content/_index.md", "---\ntitle: Home\n---\n[Dashboard](/admin/)\n")]);
    bad(
        "[api]\nadmin = true\n",
        &[plain[0], ("content/admin.md", "---\ntitle: Mine\n---\n")],
        &["content/admin.md:1: error[reserved-path]: `/admin/` is the path of"],
    );
    let french =
        good("language = \"fr\"\n[api]\nadmin = true\n", &[("content/_index.md", "---\ntitle: Accueil\n---\n")]);
    assert!(french.files["admin/index.html"].contains("&quot;view_inbox&quot;:&quot;Messages reçus&quot;"));

    for settings in ["", "[api]\n", "[api]\nadmin = false\n"] {
        assert!(!good(settings, plain).files.contains_key("admin/index.html"), "{settings}");
    }
    // Nor is anything published that only the dashboard needs.
    let of_dashboard = |built: &Built| -> Vec<String> {
        let is_its = |name: &&String| name.starts_with("assets/") && name.contains("/admin");
        built.files.keys().filter(is_its).cloned().collect()
    };
    assert_eq!(of_dashboard(&good("", plain)), [""; 0]);
    let published = of_dashboard(&built);
    assert!(published.iter().any(|name| name.starts_with("assets/css/admin.")), "{published:?}");
    assert!(published.iter().any(|name| name.starts_with("assets/js/admin/views/inbox.")), "{published:?}");
    let own = good("[api]\nadmin = true\n", &[plain[0], ("static/admin/index.html", "mine")]);
    assert_eq!(own.files["admin/index.html"], "mine");
}

#[test]
fn pages_report_views_only_where_the_site_wants_it() {
    let page = &[("content/_index.md", "---\ntitle: Home\n---\n")];
    assert!(good("[api]\nvitals = true\n", page).files["index.html"].contains("js/vitals."));
    for settings in ["", "[api]\n", "[api]\nadmin = true\n"] {
        assert!(!good(settings, page).files["index.html"].contains("js/vitals."), "{settings}");
    }
}
