//! What the Markdown twin of a page asks of its site.
//!
//! In: questions of [`super::super::outputs::twin`]. Out: addresses, texts of expressions, trees of partials, the pages of a section. The page has been
//! rendered by then: what is wrong with it is known, and is not told again.

use std::sync::Arc;

use rivage_syntax::ast::{Element, Node};
use rivage_syntax::expr::Expr;
use rustc_hash::FxHashSet;

use super::super::functions::translate;
use super::super::html::Names;
use super::super::outputs::description;
use super::super::outputs::twin::{self, Answers, Entry, List};
use super::super::page::{is_hidden_from_robots, slice_of};
use super::SiteHost;
use crate::resolve::{Page, Target, part_path};

/// What the twin of a page asks. The page has been rendered, so what is wrong with it and where it links to is known already.
pub(in crate::render) struct TwinAnswers<'a, 'r> {
    host: &'a mut SiteHost<'r>,
    names: Names,
    /// Pages that the text has led to, by path.
    linked: FxHashSet<String>,
}

impl<'a, 'r> TwinAnswers<'a, 'r> {
    pub(in crate::render) fn new(host: &'a mut SiteHost<'r>, names: Names) -> Self {
        Self { host, names, linked: FxHashSet::default() }
    }

    /// Runs `work`, and forgets what the host has gathered meanwhile.
    fn quietly<T>(&mut self, work: impl FnOnce(&mut Names, &mut SiteHost<'r>) -> T) -> T {
        let gathered = (self.host.links.len(), self.host.external.len(), self.host.diagnostics.len());
        let result = work(&mut self.names, self.host);
        self.host.links.truncate(gathered.0);
        self.host.external.truncate(gathered.1);
        self.host.diagnostics.truncate(gathered.2);
        result
    }
}

impl Answers for TwinAnswers<'_, '_> {
    fn url(&mut self, url: &str) -> String {
        let file = self.names.file().unwrap_or(&self.host.document.file);
        let renderer = self.host.renderer;
        let values = &renderer.surroundings.values;
        match self.host.target(file, url) {
            Target::Page { url, suffix } => {
                let address = format!("{}{suffix}", values.absolute(&url));
                self.linked.insert(url);
                address
            }
            Target::File { url, suffix } => format!("{}{suffix}", values.absolute(&url)),
            _ => url.to_owned(),
        }
    }

    fn expression(&mut self, expr: &Expr) -> Option<String> {
        self.quietly(|names, host| names.text(expr, host))
    }

    fn enter(&mut self, element: &Element) -> Option<Arc<Node>> {
        self.quietly(|names, host| names.enter(element, host))
    }

    fn leave(&mut self) {
        self.names.leave();
    }

    /// The first part of the section's list, as its HTML has it: what is said of those pages is part of the answer about the route.
    fn list(&mut self) -> Option<List> {
        let (section, renderer) = (self.host.page, self.host.renderer);
        let values = &renderer.surroundings.values;
        let size = section.defaults.paginate_by.unwrap_or(0);
        let shown = section.subsections.iter().chain(slice_of(&section.pages, size, 1));
        let shown: Vec<_> =
            shown.map(|id| values.site().page(*id)).filter(|page| !is_hidden_from_robots(page)).collect();
        let is_listed = section.is_section && shown.iter().any(|page| !self.linked.contains(&page.url));
        if !is_listed {
            return None;
        }
        let entry = |page: &&Page| {
            // A page that stands for a missing translation has no twin, nor has a folder without a text of its own.
            let has_twin = page.document.is_some() && !page.is_fallback;
            let url = if has_twin { format!("/{}", twin::path(&page.url)) } else { page.url.clone() };
            Entry { title: page.title.clone(), url: values.absolute(&url), description: description(page).to_owned() }
        };
        let mut entries: Vec<_> = shown.iter().map(entry).collect();
        if size > 0 && section.pages.len() > size {
            entries.push(Entry {
                title: translate(&renderer.surroundings, "page_n", &[("n", "2".to_owned())]),
                url: values.absolute(&part_path(&section.url, 2)),
                description: String::new(),
            });
        }
        Some(List { title: self.host.text_of("subpages"), entries })
    }
}
