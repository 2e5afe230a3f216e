//! What a stage may look at besides its arguments, with a note of everything it asked.
//!
//! In: a [`World`] (disk, date, environment). Out: answers, and a [`Trace`] of questions with fingerprints of the answers, by
//! which an incremental build knows whether a stored result still holds. One `Inputs` serves one call of one
//! stage. Deliberately not here: the cache itself, and how questions about the site are answered ([`crate::render`]).

mod known;
mod words;

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock, Mutex};

use serde::{Deserialize, Serialize};

use crate::fs::{Entry, EntryKind, Error, Fs};
pub use known::{Known, PARTS, Seen, Table};

/// A hash of an answer. Equal answers have equal fingerprints on every machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Fingerprint([u8; 16]);

impl Fingerprint {
    /// Stands for a file that does not exist.
    pub const MISSING: Self = Self([0; 16]);

    /// Hashes bytes.
    pub fn of(bytes: &[u8]) -> Self {
        blake3::hash(bytes).into()
    }

    /// Takes the bytes of a fingerprint that was made before.
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// Returns the bytes.
    pub fn bytes(self) -> [u8; 16] {
        self.0
    }

    /// Returns 32 hexadecimal digits.
    pub fn hex(self) -> String {
        use std::fmt::Write;
        self.0.iter().fold(String::with_capacity(32), |mut out, byte| {
            let _ = write!(out, "{byte:02x}");
            out
        })
    }
}

/// A fingerprint is the first half of a hash: long enough for no two answers of a site to have the same.
impl From<blake3::Hash> for Fingerprint {
    fn from(hash: blake3::Hash) -> Self {
        let mut short = [0; 16];
        short.copy_from_slice(&hash.as_bytes()[..16]);
        Self(short)
    }
}

/// A question that a stage asked.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Question {
    /// The bytes of a file, or that it does not exist.
    File(String),
    /// The entries of a folder, or that it does not exist.
    Folder(String),
    /// What stands at a path.
    Kind(String),
    /// Today's date.
    Today,
    /// Whether a moment has come.
    HasCome(jiff::Timestamp),
    /// A variable of the environment.
    Environment(String),
    /// Something about the site or its theme.
    Site(SiteQuestion),
}

/// A question about the site or its theme, with all that its answer depends on besides these.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum SiteQuestion {
    /// All that a layout is given of the route at a URL, and the text of its page.
    Route(String),
    /// The settings that rendering follows, `site` and `lang` as templates see them.
    Settings,
    /// A page as lists show it: language, file or key.
    Page(String, String),
    /// A page with its lists: language, file or key.
    Section(String, String),
    /// A list of pages.
    Pages(PagesQuery),
    /// The pages that are related to a page by links: language, key, at most so many.
    Related(String, String, usize),
    /// A menu (`menu main`) or sidebar (`sidebar docs`) of a language.
    Navigation(String, String),
    /// The terms of a taxonomy: language, name.
    Taxonomy(String, String),
    /// Where a link leads.
    Link {
        /// The file that it is written in.
        from: String,
        /// The language of the page.
        language: String,
        /// What is written.
        written: String,
    },
    /// The address of a file below `assets/`.
    Asset(String),
    /// A drawing below `assets/icons/`.
    Icon(String),
    /// The file that is served at a path below the site's root: a static one, or one beside a page.
    Served(String),
    /// The address of a file beside a page.
    Beside(String),
    /// The texts of the theme in a language.
    Strings(String),
    /// A layout with all that it is made of, or that there is none of this name.
    Layout(String),
    /// A component with all that it is made of, or that there is none of this name.
    Component(String),
    /// The names of all components.
    ComponentNames,
    /// The ids that layouts use.
    LayoutIds,
    /// The content of the page about the API, or that there is none.
    Reference,
}

/// What `pages()` is asked for in a template.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct PagesQuery {
    /// The language.
    pub language: String,
    /// Only pages below this section.
    pub section: Option<String>,
    /// Only pages of this kind.
    pub kind: Option<String>,
    /// Only pages with all of these terms: taxonomy, term.
    pub terms: Vec<(String, String)>,
    /// The order, if not the section's.
    pub sort_by: Option<String>,
    /// At most so many.
    pub limit: Option<usize>,
}

impl Question {
    /// Reports whether the answer can be another when a text was edited, and nothing by which the site is put together.
    pub fn is_about_texts(&self) -> bool {
        match self {
            Self::File(_) => true,
            Self::Site(question) => matches!(
                question,
                SiteQuestion::Route(_)
                    | SiteQuestion::Page(..)
                    | SiteQuestion::Section(..)
                    | SiteQuestion::Pages(_)
                    | SiteQuestion::Related(..)
            ),
            _ => false,
        }
    }

    /// Returns the path that was looked at; none where it was no path.
    pub fn path(&self) -> Option<&str> {
        match self {
            Self::File(path) | Self::Folder(path) | Self::Kind(path) => Some(path),
            Self::Today | Self::HasCome(_) | Self::Environment(_) | Self::Site(_) => None,
        }
    }

    /// Reports whether the answer can be another though nothing was changed, just because time goes by.
    pub fn is_about_time(&self) -> bool {
        matches!(self, Self::Today | Self::HasCome(_))
    }
}

/// Every question that was asked with the fingerprint of its answer.
pub type Trace = BTreeMap<Question, Fingerprint>;

/// The world outside: shared by all calls of one build. A clone is the same world.
#[derive(Clone)]
pub struct World {
    /// The project's files.
    pub fs: Arc<dyn Fs>,
    /// The moment the build takes for now: what is scheduled for later is not shown.
    pub now: jiff::Timestamp,
    /// The environment, as the program found it.
    pub environment: Arc<BTreeMap<String, String>>,
    /// Fingerprints of files that need not be read again.
    pub known: Arc<Known>,
}

impl World {
    /// Makes a world of which nothing is known.
    pub fn new(fs: Arc<dyn Fs>, now: jiff::Timestamp, environment: BTreeMap<String, String>) -> Self {
        Self { fs, now, environment: Arc::new(environment), known: Arc::default() }
    }

    /// Reads a file and its fingerprint.
    ///
    /// # Errors
    /// As [`Fs::read`].
    pub fn read(&self, path: &str) -> (Result<Vec<u8>, Error>, Fingerprint) {
        // Before the file is read: an edit in between must not be taken for what was read.
        let stamp = self.fs.stamp(path);
        let answer = self.fs.read(path);
        let print = print_of(&answer);
        if let Some(stamp) = stamp {
            self.known.note(path, stamp, print, self.now);
        }
        (answer, print)
    }

    /// Returns a file's fingerprint, without reading it where its looks tell that it is as it was.
    pub fn print(&self, path: &str) -> Fingerprint {
        let known = self.fs.stamp(path).and_then(|stamp| self.known.print(path, stamp));
        known.unwrap_or_else(|| self.read(path).1)
    }

    /// Answers a question that is not about the site.
    pub fn answer(&self, question: &Question) -> Option<Fingerprint> {
        Some(match question {
            Question::File(path) => self.print(path),
            Question::Folder(path) => print_of_list(&self.fs.list(path)),
            Question::Kind(path) => print_of_kind(self.fs.kind(path)),
            Question::Today => Fingerprint::of(self.date().to_string().as_bytes()),
            Question::HasCome(moment) => print_of_outcome(self.has_come(*moment)),
            Question::Environment(name) => print_of_variable(self.environment.get(name).map(String::as_str)),
            Question::Site(_) => return None,
        })
    }

    /// Returns the day of the build, in UTC. Stages ask [`Inputs::today`].
    pub fn date(&self) -> jiff::civil::Date {
        self.now.to_zoned(jiff::tz::TimeZone::UTC).date()
    }

    fn has_come(&self, moment: jiff::Timestamp) -> bool {
        moment <= self.now
    }
}

/// A file that cannot be read is another thing than one that is not there, and than an empty one.
fn print_of(answer: &Result<Vec<u8>, Error>) -> Fingerprint {
    match answer {
        Ok(bytes) => Fingerprint::of(bytes),
        Err(error) if error.is_not_found() => Fingerprint::MISSING,
        Err(error) => Fingerprint::of(format!("unreadable: {:?}", error.source.kind()).as_bytes()),
    }
}

fn print_of_list(answer: &Result<Vec<Entry>, Error>) -> Fingerprint {
    let Ok(entries) = answer else { return Fingerprint::MISSING };
    let mut all = Vec::with_capacity(entries.iter().map(|entry| entry.name.len() + 2).sum());
    for Entry { name, kind } in entries {
        all.extend_from_slice(name.as_bytes());
        // No name has a zero in it.
        all.extend([0, *kind as u8]);
    }
    Fingerprint::of(&all)
}

fn print_of_kind(answer: Option<EntryKind>) -> Fingerprint {
    Fingerprint::of(format!("{answer:?}").as_bytes())
}

fn print_of_outcome(answer: bool) -> Fingerprint {
    static PRINTS: LazyLock<[Fingerprint; 2]> = LazyLock::new(|| [0, 1].map(|outcome| Fingerprint::of(&[outcome])));
    PRINTS[usize::from(answer)]
}

fn print_of_variable(answer: Option<&str>) -> Fingerprint {
    answer.map_or(Fingerprint::MISSING, |value| Fingerprint::of(value.as_bytes()))
}

/// The handle through which one call of a stage looks at the world. A clone writes to the same trace, which is how functions
/// called by templates note what they look at.
#[derive(Clone)]
pub struct Inputs<'w> {
    world: &'w World,
    notes: Notes,
    memory: Option<&'w dyn Memory>,
}

/// Remembers pieces that are made of nothing but their key, from one build to the next: highlighted code.
pub trait Memory: Sync {
    /// Returns the piece that was made of this.
    fn recall(&self, key: Fingerprint) -> Option<String>;

    /// Remembers a piece.
    fn remember(&self, key: Fingerprint, piece: &str);
}

/// The trace of an [`Inputs`], free of its borrow. Templates ask the same again and again: noting only appends, and what was asked
/// twice is put together when the trace is taken.
#[derive(Clone, Debug, Default)]
pub struct Notes(Arc<Mutex<Vec<(Question, Fingerprint)>>>);

impl<'w> Inputs<'w> {
    /// Opens a handle with an empty trace.
    pub fn new(world: &'w World) -> Self {
        Self { world, notes: Notes::default(), memory: None }
    }

    /// Opens a handle with an empty trace, and with a memory for pieces.
    pub fn with_memory(world: &'w World, memory: Option<&'w dyn Memory>) -> Self {
        Self { memory, ..Self::new(world) }
    }

    /// Appends a piece that is made of nothing but `key`. What `make` appends is remembered if it says that it may be.
    pub fn remembered(
        &self,
        key: impl FnOnce() -> Fingerprint,
        out: &mut String,
        make: impl FnOnce(&mut String) -> bool,
    ) {
        let Some(memory) = self.memory else {
            make(out);
            return;
        };
        let key = key();
        if let Some(piece) = memory.recall(key) {
            out.push_str(&piece);
            return;
        }
        let start = out.len();
        if make(out) {
            memory.remember(key, &out[start..]);
        }
    }

    /// Returns a file's bytes.
    ///
    /// # Errors
    /// As [`Fs::read`].
    pub fn read(&self, path: &str) -> Result<Vec<u8>, Error> {
        let (answer, print) = self.world.read(path);
        self.notes.note_print(Question::File(path.to_owned()), print);
        answer
    }

    /// Returns a folder's entries, sorted by name.
    ///
    /// # Errors
    /// As [`Fs::list`].
    pub fn list(&self, path: &str) -> Result<Vec<Entry>, Error> {
        let answer = self.world.fs.list(path);
        self.notes.note_print(Question::Folder(path.to_owned()), print_of_list(&answer));
        answer
    }

    /// Reports what stands at a path.
    pub fn kind(&self, path: &str) -> Option<EntryKind> {
        let answer = self.world.fs.kind(path);
        self.notes.note_print(Question::Kind(path.to_owned()), print_of_kind(answer));
        answer
    }

    /// Returns the moment the build takes for now, to the day: asking makes the result depend on the date only.
    pub fn today(&self) -> jiff::civil::Date {
        let today = self.world.date();
        self.notes.note_print(Question::Today, Fingerprint::of(today.to_string().as_bytes()));
        today
    }

    /// Reports whether a moment has come. The result depends on this outcome and not on the time: two builds between which no moment
    /// that was asked about has passed are the same.
    pub fn has_come(&self, moment: jiff::Timestamp) -> bool {
        let answer = self.world.has_come(moment);
        self.notes.note_print(Question::HasCome(moment), print_of_outcome(answer));
        answer
    }

    /// Returns a variable of the environment.
    pub fn environment(&self, name: &str) -> Option<&'w str> {
        let answer = self.world.environment.get(name).map(String::as_str);
        self.notes.note_print(Question::Environment(name.to_owned()), print_of_variable(answer));
        answer
    }

    /// Returns the notes, to which others may add.
    pub fn notes(&self) -> &Notes {
        &self.notes
    }

    /// Returns the world behind the handle.
    pub fn world(&self) -> &'w World {
        self.world
    }

    /// Returns what has been asked so far.
    pub fn trace(&self) -> Trace {
        self.notes.all().iter().cloned().collect()
    }

    /// Ends the handle and returns what was asked, each question once, sorted.
    pub fn into_notes(self) -> Vec<(Question, Fingerprint)> {
        let mut all = std::mem::take(&mut *self.notes.all());
        all.sort_unstable();
        all.dedup();
        all
    }
}

impl Notes {
    /// Notes a question about the site and the fingerprint of its answer.
    pub fn note_site(&self, question: SiteQuestion, answer: Fingerprint) {
        self.note_print(Question::Site(question), answer);
    }

    /// Returns how many questions have been noted.
    pub fn count(&self) -> usize {
        self.all().len()
    }

    /// Returns what has been noted since there were `count` questions.
    pub fn since(&self, count: usize) -> Vec<(Question, Fingerprint)> {
        self.all().get(count..).unwrap_or_default().to_vec()
    }

    /// Notes questions again that were asked in another place.
    pub fn extend(&self, asked: &[(Question, Fingerprint)]) {
        self.all().extend_from_slice(asked);
    }

    /// Notes a question and the fingerprint of its answer.
    pub fn note_print(&self, question: Question, answer: Fingerprint) {
        self.all().push((question, answer));
    }

    fn all(&self) -> std::sync::MutexGuard<'_, Vec<(Question, Fingerprint)>> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}
