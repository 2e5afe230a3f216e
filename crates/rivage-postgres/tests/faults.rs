//! The client over a network with faults: a clear error in bounded time, and recovery after it.

mod common;

use std::io::ErrorKind;
use std::time::Duration;

use common::{of, one, value};
use postgres_fixture::{Fault, Proxy};
use rivage_postgres::{Client, Config, Error, Kind, Limits, Pool};

/// Far beyond every time-out: a test that takes this long hangs.
const BOUND: Duration = Duration::from_secs(30);

const ROWS: &str = "select repeat('x', 1000) from generate_series(1, 1000)";

fn proxied() -> Option<(Proxy, Config)> {
    let server = postgres_fixture::shared()?;
    let proxy = Proxy::start(server.address()).unwrap();
    let mut config = of(server, "postgres");
    config.port = proxy.address().port();
    Some((proxy, config))
}

async fn bounded<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(BOUND, future).await.expect("hangs")
}

#[tokio::test]
async fn without_a_fault_nothing_is_different() {
    let Some((_proxy, config)) = proxied() else { return };
    let mut client = Client::connect(&config).await.unwrap();
    assert_eq!(one(&mut client, ROWS).await.unwrap().len(), 1000);
}

#[tokio::test]
async fn a_black_hole_is_left_in_time() {
    let Some((proxy, mut config)) = proxied() else { return };
    config.statement_timeout = Duration::from_millis(100);
    let mut client = Client::connect(&config).await.unwrap();
    proxy.set(Fault::BlackHole);
    let refused = bounded(one(&mut client, "select 1")).await.unwrap_err();
    let address = proxy.address();
    assert_eq!(refused.to_string(), format!("the database at {address} did not answer within 1.1s"));
    assert_eq!((refused.kind(), refused.is_retryable(), client.is_usable()), (Kind::Timeout, false, false));

    config.connect_timeout = Duration::from_millis(200);
    let refused = bounded(Client::connect(&config)).await.unwrap_err();
    assert_eq!(refused.to_string(), format!("the database at {address} did not accept a connection within 200ms"));
    assert_eq!(refused.kind(), Kind::Unavailable);
}

#[tokio::test]
async fn a_slow_trickle_is_read_or_left_in_time() {
    let Some((proxy, mut config)) = proxied() else { return };
    proxy.set(Fault::Trickle(Duration::from_micros(100)));
    let mut client = bounded(Client::connect(&config)).await.unwrap();
    assert_eq!(bounded(value(&mut client, "select 'all of it, byte by byte'")).await, "all of it, byte by byte");

    config.statement_timeout = Duration::from_millis(500);
    let mut client = bounded(Client::connect(&config)).await.unwrap();
    proxy.set(Fault::Trickle(Duration::from_millis(20)));
    let refused = bounded(one(&mut client, "select repeat('x', 1000)")).await.unwrap_err();
    assert!(matches!(refused, Error::Timeout { .. }), "{refused}");
}

#[tokio::test]
async fn a_connection_that_breaks_is_told_apart_by_its_rows() {
    let Some((proxy, config)) = proxied() else { return };
    // In the answer to Parse, before the rows; in the middle of a row.
    for (bytes, after_rows) in [(3, false), (100_000, true)] {
        let mut client = Client::connect(&config).await.unwrap();
        proxy.set(Fault::ResetAfter(bytes));
        let refused = bounded(one(&mut client, ROWS)).await.unwrap_err();
        assert!(
            matches!(&refused, Error::Io { source, .. } if source.kind() == ErrorKind::ConnectionReset),
            "{refused:?}"
        );
        assert_eq!((refused.kind(), refused.is_retryable()), (Kind::Unavailable, !after_rows), "{bytes}");
        assert!(!client.is_usable());

        proxy.set(Fault::None);
        let mut client = Client::connect(&config).await.unwrap();
        proxy.set(Fault::CloseAfter(bytes));
        let refused = bounded(one(&mut client, ROWS)).await.unwrap_err();
        assert_eq!(refused.to_string(), "the database server closed the connection before it had answered");
        assert_eq!((refused.kind(), refused.is_retryable()), (Kind::Unavailable, !after_rows), "{bytes}");
        proxy.set(Fault::None);
    }

    proxy.set(Fault::CloseAfter(20));
    let refused = bounded(Client::connect(&config)).await.unwrap_err();
    assert_eq!(refused.to_string(), "the database server closed the connection before it was ready");
    assert!(refused.is_retryable());
}

#[tokio::test]
async fn a_server_that_is_down_is_told() {
    let Some((proxy, config)) = proxied() else { return };
    proxy.refuse();
    let refused = bounded(Client::connect(&config)).await.unwrap_err();
    assert_eq!(refused.to_string(), format!("could not connect to the database at {}", proxy.address()));
    assert!(matches!(&refused, Error::Io { source, .. } if source.kind() == ErrorKind::ConnectionRefused));
    assert!(refused.kind() == Kind::Unavailable && refused.is_retryable());
}

#[tokio::test]
async fn a_pool_recovers_with_the_next_user() {
    let Some((proxy, mut config)) = proxied() else { return };
    config.statement_timeout = Duration::from_secs(3);
    let pool = Pool::new(config, Limits::default(), 1, Duration::from_secs(5));
    for fault in [Fault::BlackHole, Fault::ResetAfter(3), Fault::CloseAfter(50_000)] {
        let mut client = pool.get().await.unwrap();
        assert_eq!(value(&mut client, "select 1").await, "1");
        proxy.set(fault);
        assert!(bounded(one(&mut client, ROWS)).await.is_err(), "{fault:?}");
        drop(client);
        proxy.set(Fault::None);
        assert_eq!(pool.idle(), 0);
    }
    // One that is closed while nobody uses it is noticed before it is lent.
    let mut client = pool.get().await.unwrap();
    assert_eq!(value(&mut client, "select 1").await, "1");
}
