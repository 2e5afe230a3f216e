//! Which role an account has.
//!
//! In: a connection to a database with rivage's tables. Out: accounts, and a changed role, which the dashboard's log of changes then shows like
//! those of administrators. Deliberately not here: which roles there are, which the routes of a site tell.

use rivage_postgres::{Client, Error as DatabaseError, Param, Row, Statement as Query};
use serde::Serialize;

/// The role of an account that nobody has given another.
pub const MEMBER: &str = "member";

/// The role that the dashboard and its routes ask for.
pub const ADMIN: &str = "admin";

const LIST: &str =
    "select email, role, disabled_at is not null from account where role <> $1 order by role, lower(email)";

const MEMBERS: &str = "select count(*) from account where role = $1";

const FIND: &str = "select email, role, disabled_at is not null from account where lower(email) = lower($1)";

/// As `PATCH /api/v1/admin/accounts/{id}` does it, but by nobody's account: a new role begins with a new login.
const SET: &str = "\
with was as (
  select id, email, role, disabled_at from account where lower(email) = lower($1) for update
), changed as (
  update account a set role = $2 from was where a.id = was.id and was.role <> $2 returning a.id
), ended as (
  update session s set revoked_at = now() from changed where s.account_id = changed.id and s.revoked_at is null
), noted as (
  insert into audit (action, target, detail, request)
  select 'admin_set_account', was.id::text, jsonb_build_object('role', $2, 'was', was.role, 'by', 'rivage db role, as ' || current_user), ''
    from was join changed using (id)
)
select email, role, disabled_at is not null from was";

/// An account, as far as roles are concerned.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Account {
    /// Its address.
    pub email: String,
    /// Its role.
    pub role: String,
    /// Whether an administrator has closed it.
    pub is_closed: bool,
}

/// Why nothing is known.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The connection failed.
    #[error(transparent)]
    Database(DatabaseError),
    /// The database has not the tables of rivage, or not all of them.
    #[error("the database has not the tables of accounts and their changes")]
    NoTables,
}

impl From<DatabaseError> for Error {
    fn from(error: DatabaseError) -> Self {
        match error {
            DatabaseError::Server(refusal) if refusal.code == "42P01" => Self::NoTables,
            error => Self::Database(error),
        }
    }
}

/// Returns the accounts that are more than members, and how many members there are.
///
/// # Errors
/// The tables are missing, or the connection failed.
pub async fn list(client: &mut Client) -> Result<(Vec<Account>, u64), Error> {
    let member = [Param::text(MEMBER)];
    let results = client.query(&[Query::new(LIST, &member), Query::new(MEMBERS, &member)]).await?;
    let accounts = results.first().map(|result| result.rows().map(account).collect()).unwrap_or_default();
    let members = results.get(1).and_then(|result| result.row(0)?.text(0)?.parse().ok());
    Ok((accounts, members.unwrap_or(0)))
}

/// Returns the account of an address.
///
/// # Errors
/// As [`list`].
pub async fn find(client: &mut Client, email: &str) -> Result<Option<Account>, Error> {
    let results = client.query(&[Query::new(FIND, &[Param::text(email)])]).await?;
    Ok(results.first().and_then(|result| result.row(0)).map(account))
}

/// Gives the account of an address a role, ends its sessions and notes it, where it had another role. Returns the account as it was.
///
/// # Errors
/// As [`list`].
pub async fn set(client: &mut Client, email: &str, role: &str) -> Result<Option<Account>, Error> {
    let results = client.query(&[Query::new(SET, &[Param::text(email), Param::text(role)])]).await?;
    Ok(results.first().and_then(|result| result.row(0)).map(account))
}

fn account(row: Row<'_>) -> Account {
    let text = |column| row.text(column).unwrap_or_default().to_owned();
    Account { email: text(0), role: text(1), is_closed: row.text(2) == Some("t") }
}
