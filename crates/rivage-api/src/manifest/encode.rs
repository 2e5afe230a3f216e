//! The manifest as text: a line with format and checksum, then JSON.
//!
//! JSON, because it is the format that we read anyway: a second decoder would cost more bytes in the Worker than it saves in the file.

use std::fmt;

use super::{Manifest, Method};
use crate::crypto;

/// The first word of a manifest. It changes when an older shell could not read a newer manifest.
pub const FORMAT: &str = "rivage-api/1";

/// Why a manifest could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DecodeError {
    /// It is of another format; carries its first word.
    Format(String),
    /// Its bytes are not those that were written.
    Checksum,
    /// The JSON does not fit; carries the reason.
    Content(String),
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Format(found) => {
                write!(f, "the manifest has the format `{found}`, not `{FORMAT}`: build the site again")
            }
            Self::Checksum => write!(f, "the manifest is damaged: its checksum does not agree"),
            Self::Content(reason) => write!(f, "the manifest could not be read: {reason}"),
        }
    }
}

impl std::error::Error for DecodeError {}

impl Manifest {
    /// Puts the routes into their order: by path, then method. The order in which files were found does not show.
    pub fn sort(&mut self) {
        self.routes.sort_by(|a, b| (&a.path, a.method).cmp(&(&b.path, b.method)));
    }

    /// Writes the manifest: the same bytes for the same manifest.
    pub fn encode(&self) -> String {
        // Serialisation of plain structs with string keys into a string cannot fail.
        let body = serde_json::to_string(self).unwrap_or_default();
        format!("{FORMAT} {}\n{body}\n", crypto::hex(&crypto::sha256(body.as_bytes())))
    }

    /// Reads what [`Manifest::encode`] wrote.
    ///
    /// # Errors
    ///
    /// When the format is another one, when bytes were changed, or when the content does not fit.
    pub fn decode(text: &str) -> Result<Self, DecodeError> {
        let (head, body) = text.split_once('\n').unwrap_or((text, ""));
        let (format, checksum) = head.split_once(' ').unwrap_or((head, ""));
        if format != FORMAT {
            return Err(DecodeError::Format(format.chars().take(40).collect()));
        }
        let body = body.strip_suffix('\n').unwrap_or(body);
        if crypto::hex(&crypto::sha256(body.as_bytes())) != checksum {
            return Err(DecodeError::Checksum);
        }
        serde_json::from_str(body).map_err(|error| DecodeError::Content(error.to_string()))
    }

    /// Returns the route with this method and path.
    pub fn route(&self, method: Method, path: &str) -> Option<&super::Route> {
        self.routes.iter().find(|route| route.method == method && route.path == path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::Settings;

    fn sample() -> Manifest {
        Manifest { settings: Settings::default(), routes: crate::builtin::routes() }
    }

    #[test]
    fn what_was_written_is_read_back() {
        let manifest = sample();
        assert_eq!(Manifest::decode(&manifest.encode()), Ok(manifest.clone()));
        assert_eq!(manifest.encode(), sample().encode());
    }

    #[test]
    fn a_changed_byte_is_noticed() {
        let text = sample().encode().replacen("select", "delete", 1);
        assert_eq!(Manifest::decode(&text), Err(DecodeError::Checksum));
    }

    #[test]
    fn another_format_is_named() {
        let error = Manifest::decode("rivage-api/9 00\n{}").expect_err("another format");
        insta::assert_snapshot!(error, @"the manifest has the format `rivage-api/9`, not `rivage-api/1`: build the site again");
    }
}
