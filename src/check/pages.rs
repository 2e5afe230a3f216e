//! Pages: who links to them, and what is missing on them.

use std::collections::BTreeSet;
use std::sync::Arc;

use rayon::prelude::*;
use rivage_diag::{Diagnostic, FileId, Span};
use rivage_syntax::ast::NodeKind;
use rivage_syntax::markdown;

use super::output::Output;
use super::{diagnostics, tags};
use crate::parse::Document;
use crate::render::PageFacts;
use crate::resolve::{Page, Site};

/// Pages that nothing links to: no text, menu, sidebar or list. The home pages need no link, nor do those that forms lead to.
pub(super) fn orphans(site: &Site, output: &Output) -> Vec<Diagnostic> {
    let thanks = |page: &Page| {
        let mut paths = site.config.api.forms.iter().filter_map(|form| form.form.thanks.as_deref());
        paths.any(|path| {
            path.split(['?', '#']).next().unwrap_or_default().trim_end_matches('/') == page.url.trim_end_matches('/')
        })
    };
    let orphan = |page: &Page| {
        let document = own_document(page)?;
        let written = format!("{}{}", site.config.site.base_path, page.url);
        let fine = page.key.is_empty() || output.is_linked(&page.url, &written) || thanks(page);
        (!fine).then(|| diagnostics::orphan(&document.file, &page.url))
    };
    site.pages.iter().filter_map(orphan).collect()
}

/// Pages without a description. Those that search engines are told to leave out need none.
pub(super) fn descriptions(site: &Site) -> Vec<Diagnostic> {
    let missing = |page: &Page| {
        let document = own_document(page)?;
        let meta = &document.front_matter;
        let hidden = meta.robots.as_deref().is_some_and(|robots| robots.contains("noindex"));
        let described = meta.description.as_deref().is_some_and(|text| !text.trim().is_empty());
        // The site's own description serves the home pages.
        let home = page.key.is_empty() && !site.config.site.description.is_empty();
        (!hidden && !described && !home).then(|| diagnostics::missing_description(&document.file))
    };
    site.pages.iter().filter_map(missing).collect()
}

/// Images without an alternative text.
pub(super) fn images(site: &Site) -> Vec<Diagnostic> {
    site.pages.par_iter().filter_map(own_document).flat_map_iter(images_of).collect()
}

fn images_of(document: &Document) -> Vec<Diagnostic> {
    let options = markdown::Options::site(document.source.syntax);
    let (root, _) = markdown::parse(&document.file, &document.text, document.body_start, &options);
    let mut found = Vec::new();
    root.walk(&mut |node| match &node.kind {
        NodeKind::Image { url, alt, .. } if alt.trim().is_empty() => {
            found.push(diagnostics::missing_alt(&document.file, node.span, url));
        }
        NodeKind::Element(element) if element.name.as_deref() == Some("img") => {
            // A spread may bring an `alt` along. An empty one is meant: `<img alt="">` is how HTML says decoration.
            let has_alt = element
                .attributes
                .iter()
                .any(|attribute| attribute.name.is_none() || attribute.name.as_deref() == Some("alt"));
            if !has_alt {
                found.push(diagnostics::missing_alt(&document.file, node.span, "img"));
            }
        }
        NodeKind::Html(html) => tags::each(html, "img", |attributes| {
            if !attributes.iter().any(|(name, _)| name.eq_ignore_ascii_case("alt")) {
                let source = attributes.iter().find(|(name, _)| name.eq_ignore_ascii_case("src"));
                let source = source.map_or("img", |(_, value)| value.as_str());
                found.push(diagnostics::missing_alt(&document.file, node.span, source));
            }
        }),
        _ => {}
    });
    found
}

/// Headings more than one level below the one before. A page starts at level 1, its title.
pub(super) fn headings(facts: &[Arc<PageFacts>]) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for page in facts {
        let mut before = 1;
        for (depth, text, place) in &page.headings {
            if *depth > before + 1 {
                found.push(diagnostics::heading_jump(place, text, before, *depth));
            }
            before = *depth;
        }
    }
    found
}

/// Ids that stand on a page more than once.
pub(super) fn ids(site: &Site, facts: &[Arc<PageFacts>]) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for page in facts {
        let mut seen = BTreeSet::new();
        let repeated: BTreeSet<_> = page.ids.iter().filter(|id| !seen.insert(id.as_str())).collect();
        let document = site.by_url.get(&page.url).and_then(|index| match site.routes.get(*index)?.view {
            crate::resolve::View::Page(id) => site.page(id).document.as_deref(),
            _ => None,
        });
        for id in repeated {
            let (file, span) = match document {
                Some(document) => (document.file.clone(), place_of_id(document, id)),
                None => (FileId::from(crate::config::FILE), Span::at(0)),
            };
            found.push(diagnostics::duplicate_id(&file, span, &page.url, id));
        }
    }
    found
}

/// Where an author gave the id last; the start of the file where it came about otherwise.
fn place_of_id(document: &Document, id: &str) -> Span {
    let spellings = [format!("#{id}"), format!("id=\"{id}\""), format!("id='{id}'"), format!("/*{id}*/")];
    let last = spellings.iter().filter_map(|spelling| Some((document.text.rfind(spelling)?, spelling.len()))).max();
    last.map_or(Span::at(0), |(start, len)| Span::new(start, start + len))
}

/// The document of a page, unless it shows another page's.
fn own_document(page: &Page) -> Option<&Document> {
    page.document.as_deref().filter(|_| !page.is_fallback)
}

#[cfg(test)]
pub(super) mod tests {
    use std::sync::Arc;

    use rivage_diag::Location;
    use rivage_syntax::ast::Syntax;
    use rustc_hash::FxHashMap;

    use super::*;
    use crate::config::Config;
    use crate::discover::{ContentFile, Role};
    use crate::parse::front_matter::FrontMatter;
    use crate::render::{Artifact, Sink};
    use crate::resolve::{PageId, Route, View};

    fn document(url: &str) -> Document {
        let key = url.trim_matches('/').to_owned();
        let path = format!("content/{key}.md");
        Document {
            file: FileId::from(path.as_str()),
            source: ContentFile {
                path,
                syntax: Syntax::Markdown,
                language: "en".to_owned(),
                key,
                role: Role::Page,
                section: String::new(),
            },
            text: crate::parse::Text::new("# A {#a}\n\n## B {#a}\n".into()),
            print: crate::inputs::Fingerprint::MISSING,
            face: crate::inputs::Fingerprint::MISSING,
            body_start: 0,
            front_matter: FrontMatter::default(),
            first_heading: None,
            words: 0,
            summary: String::new(),
            links: Vec::new(),
        }
    }

    /// Makes a site of pages at these URLs.
    pub(in crate::check) fn site(urls: &[&str]) -> Site {
        let mut site = empty();
        for (index, url) in urls.iter().enumerate() {
            let id = PageId(u32::try_from(index).unwrap());
            let document = document(url);
            site.by_url.insert((*url).to_owned(), index);
            site.routes.push(Route { url: (*url).to_owned(), language: "en".to_owned(), view: View::Page(id) });
            let key = document.source.key.clone();
            site.pages.push(Page { key, document: Some(Arc::new(document)), ..Page::bare(id, url) });
        }
        site
    }

    fn empty() -> Site {
        Site {
            config: Arc::new(Config::default()),
            pages: Vec::new(),
            routes: Vec::new(),
            by_file: FxHashMap::default(),
            by_key: FxHashMap::default(),
            by_url: FxHashMap::default(),
            taxonomies: Vec::new(),
            menus: FxHashMap::default(),
            sidebars: FxHashMap::default(),
            series: FxHashMap::default(),
            aliases: Vec::new(),
            assets: FxHashMap::default(),
            targets: crate::resolve::Targets::default(),
        }
    }

    #[test]
    fn a_page_that_nothing_links_to_is_an_orphan() {
        let site = site(&["/", "/a/", "/b/"]);
        let output = Output::default();
        output.put(Artifact::text("index.html", "<a href=/a/>A</a>")).unwrap();
        let found = orphans(&site, &output);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].message, "nothing links to `/b/`");
    }

    #[test]
    fn a_page_that_a_form_leads_to_is_no_orphan() {
        let mut site = site(&["/", "/thanks/", "/b/"]);
        let thanks = Some("/thanks/".to_owned());
        let form = rivage_api::manifest::Form { name: "a".to_owned(), trap: None, challenge: false, thanks };
        let form = crate::config::api::Form { form, fields: Vec::new(), span: Span::at(0) };
        Arc::make_mut(&mut site.config).api.forms.push(form);
        let found = orphans(&site, &Output::default());
        let told: Vec<_> = found.iter().map(|found| found.message.as_str()).collect();
        assert_eq!(told, ["nothing links to `/b/`"]);
    }

    #[test]
    fn pages_need_a_description() {
        let mut site = site(&["/", "/a/", "/b/"]);
        let with = |site: &mut Site, index: usize, change: &dyn Fn(&mut FrontMatter)| {
            let mut document = document("/x/");
            change(&mut document.front_matter);
            site.pages[index].document = Some(Arc::new(document));
        };
        with(&mut site, 0, &|meta| meta.description = Some("x".to_owned()));
        with(&mut site, 1, &|meta| meta.robots = Some("noindex, nofollow".to_owned()));
        let files: Vec<_> = descriptions(&site).into_iter().filter_map(|found| found.primary).collect();
        assert_eq!(files, [Location::new(&FileId::from("content/b.md"), Span::at(0))]);
    }

    #[test]
    fn headings_go_down_one_level_at_a_time() {
        let place = Location::new(&FileId::from("content/a.md"), Span::at(0));
        let heading = |depth: u8| (depth, format!("H{depth}"), place.clone());
        let page = |depths: &[u8]| PageFacts {
            headings: depths.iter().map(|depth| heading(*depth)).collect(),
            ..PageFacts::default()
        };
        let count = |depths: &[u8]| headings(&[page(depths).into()]).len();
        assert_eq!(count(&[2, 3, 4, 2, 3]), 0);
        assert_eq!(count(&[1, 2]), 0);
        assert_eq!(count(&[3]), 1);
        assert_eq!(count(&[2, 4, 5, 2, 5]), 2);
        assert_eq!(headings(&[page(&[2, 4]).into()])[0].message, "the heading `H4` jumps from level 2 to 4");
    }

    #[test]
    fn an_id_stands_once() {
        let site = site(&["/a/"]);
        let ids = ["a", "b", "a", "a"].map(str::to_owned).to_vec();
        let found = super::ids(&site, &[PageFacts { url: "/a/".to_owned(), ids, ..PageFacts::default() }.into()]);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].message, "the id `a` stands more than once on `/a/`");
        assert_eq!(found[0].primary.as_ref().map(|place| place.span), Some(Span::new(16, 18)));
    }
}
