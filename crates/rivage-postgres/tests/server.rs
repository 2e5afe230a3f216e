//! The connection against a real PostgreSQL.

mod common;

use std::time::Duration;

use common::{all, config, one, value};
use rivage_postgres::oid;
use rivage_postgres::{Client, Error, Kind, Limits, Method, Param, Pool, Statement, json};

/// Ends the test where there is no server.
macro_rules! connect {
    () => {{
        let Some(config) = config("postgres") else { return };
        Client::connect(&config).await.unwrap()
    }};
}

async fn rows_of(client: &mut Client, sql: &str, param: &str) -> usize {
    client.query(&[Statement::new(sql, &[Param::text(param)])]).await.unwrap()[0].len()
}

#[tokio::test]
async fn each_method_of_authentication_works() {
    let mut admin = connect!();
    let roles = [
        ("scram_user", "scram-sha-256", Method::Scram),
        ("md5_user", "md5", Method::Md5),
        ("cleartext_user", "scram-sha-256", Method::Cleartext),
        ("trusted_user", "scram-sha-256", Method::Trust),
    ];
    let password = if cfg!(feature = "saslprep") { "pässword \u{2168}' with @:/?%" } else { "password' with @:/?%" };
    for (role, encryption, method) in roles {
        let set = format!("set local password_encryption = '{encryption}'");
        let create = format!("create role {role} login password '{}'", password.replace('\'', "''"));
        admin.query(&[Statement::new(&set, &[]), Statement::new(&create, &[])]).await.unwrap();

        let mut config = config(role).unwrap();
        config.password = Some(password.to_owned());
        let mut client = Client::connect(&config).await.unwrap();
        assert_eq!(client.method(), method);
        assert_eq!(value(&mut client, "select current_user").await, role);
        assert!(client.connection().server_version().is_some_and(|version| version.starts_with(char::is_numeric)));
        client.close().await;

        if method == Method::Trust {
            continue;
        }
        config.password = Some("wrong".to_owned());
        let refused = Client::connect(&config).await.unwrap_err();
        assert!(matches!(&refused, Error::Server(error) if error.code == "28P01" && error.is_fatal()), "{refused}");
        assert_eq!((refused.kind(), refused.is_retryable()), (Kind::Unavailable, false));
        assert!(!format!("{refused} {refused:?}").contains("wrong"));
        config.password = None;
        let refused = Client::connect(&config).await.unwrap_err().to_string();
        assert!(refused.ends_with(&format!("asks for the password of `{role}`, and none is set")), "{refused}");
    }
}

#[tokio::test]
async fn an_unknown_database_or_option_is_refused() {
    let Some(mut config) = config("postgres") else { return };
    config.options = "-c no_such_thing=1".to_owned();
    let refused = Client::connect(&config).await.unwrap_err();
    assert!(refused.to_string().contains("no_such_thing"), "{refused}");
    config.options = "-c search_path=elsewhere".to_owned();
    let mut client = Client::connect(&config).await.unwrap();
    assert_eq!(value(&mut client, "show search_path").await, "elsewhere");

    config.database = "nowhere".to_owned();
    let refused = Client::connect(&config).await.unwrap_err();
    assert!(matches!(&refused, Error::Server(error) if error.code == "3D000"), "{refused}");
    assert_eq!(refused.to_string(), "the database refused: database \"nowhere\" does not exist (SQLSTATE 3D000)");
}

#[tokio::test]
async fn the_settings_that_json_relies_on_are_made() {
    let mut client = connect!();
    for (name, expected) in
        [("TimeZone", "UTC"), ("DateStyle", "ISO, MDY"), ("client_encoding", "UTF8"), ("statement_timeout", "10s")]
    {
        assert_eq!(value(&mut client, &format!("show {name}")).await, expected);
    }
    assert_eq!(
        value(&mut client, "select application_name from pg_stat_activity where pid = pg_backend_pid()").await,
        "rivage"
    );
    let id = client.connection().process_id().unwrap();
    assert_eq!(value(&mut client, "select pg_backend_pid()").await, id.to_string());
}

#[tokio::test]
async fn every_type_comes_back_as_json() {
    let mut client = connect!();
    all(&mut client, &["create type mood as enum ('sad', 'so so')"]).await;
    let cases = [
        ("null::int4", "null"),
        ("true", "true"),
        ("false", "false"),
        ("'-32768'::int2", "-32768"),
        ("'2147483647'::int4", "2147483647"),
        ("'9007199254740991'::int8", "9007199254740991"),
        ("'-9007199254740992'::int8", "\"-9007199254740992\""),
        ("'4294967295'::oid", "4294967295"),
        ("'1.5'::float4", "1.5"),
        ("'1e-5'::float4", "1e-05"),
        ("0.1::float8 + 0.2::float8", "0.30000000000000004"),
        ("'-1e300'::float8", "-1e+300"),
        ("'-0'::float8", "-0"),
        ("'NaN'::float8", "null"),
        ("'-Infinity'::float4", "null"),
        ("'123456789012345678901234567890.10'::numeric", "\"123456789012345678901234567890.10\""),
        ("'NaN'::numeric", "\"NaN\""),
        ("'a\"\\ü\u{1}'", "\"a\\\"\\\\ü\\u0001\""),
        ("'x'::char(3)", "\"x  \""),
        ("'x'::varchar(3)", "\"x\""),
        ("'x'::name", "\"x\""),
        ("'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'::uuid", "\"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11\""),
        ("'2026-01-02'::date", "\"2026-01-02\""),
        ("'infinity'::date", "\"infinity\""),
        ("'03:04:05.6'::time", "\"03:04:05.6\""),
        ("'2026-01-02 03:04:05.678'::timestamp", "\"2026-01-02T03:04:05.678Z\""),
        ("'2026-01-02 03:04:05.678+02'::timestamptz", "\"2026-01-02T01:04:05.678Z\""),
        ("'2026-01-02 03:04:05.000001'::timestamptz", "\"2026-01-02T03:04:05.000001Z\""),
        ("'infinity'::timestamptz", "\"infinity\""),
        ("'0044-03-15 12:00 BC'::timestamp", "\"0044-03-15 12:00:00 BC\""),
        ("'12345-01-01'::timestamptz", "\"12345-01-01 00:00:00+00\""),
        ("'1 day 02:00'::interval", "\"1 day 02:00:00\""),
        ("'{\"b\":1, \"a\" : [ 1 ]}'::json", "{\"b\":1, \"a\" : [ 1 ]}"),
        ("'{\"b\":1,\"a\":null}'::jsonb", "{\"a\": null, \"b\": 1}"),
        ("'null'::jsonb", "null"),
        ("'\\x00ff10'::bytea", "\"AP8Q\""),
        ("''::bytea", "\"\""),
        ("'so so'::mood", "\"so so\""),
        ("'{sad,\"so so\"}'::mood[]", "\"{sad,\\\"so so\\\"}\""),
        ("'(1,2)'::point", "\"(1,2)\""),
        ("'10.0.0.1/8'::inet", "\"10.0.0.1/8\""),
        ("'[1,5)'::int4range", "\"[1,5)\""),
        ("'{}'::int4[]", "[]"),
        ("array[1, null, 3]", "[1,null,3]"),
        ("array[[1, 2], [3, 4]]", "[[1,2],[3,4]]"),
        ("'[0:1]={7,8}'::int4[]", "[7,8]"),
        ("'[-1:0][2:3]={{1,2},{3,4}}'::int2[]", "[[1,2],[3,4]]"),
        ("array[[[[[[1]]]]]]", "[[[[[[1]]]]]]"),
        (
            "array['a', '', null, 'null', 'b c', '\"', E'\\\\', '{,}', E'\\n']",
            r#"["a","",null,"null","b c","\"","\\","{,}","\n"]"#,
        ),
        ("array[9007199254740993]", "[\"9007199254740993\"]"),
        ("array[true, false]", "[true,false]"),
        ("array['NaN', 1.5]::float8[]", "[null,1.5]"),
        ("array['1.50']::numeric[]", "[\"1.50\"]"),
        ("array['{\"a\": \"x\\\"y\"}', '1']::jsonb[]", r#"[{"a": "x\"y"},1]"#),
        ("array['[]']::json[]", "[[]]"),
        ("array['\\x00ff']::bytea[]", "[\"AP8=\"]"),
        ("array['2026-01-02 03:04:05+00']::timestamptz[]", "[\"2026-01-02T03:04:05Z\"]"),
        ("array['2026-01-02 03:04:05']::timestamp[]", "[\"2026-01-02T03:04:05Z\"]"),
        ("array['2026-01-02']::date[]", "[\"2026-01-02\"]"),
        ("array['1 day 2:00']::interval[]", "[\"1 day 02:00:00\"]"),
        ("array['A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11']::uuid[]", "[\"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11\"]"),
        ("array['x']::varchar[]", "[\"x\"]"),
        ("array['x']::char(2)[]", "[\"x \"]"),
    ];
    for (expression, expected) in cases {
        let sql = format!("select {expression} as v");
        let result = one(&mut client, &sql).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
        let mut out = Vec::new();
        assert!(json::write_one(&result, &mut out));
        assert_eq!(str::from_utf8(&out).unwrap(), format!("{{\"v\":{expected}}}"), "{expression}");
    }
}

#[tokio::test]
async fn the_json_is_what_the_server_would_write() {
    let mut client = connect!();
    let sql = "
        with every as (
            select i, i % 3 = 0 as b, repeat(chr(i * 7 % 1000 + 1) || E'\"\\\\', i % 5) as t, sqrt(i) as f, array[i, null, -i] as a,
                array[chr(i % 128 + 1), null, 'x y'] as s, jsonb_build_object('k', i) as j, case when i % 2 = 0 then 'null' end as n
            from generate_series(1, 500) i
        )
        select every.*, to_jsonb(every)::text as whole from every";
    let result = one(&mut client, sql).await.unwrap();
    let mut out = Vec::new();
    json::write_many(&result, &mut out);
    let rows: Vec<serde_json::Map<String, serde_json::Value>> = serde_json::from_slice(&out).unwrap();
    assert_eq!(rows.len(), 500);
    for mut row in rows {
        let whole = row.shift_remove("whole").unwrap();
        let expected: serde_json::Value = serde_json::from_str(whole.as_str().unwrap()).unwrap();
        assert_eq!(serde_json::Value::Object(row), expected);
    }
}

#[tokio::test]
async fn parameters_are_text_of_their_types() {
    let mut client = connect!();
    let params = [
        Param::new(oid::INT8, Some("-5")),
        Param::new(oid::TEXT, Some("'; drop table x; --")),
        Param::null(),
        Param::new(oid::TIMESTAMPTZ, Some("2026-01-02T03:04:05Z")),
        Param::new(1007, Some("{1,2}")),
        Param::text("1.50"),
    ];
    let sql = "select $1 + 1, $2, $3::int4 is null, $4 + interval '1 hour', $5[2], $6::numeric";
    let results = client.query(&[Statement::new(sql, &params)]).await.unwrap();
    let row: Vec<_> = results[0].row(0).unwrap().map(|cell| str::from_utf8(cell.unwrap()).unwrap()).collect();
    assert_eq!(row, ["-4", "'; drop table x; --", "t", "2026-01-02 04:04:05+00", "2", "1.50"]);

    let description = client.describe(sql, &[oid::INT8, oid::TEXT, 0, oid::TIMESTAMPTZ, 1007]).await.unwrap();
    assert_eq!(description.params, [oid::INT8, oid::TEXT, oid::INT4, oid::TIMESTAMPTZ, 1007, oid::NUMERIC]);
    let types: Vec<_> = description.columns.iter().map(|column| column.oid).collect();
    assert_eq!(types, [oid::INT8, oid::TEXT, oid::BOOL, oid::TIMESTAMPTZ, oid::INT4, oid::NUMERIC]);
    let description = client.describe("set local jit = off", &[]).await.unwrap();
    assert!(description.params.is_empty() && description.columns.is_empty());
    let refused = client.describe("select wrong from pg_class", &[]).await.unwrap_err();
    assert!(matches!(refused, Error::Server(error) if error.code == "42703" && error.position == Some(8)));
    assert!(client.is_usable());
}

#[tokio::test]
async fn refusals_of_each_class_are_told_apart() {
    let mut client = connect!();
    all(
        &mut client,
        &[
            "create role reader login",
            "create table parent (id int primary key, n int not null, c int check (c > 0), name varchar(3))",
            "create table child (id int references parent)",
            "create table booking (during int4range, exclude using gist (during with &&))",
            "insert into parent values (1, 1, 1, 'a')",
            "insert into booking values ('[1,5)')",
        ],
    )
    .await;
    let cases = [
        ("insert into parent values (1, 1, 1)", "23505", 409),
        ("insert into booking values ('[2,3)')", "23P01", 409),
        ("do $$ begin raise sqlstate '40001'; end $$", "40001", 503),
        ("insert into parent (id) values (2)", "23502", 422),
        ("insert into parent values (2, 1, 0)", "23514", 422),
        ("insert into child values (9)", "23503", 422),
        ("do $$ begin raise exception 'no' using detail = 'why'; end $$", "P0001", 500),
        ("insert into parent values (2, 1, 1, 'long')", "22001", 400),
        ("select 'x'::int4", "22P02", 400),
        ("select 1 / 0", "22012", 400),
        ("do $$ begin raise exception 'no' using errcode = 'PT404'; end $$", "PT404", 404),
        ("selec 1", "42601", 500),
        ("select * from nowhere", "42P01", 500),
        ("select 1; select 2", "42601", 500),
    ];
    for (sql, code, status) in cases {
        let refused = one(&mut client, sql).await.unwrap_err();
        assert!(matches!(&refused, Error::Server(error) if error.code == code), "{sql}: {refused}");
        assert_eq!((refused.kind().status(), refused.is_retryable()), (status, false), "{sql}");
        assert!(client.is_usable(), "{sql}");
    }
    let Err(Error::Server(error)) = one(&mut client, cases[0].0).await else { panic!("not refused") };
    assert_eq!((error.table.as_deref(), error.constraint.as_deref()), (Some("parent"), Some("parent_pkey")));
    assert_eq!(error.detail.as_deref(), Some("Key (id)=(1) already exists."));

    let mut reader = Client::connect(&config("reader").unwrap()).await.unwrap();
    let refused = one(&mut reader, "select * from parent").await.unwrap_err();
    assert_eq!(refused.kind(), Kind::Forbidden);
    one(&mut client, "alter role reader connection limit 1").await.unwrap();
    let refused = Client::connect(&config("reader").unwrap()).await.unwrap_err();
    assert!(matches!(&refused, Error::Server(error) if error.code == "53300"), "{refused}");
    assert!(refused.kind() == Kind::Unavailable && refused.is_retryable());
}

#[tokio::test]
async fn statements_are_kept_together_or_not_at_all() {
    let mut client = connect!();
    all(
        &mut client,
        &[
            "create table entry (id int primary key)",
            "create table late (id int references entry deferrable initially deferred)",
        ],
    )
    .await;
    let insert = "insert into entry values ($1::int4) returning id";
    let [one_, two, three] = ["1", "2", "3"].map(|id| [Param::text(id)]);
    let wrong = [
        Statement::new(insert, &one_),
        Statement::new(insert, &two),
        Statement::new(insert, &one_),
        Statement::new(insert, &three),
    ];
    let Err(Error::Server(error)) = client.query(&wrong).await else { panic!("not refused") };
    assert_eq!((error.code.as_str(), error.statement, error.after_rows), ("23505", Some(2), true));
    assert_eq!(value(&mut client, "select count(*) from entry").await, "0");

    let results = client.query(&[Statement::new(insert, &one_), Statement::new(insert, &two)]).await.unwrap();
    assert_eq!(results.iter().map(|result| result.affected()).collect::<Vec<_>>(), [1, 1]);
    assert_eq!(value(&mut client, "select count(*) from entry").await, "2");

    let Err(Error::Server(error)) = one(&mut client, "insert into late values (7)").await else {
        panic!("not refused")
    };
    assert_eq!((error.code.as_str(), error.statement), ("23503", None));
    assert_eq!(value(&mut client, "select count(*) from late").await, "0");
}

#[tokio::test]
async fn a_statement_that_takes_too_long_is_ended() {
    let Some(mut config) = config("postgres") else { return };
    config.statement_timeout = Duration::from_millis(500);
    let mut client = Client::connect(&config).await.unwrap();
    let refused = one(&mut client, "select pg_sleep(30)").await.unwrap_err();
    assert!(matches!(&refused, Error::Server(error) if error.code == "57014"), "{refused}");
    assert_eq!((refused.kind(), refused.is_retryable()), (Kind::Timeout, false));
    assert_eq!(value(&mut client, "select 1").await, "1");

    // A server that was not told: the client's own timer.
    config.announce_statement_timeout = false;
    let mut client = Client::connect(&config).await.unwrap();
    let refused = one(&mut client, "select pg_sleep(30)").await.unwrap_err();
    assert!(matches!(refused, Error::Timeout { .. }), "{refused}");
    assert!(refused.to_string().ends_with("did not answer within 1.5s"), "{refused}");
    assert!(!client.is_usable());
    let refused = one(&mut client, "select 1").await.unwrap_err();
    assert_eq!(refused.to_string(), "a connection that is broken cannot run statements");
}

#[tokio::test]
async fn a_backend_that_is_killed_is_told() {
    let mut killer = connect!();
    let rows = "select repeat('x', 1000), pg_sleep(0.0001) from generate_series(1, 9000)";
    for (sql, after_rows) in [("select pg_sleep(60)", false), (rows, true)] {
        let mut victim = Client::connect(&config("postgres").unwrap()).await.unwrap();
        let id = victim.connection().process_id().unwrap().to_string();
        let query = tokio::spawn(async move {
            let refused = one(&mut victim, sql).await.unwrap_err();
            (refused, victim.is_usable())
        });
        // When it has something to do, and, for rows, after some came.
        let kill = "select pg_terminate_backend(pid) from pg_stat_activity
            where pid = $1::int4 and state = 'active' and query_start < clock_timestamp() - interval '0.3 s'";
        while rows_of(&mut killer, kill, &id).await == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let (refused, is_usable) = query.await.unwrap();
        assert!(matches!(&refused, Error::Server(error) if error.code == "57P01" && error.is_fatal()), "{refused}");
        assert_eq!((refused.kind(), refused.is_retryable(), is_usable), (Kind::Unavailable, !after_rows, false));
    }
}

#[tokio::test]
async fn large_answers_are_refused_and_large_statements_are_not() {
    let Some(config) = config("postgres") else { return };
    let limits = Limits { message: 100_000, rows: 1000, bytes: 1_000_000 };
    let cases = [
        ("select generate_series(1, 1000000)", "more than 1000 rows"),
        ("select repeat('x', 50000) from generate_series(1, 100)", "more than 1000000 bytes of rows"),
        ("select repeat('x', 100000000)", "more than 100000 bytes in one message"),
    ];
    for (sql, expected) in cases {
        let mut client = Client::connect_with(&config, limits).await.unwrap();
        let refused = one(&mut client, sql).await.unwrap_err();
        assert!(refused.to_string().contains(expected), "{refused}");
        assert_eq!((refused.kind(), refused.is_retryable(), client.is_usable()), (Kind::Internal, false, false));
    }

    // Both sides have more to say than the network holds at a time.
    let mut client = Client::connect(&config).await.unwrap();
    let long = "x".repeat(2_000_000);
    let echo = [Param::new(oid::TEXT, Some(&long))];
    let results = client.query(&[Statement::new("select $1", &echo); 3]).await.unwrap();
    assert!(results.iter().all(|result| result.row(0).unwrap().text(0) == Some(&long)));
}

#[tokio::test]
async fn what_this_connection_cannot_do_breaks_it() {
    for sql in ["copy (select 1) to stdout", "copy pg_class from stdin"] {
        let mut client = connect!();
        let refused = one(&mut client, sql).await.unwrap_err();
        assert!(refused.to_string().contains("COPY"), "{refused}");
        assert!(!client.is_usable());
    }
}

#[tokio::test]
async fn notices_and_empty_statements_are_nothing() {
    let mut client = connect!();
    all(&mut client, &["do $$ begin raise notice 'hello'; raise warning 'again'; end $$", "", "listen c", "notify c"])
        .await;
    assert_eq!(value(&mut client, "select 1").await, "1");
    let nothing = one(&mut client, "-- nothing").await.unwrap();
    assert!(nothing.is_empty() && nothing.tag().is_empty());
}

#[tokio::test]
async fn leaving_closes_the_connection() {
    let mut admin = connect!();
    for waits in [true, false] {
        let mut config = config("postgres").unwrap();
        config.application_name = format!("leaver {waits}");
        let client = Client::connect(&config).await.unwrap();
        if waits {
            client.close().await
        } else {
            drop(client)
        }
        let count = format!("select count(*) from pg_stat_activity where application_name = 'leaver {waits}'");
        let gone = async {
            while value(&mut admin, &count).await != "0" {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(30), gone).await.unwrap();
    }
}

#[tokio::test]
async fn a_pool_lends_what_is_good_and_no_more_than_it_has() {
    let mut admin = connect!();
    let pool = Pool::new(config("postgres").unwrap(), Limits::default(), 2, Duration::from_millis(100));
    let (mut first, second) = (pool.get().await.unwrap(), pool.get().await.unwrap());
    let refused = pool.get().await.unwrap_err();
    assert_eq!(refused.to_string(), "all 2 connections to the database were in use for 100ms");
    assert_eq!(refused.kind(), Kind::Unavailable);

    // The last one given back is lent next.
    let id = value(&mut first, "select pg_backend_pid()").await;
    drop(second);
    drop(first);
    assert_eq!(pool.idle(), 2);
    let mut again = pool.get().await.unwrap();
    assert_eq!(value(&mut again, "select pg_backend_pid()").await, id);

    // An open transaction is nobody else's.
    one(&mut again, "begin").await.unwrap();
    drop(again);
    assert_eq!(pool.idle(), 1);

    // One that died while it was idle.
    let mut other = pool.get().await.unwrap();
    let id = value(&mut other, "select pg_backend_pid()").await;
    drop(other);
    rows_of(&mut admin, "select pg_terminate_backend($1::int4, 30000)", &id).await;
    let mut fresh = pool.get().await.unwrap();
    assert_ne!(value(&mut fresh, "select pg_backend_pid()").await, id);

    // One whose user went away in the middle.
    let given_up = tokio::time::timeout(Duration::from_millis(50), one(&mut fresh, "select pg_sleep(20)")).await;
    assert!(given_up.is_err() && !fresh.is_usable());
    drop(fresh);
    assert_eq!(pool.idle(), 0);
    assert_eq!(value(&mut pool.get().await.unwrap(), "select 1").await, "1");
    pool.close().await;
    assert_eq!(pool.idle(), 0);
}
