//! What the functions and filters of templates know of the page that is being rendered.
//!
//! Tera's functions are plain closures shared by all threads; the page they serve is kept per thread while it renders.
//! In: a [`Scope`], entered around one rendering. Out: access to it from any function. Deliberately not here: data of the site.

use std::cell::RefCell;
use std::sync::Arc;

use rivage_diag::{Diagnostic, FileId};

use super::functions::Surroundings;
use super::page::LazyEngine;
use crate::images::Derivative;
use crate::inputs::{Notes, World};
use crate::resolve::PageId;

/// The rendering that a thread is at.
pub struct Scope {
    /// Where what is asked is noted.
    pub notes: Notes,
    /// The project's files.
    pub world: World,
    /// What may be asked for.
    pub surroundings: Arc<Surroundings>,
    /// Layouts and components.
    pub engine: Arc<LazyEngine>,
    /// The language's code.
    pub language: String,
    /// Asked for by [`Scope::page`].
    page: Option<PageId>,
    /// Asked for by [`Scope::url`].
    url: String,
    /// How often page or path were asked for.
    looks: u32,
    /// How many unique ids have been given out.
    pub uids: u32,
    /// How many images have been written.
    pub images: u32,
    /// Files that the page shows of images.
    pub derivatives: Vec<Derivative>,
    /// What functions found wrong that does not keep the page from being shown.
    pub found: Vec<Diagnostic>,
    /// The image that keeps a template from being rendered. Tera hands on the message of an error, and nothing else of it.
    pub unreadable: Option<FileId>,
    /// Whether a text of the theme has been asked for and noted.
    pub has_asked_for_texts: bool,
}

impl Scope {
    /// Begins a rendering.
    pub fn new(
        notes: Notes,
        world: World,
        surroundings: Arc<Surroundings>,
        engine: Arc<LazyEngine>,
        (language, url): (&str, &str),
        page: Option<PageId>,
    ) -> Self {
        Self {
            notes,
            world,
            surroundings,
            engine,
            language: language.to_owned(),
            page,
            url: url.to_owned(),
            looks: 0,
            uids: 0,
            images: 0,
            derivatives: Vec::new(),
            found: Vec::new(),
            unreadable: None,
            has_asked_for_texts: false,
        }
    }

    /// Returns the page; none for lists of terms and the 404 page.
    pub fn page(&mut self) -> Option<PageId> {
        self.looks += 1;
        self.page
    }

    /// Returns the path of the route, without base path.
    pub fn url(&mut self) -> &str {
        self.looks += 1;
        &self.url
    }

    /// Counts what makes a place of a page another than all others: what was given out or said there, and looks at which page it is. Where it is as it
    /// was, what was rendered meanwhile could stand anywhere.
    pub fn given(&self) -> (u32, u32, u32, usize) {
        (self.looks, self.uids, self.images, self.derivatives.len() + self.found.len())
    }
}

thread_local! {
    static CURRENT: RefCell<Vec<Scope>> = const { RefCell::new(Vec::new()) };
}

/// Runs `work` with `scope` as the thread's current one.
pub fn enter<R>(scope: Scope, work: impl FnOnce() -> R) -> R {
    struct Leave;
    impl Drop for Leave {
        fn drop(&mut self) {
            CURRENT.with_borrow_mut(Vec::pop);
        }
    }
    CURRENT.with_borrow_mut(|scopes| scopes.push(scope));
    let _leave = Leave;
    work()
}

/// Gives the current scope to `read`; none outside of any rendering.
pub fn with<R>(read: impl FnOnce(&mut Scope) -> R) -> Option<R> {
    CURRENT.with_borrow_mut(|scopes| scopes.last_mut().map(read))
}

/// Returns the page that is being rendered; none where it is no page.
pub fn page() -> Option<PageId> {
    with(Scope::page).flatten()
}

/// Returns what templates may ask for; none outside of any rendering.
pub fn surroundings() -> Option<Arc<Surroundings>> {
    with(|scope| Arc::clone(&scope.surroundings))
}

/// Returns layouts and components; none outside of any rendering.
pub fn engine() -> Option<Arc<LazyEngine>> {
    with(|scope| Arc::clone(&scope.engine))
}

/// Reports whether no image has been written on this page, and counts this one.
pub fn is_first_image() -> bool {
    with(|scope| {
        scope.images += 1;
        scope.images == 1
    })
    .unwrap_or(false)
}

/// Notes what a function found wrong that does not keep the page from being shown. Whoever renders takes it, and knows on which page that is.
pub fn report(diagnostic: Diagnostic) {
    with(|scope| scope.found.push(diagnostic));
}

/// Takes what was noted.
pub fn take_found() -> Vec<Diagnostic> {
    with(|scope| std::mem::take(&mut scope.found)).unwrap_or_default()
}

/// Notes which image is to blame for the error that a function is about to return.
pub fn blame(image: FileId) {
    with(|scope| scope.unreadable = Some(image));
}

/// Takes the image that is to blame for an error.
pub fn take_blamed() -> Option<FileId> {
    with(|scope| scope.unreadable.take()).flatten()
}

/// Returns a number that no other call on this page gets.
pub fn uid() -> u32 {
    with(|scope| {
        scope.uids += 1;
        scope.uids
    })
    .unwrap_or(0)
}
