//! The URL of a page.
//!
//! In: a page's place, front matter and pattern. Out: the path of its URL. Deliberately not here: whether two pages have the same.
//!
//! A page lies below its section's URL, under its slug. A slug is the file's name without a date in front, with `-` for spaces, unless the
//! front matter says otherwise. `permalink` of a section replaces that for the pages below it, `path` of a page replaces all.

use rivage_diag::Diagnostic;

use super::{diagnostics, path};
use crate::parse::Document;
use crate::parse::front_matter::{Date, Spanned};
use crate::slug;

/// What a URL is made of.
pub(super) struct Place<'a> {
    /// The URL of the language's home page.
    pub(super) home: &'a str,
    /// URL and names of the section around it; none for a home page.
    pub(super) section: Option<(&'a str, &'a str)>,
    pub(super) key: &'a str,
    pub(super) document: Option<&'a Document>,
    pub(super) is_section: bool,
    pub(super) is_fallback: bool,
    pub(super) title: &'a str,
    pub(super) date: Option<&'a Date>,
    /// `permalink` of its section.
    pub(super) pattern: Option<&'a str>,
}

/// The URL of a page, and its own part of `:sections`.
pub(super) struct Permalink {
    pub(super) url: String,
    pub(super) slug: String,
}

/// Makes the URL of a page.
pub(super) fn make(place: &Place<'_>, found: &mut Vec<Diagnostic>) -> Permalink {
    let slug = slug_of(place, found);
    let url =
        written_path(place, found).or_else(|| patterned(place, &slug, found)).unwrap_or_else(|| match place.section {
            Some((section, _)) => format!("{}{slug}/", path::folder(section)),
            None => place.home.to_owned(),
        });
    Permalink { url, slug }
}

/// Returns the name that stands for a page without a title or slug: the last part of its key, without a date.
pub(super) fn name_of(key: &str) -> &str {
    let name = key.rsplit('/').next().unwrap_or(key);
    slug::split_date(name).1
}

fn slug_of(place: &Place<'_>, found: &mut Vec<Diagnostic>) -> String {
    let default = || slug::file_name(if place.is_section { last(place.key) } else { name_of(place.key) });
    let Some((document, written)) = front_matter(place, |document| document.front_matter.slug.as_ref()) else {
        return default();
    };
    let slug = slug::file_name(&written.value);
    let why = match slug.as_str() {
        "" => Some("it is empty"),
        "." | ".." => Some("it leads to another folder"),
        slug if slug.contains('/') => Some("it contains `/`; `path` sets the whole path"),
        slug => slug.chars().find_map(path::unusable),
    };
    match why {
        Some(why) => {
            found.push(diagnostics::bad_path(&document.file, written.span, "slug", &written.value, why));
            default()
        }
        None => slug,
    }
}

fn written_path(place: &Place<'_>, found: &mut Vec<Diagnostic>) -> Option<String> {
    let (document, written) = front_matter(place, |document| document.front_matter.path.as_ref())?;
    match path::checked(&written.value) {
        Ok(mut path) => {
            if !path.ends_with('/') && !path.ends_with(".html") {
                path.push('/');
            }
            // A page that stands in for a translation cannot have the very path that its author gave.
            Some(if place.is_fallback { format!("{}{}", place.home, &path[1..]) } else { path })
        }
        Err(why) => {
            found.push(diagnostics::bad_path(&document.file, written.span, "path", &written.value, why));
            None
        }
    }
}

fn front_matter<'a>(
    place: &Place<'a>,
    get: impl Fn(&'a Document) -> Option<&'a Spanned<String>>,
) -> Option<(&'a Document, &'a Spanned<String>)> {
    let document = place.document?;
    Some((document, get(document)?))
}

fn patterned(place: &Place<'_>, slug: &str, found: &mut Vec<Diagnostic>) -> Option<String> {
    let pattern = place.pattern.filter(|_| !place.is_section)?;
    let mut url = place.home.to_owned();
    for part in pattern.split('/').filter(|part| !part.is_empty()) {
        let before = url.len();
        if let Err(problem) = fill(place, slug, part, &mut url) {
            match problem {
                Problem::NoDate(name) => {
                    if let Some(document) = place.document {
                        found.push(diagnostics::permalink_without_date(&document.file, pattern, &name));
                    }
                }
                Problem::Unknown(name) => found.push(diagnostics::unknown_placeholder(pattern, &name)),
            }
            return None;
        }
        // `:section` is empty for pages right below content/.
        if url.len() > before && !url.ends_with('/') {
            url.push('/');
        }
    }
    if url.ends_with(".html/") {
        url.pop();
    }
    Some(url)
}

enum Problem {
    NoDate(String),
    Unknown(String),
}

fn fill(place: &Place<'_>, slug: &str, part: &str, url: &mut String) -> Result<(), Problem> {
    let mut pieces = part.split(':');
    url.push_str(pieces.next().unwrap_or_default());
    for piece in pieces {
        let end = piece.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(piece.len());
        let (name, rest) = piece.split_at(end);
        let day = || place.date.map(|date| date.day).ok_or_else(|| Problem::NoDate(format!(":{name}")));
        let sections = place.section.map_or("", |(_, names)| names);
        match name {
            "section" => url.push_str(sections.split('/').next().unwrap_or_default()),
            "sections" => url.push_str(sections),
            "year" => url.push_str(&format!("{:04}", day()?.year())),
            "month" => url.push_str(&format!("{:02}", day()?.month())),
            "day" => url.push_str(&format!("{:02}", day()?.day())),
            "slug" => url.push_str(slug),
            "title" => url.push_str(&slug::slugify(place.title)),
            _ => return Err(Problem::Unknown(format!(":{name}"))),
        }
        url.push_str(rest);
    }
    Ok(())
}

fn last(key: &str) -> &str {
    key.rsplit('/').next().unwrap_or(key)
}
