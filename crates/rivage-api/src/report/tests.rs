use serde_json::Value;

use super::*;
use crate::manifest::{Manifest, Settings};
use crate::ports::ErrorKind;
use crate::testing::{World, block_on};
use crate::{Api, Secrets};

fn api(dsn: Option<&str>) -> Api {
    let settings = Settings { build: "build-1".to_owned(), ..Settings::default() };
    let mut manifest = Manifest { settings, routes: crate::builtin::routes() };
    manifest.sort();
    let reporting =
        dsn.map(|dsn| Reporting { dsn: Dsn::parse(dsn).expect("a DSN"), environment: "production".to_owned() });
    Api::new(manifest, Secrets { reporting, ..Secrets::default() })
}

/// Sends a request that fails, as a shell does, and tells what the service got.
fn fail(world: &World, api: &Api) -> Vec<(String, String)> {
    world.fail(ErrorKind::Unavailable, true);
    let reply = world.send(api, "GET /api/v1/health", &[("cookie", "a=very-private")], b"");
    assert_eq!(reply.response.status, 503);
    if api.is_reported(&reply.log) {
        block_on(api.report(world, &reply.log));
    }
    world.fetched()
}

#[test]
fn an_envelope_has_one_event_and_no_values() {
    let (world, api) = (World::new(), api(Some("https://abc@sentry.test/7")));
    let sent = fail(&world, &api);
    assert_eq!(sent.len(), 1);
    assert_eq!(sent[0].0, "https://sentry.test/api/7/envelope/");
    let lines: Vec<&str> = sent[0].1.lines().collect();
    let json = |line: &str| serde_json::from_str::<Value>(line).expect("JSON");
    let (head, item, event) = (json(lines[0]), json(lines[1]), json(lines[2]));
    assert_eq!(lines.len(), 3);
    assert_eq!(item["length"], lines[2].len());
    assert_eq!(head["event_id"], event["event_id"]);
    assert_eq!((event["release"].as_str(), event["transaction"].as_str()), (Some("build-1"), Some("health")));
    assert_eq!(event["message"]["formatted"], "Unavailable: told by the server: \"…\"");
    assert!(!sent[0].1.contains("secret") && !sent[0].1.contains("very-private"));
}

#[test]
fn nothing_is_told_without_a_dsn_or_an_error() {
    let world = World::new();
    assert_eq!(fail(&world, &api(None)), []);
    let api = api(Some("https://abc@sentry.test/7"));
    let log = |status| Log { status, ..Log::default() };
    assert!([200, 404, 429, 501].into_iter().all(|status| !api.is_reported(&log(status))));
    assert!(!api.is_reported(&Log { status: 409, error: Some("refused".to_owned()), ..Log::default() }));
    assert!([500, 503, 504].into_iter().all(|status| api.is_reported(&log(status))));
    assert!(api.is_reported(&Log { status: 200, error: Some("stale".to_owned()), ..Log::default() }), "a spare answer");
}

#[test]
fn an_outage_is_told_a_few_times_and_silence_is_kept() {
    let (world, api) = (World::new(), api(Some("https://abc@sentry.test/7")));
    for _ in 0..50 {
        fail(&world, &api);
    }
    assert_eq!(world.fetched().len(), MOST as usize);
    world.wait(61).fetch_status(429, Some(600));
    fail(&world, &api);
    world.fetch_status(200, None);
    for _ in 0..9 {
        world.wait(61);
        assert_eq!(fail(&world, &api).len(), MOST as usize + 1, "asked for silence");
    }
    world.wait(61);
    assert_eq!(fail(&world, &api).len(), MOST as usize + 2);
}
