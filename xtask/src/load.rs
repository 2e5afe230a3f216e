//! Mixed traffic against `rivage serve`, with PgBouncer between it and PostgreSQL.
//!
//! In: how long. Out: requests in a second, errors, and the times that half and 95 of 100 requests stay below. Clients ask as fast as they are
//! answered. Deliberately not here: comparisons with others, which `bench` makes.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};

use crate::serving::Serving;
use crate::tools::{cargo, note, target};

/// Names a program to measure instead of one that is built for it.
const PROGRAM: &str = "RIVAGE_LOAD_PROGRAM";

/// Clients at the same time, each over one connection.
const CLIENTS: usize = 16;

/// What may fail: one request of a thousand.
const MOST_FAILED: f64 = 0.001;

/// A kind of request: its name, how many of a hundred, method, path and body. `{n}` is a number that changes.
type Kind = (&'static str, usize, &'static str, &'static str, &'static str);

const KINDS: [Kind; 10] = [
    ("list, kept", 25, "GET", "/api/notes?sort=oldest&limit=10", ""),
    ("list, new", 10, "GET", "/api/notes?sort=newest&limit={n}", ""),
    ("one row", 20, "GET", "/api/notes/1", ""),
    ("search, kept", 10, "GET", "/api/v1/search?q=light", ""),
    ("search, new", 5, "GET", "/api/v1/search?q=paraffin+or+tide{n}", ""),
    ("pages", 5, "GET", "/api/v1/pages?kind=docs", ""),
    ("related", 5, "GET", "/api/v1/graph/related?path=/docs/lighthouse/", ""),
    ("account", 10, "GET", "/api/v1/auth/me", ""),
    ("view", 5, "POST", "/api/v1/views", r#"{"path": "/docs/tides/"}"#),
    ("form", 5, "POST", "/api/v1/forms/contact", r#"{"email": "a@b.c", "message": "number {n}"}"#),
];

/// What one client has seen: times in microseconds, and failures, by kind.
type Seen = BTreeMap<&'static str, (Vec<u32>, usize)>;

pub(crate) fn run(seconds: &str) -> anyhow::Result<()> {
    let seconds: u64 = seconds.parse().with_context(|| format!("`{seconds}` is no number of seconds"))?;
    let program = match std::env::var_os(PROGRAM) {
        Some(program) => PathBuf::from(program),
        None => {
            cargo(&["build", "--release", "--package", "rivage"]).run()?;
            target().join("release").join(format!("rivage{}", std::env::consts::EXE_SUFFIX))
        }
    };
    let serving = Serving::start_program(&program, "load", true)?;
    let token = serving.token()?;
    let host = serving.address.trim_start_matches("http://");
    let started = Instant::now();
    let end = started + Duration::from_secs(seconds);
    let seen: Vec<anyhow::Result<Seen>> = std::thread::scope(|scope| {
        let clients: Vec<_> = (0..CLIENTS)
            .map(|number| {
                scope.spawn({
                    let token = &token;
                    move || client(host, token, number, end)
                })
            })
            .collect();
        let lost = |_| Err(anyhow::anyhow!("a client was lost"));
        clients.into_iter().map(|client| client.join().unwrap_or_else(lost)).collect()
    });
    let took = started.elapsed().as_secs_f64();
    let mut all = Seen::new();
    for seen in seen {
        for (kind, (times, failed)) in seen? {
            let sum = all.entry(kind).or_default();
            sum.0.extend(times);
            sum.1 += failed;
        }
    }
    report(&mut all, took, &serving)
}

fn report(all: &mut Seen, took: f64, serving: &Serving) -> anyhow::Result<()> {
    let mut every: Vec<u32> = Vec::new();
    let mut failed = 0;
    note("kind             requests   failed    p50 ms    p95 ms");
    for (kind, (times, missed)) in all {
        times.sort_unstable();
        note(&format!("{kind:<14} {:>10} {missed:>8} {:>9.2} {:>9.2}", times.len(), at(times, 50), at(times, 95)));
        every.extend(times.iter());
        failed += *missed;
    }
    every.sort_unstable();
    #[expect(clippy::cast_precision_loss, reason = "shown with three digits")]
    let (count, share) = (every.len() as f64, failed as f64 / every.len().max(1) as f64);
    note(&format!(
        "all: {:.0} requests/s over {took:.0} s with {CLIENTS} clients, {failed} failed ({:.3} %), p50 {:.2} ms, p95 {:.2} ms",
        count / took,
        share * 100.0,
        at(&every, 50),
        at(&every, 95),
    ));
    if share > MOST_FAILED {
        let failures = serving.failures();
        bail!("more than one request of a thousand failed; of the server's log: {:?}", failures.first());
    }
    Ok(())
}

/// The time that so many of a hundred stay below, in milliseconds.
fn at(sorted: &[u32], percent: usize) -> f64 {
    let place = (sorted.len() * percent / 100).min(sorted.len().saturating_sub(1));
    f64::from(sorted.get(place).copied().unwrap_or(0)) / 1000.0
}

/// Asks one thing after the other until the end.
fn client(host: &str, token: &str, number: usize, end: Instant) -> anyhow::Result<Seen> {
    let order: Vec<&Kind> = KINDS.iter().flat_map(|kind| std::iter::repeat_n(kind, kind.1)).collect();
    let mut seen = Seen::new();
    let mut connection = None;
    let mut turn = number * 37;
    while Instant::now() < end {
        // 41 and 100 have no common factor: each hundred requests have all kinds, mixed.
        let (name, _, method, path, body) = order[turn * 41 % order.len()];
        turn += 1;
        let n = (turn % 40 + 1).to_string();
        let (path, body) = (path.replace("{n}", &n), body.replace("{n}", &n));
        let head = format!(
            "{method} {path} HTTP/1.1\r\nhost: {host}\r\nuser-agent: Mozilla/5.0 (load)\r\nauthorization: Bearer {token}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        let asked = Instant::now();
        let status = ask(&mut connection, host, &head);
        let (times, failed) = seen.entry(name).or_default();
        times.push(u32::try_from(asked.elapsed().as_micros()).unwrap_or(u32::MAX));
        if !matches!(status, Ok(200..=299)) {
            *failed += 1;
            connection = None;
        }
    }
    Ok(seen)
}

/// Sends a request and reads the answer to its end.
fn ask(connection: &mut Option<BufReader<TcpStream>>, host: &str, request: &str) -> anyhow::Result<u16> {
    if connection.is_none() {
        let stream = TcpStream::connect(host)?;
        stream.set_read_timeout(Some(Duration::from_secs(20)))?;
        stream.set_nodelay(true)?;
        *connection = Some(BufReader::new(stream));
    }
    let Some(reader) = connection.as_mut() else { bail!("there is no connection") };
    reader.get_mut().write_all(request.as_bytes())?;
    let (mut status, mut length) = (0, 0);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            bail!("the connection was closed");
        }
        let line = line.trim_end().to_ascii_lowercase();
        if line.is_empty() {
            break;
        }
        if let Some(rest) = line.strip_prefix("http/1.1 ") {
            status = rest.get(..3).and_then(|status| status.parse().ok()).unwrap_or(0);
        } else if let Some(rest) = line.strip_prefix("content-length:") {
            length = rest.trim().parse().unwrap_or(0);
        }
    }
    std::io::copy(&mut reader.take(length), &mut std::io::sink())?;
    Ok(status)
}
