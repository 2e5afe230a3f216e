//! Calls of third-party code that may panic on what an author wrote.
//!
//! In: a call. Out: its result, or that it has panicked, so that one page's mistake never ends a build. The panic is not printed: the
//! caller makes a diagnostic of it. Our own code is not called so: a panic in it is a bug that must be seen.
//! Deliberately not here: stack overflow, which nothing can catch; callers bound how deep a parser descends.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};
use std::sync::Once;

thread_local! {
    /// How many contained calls are running on this thread.
    static CONTAINED: Cell<usize> = const { Cell::new(0) };
}

/// The called code has panicked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Panicked;

/// Calls third-party code. What `call` has changed must not be used after a panic.
///
/// # Errors
/// The code has panicked.
pub fn contain<T>(call: impl FnOnce() -> T) -> Result<T, Panicked> {
    // The hook prints panics, and there is one for all threads. Ours passes on all but those of contained calls; it is
    // there for good, since hooks that come and go would race.
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let print = take_hook();
        set_hook(Box::new(move |panic| {
            // A thread that is ending has no such value any more, and no contained calls.
            if CONTAINED.try_with(Cell::get).unwrap_or(0) == 0 {
                print(panic);
            }
        }));
    });
    CONTAINED.set(CONTAINED.get() + 1);
    let result = catch_unwind(AssertUnwindSafe(call));
    CONTAINED.set(CONTAINED.get() - 1);
    result.map_err(|_| Panicked)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_an_error() {
        assert_eq!(contain(|| 1), Ok(1));
        let nothing = Vec::<u8>::new();
        let first = |bytes: &[u8]| bytes[0];
        assert_eq!(contain(|| first(&nothing)), Err(Panicked));
        assert_eq!(CONTAINED.get(), 0);
    }

    #[test]
    fn calls_may_nest_and_run_on_many_threads() {
        let nested = || contain(|| (contain::<()>(|| panic!("inner")), 2));
        std::thread::scope(|scope| {
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(nested)).collect();
            for thread in threads {
                assert_eq!(thread.join().ok(), Some(Ok((Err(Panicked), 2))));
            }
        });
    }
}
