//! How visitors reach a Worker: workers.dev, custom domains, routes; and when it runs by itself.
//!
//! In: what wrangler.toml and rivage.toml want, and what there is. Out: what would be added, and the doing of it. Nothing is taken away but with
//! `--prune`, and nothing that leads elsewhere is taken over: that is for somebody to decide in the dashboard.

use rivage_cloudflare::{Client, workers};

use super::Settings;
use crate::deploy::wrangler::{Route, Zone};
use crate::deploy::{Environment, Error};

/// What leads to the Worker, and what is to be added.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Reach {
    name: String,
    /// The account's name at workers.dev.
    pub(super) subdomain: Option<String>,
    /// Whether workers.dev leads to it.
    pub(super) on: bool,
    /// Whether its versions have addresses.
    pub(super) previews: bool,
    /// Custom domains that lead to it.
    pub(super) domains: Vec<String>,
    /// What workers.dev shall be: the Worker, its versions.
    switches: (bool, bool),
    /// Zone and host name.
    new_domains: Vec<(String, String)>,
    /// Zone and pattern.
    new_routes: Vec<(String, String)>,
    /// All expressions, where they are others than those there.
    crons: Option<Vec<String>>,
    pub(super) lines: Vec<String>,
}

impl Reach {
    /// Looks at what there is, and at what is wanted.
    ///
    /// # Errors
    /// Something leads elsewhere, a zone is missing, or there is no answer.
    pub(super) fn look(
        client: &Client,
        settings: &Settings,
        environment: &Environment,
        exists: bool,
    ) -> Result<Self, Error> {
        let name = &settings.name;
        let mut reach = Self { name: name.clone(), subdomain: workers::account_subdomain(client)?, ..Self::default() };
        if exists {
            (reach.on, reach.previews) = workers::workers_dev(client, name)?;
        }
        let all = workers::domains(client)?;
        reach.domains = all.iter().filter(|(_, script)| *script == name).map(|(host, _)| host.clone()).collect();
        reach.switches = (reach.on, reach.previews);
        if environment.production {
            reach.want(client, settings, exists, &all)?;
        } else {
            reach.switches.1 = true;
        }
        let (on, previews) = reach.switches;
        for (what, before, after) in
            [("workers.dev", reach.on, on), ("addresses of versions at workers.dev", reach.previews, previews)]
        {
            if before != after {
                reach.lines.push(format!("~ {what}: {}", if after { "on" } else { "off" }));
            }
        }
        if reach.subdomain.is_none() && (on || previews) {
            return Err(Error::refused(
                "this account has no name at workers.dev yet",
                "open Workers in the dashboard once: it asks for one",
            ));
        }
        Ok(reach)
    }

    fn want(
        &mut self,
        client: &Client,
        settings: &Settings,
        exists: bool,
        all: &std::collections::BTreeMap<String, String>,
    ) -> Result<(), Error> {
        let name = &settings.name;
        let wrangler = &settings.wrangler;
        let domain = settings.domain.as_ref().filter(|_| settings.serves_site);
        let domain = domain.map(|host| Route { pattern: host.clone(), is_domain: true, zone: None });
        let mut routes: Vec<Route> = wrangler.routes.clone();
        routes.extend(domain.filter(|domain| !routes.iter().any(|known| known.pattern == domain.pattern)));
        // A Worker that nothing leads to would be of no use.
        let on = wrangler.workers_dev.unwrap_or(self.on || routes.is_empty() && self.domains.is_empty());
        self.switches = (on, wrangler.preview_urls.unwrap_or(self.previews));
        if !settings.prune {
            for (is, shall) in [(self.on, &mut self.switches.0), (self.previews, &mut self.switches.1)] {
                if is && !*shall {
                    *shall = true;
                    self.lines.push(
                        "= an address at workers.dev stays, though wrangler.toml says no; `--prune` removes it"
                            .to_owned(),
                    );
                }
            }
        }
        for route in &routes {
            let pattern = &route.pattern;
            if route.is_domain {
                match all.get(pattern) {
                    Some(script) if script == name => {}
                    Some(script) => return Err(elsewhere(pattern, script)),
                    None => {
                        self.lines.push(format!("+ domain {pattern}"));
                        self.new_domains.push((zone(client, route)?, pattern.clone()));
                    }
                }
            } else {
                let zone = zone(client, route)?;
                match workers::routes(client, &zone)?.get(pattern) {
                    Some(script) if script == name => {}
                    Some(script) => return Err(elsewhere(pattern, script)),
                    None => {
                        self.lines.push(format!("+ route {pattern}"));
                        self.new_routes.push((zone, pattern.clone()));
                    }
                }
            }
        }
        let there = if exists { workers::schedules(client, name)? } else { Vec::new() };
        let mut crons = wrangler.crons.clone();
        if !settings.prune {
            let further: Vec<String> = there.iter().filter(|cron| !crons.contains(cron)).cloned().collect();
            self.lines.extend(further.iter().map(|cron| format!("= schedule `{cron}` stays; `--prune` removes it")));
            crons.extend(further);
        }
        let is_same = crons.len() == there.len() && crons.iter().all(|cron| there.contains(cron));
        if !is_same {
            self.lines.push(format!("~ schedules: {}", crons.join(", ")));
            self.crons = Some(crons);
        }
        Ok(())
    }

    /// Reports whether nothing is to be changed.
    pub(super) fn is_done(&self) -> bool {
        self.switches == (self.on, self.previews)
            && self.new_domains.is_empty()
            && self.new_routes.is_empty()
            && self.crons.is_none()
    }

    /// Changes what is to be changed. What has been done already is not done twice by the next run, which looks first.
    ///
    /// # Errors
    /// Something is refused, or there is no answer.
    pub(super) fn apply(&self, client: &Client) -> Result<(), rivage_cloudflare::Error> {
        if self.switches != (self.on, self.previews) {
            workers::set_workers_dev(client, &self.name, self.switches.0, self.switches.1)?;
        }
        for (zone, host) in &self.new_domains {
            workers::attach_domain(client, zone, host, &self.name)?;
        }
        for (zone, pattern) in &self.new_routes {
            workers::add_route(client, zone, pattern, &self.name)?;
        }
        match &self.crons {
            Some(crons) => workers::set_schedules(client, &self.name, crons),
            None => Ok(()),
        }
    }

    /// Reports whether something besides workers.dev leads to the Worker once this is applied.
    pub(super) fn has_own_addresses(&self) -> bool {
        !(self.domains.is_empty() && self.new_domains.is_empty() && self.new_routes.is_empty())
    }

    /// Returns the address of the live Worker that is known to work: one that was there before, or workers.dev.
    pub(super) fn address(&self, client: &Client, is_applied: bool) -> Option<String> {
        let on = if is_applied { self.switches.0 } else { self.on };
        let host = match &self.subdomain {
            Some(subdomain) if on => Some(format!("{}.{subdomain}.workers.dev", self.name)),
            _ => self.domains.first().cloned(),
        };
        host.map(|host| client.web(&host))
    }

    /// Returns all addresses of visitors once this is applied, domains first.
    pub(super) fn public(&self, client: &Client) -> Vec<String> {
        let own = self.domains.iter().chain(self.new_domains.iter().map(|(_, host)| host));
        let at_workers = self.subdomain.as_ref().filter(|_| self.switches.0);
        let at_workers = at_workers.map(|subdomain| format!("{}.{subdomain}.workers.dev", self.name));
        own.cloned().chain(at_workers).map(|host| client.web(&host)).collect()
    }

    /// Returns the address of a version or of an alias.
    pub(super) fn address_of(&self, client: &Client, start: &str) -> String {
        let subdomain = self.subdomain.as_deref().unwrap_or_default();
        client.web(&format!("{start}-{}.{subdomain}.workers.dev", self.name))
    }
}

fn elsewhere(pattern: &str, script: &str) -> Error {
    Error::refused(
        format!("`{pattern}` leads to the Worker `{script}`"),
        "remove it there in the dashboard, or from the settings here",
    )
}

fn zone(client: &Client, route: &Route) -> Result<String, Error> {
    if let Some(Zone::Id(id)) = &route.zone {
        return Ok(id.clone());
    }
    let host = match &route.zone {
        Some(Zone::Name(name)) => name,
        _ => route.host(),
    };
    workers::zone(client, host)?.ok_or_else(|| {
        let hint = "add the domain to Cloudflare first, and let the token read the zone";
        Error::refused(format!("there is no zone for `{host}` in this account"), hint)
    })
}

/// Makes the alias of a branch: what leads to its newest version. A label of DNS has 63 characters, the Worker's name among them.
pub(super) fn alias(branch: &str, name: &str) -> String {
    let mut alias = String::new();
    for letter in branch.chars() {
        match letter.to_ascii_lowercase() {
            letter if letter.is_ascii_lowercase() || letter.is_ascii_digit() => alias.push(letter),
            _ if alias.ends_with('-') || alias.is_empty() => {}
            _ => alias.push('-'),
        }
    }
    let alias = alias.trim_matches('-');
    let starts_well = alias.starts_with(|first: char| first.is_ascii_lowercase());
    let full = if starts_well { alias.to_owned() } else { format!("b-{alias}").trim_end_matches('-').to_owned() };
    let room = 62_usize.saturating_sub(name.len()).max(8);
    if full.len() <= room && full == branch {
        return full;
    }
    // Two branches must not share an address because their names are alike.
    let hash = blake3::hash(branch.as_bytes()).to_hex();
    let start: String = full.chars().take(room - 5).collect();
    format!("{}-{}", start.trim_end_matches('-'), &hash.as_str()[..4])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aliases_are_labels_of_dns() {
        assert_eq!(alias("feature", "site"), "feature");
        for (branch, start) in [("Fix/Ä b", "fix-b-"), ("42", "b-42-"), ("éé", "b-"), ("main--x", "main-x-")] {
            let made = alias(branch, "site");
            assert!(made.starts_with(start), "{made}");
        }
        assert_ne!(alias("a/b", "site"), alias("a_b", "site"));
        let long = alias(&"x".repeat(80), "a-name-of-thirty-characters-xx");
        assert!(long.len() + 31 <= 63, "{long}");
    }
}
