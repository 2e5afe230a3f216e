//! Workers: versions, deployments, static assets, secrets, routes, domains; and what else an account has.

use std::collections::{BTreeMap, HashMap};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::http::Request;
use crate::multipart::{self, Part};
use crate::{ACCOUNT, Reply, State, Step, pages, step};

/// All of Workers.
#[derive(Default)]
pub(crate) struct Workers {
    scripts: BTreeMap<String, Script>,
    /// The account's name at workers.dev.
    pub(crate) subdomain: Option<String>,
    /// Id → name.
    pub(crate) zones: BTreeMap<String, String>,
    /// Id, zone, pattern, script.
    pub(crate) routes: Vec<(String, String, String, String)>,
    /// Host name, script.
    pub(crate) domains: Vec<(String, String)>,
    pub(crate) buckets: Vec<String>,
    /// With id, name and origin.
    pub(crate) hyperdrives: Vec<Value>,
    /// What is said of the token.
    pub(crate) token: Option<Value>,
    /// Bytes and content type by hash.
    assets: HashMap<String, (Vec<u8>, String)>,
    /// What each session of an upload lacks, and its manifest; by token.
    sessions: HashMap<String, Session>,
}

struct Session {
    script: String,
    manifest: BTreeMap<String, String>,
    is_complete: bool,
}

#[derive(Default)]
struct Script {
    versions: Vec<Version>,
    /// Newest last: id of the deployment, versions with their shares, annotations.
    deployments: Vec<(String, Value, Value)>,
    secrets: BTreeMap<String, String>,
    on_workers_dev: bool,
    previews: bool,
    settings: Value,
    schedules: Vec<String>,
    /// Whether versions that have run can not be deleted.
    keeps_what_ran: bool,
}

impl Script {
    fn has_run(&self, id: &str) -> bool {
        let mut shares = self.deployments.iter().flat_map(|(_, versions, _)| versions.as_array().into_iter().flatten());
        shares.any(|share| share["version_id"] == id)
    }
}

/// Versions that can run again.
const MOST_VERSIONS: usize = 100;

/// A version of a Worker.
#[derive(Clone, Debug)]
pub struct Version {
    /// Its id.
    pub id: String,
    /// The metadata as they were sent.
    pub metadata: Value,
    /// The bindings that it has, inherited ones filled in.
    pub bindings: Vec<Value>,
    /// Its modules.
    pub modules: Vec<Module>,
    /// Path → hash of its files.
    pub assets: BTreeMap<String, String>,
    /// When it was made.
    pub created: String,
}

/// A module of a Worker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Module {
    /// Its name.
    pub name: String,
    /// Its content type.
    pub content_type: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

impl Workers {
    pub(crate) fn versions(&self, script: &str) -> Vec<Version> {
        self.scripts.get(script).map(|script| script.versions.clone()).unwrap_or_default()
    }

    pub(crate) fn running(&self, script: &str) -> Option<String> {
        let (_, versions, _) = self.scripts.get(script)?.deployments.last()?;
        versions[0]["version_id"].as_str().map(str::to_owned)
    }

    pub(crate) fn split(&mut self, script: &str, versions: Value) {
        if let Some(script) = self.scripts.get_mut(script) {
            script.deployments.push(("split".to_owned(), versions, Value::Null));
        }
    }

    pub(crate) fn keep_what_ran(&mut self, script: &str) {
        if let Some(script) = self.scripts.get_mut(script) {
            script.keeps_what_ran = true;
        }
    }

    pub(crate) fn set_previews(&mut self, script: &str, on: bool) {
        if let Some(script) = self.scripts.get_mut(script) {
            script.previews = on;
        }
    }

    pub(crate) fn asset_type(&self, hash: &str) -> Option<String> {
        Some(self.assets.get(hash)?.1.clone())
    }

    pub(crate) fn schedules(&self, script: &str) -> Vec<String> {
        self.scripts.get(script).map(|script| script.schedules.clone()).unwrap_or_default()
    }

    pub(crate) fn secrets(&self, script: &str) -> BTreeMap<String, String> {
        self.scripts.get(script).map(|script| script.secrets.clone()).unwrap_or_default()
    }

    pub(crate) fn add_binding(&mut self, script: &str, binding: Value) {
        let version = self.scripts.get_mut(script).and_then(|script| script.versions.last_mut());
        if let Some(version) = version {
            version.bindings.push(binding);
        }
    }

    pub(crate) fn is_on_workers_dev(&self, script: &str) -> bool {
        self.scripts.get(script).is_some_and(|script| script.on_workers_dev)
    }

    /// Answers as a host name does: a custom domain, `SCRIPT.test.workers.dev`, and `VERSION-SCRIPT` or `ALIAS-SCRIPT` there.
    pub(crate) fn serve(&self, host: &str, path: &str) -> (u16, String, Vec<u8>) {
        let nothing = || (404, "text/plain".to_owned(), b"there is nothing here".to_vec());
        let Some(version) = self.at(host) else { return nothing() };
        if path == "/api/v1/health" && !version.modules.is_empty() {
            let ok = !version.modules.iter().any(|module| module.bytes.windows(6).any(|word| word == b"BROKEN"));
            let status = if ok { 200 } else { 500 };
            return (status, "application/json".to_owned(), b"{\"status\":\"ok\"}".to_vec());
        }
        pages::serve(&version.assets, path, |hash| self.assets.get(hash).cloned())
    }

    fn at(&self, host: &str) -> Option<&Version> {
        let version = |script: &Script, id: &str| script.versions.iter().position(|one| one.id == id);
        if let Some((_, name)) = self.domains.iter().find(|(known, _)| known == host) {
            let script = self.scripts.get(name)?;
            return script.versions.get(version(script, &self.running(name)?)?);
        }
        let label = host.strip_suffix(&format!(".{}.workers.dev", self.subdomain.as_deref()?))?;
        if let Some(script) = self.scripts.get(label) {
            let id = self.running(label).filter(|_| script.on_workers_dev)?;
            return script.versions.get(version(script, &id)?);
        }
        let of = |(name, script): (&String, &'_ Script)| {
            let start = label.strip_suffix(name.as_str())?.strip_suffix('-')?.to_owned();
            script.previews.then_some(())?;
            let by_alias = |one: &Version| one.metadata["annotations"]["workers/alias"] == start.as_str();
            let by_id = |one: &Version| one.id.get(..8) == Some(start.as_str());
            let found = script.versions.iter().rposition(by_alias);
            found.or_else(|| script.versions.iter().position(by_id)).map(|at| (name.clone(), at))
        };
        let (name, at) = self.scripts.iter().find_map(of)?;
        self.scripts.get(&name)?.versions.get(at)
    }

    /// Makes a version of the newest one with other bindings live, as storing a secret does.
    fn change_bindings(&mut self, name: &str, id: String, deployment: String, change: impl FnOnce(&mut Vec<Value>)) {
        let Some(script) = self.scripts.get_mut(name) else { return };
        let Some(mut version) = script.versions.last().cloned() else { return };
        change(&mut version.bindings);
        version.id.clone_from(&id);
        version.metadata["annotations"] = json!({ "workers/triggered_by": "secret" });
        script.versions.push(version);
        script.deployments.push((deployment, json!([{ "version_id": id, "percentage": 100 }]), Value::Null));
    }
}

pub(crate) fn route(method: &str, parts: &[&str], origin: &str) -> Option<Step> {
    let origin = origin.to_owned();
    Some(match (method, parts) {
        ("GET", ["user", "tokens", "verify"]) => step("user.verify", |state, _| {
            let usual = json!({ "id": "token-id", "status": "active", "expires_on": "2099-01-01T00:00:00Z" });
            Reply::ok(state.workers.token.clone().unwrap_or(usual))
        }),
        ("GET", ["user"]) => step("user.get", |_, _| Reply::ok(json!({ "id": "user", "email": "a@example.org" }))),
        ("GET", ["accounts"]) => {
            step("accounts.list", |_, _| Reply::ok(json!([{ "id": ACCOUNT, "name": "Test account" }])))
        }
        ("GET", ["memberships"]) => step("memberships", |_, _| {
            Reply::ok(json!([{ "id": "m", "account": { "id": ACCOUNT, "name": "Test account" } }]))
        }),
        ("GET", ["zones"]) => step("zones.list", |state, request| {
            let wanted = request.query("name");
            let found =
                state.workers.zones.iter().filter(|(_, name)| wanted.as_ref().is_none_or(|wanted| wanted == *name));
            Reply::ok(found.map(|(id, name)| json!({ "id": id, "name": name })).collect())
        }),
        ("GET", ["zones", zone, "workers", "routes"]) => {
            let zone = (*zone).to_owned();
            step("workers.routes.list", move |state, _| {
                let of_zone = state.workers.routes.iter().filter(|(_, known, ..)| *known == zone);
                Reply::ok(
                    of_zone
                        .map(|(id, _, pattern, script)| json!({ "id": id, "pattern": pattern, "script": script }))
                        .collect(),
                )
            })
        }
        ("POST", ["zones", zone, "workers", "routes"]) => {
            let zone = (*zone).to_owned();
            step("workers.routes.create", move |state, request| {
                let body = request.json();
                let (pattern, script) = (string(&body["pattern"]), string(&body["script"]));
                if state.workers.routes.iter().any(|(_, _, known, _)| *known == pattern) {
                    return Reply::error(409, 10_020, "A route with the same pattern already exists.");
                }
                let id = state.id();
                state.workers.routes.push((id.clone(), zone, pattern, script));
                Reply::ok(json!({ "id": id })).seen(body)
            })
        }
        (_, ["accounts", account, ..]) if *account != ACCOUNT => {
            step("workers.account", |_, _| Reply::error(403, 10_000, "Authentication error"))
        }
        ("GET", ["accounts", _]) => {
            step("accounts.get", |_, _| Reply::ok(json!({ "id": ACCOUNT, "name": "Test account" })))
        }
        ("GET", ["accounts", _, "hyperdrive", "configs", id]) => {
            let id = (*id).to_owned();
            step("hyperdrive.get", move |state, _| {
                match state.workers.hyperdrives.iter().find(|known| known["id"] == id.as_str()) {
                    Some(known) => Reply::ok(shown(known)),
                    None => Reply::error(404, 2_001, "hyperdrive config not found"),
                }
            })
        }
        ("GET", ["accounts", _, "hyperdrive", "configs"]) => {
            step("hyperdrive.list", |state, _| Reply::ok(state.workers.hyperdrives.iter().map(shown).collect()))
        }
        ("POST", ["accounts", _, "hyperdrive", "configs"]) => step("hyperdrive.create", |state, request| {
            let mut body = request.json();
            let origin = &body["origin"];
            let texts = ["scheme", "host", "database", "user", "password"].map(|key| string(&origin[key]));
            if texts.iter().any(String::is_empty) || origin["port"].as_u64().is_none() || !body["name"].is_string() {
                return Reply::error(400, 2_005, "name, scheme, host, port, database, user and password are required");
            }
            body["id"] = state.id().replace('-', "").into();
            state.workers.hyperdrives.push(body.clone());
            Reply::ok(shown(&body)).seen(shown(&body))
        }),
        ("GET", ["accounts", _, "r2", "buckets", name]) => {
            let name = (*name).to_owned();
            step("r2.bucket.get", move |state, _| {
                if state.workers.buckets.contains(&name) {
                    Reply::ok(json!({ "name": name }))
                } else {
                    Reply::error(404, 10_006, "The specified bucket does not exist.")
                }
            })
        }
        ("POST", ["accounts", _, "r2", "buckets"]) => step("r2.bucket.create", |state, request| {
            let name = string(&request.json()["name"]);
            if state.workers.buckets.contains(&name) {
                return Reply::error(409, 10_004, "The bucket you tried to create already exists, and you own it.");
            }
            state.workers.buckets.push(name.clone());
            Reply::ok(json!({ "name": name }))
        }),
        ("GET", ["accounts", _, "workers", "subdomain"]) => {
            step("workers.account-subdomain", |state, _| match &state.workers.subdomain {
                Some(name) => Reply::ok(json!({ "subdomain": name })),
                None => Reply::error(404, 10_007, "There is no subdomain"),
            })
        }
        ("DELETE", ["accounts", _, "workers", "workers", name, "versions", id]) => {
            let (name, id) = ((*name).to_owned(), (*id).to_owned());
            step("workers.version.delete", move |state, _| {
                let Some(script) = state.workers.scripts.get_mut(&name) else { return missing() };
                let runs = script.deployments.last().is_some_and(|(_, versions, _)| {
                    versions.as_array().into_iter().flatten().any(|share| share["version_id"] == id.as_str())
                });
                if runs || script.keeps_what_ran && script.has_run(&id) {
                    return Reply::error(409, 10_229, "This version has been deployed and cannot be deleted");
                }
                let before = script.versions.len();
                script.versions.retain(|one| one.id != id);
                if script.versions.len() == before {
                    return Reply::error(404, 10_092, "version not found");
                }
                Reply::ok(Value::Null)
            })
        }
        ("GET", ["accounts", _, "workers", "domains"]) => step("workers.domains.list", |state, _| {
            Reply::ok(
                state
                    .workers
                    .domains
                    .iter()
                    .map(|(host, script)| json!({ "hostname": host, "service": script }))
                    .collect(),
            )
        }),
        ("PUT", ["accounts", _, "workers", "domains"]) => step("workers.domains.attach", |state, request| {
            let body = request.json();
            let (host, script) = (string(&body["hostname"]), string(&body["service"]));
            state.workers.domains.retain(|(known, _)| *known != host);
            state.workers.domains.push((host, script));
            Reply::ok(Value::Null).seen(body)
        }),
        ("POST", ["accounts", _, "workers", "assets", "upload"]) => step("workers.assets.upload", upload),
        ("GET", ["accounts", _, "workers", "services", name]) => {
            let name = (*name).to_owned();
            step("workers.service", move |state, _| match state.workers.scripts.get(&name) {
                Some(script) if !script.versions.is_empty() => Reply::ok(json!({
                    "id": name,
                    "default_environment": { "environment": "production", "script": { "last_deployed_from": "wrangler", "id": name, "tag": "tag-1", "tags": null } },
                })),
                _ => Reply::error(404, 10_090, "This Worker does not exist on your account."),
            })
        }
        (_, ["accounts", _, "workers", "scripts", name, rest @ ..]) => {
            let rest: Vec<String> = rest.iter().map(|part| (*part).to_owned()).collect();
            return of_script(method, (*name).to_owned(), &rest.iter().map(String::as_str).collect::<Vec<_>>(), origin);
        }
        _ => return None,
    })
}

/// As Cloudflare tells of a Hyperdrive configuration: without the password.
fn shown(hyperdrive: &Value) -> Value {
    let mut shown = hyperdrive.clone();
    if let Some(origin) = shown["origin"].as_object_mut() {
        origin.remove("password");
    }
    shown
}

fn string(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn missing() -> Reply {
    Reply::error(404, 10_007, "This Worker does not exist on your account.")
}

fn of_script(method: &str, name: String, rest: &[&str], origin: String) -> Option<Step> {
    Some(match (method, rest) {
        ("PUT", []) => step("workers.put", move |state, request| {
            let made = match version(state, request, &name) {
                Ok(made) => made,
                Err(refusal) => return *refusal,
            };
            let seen = seen(&made);
            let (id, deployment) = (made.id.clone(), state.id());
            let script = state.workers.scripts.entry(name.clone()).or_default();
            let annotations = made.metadata["annotations"].clone();
            script.versions.push(made);
            script.deployments.push((deployment, json!([{ "version_id": id, "percentage": 100 }]), annotations));
            let plain = id.replace('-', "");
            let result = json!({ "id": name, "etag": id, "entry_point": "index.js", "deployment_id": plain, "startup_time_ms": 5, "tag": "tag-1" });
            Reply::ok(result).seen(seen)
        }),
        ("DELETE", []) => step("workers.delete", move |state, _| match state.workers.scripts.remove(&name) {
            Some(_) => Reply::ok(Value::Null),
            None => missing(),
        }),
        ("POST", ["versions"]) => step("workers.version.create", move |state, request| {
            if state.workers.scripts.get(&name).is_none_or(|script| script.versions.is_empty()) {
                return missing();
            }
            let made = match version(state, request, &name) {
                Ok(made) => made,
                Err(refusal) => return *refusal,
            };
            let seen = seen(&made);
            let result = json!({
                "id": made.id, "number": 1, "startup_time_ms": 5,
                "metadata": { "created_on": made.created, "has_preview": true },
                "resources": { "bindings": made.bindings, "script": { "etag": made.id } },
            });
            if let Some(script) = state.workers.scripts.get_mut(&name) {
                script.versions.push(made);
            }
            Reply::ok(result).seen(seen)
        }),
        ("GET", ["versions"]) => step("workers.version.list", move |state, request| {
            let Some(script) = state.workers.scripts.get(&name) else { return missing() };
            // Those that can run, or a page of all.
            let most = if request.query("deployable").as_deref() == Some("true") { MOST_VERSIONS } else { 10 };
            let item = |(index, version): (usize, &Version)| {
                json!({
                    "id": version.id, "number": index + 1,
                    "metadata": { "created_on": version.created, "source": "api" },
                    "annotations": version.metadata["annotations"],
                })
            };
            let items: Vec<Value> = script.versions.iter().enumerate().rev().take(most).map(item).collect();
            Reply::ok(json!({ "items": items }))
        }),
        ("GET", ["versions", id]) => {
            let id = (*id).to_owned();
            step("workers.version.get", move |state, _| {
                let found =
                    state.workers.scripts.get(&name).and_then(|script| script.versions.iter().find(|one| one.id == id));
                match found {
                    Some(version) => Reply::ok(json!({
                        "id": version.id,
                        "metadata": { "created_on": version.created },
                        "annotations": version.metadata["annotations"],
                        "resources": { "bindings": version.bindings, "script": { "etag": version.id, "handlers": ["fetch"] }, "script_runtime": {} },
                    })),
                    None => Reply::error(404, 10_092, "version not found"),
                }
            })
        }
        ("GET", ["deployments"]) => step("workers.deployment.list", move |state, _| {
            let Some(script) = state.workers.scripts.get(&name) else { return missing() };
            let one = |(id, versions, annotations): &(String, Value, Value)| {
                let of = |one: &&Version| versions[0]["version_id"] == one.id.as_str();
                json!({
                    "id": id, "source": "api", "strategy": "percentage", "author_email": "a@example.org",
                    "created_on": script.versions.iter().find(of).map(|one| one.created.clone()),
                    "annotations": annotations,
                    "versions": versions,
                })
            };
            Reply::ok(json!({ "deployments": script.deployments.iter().rev().map(one).collect::<Vec<_>>() }))
        }),
        ("POST", ["deployments"]) => step("workers.deployment.create", move |state, request| {
            let body = request.json();
            let id = state.id();
            let Some(script) = state.workers.scripts.get_mut(&name) else { return missing() };
            let shares = body["versions"].as_array().cloned().unwrap_or_default();
            let all: f64 = shares.iter().filter_map(|share| share["percentage"].as_f64()).sum();
            let known =
                |share: &Value| script.versions.iter().any(|version| share["version_id"] == version.id.as_str());
            if body["strategy"] != "percentage" || all != 100.0 || shares.len() > 2 || !shares.iter().all(known) {
                return Reply::error(400, 10_092, "no such version, or not all of the traffic");
            }
            let is_before_secret = |share: &Value| {
                let place = |wanted: &dyn Fn(&Version) -> bool| script.versions.iter().rposition(wanted);
                let of_secret = |one: &Version| one.metadata["annotations"]["workers/triggered_by"] == "secret";
                place(&|one: &Version| share["version_id"] == one.id.as_str()) < place(&of_secret)
            };
            if request.query("force").as_deref() != Some("true") && shares.iter().any(is_before_secret) {
                let told = "Secrets have been changed since this version was deployed; use force to deploy it anyway";
                return Reply::error(400, 10_220, told);
            }
            script.deployments.push((id.clone(), shares.into(), body["annotations"].clone()));
            Reply::ok(json!({ "id": id })).seen(body)
        }),
        ("GET", ["settings"]) => step("workers.settings.get", move |state, _| {
            let Some(script) = state.workers.scripts.get(&name) else { return missing() };
            let Some(last) = script.versions.last() else { return missing() };
            Reply::ok(json!({
                "bindings": last.bindings,
                "compatibility_date": last.metadata["compatibility_date"],
                "compatibility_flags": last.metadata["compatibility_flags"],
                "annotations": last.metadata["annotations"],
            }))
        }),
        ("PATCH", ["script-settings"]) => step("workers.script-settings", move |state, request| {
            let body = request.json();
            let Some(script) = state.workers.scripts.get_mut(&name) else { return missing() };
            script.settings = body.clone();
            Reply::ok(body.clone()).seen(body)
        }),
        ("GET", ["script-settings"]) => {
            step("workers.script-settings.get", move |state, _| match state.workers.scripts.get(&name) {
                Some(script) => Reply::ok(script.settings.clone()),
                None => missing(),
            })
        }
        ("GET", ["subdomain"]) => {
            step("workers.subdomain.get", move |state, _| match state.workers.scripts.get(&name) {
                Some(script) => {
                    Reply::ok(json!({ "enabled": script.on_workers_dev, "previews_enabled": script.previews }))
                }
                None => missing(),
            })
        }
        ("POST", ["subdomain"]) => step("workers.subdomain.set", move |state, request| {
            let body = request.json();
            let Some(script) = state.workers.scripts.get_mut(&name) else { return missing() };
            script.on_workers_dev = body["enabled"] == true;
            script.previews = body["previews_enabled"].as_bool().unwrap_or(script.on_workers_dev);
            Reply::ok(json!({ "enabled": script.on_workers_dev, "previews_enabled": script.previews })).seen(body)
        }),
        ("GET", ["schedules"]) => {
            step("workers.schedules.get", move |state, _| match state.workers.scripts.get(&name) {
                Some(script) => Reply::ok(
                    json!({ "schedules": script.schedules.iter().map(|cron| json!({ "cron": cron })).collect::<Vec<_>>() }),
                ),
                None => missing(),
            })
        }
        ("PUT", ["schedules"]) => step("workers.schedules.set", move |state, request| {
            let body = request.json();
            let Some(script) = state.workers.scripts.get_mut(&name) else { return missing() };
            script.schedules = body.as_array().into_iter().flatten().map(|one| string(&one["cron"])).collect();
            Reply::ok(json!({ "schedules": body })).seen(body.clone())
        }),
        ("PUT", ["routes"]) => {
            step("workers.routes.replace", move |_, request| Reply::ok(json!([])).seen(request.json()))
        }
        ("GET", ["secrets"]) => step("workers.secret.list", move |state, _| match state.workers.scripts.get(&name) {
            Some(script) => {
                Reply::ok(script.secrets.keys().map(|name| json!({ "name": name, "type": "secret_text" })).collect())
            }
            None => missing(),
        }),
        ("PUT", ["secrets"]) => step("workers.secret.put", move |state, request| {
            let body = request.json();
            if let Some(refusal) = not_live(state, &name) {
                return refusal;
            }
            let (key, value) = (string(&body["name"]), string(&body["text"]));
            if key.is_empty() || body["type"] != "secret_text" {
                return Reply::error(400, 10_021, "a secret needs name, text and type");
            }
            let (id, deployment) = (state.id(), state.id());
            if let Some(script) = state.workers.scripts.get_mut(&name) {
                script.secrets.insert(key.clone(), value);
            }
            state.workers.change_bindings(&name, id, deployment, |bindings| {
                bindings.retain(|known| known["name"] != key.as_str());
                bindings.push(json!({ "type": "secret_text", "name": key }));
            });
            Reply::ok(json!({ "name": key, "type": "secret_text" }))
        }),
        ("DELETE", ["secrets", key]) => {
            let key = (*key).to_owned();
            step("workers.secret.delete", move |state, _| {
                if let Some(refusal) = not_live(state, &name) {
                    return refusal;
                }
                let (id, deployment) = (state.id(), state.id());
                let removed =
                    state.workers.scripts.get_mut(&name).and_then(|script| script.secrets.remove(&key)).is_some();
                if !removed {
                    return Reply::error(404, 10_056, "Binding not found");
                }
                state.workers.change_bindings(&name, id, deployment, |bindings| {
                    bindings.retain(|known| known["name"] != key.as_str())
                });
                Reply::ok(Value::Null)
            })
        }
        ("POST", ["assets-upload-session"]) => {
            step("workers.assets.session", move |state, request| session(state, request, &name, &origin))
        }
        _ => return None,
    })
}

/// Refuses to change secrets where there is no Worker, or its newest version is not the one that runs.
fn not_live(state: &State, name: &str) -> Option<Reply> {
    let Some(script) = state.workers.scripts.get(name) else { return Some(missing()) };
    let newest = script.versions.last().map(|version| version.id.clone());
    (newest != state.workers.running(name)).then(|| {
        Reply::error(400, 10_215, "Secret edit failed. You attempted to modify a secret, but the latest version of your Worker isn't currently deployed.")
    })
}

fn seen(version: &Version) -> Value {
    let modules = version.modules.iter().map(|module| {
        let hash = blake3::hash(&module.bytes).to_hex();
        json!({ "name": module.name, "content_type": module.content_type, "size": module.bytes.len(), "hash": hash.as_str() })
    });
    let mut metadata = version.metadata.clone();
    if metadata["assets"].is_object() {
        metadata["assets"]["jwt"] = "…".into();
    }
    json!({ "metadata": metadata, "modules": modules.collect::<Vec<_>>(), "assets": version.assets })
}

/// Reads an upload of a script: checks modules, main module, bindings, and the token of the assets.
fn version(state: &mut State, request: &Request<'_>, name: &str) -> Result<Version, Box<Reply>> {
    let bad = |message: &str| Box::new(Reply::error(400, 10_021, message));
    let content_type = request.header("content-type").unwrap_or_default();
    let parts = multipart::parse(content_type, &request.body).ok_or_else(|| bad("the body must be a form"))?;
    let metadata: Value = parts
        .iter()
        .find(|part| part.name == "metadata")
        .and_then(|part| serde_json::from_slice(&part.bytes).ok())
        .ok_or_else(|| bad("metadata is missing"))?;
    let module = |part: &Part| {
        Some(Module {
            name: part.file_name.clone().filter(|file| *file == part.name)?,
            content_type: part.content_type.clone()?,
            bytes: part.bytes.clone(),
        })
    };
    let modules: Option<Vec<Module>> = parts.iter().filter(|part| part.name != "metadata").map(module).collect();
    let modules = modules.ok_or_else(|| bad("a module needs a file name like its name, and a content type"))?;
    let known_type = |module: &Module| {
        [
            "application/javascript+module",
            "application/wasm",
            "text/plain",
            "application/octet-stream",
            "application/source-map",
        ]
        .contains(&module.content_type.as_str())
    };
    if let Some(module) = modules.iter().find(|module| !known_type(module)) {
        return Err(bad(&format!("`{}` has an unknown content type", module.name)));
    }
    let has_assets = metadata["assets"].is_object() || metadata["keep_assets"] == true;
    match metadata["main_module"].as_str() {
        Some(main) if !modules.iter().any(|module| module.name == main) => {
            return Err(bad("main_module is not among the modules"));
        }
        None if !has_assets => return Err(bad("there is neither a main module nor assets")),
        _ => {}
    }
    if metadata["compatibility_date"].as_str().is_none_or(|date| date.len() != 10) {
        return Err(bad("compatibility_date is missing"));
    }
    let former = state
        .workers
        .scripts
        .get(name)
        .and_then(|script| script.versions.last())
        .map(|last| last.bindings.clone())
        .unwrap_or_default();
    let mut bindings = Vec::new();
    for binding in metadata["bindings"].as_array().into_iter().flatten() {
        if binding["type"] == "inherit" {
            let inherited = former.iter().find(|known| known["name"] == binding["name"]);
            let inherited =
                inherited.ok_or_else(|| boxed(400, 10_057, "inherit binding is invalid: no such binding"))?;
            bindings.push(inherited.clone());
        } else if binding["name"].as_str().is_none_or(str::is_empty) {
            return Err(bad("a binding has no name"));
        } else if binding["type"] == "r2_bucket"
            && !state.workers.buckets.iter().any(|known| binding["bucket_name"] == known.as_str())
        {
            return Err(boxed(400, 10_085, "the R2 bucket of a binding does not exist"));
        } else {
            bindings.push(binding.clone());
        }
    }
    let kept: Vec<&str> =
        metadata["keep_bindings"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    for binding in former {
        let is_new = bindings.iter().all(|known| known["name"] != binding["name"]);
        if is_new && binding["type"].as_str().is_some_and(|kind| kept.contains(&kind)) {
            bindings.push(binding);
        }
    }
    let assets = match metadata["assets"]["jwt"].as_str() {
        None => BTreeMap::new(),
        Some(token) => match state.workers.sessions.get(token) {
            Some(session) if session.is_complete && session.script == name => session.manifest.clone(),
            _ => return Err(boxed(400, 100_328, "the token of the assets is not a completion token")),
        },
    };
    for file in ["_headers", "_redirects"] {
        let lines = metadata["assets"]["config"][file].as_str().unwrap_or_default().lines().count();
        if lines > 4_200 {
            return Err(boxed(400, 100_324, &format!("{file} has too many rules")));
        }
    }
    Ok(Version { id: state.id(), created: state.time(), metadata, bindings, modules, assets })
}

fn boxed(status: u16, code: i64, message: &str) -> Box<Reply> {
    Box::new(Reply::error(status, code, message))
}

fn session(state: &mut State, request: &Request<'_>, name: &str, _: &str) -> Reply {
    let body = request.json();
    let Some(manifest) = body["manifest"].as_object() else { return Reply::error(400, 10_021, "manifest is missing") };
    let mut files = BTreeMap::new();
    let mut lacking: Vec<String> = Vec::new();
    for (path, file) in manifest {
        let hash = string(&file["hash"]);
        if !path.starts_with('/') || hash.len() != 32 || file["size"].as_u64().is_none() {
            return Reply::error(400, 10_021, &format!("bad entry `{path}`"));
        }
        if !state.workers.assets.contains_key(&hash) && !lacking.contains(&hash) {
            lacking.push(hash.clone());
        }
        files.insert(path.clone(), hash);
    }
    let token = format!(
        "e30.{}.x",
        base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(json!({ "s": state.id() }).to_string())
    );
    let session = Session { script: name.to_owned(), manifest: files, is_complete: lacking.is_empty() };
    state.workers.sessions.insert(token.clone(), session);
    let buckets: Vec<&[String]> = lacking.chunks(3).collect();
    Reply::ok(json!({ "jwt": token, "buckets": buckets })).status(201).seen(body)
}

fn upload(state: &mut State, request: &Request<'_>) -> Reply {
    let bad = |message: &str| Reply::error(400, 10_021, message);
    let Some(token) = request.bearer().map(str::to_owned).filter(|token| state.workers.sessions.contains_key(token))
    else {
        return Reply::error(403, 10_000, "Authentication error");
    };
    let Some(parts) = multipart::parse(request.header("content-type").unwrap_or_default(), &request.body) else {
        return bad("the body must be a form");
    };
    if request.query("base64").as_deref() != Some("true") {
        return bad("base64 must be true");
    }
    let mut seen = Vec::new();
    for part in parts {
        let Some(session) = state.workers.sessions.get(&token) else { return bad("no session") };
        let Ok(bytes) = STANDARD.decode(&part.bytes) else { return bad("no base64") };
        let path =
            session.manifest.iter().find(|(path, hash)| **hash == part.name && pages::hash(path, &bytes) == **hash);
        let (Some((path, _)), true) = (path, part.file_name.as_deref() == Some(&part.name)) else {
            return bad(&format!("`{}` is not the hash of a file of the manifest", part.name));
        };
        let content_type = part.content_type.clone().unwrap_or_default();
        seen.push(json!({ "path": path, "hash": part.name, "content_type": content_type }));
        *state.pages.uploads.entry(part.name.clone()).or_default() += 1;
        if !state.pages.lose {
            state.workers.assets.insert(part.name, (bytes, content_type));
        }
    }
    let Workers { sessions, assets, .. } = &mut state.workers;
    let Some(session) = sessions.get_mut(&token) else { return bad("no session") };
    let complete = session.manifest.values().all(|hash| assets.contains_key(hash));
    let seen = Value::Array(seen);
    if !complete {
        return Reply::ok(json!({ "jwt": null })).status(202).seen(seen);
    }
    let done = format!("{token}-done");
    let finished = Session { script: session.script.clone(), manifest: session.manifest.clone(), is_complete: true };
    sessions.insert(done.clone(), finished);
    Reply::ok(json!({ "jwt": done })).status(201).seen(seen)
}
