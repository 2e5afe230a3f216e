//! Names as they stand in URLs.
//!
//! In: titles, terms, file names. Out: one part of a path. The same text gives the same slug on every machine.
//! Deliberately not here: percent-encoding (URL paths are kept as Unicode), uniqueness.

use std::borrow::Cow;

use unicode_segmentation::UnicodeSegmentation;

/// Makes a slug of a title or term, as GitHub does for headings: lower case, letters and digits of every script, `-` for
/// spaces, no punctuation but `-` and `_`.
///
/// Text without any letter or digit gives the code points of its characters, so that a slug is empty only where
/// the text is.
pub fn slugify(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    // Whole graphemes, so that an accent or vowel sign stays with its letter.
    for grapheme in text.trim().graphemes(true) {
        let Some(first) = grapheme.chars().next() else { continue };
        if first.is_whitespace() {
            out.push('-');
        } else if first.is_alphanumeric() || first == '-' || first == '_' {
            out.extend(grapheme.chars().filter(|c| !is_format(*c)).flat_map(char::to_lowercase));
        }
    }
    if out.chars().any(|c| c != '-') {
        return out;
    }
    let points = text.trim().chars().filter(|c| !c.is_whitespace()).map(|c| format!("u{:x}", u32::from(c)));
    points.collect::<Vec<_>>().join("-")
}

/// Makes a part of a path of a file name without its extension: as written, with `-` for spaces.
pub fn file_name(name: &str) -> String {
    name.split_whitespace().collect::<Vec<_>>().join("-")
}

/// Returns a text in lower case.
pub fn lower(text: &str) -> Cow<'_, str> {
    let is_lower = text.bytes().all(|byte| byte.is_ascii() && !byte.is_ascii_uppercase());
    if is_lower { Cow::Borrowed(text) } else { Cow::Owned(text.to_lowercase()) }
}

/// Makes a title of a file name: `getting-started` becomes `Getting started`.
pub fn humanize(name: &str) -> String {
    let words = name.split(['-', '_', ' ']).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    let mut chars = words.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

/// Splits a date off the front of a file name: `2026-11-23-title` is the day and `title`.
pub fn split_date(name: &str) -> (Option<jiff::civil::Date>, &str) {
    let split = || {
        let (date, rest) = (name.get(..10)?, name.get(10..)?);
        let rest = rest.strip_prefix(['-', '_', ' ']).filter(|rest| !rest.is_empty())?;
        // The parser knows more ways to write a day than file names should have.
        let digits = date
            .bytes()
            .enumerate()
            .all(|(at, byte)| if at == 4 || at == 7 { byte == b'-' } else { byte.is_ascii_digit() });
        let day: jiff::civil::Date = date.parse().ok().filter(|_| digits)?;
        Some((day, rest))
    };
    match split() {
        Some((day, rest)) => (Some(day), rest),
        None => (None, name),
    }
}

/// Joiners and selectors: they change how the characters around them look and say nothing themselves.
fn is_format(c: char) -> bool {
    matches!(c, '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{20e3}' | '\u{2060}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, slug: &str) {
        assert_eq!(slugify(text), slug, "{text:?}");
    }

    #[test]
    fn slugs_are_those_of_github() {
        check("Getting Started", "getting-started");
        check("What's new? (v1.2)", "whats-new-v12");
        check("a & b", "a--b");
        check("snake_case-and-dash", "snake_case-and-dash");
        check("  padded ", "padded");
    }

    #[test]
    fn letters_of_every_script_stay() {
        check("Über Größe", "über-größe");
        check("日本語 入門", "日本語-入門");
        check("हिन्दी", "हिन्दी");
        check("e\u{301}te\u{301}", "e\u{301}te\u{301}");
        check("1\u{fe0f}\u{20e3} first", "1-first");
    }

    #[test]
    fn a_slug_is_never_empty() {
        check("++", "u2b-u2b");
        check("🚀", "u1f680");
        check("- -", "u2d-u2d");
        check("", "");
    }

    #[test]
    fn file_names_stay_as_written() {
        assert_eq!(file_name("My  Page v1.2"), "My-Page-v1.2");
        assert_eq!(humanize("getting-started"), "Getting started");
        assert_eq!(humanize("état_civil"), "État civil");
    }

    #[test]
    fn dates_are_split_off() {
        let check = |name, day: Option<&str>, rest| {
            assert_eq!(split_date(name), (day.map(|day| day.parse().unwrap()), rest), "{name}");
        };
        check("2026-11-23-title", Some("2026-11-23"), "title");
        check("2026-11-23_title", Some("2026-11-23"), "title");
        check("2026-11-23", None, "2026-11-23");
        check("2026-13-23-title", None, "2026-13-23-title");
        check("2026-11-2é-title", None, "2026-11-2é-title");
        check("title", None, "title");
    }
}
