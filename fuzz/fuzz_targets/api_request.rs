//! Any path, query, cookie and body: a request is always answered, and only in the declared ways.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use rivage_api::http::cookie::{self, Found};
use rivage_api::http::url;
use rivage_api::manifest::{Manifest, Settings};
use rivage_api::testing::World;
use rivage_api::{Api, Secrets, builtin};

static API: LazyLock<Api> =
    LazyLock::new(|| Api::new(Manifest { settings: Settings::default(), routes: builtin::routes() }, Secrets::default()));

fuzz_target!(|parts: (&str, &str, &str, &[u8])| {
    let (url_text, header, kind, body) = parts;
    if let Found::Once(value) = cookie::find(header, cookie::SESSION) {
        assert!(header.contains(cookie::SESSION) && header.contains(value) && !value.contains(';'));
    }
    if let Ok(pairs) = url::pairs(url_text, 10) {
        assert!(pairs.len() <= 10);
    }
    let headers =
        [("cookie", header), ("authorization", header), ("content-type", kind), ("origin", kind), ("if-none-match", header)];
    for line in [
        format!("GET {url_text}"),
        format!("GET /api/v1/search?{url_text}"),
        format!("DELETE /api/v1/auth/sessions/{url_text}"),
        "POST /api/v1/auth/refresh".to_owned(),
        "POST /api/v1/views".to_owned(),
    ] {
        let world = World::new();
        let reply = world.send(&API, &line, &headers, body);
        let status = reply.response.status;
        // The database of this world is away: what reaches it is answered 503.
        assert!(matches!(status, 200 | 400 | 401 | 403 | 404 | 413 | 414 | 415 | 503), "{line}: {status}");
        assert!(reply.response.headers.iter().all(|(_, value)| !value.contains(['\r', '\n'])));
    }
});
