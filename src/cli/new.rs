//! `rivage new`: a page from an archetype.
//!
//! An archetype is a content file in archetypes/, of the site or its theme, named for the section it is for
//! (`blog.mdx`, `docs/api.mdx`) or `default.mdx`. `{{ title }}` (a quoted string), `{{ date }}`, `{{ name }}` and
//! `{{ section }}` in it are filled in. It is no template of Tera's: MDX has braces of its own.

use anyhow::Context;

use super::Exit;
use super::args::{Global, New};
use super::printer::{Printer, failure};
use super::project::Project;
use crate::config::{self, Config};
use crate::discover::{ThemeFile, discover};
use crate::inputs::Inputs;
use crate::{slug, theme};

/// What a page starts with where no archetype says otherwise.
const DEFAULT: &str = "---\ntitle: {{ title }}\ndescription: \"\"\ndate: {{ date }}\ndraft: true\n---\n\n";

pub(super) fn run(global: &Global, args: &New, printer: &Printer) -> anyhow::Result<Exit> {
    let project = Project::open(global)?;
    let inputs = Inputs::new(&project.world);
    let (config, _) = config::load(&inputs);
    let page = Page::named(&args.path, &config)?;
    let (tree, _) = discover(&inputs, &config);
    let archetype = match choose(&tree.theme.archetypes, &page) {
        Some(archetype) => String::from_utf8(theme::read(&inputs, &archetype.path)?)
            .with_context(|| format!("`{}` is not UTF-8", archetype.path))?,
        None => DEFAULT.to_owned(),
    };
    let title = args.title.clone().unwrap_or_else(|| title(&page.name));
    let date = inputs.today().to_string();
    let text = fill(&archetype, &Values { title: &title, date: &date, name: &page.name, section: &page.section });

    let file = project.root.join(&page.path);
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder).with_context(|| format!("could not make the folder of `{}`", page.path))?;
    }
    // Never over a page that is there, not even one written between a look and this line.
    let mut open = match std::fs::File::create_new(&file) {
        Ok(open) => open,
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            return Err(failure(format!("`{}` exists already", page.path), "choose another name, or edit that page"));
        }
        Err(error) => return Err(error).with_context(|| format!("could not write `{}`", page.path)),
    };
    std::io::Write::write_all(&mut open, text.as_bytes())
        .with_context(|| format!("could not write `{}`", page.path))?;
    printer.result(&format!("{}\n", page.path))?;
    Ok(Exit::Done)
}

/// A page that is to be made.
#[derive(Debug, PartialEq, Eq)]
struct Page {
    /// Where: `content/blog/first-post.mdx`.
    path: String,
    /// The folder below content/: `blog`.
    section: String,
    /// What it is called: `first-post`.
    name: String,
}

impl Page {
    fn named(written: &str, config: &Config) -> anyhow::Result<Self> {
        let refuse = |what: &str| {
            failure(
                format!("`{written}` {what}"),
                "name the page by its path below content/, such as `blog/first-post`",
            )
        };
        if written.starts_with('/') {
            return Err(refuse("starts at the root of the disk"));
        }
        let below = written.strip_prefix("content/").unwrap_or(written);
        let below = below.strip_prefix("./").unwrap_or(below);
        // `docs/` is the section itself.
        let below = if below.ends_with('/') { format!("{below}_index") } else { below.to_owned() };
        for part in below.split('/') {
            if part.is_empty() || part == "." || part == ".." {
                return Err(refuse("is no path of a page"));
            }
            if let Some(bad) = part.chars().find(|c| c.is_control() || "?#\\:*\"<>|".contains(*c)) {
                return Err(refuse(&format!("contains {bad:?}, which has no place in a URL")));
            }
        }
        let (stem, extension) = match below.rsplit_once('.') {
            Some((stem, extension @ ("md" | "mdx"))) => (stem, extension),
            _ => (below.as_str(), "mdx"),
        };
        let (folder, file) = stem.rsplit_once('/').unwrap_or(("", stem));
        let bare =
            file.rsplit_once('.').filter(|(_, code)| config.language(code).is_some()).map_or(file, |(bare, _)| bare);
        // A bundle and a section are called as their folder is.
        let (section, name) = match bare {
            "index" => folder.rsplit_once('/').unwrap_or(("", folder)),
            "_index" => (folder, folder.rsplit('/').next().unwrap_or("")),
            _ => (folder, bare),
        };
        if bare.is_empty() {
            return Err(refuse("has no name"));
        }
        let name = if name.is_empty() { "home" } else { name };
        Ok(Self { path: format!("content/{stem}.{extension}"), section: section.to_owned(), name: name.to_owned() })
    }
}

/// The archetype of the section or of the nearest one above that has one.
fn choose<'a>(archetypes: &'a [ThemeFile], page: &Page) -> Option<&'a ThemeFile> {
    let extension = page.path.rsplit('.').next().unwrap_or("mdx");
    let named = |stem: &str| {
        let of = |extension: &str| archetypes.iter().find(|file| file.name == format!("{stem}.{extension}"));
        // An `.mdx` archetype may hold what `.md` cannot, but a plain one serves both.
        of(extension).or_else(|| of("md"))
    };
    let mut section = page.section.as_str();
    while !section.is_empty() {
        if let Some(found) = named(section) {
            return Some(found);
        }
        section = section.rsplit_once('/').map_or("", |(above, _)| above);
    }
    named("default")
}

/// What placeholders stand for.
pub(super) struct Values<'a> {
    pub(super) title: &'a str,
    pub(super) date: &'a str,
    pub(super) name: &'a str,
    pub(super) section: &'a str,
}

/// Fills placeholders in. A title becomes a quoted string: JSON's are strings of YAML and TOML, too.
pub(super) fn fill(archetype: &str, values: &Values<'_>) -> String {
    let title = serde_json::Value::from(values.title).to_string();
    let Values { date, name, section, .. } = values;
    let values = [("title", title.as_str()), ("date", date), ("name", name), ("section", section)];
    let mut out = String::with_capacity(archetype.len() + title.len());
    let mut rest = archetype;
    while let Some((before, after)) = rest.split_once("{{") {
        out.push_str(before);
        let filled = after.split_once("}}").and_then(|(name, tail)| {
            let (_, value) = values.iter().find(|(key, _)| *key == name.trim())?;
            Some((*value, tail))
        });
        match filled {
            Some((value, tail)) => {
                out.push_str(value);
                rest = tail;
            }
            None => {
                out.push_str("{{");
                rest = after;
            }
        }
    }
    out + rest
}

/// Makes a title of a file's name: `first-post` → `First post`. A date in front is no part of it.
pub(super) fn title(name: &str) -> String {
    slug::humanize(slug::split_date(name).1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(written: &str) -> Result<(String, String, String), String> {
        Page::named(written, &Config::default())
            .map(|page| (page.path, page.section, page.name))
            .map_err(|error| error.to_string())
    }

    fn check(written: &str, path: &str, section: &str, name: &str) {
        assert_eq!(named(written), Ok((path.to_owned(), section.to_owned(), name.to_owned())), "{written}");
    }

    #[test]
    fn paths_are_completed() {
        check("blog/first-post", "content/blog/first-post.mdx", "blog", "first-post");
        check("content/blog/first.md", "content/blog/first.md", "blog", "first");
        check("about", "content/about.mdx", "", "about");
        check("blog/trip/index.mdx", "content/blog/trip/index.mdx", "blog", "trip");
        check("docs/api/", "content/docs/api/_index.mdx", "docs/api", "api");
        check("v1.2", "content/v1.2.mdx", "", "v1.2");
        check("about.en", "content/about.en.mdx", "", "about");
    }

    #[test]
    fn paths_that_are_no_pages_are_refused() {
        for bad in ["/etc/passwd", "../x", "a/../b", "a//b", "", "a?b", "a#b", "a\0b", "a/.md", "a\\b"] {
            assert!(named(bad).is_err(), "{bad:?} became {:?}", named(bad));
        }
    }

    #[test]
    fn titles_come_from_names() {
        assert_eq!(title("first-post"), "First post");
        assert_eq!(title("2026-11-23-a_walk"), "A walk");
        assert_eq!(title("2026-11-23-"), "2026 11 23");
        assert_eq!(title("état"), "État");
    }

    #[test]
    fn the_nearest_archetype_is_taken() {
        let file = |name: &str| ThemeFile { name: name.to_owned(), path: format!("archetypes/{name}") };
        let all = [file("blog.mdx"), file("default.md"), file("docs/api.mdx"), file("docs.md")];
        let chosen = |path: &str| {
            let page = Page::named(path, &Config::default()).unwrap();
            choose(&all, &page).map(|file| file.name.clone())
        };
        assert_eq!(chosen("blog/a").as_deref(), Some("blog.mdx"));
        assert_eq!(chosen("docs/api/v2/a").as_deref(), Some("docs/api.mdx"));
        assert_eq!(chosen("docs/guide/a").as_deref(), Some("docs.md"));
        assert_eq!(chosen("a").as_deref(), Some("default.md"));
        assert_eq!(choose(&[], &Page::named("a", &Config::default()).unwrap()), None);
    }

    #[test]
    fn archetypes_are_filled_and_keep_braces_of_mdx() {
        let values = Values { title: "Say \"hi\"", date: "2026-11-23", name: "a", section: "blog" };
        let archetype = "title: {{ title }}\ndate: {{date}}\n<A b={{ c: 1 }} /> {{ name }} {{";
        let text = fill(archetype, &values);
        assert_eq!(text, "title: \"Say \\\"hi\\\"\"\ndate: 2026-11-23\n<A b={{ c: 1 }} /> a {{");
    }
}
