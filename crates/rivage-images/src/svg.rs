//! SVG without what can do harm: scripts, handlers of events, HTML inside, links, and whatever comes from another host.
//!
//! In: the bytes of a file. Out: XML with known elements and attributes only. What is kept is decided by `svg-hush`, Cloudflare's list for files
//! of strangers. Deliberately not here: whether a site wants that.

use svg_hush::{Filter, data_url_filter};

use crate::Error;

/// Functions of CSS that name a file in quotes, which no list of `url(…)` finds.
const NAMES_A_FILE: [&str; 2] = ["image-set(", "src("];

/// Leaves out of an SVG what can do harm.
///
/// # Errors
/// It is no well-formed XML, or nothing of it may stay.
pub fn sanitize_svg(bytes: &[u8]) -> Result<Vec<u8>, Error> {
    let mut filter = Filter::new();
    filter.set_data_url_filter(data_url_filter::allow_standard_images);
    let mut out = Vec::with_capacity(bytes.len());
    filter.filter(bytes, &mut out).map_err(|error| {
        let reason = std::error::Error::source(&error).map_or_else(|| error.to_string(), ToString::to_string);
        Error::Damaged { format: "SVG", reason }
    })?;
    for name in NAMES_A_FILE {
        blank(&mut out, name.as_bytes());
    }
    Ok(out)
}

/// Takes the name from a function, wherever it stands: what is left is no valid value, and ignored.
fn blank(text: &mut [u8], name: &[u8]) {
    let mut at = 0;
    while let Some(found) = text[at..].windows(name.len()).position(|part| part.eq_ignore_ascii_case(name)) {
        let start = at + found;
        text[start..start + name.len() - 1].fill(b'-');
        at = start + name.len();
    }
}
