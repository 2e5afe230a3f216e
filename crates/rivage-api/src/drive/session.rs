//! The session of a cookie → who calls.

use super::{Failure, Run};
use crate::auth::token::Token;
use crate::auth::{By, Identity};
use crate::decide::unauthorized;
use crate::fixed::{Fixed, oid};
use crate::http::cookie;
use crate::ports::{Ports, Shape, Target};

/// One trip; writes only when the session was not seen for five minutes.
pub(crate) const LOOKUP: Fixed = Fixed {
    name: "session",
    types: &[oid::BYTEA, oid::FLOAT8],
    sql: "\
with found as (
  select s.token_hash, s.last_seen_at, a.id, a.role from session s join account a on a.id = s.account_id
   where s.token_hash = $1 and s.kind = 'cookie' and s.revoked_at is null and s.expires_at > now()
     and s.last_seen_at > now() - make_interval(secs => $2) and a.disabled_at is null
), seen as (
  update session s set last_seen_at = now() from found f
   where s.token_hash = f.token_hash and f.last_seen_at < now() - interval '5 minutes'
)
select id, role from found",
};

impl<P: Ports> Run<'_, P> {
    /// Looks a session up, never in a cache: a session that was ended is ended everywhere at once.
    pub(super) async fn session(&mut self, token: &Token) -> Result<Identity, Failure> {
        let idle = self.settings().auth.session_idle.to_string();
        let mut outcomes = self.trip(Target::Write, &[LOOKUP.query([token.hash(), idle], Shape::Rows)]).await?;
        match outcomes.swap_remove(0).texts.first().map(Vec::as_slice) {
            Some([Some(sub), Some(role)]) => {
                Ok(Identity::Account { sub: sub.clone(), role: role.clone(), by: By::Session })
            }
            // The cookie is of no use any more.
            _ => Err(unauthorized(self.route).with("set-cookie", cookie::session("", 0)).into()),
        }
    }
}
