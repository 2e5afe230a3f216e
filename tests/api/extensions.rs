//! What routes do with the extensions of the database, and without them.
//!
//! Extensions that the server does not have are skipped; `RIVAGE_REQUIRE_EXTENSIONS=postgis,vector` makes that a failure.

use std::io::Write;

use postgres_fixture::Postgres;
use serde_json::{Value, json};

use crate::http::Answer;
use crate::place::{Place, place, query};
use crate::{assert_problem, get, post, titles};

/// Whether the server has an extension.
fn has(server: &Postgres, name: &str) -> bool {
    let url = server.url("postgres", "postgres");
    let found = query(&url, &format!("select default_version from pg_available_extensions where name = '{name}'"));
    if let Some(version) = found.first() {
        let _ = writeln!(std::io::stderr(), "{name} {version}");
        return true;
    }
    let required = std::env::var("RIVAGE_REQUIRE_EXTENSIONS").unwrap_or_default();
    assert!(required.split(',').all(|wanted| wanted != name), "the server has no extension `{name}`");
    let _ = writeln!(std::io::stderr(), "skipped: the server has no extension `{name}`");
    false
}

fn server() -> Option<&'static Postgres> {
    place().filter(|place| place.is_ours())?;
    postgres_fixture::shared()
}

fn items(answer: &Answer) -> Vec<Value> {
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()["items"].as_array().unwrap().clone()
}

/// A vector that points into one of 384 directions, and a little into another.
fn vector(main: usize, other: usize) -> Vec<f64> {
    (0..384).map(|at| if at == main { 1.0 } else { f64::from(u8::from(at == other)) * 0.25 }).collect()
}

#[test]
fn without_an_extension_its_route_says_so_and_all_others_work() {
    let Some(place) = place() else { return };
    let near = get(place, "/api/v1/places/near?lon=2&lat=48");
    assert_problem(&near, 501, "extension-missing");
    assert!(near.json()["detail"].as_str().unwrap().contains("`postgis`"), "{near:?}");
    let hybrid = post(place, "/api/v1/search", &[], &json!({"q": "light", "vector": vector(0, 1)}));
    assert_problem(&hybrid, 501, "extension-missing");
    assert!(hybrid.json()["detail"].as_str().unwrap().contains("`vector`"), "{hybrid:?}");
    assert_eq!(get(place, "/api/v1/search?q=light").status, 200);
    assert_eq!(get(place, "/api/v1/series/NOBODY").json(), json!({"items": []}), "time series need none");
}

#[test]
fn bars_lie_in_parts_with_timescaledb() {
    let Some(server) = server().filter(|server| has(server, "timescaledb")) else { return };
    let own = Place::start_in(server, None, "postgres", &["create extension timescaledb"]);
    assert_eq!(own.query("select hypertable_name from timescaledb_information.hypertables").unwrap(), ["market_bar"]);
    let token = format!("Bearer {}", crate::series::token("admin"));
    let headers = [("content-type", "text/csv"), ("authorization", token.as_str())];
    let body = "ts,open,high,low,close\n2026-01-02,1,2,1,2\n2026-06-02,2,3,2,3\n2026-01-02,1,4,1,4\n";
    for changed in [2, 0] {
        let answer =
            crate::http::send(&own.address, "POST", "/api/v1/series/ingest?symbol=PARTS", &headers, body.as_bytes());
        assert_eq!((answer.status, &answer.json()["changed"]), (200, &json!(changed)), "{answer:?}");
    }
    assert_eq!(own.query("select count(*) from show_chunks('market_bar')").unwrap(), ["2"]);
    let days = items(&get(&own, "/api/v1/series/PARTS?interval=1d"));
    assert_eq!((days.len(), &days[1]["high"]), (2, &json!(4.0)), "{days:?}");
}

#[test]
fn misspelt_words_are_found_with_pg_trgm() {
    let Some(place) = place() else { return };
    let Some(server) = server().filter(|server| has(server, "pg_trgm")) else { return };
    assert_eq!(place.query("select extname from pg_extension where extname = 'pg_trgm'").unwrap(), ["pg_trgm"]);
    let right = items(&get(place, "/api/v1/search?q=paraffin"));
    assert_eq!((&right[0]["path"], &right[0]["fuzzy"]), (&json!("/docs/lighthouse/"), &json!(false)));
    for wrong in ["parafin", "paraffni", "ligthhouse%20parrafin", "light%20parafine"] {
        let found = items(&get(place, &format!("/api/v1/search?q={wrong}")));
        assert_eq!(found.first().map(|item| &item["path"]), Some(&json!("/docs/lighthouse/")), "{wrong}");
        assert_eq!(found[0]["fuzzy"], true, "{wrong}");
        assert!(found[0]["snippet"].as_str().unwrap().contains("⸨paraffin⸩"), "{:?}", found[0]);
    }
    for absent in ["submarine", "qqqqqq"] {
        assert_eq!(items(&get(place, &format!("/api/v1/search?q={absent}"))), Vec::<Value>::new(), "{absent}");
    }
    // What only excludes is no word to mend.
    for all in ["-parafin", "%22zzz%20yyy%22%20or%20-%22a%20b%22"] {
        assert!(
            items(&get(place, &format!("/api/v1/search?q={all}"))).iter().all(|item| item["fuzzy"] == false),
            "{all}"
        );
    }

    // A role that is no administrator makes use of one that is there; the migrations run twice.
    let before =
        ["create role keeper login", "create extension pg_trgm", "grant usage, create on schema public to keeper"];
    let kept = Place::start_in(server, None, "keeper", &before);
    assert_eq!(items(&get(&kept, "/api/v1/search?q=parafin"))[0]["fuzzy"], true);

    // A role that may not create it does without.
    let before = [
        "do $$ begin if not exists (select from pg_roles where rolname = 'plain') then create role plain login; end if; end $$",
        "grant usage, create on schema public to plain",
    ];
    let plain = Place::start_in(server, None, "plain", &before);
    assert_eq!(plain.query("select cardinality(rivage_use_extensions())").unwrap(), ["0"]);
    assert_eq!(items(&get(&plain, "/api/v1/search?q=paraffin")).len(), 1);
    assert_eq!(items(&get(&plain, "/api/v1/search?q=parafin")), Vec::<Value>::new());
}

#[test]
fn results_lead_to_the_part_of_the_page() {
    let Some(place) = place() else { return };
    let found = items(&get(place, "/api/v1/search?q=paraffin"));
    assert_eq!((&found[0]["section"], &found[0]["anchor"]), (&json!("Lamp"), &json!("lamp")), "{found:?}");
    let found = items(&get(place, "/api/v1/search?q=built"));
    assert_eq!(found[0]["anchor"], "", "what stands before the first heading");
}

#[test]
fn places_are_found_on_the_globe_with_postgis() {
    let Some(server) = server().filter(|server| has(server, "postgis")) else { return };
    let own = Place::start_in(server, None, "postgres", &["create extension postgis"]);
    own.query(
        "insert into place (name, kind, lon, lat) values ('Suva', 'harbour', 178.44, -18.14), ('Apia', 'harbour', -171.76, -13.83),
         ('Brest', 'harbour', -4.49, 48.39), ('Ouessant', 'lighthouse', -5.1, 48.46), ('North', 'ice', 0, 89.9), ('Far north', 'ice', 180, 89.9)",
    );
    let names = |answer: &Answer| -> Vec<String> {
        items(answer).iter().map(|item| item["name"].as_str().unwrap().to_owned()).collect()
    };
    // The date line and the pole lie between neighbours.
    assert_eq!(names(&get(&own, "/api/v1/places/near?lon=-179&lat=-17&limit=2")), ["Suva", "Apia"]);
    let pole = get(&own, "/api/v1/places/near?lon=90&lat=90&limit=2&kind=ice");
    assert_eq!(names(&pole).len(), 2);
    let brest = items(&get(&own, "/api/v1/places/near?lon=-4.49&lat=48.39&limit=2"));
    assert_eq!(brest[0]["meters"], 0.0, "{brest:?}");
    let meters = brest[1]["meters"].as_f64().unwrap();
    assert!((45_000.0..47_000.0).contains(&meters), "{meters}");
    assert_eq!(names(&get(&own, "/api/v1/places/near?lon=-4&lat=48&kind=lighthouse")), ["Ouessant"]);
    assert_problem(&get(&own, "/api/v1/places/near?lon=181&lat=0"), 400, "invalid-parameters");
}

#[test]
fn pages_are_found_by_meaning_with_vector() {
    let Some(server) = server().filter(|server| has(server, "vector")) else { return };
    let own = Place::start_in(server, None, "postgres", &["create extension vector"]);
    let set = |path: &str, vector: &[f64]| {
        own.query(&format!(
            "insert into chunk_embedding (content_hash, embedding)
             select c.content_hash, '{vector:?}'::vector from chunk c join page p on p.id = c.page_id where p.path = '{path}' on conflict do nothing"
        ))
    };
    set("/docs/tides/", &vector(7, 8));
    set("/docs/lighthouse/", &vector(20, 21));
    let ask = |q: &str, vector: Vec<f64>| post(&own, "/api/v1/search", &[], &json!({"q": q, "vector": vector}));
    // No page has the word: meaning alone leads there, and to the nearer page first.
    let by_meaning = ask("submarine", vector(7, 9));
    assert_eq!(titles(&by_meaning), ["Tides", "The lighthouse"], "{by_meaning:?}");
    // The word is in the other page, which is second by meaning: both count.
    let both = ask("paraffin", vector(20, 3));
    assert_eq!(titles(&both)[0], "The lighthouse", "{both:?}");
    assert!(items(&both)[0]["rank"].as_f64() > items(&both)[1]["rank"].as_f64(), "{both:?}");
    // Related by meaning, of the pages that have a vector; without one, by links.
    let similar = items(&get(&own, "/api/v1/graph/similar?path=/docs/tides/"));
    assert_eq!(similar.len(), 1, "{similar:?}");
    assert_eq!((&similar[0]["path"], &similar[0]["by"]), (&json!("/docs/lighthouse/"), &json!("meaning")));
    let short = ask("paraffin", vec![1.0, 2.0]);
    assert_problem(&short, 400, "invalid-parameters");
    own.query("truncate chunk_embedding");
    assert_eq!(titles(&ask("paraffin", vector(1, 2))), ["The lighthouse"], "without embeddings, words count");
}
