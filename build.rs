//! Names the state of the program: a hash of all that its results depend on. The build cache of one state is never read by another.
//!
//! Where a folder with the Worker's program is named, as for releases, that program goes into this one.
//!
//! It also builds the program anew when a file joins or leaves the built-in themes: `include_dir` alone notices only changes within files.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

/// Sources of the program, from its folder. What is not there (in a package without the workspace) is left out.
const SOURCES: [&str; 6] = ["build.rs", "src", "crates", "themes", "Cargo.lock", "Cargo.toml"];

/// Names the folder with the Worker's program.
const WORKER: &str = "RIVAGE_WORKER_BUNDLE";

/// The files of the Worker's program. Its manifest is that of a site.
const WORKER_FILES: [&str; 2] = ["index.js", "rivage_worker_bg.wasm"];

fn main() {
    worker();
    let mut hasher = DefaultHasher::new();
    std::env::var("CARGO_PKG_VERSION").unwrap_or_default().hash(&mut hasher);
    for source in SOURCES {
        println!("cargo::rerun-if-changed={source}");
        let mut files = Vec::new();
        collect(Path::new(source), &mut files);
        files.sort();
        for file in files {
            file.to_string_lossy().replace('\\', "/").hash(&mut hasher);
            std::fs::read(&file).unwrap_or_default().hash(&mut hasher);
        }
    }
    println!("cargo::rustc-env=RIVAGE_STATE={:016x}", hasher.finish());
}

/// Writes the constant of src/api/program.rs.
fn worker() {
    println!("cargo::rerun-if-env-changed={WORKER}");
    let out = PathBuf::from(std::env::var_os("OUT_DIR").unwrap_or_default()).join("worker.rs");
    let folder = std::env::var_os(WORKER).filter(|folder| !folder.is_empty());
    let text = match folder.map(PathBuf::from) {
        None => "None".to_owned(),
        Some(folder) => {
            let file = |name: &str| {
                // Where it is not there, the compiler says so of its `include_bytes!`.
                let path = folder.join(name).canonicalize().unwrap_or_else(|_| folder.join(name));
                println!("cargo::rerun-if-changed={}", path.display());
                format!("({name:?}, include_bytes!({path:?}) as &[u8])")
            };
            format!("Some(&[{}])", WORKER_FILES.map(file).join(", "))
        }
    };
    if let Err(error) = std::fs::write(&out, text) {
        println!("cargo::error=could not write {}: {error}", out.display());
    }
}

fn collect(path: &Path, files: &mut Vec<PathBuf>) {
    if !path.is_dir() {
        files.extend(path.is_file().then(|| path.to_owned()));
        return;
    }
    let entries = std::fs::read_dir(path).into_iter().flatten().flatten();
    for entry in entries {
        collect(&entry.path(), files);
    }
}
