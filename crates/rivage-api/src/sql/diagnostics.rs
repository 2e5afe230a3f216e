//! The wording of what is wrong with route files.

use rivage_diag::{Diagnostic, FileId, Span};

/// Makes the diagnostics of one file.
pub(super) struct Report<'a> {
    pub(super) file: &'a FileId,
    pub(super) found: Vec<Diagnostic>,
}

impl Report<'_> {
    pub(super) fn error(&mut self, code: &str, span: Span, message: impl Into<String>) -> &mut Diagnostic {
        self.add(Diagnostic::error(code, message).at(self.file, span))
    }

    pub(super) fn warning(&mut self, code: &str, span: Span, message: impl Into<String>) -> &mut Diagnostic {
        self.add(Diagnostic::warning(code, message).at(self.file, span))
    }

    fn add(&mut self, diagnostic: Diagnostic) -> &mut Diagnostic {
        self.found.push(diagnostic);
        let last = self.found.len() - 1;
        &mut self.found[last]
    }
}

/// Adds to a diagnostic that stands in a report already.
pub(super) trait Amend {
    fn hint(&mut self, text: impl Into<String>) -> &mut Self;
    /// Names the nearest of `names`, or all of them where none is near and they are few.
    fn nearest<'n>(&mut self, wanted: &str, names: impl IntoIterator<Item = &'n str>) -> &mut Self;
    fn also(&mut self, file: &FileId, span: Span, text: &str) -> &mut Self;
}

impl Amend for Diagnostic {
    fn hint(&mut self, text: impl Into<String>) -> &mut Self {
        self.hints.push(text.into());
        self
    }

    fn nearest<'n>(&mut self, wanted: &str, names: impl IntoIterator<Item = &'n str>) -> &mut Self {
        let names: Vec<&str> = names.into_iter().collect();
        let near = names.iter().map(|name| (strsim::damerau_levenshtein(wanted, name), name)).min();
        match near {
            Some((distance, name)) if distance <= wanted.len().div_ceil(3).min(wanted.len() / 2) => {
                self.hint(format!("a similar name exists: `{name}`"))
            }
            _ if names.is_empty() => self,
            _ => {
                let list: Vec<String> = names.iter().take(12).map(|name| format!("`{name}`")).collect();
                self.hint(format!("possible: {}", list.join(", ")))
            }
        }
    }

    fn also(&mut self, file: &FileId, span: Span, text: &str) -> &mut Self {
        self.labels
            .push(rivage_diag::Label { location: rivage_diag::Location::new(file, span), text: text.to_owned() });
        self
    }
}
