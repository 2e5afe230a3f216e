//! `rivage cost`: what a month costs.
//!
//! In: how much is used, and the published prices in prices.toml. Out: a bill by part, the sum, and what was supposed. It asks nobody, so that the
//! same words have the same answer. Deliberately not here: what an account has really used, which Cloudflare's dashboard tells.

mod bill;

use serde_json::json;

use super::Exit;
use super::args::{Cost as Args, CostPlan};
use super::printer::{Printer, failure};
use bill::{Bill, Prices, Usage, bill, grouped, in_dollars, prices};

pub(super) fn run(args: &Args, printer: &Printer) -> anyhow::Result<Exit> {
    let prices = prices()?;
    let a = &prices.assumptions;
    let visits = args.visits.unwrap_or(args.users.saturating_mul(a.visits_per_user));
    let usage = Usage {
        visits,
        api_calls: args.api_calls.unwrap_or(visits.saturating_mul(a.calls_per_visit)),
        images: args.images,
        database_gb: args.database,
    };
    let bill = bill(&prices, usage, args.plan == CostPlan::Free, args.server);
    if !bill.beyond.is_empty() {
        let message = format!("the free plan does not carry this: {}", bill.beyond.join("; "));
        return Err(failure(message, "`--plan paid` has no limits of each day"));
    }
    // A disk that is full stops a database; half of it is for indexes being built, WAL that waits, and the system.
    if args.server.is_none() && usage.database_gb * 2 > prices.server.disk_gb {
        let disk = prices.server.disk_gb;
        printer.warning(&format!(
            "a database of {} GB needs a larger server than this one, whose disk has {disk} GB: give its price with `--server`",
            usage.database_gb
        ));
    }
    if args.json {
        let told = json!({
            "currency": prices.currency,
            "plan": if args.plan == CostPlan::Free { "free" } else { "paid" },
            "usage": usage,
            "assumptions": a,
            "lines": bill.lines,
            "total": in_dollars(bill.total()),
        });
        printer.result(&format!("{told:#}\n"))?;
    } else {
        printer.result(&table(&prices, usage, &bill))?;
    }
    Ok(Exit::Done)
}

/// Writes the bill for people.
fn table(prices: &Prices, usage: Usage, bill: &Bill) -> String {
    let mut text = format!(
        "A month of {} visits, {} requests to the API, {} images and a database of {} GB, in {}\n\n",
        grouped(usage.visits.into()),
        grouped(usage.api_calls.into()),
        grouped(usage.images.into()),
        usage.database_gb,
        prices.currency,
    );
    for line in &bill.lines {
        let reason = if line.reason.is_empty() { String::new() } else { format!(" — {}", line.reason) };
        text.push_str(&format!("{:>9}  {}: {}{reason}\n", amount(line.cost), line.part, line.what));
    }
    text.push_str(&format!("{:>9}  in all, without taxes and the domain's name\n\n", amount(bill.total())));
    text.push_str(&assumptions(prices));
    text.push_str("\nPrices, and when they were read:\n");
    let mut known: Vec<(&str, &str)> = Vec::new();
    for line in bill.lines.iter().filter(|line| line.source.starts_with("https://")) {
        let place = (line.source.as_str(), line.read.as_str());
        if !known.contains(&place) {
            known.push(place);
            text.push_str(&format!("  {}  {}\n", line.read, line.source));
        }
    }
    text
}

/// Writes what was supposed.
fn assumptions(prices: &Prices) -> String {
    let a = &prices.assumptions;
    let lines = [
        format!(
            "a visit looks at {} pages with {} images each, and no cache has an image",
            a.pages_per_visit, a.images_per_page
        ),
        format!(
            "an image has {} files, {} kB in all, which are written once in the month",
            a.files_per_image, a.kilobytes_per_image
        ),
        format!(
            "a request to the API has one statement, takes {} ms of CPU, and leaves one data point and {} bytes of log",
            a.cpu_ms_per_call,
            grouped(a.log_bytes_per_call.into())
        ),
        format!("of a million requests {} fail and are reported", grouped(a.errors_per_million_calls.into())),
        format!("backups in R2 take {} times the size of the database", a.backup_copies),
        format!("a month has {} days, and the busiest one is as {} others", a.days, a.peak),
    ];
    let lines: String = lines.iter().map(|line| format!("  {line}\n")).collect();
    format!("Supposed:\n{lines}")
}

fn amount(cents: u64) -> String {
    format!("{}.{:02}", grouped((cents / 100).into()), cents % 100)
}
