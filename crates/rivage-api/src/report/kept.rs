//! Errors that the database keeps for the dashboard: numbers of each kind by day, with the last message.

use crate::crypto;
use crate::decide::Api;
use crate::fixed::{Fixed, oid};
use crate::log::Log;
use crate::ports::{Database, Ports, Query, Shape, Target};

use super::Incident;
use super::scrub::scrub;

/// The most errors of one instance that are counted in a minute.
pub(super) const MOST: u32 = 60;

/// Counts an error; of a day there is an end to different kinds. Those of three months ago go.
pub(crate) const NOTE: Fixed = Fixed {
    name: "note_error",
    types: &[oid::TEXT; 7],
    sql: "\
with gone as (
  delete from error_day where day < current_date - 90
)
insert into error_day as e (day, kind, source, place, code, message, build, request)
select current_date, $1, $2, $3, $4, $5, $6, $7
 where exists (select from error_day where day = current_date and kind = $1) or (select count(*) from error_day where day = current_date) < 500
on conflict (day, kind) do update set count = e.count + 1, last_at = now(), build = excluded.build, request = excluded.request",
};

impl Incident<'_> {
    /// Returns the statement that counts it.
    pub(crate) fn query(&self) -> Query<'static> {
        let what = [self.source.as_str(), self.place, self.code, self.message];
        let kind = crypto::hex(&crypto::sha256(what.join("\n").as_bytes())[..16]);
        let values = [&kind, self.source.as_str(), self.place, self.code, self.message, self.build, self.request];
        NOTE.query(values.map(str::to_owned), Shape::None)
    }
}

impl Api {
    /// Counts an error of the API, where the database can be told. What happened because it is away cannot.
    pub(super) async fn keep<P: Ports>(&self, ports: &P, log: &Log) {
        if matches!(log.code, None | Some("database-unavailable")) {
            return;
        }
        if !self.kept_reports().allow(ports.now()) {
            return;
        }
        let message = log.error.as_deref().map_or_else(String::new, scrub);
        let query = self.incident(log, &message).query();
        // Whoever waits for an answer has it: that this one fails is nobody's error.
        let _ = Database::run(ports, Target::Write, &[query], self.manifest().settings.bounds.answer).await;
    }
}
