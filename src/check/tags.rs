//! Start tags in HTML that rivage has made, or that an author wrote.
//!
//! In: HTML and a tag's name. Out: the attributes of each such tag. No parser of HTML: comments and scripts that hold the very
//! tag are seen as tags, which at worst makes a link count that none can click.

/// Calls `each` with the attributes (name, value with references decoded) of every start tag of this name.
pub(super) fn each(html: &str, name: &str, mut each: impl FnMut(&[(&str, String)])) {
    let mut rest = html;
    let mut attributes = Vec::new();
    while let Some(start) = rest.find('<') {
        rest = &rest[start + 1..];
        let Some(after) = rest.get(..name.len()).filter(|found| found.eq_ignore_ascii_case(name)) else {
            continue;
        };
        let tail = &rest[after.len()..];
        if !tail.starts_with(|c: char| c.is_ascii_whitespace() || c == '>' || c == '/') {
            continue;
        }
        attributes.clear();
        rest = read(tail, &mut attributes);
        each(&attributes);
    }
}

/// Reads attributes up to the end of the tag; returns what follows it.
fn read<'a>(mut rest: &'a str, attributes: &mut Vec<(&'a str, String)>) -> &'a str {
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_ascii_whitespace() || c == '/');
        if rest.is_empty() {
            return rest;
        }
        if let Some(tail) = rest.strip_prefix('>') {
            return tail;
        }
        // A name may start with `=`, by the letter of the standard.
        let end = rest.char_indices().skip(1).find(|(_, c)| c.is_ascii_whitespace() || "=>/".contains(*c));
        let (name, tail) = rest.split_at(end.map_or(rest.len(), |(at, _)| at));
        let spaced = tail.trim_start_matches(|c: char| c.is_ascii_whitespace());
        let Some(value) = spaced.strip_prefix('=') else {
            attributes.push((name, String::new()));
            rest = tail;
            continue;
        };
        let value = value.trim_start_matches(|c: char| c.is_ascii_whitespace());
        let (value, tail) = match value.chars().next() {
            Some(quote @ ('"' | '\'')) => value[1..].split_once(quote).unwrap_or((&value[1..], "")),
            _ => value.split_at(value.find(|c: char| c.is_ascii_whitespace() || c == '>').unwrap_or(value.len())),
        };
        attributes.push((name, decode(value)));
        rest = tail;
    }
}

/// Decodes the references that stand in URLs.
fn decode(value: &str) -> String {
    if !value.contains('&') {
        return value.to_owned();
    }
    value.replace("&#38;", "&").replace("&#x26;", "&").replace("&quot;", "\"").replace("&amp;", "&")
}

#[cfg(test)]
mod tests {
    fn check(html: &str, name: &str, expect: &[&str]) {
        let mut found = Vec::new();
        super::each(html, name, |attributes| {
            found.push(attributes.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(" "));
        });
        assert_eq!(found, expect, "{html}");
    }

    #[test]
    fn attributes_are_read_in_every_spelling() {
        check(
            "<a href=/b/ class=\"c d\">x</a><A HREF='/e/?f=1&amp;g=2'>",
            "a",
            &["href=/b/ class=c d", "HREF=/e/?f=1&g=2"],
        );
        check("<article id=1><abbr><a\nhref = \"/x/\" download>", "a", &["href=/x/ download="]);
        check("<img src=/a.png/><img/>", "img", &["src=/a.png/", ""]);
    }

    #[test]
    fn broken_tags_end_somewhere() {
        check("<a", "a", &[]);
        check("<a ", "a", &[""]);
        check("<a href=\"x", "a", &["href=x"]);
        check("<a =é> < é <a b=>", "a", &["=é=", "b="]);
    }
}
