//! Who calls: passwords, opaque tokens, signed tokens and those of them that were checked already.
//!
//! Deliberately not here: the rows of accounts and sessions ([`crate::builtin`]), and random bytes and clocks, which come from ports.

pub mod jwt;
pub(crate) mod known;
pub mod password;
pub mod rotation;
pub mod token;

/// Who calls.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Identity {
    /// Nobody that we know.
    #[default]
    Anonymous,
    /// An account.
    Account {
        /// Its id.
        sub: String,
        /// Its role.
        role: String,
        /// By what it is known.
        by: By,
    },
}

/// By what an account is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// A session cookie.
    Session,
    /// A bearer token.
    Bearer,
}

impl Identity {
    /// Returns the id of the account.
    pub fn sub(&self) -> Option<&str> {
        match self {
            Self::Anonymous => None,
            Self::Account { sub, .. } => Some(sub),
        }
    }

    /// Returns the role of the account.
    pub fn role(&self) -> Option<&str> {
        match self {
            Self::Anonymous => None,
            Self::Account { role, .. } => Some(role),
        }
    }
}
