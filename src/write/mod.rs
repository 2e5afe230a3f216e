//! Writes the output folder, all or nothing.
//!
//! In: [`crate::render::Artifact`]s. Out: the folder: what is unchanged is not rewritten, what is gone is removed, a killed build
//! leaves the former site in full. Deliberately not here: what the files hold.
