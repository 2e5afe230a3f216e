//! `rivage build --verify`: everything made anew as well, and compared with what the build wrote.
//!
//! In: what the build put or kept, and the outcome. Out: the first difference, with what a stored result should have asked. Deliberately not
//! here: the build itself.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use crate::cache::Cache;
use crate::inputs::{Fingerprint, World};
use crate::pipeline::{self, Options, Outcome, Progress};
use crate::render::{Artifact, Content, Put, Sink};

/// Files by path.
type Files = BTreeMap<String, Fingerprint>;

/// Hands files on, and notes what they are.
pub(super) struct Noted<'s> {
    sink: &'s dyn Sink,
    files: Mutex<Files>,
}

impl<'s> Noted<'s> {
    pub(super) fn new(sink: &'s dyn Sink) -> Self {
        Self { sink, files: Mutex::default() }
    }

    fn note(&self, path: String, digest: Fingerprint) {
        self.files.lock().unwrap_or_else(PoisonError::into_inner).insert(path, digest);
    }

    pub(super) fn into_files(self) -> Files {
        self.files.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Sink for Noted<'_> {
    fn put(&self, artifact: Artifact) -> Result<Option<Put>, crate::fs::Error> {
        let path = artifact.path.clone();
        let put = self.sink.put(artifact)?;
        if let Some(put) = put {
            self.note(path, put.digest);
        }
        Ok(put)
    }

    fn keep(&self, path: &str, digest: Fingerprint, length: u64) -> Result<bool, crate::fs::Error> {
        let kept = self.sink.keep(path, digest, length)?;
        if kept {
            self.note(path.to_owned(), digest);
        }
        Ok(kept)
    }

    fn keep_copy(&self, path: &str, from: &str, digest: Fingerprint, length: u64) -> Result<bool, crate::fs::Error> {
        let kept = self.sink.keep_copy(path, from, digest, length)?;
        if kept {
            self.note(path.to_owned(), digest);
        }
        Ok(kept)
    }
}

/// Compares what comes with what is expected.
struct Compared<'c> {
    world: &'c World,
    expected: &'c Files,
    /// Path → the bytes of now, of files that differ or were not made by the build.
    others: Mutex<BTreeMap<String, Vec<u8>>>,
    seen: Mutex<Files>,
}

impl Sink for Compared<'_> {
    fn put(&self, artifact: Artifact) -> Result<Option<Put>, crate::fs::Error> {
        let bytes = match artifact.content {
            Content::Bytes(bytes) => bytes,
            Content::CopyOf(path) => super::project::read(&*self.world.fs, &path)?,
        };
        let digest = Fingerprint::of(&bytes);
        let length = bytes.len() as u64;
        if self.expected.get(&artifact.path) != Some(&digest) {
            self.others.lock().unwrap_or_else(PoisonError::into_inner).insert(artifact.path.clone(), bytes);
        }
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).insert(artifact.path, digest);
        Ok(Some(Put { digest, length }))
    }
}

/// Makes everything anew and returns the first difference in words; none where there is none.
pub(super) fn verify(
    world: &World,
    options: &Options,
    cache: &Cache,
    built: &Outcome,
    expected: &Files,
    read: &dyn Fn(&str) -> Option<Vec<u8>>,
    progress: &dyn Progress,
) -> Result<Option<String>, crate::fs::Error> {
    // Nothing that is known of files counts.
    let world = World::new(world.fs.clone(), world.now, (*world.environment).clone());
    let sink = Compared { world: &world, expected, others: Mutex::default(), seen: Mutex::default() };
    let options = Options { notes: true, ..options.clone() };
    let cold = pipeline::run(&world, &options, &sink, progress)?;
    let others = sink.others.into_inner().unwrap_or_else(PoisonError::into_inner);
    let seen = sink.seen.into_inner().unwrap_or_else(PoisonError::into_inner);
    if let Some((path, bytes)) = others.first_key_value() {
        let mut text = format!("`{path}` is not what a build without the cache makes\n");
        match read(path).filter(|_| expected.contains_key(path)) {
            Some(before) => text.push_str(&difference(&before, bytes)),
            None => text.push_str("  the build did not make it at all\n"),
        }
        text.push_str(&missed(cache, &cold, path));
        return Ok(Some(text));
    }
    if let Some(path) = expected.keys().find(|path| !seen.contains_key(*path)) {
        return Ok(Some(format!("`{path}` would not be made by a build without the cache\n")));
    }
    if built.diagnostics != cold.diagnostics {
        let other = cold.diagnostics.iter().find(|diagnostic| !built.diagnostics.contains(diagnostic));
        let other =
            other.or_else(|| built.diagnostics.iter().find(|diagnostic| !cold.diagnostics.contains(diagnostic)));
        let message = other.map_or("their order differs", |diagnostic| diagnostic.message.as_str());
        return Ok(Some(format!("a build without the cache reports something else: {message}\n")));
    }
    Ok(None)
}

/// Where two files begin to differ.
fn difference(before: &[u8], after: &[u8]) -> String {
    let at = before.iter().zip(after).position(|(a, b)| a != b).unwrap_or(before.len().min(after.len()));
    let around = |bytes: &[u8]| {
        let (start, end) = (at.saturating_sub(20).min(bytes.len()), (at + 60).min(bytes.len()));
        String::from_utf8_lossy(&bytes[start..end]).into_owned()
    };
    format!("  at byte {at}\n  this build:        {:?}\n  without the cache: {:?}\n", around(before), around(after))
}

/// The questions of a route that its stored result did not ask, or to which it had another answer.
fn missed(cache: &Cache, cold: &Outcome, path: &str) -> String {
    let url = path.strip_suffix("index.html").or_else(|| path.strip_suffix("index.md"));
    let Some(place) = url.and_then(|url| cold.site.by_url.get(&format!("/{url}"))) else { return String::new() };
    let Some(notes) = cold.notes.get(*place) else { return String::new() };
    let known = pipeline::observed(cache, &cold.site.routes[*place].url);
    let missed = notes.iter().filter(|note| !known.contains(note));
    let lines: String =
        missed.map(|(question, _)| format!("  not asked, or answered differently: {question}\n")).collect();
    if lines.is_empty() {
        "  all questions were asked and have the same answers: the rendering looks at something without asking, or is not deterministic\n"
            .to_owned()
    } else {
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_difference_is_shown() {
        let text = difference(b"<p>one two</p>", b"<p>one too</p>");
        assert_eq!(
            text,
            "  at byte 8\n  this build:        \"<p>one two</p>\"\n  without the cache: \"<p>one too</p>\"\n"
        );
        assert!(difference(b"a", b"ab").starts_with("  at byte 1\n"));
    }
}
