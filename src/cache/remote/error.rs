//! What can go wrong between two machines.

use object_store::client::{HttpError, HttpErrorKind};

use crate::cache::store::Trouble;

/// Why a cache could not be shared. The cache here is as it was.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The place cannot be one.
    #[error("`{place}` is no place for a shared cache: {reason}")]
    Place {
        /// As it was given.
        place: String,
        /// What is wrong with it.
        reason: String,
    },
    /// There is nothing to sign requests with.
    #[error("there are no credentials for `{place}`")]
    NoCredentials {
        /// The place.
        place: String,
    },
    /// The server does not let us.
    #[error("could not {operation} `{object}`: `{place}` refuses: {reason}")]
    Refused {
        /// What was tried.
        operation: &'static str,
        /// The object.
        object: String,
        /// The place.
        place: String,
        /// What the server says.
        reason: String,
    },
    /// There is no such bucket or folder.
    #[error("`{place}` does not exist")]
    NoPlace {
        /// The place.
        place: String,
    },
    /// An object that the list of the shared cache names is not there.
    #[error("could not {operation} `{object}`: it is not at `{place}`")]
    Missing {
        /// What was tried.
        operation: &'static str,
        /// The object.
        object: String,
        /// The place.
        place: String,
    },
    /// No answer.
    #[error("could not {operation} `{object}`: `{place}` cannot be reached: {reason}")]
    Unreachable {
        /// What was tried.
        operation: &'static str,
        /// The object.
        object: String,
        /// The place.
        place: String,
        /// What the network says.
        reason: String,
    },
    /// Anything else that a server or disk may say.
    #[error("could not {operation} `{object}` at `{place}`: {reason}")]
    Other {
        /// What was tried.
        operation: &'static str,
        /// The object.
        object: String,
        /// The place.
        place: String,
        /// What was said.
        reason: String,
    },
    /// The whole takes too long.
    #[error("`{place}` has not answered all requests within {seconds} seconds")]
    Deadline {
        /// The place.
        place: String,
        /// The time given.
        seconds: u64,
    },
    /// Something at the place is not what it should be. Nothing of what came is used.
    #[error("`{object}` at `{place}` is refused: {reason}")]
    Poisoned {
        /// The object.
        object: String,
        /// The place.
        place: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The cache here cannot be read or written.
    #[error("{}", with_cause(.0))]
    Store(#[from] Trouble),
    /// The machine gives us no threads.
    #[error("could not start")]
    Runtime(#[source] std::io::Error),
}

fn with_cause(trouble: &Trouble) -> String {
    match std::error::Error::source(trouble) {
        Some(cause) => format!("{trouble}: {cause}"),
        None => trouble.to_string(),
    }
}

impl Error {
    /// Returns what to do about it.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Place { .. } => Some("name a folder, or a bucket as `s3://BUCKET/PREFIX`"),
            Self::NoCredentials { .. } => Some(
                "set `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`; `AWS_SKIP_SIGNATURE=true` reads a bucket that is open to all",
            ),
            Self::Refused { .. } => Some(
                "check the key, its secret, the region, and what the key may do: `pull` lists and reads, `push` writes as well",
            ),
            Self::NoPlace { .. } => {
                Some("check the name; `AWS_ENDPOINT_URL` says where buckets are that are not Amazon's")
            }
            Self::Unreachable { .. } => Some("check the network and `AWS_ENDPOINT_URL`"),
            Self::Deadline { .. } => Some("allow for more with `--timeout SECONDS`"),
            Self::Poisoned { .. } | Self::Missing { .. } => {
                Some("delete it there and push again; until then builds start without the shared cache")
            }
            Self::Other { .. } | Self::Store(_) | Self::Runtime(_) => None,
        }
    }

    /// Says what an error of a storage means.
    pub(super) fn told(place: &str, operation: &'static str, object: &str, error: &object_store::Error) -> Self {
        let (place, object) = (place.to_owned(), object.to_owned());
        let text = error.to_string();
        let code = between(&text, "<Code>", "</Code>").unwrap_or_default();
        let is_refused = matches!(error, object_store::Error::PermissionDenied { .. } | object_store::Error::Unauthenticated { .. })
            || REFUSED.contains(&code)
            // Lists that are refused come as any other failure.
            || ["status code: 401", "status code: 403"].iter().any(|status| text.contains(status));
        if is_refused {
            return Self::Refused { operation, object, place, reason: reason(error, &text) };
        }
        if code == "NoSuchBucket" {
            return Self::NoPlace { place };
        }
        if matches!(error, object_store::Error::NotFound { .. }) {
            return Self::Missing { operation, object, place };
        }
        match http(error) {
            Some(http) if http.kind() != HttpErrorKind::Decode => {
                Self::Unreachable { operation, object, place, reason: innermost(http) }
            }
            _ => Self::Other { operation, object, place, reason: reason(error, &text) },
        }
    }
}

/// What servers call requests that they do not believe or allow.
const REFUSED: [&str; 8] = [
    "AccessDenied",
    "AllAccessDisabled",
    "ExpiredToken",
    "InvalidAccessKeyId",
    "InvalidToken",
    "RequestTimeTooSkewed",
    "SignatureDoesNotMatch",
    "Unauthorized",
];

fn between<'t>(text: &'t str, start: &str, end: &str) -> Option<&'t str> {
    Some(text.split_once(start)?.1.split_once(end)?.0.trim())
}

/// Says what a server answered: its message and code, or what is known without.
fn reason(error: &object_store::Error, text: &str) -> String {
    match (between(text, "<Message>", "</Message>"), between(text, "<Code>", "</Code>")) {
        (Some(message), Some(code)) if !message.is_empty() => format!("{message} ({code})"),
        (_, Some(code)) => code.to_owned(),
        _ => innermost(error),
    }
}

fn chain<'e>(
    error: &'e (dyn std::error::Error + 'static),
) -> impl Iterator<Item = &'e (dyn std::error::Error + 'static)> {
    std::iter::successors(Some(error), |error| error.source())
}

fn http(error: &object_store::Error) -> Option<&HttpError> {
    chain(error).find_map(|error| error.downcast_ref())
}

fn innermost(error: &(dyn std::error::Error + 'static)) -> String {
    let text = chain(error).last().map(ToString::to_string).unwrap_or_default();
    text.trim_end_matches([':', ' ']).to_owned()
}
