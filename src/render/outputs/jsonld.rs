//! JSON-LD: what a page is, for search engines.
//!
//! In: a page. Out: JSON for a `<script type="application/ld+json">`, escaped so that nothing in it can end the element.

use serde::Serialize;

use super::address::{absolute, absolute_link};
use super::{authors, description, site_texts};
use crate::parse::front_matter::Date;
use crate::resolve::{Page, Site};

#[derive(Serialize)]
struct Data<'a> {
    #[serde(rename = "@context")]
    context: &'static str,
    #[serde(rename = "@graph")]
    graph: Vec<Node<'a>>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Node<'a> {
    Thing(Box<Thing<'a>>),
    Breadcrumbs(Breadcrumbs<'a>),
}

/// A site, an article, a person. What is empty is left out.
#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct Thing<'a> {
    #[serde(rename = "@type")]
    kind: &'static str,
    #[serde(skip_serializing_if = "str::is_empty")]
    name: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    headline: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
    #[serde(skip_serializing_if = "str::is_empty")]
    description: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    image: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    date_published: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    date_modified: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    author: Vec<Thing<'a>>,
    #[serde(skip_serializing_if = "str::is_empty")]
    in_language: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    main_entity_of_page: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    is_part_of: Option<Box<Thing<'a>>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Breadcrumbs<'a> {
    #[serde(rename = "@type")]
    kind: &'static str,
    item_list_element: Vec<Crumb<'a>>,
}

#[derive(Serialize)]
struct Crumb<'a> {
    #[serde(rename = "@type")]
    kind: &'static str,
    position: usize,
    name: &'a str,
    item: String,
}

/// Returns the JSON of a page.
pub fn write(site: &Site, page: &Page) -> String {
    let first = if page.key.is_empty() { website(site, page) } else { article(site, page) };
    let mut graph = vec![Node::Thing(Box::new(first))];
    graph.extend(breadcrumbs(site, page).map(Node::Breadcrumbs));
    let data = Data { context: "https://schema.org", graph };
    // Text and numbers can always be written.
    escape(serde_json::to_string(&data).unwrap_or_default())
}

/// Returns the full URL of a page's image, else of the site's.
pub(super) fn image(site: &Site, page: &Page) -> Option<String> {
    let config = &site.config;
    let found = site.image_of(page).or_else(|| config.site.image.as_deref().map(site_path))?;
    Some(absolute_link(config, &found))
}

/// A static file may be written without the slash at the start.
fn site_path(written: &str) -> String {
    if written.starts_with('/') || written.contains("://") { written.to_owned() } else { format!("/{written}") }
}

fn website<'a>(site: &'a Site, page: &'a Page) -> Thing<'a> {
    let (name, general) = site_texts(site, &page.language);
    let own = description(page);
    Thing {
        kind: "WebSite",
        name,
        url: Some(absolute(&site.config, &page.url)),
        description: if own.is_empty() { general } else { own },
        in_language: &page.language,
        ..Thing::default()
    }
}

fn article<'a>(site: &'a Site, page: &'a Page) -> Thing<'a> {
    let kind = match page.kind.as_str() {
        _ if page.is_section => "CollectionPage",
        "blog" => "BlogPosting",
        "docs" => "TechArticle",
        _ if page.date.is_some() => "Article",
        _ => "WebPage",
    };
    let url = absolute(&site.config, &page.url);
    let has_name = matches!(kind, "WebPage" | "CollectionPage");
    let person = |author: &super::Author<'a>| Thing {
        kind: "Person",
        name: author.name,
        url: author.url.map(|url| absolute_link(&site.config, url)),
        ..Thing::default()
    };
    Thing {
        kind,
        name: if has_name { &page.title } else { "" },
        headline: if has_name { "" } else { &page.title },
        url: Some(url.clone()),
        description: description(page),
        image: image(site, page),
        date_published: page.date.as_ref().map(iso),
        date_modified: page.updated.as_ref().or(page.date.as_ref()).map(iso),
        author: authors(site, page).iter().map(person).collect(),
        in_language: &page.language,
        main_entity_of_page: Some(url),
        is_part_of: Some(Box::new(Thing {
            kind: "WebSite",
            name: site_texts(site, &page.language).0,
            url: Some(absolute(&site.config, "/")),
            ..Thing::default()
        })),
    }
}

/// The way from home to the page; nothing for home.
fn breadcrumbs<'a>(site: &'a Site, page: &'a Page) -> Option<Breadcrumbs<'a>> {
    if page.ancestors.is_empty() {
        return None;
    }
    let trail = page.ancestors.iter().map(|id| site.page(*id)).chain([page]);
    let crumbs = trail.enumerate().map(|(place, page)| Crumb {
        kind: "ListItem",
        position: place + 1,
        name: &page.title,
        item: absolute(&site.config, &page.url),
    });
    Some(Breadcrumbs { kind: "BreadcrumbList", item_list_element: crumbs.collect() })
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
    use serde_json::{Value, json};

    use super::super::testing::TestSite;
    use super::*;
    use crate::parse::front_matter::Spanned;

    fn value(site: &Site, page: &Page) -> Value {
        serde_json::from_str(&write(site, page)).unwrap()
    }

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
