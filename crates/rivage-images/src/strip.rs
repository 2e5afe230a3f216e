//! What a file tells besides its picture: left out, without a look at the pixels.
//!
//! In: a JPEG, PNG, WebP, GIF or AVIF. Out: the same picture without place, time, camera, author, previews and whatever programs add. What the picture
//! needs stays: its profile of colours, its animation, and how the camera was held, in EXIF that says nothing else. Known parts are kept and all
//! others dropped, so that what somebody invents tomorrow is dropped as well. Deliberately not here: how an AVIF does it ([`avif`]).

use image::metadata::Orientation;

use crate::probe::format;
use crate::{Error, Format, avif};

/// What EXIF begins with in a JPEG, and in some WebP files.
const EXIF: &[u8] = b"Exif\0\0";

/// Leaves out what a file tells besides its picture; none where that is nothing, or where the format is none of ours.
///
/// # Errors
/// The file is not built as its format asks for, so that nobody knows what it tells.
pub fn without_metadata(bytes: &[u8]) -> Result<Option<Vec<u8>>, Error> {
    let format = match format(bytes) {
        Ok(format) => format,
        Err(Error::Unknown) if avif::is_avif(bytes) => Format::Avif,
        Err(Error::Unknown) => return Ok(None),
        Err(error) => return Err(error),
    };
    let stripped = match format {
        Format::Jpeg => jpeg(bytes),
        Format::Png => png(bytes),
        Format::Webp => webp(bytes),
        Format::Gif => gif(bytes),
        Format::Avif => avif::without_metadata(bytes),
    };
    let stripped = stripped.ok_or(Error::Truncated)?;
    Ok((stripped != bytes).then_some(stripped))
}

/// EXIF that tells only how the camera was held; none where it was held upright.
fn only_orientation(exif: &[u8]) -> Option<Vec<u8>> {
    let orientation = Orientation::from_exif_chunk(exif.strip_prefix(EXIF).unwrap_or(exif))?;
    if orientation == Orientation::NoTransforms {
        return None;
    }
    // One entry of a big-endian TIFF: tag 0x112, one short number.
    let mut tiff = b"MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\0\0\0\0\0\0\0".to_vec();
    tiff[19] = orientation.to_exif();
    Some(tiff)
}

fn jpeg(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut out = bytes.get(..2)?.to_vec();
    let mut at = 2;
    let mut has_orientation = false;
    loop {
        let kind = *bytes.get(at + 1).filter(|_| bytes[at] == 0xFF)?;
        match kind {
            // Filling.
            0xFF => at += 1,
            0x01 | 0xD0..=0xD7 => {
                out.extend(&bytes[at..at + 2]);
                at += 2;
            }
            // What cameras write behind the end is more of the same, and other pictures.
            0xD9 => {
                out.extend([0xFF, 0xD9]);
                return Some(out);
            }
            _ => {
                let length = bytes.get(at + 2..at + 4)?;
                let end = at + 2 + usize::from(u16::from_be_bytes([length[0], length[1]])).max(2);
                let segment = bytes.get(at..end)?;
                let body = segment.get(4..).unwrap_or_default();
                let is_kept = match kind {
                    0xE0 => body.starts_with(b"JFIF\0"),
                    0xE2 => body.starts_with(b"ICC_PROFILE\0"),
                    // Tells decoders which colours the numbers stand for.
                    0xEE => body.starts_with(b"Adobe"),
                    0xE1..=0xEF | 0xFE => false,
                    _ => true,
                };
                if is_kept {
                    out.extend(segment);
                } else if kind == 0xE1
                    && body.starts_with(EXIF)
                    && !std::mem::replace(&mut has_orientation, true)
                    && let Some(tiff) = only_orientation(body)
                {
                    let length = u16::try_from(2 + EXIF.len() + tiff.len()).ok()?;
                    out.extend([0xFF, 0xE1]);
                    out.extend(length.to_be_bytes());
                    out.extend(EXIF);
                    out.extend(tiff);
                }
                at = end;
                if kind == 0xDA {
                    // The picture, up to the next mark that is not part of it.
                    let is_mark = |pair: &[u8]| pair[0] == 0xFF && !matches!(pair[1], 0 | 0xD0..=0xD7 | 0xFF);
                    let rest = bytes.get(at..)?;
                    let length = rest.windows(2).position(is_mark)?;
                    out.extend(&rest[..length]);
                    at += length;
                }
            }
        }
    }
}

fn png(bytes: &[u8]) -> Option<Vec<u8>> {
    const KEPT: [&[u8; 4]; 18] = [
        b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"iCCP", b"sRGB", b"gAMA", b"cHRM", b"cICP", b"mDCV", b"cLLI",
        b"sBIT", b"bKGD", b"pHYs", b"acTL", b"fcTL", b"fdAT",
    ];
    let mut out = bytes.get(..8)?.to_vec();
    let mut at = 8;
    loop {
        let length = usize::try_from(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?)).ok()?;
        let end = at.checked_add(12)?.checked_add(length)?;
        let chunk = bytes.get(at..end)?;
        let kind: &[u8; 4] = chunk[4..8].try_into().ok()?;
        if KEPT.contains(&kind) {
            out.extend(chunk);
        } else if kind == b"eXIf"
            && let Some(tiff) = only_orientation(&chunk[8..8 + length])
        {
            let named = [&b"eXIf"[..], &tiff].concat();
            out.extend(u32::try_from(tiff.len()).ok()?.to_be_bytes());
            out.extend(&named);
            out.extend(crc32(&named).to_be_bytes());
        }
        if kind == b"IEND" {
            return Some(out);
        }
        at = end;
    }
}

fn crc32(bytes: &[u8]) -> u32 {
    let crc = bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ (0xEDB8_8320 & (crc & 1).wrapping_neg()))
    });
    !crc
}

fn webp(bytes: &[u8]) -> Option<Vec<u8>> {
    const KEPT: [&[u8; 4]; 7] = [b"VP8X", b"VP8 ", b"VP8L", b"ALPH", b"ANIM", b"ANMF", b"ICCP"];
    /// Flags of the first chunk that promise EXIF and XMP.
    const EXIF_FLAG: u8 = 0x08;
    const XMP_FLAG: u8 = 0x04;
    let claimed = usize::try_from(u32::from_le_bytes(bytes.get(4..8)?.try_into().ok()?)).ok()?;
    let whole = bytes.get(..claimed.checked_add(8)?)?;
    let mut out = whole.get(..12)?.to_vec();
    let mut flags = None;
    let mut has_exif = false;
    let mut at = 12;
    while at < whole.len() {
        let length = usize::try_from(u32::from_le_bytes(whole.get(at + 4..at + 8)?.try_into().ok()?)).ok()?;
        let body = whole.get(at + 8..(at + 8).checked_add(length)?)?;
        // The byte that makes a length even may be missing at the end.
        let end = (at + 8 + length + length % 2).min(whole.len());
        let kind: &[u8; 4] = whole[at..at + 4].try_into().ok()?;
        if KEPT.contains(&kind) {
            if kind == b"VP8X" && length > 0 {
                flags = Some(out.len() + 8);
            }
            out.extend(&whole[at..end]);
        } else if kind == b"EXIF"
            && let Some(tiff) = only_orientation(body)
        {
            out.extend(b"EXIF");
            out.extend(u32::try_from(tiff.len()).ok()?.to_le_bytes());
            out.extend(tiff);
            has_exif = true;
        }
        at = end;
    }
    if let Some(flags) = flags {
        out[flags] &= !(XMP_FLAG | if has_exif { 0 } else { EXIF_FLAG });
    }
    let length = u32::try_from(out.len() - 8).ok()?;
    out[4..8].copy_from_slice(&length.to_le_bytes());
    Some(out)
}

fn gif(bytes: &[u8]) -> Option<Vec<u8>> {
    // Loops, and colours.
    const KEPT: [&[u8]; 3] = [b"NETSCAPE2.0", b"ANIMEXTS1.0", b"ICCRGBG1012"];
    let mut at = 13 + crate::gif::table(*bytes.get(10)?);
    let mut out = bytes.get(..at)?.to_vec();
    loop {
        let end = match *bytes.get(at)? {
            0x21 => crate::gif::after_blocks(bytes, at + 2)?,
            0x2C => crate::gif::after_blocks(bytes, at + 11 + crate::gif::table(*bytes.get(at + 9)?))?,
            // The end; what follows it is nothing that is shown.
            0x3B => {
                out.push(0x3B);
                return Some(out);
            }
            _ => return None,
        };
        let block = bytes.get(at..end)?;
        let is_kept = match block {
            // How long a picture is shown; text that is drawn.
            [0x21, 0xF9 | 0x01, ..] => true,
            [0x21, 0xFF, 11, rest @ ..] => KEPT.iter().any(|name| rest.starts_with(name)),
            [0x21, ..] => false,
            _ => true,
        };
        if is_kept {
            out.extend(block);
        }
        at = end;
    }
}
