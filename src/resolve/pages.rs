//! Documents → pages: who is shown, in which section, by which defaults, at which URL.
//!
//! In: documents and settings. Out: [`Page`]s whose neighbours are not known yet. Deliberately not here: navigation, terms.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rivage_diag::Diagnostic;

use super::{Page, PageId, Visibility, urls};
use crate::config::{Config, SectionDefaults};
use crate::discover::Role;
use crate::inputs::Inputs;
use crate::parse::Document;
use crate::parse::front_matter::Date;

/// Documents by language and key.
type Documents = BTreeMap<(usize, String), Arc<Document>>;

/// Makes the pages of all languages, sorted by language and key. Also returns the files that this build does not show.
pub(super) fn make(
    inputs: &Inputs<'_>,
    config: &Config,
    documents: Vec<Document>,
    visibility: Visibility,
    diagnostics: &mut Vec<Diagnostic>,
) -> (Vec<Page>, Vec<String>) {
    let language_index = |code: &str| config.languages.iter().position(|language| language.code == code).unwrap_or(0);
    let mut hidden = Vec::new();
    let mut hidden_sections: BTreeSet<(usize, String)> = BTreeSet::new();
    let mut shown: Vec<Document> = Vec::with_capacity(documents.len());
    for document in documents {
        if is_shown(inputs, &document, visibility) {
            shown.push(document);
        } else {
            if document.source.role == Role::Section {
                hidden_sections.insert((language_index(&document.source.language), document.source.key.clone()));
            }
            hidden.push(document.source.path.clone());
        }
    }
    if !hidden_sections.is_empty() {
        shown.retain(|document| {
            let language = language_index(&document.source.language);
            let above = prefixes(&document.source.section).any(|section| hidden_sections.contains(&(language, section.to_owned())));
            if above {
                hidden.push(document.source.path.clone());
            }
            !above
        });
    }

    let mut by_key: Documents = BTreeMap::new();
    let mut sections: BTreeSet<(usize, String)> = BTreeSet::new();
    for document in shown {
        let language = language_index(&document.source.language);
        for section in prefixes(&document.source.section) {
            sections.insert((language, section.to_owned()));
        }
        if document.source.role == Role::Section {
            sections.insert((language, document.source.key.clone()));
        }
        // Two files of one key have been reported by discover; the first one counts.
        by_key.entry((language, document.source.key.clone())).or_insert_with(|| Arc::new(document));
    }

    let mut defaults = Defaults { config, documents: &by_key, known: BTreeMap::new() };
    let mut pages = Vec::new();
    for (language, settings) in config.languages.iter().enumerate() {
        let own = by_key.iter().filter(|((of, _), _)| *of == language);
        let mut entries: BTreeMap<&str, (Option<Arc<Document>>, bool)> =
            own.map(|((_, key), document)| (key.as_str(), (Some(Arc::clone(document)), false))).collect();
        if language > 0 {
            // What has no translation is shown in the default language.
            for ((_, key), document) in by_key.iter().filter(|((of, _), _)| *of == 0) {
                entries.entry(key).or_insert_with(|| (Some(Arc::clone(document)), true));
            }
        }
        let implied = sections.iter().filter(|(of, _)| *of == language || *of == 0);
        for (_, section) in implied {
            entries.entry(section).or_insert((None, language > 0));
        }
        entries.entry("").or_insert((None, false));
        for (key, (document, is_fallback)) in entries {
            let id = PageId(u32::try_from(pages.len()).unwrap_or(u32::MAX));
            let prefix = settings.prefix.as_deref();
            pages.push(page(id, &settings.code, prefix, key, document, is_fallback, &mut defaults, language, diagnostics));
        }
    }
    (pages, hidden)
}

/// The sections a path lies in, outermost first: `a/b` is in ``, `a` and `a/b`.
pub(super) fn prefixes(section: &str) -> impl Iterator<Item = &str> {
    let inner = section.match_indices('/').map(|(at, _)| &section[..at]);
    let own = (!section.is_empty()).then_some(section);
    std::iter::once("").chain(inner).chain(own)
}

fn is_shown(inputs: &Inputs<'_>, document: &Document, visibility: Visibility) -> bool {
    let matter = &document.front_matter;
    if matter.draft && !visibility.drafts {
        return false;
    }
    if visibility.future {
        return true;
    }
    // Asked only where an answer matters, so that other pages do not depend on the day.
    let later = |date: &Option<Date>| date.as_ref().is_some_and(|date| date.day > inputs.today());
    let passed = matter.expires_at.as_ref().is_some_and(|date| date.day <= inputs.today());
    !(later(&matter.publish_at) || later(&matter.date) || passed)
}

/// What holds for sections, worked out once each.
struct Defaults<'a> {
    config: &'a Config,
    documents: &'a Documents,
    known: BTreeMap<(usize, String), Arc<SectionDefaults>>,
}

impl Defaults<'_> {
    fn of(&mut self, language: usize, section: &str) -> Arc<SectionDefaults> {
        let key = (language, section.to_owned());
        if let Some(known) = self.known.get(&key) {
            return Arc::clone(known);
        }
        let mut all = match section.rsplit_once('/') {
            _ if section.is_empty() => SectionDefaults::default(),
            Some((above, _)) => (*self.of(language, above)).clone(),
            None => (*self.of(language, "")).clone(),
        };
        for written in self.config.content.iter().filter(|written| written.section == section) {
            lay_over(&mut all, written);
        }
        let document = self.documents.get(&key).or_else(|| self.documents.get(&(0, section.to_owned())));
        if let Some(own) = document.filter(|document| document.source.role == Role::Section).and_then(|document| document.front_matter.section.as_ref()) {
            lay_over(&mut all, own);
        }
        section.clone_into(&mut all.section);
        let all = Arc::new(all);
        self.known.insert(key, Arc::clone(&all));
        all
    }
}

fn lay_over(below: &mut SectionDefaults, above: &SectionDefaults) {
    macro_rules! take {
        ($($field:ident),*) => { $(if above.$field.is_some() { below.$field.clone_from(&above.$field); })* };
    }
    take!(kind, template, section_template, sort_by, paginate_by, feed, toc, search, sidebar, permalink);
    if above.sidebar.is_some() {
        below.sidebar_root.clone_from(&Some(above.section.clone()));
    }
    if let (Some(fields), Some(own)) = (below.extra.as_object_mut(), above.extra.as_object()) {
        fields.extend(own.clone());
    } else if !above.extra.is_null() {
        below.extra = above.extra.clone();
    }
}

#[expect(clippy::too_many_arguments, reason = "the one caller has all of these at hand")]
fn page(
    id: PageId,
    language: &str,
    prefix: Option<&str>,
    key: &str,
    document: Option<Arc<Document>>,
    is_fallback: bool,
    defaults: &mut Defaults<'_>,
    place: usize,
    diagnostics: &mut Vec<Diagnostic>,
) -> Page {
    let _ = diagnostics;
    let is_section = document.as_ref().is_none_or(|document| document.source.role == Role::Section);
    let section = match (&document, is_section) {
        (_, true) => key.to_owned(),
        (Some(document), false) => document.source.section.clone(),
        (None, false) => String::new(),
    };
    let defaults = defaults.of(place, &section);
    let name = key.rsplit('/').next().unwrap_or(key);
    let (dated, name) = if is_section { (None, name) } else { urls::name_parts(name) };
    let matter = document.as_ref().map(|document| &document.front_matter);
    let date = matter.and_then(|matter| matter.date.clone()).or_else(|| dated.map(Date::of_day));
    let title = matter
        .and_then(|matter| matter.title.clone())
        .or_else(|| document.as_ref().and_then(|document| document.first_heading.clone()))
        .unwrap_or_else(|| title_of(name));
    let slug = matter.and_then(|matter| matter.slug.as_ref());
    let slug = slug.map_or_else(|| urls::segment(name), |slug| slug.value.trim_matches('/').to_owned());
    let url = match matter.and_then(|matter| matter.path.as_ref()) {
        Some(path) => format!("/{}/", path.value.trim_matches('/')).replace("//", "/"),
        None if key.is_empty() => "/".to_owned(),
        None => {
            let above = if is_section { key.rsplit_once('/').map_or("", |(above, _)| above) } else { &section };
            let sections: Vec<_> = above.split('/').filter(|part| !part.is_empty()).map(urls::segment).collect();
            let sections = sections.join("/");
            match &defaults.permalink {
                Some(pattern) if !is_section => urls::permalink(pattern, &sections, &slug, &title, date.as_ref()),
                _ => format!("/{sections}/{slug}/").replace("//", "/"),
            }
        }
    };
    let url = match prefix {
        Some(prefix) => format!("/{prefix}{url}"),
        None => url,
    };
    let words = document.as_ref().map_or(0, |document| document.words);
    let template = matter.and_then(|matter| matter.template.as_ref()).map(|template| template.value.clone());
    let by_default = if is_section { &defaults.section_template } else { &defaults.template };
    Page {
        id,
        language: language.to_owned(),
        key: key.to_owned(),
        is_section,
        is_fallback,
        url,
        title,
        kind: defaults.kind.clone().unwrap_or_else(|| "page".to_owned()),
        template: template.or_else(|| by_default.clone()).unwrap_or_default(),
        is_draft: matter.is_some_and(|matter| matter.draft),
        parent: None,
        ancestors: Vec::new(),
        pages: Vec::new(),
        subsections: Vec::new(),
        previous: None,
        next: None,
        translations: Vec::new(),
        related: Vec::new(),
        sidebar: None,
        date,
        updated: matter.and_then(|matter| matter.updated.clone()),
        words,
        reading_time: words.div_ceil(220).max(1),
        defaults,
        document,
    }
}

/// `getting-started` as a title: `Getting started`.
fn title_of(name: &str) -> String {
    let words = name.replace(['-', '_'], " ");
    let mut chars = words.trim().chars();
    let first: String = chars.next().into_iter().flat_map(char::to_uppercase).collect();
    format!("{first}{}", chars.as_str())
}
