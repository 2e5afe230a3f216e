//! Requests of the storage client, made with the HTTP client that rivage has already.
//!
//! In: requests, signed. Out: responses in full; what is large is asked for in pieces. Deliberately not here: retries, which the
//! storage client does.

use std::io;
use std::time::Duration;

use async_trait::async_trait;
use http_body_util::BodyExt;
use object_store::ClientOptions;
use object_store::client::{
    HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpResponse, HttpService,
};

/// The longest response: a piece, or a page of a list, is far below.
const LONGEST: u64 = 64 << 20;

/// Makes clients.
#[derive(Clone, Copy, Debug)]
pub(super) struct Connector {
    /// How long a request may take.
    pub(super) timeout: Duration,
}

impl HttpConnector for Connector {
    fn connect(&self, _: &ClientOptions) -> object_store::Result<HttpClient> {
        let agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            // A redirect needs a signature of its own: the storage client tells of a wrong region.
            .max_redirects(0)
            .max_redirects_will_error(false)
            .timeout_global(Some(self.timeout))
            .user_agent(concat!("rivage/", env!("CARGO_PKG_VERSION")))
            .build();
        Ok(HttpClient::new(Service(agent.into())))
    }
}

#[derive(Debug)]
struct Service(ureq::Agent);

#[async_trait]
impl HttpService for Service {
    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let (parts, body) = request.into_parts();
        let body = body.collect().await?.to_bytes();
        let agent = self.0.clone();
        let answer = tokio::task::spawn_blocking(move || ask(&agent, parts, &body)).await;
        answer.map_err(|error| HttpError::new(HttpErrorKind::Unknown, error))?
    }
}

fn ask(agent: &ureq::Agent, parts: ureq::http::request::Parts, body: &[u8]) -> Result<HttpResponse, HttpError> {
    let has_body = matches!(parts.method.as_str(), "PUT" | "POST" | "PATCH") || !body.is_empty();
    let request = ureq::http::Request::from_parts(parts, ());
    let answer = if has_body { agent.run(request.map(|()| body)) } else { agent.run(request) };
    let (parts, mut body) = answer.map_err(failed)?.into_parts();
    let bytes = body.with_config().limit(LONGEST).read_to_vec().map_err(failed)?;
    Ok(HttpResponse::from_parts(parts, bytes.into()))
}

fn failed(error: ureq::Error) -> HttpError {
    let kind = match &error {
        ureq::Error::Timeout(_) => HttpErrorKind::Timeout,
        ureq::Error::HostNotFound | ureq::Error::ConnectionFailed => HttpErrorKind::Connect,
        ureq::Error::Io(error) => match error.kind() {
            io::ErrorKind::ConnectionRefused | io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable => {
                HttpErrorKind::Connect
            }
            io::ErrorKind::TimedOut => HttpErrorKind::Timeout,
            _ => HttpErrorKind::Interrupted,
        },
        // A certificate that does not hold will not hold the next time.
        _ => HttpErrorKind::Unknown,
    };
    HttpError::new(kind, error)
}
