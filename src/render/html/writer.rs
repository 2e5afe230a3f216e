//! Walks a tree and writes HTML: Markdown's nodes.
//!
//! In: nodes. Out: HTML appended to a string. Where Markdown is concerned this follows mdast-util-to-hast, line ends included,
//! as pages of other generators rely on what it prints. Deliberately not here: JSX ([`super::element`]), footnotes
//! ([`super::footnotes`]).

use rivage_diag::{Diagnostic, FileId, Location, Span};
use rivage_syntax::ast::{AlertKind, Align, Node, NodeKind};

use super::element::Gather;
use super::escape::{encode_url, escape_text, push_attribute, push_quoted, push_text, text_of};
use super::footnotes::Footnotes;
use super::host::{At, Code, CodeBlock};
use super::ids::Ids;
use super::picture::{Attributes, Image, Loading};
use super::scope::FileScope;
use super::{Host, Settings, TocEntry, diagnostics};

/// How many elements may be nested, those that functions of the page make included.
const MAX_DEPTH: usize = 400;
/// How large a page's HTML may become, besides a few times its source.
const MAX_MEGABYTES: usize = if cfg!(test) { 1 } else { 64 };

/// What is known while a page is written.
pub(super) struct Writer<'a> {
    pub(super) host: &'a mut dyn Host,
    pub(super) settings: &'a Settings,
    /// The file that is being written: the page or a partial.
    pub(super) scope: FileScope,
    /// The page and the partials that led here.
    pub(super) chain: Vec<FileId>,
    /// How many partials the page has used.
    pub(super) partials: usize,
    pub(super) footnotes: Footnotes,
    pub(super) ids: Ids,
    pub(super) toc: Vec<TocEntry>,
    depth: usize,
    /// How many bytes the page's HTML may have.
    max_bytes: usize,
    /// A limit was met and reported: nothing more is written.
    pub(super) stopped: bool,
}

impl<'a> Writer<'a> {
    pub(super) fn new(
        host: &'a mut dyn Host,
        settings: &'a Settings,
        scope: FileScope,
        ids: Ids,
        source: usize,
    ) -> Self {
        Self {
            host,
            settings,
            chain: vec![scope.file.clone()],
            scope,
            partials: 0,
            footnotes: Footnotes::default(),
            ids,
            toc: Vec::new(),
            depth: 0,
            max_bytes: (MAX_MEGABYTES << 20) + 4 * source,
            stopped: false,
        }
    }

    pub(super) fn report(&mut self, diagnostic: Diagnostic) {
        let diagnostic = self.traced(diagnostic);
        self.host.report(diagnostic);
    }

    /// Reports why an expression is left out.
    pub(super) fn report_left_out(&mut self, diagnostic: Diagnostic) {
        let diagnostic = self.traced(diagnostic);
        self.host.report_left_out(diagnostic);
    }

    /// In a partial, how the page got there matters, too.
    fn traced(&self, mut diagnostic: Diagnostic) -> Diagnostic {
        let including = self.chain.len() - 1;
        let trace = self.chain[..including].iter().map(|file| Location::new(file, Span::default()));
        diagnostic.trace.splice(..0, trace);
        diagnostic
    }

    pub(super) fn location(&self, span: Span) -> Location {
        Location::new(&self.scope.file, span)
    }

    /// Runs `write` one level deeper, unless that is too deep or the page has become too large.
    pub(super) fn deeper(&mut self, span: Span, out: &mut String, write: impl FnOnce(&mut Self, &mut String)) {
        if self.stopped {
            return;
        }
        if self.depth >= MAX_DEPTH {
            self.stopped = true;
            let file = self.scope.file.clone();
            return self.report(diagnostics::too_deep(&file, span, MAX_DEPTH));
        }
        self.depth += 1;
        write(self, out);
        self.depth -= 1;
        // A component that shows its children twice doubles them at each level.
        if out.len() > self.max_bytes && !self.stopped {
            self.stopped = true;
            out.clear();
            let file = self.scope.file.clone();
            self.report(diagnostics::too_large(&file, span, self.max_bytes >> 20));
        }
    }

    /// Writes nodes one after the other.
    pub(super) fn nodes(&mut self, nodes: &[Node], out: &mut String) {
        for node in nodes {
            self.node(node, out, None);
        }
    }

    /// Writes blocks, each followed by a line end.
    pub(super) fn blocks(&mut self, nodes: &[Node], out: &mut String) {
        for node in nodes.iter().filter(|node| shows(node)) {
            self.node(node, out, None);
            out.push('\n');
        }
    }

    /// Writes one node. `gather` notes what a component wants to know of its direct children.
    pub(super) fn node(&mut self, node: &Node, out: &mut String, gather: Option<&mut Gather>) {
        match &node.kind {
            NodeKind::Text(text) => self.text(text, out),
            NodeKind::Element(element) => self.element_node(node, element, out, gather),
            NodeKind::Expression { expr, .. } => self.expression(expr, out, gather),
            NodeKind::Esm(_) | NodeKind::FootnoteDefinition { .. } => {}
            NodeKind::Html(html) => out.push_str(html),
            NodeKind::InlineCode(code) => self.inline_code(code, out),
            NodeKind::Code { lang, meta, value } => {
                let start = out.len();
                let code = Code { lang: lang.as_deref(), meta: meta.as_deref(), value };
                self.host.code(code, At { file: &self.scope.file, span: node.span }, out);
                if let Some(gather) = gather {
                    let html = out[start..].to_owned();
                    gather.code.push(CodeBlock { lang: lang.clone(), meta: meta.clone(), value: value.clone(), html });
                }
            }
            NodeKind::Break => out.push_str("<br>\n"),
            NodeKind::ThematicBreak => out.push_str("<hr>"),
            NodeKind::Image { url, alt, title } => self.image(url, alt, title.as_deref(), node.span, out),
            NodeKind::Math(tex) => self.host.math(tex, true, At { file: &self.scope.file, span: node.span }, out),
            NodeKind::InlineMath(tex) => {
                self.host.math(tex, false, At { file: &self.scope.file, span: node.span }, out)
            }
            NodeKind::FootnoteReference { label } => self.footnote_reference(label, node.span, out),
            _ => self.deeper(node.span, out, |writer, out| writer.container(node, out)),
        }
    }

    fn container(&mut self, node: &Node, out: &mut String) {
        match &node.kind {
            NodeKind::Root => self.blocks(&node.children, out),
            NodeKind::Paragraph | NodeKind::DirectiveLabel => self.wrap("p", node, out),
            NodeKind::Heading { depth, id, classes } => self.heading(node, *depth, id.as_deref(), classes, out),
            NodeKind::BlockQuote { alert: Some(kind) } => {
                self.callout(alert_kind(*kind), None, &[], node.span, &node.children, out);
            }
            NodeKind::BlockQuote { alert: None } => {
                out.push_str("<blockquote>\n");
                self.blocks(&node.children, out);
                out.push_str("</blockquote>");
            }
            NodeKind::List { start, spread } => self.list(node, *start, *spread, out),
            // An item without a list cannot come from a parser; it is shown as a loose one.
            NodeKind::ListItem { checked, .. } => self.list_item(node, *checked, true, out),
            NodeKind::Emphasis => self.wrap("em", node, out),
            NodeKind::Strong => self.wrap("strong", node, out),
            NodeKind::Delete => self.wrap("del", node, out),
            NodeKind::Superscript => self.wrap("sup", node, out),
            NodeKind::Subscript => self.wrap("sub", node, out),
            NodeKind::Link { url, title, .. } => self.link(node, url, title.as_deref(), out),
            NodeKind::Table { align } => self.table(node, align, out),
            NodeKind::TableRow => self.table_row(node, &[], "td", out),
            NodeKind::TableCell => self.wrap("td", node, out),
            NodeKind::Directive { name, attributes } => self.directive(node, name, attributes, out),
            NodeKind::DescriptionList => {
                out.push_str("<dl>\n");
                self.blocks(&node.children, out);
                out.push_str("</dl>");
            }
            NodeKind::DescriptionTerm => self.wrap("dt", node, out),
            NodeKind::DescriptionDetails { spread } => {
                out.push_str("<dd>");
                self.item_content(&node.children, *spread, out);
                out.push_str("</dd>");
            }
            NodeKind::Text(_)
            | NodeKind::Element(_)
            | NodeKind::Expression { .. }
            | NodeKind::Esm(_)
            | NodeKind::FootnoteDefinition { .. }
            | NodeKind::FootnoteReference { .. }
            | NodeKind::Html(_)
            | NodeKind::InlineCode(_)
            | NodeKind::Code { .. }
            | NodeKind::Break
            | NodeKind::ThematicBreak
            | NodeKind::Image { .. }
            | NodeKind::Math(_)
            | NodeKind::InlineMath(_) => {}
        }
    }

    fn wrap(&mut self, tag: &str, node: &Node, out: &mut String) {
        out.push('<');
        out.push_str(tag);
        out.push('>');
        self.nodes(&node.children, out);
        out.push_str("</");
        out.push_str(tag);
        out.push('>');
    }

    fn text(&mut self, text: &str, out: &mut String) {
        if self.settings.plain {
            push_text(text, out);
        } else {
            push_text(&self.host.text(text), out);
        }
    }

    fn inline_code(&mut self, code: &str, out: &mut String) {
        out.push_str("<code>");
        if code.contains('\n') {
            push_text(&code.replace('\n', " "), out);
        } else {
            push_text(code, out);
        }
        out.push_str("</code>");
    }

    fn link(&mut self, node: &Node, url: &str, title: Option<&str>, out: &mut String) {
        out.push_str("<a");
        if self.settings.plain {
            push_attribute("href", &encode_url(url), out);
        } else {
            let target = self.host.link(url, At { file: &self.scope.file, span: node.span });
            push_attribute("href", &encode_url(&target.href), out);
            for (name, value) in &target.attributes {
                push_attribute(name, value, out);
            }
        }
        if let Some(title) = title {
            push_attribute("title", title, out);
        }
        out.push('>');
        self.nodes(&node.children, out);
        out.push_str("</a>");
    }

    fn image(&mut self, url: &str, alt: &str, title: Option<&str>, span: Span, out: &mut String) {
        if self.settings.plain {
            let image = Image { src: &encode_url(url), ..Image::default() };
            return image.write(&Attributes { alt, title, ..Attributes::default() }, out);
        }
        let target = self.host.image(url, At { file: &self.scope.file, span });
        let attributes = Attributes { alt, title, class: None, loading: self.loading() };
        if let Some(picture) = &target.picture {
            return picture.write(&attributes, out);
        }
        let (width, height) = target.size.unzip();
        Image { src: &encode_url(&target.src), width, height }.write(&attributes, out);
    }

    /// Tells how the next image is loaded.
    pub(super) fn loading(&mut self) -> Loading {
        Loading::of(self.host.is_first_image())
    }

    fn heading(&mut self, node: &Node, depth: u8, own: Option<&str>, classes: &[String], out: &mut String) {
        let depth = depth.clamp(1, 6);
        let digit = char::from(b'0' + depth);
        out.push_str("<h");
        out.push(digit);
        let attributes = out.len();
        out.push('>');
        let content = out.len();
        self.nodes(&node.children, out);
        let mut head = String::new();
        if self.settings.plain {
            if let Some(id) = own {
                push_attribute("id", id, &mut head);
            }
        } else {
            // The text as rendered: expressions have values there, shortcodes are emoji.
            let title = text_of(&out[content..]).split_whitespace().collect::<Vec<_>>().join(" ");
            let id = self.heading_id(own, &title, node.span);
            push_attribute("id", &id, &mut head);
            if depth > 1 {
                out.push_str("<a class=\"anchor\"");
                push_attribute("href", &format!("#{}", encode_url(&id)), out);
                push_attribute("aria-label", &self.settings.labels.anchor.replace("{title}", &title), out);
                out.push_str("></a>");
            }
            let location = self.location(node.span);
            self.toc.push(TocEntry { depth, id, title, location });
        }
        if !classes.is_empty() {
            push_attribute("class", &classes.join(" "), &mut head);
        }
        // A heading is short, so moving its content costs less than rendering it to a string of its own.
        out.insert_str(attributes, &head);
        out.push_str("</h");
        out.push(digit);
        out.push('>');
    }

    fn heading_id(&mut self, own: Option<&str>, title: &str, span: Span) -> String {
        let location = self.location(span);
        let Some(id) = own else { return self.ids.make(title, location) };
        if let Some(first) = self.ids.take(id, location) {
            let file = self.scope.file.clone();
            self.report(diagnostics::duplicate_id(&file, span, id, first));
        }
        id.to_owned()
    }

    fn list(&mut self, node: &Node, start: Option<u32>, spread: bool, out: &mut String) {
        let tag = if start.is_some() { "ol" } else { "ul" };
        let item = |node: &Node| match node.kind {
            NodeKind::ListItem { checked, spread } => (checked, spread),
            _ => (None, false),
        };
        let is_loose = spread || node.children.iter().any(|child| item(child).1);
        let has_tasks = node.children.iter().any(|child| item(child).0.is_some());
        out.push('<');
        out.push_str(tag);
        if let Some(start) = start.filter(|&start| start != 1) {
            push_attribute("start", &start.to_string(), out);
        }
        if has_tasks {
            out.push_str(if self.settings.plain { " class=\"contains-task-list\"" } else { " class=\"tasks\"" });
        }
        out.push_str(">\n");
        for child in &node.children {
            self.deeper(child.span, out, |writer, out| writer.list_item(child, item(child).0, is_loose, out));
            out.push('\n');
        }
        out.push_str("</");
        out.push_str(tag);
        out.push('>');
    }

    fn list_item(&mut self, node: &Node, checked: Option<bool>, is_loose: bool, out: &mut String) {
        let Some(checked) = checked else {
            out.push_str("<li>");
            self.item_content(&node.children, is_loose, out);
            out.push_str("</li>");
            return;
        };
        out.push_str(if self.settings.plain { "<li class=\"task-list-item\">" } else { "<li class=\"task\">" });
        let (paragraph, rest) = match node.children.split_first() {
            Some((first, rest)) if first.kind == NodeKind::Paragraph => (Some(first), rest),
            _ => (None, node.children.as_slice()),
        };
        if is_loose {
            out.push_str("\n<p>");
        }
        out.push_str(if checked {
            "<input type=\"checkbox\" disabled checked"
        } else {
            "<input type=\"checkbox\" disabled"
        });
        if let Some(paragraph) = paragraph.filter(|_| !self.settings.plain) {
            // The box is read aloud by the name of what is to be done.
            push_attribute("aria-label", paragraph.text().trim(), out);
        }
        out.push('>');
        if let Some(paragraph) = paragraph.filter(|paragraph| !paragraph.children.is_empty()) {
            out.push(' ');
            self.nodes(&paragraph.children, out);
        }
        if is_loose {
            out.push_str("</p>");
        }
        let mut ends_bare = !is_loose;
        for child in rest.iter().filter(|child| shows(child)) {
            out.push('\n');
            ends_bare = self.item_child(child, is_loose, out);
        }
        if !ends_bare {
            out.push('\n');
        }
        out.push_str("</li>");
    }

    /// Writes what is in an item: paragraphs of tight ones are bare.
    fn item_content(&mut self, children: &[Node], is_loose: bool, out: &mut String) {
        let mut ends_bare = true;
        for (index, child) in children.iter().filter(|child| shows(child)).enumerate() {
            if index > 0 || is_loose || child.kind != NodeKind::Paragraph {
                out.push('\n');
            }
            ends_bare = self.item_child(child, is_loose, out);
        }
        if !ends_bare {
            out.push('\n');
        }
    }

    fn item_child(&mut self, child: &Node, is_loose: bool, out: &mut String) -> bool {
        let is_bare = !is_loose && child.kind == NodeKind::Paragraph;
        if is_bare {
            self.nodes(&child.children, out);
        } else {
            self.node(child, out, None);
        }
        is_bare
    }

    fn table(&mut self, node: &Node, align: &[Align], out: &mut String) {
        if !self.settings.plain {
            out.push_str("<div class=\"table\" tabindex=\"0\" role=\"group\" aria-label=\"");
            push_quoted(&self.settings.labels.table, out);
            out.push_str("\">");
        }
        out.push_str("<table>\n");
        if let Some((head, body)) = node.children.split_first() {
            out.push_str("<thead>\n");
            self.table_row(head, align, "th", out);
            out.push_str("\n</thead>\n");
            if !body.is_empty() {
                out.push_str("<tbody>\n");
                for row in body {
                    self.table_row(row, align, "td", out);
                    out.push('\n');
                }
                out.push_str("</tbody>\n");
            }
        }
        out.push_str("</table>");
        if !self.settings.plain {
            out.push_str("</div>");
        }
    }

    /// Writes a row: as many cells as the table has columns.
    fn table_row(&mut self, row: &Node, align: &[Align], tag: &str, out: &mut String) {
        let columns = if align.is_empty() { row.children.len() } else { align.len() };
        out.push_str("<tr>\n");
        for column in 0..columns {
            out.push('<');
            out.push_str(tag);
            let side = match align.get(column) {
                Some(Align::Left) => "left",
                Some(Align::Center) => "center",
                Some(Align::Right) => "right",
                Some(Align::None) | None => "",
            };
            if !side.is_empty() {
                // A strict Content-Security-Policy, which sites are served with, refuses `style`.
                let (before, after) =
                    if self.settings.plain { (" style=\"text-align:", "\"") } else { (" align=\"", "\"") };
                out.push_str(before);
                out.push_str(side);
                out.push_str(after);
            }
            out.push('>');
            if let Some(cell) = row.children.get(column) {
                self.nodes(&cell.children, out);
            }
            out.push_str("</");
            out.push_str(tag);
            out.push_str(">\n");
        }
        out.push_str("</tr>");
    }

    fn directive(&mut self, node: &Node, name: &str, attributes: &[(String, String)], out: &mut String) {
        let (label, children) = match node.children.split_first() {
            Some((first, rest)) if first.kind == NodeKind::DirectiveLabel => (Some(first), rest),
            _ => (None, node.children.as_slice()),
        };
        if !self.settings.plain {
            return self.callout(name, label, attributes, node.span, children, out);
        }
        out.push_str("<x-directive-");
        out.push_str(&escape_text(name));
        for (key, value) in attributes {
            push_attribute(if key == "className" { "class" } else { key }, value, out);
        }
        out.push('>');
        if let Some(label) = label {
            self.wrap("x-label", label, out);
        }
        self.nodes(children, out);
        out.push_str("</x-directive-");
        out.push_str(&escape_text(name));
        out.push('>');
    }
}

/// Reports whether a node leaves anything in the HTML, be it an empty line.
fn shows(node: &Node) -> bool {
    !matches!(node.kind, NodeKind::FootnoteDefinition { .. } | NodeKind::Esm(_))
}

fn alert_kind(kind: AlertKind) -> &'static str {
    match kind {
        AlertKind::Note => "note",
        AlertKind::Tip => "tip",
        AlertKind::Important => "important",
        AlertKind::Warning => "warning",
        AlertKind::Caution => "caution",
    }
}
