//! Everything that writers and their disks can get wrong: no panic, no overflow, a clear error at its place.

mod support;

use std::fmt::Write as _;

use rivage::fs::MemoryFs;
use rivage::pipeline::Options;
use support::{build, build_with};

/// Builds a site with one page (and what else is given) and compares what is wrong with `expected`, part by part: each
/// expected line must be contained in the reported one.
#[track_caller]
fn check(files: &[(&str, &str)], expected: &[&str]) {
    let built = build(files.iter().copied());
    let problems = built.problems(files);
    let matches = problems.len() == expected.len()
        && problems.iter().zip(expected).all(|(problem, expected)| problem.contains(expected));
    assert!(matches, "expected {expected:#?}, found {problems:#?}");
}

#[track_caller]
fn check_page(text: &str, expected: &[&str]) {
    check(&[("content/a.mdx", text)], expected);
}

#[test]
fn unclosed_tag() {
    check_page("x\n\n<Callout>\n\ny\n", &["content/a.mdx:3: error["]);
}

#[test]
fn crossed_tags() {
    check_page("<Callout>*a</Callout>*\n", &["content/a.mdx:1: error["]);
}

#[test]
fn mismatched_tags() {
    check_page("<Callout>\n\nx\n\n</Card>\n", &["content/a.mdx:5: error["]);
}

#[test]
fn bad_attribute() {
    check_page("a\n\n<Callout kind=tip />\n", &["content/a.mdx:3: error["]);
}

#[test]
fn open_brace() {
    check_page("a\n\nb {c\n", &["content/a.mdx:3: error["]);
}

#[test]
fn unknown_component_names_the_nearest() {
    let files = [("content/a.mdx", "# A\n\n<Calout kind=\"tip\">x</Calout>\n")];
    let built = build(files);
    assert_eq!(built.outcome.diagnostics.len(), 1, "{:?}", built.problems(&files));
    let diagnostic = &built.outcome.diagnostics[0];
    assert_eq!(diagnostic.code, "unknown-component");
    assert!(diagnostic.hints.iter().any(|hint| hint.contains("`Callout`")), "{:?}", diagnostic.hints);
}

#[test]
fn unknown_prop_and_wrong_type() {
    check_page(
        "# A\n\n<Callout kindd=\"tip\">x</Callout>\n\n<Callout title={3}>y</Callout>\n",
        &["content/a.mdx:3: error[unknown-prop]", "content/a.mdx:5: error[wrong-prop-type]"],
    );
}

#[test]
fn recursive_function() {
    check_page("export const f = (n) => f(n + 1)\n\n{f(1)}\n", &["error[expression-too-deep]"]);
}

#[test]
fn exploding_expression() {
    check_page("{\"x\".repeat(1e9)}\n", &["content/a.mdx:1: error[expression-too-large]"]);
}

#[test]
fn forbidden_calls() {
    check_page("{Math.random()}\n\n{fetch(\"x\")}\n", &["content/a.mdx:1: error[", "content/a.mdx:3: error["]);
}

#[test]
fn import_of_a_missing_file() {
    check_page("import X from './_x.mdx'\n\n<X />\n", &["content/a.mdx:1: error[missing-import]"]);
}

#[test]
fn partial_that_includes_itself() {
    check(
        &[
            ("content/a.mdx", "import X from './_x.mdx'\n\n<X />\n"),
            ("content/_x.mdx", "import Y from './_y.mdx'\n\n<Y />\n"),
            ("content/_y.mdx", "import X from './_x.mdx'\n\n<X />\n"),
        ],
        &["error[partial-includes-itself]"],
    );
}

#[test]
fn two_pages_with_one_path() {
    check(
        &[("content/a.mdx", "x"), ("content/b.mdx", "---\nslug: a\n---\nx")],
        &["content/b.mdx:2: error[duplicate-url]"],
    );
}

#[test]
fn alias_that_shadows_a_page() {
    check(
        &[("content/a.mdx", "x"), ("content/b.mdx", "---\naliases: [/a/]\n---\nx")],
        &["content/b.mdx:2: error[alias-shadows-page]"],
    );
}

#[test]
fn paths_that_cannot_be() {
    for path in ["..", "/../x/", "a\\\\b", "/a?b/", "/a#b/", "a\\0b"] {
        let text = format!("---\npath: \"{path}\"\n---\nx");
        check_page(&text, &["content/a.mdx:2: error["]);
    }
}

#[test]
fn file_names_that_cannot_be() {
    for name in ["content/a?b.mdx", "content/a#b.mdx", "content/a\u{1}b.mdx"] {
        let built = build([(name, "x")]);
        assert_eq!(built.outcome.diagnostics.len(), 1, "{name}: {:?}", built.outcome.diagnostics);
    }
}

#[test]
fn invalid_utf8() {
    let mut disk = MemoryFs::default();
    disk.write("content/a.mdx", b"# A\n\nb\xff\n".to_vec());
    let built = build_with(disk, &Options::default());
    let diagnostic = &built.outcome.diagnostics[0];
    assert_eq!((diagnostic.code.as_str(), built.outcome.diagnostics.len()), ("invalid-utf8", 1));
    assert_eq!(diagnostic.primary.as_ref().map(|location| location.span.start), Some(6));
}

#[test]
fn byte_order_mark_and_carriage_returns_are_fine() {
    let files = [("content/a.mdx", "\u{feff}---\r\ntitle: T\r\n---\r\n\r\n## One\r\n\r\ntext\r\nmore\r\n")];
    let built = build(files);
    assert_eq!(built.problems(&files), Vec::<String>::new());
    assert!(built.main("a/index.html").contains("id=\"one\""));
    assert!(!built.files["a/index.html"].contains('\r'));
}

#[test]
fn empty_file() {
    check_page("", &[]);
}

#[test]
fn huge_file() {
    let mut text = String::from("---\ntitle: Big\n---\n");
    while text.len() < 50_000_000 {
        text.push_str("A paragraph of *text* with a [link](https://example.org) and `code`, again and again.\n\n");
    }
    let mut disk = MemoryFs::default();
    disk.write("content/a.md", text);
    let built = build_with(disk, &Options::default());
    assert!(!built.outcome.has_errors(), "{:?}", built.outcome.diagnostics.first());
}

#[test]
fn deep_nesting() {
    let mut lists = String::new();
    for depth in 0..1_000 {
        let _ = writeln!(lists, "{}- x", "  ".repeat(depth));
    }
    let quotes = "> ".repeat(1_000) + "x\n";
    let tags = "<div>\n".repeat(1_000) + "x\n" + &"</div>\n".repeat(1_000);
    let inline = "<b>".repeat(1_000) + "x" + &"</b>".repeat(1_000) + "\n";
    let brackets = "[".repeat(20_000) + "\n";
    let stars = "*a ".repeat(20_000) + "\n";
    let braces = format!("{{{}1{}}}\n", "(".repeat(20_000), ")".repeat(20_000));
    for (name, text) in [
        ("lists", &lists),
        ("quotes", &quotes),
        ("tags", &tags),
        ("inline", &inline),
        ("brackets", &brackets),
        ("stars", &stars),
        ("braces", &braces),
    ] {
        for path in ["content/a.mdx", "content/a.md"] {
            let built = build([(path, text.as_str())]);
            for diagnostic in &built.outcome.diagnostics {
                assert!(
                    ["nesting-too-deep", "expression-too-deep", "unsafe-nesting"].contains(&diagnostic.code.as_str()),
                    "{name} in {path}: {diagnostic:?}"
                );
            }
        }
    }
}

#[test]
fn front_matter_that_never_ends() {
    check_page("---\ntitle: x\n\ntext\n", &["content/a.mdx:1: error[unclosed-front-matter]"]);
}

#[test]
fn front_matter_of_wrong_types() {
    check_page(
        "---\ntitle: [a]\ndraft: 3\ndesciption: x\n---\n",
        &[
            "content/a.mdx:2: error[wrong-type]",
            "content/a.mdx:3: error[wrong-type]",
            "content/a.mdx:4: error[unknown-key]",
        ],
    );
}

#[test]
fn front_matter_with_duplicate_keys() {
    check_page("---\ntitle: a\ntitle: b\n---\n", &["content/a.mdx:3: error[duplicate-key]"]);
}

#[test]
fn yaml_bomb() {
    let mut text = String::from("---\nextra:\n  a: &a [x,x,x,x,x,x,x,x,x]\n");
    let names = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"];
    for pair in names.windows(2) {
        let (from, to) = (pair[0], pair[1]);
        let list = vec![format!("*{from}"); 9].join(",");
        let _ = writeln!(text, "  {to}: &{to} [{list}]");
    }
    text.push_str("---\nx\n");
    check_page(&text, &["error["]);
}

#[test]
fn template_that_recurses() {
    check(
        &[
            ("content/a.mdx", "# A\n\n<Loop />\n"),
            ("components/Loop.html", "{% component Loop() %}{{ <Loop /> }}{% endcomponent Loop %}"),
        ],
        &["components/Loop.html:1: error[template]"],
    );
}

#[test]
fn template_errors_show_the_page() {
    let files = [
        ("content/a.mdx", "# A\n"),
        ("layouts/marketing/page.html", ""),
        ("layouts/page.html", "<main>\n{{ nothing }}\n</main>"),
    ];
    let built = build(files);
    let problems = built.problems(&files);
    assert!(problems.iter().any(|problem| problem.starts_with("layouts/page.html:2: error[template]")), "{problems:?}");
    assert!(built.outcome.diagnostics.iter().any(|d| d.trace.iter().any(|at| at.file.as_str() == "content/a.mdx")));
}

#[test]
fn content_that_is_missing() {
    check(&[("rivage.toml", "[site]\ntitle = \"T\"\nbase_url = \"https://example.org\"\n")], &["error[no-content]"]);
}

#[test]
fn output_inside_content() {
    let settings = "[site]\ntitle = \"T\"\nbase_url = \"https://example.org\"\n\n[build]\noutput = \"content/out\"\n";
    check(&[("rivage.toml", settings), ("content/a.mdx", "x")], &["rivage.toml:6: error["]);
}

#[test]
fn broken_links_and_anchors() {
    check(
        &[
            ("content/a.mdx", "# A\n\n[x](./bb.mdx)\n\n[y](./b.mdx#onee)\n\n[z](/nowhere/)\n\n![w](./w.png)\n"),
            ("content/b.mdx", "# B\n\n## One\n"),
        ],
        &[
            "content/a.mdx:3: error[broken-link]",
            "content/a.mdx:5: error[broken-anchor]",
            "content/a.mdx:7: error[broken-link]",
            "content/a.mdx:9: error[missing-file]",
        ],
    );
}

#[test]
fn every_problem_of_every_file_is_reported_sorted() {
    check(
        &[("content/b.mdx", "{x}\n\n{y}\n"), ("content/a.mdx", "<X />\n")],
        &["content/a.mdx:1: error[", "content/b.mdx:1: error[unknown-name]", "content/b.mdx:3: error[unknown-name]"],
    );
}
