//! How much memory decoders and encoders may take at once, however many threads there are.

use std::sync::{Condvar, Mutex, PoisonError};

/// Bytes for all of them: a site of photos shall build within 1 GB, whatever else it is. One that needs more is worked on alone.
const BUDGET: u64 = 512 << 20;

static GATE: Gate = Gate::new(BUDGET);

struct Gate {
    budget: u64,
    used: Mutex<u64>,
    freed: Condvar,
}

/// The right to some memory, until it is dropped.
pub(super) struct Permit<'g> {
    gate: &'g Gate,
    bytes: u64,
}

/// Waits for the right to so many bytes. Who holds one must not ask for another.
pub(super) fn enter(bytes: u64) -> Permit<'static> {
    GATE.enter(bytes)
}

impl Gate {
    const fn new(budget: u64) -> Self {
        Self { budget, used: Mutex::new(0), freed: Condvar::new() }
    }

    fn enter(&self, bytes: u64) -> Permit<'_> {
        let bytes = bytes.min(self.budget);
        let used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.freed.wait_while(used, |used| *used + bytes > self.budget);
        *waited.unwrap_or_else(PoisonError::into_inner) += bytes;
        Permit { gate: self, bytes }
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        *self.gate.used.lock().unwrap_or_else(PoisonError::into_inner) -= self.bytes;
        self.gate.freed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;

    #[test]
    fn no_more_than_the_budget_is_used_and_everybody_gets_in() {
        let gate = Gate::new(10);
        let (used, most, served) = (AtomicU64::new(0), AtomicU64::new(0), AtomicU64::new(0));
        std::thread::scope(|scope| {
            for thread in 0..8 {
                let (gate, used, most, served) = (&gate, &used, &most, &served);
                scope.spawn(move || {
                    for round in 0..50 {
                        // Some ask for more than there is.
                        let wish = (thread + round) % 13;
                        let permit = gate.enter(wish);
                        let taken = wish.min(10);
                        most.fetch_max(used.fetch_add(taken, Ordering::SeqCst) + taken, Ordering::SeqCst);
                        used.fetch_sub(taken, Ordering::SeqCst);
                        drop(permit);
                        served.fetch_add(1, Ordering::SeqCst);
                    }
                });
            }
        });
        assert_eq!(served.into_inner(), 400);
        assert!(most.into_inner() <= 10);
        assert_eq!(*gate.used.lock().unwrap(), 0);
    }
}
