//! Bytes → pixels: upright, in sRGB, eight bits a channel.
//!
//! Where a file tells what its colours mean, they are turned into those of the web and the profile is dropped: every browser shows the same, and
//! no file carries a profile. Other metadata (place, camera, preview) never gets this far.

use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder};
use moxcms::{ColorProfile, DataColorSpace, Layout, TransformOptions};

use crate::probe::{check_whole, damaged, decoder};
use crate::{Error, Format, Info, Raster, jpeg, probe};

/// Bytes that working on an image takes at most: what it is decoded to, turned, with one copy to scale from.
pub fn memory(info: &Info) -> u64 {
    let pixels = u64::from(info.width) * u64::from(info.height);
    let channels = if info.has_alpha { 4 } else { 3 };
    // Decoded and eight bits a channel side by side, or two of the latter while it is turned or its colours are; then the copy to scale from,
    // two bytes a channel, of a quarter of the pixels where there are many.
    let eight = pixels * channels;
    let decoding = info.decoded_bytes + eight;
    let scaling = eight + (pixels * channels * 2).min(256 << 20);
    decoding.max(scaling)
}

/// Makes pixels of a file.
///
/// # Errors
/// As [`probe()`]; or its pixels are damaged.
pub fn decode(bytes: &[u8]) -> Result<Raster, Error> {
    let info = probe(bytes)?;
    check_whole(bytes, info.format)?;
    let mut decoder = decoder(bytes, info.format)?;
    let profile = decoder.icc_profile().ok().flatten().filter(|_| !has_printers_colours(bytes, info.format));
    let mut image = DynamicImage::from_decoder(decoder).map_err(|error| damaged(info.format, &error))?;
    if let Some(orientation) = Orientation::from_exif(info.orientation) {
        image.apply_orientation(orientation);
    }
    let has_alpha = image.color().has_alpha();
    let (width, height) = (image.width(), image.height());
    let mut pixels = if has_alpha { image.into_rgba8().into_raw() } else { image.into_rgb8().into_raw() };
    if let Some(profile) = profile {
        to_srgb(&profile, has_alpha, width, &mut pixels);
    }
    let raster = Raster::new(width, height, has_alpha, pixels);
    Ok(raster.without_idle_alpha())
}

/// The decoder has made RGB of these already, and the profile is about what they were before.
fn has_printers_colours(bytes: &[u8], format: Format) -> bool {
    format == Format::Jpeg && jpeg::segments(bytes).components == 4
}

/// Turns colours into sRGB. What a profile that cannot be used means, nobody knows: the numbers then stay as they are, as in browsers.
fn to_srgb(profile: &[u8], has_alpha: bool, width: u32, pixels: &mut [u8]) {
    let Ok(profile) = ColorProfile::new_from_slice(profile) else { return };
    if profile.color_space != DataColorSpace::Rgb {
        return;
    }
    let layout = if has_alpha { Layout::Rgba } else { Layout::Rgb };
    let srgb = ColorProfile::new_srgb();
    let Ok(transform) = profile.create_transform_8bit(layout, &srgb, layout, TransformOptions::default()) else {
        return;
    };
    let line = width as usize * if has_alpha { 4 } else { 3 };
    let mut out = vec![0; line];
    for row in pixels.chunks_exact_mut(line) {
        if transform.transform(row, &mut out).is_err() {
            return;
        }
        row.copy_from_slice(&out);
    }
}
