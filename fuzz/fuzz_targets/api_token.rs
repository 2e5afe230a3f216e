//! Any text as a token: nothing that was not signed with the key is accepted, and nothing panics.

#![no_main]

use libfuzzer_sys::fuzz_target;
use rivage_api::auth::jwt::{self, Claims, Key, Keys};
use rivage_api::auth::password;
use rivage_api::auth::token::Token;
use rivage_api::manifest::AuthSettings;

const NOW: u64 = 1_800_000_000;

fuzz_target!(|text: &str| {
    let mut keys = Keys::default();
    keys.add("k", Key::parse("hs256:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8").expect("a right key"));
    let settings = AuthSettings::default();
    let claims = Claims { sub: "1".to_owned(), role: "member".to_owned() };
    let right = jwt::sign(&keys, &settings, &claims, "id", NOW).expect("there is a key");
    assert_eq!(jwt::verify(text, &keys, &settings, NOW).is_ok(), text == right);
    // The signature of one token under header and payload of another text.
    let signature = right.rsplit('.').next().unwrap_or_default();
    let moved = format!("{text}.{signature}");
    assert_eq!(jwt::verify(&moved, &keys, &settings, NOW).is_ok(), moved == right);
    let _ = Keys::parse(text);
    if let Some(token) = Token::parse(text) {
        assert_eq!(token.as_str(), text);
    }
    // Only hashes that are refused before any work: the others would take their time.
    if !text.starts_with("$argon2id$") {
        assert_eq!(password::weakness(text, ""), password::weakness(text, ""));
    }
});
