//! Pages: projects, direct upload, deployments.
//!
//! Documented by Cloudflare: projects and deployments. Not documented, and sent as Cloudflare's own program sends it: the token of an upload, the
//! questions for missing files, the upload itself. Files go up in buckets of a few megabytes, several at a time; each is repeated by itself.
//! What the server has been given once it knows by hash, so that a broken upload goes on where it stopped.

use std::collections::{BTreeMap, HashSet};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use ureq::http::Method;

use crate::Asset;
use crate::account::text;
use crate::body::{Body, Multipart};
use crate::client::{Auth, Call, Client, Payload, unix_time};
use crate::content_type;
use crate::error::Error;

/// Files of a deployment where the token says nothing.
pub const MOST_FILES: u64 = 20_000;
/// Bytes of a file that Pages and Workers take.
pub const LARGEST_FILE: u64 = 25 << 20;

/// Bytes of a bucket.
const BUCKET_BYTES: u64 = 8 << 20;
/// Files of a bucket.
const BUCKET_FILES: usize = 1_000;
/// Buckets that are on their way at once.
const PARALLEL: usize = 4;
/// Hashes that are asked for at once.
const HASHES: usize = 20_000;

/// A project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Project {
    /// Its name.
    pub name: String,
    /// `name.pages.dev`
    pub subdomain: String,
    /// All host names.
    pub domains: Vec<String>,
    /// The branch that is production.
    pub production_branch: String,
    /// The deployment that visitors see.
    pub live: Option<Deployment>,
}

/// A deployment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deployment {
    /// Its id.
    pub id: String,
    /// Its own address, for good.
    pub url: String,
    /// Further addresses.
    pub aliases: Vec<String>,
    /// Whether it is one of production.
    pub production: bool,
    /// When it was made, as Cloudflare writes times.
    pub created: String,
    /// The branch.
    pub branch: String,
    /// The commit.
    pub commit: String,
    /// The commit's message, with the marker.
    pub message: String,
    /// The last stage: `queued`, `build`, `deploy`…
    pub stage: String,
    /// Its status: `active`, `success`, `failure`, `canceled`…
    pub status: String,
}

impl Deployment {
    /// Reports whether it is finished and can be seen.
    pub fn is_done(&self) -> bool {
        self.stage == "deploy" && self.status == "success"
    }

    /// Reports whether it has failed for good.
    pub fn has_failed(&self) -> bool {
        matches!(self.status.as_str(), "failure" | "canceled" | "skipped")
    }

    fn read(value: &Value) -> Self {
        let metadata = &value["deployment_trigger"]["metadata"];
        Self {
            id: text(value, "id"),
            url: text(value, "url"),
            aliases: strings(&value["aliases"]),
            production: value["environment"] == "production",
            created: text(value, "created_on"),
            branch: text(metadata, "branch"),
            commit: text(metadata, "commit_hash"),
            message: text(metadata, "commit_message"),
            stage: text(&value["latest_stage"], "name"),
            status: text(&value["latest_stage"], "status"),
        }
    }
}

fn strings(value: &Value) -> Vec<String> {
    value.as_array().into_iter().flatten().filter_map(|one| one.as_str().map(str::to_owned)).collect()
}

/// Looks a project up; none if there is none of that name.
///
/// # Errors
/// There is no answer, or the token may not see it.
pub fn project(client: &Client, name: &str) -> Result<Option<Project>, Error> {
    let path = client.path(&format!("/pages/projects/{name}"));
    match client.call(&Call::get("read the Pages project", &path)) {
        Ok(found) => Ok(Some(read_project(&found))),
        Err(error) if error.has_code(8_000_007) || error.is_not_found() => Ok(None),
        Err(error) => Err(error),
    }
}

fn read_project(value: &Value) -> Project {
    let live = value.get("canonical_deployment").filter(|live| live.is_object());
    Project {
        name: text(value, "name"),
        subdomain: text(value, "subdomain"),
        domains: strings(&value["domains"]),
        production_branch: text(value, "production_branch"),
        live: live.map(Deployment::read),
    }
}

/// Makes a project.
///
/// # Errors
/// The name is taken or not allowed, or there is no answer.
pub fn create_project(client: &Client, name: &str, production_branch: &str) -> Result<Project, Error> {
    let path = client.path("/pages/projects");
    let body = json!({ "name": name, "production_branch": production_branch });
    let call = Call::with("make the Pages project", &Method::POST, &path, Payload::Json(&body)).creates();
    looking(client, || client.call(&call).map(|made| read_project(&made)), || project(client, name))
}

/// Does what creates something. Where it is not known whether it happened, looks for it before it is done again.
pub(crate) fn looking<T>(
    client: &Client,
    create: impl Fn() -> Result<T, Error>,
    look: impl Fn() -> Result<Option<T>, Error>,
) -> Result<T, Error> {
    let mut attempt = 0;
    loop {
        attempt += 1;
        let error = match create() {
            Ok(made) => return Ok(made),
            Err(error) if error.may_have_happened() => error,
            Err(error) => return Err(error),
        };
        // What was received late may appear late: wait first, then look.
        client.wait(attempt, None, &error);
        if let Some(found) = look()? {
            return Ok(found);
        }
        if attempt >= client.policy().tries {
            return Err(error);
        }
    }
}

/// Told how an upload goes on.
pub trait Progress: Sync {
    /// So many files have to be sent.
    fn missing(&self, files: usize, bytes: u64);
    /// These files are known to the server now.
    fn sent(&self, assets: &[&Asset]);
}

/// What an upload did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Uploaded {
    /// Files sent.
    pub files: usize,
    /// Bytes sent, before they were encoded.
    pub bytes: u64,
    /// Files that the server knew already.
    pub known: usize,
}

/// The token of an upload, fetched when it is needed and again before it expires.
struct UploadToken<'c> {
    client: &'c Client,
    project: &'c str,
    current: Mutex<Option<Fetched>>,
}

#[derive(Clone)]
struct Fetched {
    token: String,
    renew_at: Instant,
    most_files: u64,
}

impl<'c> UploadToken<'c> {
    fn new(client: &'c Client, project: &'c str) -> Self {
        Self { client, project, current: Mutex::new(None) }
    }

    /// Returns a token that holds; not `stale`, which the server has refused.
    fn get(&self, stale: Option<&str>) -> Result<Fetched, Error> {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = &*current
            && stale != Some(known.token.as_str())
            && Instant::now() < known.renew_at
        {
            return Ok(known.clone());
        }
        let path = self.client.path(&format!("/pages/projects/{}/upload-token", self.project));
        let found = self.client.call(&Call::get("fetch the token of the upload", &path))?;
        let token = text(&found, "jwt");
        let claims = claims(&token).unwrap_or_default();
        let now = unix_time();
        let from = claims["iat"].as_u64().unwrap_or(now);
        // Renewed after four fifths of its life; one that does not say how long it lives counts for five minutes.
        let life = claims["exp"].as_u64().map_or(300, |until| until.saturating_sub(from));
        let fetched = Fetched {
            token,
            renew_at: Instant::now() + Duration::from_secs(life) * 4 / 5,
            most_files: claims["max_file_count_allowed"].as_u64().unwrap_or(MOST_FILES),
        };
        *current = Some(fetched.clone());
        Ok(fetched)
    }

    /// Makes a call with the token; where the server finds it too old, with a new one.
    fn call(&self, operation: &'static str, path: &str, payload: Payload<'_>) -> Result<Value, Error> {
        let mut stale = None;
        let mut renewals = 0;
        loop {
            let token = self.get(stale.as_deref())?.token;
            let call = Call::with(operation, &Method::POST, path, payload).auth(Auth::Upload(&token));
            match self.client.call(&call) {
                Err(error) if error.is_expired_token() && renewals < 3 => {
                    renewals += 1;
                    self.client.note(&format!("{error}; fetching a new token"));
                    stale = Some(token);
                }
                other => return other,
            }
        }
    }
}

/// Reads the claims of a token, which are not secret and not checked here.
pub(crate) fn claims(token: &str) -> Option<Value> {
    let middle = token.split('.').nth(1)?;
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(middle.trim_end_matches('=')).ok()?).ok()
}

/// Returns how many files a deployment of the project may have.
///
/// # Errors
/// The token of the upload cannot be had.
pub fn most_files(client: &Client, project: &str) -> Result<u64, Error> {
    Ok(UploadToken::new(client, project).get(None)?.most_files)
}

/// Makes the files known to the server: asks which it lacks, sends those, and asks again.
///
/// # Errors
/// The server refuses, cannot be reached, or loses what it accepted.
pub fn upload(client: &Client, project: &str, assets: &[Asset], progress: &dyn Progress) -> Result<Uploaded, Error> {
    let token = UploadToken::new(client, project);
    let mut by_hash: BTreeMap<&str, &Asset> = BTreeMap::new();
    for asset in assets {
        // Equal files are sent once.
        by_hash.entry(&asset.hash).or_insert(asset);
    }
    let hashes: Vec<&str> = by_hash.keys().copied().collect();
    let mut missing = check_missing(&token, &hashes)?;
    let mut done = Uploaded { known: by_hash.len() - missing.len(), ..Uploaded::default() };
    progress
        .missing(missing.len(), missing.iter().filter_map(|hash| by_hash.get(hash.as_str())).map(|one| one.size).sum());
    let mut rounds = 0;
    while !missing.is_empty() {
        rounds += 1;
        if rounds > 2 {
            let first =
                missing.iter().filter_map(|hash| by_hash.get(hash.as_str())).map(|asset| asset.path.clone()).next();
            return Err(Error::AssetsLost { count: missing.len(), first: first.unwrap_or_default() });
        }
        let files: Vec<&Asset> = missing.iter().filter_map(|hash| by_hash.get(hash.as_str()).copied()).collect();
        done.files += files.len();
        done.bytes += files.iter().map(|asset| asset.size).sum::<u64>();
        let sent: Vec<&str> = files.iter().map(|asset| asset.hash.as_str()).collect();
        send(&token, buckets(files), progress)?;
        // A server that accepts and forgets would otherwise show holes in the site.
        missing = check_missing(&token, &sent)?;
    }
    let body = json!({ "hashes": hashes });
    let noted = token.call("note the files of the upload", "/pages/assets/upsert-hashes", Payload::Json(&body));
    if let Err(error) = noted {
        client.note(&format!("{error}; this only makes the next upload slower"));
    }
    Ok(done)
}

fn check_missing(token: &UploadToken<'_>, hashes: &[&str]) -> Result<Vec<String>, Error> {
    let operation = "ask which files are missing";
    let mut missing = Vec::new();
    for part in hashes.chunks(HASHES) {
        let found = token.call(operation, "/pages/assets/check-missing", Payload::Json(&json!({ "hashes": part })))?;
        let Some(found) = found.as_array() else {
            return Err(Error::Protocol { operation, reason: "the answer is no list".to_owned() });
        };
        let asked: HashSet<&str> = part.iter().copied().collect();
        let found = found.iter().filter_map(Value::as_str).filter(|hash| asked.contains(hash));
        missing.extend(found.map(str::to_owned));
    }
    missing.sort_unstable();
    missing.dedup();
    Ok(missing)
}

/// Shares files out, the largest first; a large file is a bucket of its own.
fn buckets(mut files: Vec<&Asset>) -> Vec<Vec<&Asset>> {
    files.sort_by(|one, other| other.size.cmp(&one.size).then_with(|| one.path.cmp(&other.path)));
    let mut buckets: Vec<Vec<&Asset>> = Vec::new();
    let mut room = 0;
    for file in files {
        match buckets.last_mut() {
            Some(last) if file.size <= room && last.len() < BUCKET_FILES => {
                last.push(file);
                room -= file.size;
            }
            _ => {
                buckets.push(vec![file]);
                room = BUCKET_BYTES.saturating_sub(file.size);
            }
        }
    }
    // They are taken from the end: the largest first, so that none of them is left over at last.
    buckets.reverse();
    buckets
}

fn send(token: &UploadToken<'_>, buckets: Vec<Vec<&Asset>>, progress: &dyn Progress) -> Result<(), Error> {
    let waiting = Mutex::new(buckets);
    let failure: Mutex<Option<Error>> = Mutex::new(None);
    std::thread::scope(|scope| {
        for _ in 0..PARALLEL {
            scope.spawn(|| {
                loop {
                    if failure.lock().unwrap_or_else(PoisonError::into_inner).is_some() {
                        return;
                    }
                    let Some(bucket) = waiting.lock().unwrap_or_else(PoisonError::into_inner).pop() else { return };
                    match send_bucket(token, &bucket) {
                        Ok(()) => progress.sent(&bucket),
                        // Too much at once for somebody on the way: two halves.
                        Err(error) if error.status() == Some(413) && bucket.len() > 1 => {
                            let (one, other) = bucket.split_at(bucket.len() / 2);
                            let mut waiting = waiting.lock().unwrap_or_else(PoisonError::into_inner);
                            waiting.push(one.to_vec());
                            waiting.push(other.to_vec());
                        }
                        Err(error) => {
                            failure.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
                        }
                    }
                }
            });
        }
    });
    failure.into_inner().unwrap_or_else(PoisonError::into_inner).map_or(Ok(()), Err)
}

fn send_bucket(token: &UploadToken<'_>, bucket: &[&Asset]) -> Result<(), Error> {
    let mut body = Body::new();
    for (index, asset) in bucket.iter().enumerate() {
        let before = if index == 0 { '[' } else { ',' };
        // Hash, type and base64 have nothing that JSON would escape.
        body.text(&format!("{before}{{\"key\":\"{}\",\"value\":\"", asset.hash));
        body.base64(&asset.file, asset.size);
        let content_type = content_type::pages(&asset.path);
        body.text(&format!("\",\"metadata\":{{\"contentType\":\"{content_type}\"}},\"base64\":true}}"));
    }
    body.text("]");
    token.call("upload files", "/pages/assets/upload", Payload::Body("application/json", &body)).map(drop)
}

/// A deployment that is to be made.
#[derive(Clone, Debug, Default)]
pub struct NewDeployment {
    /// Path → hash of all files.
    pub manifest: BTreeMap<String, String>,
    /// `_headers`, `_redirects`, `_routes.json`, `_worker.bundle` with their bytes; empty ones are left out.
    pub special: Vec<(String, Vec<u8>)>,
    /// The branch; the production branch means production.
    pub branch: String,
    /// The commit, where there is one.
    pub commit: Option<String>,
    /// A message of at most 384 bytes, the marker at its end.
    pub message: String,
    /// Whether the working tree differs from the commit.
    pub dirty: bool,
    /// What a deployment of ours is found by: stands in `message`.
    pub marker: String,
}

/// Bytes of a message that Pages takes.
pub const LONGEST_MESSAGE: usize = 384;

/// Makes a deployment. After a failure that leaves it open whether it was made, looks for it before trying again.
///
/// # Errors
/// The server refuses or cannot be reached. [`Error::may_have_happened`] tells whether there may be a deployment all the same.
pub fn create(client: &Client, project: &str, new: &NewDeployment) -> Result<Deployment, Error> {
    let mut parts = Multipart::new(&new.marker);
    let manifest = serde_json::to_string(&new.manifest).unwrap_or_default();
    parts.field("manifest", &manifest);
    if !new.branch.is_empty() {
        parts.field("branch", &new.branch);
    }
    if !new.message.is_empty() {
        parts.field("commit_message", &new.message);
    }
    if let Some(commit) = &new.commit {
        parts.field("commit_hash", commit);
    }
    parts.field("commit_dirty", if new.dirty { "true" } else { "false" });
    for (name, bytes) in new.special.iter().filter(|(_, bytes)| !bytes.is_empty()) {
        parts.bytes(name, name, "application/octet-stream", bytes);
    }
    let content_type = parts.content_type();
    let body = parts.finish();
    let path = client.path(&format!("/pages/projects/{project}/deployments"));
    let payload = Payload::Body(&content_type, &body);
    let call = Call::with("make the deployment", &Method::POST, &path, payload).creates();
    let create = || client.call(&call).map(|made| Deployment::read(&made));
    looking(client, create, || find(client, project, &new.marker))
}

/// Looks for a deployment by its marker among the newest.
///
/// # Errors
/// There is no answer.
pub fn find(client: &Client, project: &str, marker: &str) -> Result<Option<Deployment>, Error> {
    let found = list(client, project, None, 1)?;
    Ok(found.into_iter().find(|deployment| !marker.is_empty() && deployment.message.contains(marker)))
}

/// Lists deployments, the newest first: those of production, of previews, or all; one page of 25 each.
///
/// # Errors
/// There is no answer.
pub fn list(client: &Client, project: &str, production: Option<bool>, page: usize) -> Result<Vec<Deployment>, Error> {
    let env = production.map_or("", |production| if production { "&env=production" } else { "&env=preview" });
    let path = client.path(&format!("/pages/projects/{project}/deployments?per_page=25&page={page}{env}"));
    let found = client.call(&Call::get("list the deployments", &path))?;
    Ok(found.as_array().into_iter().flatten().map(Deployment::read).collect())
}

/// Reads one deployment.
///
/// # Errors
/// There is none, or no answer.
pub fn deployment(client: &Client, project: &str, id: &str) -> Result<Deployment, Error> {
    let path = client.path(&format!("/pages/projects/{project}/deployments/{id}"));
    Ok(Deployment::read(&client.call(&Call::get("read the deployment", &path))?))
}

/// Waits until a deployment can be seen or has failed. Returns it as it is then; one that is neither has not been finished in time.
///
/// # Errors
/// There is no answer for longer than the patience of the client, and the time is over.
pub fn wait(client: &Client, project: &str, made: Deployment, patience: Duration) -> Result<Deployment, Error> {
    let until = Instant::now() + patience;
    let mut pause = client.policy().first_pause;
    let mut known = made;
    loop {
        if known.is_done() || known.has_failed() {
            return Ok(known);
        }
        let left = until.saturating_duration_since(Instant::now());
        std::thread::sleep(pause.min(left));
        pause = (pause * 2).min(client.policy().longest_pause.min(Duration::from_secs(8)));
        match deployment(client, project, &known.id) {
            Ok(found) => known = found,
            Err(error) if Instant::now() >= until => return Err(error),
            Err(error) if error.is_passing() => client.note(&format!("{error}; still waiting")),
            Err(error) => return Err(error),
        }
        if Instant::now() >= until {
            return Ok(known);
        }
    }
}

/// Fetches what the server says of a deployment that failed; nothing where it says nothing.
pub fn logs(client: &Client, project: &str, id: &str) -> Vec<String> {
    let path = client.path(&format!("/pages/projects/{project}/deployments/{id}/history/logs"));
    let found = client.call(&Call::get("read the logs", &path)).unwrap_or_default();
    found["data"].as_array().into_iter().flatten().filter_map(|line| line["line"].as_str().map(str::to_owned)).collect()
}

/// Makes a former deployment of production the one that visitors see.
///
/// # Errors
/// It cannot be rolled back to, or there is no answer.
pub fn roll_back(client: &Client, project: &str, id: &str) -> Result<Deployment, Error> {
    let path = client.path(&format!("/pages/projects/{project}/deployments/{id}/rollback"));
    let call = Call::with("roll back", &Method::POST, &path, Payload::None).creates();
    let create = || client.call(&call).map(|made| Deployment::read(&made));
    // Rolling back twice to the same one changes nothing: what is asked is only whether it has happened.
    looking(client, create, || {
        Ok(self::project(client, project)?.and_then(|project| project.live).filter(|live| live.id == id))
    })
}

/// Deletes a deployment. One that is gone already is no failure.
///
/// # Errors
/// It is live, or there is no answer.
pub fn delete(client: &Client, project: &str, id: &str) -> Result<(), Error> {
    let path = client.path(&format!("/pages/projects/{project}/deployments/{id}?force=true"));
    match client.call(&Call::with("delete the deployment", &Method::DELETE, &path, Payload::None)) {
        Err(error) if !error.is_not_found() && !error.has_code(8_000_009) => Err(error),
        _ => Ok(()),
    }
}

/// Connects a custom domain; the others stay. Its DNS record is made where the zone is in the same account.
///
/// # Errors
/// The domain belongs to another project, or there is no answer.
pub fn add_domain(client: &Client, project: &str, domain: &str) -> Result<(), Error> {
    let path = client.path(&format!("/pages/projects/{project}/domains"));
    let body = json!({ "name": domain });
    let call = Call::with("connect the custom domain", &Method::POST, &path, Payload::Json(&body)).creates();
    looking(
        client,
        || client.call(&call).map(drop),
        || {
            let found = self::project(client, project)?;
            Ok(found.filter(|project| project.domains.iter().any(|known| known == domain)).map(drop))
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asset(path: &str, size: u64) -> Asset {
        Asset { path: path.to_owned(), file: path.into(), size, hash: path.to_owned() }
    }

    #[test]
    fn buckets_are_bounded_in_bytes_and_files() {
        let many: Vec<Asset> = (0..2_500).map(|n| asset(&format!("/{n:04}"), 10)).collect();
        let large = [asset("/large", 20 << 20), asset("/five", 5 << 20), asset("/four", 4 << 20)];
        let all: Vec<&Asset> = many.iter().chain(&large).collect();
        let buckets = buckets(all);
        assert_eq!(buckets.iter().map(Vec::len).sum::<usize>(), 2_503);
        for bucket in &buckets {
            let bytes: u64 = bucket.iter().map(|asset| asset.size).sum();
            assert!(bucket.len() <= BUCKET_FILES && (bytes <= BUCKET_BYTES || bucket.len() == 1), "{}", bucket.len());
        }
        assert_eq!(buckets.last().unwrap()[0].path, "/large");
        assert!(super::buckets(Vec::new()).is_empty());
    }

    #[test]
    fn claims_are_read() {
        let token = format!("x.{}.y", URL_SAFE_NO_PAD.encode(r#"{"exp":5,"max_file_count_allowed":7}"#));
        let claims = claims(&token).unwrap();
        assert_eq!((claims["exp"].as_u64(), claims["max_file_count_allowed"].as_u64()), (Some(5), Some(7)));
        assert_eq!(super::claims("nonsense"), None);
    }
}
