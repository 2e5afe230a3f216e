//! What is written beside HTML, and what is reported of whole sites: Markdown twins, links, files that components show, broken templates.

mod support;

use support::build;

const PAGE: &str = "---
title: Rates
description: What it costs.
---
import Intro from './_intro.mdx'
import Again from './_again.mdx'
import rates from './rates.json'

export const places = [{ name: 'Brest', range: 7.1 }, { name: 'Dover *', range: 6 }]

<Intro place=\"Brest\" kinds={places.length} />

The rate is {rates.base + 1} %, see [us](./_intro.mdx).

<ul>
  {places.map((place) => <li>{place.name}: **{place.range}** m</li>)}
</ul>

{rates.none}

| a | b |
| - | - |
| {'x|y'} | {rates.base} |

<Again />
";

fn site() -> Vec<(&'static str, &'static str)> {
    vec![
        ("content/_index.md", "---\ntitle: Home\ndescription: d\n---\n"),
        ("content/sea/rates.mdx", PAGE),
        (
            "content/sea/_intro.mdx",
            "## At {props.place}\n\n{props.kinds} kinds. [Home](../_index.md) [gone](./gone.md) [out](https://example.com/)\n",
        ),
        ("content/sea/_again.mdx", "import Again from './_again.mdx'\n\nOnce.\n\n<Again />\n"),
        ("content/sea/rates.json", "{\"base\": 4}"),
    ]
}

#[test]
fn values_and_partials_are_in_the_twin() {
    let site = site();
    let built = build(site.iter().copied());
    let twin = &built.files["sea/rates/index.md"];
    let expected = "---
title: \"Rates\"
description: \"What it costs.\"
---

# Rates

## At Brest

2 kinds. [Home](https://example.org/) [gone](./gone.md) [out](https://example.com/)

The rate is 5 %, see [us](./_intro.mdx).

- Brest: \\*\\*7.1\\*\\* m
- Dover \\*: \\*\\*6\\*\\* m

| a | b |
| --- | --- |
| x\\|y | 4 |

Once.
";
    assert_eq!(twin, expected);
}

#[test]
fn the_twin_of_a_section_lists_its_pages() {
    let settings = "[site]\ntitle = \"T\"\nbase_url = \"https://example.org/sub\"\n[content.log]\nkind = \"blog\"\npaginate_by = 2\n";
    let post = |n: u32| format!("---\ntitle: Post {n}\ndate: 2026-11-0{n}\n---\n\nWhat happened on day {n}.\n");
    let posts = [1, 2, 3].map(post);
    let mut files = vec![
        ("rivage.toml", settings),
        ("content/_index.md", "---\ntitle: Home\n---\n\n[Docs](docs/_index.md) and the [log](log/_index.md).\n"),
        ("content/docs/_index.md", "---\ntitle: Docs\n---\n\nSee the [guide](guide.md#start).\n"),
        (
            "content/docs/guide.md",
            "---\ntitle: Guide [1]\ndescription: \"Where to\\nstart.\"\nweight: 1\n---\n\n## Start\n",
        ),
        ("content/docs/hidden.md", "---\ntitle: Hidden\nrobots: noindex\n---\n"),
        ("content/docs/other.md", "---\ntitle: Other\nweight: 2\n---\n"),
        ("content/docs/api/call.md", "---\ntitle: Call\n---\n"),
        ("content/log/_index.md", "---\ntitle: Log\n---\n"),
    ];
    let names = ["content/log/1.md", "content/log/2.md", "content/log/3.md"];
    files.extend(names.into_iter().zip(posts.iter().map(String::as_str)));
    let built = build(files);
    assert_eq!(built.outcome.diagnostics, []);
    let list = |path: &str| {
        built.files[path].split_once("## In this section\n\n").map_or_else(String::new, |(_, list)| list.to_owned())
    };
    // One of them is linked in the text: the list is whole all the same. A folder without a text has no twin.
    assert_eq!(
        list("docs/index.md"),
        "- [Api](https://example.org/sub/docs/api/)\n\
         - [Guide \\[1]](https://example.org/sub/docs/guide/index.md): Where to start.\n\
         - [Other](https://example.org/sub/docs/other/index.md)\n"
    );
    // As much as the first part of the HTML has, and the way to the rest.
    assert_eq!(
        list("log/index.md"),
        "- [Post 1](https://example.org/sub/log/1/index.md): What happened on day 1.\n\
         - [Post 2](https://example.org/sub/log/2/index.md): What happened on day 2.\n\
         - [Page 2](https://example.org/sub/log/page/2/)\n"
    );
    // The text leads to all of them.
    assert_eq!(list("index.md"), "");
    assert_eq!(list("docs/guide/index.md"), "");
}

#[test]
fn what_is_wrong_is_reported_once_all_the_same() {
    let site = site();
    let problems = build(site.iter().copied()).problems(&site);
    assert_eq!(
        problems,
        [
            "content/sea/_again.mdx:5: error[partial-cycle]: `content/sea/_again.mdx` includes itself",
            "content/sea/_intro.mdx:3: error[broken-link]: link to `./gone.md`, which does not exist",
            "content/sea/rates.mdx:13: error[broken-link]: link to `./_intro.mdx`, which does not exist",
        ]
    );
}

#[test]
fn broken_links_are_as_loud_as_the_settings_ask_for() {
    let page = "---\ntitle: Home\n---\n[gone](./gone.md) [no such id](#nowhere)\n\n<a href=\"/gone/\">gone</a>\n";
    let check = |broken: &str| {
        let settings = format!("[site]\ntitle = \"T\"\n[links]\nbroken = \"{broken}\"\n");
        let site = [("rivage.toml", settings.as_str()), ("content/_index.md", page)];
        let problems = build(site).problems(&site);
        problems.iter().map(|problem| problem.split(": ").nth(1).unwrap_or_default().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(check("error"), ["error[broken-link]", "error[broken-anchor]", "error[broken-link]"]);
    assert_eq!(check("warn"), ["warning[broken-link]", "warning[broken-anchor]", "warning[broken-link]"]);
    assert!(check("ignore").is_empty());
}

#[test]
fn files_that_components_show_are_found() {
    let page = "---\ntitle: Home\n---\n<Figure src=\"./a.svg\" dark=\"./b.svg\" alt=\"\" />\n\n<Video src=\"./c.mp4\" captions=\"./c.vtt\" />\n";
    let svg = "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"2\" height=\"1\"></svg>";
    let site = [
        ("content/_index.md", "---\ntitle: Home\n---\n"),
        ("content/sea/page.mdx", page),
        ("content/sea/a.svg", svg),
        ("content/sea/b.svg", svg),
        ("content/sea/c.mp4", "a film"),
        ("content/sea/c.vtt", "WEBVTT"),
    ];
    let built = build(site);
    assert_eq!(built.problems(&site), [""; 0]);
    let main = built.main("sea/page/index.html");
    for path in ["/sea/a.svg", "/sea/b.svg", "/sea/c.mp4", "/sea/c.vtt"] {
        assert!(main.contains(&format!("src={path}")) || main.contains(&format!("src=\"{path}\"")), "{path}: {main}");
        assert!(built.files.contains_key(&path[1..]), "{path}");
    }
}

#[test]
fn a_tree_of_files_tells_names_from_remarks() {
    let tree = "<FileTree>\n- rivage.toml settings & more\n- content/\n  - **_index.mdx** the home page\n  - a.md\n- api/ routes\n</FileTree>\n";
    let site = [("content/_index.mdx", tree)];
    let built = build(site);
    assert_eq!(built.problems(&site), [""; 0]);
    let main = built.main("index.html").replace('"', "");
    for part in [
        "<span class=file-name>rivage.toml</span> settings &amp; more",
        "<span class=file-name is-folder>content/</span>",
        "<strong>_index.mdx</strong> the home page",
        "<span class=file-name>a.md</span>",
        "<span class=file-name is-folder>api/</span> routes",
    ] {
        assert!(main.contains(part), "no {part} in {main}");
    }
    assert_eq!(main.matches("<li>").count(), 5, "{main}");
}

#[test]
fn a_broken_template_does_not_hide_behind_what_it_breaks() {
    let site = [
        ("content/_index.mdx", "---\ntitle: Home\n---\n<Callout>a</Callout> <Mine />\n"),
        ("components/mine.html", "{% component Mine() %}{{ oh no }}{% endcomponent Mine %}"),
    ];
    let problems = build(site).problems(&site);
    assert_eq!(problems.len(), 1, "{problems:#?}");
    assert!(problems[0].starts_with("components/mine.html:1: error[template]:"), "{problems:#?}");
}

/// A documentation of two branches whose pages print their sidebar by `call`.
fn documentation(call: &str, component: &str) -> support::Built {
    let layout = format!("{{% set tree = sidebar() %}}<nav>{call}</nav>{{% block after %}}{{% endblock %}}");
    let mut files = vec![
        (
            "rivage.toml",
            "[site]\ntitle = \"T\"\nbase_url = \"https://example.org\"\n[content.docs]\nkind = \"docs\"\nsidebar = true\n",
        ),
        ("layouts/docs/page.html", layout.as_str()),
        ("components/Tree.html", component),
        ("content/docs/_index.md", "---\ntitle: Docs\n---\n"),
    ];
    for file in [
        "content/docs/bay/_index.md",
        "content/docs/bay/a.md",
        "content/docs/bay/b.md",
        "content/docs/cape/_index.md",
        "content/docs/cape/c.md",
    ] {
        files.push((file, "---\ntitle: Page\n---\n"));
    }
    build(files)
}

const BRANCHES: &str = "{% for item in tree %}{% if item.children %}{{ once(component=\"Tree\", items=item.children, depth=1) }}{% endif %}{% endfor %}";
const LINKS: &str = "{% component Tree(items: array, depth: integer) %}{{ depth }}{% for item in items %}<a href=\"{{ item.url }}\"{% if item.current %} aria-current=\"page\"{% endif %}>{{ t(key=\"home\") }}</a>{% endfor %}{% endcomponent Tree %}";

#[test]
fn what_is_rendered_once_is_what_the_component_renders() {
    let each = BRANCHES
        .replace("once(component=\"Tree\", items=item.children, depth=1)", "<Tree items={item.children} depth={1}/>");
    let (once, each) = (documentation(BRANCHES, LINKS), documentation(&each, LINKS));
    assert_eq!(once.files, each.files);
    assert_eq!(once.outcome.diagnostics, []);
    let page = &once.files["docs/cape/c/index.html"];
    assert_eq!(page.matches("<a href").count(), 3, "{page}");
    assert_eq!(page.matches("aria-current").count(), 1, "{page}");
}

#[test]
fn a_component_that_pages_see_differently_is_rendered_for_each() {
    let asks = "{% component Tree(items: array, depth: integer) %}{% for item in sidebar() %}{% if item.active %}{{ item.url }}{% endif %}{% endfor %}{{ uid() }}{% endcomponent Tree %}";
    let built = documentation(BRANCHES, asks);
    let nav = |page: &str| built.files[page].clone();
    assert_eq!(nav("docs/cape/c/index.html"), "<nav>/docs//docs/cape/1/docs//docs/cape/2</nav>");
    assert_eq!(nav("docs/bay/a/index.html"), "<nav>/docs//docs/bay/1/docs//docs/bay/2</nav>");
}

#[test]
fn what_a_page_does_not_have_is_no_answer_for_others() {
    // Where there is no sidebar, and where there is no page, functions ask nothing of the site.
    let parts = "{% component Side(depth: integer) %}{% for item in sidebar() %}{{ item.url }} {% endfor %}{% endcomponent Side %}{% component Near(depth: integer) %}{% for page in related(limit=3) %}{{ page.url }} {% endfor %}{% endcomponent Near %}";
    let settings =
        "[site]\ntitle = \"T\"\nbase_url = \"https://example.org\"\n[content.docs]\nkind = \"docs\"\nsidebar = true\n";
    let page = "---\ntitle: Page\n---\n[bay](/docs/bay/)\n";
    // Which page is rendered first is a matter of threads: there are many of each kind.
    let names: Vec<String> =
        (0..20).flat_map(|n| [format!("content/docs/{n}.md"), format!("content/free/{n}.md")]).collect();
    let build_with = |call: &str| {
        // The theme's layout of sections fills a block of this one.
        let docs = format!("{call}{{% block after %}}{{% endblock %}}");
        let mut files = vec![
            ("rivage.toml", settings),
            ("components/parts.html", parts),
            ("content/docs/_index.md", "---\ntitle: Docs\n---\n"),
            ("content/docs/bay.md", "---\ntitle: Bay\n---\n"),
        ];
        files.extend([
            ("layouts/docs/page.html", docs.as_str()),
            ("layouts/page.html", call),
            ("layouts/404.html", call),
        ]);
        files.extend(names.iter().map(|name| (name.as_str(), page)));
        build(files)
    };
    let once = build_with("{{ once(component=\"Side\", depth=1) }}|{{ once(component=\"Near\", depth=1) }}");
    let each = build_with("{{ <Side depth={1}/> }}|{{ <Near depth={1}/> }}");
    assert_eq!(once.outcome.diagnostics, []);
    let text = |page: &str| each.files[page].replace(' ', "");
    assert!(text("docs/7/index.html").starts_with("/docs//docs/bay/"), "{}", text("docs/7/index.html"));
    assert_eq!(text("free/7/index.html"), "|/docs/bay//docs/0//docs/1/");
    assert_eq!(text("404.html"), "|");
    assert_eq!(once.files, each.files);
}

#[test]
fn mistakes_in_what_is_rendered_once_are_told() {
    let told = |call: &str| {
        let built = documentation(call, LINKS);
        let all: Vec<_> = built.outcome.diagnostics.iter().map(|diagnostic| diagnostic.message.clone()).collect();
        all.join("\n")
    };
    let missing = told("{{ once(component=\"Trea\", items=tree) }}");
    assert!(missing.contains("Trea"), "{missing}");
    let unknown = told("{{ once(component=\"Tree\", items=tree, depht=1) }}");
    assert!(unknown.contains("depht"), "{unknown}");
    let unnamed = told("{{ once(items=tree) }}");
    assert!(unnamed.contains("component"), "{unnamed}");
}
