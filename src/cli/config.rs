//! `rivage config`: the settings with all defaults filled in, in the form of rivage.toml.

use indexmap::IndexMap;
use serde_json::{Map, Value, json};

use super::Exit;
use super::args::{Config as Args, Global};
use super::engine::emit;
use super::printer::Printer;
use super::project::{Project, SiteSources};
use crate::config::schema::{Rule, RuleType, Schema};
use crate::config::{self, Config, MenuItem, SectionDefaults, SidebarItem, SortBy, UnknownComponent};
use crate::inputs::Inputs;

pub(super) fn run(global: &Global, args: &Args, printer: &Printer) -> anyhow::Result<Exit> {
    let project = Project::open(global)?;
    let (config, diagnostics) = config::load(&Inputs::new(&project.world));
    let sources = SiteSources { fs: &*project.world.fs, outcome: None };
    printer.diagnostics(&emit::human(&diagnostics, &sources, printer.color()));
    let settings = settings(&config);
    if args.json {
        printer.result(&format!("{settings:#}\n"))?;
    } else {
        printer.result(&toml_edit::ser::to_string_pretty(&settings)?)?;
    }
    let errors = diagnostics.iter().any(rivage_diag::Diagnostic::is_error);
    Ok(if errors { Exit::SiteHasErrors } else { Exit::Done })
}

/// Returns the settings as they would be written. What is not set has no key: TOML has no null.
fn settings(config: &Config) -> Value {
    let site = &config.site;
    let mut all = json!({
        "site": {
            "title": site.title,
            "description": site.description,
            "base_url": site.base_url,
            "language": config.default_language().code,
            "theme": site.theme,
            "edit_url": site.edit_url,
            "repository": site.repository,
            "logo": site.logo,
            "image": site.image,
            "copyright": site.copyright,
        },
        "build": {
            "output": config.build.output,
            "minify": config.build.minify,
            "markdown_twins": config.build.markdown_twins,
            "llms_txt": config.build.llms_txt,
            "sitemap": config.build.sitemap,
            "csp": config.build.csp,
        },
        "markdown": {
            "unknown_component": match config.markdown.unknown_component {
                UnknownComponent::Error => "error",
                UnknownComponent::Warn => "warn",
                UnknownComponent::Element => "element",
            },
            "smart_punctuation": config.markdown.smart_punctuation,
            "math": config.markdown.math,
            "emoji": config.markdown.emoji,
            "directives": config.markdown.directives,
            "definition_lists": config.markdown.definition_lists,
            "external_rel": config.markdown.external_rel,
            "external_new_tab": config.markdown.external_new_tab,
            "toc_depth": [config.markdown.toc_depth.0, config.markdown.toc_depth.1],
        },
        "code": {
            "highlight": config.code.highlight,
            "wrap": config.code.wrap,
            "line_numbers": config.code.line_numbers,
            "copy": config.code.copy,
            "aliases": config.code.aliases,
        },
        "feeds": {
            "atom": config.feeds.atom,
            "rss": config.feeds.rss,
            "json": config.feeds.json,
            "limit": config.feeds.limit,
            "full_content": config.feeds.full_content,
        },
        "search": { "enabled": config.search.enabled },
        "languages": map(&config.languages, |language| (language.code.clone(), json!({
            "name": language.name,
            "rtl": language.rtl,
            "title": language.title,
            "description": language.description,
            "strings": language.strings,
            "menus": language.menus.iter().map(|(name, items)| (name.clone(), menu(items))).collect::<Map<_, _>>(),
        }))),
        "taxonomies": map(&config.taxonomies, |taxonomy| (taxonomy.name.clone(), json!({
            "title": taxonomy.title,
            "paginate_by": taxonomy.paginate_by,
            "feed": taxonomy.feed,
            "render": taxonomy.render,
        }))),
        "content": map(&config.content, |section| (section.section.clone(), defaults(section))),
        "authors": config.authors,
        "headers": config.headers,
        "redirects": config.redirects.iter().map(|redirect| json!({
            "from": redirect.from,
            "to": redirect.to,
            "status": redirect.status,
        })).collect::<Vec<_>>(),
        "theme": site.theme_settings,
        "extra": config.extra,
    });
    drop_empty(&mut all);
    all
}

fn map<T>(items: &[T], entry: impl Fn(&T) -> (String, Value)) -> Map<String, Value> {
    items.iter().map(entry).collect()
}

fn menu(items: &[MenuItem]) -> Value {
    let item = |item: &MenuItem| {
        let mut object = json!({ "name": item.name, "url": item.url, "children": menu(&item.children) });
        if let (Some(object), Some(extra)) = (object.as_object_mut(), item.extra.as_object()) {
            object.extend(extra.clone());
        }
        object
    };
    items.iter().map(item).collect()
}

fn defaults(section: &SectionDefaults) -> Value {
    json!({
        "kind": section.kind,
        "template": section.template,
        "section_template": section.section_template,
        "sort_by": section.sort_by.map(|sort_by| match sort_by {
            SortBy::Date => "date",
            SortBy::Updated => "updated",
            SortBy::Weight => "weight",
            SortBy::Title => "title",
            SortBy::Path => "path",
        }),
        "paginate_by": section.paginate_by,
        "feed": section.feed,
        "toc": section.toc,
        "search": section.search,
        "permalink": section.permalink,
        "sidebar": section.sidebar.as_deref().map(sidebar),
        "extra": section.extra,
        "schema": section.schema.as_ref().map(schema),
    })
}

fn sidebar(items: &[SidebarItem]) -> Value {
    let item = |item: &SidebarItem| {
        json!({
            "label": item.label,
            "link": item.link,
            "from": item.from,
            "badge": item.badge,
            "collapsed": item.collapsed,
            "items": sidebar(&item.items),
        })
    };
    items.iter().map(item).collect()
}

fn schema(schema: &Schema) -> Value {
    let rule = |rule: &Rule| {
        let kind = rule.kind.map(|kind| match kind {
            RuleType::String => "string",
            RuleType::Bool => "bool",
            RuleType::Int => "int",
            RuleType::Number => "number",
            RuleType::Date => "date",
            RuleType::List => "list",
            RuleType::Map => "map",
            RuleType::Url => "url",
        });
        json!({ "required": rule.required, "type": kind, "enum": rule.one_of, "min": rule.min, "max": rule.max })
    };
    let fields: IndexMap<_, _> = schema.fields.iter().map(|(key, field)| (key.clone(), rule(field))).collect();
    json!(fields)
}

/// Drops nulls, and maps and lists without entries, from the inside out.
fn drop_empty(value: &mut Value) {
    match value {
        Value::Object(object) => {
            object.values_mut().for_each(drop_empty);
            object.retain(|_, value| !is_empty(value));
        }
        Value::Array(items) => {
            items.iter_mut().for_each(drop_empty);
            items.retain(|item| !item.is_null());
        }
        _ => {}
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Object(object) => object.is_empty(),
        Value::Array(items) => items.is_empty(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_are_toml() {
        let text = toml_edit::ser::to_string_pretty(&settings(&Config::default())).unwrap();
        let read: toml_edit::DocumentMut = text.parse().unwrap();
        assert_eq!(read["build"]["output"].as_str(), Some("public"));
        assert_eq!(read["languages"]["en"]["name"].as_str(), Some("English"));
        assert_eq!(read["taxonomies"]["tags"]["paginate_by"].as_integer(), Some(20));
        assert!(read.get("redirects").is_none());
    }
}
