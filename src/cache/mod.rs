//! What earlier builds found out, kept on the disk between runs.
//!
//! In: results of stages with what they looked at. Out: the same results, as long as every answer is still the same. Deliberately not
//! here: the stages, which know nothing of it.

pub mod store;
