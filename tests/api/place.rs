//! Where the API under test is: a server of ours over a database of its own, or one that the environment names.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use postgres_fixture::Postgres;
use rivage_postgres::{Client, Config, Statement};

/// The variable that names another server: `127.0.0.1:8787`.
const OTHER: &str = "RIVAGE_TEST_API";

/// The keys of the server's tokens.
pub(crate) const API_KEYS: &str = "first hs256:MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE";

/// The token that opens the server's metrics.
pub(crate) const METRICS_TOKEN: &str = "a-token-of-the-tests";

/// The site that is under test.
pub(crate) const SITE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/api/site");

/// It runs with a file for the server's number, and the server's command.
pub(crate) const KEEPER: &str = r#"
file=$1
shift
exec 3<&0
"$@" </dev/null 3<&- &
server=$!
echo "$server" >"$file"
{ cat <&3 >/dev/null; kill -KILL "$server"; } 2>/dev/null &
wait "$server"
"#;

/// A server of the site.
pub(crate) struct Place {
    /// Host and port.
    pub(crate) address: String,
    own: Option<Own>,
}

struct Own {
    keeper: Child,
    /// The server ends when this pipe does, however this process ends.
    pipe: Option<ChildStdin>,
    database: String,
    folder: tempfile::TempDir,
}

/// Returns the server that the tests share; none where there is no PostgreSQL.
pub(crate) fn place() -> Option<&'static Place> {
    static PLACE: OnceLock<Option<Place>> = OnceLock::new();
    let place = PLACE.get_or_init(|| match std::env::var(OTHER) {
        Ok(address) => Some(Place { address, own: None }),
        Err(_) => Some(Place::start(postgres_fixture::shared()?, None)),
    });
    place.as_ref()
}

impl Place {
    /// Builds the site, makes and fills a database, and serves both. `port` is a way to the database, if not its own.
    pub(crate) fn start(postgres: &Postgres, port: Option<u16>) -> Self {
        Self::start_in(postgres, port, "postgres", &[])
    }

    /// As [`Place::start`], as another role than the administrator, who runs statements in the database before.
    pub(crate) fn start_in(postgres: &Postgres, port: Option<u16>, user: &str, before: &[&str]) -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let name = format!("site_{}", COUNT.fetch_add(1, Ordering::SeqCst));
        query(&postgres.url("postgres", "postgres"), &format!("create database {name}"));
        for statement in before {
            query(&postgres.url("postgres", &name), statement);
        }
        let database = postgres.url(user, &name);
        let folder = tempfile::tempdir().unwrap();
        copy(Path::new(SITE), folder.path());
        let run = |words: &[&str]| {
            let output = rivage(folder.path(), words).env("DATABASE_URL", &database).output().unwrap();
            assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
        };
        run(&["build"]);
        run(&["db", "migrate"]);
        // With the tables there, it looks at the extensions alone.
        run(&["db", "migrate"]);
        run(&["db", "status"]);
        run(&["publish"]);
        run(&["api", "check"]);
        let way = match port {
            Some(port) => database.replace(&format!(":{}/", postgres.port()), &format!(":{port}/")),
            None => database.clone(),
        };
        let log = File::create(folder.path().join("log")).unwrap();
        let mut keeper = Command::new("/bin/sh")
            .args(["-c", KEEPER, "keeper"])
            .arg(folder.path().join("pid"))
            .arg(env!("CARGO_BIN_EXE_rivage"))
            .args(["serve", "--port", "0", "--db", &way, "--root"])
            .arg(folder.path())
            .env_remove("DATABASE_READ_URL")
            .env("RIVAGE_API_KEYS", API_KEYS)
            .env("RIVAGE_METRICS_TOKEN", METRICS_TOKEN)
            .env("MEDIA_SECRET", "a secret of the tests")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(keeper.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().trim_start_matches("http://").trim_end_matches('/').to_owned();
        let place = Self { address, own: Some(Own { pipe: keeper.stdin.take(), keeper, database, folder }) };
        assert!(!place.address.is_empty(), "{}", place.log());
        place
    }

    /// Whether the server and its database are ours.
    pub(crate) fn is_ours(&self) -> bool {
        self.own.is_some()
    }

    /// Returns what the server has logged.
    pub(crate) fn log(&self) -> String {
        let own = self.own.as_ref().expect("a server of ours");
        std::fs::read_to_string(own.folder.path().join("log")).unwrap()
    }

    /// Returns the URL of the database, where it is ours.
    pub(crate) fn database(&self) -> Option<&str> {
        Some(&self.own.as_ref()?.database)
    }

    /// Asks the database, where it is ours; returns the first column of the rows.
    pub(crate) fn query(&self, sql: &str) -> Option<Vec<String>> {
        Some(query(self.database()?, sql))
    }

    /// Tells the server to stop, as a service manager would, and returns how it ended.
    pub(crate) fn stop(mut self) -> ExitStatus {
        let mut own = self.own.take().expect("a server of ours");
        let server = std::fs::read_to_string(own.folder.path().join("pid")).unwrap();
        assert!(Command::new("kill").args(["-TERM", server.trim()]).status().unwrap().success());
        own.keeper.wait().unwrap()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Some(own) = &mut self.own {
            own.pipe = None;
            let _ = own.keeper.wait();
        }
    }
}

/// A command of the program.
pub(crate) fn rivage(root: &Path, words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rivage"));
    command.args(words).arg("--root").arg(root).env_clear();
    command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command
}

/// Runs a statement and returns the first column.
pub(crate) fn query(url: &str, sql: &str) -> Vec<String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut client = Client::connect(&Config::parse(url).unwrap()).await.unwrap();
        let results = client.query(&[Statement::new(sql, &[])]).await.unwrap();
        client.close().await;
        let rows = results.iter().flat_map(rivage_postgres::ResultSet::rows);
        rows.map(|row| row.text(0).unwrap_or_default().to_owned()).collect()
    })
}

/// Copies a folder.
pub(crate) fn copy(from: &Path, to: &Path) {
    for entry in walkdir::WalkDir::new(from) {
        let entry = entry.unwrap();
        let target: PathBuf = to.join(entry.path().strip_prefix(from).unwrap());
        if entry.file_type().is_dir() {
            std::fs::create_dir_all(target).unwrap();
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}
