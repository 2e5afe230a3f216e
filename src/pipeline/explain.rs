//! What a route depends on, from the cache.
//!
//! In: a URL. Out: [`Explained`]. The site is put together as for a build, so that what changed since can be told.

use rivage_diag::Diagnostic;

use super::prepare::prepare;
use super::routes::Stored;
use super::{Options, Profile, Silent};
use crate::cache::{self, Cache, Checker, Kind};
use crate::inputs::{Question, World};
use crate::write::NullSink;

/// What is known of a route.
#[derive(Clone, Debug)]
pub struct Explained {
    /// Its URL.
    pub url: String,
    /// Its files.
    pub files: Vec<String>,
    /// The question whose answer had changed when it was last rendered; none where nothing was known of it.
    pub cause: Option<Question>,
    /// What its last rendering asked, and whether the answer is another now.
    pub asked: Vec<(Question, bool)>,
    /// What is wrong with it.
    pub diagnostics: Vec<Diagnostic>,
}

/// Looks a route up by its URL, with or without slashes; none where the cache has no such route.
///
/// # Errors
/// The disk refused to be read.
pub fn explain(
    world: &World,
    options: &Options,
    cache: &Cache,
    url: &str,
) -> Result<Option<Explained>, crate::fs::Error> {
    let bare = url.trim_matches('/');
    let candidates = [format!("/{bare}/"), url.to_owned(), format!("/{bare}"), "/".to_owned()];
    let candidates = candidates.into_iter().filter(|url| url != "/" && url != "//" || bare.is_empty());
    let found = candidates.into_iter().find_map(|url| {
        let entry = cache.own.get(Kind::Route.key(&url))?;
        let stored: Stored = cache::decode(entry.small())?;
        Some((url, entry, stored))
    });
    let Some((url, entry, stored)) = found else { return Ok(None) };
    let prepared = prepare(world, options, Some(cache), None, &NullSink, &mut Profile::default(), &Silent)?;
    let answer = |question: &Question| Some(prepared.answer(world, question));
    let checker = Checker::new(&cache.own, true, &answer);
    let Stored { made, diagnostics, cause, .. } = stored;
    let files = made.into_iter().map(|(path, ..)| path).collect();
    Ok(Some(Explained { url, files, cause, asked: checker.asked(&entry), diagnostics }))
}
