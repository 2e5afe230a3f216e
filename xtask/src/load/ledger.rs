//! What was sent to be stored, what was acknowledged, and what the database has of it in the end.
//!
//! In: a visitor's writes, numbered; the rows of the database. Out: for each sort of writes what is lost and what is too much. Deliberately not
//! here: how requests are sent.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use anyhow::Context;

use super::kinds::Store;
use crate::serving::Serving;

/// Rows of a batch.
const ROWS: u64 = 100;

/// A request that is to be stored.
pub(super) struct Entry {
    pub(super) path: String,
    pub(super) content_type: &'static str,
    pub(super) body: String,
}

/// The writes of one visitor, who sends one at a time.
#[derive(Debug)]
pub(super) struct Ledger {
    visitor: usize,
    /// Whether the form of each number was acknowledged.
    forms: Vec<bool>,
    views: Count,
    vitals: Count,
    /// The batches before it were acknowledged.
    batch: u64,
    is_batch_sent: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Count {
    sent: u64,
    acknowledged: u64,
}

impl Ledger {
    pub(super) fn new(visitor: usize) -> Self {
        let none = Count::default();
        Self { visitor, forms: Vec::new(), views: none, vitals: none, batch: 0, is_batch_sent: false }
    }

    /// Notes that something is sent, and returns it. A batch is sent until it is acknowledged, as feeds do.
    pub(super) fn next(&mut self, store: Store) -> Entry {
        let json = "application/json";
        let entry = |path: &str, body: String| Entry { path: path.to_owned(), content_type: json, body };
        match store {
            Store::Form => {
                let message = self.message(self.forms.len());
                self.forms.push(false);
                let body = serde_json::json!({"email": "a@b.c", "message": message});
                entry("/api/v1/forms/contact", body.to_string())
            }
            Store::View => {
                self.views.sent += 1;
                entry("/api/v1/views", r#"{"path": "/docs/tides/"}"#.to_owned())
            }
            Store::Vitals => {
                self.vitals.sent += 1;
                let body = r#"{"path": "/docs/lighthouse/", "device": "phone", "lcp": 1834.5, "inp": 48, "cls": 0.02, "ttfb": 210}"#;
                entry("/api/v1/vitals", body.to_owned())
            }
            Store::Bars => {
                self.is_batch_sent = true;
                let path = format!("/api/v1/series/ingest?symbol={}&key=batch-{}", self.symbol(), self.batch);
                let numbers = self.batch * ROWS..(self.batch + 1) * ROWS;
                if self.batch.is_multiple_of(2) {
                    return Entry { path, content_type: "text/csv", body: csv(numbers) };
                }
                entry(&path, json_of_bars(numbers))
            }
        }
    }

    /// Notes that the last thing of its kind was acknowledged.
    pub(super) fn acknowledge(&mut self, store: Store) {
        match store {
            Store::Form => {
                if let Some(last) = self.forms.last_mut() {
                    *last = true;
                }
            }
            Store::View => self.views.acknowledged += 1,
            Store::Vitals => self.vitals.acknowledged += 1,
            Store::Bars => {
                self.batch += 1;
                self.is_batch_sent = false;
            }
        }
    }

    fn message(&self, number: usize) -> String {
        format!("number {}-{number}", self.visitor)
    }

    fn symbol(&self) -> String {
        format!("LOAD-{}", self.visitor)
    }
}

/// `2000-01-01T00:00:00Z` and so on, a minute for each number. Months have 28 days here, so that no calendar is needed.
fn moment(number: u64) -> String {
    let (day, minute) = (number / 1440, number % 1440);
    let (year, month, day) = (2000 + day / 336, 1 + day / 28 % 12, 1 + day % 28);
    format!("{year}-{month:02}-{day:02}T{:02}:{:02}:00Z", minute / 60, minute % 60)
}

fn csv(numbers: std::ops::Range<u64>) -> String {
    let mut out = "ts,open,high,low,close,volume\n".to_owned();
    for number in numbers {
        let _ = writeln!(out, "{},{number},{},{number},{number},1", moment(number), number + 1);
    }
    out
}

fn json_of_bars(numbers: std::ops::Range<u64>) -> String {
    let bars = numbers.map(|number| {
        serde_json::json!({
            "ts": moment(number), "open": number, "high": number + 1, "low": number, "close": number, "volume": 1,
        })
    });
    serde_json::json!({"bars": bars.collect::<Vec<_>>()}).to_string()
}

/// What became of a sort of writes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Outcome {
    pub(super) what: &'static str,
    pub(super) acknowledged: u64,
    /// Sent, and refused or not answered: may be there or not.
    pub(super) in_doubt: u64,
    pub(super) stored: u64,
    /// Acknowledged, and not there.
    pub(super) lost: u64,
    /// There, and not sent; or there twice.
    pub(super) surplus: u64,
}

/// Compares what was sent with what is stored.
pub(super) fn compare(ledgers: &[&Ledger], serving: &Serving) -> anyhow::Result<Vec<Outcome>> {
    let number = |sql: &str| -> anyhow::Result<u64> {
        let text = serving.ask(sql)?;
        text.trim().parse().with_context(|| format!("{text:?} is no number"))
    };
    let views = number("select coalesce(sum(views), 0) from page_view_day")?;
    let vitals = number("select coalesce(sum(count), 0) from vital_day where metric = 'lcp'")?;
    let messages = serving.ask("select data ->> 'message' from submission where form = 'contact'")?;
    let bars = serving.ask(
        "select b.symbol, count(*), count(distinct close), min(close), max(close), (select sum(r.volume) from market_rollup r where \
         r.symbol = b.symbol and r.step = '1d') from market_bar b where b.symbol like 'LOAD-%' group by b.symbol",
    )?;
    let sum = |read: fn(&Ledger) -> Count| {
        ledgers.iter().map(|ledger| read(ledger)).fold(Count::default(), |sum, one| Count {
            sent: sum.sent + one.sent,
            acknowledged: sum.acknowledged + one.acknowledged,
        })
    };
    // Vitals count the view as well.
    let all = sum(|ledger| Count {
        sent: ledger.views.sent + ledger.vitals.sent,
        acknowledged: ledger.views.acknowledged + ledger.vitals.acknowledged,
    });
    Ok(vec![
        forms(ledgers, &messages),
        counted("views", all, views),
        counted("web vitals", sum(|ledger| ledger.vitals), vitals),
        series(ledgers, &bars)?,
    ])
}

/// Numbers that were added to one sum.
fn counted(what: &'static str, Count { sent, acknowledged }: Count, stored: u64) -> Outcome {
    let (lost, surplus) = (acknowledged.saturating_sub(stored), stored.saturating_sub(sent));
    Outcome { what, acknowledged, in_doubt: sent - acknowledged, stored, lost, surplus }
}

/// Forms have numbers: each is looked for by its own.
fn forms(ledgers: &[&Ledger], messages: &str) -> Outcome {
    let mut stored: BTreeMap<&str, u64> = BTreeMap::new();
    for message in messages.lines() {
        *stored.entry(message).or_default() += 1;
    }
    let mut outcome = Outcome { what: "forms", stored: stored.values().sum(), ..Outcome::default() };
    for ledger in ledgers {
        for (number, is_acknowledged) in ledger.forms.iter().enumerate() {
            let times = stored.remove(ledger.message(number).as_str()).unwrap_or(0);
            outcome.surplus += times.saturating_sub(1);
            if *is_acknowledged {
                outcome.acknowledged += 1;
                outcome.lost += u64::from(times == 0);
            } else {
                outcome.in_doubt += 1;
            }
        }
    }
    outcome.surplus += stored.values().sum::<u64>();
    outcome
}

/// Bars have numbers from 0 on, without a gap; and their roll-ups are to count all of them.
fn series(ledgers: &[&Ledger], lines: &str) -> anyhow::Result<Outcome> {
    let mut found: BTreeMap<&str, [u64; 5]> = BTreeMap::new();
    for line in lines.lines() {
        let (symbol, numbers) = line.split_once('|').with_context(|| format!("`{line}` tells nothing of a series"))?;
        let numbers: Result<Vec<u64>, _> = numbers.split('|').map(str::parse).collect();
        let numbers = numbers.ok().and_then(|numbers| numbers.try_into().ok());
        found.insert(symbol, numbers.with_context(|| format!("`{line}` tells nothing of a series"))?);
    }
    let mut outcome = Outcome { what: "bars", ..Outcome::default() };
    for ledger in ledgers {
        let [rows, distinct, first, last, rolled] = found.get(ledger.symbol().as_str()).copied().unwrap_or_default();
        let acknowledged = ledger.batch * ROWS;
        let in_doubt = u64::from(ledger.is_batch_sent) * ROWS;
        outcome.acknowledged += acknowledged;
        outcome.in_doubt += in_doubt;
        outcome.stored += rows;
        // As many different numbers as rows, from 0 to one less than that: no other rows can be there.
        let is_whole = rows == 0 || distinct == rows && first == 0 && last == rows - 1 && rolled == rows;
        let known = if is_whole { rows } else { 0 };
        outcome.lost += acknowledged.saturating_sub(known);
        // A batch is stored in full or not at all.
        outcome.surplus += if rows > acknowledged { rows.abs_diff(acknowledged + in_doubt) } else { 0 };
    }
    Ok(outcome)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ledger(acknowledged: u64) -> Ledger {
        let mut ledger = Ledger::new(3);
        for store in [Store::Form, Store::View, Store::Vitals, Store::Bars] {
            for number in 0..=acknowledged {
                ledger.next(store);
                if number < acknowledged {
                    ledger.acknowledge(store);
                }
            }
        }
        ledger
    }

    #[test]
    fn moments_are_different_and_in_order() {
        assert_eq!(moment(0), "2000-01-01T00:00:00Z");
        assert_eq!(moment(1439), "2000-01-01T23:59:00Z");
        assert_eq!(moment(28 * 1440), "2000-02-01T00:00:00Z");
        assert_eq!(moment(336 * 1440 - 1), "2000-12-28T23:59:00Z");
        assert_eq!(moment(336 * 1440), "2001-01-01T00:00:00Z");
    }

    #[test]
    fn a_batch_is_sent_until_it_is_acknowledged() {
        let mut ledger = Ledger::new(0);
        let first = ledger.next(Store::Bars);
        assert_eq!(first.path, "/api/v1/series/ingest?symbol=LOAD-0&key=batch-0");
        assert!(first.body.starts_with("ts,open,high,low,close,volume\n2000-01-01T00:00:00Z,0,1,0,0,1\n"));
        assert_eq!(ledger.next(Store::Bars).body, first.body);
        ledger.acknowledge(Store::Bars);
        let second = ledger.next(Store::Bars);
        assert_eq!(
            (second.path.as_str(), second.content_type),
            ("/api/v1/series/ingest?symbol=LOAD-0&key=batch-1", "application/json")
        );
        assert!(second.body.contains("2000-01-01T01:40:00Z"), "{}", second.body);
    }

    #[test]
    fn a_form_that_was_acknowledged_and_is_not_there_is_lost() {
        let ledger = ledger(2);
        let check = |messages: &str| {
            let Outcome { acknowledged, in_doubt, stored, lost, surplus, .. } = forms(&[&ledger], messages);
            assert_eq!((acknowledged, in_doubt), (2, 1));
            (stored, lost, surplus)
        };
        assert_eq!(check("number 3-0\nnumber 3-1\n"), (2, 0, 0));
        assert_eq!(check("number 3-2\nnumber 3-1\nnumber 3-0\n"), (3, 0, 0), "it was stored, and the answer lost");
        assert_eq!(check("number 3-0\nnumber 3-2\n"), (2, 1, 0));
        assert_eq!(check("number 3-0\nnumber 3-1\nnumber 3-1\nnumber 9-0\n"), (4, 0, 2));
    }

    #[test]
    fn what_is_counted_lies_between_what_was_acknowledged_and_what_was_sent() {
        let check = |stored| {
            let outcome = counted("views", Count { sent: 12, acknowledged: 10 }, stored);
            (outcome.in_doubt, outcome.lost, outcome.surplus)
        };
        assert_eq!([check(10), check(12), check(9), check(13)], [(2, 0, 0), (2, 0, 0), (2, 1, 0), (2, 0, 1)]);
    }

    #[test]
    fn bars_are_there_in_full_batches_without_a_gap() {
        let ledger = ledger(2);
        let check = |lines: &str| {
            let outcome = series(&[&ledger], lines).unwrap();
            assert_eq!((outcome.acknowledged, outcome.in_doubt), (200, 100));
            (outcome.stored, outcome.lost, outcome.surplus)
        };
        assert_eq!(check("LOAD-3|200|200|0|199|200\n"), (200, 0, 0));
        assert_eq!(check("LOAD-3|300|300|0|299|300\n"), (300, 0, 0));
        assert_eq!(check("LOAD-3|200|200|0|299|200\n"), (200, 200, 0), "another row stands for one that is lost");
        assert_eq!(check("LOAD-3|200|200|0|199|199\n"), (200, 200, 0), "a roll-up is wrong");
        assert_eq!(check("LOAD-3|250|250|0|249|250\n"), (250, 0, 50), "half a batch");
        assert_eq!(check(""), (0, 200, 0));
        assert!(series(&[&ledger], "LOAD-3|x\n").is_err());
    }
}
