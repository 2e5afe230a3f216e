//! `[images]`: what is made of images, and where it is.

use std::sync::Arc;

use serde_json::{Value, json};

use super::check;
use super::raw::set;
use super::reader::Reader;

/// `[images]`
#[derive(Clone, Debug, PartialEq)]
pub struct Images {
    /// `enabled`, true: whether anything is made of images.
    pub enabled: bool,
    /// `formats`, AVIF and WebP: what is made besides the image's own format, best first.
    pub formats: Vec<NewFormat>,
    /// `widths`: in pixels, ascending.
    pub widths: Vec<u32>,
    /// `sizes`: how wide images in content are shown, as in HTML.
    pub sizes: String,
    /// `quality.avif`, 60
    pub avif_quality: u8,
    /// `quality.webp`, 78
    pub webp_quality: u8,
    /// `quality.jpeg`, 78
    pub jpeg_quality: u8,
    /// `avif_speed`, 6
    pub avif_speed: u8,
    /// `placeholder`, true: whether a colour stands where an image is still to come.
    pub placeholder: bool,
    /// `strip_metadata`, true: whether originals are published without what they tell besides the picture.
    pub strip_metadata: bool,
    /// `sanitize_svg`, false: whether what can do harm is left out of SVG.
    pub sanitize_svg: bool,
    /// `cards`, false: whether a picture for other sites is drawn of pages that have none.
    pub cards: bool,
    /// `card_fonts`: files for scripts that the built-in fonts do not have.
    pub card_fonts: Arc<[String]>,
    /// `store`, `local`
    pub store: Store,
    /// `url`: where the bucket's files are for visitors, without a slash at the end.
    pub url: Option<String>,
}

/// A format that is made of others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NewFormat {
    /// AVIF.
    Avif,
    /// WebP.
    Webp,
}

/// Where files of images are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Store {
    /// With the pages.
    Local,
    /// In an R2 bucket.
    R2,
}

const FORMATS: [(&str, NewFormat); 2] = [("avif", NewFormat::Avif), ("webp", NewFormat::Webp)];
const STORES: [(&str, Store); 2] = [("local", Store::Local), ("r2", Store::R2)];

/// More widths than this are of no use to anybody.
const MOST_WIDTHS: usize = 12;

impl Default for Images {
    fn default() -> Self {
        Self {
            enabled: true,
            formats: vec![NewFormat::Avif, NewFormat::Webp],
            widths: vec![480, 800, 1200, 1600],
            sizes: "(min-width: 50rem) 46rem, calc(100vw - 2.5rem)".to_owned(),
            avif_quality: 60,
            webp_quality: 78,
            jpeg_quality: 78,
            avif_speed: 6,
            placeholder: true,
            strip_metadata: true,
            sanitize_svg: false,
            cards: false,
            card_fonts: Arc::default(),
            store: Store::Local,
            url: None,
        }
    }
}

/// Reads `[images]`.
pub(super) fn read(images: &mut Images, mut map: Reader<'_>) {
    let report = map.report();
    set(&mut images.enabled, map.bool("enabled"));
    if map.take("formats").is_some() {
        images.formats.clear();
        for (text, span) in map.strings("formats") {
            match FORMATS.iter().find(|(word, _)| *word == text) {
                Some((_, format)) if !images.formats.contains(format) => images.formats.push(*format),
                Some(_) => {}
                None => report.bad_value("formats", "a list of `avif` and `webp`", span),
            }
        }
    }
    if let Some(entry) = map.take("widths") {
        let given = map.list("widths");
        let width = |value: &rivage_syntax::data::Data| match value.value {
            rivage_syntax::data::DataValue::Int(width) => {
                u32::try_from(width).ok().filter(|width| (16..=8192).contains(width))
            }
            _ => None,
        };
        let mut widths: Vec<u32> = given.iter().filter_map(width).collect();
        if given.is_empty() || widths.len() != given.len() || widths.len() > MOST_WIDTHS {
            let must = "a list of at most 12 whole numbers from 16 to 8192";
            report.bad_value("widths", must, entry.value.span);
        } else {
            widths.sort_unstable();
            widths.dedup();
            images.widths = widths;
        }
    }
    if let Some((sizes, span)) = map.filled("sizes") {
        if sizes.contains(['"', '<', '>']) {
            report.bad_value("sizes", "sizes as in HTML, such as `(min-width: 60rem) 40rem, 100vw`", span);
        } else {
            sizes.clone_into(&mut images.sizes);
        }
    }
    let level = |number: i64| u8::try_from(number).ok();
    if let Some(mut quality) = map.map("quality", "`[images.quality]`") {
        set(&mut images.avif_quality, quality.int("avif", 1..=100).and_then(level));
        set(&mut images.webp_quality, quality.int("webp", 1..=100).and_then(level));
        set(&mut images.jpeg_quality, quality.int("jpeg", 1..=100).and_then(level));
        quality.finish();
    }
    set(&mut images.avif_speed, map.int("avif_speed", 1..=10).and_then(level));
    set(&mut images.placeholder, map.bool("placeholder"));
    set(&mut images.strip_metadata, map.bool("strip_metadata"));
    set(&mut images.sanitize_svg, map.bool("sanitize_svg"));
    set(&mut images.cards, map.bool("cards"));
    if map.take("card_fonts").is_some() {
        let fonts = map.strings("card_fonts");
        let is_outside = |path: &str| path.starts_with('/') || path.split('/').any(|part| part == "..");
        for (_, span) in fonts.iter().filter(|(path, _)| is_outside(path)) {
            report.bad_value("card_fonts", "a list of files below the project's folder", *span);
        }
        let inside = fonts.into_iter().filter(|(path, _)| !is_outside(path));
        images.card_fonts = inside.map(|(path, _)| path.to_owned()).collect();
    }
    set(&mut images.store, map.word("store", &STORES));
    if let Some((url, span)) = map.filled("url") {
        let is_good = check::web_url(url).is_ok() || (url.starts_with('/') && !url.starts_with("//"));
        if is_good && !url.contains(['"', '<', '>', ' ', '?', '#']) {
            images.url = Some(url.trim_end_matches('/').to_owned());
        } else {
            report.bad_value("url", "the address of the bucket, such as `https://media.example.org`, or a path", span);
        }
    }
    if images.store == Store::R2 && images.url.is_none() {
        report.bad_value(
            "store",
            "`local` as long as `images.url` does not say where visitors find the bucket",
            map.span(),
        );
    }
    map.finish();
}

impl Images {
    /// Returns the settings as they would be written.
    pub(super) fn to_json(&self) -> Value {
        let word = |format: &NewFormat| FORMATS.iter().find(|(_, known)| known == format).map(|(word, _)| *word);
        json!({
            "enabled": self.enabled,
            "formats": self.formats.iter().filter_map(word).collect::<Vec<_>>(),
            "widths": self.widths,
            "sizes": self.sizes,
            "quality": { "avif": self.avif_quality, "webp": self.webp_quality, "jpeg": self.jpeg_quality },
            "avif_speed": self.avif_speed,
            "placeholder": self.placeholder,
            "strip_metadata": self.strip_metadata,
            "sanitize_svg": self.sanitize_svg,
            "cards": self.cards,
            "card_fonts": self.card_fonts,
            "store": STORES.iter().find(|(_, store)| *store == self.store).map(|(word, _)| *word),
            "url": self.url,
        })
    }
}
