//! Menus and sidebars.

use super::*;

fn show(items: &[NavItem]) -> String {
    fn lines(items: &[NavItem], depth: usize, out: &mut String) {
        for item in items {
            let _ = write!(out, "{}{}", "  ".repeat(depth), item.label);
            for part in [item.url.as_ref(), item.badge.as_ref()].into_iter().flatten() {
                let _ = write!(out, " {part}");
            }
            out.push_str(if item.collapsed { " (closed)\n" } else { "\n" });
            lines(&item.children, depth + 1, out);
        }
    }
    let mut out = String::new();
    lines(items, 0, &mut out);
    out
}

fn menu(site: &Site, language: &str) -> String {
    show(&site.menus[language]["main"])
}

fn sidebar(site: &Site, key: &str) -> String {
    show(&site.sidebars[&("en".to_owned(), key.to_owned())])
}

fn docs() -> Draft {
    draft().content("docs", |over| over.sidebar = Some(SectionSidebar::Tree))
}

#[test]
fn items_of_menus_lead_to_files_paths_and_urls() {
    let site = draft()
        .pages(&["content/docs/_index.md", "content/docs/intro.md"])
        .file("static/cv.pdf")
        .menu(
            "main",
            &[
                ("File", "docs/_index.md"),
                ("Full file", "content/docs/intro.md#start"),
                ("Path", "/docs/intro"),
                ("Key", "docs/intro"),
                ("Static", "/cv.pdf"),
                ("Feed", "/atom.xml"),
                ("Site", "https://a.example/"),
                ("Mail", "mailto:a@a.example"),
            ],
        )
        .good();
    insta::assert_snapshot!(menu(&site, "en"), @r"
    File /docs/
    Full file /docs/intro/#start
    Path /docs/intro/
    Key /docs/intro/
    Static /cv.pdf
    Feed /atom.xml
    Site https://a.example/
    Mail mailto:a@a.example
    ");
    assert_eq!(site.menus["en"]["main"][0].page, Some(site.by("docs").id));
}

#[test]
fn forms_thank_on_a_page_that_exists() {
    let mut site = draft()
        .pages(&["content/thanks.md", "content/cv/index.md"])
        .page("content/draft.md", |matter| matter.draft = true);
    for (name, thanks) in
        [("good", Some("/thanks/")), ("typo", Some("/thank/")), ("draft", Some("/draft/")), ("none", None)]
    {
        let thanks = thanks.map(str::to_owned);
        let form = rivage_api::manifest::Form { name: name.to_owned(), trap: None, challenge: false, thanks };
        site.config.api.forms.push(crate::config::api::Form { form, fields: Vec::new(), span: Span::new(1, 2) });
    }
    let made = site.make();
    insta::assert_snapshot!(made.told(), @r"
    error[broken-navigation] rivage.toml: `thanks` of the form `typo` is `/thank/`, which does not exist
    warning[hidden-navigation] rivage.toml: `thanks` of the form `draft` is `/draft/`, a draft or not to be shown today
    ");
    assert_eq!(made.diagnostics[0].hints[0], "there is `/thanks/`");
}

#[test]
fn items_that_lead_nowhere_are_reported() {
    let made = draft()
        .pages(&["content/docs/install.md", "content/a.md"])
        .page("content/draft.md", |matter| matter.draft = true)
        .menu("main", &[("A", "docs/instal.md"), ("B", "/docs/instal/"), ("C", "draft.md"), ("D", ""), ("E", "a.mdx")])
        .make();
    insta::assert_snapshot!(made.told(), @r"
    error[broken-navigation] rivage.toml: `/docs/instal/` leads nowhere
    error[broken-navigation] rivage.toml: `` leads nowhere
    error[broken-navigation] rivage.toml: `a.mdx` leads nowhere
    error[broken-navigation] rivage.toml: `docs/instal.md` leads nowhere
    warning[hidden-navigation] rivage.toml: `draft.md` is a draft or not to be shown today, and is left out
    ");
    let hints: Vec<_> = made.diagnostics.iter().map(|found| found.hints[0].as_str()).collect();
    assert_eq!(hints[0], "there is `/docs/install/`");
    assert_eq!(hints[2], "there is `a.md`");
    assert_eq!(hints[3], "there is `docs/install.md`");
    assert_eq!(menu(&made.site, "en"), "");
}

#[test]
fn languages_share_the_default_menu_but_not_its_pages() {
    let site = draft()
        .languages(&["en", "fr"])
        .pages(&["content/a.md", "content/a.fr.md", "content/b.md"])
        .menu("main", &[("A", "a.md"), ("B", "/b/"), ("X", "https://x.example/")])
        .good();
    assert_eq!(menu(&site, "fr"), "A /fr/a/\nB /fr/b/\nX https://x.example/\n");
}

#[test]
fn a_sidebar_comes_from_the_tree() {
    let site = docs()
        .page("content/docs/_index.md", |matter| matter.title = Some("Docs".to_owned()))
        .page("content/docs/z.md", |matter| matter.weight = Some(1))
        .page("content/docs/guide/_index.md", |matter| {
            matter.weight = Some(2);
            matter.sidebar.collapsed = true;
            matter.sidebar.badge = Some("new".to_owned());
        })
        .page("content/docs/guide/a.md", |matter| matter.sidebar.label = Some("First".to_owned()))
        .page("content/docs/guide/b.md", |matter| matter.sidebar.hidden = true)
        .pages(&["content/docs/ref/x.md", "content/docs/m.md", "content/other.md"])
        .page("content/docs/secret/_index.md", |matter| matter.sidebar.hidden = true)
        .plain("content/docs/secret/s.md")
        .good();
    insta::assert_snapshot!(sidebar(&site, "docs"), @r"
    Docs /docs/
    Z /docs/z/
    Guide /docs/guide/ new (closed)
      First /docs/guide/a/
    M /docs/m/
    Ref
      X /docs/ref/x/
    ");
    assert_eq!(site.by("docs/ref/x").sidebar.as_deref(), Some("docs"));
    assert_eq!(site.by("other").sidebar, None);
    let next = |key: &str| site.by(key).next.map_or("", |id| site.page(id).key.as_str());
    let chain =
        [next("docs"), next("docs/z"), next("docs/guide"), next("docs/guide/a"), next("docs/m"), next("docs/ref/x")];
    assert_eq!(chain, ["docs/z", "docs/guide", "docs/guide/a", "docs/m", "docs/ref/x", ""]);
    assert_eq!(site.by("docs/z").previous, Some(site.by("docs").id));
    assert_eq!(site.by("docs/guide/b").next, None);
}

#[test]
fn a_section_with_a_sidebar_of_its_own_is_only_pointed_to() {
    let site = docs()
        .content("docs/api", |over| over.sidebar = Some(SectionSidebar::Tree))
        .pages(&["content/docs/a.md", "content/docs/api/_index.md", "content/docs/api/b.md"])
        .good();
    assert_eq!(sidebar(&site, "docs"), "A /docs/a/\nApi /docs/api/\n");
    assert_eq!(sidebar(&site, "docs/api"), "Api /docs/api/\nB /docs/api/b/\n");
    assert_eq!(site.by("docs/api/b").sidebar.as_deref(), Some("docs/api"));
}

#[test]
fn a_section_can_leave_the_sidebar_of_the_one_above() {
    let site = docs()
        .content("docs/news", |over| over.sidebar = Some(SectionSidebar::Off))
        .content("docs/news/guide", |over| over.sidebar = Some(SectionSidebar::Tree))
        .plain("content/docs/news/_index.md")
        .page("content/docs/log/_index.md", |matter| {
            matter.section = Some(Box::new(SectionDefaults { sidebar: Some(SectionSidebar::Off), ..over("") }));
        })
        .pages(&[
            "content/docs/a.md",
            "content/docs/log/one.md",
            "content/docs/news/b.md",
            "content/docs/news/c.md",
            "content/docs/news/old/d.md",
            "content/docs/news/guide/e.md",
        ])
        .good();
    assert_eq!(sidebar(&site, "docs"), "A /docs/a/\nLog /docs/log/\nNews /docs/news/\n");
    let shown = |key: &str| site.by(key).sidebar.as_deref();
    assert_eq!([shown("docs"), shown("docs/a")], [Some("docs"); 2]);
    assert_eq!(["docs/news", "docs/news/b", "docs/news/old/d", "docs/log/one"].map(shown), [None; 4]);
    assert_eq!(shown("docs/news/guide/e"), Some("docs/news/guide"));
    // Its pages follow each other, not the sidebar.
    let next = site.by("docs/news/b").next.map(|id| site.page(id).key.as_str());
    assert_eq!(next, Some("docs/news/c"));
}

/// `from` may name a section that no sidebar is of: it has left none.
#[test]
fn a_sidebar_by_hand_shows_trees_from_elsewhere() {
    let items = vec![SidebarItem { label: Some("More".to_owned()), from: Some("more".to_owned()), ..item() }];
    let site = draft()
        .content("docs", |over| over.sidebar = Some(SectionSidebar::Items(items)))
        .content("more", |over| over.sidebar = Some(SectionSidebar::Off))
        .pages(&["content/docs/a.md", "content/more/deep/b.md"])
        .good();
    assert!(sidebar(&site, "docs").contains("/more/deep/b/"), "{}", sidebar(&site, "docs"));
}

#[test]
fn a_sidebar_can_be_made_by_hand() {
    let text = |text: &str| Some(text.to_owned());
    let items = vec![
        SidebarItem { link: text("docs/b.md"), badge: text("!"), ..item() },
        SidebarItem {
            label: text("Group"),
            collapsed: true,
            items: vec![SidebarItem { label: text("Site"), link: text("https://x.example"), ..item() }],
            ..item()
        },
        SidebarItem { label: text("All"), from: text("docs/ref"), ..item() },
        SidebarItem { from: text("docs/ref"), ..item() },
        SidebarItem { link: text("docs/nope.md"), ..item() },
        SidebarItem { from: text("docs/rev"), ..item() },
    ];
    let made = draft()
        .content("docs", |over| over.sidebar = Some(SectionSidebar::Items(items)))
        .pages(&["content/docs/b.md", "content/docs/ref/_index.md", "content/docs/ref/x.md", "content/docs/c.md"])
        .make();
    insta::assert_snapshot!(sidebar(&made.site, "docs"), @r"
    B /docs/b/ !
    Group (closed)
      Site https://x.example
    All
      Ref /docs/ref/
      X /docs/ref/x/
    Ref /docs/ref/
    X /docs/ref/x/
    ");
    insta::assert_snapshot!(made.told(), @r"
    error[broken-navigation] rivage.toml: `docs/nope.md` leads nowhere
    error[broken-navigation] rivage.toml: there are no pages below `content/docs/rev`
    ");
    assert_eq!(made.diagnostics[1].hints[0], "there is `docs/ref`");
    assert_eq!(made.site.by("docs/b").next, Some(made.site.by("docs/ref").id));
    // A page that the sidebar does not have has no neighbours in it.
    assert_eq!(made.site.by("docs/c").next, None);
}

#[test]
fn a_sidebar_of_front_matter_is_blamed_there() {
    let made = draft()
        .page("content/docs/_index.md", |matter| {
            let sidebar = vec![SidebarItem { link: Some("nope.md".to_owned()), ..item() }];
            matter.section =
                Some(Box::new(SectionDefaults { sidebar: Some(SectionSidebar::Items(sidebar)), ..over("docs") }));
        })
        .make();
    insta::assert_snapshot!(made.told(), @"error[broken-navigation] content/docs/_index.md: `nope.md` leads nowhere");
}

#[test]
fn languages_share_a_sidebar_but_not_its_pages() {
    let items = vec![
        SidebarItem { link: Some("docs/a.md".to_owned()), ..item() },
        SidebarItem { link: Some("docs/only.fr.md".to_owned()), ..item() },
    ];
    let site = draft()
        .languages(&["en", "fr"])
        .content("docs", |over| over.sidebar = Some(SectionSidebar::Items(items)))
        .pages(&["content/docs/a.md", "content/docs/only.fr.md"])
        .good();
    let french = show(&site.sidebars[&("fr".to_owned(), "docs".to_owned())]);
    assert_eq!(french, "A /fr/docs/a/\nOnly /fr/docs/only/\n");
    assert!(sidebar(&site, "docs").starts_with("A /docs/a/\n"));
}
