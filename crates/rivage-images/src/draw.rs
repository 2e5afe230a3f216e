//! SVG → PNG.
//!
//! In: a drawing that a template made, and fonts. Out: a file. Nothing is read: pictures in it must be part of it. Deliberately not here: what is
//! drawn, and sanitising: these drawings are the site's own.

use image::codecs::png::CompressionType;
use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::roxmltree::Document;
use resvg::usvg::{ImageHrefResolver, Options, Tree};

use crate::encode::png;
use crate::{Error, Fonts, Raster, size};

/// What draws, with versions: part of the names of what is drawn.
pub const DRAWERS: &str = "rivage 1, resvg 0.47.0, usvg 0.47.0, tiny-skia 0.12.0, image 0.25.10, png 0.18.1";

/// No side of a drawing may be longer.
pub const LARGEST_DRAWING: u32 = 4096;

/// Returns the width and height of a drawing that [`draw()`] can begin with.
///
/// # Errors
/// It is no well-formed XML, no SVG, does not tell its size, or is too large.
pub fn drawing_size(svg: &str) -> Result<(u32, u32), Error> {
    let damaged = |reason: String| Error::Damaged { format: "SVG", reason };
    Document::parse(svg).map_err(|error| damaged(error.to_string()))?;
    let (width, height) =
        size(svg.as_bytes())?.ok_or_else(|| damaged("it does not tell its width and height".to_owned()))?;
    if width.max(height) > LARGEST_DRAWING { Err(too_large(width, height)) } else { Ok((width, height)) }
}

/// Drawings have a bound of their own.
fn too_large(width: u32, height: u32) -> Error {
    let reason = format!("it has {width}×{height} pixels, and drawings may have {LARGEST_DRAWING} on a side");
    Error::Damaged { format: "SVG", reason }
}

/// Draws an SVG as a PNG of its own size.
///
/// # Errors
/// It is no SVG, or too large.
pub fn draw(svg: &str, fonts: &Fonts) -> Result<Vec<u8>, Error> {
    let options = Options {
        fontdb: std::sync::Arc::clone(fonts.database()),
        image_href_resolver: ImageHrefResolver {
            resolve_string: Box::new(|_, _| None),
            ..ImageHrefResolver::default()
        },
        ..Options::default()
    };
    let damaged = |reason: String| Error::Damaged { format: "SVG", reason };
    let tree = Tree::from_str(svg, &options).map_err(|error| damaged(error.to_string()))?;
    let size = tree.size().to_int_size();
    let (width, height) = (size.width(), size.height());
    if width.max(height) > LARGEST_DRAWING {
        return Err(too_large(width, height));
    }
    let mut pixmap = Pixmap::new(width, height).ok_or_else(|| damaged("it has no size".to_owned()))?;
    resvg::render(&tree, Transform::identity(), &mut pixmap.as_mut());
    let raster = raster(pixmap);
    // Flat colours are small however little time is spent on them, and there may be one of these for each page.
    png(&raster, CompressionType::Default).map_err(|reason| Error::Encode { format: "PNG", reason })
}

/// What was drawn, in three bytes a pixel where nothing shines through, as in cards: those are the numbers that the drawing has.
fn raster(pixmap: Pixmap) -> Raster {
    let (width, height) = (pixmap.width(), pixmap.height());
    if pixmap.data().chunks_exact(4).any(|pixel| pixel[3] < u8::MAX) {
        return Raster::new(width, height, true, pixmap.take_demultiplied());
    }
    let mut pixels = Vec::with_capacity(pixmap.data().len() / 4 * 3);
    for pixel in pixmap.data().chunks_exact(4) {
        pixels.extend_from_slice(&pixel[..3]);
    }
    Raster::new(width, height, false, pixels)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probe;

    fn drawn(inner: &str) -> Result<Vec<u8>, Error> {
        let svg = format!("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"60\" height=\"40\">{inner}</svg>");
        draw(&svg, &Fonts::new(Vec::new()).unwrap())
    }

    #[test]
    fn drawings_have_the_size_they_tell_and_the_same_bytes() {
        let paper = "<rect width=\"60\" height=\"40\" fill=\"#fff\"/>";
        let bytes = drawn(paper).unwrap();
        let info = probe(&bytes).unwrap();
        assert_eq!((info.width, info.height, info.has_alpha), (60, 40, false));
        assert_eq!(drawn(paper), Ok(bytes));
        assert!(probe(&drawn("").unwrap()).unwrap().has_alpha);
    }

    #[test]
    fn text_is_drawn_in_the_fonts_that_there_are() {
        let text = |family: &str, text: &str| {
            drawn(&format!("<text x=\"2\" y=\"30\" font-family=\"{family}\" font-size=\"30\">{text}</text>")).unwrap()
        };
        let empty = drawn("").unwrap();
        assert_ne!(text("serif", "Ag"), empty);
        assert_eq!(text("serif", "Ag"), text("No Such Font", "Ag"));
        assert_ne!(text("serif", "Ag"), text("serif", "gA"));
    }

    #[test]
    fn files_and_addresses_are_not_opened() {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cyan-cmyk.jpg");
        for href in [file, "https://example.org/a.png", "data:image/svg+xml,%3Csvg"] {
            assert_eq!(drawn(&format!("<image href=\"{href}\" width=\"9\" height=\"9\"/>")), drawn(""), "{href}");
        }
    }

    #[test]
    fn what_is_no_drawing_is_told() {
        for svg in ["", "<svg", "<p/>", "<svg xmlns='http://www.w3.org/2000/svg'/>"] {
            assert!(drawing_size(svg).is_err(), "{svg}");
        }
        let fonts = Fonts::new(Vec::new()).unwrap();
        assert!(draw("<svg", &fonts).is_err());
        let huge = "<svg xmlns='http://www.w3.org/2000/svg' width='60000' height='60000'/>";
        assert_eq!(draw(huge, &fonts), drawing_size(huge).map(|_| Vec::new()));
    }
}
