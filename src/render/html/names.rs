//! What is known in a page, for other forms of it than HTML: its Markdown twin.
//!
//! In: expressions and tags of the page's tree, after [`super::render`] has written it. Out: the text of values, the trees of
//! partials. Deliberately not here: reports: whatever is wrong has been reported while the page was written.

use std::sync::Arc;

use rivage_diag::FileId;
use rivage_syntax::ast::{AttributeValue, Element, Node};
use rivage_syntax::expr::{Child, Expr, JsxValue, Object, Value};

use super::element::MAX_PARTIALS;
use super::host::Binding;
use super::ids::Ids;
use super::scope::FileScope;
use super::{Host, escape};

/// The names of a page and of the partials that were entered.
pub struct Names {
    /// The page's own first.
    scopes: Vec<FileScope>,
    partials: usize,
}

impl Names {
    pub(super) fn new(page: FileScope) -> Self {
        Self { scopes: vec![page], partials: 0 }
    }

    /// Returns the file that expressions and links stand in.
    pub fn file(&self) -> Option<&FileId> {
        self.scopes.last().map(|scope| &scope.file)
    }

    /// Returns the text of an expression: elements are what they say, a line each where they are blocks.
    pub fn text(&mut self, expr: &Expr, host: &mut dyn Host) -> Option<String> {
        let value = self.scopes.last_mut()?.eval(expr, host).ok()?;
        let mut text = String::new();
        push_text(&value, &mut text);
        let text = text.trim();
        (!text.is_empty()).then(|| text.to_owned())
    }

    /// Goes into the partial that a tag stands for, and returns its tree.
    pub fn enter(&mut self, element: &Element, host: &mut dyn Host) -> Option<Arc<Node>> {
        let scope = self.scopes.last_mut()?;
        let Some(Binding::Partial(partial)) = scope.imports.get(element.name.as_deref()?) else { return None };
        let partial = partial.clone();
        let mut props = Object::new();
        for attribute in &element.attributes {
            let value = match &attribute.value {
                AttributeValue::True => Value::Bool(true),
                AttributeValue::String(text) => Value::string(text.as_str()),
                AttributeValue::Expression(expr) => scope.eval(expr, host).unwrap_or(Value::Undefined),
            };
            match (&attribute.name, value) {
                (Some(name), value) => {
                    props.insert(name.clone(), value);
                }
                (None, Value::Object(object)) => {
                    props.extend(object.iter().map(|(name, value)| (name.clone(), value.clone())));
                }
                (None, _) => {}
            }
        }
        self.partials += 1;
        if self.partials > MAX_PARTIALS || self.scopes.iter().any(|scope| scope.file == partial.file) {
            return None;
        }
        let (scope, _) = FileScope::new(&partial.file, &partial.tree, host, &mut Ids::default());
        self.scopes.push(scope.with_partial(Value::object(props), partial.front_matter.clone()));
        Some(partial.tree)
    }

    /// Goes back to where the last partial was entered.
    pub fn leave(&mut self) {
        if self.scopes.len() > 1 {
            self.scopes.pop();
        }
    }
}

/// Appends the text of a value. Values are never deeper than the evaluator allows, so neither is this.
fn push_text(value: &Value, out: &mut String) {
    let mut parts = Vec::new();
    if value.children(&mut |part| parts.push(part)).is_err() {
        return;
    }
    for part in parts {
        match part {
            Child::Text(text) => out.push_str(&text),
            Child::Html(html) => out.push_str(&escape::text_of(html)),
            Child::Jsx(jsx) => push_element(jsx, out),
        }
    }
}

fn push_element(jsx: &JsxValue, out: &mut String) {
    let name = jsx.name.as_deref().unwrap_or_default();
    let end = match name {
        "br" | "p" | "div" | "li" | "tr" | "dt" | "dd" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => "\n",
        "td" | "th" => " ",
        _ => "",
    };
    let start = out.len();
    if jsx.children.is_empty() {
        let said = ["children", "title", "label", "text"].into_iter().find_map(|name| jsx.props.get(name));
        if let Some(said) = said {
            push_text(said, out);
        }
    }
    for child in &jsx.children {
        push_text(child, out);
    }
    if out.len() > start || name == "br" {
        out.push_str(end);
    }
}
