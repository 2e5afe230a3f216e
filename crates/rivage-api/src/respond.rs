//! Responses of answers: entity tags, cache headers, security headers, CORS, timings.

use crate::cache::Entry;
use crate::decide::{Facts, Plan};
use crate::http::Response;
use crate::http::origin::Relation;
use crate::log::{CacheUse, Log};
use crate::manifest::{Cache, Settings};

/// A finished response with its line for the log.
#[derive(Clone, Debug)]
pub struct Reply<O = ()> {
    /// The response.
    pub response: Response,
    /// The line for the log.
    pub log: Log,
    /// What to do after the response is sent: [`crate::Api::conclude`] does it.
    pub after: Option<Box<Plan>>,
    /// The body that [`Response::object`] speaks of.
    pub object: Option<O>,
}

impl Reply {
    /// Returns the reply as one that might have an object.
    pub fn without_object<O>(self) -> Reply<O> {
        let Self { response, log, after, object: _ } = self;
        Reply { response, log, after, object: None }
    }
}

/// Adds what every response has.
pub(crate) fn add_common(response: &mut Response, facts: &Facts, settings: &Settings, log: &Log) {
    if response.header("cache-control").is_none() {
        response.set("cache-control", "no-store");
    }
    response.set("x-content-type-options", "nosniff");
    if response.header("content-security-policy").is_none() {
        // The API answers data: nothing in it is ever to be drawn or run.
        response.set("content-security-policy", "default-src 'none'; frame-ancestors 'none'");
    }
    response.set("x-request-id", facts.id.clone());
    if !settings.cors.is_empty() {
        // Always, so that a cache in between keeps answers with and without the header apart.
        response.set("vary", "Origin");
        if let Relation::Allowed(origin) = &facts.relation {
            response.set("access-control-allow-origin", origin.clone());
            response.set("access-control-expose-headers", "etag, retry-after, x-request-id");
        }
    }
    if log.trips > 0 {
        response.set("server-timing", format!("db;dur={}, total;dur={}", log.db_ms, log.total_ms));
    }
}

/// Makes the response of a kept answer.
pub(crate) fn from_entry(
    entry: &Entry,
    cache: &Cache,
    used: CacheUse,
    now: u64,
    if_none_match: Option<&str>,
) -> Response {
    let age = now.saturating_sub(entry.made) / 1000;
    let status = match used {
        CacheUse::Miss => "rivage; fwd=miss; stored".to_owned(),
        CacheUse::Error => "rivage; hit; detail=stale-if-error".to_owned(),
        _ => format!("rivage; hit; ttl={}", i64::from(cache.ttl) - i64::try_from(age).unwrap_or(i64::MAX)),
    };
    let mut response = tagged(entry.etag.clone(), entry.body.to_vec(), if_none_match);
    // Browsers ask again each time, and mostly get 304 out of memory: only so is a purge seen at once.
    response.set("cache-control", "public, max-age=0, must-revalidate");
    response.set("age", age.to_string());
    response.set("cache-status", status);
    response
}

/// Makes a response with an entity tag, or 304 where the client has it already.
pub(crate) fn tagged(etag: String, body: Vec<u8>, if_none_match: Option<&str>) -> Response {
    if if_none_match.is_some_and(|header| matches(header, &etag)) {
        return Response::new(304).with("etag", etag);
    }
    Response::json(200, body).with("etag", etag)
}

/// Compares weakly, as RFC 9110 asks for `If-None-Match`.
pub(crate) fn matches(header: &str, etag: &str) -> bool {
    header.trim() == "*" || header.split(',').any(|tag| tag.trim().trim_start_matches("W/") == etag)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entity_tags_are_compared_weakly() {
        for header in ["\"a\"", "W/\"a\"", "\"b\", \"a\"", "*", " * "] {
            assert!(matches(header, "\"a\""), "{header}");
        }
        for header in ["", "a", "\"ab\"", "\"b\""] {
            assert!(!matches(header, "\"a\""), "{header}");
        }
    }
}
