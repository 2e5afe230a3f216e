//! Attacks that libraries of others fell for, against the server as it runs: with the statements in a real database and bytes on a real socket.
//!
//! Those on tokens themselves are tests of `rivage_api::auth::jwt`; what a decision alone can show is tested there, too.

use std::io::{Read, Write};
use std::net::TcpStream;

use rivage_api::http::url;
use serde_json::{Value, json};

use crate::http::{Answer, send};
use crate::place::{Place, place};
use crate::{OWN, PATIENCE, account, assert_problem, get, post, session, titles};

fn login(place: &Place, email: &str, password: &str) -> Answer {
    post(place, "/api/v1/auth/login", &[], &json!({"email": email, "password": password, "grant": "token"}))
}

fn refresh(place: &Place, token: &Value) -> Answer {
    post(place, "/api/v1/auth/refresh", &[], &json!({"refresh_token": token}))
}

fn me(place: &Place, header: (&str, &str)) -> Answer {
    send(&place.address, "GET", "/api/v1/auth/me", &[header], b"")
}

#[test]
fn of_many_exchanges_at_once_one_wins_and_a_stolen_token_ends_its_family() {
    let Some(place) = place() else { return };
    let (email, password) = account(place, "family");
    let first = login(place, &email, &password).json()["refresh_token"].clone();
    let answers: Vec<Answer> = std::thread::scope(|scope| {
        let lanes: Vec<_> = (0..8).map(|_| scope.spawn(|| refresh(place, &first))).collect();
        lanes.into_iter().map(|lane| lane.join().unwrap()).collect()
    });
    let won: Vec<_> = answers.iter().filter(|answer| answer.status == 200).collect();
    assert_eq!(won.len(), 1, "{answers:?}");
    for lost in answers.iter().filter(|answer| answer.status != 200) {
        assert_problem(lost, 409, "already-refreshed");
    }
    // Losing a race is no theft: the winner goes on.
    let third = refresh(place, &won[0].json()["refresh_token"]);
    assert_eq!(third.status, 200, "{third:?}");
    let third = third.json()["refresh_token"].clone();
    // A minute later nobody honest sends the first one any more.
    let later = "update session set rotated_at = rotated_at - interval '1 minute' where rotated_at is not null and account_id = ";
    if place.query(&format!("{later} (select id from account where email = '{email}')")).is_some() {
        assert_problem(&refresh(place, &first), 401, "invalid-token");
        assert_problem(&refresh(place, &third), 401, "invalid-token");
    }
}

#[test]
fn guesses_at_a_password_have_an_end_and_lock_nobody_else_out() {
    let Some(place) = place() else { return };
    let (email, password) = account(place, "guessed");
    let statuses: Vec<u16> =
        (0..12).map(|turn| login(place, &email, &format!("guess {turn} of many")).status).collect();
    assert_eq!(statuses, [&[401; 10][..], &[429; 2]].concat());
    // Not even the right one is told from a wrong one now.
    let right = login(place, &email.to_uppercase(), &password);
    assert_problem(&right, 429, "too-many-requests");
    assert_eq!(right.header("retry-after"), "900");
    let (other, password) = account(place, "bystander");
    assert_eq!(login(place, &other, &password).status, 200);
}

#[test]
fn another_password_ends_all_other_sessions() {
    let Some(place) = place() else { return };
    let account = account(place, "changing");
    let (here, there) = (session(place, &account), session(place, &account));
    let tokens = login(place, &account.0, &account.1).json();
    let change = |cookie: &str, current: &str| {
        let body = json!({"current": current, "password": "quite another line"});
        post(place, "/api/v1/auth/password", &[("cookie", cookie), OWN], &body)
    };
    assert_problem(&change(&here, "not the password"), 403, "invalid-credentials");
    let changed = change(&here, &account.1);
    assert_eq!(changed.status, 204, "{changed:?}");
    let fresh = changed.header("set-cookie").split(';').next().unwrap().to_owned();
    for (cookie, status) in [(&here, 401), (&there, 401), (&fresh, 200)] {
        assert_eq!(me(place, ("cookie", cookie)).status, status);
    }
    assert_problem(&refresh(place, &tokens["refresh_token"]), 401, "invalid-token");
    assert_eq!(login(place, &account.0, &account.1).status, 401);
    assert_eq!(login(place, &account.0, "quite another line").status, 200);
}

/// Session fixation: an attacker plants a cookie, and waits until its owner signs in.
#[test]
fn a_planted_session_is_never_used() {
    let Some(place) = place() else { return };
    let (email, password) = account(place, "planted");
    let planted = format!("__Host-session={}", "A".repeat(43));
    let body = json!({"email": email, "password": password});
    let answer = post(place, "/api/v1/auth/login", &[("cookie", &planted), OWN], &body);
    assert_eq!(answer.status, 200, "{answer:?}");
    let given = answer.header("set-cookie").split(';').next().unwrap().to_owned();
    assert_ne!(given, planted);
    assert_eq!(me(place, ("cookie", &planted)).status, 401);
    assert_eq!(
        me(place, ("cookie", &format!("{planted}; {given}"))).status,
        401,
        "nobody guesses which of two is meant"
    );
    assert_eq!(me(place, ("cookie", &given)).status, 200);
}

/// A token that was accepted is remembered; nothing that only looks like it may profit. CVE-2026-47673: any scheme was taken for Bearer.
#[test]
fn an_accepted_token_opens_for_nothing_but_itself() {
    let Some(place) = place() else { return };
    let (email, password) = account(place, "tokens");
    let token = login(place, &email, &password).json()["access_token"].as_str().unwrap().to_owned();
    let bearer = format!("Bearer {token}");
    for _ in 0..2 {
        assert_eq!(me(place, ("authorization", &bearer)).json()["email"], *email);
    }
    let parts: Vec<&str> = token.split('.').collect();
    let [header, claims, signature] = parts[..] else { panic!("{token}") };
    let (other, password) = account(place, "other");
    let of_other = login(place, &other, &password).json()["access_token"].as_str().unwrap().to_owned();
    let claims_of_other = of_other.split('.').nth(1).unwrap().to_owned();
    // {"alg":"none"}
    let none = "eyJhbGciOiJub25lIn0";
    for header in [
        format!("bearer {token}"),
        format!("Bearer  {token}"),
        format!("Basic {token}"),
        format!("Bearer {token}, Bearer {token}"),
        token.clone(),
        format!("Bearer {header}.{claims}"),
        format!("Bearer {header}.{claims}."),
        format!("Bearer {header}.{claims}.{signature}="),
        format!("Bearer {header}.{claims}.{signature}.{signature}"),
        format!("Bearer {header}.{claims_of_other}.{signature}"),
        format!("Bearer {none}.{claims}."),
        format!("Bearer {none}.{claims}.{signature}"),
        format!("Bearer {}", token.to_uppercase()),
    ] {
        assert_eq!(me(place, ("authorization", &header)).status, 401, "{header}");
    }
    assert_eq!(get(place, &format!("/api/v1/auth/me?access_token={token}")).status, 401);
    assert_eq!(me(place, ("authorization", &bearer)).status, 200);
}

/// GHSA-6wqw-2p9w-4vw4, GHSA-q7jf-gf43-6x6p: private answers were kept, and what a request said of itself came back to others.
#[test]
fn nothing_undeclared_reaches_a_kept_answer() {
    let Some(place) = place() else { return };
    let path = "/api/notes?sort=oldest&limit=3&tag=light";
    let poison = [
        ("x-forwarded-host", "evil.example"),
        ("x-forwarded-proto", "evil"),
        ("x-original-url", "/api/v1/admin/accounts"),
        ("x-http-method-override", "DELETE"),
        ("accept", "text/html"),
        ("accept-language", "evil"),
        ("origin", "https://evil.example"),
        ("cookie", "evil=1"),
    ];
    let first = send(&place.address, "GET", path, &poison, b"");
    let second = get(place, path);
    assert_eq!((first.status, &first.body), (200, &second.body));
    assert!(second.header("cache-status").contains("hit"), "{second:?}");
    assert!(!format!("{first:?}{second:?}").contains("evil"), "{first:?} {second:?}");
    for (path, status) in [
        ("/api/notes?sort=oldest&limit=3&tag=light&utm_source=x", 400),
        ("/api/notes;x?limit=3", 404),
        ("/api//notes", 404),
        ("/api/notes/%2e%2e/v1/auth/me", 404),
        ("/api/v1/auth/me/x.css", 404),
        ("/api/v1/auth/me.css", 404),
        ("/api/v1/auth/me%2fx.css", 404),
        ("/api/v1/auth/me%00.css", 404),
    ] {
        assert_eq!(get(place, path).status, status, "{path}");
    }
    let (one, other) = (account(place, "one"), account(place, "two"));
    let (cookie, other_cookie) = (session(place, &one), session(place, &other));
    for (cookie, who) in [(&cookie, &one.0), (&other_cookie, &other.0), (&cookie, &one.0)] {
        let answer = me(place, ("cookie", cookie));
        assert_eq!((answer.json()["email"].as_str(), answer.header("cache-control")), (Some(who.as_str()), "no-store"));
    }
    assert_eq!(get(place, "/api/v1/auth/me").status, 401);
}

#[test]
fn a_limit_counts_all_ways_to_write_a_request() {
    let Some(place) = place() else { return };
    // Twelve in two windows at most: of three in each, six pass.
    let ways = [("GET", "/api/scarce"), ("HEAD", "/api/scarce"), ("GET", "/api/%73carce")];
    let answers: Vec<Answer> = (0..12)
        .map(|turn| {
            let (method, path) = ways[turn % ways.len()];
            let (forwarded, told) = (format!("198.51.100.{turn}"), format!("203.0.113.{turn}"));
            send(
                &place.address,
                method,
                path,
                &[("x-forwarded-for", &forwarded), ("cf-connecting-ip", &told), ("forwarded", "for=192.0.2.1")],
                b"",
            )
        })
        .collect();
    assert!(answers.iter().filter(|answer| answer.status == 429).count() >= 6, "{answers:?}");
}

/// GHSA-p46v-f2x8-qp98: values became part of the statement.
#[test]
fn values_are_never_statements() {
    let Some(place) = place() else { return };
    for value in [
        "'; drop table note; --",
        "x' or '1'='1",
        "\\'; select pg_sleep(9); --",
        "$$; select pg_sleep(9); $$",
        "/* */ union select email from account --",
        "%' and 1 = cast((select version()) as int) --",
        "\u{2019} or 1=1 --",
        "a'||(select password from account limit 1)||'",
    ] {
        let search = get(place, &format!("/api/v1/search?q={}", url::encode(value)));
        assert_eq!(search.status, 200, "{value}: {search:?}");
        assert!(!search.text().contains('@'), "{value}: {search:?}");
        assert_eq!(get(place, &format!("/api/notes?tag={}", url::encode(value))).status, 400, "{value}");
        let sent = post(place, "/api/v1/forms/contact", &[], &json!({"email": "a@b.c", "message": value}));
        assert_eq!(sent.status, 204, "{value}: {sent:?}");
    }
    assert_eq!(titles(&get(place, "/api/notes?sort=oldest&limit=1")), ["First; light"]);
}

#[test]
fn a_session_ends_by_time_and_with_its_account() {
    let Some(place) = place() else { return };
    let who = account(place, "ending");
    let id = format!("(select id from account where email = '{}')", who.0);
    // A fresh session, what happens to its row, and whether it is open then.
    for (change, status) in [
        ("last_seen_at = now() - interval '6 days'", 200),
        ("last_seen_at = now() - interval '8 days'", 401),
        ("expires_at = now() - interval '1 second'", 401),
        ("revoked_at = now()", 401),
        ("kind = 'refresh'", 401),
    ] {
        let cookie = session(place, &who);
        if place.query(&format!("update session set {change} where account_id = {id}")).is_none() {
            return;
        }
        assert_eq!(me(place, ("cookie", &cookie)).status, status, "{change}");
    }
    // However often it is used, it ends after thirty days.
    session(place, &who);
    let longest =
        format!("select max(expires_at - created_at) = interval '30 days' from session where account_id = {id}");
    assert_eq!(place.query(&longest).unwrap(), ["t"]);

    let (cookie, tokens) = (session(place, &who), login(place, &who.0, &who.1).json());
    place.query(&format!("update account set disabled_at = now() where id = {id}"));
    assert_eq!(me(place, ("cookie", &cookie)).status, 401);
    assert_problem(&refresh(place, &tokens["refresh_token"]), 401, "invalid-token");
    let closed = login(place, &who.0, &who.1);
    assert_problem(&closed, 401, "invalid-credentials");
    let nobody = login(place, "nobody-ever@harbour.test", &who.1);
    assert_eq!(closed.json()["detail"], nobody.json()["detail"], "nothing tells that there is an account");
}

/// CVE-2026-47676: what guarded a path looked at another spelling of it than what answered.
#[test]
fn another_spelling_of_a_path_opens_nothing() {
    let Some(place) = place() else { return };
    let (guarded, public) = ("/api/v1/admin/accounts", "/api/notes");
    let member = session(place, &account(place, "speller"));
    for (path, status) in [
        ("/api/v1/%61dmin/accounts", 401),
        ("/%61pi/v1/admin/accounts", 404),
        ("/api/v1/admin%2faccounts", 404),
        ("/api/v1/admin%252faccounts", 404),
        ("/api/v1//admin/accounts", 404),
        ("/api/v1/./admin/accounts", 404),
        ("/api/v1/auth/../admin/accounts", 404),
        ("/api/v1/admin/accounts/", 404),
        ("/API/v1/admin/accounts", 404),
        ("/api/v1/admin/accounts;x", 404),
        ("/api/v1/admin\\accounts", 404),
        ("//api/v1/admin/accounts", 404),
        (guarded, 401),
        (public, 200),
    ] {
        let answer = get(place, path);
        assert_eq!(answer.status, status, "{path}: {answer:?}");
        let answer = send(&place.address, "GET", path, &[("cookie", &member)], b"");
        assert_eq!(answer.status, if status == 401 { 403 } else { status }, "{path}: {answer:?}");
    }
}

/// Request smuggling: two servers in a row read two lengths of one body, and the second takes its end for a request.
#[test]
fn a_body_has_one_length() {
    let Some(place) = place() else { return };
    // Another server, such as a Worker's, may close the connection without an answer.
    if !place.is_ours() {
        return;
    }
    let form = r#"{"email": "a@b.c", "message": "smuggled"}"#;
    let chunked = format!("{:x}\r\n{form}\r\n0\r\n\r\n", form.len());
    let request = |lengths: &str, body: &str| {
        let head =
            "POST /api/v1/forms/contact HTTP/1.1\r\nhost: h\r\nconnection: close\r\ncontent-type: application/json\r\n";
        raw(&place.address, &format!("{head}{lengths}\r\n{body}"))
    };
    let length = format!("content-length: {}\r\n", form.len());
    assert_eq!(statuses(&request(&length, form)), [204]);
    assert_eq!(statuses(&request("transfer-encoding: chunked\r\n", &chunked)), [204]);
    // Of both, the coding counts, wherever it stands, as RFC 9112 has it: nothing of the body becomes a request.
    let hidden = "0\r\n\r\nGET /api/scarce HTTP/1.1\r\nhost: h\r\n\r\n";
    let long = format!("content-length: {}\r\n", hidden.len());
    for lengths in [format!("transfer-encoding: chunked\r\n{long}"), format!("{long}transfer-encoding: chunked\r\n")] {
        assert_eq!(statuses(&request(&lengths, hidden)), [400], "an empty body is no form, and the connection ends");
    }
    for wrong in [
        "content-length: 5\r\ncontent-length: 6\r\n",
        "content-length: 5, 6\r\n",
        "content-length: +5\r\n",
        "content-length: -1\r\n",
        "content-length: 0x10\r\n",
        "content-length: 99999999999999999999\r\n",
        "content-length : 5\r\n",
        "transfer-encoding: xchunked\r\n",
        "transfer-encoding: chunked, identity\r\n",
        "transfer-encoding: chunked\r\ntransfer-encoding: identity\r\n",
    ] {
        assert_eq!(statuses(&request(wrong, form)), [400], "{wrong:?}");
    }
}

/// Sends bytes as they are, and returns all that comes back.
fn raw(address: &str, request: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut bytes = Vec::new();
    // What a server did not read before it closed becomes a reset after its answer.
    let _ = stream.read_to_end(&mut bytes);
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The statuses of all answers.
fn statuses(answers: &str) -> Vec<u16> {
    let lines = answers.split("HTTP/1.1 ").skip(1);
    lines.map(|line| line.get(..3).and_then(|status| status.parse().ok()).unwrap_or_default()).collect()
}
