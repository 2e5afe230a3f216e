//! A site to build: which pages, how many, and how each tool finds them on the disk.
//!
//! In: a tool's layout of a project. Out: its folder with settings and layouts from `benches/sites/`, and the generated pages; and the edits.

use std::path::Path;
use std::str::FromStr;

use anyhow::{Context, bail};

use super::case::Case;
use crate::generate::docs::{self, Dialect};
use crate::generate::posts;
use crate::tools::{copy_folder, root};

/// What the pages are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Variant {
    /// A blog, its code highlighted.
    Posts,
    /// The same blog, its code as it is.
    Plain,
    /// A documentation full of components.
    Docs,
}

impl Variant {
    pub(super) const ALL: [Self; 3] = [Self::Posts, Self::Plain, Self::Docs];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Posts => "posts",
            Self::Plain => "plain",
            Self::Docs => "docs",
        }
    }

    pub(super) fn usual_sizes(self) -> &'static [u32] {
        match self {
            Self::Posts => &[1_000, 10_000, 100_000],
            Self::Plain => &[10_000],
            Self::Docs => &[1_000],
        }
    }
}

impl FromStr for Variant {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> anyhow::Result<Self> {
        let Some(variant) = Self::ALL.into_iter().find(|variant| variant.name() == text) else {
            bail!("`{text}` is no site; there are {}", Self::ALL.map(Self::name).join(", "));
        };
        Ok(variant)
    }
}

/// A site of the benchmark.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Site {
    pub(super) variant: Variant,
    pub(super) count: u32,
}

impl Site {
    /// Its name for people: `posts 10,000`.
    pub(super) fn label(&self) -> String {
        format!("{} {}", self.variant.name(), super::report::thousands(u64::from(self.count)))
    }

    /// The page that is edited. One in the middle: it is in no feed and on no first part of a list.
    pub(super) fn edited(&self) -> u32 {
        self.count / 2
    }
}

/// What was changed on a page: the revisions of its parts, 0 as they were generated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Edits {
    pub(super) body: usize,
    pub(super) title: usize,
    pub(super) tag: usize,
}

/// How a tool's project looks on the disk.
#[derive(Debug)]
pub(super) struct Layout {
    /// A folder below `benches/sites/`.
    pub(super) folder: &'static str,
    /// Where the pages lie.
    pub(super) content: &'static str,
    pub(super) extension: &'static str,
    /// Whose components the pages of a documentation are written in.
    pub(super) dialect: Dialect,
    /// The layout of all pages: the word `@REVISION@` in it is replaced.
    pub(super) template: &'static str,
    /// What the tool makes.
    pub(super) output: &'static str,
    /// What the tool keeps between runs.
    pub(super) caches: &'static [&'static str],
    pub(super) args: &'static [&'static str],
}

impl Layout {
    /// Writes the project.
    pub(super) fn write(&self, site: Site, to: &Path) -> anyhow::Result<()> {
        let highlight = if site.variant == Variant::Plain { "false" } else { "true" };
        let replaced = [("@HIGHLIGHT@", highlight), ("@REVISION@", "0")];
        copy_folder(&root().join("benches/sites").join(self.folder), to, &replaced)?;
        if site.variant == Variant::Docs {
            self.write_groups(site, to)?;
        }
        for number in 0..site.count {
            self.write_page(site, to, number, Edits::default())?;
        }
        Ok(())
    }

    /// Changes what a case says, and nothing of what earlier cases changed. Each revision differs from all others.
    pub(super) fn edit(
        &self,
        site: Site,
        to: &Path,
        (case, revision): (Case, usize),
        edits: &mut Edits,
    ) -> anyhow::Result<()> {
        match case {
            Case::Cold | Case::Nothing | Case::Preview => return Ok(()),
            Case::Body => edits.body = revision,
            Case::Title => edits.title = revision,
            Case::Tag => edits.tag = revision,
            Case::Template => {
                let path = root().join("benches/sites").join(self.folder).join(self.template);
                let text = read(&path)?;
                if !text.contains("@REVISION@") {
                    bail!("`{}` has no @REVISION@ to replace", path.display());
                }
                let text = text.replace("@REVISION@", &revision.to_string());
                return write(&to.join(self.template), &text);
            }
        }
        self.write_page(site, to, site.edited(), *edits)
    }

    fn write_page(&self, site: Site, to: &Path, number: u32, edits: Edits) -> anyhow::Result<()> {
        let (path, text) = self.page(site, number, edits);
        write(&to.join(path), &text)
    }

    /// Returns a page's path and text.
    pub(super) fn page(&self, site: Site, number: u32, edits: Edits) -> (String, String) {
        let body = |revision: usize| format!("Revision {revision} of this page.\n");
        let title = |revision: usize| format!(", revision {revision}");
        if site.variant == Variant::Docs {
            let mut page = docs::doc(number, site.count);
            if edits.body > 0 {
                page.add(body(edits.body));
            }
            if edits.title > 0 {
                page.title.push_str(&title(edits.title));
            }
            let path = format!("{}/{}.{}", self.content, docs::path(number), self.extension);
            return (path, page.source(self.dialect));
        }
        let mut post = posts::post(number);
        if edits.body > 0 {
            post.body.push_str(&format!("\n{}", body(edits.body)));
        }
        if edits.title > 0 {
            post.title.push_str(&title(edits.title));
        }
        if edits.tag > 0 {
            post.tags.push(format!("storm{}", edits.tag));
        }
        (format!("{}/post-{number}.{}", self.content, self.extension), post.source())
    }

    /// Writes what tells a documentation's tool of its groups, and their first pages.
    fn write_groups(&self, site: Site, to: &Path) -> anyhow::Result<()> {
        let mut summary = "# Summary\n\n[Home](index.md)\n\n".to_owned();
        for group in 0..docs::groups(site.count) {
            let folder = docs::group_folder(group);
            let name = match self.dialect {
                Dialect::Rivage => "_index.mdx",
                Dialect::Starlight => "index.mdx",
                Dialect::Markdown => "index.md",
            };
            let text = match self.dialect {
                Dialect::Markdown => format!("# Group {group}\n"),
                _ => format!("---\ntitle: Group {group}\ndescription: Some pages.\n---\n"),
            };
            write(&to.join(self.content).join(&folder).join(name), &text)?;
            summary.push_str(&format!("- [Group {group}]({folder}/index.md)\n"));
            for number in docs::pages_of(group, site.count) {
                let title = docs::doc(number, site.count).title;
                summary.push_str(&format!("  - [{title}]({}.md)\n", docs::path(number)));
            }
        }
        if self.dialect == Dialect::Markdown {
            write(&to.join(self.content).join("SUMMARY.md"), &summary)?;
        }
        Ok(())
    }
}

fn read(path: &Path) -> anyhow::Result<String> {
    std::fs::read_to_string(path).with_context(|| format!("could not read `{}`", path.display()))
}

fn write(path: &Path, text: &str) -> anyhow::Result<()> {
    let folder = path.parent().unwrap_or(path);
    std::fs::create_dir_all(folder).with_context(|| format!("could not make `{}`", folder.display()))?;
    std::fs::write(path, text).with_context(|| format!("could not write `{}`", path.display()))
}

#[cfg(test)]
mod tests {
    use super::super::tools;
    use super::*;

    const POSTS: Site = Site { variant: Variant::Posts, count: 60 };
    const DOCS: Site = Site { variant: Variant::Docs, count: 60 };

    #[test]
    fn every_tool_gets_the_same_posts() {
        let page = |layout: &Layout| layout.page(POSTS, 7, Edits::default()).1;
        let layouts: Vec<&Layout> = tools::ALL.iter().filter_map(|tool| tool.posts.as_ref()).collect();
        assert!(layouts.len() >= 4);
        assert!(layouts.iter().all(|layout| page(layout) == page(layouts[0])));
    }

    #[test]
    fn an_edit_changes_what_it_says_and_nothing_else() {
        let layout = tools::ALL[0].posts.as_ref().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let mut edits = Edits::default();
        let page = || read(&folder.path().join("content/post-30.md")).unwrap();
        layout.write_page(POSTS, folder.path(), 30, edits).unwrap();
        let mut changed = |case| {
            let before = page();
            layout.edit(POSTS, folder.path(), (case, 1), &mut edits).unwrap();
            let known: Vec<&str> = before.lines().collect();
            page().lines().filter(|line| !known.contains(line)).map(str::to_owned).collect::<Vec<_>>()
        };
        assert_eq!(changed(Case::Nothing), [""; 0]);
        assert_eq!(changed(Case::Body), ["Revision 1 of this page."]);
        assert!(
            matches!(&changed(Case::Title)[..], [line] if line.starts_with("title: ") && line.ends_with("revision 1"))
        );
        assert!(matches!(&changed(Case::Tag)[..], [line] if line.ends_with(", storm1]")));
    }

    #[test]
    fn every_layout_can_be_written_and_edited() {
        for tool in tools::ALL {
            for (site, layout) in [(POSTS, &tool.posts), (DOCS, &tool.docs)] {
                let Some(layout) = layout else { continue };
                let folder = tempfile::tempdir().unwrap();
                layout.write(site, folder.path()).unwrap();
                let (page, _) = layout.page(site, 59, Edits::default());
                assert!(folder.path().join(page).is_file(), "{}", tool.name);
                if layout.template.is_empty() {
                    continue;
                }
                let template = folder.path().join(layout.template);
                let before = read(&template).unwrap();
                layout.edit(site, folder.path(), (Case::Template, 3), &mut Edits::default()).unwrap();
                let after = read(&template).unwrap();
                assert_ne!(before, after, "{}", tool.name);
                assert!(!after.contains("@REVISION@"), "{}", tool.name);
            }
        }
    }
}
