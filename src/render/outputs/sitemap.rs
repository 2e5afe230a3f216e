//! `sitemap.xml`: all pages for search engines, with their translations.
//!
//! In: the site. Out: one file, or an index and parts where there are too many addresses for one. What is hidden from robots, a draft, a
//! fallback or a further part of a list is left out.

use super::address::absolute;
use super::xml::Xml;
use super::{Outputs, Page};
use crate::parse::front_matter::Date;
use crate::render::Artifact;
use crate::resolve::View;

const NAMESPACE: &str = "http://www.sitemaps.org/schemas/sitemap/0.9";

/// Addresses in a file, by the protocol.
const MOST: usize = 50_000;

/// An address of the sitemap.
struct Entry {
    url: String,
    modified: Option<String>,
    /// Languages with their addresses.
    alternates: Vec<(String, String)>,
}

/// Makes the sitemap.
pub(super) fn render(outputs: &Outputs<'_>) -> Vec<Artifact> {
    files(outputs, &entries(outputs), MOST)
}

fn files(outputs: &Outputs<'_>, entries: &[Entry], most: usize) -> Vec<Artifact> {
    if entries.len() <= most {
        return vec![Artifact::text("sitemap.xml", urls(entries))];
    }
    let mut index = Xml::new();
    let mut files = Vec::new();
    index.open("sitemapindex", &[("xmlns", NAMESPACE)]);
    for (number, part) in entries.chunks(most).enumerate() {
        let name = format!("sitemap-{}.xml", number + 1);
        index.open("sitemap", &[]);
        index.leaf("loc", &[], &absolute(&outputs.site.config, &format!("/{name}")));
        if let Some(modified) = part.iter().filter_map(|entry| entry.modified.as_deref()).max() {
            index.leaf("lastmod", &[], modified);
        }
        index.close("sitemap");
        files.push(Artifact::text(name, urls(part)));
    }
    index.close("sitemapindex");
    files.insert(0, Artifact::text("sitemap.xml", index.finish()));
    files
}

fn entries(outputs: &Outputs<'_>) -> Vec<Entry> {
    let site = outputs.site;
    let entry = |route: &crate::resolve::Route| {
        let plain = |url: &str| Entry { url: absolute(&site.config, url), modified: None, alternates: Vec::new() };
        match route.view {
            View::Page(id) if outputs.is_listed(id) => {
                let page = site.page(id);
                let modified = page.updated.as_ref().or(page.date.as_ref()).map(modified);
                Some(Entry { modified, alternates: alternates(outputs, page), ..plain(&route.url) })
            }
            View::Taxonomy(_) | View::Term(_, _, 1) => Some(plain(&route.url)),
            View::Page(_) | View::Pager(..) | View::Term(..) => None,
        }
    };
    site.routes.iter().filter_map(entry).collect()
}

/// The page in all its languages, itself among them; nothing if there is only one.
fn alternates(outputs: &Outputs<'_>, page: &Page) -> Vec<(String, String)> {
    let config = &outputs.site.config;
    let translations = page.translations.iter().filter(|id| outputs.is_listed(**id)).map(|id| outputs.site.page(*id));
    let mut pages: Vec<_> = std::iter::once(page).chain(translations).collect();
    if pages.len() == 1 {
        return Vec::new();
    }
    pages.sort_by_key(|page| config.languages.iter().position(|language| language.code == page.language));
    let mut all: Vec<_> = pages.iter().map(|page| (page.language.clone(), absolute(config, &page.url))).collect();
    let default = &config.default_language().code;
    if let Some((_, url)) = all.iter().find(|(language, _)| language == default) {
        all.push(("x-default".to_owned(), url.clone()));
    }
    all
}

fn modified(date: &Date) -> String {
    if date.has_time { date.at.to_string() } else { date.day.to_string() }
}

fn urls(entries: &[Entry]) -> String {
    let mut xml = Xml::new();
    let xhtml = ("xmlns:xhtml", "http://www.w3.org/1999/xhtml");
    let translated = entries.iter().any(|entry| !entry.alternates.is_empty());
    let namespaces = [("xmlns", NAMESPACE), xhtml];
    xml.open("urlset", if translated { &namespaces } else { &namespaces[..1] });
    for entry in entries {
        xml.open("url", &[]);
        xml.leaf("loc", &[], &entry.url);
        if let Some(modified) = &entry.modified {
            xml.leaf("lastmod", &[], modified);
        }
        for (language, url) in &entry.alternates {
            xml.empty("xhtml:link", &[("rel", "alternate"), ("hreflang", language), ("href", url)]);
        }
        xml.close("url");
    }
    xml.close("urlset");
    xml.finish()
}

#[cfg(test)]
mod tests {
    use super::super::testing::{self, TestSite, text};
    use super::*;

    #[test]
    fn pages_have_dates_and_translations() {
        let mut site = TestSite::new();
        site.language("fr");
        let home = site.page("en", "", "/");
        let french = site.page("fr", "", "/fr/");
        site.translate(home, french);
        let post = site.page("en", "blog/a b", "/blog/a b/");
        site.edit(post).date = Some(TestSite::day("2026-11-22"));
        site.edit(post).updated = Some(TestSite::moment("2026-11-23T10:00:00Z"));
        let draft = site.page("en", "blog/draft", "/blog/draft/");
        site.edit(draft).is_draft = true;
        let fallback = site.page("fr", "blog/a b", "/fr/blog/a b/");
        site.edit(fallback).is_fallback = true;
        let hidden = site.page("en", "hidden", "/hidden/");
        let site = site.finish();
        let files = testing::with(site, &|id| id == hidden, render);
        insta::assert_snapshot!(text(&files, "sitemap.xml"), @r#"
        <?xml version="1.0" encoding="UTF-8"?>
        <urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:xhtml="http://www.w3.org/1999/xhtml">
         <url>
          <loc>https://example.org/</loc>
          <xhtml:link rel="alternate" hreflang="en" href="https://example.org/"/>
          <xhtml:link rel="alternate" hreflang="fr" href="https://example.org/fr/"/>
          <xhtml:link rel="alternate" hreflang="x-default" href="https://example.org/"/>
         </url>
         <url>
          <loc>https://example.org/blog/a%20b/</loc>
          <lastmod>2026-11-23T10:00:00Z</lastmod>
         </url>
         <url>
          <loc>https://example.org/fr/</loc>
          <xhtml:link rel="alternate" hreflang="en" href="https://example.org/"/>
          <xhtml:link rel="alternate" hreflang="fr" href="https://example.org/fr/"/>
          <xhtml:link rel="alternate" hreflang="x-default" href="https://example.org/"/>
         </url>
        </urlset>
        "#);
    }

    #[test]
    fn too_many_addresses_are_split() {
        let mut site = TestSite::new();
        for n in 0..5 {
            let page = site.page("en", &n.to_string(), &format!("/{n}/"));
            site.edit(page).date = Some(TestSite::day(&format!("2026-01-0{}", n + 1)));
        }
        let site = site.finish();
        let files = testing::with(site, &|_| false, |outputs| files(outputs, &entries(outputs), 2));
        let names: Vec<_> = files.iter().map(|file| file.path.as_str()).collect();
        assert_eq!(names, ["sitemap.xml", "sitemap-1.xml", "sitemap-2.xml", "sitemap-3.xml"]);
        assert!(
            text(&files, "sitemap.xml")
                .contains("<loc>https://example.org/sitemap-2.xml</loc>\n  <lastmod>2026-01-04</lastmod>")
        );
        assert!(text(&files, "sitemap-3.xml").contains("<loc>https://example.org/4/</loc>"));
    }
}
