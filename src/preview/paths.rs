//! Which file answers to which path, by the rules of Cloudflare Pages.
//!
//! In: a request's path. Out: a file, a redirect, or neither. `/a/index.html` is at `/a/` and `/a.html` at `/a`; every other spelling is
//! redirected there.

/// What answers to a path.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// This file.
    File(String),
    /// This path, for good.
    Elsewhere(String),
    /// Nothing.
    Nothing,
}

/// Looks a decoded path up.
pub(super) fn find(path: &str, exists: impl Fn(&str) -> bool) -> Found {
    if let Some(folder) = path.strip_suffix('/') {
        let index = format!("{path}index.html");
        let page = format!("{folder}.html");
        return if exists(&index) {
            Found::File(index)
        } else if let Some(above) = path.strip_suffix("index/") {
            Found::Elsewhere(above.to_owned())
        } else if exists(&page) {
            Found::Elsewhere(folder.to_owned())
        } else {
            Found::Nothing
        };
    }
    if exists(path) {
        return match path.strip_suffix(".html") {
            None => Found::File(path.to_owned()),
            Some(bare) => match bare.strip_suffix("/index") {
                Some(folder) => Found::Elsewhere(format!("{folder}/")),
                // A file of the bare name has taken the place.
                None if exists(bare) => Found::File(path.to_owned()),
                None => Found::Elsewhere(bare.to_owned()),
            },
        };
    }
    if let Some(folder) = path.strip_suffix("/index")
        && exists(&format!("{path}.html"))
    {
        return Found::Elsewhere(format!("{folder}/"));
    }
    let page = format!("{path}.html");
    if exists(&page) {
        Found::File(page)
    } else if exists(&format!("{path}/index.html")) {
        Found::Elsewhere(format!("{path}/"))
    } else {
        Found::Nothing
    }
}

/// Returns the file shown where there is nothing: the nearest `404.html`.
pub(super) fn not_found(path: &str, exists: impl Fn(&str) -> bool) -> Option<String> {
    let mut folder = path;
    while let Some((above, _)) = folder.rsplit_once('/') {
        let page = format!("{above}/404.html");
        if exists(&page) {
            return Some(page);
        }
        folder = above;
    }
    None
}

/// Returns the part of a path below the base path.
pub(super) fn below_base<'a>(path: &'a str, base_path: &str) -> Option<&'a str> {
    path.strip_prefix(base_path).filter(|below| below.starts_with('/'))
}

/// Decodes `%20` and its like. None where the bytes are no text.
pub(super) fn decode(path: &str) -> Option<String> {
    let decoded = percent_encoding::percent_decode_str(path).decode_utf8().ok()?;
    (!decoded.contains('\0')).then(|| decoded.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILES: [&str; 8] =
        ["/index.html", "/a/index.html", "/b.html", "/c", "/c.html", "/d.png", "/404.html", "/a/404.html"];

    fn check(path: &str, expect: &str) {
        let found = match find(path, |path| FILES.contains(&path)) {
            Found::File(file) => file,
            Found::Elsewhere(path) => format!("→ {path}"),
            Found::Nothing => "nothing".to_owned(),
        };
        assert_eq!(found, expect, "{path}");
    }

    #[test]
    fn each_page_has_one_address() {
        check("/", "/index.html");
        check("/index.html", "→ /");
        check("/index", "→ /");
        check("/a/", "/a/index.html");
        check("/a", "→ /a/");
        check("/a/index.html", "→ /a/");
        check("/a/index", "→ /a/");
        check("/a/index/", "→ /a/");
        check("/b", "/b.html");
        check("/b.html", "→ /b");
        check("/b/", "→ /b");
        check("/c", "/c");
        check("/c.html", "/c.html");
        check("/d.png", "/d.png");
        check("/d.png/", "nothing");
        check("/e", "nothing");
        check("/../b", "nothing");
    }

    #[test]
    fn the_nearest_404_page_is_shown() {
        let shown = |path: &str| not_found(path, |path| FILES.contains(&path));
        assert_eq!(shown("/x").as_deref(), Some("/404.html"));
        assert_eq!(shown("/a/x/y").as_deref(), Some("/a/404.html"));
        assert_eq!(not_found("/x", |_| false), None);
    }

    #[test]
    fn paths_are_decoded() {
        assert_eq!(decode("/a%20b%C3%A9").as_deref(), Some("/a bé"));
        assert_eq!(decode("/%ff"), None);
        assert_eq!(decode("/a%00"), None);
    }

    #[test]
    fn the_base_path_ends_at_a_slash() {
        assert_eq!(below_base("/docs/a", "/docs"), Some("/a"));
        assert_eq!(below_base("/docsa", "/docs"), None);
        assert_eq!(below_base("/docs", "/docs"), None);
        assert_eq!(below_base("/a", ""), Some("/a"));
    }
}
