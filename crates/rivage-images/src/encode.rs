//! Pixels → files.
//!
//! Encoders run on one thread: with more, the number of threads would be part of the result.

use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{ExtendedColorType, ImageEncoder};
use imgref::Img;
use rgb::FromSlice;

use crate::{Error, Format, Raster};

/// What makes the bytes, with versions. It is part of the names of what is made: after an update everything is made anew.
pub const ENCODERS: &str =
    "rivage 1, rav1e 0.8.1, ravif 0.13.0, libwebp-sys 0.9.6, image 0.25.10, png 0.18.1, fast_image_resize 6.1.0";

/// How an image is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Settings {
    /// From 1 to 100; PNG keeps all of it.
    pub quality: u8,
    /// Of AVIF: from 1, slow and small, to 10.
    pub speed: u8,
}

/// Bytes that writing an image takes at most, besides its pixels: what was measured for photos, and a little more.
pub fn encoding_memory(raster: &Raster, format: Format) -> u64 {
    let each = match format {
        // Planes of 16 bits in several sizes, and what is decided for each block.
        Format::Avif => 48,
        Format::Webp => 8,
        // The same in other formats: lines with and without a filter, or without alpha.
        Format::Png | Format::Gif | Format::Jpeg => 4,
    };
    u64::from(raster.width()) * u64::from(raster.height()) * each
}

/// Writes pixels as a file.
///
/// # Errors
/// The encoder refuses.
pub fn encode(raster: &Raster, format: Format, settings: Settings) -> Result<Vec<u8>, Error> {
    let made = match format {
        Format::Avif => avif(raster, settings),
        Format::Webp => webp(raster, settings),
        Format::Jpeg => jpeg(raster, settings),
        Format::Png => png(raster, CompressionType::Best),
        Format::Gif => Err("nobody needs new ones".to_owned()),
    };
    made.map_err(|reason| Error::Encode { format: format.name(), reason })
}

fn avif(raster: &Raster, settings: Settings) -> Result<Vec<u8>, String> {
    let quality = f32::from(settings.quality.clamp(1, 100));
    let encoder = ravif::Encoder::new()
        .with_quality(quality)
        .with_alpha_quality(quality)
        .with_speed(settings.speed.clamp(1, 10))
        .with_num_threads(Some(1));
    let (width, height) = (raster.width() as usize, raster.height() as usize);
    let made = if raster.has_alpha() {
        encoder.encode_rgba(Img::new(raster.pixels().as_rgba(), width, height))
    } else {
        encoder.encode_rgb(Img::new(raster.pixels().as_rgb(), width, height))
    };
    made.map(|made| made.avif_file).map_err(|error| error.to_string())
}

fn webp(raster: &Raster, settings: Settings) -> Result<Vec<u8>, String> {
    let (width, height) = (raster.width(), raster.height());
    let encoder = if raster.has_alpha() {
        webp::Encoder::from_rgba(raster.pixels(), width, height)
    } else {
        webp::Encoder::from_rgb(raster.pixels(), width, height)
    };
    let made = encoder.encode_simple(false, f32::from(settings.quality.clamp(1, 100)));
    made.map(|memory| memory.to_vec()).map_err(|error| format!("{error:?}"))
}

/// Without alpha, which JPEG does not have.
fn jpeg(raster: &Raster, settings: Settings) -> Result<Vec<u8>, String> {
    let opaque: Vec<u8>;
    let pixels = if raster.has_alpha() {
        opaque = raster.pixels().chunks_exact(4).flat_map(|pixel| [pixel[0], pixel[1], pixel[2]]).collect();
        &opaque
    } else {
        raster.pixels()
    };
    let mut bytes = Vec::new();
    let encoder = JpegEncoder::new_with_quality(&mut bytes, settings.quality.clamp(1, 100));
    let made = encoder.write_image(pixels, raster.width(), raster.height(), ExtendedColorType::Rgb8);
    made.map_err(|error| error.to_string())?;
    Ok(bytes)
}

pub(crate) fn png(raster: &Raster, compression: CompressionType) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let kind = if raster.has_alpha() { ExtendedColorType::Rgba8 } else { ExtendedColorType::Rgb8 };
    let encoder = PngEncoder::new_with_quality(&mut bytes, compression, FilterType::Adaptive);
    let made = encoder.write_image(raster.pixels(), raster.width(), raster.height(), kind);
    made.map_err(|error| error.to_string())?;
    Ok(bytes)
}
