//! Typed front matter.
//!
//! In: [`rivage_syntax::data::Data`]. Out: [`FrontMatter`]. A wrong type or an unknown key is an error with its line and the nearest
//! known key; the rest of the front matter still counts.

use indexmap::IndexMap;
use rivage_diag::Span;
use rivage_syntax::data::{Data, DataValue, Entry};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::raw::Raw;
use super::{date, diagnostics};
use crate::config::reader::{Reader, Report};
use crate::config::{Config, SectionDefaults, SectionSidebar, UnknownKeys, section};
use crate::discover::{ContentFile, Role};

/// A value and where it was written.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Spanned<T> {
    /// The value.
    pub value: T,
    /// Where it stands in the file.
    pub span: Span,
}

/// What an author says of a page. `None` where nothing is said.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct FrontMatter {
    /// The title.
    pub title: Option<String>,
    /// One or two sentences for search engines and lists.
    pub description: Option<String>,
    /// When it was published: `2026-11-23` or RFC 3339.
    pub date: Option<Date>,
    /// When it was last changed.
    pub updated: Option<Date>,
    /// Not shown unless asked.
    pub draft: bool,
    /// Not shown before.
    pub publish_at: Option<Date>,
    /// Not shown from then on.
    pub expires_at: Option<Date>,
    /// The last part of the URL.
    pub slug: Option<Spanned<String>>,
    /// The whole path of the URL.
    pub path: Option<Spanned<String>>,
    /// Former paths that lead here.
    pub aliases: Vec<Spanned<String>>,
    /// The place among its siblings, lowest first.
    pub weight: Option<i64>,
    /// The layout.
    pub template: Option<Spanned<String>>,
    /// The authors: keys of `[authors]`, or names.
    pub authors: Vec<String>,
    /// The terms of each taxonomy of rivage.toml, in the order written.
    pub taxonomies: IndexMap<String, Vec<Spanned<String>>>,
    /// A series of posts that this one belongs to.
    pub series: Option<String>,
    /// Whether a table of contents is shown.
    pub toc: Option<bool>,
    /// Whether search finds the page.
    pub search: Option<bool>,
    /// `noindex`, `nofollow`…; a page with `noindex` is left out of sitemap and feeds.
    pub robots: Option<String>,
    /// The Open Graph image: a file beside the page, a site path or URL.
    pub image: Option<Spanned<String>>,
    /// How the page stands in the sidebar.
    pub sidebar: Sidebar,
    /// For sections: what holds for pages below, laid over rivage.toml's `[content.SECTION]`.
    pub section: Option<Box<SectionDefaults>>,
    /// Free data: a map, or null.
    pub extra: Value,
    /// All of it as written: `frontmatter` in expressions. A map, or null where there is none.
    pub raw: Raw,
}

/// `sidebar:` of a page.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Sidebar {
    /// What is shown instead of the title.
    pub label: Option<String>,
    /// A word beside the label.
    pub badge: Option<String>,
    /// Left out of the sidebar.
    pub hidden: bool,
    /// For sections: shown closed.
    pub collapsed: bool,
}

/// A date, maybe with a time.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "Numbers", into = "Numbers")]
pub struct Date {
    /// The moment, in UTC: midnight where only a day was given.
    pub at: jiff::Timestamp,
    /// The day as written (in the zone it was written in).
    pub day: jiff::civil::Date,
    /// Whether a time was given.
    pub has_time: bool,
}

impl Date {
    /// Makes a date without a time.
    pub fn of_day(day: jiff::civil::Date) -> Self {
        let at = day.to_zoned(jiff::tz::TimeZone::UTC).map(|zoned| zoned.timestamp()).unwrap_or_default();
        Self { at, day, has_time: false }
    }
}

/// A date as it is kept, which takes no parsing: seconds and nanoseconds of the moment; year, month and day; whether a time was given.
type Numbers = (i64, i32, i16, i8, i8, bool);

impl From<Date> for Numbers {
    fn from(Date { at, day, has_time }: Date) -> Self {
        (at.as_second(), at.subsec_nanosecond(), day.year(), day.month(), day.day(), has_time)
    }
}

impl TryFrom<Numbers> for Date {
    type Error = jiff::Error;

    fn try_from((seconds, rest, year, month, day, has_time): Numbers) -> Result<Self, jiff::Error> {
        let at = jiff::Timestamp::new(seconds, rest)?;
        Ok(Self { at, day: jiff::civil::Date::new(year, month, day)?, has_time })
    }
}

/// What a section's settings and its schema ask of the reading of front matter.
pub(super) struct Rules<'a> {
    pub(super) config: &'a Config,
    pub(super) source: &'a ContentFile,
    /// What happens to keys that nobody knows.
    pub(super) unknown: UnknownKeys,
    /// Keys that the schema names.
    pub(super) schema_keys: Vec<&'a str>,
}

/// Reads front matter.
pub(super) fn read(report: &Report<'_>, rules: &Rules<'_>, data: &Data) -> FrontMatter {
    let mut matter = FrontMatter::default();
    if data.value == DataValue::Null {
        return matter;
    }
    if !matches!(data.value, DataValue::Map(_)) {
        report.push(diagnostics::not_a_map(report.file, data.type_name(), data.span));
        return matter;
    }
    let Some(mut map) = Reader::new(report, data, "front matter", "front matter") else { return matter };
    let is_foreign = rules.unknown == UnknownKeys::Extra;
    if is_foreign {
        map = map.lenient();
    }
    matter.raw = Raw::new(&data.to_json());
    matter.title = map.string("title");
    matter.description = map.string("description");
    matter.date = read_date(&mut map, "date");
    matter.updated = read_date(&mut map, "updated");
    matter.draft = map.bool("draft").unwrap_or(false);
    matter.publish_at = read_date(&mut map, "publish_at");
    matter.expires_at = read_date(&mut map, "expires_at");
    matter.slug = checked(&mut map, "slug", slug);
    matter.path = checked(&mut map, "path", path);
    matter.aliases = aliases(&mut map);
    matter.weight = map.int("weight", i64::MIN..=i64::MAX);
    let template = map.text("template").map(|(_, span)| span);
    matter.template =
        section::template(&mut map, "template").zip(template).map(|(value, span)| Spanned { value, span });
    matter.authors = terms(map.strings("authors")).into_iter().map(|author| author.value).collect();
    for taxonomy in &rules.config.taxonomies {
        let terms = terms(map.strings(&taxonomy.name));
        if !terms.is_empty() {
            matter.taxonomies.insert(taxonomy.name.clone(), terms);
        }
    }
    matter.series = map.string("series");
    matter.toc = map.bool("toc");
    matter.search = map.bool("search");
    matter.robots = map.string("robots");
    // `cover` is what other programs call it; a site may have declared that key for something of its own.
    let cover = if rules.schema_keys.contains(&"cover") { None } else { map.filled("cover") };
    matter.image = map.filled("image").or(cover).map(|(image, span)| Spanned { value: image.to_owned(), span });
    sidebar(&mut matter, &mut map, rules.source.role, is_foreign);
    matter.extra = map.json("extra");
    if rules.source.role == Role::Section {
        if is_foreign {
            foreign_section_keys(&mut matter, &mut map, data);
        } else {
            section_keys(&mut matter, &mut map);
        }
    }
    let declared: Vec<_> = rules.schema_keys.iter().filter_map(|key| map.take_unknown(key)).collect();
    add(&mut matter.extra, declared);
    if is_foreign {
        add(&mut matter.extra, map.rest().collect());
    } else {
        map.finish_with(|entry| Some(hint(&entry.key)));
    }
    matter
}

/// Keys that only `_index` files have.
const SECTION_KEYS: [&str; 7] = ["kind", "sort_by", "paginate_by", "feed", "permalink", "page_template", "cascade"];

fn hint(key: &str) -> String {
    match key {
        _ if SECTION_KEYS.contains(&key) => diagnostics::only_for_sections(key),
        // Known until the settings name another taxonomy and not these.
        "tags" | "categories" => diagnostics::undeclared_taxonomy(key),
        _ => diagnostics::OWN_KEYS.to_owned(),
    }
}

/// Adds entries to a free map; what is there already wins.
fn add(extra: &mut Value, entries: Vec<&Entry>) {
    if entries.is_empty() {
        return;
    }
    if extra.is_null() {
        *extra = Value::Object(serde_json::Map::new());
    }
    if let Some(extra) = extra.as_object_mut() {
        for entry in entries {
            extra.entry(entry.key.as_str()).or_insert_with(|| entry.value.to_json());
        }
    }
}

fn section_keys<'a>(matter: &mut FrontMatter, map: &mut Reader<'a>) {
    let mut defaults = matter.section.take().map_or_else(SectionDefaults::default, |section| *section);
    section::common(&mut defaults, map);
    defaults.template = section::template(map, "page_template");
    if let Some(mut cascade) = map.map("cascade", "`cascade`") {
        if let Some(template) = section::template(&mut cascade, "template") {
            defaults.template = Some(template);
        }
        defaults.toc = cascade.bool("toc");
        defaults.search = cascade.bool("search");
        defaults.extra = cascade.json("extra");
        cascade.finish();
    }
    if defaults != SectionDefaults::default() {
        matter.section = Some(Box::new(defaults));
    }
}

/// Reads the keys of sections where front matter may be another program's: what has no meaning here is set aside.
fn foreign_section_keys<'a>(matter: &mut FrontMatter, map: &mut Reader<'a>, data: &'a Data) {
    let trial = Report::new(map.report().file);
    if let Some(mut map) = Reader::new(&trial, data, "front matter", "front matter") {
        section_keys(matter, &mut map);
    }
    let problems = trial.finish();
    let is_wrong = |entry: &Entry| {
        let value = entry.value.span.range();
        let mut places = problems.iter().filter_map(|problem| problem.primary.as_ref());
        places.any(|place| value.start <= place.span.range().start && place.span.range().end <= value.end)
    };
    for key in SECTION_KEYS {
        if map.take(key).is_some_and(is_wrong) {
            map.set_aside(key);
        }
    }
}

/// Returns the text of a date: YAML has no type of its own for it, TOML has.
pub(super) fn date_text(data: &Data) -> Option<&str> {
    match &data.value {
        DataValue::String(text) | DataValue::Date(text) => Some(text),
        _ => None,
    }
}

fn read_date<'a>(map: &mut Reader<'a>, key: &'a str) -> Option<Date> {
    let report = map.report();
    let (text, span) = map.read(key, "a date", |data| Some((date_text(data)?, data.span)))?;
    let date = date::parse(text);
    if date.is_none() {
        report.push(diagnostics::bad_date(report.file, key, span));
    }
    date
}

fn checked<'a>(
    map: &mut Reader<'a>,
    key: &'a str,
    check: impl Fn(&str) -> Result<(), &'static str>,
) -> Option<Spanned<String>> {
    let (text, span) = map.text(key)?;
    match check(text) {
        Ok(()) => Some(Spanned { value: text.to_owned(), span }),
        Err(must) => {
            let diagnostic = diagnostics::bad_path(map.report().file, key, must, span);
            let whole =
                (key == "slug" && text.trim_matches('/').contains('/')).then(|| diagnostics::slug_is_a_path(text));
            map.report().push(diagnostic.with_hint_if(whole));
            None
        }
    }
}

/// What can be in no part of a path: it ends a path in a URL, or means another folder to some system.
fn has_bad_character(text: &str) -> bool {
    text.contains(['?', '#', '\\']) || text.contains(char::is_control)
}

fn slug(text: &str) -> Result<(), &'static str> {
    match text {
        "" => Err("text"),
        "." | ".." => Err("a name, not a folder"),
        _ if text.contains('/') => Err("the last part of the URL, without `/`"),
        _ if has_bad_character(text) => Err("without `?`, `#`, `\\` and control characters"),
        _ if text.trim() != text => Err("without spaces at its ends"),
        _ => Ok(()),
    }
}

fn path(text: &str) -> Result<(), &'static str> {
    let Some(rest) = text.strip_prefix('/') else { return Err("a path that starts with `/`") };
    let parts = rest.strip_suffix('/').unwrap_or(rest);
    if has_bad_character(text) {
        return Err("without `?`, `#`, `\\` and control characters");
    }
    if !parts.is_empty() && parts.split('/').any(|part| part.trim().is_empty()) || rest == "/" {
        return Err("without empty parts");
    }
    if parts.split('/').any(|part| matches!(part, "." | "..")) {
        return Err("without `.` and `..`");
    }
    Ok(())
}

fn aliases(map: &mut Reader<'_>) -> Vec<Spanned<String>> {
    let report = map.report();
    let mut aliases = Vec::new();
    for (text, span) in map.strings("aliases") {
        match path(text) {
            Ok(()) => aliases.push(Spanned { value: text.to_owned(), span }),
            Err(must) => report.push(diagnostics::bad_path(report.file, "aliases", must, span)),
        }
    }
    aliases
}

/// Drops empty terms and repeats.
fn terms(written: Vec<(&str, Span)>) -> Vec<Spanned<String>> {
    let mut terms: Vec<Spanned<String>> = Vec::new();
    for (term, span) in written {
        let term = term.trim();
        if !term.is_empty() && terms.iter().all(|known| known.value != term) {
            terms.push(Spanned { value: term.to_owned(), span });
        }
    }
    terms
}

/// Reads `sidebar`: `false` hides the page; a map says how it stands there. In `_index` files `true` starts a sidebar, and `false` leaves
/// that of the section above.
fn sidebar(matter: &mut FrontMatter, map: &mut Reader<'_>, role: Role, is_foreign: bool) {
    let Some(entry) = map.take("sidebar") else { return };
    let report = map.report();
    match &entry.value.value {
        DataValue::Bool(shown) => {
            matter.sidebar.hidden = !shown;
            if role == Role::Section {
                let sidebar = Some(if *shown { SectionSidebar::Tree } else { SectionSidebar::Off });
                matter.section = Some(Box::new(SectionDefaults { sidebar, ..SectionDefaults::default() }));
            }
        }
        DataValue::Map(_) => {
            let Some(mut inner) = Reader::new(report, &entry.value, "sidebar", "`sidebar`") else { return };
            matter.sidebar.label = inner.string("label");
            matter.sidebar.badge = badge(&mut inner);
            matter.sidebar.hidden = inner.bool("hidden").unwrap_or(false);
            matter.sidebar.collapsed = inner.bool("collapsed").unwrap_or(false);
            // Starlight's word for our `weight`.
            let order = inner.int("order", i64::MIN..=i64::MAX);
            matter.weight = matter.weight.or(order);
            if !is_foreign {
                inner.finish();
            }
        }
        _ if is_foreign => map.set_aside("sidebar"),
        _ => report.wrong_type("sidebar", "a map, true or false", &entry.value),
    }
}

/// Reads a badge: a string, or Starlight's map with a `text`.
fn badge(map: &mut Reader<'_>) -> Option<String> {
    let entry = map.take("badge")?;
    if let DataValue::Map(_) = entry.value.value {
        let mut badge = Reader::new(map.report(), &entry.value, "badge", "`badge`")?;
        let text = badge.string("text");
        for known in ["variant", "class"] {
            badge.take(known);
        }
        badge.finish();
        return text;
    }
    map.string("badge")
}
