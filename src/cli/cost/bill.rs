//! Prices, and the bill that follows from them.
//!
//! In: prices.toml, what is used in a month. Out: lines with their costs, and the sum. All amounts are whole numbers, micro-dollars and cents, so that
//! a bill adds up and is the same on every machine. Deliberately not here: taxes, domain names, people.

use serde::{Deserialize, Serialize};

/// The table of prices.
const PRICES: &str = include_str!("prices.toml");

/// Micro-dollars in a cent.
const CENT: u128 = 10_000;

/// The table of prices.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Prices {
    pub(super) currency: String,
    pub(super) assumptions: Assumptions,
    fixed: Vec<Fixed>,
    meter: Vec<Meter>,
    errors: Vec<ErrorPlan>,
    pub(super) server: Server,
}

/// What a month is made of where nobody says it.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Assumptions {
    pub(super) days: u64,
    pub(super) peak: u64,
    pub(super) visits_per_user: u64,
    pub(super) calls_per_visit: u64,
    pub(super) pages_per_visit: u64,
    pub(super) images_per_page: u64,
    pub(super) files_per_image: u64,
    pub(super) kilobytes_per_image: u64,
    pub(super) cpu_ms_per_call: u64,
    pub(super) log_bytes_per_call: u64,
    pub(super) log_days: u64,
    pub(super) errors_per_million_calls: u64,
    pub(super) backup_copies: u64,
    pub(super) backup_writes: u64,
}

/// Something with one price.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Fixed {
    key: String,
    part: String,
    what: String,
    price: f64,
    source: String,
    read: String,
}

/// Something that is counted.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Meter {
    key: String,
    part: String,
    what: String,
    unit: String,
    /// None where everything is included.
    included: Option<u64>,
    block: u64,
    price: f64,
    #[serde(default)]
    round_up: bool,
    /// Whether the price holds with the free plan of Workers as well.
    #[serde(default)]
    always_paid: bool,
    /// How much of it the free plan takes in a day.
    free_per_day: Option<u64>,
    source: String,
    read: String,
}

/// A plan that includes reports of errors.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ErrorPlan {
    part: String,
    plan: String,
    price: f64,
    included: u64,
    beyond: Option<f64>,
    source: String,
    read: String,
}

/// The database's server.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Server {
    part: String,
    what: String,
    price: f64,
    pub(super) disk_gb: u64,
    source: String,
    read: String,
}

/// What is used in a month.
#[derive(Clone, Copy, Debug, Serialize)]
pub(super) struct Usage {
    pub(super) visits: u64,
    pub(super) api_calls: u64,
    pub(super) images: u64,
    pub(super) database_gb: u64,
}

/// A line of a bill.
#[derive(Debug, Serialize)]
pub(super) struct Line {
    pub(super) part: String,
    pub(super) what: String,
    /// How it comes about: what is used, included, charged.
    pub(super) reason: String,
    /// Cents.
    #[serde(serialize_with = "dollars")]
    pub(super) cost: u64,
    pub(super) source: String,
    pub(super) read: String,
}

/// A bill, or why the free plan does not carry it.
#[derive(Debug)]
pub(super) struct Bill {
    pub(super) lines: Vec<Line>,
    /// What is beyond a limit of the free plan.
    pub(super) beyond: Vec<String>,
}

impl Bill {
    /// Returns the sum in cents. It is that of the lines as they are printed.
    pub(super) fn total(&self) -> u64 {
        self.lines.iter().map(|line| line.cost).sum()
    }
}

fn dollars<S: serde::Serializer>(cents: &u64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(in_dollars(*cents))
}

/// Returns an amount for programs, in dollars.
#[expect(clippy::cast_precision_loss, reason = "no bill has so many cents")]
pub(super) fn in_dollars(cents: u64) -> f64 {
    cents as f64 / 100.0
}

/// Reads the table.
///
/// # Errors
/// It is not as it has to be, which a test makes impossible.
pub(super) fn prices() -> anyhow::Result<Prices> {
    Ok(toml_edit::de::from_str(PRICES)?)
}

/// Returns a price in micro-dollars. The table has no smaller amounts than tenths of them, of which none is lost for a thousand.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "prices of the table are small and positive"
)]
fn micro(price: f64, of: u128) -> u128 {
    // Ten-millionths, for errors cost parts of a micro-dollar.
    (price * 1e10).round() as u128 * of / 10_000
}

/// Rounds micro-dollars to cents, half a cent up.
fn cents(micro: u128) -> u64 {
    u64::try_from((micro + CENT / 2) / CENT).unwrap_or(u64::MAX)
}

/// Makes the bill. `server` is what the server costs, in cents, where that is known better.
pub(super) fn bill(prices: &Prices, usage: Usage, is_free: bool, server: Option<u64>) -> Bill {
    let a = &prices.assumptions;
    let mut lines = Vec::new();
    let mut beyond = Vec::new();
    for fixed in &prices.fixed {
        let is_plan = fixed.key == "plan";
        lines.push(Line {
            part: fixed.part.clone(),
            what: if is_plan && is_free { "plan Workers Free".to_owned() } else { fixed.what.clone() },
            reason: String::new(),
            cost: if is_plan && is_free { 0 } else { cents(micro(fixed.price, 1)) },
            source: fixed.source.clone(),
            read: fixed.read.clone(),
        });
    }
    for meter in &prices.meter {
        let used = used(&meter.key, usage, a);
        let of_free_plan = is_free && !meter.always_paid;
        if let Some(limit) = meter.free_per_day.filter(|_| of_free_plan) {
            let busiest = used * u128::from(a.peak) / u128::from(a.days);
            if busiest > u128::from(limit) {
                let (busiest, limit) = (amount(busiest, &meter.unit), number(limit.into(), &meter.unit));
                beyond.push(format!("{} ({}): {busiest} on the busiest day, of {limit}", meter.part, meter.what));
            }
        }
        let (reason, cost) = if of_free_plan { free(meter, used) } else { charge(meter, used) };
        lines.push(Line {
            part: meter.part.clone(),
            what: meter.what.clone(),
            reason,
            cost,
            source: meter.source.clone(),
            read: meter.read.clone(),
        });
    }
    lines.extend(errors(&prices.errors, usage, a));
    let of_table = cents(micro(prices.server.price, 1));
    lines.push(Line {
        part: prices.server.part.clone(),
        what: if server.is_some() { "as given".to_owned() } else { prices.server.what.clone() },
        reason: String::new(),
        cost: server.unwrap_or(of_table),
        source: if server.is_some() { "--server".to_owned() } else { prices.server.source.clone() },
        read: if server.is_some() { String::new() } else { prices.server.read.clone() },
    });
    Bill { lines, beyond }
}

/// How much of something is used.
fn used(key: &str, usage: Usage, a: &Assumptions) -> u128 {
    let [visits, calls, images] = [usage.visits, usage.api_calls, usage.images].map(u128::from);
    let times =
        |number: u128, factors: &[u64]| factors.iter().fold(number, |product, factor| product * u128::from(*factor));
    match key {
        // One statement, one point, one line for each request: what is answered from a cache has fewer.
        "requests" | "queries" | "points" => calls,
        "cpu" => times(calls, &[a.cpu_ms_per_call]),
        "log_bytes" => times(calls, &[a.log_bytes_per_call]),
        "log_storage" => times(calls, &[a.log_bytes_per_call, a.log_days]) / u128::from(a.days),
        "stored_bytes" => {
            times(images, &[a.kilobytes_per_image, 1_000])
                + times(usage.database_gb.into(), &[a.backup_copies, 1_000_000_000])
        }
        "writes" => times(images, &[a.files_per_image]) + u128::from(a.backup_writes),
        "reads" => times(visits, &[a.pages_per_visit, a.images_per_page]),
        _ => 0,
    }
}

/// What is beyond the included amount costs; R2 rounds it up to whole units, the others take the part.
fn charge(meter: &Meter, used: u128) -> (String, u64) {
    let Some(included) = meter.included.map(u128::from) else {
        return (format!("{}, all included", amount(used, &meter.unit)), 0);
    };
    let block = u128::from(meter.block);
    let counted = if meter.round_up { used.div_ceil(block) * block } else { used };
    let billed = counted.saturating_sub(included);
    if billed == 0 {
        let reason = format!("{} of {} included", number(used, &meter.unit), amount(included, &meter.unit));
        return (reason, 0);
    }
    let each = if meter.unit == "bytes" { "a GB".to_owned() } else { format!("for {}", grouped(block)) };
    let reason = format!(
        "{}, {} beyond what is included, at {} {each}",
        amount(used, &meter.unit),
        number(billed, &meter.unit),
        price(meter.price),
    );
    (reason, cents(micro(meter.price, billed) / block))
}

fn free(meter: &Meter, used: u128) -> (String, u64) {
    let used = amount(used, &meter.unit);
    let limit = meter.free_per_day.map(|limit| format!(" up to {} a day", number(limit.into(), &meter.unit)));
    (format!("{used}, free{}", limit.unwrap_or_default()), 0)
}

fn errors(plans: &[ErrorPlan], usage: Usage, a: &Assumptions) -> Option<Line> {
    let count = u128::from(usage.api_calls) * u128::from(a.errors_per_million_calls) / 1_000_000;
    let plan = plans.iter().find(|plan| count <= plan.included.into()).or(plans.last())?;
    let more = count.saturating_sub(plan.included.into());
    let mut reason = format!("{} of {} included", grouped(count), grouped(plan.included.into()));
    if more > 0 {
        reason.push_str(&format!(", {} beyond at {}", grouped(more), price(plan.beyond.unwrap_or_default())));
    }
    Some(Line {
        part: plan.part.clone(),
        what: format!("errors, plan {}", plan.plan),
        reason,
        cost: cents(micro(plan.price, 1) + micro(plan.beyond.unwrap_or_default(), more)),
        source: plan.source.clone(),
        read: plan.read.clone(),
    })
}

/// Writes an amount for people, with its unit.
fn amount(amount: u128, unit: &str) -> String {
    format!("{} {}", number(amount, unit), if unit == "bytes" { "GB" } else { unit })
}

/// Writes an amount for people, without its unit; bytes as gigabytes.
fn number(amount: u128, unit: &str) -> String {
    if unit != "bytes" {
        return grouped(amount);
    }
    let tenths = (amount + 50_000_000) / 100_000_000;
    match tenths % 10 {
        0 => grouped(tenths / 10),
        rest => format!("{}.{rest}", grouped(tenths / 10)),
    }
}

/// Writes a price with its cents, and with parts of cents where it has some.
fn price(price: f64) -> String {
    let exact = price.to_string();
    let decimals = exact.split_once('.').map_or(0, |(_, decimals)| decimals.len());
    if decimals < 2 { format!("${price:.2}") } else { format!("${exact}") }
}

/// Writes a number in groups of three digits.
pub(super) fn grouped(number: u128) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn costs(bill: &Bill) -> Vec<(String, u64)> {
        bill.lines.iter().map(|line| (format!("{}: {}", line.part, line.what), line.cost)).collect()
    }

    fn cost(usage: Usage) -> Vec<u64> {
        bill(&prices().unwrap(), usage, false, None).lines.iter().map(|line| line.cost).collect()
    }

    #[test]
    fn a_large_month_is_as_calculated_by_hand() {
        let usage = Usage { visits: 3_000_000, api_calls: 60_000_000, images: 200_000, database_gb: 10 };
        let bill = bill(&prices().unwrap(), usage, false, None);
        let by_hand = [
            // Requests to static files are free.
            ("Pages or static assets: pages, styles, scripts: requests and traffic", 0),
            ("Workers: plan Workers Paid", 500),
            // 60 million, 10 included: 50 × 0.30.
            ("Workers: requests of the API", 1500),
            // 60 million × 5 ms = 300 million ms, 30 included: 270 × 0.02.
            ("Workers: CPU time", 540),
            // Without a limit and a price.
            ("Hyperdrive: statements", 0),
            // 60 million, 10 included: 50 × 0.25.
            ("Analytics Engine: data points (a published price that is not charged yet)", 1250),
            // 60 million × 1,500 bytes = 90 GB, 50 included: 40 × 0.25.
            ("Logs: ingestion", 1000),
            // 90 GB × 7 of 30 days = 21 GB-month, 12 included: 9 × 0.10.
            ("Logs: storage of seven days", 90),
            // 200,000 × 0.8 MB = 160 GB, and 10 GB × 3 = 30 GB: 190, 10 included: 180 × 0.015.
            ("R2: storage of images and backups", 270),
            // 200,000 × 12 + 45,000 = 2,445,000, rounded up to 3 million, 1 included: 2 × 4.50.
            ("R2: operations of class A: writing, listing", 900),
            // 3 million × 4 pages × 4 images = 48 million, 10 included: 38 × 0.36.
            ("R2: operations of class B: reading", 1368),
            // 60 million × 0.1 % = 60,000, 50,000 included in 26 dollars: 26 + 10,000 × 0.0003625 = 29.625, half a cent up.
            ("Sentry: errors, plan Team", 2963),
            ("Database server: OVHcloud VPS-1: 2 vCores, 4 GB of memory", 535),
        ];
        let by_hand: Vec<_> = by_hand.iter().map(|(what, cents)| ((*what).to_owned(), *cents)).collect();
        assert_eq!(costs(&bill), by_hand);
        // 5 + 15 + 5.40 + 12.50 + 10 + 0.90 + 2.70 + 9 + 13.68 + 29.63 + 5.35.
        assert_eq!(bill.total(), 10916);
    }

    #[test]
    fn ten_thousand_users_cost_less_than_a_hundred_dollars() {
        // 10 visits each, 20 calls a visit; all within what is included but storage: 2,000 × 0.8 MB + 5 GB × 3 = 16.6 GB, rounded up to 17, 10
        // included: 7 × 0.015 = 0.105, half a cent up.
        let usage = Usage { visits: 100_000, api_calls: 2_000_000, images: 2_000, database_gb: 5 };
        let bill = bill(&prices().unwrap(), usage, false, None);
        assert_eq!(cost(usage), [0, 500, 0, 0, 0, 0, 0, 0, 11, 0, 0, 0, 535]);
        assert_eq!(bill.total(), 1046);
        assert!(bill.total() < 10000);
    }

    #[test]
    fn what_is_included_is_included_to_the_last_unit() {
        let usage = |api_calls| Usage { visits: 0, api_calls, images: 0, database_gb: 0 };
        // CPU: 6 million × 5 ms are the 30 million that are included. Errors are 6,000, more than the free plan's 5,000.
        assert_eq!(cost(usage(6_000_000))[2..5], [0, 0, 0]);
        assert_eq!(cost(usage(6_000_000))[11], 2600);
        assert_eq!(cost(usage(5_000_000))[11], 0);
        // Workers charges parts of a million: 10.1 million are 100,000 beyond, 0.03.
        assert_eq!(cost(usage(10_000_000))[2], 0);
        assert_eq!(cost(usage(10_100_000))[2], 3);
        assert_eq!(cost(usage(10_000_001))[2], 0);
        // R2 charges whole ones: 10 million reads are included, and one more is a million more.
        let visits = |visits| Usage { visits, ..usage(0) };
        assert_eq!(cost(visits(625_000))[10], 0);
        assert_eq!(cost(visits(625_001))[10], 36);
        assert_eq!(cost(usage(0)), [0, 500, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 535]);
    }

    #[test]
    fn the_free_plan_has_limits_of_each_day() {
        let prices = prices().unwrap();
        // The busiest day has three average ones: 1 million in a month are 100,000 on it, which is the limit.
        let usage = Usage { visits: 1_000_000, api_calls: 1_000_000, images: 2_000, database_gb: 5 };
        let within = bill(&prices, usage, true, None);
        assert_eq!(within.beyond, [""; 0]);
        // R2 is charged all the same: 0.11 for storage, and 16 million reads are 6 million beyond: 2.16.
        let paid: Vec<_> = within.lines.iter().map(|line| line.cost).filter(|cost| *cost > 0).collect();
        assert_eq!(paid, [11, 216, 535]);
        let beyond = bill(&prices, Usage { api_calls: 1_000_010, ..usage }, true, None).beyond;
        assert_eq!(
            beyond,
            [
                "Workers (requests of the API): 100,001 requests on the busiest day, of 100,000",
                "Hyperdrive (statements): 100,001 statements on the busiest day, of 100,000",
                "Analytics Engine (data points (a published price that is not charged yet)): 100,001 points on the busiest day, of 100,000",
            ]
        );
    }

    #[test]
    fn a_server_of_another_price() {
        let usage = Usage { visits: 0, api_calls: 0, images: 0, database_gb: 0 };
        let bill = bill(&prices().unwrap(), usage, false, Some(2400));
        assert_eq!(bill.total(), 2900);
        assert_eq!(bill.lines.last().unwrap().what, "as given");
    }

    #[test]
    fn prices_have_a_source_and_a_day() {
        let usage = Usage { visits: 1, api_calls: 1, images: 1, database_gb: 1 };
        for line in bill(&prices().unwrap(), usage, false, None).lines {
            assert!(line.source.starts_with("https://"), "{line:?}");
            assert!(line.read.parse::<jiff::civil::Date>().is_ok(), "{line:?}");
        }
    }

    #[test]
    fn the_largest_numbers_do_not_overflow() {
        let most = 1_000_000_000_000;
        let usage = Usage { visits: most, api_calls: most, images: most, database_gb: 100_000 };
        assert!(bill(&prices().unwrap(), usage, false, None).total() > 100_000_000);
    }

    #[test]
    fn numbers_are_written_for_people() {
        assert_eq!([grouped(0), grouped(999), grouped(1_000), grouped(1_234_567)], ["0", "999", "1,000", "1,234,567"]);
        assert_eq!(amount(16_600_000_000, "bytes"), "16.6 GB");
        assert_eq!(amount(90_000_000_000, "bytes"), "90 GB");
        assert_eq!(
            [price(4.5), price(26.0), price(0.015), price(0.000_362_5)],
            ["$4.50", "$26.00", "$0.015", "$0.0003625"]
        );
        let usage = Usage { visits: 0, api_calls: 12_000_000, images: 20_000, database_gb: 0 };
        let bill = bill(&prices().unwrap(), usage, false, None);
        let reasons: Vec<_> = [2, 3, 4, 8].iter().map(|at| bill.lines[*at].reason.as_str()).collect();
        assert_eq!(
            reasons,
            [
                "12,000,000 requests, 2,000,000 beyond what is included, at $0.30 for 1,000,000",
                "60,000,000 ms, 30,000,000 beyond what is included, at $0.02 for 1,000,000",
                "12,000,000 statements, all included",
                "16 GB, 6 beyond what is included, at $0.015 a GB",
            ]
        );
    }
}
