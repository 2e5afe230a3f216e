//! Errors told to Sentry, or to what speaks its protocol.
//!
//! In: lines of the log. Out: envelopes of one event each, sent by a port when the response is on its way, without anything of a request but its
//! route; messages are [scrubbed](scrub). Few: an outage is told once in a while, not once for each request. Without a DSN there is none of it.
//! Deliberately not here: queues and second attempts: an error that is not told today is told tomorrow.

mod dsn;
mod scrub;

use std::sync::{Mutex, PoisonError};

use serde_json::json;

pub use dsn::Dsn;

use crate::decide::Api;
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

/// What was reported lately.
#[derive(Debug, Default)]
pub(crate) struct Reports {
    since: u64,
    count: u32,
    /// The service has asked for silence until then.
    silent_until: u64,
}

impl Reports {
    fn allow(&mut self, now: u64) -> bool {
        if now >= self.since + PERIOD || now < self.since {
            *self = Self { since: now, count: 0, ..*self };
        }
        self.count += 1;
        self.count <= MOST && now >= self.silent_until
    }
}

impl Api {
    /// Reports whether a line of the log tells of an error that somebody has to hear of; then hand it to [`Api::report`].
    pub fn is_reported(&self, log: &Log) -> bool {
        // 501 is about what a server does not have, which its owner knows.
        self.secrets.reporting.is_some() && ((log.status >= 500 && log.status != 501) || log.error.is_some())
    }

    /// Tells of an error. Called when the response is sent: within `waitUntil`, or in a task of its own.
    pub async fn report<P: Ports>(&self, ports: &P, log: &Log) {
        let Some(reporting) = &self.secrets.reporting else { return };
        let now = ports.now();
        if !self.reports().allow(now) {
            return;
        }
        let mut id = [0; 16];
        ports.fill(&mut id);
        let body = self.envelope(reporting, log, &crate::crypto::hex(&id), now / 1000);
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

    fn reports(&self) -> std::sync::MutexGuard<'_, Reports> {
        let reports: &Mutex<Reports> = &self.reports;
        reports.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn envelope(&self, reporting: &Reporting, log: &Log, id: &str, seconds: u64) -> String {
        let code = log.code.unwrap_or("internal");
        let route = log.route.as_deref().unwrap_or("no route");
        let message = log.error.as_deref().map_or_else(|| code.to_owned(), scrub::scrub);
        let event = json!({
            "event_id": id,
            "timestamp": date::rfc3339(seconds),
            "platform": "other",
            "level": "error",
            "logger": "rivage.api",
            "release": self.manifest().settings.build,
            "environment": reporting.environment,
            "transaction": route,
            "message": {"formatted": message},
            "tags": {"method": log.method, "status": log.status.to_string(), "code": code, "sqlstate": log.sqlstate},
            "extra": {"request_id": log.id, "total_ms": log.total_ms, "db_ms": log.db_ms, "trips": log.trips},
            // One issue for each kind of error of a route, however its message is worded.
            "fingerprint": [route, code, log.sqlstate.as_deref().unwrap_or_default()],
        })
        .to_string();
        let head = json!({"event_id": id, "sent_at": date::rfc3339(seconds)});
        let item = json!({"type": "event", "content_type": "application/json", "length": event.len()});
        format!("{head}\n{item}\n{event}\n")
    }
}

#[cfg(test)]
mod tests;
