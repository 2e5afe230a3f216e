use std::borrow::Cow;
use std::sync::Arc;

use rivage_diag::{Diagnostic, FileId};
use rivage_syntax::ast::Syntax;
use rivage_syntax::expr::Value;
use rivage_syntax::markdown::{self, Options};

use super::host::{At, Binding, Code, ComponentCall, ImageTarget, Item, LinkTarget, Partial, Treatment};
use super::*;

/// A site of which each answer can be seen in the HTML.
struct TestHost {
    diagnostics: Vec<Diagnostic>,
    has_image: bool,
}

impl Host for TestHost {
    fn link(&mut self, url: &str, _at: At<'_>) -> LinkTarget {
        let attributes = if url.contains("://") { vec![("rel", "external".to_owned())] } else { Vec::new() };
        LinkTarget { href: url.replace(".mdx", "/"), attributes }
    }

    fn image(&mut self, url: &str, _at: At<'_>) -> ImageTarget {
        ImageTarget { src: format!("/img/{url}"), size: url.ends_with(".png").then_some((4, 3)), picture: None }
    }

    fn is_first_image(&mut self) -> bool {
        !std::mem::replace(&mut self.has_image, true)
    }

    fn code(&mut self, code: Code<'_>, _at: At<'_>, out: &mut String) {
        out.push_str(&format!("[code {:?} {:?} {:?}]", code.lang, code.meta, code.value));
    }

    fn math(&mut self, tex: &str, display: bool, _at: At<'_>, out: &mut String) {
        out.push_str(&format!("[math {tex} {display}]"));
    }

    fn text<'t>(&mut self, text: &'t str) -> Cow<'t, str> {
        if text.contains(":wave:") { text.replace(":wave:", "👋").into() } else { text.into() }
    }

    fn treatment(&mut self, name: &str, _at: At<'_>) -> Treatment {
        match name {
            "Raw" => Treatment::Children,
            "Old.Part" | "Old" => Treatment::Element,
            _ => Treatment::Template,
        }
    }

    fn component(&mut self, call: &ComponentCall, out: &mut String) {
        out.push_str(&format!("[{}{}", call.name, if call.inline { " inline" } else { "" }));
        for (name, prop) in &call.props {
            match &prop.value {
                Value::Html(html) => out.push_str(&format!(" {name}=html {html}")),
                value => out.push_str(&format!(" {name}={}", value.to_json().unwrap_or_default())),
            }
        }
        for (name, html) in &call.slots {
            out.push_str(&format!(" slot {name}: {html};"));
        }
        // What a component does not show takes no room; `Twice` shows all twice.
        if call.name == "Twice" {
            out.push_str(&call.body);
        }
        for Item { name, props, text, .. } in call.items.iter().filter(|_| call.name == "Tabs") {
            let props: Vec<&str> = props.keys().map(String::as_str).collect();
            out.push_str(&format!(" item {name} {props:?} {text:?};"));
        }
        for code in &call.code {
            out.push_str(&format!(" code {:?} {:?} {};", code.lang, code.meta, code.html));
        }
        out.push_str(&format!(" | {}]", call.body));
    }

    fn import(&mut self, source: &str, imported: &str, local: &str, at: At<'_>) -> Binding {
        match source {
            "./data.json" => Binding::Value(Value::from_json(&serde_json::json!({"a": [1, 2], "b": "<"}))),
            "./missing.json" => {
                self.report(Diagnostic::error("missing-import", "missing").at(at.file, at.span));
                Binding::Missing
            }
            "./loop.mdx" | "./a.mdx" | "./b.mdx" | "./wide.mdx" | "./note.mdx" | "./bad.mdx" => {
                let text = match source {
                    "./loop.mdx" => "import A from './a.mdx'\n\n<A/>",
                    "./a.mdx" => "import B from './b.mdx'\n\n<B/>",
                    "./b.mdx" => "import A from './a.mdx'\n\n<A/>",
                    "./note.mdx" => {
                        "## Same\n\n{props.n} {frontmatter.title} {props.children}\n\nx[^1]\n\n[^1]: of the partial"
                    }
                    "./bad.mdx" => "{nothing}",
                    _ => "import W from './wide.mdx'",
                };
                let file = FileId::from(source.trim_start_matches("./"));
                let (tree, problems) = markdown::parse(&file, text, 0, &Options::site(Syntax::Mdx));
                self.diagnostics.extend(problems);
                let front_matter = Value::from_json(&serde_json::json!({"title": "Part"}));
                Binding::Partial(Partial { file, tree: Arc::new(tree), front_matter })
            }
            _ => Binding::Component(if imported == "default" { local } else { imported }.to_owned()),
        }
    }

    fn global(&mut self, name: &str) -> Option<Value> {
        (name == "frontmatter").then(|| Value::from_json(&serde_json::json!({"title": "Page"})))
    }

    fn report(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }
}

fn render_page(text: &str, options: &Options) -> (Rendered, Vec<Diagnostic>) {
    let file = FileId::from("page.mdx");
    let (tree, diagnostics) = markdown::parse(&file, text, 0, options);
    let mut host = TestHost { diagnostics, has_image: false };
    let settings = Settings { plain: false, labels: Labels::default(), taken_ids: Vec::new() };
    let (rendered, _) = render(&file, &tree, &settings, &mut host);
    (rendered, host.diagnostics)
}

fn check(text: &str, expect: &str) {
    let (rendered, problems) = render_page(text, &Options::site(Syntax::Mdx));
    assert_eq!(problems, [], "{text}");
    assert_eq!(rendered.html.trim_end(), expect, "{text}");
}

fn check_errors(text: &str, expect: &[&str]) {
    let (_, problems) = render_page(text, &Options::site(Syntax::Mdx));
    let found: Vec<String> = problems.iter().map(|problem| format!("{}: {}", problem.code, problem.message)).collect();
    assert_eq!(found, expect, "{text}");
}

#[test]
fn headings_have_anchors_and_make_the_contents() {
    check(
        "## A *b* {1 + 1} :wave:",
        "<h2 id=\"a-b-2-\">A <em>b</em> 2 👋\
         <a class=\"anchor\" href=\"#a-b-2-\" aria-label=\"Link to this section: A b 2 👋\"></a></h2>",
    );
    let text = "# A\n\n## B {#c .d}\n\n## B\n\n## B\n\n## E {/*b*/}\n\n<p id=\"f\">g</p>";
    let (rendered, problems) = render_page(text, &Options::site(Syntax::Mdx));
    assert_eq!(problems, []);
    assert!(rendered.html.starts_with("<h1 id=\"a\">A</h1>\n<h2 id=\"c\" class=\"d\">B<a "), "{}", rendered.html);
    let toc: Vec<(u8, &str, &str)> =
        rendered.toc.iter().map(|entry| (entry.depth, entry.id.as_str(), entry.title.as_str())).collect();
    // The id that is written further down is not given away.
    assert_eq!(toc, [(1, "a", "A"), (2, "c", "B"), (2, "b-1", "B"), (2, "b-2", "B"), (2, "b", "E")]);
    assert_eq!(rendered.ids, ["a", "c", "b-1", "b-2", "b", "f"]);
    assert_eq!(&text[rendered.toc[0].location.span.range()], "# A");
}

#[test]
fn an_id_that_is_used_twice_is_reported() {
    check_errors("## A {#x}\n\n## B {#x}", &["duplicate-id: the id `x` is used twice on the page"]);
}

#[test]
fn links_and_images_are_the_hosts() {
    check("[a](b.mdx \"t\")", "<p><a href=\"b/\" title=\"t\">a</a></p>");
    check(
        "<https-a/> https://a.b",
        "<p><https-a></https-a> <a href=\"https://a.b\" rel=\"external\">https://a.b</a></p>",
    );
    check("<a href=\"b.mdx\" rel=\"x\">c</a>", "<a href=\"b/\" rel=\"x\">c</a>");
    check(
        "![a](b.png) ![c](d.svg) <img src=\"e.png\" alt=\"\" width=\"1\"/>",
        "<p><img src=\"/img/b.png\" alt=\"a\" width=\"4\" height=\"3\" decoding=\"async\"> \
         <img src=\"/img/d.svg\" alt=\"c\" loading=\"lazy\" decoding=\"async\"> \
         <img src=\"/img/e.png\" loading=\"lazy\" decoding=\"async\" alt=\"\" width=\"1\"></p>",
    );
}

#[test]
fn blocks_of_a_site_have_its_classes() {
    check(
        "- [x] a\n- [ ] b",
        "<ul class=\"tasks\">\n<li class=\"task\"><input type=\"checkbox\" disabled checked aria-label=\"a\"> a</li>\n\
         <li class=\"task\"><input type=\"checkbox\" disabled aria-label=\"b\"> b</li>\n</ul>",
    );
    check(
        "| a |\n|:-:|\n| b |",
        "<div class=\"table\" tabindex=\"0\" role=\"group\" aria-label=\"Table\"><table>\n<thead>\n<tr>\n\
         <th align=\"center\">a</th>\n</tr>\n</thead>\n<tbody>\n<tr>\n<td align=\"center\">b</td>\n</tr>\n</tbody>\n\
         </table></div>",
    );
    check("```js a\nb\n```", "[code Some(\"js\") Some(\"a\") \"b\"]");
    check("$a$\n\n$$\nb\n$$", "<p>[math a false]</p>\n[math b true]");
    check("a\n: b\n: c", "<dl>\n<dt>a</dt>\n<dd>b</dd>\n<dd>c</dd>\n</dl>");
}

#[test]
fn footnotes_link_both_ways() {
    check(
        "a[^x] b[^y] c[^x]\n\n[^x]: one[^y]\n[^y]: - two",
        "<p>a<sup><a href=\"#fn-1\" id=\"fnref-1\" role=\"doc-noteref\">1</a></sup> \
         b<sup><a href=\"#fn-2\" id=\"fnref-2\" role=\"doc-noteref\">2</a></sup> \
         c<sup><a href=\"#fn-1\" id=\"fnref-1-2\" role=\"doc-noteref\">1</a></sup></p>\n\
         <section class=\"footnotes\" role=\"doc-endnotes\"><h2 class=\"sr-only\" id=\"footnotes\">Footnotes</h2>\n<ol>\n\
         <li id=\"fn-1\">\n<p>one<sup><a href=\"#fn-2\" id=\"fnref-2-2\" role=\"doc-noteref\">2</a></sup> \
         <a href=\"#fnref-1\" class=\"backref\" role=\"doc-backlink\" aria-label=\"Back to reference 1\">↩</a> \
         <a href=\"#fnref-1-2\" class=\"backref\" role=\"doc-backlink\" aria-label=\"Back to reference 1-2\">↩<sup>2</sup></a></p>\n\
         </li>\n<li id=\"fn-2\">\n<ul>\n<li>two</li>\n</ul>\n\
         <a href=\"#fnref-2\" class=\"backref\" role=\"doc-backlink\" aria-label=\"Back to reference 2\">↩</a> \
         <a href=\"#fnref-2-2\" class=\"backref\" role=\"doc-backlink\" aria-label=\"Back to reference 2-2\">↩<sup>2</sup></a></li>\n\
         </ol>\n</section>",
    );
}

#[test]
fn alerts_and_directives_are_callouts() {
    check("> [!TIP]\n> a", "[Callout kind=\"tip\" | <p>a</p>]");
    check(":::note\na\n:::", "[Callout kind=\"note\" | <p>a</p>]");
    check(
        ":::danger[A *b*]{icon=\"c\"}\na\n:::",
        "[Callout kind=\"danger\" title=\"A b\" icon=\"c\" slot title: A <em>b</em>; | <p>a</p>]",
    );
    check(":::file-tree\n- a\n:::", "[FileTree | <ul>\n<li>a</li>\n</ul>]");
    check(":::old[x]\na\n:::", "<x-old title=\"x\"><p>a</p></x-old>");
}

#[test]
fn components_get_props_and_children() {
    check(
        "<Card a=\"&lt;\" b c={[1, {d: 2}]} {...{e: null}} a=\"2\" i={<b>x</b>}>\n*y*\n</Card>",
        "[Card a=\"2\" b=true c=[1,{\"d\":2}] e=null i=html <b>x</b> | <p><em>y</em></p>]",
    );
    check("x <Badge>y</Badge>", "<p>x [Badge inline | y]</p>");
    check("<Card children=\"a\"/>", "[Card | a]");
    check("<Card children=\"a\">b</Card>", "[Card | b]");
    check("<Tabs.Item/>", "[Tabs.Item | ]");
    check(
        "- <Card/>\n\n| <Card/> |\n| - |",
        "<ul>\n<li>\n[Card | ]\n</li>\n</ul>\n\
        <div class=\"table\" tabindex=\"0\" role=\"group\" aria-label=\"Table\"><table>\n<thead>\n<tr>\n\
        <th>[Card inline | ]</th>\n</tr>\n</thead>\n</table></div>",
    );
}

#[test]
fn children_with_a_slot_stand_apart() {
    check(
        "<Card>\n<Fragment slot=\"head\">a *b*</Fragment>\n<p slot=\"foot\" class=\"c\">d</p>\n<i slot=\"head\">e</i>\n\nrest\n</Card>",
        "[Card slot head: a <em>b</em><i>e</i>; slot foot: <p class=\"c\">d</p>; | <p>rest</p>]",
    );
    check("<p slot=\"x\">a</p>", "<p slot=\"x\">a</p>");
}

#[test]
fn components_know_their_child_components_and_code() {
    check(
        "<Tabs>\n<Tab label=\"a\">\n**b** &amp;\n</Tab>\n<>\n<Tab/>\n</>\n{[1, 2].map(n => <Tab n={n}/>)}\n</Tabs>",
        "[Tabs item Tab [\"label\"] \"b &\"; item Tab [] \"\"; item Tab [\"n\"] \"\"; item Tab [\"n\"] \"\"; | \
         [Tab label=\"a\" | <p><strong>b</strong> &amp;</p>][Tab | ][Tab inline n=1 | ][Tab inline n=2 | ]]",
    );
    check(
        "<Group>\n```js title=\"a\"\nb\n```\n</Group>",
        "[Group code Some(\"js\") Some(\"title=\\\"a\\\"\") [code Some(\"js\") Some(\"title=\\\"a\\\"\") \"b\"]; | \
         [code Some(\"js\") Some(\"title=\\\"a\\\"\") \"b\"]]",
    );
}

#[test]
fn other_treatments_show_the_children() {
    check("<Raw>\na\n</Raw>", "<p>a</p>");
    check(
        "<Old.Part a=\"b\" c={{d: 1}} f={() => 1}>\na\n</Old.Part>",
        "<x-old-part a=\"b\" c=\"{&quot;d&quot;:1}\"><p>a</p></x-old-part>",
    );
}

#[test]
fn imports_bind_names() {
    check(
        "import d from './data.json'\n\nx {d.a.length} {d.b} <Card {...d}/>",
        "<p>x 2 &lt; [Card inline a=[1,2] b=\"&lt;\" | ]</p>".replace("\"&lt;\" |", "\"<\" |").as_str(),
    );
    check("import Other from 'x'\nimport {Card as C} from 'y'\n\n<Other/>\n<C.D/>", "[Other | ]\n[Card.D | ]");
    check_errors("import x from './missing.json'\n\n<x.Y/>", &["missing-import: missing"]);
}

#[test]
fn partials_share_headings_and_footnotes_with_the_page() {
    let text = "import Note from './note.mdx'\n\n## Same\n\ny[^1]\n\n<Note n={1}>*c*</Note>\n\n[^1]: of the page";
    let (rendered, problems) = render_page(text, &Options::site(Syntax::Mdx));
    assert_eq!(problems, []);
    let toc: Vec<(&str, &str)> =
        rendered.toc.iter().map(|entry| (entry.id.as_str(), entry.location.file.as_str())).collect();
    assert_eq!(toc, [("same", "page.mdx"), ("same-1", "note.mdx")]);
    assert!(rendered.html.contains("1\nPart\n<em>c</em>\n"), "{}", rendered.html);
    let (page, partial) = (rendered.html.find("of the page"), rendered.html.find("of the partial"));
    assert!(page.is_some() && page < partial, "{}", rendered.html);
    assert!(rendered.html.contains("id=\"fn-2\""), "{}", rendered.html);
}

#[test]
fn what_is_wrong_in_a_partial_names_the_page() {
    let (_, problems) = render_page("import B from './bad.mdx'\n\n<B/>", &Options::site(Syntax::Mdx));
    let trace: Vec<&str> = problems[0].trace.iter().map(|place| place.file.as_str()).collect();
    assert_eq!((problems[0].code.as_str(), trace), ("unknown-name", vec!["page.mdx"]));
}

#[test]
fn a_partial_that_includes_itself_is_an_error() {
    let (_, problems) = render_page("import L from './loop.mdx'\n\n<L/>", &Options::site(Syntax::Mdx));
    assert_eq!(problems.len(), 1);
    assert_eq!(problems[0].code, "partial-cycle");
    assert_eq!(problems[0].hints, ["the chain is `page.mdx` → `loop.mdx` → `a.mdx` → `b.mdx` → `a.mdx`"]);
}

#[test]
fn functions_of_the_page_are_components() {
    check(
        "export const F = ({n, children}) => <b title={n}>{children}</b>\nexport const o = {G: () => 'g', tag: 'u'}\n\n\
         <F n={1}>*x*</F>\n\n<o.G/> {F({children: 2})}\n\n<o.tag>y</o.tag>",
        "<b title=\"1\"><em>x</em></b>\ng\n<b>2</b>\n<u>y</u>",
    );
    check(
        "export default ({children}) => <main>{children}</main>\n\na",
        "<main><p>a</p></main>".replace("</p>", "</p>\n").as_str(),
    );
    check("x {frontmatter.title}{null}{true}{[1, 'a']}", "<p>x Page1a</p>");
    check("<div dangerouslySetInnerHTML={{__html: '<i>'}}/>", "<div><i></div>");
}

#[test]
fn values_that_cannot_be_shown_are_errors() {
    check_errors("{({a: 1})}", &["not-text: an object cannot be shown as text"]);
    check_errors("export const A = 1\n\n<A/>", &["not-a-component: `A` is a number, not a component"]);
    check_errors("export const a = {}\n\n<a.B/>", &["not-a-component: `a.B` is undefined, not a component"]);
    check_errors("<A {...5}/>", &["bad-spread: a number cannot be spread into attributes"]);
    check_errors("<A b={c}/>", &["unknown-name: the name `c` is not known here"]);
}

#[test]
fn raw_html_of_markdown_stays() {
    let (rendered, problems) = render_page("<b>*a*</b>\n\n<div>\n<Card/>", &Options::site(Syntax::Markdown));
    assert_eq!(problems, []);
    assert_eq!(rendered.html, "<p><b><em>a</em></b></p>\n<div>\n<Card/>\n");
}

#[test]
fn recursion_ends_with_an_error_and_on_a_small_stack() {
    let run = |text: String| {
        let thread = std::thread::Builder::new().stack_size(2 << 20).spawn(move || {
            let (_, problems) = render_page(&text, &Options::site(Syntax::Mdx));
            problems.first().map(|problem| problem.code.clone())
        });
        thread.expect("a thread").join().expect("no overflow")
    };
    let nested = |count: usize| "<Card>\n".repeat(count) + &"</Card>\n".repeat(count);
    assert_eq!(run(nested(190)), None);
    assert_eq!(run(nested(300)).as_deref(), Some("nesting-too-deep"));
    assert_eq!(run("> ".repeat(190) + "a"), None);
    assert!(run("export const F = () => <F/>\n\n<F/>".to_owned()).is_some());
    assert!(run("export const F = (p) => <b><F/></b>\n\n<F/>".to_owned()).is_some());
    assert_eq!(run("<Twice>\n".repeat(60) + "a\n" + &"</Twice>\n".repeat(60)).as_deref(), Some("page-too-large"));
    let values = "export const a = x => x > 0 ? <Card>{a(x - 1)}</Card> : 1\n\n{a(50)}";
    assert_eq!(run(values.to_owned()), None);
}
