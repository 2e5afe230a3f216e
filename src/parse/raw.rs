//! Front matter as it was written, in the form in which it is kept: only expressions that say `frontmatter` look at it.
//!
//! In: a value. Out: bytes, and the value again. Deliberately not here: what keys mean.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, Visitor};
use serde::ser::{Serialize, Serializer};
use serde_json::Value;

/// A value that is put together when somebody asks for it.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Raw(Box<[u8]>);

impl Raw {
    /// Keeps a value.
    pub fn new(value: &Value) -> Self {
        if value.is_null() {
            return Self::default();
        }
        // All values of JSON can be written down.
        Self(rmp_serde::to_vec(value).unwrap_or_default().into())
    }

    /// Returns the value.
    pub fn value(&self) -> Value {
        if self.0.is_empty() { Value::Null } else { rmp_serde::from_slice(&self.0).unwrap_or_default() }
    }
}

impl fmt::Debug for Raw {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.value(), out)
    }
}

impl Serialize for Raw {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Bytes;

        impl Visitor<'_> for Bytes {
            type Value = Raw;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("bytes")
            }

            fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<Raw, E> {
                Ok(Raw(bytes.into()))
            }
        }

        deserializer.deserialize_bytes(Bytes)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_value_comes_back() {
        let all = json!({ "z": [1, -2, 0.5, u64::MAX, i64::MIN], "a": { "b": null, "c": true }, "": "ü" });
        for value in [json!(null), json!({}), json!("x"), all] {
            let raw = Raw::new(&value);
            assert_eq!(raw.value(), value);
            let kept = rmp_serde::to_vec(&(&raw, 7)).unwrap();
            let (read, seven): (Raw, i32) = rmp_serde::from_slice(&kept).unwrap();
            assert!(read == raw && seven == 7);
            assert_eq!(read.value().to_string(), value.to_string(), "in the same order");
        }
    }
}
