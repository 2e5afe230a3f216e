//! What earlier builds found out, kept on the disk between runs.
//!
//! In: results of stages with the questions they asked. Out: the same results, as long as every answer is still the same. Deliberately not
//! here: the stages, which know nothing of it; when a result is looked for ([`crate::pipeline`]).
//!
//! ```text
//! .rivage/cache/
//!   <state of the program>/      nothing is shared between two versions of rivage
//!     common/                    documents, looks of files, highlighted code: the same whatever is built of them
//!     <flavour>/                 routes, generated files: of a build, of a preview, of one with drafts …
//!   images/                      what was made of images: names that hold what made them are good for all versions
//! ```
//!
//! Four promises, each with a test in `tests/rebuild.rs`:
//!
//! 1. A stored value is never changed: a new one takes its place.
//! 2. The entry of a document depends on its own file and on the settings of its section alone.
//! 3. What is wrong with a page is stored with it and told again.
//! 4. A build with a cache leaves the output, byte for byte, as one without.

pub mod images;
pub mod remote;
pub mod store;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use rayon::prelude::*;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::inputs::{Fingerprint, Memory, PARTS, Question, World};
use store::{Entry, Key, ObservationId, Store, Trouble};

/// The folder of all caches, below the project's.
pub const FOLDER: &str = ".rivage/cache";

/// The state of the program: 16 hexadecimal digits that differ where its results may.
pub const PROGRAM: &str = env!("RIVAGE_STATE");

/// The folder of what all flavours share.
pub const COMMON: &str = "common";

/// Flavours and programs whose caches are kept: those used last.
const KEPT: usize = 4;

/// What an entry is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    /// A content file.
    Document = 1,
    /// What files look like.
    Looks = 2,
    /// A highlighted block of code.
    Code = 3,
    /// A rendered route.
    Route = 4,
    /// Files that are generated once per site.
    Output = 5,
    /// What is wrong with the templates.
    Templates = 6,
    /// Styles, scripts and images of the theme.
    Assets = 7,
    /// What a file of an image is: its fingerprint and length.
    Image = 8,
    /// What is left of a file that is published as it is.
    Original = 9,
}

impl Kind {
    /// Returns the key of an entry of this kind.
    pub fn key(self, name: &str) -> Key {
        Key { kind: self as u8, hash: Fingerprint::of(name.as_bytes()) }
    }

    /// Returns the kind of an entry by its key.
    pub fn of(key: &Key) -> Option<Self> {
        let all = [
            Self::Document,
            Self::Looks,
            Self::Code,
            Self::Route,
            Self::Output,
            Self::Templates,
            Self::Assets,
            Self::Image,
            Self::Original,
        ];
        all.into_iter().find(|kind| *kind as u8 == key.kind)
    }
}

/// The cache of one project and flavour.
#[derive(Debug)]
pub struct Cache {
    /// What all flavours share.
    pub common: Store,
    /// What only builds of this flavour use.
    pub own: Store,
    /// What was made of images.
    pub images: images::ImageStore,
    folder: PathBuf,
    flavour: String,
    troubles: Vec<Trouble>,
}

/// A result with the marks by which it is known to hold: kept as an entry's small bytes.
#[derive(Debug, Serialize, Deserialize)]
pub struct Marked<T> {
    /// The fingerprint of all that the result was made of.
    pub input: Fingerprint,
    /// The result.
    pub value: T,
}

impl Cache {
    /// Opens the cache of a project. What cannot be used of it is left out: the build is slower, and [`Cache::troubles`] say so.
    pub fn open(root: &Path, flavour: Fingerprint) -> Self {
        let folder = root.join(FOLDER).join(PROGRAM);
        let flavour = flavour.hex()[..16].to_owned();
        let ((common, mut troubles), (own, others)) =
            rayon::join(|| Store::open(&folder.join(COMMON)), || Store::open(&folder.join(&flavour)));
        troubles.extend(others);
        let images = images::ImageStore::new(root);
        Self { common, own, images, folder, flavour, troubles }
    }

    /// Tells a world what is known of its files.
    pub fn inform(&self, world: &World) {
        (0..PARTS).into_par_iter().for_each(|number| {
            let files = self.common.get(looks_key(number)).and_then(|entry| decode(entry.small()));
            world.known.fill(number, files.unwrap_or_default());
        });
    }

    /// Returns what went wrong so far, once.
    pub fn troubles(&mut self) -> Vec<Trouble> {
        std::mem::take(&mut self.troubles)
    }

    /// Writes down what was put, for later builds. `is_live` tells which entries of the flavour may still be asked for.
    pub fn save(&mut self, world: &World, is_live: &(dyn Fn(&Key) -> bool + Sync)) {
        world.known.each_new(|number, files| {
            if let Some(bytes) = encode(files) {
                self.common.put(looks_key(number), &[], &bytes, &[]);
            }
        });
        let Self { common, own, .. } = self;
        let (one, other) = rayon::join(|| common.commit(is_live), || own.commit(is_live));
        self.troubles.extend(one);
        self.troubles.extend(other);
    }

    /// Removes caches of other programs and flavours that have not been used for long.
    pub fn tidy(&self) {
        let Some(programs) = self.folder.parent() else { return };
        keep_latest(programs, &[PROGRAM, images::FOLDER]);
        keep_latest(&self.folder, &[COMMON, &self.flavour]);
    }
}

impl Memory for Cache {
    fn recall(&self, key: Fingerprint) -> Option<String> {
        let entry = self.common.get(Key { kind: Kind::Code as u8, hash: key })?;
        String::from_utf8(entry.large(0)?).ok()
    }

    fn remember(&self, key: Fingerprint, piece: &str) {
        self.common.put(Key { kind: Kind::Code as u8, hash: key }, &[], &[], &[piece.as_bytes()]);
    }
}

/// The key of a part of what files look like.
fn looks_key(number: usize) -> Key {
    Kind::Looks.key(&number.to_string())
}

/// Removes all folders but `needed` and those that were used last.
fn keep_latest(folder: &Path, needed: &[&str]) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    let mut others: Vec<_> = entries
        .flatten()
        .filter(|entry| !needed.iter().any(|name| entry.file_name() == **name))
        .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()))
        .map(|entry| (entry.metadata().and_then(|metadata| metadata.modified()).ok(), entry.path()))
        .collect();
    if others.len() < KEPT {
        return;
    }
    others.sort();
    for (_, path) in &others[..others.len() + 1 - KEPT] {
        // What cannot be removed now is removed some other time.
        let _ = std::fs::remove_dir_all(path);
    }
}

/// Turns a value into bytes; none where it cannot be.
pub fn encode<T: Serialize>(value: &T) -> Option<Vec<u8>> {
    rmp_serde::to_vec(value).ok()
}

/// Reads a value that [`encode`] wrote.
pub fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Option<T> {
    rmp_serde::from_slice(bytes).ok()
}

/// A question as it is kept: whether it is about texts, then the question.
fn encode_question(question: &Question) -> Option<Vec<u8>> {
    let mut bytes = vec![u8::from(question.is_about_texts())];
    rmp_serde::encode::write(&mut bytes, question).ok()?;
    Some(bytes)
}

/// Reads a question of an observation.
pub fn decode_question(bytes: &[u8]) -> Option<Question> {
    decode(bytes.get(1..)?)
}

/// Asks the questions of stored results again, each once a run.
pub struct Checker<'c> {
    store: &'c Store,
    /// Whether anything may have changed, or texts alone.
    anything: bool,
    answer: &'c (dyn Fn(&Question) -> Option<Fingerprint> + Sync),
    /// For each observation: unknown, the same, another.
    states: Vec<AtomicU8>,
}

const UNKNOWN: u8 = 0;
const SAME: u8 = 1;
const OTHER: u8 = 2;

impl<'c> Checker<'c> {
    /// Begins to ask. `answer` gives the answers of now; none where it is known to be the same as before.
    /// Unless `anything` may have changed, only questions about texts are asked.
    pub fn new(
        store: &'c Store,
        anything: bool,
        answer: &'c (dyn Fn(&Question) -> Option<Fingerprint> + Sync),
    ) -> Self {
        let states = (0..store.observations_len()).map(|_| AtomicU8::new(UNKNOWN)).collect();
        Self { store, anything, answer, states }
    }

    /// Finds the first question of an entry that has another answer now; none if the entry holds.
    pub fn changed(&self, entry: &Entry<'_>) -> Option<Arc<Question>> {
        let changed = entry.trace().iter().find(|id| !self.is_same(**id))?;
        Some(Arc::new(self.question(*changed).unwrap_or(Question::Today)))
    }

    /// Returns the questions of an entry, and whether the answer is another now.
    pub fn asked(&self, entry: &Entry<'_>) -> Vec<(Question, bool)> {
        entry.trace().iter().filter_map(|id| Some((self.question(*id)?, !self.is_same(*id)))).collect()
    }

    /// Returns files and folders that were asked about, sorted.
    pub fn paths(&self) -> Vec<String> {
        let asked = self.states.iter().enumerate().filter(|(_, state)| state.load(Ordering::Relaxed) != UNKNOWN);
        let ids = asked.filter_map(|(place, _)| u32::try_from(place).ok().map(ObservationId));
        let mut paths: Vec<_> = ids.filter_map(|id| self.question(id)?.path().map(str::to_owned)).collect();
        paths.sort();
        paths
    }

    fn question(&self, id: ObservationId) -> Option<Question> {
        decode_question(self.store.observation(id).0)
    }

    fn is_same(&self, id: ObservationId) -> bool {
        let Some(state) = self.states.get(id.0 as usize) else { return false };
        match state.load(Ordering::Relaxed) {
            UNKNOWN => {
                let (question, before) = self.store.observation(id);
                let same = !self.anything && question.first() == Some(&0)
                    || decode_question(question)
                        .is_some_and(|question| (self.answer)(&question).is_none_or(|now| now == before));
                state.store(if same { SAME } else { OTHER }, Ordering::Relaxed);
                same
            }
            state => state == SAME,
        }
    }
}

/// Notes what a result was made of.
pub fn observe(store: &Store, notes: &[(Question, Fingerprint)]) -> Option<Vec<ObservationId>> {
    notes.iter().map(|(question, answer)| Some(store.observe(&encode_question(question)?, *answer))).collect()
}
