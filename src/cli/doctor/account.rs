//! The token, the account, the clock.

use rivage_cloudflare::{Client, account};

use super::super::project::now;
use super::{Finding, State};

/// Seconds by which clocks may differ: signatures of R2 hold for 15 minutes, but a clock that is wrong at all goes on being so.
const MOST_SECONDS: i64 = 60;
/// Days before its end at which a token is worth a warning.
const WARNING_DAYS: i64 = 14;

/// Looks. Returns the client for the account, if there is one that can be used.
pub(super) fn look(client: &Client) -> (Option<Client>, Vec<Finding>) {
    let mut found = vec![clock(client)];
    match account::verify(client) {
        Err(error) if error.is_denied() => {
            let hint = "it was mistyped, deleted, or belongs to another account: make a new one";
            found.push(Finding::problem("token", "Cloudflare does not know this token", hint));
            return (None, found);
        }
        Err(error) => {
            found.push(Finding::problem("token", error.to_string(), ""));
            return (None, found);
        }
        Ok(token) if token.status != "active" => {
            let told = format!("the token is {}", token.status);
            found.push(Finding::problem("token", told, "make a new one in the dashboard"));
            return (None, found);
        }
        Ok(token) => found.push(lifetime(token.expires_on.as_deref())),
    }
    if !client.account().is_empty() {
        let id = client.account();
        if id.len() != 32 || !id.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            let told = format!("`{id}` is no id of an account");
            found.push(Finding::problem("account", told, "CLOUDFLARE_ACCOUNT_ID has 32 hexadecimal digits"));
            return (None, found);
        }
        found.push(Finding::ok("account", id));
        return (Some(client.clone()), found);
    }
    let accounts = account::accounts(client);
    let hint = "set CLOUDFLARE_ACCOUNT_ID; the dashboard shows the id beside the account's name";
    let (chosen, finding) = match accounts.as_deref() {
        Ok([only]) => {
            (Some(client.with_account(&only.id)), Finding::ok("account", format!("{} ({})", only.id, only.name)))
        }
        Ok([]) => (None, Finding::problem("account", "the token may see no account", hint)),
        Ok(many) => (None, Finding::problem("account", format!("the token may see {} accounts", many.len()), hint)),
        Err(error) => (None, Finding::problem("account", error.to_string(), hint)),
    };
    found.push(finding);
    (chosen, found)
}

fn lifetime(until: Option<&str>) -> Finding {
    let Some(until) = until else { return Finding::ok("token", "active, without an end") };
    let Ok(end) = until.parse::<jiff::Timestamp>() else {
        return Finding::ok("token", format!("active until {until}"));
    };
    let days = end.duration_since(now()).as_hours() / 24;
    if days < WARNING_DAYS {
        return Finding::new(
            "token",
            State::Warning,
            format!("active until {until}, which is in {days} days"),
            "make a new one, and replace it where it is stored",
        );
    }
    Finding::ok("token", format!("active until {until}"))
}

fn clock(client: &Client) -> Finding {
    let told = match account::server_time(client) {
        Ok(told) => told,
        Err(error) => {
            return Finding::problem(
                "network",
                error.to_string(),
                "see whether this machine can reach api.cloudflare.com",
            );
        }
    };
    let there = told.as_deref().and_then(|text| jiff::fmt::rfc2822::parse(text).ok());
    let Some(there) = there else { return Finding::ok("network", "Cloudflare answers") };
    let seconds = now().duration_since(there.timestamp()).as_secs();
    if seconds.abs() > MOST_SECONDS {
        let told = format!("this machine's clock differs from Cloudflare's by {seconds} seconds");
        return Finding::problem("clock", told, "set the clock: signatures for R2 carry the time, and are refused");
    }
    Finding::ok("clock", "as Cloudflare's")
}
