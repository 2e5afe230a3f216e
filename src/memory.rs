//! How memory is had from the system.
//!
//! In: how much a run makes anew. Out: the size of the pages that the system gives. A build that takes nearly all from the cache fills its memory
//! once and ends: with huge pages it asks for it a few times instead of some ten thousand times. One that renders makes and drops many
//! small values all over its memory, of which huge pages would keep a third more in use. Deliberately not here: the allocator, which the program chooses.

use std::sync::atomic::{AtomicUsize, Ordering};

/// A run that makes more results than this anew is one that renders.
const FEW: usize = 64;

/// Tells that a result was made anew.
pub(crate) fn made_anew() {
    static MADE: AtomicUsize = AtomicUsize::new(0);
    if MADE.fetch_add(1, Ordering::Relaxed) == FEW {
        use_small_pages();
    }
}

/// What is in use stays as it is.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn use_small_pages() {
    // A system that has no huge pages has small ones.
    let _ = rustix::thread::disable_transparent_huge_pages(true);
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn use_small_pages() {}
