//! Ids of one page: slugs of headings as GitHub makes them, each given once.
//!
//! In: texts of headings and ids that authors chose. Out: unique ids. Deliberately not here: links to them.

use rivage_diag::Location;
use rustc_hash::{FxHashMap, FxHashSet};

/// The ids of a page.
#[derive(Debug, Default)]
pub(super) struct Ids {
    /// Ids that authors have written further down: no generated one may take them.
    reserved: FxHashSet<String>,
    /// Every id that was given, and where it was written.
    given: FxHashMap<String, Location>,
    /// How often a slug was asked for.
    counts: FxHashMap<String, usize>,
    /// Every id in order.
    pub(super) order: Vec<String>,
}

impl Ids {
    /// Keeps an id for the author's own use.
    pub(super) fn reserve(&mut self, id: &str) {
        self.reserved.insert(id.to_owned());
    }

    /// Notes an id that the author wrote. Returns where it was written before, if it was.
    pub(super) fn take(&mut self, id: &str, location: Location) -> Option<Location> {
        if let Some(first) = self.given.get(id) {
            return Some(first.clone());
        }
        self.given.insert(id.to_owned(), location);
        self.order.push(id.to_owned());
        None
    }

    /// Makes an id of a text.
    pub(super) fn make(&mut self, text: &str, location: Location) -> String {
        let slug = slug(text);
        let slug = if slug.is_empty() { "section".to_owned() } else { slug };
        let count = self.counts.entry(slug.clone()).or_insert(0);
        let id = loop {
            let id = if *count == 0 { slug.clone() } else { format!("{slug}-{count}") };
            *count += 1;
            if !self.reserved.contains(&id) && !self.given.contains_key(&id) {
                break id;
            }
        };
        self.given.insert(id.clone(), location);
        self.order.push(id.clone());
        id
    }
}

/// Makes a slug as GitHub does: lower case, spaces as dashes, without punctuation.
pub(super) fn slug(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.trim().chars().flat_map(char::to_lowercase) {
        if character.is_alphanumeric() || matches!(character, '-' | '_') || is_mark(character) {
            out.push(character);
        } else if character == ' ' {
            out.push('-');
        }
    }
    out
}

/// Combining marks belong to the letter before them (in Hindi and Thai, whole vowels are such marks).
fn is_mark(character: char) -> bool {
    matches!(character,
        '\u{0300}'..='\u{036f}' | '\u{0591}'..='\u{05c7}' | '\u{0610}'..='\u{061a}' | '\u{064b}'..='\u{065f}'
        | '\u{0900}'..='\u{0903}' | '\u{093a}'..='\u{094f}' | '\u{0981}'..='\u{0983}' | '\u{09bc}'..='\u{09cd}'
        | '\u{0a01}'..='\u{0a51}' | '\u{0b82}' | '\u{0bbe}'..='\u{0bcd}' | '\u{0c00}'..='\u{0c04}'
        | '\u{0c3e}'..='\u{0c56}' | '\u{0d3e}'..='\u{0d4d}' | '\u{0e31}' | '\u{0e34}'..='\u{0e3a}'
        | '\u{0e47}'..='\u{0e4e}' | '\u{0eb1}' | '\u{0eb4}'..='\u{0ebc}' | '\u{0ec8}'..='\u{0ecd}'
        | '\u{102b}'..='\u{103e}' | '\u{17b4}'..='\u{17d3}' | '\u{1dc0}'..='\u{1dff}' | '\u{20d0}'..='\u{20ff}'
        | '\u{fe20}'..='\u{fe2f}')
}

#[cfg(test)]
mod tests {
    use rivage_diag::{FileId, Span};

    use super::*;

    #[test]
    fn slugs_are_those_of_github() {
        for (text, expect) in [
            ("Hello, World!", "hello-world"),
            ("  A  b ", "a--b"),
            ("`astro.config.mjs` & more", "astroconfigmjs--more"),
            ("Größe_2 – Ø", "größe_2--ø"),
            ("日本語 のページ", "日本語-のページ"),
            ("!?", ""),
        ] {
            assert_eq!(slug(text), expect, "{text}");
        }
    }

    #[test]
    fn ids_are_unique() {
        let here = || Location::new(&FileId::from("a.md"), Span::default());
        let mut ids = Ids::default();
        ids.reserve("a-1");
        assert_eq!(ids.make("A", here()), "a");
        assert_eq!(ids.make("A", here()), "a-2");
        assert_eq!(ids.take("a-1", here()), None);
        assert_eq!(ids.take("a-1", here()), Some(here()));
        assert_eq!(ids.make("!", here()), "section");
        assert_eq!(ids.order, ["a", "a-2", "a-1", "section"]);
    }
}
