//! What the API needs of the world: small traits that shells implement.
//!
//! Nothing here asks for `Send`: a Worker has one thread. On tokio the futures of a concrete shell are `Send` when its own are, because
//! the driver is generic and holds nothing else across an `await`.

use std::fmt;
use std::ops::Range;

use rivage_postgres::Kind;

/// Which of the two roles of the database runs a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Target {
    /// Reads only; answers may come out of a cache in front of the database (`DB_READ`).
    Read,
    /// Reads and writes, never from a cache (`DB_WRITE`).
    Write,
}

/// In which form rows are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Shape {
    /// A JSON array of objects.
    Array,
    /// The first row as a JSON object; nothing without rows.
    Object,
    /// Texts, for the API itself.
    Rows,
    /// None: only their number matters.
    None,
}

/// A statement with its values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query<'a> {
    /// The text, with `$1`, `$2`, ….
    pub sql: &'a str,
    /// The types of the values by PostgreSQL's numbers; 0 lets the database choose.
    pub types: Vec<u32>,
    /// The values, as PostgreSQL reads them.
    pub values: Vec<Option<String>>,
    /// The form of its rows.
    pub shape: Shape,
}

/// What a statement answered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// How many rows it returned, or changed where it returns none.
    pub rows: u64,
    /// The JSON of [`Shape::Array`] and [`Shape::Object`].
    pub json: Vec<u8>,
    /// The rows of [`Shape::Rows`].
    pub texts: Vec<Vec<Option<String>>>,
}

/// Runs statements.
#[expect(async_fn_in_trait, reason = "shells with threads and without use it; see the module's head")]
pub trait Database {
    /// Runs statements in one implicit transaction, written in one go, and answers one [`Outcome`] for each.
    ///
    /// `most` is the number of bytes that rows may have, all statements together; beyond it stands [`ErrorKind::TooLarge`].
    async fn run(&self, target: Target, queries: &[Query<'_>], most: usize) -> Result<Vec<Outcome>, DatabaseError>;
}

/// What kind of failure it is: all that an answer depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// The server cannot be reached, has no connection to spare, or went away.
    Unavailable,
    /// It did not answer in time, or stopped the statement for its duration.
    Timeout,
    /// Rows are larger than allowed.
    TooLarge,
    /// The server refused; what counts is its code.
    Refused([u8; 5]),
    /// What the server sent is no answer.
    Protocol,
}

/// A failure of the database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DatabaseError {
    /// What kind.
    pub kind: ErrorKind,
    /// For the log only; may quote values.
    pub message: String,
    /// Whether a row had already come: then trying again could answer twice.
    pub after_first_row: bool,
}

impl DatabaseError {
    /// Reports whether the fault lies with the server or the way to it, so that an old answer is better than none.
    pub fn is_unavailable(&self) -> bool {
        matches!(self.meaning(), Kind::Unavailable | Kind::Timeout)
    }

    /// Reports whether the server cannot be reached, for this statement and others: not only busy with the same rows, nor slow with this one.
    pub(crate) fn is_away(&self) -> bool {
        let is_of_statement = matches!(self.sqlstate(), Some("40001" | "40P01" | "55P03" | "57014"));
        self.is_unavailable() && !is_of_statement
    }

    /// Reports whether the same reading statements may be sent once more: one that took too long would only do so again.
    pub fn is_retryable(&self) -> bool {
        self.meaning() == Kind::Unavailable && !self.after_first_row
    }

    /// Returns what it means for the one who asked.
    pub(crate) fn meaning(&self) -> Kind {
        match self.kind {
            ErrorKind::Unavailable => Kind::Unavailable,
            ErrorKind::Timeout => Kind::Timeout,
            ErrorKind::TooLarge | ErrorKind::Protocol => Kind::Internal,
            ErrorKind::Refused(_) => self.sqlstate().map_or(Kind::Internal, Kind::of),
        }
    }

    /// Returns the code of the server.
    pub fn sqlstate(&self) -> Option<&str> {
        match &self.kind {
            ErrorKind::Refused(code) => std::str::from_utf8(code).ok(),
            _ => None,
        }
    }
}

impl fmt::Display for DatabaseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.sqlstate() {
            Some(code) => write!(f, "{code}: {}", self.message),
            None => write!(f, "{:?}: {}", self.kind, self.message),
        }
    }
}

impl std::error::Error for DatabaseError {}

/// A cache that other instances share, such as the Cache API of a data centre. Failures are misses.
#[expect(async_fn_in_trait, reason = "shells with threads and without use it; see the module's head")]
pub trait Cache {
    /// Returns what was put under a key.
    async fn get(&self, key: &str) -> Option<Vec<u8>>;
    /// Keeps bytes for at most some seconds.
    async fn put(&self, key: &str, value: &[u8], seconds: u32);
}

/// Counts requests.
#[expect(async_fn_in_trait, reason = "shells with threads and without use it; see the module's head")]
pub trait RateLimiter {
    /// Counts a request of a client in a class, and reports whether it is within the limit.
    async fn allow(&self, class: &str, client: &str) -> bool;
}

/// A request to somebody else's server. Always a POST: that is all that is asked of others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outgoing<'a> {
    /// Where to.
    pub url: &'a str,
    /// The type of the body.
    pub content_type: &'static str,
    /// Further headers.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: String,
}

/// What somebody else's server answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Incoming {
    /// The status.
    pub status: u16,
    /// After how many seconds it may be asked again, where it says so.
    pub retry_after: Option<u32>,
    /// The body.
    pub body: Vec<u8>,
}

/// Asks other servers. A shell gives up after a few seconds, follows no redirect, and reads at most 64 KiB.
#[expect(async_fn_in_trait, reason = "shells with threads and without use it; see the module's head")]
pub trait Fetch {
    /// Sends a request; answers nothing where there is no answer.
    async fn post(&self, request: &Outgoing<'_>) -> Option<Incoming>;
}

/// What a store tells of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectInfo {
    /// Its entity tag, strong, with its quotes.
    pub etag: String,
    /// Its length in bytes.
    pub size: u64,
    /// When it was last written, in seconds since 1970.
    pub modified: u64,
    /// Its type, where the store knows one.
    pub content_type: Option<String>,
}

/// Why a store does not answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ObjectsError {
    /// There is none.
    Absent,
    /// For this reason: for the log only.
    Failed(String),
}

/// Keeps objects: a bucket, a folder.
#[expect(async_fn_in_trait, reason = "shells with threads and without use it; see the module's head")]
pub trait Objects {
    /// A body that a shell passes on without looking at it.
    type Object;

    /// Tells of an object; nothing where there is none.
    async fn head(&self, key: &str) -> Result<Option<ObjectInfo>, ObjectsError>;

    /// Opens an object, or these bytes of it, which are within it as far as the API knows.
    async fn open(
        &self,
        key: &str,
        range: Option<Range<u64>>,
    ) -> Result<Option<(ObjectInfo, Self::Object)>, ObjectsError>;
}

/// Tells the time.
pub trait Clock {
    /// Returns milliseconds since 1970.
    fn now(&self) -> u64;
}

/// Makes secrets.
pub trait Random {
    /// Fills a buffer from the platform's cryptographic source.
    fn fill(&self, buffer: &mut [u8]);
}

/// All ports of a shell together.
#[expect(async_fn_in_trait, reason = "shells with threads and without use it; see the module's head")]
pub trait Ports: Database + Cache + RateLimiter + Fetch + Objects + Clock + Random {
    /// Runs work of some 30 ms of computing. A shell with threads moves it to one that may wait.
    async fn heavy<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> T {
        work()
    }
}
