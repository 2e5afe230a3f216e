//! What administrators see and do: nobody else does, and what they change is written down.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use rivage_api::auth::jwt::{self, Claims, Keys};
use rivage_api::manifest::{AuthSettings, Method, Route, Source, Type};
use serde_json::{Value, json};

use crate::http::{Answer, send};
use crate::place::{API_KEYS, METRICS_TOKEN, Place, place};
use crate::{JSON, OWN, PATIENCE, account, assert_problem, get, post, session};

const BROWSER: (&str, &str) = ("user-agent", "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0");

/// An administrator: its id, and the header with its cookie.
struct Admin {
    id: String,
    email: String,
    cookie: String,
}

/// Makes an account with a role; none where the database is not ours.
fn with_role(place: &Place, name: &str, role: &str) -> Option<Admin> {
    let who = account(place, name);
    let ids =
        place.query(&format!("update account set role = '{role}' where email = '{}' returning id::text", who.0))?;
    let cookie = session(place, &who);
    Some(Admin { id: ids[0].clone(), email: who.0, cookie })
}

impl Admin {
    fn send(&self, place: &Place, method: &str, path: &str, body: &Value) -> Answer {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        send(&place.address, method, path, &[JSON, OWN, ("cookie", &self.cookie)], body.as_bytes())
    }

    fn get(&self, place: &Place, path: &str) -> Answer {
        self.send(place, "GET", path, &Value::Null)
    }

    fn items(&self, place: &Place, path: &str) -> Vec<Value> {
        let answer = self.get(place, path);
        assert_eq!(answer.status, 200, "{path}: {answer:?}");
        answer.json()["items"].as_array().unwrap().clone()
    }
}

/// The routes of administrators below `/api/v1/admin/`.
fn routes() -> Vec<Route> {
    let all = rivage_api::builtin::routes();
    let routes: Vec<Route> = all.into_iter().filter(|route| route.path.starts_with("/api/v1/admin/")).collect();
    assert!(routes.len() >= 20);
    routes
}

/// A value that a parameter takes.
fn value(name: &str, ty: &Type) -> Value {
    match ty {
        Type::Uuid => "00000000-0000-4000-8000-000000000000".into(),
        Type::Enum(words) => words[0].as_str().into(),
        Type::Bool => true.into(),
        ty if ty.is_number() => 1.into(),
        _ if name == "form" => "contact".into(),
        _ => "x".into(),
    }
}

/// A request that a route takes: path with its query, and body.
fn request(route: &Route) -> (String, Value) {
    let mut path = route.path.clone();
    let (mut pairs, mut body) = (Vec::new(), serde_json::Map::new());
    for param in &route.params {
        let value = value(&param.name, &param.ty);
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        match param.source {
            Source::Path => path = path.replace(&format!("{{{}}}", param.name), &text),
            Source::Query if param.required => pairs.push(format!("{}={text}", param.name)),
            Source::Body if param.required => drop(body.insert(param.name.clone(), value)),
            Source::Query | Source::Body => {}
        }
    }
    if !pairs.is_empty() {
        path = format!("{path}?{}", pairs.join("&"));
    }
    let has_body = route.params.iter().any(|param| param.source == Source::Body);
    (path, if has_body { Value::Object(body) } else { Value::Null })
}

#[test]
fn only_administrators_get_anything() {
    let Some(place) = place() else { return };
    let Some(admin) = with_role(place, "matrix-admin", "admin") else { return };
    let [member, editor, gone] = [("member", "member"), ("editor", "editor"), ("gone", "admin")]
        .map(|(name, role)| with_role(place, &format!("matrix-{name}"), role).unwrap());
    assert_eq!(send(&place.address, "POST", "/api/v1/auth/logout", &[("cookie", &gone.cookie), OWN], b"").status, 204);
    let keys = Keys::parse(API_KEYS).unwrap();
    #[expect(clippy::disallowed_methods, reason = "tokens are good for a time")]
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let bearer = |role: &str, at: u64| {
        let claims = Claims { sub: admin.id.clone(), role: role.to_owned() };
        format!("Bearer {}", jwt::sign(&keys, &AuthSettings::default(), &claims, "id", at).unwrap())
    };
    let (expired, others, good) = (bearer("admin", now - 3_600), bearer("member", now), bearer("admin", now));
    /// What a caller sends in a header, and what refuses it.
    type Caller<'a> = (&'a str, Option<(&'a str, &'a str)>, Option<(u16, &'a str)>);
    let callers: [Caller<'_>; 9] = [
        ("no one", None, Some((401, "unauthorized"))),
        ("a member", Some(("cookie", &member.cookie)), Some((403, "forbidden"))),
        ("another role", Some(("cookie", &editor.cookie)), Some((403, "forbidden"))),
        ("a session that was ended", Some(("cookie", &gone.cookie)), Some((401, "unauthorized"))),
        ("an expired token", Some(("authorization", &expired)), Some((401, "unauthorized"))),
        ("a member's token", Some(("authorization", &others)), Some((403, "forbidden"))),
        ("no token", Some(("authorization", "Bearer x")), Some((401, "unauthorized"))),
        ("an administrator", Some(("cookie", &admin.cookie)), None),
        ("an administrator's token", Some(("authorization", &good)), None),
    ];
    for route in routes() {
        let (path, body) = request(&route);
        let body = if body.is_null() { String::new() } else { body.to_string() };
        for (who, header, refusal) in &callers {
            let headers: Vec<_> = [JSON, OWN].into_iter().chain(*header).collect();
            let answer = send(&place.address, route.method.as_str(), &path, &headers, body.as_bytes());
            match refusal {
                Some((status, code)) => {
                    assert_problem(&answer, *status, code);
                    assert!(!answer.text().contains('@'), "{who} {path}: {answer:?}");
                }
                None => {
                    // What does not exist, and what this database does not count.
                    assert!(matches!(answer.status, 200 | 404 | 501), "{who} {} {path}: {answer:?}", route.id);
                }
            }
        }
        // A page of another site has the cookie, too, and may not use it.
        if route.method != Method::Get {
            let foreign = [JSON, ("cookie", admin.cookie.as_str()), ("sec-fetch-site", "cross-site")];
            let answer = send(&place.address, route.method.as_str(), &path, &foreign, body.as_bytes());
            assert_eq!(answer.status, 403, "{path}: {answer:?}");
        }
    }
}

#[test]
fn what_is_changed_is_written_down_once() {
    let Some(place) = place() else { return };
    let Some(admin) = with_role(place, "audit-admin", "admin") else { return };
    let query = |sql: &str| place.query(sql).expect("a database of ours").first().cloned().unwrap_or_default();
    let message = format!("audited {}", std::process::id());
    let sent = post(place, "/api/v1/forms/contact", &[], &json!({"email": "a@b.c", "message": message}));
    assert_eq!(sent.status, 204, "{sent:?}");
    let submission = query(&format!("select id::text from submission where data ->> 'message' = '{message}'"));
    let other = with_role(place, "audit-other", "member").unwrap();
    let session = query(&format!("select id::text from session where account_id = '{}'", other.id));

    // Each of them changes something, and would change nothing the second time.
    let changes = [
        (
            "admin_set_submission",
            "PATCH",
            format!("submissions/{submission}"),
            json!({"state": "done", "starred": true}),
            &submission,
        ),
        (
            "admin_export_submissions",
            "GET",
            "submissions/export?form=contact".to_owned(),
            Value::Null,
            &"contact".to_owned(),
        ),
        ("admin_delete_submission", "DELETE", format!("submissions/{submission}"), Value::Null, &submission),
        ("admin_end_session", "DELETE", format!("sessions/{session}"), Value::Null, &session),
        ("admin_set_account", "PATCH", format!("accounts/{}", other.id), json!({"role": "editor"}), &other.id),
    ];
    let tested: BTreeSet<String> = changes.iter().map(|change| change.0.to_owned()).collect();
    let changing = routes().into_iter().filter(|route| route.method != Method::Get).map(|route| route.id);
    assert_eq!(
        tested,
        changing.chain(["admin_export_submissions".to_owned()]).collect(),
        "every changing route is tested"
    );
    for (action, method, path, body, target) in changes {
        let before = query("select count(*) from audit");
        let done = admin.send(place, method, &format!("/api/v1/admin/{path}"), &body);
        assert_eq!(done.status, 200, "{action}: {done:?}");
        let request = done.header("x-request-id");
        let rows = place
            .query(&format!(
                "select action || ' ' || target || ' ' || account_id from audit where request = '{request}'"
            ))
            .unwrap();
        assert_eq!(rows, [format!("{action} {target} {}", admin.id)], "{action}");
        let again = admin.send(place, method, &format!("/api/v1/admin/{path}"), &body);
        let rows = place
            .query(&format!("select action from audit where request = '{}'", again.header("x-request-id")))
            .unwrap();
        assert_eq!(rows.len(), usize::from(method == "GET"), "{action}: what changes nothing leaves nothing");
        assert!(before.parse::<u64>().unwrap() < query("select count(*) from audit").parse().unwrap());
    }
    let listed = admin.items(place, &format!("/api/v1/admin/audit?account={}&limit=2", admin.id));
    assert_eq!((&listed[0]["action"], &listed[0]["detail"]), (&json!("admin_set_account"), &json!({"role": "editor"})));
    assert_eq!((&listed[0]["email"], &listed[0]["target"]), (&json!(admin.email), &json!(other.id)));
    let next = admin.items(
        place,
        &format!("/api/v1/admin/audit?account={}&after={}&action=admin_set_account", admin.id, listed[0]["id"]),
    );
    assert_eq!(next, Vec::<Value>::new());
    // The role of the API may write rows of all tables; of these it may not.
    let refused = place.query("do $$ begin begin delete from audit; exception when insufficient_privilege then return; end; raise 'gone'; end $$");
    assert!(refused.is_some());
    assert_ne!(query("select count(*) from audit"), "0");
}

#[test]
fn nobody_locks_the_account_that_calls() {
    let Some(place) = place() else { return };
    let Some(admin) = with_role(place, "own-admin", "admin") else { return };
    let path = format!("/api/v1/admin/accounts/{}", admin.id);
    for body in [json!({"disabled": true}), json!({"role": "member"}), json!({"role": "admin", "disabled": true})] {
        let refused = admin.send(place, "PATCH", &path, &body);
        assert_problem(&refused, 409, "conflict");
        let rows =
            place.query(&format!("select action from audit where request = '{}'", refused.header("x-request-id")));
        assert_eq!(rows.unwrap(), Vec::<String>::new(), "nothing changed, nothing is written");
    }
    assert_eq!(admin.send(place, "PATCH", &path, &json!({"role": "admin"})).status, 200, "it is one already");
    assert_eq!(admin.get(place, "/api/v1/auth/me").json()["role"], "admin");

    let other = with_role(place, "own-other", "member").unwrap();
    let path = format!("/api/v1/admin/accounts/{}", other.id);
    let locked = admin.send(place, "PATCH", &path, &json!({"disabled": true}));
    assert!(locked.json()["disabled_at"].is_string(), "{locked:?}");
    assert_eq!(other.get(place, "/api/v1/auth/me").status, 401, "its sessions have ended");
    let found = admin.items(place, "/api/v1/admin/accounts?limit=200");
    let found = found.iter().find(|account| account["id"] == other.id.as_str()).expect("it is listed");
    assert_eq!((&found["sessions"], found["disabled_at"].is_string()), (&json!(0), true));
    let opened = admin.send(place, "PATCH", &path, &json!({"disabled": false}));
    assert!(opened.json()["disabled_at"].is_null(), "{opened:?}");
}

#[test]
fn forms_are_read_starred_and_taken_away_as_a_table() {
    let Some(place) = place() else { return };
    let Some(admin) = with_role(place, "inbox-admin", "admin") else { return };
    let mark = format!("inbox-{}", std::process::id());
    for message in [format!("=HYPERLINK(\"http://evil.example\") {mark}"), format!("plain, {mark}")] {
        assert_eq!(
            post(place, "/api/v1/forms/contact", &[], &json!({"email": "a@b.c", "message": message})).status,
            204
        );
    }
    let all = admin.items(place, "/api/v1/admin/submissions?form=contact&state=new&limit=200");
    let own: Vec<&Value> =
        all.iter().filter(|item| item["data"]["message"].as_str().unwrap().contains(&mark)).collect();
    assert_eq!((own.len(), &own[0]["starred"]), (2, &json!(false)));
    let id = own[0]["id"].as_str().unwrap();
    let marked = admin.send(place, "PATCH", &format!("/api/v1/admin/submissions/{id}"), &json!({"starred": true}));
    assert_eq!((&marked.json()["state"], &marked.json()["starred"]), (&json!("new"), &json!(true)));
    let starred = admin.items(place, "/api/v1/admin/submissions?starred=true&limit=200");
    assert!(starred.iter().any(|item| item["id"] == id) && starred.iter().all(|item| item["starred"] == true));
    let forms = admin.items(place, "/api/v1/admin/forms");
    let contact = forms.iter().find(|form| form["form"] == "contact").unwrap();
    assert!(contact["starred"].as_u64() >= Some(1) && contact["unread"].as_u64() >= Some(2), "{contact}");

    let table = admin.get(place, "/api/v1/admin/submissions/export?form=contact");
    assert_eq!((table.status, table.header("content-type")), (200, "text/csv; charset=utf-8"));
    assert!(table.header("content-disposition").starts_with("attachment; filename=\"contact-20"), "{table:?}");
    assert_eq!((table.header("link"), table.header("cache-control")), ("", "no-store"));
    let text = table.text();
    assert!(text.starts_with("id,at,state,starred,email,message,topic\r\n"), "{text}");
    let line = text.lines().find(|line| line.contains("HYPERLINK") && line.contains(&mark)).expect("the formula");
    assert!(line.contains(",\"'=HYPERLINK(\"\"http://evil.example\"\")"), "{line}");
    assert!(text.lines().any(|line| line.contains(",true,a@b.c,")), "{text}");
    assert_problem(&admin.get(place, "/api/v1/admin/submissions/export?form=nowhere"), 404, "not-found");
    assert_problem(&admin.get(place, "/api/v1/admin/submissions/export?form=..%2fx"), 400, "invalid-parameters");
}

/// Asks until something holds: what is written after an answer is there a moment later.
fn until<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let patience = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = ask() {
            return found;
        }
        assert!(Instant::now() < patience, "{what}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

#[test]
fn visits_are_numbers_and_those_who_ask_are_left_out() {
    let Some(place) = place() else { return };
    let Some(admin) = with_role(place, "traffic-admin", "admin") else { return };
    let path = "/docs/lighthouse/";
    let of_page = || {
        let items = admin.items(place, "/api/v1/admin/views?days=1");
        items.iter().find(|item| item["path"] == path).map_or(0, |item| item["views"].as_i64().unwrap())
    };
    let before = of_page();
    let told = json!({"path": path, "device": "phone", "referrer": "news.example", "lcp": 2100.5, "cls": 0.3, "inp": 96, "ttfb": 180});
    for headers in [
        &[BROWSER, ("dnt", "1")][..],
        &[BROWSER, ("sec-gpc", "1")],
        &[("user-agent", "Mozilla/5.0 (compatible; Googlebot/2.1)")],
        &[],
    ] {
        for route in ["/api/v1/vitals", "/api/v1/views", "/api/v1/errors"] {
            assert_eq!(post(place, route, headers, &told).status, 204, "{route} {headers:?}");
        }
    }
    assert_eq!(of_page(), before);
    for _ in 0..3 {
        assert_eq!(post(place, "/api/v1/vitals", &[BROWSER], &told).status, 204);
    }
    assert_eq!(post(place, "/api/v1/views", &[BROWSER], &json!({"path": path})).status, 204);
    assert_eq!(post(place, "/api/v1/vitals", &[BROWSER], &json!({"path": "/nowhere/", "lcp": 9999})).status, 204);
    assert_problem(
        &post(place, "/api/v1/vitals", &[BROWSER], &json!({"path": path, "lcp": -1})),
        400,
        "invalid-parameters",
    );
    assert_problem(
        &post(place, "/api/v1/vitals", &[BROWSER], &json!({"path": path, "referrer": "https://x/"})),
        400,
        "invalid-parameters",
    );
    assert_eq!(of_page(), before + 4);
    let days = admin.items(place, "/api/v1/admin/traffic?days=3");
    assert_eq!((days.len(), &days[0]["views"]), (3, &json!(0)));
    assert!(days[2]["views"].as_i64().unwrap() >= 4 && days[0]["day"].as_str() < days[2]["day"].as_str(), "{days:?}");
    let hosts = admin.items(place, "/api/v1/admin/referrers?days=1");
    assert_eq!(hosts, [json!({"host": "news.example", "views": 3})]);

    let vitals = admin.items(place, "/api/v1/admin/vitals?days=1&device=phone");
    let names: Vec<_> = vitals.iter().map(|item| item["metric"].as_str().unwrap()).collect();
    assert_eq!(names, ["lcp", "inp", "cls", "ttfb"]);
    let (lcp, cls) = (&vitals[0], &vitals[2]);
    assert_eq!((&lcp["p75"], &lcp["good"], &lcp["count"]), (&json!(2187.5), &json!(3), &json!(3)), "{lcp}");
    assert_eq!((&cls["poor"], &cls["fair"]), (&json!(3), &json!(0)), "{cls}");
    assert_eq!(admin.items(place, "/api/v1/admin/vitals?days=1&device=desktop"), Vec::<Value>::new());
    let summary = admin.items(place, "/api/v1/admin/vitals/summary");
    assert_eq!(
        (&summary[0]["device"], &summary[0]["metric"], &summary[0]["p75"]),
        (&json!("phone"), &json!("lcp"), &json!(2187.5))
    );
    // No row says more than a day and a number.
    let columns = place.query("select string_agg(column_name, ',' order by ordinal_position) from information_schema.columns where table_name = 'vital_day'").unwrap();
    assert_eq!(columns, ["day,device,metric,bucket,count"]);
}

#[test]
fn three_of_four_stay_below_the_third_quartile() {
    let Some(place) = place() else { return };
    let p75 = |metric: &str, buckets: &str, counts: &str| {
        place.query(&format!(
            "select rivage_vital_p75('{metric}', array[{buckets}]::bigint[], array[{counts}]::bigint[])::text"
        ))
    };
    let Some(first) = p75("lcp", "0", "4") else { return };
    assert_eq!(first, ["187.5"], "three quarters of the way to the first bound");
    assert_eq!(p75("lcp", "9, 10", "3, 1").unwrap(), ["2500"]);
    assert_eq!(p75("lcp", "10, 9", "4, 4").unwrap(), ["2625"], "their order does not matter");
    assert_eq!(p75("lcp", "20", "1").unwrap(), ["20000"], "beyond the last bound");
    assert_eq!(p75("lcp", "9, 9", "2, 2").unwrap(), p75("lcp", "9", "4").unwrap());
    let grades = place
        .query(
            "select string_agg(rivage_vital_grade('lcp', b::bigint), ' ' order by b) from generate_series(8, 14) as b",
        )
        .unwrap();
    assert_eq!(grades, ["good good fair fair fair fair poor"], "2250, 2500 …, 3500, 4000");
}

#[test]
fn searches_are_counted_when_they_are_done() {
    let Some(place) = place() else { return };
    let Some(admin) = with_role(place, "search-admin", "admin") else { return };
    for typed in ["zeppe", "zeppel", "Zeppelin"] {
        assert_eq!(get(place, &format!("/api/v1/search?q={typed}")).json(), json!({"items": []}));
    }
    // Another search has begun: the first is done, sooner or later.
    let found = until("the searches", || {
        let items = admin.items(place, "/api/v1/admin/searches?found=no&limit=200");
        items.into_iter().find(|item| item["query"].as_str().unwrap().starts_with("zeppe"))
    });
    assert_eq!(
        (&found["query"], &found["searches"], &found["empty"], &found["lang"]),
        (&json!("zeppelin"), &json!(1), &json!(1), &json!("en"))
    );
    let all = admin.items(place, "/api/v1/admin/searches?found=yes&limit=200");
    assert!(all.iter().all(|item| item["query"] != "zeppelin"), "{all:?}");
}

#[test]
fn errors_of_browsers_are_kept_without_what_is_private() {
    let Some(place) = place() else { return };
    let Some(admin) = with_role(place, "errors-admin", "admin") else { return };
    let error = json!({
        "kind": "error", "message": "no such thing: \"me@example.org\"", "path": "/docs/tides/?token=private", "source": "/js/main.js?x=private",
        "line": 3, "column": 4, "stack": "TypeError: private\n  at send (https://harbour.test/js/main.js:3:4)", "build": "b1",
    });
    for _ in 0..2 {
        assert_eq!(post(place, "/api/v1/errors", &[BROWSER], &error).status, 204);
    }
    let items = admin.items(place, "/api/v1/admin/errors?source=browser");
    let found = items.iter().find(|item| item["place"] == "/docs/tides/").expect("the error");
    assert_eq!((&found["count"], &found["code"], &found["build"]), (&json!(2), &json!("error"), &json!("b1")));
    assert_eq!(found["message"], "no such thing: \"…\"");
    assert!(found["request_id"].as_str().unwrap().len() == 32 && !found.to_string().contains("private"), "{found}");
    assert_problem(
        &post(place, "/api/v1/errors", &[BROWSER], &json!({"kind": "other", "message": "x", "path": "/"})),
        400,
        "invalid-parameters",
    );
}

#[test]
fn builds_are_listed_with_the_one_to_go_back_to() {
    let Some(place) = place() else { return };
    let Some(admin) = with_role(place, "builds-admin", "admin") else { return };
    let items = admin.items(place, "/api/v1/admin/builds");
    assert_eq!(
        (items.len(), &items[0]["is_live"], &items[0]["is_rollback"]),
        (1, &json!(true), &json!(false)),
        "{items:?}"
    );
    assert_eq!(items[0]["pages"], items[0]["written"], "all pages were new");
    assert_eq!(items[0]["build"].as_str().unwrap().len(), 16);
    let add = |build: &str| {
        place.query(&format!("insert into publication (build, pages, written, unchanged, removed, links) values ('{build}', 1, 1, 0, 0, 0)"))
    };
    add("second");
    add("second");
    let items = admin.items(place, "/api/v1/admin/builds");
    let flags: Vec<_> =
        items.iter().map(|item| (item["is_live"].as_bool().unwrap(), item["is_rollback"].as_bool().unwrap())).collect();
    assert_eq!(flags, [(true, false), (false, false), (false, true)]);
    place.query("delete from publication where build = 'second'");
}

#[test]
fn metrics_are_told_to_administrators_and_to_a_token() {
    let Some(place) = place() else { return };
    let Some(admin) = with_role(place, "metrics-admin", "admin") else { return };
    assert_eq!(get(place, "/api/notes/1").status, 200);
    let answer = admin.get(place, "/api/v1/admin/metrics").json();
    let routes = answer["routes"].as_array().unwrap();
    let note = routes.iter().find(|route| route["route"] == "get_note").expect("the route was asked");
    assert!(note["requests"].as_u64() >= Some(1) && note["total_ms"]["p95"].is_number(), "{note}");
    let token = format!("Bearer {METRICS_TOKEN}");
    let text =
        send(&place.address, "GET", "/api/v1/admin/metrics?format=prometheus", &[("authorization", &token)], b"");
    assert_eq!((text.status, text.header("content-type")), (200, "text/plain; version=0.0.4; charset=utf-8"));
    assert!(text.text().contains("rivage_requests_total{route=\"get_note\",status=\"2xx\"}"), "{text:?}");
    assert!(text.text().contains("rivage_request_duration_seconds_bucket{route=\"get_note\",le=\"+Inf\"}"), "{text:?}");
    let audit = send(&place.address, "GET", "/api/v1/admin/audit", &[("authorization", &token)], b"");
    assert_problem(&audit, 401, "unauthorized");
}

/// What needs a database that others do not use: the statements that a server counts, and a table that is gone.
pub(crate) fn slow_statements_and_errors(own: &Place) {
    let admin = with_role(own, "slow-admin", "admin").expect("a database of ours");
    assert_eq!(get(own, "/api/notes/1").status, 200);
    let slow = admin.get(own, "/api/v1/admin/slow?limit=100");
    assert_eq!((slow.status, &slow.json()["budget_ms"]), (200, &json!(30.0)), "{slow:?}");
    let items = slow.json()["items"].as_array().unwrap().clone();
    assert!(items.iter().any(|item| item["query"].as_str().unwrap().contains("shout(")), "{items:?}");
    assert!(items.iter().all(|item| item["p95_estimate_ms"].is_number() && item["calls"].as_u64() >= Some(1)));

    own.query("alter table market_bar rename to market_bar_gone");
    let failed = get(own, "/api/v1/series/EURUSD");
    assert_problem(&failed, 500, "internal");
    let item = until("the error", || admin.items(own, "/api/v1/admin/errors?source=api").into_iter().next());
    assert_eq!((&item["place"], &item["code"]), (&json!("get_series"), &json!("internal")));
    assert_eq!(item["request_id"], failed.header("x-request-id"));
    assert!(item["message"].as_str().unwrap().contains("market_bar"), "{item}");
    // What a migration has made is missing: health says so.
    own.query("drop table watch_state");
    let health = get(own, "/api/v1/health");
    assert_eq!(
        (health.status, &health.json()["status"], &health.json()["degraded"]),
        (200, &json!("degraded"), &json!(["tables"]))
    );
}
