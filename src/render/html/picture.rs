//! `<img>`, and `<picture>` around it: one image in several sizes and formats.
//!
//! In: an [`Image`] or a [`Picture`], and what its author says of it. Out: HTML, the same wherever an image is written. Browsers take the first format
//! they know and the size they need; the size that is shown stands in the HTML, so that nothing moves when the image arrives.

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

/// An image in one file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Image<'a> {
    /// Its address, as it stands in HTML.
    pub src: &'a str,
    /// How wide it is shown, where that is known.
    pub width: Option<u32>,
    /// How high.
    pub height: Option<u32>,
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
    /// When it is loaded.
    pub loading: Loading,
}

/// When an image is loaded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Loading {
    /// Nothing is said of it.
    #[default]
    Unsaid,
    /// At once, before anything else: what a page is about.
    First,
    /// At once.
    Now,
    /// When it is nearly in sight.
    Lazy,
}

impl Loading {
    /// Returns how an image is loaded where its author says nothing: the page's first one at once, as it is likely to be in sight.
    pub fn of(is_first: bool) -> Self {
        if is_first { Self::Now } else { Self::Lazy }
    }

    /// Writes it as attributes.
    pub fn write(self, out: &mut String) {
        match self {
            Self::Unsaid => return,
            Self::First => out.push_str(" fetchpriority=\"high\""),
            Self::Now => {}
            Self::Lazy => out.push_str(" loading=\"lazy\""),
        }
        out.push_str(" decoding=\"async\"");
    }
}

/// Files to choose from, as `srcset` and `sizes` tell them.
struct Choice<'a> {
    files: &'a [(String, u32)],
    sizes: &'a str,
}

impl Image<'_> {
    /// Writes the image.
    pub fn write(&self, attributes: &Attributes<'_>, out: &mut String) {
        self.write_with(attributes, None, None, out);
    }

    fn write_with(
        &self,
        attributes: &Attributes<'_>,
        choice: Option<Choice<'_>>,
        color: Option<&str>,
        out: &mut String,
    ) {
        out.push_str("<img");
        if let Some(class) = attributes.class.filter(|class| !class.is_empty()) {
            push_attribute("class", class, out);
        }
        push_attribute("src", self.src, out);
        if let Some(choice) = choice {
            choice.write(out);
        }
        push_attribute("alt", attributes.alt, out);
        for (name, side) in [("width", self.width), ("height", self.height)] {
            if let Some(side) = side {
                push_attribute(name, &side.to_string(), out);
            }
        }
        attributes.loading.write(out);
        if let Some(color) = color {
            push_attribute("data-color", color, out);
        }
        if let Some(title) = attributes.title {
            push_attribute("title", title, out);
        }
        out.push('>');
    }
}

impl Choice<'_> {
    fn write(&self, out: &mut String) {
        let each = self.files.iter().map(|(url, width)| format!("{} {width}w", encode_url(url)));
        push_attribute("srcset", &each.collect::<Vec<_>>().join(", "), out);
        push_attribute("sizes", self.sizes, out);
    }
}

impl Picture {
    /// Writes the image.
    pub fn write(&self, attributes: &Attributes<'_>, out: &mut String) {
        // Browsers that know it take the width that a lazy image has on the page, which is better than any guess.
        let is_lazy = attributes.loading == Loading::Lazy;
        let sizes = if is_lazy { &format!("auto, {}", self.sizes) } else { &self.sizes };
        out.push_str("<picture>");
        for (media_type, files) in &self.sources {
            out.push_str("<source");
            push_attribute("type", media_type, out);
            Choice { files, sizes }.write(out);
            out.push('>');
        }
        let choice = (self.files.len() > 1).then_some(Choice { files: &self.files, sizes });
        let image = Image { src: &encode_url(&self.src), width: Some(self.width), height: Some(self.height) };
        image.write_with(attributes, choice, self.color.as_deref(), out);
        out.push_str("</picture>");
    }
}
