//! What stands in text: emphasis, links, code; and the escapes that text needs.

use rivage_syntax::ast::{Node, NodeKind};
use rivage_syntax::expr::{Expr, ExprKind};

use super::Writer;

impl Writer<'_> {
    /// Returns text as Markdown.
    pub(super) fn inline(&mut self, nodes: &[Node]) -> String {
        let mut out = String::new();
        for node in nodes {
            self.inline_node(node, &mut out);
        }
        out
    }

    fn inline_node(&mut self, node: &Node, out: &mut String) {
        self.depth += 1;
        if self.depth > super::DEEPEST {
            out.push_str(&escape(&node.text(), self.in_table));
        } else {
            self.inline_within(node, out);
        }
        self.depth -= 1;
    }

    fn inline_within(&mut self, node: &Node, out: &mut String) {
        let children = &node.children;
        match &node.kind {
            NodeKind::Text(text) => out.push_str(&escape(text, self.in_table)),
            NodeKind::Emphasis => self.wrapped("*", children, out),
            NodeKind::Strong => self.wrapped("**", children, out),
            NodeKind::Delete => self.wrapped("~~", children, out),
            NodeKind::Superscript => self.wrapped("^", children, out),
            NodeKind::Subscript => self.wrapped("~", children, out),
            NodeKind::InlineCode(code) => out.push_str(&self.code_span(code)),
            NodeKind::Break => out.push_str(if self.in_table { " " } else { "\\\n" }),
            NodeKind::Link { url, title, autolink } => {
                let text = self.inline(children);
                let address = self.answers.url(url);
                if *autolink && node.text() == address {
                    out.push_str(&format!("<{address}>"));
                } else {
                    out.push_str(&link(text.trim(), &address, title.as_deref()));
                }
            }
            NodeKind::Image { url, alt, title } => {
                let address = self.answers.url(url);
                out.push('!');
                out.push_str(&link(&escape(alt, self.in_table), &address, title.as_deref()));
            }
            NodeKind::FootnoteReference { label } => out.push_str(&format!("[^{label}]")),
            NodeKind::InlineMath(tex) => out.push_str(&format!("${tex}$")),
            NodeKind::Html(html) => out.push_str(&super::without_comments(html)),
            NodeKind::Expression { expr, .. } => self.inline_expression(expr, out),
            NodeKind::Element(element) => self.inline_element(element, node, out),
            NodeKind::Esm(_) => {}
            NodeKind::Code { value, .. } => out.push_str(&self.code_span(value)),
            // Blocks in text, as in a cell of a table that a component stands in.
            _ => {
                for child in children {
                    self.inline_node(child, out);
                }
            }
        }
    }

    pub(super) fn inline_expression(&mut self, expr: &Expr, out: &mut String) {
        if let ExprKind::Jsx(node) = &expr.kind {
            self.inline_node(node, out);
        } else if let Some(text) = self.answers.expression(expr) {
            out.push_str(&escape(&text, self.in_table));
        }
    }

    /// Marks of emphasis must touch the text: spaces go outside.
    pub(super) fn wrapped(&mut self, mark: &str, children: &[Node], out: &mut String) {
        let text = self.inline(children);
        let trimmed = text.trim();
        if trimmed.is_empty() {
            out.push_str(&text);
            return;
        }
        let start = text.len() - text.trim_start().len();
        let end = text.trim_end().len();
        out.push_str(&format!("{}{mark}{trimmed}{mark}{}", &text[..start], &text[end..]));
    }

    pub(super) fn code_span(&self, code: &str) -> String {
        let fence = "`".repeat(longest_run(code, '`') + 1);
        let code = code.replace('\n', " ");
        let code = if self.in_table { code.replace('|', "\\|") } else { code };
        // A space is needed beside a backtick, and taken off again where both ends have one.
        let padded = code.starts_with('`')
            || code.ends_with('`')
            || (code.starts_with(' ') && code.ends_with(' ') && !code.trim().is_empty());
        let space = if padded { " " } else { "" };
        format!("{fence}{space}{code}{space}{fence}")
    }
}

/// Writes a link or image but for the `!`.
pub(super) fn link(text: &str, address: &str, title: Option<&str>) -> String {
    let title =
        title.map(|title| format!(" \"{}\"", title.replace('\\', "\\\\").replace('"', "\\\""))).unwrap_or_default();
    let plain =
        !address.is_empty() && !address.contains(|c: char| c.is_whitespace() || matches!(c, '(' | ')' | '<' | '>'));
    if plain {
        format!("[{text}]({address}{title})")
    } else {
        let address: String = address.chars().map(|c| if c == '\n' { ' ' } else { c }).collect();
        format!("[{text}](<{}>{title})", address.replace('<', "%3C").replace('>', "%3E"))
    }
}

/// Escapes what would be markup, and no more: twins are read by people, too.
pub(super) fn escape(text: &str, in_table: bool) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 16);
    let mut copied = 0;
    while let Some(length) = text.as_bytes()[copied..].iter().position(|byte| may_be_markup(*byte)) {
        let at = copied + length;
        out.push_str(&text[copied..at]);
        let letter = text.as_bytes()[at];
        if is_markup(letter, &text[..at], &text[at + 1..], &out, in_table) {
            out.push('\\');
        }
        out.push(char::from(letter));
        copied = at + 1;
    }
    out.push_str(&text[copied..]);
    out
}

fn may_be_markup(byte: u8) -> bool {
    matches!(
        byte,
        b'\\' | b'*' | b'`' | b'[' | b']' | b'<' | b'_' | b'~' | b'|' | b'#' | b'>' | b'+' | b'-' | b'.' | b')'
    )
}

/// Reports whether a letter between `before` and `after` needs an escape. `out` is what is written of the text so far.
fn is_markup(letter: u8, before: &str, after: &str, out: &str, in_table: bool) -> bool {
    let at_start = out.is_empty() || out.ends_with('\n');
    let before = before.chars().next_back().unwrap_or('\n');
    let after = after.chars().next().unwrap_or('\n');
    match letter {
        b'\\' => after.is_ascii_punctuation(),
        b'*' | b'`' => true,
        b'[' => !matches!(after, ' ' | '\n'),
        b']' => matches!(after, '(' | '[' | ':') || before == '\\',
        b'<' => after.is_ascii_alphabetic() || matches!(after, '/' | '!' | '?'),
        b'_' => !(before.is_alphanumeric() && after.is_alphanumeric()),
        b'~' => after == '~' || before == '~',
        b'|' => in_table,
        b'#' => at_start && matches!(after, '#' | ' ' | '\n'),
        b'>' => at_start,
        b'+' | b'-' => at_start && matches!(after, ' ' | '\n'),
        b'.' | b')' => after == ' ' && is_number(end_of_line(out)),
        _ => false,
    }
}

/// Returns the end of the last line, long enough to see whether the line is a number: all of it would take too long for each
/// full stop of a long line.
fn end_of_line(text: &str) -> &str {
    let start = text.len() - text.bytes().rev().take(12).take_while(|&byte| byte != b'\n' && byte < 0x80).count();
    // What was cut off makes it no number, either way.
    if start > 0 && !text[..start].ends_with('\n') { "" } else { &text[start..] }
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.len() < 10 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The length of the longest row of a character.
pub(super) fn longest_run(text: &str, wanted: char) -> usize {
    let mut longest = 0;
    let mut run = 0;
    for letter in text.chars() {
        run = if letter == wanted { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    longest
}
