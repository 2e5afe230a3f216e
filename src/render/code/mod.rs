//! Blocks of code: highlighting and fence meta.
