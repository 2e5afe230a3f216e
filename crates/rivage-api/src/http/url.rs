//! Percent-encoding, paths, queries and forms.

use std::borrow::Cow;

/// A name and its value.
pub type Pair<'t> = (Cow<'t, str>, Cow<'t, str>);

/// What is wrong with an encoded text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UrlError {
    /// A `%` without two hexadecimal digits.
    Percent,
    /// The bytes are not UTF-8.
    Utf8,
    /// There are more pairs than allowed.
    TooMany,
}

/// Decodes percent-encoding, and `+` as a space where `plus` is set.
///
/// # Errors
///
/// When `%` is not followed by two digits, or when the result is not UTF-8.
pub fn decode(text: &str, plus: bool) -> Result<Cow<'_, str>, UrlError> {
    if !text.bytes().any(|b| b == b'%' || (plus && b == b'+')) {
        return Ok(Cow::Borrowed(text));
    }
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'%' => {
                let digit = |by: usize| bytes.get(at + by).and_then(|b| char::from(*b).to_digit(16));
                let (Some(high), Some(low)) = (digit(1), digit(2)) else { return Err(UrlError::Percent) };
                out.push((high * 16 + low) as u8);
                at += 3;
                continue;
            }
            b'+' if plus => out.push(b' '),
            other => out.push(other),
        }
        at += 1;
    }
    String::from_utf8(out).map(Cow::Owned).map_err(|_| UrlError::Utf8)
}

/// Encodes a value for a form.
pub fn encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

/// Reads the pairs of a query or of a form, in order.
///
/// # Errors
///
/// When the encoding is wrong, or when there are more than `most` pairs.
pub fn pairs(text: &str, most: usize) -> Result<Vec<Pair<'_>>, UrlError> {
    let mut found = Vec::new();
    for pair in text.split('&').filter(|pair| !pair.is_empty()) {
        if found.len() == most {
            return Err(UrlError::TooMany);
        }
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        found.push((decode(name, true)?, decode(value, true)?));
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_decoded_once() {
        let found = pairs("a=1+2&b=%2531&&c&%C3%A4=%26", 9).expect("right");
        let found: Vec<_> = found.iter().map(|(name, value)| (&**name, &**value)).collect();
        assert_eq!(found, [("a", "1 2"), ("b", "%31"), ("c", ""), ("ä", "&")]);
    }

    #[test]
    fn what_is_encoded_is_decoded_again() {
        let text = "a b+c&d=e%/ä\n";
        assert_eq!(encode(text), "a%20b%2Bc%26d%3De%25%2F%C3%A4%0A");
        assert_eq!(decode(&encode(text), true).as_deref(), Ok(text));
    }

    #[test]
    fn wrong_encoding_is_refused() {
        for (text, error) in [
            ("a=%", UrlError::Percent),
            ("a=%2", UrlError::Percent),
            ("a=%+1", UrlError::Percent),
            ("%ff=1", UrlError::Utf8),
        ] {
            assert_eq!(pairs(text, 9), Err(error), "{text}");
        }
        assert_eq!(pairs("a&b&c", 2), Err(UrlError::TooMany));
    }
}
