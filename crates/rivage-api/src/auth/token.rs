//! Opaque tokens of sessions and refreshes: 256 random bits for the client, their SHA-256 for the database.

use crate::crypto;

/// A token as the client has it.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl std::fmt::Debug for Token {
    /// A token in a log is a session given away.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Token(…)")
    }
}

impl Token {
    /// Makes a token of random bytes.
    pub fn new(random: [u8; 32]) -> Self {
        Self(crypto::base64url(&random))
    }

    /// Reads a token; only what [`Token::new`] could have written is one.
    pub fn parse(text: &str) -> Option<Self> {
        (text.len() == 43 && crypto::from_base64url(text)?.len() == 32).then(|| Self(text.to_owned()))
    }

    /// Returns what the client keeps.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns what the database keeps, as it writes `bytea`. Without a salt: 256 random bits have no dictionary.
    pub fn hash(&self) -> String {
        format!("\\x{}", crypto::hex(&crypto::sha256(self.0.as_bytes())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_form_is_a_token() {
        let token = Token::new([0xa5; 32]);
        assert_eq!(Token::parse(token.as_str()), Some(token.clone()));
        assert_eq!(token.hash().len(), 2 + 64);
        assert!(!format!("{token:?}").contains(token.as_str()));
        let padded = format!("{}=", token.as_str());
        let short = &token.as_str()[1..];
        let spaced = format!(" {}", short);
        for text in [padded.as_str(), short, &spaced, "", &"'".repeat(43)] {
            assert_eq!(Token::parse(text), None, "{text}");
        }
    }
}
