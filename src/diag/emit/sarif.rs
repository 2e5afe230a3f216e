//! Diagnostics as SARIF 2.1.0, which code hosts and editors read.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use rivage_diag::{Diagnostic, Location, Severity};
use serde_json::{Value, json};

use super::Sources;
use super::text::Texts;

/// What stays as it is in the path of a URI.
const PATH: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// Returns a log of one run.
pub fn sarif(diagnostics: &[Diagnostic], sources: &dyn Sources) -> String {
    let texts = Texts::new(sources);
    let mut codes: Vec<_> = diagnostics.iter().map(|diagnostic| diagnostic.code.as_str()).collect();
    codes.sort_unstable();
    codes.dedup();
    let results = diagnostics.iter().map(|diagnostic| {
        let mut result = json!({
            "ruleId": diagnostic.code,
            "ruleIndex": codes.binary_search(&diagnostic.code.as_str()).unwrap_or_default(),
            "level": match diagnostic.severity {
                Severity::Error => "error",
                Severity::Warning => "warning",
            },
            "message": { "text": message(diagnostic) },
            "locations": diagnostic.primary.iter().map(|place| location(place, &texts)).collect::<Vec<_>>(),
        });
        let labels = diagnostic.labels.iter().map(|label| (&label.location, label.text.as_str()));
        let related = labels.chain(diagnostic.trace.iter().map(|step| (step, "")));
        let related: Vec<_> = related
            .map(|(place, text)| {
                let mut related = location(place, &texts);
                if !text.is_empty() {
                    related["message"] = json!({ "text": text });
                }
                related
            })
            .collect();
        if !related.is_empty() {
            result["relatedLocations"] = related.into();
        }
        result
    });
    let log = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "rivage",
                "version": env!("CARGO_PKG_VERSION"),
                "informationUri": env!("CARGO_PKG_REPOSITORY"),
                "rules": codes.iter().map(|code| json!({ "id": code })).collect::<Vec<_>>(),
            } },
            "columnKind": "unicodeCodePoints",
            "results": results.collect::<Vec<_>>(),
        }],
    });
    format!("{log:#}\n")
}

fn message(diagnostic: &Diagnostic) -> String {
    diagnostic.hints.iter().fold(diagnostic.message.clone(), |text, hint| text + "\nhelp: " + hint)
}

fn location(place: &Location, texts: &Texts<'_>) -> Value {
    let uri = utf8_percent_encode(place.file.as_str(), PATH).to_string();
    let mut physical = json!({ "artifactLocation": { "uri": uri } });
    if let Some((start, end)) = texts.positions(place) {
        physical["region"] = json!({
            "startLine": start.line,
            "startColumn": start.column,
            "endLine": end.line,
            "endColumn": end.column,
        });
    }
    json!({ "physicalLocation": physical })
}
