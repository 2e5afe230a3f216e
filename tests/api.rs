//! The API over HTTP, as a client sees it: `rivage serve` with a real PostgreSQL, or any server of the same site.
//!
//! `RIVAGE_TEST_API` names another server, such as a Worker, that serves `tests/api/site` with its tables made and its content published; what has
//! to look into the database, or to break the way there, is skipped then.

#[path = "api/admin.rs"]
mod admin;
#[path = "api/examples.rs"]
mod examples;
#[path = "api/extensions.rs"]
mod extensions;
#[path = "api/http.rs"]
mod http;
#[path = "api/place.rs"]
mod place;
#[path = "api/roles.rs"]
mod roles;
#[path = "api/security.rs"]
mod security;
#[path = "api/series.rs"]
mod series;
#[path = "api/slow.rs"]
mod slow;

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use http::{Answer, send};
use place::{KEEPER, Place, SITE, copy, place};
use postgres_fixture::{Fault, Postgres, Proxy};
use rivage_api::Manifest;
use serde_json::{Value, json};

/// How long a test waits for what should happen at once: so long that only what never happens takes longer, however busy the machine is.
const PATIENCE: Duration = Duration::from_secs(120);

const JSON: (&str, &str) = ("content-type", "application/json");
const OWN: (&str, &str) = ("origin", "http://harbour.test");

fn get(place: &Place, path: &str) -> Answer {
    send(&place.address, "GET", path, &[], b"")
}

fn post(place: &Place, path: &str, headers: &[(&str, &str)], body: &Value) -> Answer {
    let headers: Vec<_> = [JSON].into_iter().chain(headers.iter().copied()).collect();
    send(&place.address, "POST", path, &headers, body.to_string().as_bytes())
}

/// Asserts that an answer is a problem that a program can read, and nothing of the server's inside.
fn assert_problem(answer: &Answer, status: u16, code: &str) {
    assert_eq!((answer.status, answer.json()["code"].as_str()), (status, Some(code)), "{answer:?}");
    assert_eq!(answer.header("content-type"), "application/problem+json");
    assert_eq!(answer.json()["status"], status);
    assert_eq!(answer.header("cache-control"), "no-store");
    for inside in ["select", "relation", "postgres", "panicked"] {
        assert!(!answer.text().contains(inside), "{answer:?}");
    }
}

fn titles(answer: &Answer) -> Vec<String> {
    let json = answer.json();
    json["items"].as_array().unwrap().iter().map(|item| item["title"].as_str().unwrap().to_owned()).collect()
}

/// Registers an account, and returns its address and password.
fn account(place: &Place, name: &str) -> (String, String) {
    let email = format!("{name}-{}@harbour.test", std::process::id());
    let password = "a long line of words".to_owned();
    let answer = post(place, "/api/v1/auth/register", &[], &json!({"email": email, "password": password}));
    assert_eq!(answer.status, 202, "{answer:?}");
    (email, password)
}

/// Opens a session, and returns the header with its cookie.
fn session(place: &Place, (email, password): &(String, String)) -> String {
    let answer = post(place, "/api/v1/auth/login", &[], &json!({"email": email, "password": password}));
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.json()["email"], *email);
    let cookie = answer.header("set-cookie").to_owned();
    for part in ["__Host-session=", "; Path=/", "; Secure", "; HttpOnly", "; SameSite=Lax"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    cookie.split(';').next().unwrap().to_owned()
}

#[test]
fn rows_become_json_with_an_entity_tag() {
    let Some(place) = place() else { return };
    let answer = get(place, "/api/notes?tag=light&sort=oldest&limit=2");
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.header("content-type"), "application/json");
    assert_eq!(answer.header("x-content-type-options"), "nosniff");
    assert_eq!(answer.json()["items"][0], json!({"id": 1, "title": "First; light", "tag": "light", "likes": 0}));
    assert_eq!(titles(&answer)[..2], ["First; light", "Third"]);
    let tag = answer.header("etag").to_owned();
    let again =
        send(&place.address, "GET", "/api/notes?limit=2&sort=oldest&tag=light", &[("if-none-match", &tag)], b"");
    assert_eq!((again.status, again.text().as_str()), (304, ""), "the order of parameters makes no difference");
    assert!(again.header("cache-status").contains("hit"), "{again:?}");
    let head = send(&place.address, "HEAD", "/api/notes?tag=light&sort=oldest&limit=2", &[], b"");
    assert_eq!((head.status, head.body.len()), (200, 0));
    assert_eq!(head.header("content-length"), answer.body.len().to_string());
}

#[test]
fn variants_are_chosen_by_parameters() {
    let Some(place) = place() else { return };
    assert_eq!(titles(&get(place, "/api/notes?sort=oldest&limit=1")), ["First; light"]);
    assert_eq!(titles(&get(place, "/api/notes?tag=harbour&sort=oldest&limit=1")), ["Second"]);
    assert_eq!(get(place, "/api/notes?tag=nothing").json(), json!({"items": []}));
}

#[test]
fn one_row_or_404() {
    let Some(place) = place() else { return };
    let found = get(place, "/api/notes/2");
    assert_eq!((found.status, found.json()), (200, json!({"id": 2, "title": "Second", "loud": "SECOND"})));
    let missing = get(place, "/api/notes/999999");
    assert_problem(&missing, 404, "not-found");
    assert_eq!(missing.json()["request_id"], missing.header("x-request-id"));
}

#[test]
fn values_are_checked_before_the_database_sees_them() {
    let Some(place) = place() else { return };
    let long = format!("/api/notes?tag={}", "a".repeat(9000));
    for (path, status) in [
        ("/api/notes?limit=0", 400),
        ("/api/notes?limit=51", 400),
        ("/api/notes?limit=1.5", 400),
        ("/api/notes?limit=", 400),
        ("/api/notes?limit=1&limit=2", 400),
        ("/api/notes?unknown=1", 400),
        ("/api/notes?tag=Light", 400),
        ("/api/notes?tag=a%00b", 400),
        ("/api/notes?tag=%ff", 400),
        ("/api/notes?sort=best", 400),
        ("/api/notes/0", 400),
        ("/api/notes/abc", 400),
        ("/api/notes/9223372036854775808", 400),
        ("/api/notes/1'%20or%20'1'='1", 400),
        (long.as_str(), 414),
        ("/api/notes/", 404),
        ("/api/notes/1/more", 404),
        ("/api/notes%2f1", 404),
        ("/api/Notes", 404),
        ("/api", 404),
    ] {
        let answer = get(place, path);
        assert_eq!(answer.status, status, "{path}: {answer:?}");
        assert_eq!(answer.header("content-type"), "application/problem+json", "{path}");
    }
    let answer = get(place, "/api/notes?limit=99&sort=best");
    let fields: Vec<_> =
        answer.json()["errors"].as_array().unwrap().iter().map(|error| error["field"].clone()).collect();
    assert_eq!(fields, ["limit", "sort"], "all that is wrong is told at once");
}

#[test]
fn methods_are_answered_by_what_the_path_has() {
    let Some(place) = place() else { return };
    let answer = send(&place.address, "PUT", "/api/notes", &[], b"");
    assert_problem(&answer, 405, "method-not-allowed");
    assert_eq!(answer.header("allow"), "GET, HEAD, POST, OPTIONS");
    let answer = send(&place.address, "OPTIONS", "/api/notes/1", &[], b"");
    assert_eq!((answer.status, answer.header("allow")), (204, "GET, HEAD, DELETE, OPTIONS"));
    assert_eq!(send(&place.address, "POST", "/docs/tides/", &[], b"").status, 405, "a page of the site");
}

#[test]
fn bodies_have_bounds_and_one_form() {
    let Some(place) = place() else { return };
    let path = "/api/v1/forms/contact";
    let right = r#"{"email": "a@b.c", "message": "x"}"#;
    let large = json!({"email": "a@b.c", "message": "x".repeat(5000)}).to_string();
    let deep = format!(r#"{{"email": "a@b.c", "message": {}"x"{}}}"#, "[".repeat(50), "]".repeat(50));
    for (kind, body, status) in [
        ("text/plain", right, 415),
        ("", right, 415),
        ("application/json; charset=latin1", right, 415),
        ("application/json", "{", 400),
        ("application/json", "[]", 400),
        ("application/json", "", 400),
        ("application/json", r#"{"email": "a@b.c", "message": "x", "more": 1}"#, 400),
        ("application/json", r#"{"email": "a@b.c", "message": "x", "message": "y"}"#, 400),
        ("application/json", r#"{"email": "a@b.c", "message": "a\u0000b"}"#, 400),
        ("application/json", r#"{"email": "a@b.c"}"#, 400),
        ("application/json", r#"{"email": "nobody", "message": "x"}"#, 400),
        ("application/json", deep.as_str(), 400),
        ("application/json", large.as_str(), 413),
        ("application/x-www-form-urlencoded", "email=a@b.c&message=x&message=y", 400),
    ] {
        let answer = send(&place.address, "POST", path, &[("content-type", kind)], body.as_bytes());
        assert_eq!(answer.status, status, "{kind} {body}: {answer:?}");
    }
}

#[test]
fn forms_are_stored_and_traps_are_not() {
    let Some(place) = place() else { return };
    let message = format!("hello of {}", std::process::id());
    let sent =
        post(place, "/api/v1/forms/contact", &[], &json!({"email": "a@b.c", "message": message, "topic": "tides"}));
    assert_eq!((sent.status, sent.text().as_str()), (204, ""), "{sent:?}");
    let body = format!("email=a%40b.c&message={}&website=http://spam.example", message.replace(' ', "+"));
    let form = ("content-type", "application/x-www-form-urlencoded");
    let trapped = send(&place.address, "POST", "/api/v1/forms/contact", &[form], body.as_bytes());
    assert_eq!((trapped.status, trapped.header("location")), (303, "/thanks/"), "who fills the trap is not told");
    let foreign = send(
        &place.address,
        "POST",
        "/api/v1/forms/contact",
        &[form, ("origin", "https://evil.example")],
        b"email=a@b.c&message=x",
    );
    assert_problem(&foreign, 403, "foreign-origin");
    if let Some(rows) =
        place.query(&format!("select data->>'topic' from submission where data->>'message' = '{message}'"))
    {
        assert_eq!(rows, ["tides"]);
    }
}

#[test]
fn a_session_begins_acts_and_ends() {
    let Some(place) = place() else { return };
    let account = account(place, "session");
    let wrong = post(place, "/api/v1/auth/login", &[], &json!({"email": account.0, "password": "something else"}));
    assert_problem(&wrong, 401, "invalid-credentials");
    let nobody =
        post(place, "/api/v1/auth/login", &[], &json!({"email": "nobody@harbour.test", "password": "something else"}));
    assert_eq!(wrong.json()["detail"], nobody.json()["detail"], "nothing tells whether an account exists");
    let again =
        post(place, "/api/v1/auth/register", &[], &json!({"email": account.0, "password": "another long line"}));
    assert_eq!(again.status, 202, "{again:?}");
    let weak = post(place, "/api/v1/auth/register", &[], &json!({"email": "x@harbour.test", "password": "short"}));
    assert_problem(&weak, 400, "invalid-parameters");

    let cookie = session(place, &account);
    let cookie = ("cookie", cookie.as_str());
    let me = send(&place.address, "GET", "/api/v1/auth/me", &[cookie], b"");
    assert_eq!((me.status, me.json()["email"].as_str()), (200, Some(account.0.as_str())), "{me:?}");
    assert_eq!(me.header("cache-control"), "no-store");
    assert_problem(&get(place, "/api/v1/auth/me"), 401, "unauthorized");

    let title = format!("Written by {}", account.0);
    let note = json!({"title": title});
    assert!(!titles(&get(place, "/api/notes?limit=50")).contains(&title));
    for headers in [&[cookie][..], &[cookie, ("sec-fetch-site", "cross-site")], &[cookie, ("origin", "null")]] {
        let forged = post(place, "/api/notes", headers, &note);
        assert_eq!(forged.status, 403, "{headers:?}: {forged:?}");
    }
    let made = post(place, "/api/notes", &[cookie, OWN], &note);
    assert_eq!((made.status, made.json()["tag"].as_str()), (201, Some("harbour")), "{made:?}");
    assert!(titles(&get(place, "/api/notes?limit=50")).contains(&title), "what was kept is stale at once");
    let same = post(place, "/api/notes", &[cookie, ("sec-fetch-site", "same-origin")], &note);
    assert_problem(&same, 409, "conflict");
    let refused = post(place, "/api/notes", &[cookie, OWN], &json!({"title": "forbidden; word"}));
    assert_problem(&refused, 422, "refused-value");

    let id = made.json()["id"].as_i64().unwrap();
    let path = format!("/api/notes/{id}");
    assert_problem(&send(&place.address, "DELETE", &path, &[cookie, OWN], b""), 403, "forbidden");
    if place.query(&format!("update account set role = 'admin' where email = '{}'", account.0)).is_some() {
        let gone = send(&place.address, "DELETE", &path, &[cookie, OWN], b"");
        assert_eq!(gone.status, 204, "{gone:?}");
        assert_problem(&get(place, &path), 404, "not-found");
    }

    let out = send(&place.address, "POST", "/api/v1/auth/logout", &[cookie, OWN], b"");
    assert_eq!(out.status, 204, "{out:?}");
    assert!(out.header("set-cookie").contains("Max-Age=0"), "{out:?}");
    assert_problem(&send(&place.address, "GET", "/api/v1/auth/me", &[cookie], b""), 401, "unauthorized");
}

#[test]
fn tokens_are_exchanged_once() {
    let Some(place) = place() else { return };
    let (email, password) = account(place, "token");
    let opened =
        post(place, "/api/v1/auth/login", &[], &json!({"email": email, "password": password, "grant": "token"}));
    assert_eq!(opened.status, 200, "{opened:?}");
    let (access, refresh) = (opened.json()["access_token"].clone(), opened.json()["refresh_token"].clone());
    let access = access.as_str().unwrap();
    let add = |token: &str, title: &str| {
        post(place, "/api/notes", &[("authorization", &format!("Bearer {token}"))], &json!({"title": title}))
    };
    assert_eq!(add(access, &format!("By token of {email}")).status, 201);
    let mut broken = access.to_owned();
    broken.replace_range(broken.len() - 2.., "AA");
    let refused = add(&broken, "never");
    assert_problem(&refused, 401, "unauthorized");
    assert_eq!(refused.header("www-authenticate"), "Bearer");
    let without_signature = access.rsplit_once('.').unwrap().0.to_owned() + ".";
    assert_eq!(add(&without_signature, "never").status, 401);

    let exchange = |token: &Value| post(place, "/api/v1/auth/refresh", &[], &json!({"refresh_token": token}));
    let next = exchange(&refresh);
    assert_eq!(next.status, 200, "{next:?}");
    assert_ne!(next.json()["refresh_token"], refresh);
    assert_problem(&exchange(&refresh), 409, "already-refreshed");
    assert_eq!(exchange(&next.json()["refresh_token"]).status, 200);
    assert_problem(&exchange(&json!("x".repeat(43))), 401, "invalid-token");
}

#[test]
fn other_origins_are_answered_when_they_are_listed() {
    let Some(place) = place() else { return };
    let from = |origin: &str| send(&place.address, "GET", "/api/notes?limit=1", &[("origin", origin)], b"");
    let allowed = from("https://app.example");
    assert_eq!(allowed.header("access-control-allow-origin"), "https://app.example");
    assert_eq!(allowed.header("access-control-allow-credentials"), "");
    for origin in ["https://app.example.evil", "https://evil.example", "null", "http://app.example"] {
        let answer = from(origin);
        assert_eq!((answer.status, answer.header("access-control-allow-origin")), (200, ""), "{origin}");
        assert_eq!(answer.header("vary"), "Origin");
    }
    let preflight = |origin: &str| {
        let headers = [("origin", origin), ("access-control-request-method", "POST")];
        send(&place.address, "OPTIONS", "/api/notes", &headers, b"")
    };
    assert_eq!(preflight("https://app.example").header("access-control-allow-methods"), "GET, POST");
    assert_eq!(preflight("https://evil.example").header("access-control-allow-methods"), "");
}

#[test]
fn requests_beyond_the_limit_are_told_to_wait() {
    let Some(place) = place() else { return };
    // Eight requests in two windows at most: one of them has more than three.
    let answers: Vec<_> = (0..8).map(|_| get(place, "/api/scarce")).collect();
    let refused = answers.iter().find(|answer| answer.status == 429).expect("a limit");
    assert_problem(refused, 429, "too-many-requests");
    assert_eq!(refused.header("retry-after"), "60");
    assert!(answers.iter().all(|answer| matches!(answer.status, 200 | 429)));
}

#[test]
fn published_pages_are_found_listed_and_related() {
    let Some(place) = place() else { return };
    let found = get(place, "/api/v1/search?q=paraf");
    assert_eq!(found.status, 200, "{found:?}");
    assert_eq!(found.json()["items"][0]["path"], "/docs/lighthouse/", "{found:?}");
    assert!(found.json()["items"][0]["snippet"].as_str().unwrap().contains("⸨paraffin⸩"), "{found:?}");
    assert_eq!(get(place, "/api/v1/search?q=submarine").json(), json!({"items": []}));
    let listed = get(place, "/api/v1/pages?kind=docs&tag=light");
    assert_eq!(titles(&listed), ["The lighthouse"], "{listed:?}");
    let page = get(place, "/api/v1/page?path=/docs/lighthouse/");
    assert_eq!(page.json()["description"], "A light for ships.", "{page:?}");
    assert_eq!(page.json()["published_at"], Value::Null, "it has no date: {page:?}");
    let related = get(place, "/api/v1/graph/related?path=/docs/lighthouse/&depth=1");
    assert_eq!(titles(&related), ["Harbour", "Tides"], "{related:?}");
    let similar = get(place, "/api/v1/graph/similar?path=/docs/lighthouse/");
    assert_eq!(similar.json()["items"][0]["by"], "links", "without embeddings: {similar:?}");
    assert_eq!(titles(&similar)[..2], ["Harbour", "Tides"], "{similar:?}");
}

#[test]
fn health_tells_of_the_database_and_the_build() {
    let Some(place) = place() else { return };
    let health = get(place, "/api/v1/health");
    assert_eq!((health.status, health.json()["status"].as_str()), (200, Some("ok")), "{health:?}");
    let checks = health.json()["checks"].clone();
    assert_eq!(
        (&checks["database_read"], &checks["database_write"], &checks["tables"]),
        (&json!("ok"), &json!("ok"), &json!("ok"))
    );
    assert_eq!(health.json()["degraded"], json!([]));
    assert!(health.header("server-timing").starts_with("db;dur="), "{health:?}");
    assert_eq!(get(place, "/api/v1/healthcheck").json()["build"], health.json()["build"]);
}

#[test]
fn files_are_compressed_and_answers_of_the_api_are_not() {
    let Some(place) = place().filter(|place| place.is_ours()) else { return };
    let gzip = [("accept-encoding", "gzip, br")];
    let plain = get(place, "/api/openapi.json");
    let packed = send(&place.address, "GET", "/api/openapi.json", &gzip, b"");
    assert_eq!((packed.header("content-encoding"), packed.header("vary")), ("gzip", "accept-encoding"));
    assert!(packed.body.starts_with(&[0x1f, 0x8b]) && packed.body.len() < plain.body.len() / 2);
    let answer = send(&place.address, "GET", "/api/v1/pages", &gzip, b"");
    assert_eq!((answer.status, answer.header("content-encoding")), (200, ""), "{answer:?}");
}

#[test]
fn the_manifest_is_printed_to_be_read_and_written_to_be_loaded() {
    let folder = tempfile::tempdir().unwrap();
    copy(Path::new(SITE), folder.path());
    let run = |words: &[&str]| {
        let output = place::rivage(folder.path(), words).output().unwrap();
        assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
        output.stdout
    };
    let read: Manifest = serde_json::from_slice(&run(&["api", "manifest"])).unwrap();
    assert!(read.routes.iter().any(|route| route.path == "/api/v1/healthcheck"));
    assert_eq!(
        run(&["api", "manifest", "--out", "worker/manifest.bin"]),
        b"the manifest is in `worker/manifest.bin`\n"
    );
    let written = std::fs::read(folder.path().join("worker/manifest.bin")).unwrap();
    assert_eq!(Manifest::decode(&written), Ok(read));
}

#[test]
fn the_site_stands_beside_its_api() {
    let Some(place) = place().filter(|place| place.is_ours()) else { return };
    let home = get(place, "/");
    assert_eq!((home.status, home.header("content-type")), (200, "text/html; charset=utf-8"));
    assert!(!home.text().contains("__rivage") && home.text().contains("Ships come and go"));
    assert!(home.header("content-security-policy").contains("default-src 'self'"), "{home:?}");
    assert_eq!(get(place, "/docs/tides").header("location"), "/docs/tides/");
    let missing = get(place, "/nowhere/");
    assert_eq!((missing.status, missing.header("content-type")), (404, "text/html; charset=utf-8"));
    assert_eq!(get(place, "/__rivage/client.js").status, 404);
    let reference = get(place, "/api/");
    assert_eq!((reference.status, reference.header("content-type")), (200, "text/html; charset=utf-8"));
    let description = get(place, "/api/openapi.json");
    assert_eq!(description.json()["paths"]["/api/notes"]["get"]["operationId"], "list_notes");
    let part = send(&place.address, "GET", "/api/openapi.json", &[("range", "bytes=0-0")], b"");
    assert_eq!((part.status, part.text().as_str()), (206, "{"));
    assert_eq!(get(place, "/../../rivage.toml").status, 404);
    assert_eq!(get(place, "/%2e%2e/rivage.toml").status, 404);
}

#[test]
fn each_request_leaves_a_line_without_secrets() {
    let Some(place) = place().filter(|place| place.is_ours()) else { return };
    let (email, password) = account(place, "logged");
    session(place, &(email.clone(), password.clone()));
    let answer = get(place, "/api/notes/424242");
    let id = answer.header("x-request-id").to_owned();
    let log = place.log();
    let line = log.lines().find(|line| line.contains(&id)).unwrap_or_else(|| panic!("{log}"));
    let line: Value = serde_json::from_str(line).unwrap();
    assert_eq!((&line["route"], &line["status"], &line["trips"]), (&json!("get_note"), &json!(404), &json!(1)));
    assert!(!log.contains(&email) && !log.contains(&password) && !log.contains("424242"), "{log}");
}

#[test]
fn an_outage_is_told_in_time_and_over_when_it_is_over() {
    let (Some(_), Some(server)) = (place().filter(|place| place.is_ours()), postgres_fixture::shared()) else { return };
    let proxy = Proxy::start(server.address()).unwrap();
    let own = Place::start(server, Some(proxy.address().port()));
    assert_eq!(get(&own, "/api/notes/1").status, 200);
    let kept = get(&own, "/api/notes?limit=1");
    assert_eq!(kept.status, 200);

    for fault in [Fault::ResetAfter(0), Fault::ResetAfter(60), Fault::BlackHole] {
        proxy.set(fault);
        let started = Instant::now();
        let answer = get(&own, "/api/notes/1");
        assert!(matches!(answer.status, 503 | 504), "{fault:?}: {answer:?}");
        assert_problem(
            &answer,
            answer.status,
            if answer.status == 503 { "database-unavailable" } else { "database-timeout" },
        );
        assert_eq!(answer.header("retry-after"), "5");
        // Seconds, by the limits of the server; more only because a machine is busy, and well before this test gives up reading.
        assert!(started.elapsed() < PATIENCE / 2, "{fault:?} {:?}", started.elapsed());
        assert_eq!(get(&own, "/api/v1/healthcheck").status, 200, "it says that it is alive");
        assert_eq!(get(&own, "/").status, 200, "the site does not care");
        assert_eq!(get(&own, "/api/notes?limit=1").body, kept.body, "kept answers do not either");
        proxy.set(Fault::None);
        let answer = get(&own, "/api/notes/1");
        assert_eq!(answer.status, 200, "{fault:?}: {answer:?}");
    }

    // What a restart of the server does to connections that are kept.
    own.query(
        "select pg_terminate_backend(pid)::text from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()",
    );
    assert_eq!(get(&own, "/api/notes/1").status, 200, "what only reads is tried again");
    let form = json!({"email": "a@b.c", "message": "after a restart"});
    let sent = [(), ()].map(|()| post(&own, "/api/v1/forms/contact", &[], &form));
    // What writes is not sent twice: where the end of the connection has not arrived yet, the client hears of it.
    assert!(matches!(sent[0].status, 204 | 503), "{sent:?}");
    assert_eq!(sent[1].status, 204, "{sent:?}");
}

#[test]
fn a_database_that_was_killed_is_found_again_with_all_that_was_acknowledged() {
    if place().filter(|place| place.is_ours()).is_none() || postgres_fixture::shared().is_none() {
        return;
    }
    let server = Postgres::start_with(&["synchronous_commit=on", "full_page_writes=on"]).unwrap();
    let own = Place::start(&server, None);
    let kept = get(&own, "/api/notes?limit=1");
    assert_eq!(kept.status, 200);
    let send = |number| {
        let form = json!({"email": "a@b.c", "message": format!("number {number}")});
        post(&own, "/api/v1/forms/contact", &[], &form).status
    };
    for number in 1..=20 {
        assert_eq!(send(number), 204);
    }
    server.crash().unwrap();
    assert_eq!(send(21), 503);
    assert_problem(&get(&own, "/api/notes/1"), 503, "database-unavailable");
    assert_eq!(get(&own, "/api/notes?limit=1").body, kept.body);
    assert_eq!(get(&own, "/").status, 200);
    server.start_again().unwrap();
    assert_eq!((get(&own, "/api/notes/1").status, send(22)), (200, 204), "nobody told the server");
    let stored = own.query("select data ->> 'message' from submission order by at").expect("a database of ours");
    let acknowledged: Vec<String> = (1..=20).chain([22]).map(|number| format!("number {number}")).collect();
    assert_eq!(stored, acknowledged);
}

/// Asks the database until it answers so.
fn until(place: &Place, sql: &str, expected: &str) {
    let patience = Instant::now() + PATIENCE;
    loop {
        let answer = place.query(sql).expect("a database of ours");
        if answer == [expected] {
            return;
        }
        assert!(Instant::now() < patience, "{sql}: {answer:?}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn clients_that_go_away_and_a_thousand_requests_leave_no_connection_behind() {
    let (Some(_), Some(server)) = (place().filter(|place| place.is_ours()), postgres_fixture::shared()) else { return };
    let own = Place::start(server, None);
    const OTHERS: &str = "from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()";
    let busy = format!("select count(*)::text {OTHERS} and state <> 'idle'");
    for _ in 0..3 {
        let mut gone = std::net::TcpStream::connect(&own.address).unwrap();
        let request = format!("GET /api/slow?seconds=2 HTTP/1.1\r\nhost: {}\r\n\r\n", own.address);
        std::io::Write::write_all(&mut gone, request.as_bytes()).unwrap();
        until(&own, &busy, "1");
        drop(gone);
        until(&own, &busy, "0");
    }
    let paths = ["/api/notes/1", "/api/notes?limit=3", "/api/notes/999999", "/api/v1/health", "/api/notes/0"];
    std::thread::scope(|scope| {
        for lane in 0..4 {
            let own = &own;
            scope.spawn(move || {
                for turn in 0..250 {
                    let answer = get(own, paths[(lane + turn) % paths.len()]);
                    // 503 where a machine is too busy to connect in time; what counts here is what stays behind.
                    assert!(matches!(answer.status, 200 | 400 | 404 | 503), "{answer:?}");
                }
            });
        }
    });
    until(&own, &busy, "0");
    let open = own.query(&format!("select count(*)::text {OTHERS}")).unwrap();
    // Two pools of sixteen; four lanes need no more than four of each.
    assert!(open[0].parse::<u32>().unwrap() <= 8, "{open:?}");
    assert!(own.stop().success());
}

#[test]
fn a_server_that_is_told_to_stop_ends_well() {
    let (Some(_), Some(server)) = (place().filter(|place| place.is_ours()), postgres_fixture::shared()) else { return };
    let own = Place::start(server, None);
    assert_eq!(get(&own, "/api/v1/health").status, 200);
    assert!(own.stop().success());
}

/// A preview of a folder, and where it listens. It ends when the pipe is closed.
fn preview(folder: &Path) -> (std::process::Child, String) {
    let mut keeper = Command::new("/bin/sh")
        .args(["-c", KEEPER, "keeper"])
        .arg(folder.join("pid"))
        .arg(env!("CARGO_BIN_EXE_rivage"))
        .args(["preview", "--port", "0", "--root"])
        .arg(folder)
        .env_remove("DATABASE_URL")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(std::fs::File::create(folder.join("log")).unwrap())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(keeper.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let address = line.trim().trim_start_matches("http://").trim_end_matches('/').to_owned();
    assert!(!address.is_empty(), "{}", std::fs::read_to_string(folder.join("log")).unwrap());
    (keeper, address)
}

/// A folder that the database's user can enter.
fn open_folder() -> tempfile::TempDir {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    std::fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o755)).unwrap();
    folder
}

#[test]
fn a_preview_brings_its_own_database_and_takes_it_away() {
    if place().filter(|place| place.is_ours()).is_none() {
        return;
    }
    let folder = open_folder();
    copy(Path::new(SITE), folder.path());
    let (mut keeper, address) = preview(folder.path());
    let home = send(&address, "GET", "/", &[], b"");
    assert!(home.text().contains("__rivage/client.js"), "{home:?}");
    let log = || std::fs::read_to_string(folder.path().join("log")).unwrap();
    let deadline = Instant::now() + PATIENCE;
    // Where starting a server takes long, it is told that it does.
    while send(&address, "GET", "/api/notes/1", &[], b"").status != 200 {
        assert!(Instant::now() < deadline, "{}", log());
        std::thread::sleep(Duration::from_millis(50));
    }
    let pid_file = folder.path().join(".rivage/postgres/data/postmaster.pid");
    assert!(pid_file.exists());

    let route = folder.path().join("api/notes/one.sql");
    let text = std::fs::read_to_string(&route).unwrap();
    std::fs::write(&route, text.replace("shout(title)", "lower(title)")).unwrap();
    let deadline = Instant::now() + PATIENCE;
    while send(&address, "GET", "/api/notes/2", &[], b"").json()["loud"] != "second" {
        assert!(Instant::now() < deadline, "{}", log());
        std::thread::sleep(Duration::from_millis(50));
    }

    // A table that is made while the preview runs.
    let migration = "create table buoy (name text primary key);\ninsert into buoy values ('Basse Royale');\n";
    std::fs::write(folder.path().join("migrations/V2__buoys.sql"), migration).unwrap();
    let buoys = "-- GET /api/buoys\n-- @auth none\n-- @returns many\n\nselect name from buoy limit 10\n";
    std::fs::write(folder.path().join("api/buoys.sql"), buoys).unwrap();
    let deadline = Instant::now() + PATIENCE;
    while send(&address, "GET", "/api/buoys", &[], b"").text() != r#"{"items":[{"name":"Basse Royale"}]}"# {
        assert!(Instant::now() < deadline, "{}", log());
        std::thread::sleep(Duration::from_millis(100));
    }
    // One that was run is told with the way to begin anew, and the last good state answers on.
    std::fs::write(folder.path().join("migrations/V2__buoys.sql"), "create table buoy (name text);\n").unwrap();
    while !log().contains("delete `.rivage/postgres`") {
        assert!(Instant::now() < deadline, "{}", log());
        std::thread::sleep(Duration::from_millis(100));
    }
    assert!(log().contains("error[changed-migration]"), "{}", log());
    assert_eq!(send(&address, "GET", "/api/buoys", &[], b"").status, 200);

    // The preview is killed, not told to end: its database ends all the same.
    drop(keeper.stdin.take());
    keeper.wait().unwrap();
    let deadline = Instant::now() + PATIENCE;
    while pid_file.exists() {
        assert!(Instant::now() < deadline, "the server is still there");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_preview_without_an_api_starts_no_database() {
    let folder = open_folder();
    std::fs::write(folder.path().join("rivage.toml"), "[site]\ntitle = \"T\"\n").unwrap();
    std::fs::create_dir(folder.path().join("content")).unwrap();
    std::fs::write(folder.path().join("content/_index.md"), "---\ntitle: T\n---\n").unwrap();
    let (mut keeper, address) = preview(folder.path());
    assert_eq!(send(&address, "GET", "/api/notes", &[], b"").status, 404);
    assert_eq!(send(&address, "POST", "/api/notes", &[], b"").status, 405);
    assert!(!folder.path().join(".rivage/postgres").exists());
    drop(keeper.stdin.take());
    keeper.wait().unwrap();
}
