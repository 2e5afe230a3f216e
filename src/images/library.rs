//! What is known of image files, by their fingerprints.
//!
//! In: a fingerprint, and a way to the bytes. Out: [`Facts`]. They cost a decoding, so they are remembered: in memory, and where there is a cache on
//! the disk. What is wrong with a file is remembered in memory only.

use std::sync::{Mutex, PoisonError};

use rivage_images::{Error, Format, Info, decode, memory, probe};
use rivage_syntax::contain::{Panicked, contain};
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use super::gate;
use crate::cache::images::ImageStore;
use crate::inputs::Fingerprint;

/// Of smaller files nothing is made, unless something is cut out: a request costs more than they do.
pub const SMALL: u64 = 6 * 1024;

/// What is known of an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// Its format, whatever the file is called.
    pub format: Format,
    /// Its width as it is shown.
    pub width: u32,
    /// Its height as it is shown.
    pub height: u32,
    /// Whether it moves.
    pub is_animated: bool,
    /// The length of the file.
    pub length: u64,
    /// The colour of all of its light together; none where something is transparent.
    pub color: Option<[u8; 3]>,
}

/// What is known of images.
#[derive(Debug, Default)]
pub struct Library {
    store: Option<ImageStore>,
    known: Mutex<FxHashMap<Fingerprint, Result<Facts, Error>>>,
}

impl Library {
    /// Opens a library. Without a store it remembers nothing from one build to the next.
    pub fn new(store: Option<ImageStore>) -> Self {
        Self { store, known: Mutex::default() }
    }

    /// Tells what is known of a file. `read` gives its bytes, where that has to be found out.
    ///
    /// # Errors
    /// It is no image that can be shown.
    pub fn facts(&self, print: Fingerprint, read: impl FnOnce() -> Vec<u8>) -> Result<Facts, Error> {
        let known = || self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(facts) = known().get(&print) {
            return facts.clone();
        }
        let kept = self.store.as_ref().and_then(|store| store.facts(print));
        let facts = kept.map_or_else(
            || {
                let facts = find_out(&read());
                if let (Some(store), Ok(facts)) = (&self.store, &facts) {
                    store.keep_facts(print, facts);
                }
                facts
            },
            Ok,
        );
        known().insert(print, facts.clone());
        facts
    }
}

/// Looks into a file.
fn find_out(bytes: &[u8]) -> Result<Facts, Error> {
    let info = contained(|| probe(bytes))?;
    // Of a small GIF nothing is made: what its pixels are does not matter.
    let is_left = info.is_animated || (info.format == Format::Gif && (bytes.len() as u64) < SMALL);
    let color = if is_left { None } else { color(bytes, &info)? };
    Ok(Facts {
        format: info.format,
        width: info.width,
        height: info.height,
        is_animated: info.is_animated,
        length: bytes.len() as u64,
        color,
    })
}

fn color(bytes: &[u8], info: &Info) -> Result<Option<[u8; 3]>, Error> {
    let _permit = gate::enter(memory(info));
    contained(|| decode(bytes)).map(|raster| raster.color())
}

/// Runs a decoder: one that panics has found a damaged file.
pub(super) fn contained<T>(work: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    contain(work).unwrap_or_else(|Panicked| {
        Err(Error::Damaged { format: "file", reason: "it makes the decoder fail".to_owned() })
    })
}
