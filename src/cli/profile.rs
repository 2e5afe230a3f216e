//! Where the time of a build went, as a table and as JSON.

use std::time::Duration;

use serde_json::{Value, json};

use crate::pipeline::Profile;

/// Pages that the table shows: the slowest.
const SHOWN: usize = 20;

/// Draws the table.
pub(super) fn table(profile: &Profile) -> String {
    let mut out = String::new();
    let stages = profile.stages.iter().map(|(name, time)| (*name, *time));
    section(&mut out, "stage", stages);
    section(&mut out, "page", slowest(profile).take(SHOWN));
    out
}

/// Returns everything, in microseconds.
pub(super) fn to_json(profile: &Profile) -> Value {
    let micros = |time: Duration| u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
    let stages: Vec<_> =
        profile.stages.iter().map(|(name, time)| json!({ "name": name, "us": micros(*time) })).collect();
    let pages: Vec<_> = slowest(profile).map(|(url, time)| json!({ "url": url, "us": micros(time) })).collect();
    json!({ "stages": stages, "pages": pages })
}

fn slowest(profile: &Profile) -> impl Iterator<Item = (&str, Duration)> {
    let mut pages: Vec<_> = profile.pages.iter().map(|(url, time)| (url.as_str(), *time)).collect();
    pages.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(b.0)));
    pages.into_iter()
}

fn section<'a>(out: &mut String, title: &str, rows: impl Iterator<Item = (&'a str, Duration)>) {
    let rows: Vec<_> = rows.collect();
    if rows.is_empty() {
        return;
    }
    out.push_str(&format!("{:>10}  {title}\n", "ms"));
    for (name, time) in rows {
        out.push_str(&format!("{:>10.2}  {name}\n", time.as_secs_f64() * 1000.0));
    }
    out.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn profile() -> Profile {
        let ms = Duration::from_millis;
        Profile {
            stages: vec![("parse", ms(3)), ("render", ms(12))],
            pages: vec![("/a/".to_owned(), ms(1)), ("/b/".to_owned(), ms(5)), ("/c/".to_owned(), ms(1))],
        }
    }

    #[test]
    fn slow_pages_come_first() {
        insta::assert_snapshot!(table(&profile()), @r"
                ms  stage
              3.00  parse
             12.00  render

                ms  page
              5.00  /b/
              1.00  /a/
              1.00  /c/
        ");
    }

    #[test]
    fn json_has_all() {
        let json = to_json(&profile());
        assert_eq!(json["stages"][1], json!({ "name": "render", "us": 12_000 }));
        assert_eq!(json["pages"].as_array().map(Vec::len), Some(3));
    }
}
