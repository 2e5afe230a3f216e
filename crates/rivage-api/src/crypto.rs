//! Digests, comparison in constant time, and the text forms of bytes that tokens and headers use.
//!
//! Deliberately not here: passwords and tokens themselves ([`crate::auth`]), random bytes (they come from a port).

use base64ct::{Base64UrlUnpadded, Encoding};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

/// Returns the SHA-256 of some bytes.
pub(crate) fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// Returns the HMAC-SHA-256 of some bytes.
pub(crate) fn hmac_sha256(key: &[u8], bytes: &[u8]) -> [u8; 32] {
    // HMAC takes keys of any length; the error exists for other MACs.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return [0; 32] };
    mac.update(bytes);
    mac.finalize().into_bytes().into()
}

/// Compares without telling by the time taken where two values differ.
pub(crate) fn equal(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len()
        && a.iter().zip(b).fold(0u8, |difference, (a, b)| std::hint::black_box(difference | (a ^ b))) == 0
}

/// Writes bytes as lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    // Every request has an id: room is made once, not character by character.
    let mut text = Vec::with_capacity(bytes.len() * 2);
    for byte in bytes {
        text.extend([DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]);
    }
    String::from_utf8(text).unwrap_or_default()
}

/// Writes bytes as base64 of URLs, without padding.
pub(crate) fn base64url(bytes: &[u8]) -> String {
    Base64UrlUnpadded::encode_string(bytes)
}

/// Reads base64 of URLs. Only the one form that [`base64url`] writes is accepted: no padding, no set bits after the end.
pub(crate) fn from_base64url(text: &str) -> Option<Vec<u8>> {
    let bytes = Base64UrlUnpadded::decode_vec(text).ok()?;
    (base64url(&bytes) == text).then_some(bytes)
}

/// Returns a short fingerprint for entity tags, of 64 bits and the length. Not for secrets: nobody gains by a collision with an answer of ours.
///
/// Eight bytes at a time: one at a time, an answer of some kilobytes took as long as all else that is done with it.
pub(crate) fn fingerprint(bytes: &[u8]) -> String {
    // The finish of SplitMix64: each bit of the word changes half of the bits of the result.
    let mix = |hash: u64, word: u64| {
        let hash = (hash ^ word).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        hash ^ (hash >> 31)
    };
    let (words, rest) = bytes.as_chunks::<8>();
    let hash = words.iter().fold(0x9e37_79b9_7f4a_7c15, |hash, word| mix(hash, u64::from_le_bytes(*word)));
    let mut last = [0; 8];
    last[..rest.len()].copy_from_slice(rest);
    format!("{:016x}{:x}", mix(hash, u64::from_le_bytes(last)), bytes.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_agree_with_their_standards() {
        assert_eq!(hex(&sha256(b"abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        // RFC 4231, case 2.
        let mac = hmac_sha256(b"Jefe", b"what do ya want for nothing?");
        assert_eq!(hex(&mac), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    }

    #[test]
    fn fingerprints_tell_texts_apart_that_differ_a_little() {
        let text: Vec<u8> = (0..=40).collect();
        let mut seen: std::collections::BTreeSet<String> =
            (0..text.len()).map(|len| fingerprint(&text[..len])).collect();
        for at in 0..text.len() {
            for bit in 0..8 {
                let mut other = text.clone();
                other[at] ^= 1 << bit;
                seen.insert(fingerprint(&other));
            }
        }
        let swapped: Vec<u8> = text[8..16].iter().chain(&text[..8]).chain(&text[16..]).copied().collect();
        seen.extend([fingerprint(&text), fingerprint(&swapped)]);
        assert_eq!(seen.len(), text.len() + text.len() * 8 + 2);
        assert_eq!(fingerprint(&text), fingerprint(&text.clone()));
    }

    #[test]
    fn only_canonical_base64_is_read() {
        assert_eq!(from_base64url("-_8"), Some(vec![0xfb, 0xff]));
        for text in ["-_9", "-_8=", "+/8", "-_8 ", "-_8\n", "a"] {
            assert_eq!(from_base64url(text), None, "{text:?}");
        }
    }

    #[test]
    fn comparison_sees_length_and_every_byte() {
        assert!(equal(b"abc", b"abc") && equal(b"", b""));
        assert!(!equal(b"abc", b"abd") && !equal(b"abc", b"ab") && !equal(b"bbc", b"abc"));
    }
}
