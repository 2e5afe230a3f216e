//! Requests in, responses out, over the ports in memory.

use rivage_diag::FileId;

use super::*;
use crate::auth::jwt::{self, Claims, Key};
use crate::manifest::{Form, Settings};
use crate::ports::{ErrorKind, Target};
use crate::testing::{World, block_on, object, rows};

const ROUTES: &[&str] = &[
    "-- GET /api/posts\n-- @auth none\n-- @param tag text query optional length 1..9\n-- @param ids int4[] query optional length ..3\n\
     -- @param sort enum(new, old) query default new\n-- @param limit int4 query default 20 range 1..100\n-- @cache 60s stale 60s error 1h tags post\n-- @returns many\n\n\
     select id from post where id = any(:ids) /*?tag and tags @> array[:tag] ?*/ /*#sort new: order by at desc | old: order by at #*/ limit :limit",
    "-- GET /api/posts/{id}\n-- @auth none\n-- @param id int8 path range 1..\n-- @returns one\n\nselect :id as id",
    "-- POST /api/posts\n-- @auth role:editor\n-- @param title text body length 1..80\n-- @param meta json body optional\n-- @param on bool body default false\n\
     -- @purge post\n-- @returns one\n-- @status 201\n\ninsert into post (title, meta, on_air, author) values (:title, :meta, :on, :auth.sub::uuid) returning id",
    "-- GET /api/mine\n-- @auth session bearer\n-- @returns many\n\nselect :auth.sub as sub, :auth.role as role limit 1",
    "-- DELETE /api/mine\n-- @auth session\n-- @returns none\n\ndelete from t where owner = :auth.sub::uuid",
];

fn manifest() -> Manifest {
    let context = crate::sql::Context { limits: &["auth", "read", "write"] };
    let mut routes = crate::builtin::routes();
    for text in ROUTES {
        let (route, found) = crate::sql::parse(&FileId::from("api/test.sql"), text, &context);
        assert_eq!(found, []);
        routes.extend(route);
    }
    let (form, _) = crate::sql::parse(
        &FileId::from("form"),
        "-- POST /api/form\n-- @auth none\n-- @param email text body length 3..80\n-- @param age int4 body optional\n-- @returns none\n\nselect :email, :age",
        &context,
    );
    let declared = Form {
        name: "contact".to_owned(),
        trap: Some("website".to_owned()),
        thanks: Some("/thanks/".to_owned()),
        challenge: false,
    };
    routes.push(crate::builtin::form_route(declared, form.expect("right").params));
    let guarded = Form { name: "guarded".to_owned(), challenge: true, ..Form::default() };
    routes.push(crate::builtin::form_route(guarded, routes.last().expect("a form").params[..1].to_vec()));
    let settings = Settings {
        build: "b1".to_owned(),
        origins: vec!["https://site.example".to_owned()],
        cors: vec!["https://app.example".to_owned()],
        ..Settings::default()
    };
    Manifest { settings, routes }
}

fn api() -> Api {
    let mut manifest = manifest();
    manifest.settings.auth.registration = true;
    let mut keys = Keys::default();
    keys.add("k", Key::Hmac(vec![3; 32]));
    Api::new(manifest, Secrets { keys, turnstile: Some("s&cret".to_owned()), ..Secrets::default() })
}

fn bearer(role: &str) -> String {
    let mut keys = Keys::default();
    keys.add("k", Key::Hmac(vec![3; 32]));
    let claims = Claims { sub: "11111111-1111-1111-1111-111111111111".to_owned(), role: role.to_owned() };
    let token =
        jwt::sign(&keys, &manifest().settings.auth, &claims, "id", World::new_seconds()).expect("there is a key");
    format!("Bearer {token}")
}

impl World {
    fn new_seconds() -> u64 {
        use crate::ports::Clock;
        Self::new().now() / 1000
    }
}

fn cookie() -> String {
    format!("{}={}", crate::http::cookie::SESSION, Token::new([1; 32]).as_str())
}

fn session_row() -> crate::ports::Outcome {
    rows(&[&["11111111-1111-1111-1111-111111111111", "member"]])
}

/// Shows a response as it would be sent.
fn show(reply: &Reply<Vec<u8>>) -> String {
    let mut lines = vec![reply.response.status.to_string()];
    lines.extend(reply.response.headers.iter().map(|(name, value)| format!("{name}: {value}")));
    lines.push(String::from_utf8_lossy(&reply.response.body).into_owned());
    lines.join("\n")
}

fn code(reply: &Reply<Vec<u8>>) -> (u16, &'static str) {
    (reply.response.status, reply.log.code.unwrap_or("ok"))
}

/// Sends to a world without a database: what is answered was decided before.
fn early(line: &str, headers: &[(&str, &str)], body: &[u8]) -> (u16, &'static str) {
    let world = World::new();
    let reply = world.send(&api(), line, headers, body);
    assert_eq!(world.seen(), [], "{line}");
    code(&reply)
}

const JSON: (&str, &str) = ("content-type", "application/json");

#[test]
fn an_answer_has_everything_that_it_needs() {
    let world = World::new();
    world.answer(vec![object(r#"{"id":7}"#)]);
    insta::assert_snapshot!(
        "answer",
        show(&world.send(&api(), "GET /api/posts/7", &[("origin", "https://app.example")], b""))
    );
    assert_eq!(world.seen()[0].values, [Some("7".to_owned())]);
}

#[test]
fn a_problem_says_what_is_wrong_and_nothing_else() {
    let world = World::new();
    let line = "GET /api/posts?limit=0&limit=1&ids=1&ids=x&q=1&sort=best&tag=";
    insta::assert_snapshot!("problem", show(&world.send(&api(), line, &[], b"")));
    world.fail(ErrorKind::Refused(*b"XX000"), false);
    let reply = world.send(&api(), "GET /api/posts/7", &[], b"");
    assert!(!show(&reply).contains("secret"));
    insta::assert_snapshot!("failure_log", reply.log.to_json());
}

#[test]
fn unknown_paths_and_methods_are_told_at_once() {
    assert_eq!(early("GET /api/nothing", &[], b""), (404, "not-found"));
    assert_eq!(early("GET /api/posts/", &[], b""), (404, "not-found"));
    assert_eq!(early("GET /api/mine/x.css", &[], b""), (404, "not-found"));
    assert_eq!(early("PUT /api/posts", &[], b""), (405, "method-not-allowed"));
    assert_eq!(early("get /api/posts", &[], b""), (405, "method-not-allowed"));
    assert_eq!(early("TRACE /api/posts", &[], b""), (405, "method-not-allowed"));
    assert_eq!(early(&format!("GET /api/posts?tag={}", "a".repeat(9000)), &[], b""), (414, "url-too-long"));
    let reply = World::new().send(&api(), "PUT /api/posts", &[], b"");
    assert_eq!(reply.response.header("allow"), Some("GET, HEAD, POST, OPTIONS"));
}

#[test]
fn values_are_checked_before_anything_is_asked() {
    for line in [
        "GET /api/posts?limit=101",
        "GET /api/posts?limit=1&limit=1",
        "GET /api/posts?utm=1",
        "GET /api/posts?ids=1&ids=2&ids=3&ids=4",
        "GET /api/posts?tag=%00",
        "GET /api/posts?tag=%ff",
        "GET /api/posts?tag=%",
        "GET /api/posts?sort=;drop",
        "GET /api/posts/0",
        "GET /api/posts/1e3",
        "GET /api/posts/9223372036854775808",
        "GET /api/posts/1?x=1",
    ] {
        assert_eq!(early(line, &[], b""), (400, "invalid-parameters"), "{line}");
    }
}

#[test]
fn bodies_are_checked_before_anything_is_asked() {
    let auth = bearer("editor");
    let check = |body: &[u8]| early("POST /api/posts", &[("authorization", &auth), JSON], body);
    let invalid = [
        br#"{"title":1}"#.as_slice(),
        br#"{"title":""}"#,
        br#"{}"#,
        br#"{"title":"a","admin":true}"#,
        br#"{"title":"a","on":1}"#,
        br#"{"title":null}"#,
    ];
    for body in invalid {
        assert_eq!(check(body), (400, "invalid-parameters"), "{}", String::from_utf8_lossy(body));
    }
    let deep = format!(r#"{{"title":"a","meta":{}1{}}}"#, "[".repeat(40), "]".repeat(40));
    for body in [
        b"".as_slice(),
        b"[]",
        b"{",
        br#"{"title":"a","title":"b"}"#,
        br#"{"title":"\u0000"}"#,
        b"{\"title\":\"\xff\"}",
        deep.as_bytes(),
    ] {
        assert_eq!(check(body), (400, "invalid-body"), "{}", String::from_utf8_lossy(body));
    }
    assert_eq!(check(&vec![b' '; 70_000]), (413, "body-too-large"));
    for kind in
        ["", "text/plain", "application/x-www-form-urlencoded", "application/json; charset=latin1", "application/jsonp"]
    {
        let found = early("POST /api/posts", &[("authorization", &auth), ("content-type", kind)], br#"{"title":"a"}"#);
        assert_eq!(found, (415, "unsupported-body"), "{kind}");
    }
    assert_eq!(early("POST /api/posts", &[("authorization", &auth)], br#"{"title":"a"}"#), (415, "unsupported-body"));
}

#[test]
fn a_write_goes_to_the_writing_role_with_values_of_the_server() {
    let world = World::new();
    world.answer(vec![object(r#"{"id":1}"#)]);
    let headers = [("authorization", bearer("editor")), ("content-type", "application/json; charset=utf-8".to_owned())];
    let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let reply = world.send(&api(), "POST /api/posts", &headers, br#"{"title":"a","meta":{"b":[1]}}"#);
    assert_eq!(code(&reply), (201, "ok"));
    assert_eq!(reply.response.header("cache-control"), Some("no-store"));
    let seen = world.seen();
    assert_eq!(seen.len(), 2, "the tag is purged in the same trip");
    assert!(seen.iter().all(|statement| statement.target == Target::Write));
    let values: Vec<_> = seen[0].values.iter().map(|value| value.as_deref().unwrap_or("NULL")).collect();
    assert_eq!(values, ["a", r#"{"b":[1]}"#, "false", "11111111-1111-1111-1111-111111111111"]);
    assert_eq!(seen[1].values, [Some("{post}".to_owned())]);
}

#[test]
fn only_the_right_credentials_open() {
    let (member, editor) = (bearer("member"), bearer("editor"));
    let body = br#"{"title":"a"}"#;
    let post = |headers: &[(&str, &str)]| early("POST /api/posts", headers, body);
    assert_eq!(post(&[JSON]), (401, "unauthorized"));
    assert_eq!(post(&[("authorization", &member), JSON]), (403, "forbidden"));
    // CVE-2026-47673: any scheme was taken for Bearer.
    for scheme in ["Basic ", "bearer ", "Bearer  ", "", "Bearer,"] {
        let header = editor.replacen("Bearer ", scheme, 1);
        assert_eq!(post(&[("authorization", &header), JSON]), (401, "unauthorized"), "{scheme:?}");
    }
    for cookie in ["__Host-session=", "__Host-session=x", "session=x", "__Host-session=a; __Host-session=b"] {
        assert_eq!(early("GET /api/mine", &[("cookie", cookie)], b""), (401, "unauthorized"), "{cookie}");
    }
    let reply = World::new().send(&api(), "GET /api/mine", &[], b"");
    assert_eq!(reply.response.header("www-authenticate"), Some("Bearer"));
    assert_eq!(
        early("DELETE /api/mine", &[("authorization", &editor)], b""),
        (401, "unauthorized"),
        "no token where a cookie is asked for"
    );
}

#[test]
fn a_session_is_looked_up_uncached_and_its_end_is_told() {
    let (api, world, cookie) = (api(), World::new(), cookie());
    world.answer(vec![session_row()]).answer(vec![object("[]")]);
    let reply = world.send(&api, "GET /api/mine", &[("cookie", &cookie)], b"");
    assert_eq!(code(&reply), (200, "ok"));
    assert_eq!(reply.response.header("cache-control"), Some("no-store"));
    let seen = world.seen();
    assert_eq!((seen[0].target, seen[1].target), (Target::Write, Target::Read));
    assert!(!seen[0].values[0].as_deref().expect("a hash").contains(&cookie[15..]), "the token itself stays here");
    assert_eq!(seen[1].values[1].as_deref(), Some("member"));
    world.answer(vec![rows(&[])]);
    let reply = world.send(&api, "GET /api/mine", &[("cookie", &cookie)], b"");
    assert_eq!(code(&reply), (401, "unauthorized"));
    assert!(reply.response.header("set-cookie").expect("removed").contains("Max-Age=0"));
}

/// GHSA-2234-fmw7-43wr: a missing content type passed.
#[test]
fn requests_of_other_sites_cannot_use_a_session() {
    let cookie = cookie();
    let delete = |more: &[(&str, &str)]| {
        let world = World::new();
        world.answer(vec![session_row()]).answer(vec![]);
        let mut headers = vec![("cookie", cookie.as_str())];
        headers.extend(more);
        code(&world.send(&api(), "DELETE /api/mine", &headers, b""))
    };
    assert_eq!(delete(&[]), (403, "foreign-request"), "neither Origin nor Sec-Fetch-Site");
    assert_eq!(delete(&[("origin", "https://site.example")]), (204, "ok"));
    assert_eq!(delete(&[("origin", "https://site.example"), ("sec-fetch-site", "same-origin")]), (204, "ok"));
    assert_eq!(delete(&[("origin", "https://app.example")]), (403, "foreign-request"), "CORS is without credentials");
    for origin in [
        "null",
        "https://evil.example",
        "https://site.example.evil.example",
        "http://site.example",
        "https://site.example:8443",
        "HTTPS://SITE.EXAMPLE",
        "",
    ] {
        assert_eq!(delete(&[("origin", origin)]), (403, "foreign-origin"), "{origin}");
    }
    for site in ["cross-site", "same-site", "none", ""] {
        let headers = [("origin", "https://site.example"), ("sec-fetch-site", site)];
        assert_eq!(delete(&headers), (403, "foreign-request"), "{site}");
    }
}

#[test]
fn cors_never_reflects() {
    let world = World::new();
    for origin in ["https://evil.example", "null", "https://app.example.evil.example", "https://APP.example"] {
        let reply = world.send(
            &api(),
            "OPTIONS /api/posts",
            &[("origin", origin), ("access-control-request-method", "POST")],
            b"",
        );
        assert_eq!(reply.response.header("access-control-allow-origin"), None, "{origin}");
        assert_eq!(reply.response.header("vary"), Some("Origin"));
    }
    let headers = [
        ("origin", "https://app.example"),
        ("access-control-request-method", "POST"),
        ("access-control-request-headers", "x-evil"),
    ];
    insta::assert_snapshot!("preflight", show(&world.send(&api(), "OPTIONS /api/posts", &headers, b"")));
}

#[test]
fn answers_are_kept_by_declared_parameters_only() {
    let (api, world) = (api(), World::new());
    world.answer(vec![object("[1]")]);
    let first = world.send(
        &api,
        "GET /api/posts?limit=020",
        &[("x-forwarded-host", "evil.example"), ("accept", "text/html")],
        b"",
    );
    assert_eq!(first.response.header("cache-status"), Some("rivage; fwd=miss; stored"));
    assert_eq!(first.response.body, br#"{"items":[1]}"#);
    assert_eq!(world.seen().len(), 1);
    for line in ["GET /api/posts?limit=20", "GET /api/posts", "HEAD /api/%70osts?sort=new"] {
        let reply = world.send(&api, line, &[("x-forwarded-host", "other.example")], b"");
        assert_eq!((code(&reply), reply.log.cache), ((200, "ok"), CacheUse::Memory), "{line}");
        assert_eq!(reply.response.body, first.response.body);
    }
    assert_eq!(world.seen(), []);
    world.answer(vec![object("[2]")]);
    assert_eq!(world.send(&api, "GET /api/posts?sort=old", &[], b"").log.cache, CacheUse::Miss);
    let etag = first.response.header("etag").expect("tagged").to_owned();
    let reply = world.send(&api, "GET /api/posts", &[("if-none-match", &etag)], b"");
    assert_eq!((reply.response.status, reply.response.body.len()), (304, 0));
}

#[test]
fn another_instance_finds_the_answer_in_the_shared_cache() {
    let world = World::new();
    world.answer(vec![object("[1]")]);
    world.send(&api(), "GET /api/posts", &[], b"");
    let reply = world.send(&api(), "GET /api/posts", &[], b"");
    assert_eq!(reply.log.cache, CacheUse::Hit);
    let mut other = manifest();
    other.settings.build = "b2".to_owned();
    let reply = world.send(&Api::new(other, Secrets::default()), "GET /api/posts", &[], b"");
    assert_eq!(code(&reply), (503, "database-unavailable"), "another build has keys of its own");
}

#[test]
fn stale_answers_are_shown_once_while_one_is_made_anew() {
    let (api, world) = (api(), World::new());
    world.answer(vec![object("[1]")]);
    world.send(&api, "GET /api/posts", &[], b"");
    world.wait(61);
    let first = world.send(&api, "GET /api/posts", &[], b"");
    assert_eq!((first.log.cache, first.response.body.as_slice()), (CacheUse::Stale, br#"{"items":[1]}"#.as_slice()));
    let second = world.send(&api, "GET /api/posts", &[], b"");
    assert!(second.after.is_none(), "one request makes it anew");
    world.answer(vec![object("[2]")]);
    world.after(&api, first.after);
    let third = world.send(&api, "GET /api/posts", &[], b"");
    assert_eq!((third.log.cache, third.response.body.as_slice()), (CacheUse::Memory, br#"{"items":[2]}"#.as_slice()));
}

#[test]
fn spare_answers_are_shown_while_the_database_is_away() {
    let (api, world) = (api(), World::new());
    world.answer(vec![object("[1]")]);
    world.send(&api, "GET /api/posts", &[], b"");
    world.wait(200);
    world.fail(ErrorKind::Refused(*b"42P01"), false);
    assert_eq!(code(&world.send(&api, "GET /api/posts", &[], b"")), (500, "internal"), "a mistake is not hidden");
    let reply = world.send(&api, "GET /api/posts", &[], b"");
    assert_eq!((code(&reply), reply.log.cache), ((200, "ok"), CacheUse::Error));
    assert!(reply.log.error.is_some(), "the log knows why");
    world.wait(4000);
    assert_eq!(code(&world.send(&api, "GET /api/posts", &[], b"")), (503, "database-unavailable"));
}

#[test]
fn nobody_waits_for_a_database_that_did_not_answer_before() {
    let (api, world) = (api(), World::new());
    let posts = || world.send(&api, "GET /api/posts", &[], b"");
    world.answer(vec![object("[1]")]);
    posts();
    world.wait(200).answer(vec![object("[7]")]);
    world.send(&api, "GET /api/posts?limit=7", &[], b"");
    assert_eq!(code(&world.send(&api, "GET /api/posts/7", &[], b"")), (503, "database-unavailable"));
    let (first, second) = (posts(), posts());
    for reply in [&first, &second] {
        assert_eq!((code(reply), reply.log.cache, reply.log.trips), ((200, "ok"), CacheUse::Error, 0), "{reply:?}");
        assert!(reply.log.error.is_some(), "the log knows why");
    }
    assert!(second.after.is_none(), "one request finds out whether it is back");
    world.answer(vec![object("[2]")]);
    world.after(&api, first.after);
    let reply = posts();
    assert_eq!((reply.log.cache, reply.response.body.as_slice()), (CacheUse::Memory, br#"{"items":[2]}"#.as_slice()));
    // What is wrong with one statement says nothing of the others.
    world.wait(200).refuse_statement(*b"57014");
    assert_eq!(code(&world.send(&api, "GET /api/posts/7", &[], b"")), (504, "database-timeout"));
    world.answer(vec![object("[3]")]);
    let reply = posts();
    assert_eq!((reply.log.cache, reply.response.body.as_slice()), (CacheUse::Miss, br#"{"items":[3]}"#.as_slice()));
}

#[test]
fn in_an_outage_answers_are_found_by_the_numbers_of_the_last_purge() {
    let auth = bearer("editor");
    for told in [true, false] {
        let (api, world) = (api(), World::new());
        let posts = || world.send(&api, "GET /api/posts", &[], b"");
        world.answer(vec![object("[1]")]);
        posts();
        world.answer(vec![object(r#"{"id":7}"#), rows(&[&["post", "1"]])]);
        let added = world.send(&api, "POST /api/posts", &[("authorization", &auth), JSON], br#"{"title":"a"}"#);
        assert_eq!(added.response.status, 201);
        world.answer(vec![object("[2]")]);
        let reply = posts();
        assert_eq!((reply.log.cache, reply.log.trips), (CacheUse::Miss, 1), "the new number was told");
        // Another tag is purged, and that is the last that is heard of the database.
        let purged = if told { rows(&[&["series", "1"]]) } else { crate::ports::Outcome::default() };
        world.answer(vec![rows(&[&["2", "1", "stored"]]), purged]);
        assert_eq!(send_bars(&api, &world, INGEST, CSV, BARS).response.status, 200);
        world.fail(ErrorKind::Unavailable, false);
        let reply = world.send(&api, "GET /api/posts", &[], b"");
        assert_eq!((code(&reply), reply.response.body.as_slice()), ((200, "ok"), br#"{"items":[2]}"#.as_slice()));
    }
}

#[test]
fn failures_are_not_kept() {
    let (api, world) = (api(), World::new());
    assert_eq!(world.send(&api, "GET /api/posts", &[], b"").response.status, 503);
    assert_eq!(world.kept(), []);
    assert_eq!(world.send(&api, "GET /api/posts?limit=x", &[], b"").response.status, 400);
    assert_eq!(world.kept(), []);
}

#[test]
fn reads_are_tried_twice_and_writes_once() {
    let world = World::new();
    world.fail(ErrorKind::Refused(*b"57P01"), false).answer(vec![object(r#"{"id":7}"#)]);
    let reply = world.send(&api(), "GET /api/posts/7", &[], b"");
    assert_eq!((code(&reply), reply.log.trips), ((200, "ok"), 2));
    for (kind, after_first_row) in [
        (ErrorKind::Unavailable, true),
        (ErrorKind::Timeout, false),
        (ErrorKind::Refused(*b"57014"), false),
        (ErrorKind::Refused(*b"23505"), false),
    ] {
        let world = World::new();
        world.fail(kind, after_first_row);
        assert_eq!(world.send(&api(), "GET /api/posts/7", &[], b"").log.trips, 1, "{kind:?}");
    }
    let world = World::new();
    world.fail(ErrorKind::Unavailable, false).answer(vec![object("{}")]);
    let auth = bearer("editor");
    let reply = world.send(&api(), "POST /api/posts", &[("authorization", &auth), JSON], br#"{"title":"a"}"#);
    assert_eq!((code(&reply), reply.log.trips), ((503, "database-unavailable"), 1));
}

#[test]
fn variants_are_chosen_by_values() {
    let world = World::new();
    for (line, expect) in [
        ("GET /api/posts?sort=old", "order by at\n"),
        ("GET /api/posts?tag=a&sort=old", "tags @> array[$2] order by at limit $3"),
        ("GET /api/posts?tag=a", "tags @> array[$2] order by at desc limit $3"),
    ] {
        world.answer(vec![]);
        world.send(&api(), line, &[], b"");
        let sql = world.seen()[0].sql.clone();
        assert!(sql.contains(expect.trim()), "{line}: {sql}");
    }
}

#[test]
fn nothing_found_is_404() {
    let world = World::new();
    world.answer(vec![]);
    assert_eq!(code(&world.send(&api(), "GET /api/posts/7", &[], b"")), (404, "not-found"));
}

#[test]
fn limits_count_routes_by_class_and_addresses_by_network() {
    let world = World::new();
    world.refuse();
    for line in ["GET /api/posts/1", "GET /api/%70osts/1", "HEAD /api/posts/1"] {
        let reply = world.send(&api(), line, &[("x-forwarded-for", "198.51.100.1")], b"");
        assert_eq!(code(&reply), (429, "too-many-requests"));
        assert_eq!(reply.response.header("retry-after"), Some("60"));
    }
    assert_eq!(world.seen(), []);
    assert!(world.counted().iter().all(|(class, client)| class == "read" && client == "203.0.113.7"));
    assert_eq!(client_key("2001:db8:1:2:3::4"), "2001:db8:1:2::/64");
    assert_eq!(client_key("2001:0DB8:0001:2::"), "2001:db8:1:2::/64");
    assert_eq!(client_key("::ffff:192.0.2.1"), "192.0.2.1");
    assert_eq!(client_key("192.0.2.1"), "192.0.2.1");
    assert_eq!(client_key("x"), "unknown");
}

fn login(world: &World, password: &str, count: &str, stored: Option<&str>) -> Reply<Vec<u8>> {
    let account: Vec<&str> = stored
        .map(|stored| vec!["22222222-2222-2222-2222-222222222222", stored, "member", "a@b.c"])
        .unwrap_or_default();
    let found = if account.is_empty() { rows(&[]) } else { rows(&[&account]) };
    world.answer(vec![rows(&[&["address 203.0.113.7", count]]), found]).answer(vec![]);
    let body = serde_json::json!({"email": "A@b.c", "password": password}).to_string();
    world.send(&api(), "POST /api/v1/auth/login", &[JSON], body.as_bytes())
}

#[test]
fn a_login_begins_a_session_of_its_own() {
    let stored = crate::auth::password::hash("correct horse", [5; 16]);
    let world = World::new();
    let reply = login(&world, "correct horse", "1", Some(&stored));
    assert_eq!(code(&reply), (200, "ok"));
    let set = reply.response.header("set-cookie").expect("a session").to_owned();
    assert!(set.ends_with("; Path=/; Max-Age=2592000; Secure; HttpOnly; SameSite=Lax"), "{set}");
    let token = set.split(['=', ';']).nth(1).expect("a token");
    let seen = world.seen();
    assert!(seen.iter().all(|statement| statement.target == Target::Write));
    assert_eq!(seen[2].values[0], Token::parse(token).map(|token| token.hash()));
    assert_eq!(seen.len(), 4, "count, find; begin, forget: a hash of today's cost stays");
}

/// Fixation: a token that somebody planted before the login is not the session's after it.
#[test]
fn a_planted_cookie_does_not_survive_a_login() {
    let stored = crate::auth::password::hash("correct horse", [5; 16]);
    let world = World::new();
    let account = ["22222222-2222-2222-2222-222222222222", stored.as_str(), "member", "a@b.c"];
    world.answer(vec![rows(&[]), rows(&[&account])]).answer(vec![]);
    let body = br#"{"email":"a@b.c","password":"correct horse"}"#;
    let planted = Token::new([1; 32]);
    let reply = world.send(&api(), "POST /api/v1/auth/login", &[("cookie", &cookie()), JSON], body);
    assert!(!reply.response.header("set-cookie").expect("a session").contains(planted.as_str()));
    assert!(world.seen().iter().all(|statement| !statement.values.contains(&Some(planted.hash()))));
}

#[test]
fn changing_the_password_ends_all_sessions() {
    let stored = crate::auth::password::hash("correct horse", [5; 16]);
    let world = World::new();
    let account = ["22222222-2222-2222-2222-222222222222", stored.as_str(), "member", "a@b.c"];
    world.answer(vec![session_row()]).answer(vec![rows(&[]), rows(&[&account])]).answer(vec![]);
    let cookie = cookie();
    let headers = [("cookie", cookie.as_str()), ("origin", "https://site.example"), JSON];
    let reply = world.send(
        &api(),
        "POST /api/v1/auth/password",
        &headers,
        br#"{"current":"correct horse","password":"battery staple"}"#,
    );
    assert_eq!(code(&reply), (204, "ok"));
    let texts: Vec<String> = world.seen()[3..].iter().map(|statement| statement.sql.clone()).collect();
    assert!(
        texts[0].starts_with("update account set password") && texts[1].starts_with("update session set revoked_at")
    );
    assert!(texts[2].starts_with("insert into session"), "and a new one begins");
}

#[test]
fn an_unknown_account_looks_like_a_wrong_password() {
    let stored = crate::auth::password::hash("correct horse", [5; 16]);
    let known = login(&World::new(), "wrong horse", "1", Some(&stored));
    let unknown = login(&World::new(), "wrong horse", "1", None);
    assert_eq!(show(&known), show(&unknown));
    assert_eq!(code(&known), (401, "invalid-credentials"));
}

#[test]
fn attempts_are_counted_before_a_password_is_looked_at() {
    let stored = crate::auth::password::hash("correct horse", [5; 16]);
    let reply = login(&World::new(), "correct horse", "101", Some(&stored));
    assert_eq!(code(&reply), (429, "too-many-requests"));
    assert_eq!(reply.response.header("retry-after"), Some("900"));
}

#[test]
fn registering_answers_the_same_for_known_addresses() {
    let send = |rows_changed: u64| {
        let world = World::new();
        world.answer(vec![crate::ports::Outcome { rows: rows_changed, ..Default::default() }]);
        show(&world.send(
            &api(),
            "POST /api/v1/auth/register",
            &[JSON],
            br#"{"email":"a@b.c","password":"correct horse"}"#,
        ))
    };
    assert_eq!(send(0), send(1));
    assert!(send(1).starts_with("202"));
    let body = br#"{"email":"a@b.c","password":"password123"}"#;
    assert_eq!(early("POST /api/v1/auth/register", &[JSON], body), (400, "invalid-parameters"));
    let closed = Api::new(manifest(), Secrets::default());
    let reply = World::new().send(
        &closed,
        "POST /api/v1/auth/register",
        &[JSON],
        br#"{"email":"a@b.c","password":"correct horse"}"#,
    );
    assert_eq!(code(&reply), (403, "registration-closed"));
}

#[test]
fn refresh_tokens_are_good_for_once() {
    let refresh = |verdict: Option<&str>| {
        let world = World::new();
        let row = verdict.map(|verdict| vec![verdict, "22222222-2222-2222-2222-222222222222", "member"]);
        world.answer(vec![rows(&row.iter().map(Vec::as_slice).collect::<Vec<_>>())]);
        let body = format!(r#"{{"refresh_token":"{}"}}"#, Token::new([9; 32]).as_str());
        world.send(&api(), "POST /api/v1/auth/refresh", &[JSON], body.as_bytes())
    };
    assert_eq!(code(&refresh(Some("race"))), (409, "already-refreshed"));
    assert_eq!(code(&refresh(Some("refused"))), (401, "invalid-token"));
    assert_eq!(code(&refresh(None)), (401, "invalid-token"));
    let reply = refresh(Some("rotated"));
    let body: serde_json::Value = serde_json::from_slice(&reply.response.body).expect("JSON");
    assert_ne!(body["refresh_token"], Token::new([9; 32]).as_str());
    let header = format!("Bearer {}", body["access_token"].as_str().expect("a token"));
    let world = World::new();
    world.answer(vec![object("[]")]);
    assert_eq!(code(&world.send(&api(), "GET /api/mine", &[("authorization", &header)], b"")), (200, "ok"));
}

#[test]
fn logging_out_ends_the_session_of_the_cookie() {
    let (world, cookie) = (World::new(), cookie());
    world.answer(vec![session_row()]).answer(vec![]);
    let reply =
        world.send(&api(), "POST /api/v1/auth/logout", &[("cookie", &cookie), ("origin", "https://site.example")], b"");
    assert_eq!(code(&reply), (204, "ok"));
    assert_eq!(world.seen()[1].values, [Some(Token::new([1; 32]).hash())]);
}

#[test]
fn forms_are_stored_unless_the_trap_was_filled() {
    let send = |kind: &str, body: &str| {
        let world = World::new();
        world.answer(vec![]);
        let reply = world.send(&api(), "POST /api/v1/forms/contact", &[("content-type", kind)], body.as_bytes());
        (reply.response.status, reply.response.header("location").map(str::to_owned), world.seen())
    };
    let form = "application/x-www-form-urlencoded";
    let (status, location, seen) = send(form, "email=a%40b.c&age=5&website=");
    assert_eq!((status, location.as_deref()), (303, Some("/thanks/")));
    assert_eq!(seen[0].values[1].as_deref(), Some(r#"{"email":"a@b.c","age":5}"#));
    let (status, _, seen) = send("application/json", r#"{"email":"a@b.c"}"#);
    assert_eq!((status, seen.len()), (204, 1));
    let (status, _, seen) = send(form, "email=a%40b.c&website=http://spam.example");
    assert_eq!((status, seen.len()), (303, 0), "a program is told that all went well");
    assert_eq!(send(form, "email=a%40b.c&age=").0, 303, "an empty field that need not be filled");
    assert_eq!(send(form, "email=a%40b.c&x=1").0, 400);
    assert_eq!(send(form, "email=a%40b.c&email=d%40e.f").0, 400);
    assert_eq!(send(form, "age=5").0, 400);
    assert_eq!(send("multipart/form-data; boundary=x", "").0, 415);
}

#[test]
fn a_challenge_is_checked_before_a_form_is_stored() {
    let send = |answer: Option<&str>, body: &str| {
        let world = World::new();
        if let Some(answer) = answer {
            world.fetch_answer(answer);
        }
        world.answer(vec![]);
        let reply = world.send(&api(), "POST /api/v1/forms/guarded", &[JSON], body.as_bytes());
        (code(&reply), world.seen().len(), world.fetched())
    };
    let body = r#"{"email":"a@b.c","cf-turnstile-response":"t&t"}"#;
    let (found, stored, fetched) = send(Some(r#"{"success":true}"#), body);
    assert_eq!((found, stored), ((204, "ok"), 1));
    assert_eq!(fetched[0].1, "secret=s%26cret&response=t%26t");
    for verdict in [r#"{"success":false}"#, r#"{"success":"true"}"#, "", "[]"] {
        assert_eq!(send(Some(verdict), body).0, (403, "challenge-failed"), "{verdict}");
    }
    assert_eq!(send(None, body).0, (503, "challenge-unavailable"));
    let (found, stored, fetched) = send(Some(r#"{"success":true}"#), r#"{"email":"a@b.c"}"#);
    assert_eq!((found, stored, fetched.len()), ((403, "challenge-failed"), 0, 0));
}

#[test]
fn health_needs_the_database_and_healthcheck_does_not() {
    let world = World::new();
    assert_eq!(code(&world.send(&api(), "GET /api/v1/healthcheck", &[], b"")), (200, "ok"));
    assert_eq!(code(&world.send(&api(), "GET /api/v1/health", &[], b"")), (503, "database-unavailable"));
    world.answer(vec![rows(&[&["t"]])]).answer(vec![]);
    assert_eq!(code(&world.send(&api(), "GET /api/v1/health", &[], b"")), (200, "ok"));
}

#[test]
fn constants_are_what_is_answered_and_logged_anyway() {
    let with = |change: &dyn Fn(&mut Manifest)| {
        let mut manifest = manifest();
        manifest.settings.cors.clear();
        change(&mut manifest);
        Api::new(manifest, Secrets { metrics: Some("m".to_owned()), ..Secrets::default() })
    };
    let api = with(&|_| {});
    let constants = api.constants();
    assert_eq!(constants.iter().map(|constant| &*constant.path).collect::<Vec<_>>(), ["/api/v1/healthcheck"]);
    let world = World::new();
    let metrics = || {
        let reply = world.send(&api, "GET /api/v1/admin/metrics", &[("authorization", "Bearer m")], b"");
        let metrics: serde_json::Value = serde_json::from_slice(&reply.response.body).expect("metrics");
        let routes = metrics["routes"].as_array().expect("routes").clone();
        routes.into_iter().find(|route| route["route"] == "healthcheck")
    };
    for headers in [&[][..], &[("origin", "https://foe.example"), ("if-none-match", "*"), ("cookie", &cookie())]] {
        let Reply { mut response, log, .. } = world.send(&api, "GET /api/v1/healthcheck", headers, b"");
        response.headers.retain(|(name, _)| *name != "x-request-id");
        assert_eq!(response, constants[0].response);
        let once = metrics().expect("it was counted");
        assert_eq!(api.repeated(&constants[0], log.id.clone(), 1_795_000_000_000), log);
        let twice = metrics().expect("it was counted");
        assert!(api.count(&constants[0]));
        let thrice = metrics().expect("it was counted");
        let numbers = [&once, &twice, &thrice].map(|counted| counted["requests"].as_u64().expect("a number"));
        assert_eq!(numbers, [numbers[0], numbers[0] + 1, numbers[0] + 2]);
    }
    // The first request gives the counts their name.
    let fresh = with(&|_| {});
    assert!(!fresh.count(&constants[0]));
    fresh.repeated(&constants[0], "abc".to_owned(), 0);
    assert!(fresh.count(&constants[0]));
    // What may differ is none.
    let none: [&dyn Fn(&mut Manifest); 3] = [
        &|manifest| manifest.settings.cors.push("https://app.example".to_owned()),
        &|manifest| manifest.settings.bounds.url = 10,
        &|manifest| {
            for route in &mut manifest.routes {
                route.auth.bearer = true;
            }
        },
    ];
    for change in none {
        assert!(with(change).constants().is_empty());
    }
}

#[test]
fn a_plan_shows_no_values() {
    let api = api();
    let headers = crate::testing::List(&[JSON]);
    let request = Request { method: "POST", path: "/api/v1/auth/login", query: "", headers: &headers };
    let Step::Body(needs) = api.begin(&request, Arrival { now: 0, id: [0; 16] }) else { panic!("a login has a body") };
    let step = needs.finish(&api, br#"{"email":"a@b.c","password":"correct horse"}"#);
    insta::assert_snapshot!(format!("{step:?}"), @"Run(Plan(login, 00000000000000000000000000000000))");
}

#[test]
fn the_future_of_a_shell_with_threads_is_send() {
    fn is_send<T: Send>(future: T) -> T {
        future
    }
    let (api, world) = (api(), World::new());
    let headers = crate::testing::List(&[]);
    let request = Request { method: "GET", path: "/api/v1/health", query: "", headers: &headers };
    let Step::Run(plan) = api.begin(&request, Arrival { now: 0, id: [0; 16] }) else {
        panic!("health asks the database")
    };
    block_on(is_send(api.run(&world, *plan)));
}

const CSV: (&str, &str) = ("content-type", "text/csv");
const INGEST: &str = "POST /api/v1/series/ingest?symbol=EURUSD&key=k-1";
const BARS: &[u8] =
    b"ts,open,high,low,close,volume\n2026-11-02T09:00:00Z,1,2.5,0.5,2,10\nyesterday,1,1,1,1,1\n2026-11-03,2,2,2,2,\n";

fn send_bars(api: &Api, world: &World, line: &str, kind: (&str, &str), body: &[u8]) -> Reply<Vec<u8>> {
    world.send(api, line, &[("authorization", &bearer("admin")), kind], body)
}

#[test]
fn a_batch_of_bars_is_one_trip() {
    let world = World::new();
    world.answer(vec![rows(&[&["2", "1", "stored"]]), crate::ports::Outcome::default()]);
    let reply = send_bars(&api(), &world, INGEST, CSV, BARS);
    let body: serde_json::Value = serde_json::from_slice(&reply.response.body).expect("JSON");
    let numbers = ["rows", "stored", "changed", "duplicates", "rejected"].map(|key| body[key].as_u64());
    assert_eq!((reply.response.status, numbers), (200, [Some(3), Some(2), Some(1), Some(0), Some(1)]));
    assert_eq!((&body["errors"][0]["row"], &body["errors"][0]["field"]), (&2.into(), &"ts".into()));
    let seen = world.seen();
    let values: Vec<&str> = seen[0].values.iter().map(|value| value.as_deref().unwrap_or("")).collect();
    assert_eq!((seen.len(), seen[0].target, &values[..2]), (2, Target::Write, &["EURUSD", "k-1"][..]));
    assert_eq!(
        values[3..],
        ["{2026-11-02T09:00:00Z,2026-11-03T00:00:00Z}", "{1,2}", "{2.5,2}", "{0.5,2}", "{2,2}", "{10,0}"]
    );
    assert!(seen[1].sql.contains("cache_epoch"), "{seen:?}");
    // Equal bars have equal prints, however they are written: by them a batch is known again.
    let json = r#"{"bars": [{"ts": "2026-11-02T09:00:00Z", "open": 1.0, "high": 2.50, "low": 0.5, "close": 2, "volume": 1e1},
                            {"ts": "2026-11-03", "open": 2, "high": 2, "low": 2, "close": 2}]}"#;
    world.answer(vec![rows(&[&["2", "0", "replayed"]]), crate::ports::Outcome::default()]);
    let again = send_bars(&api(), &world, INGEST, JSON, json.as_bytes());
    let body: serde_json::Value = serde_json::from_slice(&again.response.body).expect("JSON");
    assert_eq!((&body["replayed"], &body["changed"]), (&true.into(), &0.into()));
    assert_eq!(world.seen()[0].values[2], seen[0].values[2]);
    world.answer(vec![rows(&[&["2", "0", "conflict"]]), crate::ports::Outcome::default()]);
    assert_eq!(code(&send_bars(&api(), &world, INGEST, CSV, BARS)), (409, "key-reused"));
}

#[test]
fn bodies_of_bars_have_bounds_of_their_own() {
    let large = format!("ts,open,high,low,close\n{}", "2026-11-03,1,1,1,1\n".repeat(9000));
    assert!(large.len() > 100_000);
    let world = World::new();
    world.answer(vec![rows(&[&["1", "1", "stored"]]), crate::ports::Outcome::default()]);
    assert_eq!(send_bars(&api(), &world, INGEST, CSV, large.as_bytes()).response.status, 200);
    let larger = "x".repeat(4_000_001);
    let bearer = bearer("admin");
    let sent = |kind: (&'static str, &'static str), body: &str| {
        early(INGEST, &[("authorization", bearer.as_str()), kind], body.as_bytes())
    };
    assert_eq!(sent(CSV, &larger), (413, "body-too-large"));
    assert_eq!(sent(("content-type", "text/csv; charset=latin1"), ""), (415, "unsupported-body"));
    assert_eq!(sent(("content-type", "application/x-www-form-urlencoded"), ""), (415, "unsupported-body"));
    assert_eq!(sent(CSV, "ts,open\n"), (400, "invalid-body"));
    // All rows wrong: there is nothing to ask the database.
    let world = World::new();
    assert_eq!(send_bars(&api(), &world, INGEST, CSV, b"ts,open,high,low,close\n1,1,1,1,1\n").response.status, 200);
    assert_eq!(world.seen(), []);
    // What other routes read is neither longer nor CSV.
    assert_eq!(early("POST /api/form", &[CSV], b""), (404, "not-found"));
    assert_eq!(early("POST /api/v1/forms/contact", &[CSV], b"a"), (415, "unsupported-body"));
    assert_eq!(early("POST /api/v1/forms/contact", &[JSON], &[b'x'; 70_000]), (413, "body-too-large"));
    assert_eq!(early(INGEST, &[CSV], BARS), (401, "unauthorized"));
}
