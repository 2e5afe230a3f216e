//! The Worker: its bundle, and its tests in workerd.
//!
//! ```text
//!  worker/ ──cargo──► wasm ──wasm-bindgen──► wasm, glue ──wasm-opt──► rivage_worker_bg.wasm
//!                                              └─esbuild, with worker/js──► index.js
//!  the site's routes: `rivage api manifest --out` ──────────────────────► manifest.bin
//! ```
//!
//! In: sources. Out: a folder that wrangler and workerd load. Deliberately not here: worker-build, which downloads its helpers on its own, and whose
//! entry leaves requests unanswered when the module dies.

mod manifest;
mod smoke;
mod target;

use std::path::{Path, PathBuf};
use std::{fs, io::Write as _};

use anyhow::{Context, bail};
use postgres_fixture::{PgBouncer, Postgres};

use crate::tools::{
    WASM_BINDGEN, cargo, node, note, npm_ci, pgbouncer, postgres, program, root, scratch, target as built,
};

/// The file of the module in a bundle.
const MODULE: &str = "rivage_worker_bg.wasm";

/// The manifest of the tests' routes, for pages of the site alone.
const CLOSED: &str = "closed.bin";

/// Set to `1`, the Worker's tests fail where their tools cannot be had; else they are skipped.
const REQUIRED: &str = "RIVAGE_REQUIRE_WORKER";

/// Builds the bundle into target/worker.
pub(crate) fn build() -> anyhow::Result<()> {
    let folder = built().join("worker");
    bundle(&folder, false)?;
    // Of the whole site: its forms are routes, too. Without what tests need, which a machine that only deploys has no use for.
    let out = folder.join("manifest.bin");
    cargo(&["run", "--quiet", "--package", "rivage", "--", "api", "manifest", "--out", text(&out)?]).run()?;
    note(&format!("the Worker: `{}`, {}", folder.display(), sizes(&folder)?));
    Ok(())
}

/// Builds the program with the Worker in it.
pub(crate) fn release() -> anyhow::Result<()> {
    build()?;
    cargo(&["build", "--profile", "dist", "--package", "rivage"])
        .env("RIVAGE_WORKER_BUNDLE", built().join("worker"))
        .run()
}

/// Runs the tests in worker/tests/: workerd with the bundle, PostgreSQL, PgBouncer between them.
pub(crate) fn test() -> anyhow::Result<()> {
    if std::env::var_os("RIVAGE_SKIP_WORKER").is_some_and(|value| value == "1") {
        note("skipped: the tests of the Worker, because RIVAGE_SKIP_WORKER is 1");
        return Ok(());
    }
    let skip = |error: anyhow::Error| {
        if std::env::var_os(REQUIRED).is_some_and(|value| value == "1") {
            return Err(error);
        }
        note(&format!("skipped: the tests of the Worker: {error:#} ({REQUIRED}=1 makes this an error)"));
        Ok(())
    };
    if let Err(error) = tools().and_then(|()| smoke::tools()) {
        return skip(error);
    }
    let (work, tests) = (scratch("worker")?, root().join("worker/tests"));
    let deployed = work.join("deployed");
    let testing = work.join("testing");
    if let Err(error) = bundle(&deployed, false) {
        // Which compilers of Debian can build the standard library is for Debian to know.
        return if target::ready()?.is_debian() { skip(error) } else { Err(error) };
    }
    bundle(&testing, true)?;
    for folder in [&deployed, &testing] {
        manifest(&tests, &folder.join("manifest.bin"), |_| {})?;
    }
    manifest(&tests, &work.join(CLOSED), |manifest| manifest.settings.cors.clear())?;
    note(&format!("the Worker: {}", sizes(&deployed)?));
    node_tests(&[], &[])?;
    smoke::run(&deployed, &Postgres::start()?)
}

/// Starts the real `wrangler dev` with this repository's wrangler.toml, and asks the Worker in it.
pub(crate) fn smoke() -> anyhow::Result<()> {
    tools()?;
    smoke::tools()?;
    let deployed = scratch("worker")?.join("deployed");
    bundle(&deployed, false)?;
    smoke::run(&deployed, &Postgres::start()?)
}

/// Sends many requests to one instance, and tells what its memory did.
pub(crate) fn soak() -> anyhow::Result<()> {
    tools()?;
    let testing = scratch("worker")?.join("testing");
    bundle(&testing, true)?;
    manifest(&root().join("worker/tests"), &testing.join("manifest.bin"), |_| {})?;
    // The file by name: where all tests of a file are left out, what its hooks have started is never ended.
    node_tests(
        &["--test-name-pattern=memory stays as it is", "instance.test.mjs"],
        &[("RIVAGE_WORKER_REQUESTS", "100000")],
    )
}

/// Sends mixed traffic to one instance for some time, as fast as it answers.
pub(crate) fn load(seconds: &str) -> anyhow::Result<()> {
    if !seconds.parse::<u32>().is_ok_and(|seconds| seconds > 0) {
        bail!("`{seconds}` is no number of seconds");
    }
    tools()?;
    let deployed = scratch("worker")?.join("deployed");
    bundle(&deployed, false)?;
    manifest(&root().join("worker/tests"), &deployed.join("manifest.bin"), |_| {})?;
    with_database(&["../bench/load.mjs", seconds], &[])
}

/// Runs the tests in worker/tests/ over bundles that are there.
fn node_tests(options: &[&str], variables: &[(&str, &str)]) -> anyhow::Result<()> {
    // What hangs in spite of all limits of the tests is named in the end.
    let fixed = ["--test", "--test-concurrency=1", "--test-timeout=1800000"];
    with_database(&[&fixed[..], options].concat(), variables)
}

/// Runs Node in worker/tests/, beside PostgreSQL and PgBouncer.
fn with_database(arguments: &[&str], variables: &[(&str, &str)]) -> anyhow::Result<()> {
    let (work, tests) = (scratch("worker")?, root().join("worker/tests"));
    let server = Postgres::start()?;
    let pooler = PgBouncer::start(&server)?;
    let node = tests.join("node_modules/node/bin/node");
    let mut run = program(&node, arguments)
        .folder(&tests)
        .env("RIVAGE_WORKER", work.join("deployed"))
        .env("RIVAGE_WORKER_TESTING", work.join("testing"))
        .env("RIVAGE_MANIFEST_CLOSED", work.join(CLOSED))
        .env("RIVAGE_POSTGRES", format!("127.0.0.1:{}", server.port()))
        .env("RIVAGE_POOLER", format!("127.0.0.1:{}", pooler.port()));
    for (name, value) in variables {
        run = run.env(name, value);
    }
    run.run()
}

/// Writes the manifest of the tests' routes, with a change of the caller's.
pub(crate) fn manifest(
    tests: &Path,
    out: &Path,
    change: impl FnOnce(&mut rivage_api::manifest::Manifest),
) -> anyhow::Result<()> {
    manifest::write(&tests.join("api"), &tests.join("settings.json"), out, change)
}

/// Sees to it that all is there which the tests need.
pub(crate) fn tools() -> anyhow::Result<()> {
    postgres()?;
    pgbouncer()?;
    let (_, npm) = node()?;
    target::ready()?;
    bindgen()?;
    for folder in ["worker", "worker/tests"] {
        npm_ci(&npm, &root().join(folder))?;
    }
    Ok(())
}

/// Makes all of a bundle but its manifest.
pub(crate) fn bundle(folder: &Path, testing: bool) -> anyhow::Result<()> {
    let (node, npm) = node()?;
    let sources = root().join("worker");
    let tools = sources.join("node_modules");
    if !tools.join("esbuild").is_dir() || !tools.join("binaryen").is_dir() {
        npm_ci(&npm, &sources)?;
    }
    let bindgen = bindgen()?;
    let mut arguments = vec!["build", "--package", "rivage-worker", "--profile", "worker", "--target", target::NAME];
    if testing {
        arguments.extend(["--features", "testing"]);
    }
    target::ready()?.apply(cargo(&arguments)).run()?;

    let wasm = built().join(target::NAME).join("worker/rivage_worker.wasm");
    let work = scratch(if testing { "worker-glue-testing" } else { "worker-glue" })?;
    let options = ["--target", "web", "--no-typescript", "--experimental-reset-state-function"];
    let options = [&options[..], &["--omit-default-module-path", "--out-name", "rivage_worker", "--out-dir"]].concat();
    program(&bindgen, &[&options[..], &[text(&work)?, text(&wasm)?]].concat()).run()?;

    fs::create_dir_all(folder).with_context(|| format!("could not make `{}`", folder.display()))?;
    shrink(&node, &work.join(MODULE), &folder.join(MODULE))?;

    let glue = format!("--alias:rivage-worker={}", text(&work.join("rivage_worker.js"))?);
    let out = format!("--outfile={}", text(&folder.join("index.js"))?);
    let options = ["js/entry.mjs", "--bundle", "--format=esm", "--target=es2022", "--minify", "--log-level=warning"];
    let outside = ["--inject:js/guard.mjs", "--external:*.wasm", "--external:*.bin", "--external:cloudflare:workers"];
    program(tools.join("esbuild/bin/esbuild"), &[&options[..], &outside, &[&glue, &out]].concat())
        .folder(&sources)
        .run()
}

/// Makes a module smaller, and takes its names away.
fn shrink(node: &Path, from: &Path, to: &Path) -> anyhow::Result<()> {
    // A function is compiled when it is first called, as a whole: what has one caller alone stays apart unless it is small, so that a request compiles
    // what it runs and not all that it might have run.
    let options = ["-Os", "--one-caller-inline-max-function-size=20", "--strip-debug", "--strip-producers", "-o"];
    let wasm_opt = root().join("worker/node_modules/binaryen/bin/wasm-opt");
    program(node, &[&[text(&wasm_opt)?][..], &options, &[text(to)?, text(from)?]].concat()).run()
}

/// Makes the bundle that was made last anew, without what hashes passwords: to be weighed, not to be run.
pub(crate) fn without_hashing(bundle: &Path, folder: &Path) -> anyhow::Result<()> {
    let (node, _) = node()?;
    fs::create_dir_all(folder).with_context(|| format!("could not make `{}`", folder.display()))?;
    let (made, lean) = (scratch("worker-glue")?.join(MODULE), folder.join("lean.wasm"));
    program(&node, &["worker/bench/lean.mjs", text(&made)?, text(&lean)?]).run()?;
    shrink(&node, &lean, &folder.join(MODULE))?;
    fs::copy(bundle.join("index.js"), folder.join("index.js")).context("could not copy the bundle's entry")?;
    Ok(())
}

/// Installs wasm-bindgen's program, of the version of the crate.
fn bindgen() -> anyhow::Result<PathBuf> {
    let folder = scratch("tools")?.join(format!("wasm-bindgen-{WASM_BINDGEN}"));
    let installed = folder.join("bin").join(format!("wasm-bindgen{}", std::env::consts::EXE_SUFFIX));
    if !installed.is_file() {
        // It runs for a second: compiling it with optimisation would take minutes.
        let options = ["install", "wasm-bindgen-cli", "--version", WASM_BINDGEN, "--bin", "wasm-bindgen", "--debug"];
        cargo(&[&options[..], &["--root", text(&folder)?]].concat()).run()?;
    }
    Ok(installed)
}

/// Says how large a bundle is, as the platform counts: compressed.
fn sizes(folder: &Path) -> anyhow::Result<String> {
    Ok(format!("{} KiB compressed", packed(folder)? / 1024))
}

/// Returns the bytes of a bundle's code, each file compressed.
pub(crate) fn packed(folder: &Path) -> anyhow::Result<u64> {
    let mut all = 0;
    for name in [MODULE, "index.js"] {
        let path = folder.join(name);
        // The peer has no wasm.
        if !path.is_file() {
            continue;
        }
        let bytes = fs::read(&path).with_context(|| format!("could not read `{}`", path.display()))?;
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        packed.write_all(&bytes)?;
        all += packed.finish()?.len() as u64;
    }
    Ok(all)
}

fn text(path: &Path) -> anyhow::Result<&str> {
    path.to_str().with_context(|| format!("`{}` is no UTF-8", path.display()))
}
