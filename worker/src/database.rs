//! The API's statements over the connections that Hyperdrive hands out.
//!
//! A connection lives as long as its request: objects of one request cannot be used by another, and Hyperdrive keeps the connections to the server.
//! Trips of one request share it.

use rivage_api::ports::{DatabaseError, ErrorKind, Outcome, Query, Shape};
use rivage_postgres::{
    Connection, Error, Event, Limits, Param, ResultSet, ServerError, Startup, State, Statement, json,
};
use wasm_bindgen::JsValue;
use worker_sys::Hyperdrive;

use crate::bindings;
use crate::socket::{Broken, Link};
use crate::timer::Timer;

/// Milliseconds until a connection can be used.
const CONNECT: u32 = 2_000;

/// Opens a connection.
pub(crate) async fn connect(hyperdrive: &Hyperdrive, most: usize) -> Result<Link, (DatabaseError, Option<Link>)> {
    let mut nonce = [0; 18];
    bindings::random(&mut nonce);
    let (user, password, database) = (hyperdrive.user(), hyperdrive.password(), hyperdrive.database());
    let startup = Startup {
        user: &user,
        password: Some(password.as_str()).filter(|password| !password.is_empty()),
        database: &database,
        application_name: "rivage",
        // Poolers refuse settings that they do not know: the time-outs of statements are those of the roles.
        options: "",
        parameters: &[],
        nonce,
    };
    let limits = Limits { bytes: most, message: most.saturating_add(1024), ..Limits::default() };
    let connection = Connection::start(&startup, limits).map_err(|error| (failure(&error), None))?;
    let socket = hyperdrive.connect().and_then(|socket| Link::new(socket, connection));
    let mut link = socket.map_err(|error| (unavailable(format!("no connection: {}", text(&error))), None))?;
    let mut timer = Timer::new(CONNECT);
    loop {
        let error = match link.event(&mut timer).await {
            Ok(Event::Ready) => return Ok(link),
            Ok(Event::Authenticated(_)) => continue,
            Ok(Event::Failed(error)) => refused(&error),
            Ok(_) => protocol("an answer to no question"),
            Err(Broken::Protocol(error)) => failure(&error),
            // Not `Timeout`, which says that a statement takes too long: another connection may be had at once.
            Err(Broken::Timeout) => unavailable(format!("no connection within {CONNECT} ms")),
        };
        return Err((error, Some(link)));
    }
}

/// Runs statements in one trip.
pub(crate) async fn run(link: &mut Link, queries: &[Query<'_>], limit: u32) -> Result<Vec<Outcome>, DatabaseError> {
    let params: Vec<Vec<Param<'_>>> = queries.iter().map(params).collect();
    let statements: Vec<Statement<'_>> =
        queries.iter().zip(&params).map(|(query, params)| Statement::new(query.sql, params)).collect();
    link.connection.run(&statements).map_err(|error| failure(&error))?;
    let mut timer = Timer::new(limit);
    match link.event(&mut timer).await {
        Ok(Event::Results(results)) => Ok(queries.iter().zip(&results).map(outcome).collect()),
        Ok(Event::Failed(error)) => Err(refused(&error)),
        Ok(_) => Err(protocol("an answer to another question")),
        Err(Broken::Protocol(error)) => Err(failure(&error)),
        Err(Broken::Timeout) => Err(DatabaseError {
            kind: ErrorKind::Timeout,
            message: format!("no answer within {limit} ms"),
            after_first_row: link.connection.has_rows(),
        }),
    }
}

/// Reports whether another trip may use a connection.
pub(crate) fn is_usable(link: &Link) -> bool {
    link.connection.state() == State::Idle && !link.connection.in_transaction()
}

/// Makes the failure of a server that cannot be reached.
pub(crate) fn unavailable(message: String) -> DatabaseError {
    DatabaseError { kind: ErrorKind::Unavailable, message, after_first_row: false }
}

fn params<'q>(query: &'q Query<'_>) -> Vec<Param<'q>> {
    query.types.iter().zip(&query.values).map(|(oid, value)| Param::new(*oid, value.as_deref())).collect()
}

fn outcome((query, result): (&Query<'_>, &ResultSet)) -> Outcome {
    let mut outcome = Outcome { rows: result.len() as u64, ..Outcome::default() };
    match query.shape {
        Shape::Array => json::write_many(result, &mut outcome.json),
        Shape::Object => {
            json::write_one(result, &mut outcome.json);
        }
        Shape::Rows => {
            let owned = |cell: Option<&[u8]>| cell.map(|text| String::from_utf8_lossy(text).into_owned());
            outcome.texts = result.rows().map(|row| row.map(owned).collect()).collect();
        }
        Shape::None if result.columns().is_empty() => outcome.rows = result.affected(),
        Shape::None => {}
    }
    outcome
}

fn failure(error: &Error) -> DatabaseError {
    let (kind, after_first_row) = match error {
        Error::Server(error) => return refused(error),
        Error::Limit { .. } => (ErrorKind::TooLarge, true),
        Error::Closed { after_rows, .. } => (ErrorKind::Unavailable, *after_rows),
        Error::Authentication(_) => (ErrorKind::Unavailable, false),
        // As the server refuses what cannot be sent: a NUL in a text.
        Error::Unsendable { .. } => (ErrorKind::Refused(*b"22021"), false),
        _ => (ErrorKind::Protocol, false),
    };
    DatabaseError { kind, message: error.to_string(), after_first_row }
}

fn refused(error: &ServerError) -> DatabaseError {
    let kind = match error.code.as_bytes().try_into() {
        Ok(code) => ErrorKind::Refused(code),
        Err(_) => ErrorKind::Protocol,
    };
    DatabaseError { kind, message: error.to_string(), after_first_row: error.after_rows }
}

fn protocol(message: &str) -> DatabaseError {
    DatabaseError { kind: ErrorKind::Protocol, message: message.to_owned(), after_first_row: false }
}

fn text(error: &JsValue) -> String {
    format!("{error:?}")
}
