//! Emoji shortcodes: `:rocket:` → 🚀.
//!
//! In: text of a page, never code. Out: the text with GitHub's shortcodes replaced; unknown ones stay as they are.
//! Deliberately not here: which text is code (the tree knows), emoticons such as `:-)`.

use std::borrow::Cow;

/// The longest shortcode is far shorter; text between two distant colons is not looked up.
const MAX_NAME: usize = 64;

/// Replaces the shortcodes of a text.
///
/// ```
/// assert_eq!(rivage::render::emoji::replace("to the :rocket:!"), "to the 🚀!");
/// ```
pub fn replace(text: &str) -> Cow<'_, str> {
    let Some(mut colon) = text.find(':') else { return Cow::Borrowed(text) };
    let mut out = String::new();
    let mut copied = 0;
    loop {
        let length = text.bytes().skip(colon + 1).take(MAX_NAME).take_while(|byte| is_name(*byte)).count();
        let end = colon + 1 + length;
        // `a:b:c` and `12:30:45` are no shortcodes, whatever stands between their colons.
        let in_word =
            |at: Option<usize>| at.and_then(|at| text.as_bytes().get(at)).is_some_and(u8::is_ascii_alphanumeric);
        let is_closed =
            text.as_bytes().get(end) == Some(&b':') && !in_word(colon.checked_sub(1)) && !in_word(Some(end + 1));
        match emojis::get_by_shortcode(&text[colon + 1..end]).filter(|_| is_closed && length > 0) {
            Some(emoji) => {
                out.push_str(&text[copied..colon]);
                out.push_str(emoji.as_str());
                copied = end + 1;
                colon = end + 1;
            }
            None => colon = end,
        }
        let Some(next) = text.get(colon..).and_then(|rest| rest.find(':')) else { break };
        colon += next;
    }
    if copied == 0 {
        return Cow::Borrowed(text);
    }
    out.push_str(&text[copied..]);
    Cow::Owned(out)
}

fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'+' | b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expect: &str) {
        assert_eq!(replace(text), expect);
    }

    #[test]
    fn known_shortcodes_are_replaced() {
        check(":rocket:", "🚀");
        check("a :tada::+1: b :-1:", "a 🎉👍 b 👎");
        check("é:heart:é", "é❤️é");
        check("::rocket::", ":🚀:");
    }

    #[test]
    fn all_else_stays() {
        for text in
            ["", "a", ":", "::", ":nosuchthing:", "localhost:4321", "12:30:45", ":rocket", "a:b:c", ":é:", ": rocket :"]
        {
            check(text, text);
            assert!(matches!(replace(text), Cow::Borrowed(_)));
        }
        check("at 12:30 :rocket:", "at 12:30 🚀");
        let long = format!(":{} :rocket:", "a".repeat(100));
        check(&long, &format!(":{} 🚀", "a".repeat(100)));
    }
}
