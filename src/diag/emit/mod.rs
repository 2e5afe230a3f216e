//! Diagnostics as text with source frames, as short lines, as JSON, SARIF and GitHub annotations.
