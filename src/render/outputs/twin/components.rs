//! What components and HTML elements become in Markdown.
//!
//! Known by name, as the default theme and the themes whose content moves here call them. All others are their children.

use rivage_syntax::ast::{AttributeValue, Element, Node, NodeKind};

use super::{Writer, capitalised, inline};

impl Writer<'_> {
    /// The value of the first of some attributes that has text.
    fn attribute(&mut self, element: &Element, names: &[&str]) -> Option<String> {
        for name in names {
            // The last one of a name wins.
            let found = element.attributes.iter().rev().find(|attribute| attribute.name.as_deref() == Some(*name));
            let text = match found.map(|attribute| &attribute.value) {
                Some(AttributeValue::String(text)) => Some(text.clone()),
                Some(AttributeValue::Expression(expr)) => self.answers.expression(expr),
                Some(AttributeValue::True) | None => None,
            };
            if let Some(text) = text.filter(|text| !text.trim().is_empty()) {
                return Some(text);
            }
        }
        None
    }

    fn address(&mut self, element: &Element) -> Option<String> {
        let url = self.attribute(element, &["href", "link", "url", "to"])?;
        Some(self.answers.url(&url))
    }

    /// An element that stands as a block.
    pub(super) fn element(&mut self, element: &Element, node: &Node) {
        let children = &node.children;
        let Some(name) = element.name.as_deref() else { return self.blocks(children, false) };
        match name {
            "Callout" | "Aside" | "Admonition" | "Alert" => {
                let kind = self.attribute(element, &["kind", "type", "variant"]).unwrap_or_else(|| "note".to_owned());
                let title = self.attribute(element, &["title"]);
                self.callout(&capitalised(&kind), title.as_deref(), children);
            }
            "Note" | "Tip" | "Important" | "Warning" | "Caution" | "Danger" | "Info" | "Success" => {
                let title = self.attribute(element, &["title"]);
                self.callout(name, title.as_deref(), children);
            }
            "Tabs.Item" | "TabItem" | "Tab" | "Tabs.Tab" => {
                let label = self.attribute(element, &["label", "title", "name"]);
                self.labelled(label, children);
            }
            "Details" | "Accordion" | "Accordion.Item" | "AccordionItem" => {
                let label = self.attribute(element, &["summary", "title"]);
                self.labelled(label, children);
            }
            "Card" | "LinkCard" | "CardLink" => self.card(element, children),
            "Cards" | "CardGrid" | "CardGroup" => self.blocks(children, true),
            "LinkButton" | "Badge" | "Figure" | "Video" | "Icon" | "a" | "img" | "br" => {
                let text = self.inline(std::slice::from_ref(node));
                self.write(text.trim());
            }
            "ApiField" | "Field" | "ParamField" | "ResponseField" => self.field(element, children),
            "details" | "figure" | "dl" | "section" | "div" | "p" | "article" | "aside" | "main" | "header"
            | "footer" => {
                self.blocks(children, false);
            }
            "summary" | "figcaption" | "dt" => {
                let mut text = String::new();
                self.wrapped("**", children, &mut text);
                self.write(text.trim());
            }
            "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => {
                let depth = name.bytes().last().map_or(2, |digit| usize::from(digit - b'0'));
                let text = self.inline(children);
                self.write(&format!("{} {}", "#".repeat(depth), text.trim().replace('\n', " ")));
            }
            "hr" => self.write("---"),
            "ul" | "ol" => self.html_list(name, children),
            "blockquote" => self.within("> ", |writer| writer.blocks(children, false)),
            "pre" => {
                let text = node.text();
                self.code(None, None, text.trim_matches('\n'));
            }
            _ if is_silent(name) => {}
            _ => self.other(element, name, children),
        }
    }

    /// An element in text.
    pub(super) fn inline_element(&mut self, element: &Element, node: &Node, out: &mut String) {
        let children = &node.children;
        match element.name.as_deref().unwrap_or_default() {
            "br" => out.push_str(if self.in_table { " " } else { "\\\n" }),
            "code" => {
                let code = self.code_span(&node.text());
                out.push_str(&code);
            }
            "b" | "strong" => self.wrapped("**", children, out),
            "i" | "em" => self.wrapped("*", children, out),
            "s" | "del" => self.wrapped("~~", children, out),
            "a" | "LinkButton" | "LinkCard" | "Card" => {
                let mut text = self.inline(children);
                if text.trim().is_empty() {
                    text = self
                        .attribute(element, &["label", "title", "text"])
                        .map(|text| inline::escape(&text, false))
                        .unwrap_or_default();
                }
                match self.address(element) {
                    Some(address) => out.push_str(&inline::link(text.trim(), &address, None)),
                    None => out.push_str(&text),
                }
            }
            "Badge" => {
                let mut text = self.inline(children);
                if text.trim().is_empty() {
                    text = self
                        .attribute(element, &["text", "label"])
                        .map(|text| inline::escape(&text, self.in_table))
                        .unwrap_or_default();
                }
                out.push_str(&text);
            }
            "img" | "Figure" | "Image" => {
                if let Some(source) = self.attribute(element, &["src"]) {
                    let address = self.answers.url(&source);
                    let alt = self.attribute(element, &["alt"]).unwrap_or_default();
                    out.push('!');
                    out.push_str(&inline::link(&inline::escape(&alt, self.in_table), &address, None));
                }
                let caption = self.attribute(element, &["caption"]).map(|text| inline::escape(&text, self.in_table));
                let caption = caption.unwrap_or_else(|| self.inline(children).trim().to_owned());
                if !caption.is_empty() {
                    out.push_str(if self.in_table { " " } else { "\n\n" });
                    out.push_str(&caption);
                }
            }
            "Video" | "video" => {
                if let Some(source) = self.attribute(element, &["src", "url"]) {
                    let address = self.answers.url(&source);
                    let title = self.attribute(element, &["title", "caption"]).unwrap_or_else(|| "Video".to_owned());
                    out.push_str(&inline::link(&inline::escape(&title, self.in_table), &address, None));
                }
            }
            name if is_silent(name) => {}
            _ => {
                let text = self.inline(children);
                out.push_str(&text);
            }
        }
    }

    fn labelled(&mut self, label: Option<String>, children: &[rivage_syntax::ast::Node]) {
        if let Some(label) = label {
            self.separate(false, |writer| writer.write(&format!("**{}**", inline::escape(&label, false))));
        }
        self.blocks(children, false);
    }

    /// A card is an item of a list: title, link, text.
    fn card(&mut self, element: &Element, children: &[Node]) {
        let title = self.attribute(element, &["title", "label"]).map(|title| inline::escape(&title, false));
        let address = self.address(element);
        let text = self.attribute(element, &["description", "text"]).map(|text| inline::escape(&text, false));
        let head = match (title, address) {
            (Some(title), Some(address)) => inline::link(&title, &address, None),
            (None, Some(address)) => format!("<{address}>"),
            (Some(title), None) => format!("**{title}**"),
            (None, None) => String::new(),
        };
        let text = text.map(|text| if head.is_empty() { text } else { format!(": {text}") }).unwrap_or_default();
        self.mark("- ");
        if !head.is_empty() || !text.is_empty() {
            self.write(&format!("{head}{text}"));
        }
        let one_line =
            children.iter().all(super::is_inline) || matches!(children, [Node { kind: NodeKind::Paragraph, .. }]);
        self.indented("  ", |writer| {
            if one_line {
                let content = writer.inline(children);
                let content = content.trim();
                let before = if head.is_empty() || content.is_empty() { "" } else { ": " };
                writer.write(&format!("{before}{content}"));
            } else {
                writer.blocks(children, false);
            }
        });
    }

    fn field(&mut self, element: &Element, children: &[Node]) {
        let name = self.attribute(element, &["name", "path", "query", "body", "header"]);
        let kind = self.attribute(element, &["type", "kind"]);
        let required = element.attributes.iter().any(|attribute| attribute.name.as_deref() == Some("required"));
        let mut facts: Vec<_> = kind.into_iter().collect();
        facts.extend(required.then(|| "required".to_owned()));
        facts.extend(self.attribute(element, &["default"]).map(|value| format!("default `{value}`")));
        let facts = if facts.is_empty() { String::new() } else { format!(" ({})", facts.join(", ")) };
        self.mark("- ");
        self.write(&format!("`{}`{facts}", name.unwrap_or_default()));
        self.indented("  ", |writer| writer.blocks(children, false));
    }

    fn html_list(&mut self, name: &str, children: &[Node]) {
        let mut number = 0;
        let mut mark = || {
            number += 1;
            if name == "ol" { format!("{number}. ") } else { "- ".to_owned() }
        };
        for child in children {
            match &child.kind {
                NodeKind::Element(item) if item.name.as_deref() == Some("li") => {
                    let mark = mark();
                    self.separate(true, |writer| {
                        writer.mark(&mark);
                        writer.indented(&" ".repeat(mark.len()), |writer| writer.blocks(&child.children, true));
                    });
                }
                // Items that are made of data, a line each.
                NodeKind::Expression { expr, .. } => {
                    let text = self.answers.expression(expr).unwrap_or_default();
                    for line in text.lines().filter(|line| !line.trim().is_empty()) {
                        let item = format!("{}{}", mark(), inline::escape(line.trim(), self.in_table));
                        self.separate(true, |writer| writer.write(&item));
                    }
                }
                _ => {}
            }
        }
    }

    /// A component that nothing is known of: a partial's tree, or its title and children.
    fn other(&mut self, element: &Element, name: &str, children: &[Node]) {
        if !rivage_syntax::ast::is_component_name(name) {
            return self.blocks(children, false);
        }
        if let Some(tree) = self.answers.enter(element) {
            self.blocks(std::slice::from_ref(&*tree), false);
            return self.answers.leave();
        }
        let label = self.attribute(element, &["title", "label"]);
        self.labelled(label, children);
        if let Some(text) = self.attribute(element, &["description", "text"]) {
            self.separate(false, |writer| writer.write(&inline::escape(&text, false)));
        }
    }
}

/// Elements without anything to read.
fn is_silent(name: &str) -> bool {
    matches!(
        name,
        "script" | "style" | "svg" | "iframe" | "button" | "input" | "Icon" | "template" | "source" | "track" | "audio"
    )
}
