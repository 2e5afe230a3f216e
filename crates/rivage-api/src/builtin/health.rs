//! How the site's API is: both ways to the database, its tables, the store of media, the build.
//!
//! In: the ports. Out: [`Health`], for `/api/v1/health` and for [the watch](crate::watch). Deliberately not here: what becomes of it; extensions that are not
//! there are told and no fault: routes that need them say so.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;

use serde_json::{Value, json};

use crate::decide::Api;
use crate::drive::{Failure, Run};
use crate::fixed::Fixed;
use crate::http::Response;
use crate::ports::{DatabaseError, ObjectsError, Outcome, Ports, Shape, Target};

/// Whether the tables of the newest migration are there.
pub(super) const WRITING: Fixed =
    Fixed { name: "health_writing", types: &[], sql: "select to_regclass('public.watch_state') is not null" };

/// The time keeps caches between here and the database from answering.
pub(super) const READING: Fixed = Fixed {
    name: "health_reading",
    types: &[],
    sql: "select extname::text from pg_extension where extname <> 'plpgsql' and clock_timestamp() is not null order by 1 limit 100",
};

/// What nobody has put into a store: it is only asked whether it answers.
const NO_OBJECT: &str = "rivage-health";

/// How it is.
#[derive(Debug)]
pub(crate) struct Health {
    /// Each part with `ok`, or what it is.
    pub(crate) checks: [(&'static str, &'static str); 5],
    /// Of the database.
    pub(crate) extensions: Vec<String>,
    /// Why nothing works: neither way to the database does.
    pub(crate) down: Option<DatabaseError>,
    /// For the log.
    pub(crate) errors: Vec<String>,
    /// Milliseconds of waiting for the database.
    pub(crate) db_ms: u64,
}

impl Health {
    /// Looks at all parts at once.
    pub(crate) async fn look<P: Ports>(api: &Api, ports: &P) -> Self {
        let started = ports.now();
        let most = api.manifest().settings.bounds.answer;
        let (writing, reading) = ([WRITING.query([], Shape::Rows)], [READING.query([], Shape::Rows)]);
        let (writing, reading) =
            both(ports.run(Target::Write, &writing, most), ports.run(Target::Read, &reading, most)).await;
        let db_ms = ports.now().saturating_sub(started);
        let store = ports.head(NO_OBJECT).await;

        let mut errors = Vec::new();
        errors.extend([writing.as_ref().err(), reading.as_ref().err()].into_iter().flatten().map(ToString::to_string));
        let state = |is_right| if is_right { "ok" } else { "failed" };
        let has_tables = writing.as_ref().is_ok_and(|outcomes| cell(outcomes) == Some("t"));
        let checks = [
            ("database_read", state(reading.is_ok())),
            ("database_write", state(writing.is_ok())),
            // Whether they are there is not known while nobody answers.
            ("tables", if has_tables || writing.is_err() { "ok" } else { "missing" }),
            (
                "store",
                match store {
                    Ok(_) => "ok",
                    Err(ObjectsError::Absent) => "absent",
                    Err(ObjectsError::Failed(error)) => {
                        errors.push(error);
                        "failed"
                    }
                },
            ),
            ("build", if api.manifest().settings.build.is_empty() { "missing" } else { "ok" }),
        ];
        let (extensions, down) = match (reading, writing) {
            (Ok(outcomes), _) => {
                let rows = outcomes.into_iter().next().unwrap_or_default().texts;
                (rows.into_iter().filter_map(|row| row.into_iter().next().flatten()).collect(), None)
            }
            (Err(_), Ok(_)) => (Vec::new(), None),
            (Err(_), Err(error)) => (Vec::new(), Some(error)),
        };
        Self { checks, extensions, down, errors, db_ms }
    }

    /// Returns the names of what is not as it should be.
    pub(crate) fn degraded(&self) -> Vec<&'static str> {
        // A site need not have a store.
        let is_wrong = |(_, state): &&(&str, &str)| !matches!(*state, "ok" | "absent");
        self.checks.iter().filter(is_wrong).map(|(name, _)| *name).collect()
    }

    /// Reports whether rows can be written, as far as that is known.
    pub(crate) fn is_writable(&self) -> bool {
        self.checks.contains(&("database_write", "ok")) && self.checks.contains(&("tables", "ok"))
    }

    /// Writes what a client is told.
    fn to_json(&self, build: &str) -> Value {
        let degraded = self.degraded();
        json!({
            "status": if degraded.is_empty() { "ok" } else { "degraded" },
            "build": build,
            "checks": self.checks.iter().map(|(name, state)| ((*name).to_owned(), Value::from(*state))).collect::<serde_json::Map<_, _>>(),
            "degraded": degraded,
            "extensions": self.extensions,
        })
    }
}

fn cell(outcomes: &[Outcome]) -> Option<&str> {
    outcomes.first()?.texts.first()?.first()?.as_deref()
}

/// Answers with 200 as long as one way to the database works; else with its failure.
pub(super) async fn health<P: Ports>(run: &mut Run<'_, P>) -> Result<Response, Failure> {
    let health = Health::look(run.api, run.ports).await;
    run.log.trips += 2;
    run.log.db_ms += health.db_ms;
    if let Some(error) = health.down {
        return Err(Failure::Database(error));
    }
    if !health.errors.is_empty() {
        run.log.error = Some(health.errors.join("; "));
    }
    Ok(super::json(200, &health.to_json(&run.settings().build)))
}

/// Waits for two futures at the same time: what does not answer is waited for once, not twice.
async fn both<A: Future, B: Future>(a: A, b: B) -> (A::Output, B::Output) {
    let (mut a, mut b) = (pin!(a), pin!(b));
    let (mut of_a, mut of_b) = (None, None);
    poll_fn(move |context| {
        if of_a.is_none()
            && let Poll::Ready(output) = a.as_mut().poll(context)
        {
            of_a = Some(output);
        }
        if of_b.is_none()
            && let Poll::Ready(output) = b.as_mut().poll(context)
        {
            of_b = Some(output);
        }
        match (of_a.take(), of_b.take()) {
            (Some(of_a), Some(of_b)) => Poll::Ready((of_a, of_b)),
            waiting => {
                (of_a, of_b) = waiting;
                Poll::Pending
            }
        }
    })
    .await
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::manifest::{Manifest, Settings};
    use crate::ports::ErrorKind;
    use crate::testing::{World, rows};
    use crate::{Api, Secrets};

    fn api(build: &str) -> Api {
        let settings = Settings { build: build.to_owned(), ..Settings::default() };
        Api::new(Manifest { settings, routes: crate::builtin::routes() }, Secrets::default())
    }

    fn ask(world: &World, build: &str) -> (u16, Value, Option<String>) {
        let reply = world.send(&api(build), "GET /api/v1/health", &[], b"");
        let body = serde_json::from_slice(&reply.response.body).expect("JSON");
        (reply.response.status, body, reply.log.error)
    }

    #[test]
    fn all_is_well() {
        let world = World::new();
        world.answer(vec![rows(&[&["t"]])]).answer(vec![rows(&[&["pg_trgm"], &["vector"]])]);
        let (status, body, error) = ask(&world, "b1");
        assert_eq!((status, error), (200, None));
        let checks =
            json!({"database_read": "ok", "database_write": "ok", "tables": "ok", "store": "ok", "build": "ok"});
        assert_eq!(
            body,
            json!({"status": "ok", "build": "b1", "checks": checks, "degraded": [], "extensions": ["pg_trgm", "vector"]})
        );
    }

    #[test]
    fn what_is_not_well_is_named_and_logged() {
        let world = World::new();
        world.answer(vec![rows(&[&["f"]])]).fail(ErrorKind::Timeout, false).break_store("no bucket");
        let (status, body, error) = ask(&world, "");
        assert_eq!((status, &body["status"]), (200, &json!("degraded")));
        assert_eq!(body["degraded"], json!(["database_read", "tables", "store", "build"]));
        let error = error.expect("a message for the log");
        assert!(error.contains("Timeout") && error.contains("no bucket"), "{error}");
        assert!(!body.to_string().contains("no bucket"), "{body}");
    }

    #[test]
    fn one_way_to_the_database_is_enough_to_be_up() {
        let world = World::new();
        world.fail(ErrorKind::Unavailable, false).answer(vec![rows(&[])]);
        let (status, body, _) = ask(&world, "b1");
        assert_eq!((status, &body["degraded"]), (200, &json!(["database_write"])));
        world.fail(ErrorKind::Unavailable, false).fail(ErrorKind::Unavailable, false);
        let (status, body, _) = ask(&world, "b1");
        assert_eq!((status, &body["code"]), (503, &json!("database-unavailable")));
    }
}
