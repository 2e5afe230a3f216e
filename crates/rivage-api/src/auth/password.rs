//! Passwords: argon2id in PHC strings.
//!
//! A hash tells its own parameters, so that they can be raised: [`verify`] says when one is to be made anew. One takes about 29 ms and 19 MiB
//! of memory in a Worker; shells run no two at a time there.

use argon2::{Algorithm, Argon2, Params, Version};
use base64ct::{Base64Unpadded, Encoding};

use crate::crypto;

/// KiB of memory: OWASP's minimum with two passes.
const MEMORY: u32 = 19 * 1024;
const PASSES: u32 = 2;

/// The fewest and the most characters of a password.
pub const LENGTH: std::ops::RangeInclusive<usize> = 8..=256;

/// What a check of a password found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is another one.
    Wrong,
    /// It is right.
    Right,
    /// It is right, and its hash is weaker than those we make now.
    Rehash,
}

/// Passwords that are tried first, whatever their length.
const COMMON: &str = include_str!("common_passwords.txt");

/// Reports why a new password cannot be used.
pub fn weakness(password: &str, email: &str) -> Option<&'static str> {
    let lower = password.to_lowercase();
    if !LENGTH.contains(&password.chars().count()) {
        Some("has to have from 8 to 256 characters")
    } else if COMMON.lines().any(|common| common == lower) {
        Some("is among the passwords that are tried first")
    } else if lower == email.to_lowercase() || lower.bytes().all(|b| b == lower.as_bytes()[0]) {
        Some("is too easy to guess")
    } else {
        None
    }
}

/// Hashes a password with a random salt.
pub fn hash(password: &str, salt: [u8; 16]) -> String {
    let out = derive(password, &salt, MEMORY, PASSES, 1).unwrap_or([0; 32]);
    format!(
        "$argon2id$v=19$m={MEMORY},t={PASSES},p=1${}${}",
        Base64Unpadded::encode_string(&salt),
        Base64Unpadded::encode_string(&out)
    )
}

/// Checks a password against a stored hash.
///
/// Without a hash — there is no such account — the same work is done for nothing, so that time does not tell.
pub fn verify(password: &str, stored: Option<&str>) -> Verdict {
    let Some(hash) = stored.and_then(Phc::parse) else {
        std::hint::black_box(derive(password, &[0; 16], MEMORY, PASSES, 1));
        return Verdict::Wrong;
    };
    match derive(password, &hash.salt, hash.memory, hash.passes, hash.lanes) {
        Some(found) if crypto::equal(&found, &hash.hash) => {
            if (hash.memory, hash.passes, hash.lanes) == (MEMORY, PASSES, 1) { Verdict::Right } else { Verdict::Rehash }
        }
        _ => Verdict::Wrong,
    }
}

fn derive(password: &str, salt: &[u8], memory: u32, passes: u32, lanes: u32) -> Option<[u8; 32]> {
    let params = Params::new(memory, passes, lanes, Some(32)).ok()?;
    let mut out = [0; 32];
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(password.as_bytes(), salt, &mut out)
        .ok()?;
    Some(out)
}

/// `$argon2id$v=19$m=19456,t=2,p=1$salt$hash`
struct Phc {
    memory: u32,
    passes: u32,
    lanes: u32,
    salt: Vec<u8>,
    hash: Vec<u8>,
}

impl Phc {
    /// Costs have an upper bound as well: a row of the database must not make a Worker run out of memory.
    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.strip_prefix("$argon2id$v=19$")?.split('$');
        let (costs, salt, hash) = (parts.next()?, parts.next()?, parts.next()?);
        let mut costs = costs.split(',');
        let mut cost = |name: &str, most: u32| {
            let number: u32 = costs.next()?.strip_prefix(name)?.strip_prefix('=')?.parse().ok()?;
            (number <= most).then_some(number)
        };
        let (memory, passes, lanes) = (cost("m", 64 * 1024)?, cost("t", 10)?, cost("p", 4)?);
        let decode = |text| Base64Unpadded::decode_vec(text).ok();
        let all_read = parts.next().is_none() && costs.next().is_none();
        all_read.then_some(Self { memory, passes, lanes, salt: decode(salt)?, hash: decode(hash)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Made with weaker costs: `derive("correct horse", "saltsaltsaltsalt", 64, 1, 1)`.
    fn weak(password: &str) -> String {
        let hash = derive(password, b"saltsaltsaltsalt", 64, 1, 1).expect("right costs");
        format!("$argon2id$v=19$m=64,t=1,p=1$c2FsdHNhbHRzYWx0c2FsdA${}", Base64Unpadded::encode_string(&hash))
    }

    #[test]
    fn a_hash_knows_its_password() {
        let stored = hash("correct horse", [7; 16]);
        assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$BwcHBwcHBwcHBwcHBwcHBw$"), "{stored}");
        assert_eq!(verify("correct horse", Some(&stored)), Verdict::Right);
        assert_eq!(verify("correct horsf", Some(&stored)), Verdict::Wrong);
    }

    #[test]
    fn weaker_hashes_are_to_be_made_anew() {
        assert_eq!(verify("correct horse", Some(&weak("correct horse"))), Verdict::Rehash);
        assert_eq!(verify("x", Some(&weak("correct horse"))), Verdict::Wrong);
    }

    #[test]
    fn nothing_but_a_right_hash_opens() {
        let right = weak("p");
        for stored in [
            "",
            "p",
            &right.replace("m=64", "m=4294967295"),
            &right.replace("t=1", "t=999"),
            &right.replace("argon2id", "argon2i"),
            &right.replace("v=19", "v=16"),
            &format!("{right}$"),
            "$argon2id$v=19$m=64,t=1,p=1$c2FsdHNhbHRzYWx0c2FsdA$",
        ] {
            assert_eq!(verify("p", Some(stored)), Verdict::Wrong, "{stored}");
        }
        assert_eq!(verify("p", None), Verdict::Wrong);
    }

    #[test]
    fn the_whole_password_counts() {
        let long = "ä".repeat(200);
        let stored = weak(&long);
        assert_eq!(verify(&long, Some(&stored)), Verdict::Rehash);
        assert_eq!(verify(&long[..398], Some(&stored)), Verdict::Wrong);
    }

    #[test]
    fn weak_passwords_are_named() {
        for (password, weak) in [
            ("short", true),
            ("password123", true),
            ("PassWord1", true),
            ("aaaaaaaaaaaa", true),
            ("me@example.com", true),
            (&"x1".repeat(129) as &str, true),
            ("correct horse", false),
            ("пароль мой ключ", false),
        ] {
            assert_eq!(weakness(password, "Me@example.com").is_some(), weak, "{password}");
        }
    }
}
