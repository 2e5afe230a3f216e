//! Whether the real `wrangler dev` takes wrangler.toml as it stands, and the Worker answers from PostgreSQL.
//!
//! In: the bundle, this repository's site, a database. Out: nothing, or what worker/smoke/smoke.mjs found. Deliberately not here: what routes answer.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;
use postgres_fixture::Postgres;

use crate::tools::{node, npm_ci, program, rivage, root, scratch};

/// Sees to it that wrangler is there.
pub(super) fn tools() -> anyhow::Result<()> {
    let (_, npm) = node()?;
    npm_ci(&npm, &folder())
}

fn folder() -> PathBuf {
    root().join("worker/smoke")
}

/// Puts a site together as a clone of the repository would have it, and asks it over wrangler.
pub(super) fn run(bundle: &Path, server: &Postgres) -> anyhow::Result<()> {
    let tests = folder();
    let rivage = rivage()?;
    let site = scratch("worker-smoke")?;
    let worker = site.join("target/worker");
    fs::create_dir_all(&worker).with_context(|| format!("could not make `{}`", worker.display()))?;
    for name in ["index.js", "rivage_worker_bg.wasm"] {
        fs::copy(bundle.join(name), worker.join(name)).with_context(|| format!("could not copy `{name}`"))?;
    }
    fs::copy(root().join("wrangler.toml"), site.join("wrangler.toml")).context("could not copy `wrangler.toml`")?;
    let public = site.join("public").to_string_lossy().into_owned();
    program(&rivage, &["build", "--quiet", "--out", &public]).run()?;
    let manifest = worker.join("manifest.bin").to_string_lossy().into_owned();
    program(&rivage, &["api", "manifest", "--out", &manifest]).run()?;
    // wrangler wants a password; the server asks for none.
    let database = format!("postgres://postgres:none@127.0.0.1:{}/postgres?sslmode=disable", server.port());
    program(&rivage, &["db", "migrate", "--db", &server.url("postgres", "postgres")]).run()?;
    let script = tests.join("smoke.mjs").to_string_lossy().into_owned();
    program(tests.join("node_modules/node/bin/node"), &[&script]).folder(&site).env("RIVAGE_DATABASE", database).run()
}
