//! How much memory decoded images may take at once, however many threads there are.

use std::sync::{Condvar, Mutex, PoisonError};

/// Bytes for decoded images. One that needs more is worked on alone.
const BUDGET: u64 = 384 << 20;

static GATE: Gate = Gate { used: Mutex::new(0), freed: Condvar::new() };

struct Gate {
    used: Mutex<u64>,
    freed: Condvar,
}

/// The right to some memory, until it is dropped.
pub(super) struct Permit {
    bytes: u64,
}

/// Waits for the right to so many bytes. Who holds one must not ask for another.
pub(super) fn enter(bytes: u64) -> Permit {
    let bytes = bytes.min(BUDGET);
    let used = GATE.used.lock().unwrap_or_else(PoisonError::into_inner);
    let waited = GATE.freed.wait_while(used, |used| *used + bytes > BUDGET);
    *waited.unwrap_or_else(PoisonError::into_inner) += bytes;
    Permit { bytes }
}

impl Drop for Permit {
    fn drop(&mut self) {
        *GATE.used.lock().unwrap_or_else(PoisonError::into_inner) -= self.bytes;
        GATE.freed.notify_all();
    }
}
