//! What is searched for, counted without who asks.
//!
//! In: searches, as they are answered. Out: numbers by query and day, written together after an answer. A search box asks with every letter: what is
//! typed on the way to a longer query is not counted. For that an instance remembers, for seconds and nowhere else, which client asked last; what is
//! written has no client. Deliberately not here: which routes search.

use std::collections::{BTreeMap, VecDeque};

use serde_json::json;

use crate::fixed::{Fixed, oid};

/// Milliseconds after which nobody goes on typing.
const SETTLED: u64 = 3_000;

/// The most searches that wait. More in seconds is no person any more.
const MOST: usize = 500;

/// So many characters are a query.
const LENGTHS: std::ops::RangeInclusive<usize> = 2..=80;

/// Adds numbers; of one day there is an end to different queries. Those of more than a year ago go.
pub(crate) const NOTE: Fixed = Fixed {
    name: "note_searches",
    types: &[oid::JSONB],
    sql: "\
with gone as (
  delete from search_day where day < current_date - 400
)
insert into search_day as s (day, query, lang, searches, empty)
select current_date, asked.query, asked.lang, asked.searches, asked.empty
  from jsonb_to_recordset($1) as asked (query text, lang text, searches bigint, empty bigint)
 where exists (select from search_day known where known.day = current_date and known.query = asked.query and known.lang = asked.lang)
    or (select count(*) from search_day where day = current_date) < 2000
 order by asked.query, asked.lang
on conflict (day, query, lang) do update set searches = s.searches + excluded.searches, empty = s.empty + excluded.empty",
};

/// Searches that were not written yet.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    waiting: VecDeque<Asked>,
    /// The last moment that anybody told.
    now: u64,
}

#[derive(Debug)]
struct Asked {
    client: String,
    at: u64,
    query: String,
    lang: String,
    is_empty: bool,
}

impl Tally {
    /// Counts a search.
    pub(crate) fn add(&mut self, client: &str, now: u64, query: &str, lang: &str, is_empty: bool) {
        self.now = now;
        let Some(query) = normal(query) else { return };
        let is_on_its_way = |asked: &&mut Asked| {
            asked.client == client
                && asked.lang == lang
                && now < asked.at + SETTLED
                && (query.starts_with(&asked.query) || asked.query.starts_with(&query))
        };
        if let Some(asked) = self.waiting.iter_mut().rev().find(is_on_its_way) {
            asked.at = now;
            // Who takes letters away has searched for the longer query.
            if query.len() >= asked.query.len() {
                (asked.query, asked.is_empty) = (query, is_empty);
            }
        } else if self.waiting.len() < MOST {
            let (client, lang) = (client.to_owned(), lang.to_owned());
            self.waiting.push_back(Asked { client, at: now, query, lang, is_empty });
        }
    }

    /// Reports whether something is to be written, by the moment that was told last.
    pub(crate) fn is_due(&self) -> bool {
        self.waiting.iter().any(|asked| self.now >= asked.at + SETTLED)
    }

    /// Tells the time.
    pub(crate) fn set_now(&mut self, now: u64) {
        self.now = now;
    }

    /// Takes out what is to be written, as [`NOTE`] takes it.
    pub(crate) fn take(&mut self, now: u64) -> Option<String> {
        self.now = now;
        let mut numbers: BTreeMap<(String, String), (u64, u64)> = BTreeMap::new();
        let (settled, waiting): (VecDeque<Asked>, VecDeque<Asked>) =
            std::mem::take(&mut self.waiting).into_iter().partition(|asked| now >= asked.at + SETTLED);
        self.waiting = waiting;
        for asked in settled {
            let (searches, empty) = numbers.entry((asked.query, asked.lang)).or_default();
            *searches += 1;
            *empty += u64::from(asked.is_empty);
        }
        let rows: Vec<_> = numbers
            .into_iter()
            .map(|((query, lang), (searches, empty))| {
                json!({"query": query, "lang": lang, "searches": searches, "empty": empty})
            })
            .collect();
        (!rows.is_empty()).then(|| json!(rows).to_string())
    }
}

/// A query as it is counted: in lower case, with single spaces. What may be an address or a number of somebody's is not counted.
fn normal(query: &str) -> Option<String> {
    let query = query.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
    let digits = query.chars().filter(char::is_ascii_digit).count();
    (LENGTHS.contains(&query.chars().count()) && !query.contains('@') && digits < 6).then_some(query)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(tally: &mut Tally, now: u64) -> Vec<(String, u64, u64)> {
        let text = tally.take(now).unwrap_or_else(|| "[]".to_owned());
        let rows: Vec<serde_json::Value> = serde_json::from_str(&text).expect("rows");
        let number = |row: &serde_json::Value, key: &str| row[key].as_u64().unwrap_or_default();
        rows.iter()
            .map(|row| {
                (row["query"].as_str().unwrap_or_default().to_owned(), number(row, "searches"), number(row, "empty"))
            })
            .collect()
    }

    #[test]
    fn what_is_typed_on_the_way_is_not_counted() {
        let mut tally = Tally::default();
        for (at, query) in [(0, "ti"), (100, "tide"), (200, "Tides "), (300, "tide"), (400, "tides")] {
            tally.add("a", at, query, "en", query == "ti");
        }
        tally.add("b", 150, "tide", "en", false);
        tally.add("a", 3_500, "tides of  march", "en", true);
        assert_eq!(rows(&mut tally, 3_500), [("tide".to_owned(), 1, 0), ("tides".to_owned(), 1, 0)]);
        assert_eq!(rows(&mut tally, 3_500), []);
        assert_eq!(rows(&mut tally, 6_500), [("tides of march".to_owned(), 1, 1)]);
    }

    #[test]
    fn the_same_of_several_clients_is_one_row() {
        let mut tally = Tally::default();
        tally.add("a", 0, "moon", "en", true);
        tally.add("b", 0, "Moon", "en", false);
        tally.add("b", 0, "moon", "fr", false);
        let text = tally.take(SETTLED).expect("due");
        let rows: serde_json::Value = serde_json::from_str(&text).expect("rows");
        // As the statement takes them: a client is nowhere.
        let expected = json!([
            {"query": "moon", "lang": "en", "searches": 2, "empty": 1},
            {"query": "moon", "lang": "fr", "searches": 1, "empty": 0},
        ]);
        assert_eq!(rows, expected);
    }

    #[test]
    fn it_is_due_when_somebody_is_done() {
        let mut tally = Tally::default();
        tally.add("a", 1_000, "tides", "en", false);
        assert!(!tally.is_due());
        tally.set_now(1_000 + SETTLED);
        assert!(tally.is_due());
    }

    #[test]
    fn what_may_be_somebodys_is_no_query() {
        assert_eq!(normal("  The   Moon ").as_deref(), Some("the moon"));
        for query in ["a", " ", "me@example.org", "+33 6 12 34 56 78", &"x".repeat(81)] {
            assert_eq!(normal(query), None, "{query}");
        }
    }

    #[test]
    fn there_is_an_end_to_what_waits() {
        let mut tally = Tally::default();
        for number in 0..10 * MOST {
            tally.add(&number.to_string(), 0, "tides", "en", false);
        }
        assert_eq!(rows(&mut tally, SETTLED), [("tides".to_owned(), MOST as u64, 0)]);
    }
}
