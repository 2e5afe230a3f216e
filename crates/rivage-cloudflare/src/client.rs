//! The one place that talks HTTP, and the one that repeats requests.
//!
//! In: calls. Out: the `result` of Cloudflare's envelope, or an [`Error`]. A call that changes nothing, or changes it to the same, is tried up to
//! [`Policy::tries`] times: with growing pauses, jitter, and `Retry-After`, which holds for all threads. A call that creates is not
//! repeated here unless it certainly did not happen: its caller looks first. Every request has deadlines.

use std::fmt;
use std::hash::{BuildHasher, Hasher};
use std::io::Read;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use serde_json::Value;
use ureq::http::{Method, Request, Response};

use crate::body::Body;
use crate::error::{ApiMessage, Error};

/// Where the API is unless told otherwise.
pub const API: &str = "https://api.cloudflare.com/client/v4";

/// Bytes of an answer that are read at most.
const LONGEST_ANSWER: u64 = 64 << 20;

/// A text that must not be shown: a token, a key.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps a text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Returns the text, for the request that needs it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// How patiently Cloudflare is asked.
#[derive(Clone, Copy, Debug)]
pub struct Policy {
    /// How often a call is tried.
    pub tries: u32,
    /// The pause after the first failure; it doubles.
    pub first_pause: Duration,
    /// The longest such pause.
    pub longest_pause: Duration,
    /// The longest `Retry-After` that is waited for.
    pub longest_retry_after: Duration,
    /// How long a connection may take.
    pub connect: Duration,
    /// How long one read or write may stand still.
    pub stall: Duration,
    /// How long a whole request may take.
    pub request: Duration,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            tries: 6,
            first_pause: Duration::from_millis(500),
            longest_pause: Duration::from_secs(16),
            longest_retry_after: Duration::from_secs(60),
            connect: Duration::from_secs(15),
            stall: Duration::from_secs(60),
            request: Duration::from_secs(900),
        }
    }
}

/// Told when something has to be waited for.
pub type Notes = Arc<dyn Fn(&str) + Send + Sync>;

/// Cloudflare's API for one account.
#[derive(Clone)]
pub struct Client {
    inner: Arc<Inner>,
}

struct Inner {
    agent: ureq::Agent,
    base: String,
    account: String,
    token: Secret,
    policy: Policy,
    notes: Notes,
    /// Until when all threads pause.
    pause: Mutex<Option<Instant>>,
    requests: AtomicU64,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("base", &self.inner.base)
            .field("account", &self.inner.account)
            .finish_non_exhaustive()
    }
}

/// Who a request says it is from.
#[derive(Clone, Copy)]
pub(crate) enum Auth<'a> {
    /// The API token.
    Token,
    /// The token of an upload.
    Upload(&'a str),
}

/// What a request brings.
#[derive(Clone, Copy)]
pub(crate) enum Payload<'a> {
    None,
    Json(&'a Value),
    Body(&'a str, &'a Body),
}

/// Whether a request may be repeated without looking.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Repeat {
    /// It changes nothing, or always to the same.
    Safe,
    /// It creates something.
    Creates,
}

/// A request to the API.
#[derive(Clone, Copy)]
pub(crate) struct Call<'a> {
    pub(crate) operation: &'static str,
    pub(crate) method: &'a Method,
    pub(crate) path: &'a str,
    pub(crate) auth: Auth<'a>,
    pub(crate) payload: Payload<'a>,
    pub(crate) repeat: Repeat,
}

impl<'a> Call<'a> {
    pub(crate) fn get(operation: &'static str, path: &'a str) -> Self {
        Self { operation, method: &Method::GET, path, auth: Auth::Token, payload: Payload::None, repeat: Repeat::Safe }
    }

    pub(crate) fn with(operation: &'static str, method: &'a Method, path: &'a str, payload: Payload<'a>) -> Self {
        Self { operation, method, path, auth: Auth::Token, payload, repeat: Repeat::Safe }
    }

    pub(crate) fn creates(self) -> Self {
        Self { repeat: Repeat::Creates, ..self }
    }

    pub(crate) fn auth(self, auth: Auth<'a>) -> Self {
        Self { auth, ..self }
    }
}

impl Client {
    /// Makes a client. `base` is the API's address without a slash at the end.
    pub fn new(base: &str, account: &str, token: Secret, policy: Policy, notes: Notes) -> Self {
        let agent = agent(policy);
        let inner = Inner {
            agent,
            base: base.trim_end_matches('/').to_owned(),
            account: account.to_owned(),
            token,
            policy,
            notes,
            pause: Mutex::new(None),
            requests: AtomicU64::new(0),
        };
        Self { inner: Arc::new(inner) }
    }

    /// Returns the account's id.
    pub fn account(&self) -> &str {
        &self.inner.account
    }

    /// Returns the same client for another account.
    pub fn with_account(&self, account: &str) -> Self {
        let inner = &self.inner;
        Self::new(&inner.base, account, inner.token.clone(), inner.policy, Arc::clone(&inner.notes))
    }

    /// Returns how patient it is.
    pub fn policy(&self) -> Policy {
        self.inner.policy
    }

    /// Returns how many requests have been sent to the API.
    pub fn requests(&self) -> u64 {
        self.inner.requests.load(Ordering::Relaxed)
    }

    /// Returns an address of the API.
    pub(crate) fn address(&self, path: &str) -> String {
        format!("{}{path}", self.inner.base)
    }

    /// Returns where a host name is reached. An API without TLS is a stand-in on this machine, which serves all hosts itself.
    pub fn web(&self, host: &str) -> String {
        match self.inner.base.strip_prefix("http://") {
            Some(rest) => format!("http://{}/hosts/{host}", rest.split('/').next().unwrap_or(rest)),
            None => format!("https://{host}"),
        }
    }

    pub(crate) fn token(&self) -> &Secret {
        &self.inner.token
    }

    pub(crate) fn note(&self, text: &str) {
        (self.inner.notes)(text);
    }

    /// Builds a path below the account.
    pub(crate) fn path(&self, rest: &str) -> String {
        format!("/accounts/{}{rest}", self.inner.account)
    }

    /// Makes a call, again and again where that is right. Returns `result`.
    pub(crate) fn call(&self, call: &Call<'_>) -> Result<Value, Error> {
        self.envelope(call).map(|mut envelope| envelope.get_mut("result").map(Value::take).unwrap_or_default())
    }

    /// As [`Client::call`]; returns the whole envelope, for lists with `result_info`.
    pub(crate) fn envelope(&self, call: &Call<'_>) -> Result<Value, Error> {
        let mut attempt = 0;
        loop {
            attempt += 1;
            let (error, after) = match self.once(call) {
                Ok(envelope) => return Ok(envelope),
                Err(failure) => failure,
            };
            let certain = error.status() == Some(429) || !error.may_have_happened();
            let again = error.is_passing() && (call.repeat == Repeat::Safe || certain);
            if !again || attempt >= self.inner.policy.tries {
                return Err(error);
            }
            self.wait(attempt, after, &error);
        }
    }

    /// Waits before the next try; `after` is what the server asked for, and then holds for all threads.
    pub(crate) fn wait(&self, attempt: u32, after: Option<Duration>, error: &Error) {
        let policy = &self.inner.policy;
        let pause = match after {
            Some(after) => after.min(policy.longest_retry_after),
            None => {
                let doubled = policy.first_pause.saturating_mul(1 << (attempt - 1).min(16)).min(policy.longest_pause);
                // Between half of it and all of it, so that threads do not come back in step.
                doubled.mul_f64(0.5 + 0.5 * chance())
            }
        };
        let seconds = pause.as_secs_f64();
        self.note(&format!("{error}; trying again in {seconds:.1} s"));
        if after.is_some() {
            let until = Instant::now() + pause;
            let mut shared = self.inner.pause.lock().unwrap_or_else(PoisonError::into_inner);
            *shared = Some(shared.map_or(until, |known| known.max(until)));
            drop(shared);
            self.respect_pause();
        } else {
            std::thread::sleep(pause);
        }
    }

    fn respect_pause(&self) {
        loop {
            let until = *self.inner.pause.lock().unwrap_or_else(PoisonError::into_inner);
            let left = until.and_then(|until| until.checked_duration_since(Instant::now()));
            match left.filter(|left| !left.is_zero()) {
                Some(left) => std::thread::sleep(left),
                None => return,
            }
        }
    }

    fn once(&self, call: &Call<'_>) -> Result<Value, (Error, Option<Duration>)> {
        self.respect_pause();
        self.inner.requests.fetch_add(1, Ordering::Relaxed);
        let Call { operation, method, path, auth, payload, .. } = *call;
        let token = match auth {
            Auth::Token => self.inner.token.expose(),
            Auth::Upload(token) => token,
        };
        let address = self.address(path);
        let request =
            Request::builder().method(method).uri(&address).header("Authorization", format!("Bearer {token}"));
        let answer = match payload {
            Payload::None => self.send(operation, path, request, None),
            Payload::Json(value) => {
                let mut body = Body::new();
                body.text(&value.to_string());
                self.send(operation, path, request, Some(("application/json", &body)))
            }
            Payload::Body(content_type, body) => self.send(operation, path, request, Some((content_type, body))),
        };
        read_envelope(operation, path, answer.map_err(|error| (error, None))?)
    }

    /// Sends one request. `path` is for messages.
    pub(crate) fn send(
        &self,
        operation: &'static str,
        path: &str,
        request: ureq::http::request::Builder,
        body: Option<(&str, &Body)>,
    ) -> Result<Response<ureq::Body>, Error> {
        let bad = |error: ureq::http::Error| Error::Protocol { operation, reason: error.to_string() };
        let network = |error: ureq::Error| {
            let sent = !matches!(
                error,
                ureq::Error::ConnectionFailed
                    | ureq::Error::HostNotFound
                    | ureq::Error::BadUri(_)
                    | ureq::Error::Tls(_)
                    | ureq::Error::Timeout(ureq::Timeout::Connect | ureq::Timeout::Resolve)
            ) && !matches!(&error, ureq::Error::Io(error) if error.kind() == std::io::ErrorKind::ConnectionRefused);
            Error::Network { operation, path: path.to_owned(), reason: error.to_string(), sent }
        };
        match body {
            None => self.inner.agent.run(request.body(()).map_err(bad)?).map_err(network),
            Some((content_type, body)) => {
                let mut reader = body.reader();
                let request = request
                    .header("Content-Type", content_type)
                    .header("Content-Length", body.length())
                    .body(ureq::SendBody::from_reader(&mut reader))
                    .map_err(bad)?;
                let answer = self.inner.agent.run(request);
                match reader.failure(operation) {
                    Some(error) => Err(error),
                    None => answer.map_err(network),
                }
            }
        }
    }

    /// Fetches a page of the web: status, headers and the first bytes of the body. It is repeated while the network or the server fails.
    ///
    /// # Errors
    /// There is no answer.
    pub fn fetch(&self, address: &str, most: u64) -> Result<Page, Error> {
        let operation = "fetch a page";
        let mut attempt = 0;
        loop {
            attempt += 1;
            let request = Request::builder().method(Method::GET).uri(address).header("Cache-Control", "no-cache");
            let answer = self.send(operation, address, request, None).and_then(|answer| {
                let status = answer.status().as_u16();
                let content_type = header(&answer, "content-type").unwrap_or_default();
                let location = header(&answer, "location");
                let date = header(&answer, "date");
                let mut bytes = Vec::new();
                let read = answer.into_body().into_reader().take(most).read_to_end(&mut bytes);
                read.map_err(|error| unreadable(operation, address, status, &error.to_string()))?;
                Ok(Page { status, content_type, location, date, bytes })
            });
            let error = match answer {
                Ok(page) if page.status < 500 && page.status != 429 => return Ok(page),
                Ok(page) if attempt >= self.inner.policy.tries => return Ok(page),
                Ok(page) => unreadable(operation, address, page.status, "the server has a problem"),
                Err(error) if attempt >= self.inner.policy.tries => return Err(error),
                Err(error) => error,
            };
            self.wait(attempt, None, &error);
        }
    }
}

/// A page of the web.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// The HTTP status.
    pub status: u16,
    /// The content type.
    pub content_type: String,
    /// Where a redirect leads.
    pub location: Option<String>,
    /// When it was sent, as HTTP writes it.
    pub date: Option<String>,
    /// The body, as much of it as was asked for.
    pub bytes: Vec<u8>,
}

fn agent(policy: Policy) -> ureq::Agent {
    ureq::Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .timeout_connect(Some(policy.connect))
        .timeout_per_read(Some(policy.stall))
        .timeout_per_write(Some(policy.stall))
        .timeout_recv_response(Some(policy.stall.saturating_mul(2)))
        .timeout_global(Some(policy.request))
        .user_agent(concat!("rivage/", env!("CARGO_PKG_VERSION")))
        .build()
        .into()
}

fn read_envelope(
    operation: &'static str,
    path: &str,
    answer: Response<ureq::Body>,
) -> Result<Value, (Error, Option<Duration>)> {
    let status = answer.status().as_u16();
    let after = retry_after(&answer);
    let mut bytes = Vec::new();
    let read = answer.into_body().into_reader().take(LONGEST_ANSWER).read_to_end(&mut bytes);
    if let Err(error) = read {
        return Err((unreadable(operation, path, status, &error.to_string()), after));
    }
    if (200..300).contains(&status) && bytes.is_empty() {
        return Ok(Value::Null);
    }
    let envelope: Value = match serde_json::from_slice(&bytes) {
        Ok(envelope) => envelope,
        Err(_) => {
            let text: String = String::from_utf8_lossy(&bytes).chars().take(80).collect();
            return Err((unreadable(operation, path, status, &format!("`{}`", text.trim())), after));
        }
    };
    if (200..300).contains(&status) && envelope["success"] == true {
        return Ok(envelope);
    }
    if (200..300).contains(&status) && envelope.get("success").is_none() {
        return Err((unreadable(operation, path, status, "it has no `success`"), after));
    }
    let messages = envelope["errors"].as_array().into_iter().flatten().map(|error| ApiMessage {
        code: error["code"].as_i64().unwrap_or(0),
        message: error["message"].as_str().unwrap_or_default().to_owned(),
    });
    Err((Error::Api { operation, path: path.to_owned(), status, messages: messages.collect() }, after))
}

fn unreadable(operation: &'static str, path: &str, status: u16, reason: &str) -> Error {
    Error::Unreadable { operation, path: path.to_owned(), status, reason: reason.to_owned() }
}

pub(crate) fn header(answer: &Response<ureq::Body>, name: &str) -> Option<String> {
    answer.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
}

/// Reads `Retry-After` in seconds, or `Ratelimit: "default";r=0;t=30` where nothing remains.
pub(crate) fn retry_after(answer: &Response<ureq::Body>) -> Option<Duration> {
    if !matches!(answer.status().as_u16(), 429 | 503) {
        return None;
    }
    let seconds = header(answer, "retry-after").and_then(|text| text.trim().parse::<f64>().ok());
    let seconds = seconds.or_else(|| ratelimit(&header(answer, "ratelimit")?));
    Duration::try_from_secs_f64(seconds?).ok()
}

fn ratelimit(text: &str) -> Option<f64> {
    let value = |name: &str| text.split(';').find_map(|part| part.trim().strip_prefix(name)?.parse::<f64>().ok());
    (value("r=")? <= 0.0).then(|| value("t=")).flatten()
}

/// Returns a number from 0 to 1 that nobody foresees. The hasher of maps is seeded by the system.
fn chance() -> f64 {
    static CALLS: AtomicU64 = AtomicU64::new(0);
    let mut hasher = std::hash::RandomState::new().build_hasher();
    hasher.write_u64(CALLS.fetch_add(1, Ordering::Relaxed));
    (hasher.finish() >> 11) as f64 / (1_u64 << 53) as f64
}

/// Returns 16 hexadecimal digits that nobody foresees: the name of a try.
pub fn nonce() -> String {
    let mut hasher = std::hash::RandomState::new().build_hasher();
    hasher.write_u64(unix_time());
    format!("{:016x}", hasher.finish())
}

/// Returns the seconds since 1970, for what signatures and tokens say of time.
#[expect(
    clippy::disallowed_methods,
    reason = "signatures and tokens carry the time; no output of a build depends on it"
)]
pub fn unix_time() -> u64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_do_not_show() {
        let client = Client::new("http://x", "a", Secret::new("hush"), Policy::default(), Arc::new(|_| {}));
        assert!(!format!("{client:?} {:?}", Secret::new("hush")).contains("hush"));
    }

    #[test]
    fn hosts_of_a_stand_in_are_served_by_it() {
        let client = |base: &str| Client::new(base, "a", Secret::new("x"), Policy::default(), Arc::new(|_| {}));
        assert_eq!(client(API).web("a.workers.dev"), "https://a.workers.dev");
        assert_eq!(client("http://127.0.0.1:5/client/v4").web("a.dev"), "http://127.0.0.1:5/hosts/a.dev");
    }

    #[test]
    fn rate_limits_are_read() {
        assert_eq!(ratelimit("\"default\";r=0;t=30"), Some(30.0));
        assert_eq!(ratelimit("\"default\";r=4;t=30"), None);
        assert_eq!(ratelimit("nonsense"), None);
    }

    #[test]
    fn chances_differ() {
        let all: Vec<f64> = (0..20).map(|_| chance()).collect();
        assert!(all.iter().all(|one| (0.0..1.0).contains(one)));
        assert!(all.windows(2).any(|two| two[0] != two[1]));
        assert_ne!(nonce(), nonce());
    }
}
