//! The wording of what is wrong with a block of code.

use rivage_diag::{Diagnostic, FileId, Span};

use super::meta::Problem;

pub(super) fn unknown_language(file: &FileId, span: Span, name: &str, nearest: Option<&str>) -> Diagnostic {
    Diagnostic::warning("unknown-language", format!("no language is named `{name}`"))
        .at(file, span)
        .with_label("shown without highlighting")
        .with_hint_if(nearest.map(|nearest| format!("a language with a similar name exists: `{nearest}`")))
        .with_hint(format!(
            "write `text`, or name a language that is highlighted the same way in `[code.aliases]`: `{name} = \"…\"`"
        ))
}

pub(super) fn meta(file: &FileId, span: Span, problem: &Problem) -> Diagnostic {
    let (message, hint) = match problem {
        Problem::TooLong => {
            ("what follows the fence's language is too long to be read".to_owned(), "move it into the block")
        }
        Problem::Lines(text) => {
            (format!("`{text}` is no list of lines"), "write line numbers and ranges such as `{1,3-4}`")
        }
        Problem::Unclosed(text) => (format!("`{text}` is never closed"), "close the quote or brace, or remove it"),
        Problem::Regexp(text) => {
            (format!("`{text}` is no regular expression"), "mend it, or quote it to mark its text")
        }
        Problem::Value { key, value, expected } => {
            return Diagnostic::warning("code-meta", format!("`{key}` cannot be `{value}`"))
                .at(file, span)
                .with_hint(format!("write {expected}"));
        }
    };
    Diagnostic::warning("code-meta", message).at(file, span).with_hint(hint)
}
