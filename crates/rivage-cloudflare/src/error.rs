//! What can go wrong between here and Cloudflare.

use std::path::PathBuf;

/// One entry of `errors` in an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiMessage {
    /// Cloudflare's number for it; 0 for none.
    pub code: i64,
    /// What it says.
    pub message: String,
}

/// A failure to do something at Cloudflare.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Cloudflare refused.
    #[error("could not {operation}: {} answers {status}{}", .path, told(.messages))]
    Api {
        /// What was to be done.
        operation: &'static str,
        /// The path that was asked.
        path: String,
        /// The HTTP status.
        status: u16,
        /// What Cloudflare says.
        messages: Vec<ApiMessage>,
    },
    /// The answer cannot be read: cut short, or something between us and Cloudflare answered.
    #[error("could not {operation}: {path} answers {status} with something unexpected: {reason}")]
    Unreadable {
        /// What was to be done.
        operation: &'static str,
        /// The path that was asked.
        path: String,
        /// The HTTP status.
        status: u16,
        /// What is wrong with it.
        reason: String,
    },
    /// The network failed.
    #[error("could not {operation}: no answer from {path}: {reason}")]
    Network {
        /// What was to be done.
        operation: &'static str,
        /// The address that was asked.
        path: String,
        /// What happened.
        reason: String,
        /// Whether the request may have been received all the same.
        sent: bool,
    },
    /// A file cannot be read, or changed while it was.
    #[error("could not {operation}: could not read `{}`: {reason}", .file.display())]
    File {
        /// What was to be done.
        operation: &'static str,
        /// The file.
        file: PathBuf,
        /// What happened.
        reason: String,
    },
    /// Cloudflare accepted files and does not have them.
    #[error("Cloudflare accepted {count} files and then did not have them, twice; the first is {first}")]
    AssetsLost {
        /// How many.
        count: usize,
        /// The path of one of them.
        first: String,
    },
    /// A token does not tell what it must.
    #[error("could not {operation}: {reason}")]
    Protocol {
        /// What was to be done.
        operation: &'static str,
        /// What is wrong.
        reason: String,
    },
}

impl Error {
    /// Returns the HTTP status, where there was an answer.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Api { status, .. } | Self::Unreadable { status, .. } => Some(*status),
            _ => None,
        }
    }

    /// Reports whether Cloudflare's answer has a code.
    pub fn has_code(&self, code: i64) -> bool {
        matches!(self, Self::Api { messages, .. } if messages.iter().any(|message| message.code == code))
    }

    /// Reports whether the thing asked for does not exist.
    pub fn is_not_found(&self) -> bool {
        self.status() == Some(404)
    }

    /// Reports whether the token may not do this.
    pub fn is_denied(&self) -> bool {
        matches!(self.status(), Some(401 | 403)) || self.has_code(10000) || self.has_code(9109)
    }

    /// Reports whether what was asked for may have happened although this is an error.
    pub fn may_have_happened(&self) -> bool {
        match self {
            Self::Network { sent, .. } => *sent,
            Self::Unreadable { .. } => true,
            Self::Api { status, .. } => *status >= 500 || self.has_code(8_000_000),
            _ => false,
        }
    }

    /// Reports whether asking again may help.
    pub(crate) fn is_passing(&self) -> bool {
        match self {
            Self::Network { .. } => true,
            Self::Unreadable { status, .. } => !matches!(status, 400 | 401 | 403 | 404),
            Self::Api { status, .. } => matches!(status, 408 | 425 | 429 | 500..) || self.has_code(8_000_000),
            _ => false,
        }
    }

    /// Reports whether the token of an upload is too old.
    pub(crate) fn is_expired_token(&self) -> bool {
        match self {
            Self::Api { status, messages, .. } => {
                self.has_code(8_000_013)
                    || *status == 401
                    || messages.iter().any(|message| message.message.contains("Expired JWT"))
            }
            Self::Unreadable { status, reason, .. } => *status == 401 || reason.contains("Expired JWT"),
            _ => false,
        }
    }
}

fn told(messages: &[ApiMessage]) -> String {
    let each = messages.iter().map(|ApiMessage { code, message }| match code {
        0 => message.clone(),
        code => format!("{message} (code {code})"),
    });
    let all: Vec<_> = each.collect();
    if all.is_empty() { String::new() } else { format!(": {}", all.join("; ")) }
}
