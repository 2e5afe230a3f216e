//! Errors: counted in the database, and told to Sentry, or to what speaks its protocol.
//!
//! In: lines of the log, and what browsers send. Out: rows of numbers by day, and envelopes of one event each, sent by a port when the response is on its
//! way, without anything of a request but its route; messages are [scrubbed](scrub). Few: an outage is told once in a while, not once for each request.
//! Without a DSN nothing leaves the server. Deliberately not here: queues and second attempts: an error that is not told today is told tomorrow.

mod dsn;
mod kept;
mod scrub;

use std::sync::MutexGuard;

use serde_json::{Value, json};

pub use dsn::Dsn;

pub(crate) use kept::NOTE;
pub(crate) use scrub::{frames, scrub, without_query};

use crate::decide::{Api, locked};
use crate::http::date;
use crate::log::Log;
use crate::ports::{Outgoing, Ports};

/// The most reports of one instance in [`PERIOD`].
const MOST: u32 = 10;

/// Milliseconds.
const PERIOD: u64 = 60_000;

/// Who reports where to.
#[derive(Clone, Debug)]
pub struct Reporting {
    /// Where to.
    pub dsn: Dsn,
    /// Which of several installations it is: `production`.
    pub environment: String,
}

/// Where an error happened.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Source {
    Api,
    Browser,
}

impl Source {
    fn as_str(self) -> &'static str {
        match self {
            Self::Api => "api",
            Self::Browser => "browser",
        }
    }

    /// What Sentry calls the kind of program.
    fn platform(self) -> &'static str {
        match self {
            Self::Api => "other",
            Self::Browser => "javascript",
        }
    }
}

/// An error that is counted and told. Its texts are scrubbed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Incident<'a> {
    pub(crate) source: Source,
    /// The name of the route, or the path of the page.
    pub(crate) place: &'a str,
    /// A stable name.
    pub(crate) code: &'a str,
    /// What is known of it.
    pub(crate) message: &'a str,
    /// The build that it happened in.
    pub(crate) build: &'a str,
    /// The id of the request.
    pub(crate) request: &'a str,
}

/// An error as a service is told.
pub(crate) struct Event<'a> {
    /// What happened.
    pub(crate) incident: Incident<'a>,
    /// Words to sort by.
    pub(crate) tags: Value,
    /// Whatever else is known.
    pub(crate) extra: Value,
    /// What makes two errors the same.
    pub(crate) fingerprint: [&'a str; 3],
}

/// What was reported lately.
#[derive(Debug)]
pub(crate) struct Reports {
    /// The most in [`PERIOD`].
    most: u32,
    since: u64,
    count: u32,
    /// The service has asked for silence until then.
    silent_until: u64,
}

impl Reports {
    /// Those that a service is told.
    pub(crate) fn told() -> Self {
        Self { most: MOST, since: 0, count: 0, silent_until: 0 }
    }

    /// Those that are counted.
    pub(crate) fn kept() -> Self {
        Self { most: kept::MOST, ..Self::told() }
    }

    /// Counts one, and reports whether there were not too many.
    pub(crate) fn allow(&mut self, now: u64) -> bool {
        if now >= self.since + PERIOD || now < self.since {
            *self = Self { since: now, count: 0, ..*self };
        }
        self.count += 1;
        self.count <= self.most && now >= self.silent_until
    }
}

/// Reports whether a line of the log tells of an error. 501 is about what a server does not have, which its owner knows.
pub(crate) fn is_error(log: &Log) -> bool {
    // A statement that refuses what a client asks for is no mistake of the server; a spare answer in the place of the right one is.
    (log.status >= 500 && log.status != 501) || (log.status < 400 && log.error.is_some())
}

fn code_of(log: &Log) -> &'static str {
    log.code.unwrap_or("internal")
}

impl Api {
    /// Reports whether a line of the log tells of an error that somebody has to hear of; then hand it to [`Api::report`].
    pub fn is_reported(&self, log: &Log) -> bool {
        self.secrets.reporting.is_some() && is_error(log)
    }

    /// Tells of an error. Called when the response is sent: within `waitUntil`, or in a task of its own.
    pub async fn report<P: Ports>(&self, ports: &P, log: &Log) {
        let message = log.error.as_deref().map_or_else(|| code_of(log).to_owned(), scrub);
        let incident = self.incident(log, &message);
        let code = incident.code;
        let event = Event {
            incident,
            tags: json!({"method": log.method, "status": log.status.to_string(), "code": code, "sqlstate": log.sqlstate}),
            extra: json!({"request_id": log.id, "total_ms": log.total_ms, "db_ms": log.db_ms, "trips": log.trips}),
            // One issue for each kind of error of a route, however its message is worded.
            fingerprint: [incident.place, code, log.sqlstate.as_deref().unwrap_or_default()],
        };
        self.send(ports, &event).await;
    }

    /// Returns what a line of the log tells of an error of the API; `message` is what it says, scrubbed.
    fn incident<'a>(&'a self, log: &'a Log, message: &'a str) -> Incident<'a> {
        let place = log.route.as_deref().unwrap_or("no route");
        let build = &self.manifest().settings.build;
        Incident { source: Source::Api, place, code: code_of(log), message, build, request: &log.id }
    }

    /// Tells of an error and counts it, as far as both are wanted.
    pub(crate) async fn conclude_error<P: Ports>(&self, ports: &P, log: &Log) {
        if is_error(log) {
            self.keep(ports, log).await;
        }
        if self.is_reported(log) {
            self.report(ports, log).await;
        }
    }

    /// Sends an event, if there is somebody to send it to and there were not too many.
    pub(crate) async fn send<P: Ports>(&self, ports: &P, event: &Event<'_>) {
        let Some(reporting) = &self.secrets.reporting else { return };
        let now = ports.now();
        if !self.reports().allow(now) {
            return;
        }
        let mut id = [0; 16];
        ports.fill(&mut id);
        let body = event.to_envelope(&reporting.environment, &crate::crypto::hex(&id), now / 1000);
        let auth = format!(
            "Sentry sentry_version=7, sentry_client=rivage/{}, sentry_key={}",
            env!("CARGO_PKG_VERSION"),
            reporting.dsn.key
        );
        let request = Outgoing {
            url: &reporting.dsn.url,
            content_type: "application/x-sentry-envelope",
            headers: vec![("x-sentry-auth", auth)],
            body,
        };
        let answer = ports.post(&request).await;
        if let Some(answer) = answer.filter(|answer| answer.status == 429) {
            let seconds = answer.retry_after.unwrap_or(60).min(24 * 60 * 60);
            self.reports().silent_until = now + u64::from(seconds) * 1000;
        }
    }

    fn reports(&self) -> MutexGuard<'_, Reports> {
        locked(&self.reports)
    }

    pub(crate) fn kept_reports(&self) -> MutexGuard<'_, Reports> {
        locked(&self.kept_reports)
    }
}

impl Event<'_> {
    fn to_envelope(&self, environment: &str, id: &str, seconds: u64) -> String {
        let Incident { source, place, message, build, .. } = self.incident;
        let event = json!({
            "event_id": id,
            "timestamp": date::rfc3339(seconds),
            "platform": source.platform(),
            "level": "error",
            "logger": format!("rivage.{}", source.as_str()),
            "release": build,
            "environment": environment,
            "transaction": place,
            "message": {"formatted": message},
            "tags": self.tags,
            "extra": self.extra,
            "fingerprint": self.fingerprint,
        })
        .to_string();
        let head = json!({"event_id": id, "sent_at": date::rfc3339(seconds)});
        let item = json!({"type": "event", "content_type": "application/json", "length": event.len()});
        format!("{head}\n{item}\n{event}\n")
    }
}

#[cfg(test)]
mod tests;
