//! Other programs: how they are found, installed and run.

use std::ffi::OsStr;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, bail};

/// The version of wasm-bindgen's program: that of the crate in worker/Cargo.toml. npm's tools are pinned in worker/package.json and
/// worker/tests/package.json.
pub(crate) const WASM_BINDGEN: &str = "0.2.130";

/// Returns the repository's folder.
pub(crate) fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_owned()
}

/// Returns a folder for what recipes make; `cargo clean` takes it away.
pub(crate) fn scratch(name: &str) -> anyhow::Result<PathBuf> {
    let folder = target().join("xtask").join(name);
    std::fs::create_dir_all(&folder).with_context(|| format!("could not make `{}`", folder.display()))?;
    Ok(folder)
}

/// Returns the folder of what cargo builds.
pub(crate) fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), |folder| root().join(folder))
}

/// Copies a folder with all below it; words in its files are replaced.
pub(crate) fn copy_folder(from: &Path, to: &Path, replaced: &[(&str, &str)]) -> anyhow::Result<()> {
    std::fs::create_dir_all(to).with_context(|| format!("could not make `{}`", to.display()))?;
    let entries = std::fs::read_dir(from).with_context(|| format!("could not list `{}`", from.display()))?;
    for entry in entries {
        let path = entry.with_context(|| format!("could not list `{}`", from.display()))?.path();
        let target = to.join(path.file_name().unwrap_or_default());
        if path.is_dir() {
            copy_folder(&path, &target, replaced)?;
            continue;
        }
        let text = std::fs::read_to_string(&path).with_context(|| format!("could not read `{}`", path.display()))?;
        let text = replaced.iter().fold(text, |text, (word, with)| text.replace(word, with));
        std::fs::write(&target, text).with_context(|| format!("could not write `{}`", target.display()))?;
    }
    Ok(())
}

/// Builds the program and returns its path.
///
/// It is built as a test of the whole workspace needs it, not by `cargo build`: that would choose other features for three dozen packages, and compile
/// them and the program again after `cargo test --workspace`, which has just done it.
pub(crate) fn rivage() -> anyhow::Result<PathBuf> {
    cargo(&["test", "--workspace", "--no-run", "--test", "cmd"]).run()?;
    Ok(target().join("debug").join(format!("rivage{}", std::env::consts::EXE_SUFFIX)))
}

/// Tells what is going on.
pub(crate) fn note(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// A program with its arguments, run in the repository's folder.
pub(crate) struct Run {
    command: Command,
    shown: String,
}

/// Prepares cargo.
pub(crate) fn cargo(args: &[&str]) -> Run {
    // `cargo +nightly` is understood by rustup's cargo only, not by the one that runs this.
    let program = if args.first().is_some_and(|arg| arg.starts_with('+')) { None } else { std::env::var_os("CARGO") };
    program_named(program.as_deref().unwrap_or(OsStr::new("cargo")), "cargo", args)
}

/// Prepares a program.
pub(crate) fn program(name: impl AsRef<OsStr>, args: &[&str]) -> Run {
    let shown = Path::new(name.as_ref()).file_name().unwrap_or(name.as_ref()).to_string_lossy().into_owned();
    program_named(name.as_ref(), &shown, args)
}

fn program_named(program: &OsStr, name: &str, args: &[&str]) -> Run {
    let mut command = Command::new(program);
    command.args(args).current_dir(root());
    let mut shown = format!("{name} {}", args.join(" "));
    if shown.len() > 120 {
        let end = (0..=120).rev().find(|at| shown.is_char_boundary(*at)).unwrap_or(0);
        shown.truncate(end);
        shown.push('…');
    }
    Run { command, shown }
}

impl Run {
    pub(crate) fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// Runs another program with the same arguments.
    pub(crate) fn program(mut self, program: &str) -> Self {
        let mut command = Command::new(program);
        command.args(self.command.get_args()).current_dir(root());
        self.command = command;
        self
    }

    pub(crate) fn folder(mut self, folder: &Path) -> Self {
        self.command.current_dir(folder);
        self
    }

    /// Runs it; its output is shown.
    pub(crate) fn run(mut self) -> anyhow::Result<()> {
        note(&format!("$ {}", self.shown));
        let status = self.command.status().with_context(|| format!("could not run `{}`", self.shown))?;
        if !status.success() {
            bail!("`{}` failed ({status})", self.shown);
        }
        Ok(())
    }

    /// Runs it and returns what it printed, whether or not it succeeded.
    pub(crate) fn output(mut self) -> anyhow::Result<(bool, String)> {
        note(&format!("$ {}", self.shown));
        self.command.stderr(Stdio::inherit());
        let output = self.command.output().with_context(|| format!("could not run `{}`", self.shown))?;
        let text = String::from_utf8(output.stdout).with_context(|| format!("`{}` printed no text", self.shown))?;
        Ok((output.status.success(), text))
    }
}

/// Looks a program up in PATH.
pub(crate) fn find(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let file = format!("{name}{}", std::env::consts::EXE_SUFFIX);
    std::env::split_paths(&path).map(|folder| folder.join(&file)).find(|file| file.is_file())
}

/// Finds one of several programs, installing a Debian package where this may be done.
pub(crate) fn need(names: &[&str], package: &str) -> anyhow::Result<PathBuf> {
    need_by(|| names.iter().find_map(|name| find(name)), names.first().copied().unwrap_or(package), package)
}

/// Installs a Debian package if a file of it is missing.
pub(crate) fn need_file(file: &Path, package: &str) -> anyhow::Result<()> {
    need_by(|| Some(file.to_owned()).filter(|file| file.exists()), &file.display().to_string(), package).map(drop)
}

/// Sees to it that PostgreSQL is there. Tests look for its programs in the same places; on Debian they are not in PATH.
pub(crate) fn postgres() -> anyhow::Result<PathBuf> {
    let of_debian = || {
        let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
        versions.map(|version| version.path().join("bin/initdb")).find(|file| file.is_file())
    };
    need_by(|| of_debian().or_else(|| find("initdb")), "initdb", "postgresql")
}

/// Sees to it that PgBouncer is there, the pooler that tests put before PostgreSQL.
pub(crate) fn pgbouncer() -> anyhow::Result<PathBuf> {
    // Not in everybody's PATH.
    let in_sbin = || Some(PathBuf::from("/usr/sbin/pgbouncer")).filter(|file| file.is_file());
    need_by(|| find("pgbouncer").or_else(in_sbin), "pgbouncer", "pgbouncer")
}

fn need_by(look: impl Fn() -> Option<PathBuf>, missing: &str, package: &str) -> anyhow::Result<PathBuf> {
    if let Some(found) = look() {
        return Ok(found);
    }
    if find("apt-get").is_none() {
        bail!("`{missing}` is missing: install it with your system's package manager");
    }
    let is_root = program("id", &["-u"]).output().is_ok_and(|(_, id)| id.trim() == "0");
    if !is_root {
        bail!("`{missing}` is missing, and only root may install it: `sudo apt-get install {package}`");
    }
    let install = || {
        program("apt-get", &["install", "--yes", "--no-install-recommends", package])
            .env("DEBIAN_FRONTEND", "noninteractive")
            .run()
    };
    // A new machine has no lists of packages yet.
    if install().is_err() {
        program("apt-get", &["update"]).run()?;
        install()?;
    }
    match look() {
        Some(found) => Ok(found),
        None => bail!("`{missing}` is still missing after `apt-get install {package}`"),
    }
}

/// Installs what a folder's package-lock.json names.
pub(crate) fn npm_ci(npm: &Path, folder: &Path) -> anyhow::Result<()> {
    program(npm, &["ci", "--no-audit", "--no-fund"]).folder(folder).run()
}

/// Finds Node, version 20 or later, and npm.
pub(crate) fn node() -> anyhow::Result<(PathBuf, PathBuf)> {
    let node = need(&["node", "nodejs"], "nodejs")?;
    let npm = need(&["npm"], "npm")?;
    let (_, version) = program(&node, &["--version"]).output()?;
    let major = version.trim().trim_start_matches('v').split('.').next().and_then(|major| major.parse::<u32>().ok());
    if major.is_none_or(|major| major < 20) {
        bail!("`node` is {}, and the tests need version 20 or later: https://nodejs.org/en/download", version.trim());
    }
    Ok((node, npm))
}
