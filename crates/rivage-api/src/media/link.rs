//! Links to objects that not everybody may see: signed here, checked here, good until a moment.
//!
//! The text that is signed is `GET`, a line break, the key, a line break, the last second; by HMAC-SHA-256 with the site's secret. A program of the
//! site's that has the secret can sign links itself.

use crate::crypto;
use crate::http::url;

/// Returns the signature of a link.
fn signature(secret: &str, key: &str, expires: u64) -> String {
    crypto::base64url(&crypto::hmac_sha256(secret.as_bytes(), format!("GET\n{key}\n{expires}").as_bytes()))
}

/// Returns path and query of a link.
pub(super) fn sign(secret: &str, key: &str, expires: u64) -> String {
    let path: Vec<String> = key.split('/').map(url::encode).collect();
    format!("{}{}?expires={expires}&signature={}", super::PATH, path.join("/"), signature(secret, key, expires))
}

/// Reports whether a link is one of ours, and still good.
pub(super) fn is_good(secret: &str, key: &str, expires: Option<&str>, signed: Option<&str>, now: u64) -> bool {
    let Some((expires, signed)) = expires.and_then(|text| text.parse().ok()).zip(signed) else { return false };
    crypto::equal(signature(secret, key, expires).as_bytes(), signed.as_bytes()) && now <= expires
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_good_for_one_key_until_its_last_second() {
        let link = sign("secret", "private/ä b.pdf", 100);
        let (path, query) = link.split_once('?').expect("a query");
        assert_eq!(path, "/api/v1/media/private/%C3%A4%20b.pdf");
        let signed = query.split_once("signature=").expect("a signature").1;
        let good = |secret, key, expires, signed, now| is_good(secret, key, Some(expires), Some(signed), now);
        assert!(good("secret", "private/ä b.pdf", "100", signed, 100));
        assert!(!good("secret", "private/ä b.pdf", "100", signed, 101), "over");
        assert!(!good("secret", "private/ä b.pdf", "101", signed, 100), "another end");
        assert!(!good("secret", "private/b.pdf", "100", signed, 1), "another key");
        assert!(!good("other", "private/ä b.pdf", "100", signed, 1), "another secret");
        assert!(!good("secret", "private/ä b.pdf", "100", &signed[1..], 1));
        assert!(!is_good("secret", "private/ä b.pdf", None, Some(signed), 1));
        assert!(!is_good("secret", "private/ä b.pdf", Some("100"), None, 1));
    }
}
