//! What the tests over a real server share.

#![allow(dead_code, reason = "each file of tests uses a part")]

use std::time::Duration;

use postgres_fixture::Postgres;
use rivage_postgres::{Client, Config, Error, ResultSet, Statement};

/// Returns the settings for a role of the shared server; `None` where there is none.
pub(crate) fn config(user: &str) -> Option<Config> {
    let server = postgres_fixture::shared()?;
    Some(of(server, user))
}

/// Returns the settings for a role of a server.
pub(crate) fn of(server: &Postgres, user: &str) -> Config {
    let mut config = Config::parse(&server.url(user, "postgres")).unwrap();
    // Machines that test are busy.
    config.connect_timeout = Duration::from_secs(30);
    config
}

/// Runs one statement without parameters.
pub(crate) async fn one(client: &mut Client, sql: &str) -> Result<ResultSet, Error> {
    let mut results = client.query(&[Statement::new(sql, &[])]).await?;
    Ok(results.remove(0))
}

/// Runs statements, each in a transaction of its own.
pub(crate) async fn all(client: &mut Client, statements: &[&str]) {
    for sql in statements {
        one(client, sql).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
    }
}

/// Returns the only cell of the only row.
pub(crate) async fn value(client: &mut Client, sql: &str) -> String {
    let result = one(client, sql).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
    let row = result.row(0).unwrap();
    row.text(0).unwrap().to_owned()
}
