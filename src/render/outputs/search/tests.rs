use std::process::Command;

use super::*;
use crate::render::{Content, SearchSection};

fn page(url: &str, title: &str, sections: &[(&str, &str, &str)]) -> SearchPage {
    let section = |(id, title, text): &(&str, &str, &str)| SearchSection {
        id: (*id).to_owned(),
        title: (*title).to_owned(),
        text: (*text).to_owned(),
    };
    SearchPage {
        url: url.to_owned(),
        language: "en".to_owned(),
        title: title.to_owned(),
        breadcrumb: "Docs › Places".to_owned(),
        sections: sections.iter().map(section).collect(),
    }
}

impl Pages for &[SearchPage] {
    fn len(&self) -> usize {
        <[SearchPage]>::len(self)
    }

    fn get(&self, number: usize) -> Cow<'_, SearchPage> {
        Cow::Borrowed(&self[number])
    }
}

fn files(pages: &[SearchPage]) -> Vec<(String, String)> {
    let artifacts = ["en", "fr"].into_iter().flat_map(|language| {
        let pages = if language == "en" { pages } else { &[] };
        index(language, &pages)
    });
    let text = |artifact: Artifact| match artifact.content {
        Content::Bytes(bytes) => (artifact.path, String::from_utf8(bytes).unwrap()),
        Content::CopyOf(path) => panic!("a copy of `{path}`"),
    };
    artifacts.map(text).collect()
}

#[test]
fn the_format_is_as_documented() {
    let pages = [
        page("/a/", "Mast", &[("", "", "A tall mast."), ("top", "The top", "Of a mast")]),
        page("/b/", "Rope", &[("knots", "Knots", "tie it to the mast")]),
    ];
    let files: Vec<_> = files(&pages).into_iter().map(|(path, text)| format!("{path}\n{text}\n")).collect();
    insta::assert_snapshot!(files.join("\n"), @r#"
    search/data/en-59c17a9cf541.json
    {"a":[0,512],"docs":[0,128,1,128],"it":[1,385],"knots":[1,449],"mast":[0,704,1,129],"of":[0,385],"places":[0,128,1,128],"rope":[1,1600],"tall":[0,384],"the":[0,129,1,129],"tie":[1,385],"to":[1,385],"top":[0,449]}

    search/data/en-813b2483bf17.json
    [["/a/","Mast","Docs › Places",["","","A tall mast.","top","The top","Of a mast"]],["/b/","Rope","Docs › Places",["","","","knots","Knots","tie it to the mast"]]]

    search/index.en.json
    {"version":1,"terms":["a","59c17a9cf541"],"pages":[0,"813b2483bf17"]}

    search/index.fr.json
    {"version":1,"terms":[],"pages":[]}
    "#);
}

#[test]
fn a_common_word_keeps_its_heaviest_pages() {
    let pages: Vec<_> = (0..1_500)
        .map(|n| page(&format!("/{n}/"), if n == 1_400 { "Sea" } else { "Page" }, &[("", "", "the sea")]))
        .collect();
    let found = files(&pages);
    let shard: serde_json::Value = found
        .iter()
        .find_map(|(path, text)| {
            (path.starts_with(HASHED) && text.starts_with('{')).then(|| serde_json::from_str(text).unwrap())
        })
        .unwrap();
    let list: Vec<u64> = shard["sea"].as_array().unwrap().iter().map(|number| number.as_u64().unwrap()).collect();
    assert_eq!(list.len(), 2 * POSTINGS);
    let last: u64 = list.iter().step_by(2).sum();
    assert_eq!(last, 1_400);
    assert!(list[list.len() - 1] > list[1]);
}

#[test]
fn files_stay_small_and_order_does_not_show() {
    let pages = many();
    let found = files(&pages);
    assert!(found.iter().all(|(path, text)| text.len() < 50_000 || panic!("{path}: {}", text.len())));
    assert!(found.len() > 10);
    assert_eq!(found, files(&pages));
}

/// Pages enough for several shards and chunks.
fn many() -> Vec<SearchPage> {
    let page = |n: usize| {
        let text: Vec<_> = (0..60).map(|k| format!("w{:x}", (n * 7919 + k * 104_729) % 20_011)).collect();
        let text = format!("common text of unique{n}: {}", text.join(" "));
        page(&format!("/many/{n}/"), &format!("Page {n}"), &[("", "", &text)])
    };
    (0..1_000).map(page).collect()
}

/// The client is tried on an index of this crate, wherever there is a node.
#[test]
fn the_client_finds_what_is_there() {
    if Command::new("node").arg("--version").output().is_err() {
        #[expect(clippy::print_stderr, reason = "a test that does not run must say so")]
        {
            eprintln!("skipped: node is not installed");
        }
        return;
    }
    let mut pages = vec![
        page("/docs/anchor/", "Anchor", &[("", "", "Iron that holds a ship.")]),
        page("/docs/rope/", "Rope", &[("", "", "Ties an anchor to a ship."), ("knots", "Knots", "Many.")]),
        page(
            "/docs/harbour/",
            "Harbour",
            &[
                ("", "", "Ships rest here."),
                ("the-anchor", "The anchor", "Let it go & <b>wait</b> for the anchor to hold."),
            ],
        ),
        page("/docs/both/", "Both", &[("", "", "A rope in a harbour.")]),
        page("/docs/creme/", "Dessert", &[("", "", "Crème brûlée after the storm.")]),
        page("/docs/zh/", "中文", &[("", "", "静态搜索引擎")]),
        page("/docs/words/", "Words", &[("", "", "hasOwnProperty toString")]),
        page("/docs/xss/", "Attack", &[("", "", "<img src=x onerror=\"alert(1)\">")]),
    ];
    pages.extend(many());
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files(&pages) {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let client = concat!(env!("CARGO_MANIFEST_DIR"), "/themes/shore/assets/js/search-index.js");
    std::fs::copy(client, folder.path().join("search-index.mjs")).unwrap();
    std::fs::write(folder.path().join("client.test.mjs"), include_str!("client.test.mjs")).unwrap();
    let ran = Command::new("node").args(["--test", "client.test.mjs"]).current_dir(folder.path()).output().unwrap();
    let said = String::from_utf8_lossy(&ran.stdout).into_owned() + &String::from_utf8_lossy(&ran.stderr);
    assert!(ran.status.success(), "{said}");
}

#[test]
fn a_result_leads_to_the_section_that_is_about_the_word() {
    let sections: Vec<(String, String, String)> =
        (0..70).map(|n| (format!("s{n}"), format!("h{n}"), format!("sea {} only{n}", "sail ".repeat(n % 3)))).collect();
    let sections: Vec<_> =
        sections.iter().map(|(id, title, text)| (id.as_str(), title.as_str(), text.as_str())).collect();
    let counted = count(&page("/", "Title", &sections));
    let best = |word: &str| counted.terms[word].best.0;
    // Section 0 is the page's start, which has no text here.
    assert_eq!(
        (best("sea"), best("sail"), best("h5"), best("only62"), best("only63"), best("title")),
        (1, 3, 6, 63, 0, 0)
    );
}
