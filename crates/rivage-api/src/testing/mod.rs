//! The ports in memory, for tests of this crate and of its shells: a database that answers what a test says, a clock that stands still.

use std::collections::{BTreeMap, VecDeque};
use std::future::Future;
use std::ops::Range;
use std::pin::pin;
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll, Waker};

use crate::http::{Headers, Request};
use crate::ports::{
    Cache, Clock, Database, DatabaseError, ErrorKind, Fetch, Incoming, ObjectInfo, Objects, ObjectsError, Outcome,
    Outgoing, Ports, Query, Random, RateLimiter, Shape, Target,
};
use crate::respond::Reply;
use crate::{Api, Plan};

/// A statement as the database got it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// The role.
    pub target: Target,
    /// The text.
    pub sql: String,
    /// The values.
    pub values: Vec<Option<String>>,
}

/// The ports of a test.
#[derive(Debug, Default)]
pub struct World {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    now: u64,
    random: u8,
    answers: VecDeque<Result<Vec<Outcome>, DatabaseError>>,
    seen: Vec<Seen>,
    cache: BTreeMap<String, Vec<u8>>,
    refuse: bool,
    counted: Vec<(String, String)>,
    fetched: Vec<(String, String)>,
    fetch_answer: Option<Incoming>,
    objects: BTreeMap<String, Vec<u8>>,
    broken: Option<String>,
    asked: Vec<String>,
}

impl World {
    /// Makes a world at a moment of November 2026.
    pub fn new() -> Self {
        let world = Self::default();
        world.state().now = 1_795_000_000_000;
        world
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets the next trip that is not about cache tags answer this. Without an answer a trip fails, as if the server were away.
    pub fn answer(&self, outcomes: Vec<Outcome>) -> &Self {
        self.state().answers.push_back(Ok(outcomes));
        self
    }

    /// Lets the next trip fail.
    pub fn fail(&self, kind: ErrorKind, after_first_row: bool) -> &Self {
        let error = DatabaseError { kind, message: "told by the server: \"secret\"".to_owned(), after_first_row };
        self.state().answers.push_back(Err(error));
        self
    }

    /// Lets the next trip be refused by the server, with this code.
    pub fn refuse_statement(&self, code: [u8; 5]) -> &Self {
        self.fail(ErrorKind::Refused(code), false)
    }

    /// Lets time pass.
    pub fn wait(&self, seconds: u64) -> &Self {
        self.state().now += seconds * 1000;
        self
    }

    /// Lets the rate limiter refuse from now on.
    pub fn refuse(&self) -> &Self {
        self.state().refuse = true;
        self
    }

    /// Lets other servers answer this from now on. Without it they do not answer.
    pub fn fetch_answer(&self, body: &str) -> &Self {
        self.state().fetch_answer = Some(Incoming { status: 200, retry_after: None, body: body.as_bytes().to_vec() });
        self
    }

    /// Lets other servers answer with this status from now on.
    pub fn fetch_status(&self, status: u16, retry_after: Option<u32>) -> &Self {
        self.state().fetch_answer = Some(Incoming { status, retry_after, body: Vec::new() });
        self
    }

    /// Returns what other servers were asked: URL and body.
    pub fn fetched(&self) -> Vec<(String, String)> {
        self.state().fetched.clone()
    }

    /// Puts an object into the store.
    pub fn object(&self, key: &str, text: &str) {
        self.state().objects.insert(key.to_owned(), text.as_bytes().to_vec());
    }

    /// Lets the store fail from now on.
    pub fn break_store(&self, reason: &str) {
        self.state().broken = Some(reason.to_owned());
    }

    /// Returns and forgets what the store was asked for.
    pub fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.state().asked)
    }

    /// Returns and forgets the statements that came.
    pub fn seen(&self) -> Vec<Seen> {
        std::mem::take(&mut self.state().seen)
    }

    /// Returns what was counted: class and client.
    pub fn counted(&self) -> Vec<(String, String)> {
        self.state().counted.clone()
    }

    /// Forgets the shared cache, as another data centre would.
    pub fn forget(&self) {
        self.state().cache.clear();
    }

    /// Returns what lies in the shared cache.
    pub fn kept(&self) -> Vec<(String, Vec<u8>)> {
        self.state().cache.clone().into_iter().collect()
    }

    /// Sends a request: `GET /api/x?y`, with headers and a body.
    pub fn send(&self, api: &Api, line: &str, headers: &[(&str, &str)], body: &[u8]) -> Reply<Vec<u8>> {
        let (method, url) = line.split_once(' ').unwrap_or((line, ""));
        let (path, query) = url.split_once('?').unwrap_or((url, ""));
        let headers = List(headers);
        let request = Request { method, path, query, headers: &headers };
        block_on(api.handle(self, &request, body))
    }

    /// Does what is left to do after a response.
    pub fn after(&self, api: &Api, plan: Option<Box<Plan>>) {
        if let Some(plan) = plan {
            block_on(api.refresh(self, *plan));
        }
    }
}

/// Headers as a list. The first of a name counts.
#[derive(Clone, Copy, Debug)]
pub struct List<'a>(pub &'a [(&'a str, &'a str)]);

impl Headers for List<'_> {
    fn get(&self, name: &str) -> Option<String> {
        self.0.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
    }

    fn client(&self) -> String {
        "203.0.113.7".to_owned()
    }
}

/// Makes the outcome of one row of JSON.
pub fn object(json: &str) -> Outcome {
    Outcome { rows: 1, json: json.as_bytes().to_vec(), texts: Vec::new() }
}

/// Makes the outcome of rows of text.
pub fn rows(rows: &[&[&str]]) -> Outcome {
    let texts: Vec<Vec<Option<String>>> =
        rows.iter().map(|row| row.iter().map(|text| Some((*text).to_owned())).collect()).collect();
    Outcome { rows: texts.len() as u64, json: Vec::new(), texts }
}

/// Runs a future that never waits.
///
/// # Panics
///
/// When it does wait: nothing in this module ever does.
pub fn block_on<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("the ports of a test answer at once"),
    }
}

impl Database for World {
    async fn run(&self, target: Target, queries: &[Query<'_>], _most: usize) -> Result<Vec<Outcome>, DatabaseError> {
        let mut state = self.state();
        if let [query] = queries {
            // Tags are looked up behind every kept answer; tests speak of them only when they purge one.
            if query.sql.starts_with("select tag, epoch from cache_epoch") {
                return match state.answers.front() {
                    Some(Err(error)) => Err(error.clone()),
                    _ => Ok(vec![Outcome::default()]),
                };
            }
        }
        for query in queries {
            assert_eq!(query.types.len(), query.values.len(), "every value has a type: {}", query.sql);
            state.seen.push(Seen { target, sql: query.sql.to_owned(), values: query.values.clone() });
        }
        let away = DatabaseError {
            kind: ErrorKind::Unavailable,
            message: "nobody listens".to_owned(),
            after_first_row: false,
        };
        let mut outcomes = state.answers.pop_front().unwrap_or(Err(away))?;
        // Where a test names fewer outcomes than there are statements, the last ones answer nothing.
        outcomes.resize(queries.len(), Outcome::default());
        for (query, outcome) in queries.iter().zip(&mut outcomes) {
            if query.shape == Shape::Array && outcome.json.is_empty() {
                outcome.json = b"[]".to_vec();
            }
        }
        Ok(outcomes)
    }
}

impl Cache for World {
    async fn get(&self, key: &str) -> Option<Vec<u8>> {
        self.state().cache.get(key).cloned()
    }

    async fn put(&self, key: &str, value: &[u8], _seconds: u32) {
        self.state().cache.insert(key.to_owned(), value.to_vec());
    }
}

impl RateLimiter for World {
    async fn allow(&self, class: &str, client: &str) -> bool {
        let mut state = self.state();
        state.counted.push((class.to_owned(), client.to_owned()));
        !state.refuse
    }
}

impl Fetch for World {
    async fn post(&self, request: &Outgoing<'_>) -> Option<Incoming> {
        let mut state = self.state();
        state.fetched.push((request.url.to_owned(), request.body.clone()));
        state.fetch_answer.clone()
    }
}

impl Objects for World {
    type Object = Vec<u8>;

    async fn head(&self, key: &str) -> Result<Option<ObjectInfo>, ObjectsError> {
        Ok(self.find("head", key)?.map(|(info, _)| info))
    }

    async fn open(&self, key: &str, range: Option<Range<u64>>) -> Result<Option<(ObjectInfo, Vec<u8>)>, ObjectsError> {
        let found = self.find("open", key)?;
        Ok(found.map(|(info, bytes)| match range {
            Some(range) => (info, bytes[range.start as usize..range.end as usize].to_vec()),
            None => (info, bytes),
        }))
    }
}

impl World {
    fn find(&self, what: &str, key: &str) -> Result<Option<(ObjectInfo, Vec<u8>)>, ObjectsError> {
        let mut state = self.state();
        state.asked.push(format!("{what} {key}"));
        if let Some(reason) = &state.broken {
            return Err(ObjectsError::Failed(reason.clone()));
        }
        Ok(state.objects.get(key).map(|bytes| {
            let etag = format!("\"{}\"", crate::crypto::fingerprint(bytes));
            let info = ObjectInfo { etag, size: bytes.len() as u64, modified: 1_000_000_000, content_type: None };
            (info, bytes.clone())
        }))
    }
}

impl Clock for World {
    fn now(&self) -> u64 {
        self.state().now
    }
}

impl Random for World {
    /// Counts, so that tests see the same tokens each time.
    fn fill(&self, buffer: &mut [u8]) {
        let mut state = self.state();
        state.random = state.random.wrapping_add(1);
        buffer.fill(state.random);
    }
}

impl Ports for World {}
