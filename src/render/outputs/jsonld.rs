//! JSON-LD: what a page is, for search engines.
//!
//! In: a page. Out: JSON for a `<script type="application/ld+json">`, escaped so that nothing in it can end the element.

use serde_json::{Map, Value, json};

use super::address::{absolute, absolute_link};
use super::{authors, description, front_matter, site_texts};
use crate::parse::front_matter::Date;
use crate::resolve::{Page, Site};

/// Returns the JSON of a page.
pub fn write(site: &Site, page: &Page) -> String {
    escape(value(site, page).to_string())
}

/// Returns what a page is.
pub fn value(site: &Site, page: &Page) -> Value {
    let mut graph = vec![if page.key.is_empty() { website(site, page) } else { article(site, page) }];
    graph.extend(breadcrumbs(site, page));
    json!({ "@context": "https://schema.org", "@graph": graph })
}

/// Returns the full URL of a page's image, else of the site's.
pub(super) fn image(site: &Site, page: &Page) -> Option<String> {
    let config = &site.config;
    let Some(written) = front_matter(page).and_then(|matter| matter.image.as_ref()).map(|image| image.value.as_str())
    else {
        return config.site.image.as_deref().map(|image| absolute_link(config, &site_path(image)));
    };
    // A file beside the page has its own address.
    let folder = page.document.as_ref()?.source.path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let beside = site.assets.get(&format!("{folder}/{}", written.trim_start_matches("./")));
    Some(absolute_link(config, beside.map_or(&site_path(written), |url| url)))
}

/// A static file may be written without the slash at the start.
fn site_path(written: &str) -> String {
    if written.starts_with('/') || written.contains("://") { written.to_owned() } else { format!("/{written}") }
}

fn website(site: &Site, page: &Page) -> Value {
    let (name, general) = site_texts(site, &page.language);
    let mut value = Map::new();
    value.insert("@type".to_owned(), "WebSite".into());
    value.insert("name".to_owned(), name.into());
    value.insert("url".to_owned(), absolute(&site.config, &page.url).into());
    let own = description(page);
    put_text(&mut value, "description", if own.is_empty() { general } else { own });
    value.insert("inLanguage".to_owned(), page.language.as_str().into());
    Value::Object(value)
}

fn article(site: &Site, page: &Page) -> Value {
    let kind = match page.kind.as_str() {
        _ if page.is_section => "CollectionPage",
        "blog" => "BlogPosting",
        "docs" => "TechArticle",
        _ if page.date.is_some() => "Article",
        _ => "WebPage",
    };
    let url = absolute(&site.config, &page.url);
    let mut value = Map::new();
    value.insert("@type".to_owned(), kind.into());
    let title = if matches!(kind, "WebPage" | "CollectionPage") { "name" } else { "headline" };
    value.insert(title.to_owned(), page.title.as_str().into());
    value.insert("url".to_owned(), url.as_str().into());
    put_text(&mut value, "description", description(page));
    if let Some(image) = image(site, page) {
        value.insert("image".to_owned(), image.into());
    }
    if let Some(date) = &page.date {
        value.insert("datePublished".to_owned(), iso(date).into());
    }
    if let Some(date) = page.updated.as_ref().or(page.date.as_ref()) {
        value.insert("dateModified".to_owned(), iso(date).into());
    }
    let people: Vec<_> = authors(site, page)
        .iter()
        .map(|author| match author.url {
            Some(url) => json!({ "@type": "Person", "name": author.name, "url": absolute_link(&site.config, url) }),
            None => json!({ "@type": "Person", "name": author.name }),
        })
        .collect();
    if !people.is_empty() {
        value.insert("author".to_owned(), people.into());
    }
    value.insert("inLanguage".to_owned(), page.language.as_str().into());
    value.insert("mainEntityOfPage".to_owned(), url.into());
    value.insert(
        "isPartOf".to_owned(),
        json!({ "@type": "WebSite", "name": site_texts(site, &page.language).0, "url": absolute(&site.config, "/") }),
    );
    Value::Object(value)
}

/// The way from home to the page; nothing for home.
fn breadcrumbs(site: &Site, page: &Page) -> Option<Value> {
    if page.ancestors.is_empty() {
        return None;
    }
    let trail = page.ancestors.iter().map(|id| site.page(*id)).chain([page]);
    let items = trail.enumerate().map(|(place, page)| {
        json!({ "@type": "ListItem", "position": place + 1, "name": page.title, "item": absolute(&site.config, &page.url) })
    });
    Some(json!({ "@type": "BreadcrumbList", "itemListElement": items.collect::<Vec<_>>() }))
}

fn put_text(value: &mut Map<String, Value>, key: &str, text: &str) {
    if !text.is_empty() {
        value.insert(key.to_owned(), text.into());
    }
}

fn iso(date: &Date) -> String {
    if date.has_time { date.at.to_string() } else { date.day.to_string() }
}

/// Within JSON these characters stand only in strings, where an escape means the same.
fn escape(json: String) -> String {
    if !json.contains(['<', '>', '&', '\u{2028}', '\u{2029}']) {
        return json;
    }
    json.replace('<', "\\u003c")
        .replace('>', "\\u003e")
        .replace('&', "\\u0026")
        .replace('\u{2028}', "\\u2028")
        .replace('\u{2029}', "\\u2029")
}

#[cfg(test)]
mod tests {
    use super::super::testing::TestSite;
    use super::*;
    use crate::parse::front_matter::Spanned;

    #[test]
    fn a_post_is_an_article_with_its_trail() {
        let mut site = TestSite::new();
        let home = site.page("en", "", "/");
        let blog = site.page("en", "blog", "/blog/");
        let post = site.page("en", "blog/post", "/blog/post/");
        site.edit(post).ancestors = vec![home, blog];
        site.edit(post).kind = "blog".to_owned();
        site.edit(post).date = Some(TestSite::day("2026-11-23"));
        site.assets.insert("content/blog/cover.png".to_owned(), "/blog/post/cover.png".to_owned());
        site.matter(post, |matter| {
            matter.authors = vec!["Ada".to_owned()];
            matter.description = Some("It ends </script><b> & more".to_owned());
            matter.image = Some(Spanned { value: "./cover.png".to_owned(), span: rivage_diag::Span::at(0) });
        });
        let site = site.finish();
        insta::assert_snapshot!(format!("{:#}", value(&site, site.page(post))), @r#"
        {
          "@context": "https://schema.org",
          "@graph": [
            {
              "@type": "BlogPosting",
              "headline": "post",
              "url": "https://example.org/blog/post/",
              "description": "It ends </script><b> & more",
              "image": "https://example.org/blog/post/cover.png",
              "datePublished": "2026-11-23",
              "dateModified": "2026-11-23",
              "author": [
                {
                  "@type": "Person",
                  "name": "Ada"
                }
              ],
              "inLanguage": "en",
              "mainEntityOfPage": "https://example.org/blog/post/",
              "isPartOf": {
                "@type": "WebSite",
                "name": "Shore & Sea",
                "url": "https://example.org/"
              }
            },
            {
              "@type": "BreadcrumbList",
              "itemListElement": [
                {
                  "@type": "ListItem",
                  "position": 1,
                  "name": "Home",
                  "item": "https://example.org/"
                },
                {
                  "@type": "ListItem",
                  "position": 2,
                  "name": "blog",
                  "item": "https://example.org/blog/"
                },
                {
                  "@type": "ListItem",
                  "position": 3,
                  "name": "post",
                  "item": "https://example.org/blog/post/"
                }
              ]
            }
          ]
        }
        "#);
        let written = write(&site, site.page(post));
        assert!(written.contains(r"It ends \u003c/script\u003e\u003cb\u003e \u0026 more"), "{written}");
        assert_eq!(serde_json::from_str::<Value>(&written).unwrap(), value(&site, site.page(post)));
    }

    #[test]
    fn home_is_the_site() {
        let mut site = TestSite::new();
        let home = site.page("en", "", "/");
        let site = site.finish();
        let value = value(&site, site.page(home));
        assert_eq!(
            value["@graph"],
            json!([{ "@type": "WebSite", "name": "Shore & Sea", "url": "https://example.org/", "description": "Notes from the coast", "inLanguage": "en" }])
        );
    }

    #[test]
    fn kinds_have_their_types() {
        let mut site = TestSite::new();
        let ids = ["docs", "x", "dated", "section"].map(|key| site.page("en", key, &format!("/{key}/")));
        site.edit(ids[0]).kind = "docs".to_owned();
        site.edit(ids[2]).date = Some(TestSite::day("2026-11-23"));
        site.section(ids[3], &[], &[]);
        let site = site.finish();
        let types = ids.map(|id| value(&site, site.page(id))["@graph"][0]["@type"].clone());
        assert_eq!(types, ["TechArticle", "WebPage", "Article", "CollectionPage"]);
    }
}
