//! Objects of a store under `/api/v1/media/`: read in full, in parts or not at all, by signed links, and uploaded past the API.
//!
//! In: a key, what a request says of the answer that it wants, what the store tells of the object. Out: a response, and the store's own body, which a
//! shell passes on without looking at it. Deliberately not here: bodies; writing: a client sends those to the store itself, by a URL that is signed here.

mod conditions;
mod key;
mod link;

use rivage_signature::{Request as Signed, Signer, encode};
use serde_json::json;

use crate::builtin::{json, value};
use crate::decide::{Api, Plan};
use crate::drive::{Failure, Run};
use crate::http::{FieldProblem, Headers, Problem, Response, date};
use crate::manifest::Route;
use crate::ports::{Objects, Ports};
use conditions::Verdict;

pub(crate) use conditions::Asked;

/// What all objects are below.
pub(crate) const PATH: &str = "/api/v1/media/";

/// Seconds for which caches keep what never changes.
const YEAR: u32 = 365 * 24 * 60 * 60;

/// Decides what needs nothing of the store: names that are none, links that are not good.
pub(crate) fn ask(api: &Api, route: &Route, plan: &Plan, headers: &dyn Headers, now: u64) -> Result<Asked, Problem> {
    let get = |name: &str| {
        let index = route.params.iter().position(|param| param.name == name)?;
        plan.values[index].as_deref()
    };
    let key = get("key").filter(|key| key::is_key(key)).ok_or_else(refused_key)?;
    if is_private(api, key) {
        if api.secrets.media.is_empty() {
            return Err(no_secret());
        }
        let (expires, signature) = (get("expires"), get("signature"));
        let is_good = |secret: &String| link::is_good(secret, key, expires, signature, now / 1000);
        if !api.secrets.media.iter().any(is_good) {
            return Err(Problem::new(403, "invalid-link", "this needs a signed link, which is good for a while"));
        }
    }
    Ok(Asked::read(headers))
}

fn is_private(api: &Api, key: &str) -> bool {
    api.manifest().settings.media.private.iter().any(|prefix| key.starts_with(prefix))
}

fn refused_key() -> Problem {
    Problem::fields(vec![FieldProblem {
        field: "key".to_owned(),
        source: "path",
        code: "invalid",
        detail: "has to be a name of at most 1024 bytes, without empty parts and parts that begin with a dot"
            .to_owned(),
    }])
}

fn no_secret() -> Problem {
    Problem::new(501, "no-media-secret", "this server has no secret to sign links with")
}

/// Answers with an object, or a part of it.
pub(crate) async fn serve<P: Ports>(
    run: &mut Run<'_, P>,
    body: &mut Option<<P as Objects>::Object>,
) -> Result<Response, Failure> {
    let key = value(run, "key").unwrap_or_default().to_owned();
    let asked = run.plan.media.take().unwrap_or_default();
    let settings = &run.api.manifest().settings.media;
    let varies = !settings.variants.is_empty() && key::is_image(&key);
    let is_head = run.plan.facts.method == "HEAD";
    let accepted = |format: &&String| asked.accept.as_deref().is_some_and(|accept| accepts(accept, format));
    let variants = settings.variants.iter().filter(|_| varies).filter(accepted);
    let names = variants.map(|format| format!("{key}.{format}")).chain([key.clone()]);

    let mut found = None;
    for name in names {
        // One trip, unless the answer depends on what the store tells.
        if is_head || asked.has_conditions() {
            found = run.ports.head(&name).await?.map(|info| (name, info));
        } else if let Some((info, opened)) = run.ports.open(&name, None).await? {
            *body = Some(opened);
            found = Some((name, info));
        }
        if found.is_some() {
            break;
        }
    }
    let Some((name, info)) = found else {
        return Err(Problem::new(404, "not-found", "there is no such object").into());
    };
    let verdict = asked.verdict(&info);
    let describe = |response: Response| {
        let mut response = response.with("etag", info.etag.clone()).with("last-modified", date::format(info.modified));
        response.set("accept-ranges", "bytes");
        response.set("cache-control", caching(run.api, &key));
        if varies {
            response.set("vary", "Accept");
        }
        response
    };
    let range = match verdict {
        Verdict::NotModified => return Ok(describe(Response::new(304))),
        Verdict::Failed => {
            return Err(Problem::new(412, "precondition-failed", "the object is not as the request supposes").into());
        }
        Verdict::Unsatisfiable => {
            let problem = Problem::new(416, "range-not-satisfiable", "the object has no such bytes");
            return Err(problem.with("content-range", format!("bytes */{}", info.size)).into());
        }
        Verdict::Whole => None,
        Verdict::Part(range) => Some(range),
    };
    if body.is_none() && !is_head {
        match run.ports.open(&name, range.clone()).await? {
            Some((opened, stream)) if opened.etag == info.etag => *body = Some(stream),
            // What was decided is about another object.
            _ => {
                return Err(Problem::new(503, "changed", "the object has just changed")
                    .with("retry-after", "1")
                    .into());
            }
        }
    }
    let mut response = describe(Response::new(if range.is_some() { 206 } else { 200 }));
    if let Some(range) = &range {
        response.set("content-range", format!("bytes {}-{}/{}", range.start, range.end - 1, info.size));
    }
    let kind = info.content_type.clone().unwrap_or_else(|| key::content_type(&name).to_owned());
    if key::is_document(&kind) {
        // It may be somebody else's: it must not act as a page of the site.
        response.set("content-security-policy", "default-src 'none'; style-src 'unsafe-inline'; sandbox");
    }
    response.set("content-type", kind);
    response.object = Some(range.map_or(info.size, |range| range.end - range.start));
    Ok(response)
}

fn caching(api: &Api, key: &str) -> String {
    if is_private(api, key) {
        "private, no-store".to_owned()
    } else if key::is_hashed(key) {
        format!("public, max-age={YEAR}, immutable")
    } else {
        format!("public, max-age={}", api.manifest().settings.media.max_age)
    }
}

/// Reports whether a browser names a format. `image/*` does not count: those that write only that do not know newer formats.
fn accepts(accept: &str, format: &str) -> bool {
    accept.split(',').any(|range| {
        let mut parts = range.split(';').map(str::trim);
        let is_named = parts.next().and_then(|kind| kind.strip_prefix("image/")) == Some(format);
        is_named && !parts.any(|part| part.strip_prefix("q=").is_some_and(|q| q.trim_matches(['0', '.']).is_empty()))
    })
}

/// Makes a link to an object.
pub(crate) fn sign<P: Ports>(run: &Run<'_, P>) -> Result<Response, Failure> {
    let key = value(run, "key").filter(|key| key::is_key(key)).ok_or_else(|| in_body(refused_key()))?;
    let secret = run.api.secrets.media.first().ok_or_else(no_secret)?;
    let expires = run.ports.now() / 1000 + seconds(run);
    let origin = run.settings().origins.first().map_or("", String::as_str);
    let url = format!("{origin}{}", link::sign(secret, key, expires));
    Ok(json(200, &json!({"url": url, "expires_at": date::rfc3339(expires)})))
}

/// Makes a URL of the store that takes one object, of this name, type and length.
pub(crate) fn upload<P: Ports>(run: &Run<'_, P>) -> Result<Response, Failure> {
    let key = value(run, "key").filter(|key| key::is_key(key)).ok_or_else(|| in_body(refused_key()))?;
    let absent = || Problem::new(501, "no-upload", "this site takes no uploads");
    let settings = run.settings().media.upload.as_ref().ok_or_else(absent)?;
    let (id, secret) = run.api.secrets.upload.clone().ok_or_else(absent)?;
    let (kind, size) = (value(run, "content_type").unwrap_or_default(), value(run, "size").unwrap_or_default());
    let signer = Signer { key: id, secret, region: settings.region.clone() };
    let host = settings.endpoint.split_once("://").map_or(settings.endpoint.as_str(), |(_, host)| host);
    let path = format!("/{}/{}", encode(&settings.bucket, true), encode(key, true));
    let time = run.ports.now() / 1000;
    let request = Signed { method: "PUT", host, path: &path, time };
    let seconds = seconds(run);
    // The store refuses another length and another type, for both are signed.
    let headers = [("content-length", size), ("content-type", kind)];
    let query = signer.presign(&request, &headers, u32::try_from(seconds).unwrap_or(u32::MAX));
    Ok(json(
        200,
        &json!({
            "method": "PUT",
            "url": format!("{}{path}?{query}", settings.endpoint),
            "headers": {"content-type": kind, "content-length": size},
            "expires_at": date::rfc3339(time + seconds),
        }),
    ))
}

fn seconds<P>(run: &Run<'_, P>) -> u64 {
    value(run, "seconds").and_then(|text| text.parse().ok()).unwrap_or(0)
}

fn in_body(mut problem: Problem) -> Problem {
    for error in &mut problem.errors {
        error.source = "body";
    }
    problem
}

#[cfg(test)]
mod tests;
