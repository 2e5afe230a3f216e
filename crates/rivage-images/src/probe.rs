//! What a file is, from its header: no pixel is decoded.
//!
//! In: bytes. Out: [`Info`], or why it is no image for us. A small file that claims to be huge is refused here.

use std::io::Cursor;

use image::codecs::png::PngDecoder;
use image::codecs::webp::WebPDecoder;
use image::metadata::Orientation;
use image::{ImageDecoder, ImageError, ImageFormat, ImageReader};

use crate::{Error, Format, gif, jpeg};

/// More pixels are not decoded: at four bytes each they are 400 MB.
pub const LARGEST_PIXELS: u64 = 100_000_000;
/// No side may be longer.
pub const LARGEST_SIDE: u32 = 30_000;

/// What a header tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Info {
    /// The format, whatever the file is called.
    pub format: Format,
    /// The width as it is shown, after turning.
    pub width: u32,
    /// The height as it is shown, after turning.
    pub height: u32,
    /// How the camera was held: 1 to 8, as EXIF counts.
    pub orientation: u8,
    /// Whether it moves.
    pub is_animated: bool,
    /// Whether it may be transparent somewhere.
    pub has_alpha: bool,
    /// Whether it tells what its colours mean.
    pub has_profile: bool,
    /// Bytes that its pixels take as the decoder gives them.
    pub decoded_bytes: u64,
}

/// Tells what a file is.
///
/// # Errors
/// It is no image, damaged in its header, or too large to be decoded.
pub fn probe(bytes: &[u8]) -> Result<Info, Error> {
    let format = format(bytes)?;
    let mut decoder = decoder(bytes, format)?;
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > LARGEST_PIXELS || width.max(height) > LARGEST_SIDE {
        return Err(Error::TooLarge { width, height });
    }
    if width == 0 || height == 0 {
        return Err(Error::Damaged { format: format.name(), reason: "it has no pixels".to_owned() });
    }
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms).to_exif();
    let has_profile = decoder.icc_profile().ok().flatten().is_some();
    let (width, height) = if orientation >= 5 { (height, width) } else { (width, height) };
    Ok(Info {
        format,
        width,
        height,
        orientation,
        is_animated: is_animated(bytes, format),
        has_alpha: decoder.color_type().has_alpha(),
        has_profile,
        decoded_bytes: decoder.total_bytes(),
    })
}

/// Tells the format by the first bytes.
pub(crate) fn format(bytes: &[u8]) -> Result<Format, Error> {
    if bytes.is_empty() {
        return Err(Error::Empty);
    }
    match image::guess_format(bytes) {
        Ok(ImageFormat::Png) => Ok(Format::Png),
        Ok(ImageFormat::Jpeg) => Ok(Format::Jpeg),
        Ok(ImageFormat::Gif) => Ok(Format::Gif),
        Ok(ImageFormat::WebP) => Ok(Format::Webp),
        _ => Err(Error::Unknown),
    }
}

/// Opens a decoder.
pub(crate) fn decoder(bytes: &[u8], format: Format) -> Result<impl ImageDecoder, Error> {
    let reader = ImageReader::with_format(Cursor::new(bytes), known(format));
    reader.into_decoder().map_err(|error| damaged(format, &error))
}

fn known(format: Format) -> ImageFormat {
    match format {
        Format::Avif => ImageFormat::Avif,
        Format::Webp => ImageFormat::WebP,
        Format::Jpeg => ImageFormat::Jpeg,
        Format::Png => ImageFormat::Png,
        Format::Gif => ImageFormat::Gif,
    }
}

/// Says what a decoder found.
pub(crate) fn damaged(format: Format, error: &ImageError) -> Error {
    if let ImageError::IoError(error) = error
        && error.kind() == std::io::ErrorKind::UnexpectedEof
    {
        return Error::Truncated;
    }
    let reason = match error {
        ImageError::Decoding(error) => {
            std::error::Error::source(error).map_or_else(|| error.to_string(), ToString::to_string)
        }
        error => error.to_string(),
    };
    Error::Damaged { format: format.name(), reason }
}

fn is_animated(bytes: &[u8], format: Format) -> bool {
    match format {
        Format::Gif => gif::is_animated(bytes),
        Format::Webp => WebPDecoder::new(Cursor::new(bytes)).is_ok_and(|decoder| decoder.has_animation()),
        Format::Png => PngDecoder::new(Cursor::new(bytes)).and_then(|decoder| decoder.is_apng()).unwrap_or_default(),
        Format::Jpeg | Format::Avif => false,
    }
}

/// Reports whether a JPEG has an end.
pub(crate) fn check_whole(bytes: &[u8], format: Format) -> Result<(), Error> {
    if format == Format::Jpeg && !jpeg::segments(bytes).is_whole { Err(Error::Truncated) } else { Ok(()) }
}
