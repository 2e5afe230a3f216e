//! The Worker's program, as releases carry it: so that an author of a site needs no compiler.
//!
//! In: what build.rs found in the folder that `RIVAGE_WORKER_BUNDLE` names. Out: the program in a folder of the site, with the manifest of its API beside it.
//! Deliberately not here: how the program is made (`cargo xtask worker`); uploading it ([`crate::deploy`]).

use std::fs;
use std::io;
use std::path::Path;

/// A file of the program: its name and its bytes.
pub type File = (&'static str, &'static [u8]);

/// The files that this program was built with; none where it was built from sources without them.
pub const FILES: Option<&[File]> = include!(concat!(env!("OUT_DIR"), "/worker.rs"));

/// The module that holds routes and settings.
const MANIFEST: &str = "manifest.bin";

/// Writes a program and a manifest into a folder.
///
/// # Errors
/// The folder cannot be written.
pub fn write(files: &[File], manifest: &[u8], folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    for (name, bytes) in files {
        fs::write(folder.join(name), bytes)?;
    }
    fs::write(folder.join(MANIFEST), manifest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_has_the_manifest_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("target/worker");
        let files: [File; 2] = [("index.js", b"export default {}"), ("a.wasm", b"\0asm")];
        for manifest in [b"old", b"new"] {
            write(&files, manifest, &target).unwrap();
        }
        assert_eq!(fs::read(target.join("a.wasm")).unwrap(), b"\0asm");
        assert_eq!(fs::read_to_string(target.join(MANIFEST)).unwrap(), "new");
    }

    #[test]
    fn what_a_release_carries_is_whole() {
        // Built from sources it carries nothing.
        for (name, bytes) in FILES.unwrap_or_default() {
            assert!(!bytes.is_empty(), "{name}");
        }
        let names: Vec<_> = FILES.unwrap_or_default().iter().map(|(name, _)| *name).collect();
        assert!(FILES.is_none() || names == ["index.js", "rivage_worker_bg.wasm"], "{names:?}");
    }
}
