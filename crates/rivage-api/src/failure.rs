//! Failures of the database → answers. The wording never depends on the server's message, which may quote values and names of tables.

use crate::http::Problem;
use crate::ports::{DatabaseError, ErrorKind};

/// Returns what a client is told.
pub(crate) fn problem(error: &DatabaseError) -> Problem {
    match error.kind {
        ErrorKind::Unavailable => unavailable(),
        ErrorKind::Timeout => timeout(),
        ErrorKind::TooLarge => Problem::new(500, "answer-too-large", "the answer is larger than allowed"),
        ErrorKind::Protocol => internal(),
        ErrorKind::Refused(code) => refused(&code),
    }
}

fn refused(code: &[u8; 5]) -> Problem {
    match code {
        b"57014" => timeout(),
        b"23505" => Problem::new(409, "conflict", "something with these values exists already"),
        b"40001" | b"40P01" => {
            Problem::new(503, "busy", "another request changed the same rows at the same time").with("retry-after", "1")
        }
        b"23503" => Problem::new(422, "unknown-reference", "a value refers to something that does not exist"),
        b"23502" | b"23514" => Problem::new(422, "refused-value", "a value is not allowed"),
        b"42501" => Problem::new(403, "forbidden", "this is not allowed"),
        // Chosen by an author: `raise exception using errcode = 'PT404'` answers 404.
        b"PT403" => Problem::new(403, "forbidden", "this is not allowed"),
        b"PT404" => Problem::new(404, "not-found", "there is nothing here"),
        b"PT409" => Problem::new(409, "conflict", "the state of things does not allow this"),
        b"PT422" => Problem::new(422, "refused-value", "a value is not allowed"),
        // Raised by what stands in for an extension in rivage's own tables.
        b"RVVEC" => missing("this needs the extension `vector` in the database"),
        b"RVGIS" => missing("this needs the extension `postgis` in the database"),
        [b'2', b'2', ..] => Problem::new(400, "invalid-parameters", "a value is not of the right type"),
        [b'5', b'7', b'P', ..] => unavailable(),
        [b'0', b'8', ..] | [b'5', b'3', ..] | [b'5', b'8', ..] => unavailable(),
        _ => internal(),
    }
}

fn missing(detail: &'static str) -> Problem {
    Problem::new(501, "extension-missing", detail)
}

fn unavailable() -> Problem {
    Problem::new(503, "database-unavailable", "the database does not answer; try again in a moment")
        .with("retry-after", "5")
}

fn timeout() -> Problem {
    Problem::new(504, "database-timeout", "the database did not answer in time").with("retry-after", "5")
}

fn internal() -> Problem {
    Problem::new(500, "internal", "something went wrong; the request id leads to the details")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_class_of_code_has_its_status() {
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
