//! A compiler for `wasm32-unknown-unknown`.
//!
//! rustup has it. Where rustup cannot reach its server, Debian's packages have a compiler and the sources of the standard library, which is then
//! built together with the Worker.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, bail};

use crate::tools::{Run, find, need_file, note, program, root};

/// Its name.
pub(crate) const NAME: &str = "wasm32-unknown-unknown";

/// How to compile for it.
pub(crate) enum Compiler {
    /// The toolchain that runs this.
    Rustup,
    /// Debian's, with this linker.
    Debian(PathBuf),
}

impl Compiler {
    /// Whether it is Debian's.
    pub(crate) fn is_debian(&self) -> bool {
        matches!(self, Self::Debian(_))
    }

    /// Lets a command of cargo use it.
    pub(crate) fn apply(&self, run: Run) -> Run {
        let run = run.env("CARGO_ENCODED_RUSTFLAGS", remaps().join("\u{1f}"));
        match self {
            Self::Rustup => run,
            // `-Z build-std` is not stable; the variable lets a stable compiler do it.
            Self::Debian(linker) => run
                .program("/usr/bin/cargo")
                .env("RUSTC", "/usr/bin/rustc")
                .env("RUSTC_BOOTSTRAP", "1")
                .env("CARGO_UNSTABLE_BUILD_STD", "std,panic_abort")
                .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", linker),
        }
    }
}

/// Options by which sources of crates have the same names on all machines: they stand in the messages of panics, which are a part of the module.
fn remaps() -> Vec<String> {
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| Some(std::env::home_dir()?.join(".cargo")));
    let registries = home.and_then(|home| std::fs::read_dir(home.join("registry/src")).ok());
    let mut registries: Vec<_> = registries.into_iter().flatten().flatten().map(|registry| registry.path()).collect();
    registries.sort();
    registries.iter().map(|registry| format!("--remap-path-prefix={}=crates", registry.display())).collect()
}

/// Finds a compiler, or sees to it that there is one.
pub(crate) fn ready() -> anyhow::Result<Compiler> {
    let sysroot = sysroot()?;
    let library = sysroot.join("lib/rustlib").join(NAME).join("lib");
    if library.is_dir() {
        return Ok(Compiler::Rustup);
    }
    if find("rustup").is_some() && program("rustup", &["target", "add", NAME]).run().is_ok() && library.is_dir() {
        return Ok(Compiler::Rustup);
    }
    note("rustup has no standard library for WebAssembly here; Debian's compiler builds one");
    if !Path::new("/usr/bin/rustc").exists() && find("apt-get").is_some() {
        // The lists that came with a machine may know only a compiler that is too old.
        let _ = program("apt-get", &["update"]).run();
    }
    need_file(Path::new("/usr/bin/rustc"), "rustc-web")?;
    need_file(Path::new("/usr/bin/cargo"), "cargo-web")?;
    need_file(Path::new("/usr/lib/rustlib/src/rust/library/std"), "rust-web-src")?;
    is_recent("/usr/bin/rustc")?;
    let linker = linker(&sysroot).context("no linker for WebAssembly: rustup's toolchain has `rust-lld`")?;
    Ok(Compiler::Debian(linker))
}

/// Refuses a compiler that is older than the workspace allows: some releases of Debian have such ones.
fn is_recent(rustc: &str) -> anyhow::Result<()> {
    let manifest = std::fs::read_to_string(root().join("Cargo.toml")).context("could not read `Cargo.toml`")?;
    let line = manifest.lines().find_map(|line| line.strip_prefix("rust-version = "));
    let wanted = line.and_then(|line| minor(line.trim_matches('"'))).context("`Cargo.toml` names no `rust-version`")?;
    let output = Command::new(rustc).arg("--version").output().with_context(|| format!("could not run `{rustc}`"))?;
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    match told.split_whitespace().nth(1).and_then(minor) {
        Some(found) if found >= wanted => Ok(()),
        _ => bail!("`{rustc}` is too old: it is `{}`, Rust 1.{wanted} is needed", told.trim()),
    }
}

/// Returns the second number of a version.
fn minor(version: &str) -> Option<u32> {
    version.split('.').nth(1)?.parse().ok()
}

fn sysroot() -> anyhow::Result<PathBuf> {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(&rustc).args(["--print", "sysroot"]).output().context("could not run `rustc`")?;
    let text = String::from_utf8(output.stdout).context("`rustc --print sysroot` printed no text")?;
    if text.trim().is_empty() {
        bail!("`rustc --print sysroot` printed nothing");
    }
    Ok(PathBuf::from(text.trim()))
}

fn linker(sysroot: &Path) -> Option<PathBuf> {
    let targets = std::fs::read_dir(sysroot.join("lib/rustlib")).ok()?.flatten();
    targets.map(|target| target.path().join("bin/rust-lld")).find(|file| file.is_file())
}
