//! What rivage sends to Cloudflare against what Cloudflare's own program sends, for the same site.
//!
//! ```text
//!  fixture ──┬─ wrangler ──► stand-in ──► deployment ─┐
//!            └─ rivage ────► stand-in ──► deployment ─┴─► equal?
//! ```
//!
//! In: a site with many kinds of files, a Worker with every kind of binding; wrangler from npm, pinned in tests/wrangler/. Out: the first difference. All
//! stays on this machine. Deliberately not here: whether the live service takes it.

mod fixture;
pub(crate) mod measure;

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, bail};
use fake_cloudflare::{ACCOUNT, Fake, TOKEN, Version};
use serde_json::{Value, json};

use crate::tools::{Run, node, note, program, rivage, root, scratch};

/// Set to `1`, the comparison fails where wrangler cannot be had; else it is skipped.
const REQUIRED: &str = "RIVAGE_REQUIRE_WRANGLER";

/// Names a built rivage, which is then taken as it is.
const PROGRAM: &str = "RIVAGE_PROGRAM";

/// Wrangler's program, below tests/wrangler/.
const WRANGLER: &str = "node_modules/wrangler/bin/wrangler.js";

pub(crate) fn run() -> anyhow::Result<()> {
    let rivage = program_of_rivage()?;
    let (node, wrangler) = match install() {
        Ok(found) => found,
        Err(error) if std::env::var_os(REQUIRED).is_some_and(|value| value == "1") => return Err(error),
        Err(error) => {
            note(&format!("skipped: the comparison with wrangler: {error:#} ({REQUIRED}=1 makes this an error)"));
            return Ok(());
        }
    };
    let work = scratch("wrangler")?;
    std::fs::remove_dir_all(&work).with_context(|| format!("could not empty `{}`", work.display()))?;
    let both = Both { rivage: rivage.display().to_string(), node: node.display().to_string(), wrangler, work: &work };
    both.pages()?;
    both.workers()
}

/// Returns the program that is compared: one that was built already, or a new one.
fn program_of_rivage() -> anyhow::Result<std::path::PathBuf> {
    std::env::var_os(PROGRAM).map_or_else(rivage, |path| Ok(root().join(path)))
}

fn install() -> anyhow::Result<(std::path::PathBuf, String)> {
    let (node, npm) = node()?;
    let folder = root().join("tests/wrangler");
    // Its optional parts are a runtime and a converter of images, which deploying does not need.
    let options = ["ci", "--no-audit", "--no-fund", "--ignore-scripts"];
    program(&npm, &options).folder(&folder).run()?;
    Ok((node, folder.join(WRANGLER).display().to_string()))
}

struct Both<'a> {
    rivage: String,
    node: String,
    wrangler: String,
    work: &'a Path,
}

impl Both<'_> {
    fn wrangler(&self, fake: &Fake, folder: &Path, words: &[&str]) -> anyhow::Result<()> {
        let words = [&[self.wrangler.as_str()], words].concat();
        let run = program(&self.node, &words).folder(folder).env("HOME", self.work).env("CI", "1");
        let run = run.env("WRANGLER_SEND_METRICS", "false").env("WRANGLER_LOG_PATH", self.work.join("log"));
        told(environment(run, fake), "wrangler")
    }

    fn rivage(&self, fake: &Fake, folder: &Path, words: &[&str]) -> anyhow::Result<()> {
        told(environment(program(&self.rivage, words).folder(folder), fake), "rivage")
    }

    /// Direct upload: files, their types, the deployment.
    fn pages(&self) -> anyhow::Result<()> {
        let folder = fixture::pages(&self.work.join("pages"))?;
        let mut made = Vec::new();
        for by_wrangler in [true, false] {
            let fake = Fake::start();
            fake.add_project("site", "main");
            if by_wrangler {
                let words =
                    ["pages", "deploy", "public", "--project-name", "site", "--branch", "main", "--commit-dirty=true"];
                self.wrangler(&fake, &folder, &words)?;
            } else {
                let words = ["deploy", "--production", "--no-build", "--no-verify", "--no-db"];
                self.rivage(&fake, &folder, &words)?;
            }
            let deployment = fake.deployments("site").pop().context("no deployment was made")?;
            let types: BTreeMap<&String, Option<String>> =
                deployment.manifest.iter().map(|(path, hash)| (path, fake.content_type(hash))).collect();
            let special: BTreeMap<&String, String> = deployment
                .special
                .iter()
                .map(|(name, bytes)| (name, String::from_utf8_lossy(bytes).into_owned()))
                .collect();
            made.push(json!({
                "manifest": deployment.manifest,
                "types": types,
                "special": special,
                "branch": deployment.fields.get("branch"),
                "production": deployment.production,
            }));
        }
        let files = made[0]["manifest"].as_object().map_or(0, serde_json::Map::len);
        anyhow::ensure!(files > 20 && has_types(&made[0]), "the comparison has compared nothing");
        same("a Pages deployment", &made[0], &made[1])?;
        note(&format!(
            "Pages: {files} files with their hashes and types, special files and fields are as wrangler sends them"
        ));
        Ok(())
    }

    /// Static assets with a Worker: first as a new one, then as a new version.
    fn workers(&self) -> anyhow::Result<()> {
        let folder = fixture::workers(&self.work.join("workers"))?;
        let mut made = Vec::new();
        for by_wrangler in [true, false] {
            fixture::program(&folder, "one")?;
            let fake = Fake::start();
            fake.add_bucket("media");
            let deploy = || {
                if by_wrangler {
                    return self.wrangler(&fake, &folder, &["deploy", "--no-bundle"]);
                }
                let words = [
                    "deploy",
                    "--target",
                    "workers",
                    "--production",
                    "--create",
                    "--no-build",
                    "--no-verify",
                    "--no-db",
                ];
                self.rivage(&fake, &folder, &words)
            };
            deploy()?;
            fixture::program(&folder, "two")?;
            deploy()?;
            let versions: Vec<Value> =
                fake.versions("harbour").iter().map(|version| of_version(version, &fake)).collect();
            let scripts: Vec<Value> = fake
                .log()
                .into_iter()
                .filter(|entry| entry.step == "workers.script-settings")
                .map(|entry| entry.body["observability"].clone())
                .collect();
            let is_live = fake.running("harbour") == fake.versions("harbour").last().map(|version| version.id.clone());
            made.push(json!({
                "versions": versions,
                "observability": scripts,
                "newest is live": is_live,
                "workers.dev": fake.is_on_workers_dev("harbour"),
                "schedules": fake.schedules("harbour"),
            }));
        }
        same("a Worker with its files", &made[0], &made[1])?;
        let files = made[0]["versions"][0]["assets"].as_object().map_or(0, serde_json::Map::len);
        let both = made[0]["versions"].as_array().is_some_and(|all| all.len() == 2 && all.iter().all(has_types));
        anyhow::ensure!(files > 20 && both, "the comparison has compared nothing");
        note(&format!(
            "Workers: {files} files with their types, modules, metadata and bindings are as wrangler sends them"
        ));
        Ok(())
    }
}

/// What matters of a version. Annotations are each program's own, the token of the files is another each time, and `keep_bindings` is sent by newer versions of
/// wrangler only.
fn of_version(version: &Version, fake: &Fake) -> Value {
    let mut metadata = version.metadata.clone();
    let mut bindings: Vec<Value> = metadata["bindings"].as_array().cloned().unwrap_or_default();
    bindings.sort_by_key(|binding| binding["name"].to_string());
    if let Some(metadata) = metadata.as_object_mut() {
        ["annotations", "keep_bindings", "bindings"].iter().for_each(|key| drop(metadata.remove(*key)));
        // What is empty is not always sent.
        metadata.retain(|_, value| *value != json!([]) && *value != json!({}));
        if let Some(assets) = metadata.get_mut("assets").and_then(Value::as_object_mut) {
            assets.remove("jwt");
        }
    }
    let mut modules: Vec<Value> = version
        .modules
        .iter()
        .map(|module| json!([module.name, module.content_type, String::from_utf8_lossy(&module.bytes)]))
        .collect();
    modules.sort_by_key(Value::to_string);
    let types: BTreeMap<&String, Option<String>> =
        version.assets.iter().map(|(path, hash)| (path, fake.asset_type(hash))).collect();
    json!({ "metadata": sorted(&metadata), "bindings": sorted(&bindings.into()), "modules": modules, "assets": version.assets, "types": types })
}

/// Reports whether each file has a type: what both do not know would be equal, too.
fn has_types(made: &Value) -> bool {
    made["types"].as_object().is_some_and(|types| !types.is_empty() && types.values().all(Value::is_string))
}

/// Puts keys of objects into an order: neither program promises one.
fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let sorted: BTreeMap<&String, Value> = map.iter().map(|(key, value)| (key, self::sorted(value))).collect();
            json!(sorted)
        }
        Value::Array(list) => list.iter().map(sorted).collect(),
        other => other.clone(),
    }
}

fn environment(run: Run, fake: &Fake) -> Run {
    let run = run.env("CLOUDFLARE_API_TOKEN", TOKEN).env("CLOUDFLARE_ACCOUNT_ID", ACCOUNT);
    run.env("CLOUDFLARE_API_BASE_URL", fake.base()).env("NO_COLOR", "1")
}

/// Runs a program; what it printed is shown where it failed.
fn told(run: Run, name: &str) -> anyhow::Result<()> {
    match run.output()? {
        (true, _) => Ok(()),
        (false, printed) => bail!("{name} failed:\n{printed}"),
    }
}

/// Fails with the first place at which two values differ.
fn same(what: &str, wrangler: &Value, rivage: &Value) -> anyhow::Result<()> {
    match difference(wrangler, rivage, String::new()) {
        None => Ok(()),
        Some((place, one, other)) => bail!("{what}: `{place}` is {one} by wrangler and {other} by rivage"),
    }
}

fn difference(one: &Value, other: &Value, place: String) -> Option<(String, Value, Value)> {
    match (one, other) {
        (Value::Object(a), Value::Object(b)) => {
            let missing = b.iter().find(|(key, _)| !a.contains_key(*key));
            a.iter()
                .find_map(|(key, value)| {
                    difference(value, b.get(key).unwrap_or(&Value::Null), format!("{place}/{key}"))
                })
                .or_else(|| missing.map(|(key, value)| (format!("{place}/{key}"), Value::Null, value.clone())))
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => a
            .iter()
            .zip(b)
            .enumerate()
            .find_map(|(index, (one, other))| difference(one, other, format!("{place}/{index}"))),
        _ if one == other => None,
        _ => Some((place, one.clone(), other.clone())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_are_found_wherever_they_are() {
        let check = |one: Value, other: Value, expect: Option<&str>| {
            assert_eq!(difference(&one, &other, String::new()).map(|(place, ..)| place).as_deref(), expect);
        };
        check(json!({ "a": [1, { "b": 2 }] }), json!({ "a": [1, { "b": 2 }] }), None);
        check(json!({ "a": [1, { "b": 2 }] }), json!({ "a": [1, { "b": 3 }] }), Some("/a/1/b"));
        check(json!({ "a": 1 }), json!({ "a": 1, "b": 2 }), Some("/b"));
        check(json!({ "a": 1, "b": 2 }), json!({ "a": 1 }), Some("/b"));
        check(json!([1]), json!([1, 2]), Some(""));
    }
}
