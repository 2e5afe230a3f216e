//! Files in memory, for tests.

use std::collections::BTreeMap;
use std::io;

use super::{Entry, EntryKind, Error, Fs};

/// Files in memory: what was put in, by path.
#[derive(Clone, Debug, Default)]
pub struct MemoryFs {
    files: BTreeMap<String, Vec<u8>>,
}

impl MemoryFs {
    /// Makes a disk of pairs of path and text.
    pub fn new<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let files = files.into_iter().map(|(path, text)| (path.to_owned(), text.as_bytes().to_vec())).collect();
        Self { files }
    }

    /// Adds or replaces a file.
    pub fn write(&mut self, path: &str, bytes: impl Into<Vec<u8>>) {
        self.files.insert(path.to_owned(), bytes.into());
    }

    /// Removes a file.
    pub fn remove(&mut self, path: &str) {
        self.files.remove(path);
    }
}

fn missing(operation: &'static str, path: &str) -> Error {
    Error::new(operation, path, io::Error::from(io::ErrorKind::NotFound))
}

impl Fs for MemoryFs {
    fn read(&self, path: &str) -> Result<Vec<u8>, Error> {
        self.files.get(path).cloned().ok_or_else(|| missing("read", path))
    }

    fn list(&self, path: &str) -> Result<Vec<Entry>, Error> {
        let prefix = if path.is_empty() { String::new() } else { format!("{path}/") };
        let mut entries = Vec::new();
        for file in self.files.keys().filter_map(|file| file.strip_prefix(&prefix)) {
            let entry = match file.split_once('/') {
                Some((folder, _)) => Entry { name: folder.to_owned(), kind: EntryKind::Folder },
                None => Entry { name: file.to_owned(), kind: EntryKind::File },
            };
            entries.push(entry);
        }
        entries.sort();
        entries.dedup();
        if entries.is_empty() { Err(missing("list", path)) } else { Ok(entries) }
    }

    fn kind(&self, path: &str) -> Option<EntryKind> {
        if self.files.contains_key(path) {
            return Some(EntryKind::File);
        }
        self.list(path).ok().map(|_| EntryKind::Folder)
    }

    fn len(&self, path: &str) -> Result<u64, Error> {
        self.read(path).map(|bytes| bytes.len() as u64)
    }
}
