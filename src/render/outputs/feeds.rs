//! Feeds: Atom 1.0, RSS 2.0 and JSON Feed 1.1 of sections and terms.
//!
//! In: the site, and the content of the pages that [`feed_pages`] names. Out: `atom.xml`, `rss.xml` and `feed.json` beside the list they
//! are of. The newest entries first; a feed's date is its newest entry's, never the build's. Only pages with a date are entries.

use std::collections::BTreeSet;
use std::sync::{Arc, OnceLock};

use jiff::Timestamp;
use rayon::prelude::*;
use serde_json::json;

use super::address::{absolute, absolute_link};
use super::xml::Xml;
use super::{Outputs, Take, absolute as rewrite, authors, description, front_matter, pages_below, site_texts};
use crate::inputs::Fingerprint;
use crate::render::Artifact;
use crate::render::answers::Mix;
use crate::resolve::{Page, PageId, Site};

/// A feed before it is written.
struct Feed<'a> {
    title: String,
    description: &'a str,
    language: &'a str,
    /// The path of the list that it is of.
    url: &'a str,
    entries: Vec<&'a Page>,
    updated: Timestamp,
}

/// Returns the pages whose content some feed holds.
pub fn feed_pages(site: &Site) -> BTreeSet<PageId> {
    let listed = |page: &Page| {
        let robots = front_matter(page).and_then(|matter| matter.robots.as_deref()).unwrap_or_default();
        !page.is_draft && !page.is_fallback && !robots.contains("noindex")
    };
    feeds(site, &listed).iter().flat_map(|feed| &feed.entries).map(|page| page.id).collect()
}

/// Makes all feeds.
pub(super) fn render(outputs: &Outputs<'_>, take: &dyn Take) -> Result<(), crate::fs::Error> {
    let site = outputs.site;
    let settings = &site.config.feeds;
    let feeds = feeds(site, &|page| outputs.is_listed(page.id));
    let contents = Contents { outputs, made: site.pages.iter().map(|_| OnceLock::new()).collect() };
    feeds.par_iter().try_for_each(|feed| {
        let make = || {
            let writer = Writer { site, feed, contents: &contents };
            let file =
                |name: &str, text: String| Artifact::text(format!("{}{name}", feed.url.trim_start_matches('/')), text);
            let atom = settings.atom.then(|| file("atom.xml", writer.atom()));
            let rss = settings.rss.then(|| file("rss.xml", writer.rss()));
            let json = settings.json.then(|| file("feed.json", writer.json()));
            atom.into_iter().chain(rss).chain(json).collect()
        };
        take.take_known(&format!("feed {}", feed.url), input(outputs, feed), &make)
    })
}

/// The fingerprint of all that a feed is made of.
fn input(outputs: &Outputs<'_>, feed: &Feed<'_>) -> Fingerprint {
    let mut mix = Mix::default();
    mix.print(outputs.settings).text(&feed.title).text(feed.description).text(feed.language).text(feed.url);
    for page in &feed.entries {
        mix.print(outputs.values.print(page.id));
        let content = outputs.told(page.id).and_then(|(_, told)| told.content);
        mix.print(content.unwrap_or(Fingerprint::MISSING));
    }
    mix.finish()
}

/// The content of entries. A page's is in the feeds of its section and of its terms, in three formats: links are made absolute once.
struct Contents<'c> {
    outputs: &'c Outputs<'c>,
    made: Vec<OnceLock<Option<Arc<str>>>>,
}

impl Contents<'_> {
    fn get(&self, id: PageId) -> Option<&Arc<str>> {
        let make = || {
            let (route, _) = self.outputs.told(id)?;
            let html = self.outputs.told.content(route)?;
            let url = absolute(&self.outputs.site.config, &self.outputs.site.page(id).url);
            Some(Arc::from(rewrite::content(&html, &url)))
        };
        if !self.outputs.site.config.feeds.full_content {
            return None;
        }
        self.made.get(id.0 as usize)?.get_or_init(make).as_ref()
    }
}

fn feeds<'a>(site: &'a Site, is_listed: &dyn Fn(&Page) -> bool) -> Vec<Feed<'a>> {
    let mut feeds = Vec::new();
    let config = &site.config;
    if !(config.feeds.atom || config.feeds.rss || config.feeds.json) {
        return feeds;
    }
    for page in
        site.pages.iter().filter(|page| page.is_section && page.defaults.feed == Some(true) && !page.is_fallback)
    {
        let entries = pages_below(site, page.id);
        feeds.push(feed(site, &page.title, description(page), &page.language, &page.url, &entries, is_listed));
    }
    for index in &site.taxonomies {
        let settings = config.taxonomies.iter().find(|taxonomy| taxonomy.name == index.name);
        if settings.is_some_and(|taxonomy| taxonomy.feed && taxonomy.render) {
            for term in &index.terms {
                feeds.push(feed(site, &term.name, "", &index.language, &term.url, &term.pages, is_listed));
            }
        }
    }
    feeds
}

fn feed<'a>(
    site: &'a Site,
    title: &str,
    description: &'a str,
    language: &'a str,
    url: &'a str,
    pages: &[PageId],
    is_listed: &dyn Fn(&Page) -> bool,
) -> Feed<'a> {
    let mut entries: Vec<&Page> = pages.iter().map(|id| site.page(*id)).collect();
    entries.retain(|page| page.date.is_some() && is_listed(page));
    let newest_first = |one: &&Page, other: &&Page| {
        let (one_at, other_at) = (one.date.as_ref().map(|date| date.at), other.date.as_ref().map(|date| date.at));
        other_at.cmp(&one_at).then_with(|| one.url.cmp(&other.url)).then(one.id.cmp(&other.id))
    };
    // A few of many: the others need no order.
    let limit = site.config.feeds.limit;
    if limit > 0 && entries.len() > limit {
        entries.select_nth_unstable_by(limit, newest_first);
        entries.truncate(limit);
    }
    entries.sort_unstable_by(newest_first);
    let (site_title, site_description) = site_texts(site, language);
    Feed {
        title: if title == site_title || title.is_empty() {
            site_title.to_owned()
        } else {
            format!("{title} · {site_title}")
        },
        description: if description.is_empty() { site_description } else { description },
        language,
        url,
        updated: entries.iter().map(|page| updated(page)).max().unwrap_or(Timestamp::UNIX_EPOCH),
        entries,
    }
}

fn published(page: &Page) -> Timestamp {
    page.date.as_ref().map_or(Timestamp::UNIX_EPOCH, |date| date.at)
}

fn updated(page: &Page) -> Timestamp {
    page.updated.as_ref().map_or(Timestamp::UNIX_EPOCH, |date| date.at).max(published(page))
}

/// RFC 2822, as RSS has it.
fn mail_date(at: Timestamp) -> String {
    at.strftime("%a, %d %b %Y %H:%M:%S +0000").to_string()
}

struct Writer<'w, 'a> {
    site: &'a Site,
    feed: &'w Feed<'a>,
    contents: &'w Contents<'w>,
}

impl<'a> Writer<'_, 'a> {
    fn absolute(&self, path: &str) -> String {
        absolute(&self.site.config, path)
    }

    fn own_url(&self, name: &str) -> String {
        self.absolute(&format!("{}{name}", self.feed.url))
    }

    fn content(&self, page: &Page) -> Option<&str> {
        self.contents.get(page.id).map(|html| &**html)
    }

    /// All terms of a page, taxonomy by taxonomy.
    fn categories(&self, page: &'a Page) -> impl Iterator<Item = &'a str> {
        let taxonomies = front_matter(page).map(|matter| &matter.taxonomies);
        taxonomies.into_iter().flat_map(|all| all.values()).flatten().map(|term| term.value.as_str())
    }

    fn image(&self, page: &Page) -> Option<String> {
        super::jsonld::image(self.site, page)
    }

    fn author_url(&self, url: &str) -> String {
        absolute_link(&self.site.config, url)
    }

    fn atom(&self) -> String {
        let Feed { title, description, language, url, entries, updated: newest } = self.feed;
        let mut xml = Xml::new();
        xml.open("feed", &[("xmlns", "http://www.w3.org/2005/Atom"), ("xml:lang", language)]);
        xml.leaf("title", &[], title);
        xml.leaf("subtitle", &[], description);
        xml.empty("link", &[("rel", "self"), ("type", "application/atom+xml"), ("href", &self.own_url("atom.xml"))]);
        xml.empty("link", &[("rel", "alternate"), ("type", "text/html"), ("href", &self.absolute(url))]);
        xml.leaf("id", &[], &self.absolute(url));
        xml.leaf("updated", &[], &newest.to_string());
        xml.leaf(
            "generator",
            &[("uri", "https://github.com/rivage-dev/rivage"), ("version", env!("CARGO_PKG_VERSION"))],
            "rivage",
        );
        if entries.iter().any(|page| authors(self.site, page).is_empty()) {
            // Atom wants an author for every entry: of itself or of the feed.
            xml.open("author", &[]);
            xml.leaf("name", &[], site_texts(self.site, language).0);
            xml.close("author");
        }
        for page in entries {
            let address = self.absolute(&page.url);
            xml.open("entry", &[]);
            xml.leaf("title", &[], &page.title);
            xml.empty("link", &[("rel", "alternate"), ("type", "text/html"), ("href", &address)]);
            xml.leaf("id", &[], &address);
            xml.leaf("published", &[], &published(page).to_string());
            xml.leaf("updated", &[], &updated(page).to_string());
            for author in authors(self.site, page) {
                xml.open("author", &[]);
                xml.leaf("name", &[], author.name);
                if let Some(url) = author.url {
                    xml.leaf("uri", &[], &self.author_url(url));
                }
                if let Some(email) = author.email {
                    xml.leaf("email", &[], email);
                }
                xml.close("author");
            }
            for term in self.categories(page) {
                xml.empty("category", &[("term", term)]);
            }
            if !super::description(page).is_empty() {
                xml.leaf("summary", &[], super::description(page));
            }
            if let Some(html) = self.content(page) {
                xml.leaf("content", &[("type", "html"), ("xml:base", &address)], html);
            }
            xml.close("entry");
        }
        xml.close("feed");
        xml.finish()
    }

    fn rss(&self) -> String {
        let Feed { title, description, language, url, entries, updated } = self.feed;
        let mut xml = Xml::new();
        let namespaces = [
            ("version", "2.0"),
            ("xmlns:atom", "http://www.w3.org/2005/Atom"),
            ("xmlns:content", "http://purl.org/rss/1.0/modules/content/"),
            ("xmlns:dc", "http://purl.org/dc/elements/1.1/"),
        ];
        xml.open("rss", &namespaces);
        xml.open("channel", &[]);
        xml.leaf("title", &[], title);
        xml.leaf("link", &[], &self.absolute(url));
        xml.leaf("description", &[], description);
        xml.leaf("language", &[], language);
        xml.empty("atom:link", &[("rel", "self"), ("type", "application/rss+xml"), ("href", &self.own_url("rss.xml"))]);
        xml.leaf("lastBuildDate", &[], &mail_date(*updated));
        for page in entries {
            let address = self.absolute(&page.url);
            xml.open("item", &[]);
            xml.leaf("title", &[], &page.title);
            xml.leaf("link", &[], &address);
            xml.leaf("guid", &[("isPermaLink", "true")], &address);
            xml.leaf("pubDate", &[], &mail_date(published(page)));
            for author in authors(self.site, page) {
                xml.leaf("dc:creator", &[], author.name);
            }
            for term in self.categories(page) {
                xml.leaf("category", &[], term);
            }
            xml.leaf("description", &[], super::description(page));
            if let Some(html) = self.content(page) {
                xml.leaf("content:encoded", &[], html);
            }
            xml.close("item");
        }
        xml.close("channel");
        xml.close("rss");
        xml.finish()
    }

    fn json(&self) -> String {
        let Feed { title, description, language, url, entries, .. } = self.feed;
        let items = entries.iter().map(|page| {
            let address = self.absolute(&page.url);
            let mut item = json!({ "id": address, "url": address, "title": page.title });
            let summary = super::description(page);
            if !summary.is_empty() {
                item["summary"] = summary.into();
            }
            match self.content(page) {
                Some(html) => item["content_html"] = html.into(),
                // An item needs content of some kind.
                None => item["content_text"] = summary.into(),
            }
            if let Some(image) = self.image(page) {
                item["image"] = image.into();
            }
            item["date_published"] = published(page).to_string().into();
            item["date_modified"] = updated(page).to_string().into();
            let people: Vec<_> = authors(self.site, page)
                .iter()
                .map(|author| match author.url {
                    Some(url) => json!({ "name": author.name, "url": self.author_url(url) }),
                    None => json!({ "name": author.name }),
                })
                .collect();
            if !people.is_empty() {
                item["authors"] = people.into();
            }
            let tags: Vec<_> = self.categories(page).collect();
            if !tags.is_empty() {
                item["tags"] = tags.into();
            }
            item["language"] = page.language.as_str().into();
            item
        });
        let feed = json!({
            "version": "https://jsonfeed.org/version/1.1",
            "title": title,
            "description": description,
            "home_page_url": self.absolute(url),
            "feed_url": self.own_url("feed.json"),
            "language": language,
            "items": items.collect::<Vec<_>>(),
        });
        format!("{feed:#}\n")
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{self, TestSite, text};
    use super::*;
    use crate::parse::front_matter::Spanned;

    fn site() -> TestSite {
        let mut site = TestSite::new();
        site.config
            .authors
            .insert("ada".to_owned(), json!({ "name": "Ada L.", "url": "/about/", "email": "ada@example.org" }));
        let old = site.page("en", "blog/old", "/blog/old/");
        let new = site.page("en", "blog/deep/new", "/blog/deep/new/");
        let undated = site.page("en", "blog/undated", "/blog/undated/");
        let draft = site.page("en", "blog/draft", "/blog/draft/");
        let hidden = site.page("en", "blog/hidden", "/blog/hidden/");
        let deep = site.page("en", "blog/deep", "/blog/deep/");
        let blog = site.page("en", "blog", "/blog/");
        site.section(deep, &[new], &[]);
        site.section(blog, &[old, undated, draft, hidden], &[deep]);
        site.defaults(blog, |defaults| defaults.feed = Some(true));
        site.edit(old).date = Some(TestSite::day("2026-01-02"));
        site.edit(old).updated = Some(TestSite::moment("2026-03-01T12:00:00Z"));
        site.edit(new).date = Some(TestSite::day("2026-02-03"));
        site.edit(draft).date = Some(TestSite::day("2026-02-04"));
        site.edit(draft).is_draft = true;
        site.edit(hidden).date = Some(TestSite::day("2026-02-04"));
        site.matter(hidden, |matter| matter.robots = Some("noindex".to_owned()));
        site.matter(new, |matter| {
            matter.description = Some("About <new> & things".to_owned());
            matter.authors = vec!["ada".to_owned(), "Grace".to_owned()];
            let rust = Spanned { value: "Rust".to_owned(), span: rivage_diag::Span::at(0) };
            matter.taxonomies.insert("tags".to_owned(), vec![rust]);
        });
        site.term("tags", "Rust", &[new]);
        site
    }

    fn render_with(site: TestSite) -> Vec<Artifact> {
        let site = site.finish();
        let facts = testing::facts(&site, &[("/blog/deep/new/", "<p><a href=\"/blog/old/\">old</a> \u{8}]]></p>")]);
        let is_hidden = |page: &Page| front_matter(page).and_then(|matter| matter.robots.as_deref()) == Some("noindex");
        let hidden: Vec<bool> = site.pages.iter().map(is_hidden).collect();
        testing::taken(site, facts, &|id| hidden[id.0 as usize], super::render)
    }

    #[test]
    fn sections_and_terms_have_feeds_in_three_formats() {
        let files = render_with(site());
        let names: Vec<_> = files.iter().map(|file| file.path.as_str()).collect();
        assert_eq!(
            names,
            [
                "blog/atom.xml",
                "blog/feed.json",
                "blog/rss.xml",
                "tags/rust/atom.xml",
                "tags/rust/feed.json",
                "tags/rust/rss.xml"
            ]
        );
    }

    #[test]
    fn atom() {
        insta::assert_snapshot!(text(&render_with(site()), "blog/atom.xml"), @r#"
        <?xml version="1.0" encoding="UTF-8"?>
        <feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en">
         <title>blog · Shore &amp; Sea</title>
         <subtitle>Notes from the coast</subtitle>
         <link rel="self" type="application/atom+xml" href="https://example.org/blog/atom.xml"/>
         <link rel="alternate" type="text/html" href="https://example.org/blog/"/>
         <id>https://example.org/blog/</id>
         <updated>2026-03-01T12:00:00Z</updated>
         <generator uri="https://github.com/rivage-dev/rivage" version="0.1.0">rivage</generator>
         <author>
          <name>Shore &amp; Sea</name>
         </author>
         <entry>
          <title>new</title>
          <link rel="alternate" type="text/html" href="https://example.org/blog/deep/new/"/>
          <id>https://example.org/blog/deep/new/</id>
          <published>2026-02-03T00:00:00Z</published>
          <updated>2026-02-03T00:00:00Z</updated>
          <author>
           <name>Ada L.</name>
           <uri>https://example.org/about/</uri>
           <email>ada@example.org</email>
          </author>
          <author>
           <name>Grace</name>
          </author>
          <category term="Rust"/>
          <summary>About &lt;new&gt; &amp; things</summary>
          <content type="html" xml:base="https://example.org/blog/deep/new/">&lt;p&gt;&lt;a href=&quot;https://example.org/blog/old/&quot;&gt;old&lt;/a&gt; ]]&gt;&lt;/p&gt;</content>
         </entry>
         <entry>
          <title>old</title>
          <link rel="alternate" type="text/html" href="https://example.org/blog/old/"/>
          <id>https://example.org/blog/old/</id>
          <published>2026-01-02T00:00:00Z</published>
          <updated>2026-03-01T12:00:00Z</updated>
         </entry>
        </feed>
        "#);
    }

    #[test]
    fn rss() {
        insta::assert_snapshot!(text(&render_with(site()), "tags/rust/rss.xml"), @r#"
        <?xml version="1.0" encoding="UTF-8"?>
        <rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom" xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/">
         <channel>
          <title>Rust · Shore &amp; Sea</title>
          <link>https://example.org/tags/rust/</link>
          <description>Notes from the coast</description>
          <language>en</language>
          <atom:link rel="self" type="application/rss+xml" href="https://example.org/tags/rust/rss.xml"/>
          <lastBuildDate>Tue, 03 Feb 2026 00:00:00 +0000</lastBuildDate>
          <item>
           <title>new</title>
           <link>https://example.org/blog/deep/new/</link>
           <guid isPermaLink="true">https://example.org/blog/deep/new/</guid>
           <pubDate>Tue, 03 Feb 2026 00:00:00 +0000</pubDate>
           <dc:creator>Ada L.</dc:creator>
           <dc:creator>Grace</dc:creator>
           <category>Rust</category>
           <description>About &lt;new&gt; &amp; things</description>
           <content:encoded>&lt;p&gt;&lt;a href=&quot;https://example.org/blog/old/&quot;&gt;old&lt;/a&gt; ]]&gt;&lt;/p&gt;</content:encoded>
          </item>
         </channel>
        </rss>
        "#);
    }

    #[test]
    fn json_feed() {
        let feed: serde_json::Value = serde_json::from_str(&text(&render_with(site()), "tags/rust/feed.json")).unwrap();
        assert_eq!(feed["version"], "https://jsonfeed.org/version/1.1");
        assert_eq!(feed["items"][0]["authors"][0], json!({ "name": "Ada L.", "url": "https://example.org/about/" }));
        assert_eq!(feed["items"][0]["tags"], json!(["Rust"]));
        assert_eq!(feed["items"][0]["date_published"], "2026-02-03T00:00:00Z");
        assert!(feed["items"][0]["content_html"].as_str().unwrap().contains("https://example.org/blog/old/"));
    }

    #[test]
    fn the_newest_entries_stay_within_the_limit() {
        let mut site = site();
        site.config.feeds.limit = 1;
        site.config.feeds.full_content = false;
        let text = text(&render_with(site), "blog/atom.xml");
        assert!(
            text.contains("<title>new</title>") && !text.contains("<title>old</title>") && !text.contains("<content")
        );
    }

    #[test]
    fn only_the_entries_content_is_asked_for() {
        let site = site().finish();
        let titles: Vec<_> = feed_pages(&site).into_iter().map(|id| site.page(id).title.clone()).collect();
        assert_eq!(titles, ["old", "new"]);
    }

    #[test]
    fn a_feed_without_entries_is_valid() {
        let mut site = TestSite::new();
        let blog = site.page("en", "blog", "/blog/");
        site.section(blog, &[], &[]);
        site.defaults(blog, |defaults| defaults.feed = Some(true));
        let text = text(&render_with(site), "blog/atom.xml");
        assert!(text.contains("<updated>1970-01-01T00:00:00Z</updated>") && !text.contains("<entry>"));
    }
}
