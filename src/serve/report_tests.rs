//! Errors that reach a service like Sentry through the native shell. worker/tests/report.test.mjs asks the same of the Worker.

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

#[tokio::test]
async fn an_error_of_the_database_is_told_scrubbed() {
    let (dsn, sent) = service();
    let settings = Settings { build: "build-1".to_owned(), ..Settings::default() };
    let (manifest, _) = assemble(Parts { settings, ..Parts::default() });
    let reporting = Some(Reporting { dsn: Dsn::parse(&dsn).unwrap(), environment: "tests".to_owned() });
    let desk = Desk::new(Secrets { reporting, ..Secrets::default() }, Vec::new(), Box::new(|_| {}));
    desk.set_manifest(Some(&manifest));
    // Nobody listens there.
    let nowhere = Config::parse("postgres://nobody:private-password@127.0.0.1:1/nothing").unwrap();
    desk.set_database(Database::new(nowhere, None, 1024));
    let request = Request::builder().uri("/api/v1/pages?after=/private-query/").header("cookie", "a=private-cookie");
    let response =
        Arc::clone(&desk).answer(request.body(Body::empty()).unwrap(), IpAddr::V4(Ipv4Addr::LOCALHOST)).await;
    assert_eq!(response.status(), 503);
    let received = tokio::task::spawn_blocking(move || sent.recv_timeout(Duration::from_secs(60)));
    let (head, body) = received.await.unwrap().expect("an envelope");
    assert!(head.starts_with("POST /api/7/envelope/ "), "{head}");
    assert!(head.to_ascii_lowercase().contains("sentry_key=public"), "{head}");
    let lines: Vec<serde_json::Value> = body.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines[1]["length"], body.lines().nth(2).unwrap().len());
    let event = &lines[2];
    assert_eq!((event["release"].as_str(), event["environment"].as_str()), (Some("build-1"), Some("tests")));
    assert_eq!(event["extra"]["request_id"].as_str(), response.headers()["x-request-id"].to_str().ok());
    assert!(!body.contains("private"), "{body}");
}
