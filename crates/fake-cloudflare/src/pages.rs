//! Pages: projects, direct upload, deployments, and the sites that come of them.

use std::collections::{BTreeMap, HashMap};
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use crate::http::Request;
use crate::{Reply, State, Step, multipart, now, step};

/// All of Pages.
pub(crate) struct Pages {
    projects: BTreeMap<String, Project>,
    /// Bytes and content type by hash.
    assets: HashMap<String, (Vec<u8>, String)>,
    /// Until when each token of an upload holds.
    tokens: HashMap<String, Instant>,
    pub(crate) token_life: Duration,
    pub(crate) most_files: Option<u64>,
    pub(crate) uploads: BTreeMap<String, usize>,
    /// Forget what the next upload brings.
    pub(crate) lose: bool,
    /// How the next deployment ends.
    pub(crate) stage: Option<&'static str>,
}

impl Default for Pages {
    fn default() -> Self {
        Self {
            projects: BTreeMap::new(),
            assets: HashMap::new(),
            tokens: HashMap::new(),
            token_life: Duration::from_secs(300),
            most_files: None,
            uploads: BTreeMap::new(),
            lose: false,
            stage: None,
        }
    }
}

struct Project {
    name: String,
    production_branch: String,
    created: String,
    deployments: Vec<Deployment>,
    live: Option<String>,
    variables: Value,
    domains: Vec<String>,
}

/// A deployment.
#[derive(Clone, Debug)]
pub struct Deployment {
    /// Its id.
    pub id: String,
    /// Path → hash.
    pub manifest: BTreeMap<String, String>,
    /// Name → bytes of `_headers` and the like.
    pub special: BTreeMap<String, Vec<u8>>,
    /// All fields of the form but the manifest.
    pub fields: BTreeMap<String, String>,
    /// Whether it is one of production.
    pub production: bool,
    /// When it was made.
    pub created: String,
    /// How it ended: `success`, `failure` or `active`.
    pub status: String,
}

impl Pages {
    pub(crate) fn add_project(&mut self, name: &str, production_branch: &str) {
        let project = Project {
            name: name.to_owned(),
            production_branch: production_branch.to_owned(),
            created: "2026-11-23T00:00:00.000000Z".to_owned(),
            deployments: Vec::new(),
            live: None,
            variables: json!({ "production": { "env_vars": {} }, "preview": { "env_vars": {} } }),
            domains: vec![format!("{name}.pages.dev")],
        };
        self.projects.insert(name.to_owned(), project);
    }

    pub(crate) fn deployments(&self, project: &str) -> Vec<Deployment> {
        self.projects.get(project).map(|project| project.deployments.clone()).unwrap_or_default()
    }

    pub(crate) fn live(&self, project: &str) -> Option<String> {
        self.projects.get(project)?.live.clone()
    }

    pub(crate) fn domains(&self, project: &str) -> Vec<String> {
        self.projects.get(project).map(|project| project.domains.clone()).unwrap_or_default()
    }

    pub(crate) fn content_type(&self, hash: &str) -> Option<String> {
        Some(self.assets.get(hash)?.1.clone())
    }

    /// Answers as Pages does: files, folders, names without `.html`, and `404.html`.
    pub(crate) fn serve(&self, id: &str, path: &str) -> (u16, String, Vec<u8>) {
        let all = self.projects.values().flat_map(|project| &project.deployments);
        let Some(deployment) = all.filter(|one| one.status == "success").find(|one| one.id == id) else {
            return (404, "text/plain".to_owned(), b"no such deployment".to_vec());
        };
        serve(&deployment.manifest, path, |hash| self.assets.get(hash).cloned())
    }
}

/// Answers a path with a file of a manifest.
pub(crate) fn serve(
    manifest: &BTreeMap<String, String>,
    path: &str,
    read: impl Fn(&str) -> Option<(Vec<u8>, String)>,
) -> (u16, String, Vec<u8>) {
    let file = |path: &str| manifest.get(path).and_then(|hash| read(hash));
    let candidates = match path.strip_suffix('/') {
        Some(folder) => vec![format!("{folder}/index.html")],
        None => vec![path.to_owned(), format!("{path}.html")],
    };
    if let Some((bytes, content_type)) = candidates.iter().find_map(|path| file(path)) {
        return (200, content_type, bytes);
    }
    match (file("/404.html"), file("/index.html")) {
        (Some((bytes, content_type)), _) => (404, content_type, bytes),
        (None, Some((bytes, content_type))) => (200, content_type, bytes),
        (None, None) => (404, "text/plain".to_owned(), Vec::new()),
    }
}

pub(crate) fn route(method: &str, parts: &[&str], origin: &str) -> Option<Step> {
    let origin = origin.to_owned();
    let found = match (method, parts) {
        ("POST", ["pages", "assets", "check-missing"]) => step("pages.check-missing", check_missing),
        ("POST", ["pages", "assets", "upload"]) => step("pages.upload", upload),
        ("POST", ["pages", "assets", "upsert-hashes"]) => step("pages.upsert-hashes", upsert),
        (_, ["accounts", account, "pages", ..]) if *account != crate::ACCOUNT => {
            step("pages.account", |_, _| Reply::error(403, 10_000, "Authentication error"))
        }
        ("POST", ["accounts", _, "pages", "projects"]) => step("pages.project.create", move |state, request| {
            let body = request.json();
            let (Some(name), Some(branch)) = (body["name"].as_str(), body["production_branch"].as_str()) else {
                return Reply::error(400, 8_000_001, "name and production_branch are required");
            };
            if state.pages.projects.contains_key(name) {
                return Reply::error(409, 8_000_002, "A project with this name already exists");
            }
            state.pages.add_project(name, branch);
            Reply::ok(project(&state.pages.projects[name], &origin)).seen(body.clone())
        }),
        (_, ["accounts", _, "pages", "projects", name, rest @ ..]) => {
            let (name, rest) = ((*name).to_owned(), rest.iter().map(|part| (*part).to_owned()).collect::<Vec<_>>());
            let rest: Vec<&str> = rest.iter().map(String::as_str).collect();
            return of_project(method, name, &rest, origin);
        }
        _ => return None,
    };
    Some(found)
}

fn of_project(method: &str, name: String, rest: &[&str], origin: String) -> Option<Step> {
    let unknown = || {
        Reply::error(
            404,
            8_000_007,
            "Project not found. The specified project name does not match any of your existing projects.",
        )
    };
    let no_deployment = || Reply::error(404, 8_000_009, "Deployment not found");
    Some(match (method, rest) {
        ("GET", []) => step("pages.project.get", move |state, _| match state.pages.projects.get(&name) {
            Some(found) => Reply::ok(project(found, &origin)),
            None => unknown(),
        }),
        ("PATCH", []) => step("pages.project.patch", move |state, request| {
            let Some(found) = state.pages.projects.get_mut(&name) else { return unknown() };
            let body = request.json();
            for environment in ["production", "preview"] {
                let changes =
                    body["deployment_configs"][environment]["env_vars"].as_object().cloned().unwrap_or_default();
                for (key, value) in changes {
                    let variables = &mut found.variables[environment]["env_vars"];
                    match (value.is_null(), variables.as_object_mut()) {
                        (true, Some(variables)) => drop(variables.remove(&key)),
                        _ => variables[&key] = value,
                    }
                }
            }
            Reply::ok(project(found, &origin))
        }),
        ("GET", ["upload-token"]) => step("pages.upload-token", move |state, _| {
            if !state.pages.projects.contains_key(&name) {
                return unknown();
            }
            let id = state.id();
            let life = state.pages.token_life;
            let from = crate::unix_time();
            let mut claims = json!({ "iat": from, "exp": from + life.as_secs(), "project": name, "id": id });
            if let Some(most) = state.pages.most_files {
                claims["max_file_count_allowed"] = most.into();
            }
            let token = format!(
                "{}.{}.{}",
                URL_SAFE_NO_PAD.encode("{}"),
                URL_SAFE_NO_PAD.encode(claims.to_string()),
                "signature"
            );
            state.pages.tokens.insert(token.clone(), now() + life);
            Reply::ok(json!({ "jwt": token }))
        }),
        ("POST", ["deployments"]) => {
            step("pages.deployment.create", move |state, request| create(state, request, &name, &origin))
        }
        ("GET", ["deployments"]) => step("pages.deployment.list", move |state, request| {
            let Some(found) = state.pages.projects.get(&name) else { return unknown() };
            let environment = request.query("env");
            let wanted = |one: &&Deployment| match environment.as_deref() {
                Some("production") => one.production,
                Some("preview") => !one.production,
                _ => true,
            };
            let all: Vec<&Deployment> = found.deployments.iter().rev().filter(wanted).collect();
            let size = request.query("per_page").and_then(|size| size.parse().ok()).unwrap_or(25_usize);
            if size > 25 {
                return Reply::error(400, 8_000_024, "per_page must be at most 25");
            }
            let page = request.query("page").and_then(|page| page.parse().ok()).unwrap_or(1_usize).max(1);
            let shown: Vec<Value> =
                all.iter().skip((page - 1) * size).take(size).map(|one| deployment(one, found, &origin)).collect();
            Reply::with_info(shown.into(), json!({ "page": page, "per_page": size, "total_count": all.len() }))
        }),
        ("GET", ["deployments", id]) => {
            let id = (*id).to_owned();
            step("pages.deployment.get", move |state, _| {
                let stage = state.pages.stage;
                let Some(found) = state.pages.projects.get_mut(&name) else { return unknown() };
                if let (Some(stage), Some(one)) = (stage, found.deployments.iter_mut().find(|one| one.id == id)) {
                    stage.clone_into(&mut one.status);
                    if one.production && stage == "success" {
                        found.live = Some(id.clone());
                    }
                }
                match found.deployments.iter().find(|one| one.id == id) {
                    Some(one) => Reply::ok(deployment(one, found, &origin)),
                    None => no_deployment(),
                }
            })
        }
        ("POST", ["domains"]) => step("pages.domain.add", move |state, request| {
            let body = request.json();
            let Some(found) = state.pages.projects.get_mut(&name) else { return unknown() };
            let Some(domain) = body["name"].as_str() else { return Reply::error(400, 8_000_001, "name is required") };
            if found.domains.iter().any(|known| known == domain) {
                return Reply::error(409, 8_000_018, "You have already added this custom domain.");
            }
            found.domains.push(domain.to_owned());
            Reply::ok(json!({ "name": domain, "status": "pending" })).seen(body)
        }),
        ("DELETE", ["deployments", id]) => {
            let id = (*id).to_owned();
            step("pages.deployment.delete", move |state, _| {
                let Some(found) = state.pages.projects.get_mut(&name) else { return unknown() };
                if found.live.as_deref() == Some(&id) {
                    return Reply::error(400, 8_000_034, "The active production deployment cannot be deleted");
                }
                let before = found.deployments.len();
                found.deployments.retain(|one| one.id != id);
                if found.deployments.len() == before { no_deployment() } else { Reply::ok(Value::Null) }
            })
        }
        ("POST", ["deployments", id, "rollback"]) => {
            let id = (*id).to_owned();
            step("pages.rollback", move |state, _| {
                let Some(found) = state.pages.projects.get_mut(&name) else { return unknown() };
                let Some(one) = found.deployments.iter().find(|one| one.id == id).cloned() else {
                    return no_deployment();
                };
                if !one.production || one.status != "success" {
                    return Reply::error(
                        400,
                        8_000_038,
                        "Only successful production deployments can be rolled back to",
                    );
                }
                found.live = Some(one.id.clone());
                Reply::ok(deployment(&one, found, &origin))
            })
        }
        ("GET", ["deployments", _, "history", "logs"]) => step("pages.logs", |_, _| {
            Reply::ok(
                json!({ "total": 1, "data": [{ "ts": "2026-11-23T00:00:00Z", "line": "Failed: an injected failure" }] }),
            )
        }),
        _ => return None,
    })
}

fn project(project: &Project, origin: &str) -> Value {
    let live = project.deployments.iter().find(|one| Some(&one.id) == project.live.as_ref());
    json!({
        "id": format!("project-{}", project.name),
        "name": project.name,
        "subdomain": format!("{}.pages.dev", project.name),
        "domains": project.domains,
        "production_branch": project.production_branch,
        "created_on": project.created,
        "deployment_configs": project.variables,
        "canonical_deployment": live.map(|live| deployment(live, project, origin)),
        "latest_deployment": project.deployments.last().map(|last| deployment(last, project, origin)),
    })
}

fn deployment(one: &Deployment, project: &Project, origin: &str) -> Value {
    let field = |name: &str| one.fields.get(name).cloned().unwrap_or_default();
    let branch = if field("branch").is_empty() { project.production_branch.clone() } else { field("branch") };
    json!({
        "id": one.id,
        "short_id": one.id.get(..8),
        "project_name": project.name,
        "environment": if one.production { "production" } else { "preview" },
        "url": format!("{origin}/sites/{}", one.id),
        "aliases": null,
        "created_on": one.created,
        "latest_stage": { "name": if one.status == "active" { "build" } else { "deploy" }, "status": one.status },
        "deployment_trigger": { "type": "ad_hoc", "metadata": {
            "branch": branch,
            "commit_hash": field("commit_hash"),
            "commit_message": field("commit_message"),
            "commit_dirty": field("commit_dirty") == "true",
        } },
    })
}

/// Refuses a token that was not given or holds no more.
fn check_token(state: &State, request: &Request<'_>) -> Option<Reply> {
    let until = request.bearer().and_then(|token| state.pages.tokens.get(token));
    match until {
        None => Some(Reply::error(403, 10_000, "Authentication error")),
        Some(until) if *until < now() => Some(Reply::error(401, 8_000_013, "Authorization failed: Expired JWT")),
        Some(_) => None,
    }
}

fn hashes(request: &Request<'_>) -> Option<Vec<String>> {
    let body = request.json();
    let hashes: Option<Vec<String>> =
        body["hashes"].as_array()?.iter().map(|hash| Some(hash.as_str()?.to_owned())).collect();
    hashes.filter(|hashes| hashes.iter().all(|hash| is_hash(hash)))
}

fn is_hash(hash: &str) -> bool {
    hash.len() == 32 && hash.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

fn check_missing(state: &mut State, request: &Request<'_>) -> Reply {
    if let Some(refusal) = check_token(state, request) {
        return refusal;
    }
    let Some(hashes) = hashes(request) else { return Reply::error(400, 8_000_001, "hashes must be a list of hashes") };
    let missing: Vec<&String> = hashes.iter().filter(|hash| !state.pages.assets.contains_key(*hash)).collect();
    Reply::ok(json!(missing)).seen(json!({ "hashes": hashes.len() }))
}

fn upsert(state: &mut State, request: &Request<'_>) -> Reply {
    if let Some(refusal) = check_token(state, request) {
        return refusal;
    }
    match hashes(request) {
        Some(hashes) => Reply::ok(Value::Null).seen(json!({ "hashes": hashes.len() })),
        None => Reply::error(400, 8_000_001, "hashes must be a list of hashes"),
    }
}

fn upload(state: &mut State, request: &Request<'_>) -> Reply {
    if let Some(refusal) = check_token(state, request) {
        return refusal;
    }
    let bad = |message: &str| Reply::error(400, 8_000_001, message);
    let Value::Array(files) = request.json() else { return bad("the body must be a list") };
    if files.len() > 5_000 {
        return bad("too many files at once");
    }
    let mut taken = Vec::new();
    for file in &files {
        let content_type = file["metadata"]["contentType"].as_str().unwrap_or_default();
        let (Some(key), Some(value)) = (file["key"].as_str().filter(|key| is_hash(key)), file["value"].as_str()) else {
            return bad("key or value is missing");
        };
        if file["base64"] != true || content_type.is_empty() {
            return bad("base64 or the content type is missing");
        }
        let Ok(bytes) = STANDARD.decode(value) else { return bad("the value is no base64") };
        if bytes.len() > 25 << 20 {
            return bad("the file is too large");
        }
        taken.push((key.to_owned(), bytes, content_type.to_owned()));
    }
    let seen: Vec<&String> = taken.iter().map(|(key, ..)| key).collect();
    let seen = json!({ "keys": seen });
    for (key, bytes, content_type) in taken {
        *state.pages.uploads.entry(key.clone()).or_default() += 1;
        if !state.pages.lose {
            state.pages.assets.insert(key, (bytes, content_type));
        }
    }
    Reply::ok(Value::Null).seen(seen)
}

/// The name that bytes must have in the store.
pub(crate) fn hash(path: &str, bytes: &[u8]) -> String {
    let name = path.rsplit('/').next().unwrap_or(path);
    let extension = match name.rfind('.') {
        Some(dot) if dot > 0 => &name[dot + 1..],
        _ => "",
    };
    blake3::hash(format!("{}{extension}", STANDARD.encode(bytes)).as_bytes()).to_hex().as_str()[..32].to_owned()
}

const SPECIAL: [&str; 5] =
    ["_headers", "_redirects", "_routes.json", "_worker.bundle", "functions-filepath-routing-config.json"];

fn create(state: &mut State, request: &Request<'_>, name: &str, origin: &str) -> Reply {
    let bad = |message: &str| Reply::error(400, 8_000_001, message);
    let Some(production_branch) = state.pages.projects.get(name).map(|project| project.production_branch.clone())
    else {
        return Reply::error(404, 8_000_007, "Project not found");
    };
    let content_type = request.header("content-type").unwrap_or_default();
    let Some(parts) = multipart::parse(content_type, &request.body) else { return bad("the body must be a form") };
    let (mut fields, mut special, mut manifest) = (BTreeMap::new(), BTreeMap::new(), None);
    for part in parts {
        if part.file_name.is_some() {
            if !SPECIAL.contains(&part.name.as_str()) || part.bytes.is_empty() {
                return bad(&format!("`{}` is no file of a deployment, or empty", part.name));
            }
            special.insert(part.name, part.bytes);
        } else if part.name == "manifest" {
            manifest = serde_json::from_slice::<BTreeMap<String, String>>(&part.bytes).ok();
        } else {
            let text = part.text();
            fields.insert(part.name, text);
        }
    }
    let Some(manifest) = manifest else { return Reply::error(400, 8_000_096, "A manifest is missing") };
    for (path, expect) in &manifest {
        let Some((bytes, _)) = state.pages.assets.get(expect) else {
            return Reply::error(400, 8_000_017, &format!("the file of `{path}` was not uploaded"));
        };
        if !path.starts_with('/') || hash(path, bytes) != *expect {
            return bad(&format!("the hash of `{path}` is not that of its bytes"));
        }
    }
    if fields.get("commit_message").is_some_and(|message| message.len() > 384) {
        return bad("commit_message is too long");
    }
    if special.contains_key("_routes.json") && !special.contains_key("_worker.bundle") {
        return bad("_routes.json without a worker");
    }
    let production = fields.get("branch").is_none_or(|branch| *branch == production_branch);
    let (id, created) = (state.id(), state.time());
    let status = state.pages.stage.unwrap_or("success").to_owned();
    let seen = json!({
        "manifest": manifest,
        "fields": fields,
        "special": special.iter().map(|(name, bytes)| (name.clone(), String::from_utf8_lossy(bytes).into_owned())).collect::<BTreeMap<_, _>>(),
    });
    let made = Deployment { id: id.clone(), manifest, special, fields, production, created, status };
    let Some(project) = state.pages.projects.get_mut(name) else { return bad("no project") };
    if production && made.status == "success" {
        project.live = Some(id);
    }
    project.deployments.push(made.clone());
    Reply::ok(deployment(&made, project, origin)).seen(seen)
}
