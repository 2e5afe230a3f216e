//! `rivage serve` with the site of tests/api and a database of its own, for tools that ask it from outside.
//!
//! In: nothing. Out: an address, and the token of an administrator. Deliberately not here: what is asked.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, bail};
use postgres_fixture::{PgBouncer, Postgres};

use crate::tools::{copy_folder, program, rivage, root, scratch};

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

/// A running server. Dropped, it ends, and its database with it.
pub(crate) struct Serving {
    child: Child,
    /// `http://127.0.0.1:PORT`
    pub(crate) address: String,
    pub(crate) postgres: Postgres,
    _pooler: Option<PgBouncer>,
    folder: PathBuf,
}

impl Serving {
    /// Builds the site, fills a database, and serves both; `pooled` puts PgBouncer between.
    pub(crate) fn start(name: &str, pooled: bool) -> anyhow::Result<Self> {
        Self::start_program(&rivage()?, name, pooled)
    }

    /// As [`Serving::start`], with a program that was built before.
    pub(crate) fn start_program(rivage: &Path, name: &str, pooled: bool) -> anyhow::Result<Self> {
        let postgres = Postgres::start()?;
        let database = postgres.url("postgres", "postgres");
        let folder = scratch(name)?;
        std::fs::remove_dir_all(&folder).with_context(|| format!("could not empty `{}`", folder.display()))?;
        copy_folder(
            &root().join("tests/api/site"),
            &folder,
            &[&[("http://harbour.test", "http://localhost")][..], &LIMITS].concat(),
        )?;
        let media = folder.join("media");
        std::fs::create_dir_all(&media).with_context(|| format!("could not make `{}`", media.display()))?;
        for words in [&["build"][..], &["db", "migrate"], &["publish"]] {
            program(rivage, words).folder(&folder).env("DATABASE_URL", &database).run()?;
        }
        let mut words: Vec<String> = ["serve", "--port", "0", "--db"].map(str::to_owned).into();
        let pooler = if pooled {
            query(&postgres, ROLES)?;
            let pooler = PgBouncer::start(&postgres)?;
            let way = |role: &str| format!("postgres://{role}@127.0.0.1:{}/postgres", pooler.port());
            words.extend([way("rivage_rw"), "--db-read".to_owned(), way("rivage_ro")]);
            Some(pooler)
        } else {
            words.push(database);
            None
        };
        let log = folder.join("log");
        let log = std::fs::File::create(&log).with_context(|| format!("could not write `{}`", log.display()))?;
        let mut child = Command::new(rivage)
            .args(&words)
            .current_dir(&folder)
            .env("MEDIA_SECRET", "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE")
            .env("RIVAGE_API_KEYS", "first hs256:MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE")
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .context("could not start `rivage serve`")?;
        let mut line = String::new();
        if let Some(out) = child.stdout.take() {
            BufReader::new(out).read_line(&mut line)?;
        }
        let address = line.trim().trim_end_matches('/').to_owned();
        let serving = Self { child, address, postgres, _pooler: pooler, folder };
        if serving.address.is_empty() {
            bail!("`rivage serve` did not start:\n{}", serving.log());
        }
        Ok(serving)
    }

    /// Returns what it has logged.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.folder.join("log")).unwrap_or_default()
    }

    /// Lines of its log about failures of the server itself.
    pub(crate) fn failures(&self) -> Vec<String> {
        let is_failure = |line: &&str| {
            let line: serde_json::Value = serde_json::from_str(line).unwrap_or_default();
            // A route whose extension is missing says so, as it is meant to.
            line["status"].as_u64().is_some_and(|status| status >= 500 && status != 501)
        };
        self.log().lines().filter(is_failure).map(str::to_owned).collect()
    }

    /// Registers an account, makes it an administrator's, and returns an access token.
    pub(crate) fn token(&self) -> anyhow::Result<String> {
        let (email, password) = ("admin@harbour.test", "a long line of words");
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
}

fn query(postgres: &Postgres, sql: &str) -> anyhow::Result<()> {
    let psql = crate::tools::find("psql").context("`psql` is missing")?;
    program(psql, &["-qX", "-v", "ON_ERROR_STOP=1", "-c", sql, &postgres.url("postgres", "postgres")]).run()
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

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
