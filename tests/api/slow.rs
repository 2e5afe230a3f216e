//! `rivage db slow`, with and without what counts.

use std::path::Path;

use postgres_fixture::Postgres;
use serde_json::Value;

use crate::place::{Place, query, rivage};

fn slow(url: &str, words: &[&str]) -> (Option<i32>, String, String) {
    let all: Vec<&str> = ["db", "slow", "--db", url].into_iter().chain(words.iter().copied()).collect();
    let output = rivage(Path::new("."), &all).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

#[test]
fn the_slowest_statements_come_first_and_are_marked() {
    if postgres_fixture::shared().is_none() {
        return;
    }
    let server = Postgres::start_with(&["shared_preload_libraries=pg_stat_statements"]).unwrap();
    let url = server.url("postgres", "postgres");
    query(&url, "create extension pg_stat_statements");
    for _ in 0..3 {
        query(&url, "select 'dozed', pg_sleep(0.05)");
        query(&url, "select 'awake'");
    }
    let (code, json, errors) = slow(&url, &["--json"]);
    assert_eq!(code, Some(0), "{errors}");
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["budget_ms"], 30.0);
    let statements = json["statements"].as_array().unwrap();
    let first = &statements[0];
    assert_eq!(first["query"], "select $1, pg_sleep($2)", "values are not shown: {json:#}");
    assert_eq!((first["calls"].as_u64(), &first["is_slow"]), (Some(3), &Value::from(true)));
    assert!(first["mean_ms"].as_f64().unwrap() >= 50.0 && first["rows_per_call"] == 1.0, "{first}");
    assert!(first["p95_estimate_ms"].as_f64() <= first["max_ms"].as_f64(), "{first}");
    let quick = statements.iter().find(|one| one["query"] == "select $1").expect("the other statement");
    assert_eq!(quick["calls"], 3);
    let times: Vec<f64> = statements.iter().map(|one| one["p95_estimate_ms"].as_f64().unwrap()).collect();
    assert!(times.is_sorted_by(|a, b| a >= b), "{times:?}");

    let (code, table, _) = slow(&url, &["--limit", "1"]);
    assert_eq!(code, Some(0));
    let lines: Vec<&str> = table.lines().collect();
    assert_eq!(lines.len(), 3, "{table}");
    assert!(lines[1].starts_with('!') && lines[1].ends_with("select $1, pg_sleep($2)"), "{table}");
    crate::admin::slow_statements_and_errors(&Place::start_in(
        &server,
        None,
        "postgres",
        &["create extension pg_stat_statements"],
    ));
}

#[test]
fn what_is_missing_is_told_with_what_to_do() {
    let Some(server) = postgres_fixture::shared() else { return };
    let url = server.url("postgres", "postgres");
    let (code, _, errors) = slow(&url, &[]);
    assert_eq!(code, Some(2));
    assert!(errors.contains("`pg_stat_statements` is not there"), "{errors}");
    assert!(errors.contains("shared_preload_libraries") && errors.contains("create extension"), "{errors}");

    query(&url, "create database counted");
    let url = server.url("postgres", "counted");
    query(&url, "create extension pg_stat_statements");
    let (code, _, errors) = slow(&url, &[]);
    assert_eq!(code, Some(2));
    assert!(errors.contains("started without `pg_stat_statements`") && errors.contains("restart"), "{errors}");
}
