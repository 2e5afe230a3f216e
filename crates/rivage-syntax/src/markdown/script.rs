//! Where a piece of JavaScript ends, by its brackets alone.
//!
//! In: bytes and the place of a `{`. Out: the place after its `}`. Strings, templates and comments are skipped; text of JSX is taken
//! for code. For places and limits only: what is an expression oxc decides. Deliberately not here: everything else.

/// Returns the end of the braces that open at `open`, or none if they are never closed.
pub(super) fn braces_end(bytes: &[u8], open: usize) -> Option<usize> {
    // What is open: a brace, or a template (whose `${` is closed by a brace, too).
    let mut stack = vec![b'{'];
    let mut at = open + 1;
    while at < bytes.len() {
        if stack.last() == Some(&b'`') {
            match bytes[at] {
                b'\\' => at += 1,
                b'`' => {
                    stack.pop();
                }
                b'$' if bytes.get(at + 1) == Some(&b'{') => {
                    stack.push(b'{');
                    at += 1;
                }
                _ => {}
            }
            at += 1;
            continue;
        }
        match bytes[at] {
            b'{' => stack.push(b'{'),
            b'`' => stack.push(b'`'),
            b'}' => {
                stack.pop();
                if stack.is_empty() {
                    return Some(at + 1);
                }
            }
            quote @ (b'"' | b'\'') => at = string_end(bytes, at, quote).unwrap_or(at),
            b'/' if bytes.get(at + 1) == Some(&b'*') => {
                at += 2 + bytes.get(at + 2..)?.windows(2).position(|pair| pair == b"*/")? + 1;
            }
            b'/' if bytes.get(at + 1) == Some(&b'/') && bytes[at - 1] != b':' => {
                at += bytes[at..].iter().position(|&byte| byte == b'\n')?;
            }
            b'/' if may_start_regexp(bytes, at) => at = string_end(bytes, at, b'/').unwrap_or(at),
            _ => {}
        }
        at += 1;
    }
    None
}

/// Returns the place of the quote that closes the string, which must do so on its line: else it is an apostrophe in JSX.
fn string_end(bytes: &[u8], open: usize, quote: u8) -> Option<usize> {
    let mut at = open + 1;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'\n' => return None,
            b'\\' => at += 1,
            _ if byte == quote => return Some(at),
            _ => {}
        }
        at += 1;
    }
    None
}

/// Reports whether a slash can start a regular expression: an operand is expected there.
fn may_start_regexp(bytes: &[u8], slash: usize) -> bool {
    let before = bytes[..slash].iter().rev().find(|byte| !byte.is_ascii_whitespace());
    before.is_some_and(|byte| b"{(,=:[!&|?;".contains(byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(source: &str, inside: Option<&str>) {
        let found = braces_end(source.as_bytes(), 0).map(|end| &source[..end]);
        assert_eq!(found, inside, "{source}");
    }

    #[test]
    fn braces_end_where_the_expression_does() {
        check("{a} b", Some("{a}"));
        check("{{a: 1}} b", Some("{{a: 1}}"));
        check("{\"}\"} b", Some("{\"}\"}"));
        check("{`${\"}\"}`} b", Some("{`${\"}\"}`}"));
        check("{/}/.source} b", Some("{/}/.source}"));
        check("{/* } */} b", Some("{/* } */}"));
        check("{<p>don't</p>} b", Some("{<p>don't</p>}"));
        check("{\"https://a.b\"} c", Some("{\"https://a.b\"}"));
        check("{a", None);
        check("{/* }", None);
        check("{`}", None);
    }
}
