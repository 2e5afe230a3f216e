//! `llms.txt`: the site for language models, after <https://llmstxt.org>.
//!
//! In: the site. Out: one file for each language: its title, one sentence, and its pages by section with links to their Markdown twins.

use super::address::absolute;
use super::{Outputs, description, front_matter, language_path, one_line, site_texts, tree_of, twin};
use crate::config::Language;
use crate::render::Artifact;
use crate::resolve::{Page, PageId};

/// Makes the files; a language without pages has none.
pub(super) fn render(outputs: &Outputs<'_>) -> Vec<Artifact> {
    outputs.site.config.languages.iter().filter_map(|language| file(outputs, language)).collect()
}

fn file(outputs: &Outputs<'_>, language: &Language) -> Option<Artifact> {
    let site = outputs.site;
    let home = site.page(*site.by_key.get(&(language.code.clone(), String::new()))?);
    let (title, general) = site_texts(site, &language.code);
    let mut text = format!("# {}\n", one_line(title));
    let own = front_matter(home).and_then(|matter| matter.description.as_deref());
    let summary = one_line(own.unwrap_or(general));
    if !summary.is_empty() {
        text.push_str(&format!("\n> {summary}\n"));
    }
    // Home itself first, then what stands beside it, then section by section.
    let beside: Vec<_> = std::iter::once(home.id).chain(home.pages.iter().copied()).collect();
    section(outputs, &home.title, &beside, &mut text);
    for id in &home.subsections {
        section(outputs, &site.page(*id).title, &tree_of(site, *id), &mut text);
    }
    Some(Artifact::text(language_path(language.prefix.as_deref(), "llms.txt"), text))
}

fn section(outputs: &Outputs<'_>, title: &str, pages: &[PageId], text: &mut String) {
    let shown = pages.iter().filter(|id| outputs.is_listed(**id)).map(|id| outputs.site.page(*id));
    let lines: String = shown.filter(|page| page.document.is_some()).map(|page| line(outputs, page)).collect();
    if !lines.is_empty() {
        text.push_str(&format!("\n## {}\n\n{lines}", one_line(title)));
    }
}

fn line(outputs: &Outputs<'_>, page: &Page) -> String {
    let config = &outputs.site.config;
    let path = if config.build.markdown_twins { format!("/{}", twin::path(&page.url)) } else { page.url.clone() };
    let title = one_line(&page.title).replace('[', "\\[").replace(']', "\\]");
    let description = one_line(description(page));
    let after = if description.is_empty() { String::new() } else { format!(": {description}") };
    format!("- [{title}]({}){after}\n", absolute(config, &path))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{self, TestSite, text};
    use super::*;

    #[test]
    fn pages_are_listed_by_section() {
        let mut site = TestSite::new();
        let about = site.page("en", "about [us]", "/about/");
        let intro = site.page("en", "docs/intro", "/docs/intro/");
        let api = site.page("en", "docs/api", "/docs/api/");
        let call = site.page("en", "docs/api/call", "/docs/api/call/");
        let docs = site.page("en", "docs", "/docs/");
        let draft = site.page("en", "docs/draft", "/docs/draft/");
        let home = site.page("en", "", "/");
        site.edit(draft).is_draft = true;
        site.section(api, &[call], &[]);
        site.section(docs, &[intro, draft], &[api]);
        site.section(home, &[about], &[docs]);
        site.matter(intro, |matter| matter.description = Some("Where to\nstart".to_owned()));
        let site = site.finish();
        let files = testing::with(site, &|_| false, render);
        insta::assert_snapshot!(text(&files, "llms.txt"), @r"
        # Shore & Sea

        > Notes from the coast

        ## Home

        - [Home](https://example.org/index.md)
        - [about \[us\]](https://example.org/about/index.md)

        ## docs

        - [docs](https://example.org/docs/index.md)
        - [intro](https://example.org/docs/intro/index.md): Where to start
        - [api](https://example.org/docs/api/index.md)
        - [call](https://example.org/docs/api/call/index.md)
        ");
    }

    #[test]
    fn each_language_has_its_own() {
        let mut site = TestSite::new();
        site.language("fr");
        site.config.build.markdown_twins = false;
        site.page("en", "", "/");
        site.page("fr", "", "/fr/");
        let site = site.finish();
        let files = testing::with(site, &|_| false, render);
        assert!(text(&files, "fr/llms.txt").contains("- [Home](https://example.org/fr/)"));
    }
}
