//! A connection of a visitor: one request after the other, in HTTP/1.1.
//!
//! In: requests. Out: what of their answers is looked at. Deliberately not here: TLS, redirects, compressed bodies being unpacked.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use anyhow::{Context, bail};

/// How long is waited for an answer: longer than any may take, so that one that does is seen.
const PATIENCE: Duration = Duration::from_secs(40);

/// What is asked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Request<'r> {
    pub(super) method: &'r str,
    pub(super) path: &'r str,
    /// Lines, each with its end.
    pub(super) headers: &'r str,
    pub(super) body: &'r str,
}

/// What was answered.
#[derive(Debug, Default)]
pub(super) struct Answer {
    pub(super) status: u16,
    /// What was waited for the database, in milliseconds, where the answer tells it.
    pub(super) database: Option<u32>,
    pub(super) etag: Option<String>,
    pub(super) cookie: Option<String>,
    pub(super) body: Vec<u8>,
}

/// A connection; opened when there is something to ask, and again after an error.
#[derive(Debug)]
pub(super) struct Connection {
    /// `127.0.0.1:PORT`
    host: String,
    stream: Option<BufReader<TcpStream>>,
}

impl Connection {
    pub(super) fn new(host: &str) -> Self {
        Self { host: host.to_owned(), stream: None }
    }

    /// Sends a request and reads the answer to its end.
    pub(super) fn ask(&mut self, request: Request<'_>) -> anyhow::Result<Answer> {
        let mut stream = match self.stream.take() {
            Some(stream) => stream,
            None => {
                let stream = TcpStream::connect(&self.host).context("could not connect")?;
                stream.set_read_timeout(Some(PATIENCE))?;
                stream.set_nodelay(true)?;
                BufReader::new(stream)
            }
        };
        let Request { method, path, headers, body } = request;
        let head = format!(
            "{method} {path} HTTP/1.1\r\nhost: {}\r\nuser-agent: Mozilla/5.0 (load)\r\ncontent-length: {}\r\n{headers}\r\n{body}",
            self.host,
            body.len()
        );
        stream.get_mut().write_all(head.as_bytes())?;
        let answer = read(&mut stream)?;
        self.stream = Some(stream);
        Ok(answer)
    }
}

fn read(stream: &mut impl BufRead) -> anyhow::Result<Answer> {
    let mut answer = Answer { status: status(&line(stream)?)?, ..Answer::default() };
    let (mut length, mut is_chunked) = (0, false);
    loop {
        let line = line(stream)?;
        if line.is_empty() {
            break;
        }
        let (name, value) = line.split_once(':').with_context(|| format!("`{line}` is no header"))?;
        let value = value.trim();
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.parse().with_context(|| format!("`{line}` tells no length"))?,
            "transfer-encoding" => is_chunked = value.eq_ignore_ascii_case("chunked"),
            "etag" => answer.etag = Some(value.to_owned()),
            "set-cookie" => answer.cookie = value.split(';').next().map(str::to_owned),
            "server-timing" => {
                let time = value.strip_prefix("db;dur=").and_then(|rest| rest.split([',', ';']).next());
                answer.database = time.and_then(|time| time.parse().ok());
            }
            _ => {}
        }
    }
    if matches!(answer.status, 204 | 304) {
        return Ok(answer);
    }
    if !is_chunked {
        take(stream, length, &mut answer.body)?;
        return Ok(answer);
    }
    loop {
        let size = line(stream)?;
        let size = u64::from_str_radix(&size, 16).with_context(|| format!("`{size}` is no size of a chunk"))?;
        take(stream, size, &mut answer.body)?;
        if !line(stream)?.is_empty() {
            bail!("a chunk has no end");
        }
        if size == 0 {
            return Ok(answer);
        }
    }
}

/// `HTTP/1.1 200 OK`
fn status(line: &str) -> anyhow::Result<u16> {
    let status = line.strip_prefix("HTTP/1.1 ").and_then(|rest| rest.get(..3)?.parse().ok());
    status.with_context(|| format!("`{line}` is no answer"))
}

fn line(stream: &mut impl BufRead) -> anyhow::Result<String> {
    let mut line = String::new();
    if stream.read_line(&mut line)? == 0 {
        bail!("the connection was closed");
    }
    line.truncate(line.trim_end().len());
    Ok(line)
}

fn take(stream: &mut impl BufRead, length: u64, body: &mut Vec<u8>) -> anyhow::Result<()> {
    if stream.take(length).read_to_end(body)? as u64 != length {
        bail!("the answer was cut off");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(answer: &str) -> Result<Answer, String> {
        read(&mut answer.as_bytes()).map_err(|error| format!("{error:#}"))
    }

    #[test]
    fn answers_are_read_to_their_end() {
        let answer = check(
            "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nserver-timing: db;dur=12, total;dur=13\r\nETag: \"a\"\r\nset-cookie: s=1; Path=/\r\n\r\nhello",
        );
        let answer = answer.unwrap();
        assert_eq!((answer.status, answer.database, answer.body.as_slice()), (200, Some(12), b"hello".as_slice()));
        assert_eq!((answer.etag.as_deref(), answer.cookie.as_deref()), (Some("\"a\""), Some("s=1")));
        let answer =
            check("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nA\r\n0123456789\r\n0\r\n\r\n");
        assert_eq!(answer.unwrap().body, b"abc0123456789");
        // What it would have been long has no body.
        assert_eq!(check("HTTP/1.1 304 Not Modified\r\ncontent-length: 5\r\n\r\n").unwrap().status, 304);
    }

    #[test]
    fn half_an_answer_is_none() {
        for (answer, error) in [
            ("", "the connection was closed"),
            ("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n", "the connection was closed"),
            ("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhell", "the answer was cut off"),
            ("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n", "the connection was closed"),
            ("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabcd\r\n0\r\n\r\n", "a chunk has no end"),
            ("SSH-2.0\r\n\r\n", "`SSH-2.0` is no answer"),
        ] {
            assert_eq!(check(answer).unwrap_err(), error, "{answer:?}");
        }
    }
}
