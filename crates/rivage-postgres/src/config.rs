//! Where a database is: `postgres://user:password@host:port/database?option=value`.
//!
//! In: a URL. Out: a [`Config`], or what is wrong with the URL, without its password. Deliberately not here: environment variables, `.pgpass`, several
//! hosts, Unix sockets, TLS.

use std::fmt;
use std::time::Duration;

use percent_encoding::percent_decode_str;

/// Where a database is, and how long to wait for it.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Config {
    /// A name or an address.
    pub host: String,
    /// The port.
    pub port: u16,
    /// The role.
    pub user: String,
    /// Its password, should the server ask for it.
    pub password: Option<String>,
    /// The database.
    pub database: String,
    /// What `pg_stat_activity` shows.
    pub application_name: String,
    /// Command-line options for the server's process; poolers refuse them.
    pub options: String,
    /// How long to wait until a connection can be used.
    pub connect_timeout: Duration,
    /// How long a statement may take. The server is told, and the connection is given up a second later.
    pub statement_timeout: Duration,
    /// Whether the server is told [`statement_timeout`](Self::statement_timeout) at the start. PgBouncer refuses it, unless its settings have
    /// `ignore_startup_parameters = statement_timeout`; then the role has it: `alter role … set statement_timeout`.
    pub announce_statement_timeout: bool,
}

/// What is wrong with a URL.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the database URL {problem}; it has to look like `postgres://user:password@host:5432/database`")]
pub struct ConfigError {
    problem: String,
}

impl Config {
    /// Returns a place without a password, with the usual port and times.
    pub fn new(host: impl Into<String>, user: impl Into<String>, database: impl Into<String>) -> Self {
        Self {
            host: host.into(),
            port: 5432,
            user: user.into(),
            password: None,
            database: database.into(),
            application_name: "rivage".to_owned(),
            options: String::new(),
            connect_timeout: Duration::from_secs(2),
            statement_timeout: Duration::from_secs(10),
            announce_statement_timeout: true,
        }
    }

    /// Reads a URL.
    ///
    /// # Errors
    ///
    /// What is wrong with it; never with the password.
    pub fn parse(url: &str) -> Result<Self, ConfigError> {
        let rest = url.strip_prefix("postgres://").or(url.strip_prefix("postgresql://"));
        let rest = rest.ok_or_else(|| problem("does not start with `postgres://`"))?;
        let (rest, query) = rest.split_once('?').map_or((rest, ""), |(rest, query)| (rest, query));
        if rest.contains('#') || query.contains('#') {
            return Err(problem("has a `#`: within a password it is written `%23`"));
        }
        // Else parts of a password would be taken for an option or a database, and be shown.
        if query.contains('@') {
            return Err(problem("has an `@` after its `?`: within a password a `?` is written `%3F`"));
        }
        let (authority, database) = rest.split_once('/').unwrap_or((rest, ""));
        // A password may have been pasted with an `@` in it; the host never has one.
        let (who, place) = authority.rsplit_once('@').ok_or_else(|| problem("names no user: `user@` is missing"))?;
        let (user, password) = who.split_once(':').map_or((who, None), |(user, password)| (user, Some(password)));

        let user = decode(user, "user")?;
        if user.is_empty() {
            return Err(problem("names no user"));
        }
        let (host, port) = place_of(place)?;
        if database.contains('@') {
            return Err(problem("has an `@` after a `/`: within a password a `/` is written `%2F`"));
        }
        let database = decode(database, "database")?;
        if database.contains('/') {
            return Err(problem("has a second `/` after the host"));
        }
        // As libpq does.
        let database = if database.is_empty() { user.clone() } else { database };
        let mut config = Self::new(host, user, database);
        config.port = port;
        config.password = password.map(|password| decode(password, "password")).transpose()?;
        for option in query.split('&').filter(|option| !option.is_empty()) {
            let (name, value) = option.split_once('=').unwrap_or((option, ""));
            config.set(&decode(name, "name of an option")?, &decode(value, "value of an option")?)?;
        }
        Ok(config)
    }

    /// Returns host and port.
    pub fn address(&self) -> String {
        if self.host.contains(':') {
            format!("[{}]:{}", self.host, self.port)
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }

    fn set(&mut self, name: &str, value: &str) -> Result<(), ConfigError> {
        match name {
            "sslmode" if value == "disable" => {}
            "sslmode" => {
                return Err(problem(format!(
                    "asks for `sslmode={value}`, and TLS is not supported yet: only `sslmode=disable`, over a network that you trust"
                )));
            }
            "application_name" => value.clone_into(&mut self.application_name),
            "options" => value.clone_into(&mut self.options),
            "connect_timeout" => {
                let seconds = value.parse().ok().filter(|seconds| (1..=3600).contains(seconds));
                let wrong =
                    || problem(format!("has `connect_timeout={value}`, which is no number of seconds from 1 to 3600"));
                self.connect_timeout = Duration::from_secs(seconds.ok_or_else(wrong)?);
            }
            _ => {
                return Err(problem(format!(
                    "has the unknown option `{name}`; known are `sslmode`, `application_name`, `options`, `connect_timeout`"
                )));
            }
        }
        Ok(())
    }
}

/// `host`, `host:port`, `[::1]:port`
fn place_of(place: &str) -> Result<(String, u16), ConfigError> {
    let (host, port) = match place.strip_prefix('[') {
        Some(rest) => {
            let (host, port) = rest.split_once(']').ok_or_else(|| problem("has a `[` without `]`"))?;
            (host, port.strip_prefix(':').or(port.is_empty().then_some("")))
        }
        None if place.matches(':').count() > 1 => {
            return Err(problem("has an IPv6 address without brackets: `[::1]`"));
        }
        None => place.split_once(':').map_or((place, Some("")), |(host, port)| (host, Some(port))),
    };
    let host = decode(host, "host")?;
    if host.is_empty() {
        return Err(problem("names no host"));
    }
    if host.contains(',') {
        return Err(problem("names several hosts, and one is supported"));
    }
    if host.starts_with('/') {
        return Err(problem("names a Unix socket, and only TCP is supported"));
    }
    let port = match port {
        Some("") => Some(5432),
        port => port.and_then(|port| port.parse().ok()).filter(|port| *port != 0),
    };
    Ok((host, port.ok_or_else(|| problem("has a port that is no number from 1 to 65535"))?))
}

fn decode(text: &str, what: &str) -> Result<String, ConfigError> {
    let mut rest = text;
    while let Some((_, after)) = rest.split_once('%') {
        if !after.as_bytes().get(..2).is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit)) {
            return Err(problem(format!("has a `%` in its {what} that starts no `%XX`: it is written `%25`")));
        }
        rest = after;
    }
    let decoded = percent_decode_str(text).decode_utf8();
    let decoded = decoded.map_err(|_| problem(format!("has a {what} that is no UTF-8")))?;
    if decoded.contains('\0') {
        return Err(problem(format!("has a NUL in its {what}")));
    }
    Ok(decoded.into_owned())
}

fn problem(problem: impl Into<String>) -> ConfigError {
    ConfigError { problem: problem.into() }
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("host", &self.host)
            .field("port", &self.port)
            .field("user", &self.user)
            .field("password", &self.password.as_ref().map(|_| "…"))
            .field("database", &self.database)
            .finish_non_exhaustive()
    }
}

/// The URL without its password.
impl fmt::Display for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "postgres://{}@{}/{}", self.user, self.address(), self.database)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(url: &str, expected: &str) {
        let config = Config::parse(url).unwrap();
        let shown =
            format!("{}|{}|{:?}|{}", config.address(), config.user, config.password.as_deref(), config.database);
        assert_eq!(shown, expected, "{url}");
    }

    #[test]
    fn urls_name_a_place() {
        check("postgres://me@db.example/site", "db.example:5432|me|None|site");
        check("postgresql://me:pa%20ss%40@127.0.0.1:6543/my%2Ddb", "127.0.0.1:6543|me|Some(\"pa ss@\")|my-db");
        check("postgres://me:p@ss@[::1]:99", "[::1]:99|me|Some(\"p@ss\")|me");
        check("postgres://me:a:b@[::1]/d", "[::1]:5432|me|Some(\"a:b\")|d");
        check("postgres://me:@h/", "h:5432|me|Some(\"\")|me");
    }

    #[test]
    fn options_are_read() {
        let url = "postgres://u@h/d?sslmode=disable&application_name=a%20b&options=-c%20x%3D1&connect_timeout=7";
        let config = Config::parse(url).unwrap();
        assert_eq!((config.application_name.as_str(), config.options.as_str()), ("a b", "-c x=1"));
        assert_eq!(config.connect_timeout, Duration::from_secs(7));
    }

    #[test]
    fn mistakes_are_named() {
        let cases = [
            ("mysql://u@h/d", "does not start with `postgres://`"),
            ("", "does not start with"),
            ("postgres://h/d", "names no user"),
            ("postgres://@h/d", "names no user"),
            ("postgres://u@/d", "names no host"),
            ("postgres://u@:5432/d", "names no host"),
            ("postgres://u@h:x/d", "a port that is no number"),
            ("postgres://u@h:0/d", "a port that is no number"),
            ("postgres://u@h:70000/d", "a port that is no number"),
            ("postgres://u@[::1]5/d", "a port that is no number"),
            ("postgres://u@[::1/d", "`[` without `]`"),
            ("postgres://u@::1/d", "without brackets"),
            ("postgres://u@a,b/d", "several hosts"),
            ("postgres://u@%2Fvar%2Frun/d", "a Unix socket"),
            ("postgres://u@h/d/e", "a second `/`"),
            ("postgres://u@h/d#x", "a `#`"),
            ("postgres://u:100%@h/d", "a `%` in its password"),
            ("postgres://u:%ff@h/d", "a password that is no UTF-8"),
            ("postgres://u%00@h/d", "a NUL in its user"),
            ("postgres://u@h/d?sslmode=require", "`sslmode=require`, and TLS is not supported yet"),
            ("postgres://u@h/d?sslmode", "`sslmode=`"),
            ("postgres://u@h/d?pool=3", "the unknown option `pool`"),
            ("postgres://u@h/d?connect_timeout=soon", "`connect_timeout=soon`"),
            ("postgres://u@h/d?connect_timeout=0", "`connect_timeout=0`"),
        ];
        for (url, expected) in cases {
            let message = Config::parse(url).unwrap_err().to_string();
            assert!(message.contains(expected), "{url}: {message}");
        }
    }

    #[test]
    fn passwords_are_never_shown() {
        let config = Config::parse("postgres://me:s3cret@h/d").unwrap();
        let shown = format!("{config:?} {config:#?} {config}");
        assert!(!shown.contains("s3cret"), "{shown}");
        assert!(shown.contains("postgres://me@h:5432/d"), "{shown}");
        for url in [
            "postgres://me:s3cret%@h/d",
            "postgres://me:s3cret@h:x/d",
            "postgres://me:s3cret#@h/d",
            "me:s3cret@h/d",
            "postgres://me:s3cret@/d",
            "postgres://me:s3cret@h/d?x=y",
            "postgres://me:s3cret/with@h/d",
            "postgres://me:a@s3cret/s3cret@h/d",
            "postgres://me:a@s3cret?s3cret=1@h/d",
        ] {
            let error = Config::parse(url).unwrap_err();
            assert!(!format!("{error} {error:?}").contains("s3cret"), "{error}");
        }
    }
}
