//! The tree of a content file → HTML.
//!
//! In: a [`Node`] tree and a [`Host`] that answers for all outside of it. Out: [`Rendered`]: HTML in one string, headings, ids.
//! Deliberately not here: parsing, layouts, how code, math, links and component templates work (the host's).

mod attributes;
mod diagnostics;
mod element;
mod escape;
mod footnotes;
pub mod host;
mod ids;
mod names;
pub mod picture;
mod scope;
#[cfg(test)]
mod tests;
mod writer;

use rivage_diag::{FileId, Location};
use rivage_syntax::ast::Node;

pub use escape::{encode_url, escape_text, push_attribute, push_text, text_of};
pub use host::Host;
pub use names::Names;

use ids::Ids;
use scope::FileScope;
use writer::Writer;

/// How the writer writes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Generic mode: what the reference compiler prints, without ids and wrappers. See `render --plain`.
    pub plain: bool,
    /// Texts for screen readers, in the page's language.
    pub labels: Labels,
    /// Ids that the layout around the content uses: no heading gets one of them.
    pub taken_ids: Vec<String>,
}

/// Texts that the writer puts into a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Labels {
    /// Before a heading's text in its anchor's label: `Link to this section: {title}`.
    pub anchor: String,
    /// The heading of the footnotes.
    pub footnotes: String,
    /// A link back to the text from a footnote: `Back to reference {n}`.
    pub back_to_reference: String,
    /// A table that may scroll.
    pub table: String,
}

impl Default for Labels {
    fn default() -> Self {
        Self {
            anchor: "Link to this section: {title}".to_owned(),
            footnotes: "Footnotes".to_owned(),
            back_to_reference: "Back to reference {n}".to_owned(),
            table: "Table".to_owned(),
        }
    }
}

/// A content file as HTML.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rendered {
    /// The HTML.
    pub html: String,
    /// The headings in order, those of partials included.
    pub toc: Vec<TocEntry>,
    /// All ids that the writer wrote, in order.
    pub ids: Vec<String>,
}

/// A heading.
#[derive(Clone, Debug, PartialEq)]
pub struct TocEntry {
    /// 1 to 6.
    pub depth: u8,
    /// Its id.
    pub id: String,
    /// Its text, without markup.
    pub title: String,
    /// Where it was written.
    pub location: Location,
}

/// Renders a page. Returns what is known in it, too, for other forms of it.
pub fn render(file: &FileId, tree: &Node, settings: &Settings, host: &mut dyn Host) -> (Rendered, Names) {
    let mut ids = Ids::default();
    for id in &settings.taken_ids {
        ids.reserve(id);
    }
    let (scope, problems) = FileScope::new(file, tree, host, &mut ids);
    let source = (tree.span.end - tree.span.start) as usize;
    let mut writer = Writer::new(host, settings, scope, ids, source);
    for problem in problems {
        writer.report(problem);
    }
    // HTML is mostly a little longer than its source.
    let mut html = String::with_capacity(source + source / 4);
    writer.file(tree, &mut html);
    writer.footnote_section(&mut html);
    (Rendered { html, toc: writer.toc, ids: writer.ids.order }, Names::new(writer.scope))
}
