//! What holds for a section: `[content.SECTION]`, and the keys of `_index` files that say the same.
//!
//! In: a map. Out: [`SectionDefaults`]. Deliberately not here: which section wins ([`crate::resolve`]).

use rivage_diag::Span;
use rivage_syntax::data::{Data, DataValue};

use super::reader::{Reader, Report};
use super::schema::{Rule, RuleType, Schema};
use super::{SectionDefaults, SectionSidebar, SidebarItem, SortBy, UnknownKeys, check, diagnostics};

pub(super) const SORT_BY: [(&str, SortBy); 5] = [
    ("date", SortBy::Date),
    ("updated", SortBy::Updated),
    ("weight", SortBy::Weight),
    ("title", SortBy::Title),
    ("path", SortBy::Path),
];

pub(super) const UNKNOWN_KEYS: [(&str, UnknownKeys); 2] =
    [("error", UnknownKeys::Error), ("extra", UnknownKeys::Extra)];

pub(super) const RULE_TYPES: [(&str, RuleType); 8] = [
    ("string", RuleType::String),
    ("bool", RuleType::Bool),
    ("int", RuleType::Int),
    ("number", RuleType::Number),
    ("date", RuleType::Date),
    ("list", RuleType::List),
    ("map", RuleType::Map),
    ("url", RuleType::Url),
];

/// Reads `[content.SECTION]`.
pub(super) fn read(section: &str, mut map: Reader<'_>) -> SectionDefaults {
    let mut defaults = SectionDefaults { section: section.to_owned(), ..SectionDefaults::default() };
    common(&mut defaults, &mut map);
    defaults.template = template(&mut map, "template");
    defaults.section_template = template(&mut map, "section_template");
    defaults.toc = map.bool("toc");
    defaults.search = map.bool("search");
    defaults.sidebar = sidebar(&mut map);
    defaults.extra = map.json("extra");
    defaults.unknown_keys = map.word("unknown_keys", &UNKNOWN_KEYS);
    defaults.schema = map.map("schema", "a schema").map(schema);
    map.finish_with(|entry| {
        let is_map = matches!(entry.value.value, DataValue::Map(_));
        is_map.then(|| diagnostics::nested_section(section, &entry.key))
    });
    defaults
}

/// Reads the keys that stand in rivage.toml and in `_index` files alike.
pub(crate) fn common<'a>(defaults: &mut SectionDefaults, map: &mut Reader<'a>) {
    defaults.kind = map.text("kind").and_then(|(kind, span)| checked(map.report(), "kind", kind, span, check::name));
    defaults.sort_by = map.word("sort_by", &SORT_BY);
    defaults.paginate_by = map.count("paginate_by");
    defaults.feed = map.bool("feed");
    defaults.permalink = permalink(map);
}

/// Reads a layout's name.
pub(crate) fn template<'a>(map: &mut Reader<'a>, key: &'a str) -> Option<String> {
    let (name, span) = map.text(key)?;
    checked(map.report(), key, name, span, check::template)
}

fn checked(
    report: &Report<'_>,
    key: &str,
    text: &str,
    span: Span,
    check: impl Fn(&str) -> Result<(), &'static str>,
) -> Option<String> {
    match check(text) {
        Ok(()) => Some(text.to_owned()),
        Err(must) => {
            report.bad_value(key, must, span);
            None
        }
    }
}

fn permalink(map: &mut Reader<'_>) -> Option<String> {
    let (pattern, span) = map.text("permalink")?;
    let report = map.report();
    if !pattern.starts_with('/') || pattern.contains(['?', '#', '\\']) || pattern.contains(char::is_whitespace) {
        report.bad_value("permalink", "a path that starts with `/`", span);
        return None;
    }
    if let Some(unknown) = check::permalink_words(pattern).find(|word| !check::PERMALINK_WORDS.contains(word)) {
        report.push(diagnostics::permalink_word(report.file, unknown, &check::PERMALINK_WORDS, span));
        return None;
    }
    if !check::permalink_words(pattern).any(|word| matches!(word, "slug" | "title")) {
        report.bad_value("permalink", "different for each page: it needs `:slug` or `:title`", span);
        return None;
    }
    Some(pattern.to_owned())
}

/// Reads `sidebar`: `true` for one from the tree, `false` for none, or a list of items. An empty list is one from the tree, too.
fn sidebar(map: &mut Reader<'_>) -> Option<SectionSidebar> {
    let data = &map.take("sidebar")?.value;
    match &data.value {
        DataValue::Bool(true) => Some(SectionSidebar::Tree),
        DataValue::Bool(false) => Some(SectionSidebar::Off),
        DataValue::Array(items) if items.is_empty() => Some(SectionSidebar::Tree),
        DataValue::Array(items) => Some(SectionSidebar::Items(sidebar_items(map.report(), items))),
        _ => {
            map.report().wrong_type("sidebar", "true, false or a list", data);
            None
        }
    }
}

fn sidebar_items(report: &Report<'_>, items: &[Data]) -> Vec<SidebarItem> {
    items.iter().filter_map(|item| sidebar_item(report, item)).collect()
}

/// Reads an item. Data are never deeper than [`rivage_syntax::data::MAX_DEPTH`], so neither is this.
fn sidebar_item(report: &Report<'_>, data: &Data) -> Option<SidebarItem> {
    let empty = SidebarItem {
        label: None,
        link: None,
        from: None,
        badge: None,
        collapsed: false,
        items: Vec::new(),
        span: data.span,
    };
    if let DataValue::String(link) = &data.value {
        return Some(SidebarItem { link: Some(link.clone()), ..empty });
    }
    if !matches!(data.value, DataValue::Map(_)) {
        report.wrong_type("sidebar", "made of strings and maps", data);
        return None;
    }
    let mut map = Reader::new(report, data, "sidebar", "an item of `sidebar`")?;
    let item = SidebarItem {
        label: map.string("label"),
        link: map.string("link"),
        from: map.string("from"),
        badge: map.string("badge"),
        collapsed: map.bool("collapsed").unwrap_or(false),
        items: sidebar_items(report, map.list("items")),
        ..empty
    };
    if item.link.is_none() && item.from.is_none() && item.items.is_empty() {
        map.missing("link");
    } else if item.label.is_none() && item.link.is_none() && item.from.is_none() {
        map.missing("label");
    }
    map.finish();
    Some(item)
}

fn schema(mut map: Reader<'_>) -> Schema {
    let mut schema = Schema::default();
    let report = map.report();
    let keys: Vec<_> = map.rest().collect();
    for entry in keys {
        map.take(&entry.key);
        let Some(mut rule) = Reader::new(report, &entry.value, &entry.key, "a rule") else { continue };
        let read = Rule {
            required: rule.bool("required").unwrap_or(false),
            kind: rule.word("type", &RULE_TYPES),
            one_of: rule.list("enum").iter().map(Data::to_json).collect(),
            min: rule.number("min"),
            max: rule.number("max"),
        };
        if read.min.zip(read.max).is_some_and(|(min, max)| min > max) {
            report.push(diagnostics::enum_with_range(report.file, &entry.key, entry.value.span));
        }
        rule.finish();
        schema.fields.insert(entry.key.clone(), read);
    }
    schema
}
