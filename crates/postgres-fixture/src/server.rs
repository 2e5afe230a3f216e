//! A cluster in a temporary folder, on a free port of the loopback.
//!
//! The server is the child of a shell, its keeper, that waits for the end of its standard input, stops the server and deletes the folder. The other
//! end of that pipe closes with this process, however that ends.

use std::fs;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// How long a machine that is busy may take to start a server.
const PATIENCE: Duration = Duration::from_secs(60);

/// How each role may come in, so that a test can choose by role; all others need no password.
const ACCESS: &str = "\
host all scram_user 127.0.0.1/32 scram-sha-256
host all md5_user 127.0.0.1/32 md5
host all cleartext_user 127.0.0.1/32 password
host all all 127.0.0.1/32 trust
";

/// It runs as the server's user, with the programs' folder, the cluster's folder and a port.
const KEEPER: &str = r#"
trap '' INT TERM HUP
cd "$2" || exit 1
"$1/postgres" -D "$2/data" -p "$3" -k '' -c listen_addresses=127.0.0.1 -c fsync=off -c synchronous_commit=off \
    -c full_page_writes=off -c jit=off -c max_connections=50 -c shared_buffers=32MB </dev/null >"$2/log" 2>&1 &
server=$!
exec 3<&0
{
    while read -r line <&3; do :; done
    [ -e "$2/over" ] || kill -INT "$server"
} &
reader=$!
wait "$server"
: >"$2/over"
wait "$reader"
rm -rf "$2"
"#;

/// Why there is no server.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It is not installed.
    #[error(
        "PostgreSQL is not installed (no `initdb` in PATH nor below /usr/lib/postgresql): `apt-get install postgresql`, or `cargo xtask test`, which does it"
    )]
    Missing,
    /// A program or folder failed.
    #[error("could not {operation}: {source}")]
    Io {
        /// What was being done.
        operation: String,
        /// What the system says.
        source: io::Error,
    },
    /// A program said no.
    #[error("`{program}` failed:\n{output}")]
    Failed {
        /// Its name.
        program: &'static str,
        /// What it printed.
        output: String,
    },
}

/// A running server. Dropped, it stops.
#[derive(Debug)]
pub struct Postgres {
    keeper: Child,
    folder: PathBuf,
    port: u16,
    is_root: bool,
}

impl Postgres {
    /// Makes a cluster and starts its server; `postgres` is a superuser without password.
    ///
    /// # Errors
    ///
    /// PostgreSQL is not installed, or does not start.
    pub fn start() -> Result<Self, Error> {
        let programs = programs().ok_or(Error::Missing)?;
        // PostgreSQL refuses to run as root.
        let is_root = run("ask who runs this", Command::new("id").arg("-u"))?.trim() == "0";
        // Another program may take a port between its being free and the server's start.
        let mut attempt = 0;
        loop {
            attempt += 1;
            match Self::make(&programs, is_root) {
                Err(Error::Failed { output, .. }) if output.contains("already in use") && attempt < 5 => {}
                done => return done,
            }
        }
    }

    fn make(programs: &Path, is_root: bool) -> Result<Self, Error> {
        let folder = tempfile::Builder::new().prefix("rivage-postgres-").tempdir().map_err(failed("make a folder"))?;
        if is_root {
            run("give a folder to `postgres`", Command::new("chown").arg("postgres").arg(folder.path()))?;
        }
        let data = folder.path().join("data");
        let mut initdb = as_server(is_root, &programs.join("initdb"));
        initdb.args(["-U", "postgres", "--auth=trust", "--no-sync", "-E", "UTF8", "--locale=C", "-D"]);
        run("make a cluster", initdb.arg(&data).current_dir(folder.path()))?;
        fs::write(data.join("pg_hba.conf"), ACCESS).map_err(failed("write pg_hba.conf"))?;
        // From here on the keeper deletes it.
        Self::spawn(programs, folder.keep(), is_root)
    }

    fn spawn(programs: &Path, folder: PathBuf, is_root: bool) -> Result<Self, Error> {
        let port = free_port().map_err(failed("find a free port"))?;
        let mut keeper = as_server(is_root, Path::new("/bin/sh"));
        keeper.args(["-c", KEEPER, "keeper"]).arg(programs).arg(&folder).arg(port.to_string());
        keeper.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).current_dir(&folder);
        // Ctrl-C is for the tests; the keeper hears of it by the end of the pipe.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut keeper, 0);
        let keeper = keeper.spawn().map_err(failed("start a server"))?;
        let server = Self { keeper, folder, port, is_root };

        let deadline = Instant::now() + PATIENCE;
        while !server.is_ready() {
            if server.folder.join("over").exists() || Instant::now() > deadline {
                return Err(Error::Failed { program: "postgres", output: server.log() });
            }
            sleep(Duration::from_millis(10));
        }
        Ok(server)
    }

    /// Returns its port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Returns its address.
    pub fn address(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.port).into()
    }

    /// Returns the URL of a database, for a role that needs no password.
    pub fn url(&self, user: &str, database: &str) -> String {
        format!("postgres://{user}@127.0.0.1:{}/{database}", self.port)
    }

    /// Returns what it has logged.
    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.join("log")).unwrap_or_default()
    }

    /// Returns the folder of the cluster; it is gone when the server is.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Returns whether it runs as `postgres` because this process is root's.
    pub fn is_of_root(&self) -> bool {
        self.is_root
    }

    fn is_ready(&self) -> bool {
        // The eighth line tells; the server writes it when it takes connections.
        let pid_file = fs::read_to_string(self.folder.join("data/postmaster.pid")).unwrap_or_default();
        pid_file.lines().nth(7).is_some_and(|state| state.trim() == "ready")
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        let _ = self.keeper.wait();
    }
}

/// Finds the folder with PostgreSQL's programs: the newest of Debian's, or that of `initdb` in PATH.
fn programs() -> Option<PathBuf> {
    let debian = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten().filter_map(|entry| {
        let version: u32 = entry.file_name().to_str()?.parse().ok()?;
        Some((version, entry.path().join("bin")))
    });
    let newest = debian.filter(|(_, folder)| folder.join("initdb").is_file()).max().map(|(_, folder)| folder);
    let in_path = || {
        let path = std::env::var_os("PATH")?;
        let initdb = std::env::split_paths(&path).map(|folder| folder.join("initdb")).find(|file| file.is_file())?;
        // A link in /usr/local/bin need not have `postgres` beside it.
        Some(initdb.canonicalize().ok()?.parent()?.to_owned())
    };
    newest.or_else(in_path)
}

fn as_server(is_root: bool, program: &Path) -> Command {
    if !is_root {
        return Command::new(program);
    }
    let mut command = Command::new("runuser");
    command.args(["-u", "postgres", "--"]).arg(program);
    command
}

fn run(operation: &str, command: &mut Command) -> Result<String, Error> {
    let output = command.stdin(Stdio::null()).output().map_err(failed(operation))?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    if output.status.success() {
        return Ok(text(&output.stdout));
    }
    Err(Error::Io { operation: operation.to_owned(), source: io::Error::other(text(&output.stderr)) })
}

fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}

fn failed(operation: &str) -> impl FnOnce(io::Error) -> Error {
    let operation = operation.to_owned();
    |source| Error::Io { operation, source }
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader, Write};

    use super::*;

    #[test]
    fn a_server_leaves_nothing() {
        let Some(shared) = crate::shared() else { return };
        let server = Postgres::start().unwrap();
        assert_ne!(server.port(), shared.port());
        assert!(std::net::TcpStream::connect(server.address()).is_ok());
        let (folder, address) = (server.folder().to_owned(), server.address());
        assert!(folder.exists());
        drop(server);
        assert!(!folder.exists());
        assert!(std::net::TcpStream::connect(address).is_err());
    }

    /// Says to a second process of this test what it is for.
    const VICTIM: &str = "POSTGRES_FIXTURE_VICTIM";

    #[test]
    fn a_server_ends_with_a_process_that_is_killed() {
        if crate::shared().is_none() {
            return;
        }
        let mut victim = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "--nocapture", "server::tests::victim"])
            .env(VICTIM, "1")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(victim.stdout.take().unwrap()).lines().map_while(Result::ok);
        let folder =
            lines.filter_map(|line| line.split_once("folder: ").map(|(_, folder)| PathBuf::from(folder))).next();
        let folder = folder.expect("the victim starts a server");
        assert!(folder.join("data").exists());
        victim.kill().unwrap();
        victim.wait().unwrap();
        let deadline = Instant::now() + PATIENCE;
        while folder.exists() {
            assert!(Instant::now() < deadline, "`{}` is still there", folder.display());
            sleep(Duration::from_millis(20));
        }
    }

    #[test]
    fn victim() {
        if std::env::var_os(VICTIM).is_some() {
            let server = Postgres::start().unwrap();
            writeln!(io::stdout(), "folder: {}", server.folder().display()).unwrap();
            sleep(PATIENCE);
        }
    }
}
