//! The texts of a theme in each language: `strings/fr.toml`, with the site's own laid over them.
//!
//! In: files of the theme and site, settings. Out: language → key → text. Deliberately not here: how a language is chosen.

use std::collections::BTreeMap;

use rivage_diag::{Diagnostic, FileId, Span};
use rivage_syntax::data::{self, Data, DataValue};

use super::diagnostics;
use crate::config::Config;
use crate::discover::ThemeFile;
use crate::inputs::Inputs;
use crate::theme;

/// Texts by language, then key.
pub type Strings = BTreeMap<String, BTreeMap<String, String>>;

/// Reads all texts. Files of the theme come first in `files`; later ones win, settings win over all.
pub fn load(inputs: &Inputs<'_>, config: &Config, files: &[ThemeFile]) -> (Strings, Vec<Diagnostic>) {
    let mut strings = Strings::new();
    let mut problems = Vec::new();
    for file in files {
        let Some(language) = file.name.strip_suffix(".toml") else { continue };
        match theme::read(inputs, &file.path) {
            Ok(bytes) => {
                let text = diagnostics::text_of(&file.path, &bytes, &mut problems);
                let id = FileId::from(file.path.as_str());
                let (data, found) = data::parse(&id, &text, Span::new(0, text.len()), data::Format::Toml);
                problems.extend(found);
                flatten("", &data, strings.entry(language.to_owned()).or_default());
            }
            Err(error) => problems.push(diagnostics::unreadable(&file.path, &error)),
        }
    }
    for language in &config.languages {
        let own = strings.entry(language.code.clone()).or_default();
        own.extend(language.strings.iter().map(|(key, text)| (key.clone(), text.clone())));
    }
    (strings, problems)
}

fn flatten(prefix: &str, data: &Data, out: &mut BTreeMap<String, String>) {
    let DataValue::Map(entries) = &data.value else { return };
    for entry in entries {
        let key = if prefix.is_empty() { entry.key.clone() } else { format!("{prefix}.{}", entry.key) };
        match &entry.value.value {
            DataValue::String(text) => {
                out.insert(key, text.clone());
            }
            DataValue::Map(_) => flatten(&key, &entry.value, out),
            _ => {}
        }
    }
}
