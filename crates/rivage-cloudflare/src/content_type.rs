//! The content types that files are stored with, by name.
//!
//! Pages and Workers disagree on some, because Cloudflare's program has two versions of the same table; both columns are in
//! `content_types.tsv`.

use std::collections::HashMap;
use std::sync::LazyLock;

struct Types {
    pages: Option<&'static str>,
    workers: Option<&'static str>,
}

static TABLE: LazyLock<HashMap<&'static str, Types>> = LazyLock::new(|| {
    let lines = include_str!("content_types.tsv").lines().filter(|line| !line.starts_with('#'));
    let row = |line: &'static str| {
        let mut fields = line.split('\t');
        let (extension, pages, workers) = (fields.next()?, fields.next()?, fields.next()?);
        let known = |text: &'static str| (text != "-").then_some(text);
        let workers = if workers == "=" { known(pages) } else { known(workers) };
        Some((extension, Types { pages: known(pages), workers }))
    };
    lines.filter_map(row).collect()
});

/// Returns the content type that Pages stores a file with: bare, without a charset.
pub fn pages(path: &str) -> &'static str {
    let path = path.strip_prefix('/').unwrap_or(path);
    let last = last(path);
    let extension = extension(&last);
    // At the root, the name alone may be an extension: the table is asked for `html` where a file is called that.
    let asked = extension.len() + 1 < last.len() || last.len() == path.len();
    asked.then(|| TABLE.get(extension)?.pages).flatten().unwrap_or("application/octet-stream")
}

/// Returns the content type that Workers stores a file with; `application/null` stands for none.
pub fn workers(path: &str) -> String {
    let last = last(path);
    let extension = extension(&last);
    let known = (extension.len() + 1 < last.len()).then(|| TABLE.get(extension)?.workers).flatten();
    match known {
        Some(text) if text.starts_with("text/") => format!("{text}; charset=utf-8"),
        Some(known) => known.to_owned(),
        None => "application/null".to_owned(),
    }
}

fn last(path: &str) -> String {
    path.rsplit(['/', '\\']).next().unwrap_or(path).to_lowercase()
}

fn extension(last: &str) -> &str {
    last.rsplit('.').next().unwrap_or(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_has_the_type_that_wrangler_sends() {
        let text = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/wrangler/content_types.tsv"));
        let mut count = 0;
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let fields: Vec<_> = line.split('\t').collect();
            let [name, on_pages, on_workers] = fields[..] else { panic!("{line}") };
            assert_eq!(pages(&format!("/d/{name}")), on_pages, "{name}");
            assert_eq!(workers(&format!("/d/{name}")), on_workers, "{name}");
            count += 1;
        }
        assert_eq!(count, 214);
    }

    #[test]
    fn names_without_a_dot() {
        assert_eq!(pages("/d/html"), "application/octet-stream");
        assert_eq!(pages("/html"), "text/html");
        assert_eq!(workers("/html"), "application/null");
        assert_eq!(pages("/.js"), "application/javascript");
        assert_eq!(pages("/d/.js"), "application/octet-stream");
        assert_eq!(pages("/a.JS"), "application/javascript");
    }
}
