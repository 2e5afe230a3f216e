//! What the rest of the site needs to know of a page's body: its title, its words, its summary.
//!
//! In: the tree of the body. Out: plain text and counts. Deliberately not here: HTML, code blocks (they are not prose), expressions and
//! properties of components (their values are not known yet).

use rivage_syntax::ast::{AttributeValue, Element, Node, NodeKind};

/// Longest summary, in characters.
const MOST_CHARACTERS: usize = 300;

/// Returns the text of the first heading of depth 1.
pub(super) fn first_heading(root: &Node) -> Option<String> {
    let heading = find(root, &|node| matches!(node.kind, NodeKind::Heading { depth: 1, .. }))?;
    let text = collapse(&prose(heading));
    (!text.is_empty()).then_some(text)
}

/// Finds a node that is not part of a quote, list or table: those are not the page's own words.
fn find<'t>(node: &'t Node, wanted: &impl Fn(&Node) -> bool) -> Option<&'t Node> {
    node.children.iter().find_map(|child| {
        if wanted(child) {
            return Some(child);
        }
        let is_transparent = matches!(child.kind, NodeKind::Element(_) | NodeKind::Directive { .. });
        if is_transparent { find(child, wanted) } else { None }
    })
}

/// Counts words. Characters of languages that are written without spaces count one each.
pub(super) fn words(root: &Node) -> usize {
    let mut counter = Counter::default();
    counter.node(root);
    counter.words
}

#[derive(Default)]
struct Counter {
    words: usize,
    in_word: bool,
}

impl Counter {
    fn node(&mut self, node: &Node) {
        match &node.kind {
            NodeKind::Text(text) | NodeKind::InlineCode(text) => self.text(text),
            NodeKind::Break => self.in_word = false,
            kind if is_prose(kind) => {
                for child in &node.children {
                    self.node(child);
                }
            }
            _ => {}
        }
        if !is_inline(&node.kind) {
            self.in_word = false;
        }
    }

    fn text(&mut self, text: &str) {
        if text.is_ascii() {
            return self.ascii(text.as_bytes());
        }
        for c in text.chars() {
            if is_ideograph(c) {
                self.words += 1;
                self.in_word = false;
            } else if c.is_alphanumeric() {
                self.words += usize::from(!self.in_word);
                self.in_word = true;
            } else if c.is_whitespace() || c == '—' {
                self.in_word = false;
            }
        }
    }

    /// The same for most texts, in a fraction of the time.
    fn ascii(&mut self, text: &[u8]) {
        let mut words = 0_usize;
        let mut in_word = self.in_word;
        for byte in text {
            let is_letter = byte.is_ascii_alphanumeric();
            words += usize::from(is_letter && !in_word);
            in_word = is_letter || (in_word && !matches!(byte, b' ' | b'\t'..=b'\r'));
        }
        self.words += words;
        self.in_word = in_word;
    }
}

/// Chinese and Japanese are written without spaces; Korean is not.
fn is_ideograph(c: char) -> bool {
    matches!(c, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3134f}')
}

/// Reports whether what is below a node is the author's prose.
fn is_prose(kind: &NodeKind) -> bool {
    !matches!(
        kind,
        NodeKind::Code { .. }
            | NodeKind::Html(_)
            | NodeKind::Math(_)
            | NodeKind::InlineMath(_)
            | NodeKind::Expression { .. }
            | NodeKind::Esm(_)
            | NodeKind::FootnoteReference { .. }
    )
}

/// Reports whether text before and after a node may be one word.
fn is_inline(kind: &NodeKind) -> bool {
    match kind {
        NodeKind::Element(element) => element.inline,
        NodeKind::Expression { inline, .. } => *inline,
        kind => matches!(
            kind,
            NodeKind::Text(_)
                | NodeKind::Emphasis
                | NodeKind::Strong
                | NodeKind::Delete
                | NodeKind::Superscript
                | NodeKind::Subscript
                | NodeKind::InlineCode(_)
                | NodeKind::Link { .. }
                | NodeKind::InlineMath(_)
                | NodeKind::FootnoteReference { .. }
        ),
    }
}

/// Returns the text before a line `<!-- more -->` or `{/* more */}`, else of the first paragraph.
pub(super) fn summary(root: &Node, source: &str) -> String {
    let more = root.children.iter().position(|node| is_more(node, source));
    let text = match more {
        Some(more) => {
            let before = root.children.iter().take(more).filter(|node| !matches!(node.kind, NodeKind::Heading { .. }));
            before.map(prose).collect::<Vec<_>>().join(" ")
        }
        None => {
            let has_words = |node: &Node| matches!(node.kind, NodeKind::Paragraph) && !prose(node).trim().is_empty();
            find(root, &has_words).map(prose).unwrap_or_default()
        }
    };
    shorten(&collapse(&text))
}

fn is_more(node: &Node, source: &str) -> bool {
    match &node.kind {
        NodeKind::Html(html) => is_marker(html, "<!--", "-->"),
        NodeKind::Expression { .. } => is_marker(source.get(node.span.range()).unwrap_or_default(), "{/*", "*/}"),
        NodeKind::Paragraph => matches!(node.children.as_slice(), [only] if is_more(only, source)),
        _ => false,
    }
}

fn is_marker(text: &str, open: &str, close: &str) -> bool {
    let inner = text.trim().strip_prefix(open).and_then(|text| text.strip_suffix(close));
    inner.is_some_and(|inner| inner.trim() == "more")
}

/// Returns the text below a node, without markup.
fn prose(node: &Node) -> String {
    fn push(node: &Node, out: &mut String) {
        match &node.kind {
            NodeKind::Text(text) | NodeKind::InlineCode(text) | NodeKind::InlineMath(text) => out.push_str(text),
            NodeKind::Break => out.push(' '),
            kind if is_prose(kind) => node.children.iter().for_each(|child| push(child, out)),
            _ => {}
        }
        if !is_inline(&node.kind) {
            out.push(' ');
        }
    }
    let mut out = String::new();
    push(node, &mut out);
    out
}

/// Returns where links within the site lead, as written: of Markdown, and in attributes that are called as links are.
pub(super) fn links(root: &Node) -> Vec<String> {
    fn gather(node: &Node, out: &mut Vec<String>) {
        match &node.kind {
            NodeKind::Link { url, .. } => push(url, out),
            NodeKind::Element(Element { attributes, .. }) => {
                for attribute in attributes {
                    if let (Some("href" | "link"), AttributeValue::String(url)) =
                        (attribute.name.as_deref(), &attribute.value)
                    {
                        push(url, out);
                    }
                }
            }
            _ => {}
        }
        node.children.iter().for_each(|child| gather(child, out));
    }
    fn push(url: &str, out: &mut Vec<String>) {
        let end = url.find(['?', '#']).unwrap_or(url.len());
        let path = url[..end].trim();
        // What has a scheme leads elsewhere; what is empty leads to the page itself.
        if !path.is_empty() && !path.starts_with("//") && !path.contains(':') {
            out.push(path.to_owned());
        }
    }
    let mut all = Vec::new();
    gather(root, &mut all);
    all.sort_unstable();
    all.dedup();
    all
}

fn collapse(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Cuts a text at the end of a word.
fn shorten(text: &str) -> String {
    let Some((limit, _)) = text.char_indices().nth(MOST_CHARACTERS) else { return text.to_owned() };
    // One character is left for the sign that something is left out.
    let cut = text.get(..limit).unwrap_or_default();
    let last = cut.char_indices().next_back().map_or(0, |(at, _)| at);
    // Text without spaces is cut anywhere.
    let end = cut.rfind(' ').filter(|at| *at > last / 2).unwrap_or(last);
    format!("{}…", cut.get(..end).unwrap_or_default().trim_end_matches(|c: char| c.is_ascii_punctuation() || c == ' '))
}
