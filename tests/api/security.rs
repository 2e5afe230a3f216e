//! Attacks that libraries of others fell for, against the server as it runs: with the statements in a real database and bytes on a real socket.
//!
//! Those on tokens themselves are tests of `rivage_api::auth::jwt`; what a decision alone can show is tested there, too.

use rivage_api::http::url;
use serde_json::{Value, json};

use crate::http::{Answer, send};
use crate::place::{Place, place};
use crate::{OWN, account, assert_problem, get, post, session, titles};

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
