use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::Arc;

use super::*;
use crate::config::Language;
use crate::fs::{Entry, EntryKind, Error, Fs, MemoryFs};
use crate::inputs::World;

fn run(fs: impl Fs + 'static, config: &Config) -> (SourceTree, Vec<String>) {
    let world = World::new(Arc::new(fs), jiff::Timestamp::UNIX_EPOCH, BTreeMap::new());
    let (tree, mut diagnostics) = discover(&Inputs::new(&world), config);
    rivage_diag::sort(&mut diagnostics);
    let told =
        diagnostics.iter().map(|found| format!("{}[{}]: {}", found.severity.as_str(), found.code, found.message));
    (tree, told.collect())
}

fn files(paths: &[&str]) -> MemoryFs {
    MemoryFs::new(paths.iter().map(|path| (*path, "")))
}

fn config(codes: &[&str]) -> Config {
    let mut config = Config::default();
    let first = config.languages[0].clone();
    config.languages = codes
        .iter()
        .enumerate()
        .map(|(at, code)| Language {
            code: (*code).to_owned(),
            prefix: (at > 0).then(|| (*code).to_owned()),
            ..first.clone()
        })
        .collect();
    config
}

/// Lists what is found, a line each: `role key language path`.
fn list(paths: &[&str], codes: &[&str]) -> String {
    let (tree, told) = run(files(paths), &config(codes));
    let mut out = String::new();
    for page in &tree.content {
        let role = format!("{:?}", page.role).to_lowercase();
        let _ = writeln!(out, "{role} {:?} in {:?} {} {}", page.key, page.section, page.language, page.path);
    }
    for asset in &tree.assets {
        let _ = writeln!(out, "asset {:?} of {:?} {} {}", asset.name, asset.owner, asset.language, asset.path);
    }
    for path in &tree.partials {
        let _ = writeln!(out, "partial {path}");
    }
    for path in &tree.data {
        let _ = writeln!(out, "data {path}");
    }
    out + &told.join("\n")
}

#[test]
fn pages_sections_bundles_and_their_files() {
    let found = list(
        &[
            "content/_index.mdx",
            "content/about.md",
            "content/blog/_index.mdx",
            "content/blog/first.mdx",
            "content/blog/photo.jpg",
            "content/blog/trip/index.mdx",
            "content/blog/trip/map.png",
            "content/blog/trip/img/a/b.png",
            "content/blog/_intro.mdx",
            "content/blog/data.toml",
            "content/images/logo.svg",
            "data/people.csv",
            "data/more/x.yaml",
            "data/notes.txt",
        ],
        &["en"],
    );
    insta::assert_snapshot!(found, @r#"
    section "" in "" en content/_index.mdx
    page "about" in "" en content/about.md
    section "blog" in "blog" en content/blog/_index.mdx
    page "blog/first" in "blog" en content/blog/first.mdx
    bundle "blog/trip" in "blog" en content/blog/trip/index.mdx
    asset "photo.jpg" of "blog" en content/blog/photo.jpg
    asset "img/a/b.png" of "blog/trip" en content/blog/trip/img/a/b.png
    asset "map.png" of "blog/trip" en content/blog/trip/map.png
    asset "images/logo.svg" of "" en content/images/logo.svg
    partial content/blog/_intro.mdx
    data content/blog/data.toml
    data data/more/x.yaml
    data data/people.csv
    "#);
}

#[test]
fn an_index_among_other_pages_describes_the_section() {
    let found = list(
        &["content/index.mdx", "content/guide/index.mdx", "content/guide/a.mdx", "content/guide/b/c.mdx"],
        &["en"],
    );
    insta::assert_snapshot!(found, @r#"
    page "guide/a" in "guide" en content/guide/a.mdx
    page "guide/b/c" in "guide/b" en content/guide/b/c.mdx
    section "guide" in "guide" en content/guide/index.mdx
    section "" in "" en content/index.mdx
    "#);
}

#[test]
fn a_page_beside_a_folder_of_its_name_describes_it() {
    let found = list(&["content/guide.mdx", "content/guide/a.mdx"], &["en"]);
    insta::assert_snapshot!(found, @r#"
    section "guide" in "guide" en content/guide.mdx
    page "guide/a" in "guide" en content/guide/a.mdx
    "#);
}

#[test]
fn languages_are_told_by_suffix_and_folder() {
    let found = list(
        &[
            "content/a.mdx",
            "content/a.fr.mdx",
            "content/fr/b/_index.mdx",
            "content/fr/b/c.png",
            "content/fr/_index.md",
            "content/v1.2.mdx",
            "content/de/x.mdx",
            "content/_part.fr.mdx",
            "content/t/index.mdx",
            "content/t/index.pt-br.mdx",
        ],
        &["en", "fr", "pt-BR"],
    );
    insta::assert_snapshot!(found, @r#"
    page "a" in "" fr content/a.fr.mdx
    page "a" in "" en content/a.mdx
    page "de/x" in "de" en content/de/x.mdx
    section "" in "" fr content/fr/_index.md
    section "b" in "b" fr content/fr/b/_index.mdx
    bundle "t" in "" en content/t/index.mdx
    bundle "t" in "" pt-BR content/t/index.pt-br.mdx
    page "v1.2" in "" en content/v1.2.mdx
    asset "c.png" of "b" fr content/fr/b/c.png
    partial content/_part.fr.mdx
    "#);
}

#[test]
fn one_language_needs_no_folder() {
    let found = list(&["content/en/a.mdx", "content/b.en.mdx"], &["en"]);
    insta::assert_snapshot!(found, @r#"
    page "b" in "" en content/b.en.mdx
    page "en/a" in "en" en content/en/a.mdx
    "#);
}

#[test]
fn files_of_tools_are_skipped() {
    let found = list(
        &[
            "content/.hidden.md",
            "content/.obsidian/a.md",
            "content/node_modules/p/README.md",
            "content/a.md~",
            "content/a.mdx.swp",
            "content/#a.md#",
            "content/a.md",
        ],
        &["en"],
    );
    insta::assert_snapshot!(found, @r#"page "a" in "" en content/a.md"#);
}

#[test]
fn two_files_for_one_page_are_reported() {
    let found = list(
        &[
            "content/a.md",
            "content/a.mdx",
            "content/a/index.mdx",
            "content/b/_index.mdx",
            "content/b/index.mdx",
            "content/c.fr.mdx",
            "content/fr/c.mdx",
        ],
        &["en", "fr"],
    );
    insta::assert_snapshot!(found, @r#"
    page "a" in "" en content/a.md
    section "b" in "b" en content/b/_index.mdx
    page "c" in "" fr content/c.fr.mdx
    error[duplicate-page]: `content/a.mdx` and `content/a.md` are both the page `a`
    error[duplicate-page]: `content/a/index.mdx` and `content/a.md` are both the page `a`
    error[duplicate-page]: `content/b/index.mdx` and `content/b/_index.mdx` are both the page `b`
    error[duplicate-page]: `content/fr/c.mdx` and `content/c.fr.mdx` are both the page `c`
    "#);
}

#[test]
fn names_that_no_url_can_have_are_reported() {
    let found =
        list(&["content/a?.md", "content/b#c.md", "content/d\\e/f.md", "content/g\n.md", "static/h?.png"], &["en"]);
    insta::assert_snapshot!(found, @r"
    error[bad-file-name]: the name of `content/a?.md` contains `?`, which has no place in a URL
    error[bad-file-name]: the name of `content/b#c.md` contains `#`, which has no place in a URL
    error[bad-file-name]: the name of `content/d\\e` contains `\`, which has no place in a URL
    error[bad-file-name]: the name of `content/g\n.md` contains the character U+000A, which has no place in a URL
    error[bad-file-name]: the name of `static/h?.png` contains `?`, which has no place in a URL
    ");
}

#[test]
fn a_project_without_content_is_reported() {
    let world = World::new(Arc::new(files(&[])), jiff::Timestamp::UNIX_EPOCH, BTreeMap::new());
    let (tree, diagnostics) = discover(&Inputs::new(&world), &Config::default());
    assert_eq!(tree.content, []);
    assert_eq!(diagnostics[0].code, "no-content");
    assert!(diagnostics[0].hints[0].contains("rivage init"));
}

/// A disk whose folders contain themselves, a broken link, and a folder that may not be read.
struct Odd;

impl Fs for Odd {
    fn read(&self, path: &str) -> Result<Vec<u8>, Error> {
        Err(Error::new("read", path, std::io::ErrorKind::NotFound.into()))
    }

    fn list(&self, path: &str) -> Result<Vec<Entry>, Error> {
        let entry = |name: &str, kind| Entry { name: name.to_owned(), kind };
        match path {
            "content" => Ok(vec![
                entry("broken", EntryKind::BrokenLink),
                entry("loop", EntryKind::Folder),
                entry("secret", EntryKind::Folder),
                entry("z.md", EntryKind::File),
            ]),
            "content/secret" => Err(Error::new("list", path, std::io::ErrorKind::PermissionDenied.into())),
            _ if path.starts_with("content/loop") => Ok(vec![entry("loop", EntryKind::Folder)]),
            _ => Err(Error::new("list", path, std::io::ErrorKind::NotFound.into())),
        }
    }

    fn kind(&self, _: &str) -> Option<EntryKind> {
        None
    }

    fn len(&self, _: &str) -> Result<u64, Error> {
        Ok(0)
    }
}

#[test]
fn what_cannot_be_listed_is_reported_and_the_rest_is_found() {
    let (tree, told) = run(Odd, &Config::default());
    assert_eq!(tree.content.len(), 1);
    let told: Vec<_> = told.iter().map(|told| told.split(':').next().unwrap_or_default()).collect();
    assert_eq!(told, ["warning[broken-symlink]", "error[too-many-folders]", "error[unreadable-folder]"]);
}

fn named(files: &[ThemeFile], name: &str) -> Vec<String> {
    files.iter().filter(|file| file.name == name).map(|file| file.path.clone()).collect()
}

fn themed(theme: &str, paths: &[&str]) -> (ThemeFiles, Vec<String>) {
    let mut config = Config::default();
    config.site.theme = theme.to_owned();
    let mut all = vec!["content/a.md"];
    all.extend(paths);
    let (tree, told) = run(files(&all), &config);
    (tree.theme, told)
}

#[test]
fn the_sites_own_files_replace_the_themes() {
    let (theme, told) = themed(
        "mine",
        &[
            "themes/mine/theme.toml",
            "themes/mine/layouts/page.html",
            "themes/mine/layouts/blog/page.html",
            "themes/mine/static/.well-known/x.txt",
            "themes/mine/strings/en.toml",
            "layouts/page.html",
            "static/.well-known/security.txt",
            "static/.git/config",
            "strings/en.toml",
        ],
    );
    assert_eq!(told, Vec::<String>::new());
    assert_eq!(named(&theme.layouts, "page.html"), ["layouts/page.html"]);
    assert_eq!(named(&theme.layouts, "blog/page.html"), ["themes/mine/layouts/blog/page.html"]);
    assert_eq!(named(&theme.strings, "en.toml"), ["themes/mine/strings/en.toml", "strings/en.toml"]);
    let statics: Vec<_> = theme.statics.iter().map(|file| file.name.as_str()).collect();
    assert_eq!(statics, [".well-known/security.txt", ".well-known/x.txt"]);
}

#[test]
fn a_folder_without_theme_toml_is_laid_over_the_built_in_theme() {
    let (theme, told) = themed("shore", &["themes/shore/layouts/only-here.html"]);
    assert_eq!(told, Vec::<String>::new());
    assert_eq!(named(&theme.layouts, "only-here.html"), ["themes/shore/layouts/only-here.html"]);
    let built_in = crate::theme::files("shore");
    let layouts = built_in.iter().filter(|path| path.starts_with("themes/shore/layouts/")).count();
    assert_eq!(theme.layouts.len(), layouts + 1);

    let (theme, _) = themed("shore", &["themes/shore/theme.toml", "themes/shore/layouts/only-here.html"]);
    assert_eq!(theme.layouts.len(), 1);
}

#[test]
fn assets_of_the_dashboard_are_there_where_the_dashboard_is() {
    let assets = |admin: bool, own: &[&str]| {
        let mut config = Config::default();
        config.site.theme = "mine".to_owned();
        config.site.dashboard_assets = vec!["css/admin.css".to_owned(), "js/admin/".to_owned()];
        config.api.admin = admin;
        let theme = ["theme.toml", "assets/css/admin.css", "assets/js/admin.js", "assets/js/admin/views/a.js"];
        let theme: Vec<_> = theme.iter().map(|name| format!("themes/mine/{name}")).collect();
        let all: Vec<_> = theme.iter().map(String::as_str).chain(own.iter().copied()).collect();
        let (tree, _) = run(files(&all), &config);
        tree.theme.assets.into_iter().map(|file| file.name).collect::<Vec<_>>().join(" ")
    };
    let all = "css/admin.css js/admin.js js/admin/views/a.js";
    assert_eq!(assets(true, &[]), all);
    assert_eq!(assets(false, &[]), "js/admin.js");
    assert_eq!(assets(false, &["assets/js/mine.js"]), "js/admin.js js/mine.js");
    assert_eq!(assets(false, &["assets/css/admin.css"]), all);
    assert_eq!(assets(false, &["assets/js/admin/b.js"]), "css/admin.css js/admin.js js/admin/b.js js/admin/views/a.js");
}

#[test]
fn an_unknown_theme_is_reported() {
    for theme in ["sure", "../shore", ""] {
        let (_, told) = themed(theme, &["themes/mine/theme.toml"]);
        assert_eq!(told, [format!("error[unknown-theme]: there is no theme `{theme}`")]);
    }
}
