//! Failures of the database → answers. The wording never depends on the server's message, which may quote values and names of tables.

use rivage_postgres::Kind;

use crate::http::Problem;
use crate::ports::{DatabaseError, ErrorKind};

/// Returns what a client is told.
pub(crate) fn problem(error: &DatabaseError) -> Problem {
    let code = error.sqlstate().unwrap_or_default();
    // Raised by what stands in for an extension in rivage's own tables.
    let missing = |detail: &'static str| Problem::new(501, "extension-missing", detail);
    match code {
        "RVVEC" => return missing("this needs the extension `vector` in the database"),
        "RVGIS" => return missing("this needs the extension `postgis` in the database"),
        _ => {}
    }
    let kind = error.meaning();
    let problem = |name, detail: &'static str| Problem::new(kind.status(), name, detail);
    match kind {
        Kind::BadRequest => problem("invalid-parameters", "a value is not of the right type"),
        Kind::Forbidden => problem("forbidden", "this is not allowed"),
        Kind::NotFound => problem("not-found", "there is nothing here"),
        Kind::Conflict if matches!(code, "23505" | "23P01") => {
            problem("conflict", "something with these values exists already")
        }
        Kind::Conflict => problem("conflict", "the state of things does not allow this"),
        Kind::Unprocessable if code == "23503" => {
            problem("unknown-reference", "a value refers to something that does not exist")
        }
        Kind::Unprocessable => problem("refused-value", "a value is not allowed"),
        Kind::Internal if error.kind == ErrorKind::TooLarge => {
            problem("answer-too-large", "the answer is larger than allowed")
        }
        Kind::Internal => problem("internal", "something went wrong; the request id leads to the details"),
        Kind::Unavailable if matches!(code, "40001" | "40P01" | "55P03") => {
            problem("busy", "another request works on the same rows at the same time").with("retry-after", "1")
        }
        Kind::Unavailable => problem("database-unavailable", "the database does not answer; try again in a moment")
            .with("retry-after", "5"),
        Kind::Timeout => problem("database-timeout", "the database did not answer in time").with("retry-after", "5"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_becomes_a_status_and_nothing_of_its_message_shows() {
        for (code, status) in [
            ("23505", 409),
            ("23503", 422),
            ("23514", 422),
            ("23502", 422),
            ("22P02", 400),
            ("22021", 400),
            ("42501", 403),
            ("57014", 504),
            ("53300", 503),
            ("57P01", 503),
            ("58000", 503),
            ("08006", 503),
            ("40001", 503),
            ("23P01", 409),
            ("28P01", 503),
            ("P0001", 500),
            ("42P01", 500),
            ("XX000", 500),
            ("PT404", 404),
            ("RVGIS", 501),
            ("RVVEC", 501),
        ] {
            let kind = ErrorKind::Refused(code.as_bytes().try_into().expect("five bytes"));
            let error =
                DatabaseError { kind, message: "relation \"account\" of secret".to_owned(), after_first_row: false };
            let problem = problem(&error);
            assert_eq!(problem.status, status, "{code}");
            assert!(!problem.detail.contains("secret"));
        }
    }
}
