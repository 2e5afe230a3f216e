//! What can be wrong with an image.

use thiserror::Error;

/// What is wrong with an image.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Error {
    /// No bytes.
    #[error("the file is empty")]
    Empty,
    /// No format that is known.
    #[error("it is none of the formats that are known")]
    Unknown,
    /// More pixels than we decode.
    #[error("it has {width}×{height} pixels, and images may have {} million, at most {} on a side", crate::LARGEST_PIXELS / 1_000_000, crate::LARGEST_SIDE)]
    TooLarge {
        /// Width as the header tells.
        width: u32,
        /// Height as the header tells.
        height: u32,
    },
    /// It ends too early.
    #[error("the file is cut off")]
    Truncated,
    /// Not what its format asks for.
    #[error("the {format} is damaged: {reason}")]
    Damaged {
        /// The format's name.
        format: &'static str,
        /// What the decoder says.
        reason: String,
    },
    /// It cannot be written.
    #[error("it cannot be written as {format}: {reason}")]
    Encode {
        /// The format's name.
        format: &'static str,
        /// What the encoder says.
        reason: String,
    },
}
