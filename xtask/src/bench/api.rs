//! The API on workerd beside Hono and pg on the same workerd: `cargo xtask bench api`.
//!
//! In: both bundles, PostgreSQL, PgBouncer. Out: benches/RESULTS-api.md, with versions. Deliberately not here: how requests are sent and counted, which
//! is worker/bench/run.mjs.

use std::fmt::Write as _;
use std::fs;

use anyhow::{Context, bail};
use postgres_fixture::{PgBouncer, Postgres};
use rivage_api::manifest::{Auth, Route};
use serde_json::Value;

use super::machine::Machine;
use crate::tools::{note, program, root, scratch};
use crate::worker;

/// One row of the table: what it is, its name in the results, the most it may cost beside the peer.
const ROWS: [(&str, &str, f64); 5] = [
    ("static JSON", "static", 1.05),
    ("static JSON, the same headers on both sides", "secure", 1.05),
    ("JWT-protected", "jwt", 0.75),
    ("one row of the database", "one", 0.75),
    ("50 rows of the database", "fifty", 0.70),
];

pub(super) fn run(words: &[&str]) -> anyhow::Result<()> {
    let write = match words {
        [] => false,
        ["--write"] => true,
        _ => bail!(
            "`cargo xtask bench api` knows `--write` alone: the results go to benches/RESULTS-api.md, else to target/"
        ),
    };
    let machine = Machine::ask();
    worker::tools()?;
    let (ours, peer) = (scratch("worker")?.join("deployed"), scratch("worker")?.join("peer"));
    worker::bundle(&ours, false)?;
    let lean = scratch("worker")?.join("lean");
    worker::without_hashing(&ours, &lean)?;
    let tests = root().join("worker/tests");
    worker::manifest(&tests, &ours.join("manifest.bin"), |manifest| {
        manifest.settings.build = "bench".to_owned();
        // The peer lets no pages of other origins in, so that neither side asks where a request comes from.
        manifest.settings.cors.clear();
        // What a token protects, and nothing behind it.
        let open = manifest.routes.iter().find(|route| route.id == "healthcheck").cloned();
        let auth = Auth { bearer: true, ..Auth::default() };
        manifest.routes.extend(open.map(|open| Route {
            id: "protected".to_owned(),
            path: "/api/protected".to_owned(),
            auth,
            ..open
        }));
    })?;
    let outfile = format!("--outfile={}", peer.join("index.js").display());
    let esbuild = root().join("worker/node_modules/esbuild/bin/esbuild");
    // pg is CommonJS, and asks for the modules of Node by `require`.
    let require = "--banner:js=import { createRequire } from 'node:module'; const require = createRequire('/')";
    let options = ["../bench/peer.mjs", "--bundle", "--format=esm", "--platform=node", "--conditions=workerd,worker"];
    let options =
        [&options[..], &["--external:cloudflare:*", "--minify", "--log-level=warning", require, &outfile]].concat();
    program(esbuild, &options).folder(&tests).env("NODE_PATH", tests.join("node_modules")).run()?;

    let server = Postgres::start()?;
    let pooler = PgBouncer::start(&server)?;
    let (done, text) = program(tests.join("node_modules/node/bin/node"), &["../bench/run.mjs"])
        .folder(&tests)
        .env("RIVAGE_WORKER", &ours)
        .env("RIVAGE_PEER", &peer)
        .env("RIVAGE_POSTGRES", format!("127.0.0.1:{}", server.port()))
        .env("RIVAGE_POOLER", format!("127.0.0.1:{}", pooler.port()))
        .output()?;
    if !done {
        bail!("the measurement failed; what it said is above");
    }
    let results: Value = serde_json::from_str(text.trim()).context("the measurement told no numbers")?;
    let sizes = [worker::packed(&ours)?, worker::packed(&peer)?, worker::packed(&lean)?];
    let report = report(&results, &machine, &versions()?, sizes)?;
    let path = if write { root().join("benches/RESULTS-api.md") } else { scratch("bench")?.join("RESULTS-api.md") };
    fs::write(&path, report).with_context(|| format!("could not write `{}`", path.display()))?;
    note(&format!("the table is in `{}`", path.display()));
    Ok(())
}

/// The versions that npm was asked for.
fn versions() -> anyhow::Result<String> {
    let path = root().join("worker/tests/package.json");
    let text = fs::read_to_string(&path).with_context(|| format!("could not read `{}`", path.display()))?;
    let package: Value = serde_json::from_str(&text).with_context(|| format!("`{}` is no JSON", path.display()))?;
    let tool = |name: &str| format!("{name} {}", package["devDependencies"][name].as_str().unwrap_or("unknown"));
    Ok(["hono", "pg", "miniflare", "node"].map(tool).join(", "))
}

fn report(results: &Value, machine: &Machine, versions: &str, sizes: [u64; 3]) -> anyhow::Result<String> {
    let number = |pointer: &str| {
        results.pointer(pointer).and_then(Value::as_f64).with_context(|| format!("the measurement told no `{pointer}`"))
    };
    let runs = number("/runs")?;
    let mut out = format!(
        "# Benchmark of the API\n\nMade by `cargo xtask bench api`. Machine: {machine}; load when it began: {}.\n\
         {versions}; rivage {}. Both run on the same workerd and take turns; CPU is user and system time of its process for each request, the \
         least of {runs} runs, or of four times as many where requests are short; latencies are those of the best of three times ten seconds. Between workerd and PostgreSQL stands PgBouncer. rivage sends an id of the request and what keeps browsers and caches \
         from mistakes with each answer, Hono only on the second route, by its own middleware. Times and rates of a machine that others use say little.\n\n",
        machine.load,
        env!("CARGO_PKG_VERSION")
    );
    out.push_str("| work | rivage | Hono | rivage / Hono | target | met |\n| --- | --- | --- | --- | --- | --- |\n");
    for (work, name, target) in ROWS {
        let (ours, peer) = (number(&format!("/ours/{name}/cpu"))?, number(&format!("/peer/{name}/cpu"))?);
        let ratio = ours / peer;
        let met = if ratio <= target { "yes" } else { "no" };
        writeln!(out, "| {work} | {ours:.0} µs | {peer:.0} µs | {ratio:.2} | ≤ {target:.2} | {met} |")?;
    }
    let mut row = |work: &str, ours: String, peer: String, target: &str, met: bool| {
        writeln!(out, "| {work} | {ours} | {peer} | | {target} | {} |", if met { "yes" } else { "no" })
    };
    let (first, other) = (number("/ours/first/first")?, number("/peer/first/first")?);
    row("first request", format!("{first:.1} ms"), format!("{other:.1} ms"), "≤ 5 ms", first <= 5.0)?;
    let (first, other) = (number("/ours/first/firstCpu")?, number("/peer/first/firstCpu")?);
    row("first request, CPU", format!("{first:.0} ms"), format!("{other:.0} ms"), "", true)?;
    let p95 = number("/latency/p95")?;
    let rate = number("/latency/rate")?;
    row(
        &format!("95 % of answers with one row, at half of full load: {rate:.0} in a second"),
        format!("{p95:.0} ms"),
        String::new(),
        "< 100 ms",
        p95 < 100.0,
    )?;
    let p95 = number("/latency/database")?;
    row("95 % of their queries", format!("{p95:.0} ms"), String::new(), "< 30 ms", p95 < 30.0)?;
    let [ours, peer, lean] = sizes.map(|bytes| bytes.div_ceil(1024));
    row("bundle, compressed", format!("{ours} KiB"), format!("{peer} KiB"), "≤ 450 KiB", ours <= 450)?;
    row("bundle without hashing of passwords", format!("{lean} KiB"), String::new(), "≤ 300 KiB", lean <= 300)?;
    Ok(out)
}
