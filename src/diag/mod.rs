//! Shows diagnostics.

pub mod emit;
