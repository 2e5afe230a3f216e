//! Mixed traffic against `rivage serve`, with PgBouncer between it and PostgreSQL.
//!
//! In: how long. Out: requests in a second, errors, and the times that half and 95 of 100 requests and their queries stay below: first with clients that
//! ask as fast as they are answered, then, for the last fifth of the time, with half as many requests in a second. The limits are those that rivage promises: few
//! errors always, short times at half of full load. Deliberately not here: comparisons with others, which `bench` makes.

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

/// What 95 of 100 requests stay below at half of full load, in milliseconds.
const MOST_REQUEST: f64 = 100.0;

/// The same of what they wait for the database.
const MOST_QUERY: f64 = 30.0;

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

/// What clients have seen of a kind of request.
#[derive(Default)]
struct Seen {
    /// Times in microseconds.
    times: Vec<u32>,
    /// What was waited for the database, in microseconds, as answers tell it.
    queries: Vec<u32>,
    failed: usize,
}

type SeenByKind = BTreeMap<&'static str, Seen>;

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
    let half = Duration::from_secs(seconds.div_ceil(5));
    let full = drive(host, &token, Duration::from_secs(seconds).saturating_sub(half), None)?;
    let full = full.report("as fast as they are answered", &serving)?;
    note("");
    let pause = Duration::from_secs_f64(CLIENTS as f64 / (full.rate / 2.0).max(1.0));
    let half = drive(host, &token, half, Some(pause))?.report("at half of that", &serving)?;
    if half.request > MOST_REQUEST || half.query > MOST_QUERY {
        bail!(
            "at half of full load, 95 of 100 requests are to take less than {MOST_REQUEST} ms, and their queries less than {MOST_QUERY} ms"
        );
    }
    Ok(())
}

/// Lets all clients ask for some time; with a pause between the beginnings of a client's requests, or without any.
fn drive(host: &str, token: &str, time: Duration, pause: Option<Duration>) -> anyhow::Result<Traffic> {
    let started = Instant::now();
    let end = started + time;
    let seen: Vec<SeenByKind> = std::thread::scope(|scope| {
        let clients: Vec<_> =
            (0..CLIENTS).map(|number| scope.spawn(move || client(host, token, number, end, pause))).collect();
        let joined = clients.into_iter().map(|client| client.join().map_err(|_| anyhow::anyhow!("a client was lost")));
        joined.collect::<anyhow::Result<_>>()
    })?;
    let took = started.elapsed().as_secs_f64();
    let mut kinds = SeenByKind::new();
    for (kind, seen) in seen.into_iter().flatten() {
        let sum = kinds.entry(kind).or_default();
        sum.times.extend(seen.times);
        sum.queries.extend(seen.queries);
        sum.failed += seen.failed;
    }
    Ok(Traffic { kinds, took })
}

/// What all clients have seen, and in how many seconds.
struct Traffic {
    kinds: SeenByKind,
    took: f64,
}

/// What there is to judge: requests in a second, and what 95 of 100 stay below, in milliseconds.
struct Summary {
    rate: f64,
    request: f64,
    query: f64,
}

impl Traffic {
    fn report(mut self, how: &str, serving: &Serving) -> anyhow::Result<Summary> {
        let mut every = Seen::default();
        note("kind             requests   failed    p50 ms    p95 ms   query p95 ms");
        for (kind, Seen { times, queries, failed }) in &mut self.kinds {
            times.sort_unstable();
            queries.sort_unstable();
            note(&format!(
                "{kind:<14} {:>10} {failed:>8} {:>9.2} {:>9.2} {:>14.2}",
                times.len(),
                at(times, 50),
                at(times, 95),
                at(queries, 95)
            ));
            every.times.extend(times.iter());
            every.queries.extend(queries.iter());
            every.failed += *failed;
        }
        every.times.sort_unstable();
        every.queries.sort_unstable();
        let Seen { times, queries, failed } = every;
        #[expect(clippy::cast_precision_loss, reason = "shown with three digits")]
        let (count, share) = (times.len() as f64, failed as f64 / times.len().max(1) as f64);
        let summary = Summary { rate: count / self.took, request: at(&times, 95), query: at(&queries, 95) };
        note(&format!(
            "{CLIENTS} clients {how}: {:.0} requests/s over {:.0} s, {failed} failed ({:.3} %), p50 {:.2} ms, p95 {:.2} ms, p95 of queries {:.2} ms",
            summary.rate,
            self.took,
            share * 100.0,
            at(&times, 50),
            summary.request,
            summary.query,
        ));
        if share > MOST_FAILED {
            let failures = serving.failures();
            bail!("more than one request of a thousand failed; of the server's log: {:?}", failures.first());
        }
        Ok(summary)
    }
}

/// The time that so many of a hundred stay below, in milliseconds.
fn at(sorted: &[u32], percent: usize) -> f64 {
    let place = (sorted.len() * percent / 100).min(sorted.len().saturating_sub(1));
    f64::from(sorted.get(place).copied().unwrap_or(0)) / 1000.0
}

/// Asks one thing after the other until the end.
fn client(host: &str, token: &str, number: usize, end: Instant, pause: Option<Duration>) -> SeenByKind {
    let order: Vec<&Kind> = KINDS.iter().flat_map(|kind| std::iter::repeat_n(kind, kind.1)).collect();
    let mut seen = SeenByKind::new();
    let mut connection = None;
    let mut turn = number * 37;
    // Not all of them at the same moment.
    let mut due = Instant::now() + pause.unwrap_or_default().mul_f64(number as f64 / CLIENTS as f64);
    while Instant::now() < end {
        let mut asked = None;
        if let Some(pause) = pause {
            std::thread::sleep(due.saturating_duration_since(Instant::now()));
            // Counted from when it was due: a client that falls behind is not excused.
            asked = Some(due);
            due += pause;
        }
        // 41 and 100 have no common factor: each hundred requests have all kinds, mixed.
        let (name, _, method, path, body) = order[turn * 41 % order.len()];
        turn += 1;
        let n = (turn % 40 + 1).to_string();
        let (path, body) = (path.replace("{n}", &n), body.replace("{n}", &n));
        let head = format!(
            "{method} {path} HTTP/1.1\r\nhost: {host}\r\nuser-agent: Mozilla/5.0 (load)\r\nauthorization: Bearer {token}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        let asked = asked.unwrap_or_else(Instant::now);
        let answer = ask(&mut connection, host, &head);
        let seen = seen.entry(name).or_default();
        seen.times.push(u32::try_from(asked.elapsed().as_micros()).unwrap_or(u32::MAX));
        match answer {
            Ok((200..=299, query)) => seen.queries.extend(query),
            _ => {
                seen.failed += 1;
                connection = None;
            }
        }
    }
    seen
}

/// Sends a request and reads the answer to its end. Returns its status, and the microseconds of its queries if it had any.
fn ask(connection: &mut Option<BufReader<TcpStream>>, host: &str, request: &str) -> anyhow::Result<(u16, Option<u32>)> {
    if connection.is_none() {
        let stream = TcpStream::connect(host)?;
        stream.set_read_timeout(Some(Duration::from_secs(20)))?;
        stream.set_nodelay(true)?;
        *connection = Some(BufReader::new(stream));
    }
    let Some(reader) = connection.as_mut() else { bail!("there is no connection") };
    reader.get_mut().write_all(request.as_bytes())?;
    let (mut status, mut length, mut query) = (0, 0, None);
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
        } else if let Some(rest) = line.strip_prefix("server-timing: db;dur=") {
            query = rest.split([',', ';']).next().and_then(|text| text.parse::<u32>().ok()).map(|text| text * 1000);
        }
    }
    std::io::copy(&mut reader.take(length), &mut std::io::sink())?;
    Ok((status, query))
}
