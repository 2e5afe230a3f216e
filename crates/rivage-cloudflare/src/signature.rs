//! Signatures of requests to S3, version 4: what R2 checks.
//!
//! In: a request's method, path, query and time, the hash of its body, a secret. Out: the headers that sign it.

use ring::{digest, hmac};

use crate::client::Secret;

/// Who signs.
#[derive(Clone, Debug)]
pub(crate) struct Signer {
    pub(crate) key: String,
    pub(crate) secret: Secret,
    pub(crate) region: String,
}

/// Returns the lower-case hexadecimal SHA-256 of bytes.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    hex(digest::digest(&digest::SHA256, bytes).as_ref())
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

impl Signer {
    /// Returns date and signature, the values of `x-amz-date` and `Authorization`. `query` is sorted and encoded.
    pub(crate) fn sign(
        &self,
        method: &str,
        host: &str,
        path: &str,
        query: &str,
        body: &str,
        time: u64,
    ) -> (String, String) {
        let (day, stamp) = times(time);
        let headers = format!("host:{host}\nx-amz-content-sha256:{body}\nx-amz-date:{stamp}\n");
        let signed = "host;x-amz-content-sha256;x-amz-date";
        let request = format!("{method}\n{path}\n{query}\n{headers}\n{signed}\n{body}");
        let scope = format!("{day}/{}/s3/aws4_request", self.region);
        let text = format!("AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{}", sha256(request.as_bytes()));
        let mut key = format!("AWS4{}", self.secret.expose()).into_bytes();
        for part in [day.as_str(), &self.region, "s3", "aws4_request"] {
            key = hash(&key, part.as_bytes());
        }
        let signature = hex(&hash(&key, text.as_bytes()));
        let credential = format!("{}/{scope}", self.key);
        (stamp, format!("AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders={signed}, Signature={signature}"))
    }
}

fn hash(key: &[u8], bytes: &[u8]) -> Vec<u8> {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), bytes).as_ref().to_vec()
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
fn date(days: u64) -> (u64, u64, u64) {
    let is_leap = |year: u64| year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let (mut year, mut left) = (1970, days);
    loop {
        let length = if is_leap(year) { 366 } else { 365 };
        if left < length {
            break;
        }
        left -= length;
        year += 1;
    }
    let february = if is_leap(year) { 29 } else { 28 };
    let mut month = 1;
    for length in [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] {
        if left < length {
            break;
        }
        left -= length;
        month += 1;
    }
    (year, month, left + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates() {
        assert_eq!(times(0).1, "19700101T000000Z");
        assert_eq!(times(951_782_400).1, "20000229T000000Z");
        assert_eq!(times(1_369_353_600).1, "20130524T000000Z");
        assert_eq!(times(1_795_435_199).1, "20261123T115959Z");
    }

    #[test]
    fn the_key_is_derived_as_documented() {
        // The request is ours; the servers of the tests check whole requests with an implementation that is not.
        let secret = Secret::new("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY");
        let signer = Signer { key: "AKIDEXAMPLE".to_owned(), secret, region: "us-east-1".to_owned() };
        let empty = sha256(b"");
        let (_, one) = signer.sign("GET", "example.org", "/", "", &empty, 1_369_353_600);
        assert!(
            one.starts_with("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20130524/us-east-1/s3/aws4_request, "),
            "{one}"
        );
        let (_, other) = signer.sign("GET", "example.org", "/a", "", &empty, 1_369_353_600);
        assert_ne!(one, other);
        assert_eq!(empty, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    }
}
