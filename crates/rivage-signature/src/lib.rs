//! Signatures of requests to S3, version 4: what R2 and its like check.
//!
//! In: a request's method, host, path, query and time, a secret. Out: the headers that sign it, or a URL that carries its signature. Nothing of a
//! platform: no clock, no I/O. Deliberately not here: encoding of paths and queries ([`encode`] is all there is), and sending.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

/// Who signs.
#[derive(Clone)]
pub struct Signer {
    /// The id of the key.
    pub key: String,
    /// The secret.
    pub secret: String,
    /// The region; R2 has `auto`.
    pub region: String,
}

impl fmt::Debug for Signer {
    /// A secret in a log is a bucket given away.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signer({}, …, {})", self.key, self.region)
    }
}

/// A request to be signed.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// The method.
    pub method: &'a str,
    /// The host, with its port where it is no usual one.
    pub host: &'a str,
    /// The path, encoded.
    pub path: &'a str,
    /// Seconds since 1970.
    pub time: u64,
}

impl Signer {
    /// Returns date and signature, the values of `x-amz-date` and `Authorization`. `query` is sorted and encoded, `body` the hash of the body.
    pub fn sign(&self, request: &Request<'_>, query: &str, body: &str) -> (String, String) {
        let (day, stamp) = times(request.time);
        let headers = [("host", request.host), ("x-amz-content-sha256", body), ("x-amz-date", &stamp)];
        let (signed, signature) = self.signature(request, query, &headers, body);
        let credential = self.credential(&day);
        (stamp, format!("AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders={signed}, Signature={signature}"))
    }

    /// Returns the query of a URL that is good for some seconds. `headers` have to be sent exactly so; their names are in lower case, and sorted.
    pub fn presign(&self, request: &Request<'_>, headers: &[(&str, &str)], seconds: u32) -> String {
        let (day, stamp) = times(request.time);
        let mut headers: Vec<(&str, &str)> = headers.iter().copied().chain([("host", request.host)]).collect();
        headers.sort_unstable();
        let names: Vec<&str> = headers.iter().map(|(name, _)| *name).collect();
        let query = format!(
            "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential={}&X-Amz-Date={stamp}&X-Amz-Expires={seconds}&X-Amz-SignedHeaders={}",
            encode(&self.credential(&day), false),
            encode(&names.join(";"), false),
        );
        let (_, signature) = self.signature(request, &query, &headers, "UNSIGNED-PAYLOAD");
        format!("{query}&X-Amz-Signature={signature}")
    }

    fn credential(&self, day: &str) -> String {
        format!("{}/{day}/{}/s3/aws4_request", self.key, self.region)
    }

    fn signature(&self, request: &Request<'_>, query: &str, headers: &[(&str, &str)], body: &str) -> (String, String) {
        let (day, stamp) = times(request.time);
        let signed: Vec<&str> = headers.iter().map(|(name, _)| *name).collect();
        let signed = signed.join(";");
        let headers: String = headers.iter().map(|(name, value)| format!("{name}:{}\n", value.trim())).collect();
        let canonical = format!("{}\n{}\n{query}\n{headers}\n{signed}\n{body}", request.method, request.path);
        let scope = format!("{day}/{}/s3/aws4_request", self.region);
        let text = format!("AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{}", hex(&Sha256::digest(canonical.as_bytes())));
        let mut key = format!("AWS4{}", self.secret).into_bytes();
        for part in [day.as_str(), &self.region, "s3", "aws4_request"] {
            key = mac(&key, part.as_bytes());
        }
        (signed, hex(&mac(&key, text.as_bytes())))
    }
}

fn mac(key: &[u8], bytes: &[u8]) -> Vec<u8> {
    // HMAC takes keys of any length; the error exists for other MACs.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return Vec::new() };
    mac.update(bytes);
    mac.finalize().into_bytes().to_vec()
}

/// Writes bytes as lower-case hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Encodes a text for a path, whose `/` stay, or for a query.
pub fn encode(text: &str, is_path: bool) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) || (is_path && byte == b'/') {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

/// Returns `20261123` and `20261123T120000Z`.
fn times(time: u64) -> (String, String) {
    let (days, seconds) = (time / 86_400, time % 86_400);
    let (year, month, day) = date(days);
    let day = format!("{year:04}{month:02}{day:02}");
    let stamp = format!("{day}T{:02}{:02}{:02}Z", seconds / 3_600, seconds / 60 % 60, seconds % 60);
    (day, stamp)
}

/// Turns days since 1970 into a date of the Gregorian calendar.
pub fn date(days: u64) -> (u64, u64, u64) {
    // Eras of 400 years that begin on 1 March, so that a leap day is the last of its year.
    let days = days + 719_468;
    let (era, of_era) = (days / 146_097, days % 146_097);
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (era * 400 + year + u64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signer() -> Signer {
        Signer {
            key: "AKIAIOSFODNN7EXAMPLE".to_owned(),
            secret: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY".to_owned(),
            region: "us-east-1".to_owned(),
        }
    }

    #[test]
    fn dates() {
        assert_eq!(times(0).1, "19700101T000000Z");
        assert_eq!(times(951_782_400).1, "20000229T000000Z");
        assert_eq!(times(951_868_800).1, "20000301T000000Z");
        assert_eq!(times(1_369_353_600).1, "20130524T000000Z");
        assert_eq!(times(1_795_435_199).1, "20261123T115959Z");
        assert_eq!(times(1_798_761_599).1, "20261231T235959Z");
    }

    /// The example of Amazon's documentation, "Authenticating Requests: Using Query Parameters".
    #[test]
    fn a_signed_url_is_that_of_the_documentation() {
        let host = "examplebucket.s3.amazonaws.com";
        let request = Request { method: "GET", host, path: "/test.txt", time: 1_369_353_600 };
        let query = signer().presign(&request, &[], 86_400);
        assert_eq!(
            query,
            "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request\
             &X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host\
             &X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404"
        );
    }

    /// The example "GET Bucket Lifecycle" of "Authenticating Requests: Using the Authorization Header".
    #[test]
    fn signed_headers_are_those_of_the_documentation() {
        let empty = hex(&Sha256::digest(b""));
        let host = "examplebucket.s3.amazonaws.com";
        let request = Request { method: "GET", host, path: "/", time: 1_369_353_600 };
        let (date, authorization) = signer().sign(&request, "lifecycle=", &empty);
        assert_eq!(date, "20130524T000000Z");
        assert_eq!(
            authorization,
            "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, \
             SignedHeaders=host;x-amz-content-sha256;x-amz-date, \
             Signature=fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"
        );
    }

    #[test]
    fn secrets_do_not_show() {
        assert!(!format!("{:?}", signer()).contains("wJalr"));
    }

    #[test]
    fn texts_are_encoded_as_amazon_wants_it() {
        assert_eq!(encode("a b/ü~*", true), "a%20b/%C3%BC~%2A");
        assert_eq!(encode("a/b", false), "a%2Fb");
    }
}
