//! A cluster with the settings of deploy/postgres that can be killed, deleted and restored.
//!
//! In: a repository. Out: answers to SQL, what `rivage-backup` printed. It is reached by its socket alone, so that it needs no port. Deliberately not
//! here: a server for other tests, which postgres-fixture has.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, bail, ensure};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use postgres_fixture::{as_server, programs};

use super::repository::Repository;
use super::wait_until;
use crate::tools::root;

const PASSPHRASE: &str = "a passphrase of the drill";

/// A cluster. Dropped, its server ends.
pub(super) struct Cluster {
    folder: tempfile::TempDir,
    programs: PathBuf,
    server: Option<Child>,
}

impl Cluster {
    /// Makes the cluster with all that its backups need.
    pub(super) fn make(repository: &Repository) -> anyhow::Result<Self> {
        let programs = programs().context("PostgreSQL is not installed")?;
        let folder = tempfile::Builder::new().prefix("rivage-drill-").tempdir().context("could not make a folder")?;
        let place = folder.path().to_owned();
        let write = |name: &str, text: &str| {
            let path = place.join(name);
            fs::create_dir_all(path.parent().unwrap_or(&place))?;
            fs::write(&path, text).with_context(|| format!("could not write `{}`", path.display()))
        };
        let ours = |name: &str| {
            let path = root().join("deploy/postgres").join(name);
            fs::read_to_string(&path).with_context(|| format!("could not read `{}`", path.display()))
        };
        write("rivage-backup", &ours("backup.sh")?)?;
        let settings = place.join("pgbackrest").to_string_lossy().into_owned();
        write("settings.conf", &ours("settings.conf")?.replace("/etc/pgbackrest", &settings))?;
        write("pgbackrest/pgbackrest.conf", &ours("pgbackrest.conf")?)?;
        write("pgbackrest/conf.d/cipher.conf", &format!("[global]\nrepo1-cipher-pass={PASSPHRASE}\n"))?;
        write("pgbackrest/conf.d/repo.conf", &repository.settings)?;
        write("backup.env", &format!("DUMP_FOLDER={}\nDUMP_KEEP=2\n", place.join("dumps").display()))?;
        for name in ["log", "lock", "spool"] {
            fs::create_dir_all(place.join(name))?;
        }
        let cluster = Self { folder, programs, server: None };
        if nix::unistd::geteuid().is_root() {
            let mut chown = Command::new("chown");
            output(chown.args(["-R", "postgres"]).arg(&place))?;
        }
        let mut initdb = cluster.command(&cluster.programs.join("initdb"))?;
        initdb.args(["-U", "postgres", "--auth=trust", "--data-checksums", "-E", "UTF8", "--locale=C", "-D"]);
        output(initdb.arg(cluster.data()))?;
        let more = format!(
            "include '{0}/settings.conf'\nlisten_addresses = ''\nunix_socket_directories = '{0}'\nmax_connections = 20\n",
            place.display()
        );
        let path = cluster.data().join("postgresql.conf");
        let text = fs::read_to_string(&path)?;
        fs::write(&path, text + &more).context("could not write postgresql.conf")?;
        Ok(cluster)
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// A program as the server's user, with the surroundings of our scripts.
    fn command(&self, program: &Path) -> anyhow::Result<Command> {
        let mut command = as_server(program)?;
        let place = |name: &str| self.folder.path().join(name);
        command.current_dir(self.folder.path()).stdin(Stdio::null());
        command.env("PGHOST", self.folder.path()).env("PGPORT", "5432").env("PGUSER", "postgres");
        command.env("PGDATABASE", "postgres").env("PGBACKREST_CONFIG_PATH", place("pgbackrest"));
        command.env("PGBACKREST_PG1_PATH", self.data()).env("PGBACKREST_PG1_SOCKET_PATH", self.folder.path());
        command.env("PGBACKREST_LOG_PATH", place("log")).env("PGBACKREST_LOCK_PATH", place("lock"));
        command.env("PGBACKREST_SPOOL_PATH", place("spool")).env("RIVAGE_BACKUP_SETTINGS", place("backup.env"));
        // `pg_dump` is not in everybody's PATH.
        let path = std::env::var_os("PATH").unwrap_or_default();
        let folders = std::iter::once(self.programs.clone()).chain(std::env::split_paths(&path));
        command.env("PATH", std::env::join_paths(folders)?);
        Ok(command)
    }

    /// Starts the server and waits until it answers.
    pub(super) fn start(&mut self) -> anyhow::Result<()> {
        let log = fs::OpenOptions::new().create(true).append(true).open(self.folder.path().join("server.log"))?;
        let mut command = self.command(&self.programs.join("postgres"))?;
        command.arg("-D").arg(self.data()).stdout(log.try_clone()?).stderr(log);
        self.server = Some(command.spawn().context("could not start PostgreSQL")?);
        wait_until("PostgreSQL starts", || {
            let ended = self.server.as_mut().and_then(|server| server.try_wait().ok().flatten());
            if let Some(status) = ended {
                let log = fs::read_to_string(self.folder.path().join("server.log")).unwrap_or_default();
                bail!("PostgreSQL ended ({status}):\n{log}");
            }
            Ok(self.sql("select 1").is_ok())
        })
    }

    /// Runs SQL and returns its answer.
    pub(super) fn sql(&self, sql: &str) -> anyhow::Result<String> {
        let mut psql = self.command(&self.programs.join("psql"))?;
        output(psql.args(["-qAtX", "-v", "ON_ERROR_STOP=1", "-c", sql]))
    }

    /// Runs `rivage-backup` and returns what it printed.
    pub(super) fn backup(&self, words: &[&str]) -> anyhow::Result<String> {
        let mut script = self.command(Path::new("sh"))?;
        output(script.arg(self.folder.path().join("rivage-backup")).args(words))
    }

    /// Waits until all that was written is in the repository.
    pub(super) fn wait_for_archive(&self) -> anyhow::Result<()> {
        let last = self.sql("select pg_walfile_name(pg_switch_wal())")?;
        let sql = format!("select coalesce(last_archived_wal >= '{last}', false) from pg_stat_archiver");
        wait_until("WAL is archived", || Ok(self.sql(&sql)? == "t"))
    }

    /// Waits until the restored server writes again.
    pub(super) fn wait_for_promotion(&self) -> anyhow::Result<()> {
        wait_until("the recovery ends", || Ok(self.sql("select pg_is_in_recovery()")? == "f"))
    }

    /// Ends the server as a power cut would.
    pub(super) fn kill(&mut self) -> anyhow::Result<()> {
        self.signal(Signal::SIGKILL)
    }

    /// Ends the server as it should end.
    pub(super) fn stop(&mut self) -> anyhow::Result<()> {
        self.signal(Signal::SIGINT)
    }

    fn signal(&mut self, signal: Signal) -> anyhow::Result<()> {
        let Some(mut server) = self.server.take() else { return Ok(()) };
        // The child may be a program that has changed the user and waits for the server.
        let text = fs::read_to_string(self.data().join("postmaster.pid")).unwrap_or_default();
        match text.lines().next().and_then(|line| line.trim().parse().ok()) {
            Some(pid) => kill(Pid::from_raw(pid), signal).context("could not end the server")?,
            None => server.kill().context("could not end the server")?,
        }
        server.wait()?;
        Ok(())
    }

    /// Deletes all data, WAL that was not archived among them.
    pub(super) fn delete_data(&self) -> anyhow::Result<()> {
        // Processes of the killed server end by themselves, and may still make files.
        wait_until("the data are deleted", || Ok(fs::remove_dir_all(self.data()).is_ok() && !self.data().exists()))?;
        let mut make = self.command(Path::new("install"))?;
        output(make.args(["-d", "-m", "700"]).arg(self.data())).map(drop)
    }

    /// Loads a dump into a database of its own and returns the answer of a query there.
    pub(super) fn load_dump(&self, file: &str, sql: &str) -> anyhow::Result<String> {
        self.sql("create database copy")?;
        let mut restore = self.command(&self.programs.join("pg_restore"))?;
        output(restore.args(["--exit-on-error", "--dbname", "copy", file]))?;
        let mut psql = self.command(&self.programs.join("psql"))?;
        output(psql.args(["-qAtX", "-d", "copy", "-c", sql]))
    }

    pub(super) fn must_not_read_with_another_passphrase(&self) -> anyhow::Result<()> {
        let mut script = self.command(Path::new("sh"))?;
        script.arg(self.folder.path().join("rivage-backup")).arg("verify");
        let read = output(script.env("PGBACKREST_REPO1_CIPHER_PASS", "another one"));
        ensure!(read.is_err(), "backups can be read with another passphrase");
        Ok(())
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let _ = self.signal(Signal::SIGINT);
    }
}

/// Runs a program to its end; returns what it printed.
fn output(command: &mut Command) -> anyhow::Result<String> {
    let shown = format!("{} {:?}", command.get_program().display(), command.get_args().collect::<Vec<_>>());
    let done = command.output().with_context(|| format!("could not run {shown}"))?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    ensure!(done.status.success(), "{shown} failed ({}):\n{}\n{}", done.status, text(&done.stdout), text(&done.stderr));
    Ok(text(&done.stdout))
}
