//! Incremental builds are proved equal to cold ones: random sites, random edits, and after each edit every file and every diagnostic.
//!
//! `RIVAGE_REBUILD_SEQUENCES` sets how many sequences of edits are tried, `RIVAGE_REBUILD_FROM` with which one they begin. A sequence is
//! made of its number alone: a failure names it, and the smallest sequence that fails as well.

#![expect(clippy::print_stderr, reason = "a test says how much it tried, and what it left out")]

#[path = "rebuild/check.rs"]
mod check;
#[path = "rebuild/damage.rs"]
mod damage;
#[path = "rebuild/determinism.rs"]
mod determinism;
#[path = "rebuild/edits.rs"]
mod edits;
#[path = "rebuild/project.rs"]
mod project;
#[path = "rebuild/promises.rs"]
mod promises;
#[path = "rebuild/random.rs"]
mod random;
#[path = "rebuild/sequences.rs"]
mod sequences;
#[path = "rebuild/site.rs"]
mod site;
