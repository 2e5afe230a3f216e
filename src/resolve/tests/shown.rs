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

/// It is noon in all tests.
#[test]
fn a_schedule_with_a_time_counts_to_the_moment() {
    for (at, has_come) in [
        ("2026-11-23T12:00:00Z", true),
        ("2026-11-23T12:00:01Z", false),
        ("2026-11-23T13:30:00+02:00", true),
        ("2026-11-24T00:30:00+13:00", true),
        ("2026-11-23T07:30:00-05:00", false),
    ] {
        check(NOT, |matter| matter.publish_at = Some(moment(at)), has_come);
        check(FUTURE, |matter| matter.publish_at = Some(moment(at)), true);
        check(NOT, |matter| matter.expires_at = Some(moment(at)), !has_come);
        check(FUTURE, |matter| matter.expires_at = Some(moment(at)), !has_come);
    }
}

#[test]
fn the_date_of_a_post_counts_by_its_day_in_utc() {
    check(NOT, |matter| matter.date = Some(moment("2026-11-24T00:00:00+02:00")), true);
    check(NOT, |matter| matter.date = Some(moment("2026-11-23T23:00:00-05:00")), false);
}

#[test]
fn a_date_in_the_file_name_counts() {
    let site = draft().pages(&["content/blog/2026-11-24-later.md", "content/blog/2026-11-22-now.md"]).good();
    assert_eq!(site.urls(), ["/", "/blog/", "/blog/now/"]);
}

#[test]
fn only_moments_that_stand_in_pages_are_asked_about() {
    let asked = |say: fn(&mut FrontMatter)| draft().page("content/a.md", say).make().asked;
    assert!(asked(|_| {}).is_empty());
    assert_eq!(draft().plain("content/2026-01-01-a.md").make().asked, ["whether 2026-01-01T00:00:00Z has come"]);
    let expires = asked(|matter| matter.expires_at = Some(date(TODAY)));
    assert_eq!(expires, ["whether 2026-11-23T00:00:00Z has come"]);
    let scheduled = asked(|matter| matter.publish_at = Some(moment("2026-11-23T18:30:00+01:00")));
    assert_eq!(scheduled, ["whether 2026-11-23T17:30:00Z has come"]);
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
