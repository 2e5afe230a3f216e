//! The watch: looks at the site's health from time to time, and tells a webhook when it changes.
//!
//! In: the ports, in a Worker's cron or a task of a server. Out: a message to the webhook of the secret, once for each change. What was told is kept in the
//! database, and while that is away in the shared cache and in memory, so that neither a new instance nor an outage tells the same again and again. A
//! webhook that does not answer is asked a few times, one run after another, and no more. Deliberately not here: when it runs; who is on call.

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::builtin::Health;
use crate::decide::Api;
use crate::fixed::{Fixed, oid};
use crate::http::date;
use crate::log::Log;
use crate::ports::{Cache, Database, Outgoing, Ports, Query, Shape, Target};

/// How often a message is tried before it is given up, over all runs.
const TRIES: u64 = 5;

/// Where the shared cache has what was told.
const KEY: &str = "watch/health";

/// Seconds that the shared cache keeps it.
const KEPT: u32 = 7 * 24 * 60 * 60;

pub(crate) const KNOWN: Fixed = Fixed {
    name: "watch_known",
    types: &[],
    sql: "select state, told::text, tries::text from public.watch_state where name = 'health'",
};

pub(crate) const NOTE: Fixed = Fixed {
    name: "watch_note",
    types: &[oid::TEXT, oid::TEXT, oid::TEXT],
    sql: "\
insert into public.watch_state (name, state, told, tries) values ('health', $1, $2::boolean, $3::bigint)
on conflict (name) do update set state = excluded.state, told = excluded.told, tries = excluded.tries, at = now()",
};

/// What was told the last time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Told {
    state: String,
    told: bool,
    tries: u64,
}

impl Api {
    /// Reports whether there is a webhook to tell.
    pub fn has_watch(&self) -> bool {
        self.secrets.alert.is_some()
    }

    /// Looks at the site's health and tells of a change. Returns a line for the log.
    pub async fn watch<P: Ports>(&self, ports: &P) -> Log {
        let started = ports.now();
        let health = Health::look(self, ports).await;
        let mut log = Log { method: "WATCH".to_owned(), status: 200, trips: 2, db_ms: health.db_ms, ..Log::default() };
        if health.down.is_some() {
            (log.status, log.code) = (503, Some("database-unavailable"));
        }
        log.error = (!health.errors.is_empty()).then(|| health.errors.join("; "));
        if let Some(url) = self.secrets.alert.as_deref() {
            self.tell(ports, url, &health).await;
        }
        self.flush(ports).await;
        log.total_ms = ports.now().saturating_sub(started);
        log
    }

    async fn tell<P: Ports>(&self, ports: &P, url: &str, health: &Health) {
        let state = match (&health.down, health.degraded().as_slice()) {
            (Some(_), _) => "down".to_owned(),
            (None, []) => "ok".to_owned(),
            (None, parts) => format!("degraded: {}", parts.join(", ")),
        };
        let may_write = health.is_writable();
        let known = self.known(ports, may_write).await;
        let next = match known {
            // The first look at a site that is well is no news.
            None if state == "ok" => Told { state, told: true, tries: 0 },
            Some(known) if known.state == state && (known.told || known.tries >= TRIES) => return,
            known => {
                let tries = known.as_ref().filter(|known| known.state == state).map_or(0, |known| known.tries);
                // While it is not told, the state before it is not known any more: what counts is what is now.
                let was = known.as_ref().filter(|known| known.state != state).map(|known| known.state.as_str());
                let request = self.message(url, &state, was, ports.now() / 1000);
                let answer = ports.post(&request).await;
                let told = answer.is_some_and(|answer| (200..300).contains(&answer.status));
                Told { state, told, tries: tries + 1 }
            }
        };
        self.note(ports, next, may_write).await;
    }

    fn message<'u>(&self, url: &'u str, state: &str, was: Option<&str>, seconds: u64) -> Outgoing<'u> {
        let settings = &self.manifest().settings;
        let origin = settings.origins.first().map_or("", String::as_str);
        let was_text = was.map(|was| format!("; it was {was}")).unwrap_or_default();
        let text = format!("{} is {state}{was_text} ({origin}, build {})", settings.title, settings.build);
        let status = state.split(':').next().unwrap_or_default();
        let parts: Vec<&str> = state.split_once(": ").map_or(Vec::new(), |(_, parts)| parts.split(", ").collect());
        let body = json!({
            // Slack, Mattermost and others read the first, Discord reads the second.
            "text": text,
            "content": text,
            "status": status,
            "degraded": parts,
            "was": was,
            "origin": origin,
            "build": settings.build,
            "at": date::rfc3339(seconds),
        });
        Outgoing { url, content_type: "application/json", headers: Vec::new(), body: body.to_string() }
    }

    /// Returns what was told the last time, wherever it is known from.
    async fn known<P: Ports>(&self, ports: &P, may_write: bool) -> Option<Told> {
        let shared = Cache::get(ports, KEY).await.and_then(|bytes| serde_json::from_slice::<Told>(&bytes).ok());
        let here = shared.or_else(|| self.watched().clone());
        // While the database was away it could not be told.
        if !may_write
            || here.as_ref().is_some_and(|here| here.state.contains("down") || here.state.contains("database_write"))
        {
            return here;
        }
        let rows = self.ask(ports, KNOWN.query([], Shape::Rows)).await?;
        match rows.first().map(Vec::as_slice) {
            Some([Some(state), Some(told), Some(tries)]) => {
                Some(Told { state: state.clone(), told: told == "true", tries: tries.parse().unwrap_or(TRIES) })
            }
            _ => None,
        }
    }

    async fn note<P: Ports>(&self, ports: &P, told: Told, may_write: bool) {
        if let Ok(bytes) = serde_json::to_vec(&told) {
            Cache::put(ports, KEY, &bytes, KEPT).await;
        }
        if may_write {
            let values = [told.state.clone(), told.told.to_string(), told.tries.to_string()];
            self.ask(ports, NOTE.query(values, Shape::None)).await;
        }
        *self.watched() = Some(told);
    }

    async fn ask<P: Ports>(&self, ports: &P, query: Query<'_>) -> Option<Vec<Vec<Option<String>>>> {
        let most = self.manifest().settings.bounds.answer;
        // What cannot be read or written now is in memory at least.
        let outcomes = Database::run(ports, Target::Write, &[query], most).await.ok()?;
        outcomes.into_iter().next().map(|outcome| outcome.texts)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::manifest::{Manifest, Settings};
    use crate::ports::ErrorKind;
    use crate::testing::{World, block_on, rows};
    use crate::{Api, Secrets};

    fn api() -> Api {
        let settings = Settings {
            build: "b1".to_owned(),
            title: "Harbour".to_owned(),
            origins: vec!["https://harbour.test".to_owned()],
            ..Settings::default()
        };
        let secrets = Secrets { alert: Some("https://hooks.test/x".to_owned()), ..Secrets::default() };
        Api::new(Manifest { settings, routes: crate::builtin::routes() }, secrets)
    }

    /// A database that answers: its tables, its extensions, what was told, and that it was noted.
    fn up(world: &World, known: &[&[&str]]) {
        world.answer(vec![rows(&[&["t"]])]).answer(vec![rows(&[])]).answer(vec![rows(known)]).answer(vec![rows(&[])]);
    }

    fn down(world: &World) {
        world.fail(ErrorKind::Unavailable, false).fail(ErrorKind::Unavailable, false);
    }

    fn told(world: &World) -> Vec<Value> {
        world.fetched().iter().map(|(_, body)| serde_json::from_str(body).expect("JSON")).collect()
    }

    #[test]
    fn a_change_is_told_once_and_so_is_the_way_back() {
        let (world, api) = (World::new(), api());
        world.fetch_status(200, None);
        up(&world, &[]);
        assert_eq!(block_on(api.watch(&world)).status, 200);
        assert_eq!(told(&world), Vec::<Value>::new(), "that all is well is no news");
        for _ in 0..3 {
            down(&world);
            assert_eq!(block_on(api.watch(&world)).status, 503);
        }
        // A new instance in the same data centre knows of it, too.
        let other = self::api();
        down(&world);
        block_on(other.watch(&world));
        // The database knows only what was before.
        world.answer(vec![rows(&[&["t"]])]).answer(vec![rows(&[])]).answer(vec![rows(&[])]);
        block_on(api.watch(&world));
        up(&world, &[&["ok", "true", "1"]]);
        block_on(api.watch(&world));
        let told = told(&world);
        assert_eq!(told.len(), 2, "{told:?}");
        assert_eq!(told[0]["text"], "Harbour is down; it was ok (https://harbour.test, build b1)");
        assert_eq!(
            (&told[0]["status"], &told[1]["status"], &told[1]["was"]),
            (&"down".into(), &"ok".into(), &"down".into())
        );
        assert_eq!(told[1]["at"], "2026-11-18T11:06:40Z");
    }

    #[test]
    fn what_is_degraded_is_named() {
        let (world, api) = (World::new(), api());
        world.fetch_status(200, None).break_store("no bucket");
        up(&world, &[&["ok", "true", "0"]]);
        block_on(api.watch(&world));
        assert_eq!(told(&world)[0]["degraded"], serde_json::json!(["store"]));
        assert!(!told(&world)[0].to_string().contains("no bucket"), "reasons are for the log");
        let noted = world.seen().into_iter().find(|seen| seen.sql == NOTE.sql).expect("it is noted");
        let values: Vec<_> = noted.values.iter().flatten().map(String::as_str).collect();
        assert_eq!(values, ["degraded: store", "true", "1"]);
    }

    #[test]
    fn a_webhook_that_does_not_answer_is_asked_a_few_times() {
        let (world, api) = (World::new(), api());
        for _ in 0..10 {
            down(&world);
            block_on(api.watch(&world));
        }
        assert_eq!(told(&world).len() as u64, TRIES);
        // Another state is another message.
        world.fetch_status(204, None);
        world.answer(vec![rows(&[&["t"]])]).answer(vec![rows(&[])]).answer(vec![rows(&[])]);
        block_on(api.watch(&world));
        assert_eq!(told(&world).len() as u64, TRIES + 1);
    }

    #[test]
    fn without_a_webhook_nothing_is_told() {
        let (world, api) = (World::new(), api());
        let quiet = Api::new(api.manifest().clone(), Secrets::default());
        assert!(api.has_watch() && !quiet.has_watch());
        down(&world);
        block_on(quiet.watch(&world));
        assert_eq!(told(&world), Vec::<Value>::new());
    }
}
