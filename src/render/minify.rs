//! Minifies HTML.
