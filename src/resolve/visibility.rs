//! Which documents are shown.
//!
//! In: all documents, what the build shows beyond the usual, which moments have come. Out: documents by language and key, shown and hidden ones apart.
//! Deliberately not here: URLs.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::Arc;

use rivage_diag::Diagnostic;
use rustc_hash::FxHashMap;

use super::{Visibility, diagnostics};
use crate::config::Config;
use crate::inputs::Inputs;
use crate::parse::Document;
use crate::parse::front_matter::Date;
use crate::slug;

/// A document that is shown.
pub(super) struct Shown {
    pub(super) document: Arc<Document>,
    /// Whether it is shown only because the build was asked to.
    pub(super) is_draft: bool,
}

/// The documents of a build.
pub(super) struct Selection {
    /// For each language of the settings, by key.
    pub(super) shown: Vec<BTreeMap<String, Shown>>,
    /// For each language of the settings, by key.
    pub(super) hidden: Vec<BTreeMap<String, Arc<Document>>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum State {
    Public,
    /// A draft, or for later, that the build was asked to show.
    Marked,
    Hidden,
}

/// Tells shown and hidden documents apart.
pub(super) fn select(
    inputs: &Inputs<'_>,
    config: &Config,
    mut documents: Vec<Arc<Document>>,
    visibility: Visibility,
    found: &mut Vec<Diagnostic>,
) -> Selection {
    documents.sort_by(|a, b| a.source.path.cmp(&b.source.path));
    let mut by_language: Vec<BTreeMap<String, Arc<Document>>> =
        config.languages.iter().map(|_| BTreeMap::new()).collect();
    for document in documents {
        let language = language_index(config, &document.source.language);
        match by_language[language].entry(document.source.key.clone()) {
            Entry::Occupied(first) => found.push(diagnostics::duplicate_page(&document, first.get())),
            Entry::Vacant(entry) => {
                entry.insert(document);
            }
        }
    }

    // The default language comes first: its sections stand for those that others lack.
    let mut states: Vec<Vec<State>> = Vec::new();
    let mut default: Option<FxHashMap<&str, State>> = None;
    for documents in &by_language {
        let mut own: FxHashMap<&str, State> = FxHashMap::default();
        own.reserve(documents.len());
        let mut of_language = Vec::with_capacity(documents.len());
        for (key, document) in documents {
            let state = state(inputs, document, visibility);
            // Sections come before what is below them, since a key starts with its section's.
            let above = above(key).and_then(|section| inherited(&own, default.as_ref(), section));
            let state = above.map_or(state, |above| above.max(state));
            own.insert(key, state);
            of_language.push(state);
        }
        states.push(of_language);
        default.get_or_insert(own);
    }

    let mut selection = Selection { shown: Vec::new(), hidden: Vec::new() };
    for (documents, states) in by_language.into_iter().zip(states) {
        let (mut shown, mut hidden) = (Vec::new(), Vec::new());
        for ((key, document), state) in documents.into_iter().zip(states) {
            match state {
                State::Hidden => hidden.push((key, document)),
                state => shown.push((key, Shown { document, is_draft: state == State::Marked })),
            }
        }
        // Sorted already, which is put together at once.
        selection.shown.push(shown.into_iter().collect());
        selection.hidden.push(hidden.into_iter().collect());
    }
    selection
}

/// Returns when a document was published: as it says, else as its file's name says.
pub(super) fn date_of(document: &Document) -> Option<Date> {
    if let Some(date) = &document.front_matter.date {
        return Some(date.clone());
    }
    let name = document.source.key.rsplit('/').next()?;
    let day = slug::split_date(name).0?;
    let at = day.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp();
    Some(Date { at, day, has_time: false })
}

/// Returns a language's place in the settings. Discovery only names languages that are there.
pub(super) fn language_index(config: &Config, code: &str) -> usize {
    config.languages.iter().position(|language| language.code == code).unwrap_or(0)
}

/// The section above a key; none for the home page.
pub(super) fn above(key: &str) -> Option<&str> {
    (!key.is_empty()).then(|| key.rsplit_once('/').map_or("", |(above, _)| above))
}

fn inherited(own: &FxHashMap<&str, State>, default: Option<&FxHashMap<&str, State>>, section: &str) -> Option<State> {
    let mut section = Some(section);
    while let Some(key) = section {
        if let Some(state) = own.get(key).or_else(|| default?.get(key)) {
            return Some(*state);
        }
        section = above(key);
    }
    None
}

fn state(inputs: &Inputs<'_>, document: &Document, visibility: Visibility) -> State {
    let matter = &document.front_matter;
    // A date without a time is the moment at which its day begins.
    if matter.expires_at.as_ref().is_some_and(|date| inputs.has_come(date.at)) {
        return State::Hidden;
    }
    let future = matter.publish_at.as_ref().is_some_and(|date| !inputs.has_come(date.at))
        || date_of(document).is_some_and(|date| !inputs.has_come(start_of_day(&date)));
    draft(matter.draft, visibility.drafts).max(draft(future, visibility.future))
}

fn draft(is: bool, shown: bool) -> State {
    match (is, shown) {
        (false, _) => State::Public,
        (true, true) => State::Marked,
        (true, false) => State::Hidden,
    }
}

/// `date` says on which day a page came to be, and is no schedule: a post of today is shown whatever the clock says, also where it was
/// written with a time and without its zone.
fn start_of_day(date: &Date) -> jiff::Timestamp {
    const DAY: i128 = 24 * 60 * 60 * 1_000_000_000;
    let at = date.at.as_nanosecond();
    jiff::Timestamp::from_nanosecond(at - at.rem_euclid(DAY)).unwrap_or(date.at)
}
