//! What a site makes of its images: what is known of a file, what is made of it, and the making.
//!
//! In: files and wishes of pages. Out: [`Derivative`]s, which have names before they have bytes: HTML is written first and pixels later, in a pool
//! of their own ([`make`]). Deliberately not here: HTML ([`crate::render`]), pixels ([`rivage_images`]), where files are kept
//! ([`crate::cache::images`]).

pub mod bucket;
pub mod drawing;
mod gate;
mod library;
mod make;
pub mod original;
pub mod told;

use rivage_images::{Area, ENCODERS, Fonts, Format, Settings};
use serde::{Deserialize, Serialize};

use crate::inputs::Fingerprint;
use drawing::Drawing;
pub use library::{Facts, Library, SMALL};
pub use make::{Failure, Made, encode_one, make};

/// A file that is made of an image.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Derivative {
    /// Its name: a hash of all the rest and of what the encoders are.
    pub name: String,
    /// The project's file that it is made of.
    pub source: String,
    /// The fingerprint of that file.
    pub print: Fingerprint,
    /// The part that is shown.
    pub area: Area,
    /// Its width.
    pub width: u32,
    /// Its height.
    pub height: u32,
    /// Its format.
    pub format: Format,
    /// The encoder's quality.
    pub quality: u8,
    /// The encoder's speed.
    pub speed: u8,
    /// What is drawn instead of an image that is read: then `source` is a page that shows it.
    pub drawing: Option<Drawing>,
}

impl Derivative {
    /// Names what is made of a file.
    pub fn new(
        source: &str,
        print: Fingerprint,
        (area, width): (Area, u32),
        format: Format,
        settings: Settings,
    ) -> Self {
        let height = area.height_at(width);
        // What does not count must not make another name.
        let quality = if format == Format::Png { 100 } else { settings.quality };
        let speed = if format == Format::Avif { settings.speed } else { 0 };
        let all = format!("{ENCODERS} {} {area:?} {width} {height} {format:?} {quality} {speed}", print.hex());
        let name = format!("{}.{}", Fingerprint::of(all.as_bytes()).hex(), format.extension());
        Self { name, source: source.to_owned(), print, area, width, height, format, quality, speed, drawing: None }
    }

    /// Names what is drawn for a page.
    pub fn drawn(source: &str, drawing: Drawing, fonts: &Fonts, (width, height): (u32, u32)) -> Self {
        let print = drawing.print(fonts);
        Self {
            name: format!("{}.{}", print.hex(), Format::Png.extension()),
            source: source.to_owned(),
            print,
            area: Area::whole(width, height),
            width,
            height,
            format: Format::Png,
            quality: 100,
            speed: 0,
            drawing: Some(drawing),
        }
    }

    /// How it is written.
    pub fn settings(&self) -> Settings {
        Settings { quality: self.quality, speed: self.speed }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_differ_when_bytes_may() {
        let named = |print: &[u8], width, format, quality, speed| {
            let area = Area::whole(400, 300);
            Derivative::new("a.jpg", Fingerprint::of(print), (area, width), format, Settings { quality, speed }).name
        };
        let first = named(b"a", 200, Format::Avif, 60, 6);
        assert!(first.len() == 37 && first.ends_with(".avif"));
        for other in [
            named(b"b", 200, Format::Avif, 60, 6),
            named(b"a", 100, Format::Avif, 60, 6),
            named(b"a", 200, Format::Webp, 60, 6),
            named(b"a", 200, Format::Avif, 61, 6),
            named(b"a", 200, Format::Avif, 60, 7),
        ] {
            assert_ne!(first, other);
        }
        assert_eq!(named(b"a", 200, Format::Webp, 60, 6), named(b"a", 200, Format::Webp, 60, 7));
        assert_eq!(named(b"a", 200, Format::Png, 60, 6), named(b"a", 200, Format::Png, 61, 6));
    }
}
