//! What is left out of images that are published as they are: beside pages, in `static/` and in `assets/`.
//!
//! In: a file's name and bytes. Out: other bytes for it, where there is something to leave out. Deliberately not here: how
//! ([`rivage_images`]), and what is remembered of it ([`crate::pipeline`]).

use rivage_diag::{Diagnostic, FileId, Span};
use rivage_images::{Error, Format, sanitize_svg, without_metadata};

use super::library::contained;

/// What is left out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cleaning {
    /// Place, time, camera and all else that photos tell besides the picture.
    pub metadata: bool,
    /// Scripts, and what else can do harm in an SVG.
    pub svg: bool,
}

impl Cleaning {
    /// Reports whether something may be left out of a file, by its name.
    pub fn concerns(self, name: &str) -> bool {
        (self.svg && is_svg(name)) || (self.metadata && is_photo(name))
    }

    /// Returns what is published instead of a file; none where that is the file.
    ///
    /// # Errors
    /// It cannot be read, so that nobody knows what is in it.
    pub fn clean(self, name: &str, bytes: &[u8]) -> Result<Option<Vec<u8>>, Error> {
        if self.svg && is_svg(name) {
            return contained(|| sanitize_svg(bytes)).map(|clean| (clean != bytes).then_some(clean));
        }
        // An empty file tells nothing.
        if self.metadata && is_photo(name) && !bytes.is_empty() {
            return contained(|| without_metadata(bytes));
        }
        Ok(None)
    }
}

/// Says that nobody knows what is in a file: of an SVG that may do harm that is a mistake, of a photo something to know.
pub fn not_clean(file: &str, why: &Error) -> Diagnostic {
    let told = if is_svg(file) {
        Diagnostic::error("bad-image", format!("the SVG cannot be made harmless: {why}"))
            .with_hint("see whether a browser opens it; `[images] sanitize_svg = false` publishes it as it is")
    } else {
        Diagnostic::warning(
            "image-metadata",
            format!("what the file tells besides its picture is published with it: {why}"),
        )
        .with_hint("see whether another program opens it, and save it anew")
    };
    told.at(&FileId::from(file), Span::at(0))
}

fn is_svg(name: &str) -> bool {
    name.rsplit_once('.').is_some_and(|(_, extension)| extension.eq_ignore_ascii_case("svg"))
}

fn is_photo(name: &str) -> bool {
    let format = name.rsplit_once('.').and_then(|(_, extension)| Format::of_extension(extension));
    matches!(format, Some(Format::Jpeg | Format::Png | Format::Webp | Format::Gif | Format::Avif))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_what_may_be_left_out() {
        let (photos, all) = (Cleaning { metadata: true, svg: false }, Cleaning { metadata: true, svg: true });
        for (name, expect) in
            [("a.JPG", [true, true]), ("a/b.svg", [false, true]), ("a.avif", [true, true]), ("svg", [false, false])]
        {
            assert_eq!([photos.concerns(name), all.concerns(name)], expect, "{name}");
            assert!(!Cleaning::default().concerns(name));
        }
        assert_eq!(photos.clean("a.svg", b"<svg"), Ok(None));
        assert!(all.clean("a.svg", b"<svg").is_err());
    }

    #[test]
    fn what_cannot_be_read_is_told() {
        let of = |file: &str| not_clean(file, &Error::Truncated);
        assert!(of("content/a.svg").is_error() && !of("content/a.jpg").is_error());
        assert!(of("content/a.jpg").message.ends_with("with it: the file is cut off"));
    }
}
