//! What administrators are told that plain statements cannot tell: slow statements, and numbers of this instance.

use serde_json::json;

use super::{json, value};
use crate::drive::{Failure, Run};
use crate::http::{Problem, Response};
use crate::ports::{Ports, Query, Shape, Target};
use crate::statistics::{self, BUDGET_MS, Counted};

const INT4: u32 = 23;

/// The slowest statements of the database, where it counts them.
pub(super) async fn slow_statements<P: Ports>(run: &mut Run<'_, P>) -> Result<Response, Failure> {
    let limit = value(run, "limit").map(str::to_owned);
    let query = Query { sql: statistics::LIST, types: vec![INT4], values: vec![limit], shape: Shape::Rows };
    let outcomes = match run.trip(Target::Read, &[query]).await {
        Ok(outcomes) => outcomes,
        // There is no such table, or the server did not load the library.
        Err(Failure::Database(error)) if matches!(error.sqlstate(), Some("42P01" | "55000")) => {
            let detail = "this needs the extension `pg_stat_statements` in the database, and its name in `shared_preload_libraries`";
            return Err(Problem::new(501, "extension-missing", detail).into());
        }
        Err(failure) => return Err(failure),
    };
    let rows = outcomes.iter().flat_map(|outcome| &outcome.texts);
    let items: Vec<Counted> =
        rows.map(|row| statistics::read(|column| row.get(column).and_then(|cell| cell.as_deref()))).collect();
    Ok(json(200, &json!({"budget_ms": BUDGET_MS, "items": items})))
}

/// How long the routes of this instance took.
pub(super) fn metrics<P: Ports>(run: &Run<'_, P>) -> Response {
    let (routes, build) = (&run.api.manifest().routes, &run.settings().build);
    let metrics = run.api.metrics();
    if value(run, "format") == Some("prometheus") {
        let mut response = Response::new(200).with("content-type", "text/plain; version=0.0.4; charset=utf-8");
        response.body = metrics.to_text(routes, build).into_bytes();
        return response;
    }
    json(200, &metrics.to_json(routes, build))
}

#[cfg(test)]
mod tests {
    use crate::manifest::{Manifest, Settings};
    use crate::testing::{World, rows};
    use crate::{Api, Secrets};

    fn api() -> Api {
        let secrets = Secrets { metrics: Some("a token of Prometheus".to_owned()), ..Secrets::default() };
        Api::new(Manifest { settings: Settings::default(), routes: crate::builtin::routes() }, secrets)
    }

    #[test]
    fn a_token_opens_the_metrics_and_nothing_else() {
        let (world, api) = (World::new(), api());
        let bearer = [("authorization", "Bearer a token of Prometheus")];
        let get =
            |path: &str, headers: &[(&str, &str)]| world.send(&api, &format!("GET {path}"), headers, b"").response;
        let metrics = get("/api/v1/admin/metrics?format=prometheus", &bearer);
        assert_eq!(metrics.status, 200);
        assert_eq!(metrics.header("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
        assert_eq!(get("/api/v1/admin/metrics", &[("authorization", "Bearer a token of prometheus")]).status, 401);
        assert_eq!(get("/api/v1/admin/metrics", &[]).status, 401);
        assert_eq!(get("/api/v1/admin/audit", &bearer).status, 401);
        let json: serde_json::Value =
            serde_json::from_slice(&get("/api/v1/admin/metrics", &bearer).body).expect("JSON");
        assert_eq!(json["routes"][1]["requests"], 3, "those before it: {json:#}");
    }

    #[test]
    fn a_database_that_does_not_count_is_told() {
        let world = World::new();
        for code in [*b"42P01", *b"55000"] {
            world.answer(vec![rows(&[&["00000000-0000-0000-0000-000000000000", "admin"]])]);
            world.refuse_statement(code);
            let cookie = format!("{}={}", crate::http::cookie::SESSION, "A".repeat(43));
            let reply = world.send(&api(), "GET /api/v1/admin/slow", &[("cookie", cookie.as_str())], b"");
            assert_eq!((reply.response.status, reply.log.code), (501, Some("extension-missing")));
        }
    }
}
