//! From the first byte until the server is ready: who asks for which database, and the proof of it.
//!
//! In: a [`Startup`], and the server's requests. Out: messages, and which [`Method`] it asked for. Deliberately not here: a request for TLS, which
//! comes before all this and belongs to whoever has the socket; GSSAPI, SSPI, certificates.

use std::fmt;

use bytes::BytesMut;
use fallible_iterator::FallibleIterator;
use postgres_protocol::authentication::md5_hash;
use postgres_protocol::message::backend::Message;
use postgres_protocol::message::frontend;

use crate::error::Error;
use crate::scram;

/// Who asks for which database.
#[derive(Clone, Copy)]
pub struct Startup<'a> {
    /// The role.
    pub user: &'a str,
    /// Its password, should the server ask for it.
    pub password: Option<&'a str>,
    /// The database.
    pub database: &'a str,
    /// What `pg_stat_activity` shows.
    pub application_name: &'a str,
    /// Command-line options for the server's process, such as `-c statement_timeout=5000`; poolers refuse them. Empty for none.
    pub options: &'a str,
    /// More settings, such as `("statement_timeout", "5000")`; poolers refuse most.
    pub parameters: &'a [(&'a str, &'a str)],
    /// Random bytes, never the same twice; they guard the exchange of SCRAM against being replayed.
    pub nonce: [u8; 18],
}

impl Startup<'_> {
    /// Writes the first message.
    ///
    /// [`json`](crate::json) relies on the three settings; as parameters rather than options, PgBouncer knows them and keeps them for a client.
    pub(crate) fn write(&self, output: &mut BytesMut) -> Result<(), Error> {
        let always = [
            ("user", self.user),
            ("database", self.database),
            ("application_name", self.application_name),
            ("client_encoding", "UTF8"),
            ("DateStyle", "ISO"),
            ("TimeZone", "UTC"),
        ];
        let options = (!self.options.is_empty()).then_some(("options", self.options));
        let all = always.into_iter().chain(options).chain(self.parameters.iter().copied());
        frontend::startup_message(all, output)
            .map_err(|error| Error::Unsendable { what: "a setting of the connection", why: error.to_string() })
    }
}

impl fmt::Debug for Startup<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Startup")
            .field("user", &self.user)
            .field("password", &self.password.map(|_| "…"))
            .field("database", &self.database)
            .field("application_name", &self.application_name)
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}

/// How the server wanted to be shown who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Not at all.
    Trust,
    /// The password as it is.
    Cleartext,
    /// The password hashed with MD5.
    Md5,
    /// SCRAM-SHA-256.
    Scram,
}

/// What is kept of a [`Startup`] until the server is convinced.
pub(crate) struct Authentication {
    user: String,
    password: Option<String>,
    nonce: [u8; 18],
    step: Step,
}

enum Step {
    /// Nothing was asked yet.
    Waiting,
    /// All was said: the server is to agree.
    Said(Method),
    First(scram::First),
    Last(scram::Last),
}

impl Authentication {
    pub(crate) fn new(startup: &Startup<'_>) -> Self {
        Self {
            user: startup.user.to_owned(),
            password: startup.password.map(str::to_owned),
            nonce: startup.nonce,
            step: Step::Waiting,
        }
    }

    /// Answers one of the server's requests. Returns the method when it agrees.
    pub(crate) fn message(&mut self, message: Message, output: &mut BytesMut) -> Result<Option<Method>, Error> {
        let step = std::mem::replace(&mut self.step, Step::Waiting);
        self.step = match (step, message) {
            // In the middle of SCRAM, agreement would be that of a server that need not know the password.
            (Step::Waiting, Message::AuthenticationOk) => return Ok(Some(Method::Trust)),
            (Step::Said(method), Message::AuthenticationOk) => return Ok(Some(method)),
            (Step::Waiting, Message::AuthenticationCleartextPassword) => {
                frontend::password_message(self.password()?.as_bytes(), output).map_err(unsendable)?;
                Step::Said(Method::Cleartext)
            }
            (Step::Waiting, Message::AuthenticationMd5Password(body)) => {
                let hash = md5_hash(self.user.as_bytes(), self.password()?.as_bytes(), body.salt());
                frontend::password_message(hash.as_bytes(), output).map_err(unsendable)?;
                Step::Said(Method::Md5)
            }
            (Step::Waiting, Message::AuthenticationSasl(body)) => {
                let offered: Vec<&str> = body.mechanisms().collect().map_err(malformed)?;
                if !offered.contains(&scram::MECHANISM) {
                    let offered = offered.join("`, `");
                    return Err(unknown(&format!("SASL with `{offered}`")));
                }
                let first = scram::First::new(self.password()?, &self.nonce).map_err(Error::Authentication)?;
                frontend::sasl_initial_response(scram::MECHANISM, first.message().as_bytes(), output)
                    .map_err(unsendable)?;
                Step::First(first)
            }
            (Step::First(first), Message::AuthenticationSaslContinue(body)) => {
                let (last, answer) = first.answer(body.data()).map_err(Error::Authentication)?;
                frontend::sasl_response(answer.as_bytes(), output).map_err(unsendable)?;
                Step::Last(last)
            }
            (Step::Last(last), Message::AuthenticationSaslFinal(body)) => {
                last.verify(body.data()).map_err(Error::Authentication)?;
                Step::Said(Method::Scram)
            }
            (Step::Waiting, Message::AuthenticationKerberosV5) => return Err(unknown("Kerberos")),
            (Step::Waiting, Message::AuthenticationGss) => return Err(unknown("GSSAPI")),
            (Step::Waiting, Message::AuthenticationSspi) => return Err(unknown("SSPI")),
            (Step::Waiting, Message::AuthenticationScmCredential) => return Err(unknown("SCM credentials")),
            _ => return Err(Error::Protocol("a step of authentication out of order".to_owned())),
        };
        Ok(None)
    }

    fn password(&self) -> Result<&str, Error> {
        let missing =
            || Error::Authentication(format!("the server asks for the password of `{}`, and none is set", self.user));
        self.password.as_deref().ok_or_else(missing)
    }
}

fn unknown(method: &str) -> Error {
    Error::Authentication(format!(
        "the server asks for {method}; only passwords (SCRAM-SHA-256, MD5, cleartext) are known"
    ))
}

fn unsendable(error: std::io::Error) -> Error {
    Error::Unsendable { what: "the password", why: error.to_string() }
}

pub(crate) fn malformed(error: std::io::Error) -> Error {
    Error::Protocol(format!("a malformed message ({error})"))
}
