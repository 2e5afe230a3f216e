//! From a finished site to a live one.
//!
//! ```text
//!  public/ ── files ──► checks ──► plan ──► stage ──► switch ──► verify ──► live
//!                                  record   upload    one step   fetch       └─► on failure back to the former one
//! ```
//!
//! In: the files of a site, settings, a client of Cloudflare. Out: an [`Outcome`]: what is live now, and whether that is known. Nothing that
//! visitors see changes before the switch; a [`Target`] knows how its service does that. What has been done is noted in a journal, so that a
//! run that was killed goes on where it stopped.
//! Deliberately not here: building the site, arguments and printing (`cli`), HTTP and retries (`rivage-cloudflare`).

pub mod checks;
pub mod diagnostics;
pub mod files;
pub mod journal;
pub mod pages;
pub mod plan;
pub mod record;
mod text;
pub mod verify;
pub mod workers;
pub mod wrangler;

use std::fs;
use std::io;
use std::path::Path;
use std::time::Duration;

use files::Files;
use journal::{Journal, Stage};
use record::{Changes, Record};

/// A failure to deploy.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The disk refused something.
    #[error("could not {operation} `{path}`")]
    Disk {
        /// What was to be done.
        operation: &'static str,
        /// The file or folder.
        path: String,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// Cloudflare refused or did not answer.
    #[error(transparent)]
    Cloudflare(#[from] rivage_cloudflare::Error),
    /// It must not be done.
    #[error("{message}")]
    Refused {
        /// Why.
        message: String,
        /// What to do about it.
        hint: String,
    },
}

impl Error {
    /// Makes a refusal.
    pub fn refused(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::Refused { message: message.into(), hint: hint.into() }
    }

    /// Returns what to do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Refused { hint, .. } => Some(hint.clone()).filter(|hint| !hint.is_empty()),
            Self::Cloudflare(error) if error.is_denied() => {
                Some("see whether the token is valid and has the right for this: `rivage doctor` looks".to_owned())
            }
            _ => None,
        }
    }
}

/// Which environment is deployed to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Environment {
    /// Whether visitors see it.
    pub production: bool,
    /// The branch: of production, or the name of the preview.
    pub branch: String,
}

impl Environment {
    /// Says it: `production (branch main)`.
    pub fn describe(&self) -> String {
        let kind = if self.production { "production" } else { "preview" };
        format!("{kind} (branch {})", self.branch)
    }
}

/// What is known of the sources of the site.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Commit {
    /// Its hash.
    pub hash: Option<String>,
    /// The first line of its message.
    pub message: String,
    /// Whether the working tree differs.
    pub dirty: bool,
}

/// The site that is deployed.
pub struct Site {
    /// Its files, without the record.
    pub files: Files,
    /// Its record.
    pub record: Record,
}

/// How a run goes about it.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Deploy although nothing has changed.
    pub force: bool,
    /// Go on with a run that was broken off.
    pub resume: bool,
    /// Fetch pages afterwards.
    pub verify: bool,
    /// How long to wait until the deployment can be seen.
    pub patience: Duration,
    /// How long pages may answer wrongly at first.
    pub settle: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            force: false,
            resume: false,
            verify: true,
            patience: Duration::from_secs(300),
            settle: Duration::from_secs(60),
        }
    }
}

/// Told how a run goes on.
pub trait Tell: Sync {
    /// Something that the user may want to know.
    fn note(&self, text: &str);
    /// So many files have to be sent.
    fn files(&self, count: usize);
    /// So many have been sent.
    fn sent(&self, count: usize);
}

/// What serves sites.
pub trait Target {
    /// Says what it is: ``Pages project `x` ``.
    fn describe(&self) -> String;
    /// Names it in the journal.
    fn key(&self) -> String;
    /// Says what visitors get from it, as far as that is known.
    fn live(&self) -> String;
    /// Returns where the deployment with these contents can be seen, if it is what is there already.
    fn unchanged(&self, fingerprint: &str) -> Option<Place>;
    /// Returns what the record of the site that visitors get says; none where there is none.
    fn former(&self) -> Option<&Record>;
    /// Fetches a page of the site that visitors get; none where there is none.
    fn fetch(&self, path: &str) -> Option<Vec<u8>>;
    /// Returns the client, for fetching pages.
    fn client(&self) -> &rivage_cloudflare::Client;
    /// Says what would change besides files: bindings, routes.
    fn changes(&self) -> Vec<String>;
    /// Uploads everything; nothing that anybody sees changes.
    ///
    /// # Errors
    /// It cannot be uploaded.
    fn stage(&mut self, step: &Step<'_>) -> Result<(), Error>;
    /// Makes it live, or visible where it is a preview.
    fn switch(&mut self, step: &Step<'_>) -> Switched;
    /// Goes back to what was live before. Says what is live then.
    ///
    /// # Errors
    /// It cannot be gone back.
    fn roll_back(&mut self) -> Result<String, Error>;
    /// Returns what has to answer at the place: whether it serves the site, and whether it has the API.
    fn serves(&self) -> Serves;
}

/// What a target answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Serves {
    /// The files of the site.
    pub site: bool,
    /// `/api/v1/health`
    pub api: bool,
}

/// What a target is given for a step.
pub struct Step<'a> {
    /// The site.
    pub site: &'a Site,
    /// What this run is found by: `[rivage FINGERPRINT.ATTEMPT]`.
    pub marker: &'a str,
    /// Whether a run with this marker may have come further.
    pub resumed: bool,
    /// The commit.
    pub commit: &'a Commit,
    /// How patient to be.
    pub options: &'a Options,
    /// Whom to tell.
    pub tell: &'a dyn Tell,
}

/// Where a deployment can be seen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// Its id.
    pub id: String,
    /// Its own address.
    pub address: String,
    /// Where visitors find it.
    pub public: Vec<String>,
}

/// What came of a switch.
#[derive(Debug)]
pub enum Switched {
    /// It is there.
    Done(Place),
    /// It was refused or failed; what was live is live.
    Failed(String),
    /// It may or may not be there.
    Unknown(String),
}

/// What came of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// In a word.
    pub state: State,
    /// What is live now, in a sentence.
    pub sentence: String,
    /// Why it did not succeed.
    pub reason: Option<String>,
    /// Where the deployment can be seen.
    pub places: Vec<Place>,
}

/// What came of a run, in a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// The deployment is live, or can be seen where it is a preview.
    Live,
    /// It was there already.
    Unchanged,
    /// It is not there, and what was live before is.
    Failed,
    /// It is there and does not answer as it should, and there was no way back.
    Broken,
    /// Nobody knows.
    Unknown,
}

impl State {
    /// Returns the word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Unchanged => "unchanged",
            Self::Failed => "failed",
            Self::Broken => "broken",
            Self::Unknown => "unknown",
        }
    }
}

/// Makes a site live at its targets, in their order.
///
/// # Errors
/// The journal cannot be written; nothing has changed then.
pub fn deploy(
    targets: &mut [Box<dyn Target>],
    site: &Site,
    environment: &Environment,
    commit: &Commit,
    options: &Options,
    journal: &Path,
    tell: &dyn Tell,
) -> Result<Outcome, Error> {
    let fingerprint = &site.record.fingerprint;
    let same: Option<Vec<Place>> = targets.iter().map(|target| target.unchanged(fingerprint)).collect();
    if let Some(places) = same.filter(|_| !options.force) {
        let sentence = format!("nothing to deploy: {} has these files already", environment.describe());
        return Ok(Outcome { state: State::Unchanged, sentence, reason: None, places });
    }
    let key = targets.iter().map(|target| target.key()).collect::<Vec<_>>().join(" ");
    let former = Journal::read(journal).filter(|known| !known.is_finished());
    let resumed = former.filter(|known| options.resume && known.is_for(&key, environment, fingerprint));
    let is_resumed = resumed.is_some();
    if options.resume && !is_resumed {
        tell.note("there is no broken deployment of these files to go on with; starting anew");
    }
    let mut journal = Journal::begin(journal, &key, environment, fingerprint, resumed)?;
    let marker = journal.marker();
    let step = Step { site, marker: &marker, resumed: is_resumed, commit, options, tell };

    for target in targets.iter_mut() {
        if let Err(error) = target.stage(&step) {
            journal.note(Stage::Failed, "")?;
            return Ok(failed(&*targets, with_causes(&error)));
        }
    }
    journal.note(Stage::Switching, "")?;
    let mut places: Vec<Place> = Vec::new();
    for index in 0..targets.len() {
        match targets[index].switch(&step) {
            Switched::Done(place) => places.push(place),
            Switched::Unknown(reason) => {
                let switched: String = targets[..index]
                    .iter()
                    .map(|target| format!("; {} runs the new version", target.describe()))
                    .collect();
                let sentence = format!(
                    "{} may or may not be live: `rivage deployments` tells, `rivage deploy --resume` goes on{switched}",
                    environment.describe()
                );
                return Ok(Outcome { state: State::Unknown, sentence, reason: Some(reason), places });
            }
            Switched::Failed(reason) => {
                return Ok(undo(targets, index, &places, reason, &mut journal));
            }
        }
    }
    if options.verify {
        for (target, place) in targets.iter().zip(&places) {
            if let Err(reason) = verify::verify(&**target, place, &step) {
                let count = targets.len();
                return Ok(undo(targets, count, &places, reason, &mut journal));
            }
        }
    }
    let ids: Vec<&str> = places.iter().map(|place| place.id.as_str()).collect();
    journal.note(Stage::Live, &ids.join(" "))?;
    let shown = places.last().map(|place| place.public.first().unwrap_or(&place.address).clone()).unwrap_or_default();
    let sentence = format!("{} is live: {shown}", environment.describe());
    Ok(Outcome { state: State::Live, sentence, reason: None, places })
}

/// Ends a run in which nothing that visitors see has changed.
fn failed(targets: &[Box<dyn Target>], reason: String) -> Outcome {
    let live: Vec<String> = targets.iter().map(|target| target.live()).collect();
    let sentence = format!("nothing has changed: {}", live.join("; "));
    Outcome { state: State::Failed, sentence, reason: Some(reason), places: Vec::new() }
}

/// Goes back with those targets that have been switched, the last one first.
fn undo(
    targets: &mut [Box<dyn Target>],
    switched: usize,
    places: &[Place],
    reason: String,
    journal: &mut Journal,
) -> Outcome {
    // What the journal cannot keep is told all the same.
    let _ = journal.note(Stage::Failed, "");
    if switched == 0 {
        return failed(targets, reason);
    }
    let mut told = Vec::new();
    let mut stuck = false;
    for target in targets[..switched].iter_mut().rev() {
        match target.roll_back() {
            Ok(sentence) => told.push(sentence),
            Err(error) => {
                stuck = true;
                told.push(format!("{} could not go back: {}", target.describe(), with_causes(&error)));
            }
        }
    }
    let (state, places) = if stuck { (State::Broken, places.to_vec()) } else { (State::Failed, Vec::new()) };
    Outcome { state, sentence: told.join("; "), reason: Some(reason), places }
}

/// Says an error with what caused it, in one line.
pub fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        let next_text = next.to_string();
        if !text.contains(&next_text) {
            text.push_str(&format!(": {next_text}"));
        }
        cause = next.source();
    }
    text
}

/// Compares what is live with what would be.
pub fn compare(targets: &[Box<dyn Target>], site: &Site) -> Option<Changes> {
    let former = targets.iter().find(|target| target.serves().site).and_then(|target| target.former())?;
    Some(Changes::between(&former.files, &site.files.served))
}

/// Writes a file whole: readers see the old or the new one.
pub(crate) fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut next = path.as_os_str().to_owned();
    next.push(".next");
    fs::write(&next, bytes)?;
    fs::rename(&next, path)
}

/// Makes the message of a deployment: that of the commit, cut to fit, and the marker.
pub(crate) fn message(commit: &Commit, marker: &str, most: usize) -> String {
    let room = most.saturating_sub(marker.len() + 1);
    let first = commit.message.lines().next().unwrap_or_default();
    let end = (0..=room.min(first.len())).rev().find(|at| first.is_char_boundary(*at)).unwrap_or(0);
    if end == 0 { marker.to_owned() } else { format!("{} {marker}", &first[..end]) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_fit_and_end_with_the_marker() {
        let commit = |message: &str| Commit { message: message.to_owned(), ..Commit::default() };
        assert_eq!(message(&commit("Fix\n\nlong"), "[m]", 384), "Fix [m]");
        assert_eq!(message(&commit(""), "[m]", 384), "[m]");
        let long = message(&commit(&"é".repeat(400)), "[m]", 384);
        assert!(long.len() <= 384 && long.ends_with("é [m]"), "{long}");
    }
}
