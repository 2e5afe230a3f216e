//! Paths of URLs: how they are made, encoded, joined, and which file they are.
//!
//! In: keys, dates, patterns. Out: decoded paths with a slash at both ends. Deliberately not here: which pages there are.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

use crate::parse::front_matter::Date;
use crate::slug::slugify;

/// What may not stand in a path as it is. A `%` is encoded: paths are kept decoded.
const PATH: &AsciiSet = &CONTROLS.add(b' ').add(b'"').add(b'#').add(b'%').add(b'<').add(b'>').add(b'?').add(b'`').add(b'{').add(b'}').add(b'\\').add(b'^').add(b'|').add(b'[').add(b']');

/// Returns a path as it stands in HTML and feeds.
pub fn encode_path(path: &str) -> Cow<'_, str> {
    utf8_percent_encode(path, PATH).into()
}

/// Returns the file of a URL's path: `/blog/first/` is `blog/first/index.html`.
pub fn output_path(url: &str) -> String {
    let path = url.trim_matches('/');
    if path.is_empty() {
        "index.html".to_owned()
    } else if path.ends_with(".html") {
        path.to_owned()
    } else {
        format!("{path}/index.html")
    }
}

/// Joins a path written in a file to the folder of that file: `join("content/a/b.mdx", "../c.md")` is `content/c.md`. None where
/// it leaves the project.
pub fn join(file: &str, written: &str) -> Option<String> {
    let mut parts: Vec<&str> = file.split('/').filter(|part| !part.is_empty()).collect();
    parts.pop();
    for part in written.split('/') {
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

/// The last part of a page's URL made of its file's name, and the date that the name starts with.
pub(super) fn name_parts(name: &str) -> (Option<jiff::civil::Date>, &str) {
    if let Some((date, rest)) = name.split_at_checked(10)
        && let Ok(date) = date.parse()
        && let Some(rest) = rest.strip_prefix(['-', '_'])
        && !rest.is_empty()
    {
        return (Some(date), rest);
    }
    (None, name)
}

/// A part of a URL: the name as written, spaces and what is unfit made `-`.
pub(super) fn segment(name: &str) -> String {
    if name.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | '~')) {
        return name.to_owned();
    }
    slugify(name)
}

/// Fills a pattern such as `/:section/:year/:slug/`.
pub(super) fn permalink(pattern: &str, sections: &str, slug: &str, title: &str, date: Option<&Date>) -> String {
    let part = |name: &str| -> Option<String> {
        let day = date.map(|date| date.day);
        Some(match name {
            ":sections" => sections.to_owned(),
            ":section" => sections.split('/').next().unwrap_or_default().to_owned(),
            ":slug" => slug.to_owned(),
            ":title" => slugify(title),
            ":year" => format!("{:04}", day?.year()),
            ":month" => format!("{:02}", day?.month()),
            ":day" => format!("{:02}", day?.day()),
            other => other.to_owned(),
        })
    };
    let parts: Vec<_> = pattern.split('/').filter_map(part).filter(|part| !part.is_empty()).collect();
    if parts.is_empty() { "/".to_owned() } else { format!("/{}/", parts.join("/")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_may_start_with_a_date() {
        assert_eq!(name_parts("2026-11-23-low-tide").1, "low-tide");
        assert!(name_parts("2026-11-23-low-tide").0.is_some());
        assert_eq!(name_parts("2026-99-23-x"), (None, "2026-99-23-x"));
    }

    #[test]
    fn paths_are_joined_within_the_project() {
        assert_eq!(join("content/a/b.mdx", "../c.md").as_deref(), Some("content/c.md"));
        assert_eq!(join("content/a.mdx", "../../c.md"), None);
    }

    #[test]
    fn urls_have_files() {
        assert_eq!(output_path("/"), "index.html");
        assert_eq!(output_path("/a/b/"), "a/b/index.html");
    }
}
