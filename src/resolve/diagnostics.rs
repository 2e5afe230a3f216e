//! The wording of what is wrong with how pages fit together.

use rivage_diag::{Diagnostic, FileId, Span};

use super::{Page, Route, Site, View};
use crate::config;
use crate::parse::Document;
use crate::parse::front_matter::Spanned;

/// Two routes with one path.
pub(super) fn duplicate_url(site: &Site, former: &Route, route: &Route) -> Diagnostic {
    let message = format!("`{}` and {} have the same URL `{}`", name(site, route), quoted(site, former), route.url);
    place(Diagnostic::error("duplicate-url", message), site, route).with_hint("give one of them another `slug` or `path`")
}

/// Two routes whose paths are one on some disks.
pub(super) fn differ_in_case(site: &Site, former: &Route, route: &Route) -> Diagnostic {
    let message = format!("`{}` and `{}` differ only in upper and lower case", former.url, route.url);
    place(Diagnostic::warning("urls-differ-in-case", message), site, route)
        .with_hint("some disks and hosts take them for the same: change one")
}

fn name(site: &Site, route: &Route) -> String {
    match route.view {
        View::Page(_) => site.owner(route).map_or_else(|| route.url.clone(), str::to_owned),
        View::Pager(_, part) => format!("part {part} of {}", site.owner(route).unwrap_or("a list")),
        View::Taxonomy(index) => format!("taxonomy {}", site.taxonomies[index].name),
        View::Term(index, term, _) => format!("term {}", site.taxonomies[index].terms[term].name),
    }
}

fn quoted(site: &Site, route: &Route) -> String {
    format!("`{}`", name(site, route))
}

/// Points at what gives the page its URL: `slug` or `path`, else the start of the file.
fn place(diagnostic: Diagnostic, site: &Site, route: &Route) -> Diagnostic {
    let View::Page(id) = route.view else { return diagnostic };
    let Some(document) = &site.page(id).document else { return diagnostic };
    let matter = &document.front_matter;
    let span = matter.path.as_ref().or(matter.slug.as_ref()).map_or(Span::at(0), |written| written.span);
    diagnostic.at(&document.file, span)
}

/// An alias where a page is.
pub(super) fn alias_shadows(document: &Document, alias: &Spanned<String>, owner: Option<&str>) -> Diagnostic {
    let owner = owner.map_or_else(|| "a page".to_owned(), |owner| format!("`{owner}`"));
    Diagnostic::error("alias-shadows-page", format!("the alias `{}` is the URL of {owner}", alias.value))
        .at(&document.file, alias.span)
        .with_hint("remove the alias, or move that page")
}

/// An alias that another page has, too.
pub(super) fn alias_twice(document: &Document, alias: &Spanned<String>, other: &Page) -> Diagnostic {
    let other = other.document.as_ref().map_or(other.url.as_str(), |document| &document.source.path);
    Diagnostic::error("duplicate-alias", format!("the alias `{}` is also one of `{other}`", alias.value))
        .at(&document.file, alias.span)
        .with_hint("an address can lead to one page only: remove one of them")
}

/// Two terms with one address.
pub(super) fn same_slug(taxonomy: &str, term: &str, other: &str, slug: &str, page: &Page) -> Diagnostic {
    let message = format!("`{term}` and `{other}` of `{taxonomy}` have the same address `{slug}`");
    let diagnostic = Diagnostic::error("duplicate-term", message).with_hint("spell them alike, or rename one");
    let Some(document) = &page.document else { return diagnostic };
    let written = document.front_matter.taxonomies.get(taxonomy).into_iter().flatten().find(|written| written.value == term);
    diagnostic.at(&document.file, written.map_or(Span::at(0), |written| written.span))
}

/// A menu's item whose target does not exist.
pub(super) fn menu_leads_nowhere(span: Span, url: &str) -> Diagnostic {
    leads_nowhere("menu", span, url)
}

/// A sidebar's item whose target does not exist.
pub(super) fn sidebar_leads_nowhere(span: Span, url: &str) -> Diagnostic {
    leads_nowhere("sidebar", span, url)
}

fn leads_nowhere(what: &str, span: Span, url: &str) -> Diagnostic {
    Diagnostic::error("broken-link", format!("the {what} links to `{url}`, which does not exist"))
        .at(&FileId::from(config::FILE), span)
        .with_hint("name a file below `content/` (`docs/_index.mdx`), a path (`/docs/`) or a full URL")
}
