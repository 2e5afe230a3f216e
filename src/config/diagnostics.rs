//! The wording of what is wrong with settings.
