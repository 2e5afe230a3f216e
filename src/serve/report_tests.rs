//! Errors and alerts that reach other servers through the native shell. worker/tests/report.test.mjs and watch.test.mjs ask the same of the Worker.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{IpAddr, Ipv4Addr, TcpListener};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use axum::body::Body;
use axum::extract::Request;
use rivage_api::decide::Secrets;
use rivage_api::manifest::{Parts, Settings, assemble};
use rivage_api::report::{Dsn, Reporting};
use rivage_postgres::Config;

use super::{Database, Desk};

/// A service that takes envelopes: head and body of each request.
fn service() -> (String, mpsc::Receiver<(String, String)>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let dsn = format!("http://public@{}/7", listener.local_addr().unwrap());
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut reader = BufReader::new(stream.unwrap());
            let (mut head, mut length) = (String::new(), 0);
            loop {
                let mut line = String::new();
                reader.read_line(&mut line).unwrap();
                if line.trim().is_empty() {
                    break;
                }
                if let Some(text) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                    length = text.trim().parse().unwrap();
                }
                head += &line;
            }
            let mut body = vec![0; length];
            reader.read_exact(&mut body).unwrap();
            let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}";
            reader.get_mut().write_all(answer).unwrap();
            if sender.send((head, String::from_utf8(body).unwrap())).is_err() {
                return;
            }
        }
    });
    (dsn, receiver)
}

/// A desk whose database does not answer.
fn desk(secrets: Secrets) -> Arc<Desk> {
    let settings = Settings { build: "build-1".to_owned(), ..Settings::default() };
    let (manifest, _) = assemble(Parts { settings, ..Parts::default() });
    let desk = Desk::new(secrets, Vec::new(), Box::new(|_| {}));
    desk.set_manifest(Some(&manifest));
    // Nobody listens there.
    let nowhere = Config::parse("postgres://nobody:private-password@127.0.0.1:1/nothing").unwrap();
    desk.set_database(Database::new(nowhere, None, 1024));
    desk
}

fn reporting(dsn: &str) -> Secrets {
    let reporting = Some(Reporting { dsn: Dsn::parse(dsn).unwrap(), environment: "tests".to_owned() });
    Secrets { reporting, ..Secrets::default() }
}

/// Waits for a request: its head and its body.
async fn received(sent: mpsc::Receiver<(String, String)>) -> (String, String) {
    let received = tokio::task::spawn_blocking(move || sent.recv_timeout(Duration::from_secs(60)));
    received.await.unwrap().expect("a request")
}

#[tokio::test]
async fn an_error_of_a_browser_is_told_scrubbed() {
    let (dsn, sent) = service();
    let desk = desk(reporting(&dsn));
    let body = serde_json::json!({
        "kind": "rejection", "message": "no answer for me@private.example", "path": "/docs/?a=private", "source": "/js/main.js?private",
        "stack": "Error: private\n at send (https://site.test/js/main.js:1:2)", "build": "page-7", "request_id": "0123456789abcdef0123456789abcdef",
    });
    let request = Request::builder()
        .method("POST")
        .uri("/api/v1/errors")
        .header("content-type", "application/json")
        .header("user-agent", "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0");
    let response = Arc::clone(&desk)
        .answer(request.body(Body::from(body.to_string())).unwrap(), IpAddr::V4(Ipv4Addr::LOCALHOST))
        .await;
    assert_eq!(response.status(), 503, "the database is away; that is not what the service is told first");
    let (_, body) = received(sent).await;
    let event: serde_json::Value = serde_json::from_str(body.lines().nth(2).unwrap()).unwrap();
    assert_eq!((event["logger"].as_str(), event["release"].as_str()), (Some("rivage.browser"), Some("page-7")));
    assert_eq!((event["transaction"].as_str(), event["platform"].as_str()), (Some("/docs/"), Some("javascript")));
    assert_eq!(event["message"]["formatted"], "no answer for [address]");
    assert_eq!(event["extra"]["request_id"], "0123456789abcdef0123456789abcdef");
    assert_eq!(event["extra"]["stack"], serde_json::json!(["at send (https://site.test/js/main.js:1:2)"]));
    assert!(!body.contains("private"), "{body}");
}

#[tokio::test]
async fn a_change_of_health_is_told_to_the_webhook() {
    let (dsn, sent) = service();
    let alert = Some(format!("http://{}/hook", dsn.split(['@', '/']).nth(3).unwrap()));
    let desk = desk(Secrets { alert, ..Secrets::default() });
    assert!(desk.has_watch() && !self::desk(Secrets::default()).has_watch());
    let watch = tokio::spawn(desk.watch(Duration::from_millis(10)));
    let (head, body) = received(sent).await;
    watch.abort();
    assert!(head.starts_with("POST /hook "), "{head}");
    let told: serde_json::Value = serde_json::from_str(&body).unwrap();
    assert_eq!((told["status"].as_str(), told["build"].as_str()), (Some("down"), Some("build-1")));
    assert!(told["text"].as_str().unwrap().starts_with("API is down"), "{told}");
    assert!(!body.contains("private"), "{body}");
}

#[tokio::test]
async fn an_error_of_the_database_is_told_scrubbed() {
    let (dsn, sent) = service();
    let desk = desk(reporting(&dsn));
    let request = Request::builder().uri("/api/v1/pages?after=/private-query/").header("cookie", "a=private-cookie");
    let response =
        Arc::clone(&desk).answer(request.body(Body::empty()).unwrap(), IpAddr::V4(Ipv4Addr::LOCALHOST)).await;
    assert_eq!(response.status(), 503);
    let (head, body) = received(sent).await;
    assert!(head.starts_with("POST /api/7/envelope/ "), "{head}");
    assert!(head.to_ascii_lowercase().contains("sentry_key=public"), "{head}");
    let lines: Vec<serde_json::Value> = body.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines[1]["length"], body.lines().nth(2).unwrap().len());
    let event = &lines[2];
    assert_eq!((event["release"].as_str(), event["environment"].as_str()), (Some("build-1"), Some("tests")));
    assert_eq!(event["extra"]["request_id"].as_str(), response.headers()["x-request-id"].to_str().ok());
    assert!(!body.contains("private"), "{body}");
}
