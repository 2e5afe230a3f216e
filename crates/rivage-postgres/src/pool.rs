//! A few connections for many users.
//!
//! In: a [`Config`] and how many. Out: connections, lent. Deliberately not here: connections that are opened before they are needed, and tasks that
//! look after them; each is looked at when it is lent and when it comes back.

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use crate::client::Client;
use crate::config::Config;
use crate::connection::Limits;
use crate::error::Error;

/// A pool; clones share their connections.
#[derive(Clone)]
pub struct Pool {
    shared: Arc<Shared>,
}

struct Shared {
    config: Config,
    limits: Limits,
    connections: usize,
    wait: Duration,
    permits: Arc<Semaphore>,
    idle: Mutex<Vec<Client>>,
}

impl Pool {
    /// Makes a pool of at most so many connections, for which a user waits at most so long. Nothing is opened yet.
    ///
    /// # Panics
    ///
    /// No connection at all.
    pub fn new(config: Config, limits: Limits, connections: usize, wait: Duration) -> Self {
        assert!(connections > 0, "a pool needs a connection");
        let permits = Arc::new(Semaphore::new(connections));
        let idle = Mutex::new(Vec::new());
        Self { shared: Arc::new(Shared { config, limits, connections, wait, permits, idle }) }
    }

    /// Lends a connection: one that was used before and that the server has not closed, or else a new one.
    ///
    /// # Errors
    ///
    /// All are lent for longer than the pool waits, or as [`Client::connect`].
    pub async fn get(&self) -> Result<Lent, Error> {
        let Shared { config, limits, connections, wait, permits, .. } = &*self.shared;
        let permit = match timeout(*wait, permits.clone().acquire_owned()).await {
            Ok(Ok(permit)) => permit,
            // The pool never closes its semaphore.
            Ok(Err(_)) | Err(_) => return Err(Error::Exhausted { connections: *connections, limit: *wait }),
        };
        let mut used = None;
        while used.is_none()
            && let Some(mut client) = self.shared.take_idle()
        {
            used = client.is_alive().then_some(client);
        }
        let client = match used {
            Some(client) => client,
            None => Client::connect_with(config, *limits).await?,
        };
        Ok(Lent { client: Some(client), shared: self.shared.clone(), _permit: permit })
    }

    /// Returns how many connections are open and not lent.
    pub fn idle(&self) -> usize {
        self.shared.idle().len()
    }

    /// Closes the connections that are not lent.
    pub async fn close(&self) {
        let idle = std::mem::take(&mut *self.shared.idle());
        for client in idle {
            client.close().await;
        }
    }
}

impl Shared {
    /// Takes the connection that was used last; the lock is not held while it is looked at.
    fn take_idle(&self) -> Option<Client> {
        self.idle().pop()
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Client>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool")
            .field("config", &self.shared.config)
            .field("connections", &self.shared.connections)
            .finish_non_exhaustive()
    }
}

/// A connection of a [`Pool`]. Dropped, it goes back, or is closed when it is of no use to others.
pub struct Lent {
    client: Option<Client>,
    shared: Arc<Shared>,
    // After the client, so that a place is free only when the connection is back.
    _permit: OwnedSemaphorePermit,
}

impl Deref for Lent {
    type Target = Client;

    fn deref(&self) -> &Client {
        self.client.as_ref().expect("taken only when dropped")
    }
}

impl DerefMut for Lent {
    fn deref_mut(&mut self) -> &mut Client {
        self.client.as_mut().expect("taken only when dropped")
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        if let Some(client) = self.client.take().filter(Client::is_usable) {
            self.shared.idle().push(client);
        }
    }
}

impl fmt::Debug for Lent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Lent").field(&self.client).finish()
    }
}
