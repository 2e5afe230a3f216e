use std::sync::Arc;

use rivage_syntax::Span;
use rivage_syntax::ast::{Attribute, AttributeValue, Element};

use super::*;

fn node(kind: NodeKind, children: Vec<Node>) -> Node {
    Node { kind, span: Span::at(0), children }
}

fn text(text: &str) -> Node {
    node(NodeKind::Text(text.to_owned()), Vec::new())
}

fn p(children: Vec<Node>) -> Node {
    node(NodeKind::Paragraph, children)
}

fn words(words: &str) -> Node {
    p(vec![text(words)])
}

fn code(value: &str, lang: Option<&str>, meta: Option<&str>) -> Node {
    let (lang, meta) = (lang.map(str::to_owned), meta.map(str::to_owned));
    node(NodeKind::Code { lang, meta, value: value.to_owned() }, Vec::new())
}

fn link(url: &str, words: &str) -> Node {
    node(NodeKind::Link { url: url.to_owned(), title: None, autolink: false }, vec![text(words)])
}

fn list(start: Option<u32>, spread: bool, items: Vec<Vec<Node>>) -> Node {
    let items = items.into_iter().map(|children| node(NodeKind::ListItem { checked: None, spread }, children));
    node(NodeKind::List { start, spread }, items.collect())
}

fn element(name: &str, attributes: &[(&str, &str)], inline: bool, children: Vec<Node>) -> Node {
    let attribute = |(name, value): &(&str, &str)| Attribute {
        name: Some((*name).to_owned()),
        value: AttributeValue::String((*value).to_owned()),
        span: Span::at(0),
    };
    let attributes = attributes.iter().map(attribute).collect();
    node(
        NodeKind::Element(Element { name: Some(name.to_owned()), name_span: Span::at(0), attributes, inline }),
        children,
    )
}

fn component(name: &str, attributes: &[(&str, &str)], children: Vec<Node>) -> Node {
    element(name, attributes, false, children)
}

/// Site paths are those of one host, all else stays as it is.
struct Absolute;

impl Answers for Absolute {
    fn url(&mut self, url: &str) -> String {
        if url.starts_with('/') { format!("https://x.org{url}") } else { url.to_owned() }
    }
}

fn body(children: Vec<Node>) -> String {
    let root = node(NodeKind::Root, children);
    let all = write("", "", &root, &mut Absolute);
    all.strip_prefix("---\ntitle: \"\"\n---\n").unwrap_or(&all).trim().to_owned()
}

#[test]
fn paths_of_twins() {
    let found = ["/", "/blog/first/", "/a.html", "/a"].map(path);
    assert_eq!(found, ["index.md", "blog/first/index.md", "a.md", "a.md"]);
}

#[test]
fn front_matter_is_title_and_description() {
    let root = node(NodeKind::Root, vec![words("Hello")]);
    let written = write("He said: \"hi\" *", "Line\nbreak", &root, &mut Absolute);
    assert_eq!(
        written,
        "---\ntitle: \"He said: \\\"hi\\\" *\"\ndescription: \"Line\\nbreak\"\n---\n\n# He said: \"hi\" \\*\n\nHello\n"
    );
}

#[test]
fn a_page_with_its_own_title_gets_no_second_one() {
    let heading = node(NodeKind::Heading { depth: 1, id: None, classes: Vec::new() }, vec![text("Own")]);
    let written = write("Title", "", &node(NodeKind::Root, vec![heading]), &mut Absolute);
    assert_eq!(written, "---\ntitle: \"Title\"\n---\n\n# Own\n");
    let empty = write("", "", &node(NodeKind::Root, Vec::new()), &mut Absolute);
    assert_eq!(empty, "---\ntitle: \"\"\n---\n");
}

#[test]
fn text_and_what_stands_in_it() {
    let wrapped = |kind, words: &str| node(kind, vec![text(words)]);
    let written = body(vec![p(vec![
        text("a* _b_ snake_case <i> 1 < 2 "),
        wrapped(NodeKind::Strong, "bold "),
        wrapped(NodeKind::Emphasis, "em"),
        text(" "),
        node(NodeKind::InlineCode("a `b`".to_owned()), Vec::new()),
        node(NodeKind::Break, Vec::new()),
        link("/a/?x=(1)", "link"),
        node(NodeKind::FootnoteReference { label: "n".to_owned() }, Vec::new()),
        node(
            NodeKind::Image {
                url: "/i.png".to_owned(),
                alt: "An [image]".to_owned(),
                title: Some("T \"q\"".to_owned()),
            },
            Vec::new(),
        ),
    ])]);
    insta::assert_snapshot!(written, @r#"
    a\* \_b\_ snake_case \<i> 1 < 2 **bold** *em* `` a `b` ``\
    [link](<https://x.org/a/?x=(1)>)[^n]![An \[image]](https://x.org/i.png "T \"q\"")
    "#);
}

#[test]
fn lines_that_would_be_blocks_are_escaped() {
    insta::assert_snapshot!(body(vec![words("# a\n> b\n- c\n1. d\n10 e\n-f")]), @r"
    \# a
    \> b
    \- c
    1\. d
    10 e
    -f
    ");
}

#[test]
fn blocks_nest() {
    let quote = node(NodeKind::BlockQuote { alert: None }, vec![words("one\ntwo"), words("three")]);
    let inner = list(Some(9), false, vec![vec![words("x")], vec![words("y"), code("a\n\nb", Some("rs"), None)]]);
    let task = node(NodeKind::ListItem { checked: Some(true), spread: false }, vec![words("done")]);
    let tasks = node(NodeKind::List { start: None, spread: false }, vec![task]);
    let written = body(vec![
        list(None, true, vec![vec![words("a"), quote], vec![inner], vec![]]),
        tasks,
        node(NodeKind::ThematicBreak, vec![]),
    ]);
    insta::assert_snapshot!(written, @r"
    - a

      > one
      > two
      >
      > three

    - 9. x
      10. y
          ```rs
          a

          b
          ```

    -

    - [x] done

    ---
    ");
}

#[test]
fn code_keeps_language_and_title() {
    let written =
        body(vec![code("let a = \"```\";", Some("rust"), Some("title=\"src/main.rs\" {1}")), code("x", None, None)]);
    insta::assert_snapshot!(written, @r#"
    ````rust title="src/main.rs"
    let a = "```";
    ````

    ```
    x
    ```
    "#);
}

#[test]
fn tables_keep_bars_in_cells() {
    let cell = |children| node(NodeKind::TableCell, children);
    let row = |one: &str, other: Node| node(NodeKind::TableRow, vec![cell(vec![text(one)]), cell(vec![other])]);
    let align = vec![Align::Left, Align::None];
    let table = node(
        NodeKind::Table { align },
        vec![row("A", text("B")), row("x|y", node(NodeKind::InlineCode("p|q".to_owned()), vec![]))],
    );
    insta::assert_snapshot!(body(vec![words("before"), table, words("after")]), @r"
    before

    | A | B |
    | :-- | --- |
    | x\|y | `p\|q` |

    after
    ");
}

#[test]
fn footnotes_definitions_and_math() {
    let note = node(NodeKind::FootnoteDefinition { label: "n".to_owned() }, vec![words("First."), words("Second.")]);
    let terms = node(
        NodeKind::DescriptionList,
        vec![
            node(NodeKind::DescriptionTerm, vec![text("Term")]),
            node(NodeKind::DescriptionDetails { spread: false }, vec![words("Details")]),
        ],
    );
    let math = node(NodeKind::Math("a^2".to_owned()), vec![]);
    insta::assert_snapshot!(body(vec![terms, math, note]), @r"
    **Term**
    : Details

    $$
    a^2
    $$

    [^n]: First.

        Second.
    ");
}

#[test]
fn callouts_are_quotes_with_a_word() {
    let alert = node(NodeKind::BlockQuote { alert: Some(AlertKind::Warning) }, vec![words("Hot.")]);
    let label = node(NodeKind::DirectiveLabel, vec![text("Mind")]);
    let directive =
        node(NodeKind::Directive { name: "note".to_owned(), attributes: Vec::new() }, vec![label, words("The gap.")]);
    let written = body(vec![
        component("Callout", &[("kind", "tip")], vec![words("Short."), words("More.")]),
        component("Callout", &[("kind", "tip"), ("title", "Read")], vec![code("x", None, None)]),
        component("Callout", &[], vec![]),
        alert,
        directive,
    ]);
    insta::assert_snapshot!(written, @r"
    > **Tip**: Short.
    >
    > More.

    > **Read**
    >
    > ```
    > x
    > ```

    > **Note**

    > **Warning**: Hot.

    > **Mind**: The gap.
    ");
}

#[test]
fn components_become_what_they_say() {
    let written = body(vec![
        component(
            "Tabs",
            &[],
            vec![
                component("Tabs.Item", &[("label", "npm")], vec![code("npm i", Some("sh"), None)]),
                component("Tabs.Item", &[("label", "cargo")], vec![words("Or this.")]),
            ],
        ),
        component(
            "Cards",
            &[],
            vec![
                component("Card", &[("title", "Install"), ("href", "/install/")], vec![words("In a minute.")]),
                component("Card", &[("title", "Plain")], vec![words("One."), words("Two.")]),
                component("LinkCard", &[("title", "Text"), ("href", "/t/"), ("description", "Short")], vec![]),
            ],
        ),
        component("Details", &[("summary", "More")], vec![words("Hidden.")]),
        component("Steps", &[], vec![list(Some(1), false, vec![vec![words("Do.")]])]),
        component("Unknown", &[("title", "Big *claim*")], vec![words("Child.")]),
        element("LinkButton", &[("href", "/go/")], false, vec![text("Go")]),
        component("Figure", &[("src", "/a.png"), ("alt", "A"), ("caption", "Cap")], vec![]),
        component("ApiField", &[("name", "id"), ("type", "string")], vec![words("The id.")]),
    ]);
    insta::assert_snapshot!(written, @r"
    **npm**

    ```sh
    npm i
    ```

    **cargo**

    Or this.

    - [Install](https://x.org/install/): In a minute.
    - **Plain**

      One.

      Two.
    - [Text](https://x.org/t/): Short

    **More**

    Hidden.

    1. Do.

    **Big \*claim\***

    Child.

    [Go](https://x.org/go/)

    ![A](https://x.org/a.png)

    Cap

    - `id` (string)

      The id.
    ");
}

#[test]
fn html_elements_become_markdown() {
    let item = |words_: &str| element("li", &[], false, vec![text(words_)]);
    let written = body(vec![
        element("ul", &[], false, vec![item("a"), text("\n"), item("b")]),
        p(vec![text("x"), element("br", &[], true, vec![]), element("a", &[("href", "/y/")], true, vec![text("y")])]),
        element("script", &[], false, vec![text("alert(1)")]),
        element("div", &[], false, vec![text("loose "), element("b", &[], true, vec![text("text")]), words("block")]),
        node(NodeKind::Html("<!-- no --><b>raw</b>".to_owned()), vec![]),
    ]);
    insta::assert_snapshot!(written, @r"
    - a
    - b

    x\
    [y](https://x.org/y/)

    loose **text**

    block

    <b>raw</b>
    ");
}

struct Told;

impl Answers for Told {
    fn url(&mut self, url: &str) -> String {
        url.to_owned()
    }

    fn expression(&mut self, expr: &Expr) -> Option<String> {
        (expr.span.start == 7).then(|| "seven *".to_owned())
    }

    fn enter(&mut self, element: &Element) -> Option<Arc<Node>> {
        let is_partial = element.name.as_deref() == Some("Intro");
        is_partial.then(|| Arc::new(node(NodeKind::Root, vec![words("From the partial.")])))
    }
}

#[test]
fn expressions_and_partials_are_asked_for() {
    let expression = |at: usize, inline| {
        let expr = Arc::new(Expr { kind: ExprKind::Empty, span: Span::at(at) });
        node(NodeKind::Expression { expr, inline }, Vec::new())
    };
    let jsx = Expr { kind: ExprKind::Jsx(Box::new(element("b", &[], true, vec![text("jsx")]))), span: Span::at(0) };
    let root = node(
        NodeKind::Root,
        vec![
            p(vec![text("It is "), expression(7, true), expression(8, true), text(".")]),
            expression(8, false),
            component("Intro", &[], vec![]),
            node(NodeKind::Expression { expr: Arc::new(jsx), inline: false }, vec![]),
        ],
    );
    assert_eq!(
        write("T", "", &root, &mut Told),
        "---\ntitle: \"T\"\n---\n\n# T\n\nIt is seven \\*.\n\nFrom the partial.\n\n**jsx**\n"
    );
}

struct Above;

impl Answers for Above {
    fn url(&mut self, url: &str) -> String {
        url.to_owned()
    }

    fn list(&mut self) -> Option<List> {
        let entry = |title: &str, url: &str, description: &str| Entry {
            title: title.to_owned(),
            url: url.to_owned(),
            description: description.to_owned(),
        };
        let entries =
            vec![entry("A [b]", "https://x.org/a/index.md", "What\nit * is"), entry("C", "https://x.org/c/", "")];
        Some(List { title: "In this section".to_owned(), entries })
    }
}

#[test]
fn sections_end_with_their_pages() {
    let root = |blocks| node(NodeKind::Root, blocks);
    let pages =
        "## In this section\n\n- [A \\[b]](https://x.org/a/index.md): What it \\* is\n- [C](https://x.org/c/)\n";
    let text = write("T", "", &root(vec![list(None, false, vec![vec![words("item")]])]), &mut Above);
    assert_eq!(text, format!("---\ntitle: \"T\"\n---\n\n# T\n\n- item\n\n{pages}"));
    let empty = write("T", "", &root(Vec::new()), &mut Above);
    assert_eq!(empty, format!("---\ntitle: \"T\"\n---\n\n# T\n\n{pages}"));
}

#[test]
fn deep_nesting_ends() {
    let mut inner = words("deep");
    for _ in 0..600 {
        inner = node(NodeKind::BlockQuote { alert: None }, vec![inner]);
    }
    assert!(body(vec![inner]).ends_with("deep"));
}
