//! CommonMark 0.31.2 and the extensions of GitHub Flavored Markdown: all examples of the specifications, for `.md` files.
//!
//! The examples lie in `tests/spec/`, which has its own licence. HTML is compared but for what means the same: quotes in text,
//! `<br>` and `<br />`, order of the attributes of check boxes, how cells are aligned.

use std::collections::BTreeMap;

use rivage::render::plain::render_body;
use rivage_diag::FileId;
use rivage_syntax::ast::Syntax;
use rivage_syntax::expr::Value;
use rivage_syntax::markdown::Options;

#[derive(serde::Deserialize)]
struct Example {
    example: u32,
    section: String,
    markdown: String,
    html: String,
}

/// Examples of CommonMark that we render differently, and why.
const COMMONMARK_EXCEPTIONS: &[(u32, &str)] = &[];

/// Examples of GFM that we render differently, and why.
const GFM_EXCEPTIONS: &[(u32, &str)] = &[
    (612, "`ftp://` is no link: so do GitHub today, remark-gfm and the reference compiler"),
    (637, "raw HTML of a site is its author's own: no tag is disallowed"),
];

#[test]
fn commonmark() {
    let examples = include_str!("spec/commonmark-0.31.2.json");
    let options = Options { gfm: false, ..Options::plain(Syntax::Markdown) };
    check(examples, 652, &options, COMMONMARK_EXCEPTIONS);
}

#[test]
fn github_flavored_markdown() {
    let examples = include_str!("spec/gfm-0.29.json");
    check(examples, 24, &Options::plain(Syntax::Markdown), GFM_EXCEPTIONS);
}

fn check(examples: &str, count: usize, options: &Options, exceptions: &[(u32, &str)]) {
    let examples: Vec<Example> = serde_json::from_str(examples).expect("a list of examples");
    assert_eq!(examples.len(), count);
    let mut unused: BTreeMap<u32, &str> = exceptions.iter().copied().collect();
    let mut wrong = Vec::new();
    for Example { example, section, markdown, html } in &examples {
        let (found, problems) = render_body(&FileId::from("page.md"), markdown, 0, options, Value::Undefined);
        assert_eq!(problems, [], "example {example}");
        let is_equal = normalize(&found) == normalize(html);
        let is_exception = unused.remove(example).is_some();
        if is_equal == is_exception {
            wrong.push(format!("{example} ({section})\n{markdown}\nexpected {html}\nfound    {found}"));
        }
    }
    assert!(wrong.is_empty(), "{} examples are not as expected:\n\n{}", wrong.len(), wrong.join("\n"));
    assert!(unused.is_empty(), "no such examples: {unused:?}");
}

/// Makes HTML that means the same the same.
fn normalize(html: &str) -> String {
    let mut html = html.replace(" />", ">").replace("&quot;", "\"");
    for (from, to) in [
        ("<input checked=\"\" disabled=\"\" type=\"checkbox\">", "<input type=\"checkbox\" disabled checked>"),
        ("<input disabled=\"\" type=\"checkbox\">", "<input type=\"checkbox\" disabled>"),
        ("<ul class=\"contains-task-list\">", "<ul>"),
        ("<li class=\"task-list-item\">", "<li>"),
        (" style=\"text-align:left\"", " align=\"left\""),
        (" style=\"text-align:center\"", " align=\"center\""),
        (" style=\"text-align:right\"", " align=\"right\""),
    ] {
        html = html.replace(from, to);
    }
    html.trim_end().to_owned()
}
