//! The tree of sections and pages in each language, with what sections say of the pages below them.
//!
//! In: the documents that are shown. Out: [`Page`]s without their order among each other. Deliberately not here: order,
//! translations, navigation.
//!
//! What holds for a section is laid over what holds for the one above it: first rivage.toml's `[content.SECTION]`, then `section` in
//! the front matter of the section's file in the default language, then in the page's own language.

use std::collections::BTreeMap;
use std::sync::Arc;

use rivage_diag::{Diagnostic, FileId};
use rustc_hash::FxHashMap;
use serde_json::Value;

use super::permalink::{self, Place};
use super::visibility::{Shown, above, date_of};
use super::{Page, PageId};
use crate::config::{Config, FILE, Language, SectionDefaults, SectionSidebar};
use crate::parse::Document;
use crate::slug;

/// Words that are read in a minute.
const WORDS_PER_MINUTE: usize = 220;

/// All pages, and what later steps need of the way they came about.
#[derive(Default)]
pub(super) struct Assembly {
    pub(super) pages: Vec<Page>,
    /// For each language: key → page.
    pub(super) by_key: Vec<FxHashMap<String, PageId>>,
    /// Slugs of a section and those above it, for `:sections`; empty for pages.
    pub(super) section_paths: Vec<String>,
    /// Sections that say what sidebar they and the pages below have, with the file that says so.
    pub(super) sidebar_roots: Vec<(PageId, FileId)>,
}

/// A page before its sections are known.
#[derive(Default)]
struct Slot {
    document: Option<Arc<Document>>,
    is_draft: bool,
    is_section: bool,
    is_fallback: bool,
}

/// Builds the pages of all languages.
pub(super) fn assemble(config: &Config, shown: Vec<BTreeMap<String, Shown>>, found: &mut Vec<Diagnostic>) -> Assembly {
    let written: FxHashMap<&str, &SectionDefaults> =
        config.content.iter().map(|entry| (entry.section.trim_matches('/'), entry)).collect();
    let mut assembly = Assembly::default();
    for (language, documents) in config.languages.iter().zip(shown) {
        let slots = slots(documents, &assembly);
        assembly.by_key.push(FxHashMap::default());
        for (key, slot) in slots {
            assembly.add(config, language, &written, key, slot, found);
        }
    }
    assembly
}

/// Returns the minutes that some words take to read.
pub(super) fn reading_time(words: usize) -> usize {
    words.div_ceil(WORDS_PER_MINUTE).max(1)
}

/// Returns the URL of a language's home page.
pub(super) fn home_url(language: &Language) -> String {
    language.prefix.as_ref().map_or_else(|| "/".to_owned(), |prefix| format!("/{prefix}/"))
}

/// The pages of a language: its own, sections without a file, and what only the default language has.
fn slots(documents: BTreeMap<String, Shown>, assembly: &Assembly) -> BTreeMap<String, Slot> {
    let mut slots: BTreeMap<String, Slot> = documents
        .into_iter()
        .map(|(key, Shown { document, is_draft })| {
            let is_section = document.source.role == crate::discover::Role::Section;
            (key, Slot { document: Some(document), is_draft, is_section, is_fallback: false })
        })
        .collect();
    let mut sections: Vec<String> = Vec::new();
    for section in slots.keys().filter_map(|key| above(key)) {
        // Pages of a section come one after the other.
        if sections.last().is_none_or(|last| last != section) {
            sections.push(section.to_owned());
        }
    }
    for section in &sections {
        let mut section = Some(section.as_str());
        while let Some(key) = section {
            let slot = slots.entry(key.to_owned()).or_default();
            if slot.is_section {
                break;
            }
            slot.is_section = true;
            section = above(key);
        }
    }
    let Some(default) = assembly.by_key.first() else {
        // Even a site without pages has a home page.
        slots.entry(String::new()).or_default().is_section = true;
        return slots;
    };
    for page in &assembly.pages[..default.len()] {
        let is_new = !slots.contains_key(&page.key);
        let slot = slots.entry(page.key.clone()).or_default();
        slot.is_section |= page.is_section;
        if slot.document.is_none() {
            slot.document.clone_from(&page.document);
            slot.is_draft = page.is_draft;
            slot.is_fallback = is_new || slot.document.is_some();
        }
    }
    slots
}

impl Assembly {
    fn add(
        &mut self,
        config: &Config,
        language: &Language,
        written: &FxHashMap<&str, &SectionDefaults>,
        key: String,
        slot: Slot,
        found: &mut Vec<Diagnostic>,
    ) {
        let Slot { document, is_draft, is_section, is_fallback } = slot;
        let id = PageId(u32::try_from(self.pages.len()).unwrap_or(u32::MAX));
        let own_keys = self.by_key.len() - 1;
        let parent = above(&key).and_then(|section| self.by_key[own_keys].get(section)).copied();
        let above = parent.map(|parent| &self.pages[parent.0 as usize]);

        let mut defaults = above.map_or_else(Arc::default, |above| Arc::clone(&above.defaults));
        let mut sidebar = above.and_then(|above| above.sidebar.clone());
        let mut sidebar_file = None;
        if is_section {
            for (over, file) in self.said_of(written, &key, document.as_deref()) {
                overlay(Arc::make_mut(&mut defaults), over);
                match &over.sidebar {
                    Some(SectionSidebar::Off) => (sidebar, sidebar_file) = (None, None),
                    Some(_) => (sidebar, sidebar_file) = (Some(key.clone()), Some(file)),
                    None => {}
                }
            }
        }
        let extra = (!defaults.extra.is_null()).then(|| {
            let own = document.as_ref().map(|document| document.front_matter.extra.clone());
            let mut extra = own.unwrap_or_default();
            add_missing(&mut extra, &defaults.extra);
            extra
        });

        let matter = document.as_ref().map(|document| &document.front_matter);
        let title = title(config, language, &key, document.as_deref());
        let date = document.as_deref().and_then(date_of);
        let home = home_url(language);
        let section = parent.map(|parent| {
            let place = parent.0 as usize;
            (self.pages[place].url.as_str(), self.section_paths[place].as_str())
        });
        let place = Place {
            home: &home,
            section,
            key: &key,
            document: document.as_deref(),
            is_section,
            is_fallback,
            title: &title,
            date: date.as_ref(),
            pattern: defaults.permalink.as_deref(),
        };
        // What is wrong with a fallback has been said of the page it shows.
        let mut said = Vec::new();
        let permalink = permalink::make(&place, if is_fallback { &mut said } else { found });
        let section_path = match section {
            Some((_, names)) if is_section && !names.is_empty() => format!("{names}/{}", permalink.slug),
            Some(_) if is_section => permalink.slug,
            _ => String::new(),
        };

        let own_template = matter.and_then(|matter| matter.template.as_ref()).map(|template| template.value.clone());
        let template = if is_section { &defaults.section_template } else { &defaults.template };
        let template = own_template.or_else(|| template.clone()).unwrap_or_default();
        let mut ancestors = above.map_or_else(Vec::new, |above| above.ancestors.clone());
        ancestors.extend(parent);
        let words = document.as_ref().map_or(0, |document| document.words);
        let page = Page {
            id,
            language: language.code.clone(),
            is_section,
            is_fallback,
            url: permalink.url,
            folded_title: title.to_lowercase(),
            title,
            kind: defaults.kind.clone().unwrap_or_else(|| "page".to_owned()),
            template,
            is_draft,
            parent,
            ancestors,
            pages: Vec::new(),
            subsections: Vec::new(),
            previous: None,
            next: None,
            translations: Vec::new(),
            related: Vec::new(),
            sidebar,
            date,
            updated: matter.and_then(|matter| matter.updated.clone()),
            words,
            reading_time: reading_time(words),
            extra,
            defaults,
            document,
            key: key.clone(),
        };
        self.sidebar_roots.extend(sidebar_file.map(|file| (id, file)));
        self.pages.push(page);
        self.section_paths.push(section_path);
        self.by_key[own_keys].insert(key, id);
    }

    /// What is said of a section itself, weakest first, each with the file that says it.
    fn said_of<'a>(
        &'a self,
        written: &FxHashMap<&str, &'a SectionDefaults>,
        key: &str,
        document: Option<&'a Document>,
    ) -> Vec<(&'a SectionDefaults, FileId)> {
        let mut said = Vec::new();
        if let Some(over) = written.get(key) {
            said.push((*over, FileId::from(FILE)));
        }
        let is_default = self.by_key.len() == 1;
        let original = self.by_key[0].get(key).filter(|_| !is_default);
        let original = original.and_then(|id| self.pages[id.0 as usize].document.as_deref());
        // For a fallback both are the same; laying it over twice changes nothing.
        for document in original.into_iter().chain(document) {
            if let Some(over) = &document.front_matter.section {
                said.push((&**over, document.file.clone()));
            }
        }
        said
    }
}

fn title(config: &Config, language: &Language, key: &str, document: Option<&Document>) -> String {
    let own = document.and_then(|document| {
        let titles = [document.front_matter.title.as_ref(), document.first_heading.as_ref()];
        titles.into_iter().flatten().find(|title| !title.trim().is_empty()).cloned()
    });
    own.unwrap_or_else(|| match key {
        "" => language.title.clone().unwrap_or_else(|| config.site.title.clone()),
        key => slug::humanize(permalink::name_of(key)),
    })
}

/// Lays what a section says over what the one above it says.
fn overlay(base: &mut SectionDefaults, over: &SectionDefaults) {
    fn set<T: Clone>(base: &mut Option<T>, over: &Option<T>) {
        if over.is_some() {
            base.clone_from(over);
        }
    }
    base.section.clone_from(&over.section);
    set(&mut base.kind, &over.kind);
    set(&mut base.template, &over.template);
    set(&mut base.section_template, &over.section_template);
    set(&mut base.sort_by, &over.sort_by);
    set(&mut base.paginate_by, &over.paginate_by);
    set(&mut base.feed, &over.feed);
    set(&mut base.toc, &over.toc);
    set(&mut base.search, &over.search);
    set(&mut base.sidebar, &over.sidebar);
    set(&mut base.permalink, &over.permalink);
    set(&mut base.schema, &over.schema);
    let mut extra = over.extra.clone();
    add_missing(&mut extra, &base.extra);
    base.extra = extra;
}

/// Adds what a map lacks.
fn add_missing(into: &mut Value, from: &Value) {
    match (into, from) {
        (into @ Value::Null, Value::Object(_)) => *into = from.clone(),
        (Value::Object(into), Value::Object(from)) => {
            for (key, value) in from {
                match into.get_mut(key) {
                    Some(existing) => {
                        if !existing.is_null() {
                            add_missing(existing, value);
                        }
                    }
                    None => {
                        into.insert(key.clone(), value.clone());
                    }
                }
            }
        }
        _ => {}
    }
}
