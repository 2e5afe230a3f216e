//! Reads maps of settings and front matter key by key.
//!
//! In: a map of [`Data`]. Out: typed values, and a diagnostic with a place for each wrong type and each key that nobody asked for, with
//! the nearest of the keys that somebody did. A wrong value counts as not written.
//! Deliberately not here: what the keys mean. Not serde: its errors have no places, and it stops at the first one.

use std::borrow::Cow;
use std::cell::RefCell;
use std::ops::RangeInclusive;

use indexmap::IndexMap;
use rivage_diag::{Diagnostic, FileId, Span};
use rivage_syntax::data::{Data, DataValue, Entry};
use serde_json::Value;

use super::diagnostics;

/// What has been found wrong in one file.
pub(crate) struct Report<'a> {
    pub(crate) file: &'a FileId,
    diagnostics: RefCell<Vec<Diagnostic>>,
}

impl<'a> Report<'a> {
    pub(crate) fn new(file: &'a FileId) -> Self {
        Self { file, diagnostics: RefCell::new(Vec::new()) }
    }

    pub(crate) fn push(&self, diagnostic: Diagnostic) {
        self.diagnostics.borrow_mut().push(diagnostic);
    }

    pub(crate) fn finish(self) -> Vec<Diagnostic> {
        self.diagnostics.into_inner()
    }

    /// Reports a value that must be something else: `must` goes on after "`key` must be".
    pub(crate) fn bad_value(&self, key: &str, must: &str, span: Span) {
        self.push(diagnostics::bad_value(self.file, key, must, span));
    }

    /// Reports a value of a wrong type.
    pub(crate) fn wrong_type(&self, key: &str, expected: &str, found: &Data) {
        let hint = match (&found.value, expected) {
            (DataValue::String(text), "true or false") if matches!(text.as_str(), "true" | "false") => {
                Some("remove the quotes")
            }
            (DataValue::String(text), "true or false") if matches!(text.as_str(), "yes" | "no" | "on" | "off") => {
                Some("write `true` or `false`")
            }
            (DataValue::String(text), "a whole number" | "a number") if text.trim().parse::<f64>().is_ok() => {
                Some("remove the quotes")
            }
            (DataValue::Int(_) | DataValue::Float(_) | DataValue::Bool(_) | DataValue::Date(_), "a string") => {
                Some("put it in quotes")
            }
            (DataValue::Int(_) | DataValue::Float(_) | DataValue::Bool(_), "a string or a list of strings") => {
                Some("put it in quotes")
            }
            _ => None,
        };
        let diagnostic = diagnostics::wrong_type(self.file, key, expected, found.type_name(), found.span);
        self.push(diagnostic.with_hint_if(hint));
    }
}

/// A map that is being read. Ask for every key, then [`Reader::finish`].
pub(crate) struct Reader<'a> {
    report: &'a Report<'a>,
    /// What the map is called in messages: `front matter`, `` `[site]` ``.
    place: Cow<'a, str>,
    span: Span,
    entries: &'a [Entry],
    asked: Vec<&'a str>,
    /// Whether keys may hold values of other shapes, which then count as unknown ([`super::UnknownKeys::Extra`]).
    lenient: bool,
    /// Keys whose values were set aside for that reason.
    foreign: Vec<&'a str>,
}

impl<'a> Reader<'a> {
    /// Opens a map; anything else is reported.
    pub(crate) fn new(
        report: &'a Report<'a>,
        data: &'a Data,
        key: &str,
        place: impl Into<Cow<'a, str>>,
    ) -> Option<Self> {
        let DataValue::Map(entries) = &data.value else {
            report.wrong_type(key, "a map", data);
            return None;
        };
        Some(Self {
            report,
            place: place.into(),
            span: data.span,
            entries,
            asked: Vec::new(),
            lenient: false,
            foreign: Vec::new(),
        })
    }

    /// Lets known keys have values of other shapes.
    pub(crate) fn lenient(mut self) -> Self {
        self.lenient = true;
        self
    }

    pub(crate) fn report(&self) -> &'a Report<'a> {
        self.report
    }

    pub(crate) fn span(&self) -> Span {
        self.span
    }

    /// Returns the entry of a key. `null` is as good as nothing.
    pub(crate) fn take(&mut self, key: &'a str) -> Option<&'a Entry> {
        if !self.asked.contains(&key) {
            self.asked.push(key);
        }
        self.entries.iter().find(|entry| entry.key == key).filter(|entry| entry.value.value != DataValue::Null)
    }

    /// Returns the entry of a key that nobody has asked for before.
    pub(crate) fn take_unknown(&mut self, key: &'a str) -> Option<&'a Entry> {
        if self.asked.contains(&key) { None } else { self.take(key) }
    }

    /// Counts a key as one that nobody asked for.
    pub(crate) fn set_aside(&mut self, key: &'a str) {
        self.foreign.push(key);
    }

    /// Returns what `read` makes of a key's value; where it makes nothing of it, `expected` is reported.
    pub(crate) fn read<T>(
        &mut self,
        key: &'a str,
        expected: &str,
        read: impl FnOnce(&'a Data) -> Option<T>,
    ) -> Option<T> {
        let value = &self.take(key)?.value;
        let result = read(value);
        if result.is_none() {
            if self.lenient && matches!(value.value, DataValue::Map(_) | DataValue::Array(_)) {
                self.foreign.push(key);
            } else {
                self.report.wrong_type(key, expected, value);
            }
        }
        result
    }

    /// Returns a string.
    pub(crate) fn string(&mut self, key: &'a str) -> Option<String> {
        self.text(key).map(|(text, _)| text.to_owned())
    }

    /// Returns a string and its place.
    pub(crate) fn text(&mut self, key: &'a str) -> Option<(&'a str, Span)> {
        self.read(key, "a string", string)
    }

    /// Returns a string that is not empty, and its place.
    pub(crate) fn filled(&mut self, key: &'a str) -> Option<(&'a str, Span)> {
        let (text, span) = self.text(key)?;
        if text.trim().is_empty() {
            self.report.bad_value(key, "text", span);
            return None;
        }
        Some((text, span))
    }

    pub(crate) fn bool(&mut self, key: &'a str) -> Option<bool> {
        self.read(key, "true or false", |data| match data.value {
            DataValue::Bool(value) => Some(value),
            _ => None,
        })
    }

    /// Returns a whole number within a range.
    pub(crate) fn int(&mut self, key: &'a str, range: RangeInclusive<i64>) -> Option<i64> {
        let (number, span) = self.read(key, "a whole number", |data| match data.value {
            DataValue::Int(number) => Some((number, data.span)),
            _ => None,
        })?;
        if range.contains(&number) {
            return Some(number);
        }
        self.report.push(diagnostics::out_of_range(self.report.file, key, *range.start(), *range.end(), span));
        None
    }

    /// Returns a count: a whole number that is not negative.
    pub(crate) fn count(&mut self, key: &'a str) -> Option<usize> {
        self.int(key, 0..=i64::MAX).and_then(|number| usize::try_from(number).ok())
    }

    pub(crate) fn number(&mut self, key: &'a str) -> Option<f64> {
        self.read(key, "a number", number)
    }

    /// Returns what one of some words stands for.
    pub(crate) fn word<T: Copy>(&mut self, key: &'a str, words: &[(&'static str, T)]) -> Option<T> {
        let (text, span) = self.text(key)?;
        let found = words.iter().find(|(word, _)| *word == text);
        if found.is_none() {
            let known: Vec<_> = words.iter().map(|(word, _)| *word).collect();
            self.report.push(diagnostics::unknown_word(self.report.file, key, text, &known, span));
        }
        found.map(|(_, meaning)| *meaning)
    }

    /// Returns a list of strings; a single string is a list of one.
    pub(crate) fn strings(&mut self, key: &'a str) -> Vec<(&'a str, Span)> {
        let lenient = self.lenient;
        let items = self.read(key, "a string or a list of strings", |data| match &data.value {
            DataValue::String(_) => Some(std::slice::from_ref(data)),
            DataValue::Array(items) => {
                // A list of maps is another vocabulary's, such as authors with their pictures.
                let foreign =
                    lenient && items.iter().any(|item| matches!(item.value, DataValue::Map(_) | DataValue::Array(_)));
                (!foreign).then_some(items.as_slice())
            }
            _ => None,
        });
        let mut strings = Vec::new();
        for item in items.unwrap_or_default() {
            match string(item) {
                Some(text) => strings.push(text),
                None => self.report.wrong_type(key, "a string or a list of strings", item),
            }
        }
        strings
    }

    /// Returns a map whose keys are free.
    pub(crate) fn entries(&mut self, key: &'a str) -> &'a [Entry] {
        let entries = self.read(key, "a map", |data| match &data.value {
            DataValue::Map(entries) => Some(entries.as_slice()),
            _ => None,
        });
        entries.unwrap_or_default()
    }

    /// Returns a free map as JSON; null where there is none.
    pub(crate) fn json(&mut self, key: &'a str) -> Value {
        let map = self.read(key, "a map", |data| matches!(data.value, DataValue::Map(_)).then(|| data.to_json()));
        map.unwrap_or_default()
    }

    /// Returns a map of strings.
    pub(crate) fn string_map(&mut self, key: &'a str) -> IndexMap<String, String> {
        string_map(self.report, self.entries(key))
    }

    /// Opens a map below this one.
    pub(crate) fn map(&mut self, key: &'a str, place: impl Into<Cow<'a, str>>) -> Option<Reader<'a>> {
        let entry = self.take(key)?;
        Self::new(self.report, &entry.value, key, place)
    }

    /// Returns a list.
    pub(crate) fn list(&mut self, key: &'a str) -> &'a [Data] {
        let items = self.read(key, "a list", |data| match &data.value {
            DataValue::Array(items) => Some(items.as_slice()),
            _ => None,
        });
        items.unwrap_or_default()
    }

    /// Reports that a key is not there but should be.
    pub(crate) fn missing(&self, key: &str) {
        self.report.push(diagnostics::missing_key(self.report.file, key, &self.place, self.span));
    }

    /// Returns the entries that nobody asked for, and those set aside.
    pub(crate) fn rest(&self) -> impl Iterator<Item = &'a Entry> {
        let is_known = |entry: &Entry| {
            let key = entry.key.as_str();
            self.asked.contains(&key) && !self.foreign.contains(&key)
        };
        self.entries.iter().filter(move |entry| !is_known(entry))
    }

    /// Returns the rest as JSON.
    pub(crate) fn rest_json(self) -> Value {
        self.rest().map(|entry| (entry.key.clone(), entry.value.to_json())).collect::<serde_json::Map<_, _>>().into()
    }

    /// Reports all keys that nobody asked for.
    pub(crate) fn finish(self) {
        self.finish_with(|_| None);
    }

    /// Reports all keys that nobody asked for, with a hint for those that are near to none.
    pub(crate) fn finish_with(self, hint: impl Fn(&Entry) -> Option<String>) {
        for entry in self.rest() {
            let near = nearest(&entry.key, self.asked.iter().copied()).map(diagnostics::similar_key);
            // More keys than that help nobody.
            let all = || (self.asked.len() <= 12).then(|| diagnostics::known_keys(&self.asked));
            let hint = near.or_else(|| hint(entry)).or_else(all);
            let diagnostic = diagnostics::unknown_key(self.report.file, &entry.key, &self.place, entry.key_span);
            self.report.push(diagnostic.with_hint_if(hint));
        }
    }
}

/// Reads a map of strings.
pub(super) fn string_map(report: &Report<'_>, entries: &[Entry]) -> IndexMap<String, String> {
    let mut map = IndexMap::new();
    for entry in entries {
        match &entry.value.value {
            DataValue::String(text) => {
                map.insert(entry.key.clone(), text.clone());
            }
            _ => report.wrong_type(&entry.key, "a string", &entry.value),
        }
    }
    map
}

fn string(data: &Data) -> Option<(&str, Span)> {
    match &data.value {
        DataValue::String(text) => Some((text, data.span)),
        _ => None,
    }
}

/// Returns a number of either type.
pub(crate) fn number(data: &Data) -> Option<f64> {
    match data.value {
        DataValue::Int(number) => Some(number as f64),
        DataValue::Float(number) => Some(number),
        _ => None,
    }
}

/// Returns the candidate that was probably meant: the same but for case, `-` and `_`, or a third of its letters away at most.
pub(crate) fn nearest<'n>(name: &str, candidates: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    let plain = |text: &str| text.chars().filter(|c| !matches!(c, '-' | '_' | ' ')).collect::<String>().to_lowercase();
    let name = plain(name);
    let allowed = (name.chars().count() / 3).max(1);
    let near = candidates.map(|candidate| (strsim::damerau_levenshtein(&name, &plain(candidate)), candidate));
    near.filter(|(distance, _)| *distance <= allowed)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}
