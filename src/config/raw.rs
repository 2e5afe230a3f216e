//! The settings as written.
