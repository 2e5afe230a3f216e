//! A cluster in a temporary folder, on a free port of the loopback.

use std::ffi::OsStr;
use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::Error;
use crate::keeper::{Keeper, PATIENCE, as_server, failed, folder, run};

/// How each role may come in, so that a test can choose by role; all others need no password.
const ACCESS: &str = "\
host all scram_user 127.0.0.1/32 scram-sha-256
host all md5_user 127.0.0.1/32 md5
host all cleartext_user 127.0.0.1/32 password
host all all 127.0.0.1/32 trust
";

/// Speed for safety: the data need not outlive the test.
const SETTINGS: &[&str] = &[
    "listen_addresses=127.0.0.1",
    "unix_socket_directories=",
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "jit=off",
    "max_connections=50",
    "shared_buffers=32MB",
];

/// A running server. Dropped, it stops.
#[derive(Debug)]
pub struct Postgres {
    keeper: Keeper,
    port: u16,
}

impl Postgres {
    /// Makes a cluster and starts its server; `postgres` is a superuser without password.
    ///
    /// # Errors
    ///
    /// PostgreSQL is not installed, or does not start.
    pub fn start() -> Result<Self, Error> {
        Self::start_with(&[])
    }

    /// As [`Postgres::start`], with settings of its own: `shared_preload_libraries=pg_stat_statements`.
    ///
    /// # Errors
    ///
    /// As [`Postgres::start`].
    pub fn start_with(settings: &[&str]) -> Result<Self, Error> {
        let programs = programs().ok_or(Error::Missing)?;
        with_free_port(|port| Self::make(&programs, settings, port))
    }

    fn make(programs: &Path, settings: &[&str], port: u16) -> Result<Self, Error> {
        let folder = folder()?;
        let data = folder.path().join("data");
        let mut initdb = as_server(&programs.join("initdb"))?;
        initdb.args(["-U", "postgres", "--auth=trust", "--no-sync", "-E", "UTF8", "--locale=C", "-D"]);
        run("make a cluster", initdb.arg(&data).current_dir(folder.path()))?;
        fs::write(data.join("pg_hba.conf"), ACCESS).map_err(failed("write pg_hba.conf"))?;

        let (program, port_text) = (programs.join("postgres"), port.to_string());
        let mut command: Vec<&OsStr> =
            vec![program.as_ref(), "-D".as_ref(), data.as_ref(), "-p".as_ref(), port_text.as_ref()];
        command.extend(SETTINGS.iter().chain(settings).flat_map(|setting| ["-c", setting]).map(OsStr::new));
        // From here on the keeper deletes the folder. SIGINT ends the server without waiting for its clients.
        let keeper = Keeper::start(folder.keep(), "INT", &command, is_ready)?;
        Ok(Self { keeper, port })
    }

    /// Ends it as the kernel does when memory is short: by SIGKILL, with all of its processes. Its data stay.
    ///
    /// # Errors
    ///
    /// It does not end.
    pub fn crash(&self) -> Result<(), Error> {
        let kill = |signal: &str, processes: &[String]| {
            run("kill a server", Command::new("kill").args(["-s", signal]).args(processes))
        };
        let mut processes = vec![pid(self.folder()).unwrap_or_default()];
        // So that it starts no others meanwhile.
        kill("STOP", &processes)?;
        processes.extend(children(&processes[0]));
        // One of them may have ended by then.
        let killed = kill("KILL", &processes);
        let deadline = Instant::now() + PATIENCE;
        // As long as one of them has its memory, no server starts over the same data.
        while !self.keeper.has_ended() || processes.iter().any(|process| parent(process).is_some()) {
            if Instant::now() > deadline {
                return killed.and(Err(Error::Failed { output: self.log() }));
            }
            sleep(Duration::from_millis(1));
        }
        Ok(())
    }

    /// Starts it again after [`Postgres::crash`], on the same port, and waits until it has recovered and takes connections.
    ///
    /// # Errors
    ///
    /// It does not start, or it has not ended.
    pub fn start_again(&self) -> Result<(), Error> {
        // The killed one has left its file.
        let before = pid(self.folder());
        self.keeper.start_again(|folder| pid(folder) != before && is_ready(folder))
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
        self.keeper.log()
    }

    /// Returns the folder of the cluster; it is gone when the server is.
    pub fn folder(&self) -> &Path {
        self.keeper.folder()
    }
}

/// Starts something on a free port; again, if another program took the port in between.
pub(crate) fn with_free_port<T>(start: impl Fn(u16) -> Result<T, Error>) -> Result<T, Error> {
    let mut attempt = 0;
    loop {
        attempt += 1;
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|listener| listener.local_addr());
        match start(listener.map_err(failed("find a free port"))?.port()) {
            Err(Error::Failed { output }) if output.contains("in use") && attempt < 5 => {}
            done => return done,
        }
    }
}

/// The eighth line of this file tells; the server writes it when it takes connections.
fn is_ready(folder: &Path) -> bool {
    let pid_file = fs::read_to_string(folder.join("data/postmaster.pid")).unwrap_or_default();
    pid_file.lines().nth(7).is_some_and(|state| state.trim() == "ready")
}

/// The first line of that file.
fn pid(folder: &Path) -> Option<String> {
    let pid_file = fs::read_to_string(folder.join("data/postmaster.pid")).ok()?;
    pid_file.lines().next().map(|line| line.trim().to_owned())
}

/// The processes that a process has started, where the system has a list of them as Linux has.
fn children(of: &str) -> Vec<String> {
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    let names = processes.map(|process| process.file_name().to_string_lossy().into_owned());
    names.filter(|process| parent(process).as_deref() == Some(of)).collect()
}

/// Who has started a process; nobody where it has ended.
fn parent(process: &str) -> Option<String> {
    let stat = fs::read_to_string(Path::new("/proc").join(process).join("stat")).ok()?;
    // `4711 (a name) S 4710 …`; a name may have blanks and brackets.
    let mut words = stat.rsplit_once(')')?.1.split_ascii_whitespace();
    // What is left of one that has ended, until somebody asks how.
    let is_alive = words.next() != Some("Z");
    words.next().filter(|_| is_alive).map(str::to_owned)
}

/// Finds the folder with PostgreSQL's programs: the one that is named, the newest of Debian's, or that of `initdb` in PATH.
pub fn programs() -> Option<PathBuf> {
    if let Some(named) = std::env::var_os(crate::PROGRAMS) {
        return Some(PathBuf::from(named)).filter(|folder| folder.join("initdb").is_file());
    }
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

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader, Write};
    use std::process::Stdio;

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

    fn sql(server: &Postgres, sql: &str) -> Result<String, Error> {
        let psql = programs().unwrap().join("psql");
        let mut psql = Command::new(psql);
        run(
            "ask a server",
            psql.args(["-qAtX", "-v", "ON_ERROR_STOP=1", "-c", sql, &server.url("postgres", "postgres")]),
        )
    }

    #[test]
    fn a_server_that_crashed_comes_back_with_what_was_committed() {
        if crate::shared().is_none() {
            return;
        }
        let server = Postgres::start_with(&["fsync=on", "synchronous_commit=on", "full_page_writes=on"]).unwrap();
        let first = pid(server.folder()).unwrap();
        assert!(children(&first).len() > 1 || !Path::new("/proc/self/stat").exists());
        for time in 1..=2 {
            sql(&server, &format!("create table entry_{time} as select generate_series(1, 1000) as n")).unwrap();
            server.crash().unwrap();
            assert!(std::net::TcpStream::connect(server.address()).is_err());
            assert!(sql(&server, "select 1").is_err());
            server.start_again().unwrap();
            assert_eq!(sql(&server, &format!("select count(*) from entry_{time}")).unwrap().trim(), "1000");
        }
        assert_ne!(pid(server.folder()).unwrap(), first);
        assert!(server.start_again().is_err(), "it runs");
        let folder = server.folder().to_owned();
        drop(server);
        assert!(!folder.exists());
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
            writeln!(std::io::stdout(), "folder: {}", server.folder().display()).unwrap();
            sleep(PATIENCE);
        }
    }
}
