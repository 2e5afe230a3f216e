//! The ways to the database: Hyperdrive configurations that wrangler.toml names.
//!
//! A missing one is made from `HYPERDRIVE_READ_URL` for bindings that end with `_READ`, which may keep answers, and from `HYPERDRIVE_URL` for all others;
//! without them from the database's own variables, which often name a tunnel that only this machine has. Its id is written into wrangler.toml, in whose
//! other lines nothing changes.

use rivage_cloudflare::Secret;
use rivage_cloudflare::account::{self, Hyperdrive, Origin};
use rivage_postgres::Config;

use super::super::database::{READ_VARIABLE, VARIABLE, named};
use super::{Finding, State, Visit};
use crate::deploy::{wrangler, write_whole};

const TOPIC: &str = "hyperdrive";
/// How the name of a binding ends whose answers may be kept.
const READ: &str = "_READ";

pub(super) fn look(visit: &Visit<'_>) -> Vec<Finding> {
    let bindings = visit.setup.wrangler.iter().flat_map(|wrangler| &wrangler.bindings);
    let wanted: Vec<(String, String)> = bindings
        .filter(|one| one["type"] == "hyperdrive")
        .filter_map(|one| Some((one["name"].as_str()?.to_owned(), one["id"].as_str()?.to_owned())))
        .collect();
    if wanted.is_empty() {
        return Vec::new();
    }
    let there = match account::hyperdrives(visit.client) {
        Ok(there) => there,
        Err(error) if error.is_denied() => {
            let hint = "give the token the right `Hyperdrive: Edit` for this account";
            return vec![Finding::problem(TOPIC, "the token may not look at this", hint)];
        }
        Err(error) => return vec![Finding::problem(TOPIC, error.to_string(), "")],
    };
    wanted.iter().map(|(binding, id)| one(visit, binding, id, &there)).collect()
}

fn one(visit: &Visit<'_>, binding: &str, id: &str, there: &[Hyperdrive]) -> Finding {
    if let Some(known) = there.iter().find(|known| known.id == *id) {
        if known.cached && !binding.ends_with(READ) {
            let told =
                format!("{binding} is `{}`, which keeps answers: sessions that have ended would go on", known.name);
            let hint = format!(
                "`npx wrangler hyperdrive update {id} --caching-disabled true`, or let the binding's name end with `{READ}`"
            );
            return Finding::problem(TOPIC, told, hint);
        }
        return Finding::ok(TOPIC, format!("{binding} is `{}`", known.name));
    }
    let told = format!("{binding}: there is no configuration `{id}`");
    if !visit.fix {
        return Finding::problem(TOPIC, told, "`rivage doctor --fix` makes it, and writes its id into wrangler.toml");
    }
    match make(visit, binding, there) {
        Ok(done) => Finding::new(TOPIC, State::Fixed, done, "commit wrangler.toml"),
        Err(error) => Finding::problem(TOPIC, told, format!("{error:#}")),
    }
}

fn make(visit: &Visit<'_>, binding: &str, there: &[Hyperdrive]) -> anyhow::Result<String> {
    let cached = binding.ends_with(READ);
    let variables = if cached { ["HYPERDRIVE_READ_URL", READ_VARIABLE] } else { ["HYPERDRIVE_URL", VARIABLE] };
    let worker = visit.setup.worker().unwrap_or_else(|| "site".to_owned());
    let name = format!("{worker}-{}", binding.to_ascii_lowercase().replace('_', "-"));
    let id = match there.iter().find(|known| known.name == name) {
        Some(known) => known.id.clone(),
        None => {
            let [first, second] = variables;
            let (variable, config) = match named(None, first)? {
                Some(config) => (first, config),
                None => (
                    second,
                    named(None, second)?
                        .ok_or_else(|| anyhow::anyhow!("set {first} to the database, and try again"))?,
                ),
            };
            account::create_hyperdrive(visit.client, &name, &origin(config, variable, cached)?)?
        }
    };
    write(visit, binding, &id)?;
    Ok(format!("{binding} is `{name}`, with the id {id}"))
}

/// Cloudflare connects from outside: it needs a name that is known there, and a password.
fn origin(config: Config, variable: &str, cached: bool) -> anyhow::Result<Origin> {
    let is_here = matches!(config.host.as_str(), "localhost" | "127.0.0.1" | "::1") || config.host.starts_with('/');
    if is_here {
        anyhow::bail!("{variable} names a database on this machine, which Cloudflare cannot reach");
    }
    let password =
        config.password.ok_or_else(|| anyhow::anyhow!("{variable} has no password, and Hyperdrive needs one"))?;
    let (host, port, database, user) = (config.host, config.port, config.database, config.user);
    Ok(Origin { host, port, database, user, password: Secret::new(password), cached })
}

fn write(visit: &Visit<'_>, binding: &str, id: &str) -> anyhow::Result<()> {
    let path = visit.setup.project.root.join(wrangler::FILE);
    let text = std::fs::read_to_string(&path)?;
    write_whole(&path, with_id(&text, binding, id)?.as_bytes())?;
    Ok(())
}

/// Replaces the id of one binding.
fn with_id(text: &str, binding: &str, id: &str) -> anyhow::Result<String> {
    let mut document: toml_edit::DocumentMut = text.parse()?;
    let list = document.get_mut("hyperdrive");
    let tables = list.as_ref().and_then(|list| list.as_array_of_tables()).is_some();
    let Some(list) = list.filter(|_| tables).and_then(|list| list.as_array_of_tables_mut()) else {
        anyhow::bail!("write `id = \"{id}\"` into wrangler.toml for {binding}");
    };
    for table in list.iter_mut().filter(|table| table.get("binding").and_then(|name| name.as_str()) == Some(binding)) {
        if let Some(value) = table.get_mut("id").and_then(|item| item.as_value_mut()) {
            let decor = value.decor().clone();
            *value = id.into();
            *value.decor_mut() = decor;
        }
    }
    Ok(document.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_id_changes() {
        let text = "# one\n[[hyperdrive]]\nbinding = \"A\"\nid = \"1\" # here\n\n[[hyperdrive]]\nbinding = \"B\"\nid = \"2\"\n";
        let expect = text.replace("\"1\"", "\"new\"");
        assert_eq!(with_id(text, "A", "new").unwrap(), expect);
        let inline = "hyperdrive = [{ binding = \"A\", id = \"1\" }]\n";
        assert!(with_id(inline, "A", "new").unwrap_err().to_string().starts_with("write `id = \"new\"`"));
    }

    #[test]
    fn what_cloudflare_cannot_reach_is_refused() {
        let origin =
            |url: &str| origin(Config::parse(url).unwrap(), "DATABASE_URL", false).map_err(|error| error.to_string());
        assert!(origin("postgres://a:b@127.0.0.1/x").unwrap_err().contains("on this machine"));
        assert!(origin("postgres://a@db.example.org/x").unwrap_err().contains("has no password"));
        let well = origin("postgres://a:b@db.example.org/x").unwrap();
        assert!(!format!("{well:?}").contains("\"b\""));
    }
}
