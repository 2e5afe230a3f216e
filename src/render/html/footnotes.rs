//! Footnotes of a page: numbered in the order of their first reference, gathered at its end.
//!
//! In: references while the page is written. Out: a section with links back. Definitions of a partial are known in the partial
//! only, but all are numbered together. Deliberately not here: parsing.

use std::fmt::Write as _;

use rivage_diag::Span;
use rivage_syntax::ast::NodeKind;

use super::escape::{encode_url, push_attribute, push_quoted, push_text};
use super::writer::Writer;

/// The footnotes of a page, in order of first reference.
#[derive(Debug, Default)]
pub(super) struct Footnotes {
    notes: Vec<Note>,
}

#[derive(Debug)]
struct Note {
    label: String,
    references: usize,
    /// The definition's HTML, once it is written.
    html: String,
    /// Where the links back go: before the end of the last paragraph, if it ends with one.
    links_at: usize,
}

impl Writer<'_> {
    pub(super) fn footnote_reference(&mut self, label: &str, _span: Span, out: &mut String) {
        let index = match self.scope.notes.get(label) {
            Some(&index) => index,
            None => {
                let index = self.footnotes.notes.len();
                let note = Note { label: label.to_owned(), references: 0, html: String::new(), links_at: 0 };
                self.footnotes.notes.push(note);
                self.scope.notes.insert(label.to_owned(), index);
                self.scope.pending.push(index);
                index
            }
        };
        let note = &mut self.footnotes.notes[index];
        note.references += 1;
        let key = key(self.settings.plain, index, label);
        let again = if note.references > 1 { format!("-{}", note.references) } else { String::new() };
        let number = index + 1;
        let _ = if self.settings.plain {
            write!(
                out,
                "<sup><a href=\"#user-content-fn-{key}\" id=\"user-content-fnref-{key}{again}\" \
                 data-footnote-ref=\"\" aria-describedby=\"footnote-label\">{number}</a></sup>"
            )
        } else {
            self.ids.order.push(format!("fnref-{key}{again}"));
            write!(out, "<sup><a href=\"#fn-{key}\" id=\"fnref-{key}{again}\" role=\"doc-noteref\">{number}</a></sup>")
        };
    }

    /// Writes the definitions that the current file has referred to. They may refer to further ones.
    pub(super) fn finish_footnotes(&mut self) {
        let mut next = 0;
        while let Some(&index) = self.scope.pending.get(next) {
            next += 1;
            let label = self.footnotes.notes[index].label.clone();
            let Some(definition) = self.scope.definition(&label) else { continue };
            let mut html = String::new();
            self.blocks(&definition.children, &mut html);
            let ends_with_paragraph = definition.children.last().is_some_and(|last| last.kind == NodeKind::Paragraph);
            let tail = "</p>\n";
            let note = &mut self.footnotes.notes[index];
            note.links_at =
                if ends_with_paragraph && html.ends_with(tail) { html.len() - tail.len() } else { html.len() };
            note.html = html;
        }
        self.scope.pending.clear();
    }

    /// Writes the section of all footnotes.
    pub(super) fn footnote_section(&mut self, out: &mut String) {
        if self.footnotes.notes.is_empty() {
            return;
        }
        let plain = self.settings.plain;
        out.push_str(if plain {
            "<section data-footnotes=\"\" class=\"footnotes\"><h2 class=\"sr-only\" id=\"footnote-label\">Footnotes</h2>\n<ol>\n"
        } else {
            "<section class=\"footnotes\" role=\"doc-endnotes\"><h2 class=\"sr-only\" id=\"footnotes\">"
        });
        if !plain {
            push_text(&self.settings.labels.footnotes, out);
            out.push_str("</h2>\n<ol>\n");
            self.ids.order.push("footnotes".to_owned());
        }
        for (index, note) in self.footnotes.notes.iter().enumerate() {
            let key = key(plain, index, &note.label);
            let prefix = if plain { "user-content-" } else { "" };
            let _ = write!(out, "<li id=\"{prefix}fn-{key}\">\n{}", &note.html[..note.links_at]);
            if note.links_at < note.html.len() {
                out.push(' ');
            }
            for reference in 1..=note.references {
                if reference > 1 {
                    out.push(' ');
                }
                let again = if reference > 1 { format!("-{reference}") } else { String::new() };
                let number = format!("{}{again}", index + 1);
                let _ = write!(out, "<a href=\"#{prefix}fnref-{key}{again}\"");
                if plain {
                    out.push_str(" data-footnote-backref=\"\"");
                    push_attribute("aria-label", &format!("Back to reference {number}"), out);
                    out.push_str(" class=\"data-footnote-backref\">↩");
                } else {
                    out.push_str(" class=\"backref\" role=\"doc-backlink\" aria-label=\"");
                    push_quoted(&self.settings.labels.back_to_reference.replace("{n}", &number), out);
                    out.push_str("\">↩");
                }
                if reference > 1 {
                    let _ = write!(out, "<sup>{reference}</sup>");
                }
                out.push_str("</a>");
            }
            out.push_str(&note.html[note.links_at..]);
            if !plain {
                self.ids.order.push(format!("fn-{key}"));
            }
            out.push_str("</li>\n");
        }
        out.push_str("</ol>\n</section>\n");
    }
}

/// Returns the part of an id that names a note: the label as the reference compiler has it, or a number, which is short and
/// cannot clash between partials.
fn key(plain: bool, index: usize, label: &str) -> String {
    if plain {
        let mut key = String::new();
        push_quoted(&encode_url(&label.to_lowercase()), &mut key);
        key
    } else {
        (index + 1).to_string()
    }
}
