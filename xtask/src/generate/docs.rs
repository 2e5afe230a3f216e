//! Pages of a documentation: twenty components, five blocks of code, tabs; a sidebar with groups of 25 pages.
//!
//! In: a page's number and a dialect. Out: the page in the components of rivage, in those of Starlight, or in plain Markdown that says the same.

use std::fmt::Write;

use super::code;
use super::dice::Dice;

const SEED: u64 = 11;
const GROUP: u32 = 25;

/// Whose components a page is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    Rivage,
    Starlight,
    Markdown,
}

/// A page of the documentation.
#[derive(Clone)]
pub(crate) struct Doc {
    pub(crate) title: String,
    description: String,
    parts: Vec<Part>,
}

#[derive(Clone)]
enum Part {
    Heading(String),
    Text(String),
    Code(String),
    Aside { kind: &'static str, title: String, text: String },
    Tabs(Vec<(&'static str, String)>),
    Cards(Vec<(String, String)>),
    Steps(Vec<String>),
    Files(Vec<String>),
    Link { title: String, page: u32, text: String },
}

/// Returns the page of a number among so many: always the same one.
pub(crate) fn doc(number: u32, count: u32) -> Doc {
    let dice = &mut Dice::of_page(SEED, number);
    let mut parts = Vec::new();
    let aside = |dice: &mut Dice, kind| Part::Aside { kind, title: dice.title(3), text: dice.paragraph(20) };
    let link = |dice: &mut Dice| Part::Link {
        title: dice.title(3),
        page: dice.roll(u64::from(count)) as u32,
        text: dice.sentence(8),
    };
    let code = |dice: &mut Dice| code::block(dice).fenced();
    let head = |dice: &mut Dice, parts: &mut Vec<Part>| {
        parts.push(Part::Heading(dice.title(3)));
        parts.push(Part::Text(dice.paragraph(60)));
    };
    head(dice, &mut parts);
    parts.push(aside(dice, "note"));
    parts.push(Part::Code(code(dice)));
    head(dice, &mut parts);
    parts.push(Part::Tabs(vec![("Linux", code(dice)), ("macOS", code(dice)), ("Windows", dice.paragraph(25))]));
    parts.push(aside(dice, "tip"));
    head(dice, &mut parts);
    parts.push(Part::Steps((0..4).map(|_| dice.sentence(9)).collect()));
    parts.push(Part::Code(code(dice)));
    parts.push(Part::Files((0..5).map(|_| format!("{}.mdx", dice.word())).collect()));
    parts.push(aside(dice, "caution"));
    head(dice, &mut parts);
    parts.push(Part::Tabs(vec![
        ("One", dice.paragraph(20)),
        ("Two", dice.paragraph(20)),
        ("Three", dice.paragraph(20)),
    ]));
    parts.push(Part::Code(code(dice)));
    parts.push(Part::Cards((0..3).map(|_| (dice.title(2), dice.sentence(10))).collect()));
    parts.push(aside(dice, "danger"));
    parts.push(link(dice));
    parts.push(link(dice));
    Doc { title: format!("{} {number}", dice.title(3)), description: dice.sentence(10), parts }
}

/// Returns how many groups so many pages are in.
pub(crate) fn groups(count: u32) -> u32 {
    count.div_ceil(GROUP)
}

/// Returns the folder of a group.
pub(crate) fn group_folder(group: u32) -> String {
    format!("group-{group:03}")
}

/// Returns the path of a page below the documentation's folder, without extension.
pub(crate) fn path(number: u32) -> String {
    format!("{}/page-{number:05}", group_folder(number / GROUP))
}

/// Returns the numbers of a group's pages.
pub(crate) fn pages_of(group: u32, count: u32) -> std::ops::Range<u32> {
    group * GROUP..((group + 1) * GROUP).min(count)
}

impl Doc {
    /// Adds a paragraph.
    pub(crate) fn add(&mut self, text: String) {
        self.parts.push(Part::Text(text));
    }

    /// Returns the file's text.
    pub(crate) fn source(&self, dialect: Dialect) -> String {
        let mut out = match dialect {
            Dialect::Markdown => format!("# {}\n\n", self.title),
            _ => format!("---\ntitle: {}\ndescription: {}\n---\n\n", self.title, self.description),
        };
        if dialect == Dialect::Starlight {
            out.push_str(
                "import { Aside, Card, CardGrid, FileTree, LinkCard, Steps, TabItem, Tabs } from \"@astrojs/starlight/components\";\n\n",
            );
        }
        for part in &self.parts {
            part.write(dialect, &mut out);
            out.push('\n');
        }
        out
    }
}

impl Part {
    fn write(&self, dialect: Dialect, out: &mut String) {
        let plain = dialect == Dialect::Markdown;
        let _ = match self {
            Self::Heading(text) => writeln!(out, "## {text}"),
            Self::Text(text) => writeln!(out, "{text}"),
            Self::Code(text) => write!(out, "{text}"),
            Self::Aside { title, text, .. } if plain => writeln!(out, "> **{title}**\n>\n> {text}"),
            Self::Aside { kind, title, text } => {
                let (tag, prop) = if dialect == Dialect::Rivage { ("Callout", "kind") } else { ("Aside", "type") };
                writeln!(out, "<{tag} {prop}=\"{kind}\" title=\"{title}\">\n{text}\n</{tag}>")
            }
            Self::Tabs(items) if plain => {
                write_all(out, "", "", items, |(label, text)| format!("**{label}**\n\n{text}\n"))
            }
            Self::Tabs(items) => {
                let tag = if dialect == Dialect::Rivage { "Tabs.Item" } else { "TabItem" };
                let item = |(label, text): &(&str, String)| format!("<{tag} label=\"{label}\">\n{text}\n</{tag}>\n");
                write_all(out, "<Tabs>\n", "</Tabs>\n", items, item)
            }
            Self::Cards(cards) if plain => {
                write_all(out, "", "", cards, |(title, text)| format!("- **{title}** {text}\n"))
            }
            Self::Cards(cards) => {
                let tag = if dialect == Dialect::Rivage { "Cards" } else { "CardGrid" };
                let card = |(title, text): &(String, String)| format!("<Card title=\"{title}\">\n{text}\n</Card>\n");
                write_all(out, &format!("<{tag}>\n"), &format!("</{tag}>\n"), cards, card)
            }
            Self::Steps(steps) => {
                let (open, close) = if plain { ("", "") } else { ("<Steps>\n\n", "\n</Steps>\n") };
                write_all(out, open, close, steps, |step| format!("1. {step}\n"))
            }
            Self::Files(files) => {
                let (open, close) = if plain { ("", "") } else { ("<FileTree>\n\n", "\n</FileTree>\n") };
                write_all(out, &format!("{open}- content/\n"), close, files, |file| format!("  - {file}\n"))
            }
            Self::Link { title, page, text } if plain => writeln!(out, "[{title}](../{}.md): {text}", path(*page)),
            Self::Link { title, page, text } => {
                let href = format!("/docs/{}/", path(*page));
                writeln!(out, "<LinkCard title=\"{title}\" href=\"{href}\" description=\"{text}\" />")
            }
        };
    }
}

fn write_all<T>(
    out: &mut String,
    open: &str,
    close: &str,
    items: &[T],
    item: impl Fn(&T) -> String,
) -> std::fmt::Result {
    out.push_str(open);
    for one in items {
        out.push_str(&item(one));
    }
    out.push_str(close);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_has_twenty_components_and_five_blocks_of_code_in_both_dialects() {
        let page = doc(30, 1000);
        for dialect in [Dialect::Rivage, Dialect::Starlight] {
            let text = page.source(dialect);
            let body: Vec<&str> = text.lines().filter(|line| !line.starts_with("import")).collect();
            let opened = |line: &&&str| line.starts_with('<') && line.as_bytes()[1].is_ascii_uppercase();
            assert_eq!(body.iter().filter(opened).count(), 20, "{text}");
            assert_eq!(text.matches("```\n").count(), 5, "{text}");
        }
    }

    #[test]
    fn plain_markdown_says_the_same_without_components() {
        let text = doc(30, 1000).source(Dialect::Markdown);
        assert!(!text.lines().any(|line| line.starts_with('<')), "{text}");
        assert_eq!(text.matches("```\n").count(), 5, "{text}");
        assert!(text.starts_with("# "), "{text}");
    }

    #[test]
    fn pages_are_grouped() {
        assert_eq!(path(30), "group-001/page-00030");
        assert_eq!(groups(1000), 40);
        assert_eq!(groups(26), 2);
        assert_eq!(pages_of(1, 26), 25..26);
    }
}
