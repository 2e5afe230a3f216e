//! The database of the API, over two pools: one that only reads, one that may write.
//!
//! In: statements of `rivage-api`. Out: outcomes, or a failure of a kind that the API knows. Deliberately not here: what a client is told.

use std::time::Duration;

use rivage_api::ports::{self, DatabaseError, ErrorKind, Outcome, Query, Shape, Target};
use rivage_postgres::{Config, Error, Limits, Param, Pool, ResultSet, Statement, json};

/// Connections of each pool.
const CONNECTIONS: usize = 16;

/// How long a request waits for a connection that others use.
const WAIT: Duration = Duration::from_secs(2);

/// Makes sessions of the reading pool refuse writes, whatever their role may do.
const READ_ONLY: &str = "-c default_transaction_read_only=on";

/// Two pools of one database.
#[derive(Clone, Debug)]
pub struct Database {
    read: Pool,
    write: Pool,
}

impl Database {
    /// Makes the pools; nothing is opened yet. Without a URL of its own, reading goes to the same place, in sessions that only read.
    pub fn new(write: Config, read: Option<Config>, answer: usize) -> Self {
        let read = read.unwrap_or_else(|| {
            let mut read = write.clone();
            if read.options.is_empty() {
                READ_ONLY.clone_into(&mut read.options);
            }
            read
        });
        // Rows are text with lengths: what becomes more than `answer` bytes of JSON may be a little less of them.
        let limits = Limits { bytes: answer.max(1 << 20), ..Limits::default() };
        let pool = |config| Pool::new(config, limits, CONNECTIONS, WAIT);
        Self { read: pool(read), write: pool(write) }
    }

    /// Closes the connections that nobody uses.
    pub async fn close(&self) {
        self.read.close().await;
        self.write.close().await;
    }
}

impl ports::Database for Database {
    async fn run(&self, target: Target, queries: &[Query<'_>], most: usize) -> Result<Vec<Outcome>, DatabaseError> {
        let pool = match target {
            Target::Read => &self.read,
            Target::Write => &self.write,
        };
        let mut client = pool.get().await.map_err(failure)?;
        let params: Vec<Vec<Param<'_>>> = queries
            .iter()
            .map(|query| {
                let pairs = query.types.iter().zip(&query.values);
                pairs.map(|(oid, value)| Param::new(*oid, value.as_deref())).collect()
            })
            .collect();
        let statements: Vec<Statement<'_>> =
            queries.iter().zip(&params).map(|(query, params)| Statement::new(query.sql, params)).collect();
        let results = client.query(&statements).await.map_err(failure)?;
        let outcomes: Vec<Outcome> =
            queries.iter().zip(&results).map(|(query, result)| outcome(query.shape, result)).collect();
        if outcomes.iter().map(|outcome| outcome.json.len()).sum::<usize>() > most {
            let message = format!("the rows have more than {most} bytes as JSON");
            return Err(DatabaseError { kind: ErrorKind::TooLarge, message, after_first_row: true });
        }
        Ok(outcomes)
    }
}

fn outcome(shape: Shape, result: &ResultSet) -> Outcome {
    let has_rows = !result.columns().is_empty();
    let mut outcome =
        Outcome { rows: if has_rows { result.len() as u64 } else { result.affected() }, ..Outcome::default() };
    match shape {
        Shape::Array => json::write_many(result, &mut outcome.json),
        Shape::Object => {
            json::write_one(result, &mut outcome.json);
        }
        Shape::Rows => {
            let text = |cell: Option<&[u8]>| cell.map(|cell| String::from_utf8_lossy(cell).into_owned());
            outcome.texts = result.rows().map(|row| row.map(text).collect()).collect();
        }
        Shape::None => {}
    }
    outcome
}

/// The errors of a connection as the API sorts them.
fn failure(error: Error) -> DatabaseError {
    let (kind, after_first_row) = match &error {
        Error::Server(refusal) => {
            // The settings of the server are wrong, not the request: a role, a password, a database that is not there or still starts.
            let is_ours = refusal.code.starts_with("28") || matches!(refusal.code.as_str(), "3D000" | "57P03");
            let kind = match <[u8; 5]>::try_from(refusal.code.as_bytes()) {
                Ok(code) if !is_ours => ErrorKind::Refused(code),
                Ok(_) => ErrorKind::Unavailable,
                Err(_) => ErrorKind::Protocol,
            };
            (kind, refusal.after_rows)
        }
        Error::Timeout { .. } => (ErrorKind::Timeout, false),
        Error::Io { after_rows, .. } | Error::Closed { after_rows, .. } => (ErrorKind::Unavailable, *after_rows),
        Error::Exhausted { .. } | Error::Authentication(_) => (ErrorKind::Unavailable, false),
        Error::Limit { .. } => (ErrorKind::TooLarge, true),
        // A value that no server takes, such as one of a gigabyte: as if the server had said so.
        Error::Unsendable { .. } => (ErrorKind::Refused(*b"22023"), false),
        _ => (ErrorKind::Protocol, true),
    };
    let cause = std::error::Error::source(&error).map(|cause| format!(": {cause}")).unwrap_or_default();
    DatabaseError { kind, message: format!("{error}{cause}"), after_first_row }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_password_is_no_fault_of_the_client() {
        let refused = |code: &str| {
            let mut error = rivage_postgres::ServerError::default();
            error.code = code.to_owned();
            failure(Error::Server(Box::new(error))).kind
        };
        for code in ["28P01", "28000", "3D000", "57P03"] {
            assert_eq!(refused(code), ErrorKind::Unavailable, "{code}");
        }
        assert_eq!(refused("23505"), ErrorKind::Refused(*b"23505"));
        assert_eq!(refused(""), ErrorKind::Protocol);
    }

    #[test]
    fn an_unreachable_server_is_unavailable_and_the_log_says_why() {
        let error = Error::Io {
            operation: "connect to",
            address: "db:5432".to_owned(),
            after_rows: false,
            source: std::io::Error::other("refused"),
        };
        let failure = failure(error);
        assert!(failure.is_unavailable() && !failure.after_first_row);
        assert_eq!(failure.message, "could not connect to the database at db:5432: refused");
    }
}
