//! What is near to a page by links.

use super::*;

fn near(site: &Site, key: &str, limit: usize) -> Vec<String> {
    let found = Graph::new(site).related(site, site.by(key).id, limit);
    site.keys(&found).into_iter().map(str::to_owned).collect()
}

#[test]
fn linked_pages_come_first_then_those_that_share_links() {
    let site = draft()
        .pages(&["content/a.md", "content/b.md", "content/c.md", "content/d.md", "content/e.md", "content/far.md"])
        .links("content/a.md", &["b.md", "/c/"])
        // In the other direction, too.
        .links("content/d.md", &["a.md", "nowhere.md"])
        .links("content/e.md", &["b.md", "c.md"])
        .good();
    // `b` and `c` share `e`: each stands between the other and the rest.
    assert_eq!(near(&site, "a", 9), ["b", "c", "d", "e"]);
    assert_eq!(near(&site, "a", 2), ["b", "c"]);
    assert_eq!(near(&site, "e", 9), ["b", "c", "a"]);
    assert_eq!(near(&site, "far", 9), Vec::<String>::new());
}

#[test]
fn what_links_everywhere_says_little_and_sections_are_no_result() {
    let all: Vec<String> = (0..40).map(|n| format!("content/docs/p{n}.md")).collect();
    let names: Vec<String> = (0..40).map(|n| format!("p{n}.md")).collect();
    let mut draft = draft().plain("content/docs/_index.md").plain("content/docs/pair.md");
    for path in &all {
        draft = draft.plain(path);
    }
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let site = draft.links("content/docs/_index.md", &names).links("content/docs/pair.md", &["p7.md", "p39.md"]).good();
    let found = near(&site, "docs/p7", 3);
    assert_eq!(found[..2], ["docs/pair", "docs/p39"], "{found:?}");
    assert!(!near(&site, "docs/p7", 50).contains(&"docs".to_owned()));
}

#[test]
fn pages_of_other_languages_are_no_result() {
    let site = draft()
        .languages(&["en", "fr"])
        .pages(&["content/a.md", "content/b.md", "content/b.fr.md", "content/fr/c.md"])
        .links("content/a.md", &["b.md", "fr/c.md"])
        .good();
    assert_eq!(near(&site, "a", 9), ["b"]);
}
