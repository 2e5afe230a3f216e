//! Names the state of the program: a hash of all that its results depend on. The build cache of one state is never read by another.
//!
//! It also builds the program anew when a file joins or leaves the built-in themes: `include_dir` alone notices only changes within files.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

/// Sources of the program, from its folder. What is not there (in a package without the workspace) is left out.
const SOURCES: [&str; 6] = ["build.rs", "src", "crates", "themes", "Cargo.lock", "Cargo.toml"];

fn main() {
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
