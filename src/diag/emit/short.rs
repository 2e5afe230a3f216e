//! Diagnostics as one line each: `file:line:col: error[code]: message`, as editors and grep like them.

use rivage_diag::Diagnostic;

use super::Sources;
use super::text::Texts;

/// Returns one line for each diagnostic.
pub fn short(diagnostics: &[Diagnostic], sources: &dyn Sources) -> String {
    let texts = Texts::new(sources);
    diagnostics.iter().fold(String::new(), |mut out, diagnostic| {
        if let Some(place) = &diagnostic.primary {
            out += &texts.show(place);
            out += ": ";
        }
        out += &format!("{}[{}]: ", diagnostic.severity.as_str(), diagnostic.code);
        // A message may quote text of several lines.
        out += &diagnostic.message.replace(['\n', '\r'], " ");
        out.push('\n');
        out
    })
}
