//! Takes out of a message what nobody else is to see.
//!
//! Messages of the server and of the database name tables and rules, which help, and values, which are somebody's: addresses, tokens, what was in a
//! query. A word that might be a value goes; a report that says too little is better than one that says too much.

/// The most bytes of a message that are reported.
const MOST: usize = 500;

/// The most lines of a stack, and the most bytes of one.
const MOST_FRAMES: usize = 20;
const MOST_FRAME: usize = 300;

/// Returns the message without values.
pub(crate) fn scrub(message: &str) -> String {
    // What the database tells beyond its message quotes rows.
    let message = message.split("; detail:").next().unwrap_or_default();
    let message = quoted(message);
    let words: Vec<String> = message.split(' ').map(word).collect();
    let mut out = words.join(" ");
    if out.len() > MOST {
        let end = (0..=MOST).rev().find(|end| out.is_char_boundary(*end)).unwrap_or(0);
        out.truncate(end);
        out.push('…');
    }
    out
}

/// Returns a URL or path without query and fragment, which may be anybody's.
pub(crate) fn without_query(url: &str) -> &str {
    url.split(['?', '#']).next().unwrap_or_default()
}

/// Returns the lines of a stack that say where, without the message that browsers write above them, and without queries.
pub(crate) fn frames(stack: &str) -> Vec<String> {
    // Chrome writes `at name (url:1:2)`, Firefox and Safari `name@url:1:2`.
    let is_frame =
        |line: &&str| line.starts_with("at ") || line.split_once('@').is_some_and(|(_, url)| url.contains("://"));
    stack.lines().map(str::trim).filter(is_frame).take(MOST_FRAMES).map(frame).collect()
}

/// Takes queries and fragments out of a line; what stands behind the last colons, line and column, stays.
fn frame(line: &str) -> String {
    let mut out = String::new();
    let mut is_query = false;
    for (at, c) in line.char_indices() {
        let ends = c.is_whitespace()
            || c == ')'
            || (c == ':' && line[at + 1..].trim_end_matches(')').bytes().all(|b| b.is_ascii_digit() || b == b':'));
        is_query = matches!(c, '?' | '#') || (is_query && !ends);
        if !is_query && out.len() < MOST_FRAME {
            out.push(c);
        }
    }
    out
}

/// Empties quotes and brackets around values: `syntax for type integer: "abc"`, `Key (email)=(a@b)`, `'abc'`. What stands in double quotes after
/// a word, not after a colon, is a name of the database's.
fn quoted(message: &str) -> String {
    let mut out = String::with_capacity(message.len());
    let mut rest = message;
    while let Some(at) = rest.find(['"', '\'', '(']) {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        let open = from.chars().next().unwrap_or_default();
        let close = if open == '(' { ')' } else { open };
        let is_value = match open {
            '(' => out.ends_with('='),
            '"' => out.trim_end().ends_with([':', '=']),
            // An apostrophe within a word quotes nothing.
            _ => !out.ends_with(char::is_alphanumeric),
        };
        out.push(open);
        rest = &from[open.len_utf8()..];
        if let Some(end) = rest.find(close).filter(|_| is_value) {
            out.push('…');
            out.push(close);
            rest = &rest[end + close.len_utf8()..];
        } else if is_value {
            // A quote that does not end may be cut off in the middle of a value.
            out.push('…');
            rest = "";
        }
    }
    out.push_str(rest);
    out
}

/// One word: what is an address, the value of something, or too long to be a word is taken out.
fn word(word: &str) -> String {
    let bare = word.trim_matches(|c: char| !c.is_alphanumeric());
    if bare.contains('@') {
        return "[address]".to_owned();
    }
    if let Some((before, _)) = word.split_once('?').filter(|(_, query)| query.contains('=')) {
        return format!("{before}?…");
    }
    if let Some((name, value)) = word.split_once('=').filter(|(name, value)| !name.is_empty() && !value.is_empty()) {
        return if value.starts_with('(') { word.to_owned() } else { format!("{name}=…") };
    }
    let has = |wanted: fn(char) -> bool| bare.chars().any(wanted);
    let is_token = bare.len() >= 20 && has(|c| c.is_ascii_digit()) && has(char::is_alphabetic);
    if is_token { "[token]".to_owned() } else { word.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_go_and_names_stay() {
        for (message, expected) in [
            (
                "the database refused: duplicate key value violates unique constraint \"account_email_key\" (SQLSTATE 23505); detail: Key (email)=(me@example.org) already exists.",
                "the database refused: duplicate key value violates unique constraint \"account_email_key\" (SQLSTATE 23505)",
            ),
            (
                "invalid input syntax for type integer: \"my secret\" here",
                "invalid input syntax for type integer: \"…\" here",
            ),
            ("value 'abc def' is odd, don't you think", "value '…' is odd, don't you think"),
            ("mail to <me.too@example.org>, now", "mail to [address] now"),
            ("sent to postgres://user:word@db/site", "sent to [address]"),
            ("Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln", "Bearer [token]"),
            ("__Host-session=q83vEjRWeJA; Path=/", "__Host-session=… Path=…"),
            ("asked for /api/notes?tag=secret&q=1", "asked for /api/notes?…"),
            ("Key (a)=(1) and open \"", "Key (a)=(…) and open \""),
            ("cut off: \"in the mid", "cut off: \"…"),
            ("no answer within 5000 ms", "no answer within 5000 ms"),
            (
                "could not connect to the database at db:5432: refused",
                "could not connect to the database at db:5432: refused",
            ),
        ] {
            assert_eq!(scrub(message), expected);
        }
    }

    #[test]
    fn a_stack_tells_where_and_nothing_else() {
        let stack = "TypeError: Cannot read 'me@example.org'\n    at send (https://site.test/js/main.js?token=a:b:12:5)\n    at https://site.test/js/x.js:3:4\n\
                     run@https://site.test/js/y.js#secret:1:2\nme@example.org was here\n   at Array.map (<anonymous>)";
        assert_eq!(
            frames(stack),
            [
                "at send (https://site.test/js/main.js:12:5)",
                "at https://site.test/js/x.js:3:4",
                "run@https://site.test/js/y.js:1:2",
                "at Array.map (<anonymous>)"
            ]
        );
        let long = format!("at {}\n", "x".repeat(1000)).repeat(100);
        let frames = frames(&long);
        assert_eq!((frames.len(), frames[0].len()), (MOST_FRAMES, MOST_FRAME));
        assert_eq!(without_query("/docs/?token=1#me"), "/docs/");
    }

    #[test]
    fn a_message_has_an_end() {
        let long = "ä ".repeat(1000);
        let scrubbed = scrub(&long);
        assert!(scrubbed.len() <= MOST + 4 && scrubbed.ends_with('…'));
    }
}
