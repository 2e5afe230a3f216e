//! Workers: versions, deployments, static assets, secrets, and how visitors reach them. All of it is documented by Cloudflare.
//!
//! A version is the program with its bindings and files, uploaded and not yet live; a deployment says which version runs. Only the very
//! first version of a Worker cannot be uploaded without being the one that runs: as long as nothing leads to the Worker, nobody sees it.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use serde_json::{Value, json};
use ureq::http::Method;

use crate::account::text;
use crate::body::Multipart;
use crate::client::{Auth, Call, Client, Payload, Repeat};
use crate::error::Error;
use crate::pages::{Progress, Uploaded, looking};
use crate::{Asset, Secret, content_type};

/// A module of a Worker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Module {
    /// Its name, as other modules import it.
    pub name: String,
    /// `application/javascript+module`, `application/wasm`, `text/plain`, `application/octet-stream`.
    pub content_type: &'static str,
    /// The file on the disk.
    pub file: PathBuf,
    /// Its length.
    pub size: u64,
}

/// A version that is to be uploaded.
#[derive(Clone, Debug, Default)]
pub struct NewVersion {
    /// Main module, bindings, dates, and what else Cloudflare calls metadata.
    pub metadata: Value,
    /// The modules; none for a Worker that only serves files.
    pub modules: Vec<Module>,
    /// What a version of ours is found by: stands in its message.
    pub marker: String,
}

/// A version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    /// Its id.
    pub id: String,
    /// When it was made.
    pub created: String,
    /// Its message.
    pub message: String,
    /// What whoever made it calls it.
    pub tag: String,
    /// The name that leads to the newest version with it.
    pub alias: String,
}

/// A deployment of versions.
#[derive(Clone, Debug, PartialEq)]
pub struct Deployment {
    /// Its id.
    pub id: String,
    /// When it was made.
    pub created: String,
    /// Its message.
    pub message: String,
    /// Id and share of each version.
    pub versions: Vec<(String, f64)>,
}

fn script(client: &Client, name: &str, rest: &str) -> String {
    client.path(&format!("/workers/scripts/{name}{rest}"))
}

/// Codes by which Cloudflare says that there is no such Worker.
fn is_unknown(error: &Error) -> bool {
    error.has_code(10_007) || error.has_code(10_090) || error.is_not_found()
}

/// Lists the deployments of a Worker, newest first: the first one is live. None if there is no such Worker.
///
/// # Errors
/// The token may not, or there is no answer.
pub fn deployments(client: &Client, name: &str) -> Result<Option<Vec<Deployment>>, Error> {
    let path = script(client, name, "/deployments");
    let found = match client.call(&Call::get("list the deployments of the Worker", &path)) {
        Ok(found) => found,
        Err(error) if is_unknown(&error) => return Ok(None),
        Err(error) => return Err(error),
    };
    let one = |value: &Value| Deployment {
        id: text(value, "id"),
        created: text(value, "created_on"),
        message: text(&value["annotations"], "workers/message"),
        versions: value["versions"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|version| (text(version, "version_id"), version["percentage"].as_f64().unwrap_or(0.0)))
            .collect(),
    };
    Ok(Some(found["deployments"].as_array().into_iter().flatten().map(one).collect()))
}

/// Versions, the newest first, that Cloudflare lets run again: older ones are of no use any more.
pub const MOST_VERSIONS: usize = 100;

/// Lists the versions of a Worker that can run, newest first: [`MOST_VERSIONS`] at most.
///
/// # Errors
/// There is no such Worker, or no answer.
pub fn versions(client: &Client, name: &str) -> Result<Vec<Version>, Error> {
    list_versions(client, &script(client, name, "/versions?deployable=true"))
}

fn list_versions(client: &Client, path: &str) -> Result<Vec<Version>, Error> {
    let found = client.call(&Call::get("list the versions of the Worker", path))?;
    Ok(found["items"].as_array().into_iter().flatten().map(read_version).collect())
}

/// Deletes a version. One that is gone already is no failure. Cloudflare calls this part of its API a beta.
///
/// # Errors
/// It runs, Cloudflare keeps it, or there is no answer.
pub fn delete_version(client: &Client, name: &str, id: &str) -> Result<(), Error> {
    let path = client.path(&format!("/workers/workers/{name}/versions/{id}"));
    match client.call(&Call::with("delete the version", &Method::DELETE, &path, Payload::None)) {
        Err(error) if !error.is_not_found() => Err(error),
        _ => Ok(()),
    }
}

/// Reads one version; none if there is none with this id.
///
/// # Errors
/// There is no such Worker, or no answer.
pub fn version(client: &Client, name: &str, id: &str) -> Result<Option<Version>, Error> {
    let path = script(client, name, &format!("/versions/{id}"));
    match client.call(&Call::get("read a version of the Worker", &path)) {
        Ok(found) => Ok(Some(read_version(&found))),
        Err(error) if error.is_not_found() => Ok(None),
        Err(error) => Err(error),
    }
}

fn read_version(value: &Value) -> Version {
    Version {
        id: text(value, "id"),
        created: text(&value["metadata"], "created_on"),
        message: text(&value["annotations"], "workers/message"),
        tag: text(&value["annotations"], "workers/tag"),
        alias: text(&value["annotations"], "workers/alias"),
    }
}

/// Returns the bindings of the newest version as Cloudflare tells them; secrets have no text.
///
/// # Errors
/// There is no such Worker, or no answer.
pub fn bindings(client: &Client, name: &str) -> Result<Vec<Value>, Error> {
    let path = script(client, name, "/settings");
    let found = client.call(&Call::get("read the settings of the Worker", &path))?;
    Ok(found["bindings"].as_array().cloned().unwrap_or_default())
}

/// Uploads a version that is not live. Where it is not known whether it arrived, looks before it is sent again.
///
/// # Errors
/// Cloudflare refuses it, or cannot be reached.
pub fn create_version(client: &Client, name: &str, new: &NewVersion) -> Result<String, Error> {
    let path = script(client, name, "/versions?bindings_inherit=strict");
    send(client, name, &Method::POST, &path, new)
}

/// Uploads the first version of a Worker.
///
/// # Errors
/// Cloudflare refuses it, or cannot be reached.
pub fn create(client: &Client, name: &str, new: &NewVersion) -> Result<String, Error> {
    let path = script(client, name, "?excludeScript=true&bindings_inherit=strict");
    send(client, name, &Method::PUT, &path, new)
}

fn send(client: &Client, name: &str, method: &Method, path: &str, new: &NewVersion) -> Result<String, Error> {
    let mut parts = Multipart::new(&new.marker);
    parts.field("metadata", &new.metadata.to_string());
    for Module { name, content_type, file, size } in &new.modules {
        parts.file(name, name, content_type, file, *size);
    }
    let content_type = parts.content_type();
    let body = parts.finish();
    let call = Call::with("upload the Worker", method, path, Payload::Body(&content_type, &body)).creates();
    let create = || {
        let made = client.call(&call)?;
        // A version says its id; a script says it by another name.
        let id = ["deployment_id", "id"].into_iter().map(|key| text(&made, key)).find(|id| !id.is_empty());
        Ok(hyphenated(&id.unwrap_or_default()))
    };
    looking(client, create, || find(client, name, &new.marker))
}

/// Ids of new scripts come without hyphens, and are asked for with them.
fn hyphenated(id: &str) -> String {
    if id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        format!("{}-{}-{}-{}-{}", &id[..8], &id[8..12], &id[12..16], &id[16..20], &id[20..])
    } else {
        id.to_owned()
    }
}

/// Looks for a version by its marker.
///
/// # Errors
/// There is no answer. A Worker that does not exist has no versions.
pub fn find(client: &Client, name: &str, marker: &str) -> Result<Option<String>, Error> {
    // Whether it can run already is another question.
    match list_versions(client, &script(client, name, "/versions")) {
        Ok(found) => Ok(found.into_iter().find(|version| version.message.contains(marker)).map(|version| version.id)),
        Err(error) if is_unknown(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Lets versions run for shares of the visitors, in all 100: one version for all of them, or what ran before on the way back. `force` lets a version
/// run also where secrets have changed since.
///
/// # Errors
/// There is no such version, secrets have changed since ([`SECRETS_HAVE_CHANGED`]), or there is no answer.
pub fn deploy(client: &Client, name: &str, shares: &[(String, f64)], message: &str, force: bool) -> Result<(), Error> {
    let path = script(client, name, if force { "/deployments?force=true" } else { "/deployments" });
    let share = |(id, share): &(String, f64)| json!({ "version_id": id, "percentage": share });
    let body = json!({
        "strategy": "percentage",
        "versions": shares.iter().map(share).collect::<Vec<_>>(),
        "annotations": { "workers/message": message },
    });
    let call = Call::with("make the version live", &Method::POST, &path, Payload::Json(&body)).creates();
    looking(
        client,
        || client.call(&call).map(drop),
        || {
            let newest = deployments(client, name)?.and_then(|all| all.into_iter().next());
            Ok(newest.filter(|newest| newest.versions == shares).map(drop))
        },
    )
}

/// Sets what is no part of a version: observability, logs.
///
/// # Errors
/// There is no such Worker, or no answer.
pub fn patch_settings(client: &Client, name: &str, settings: &Value) -> Result<(), Error> {
    let path = script(client, name, "/script-settings");
    client.call(&Call::with("set up the Worker", &Method::PATCH, &path, Payload::Json(settings))).map(drop)
}

/// Returns whether the Worker can be reached at workers.dev, and its versions by addresses of their own.
///
/// # Errors
/// There is no such Worker, or no answer.
pub fn workers_dev(client: &Client, name: &str) -> Result<(bool, bool), Error> {
    let path = script(client, name, "/subdomain");
    let found = client.call(&Call::get("read the Worker's address", &path))?;
    Ok((found["enabled"] == true, found["previews_enabled"] == true))
}

/// Sets both.
///
/// # Errors
/// There is no such Worker, or no answer.
pub fn set_workers_dev(client: &Client, name: &str, enabled: bool, previews: bool) -> Result<(), Error> {
    let path = script(client, name, "/subdomain");
    let body = json!({ "enabled": enabled, "previews_enabled": previews });
    client.call(&Call::with("set the Worker's address", &Method::POST, &path, Payload::Json(&body))).map(drop)
}

/// Returns the account's name at workers.dev; none where it has none.
///
/// # Errors
/// There is no answer.
pub fn account_subdomain(client: &Client) -> Result<Option<String>, Error> {
    let path = client.path("/workers/subdomain");
    match client.call(&Call::get("read the account's name at workers.dev", &path)) {
        Ok(found) => Ok(Some(text(&found, "subdomain")).filter(|name| !name.is_empty())),
        Err(error) if is_unknown(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Returns the id of the zone that a host name belongs to.
///
/// # Errors
/// There is no answer.
pub fn zone(client: &Client, host: &str) -> Result<Option<String>, Error> {
    let parts: Vec<&str> = host.split('.').collect();
    for start in 0..parts.len().saturating_sub(1) {
        let name = parts[start..].join(".");
        let found = client.call(&Call::get("look for the zone", &format!("/zones?name={name}")))?;
        if let Some(zone) = found.as_array().and_then(|zones| zones.first()) {
            return Ok(Some(text(zone, "id")));
        }
    }
    Ok(None)
}

/// Returns pattern → Worker of the routes of a zone.
///
/// # Errors
/// The token may not, or there is no answer.
pub fn routes(client: &Client, zone: &str) -> Result<BTreeMap<String, String>, Error> {
    let found = client.call(&Call::get("list the routes", &format!("/zones/{zone}/workers/routes")))?;
    let routes = found.as_array().into_iter().flatten();
    Ok(routes.map(|route| (text(route, "pattern"), text(route, "script"))).collect())
}

/// Adds a route; the others stay.
///
/// # Errors
/// It leads elsewhere already, or there is no answer.
pub fn add_route(client: &Client, zone: &str, pattern: &str, name: &str) -> Result<(), Error> {
    let path = format!("/zones/{zone}/workers/routes");
    let body = json!({ "pattern": pattern, "script": name });
    let call = Call::with("add the route", &Method::POST, &path, Payload::Json(&body)).creates();
    looking(
        client,
        || client.call(&call).map(drop),
        || Ok(routes(client, zone)?.get(pattern).filter(|script| *script == name).map(drop)),
    )
}

/// Returns host name → Worker of all custom domains.
///
/// # Errors
/// There is no answer.
pub fn domains(client: &Client) -> Result<BTreeMap<String, String>, Error> {
    let path = client.path("/workers/domains");
    let found = client.call(&Call::get("list the custom domains", &path))?;
    let domains = found.as_array().into_iter().flatten();
    Ok(domains.map(|domain| (text(domain, "hostname"), text(domain, "service"))).collect())
}

/// Connects a custom domain; the others stay.
///
/// # Errors
/// The host name has other DNS records, or there is no answer.
pub fn attach_domain(client: &Client, zone: &str, host: &str, name: &str) -> Result<(), Error> {
    let path = client.path("/workers/domains");
    let body = json!({ "hostname": host, "service": name, "zone_id": zone, "environment": "production" });
    client.call(&Call::with("connect the custom domain", &Method::PUT, &path, Payload::Json(&body))).map(drop)
}

/// Returns the cron expressions of a Worker.
///
/// # Errors
/// There is no answer.
pub fn schedules(client: &Client, name: &str) -> Result<Vec<String>, Error> {
    let path = script(client, name, "/schedules");
    let found = client.call(&Call::get("read the schedules", &path))?;
    Ok(found["schedules"].as_array().into_iter().flatten().map(|one| text(one, "cron")).collect())
}

/// Sets the cron expressions of a Worker; others go.
///
/// # Errors
/// One cannot be understood, or there is no answer.
pub fn set_schedules(client: &Client, name: &str, crons: &[String]) -> Result<(), Error> {
    let path = script(client, name, "/schedules");
    let body: Value = crons.iter().map(|cron| json!({ "cron": cron })).collect();
    client.call(&Call::with("set the schedules", &Method::PUT, &path, Payload::Json(&body))).map(drop)
}

/// Lists the names of the secrets.
///
/// # Errors
/// There is no such Worker, or no answer.
pub fn secrets(client: &Client, name: &str) -> Result<Vec<String>, Error> {
    let path = script(client, name, "/secrets");
    let found = client.call(&Call::get("list the secrets", &path))?;
    Ok(found.as_array().into_iter().flatten().map(|secret| text(secret, "name")).collect())
}

/// Stores a secret; a former one of that name is replaced.
///
/// # Errors
/// There is no such Worker, its newest version is not live, or there is no answer.
pub fn put_secret(client: &Client, name: &str, key: &str, value: &Secret) -> Result<(), Error> {
    let path = script(client, name, "/secrets");
    let body = json!({ "name": key, "text": value.expose(), "type": "secret_text" });
    client.call(&Call::with("store the secret", &Method::PUT, &path, Payload::Json(&body))).map(drop)
}

/// Deletes a secret. One that is gone already is no failure.
///
/// # Errors
/// There is no such Worker, or no answer.
pub fn delete_secret(client: &Client, name: &str, key: &str) -> Result<(), Error> {
    let path = script(client, name, &format!("/secrets/{key}"));
    match client.call(&Call::with("delete the secret", &Method::DELETE, &path, Payload::None)) {
        Err(error) if error.has_code(10_056) => Ok(()),
        other => other.map(drop),
    }
}

/// The code by which Cloudflare says that secrets have changed since a version ran.
pub const SECRETS_HAVE_CHANGED: i64 = 10_220;

/// The code by which Cloudflare says that the newest version is not the one that runs.
pub const NEWEST_IS_NOT_LIVE: i64 = 10_215;

/// Sessions that are begun for one upload: each knows what the former ones brought.
const SESSIONS: usize = 4;

/// Makes the files known to Cloudflare. Returns the token by which a version refers to them.
///
/// # Errors
/// Cloudflare refuses, cannot be reached, or loses what it accepted.
pub fn upload_assets(
    client: &Client,
    name: &str,
    assets: &[Asset],
    progress: &dyn Progress,
) -> Result<(String, Uploaded), Error> {
    let operation = "begin the upload of files";
    let path = script(client, name, "/assets-upload-session");
    let file = |asset: &Asset| (asset.path.clone(), json!({ "hash": asset.hash, "size": asset.size }));
    let manifest: serde_json::Map<String, Value> = assets.iter().map(file).collect();
    let body = json!({ "manifest": manifest });
    let by_hash: BTreeMap<&str, &Asset> = assets.iter().map(|asset| (asset.hash.as_str(), asset)).collect();
    let mut done = Uploaded { known: by_hash.len(), ..Uploaded::default() };
    for session in 0..SESSIONS {
        let call = Call::with(operation, &Method::POST, &path, Payload::Json(&body));
        let begun = client.call(&call)?;
        let token = text(&begun, "jwt");
        let mut buckets = Vec::new();
        for bucket in begun["buckets"].as_array().into_iter().flatten() {
            let known = |hash: &Value| hash.as_str().and_then(|hash| by_hash.get(hash).copied());
            let files: Option<Vec<&Asset>> = bucket.as_array().into_iter().flatten().map(known).collect();
            let Some(files) = files else {
                return Err(Error::Protocol {
                    operation,
                    reason: "Cloudflare asks for a file that was not named".to_owned(),
                });
            };
            if !files.is_empty() {
                buckets.push(files);
            }
        }
        if buckets.is_empty() {
            return Ok((token, done));
        }
        let files: usize = buckets.iter().map(Vec::len).sum();
        let bytes: u64 = buckets.iter().flatten().map(|asset| asset.size).sum();
        if session == 0 {
            done.known -= files;
            progress.missing(files, bytes);
        }
        match send_buckets(client, &token, buckets, progress) {
            Ok(completion) => {
                done.files += files;
                done.bytes += bytes;
                if let Some(token) = completion {
                    return Ok((token, done));
                }
            }
            // Too old: the next session asks only for what is still missing.
            Err(error) if error.is_expired_token() && session + 1 < SESSIONS => {
                client.note(&format!("{error}; beginning a new upload"));
            }
            Err(error) => return Err(error),
        }
    }
    let first = assets.first().map(|asset| asset.path.clone()).unwrap_or_default();
    Err(Error::AssetsLost { count: assets.len(), first })
}

fn send_buckets(
    client: &Client,
    token: &str,
    buckets: Vec<Vec<&Asset>>,
    progress: &dyn Progress,
) -> Result<Option<String>, Error> {
    let waiting = Mutex::new(buckets);
    let outcome: Mutex<Result<Option<String>, Error>> = Mutex::new(Ok(None));
    let lock = || outcome.lock().unwrap_or_else(PoisonError::into_inner);
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                loop {
                    if lock().is_err() {
                        return;
                    }
                    let Some(bucket) = waiting.lock().unwrap_or_else(PoisonError::into_inner).pop() else { return };
                    let mut parts = Multipart::new(token);
                    for asset in &bucket {
                        let content_type = content_type::workers(&asset.path);
                        parts.base64(&asset.hash, &asset.hash, &content_type, &asset.file, asset.size);
                    }
                    let content_type = parts.content_type();
                    let body = parts.finish();
                    let path = client.path("/workers/assets/upload?base64=true");
                    let call = Call {
                        operation: "upload files",
                        method: &Method::POST,
                        path: &path,
                        auth: Auth::Upload(token),
                        payload: Payload::Body(&content_type, &body),
                        repeat: Repeat::Safe,
                    };
                    match client.call(&call) {
                        Ok(answer) => {
                            progress.sent(&bucket);
                            let completion = text(&answer, "jwt");
                            if let (Ok(known), false) = (&mut *lock(), completion.is_empty()) {
                                *known = Some(completion);
                            }
                        }
                        Err(error) => *lock() = Err(error),
                    }
                }
            });
        }
    });
    outcome.into_inner().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_written_as_they_are_asked_for() {
        let long = "0123456789abcdef0123456789abcdef";
        assert_eq!(hyphenated(long), "01234567-89ab-cdef-0123-456789abcdef");
        assert_eq!(hyphenated("01234567-89ab"), "01234567-89ab");
    }
}
