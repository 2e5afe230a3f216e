//! The functions of templates about images: `image()`, `picture()`, `card()`, `fit()`, `draw()`.
//!
//! In: [`Surroundings`] and the current [`scope`]. Out: Tera values; files that are needed are noted in the scope. Deliberately not here: which files
//! are made of an image ([`super::pictures`]), how HTML says it ([`super::html::picture`]).

use std::sync::Arc;

use rivage_diag::FileId;
use rivage_images::{Fit, Fitted, Focus, Fonts, Format, Ratio, drawing_size};
use tera::{Error, Kwargs, Tera, TeraResult, Value};

use super::functions::{Surroundings, env, note, read_file};
use super::html::picture::{Attributes, Image, Loading, Picture};
use super::pictures::{self, Known, Wish};
use super::values::map;
use super::{assets, diagnostics, scope};
use crate::images::drawing::{self, Drawing};
use crate::inputs::{Question, SiteQuestion};
use crate::resolve::decode;

/// Registers them.
pub(super) fn register(tera: &mut Tera) {
    tera.register_function("image", env(image));
    tera.register_function("picture", env(picture));
    tera.register_function("card", env(card));
    tera.register_function("fit", env(fit));
    tera.register_function("draw", env(draw));
}

/// Finds the file of an image: by its name below `assets/` or `static/`, or by its path on the site.
fn image_file(env: &Surroundings, written: &str) -> Option<(String, String)> {
    let path = written.trim_start_matches('/');
    note(env, SiteQuestion::Asset(path.to_owned()));
    if let Some(asset) = env.assets.get(path) {
        return Some((asset.file.clone(), env.values.href(&format!("/{}", asset.url_path))));
    }
    let base = env.values.site().config.site.base_path.trim_start_matches('/');
    let below = path.strip_prefix(base).map_or(path, |path| path.trim_start_matches('/'));
    let below = decode(below).into_owned();
    note(env, SiteQuestion::Served(below.clone()));
    let file = env.statics.get(&below).or_else(|| env.beside.get(&below))?;
    Some((file.clone(), env.values.href(&format!("/{below}"))))
}

fn is_elsewhere(written: &str) -> bool {
    written.contains("://") || written.starts_with("//") || written.starts_with("data:")
}

/// What a template wishes of an image.
fn wish(arguments: &Kwargs) -> TeraResult<Wish> {
    fn text<'a>(arguments: &'a Kwargs, name: &'a str) -> TeraResult<Option<&'a str>> {
        Ok(arguments.get::<&str>(name)?.filter(|text| !text.trim().is_empty()))
    }
    let crop = text(arguments, "crop")?.map(|text| {
        Ratio::parse(text)
            .ok_or_else(|| Error::message(format!("`crop` must be a ratio such as `16:9`, and is `{text}`")))
    });
    let focus = text(arguments, "focus")?.map(|text| {
        let must = "`focus` must be a point such as `30% 20%` or `top left`";
        Focus::parse(text).ok_or_else(|| Error::message(format!("{must}, and is `{text}`")))
    });
    let widths = arguments.get::<Vec<u32>>("widths")?.filter(|widths| !widths.is_empty());
    if let Some(widths) = &widths
        && (widths.len() > 12 || widths.iter().any(|width| !(16..=8192).contains(width)))
    {
        return Err(Error::message("`widths` must be at most 12 numbers from 16 to 8192"));
    }
    let mut widths = widths;
    if let Some(widths) = &mut widths {
        widths.sort_unstable();
        widths.dedup();
    }
    let quality = arguments.get::<u64>("quality")?.filter(|quality| *quality != 0);
    if quality.is_some_and(|quality| quality > 100) {
        return Err(Error::message("`quality` must be a number from 1 to 100"));
    }
    Ok(Wish {
        crop: crop.transpose()?,
        focus: focus.transpose()?.unwrap_or_default(),
        sizes: text(arguments, "sizes")?.map(str::to_owned),
        widths,
        quality: quality.and_then(|quality| u8::try_from(quality).ok()),
    })
}

/// What is known of a file; none where nothing can be made of it.
fn known_image(env: &Surroundings, file: &str) -> Result<Option<Known>, String> {
    if !pictures::is_raster(file) || !env.values.site().config.images.enabled {
        return Ok(None);
    }
    scope::with(|scope| pictures::facts(env, &scope.world, &scope.notes, file)).transpose()
}

/// An image's address and size, and on request its HTML.
fn image(env: &Surroundings, arguments: &Kwargs) -> TeraResult<Value> {
    let written = arguments.must_get::<&str>("path")?;
    let Some((file, src)) = image_file(env, written) else {
        return Err(Error::message(format!(
            "there is no image `{written}` in `assets/`, in `static/` or beside a page"
        )));
    };
    let unreadable = |why: String| {
        scope::blame(FileId::from(file.as_str()));
        Error::message(format!("`{written}` cannot be read as an image: {why}"))
    };
    let mut wish = wish(arguments)?;
    let known = known_image(env, &file).map_err(unreadable)?;
    let width = arguments.get::<u32>("width")?;
    if let (Some(width), Some(height)) = (width, arguments.get::<u32>("height")?) {
        wish.crop = wish.crop.or(Some(Ratio { width, height }).filter(|_| width > 0 && height > 0));
    }
    if let (Some(width), Some(known)) = (width.filter(|width| *width > 0), &known) {
        let format = match arguments.get::<&str>("format")? {
            None => None,
            Some(name) => match Format::of_extension(name) {
                Some(format) if format != Format::Gif => Some(format),
                _ => return Err(Error::message("`format` must be `avif`, `webp`, `jpg` or `png`")),
            },
        };
        if let Some((src, width, height)) = pictures::one_size(env, &file, known, &wish, width, format) {
            return Ok(file_value((src, width, height)));
        }
    }
    let size = match &known {
        Some(known) => Some((known.facts.width, known.facts.height)),
        None => {
            let bytes = read_file(&file).and_then(Result::ok);
            let bytes = bytes.or_else(|| crate::theme::built_in(&file).map(<[u8]>::to_vec)).unwrap_or_default();
            rivage_images::size(&bytes).map_err(|why| unreadable(why.to_string()))?
        }
    };
    let (width, height) = size.unzip();
    let sides = [("src", src.clone().into()), ("width", width.into()), ("height", height.into())];
    let Some(alt) = arguments.get::<&str>("alt")? else { return Ok(map(sides)) };
    let picture = known.and_then(|known| pictures::picture(env, &file, &known, &wish));
    let html = image_html(arguments, alt, picture.as_ref(), &src, size)?;
    let [src, width, height] = sides;
    let color = picture.and_then(|picture| picture.color).into();
    Ok(map([src, width, height, ("html", Value::safe_string(&html)), ("color", color)]))
}

/// Tells of an image that cannot be read, which is shown as it is.
fn tell<T>(file: &str, found: Result<Option<T>, String>) -> Option<T> {
    found.unwrap_or_else(|why| {
        scope::report(diagnostics::bad_image_file(file, &why));
        None
    })
}

/// An image's HTML. One that is elsewhere, or that cannot be read, is shown as it is.
fn picture(env: &Surroundings, arguments: &Kwargs) -> TeraResult<Value> {
    let written = arguments.must_get::<&str>("src")?;
    let alt = arguments.get::<&str>("alt")?.unwrap_or_default();
    let wish = wish(arguments)?;
    let path = written.split(['?', '#']).next().unwrap_or(written);
    let found = if is_elsewhere(written) { None } else { image_file(env, path) };
    let known = found.as_ref().and_then(|(file, _)| tell(file, known_image(env, file)));
    let picture =
        found.as_ref().zip(known.as_ref()).and_then(|((file, _), known)| pictures::picture(env, file, known, &wish));
    let size = match (&known, &found) {
        (Some(known), _) => Some((known.facts.width, known.facts.height)),
        (None, Some((file, _))) if assets::is_image(file) => {
            read_file(file).and_then(Result::ok).and_then(|bytes| rivage_images::size(&bytes).ok()).flatten()
        }
        _ => None,
    };
    Ok(Value::safe_string(&image_html(arguments, alt, picture.as_ref(), written, size)?))
}

/// Width and height of the pictures that other sites show beside a link.
const CARD: (u32, u32) = (1200, 630);

/// An image as other sites show it beside a link: address, width and height. One that is elsewhere, or of which nothing can be made, is as it is.
fn card(env: &Surroundings, arguments: &Kwargs) -> TeraResult<Value> {
    let given = arguments.must_get::<&str>("src")?;
    // That of the site is known by its full address.
    let of_site = given.strip_prefix(env.values.site().config.site.base_url.as_str());
    let written = of_site.filter(|rest| rest.starts_with('/')).unwrap_or(given);
    let as_it_is = || Ok(map([("src", given.into()), ("width", Value::none()), ("height", Value::none())]));
    if is_elsewhere(written) {
        return as_it_is();
    }
    let Some((file, _)) = image_file(env, written) else { return as_it_is() };
    let Some(known) = tell(&file, known_image(env, &file)) else { return as_it_is() };
    let wish = Wish { crop: Some(Ratio { width: CARD.0, height: CARD.1 }), ..wish(arguments)? };
    // Of the formats that are made, other sites know these.
    let format = Some(known.facts.format.fallback()).map(|own| if own == Format::Webp { Format::Jpeg } else { own });
    let Some(made) = pictures::one_size(env, &file, &known, &wish, CARD.0, format) else { return as_it_is() };
    Ok(file_value(made))
}

fn file_value((src, width, height): (String, u32, u32)) -> Value {
    map([("src", src.into()), ("width", width.into()), ("height", height.into())])
}

/// A text in lines that fit a drawing, and the size at which they do. None where it is empty, or has letters that no font has, which is told.
fn fit(env: &Surroundings, arguments: &Kwargs) -> TeraResult<Value> {
    let text = arguments.get::<&str>("text")?.unwrap_or_default();
    let size = arguments.get::<u16>("size")?.unwrap_or(72);
    let fit = Fit {
        width: arguments.must_get::<f32>("width")?,
        size,
        least: arguments.get::<u16>("least")?.unwrap_or(size),
        lines: arguments.get::<usize>("lines")?.unwrap_or(1),
        bold: arguments.get::<bool>("bold")?.unwrap_or(false),
    };
    if text.trim().is_empty() {
        return Ok(Value::none());
    }
    let fonts = fonts(env)?;
    let writable = match fonts.writable(text) {
        Ok(writable) => writable,
        Err(missing) => {
            if arguments.get::<bool>("warn")?.unwrap_or(true) {
                scope::report(diagnostics::missing_glyph(text, missing));
            }
            return Ok(Value::none());
        }
    };
    let Fitted { lines, size } = fonts.fit(&writable, &fit);
    Ok(map([
        ("lines", Value::from(lines.into_iter().map(Value::from).collect::<Vec<_>>())),
        ("size", u64::from(size).into()),
    ]))
}

/// A drawing as a PNG: address, width and height.
fn draw(env: &Surroundings, arguments: &Kwargs) -> TeraResult<Value> {
    let svg = arguments.must_get::<&str>("svg")?.trim();
    let size = drawing_size(svg).map_err(|why| Error::message(format!("`svg` cannot be drawn: {why}")))?;
    let fonts = fonts(env)?;
    let files = Arc::clone(&env.values.site().config.images.card_fonts);
    let drawing = Drawing { svg: svg.into(), fonts: files };
    Ok(file_value((pictures::drawing(env, drawing, &fonts, size), size.0, size.1)))
}

/// The fonts of drawings. Pages that show some are made anew when a font changes.
fn fonts(env: &Surroundings) -> TeraResult<Arc<Fonts>> {
    let files = &env.values.site().config.images.card_fonts;
    let opened = scope::with(|scope| {
        for file in files.iter() {
            scope.notes.note_print(Question::File(file.clone()), scope.world.print(file));
        }
        drawing::fonts(&scope.world, files)
    });
    opened
        .unwrap_or_else(|| Err("drawings can only be made while a page is rendered".to_owned()))
        .map_err(Error::message)
}

fn image_html(
    arguments: &Kwargs,
    alt: &str,
    picture: Option<&Picture>,
    src: &str,
    size: Option<(u32, u32)>,
) -> TeraResult<String> {
    let is_first = scope::is_first_image();
    let loading = match arguments.get::<bool>("lazy")? {
        _ if arguments.get::<bool>("priority")? == Some(true) => Loading::First,
        Some(true) => Loading::Lazy,
        Some(false) => Loading::Now,
        None => Loading::of(is_first),
    };
    let title = arguments.get::<&str>("title")?.filter(|title| !title.is_empty());
    let attributes = Attributes { alt, title, class: arguments.get::<&str>("class")?, loading };
    let given = |name: &str| TeraResult::Ok(arguments.get::<u32>(name)?.filter(|number| *number > 0));
    let wished = (given("width")?, given("height")?);
    let mut html = String::new();
    match picture {
        Some(picture) => {
            let mut picture = picture.clone();
            if let (Some(width), None) = (wished.0, arguments.get::<&str>("sizes")?.filter(|sizes| !sizes.is_empty())) {
                picture.sizes = format!("(max-width: {width}px) 100vw, {width}px");
            }
            if let (Some(width), Some(height)) = shown(wished, Some((picture.width, picture.height))) {
                (picture.width, picture.height) = (width, height);
            }
            picture.write(&attributes, &mut html);
        }
        None => {
            let (width, height) = shown(wished, size);
            Image { src, width, height }.write(&attributes, &mut html);
        }
    }
    Ok(html)
}

/// How large an image is shown: as it is wished for, and where that is said of one side, in its own ratio.
fn shown(wished: (Option<u32>, Option<u32>), own: Option<(u32, u32)>) -> (Option<u32>, Option<u32>) {
    let scaled = |side: u32, own: u32, other: u32| {
        u32::try_from(u64::from(side) * u64::from(other) / u64::from(own.max(1))).unwrap_or(side)
    };
    match (wished, own) {
        ((None, None), own) => own.unzip(),
        ((Some(width), None), Some(own)) => (Some(width), Some(scaled(width, own.0, own.1))),
        ((None, Some(height)), Some(own)) => (Some(scaled(height, own.1, own.0)), Some(height)),
        (wished, _) => wished,
    }
}
