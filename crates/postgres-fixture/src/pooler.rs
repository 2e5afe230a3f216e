//! PgBouncer in transaction mode: connections of the server change hands after each transaction, as behind Hyperdrive.

use std::ffi::OsStr;
use std::fs;
use std::net::{Ipv4Addr, TcpStream};
use std::path::{Path, PathBuf};

use crate::keeper::{Keeper, failed, folder};
use crate::server::with_free_port;
use crate::{Error, Postgres};

/// Roles that may come through it: the superuser of tests, and the two of a site.
const USERS: &str = "\"postgres\" \"\"\n\"rivage_ro\" \"\"\n\"rivage_rw\" \"\"\n";

/// A running pooler. Dropped, it stops.
#[derive(Debug)]
pub struct PgBouncer {
    _keeper: Keeper,
    port: u16,
}

impl PgBouncer {
    /// Starts a pooler before a server, with two connections for each role and database.
    ///
    /// # Errors
    ///
    /// PgBouncer is not installed, or does not start.
    pub fn start(server: &Postgres) -> Result<Self, Error> {
        let program = program().ok_or(Error::PoolerMissing)?;
        with_free_port(|port| {
            let folder = folder()?;
            let settings = folder.path().join("pgbouncer.ini");
            let users = folder.path().join("users.txt");
            fs::write(&settings, written(server.port(), port, &users)).map_err(failed("write pgbouncer.ini"))?;
            fs::write(&users, USERS).map_err(failed("write users.txt"))?;
            let command: [&OsStr; 2] = [program.as_ref(), settings.as_ref()];
            let is_ready = |_: &Path| TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok();
            // SIGTERM ends it without waiting for its clients.
            let keeper = Keeper::start(folder.keep(), "TERM", &command, is_ready)?;
            Ok(Self { _keeper: keeper, port })
        })
    }

    /// Returns its port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Returns the URL of a database, for the only role that it knows.
    pub fn url(&self, database: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{database}", self.port)
    }
}

fn written(server: u16, port: u16, users: &Path) -> String {
    let users = users.display();
    format!(
        "[databases]
* = host=127.0.0.1 port={server}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = trust
auth_file = {users}
pool_mode = transaction
default_pool_size = 2
ignore_startup_parameters = statement_timeout
server_login_retry = 1
"
    )
}

fn program() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    // Where Debian has it, which is in the PATH of root only.
    let folders = std::env::split_paths(&path).chain([PathBuf::from("/usr/sbin")]);
    folders.map(|folder| folder.join("pgbouncer")).find(|file| file.is_file())
}
