//! An SQL file → its statements, since the protocol takes one at a time.
//!
//! In: text. Out: statements with their places, without the semicolons between them. It knows what a semicolon may stand in: strings of all kinds,
//! comments, `begin atomic … end`. Deliberately not here: whether a statement is right, which the database says.

/// A statement of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Statement<'t> {
    pub(super) text: &'t str,
    /// Where it begins in the file.
    pub(super) start: usize,
}

/// Splits a file. What does not end reaches to the end of the file, and the database says what is wrong with it.
pub(super) fn split(text: &str) -> Vec<Statement<'_>> {
    let bytes = text.as_bytes();
    let mut statements = Vec::new();
    // Where the statement begins: at its first word, not in a comment before it.
    let mut start = None;
    let mut at = 0;
    // How deep within `begin atomic`; `case` and `begin` go deeper, `end` comes back.
    let mut depth = 0_usize;
    let mut last_word = String::new();
    while at < bytes.len() {
        let rest = &text[at..];
        let length = match bytes[at] {
            b';' if depth == 0 => {
                push(&mut statements, text, start.take(), at);
                last_word.clear();
                at += 1;
                continue;
            }
            byte if byte.is_ascii_whitespace() => {
                at += 1;
                continue;
            }
            b'-' if rest.starts_with("--") => {
                at += rest.find('\n').unwrap_or(rest.len());
                continue;
            }
            b'/' if rest.starts_with("/*") => {
                at += comment(rest);
                continue;
            }
            b'\'' => quoted(rest, b'\'', last_word == "e" && text[..at].ends_with(['e', 'E'])),
            b'"' => quoted(rest, b'"', false),
            b'$' => dollar(rest).unwrap_or(1),
            byte if byte.is_ascii_alphabetic() || byte == b'_' || byte >= 0x80 => {
                let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '$')).unwrap_or(rest.len());
                let word = rest[..end].to_ascii_lowercase();
                depth = match word.as_str() {
                    "atomic" if last_word == "begin" => depth + 1,
                    "case" if depth > 0 => depth + 1,
                    "end" => depth.saturating_sub(1),
                    _ => depth,
                };
                last_word = word;
                end
            }
            _ => 1,
        };
        start.get_or_insert(at);
        at += length;
        while !text.is_char_boundary(at) {
            at += 1;
        }
    }
    push(&mut statements, text, start, text.len());
    statements
}

fn push<'t>(statements: &mut Vec<Statement<'t>>, text: &'t str, start: Option<usize>, end: usize) {
    if let Some(start) = start {
        statements.push(Statement { text: text[start..end].trim_end(), start });
    }
}

/// The length of a comment; they nest.
fn comment(rest: &str) -> usize {
    let bytes = rest.as_bytes();
    let (mut at, mut depth) = (0, 0);
    while at + 1 < bytes.len() {
        match &bytes[at..at + 2] {
            b"/*" => (at, depth) = (at + 2, depth + 1),
            b"*/" => (at, depth) = (at + 2, depth - 1),
            _ => at += 1,
        }
        if depth == 0 {
            return at;
        }
    }
    rest.len()
}

/// The length of a string or a quoted name. A doubled quote stands for one; with escapes, so does one after a backslash.
fn quoted(rest: &str, quote: u8, has_escapes: bool) -> usize {
    let bytes = rest.as_bytes();
    let mut at = 1;
    while at < bytes.len() {
        let is_escape = bytes[at] == b'\\' && has_escapes;
        if is_escape || (bytes[at] == quote && bytes.get(at + 1) == Some(&quote)) {
            at += 2;
        } else if bytes[at] == quote {
            return at + 1;
        } else {
            at += 1;
        }
    }
    rest.len()
}

/// The length of `$tag$ … $tag$`; none where it is a parameter or nothing of the kind.
fn dollar(rest: &str) -> Option<usize> {
    let end = rest[1..].find('$')? + 2;
    let tag = &rest[1..end - 1];
    let is_tag = !tag.starts_with(|c: char| c.is_ascii_digit()) && tag.chars().all(|c| c.is_alphanumeric() || c == '_');
    is_tag.then(|| rest[end..].find(&rest[..end]).map_or(rest.len(), |at| end + at + end))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[&str]) {
        let found = split(text);
        let texts: Vec<_> = found.iter().map(|statement| statement.text).collect();
        assert_eq!(texts, expected, "{text}");
        for statement in found {
            assert!(text[statement.start..].starts_with(statement.text));
        }
    }

    #[test]
    fn semicolons_separate() {
        check("", &[]);
        check(" ;; \n", &[]);
        check("select 1; select 2 ;\n", &["select 1", "select 2"]);
        check("-- a; b\nselect 1 -- c;\n; /* d; /* e; */ f; */ select 2", &["select 1 -- c;", "select 2"]);
    }

    #[test]
    fn semicolons_within_strings_do_not() {
        check(
            "select 'a;''b;', e'c\\';d'; select 'e\\'; select 3",
            &["select 'a;''b;', e'c\\';d'", "select 'e\\'", "select 3"],
        );
        check("select \"a;\"\"b\"; select 2", &["select \"a;\"\"b\"", "select 2"]);
        check(
            "do $$ begin; end $$; do $x$ $$ ; $x$; select $1; select 2",
            &["do $$ begin; end $$", "do $x$ $$ ; $x$", "select $1", "select 2"],
        );
        check("select 'ü;é'; select 'never ends; really", &["select 'ü;é'", "select 'never ends; really"]);
    }

    #[test]
    fn bodies_of_functions_do_not_either() {
        check(
            "create function f() returns int language sql begin atomic select 1; select case when true then 1 end; end; select 2",
            &[
                "create function f() returns int language sql begin atomic select 1; select case when true then 1 end; end",
                "select 2",
            ],
        );
        check("begin; select 1; end; select 2", &["begin", "select 1", "end", "select 2"]);
        check(
            "create function f() returns int return case when true then 1 else 2 end; select 2",
            &["create function f() returns int return case when true then 1 else 2 end", "select 2"],
        );
    }
}
