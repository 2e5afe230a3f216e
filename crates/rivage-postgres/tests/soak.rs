//! Many queries over one connection leave nothing behind. Alone in its process, since it looks at the memory of all of it.

mod common;

use common::{config, value};
use rivage_postgres::{Client, Param, Statement, json};

/// Pages of memory in use; `None` where the system does not tell.
fn pages() -> Option<u64> {
    std::fs::read_to_string("/proc/self/statm").ok()?.split(' ').nth(1)?.parse().ok()
}

fn open_files() -> usize {
    std::fs::read_dir("/proc/self/fd").map_or(0, Iterator::count)
}

#[tokio::test]
async fn ten_thousand_queries_leave_nothing() {
    let Some(config) = config("postgres") else { return };
    let mut client = Client::connect(&config).await.unwrap();
    let id = value(&mut client, "select pg_backend_pid()").await;
    let mut before = None;
    for round in 0..10_000 {
        let text = round.to_string();
        let params = [Param::text(&text)];
        let sql = if round % 10 == 9 {
            "select 1 / ($1::int4 - $1::int4)"
        } else {
            "select i, $1::int4 + i from generate_series(1, 20) i"
        };
        match client.query(&[Statement::new(sql, &params)]).await {
            Ok(results) => {
                let mut out = Vec::new();
                json::write_many(&results[0], &mut out);
                assert_eq!(results[0].len(), 20);
                assert!(out.starts_with(format!("[{{\"i\":1,\"?column?\":{}}}", round + 1).as_bytes()));
            }
            Err(error) => assert!(error.to_string().contains("division by zero"), "{error}"),
        }
        if round == 1000 {
            before = Some((pages(), open_files()));
        }
    }
    assert_eq!(value(&mut client, "select pg_backend_pid()").await, id);
    let (pages_before, files) = before.unwrap();
    assert_eq!(open_files(), files);
    if let (Some(before), Some(after)) = (pages_before, pages()) {
        // 4 KiB each: less than 60 bytes of each query could have stayed.
        assert!(after < before + 128, "{before} pages before, {after} after");
    }
}
