//! Links to other sites: asked for one by one, politely.
//!
//! In: the [`OutLink`]s of all pages. Out: diagnostics at each place such a link was written. One request at a time goes to
//! a host, with a pause before the next; several hosts are asked at once. `HEAD` is tried first, and `GET` where a server does
//! not answer that well. Deliberately not here: anchors on other sites' pages.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;

use rivage_diag::{Diagnostic, Location};
use ureq::http::{StatusCode, header};
use url::Url;

use super::diagnostics;
use crate::render::OutLink;

/// How politely other sites are asked.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// The wait between two requests to one host.
    pub pause: Duration,
    /// Hosts asked at once.
    pub parallel: usize,
    /// How long one request may take.
    pub timeout: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self { pause: Duration::from_millis(250), parallel: 8, timeout: Duration::from_secs(20) }
    }
}

/// Redirects that are followed before they count as a loop.
const HOPS: usize = 10;

/// Asks for each address once. Calls `step` after each.
pub fn check<'a>(
    links: impl IntoIterator<Item = &'a OutLink>,
    pace: Pace,
    step: &(dyn Fn(usize, usize) + Sync),
) -> Vec<Diagnostic> {
    let mut places: BTreeMap<&str, Vec<&Location>> = BTreeMap::new();
    for link in links {
        places.entry(&link.target).or_default().push(&link.location);
    }
    let mut hosts: BTreeMap<String, Vec<(Url, &str)>> = BTreeMap::new();
    for target in places.keys() {
        // What is no address of the web (`mailto:`, `tel:`) cannot be asked for.
        if let Ok(mut url) = Url::parse(target)
            && matches!(url.scheme(), "http" | "https")
        {
            url.set_fragment(None);
            hosts.entry(url.authority().to_owned()).or_default().push((url, target));
        }
    }
    let total = hosts.values().map(Vec::len).sum();
    let workers = pace.parallel.clamp(1, hosts.len().max(1));
    let queue = Mutex::new(hosts.into_values());
    let answers = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                let agent = agent(pace);
                loop {
                    let Some(urls) = lock(&queue).next() else { return };
                    for (index, (url, target)) in urls.into_iter().enumerate() {
                        if index > 0 {
                            std::thread::sleep(pace.pause);
                        }
                        let answer = ask(&agent, url);
                        let mut answers = lock(&answers);
                        answers.push((target, answer));
                        step(answers.len(), total);
                    }
                }
            });
        }
    });
    let answers = answers.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    let mut found = Vec::new();
    for (target, answer) in answers {
        for place in places.get(target).into_iter().flatten() {
            found.extend(answer.diagnostic(place, target));
        }
    }
    rivage_diag::sort(&mut found);
    found
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

fn agent(pace: Pace) -> ureq::Agent {
    ureq::Agent::config_builder()
        .http_status_as_error(false)
        // Redirects are told to the author, so that they are followed here.
        .max_redirects(0)
        .max_redirects_will_error(false)
        .timeout_global(Some(pace.timeout))
        .user_agent(concat!("rivage/", env!("CARGO_PKG_VERSION"), " (link check)"))
        .build()
        .into()
}

/// What came of a request.
#[derive(Debug, PartialEq, Eq)]
enum Answer {
    Fine,
    Moved(String),
    Gone(u16),
    Refused(u16),
    Unreachable(String),
    Loop,
}

impl Answer {
    fn diagnostic(&self, place: &Location, url: &str) -> Option<Diagnostic> {
        match self {
            Self::Fine => None,
            Self::Moved(to) => Some(diagnostics::external_moved(place, url, to)),
            Self::Gone(status) => Some(diagnostics::external_gone(place, url, *status)),
            Self::Refused(status) => Some(diagnostics::external_refused(place, url, *status)),
            Self::Unreachable(reason) => Some(diagnostics::external_unreachable(place, url, reason)),
            Self::Loop => Some(diagnostics::external_loop(place, url)),
        }
    }
}

fn ask(agent: &ureq::Agent, mut url: Url) -> Answer {
    // Only where every step of the way is for good is the new address the one to write.
    let mut for_good = true;
    let mut moved = false;
    for _ in 0..HOPS {
        let (status, location) = match request(agent, &url) {
            Ok(answer) => answer,
            Err(reason) => return Answer::Unreachable(reason),
        };
        if status.is_redirection()
            && let Some(next) = location.and_then(|location| url.join(&location).ok())
        {
            for_good &= matches!(status.as_u16(), 301 | 308);
            moved = true;
            url = next;
            continue;
        }
        return match status.as_u16() {
            404 | 410 => Answer::Gone(status.as_u16()),
            400.. => Answer::Refused(status.as_u16()),
            _ if moved && for_good => Answer::Moved(url.into()),
            _ => Answer::Fine,
        };
    }
    Answer::Loop
}

fn request(agent: &ureq::Agent, url: &Url) -> Result<(StatusCode, Option<String>), String> {
    let told = |response: &ureq::http::Response<ureq::Body>| {
        let location = response.headers().get(header::LOCATION).and_then(|value| value.to_str().ok());
        (response.status(), location.map(str::to_owned))
    };
    match agent.head(url.as_str()).call() {
        Ok(response) if !response.status().is_client_error() && !response.status().is_server_error() => {
            Ok(told(&response))
        }
        // Many servers refuse `HEAD`, answer it with 404, or hang up.
        _ => agent.get(url.as_str()).call().map(|response| told(&response)).map_err(|error| error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader, Write};
    use std::net::TcpListener;

    use rivage_diag::{FileId, Span};

    use super::*;

    /// Serves on the loopback: the path says how to answer. Returns the address and the requests that came.
    fn server() -> (String, std::sync::mpsc::Receiver<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let (told, requests) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let Ok(mut stream) = stream else { return };
                let mut lines = BufReader::new(&stream).lines().map_while(Result::ok);
                let request = lines.next().unwrap_or_default();
                lines.take_while(|line| !line.is_empty()).for_each(drop);
                let line: Vec<&str> = request.split(' ').take(2).collect();
                let answer = match line[..] {
                    [_, "/fine"] => "200 OK\r\n",
                    ["GET", "/no-head"] => "200 OK\r\n",
                    [_, "/no-head"] => "405 Method Not Allowed\r\n",
                    [_, "/gone"] => "410 Gone\r\n",
                    [_, "/closed"] => "403 Forbidden\r\n",
                    [_, "/moved"] => "301 Moved Permanently\r\nLocation: /fine\r\n",
                    [_, "/elsewhere"] => "302 Found\r\nLocation: /moved\r\n",
                    [_, "/loop"] => "302 Found\r\nLocation: /loop\r\n",
                    _ => "404 Not Found\r\n",
                };
                let _ = told.send(line.join(" "));
                let _ = write!(stream, "HTTP/1.1 {answer}Content-Length: 0\r\nConnection: close\r\n\r\n");
            }
        });
        (address, requests)
    }

    fn pace() -> Pace {
        Pace { pause: Duration::ZERO, parallel: 4, timeout: Duration::from_secs(10) }
    }

    fn check_link(address: &str, path: &str) -> Vec<String> {
        let location = Location::new(&FileId::from("content/a.md"), Span::at(3));
        let link = OutLink { target: format!("{address}{path}"), anchor: String::new(), location };
        check([&link], pace(), &|_, _| {})
            .into_iter()
            .map(|found| {
                format!("{} | {} | {}", found.code, found.message, found.hints.join(" | ")).replace(address, "")
            })
            .collect()
    }

    #[test]
    fn answers_are_told_apart() {
        let (address, _requests) = server();
        let check = |path: &str, expect: &[&str]| assert_eq!(check_link(&address, path), expect, "{path}");
        check("/fine", &[]);
        check("/no-head", &[]);
        check("/elsewhere", &[]);
        check("/nowhere", &["external-broken | `/nowhere` answers 404 | "]);
        check("/gone", &["external-broken | `/gone` answers 410 | "]);
        check(
            "/closed",
            &["external-refused | `/closed` answers 403 | it may answer browsers differently; look yourself"],
        );
        check("/moved", &["external-moved | `/moved` has moved for good | link to `/fine`"]);
        check("/loop", &["external-loop | `/loop` is redirected for ever | "]);
    }

    #[test]
    fn a_host_that_does_not_answer_is_reported() {
        // Bound and dropped: nothing listens there.
        let address = format!("http://{}", TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap());
        let found = check_link(&address, "/");
        assert_eq!(found.len(), 1);
        assert!(found[0].starts_with("external-unreachable | "), "{found:?}");
    }

    #[test]
    fn an_address_is_asked_once_and_reported_wherever_it_stands() {
        let (address, requests) = server();
        let link = |line: usize, path: &str| OutLink {
            target: format!("{address}{path}"),
            anchor: String::new(),
            location: Location::new(&FileId::from("content/a.md"), Span::at(line)),
        };
        let mail = OutLink { target: "mailto:a@example.org".to_owned(), ..link(9, "") };
        let links = [link(1, "/gone"), link(2, "/gone"), link(3, "/fine"), mail];
        let found = check(&links, pace(), &|_, _| {});
        assert_eq!(found.len(), 2);
        let mut requests: Vec<_> = requests.try_iter().collect();
        requests.sort();
        assert_eq!(requests, ["GET /gone", "HEAD /fine", "HEAD /gone"]);
    }
}
