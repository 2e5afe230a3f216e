//! One content file: typed front matter, and what the rest of the site needs to know of its body.
//!
//! In: a [`ContentFile`] and its text. Out: a [`Document`] and diagnostics; depends on nothing but the file and the settings of
//! its section. The tree of the body is not kept: parsing again while rendering costs less than keeping 100,000 trees.
//! Deliberately not here: other files, links, HTML.

mod body;
mod date;
mod diagnostics;
pub mod front_matter;
pub mod raw;
mod schema;
mod stored;
#[cfg(test)]
mod tests;
mod text;

use std::sync::Arc;

use rivage_diag::{Diagnostic, FileId, Span};
use rivage_syntax::ast::Syntax;
use rivage_syntax::data::{self, Data, DataValue, Format};
use rivage_syntax::front_matter::Language;
use rivage_syntax::markdown::{self, Options};

use crate::config::reader::Report;
use crate::config::{Config, SectionDefaults, UnknownKeys};
use crate::discover::{ContentFile, Role};
use crate::inputs::{Fingerprint, World};
use front_matter::{FrontMatter, Rules};
pub use text::{Text, normalize};

/// A content file that has been read.
#[derive(Clone, Debug, PartialEq)]
pub struct Document {
    /// The file.
    pub source: ContentFile,
    /// Its name in diagnostics.
    pub file: FileId,
    /// The fingerprint of its bytes.
    pub print: Fingerprint,
    /// The fingerprint of what lists and other pages may show of it: all fields but the text.
    pub face: Fingerprint,
    /// Its whole text, line ends made `\n`, without a BOM.
    pub text: Text,
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
    /// Where its links within the site lead, as written: each once, sorted.
    pub links: Vec<String>,
}

impl Document {
    /// Returns the text, which is read again where the document was kept from an earlier build.
    ///
    /// # Errors
    /// The file cannot be read any more, or is not what it was when this build began.
    pub fn text(&self, world: &World) -> Result<Arc<str>, crate::fs::Error> {
        self.text.get_or_read(|| {
            let (bytes, print) = world.read(&self.source.path);
            let bytes = bytes?;
            if print != self.print {
                let changed = std::io::Error::other("it changed while the site was built");
                return Err(crate::fs::Error::new("read", &self.source.path, changed));
            }
            Ok(normalize(&self.file, &bytes).0.into())
        })
    }
}

/// Returns the fingerprint of all settings that the reading of a section's files follows.
pub fn settings_print(config: &Config, section: &str, syntax: Syntax) -> Fingerprint {
    let taxonomies: Vec<_> = config.taxonomies.iter().map(|taxonomy| &taxonomy.name).collect();
    let all = (section, sections(config, section), taxonomies, markdown_options(config, syntax));
    Fingerprint::of(format!("{all:?}").as_bytes())
}

/// Reads one content file.
///
/// What is wrong with the body is left to rendering, which reads it again and reports it then; what is wrong with a page that is
/// not shown is its author's business.
pub fn parse(config: &Config, source: &ContentFile, bytes: &[u8]) -> (Document, Vec<Diagnostic>) {
    let file = FileId::from(source.path.as_str());
    let (text, mut diagnostics) = normalize(&file, bytes);
    let (fence, problems) = rivage_syntax::front_matter::split(&file, &text);
    diagnostics.extend(problems);
    let format = fence.language.map(|language| match language {
        Language::Yaml => Format::Yaml,
        Language::Toml => Format::Toml,
    });
    let nothing = Data { value: DataValue::Null, span: fence.content };
    let (data, problems) =
        format.map_or((nothing, Vec::new()), |format| data::parse(&file, &text, fence.content, format));
    let is_complete = problems.is_empty() && diagnostics.is_empty();
    diagnostics.extend(problems);

    let sections = sections(config, &source.section);
    let schema = if source.role == Role::Section { schema::rules(&[]) } else { schema::rules(&sections) };
    let rules = Rules {
        config,
        source,
        unknown: sections.iter().rev().find_map(|section| section.unknown_keys).unwrap_or(UnknownKeys::Error),
        schema_keys: schema.keys().copied().filter(|key| !key.contains('.')).collect(),
    };
    let report = Report::new(&file);
    let front_matter = front_matter::read(&report, &rules, &data);
    // The opening fence, or the very start of a file that has none.
    let start = Span::new(0, if format.is_some() { 3 } else { 0 });
    schema::check(&report, &schema, &data, is_complete.then_some(start));
    diagnostics.extend(report.finish());
    rivage_diag::sort(&mut diagnostics);

    let (tree, _) = markdown::parse(&file, &text, fence.body_start, &markdown_options(config, source.syntax));
    let mut document = Document {
        source: source.clone(),
        file,
        print: Fingerprint::of(bytes),
        face: Fingerprint::MISSING,
        body_start: fence.body_start,
        front_matter,
        first_heading: body::first_heading(&tree),
        words: body::words(&tree),
        summary: body::summary(&tree, &text),
        links: body::links(&tree),
        text: Text::new(text.into()),
    };
    document.face = document.make_face();
    (document, diagnostics)
}

/// Returns how the bodies of a site's pages are read.
pub fn markdown_options(config: &Config, syntax: Syntax) -> Options {
    Options {
        directives: config.markdown.directives,
        math: config.markdown.math,
        definition_lists: config.markdown.definition_lists,
        smart_punctuation: config.markdown.smart_punctuation,
        ..Options::site(syntax)
    }
}

/// Returns what rivage.toml says of a section and of those above it, outermost first.
fn sections<'c>(config: &'c Config, section: &str) -> Vec<&'c SectionDefaults> {
    let holds = |folder: &str| {
        let rest = section.strip_prefix(folder);
        folder.is_empty() || rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    let mut sections: Vec<_> = config.content.iter().filter(|defaults| holds(&defaults.section)).collect();
    sections.sort_by_key(|defaults| defaults.section.len());
    sections
}
