//! Paths of URLs and files.
//!
//! In: paths. Out: paths. URL paths are kept as Unicode, start with `/` and do not have the base path. Deliberately not here: what is at
//! a path.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};

/// What the path of a URL cannot have as it is: the URL standard's path set, `%` itself, and what tools stumble over.
const PATH: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'[')
    .add(b'\\')
    .add(b']')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

/// Returns a URL path as it stands in HTML: percent-encoded.
pub fn encode_path(path: &str) -> Cow<'_, str> {
    utf8_percent_encode(path, PATH).into()
}

/// Returns the file that is served at a URL path: `blog/first/index.html` for `/blog/first/`.
pub fn output_path(url: &str) -> String {
    let path = url.trim_start_matches('/');
    if path.is_empty() || path.ends_with('/') { format!("{path}index.html") } else { path.to_owned() }
}

/// Returns the URL path of a further part of a list: `/blog/page/2/` of `/blog/`.
pub fn part_path(list: &str, part: usize) -> String {
    format!("{list}page/{part}/")
}

/// Follows a relative path from a file; with an empty file, from the project's folder. `None` where it leaves the project.
pub fn join(file: &str, relative: &str) -> Option<String> {
    let mut parts: Vec<&str> = file.split('/').collect();
    parts.pop();
    for part in relative.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

/// Returns the path that leads from one file to another: `../guide/install.mdx`.
pub(super) fn relative(from: &str, to: &str) -> String {
    let mut from: Vec<_> = from.split('/').collect();
    from.pop();
    let to: Vec<_> = to.split('/').collect();
    let shared = from.iter().zip(&to[..to.len() - 1]).take_while(|(a, b)| a == b).count();
    let up = from.len() - shared;
    let mut out = if up == 0 { "./".to_owned() } else { "../".repeat(up) };
    out.push_str(&to[shared..].join("/"));
    out
}

/// Returns the part of a URL path that others are relative to: `/docs/` for itself and for `/docs/old.html`.
pub(super) fn folder(url: &str) -> &str {
    url.rfind('/').map_or("/", |at| &url[..=at])
}

/// Decodes `%20`; what is no UTF-8 then stays as written.
pub fn decode(path: &str) -> Cow<'_, str> {
    percent_decode_str(path).decode_utf8().unwrap_or(Cow::Borrowed(path))
}

/// Checks a path that an author wrote and makes it one of ours: decoded, `/` in front.
///
/// # Errors
/// Why it is no path.
pub(super) fn checked(written: &str) -> Result<String, &'static str> {
    if written.contains("://") || written.starts_with("//") {
        return Err("it is a full URL");
    }
    let decoded = decode(written.trim());
    let path = decoded.strip_prefix('/').unwrap_or(&decoded);
    let inner = path.strip_suffix('/').unwrap_or(path);
    if let Some(why) = path.chars().find_map(unusable) {
        return Err(why);
    }
    if !inner.is_empty() && inner.split('/').any(|part| part.is_empty() || part == "." || part == "..") {
        return Err("it has a part that is empty, `.` or `..`");
    }
    Ok(format!("/{path}"))
}

/// Why a character cannot be part of a path.
pub(super) fn unusable(c: char) -> Option<&'static str> {
    match c {
        '?' => Some("it contains `?`"),
        '#' => Some("it contains `#`"),
        '\\' => Some("it contains a backslash"),
        c if c.is_control() => Some("it contains a control character"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_become_files() {
        for (url, file) in [("/", "index.html"), ("/blog/first/", "blog/first/index.html"), ("/old.html", "old.html")] {
            assert_eq!(output_path(url), file);
        }
    }

    #[test]
    fn paths_are_encoded() {
        assert_eq!(encode_path("/über uns/100%/"), "/%C3%BCber%20uns/100%25/");
        assert!(matches!(encode_path("/plain/~a/"), Cow::Borrowed(_)));
    }

    #[test]
    fn relative_paths_are_followed_and_made() {
        assert_eq!(join("content/a/b.mdx", "../c.json").as_deref(), Some("content/c.json"));
        assert_eq!(join("content/a/b.mdx", "./x/./y.png").as_deref(), Some("content/a/x/y.png"));
        assert_eq!(join("", "data/x.toml").as_deref(), Some("data/x.toml"));
        assert_eq!(join("content/a.mdx", "../../x"), None);
        assert_eq!(relative("content/a/b.mdx", "content/c/d.mdx"), "../c/d.mdx");
        assert_eq!(relative("content/a/b.mdx", "content/a/d.mdx"), "./d.mdx");
        assert_eq!(relative("content/a.mdx", "content/a/d.mdx"), "./a/d.mdx");
    }

    #[test]
    fn written_paths_are_checked() {
        let check = |written, path: Result<&str, &'static str>| {
            assert_eq!(checked(written), path.map(str::to_owned), "{written:?}");
        };
        check("/a/b/", Ok("/a/b/"));
        check("a", Ok("/a"));
        check("/", Ok("/"));
        check("/caf%C3%A9/", Ok("/café/"));
        check("/a%3Fb/", Err("it contains `?`"));
        check("/a#b", Err("it contains `#`"));
        check("/a\\b", Err("it contains a backslash"));
        check("/a\0b", Err("it contains a control character"));
        check("/../a/", Err("it has a part that is empty, `.` or `..`"));
        check("/a//b/", Err("it has a part that is empty, `.` or `..`"));
        check("https://a.example/", Err("it is a full URL"));
    }
}
