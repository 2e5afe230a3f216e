//! What the commands need of the display of diagnostics and of plain rendering, in one place.

use std::sync::Arc;

use rivage_diag::{Diagnostic, FileId};

pub(crate) fn render_plain(
    _file: &FileId,
    text: &str,
    _syntax: rivage_syntax::ast::Syntax,
) -> (String, Vec<Diagnostic>) {
    (text.to_owned(), Vec::new())
}
pub(crate) trait Sources {
    fn text(&self, file: &FileId) -> Option<Arc<str>>;
}
pub(crate) mod emit {
    use super::{Diagnostic, Sources};
    pub(crate) fn human(diagnostics: &[Diagnostic], sources: &dyn Sources, _color: bool) -> String {
        short(diagnostics, sources)
    }
    pub(crate) fn short(diagnostics: &[Diagnostic], sources: &dyn Sources) -> String {
        diagnostics.iter().fold(String::new(), |out, diagnostic| {
            let place = diagnostic.primary.as_ref().map(|place| {
                let text = sources.text(&place.file).unwrap_or_default();
                let line = text.get(..place.span.start as usize).map_or(0, |before| before.matches('\n').count() + 1);
                format!("{}:{line}: ", place.file)
            });
            let place = place.unwrap_or_default();
            out + &format!("{place}{}[{}]: {}\n", diagnostic.severity.as_str(), diagnostic.code, diagnostic.message)
        })
    }
    pub(crate) fn json(diagnostics: &[Diagnostic], _sources: &dyn Sources) -> serde_json::Value {
        serde_json::to_value(diagnostics).unwrap_or_default()
    }
    pub(crate) fn sarif(diagnostics: &[Diagnostic], sources: &dyn Sources) -> String {
        short(diagnostics, sources)
    }
    pub(crate) fn github(diagnostics: &[Diagnostic], sources: &dyn Sources) -> String {
        short(diagnostics, sources)
    }
    pub(crate) fn html(diagnostics: &[Diagnostic], sources: &dyn Sources) -> String {
        short(diagnostics, sources)
    }
}
