//! A line of the header → words with their places.

use rivage_diag::Span;

/// A word of the header. Quotes are removed from `text`, not from `span`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Word {
    pub(super) text: String,
    pub(super) span: Span,
}

/// Splits a part of the file into words.
///
/// Spaces within parentheses belong to a word (`enum(new, old)`), and so do those within single quotes, where they stand at the word's
/// beginning (`'a b'`; a doubled quote stands for one).
///
/// # Errors
/// The place of a quote that is not closed.
pub(super) fn split(text: &str, range: Span) -> Result<Vec<Word>, Span> {
    let mut words = Vec::new();
    let end = range.end as usize;
    let mut chars = text[range.range()].char_indices().map(|(at, c)| (at + range.start as usize, c)).peekable();
    while let Some(&(start, c)) = chars.peek() {
        if c.is_whitespace() {
            chars.next();
            continue;
        }
        if c == '\'' {
            chars.next();
            let mut value = String::new();
            loop {
                match chars.next() {
                    None => return Err(Span::new(start, start + 1)),
                    Some((_, '\'')) if matches!(chars.peek(), Some((_, '\''))) => {
                        chars.next();
                        value.push('\'');
                    }
                    Some((at, '\'')) => {
                        words.push(Word { text: value, span: Span::new(start, at + 1) });
                        break;
                    }
                    Some((_, c)) => value.push(c),
                }
            }
            continue;
        }
        let mut depth = 0usize;
        let mut word_end = end;
        while let Some(&(at, c)) = chars.peek() {
            match c {
                '(' => depth += 1,
                ')' => depth = depth.saturating_sub(1),
                c if c.is_whitespace() && depth == 0 => {
                    word_end = at;
                    break;
                }
                _ => {}
            }
            chars.next();
        }
        words.push(Word { text: text[start..word_end].trim_end().to_owned(), span: Span::new(start, word_end) });
    }
    Ok(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expect: &[&str]) {
        let words = split(text, Span::new(0, text.len())).expect("quotes are closed");
        assert_eq!(words.iter().map(|word| word.text.as_str()).collect::<Vec<_>>(), expect);
    }

    #[test]
    fn words_end_at_spaces_outside_of_parentheses_and_quotes() {
        check("  sort enum(new, old)  query", &["sort", "enum(new, old)", "query"]);
        check("default 'it''s new' x", &["default", "it's new", "x"]);
        check("pattern ^(a|b)$", &["pattern", "^(a|b)$"]);
        assert_eq!(split("a 'b", Span::new(0, 4)), Err(Span::new(2, 3)));
    }
}
