//! What a check keeps of a build's files instead of writing them: who links to whom.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use crate::render::{Artifact, Content, Put, Sink};

/// A sink that writes nothing: it remembers which pages the links of others lead to.
#[derive(Debug, Default)]
pub struct Output {
    seen: Mutex<Seen>,
}

#[derive(Debug, Default)]
struct Seen {
    /// Where links lead, as a path from the site's root, with the one page that has such a link; none for several.
    linked: BTreeMap<String, Option<String>>,
}

impl Output {
    /// Reports whether another page links to the page at `url`, which links write as `written` (with the base path).
    pub(super) fn is_linked(&self, url: &str, written: &str) -> bool {
        let seen = self.lock();
        [url, written].iter().any(|target| match seen.linked.get(*target) {
            Some(Some(from)) => from != url,
            Some(None) => true,
            None => false,
        })
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Sink for Output {
    fn put(&self, artifact: Artifact) -> Result<Option<Put>, crate::fs::Error> {
        let Content::Bytes(bytes) = &artifact.content else { return Ok(None) };
        if !artifact.path.ends_with(".html") {
            return Ok(None);
        }
        let page = page_url(&artifact.path);
        let mut targets = BTreeSet::new();
        links(&page, &String::from_utf8_lossy(bytes), &mut targets);
        let mut seen = self.lock();
        for target in targets {
            let from = seen.linked.entry(target).or_insert_with(|| Some(page.clone()));
            if from.as_ref().is_some_and(|from| *from != page) {
                *from = None;
            }
        }
        Ok(None)
    }
}

/// Returns the URL of a page by its file: `/a/` for `a/index.html`.
fn page_url(file: &str) -> String {
    format!("/{}", file.strip_suffix("index.html").unwrap_or(file))
}

/// Notes where the links of a page lead, within its site.
fn links(page: &str, html: &str, targets: &mut BTreeSet<String>) {
    // Any host will do: links to others are told by theirs.
    let Ok(base) = url::Url::parse("http://site.invalid").and_then(|root| root.join(page)) else {
        return;
    };
    super::tags::each(html, "a", |attributes| {
        let href = attributes.iter().find(|(name, _)| name.eq_ignore_ascii_case("href"));
        if let Some((_, href)) = href
            && let Ok(target) = base.join(href)
            && target.origin() == base.origin()
        {
            let path = percent_encoding::percent_decode_str(target.path()).decode_utf8_lossy().into_owned();
            targets.insert(path);
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_count_when_they_come_from_another_page() {
        let output = Output::default();
        let put = |path: &str, html: &str| output.put(Artifact::text(path, html)).unwrap();
        put("index.html", "<a href=/base/a/>A</a> <a href=\"https://example.org/c/\">C</a>");
        put("a/index.html", "<a href='../b/#x'>B</a> <a href=/d/>D</a>");
        put("d/index.html", "<a href=/d/>D</a> <a href=/e%20f/></a><a href=/c>");
        put("self/index.html", "<a href=/self/>me</a>");
        let linked = |url: &str| output.is_linked(url, &format!("/base{url}"));
        assert!(linked("/a/"), "with the base path");
        assert!(linked("/b/"), "relative, with an anchor");
        assert!(linked("/d/"), "from itself and another");
        assert!(linked("/e f/"), "percent-encoded");
        assert!(!linked("/self/"), "only from itself");
        assert!(!linked("/c/"), "of another site");
    }
}
