//! The tree of a content file: what Markdown and MDX become before any HTML is made.
//!
//! In: nothing; these are plain data. Every node has its span in the *file* (front matter included).
//! Deliberately not here: references to other files, HTML.

use std::sync::Arc;

use crate::Span;
use crate::expr::{Expr, Module};

/// Which rules a file is read by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Syntax {
    /// `.mdx`: Markdown with components and expressions; no raw HTML, no indented code.
    Mdx,
    /// `.md`: CommonMark and GFM, raw HTML as it is.
    Markdown,
}

/// A node and what is below it.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// What it is.
    pub kind: NodeKind,
    /// Where it stands in the file.
    pub span: Span,
    /// Its children, in source order. Empty for leaves.
    pub children: Vec<Node>,
}

/// The colour of a quote that is an alert (`> [!NOTE]`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AlertKind {
    /// `[!NOTE]`
    Note,
    /// `[!TIP]`
    Tip,
    /// `[!IMPORTANT]`
    Important,
    /// `[!WARNING]`
    Warning,
    /// `[!CAUTION]`
    Caution,
}

/// How a table's column is aligned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    /// Not said.
    None,
    /// `:--`
    Left,
    /// `:-:`
    Center,
    /// `--:`
    Right,
}

/// What a [`Node`] is. Names follow mdast.
#[derive(Clone, Debug, PartialEq)]
pub enum NodeKind {
    /// The whole file.
    Root,
    /// A paragraph. Paragraphs of only JSX and expressions have already been unravelled (MDX).
    Paragraph,
    /// A heading; `id` is the author's own (`{#id}` or `{/*id*/}`), without the `#`.
    Heading {
        /// 1 to 6.
        depth: u8,
        /// The author's id.
        id: Option<String>,
        /// Classes from `{.class}`.
        classes: Vec<String>,
    },
    /// `***`
    ThematicBreak,
    /// A quote, or an alert.
    BlockQuote {
        /// The alert's kind.
        alert: Option<AlertKind>,
    },
    /// A list; children are `ListItem`s.
    List {
        /// The first number of an ordered list.
        start: Option<u32>,
        /// Whether the items are loose.
        spread: bool,
    },
    /// One item.
    ListItem {
        /// The box of a task.
        checked: Option<bool>,
        /// Whether its paragraphs are shown as such.
        spread: bool,
    },
    /// Raw HTML, block or inline (only in `.md`).
    Html(String),
    /// A block of code. `lang` and `meta` are the two parts of the info string, decoded.
    Code {
        /// The first word of the info string.
        lang: Option<String>,
        /// The rest of it, unparsed.
        meta: Option<String>,
        /// The code, without the last line end.
        value: String,
    },
    /// Text, decoded.
    Text(String),
    /// `*…*`
    Emphasis,
    /// `**…**`
    Strong,
    /// `~~…~~`
    Delete,
    /// `^…^`, where enabled.
    Superscript,
    /// `~…~`, where enabled.
    Subscript,
    /// `` `…` ``
    InlineCode(String),
    /// A hard break.
    Break,
    /// A link with its destination as written (decoded, not yet resolved or percent-encoded). Reference links have
    /// been resolved.
    Link {
        /// The destination.
        url: String,
        /// The title.
        title: Option<String>,
        /// Whether it was written bare or in angle brackets.
        autolink: bool,
    },
    /// An image; no children.
    Image {
        /// The destination.
        url: String,
        /// The text for those who do not see it.
        alt: String,
        /// The title.
        title: Option<String>,
    },
    /// `[^label]`; only where a definition exists.
    FootnoteReference {
        /// The normalised label.
        label: String,
    },
    /// `[^label]: …`; stays where it was written, renderers gather them.
    FootnoteDefinition {
        /// The normalised label.
        label: String,
    },
    /// A table; children are `TableRow`s, the first is the head.
    Table {
        /// One for each column.
        align: Vec<Align>,
    },
    /// A row of `TableCell`s.
    TableRow,
    /// A cell.
    TableCell,
    /// `$$ … $$`
    Math(String),
    /// `$…$`
    InlineMath(String),
    /// `:::name[label]{key="value"}` with children. A label is the first child, a [`NodeKind::DirectiveLabel`].
    Directive {
        /// The name.
        name: String,
        /// Its attributes, in order.
        attributes: Vec<(String, String)>,
    },
    /// The label of a directive.
    DirectiveLabel,
    /// A definition list.
    DescriptionList,
    /// Its term.
    DescriptionTerm,
    /// Its explanation.
    DescriptionDetails {
        /// Whether its paragraphs are shown as such.
        spread: bool,
    },
    /// `<Name …>…</Name>`, or a fragment where `name` is none.
    Element(Element),
    /// `{…}`; [`Expr::Empty`] where it holds only a comment.
    Expression {
        /// The expression.
        expr: Arc<Expr>,
        /// Whether it stands in text; flow otherwise.
        inline: bool,
    },
    /// `import` and `export` lines.
    Esm(Arc<Module>),
}

/// A JSX element among Markdown.
#[derive(Clone, Debug, PartialEq)]
pub struct Element {
    /// `Callout`, `Tabs.Item`, `my-element`, `p`; none for a fragment.
    pub name: Option<String>,
    /// Where the name stands.
    pub name_span: Span,
    /// Its attributes, in order; duplicates are kept, the last one wins.
    pub attributes: Vec<Attribute>,
    /// Whether it stands in text; flow otherwise.
    pub inline: bool,
}

/// An attribute of an [`Element`].
#[derive(Clone, Debug, PartialEq)]
pub struct Attribute {
    /// The name, or `None` for a spread.
    pub name: Option<String>,
    /// What it is set to.
    pub value: AttributeValue,
    /// From the name's first to the value's last byte.
    pub span: Span,
}

/// What an attribute is set to.
#[derive(Clone, Debug, PartialEq)]
pub enum AttributeValue {
    /// Nothing: `<A open>`.
    True,
    /// A string, references decoded.
    String(String),
    /// An expression in braces, or what a spread spreads.
    Expression(Arc<Expr>),
}

/// The name of a component: a dot in it, or a name of JavaScript without a small first letter; all else is an HTML element.
pub fn is_component_name(name: &str) -> bool {
    name.contains('.') || (!name.starts_with(|c: char| c.is_ascii_lowercase()) && !name.contains(['-', ':']))
}

/// HTML elements that have no content and no closing tag.
pub fn is_void_element(name: &str) -> bool {
    matches!(
        name,
        "area"
            | "base"
            | "br"
            | "col"
            | "embed"
            | "hr"
            | "img"
            | "input"
            | "link"
            | "meta"
            | "param"
            | "source"
            | "track"
            | "wbr"
    )
}

impl Node {
    /// Calls `visit` for the node and all below it, in source order.
    pub fn walk<'a>(&'a self, visit: &mut impl FnMut(&'a Node)) {
        visit(self);
        for child in &self.children {
            child.walk(visit);
        }
    }

    /// Returns the text below the node: text, inline code and alternative texts, without markup.
    pub fn text(&self) -> String {
        let mut out = String::new();
        self.walk(&mut |node| match &node.kind {
            NodeKind::Text(text) | NodeKind::InlineCode(text) | NodeKind::InlineMath(text) => out.push_str(text),
            NodeKind::Image { alt, .. } => out.push_str(alt),
            NodeKind::Break => out.push(' '),
            _ => {}
        });
        out
    }
}
