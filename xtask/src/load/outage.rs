//! The end of the database in the middle of all, and its return.
//!
//! In: a server. Out: when it was killed, and when it took connections again. All else is left alone: nothing is told of it, and nothing is
//! started anew.

use std::sync::atomic::Ordering;
use std::time::Duration;

use postgres_fixture::Postgres;

use super::traffic::World;
use crate::tools::note;

/// How long the database is away.
pub(super) const AWAY: Duration = Duration::from_secs(10);

/// How long all else may take to find it again.
pub(super) const RECOVERY: Duration = Duration::from_secs(10);

/// When it happened, from the beginning on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Outage {
    pub(super) killed: Duration,
    pub(super) ready: Duration,
}

impl Outage {
    /// When there is no excuse any more.
    pub(super) fn end(&self) -> Duration {
        self.ready + RECOVERY
    }
}

/// Kills the database with all of its processes, starts it again after a while, and waits until there is no excuse any more.
pub(super) fn strike(postgres: &Postgres, world: &World) -> anyhow::Result<Outage> {
    world.forgives.store(true, Ordering::SeqCst);
    let killed = world.begun.elapsed();
    postgres.crash()?;
    note(&format!("the database was killed after {:.1} s", killed.as_secs_f64()));
    std::thread::sleep(AWAY);
    postgres.start_again()?;
    let ready = world.begun.elapsed();
    note(&format!("it takes connections again after {:.1} s", ready.as_secs_f64()));
    std::thread::sleep(RECOVERY);
    world.forgives.store(false, Ordering::SeqCst);
    Ok(Outage { killed, ready })
}
