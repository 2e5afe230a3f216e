//! A private PostgreSQL for previews, from the programs that the machine has, or that were fetched for it.
//!
//! In: the project's folder. Out: a running server with a URL, which ends with this process, however that ends; its data stay in
//! `.rivage/postgres`. PostgreSQL refuses to run as root: then it runs as `postgres`, or else `nobody`. Deliberately not here: what is
//! fetched ([`super::fetch`]); anything for visitors.
//!
//! The server is the child of a shell, its keeper, that waits for the end of its standard input. The other end of that pipe closes with this process.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::fetch;
use crate::inputs::Fingerprint;

/// The oldest version that rivage's tables work with.
pub const OLDEST: u32 = 15;

/// How long a machine that is busy may take to start a server.
const PATIENCE: Duration = Duration::from_secs(60);

/// Few connections and little memory; written rows may be lost in a power cut, tables may not.
const SETTINGS: [&str; 6] = [
    "listen_addresses=127.0.0.1",
    "unix_socket_directories=",
    "synchronous_commit=off",
    "jit=off",
    "max_connections=50",
    "shared_buffers=32MB",
];

/// It runs with the folder and the server's command. SIGINT ends the server without waiting for its clients.
const KEEPER: &str = r#"
trap '' INT TERM HUP
folder=$1
shift
cd "$folder" || exit 1
rm -f over
"$@" </dev/null >log 2>&1 &
server=$!
exec 3<&0
{
    while read -r line <&3; do :; done
    [ -e over ] || kill -s INT "$server"
} &
reader=$!
wait "$server"
: >over
wait "$reader"
"#;

/// Why there is no server.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No PostgreSQL was found.
    #[error("no PostgreSQL {OLDEST} or newer was found on this machine")]
    Missing,
    /// The data are of a version that is not there any more.
    #[error("the preview's data are of PostgreSQL {version}, which was not found on this machine; `{}` may be deleted", .folder.display())]
    OtherVersion {
        /// The version.
        version: u32,
        /// Where the data are.
        folder: PathBuf,
    },
    /// Another preview of the site runs.
    #[error("another preview of this site uses its database")]
    InUse,
    /// A program or folder failed.
    #[error("could not {operation}: {source}")]
    Io {
        /// What was being done.
        operation: String,
        /// What the system says.
        source: io::Error,
    },
    /// The server ended before it was ready.
    #[error("PostgreSQL did not start: {output}")]
    Failed {
        /// What it printed.
        output: String,
    },
}

/// A running server. Dropped, it stops.
#[derive(Debug)]
pub struct Cluster {
    keeper: Child,
    url: String,
}

impl Cluster {
    /// Starts the server of a project; makes it first where it has none.
    ///
    /// # Errors
    /// PostgreSQL is not installed, is in use, or does not start.
    pub fn start(root: &Path) -> Result<Self, Error> {
        let user = server_user()?;
        let mut all = programs();
        // Last: those of the machine are kept up to date by somebody.
        all.extend(fetched(user.as_deref()));
        let folder = folder(root, user.as_deref())?;
        let data = folder.join("data");
        let bin = choose(&all, &folder)?;
        let is_new = !data.join("PG_VERSION").is_file();
        let password = if is_new { make(&bin, &folder, user.as_deref())? } else { read_password(&folder)? };
        if is_running(&data) {
            return Err(Error::InUse);
        }
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .and_then(|listener| listener.local_addr())
            .map_err(failed("find a free port"))?
            .port();
        let (program, port_text) = (bin.join("postgres"), port.to_string());
        let mut words: Vec<&OsStr> =
            vec![folder.as_ref(), program.as_ref(), "-D".as_ref(), data.as_ref(), "-p".as_ref(), port_text.as_ref()];
        words.extend(SETTINGS.iter().flat_map(|setting| ["-c", setting]).map(OsStr::new));
        let mut command = as_user(Path::new("/bin/sh"), user.as_deref());
        command.args(["-c", KEEPER, "keeper"]).args(words).current_dir(&folder);
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        // Ctrl-C is for us; the keeper hears of it by the end of the pipe.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let _ = fs::remove_file(folder.join("over"));
        let keeper = command.spawn().map_err(failed("start PostgreSQL"))?;
        let cluster = Self { keeper, url: format!("postgres://rivage:{password}@127.0.0.1:{port}/postgres") };
        let deadline = Instant::now() + PATIENCE;
        while !is_ready(&data, port) {
            if folder.join("over").exists() || Instant::now() > deadline {
                let log = fs::read_to_string(folder.join("log")).unwrap_or_default();
                let output = log.lines().rev().find(|line| line.contains("FATAL")).unwrap_or("it said nothing");
                return Err(Error::Failed { output: output.to_owned() });
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        Ok(cluster)
    }

    /// Fetches the programs of a small PostgreSQL, for this machine's previews.
    ///
    /// # Errors
    /// There is no way to find out who runs this; within, what [`super::fetch`] says.
    pub fn fetch_programs() -> Result<Result<PathBuf, fetch::Error>, Error> {
        let has_user = server_user()?.is_some();
        Ok(fetch::build().and_then(|build| match fetch::folder(has_user) {
            Some(folder) => fetch::fetch(build, &folder),
            None => Err(fetch::Error::Unpack {
                folder: PathBuf::from("~/.cache"),
                source: io::Error::other("neither `HOME` nor `XDG_CACHE_HOME` is set"),
            }),
        }))
    }

    /// Returns the URL of its database, with a password.
    pub fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        let _ = self.keeper.wait();
    }
}

/// A folder with PostgreSQL's programs, and their version.
type Programs = (u32, PathBuf);

/// Finds PostgreSQL where packages put it, and in PATH; newest first.
fn programs() -> Vec<Programs> {
    let mut folders: Vec<PathBuf> = Vec::new();
    let path = std::env::var_os("PATH").unwrap_or_default();
    // A link in /usr/local/bin need not have `postgres` beside it.
    let in_path = std::env::split_paths(&path).filter_map(|folder| folder.join("initdb").canonicalize().ok());
    folders.extend(in_path.filter_map(|initdb| Some(initdb.parent()?.to_owned())));
    let packages = ["/usr/lib/postgresql", "/usr/local/opt", "/opt/homebrew/opt", "/usr"];
    for entry in packages.iter().flat_map(|folder| fs::read_dir(folder).into_iter().flatten().flatten()) {
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with(|c: char| c.is_ascii_digit())
            || name.starts_with("postgresql")
            || name.starts_with("pgsql-")
        {
            folders.push(entry.path().join("bin"));
        }
    }
    folders.sort();
    folders.dedup();
    let mut found: Vec<Programs> = folders
        .into_iter()
        .filter(|folder| folder.join("initdb").is_file())
        .filter_map(|folder| Some((version(&folder.join("postgres"))?, folder)))
        .filter(|(version, _)| *version >= OLDEST)
        .collect();
    found.sort_by(|one, other| other.cmp(one));
    found
}

/// Returns the programs that were fetched.
fn fetched(user: Option<&str>) -> Option<Programs> {
    Some((fetch::VERSION, fetch::programs(&fetch::folder(user.is_some())?)?))
}

fn version(postgres: &Path) -> Option<u32> {
    parse_version(&run("ask PostgreSQL for its version", Command::new(postgres).arg("--version")).ok()?)
}

/// `postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)` → 15
fn parse_version(text: &str) -> Option<u32> {
    let (_, rest) = text.split_once("(PostgreSQL) ")?;
    rest.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

/// Data are read by the version that made them, and by no other.
fn choose(all: &[Programs], folder: &Path) -> Result<PathBuf, Error> {
    let made = fs::read_to_string(folder.join("data/PG_VERSION")).ok().and_then(|text| text.trim().parse::<u32>().ok());
    match made {
        None => all.first().map(|(_, bin)| bin.clone()).ok_or(Error::Missing),
        Some(version) => match all.iter().find(|(known, _)| *known == version) {
            Some((_, bin)) => Ok(bin.clone()),
            None => Err(Error::OtherVersion { version, folder: folder.to_owned() }),
        },
    }
}

/// Makes a cluster whose one role needs a password: others on this machine reach the port, too.
fn make(bin: &Path, folder: &Path, user: Option<&str>) -> Result<String, Error> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|error| failed("make a password")(io::Error::other(error)))?;
    let password = Fingerprint::from_bytes(bytes).hex();
    let file = folder.join("password");
    write_secret(&file, &password).map_err(failed("write the password"))?;
    give(&file, user)?;
    let mut initdb = as_user(&bin.join("initdb"), user);
    initdb
        .args(["-U", "rivage", "--auth=scram-sha-256", "--no-sync", "-E", "UTF8", "--locale=C", "--pwfile"])
        .arg(&file);
    // What a broken-off attempt has left is no cluster.
    let data = folder.join("data");
    let _ = fs::remove_dir_all(&data);
    run("make a database", initdb.arg("-D").arg(&data).current_dir(folder))?;
    Ok(password)
}

#[cfg(unix)]
fn write_secret(file: &Path, text: &str) -> io::Result<()> {
    use std::io::Write;
    use std::os::unix::fs::OpenOptionsExt;
    let _ = fs::remove_file(file);
    fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(file)?.write_all(text.as_bytes())
}

#[cfg(not(unix))]
fn write_secret(file: &Path, text: &str) -> io::Result<()> {
    fs::write(file, text)
}

fn read_password(folder: &Path) -> Result<String, Error> {
    let text = fs::read_to_string(folder.join("password")).map_err(failed("read the preview database's password"))?;
    Ok(text.trim().to_owned())
}

/// The eighth line of this file tells; the server writes it when it takes connections. One that was killed has left the file of another port.
fn is_ready(data: &Path, port: u16) -> bool {
    let pid_file = fs::read_to_string(data.join("postmaster.pid")).unwrap_or_default();
    port_of(&pid_file) == Some(port) && pid_file.lines().nth(7).is_some_and(|state| state.trim() == "ready")
}

/// Reports whether a server has the data already. One that was killed has left a file that names a port where nobody listens.
fn is_running(data: &Path) -> bool {
    let pid_file = fs::read_to_string(data.join("postmaster.pid")).unwrap_or_default();
    port_of(&pid_file).is_some_and(|port| std::net::TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok())
}

fn port_of(pid_file: &str) -> Option<u16> {
    pid_file.lines().nth(3)?.trim().parse().ok()
}

/// Where the data are: in the project, or where the server's user cannot go there, below /var/lib.
fn folder(root: &Path, user: Option<&str>) -> Result<PathBuf, Error> {
    let root = root.canonicalize().map_err(failed("find the project"))?;
    let inside = root.join(".rivage/postgres");
    let Some(user) = user else {
        fs::create_dir_all(&inside).map_err(failed("make `.rivage/postgres`"))?;
        return Ok(inside);
    };
    let print = Fingerprint::of(root.to_string_lossy().as_bytes()).hex();
    let outside = Path::new("/var/lib/rivage").join(&print[..16]);
    for folder in [inside, outside.clone()] {
        fs::create_dir_all(&folder).map_err(failed("make a folder for the preview's database"))?;
        give(&folder, Some(user))?;
        let mut test = as_user(Path::new("test"), Some(user));
        if test.arg("-w").arg(&folder).current_dir("/").status().is_ok_and(|status| status.success()) {
            return Ok(folder);
        }
    }
    let source = io::Error::other(format!("`{user}` cannot write to `{}`", outside.display()));
    Err(Error::Io { operation: "make a folder for the preview's database".to_owned(), source })
}

fn give(path: &Path, user: Option<&str>) -> Result<(), Error> {
    match user {
        Some(user) => run("give a folder to the database's user", Command::new("chown").arg(user).arg(path)).map(drop),
        None => Ok(()),
    }
}

/// The user that the server runs as, where this process is root's.
fn server_user() -> Result<Option<String>, Error> {
    let id = |arguments: &[&str]| run("ask who runs this", Command::new("id").args(arguments));
    if !cfg!(unix) || id(&["-u"])?.trim() != "0" {
        return Ok(None);
    }
    let known = ["postgres", "nobody"].into_iter().find(|user| id(&["-u", user]).is_ok());
    Ok(Some(known.unwrap_or("nobody").to_owned()))
}

fn as_user(program: &Path, user: Option<&str>) -> Command {
    let Some(user) = user else { return Command::new(program) };
    let mut command = Command::new("runuser");
    command.args(["-u", user, "--"]).arg(program);
    command
}

/// Runs a program to its end; returns what it printed.
fn run(operation: &str, command: &mut Command) -> Result<String, Error> {
    let output = command.stdin(Stdio::null()).output().map_err(failed(operation))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let text = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    Err(Error::Io { operation: operation.to_owned(), source: io::Error::other(text) })
}

fn failed(operation: &str) -> impl FnOnce(io::Error) -> Error {
    let operation = operation.to_owned();
    |source| Error::Io { operation, source }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read() {
        assert_eq!(parse_version("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)\n"), Some(15));
        assert_eq!(parse_version("postgres (PostgreSQL) 18beta1"), Some(18));
        assert_eq!(parse_version("something else"), None);
    }

    #[test]
    fn data_choose_the_version_that_made_them() {
        let folder = tempfile::tempdir().unwrap();
        let all = [(17, PathBuf::from("/17")), (15, PathBuf::from("/15"))];
        assert_eq!(choose(&all, folder.path()).unwrap(), PathBuf::from("/17"));
        assert!(matches!(choose(&[], folder.path()), Err(Error::Missing)));
        fs::create_dir(folder.path().join("data")).unwrap();
        fs::write(folder.path().join("data/PG_VERSION"), "15\n").unwrap();
        assert_eq!(choose(&all, folder.path()).unwrap(), PathBuf::from("/15"));
        assert!(matches!(choose(&all[..1], folder.path()), Err(Error::OtherVersion { version: 15, .. })));
    }
}
