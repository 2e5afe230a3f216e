//! Accounts: made, opened by password, their password changed.
//!
//! What an outsider can see does not depend on whether an account exists: statuses and bodies are the same, and the same work is done.

use serde_json::json;

use super::sessions::{begin, caller, cookie_of, end_all, new_token, no_keys, tokens};
use super::{json, value};
use crate::auth::password::{self, Verdict};
use crate::crypto;
use crate::drive::{Failure, Run, too_many};
use crate::fixed::{Fixed, oid};
use crate::http::{FieldProblem, Problem, Response};
use crate::ports::{Ports, Query, Shape, Target};

/// Wrong attempts in a quarter of an hour: of one address at one account, and of one address at all accounts.
///
/// An account alone is not counted: else anyone could lock its owner out.
const MOST_FOR_ACCOUNT: i64 = 10;
const MOST_FOR_ADDRESS: i64 = 100;

/// Counts before the password is looked at, so that parallel attempts do not pass together.
pub(super) const COUNT: Fixed = Fixed {
    name: "count_attempt",
    types: &[oid::TEXT, oid::TEXT],
    sql: "\
insert into auth_attempt as a (key, since, count) values ($1, now(), 1), ($2, now(), 1)
on conflict (key) do update
   set count = case when a.since < now() - interval '15 minutes' then 1 else a.count + 1 end,
       since = case when a.since < now() - interval '15 minutes' then now() else a.since end
returning key, count",
};

pub(super) const FORGET: Fixed =
    Fixed { name: "forget_attempts", types: &[oid::TEXT], sql: "delete from auth_attempt where key = $1" };

pub(super) const FIND: Fixed = Fixed {
    name: "find_account",
    types: &[oid::TEXT],
    sql: "select id, password, role, email from account where lower(email) = lower($1) and disabled_at is null",
};

pub(super) const FIND_BY_ID: Fixed = Fixed {
    name: "find_account_by_id",
    types: &[oid::UUID],
    sql: "select id, password, role, email from account where id = $1 and disabled_at is null",
};

pub(super) const CREATE: Fixed = Fixed {
    name: "create_account",
    types: &[oid::TEXT, oid::TEXT],
    sql: "insert into account (email, password) values ($1, $2) on conflict do nothing",
};

pub(super) const SET_PASSWORD: Fixed = Fixed {
    name: "set_password",
    types: &[oid::UUID, oid::TEXT],
    sql: "update account set password = $2 where id = $1",
};

pub(super) async fn register<P: Ports>(run: &mut Run<'_, P>) -> Result<Response, Failure> {
    if !run.settings().auth.registration {
        return Err(Problem::new(403, "registration-closed", "accounts are made by administrators here").into());
    }
    let (email, password) = (text(run, "email"), text(run, "password"));
    strong(&password, &email, "password")?;
    let hash = hash(run, password).await;
    let query = CREATE.query([email, hash], Shape::None);
    run.trip(Target::Write, &[query]).await?;
    Ok(json(202, &json!({"status": "accepted"})))
}

pub(super) async fn login<P: Ports>(run: &mut Run<'_, P>) -> Result<Response, Failure> {
    let (email, given) = (text(run, "email"), text(run, "password"));
    let wants_tokens = value(run, "grant") == Some("token");
    if wants_tokens && !run.api.secrets.keys.can_sign() {
        return Err(no_keys().into());
    }
    let key = attempt_key(run, &email);
    let find = FIND.query([email], Shape::Rows);
    let account = attempt(run, &key, find).await?;
    let stored = account.as_ref().map(|account| account.password.clone());
    let password = given.clone();
    let verdict = run.ports.heavy(move || password::verify(&password, stored.as_deref())).await;
    let Some(account) = account.filter(|_| verdict != Verdict::Wrong) else {
        return Err(Problem::new(401, "invalid-credentials", "address or password is wrong").into());
    };
    let token = new_token(run);
    let kind = if wants_tokens { "refresh" } else { "cookie" };
    let mut queries = vec![begin(run, &token, &account.id, kind), forget(&key)];
    if verdict == Verdict::Rehash {
        let hash = hash(run, given).await;
        queries.push(set_password(&account.id, hash));
    }
    run.trip(Target::Write, &queries).await?;
    if wants_tokens {
        return tokens(run, &account.id, &account.role, &token);
    }
    let body = json!({"id": account.id, "email": account.email, "role": account.role});
    Ok(json(200, &body).with("set-cookie", cookie_of(run, &token)))
}

pub(super) async fn password<P: Ports>(run: &mut Run<'_, P>) -> Result<Response, Failure> {
    let (current, new) = (text(run, "current"), text(run, "password"));
    let sub = caller(run)?;
    let key = attempt_key(run, &sub);
    let find = FIND_BY_ID.query([sub], Shape::Rows);
    let account = attempt(run, &key, find).await?;
    let stored = account.as_ref().map(|account| account.password.clone());
    let verdict = run.ports.heavy(move || password::verify(&current, stored.as_deref())).await;
    let Some(account) = account.filter(|_| verdict != Verdict::Wrong) else {
        return Err(Problem::new(403, "invalid-credentials", "the current password is wrong").into());
    };
    strong(&new, &account.email, "password")?;
    let hash = hash(run, new).await;
    let token = new_token(run);
    let queries = [
        set_password(&account.id, hash),
        end_all(&account.id),
        begin(run, &token, &account.id, "cookie"),
        forget(&key),
    ];
    run.trip(Target::Write, &queries).await?;
    Ok(Response::new(204).with("set-cookie", cookie_of(run, &token)))
}

struct Account {
    id: String,
    password: String,
    role: String,
    email: String,
}

/// Counts an attempt and finds the account, in one trip.
async fn attempt<P: Ports>(run: &mut Run<'_, P>, key: &str, find: Query<'_>) -> Result<Option<Account>, Failure> {
    let address = format!("address {}", run.plan.client);
    let count = COUNT.query([key.to_owned(), address], Shape::Rows);
    let outcomes = run.trip(Target::Write, &[count, find]).await?;
    for row in &outcomes[0].texts {
        if let [Some(counted), Some(count)] = row.as_slice() {
            let most = if counted == key { MOST_FOR_ACCOUNT } else { MOST_FOR_ADDRESS };
            if count.parse::<i64>().unwrap_or(i64::MAX) > most {
                return Err(too_many(15 * 60).into());
            }
        }
    }
    Ok(match outcomes[1].texts.first().map(Vec::as_slice) {
        Some([Some(id), Some(password), Some(role), Some(email)]) => {
            Some(Account { id: id.clone(), password: password.clone(), role: role.clone(), email: email.clone() })
        }
        _ => None,
    })
}

/// The table of attempts does not tell which addresses were tried.
fn attempt_key<P: Ports>(run: &Run<'_, P>, who: &str) -> String {
    let text = format!("{} {}", run.plan.client, who.to_lowercase());
    format!("account {}", crypto::base64url(&crypto::sha256(text.as_bytes())))
}

fn forget(key: &str) -> Query<'static> {
    FORGET.query([key.to_owned()], Shape::None)
}

fn set_password(id: &str, hash: String) -> Query<'static> {
    SET_PASSWORD.query([id.to_owned(), hash], Shape::None)
}

async fn hash<P: Ports>(run: &Run<'_, P>, password: String) -> String {
    let mut salt = [0; 16];
    run.ports.fill(&mut salt);
    run.ports.heavy(move || password::hash(&password, salt)).await
}

fn strong(password: &str, email: &str, field: &str) -> Result<(), Failure> {
    match password::weakness(password, email) {
        None => Ok(()),
        Some(detail) => Err(Problem::fields(vec![FieldProblem {
            field: field.to_owned(),
            source: "body",
            code: "weak-password",
            detail: detail.to_owned(),
        }])
        .into()),
    }
}

fn text<P: Ports>(run: &Run<'_, P>, name: &str) -> String {
    value(run, name).unwrap_or_default().to_owned()
}
