//! Images of sites: bytes and parameters in, bytes out.
//!
//! [`probe()`] tells what a file is from its header, [`decode()`] makes pixels of it, [`Raster::resized`] cuts and scales them, [`encode()`] writes
//! them. [`without_metadata`] and [`sanitize_svg`] leave out of a file what visitors need not get, [`draw()`] makes a picture of an SVG with
//! [`Fonts`] of its own. Everything is bounded before it is decoded; whatever bytes are given, the answer is a value or an [`Error`]. The same input gives the
//! same bytes on one machine: encoders run on one thread, and callers work on several images at once.
//! Deliberately not here: files, caches, HTML, and how many images are worked on at once ([`memory`] and [`encoding_memory`] tell what one needs).

mod area;
mod avif;
mod decode;
mod draw;
mod encode;
mod error;
mod fonts;
mod gif;
mod jpeg;
mod probe;
mod raster;
mod size;
mod strip;
mod svg;

use serde::{Deserialize, Serialize};

pub use area::{Area, Focus, Ratio};
pub use decode::{decode, memory};
pub use draw::{DRAWERS, LARGEST_DRAWING, draw, drawing_size};
pub use encode::{ENCODERS, Settings, encode, encoding_memory};
pub use error::Error;
pub use fonts::{Fit, Fitted, Fonts};
pub use probe::{Info, LARGEST_PIXELS, LARGEST_SIDE, probe};
pub use raster::Raster;
pub use size::size;
pub use strip::without_metadata;
pub use svg::sanitize_svg;

/// A file format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Format {
    /// AVIF; written only.
    Avif,
    /// WebP.
    Webp,
    /// JPEG.
    Jpeg,
    /// PNG.
    Png,
    /// GIF; read only.
    Gif,
}

impl Format {
    /// Returns what its files' names end in, the usual one.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Avif => "avif",
            Self::Webp => "webp",
            Self::Jpeg => "jpg",
            Self::Png => "png",
            Self::Gif => "gif",
        }
    }

    /// Returns the format that a name's extension stands for.
    pub fn of_extension(extension: &str) -> Option<Self> {
        Some(match extension.to_ascii_lowercase().as_str() {
            "avif" => Self::Avif,
            "webp" => Self::Webp,
            "jpg" | "jpeg" | "jpe" | "jfif" => Self::Jpeg,
            "png" => Self::Png,
            "gif" => Self::Gif,
            _ => return None,
        })
    }

    /// Returns the media type.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Avif => "image/avif",
            Self::Webp => "image/webp",
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Gif => "image/gif",
        }
    }

    /// Returns its name as people write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Avif => "AVIF",
            Self::Webp => "WebP",
            Self::Jpeg => "JPEG",
            Self::Png => "PNG",
            Self::Gif => "GIF",
        }
    }

    /// Returns the format for browsers that know no newer one: the file's own, where it can be written.
    pub fn fallback(self) -> Self {
        match self {
            Self::Gif | Self::Avif => Self::Png,
            own => own,
        }
    }
}
