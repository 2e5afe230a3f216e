//! Drawings that templates make, such as the cards that other sites show beside a link.
//!
//! In: SVG. Out: a PNG with fonts that are the same on every machine. Deliberately not here: what is drawn, which a layout says.

use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use rivage_images::{DRAWERS, Error, Fonts, draw};
use serde::{Deserialize, Serialize};

use super::library::contained;
use crate::inputs::{Fingerprint, World};

/// An SVG that becomes a PNG.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Drawing {
    /// The SVG.
    pub svg: Arc<str>,
    /// The project's fonts that it may need besides the built-in ones.
    pub fonts: Arc<[String]>,
}

/// Fonts with what tells them from others.
type Opened = (Vec<Fingerprint>, Arc<Fonts>);

/// The fonts of the site that was built last: opening one of 16 MB for each card would take longer than drawing.
static LAST: Mutex<Option<Opened>> = Mutex::new(None);
static BUILT_IN: LazyLock<Result<Arc<Fonts>, usize>> = LazyLock::new(|| Fonts::new(Vec::new()).map(Arc::new));

/// Opens the built-in fonts and those of a site.
///
/// # Errors
/// One of them cannot be read, or is none; why, for the author.
pub fn fonts(world: &World, files: &[String]) -> Result<Arc<Fonts>, String> {
    if files.is_empty() {
        return BUILT_IN.clone().map_err(|_| "the built-in fonts cannot be read".to_owned());
    }
    let prints: Vec<_> = files.iter().map(|file| world.print(file)).collect();
    let mut last = LAST.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((known, fonts)) = &*last
        && *known == prints
    {
        return Ok(Arc::clone(fonts));
    }
    let read = |file: &String| {
        world.fs.read(file).map_err(|error| format!("could not read the font `{file}`: {}", error.source))
    };
    let bytes = files.iter().map(read).collect::<Result<Vec<_>, _>>()?;
    let opened = Fonts::new(bytes)
        .map_err(|place| format!("`{}` is no font: it must be a `.ttf` or `.otf` file", files[place]))?;
    let fonts = Arc::new(opened);
    *last = Some((prints, Arc::clone(&fonts)));
    Ok(fonts)
}

impl Drawing {
    /// Returns what tells the file that is drawn from others.
    pub(super) fn print(&self, fonts: &Fonts) -> Fingerprint {
        Fingerprint::of(format!("{DRAWERS} {} {}", fonts.print(), self.svg).as_bytes())
    }

    /// Draws it.
    pub(super) fn draw(&self, world: &World) -> Result<Vec<u8>, Error> {
        let damaged = |reason| Error::Damaged { format: "SVG", reason };
        let fonts = fonts(world, &self.fonts).map_err(damaged)?;
        contained(|| draw(&self.svg, &fonts))
    }
}
