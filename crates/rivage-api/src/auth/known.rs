//! Signed tokens that were checked not long ago: a client sends the same one with every request while it holds.
//!
//! In: a token, keys, the time. Out: what [`super::jwt::verify`] would answer. Found again are only the text, its signature and all claims exactly as they
//! were; its time is looked at each time. Deliberately not here: tokens that were refused, which cost whoever sends them as much as before.

use std::collections::{BTreeMap, VecDeque};

use super::jwt::{self, Checked, Claims, Keys, Refused};
use crate::crypto;
use crate::manifest::AuthSettings;

/// The most tokens that are remembered; of 4 KiB at most, they are a megabyte.
const MOST: usize = 256;

/// What an instance remembers of tokens: by what was signed, of which nothing is secret, the signature and what it says. The oldest go first.
#[derive(Debug, Default)]
pub(crate) struct Known {
    tokens: BTreeMap<Box<str>, (Box<str>, Checked)>,
    order: VecDeque<Box<str>>,
}

impl Known {
    /// Checks an access token; `now` in seconds. Keys and settings have to be the same each time.
    ///
    /// # Errors
    ///
    /// Those of [`jwt::verify`].
    pub(crate) fn verify(
        &mut self,
        token: &str,
        keys: &Keys,
        settings: &AuthSettings,
        now: u64,
    ) -> Result<Claims, Refused> {
        let (signed, signature) = token.rsplit_once('.').ok_or(Refused::Form)?;
        if let Some((known, checked)) = self.tokens.get(signed)
            // As if it had been computed: the time that it takes must not tell how much of a guess is right.
            && crypto::equal(known.as_bytes(), signature.as_bytes())
        {
            checked.check_time(settings, now)?;
            return Ok(checked.claims.clone());
        }
        let checked = jwt::check(token, keys, settings)?;
        checked.check_time(settings, now)?;
        let claims = checked.claims.clone();
        self.remember(signed, signature, checked);
        Ok(claims)
    }

    fn remember(&mut self, signed: &str, signature: &str, checked: Checked) {
        if self.order.len() == MOST
            && let Some(oldest) = self.order.pop_front()
        {
            self.tokens.remove(&oldest);
        }
        // An algorithm that signs the same text in two ways would only replace the first.
        if self.tokens.insert(signed.into(), (signature.into(), checked)).is_none() {
            self.order.push_back(signed.into());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::jwt::Key;

    const NOW: u64 = 1_800_000_000;

    fn keys() -> Keys {
        let mut keys = Keys::default();
        keys.add("hs", Key::Hmac(vec![9; 32]));
        keys
    }

    fn token(sub: &str, now: u64) -> String {
        let claims = Claims { sub: sub.to_owned(), role: "member".to_owned() };
        jwt::sign(&keys(), &AuthSettings::default(), &claims, "id", now).expect("there is a key")
    }

    fn verify(known: &mut Known, token: &str, now: u64) -> Result<String, Refused> {
        known.verify(token, &keys(), &AuthSettings::default(), now).map(|claims| claims.sub)
    }

    #[test]
    fn a_token_says_the_same_again_until_its_time_is_over() {
        let (mut known, settings) = (Known::default(), AuthSettings::default());
        let token = token("42", NOW);
        let end = NOW + u64::from(settings.access_ttl) + u64::from(settings.leeway);
        for now in [NOW, NOW + 1, end - 1] {
            assert_eq!(verify(&mut known, &token, now), Ok("42".to_owned()));
        }
        assert_eq!(known.tokens.len(), 1);
        assert_eq!(verify(&mut known, &token, end), Err(Refused::Time));
        assert_eq!(verify(&mut known, &token, NOW - 1000), Err(Refused::Time), "a clock that went back");
    }

    #[test]
    fn what_differs_from_a_known_token_is_checked_in_full() {
        let mut known = Known::default();
        let token = token("42", NOW);
        assert!(verify(&mut known, &token, NOW).is_ok());
        let (signed, signature) = token.rsplit_once('.').expect("a token");
        let mut other = signature.to_owned();
        other.replace_range(..1, if signature.starts_with('A') { "B" } else { "A" });
        for (forged, refused) in [
            (format!("{signed}.{other}"), Refused::Signature),
            (format!("{signed}."), Refused::Signature),
            (format!("{signed}.{signature}="), Refused::Form),
            (format!("{token}.{signature}"), Refused::Form),
            (signed.to_owned(), Refused::Form),
            (token.replace('.', ""), Refused::Form),
        ] {
            assert_eq!(verify(&mut known, &forged, NOW), Err(refused), "{forged}");
        }
        assert_eq!(known.tokens.len(), 1, "what is refused is not remembered");
    }

    #[test]
    fn the_oldest_tokens_are_forgotten() {
        let mut known = Known::default();
        for number in 0..MOST + 10 {
            assert!(verify(&mut known, &token(&number.to_string(), NOW), NOW).is_ok());
        }
        assert_eq!((known.tokens.len(), known.order.len()), (MOST, MOST));
        assert!(!known.tokens.contains_key(token("0", NOW).rsplit_once('.').expect("a token").0));
        assert_eq!(verify(&mut known, &token("0", NOW), NOW), Ok("0".to_owned()), "and checked anew");
    }
}
