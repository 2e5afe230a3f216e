//! Documents as they are kept between builds: all but the text.
//!
//! In: a [`Document`] with what is wrong with it. Out: bytes, and the document again. Deliberately not here: whether what was kept still
//! holds ([`crate::pipeline`]).

use rivage_diag::{Diagnostic, FileId};

use super::front_matter::FrontMatter;
use super::{Document, Text};
use crate::discover::ContentFile;
use crate::inputs::Fingerprint;

type Face<'a> = (&'a FrontMatter, &'a Option<String>, usize, &'a String);
type Stored = (usize, Fingerprint, FrontMatter, Option<String>, usize, String, Vec<String>, Vec<Diagnostic>);

impl Document {
    pub(super) fn make_face(&self) -> Fingerprint {
        let face: Face<'_> = (&self.front_matter, &self.first_heading, self.words, &self.summary);
        // What cannot be written down is as new each time.
        rmp_serde::to_vec(&face).map_or(self.print, |bytes| Fingerprint::of(&bytes))
    }

    /// Returns the document as bytes; none where it cannot be written down.
    pub fn to_bytes(&self, diagnostics: &[Diagnostic]) -> Option<Vec<u8>> {
        let Self { body_start, face, front_matter, first_heading, words, summary, links, .. } = self;
        rmp_serde::to_vec(&(body_start, face, front_matter, first_heading, words, summary, links, diagnostics)).ok()
    }

    /// Returns the document of a file whose bytes have this fingerprint.
    pub fn from_bytes(bytes: &[u8], source: &ContentFile, print: Fingerprint) -> Option<(Self, Vec<Diagnostic>)> {
        let stored: Stored = rmp_serde::from_slice(bytes).ok()?;
        let (body_start, face, front_matter, first_heading, words, summary, links, diagnostics) = stored;
        let file = FileId::from(source.path.as_str());
        let text = Text::default();
        let source = source.clone();
        Some((
            Self { source, file, print, face, text, body_start, front_matter, first_heading, words, summary, links },
            diagnostics,
        ))
    }
}
