//! Diagnostics as workflow commands of GitHub Actions, which shows them beside the changed lines.

use rivage_diag::Diagnostic;

use super::Sources;
use super::text::Texts;

/// Returns one `::error …::message` or `::warning …::message` line for each diagnostic.
pub fn github(diagnostics: &[Diagnostic], sources: &dyn Sources) -> String {
    let texts = Texts::new(sources);
    diagnostics.iter().fold(String::new(), |mut out, diagnostic| {
        let mut properties = Vec::new();
        if let Some(place) = &diagnostic.primary {
            properties.push(format!("file={}", property(place.file.as_str())));
            if let Some((start, end)) = texts.positions(place) {
                properties.push(format!("line={},endLine={},col={}", start.line, end.line, start.column));
                // GitHub takes an end column only within one line.
                if start.line == end.line && end.column > start.column {
                    properties.push(format!("endColumn={}", end.column));
                }
            }
        }
        properties.push(format!("title={}", property(&diagnostic.code)));
        let text = diagnostic.hints.iter().fold(diagnostic.message.clone(), |text, hint| text + "\nhelp: " + hint);
        out += &format!("::{} {}::{}\n", diagnostic.severity.as_str(), properties.join(","), data(&text));
        out
    })
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
