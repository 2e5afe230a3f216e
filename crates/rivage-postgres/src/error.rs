//! What can go wrong, and what an API's client is told of it.
//!
//! In: what the server, the wire or the caller did. Out: an [`Error`] with a [`Kind`], which is a status of HTTP, and whether one may try again.
//! Deliberately not here: wording for clients of an API; messages of the server name tables and values, and belong in the log.

use std::fmt;
use std::io;
use std::time::Duration;

/// Why a connection could not do what it was asked for.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The server refused; the connection can be used on, unless the refusal is [fatal](ServerError::is_fatal).
    #[error(transparent)]
    Server(Box<ServerError>),
    /// The server asked for a proof that cannot be given, or gave none itself.
    #[error("the database server and this program cannot agree who they are: {0}")]
    Authentication(String),
    /// The server sent what does not belong there.
    #[error("the database server broke the protocol: {0}")]
    Protocol(String),
    /// The server sent more than [`Limits`](crate::Limits) allow.
    #[error("the answer of the database is too large: more than {limit} {what}")]
    Limit {
        /// What was counted.
        what: &'static str,
        /// How many are allowed.
        limit: usize,
    },
    /// The server closed the connection.
    #[error("the database server closed the connection {during}")]
    Closed {
        /// What was going on.
        during: &'static str,
        /// Whether rows had arrived.
        after_rows: bool,
    },
    /// The connection was not in a state for what it was asked.
    #[error("a connection that {state} cannot {wanted}")]
    Misuse {
        /// What the connection is doing.
        state: &'static str,
        /// What it was asked for.
        wanted: &'static str,
    },
    /// A statement or setting that cannot be sent.
    #[error("{what} cannot be sent to the database: {why}")]
    Unsendable {
        /// What it is.
        what: &'static str,
        /// What is wrong with it.
        why: String,
    },
    /// A URL that does not tell where a database is.
    #[error(transparent)]
    Config(#[from] crate::config::ConfigError),
    /// The network failed.
    #[error("could not {operation} the database at {address}")]
    Io {
        /// What was being done.
        operation: &'static str,
        /// Host and port.
        address: String,
        /// Whether rows had arrived.
        after_rows: bool,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// No connection was to be had in time. Unlike [`Timeout`](Self::Timeout) it says nothing of the statements: another connection may run them.
    #[error("the database at {address} did not accept a connection within {limit:?}")]
    Unreachable {
        /// Host and port.
        address: String,
        /// How long.
        limit: Duration,
    },
    /// The server did not answer in time.
    #[error("the database at {address} did not answer within {limit:?}")]
    Timeout {
        /// Host and port.
        address: String,
        /// How long.
        limit: Duration,
        /// Whether rows had arrived.
        after_rows: bool,
    },
    /// All connections of the pool were in use for too long.
    #[error("all {connections} connections to the database were in use for {limit:?}")]
    Exhausted {
        /// How many there are.
        connections: usize,
        /// How long was waited.
        limit: Duration,
    },
}

impl Error {
    /// Returns what an API's client is told.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Server(error) => error.kind(),
            // Not the client's fault, and over when whoever runs the site has set it right; until then old answers are better than none.
            Self::Authentication(_) | Self::Closed { .. } => Kind::Unavailable,
            Self::Io { .. } | Self::Unreachable { .. } | Self::Exhausted { .. } => Kind::Unavailable,
            Self::Timeout { .. } => Kind::Timeout,
            Self::Protocol(_) => Kind::Unavailable,
            Self::Limit { .. } | Self::Misuse { .. } | Self::Config(_) => Kind::Internal,
            Self::Unsendable { .. } => Kind::BadRequest,
        }
    }

    /// Returns whether rows had arrived before it, or may have.
    pub fn is_after_rows(&self) -> bool {
        match self {
            Self::Server(error) => error.after_rows,
            Self::Closed { after_rows, .. } | Self::Io { after_rows, .. } | Self::Timeout { after_rows, .. } => {
                *after_rows
            }
            Self::Limit { .. } | Self::Protocol(_) => true,
            _ => false,
        }
    }

    /// Returns whether the same statements may be sent once more over another connection, if they only read.
    ///
    /// That is so when the connection failed, and before the first row came. A time-out is not retried: the time is spent.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Server(error) => error.is_retryable(),
            Self::Closed { after_rows, .. } => !after_rows,
            Self::Io { after_rows, .. } => !after_rows,
            _ => false,
        }
    }
}

/// A refusal of the server, as it words it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ServerError {
    /// How bad it is: `ERROR`, `FATAL` or `PANIC`.
    pub severity: String,
    /// The SQLSTATE, five characters.
    pub code: String,
    /// The message.
    pub message: String,
    /// More about it.
    pub detail: Option<String>,
    /// What to do about it.
    pub hint: Option<String>,
    /// Where in the statement, counted in characters from 1.
    pub position: Option<u32>,
    /// The function or command within which it happened.
    pub context: Option<String>,
    /// The schema it is about.
    pub schema: Option<String>,
    /// The table it is about.
    pub table: Option<String>,
    /// The column it is about.
    pub column: Option<String>,
    /// The data type it is about.
    pub data_type: Option<String>,
    /// The constraint that is broken.
    pub constraint: Option<String>,
    /// Which of the statements failed, counted from 0; `None` before the first and at the end, when all of them were to be kept.
    pub statement: Option<usize>,
    /// Whether rows had arrived before it.
    pub after_rows: bool,
}

impl ServerError {
    /// Returns whether the server closes the connection after it.
    pub fn is_fatal(&self) -> bool {
        self.severity == "FATAL" || self.severity == "PANIC"
    }

    /// Returns what an API's client is told.
    pub fn kind(&self) -> Kind {
        Kind::of(&self.code)
    }

    /// Returns whether the connection failed rather than the statement, before the first row.
    pub fn is_retryable(&self) -> bool {
        let of_connection = self.code.starts_with("08")
            || matches!(self.code.as_str(), "53300" | "57P01" | "57P02" | "57P03" | "57P05" | "58000");
        of_connection && !self.after_rows
    }
}

impl fmt::Display for ServerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the database refused: {} (SQLSTATE {})", self.message, self.code)?;
        for (name, text) in [("detail", &self.detail), ("hint", &self.hint)] {
            if let Some(text) = text {
                write!(f, "; {name}: {text}")?;
            }
        }
        Ok(())
    }
}

impl std::error::Error for ServerError {}

/// What an API's client is told: one of few, each a status of HTTP.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A value is none of its type: 400.
    BadRequest,
    /// The role may not do it: 403.
    Forbidden,
    /// There is no such thing: 404.
    NotFound,
    /// It is there already, or somebody else was faster: 409.
    Conflict,
    /// A rule of the database refuses it: 422.
    Unprocessable,
    /// A mistake of the site or of rivage: 500.
    Internal,
    /// The database cannot be reached, or has no room: 503.
    Unavailable,
    /// It took too long: 504.
    Timeout,
}

impl Kind {
    /// Returns the kind of a SQLSTATE.
    pub fn of(code: &str) -> Self {
        match code {
            // Taken already, excluded by another row, still referred to.
            "23505" | "23P01" | "23001" => Self::Conflict,
            // Two transactions in each other's way: the same request may succeed a moment later.
            "40001" | "40P01" => Self::Unavailable,
            // Chosen by an author: `raise exception using errcode = 'PT404'`. Without a code (P0001) nobody has said whose mistake it is.
            "PT403" => Self::Forbidden,
            "PT404" => Self::NotFound,
            "PT409" => Self::Conflict,
            "PT422" => Self::Unprocessable,
            "42501" => Self::Forbidden,
            "57014" | "25P03" | "25P04" => Self::Timeout,
            // No lock within `lock_timeout`.
            "55P03" => Self::Unavailable,
            // The database that was named, or the role's password, is wrong: the site's settings are to be corrected.
            "3D000" => Self::Unavailable,
            _ => match code.get(..2) {
                Some("22") => Self::BadRequest,
                Some("23") => Self::Unprocessable,
                Some("08" | "28" | "53" | "57" | "58") => Self::Unavailable,
                _ => Self::Internal,
            },
        }
    }

    /// Returns the status of HTTP.
    pub fn status(self) -> u16 {
        match self {
            Self::BadRequest => 400,
            Self::Forbidden => 403,
            Self::NotFound => 404,
            Self::Conflict => 409,
            Self::Unprocessable => 422,
            Self::Internal => 500,
            Self::Unavailable => 503,
            Self::Timeout => 504,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sqlstates_have_a_status() {
        let cases = [
            ("22P02", 400), // `abc` as a number
            ("22021", 400), // a NUL in text
            ("22003", 400), // out of range
            ("42501", 403), // no right to a table
            ("P0001", 500), // raised without a code
            ("P0002", 500),
            ("PT403", 403),
            ("PT404", 404),
            ("PT409", 409),
            ("PT422", 422),
            ("23505", 409),
            ("23P01", 409),
            ("23001", 409),
            ("40001", 503),
            ("40P01", 503),
            ("55P03", 503),
            ("23502", 422), // not null
            ("23503", 422), // foreign key
            ("23514", 422), // check
            ("42P01", 500), // no such table
            ("42601", 500), // syntax
            ("25006", 500), // writing in a read-only transaction
            ("XX000", 500),
            ("", 500),
            ("é", 500),
            ("53300", 503), // too many connections
            ("57P01", 503), // shut down
            ("57P03", 503), // starting up
            ("58000", 503), // Hyperdrive's own
            ("08006", 503),
            ("28P01", 503), // wrong password
            ("3D000", 503), // no such database
            ("57014", 504), // statement time-out
        ];
        for (code, status) in cases {
            assert_eq!(Kind::of(code).status(), status, "{code}");
        }
    }

    #[test]
    fn only_a_failed_connection_before_rows_is_retried() {
        let error =
            |code: &str, after_rows| ServerError { code: code.to_owned(), after_rows, ..ServerError::default() };
        assert!(error("57P01", false).is_retryable());
        assert!(error("53300", false).is_retryable());
        assert!(error("58000", false).is_retryable());
        assert!(error("08006", false).is_retryable());
        assert!(!error("57P01", true).is_retryable());
        assert!(!error("57014", false).is_retryable());
        assert!(!error("40001", false).is_retryable());
        assert!(!error("23505", false).is_retryable());
        assert!(Error::Closed { during: "", after_rows: false }.is_retryable());
        assert!(!Error::Closed { during: "", after_rows: true }.is_retryable());
        assert!(!Error::Protocol(String::new()).is_retryable());
    }
}
