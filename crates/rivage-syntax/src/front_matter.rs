//! The fence at the start of a file: `---` (YAML) or `+++` (TOML).
//!
//! In: the text of a file. Out: which language, the span of what is between the fences, where the body starts.
//! Deliberately not here: reading the data ([`crate::data`]) and its meaning (the `rivage` crate's `parse` stage).

use crate::{Diagnostic, FileId, Span};

/// The language of front matter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// Between `---` lines.
    Yaml,
    /// Between `+++` lines.
    Toml,
}

/// The fence of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fence {
    /// The language; none if the file has no front matter.
    pub language: Option<Language>,
    /// What is between the fences, with its last line end.
    pub content: Span,
    /// Where the body starts (after a BOM, and after the closing fence and its line end).
    pub body_start: usize,
}

/// Finds the front matter of a file. A fence that never ends is an error if what follows it looks like front matter;
/// all of the text is then body.
pub fn split(file: &FileId, text: &str) -> (Fence, Vec<Diagnostic>) {
    let start = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let none = Fence { language: None, content: Span::at(start), body_start: start };
    let first = text[start..].split_inclusive('\n').next().unwrap_or_default();
    let fence = first.trim_end();
    let language = match fence {
        "---" => Language::Yaml,
        "+++" => Language::Toml,
        _ => return (none, Vec::new()),
    };
    let content_start = start + first.len();
    let mut line_start = content_start;
    for line in text[content_start..].split_inclusive('\n') {
        let line_end = line_start + line.len();
        if line.trim_end() == fence {
            let content = Span::new(content_start, line_start);
            return (Fence { language: Some(language), content, body_start: line_end }, Vec::new());
        }
        line_start = line_end;
    }
    let span = Span::new(start, start + fence.len());
    let problems = match language {
        // A thematic break may well be the first line of a page.
        Language::Yaml if !begins_with_key(&text[content_start..]) => Vec::new(),
        _ => vec![never_ends(file, span, fence)],
    };
    (none, problems)
}

/// Reports whether the first line that is not blank looks like `key:`.
fn begins_with_key(text: &str) -> bool {
    let Some(line) = text.lines().find(|line| !line.trim().is_empty()) else { return false };
    let Some((key, value)) = line.split_once(':') else { return false };
    let is_word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '"' | '\'');
    !key.is_empty() && key.chars().all(is_word) && (value.is_empty() || value.starts_with(char::is_whitespace))
}

fn never_ends(file: &FileId, span: Span, fence: &str) -> Diagnostic {
    Diagnostic::error("unclosed-front-matter", "the front matter never ends")
        .at(file, span)
        .with_label("begins here")
        .with_hint(format!("close it with a line `{fence}`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, content: Option<&str>, body: &str) {
        let (fence, problems) = split(&FileId::from("a.md"), text);
        assert_eq!(problems, [], "{text:?}");
        assert_eq!(fence.language.map(|_| &text[fence.content.range()]), content, "{text:?}");
        assert_eq!(&text[fence.body_start..], body, "{text:?}");
    }

    fn check_error(text: &str) {
        let (fence, problems) = split(&FileId::from("a.md"), text);
        let codes: Vec<&str> = problems.iter().map(|problem| problem.code.as_str()).collect();
        assert_eq!(codes, ["unclosed-front-matter"], "{text:?}");
        assert_eq!((fence.language, fence.body_start), (None, 0), "all of the text is body");
        assert_eq!(problems[0].primary.as_ref().map(|place| place.span), Some(Span::new(0, 3)));
    }

    #[test]
    fn front_matter_stands_between_fences() {
        check("---\na: 1\n---\nb\n", Some("a: 1\n"), "b\n");
        check("+++\na = 1\n+++\nb\n", Some("a = 1\n"), "b\n");
        check("\u{feff}---\na: 1\n---\nb", Some("a: 1\n"), "b");
        check("---  \na: 1\n--- \nb", Some("a: 1\n"), "b");
        check("---\r\na: 1\r\n---\r\nb", Some("a: 1\r\n"), "b");
    }

    #[test]
    fn it_may_begin_with_a_blank_line() {
        check("---\n\na: 1\n---\nb", Some("\na: 1\n"), "b");
    }

    #[test]
    fn it_may_be_empty_and_end_with_the_file() {
        check("---\n---\nb", Some(""), "b");
        check("---\n---", Some(""), "");
        check("---\na: 1\n---", Some("a: 1\n"), "");
    }

    #[test]
    fn it_stands_only_at_the_very_start() {
        check("", None, "");
        check("a\n---\nb: 1\n---\n", None, "a\n---\nb: 1\n---\n");
        check("\n---\nb: 1\n---\n", None, "\n---\nb: 1\n---\n");
        check(" ---\nb: 1\n---\n", None, " ---\nb: 1\n---\n");
        check("----\nb: 1\n----\n", None, "----\nb: 1\n----\n");
        check("\u{feff}a", None, "a");
    }

    #[test]
    fn a_line_that_only_begins_like_a_fence_does_not_end_it() {
        check("---\na: 1\n---b\n --- \n---\nc", Some("a: 1\n---b\n --- \n"), "c");
    }

    #[test]
    fn a_thematic_break_is_no_front_matter() {
        check("---", None, "---");
        check("---\n", None, "---\n");
        check("---\n\nSome text: and more.\n", None, "---\n\nSome text: and more.\n");
    }

    #[test]
    fn a_fence_that_never_ends_is_reported() {
        check_error("---\ntitle: A\n\n# Text\n");
        check_error("---\n\ntitle: A");
        check_error("+++\ntitle = \"A\"\n");
        check_error("+++");
    }
}
