//! What of an output Cloudflare Pages would not take: told when it is built, and not only when it is deployed.
//!
//! In: a [`Site`], its sources, and a [`Count`] of the files of its output. Out: warnings. Deliberately not here: what depends on the account
//! and stops a deployment ([`crate::deploy::checks`]); redirects and headers, which are errors of the build.

use rivage_cloudflare::pages::{LARGEST_FILE, MOST_FILES};
use rivage_diag::Diagnostic;
use rustc_hash::FxHashSet;

use super::diagnostics;
use crate::deploy::files::SPECIAL;
use crate::discover::SourceTree;
use crate::render::{assets, outputs};
use crate::resolve::{Site, View, output_path};

/// What a file of the output is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Page,
    /// A taxonomy, a term, or a further part of a list.
    List,
    Twin,
    Feed,
    Search,
    Asset,
    Static,
    Beside,
    Other,
}

/// Each kind with what its files are called and how there are fewer of them.
const KINDS: [(Kind, &str, Option<&str>); 9] = [
    (Kind::Page, "pages", None),
    (
        Kind::List,
        "lists",
        Some("`render = false` of a taxonomy leaves out its lists, a higher `paginate_by` makes fewer parts"),
    ),
    (Kind::Twin, "Markdown twins", Some("`[build] markdown_twins = false` leaves out the Markdown twins")),
    (Kind::Feed, "feeds", Some("`feed = false` of a taxonomy or section, and `[feeds]`, leave out feeds")),
    (Kind::Search, "files of the search index", Some("`[search] enabled = false` leaves out the search index")),
    (Kind::Asset, "assets", None),
    (Kind::Static, "static files", Some("static files can be served from elsewhere, such as an R2 bucket")),
    (
        Kind::Beside,
        "files beside pages",
        Some("pictures beside pages can be served from elsewhere, such as an R2 bucket"),
    ),
    (Kind::Other, "others", None),
];

/// Files of an output, by kind.
#[derive(Debug)]
pub struct Count {
    lists: FxHashSet<String>,
    beside: FxHashSet<String>,
    statics: FxHashSet<String>,
    by_kind: [usize; KINDS.len()],
    large: Vec<(String, u64)>,
}

impl Count {
    /// Begins to count the files of a site.
    pub fn new(site: &Site, tree: &SourceTree) -> Self {
        let lists = site.routes.iter().filter(|route| !matches!(route.view, View::Page(_)));
        Self {
            lists: lists.map(|route| output_path(&route.url)).collect(),
            beside: site.assets.values().map(|url| url.trim_start_matches('/').to_owned()).collect(),
            statics: tree.theme.statics.iter().map(|file| file.name.clone()).collect(),
            by_kind: [0; KINDS.len()],
            large: Vec::new(),
        }
    }

    /// Counts a file.
    pub fn add(&mut self, path: &str, length: u64) {
        if SPECIAL.contains(&path) {
            return;
        }
        let kind = self.kind(path);
        if let Some(place) = KINDS.iter().position(|(known, ..)| *known == kind) {
            self.by_kind[place] += 1;
        }
        if length > LARGEST_FILE {
            self.large.push((path.to_owned(), length));
        }
    }

    fn kind(&self, path: &str) -> Kind {
        let is_below = |folder: &str| path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'));
        match path {
            _ if self.statics.contains(path) => Kind::Static,
            _ if self.beside.contains(path) => Kind::Beside,
            _ if self.lists.contains(path) => Kind::List,
            _ if is_below(assets::FOLDER) => Kind::Asset,
            _ if is_below("search") && !path.ends_with(".html") && !path.ends_with(".md") => Kind::Search,
            _ if outputs::is_feed(path) => Kind::Feed,
            _ if path.ends_with(".md") => Kind::Twin,
            _ if path.ends_with(".html") => Kind::Page,
            _ => Kind::Other,
        }
    }

    /// Reports what is too much. The result is sorted.
    pub fn finish(mut self) -> Vec<Diagnostic> {
        self.large.sort();
        let mut found: Vec<_> =
            self.large.iter().map(|(path, length)| diagnostics::large_file(path, *length, LARGEST_FILE)).collect();
        let all: usize = self.by_kind.iter().sum();
        if all as u64 > MOST_FILES {
            let mut kinds: Vec<_> = KINDS.iter().zip(self.by_kind).filter(|(_, count)| *count > 0).collect();
            kinds.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
            let counts: Vec<_> = kinds.iter().map(|((_, name, _), count)| format!("{name}: {count}")).collect();
            // What makes little difference helps nobody.
            let hints = kinds.iter().filter(|(_, count)| *count * 50 > all).filter_map(|((.., hint), _)| *hint);
            found.push(diagnostics::many_files(all, MOST_FILES, &counts.join(", "), hints));
        }
        rivage_diag::sort(&mut found);
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::discover::ThemeFile;
    use crate::resolve::Route;

    fn count(files: impl Iterator<Item = (String, u64)>) -> Vec<String> {
        let view = View::Term(0, 0, 1);
        let route = Route { url: "/tags/a/".to_owned(), language: "en".to_owned(), view };
        let site = Site { routes: vec![route], ..Site::default() };
        let site = Site { assets: [("content/p.jpg".to_owned(), "/p.jpg".to_owned())].into_iter().collect(), ..site };
        let mut tree = SourceTree::default();
        tree.theme.statics.push(ThemeFile { name: "CNAME".to_owned(), path: "static/CNAME".to_owned() });
        let mut count = Count::new(&site, &tree);
        files.for_each(|(path, length)| count.add(&path, length));
        let told = count.finish().into_iter();
        let told = told.flat_map(|found| [vec![format!("{}: {}", found.code, found.message)], found.hints].concat());
        told.collect()
    }

    #[test]
    fn a_site_within_the_limits_is_left_alone() {
        let files = (0..20_000).map(|n| (format!("{n}/index.html"), LARGEST_FILE));
        let special = SPECIAL.map(|name| (name.to_owned(), 1));
        assert_eq!(count(files.chain(special)), Vec::<String>::new());
    }

    #[test]
    fn too_many_files_are_told_by_kind_with_what_helps() {
        let pages = (0..12_000).map(|n| (format!("p/{n}/index.html"), 1));
        let twins = (0..8_000).map(|n| (format!("p/{n}/index.md"), 1));
        let search = (0..900).map(|n| (format!("search/en/{n}.json"), 1));
        let others =
            ["tags/a/index.html", "CNAME", "p.jpg", "assets/a.css", "blog/atom.xml", "llms.txt", "search/index.html"];
        let others = others.into_iter().map(|path| (path.to_owned(), 1));
        insta::assert_snapshot!(count(pages.chain(twins).chain(search).chain(others)).join("\n"), @"
        many-files: the site has 20907 files, Cloudflare Pages takes 20000 unless your plan has more (pages: 12001, Markdown twins: 8000, files of the search index: 900, lists: 1, feeds: 1, assets: 1, static files: 1, files beside pages: 1, others: 1)
        `[build] markdown_twins = false` leaves out the Markdown twins
        `[search] enabled = false` leaves out the search index
        ");
    }

    #[test]
    fn a_large_file_is_told_by_name() {
        let files = [("film.webm".to_owned(), (31 << 20) + 1), ("a.webm".to_owned(), LARGEST_FILE)];
        assert_eq!(
            count(files.into_iter()),
            [
                "large-file: `film.webm` has 31 MiB, Cloudflare Pages takes 25 MiB a file",
                "serve it from elsewhere, such as an R2 bucket, and link to it",
            ]
        );
    }
}
