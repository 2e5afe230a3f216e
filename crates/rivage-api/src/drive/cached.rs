//! Kept answers: memory first, then the shared cache, then the database; stale ones while a new one is made, spare ones when there is none.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::statements::body;
use super::{Failure, Run};
use crate::cache::{self, Age, Entry, Epochs, Lookup};
use crate::crypto;
use crate::decide::Plan;
use crate::fixed::Fixed;
use crate::http::Response;
use crate::log::CacheUse;
use crate::manifest::{Action, Cache};
use crate::ports::{Cache as Shared, Outcome, Ports, Shape, Target};
use crate::respond;

/// There are as many rows as tags were ever purged: few.
pub(crate) const EPOCHS: Fixed =
    Fixed { name: "epochs", types: &[], sql: "select tag, epoch from cache_epoch order by tag limit 1000" };

impl<P: Ports> Run<'_, P> {
    pub(super) async fn cached(&mut self, after: &mut Option<Box<Plan>>) -> Result<Response, Failure> {
        let Some(settings) = self.route.cache.clone() else { return Ok(Response::new(204)) };
        let key = self.key().await;
        let kept = self.kept(&key).await;
        let age = kept.as_ref().map_or(Age::Gone, |entry| entry.age(&settings, self.ports.now()));
        let is_away = self.api.memory().is_away;
        match (kept, age) {
            (Some(entry), Age::Fresh) => Ok(self.show(&entry, &settings, CacheUse::Hit)),
            (Some(entry), Age::Stale) => {
                if self.api.memory().start_refresh(&key, self.ports.now()) {
                    *after = Some(Box::new(self.plan.clone()));
                }
                Ok(self.show(&entry, &settings, CacheUse::Stale))
            }
            // The database did not answer who asked last. One request finds out whether it does again, and nobody waits for that.
            (Some(entry), Age::Spare) if is_away => {
                if self.api.memory().start_refresh(&key, self.ports.now()) {
                    *after = Some(Box::new(self.plan.clone()));
                }
                self.log.error = Some("the database did not answer the request before".to_owned());
                Ok(self.show(&entry, &settings, CacheUse::Error))
            }
            (kept, age) => match (self.produce_and_keep().await, kept) {
                (Ok(entry), _) => Ok(self.show(&entry, &settings, CacheUse::Miss)),
                (Err(Failure::Database(error)), Some(entry)) if age == Age::Spare && error.is_unavailable() => {
                    self.log.error = Some(error.to_string());
                    Ok(self.show(&entry, &settings, CacheUse::Error))
                }
                (Err(failure), _) => Err(failure),
            },
        }
    }

    fn show(&mut self, entry: &Entry, settings: &Cache, used: CacheUse) -> Response {
        self.log.cache = used;
        self.api.count_search(self.route, &self.plan, &entry.body, self.ports.now());
        respond::from_entry(entry, settings, used, self.ports.now(), self.plan.facts.if_none_match.as_deref())
    }

    async fn kept(&mut self, key: &str) -> Option<Entry> {
        let in_memory = self.api.memory().get(key);
        let is_fresh = |entry: &Entry| {
            self.route.cache.as_ref().is_some_and(|cache| entry.age(cache, self.ports.now()) == Age::Fresh)
        };
        if in_memory.as_ref().is_some_and(is_fresh) {
            return in_memory;
        }
        // Another instance may have made it anew.
        let shared = Shared::get(self.ports, key).await.and_then(|bytes| Entry::decode(&bytes));
        let newest = [in_memory, shared].into_iter().flatten().max_by_key(|entry| entry.made)?;
        self.api.memory().put(key, newest.clone());
        Some(newest)
    }

    /// Asks the database and keeps the answer.
    pub(super) async fn produce_and_keep(&mut self) -> Result<Entry, Failure> {
        let key = self.key().await;
        let entry = self.produce().await;
        self.api.memory().end_refresh(&key);
        let entry = entry?;
        if let Some(settings) = &self.route.cache {
            self.api.memory().put(&key, entry.clone());
            Shared::put(self.ports, &key, &entry.encode(), cache::keep(settings)).await;
        }
        Ok(entry)
    }

    async fn produce(&mut self) -> Result<Entry, Failure> {
        let json = match &self.route.action {
            Action::Sql(statements) => {
                let outcome = self.statements(statements).await?;
                body(self.route.returns, outcome)?.unwrap_or_default()
            }
            // Only routes of SQL files have `@cache`.
            Action::Form(_) | Action::Routine(_) => Vec::new(),
        };
        let etag = format!("\"{}\"", crypto::fingerprint(&json));
        Ok(Entry { made: self.ports.now(), etag, body: json.into() })
    }

    async fn key(&mut self) -> String {
        let epochs = self.epochs().await;
        cache::key(&self.settings().build, self.route, &self.plan.values, &epochs)
    }

    /// Returns the numbers of tags, at most seconds old. When the database does not answer, the last ones are good enough.
    async fn epochs(&mut self) -> Arc<Epochs> {
        let now = self.ports.now();
        let purges = match self.api.memory().look_up_epochs(now) {
            Lookup::Known(epochs) => return epochs,
            Lookup::Read(purges) => purges,
        };
        let read = self.trip(Target::Write, &[EPOCHS.query([], Shape::Rows)]).await;
        let read = read.ok().map(|mut outcomes| tag_numbers(outcomes.swap_remove(0)));
        self.api.memory().set_epochs(read, purges, now)
    }
}

/// Reads rows of tags and their numbers.
pub(crate) fn tag_numbers(outcome: Outcome) -> BTreeMap<String, u64> {
    let rows = outcome.texts.into_iter().filter_map(|row| match row.as_slice() {
        [Some(tag), Some(epoch)] => Some((tag.clone(), epoch.parse().ok()?)),
        _ => None,
    });
    rows.collect()
}
