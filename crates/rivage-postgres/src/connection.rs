//! A connection to PostgreSQL as a state machine.
//!
//! In: what to do, and bytes of the server. Out: bytes for the server, and [`Event`]s. Deliberately not here: sockets and clocks; whoever has them
//! writes [`output`](Connection::output), reads into [`receive`](Connection::receive), and gives up when it took too long.
//!
//! ```text
//!  start ──► Authenticating ──► Starting ──► Idle ──run, describe──► Busy ──Results, Described, Failed──► Idle
//!  any ──terminate──► Terminated        any ──broken protocol, fatal refusal, limit, end of input──► Broken
//! ```
//!
//! A broken or terminated connection does nothing more: its socket is to be closed.

use std::collections::VecDeque;
use std::fmt;

use bytes::{Buf, BytesMut};
use postgres_protocol::message::backend::{self, Message};
use postgres_protocol::message::frontend;

use crate::error::{Error, ServerError};
use crate::frame::{Frames, HEADER};
use crate::oid::Oid;
use crate::reply::{Outcome, Reply, parse, server_error, unexpected};
use crate::result::{Description, ResultSet};
use crate::startup::{Authentication, Method, Startup};
use crate::statement::Statement;

/// What a server may send. More breaks the connection: a server that goes mad must not take this program's memory.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bytes of one message.
    pub message: usize,
    /// Rows of all results of one [`run`](Connection::run).
    pub rows: usize,
    /// Bytes of all its rows.
    pub bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { message: 4 << 20, rows: 10_000, bytes: 8 << 20 }
    }
}

/// What a connection is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It shows who it is.
    Authenticating,
    /// The server is getting ready.
    Starting,
    /// It can be used.
    Idle,
    /// It waits for the answer to statements.
    Busy,
    /// It was ended.
    Terminated,
    /// It is of no use any more.
    Broken,
}

impl State {
    fn name(self) -> &'static str {
        match self {
            Self::Authenticating => "is authenticating",
            Self::Starting => "is starting",
            Self::Idle => "is idle",
            Self::Busy => "waits for an answer",
            Self::Terminated => "was ended",
            Self::Broken => "is broken",
        }
    }
}

/// What happened.
#[derive(Debug)]
pub enum Event {
    /// The server is convinced.
    Authenticated(Method),
    /// The connection can be used, for the first time.
    Ready,
    /// All statements are done, a result for each; their transaction is kept.
    Results(Vec<ResultSet>),
    /// The answer to [`describe`](Connection::describe).
    Described(Description),
    /// The server refused. Nothing of the statements is kept; the connection can be used on unless it is [`Broken`](State::Broken) now.
    Failed(Box<ServerError>),
}

enum Phase {
    Authenticating(Box<Authentication>),
    Starting,
    Idle,
    Busy(Box<Reply>),
    Terminated,
    Broken,
}

/// A connection.
pub struct Connection {
    phase: Phase,
    frames: Frames,
    output: BytesMut,
    scratch: BytesMut,
    events: VecDeque<Event>,
    limits: Limits,
    server_version: Option<Box<str>>,
    process_id: Option<i32>,
    in_transaction: bool,
}

impl Connection {
    /// Starts: the first message is ready to be written.
    ///
    /// # Errors
    ///
    /// A setting with a NUL in it.
    pub fn start(startup: &Startup<'_>, limits: Limits) -> Result<Self, Error> {
        let mut output = BytesMut::new();
        startup.write(&mut output)?;
        Ok(Self {
            phase: Phase::Authenticating(Box::new(Authentication::new(startup))),
            frames: Frames::default(),
            output,
            scratch: BytesMut::new(),
            events: VecDeque::new(),
            limits,
            server_version: None,
            process_id: None,
            in_transaction: false,
        })
    }

    /// Returns what it is doing.
    pub fn state(&self) -> State {
        match self.phase {
            Phase::Authenticating(_) => State::Authenticating,
            Phase::Starting => State::Starting,
            Phase::Idle => State::Idle,
            Phase::Busy(_) => State::Busy,
            Phase::Terminated => State::Terminated,
            Phase::Broken => State::Broken,
        }
    }

    /// Returns the server's version as it tells it, such as `15.18 (Debian 15.18-0+deb12u1)`.
    pub fn server_version(&self) -> Option<&str> {
        self.server_version.as_deref()
    }

    /// Returns the id of the server's process, as `pg_backend_pid()` does.
    pub fn process_id(&self) -> Option<i32> {
        self.process_id
    }

    /// Returns whether statements left a transaction open; such a connection is nothing for others.
    pub fn in_transaction(&self) -> bool {
        self.in_transaction
    }

    /// Returns whether rows of the current statements have come: nothing may be tried again after that.
    pub fn has_rows(&self) -> bool {
        matches!(&self.phase, Phase::Busy(reply) if reply.has_rows())
    }

    /// Returns the bytes that are to be written.
    pub fn output(&self) -> &[u8] {
        &self.output
    }

    /// Tells how many bytes of [`output`](Self::output) were written.
    ///
    /// # Panics
    ///
    /// More than there were.
    pub fn written(&mut self, count: usize) {
        self.output.advance(count);
    }

    /// Returns the oldest event that was not returned yet.
    pub fn event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// Runs statements, one after the other, in one transaction: all of them are kept, or none.
    ///
    /// # Errors
    ///
    /// The connection is not idle, there is no statement, or one cannot be sent; then nothing is sent.
    pub fn run(&mut self, statements: &[Statement<'_>]) -> Result<(), Error> {
        if !matches!(self.phase, Phase::Idle) {
            return Err(Error::Misuse { state: self.state().name(), wanted: "run statements" });
        }
        if statements.is_empty() {
            return Err(Error::Misuse { state: self.state().name(), wanted: "run no statement at all" });
        }
        self.send(|output| {
            for statement in statements {
                parse_message(statement.sql, statement.params.iter().map(|param| param.oid), output)?;
                bind_message(statement, output)?;
                frontend::describe(b'P', "", output).map_err(unsendable)?;
                frontend::execute("", 0, output).map_err(unsendable)?;
            }
            Ok(())
        })?;
        self.phase = Phase::Busy(Box::new(Reply::to_run(statements.len())));
        Ok(())
    }

    /// Asks for the types of a statement's parameters and columns, without running it. Types that are given are not guessed by the server.
    ///
    /// # Errors
    ///
    /// As [`run`](Self::run).
    pub fn describe(&mut self, sql: &str, types: &[Oid]) -> Result<(), Error> {
        if !matches!(self.phase, Phase::Idle) {
            return Err(Error::Misuse { state: self.state().name(), wanted: "describe a statement" });
        }
        self.send(|output| {
            parse_message(sql, types.iter().copied(), output)?;
            frontend::describe(b'S', "", output).map_err(unsendable)
        })?;
        self.phase = Phase::Busy(Box::new(Reply::to_describe()));
        Ok(())
    }

    /// Ends the connection; the server is told, when [`output`](Self::output) is written.
    pub fn terminate(&mut self) {
        // The server reads a farewell in any state, but must not find it within another message.
        if !matches!(self.phase, Phase::Terminated | Phase::Broken) {
            frontend::terminate(&mut self.output);
        }
        if !matches!(self.phase, Phase::Broken) {
            self.phase = Phase::Terminated;
        }
    }

    /// Takes bytes of the server, in chunks of any size.
    ///
    /// # Errors
    ///
    /// The server broke the protocol, a limit, or its identity: the connection is broken. Refusals are events.
    pub fn receive(&mut self, bytes: &[u8]) -> Result<(), Error> {
        if let Phase::Broken = self.phase {
            return Err(Error::Misuse { state: State::Broken.name(), wanted: "take bytes" });
        }
        let mut frames = std::mem::take(&mut self.frames);
        let taken = frames.feed(bytes, self.limits.message, |message| self.message(message));
        self.frames = frames;
        if taken.is_err() {
            self.break_off();
        }
        taken
    }

    /// Tells that the server sends nothing more, and returns what that means.
    pub fn end_of_input(&mut self) -> Error {
        let during = match self.state() {
            State::Authenticating | State::Starting => "before it was ready",
            State::Busy => "before it had answered",
            State::Idle | State::Terminated | State::Broken => "while it was not in use",
        };
        let after_rows = self.has_rows();
        match self.break_off() {
            Phase::Busy(reply) => reply.failure().map(Error::Server),
            _ => None,
        }
        .unwrap_or(Error::Closed { during, after_rows })
    }

    fn send(&mut self, write: impl FnOnce(&mut BytesMut) -> Result<(), Error>) -> Result<(), Error> {
        let start = self.output.len();
        let written = write(&mut self.output);
        if written.is_err() {
            self.output.truncate(start);
            return written;
        }
        frontend::sync(&mut self.output);
        Ok(())
    }

    fn break_off(&mut self) -> Phase {
        self.frames = Frames::default();
        self.output = BytesMut::new();
        std::mem::replace(&mut self.phase, Phase::Broken)
    }

    fn message(&mut self, message: &[u8]) -> Result<(), Error> {
        let tag = message[0];
        match tag {
            // They come at any time, and ask for nothing.
            backend::NOTICE_RESPONSE_TAG | backend::NOTIFICATION_RESPONSE_TAG => return Ok(()),
            backend::PARAMETER_STATUS_TAG => return self.parameter(&message[HEADER..]),
            _ => {}
        }
        match &mut self.phase {
            // What comes after the end concerns nobody.
            Phase::Terminated | Phase::Broken => {}
            Phase::Authenticating(authentication) => match tag {
                backend::ERROR_RESPONSE_TAG => self.refused(message)?,
                backend::AUTHENTICATION_TAG => {
                    let message = parse(message, &mut self.scratch)?;
                    if let Some(method) = authentication.message(message, &mut self.output)? {
                        self.phase = Phase::Starting;
                        self.events.push_back(Event::Authenticated(method));
                    }
                }
                _ => return Err(unexpected(tag, "before it knew who asks; is this PostgreSQL?")),
            },
            Phase::Starting => match tag {
                backend::ERROR_RESPONSE_TAG => self.refused(message)?,
                backend::BACKEND_KEY_DATA_TAG => {
                    if let Message::BackendKeyData(body) = parse(message, &mut self.scratch)? {
                        self.process_id = Some(body.process_id());
                    }
                }
                backend::READY_FOR_QUERY_TAG => {
                    self.ready(message)?;
                    self.events.push_back(Event::Ready);
                }
                _ => return Err(unexpected(tag, "before it was ready")),
            },
            // Without having been asked, the server may only tell why it closes the connection.
            Phase::Idle => match tag {
                backend::ERROR_RESPONSE_TAG => self.refused(message)?,
                _ => return Err(unexpected(tag, "that nothing asked for")),
            },
            Phase::Busy(reply) => {
                let ready = reply.message(message, &mut self.scratch, &self.limits)?;
                if !ready && !reply.is_fatal() {
                    return Ok(());
                }
                let phase = if ready {
                    self.ready(message)?
                } else {
                    // The server closes the connection after it, and is never ready again.
                    self.break_off()
                };
                if let Phase::Busy(reply) = phase {
                    self.events.push_back(match reply.outcome() {
                        Outcome::Results(results) => Event::Results(results),
                        Outcome::Described(description) => Event::Described(description),
                        Outcome::Failed(error) => Event::Failed(error),
                    });
                }
            }
        }
        Ok(())
    }

    /// Takes a refusal after which the connection is of no use.
    fn refused(&mut self, message: &[u8]) -> Result<(), Error> {
        let error = server_error(message, &mut self.scratch)?;
        self.break_off();
        self.events.push_back(Event::Failed(error));
        Ok(())
    }

    /// Takes ReadyForQuery; returns what was before.
    fn ready(&mut self, message: &[u8]) -> Result<Phase, Error> {
        self.in_transaction = match &message[HEADER..] {
            [b'I'] => false,
            [b'T' | b'E'] => true,
            _ => return Err(Error::Protocol("it is ready in an unknown way".to_owned())),
        };
        Ok(std::mem::replace(&mut self.phase, Phase::Idle))
    }

    fn parameter(&mut self, body: &[u8]) -> Result<(), Error> {
        let mut parts = body.split(|byte| *byte == 0);
        let (Some(name), Some(value), Some([]), None) = (parts.next(), parts.next(), parts.next(), parts.next()) else {
            return Err(Error::Protocol("a malformed setting".to_owned()));
        };
        if name == b"server_version" {
            self.server_version = Some(String::from_utf8_lossy(value).into());
        }
        Ok(())
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Nothing of what passes through, which may be a password.
        f.debug_struct("Connection")
            .field("state", &self.state())
            .field("server_version", &self.server_version)
            .finish_non_exhaustive()
    }
}

fn parse_message(sql: &str, types: impl IntoIterator<Item = Oid>, output: &mut BytesMut) -> Result<(), Error> {
    frontend::parse("", sql, types, output).map_err(unsendable)
}

fn bind_message(statement: &Statement<'_>, output: &mut BytesMut) -> Result<(), Error> {
    let write = |value: Option<&str>, output: &mut BytesMut| {
        let Some(text) = value else { return Ok(postgres_protocol::IsNull::Yes) };
        // The server would refuse it, too, but only after a trip.
        if memchr::memchr(0, text.as_bytes()).is_some() {
            return Err("a parameter contains a NUL character".into());
        }
        output.extend_from_slice(text.as_bytes());
        Ok(postgres_protocol::IsNull::No)
    };
    let values = statement.params.iter().map(|param| param.value);
    frontend::bind("", "", [], values, write, [], output).map_err(|error| match error {
        frontend::BindError::Conversion(error) => Error::Unsendable { what: "a statement", why: error.to_string() },
        frontend::BindError::Serialization(error) => unsendable(error),
    })
}

fn unsendable(error: std::io::Error) -> Error {
    Error::Unsendable { what: "a statement", why: error.to_string() }
}
