//! Secrets that are exchanged while they are in use: the newest signs, the former ones still check.
//!
//! A platform's store of secrets shows nobody what it holds, so that a new key cannot be written above the old ones. Each key of a rotation is a
//! secret of its own, whose name is that of the secret and the moment at which it was made: `API_KEYS_20261129T144000Z` beside `API_KEYS`. The list
//! of names, which the store does show, is all that a rotation has to know.
//!
//! In: names. Out: those that belong to a secret, the newest first. Deliberately not here: what the secrets say ([`super::jwt`]), clocks, and when
//! an old one is dropped, which is a matter of whoever rotates.

/// Returns the names that belong to a secret, the newest first; that without a moment is the oldest.
pub fn parts<'a>(secret: &str, names: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let mut parts: Vec<&str> =
        names.into_iter().filter(|name| *name == secret || moment(secret, name).is_some()).collect();
    // Moments have one length, so that their order is that of their bytes.
    parts.sort_unstable_by(|a, b| b.cmp(a));
    parts
}

/// Returns the moment in a name: `20261129T144000Z`; none where the name is another one, or that of the secret itself.
pub fn moment<'a>(secret: &str, name: &'a str) -> Option<&'a str> {
    name.strip_prefix(secret)?.strip_prefix('_').filter(|moment| is_moment(moment))
}

/// Reports whether a text is a moment as names have it.
pub fn is_moment(text: &str) -> bool {
    text.len() == 16
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 => byte == b'T',
            15 => byte == b'Z',
            _ => byte.is_ascii_digit(),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_part_comes_first() {
        let names = [
            "API_KEYS",
            "LOG",
            "API_KEYS_20261129T144000Z",
            "API_KEYS_20270101T000000Z",
            "API_KEYS_OLD",
            "API_KEYS_20261129T1440",
            "MY_API_KEYS",
            "API_KEYS_20261129X144000Z",
        ];
        assert_eq!(
            parts("API_KEYS", names),
            ["API_KEYS_20270101T000000Z", "API_KEYS_20261129T144000Z", "API_KEYS"],
            "others of a similar name are not read"
        );
        assert_eq!(parts("MEDIA_SECRET", names), [""; 0]);
        assert_eq!(moment("API_KEYS", "API_KEYS_20261129T144000Z"), Some("20261129T144000Z"));
        assert_eq!(moment("API_KEYS", "API_KEYS"), None);
    }
}
