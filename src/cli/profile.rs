//! Where the time of a build went, as a table and as JSON.

use std::time::Duration;

use serde_json::{Value, json};

use crate::pipeline::Profile;
use crate::render::timing::{Part, Times};

/// Pages, templates and components that the table shows: the slowest.
const SHOWN: usize = 20;

/// Draws the table.
pub(super) fn table(profile: &Profile) -> String {
    let mut out = String::new();
    let stages = profile.stages.iter().map(|(name, time)| (*name, *time));
    section(&mut out, "stage", stages);
    parts_section(&mut out, "template", &templates(profile));
    parts_section(&mut out, "component", &components(profile));
    section(&mut out, "page", slowest(profile).take(SHOWN));
    out
}

/// Returns everything, in microseconds.
pub(super) fn to_json(profile: &Profile) -> Value {
    let micros = |time: Duration| u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
    let stages: Vec<_> =
        profile.stages.iter().map(|(name, time)| json!({ "name": name, "us": micros(*time) })).collect();
    let pages: Vec<_> = slowest(profile).map(|(url, time)| json!({ "url": url, "us": micros(time) })).collect();
    let parts = |parts: Vec<(&str, Times)>| -> Vec<Value> {
        let part = |(name, times): (&str, Times)| json!({ "name": name, "count": times.count, "us": micros(times.total), "self_us": micros(times.own) });
        parts.into_iter().map(part).collect()
    };
    let (templates, components) = (parts(templates(profile)), parts(components(profile)));
    json!({ "stages": stages, "templates": templates, "components": components, "pages": pages })
}

fn templates(profile: &Profile) -> Vec<(&str, Times)> {
    slowest_parts(profile, |part| match part {
        Part::Template(name) => Some(name),
        Part::Component(_) => None,
    })
}

fn components(profile: &Profile) -> Vec<(&str, Times)> {
    slowest_parts(profile, |part| match part {
        Part::Component(name) => Some(name),
        Part::Template(_) => None,
    })
}

/// Those that took the longest themselves come first: what is to be made faster stands there.
fn slowest_parts(profile: &Profile, name: impl Fn(&Part) -> Option<&str>) -> Vec<(&str, Times)> {
    let mut parts: Vec<_> = profile.parts.iter().filter_map(|(part, times)| Some((name(part)?, *times))).collect();
    parts.sort_by(|a, b| b.1.own.cmp(&a.1.own).then_with(|| a.0.cmp(b.0)));
    parts
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

fn parts_section(out: &mut String, title: &str, parts: &[(&str, Times)]) {
    if parts.is_empty() {
        return;
    }
    let ms = |time: Duration| time.as_secs_f64() * 1000.0;
    out.push_str(&format!("{:>10}  {:>10}  {:>7}  {title}\n", "self ms", "total ms", "count"));
    for (name, times) in parts.iter().take(SHOWN) {
        out.push_str(&format!("{:>10.2}  {:>10.2}  {:>7}  {name}\n", ms(times.own), ms(times.total), times.count));
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
            parts: [
                (Part::Template("page.html".to_owned()), Times { count: 3, total: ms(9), own: ms(2) }),
                (Part::Component("Card".to_owned()), Times { count: 4, total: ms(3), own: ms(3) }),
                (Part::Component("Tree".to_owned()), Times { count: 90, total: ms(4), own: ms(4) }),
            ]
            .into(),
        }
    }

    #[test]
    fn slow_pages_come_first() {
        insta::assert_snapshot!(table(&profile()), @r"
                ms  stage
              3.00  parse
             12.00  render

           self ms    total ms    count  template
              2.00        9.00        3  page.html

           self ms    total ms    count  component
              4.00        4.00       90  Tree
              3.00        3.00        4  Card

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
        assert_eq!(json["templates"], json!([{ "name": "page.html", "count": 3, "us": 9_000, "self_us": 2_000 }]));
        assert_eq!(json["components"][1], json!({ "name": "Card", "count": 4, "us": 3_000, "self_us": 3_000 }));
        assert_eq!(json["pages"].as_array().map(Vec::len), Some(3));
    }
}
