//! Where errors are reported to: a DSN of Sentry, or of what speaks its protocol.

/// A DSN, taken apart.
#[derive(Clone, PartialEq, Eq)]
pub struct Dsn {
    /// Where envelopes go.
    pub(super) url: String,
    /// The public key.
    pub(super) key: String,
}

impl std::fmt::Debug for Dsn {
    /// Who has the key can fill the project with noise.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Dsn({}, …)", self.url)
    }
}

impl Dsn {
    /// Reads `https://KEY@HOST/PROJECT`.
    ///
    /// # Errors
    ///
    /// What it has to look like.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        const MUST: &str = "has to be `https://KEY@HOST/PROJECT`, as Sentry shows it";
        let (scheme, rest) = text.trim().split_once("://").ok_or(MUST)?;
        let (key, place) = rest.split_once('@').ok_or(MUST)?;
        // Older ones have a secret behind the key, which nobody needs any more.
        let key = key.split(':').next().unwrap_or_default();
        let (base, project) = place.rsplit_once('/').ok_or(MUST)?;
        let is_word = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
        let is_place =
            !base.starts_with('/') && base.bytes().all(|byte| byte.is_ascii_graphic() && !b"?#@\\".contains(&byte));
        if !matches!(scheme, "https" | "http") || !is_word(key) || !is_word(project) || base.is_empty() || !is_place {
            return Err(MUST);
        }
        Ok(Self { url: format!("{scheme}://{base}/api/{project}/envelope/"), key: key.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dsn_names_an_endpoint() {
        let url = |text| Dsn::parse(text).map(|dsn| dsn.url);
        assert_eq!(
            url("https://abc@o1.ingest.sentry.io/42").as_deref(),
            Ok("https://o1.ingest.sentry.io/api/42/envelope/")
        );
        assert_eq!(
            url("http://abc:old@localhost:9000/below/7").as_deref(),
            Ok("http://localhost:9000/below/api/7/envelope/")
        );
        for text in [
            "",
            "abc",
            "https://host/1",
            "https://@host/1",
            "https://a@/1",
            "https://a@host",
            "ftp://a@host/1",
            "https://a@host/1?x",
            "https://a b@host/1",
        ] {
            assert!(Dsn::parse(text).is_err(), "{text}");
        }
        assert!(!format!("{:?}", Dsn::parse("https://abc@host/1")).contains("abc"));
    }
}
