//! Counts requests in windows of fixed length, as the platform's own counters do.
//!
//! In: classes, clients, the time. Out: whether one more is allowed. Deliberately not here: counters that several processes share; the exact ones
//! of logins are in the database.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use rivage_api::manifest::LimitClass;

/// The most clients that are remembered. Who has more addresses than that is not stopped by counting them.
const MOST: usize = 100_000;

#[derive(Debug)]
pub(super) struct Limiter {
    classes: Vec<LimitClass>,
    counted: Mutex<HashMap<(usize, String), Window>>,
}

#[derive(Clone, Copy, Debug)]
struct Window {
    /// The number of the window since 1970.
    number: u64,
    count: u32,
}

impl Limiter {
    pub(super) fn new(classes: &[LimitClass]) -> Self {
        Self { classes: classes.to_vec(), counted: Mutex::default() }
    }

    /// Counts a request at a moment in milliseconds.
    pub(super) fn count(&self, class: &str, client: &str, now: u64) -> bool {
        let Some(at) = self.classes.iter().position(|known| known.name == class) else { return true };
        let LimitClass { requests, period, .. } = self.classes[at];
        let number = now / (u64::from(period.max(1)) * 1000);
        let mut counted = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        if counted.len() >= MOST {
            let periods: Vec<u64> = self.classes.iter().map(|class| u64::from(class.period.max(1)) * 1000).collect();
            counted.retain(|(class, _), window| window.number == now / periods[*class]);
            if counted.len() >= MOST {
                return true;
            }
        }
        let window = counted.entry((at, client.to_owned())).or_insert(Window { number, count: 0 });
        if window.number != number {
            *window = Window { number, count: 0 };
        }
        window.count = window.count.saturating_add(1);
        window.count <= requests
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limiter() -> Limiter {
        let class = |name: &str, requests| LimitClass { name: name.to_owned(), requests, period: 10 };
        Limiter::new(&[class("read", 2), class("auth", 1)])
    }

    #[test]
    fn windows_begin_anew_and_clients_and_classes_are_counted_apart() {
        let limiter = limiter();
        let at = |second: u64, class: &str, client: &str| limiter.count(class, client, second * 1000);
        assert_eq!([at(10, "read", "a"), at(11, "read", "a"), at(19, "read", "a")], [true, true, false]);
        assert!(at(19, "read", "b") && at(19, "auth", "a"));
        assert!(!at(19, "auth", "a"));
        assert!(at(20, "read", "a"), "the next window");
        assert!(at(20, "other", "a"), "a class that nobody declared has no limit");
    }

    #[test]
    fn clients_of_past_windows_are_forgotten() {
        let limiter = limiter();
        for client in 0..MOST {
            assert!(limiter.count("read", &client.to_string(), 10_000));
        }
        assert!(limiter.count("read", "one more", 20_000));
        assert_eq!(limiter.counted.lock().unwrap().len(), 1);
    }
}
