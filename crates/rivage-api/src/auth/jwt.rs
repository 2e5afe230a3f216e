//! Signed tokens: JWS in compact form, EdDSA or HS256.
//!
//! Strict where the standards leave a choice, because every freedom of a token's header was somebody's hole once: a key has one algorithm
//! (RFC 8725, 3.1) and is found by `kid` in a table, nothing else; `alg`, `typ` and `kid` are required and no other header is known; base64 has one
//! form; keys of objects stand once; dates are integers; issuer and audience are required; an access token is no refresh token, by `typ`.
//!
//! In: text, keys, the time. Out: [`Claims`]. Deliberately not here: RSA and P-256, nested and encrypted tokens, keys by URL.

use std::collections::BTreeMap;

use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use serde_json::{Map, Value};

use crate::crypto;
use crate::http::json;
use crate::manifest::{AuthSettings, Bounds};

/// The `typ` of access tokens (RFC 9068).
pub const ACCESS: &str = "at+jwt";

/// The most bytes of a token.
const MOST_BYTES: usize = 4096;

/// A key with its one algorithm.
#[derive(Clone)]
pub enum Key {
    /// HS256: signs and checks.
    Hmac(Vec<u8>),
    /// EdDSA: signs and checks.
    Ed25519(Box<SigningKey>),
    /// EdDSA: checks only.
    Ed25519Public(Box<VerifyingKey>),
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Key({})", self.alg())
    }
}

impl Key {
    fn alg(&self) -> &'static str {
        match self {
            Self::Hmac(_) => "HS256",
            Self::Ed25519(_) | Self::Ed25519Public(_) => "EdDSA",
        }
    }

    /// Reads a key as it stands in a secret: `hs256:…`, `ed25519:…` (32 bytes of seed) or `ed25519-public:…`, in base64 of URLs.
    pub fn parse(text: &str) -> Option<Self> {
        let (kind, bytes) = text.trim().split_once(':')?;
        let bytes = crypto::from_base64url(bytes)?;
        match kind {
            // A shorter key than the digest is weaker than the algorithm promises (RFC 7518, 3.2).
            "hs256" => (bytes.len() >= 32).then_some(Self::Hmac(bytes)),
            "ed25519" => Some(Self::Ed25519(Box::new(SigningKey::from_bytes(&bytes.try_into().ok()?)))),
            "ed25519-public" => {
                let key = VerifyingKey::from_bytes(&bytes.try_into().ok()?).ok()?;
                (!key.is_weak()).then(|| Self::Ed25519Public(Box::new(key)))
            }
            _ => None,
        }
    }
}

/// The keys by `kid`. The first that can sign signs; the others still check, until their tokens have run out: so keys are rotated.
#[derive(Clone, Debug, Default)]
pub struct Keys {
    keys: BTreeMap<String, Key>,
    signing: Option<String>,
}

impl Keys {
    /// Adds a key. A `kid` that is there already keeps its key.
    pub fn add(&mut self, kid: &str, key: Key) {
        let can_sign = !matches!(key, Key::Ed25519Public(_));
        if self.signing.is_none() && can_sign {
            self.signing = Some(kid.to_owned());
        }
        self.keys.entry(kid.to_owned()).or_insert(key);
    }

    /// Reads keys as they stand in a secret, one in a line: `kid key`.
    ///
    /// # Errors
    ///
    /// Names the line that is wrong; never its content.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut keys = Self::default();
        for (index, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
            let key = line.trim().split_once(' ').and_then(|(kid, key)| Some((kid, Key::parse(key)?)));
            let Some((kid, key)) = key else {
                return Err(format!("line {} of the keys is not `kid algorithm:key`", index + 1));
            };
            if keys.keys.contains_key(kid) {
                return Err(format!("line {} of the keys has a `kid` that stands above", index + 1));
            }
            keys.add(kid, key);
        }
        Ok(keys)
    }

    /// Reports whether tokens can be made.
    pub fn can_sign(&self) -> bool {
        self.signing.is_some()
    }
}

/// What a token says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claims {
    /// The account.
    pub sub: String,
    /// Its role.
    pub role: String,
}

/// A token that was checked: what it says, and when it says it. The rest never changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Checked {
    pub(crate) claims: Claims,
    exp: u64,
    nbf: Option<u64>,
    iat: u64,
}

/// Why a token is refused. For logs; a client is told nothing but that it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// It is not three segments of canonical base64 with JSON objects.
    Form,
    /// Its header says something that we do not do.
    Header,
    /// No key has this `kid`, or that key has another algorithm.
    Key,
    /// The signature is another one.
    Signature,
    /// A claim is missing or of the wrong type.
    Claims,
    /// It is for another issuer or audience.
    Audience,
    /// It is too old, or not valid yet.
    Time,
}

/// Makes an access token.
pub fn sign(keys: &Keys, settings: &AuthSettings, claims: &Claims, id: &str, now: u64) -> Option<String> {
    let kid = keys.signing.as_ref()?;
    let key = keys.keys.get(kid)?;
    let header = serde_json::json!({"alg": key.alg(), "typ": ACCESS, "kid": kid});
    let body = serde_json::json!({
        "iss": settings.issuer,
        "aud": settings.audience,
        "sub": claims.sub,
        "role": claims.role,
        "jti": id,
        "iat": now,
        "exp": now + u64::from(settings.access_ttl),
    });
    let signed = format!(
        "{}.{}",
        crypto::base64url(header.to_string().as_bytes()),
        crypto::base64url(body.to_string().as_bytes())
    );
    let signature = match key {
        Key::Hmac(secret) => crypto::hmac_sha256(secret, signed.as_bytes()).to_vec(),
        Key::Ed25519(key) => key.sign(signed.as_bytes()).to_bytes().to_vec(),
        Key::Ed25519Public(_) => return None,
    };
    Some(format!("{signed}.{}", crypto::base64url(&signature)))
}

/// Checks an access token; `now` in seconds.
///
/// # Errors
///
/// When anything about it is not exactly as [`sign`] writes it.
pub fn verify(token: &str, keys: &Keys, settings: &AuthSettings, now: u64) -> Result<Claims, Refused> {
    let checked = check(token, keys, settings)?;
    checked.check_time(settings, now)?;
    Ok(checked.claims)
}

/// Checks all of a token but its time.
pub(crate) fn check(token: &str, keys: &Keys, settings: &AuthSettings) -> Result<Checked, Refused> {
    if token.len() > MOST_BYTES {
        return Err(Refused::Form);
    }
    let mut segments = token.split('.');
    let (Some(header), Some(body), Some(signature), None) =
        (segments.next(), segments.next(), segments.next(), segments.next())
    else {
        return Err(Refused::Form);
    };
    let (head, claims) = (object(header)?, object(body)?);
    let signature = crypto::from_base64url(signature).ok_or(Refused::Form)?;
    let (alg, typ, kid) = (text(&head, "alg"), text(&head, "typ"), text(&head, "kid"));
    // `crit`, `jku`, `jwk`, `x5u` and all that may come: a header with more than these three asks for something that we do not do.
    if head.len() != 3 || typ != Some(ACCESS) {
        return Err(Refused::Header);
    }
    let (Some(alg), Some(kid)) = (alg, kid) else { return Err(Refused::Header) };
    let key = keys.keys.get(kid).filter(|key| key.alg() == alg).ok_or(Refused::Key)?;
    let signed = &token.as_bytes()[..header.len() + 1 + body.len()];
    if !is_signed(key, signed, &signature) {
        return Err(Refused::Signature);
    }
    check_claims(&claims, settings)
}

fn object(segment: &str) -> Result<Map<String, Value>, Refused> {
    let bytes = crypto::from_base64url(segment).ok_or(Refused::Form)?;
    let bounds = Bounds { depth: 3, keys: 30, values: 60, ..Bounds::default() };
    match json::parse(&bytes, &bounds) {
        Ok(Value::Object(map)) => Ok(map),
        _ => Err(Refused::Form),
    }
}

fn text<'m>(map: &'m Map<String, Value>, key: &str) -> Option<&'m str> {
    map.get(key)?.as_str()
}

fn is_signed(key: &Key, signed: &[u8], signature: &[u8]) -> bool {
    let ed25519 = |key: &VerifyingKey| {
        Signature::from_slice(signature).is_ok_and(|signature| key.verify_strict(signed, &signature).is_ok())
    };
    match key {
        Key::Hmac(secret) => crypto::equal(&crypto::hmac_sha256(secret, signed), signature),
        Key::Ed25519(key) => ed25519(&key.verifying_key()),
        Key::Ed25519Public(key) => ed25519(key),
    }
}

fn check_claims(claims: &Map<String, Value>, settings: &AuthSettings) -> Result<Checked, Refused> {
    // `as_u64` refuses strings, fractions, negative numbers and what is beyond 64 bits: all of them were accepted somewhere.
    let date = |key: &str| claims.get(key).map(|value| value.as_u64().ok_or(Refused::Claims)).transpose();
    let (exp, nbf, iat) = (date("exp")?.ok_or(Refused::Claims)?, date("nbf")?, date("iat")?.ok_or(Refused::Claims)?);
    let (Some(sub), Some(role)) = (text(claims, "sub"), text(claims, "role")) else { return Err(Refused::Claims) };
    if sub.is_empty() || sub.len() > 200 || role.len() > 63 {
        return Err(Refused::Claims);
    }
    let audience = match claims.get("aud") {
        Some(Value::String(audience)) => *audience == settings.audience,
        Some(Value::Array(all)) => all.iter().any(|audience| audience.as_str() == Some(&settings.audience)),
        _ => false,
    };
    if text(claims, "iss") != Some(&settings.issuer) || !audience {
        return Err(Refused::Audience);
    }
    Ok(Checked { claims: Claims { sub: sub.to_owned(), role: role.to_owned() }, exp, nbf, iat })
}

impl Checked {
    /// Checks the time; `now` in seconds.
    pub(crate) fn check_time(&self, settings: &AuthSettings, now: u64) -> Result<(), Refused> {
        let leeway = u64::from(settings.leeway);
        let early = |date: u64| date > now.saturating_add(leeway);
        if now >= self.exp.saturating_add(leeway) || early(self.iat) || self.nbf.is_some_and(early) {
            return Err(Refused::Time);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
