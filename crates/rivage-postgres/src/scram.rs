//! SCRAM-SHA-256 without channel binding (RFC 5802, RFC 7677), as PostgreSQL wants it.
//!
//! In: a password, a nonce, what the server says. Out: what it is answered, and whether it knows the password, too. postgres-protocol's own needs the system's
//! random numbers, and hashes twice as much: here the key is set up once, which is half of what a connection costs a Worker.
//! Deliberately not here: user names, which PostgreSQL takes from the start-up message; `SCRAM-SHA-256-PLUS`.

use base64ct::{Base64, Encoding};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

/// The mechanism's name.
pub(crate) const MECHANISM: &str = "SCRAM-SHA-256";

/// More rounds than anybody asks for in earnest: the server chooses them, and each costs this program time.
const MAX_ROUNDS: u32 = 100_000;

/// No channel binding, in base64 as the answer repeats it: `n,,`.
const NO_BINDING: &str = "biws";

/// The first message is sent.
pub(crate) struct First {
    nonce: String,
    password: Vec<u8>,
}

/// The proof is sent; the server's is to come.
pub(crate) struct Last {
    server_key: Hmac<Sha256>,
    messages: String,
}

impl First {
    /// Starts, with random bytes.
    pub(crate) fn new(password: &str, nonce: &[u8]) -> Result<Self, String> {
        Self::with_nonce(password, Base64::encode_string(nonce))
    }

    fn with_nonce(password: &str, nonce: String) -> Result<Self, String> {
        Ok(Self { nonce, password: prepare(password)? })
    }

    /// Returns the first message.
    pub(crate) fn message(&self) -> String {
        format!("n,,n=,r={}", self.nonce)
    }

    /// Reads the server's first message; returns the proof.
    pub(crate) fn answer(self, message: &[u8]) -> Result<(Last, String), String> {
        let message = text(message)?;
        let mut fields = message.split(',');
        let nonce = field(fields.next(), "r=")?;
        let salt = field(fields.next(), "s=")?;
        let rounds = field(fields.next(), "i=")?;
        if !nonce.starts_with(&self.nonce) || nonce.len() == self.nonce.len() {
            return Err("the server's nonce does not continue the client's".to_owned());
        }
        let salt = Base64::decode_vec(salt).map_err(|_| "the server's salt is no base64".to_owned())?;
        let rounds = rounds.parse().ok().filter(|rounds| *rounds > 0);
        let rounds: u32 = rounds.ok_or("the server's number of rounds is no number")?;
        if rounds > MAX_ROUNDS {
            return Err(format!("the server asks for {rounds} rounds of hashing, more than {MAX_ROUNDS}"));
        }

        let salted = salted(&self.password, &salt, rounds);
        let client_key = keyed(&salted).chain_update(b"Client Key").finalize().into_bytes();
        let server_key = keyed(&salted).chain_update(b"Server Key").finalize().into_bytes();
        let stored_key = Sha256::digest(client_key);
        let last = format!("c={NO_BINDING},r={nonce}");
        let messages = format!("n=,r={},{message},{last}", self.nonce);
        let signature = keyed(&stored_key).chain_update(messages.as_bytes()).finalize().into_bytes();
        let mut proof = client_key;
        for (byte, mask) in proof.iter_mut().zip(signature) {
            *byte ^= mask;
        }
        let answer = format!("{last},p={}", Base64::encode_string(&proof));
        Ok((Last { server_key: keyed(&server_key), messages }, answer))
    }
}

impl Last {
    /// Reads the server's proof that it knows the password, too.
    pub(crate) fn verify(self, message: &[u8]) -> Result<(), String> {
        let message = text(message)?;
        if let Some(error) = message.strip_prefix("e=") {
            return Err(format!("the server says `{error}`"));
        }
        let proof = field(message.split(',').next(), "v=")?;
        let proof = Base64::decode_vec(proof).map_err(|_| "the server's proof is no base64".to_owned())?;
        self.server_key
            .chain_update(self.messages.as_bytes())
            .verify_slice(&proof)
            .map_err(|_| "the server does not know the password: it may be another one than it seems".to_owned())
    }
}

/// PBKDF2 with one block.
fn salted(password: &[u8], salt: &[u8], rounds: u32) -> [u8; 32] {
    let key = keyed(password);
    let mut last = key.clone().chain_update(salt).chain_update([0, 0, 0, 1]).finalize().into_bytes();
    let mut sum = last;
    for _ in 1..rounds {
        last = key.clone().chain_update(last).finalize().into_bytes();
        for (sum, last) in sum.iter_mut().zip(last) {
            *sum ^= last;
        }
    }
    sum.into()
}

fn keyed(key: &[u8]) -> Hmac<Sha256> {
    Hmac::new_from_slice(key).expect("a key of any length will do")
}

fn text(message: &[u8]) -> Result<&str, String> {
    std::str::from_utf8(message).map_err(|_| "the server's message is no UTF-8".to_owned())
}

fn field<'a>(field: Option<&'a str>, name: &str) -> Result<&'a str, String> {
    let value = field.and_then(|field| field.strip_prefix(name));
    value.ok_or_else(|| format!("the server's message lacks `{name}…` at its place"))
}

/// PostgreSQL takes a password as it is where SASLprep refuses it.
#[cfg(feature = "saslprep")]
fn prepare(password: &str) -> Result<Vec<u8>, String> {
    Ok(stringprep::saslprep(password).map_or(password.as_bytes().to_vec(), |prepared| prepared.as_bytes().to_vec()))
}

#[cfg(not(feature = "saslprep"))]
fn prepare(password: &str) -> Result<Vec<u8>, String> {
    if password.is_ascii() {
        return Ok(password.as_bytes().to_vec());
    }
    Err("this program was built without the tables for passwords that have characters outside ASCII".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    // RFC 7677 section 3, but with an empty user name as PostgreSQL has it; the proofs were computed with Python's hashlib.
    const NONCE: &str = "rOprNGfwEbeRWgbNEkqO";
    const SERVER_FIRST: &str = "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096";
    const PROOF: &str = "qvT2SWdEH5Q06albL+hjSYuUhCG7VndFyzIb7CK4n9k=";
    const SERVER_FINAL: &str = "v=3HO6Qt1M4MKJrmlKaoOqLAI0/0TV0HZe7J9H3MBtSOg=";

    fn first() -> First {
        First::with_nonce("pencil", NONCE.to_owned()).unwrap()
    }

    #[test]
    fn an_exchange_succeeds() {
        assert_eq!(first().message(), format!("n,,n=,r={NONCE}"));
        let (last, answer) = first().answer(SERVER_FIRST.as_bytes()).unwrap();
        assert_eq!(answer, format!("c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p={PROOF}"));
        last.verify(SERVER_FINAL.as_bytes()).unwrap();
    }

    #[test]
    fn the_key_is_that_of_the_rfc() {
        // RFC 7677 publishes no salted password; this is PBKDF2-HMAC-SHA-256 of its password, salt and rounds.
        let salt = Base64::decode_vec("W22ZaJ0SNY7soEsUEjb6gQ==").unwrap();
        let key = salted(b"pencil", &salt, 4096);
        assert_eq!(Base64::encode_string(&key), "xKSVEDI6tPlSysH6mUQZOeeOp01r6B3fcJbodRPcYV0=");
    }

    #[test]
    fn a_server_that_lies_is_refused() {
        let cases = [
            ("", "lacks `r=…`"),
            ("r=other,s=AAAA,i=1", "does not continue"),
            ("r=rOprNGfwEbeRWgbNEkqO,s=AAAA,i=1", "does not continue"),
            ("r=rOprNGfwEbeRWgbNEkqOx,s=?,i=1", "no base64"),
            ("r=rOprNGfwEbeRWgbNEkqOx,s=AAAA,i=0", "no number"),
            ("r=rOprNGfwEbeRWgbNEkqOx,s=AAAA,i=-1", "no number"),
            ("r=rOprNGfwEbeRWgbNEkqOx,s=AAAA,i=4000000000", "more than 100000"),
            ("r=rOprNGfwEbeRWgbNEkqOx,s=AAAA", "lacks `i=…`"),
        ];
        for (message, problem) in cases {
            let refused = first().answer(message.as_bytes()).err().unwrap();
            assert!(refused.contains(problem), "{message}: {refused}");
        }
        assert!(first().answer(b"\xff").is_err());

        for message in ["v=AAAA", "v=?", "e=other-error", "", "\u{fffd}"] {
            let (last, _) = first().answer(SERVER_FIRST.as_bytes()).unwrap();
            assert!(last.verify(message.as_bytes()).is_err(), "{message}");
        }
    }

    #[cfg(feature = "saslprep")]
    #[test]
    fn passwords_are_prepared() {
        // RFC 4013 section 3: a soft hyphen goes, a Roman numeral becomes letters; what is prohibited is left alone.
        assert_eq!(prepare("I\u{ad}X").unwrap(), b"IX");
        assert_eq!(prepare("\u{2168}").unwrap(), b"IX");
        assert_eq!(prepare("\u{7}").unwrap(), b"\x07");
    }

    #[cfg(not(feature = "saslprep"))]
    #[test]
    fn without_tables_other_passwords_are_refused() {
        assert_eq!(prepare("pencil").unwrap(), b"pencil");
        assert!(prepare("cr\u{e8}me").unwrap_err().contains("outside ASCII"));
    }
}
