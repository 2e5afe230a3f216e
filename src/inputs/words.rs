//! Questions in words, for `rivage why` and `rivage build --verify`.
//!
//! In: a [`Question`]. Out: a phrase that says what was looked at. Deliberately not here: answers.

use std::fmt::{self, Display, Formatter};

use super::{PagesQuery, Question, SiteQuestion};

impl Display for Question {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "file `{path}`"),
            Self::Folder(path) => write!(f, "the files in `{path}`"),
            Self::Kind(path) => write!(f, "whether `{path}` exists"),
            Self::Today => f.write_str("today's date"),
            Self::HasCome(moment) => write!(f, "whether {moment} has come"),
            Self::Environment(name) => write!(f, "variable `{name}` of the environment"),
            Self::Site(question) => question.fmt(f),
        }
    }
}

impl Display for SiteQuestion {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Route(_) => {
                f.write_str("the page itself: its text, front matter, neighbours, lists and related pages")
            }
            Self::Settings => f.write_str("settings in `rivage.toml`"),
            Self::Page(_, path) => write!(f, "page `{path}`, as lists show it"),
            Self::Section(_, path) => write!(f, "section `{path}` with its pages"),
            Self::Pages(query) => query.fmt(f),
            Self::Related(..) => f.write_str("the pages that are linked with this one"),
            Self::Navigation(_, name) => match name.split_once(' ') {
                Some((kind, name)) if !name.is_empty() => write!(f, "{kind} `{name}`"),
                _ => f.write_str(name.trim_end()),
            },
            Self::Taxonomy(_, name) => write!(f, "the terms of `{name}`"),
            Self::Link { from, written, .. } => write!(f, "where the link `{written}` in `{from}` leads"),
            Self::Asset(name) => write!(f, "asset `{name}`"),
            Self::Icon(name) => write!(f, "drawing `{name}`"),
            Self::Served(path) => write!(f, "which file is served at `/{path}`"),
            Self::Beside(file) => write!(f, "the address of `{file}`"),
            Self::Strings(language) => write!(f, "the theme's texts in `{language}`"),
            Self::Layout(name) => write!(f, "layout `{name}` with all that it is made of"),
            Self::Component(name) => write!(f, "component `{name}` with all that it is made of"),
            Self::ComponentNames => f.write_str("the names of all components"),
            Self::Reference => f.write_str("the routes of the API"),
            Self::LayoutIds => f.write_str("the ids that layouts use"),
        }
    }
}

impl Display for PagesQuery {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.limit {
            Some(limit) => write!(f, "the first {limit} pages")?,
            None => f.write_str("all pages")?,
        }
        if let Some(section) = &self.section {
            write!(f, " of section `{section}`")?;
        }
        if let Some(kind) = &self.kind {
            write!(f, " of kind `{kind}`")?;
        }
        for (taxonomy, term) in &self.terms {
            write!(f, " with `{term}` in `{taxonomy}`")?;
        }
        match &self.sort_by {
            Some(order) => write!(f, " by {order}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn questions_read_as_phrases() {
        let query = PagesQuery {
            language: "en".to_owned(),
            section: Some("blog".to_owned()),
            terms: vec![("tags".to_owned(), "rust".to_owned())],
            sort_by: Some("date".to_owned()),
            limit: Some(3),
            ..PagesQuery::default()
        };
        let text = SiteQuestion::Pages(query).to_string();
        assert_eq!(text, "the first 3 pages of section `blog` with `rust` in `tags` by date");
        let sidebar = |name: &str| SiteQuestion::Navigation("en".to_owned(), format!("sidebar {name}")).to_string();
        assert_eq!([sidebar("docs"), sidebar("")], ["sidebar `docs`", "sidebar"]);
        assert_eq!(Question::File("data/a.json".to_owned()).to_string(), "file `data/a.json`");
        let moment = "2026-11-23T18:00:00+01:00".parse().unwrap();
        assert_eq!(Question::HasCome(moment).to_string(), "whether 2026-11-23T17:00:00Z has come");
    }
}
