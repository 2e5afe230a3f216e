//! The parser's tree → ours.
//!
//! In: satteri's document, whose offsets count from the body's start. Out: [`Node`]s whose spans count from the file's start,
//! references resolved, expressions and tags read. Deliberately not here: the parser's own errors ([`super::errors`]).

use std::borrow::Cow;
use std::sync::Arc;

use rustc_hash::FxHashMap;
use satteri_arena::{Arena, Mdast, StringRef};
use satteri_ast::mdast::{self, MdastNodeType};

use super::arena::{Item, Tree};
use super::container::{self, Container};
use super::tag::{self, Tag};
use super::{Options, diagnostics};
use crate::ast::{AlertKind, Align, Attribute, AttributeValue, Element, Node, NodeKind, Syntax};
use crate::expr::{parse_expression, parse_module, parse_spread};
use crate::{Diagnostic, FileId, Span};

/// How many nodes may be nested.
pub(super) const MAX_DEPTH: usize = 200;

/// How many cells of tables may be missing: each is filled in, so that a page of n rows with n columns would have n² of them.
const MAX_MISSING_CELLS: usize = 500_000;

/// What the conversion needs to know and what it finds out.
pub(super) struct Converter<'a> {
    file: &'a FileId,
    /// The body.
    source: &'a str,
    /// Where the body starts in the file.
    start: usize,
    options: &'a Options,
    tree: Tree<'a>,
    definitions: FxHashMap<&'a str, Definition<'a>>,
    too_deep: bool,
    /// How many cells the rows of tables lack.
    missing_cells: usize,
    /// What is around the node that is converted.
    containers: Vec<Container>,
    /// What is wrong with expressions, and how deep the tree is.
    pub(super) diagnostics: Vec<Diagnostic>,
    /// Tags that do not end where the block or emphasis does that they stand in.
    pub(super) crossings: Vec<Diagnostic>,
}

#[derive(Clone, Copy)]
struct Definition<'a> {
    url: &'a str,
    title: Option<&'a str>,
}

impl<'a> Converter<'a> {
    pub(super) fn new(
        file: &'a FileId,
        source: &'a str,
        start: usize,
        options: &'a Options,
        arena: &'a Arena<Mdast>,
    ) -> Self {
        let tree = Tree::new(arena);
        let mut definitions = FxHashMap::default();
        for item in tree.all(MdastNodeType::Definition) {
            let data = mdast::decode_definition_data(item.data);
            let title = tree.text(item.id, data.title);
            let url = tree.text(item.id, data.url);
            let definition = Definition { url, title: (!title.is_empty()).then_some(title) };
            // The first of a label wins.
            definitions.entry(tree.text(item.id, data.identifier)).or_insert(definition);
        }
        Self {
            file,
            source,
            start,
            options,
            tree,
            definitions,
            too_deep: false,
            missing_cells: 0,
            containers: Vec::new(),
            diagnostics: Vec::new(),
            crossings: Vec::new(),
        }
    }

    /// Converts the whole document.
    pub(super) fn root(&mut self) -> Node {
        let span = Span::new(self.start, self.start + self.source.len());
        Node { kind: NodeKind::Root, span, children: self.children(0, 1) }
    }

    /// Returns the place of the first node that the parser has mixed up with another.
    pub(super) fn broken(&self) -> Option<Span> {
        self.tree.broken().map(|id| self.span(id))
    }

    fn children(&mut self, id: u32, depth: usize) -> Vec<Node> {
        let ids = self.tree.children(id);
        if depth > MAX_DEPTH {
            if let (Some(&first), false) = (ids.first(), self.too_deep) {
                self.too_deep = true;
                self.diagnostics.push(diagnostics::nesting_too_deep(self.file, self.span(first)));
            }
            return Vec::new();
        }
        let mut out: Vec<Node> = Vec::with_capacity(ids.len());
        for &id in ids {
            self.node(id, depth, &mut out);
        }
        out
    }

    fn span(&self, id: u32) -> Span {
        let (start, end) = self.tree.place(id);
        let start = floor(self.source, start);
        Span::new(start, floor(self.source, end).max(start)).shift(self.start)
    }

    /// Returns the source of a span.
    fn raw(&self, span: Span) -> &'a str {
        self.source.get(span.start as usize - self.start..span.end as usize - self.start).unwrap_or_default()
    }

    fn string(&self, of: Item<'_>, at: StringRef) -> String {
        self.tree.text(of.id, at).to_owned()
    }

    fn optional(&self, of: Item<'_>, at: StringRef) -> Option<String> {
        (!at.is_empty()).then(|| self.string(of, at))
    }

    fn node(&mut self, id: u32, depth: usize, out: &mut Vec<Node>) {
        let Some(item) = self.tree.item(id) else { return };
        let data = item.data;
        let span = self.span(id);
        let kind = match item.kind {
            // What has been used up, or is of no concern.
            MdastNodeType::Root
            | MdastNodeType::Definition
            | MdastNodeType::Yaml
            | MdastNodeType::Toml
            | MdastNodeType::Custom => return,
            MdastNodeType::Paragraph if self.is_directive_label(id) => NodeKind::DirectiveLabel,
            MdastNodeType::Paragraph => NodeKind::Paragraph,
            MdastNodeType::Heading => {
                return self.heading(id, mdast::decode_heading_data(data).depth, span, depth, out);
            }
            MdastNodeType::ThematicBreak => NodeKind::ThematicBreak,
            MdastNodeType::Blockquote => return self.block_quote(id, span, depth, out),
            MdastNodeType::List => {
                let list = mdast::decode_list_data(data);
                NodeKind::List { start: list.ordered.then_some(list.start), spread: list.spread }
            }
            MdastNodeType::ListItem => {
                let list_item = mdast::decode_list_item_data(data);
                let checked = match list_item.checked {
                    0 => Some(false),
                    1 => Some(true),
                    _ => None,
                };
                NodeKind::ListItem { checked, spread: list_item.spread }
            }
            MdastNodeType::Html => NodeKind::Html(self.string(item, mdast::decode_string_ref_data(data))),
            MdastNodeType::Code => {
                let code = mdast::decode_code_data(data);
                NodeKind::Code {
                    lang: self.optional(item, code.lang),
                    meta: self.optional(item, code.meta),
                    value: self.string(item, code.value),
                }
            }
            MdastNodeType::Text => {
                let text = self.tree.text(id, mdast::decode_string_ref_data(data));
                return push_text(text, span, out);
            }
            MdastNodeType::Emphasis => NodeKind::Emphasis,
            MdastNodeType::Strong => NodeKind::Strong,
            MdastNodeType::Delete => NodeKind::Delete,
            MdastNodeType::Superscript => NodeKind::Superscript,
            MdastNodeType::Subscript => NodeKind::Subscript,
            MdastNodeType::InlineCode => NodeKind::InlineCode(self.string(item, mdast::decode_string_ref_data(data))),
            MdastNodeType::Break => NodeKind::Break,
            MdastNodeType::Link => {
                let link = mdast::decode_link_data(data);
                let autolink = !self.tree.has_place(id) || !self.raw(span).starts_with('[');
                NodeKind::Link { url: self.string(item, link.url), title: self.optional(item, link.title), autolink }
            }
            MdastNodeType::Image => {
                let image = mdast::decode_image_data(data);
                let kind = NodeKind::Image {
                    url: self.string(item, image.url),
                    alt: self.string(item, image.alt),
                    title: self.optional(item, image.title),
                };
                out.push(Node { kind, span, children: Vec::new() });
                return;
            }
            MdastNodeType::LinkReference => {
                let reference = mdast::decode_reference_data(data);
                match self.definitions.get(self.tree.text(id, reference.identifier)) {
                    Some(definition) => NodeKind::Link {
                        url: definition.url.to_owned(),
                        title: definition.title.map(str::to_owned),
                        autolink: false,
                    },
                    None => return push_text(self.raw(span), span, out),
                }
            }
            MdastNodeType::ImageReference => {
                let reference = mdast::decode_reference_data(data);
                let Some(definition) = self.definitions.get(self.tree.text(id, reference.identifier)) else {
                    return push_text(self.raw(span), span, out);
                };
                let kind = NodeKind::Image {
                    url: definition.url.to_owned(),
                    alt: self.string(item, mdast::decode_image_reference_alt(data)),
                    title: definition.title.map(str::to_owned),
                };
                out.push(Node { kind, span, children: Vec::new() });
                return;
            }
            MdastNodeType::FootnoteReference => {
                NodeKind::FootnoteReference { label: self.string(item, mdast::decode_reference_data(data).identifier) }
            }
            MdastNodeType::FootnoteDefinition => NodeKind::FootnoteDefinition {
                label: self.string(item, mdast::decode_footnote_definition_data(data).identifier),
            },
            MdastNodeType::Table => {
                let align = mdast::decode_table_alignments(data).into_iter().map(|align| match align {
                    mdast::ColumnAlign::None => Align::None,
                    mdast::ColumnAlign::Left => Align::Left,
                    mdast::ColumnAlign::Center => Align::Center,
                    mdast::ColumnAlign::Right => Align::Right,
                });
                NodeKind::Table { align: align.collect() }
            }
            MdastNodeType::TableRow => NodeKind::TableRow,
            MdastNodeType::TableCell => NodeKind::TableCell,
            MdastNodeType::Math => NodeKind::Math(self.string(item, mdast::decode_math_data(data).value)),
            MdastNodeType::InlineMath => NodeKind::InlineMath(self.string(item, mdast::decode_math_data(data).value)),
            MdastNodeType::ContainerDirective => {
                let attributes = (0..mdast::decode_directive_attr_count(data)).map(|index| {
                    let (key, value) = mdast::decode_directive_attr(data, index);
                    (self.string(item, key), self.string(item, value))
                });
                let attributes = attributes.collect();
                NodeKind::Directive { name: self.string(item, mdast::decode_directive_name(data)), attributes }
            }
            // Only containers are directives: too much text looks like the other two, such as `localhost:4321`.
            MdastNodeType::TextDirective => return push_text(self.raw(span), span, out),
            MdastNodeType::LeafDirective => {
                let mut text = Vec::new();
                push_text(self.raw(span), span, &mut text);
                out.push(Node { kind: NodeKind::Paragraph, span, children: text });
                return;
            }
            MdastNodeType::DescriptionList => NodeKind::DescriptionList,
            MdastNodeType::DescriptionTerm => NodeKind::DescriptionTerm,
            MdastNodeType::DescriptionDetails => {
                NodeKind::DescriptionDetails { spread: mdast::decode_description_details_data(data).spread }
            }
            MdastNodeType::MdxJsxFlowElement | MdastNodeType::MdxJsxTextElement => {
                let inline = item.kind == MdastNodeType::MdxJsxTextElement;
                return self.element(item, span, inline, depth, out);
            }
            MdastNodeType::MdxFlowExpression | MdastNodeType::MdxTextExpression => {
                let text = self.tree.text(id, mdast::decode_expression_data(data).value);
                // Without the braces.
                let inner = Span { start: span.start + 1, end: span.end.max(span.start + 2) - 1 };
                let (expr, problems) = parse_expression(self.file, &self.without_phantoms(text), inner);
                self.diagnostics.extend(problems);
                let inline = item.kind == MdastNodeType::MdxTextExpression;
                NodeKind::Expression { expr: Arc::new(expr), inline }
            }
            MdastNodeType::MdxjsEsm => {
                let text = self.tree.text(id, mdast::decode_expression_data(data).value);
                let (module, problems) = parse_module(self.file, text, span);
                self.diagnostics.extend(problems);
                NodeKind::Esm(Arc::new(module))
            }
        };
        let containers = self.containers.len();
        match &kind {
            NodeKind::ListItem { .. } if self.options.syntax == Syntax::Mdx => {
                self.containers.push(container::item(self.source.as_bytes(), span.start as usize - self.start));
            }
            NodeKind::FootnoteDefinition { .. } => self.containers.push(Container::Indent(4)),
            _ => {}
        }
        let mut children = self.children(id, depth + 1);
        self.containers.truncate(containers);
        if let NodeKind::Table { align } = &kind {
            let missing = children.iter().map(|row| align.len().saturating_sub(row.children.len())).sum();
            self.missing_cells = self.missing_cells.saturating_add(missing);
            if self.missing_cells > MAX_MISSING_CELLS {
                self.diagnostics.push(diagnostics::missing_cells(self.file, span));
                children.clear();
            }
        }
        out.push(Node { kind, span, children });
    }

    /// Takes out what the parser writes for the columns that are left of a tab when an expression's lines are moved to the left: they are no
    /// part of the expression.
    fn without_phantoms<'t>(&self, text: &'t str) -> Cow<'t, str> {
        const PHANTOM_SPACE: char = '\u{F002}';
        if text.contains(PHANTOM_SPACE) && !self.source.contains(PHANTOM_SPACE) {
            Cow::Owned(text.replace(PHANTOM_SPACE, ""))
        } else {
            Cow::Borrowed(text)
        }
    }

    fn is_directive_label(&self, id: u32) -> bool {
        self.tree.json(id).is_some_and(|data| data == br#"{"directiveLabel":true}"#)
    }

    fn heading(&mut self, id: u32, level: u8, span: Span, depth: usize, out: &mut Vec<Node>) {
        let mut children = self.children(id, depth + 1);
        let (mut own, mut classes) = (None, Vec::new());
        if self.options.heading_ids {
            if let Some(properties) = self.tree.json(id).and_then(properties) {
                own = properties.get("id").and_then(|id| id.as_str()).map(str::to_owned);
                let names = properties.get("className").and_then(|names| names.as_array());
                classes = names.into_iter().flatten().filter_map(|name| Some(name.as_str()?.to_owned())).collect();
            }
            if own.is_none() && self.options.syntax == Syntax::Mdx {
                own = self.take_comment_id(&mut children).or_else(|| self.take_bracket_id(&mut children));
            }
        }
        let kind = NodeKind::Heading { depth: level, id: own.filter(|id| !id.is_empty()), classes };
        out.push(Node { kind, span, children });
    }

    /// Takes `{/*id*/}` off the end of a heading: the way to write an id that every MDX processor accepts.
    fn take_comment_id(&self, children: &mut Vec<Node>) -> Option<String> {
        let last = children.last()?;
        if !matches!(last.kind, NodeKind::Expression { .. }) {
            return None;
        }
        let comment = self.raw(last.span).strip_prefix("{/*")?.strip_suffix("*/}")?.trim();
        let id = comment.strip_prefix('#').unwrap_or(comment);
        if id.is_empty() || id.contains(|c: char| c.is_whitespace() || c == '*') {
            return None;
        }
        children.pop();
        if let Some(Node { kind: NodeKind::Text(text), .. }) = children.last_mut() {
            text.truncate(text.trim_end().len());
        }
        Some(id.to_owned())
    }

    /// Takes `[#id]` off the end of a heading, as Nextra and Fumadocs write it.
    fn take_bracket_id(&self, children: &mut [Node]) -> Option<String> {
        let last = children.last_mut()?;
        let NodeKind::Text(text) = &mut last.kind else { return None };
        let (title, id) = text.strip_suffix(']')?.rsplit_once("[#")?;
        let is_id = id.starts_with(char::is_alphabetic) && !id.contains(|c: char| c.is_whitespace() || c == '[');
        if !is_id || !title.ends_with(' ') || self.raw(last.span).contains("\\[#") {
            return None;
        }
        let (id, end) = (id.to_owned(), title.trim_end().len());
        text.truncate(end);
        Some(id)
    }

    fn block_quote(&mut self, id: u32, span: Span, depth: usize, out: &mut Vec<Node>) {
        self.containers.push(Container::Quote);
        let mut children = self.children(id, depth + 1);
        self.containers.pop();
        let alert = if self.options.alerts { take_alert(&mut children) } else { None };
        out.push(Node { kind: NodeKind::BlockQuote { alert }, span, children });
    }

    fn element(&mut self, item: Item<'_>, span: Span, inline: bool, depth: usize, out: &mut Vec<Node>) {
        // The span is of the whole element: the opening tag is at its start.
        let offset = span.start as usize - self.start;
        let tag = tag::scan(self.source.as_bytes(), offset, &self.containers).ok();
        let element = self.opening_tag(item, span, inline, tag.as_ref());
        let children = self.children(item.id, depth + 1);
        if let Some(tag) = &tag {
            self.check_crossing(&element, tag, span, &children);
        }
        out.push(Node { kind: NodeKind::Element(element), span, children });
    }

    /// Checks that a tag keeps to its container, and that its closing tag is beside it.
    fn check_crossing(&mut self, element: &Element, tag: &Tag, span: Span, children: &[Node]) {
        let offset = span.start as usize - self.start;
        let bytes = self.source.as_bytes();
        // In text, lines may go on lazily; a tag that begins a line is a block.
        let lazy = if element.inline { None } else { container::lazy_line(&self.containers, bytes, offset, tag.end) };
        if let Some(line) = lazy {
            let line_end = self.source[line..].find('\n').map_or(self.source.len(), |length| line + length);
            let place = Span::new(line, line_end).shift(self.start);
            self.diagnostics.push(diagnostics::lazy_tag(self.file, place));
        }
        if tag.self_closing {
            return;
        }
        let name = element.name.as_deref().unwrap_or_default();
        let source = self.raw(span);
        let close = source.rfind("</").filter(|&close| {
            let inside = source[close + 2..].trim().strip_suffix('>').map(str::trim);
            inside == Some(name)
        });
        let problem = match close {
            Some(close) => {
                let close = span.start as usize + close;
                let crosses = children.last().is_some_and(|child| child.span.end as usize > close);
                crosses.then(|| {
                    let place = Span::new(close, span.end as usize);
                    diagnostics::crossed_tag(self.file, place, name, Some(element.name_span))
                })
            }
            None => match source.find(&format!("</{name}")) {
                Some(close) => {
                    let close = span.start as usize + close;
                    let place = Span::new(close, (close + 3 + name.len()).min(span.end as usize));
                    let opened = Some(element.name_span);
                    Some(diagnostics::crossed_tag(self.file, place, name, opened))
                }
                None => {
                    Some(diagnostics::unclosed_tag(self.file, element.name_span, name, Some("emphasis, link or cell")))
                }
            },
        };
        self.crossings.extend(problem);
    }

    fn opening_tag(&mut self, item: Item<'_>, span: Span, inline: bool, scanned: Option<&Tag>) -> Element {
        let name = self.tree.text(item.id, mdast::decode_mdx_jsx_element_name(item.data));
        let count = mdast::decode_mdx_jsx_attr_count(item.data);
        let places = scanned.map(|tag| tag.attributes.as_slice()).unwrap_or_default();
        // Where the scanner has understood something else than the parser: better no place than a wrong one.
        let places = if places.len() == count as usize { places } else { &[] };
        let shift = |start: usize, end: usize| Span::new(start, end).shift(self.start);
        let mut attributes = Vec::with_capacity(count as usize);
        for index in 0..count {
            let (kind, name, value) = mdast::decode_mdx_jsx_attr(item.data, index);
            let place = places.get(index as usize);
            let whole = place.map_or(span, |place| shift(place.start, place.end));
            let inner = place.and_then(|place| place.value).map_or(whole, |(start, end)| shift(start, end));
            let text = self.tree.text(item.id, value);
            let value = match kind {
                mdast::MDX_ATTR_LITERAL_PROP => AttributeValue::String(text.to_owned()),
                mdast::MDX_ATTR_EXPRESSION_PROP => {
                    let (expr, problems) = parse_expression(self.file, &self.without_phantoms(text), inner);
                    let is_empty = expr.kind == crate::expr::ExprKind::Empty && problems.is_empty();
                    self.diagnostics.extend(problems);
                    if is_empty {
                        self.diagnostics.push(diagnostics::empty_attribute(self.file, whole));
                    }
                    AttributeValue::Expression(Arc::new(expr))
                }
                mdast::MDX_ATTR_SPREAD => {
                    let text =
                        if text.trim_start().starts_with("...") { text.to_owned() } else { format!("...{text}") };
                    let (expr, problems) = parse_spread(self.file, &self.without_phantoms(&text), inner);
                    self.diagnostics.extend(problems);
                    AttributeValue::Expression(Arc::new(expr))
                }
                _ => AttributeValue::True,
            };
            let name = (kind != mdast::MDX_ATTR_SPREAD).then(|| self.string(item, name));
            attributes.push(Attribute { name, value, span: whole });
        }
        let name_span = match scanned {
            Some(tag) => shift(tag.name.0, tag.name.1),
            None => Span::at(span.start as usize + 1),
        };
        Element { name: (!name.is_empty()).then(|| name.to_owned()), name_span, attributes, inline }
    }
}

/// Returns the offset or the start of the character that it is within.
fn floor(text: &str, offset: u32) -> usize {
    let mut offset = (offset as usize).min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    offset
}

/// Appends text, to the text before it where there is one.
fn push_text(text: &str, span: Span, out: &mut Vec<Node>) {
    if let Some(Node { kind: NodeKind::Text(last), span: place, .. }) = out.last_mut() {
        last.push_str(text);
        // Some texts that the parser has split have no place.
        place.end = place.end.max(span.end);
        return;
    }
    if !text.is_empty() {
        out.push(Node { kind: NodeKind::Text(text.to_owned()), span, children: Vec::new() });
    }
}

/// Returns `hProperties` of a node's data.
fn properties(data: &[u8]) -> Option<serde_json::Map<String, serde_json::Value>> {
    match serde_json::from_slice::<serde_json::Value>(data).ok()?.get_mut("hProperties")?.take() {
        serde_json::Value::Object(properties) => Some(properties),
        _ => None,
    }
}

/// Takes `[!NOTE]` off the start of a quote, where it stands alone on its line.
fn take_alert(children: &mut Vec<Node>) -> Option<AlertKind> {
    let first = children.first_mut()?;
    if first.kind != NodeKind::Paragraph {
        return None;
    }
    let NodeKind::Text(text) = &mut first.children.first_mut()?.kind else { return None };
    let (marker, rest) = text.strip_prefix("[!")?.split_once(']')?;
    let kind = match marker.to_ascii_lowercase().as_str() {
        "note" => AlertKind::Note,
        "tip" => AlertKind::Tip,
        "important" => AlertKind::Important,
        "warning" => AlertKind::Warning,
        "caution" => AlertKind::Caution,
        _ => return None,
    };
    let rest = rest.trim_start_matches([' ', '\t']);
    if let Some(rest) = rest.strip_prefix('\n') {
        *text = rest.to_owned();
        return Some(kind);
    }
    if !rest.is_empty() {
        return None;
    }
    match first.children.get(1).map(|next| &next.kind) {
        None => {
            children.remove(0);
        }
        Some(NodeKind::Break) => {
            first.children.drain(..2);
            if let Some(Node { kind: NodeKind::Text(text), .. }) = first.children.first_mut() {
                *text = text.trim_start().to_owned();
            }
        }
        Some(_) => return None,
    }
    Some(kind)
}
