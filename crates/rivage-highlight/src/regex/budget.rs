//! How much work a line may be.
//!
//! In: the length of a line. Out: a [`Budget`] of about as many steps, so that no text can hold up a build: some expressions try again and again
//! on some lines, and some grammars go in circles. What is beyond the budget does not match. It is counted in steps, not in time: a line
//! has the same classes on every machine. Deliberately not here: how long a line may be.

use onig::{Error, MatchParam};

/// What may still be done for a line.
#[derive(Debug)]
pub(crate) struct Budget {
    /// How often an expression may be tried.
    tries: usize,
    /// How many bytes filters may read.
    bytes: usize,
    /// How often expressions that have tried for long may try again.
    retries: u32,
}

/// As often may an expression try again for nothing: nearly all do with less.
const FREE_RETRIES: u32 = 2_000;

impl Budget {
    /// Returns the budget of a line.
    pub(crate) fn of(length: usize) -> Self {
        let retries = u32::try_from(length).unwrap_or(u32::MAX).saturating_mul(1_000).saturating_add(50_000);
        Self { tries: 64 * length + 4_096, bytes: 64 * length + 4_096, retries }
    }

    /// Whether nothing is left.
    pub(crate) fn is_spent(&self) -> bool {
        self.tries == 0
    }

    /// Counts a match as a try.
    pub(crate) fn count(&mut self) {
        self.tries = self.tries.saturating_sub(1);
    }

    /// Takes bytes that a filter has read, and tells whether there were any left.
    pub(crate) fn read(&mut self, bytes: usize) -> bool {
        self.bytes = self.bytes.saturating_sub(bytes);
        self.bytes > 0
    }

    /// Tries an expression; one that takes long is given ten times as long, if that is left.
    pub(super) fn spend(
        &mut self,
        mut attempt: impl FnMut(MatchParam) -> Result<Option<usize>, Error>,
    ) -> Option<usize> {
        self.count();
        let mut limit = FREE_RETRIES;
        loop {
            let mut param = MatchParam::default();
            param.set_retry_limit_in_match(limit);
            match attempt(param) {
                Ok(found) => return found,
                Err(_) => {
                    limit = limit.saturating_mul(10);
                    self.retries = self.retries.checked_sub(limit)?;
                }
            }
        }
    }
}
