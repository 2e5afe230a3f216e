//! Sessions and refresh tokens: begun, exchanged, ended.

use serde_json::json;

use super::{json, value};
use crate::auth::token::Token;
use crate::auth::{Identity, jwt};
use crate::drive::{Failure, Run};
use crate::fixed::{Fixed, oid};
use crate::http::{Problem, Response, cookie};
use crate::ports::{Ports, Query, Shape, Target};

/// A row of `session`; `family` is what a rotation keeps.
pub(super) const BEGIN: Fixed = Fixed {
    name: "begin_session",
    types: &[oid::BYTEA, oid::UUID, oid::TEXT, oid::FLOAT8],
    sql: "insert into session (token_hash, account_id, kind, family, expires_at) \
                                values ($1, $2, $3, gen_random_uuid(), now() + make_interval(secs => $4))",
};

pub(super) const END_ALL: Fixed = Fixed {
    name: "end_sessions",
    types: &[oid::UUID],
    sql: "update session set revoked_at = now() where account_id = $1 and revoked_at is null",
};

pub(super) const END: Fixed = Fixed {
    name: "end_session",
    types: &[oid::BYTEA],
    sql: "update session set revoked_at = now() where token_hash = $1 and revoked_at is null",
};

/// Exchanges a refresh token, in one statement, so that of two exchanges at the same time one wins.
///
/// A token that was exchanged before is either the loser of such a race, within ten seconds, or stolen: then the whole family ends.
pub(super) const ROTATE: Fixed = Fixed { name: "rotate", types: &[oid::BYTEA, oid::BYTEA, oid::FLOAT8], sql: "\
with old as (
  select s.family, s.account_id, s.rotated_at, s.revoked_at, s.expires_at, a.role from session s join account a on a.id = s.account_id
   where s.token_hash = $1 and s.kind = 'refresh' and a.disabled_at is null for update of s
), rotated as (
  update session s set rotated_at = now() from old
   where s.token_hash = $1 and old.rotated_at is null and old.revoked_at is null and old.expires_at > now()
   returning s.family, s.account_id
), begun as (
  insert into session (token_hash, account_id, kind, family, expires_at)
  select $2, account_id, 'refresh', family, now() + make_interval(secs => $3) from rotated
), ended as (
  update session s set revoked_at = now() from old
   where s.family = old.family and s.revoked_at is null and old.rotated_at < now() - interval '10 seconds'
   returning 1
)
select case when exists (select from rotated) then 'rotated'
            when old.revoked_at is null and old.rotated_at >= now() - interval '10 seconds' then 'race'
            else 'refused' end,
       old.account_id, old.role
  from old" };

/// Makes a token of 256 random bits.
pub(super) fn new_token<P: Ports>(run: &Run<'_, P>) -> Token {
    let mut bytes = [0; 32];
    run.ports.fill(&mut bytes);
    Token::new(bytes)
}

/// Returns the statement that begins a session or a family of refresh tokens.
pub(super) fn begin<P: Ports>(run: &Run<'_, P>, token: &Token, account: &str, kind: &str) -> Query<'static> {
    let auth = &run.settings().auth;
    let seconds = if kind == "cookie" { auth.session_absolute } else { auth.refresh_ttl };
    BEGIN.query([token.hash(), account.to_owned(), kind.to_owned(), seconds.to_string()], Shape::None)
}

/// Returns the statement that ends all sessions of an account.
pub(super) fn end_all(account: &str) -> Query<'static> {
    END_ALL.query([account.to_owned()], Shape::None)
}

/// Returns the header that gives a session to a browser.
pub(super) fn cookie_of<P: Ports>(run: &Run<'_, P>, token: &Token) -> String {
    cookie::session(token.as_str(), run.settings().auth.session_absolute)
}

/// Ends the session of the cookie.
pub(super) async fn logout<P: Ports>(run: &mut Run<'_, P>) -> Result<Response, Failure> {
    let hash = run.plan.session_hash.clone().unwrap_or_default();
    run.trip(Target::Write, &[END.query([hash], Shape::None)]).await?;
    Ok(Response::new(204).with("set-cookie", cookie::session("", 0)))
}

/// Exchanges a refresh token.
pub(super) async fn refresh<P: Ports>(run: &mut Run<'_, P>) -> Result<Response, Failure> {
    let refused = || Problem::new(401, "invalid-token", "the refresh token is not valid");
    let old = value(run, "refresh_token").and_then(Token::parse).ok_or_else(refused)?;
    let new = new_token(run);
    let seconds = run.settings().auth.refresh_ttl.to_string();
    let query = ROTATE.query([old.hash(), new.hash(), seconds], Shape::Rows);
    let mut outcomes = run.trip(Target::Write, &[query]).await?;
    match outcomes.swap_remove(0).texts.first().map(Vec::as_slice) {
        Some([Some(verdict), Some(sub), Some(role)]) if verdict == "rotated" => tokens(run, sub, role, &new),
        Some([Some(verdict), ..]) if verdict == "race" => {
            Err(Problem::new(409, "already-refreshed", "another request has just exchanged this token").into())
        }
        _ => Err(refused().into()),
    }
}

/// Answers with an access token and a refresh token.
pub(super) fn tokens<P: Ports>(run: &Run<'_, P>, sub: &str, role: &str, refresh: &Token) -> Result<Response, Failure> {
    let auth = &run.settings().auth;
    let claims = jwt::Claims { sub: sub.to_owned(), role: role.to_owned() };
    let mut id = [0; 12];
    run.ports.fill(&mut id);
    let access =
        jwt::sign(&run.api.secrets.keys, auth, &claims, &crate::crypto::base64url(&id), run.ports.now() / 1000)
            .ok_or_else(no_keys)?;
    Ok(json(
        200,
        &json!({
            "access_token": access,
            "token_type": "Bearer",
            "expires_in": auth.access_ttl,
            "refresh_token": refresh.as_str(),
        }),
    ))
}

pub(super) fn no_keys() -> Problem {
    Problem::new(501, "no-signing-key", "this server has no key to sign tokens with; sessions work")
}

/// Returns the account that calls; routes that need one have it.
pub(super) fn caller<P: Ports>(run: &Run<'_, P>) -> Result<String, Failure> {
    match &run.plan.identity {
        Identity::Account { sub, .. } => Ok(sub.clone()),
        Identity::Anonymous => Err(crate::decide::unauthorized(run.route).into()),
    }
}
