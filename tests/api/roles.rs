//! `rivage db role`: the first administrator, and who has which role.

use std::path::Path;

use serde_json::{Value, json};

use crate::http::send;
use crate::place::{place, query, rivage};
use crate::{account, assert_problem, session};

/// Runs the command in a folder; its exit code, what it printed, what it told.
fn role(root: &Path, words: &[&str]) -> (Option<i32>, String, String) {
    let all: Vec<&str> = ["db", "role"].into_iter().chain(words.iter().copied()).collect();
    let output = rivage(root, &all).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

#[test]
fn the_first_administrator_is_made_and_noted() {
    let Some(place) = place() else { return };
    let Some(database) = place.database() else { return };
    // No site is needed: whoever has the database makes the first administrator.
    let empty = tempfile::tempdir().unwrap();
    let role = |words: &[&str]| role(empty.path(), &[words, &["--db", database]].concat());
    let who = account(place, "keeper");
    let cookie = session(place, &who);
    let audit = |cookie: &str| {
        send(&place.address, "GET", "/api/v1/admin/audit?action=admin_set_account", &[("cookie", cookie)], b"")
    };
    assert_problem(&audit(&cookie), 403, "forbidden");
    assert_eq!(role(&[&who.0]), (Some(0), format!("{}: member\n", who.0), String::new()));

    let (code, out, told) = role(&[&who.0.to_uppercase(), "admin"]);
    assert_eq!((code, out), (Some(0), format!("{}: admin\n", who.0)), "{told}");
    assert!(told.contains("it was `member`; its sessions have ended"), "{told}");
    assert_problem(&audit(&cookie), 401, "unauthorized");
    let answer = audit(&session(place, &who));
    assert_eq!(answer.status, 200, "{answer:?}");
    let id = place.query(&format!("select id::text from account where email = '{}'", who.0)).unwrap();
    let items = answer.json()["items"].as_array().unwrap().clone();
    let ours: Vec<&Value> = items.iter().filter(|item| item["target"] == id[0].as_str()).collect();
    assert_eq!(ours.len(), 1, "{items:?}");
    let by = json!({"role": "admin", "was": "member", "by": "rivage db role, as postgres"});
    assert_eq!((&ours[0]["detail"], &ours[0]["account_id"]), (&by, &Value::Null));

    let (code, _, told) = role(&[&who.0, "admin"]);
    assert_eq!((code, told.as_str()), (Some(0), "it had this role before\n"));
    let noted = format!("select count(*)::text from audit where target = '{}'", id[0]);
    assert_eq!(place.query(&noted).unwrap(), ["1"], "what changes nothing is not noted");

    let (_, listed, _) = role(&[]);
    assert!(listed.contains(&format!("{}: admin\n", who.0)) && listed.contains(" with a role, and "), "{listed}");
    place.query(&format!("update account set disabled_at = now() where id = '{}'", id[0]));
    let (_, listed, _) = role(&["--json"]);
    let listed: Value = serde_json::from_str(&listed).unwrap();
    let own = json!({"email": who.0, "role": "admin", "is_closed": true});
    assert!(listed.as_array().unwrap().contains(&own), "{listed}");
    let (code, out, told) = role(&[&who.0, "member"]);
    assert_eq!((code, out), (Some(0), format!("{}: member, closed\n", who.0)));
    assert!(told.contains("warning: the account is closed"), "{told}");
}

#[test]
fn a_role_is_one_that_opens_something() {
    let Some(server) = postgres_fixture::shared() else { return };
    query(&server.url("postgres", "postgres"), "create database roles");
    let url = server.url("postgres", "roles");
    let folder = tempfile::tempdir().unwrap();
    let failed = |words: &[&str], message: &str, hint: &str| {
        let (code, out, told) = role(folder.path(), &[words, &["--db", &url]].concat());
        assert_eq!((code, out.as_str()), (Some(2), ""), "{words:?}: {told}");
        assert!(told.contains(message) && told.contains(hint), "{words:?}: {told}");
    };
    failed(&["me@example.org", "admin"], "the database has not the tables", "help: `rivage db migrate` makes them");
    failed(&["admin", "me@example.org"], "`admin` is no address", "help: the address comes first");
    failed(&["me@example.org", "keeper"], "`keeper` is no role of rivage itself", "has no `rivage.toml`");

    std::fs::create_dir(folder.path().join("api")).unwrap();
    std::fs::write(folder.path().join("rivage.toml"), "[site]\ntitle = \"T\"\nbase_url = \"https://example.org\"\n")
        .unwrap();
    let route = "-- GET /api/lamps\n-- Lamps.\n-- @auth role:keeper\n-- @returns many\nselect 1 as lamp\n";
    std::fs::write(folder.path().join("api/lamps.sql"), route).unwrap();
    let migrated = rivage(folder.path(), &["db", "migrate", "--db", &url]).output().unwrap();
    assert!(migrated.status.success(), "{}", String::from_utf8_lossy(&migrated.stderr));
    failed(
        &["me@example.org", "admin"],
        "no account has the address `me@example.org`",
        "help: whoever is to have a role",
    );
    failed(&["me@example.org"], "no account has the address", "registers first");
    failed(
        &["me@example.org", "keepr"],
        "no route of the site asks for the role `keepr`",
        "roles are `admin`, `keeper`, `member`",
    );
    query(&url, "insert into account (email, password) values ('me@example.org', '')");
    let (code, out, told) = role(folder.path(), &["me@example.org", "keeper", "--db", &url, "--json"]);
    assert_eq!(code, Some(0), "{told}");
    let account: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(account, json!({"email": "me@example.org", "role": "keeper", "is_closed": false}));
    let (_, listed, _) = role(folder.path(), &["--db", &url]);
    assert_eq!(listed, "me@example.org: keeper\n1 account with a role, and 0 members\n");
}

#[test]
fn without_a_database_nothing_is_changed() {
    let folder = tempfile::tempdir().unwrap();
    let (code, _, told) = role(folder.path(), &["me@example.org", "admin"]);
    assert_eq!(code, Some(2));
    assert!(told.contains("no database is named") && told.contains("--db postgres://"), "{told}");
    let (code, _, told) = role(folder.path(), &["me@example.org", "admin", "--db", "postgres://me@127.0.0.1:1/site"]);
    assert_eq!(code, Some(2));
    assert!(told.contains("could not use the database postgres://me@127.0.0.1:1/site"), "{told}");
}
