//! How long routes take, counted in the memory of one instance.
//!
//! In: lines of the log. Out: JSON for the dashboard and text for Prometheus. A Worker has many instances, which come and go: each tells of itself alone,
//! with a name and since when; a shell that has a service for numbers writes there as well. Deliberately not here: paths, clients, anything but the name of
//! a route.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::http::date;
use crate::log::Log;
use crate::manifest::Route;

/// Milliseconds up to which a request belongs into a bucket; beyond them is one more.
const BOUNDS: [u64; 15] = [1, 2, 5, 10, 20, 30, 50, 75, 100, 200, 500, 1_000, 2_000, 5_000, 10_000];

/// What is known of all routes.
#[derive(Debug, Default)]
pub(crate) struct Metrics {
    /// The beginning of the id of the first request: as good a name as any.
    instance: String,
    since: u64,
    /// By the place of the route; what is no route comes last.
    routes: Vec<Counted>,
}

#[derive(Clone, Debug, Default)]
struct Counted {
    /// By the first digit of the status.
    statuses: [u64; 6],
    total: Histogram,
    /// Of the requests that asked the database.
    database: Histogram,
}

#[derive(Clone, Debug, Default)]
struct Histogram {
    counts: [u64; BOUNDS.len() + 1],
    sum: u64,
}

impl Metrics {
    /// Counts a request. `route` is the place of its route among `routes`.
    pub(crate) fn add(&mut self, routes: usize, route: Option<usize>, log: &Log, now: u64) {
        if self.routes.is_empty() {
            self.routes = vec![Counted::default(); routes + 1];
            self.instance = log.id.chars().take(16).collect();
            self.since = now;
        }
        let Some(counted) = self.routes.get_mut(route.unwrap_or(routes)) else { return };
        counted.add(log.status, log.total_ms);
        if log.trips > 0 {
            counted.database.add(log.db_ms);
        }
    }

    /// Counts one more request of a route, which took no time. Returns false, and counts nothing, before the first one of all.
    pub(crate) fn again(&mut self, route: usize, status: u16) -> bool {
        let Some(counted) = self.routes.get_mut(route) else { return false };
        counted.add(status, 0);
        true
    }

    fn known<'m>(&'m self, routes: &'m [Route]) -> impl Iterator<Item = (&'m str, &'m Counted)> {
        let names = routes.iter().map(|route| route.id.as_str()).chain(["none"]);
        names.zip(&self.routes).filter(|(_, counted)| counted.total.count() > 0)
    }

    /// Writes JSON.
    pub(crate) fn to_json(&self, routes: &[Route], build: &str) -> Value {
        let all: Vec<Value> = self
            .known(routes)
            .map(|(name, counted)| {
                json!({
                    "route": name,
                    "requests": counted.total.count(),
                    "errors": counted.statuses[5],
                    "total_ms": counted.total.to_json(),
                    "db_ms": counted.database.to_json(),
                })
            })
            .collect();
        json!({"instance": self.instance, "since": date::rfc3339(self.since / 1000), "build": build, "routes": all})
    }

    /// Writes text for Prometheus.
    pub(crate) fn to_text(&self, routes: &[Route], build: &str) -> String {
        let mut text = String::new();
        let quoted = |value: &str| value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
        text.push_str(
            "# HELP rivage_info The instance that tells this; each counts for itself.\n# TYPE rivage_info gauge\n",
        );
        let _ = writeln!(text, "rivage_info{{instance=\"{}\",build=\"{}\"}} 1", self.instance, quoted(build));
        text.push_str("# HELP rivage_requests_total Requests.\n# TYPE rivage_requests_total counter\n");
        for (name, counted) in self.known(routes) {
            for (digit, count) in counted.statuses.iter().enumerate().filter(|(_, count)| **count > 0) {
                let _ = writeln!(text, "rivage_requests_total{{route=\"{name}\",status=\"{digit}xx\"}} {count}");
            }
        }
        type Of = fn(&Counted) -> &Histogram;
        let histograms: [(&str, &str, Of); 2] = [
            ("rivage_request_duration_seconds", "How long requests took.", |counted| &counted.total),
            ("rivage_database_duration_seconds", "How long requests waited for the database.", |counted| {
                &counted.database
            }),
        ];
        for (metric, help, of) in histograms {
            let _ = writeln!(text, "# HELP {metric} {help}\n# TYPE {metric} histogram");
            for (name, counted) in self.known(routes) {
                of(counted).write(metric, name, &mut text);
            }
        }
        text
    }
}

impl Counted {
    fn add(&mut self, status: u16, milliseconds: u64) {
        self.statuses[usize::from(status / 100).min(5)] += 1;
        self.total.add(milliseconds);
    }
}

impl Histogram {
    fn add(&mut self, milliseconds: u64) {
        self.counts[BOUNDS.partition_point(|bound| *bound < milliseconds)] += 1;
        self.sum += milliseconds;
    }

    fn count(&self) -> u64 {
        self.counts.iter().sum()
    }

    fn to_json(&self) -> Value {
        json!({"p50": self.quantile(0.5), "p95": self.quantile(0.95), "p99": self.quantile(0.99), "sum": self.sum})
    }

    /// Returns what this part of requests stays below: within a bucket as if they lay evenly, beyond the last bound that bound.
    #[expect(clippy::cast_precision_loss, reason = "numbers of requests and milliseconds, shown with one digit")]
    fn quantile(&self, part: f64) -> f64 {
        if self.count() == 0 {
            return 0.0;
        }
        let wanted = part * self.count() as f64;
        let (mut below, mut from) = (0.0, 0.0);
        for (index, count) in self.counts.iter().enumerate() {
            let Some(to) = BOUNDS.get(index).map(|bound| *bound as f64) else { break };
            let count = *count as f64;
            if count > 0.0 && below + count >= wanted {
                return ((from + (to - from) * (wanted - below) / count) * 10.0).round() / 10.0;
            }
            (below, from) = (below + count, to);
        }
        from
    }

    fn write(&self, metric: &str, route: &str, text: &mut String) {
        let mut so_far = 0;
        for (index, count) in self.counts.iter().enumerate() {
            so_far += count;
            let bound = BOUNDS.get(index).map_or_else(|| "+Inf".to_owned(), |bound| seconds(*bound));
            let _ = writeln!(text, "{metric}_bucket{{route=\"{route}\",le=\"{bound}\"}} {so_far}");
        }
        let _ = writeln!(text, "{metric}_sum{{route=\"{route}\"}} {}", seconds(self.sum));
        let _ = writeln!(text, "{metric}_count{{route=\"{route}\"}} {so_far}");
    }
}

/// Milliseconds as seconds, exactly.
fn seconds(milliseconds: u64) -> String {
    let text = format!("{}.{:03}", milliseconds / 1000, milliseconds % 1000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn metrics(times: &[(u16, u64, u64)]) -> (Metrics, Vec<Route>) {
        let routes: Vec<Route> = crate::builtin::routes().into_iter().filter(|route| route.id == "health").collect();
        let mut metrics = Metrics::default();
        for (status, total_ms, db_ms) in times.iter().copied() {
            let trips = u32::from(db_ms > 0);
            let log = Log { id: "0123456789abcdef-rest".to_owned(), status, total_ms, db_ms, trips, ..Log::default() };
            metrics.add(1, (status != 404).then_some(0), &log, 1_795_000_000_000);
        }
        (metrics, routes)
    }

    #[test]
    fn what_was_counted_is_told() {
        let (metrics, routes) = metrics(&[(200, 4, 3), (200, 8, 3), (503, 2_001, 2_000), (404, 0, 0)]);
        let json = metrics.to_json(&routes, "b");
        assert_eq!((json["instance"].as_str(), json["build"].as_str()), (Some("0123456789abcdef"), Some("b")));
        let health = &json["routes"][0];
        assert_eq!(
            (&health["route"], &health["requests"], &health["errors"]),
            (&json!("health"), &json!(3), &json!(1))
        );
        assert_eq!(health["total_ms"]["sum"], 2_013);
        assert_eq!(health["total_ms"]["p50"], 7.5, "half of the way through the bucket from 5 to 10");
        assert_eq!(json["routes"][1]["route"], "none");
        assert_eq!(json["routes"][1]["db_ms"]["p95"], 0.0);
        insta::assert_snapshot!(metrics.to_text(&routes, "b\"1"));
    }

    #[test]
    fn beyond_the_last_bound_is_the_last_bound() {
        let (metrics, routes) = metrics(&[(200, 60_000, 60_000)]);
        assert_eq!(metrics.to_json(&routes, "b")["routes"][0]["total_ms"]["p99"], 10_000.0);
    }

    #[test]
    fn nothing_is_nothing() {
        let (metrics, routes) = metrics(&[]);
        assert_eq!(metrics.to_json(&routes, "b")["routes"], json!([]));
        assert!(!metrics.to_text(&routes, "b").contains("rivage_requests_total{"));
    }

    #[test]
    fn milliseconds_become_seconds() {
        assert_eq!([1, 50, 1_000, 12_340, 0].map(seconds), ["0.001", "0.05", "1", "12.34", "0"]);
    }
}
