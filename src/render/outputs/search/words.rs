//! Text → words, as they stand in the index.
//!
//! Lower case, compatibility forms decomposed, accents dropped; letters, digits and the marks of scripts that need them make words. In scripts
//! that do not part words (Chinese, Japanese, Thai…) every two neighbouring characters are a word. The client does the same in its `words`.

use icu_normalizer::DecomposingNormalizerBorrowed;
use icu_properties::CodePointMapData;
use icu_properties::props::{GeneralCategory, GeneralCategoryGroup};

/// Characters of a word; longer ones are hashes and the like, which nobody types.
const LONGEST: usize = 40;

/// Calls `visit` with each word of a text, in order.
pub fn words(text: &str, mut visit: impl FnMut(&str)) {
    if text.is_ascii() {
        let mut lower = String::new();
        let mut start = 0;
        while let Some(length) = text.as_bytes()[start..].iter().position(u8::is_ascii_alphanumeric) {
            start += length;
            let end = text.as_bytes()[start..].iter().position(|byte| !byte.is_ascii_alphanumeric());
            let word = &text[start..end.map_or(text.len(), |end| start + end)];
            start += word.len();
            if word.len() > LONGEST {
                continue;
            }
            if word.bytes().any(|byte| byte.is_ascii_uppercase()) {
                lower.clear();
                lower.push_str(word);
                lower.make_ascii_lowercase();
                visit(&lower);
            } else {
                visit(word);
            }
        }
        return;
    }
    let folded: String = DecomposingNormalizerBorrowed::new_nfkd()
        .normalize_iter(text.chars().flat_map(char::to_lowercase))
        .filter(|c| !('\u{300}'..='\u{36f}').contains(c))
        .collect();
    for run in folded.split(|c| !is_word(c)).filter(|run| !run.is_empty()) {
        let mut rest = run;
        while let Some(first) = rest.chars().next() {
            let dense = is_dense(first);
            let end = rest.find(|c| is_dense(c) != dense).unwrap_or(rest.len());
            let (part, after) = rest.split_at(end);
            rest = after;
            if dense {
                pairs(part, &mut visit);
            } else if part.chars().count() <= LONGEST {
                visit(part);
            }
        }
    }
}

fn pairs(part: &str, visit: &mut impl FnMut(&str)) {
    let starts: Vec<usize> = part.char_indices().map(|(at, _)| at).chain([part.len()]).collect();
    if starts.len() == 2 {
        visit(part);
    }
    for ends in starts.windows(3) {
        visit(&part[ends[0]..ends[2]]);
    }
}

fn is_word(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_alphanumeric();
    }
    c.is_alphanumeric() || GeneralCategoryGroup::Mark.contains(CodePointMapData::<GeneralCategory>::new().get(c))
}

/// Scripts that write words without spaces.
fn is_dense(c: char) -> bool {
    matches!(
        c,
        '\u{e00}'..='\u{eff}'
            | '\u{1000}'..='\u{109f}'
            | '\u{1780}'..='\u{17ff}'
            | '\u{3040}'..='\u{30ff}'
            | '\u{3400}'..='\u{9fff}'
            | '\u{20000}'..='\u{3ffff}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[&str]) {
        let mut found = Vec::new();
        words(text, |word| found.push(word.to_owned()));
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn words_are_folded() {
        check("Hello, WORLD! it's v2.0 snake_case", &["hello", "world", "it", "s", "v2", "0", "snake", "case"]);
        check("Crème Brûlée — ÉTÉ", &["creme", "brulee", "ete"]);
        check("ﬁsh Straße ½", &["fish", "straße", "1", "2"]);
        check("Привет, мир", &["привет", "мир"]);
        check("हिन्दी", &["हिन्दी"]);
        check("", &[]);
    }

    #[test]
    fn scripts_without_spaces_give_pairs() {
        check("搜索引擎", &["搜索", "索引", "引擎"]);
        check("Rust语言 a字", &["rust", "语言", "a", "字"]);
    }

    #[test]
    fn endless_words_are_left_out() {
        check(&format!("a {} b", "x".repeat(41)), &["a", "b"]);
        check(&format!("é {} b", "x".repeat(41)), &["e", "b"]);
    }
}
