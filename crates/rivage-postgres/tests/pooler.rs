//! The connection behind PgBouncer in transaction mode, where each transaction may meet another process of the server.

mod common;

use std::time::Duration;

use common::{one, value};
use rivage_postgres::{Client, Config, Error, Param, Statement};

fn pooled() -> Option<Config> {
    let pooler = postgres_fixture::pooler()?;
    let mut config = Config::parse(&pooler.url("postgres")).unwrap();
    config.connect_timeout = Duration::from_secs(30);
    Some(config)
}

#[tokio::test]
async fn many_clients_share_two_processes() {
    let Some(config) = pooled() else { return };
    let clients = (0..12).map(|client| {
        let config = config.clone();
        tokio::spawn(async move {
            let mut connection = Client::connect(&config).await.unwrap();
            for round in 0..25 {
                let text = (client * 100 + round).to_string();
                let params = [Param::text(&text)];
                let many = Statement::new("select i + $1::int4, pg_backend_pid(), current_setting('TimeZone') from generate_series(1, 50) i", &params);
                let also = Statement::new("select $1::text", &params);
                let results = connection.query(&[many, also]).await.unwrap();
                assert_eq!(results[0].len(), 50);
                assert_eq!(results[0].row(0).unwrap().text(2), Some("UTC"));
                assert_eq!(results[1].row(0).unwrap().text(0), Some(text.as_str()));
                let refused = connection.query(&[also, Statement::new("select 1 / 0", &[])]).await.unwrap_err();
                assert!(matches!(refused, Error::Server(error) if error.statement == Some(1)));
            }
            value(&mut connection, "select count(distinct pid) from pg_stat_activity where application_name = 'rivage' and backend_type = 'client backend'").await
        })
    });
    for client in clients.collect::<Vec<_>>() {
        let processes: u32 = client.await.unwrap().parse().unwrap();
        assert!(processes <= 2, "{processes}");
    }
}

#[tokio::test]
async fn what_a_pooler_refuses_is_told() {
    let Some(mut config) = pooled() else { return };
    config.options = "-c search_path=elsewhere".to_owned();
    let refused = Client::connect(&config).await.unwrap_err();
    assert!(matches!(&refused, Error::Server(error) if error.is_fatal()), "{refused}");
    assert!(refused.to_string().contains("unsupported startup parameter: options"), "{refused}");

    config.options.clear();
    let mut client = Client::connect(&config).await.unwrap();
    let description = client.describe("select $1::int8", &[]).await.unwrap();
    assert_eq!(description.params, [20]);
    assert_eq!(one(&mut client, "select 1").await.unwrap().len(), 1);
    client.close().await;
}
