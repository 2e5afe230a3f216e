//! Terms, series, related pages.

use super::*;

#[test]
fn terms_are_merged_by_spelling() {
    let site = draft()
        .page("content/2026-01-01-a.md", |matter| tag(matter, &["Rust", "web dev", "rust"]))
        .page("content/2026-01-03-b.md", |matter| tag(matter, &["rust"]))
        .page("content/2026-01-02-c.md", |matter| tag(matter, &["RUST", "Ärger", " "]))
        .good();
    let tags = &site.taxonomies[0];
    let listed: Vec<_> =
        tags.terms.iter().map(|term| (term.name.as_str(), term.url.as_str(), site.keys(&term.pages))).collect();
    assert_eq!(
        listed,
        [
            ("Rust", "/tags/rust/", vec!["2026-01-03-b", "2026-01-02-c", "2026-01-01-a"]),
            ("web dev", "/tags/web-dev/", vec!["2026-01-01-a"]),
            ("Ärger", "/tags/ärger/", vec!["2026-01-02-c"]),
        ]
    );
    // A taxonomy that no page uses has no list.
    assert_eq!(site.urls(), ["/", "/a/", "/b/", "/c/", "/tags/", "/tags/rust/", "/tags/web-dev/", "/tags/ärger/"]);
    assert_eq!(site.taxonomies[1].name, "categories");
}

#[test]
fn pages_are_found_by_term() {
    let site = draft().page("content/a.md", |matter| tag(matter, &["Web Dev", "B", "c"])).good();
    let count = |taxonomy: &str, term: &str| site.pages_with_term("en", taxonomy, term).len();
    assert_eq!(
        (count("tags", "web dev"), count("tags", "web-dev"), count("tags", "b"), count("tags", "C")),
        (1, 1, 1, 1)
    );
    assert_eq!((count("tags", "x"), count("no", "b")), (0, 0));
    assert_eq!(site.pages_with_term("fr", "tags", "b"), []);
}

#[test]
fn lists_of_terms_are_split_and_can_be_turned_off() {
    let make = |render| {
        draft()
            .set(|config| {
                config.taxonomies[0].paginate_by = 1;
                config.taxonomies[0].render = render;
            })
            .page("content/a.md", |matter| tag(matter, &["x"]))
            .page("content/b.md", |matter| tag(matter, &["x"]))
            .good()
    };
    let site = make(true);
    assert_eq!(site.urls(), ["/", "/a/", "/b/", "/tags/", "/tags/x/", "/tags/x/page/2/"]);
    assert_eq!(site.routes[5].view, View::Term(0, 0, 2));
    assert_eq!(make(false).urls(), ["/", "/a/", "/b/"]);
}

#[test]
fn terms_with_one_slug_are_reported() {
    let made = draft().page("content/a.md", |matter| tag(matter, &["C++", "C"])).make();
    insta::assert_snapshot!(made.told(), @"error[duplicate-term] content/a.md: `C++` and `C` in `tags` are both `c` in URLs");
    assert_eq!(made.site.urls(), ["/", "/a/", "/tags/", "/tags/c-2/", "/tags/c/"]);
}

#[test]
fn series_start_with_the_oldest() {
    let say = |day: &str| {
        let date = date(day);
        move |matter: &mut FrontMatter| {
            matter.series = Some("S".to_owned());
            matter.date = Some(date);
        }
    };
    let site = draft()
        .page("content/a.md", say("2026-02-01"))
        .page("content/b.md", say("2026-01-01"))
        .page("content/c.md", |matter| matter.series = Some("S".to_owned()))
        .good();
    assert_eq!(site.keys(&site.series[&("en".to_owned(), "S".to_owned())]), ["b", "a", "c"]);
}

#[test]
fn rare_terms_relate_more_than_common_ones_then_time() {
    let site = draft()
        .page("content/2026-01-10-a.md", |matter| tag(matter, &["rare", "common"]))
        .page("content/2020-01-01-rare.md", |matter| tag(matter, &["rare"]))
        .page("content/2026-01-11-near.md", |matter| tag(matter, &["common"]))
        .page("content/2026-01-20-far.md", |matter| tag(matter, &["common"]))
        .page("content/2026-01-10-none.md", |matter| tag(matter, &["other"]))
        .good();
    let related = site.keys(&site.by("2026-01-10-a").related);
    assert_eq!(related, ["2020-01-01-rare", "2026-01-11-near", "2026-01-20-far"]);
    assert_eq!(site.by("2026-01-10-none").related, []);
}

#[test]
fn a_term_of_all_pages_relates_those_near_in_time() {
    let mut draft = draft();
    for n in 0..100 {
        let day = date("2020-01-01").day.checked_add(jiff::Span::new().days(n)).unwrap();
        draft = draft.page(&format!("content/{day}-p{n}.md"), |matter| tag(matter, &["all"]));
    }
    let site = draft.good();
    let page = site.pages.iter().find(|page| page.title == "P50").unwrap();
    let titles: Vec<_> = page.related.iter().map(|id| site.page(*id).title.as_str()).collect();
    assert_eq!(titles, ["P49", "P51", "P48", "P52", "P47"]);
}
