//! The fonts of drawings: two that are part of the program, and those that a site adds for other scripts.
//!
//! In: font files. Out: widths of texts, texts in lines that fit, and what no font can write. Nothing is asked of the system: the same text
//! looks the same on every machine. Deliberately not here: drawing ([`mod@crate::draw`]).

use std::borrow::Cow;
use std::sync::Arc;

use icu_segmenter::LineSegmenter;
use icu_segmenter::options::LineBreakOptions;
use resvg::usvg::fontdb::{Database, Source};
use ttf_parser::Face;

/// Inter, cut down to Latin, Greek and Cyrillic; its licence lies beside it.
const REGULAR: &[u8] = include_bytes!("../fonts/InterDisplay-Regular.otf");
const BOLD: &[u8] = include_bytes!("../fonts/InterDisplay-Bold.otf");
/// What the fonts call themselves.
const FAMILY: &str = "Inter Display";

/// Fonts, ready to measure and to draw with.
#[derive(Debug)]
pub struct Fonts {
    /// Those of the site, which come after the built-in ones.
    added: Vec<Arc<Vec<u8>>>,
    database: Arc<Database>,
    print: String,
}

/// How a text is to be set.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fit {
    /// How wide a line may be, in pixels.
    pub width: f32,
    /// The size that is wished for.
    pub size: u16,
    /// The size that is still readable.
    pub least: u16,
    /// How many lines there may be.
    pub lines: usize,
    /// Whether it is bold.
    pub bold: bool,
}

/// A text in lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fitted {
    /// The lines; what does not fit ends in `…`.
    pub lines: Vec<String>,
    /// The size at which they fit.
    pub size: u16,
}

impl Fonts {
    /// Opens the built-in fonts and others.
    ///
    /// # Errors
    /// One is no font; its place among `others`.
    pub fn new(others: Vec<Vec<u8>>) -> Result<Self, usize> {
        let mut database = Database::new();
        let mut hasher = blake3::Hasher::new();
        for built_in in [REGULAR, BOLD] {
            hasher.update(built_in);
            database.load_font_source(Source::Binary(Arc::new(built_in)));
        }
        let mut added = Vec::new();
        for (place, bytes) in others.into_iter().enumerate() {
            let bytes = Arc::new(bytes);
            hasher.update(&bytes);
            if Face::parse(&bytes, 0).is_err() {
                return Err(place);
            }
            database.load_font_source(Source::Binary(Arc::<Vec<u8>>::clone(&bytes)));
            added.push(bytes);
        }
        // Whatever family a drawing names, these are what there is.
        database.set_serif_family(FAMILY);
        database.set_sans_serif_family(FAMILY);
        database.set_monospace_family(FAMILY);
        database.set_cursive_family(FAMILY);
        database.set_fantasy_family(FAMILY);
        Ok(Self { added, database: Arc::new(database), print: hasher.finalize().to_hex().to_string() })
    }

    /// Returns what tells these fonts from others.
    pub fn print(&self) -> &str {
        &self.print
    }

    pub(crate) fn database(&self) -> &Arc<Database> {
        &self.database
    }

    /// Returns a text as it can be written: emoji and other signs that no font has are left out.
    ///
    /// # Errors
    /// A letter or digit is in no font, or nothing is left: the first of what is missing.
    pub fn writable<'t>(&self, text: &'t str) -> Result<Cow<'t, str>, char> {
        let ruler = Ruler::new(self, false);
        let mut missing = text.chars().filter(|c| !c.is_whitespace() && ruler.advance(*c).is_none()).peekable();
        let Some(first) = missing.peek().copied() else { return Ok(Cow::Borrowed(text)) };
        if let Some(letter) = missing.find(|c| c.is_alphanumeric()) {
            return Err(letter);
        }
        let left: String = text.chars().filter(|c| c.is_whitespace() || ruler.advance(*c).is_some()).collect();
        if left.trim().is_empty() { Err(first) } else { Ok(Cow::Owned(left)) }
    }

    /// Breaks a text into lines that fit, smaller where it is long, and cut off where it is longer still.
    pub fn fit(&self, text: &str, fit: &Fit) -> Fitted {
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let ruler = Ruler::new(self, fit.bold);
        let pieces = pieces(&text);
        let least = fit.least.min(fit.size).max(1);
        let mut size = fit.size.max(1);
        loop {
            let room = fit.width / f32::from(size);
            let is_last = size == least;
            if let Some(lines) = ruler.lines(&pieces, room, fit.lines.max(1), is_last) {
                return Fitted { lines, size };
            }
            size = size.saturating_sub(4).max(least);
        }
    }
}

/// Cuts a text where a line may end, by the rules of Unicode; each piece has the space that follows it.
fn pieces(text: &str) -> Vec<&str> {
    let segmenter = LineSegmenter::new_for_non_complex_scripts(LineBreakOptions::default());
    let ends: Vec<usize> = segmenter.segment_str(text).collect();
    ends.windows(2).map(|pair| &text[pair[0]..pair[1]]).collect()
}

/// Measures in parts of the font's size.
struct Ruler<'f> {
    faces: Vec<Face<'f>>,
}

impl<'f> Ruler<'f> {
    fn new(fonts: &'f Fonts, bold: bool) -> Self {
        let built_in = if bold { [BOLD, REGULAR] } else { [REGULAR, BOLD] };
        let all = built_in.into_iter().chain(fonts.added.iter().map(|font| font.as_slice()));
        Self { faces: all.filter_map(|font| Face::parse(font, 0).ok()).collect() }
    }

    /// The width of a character; none where no font has it.
    fn advance(&self, c: char) -> Option<f32> {
        self.faces.iter().find_map(|face| {
            let glyph = face.glyph_index(c)?;
            Some(f32::from(face.glyph_hor_advance(glyph).unwrap_or_default()) / f32::from(face.units_per_em()))
        })
    }

    /// Kerning makes a text a little narrower than this.
    fn width(&self, text: &str) -> f32 {
        text.chars().map(|c| self.advance(c).unwrap_or(1.0)).sum()
    }

    /// The lines of a text in so much room; none where they are too many or one is too long, unless they `must` do.
    fn lines(&self, pieces: &[&str], room: f32, most: usize, must: bool) -> Option<Vec<String>> {
        let mut lines = vec![String::new()];
        let mut used = 0.0;
        for piece in pieces {
            let own = self.width(piece.trim_end());
            if used + own <= room {
                push(&mut lines, piece);
                used += self.width(piece);
                continue;
            }
            if used > 0.0 {
                lines.push(String::new());
                used = 0.0;
            }
            if own > room && !must {
                return None;
            }
            for c in piece.chars() {
                let width = self.width(c.encode_utf8(&mut [0; 4]));
                if used + width > room && used > 0.0 && !c.is_whitespace() {
                    lines.push(String::new());
                    used = 0.0;
                }
                push(&mut lines, c.encode_utf8(&mut [0; 4]));
                used += width;
            }
        }
        for line in &mut lines {
            line.truncate(line.trim_end().len());
        }
        if lines.len() <= most {
            return Some(lines);
        }
        must.then(|| {
            lines.truncate(most);
            if let Some(last) = lines.last_mut() {
                self.cut(last, room);
            }
            lines
        })
    }

    /// Ends a line in `…`.
    fn cut(&self, line: &mut String, room: f32) {
        while !line.is_empty() && self.width(line) + self.width("…") > room {
            line.pop();
        }
        line.truncate(line.trim_end_matches([' ', ',', ';', ':', '.', '–', '—', '-']).len());
        line.push('…');
    }
}

fn push(lines: &mut [String], text: &str) {
    if let Some(line) = lines.last_mut() {
        line.push_str(text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fit(text: &str, width: f32, lines: usize) -> (Vec<String>, u16) {
        let fitted = Fonts::new(Vec::new()).unwrap().fit(text, &Fit { width, size: 80, least: 40, lines, bold: true });
        (fitted.lines, fitted.size)
    }

    #[test]
    fn short_titles_are_large_and_long_ones_small() {
        assert_eq!(fit("Images", 1000.0, 3), (vec!["Images".to_owned()], 80));
        let (lines, size) =
            fit("How a site of ten thousand pages is built in a second, and what that takes", 1000.0, 2);
        assert!(lines.len() == 2 && (40..80).contains(&size), "{size} {lines:?}");
        assert_eq!(lines.join(" "), "How a site of ten thousand pages is built in a second, and what that takes");
    }

    #[test]
    fn what_is_too_long_is_cut_off() {
        let (lines, size) = fit(&"All that there is to say. ".repeat(20), 1000.0, 2);
        assert_eq!((lines.len(), size), (2, 40));
        assert!(lines[1].ends_with('…') && !lines[1].ends_with(".…"), "{lines:?}");
        let (lines, _) = fit(&"Donaudampfschiff".repeat(20), 1000.0, 2);
        assert!(lines.len() == 2 && lines[1].ends_with('…'), "{lines:?}");
    }

    #[test]
    fn lines_are_as_wide_as_they_are_said_to_be() {
        let fonts = Fonts::new(Vec::new()).unwrap();
        let ruler = Ruler::new(&fonts, true);
        for text in ["Wide WAVE Äußerst Ωmega Привет", "a b c d e f g h i j k l m n o p", "anti-dis-establish-ment"]
        {
            let (lines, size) = fit(text, 300.0, 4);
            for line in lines {
                assert!(ruler.width(&line) * f32::from(size) <= 300.0, "{line}");
            }
        }
    }

    #[test]
    fn signs_that_no_font_has_are_left_out_and_letters_are_told() {
        let fonts = Fonts::new(Vec::new()).unwrap();
        assert_eq!(fonts.writable("Ça va — Ωραία, Привет").unwrap(), "Ça va — Ωραία, Привет");
        assert_eq!(fonts.writable("Hello 👋🏽 you 1️⃣").unwrap(), "Hello  you 1");
        assert_eq!(fonts.writable("画像 images"), Err('画'));
        assert_eq!(fonts.writable("👋"), Err('👋'));
        assert_eq!(fonts.writable("").unwrap(), "");
    }

    #[test]
    fn lines_may_end_between_any_two_of_these_signs() {
        assert_eq!(pieces("ab 画像の cd-ef"), ["ab ", "画", "像", "の ", "cd-", "ef"]);
        assert_eq!(pieces(""), [""; 0]);
    }

    #[test]
    fn other_fonts_are_told_apart_from_other_files() {
        assert_eq!(Fonts::new(vec![BOLD.to_vec(), b"no font".to_vec()]).unwrap_err(), 1);
        let (one, other) = (Fonts::new(Vec::new()).unwrap(), Fonts::new(vec![BOLD.to_vec()]).unwrap());
        assert_ne!(one.print(), other.print());
    }
}
