//! The tree, what sections say of pages below, order, translations.

use super::*;

#[test]
fn folders_are_sections_even_without_a_file() {
    let site = draft().pages(&["content/docs/guide/deep/a.md", "content/docs/b.md"]).good();
    let page = site.by("docs/guide/deep/a");
    assert_eq!(site.keys(&page.ancestors), ["", "docs", "docs/guide", "docs/guide/deep"]);
    let section = site.by("docs/guide");
    assert!(section.is_section && section.document.is_none());
    assert_eq!((section.title.as_str(), site.keys(&section.subsections)), ("Guide", vec!["docs/guide/deep"]));
    assert_eq!(site.keys(&site.by("docs").pages), ["docs/b"]);
    assert_eq!(site.by("").parent, None);
}

#[test]
fn a_site_without_pages_has_a_home_page() {
    let site = draft().file("content/x.png").set(|config| config.site.title = "Home!".to_owned()).good();
    assert_eq!((site.urls(), site.by("").title.as_str()), (vec!["/"], "Home!"));
}

#[test]
fn what_sections_say_is_laid_over_what_is_said_above() {
    let site = draft()
        .content("docs/api", |over| over.kind = Some("api".to_owned()))
        .content("", |over| {
            over.kind = Some("marketing".to_owned());
            over.toc = Some(false);
            over.extra = serde_json::json!({ "a": { "x": 1, "y": 1 } });
        })
        .content("docs", |over| {
            over.kind = Some("docs".to_owned());
            over.template = Some("d.html".to_owned());
            over.extra = serde_json::json!({ "a": { "y": 2 }, "b": 2 });
        })
        .page("content/docs/_index.md", |matter| {
            matter.section = Some(Box::new(SectionDefaults { toc: Some(true), ..over("docs") }));
        })
        .page("content/docs/a.md", |matter| matter.extra = serde_json::json!({ "b": 3 }))
        .pages(&["content/docs/api/b.md", "content/c.md"])
        .good();
    let kinds = ["", "docs", "docs/a", "docs/api", "docs/api/b", "c"].map(|key| site.by(key).kind.as_str());
    assert_eq!(kinds, ["marketing", "docs", "docs", "api", "api", "marketing"]);
    let page = site.by("docs/a");
    assert_eq!((page.defaults.toc, site.by("c").defaults.toc), (Some(true), Some(false)));
    let extra = page.extra();
    assert_eq!(*extra, serde_json::json!({ "b": 3, "a": { "y": 2, "x": 1 } }));
}

#[test]
fn layouts_are_tried_from_the_most_special() {
    let site = draft()
        .content("docs", |over| {
            over.kind = Some("docs".to_owned());
            over.section_template = Some("list.html".to_owned());
        })
        .page("content/docs/a.md", |matter| matter.template = Some(spanned("own.html")))
        .pages(&["content/docs/b.md", "content/c.md"])
        .good();
    assert_eq!(site.by("docs/a").template_candidates(), ["own.html", "docs/page.html", "page.html"]);
    assert_eq!(site.by("docs/b").template_candidates(), ["docs/page.html", "page.html"]);
    assert_eq!(site.by("docs").template_candidates(), ["list.html", "docs/section.html", "section.html"]);
    assert_eq!(site.by("c").template_candidates(), ["page/page.html", "page.html"]);
}

#[test]
fn pages_are_in_the_order_of_their_section() {
    let sorted = |order: Option<SortBy>| {
        let say = |title: &str, weight: Option<i64>, day: Option<&str>, updated: Option<&str>| {
            let (title, date, updated) = (title.to_owned(), day.map(date), updated.map(date));
            move |matter: &mut FrontMatter| {
                matter.title = Some(title);
                matter.weight = weight;
                matter.date = date;
                matter.updated = updated;
            }
        };
        let site = draft()
            .content("s", |over| over.sort_by = order)
            .page("content/s/1.md", say("d", Some(2), Some("2026-01-01"), None))
            .page("content/s/2.md", say("C", None, Some("2026-02-01"), None))
            .page("content/s/3.md", say("b", Some(1), None, None))
            .page("content/s/4.md", say("a", None, Some("2025-01-01"), Some("2026-03-01")))
            .page("content/s/5.md", say("A", None, None, None))
            .good();
        let ids = site.by("s").pages.clone();
        site.keys(&ids).iter().map(|key| key.trim_start_matches("s/")).collect::<String>()
    };
    assert_eq!(sorted(Some(SortBy::Date)), "21453");
    assert_eq!(sorted(Some(SortBy::Updated)), "42153");
    assert_eq!(sorted(Some(SortBy::Weight)), "31452");
    assert_eq!(sorted(Some(SortBy::Title)), "45321");
    assert_eq!(sorted(Some(SortBy::Path)), "12345");
    assert_eq!(sorted(None), sorted(Some(SortBy::Weight)));
}

#[test]
fn pages_know_their_neighbours() {
    let chain = |order| {
        let site = draft()
            .content("s", |over| over.sort_by = Some(order))
            .pages(&["content/s/2026-01-01-a.md", "content/s/2026-01-02-b.md", "content/s/2026-01-03-c.md"])
            .good();
        let page = site.by("s/2026-01-02-b");
        (site.page(page.previous.unwrap()).title.clone(), site.page(page.next.unwrap()).title.clone())
    };
    let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
    // By date, the page before is the older one, though lists start with the newest.
    assert_eq!(chain(SortBy::Date), pair("A", "C"));
    assert_eq!(chain(SortBy::Title), pair("A", "C"));
}

#[test]
fn sections_give_their_pages_with_or_without_what_is_below() {
    let site = draft().pages(&["content/s/b.md", "content/s/t/a.md", "content/s/t/u/c.md", "content/s-2/d.md"]).good();
    let section = site.by("s").id;
    assert_eq!(site.keys(&site.pages_in(section, false)), ["s/b"]);
    assert_eq!(site.keys(&site.pages_in(section, true)), ["s/t/a", "s/b", "s/t/u/c"]);
}

#[test]
fn long_lists_are_split() {
    let site = draft()
        .content("s", |over| over.paginate_by = Some(2))
        .pages(&["content/s/a.md", "content/s/b.md", "content/s/c.md", "content/s/d.md", "content/s/e.md"])
        .good();
    let pagers: Vec<_> = site.routes.iter().filter(|route| matches!(route.view, View::Pager(..))).collect();
    assert_eq!(pagers.iter().map(|route| route.url.as_str()).collect::<Vec<_>>(), ["/s/page/2/", "/s/page/3/"]);
    assert_eq!(pagers[1].view, View::Pager(site.by("s").id, 3));
    for (at, route) in site.routes.iter().enumerate() {
        assert_eq!(site.by_url[&route.url], at);
    }
}

#[test]
fn titles_come_from_what_there_is() {
    let title = |say: fn(&mut Document)| {
        let mut draft = draft().plain("content/getting-started.md");
        say(draft.documents.get_mut("content/getting-started.md").unwrap());
        draft.good().by("getting-started").title.clone()
    };
    assert_eq!(title(|_| {}), "Getting started");
    assert_eq!(title(|document| document.first_heading = Some("Heading".to_owned())), "Heading");
    let both = |document: &mut Document| {
        document.first_heading = Some("Heading".to_owned());
        document.front_matter.title = Some("Title".to_owned());
    };
    assert_eq!(title(both), "Title");
}

#[test]
fn reading_takes_a_minute_for_220_words() {
    for (words, minutes) in [(0, 1), (1, 1), (220, 1), (221, 2), (2200, 10)] {
        let mut draft = draft().plain("content/a.md");
        draft.documents.get_mut("content/a.md").unwrap().words = words;
        assert_eq!(draft.good().by("a").reading_time, minutes);
    }
}

#[test]
fn pages_without_translation_stand_in_for_them() {
    let site = draft()
        .languages(&["en", "fr", "de"])
        .pages(&["content/a.md", "content/a.fr.md", "content/s/_index.md", "content/s/b.md", "content/only.fr.md"])
        .good();
    let page = site.of("de", "s/b");
    assert!(page.is_fallback && page.document.is_some());
    assert_eq!((page.url.as_str(), site.page(page.parent.unwrap()).url.as_str()), ("/de/s/b/", "/de/s/"));
    assert!(!site.of("fr", "a").is_fallback);
    // What only a translation has, others do not show.
    assert!(!site.by_key.contains_key(&("en".to_owned(), "only".to_owned())));
    let languages =
        |page: &Page| -> Vec<_> { page.translations.iter().map(|id| site.page(*id).language.clone()).collect() };
    assert_eq!(languages(site.by("a")), ["fr"]);
    assert_eq!(languages(site.of("fr", "a")), ["en"]);
    assert_eq!(languages(site.of("de", "a")), ["en", "fr"]);
    assert_eq!(languages(site.by("s/b")), <[String; 0]>::default());
    // The file's own page is not one that stands in.
    assert_eq!(site.page(site.by_file["content/s/b.md"]).language, "en");
}

#[test]
fn sections_say_the_same_of_pages_in_all_languages() {
    let site = draft()
        .languages(&["en", "fr"])
        .page("content/blog/_index.md", |matter| {
            let kind = Some("blog".to_owned());
            matter.section = Some(Box::new(SectionDefaults { kind, paginate_by: Some(5), ..over("blog") }));
        })
        .page("content/blog/_index.fr.md", |matter| {
            matter.section = Some(Box::new(SectionDefaults { paginate_by: Some(7), ..over("blog") }));
        })
        .plain("content/blog/a.fr.md")
        .good();
    let page = site.of("fr", "blog/a");
    assert_eq!((page.kind.as_str(), page.defaults.paginate_by), ("blog", Some(7)));
}
