//! Where requests for the API are handed in: HTTP on one side, `rivage-api` on the other.
//!
//! In: requests of axum with the address of their client; a manifest and a database, either of which may come later or change. Out: responses, and
//! a line for the log of each. Deliberately not here: sockets, files of the site.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::response::Response;
use http_body_util::BodyExt;
use rivage_api::decide::Secrets;
use rivage_api::http::{Headers, Problem};
use rivage_api::manifest::Manifest;
use rivage_api::ports::{Clock, Random};
use rivage_api::{Api, Arrival, NeedsBody, Reply, Step};
use tokio::sync::watch;
use tokio::time::timeout;

use super::database::Database;
use super::objects::Store;
use super::shell::Shell;

/// Takes what is to be logged of a request.
pub type Log = Box<dyn Fn(&rivage_api::log::Log) + Send + Sync>;

/// How long a body may take to arrive.
const BODY_TIME: Duration = Duration::from_secs(15);

/// How long a request waits for a database that is being started.
const START_TIME: Duration = Duration::from_secs(30);

/// The API of a running server.
pub struct Desk {
    secrets: Secrets,
    /// Proxies whose word about the client's address counts.
    proxies: Vec<IpAddr>,
    log: Log,
    parts: Mutex<Parts>,
    state: watch::Sender<State>,
}

/// What an API is put together from.
#[derive(Default)]
struct Parts {
    manifest: Option<Manifest>,
    /// Nothing yet, a database, or why there is none.
    database: Option<Result<Database, String>>,
    media: Option<Store>,
}

#[derive(Clone)]
enum State {
    /// The site has no API.
    None,
    /// The database is being started.
    Waiting,
    /// There is no database; carries what to do about it.
    Refused(Arc<str>),
    Ready(Arc<Backend>),
}

/// An API with its ports.
struct Backend {
    api: Api,
    shell: Shell,
}

impl Desk {
    /// Opens a desk without an API.
    pub fn new(secrets: Secrets, proxies: Vec<IpAddr>, log: Log) -> Arc<Self> {
        let state = watch::Sender::new(State::None);
        Arc::new(Self { secrets, proxies, log, parts: Mutex::default(), state })
    }

    /// Sets the API, or takes it away. The same again changes nothing: counters and kept answers stay.
    pub fn set_manifest(&self, manifest: Option<&Manifest>) {
        let mut parts = self.parts.lock().unwrap_or_else(PoisonError::into_inner);
        if parts.manifest.as_ref() != manifest {
            parts.manifest = manifest.cloned();
            self.put_together(&parts);
        }
    }

    /// Sets the database.
    pub fn set_database(&self, database: Database) {
        let mut parts = self.parts.lock().unwrap_or_else(PoisonError::into_inner);
        parts.database = Some(Ok(database));
        self.put_together(&parts);
    }

    /// Forgets kept answers: what they were made of has changed.
    pub fn forget(&self) {
        let parts = self.parts.lock().unwrap_or_else(PoisonError::into_inner);
        self.put_together(&parts);
    }

    /// Says why there is no database, as a hint for whoever sees the answer. One that was set stays.
    pub fn set_no_database(&self, hint: String) {
        let mut parts = self.parts.lock().unwrap_or_else(PoisonError::into_inner);
        if !matches!(parts.database, Some(Ok(_))) {
            parts.database = Some(Err(hint));
            self.put_together(&parts);
        }
    }

    /// Sets the store of media.
    pub fn set_media(&self, media: Option<Store>) {
        let mut parts = self.parts.lock().unwrap_or_else(PoisonError::into_inner);
        parts.media = media;
        self.put_together(&parts);
    }

    fn put_together(&self, parts: &Parts) {
        self.state.send_replace(match (&parts.manifest, &parts.database) {
            (None, _) => State::None,
            (Some(_), None) => State::Waiting,
            (Some(_), Some(Err(hint))) => State::Refused(hint.as_str().into()),
            (Some(manifest), Some(Ok(database))) => {
                let shell = Shell::new(database.clone(), parts.media.clone(), &manifest.settings.limits);
                State::Ready(Arc::new(Backend { api: Api::new(manifest.clone(), self.secrets.clone()), shell }))
            }
        });
    }

    /// Reports whether requests for a path are for the API.
    pub fn takes(&self, path: &str) -> bool {
        (path == "/api" || path.starts_with("/api/")) && !matches!(*self.state.borrow(), State::None)
    }

    /// Reports whether somebody is to be told when the site's health changes.
    pub fn has_watch(&self) -> bool {
        self.secrets.alert.is_some()
    }

    /// Looks at the site's health, again and again, and tells of changes. It never ends.
    pub async fn watch(self: Arc<Self>, every: Duration) {
        loop {
            tokio::time::sleep(every).await;
            let State::Ready(backend) = self.state.borrow().clone() else { continue };
            let log = backend.api.watch(&backend.shell).await;
            if log.status >= 500 || log.error.is_some() {
                (self.log)(&log);
                backend.api.conclude(&backend.shell, &log, None, |log| (self.log)(log)).await;
            }
        }
    }

    /// Answers a request.
    pub async fn answer(self: Arc<Self>, request: Request, peer: IpAddr) -> Response {
        let state = self.state().await;
        let is_head = *request.method() == Method::HEAD;
        let (response, object) = match state {
            State::Ready(backend) => {
                let client = client(request.headers(), peer, &self.proxies);
                // In a task of its own, a panic fails one request, and a client that goes away leaves no half-sent statements.
                let task = tokio::spawn(Arc::clone(&backend).reply(request, client));
                match task.await {
                    Ok(reply) => self.finish(backend, reply),
                    Err(panic) => self.finish(backend, panicked(panic)),
                }
            }
            State::Refused(hint) => {
                let problem = Problem::new(503, "no-database", hint.to_string());
                (problem.with("retry-after", "5").with("cache-control", "no-store").into_response(""), None)
            }
            State::None | State::Waiting => {
                (Problem::new(404, "not-found", "the site has no API").into_response(""), None)
            }
        };
        into_http(response, object, is_head)
    }

    /// Returns the state, after the database was started.
    async fn state(&self) -> State {
        let mut states = self.state.subscribe();
        match timeout(START_TIME, states.wait_for(|state| !matches!(state, State::Waiting))).await {
            Ok(Ok(state)) => state.clone(),
            _ => State::Refused("the database is still being started; try again in a moment".into()),
        }
    }

    /// Logs a request and does what is left to do.
    fn finish(self: Arc<Self>, backend: Arc<Backend>, reply: Reply<Body>) -> (rivage_api::Response, Option<Body>) {
        (self.log)(&reply.log);
        if backend.api.is_unfinished(&reply) {
            tokio::spawn(async move {
                backend.api.conclude(&backend.shell, &reply.log, reply.after, |log| (self.log)(log)).await;
            });
        }
        (reply.response, reply.object)
    }
}

impl Backend {
    async fn reply(self: Arc<Self>, request: Request, client: String) -> Reply<Body> {
        let (parts, body) = request.into_parts();
        let mut id = [0; 16];
        self.shell.fill(&mut id);
        let step = {
            let headers = Read { headers: &parts.headers, client: &client };
            let request = rivage_api::Request {
                method: parts.method.as_str(),
                path: parts.uri.path(),
                query: parts.uri.query().unwrap_or_default(),
                headers: &headers,
            };
            self.api.begin(&request, Arrival { now: self.shell.now(), id })
        };
        let step = match step {
            Step::Body(needs) => self.read(*needs, body).await,
            step => step,
        };
        match step {
            Step::Respond(reply) => reply.without_object(),
            Step::Run(plan) => self.api.run(&self.shell, *plan).await,
            Step::Body(_) => unanswered(500, "internal", "a body asks for no second one").without_object(),
        }
    }

    /// Reads a body, never more of it than the route takes.
    async fn read(&self, needs: NeedsBody, mut body: Body) -> Step {
        let mut bytes = Vec::new();
        let read = timeout(BODY_TIME, async {
            while let Some(frame) = body.frame().await {
                let Ok(frame) = frame else { return Some(false) };
                let Ok(data) = frame.into_data() else { continue };
                if bytes.len() + data.len() > needs.limit {
                    return None;
                }
                bytes.extend_from_slice(&data);
            }
            Some(true)
        });
        match read.await {
            Ok(Some(true)) => needs.finish(&self.api, &bytes),
            Ok(None) => needs.too_large(&self.api),
            Ok(Some(false)) | Err(_) => {
                Step::Respond(Box::new(unanswered(400, "incomplete-body", "the body did not arrive in full")))
            }
        }
    }
}

/// What becomes of a request that panicked; only the message tells why.
fn panicked(error: tokio::task::JoinError) -> Reply<Body> {
    let mut reply = unanswered(500, "internal", "something went wrong").without_object();
    let panic = error.try_into_panic().ok();
    let text = panic.as_ref().and_then(|panic| {
        panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str))
    });
    reply.log.error = Some(format!("panicked: {}", text.unwrap_or("no message")));
    reply
}

fn unanswered(status: u16, code: &'static str, detail: &'static str) -> Reply {
    let response = Problem::new(status, code, detail).with("cache-control", "no-store").into_response("");
    let log = rivage_api::log::Log { status, code: Some(code), ..Default::default() };
    Reply { response, log, after: None, object: None }
}

/// The headers that the API asks for, one at a time, and the client's address.
struct Read<'h> {
    headers: &'h HeaderMap,
    client: &'h str,
}

impl Headers for Read<'_> {
    fn get(&self, name: &str) -> Option<String> {
        let mut values = self.headers.get_all(name).iter().map(|value| String::from_utf8_lossy(value.as_bytes()));
        let first = values.next()?.into_owned();
        // Browsers of HTTP/2 split cookies, which are joined by another character than all else.
        let joint = if name == "cookie" { "; " } else { ", " };
        Some(values.fold(first, |all, value| all + joint + &value))
    }

    fn client(&self) -> String {
        self.client.to_owned()
    }
}

/// The client's address: the peer of the socket, or what a trusted proxy says of its own peer.
fn client(headers: &HeaderMap, peer: IpAddr, proxies: &[IpAddr]) -> String {
    let peer = peer.to_canonical();
    let mut address = peer;
    if proxies.contains(&peer) {
        let all: Vec<_> = headers.get_all("x-forwarded-for").iter().filter_map(|value| value.to_str().ok()).collect();
        let all = all.join(",");
        // Each proxy adds at the end: what stands before the first that is not ours is what a client may have written.
        for word in all.rsplit(',').map(str::trim).filter(|word| !word.is_empty()) {
            let Ok(next) = word.parse::<IpAddr>() else { break };
            address = next.to_canonical();
            if !proxies.contains(&address) {
                break;
            }
        }
    }
    address.to_string()
}

fn into_http(response: rivage_api::Response, object: Option<Body>, is_head: bool) -> Response {
    let length = response.length();
    let has_body = !matches!(response.status, 204 | 304);
    let body = match object {
        _ if is_head || !has_body => Body::empty(),
        Some(object) => object,
        None => Body::from(Bytes::from(response.body)),
    };
    let mut http = Response::new(body);
    *http.status_mut() = StatusCode::from_u16(response.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    for (name, value) in response.headers {
        if let Ok(value) = HeaderValue::from_bytes(value.as_bytes()) {
            http.headers_mut().append(HeaderName::from_static(name), value);
        }
    }
    if has_body {
        http.headers_mut().insert("content-length", HeaderValue::from(length));
    }
    http
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_trusted_proxies_tell_the_address() {
        let address = |text: &str| text.parse::<IpAddr>().unwrap();
        let proxies = [address("10.0.0.1"), address("10.0.0.2")];
        let check = |forwarded: &[&str], peer: &str, expected: &str| {
            let mut headers = HeaderMap::new();
            for value in forwarded {
                headers.append("x-forwarded-for", HeaderValue::from_str(value).unwrap());
            }
            assert_eq!(client(&headers, address(peer), &proxies), expected, "{forwarded:?} {peer}");
        };
        check(&["203.0.113.7"], "198.51.100.9", "198.51.100.9");
        check(&["203.0.113.7"], "10.0.0.1", "203.0.113.7");
        check(&["1.1.1.1, 203.0.113.7"], "10.0.0.1", "203.0.113.7");
        check(&["1.1.1.1", "203.0.113.7, 10.0.0.2"], "::ffff:10.0.0.1", "203.0.113.7");
        check(&["no address"], "10.0.0.1", "10.0.0.1");
        check(&[], "10.0.0.1", "10.0.0.1");
    }

    #[test]
    fn headers_that_stand_twice_are_joined() {
        let mut headers = HeaderMap::new();
        for (name, value) in [("cookie", "a=1"), ("cookie", "b=2"), ("accept", "x"), ("accept", "y")] {
            headers.append(name, HeaderValue::from_static(value));
        }
        let read = Read { headers: &headers, client: "" };
        assert_eq!(read.get("cookie").as_deref(), Some("a=1; b=2"));
        assert_eq!(read.get("accept").as_deref(), Some("x, y"));
        assert_eq!(read.get("origin"), None);
    }
}
