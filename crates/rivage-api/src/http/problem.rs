//! What went wrong, told to a client: RFC 9457 without anything of the inside.

use std::borrow::Cow;

use serde::Serialize;

use super::Response;

/// What is wrong with one field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FieldProblem {
    /// The name of the parameter, as the client wrote it.
    pub field: String,
    /// `path`, `query` or `body`.
    pub source: &'static str,
    /// A stable name in kebab case.
    pub code: &'static str,
    /// What the value has to be.
    pub detail: String,
}

/// Why a request is not answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The status.
    pub status: u16,
    /// A stable name in kebab case.
    pub code: &'static str,
    /// What is wrong, in words.
    pub detail: Cow<'static, str>,
    /// The fields to blame.
    pub errors: Vec<FieldProblem>,
    /// Headers that belong to the status.
    pub headers: Vec<(&'static str, Cow<'static, str>)>,
}

impl Problem {
    /// Makes a problem.
    pub fn new(status: u16, code: &'static str, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { status, code, detail: detail.into(), errors: Vec::new(), headers: Vec::new() }
    }

    /// Makes the problem of wrong parameters.
    pub fn fields(errors: Vec<FieldProblem>) -> Self {
        Self { errors, ..Self::new(400, "invalid-parameters", "parameters are missing or wrong") }
    }

    /// Adds a header.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<Cow<'static, str>>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// Writes the problem as a response.
    pub fn into_response(self, request_id: &str) -> Response {
        #[derive(Serialize)]
        struct Body<'a> {
            r#type: String,
            title: &'a str,
            status: u16,
            code: &'a str,
            detail: &'a str,
            request_id: &'a str,
            #[serde(skip_serializing_if = "<[_]>::is_empty")]
            errors: &'a [FieldProblem],
        }
        let body = Body {
            r#type: format!("urn:rivage:problem:{}", self.code),
            title: title(self.status),
            status: self.status,
            code: self.code,
            detail: &self.detail,
            request_id,
            errors: &self.errors,
        };
        // A struct of strings and numbers is always JSON.
        let body = serde_json::to_vec(&body).unwrap_or_default();
        let mut response = Response::new(self.status).with("content-type", "application/problem+json");
        response.body = body;
        for (name, value) in self.headers {
            response.set(name, value);
        }
        response
    }
}

fn title(status: u16) -> &'static str {
    match status {
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        409 => "Conflict",
        412 => "Precondition Failed",
        413 => "Content Too Large",
        414 => "URI Too Long",
        415 => "Unsupported Media Type",
        416 => "Range Not Satisfiable",
        422 => "Unprocessable Content",
        429 => "Too Many Requests",
        501 => "Not Implemented",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        _ => "Internal Server Error",
    }
}
