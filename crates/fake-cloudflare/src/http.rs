//! As much of HTTP/1.1 as the clients under test speak: keep-alive, lengths, chunks.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpStream};

/// A request; its body is read when it is wanted.
pub(crate) struct Request<'c> {
    pub(crate) method: String,
    /// Path and query as sent.
    pub(crate) target: String,
    /// The path alone.
    pub(crate) path: String,
    pub(crate) query: String,
    headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    reader: &'c mut BufReader<TcpStream>,
    is_read: bool,
}

/// What is sent back.
pub(crate) enum Answer {
    Full {
        status: u16,
        headers: Vec<(String, String)>,
        bytes: Vec<u8>,
    },
    /// The length is told and half of it is sent.
    Cut {
        status: u16,
        headers: Vec<(String, String)>,
        bytes: Vec<u8>,
    },
    Reset,
}

impl Request<'_> {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    pub(crate) fn bearer(&self) -> Option<&str> {
        self.header("authorization")?.strip_prefix("Bearer ")
    }

    pub(crate) fn query(&self, name: &str) -> Option<String> {
        self.query
            .split('&')
            .find_map(|pair| pair.split_once('=').filter(|(key, _)| *key == name))
            .map(|(_, value)| decode(value))
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    pub(crate) fn read_body(&mut self) -> io::Result<()> {
        if self.is_read {
            return Ok(());
        }
        self.is_read = true;
        if self.header("expect").is_some_and(|expect| expect.eq_ignore_ascii_case("100-continue")) {
            self.reader.get_mut().write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
        }
        let is_chunked = self.header("transfer-encoding").is_some_and(|coding| coding.eq_ignore_ascii_case("chunked"));
        if is_chunked {
            loop {
                let mut line = String::new();
                self.reader.read_line(&mut line)?;
                let size = usize::from_str_radix(line.trim().split(';').next().unwrap_or_default(), 16);
                let size = size.map_err(|_| io::ErrorKind::InvalidData)?;
                let start = self.body.len();
                self.body.resize(start + size, 0);
                self.reader.read_exact(&mut self.body[start..])?;
                let mut end = String::new();
                self.reader.read_line(&mut end)?;
                if size == 0 {
                    return Ok(());
                }
            }
        }
        let length = self.header("content-length").and_then(|length| length.parse::<usize>().ok()).unwrap_or(0);
        self.body = vec![0; length];
        self.reader.read_exact(&mut self.body)
    }
}

/// Answers the requests of one connection.
pub(crate) fn serve(stream: TcpStream, answer: impl Fn(Request<'_>) -> Answer) {
    let _ = stream.set_nodelay(true);
    let Ok(mut writer) = stream.try_clone() else { return };
    let mut reader = BufReader::with_capacity(1 << 16, stream);
    while let Ok(Some(request)) = read_head(&mut reader) {
        let is_head = request.method == "HEAD";
        let sent = match answer(request) {
            Answer::Full { status, headers, bytes } => {
                write(&mut writer, status, &headers, &bytes, bytes.len(), is_head)
            }
            Answer::Cut { status, headers, bytes } => {
                let half = &bytes[..bytes.len() / 2];
                let _ = write(&mut writer, status, &headers, half, bytes.len(), is_head);
                Err(io::ErrorKind::ConnectionReset.into())
            }
            Answer::Reset => Err(io::ErrorKind::ConnectionReset.into()),
        };
        if sent.is_err() {
            let _ = writer.shutdown(Shutdown::Both);
            return;
        }
    }
}

fn read_head(reader: &mut BufReader<TcpStream>) -> io::Result<Option<Request<'_>>> {
    let mut line = String::new();
    if reader.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    let mut words = line.split_whitespace();
    let (method, target) = (words.next().unwrap_or_default().to_owned(), words.next().unwrap_or_default().to_owned());
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Ok(None);
        }
        let line = line.trim_end();
        if line.is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(':') {
            headers.push((name.trim().to_owned(), value.trim().to_owned()));
        }
    }
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    let (path, query) = (path.to_owned(), query.to_owned());
    Ok(Some(Request { method, path, query, target, headers, body: Vec::new(), reader, is_read: false }))
}

fn write(
    writer: &mut TcpStream,
    status: u16,
    headers: &[(String, String)],
    bytes: &[u8],
    length: usize,
    is_head: bool,
) -> io::Result<()> {
    let mut head = format!("HTTP/1.1 {status} Status\r\nContent-Length: {length}\r\n");
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str("\r\n");
    writer.write_all(head.as_bytes())?;
    if !is_head {
        writer.write_all(bytes)?;
    }
    writer.flush()
}

/// Decodes percent signs.
pub(crate) fn decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let hex = (bytes[at] == b'%').then(|| text.get(at + 1..at + 3)).flatten();
        match hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) => {
                out.push(byte);
                at += 3;
            }
            None => {
                out.push(bytes[at]);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}
