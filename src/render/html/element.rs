//! JSX: expressions, HTML elements, components, partials, functions of the page.
//!
//! In: elements among Markdown (whose attributes are evaluated here) and elements that expressions made. Out: HTML.
//! Deliberately not here: what a component makes of its children ([`Host::component`]).

use indexmap::IndexMap;
use rivage_diag::{FileId, Span};
use rivage_syntax::ast::{AttributeValue, Element, Node, is_component_name, is_void_element};
use rivage_syntax::expr::{Child, Expr, ExprKind, JsxValue, Object, Value};

use super::escape::{escape_text, push_attribute, push_text, text_of};
use super::host::{At, Binding, CodeBlock, ComponentCall, Item, Partial, Prop, Treatment};
use super::scope::FileScope;
use super::writer::Writer;
use super::{attributes, diagnostics};

/// How many partials a page may use, in all; in its other forms as well.
pub(super) const MAX_PARTIALS: usize = 2_000;

/// The component that alerts and directives are shown by.
const CALLOUT: &str = "Callout";
/// Directives that are a kind of callout; others are components of their own name.
const CALLOUT_KINDS: [&str; 8] = ["note", "tip", "important", "warning", "caution", "danger", "info", "success"];

/// What a component wants to know of its direct children, besides their HTML.
#[derive(Debug, Default)]
pub(super) struct Gather {
    pub(super) items: Vec<Item>,
    pub(super) code: Vec<CodeBlock>,
    pub(super) slots: IndexMap<String, String>,
}

type Props = IndexMap<String, Prop>;

/// A tag, wherever it comes from.
struct Tag {
    file: FileId,
    span: Span,
    name_span: Span,
    inline: bool,
}

/// What stands between a tag and its closing tag.
#[derive(Clone, Copy)]
enum Children<'c> {
    Nodes(&'c [Node]),
    Values(&'c [Value]),
}

impl Children<'_> {
    fn is_empty(self) -> bool {
        match self {
            Self::Nodes(nodes) => nodes.is_empty(),
            Self::Values(values) => values.is_empty(),
        }
    }
}

/// What a tag's name stands for.
enum Target {
    /// An HTML element.
    Html(String),
    /// A component by its own name.
    Component(String),
    Function(Value),
    Partial(Partial),
    /// Nothing that could be shown; reported already.
    Nothing,
}

impl Writer<'_> {
    /// Writes the value of an expression.
    pub(super) fn expression(&mut self, expr: &Expr, out: &mut String, gather: Option<&mut Gather>) {
        if expr.kind == ExprKind::Empty {
            return;
        }
        match self.scope.eval(expr, self.host) {
            Ok(value) => self.value(&value, expr.span, out, gather),
            Err(problem) => self.report_left_out(*problem),
        }
    }

    /// Writes a value as a child.
    fn value(&mut self, value: &Value, span: Span, out: &mut String, mut gather: Option<&mut Gather>) {
        let mut parts = Vec::new();
        if let Err(what) = value.children(&mut |part| parts.push(part)) {
            let file = self.scope.file.clone();
            self.report_left_out(diagnostics::not_a_child(&file, span, what));
        }
        for part in parts {
            match part {
                Child::Text(text) => push_text(&text, out),
                Child::Html(html) => out.push_str(html),
                Child::Jsx(jsx) => self.jsx(jsx, out, gather.as_deref_mut()),
            }
        }
    }

    fn jsx(&mut self, jsx: &JsxValue, out: &mut String, gather: Option<&mut Gather>) {
        let spans = jsx.prop_spans.iter().copied().chain(std::iter::repeat(jsx.span));
        let props = jsx.props.iter().zip(spans);
        let props = props.map(|((name, value), span)| (name.clone(), Prop { value: value.clone(), span })).collect();
        let tag = Tag { file: jsx.file.clone(), span: jsx.span, name_span: jsx.name_span, inline: true };
        let target = match jsx.name.as_deref() {
            None => None,
            Some(name) if !is_component_name(name) => Some(Target::Html(name.to_owned())),
            // The evaluator has resolved the name; only partials are unknown to it.
            Some(name) => match self.scope.imports.get(name) {
                Some(Binding::Partial(partial)) => Some(Target::Partial(partial.clone())),
                _ => Some(Target::Component(name.to_owned())),
            },
        };
        self.element(&tag, target, props, Children::Values(&jsx.children), out, gather);
    }

    pub(super) fn element_node(
        &mut self,
        node: &Node,
        element: &Element,
        out: &mut String,
        gather: Option<&mut Gather>,
    ) {
        let file = self.scope.file.clone();
        let tag = Tag { file, span: node.span, name_span: element.name_span, inline: element.inline };
        let target = element.name.as_deref().map(|name| self.resolve(name, element.name_span));
        let props = self.props(element);
        self.element(&tag, target, props, Children::Nodes(&node.children), out, gather);
    }

    /// Finds out what a tag among Markdown stands for.
    fn resolve(&mut self, name: &str, span: Span) -> Target {
        if !is_component_name(name) {
            return Target::Html(name.to_owned());
        }
        let mut parts = name.split('.');
        let root = parts.next().unwrap_or_default();
        if let Some(Binding::Partial(partial)) = self.scope.imports.get(name) {
            return Target::Partial(partial.clone());
        }
        if let Some(Binding::Missing) = self.scope.imports.get(root) {
            return Target::Nothing;
        }
        let mut value = match self.scope.lookup(root, self.host) {
            Ok(Some(value)) => value,
            Ok(None) => return Target::Component(name.to_owned()),
            Err(problem) => {
                self.report_left_out(*problem);
                return Target::Nothing;
            }
        };
        for part in parts {
            value = match &value {
                Value::Component(component) => Value::Component(format!("{component}.{part}").into()),
                Value::Object(object) => object.get(part).cloned().unwrap_or(Value::Undefined),
                _ => Value::Undefined,
            };
        }
        match value {
            Value::Function(_) => Target::Function(value),
            Value::Component(component) => Target::Component(component.as_ref().to_owned()),
            Value::String(tag) => Target::Html(tag.as_ref().to_owned()),
            other => {
                let file = self.scope.file.clone();
                self.report_left_out(diagnostics::not_a_component(&file, span, name, other.type_name()));
                Target::Nothing
            }
        }
    }

    /// Evaluates the attributes of a tag among Markdown: the last of a name wins.
    fn props(&mut self, element: &Element) -> Props {
        let mut props = Props::with_capacity(element.attributes.len());
        for attribute in &element.attributes {
            let value = match &attribute.value {
                AttributeValue::True => Value::Bool(true),
                AttributeValue::String(text) => Value::string(text.as_str()),
                AttributeValue::Expression(expr) => match self.scope.eval(expr, self.host) {
                    Ok(value) => value,
                    Err(problem) => {
                        self.report_left_out(*problem);
                        continue;
                    }
                },
            };
            let span = attribute.span;
            match (&attribute.name, value) {
                (Some(name), value) => {
                    props.insert(name.clone(), Prop { value, span });
                }
                (None, Value::Object(object)) => {
                    for (name, value) in object.iter() {
                        props.insert(name.clone(), Prop { value: value.clone(), span });
                    }
                }
                (None, Value::Undefined | Value::Null | Value::Bool(_) | Value::Component(_)) => {}
                (None, other) => {
                    let file = self.scope.file.clone();
                    self.report_left_out(diagnostics::spread_of(&file, span, other.type_name()));
                }
            }
        }
        props
    }

    fn element(
        &mut self,
        tag: &Tag,
        target: Option<Target>,
        mut props: Props,
        children: Children<'_>,
        out: &mut String,
        gather: Option<&mut Gather>,
    ) {
        props.shift_remove("key");
        let given = props.shift_remove("children");
        let given = given.map(|prop| [prop.value]);
        let children = match &given {
            Some(given) if children.is_empty() => Children::Values(given),
            _ => children,
        };
        let Some(gather) = gather else {
            return self.deeper(tag.span, out, |writer, out| {
                writer.target(tag, target, props, children, out, None);
            });
        };
        let slot = props.shift_remove("slot").and_then(|prop| match prop.value {
            Value::String(name) => Some(name.as_ref().to_owned()),
            _ => None,
        });
        match slot {
            None => self.deeper(tag.span, out, |writer, out| {
                writer.target(tag, target, props, children, out, Some(gather));
            }),
            Some(slot) => {
                // Several children with one slot stand there one after the other.
                let mut html = gather.slots.get_mut(&slot).map(std::mem::take).unwrap_or_default();
                self.deeper(tag.span, &mut html, |writer, html| {
                    writer.target(tag, target, props, children, html, Some(gather));
                });
                gather.slots.insert(slot, html);
            }
        }
    }

    fn target(
        &mut self,
        tag: &Tag,
        target: Option<Target>,
        props: Props,
        children: Children<'_>,
        out: &mut String,
        gather: Option<&mut Gather>,
    ) {
        match target {
            None => self.children(children, tag.span, out, gather),
            Some(Target::Nothing) => self.children(children, tag.span, out, None),
            Some(Target::Html(name)) => self.html_element(tag, &name, &props, children, out),
            Some(Target::Component(name)) => self.component(tag, name, props, children, out, gather),
            Some(Target::Function(function)) => self.function(tag, &function, props, children, out, gather),
            Some(Target::Partial(partial)) => self.partial(tag, &partial, props, children, out),
        }
    }

    fn children(&mut self, children: Children<'_>, span: Span, out: &mut String, mut gather: Option<&mut Gather>) {
        match children {
            Children::Nodes(nodes) => {
                for node in nodes {
                    self.node(node, out, gather.as_deref_mut());
                }
            }
            Children::Values(values) => {
                for value in values {
                    self.value(value, span, out, gather.as_deref_mut());
                }
            }
        }
    }

    fn html_element(&mut self, tag: &Tag, name: &str, props: &Props, children: Children<'_>, out: &mut String) {
        out.push('<');
        out.push_str(name);
        let mut inner = None;
        for (prop_name, prop) in props {
            if prop_name == "dangerouslySetInnerHTML" {
                if let Value::Object(object) = &prop.value {
                    inner = object.get("__html").cloned();
                }
                continue;
            }
            let attribute = attributes::html_name(prop_name);
            let Some(text) = attributes::text(attribute, &prop.value, true) else { continue };
            if !self.settings.plain && self.resolve_url(tag, name, attribute, &text, prop.span, props, out) {
                continue;
            }
            if attribute == "id" {
                self.ids.order.push(text.clone().into_owned());
            }
            push_attribute(attribute, &text, out);
        }
        out.push('>');
        if is_void_element(name) {
            return;
        }
        match inner {
            Some(Value::String(html) | Value::Html(html)) => out.push_str(&html),
            Some(_) | None => self.children(children, tag.span, out, None),
        }
        out.push_str("</");
        out.push_str(name);
        out.push('>');
    }

    /// Writes the attribute of a link or image of JSX, which is resolved as Markdown's are. Reports whether it was one.
    #[expect(clippy::too_many_arguments, reason = "a step of its only caller")]
    fn resolve_url(
        &mut self,
        tag: &Tag,
        name: &str,
        attribute: &str,
        url: &str,
        span: Span,
        props: &Props,
        out: &mut String,
    ) -> bool {
        let at = At { file: &tag.file, span };
        match (name, attribute) {
            ("a", "href") => {
                let target = self.host.link(url, at);
                push_attribute("href", &target.href, out);
                for (name, value) in target.attributes.iter().filter(|(name, _)| !props.contains_key(*name)) {
                    push_attribute(name, value, out);
                }
                true
            }
            ("img", "src") => {
                let target = self.host.image_file(url, at);
                push_attribute("src", &target.src, out);
                let is_sized = ["width", "height", "style"].iter().any(|name| props.contains_key(*name));
                if let (Some((width, height)), false) = (target.size, is_sized) {
                    push_attribute("width", &width.to_string(), out);
                    push_attribute("height", &height.to_string(), out);
                }
                if !props.contains_key("loading") {
                    self.loading().write(out);
                }
                true
            }
            _ => false,
        }
    }

    fn component(
        &mut self,
        tag: &Tag,
        name: String,
        props: Props,
        children: Children<'_>,
        out: &mut String,
        gather: Option<&mut Gather>,
    ) {
        if !self.settings.plain && name == "Fragment" {
            return self.children(children, tag.span, out, gather);
        }
        match self.host.treatment(&name, At { file: &tag.file, span: tag.name_span }) {
            Treatment::Children => self.children(children, tag.span, out, gather),
            Treatment::Element => {
                let texts = props
                    .iter()
                    .filter_map(|(name, prop)| Some((name.as_str(), attributes::text(name, &prop.value, false)?)));
                let element = open_generic(&name, texts, out);
                self.children(children, tag.span, out, None);
                close_generic(&element, out);
            }
            Treatment::Template => {
                let props = self.rendered_props(props);
                let mut inner = Gather::default();
                let mut body = String::new();
                self.children(children, tag.span, &mut body, Some(&mut inner));
                if self.stopped {
                    return;
                }
                let call = ComponentCall {
                    name,
                    props,
                    body,
                    slots: inner.slots,
                    items: inner.items,
                    code: inner.code,
                    file: tag.file.clone(),
                    span: tag.span,
                    name_span: tag.name_span,
                    inline: tag.inline,
                };
                self.host.component(&call, out);
                if let Some(gather) = gather {
                    gather.items.push(Item {
                        text: text_of(&call.body).trim().to_owned(),
                        name: call.name,
                        props: call.props,
                        body: call.body,
                        slots: call.slots,
                        code: call.code,
                        span: call.span,
                    });
                }
            }
        }
    }

    /// Renders the elements among props.
    fn rendered_props(&mut self, mut props: Props) -> Props {
        for prop in props.values_mut() {
            if let Some(html) = self.rendered(&prop.value, prop.span) {
                prop.value = html;
            }
        }
        props
    }

    fn rendered(&mut self, value: &Value, span: Span) -> Option<Value> {
        match value {
            Value::Jsx(_) => {
                let mut html = String::new();
                self.value(value, span, &mut html, None);
                Some(Value::Html(html.into()))
            }
            Value::Array(items) if items.iter().any(|item| matches!(item, Value::Jsx(_))) => {
                let items = items.iter().map(|item| self.rendered(item, span).unwrap_or_else(|| item.clone()));
                Some(Value::array(items.collect()))
            }
            _ => None,
        }
    }

    /// Returns props as an object, children among them.
    fn props_object(&mut self, props: Props, children: Children<'_>, span: Span) -> Value {
        let mut object: Object = props.into_iter().map(|(name, prop)| (name, prop.value)).collect();
        if !children.is_empty() {
            let mut html = String::new();
            self.children(children, span, &mut html, None);
            object.insert("children".to_owned(), Value::Html(html.into()));
        }
        Value::object(object)
    }

    fn function(
        &mut self,
        tag: &Tag,
        function: &Value,
        props: Props,
        children: Children<'_>,
        out: &mut String,
        gather: Option<&mut Gather>,
    ) {
        let props = self.props_object(props, children, tag.span);
        let body = match &props {
            Value::Object(props) => props.get("children").cloned(),
            _ => None,
        };
        match self.scope.call(function, props, tag.span, self.host) {
            Ok(value) => self.value(&value, tag.span, out, gather),
            Err(problem) => {
                self.report_left_out(*problem);
                // What it was to stand around is shown without it.
                if let Some(Value::Html(body)) = body {
                    out.push_str(&body);
                }
            }
        }
    }

    fn partial(&mut self, tag: &Tag, partial: &Partial, props: Props, children: Children<'_>, out: &mut String) {
        if self.chain.contains(&partial.file) {
            let problem = diagnostics::partial_includes_itself(&tag.file, tag.name_span, &self.chain, &partial.file);
            return self.host.report(problem);
        }
        self.partials += 1;
        if self.partials > MAX_PARTIALS {
            if self.partials == MAX_PARTIALS + 1 {
                self.report(diagnostics::too_many_partials(&tag.file, tag.name_span, MAX_PARTIALS));
            }
            return;
        }
        let props = self.props_object(props, children, tag.span);
        let (scope, problems) = FileScope::new(&partial.file, &partial.tree, self.host, &mut self.ids);
        let outer = std::mem::replace(&mut self.scope, scope.with_partial(props, partial.front_matter.clone()));
        self.chain.push(partial.file.clone());
        for problem in problems {
            self.report(problem);
        }
        self.file(&partial.tree, out);
        self.chain.pop();
        self.scope = outer;
    }

    /// Writes a whole file, in the layout that it exports, if it does.
    pub(super) fn file(&mut self, tree: &Node, out: &mut String) {
        let module = self.scope.layout_expr();
        let Some(expr) = module.as_deref().and_then(|module| module.default.as_ref()) else {
            self.blocks(&tree.children, out);
            return self.finish_footnotes();
        };
        let mut body = String::new();
        self.blocks(&tree.children, &mut body);
        self.finish_footnotes();
        let tag = Tag { file: self.scope.file.clone(), span: expr.span, name_span: expr.span, inline: false };
        let target = match self.scope.eval(expr, self.host) {
            Ok(value @ Value::Function(_)) => Target::Function(value),
            Ok(Value::Component(name)) => Target::Component(name.as_ref().to_owned()),
            // Front matter and settings choose the layout; a default export of anything else has no meaning here.
            Ok(_) => return out.push_str(&body),
            Err(problem) => {
                self.report_left_out(*problem);
                return out.push_str(&body);
            }
        };
        let body = [Value::Html(body.into())];
        self.element(&tag, Some(target), Props::new(), Children::Values(&body), out, None);
    }

    /// Writes an alert or directive: a callout, or the component of its name.
    pub(super) fn callout(
        &mut self,
        name: &str,
        label: Option<&Node>,
        attributes: &[(String, String)],
        span: Span,
        children: &[Node],
        out: &mut String,
    ) {
        let prop = |value: &str| Prop { value: Value::string(value), span };
        let mut props = Props::new();
        let component = if CALLOUT_KINDS.contains(&name) {
            props.insert("kind".to_owned(), prop(name));
            CALLOUT.to_owned()
        } else {
            pascal_case(name)
        };
        let mut title = String::new();
        if let Some(label) = label {
            self.nodes(&label.children, &mut title);
            props.insert("title".to_owned(), prop(&text_of(&title)));
        }
        for (key, value) in attributes {
            props.insert(key.clone(), prop(value));
        }
        let file = self.scope.file.clone();
        // The name follows the colons or `[!`.
        let name_span = Span::new(span.start as usize, (span.start as usize + 3 + name.len()).min(span.end as usize));
        let treatment = self.host.treatment(&component, At { file: &file, span: name_span });
        if treatment != Treatment::Template {
            let is_element = treatment == Treatment::Element;
            let texts = props
                .iter()
                .filter_map(|(name, prop)| Some((name.as_str(), attributes::text(name, &prop.value, false)?)));
            let element = is_element.then(|| open_generic(&component, texts, out));
            self.nodes(children, out);
            if let Some(element) = element {
                close_generic(&element, out);
            }
            return;
        }
        let mut inner = Gather::default();
        let mut body = String::new();
        self.children(Children::Nodes(children), span, &mut body, Some(&mut inner));
        // A title with markup can be had as HTML, too.
        if title.contains('<') {
            inner.slots.entry("title".to_owned()).or_insert(title);
        }
        let call = ComponentCall {
            name: component,
            props,
            body,
            slots: inner.slots,
            items: inner.items,
            code: inner.code,
            file,
            span,
            name_span,
            inline: false,
        };
        self.host.component(&call, out);
    }
}

/// Writes `<x-name …>` and returns its name.
fn open_generic<'p>(
    name: &str,
    attributes: impl Iterator<Item = (&'p str, std::borrow::Cow<'p, str>)>,
    out: &mut String,
) -> String {
    let element = format!("x-{}", escape_text(&name.to_lowercase().replace('.', "-")));
    out.push('<');
    out.push_str(&element);
    for (name, text) in attributes {
        push_attribute(name, &text, out);
    }
    out.push('>');
    element
}

fn close_generic(element: &str, out: &mut String) {
    out.push_str("</");
    out.push_str(element);
    out.push('>');
}

/// `file-tree` → `FileTree`
fn pascal_case(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for part in name.split(['-', '_']) {
        let mut characters = part.chars();
        out.extend(characters.next().into_iter().flat_map(char::to_uppercase));
        out.push_str(characters.as_str());
    }
    out
}
