//! What the API needs of the world, on a machine with threads and tokio.
//!
//! In: a [`Database`] and the limits of a manifest. Out: the ports of `rivage-api`. Deliberately not here: HTTP ([`super::desk`]).

use std::ops::Range;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::body::Body;
use rivage_api::manifest::LimitClass;
use rivage_api::ports::{
    self, Cache, Clock, DatabaseError, Fetch, Incoming, ObjectInfo, Objects, ObjectsError, Outcome, Outgoing, Ports,
    Query, Random, RateLimiter, Target,
};
use tokio::sync::Semaphore;

use super::database::Database;
use super::limiter::Limiter;
use super::objects::Store;

/// How long another server may take.
const FETCH_TIME: Duration = Duration::from_secs(5);

/// The most bytes that are read of another server's answer.
const FETCH_BYTES: u64 = 64 * 1024;

/// The ports.
#[derive(Debug)]
pub struct Shell {
    database: Database,
    media: Option<Store>,
    limiter: Limiter,
    /// One for each processor: a password takes 19 MiB while it is hashed, and more at once would only be slower.
    hashing: Semaphore,
}

impl Shell {
    /// Makes the ports of one API.
    pub fn new(database: Database, media: Option<Store>, limits: &[LimitClass]) -> Self {
        let processors = std::thread::available_parallelism().map_or(2, usize::from);
        Self { database, media, limiter: Limiter::new(limits), hashing: Semaphore::new(processors) }
    }
}

impl ports::Database for Shell {
    async fn run(&self, target: Target, queries: &[Query<'_>], most: usize) -> Result<Vec<Outcome>, DatabaseError> {
        self.database.run(target, queries, most).await
    }
}

impl Objects for Shell {
    type Object = Body;

    async fn head(&self, key: &str) -> Result<Option<ObjectInfo>, ObjectsError> {
        self.media.as_ref().ok_or(ObjectsError::Absent)?.head(key).await
    }

    async fn open(&self, key: &str, range: Option<Range<u64>>) -> Result<Option<(ObjectInfo, Body)>, ObjectsError> {
        self.media.as_ref().ok_or(ObjectsError::Absent)?.open_object(key, range).await
    }
}

impl Clock for Shell {
    fn now(&self) -> u64 {
        #[expect(clippy::disallowed_methods, reason = "the clock of requests, of which no build sees anything")]
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
    }
}

impl Random for Shell {
    /// # Panics
    ///
    /// The system has no random bytes: then there is no secret that could be given out.
    fn fill(&self, buffer: &mut [u8]) {
        getrandom::fill(buffer).expect("the system gives random bytes");
    }
}

impl RateLimiter for Shell {
    async fn allow(&self, class: &str, client: &str) -> bool {
        self.limiter.count(class, client, self.now())
    }
}

/// Nothing: one process shares its answers with nobody, and keeps them in the API's own memory.
impl Cache for Shell {
    async fn get(&self, _: &str) -> Option<Vec<u8>> {
        None
    }

    async fn put(&self, _: &str, _: &[u8], _: u32) {}
}

impl Fetch for Shell {
    async fn post(&self, request: &Outgoing<'_>) -> Option<Incoming> {
        let Outgoing { url, content_type, headers, body } = request.clone();
        let url = url.to_owned();
        let answer = tokio::task::spawn_blocking(move || {
            let config = ureq::Agent::config_builder().timeout_global(Some(FETCH_TIME)).max_redirects(0);
            let agent: ureq::Agent = config.http_status_as_error(false).build().into();
            let mut request = agent.post(&url).header("content-type", content_type);
            for (name, value) in headers {
                request = request.header(name, value);
            }
            let mut answer = request.send(body.as_bytes()).ok()?;
            let retry_after = answer.headers().get("retry-after").and_then(|value| value.to_str().ok()?.parse().ok());
            let body = answer.body_mut().with_config().limit(FETCH_BYTES).read_to_vec().ok()?;
            Some(Incoming { status: answer.status().as_u16(), retry_after, body })
        });
        answer.await.ok().flatten()
    }
}

impl Ports for Shell {
    async fn heavy<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> T {
        let _permit = self.hashing.acquire().await;
        match tokio::task::spawn_blocking(work).await {
            Ok(done) => done,
            // As if it had been called here.
            Err(error) => std::panic::resume_unwind(error.into_panic()),
        }
    }
}
