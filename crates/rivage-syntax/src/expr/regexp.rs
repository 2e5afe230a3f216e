//! Regular expressions.

use std::sync::Arc;

/// A regular expression.
#[derive(Clone, Debug)]
pub struct RegExp {
    /// Between the slashes, as written.
    pub source: Arc<str>,
    /// After them.
    pub flags: Arc<str>,
}

impl PartialEq for RegExp {
    fn eq(&self, other: &Self) -> bool {
        self.source == other.source && self.flags == other.flags
    }
}
