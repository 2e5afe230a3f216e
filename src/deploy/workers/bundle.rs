//! The built program of a Worker, as it is uploaded.
//!
//! In: the main module that wrangler.toml names, in its folder, and the manifest of the site's API. Out: a [`Bundle`]. Nothing is bundled here: all modules
//! beside the main one go as they are, as `wrangler deploy --no-bundle` sends them.

use std::fs;
use std::path::Path;

use rivage_cloudflare::workers::Module;

use crate::deploy::{Error, write_whole};

/// The module that holds the routes and settings of the API.
const MANIFEST: &str = "manifest.bin";

/// A program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bundle {
    /// The name of the main module.
    pub main: String,
    /// All modules, the main one first.
    pub modules: Vec<Module>,
    /// Whether it answers as rivage's API does.
    pub is_api: bool,
    /// The hash of all of it.
    pub print: String,
}

/// Reads a program. `manifest` takes the place of the one beside it; it is put down in `state` for the upload.
///
/// # Errors
/// A module cannot be read, or the main module is no JavaScript.
pub fn read(root: &Path, main: &str, manifest: Option<&[u8]>, state: &Path) -> Result<Bundle, Error> {
    let file = root.join(main);
    let hint = "`rivage api worker` makes it; without `main` in wrangler.toml the Worker serves files alone";
    if !file.is_file() {
        return Err(Error::refused(format!("there is no file `{main}`, which wrangler.toml names as `main`"), hint));
    }
    let name = file.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
    if !matches!(content_type(&name), Some("application/javascript+module")) {
        return Err(Error::refused(
            format!("`main` in wrangler.toml must be a built module, and `{main}` is none"),
            hint,
        ));
    }
    let folder = file.parent().unwrap_or(root);
    let mut modules = Vec::new();
    collect(folder, "", &mut modules)?;
    modules.sort_by(|one, other| (one.name != name, &one.name).cmp(&(other.name != name, &other.name)));
    if let Some(bytes) = manifest {
        let file = state.join(MANIFEST);
        write_whole(&file, bytes).map_err(|source| disk("write", &file, source))?;
        modules.retain(|module| module.name != MANIFEST);
        let size = bytes.len() as u64;
        modules.push(Module { name: MANIFEST.to_owned(), content_type: "application/octet-stream", file, size });
    }
    let mut hasher = blake3::Hasher::new();
    for module in &modules {
        hasher.update(format!("{} {} {}\n", module.name, module.content_type, module.size).as_bytes());
        let mut opened = fs::File::open(&module.file).map_err(|source| disk("read", &module.file, source))?;
        hasher.update_reader(&mut opened).map_err(|source| disk("read", &module.file, source))?;
    }
    let is_api = modules.iter().any(|module| module.name == MANIFEST);
    Ok(Bundle { main: name, modules, is_api, print: hasher.finalize().to_hex().to_string() })
}

fn disk(operation: &'static str, path: &Path, source: std::io::Error) -> Error {
    Error::Disk { operation, path: path.display().to_string(), source }
}

fn collect(folder: &Path, below: &str, modules: &mut Vec<Module>) -> Result<(), Error> {
    let entries = fs::read_dir(folder).map_err(|source| disk("list", folder, source))?;
    for entry in entries {
        let entry = entry.map_err(|source| disk("list", folder, source))?;
        let (file, name) = (entry.path(), entry.file_name());
        let Some(name) = name.to_str().filter(|name| !name.starts_with('.') && *name != "node_modules") else {
            continue;
        };
        let metadata = fs::metadata(&file).map_err(|source| disk("read", &file, source))?;
        let name = format!("{below}{name}");
        if metadata.is_dir() {
            collect(&file, &format!("{name}/"), modules)?;
        } else if let Some(content_type) = content_type(&name) {
            modules.push(Module { name, content_type, file, size: metadata.len() });
        }
    }
    Ok(())
}

/// What a module is, by its name; none for files that are no modules, such as source maps and types.
fn content_type(name: &str) -> Option<&'static str> {
    match name.rsplit_once('.')?.1 {
        "js" | "mjs" => Some("application/javascript+module"),
        "wasm" => Some("application/wasm"),
        "bin" => Some("application/octet-stream"),
        "txt" | "html" | "sql" => Some("text/plain"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_manifest_of_the_site_takes_the_place_of_the_one_beside_the_program() {
        let folder = tempfile::tempdir().unwrap();
        let (root, state) = (folder.path(), folder.path().join("state"));
        fs::create_dir_all(root.join("w/parts")).unwrap();
        for (name, text) in
            [("index.js", "a"), ("a.wasm", "b"), ("index.js.map", "c"), ("parts/x.txt", "d"), (".env", "SECRET")]
        {
            fs::write(root.join("w").join(name), text).unwrap();
        }
        let names = |bundle: &Bundle| bundle.modules.iter().map(|module| module.name.clone()).collect::<Vec<_>>();
        let plain = read(root, "w/index.js", None, &state).unwrap();
        assert_eq!(names(&plain), ["index.js", "a.wasm", "parts/x.txt"]);
        assert!(!plain.is_api);
        fs::write(root.join("w/manifest.bin"), "old").unwrap();
        let old = read(root, "w/index.js", None, &state).unwrap();
        let new = read(root, "w/index.js", Some(b"new"), &state).unwrap();
        assert!(old.is_api && new.is_api && old.print != new.print);
        assert_eq!(fs::read_to_string(&new.modules.last().unwrap().file).unwrap(), "new");
        assert_eq!(names(&new).iter().filter(|name| *name == MANIFEST).count(), 1);
    }

    #[test]
    fn what_is_not_built_is_said() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("index.ts"), "x").unwrap();
        let told = |main: &str| read(folder.path(), main, None, folder.path()).unwrap_err().to_string();
        assert_eq!(told("gone.js"), "there is no file `gone.js`, which wrangler.toml names as `main`");
        assert!(told("index.ts").contains("must be a built module"));
    }
}
