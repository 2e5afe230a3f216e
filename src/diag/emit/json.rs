//! Diagnostics as JSON: one object each.

use rivage_diag::{Diagnostic, Location};
use serde_json::{Map, Value, json};

use super::Sources;
use super::text::Texts;

/// Returns an array with an object for each diagnostic: `severity`, `code`, `message`, `file`, `line`, `column`, `end_line`, `end_column`, `label`, `hints`,
/// `labels` and `trace` (both lists of places, labels with a `text`). Where a place is not known, its keys are null.
pub fn json(diagnostics: &[Diagnostic], sources: &dyn Sources) -> Value {
    let texts = Texts::new(sources);
    let one = |diagnostic: &Diagnostic| {
        let labels = diagnostic.labels.iter().map(|label| {
            let mut object = place(Some(&label.location), &texts);
            object.insert("text".to_owned(), label.text.as_str().into());
            Value::Object(object)
        });
        let trace = diagnostic.trace.iter().map(|step| Value::Object(place(Some(step), &texts)));
        let mut object = Map::new();
        object.insert("severity".to_owned(), diagnostic.severity.as_str().into());
        object.insert("code".to_owned(), diagnostic.code.as_str().into());
        object.insert("message".to_owned(), diagnostic.message.as_str().into());
        object.extend(place(diagnostic.primary.as_ref(), &texts));
        object.insert("label".to_owned(), json!(diagnostic.label));
        object.insert("hints".to_owned(), json!(diagnostic.hints));
        object.insert("labels".to_owned(), labels.collect());
        object.insert("trace".to_owned(), trace.collect());
        Value::Object(object)
    };
    diagnostics.iter().map(one).collect()
}

fn place(location: Option<&Location>, texts: &Texts<'_>) -> Map<String, Value> {
    let (start, end) = location.and_then(|location| texts.positions(location)).unzip();
    let mut object = Map::new();
    object.insert("file".to_owned(), location.map(|location| location.file.as_str()).into());
    object.insert("line".to_owned(), start.map(|start| start.line).into());
    object.insert("column".to_owned(), start.map(|start| start.column).into());
    object.insert("end_line".to_owned(), end.map(|end| end.line).into());
    object.insert("end_column".to_owned(), end.map(|end| end.column).into());
    object
}
