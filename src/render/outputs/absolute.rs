//! A page's content for readers elsewhere: links made absolute, what only works on the site left out.
//!
//! In: HTML that rivage wrote. Out: HTML for feeds. Deliberately not here: HTML as browsers mend it; a tag that does not end is
//! left as it is.

use url::Url;

/// Elements that are left out with all that is in them.
const DROPPED: [&str; 4] = ["button", "script", "style", "template"];

/// Makes content fit for feeds. `page` is the page's full URL.
pub(super) fn content(html: &str, page: &str) -> String {
    let base = Url::parse(page).ok();
    let mut out = String::with_capacity(html.len() + html.len() / 8);
    let mut rest = html;
    while let Some(start) = rest.find('<') {
        out.push_str(&rest[..start]);
        rest = &rest[start..];
        let Some(end) = tag_end(rest) else { break };
        let tag = &rest[..=end];
        let name = name(tag);
        let is_anchor = name == "a" && tag.contains("class=\"anchor\"");
        if is_anchor || DROPPED.contains(&name) {
            rest = skip(&rest[end + 1..], name);
            continue;
        }
        // Comments and closing tags have no addresses.
        if name.is_empty() {
            out.push_str(tag);
        } else {
            rewrite(tag, base.as_ref(), &mut out);
        }
        rest = &rest[end + 1..];
    }
    out.push_str(rest);
    out
}

/// The name of an opening tag, empty for all else.
fn name(tag: &str) -> &str {
    let end = tag[1..].find(|c: char| !c.is_ascii_alphanumeric() && c != '-').map_or(tag.len(), |end| end + 1);
    &tag[1..end]
}

/// The place of the `>` that ends the tag (or comment) that `html` starts with.
fn tag_end(html: &str) -> Option<usize> {
    if html.starts_with("<!--") {
        return html.find("-->").map(|place| place + 2);
    }
    let mut quote = None;
    html.bytes().enumerate().find_map(|(place, byte)| {
        match (quote, byte) {
            (None, b'>') => return Some(place),
            (None, b'"' | b'\'') => quote = Some(byte),
            (Some(open), byte) if open == byte => quote = None,
            _ => {}
        }
        None
    })
}

/// Returns what follows the end of an element that has been opened. None of those dropped can hold another of its name.
fn skip<'h>(rest: &'h str, name: &str) -> &'h str {
    let close = rest.match_indices("</").find(|(at, _)| rest[at + 2..].starts_with(name));
    match close.and_then(|(at, _)| Some((at, rest[at..].find('>')?))) {
        Some((at, end)) => &rest[at + end + 1..],
        None => "",
    }
}

/// Writes a tag with its addresses made absolute.
fn rewrite(tag: &str, base: Option<&Url>, out: &mut String) {
    let mut rest = tag;
    // Attributes as rivage writes them: ` name="value"`.
    while let Some(at) = rest.find("=\"") {
        let (before, value) = (&rest[..at], &rest[at + 2..]);
        let Some(end) = value.find('"') else { break };
        let name = before.rsplit(|c: char| c.is_ascii_whitespace() || c == '"').next().unwrap_or_default();
        out.push_str(&rest[..at + 2]);
        match (name, base) {
            ("href" | "src" | "poster" | "cite", Some(base)) => out.push_str(&join(base, &value[..end])),
            ("srcset", Some(base)) => {
                let candidates = value[..end].split(", ").map(|candidate| match candidate.trim().split_once(' ') {
                    Some((address, size)) => format!("{} {size}", join(base, address)),
                    None => join(base, candidate.trim()),
                });
                out.push_str(&candidates.collect::<Vec<_>>().join(", "));
            }
            _ => out.push_str(&value[..end]),
        }
        out.push('"');
        rest = &value[end + 1..];
    }
    out.push_str(rest);
}

/// `address` is escaped for HTML; so is the result.
fn join(base: &Url, address: &str) -> String {
    // References other than this one do not occur in addresses that rivage wrote.
    let plain = address.replace("&amp;", "&");
    match base.join(&plain) {
        Ok(url) => url.as_str().replace('&', "&amp;").replace('"', "%22").replace('<', "%3C"),
        Err(_) => address.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(html: &str, expected: &str) {
        assert_eq!(content(html, "https://example.org/docs/a/"), expected);
    }

    #[test]
    fn addresses_become_absolute() {
        check(
            r#"<a href="/docs/b/?x=1&amp;y=2#z" title="/docs/b/">b</a>"#,
            r#"<a href="https://example.org/docs/b/?x=1&amp;y=2#z" title="/docs/b/">b</a>"#,
        );
        check(r##"<a href="#x">x</a>"##, r#"<a href="https://example.org/docs/a/#x">x</a>"#);
        check(r#"<a href="mailto:a@b.c">x</a>"#, r#"<a href="mailto:a@b.c">x</a>"#);
        check(r#"<a href="//cdn/x">x</a>"#, r#"<a href="https://cdn/x">x</a>"#);
        check(
            r#"<img src="/i.png" srcset="/i.png 1x, /j.png 2x" alt="a > b">"#,
            r#"<img src="https://example.org/i.png" srcset="https://example.org/i.png 1x, https://example.org/j.png 2x" alt="a > b">"#,
        );
    }

    #[test]
    fn what_only_works_on_the_site_is_left_out() {
        check(
            r##"<h2 id="x">X<a class="anchor" href="#x" aria-label="Link"></a></h2><pre>a</pre><button class="copy">Copy</button>!"##,
            r#"<h2 id="x">X</h2><pre>a</pre>!"#,
        );
        check("<script>if (a < b) {}</script>x", "x");
    }

    #[test]
    fn broken_html_is_left_as_it_is() {
        for html in ["a < b", "<a href=\"/x", "<", "<!-- href=\"/x\"", "<button>"] {
            let _ = content(html, "https://example.org/");
        }
        check("<!-- <a href=\"/x\"> -->x", "<!-- <a href=\"/x\"> -->x");
        check("a < b", "a < b");
    }
}
