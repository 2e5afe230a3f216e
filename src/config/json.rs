//! The settings as JSON, in the form of rivage.toml: what `rivage config` prints.

use indexmap::IndexMap;
use serde_json::{Map, Value, json};

use super::schema::{Rule, Schema};
use super::{Config, Language, MenuItem, SectionDefaults, SectionSidebar, SidebarItem, raw, section};

impl Config {
    /// Returns the settings as they would be written, with all defaults filled in. What is not set has no key, so that the
    /// result can be TOML, which has no null.
    pub fn to_json(&self) -> Value {
        let site = &self.site;
        let mut all = json!({
            "site": {
                "title": site.title,
                "description": site.description,
                "base_url": site.base_url,
                "language": self.default_language().code,
                "theme": site.theme,
                "edit_url": site.edit_url,
                "repository": site.repository,
                "logo": site.logo,
                "image": site.image,
                "copyright": site.copyright,
            },
            "build": {
                "output": self.build.output,
                "minify": self.build.minify,
                "markdown_twins": self.build.markdown_twins,
                "llms_txt": self.build.llms_txt,
                "sitemap": self.build.sitemap,
                "csp": self.build.csp.as_ref().map_or(Value::Bool(false), |csp| csp.as_str().into()),
            },
            "markdown": {
                "unknown_component": word(self.markdown.unknown_component, &raw::UNKNOWN_COMPONENT),
                "md_as_mdx": self.markdown.md_as_mdx,
                "smart_punctuation": self.markdown.smart_punctuation,
                "math": self.markdown.math,
                "emoji": self.markdown.emoji,
                "directives": self.markdown.directives,
                "definition_lists": self.markdown.definition_lists,
                "external_rel": self.markdown.external_rel,
                "external_new_tab": self.markdown.external_new_tab,
                "toc_depth": [self.markdown.toc_depth.0, self.markdown.toc_depth.1],
            },
            "links": { "broken": word(self.links.broken, &raw::BROKEN_LINKS) },
            "code": {
                "highlight": self.code.highlight,
                "wrap": self.code.wrap,
                "line_numbers": self.code.line_numbers,
                "copy": self.code.copy,
                "aliases": self.code.aliases,
            },
            "feeds": {
                "atom": self.feeds.atom,
                "rss": self.feeds.rss,
                "json": self.feeds.json,
                "limit": self.feeds.limit,
                "full_content": self.feeds.full_content,
            },
            "search": { "enabled": self.search.enabled },
            "images": self.images.to_json(),
            "deploy": {
                "target": word(self.deploy.target, &raw::DEPLOY_TARGET),
                "project": self.deploy.project,
                "branch": self.deploy.branch,
                "domain": self.deploy.domain,
                "record": self.deploy.record,
                "bucket": self.deploy.bucket,
                "bucket_prefix": Some(&self.deploy.bucket_prefix).filter(|prefix| !prefix.is_empty()),
                "bucket_endpoint": self.deploy.bucket_endpoint,
                "media": self.deploy.media,
            },
            "languages": map(&self.languages, |language| (language.code.clone(), self::language(language))),
            "taxonomies": map(&self.taxonomies, |taxonomy| (taxonomy.name.clone(), json!({
                "title": taxonomy.title,
                "paginate_by": taxonomy.paginate_by,
                "feed": taxonomy.feed,
                "render": taxonomy.render,
            }))),
            "content": map(&self.content, |section| (section.section.clone(), defaults(section))),
            "headers": self.headers,
            "redirects": self.redirects.iter().map(|redirect| json!({
                "from": redirect.from,
                "to": redirect.to,
                "status": redirect.status,
            })).collect::<Vec<_>>(),
            "authors": self.authors,
            "theme": site.theme_settings,
            "extra": self.extra,
        });
        if let Some(all) = all.as_object_mut() {
            all.extend(self.api.to_json().map(|(table, value)| (table.to_owned(), value)));
        }
        drop_empty(&mut all);
        if let Some(all) = all.as_object_mut() {
            // No taxonomies at all is not the same as none written.
            all.entry("taxonomies").or_insert_with(|| json!({}));
        }
        all
    }
}

fn map<T>(items: &[T], entry: impl Fn(&T) -> (String, Value)) -> Map<String, Value> {
    items.iter().map(entry).collect()
}

fn word<T: PartialEq>(value: T, words: &[(&'static str, T)]) -> Option<&'static str> {
    words.iter().find(|(_, meaning)| *meaning == value).map(|(word, _)| *word)
}

fn language(language: &Language) -> Value {
    json!({
        "name": language.name,
        "rtl": language.rtl,
        "title": language.title,
        "description": language.description,
        "strings": language.strings,
        "menus": language.menus.iter().map(|(name, items)| (name.clone(), menu(items))).collect::<Map<_, _>>(),
    })
}

fn menu(items: &[MenuItem]) -> Value {
    let item = |item: &MenuItem| {
        let url = Some(&item.url).filter(|url| !url.is_empty());
        let mut object = json!({ "name": item.name, "url": url, "children": menu(&item.children) });
        if let (Some(object), Some(extra)) = (object.as_object_mut(), item.extra.as_object()) {
            object.extend(extra.clone());
        }
        object
    };
    items.iter().map(item).collect()
}

fn defaults(defaults: &SectionDefaults) -> Value {
    json!({
        "kind": defaults.kind,
        "template": defaults.template,
        "section_template": defaults.section_template,
        "sort_by": defaults.sort_by.map(|sort_by| word(sort_by, &section::SORT_BY)),
        "paginate_by": defaults.paginate_by,
        "feed": defaults.feed,
        "toc": defaults.toc,
        "search": defaults.search,
        "sidebar": defaults.sidebar.as_ref().map(|said| match said {
            SectionSidebar::Off => false.into(),
            SectionSidebar::Tree => true.into(),
            SectionSidebar::Items(items) => sidebar(items),
        }),
        "permalink": defaults.permalink,
        "unknown_keys": defaults.unknown_keys.map(|unknown| word(unknown, &section::UNKNOWN_KEYS)),
        "extra": defaults.extra,
        "schema": defaults.schema.as_ref().map(schema),
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
        let kind = rule.kind.and_then(|kind| word(kind, &section::RULE_TYPES));
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
