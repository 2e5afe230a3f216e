//! Width and height of an image, SVG included, from its header alone.
//!
//! In: a file's bytes. Out: its size as it is shown. Deliberately not here: whether anything can be made of it ([`crate::probe()`]).

use crate::{Error, probe};

/// Returns the width and height of a PNG, JPEG, GIF, WebP or SVG; none for images of other formats and for an SVG that does not tell.
///
/// # Errors
/// The file starts like an image but cannot be read; or it has nothing of any file format that is known.
pub fn size(bytes: &[u8]) -> Result<Option<(u32, u32)>, Error> {
    match probe(bytes) {
        Ok(info) => Ok(Some((info.width, info.height))),
        // It is only shown: no pixel is decoded here.
        Err(Error::TooLarge { width, height }) => Ok(Some((width, height))),
        // A format that is known by its first bytes but not to us: AVIF, TIFF…
        Err(Error::Unknown) if image::guess_format(bytes).is_ok() => Ok(None),
        Err(Error::Unknown) => {
            let start = &bytes[..bytes.len().min(SVG_HEAD)];
            let text = String::from_utf8_lossy(start);
            svg_tag(&text).map(svg_size).ok_or(Error::Unknown)
        }
        Err(error) => Err(error),
    }
}

/// An SVG's root is looked for in this many bytes.
const SVG_HEAD: usize = 16_384;

/// Returns the attributes of the root element.
fn svg_tag(text: &str) -> Option<&str> {
    let mut rest = text.trim_start_matches('\u{feff}').trim_start();
    // Declaration, comments and doctype may stand before the root, in whatever order.
    loop {
        let end = match rest {
            _ if rest.starts_with("<?") => rest.find("?>")? + 2,
            _ if rest.starts_with("<!--") => rest.find("-->")? + 3,
            _ if rest.starts_with("<!") => rest.find('>')? + 1,
            _ => break,
        };
        rest = rest[end..].trim_start();
    }
    let tag = rest.strip_prefix("<svg").filter(|tag| tag.starts_with([' ', '\t', '\n', '\r', '>', '/']))?;
    let mut quote = None;
    for (at, c) in tag.char_indices() {
        match quote {
            None if c == '>' => return Some(&tag[..at]),
            None if c == '"' || c == '\'' => quote = Some(c),
            Some(open) if open == c => quote = None,
            _ => {}
        }
    }
    None
}

fn svg_size(tag: &str) -> Option<(u32, u32)> {
    let length = |name| attribute(tag, name).and_then(pixels);
    if let (Some(width), Some(height)) = (length("width"), length("height")) {
        return Some((width, height));
    }
    let view_box = attribute(tag, "viewBox")?;
    let mut numbers = view_box.split([' ', ',', '\t', '\n']).filter(|number| !number.is_empty()).skip(2);
    Some((pixels(numbers.next()?)?, pixels(numbers.next()?)?))
}

fn attribute<'t>(tag: &'t str, name: &str) -> Option<&'t str> {
    let mut rest = tag;
    while let Some(equals) = rest.find('=') {
        let key = rest[..equals].trim_end().rsplit([' ', '\t', '\n', '\r']).next().unwrap_or_default();
        let value = rest[equals + 1..].trim_start();
        let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
        let end = value[1..].find(quote)? + 1;
        if key == name {
            return Some(&value[1..end]);
        }
        rest = &value[end + 1..];
    }
    None
}

/// Reads a length in pixels; other units have no fixed number of them.
fn pixels(value: &str) -> Option<u32> {
    let value: f64 = value.trim().trim_end_matches("px").trim_end().parse().ok()?;
    let rounded = value.round();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "within bounds as just compared")]
    (1.0..=1e6).contains(&rounded).then_some(rounded as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn svgs_tell_their_size_in_two_ways() {
        for (svg, expect) in [
            ("<svg width=\"10\" height='20px' viewBox=\"0 0 1 1\">", Some((10, 20))),
            ("<?xml version=\"1.0\"?>\n<!-- > -->\n<!DOCTYPE svg>\n<svg\n viewBox = \"0,0 24.4 12\"/>", Some((24, 12))),
            ("<svg width=\"100%\" viewBox=\"0 0 3 4\">", Some((3, 4))),
            ("<svg>", None),
            ("<svg stroke-width=\"3\" height=\"2\">", None),
            ("<svg width=\"-1\" height=\"1e99\">", None),
        ] {
            assert_eq!(size(svg.as_bytes()), Ok(expect), "{svg}");
        }
    }

    #[test]
    fn what_is_no_image_is_told() {
        assert_eq!(size(b""), Err(Error::Empty));
        for bytes in [&b"no image"[..], b"<svg", b"<svg-x>", b"<?xml", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0"] {
            assert!(size(bytes).is_err(), "{bytes:?}");
        }
        assert_eq!(size(b"\0\0\0\x1cftypavif\0\0\0\0"), Ok(None));
        assert_eq!(size(b"GIF89a\x03\0\x02\0\0\0\0,\0\0\0\0\x03\0\x02\0\0\x02\x01\0\0;"), Ok(Some((3, 2))));
    }
}
