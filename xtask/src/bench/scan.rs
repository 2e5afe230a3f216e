//! What lies in an output folder, and what a run wrote anew.

use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use anyhow::Context;

/// The files of a folder: path → what tells whether it was written since.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Scan(BTreeMap<String, File>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct File {
    inode: u64,
    seconds: i64,
    nanoseconds: i64,
    size: u64,
}

impl Scan {
    /// Looks at all files of a folder. One that does not exist is empty.
    pub(super) fn of(folder: &Path) -> anyhow::Result<Self> {
        let mut files = BTreeMap::new();
        if folder.exists() {
            gather(folder, "", &mut files)?;
        }
        Ok(Self(files))
    }

    pub(super) fn files(&self) -> usize {
        self.0.len()
    }

    pub(super) fn bytes(&self) -> u64 {
        self.0.values().map(|file| file.size).sum()
    }

    /// Counts the files that are new, or were written or replaced since another look. Same bytes written again count.
    pub(super) fn written_since(&self, before: &Self) -> usize {
        self.0.iter().filter(|(path, file)| before.0.get(*path) != Some(file)).count()
    }
}

fn gather(folder: &Path, below: &str, files: &mut BTreeMap<String, File>) -> anyhow::Result<()> {
    let entries = std::fs::read_dir(folder).with_context(|| format!("could not list `{}`", folder.display()))?;
    for entry in entries {
        let entry = entry.with_context(|| format!("could not list `{}`", folder.display()))?;
        let path = format!("{below}/{}", entry.file_name().to_string_lossy());
        let data = entry.metadata().with_context(|| format!("could not look at `{path}`"))?;
        if data.is_dir() {
            gather(&entry.path(), &path, files)?;
        } else {
            let file =
                File { inode: data.ino(), seconds: data.mtime(), nanoseconds: data.mtime_nsec(), size: data.size() };
            files.insert(path, file);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn new_and_replaced_files_count_and_others_do_not() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
        std::fs::create_dir(folder.path().join("a")).unwrap();
        write("a/one", "1");
        write("two", "22");
        let before = Scan::of(folder.path()).unwrap();
        assert_eq!((before.files(), before.bytes()), (2, 3));
        assert_eq!(Scan::of(folder.path()).unwrap().written_since(&before), 0);
        write("three", "333");
        write("new", "x");
        std::fs::rename(folder.path().join("new"), folder.path().join("a/one")).unwrap();
        std::fs::remove_file(folder.path().join("two")).unwrap();
        let after = Scan::of(folder.path()).unwrap();
        assert_eq!(after.written_since(&before), 2);
        assert_eq!((after.files(), after.bytes()), (2, 4));
    }

    #[test]
    fn a_folder_that_does_not_exist_is_empty() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(Scan::of(&folder.path().join("no")).unwrap(), Scan::default());
    }
}
