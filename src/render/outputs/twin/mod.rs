//! The Markdown twin of a page: what language models and readers of plain text get.
//!
//! In: a page's tree, and [`Answers`] for what the tree does not tell. Out: Markdown without imports, components and relative links.
//! Components become what they say: a callout a quote, tabs their labels in bold, cards a list of links; others their children. The twin of a
//! section ends with its pages, unless its text has led to all of them.
//! Deliberately not here: evaluation of expressions, finding of links.

mod components;
mod inline;

use std::sync::Arc;

use rivage_syntax::ast::{AlertKind, Align, Element, Node, NodeKind};
use rivage_syntax::expr::{Expr, ExprKind};

use super::one_line;

/// What the tree of a page does not tell.
pub trait Answers {
    /// Returns a link or image's address as it stands outside of the page.
    fn url(&mut self, url: &str) -> String;

    /// Returns the text of an expression; none for one without text.
    fn expression(&mut self, expr: &Expr) -> Option<String> {
        let _ = expr;
        None
    }

    /// Returns the tree of the partial that a tag stands for. What is asked from then on stands in the partial, until [`Answers::leave`].
    fn enter(&mut self, element: &Element) -> Option<Arc<Node>> {
        let _ = element;
        None
    }
    /// Goes back to where the last partial was entered.
    fn leave(&mut self) {}

    /// Returns what its HTML lists below a section. Asked last, when all links of the text have been.
    fn list(&mut self) -> Option<List> {
        None
    }
}

/// The pages of a section.
pub struct List {
    /// What stands above it.
    pub title: String,
    /// Its entries, in order.
    pub entries: Vec<Entry>,
}

/// A page in a list.
pub struct Entry {
    /// Its title.
    pub title: String,
    /// Its full address.
    pub url: String,
    /// What it is about; may be empty.
    pub description: String,
}

/// Nodes within nodes; below that only text is taken.
const DEEPEST: usize = 200;

/// Returns the path of the twin below the output folder: `blog/first/index.md` for `/blog/first/`.
pub fn path(url: &str) -> String {
    let path = url.trim_start_matches('/');
    match path.strip_suffix(".html") {
        Some(stem) => format!("{stem}.md"),
        None if path.is_empty() || path.ends_with('/') => format!("{path}index.md"),
        None => format!("{path}.md"),
    }
}

/// Writes the twin of a page.
pub fn write(title: &str, description: &str, root: &Node, answers: &mut dyn Answers) -> String {
    let mut head = format!("---\ntitle: {}\n", quoted(title));
    if !description.is_empty() {
        head.push_str(&format!("description: {}\n", quoted(description)));
    }
    head.push_str("---\n");
    let mut writer = Writer::new(answers);
    let has_title = root.children.iter().any(|node| matches!(node.kind, NodeKind::Heading { depth: 1, .. }));
    if !title.is_empty() && !has_title {
        writer.write("# ");
        writer.write(&inline::escape(title, false));
        writer.gap = Some(Gap::Blank);
    }
    writer.blocks(&root.children, false);
    if let Some(list) = writer.answers.list() {
        writer.pages(&list);
    }
    let body = writer.finish();
    if body.is_empty() { head } else { format!("{head}\n{body}\n") }
}

/// A string that YAML reads as one, whatever is in it: JSON's are YAML's.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// What is written between what has been and what comes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Gap {
    Line,
    Blank,
}

/// Markdown that grows line by line.
struct Writer<'a> {
    out: String,
    /// What every line starts with: `> `, four spaces…
    prefix: String,
    /// Whether nothing stands on the current line yet, not even the prefix.
    fresh: bool,
    /// Whether the line ends with the mark of a list item or the like, which the first block in it follows.
    marked: bool,
    /// Written before the next text, so that blocks without text leave no hole.
    gap: Option<Gap>,
    depth: usize,
    /// Whether a bar would end a cell.
    in_table: bool,
    answers: &'a mut dyn Answers,
}

impl<'a> Writer<'a> {
    fn new(answers: &'a mut dyn Answers) -> Self {
        Self {
            out: String::new(),
            prefix: String::new(),
            fresh: true,
            marked: false,
            gap: None,
            depth: 0,
            in_table: false,
            answers,
        }
    }

    fn finish(self) -> String {
        self.out.trim_end().to_owned()
    }

    fn write(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        self.end_line();
        for (number, line) in text.split('\n').enumerate() {
            if number > 0 {
                self.newline();
            }
            if !line.is_empty() {
                if self.fresh {
                    self.out.push_str(&self.prefix);
                    self.fresh = false;
                }
                self.out.push_str(line);
                self.marked = false;
            }
        }
    }

    /// Writes what the next block follows on the same line.
    fn mark(&mut self, text: &str) {
        self.write(text);
        self.marked = true;
    }

    /// Takes back a mark (or the end of it) that nothing has followed.
    fn unmark(&mut self, end: &str) {
        if std::mem::take(&mut self.marked) && self.out.ends_with(end) {
            self.out.truncate(self.out.len() - end.len());
        }
    }

    fn newline(&mut self) {
        self.unmark(" ");
        if self.fresh {
            self.out.push_str(self.prefix.trim_end());
        }
        self.out.push('\n');
        self.fresh = true;
    }

    fn end_line(&mut self) {
        if let Some(gap) = self.gap.take() {
            if !self.fresh {
                self.newline();
            }
            if gap == Gap::Blank {
                self.newline();
            }
        }
    }

    /// Runs `body` with lines that start with `more`. What stands before is ended outside of it.
    fn within(&mut self, more: &str, body: impl FnOnce(&mut Self)) {
        self.end_line();
        if self.marked {
            // A quote in a list item starts on the item's line.
            self.out.push_str(more);
        }
        self.indented(more, body);
    }

    /// Like [`Writer::within`], for what goes on on the line of its mark.
    fn indented(&mut self, more: &str, body: impl FnOnce(&mut Self)) {
        let length = self.prefix.len();
        self.prefix.push_str(more);
        body(self);
        self.prefix.truncate(length);
        self.unmark(" ");
    }

    /// Writes what comes as a block of its own.
    fn separate(&mut self, tight: bool, block: impl FnOnce(&mut Self)) {
        let (before, gap) = (self.out.len(), self.gap);
        if gap.is_none() && !self.fresh && !self.marked {
            self.gap = Some(if tight { Gap::Line } else { Gap::Blank });
        }
        block(self);
        if self.out.len() == before {
            self.gap = gap;
        }
    }

    fn blocks(&mut self, nodes: &[Node], tight: bool) {
        let mut rest = nodes;
        while let Some((node, after)) = rest.split_first() {
            if is_inline(node) {
                // Text among blocks, as components have it: up to the next block it is one paragraph.
                let end = rest.iter().position(|node| !is_inline(node)).unwrap_or(rest.len());
                let (run, after) = rest.split_at(end);
                self.separate(tight, |writer| writer.paragraph(run));
                rest = after;
            } else {
                self.separate(tight, |writer| writer.block(node));
                rest = after;
            }
        }
    }

    /// The pages of a section, a line each. The heading keeps them apart from a list that the text ends with.
    fn pages(&mut self, list: &List) {
        let heading = format!("## {}", inline::escape(&list.title, false));
        self.separate(false, |writer| writer.write(&heading));
        for (place, entry) in list.entries.iter().enumerate() {
            let link = inline::link(&inline::escape(&one_line(&entry.title), false), &entry.url, None);
            let about = inline::escape(&one_line(&entry.description), false);
            let about = if about.is_empty() { about } else { format!(": {about}") };
            self.separate(place > 0, |writer| writer.write(&format!("- {link}{about}")));
        }
    }

    fn paragraph(&mut self, nodes: &[Node]) {
        let text = self.inline(nodes);
        self.write(text.trim());
    }

    fn block(&mut self, node: &Node) {
        self.depth += 1;
        if self.depth > DEEPEST {
            let text = inline::escape(&node.text(), true);
            self.write(text.trim());
        } else {
            self.block_within(node);
        }
        self.depth -= 1;
    }

    fn block_within(&mut self, node: &Node) {
        let children = &node.children;
        match &node.kind {
            NodeKind::Root => self.blocks(children, false),
            NodeKind::Heading { depth, .. } => {
                let text = self.inline(children);
                let text = text.trim().replace('\n', " ");
                if !text.is_empty() {
                    self.write(&format!("{} {text}", "#".repeat(usize::from(*depth))));
                }
            }
            NodeKind::ThematicBreak => self.write("---"),
            NodeKind::BlockQuote { alert: None } if children.is_empty() => {}
            NodeKind::BlockQuote { alert: None } => self.within("> ", |writer| writer.blocks(children, false)),
            NodeKind::BlockQuote { alert: Some(kind) } => self.callout(alert_name(*kind), None, children),
            NodeKind::List { start, spread } => self.list(*start, !spread, children),
            NodeKind::ListItem { .. } | NodeKind::TableCell => self.blocks(children, false),
            NodeKind::Html(html) => self.write(without_comments(html).trim()),
            NodeKind::Code { lang, meta, value } => self.code(lang.as_deref(), meta.as_deref(), value),
            NodeKind::FootnoteDefinition { label } => {
                self.mark(&format!("[^{label}]: "));
                self.indented("    ", |writer| writer.blocks(children, false));
            }
            NodeKind::Table { align } => self.table(align, children),
            NodeKind::TableRow => self.paragraph(children),
            NodeKind::Math(tex) => self.write(&format!("$$\n{}\n$$", tex.trim())),
            NodeKind::Directive { name, attributes } => self.directive(name, attributes, children),
            NodeKind::DescriptionList => self.blocks(children, true),
            NodeKind::DescriptionTerm => {
                let text = self.inline(children);
                self.write(&format!("**{}**", text.trim()));
            }
            NodeKind::DescriptionDetails { .. } => {
                self.mark(": ");
                self.indented("  ", |writer| writer.blocks(children, false));
            }
            NodeKind::Element(element) => self.element(element, node),
            NodeKind::Expression { expr, .. } => self.expression(expr),
            NodeKind::Esm(_) | NodeKind::DirectiveLabel => {}
            // A paragraph, and what stands in text.
            _ => self.paragraph(std::slice::from_ref(node)),
        }
    }

    fn expression(&mut self, expr: &Expr) {
        if let ExprKind::Jsx(node) = &expr.kind {
            self.blocks(std::slice::from_ref(&**node), false);
        } else if let Some(text) = self.answers.expression(expr) {
            self.write(inline::escape(&text, self.in_table).trim());
        }
    }

    fn list(&mut self, start: Option<u32>, tight: bool, items: &[Node]) {
        for (place, item) in items.iter().enumerate() {
            let place = u32::try_from(place).unwrap_or(u32::MAX);
            let mark = start.map_or_else(|| "- ".to_owned(), |start| format!("{}. ", start.saturating_add(place)));
            let indent = " ".repeat(mark.len());
            let checked = if let NodeKind::ListItem { checked, .. } = &item.kind { *checked } else { None };
            let task = match checked {
                Some(true) => "[x] ",
                Some(false) => "[ ] ",
                None => "",
            };
            self.separate(tight, |writer| {
                writer.mark(&format!("{mark}{task}"));
                writer.indented(&indent, |writer| writer.blocks(&item.children, tight));
            });
        }
    }

    fn code(&mut self, lang: Option<&str>, meta: Option<&str>, value: &str) {
        let fence = "`".repeat(inline::longest_run(value, '`').max(2) + 1);
        let title = meta.and_then(title_of);
        let title = title.map(|title| format!(" title=\"{title}\"")).unwrap_or_default();
        let lang = lang.unwrap_or(if title.is_empty() { "" } else { "text" });
        self.write(&format!("{fence}{lang}{title}\n{value}\n{fence}"));
    }

    fn table(&mut self, align: &[Align], rows: &[Node]) {
        let outside = std::mem::replace(&mut self.in_table, true);
        for (number, row) in rows.iter().enumerate() {
            let cells: Vec<_> =
                row.children.iter().map(|cell| self.inline(&cell.children).trim().replace('\n', " ")).collect();
            let line = format!("| {} |", cells.join(" | "));
            self.separate(true, |writer| writer.write(&line));
            if number == 0 {
                let bars = align.iter().map(|align| match align {
                    Align::None => "---",
                    Align::Left => ":--",
                    Align::Center => ":-:",
                    Align::Right => "--:",
                });
                let line = format!("| {} |", bars.collect::<Vec<_>>().join(" | "));
                self.separate(true, |writer| writer.write(&line));
            }
        }
        self.in_table = outside;
    }

    /// A quote that starts with a word in bold.
    fn callout(&mut self, word: &str, title: Option<&str>, children: &[Node]) {
        let title = title.filter(|title| !title.is_empty());
        let label = title.map_or_else(|| word.to_owned(), |title| inline::escape(title, false));
        self.within("> ", |writer| {
            writer.write(&format!("**{label}**"));
            let content =
                children.iter().find(|node| !matches!(node.kind, NodeKind::DirectiveLabel | NodeKind::Esm(_)));
            let joins = content.is_some_and(|node| matches!(node.kind, NodeKind::Paragraph) || is_inline(node));
            if joins {
                writer.mark(": ");
            }
            writer.blocks(children, false);
            writer.unmark(": ");
        });
    }

    fn directive(&mut self, name: &str, attributes: &[(String, String)], children: &[Node]) {
        let label = children.iter().find(|node| matches!(node.kind, NodeKind::DirectiveLabel));
        let label = label.map(Node::text);
        let title = label.or_else(|| Some(attributes.iter().find(|(key, _)| key == "title")?.1.clone()));
        self.callout(&capitalised(name), title.as_deref(), children);
    }
}

fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

fn alert_name(kind: AlertKind) -> &'static str {
    match kind {
        AlertKind::Note => "Note",
        AlertKind::Tip => "Tip",
        AlertKind::Important => "Important",
        AlertKind::Warning => "Warning",
        AlertKind::Caution => "Caution",
    }
}

/// `title="…"` of a code block's meta string.
fn title_of(meta: &str) -> Option<&str> {
    let (before, after) = meta.split_once("title=")?;
    let starts_word = before.is_empty() || before.ends_with(' ');
    let quote = after.chars().next().filter(|c| starts_word && matches!(c, '"' | '\''))?;
    after[1..].split_once(quote).map(|(title, _)| title)
}

fn without_comments(html: &str) -> String {
    let mut out = String::new();
    let mut rest = html;
    while let Some((before, comment)) = rest.split_once("<!--") {
        out.push_str(before);
        rest = comment.split_once("-->").map_or("", |(_, after)| after);
    }
    out.push_str(rest);
    out
}

fn is_inline(node: &Node) -> bool {
    match &node.kind {
        NodeKind::Text(_)
        | NodeKind::Emphasis
        | NodeKind::Strong
        | NodeKind::Delete
        | NodeKind::Superscript
        | NodeKind::Subscript
        | NodeKind::InlineCode(_)
        | NodeKind::Break
        | NodeKind::Link { .. }
        | NodeKind::Image { .. }
        | NodeKind::FootnoteReference { .. }
        | NodeKind::InlineMath(_) => true,
        NodeKind::Element(element) => element.inline,
        NodeKind::Expression { inline, .. } => *inline,
        _ => false,
    }
}

#[cfg(test)]
mod tests;
