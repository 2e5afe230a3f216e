//! JSON bodies within bounds.
//!
//! The parser is serde_json's; the visitor here counts while it reads, so that nothing beyond a bound is ever built. A key that stands twice
//! is refused: two readers may each believe another one of them.

use std::cell::Cell;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use crate::manifest::Bounds;

/// Reads a body.
///
/// # Errors
///
/// When the bytes are not JSON, or are beyond a bound; with what to tell the client.
pub fn parse(body: &[u8], bounds: &Bounds) -> Result<Value, String> {
    let text = std::str::from_utf8(body).map_err(|_| "the body is not UTF-8".to_owned())?;
    let left = Cell::new(bounds.values);
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let seed = Bounded { depth: bounds.depth, keys: bounds.keys, left: &left };
    let value = seed.deserialize(&mut deserializer).map_err(|error| format!("the body is not right: {error}"))?;
    deserializer.end().map_err(|error| format!("the body is not right: {error}"))?;
    Ok(value)
}

#[derive(Clone, Copy)]
struct Bounded<'a> {
    depth: usize,
    keys: usize,
    left: &'a Cell<usize>,
}

impl Bounded<'_> {
    fn count<E: Error>(&self) -> Result<(), E> {
        let left = self.left.get().checked_sub(1).ok_or_else(|| E::custom("too many values"))?;
        self.left.set(left);
        Ok(())
    }

    fn deeper<E: Error>(&self) -> Result<Self, E> {
        Ok(Self { depth: self.depth.checked_sub(1).ok_or_else(|| E::custom("nested too deeply"))?, ..*self })
    }
}

fn without_nul<E: Error>(text: &str) -> Result<(), E> {
    if text.contains('\0') { Err(E::custom("the character U+0000 is not allowed")) } else { Ok(()) }
}

impl<'de> DeserializeSeed<'de> for Bounded<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        self.count()?;
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Bounded<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Value, E> {
        without_nul(text)?;
        Ok(Value::String(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let inner = self.deeper()?;
        let mut values = Vec::new();
        while let Some(value) = items.next_element_seed(inner)? {
            values.push(value);
        }
        Ok(Value::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let inner = self.deeper()?;
        let mut map = Map::new();
        while let Some(key) = entries.next_key::<String>()? {
            without_nul(&key)?;
            if map.len() == self.keys {
                return Err(A::Error::custom("too many keys"));
            }
            let value = entries.next_value_seed(inner)?;
            if map.insert(key, value).is_some() {
                return Err(A::Error::custom("a key stands twice"));
            }
        }
        Ok(Value::Object(map))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(body: &str) -> Result<String, String> {
        let bounds = Bounds { depth: 3, keys: 2, values: 6, ..Bounds::default() };
        parse(body.as_bytes(), &bounds).map(|value| value.to_string())
    }

    #[test]
    fn json_within_bounds_is_read() {
        for body in [r#"{"a":[1,-2.5,null],"b":"ä"}"#, "[[[]]]", "true", r#""\ud83d\ude00""#] {
            assert!(check(body).is_ok(), "{body}: {:?}", check(body));
        }
    }

    #[test]
    fn what_is_beyond_a_bound_is_refused_with_its_place() {
        let bodies = [
            "[[[[]]]]",
            "[1,2,3,4,5,6]",
            r#"{"a":1,"b":2,"c":3}"#,
            r#"{"a":1,"a":2}"#,
            r#"{"a":1,"\u0061":2}"#,
            r#""a\u0000b""#,
            r#"{"\u0000":1}"#,
            "",
            "{} {}",
            "{'a':1}",
            "[1,]",
            "NaN",
            "1e999",
            r#""\ud800""#,
            "\u{feff}{}",
        ];
        let found: Vec<String> =
            bodies.iter().map(|body| format!("{body:?}: {}", check(body).expect_err(body))).collect();
        insta::assert_snapshot!(found.join("\n"));
        assert_eq!(parse(b"\"\xff\"", &Bounds::default()), Err("the body is not UTF-8".to_owned()));
    }
}
