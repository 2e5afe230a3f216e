//! hadolint over the Dockerfile, shellcheck over the scripts, dclint over docker-compose.yml, systemd over its units.
//!
//! In: deploy/postgres. Out: what is wrong there. Both first ones are packages of PyPI that have the program inside; dclint is pinned in tests/compose.

use crate::python;
use crate::stack::skip;
use crate::tools::{find, node, note, npm_ci, program, root};

/// Scripts of users' shells: what they use has to be in every `sh`.
const SCRIPTS: [&str; 6] = ["install.sh", "database.sh", "entrypoint.sh", "health.sh", "backup.sh", "setup.sh"];
const UNITS: [&str; 4] = ["full", "incr", "dump", "verify"];

pub(super) fn run() -> anyhow::Result<()> {
    let folder = root().join("deploy/postgres");
    match python::tool(python::HADOLINT, "hadolint") {
        // Versions of packages are not pinned: a rebuild is for security updates.
        Ok(hadolint) => program(hadolint, &["--ignore", "DL3008", "Dockerfile"]).folder(&folder).run()?,
        Err(error) => skip("hadolint", &error)?,
    }
    match python::tool(python::SHELLCHECK, "shellcheck") {
        Ok(shellcheck) => program(shellcheck, &[&["--shell=sh"][..], &SCRIPTS].concat()).folder(&folder).run()?,
        Err(error) => skip("shellcheck", &error)?,
    }
    let (node, npm) = node()?;
    let tests = root().join("tests/compose");
    npm_ci(&npm, &tests)?;
    let dclint = tests.join("node_modules/dclint/bin/dclint.cjs").to_string_lossy().into_owned();
    program(node, &[&dclint, "--max-warnings", "0", "docker-compose.yml"]).run()?;
    let Some(systemd) = find("systemd-analyze") else {
        note("skipped: the units of systemd: `systemd-analyze` is not installed");
        return Ok(());
    };
    for name in UNITS {
        let timer = format!("systemd/rivage-backup-{name}.timer");
        let text = std::fs::read_to_string(folder.join(&timer))?;
        let when = text.lines().find_map(|line| line.strip_prefix("OnCalendar=")).unwrap_or_default();
        program(&systemd, &["calendar", when])
            .output()?
            .0
            .then_some(())
            .ok_or_else(|| anyhow::anyhow!("`{timer}`: systemd does not understand `{when}`"))?;
    }
    Ok(())
}
