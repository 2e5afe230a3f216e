//! The cases: what is changed before a tool runs.

use std::str::FromStr;

use anyhow::bail;

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Case {
    /// No output, no cache.
    Cold,
    /// The same again.
    Nothing,
    /// A paragraph more on one page.
    Body,
    /// Another title of one page: lists, feeds and neighbours show it.
    Title,
    /// A new tag on one page.
    Tag,
    /// Another word in the layout of all pages.
    Template,
    /// The development server: its start, and from a change to the word to the browser.
    Preview,
}

impl Case {
    /// The cases that are a run of the tool each, in the order in which they follow each other.
    pub(super) const BUILDS: [Self; 6] =
        [Self::Cold, Self::Nothing, Self::Body, Self::Title, Self::Tag, Self::Template];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Cold => "cold",
            Self::Nothing => "nothing",
            Self::Body => "body",
            Self::Title => "title",
            Self::Tag => "tag",
            Self::Template => "template",
            Self::Preview => "preview",
        }
    }

    /// How the table calls it.
    pub(super) fn title(self) -> &'static str {
        match self {
            Self::Cold => "cold",
            Self::Nothing => "nothing changed",
            Self::Body => "one page's body changed",
            Self::Title => "one page's title changed",
            Self::Tag => "a tag added",
            Self::Template => "the layout of pages changed",
            Self::Preview => "preview",
        }
    }
}

impl FromStr for Case {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> anyhow::Result<Self> {
        let all: Vec<Self> = Self::BUILDS.into_iter().chain([Self::Preview]).collect();
        let Some(case) = all.iter().find(|case| case.name() == text) else {
            let names: Vec<&str> = all.iter().map(|case| case.name()).collect();
            bail!("`{text}` is no case; there are {}", names.join(", "));
        };
        Ok(*case)
    }
}
