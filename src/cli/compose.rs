//! `--db compose`: the database of the project's docker-compose.yml.
//!
//! In: that file, and the file of the password that it names. Out: where the database is. Deliberately not here: starting it, and other files or
//! services of Docker Compose than ours.

use std::net::{Ipv4Addr, TcpStream};
use std::path::Path;
use std::time::Duration;

use anyhow::Context;
use rivage_diag::{FileId, Span};
use rivage_postgres::Config;
use rivage_syntax::data::{self, Format};
use serde_json::Value;

use super::printer::failure;

/// What `--db` says in place of a URL.
pub(super) const WORD: &str = "compose";

const FILE: &str = "docker-compose.yml";
/// The port inside, which the file maps to one of this machine.
const INSIDE: &str = "5432";
const START: &str = "`docker compose up --detach --wait` starts it";

/// What the file says.
#[derive(Debug, PartialEq, Eq)]
struct Place {
    port: u16,
    /// The password's file.
    secret: String,
}

/// Returns the database, as the role that owns the tables.
///
/// # Errors
/// A file is missing or wrong, or nothing listens at the port.
pub(super) fn config(root: &Path) -> anyhow::Result<Config> {
    let text = match std::fs::read_to_string(root.join(FILE)) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let copy = format!("copy `{FILE}` and `deploy/postgres/` of rivage's repository into the project");
            return Err(failure(format!("there is no `{FILE}`, which `--db {WORD}` is about"), copy));
        }
        read => read.with_context(|| format!("could not read `{FILE}`, which `--db {WORD}` is about"))?,
    };
    let place = place(&text)?;
    let path = root.join(&place.secret);
    let password = std::fs::read_to_string(&path).unwrap_or_default();
    let password = password.lines().next().unwrap_or_default().trim();
    if password.is_empty() {
        let make = format!("`openssl rand -hex 24 >{0} && chmod 600 {0}` makes one", place.secret);
        return Err(failure(format!("`{}` has no password for the database", place.secret), make));
    }
    if TcpStream::connect_timeout(&(Ipv4Addr::LOCALHOST, place.port).into(), Duration::from_secs(2)).is_err() {
        return Err(failure(format!("the database of `{FILE}` does not answer at 127.0.0.1:{}", place.port), START));
    }
    let mut config = Config::new("127.0.0.1", "rivage_owner", "rivage");
    config.port = place.port;
    config.password = Some(password.to_owned());
    Ok(config)
}

fn place(text: &str) -> anyhow::Result<Place> {
    let (read, problems) = data::parse(&FileId::from(FILE), text, Span::new(0, text.len()), Format::Yaml);
    if let Some(problem) = problems.first() {
        return Err(failure(format!("`{FILE}` cannot be read: {}", problem.message), "it is YAML"));
    }
    let read = read.to_json();
    let ports = read["services"]["database"]["ports"].as_array().map_or(&[][..], Vec::as_slice);
    let port = ports.iter().find_map(published).ok_or_else(|| {
        let line = format!("ports: [\"127.0.0.1:5432:{INSIDE}\"]");
        failure(format!("`{FILE}` has no service `database` with a port for {INSIDE}"), format!("it needs `{line}`"))
    })?;
    let secret = read["secrets"]["postgres_password"]["file"].as_str().ok_or_else(|| {
        let hint = "it needs `secrets: { postgres_password: { file: .rivage/postgres-password } }`";
        failure(format!("`{FILE}` names no file of the password"), hint)
    })?;
    Ok(Place { port, secret: secret.to_owned() })
}

/// `"127.0.0.1:5433:5432"`, or the same as a map.
fn published(entry: &Value) -> Option<u16> {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let (inside, outside) = match entry.as_str() {
        Some(short) => {
            let mut parts = short.strip_suffix("/tcp").unwrap_or(short).rsplit(':').map(str::to_owned);
            (parts.next()?, parts.next()?)
        }
        None => (text(&entry["target"]), text(&entry["published"])),
    };
    if inside == INSIDE { outside.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRETS: &str = "secrets: { postgres_password: { file: .rivage/postgres-password } }\n";

    fn port(ports: &str) -> Result<u16, String> {
        let text = format!("services:\n  database:\n    ports: {ports}\n{SECRETS}");
        place(&text).map(|place| place.port).map_err(|error| error.to_string())
    }

    #[test]
    fn the_port_of_this_machine_is_found() {
        assert_eq!(port("['127.0.0.1:5433:5432']"), Ok(5433));
        assert_eq!(port("['5434:5432/tcp']"), Ok(5434));
        assert_eq!(port("['80:8080', {target: 5432, published: '5435', host_ip: 127.0.0.1}]"), Ok(5435));
        for wrong in ["['5432']", "['80:8080']", "['a:5432']", "[]", "{}"] {
            assert!(port(wrong).unwrap_err().contains("no service `database` with a port for 5432"), "{wrong}");
        }
    }

    #[test]
    fn our_own_file_is_understood() {
        let text = include_str!("../../docker-compose.yml");
        assert_eq!(place(text).unwrap(), Place { port: 5432, secret: ".rivage/postgres-password".to_owned() });
    }

    #[test]
    fn what_is_missing_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        let told = || format!("{:#}", config(root).unwrap_err());
        assert!(told().contains("there is no `docker-compose.yml`, which `--db compose` is about: copy"), "{}", told());
        std::fs::write(root.join(FILE), "services: [").unwrap();
        assert!(told().contains("`docker-compose.yml` cannot be read"));
        std::fs::write(root.join(FILE), "services: { database: { ports: ['127.0.0.1:1:5432'] } }").unwrap();
        assert!(told().contains("names no file of the password"));
        std::fs::write(
            root.join(FILE),
            format!("services: {{ database: {{ ports: ['127.0.0.1:1:5432'] }} }}\n{SECRETS}"),
        )
        .unwrap();
        assert!(told().contains("openssl rand"));
        std::fs::create_dir(root.join(".rivage")).unwrap();
        std::fs::write(root.join(".rivage/postgres-password"), "a long word\n").unwrap();
        // Nobody listens at port 1.
        assert!(told().contains("does not answer at 127.0.0.1:1: `docker compose up"), "{}", told());
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let text = format!("services: {{ database: {{ ports: ['127.0.0.1:{port}:5432'] }} }}\n{SECRETS}");
        std::fs::write(root.join(FILE), text).unwrap();
        let config = config(root).unwrap();
        assert_eq!((config.port, config.password.as_deref()), (port, Some("a long word")));
    }
}
