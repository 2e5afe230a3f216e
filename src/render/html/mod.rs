//! Tree → HTML.
