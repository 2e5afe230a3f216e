//! The settings as written: walks the tables of rivage.toml.
//!
//! In: [`Data`]. Out: [`Config`], with what is wrong reported at its place and left at its default.
//! Deliberately not here: sections ([`super::section`]), what values must be like ([`super::check`]).

use indexmap::IndexMap;
use rivage_syntax::data::{Data, DataValue};
use serde_json::Value;

use super::reader::{Reader, Report, string_map};
use super::{
    BrokenLinks, Build, Code, Config, Deploy, DeployTarget, Feeds, Language, Links, Markdown, MenuItem, Redirect,
    SectionDefaults, Taxonomy, UnknownComponent, check, diagnostics, section,
};

pub(super) const UNKNOWN_COMPONENT: [(&str, UnknownComponent); 3] =
    [("error", UnknownComponent::Error), ("warn", UnknownComponent::Warn), ("element", UnknownComponent::Element)];

pub(super) const BROKEN_LINKS: [(&str, BrokenLinks); 3] =
    [("error", BrokenLinks::Error), ("warn", BrokenLinks::Warn), ("ignore", BrokenLinks::Ignore)];

pub(super) const DEPLOY_TARGET: [(&str, DeployTarget); 2] =
    [("pages", DeployTarget::Pages), ("workers", DeployTarget::Workers)];

/// Reads the settings.
pub(super) fn read(report: &Report<'_>, data: &Data) -> Config {
    let mut config = Config::default();
    let Some(mut root) = Reader::new(report, data, "rivage.toml", "`rivage.toml`") else { return config };
    let language = root.map("site", "`[site]`").and_then(|map| site(&mut config, map));
    if config.site.title.is_empty() {
        report.push(diagnostics::no_title(report.file));
    }
    config.site.theme_settings = root.json("theme");
    languages(&mut config, &mut root, language);
    if root.take("taxonomies").is_some() {
        config.taxonomies = taxonomies(&mut root);
    }
    config.content = content(&mut root);
    config.authors = authors(&mut root);
    if let Some(map) = root.map("markdown", "`[markdown]`") {
        markdown(&mut config.markdown, map);
    }
    if let Some(map) = root.map("links", "`[links]`") {
        links(&mut config.links, map);
    }
    if let Some(map) = root.map("code", "`[code]`") {
        code(&mut config.code, map);
    }
    if let Some(map) = root.map("feeds", "`[feeds]`") {
        feeds(&mut config.feeds, map);
    }
    if let Some(mut map) = root.map("search", "`[search]`") {
        set(&mut config.search.enabled, map.bool("enabled"));
        map.finish();
    }
    if let Some(map) = root.map("images", "`[images]`") {
        super::images::read(&mut config.images, map);
    }
    if let Some(map) = root.map("build", "`[build]`") {
        build(&mut config.build, map);
    }
    if let Some(map) = root.map("deploy", "`[deploy]`") {
        deploy(&mut config.deploy, map);
    }
    config.headers = headers(&mut root);
    config.redirects = redirects(&mut root);
    config.api = super::api::read(&mut root);
    config.extra = root.json("extra");
    root.finish_with(|_| Some(diagnostics::OWN_SETTINGS.to_owned()));
    config
}

pub(super) fn set<T>(setting: &mut T, written: Option<T>) {
    if let Some(value) = written {
        *setting = value;
    }
}

/// Returns a text that passes a check.
fn checked<'a, T>(
    map: &mut Reader<'a>,
    key: &'a str,
    check: impl Fn(&str) -> Result<T, &'static str>,
) -> Option<(&'a str, T)> {
    let (text, span) = map.text(key)?;
    match check(text) {
        Ok(value) => Some((text, value)),
        Err(must) => {
            map.report().bad_value(key, must, span);
            None
        }
    }
}

/// Reads `[site]` and returns the default language's code.
fn site(config: &mut Config, mut map: Reader<'_>) -> Option<String> {
    let site = &mut config.site;
    set(&mut site.title, map.string("title"));
    set(&mut site.description, map.string("description"));
    let base_url = checked(&mut map, "base_url", check::base_url);
    let language = checked(&mut map, "language", check::language).map(|(code, ())| code.to_owned());
    set(&mut site.theme, checked(&mut map, "theme", check::name).map(|(name, ())| name.to_owned()));
    site.edit_url = checked(&mut map, "edit_url", |text| {
        let has_place = text.contains("{path}").then_some(()).ok_or("a URL with `{path}` for the page's file");
        has_place.and_then(|()| check::web_url(text))
    })
    .map(|(text, _)| text.to_owned());
    site.repository = checked(&mut map, "repository", check::web_url).map(|(text, _)| text.to_owned());
    site.logo = map.filled("logo").map(|(path, _)| path.to_owned());
    site.image = map.filled("image").map(|(path, _)| path.to_owned());
    site.copyright = map.string("copyright");
    if let Some((_, url)) = base_url {
        config.set_base_url(&url);
    }
    map.finish();
    language
}

fn languages(config: &mut Config, root: &mut Reader<'_>, default: Option<String>) {
    let report = root.report();
    let menus = menus(root);
    let mut others: Vec<Language> = Vec::new();
    let mut first = Language::of(default.as_deref().unwrap_or("en"));
    for entry in root.entries("languages") {
        if let Err(must) = check::language(&entry.key) {
            report.bad_value(&entry.key, must, entry.key_span);
            continue;
        }
        let Some(mut map) = Reader::new(report, &entry.value, &entry.key, format!("`[languages.{}]`", entry.key))
        else {
            continue;
        };
        let known = Language::of(&entry.key);
        let is_default = entry.key == first.code;
        let language = Language {
            name: map.filled("name").map_or(known.name, |(name, _)| name.to_owned()),
            rtl: map.bool("rtl").unwrap_or(known.rtl),
            prefix: (!is_default).then(|| entry.key.to_ascii_lowercase()),
            title: map.string("title"),
            description: map.string("description"),
            strings: map.string_map("strings"),
            menus: self::menus(&mut map),
            code: known.code,
        };
        map.finish();
        if is_default {
            first = language;
        } else if let Some(same) = others.iter().find(|other| other.prefix == language.prefix) {
            report.bad_value(&entry.key, &format!("another code than `{}` but for case", same.code), entry.key_span);
        } else {
            others.push(language);
        }
    }
    for (name, items) in menus {
        // What stands below the language is more specific.
        first.menus.entry(name).or_insert(items);
    }
    config.languages = std::iter::once(first).chain(others).collect();
}

/// Reads `[[menus.NAME]]`.
fn menus(map: &mut Reader<'_>) -> IndexMap<String, Vec<MenuItem>> {
    let report = map.report();
    let mut menus = IndexMap::new();
    for entry in map.entries("menus") {
        match &entry.value.value {
            DataValue::Array(items) => {
                menus.insert(entry.key.clone(), menu_items(report, items));
            }
            _ => report.wrong_type(&entry.key, "a list of items", &entry.value),
        }
    }
    menus
}

/// Data are never deeper than [`rivage_syntax::data::MAX_DEPTH`], so neither is this.
fn menu_items(report: &Report<'_>, items: &[Data]) -> Vec<MenuItem> {
    let item = |data| {
        let mut map = Reader::new(report, data, "menus", "an item of a menu")?;
        let name = map.filled("name").map(|(name, _)| name.to_owned());
        let url = map.filled("url").map(|(url, _)| url.to_owned());
        let children = menu_items(report, map.list("children"));
        if name.is_none() && map.take("name").is_none() {
            map.missing("name");
        }
        if url.is_none() && children.is_empty() && map.take("url").is_none() {
            map.missing("url");
        }
        let span = map.span();
        Some(MenuItem { name: name?, url: url.unwrap_or_default(), children, span, extra: map.rest_json() })
    };
    items.iter().filter_map(item).collect()
}

fn taxonomies(root: &mut Reader<'_>) -> Vec<Taxonomy> {
    let report = root.report();
    let mut taxonomies = Vec::new();
    for entry in root.entries("taxonomies") {
        if let Err(must) = check::name(&entry.key) {
            report.bad_value(&entry.key, must, entry.key_span);
            continue;
        }
        if check::FRONT_MATTER_KEYS.contains(&entry.key.as_str()) {
            report.push(diagnostics::reserved_taxonomy(report.file, &entry.key, entry.key_span));
            continue;
        }
        let Some(mut map) = Reader::new(report, &entry.value, &entry.key, format!("`[taxonomies.{}]`", entry.key))
        else {
            continue;
        };
        let mut taxonomy = Taxonomy::named(&entry.key);
        set(&mut taxonomy.title, map.filled("title").map(|(title, _)| title.to_owned()));
        set(&mut taxonomy.paginate_by, map.count("paginate_by"));
        set(&mut taxonomy.feed, map.bool("feed"));
        set(&mut taxonomy.render, map.bool("render"));
        map.finish();
        taxonomies.push(taxonomy);
    }
    taxonomies
}

fn content(root: &mut Reader<'_>) -> Vec<SectionDefaults> {
    let report = root.report();
    let mut sections: Vec<SectionDefaults> = Vec::new();
    for entry in root.entries("content") {
        let folder = entry.key.trim_matches('/');
        let is_folder = folder.is_empty() || check::template(folder).is_ok();
        if !is_folder {
            report.push(diagnostics::bad_section(report.file, &entry.key, entry.key_span));
            continue;
        }
        if sections.iter().any(|section| section.section == folder) {
            report.push(diagnostics::same_section(report.file, folder, entry.key_span));
            continue;
        }
        let place = format!(
            "`[content.{}]`",
            if folder.contains('/') || folder.is_empty() { format!("\"{folder}\"") } else { folder.to_owned() }
        );
        if let Some(map) = Reader::new(report, &entry.value, &entry.key, place) {
            sections.push(section::read(folder, map));
        }
    }
    sections
}

fn authors(root: &mut Reader<'_>) -> IndexMap<String, Value> {
    let report = root.report();
    let mut authors = IndexMap::new();
    for entry in root.entries("authors") {
        let Some(mut map) = Reader::new(report, &entry.value, &entry.key, format!("`[authors.{}]`", entry.key)) else {
            continue;
        };
        for key in ["url", "email", "image", "bio"] {
            map.text(key);
        }
        let named = map.take("name").is_some();
        map.text("name");
        let mut author = entry.value.to_json();
        if let (false, Some(author)) = (named, author.as_object_mut()) {
            author.insert("name".to_owned(), entry.key.as_str().into());
        }
        authors.insert(entry.key.clone(), author);
    }
    authors
}

fn markdown(markdown: &mut Markdown, mut map: Reader<'_>) {
    set(&mut markdown.unknown_component, map.word("unknown_component", &UNKNOWN_COMPONENT));
    set(&mut markdown.md_as_mdx, map.bool("md_as_mdx"));
    set(&mut markdown.smart_punctuation, map.bool("smart_punctuation"));
    set(&mut markdown.math, map.bool("math"));
    set(&mut markdown.emoji, map.bool("emoji"));
    set(&mut markdown.directives, map.bool("directives"));
    set(&mut markdown.definition_lists, map.bool("definition_lists"));
    markdown.external_rel = map.filled("external_rel").map(|(rel, _)| rel.to_owned());
    set(&mut markdown.external_new_tab, map.bool("external_new_tab"));
    if let Some(entry) = map.take("toc_depth") {
        let depths = match &entry.value.value {
            DataValue::Array(items) => items
                .iter()
                .map(|item| match item.value {
                    DataValue::Int(depth @ 1..=6) => u8::try_from(depth).ok(),
                    _ => None,
                })
                .collect::<Option<Vec<_>>>(),
            _ => None,
        };
        match depths.as_deref() {
            Some(&[lowest, highest]) if lowest <= highest => markdown.toc_depth = (lowest, highest),
            _ => map.report().bad_value(
                "toc_depth",
                "two levels of headings from 1 to 6, such as `[2, 3]`",
                entry.value.span,
            ),
        }
    }
    map.finish();
}

fn links(links: &mut Links, mut map: Reader<'_>) {
    set(&mut links.broken, map.word("broken", &BROKEN_LINKS));
    map.finish();
}

fn code(code: &mut Code, mut map: Reader<'_>) {
    set(&mut code.highlight, map.bool("highlight"));
    set(&mut code.wrap, map.bool("wrap"));
    set(&mut code.line_numbers, map.bool("line_numbers"));
    set(&mut code.copy, map.bool("copy"));
    code.aliases = map.string_map("aliases");
    map.finish();
}

fn feeds(feeds: &mut Feeds, mut map: Reader<'_>) {
    set(&mut feeds.atom, map.bool("atom"));
    set(&mut feeds.rss, map.bool("rss"));
    set(&mut feeds.json, map.bool("json"));
    set(&mut feeds.limit, map.int("limit", 1..=1000).and_then(|limit| usize::try_from(limit).ok()));
    set(&mut feeds.full_content, map.bool("full_content"));
    map.finish();
}

fn build(build: &mut Build, mut map: Reader<'_>) {
    set(&mut build.output, checked(&mut map, "output", check::output).map(|(_, folder)| folder));
    set(&mut build.minify, map.bool("minify"));
    set(&mut build.markdown_twins, map.bool("markdown_twins"));
    set(&mut build.llms_txt, map.bool("llms_txt"));
    set(&mut build.sitemap, map.bool("sitemap"));
    if let Some(entry) = map.take("csp") {
        match &entry.value.value {
            DataValue::Bool(false) => build.csp = None,
            DataValue::String(policy) if is_header_value(policy) => build.csp = Some(policy.clone()),
            _ => map.report().bad_value("csp", "a policy on one line, or false for none", entry.value.span),
        }
    }
    map.finish();
}

fn deploy(deploy: &mut Deploy, mut map: Reader<'_>) {
    let owned = |found: Option<(&str, ())>| found.map(|(text, ())| text.to_owned());
    set(&mut deploy.target, map.word("target", &DEPLOY_TARGET));
    deploy.project = owned(checked(&mut map, "project", check::project));
    set(&mut deploy.branch, owned(checked(&mut map, "branch", check::branch)));
    deploy.domain = owned(checked(&mut map, "domain", check::domain));
    set(&mut deploy.record, map.bool("record"));
    deploy.bucket = owned(checked(&mut map, "bucket", check::project));
    set(&mut deploy.bucket_prefix, checked(&mut map, "bucket_prefix", check::bucket_prefix).map(|(_, prefix)| prefix));
    deploy.bucket_endpoint = checked(&mut map, "bucket_endpoint", check::base_url).map(|(_, url)| url);
    set(&mut deploy.media, checked(&mut map, "media", check::folder).map(|(_, folder)| folder));
    map.finish();
}

fn headers(root: &mut Reader<'_>) -> IndexMap<String, IndexMap<String, String>> {
    let report = root.report();
    let mut headers = IndexMap::new();
    for entry in root.entries("headers") {
        if let Err(must) = check::target(&entry.key) {
            report.bad_value(&entry.key, must, entry.key_span);
            continue;
        }
        let DataValue::Map(lines) = &entry.value.value else {
            report.wrong_type(&entry.key, "a map from header to value", &entry.value);
            continue;
        };
        let mut written = string_map(report, lines);
        for line in lines {
            let is_name = !line.key.is_empty()
                && line.key.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'!'));
            if !is_name {
                report.bad_value(&line.key, "the name of a header", line.key_span);
                written.shift_remove(&line.key);
            } else if written.get(&line.key).is_some_and(|value| !is_header_value(value)) {
                report.bad_value(&line.key, "text on one line", line.value.span);
                written.shift_remove(&line.key);
            }
        }
        headers.insert(entry.key.clone(), written);
    }
    headers
}

fn is_header_value(text: &str) -> bool {
    !text.contains(char::is_control)
}

fn redirects(root: &mut Reader<'_>) -> Vec<Redirect> {
    let report = root.report();
    let mut redirects = Vec::new();
    for data in root.list("redirects") {
        let Some(mut map) = Reader::new(report, data, "redirects", "`[[redirects]]`") else { continue };
        let from = checked(&mut map, "from", |text| {
            let is_path = text.starts_with('/') && !text.contains(char::is_whitespace);
            if is_path { Ok(()) } else { Err("a path that starts with `/`") }
        });
        let to = checked(&mut map, "to", check::target);
        let status = status(&mut map);
        for key in ["from", "to"] {
            if map.take(key).is_none() {
                map.missing(key);
            }
        }
        let span = map.span();
        map.finish();
        if let (Some((from, ())), Some((to, ()))) = (from, to) {
            redirects.push(Redirect { from: from.to_owned(), to: to.to_owned(), status, span });
        }
    }
    redirects
}

/// Reads a redirect's status; 301 where none is written.
fn status(map: &mut Reader<'_>) -> u16 {
    const KNOWN: [u16; 6] = [200, 301, 302, 303, 307, 308];
    let Some(entry) = map.take("status") else { return 301 };
    let written = match entry.value.value {
        DataValue::Int(status) => KNOWN.into_iter().find(|known| i64::from(*known) == status),
        _ => None,
    };
    written.unwrap_or_else(|| {
        map.report().bad_value("status", "200, 301, 302, 303, 307 or 308", entry.value.span);
        301
    })
}
