//! Any bytes of a server, in any chunks and any state; what comes out of it is written as JSON.

#![no_main]

use libfuzzer_sys::fuzz_target;
use rivage_postgres::{Connection, Event, Limits, Startup, State, Statement, json};

const LIMITS: Limits = Limits { message: 1 << 16, rows: 100, bytes: 1 << 16 };

fuzz_target!(|input: (u8, u8, u32, &[u8])| {
    let (state, chunk, oid, bytes) = input;
    let mut connection = connection(state);
    for chunk in bytes.chunks(usize::from(chunk).max(1)) {
        let refused = connection.receive(chunk).is_err();
        assert!(!refused || connection.state() == State::Broken);
        while let Some(event) = connection.event() {
            match event {
                Event::Results(results) => {
                    for result in &results {
                        assert!(result.len() <= LIMITS.rows);
                        let mut out = Vec::new();
                        json::write_many(result, &mut out);
                        assert!(str::from_utf8(&out).is_ok());
                    }
                }
                Event::Failed(error) => _ = (error.kind(), error.to_string()),
                _ => {}
            }
            // Once it is idle, it is asked again.
            let _ = connection.run(&[Statement::new("select 1", &[])]);
        }
        if connection.state() == State::Broken {
            break;
        }
    }
    let _ = connection.end_of_input();

    let mut out = Vec::new();
    json::write_value(oid % 4096, Some(bytes), &mut out);
    assert!(str::from_utf8(&out).is_ok());
});

fn connection(state: u8) -> Connection {
    let startup = Startup {
        user: "ann",
        password: Some("pencil"),
        database: "site",
        application_name: "fuzz",
        options: "",
        parameters: &[],
        nonce: [7; 18],
    };
    let mut connection = Connection::start(&startup, LIMITS).expect("nothing is wrong with it");
    if state % 4 > 0 {
        connection.receive(b"R\0\0\0\x08\0\0\0\0Z\0\0\0\x05I").expect("a server that trusts");
        while connection.event().is_some() {}
    }
    let asked = match state % 4 {
        2 => connection.run(&[Statement::new("select 1", &[]); 2]),
        3 => connection.describe("select 1", &[]),
        _ => Ok(()),
    };
    asked.expect("it is idle");
    connection
}
