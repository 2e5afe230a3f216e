//! Typed front matter.
//!
//! In: [`rivage_syntax::data::Data`]. Out: [`FrontMatter`]. A wrong type or an unknown key is an error with its line and the nearest
//! known key; the rest of the front matter still counts.

use indexmap::IndexMap;
use rivage_diag::Span;

use crate::config::SectionDefaults;

/// A value and where it was written.
#[derive(Clone, Debug, PartialEq)]
pub struct Spanned<T> {
    /// The value.
    pub value: T,
    /// Where it stands in the file.
    pub span: Span,
}

/// What an author says of a page. `None` where nothing is said.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FrontMatter {
    /// The title.
    pub title: Option<String>,
    /// One or two sentences for search engines and lists.
    pub description: Option<String>,
    /// When it was published: `2026-11-23` or RFC 3339.
    pub date: Option<Date>,
    /// When it was last changed.
    pub updated: Option<Date>,
    /// Not shown unless asked.
    pub draft: bool,
    /// Not shown before.
    pub publish_at: Option<Date>,
    /// Not shown from then on.
    pub expires_at: Option<Date>,
    /// The last part of the URL.
    pub slug: Option<Spanned<String>>,
    /// The whole path of the URL.
    pub path: Option<Spanned<String>>,
    /// Former paths that lead here.
    pub aliases: Vec<Spanned<String>>,
    /// The place among its siblings, lowest first.
    pub weight: Option<i64>,
    /// The layout.
    pub template: Option<Spanned<String>>,
    /// The authors: keys of `[authors]`, or names.
    pub authors: Vec<String>,
    /// The terms of each taxonomy of rivage.toml, in the order written.
    pub taxonomies: IndexMap<String, Vec<Spanned<String>>>,
    /// A series of posts that this one belongs to.
    pub series: Option<String>,
    /// Whether a table of contents is shown.
    pub toc: Option<bool>,
    /// Whether search finds the page.
    pub search: Option<bool>,
    /// `noindex`, `nofollow`…; a page with `noindex` is left out of sitemap and feeds.
    pub robots: Option<String>,
    /// The Open Graph image: a file beside the page, a site path or URL.
    pub image: Option<Spanned<String>>,
    /// How the page stands in the sidebar.
    pub sidebar: Sidebar,
    /// For sections: what holds for pages below, laid over rivage.toml's `[content.SECTION]`.
    pub section: Option<Box<SectionDefaults>>,
    /// Free data.
    pub extra: serde_json::Value,
    /// All of it as written: `frontmatter` in expressions.
    pub raw: serde_json::Value,
}

/// `sidebar:` of a page.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sidebar {
    /// What is shown instead of the title.
    pub label: Option<String>,
    /// A word beside the label.
    pub badge: Option<String>,
    /// Left out of the sidebar.
    pub hidden: bool,
    /// For sections: shown closed.
    pub collapsed: bool,
}

/// A date, maybe with a time.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Date {
    /// The moment, in UTC: midnight where only a day was given.
    pub at: jiff::Timestamp,
    /// The day as written (in the zone it was written in).
    pub day: jiff::civil::Date,
    /// Whether a time was given.
    pub has_time: bool,
}

impl Date {
    /// Makes a date without a time.
    pub fn of_day(day: jiff::civil::Date) -> Self {
        let at = day.to_zoned(jiff::tz::TimeZone::UTC).map(|zoned| zoned.timestamp()).unwrap_or_default();
        Self { at, day, has_time: false }
    }
}
