//! What a stage may look at besides its arguments, with a note of everything it asked.
//!
//! In: a [`World`] (disk, date, environment). Out: answers, and a [`Trace`] of questions with fingerprints of the answers, by
//! which an incremental build will know whether a stored result still holds. One `Inputs` serves one call of one
//! stage. Deliberately not here: the cache itself.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use crate::fs::{Entry, EntryKind, Error, Fs};

/// A hash of an answer. Equal answers have equal fingerprints on every machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub struct Fingerprint([u8; 16]);

impl Fingerprint {
    /// Hashes bytes.
    pub fn of(bytes: &[u8]) -> Self {
        let mut short = [0; 16];
        short.copy_from_slice(&blake3::hash(bytes).as_bytes()[..16]);
        Self(short)
    }

    /// Takes the bytes of a fingerprint that was stored.
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

/// A question that a stage asked.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Question {
    /// The bytes of a file, or that it does not exist.
    File(String),
    /// The entries of a folder, or that it does not exist.
    Folder(String),
    /// What stands at a path.
    Kind(String),
    /// Today's date.
    Today,
    /// A variable of the environment.
    Environment(String),
    /// Something about the site: the query in words, such as `page content/a.md` or `section blog`.
    Site(String),
}

impl Question {
    /// Returns the path that was looked at; none where it was no path.
    pub fn into_path(self) -> Option<String> {
        match self {
            Self::File(path) | Self::Folder(path) | Self::Kind(path) => Some(path),
            Self::Today | Self::Environment(_) | Self::Site(_) => None,
        }
    }
}

/// Every question that was asked with the fingerprint of its answer.
pub type Trace = BTreeMap<Question, Fingerprint>;

/// The world outside: shared by all calls of one build.
pub struct World {
    /// The project's files.
    pub fs: Arc<dyn Fs>,
    /// The moment the build takes for now: what is scheduled for later is not shown.
    pub now: jiff::Timestamp,
    /// The environment, as the program found it.
    pub environment: BTreeMap<String, String>,
}

/// The handle through which one call of a stage looks at the world. A clone writes to the same trace, which is how functions
/// called by templates note what they look at.
#[derive(Clone)]
pub struct Inputs<'w> {
    world: &'w World,
    notes: Notes,
}

/// The trace of an [`Inputs`], free of its borrow. Templates ask the same again and again: noting only appends, and what was asked
/// twice is put together when the trace is taken.
#[derive(Clone, Debug, Default)]
pub struct Notes(Arc<Mutex<Vec<(Question, Fingerprint)>>>);

impl<'w> Inputs<'w> {
    /// Opens a handle with an empty trace.
    pub fn new(world: &'w World) -> Self {
        Self { world, notes: Notes::default() }
    }

    /// Returns a file's bytes.
    ///
    /// # Errors
    /// As [`Fs::read`].
    pub fn read(&self, path: &str) -> Result<Vec<u8>, Error> {
        let answer = self.world.fs.read(path);
        self.note(Question::File(path.to_owned()), answer.as_ref().map_or(b"", Vec::as_slice));
        answer
    }

    /// Returns a folder's entries, sorted by name.
    ///
    /// # Errors
    /// As [`Fs::list`].
    pub fn list(&self, path: &str) -> Result<Vec<Entry>, Error> {
        let answer = self.world.fs.list(path);
        self.note(Question::Folder(path.to_owned()), format!("{:?}", answer.as_ref().ok()).as_bytes());
        answer
    }

    /// Reports what stands at a path.
    pub fn kind(&self, path: &str) -> Option<EntryKind> {
        let answer = self.world.fs.kind(path);
        self.note(Question::Kind(path.to_owned()), format!("{answer:?}").as_bytes());
        answer
    }

    /// Returns the moment the build takes for now, to the day: asking makes the result depend on the date only.
    pub fn today(&self) -> jiff::civil::Date {
        let today = self.world.now.to_zoned(jiff::tz::TimeZone::UTC).date();
        self.note(Question::Today, today.to_string().as_bytes());
        today
    }

    /// Returns a variable of the environment.
    pub fn environment(&self, name: &str) -> Option<&'w str> {
        let answer = self.world.environment.get(name).map(String::as_str);
        self.note(Question::Environment(name.to_owned()), answer.unwrap_or_default().as_bytes());
        answer
    }

    /// Notes a question about the site and its answer, given as bytes that differ where the answer does.
    pub fn note_site(&self, query: &str, answer: &[u8]) {
        self.note(Question::Site(query.to_owned()), answer);
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

    /// Ends the handle and returns the files and folders that were looked at, without those asked about in the site.
    pub fn into_paths(self) -> Vec<String> {
        let all = std::mem::take(&mut *self.notes.all());
        all.into_iter().filter_map(|(question, _)| question.into_path()).collect()
    }

    fn note(&self, question: Question, answer: &[u8]) {
        self.notes.note(question, answer);
    }
}

impl Notes {
    /// Notes a question and its answer, given as bytes that differ where the answer does.
    pub fn note(&self, question: Question, answer: &[u8]) {
        self.note_print(question, Fingerprint::of(answer));
    }

    /// Notes a question and the fingerprint of its answer.
    pub fn note_print(&self, question: Question, answer: Fingerprint) {
        self.all().push((question, answer));
    }

    fn all(&self) -> std::sync::MutexGuard<'_, Vec<(Question, Fingerprint)>> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}
