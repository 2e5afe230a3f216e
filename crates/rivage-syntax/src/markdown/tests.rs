use super::*;
use crate::ast::{AlertKind, AttributeValue};
use crate::expr::ExprKind;

fn read(text: &str, options: &Options) -> (Node, Vec<Diagnostic>) {
    parse(&FileId::from("a.mdx"), text, 0, options)
}

/// Shows a tree in one line: `paragraph(text "a")`.
fn show(node: &Node) -> String {
    let kind = format!("{:?}", node.kind);
    let name: String = kind.chars().take_while(char::is_ascii_alphabetic).collect();
    let what = match &node.kind {
        NodeKind::Text(text) | NodeKind::InlineCode(text) | NodeKind::Math(text) | NodeKind::InlineMath(text) => {
            format!(" {text:?}")
        }
        NodeKind::Code { lang, meta, value } => format!(" {lang:?} {meta:?} {value:?}"),
        NodeKind::Heading { depth, id, classes } => format!(" {depth} {id:?} {classes:?}"),
        NodeKind::Element(element) => format!(" {:?}", element.name.as_deref().unwrap_or_default()),
        NodeKind::BlockQuote { alert } => format!(" {alert:?}"),
        NodeKind::Directive { name, attributes } => format!(" {name:?} {attributes:?}"),
        NodeKind::Link { url, title, autolink } => format!(" {url:?} {title:?} {autolink}"),
        NodeKind::Image { url, alt, title } => format!(" {url:?} {alt:?} {title:?}"),
        NodeKind::FootnoteReference { label } | NodeKind::FootnoteDefinition { label } => format!(" {label:?}"),
        _ => String::new(),
    };
    let children: Vec<String> = node.children.iter().map(show).collect();
    let children = if children.is_empty() { String::new() } else { format!("({})", children.join(", ")) };
    format!("{name}{what}{children}")
}

fn check_as(syntax: Syntax, text: &str, expect: &str) {
    let (root, problems) = read(text, &Options::site(syntax));
    assert_eq!(problems, [], "{text:?}");
    assert_eq!(root.children.iter().map(show).collect::<Vec<_>>().join(", "), expect, "{text:?}");
}

fn check(text: &str, expect: &str) {
    check_as(Syntax::Mdx, text, expect);
}

/// Checks the first error: its code, the text at its place, its message.
fn check_error(text: &str, code: &str, place: &str, message: &str) {
    let (_, problems) = read(text, &Options::site(Syntax::Mdx));
    let first = problems.first().unwrap_or_else(|| panic!("no error in {text:?}"));
    let span = first.primary.as_ref().map(|place| place.span).unwrap_or_default();
    assert_eq!((first.code.as_str(), &text[span.range()], first.message.as_str()), (code, place, message), "{text:?}");
    assert!(!first.hints.is_empty(), "{text:?} has no hint");
}

#[test]
fn headings_have_ids_of_their_own() {
    check("## A {#b}", "Heading 2 Some(\"b\") [](Text \"A\")");
    check("## A {#b .c}", "Heading 2 Some(\"b\") [\"c\"](Text \"A\")");
    check("## A {/*b*/}", "Heading 2 Some(\"b\") [](Text \"A\")");
    check("## A {/* #b */}", "Heading 2 Some(\"b\") [](Text \"A\")");
    check("## A {/* more words */}", "Heading 2 None [](Text \"A \", Expression)");
    check("## {/*b*/} A", "Heading 2 None [](Expression, Text \" A\")");
    check("## A [#b-c]", "Heading 2 Some(\"b-c\") [](Text \"A\")");
    check("## *A* [#b]", "Heading 2 Some(\"b\") [](Emphasis(Text \"A\"), Text \"\")");
    for text in ["## A [#1]", "## A [b]", "## A[#b]", "## A [# b]", "## A \\[#b]", "## A [#b] c"] {
        let (tree, _) = read(text, &Options::site(Syntax::Mdx));
        assert!(matches!(&tree.children[0].kind, NodeKind::Heading { id: None, .. }), "{text}");
    }
    check_as(Syntax::Markdown, "## A [#b]", "Heading 2 None [](Text \"A [#b]\")");
    check_as(Syntax::Markdown, "## A {#b}", "Heading 2 Some(\"b\") [](Text \"A\")");
    check_as(Syntax::Markdown, "## A {b}", "Heading 2 None [](Text \"A {b}\")");
}

#[test]
fn without_the_option_an_id_is_an_expression() {
    let (_, problems) = read("## A {#b}", &Options::plain(Syntax::Mdx));
    assert_eq!(problems.len(), 1);
}

#[test]
fn alerts_stand_alone_on_their_line() {
    check("> [!NOTE]\n> a", &format!("BlockQuote Some({:?})(Paragraph(Text \"a\"))", AlertKind::Note));
    check("> [!tip]  \n> a", "BlockQuote Some(Tip)(Paragraph(Text \"a\"))");
    check("> [!CAUTION]\n>\n> a", "BlockQuote Some(Caution)(Paragraph(Text \"a\"))");
    check("> [!NOTE]", "BlockQuote Some(Note)");
    check("> [!NOTE] a", "BlockQuote None(Paragraph(Text \"[!NOTE] a\"))");
    check("> [!OTHER]\n> a", "BlockQuote None(Paragraph(Text \"[!OTHER]\\na\"))");
    check("> a\n> [!NOTE]", "BlockQuote None(Paragraph(Text \"a\\n[!NOTE]\"))");
}

#[test]
fn only_containers_are_directives() {
    check(
        ":::note[A *b*]{c=\"d\"}\ne\n:::",
        "Directive \"note\" [(\"c\", \"d\")](DirectiveLabel(Text \"A \", Emphasis(Text \"b\")), Paragraph(Text \"e\"))",
    );
    check(":::tip\na\n:::", "Directive \"tip\" [](Paragraph(Text \"a\"))");
    let text = "at localhost:4321 and a:b[c] :rocket: 10:30";
    check(text, &format!("Paragraph(Text {text:?})"));
    check(
        &format!(":::tip\n{text}\n\n::leaf[x]\n:::"),
        &format!("Directive \"tip\" [](Paragraph(Text {text:?}), Paragraph(Text \"::leaf[x]\"))"),
    );
}

#[test]
fn references_are_resolved() {
    check("[a][B]\n\n[b]: c 'd'", "Paragraph(Link \"c\" Some(\"d\") false(Text \"a\"))");
    check("![a *x*][b]\n\n[b]: <c d>", "Paragraph(Image \"c d\" \"a x\" None)");
    check("[a] [b]\n\n[b]: c\n[b]: d", "Paragraph(Text \"[a] \", Link \"c\" None false(Text \"b\"))");
    check("https://a.b", "Paragraph(Link \"https://a.b\" None true(Text \"https://a.b\"))");
    check(
        "a[^1]\n\n[^1]: b",
        "Paragraph(Text \"a\", FootnoteReference \"1\"), FootnoteDefinition \"1\"(Paragraph(Text \"b\"))",
    );
    check("a[^1]", "Paragraph(Text \"a[^1]\")");
}

#[test]
fn other_extensions_are_read() {
    check("$a$\n\n$$\nb\n$$", "Paragraph(InlineMath \"a\"), Math \"b\"");
    check("a\n: b", "DescriptionList(DescriptionTerm(Text \"a\"), DescriptionDetails(Paragraph(Text \"b\")))");
    check("```js a {1}\nb\n```", "Code Some(\"js\") Some(\"a {1}\") \"b\"");
    check_as(Syntax::Markdown, "<b>*a*</b>", "Paragraph(Html, Emphasis(Text \"a\"), Html)");
    let smart = Options { smart_punctuation: true, ..Options::site(Syntax::Mdx) };
    let (root, _) = read("'a' -- \"b\"...", &smart);
    assert_eq!(root.text(), "‘a’ – “b”…");
}

#[test]
fn plain_mode_has_gfm_only() {
    let (root, problems) = read("> [!NOTE]\n> $a$\n\n:::note\n:::", &Options::plain(Syntax::Mdx));
    assert_eq!(problems, []);
    let shown: Vec<String> = root.children.iter().map(show).collect();
    assert_eq!(shown, ["BlockQuote None(Paragraph(Text \"[!NOTE]\\n$a$\"))", "Paragraph(Text \":::note\\n:::\")"]);
}

#[test]
fn attributes_have_values_and_places() {
    let text = "---\n---\n<A b c=\"&lt;\" d={1} {...e}/>";
    let (root, problems) = parse(&FileId::from("a.mdx"), text, 8, &Options::site(Syntax::Mdx));
    assert_eq!(problems, []);
    let NodeKind::Element(element) = &root.children[0].kind else { panic!("no element") };
    assert_eq!(&text[element.name_span.range()], "A");
    let places: Vec<&str> = element.attributes.iter().map(|attribute| &text[attribute.span.range()]).collect();
    assert_eq!(places, ["b", "c=\"&lt;\"", "d={1}", "{...e}"]);
    assert_eq!(element.attributes[0].value, AttributeValue::True);
    assert_eq!(element.attributes[1].value, AttributeValue::String("<".to_owned()));
    for (index, source) in [(2, "1"), (3, "e")] {
        let AttributeValue::Expression(expr) = &element.attributes[index].value else { panic!("no expression") };
        assert_eq!(&text[expr.span.range()], source);
    }
    assert_eq!(element.attributes[3].name, None);
}

#[test]
fn spans_are_those_of_the_whole_file() {
    let text = "---\na: é\n---\n# B *c* {d}\n";
    let (root, _) = parse(&FileId::from("a.mdx"), text, 14, &Options::site(Syntax::Mdx));
    let mut found = Vec::new();
    root.walk(&mut |node| found.push(&text[node.span.range()]));
    assert_eq!(found, ["# B *c* {d}\n", "# B *c* {d}", "B ", "*c*", "c", " ", "{d}"]);
    let NodeKind::Expression { expr, .. } = &root.children[0].children[3].kind else { panic!("no expression") };
    assert_eq!((&text[expr.span.range()], matches!(expr.kind, ExprKind::Name(_))), ("d", true));
}

#[test]
fn mistakes_with_tags_are_explained() {
    check_error("a\n\n<B>", "unclosed-tag", "<B", "`<B>` is never closed");
    check_error("a <br> b", "unclosed-tag", "<br", "`<br>` is not closed before its paragraph ends");
    check_error("<B>a\n</B>", "unclosed-tag", "<B", "`<B>` is not closed before its paragraph ends");
    check_error("- <B>\n\nc", "unclosed-tag", "<B", "`<B>` is not closed before its list item ends");
    check_error("<B>\n\n</C>", "mismatched-tag", "</C>", "`</C>` does not close `<B>` of line 1");
    check_error("</B>", "stray-closing-tag", "</B>", "`</B>` closes nothing");
    let crossed = "`</B>` stands in another block, cell, link or emphasis than its `<B>`";
    check_error("<B>\na</B>", "crossed-tag", "</B>", crossed);
    check_error("<B>*a</B> b*", "crossed-tag", "</B>", crossed);
    check_error("<B>\n> </B>", "crossed-tag", "</B>", crossed);
    let unclosed = "`<B>` is not closed before its emphasis, link or cell ends";
    check_error("*<B>a*</B>", "unclosed-tag", "B", unclosed);
    check_error("[<B>a](b)</B>", "unclosed-tag", "B", unclosed);
    let lazy = "the tag goes on in a line that is not part of its list item or quote";
    check_error("- <B\nc=\"d\"/>", "bad-tag", "c=\"d\"/>", lazy);
    check_error("> <B\nc=\"d\"/>", "bad-tag", "c=\"d\"/>", lazy);
}

#[test]
fn a_consequence_is_not_reported_again() {
    let (_, problems) = read("<B>a\n</B>", &Options::site(Syntax::Mdx));
    assert_eq!(problems.len(), 1, "{problems:?}");
}

#[test]
fn the_line_of_an_opening_tag_counts_from_the_start_of_the_file() {
    let text = "---\na: 1\n---\n<B>\n\n</C>\n";
    let (_, problems) = parse(&FileId::from("a.mdx"), text, 13, &Options::site(Syntax::Mdx));
    assert_eq!(problems[0].message, "`</C>` does not close `<B>` of line 4");
    assert_eq!(&text[problems[0].labels[0].location.span.range()], "<B");
}

#[test]
fn mistakes_in_tags_are_explained() {
    check_error("<B c=1/>", "bad-attribute", "1", "the attribute's value has no quotes");
    check_error("<B c={}/>", "bad-attribute", "c={}", "the attribute's braces are empty");
    check_error("<B c=\"d/>", "bad-attribute", "\"", "the attribute's quote is never closed");
    check_error("<B c=\"a\\\"d\"/>", "bad-attribute", "\"", "`\"` cannot stand in a tag");
    check_error("<B {/* c */}/>", "bad-attribute", "{", "braces among attributes can only hold `...object`");
    check_error("<B c", "bad-tag", "<B", "the tag `<B>` has no `>`");
    check_error("</B c>", "bad-attribute", "c", "a closing tag has no attributes");
    check_error("a <- b", "bad-tag", "<", "`<` starts a tag, but no name follows");
    check_error("a <3", "bad-tag", "<", "`<` starts a tag, but no name follows");
    check_error("<https://a.b>", "bad-tag", "<https://a.b", "links in angle brackets do not exist in MDX");
    check_error("<!-- a -->", "html-comment", "<!--", "HTML comments do not exist in MDX");
    check_error("a <!-- b -->", "html-comment", "<!--", "HTML comments do not exist in MDX");
    check_error("| a |\n| - |\n| <B c=\"d|e\"/> |", "bad-tag", "<B c=\"d|e\"/>", "this is not a valid tag");
}

#[test]
fn braces_that_stay_open_are_reported() {
    check_error("a { b", "unclosed-brace", "{", "`{` is never closed");
    check_error("{", "unclosed-brace", "{", "`{` is never closed");
    check_error("<B c={d/>", "unclosed-brace", "{", "`{` is never closed");
}

#[test]
fn deep_nesting_is_an_error_and_no_overflow() {
    let deep = "nesting-too-deep";
    let lists: String = (0..1_000).map(|depth| format!("{}- a\n", "  ".repeat(depth))).collect();
    for (text, code) in [
        (lists, deep),
        ("> ".repeat(1_000), deep),
        ("> ".repeat(300), deep),
        ("- ".repeat(100_000), deep),
        ("1. ".repeat(100_000), deep),
        ("<a>\n".repeat(1_000) + &"</a>\n".repeat(1_000), deep),
        ("<a>\n".repeat(300) + &"</a>\n".repeat(300), deep),
        ("<a>".repeat(100_000), deep),
        ("*a **b ".repeat(10_000) + &"c* d**".repeat(10_000), deep),
        ("{".repeat(100_000), "too-complex"),
        ("x {\n".repeat(100_000), "too-complex"),
        ("x {1} ".repeat(10_000), "too-complex"),
        ("<a b={".repeat(100_000), "too-complex"),
        ("</a>".repeat(100_000), "too-complex"),
        (format!("{{{}}}", "(".repeat(200_000)), "too-complex"),
        (format!("export const a = {}", "[".repeat(200_000)), "too-complex"),
        (format!("export const a = [\n{}]\n", "{b: 1},\n\n".repeat(20_000)), "too-complex"),
        ("<".repeat(100_000), "bad-tag"),
    ] {
        let (_, problems) = read(&text, &Options::site(Syntax::Mdx));
        let found = problems.first().map(|problem| problem.code.as_str());
        assert_eq!(found, Some(code), "{}", &text[..20]);
    }
}

#[test]
fn long_runs_of_brackets_and_stars_are_text() {
    for text in ["[", "![", "*", "*a ", "_a ", "~", "`", "(", "$", "|"] {
        let (_, problems) = read(&text.repeat(100_000), &Options::site(Syntax::Mdx));
        assert_eq!(problems, [], "{text}");
    }
}

#[test]
fn an_offset_beyond_the_text_leaves_nothing() {
    let (root, problems) = parse(&FileId::from("a.md"), "é", 1, &Options::site(Syntax::Markdown));
    assert_eq!((root.children.len(), problems.len()), (0, 0));
}

#[test]
fn nodes_that_the_parser_mixes_up_are_no_panic() {
    let (_, problems) = read("\n<ps>\n1. g</s>\n\n4. ae", &Options::site(Syntax::Mdx));
    assert!(!problems.is_empty());
}

#[test]
fn the_line_that_makes_the_parser_fail_is_found() {
    let find = |text: &str| {
        let span = failing_line(text, |text| text.contains('!'));
        text.get(span.range()).map(str::to_owned)
    };
    assert_eq!(find("a\nb!c\nd!\ne\n").as_deref(), Some("b!c"));
    assert_eq!(find("!").as_deref(), Some("!"));
    assert_eq!(find("a\n!\n").as_deref(), Some("!"));
}

#[test]
fn what_takes_the_parser_quadratic_time_is_refused() {
    let check = |text: String, message: &str| {
        let (_, problems) = read(&text, &Options::site(Syntax::Mdx));
        let first = problems.first().map(|problem| (problem.code.as_str(), problem.message.as_str()));
        assert_eq!(first, Some(("too-complex", message)));
    };
    check("<A>x</A>".repeat(20_000), "too many tags and expressions stand on one line");
    check(format!("{}@b", "a_".repeat(30_000)), "a word before an `@` is too long");
    check("[^1]: a\n".repeat(50_000), "too many lines of this page start with a footnote");
    let directives = |text: &str| format!(":::note\n\n{text}\n\n:::");
    let long = "a paragraph is too long to hold so many braces and colons";
    check(directives(&":a".repeat(50_000)), long);
    check(directives(&":a[".repeat(50_000)), long);
    check(format!("{} {{1}}\n", "word ".repeat(40)).repeat(4_900), long);
    check(
        directives(&":éééééé\n\n".repeat(20_000)),
        "this page is too long to have directives and so many colons before words",
    );
    let table = format!("{}\n{}\n{}", "|a".repeat(1_000), "|-".repeat(1_000), "|\n".repeat(1_000));
    check(table, "too many cells of tables are missing");
    let (_, problems) = read(&"<A>x</A>\n".repeat(20_000), &Options::site(Syntax::Mdx));
    assert_eq!(problems, []);
    let json = "{\"a\": 1}\n".repeat(50_000);
    let (_, problems) = read(&directives(&format!("```json\n{json}```")), &Options::site(Syntax::Mdx));
    assert_eq!(problems, []);
}

#[test]
fn expressions_may_be_indented_by_tabs() {
    let text = "<P\n\tconfig={[\n\t\t{\n\t\t\tlabel: `a\n\t\t\t\tb`,\n\t\t},\n\t]}\n/>\n\n{[\n\t\t1,\n\t2]}\n";
    let (tree, problems) = read(text, &Options::site(Syntax::Mdx));
    assert_eq!(problems, []);
    assert!(matches!(&tree.children[0].kind, NodeKind::Element(element) if element.attributes.len() == 1));
}

#[test]
fn what_the_parser_gives_no_place_has_that_of_its_paragraph() {
    // An address that follows a slash is found in a second pass, which knows no places.
    let text = "a\n\nb /www.c. *e*";
    let (root, _) = read(text, &Options::site(Syntax::Mdx));
    let mut places = Vec::new();
    root.walk(&mut |node| {
        if matches!(node.kind, NodeKind::Link { .. } | NodeKind::Text(_)) {
            places.push(&text[node.span.range()]);
        }
    });
    let whole = "b /www.c. *e*";
    assert_eq!(places, ["a", whole, whole, whole, whole, "e"]);
    let (root, _) = read("[a] /www.b.c", &Options::site(Syntax::Mdx));
    let link = &root.children[0].children[1].kind;
    assert!(matches!(link, NodeKind::Link { autolink: true, .. }), "{link:?}");
}
