//! `<picture>`: one image in several sizes and formats.
//!
//! In: a [`Picture`] and what its author says of it. Out: HTML. Browsers take the first format they know and the size they need; the size that is shown
//! stands in the HTML, so that nothing moves when the image arrives.

use super::{encode_url, push_attribute};

/// An image in several sizes and formats.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Picture {
    /// Newer formats, best first: media type and files with their widths.
    pub sources: Vec<(&'static str, Vec<(String, u32)>)>,
    /// Files for all browsers, with their widths, ascending.
    pub files: Vec<(String, u32)>,
    /// The file for browsers that do not choose.
    pub src: String,
    /// How wide it is shown, as HTML says it.
    pub sizes: String,
    /// Width of the largest.
    pub width: u32,
    /// Height of the largest.
    pub height: u32,
    /// A colour that stands in its place until it is there: `#8a9bac`.
    pub color: Option<String>,
}

/// What an author says of an image.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Attributes<'a> {
    /// What it shows.
    pub alt: &'a str,
    /// What a pointer finds out.
    pub title: Option<&'a str>,
    /// Its class.
    pub class: Option<&'a str>,
    /// Whether it is loaded only when it is nearly in sight.
    pub lazy: bool,
}

impl Picture {
    /// Returns the files as `srcset` has them.
    pub fn srcset(files: &[(String, u32)]) -> String {
        let each = files.iter().map(|(url, width)| format!("{} {width}w", encode_url(url)));
        each.collect::<Vec<_>>().join(", ")
    }

    /// Writes the image.
    pub fn write(&self, attributes: &Attributes<'_>, out: &mut String) {
        // Browsers that know it take the width that a lazy image has on the page, which is better than any guess.
        let sizes = if attributes.lazy { format!("auto, {}", self.sizes) } else { self.sizes.clone() };
        out.push_str("<picture>");
        for (media_type, files) in &self.sources {
            out.push_str("<source");
            push_attribute("type", media_type, out);
            push_attribute("srcset", &Self::srcset(files), out);
            push_attribute("sizes", &sizes, out);
            out.push('>');
        }
        out.push_str("<img");
        if let Some(class) = attributes.class.filter(|class| !class.is_empty()) {
            push_attribute("class", class, out);
        }
        push_attribute("src", &encode_url(&self.src), out);
        if self.files.len() > 1 {
            push_attribute("srcset", &Self::srcset(&self.files), out);
            push_attribute("sizes", &sizes, out);
        }
        push_attribute("alt", attributes.alt, out);
        push_attribute("width", &self.width.to_string(), out);
        push_attribute("height", &self.height.to_string(), out);
        if attributes.lazy {
            out.push_str(" loading=\"lazy\"");
        }
        out.push_str(" decoding=\"async\"");
        if let Some(color) = &self.color {
            push_attribute("data-color", color, out);
        }
        if let Some(title) = attributes.title.filter(|title| !title.is_empty()) {
            push_attribute("title", title, out);
        }
        out.push_str("></picture>");
    }
}
