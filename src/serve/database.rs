//! The database of the API, over two pools: one that only reads, one that may write.
//!
//! In: statements of `rivage-api`. Out: outcomes, or a failure of a kind that the API knows. Deliberately not here: what errors
//! mean ([`rivage_api::postgres`]).

use std::time::Duration;

use rivage_api::ports::{DatabaseError, Outcome, Query, Target};
use rivage_api::postgres;
use rivage_postgres::{Config, Limits, Pool};

/// Connections of each pool.
const CONNECTIONS: usize = 16;

/// How long a request waits for a connection that others use.
const WAIT: Duration = Duration::from_secs(2);

/// Makes sessions of the reading pool refuse writes, whatever their role may do.
const READ_ONLY: &str = "-c default_transaction_read_only=on";

/// Two pools of one database.
#[derive(Clone, Debug)]
pub struct Database {
    read: Pool,
    write: Pool,
}

impl Database {
    /// Makes the pools; nothing is opened yet. Without a URL of its own, reading goes to the same place, in sessions that only read.
    pub fn new(write: Config, read: Option<Config>, answer: usize) -> Self {
        let read = read.unwrap_or_else(|| {
            let mut read = write.clone();
            if read.options.is_empty() {
                READ_ONLY.clone_into(&mut read.options);
            }
            read
        });
        // Rows are text with lengths: what becomes more than `answer` bytes of JSON may be a little less of them.
        let limits = Limits { bytes: answer.max(1 << 20), ..Limits::default() };
        let pool = |config| Pool::new(config, limits, CONNECTIONS, WAIT);
        Self { read: pool(read), write: pool(write) }
    }

    /// Closes the connections that nobody uses.
    pub async fn close(&self) {
        self.read.close().await;
        self.write.close().await;
    }

    /// Runs statements, as [`rivage_api::ports::Database`] asks for it.
    pub(super) async fn run(
        &self,
        target: Target,
        queries: &[Query<'_>],
        most: usize,
    ) -> Result<Vec<Outcome>, DatabaseError> {
        let pool = match target {
            Target::Read => &self.read,
            Target::Write => &self.write,
        };
        let mut client = pool.get().await.map_err(|error| postgres::failure(&error))?;
        let params = postgres::params(queries);
        let results = client.query(&postgres::statements(queries, &params)).await;
        postgres::outcomes(queries, &results.map_err(|error| postgres::failure(&error))?, most)
    }
}
