//! A response as a plain value.

use std::borrow::Cow;

/// A response: a shell writes it as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Response {
    /// The status.
    pub status: u16,
    /// The headers, names in lower case; `set-cookie` may stand several times.
    pub headers: Vec<(&'static str, Cow<'static, str>)>,
    /// The body; empty for none. A shell sends no body in answer to `HEAD`, but its length.
    pub body: Vec<u8>,
    /// The bytes of an object of the store that is the body instead. The shell has it, except in answer to `HEAD`
    /// ([`Reply::object`](crate::Reply::object)).
    pub object: Option<u64>,
}

impl Response {
    /// Makes a response without headers and body.
    pub fn new(status: u16) -> Self {
        Self { status, ..Self::default() }
    }

    /// Makes a response of JSON.
    pub fn json(status: u16, body: Vec<u8>) -> Self {
        Self { status, headers: vec![("content-type", Cow::Borrowed("application/json"))], body, object: None }
    }

    /// Adds a header. A value with control characters could end the header and begin another: such a header is left out. Values that stand in
    /// the program are not looked at.
    pub fn set(&mut self, name: &'static str, value: impl Into<Cow<'static, str>>) {
        let value = value.into();
        let is_of_program = matches!(value, Cow::Borrowed(_));
        if is_of_program || value.bytes().all(|b| (b >= 0x20 && b != 0x7f) || b == b'\t') {
            self.headers.push((name, value));
        }
    }

    /// Adds a header and returns the response.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<Cow<'static, str>>) -> Self {
        self.set(name, value);
        self
    }

    /// Returns the length of the body, be it an object or not.
    pub fn length(&self) -> u64 {
        self.object.unwrap_or(self.body.len() as u64)
    }

    /// Returns the first value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_ref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_cannot_begin_another_header() {
        for value in ["a\r\nset-cookie: x", "a\nb", "a\0b", "a\u{7f}"] {
            assert_eq!(Response::new(200).with("location", value.to_owned()).header("location"), None, "{value:?}");
        }
        assert_eq!(Response::new(200).with("location", "/ä").header("location"), Some("/ä"));
    }
}
