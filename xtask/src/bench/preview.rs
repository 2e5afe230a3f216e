//! Development servers: how soon the first page is served, and how long it takes from a changed file to the word to the browser.
//!
//! In: a project that was built before. Out: durations. rivage tells over a stream of events, Hugo over a WebSocket; other servers render a
//! page only when it is asked for again, so that their signal would say something else: they are not measured.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::Child;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::measure::Program;
use super::site::{Edits, Layout, Site};
use super::tools::Server;

/// What was measured of a server.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Preview {
    /// From the start of the program to the first page, once for each start.
    pub(super) starts: Vec<Duration>,
    /// From a change to the event, once for each change.
    pub(super) changes: Vec<Duration>,
}

/// How long a server may take for its first page.
const PATIENCE: Duration = Duration::from_secs(180);
/// What lies between two changes: longer than what servers wait for more changes to come, and shorter than a writer takes.
const PAUSE: Duration = Duration::from_millis(500);
/// How long a server may take to end by itself.
const FAREWELL: Duration = Duration::from_secs(10);

/// A project, and the program that serves it.
pub(super) struct Served<'a> {
    pub(super) server: Server,
    pub(super) program: &'a Program,
    pub(super) layout: &'a Layout,
    pub(super) site: Site,
    pub(super) folder: &'a Path,
    /// For what the server prints.
    pub(super) work: &'a Path,
}

impl Served<'_> {
    /// Starts the server a few times, then changes bodies of pages while it runs: so many, or as many as the time allows.
    pub(super) fn measure(&self, starts: usize, edits: usize, budget: Duration) -> anyhow::Result<Preview> {
        let mut preview = Preview::default();
        let begun = Instant::now();
        // One port for all starts, as writers have it: it is part of what pages say. Free again once the listener is dropped.
        let port = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).context("no free port")?.port();
        // What a build leaves may not be what a server needs: this start makes the others warm.
        drop(self.start(port)?);
        while preview.starts.len() + 1 < starts && begun.elapsed() < budget / 2 {
            preview.starts.push(self.start(port)?.1);
        }
        let (running, start) = self.start(port)?;
        preview.starts.push(start);
        let begun = Instant::now();
        for edit in 0..edits {
            let number = self.site.edited() + (edit % 10) as u32 % (self.site.count - self.site.edited());
            let edits = Edits { body: edit + 1000, ..Edits::default() };
            let (path, text) = self.layout.page(self.site, number, edits);
            preview.changes.push(running.change(&url(number), &self.folder.join(path), &text)?);
            if begun.elapsed() > budget {
                break;
            }
            std::thread::sleep(PAUSE);
        }
        Ok(preview)
    }

    fn start(&self, port: u16) -> anyhow::Result<(Running, Duration)> {
        let mut running = Running::start(self, port)?;
        let taken = running.first_page(&url(self.site.edited()))?;
        Ok((running, taken))
    }
}

fn url(number: u32) -> String {
    format!("/blog/post-{number}/")
}

struct Running {
    server: Server,
    child: Child,
    port: u16,
    started: Instant,
}

impl Drop for Running {
    /// Ends the server as Ctrl-C does, so that it can keep what it wants to keep.
    fn drop(&mut self) {
        let asked = Instant::now();
        let process = i32::try_from(self.child.id()).map(Pid::from_raw);
        if process.is_ok_and(|process| kill(process, Signal::SIGINT).is_ok()) {
            while asked.elapsed() < FAREWELL && matches!(self.child.try_wait(), Ok(None)) {
                std::thread::sleep(Duration::from_millis(5));
            }
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Running {
    fn start(served: &Served<'_>, port: u16) -> anyhow::Result<Self> {
        let text = port.to_string();
        let program = match served.server {
            Server::Rivage => served.program.with(&["preview", "--port", &text]),
            Server::Hugo => served.program.with(&["server", "--bind", "127.0.0.1", "--port", &text]),
        };
        let started = Instant::now();
        let mut command = program.command(served.folder, &served.work.join("server.log"))?;
        let child = command.spawn().with_context(|| format!("could not run `{}`", program.path.display()))?;
        Ok(Self { server: served.server, child, port, started })
    }

    /// Asks for a page until it is served.
    fn first_page(&mut self, path: &str) -> anyhow::Result<Duration> {
        loop {
            if self.get(path).is_ok() {
                return Ok(self.started.elapsed());
            }
            if let Ok(Some(status)) = self.child.try_wait() {
                bail!("the server ended ({status}): its words are in `server.log` if the sites are kept");
            }
            if self.started.elapsed() > PATIENCE {
                bail!("the server shows no page after {} s", PATIENCE.as_secs());
            }
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    fn connect(&self) -> anyhow::Result<TcpStream> {
        let stream = TcpStream::connect(("127.0.0.1", self.port)).context("could not reach the server")?;
        stream.set_read_timeout(Some(Duration::from_secs(60))).context("could not set a time limit")?;
        Ok(stream)
    }

    fn get(&self, path: &str) -> anyhow::Result<String> {
        let mut stream = self.connect()?;
        let host = self.port;
        write!(stream, "GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{host}\r\nConnection: close\r\n\r\n")?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).context("the server broke off")?;
        let answer = String::from_utf8_lossy(&answer).into_owned();
        if !answer.starts_with("HTTP/1.1 200") {
            bail!("`{path}` is not served: {}", answer.lines().next().unwrap_or_default());
        }
        Ok(answer)
    }

    /// Opens a page as a browser does, changes its file, and waits for the word that it changed.
    fn change(&self, url: &str, file: &Path, text: &str) -> anyhow::Result<Duration> {
        for _ in 0..20 {
            if let Some(taken) = self.try_change(url, file, text)? {
                return Ok(taken);
            }
            std::thread::sleep(PAUSE);
        }
        bail!("`{url}` changes again and again although its file does not");
    }

    /// Does so, unless the page is out of date before it is changed.
    fn try_change(&self, url: &str, file: &Path, text: &str) -> anyhow::Result<Option<Duration>> {
        let page = self.get(url)?;
        let mut stream = self.connect()?;
        let host = self.port;
        match self.server {
            Server::Rivage => {
                let version = version(&page).context("the page has no version: is it that of a preview?")?;
                write!(
                    stream,
                    "GET /__rivage/events?path={url}&version={version} HTTP/1.1\r\nHost: 127.0.0.1:{host}\r\n\
                     Accept: text/event-stream\r\n\r\n"
                )?;
                let mut lines = BufReader::new(stream);
                if next_event(&mut lines)? {
                    // Something else has come between, such as the end of what the last change began.
                    return Ok(None);
                }
                let begun = write_now(file, text)?;
                while !next_event(&mut lines)? {}
                Ok(Some(begun.elapsed()))
            }
            Server::Hugo => {
                write!(
                    stream,
                    "GET /livereload HTTP/1.1\r\nHost: 127.0.0.1:{host}\r\nOrigin: http://127.0.0.1:{host}\r\n\
                     Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
                     Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
                )?;
                let mut reader = BufReader::new(stream.try_clone().context("could not share the connection")?);
                let mut line = String::new();
                while line.trim_end() != "" || line.is_empty() {
                    line.clear();
                    if reader.read_line(&mut line)? == 0 {
                        bail!("the server takes no WebSocket");
                    }
                }
                stream.write_all(&frame(HELLO))?;
                // The greeting back: from now on the server knows that a browser is there.
                message(&mut reader)?;
                let begun = write_now(file, text)?;
                while !message(&mut reader)?.contains("\"reload\"") {}
                Ok(Some(begun.elapsed()))
            }
        }
    }
}

fn write_now(file: &Path, text: &str) -> anyhow::Result<Instant> {
    let begun = Instant::now();
    std::fs::write(file, text).with_context(|| format!("could not write `{}`", file.display()))?;
    Ok(begun)
}

/// Reads the version that a previewed page tells.
fn version(page: &str) -> Option<&str> {
    page.split_once("data-version=\"")?.1.split_once('"').map(|(version, _)| version)
}

/// Reads events up to the next one; answers whether the page changed.
fn next_event(lines: &mut impl BufRead) -> anyhow::Result<bool> {
    let mut line = String::new();
    loop {
        line.clear();
        if lines.read_line(&mut line).context("no event came")? == 0 {
            bail!("the stream of events ended");
        }
        if let Some(data) = line.trim_end().strip_prefix("data:") {
            let event: serde_json::Value = serde_json::from_str(data).with_context(|| format!("no JSON: {data}"))?;
            return Ok(event["page"] == true);
        }
    }
}

const HELLO: &str = r#"{"command":"hello","protocols":["http://livereload.com/protocols/official-7"]}"#;

/// A text message as a client sends it: masked, here with zeros.
fn frame(text: &str) -> Vec<u8> {
    let length = u8::try_from(text.len()).ok().filter(|length| *length < 126).expect("the greeting is short");
    [&[0x81, 0x80 | length, 0, 0, 0, 0], text.as_bytes()].concat()
}

/// Reads a message of a server.
fn message(reader: &mut impl Read) -> anyhow::Result<String> {
    let mut head = [0; 2];
    reader.read_exact(&mut head).context("no message came")?;
    let length = match head[1] & 0x7f {
        126 => {
            let mut bytes = [0; 2];
            reader.read_exact(&mut bytes)?;
            u64::from(u16::from_be_bytes(bytes))
        }
        127 => {
            let mut bytes = [0; 8];
            reader.read_exact(&mut bytes)?;
            u64::from_be_bytes(bytes)
        }
        short => u64::from(short),
    };
    let mut text = String::new();
    reader.take(length).read_to_string(&mut text).context("a message is no text")?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_of_a_page_is_read() {
        assert_eq!(version("<script data-version=\"a1\" defer></script>"), Some("a1"));
        assert_eq!(version("<p>"), None);
    }

    #[test]
    fn events_are_read_between_other_lines() {
        let mut lines =
            "HTTP/1.1 200 OK\r\n\r\n1a\r\ndata: {\"page\":false}\n\n\r\n: keep\ndata:{\"page\":true}\n\n".as_bytes();
        assert!(!next_event(&mut lines).unwrap());
        assert!(next_event(&mut lines).unwrap());
        assert_eq!(next_event(&mut lines).unwrap_err().to_string(), "the stream of events ended");
    }

    /// A server that shows one page, and tells once that it changed: as soon as the file is there.
    fn fake(listener: &TcpListener, file: &Path) {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut request = BufReader::new(stream.try_clone().unwrap());
            let mut line = String::new();
            request.read_line(&mut line).unwrap();
            // All of the request: what is closed with bytes unread resets the connection, and the answer may be lost with it.
            let head: Vec<String> = request.lines().map(Result::unwrap).take_while(|line| !line.is_empty()).collect();
            assert!(!head.is_empty());
            stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").unwrap();
            if !line.contains("/__rivage/events") {
                stream.write_all(b"<script data-version=\"7\"></script>").unwrap();
                continue;
            }
            assert!(line.contains("path=/a/&version=7"), "{line}");
            stream.write_all(b"data: {\"page\":false}\n\n").unwrap();
            while !file.exists() {
                std::thread::sleep(Duration::from_millis(1));
            }
            stream.write_all(b"data: {\"page\":true}\n\n").unwrap();
            return;
        }
    }

    #[test]
    fn a_change_ends_with_the_event_of_its_page() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.md");
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let child = std::process::Command::new("sleep").arg("60").spawn().unwrap();
        let running = Running { server: Server::Rivage, child, port, started: Instant::now() };
        let watched = file.clone();
        // No scoped thread: it would be waited for when what follows fails.
        std::thread::spawn(move || fake(&listener, &watched));
        assert!(running.try_change("/a/", &file, "text").unwrap().is_some());
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "text");
    }

    #[test]
    fn a_server_that_ends_is_not_waited_for() {
        let child = std::process::Command::new("true").spawn().unwrap();
        let mut running = Running { server: Server::Rivage, child, port: 1, started: Instant::now() };
        let error = running.first_page("/").unwrap_err().to_string();
        assert!(error.starts_with("the server ended (exit status: 0)"), "{error}");
    }

    #[test]
    fn messages_of_every_length_are_read() {
        for length in [5_usize, 125, 126, 70_000] {
            let text = "x".repeat(length);
            let mut bytes = vec![0x81];
            match length {
                0..126 => bytes.push(length as u8),
                126..65_536 => {
                    bytes.push(126);
                    bytes.extend((length as u16).to_be_bytes());
                }
                _ => {
                    bytes.push(127);
                    bytes.extend((length as u64).to_be_bytes());
                }
            }
            bytes.extend(text.as_bytes());
            assert_eq!(message(&mut bytes.as_slice()).unwrap(), text);
        }
    }

    #[test]
    fn what_a_client_sends_is_masked() {
        let bytes = frame(HELLO);
        assert_eq!(bytes[0], 0x81);
        assert_eq!(usize::from(bytes[1]), 0x80 + HELLO.len());
        assert_eq!(&bytes[6..], HELLO.as_bytes());
    }
}
