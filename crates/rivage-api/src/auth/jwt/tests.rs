//! Attacks on tokens. Every one of them was a hole of a library that people trusted.

use super::*;

const NOW: u64 = 1_800_000_000;

fn settings() -> AuthSettings {
    AuthSettings::default()
}

fn keys() -> Keys {
    let mut keys = Keys::default();
    keys.add("ed", Key::Ed25519(Box::new(SigningKey::from_bytes(&[7; 32]))));
    keys.add("hs", Key::Hmac(vec![9; 32]));
    keys
}

fn claims() -> Claims {
    Claims { sub: "42".to_owned(), role: "member".to_owned() }
}

fn body() -> Value {
    serde_json::json!({"iss": "rivage", "aud": "rivage", "sub": "42", "role": "member", "iat": NOW, "exp": NOW + 60})
}

/// Signs any header and any body, as text, with the key `hs`.
fn forge(header: &str, body: &str) -> String {
    let signed = format!("{}.{}", crypto::base64url(header.as_bytes()), crypto::base64url(body.as_bytes()));
    let signature = crypto::hmac_sha256(&[9; 32], signed.as_bytes());
    format!("{signed}.{}", crypto::base64url(&signature))
}

const HEADER: &str = r#"{"alg":"HS256","typ":"at+jwt","kid":"hs"}"#;

fn check(token: &str) -> Result<Claims, Refused> {
    verify(token, &keys(), &settings(), NOW)
}

#[test]
fn what_we_sign_we_accept() {
    let token = sign(&keys(), &settings(), &claims(), "id", NOW).expect("there is a key");
    assert_eq!(check(&token), Ok(claims()));
    assert_eq!(check(&forge(HEADER, &body().to_string())), Ok(claims()));
}

#[test]
fn keys_are_rotated_by_their_order() {
    let old = sign(&keys(), &settings(), &claims(), "id", NOW).expect("there is a key");
    let seed = crypto::base64url(&[8; 32]);
    let public = crypto::base64url(SigningKey::from_bytes(&[7; 32]).verifying_key().as_bytes());
    let rotated = Keys::parse(&format!("new ed25519:{seed}\ned ed25519-public:{public}\n")).expect("right keys");
    assert_eq!(verify(&old, &rotated, &settings(), NOW), Ok(claims()), "the old key still checks");
    let new = sign(&rotated, &settings(), &claims(), "id", NOW).expect("there is a key");
    assert_eq!(verify(&new, &rotated, &settings(), NOW), Ok(claims()));
    assert_eq!(check(&new), Err(Refused::Key), "who has not the new key refuses");
    assert_eq!(
        verify(&old, &Keys::parse(&format!("new ed25519:{seed}")).expect("right"), &settings(), NOW),
        Err(Refused::Key)
    );
}

#[test]
fn wrong_keys_are_named_by_their_line_only() {
    for text in
        ["a", "a hs256:QQ", "a rsa:QQ", "a ed25519:QQ", "a ed25519-public:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"]
    {
        assert_eq!(
            Keys::parse(&format!("\n{text}")).map(|_| ()),
            Err("line 2 of the keys is not `kid algorithm:key`".to_owned()),
            "{text}"
        );
    }
    let seed = crypto::base64url(&[8; 32]);
    assert!(Keys::parse(&format!("a ed25519:{seed}\na ed25519:{seed}")).is_err());
}

#[test]
fn no_algorithm_is_no_signature() {
    for alg in ["none", "None", "NONE", "nOnE", "", "HS512", "hs256", "RS256", "ES256"] {
        let header = format!(r#"{{"alg":"{alg}","typ":"at+jwt","kid":"hs"}}"#);
        let token = forge(&header, &body().to_string());
        assert_eq!(check(&token), Err(Refused::Key), "{alg}");
        let unsigned = format!("{}.", token.rsplit_once('.').expect("three segments").0);
        assert!(check(&unsigned).is_err(), "{alg}");
    }
}

/// CVE-2026-22817, CVE-2026-22818: the header chose the algorithm, and a public key became a secret.
#[test]
fn a_public_key_is_no_secret() {
    let public = SigningKey::from_bytes(&[7; 32]).verifying_key();
    let header = r#"{"alg":"HS256","typ":"at+jwt","kid":"ed"}"#;
    let signed =
        format!("{}.{}", crypto::base64url(header.as_bytes()), crypto::base64url(body().to_string().as_bytes()));
    for secret in [public.as_bytes().to_vec(), crypto::base64url(public.as_bytes()).into_bytes(), Vec::new()] {
        let token = format!("{signed}.{}", crypto::base64url(&crypto::hmac_sha256(&secret, signed.as_bytes())));
        assert_eq!(check(&token), Err(Refused::Key));
    }
}

#[test]
fn a_kid_is_a_name_and_nothing_else() {
    for kid in ["../../dev/null", "' or 1=1 --", "", "HS", "hs ", "ed"] {
        let header = serde_json::json!({"alg": "HS256", "typ": "at+jwt", "kid": kid}).to_string();
        assert_eq!(check(&forge(&header, &body().to_string())), Err(Refused::Key), "{kid}");
    }
    for header in [
        r#"{"alg":"HS256","typ":"at+jwt"}"#,
        r#"{"alg":"HS256","typ":"at+jwt","kid":1}"#,
        r#"{"alg":["HS256"],"typ":"at+jwt","kid":"hs"}"#,
        r#"{"alg":"HS256","typ":"JWT","kid":"hs"}"#,
        r#"{"alg":"HS256","typ":"rt+jwt","kid":"hs"}"#,
        r#"{"alg":"HS256","kid":"hs","jku":"https://evil.example/"}"#,
        r#"{"alg":"HS256","typ":"at+jwt","kid":"hs","jku":"https://evil.example/"}"#,
        r#"{"alg":"HS256","typ":"at+jwt","kid":"hs","jwk":{"kty":"oct","k":"AA"}}"#,
        r#"{"alg":"HS256","typ":"at+jwt","kid":"hs","x5u":"https://evil.example/"}"#,
        r#"{"alg":"HS256","typ":"at+jwt","kid":"hs","crit":["exp"]}"#,
        r#"{"alg":"HS256","typ":"at+jwt","kid":"hs","b64":false}"#,
    ] {
        assert_eq!(check(&forge(header, &body().to_string())), Err(Refused::Header), "{header}");
    }
}

#[test]
fn a_token_has_one_form() {
    let token = forge(HEADER, &body().to_string());
    let (signed, signature) = token.rsplit_once('.').expect("three segments");
    let (header, payload) = signed.split_once('.').expect("two segments");
    let last = signature.chars().last().expect("not empty");
    // The last character of 32 bytes carries two bits that mean nothing: another one of them is another text of the same bytes.
    let twin = char::from(last as u8 + 1);
    for text in [
        String::new(),
        "..".to_owned(),
        signed.to_owned(),
        format!("{signed}."),
        format!("{signed}.{}", &signature[..20]),
        format!("{token}."),
        format!("{token}.a.b"),
        format!("{token}="),
        format!(" {token}"),
        format!("{token}\n"),
        format!("{header}=.{payload}.{signature}"),
        format!("{signed}.{}{twin}", &signature[..signature.len() - 1]),
        format!("{payload}.{header}.{signature}"),
        forge(HEADER, "[]"),
        forge(HEADER, "not json"),
        forge(&format!("{HEADER} {HEADER}"), &body().to_string()),
        forge(HEADER, &"x".repeat(5000)),
    ] {
        assert!(check(&text).is_err(), "{text}");
    }
}

#[test]
fn another_payload_needs_another_signature() {
    let mut other = body();
    other["role"] = "admin".into();
    let (right, wrong) = (forge(HEADER, &body().to_string()), crypto::base64url(other.to_string().as_bytes()));
    let parts: Vec<&str> = right.split('.').collect();
    assert_eq!(check(&format!("{}.{wrong}.{}", parts[0], parts[2])), Err(Refused::Signature));
    let zero = crypto::base64url(&[0; 64]);
    let header = crypto::base64url(br#"{"alg":"EdDSA","typ":"at+jwt","kid":"ed"}"#);
    assert_eq!(check(&format!("{header}.{}.{zero}", parts[1])), Err(Refused::Signature));
}

#[test]
fn keys_of_objects_stand_once() {
    let double = body().to_string().replacen("{", r#"{"sub":"1","#, 1);
    assert_eq!(check(&forge(HEADER, &double)), Err(Refused::Form));
    let double = HEADER.replacen("{", r#"{"alg":"none","#, 1);
    assert_eq!(check(&forge(&double, &body().to_string())), Err(Refused::Form));
}

/// CVE-2026-44459: dates that are no integers were compared somehow.
#[test]
fn dates_are_integers() {
    for date in [
        r#""9999999999""#,
        "1e400",
        "9999999999.5",
        "1.8e9",
        "null",
        "true",
        "[9999999999]",
        "-1",
        "99999999999999999999999",
    ] {
        for claim in ["exp", "iat", "nbf"] {
            let mut map = body();
            map[claim] = "PLACE".into();
            let text = map.to_string().replace(r#""PLACE""#, date);
            assert!(check(&forge(HEADER, &text)).is_err(), "{claim} = {date}");
        }
    }
}

#[test]
fn time_is_checked_with_leeway() {
    let at = |claim: &str, date: u64| {
        let mut map = body();
        map[claim] = date.into();
        check(&forge(HEADER, &map.to_string())).err()
    };
    assert_eq!(at("exp", NOW - 29), None);
    assert_eq!(at("exp", NOW - 30), Some(Refused::Time));
    assert_eq!(at("exp", u64::MAX), None);
    assert_eq!(at("nbf", NOW + 30), None);
    assert_eq!(at("nbf", NOW + 31), Some(Refused::Time));
    assert_eq!(at("iat", NOW + 31), Some(Refused::Time));
}

#[test]
fn claims_are_required() {
    for claim in ["iss", "aud", "sub", "role", "exp", "iat"] {
        let mut map = body();
        map.as_object_mut().expect("an object").remove(claim);
        assert!(check(&forge(HEADER, &map.to_string())).is_err(), "without {claim}");
    }
    for (claim, value) in [("iss", "other"), ("aud", "other"), ("sub", "")] {
        let mut map = body();
        map[claim] = value.into();
        assert!(check(&forge(HEADER, &map.to_string())).is_err(), "{claim} = {value:?}");
    }
    let mut map = body();
    map["aud"] = serde_json::json!(["other", "rivage"]);
    assert!(check(&forge(HEADER, &map.to_string())).is_ok(), "an audience among others");
}

proptest::proptest! {
    #[test]
    fn no_changed_character_is_accepted(at in 0usize..200, to in "[A-Za-z0-9_.=-]") {
        let token = sign(&keys(), &settings(), &claims(), "id", NOW).expect("there is a key");
        let at = at % token.len();
        let mut changed = token.clone();
        changed.replace_range(at..=at, &to);
        proptest::prop_assert_eq!(check(&changed).is_ok(), changed == token);
    }
}
