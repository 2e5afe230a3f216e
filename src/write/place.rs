//! Where the output lies, where the writer keeps its own files, and whether it may write there.
//!
//! In: the project's root and the output folder as given. Out: a [`Place`], locked against other builds.

use std::fs::{File, TryLockError};
use std::io;
use std::path::{Component, Path, PathBuf};

use super::disk::Disk;
use super::error::Error;
use crate::config::check::SOURCES;

/// Folders of a project that are nobody's business.
const HIDDEN: [&str; 2] = [".git", ".rivage"];

/// Where things lie, links followed.
#[derive(Debug)]
pub(super) struct Place {
    /// The output folder: a generation.
    pub(super) output: PathBuf,
    /// The other generation: the former site, and the next one while it is put together.
    pub(super) previous: PathBuf,
    /// New files until all are known.
    pub(super) staging: PathBuf,
    /// The former site for the moment in which the output has no folder, where folders cannot be exchanged.
    pub(super) retired: PathBuf,
    /// What is known of both generations' files.
    pub(super) manifest: PathBuf,
    /// The folder of all those but the output.
    pub(super) state: PathBuf,
    /// The project's root.
    pub(super) root: PathBuf,
    /// The output as given, for messages.
    pub(super) name: String,
    /// Held as long as this build lasts; the system lets go of it even if the program is killed.
    _lock: File,
}

impl Place {
    /// Finds and locks the place. `wait` is whether to wait for another build that holds it.
    pub(super) fn open(root: &Path, output: &Path, wait: bool) -> Result<Self, Error> {
        let name = output.to_string_lossy().replace(std::path::MAIN_SEPARATOR, "/");
        let disk = Disk::new(root);
        let root = root.canonicalize().map_err(|source| disk.error("open", root, source))?;
        let output = follow(&root.join(output)).map_err(|source| disk.error("open", &root.join(output), source))?;
        check_place(&root, &output, &name)?;
        let disk = Disk::new(&root);
        let above = output.parent().unwrap_or(&output).to_owned();
        disk.create_folders(&above)?;

        let state = state_folder(&disk, &root, &output, &above)?;
        let lock = lock(&disk, &state, wait, &name)?;
        let below = |name: &str| state.join(name);
        Ok(Self {
            previous: below("previous"),
            staging: below("staging"),
            retired: below("retired"),
            manifest: below("manifest"),
            output,
            state,
            root,
            name,
            _lock: lock,
        })
    }
}

/// Follows links of what exists of a path; the rest is taken as it is.
fn follow(path: &Path) -> io::Result<PathBuf> {
    if let Ok(found) = path.canonicalize() {
        return Ok(found);
    }
    if path.symlink_metadata().is_ok() {
        return Err(io::Error::new(io::ErrorKind::NotFound, "it is a link that leads nowhere"));
    }
    match (path.parent(), path.components().next_back()) {
        (Some(above), Some(Component::Normal(name))) => Ok(follow(above)?.join(name)),
        (Some(above), Some(Component::CurDir)) => follow(above),
        _ => Err(io::Error::new(io::ErrorKind::InvalidInput, "`..` after a folder that does not exist")),
    }
}

fn check_place(root: &Path, output: &Path, name: &str) -> Result<(), Error> {
    let name = || name.to_owned();
    if root.starts_with(output) {
        return Err(Error::HoldsProject { output: name() });
    }
    for folder in SOURCES.into_iter().chain(HIDDEN) {
        let sources = root.join(folder);
        let sources = sources.canonicalize().unwrap_or(sources);
        if output.starts_with(&sources) || sources.starts_with(output) {
            return Err(Error::InSources { output: name(), folder: folder.to_owned() });
        }
    }
    if output.exists() && !output.is_dir() {
        return Err(Error::NotFolder { output: name() });
    }
    Ok(())
}

/// Folders change places only within one disk: the writer's own files lie in the project, or beside an output on another disk.
fn state_folder(disk: &Disk, root: &Path, output: &Path, above: &Path) -> Result<PathBuf, Error> {
    let name = output.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    // Several outputs of one project must not share their state.
    let key = output.strip_prefix(root).unwrap_or(output).to_string_lossy().into_owned();
    let key = blake3::hash(key.as_bytes()).to_hex();
    let inside = root.join(".rivage").join("output").join(format!("{name}-{}", &key.as_str()[..8]));
    disk.create_folders(&inside)?;
    if same_disk(&inside, above) {
        return Ok(inside);
    }
    let beside = above.join(format!(".{name}.rivage"));
    disk.create_folders(&beside)?;
    Ok(beside)
}

#[cfg(unix)]
fn same_disk(one: &Path, other: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let device = |path: &Path| path.metadata().ok().map(|metadata| metadata.dev());
    device(one) == device(other)
}

#[cfg(not(unix))]
fn same_disk(one: &Path, other: &Path) -> bool {
    let prefix = |path: &Path| path.canonicalize().ok()?.components().next().map(|part| part.as_os_str().to_owned());
    prefix(one) == prefix(other)
}

fn lock(disk: &Disk, state: &Path, wait: bool, name: &str) -> Result<File, Error> {
    let path = state.join("lock");
    let fail = |source| Error::from(disk.error("lock", &path, source));
    let file = File::options().create(true).truncate(false).write(true).open(&path).map_err(fail)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) if wait => file.lock().map_err(fail).map(|()| file),
        Err(TryLockError::WouldBlock) => Err(Error::Locked { output: name.to_owned() }),
        // Some network disks have no locks; better unlocked than not at all.
        Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Unsupported => Ok(file),
        Err(TryLockError::Error(error)) => Err(fail(error)),
    }
}
