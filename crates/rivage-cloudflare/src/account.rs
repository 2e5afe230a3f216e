//! The token and what it may do.

use serde_json::Value;

use crate::client::{Call, Client};
use crate::error::Error;

/// What Cloudflare knows of a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// Its id, which is also the access key of R2.
    pub id: String,
    /// `active`, `disabled` or `expired`.
    pub status: String,
    /// Until when it holds, as Cloudflare writes times.
    pub expires_on: Option<String>,
}

/// Asks about the token. Tokens that belong to an account are not known to the address for those of users.
///
/// # Errors
/// The token is not valid, or there is no answer.
pub fn verify(client: &Client) -> Result<Token, Error> {
    let operation = "verify the token";
    let of_user = client.call(&Call::get(operation, "/user/tokens/verify"));
    let found = match of_user {
        Err(error) if error.is_denied() && !client.account().is_empty() => {
            let path = client.path("/tokens/verify");
            client.call(&Call::get(operation, &path)).map_err(|_| error)?
        }
        other => other?,
    };
    Ok(Token {
        id: text(&found, "id"),
        status: text(&found, "status"),
        expires_on: found["expires_on"].as_str().map(str::to_owned),
    })
}

/// An account that the token may see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
}

/// Lists the accounts that the token may see.
///
/// # Errors
/// The token may see none, or there is no answer.
pub fn accounts(client: &Client) -> Result<Vec<Account>, Error> {
    let found = client.call(&Call::get("list the accounts", "/accounts?per_page=50"))?;
    let account = |one: &Value| Account { id: text(one, "id"), name: text(one, "name") };
    Ok(found.as_array().into_iter().flatten().map(account).collect())
}

/// Looks a Hyperdrive configuration up.
///
/// # Errors
/// There is none, or the token may not see it.
pub fn hyperdrive(client: &Client, id: &str) -> Result<String, Error> {
    let path = client.path(&format!("/hyperdrive/configs/{id}"));
    Ok(text(&client.call(&Call::get("read the Hyperdrive configuration", &path))?, "name"))
}

pub(crate) fn text(value: &Value, key: &str) -> String {
    value[key].as_str().unwrap_or_default().to_owned()
}
