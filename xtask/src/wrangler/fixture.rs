//! The site and the Worker that are deployed by both programs.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;

use crate::tools::root;

/// Writes a site of Pages.
pub(super) fn pages(folder: &Path) -> anyhow::Result<PathBuf> {
    site(folder)?;
    write(folder, "rivage.toml", "[site]\ntitle = \"T\"\n[deploy]\nproject = \"site\"\nrecord = false\n")?;
    Ok(folder.to_owned())
}

/// Writes a site of Workers, without the program.
pub(super) fn workers(folder: &Path) -> anyhow::Result<PathBuf> {
    site(folder)?;
    write(folder, "rivage.toml", "[site]\ntitle = \"T\"\n[deploy]\ntarget = \"workers\"\nrecord = false\n")?;
    write(folder, "wrangler.toml", WRANGLER)?;
    Ok(folder.to_owned())
}

/// Writes a program.
pub(super) fn program(folder: &Path, text: &str) -> anyhow::Result<()> {
    write(
        folder,
        "worker/index.js",
        &format!("import a from './a.wasm'\nimport m from './manifest.bin'\n// {text}\nexport default {{}}\n"),
    )?;
    write(folder, "worker/a.wasm", "\0asm")?;
    write(folder, "worker/manifest.bin", &format!("routes of {text}"))
}

const WRANGLER: &str = r#"name = "harbour"
main = "worker/index.js"
compatibility_date = "2026-03-01"
compatibility_flags = ["nodejs_compat"]
workers_dev = true

[assets]
directory = "public"
binding = "ASSETS"
run_worker_first = ["/api/*"]
html_handling = "auto-trailing-slash"
not_found_handling = "404-page"

[[hyperdrive]]
binding = "DB_READ"
id = "00000000000000000000000000000001"

[[hyperdrive]]
binding = "DB_WRITE"
id = "00000000000000000000000000000002"
localConnectionString = "postgres://a:b@127.0.0.1:5432/x"

[[r2_buckets]]
binding = "MEDIA"
bucket_name = "media"

[[kv_namespaces]]
binding = "KV"
id = "0123456789abcdef0123456789abcdef"

[[ratelimits]]
name = "RL_READ"
namespace_id = "1001"
simple = { limit = 600, period = 60 }

[[services]]
binding = "OTHER"
service = "other"

[vars]
LOG = "all"
NUMBERS = [1, 2]
TABLE = { a = "b" }

[triggers]
crons = ["0 * * * *"]

[limits]
cpu_ms = 1000

[observability]
enabled = true
head_sampling_rate = 0.5
"#;

fn site(folder: &Path) -> anyhow::Result<()> {
    for (path, text) in [
        ("index.html", "<h1>home"),
        ("404.html", "<h1>not here"),
        ("docs/install/index.html", "<h1 id=a>Install"),
        ("docs/copy.html", "<h1>home"),
        ("docs/_headers", "an ordinary file"),
        ("docs/_redirects", "an ordinary file"),
        ("Ünïcode & spaces/ä%20b#c.txt", "x"),
        (".well-known/security.txt", "Contact: mailto:a@example.org\n"),
        ("empty.txt", ""),
        ("_headers", "/assets/*\n  Cache-Control: public, max-age=31536000, immutable\n"),
        ("_redirects", "/old /docs/install/ 301\n/old/* /docs/:splat 302\n"),
    ] {
        write(folder, &format!("public/{path}"), text)?;
    }
    for name in names()? {
        // Each with contents of its own: types belong to contents.
        write(folder, &format!("public/types/{name}"), &format!("the file {name}"))?;
    }
    Ok(())
}

/// File names of all sorts, whose types are compared.
fn names() -> anyhow::Result<Vec<String>> {
    let file = root().join("tests/wrangler/content_types.tsv");
    let text = fs::read_to_string(&file).with_context(|| format!("could not read `{}`", file.display()))?;
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    Ok(lines.filter_map(|line| line.split('\t').next()).map(str::to_owned).collect())
}

fn write(folder: &Path, path: &str, text: &str) -> anyhow::Result<()> {
    let file = folder.join(path);
    let parent = file.parent().unwrap_or(folder);
    fs::create_dir_all(parent).with_context(|| format!("could not make `{}`", parent.display()))?;
    fs::write(&file, text).with_context(|| format!("could not write `{}`", file.display()))
}
