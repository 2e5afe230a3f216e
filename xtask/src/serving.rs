//! `rivage serve` with the site of tests/api and a database of its own, for tools that ask it from outside.
//!
//! In: nothing. Out: an address, and the token of an administrator. Deliberately not here: what is asked.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use anyhow::{Context, bail};
use postgres_fixture::{PgBouncer, Postgres};

use crate::tools::{Run, copy_folder, program, rivage, root, scratch};

/// The two roles of a site, for a pooler that passes no settings on.
const ROLES: &str = "
create role rivage_ro login;
alter role rivage_ro set default_transaction_read_only = on;
create role rivage_rw login;
grant select on all tables in schema public to rivage_ro;
grant select, insert, update, delete on all tables in schema public to rivage_rw;
grant usage on all sequences in schema public to rivage_rw;";

/// Limits that no run of a tool reaches: all of its requests come from one address.
const LIMITS: [(&str, &str); 2] =
    [("requests = 100000\n", "requests = 1000000\n"), ("requests = 10000\n", "requests = 1000000\n")];

/// The administrator's address and password.
pub(crate) const ADMIN: (&str, &str) = ("admin@harbour.test", "a long line of words");

/// What a site in operation has, and the site of tests has not: a dashboard with views and vitals to show. And an answer that is kept for seconds
/// only: in any outage it grows too old, and is shown all the same.
const FULL: [(&str, &str); 2] = [
    ("[api]\n", "[api]\nadmin = true\nvitals = true\n"),
    ("@cache 60s error 1d tags note", "@cache 5s error 1d tags note"),
];

/// A server that keeps what it has confirmed, as those of sites do, and counts its statements.
const DURABLE: [&str; 6] = [
    "fsync=on",
    "synchronous_commit=on",
    "full_page_writes=on",
    "shared_buffers=256MB",
    "max_wal_size=1GB",
    "shared_preload_libraries=pg_stat_statements",
];

/// A running server. Dropped, it ends, and its database with it.
pub(crate) struct Serving {
    child: Child,
    /// `http://127.0.0.1:PORT`
    pub(crate) address: String,
    pub(crate) postgres: Postgres,
    _pooler: Option<PgBouncer>,
    log: Log,
}

impl Serving {
    /// Builds the site, fills a database, and serves both.
    pub(crate) fn start(name: &str) -> anyhow::Result<Self> {
        Self::start_with(&rivage()?, name, false)
    }

    /// As [`Serving::start`], with all that a site in operation has: a program that was built for it, PgBouncer before a database that loses
    /// nothing, the dashboard.
    pub(crate) fn start_full(rivage: &Path, name: &str) -> anyhow::Result<Self> {
        Self::start_with(rivage, name, true)
    }

    fn start_with(rivage: &Path, name: &str, is_full: bool) -> anyhow::Result<Self> {
        let (settings, changes): (&[&str], &[(&str, &str)]) = if is_full { (&DURABLE, &FULL) } else { (&[], &[]) };
        let postgres = Postgres::start_with(settings)?;
        let database = postgres.url("postgres", "postgres");
        let folder = scratch(name)?;
        std::fs::remove_dir_all(&folder).with_context(|| format!("could not empty `{}`", folder.display()))?;
        copy_folder(
            &root().join("tests/api/site"),
            &folder,
            &[&[("http://harbour.test", "http://localhost")][..], &LIMITS, changes].concat(),
        )?;
        let media = folder.join("media");
        std::fs::create_dir_all(&media).with_context(|| format!("could not make `{}`", media.display()))?;
        for words in [&["build"][..], &["db", "migrate"], &["publish"]] {
            program(rivage, words).folder(&folder).env("DATABASE_URL", &database).run()?;
        }
        let mut words: Vec<String> = ["serve", "--port", "0", "--db"].map(str::to_owned).into();
        let pooler = if is_full {
            query(&postgres, ROLES)?;
            query(&postgres, "create extension pg_stat_statements; grant pg_read_all_stats to rivage_rw, rivage_ro")?;
            let pooler = PgBouncer::start(&postgres)?;
            let way = |role: &str| format!("postgres://{role}@127.0.0.1:{}/postgres", pooler.port());
            words.extend([way("rivage_rw"), "--db-read".to_owned(), way("rivage_ro")]);
            Some(pooler)
        } else {
            words.push(database);
            None
        };
        let mut child = Command::new(rivage)
            .args(&words)
            .current_dir(&folder)
            .env("MEDIA_SECRET", "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE")
            .env("RIVAGE_API_KEYS", "first hs256:MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .context("could not start `rivage serve`")?;
        let mut line = String::new();
        let log = Log::read(child.stderr.take());
        if let Some(out) = child.stdout.take() {
            BufReader::new(out).read_line(&mut line)?;
        }
        let address = line.trim().trim_end_matches('/').to_owned();
        let mut serving = Self { child, address, postgres, _pooler: pooler, log };
        if serving.address.is_empty() {
            bail!("`rivage serve` did not start:\n{}", serving.log.end());
        }
        Ok(serving)
    }

    /// Lines of its log about failures of the server itself.
    pub(crate) fn failures(&self) -> Vec<String> {
        self.log.kept().lines.iter().filter(|line| status(line).is_some()).cloned().collect()
    }

    /// How many requests it has logged.
    pub(crate) fn requests(&self) -> usize {
        self.log.kept().requests
    }

    /// Registers an account, makes it an administrator's, and returns an access token.
    pub(crate) fn token(&self) -> anyhow::Result<String> {
        let (email, password) = ADMIN;
        let body = serde_json::json!({"email": email, "password": password});
        post(&format!("{}/api/v1/auth/register", self.address), &body)?;
        let sql = format!("update account set role = 'admin' where email = '{email}'");
        self.query(&sql)?;
        let body = serde_json::json!({"email": email, "password": password, "grant": "token"});
        let answer = post(&format!("{}/api/v1/auth/login", self.address), &body)?;
        answer["access_token"].as_str().map(str::to_owned).with_context(|| format!("no token: {answer}"))
    }

    /// Runs a statement.
    pub(crate) fn query(&self, sql: &str) -> anyhow::Result<()> {
        query(&self.postgres, sql)
    }

    /// Runs a statement and returns its rows, each a line with `|` between its cells.
    pub(crate) fn ask(&self, sql: &str) -> anyhow::Result<String> {
        let (done, text) = psql(&self.postgres, sql)?.output()?;
        if !done {
            bail!("the statement failed; what PostgreSQL says is above");
        }
        Ok(text)
    }
}

fn query(postgres: &Postgres, sql: &str) -> anyhow::Result<()> {
    psql(postgres, sql)?.run()
}

fn psql(postgres: &Postgres, sql: &str) -> anyhow::Result<Run> {
    let psql = crate::tools::find("psql").context("`psql` is missing")?;
    Ok(program(psql, &["-qAtX", "-v", "ON_ERROR_STOP=1", "-c", sql, &postgres.url("postgres", "postgres")]))
}

/// Sends JSON and reads JSON, by curl: recipes need no client of their own.
fn post(url: &str, body: &serde_json::Value) -> anyhow::Result<serde_json::Value> {
    let curl = crate::tools::need(&["curl"], "curl")?;
    let body = body.to_string();
    let (done, text) = program(curl, &["-sS", "-H", "content-type: application/json", "-d", &body, url]).output()?;
    if !done {
        bail!("`{url}` does not answer");
    }
    serde_json::from_str(&text).with_context(|| format!("`{url}` answered {text:?}"))
}

/// What a server writes on standard error. Of requests, only those that failed are kept: there may be millions of them.
struct Log {
    kept: Arc<Mutex<Kept>>,
    reader: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Kept {
    lines: Vec<String>,
    requests: usize,
}

impl Log {
    fn read(pipe: Option<impl Read + Send + 'static>) -> Self {
        let kept = Arc::new(Mutex::new(Kept::default()));
        let of_thread = Arc::clone(&kept);
        let reader = pipe.map(|pipe| {
            std::thread::spawn(move || {
                for line in BufReader::new(pipe).lines().map_while(Result::ok) {
                    let mut kept = of_thread.lock().unwrap_or_else(PoisonError::into_inner);
                    kept.requests += usize::from(status(&line).is_some());
                    if is_of_interest(&line) {
                        kept.lines.push(line);
                    }
                }
            })
        });
        Self { kept, reader }
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until the server has ended.
    fn end(&mut self) -> String {
        if let Some(reader) = self.reader.take() {
            let _ = reader.join();
        }
        self.kept().lines.join("\n")
    }
}

/// Reports whether a line tells of a failure of the server itself, or is of no request.
fn is_of_interest(line: &str) -> bool {
    // A route whose extension is missing says so, as it is meant to.
    status(line).is_none_or(|status| status >= 500 && status != 501)
}

/// The status of a request's line.
fn status(line: &str) -> Option<u16> {
    line.split_once("\"status\":").and_then(|(_, rest)| rest.get(..3)?.parse().ok())
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::is_of_interest;

    #[test]
    fn of_requests_only_those_count_that_the_server_could_not_answer() {
        for (line, expected) in [
            (r#"{"id":"a","status":200,"bytes":1}"#, false),
            (r#"{"id":"a","status":404,"code":"not-found"}"#, false),
            (r#"{"id":"a","status":501,"code":"extension-missing"}"#, false),
            (r#"{"id":"a","status":503,"code":"database-unavailable"}"#, true),
            ("error: the site has an API, and no database is named", true),
        ] {
            assert_eq!(is_of_interest(line), expected, "{line}");
        }
    }
}
