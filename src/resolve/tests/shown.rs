//! Which pages are shown.

use super::*;

/// Which of `content/a.md` and `content/s/b.md` are shown if this is said of the first.
fn check(visibility: Visibility, say: impl FnOnce(&mut FrontMatter), shown: bool) {
    let mut draft = draft().page("content/a.md", say).plain("content/s/b.md");
    draft.visibility = visibility;
    let site = draft.good();
    assert!(site.urls().contains(&"/s/b/"));
    assert_eq!(site.urls().contains(&"/a/"), shown);
}

const NOT: Visibility = Visibility { drafts: false, future: false };
const DRAFTS: Visibility = Visibility { drafts: true, future: false };
const FUTURE: Visibility = Visibility { drafts: false, future: true };

#[test]
fn drafts_are_left_out_unless_asked_for() {
    check(NOT, |matter| matter.draft = true, false);
    check(DRAFTS, |matter| matter.draft = true, true);
    check(FUTURE, |matter| matter.draft = true, false);
}

#[test]
fn pages_for_later_are_left_out_unless_asked_for() {
    for (day, shown) in [("2026-11-22", true), (TODAY, true), ("2026-11-24", false)] {
        check(NOT, |matter| matter.date = Some(date(day)), shown);
        check(NOT, |matter| matter.publish_at = Some(date(day)), shown);
    }
    check(FUTURE, |matter| matter.date = Some(date("2026-11-24")), true);
    check(DRAFTS, |matter| matter.date = Some(date("2026-11-24")), false);
}

#[test]
fn expired_pages_are_never_shown() {
    for (day, shown) in [("2026-11-22", false), (TODAY, false), ("2026-11-24", true)] {
        check(NOT, |matter| matter.expires_at = Some(date(day)), shown);
        check(FUTURE, |matter| matter.expires_at = Some(date(day)), shown);
    }
}

#[test]
fn a_moment_counts_by_its_day_in_utc() {
    let at = |at: &str, day: &str| Date { at: at.parse().unwrap(), day: day.parse().unwrap(), has_time: true };
    check(NOT, |matter| matter.date = Some(at("2026-11-23T22:00:00Z", "2026-11-24")), true);
    check(NOT, |matter| matter.date = Some(at("2026-11-24T01:00:00Z", "2026-11-23")), false);
}

#[test]
fn a_date_in_the_file_name_counts() {
    let site = draft().pages(&["content/blog/2026-11-24-later.md", "content/blog/2026-11-22-now.md"]).good();
    assert_eq!(site.urls(), ["/", "/blog/", "/blog/now/"]);
}

#[test]
fn today_is_asked_for_only_where_there_are_dates() {
    assert!(!draft().plain("content/a.md").make().asked_for_today);
    assert!(draft().plain("content/2026-01-01-a.md").make().asked_for_today);
    assert!(draft().page("content/a.md", |matter| matter.expires_at = Some(date(TODAY))).make().asked_for_today);
}

#[test]
fn a_hidden_section_hides_what_is_below() {
    let make = |drafts| {
        let mut draft = draft().page("content/s/_index.md", |matter| matter.draft = true).pages(&[
            "content/s/a.md",
            "content/s/t/u/b.md",
            "content/c.md",
        ]);
        draft.visibility.drafts = drafts;
        draft.good()
    };
    assert_eq!(make(false).urls(), ["/", "/c/"]);
    let site = make(true);
    assert_eq!(site.urls(), ["/", "/c/", "/s/", "/s/a/", "/s/t/", "/s/t/u/", "/s/t/u/b/"]);
    assert!(site.by("s").is_draft && site.by("s/t/u/b").is_draft && !site.by("c").is_draft);
}

#[test]
fn a_hidden_translation_leaves_the_place_to_the_fallback() {
    let site = draft()
        .languages(&["en", "fr"])
        .plain("content/a.md")
        .page("content/a.fr.md", |matter| matter.draft = true)
        .page("content/s/_index.md", |matter| matter.draft = true)
        .plain("content/s/b.md")
        .plain("content/s/b.fr.md")
        .good();
    assert!(site.of("fr", "a").is_fallback);
    // The draft section stands for the French one, too.
    assert_eq!(site.urls(), ["/", "/a/", "/fr/", "/fr/a/"]);
}

#[test]
fn files_of_hidden_pages_are_left_out() {
    let site = draft()
        .page("content/trip/index.md", |matter| matter.draft = true)
        .file("content/trip/photo.jpg")
        .plain("content/other/index.md")
        .file("content/other/photo.jpg")
        .good();
    let assets: BTreeMap<_, _> = site.assets.iter().collect();
    let (file, url) = ("content/other/photo.jpg".to_owned(), "/other/photo.jpg".to_owned());
    assert_eq!(assets, BTreeMap::from([(&file, &url)]));
}
