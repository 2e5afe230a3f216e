//! A connection over TCP, for native programs.
//!
//! In: a [`Config`], statements. Out: results, or an [`Error`] in bounded time. Deliberately not here: TLS; trying again, which the caller alone can
//! decide; see [`Error::is_retryable`].

use std::fmt;
use std::io;
use std::time::Duration;

use tokio::io::Interest;
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::config::Config;
use crate::connection::{Connection, Event, Limits, State};
use crate::error::Error;
use crate::oid::Oid;
use crate::result::{Description, ResultSet};
use crate::startup::{Method, Startup};
use crate::statement::Statement;

/// How much longer than the server's own time-out is waited for its answer: it tells more than ours.
const GRACE: Duration = Duration::from_secs(1);

/// Bytes that are read at once.
const CHUNK: usize = 16 << 10;

/// A connection. Dropped, it takes leave of the server.
///
/// A future of it that is dropped before its end leaves it [unusable](Self::is_usable), as an error of the network and a time-out do.
pub struct Client {
    stream: TcpStream,
    connection: Connection,
    buffer: Box<[u8]>,
    address: String,
    method: Method,
    statement_timeout: Duration,
}

impl Client {
    /// Connects, with the usual [`Limits`].
    ///
    /// # Errors
    ///
    /// The server cannot be reached, refuses, or takes longer than [`Config::connect_timeout`].
    pub async fn connect(config: &Config) -> Result<Self, Error> {
        Self::connect_with(config, Limits::default()).await
    }

    /// Connects.
    ///
    /// # Errors
    ///
    /// As [`connect`](Self::connect).
    pub async fn connect_with(config: &Config, limits: Limits) -> Result<Self, Error> {
        let limit = config.connect_timeout;
        match timeout(limit, Self::start(config, limits)).await {
            Ok(client) => client,
            Err(_) => Err(Error::Unreachable { address: config.address(), limit }),
        }
    }

    /// Runs statements in one transaction and one trip; returns a result for each.
    ///
    /// # Errors
    ///
    /// As [`Connection::run`] and [`Connection::receive`], and when the answer takes longer than a second more than [`Config::statement_timeout`].
    pub async fn query(&mut self, statements: &[Statement<'_>]) -> Result<Vec<ResultSet>, Error> {
        self.connection.run(statements)?;
        match self.answer().await? {
            Event::Results(results) => Ok(results),
            Event::Failed(error) => Err(Error::Server(error)),
            _ => Err(Error::Protocol("an answer to another question".to_owned())),
        }
    }

    /// Asks for the types of a statement's parameters and columns.
    ///
    /// # Errors
    ///
    /// As [`query`](Self::query).
    pub async fn describe(&mut self, sql: &str, types: &[Oid]) -> Result<Description, Error> {
        self.connection.describe(sql, types)?;
        match self.answer().await? {
            Event::Described(description) => Ok(description),
            Event::Failed(error) => Err(Error::Server(error)),
            _ => Err(Error::Protocol("an answer to another question".to_owned())),
        }
    }

    /// Takes leave of the server, and waits until it knows.
    pub async fn close(mut self) {
        self.connection.terminate();
        // Whether it arrives makes no difference any more.
        let _ = timeout(GRACE, async {
            while !self.connection.output().is_empty() {
                self.stream.writable().await?;
                self.write()?;
            }
            io::Result::Ok(())
        })
        .await;
    }

    /// Returns whether it can be used by somebody else: nothing is unanswered, and no transaction is open.
    pub fn is_usable(&self) -> bool {
        self.connection.state() == State::Idle && !self.connection.in_transaction()
    }

    /// Returns whether the server has not closed it while it was idle, as far as the runtime has heard; nothing is sent. What it has not
    /// heard yet, the next query will tell, in an error that is [retryable](Error::is_retryable).
    pub fn is_alive(&mut self) -> bool {
        while self.is_usable() {
            match self.stream.try_read(&mut self.buffer) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return true,
                // A notice, or the reason of the end.
                Ok(count) if count > 0 && self.connection.receive(&self.buffer[..count]).is_ok() => {}
                _ => {
                    self.connection.end_of_input();
                }
            }
        }
        false
    }

    /// Returns how the server wanted to be shown who asks.
    pub fn method(&self) -> Method {
        self.method
    }

    /// Returns the state of the protocol.
    pub fn connection(&self) -> &Connection {
        &self.connection
    }

    async fn start(config: &Config, limits: Limits) -> Result<Self, Error> {
        let address = config.address();
        let failed =
            |source| Error::Io { operation: "connect to", address: address.clone(), after_rows: false, source };
        let stream = TcpStream::connect((config.host.as_str(), config.port)).await.map_err(failed)?;
        // A statement is one write, and waits for no other.
        stream.set_nodelay(true).map_err(failed)?;

        let mut nonce = [0; 18];
        getrandom::fill(&mut nonce).map_err(|error| failed(io::Error::other(error)))?;
        let milliseconds = config.statement_timeout.as_millis().to_string();
        let announced = [("statement_timeout", milliseconds.as_str())];
        let startup = Startup {
            user: &config.user,
            password: config.password.as_deref(),
            database: &config.database,
            application_name: &config.application_name,
            options: &config.options,
            parameters: if config.announce_statement_timeout { &announced } else { &[] },
            nonce,
        };
        let mut client = Self {
            stream,
            connection: Connection::start(&startup, limits)?,
            buffer: vec![0; CHUNK].into(),
            address,
            method: Method::Trust,
            statement_timeout: config.statement_timeout,
        };
        loop {
            match client.next_event().await? {
                Event::Authenticated(method) => client.method = method,
                Event::Ready => return Ok(client),
                Event::Failed(error) => return Err(Error::Server(error)),
                Event::Results(_) | Event::Described(_) => {
                    return Err(Error::Protocol("an answer to no question".to_owned()));
                }
            }
        }
    }

    async fn answer(&mut self) -> Result<Event, Error> {
        let limit = self.statement_timeout + GRACE;
        match timeout(limit, self.next_event()).await {
            Ok(event) => event,
            Err(_) => {
                let after_rows = self.connection.has_rows();
                self.connection.end_of_input();
                Err(Error::Timeout { address: self.address.clone(), limit, after_rows })
            }
        }
    }

    /// Reads while it writes: a server that cannot get rid of its answers takes no more statements.
    async fn next_event(&mut self) -> Result<Event, Error> {
        loop {
            if let Some(event) = self.connection.event() {
                return Ok(event);
            }
            let writes = !self.connection.output().is_empty();
            let interest = if writes { Interest::READABLE | Interest::WRITABLE } else { Interest::READABLE };
            let ready = self.stream.ready(interest).await.map_err(|source| self.failed("reach", source))?;
            // Read first: what the server said before it closed the connection is a better reason than that it did.
            if ready.is_readable() || ready.is_read_closed() {
                match self.stream.try_read(&mut self.buffer) {
                    Ok(0) => return Err(self.connection.end_of_input()),
                    Ok(count) => {
                        self.connection.receive(&self.buffer[..count])?;
                        continue;
                    }
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                    Err(source) => return Err(self.failed("read from", source)),
                }
            }
            if ready.is_writable() {
                self.write().map_err(|source| self.failed("write to", source))?;
            }
        }
    }

    fn write(&mut self) -> io::Result<()> {
        match self.stream.try_write(self.connection.output()) {
            Ok(count) => {
                self.connection.written(count);
                Ok(())
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// The network failed: the connection is of no use any more.
    fn failed(&mut self, operation: &'static str, source: io::Error) -> Error {
        let after_rows = self.connection.has_rows();
        match self.connection.end_of_input() {
            // The server had said more before.
            error @ Error::Server(_) => error,
            _ => Error::Io { operation, address: self.address.clone(), after_rows, source },
        }
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        // What was not written is not to be done any more.
        if self.connection.output().is_empty() {
            self.connection.terminate();
            // There is no waiting here. Without a farewell the server finds the connection closed, which is as good but for a line in its log.
            let _ = self.stream.try_write(self.connection.output());
        }
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("address", &self.address)
            .field("connection", &self.connection)
            .finish_non_exhaustive()
    }
}
