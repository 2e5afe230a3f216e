//! What settings become, and what is said of broken ones.

use insta::assert_snapshot;
use rivage_diag::{Diagnostic, FileId};

use super::*;
use crate::fs::MemoryFs;
use crate::inputs::World;

/// Shows each diagnostic with the line and text it points at.
fn show(text: &str, diagnostics: &[Diagnostic]) -> String {
    let mut out = String::new();
    for diagnostic in diagnostics {
        let span = diagnostic.primary.as_ref().unwrap().span;
        let line = text[..span.range().start].matches('\n').count() + 1;
        let place = &text[span.range()];
        out += &format!("{line}: {place:?} {}: {}\n", diagnostic.code, diagnostic.message);
        for hint in &diagnostic.hints {
            out += &format!("   help: {hint}\n");
        }
    }
    out
}

fn check(text: &str) -> String {
    let text = format!("site.title = 'T'\n{text}");
    let (_, diagnostics) = read(&FileId::from(FILE), &text);
    show(&text, &diagnostics)
}

fn good(text: &str) -> Config {
    let text = format!("site.title = 'T'\n{text}");
    let (config, diagnostics) = read(&FileId::from(FILE), &text);
    assert_eq!(show(&text, &diagnostics), "");
    config
}

fn load_from(fs: MemoryFs) -> (Config, Vec<Diagnostic>) {
    let world = World::new(std::sync::Arc::new(fs), jiff::Timestamp::UNIX_EPOCH, std::collections::BTreeMap::new());
    load(&Inputs::new(&world))
}

#[test]
fn a_missing_file_gives_the_defaults_and_an_error() {
    let (config, diagnostics) = load_from(MemoryFs::default());
    assert_eq!(config, Config::default());
    assert_eq!(diagnostics.len(), 1);
    assert_eq!(diagnostics[0].message, "there is no `rivage.toml`");
    assert_eq!(diagnostics[0].hints, ["run `rivage init` to make a site"]);
}

#[test]
fn a_file_that_cannot_be_read_is_an_error() {
    let mut fs = MemoryFs::default();
    fs.write(FILE, b"[site]\ntitle = \"\xff\"".as_slice());
    let (config, diagnostics) = load_from(fs);
    assert_eq!(config, Config::default());
    assert_eq!(diagnostics[0].code, "invalid-utf8");
    assert_eq!(diagnostics[0].primary.as_ref().unwrap().span.start, 16);

    let (config, diagnostics) = load_from(MemoryFs::new([(FILE, "[site\ntitle = 1")]));
    assert_eq!(config, Config::default());
    assert_eq!(diagnostics.len(), 1);
    assert_eq!(diagnostics[0].code, "toml-syntax");
}

#[test]
fn an_empty_file_gives_the_defaults_and_asks_for_a_title() {
    let (config, diagnostics) = load_from(MemoryFs::new([(FILE, "")]));
    assert_eq!(config, Config::default());
    assert_snapshot!(show("", &diagnostics), @r#"
    1: "" no-title: the site has no title
       help: write `title = "…"` below `[site]`
    "#);
}

#[test]
fn base_urls_have_a_path() {
    let site = good("site.base_url = 'https://example.org/docs/'").site;
    assert_eq!((site.base_url.as_str(), site.base_path.as_str()), ("https://example.org/docs", "/docs"));
    let site = good("site.base_url = 'https://example.org'").site;
    assert_eq!((site.base_url.as_str(), site.base_path.as_str()), ("https://example.org", ""));
    let mut config = Config::default();
    config.set_base_url("http://localhost:8080/a/b");
    assert_eq!((config.site.base_url.as_str(), config.site.base_path.as_str()), ("http://localhost:8080/a/b", "/a/b"));
}

#[test]
fn the_default_language_comes_first() {
    let config = good(
        "site.language = 'fr'\n[[menus.main]]\nname = 'A'\nurl = '/'\nicon = 'x'\n[languages.ar]\ntitle = 'B'\n\
         [languages.fr]\nname = 'Franc'\nstrings.search = 'Chercher'\n[languages.pt-BR]\n",
    );
    let languages: Vec<_> = config
        .languages
        .iter()
        .map(|one| (one.code.as_str(), one.name.as_str(), one.prefix.as_deref(), one.rtl))
        .collect();
    assert_eq!(
        languages,
        [
            ("fr", "Franc", None, false),
            ("ar", "العربية", Some("ar"), true),
            ("pt-BR", "Português", Some("pt-br"), false)
        ]
    );
    let fr = config.default_language();
    assert_eq!(fr.strings["search"], "Chercher");
    assert_eq!(fr.menus["main"][0].extra, serde_json::json!({ "icon": "x" }));
}

#[test]
fn taxonomies_are_tags_and_categories_unless_written() {
    let names = |text| good(text).taxonomies.iter().map(|one| one.name.clone()).collect::<Vec<_>>();
    assert_eq!(names(""), ["tags", "categories"]);
    assert_eq!(names("[taxonomies.places]\npaginate_by = 5"), ["places"]);
    assert!(names("[taxonomies]").is_empty());
}

#[test]
fn sidebars_come_from_the_tree_or_by_hand() {
    let sidebar = |text: &str| good(&format!("[content.docs]\nsidebar = {text}")).content[0].sidebar.clone();
    assert_eq!(sidebar("true"), Some(SectionSidebar::Tree));
    assert_eq!(sidebar("[]"), Some(SectionSidebar::Tree));
    assert_eq!(sidebar("false"), Some(SectionSidebar::Off));
    let written = sidebar(
        "['docs/a.mdx', { label = 'B', items = ['docs/b.mdx'], collapsed = true }, { from = 'docs/c', badge = 'new' }]",
    );
    let Some(SectionSidebar::Items(items)) = written else { panic!("{written:?}") };
    assert_eq!(items[0].link.as_deref(), Some("docs/a.mdx"));
    assert_eq!((items[1].label.as_deref(), items[1].collapsed, items[1].items.len()), (Some("B"), true, 1));
    assert_eq!((items[2].from.as_deref(), items[2].badge.as_deref()), (Some("docs/c"), Some("new")));
}

#[test]
fn authors_without_a_name_are_called_by_their_key() {
    let authors = good("[authors.jane]\nurl = 'https://jane.example'\nmastodon = '@j'").authors;
    assert_eq!(authors["jane"]["name"], "jane");
    assert_eq!(authors["jane"]["mastodon"], "@j");
}

#[test]
fn settings_written_from_what_was_read_are_read_as_the_same() {
    let text = r#"
theme.accent = "buoy"
extra.a = [1, { b = 2 }]
[site]
title = "rivage"
description = "d"
base_url = "https://example.org/docs"
language = "en"
edit_url = "https://example.org/{path}"
repository = "https://example.org/x"
logo = "/logo.svg"
image = "card.png"
copyright = "me"
[[menus.main]]
name = "Docs"
url = "docs/_index.mdx"
badge = "new"
[[menus.main.children]]
name = "Install"
url = "/docs/install/"
[languages.fr]
title = "t"
rtl = false
strings = { search = "Chercher" }
menus.main = [{ name = "Doc", url = "/" }]
[taxonomies.places]
title = "P"
paginate_by = 3
feed = false
render = false
[content.""]
kind = "marketing"
[content."docs/api"]
kind = "docs"
template = "docs/api.html"
section_template = "docs/list.html"
sort_by = "weight"
paginate_by = 10
feed = true
toc = false
search = false
sidebar = true
permalink = "/:year/:slug/"
unknown_keys = "extra"
extra = { a = 1 }
[content."docs/api".schema]
title = { type = "string", required = true, max = 60 }
"extra.size" = { enum = ["s", "m"] }
[content.docs]
sidebar = ["docs/a.mdx", { label = "B", items = ["docs/b.mdx"], collapsed = true, badge = "x" }, { from = "docs/c" }]
[authors.jane]
name = "Jane"
[markdown]
unknown_component = "element"
md_as_mdx = true
smart_punctuation = true
math = false
emoji = false
directives = false
definition_lists = false
external_rel = "noopener"
external_new_tab = true
toc_depth = [1, 4]
[links]
broken = "warn"
[code]
highlight = false
wrap = true
line_numbers = true
copy = false
aliases = { astro = "html" }
[feeds]
atom = false
rss = false
json = false
limit = 5
full_content = false
[search]
enabled = false
[build]
output = "out"
minify = false
markdown_twins = false
llms_txt = false
sitemap = false
csp = false
[headers."/fonts/*"]
Access-Control-Allow-Origin = "*"
[[redirects]]
from = "/old/*"
to = "/new/:splat"
status = 308
"#;
    let file = FileId::from(FILE);
    let (config, diagnostics) = read(&file, text);
    assert_eq!(show(text, &diagnostics), "");
    let written = toml_edit::ser::to_string_pretty(&config.to_json()).unwrap();
    let (again, diagnostics) = read(&file, &written);
    assert_eq!(show(&written, &diagnostics), "");
    assert_eq!(again.to_json(), config.to_json());
    // Every setting of the text above differs from its default, so that none can be forgotten on the way.
    let defaults = Config::default().to_json();
    for table in ["build", "markdown", "links", "code", "feeds", "search"] {
        for (key, default) in defaults[table].as_object().unwrap() {
            assert_ne!(again.to_json()[table][key], *default, "{table}.{key}");
        }
    }
    let (default, diagnostics) = read(&file, &toml_edit::ser::to_string_pretty(&defaults).unwrap());
    assert_eq!(diagnostics.len(), 1, "no title");
    assert_eq!(default, Config::default());
}

#[test]
fn errors_of_the_site() {
    assert_snapshot!(check("site.titel = 'x'\nsite.description = 1\nsite.base_url = 'example.org'\nsite.language = 'english'\nsite.theme = 'a/b'\nsite.edit_url = 'https://a.b/'\nsite.repository = 'github'\nsite.logo = ''"), @r#"
    3: "1" wrong-type: `description` must be a string, not a whole number
       help: put it in quotes
    4: "'example.org'" bad-value: `base_url` must be an http or https URL
    5: "'english'" bad-value: `language` must be a language tag such as `en`, `fr` or `pt-BR`
    6: "'a/b'" bad-value: `theme` must be a name of letters, digits, `-` and `_`
    7: "'https://a.b/'" bad-value: `edit_url` must be a URL with `{path}` for the page's file
    8: "'github'" bad-value: `repository` must be an http or https URL
    9: "''" bad-value: `logo` must be text
    2: "titel" unknown-key: unknown key `titel` in `[site]`
       help: a key with a similar name exists: `title`
    "#);
    assert_snapshot!(check("[sites]\n[marktdown]\n[something]\n"), @r#"
    2: "sites" unknown-key: unknown key `sites` in `rivage.toml`
       help: a key with a similar name exists: `site`
    3: "marktdown" unknown-key: unknown key `marktdown` in `rivage.toml`
       help: a key with a similar name exists: `markdown`
    4: "something" unknown-key: unknown key `something` in `rivage.toml`
       help: put settings of your own below `[extra]`, those of the theme below `[theme]`
    "#);
    assert_snapshot!(check("theme = 'shore'\nextra = 1\nmarkdown = true\nmenus = []"), @r#"
    2: "'shore'" wrong-type: `theme` must be a map, not a string
    5: "[]" wrong-type: `menus` must be a map, not a list
    4: "true" wrong-type: `markdown` must be a map, not a boolean
    3: "1" wrong-type: `extra` must be a map, not a whole number
    "#);
}

#[test]
fn errors_of_languages_and_menus() {
    assert_snapshot!(check("[languages.french]\n[languages.fr]\nnam = 'F'\nrtl = 'yes'\nstrings = { a = 1 }\n[languages.FR]\n[languages]\nde = 1"), @r#"
    2: "french" bad-value: `french` must be a language tag such as `en`, `fr` or `pt-BR`
    5: "'yes'" wrong-type: `rtl` must be true or false, not a string
       help: write `true` or `false`
    6: "1" wrong-type: `a` must be a string, not a whole number
       help: put it in quotes
    4: "nam" unknown-key: unknown key `nam` in `[languages.fr]`
       help: a key with a similar name exists: `name`
    7: "FR" bad-value: `FR` must be another code than `fr` but for case
    9: "1" wrong-type: `de` must be a map, not a whole number
    "#);
    assert_snapshot!(check("menus.main = [{ name = 'A' }, { url = '/' }, { name = '', url = '/' }, 'x', { name = 'G', children = [{ name = 'B', url = 1 }] }]\nmenus.foot = {}"), @r#"
    2: "{ name = 'A' }" missing-key: the key `url` is missing in an item of a menu
    2: "{ url = '/' }" missing-key: the key `name` is missing in an item of a menu
    2: "''" bad-value: `name` must be text
    2: "'x'" wrong-type: `menus` must be a map, not a string
    2: "1" wrong-type: `url` must be a string, not a whole number
       help: put it in quotes
    3: "{}" wrong-type: `foot` must be a list of items, not a map
    "#);
}

#[test]
fn errors_of_taxonomies_and_sections() {
    assert_snapshot!(check("[taxonomies.title]\n[taxonomies.'a/b']\n[taxonomies.tags]\npaginate = 3\nfeed = 1"), @r#"
    2: "title" bad-value: a taxonomy may not be called `title`: front matter has a key of that name
    3: "'a/b'" bad-value: `a/b` must be a name of letters, digits, `-` and `_`
    6: "1" wrong-type: `feed` must be true or false, not a whole number
    5: "paginate" unknown-key: unknown key `paginate` in `[taxonomies.tags]`
       help: a key with a similar name exists: `paginate_by`
    "#);
    assert_snapshot!(check("[content.'../x']\n[content.blog]\nkind = 'a b'\ntemplate = '../x.html'\nsort_by = 'dat'\npaginate_by = -1\nfeed = 'true'\nsidebar = 1\npermalink = 'x'\nunknown_keys = 'ignore'\nextra = 1\n[content.blog.posts]\nkind = 'x'\n[content.'/blog/']"), @r#"
    2: "'../x'" bad-value: `../x` is no folder below content/
       help: write the folder as `blog` or `"docs/api"`, or `""` for all pages
    4: "'a b'" bad-value: `kind` must be a name of letters, digits, `-` and `_`
    6: "'dat'" bad-value: `sort_by` may not be `dat`
       help: a similar word is known: `date`
    7: "-1" bad-value: `paginate_by` must be at least 0
    8: "'true'" wrong-type: `feed` must be true or false, not a string
       help: remove the quotes
    10: "'x'" bad-value: `permalink` must be a path that starts with `/`
    5: "'../x.html'" bad-value: `template` must be the path of a file below layouts/
    9: "1" wrong-type: `sidebar` must be true, false or a list, not a whole number
    12: "1" wrong-type: `extra` must be a map, not a whole number
    11: "'ignore'" bad-value: `unknown_keys` may not be `ignore`
       help: use one of `error` and `extra`
    13: "posts" unknown-key: unknown key `posts` in `[content.blog]`
       help: a section below is written `[content."blog/posts"]`
    15: "'/blog/'" duplicate-key: the section `blog` is there twice
       help: remove one of the two
    "#);
    assert_snapshot!(check("[content.a]\npermalink = '/:year/:slugg/'\n[content.b]\npermalink = '/:year/'\n[content.c]\nsidebar = [1, { label = 'x' }, { items = ['a'] }, { lable = 'x', link = 'y' }]"), @r#"
    3: "'/:year/:slugg/'" bad-value: `permalink` knows no `:slugg`
       help: it knows `section`, `sections`, `year`, `month`, `day`, `slug` and `title`
    5: "'/:year/'" bad-value: `permalink` must be different for each page: it needs `:slug` or `:title`
    7: "1" wrong-type: `sidebar` must be made of strings and maps, not a whole number
    7: "{ label = 'x' }" missing-key: the key `link` is missing in an item of `sidebar`
    7: "{ items = ['a'] }" missing-key: the key `label` is missing in an item of `sidebar`
    7: "lable" unknown-key: unknown key `lable` in an item of `sidebar`
       help: a key with a similar name exists: `label`
    "#);
    assert_snapshot!(check("[content.a.schema]\nprice = { type = 'numbr', required = 1, min = 3, max = 1 }\nsize = 'string'\ncolor = { enums = [] }"), @r#"
    3: "1" wrong-type: `required` must be true or false, not a whole number
    3: "'numbr'" bad-value: `type` may not be `numbr`
       help: a similar word is known: `number`
    3: "{ type = 'numbr', required = 1, min = 3, max = 1 }" bad-value: the least value of `price` is greater than its greatest
    4: "'string'" wrong-type: `size` must be a map, not a string
    5: "enums" unknown-key: unknown key `enums` in a rule
       help: a key with a similar name exists: `enum`
    "#);
}

#[test]
fn errors_of_the_other_tables() {
    assert_snapshot!(check("[markdown]\nunknown_component = 'warning'\nsmart_punctuation = 1\ntoc_depth = [3, 2]\nexternal = true\n[links]\nbroken = 'no'\n[code]\nhighlite = true\naliases = { a = 1 }\n[feeds]\nlimit = 0\n[search]\nenabled = 'yes'"), @r#"
    3: "'warning'" bad-value: `unknown_component` may not be `warning`
       help: use one of `error`, `warn` and `element`
    4: "1" wrong-type: `smart_punctuation` must be true or false, not a whole number
    5: "[3, 2]" bad-value: `toc_depth` must be two levels of headings from 1 to 6, such as `[2, 3]`
    6: "external" unknown-key: unknown key `external` in `[markdown]`
       help: the known keys are `unknown_component`, `md_as_mdx`, `smart_punctuation`, `math`, `emoji`, `directives`, `definition_lists`, `external_rel`, `external_new_tab` and `toc_depth`
    8: "'no'" bad-value: `broken` may not be `no`
       help: use one of `error`, `warn` and `ignore`
    11: "1" wrong-type: `a` must be a string, not a whole number
       help: put it in quotes
    10: "highlite" unknown-key: unknown key `highlite` in `[code]`
       help: the known keys are `highlight`, `wrap`, `line_numbers`, `copy` and `aliases`
    13: "0" bad-value: `limit` must be from 1 to 1000
    15: "'yes'" wrong-type: `enabled` must be true or false, not a string
       help: write `true` or `false`
    "#);
    assert_snapshot!(check("[build]\noutput = 'content/public'\nminify = 'true'\ncsp = \"a\\nb\""), @r#"
    3: "'content/public'" bad-value: `output` must be a folder of its own, not within what the site is made of
    4: "'true'" wrong-type: `minify` must be true or false, not a string
       help: remove the quotes
    5: "\"a\\nb\"" bad-value: `csp` must be a policy on one line, or false for none
    "#);
    assert_snapshot!(check("[headers.fonts]\n[headers.'/a']\n'Bad Name' = 'x'\nX = 1\nY = \"a\\nb\"\n[headers]\n'/b' = 1\n"), @r#"
    2: "fonts" bad-value: `fonts` must be a path that starts with `/`, or a URL
    5: "1" wrong-type: `X` must be a string, not a whole number
       help: put it in quotes
    4: "'Bad Name'" bad-value: `Bad Name` must be the name of a header
    6: "\"a\\nb\"" bad-value: `Y` must be text on one line
    8: "1" wrong-type: `/b` must be a map from header to value, not a whole number
    "#);
    assert_snapshot!(check("[[redirects]]\nfrom = 'old'\nto = '/new'\n[[redirects]]\nfrom = '/a'\n[[redirects]]\nfrom = '/a b'\nto = 'new'\nstatus = 404\nforce = true"), @r#"
    3: "'old'" bad-value: `from` must be a path that starts with `/`
    5: "[[redirects]]" missing-key: the key `to` is missing in `[[redirects]]`
    8: "'/a b'" bad-value: `from` must be a path that starts with `/`
    9: "'new'" bad-value: `to` must be a path that starts with `/`, or a URL
    10: "404" bad-value: `status` must be 200, 301, 302, 303, 307 or 308
    11: "force" unknown-key: unknown key `force` in `[[redirects]]`
       help: the known keys are `from`, `to` and `status`
    "#);
    assert_snapshot!(check("[authors]\njane = 'Jane'\n[authors.joe]\nname = 1\n"), @r#"
    3: "'Jane'" wrong-type: `jane` must be a map, not a string
    5: "1" wrong-type: `name` must be a string, not a whole number
       help: put it in quotes
    "#);
}

#[test]
fn all_errors_of_a_file_are_reported_and_the_rest_counts() {
    let (config, diagnostics) =
        read(&FileId::from(FILE), "[site]\ntitle = 'T'\nbase_url = 1\n[build]\noutput = '..'\nminify = false\n");
    assert_eq!(diagnostics.len(), 2);
    assert_eq!(config.site.title, "T");
    assert_eq!(config.build.output, "public");
    assert!(!config.build.minify);
}

#[test]
fn the_nearest_key_is_found() {
    let near = |name| reader::nearest(name, ["title", "description", "paginate_by", "feed"].into_iter());
    assert_eq!(near("titel"), Some("title"));
    assert_eq!(near("paginateBy"), Some("paginate_by"));
    assert_eq!(near("Description"), Some("description"));
    assert_eq!(near("weight"), None);
    assert_eq!(near("fed"), Some("feed"));
    assert_eq!(near(""), None);
}
