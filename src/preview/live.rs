//! Events for the pages that are open, and the script that listens for them.
//!
//! A page says which path and version it shows; whether something changed for it is decided here, so that one that was opened a moment
//! before a build, or slept through ten, learns of it too.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Query, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::IntoResponse;
use axum::response::sse::{Event, KeepAlive, Sse};
use serde_json::json;
use tokio_stream::wrappers::WatchStream;
use tokio_stream::{Stream, StreamExt};

use super::server::Server;
use super::site::Snapshot;

const CLIENT: &str = include_str!("client.js");

/// Serves the script.
pub(super) async fn client() -> impl IntoResponse {
    ([(CONTENT_TYPE, "text/javascript; charset=utf-8"), (CACHE_CONTROL, "no-cache")], CLIENT)
}

/// Tells a page what changes: at once, and after each build.
pub(super) async fn events(
    State(server): State<Server>,
    Query(query): Query<BTreeMap<String, String>>,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let path = query.get("path").cloned().unwrap_or_default();
    let version = query.get("version").cloned().unwrap_or_default();
    let mut seen: Option<Arc<Snapshot>> = None;
    let stream = WatchStream::new(server.site).map(move |now| {
        let event = message(&path, &version, seen.as_deref(), &now);
        seen = Some(now);
        Ok(Event::default().data(event))
    });
    Sse::new(stream).keep_alive(KeepAlive::new().interval(Duration::from_secs(20)))
}

/// `page`: what is shown is out of date; `files`: other files that changed; `errors`: HTML for the overlay, or null.
fn message(path: &str, version: &str, before: Option<&Snapshot>, now: &Snapshot) -> String {
    let files = before.map_or_else(Vec::new, |before| now.differences(before));
    json!({ "page": now.version(path) != version, "files": files, "errors": now.errors.as_deref() }).to_string()
}
