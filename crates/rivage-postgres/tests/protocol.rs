//! The connection against scripts of a server: what it says, in which order it listens, and what it does with a server that is broken or lies.

use proptest::prelude::*;
use rivage_postgres::oid;
use rivage_postgres::{Connection, Error, Event, Limits, Method, Param, Startup, State, Statement};

const STARTUP: Startup<'static> = Startup {
    user: "ann",
    password: Some("pencil"),
    database: "site",
    application_name: "test",
    options: "",
    parameters: &[],
    nonce: [7; 18],
};

fn message(tag: u8, body: &[u8]) -> Vec<u8> {
    let len = u32::try_from(body.len() + 4).unwrap().to_be_bytes();
    [&[tag][..], &len, body].concat()
}

fn authentication(kind: u32, body: &[u8]) -> Vec<u8> {
    message(b'R', &[&kind.to_be_bytes()[..], body].concat())
}

fn error(severity: &str, code: &str) -> Vec<u8> {
    let body = format!("S{severity}\0V{severity}\0C{code}\0Mit failed\0Ddetail\0P7\0tpost\0npost_pkey\0\0");
    message(b'E', body.as_bytes())
}

fn columns(columns: &[(&str, u32)]) -> Vec<u8> {
    let mut body = u16::try_from(columns.len()).unwrap().to_be_bytes().to_vec();
    for (name, oid) in columns {
        body.extend(name.as_bytes());
        body.extend([0; 7]);
        body.extend(oid.to_be_bytes());
        body.extend([0; 8]);
    }
    message(b'T', &body)
}

fn row(cells: &[Option<&str>]) -> Vec<u8> {
    let mut body = u16::try_from(cells.len()).unwrap().to_be_bytes().to_vec();
    for cell in cells {
        let len = cell.map_or(-1, |text| i32::try_from(text.len()).unwrap());
        body.extend(len.to_be_bytes());
        body.extend(cell.unwrap_or_default().as_bytes());
    }
    message(b'D', &body)
}

fn done(tag: &str) -> Vec<u8> {
    message(b'C', format!("{tag}\0").as_bytes())
}

fn ready() -> Vec<u8> {
    message(b'Z', b"I")
}

/// Parse and Bind are done.
fn bound() -> Vec<u8> {
    [message(b'1', b""), message(b'2', b"")].concat()
}

fn started() -> Vec<u8> {
    let key = message(b'K', &[0, 0, 0, 42, 1, 2, 3, 4]);
    let version = message(b'S', b"server_version\x0015.4\0");
    [authentication(0, b""), version, key, ready()].concat()
}

fn new() -> Connection {
    Connection::start(&STARTUP, Limits::default()).unwrap()
}

fn idle() -> Connection {
    let mut connection = new();
    connection.receive(&started()).unwrap();
    connection.written(connection.output().len());
    while connection.event().is_some() {}
    assert_eq!(connection.state(), State::Idle);
    connection
}

fn running(statements: usize) -> Connection {
    let mut connection = idle();
    connection.run(&vec![Statement::new("select 1", &[]); statements]).unwrap();
    connection.written(connection.output().len());
    connection
}

fn shown(connection: &mut Connection) -> Vec<String> {
    std::iter::from_fn(|| connection.event()).map(|event| format!("{event:?}")).collect()
}

#[test]
fn the_first_message_names_user_database_and_settings() {
    let connection = new();
    let output = String::from_utf8_lossy(connection.output()).into_owned();
    let expected = "\0\u{3}\0\0user\0ann\0database\0site\0application_name\0test\0client_encoding\0UTF8\0DateStyle\0ISO\0TimeZone\0UTC\0\0";
    assert_eq!(&output[4..], expected);
    assert_eq!(connection.output()[..4], u32::try_from(output.len()).unwrap().to_be_bytes());

    let with = Startup { options: "-c a=b", parameters: &[("statement_timeout", "5")], ..STARTUP };
    let connection = Connection::start(&with, Limits::default()).unwrap();
    let output = String::from_utf8_lossy(connection.output()).into_owned();
    assert!(output.ends_with("options\0-c a=b\0statement_timeout\x005\0\0"), "{output:?}");

    let refused = Connection::start(&Startup { database: "a\0b", ..STARTUP }, Limits::default());
    assert!(refused.unwrap_err().to_string().starts_with("a setting of the connection cannot be sent"));
    assert!(!format!("{STARTUP:?} {:?}", new()).contains("pencil"));
}

#[test]
fn a_connection_starts() {
    let mut connection = new();
    connection.receive(&started()).unwrap();
    assert!(matches!(connection.event(), Some(Event::Authenticated(Method::Trust))));
    assert!(matches!(connection.event(), Some(Event::Ready)));
    assert!(connection.event().is_none());
    assert_eq!((connection.server_version(), connection.process_id()), (Some("15.4"), Some(42)));
}

#[test]
fn passwords_are_sent_as_asked() {
    let mut connection = new();
    connection.written(connection.output().len());
    connection.receive(&authentication(3, b"")).unwrap();
    assert_eq!(connection.output(), message(b'p', b"pencil\0"));

    let mut connection = new();
    connection.written(connection.output().len());
    connection.receive(&authentication(5, b"salt")).unwrap();
    // Computed with Python: md5(hex(md5("pencilann")) + "salt")
    assert_eq!(connection.output(), message(b'p', b"md54933d913ee8ea3c8d73c6322de31508f\0"));

    connection.receive(&started()).unwrap();
    assert!(matches!(connection.event(), Some(Event::Authenticated(Method::Md5))));

    let mut connection = new();
    connection.written(connection.output().len());
    connection.receive(&authentication(10, b"SCRAM-SHA-256-PLUS\0SCRAM-SHA-256\0\0")).unwrap();
    let first = "n,,n=,r=BwcHBwcHBwcHBwcHBwcHBwcH";
    let body = [b"SCRAM-SHA-256\0".as_slice(), &[0, 0, 0, 32], first.as_bytes()].concat();
    assert_eq!(connection.output(), message(b'p', &body));
}

#[test]
fn a_server_that_cannot_be_trusted_is_left() {
    let sasl = || authentication(10, b"SCRAM-SHA-256\0\0");
    let first = b"r=BwcHBwcHBwcHBwcHBwcHBwcHserver,s=AAAA,i=4096".to_vec();
    let cases = [
        (vec![sasl(), authentication(0, b"")], "out of order"),
        (vec![sasl(), authentication(11, &first), authentication(0, b"")], "out of order"),
        (vec![sasl(), authentication(11, &first), authentication(12, b"v=AAAA")], "does not know the password"),
        (vec![sasl(), authentication(11, b"r=x,s=AAAA,i=1")], "does not continue"),
        (vec![sasl(), sasl()], "out of order"),
        (vec![authentication(3, b""), authentication(3, b"")], "out of order"),
        (vec![authentication(11, b"")], "out of order"),
        (vec![authentication(10, b"SCRAM-SHA-256-PLUS\0\0")], "asks for SASL with `SCRAM-SHA-256-PLUS`"),
        (vec![authentication(10, b"SCRAM")], "malformed"),
        (vec![authentication(7, b"")], "asks for GSSAPI"),
        (vec![authentication(2, b"")], "asks for Kerberos"),
        (vec![authentication(9, b"")], "asks for SSPI"),
        (vec![authentication(99, b"")], "unknown authentication tag"),
        (vec![authentication(5, b"sal")], "malformed"),
        (vec![ready()], "is this PostgreSQL?"),
        (vec![b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec()], "too large"),
    ];
    for (script, expected) in cases {
        let mut connection = new();
        let (last, before) = script.split_last().unwrap();
        for message in before {
            connection.receive(message).unwrap();
        }
        let refused = connection.receive(last).unwrap_err();
        assert!(refused.to_string().contains(expected), "{expected}: {refused}");
        assert_eq!(connection.state(), State::Broken);
        assert!(connection.output().is_empty());
        assert!(!refused.is_retryable());
    }

    let mut connection = Connection::start(&Startup { password: None, ..STARTUP }, Limits::default()).unwrap();
    let refused = connection.receive(&sasl()).unwrap_err();
    assert!(refused.to_string().ends_with("the server asks for the password of `ann`, and none is set"), "{refused}");
}

#[test]
fn a_refusal_at_the_start_is_the_end() {
    for script in [error("FATAL", "28P01"), [authentication(0, b""), error("FATAL", "3D000")].concat()] {
        let mut connection = new();
        connection.receive(&script).unwrap();
        let events = shown(&mut connection);
        assert!(events.last().unwrap().contains("Failed"), "{events:?}");
        assert_eq!(connection.state(), State::Broken);
        assert!(connection.receive(b"").unwrap_err().to_string().contains("that is broken cannot take bytes"));
    }
}

#[test]
fn statements_are_one_write() {
    let mut connection = idle();
    let params = [Param::new(oid::INT4, Some("5")), Param::null(), Param::text("")];
    connection.run(&[Statement::new("select $1", &params), Statement::new("b", &[])]).unwrap();
    let first: [&[u8]; 4] = [
        b"P\0\0\0\x1d\0select $1\0\0\x03\0\0\0\x17\0\0\0\0\0\0\0\0",
        b"B\0\0\0\x19\0\0\0\0\0\x03\0\0\0\x015\xff\xff\xff\xff\0\0\0\0\0\0",
        b"D\0\0\0\x06P\0",
        b"E\0\0\0\x09\0\0\0\0\0",
    ];
    let second: [&[u8]; 4] =
        [b"P\0\0\0\x09\0b\0\0\0", b"B\0\0\0\x0c\0\0\0\0\0\0\0\0", b"D\0\0\0\x06P\0", b"E\0\0\0\x09\0\0\0\0\0"];
    let expected = [first.concat(), second.concat(), b"S\0\0\0\x04".to_vec()].concat();
    assert_eq!(connection.output().escape_ascii().to_string(), expected.escape_ascii().to_string());
    assert_eq!(connection.state(), State::Busy);
}

#[test]
fn misuse_is_told_and_sends_nothing() {
    let many = vec![Param::text("x"); 65_536];
    let nul = [Param::text("a\0b")];
    let mut connection = idle();
    let cases = [
        (connection.run(&[]), "run no statement at all"),
        (connection.run(&[Statement::new("a\0b", &[])]), "a statement cannot be sent"),
        (connection.run(&[Statement::new("a", &[]), Statement::new("a", &nul)]), "a NUL character"),
        (connection.run(&[Statement::new("a", &many)]), "value too large"),
        (connection.describe("a\0b", &[]), "a statement cannot be sent"),
    ];
    for (refused, expected) in cases {
        let refused = refused.unwrap_err().to_string();
        assert!(refused.contains(expected), "{expected}: {refused}");
    }
    assert!(connection.output().is_empty());
    assert_eq!(connection.state(), State::Idle);

    let statement = [Statement::new("a", &[])];
    let told = |connection: &mut Connection| connection.run(&statement).unwrap_err().to_string();
    assert_eq!(told(&mut new()), "a connection that is authenticating cannot run statements");
    assert_eq!(told(&mut running(1)), "a connection that waits for an answer cannot run statements");
    connection.terminate();
    assert_eq!(connection.output(), b"X\0\0\0\x04");
    connection.terminate();
    assert_eq!(connection.output(), b"X\0\0\0\x04");
    assert_eq!(told(&mut connection), "a connection that was ended cannot run statements");
    assert!(connection.describe("a", &[]).is_err());
    connection.receive(&error("FATAL", "57P01")).unwrap();
    assert!(connection.event().is_none());
}

#[test]
fn results_come_with_the_end_of_the_transaction() {
    let mut connection = running(3);
    let columns = columns(&[("id", oid::INT4), ("name", oid::TEXT)]);
    connection.receive(&[bound(), columns, row(&[Some("1"), None]), row(&[Some("2"), Some("b")])].concat()).unwrap();
    assert!(connection.has_rows());
    connection.receive(&[done("SELECT 2"), bound(), message(b'n', b""), done("INSERT 0 7")].concat()).unwrap();
    connection.receive(&[bound(), message(b'n', b""), message(b'I', b"")].concat()).unwrap();
    assert!(connection.event().is_none());
    connection.receive(&message(b'Z', b"T")).unwrap();
    let Some(Event::Results(results)) = connection.event() else { panic!("no results") };
    assert_eq!(results.len(), 3);
    assert_eq!((results[0].len(), results[0].affected(), results[0].tag()), (2, 2, "SELECT 2"));
    assert_eq!(results[0].row(1).unwrap().text(1), Some("b"));
    assert_eq!((results[1].columns().len(), results[1].affected()), (0, 7));
    assert_eq!(results[2].tag(), "");
    assert!(connection.in_transaction() && !connection.has_rows());
}

#[test]
fn a_refusal_leaves_the_connection_usable() {
    let mut connection = running(3);
    let first = [bound(), columns(&[("a", 25)]), row(&[None]), done("SELECT 1")].concat();
    connection.receive(&[first, message(b'1', b""), error("ERROR", "23505"), ready()].concat()).unwrap();
    let Some(Event::Failed(error)) = connection.event() else { panic!("no refusal") };
    assert_eq!((error.code.as_str(), error.message.as_str(), error.statement), ("23505", "it failed", Some(1)));
    assert_eq!(
        (error.detail.as_deref(), error.position, error.table.as_deref()),
        (Some("detail"), Some(7), Some("post"))
    );
    assert_eq!((error.constraint.as_deref(), error.after_rows), (Some("post_pkey"), true));
    assert_eq!(error.to_string(), "the database refused: it failed (SQLSTATE 23505); detail: detail");
    assert_eq!(connection.state(), State::Idle);
}

#[test]
fn a_fatal_refusal_breaks_the_connection() {
    let mut connection = running(1);
    connection.receive(&[bound(), error("FATAL", "57P01")].concat()).unwrap();
    assert!(matches!(connection.event(), Some(Event::Failed(error)) if error.is_fatal() && error.is_retryable()));
    assert_eq!(connection.state(), State::Broken);

    let mut connection = idle();
    connection.receive(&error("FATAL", "57P01")).unwrap();
    assert!(matches!(connection.event(), Some(Event::Failed(_))));
    assert_eq!(connection.state(), State::Broken);
}

#[test]
fn the_end_of_input_is_explained() {
    assert_eq!(new().end_of_input().to_string(), "the database server closed the connection before it was ready");
    assert!(idle().end_of_input().is_retryable());
    let mut connection = running(1);
    connection.receive(&[bound(), columns(&[("a", 25)]), row(&[None])].concat()).unwrap();
    let error = connection.end_of_input();
    assert_eq!(error.to_string(), "the database server closed the connection before it had answered");
    assert!(!error.is_retryable());
    assert_eq!(connection.state(), State::Broken);

    let mut connection = running(1);
    connection.receive(&self::error("ERROR", "58000")).unwrap();
    assert!(matches!(connection.end_of_input(), Error::Server(error) if error.code == "58000"));
}

#[test]
fn statements_are_described() {
    let mut connection = idle();
    connection.describe("select $1", &[oid::INT4]).unwrap();
    let expected = b"P\0\0\0\x15\0select $1\0\0\x01\0\0\0\x17D\0\0\0\x06S\0S\0\0\0\x04";
    assert_eq!(connection.output().escape_ascii().to_string(), expected.escape_ascii().to_string());
    let params = message(b't', &[0, 2, 0, 0, 0, 23, 0, 0, 0, 25]);
    connection.receive(&[message(b'1', b""), params.clone(), columns(&[("a", 25)]), ready()].concat()).unwrap();
    let Some(Event::Described(description)) = connection.event() else { panic!("no description") };
    assert_eq!(description.params, [23, 25]);
    assert_eq!(&*description.columns[0].name, "a");

    connection.describe("delete", &[]).unwrap();
    connection.receive(&[message(b'1', b""), params, message(b'n', b""), ready()].concat()).unwrap();
    assert!(matches!(connection.event(), Some(Event::Described(description)) if description.columns.is_empty()));
}

#[test]
fn messages_out_of_order_break_the_connection() {
    let columns = || columns(&[("a", 25)]);
    let text_as_binary = {
        let mut message = columns();
        *message.last_mut().unwrap() = 1;
        message
    };
    let cases = [
        ready(),
        message(b'2', b""),
        [bound(), row(&[None])].concat(),
        [bound(), columns(), columns()].concat(),
        [bound(), columns(), row(&[None, None])].concat(),
        [bound(), columns(), ready()].concat(),
        [bound(), columns(), message(b'I', b"")].concat(),
        [bound(), message(b'n', b""), row(&[])].concat(),
        [bound(), columns(), message(b's', b"")].concat(),
        [bound(), message(b'G', b"\0\0\0")].concat(),
        [bound(), message(b'H', b"\0\0\0")].concat(),
        [bound(), text_as_binary].concat(),
        [bound(), columns(), done("SELECT 0"), done("SELECT 0")].concat(),
        [bound(), columns(), done("SELECT 0"), message(b'Z', b"")].concat(),
        [bound(), columns(), done("SELECT 0"), message(b'Z', b"X")].concat(),
        [bound(), columns(), message(b'C', b"SELECT 0")].concat(),
        [error("ERROR", "42601"), error("ERROR", "42601")].concat(),
        [error("ERROR", "42601"), message(b'1', b"")].concat(),
        message(b'E', b"Sx"),
        message(b'S', b"a"),
        message(b'S', b"a\0b\0c\0"),
        message(b'R', &[0, 0, 0, 0]),
        message(b't', b"\0\0"),
        message(b'?', b""),
    ];
    for script in cases {
        let mut connection = running(1);
        let refused = connection.receive(&script).unwrap_err();
        assert!(matches!(refused, Error::Protocol(_)), "{}: {refused}", script.escape_ascii());
        assert_eq!(connection.state(), State::Broken);
        assert!(connection.event().is_none());
    }
    assert!(idle().receive(&bound()).is_err());
}

#[test]
fn answers_have_limits() {
    let limits = Limits { message: 100, rows: 3, bytes: 60 };
    let run = || {
        let mut connection = Connection::start(&STARTUP, limits).unwrap();
        connection.receive(&started()).unwrap();
        connection.run(&[Statement::new("a", &[]), Statement::new("b", &[])]).unwrap();
        connection
    };
    let select = |rows: &[Vec<u8>]| [bound(), columns(&[("a", 25)]), rows.concat(), done("SELECT")].concat();
    let small = row(&[Some("x")]);
    let mut connection = run();
    connection.receive(&select(&[small.clone(), small.clone()])).unwrap();
    connection.receive(&[select(std::slice::from_ref(&small)), ready()].concat()).unwrap();

    let cases = [
        (vec![select(&[small.clone(), small.clone()]), select(&[small.clone(), small.clone()])], "more than 3 rows"),
        (vec![select(&[row(&[Some(&"x".repeat(60))])])], "more than 60 bytes of rows"),
        (vec![b"D\0\0\x01\0".to_vec()], "more than 100 bytes in one message"),
    ];
    for (script, expected) in cases {
        let mut connection = run();
        let refused = connection.receive(&script.concat()).unwrap_err();
        assert!(refused.to_string().contains(expected), "{refused}");
        assert_eq!(connection.state(), State::Broken);
    }
}

/// All that a server says in a session of three rounds, with the messages that come at any time.
fn session() -> Vec<Vec<u8>> {
    let notice = message(b'N', b"SNOTICE\0C00000\0Mhello\0\0");
    let notification = message(b'A', b"\0\0\0\x01c\0p\0");
    let setting = message(b'S', b"TimeZone\0UTC\0");
    let rows: Vec<u8> = (0..20).flat_map(|at| row(&[Some(&at.to_string()), None, Some("ü\"")])).collect();
    let columns = columns(&[("id", 23), ("b", 16), ("ü", 25)]);
    vec![
        [notice.clone(), started()].concat(),
        [bound(), columns, rows, notice.clone(), done("SELECT 20"), ready()].concat(),
        [message(b'1', b""), notification, error("ERROR", "22P02"), setting, ready()].concat(),
        [bound(), message(b'n', b""), done("UPDATE 3"), notice, ready()].concat(),
    ]
}

fn play(chunks: &[usize]) -> Vec<String> {
    let mut connection = new();
    let mut sizes = chunks.iter().cycle();
    let mut events = Vec::new();
    for round in session() {
        let mut rest = &round[..];
        while !rest.is_empty() {
            let (chunk, after) = rest.split_at((*sizes.next().unwrap()).min(rest.len()));
            connection.receive(chunk).unwrap();
            rest = after;
        }
        events.extend(shown(&mut connection));
        connection.run(&[Statement::new("select 1", &[])]).unwrap();
    }
    events
}

/// The states in which a server may say anything.
fn states() -> [Connection; 5] {
    let mut describing = idle();
    describing.describe("select 1", &[]).unwrap();
    [new(), idle(), running(1), running(3), describing]
}

fn any_message() -> impl Strategy<Value = Vec<u8>> {
    let tags = b"123ACDEGHIKNRSTZcdnst";
    let body = prop_oneof![
        prop::collection::vec(any::<u8>(), 0..40),
        prop::collection::vec(prop_oneof![Just(0u8), Just(1), Just(b'a'), Just(0xff)], 0..24),
    ];
    let random = (prop::sample::select(&tags[..]), body).prop_map(|(tag, body)| message(tag, &body));
    let fitting = prop::sample::select(vec![
        bound(),
        message(b'1', b""),
        columns(&[("a", 25)]),
        row(&[Some("x")]),
        done("SELECT 1"),
        ready(),
        error("ERROR", "22P02"),
        authentication(0, b""),
        authentication(10, b"SCRAM-SHA-256\0\0"),
        authentication(11, b"r=BwcHBwcHBwcHBwcHBwcHBwcHx,s=AAAA,i=2"),
        message(b't', &[0, 0]),
    ]);
    prop_oneof![random, fitting, prop::collection::vec(any::<u8>(), 0..12)]
}

proptest! {
    #[test]
    fn chunks_make_no_difference(chunks in prop::collection::vec(1usize..80, 1..20)) {
        prop_assert_eq!(play(&chunks), play(&[usize::MAX]));
    }

    #[test]
    fn any_bytes_are_taken_or_refused(messages in prop::collection::vec(any_message(), 0..12), chunk in 1usize..50) {
        let bytes = messages.concat();
        for mut connection in states() {
            for chunk in bytes.chunks(chunk) {
                // A refusal may be an event; an error always breaks the connection.
                let refused = connection.receive(chunk).is_err();
                prop_assert!(!refused || connection.state() == State::Broken);
                if connection.state() == State::Broken {
                    break;
                }
            }
            // Whatever came, all that is asked of it has an answer.
            while let Some(event) = connection.event() {
                if let Event::Results(results) = event {
                    let mut out = Vec::new();
                    results.iter().for_each(|result| rivage_postgres::json::write_many(result, &mut out));
                }
            }
            let _ = connection.run(&[Statement::new("select 1", &[])]);
            connection.terminate();
            connection.end_of_input();
        }
    }
}
