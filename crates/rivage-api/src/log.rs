//! One line for each request, as data. A shell writes it as JSON, or as it likes.
//!
//! Deliberately not in it: paths, queries, bodies, addresses, cookies, names of accounts. What a log does not have cannot leak.

use serde::Serialize;

/// Where an answer came from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CacheUse {
    /// The route keeps no answers.
    #[default]
    None,
    /// None was kept.
    Miss,
    /// Memory of the instance.
    Memory,
    /// The shared cache.
    Hit,
    /// A kept one while a new one is made.
    Stale,
    /// A kept one, because the database does not answer.
    Error,
}

impl CacheUse {
    /// Returns its name, as the log has it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Miss => "miss",
            Self::Memory => "memory",
            Self::Hit => "hit",
            Self::Stale => "stale",
            Self::Error => "error",
        }
    }
}

/// What happened.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Log {
    /// The id of the request, which the client has, too.
    pub id: String,
    /// The method as it came.
    pub method: String,
    /// The name of the route; none where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub route: Option<String>,
    /// The status.
    pub status: u16,
    /// The bytes of the body.
    pub bytes: u64,
    /// Milliseconds in all.
    pub total_ms: u64,
    /// Milliseconds of waiting for the database.
    pub db_ms: u64,
    /// Trips to the database.
    pub trips: u32,
    /// Where the answer came from.
    pub cache: CacheUse,
    /// The code of the problem.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<&'static str>,
    /// The database's code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sqlstate: Option<String>,
    /// The database's message: for the log, never for the client.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

impl Log {
    /// Writes the line as JSON, without a line break.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}
