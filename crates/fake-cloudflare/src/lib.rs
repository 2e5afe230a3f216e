//! A strict stand-in for Cloudflare's API on the loopback, for tests.
//!
//! In: requests, and [`Fault`]s that a test asks for. Out: answers in Cloudflare's form, the sites that were deployed, and a [`Fake::log`] of what came. It
//! recomputes hashes, refuses manifests with files it was not given, and knows which tokens it gave and until when they hold. It is made
//! after what Cloudflare documents and what Cloudflare's own program sends; the real service may be laxer or stricter.
//! Deliberately not here: anything that the product links.

mod fault;
mod http;
mod multipart;
mod pages;
mod workers;

use std::collections::BTreeMap;
use std::net::{SocketAddr, TcpListener};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

pub use fault::{Fault, Kind};
use http::{Answer, Request};
pub use pages::Deployment;
pub use workers::{Module, Version};

/// The token that the API takes.
pub const TOKEN: &str = "test-token-9f3c2a";
/// The id of the account.
pub const ACCOUNT: &str = "0123456789abcdef0123456789abcdef";

/// A request that came.
#[derive(Clone, Debug)]
pub struct Entry {
    /// What it asks for, such as `pages.upload`.
    pub step: &'static str,
    /// The method.
    pub method: String,
    /// The path below the API, with its query.
    pub path: String,
    /// The status of the answer; 0 where there was none.
    pub status: u16,
    /// What matters of the body, for comparisons.
    pub body: Value,
}

/// A running stand-in. Dropped, it takes no more connections.
pub struct Fake {
    shared: Arc<Shared>,
    address: SocketAddr,
}

pub(crate) struct Shared {
    pub(crate) state: Mutex<State>,
    pub(crate) faults: Mutex<Vec<Fault>>,
    log: Mutex<Vec<Entry>>,
    stopped: AtomicBool,
    pub(crate) origin: String,
}

/// All that the account holds.
#[derive(Default)]
pub(crate) struct State {
    pub(crate) pages: pages::Pages,
    pub(crate) workers: workers::Workers,
    pub(crate) counter: u64,
    date: Option<String>,
}

impl State {
    /// Returns a new id; ids are the same in every run.
    pub(crate) fn id(&mut self) -> String {
        self.counter += 1;
        let hash = blake3::hash(&self.counter.to_le_bytes()).to_hex();
        let hex = hash.as_str();
        format!("{}-{}-4{}-8{}-{}", &hex[..8], &hex[8..12], &hex[13..16], &hex[17..20], &hex[20..32])
    }

    pub(crate) fn time(&mut self) -> String {
        self.counter += 1;
        let count = self.counter;
        format!("2026-11-23T{:02}:{:02}:{:02}.000000Z", count / 3600 % 24, count / 60 % 60, count % 60)
    }
}

impl Fake {
    /// Starts one on a free port.
    ///
    /// # Panics
    /// There is no free port.
    pub fn start() -> Self {
        Self::start_on("127.0.0.1:0")
    }

    /// Starts one on an address.
    ///
    /// # Panics
    /// The address is not free.
    #[expect(clippy::expect_used, reason = "a test that cannot start its server has to fail")]
    pub fn start_on(address: &str) -> Self {
        let listener = TcpListener::bind(address).expect("a free port on the loopback");
        let address = listener.local_addr().expect("the port of the listener");
        let shared = Arc::new(Shared {
            state: Mutex::new(State::default()),
            faults: Mutex::default(),
            log: Mutex::default(),
            stopped: AtomicBool::new(false),
            origin: format!("http://{address}"),
        });
        lock(&shared.state).workers.subdomain = Some("test".to_owned());
        let server = Arc::clone(&shared);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                if server.stopped.load(Ordering::Relaxed) {
                    return;
                }
                let Ok(stream) = stream else { continue };
                let server = Arc::clone(&server);
                std::thread::spawn(move || http::serve(stream, |request| server.answer(request)));
            }
        });
        Self { shared, address }
    }

    /// Returns the address of the API, for `CLOUDFLARE_API_BASE_URL`.
    pub fn base(&self) -> String {
        format!("{}/client/v4", self.shared.origin)
    }

    /// Returns `http://127.0.0.1:PORT`.
    pub fn origin(&self) -> &str {
        &self.shared.origin
    }

    /// Asks for a fault.
    pub fn inject(&self, fault: Fault) {
        lock(&self.shared.faults).push(fault);
    }

    /// Takes back all faults.
    pub fn heal(&self) {
        lock(&self.shared.faults).clear();
    }

    /// Reports whether every fault that was asked for has happened as often as it should.
    pub fn faults_happened(&self) -> bool {
        lock(&self.shared.faults).iter().all(|fault| fault.times == 0 || fault.times == usize::MAX)
    }

    /// Returns what came so far.
    pub fn log(&self) -> Vec<Entry> {
        lock(&self.shared.log).clone()
    }

    /// Forgets what came so far.
    pub fn clear_log(&self) {
        lock(&self.shared.log).clear();
    }

    /// Returns how many requests of a step came.
    pub fn count(&self, step: &str) -> usize {
        lock(&self.shared.log).iter().filter(|entry| entry.step == step).count()
    }

    /// Makes a Pages project.
    pub fn add_project(&self, name: &str, production_branch: &str) {
        lock(&self.shared.state).pages.add_project(name, production_branch);
    }

    /// Returns the deployments of a project, oldest first.
    pub fn deployments(&self, project: &str) -> Vec<Deployment> {
        lock(&self.shared.state).pages.deployments(project)
    }

    /// Returns the id of the deployment of production that visitors see.
    pub fn live(&self, project: &str) -> Option<String> {
        lock(&self.shared.state).pages.live(project)
    }

    /// Returns how often each file was accepted, by hash.
    pub fn uploads(&self) -> BTreeMap<String, usize> {
        lock(&self.shared.state).pages.uploads.clone()
    }

    /// Returns the stored content type of a file of a deployment.
    pub fn content_type(&self, hash: &str) -> Option<String> {
        lock(&self.shared.state).pages.content_type(hash)
    }

    /// Returns the stored content type of a file of a Worker.
    pub fn asset_type(&self, hash: &str) -> Option<String> {
        lock(&self.shared.state).workers.asset_type(hash)
    }

    /// Sets how long tokens of uploads hold from now on.
    pub fn set_token_life(&self, life: Duration) {
        lock(&self.shared.state).pages.token_life = life;
    }

    /// Sets how many files a deployment may have.
    pub fn set_most_files(&self, most: u64) {
        lock(&self.shared.state).pages.most_files = Some(most);
    }

    /// Returns all versions of a Worker, oldest first.
    pub fn versions(&self, script: &str) -> Vec<Version> {
        lock(&self.shared.state).workers.versions(script)
    }

    /// Returns the id of the version of a Worker that runs.
    pub fn running(&self, script: &str) -> Option<String> {
        lock(&self.shared.state).workers.running(script)
    }

    /// Returns the secrets of a Worker, with what they hide.
    pub fn secrets(&self, script: &str) -> BTreeMap<String, String> {
        lock(&self.shared.state).workers.secrets(script)
    }

    /// Adds a binding as if somebody had made it in the dashboard.
    pub fn add_binding(&self, script: &str, binding: Value) {
        lock(&self.shared.state).workers.add_binding(script, binding);
    }

    /// Sets the account's name at workers.dev.
    pub fn set_subdomain(&self, name: Option<&str>) {
        lock(&self.shared.state).workers.subdomain = name.map(str::to_owned);
    }

    /// Splits the traffic of a Worker between versions, as a gradual deployment does: `[{version_id, percentage}]`.
    pub fn split(&self, script: &str, versions: Value) {
        lock(&self.shared.state).workers.split(script, versions);
    }

    /// Refuses to delete versions of a Worker that have run.
    pub fn keep_what_ran(&self, script: &str) {
        lock(&self.shared.state).workers.keep_what_ran(script);
    }

    /// Sets whether versions of a Worker have addresses of their own.
    pub fn set_previews(&self, script: &str, on: bool) {
        lock(&self.shared.state).workers.set_previews(script, on);
    }

    /// Returns the cron expressions of a Worker.
    pub fn schedules(&self, script: &str) -> Vec<String> {
        lock(&self.shared.state).workers.schedules(script)
    }

    /// Reports whether a Worker can be reached at workers.dev.
    pub fn is_on_workers_dev(&self, script: &str) -> bool {
        lock(&self.shared.state).workers.is_on_workers_dev(script)
    }

    /// Adds a zone.
    pub fn add_zone(&self, id: &str, name: &str) {
        lock(&self.shared.state).workers.zones.insert(id.to_owned(), name.to_owned());
    }

    /// Adds a route as if somebody had made it before.
    pub fn add_route(&self, zone: &str, pattern: &str, script: &str) {
        let mut state = lock(&self.shared.state);
        let id = state.id();
        state.workers.routes.push((id, zone.to_owned(), pattern.to_owned(), script.to_owned()));
    }

    /// Returns zone, pattern and script of all routes.
    pub fn routes(&self) -> Vec<(String, String, String)> {
        let state = lock(&self.shared.state);
        state
            .workers
            .routes
            .iter()
            .map(|(_, zone, pattern, script)| (zone.clone(), pattern.clone(), script.clone()))
            .collect()
    }

    /// Returns host name and script of all custom domains.
    pub fn domains(&self) -> Vec<(String, String)> {
        lock(&self.shared.state).workers.domains.clone()
    }

    /// Adds a bucket.
    pub fn add_bucket(&self, name: &str) {
        lock(&self.shared.state).workers.buckets.push(name.to_owned());
    }

    /// Adds a Hyperdrive configuration; `cached`: it keeps answers.
    pub fn add_hyperdrive(&self, id: &str, name: &str, cached: bool) {
        let known = json!({ "id": id, "name": name, "caching": { "disabled": !cached } });
        lock(&self.shared.state).workers.hyperdrives.push(known);
    }

    /// Returns all Hyperdrive configurations as they were sent, with their ids.
    pub fn hyperdrives(&self) -> Vec<Value> {
        lock(&self.shared.state).workers.hyperdrives.clone()
    }

    /// Sets what is said of the token.
    pub fn set_token(&self, told: Value) {
        lock(&self.shared.state).workers.token = Some(told);
    }

    /// Sets the time that answers carry, as HTTP writes it.
    pub fn set_date(&self, date: &str) {
        lock(&self.shared.state).date = Some(date.to_owned());
    }

    /// Returns the custom domains of a Pages project.
    pub fn pages_domains(&self, project: &str) -> Vec<String> {
        lock(&self.shared.state).pages.domains(project)
    }

    /// Returns the names of all buckets.
    pub fn buckets(&self) -> Vec<String> {
        lock(&self.shared.state).workers.buckets.clone()
    }
}

impl Drop for Fake {
    fn drop(&mut self) {
        self.shared.stopped.store(true, Ordering::Relaxed);
        // Wakes the thread that listens.
        let _ = std::net::TcpStream::connect(self.address);
    }
}

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Does a step.
type Run = dyn FnOnce(&mut State, &Request) -> Reply;

/// What a step does, apart from faults.
pub(crate) struct Step {
    pub(crate) name: &'static str,
    pub(crate) run: Box<Run>,
}

pub(crate) fn step(name: &'static str, run: impl FnOnce(&mut State, &Request) -> Reply + 'static) -> Step {
    Step { name, run: Box::new(run) }
}

/// An answer, and what the log keeps of the request.
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) body: Body,
    pub(crate) seen: Value,
}

pub(crate) enum Body {
    Json(Value),
    Raw(String, Vec<u8>),
}

impl Reply {
    pub(crate) fn ok(result: Value) -> Self {
        Self::with_info(result, Value::Null)
    }

    pub(crate) fn with_info(result: Value, info: Value) -> Self {
        let mut body = json!({ "success": true, "errors": [], "messages": [], "result": result });
        if !info.is_null() {
            body["result_info"] = info;
        }
        Self { status: 200, body: Body::Json(body), seen: Value::Null }
    }

    pub(crate) fn status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    pub(crate) fn error(status: u16, code: i64, message: &str) -> Self {
        let errors = json!([{ "code": code, "message": message }]);
        let body = json!({ "success": false, "errors": errors, "messages": [], "result": null });
        Self { status, body: Body::Json(body), seen: Value::Null }
    }

    pub(crate) fn seen(mut self, seen: Value) -> Self {
        self.seen = seen;
        self
    }
}

impl Shared {
    /// Answers one request; none to end the connection without an answer.
    fn answer(&self, mut request: Request<'_>) -> Answer {
        let path = request.path.clone();
        let Some(below) = path.strip_prefix("/client/v4") else {
            return self.site(request);
        };
        let parts: Vec<String> = below.trim_matches('/').split('/').map(http::decode).collect();
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        let found = pages::route(&request.method, &parts, &self.origin)
            .or_else(|| workers::route(&request.method, &parts, &self.origin));
        let Some(Step { name, run }) = found else {
            if request.read_body().is_err() {
                return Answer::Reset;
            }
            return self.told("unknown", &request, Reply::error(404, 7003, "Could not route to that path"), None);
        };
        let fault = fault::take(&self.faults, name);
        if let Some(Kind::Reset) = fault {
            self.note(name, &request, 0, Value::Null);
            return Answer::Reset;
        }
        if request.read_body().is_err() {
            return Answer::Reset;
        }
        let uploads = ["pages.check-missing", "pages.upload", "pages.upsert-hashes", "workers.assets.upload"];
        if !uploads.contains(&name) && request.bearer() != Some(TOKEN) {
            return self.told(name, &request, Reply::error(403, 10_000, "Authentication error"), None);
        }
        if let Some(reply) = fault.as_ref().and_then(Kind::before) {
            return self.told(name, &request, reply, fault);
        }
        let reply = {
            let mut state = lock(&self.state);
            state.pages.lose = matches!(fault, Some(Kind::LoseAssets));
            state.pages.stage = fault.as_ref().and_then(Kind::stage);
            run(&mut state, &request)
        };
        let reply = fault.as_ref().and_then(Kind::after).unwrap_or(reply);
        self.told(name, &request, reply, fault)
    }

    fn note(&self, step: &'static str, request: &Request<'_>, status: u16, body: Value) {
        let (method, path) = (request.method.clone(), request.target.replacen("/client/v4", "", 1));
        lock(&self.log).push(Entry { step, method, path, status, body });
    }

    fn told(&self, step: &'static str, request: &Request<'_>, reply: Reply, fault: Option<Kind>) -> Answer {
        let Reply { status, body, seen } = reply;
        self.note(step, request, status, seen);
        let (content_type, bytes) = match body {
            Body::Json(value) => ("application/json".to_owned(), value.to_string().into_bytes()),
            Body::Raw(content_type, bytes) => (content_type, bytes),
        };
        let mut headers = vec![("Content-Type".to_owned(), content_type)];
        headers.extend(lock(&self.state).date.clone().map(|date| ("Date".to_owned(), date)));
        if let Some(Kind::RateLimit(seconds)) = fault {
            headers.push(("Retry-After".to_owned(), seconds.to_string()));
        }
        match fault {
            Some(Kind::LostAnswer) => Answer::Reset,
            Some(Kind::Truncated) => Answer::Cut { status, headers, bytes },
            Some(Kind::Late(time)) => {
                std::thread::sleep(time);
                Answer::Full { status, headers, bytes }
            }
            _ => Answer::Full { status, headers, bytes },
        }
    }

    /// Serves what was deployed: `/sites/DEPLOYMENT/…` and `/hosts/HOST/…`.
    fn site(&self, mut request: Request<'_>) -> Answer {
        let fault = fault::take(&self.faults, "site");
        if matches!(fault, Some(Kind::Reset)) || request.read_body().is_err() {
            return Answer::Reset;
        }
        if let Some(reply) = fault.as_ref().and_then(Kind::before) {
            return self.told("site", &request, reply, fault);
        }
        let parts: Vec<&str> = request.path.splitn(4, '/').collect();
        let [_, kind, id, rest] = parts[..] else {
            return self.told("site", &request, Reply::error(404, 0, "no such site"), None);
        };
        let path = format!("/{}", http::decode(rest));
        let state = lock(&self.state);
        let (status, content_type, bytes) = match kind {
            "sites" => state.pages.serve(id, &path),
            _ => state.workers.serve(id, &path),
        };
        drop(state);
        let reply = Reply { status, body: Body::Raw(content_type, bytes), seen: Value::Null };
        self.told("site", &request, reply, fault)
    }
}

/// The seconds since 1970, for the claims of tokens.
#[expect(clippy::disallowed_methods, reason = "tokens carry the time")]
pub(crate) fn unix_time() -> u64 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

/// The moment, for tokens that expire.
pub(crate) fn now() -> Instant {
    Instant::now()
}
