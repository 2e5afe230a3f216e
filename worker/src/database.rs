//! The API's statements over the connections that Hyperdrive hands out.
//!
//! A connection lives as long as its request: objects of one request cannot be used by another, and Hyperdrive keeps the connections to the server.
//! Trips of one request share it.

use std::time::Duration;

use rivage_api::ports::{DatabaseError, ErrorKind, Outcome, Query};
use rivage_api::postgres;
use rivage_postgres::{Connection, Error, Event, Limits, Startup, State};
use wasm_bindgen::JsValue;
use worker_sys::Hyperdrive;

use crate::bindings;
use crate::socket::{Broken, Link};

/// Milliseconds until a connection can be used.
const CONNECT: u32 = 2_000;

/// What the log calls the server, whose address only Hyperdrive knows.
const PLACE: &str = "Hyperdrive";

/// Opens a connection.
pub(crate) async fn connect(hyperdrive: &Hyperdrive, most: usize) -> Result<Link, (DatabaseError, Option<Link>)> {
    let (user, password, database) = (hyperdrive.user(), hyperdrive.password(), hyperdrive.database());
    let startup = Startup {
        user: &user,
        password: Some(password.as_str()).filter(|password| !password.is_empty()),
        database: &database,
        application_name: "rivage",
        // Poolers refuse settings that they do not know: the time-outs of statements are those of the roles.
        options: "",
        parameters: &[],
        nonce: bindings::some_random(),
    };
    let limits = Limits { bytes: most, message: most.saturating_add(1024), ..Limits::default() };
    let connection = Connection::start(&startup, limits).map_err(|error| (postgres::failure(&error), None))?;
    let link = Link::new(hyperdrive, connection, CONNECT);
    let mut link = link.map_err(|error| (unavailable(format!("no connection: {}", text(&error))), None))?;
    loop {
        let error = match link.event().await {
            Ok(Event::Ready) => return Ok(link),
            Ok(Event::Authenticated(_)) => continue,
            Ok(Event::Failed(error)) => postgres::failure(&Error::Server(error)),
            Ok(_) => protocol("an answer to no question"),
            Err(Broken::Protocol(error)) => postgres::failure(&error),
            Err(Broken::Timeout) => {
                let limit = Duration::from_millis(CONNECT.into());
                postgres::failure(&Error::Unreachable { address: PLACE.to_owned(), limit })
            }
        };
        return Err((error, Some(link)));
    }
}

/// Runs statements in one trip.
pub(crate) async fn run(
    link: &mut Link,
    queries: &[Query<'_>],
    limit: u32,
    most: usize,
) -> Result<Vec<Outcome>, DatabaseError> {
    let params = postgres::params(queries);
    let statements = postgres::statements(queries, &params);
    link.connection.run(&statements).map_err(|error| postgres::failure(&error))?;
    link.wait(limit);
    match link.event().await {
        Ok(Event::Results(results)) => postgres::outcomes(queries, &results, most),
        Ok(Event::Failed(error)) => Err(postgres::failure(&Error::Server(error))),
        Ok(_) => Err(protocol("an answer to another question")),
        Err(Broken::Protocol(error)) => Err(postgres::failure(&error)),
        Err(Broken::Timeout) => Err(postgres::failure(&Error::Timeout {
            address: PLACE.to_owned(),
            limit: Duration::from_millis(limit.into()),
            after_rows: link.connection.has_rows(),
        })),
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

fn protocol(message: &str) -> DatabaseError {
    postgres::failure(&Error::Protocol(message.to_owned()))
}

fn text(error: &JsValue) -> String {
    format!("{error:?}")
}
