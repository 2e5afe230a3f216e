//! Statements and answers of the API as `rivage-postgres` has them: the same for every shell.
//!
//! In: queries, result sets, errors of a connection. Out: statements, outcomes, failures of a kind that the API knows. Deliberately not here:
//! connections and timers, which are a shell's; what a client is told ([`crate::ports::DatabaseError`] leads there).

use rivage_postgres::{Error, Param, ResultSet, Statement, json};

use crate::ports::{DatabaseError, ErrorKind, Outcome, Query, Shape};

/// Returns the values of each query, as a connection sends them.
pub fn params<'q>(queries: &'q [Query<'_>]) -> Vec<Vec<Param<'q>>> {
    let one = |query: &'q Query<'_>| {
        query.types.iter().zip(&query.values).map(|(oid, value)| Param::new(*oid, value.as_deref())).collect()
    };
    queries.iter().map(one).collect()
}

/// Returns the queries as statements, with what [`params`] made of them.
pub fn statements<'q>(queries: &'q [Query<'_>], params: &'q [Vec<Param<'q>>]) -> Vec<Statement<'q>> {
    queries.iter().zip(params).map(|(query, params)| Statement::new(query.sql, params)).collect()
}

/// Returns what the queries answered.
///
/// # Errors
///
/// All of it is more than `most` bytes of JSON: a connection counts bytes as the server sends them, of which JSON may be a little more.
pub fn outcomes(queries: &[Query<'_>], results: &[ResultSet], most: usize) -> Result<Vec<Outcome>, DatabaseError> {
    let outcomes: Vec<Outcome> =
        queries.iter().zip(results).map(|(query, result)| outcome(query.shape, result)).collect();
    if outcomes.iter().map(|outcome| outcome.json.len()).sum::<usize>() > most {
        let message = format!("the rows have more than {most} bytes as JSON");
        return Err(DatabaseError { kind: ErrorKind::TooLarge, message, after_first_row: true });
    }
    Ok(outcomes)
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

/// Sorts the error of a connection.
pub fn failure(error: &Error) -> DatabaseError {
    let kind = match error {
        Error::Server(refusal) => match refusal.code.as_bytes().try_into() {
            Ok(code) => ErrorKind::Refused(code),
            Err(_) => ErrorKind::Protocol,
        },
        // As the server refuses what cannot be sent: a NUL in a text, a value of a gigabyte.
        Error::Unsendable { .. } => ErrorKind::Refused(*b"22021"),
        Error::Limit { .. } => ErrorKind::TooLarge,
        Error::Timeout { .. } => ErrorKind::Timeout,
        Error::Io { .. }
        | Error::Closed { .. }
        | Error::Unreachable { .. }
        | Error::Exhausted { .. }
        | Error::Authentication(_) => ErrorKind::Unavailable,
        _ => ErrorKind::Protocol,
    };
    let cause = std::error::Error::source(error).map(|cause| format!(": {cause}")).unwrap_or_default();
    DatabaseError { kind, message: format!("{error}{cause}"), after_first_row: error.is_after_rows() }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use rivage_postgres::ServerError;

    use super::*;

    fn refused(code: &str) -> DatabaseError {
        let mut error = ServerError::default();
        error.code = code.to_owned();
        failure(&Error::Server(Box::new(error)))
    }

    #[test]
    fn settings_that_are_wrong_are_no_fault_of_the_client() {
        for code in ["28P01", "28000", "3D000", "57P03"] {
            assert!(refused(code).is_unavailable(), "{code}");
        }
        assert_eq!(refused("23505").kind, ErrorKind::Refused(*b"23505"));
        assert!(!refused("23505").is_unavailable());
        assert_eq!(refused("").kind, ErrorKind::Protocol);
    }

    #[test]
    fn a_server_that_cannot_be_reached_is_unavailable_and_the_log_says_why() {
        let address = || "db:5432".to_owned();
        let source = std::io::Error::other("refused");
        let error = failure(&Error::Io { operation: "connect to", address: address(), after_rows: false, source });
        assert!(error.is_retryable());
        assert_eq!(error.message, "could not connect to the database at db:5432: refused");
        let limit = Duration::from_secs(2);
        assert!(failure(&Error::Unreachable { address: address(), limit }).is_retryable());
        let late = failure(&Error::Timeout { address: address(), limit, after_rows: false });
        assert_eq!((late.kind, late.is_retryable()), (ErrorKind::Timeout, false), "the time is spent");
        let cut = Error::Closed { during: "a query", after_rows: true };
        assert!(!failure(&cut).is_retryable(), "rows had come");
    }

    #[test]
    fn what_cannot_be_sent_is_a_value_that_the_server_would_refuse() {
        let error = Error::Unsendable { what: "a value", why: "it has a NUL".to_owned() };
        assert_eq!(failure(&error).sqlstate(), Some("22021"));
    }
}
