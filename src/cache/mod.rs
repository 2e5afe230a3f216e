//! What earlier builds found out, kept on the disk between runs.
//!
//! In: results of stages with what they looked at. Out: the same results, as long as every answer is still the same. Deliberately not
//! here: the stages, which know nothing of it.

pub mod remote;
pub mod store;

/// The folder of all caches, below the project's.
pub const FOLDER: &str = ".rivage/cache";

/// The state of the program: 16 hexadecimal digits that differ where its results may.
pub const PROGRAM: &str = env!("RIVAGE_STATE");
