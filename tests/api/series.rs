//! Bars of time series: how they come in, and what their roll-ups are.
//!
//! `bars.json` holds requests with their answers, for this server and, by `worker/tests/series.test.mjs`, for a Worker.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::time::SystemTime;

use rivage_api::auth::jwt::{self, Claims, Keys};
use rivage_api::manifest::AuthSettings;
use serde_json::{Value, json};

use crate::http::{Answer, send};
use crate::place::{API_KEYS, Place, place};
use crate::{assert_problem, get};

/// A token of somebody with a role. The server believes its own signature.
pub(crate) fn token(role: &str) -> String {
    #[expect(clippy::disallowed_methods, reason = "tokens are good for a time")]
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
    let claims = Claims { sub: "11111111-1111-1111-1111-111111111111".to_owned(), role: role.to_owned() };
    jwt::sign(&Keys::parse(API_KEYS).unwrap(), &AuthSettings::default(), &claims, "test", now).unwrap()
}

fn ingest(place: &Place, query: &str, kind: &str, body: &str) -> Answer {
    let token = format!("Bearer {}", token("admin"));
    let headers = [("content-type", kind), ("authorization", &token)];
    send(&place.address, "POST", &format!("/api/v1/series/ingest?{query}"), &headers, body.as_bytes())
}

/// Bars whose numbers can be compared: JSON is read with an error in the last digit, and 18 is 18.0.
fn rounded<'a>(bars: impl IntoIterator<Item = &'a Value>) -> Vec<(String, [i64; 5])> {
    let number = |value: &Value| (value.as_f64().unwrap() * 1e6).round() as i64;
    let bar = |bar: &Value| {
        let numbers = ["open", "high", "low", "close", "volume"].map(|name| number(&bar[name]));
        (bar["ts"].as_str().unwrap().to_owned(), numbers)
    };
    bars.into_iter().map(bar).collect()
}

fn items(place: &Place, symbol: &str, query: &str) -> Vec<Value> {
    let answer = get(place, &format!("/api/v1/series/{symbol}?{query}"));
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()["items"].as_array().unwrap().clone()
}

#[test]
fn batches_are_answered_as_they_deserve() {
    let Some(place) = place() else { return };
    let symbol = format!("CASES-{}", std::process::id());
    let cases: Vec<Value> = serde_json::from_str(include_str!("bars.json")).unwrap();
    for case in &cases {
        let text = |key: &str| case[key].as_str().unwrap().replace("{symbol}", &symbol);
        let answer = ingest(place, &text("query"), &text("type"), &text("body"));
        match case["code"].as_str() {
            Some(code) => {
                let status = u16::try_from(case["status"].as_u64().unwrap()).unwrap();
                assert_problem(&answer, status, code);
            }
            None => {
                assert_eq!(answer.status, 200, "{}: {answer:?}", case["name"]);
                for (key, value) in case["answer"].as_object().unwrap() {
                    assert_eq!(&answer.json()[key], value, "{}: {key}", case["name"]);
                }
            }
        }
    }
    let stored = items(place, &symbol, "interval=5m");
    let expected =
        json!([{"ts": "2026-11-02T09:00:00Z", "open": 1.0, "high": 6.0, "low": 0.5, "close": 4.0, "volume": 18.0}]);
    assert_eq!(rounded(&stored), rounded(expected.as_array().unwrap()));
    assert_eq!(items(place, &symbol, "").len(), 4);
    assert_eq!(items(place, &format!("{symbol}-none"), ""), Vec::<Value>::new());
}

#[test]
fn bars_are_stored_by_administrators_only() {
    let Some(place) = place() else { return };
    let path = "/api/v1/series/ingest?symbol=X";
    let csv = ("content-type", "text/csv");
    let body = b"ts,open,high,low,close\n2026-11-02,1,1,1,1\n";
    assert_problem(&send(&place.address, "POST", path, &[csv], body), 401, "unauthorized");
    let visitor = format!("Bearer {}", token("member"));
    assert_problem(&send(&place.address, "POST", path, &[csv, ("authorization", &visitor)], body), 403, "forbidden");
    assert_eq!(items(place, "X", ""), Vec::<Value>::new());
    // What these bodies may hold, others may not.
    let large = json!({"email": "a@b.c", "message": "x".repeat(100_000)}).to_string();
    let json = ("content-type", "application/json");
    let answer = send(&place.address, "POST", "/api/v1/forms/contact", &[json], large.as_bytes());
    assert_problem(&answer, 413, "body-too-large");
    let plain = send(&place.address, "POST", "/api/v1/forms/contact", &[csv], body);
    assert_problem(&plain, 415, "unsupported-body");
}

/// A bar of the test's own: minute since the start, open, high, low, close, volume.
type Bar = (i64, [f64; 5]);

const START: i64 = 1_772_409_600; // 2026-03-02T00:00:00Z, a Monday

/// Numbers that look like prices, the same in each run.
fn bars(count: i64, mut seed: u64) -> Vec<Bar> {
    let mut next = || {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        f64::from(u32::try_from(seed >> 40).unwrap()) / f64::from(1 << 24)
    };
    let mut close = 100.0;
    (0..count)
        .map(|minute| {
            let open = close;
            close = open + next() - 0.5;
            let high = open.max(close) + next() * 0.2;
            let low = open.min(close) - next() * 0.2;
            (minute, [open, high, low, close, (next() * 1000.0).floor()])
        })
        .collect()
}

fn moment(seconds: i64) -> String {
    jiff::Timestamp::from_second(seconds).unwrap().to_string()
}

fn table<'b>(bars: impl IntoIterator<Item = &'b Bar>) -> String {
    let mut text = "ts,open,high,low,close,volume\n".to_owned();
    for (minute, [open, high, low, close, volume]) in bars {
        let _ = writeln!(text, "{},{open},{high},{low},{close},{volume}", moment(START + minute * 60));
    }
    text
}

/// What a roll-up has to be, reckoned from all bars: newest first.
fn rolled(bars: &BTreeMap<i64, [f64; 5]>, width: i64) -> Vec<Value> {
    let mut all: BTreeMap<i64, [f64; 5]> = BTreeMap::new();
    for (minute, bar) in bars {
        let at = START + minute * 60;
        let [_, high, low, close, volume] = *bar;
        let known = all.entry(at - (at - START).rem_euclid(width)).and_modify(|known| {
            *known = [known[0], known[1].max(high), known[2].min(low), close, known[4] + volume];
        });
        known.or_insert(*bar);
    }
    let shown = all.iter().rev().map(|(at, [open, high, low, close, volume])| {
        json!({"ts": moment(*at), "open": open, "high": high, "low": low, "close": close, "volume": volume})
    });
    shown.collect()
}

#[test]
fn ten_thousand_rows_at_once_then_late_ones_then_corrections() {
    let Some(place) = place() else { return };
    let symbol = format!("MANY-{}", std::process::id());
    let query = format!("symbol={symbol}");
    let all = bars(10_300, 7);
    let late = |bar: &&Bar| bar.0 % 31 == 0 || (3000..3060).contains(&bar.0);
    let mut known: BTreeMap<i64, [f64; 5]> = BTreeMap::new();
    let check = |known: &BTreeMap<i64, [f64; 5]>, when: &str| {
        for (interval, seconds) in [("5m", 300), ("1h", 3600), ("1d", 86_400), ("1w", 7 * 86_400)] {
            let found = items(place, &symbol, &format!("interval={interval}&limit=5000"));
            let expected = rolled(known, seconds);
            assert_eq!(found.len(), expected.len(), "{when}: {interval}");
            for (found, expected) in found.iter().zip(&expected) {
                assert_eq!(rounded([found]), rounded([expected]), "{when}: {interval}");
            }
        }
    };

    let early: Vec<&Bar> = all.iter().filter(|bar| !late(bar)).take(9_800).collect();
    let mut rows = early.clone();
    // Twice in one batch: the last counts.
    let twice: Vec<Bar> = early.iter().take(200).map(|bar| (bar.0, bar.1.map(|value| value + 1.0))).collect();
    rows.extend(&twice);
    assert_eq!(rows.len(), 10_000);
    let body = table(rows.iter().copied());
    let answer = ingest(place, &query, "text/csv", &body);
    assert_eq!(answer.status, 200, "{answer:?}");
    let told = answer.json();
    assert_eq!([&told["rows"], &told["stored"], &told["duplicates"], &told["rejected"]], [10_000, 9_800, 200, 0]);
    known.extend(rows.iter().map(|bar| (bar.0, bar.1)));
    check(&known, "first");

    let before = get(place, &format!("/api/v1/series/{symbol}?limit=5000")).body;
    let again = ingest(place, &query, "text/csv", &body);
    assert_eq!([&again.json()["stored"], &again.json()["changed"]], [9_800, 0], "{again:?}");
    assert_eq!(get(place, &format!("/api/v1/series/{symbol}?limit=5000")).body, before);
    check(&known, "again");

    let late: Vec<&Bar> = all.iter().filter(late).collect();
    assert!(late.len() > 300);
    // Backwards, and as JSON.
    let rows: Vec<Value> = late.iter().rev().map(|(minute, [open, high, low, close, volume])| {
        json!({"ts": moment(START + minute * 60), "open": open, "high": high, "low": low, "close": close, "volume": volume})
    }).collect();
    let answer = ingest(place, &query, "application/json", &json!({"bars": rows}).to_string());
    assert_eq!(answer.json()["changed"], late.len(), "{answer:?}");
    known.extend(late.iter().map(|bar| (bar.0, bar.1)));
    check(&known, "late");

    // The highest bar of all is corrected to a lower one: its hour and its day have to forget it.
    let highest = *known.iter().max_by(|a, b| a.1[1].total_cmp(&b.1[1])).unwrap().0;
    let corrected: Bar = (highest, [90.0, 91.0, 89.0, 90.5, 1.0]);
    let answer = ingest(place, &query, "text/csv", &table([&corrected]));
    assert_eq!(answer.json()["changed"], 1, "{answer:?}");
    known.insert(corrected.0, corrected.1);
    check(&known, "corrected");

    let day = items(place, &symbol, "interval=1h&from=2026-03-03T00:00:00Z&to=2026-03-04T00:00:00Z");
    assert_eq!(day.len(), 24);
    assert_eq!((&day[0]["ts"], &day[23]["ts"]), (&json!("2026-03-03T23:00:00Z"), &json!("2026-03-03T00:00:00Z")));

    // Bars that somebody takes away by other means, and the function that mends the roll-ups then.
    let gone =
        format!("delete from market_bar where symbol = '{symbol}' and ts >= '2026-03-05' and ts < '2026-03-06 00:03'");
    if place.query(&gone).is_some() {
        place.query(&format!("select rivage_series_rollup('{symbol}', '2026-03-05', '2026-03-06 01:00')"));
        known.retain(|minute, _| !(3 * 1440..4 * 1440 + 3).contains(minute));
        let purge = "update cache_epoch set epoch = epoch + 1 where tag = 'series'";
        place.query(purge);
        let columns = "to_char(ts at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')";
        for (step, seconds) in [("5m", 300), ("1h", 3600), ("1d", 86_400)] {
            let sql = format!(
                "select {columns} || ' ' || volume from market_rollup where symbol = '{symbol}' and step = '{step}' order by ts desc"
            );
            let expected: Vec<String> = rolled(&known, seconds)
                .iter()
                .map(|bar| format!("{} {}", bar["ts"].as_str().unwrap(), bar["volume"].as_f64().unwrap()))
                .collect();
            assert_eq!(place.query(&sql).unwrap(), expected, "{step}");
        }
    }
}

#[test]
fn too_many_rows_or_bytes_store_nothing() {
    let Some(place) = place() else { return };
    let symbol = format!("TOO-{}", std::process::id());
    let many = table(&bars(10_001, 3));
    assert_problem(&ingest(place, &format!("symbol={symbol}"), "text/csv", &many), 413, "too-many-rows");
    let large = format!("ts,open,high,low,close\n{}", "x".repeat(4_000_001));
    assert_problem(&ingest(place, &format!("symbol={symbol}"), "text/csv", &large), 413, "body-too-large");
    assert_eq!(items(place, &symbol, ""), Vec::<Value>::new());
}

#[test]
fn writers_of_one_series_at_the_same_time_lose_nothing() {
    let Some(place) = place() else { return };
    let symbol = format!("RACE-{}", std::process::id());
    let all = bars(1200, 11);
    std::thread::scope(|scope| {
        for lane in 0..6 {
            let (all, symbol) = (&all, &symbol);
            scope.spawn(move || {
                // Every lane writes to every five minutes.
                let mine: Vec<&Bar> = all.iter().filter(|bar| bar.0 % 6 == lane).collect();
                for part in mine.chunks(50) {
                    let answer = ingest(place, &format!("symbol={symbol}"), "text/csv", &table(part.iter().copied()));
                    assert_eq!((answer.status, &answer.json()["rejected"]), (200, &json!(0)), "{answer:?}");
                }
            });
        }
    });
    let known: BTreeMap<i64, [f64; 5]> = all.iter().copied().collect();
    for (interval, seconds) in [("5m", 300), ("1h", 3600), ("1d", 86_400)] {
        assert_eq!(
            rounded(&items(place, &symbol, &format!("interval={interval}&limit=5000"))),
            rounded(&rolled(&known, seconds)),
            "{interval}"
        );
    }
}
