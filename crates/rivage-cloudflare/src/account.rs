//! The token and what it may do.

use serde_json::{Value, json};
use ureq::http::Method;

use crate::Secret;
use crate::client::{Call, Client, Payload};
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

/// A Hyperdrive configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hyperdrive {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Whether it keeps answers, as far as Cloudflare tells.
    pub cached: bool,
}

/// Lists the Hyperdrive configurations of the account.
///
/// # Errors
/// The token may not see them, or there is no answer.
pub fn hyperdrives(client: &Client) -> Result<Vec<Hyperdrive>, Error> {
    let path = client.path("/hyperdrive/configs");
    let found = client.call(&Call::get("list the Hyperdrive configurations", &path))?;
    let one = |value: &Value| Hyperdrive {
        id: text(value, "id"),
        name: text(value, "name"),
        cached: value["caching"]["disabled"] == false,
    };
    Ok(found.as_array().into_iter().flatten().map(one).collect())
}

/// A database that Hyperdrive is to connect to.
#[derive(Clone, Debug)]
pub struct Origin {
    /// A host name that can be reached from outside.
    pub host: String,
    /// The port.
    pub port: u16,
    /// The database.
    pub database: String,
    /// The role.
    pub user: String,
    /// Its password.
    pub password: Secret,
    /// Whether answers of reading statements may be kept.
    pub cached: bool,
}

/// Makes a Hyperdrive configuration. Returns its id.
///
/// # Errors
/// Hyperdrive cannot reach the database, or there is no answer.
pub fn create_hyperdrive(client: &Client, name: &str, origin: &Origin) -> Result<String, Error> {
    let path = client.path("/hyperdrive/configs");
    let Origin { host, port, database, user, password, cached } = origin;
    let body = json!({
        "name": name,
        "origin": {
            "scheme": "postgres", "host": host, "port": port, "database": database, "user": user, "password": password.expose(),
        },
        "caching": { "disabled": !cached },
    });
    let call = Call::with("make the Hyperdrive configuration", &Method::POST, &path, Payload::Json(&body)).creates();
    crate::pages::looking(
        client,
        || client.call(&call).map(|made| text(&made, "id")),
        || Ok(hyperdrives(client)?.into_iter().find(|known| known.name == name).map(|known| known.id)),
    )
}

/// Returns the time of Cloudflare's servers, as HTTP writes it; none where they do not tell.
///
/// # Errors
/// There is no answer.
pub fn server_time(client: &Client) -> Result<Option<String>, Error> {
    // The one address of the API that needs no token.
    Ok(client.fetch(&client.address("/ips"), 1)?.date)
}

pub(crate) fn text(value: &Value, key: &str) -> String {
    value[key].as_str().unwrap_or_default().to_owned()
}
