//! The `Cookie` header and our own `Set-Cookie`.

/// The name of the session cookie. The prefix makes browsers refuse it from other hosts, from other paths, and without TLS.
pub const SESSION: &str = "__Host-session";

/// What a `Cookie` header says of one name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found<'a> {
    /// It is not there.
    Missing,
    /// It stands once.
    Once(&'a str),
    /// It stands several times: somebody planted a second one.
    Several,
}

/// Finds a cookie by its exact name.
///
/// Names are not decoded and not trimmed of anything but spaces and tabs: what browsers guard as `__Host-` has to be exactly that here.
pub fn find<'a>(header: &'a str, name: &str) -> Found<'a> {
    let mut found = Found::Missing;
    for pair in header.split(';') {
        let Some((key, value)) = pair.trim_matches([' ', '\t']).split_once('=') else { continue };
        if key != name {
            continue;
        }
        if found != Found::Missing {
            return Found::Several;
        }
        found = Found::Once(value.strip_prefix('"').and_then(|value| value.strip_suffix('"')).unwrap_or(value));
    }
    found
}

/// Writes the session cookie, or with `seconds` 0 its removal.
pub fn session(token: &str, seconds: u32) -> String {
    format!("{SESSION}={token}; Path=/; Max-Age={seconds}; Secure; HttpOnly; SameSite=Lax")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_exact_name_counts() {
        assert_eq!(find("a=1; __Host-session=xyz; b=2", SESSION), Found::Once("xyz"));
        assert_eq!(find("__Host-session=\"xyz\"", SESSION), Found::Once("xyz"));
        for header in [
            "__host-session=x",
            "__%48ost-session=x",
            "x__Host-session=x",
            "a=__Host-session",
            "\u{a0}__Host-session=x",
            "",
            ";;=",
        ] {
            assert_eq!(find(header, SESSION), Found::Missing, "{header}");
        }
    }

    #[test]
    fn a_planted_second_cookie_is_noticed() {
        assert_eq!(find("__Host-session=a; __Host-session=b", SESSION), Found::Several);
    }
}
