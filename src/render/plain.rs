//! `rivage render --plain`: a file's HTML as the reference compiler would print it.
//!
//! In: the text of one file. Out: HTML without highlighting, heading ids or anything of the site; components and imports are
//! generic elements (`<x-name …>`). Deliberately not here: other files: nothing is read.

use rivage_diag::{Diagnostic, FileId};
use rivage_syntax::ast::Syntax;
use rivage_syntax::expr::Value;
use rivage_syntax::{data, front_matter, markdown};

use super::html::host::{At, Binding, Code, ComponentCall, Host, ImageTarget, LinkTarget, Treatment};
use super::html::{self, push_attribute, push_text};
use crate::parse::normalize;

/// Renders a file; no HTML where something is wrong with it.
pub fn render_plain(file: &FileId, text: &str, syntax: Syntax) -> (Option<String>, Vec<Diagnostic>) {
    let (text, mut diagnostics) = normalize(file, text.as_bytes());
    let (fence, problems) = front_matter::split(file, &text);
    diagnostics.extend(problems);
    let front_matter = fence.language.map_or(Value::Undefined, |language| {
        let format = match language {
            front_matter::Language::Yaml => data::Format::Yaml,
            front_matter::Language::Toml => data::Format::Toml,
        };
        let (data, problems) = data::parse(file, &text, fence.content, format);
        diagnostics.extend(problems);
        Value::from_data(&data)
    });
    let (html, problems) = render_body(file, &text, fence.body_start, &markdown::Options::plain(syntax), front_matter);
    diagnostics.extend(problems);
    rivage_diag::sort(&mut diagnostics);
    let is_good = !diagnostics.iter().any(Diagnostic::is_error);
    (is_good.then_some(html), diagnostics)
}

/// Renders what starts at byte `body_start` of a text, whatever is wrong with it.
pub fn render_body(
    file: &FileId,
    text: &str,
    body_start: usize,
    options: &markdown::Options,
    front_matter: Value,
) -> (String, Vec<Diagnostic>) {
    let (tree, diagnostics) = markdown::parse(file, text, body_start, options);
    let mut host = PlainHost { front_matter, diagnostics };
    let settings = html::Settings { plain: true, labels: html::Labels::default(), taken_ids: Vec::new() };
    let (rendered, _) = html::render(file, &tree, &settings, &mut host);
    (rendered.html, host.diagnostics)
}

/// A site that has nothing.
struct PlainHost {
    front_matter: Value,
    diagnostics: Vec<Diagnostic>,
}

impl Host for PlainHost {
    fn link(&mut self, url: &str, _at: At<'_>) -> LinkTarget {
        LinkTarget { href: url.to_owned(), attributes: Vec::new() }
    }

    fn image(&mut self, url: &str, _at: At<'_>) -> ImageTarget {
        ImageTarget { src: url.to_owned(), size: None, picture: None }
    }

    fn is_first_image(&mut self) -> bool {
        false
    }

    fn code(&mut self, code: Code<'_>, _at: At<'_>, out: &mut String) {
        out.push_str("<pre><code");
        if let Some(lang) = code.lang {
            push_attribute("class", &format!("language-{lang}"), out);
        }
        out.push('>');
        push_text(code.value, out);
        if !code.value.is_empty() {
            out.push('\n');
        }
        out.push_str("</code></pre>");
    }

    fn math(&mut self, tex: &str, display: bool, _at: At<'_>, out: &mut String) {
        let (open, close) = if display {
            ("<pre><code class=\"language-math math-display\">", "</code></pre>")
        } else {
            ("<code class=\"language-math math-inline\">", "</code>")
        };
        out.push_str(open);
        push_text(tex, out);
        out.push_str(close);
    }

    fn treatment(&mut self, _name: &str, _at: At<'_>) -> Treatment {
        Treatment::Element
    }

    fn component(&mut self, call: &ComponentCall, out: &mut String) {
        // No component has a template here, so this is never asked.
        out.push_str(&call.body);
    }

    fn import(&mut self, _source: &str, _imported: &str, local: &str, _at: At<'_>) -> Binding {
        Binding::Component(local.to_owned())
    }

    fn global(&mut self, name: &str) -> Option<Value> {
        (name == "frontmatter").then(|| match &self.front_matter {
            Value::Undefined | Value::Null => Value::object(rivage_syntax::expr::Object::new()),
            value => value.clone(),
        })
    }

    fn report(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }
}
