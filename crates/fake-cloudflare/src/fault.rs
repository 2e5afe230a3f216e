//! What goes wrong on purpose.

use std::sync::Mutex;
use std::time::Duration;

use crate::{Body, Reply, lock};

/// Something that goes wrong at a step.
#[derive(Clone, Debug)]
pub struct Fault {
    /// The step, such as `pages.upload`.
    pub step: &'static str,
    /// Requests of the step that go well before.
    pub skip: usize,
    /// Requests that go wrong then.
    pub times: usize,
    /// How.
    pub kind: Kind,
}

impl Fault {
    /// The next request of a step goes wrong.
    pub fn once(step: &'static str, kind: Kind) -> Self {
        Self { step, skip: 0, times: 1, kind }
    }

    /// Every request of a step goes wrong.
    pub fn always(step: &'static str, kind: Kind) -> Self {
        Self { step, skip: 0, times: usize::MAX, kind }
    }
}

/// How something goes wrong.
#[derive(Clone, Debug)]
pub enum Kind {
    /// Nothing is done, and the answer is an error of this status in Cloudflare's form.
    Status(u16),
    /// Nothing is done; 429, with so many seconds to wait.
    RateLimit(u64),
    /// Nothing is done; an HTML page with this status.
    Html(u16),
    /// The connection ends before the request has been read.
    Reset,
    /// It is done, and the connection ends without an answer.
    LostAnswer,
    /// It is done, and the answer is an error of this status.
    LateStatus(u16),
    /// It is done, and the answer is cut in the middle.
    Truncated,
    /// It is done, and the answer comes after this time.
    Late(Duration),
    /// The token of the upload is said to be too old.
    ExpiredToken,
    /// The files are accepted and forgotten.
    LoseAssets,
    /// The deployment ends with this status.
    Stage(&'static str),
}

impl Kind {
    /// The answer in whose place nothing is done.
    pub(crate) fn before(&self) -> Option<Reply> {
        match self {
            Self::Status(401) => Some(Reply::error(401, 10_000, "Authentication error")),
            Self::Status(403) => Some(Reply::error(403, 10_000, "Authentication error")),
            Self::Status(status) => Some(Reply::error(*status, 7_000, "An injected fault")),
            Self::RateLimit(_) => {
                Some(Reply::error(429, 971, "Please wait and consider throttling your request speed"))
            }
            Self::Html(status) => {
                let page = b"<html><head><title>Bad gateway</title></head></html>".to_vec();
                let body = Body::Raw("text/html".to_owned(), page);
                Some(Reply { status: *status, body, seen: serde_json::Value::Null })
            }
            Self::ExpiredToken => Some(Reply::error(401, 8_000_013, "Authorization failed")),
            _ => None,
        }
    }

    /// The answer after it has been done.
    pub(crate) fn after(&self) -> Option<Reply> {
        match self {
            Self::LateStatus(status) => Some(Reply::error(*status, 7_000, "An injected fault")),
            _ => None,
        }
    }

    pub(crate) fn stage(&self) -> Option<&'static str> {
        match self {
            Self::Stage(status) => Some(status),
            _ => None,
        }
    }
}

pub(crate) fn take(faults: &Mutex<Vec<Fault>>, step: &str) -> Option<Kind> {
    let mut faults = lock(faults);
    for fault in faults.iter_mut().filter(|fault| fault.step == step && fault.times > 0) {
        if fault.skip > 0 {
            fault.skip -= 1;
            continue;
        }
        if fault.times != usize::MAX {
            fault.times -= 1;
        }
        return Some(fault.kind.clone());
    }
    None
}
