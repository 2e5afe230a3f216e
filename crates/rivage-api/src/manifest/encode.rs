//! The manifest as bytes: a line with format and checksum, then postcard.
//!
//! Not JSON, although requests bring that anyway: what reads structs out of JSON, field by field and by name, would be a twentieth of the Worker.

use std::fmt;

use super::{Manifest, Method};
use crate::crypto;

/// The first word of a manifest. It changes when an older shell could not read a newer manifest: with each field, for bytes name none.
pub const FORMAT: &str = "rivage-api/2";

/// Why a manifest could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DecodeError {
    /// It is of another format; carries its first word.
    Format(String),
    /// Its bytes are not those that were written.
    Checksum,
    /// The bytes do not fit; carries the reason.
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
    pub fn encode(&self) -> Vec<u8> {
        // Serialisation of plain structs into memory cannot fail.
        let body = postcard::to_allocvec(self).unwrap_or_default();
        let head = format!("{FORMAT} {}\n", crypto::hex(&crypto::sha256(&body)));
        [head.as_bytes(), &body].concat()
    }

    /// Reads what [`Manifest::encode`] wrote.
    ///
    /// # Errors
    ///
    /// When the format is another one, when bytes were changed, or when the content does not fit.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let end = bytes.iter().position(|byte| *byte == b'\n').unwrap_or(bytes.len());
        let (head, body) = (String::from_utf8_lossy(&bytes[..end]), bytes.get(end + 1..).unwrap_or_default());
        let (format, checksum) = head.split_once(' ').unwrap_or((&head, ""));
        if format != FORMAT {
            return Err(DecodeError::Format(format.chars().take(40).collect()));
        }
        if crypto::hex(&crypto::sha256(body)) != checksum {
            return Err(DecodeError::Checksum);
        }
        postcard::from_bytes(body).map_err(|error| DecodeError::Content(error.to_string()))
    }

    /// Returns the route with this method and path.
    pub fn route(&self, method: Method, path: &str) -> Option<&super::Route> {
        self.routes.iter().find(|route| route.method == method && route.path == path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::{Media, Settings, Upload};

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
        let mut bytes = sample().encode();
        let last = bytes.len() - 1;
        bytes[last] ^= 1;
        assert_eq!(Manifest::decode(&bytes), Err(DecodeError::Checksum));
    }

    #[test]
    fn another_format_is_named() {
        for (bytes, told) in [(&b"rivage-api/9 00\n{}"[..], "rivage-api/9"), (b"\xff\n", "\u{fffd}"), (b"", "")] {
            let error = Manifest::decode(bytes).expect_err("another format");
            assert_eq!(
                error.to_string(),
                format!("the manifest has the format `{told}`, not `{FORMAT}`: build the site again")
            );
        }
    }

    #[test]
    fn the_format_has_the_form_that_its_name_stands_for() {
        // A field more, or in another place: the bytes are others, and `FORMAT` must be, too.
        let route = serde_json::from_value(serde_json::json!({
            "id": "a", "method": "GET", "path": "/api/{a}", "summary": "b", "description": "c",
            "auth": {"session": true, "bearer": false, "role": "admin"},
            "params": [{
                "name": "a", "type": {"array": {"enum": ["d"]}}, "source": "path", "required": true, "default": "d",
                "rules": {"min": "1", "max": null, "min_length": 2, "max_length": 3, "pattern": "e"}, "description": "f",
            }],
            "cache": {"ttl": 4, "stale": 5, "error": 6, "tags": ["g"]}, "purge": ["h"], "limit": "read", "returns": "many",
            "status": 200,
            "action": {"sql": {
                "switches": [{"given": 0}, {"value": 1}],
                "variants": [[{"sql": "i", "binds": [{"param": 0}, "auth_sub", "auth_role", "request_id"]}]],
            }},
        }));
        let settings = Settings {
            media: Media {
                upload: Some(Upload { endpoint: "j".to_owned(), bucket: "k".to_owned(), region: "l".to_owned() }),
                ..Default::default()
            },
            ..Settings::default()
        };
        let manifest = Manifest { settings, routes: vec![route.expect("a route")] };
        let bytes = manifest.encode();
        let head = bytes.split(|byte| *byte == b'\n').next().map(String::from_utf8_lossy).expect("a line");
        insta::assert_snapshot!(head, @"rivage-api/2 6bd3d230825ab730da13bb29535507cd18e2931495f43501be778565cf2f3577");
    }

    #[test]
    fn bytes_that_end_early_are_told() {
        let body = [];
        let head = format!("{FORMAT} {}\n", crypto::hex(&crypto::sha256(&body)));
        assert!(matches!(Manifest::decode(head.as_bytes()), Err(DecodeError::Content(_))));
    }

    #[test]
    fn bounds_come_back_as_they_were_written() {
        let mut manifest = sample();
        for bound in [1.into(), (-3).into(), u64::MAX.into(), serde_json::Number::from_f64(0.25).expect("finite")] {
            let param = manifest.routes.iter_mut().flat_map(|route| &mut route.params).next().expect("a parameter");
            (param.rules.min, param.rules.max) = (Some(bound), None);
            assert_eq!(Manifest::decode(&manifest.encode()), Ok(manifest.clone()));
        }
    }
}
