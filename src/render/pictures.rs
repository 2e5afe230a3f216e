//! Which files are made of an image, and where they will be.
//!
//! In: a file, the settings, what an author wishes. Out: a [`Picture`], and notes in the current [`scope`] of the files that it shows. Deliberately not
//! here: making them ([`crate::images`]), HTML ([`super::html::picture`]).

use rivage_images::{Area, Focus, Fonts, Format, Ratio, Settings};

use super::functions::Surroundings;
use super::html::picture::Picture;
use super::scope;
use crate::config::images::{Images, NewFormat, Store};
use crate::images::drawing::Drawing;
use crate::images::{Derivative, Facts, SMALL};
use crate::inputs::{Fingerprint, Notes, Question, World};

/// What is known of a file, and which file that is.
pub(super) struct Known {
    pub(super) facts: Facts,
    print: Fingerprint,
}

/// What an author wishes.
#[derive(Clone, Debug, Default)]
pub(super) struct Wish {
    /// The ratio that is cut out.
    pub(super) crop: Option<Ratio>,
    /// What stays in sight when something is cut off.
    pub(super) focus: Focus,
    /// Instead of the setting.
    pub(super) sizes: Option<String>,
    /// Instead of the setting.
    pub(super) widths: Option<Vec<u32>>,
    /// For all formats, instead of the settings.
    pub(super) quality: Option<u8>,
}

/// Reports whether something can be made of a file, by its name.
pub(super) fn is_raster(file: &str) -> bool {
    matches!(format_of(file), Some(Format::Jpeg | Format::Png | Format::Webp | Format::Gif))
}

fn format_of(file: &str) -> Option<Format> {
    Format::of_extension(file.rsplit_once('.')?.1)
}

/// Says what a file is, where its name says something else.
pub(super) fn other_format(file: &str, format: Format) -> Option<String> {
    let named = format_of(file)?;
    (named != format).then(|| format!("in fact a {}, and not a {}", format.name(), named.name()))
}

/// Tells what is known of a file, and notes that it was asked.
///
/// # Errors
/// What is wrong with it.
pub(super) fn facts(env: &Surroundings, world: &World, notes: &Notes, file: &str) -> Result<Known, String> {
    let print = world.print(file);
    notes.note_print(Question::File(file.to_owned()), print);
    let built_in = (print == Fingerprint::MISSING).then(|| crate::theme::built_in(file)).flatten();
    let print = built_in.map_or(print, Fingerprint::of);
    let mut unreadable = None;
    let read = || match (built_in, world.fs.read(file)) {
        (Some(bytes), _) => bytes.to_vec(),
        (None, Ok(bytes)) => bytes,
        (None, Err(error)) => {
            unreadable = Some(error.source.to_string());
            Vec::new()
        }
    };
    let facts = env.images.facts(print, read);
    match (facts, unreadable) {
        (_, Some(why)) => Err(why),
        (Ok(facts), None) => Ok(Known { facts, print }),
        (Err(error), None) => Err(error.to_string()),
    }
}

/// Chooses what is made of an image; none where it is shown as it is.
pub(super) fn picture(env: &Surroundings, file: &str, known: &Known, wish: &Wish) -> Option<Picture> {
    let facts = &known.facts;
    let settings = &env.values.site().config.images;
    if !settings.enabled || facts.is_animated || (facts.length < SMALL && wish.crop.is_none()) {
        return None;
    }
    let area = area(facts, wish);
    let widths = widths(wish.widths.as_ref().unwrap_or(&settings.widths), area.width);
    let fallback = facts.format.fallback();
    let files = |format: Format| -> Vec<(String, u32)> {
        widths.iter().map(|width| (file_of(env, file, known, (area, *width), format, wish.quality), *width)).collect()
    };
    let newer = settings.formats.iter().map(|format| match format {
        NewFormat::Avif => Format::Avif,
        NewFormat::Webp => Format::Webp,
    });
    // Encoding AVIF takes longer than a writer wants to wait for.
    let newer = newer.filter(|format| *format != fallback && !(env.preview && *format == Format::Avif));
    let sources = newer.map(|format| (format.media_type(), files(format))).collect();
    let files = files(fallback);
    let width = widths.last().copied().unwrap_or(area.width);
    let middle = files.len() / 2;
    Some(Picture {
        sources,
        src: files.get(middle).map(|(url, _)| url.clone()).unwrap_or_default(),
        files,
        sizes: wish.sizes.clone().unwrap_or_else(|| settings.sizes.clone()),
        width,
        height: area.height_at(width),
        color: facts.color.filter(|_| settings.placeholder).map(|[r, g, b]| format!("#{r:02x}{g:02x}{b:02x}")),
    })
}

/// Chooses one file of an image: its address, width and height. None where it is shown as it is.
pub(super) fn one_size(
    env: &Surroundings,
    file: &str,
    known: &Known,
    wish: &Wish,
    width: u32,
    format: Option<Format>,
) -> Option<(String, u32, u32)> {
    if !env.values.site().config.images.enabled || known.facts.is_animated {
        return None;
    }
    let area = area(&known.facts, wish);
    let width = width.min(area.width);
    let format = format.unwrap_or_else(|| known.facts.format.fallback());
    let url = file_of(env, file, known, (area, width), format, wish.quality);
    Some((url, width, area.height_at(width)))
}

fn area(facts: &Facts, wish: &Wish) -> Area {
    let size = (facts.width, facts.height);
    wish.crop.map_or(Area::whole(size.0, size.1), |ratio| Area::of_ratio(size, ratio, wish.focus))
}

/// The widths that are made: those that are wanted and not larger than the image, and the image's own where it is smaller than the largest.
fn widths(wanted: &[u32], own: u32) -> Vec<u32> {
    let mut widths: Vec<u32> = wanted.iter().copied().filter(|width| *width < own).collect();
    if widths.len() < wanted.len() {
        widths.push(own);
    }
    widths
}

/// Notes that a file of an image is needed, and returns where it will be.
fn file_of(
    env: &Surroundings,
    file: &str,
    known: &Known,
    place: (Area, u32),
    format: Format,
    quality: Option<u8>,
) -> String {
    let images = &env.values.site().config.images;
    let settings =
        Settings { quality: quality.unwrap_or_else(|| quality_of(images, format)), speed: images.avif_speed };
    needed(env, Derivative::new(file, known.print, place, format, settings))
}

/// Notes that a drawing is needed, and returns where it will be.
pub(super) fn drawing(env: &Surroundings, drawing: Drawing, fonts: &Fonts, size: (u32, u32)) -> String {
    let page = scope::page();
    let document = page.and_then(|id| env.values.site().page(id).document.as_ref());
    let source = document.map_or("layouts", |document| document.file.as_str());
    needed(env, Derivative::drawn(source, drawing, fonts, size))
}

/// Notes that a file is needed, and returns where it will be.
fn needed(env: &Surroundings, derivative: Derivative) -> String {
    let config = &env.values.site().config;
    let images = &config.images;
    let url = match &images.url {
        Some(url) if images.store == Store::R2 && !env.preview => {
            let path = format!("{url}/{}{}", config.deploy.bucket_prefix, derivative.name);
            env.values.link(&path)
        }
        _ => env.values.href(&format!("/{}/{}", config.deploy.media, derivative.name)),
    };
    scope::with(|scope| scope.derivatives.push(derivative));
    url
}

fn quality_of(images: &Images, format: Format) -> u8 {
    match format {
        Format::Avif => images.avif_quality,
        Format::Webp => images.webp_quality,
        Format::Jpeg => images.jpeg_quality,
        Format::Png | Format::Gif => 100,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_wider_than_the_image() {
        let wanted = [480, 800, 1200];
        for (own, expect) in
            [(100, &[100][..]), (480, &[480]), (481, &[480, 481]), (1200, &[480, 800, 1200]), (5000, &[480, 800, 1200])]
        {
            assert_eq!(widths(&wanted, own), expect, "{own}");
        }
    }

    #[test]
    fn names_that_promise_something_else_are_told() {
        assert_eq!(other_format("a/photo.JPEG", Format::Jpeg), None);
        assert_eq!(other_format("a.jpg", Format::Png).as_deref(), Some("in fact a PNG, and not a JPEG"));
        assert!(is_raster("a.JPG") && !is_raster("a.svg") && !is_raster("jpg"));
    }
}
