//! Where backups go: a folder, or buckets on an S3 server.
//!
//! In: the examples of deploy/postgres. Out: pgBackRest's settings as files, filled in as their comments say.

use std::fs;
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, bail, ensure};

use crate::tools::{cargo, program, root, target};

const KEY: &str = "drill";
const SECRET: &str = "a secret of the drill";
const BUCKET: &str = "backups";

/// A place for backups. Dropped, it is gone.
pub(super) struct Repository {
    folder: tempfile::TempDir,
    /// The file `conf.d/repo.conf`.
    pub(super) settings: String,
    server: Option<Child>,
}

impl Repository {
    /// A folder on this machine.
    pub(super) fn folder() -> anyhow::Result<Self> {
        let folder = open_folder()?;
        let place = folder.path().join("repository");
        fs::create_dir(&place)?;
        fs::set_permissions(&place, fs::Permissions::from_mode(0o777))?;
        let settings = filled("repo-path.conf.example", &[("/var/lib/pgbackrest", &place.to_string_lossy())])?;
        Ok(Self { folder, settings, server: None })
    }

    /// A bucket of a server at `localhost`, whose certificate is its own authority.
    pub(super) fn s3() -> anyhow::Result<Self> {
        // With the whole workspace: by itself it would want its dependencies with other features, and build them again.
        cargo(&["build", "--workspace", "--bin", "s3-fixture"]).run()?;
        let folder = open_folder()?;
        fs::create_dir_all(folder.path().join("buckets").join(BUCKET))?;
        let path = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
        let (certificate, key) = (path("certificate.pem"), path("key.pem"));
        let openssl = crate::tools::need(&["openssl"], "openssl")?;
        let words = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"];
        let names = [
            "-subj",
            "/CN=localhost",
            "-addext",
            "subjectAltName=DNS:localhost",
            "-keyout",
            &key,
            "-out",
            &certificate,
        ];
        let (done, _) = program(openssl, &[&words[..], &names].concat()).output()?;
        ensure!(done, "`openssl` makes no certificate");
        let mut server = Command::new(target().join("debug/s3-fixture"))
            .args([&path("buckets"), KEY, SECRET, &certificate, &key])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("could not start `s3-fixture`")?;
        let mut port = String::new();
        if let Some(out) = server.stdout.take() {
            BufReader::new(out).read_line(&mut port)?;
        }
        ensure!(port.trim().parse::<u16>().is_ok(), "`s3-fixture` did not start");
        let replaced = [
            ("=BUCKET", format!("={BUCKET}")),
            ("=ACCOUNT.r2.cloudflarestorage.com", "=localhost".to_owned()),
            ("=KEY", format!("={KEY}")),
            ("=SECRET", format!("={SECRET}")),
        ];
        let replaced: Vec<(&str, &str)> = replaced.iter().map(|(word, with)| (*word, with.as_str())).collect();
        let mut settings = filled("repo-r2.conf.example", &replaced)?;
        settings.push_str(&format!("repo1-storage-port={}\nrepo1-storage-ca-file={certificate}\n", port.trim()));
        Ok(Self { folder, settings, server: Some(server) })
    }

    pub(super) fn name(&self) -> &'static str {
        if self.server.is_some() { "S3 server" } else { "folder" }
    }

    /// Whatever pgBackRest encrypts begins with the word of OpenSSL.
    pub(super) fn must_be_encrypted(&self) -> anyhow::Result<()> {
        let mut files = Vec::new();
        list(self.folder.path(), &mut files)?;
        let mut count = 0;
        for file in files.iter().filter(|file| self.is_of_backup(file)) {
            let mut start = [0; 8];
            let read = fs::File::open(file)?.read(&mut start)?;
            ensure!(read == 8 && start == *b"Salted__", "`{}` is not encrypted", file.display());
            count += 1;
        }
        ensure!(count > 5, "only {count} files were found in the repository");
        Ok(())
    }

    /// Changes a file of the newest backup, where the repository is a folder.
    pub(super) fn damage(&self) -> anyhow::Result<bool> {
        if self.server.is_some() {
            return Ok(false);
        }
        let mut files = Vec::new();
        list(&self.folder.path().join("repository/backup/rivage"), &mut files)?;
        let largest = files.iter().max_by_key(|file| fs::metadata(file).map_or(0, |about| about.len()));
        let Some(largest) = largest else { bail!("the repository has no backup") };
        let mut file = fs::OpenOptions::new().read(true).write(true).open(largest)?;
        let middle = file.metadata()?.len() / 2;
        file.seek(SeekFrom::Start(middle))?;
        let mut byte = [0];
        file.read_exact(&mut byte)?;
        file.seek(SeekFrom::Start(middle))?;
        file.write_all(&[!byte[0]])?;
        Ok(true)
    }

    fn is_of_backup(&self, file: &Path) -> bool {
        let inside = file.strip_prefix(self.folder.path()).unwrap_or(file);
        let mut parts = inside.components().map(|part| part.as_os_str().to_string_lossy().into_owned());
        // The S3 server keeps facts of its objects beside them, in hidden files.
        let hidden = inside.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
        !hidden && parts.any(|part| part == "archive" || part == "backup")
    }
}

impl Drop for Repository {
    fn drop(&mut self) {
        if let Some(server) = &mut self.server {
            // It ends with its standard input.
            drop(server.stdin.take());
            let _ = server.wait();
        }
    }
}

/// A folder that the database's user can go through.
fn open_folder() -> anyhow::Result<tempfile::TempDir> {
    let folder = tempfile::Builder::new().prefix("rivage-drill-").tempdir().context("could not make a folder")?;
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755))?;
    Ok(folder)
}

/// An example with its words replaced; each has to be there.
fn filled(name: &str, replaced: &[(&str, &str)]) -> anyhow::Result<String> {
    let path = root().join("deploy/postgres").join(name);
    let mut text = fs::read_to_string(&path).with_context(|| format!("could not read `{}`", path.display()))?;
    for (word, with) in replaced {
        ensure!(text.contains(word), "`{}` has no `{word}`", path.display());
        text = text.replace(word, with);
    }
    Ok(text)
}

fn list(folder: &Path, files: &mut Vec<PathBuf>) -> anyhow::Result<()> {
    for entry in fs::read_dir(folder).with_context(|| format!("could not list `{}`", folder.display()))? {
        let path = entry?.path();
        if path.is_symlink() {
            continue;
        }
        if path.is_dir() { list(&path, files)? } else { files.push(path) }
    }
    Ok(())
}
