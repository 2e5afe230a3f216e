//! Values that are no arrays. `None`: the text is not of its type's form, and what was written is to be taken back.

use base64ct::{Base64, Encoding};

use super::write_string;
use crate::oid::{self, Oid};

/// The largest integer that JavaScript tells from its neighbours: 2⁵³ − 1.
const MAX_SAFE: &[u8] = b"9007199254740991";

pub(super) fn write(oid: Oid, text: &[u8], out: &mut Vec<u8>) -> Option<()> {
    match oid {
        oid::BOOL => out.extend_from_slice(match text {
            b"t" => b"true",
            b"f" => b"false",
            _ => return None,
        }),
        oid::INT2 | oid::INT4 | oid::OID => {
            integer(text)?;
            out.extend_from_slice(text);
        }
        oid::INT8 => {
            let digits = integer(text)?;
            if (digits.len(), digits) > (MAX_SAFE.len(), MAX_SAFE) {
                return None;
            }
            out.extend_from_slice(text);
        }
        oid::FLOAT4 | oid::FLOAT8 => match text {
            b"NaN" | b"Infinity" | b"-Infinity" => out.extend_from_slice(b"null"),
            _ => {
                float(text)?;
                out.extend_from_slice(text);
            }
        },
        // The server has checked it, but only its word says that it is UTF-8.
        oid::JSON | oid::JSONB => out.extend_from_slice(std::str::from_utf8(text).ok()?.as_bytes()),
        oid::TIMESTAMP => timestamp(text, false, out)?,
        oid::TIMESTAMPTZ => timestamp(text, true, out)?,
        oid::BYTEA => bytes(text, out)?,
        _ => write_string(text, out),
    }
    Some(())
}

/// Returns the digits of an integer in JSON's form.
fn integer(text: &[u8]) -> Option<&[u8]> {
    let digits = text.strip_prefix(b"-").unwrap_or(text);
    match digits {
        [] | [b'0', _, ..] => None,
        _ => digits.iter().all(u8::is_ascii_digit).then_some(digits),
    }
}

/// Checks that text is a number in JSON's form, which is what PostgreSQL writes: `-1.5e-05`.
fn float(text: &[u8]) -> Option<()> {
    let (mantissa, exponent) = match memchr::memchr(b'e', text) {
        Some(at) => (&text[..at], Some(&text[at + 1..])),
        None => (text, None),
    };
    let digits = |text: &[u8]| !text.is_empty() && text.iter().all(u8::is_ascii_digit);
    match memchr::memchr(b'.', mantissa) {
        Some(at) => {
            integer(&mantissa[..at])?;
            digits(&mantissa[at + 1..]).then_some(())?;
        }
        None => {
            integer(mantissa)?;
        }
    }
    if let Some(exponent) = exponent {
        let unsigned = exponent.strip_prefix(b"+").or(exponent.strip_prefix(b"-")).unwrap_or(exponent);
        digits(unsigned).then_some(())?;
    }
    Some(())
}

/// `2026-01-02 03:04:05.678+00` → `"2026-01-02T03:04:05.678Z"`
fn timestamp(text: &[u8], zoned: bool, out: &mut Vec<u8>) -> Option<()> {
    let (seconds, rest) = text.split_first_chunk::<19>()?;
    let form = b"0000-00-00 00:00:00";
    let fits = |(byte, form): (&u8, &u8)| if *form == b'0' { byte.is_ascii_digit() } else { byte == form };
    seconds.iter().zip(form).all(fits).then_some(())?;
    let fraction = match rest {
        [b'.', digits @ ..] => 1 + digits.iter().take_while(|byte| byte.is_ascii_digit()).count(),
        _ => 0,
    };
    if fraction == 1 {
        return None;
    }
    let (fraction, zone) = rest.split_at(fraction);
    let (date, time) = seconds.split_at(10);
    for part in [b"\"", date, b"T", &time[1..], fraction] {
        out.extend_from_slice(part);
    }
    match (zoned, zone) {
        (false, []) | (true, b"+00") => out.push(b'Z'),
        (true, [b'+' | b'-', hours @ ..]) => {
            out.push(zone[0]);
            match hours {
                [a, b] if a.is_ascii_digit() && b.is_ascii_digit() => out.extend([*a, *b, b':', b'0', b'0']),
                [a, b, b':', c, d] if [a, b, c, d].into_iter().all(u8::is_ascii_digit) => {
                    out.extend([*a, *b, b':', *c, *d]);
                }
                // Seconds, in local mean times of old: RFC 3339 has none.
                _ => return None,
            }
        }
        // ` BC`, for one.
        _ => return None,
    }
    out.push(b'"');
    Some(())
}

/// `\x00ff` → `"AP8="`
fn bytes(text: &[u8], out: &mut Vec<u8>) -> Option<()> {
    let hex = text.strip_prefix(b"\\x")?;
    out.reserve(hex.len() / 3 * 2 + 6);
    out.push(b'"');
    // 48 bytes are 64 characters without padding.
    for line in hex.chunks(96) {
        let mut raw = [0; 48];
        let mut count = 0;
        for pair in line.chunks(2) {
            let [high, low] = pair else { return None };
            raw[count] = digit(*high)? << 4 | digit(*low)?;
            count += 1;
        }
        let mut encoded = [0; 64];
        out.extend_from_slice(Base64::encode(&raw[..count], &mut encoded).ok()?.as_bytes());
    }
    out.push(b'"');
    Some(())
}

fn digit(hex: u8) -> Option<u8> {
    char::from(hex).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}
