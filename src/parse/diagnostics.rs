//! The wording of what is wrong with a content file.
