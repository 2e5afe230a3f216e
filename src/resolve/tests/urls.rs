//! URLs, and that each is one thing's.

use super::*;

/// The URL of `content/blog/2026-11-23-My post.md` if this is said of it.
fn check(say: impl FnOnce(&mut FrontMatter), url: &str) {
    let site = draft().page("content/blog/2026-11-23-My post.md", say).good();
    assert_eq!(site.by("blog/2026-11-23-My post").url, url);
}

fn refused(say: impl FnOnce(&mut FrontMatter)) -> String {
    let made = draft().page("content/blog/a.md", say).make();
    assert_eq!(made.site.by("blog/a").url, "/blog/a/");
    made.told()
}

#[test]
fn a_page_lies_in_its_section_under_its_slug() {
    check(|_| {}, "/blog/My-post/");
    check(|matter| matter.slug = Some(spanned("first one")), "/blog/first-one/");
    check(|matter| matter.path = Some(spanned("/news/first")), "/news/first/");
    check(|matter| matter.path = Some(spanned("old.html")), "/old.html");
    let site = draft().pages(&["content/_index.md", "content/v1.2/Über uns.md", "content/trip/index.md"]).good();
    assert_eq!(site.urls(), ["/", "/trip/", "/v1.2/", "/v1.2/Über-uns/"]);
}

#[test]
fn a_date_in_the_file_name_is_the_pages() {
    let site = draft().pages(&["content/blog/2026-11-02-a.md", "content/blog/2026-11-03-b/index.md"]).good();
    let page = site.by("blog/2026-11-02-a");
    assert_eq!((page.date.as_ref(), page.title.as_str()), (Some(&date("2026-11-02")), "A"));
    assert_eq!(site.by("blog/2026-11-03-b").url, "/blog/b/");
    let site = draft().page("content/2026-11-02-a.md", |matter| matter.date = Some(date("2025-01-01"))).good();
    assert_eq!(site.by("2026-11-02-a").date, Some(date("2025-01-01")));
}

#[test]
fn pages_follow_the_url_of_their_section() {
    let site = draft()
        .page("content/docs/_index.md", |matter| matter.slug = Some(spanned("handbook")))
        .page("content/docs/api/_index.md", |matter| matter.path = Some(spanned("/api/")))
        .pages(&["content/docs/a.md", "content/docs/api/b.md"])
        .good();
    assert_eq!(site.urls(), ["/", "/api/", "/api/b/", "/handbook/", "/handbook/a/"]);
}

#[test]
fn permalinks_follow_a_pattern() {
    let url = |pattern: &str, path: &str| {
        let pattern = Some(pattern.to_owned());
        let site = draft().content("", |over| over.permalink = pattern).page(path, |matter| {
            matter.title = Some("A Title, yes".to_owned());
            matter.date = Some(date("2026-03-09"));
        });
        site.good().by_file[path].0 as usize
    };
    let check = |pattern: &str, path: &str, expected: &str| {
        let site = draft()
            .content("", |over| over.permalink = Some(pattern.to_owned()))
            .page(path, |matter| {
                matter.title = Some("A Title, yes".to_owned());
                matter.date = Some(date("2026-03-09"));
            })
            .good();
        let page = site.page(site.by_file[path]);
        assert_eq!(page.url, expected, "{pattern}");
    };
    assert!(url("/:slug/", "content/a.md") > 0);
    check("/:section/:year/:month/:day/:slug/", "content/blog/x/a.md", "/blog/2026/03/09/a/");
    check("/:sections/:title/", "content/blog/x/a.md", "/blog/x/a-title-yes/");
    check("/p/:year-:month/:slug.html", "content/blog/a.md", "/p/2026-03/a.html");
    check("/:section/:slug/", "content/a.md", "/a/");
}

#[test]
fn a_permalink_that_cannot_be_filled_is_reported() {
    let made = draft()
        .content("blog", |over| over.permalink = Some("/:year/:slug/".to_owned()))
        .plain("content/blog/a.md")
        .make();
    insta::assert_snapshot!(made.told(), @"error[permalink-without-date] content/blog/a.md: the permalink `/:year/:slug/` has `:year`, but the page has no date");
    assert_eq!(made.site.by("blog/a").url, "/blog/a/");
    let made =
        draft().content("blog", |over| over.permalink = Some("/:id/".to_owned())).plain("content/blog/a.md").make();
    insta::assert_snapshot!(made.told(), @"error[unknown-placeholder] rivage.toml: the permalink `/:id/` has `:id`, which stands for nothing");
}

#[test]
fn unusable_slugs_and_paths_are_reported() {
    insta::assert_snapshot!(refused(|matter| matter.slug = Some(spanned("a/b"))), @"error[bad-path] content/blog/a.md: `a/b` cannot be used in `slug`: it contains `/`; `path` sets the whole path");
    insta::assert_snapshot!(refused(|matter| matter.slug = Some(spanned(".."))), @"error[bad-path] content/blog/a.md: `..` cannot be used in `slug`: it leads to another folder");
    insta::assert_snapshot!(refused(|matter| matter.slug = Some(spanned(" "))), @"error[bad-path] content/blog/a.md: ` ` cannot be used in `slug`: it is empty");
    insta::assert_snapshot!(refused(|matter| matter.slug = Some(spanned("a?"))), @"error[bad-path] content/blog/a.md: `a?` cannot be used in `slug`: it contains `?`");
    insta::assert_snapshot!(refused(|matter| matter.path = Some(spanned("/../a/"))), @"error[bad-path] content/blog/a.md: `/../a/` cannot be used in `path`: it has a part that is empty, `.` or `..`");
    insta::assert_snapshot!(refused(|matter| matter.path = Some(spanned("/a\0/"))), @r"error[bad-path] content/blog/a.md: `/a\0/` cannot be used in `path`: it contains a control character");
    insta::assert_snapshot!(refused(|matter| matter.aliases = vec![spanned("/old/#x")]), @"error[bad-path] content/blog/a.md: `/old/#x` cannot be used in `aliases`: it contains `#`");
}

#[test]
fn two_pages_with_one_path_are_reported() {
    let made = draft().plain("content/a.md").page("content/b.md", |matter| matter.slug = Some(spanned("a"))).make();
    insta::assert_snapshot!(made.told(), @"error[duplicate-path] content/b.md: `content/b.md` and `content/a.md` have the same path `/a/`");
    let found = &made.diagnostics[0];
    assert_eq!(found.labels[0].location.file.as_str(), "content/a.md");
    assert_eq!(found.primary.as_ref().map(|place| place.span), Some(Span::new(4, 9)));
    assert_eq!(made.site.urls(), ["/", "/a/"]);
}

#[test]
fn a_page_over_a_list_is_reported() {
    let made = draft()
        .page("content/tags.md", |matter| tag(matter, &["x"]))
        .page("content/blog/a.md", |matter| matter.path = Some(spanned("/s/page/2/")))
        .content("s", |over| over.paginate_by = Some(1))
        .pages(&["content/s/a.md", "content/s/b.md"])
        .page("content/c.md", |matter| matter.path = Some(spanned("/blog/")))
        .make();
    insta::assert_snapshot!(made.told(), @r"
    error[duplicate-path] content/blog/a.md: the list of `content/s` and `content/blog/a.md` have the same path `/s/page/2/`
    error[duplicate-path] content/c.md: the list of `content/blog` and `content/c.md` have the same path `/blog/`
    error[duplicate-path] content/tags.md: the list of `tags` and `content/tags.md` have the same path `/tags/`
    ");
}

#[test]
fn paths_that_differ_only_in_case_are_reported() {
    let made = draft().pages(&["content/About.md", "content/about.md"]).make();
    insta::assert_snapshot!(made.told(), @"warning[paths-differ-in-case] content/about.md: the paths `/about/` of `content/about.md` and `/About/` of `content/About.md` differ only in case");
    assert_eq!(made.site.urls(), ["/", "/About/", "/about/"]);
}

#[test]
fn paths_of_rivages_own_files_are_reported() {
    let made = draft()
        .plain("content/search.md")
        .page("content/a.md", |matter| matter.path = Some(spanned("/sitemap.xml")))
        .page("content/b.md", |matter| matter.path = Some(spanned("/blog/atom.xml")))
        .make();
    insta::assert_snapshot!(made.told(), @r"
    error[reserved-path] content/a.md: `/sitemap.xml/` is the path of `content/a.md`, but rivage writes its own files there
    error[reserved-path] content/b.md: `/blog/atom.xml/` is the path of `content/b.md`, but rivage writes its own files there
    error[reserved-path] content/search.md: `/search/` is the path of `content/search.md`, but rivage writes its own files there
    ");
    let site = draft().set(|config| config.search.enabled = false).plain("content/search.md").good();
    assert_eq!(site.urls(), ["/", "/search/"]);
}

#[test]
fn files_over_pages_are_reported() {
    let made = draft()
        .pages(&["content/a.md", "content/b.md", "content/s/c.md"])
        .file("static/a/index.html")
        .file("static/b")
        .file("static/fine/index.html")
        .file("content/s/c/index.html")
        .file("content/s/x.png")
        .page("content/t.md", |matter| matter.path = Some(spanned("/s/")))
        .make();
    let told = made.told();
    assert!(told.contains("error[duplicate-path] static/a/index.html: `static/a/index.html` would be written to `/a/index.html`, where a page is"));
    assert!(told.contains("error[duplicate-path] static/b: `static/b` would be written to `/b`, where a page is"));
    assert!(told.contains("error[duplicate-path] content/s/c/index.html: "));
    assert!(!told.contains("fine"));
}

#[test]
fn two_files_with_one_path_are_reported() {
    let made = draft()
        .plain("content/a/index.md")
        .page("content/b/index.md", |matter| matter.path = Some(spanned("/x/")))
        .page("content/c/index.md", |matter| matter.path = Some(spanned("/x/")))
        .file("content/b/p.png")
        .file("content/c/p.png")
        .make();
    assert!(made.told().contains("`content/c/p.png` and `content/b/p.png` would both be written to `/x/p.png`"));
}

#[test]
fn aliases_lead_to_their_pages() {
    let site =
        draft().page("content/a.md", |matter| matter.aliases = vec![spanned("/old/"), spanned("older.html")]).good();
    let id = site.by("a").id;
    assert_eq!(site.aliases, [("/old/".to_owned(), id), ("/older.html".to_owned(), id)]);
}

#[test]
fn aliases_over_pages_and_each_other_are_reported() {
    let made = draft()
        .page("content/a.md", |matter| {
            matter.aliases = vec![spanned("/b"), spanned("/a/"), spanned("/old/"), spanned("/old")]
        })
        .page("content/b.md", |matter| matter.aliases = vec![spanned("/old")])
        .make();
    insta::assert_snapshot!(made.told(), @r"
    error[alias-shadows-page] content/a.md: the alias `/a/` is the path of `content/a.md`
    error[alias-shadows-page] content/a.md: the alias `/b` is the path of `content/b.md`
    error[duplicate-alias] content/b.md: the alias `/old` is one of `content/a.md`, too
    ");
}

#[test]
fn languages_have_their_own_paths() {
    let site = draft()
        .languages(&["en", "fr"])
        .page("content/a.md", |matter| matter.path = Some(spanned("/about-us/")))
        .page("content/b.md", |matter| matter.aliases = vec![spanned("/old/")])
        .page("content/b.fr.md", |matter| matter.path = Some(spanned("/fr/bonjour/")))
        .page("content/s/c.md", |matter| tag(matter, &["x"]))
        .page("content/fr/s/_index.md", |matter| matter.slug = Some(spanned("rubrique")))
        .good();
    assert_eq!(
        site.urls(),
        [
            "/",
            "/about-us/",
            "/b/",
            "/fr/",
            "/fr/about-us/",
            "/fr/bonjour/",
            "/fr/rubrique/",
            "/fr/rubrique/c/",
            "/fr/tags/",
            "/fr/tags/x/",
            "/s/",
            "/s/c/",
            "/tags/",
            "/tags/x/"
        ]
    );
    assert_eq!(site.aliases.len(), 1);
}

#[test]
fn files_lie_beside_their_page() {
    let site = draft()
        .languages(&["en", "fr"])
        .page("content/trip/index.md", |matter| matter.slug = Some(spanned("voyage")))
        .plain("content/s/a.md")
        .file("content/trip/img/p.png")
        .file("content/s/q.png")
        .file("content/fr/s/q.png")
        .good();
    assert_eq!(site.assets["content/trip/img/p.png"], "/voyage/img/p.png");
    assert_eq!(site.assets["content/s/q.png"], "/s/q.png");
    assert_eq!(site.assets["content/fr/s/q.png"], "/fr/s/q.png");
}
