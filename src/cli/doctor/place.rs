//! Where the site goes: the project, the Worker, buckets, the domain.

use std::collections::BTreeSet;

use rivage_cloudflare::{Error, pages, r2, workers};

use super::{Finding, State, Visit};
use crate::config::DeployTarget;

pub(super) fn look(visit: &Visit<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    if visit.setup.target == DeployTarget::Pages
        && let Ok(name) = visit.setup.name()
    {
        found.extend(project(visit, &name));
    }
    if let Some(name) = visit.setup.worker() {
        found.extend(worker(visit, &name));
    }
    found.extend(buckets(visit).iter().map(|name| bucket(visit, name)));
    found
}

/// Says why there is no answer; a lack of rights most of all.
fn refused(topic: &'static str, error: &Error, right: &str) -> Finding {
    if error.is_denied() {
        let hint = format!("give the token the right `{right}` for this account");
        return Finding::problem(topic, "the token may not look at this", hint);
    }
    Finding::problem(topic, error.to_string(), "")
}

fn project(visit: &Visit<'_>, name: &str) -> Vec<Finding> {
    let topic = "project";
    let branch = &visit.setup.config.deploy.branch;
    let mut found = Vec::new();
    let project = match pages::project(visit.client, name) {
        Err(error) => return vec![refused(topic, &error, "Cloudflare Pages: Edit")],
        Ok(Some(project)) => {
            if project.production_branch == *branch {
                found.push(Finding::ok(topic, format!("Pages project `{name}`, production is the branch `{branch}`")));
            } else {
                let there = &project.production_branch;
                let told = format!("production of `{name}` is the branch `{there}`, rivage.toml says `{branch}`");
                found.push(Finding::problem(topic, told, format!("write `branch = \"{there}\"` below `[deploy]`")));
            }
            project
        }
        Ok(None) if visit.fix => match pages::create_project(visit.client, name, branch) {
            Ok(project) => {
                found.push(Finding::new(topic, State::Fixed, format!("made the Pages project `{name}`"), ""));
                project
            }
            Err(error) => return vec![refused(topic, &error, "Cloudflare Pages: Edit")],
        },
        Ok(None) => {
            let told = format!("there is no Pages project `{name}`");
            return vec![Finding::problem(topic, told, "`rivage doctor --fix` makes it")];
        }
    };
    if let Some(domain) = &visit.setup.config.deploy.domain {
        found.push(if project.domains.contains(domain) {
            Finding::ok("domain", format!("`{domain}` belongs to the project"))
        } else if visit.fix {
            match pages::add_domain(visit.client, name, domain) {
                Ok(()) => Finding::new(
                    "domain",
                    State::Fixed,
                    format!("connected `{domain}`; its certificate takes some minutes"),
                    format!("where the zone is elsewhere, make a CNAME record to `{}`", project.subdomain),
                ),
                Err(error) => refused("domain", &error, "Cloudflare Pages: Edit"),
            }
        } else {
            let told = format!("`{domain}` does not belong to the project");
            Finding::problem("domain", told, "`rivage doctor --fix` connects it")
        });
    }
    found
}

fn worker(visit: &Visit<'_>, name: &str) -> Vec<Finding> {
    let topic = "worker";
    let right = "Workers Scripts: Edit";
    let mut found = Vec::new();
    match workers::deployments(visit.client, name) {
        Err(error) => return vec![refused(topic, &error, right)],
        Ok(Some(_)) => found.push(Finding::ok(topic, format!("the Worker `{name}` is there"))),
        Ok(None) => found.push(Finding::new(
            topic,
            State::Warning,
            format!("there is no Worker `{name}` yet"),
            "`rivage deploy --production --create` makes it: a Worker is its first version",
        )),
    }
    match workers::account_subdomain(visit.client) {
        Err(error) => found.push(refused("workers.dev", &error, right)),
        Ok(Some(subdomain)) => found.push(Finding::ok("workers.dev", format!("{name}.{subdomain}.workers.dev"))),
        Ok(None) => found.push(Finding::problem(
            "workers.dev",
            "this account has no name at workers.dev, which previews need",
            "open Workers in the dashboard once: it asks for one",
        )),
    }
    let domain = visit.setup.config.deploy.domain.as_ref().filter(|_| visit.setup.target == DeployTarget::Workers);
    if let Some(domain) = domain {
        found.push(match workers::domains(visit.client) {
            Err(error) => refused("domain", &error, right),
            Ok(all) => match all.get(domain) {
                Some(script) if script == name => Finding::ok("domain", format!("`{domain}` leads to the Worker")),
                Some(script) => Finding::problem(
                    "domain",
                    format!("`{domain}` leads to the Worker `{script}`"),
                    "remove it there in the dashboard",
                ),
                None => zone(visit, domain),
            },
        });
    }
    found
}

fn zone(visit: &Visit<'_>, domain: &str) -> Finding {
    match workers::zone(visit.client, domain) {
        Err(error) => refused("domain", &error, "Zone: Read"),
        Ok(None) => Finding::problem(
            "domain",
            format!("there is no zone for `{domain}` in this account"),
            "add the domain to Cloudflare first, and let the token read the zone",
        ),
        Ok(Some(_)) => Finding::new(
            "domain",
            State::Warning,
            format!("`{domain}` does not lead to the Worker yet"),
            "`rivage deploy --production` connects it",
        ),
    }
}

/// The buckets that the settings name.
fn buckets(visit: &Visit<'_>) -> BTreeSet<String> {
    let bindings = visit.setup.wrangler.iter().flat_map(|wrangler| &wrangler.bindings);
    let bound = bindings.filter(|one| one["type"] == "r2_bucket").filter_map(|one| one["bucket_name"].as_str());
    bound.map(str::to_owned).chain(visit.setup.config.deploy.bucket.clone()).collect()
}

fn bucket(visit: &Visit<'_>, name: &str) -> Finding {
    let topic = "bucket";
    let right = "Workers R2 Storage: Edit";
    match r2::exists(visit.client, name) {
        Err(error) => refused(topic, &error, right),
        Ok(true) => Finding::ok(topic, format!("`{name}` is there")),
        Ok(false) if visit.fix => match r2::create(visit.client, name) {
            Ok(()) => Finding::new(topic, State::Fixed, format!("made `{name}`"), ""),
            Err(error) => refused(topic, &error, right),
        },
        Ok(false) => Finding::problem(topic, format!("there is no bucket `{name}`"), "`rivage doctor --fix` makes it"),
    }
}
