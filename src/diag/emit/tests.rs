//! How diagnostics look in each form.

use insta::assert_snapshot;
use rivage_diag::{Diagnostic, FileId, Location, Span};

use super::*;

struct Files(Vec<(FileId, Arc<str>)>);

impl Sources for Files {
    fn text(&self, file: &FileId) -> Option<Arc<str>> {
        self.0.iter().find(|(name, _)| name == file).map(|(_, text)| Arc::clone(text))
    }
}

const PAGE: &str = "---\ntitle: Wegeführung\n---\n\n# Überschrift\n\n<Calout kind=\"note\">\n\tzwei\n</Calout>\n";

fn files() -> Files {
    Files(vec![
        (FileId::from("content/a b.mdx"), PAGE.into()),
        (FileId::from("layouts/page.html"), "<main>\n  {{ page.contnt }}\n</main>\n".into()),
        (FileId::from("content/crlf.md"), "eins\r\nzwei\r\n".into()),
        (FileId::from("content/empty.md"), "".into()),
        (FileId::from("content/long.md"), format!("{}ü<Calout>{}\n", "x".repeat(5000), "y".repeat(100_000)).into()),
    ])
}

fn span(of: &str) -> Span {
    let start = PAGE.find(of).unwrap();
    Span::new(start, start + of.len())
}

fn component() -> Diagnostic {
    let page = FileId::from("content/a b.mdx");
    Diagnostic::error("unknown-component", "no component is named `Calout`")
        .at(&page, span("Calout"))
        .with_label("not found in theme `shore`")
        .with_hint("a component with a similar name exists: `Callout`")
}

fn template() -> Diagnostic {
    let mut diagnostic = Diagnostic::error("template", "`page` has no field `contnt`")
        .at(&FileId::from("layouts/page.html"), Span::new(12, 23))
        .with_other(&FileId::from("content/a b.mdx"), span("Überschrift"), "shown <here>");
    diagnostic.trace = vec![
        Location::new(&FileId::from("content/a b.mdx"), Span::at(0)),
        Location::new(&FileId::from("themes/shore/layouts/base.html"), Span::at(0)),
    ];
    diagnostic
}

fn at(file: &str, start: usize, end: usize) -> Diagnostic {
    Diagnostic::warning("w", "100% `odd`: a, b\nc").at(&FileId::from(file), Span::new(start, end))
}

fn nowhere() -> Diagnostic {
    Diagnostic::error("missing-settings", "there is no `rivage.toml`")
        .with_hint("run `rivage init`")
        .with_hint("or not")
}

#[test]
fn frames_show_line_mark_label_and_hint() {
    assert_snapshot!(human(&[component()], &files(), false), @r#"
    error[unknown-component]: no component is named `Calout`
     --> content/a b.mdx:7:2
      |
    7 | <Calout kind="note">
      |  ^^^^^^ not found in theme `shore`
      |
    help: a component with a similar name exists: `Callout`
    "#);
}

#[test]
fn frames_show_other_files_and_the_way_there() {
    assert_snapshot!(human(&[template()], &files(), false), @"
    error[template]: `page` has no field `contnt`
     --> layouts/page.html:2:6
      |
    2 |   {{ page.contnt }}
      |      ^^^^^^^^^^^
      |
     ::: content/a b.mdx:5:3
      |
    5 | # Überschrift
      |   ----------- shown <here>
      |
      = in layout: themes/shore/layouts/base.html
      = on page: content/a b.mdx:1:1
    ");
}

#[test]
fn frames_join_near_labels_and_part_far_ones() {
    let page = FileId::from("content/a b.mdx");
    let near = Diagnostic::error("a", "twice").at(&page, span("zwei")).with_other(&page, span("kind"), "first");
    let text: Arc<str> = "line\n".repeat(50).into();
    let far = Diagnostic::error("a", "twice").at(&FileId::from("x"), Span::new(200, 204)).with_other(
        &FileId::from("x"),
        Span::new(0, 4),
        "first",
    );
    assert_snapshot!(human(&[near], &files(), false), @r#"
    error[a]: twice
     --> content/a b.mdx:8:2
      |
    7 | <Calout kind="note">
      |         ---- first
    8 |     zwei
      |     ^^^^
    "#);
    assert_snapshot!(human(&[far], &Files(vec![(FileId::from("x"), text)]), false), @"
    error[a]: twice
      --> x:41:1
       |
    41 | line
       | ^^^^
       |
      ::: x:1:1
       |
     1 | line
       | ---- first
    ");
}

#[test]
fn diagnostics_without_a_place_or_text_have_no_frame() {
    assert_snapshot!(human(&[nowhere(), at("content/gone.md", 3, 4)], &files(), false), @"
    error[missing-settings]: there is no `rivage.toml`
    help: run `rivage init`
    help: or not

    warning[w]: 100% `odd`: a, b
                c
    --> content/gone.md
    ");
}

#[test]
fn places_of_many_lines_are_shown_by_the_first() {
    let text: Arc<str> = "line\n".repeat(50).into();
    let files = Files(vec![(FileId::from("x"), text)]);
    assert_snapshot!(human(&[at("x", 11, 200), at("x", 11, 22)], &files, false), @"
    warning[w]: 100% `odd`: a, b
                c
     --> x:3:2
      |
    3 | line
      |  ^^^

    warning[w]: 100% `odd`: a, b
                c
     --> x:3:2
      |
    3 |   line
      |  __^
    4 | | line
    5 | | line
      | |__^
    ");
}

#[test]
fn long_lines_are_cut_around_the_place() {
    let out = human(&[at("content/long.md", 5003, 5009)], &files(), false);
    assert!(out.contains("--> content/long.md:1:5003\n"), "{out}");
    assert!(out.contains("ü<Calout>"), "{out}");
    assert!(out.contains("^^^^^^"), "{out}");
    assert!(out.len() < 1000, "{out}");
    let out = html(&[at("content/long.md", 5003, 5009)], &files());
    assert!(out.contains("ü&lt;<mark class=\"warning\">Calout</mark>&gt;"), "{out}");
    assert!(out.len() < 1000, "{out}");
}

#[test]
fn odd_places_are_moved_inside() {
    let odd = [
        at("content/empty.md", 0, 0),
        at("content/empty.md", 7, 9),
        at("content/crlf.md", 2, 100),
        at("content/crlf.md", 4, 6),
        at("content/crlf.md", 6, 10),
        // In the middle of `ü` and of `Ü`.
        at("content/a b.mdx", 17, 31),
        at("content/a b.mdx", 4_000_000_000, 4_100_000_000),
    ];
    assert_snapshot!(human(&odd, &files(), false), @"
    warning[w]: 100% `odd`: a, b
                c
     --> content/empty.md:1:1
      |
    1 |
      | ^

    warning[w]: 100% `odd`: a, b
                c
     --> content/empty.md:1:1
      |
    1 |
      | ^

    warning[w]: 100% `odd`: a, b
                c
     --> content/crlf.md:1:3
      |
    1 |   eins
      |  ___^
    2 | | zwei
      | |____^

    warning[w]: 100% `odd`: a, b
                c
     --> content/crlf.md:1:5
      |
    1 | eins
      |     ^

    warning[w]: 100% `odd`: a, b
                c
     --> content/crlf.md:2:1
      |
    2 | zwei
      | ^^^^

    warning[w]: 100% `odd`: a, b
                c
     --> content/a b.mdx:2:13
      |
    2 |   title: Wegeführung
      |  _____________^
    3 | | ---
    4 | |
    5 | | # Überschrift
      | |__^

    warning[w]: 100% `odd`: a, b
                c
     --> content/a b.mdx:9:10
      |
    9 | </Calout>
      |          ^
    ");
    assert_snapshot!(short(&odd, &files()), @"
    content/empty.md:1:1: warning[w]: 100% `odd`: a, b c
    content/empty.md:1:1: warning[w]: 100% `odd`: a, b c
    content/crlf.md:1:3: warning[w]: 100% `odd`: a, b c
    content/crlf.md:1:5: warning[w]: 100% `odd`: a, b c
    content/crlf.md:2:1: warning[w]: 100% `odd`: a, b c
    content/a b.mdx:2:13: warning[w]: 100% `odd`: a, b c
    content/a b.mdx:9:10: warning[w]: 100% `odd`: a, b c
    ");
}

#[test]
fn colour_only_where_it_is_asked_for() {
    assert!(!human(&[component(), template()], &files(), false).contains('\u{1b}'));
    assert!(human(&[component()], &files(), true).contains("\u{1b}[1m"));
}

#[test]
fn short_lines() {
    assert_snapshot!(short(&[component(), template(), nowhere(), at("content/gone.md", 3, 4)], &files()), @"
    content/a b.mdx:7:2: error[unknown-component]: no component is named `Calout`
    layouts/page.html:2:6: error[template]: `page` has no field `contnt`
    error[missing-settings]: there is no `rivage.toml`
    content/gone.md: warning[w]: 100% `odd`: a, b c
    ");
}

#[test]
fn json_objects() {
    assert_snapshot!(format!("{:#}", json(&[template(), nowhere()], &files())), @r#"
    [
      {
        "severity": "error",
        "code": "template",
        "message": "`page` has no field `contnt`",
        "file": "layouts/page.html",
        "line": 2,
        "column": 6,
        "end_line": 2,
        "end_column": 17,
        "label": null,
        "hints": [],
        "labels": [
          {
            "file": "content/a b.mdx",
            "line": 5,
            "column": 3,
            "end_line": 5,
            "end_column": 14,
            "text": "shown <here>"
          }
        ],
        "trace": [
          {
            "file": "content/a b.mdx",
            "line": 1,
            "column": 1,
            "end_line": 1,
            "end_column": 1
          },
          {
            "file": "themes/shore/layouts/base.html",
            "line": null,
            "column": null,
            "end_line": null,
            "end_column": null
          }
        ]
      },
      {
        "severity": "error",
        "code": "missing-settings",
        "message": "there is no `rivage.toml`",
        "file": null,
        "line": null,
        "column": null,
        "end_line": null,
        "end_column": null,
        "label": null,
        "hints": [
          "run `rivage init`",
          "or not"
        ],
        "labels": [],
        "trace": []
      }
    ]
    "#);
}

#[test]
fn sarif_logs() {
    assert_snapshot!(sarif(&[component(), template(), nowhere()], &files()).replace(env!("CARGO_PKG_VERSION"), "VERSION"), @r#"
    {
      "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
      "version": "2.1.0",
      "runs": [
        {
          "tool": {
            "driver": {
              "name": "rivage",
              "version": "VERSION",
              "informationUri": "https://github.com/rivage-dev/rivage",
              "rules": [
                {
                  "id": "missing-settings"
                },
                {
                  "id": "template"
                },
                {
                  "id": "unknown-component"
                }
              ]
            }
          },
          "columnKind": "unicodeCodePoints",
          "results": [
            {
              "ruleId": "unknown-component",
              "ruleIndex": 2,
              "level": "error",
              "message": {
                "text": "no component is named `Calout`\nhelp: a component with a similar name exists: `Callout`"
              },
              "locations": [
                {
                  "physicalLocation": {
                    "artifactLocation": {
                      "uri": "content/a%20b.mdx"
                    },
                    "region": {
                      "startLine": 7,
                      "startColumn": 2,
                      "endLine": 7,
                      "endColumn": 8
                    }
                  }
                }
              ]
            },
            {
              "ruleId": "template",
              "ruleIndex": 1,
              "level": "error",
              "message": {
                "text": "`page` has no field `contnt`"
              },
              "locations": [
                {
                  "physicalLocation": {
                    "artifactLocation": {
                      "uri": "layouts/page.html"
                    },
                    "region": {
                      "startLine": 2,
                      "startColumn": 6,
                      "endLine": 2,
                      "endColumn": 17
                    }
                  }
                }
              ],
              "relatedLocations": [
                {
                  "physicalLocation": {
                    "artifactLocation": {
                      "uri": "content/a%20b.mdx"
                    },
                    "region": {
                      "startLine": 5,
                      "startColumn": 3,
                      "endLine": 5,
                      "endColumn": 14
                    }
                  },
                  "message": {
                    "text": "shown <here>"
                  }
                },
                {
                  "physicalLocation": {
                    "artifactLocation": {
                      "uri": "content/a%20b.mdx"
                    },
                    "region": {
                      "startLine": 1,
                      "startColumn": 1,
                      "endLine": 1,
                      "endColumn": 1
                    }
                  }
                },
                {
                  "physicalLocation": {
                    "artifactLocation": {
                      "uri": "themes/shore/layouts/base.html"
                    }
                  }
                }
              ]
            },
            {
              "ruleId": "missing-settings",
              "ruleIndex": 0,
              "level": "error",
              "message": {
                "text": "there is no `rivage.toml`\nhelp: run `rivage init`\nhelp: or not"
              },
              "locations": []
            }
          ]
        }
      ]
    }
    "#);
}

#[test]
fn github_commands_are_escaped() {
    assert_snapshot!(github(&[component(), nowhere(), at("content/a,b:c.md", 3, 4), at("content/a b.mdx", 0, 40)], &files()), @"
    ::error file=content/a b.mdx,line=7,endLine=7,col=2,endColumn=8,title=unknown-component::no component is named `Calout`%0Ahelp: a component with a similar name exists: `Callout`
    ::error title=missing-settings::there is no `rivage.toml`%0Ahelp: run `rivage init`%0Ahelp: or not
    ::warning file=content/a%2Cb%3Ac.md,title=w::100%25 `odd`: a, b%0Ac
    ::warning file=content/a b.mdx,line=1,endLine=5,col=1,title=w::100%25 `odd`: a, b%0Ac
    ");
}

#[test]
fn html_is_escaped() {
    assert_snapshot!(html(&[component(), template(), nowhere()], &files()), @r#"
    <article class="diagnostic error">
    <h2><span class="severity">error</span> <span class="message">no component is named <code>Calout</code></span> <code class="code">unknown-component</code></h2>
    <p class="place">content/a b.mdx:7:2</p>
    <pre class="frame"><span class="line"><span class="number">5</span> # Überschrift</span>
    <span class="line"><span class="number">6</span> </span>
    <span class="line marked"><span class="number">7</span> &lt;<mark class="error">Calout</mark> kind=&quot;note&quot;&gt;</span>
    <span class="line"><span class="number">8</span> 	zwei</span>
    <span class="line"><span class="number">9</span> &lt;/Calout&gt;</span>
    </pre>
    <p class="label">not found in theme <code>shore</code></p>
    <p class="hint">a component with a similar name exists: <code>Callout</code></p>
    </article>
    <article class="diagnostic error">
    <h2><span class="severity">error</span> <span class="message"><code>page</code> has no field <code>contnt</code></span> <code class="code">template</code></h2>
    <p class="place">layouts/page.html:2:6</p>
    <pre class="frame"><span class="line"><span class="number">1</span> &lt;main&gt;</span>
    <span class="line marked"><span class="number">2</span>   {{ <mark class="error">page.contnt</mark> }}</span>
    <span class="line"><span class="number">3</span> &lt;/main&gt;</span>
    </pre>
    <p class="place">content/a b.mdx:5:3</p>
    <pre class="frame"><span class="line"><span class="number">3</span> ---</span>
    <span class="line"><span class="number">4</span> </span>
    <span class="line marked"><span class="number">5</span> # <mark class="error">Überschrift</mark></span>
    <span class="line"><span class="number">6</span> </span>
    <span class="line"><span class="number">7</span> &lt;Calout kind=&quot;note&quot;&gt;</span>
    </pre>
    <p class="label">shown &lt;here&gt;</p>
    <ol class="trace">
    <li>themes/shore/layouts/base.html</li>
    <li>content/a b.mdx:1:1</li>
    </ol>
    </article>
    <article class="diagnostic error">
    <h2><span class="severity">error</span> <span class="message">there is no <code>rivage.toml</code></span> <code class="code">missing-settings</code></h2>
    <p class="hint">run <code>rivage init</code></p>
    <p class="hint">or not</p>
    </article>
    "#);
    let hostile = Diagnostic::error("x", "`<script>` and ` alone \"\u{0}").at(&FileId::from("<b>"), Span::at(0));
    assert_snapshot!(html(&[hostile], &Files(vec![(FileId::from("<b>"), "<i>&\u{1}".into())])), @r#"
    <article class="diagnostic error">
    <h2><span class="severity">error</span> <span class="message"><code>&lt;script&gt;</code> and ` alone &quot;�</span> <code class="code">x</code></h2>
    <p class="place">&lt;b&gt;:1:1</p>
    <pre class="frame"><span class="line marked"><span class="number">1</span> <mark class="error"></mark>&lt;i&gt;&amp;�</span>
    </pre>
    </article>
    "#);
}

proptest::proptest! {
    #[test]
    fn any_place_in_any_text_can_be_shown(text in "[a-cü\u{301}漢\t\r\n\u{0}\u{7}]{0,30}", start in 0_usize..60, len in 0_usize..60, other in 0_usize..60) {
        let file = FileId::from("f");
        let diagnostic = Diagnostic::error("x", "m")
            .at(&file, Span::new(start, start + len))
            .with_label("l")
            .with_other(&file, Span::new(other, other + len / 2), "o");
        let files = Files(vec![(file, text.as_str().into())]);
        let all = [diagnostic];
        human(&all, &files, false);
        html(&all, &files);
        let shown = short(&all, &files);
        let mut parts = shown.split(':').skip(1);
        let line: usize = parts.next().unwrap().parse().unwrap();
        proptest::prop_assert!(line <= text.matches('\n').count() + 1);
    }
}
