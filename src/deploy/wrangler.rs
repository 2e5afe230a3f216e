//! `wrangler.toml`, as far as a deployment needs it.
//!
//! In: the file of the project, valid for Cloudflare's own program. Out: [`Wrangler`]: name, program, bindings in the form of Cloudflare's API, routes. What
//! this module does not know it refuses: a binding that is left out would be missing in the Worker without a word.
//! Deliberately not here: environments (`[env]`), bundling, everything that only `wrangler dev` reads.

use std::path::Path;

use serde_json::{Map, Value, json};

use super::Error;

/// The name of the file.
pub const FILE: &str = "wrangler.toml";

/// The day whose rules of Workers apply where no file says another.
const COMPATIBILITY_DATE: &str = "2026-07-30";

/// Keys for other purposes than deploying: bundling, development, statistics.
const OTHERS: [&str; 22] = [
    "$schema",
    "alias",
    "base_dir",
    "build",
    "define",
    "dev",
    "env",
    "find_additional_modules",
    "jsx_factory",
    "jsx_fragment",
    "keep_names",
    "keep_vars",
    "legacy_env",
    "minify",
    "no_bundle",
    "preserve_file_names",
    "rules",
    "send_metrics",
    "tsconfig",
    "upload_source_maps",
    "account_id",
    "first_party_worker",
];

/// The settings of a Worker.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Wrangler {
    /// The Worker's name.
    pub name: Option<String>,
    /// The program, relative to the project.
    pub main: Option<String>,
    /// Whose account it is, where the environment does not say it.
    pub account: Option<String>,
    /// `compatibility_date`
    pub date: String,
    /// `compatibility_flags`
    pub flags: Vec<String>,
    /// What the program can use, as the API writes it. That of the files is `assets_binding`.
    pub bindings: Vec<Value>,
    /// The name by which the program asks for files of the site.
    pub assets_binding: Option<String>,
    /// How files are served: `html_handling`, `not_found_handling`, `run_worker_first`.
    pub assets: Map<String, Value>,
    /// Whether the Worker can be reached at workers.dev.
    pub workers_dev: Option<bool>,
    /// Whether its versions have addresses.
    pub preview_urls: Option<bool>,
    /// What leads to the Worker.
    pub routes: Vec<Route>,
    /// When it runs by itself.
    pub crons: Vec<String>,
    /// What belongs to the Worker as a whole: `observability`, `logpush`, `tail_consumers`.
    pub script: Map<String, Value>,
    /// What belongs to a version: `limits`, `placement`.
    pub version: Map<String, Value>,
}

/// A route.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// A host name where it is a custom domain, else a pattern such as `example.org/api/*`.
    pub pattern: String,
    /// Whether the host name belongs to the Worker as a whole.
    pub is_domain: bool,
    /// The id of the zone, or its name; else it is found by the host name.
    pub zone: Option<Zone>,
}

/// Which zone a route is in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Zone {
    /// `zone_id`
    Id(String),
    /// `zone_name`
    Name(String),
}

impl Route {
    /// Returns the host name.
    pub fn host(&self) -> &str {
        let host = self.pattern.split_once("://").map_or(self.pattern.as_str(), |(_, rest)| rest);
        host.split('/').next().unwrap_or(host).trim_start_matches("*.").trim_start_matches('*')
    }

    /// Returns the pattern of the path.
    pub fn path(&self) -> &str {
        let host = self.pattern.split_once("://").map_or(self.pattern.as_str(), |(_, rest)| rest);
        host.find('/').map_or("/", |at| &host[at..])
    }
}

fn wrong(what: impl std::fmt::Display, hint: impl Into<String>) -> Error {
    Error::refused(format!("{FILE}: {what}"), hint)
}

/// Reads the file of a project; none where there is none.
///
/// # Errors
/// It cannot be read, is no TOML, or has something that would not be deployed.
pub fn read(root: &Path) -> Result<Option<Wrangler>, Error> {
    let path = root.join(FILE);
    match std::fs::read_to_string(&path) {
        Ok(text) => parse(&text).map(Some),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(Error::Disk { operation: "read", path: path.display().to_string(), source }),
    }
}

impl Wrangler {
    /// The settings of a site that has no file: its files, and nothing else.
    pub fn of_files() -> Self {
        let assets = json!({ "not_found_handling": "404-page" }).as_object().cloned().unwrap_or_default();
        Self { date: COMPATIBILITY_DATE.to_owned(), assets, ..Self::default() }
    }

    /// Returns the patterns of `run_worker_first`; none where it says yes or no to all paths.
    pub fn program_first(&self) -> Vec<&str> {
        let patterns = self.assets.get("run_worker_first").and_then(Value::as_array);
        patterns.into_iter().flatten().filter_map(Value::as_str).collect()
    }
}

fn parse(text: &str) -> Result<Wrangler, Error> {
    let root: Map<String, Value> = toml_edit::de::from_str(text).map_err(|error| {
        let line = error.span().map_or(1, |span| text[..span.start.min(text.len())].matches('\n').count() + 1);
        wrong(format!("line {line}: {}", error.message().trim()), "")
    })?;
    let mut found = Wrangler::default();
    for (key, value) in &root {
        match key.as_str() {
            "name" => found.name = Some(name(value)?),
            "main" => found.main = Some(text_of(key, value)?.trim_start_matches("./").to_owned()),
            "account_id" => found.account = Some(text_of(key, value)?.to_owned()),
            "compatibility_date" => found.date = date(value)?,
            "compatibility_flags" => found.flags = texts(key, value)?,
            "workers_dev" => found.workers_dev = Some(truth(key, value)?),
            "preview_urls" => found.preview_urls = Some(truth(key, value)?),
            "assets" => assets(&mut found, value)?,
            "vars" => {
                for (name, value) in entries(key, value)? {
                    found.bindings.push(match value.as_str() {
                        Some(text) => json!({ "name": name, "type": "plain_text", "text": text }),
                        None => json!({ "name": name, "type": "json", "json": value }),
                    });
                }
            }
            "kv_namespaces" | "r2_buckets" | "hyperdrive" | "ratelimits" | "services" | "analytics_engine_datasets" => {
                for entry in list(key, value)? {
                    found.bindings.push(binding(key, entry)?);
                }
            }
            "route" => found.routes.push(route(value)?),
            "routes" => {
                for one in list(key, value)? {
                    found.routes.push(route(one)?);
                }
            }
            "triggers" => {
                for (key, value) in entries(key, value)? {
                    match key.as_str() {
                        "crons" => found.crons = texts("triggers.crons", value)?,
                        _ => return Err(unknown(&format!("triggers.{key}"))),
                    }
                }
            }
            "observability" | "logpush" | "tail_consumers" => {
                found.script.insert(key.clone(), value.clone());
            }
            "limits" | "placement" => {
                found.version.insert(key.clone(), value.clone());
            }
            "pages_build_output_dir" => {
                let hint =
                    "make it the configuration of a Worker, or delete it: the Pages project stands in rivage.toml";
                return Err(wrong("it is the configuration of a Pages project", hint));
            }
            key if OTHERS.contains(&key) => {}
            _ => return Err(unknown(key)),
        }
    }
    if found.date.is_empty() {
        let hint = format!("write `compatibility_date = \"{COMPATIBILITY_DATE}\"`");
        return Err(wrong("it has no `compatibility_date`", hint));
    }
    let mut names: Vec<&str> = found.bindings.iter().filter_map(|one| one["name"].as_str()).collect();
    names.extend(found.assets_binding.as_deref());
    names.sort_unstable();
    if let Some(two) = names.windows(2).find(|two| two[0] == two[1]) {
        return Err(wrong(format!("two bindings are called `{}`", two[0]), "give one of them another name"));
    }
    Ok(found)
}

fn unknown(key: &str) -> Error {
    wrong(format!("`{key}` is nothing that rivage deploys"), "remove it, or deploy the Worker with wrangler")
}

fn name(value: &Value) -> Result<String, Error> {
    let name = text_of("name", value)?;
    crate::config::check_project(name).map_err(|must| wrong(format!("`name` must be {must}"), ""))?;
    Ok(name.to_owned())
}

fn date(value: &Value) -> Result<String, Error> {
    let text = text_of("compatibility_date", value)?;
    match text.parse::<jiff::civil::Date>() {
        Ok(_) if text.len() == 10 => Ok(text.to_owned()),
        _ => Err(wrong("`compatibility_date` must be a day such as `2026-07-30`", "")),
    }
}

fn text_of<'v>(key: &str, value: &'v Value) -> Result<&'v str, Error> {
    value.as_str().ok_or_else(|| wrong(format!("`{key}` must be a text"), ""))
}

fn truth(key: &str, value: &Value) -> Result<bool, Error> {
    value.as_bool().ok_or_else(|| wrong(format!("`{key}` must be true or false"), ""))
}

fn list<'v>(key: &str, value: &'v Value) -> Result<&'v Vec<Value>, Error> {
    value.as_array().ok_or_else(|| wrong(format!("`{key}` must be a list"), ""))
}

fn texts(key: &str, value: &Value) -> Result<Vec<String>, Error> {
    list(key, value)?.iter().map(|one| text_of(key, one).map(str::to_owned)).collect()
}

fn entries<'v>(key: &str, value: &'v Value) -> Result<&'v Map<String, Value>, Error> {
    value.as_object().ok_or_else(|| wrong(format!("`{key}` must be a table"), ""))
}

fn assets(found: &mut Wrangler, value: &Value) -> Result<(), Error> {
    for (key, value) in entries("assets", value)? {
        match key.as_str() {
            // Where the files are rivage.toml says.
            "directory" => {}
            "binding" => found.assets_binding = Some(text_of("assets.binding", value)?.to_owned()),
            "html_handling" | "not_found_handling" | "run_worker_first" => {
                found.assets.insert(key.clone(), value.clone());
            }
            _ => return Err(unknown(&format!("assets.{key}"))),
        }
    }
    Ok(())
}

/// What the API calls a kind of binding, where its name stands, what it needs, what it may have, and what only other programs read.
type Kind = (&'static str, &'static str, &'static [&'static str], &'static [&'static str], &'static [&'static str]);

fn kind(table: &str) -> Kind {
    match table {
        "kv_namespaces" => ("kv_namespace", "binding", &["id"], &[], &["preview_id", "remote"]),
        "r2_buckets" => (
            "r2_bucket",
            "binding",
            &["bucket_name"],
            &["jurisdiction"],
            &["preview_bucket_name", "remote", "local_dev"],
        ),
        "hyperdrive" => ("hyperdrive", "binding", &["id"], &[], &["localConnectionString"]),
        "ratelimits" => ("ratelimit", "name", &["namespace_id", "simple"], &[], &[]),
        "analytics_engine_datasets" => ("analytics_engine", "binding", &["dataset"], &[], &[]),
        _ => ("service", "binding", &["service"], &["environment", "entrypoint"], &["remote", "props"]),
    }
}

fn binding(table: &str, entry: &Value) -> Result<Value, Error> {
    let (word, name_key, needed, optional, ignored) = kind(table);
    let entry = entries(table, entry)?;
    let get = |key: &str| entry.get(key).ok_or_else(|| wrong(format!("an entry of `{table}` has no `{key}`"), ""));
    let name = text_of(&format!("{table}.{name_key}"), get(name_key)?)?;
    let mut binding = json!({ "name": name, "type": word });
    for key in needed {
        // A number is a mistake that is easily made: Cloudflare wants digits in quotes.
        let value = get(key)?;
        if *key != "simple" {
            text_of(&format!("{table}.{key}"), value)?;
        }
        if let Some(fields) = value.as_object() {
            limit(name, fields)?;
        }
        // `id` of a namespace of keys and values has a longer name in the API.
        let written = if table == "kv_namespaces" { "namespace_id" } else { key };
        binding[written] = value.clone();
    }
    for key in optional.iter().filter(|key| entry.contains_key(**key)) {
        binding[*key] = entry[*key].clone();
    }
    let is_known =
        |key: &str| key == name_key || needed.contains(&key) || optional.contains(&key) || ignored.contains(&key);
    match entry.keys().find(|key| !is_known(key)) {
        Some(key) => Err(unknown(&format!("{table}.{key}"))),
        None => Ok(binding),
    }
}

fn limit(name: &str, simple: &Map<String, Value>) -> Result<(), Error> {
    let number = |key: &str| simple.get(key).and_then(Value::as_u64);
    match (number("limit"), number("period")) {
        (Some(1..), Some(10 | 60)) => Ok(()),
        _ => {
            let what =
                format!("`simple` of the rate limit `{name}` must have a `limit`, and a `period` of 10 or 60 seconds");
            Err(wrong(what, "write `simple = { limit = 60, period = 60 }`"))
        }
    }
}

fn route(value: &Value) -> Result<Route, Error> {
    if let Some(pattern) = value.as_str() {
        return Ok(Route { pattern: pattern.to_owned(), is_domain: false, zone: None });
    }
    let entry = entries("routes", value)?;
    let mut route = Route { pattern: String::new(), is_domain: false, zone: None };
    for (key, value) in entry {
        match key.as_str() {
            "pattern" => text_of("routes.pattern", value)?.clone_into(&mut route.pattern),
            "custom_domain" => route.is_domain = truth("routes.custom_domain", value)?,
            "zone_id" => route.zone = Some(Zone::Id(text_of("routes.zone_id", value)?.to_owned())),
            "zone_name" => route.zone = Some(Zone::Name(text_of("routes.zone_name", value)?.to_owned())),
            _ => return Err(unknown(&format!("routes.{key}"))),
        }
    }
    if route.pattern.is_empty() {
        return Err(wrong("a route has no `pattern`", "such as `example.org/api/*`"));
    }
    if route.is_domain && route.pattern.contains(['/', '*']) {
        let what = format!("the custom domain `{}` must be a host name alone", route.pattern);
        return Err(wrong(what, "write it without a path, or without `custom_domain = true`"));
    }
    Ok(route)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DATE: &str = "compatibility_date = \"2026-07-30\"\n";

    #[test]
    fn bindings_are_written_as_the_api_wants_them() {
        let text = r#"
            name = "site"
            main = "./target/worker/index.js"
            compatibility_date = "2026-07-30"
            kv_namespaces = [{ binding = "KV", id = "k1" }]
            services = [{ binding = "S", service = "other" }]
            routes = ["a.org/x/*", { pattern = "b.org", custom_domain = true, zone_id = "z" }]
            [assets]
            directory = "public"
            binding = "ASSETS"
            run_worker_first = ["/api/*"]
            [[hyperdrive]]
            binding = "DB"
            id = "h1"
            localConnectionString = "postgres://x"
            [[r2_buckets]]
            binding = "MEDIA"
            bucket_name = "media"
            [[ratelimits]]
            name = "RL"
            namespace_id = "1"
            simple = { limit = 5, period = 10 }
            [[analytics_engine_datasets]]
            binding = "METRICS"
            dataset = "site"
            [vars]
            A = "b"
            N = 5
            [triggers]
            crons = ["0 * * * *"]
            [observability]
            enabled = true
            [limits]
            cpu_ms = 5
            [dev]
            port = 5
        "#;
        let found = parse(text).unwrap();
        assert_eq!((found.name.as_deref(), found.main.as_deref()), (Some("site"), Some("target/worker/index.js")));
        let expect = json!([
            { "name": "KV", "type": "kv_namespace", "namespace_id": "k1" },
            { "name": "S", "type": "service", "service": "other" },
            { "name": "DB", "type": "hyperdrive", "id": "h1" },
            { "name": "MEDIA", "type": "r2_bucket", "bucket_name": "media" },
            { "name": "RL", "type": "ratelimit", "namespace_id": "1", "simple": { "limit": 5, "period": 10 } },
            { "name": "METRICS", "type": "analytics_engine", "dataset": "site" },
            { "name": "A", "type": "plain_text", "text": "b" },
            { "name": "N", "type": "json", "json": 5 },
        ]);
        assert_eq!(Value::from(found.bindings.clone()), expect);
        assert_eq!(found.assets_binding.as_deref(), Some("ASSETS"));
        assert_eq!(found.program_first(), ["/api/*"]);
        assert_eq!(Value::from(found.assets), json!({ "run_worker_first": ["/api/*"] }));
        let told: Vec<_> = found.routes.iter().map(|route| (route.host(), route.path(), route.is_domain)).collect();
        assert_eq!(told, [("a.org", "/x/*", false), ("b.org", "/", true)]);
        assert_eq!(found.crons, ["0 * * * *"]);
        assert_eq!(Value::from(found.script), json!({ "observability": { "enabled": true } }));
        assert_eq!(Value::from(found.version), json!({ "limits": { "cpu_ms": 5 } }));
    }

    #[test]
    fn what_would_be_lost_is_refused() {
        let check = |text: &str, expect: &str| {
            let error = parse(&format!("{DATE}{text}")).unwrap_err();
            assert_eq!(error.to_string(), format!("wrangler.toml: {expect}"), "{text}");
        };
        check("[[d1_databases]]\nbinding = \"D\"\n", "`d1_databases` is nothing that rivage deploys");
        check("name = \"Not_A_Name\"", "`name` must be a name of lower-case letters, digits and `-`, not at its ends");
        check("main = 5", "`main` must be a text");
        check("x = ", "line 2: string values must be quoted, expected literal string");
        check("pages_build_output_dir = \"public\"", "it is the configuration of a Pages project");
        check("r2_buckets = [{ binding = \"A\" }]", "an entry of `r2_buckets` has no `bucket_name`");
        check("hyperdrive = [{ binding = \"A\", id = 5 }]", "`hyperdrive.id` must be a text");
        check("hyperdrive = [{ binding = \"A\", id = \"5\", x = 1 }]", "`hyperdrive.x` is nothing that rivage deploys");
        check(
            "ratelimits = [{ name = \"A\", namespace_id = \"1\", simple = { limit = 1, period = 7 } }]",
            "`simple` of the rate limit `A` must have a `limit`, and a `period` of 10 or 60 seconds",
        );
        check("[vars]\nA = \"1\"\n[assets]\nbinding = \"A\"", "two bindings are called `A`");
        check(
            "routes = [{ pattern = \"a.org/*\", custom_domain = true }]",
            "the custom domain `a.org/*` must be a host name alone",
        );
        check("routes = [{ zone_id = \"a\" }]", "a route has no `pattern`");
        check("workers_dev = 1", "`workers_dev` must be true or false");
        let error = parse("name = \"a\"").unwrap_err();
        assert_eq!(error.hint().unwrap(), "write `compatibility_date = \"2026-07-30\"`");
        assert!(parse("compatibility_date = \"30.7.2026\"").is_err());
    }

    #[test]
    fn a_site_without_the_file_is_only_files() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(read(folder.path()).unwrap(), None);
        assert_eq!(Wrangler::of_files().assets["not_found_handling"], "404-page");
    }
}
