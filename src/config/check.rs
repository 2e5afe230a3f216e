//! What values of settings must be like.
//!
//! In: strings. Out: what they mean, or what they must be instead, in words that go on after "must be".
//! Deliberately not here: places.

use url::Url;

/// Checks a base URL and returns it in its normal form, without a slash at the end.
///
/// # Errors
/// What it must be instead.
pub fn base_url(text: &str) -> Result<String, &'static str> {
    let url = web_url(text)?;
    if url.query().is_some() || url.fragment().is_some() {
        return Err("a URL without `?` and `#`");
    }
    Ok(url.as_str().trim_end_matches('/').to_owned())
}

/// Reads an http or https URL.
pub(crate) fn web_url(text: &str) -> Result<Url, &'static str> {
    const MUST: &str = "an http or https URL";
    let url = Url::parse(text).map_err(|_| MUST)?;
    let is_web = matches!(url.scheme(), "http" | "https") && url.has_host();
    if !is_web {
        return Err(MUST);
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("a URL without a user's name and password");
    }
    Ok(url)
}

/// Checks an origin: scheme, host and port as browsers write them, and nothing else.
///
/// # Errors
/// What it must be instead.
pub fn origin(text: &str) -> Result<(), &'static str> {
    let is_origin = web_url(text).is_ok_and(|url| url.origin().ascii_serialization() == text);
    if is_origin { Ok(()) } else { Err("an origin such as `https://app.example.org`, without a path") }
}

/// Checks a name that becomes a part of a URL of the API: `contact`, `sign-up`.
pub(super) fn form(text: &str) -> Result<(), &'static str> {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let is_name = text.starts_with(|c: char| c.is_ascii_lowercase()) && text.len() <= 63 && text.bytes().all(allowed);
    if is_name { Ok(()) } else { Err("a name of `a`–`z`, `0`–`9` and `-` that starts with a letter") }
}

/// Checks the name of a form's field or of a rate-limit class.
pub(super) fn field(text: &str) -> Result<(), &'static str> {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    let is_name = text.starts_with(|c: char| c.is_ascii_lowercase()) && text.len() <= 63 && text.bytes().all(allowed);
    if is_name { Ok(()) } else { Err("a name of `a`–`z`, `0`–`9` and `_` that starts with a letter") }
}

/// Checks a target: a path of the site or a URL.
pub(super) fn target(text: &str) -> Result<(), &'static str> {
    let is_site_path = text.starts_with('/') && !text.starts_with("//") && !text.contains(char::is_whitespace);
    if is_site_path || web_url(text).is_ok() { Ok(()) } else { Err("a path that starts with `/`, or a URL") }
}

/// Checks a language's code, a BCP 47 tag as far as it names one: `en`, `pt-BR`, `zh-Hant`.
pub(super) fn language(code: &str) -> Result<(), &'static str> {
    let mut parts = code.split('-');
    let alphanumeric = |part: &str| part.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let first = parts.next().unwrap_or_default();
    let is_code = (2..=3).contains(&first.len())
        && first.bytes().all(|byte| byte.is_ascii_alphabetic())
        && parts.all(|part| (2..=8).contains(&part.len()) && alphanumeric(part));
    if is_code { Ok(()) } else { Err("a language tag such as `en`, `fr` or `pt-BR`") }
}

/// Checks a name that becomes part of a path: a theme, a kind, a taxonomy.
pub(super) fn name(text: &str) -> Result<(), &'static str> {
    let allowed = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_');
    if !text.is_empty() && text.chars().all(allowed) { Ok(()) } else { Err("a name of letters, digits, `-` and `_`") }
}

/// Checks a template's name: a path below layouts/.
pub(crate) fn template(text: &str) -> Result<(), &'static str> {
    let is_path =
        !text.is_empty() && text.split('/').all(|part| !matches!(part, "" | "." | "..")) && !text.contains('\\');
    if is_path { Ok(()) } else { Err("the path of a file below layouts/") }
}

/// Checks the name of a Pages project, a Worker or a bucket.
///
/// # Errors
/// What it must be instead.
pub fn project(text: &str) -> Result<(), &'static str> {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let is_name =
        (1..=63).contains(&text.len()) && text.bytes().all(allowed) && !text.starts_with('-') && !text.ends_with('-');
    if is_name { Ok(()) } else { Err("a name of lower-case letters, digits and `-`, not at its ends") }
}

/// Checks the name of a branch.
///
/// # Errors
/// What it must be instead.
pub fn branch(text: &str) -> Result<(), &'static str> {
    let is_name = !text.is_empty()
        && !text.starts_with(['-', '/'])
        && !text.contains(|c: char| c.is_whitespace() || c.is_control());
    if is_name { Ok(()) } else { Err("the name of a branch") }
}

/// Checks a host name.
pub(super) fn domain(text: &str) -> Result<(), &'static str> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.');
    let is_host = text.contains('.') && text.bytes().all(allowed) && text.split('.').all(|part| !part.is_empty());
    if is_host { Ok(()) } else { Err("a host name such as `example.org`, without `https://`") }
}

/// Checks what the names of objects start with and returns it with a slash at its end, or empty.
pub(super) fn bucket_prefix(text: &str) -> Result<String, &'static str> {
    let inner = text.trim_matches('/');
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    let is_prefix =
        inner.is_empty() || inner.split('/').all(|part| !matches!(part, "" | "." | "..") && part.bytes().all(allowed));
    match (is_prefix, inner.is_empty()) {
        (false, _) => Err("a path of letters, digits, `-`, `_` and `.`, such as `media/`"),
        (true, true) => Ok(String::new()),
        (true, false) => Ok(format!("{inner}/")),
    }
}

/// Checks a folder below the project and returns it without slashes at its ends.
pub(super) fn folder(text: &str) -> Result<String, &'static str> {
    let parts: Vec<_> = text.split(['/', '\\']).filter(|part| !matches!(*part, "" | ".")).collect();
    let is_outside = text.starts_with(['/', '\\', '~']) || text.contains(':') || parts.contains(&"..");
    if is_outside || parts.is_empty() { Err("a folder below the project") } else { Ok(parts.join("/")) }
}

/// The folders of a project that hold what a site and its API are made of.
pub(crate) const SOURCES: [&str; 11] = [
    "content",
    "data",
    "layouts",
    "components",
    "assets",
    "static",
    "strings",
    "archetypes",
    "themes",
    crate::api::FOLDER,
    crate::database::migrations::FOLDER,
];

/// Checks the output folder and returns it without slashes at its ends.
pub(super) fn output(text: &str) -> Result<String, &'static str> {
    if text.starts_with(['/', '\\', '~']) || text.contains(':') {
        return Err("a folder below the project, without a `/` at its start");
    }
    let parts: Vec<_> = text.split(['/', '\\']).filter(|part| !matches!(*part, "" | ".")).collect();
    match parts.first() {
        None => Err("a folder of its own, not the project itself"),
        _ if parts.contains(&"..") => Err("a folder below the project, without `..`"),
        Some(first) if SOURCES.contains(first) || first.starts_with(".git") => {
            Err("a folder of its own, not within what the site is made of")
        }
        _ => Ok(parts.join("/")),
    }
}

/// What may stand for a part of a page's path in `permalink`.
pub(super) const PERMALINK_WORDS: [&str; 7] = ["section", "sections", "year", "month", "day", "slug", "title"];

/// Returns the words after `:` in a permalink.
pub(super) fn permalink_words(pattern: &str) -> impl Iterator<Item = &str> {
    pattern.split(':').skip(1).map(|rest| {
        let end = rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len());
        &rest[..end]
    })
}

/// The keys that front matter has by itself, so that no taxonomy may take their names. A test of the parse stage keeps the list true.
pub(crate) const FRONT_MATTER_KEYS: [&str; 28] = [
    "title",
    "description",
    "date",
    "updated",
    "draft",
    "publish_at",
    "expires_at",
    "slug",
    "path",
    "aliases",
    "weight",
    "template",
    "authors",
    "series",
    "toc",
    "search",
    "robots",
    "image",
    "cover",
    "sidebar",
    "extra",
    "kind",
    "sort_by",
    "paginate_by",
    "feed",
    "permalink",
    "page_template",
    "cascade",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base_urls() {
        assert_eq!(base_url("https://example.org/"), Ok("https://example.org".to_owned()));
        assert_eq!(base_url("HTTP://Example.org/docs/"), Ok("http://example.org/docs".to_owned()));
        assert_eq!(base_url("http://localhost:3000"), Ok("http://localhost:3000".to_owned()));
        for bad in [
            "",
            "example.org",
            "/docs",
            "ftp://example.org",
            "https://",
            "mailto:a@b.c",
            "https://a.b/?c",
            "https://a.b/#c",
            "https://u:p@a.b",
        ] {
            assert!(base_url(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn output_folders() {
        assert_eq!(output("public"), Ok("public".to_owned()));
        assert_eq!(output("./build/site/"), Ok("build/site".to_owned()));
        for bad in [
            "",
            ".",
            "./",
            "/srv/www",
            "..",
            "a/../..",
            "content",
            "content/public",
            "static",
            "C:\\site",
            "~/x",
            ".git/x",
        ] {
            assert!(output(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn deploy_names() {
        assert_eq!(project("my-site2"), Ok(()));
        for bad in ["", "My", "a_b", "-a", "a-", "a.b"] {
            assert!(project(bad).is_err(), "{bad}");
        }
        assert_eq!(domain("www.example.org"), Ok(()));
        for bad in ["", "localhost", "https://example.org", "a..b", "a b.c"] {
            assert!(domain(bad).is_err(), "{bad}");
        }
        assert!(branch("feature/x").is_ok() && branch("a b").is_err() && branch("").is_err());
        assert_eq!(bucket_prefix("/media/a"), Ok("media/a/".to_owned()));
        assert_eq!(bucket_prefix(""), Ok(String::new()));
        assert!(bucket_prefix("a/../b").is_err() && bucket_prefix("a b").is_err());
        assert_eq!(folder("./media/"), Ok("media".to_owned()));
        assert!(folder("../media").is_err() && folder("/media").is_err() && folder(".").is_err());
    }

    #[test]
    fn languages() {
        for good in ["en", "pt-BR", "zh-Hant-TW", "haw"] {
            assert_eq!(language(good), Ok(()), "{good}");
        }
        for bad in ["", "e", "english", "fr_FR", "en-", "../x", "12"] {
            assert!(language(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn permalinks() {
        assert_eq!(
            permalink_words("/:section/:year-:month/:slug/").collect::<Vec<_>>(),
            ["section", "year", "month", "slug"]
        );
        assert_eq!(permalink_words("/plain/").count(), 0);
    }
}
