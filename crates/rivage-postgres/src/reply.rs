//! What the server says to statements, in the only order it may.
//!
//! In: messages. Out: results when the server is ready again, or its refusal. Deliberately not here: what is sent.
//!
//! ```text
//!  run       1 2 (T D*│n) (C│I)  for each statement, then Z
//!  describe  1 t (T│n) Z
//!  E         anywhere: the server skips to Z
//! ```

use bytes::BytesMut;
use fallible_iterator::FallibleIterator;
use postgres_protocol::message::backend::{self, Message, RowDescriptionBody};

use crate::connection::Limits;
use crate::error::{Error, ServerError};
use crate::frame::HEADER;
use crate::result::{Column, Description, ResultSet};
use crate::startup::malformed;

/// What a row costs beyond its cells.
const ROW: usize = size_of::<u32>();

/// Which message has to come next.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Next {
    Parsed,
    Bound,
    Params,
    Columns,
    Rows,
    Done,
    Ready,
}

/// The reply to one Sync.
pub(crate) struct Reply {
    next: Next,
    describes: bool,
    /// Statements that are still to be answered, with the current one.
    left: usize,
    results: Vec<ResultSet>,
    current: ResultSet,
    params: Vec<u32>,
    rows: usize,
    bytes: usize,
    failed: Option<Box<ServerError>>,
}

/// How a reply ended.
pub(crate) enum Outcome {
    Results(Vec<ResultSet>),
    Described(Description),
    Failed(Box<ServerError>),
}

impl Reply {
    pub(crate) fn to_run(statements: usize) -> Self {
        Self::new(statements, false)
    }

    pub(crate) fn to_describe() -> Self {
        Self::new(1, true)
    }

    fn new(left: usize, describes: bool) -> Self {
        Self {
            next: Next::Parsed,
            describes,
            left,
            results: Vec::with_capacity(if describes { 0 } else { left }),
            current: ResultSet::default(),
            params: Vec::new(),
            rows: 0,
            bytes: 0,
            failed: None,
        }
    }

    /// Returns whether a row has come.
    pub(crate) fn has_rows(&self) -> bool {
        self.rows > 0
    }

    /// Returns whether a refusal came that the server closes the connection after.
    pub(crate) fn is_fatal(&self) -> bool {
        self.failed.as_ref().is_some_and(|error| error.is_fatal())
    }

    /// Returns the refusal that came, if the end did not follow.
    pub(crate) fn failure(self) -> Option<Box<ServerError>> {
        self.failed
    }

    /// Takes a message; returns whether the server is ready again.
    pub(crate) fn message(&mut self, message: &[u8], scratch: &mut BytesMut, limits: &Limits) -> Result<bool, Error> {
        let (tag, body) = (message[0], &message[HEADER..]);
        if self.failed.is_some() && tag != backend::READY_FOR_QUERY_TAG {
            return Err(unexpected(tag, "after a refusal"));
        }
        match (tag, self.next) {
            (backend::DATA_ROW_TAG, Next::Rows) => self.row(body, limits)?,
            (backend::PARSE_COMPLETE_TAG, Next::Parsed) => {
                self.next = if self.describes { Next::Params } else { Next::Bound };
            }
            (backend::BIND_COMPLETE_TAG, Next::Bound) => self.next = Next::Columns,
            (backend::PARAMETER_DESCRIPTION_TAG, Next::Params) => {
                if let Message::ParameterDescription(body) = parse(message, scratch)? {
                    self.params = body.parameters().collect().map_err(malformed)?;
                }
                self.next = Next::Columns;
            }
            (backend::NO_DATA_TAG, Next::Columns) => self.described(Next::Done),
            (backend::ROW_DESCRIPTION_TAG, Next::Columns) => {
                if let Message::RowDescription(body) = parse(message, scratch)? {
                    self.current.columns = columns(&body)?.into();
                }
                self.described(Next::Rows);
            }
            (backend::COMMAND_COMPLETE_TAG, Next::Rows | Next::Done) => {
                if let Message::CommandComplete(body) = parse(message, scratch)? {
                    self.current.tag = body.tag().map_err(malformed)?.into();
                }
                self.finish();
            }
            (backend::EMPTY_QUERY_RESPONSE_TAG, Next::Done) => self.finish(),
            (backend::READY_FOR_QUERY_TAG, Next::Ready) => return Ok(true),
            (backend::READY_FOR_QUERY_TAG, _) if self.failed.is_some() => return Ok(true),
            (backend::ERROR_RESPONSE_TAG, _) => {
                let mut error = server_error(message, scratch)?;
                // When the last statement is done, it is the transaction's end that fails.
                let at = self.results.len();
                error.statement = (self.left > 0).then_some(at);
                error.after_rows = self.has_rows();
                self.failed = Some(error);
            }
            (backend::COPY_IN_RESPONSE_TAG | backend::COPY_OUT_RESPONSE_TAG, _) => {
                return Err(Error::Protocol("it starts a COPY, which this connection cannot do".to_owned()));
            }
            _ => return Err(unexpected(tag, "in answer to a statement")),
        }
        Ok(false)
    }

    /// Ends the reply.
    pub(crate) fn outcome(self) -> Outcome {
        match self.failed {
            Some(error) => Outcome::Failed(error),
            None if self.describes => {
                let columns = self.current.columns.to_vec();
                Outcome::Described(Description { params: self.params, columns })
            }
            None => Outcome::Results(self.results),
        }
    }

    fn row(&mut self, body: &[u8], limits: &Limits) -> Result<(), Error> {
        self.rows += 1;
        if self.rows > limits.rows {
            return Err(Error::Limit { what: "rows", limit: limits.rows });
        }
        self.bytes += body.len() + ROW;
        if self.bytes > limits.bytes {
            return Err(Error::Limit { what: "bytes of rows", limit: limits.bytes });
        }
        self.current.push(body).ok_or_else(|| Error::Protocol("a row does not fit its columns".to_owned()))
    }

    fn described(&mut self, next: Next) {
        self.next = if self.describes { Next::Ready } else { next };
    }

    fn finish(&mut self) {
        self.results.push(std::mem::take(&mut self.current));
        self.left -= 1;
        self.next = if self.left == 0 { Next::Ready } else { Next::Parsed };
    }
}

/// Reads a message with postgres-protocol; `scratch` is a buffer that is used again.
pub(crate) fn parse(message: &[u8], scratch: &mut BytesMut) -> Result<Message, Error> {
    scratch.clear();
    scratch.extend_from_slice(message);
    let parsed = Message::parse(scratch).map_err(malformed)?;
    parsed.ok_or_else(|| Error::Protocol("a message is shorter than it says".to_owned()))
}

/// Reads an ErrorResponse. Text that is no UTF-8, from a server before its encoding is settled, loses the characters that are none.
pub(crate) fn server_error(message: &[u8], scratch: &mut BytesMut) -> Result<Box<ServerError>, Error> {
    let mut error = Box::<ServerError>::default();
    let Message::ErrorResponse(body) = parse(message, scratch)? else { return Ok(error) };
    let mut fields = body.fields();
    while let Some(field) = fields.next().map_err(malformed)? {
        let text = || String::from_utf8_lossy(field.value_bytes()).into_owned();
        match field.type_() {
            // The severity again, but never translated; poolers do not send it.
            b'V' => error.severity = text(),
            b'S' if error.severity.is_empty() => error.severity = text(),
            b'C' => error.code = text(),
            b'M' => error.message = text(),
            b'D' => error.detail = Some(text()),
            b'H' => error.hint = Some(text()),
            b'P' => error.position = text().parse().ok(),
            b'W' => error.context = Some(text()),
            b's' => error.schema = Some(text()),
            b't' => error.table = Some(text()),
            b'c' => error.column = Some(text()),
            b'd' => error.data_type = Some(text()),
            b'n' => error.constraint = Some(text()),
            _ => {}
        }
    }
    Ok(error)
}

pub(crate) fn unexpected(tag: u8, place: &str) -> Error {
    Error::Protocol(format!("a message `{}` {place}", tag.escape_ascii()))
}

fn columns(body: &RowDescriptionBody) -> Result<Vec<Column>, Error> {
    let mut fields = body.fields();
    let mut columns = Vec::new();
    while let Some(field) = fields.next().map_err(malformed)? {
        if field.format() != 0 {
            return Err(Error::Protocol(format!("column `{}` is not sent as text", field.name())));
        }
        columns.push(Column { name: field.name().into(), oid: field.type_oid() });
    }
    Ok(columns)
}
