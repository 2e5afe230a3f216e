//! What the plan and the record need to know of a file's text: anchors, media, and how two versions differ, in a line.
//!
//! In: HTML as a browser gets it. Out: words. This is no parser: it looks for tags and attributes, which is enough for HTML that rivage wrote.

/// Reports whether a file is a page.
pub(super) fn is_html(path: &str) -> bool {
    has_extension(path, &["html", "htm"])
}

/// Reports whether a file may mention other files.
pub(super) fn is_text(path: &str) -> bool {
    has_extension(path, &["html", "htm", "css", "js", "mjs", "json", "xml", "md", "txt", "svg", "webmanifest"])
}

fn has_extension(path: &str, extensions: &[&str]) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.rsplit_once('.').is_some_and(|(_, extension)| extensions.iter().any(|one| extension.eq_ignore_ascii_case(one)))
}

/// Returns the values of all `id` attributes, without repetition. Ids with spaces are none.
pub(super) fn anchors(html: &str) -> Vec<String> {
    let bytes = html.as_bytes();
    let mut found: Vec<String> = Vec::new();
    for (at, _) in html.match_indices("id=") {
        if at == 0 || !bytes[at - 1].is_ascii_whitespace() || !is_in_tag(bytes, at) {
            continue;
        }
        let rest = &html[at + 3..];
        let value = match rest.as_bytes().first() {
            Some(quote @ (b'"' | b'\'')) => rest[1..].split(char::from(*quote)).next(),
            _ => rest.split(|c: char| c.is_whitespace() || c == '>').next(),
        };
        let value = value.unwrap_or_default();
        if !value.is_empty() && !value.contains(|c: char| c.is_whitespace() || c == '\t') {
            found.push(value.to_owned());
        }
    }
    let mut seen = rustc_hash::FxHashSet::default();
    found.retain(|id| seen.insert(id.clone()));
    found
}

/// Looks back for the `<` of a tag; a `>` before it means that this is text.
fn is_in_tag(bytes: &[u8], at: usize) -> bool {
    let before = &bytes[at.saturating_sub(4096)..at];
    let mark = before.iter().rposition(|byte| matches!(byte, b'<' | b'>'));
    mark.is_some_and(|mark| before[mark] == b'<')
}

/// Returns runs of at least 32 hexadecimal digits: what content-addressed files are called.
pub(super) fn media(bytes: &[u8]) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let is_hex = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    let mut at = 0;
    while at < bytes.len() {
        let length = bytes[at..].iter().take_while(|byte| is_hex(**byte)).count();
        if length >= 32 {
            found.push(String::from_utf8_lossy(&bytes[at..at + length]).into_owned());
        }
        at += length + 1;
    }
    found.sort_unstable();
    found.dedup();
    found
}

/// Returns what a reader sees of a page: the words outside of tags, scripts and styles.
pub(super) fn words(html: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut rest = html;
    while let Some(start) = rest.find('<') {
        words.extend(rest[..start].split_whitespace());
        let tag = &rest[start..];
        let hidden = ["script", "style", "template", "svg"].iter().find(|name| {
            tag.get(1..=name.len()).is_some_and(|word| word.eq_ignore_ascii_case(name))
                && !tag.as_bytes().get(name.len() + 1).is_some_and(u8::is_ascii_alphanumeric)
        });
        let end = match hidden {
            Some(name) => tag.to_ascii_lowercase().find(&format!("</{name}")).unwrap_or(tag.len()),
            None if tag.starts_with("<!--") => tag.find("-->").map_or(tag.len(), |end| end + 3),
            None => tag.find('>').map_or(tag.len(), |end| end + 1),
        };
        rest = &tag[end.max(1).min(tag.len())..];
    }
    words.extend(rest.split_whitespace());
    words
}

/// Characters of each side that a difference shows.
const SHOWN: usize = 60;

/// Tells in one line how a page's text differs; none where only its HTML does.
pub(super) fn difference(old: &str, new: &str) -> Option<String> {
    let (old, new) = (words(old), words(new));
    let start = old.iter().zip(&new).take_while(|(one, other)| one == other).count();
    let (old, new) = (&old[start..], &new[start..]);
    let end = old.iter().rev().zip(new.iter().rev()).take_while(|(one, other)| one == other).count();
    let (old, new) = (shown(&old[..old.len() - end]), shown(&new[..new.len() - end]));
    match (old.is_empty(), new.is_empty()) {
        (true, true) => None,
        (true, false) => Some(format!("+ {new}")),
        (false, true) => Some(format!("- {old}")),
        (false, false) => Some(format!("{old} → {new}")),
    }
}

fn shown(words: &[&str]) -> String {
    // A page that is new from top to bottom has more words than anybody wants to join.
    let text = words[..words.len().min(SHOWN)].join(" ");
    if text.chars().count() <= SHOWN && words.len() <= SHOWN {
        return text;
    }
    let cut: String = text.chars().take(SHOWN).collect();
    format!("{}…", cut.trim_end())
}

/// Writes a number of bytes as people do.
pub(super) fn size(bytes: u64) -> String {
    let units = [(1_u64 << 30, "GB"), (1 << 20, "MB"), (1 << 10, "KB")];
    match units.iter().find(|(unit, _)| bytes >= *unit) {
        Some((unit, name)) => {
            let tenths = bytes * 10 / unit;
            if tenths >= 100 {
                format!("{} {name}", tenths / 10)
            } else {
                format!("{}.{} {name}", tenths / 10, tenths % 10)
            }
        }
        None => format!("{bytes} B"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_found_in_tags_only() {
        let html = "<h2 id=\"one\" class=a>x id=no <p class='id=no' id=two>y<b data-id=no id='three'></b><i id=one>";
        // An attribute's value that looks like one is taken for one: it can only keep an anchor alive.
        assert_eq!(anchors(html), ["one", "two", "three"]);
        assert!(anchors("id=a").is_empty());
    }

    #[test]
    fn media_are_long_hexadecimal_names() {
        let hash = "0123456789abcdef0123456789abcdef";
        assert_eq!(
            media(format!("<img src=/m/{hash}.avif> {hash}0 0123456789abcdef").as_bytes()),
            [hash.to_owned(), format!("{hash}0")]
        );
        assert!(media(b"").is_empty());
    }

    #[test]
    fn readers_see_words() {
        let html =
            "<title>T</title><style>a{}</style><p>One <b>two</b><script>x < y</script><!-- no --> three<svgx>four<br>";
        assert_eq!(words(html), ["T", "One", "two", "three", "four"]);
        assert_eq!(words("<"), Vec::<&str>::new());
    }

    fn check(old: &str, new: &str, expect: Option<&str>) {
        assert_eq!(difference(old, new).as_deref(), expect, "{old} | {new}");
    }

    #[test]
    fn differences_are_one_line() {
        check("<p>the tide is high", "<p>the tide is low", Some("high → low"));
        check("a b c", "a c", Some("- b"));
        check("a c", "a b c", Some("+ b"));
        check("<p class=a>x", "<p class=b>x", None);
        check("a a", "a a a", Some("+ a"));
        let long = "word ".repeat(100);
        let told = difference("", &long).unwrap();
        assert!(told.ends_with('…') && told.chars().count() < 70, "{told}");
    }

    #[test]
    fn sizes() {
        for (bytes, expect) in
            [(0, "0 B"), (1023, "1023 B"), (1024, "1.0 KB"), (1 << 20, "1.0 MB"), (66_000_000, "62 MB")]
        {
            assert_eq!(size(bytes), expect);
        }
    }
}
