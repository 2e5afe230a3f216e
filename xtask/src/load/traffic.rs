//! Visitors: each asks one thing after the other, over a connection of its own, and notes what came of it.
//!
//! In: the kinds, a pace or none. Out: samples. Deliberately not here: what they mean ([`super::report`]).

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};

use super::connection::{Answer, Connection, Request};
use super::kinds::{Kind, Part, What, hundred};
use super::ledger::Ledger;

/// What browsers say of files; answers of the API are not compressed.
pub(super) const BROWSER: &str = "accept-encoding: gzip\r\n";

/// What all of them know.
pub(super) struct World {
    /// `127.0.0.1:PORT`
    pub(super) host: String,
    /// Of an administrator.
    pub(super) token: String,
    /// Addresses of scripts and styles.
    pub(super) assets: Vec<String>,
    /// The tag of the page that browsers have.
    pub(super) etag: String,
    /// When the first of them asked.
    pub(super) begun: Instant,
    /// While the database is away, who waits for an answer misses turns. They are not made up for: a visitor who finds nothing leaves.
    pub(super) forgives: AtomicBool,
}

/// One request and its answer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sample {
    pub(super) kind: &'static Kind,
    /// When it was sent, from the beginning on.
    pub(super) sent: Duration,
    /// How long the answer took.
    pub(super) took: Duration,
    /// The same from the moment on when it was to be sent: who falls behind is not excused.
    pub(super) due: Duration,
    /// The status; 0 where no answer came.
    pub(super) status: u16,
    /// What was waited for the database, in milliseconds.
    pub(super) database: Option<u32>,
}

impl Sample {
    pub(super) fn is_good(&self) -> bool {
        matches!(self.status, 200..=299 | 304)
    }
}

impl World {
    /// Looks at the site as a browser does that comes for the first time.
    pub(super) fn look(host: &str, token: String, page: &str) -> anyhow::Result<Self> {
        let answer = Connection::new(host).ask(get(page, ""))?;
        ensure!(answer.status == 200, "`{page}` is answered with {}", answer.status);
        let assets = assets(&String::from_utf8_lossy(&answer.body));
        ensure!(!assets.is_empty(), "`{page}` has neither scripts nor styles");
        let etag = answer.etag.with_context(|| format!("`{page}` has no tag"))?;
        let (begun, forgives) = (Instant::now(), AtomicBool::new(false));
        Ok(Self { host: host.to_owned(), token, assets, etag, begun, forgives })
    }

    fn is_forgiving(&self) -> bool {
        self.forgives.load(Ordering::SeqCst)
    }

    /// Sends a request and notes what came of it; `late` is how long ago it was to be sent.
    pub(super) fn ask(
        &self,
        connection: &mut Connection,
        kind: &'static Kind,
        request: Request<'_>,
        late: Duration,
    ) -> (Sample, Answer) {
        let sent = Instant::now();
        // What went wrong with a connection is not told apart: each such answer is one too many.
        let answer = connection.ask(request).unwrap_or_default();
        let took = sent.elapsed();
        let Answer { status, database, .. } = answer;
        (Sample { kind, sent: sent - self.begun, took, due: took + late, status, database }, answer)
    }
}

/// A `GET` with some lines of headers.
pub(super) fn get<'r>(path: &'r str, headers: &'r str) -> Request<'r> {
    Request { method: "GET", path, headers, body: "" }
}

/// The scripts and styles that a page names.
pub(super) fn assets(page: &str) -> Vec<String> {
    let is_asset = |text: &&str| text.starts_with('/') && (text.ends_with(".js") || text.ends_with(".css"));
    let mut assets: Vec<String> = page.split(['"', '\'', '=', ' ', '>']).filter(is_asset).map(str::to_owned).collect();
    assets.sort();
    assets.dedup();
    assets
}

/// A visitor, or many who come one after the other.
pub(super) struct Visitor {
    number: usize,
    turn: usize,
    connection: Connection,
    pub(super) ledger: Ledger,
    pub(super) samples: Vec<Sample>,
}

impl Visitor {
    pub(super) fn new(world: &World, number: usize) -> Self {
        let connection = Connection::new(&world.host);
        // Not all of them with the same kind.
        Self { number, turn: number * 37, connection, ledger: Ledger::new(number), samples: Vec::new() }
    }

    /// Asks until the end; with a pause between the beginnings of requests, or without any. The first comes after that part of the pause.
    pub(super) fn go(&mut self, world: &World, end: Instant, pause: Option<Duration>, delay: f64) {
        let parts = hundred();
        let mut due = Instant::now() + pause.unwrap_or_default().mul_f64(delay);
        while Instant::now() < end {
            let mut late = Duration::ZERO;
            if let Some(pause) = pause {
                std::thread::sleep(due.saturating_duration_since(Instant::now()));
                if world.is_forgiving() {
                    due = due.max(Instant::now());
                }
                late = due.elapsed();
                due += pause;
            }
            // 41 and 100 have no common factor: each hundred requests have all kinds, mixed.
            let part = parts[self.turn * 41 % parts.len()];
            self.turn += 1;
            let forgives = world.is_forgiving();
            let sample = self.ask(world, part, late);
            self.samples.push(sample);
            if pause.is_some() && (forgives || world.is_forgiving()) {
                due = due.max(Instant::now());
            }
        }
    }

    fn ask(&mut self, world: &World, part: &'static Part, late: Duration) -> Sample {
        let own = || format!("authorization: Bearer {}\r\n", world.token);
        let connection = &mut self.connection;
        let mut ask = |request: Request<'_>| world.ask(connection, &part.kind, request, late).0;
        match part.what {
            What::Page(path) => ask(get(path, BROWSER)),
            What::Unchanged(path) => ask(get(path, &format!("{BROWSER}if-none-match: {}\r\n", world.etag))),
            What::Asset => ask(get(&world.assets[self.turn % world.assets.len()], BROWSER)),
            What::Get(path) => {
                let number = self.turn * 1000 + self.number;
                let path = path.replace("{few}", &(self.turn % 40 + 1).to_string());
                ask(get(&path.replace("{number}", &number.to_string()), ""))
            }
            What::Own(path) => ask(get(path, &own())),
            What::Store(store) => {
                let entry = self.ledger.next(store);
                let headers = format!("{}content-type: {}\r\n", own(), entry.content_type);
                let sample = ask(Request { method: "POST", path: &entry.path, headers: &headers, body: &entry.body });
                if sample.is_good() {
                    self.ledger.acknowledge(store);
                }
                sample
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_and_styles_of_a_page_are_found() {
        let page = r#"<link rel=stylesheet href=/a.1.css><script src="/b.js" defer></script><a href="/c.js/">x</a><script src='/b.js'>"#;
        assert_eq!(assets(page), ["/a.1.css", "/b.js"]);
    }
}
