//! Bars → the lines of a chart.
//!
//! All that is drawn is a handful of paths in a box. `chart.js` of the theme makes the same paths of the same bars,
//! calculation by calculation, so that a chart that is drawn anew in the browser does not jump; a browser test compares the two.

use std::fmt::Write;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use rivage_api::series::{Bar, Cell, FIELDS, bar};
use rivage_diag::Diagnostic;
use rivage_syntax::data::{Data, DataValue};
use tera::{Error, Kwargs, TeraResult, Value};

use super::super::functions::{Surroundings, translate};
use super::super::values::map;
use super::super::{diagnostics, scope};
use super::{WIDTH, n, r, rows, tell};

const HEIGHT: f64 = 300.0;
/// The sides of the field for lines: labels of prices stand to the right of it, those of time below.
const LEFT: f64 = 6.0;
const RIGHT: f64 = 574.0;
const TOP: f64 = 10.0;
const BOTTOM: f64 = 268.0;
/// How high the greatest volume is.
const VOLUME: f64 = 44.0;

const DAY: i64 = 86_400;

/// A bar with its moment in seconds.
struct Point {
    at: i64,
    bar: Bar,
}

/// Draws a chart of a data file.
pub(in crate::render) fn chart(env: &Surroundings, arguments: &Kwargs) -> TeraResult<Value> {
    let written = arguments.must_get::<&str>("data")?;
    let limit = arguments.get::<usize>("limit")?.unwrap_or(120);
    if !(2..=1000).contains(&limit) {
        return Err(Error::message("`limit` must be a number from 2 to 1000"));
    }
    let kind = arguments.get::<&str>("kind")?.unwrap_or("line");
    if !matches!(kind, "line" | "candle") {
        return Err(Error::message(format!("`kind` must be `line` or `candle`, not `{kind}`")));
    }
    let Some(found) = rows(env, written)? else { return Ok(Value::none()) };
    let mut points = Vec::with_capacity(found.rows.len());
    let mut wrong = Vec::new();
    for row in &found.rows {
        let read = bar(FIELDS.map(|field| cell(row, field, found.is_csv)));
        match read.map(|bar| (bar.ts.parse::<Timestamp>(), bar)) {
            Ok((Ok(at), bar)) => points.push(Point { at: at.as_second(), bar }),
            Ok((Err(_), _)) => wrong.push(diagnostics::bad_bar(&found.file, row.span, "ts", "is out of range")),
            Err(told) => wrong.push(diagnostics::bad_bar(&found.file, row.span, &told.field, told.detail)),
        }
    }
    if !wrong.is_empty() {
        tell(wrong);
        return Ok(Value::none());
    }
    // Of the same moment the bar that comes last counts, as in the database.
    points.sort_by_key(|point| point.at);
    points.reverse();
    points.dedup_by_key(|point| point.at);
    points.reverse();
    points.drain(..points.len().saturating_sub(limit));
    if points.len() < 2 {
        let few: Diagnostic = diagnostics::few_bars(&found.file);
        scope::report(few);
        return Ok(Value::none());
    }
    let months: Vec<String> =
        translate(env, "months_short", &[]).split(',').map(|month| month.trim().to_owned()).collect();
    Ok(draw(&points, &months))
}

fn cell<'d>(row: &'d Data, field: &str, is_csv: bool) -> Cell<'d> {
    #[expect(clippy::cast_precision_loss, reason = "prices and volumes are far below 2^53")]
    match row.get(field).map(|cell| &cell.value) {
        None | Some(DataValue::Null) => Cell::Missing,
        Some(DataValue::String(text)) if is_csv => Cell::of_text(field, text),
        Some(DataValue::String(text) | DataValue::Date(text)) => Cell::Text(text),
        Some(DataValue::Int(number)) => Cell::Number(*number as f64),
        Some(DataValue::Float(number)) if number.is_finite() => Cell::Number(*number),
        Some(_) => Cell::Other,
    }
}

/// The greatest power of ten that is not above a number.
fn power_of(number: f64) -> (i32, f64) {
    let power = |k: i32| format!("1e{k}").parse::<f64>().unwrap_or(1.0);
    let mut k = 0;
    while k < 300 && power(k + 1) <= number {
        k += 1;
    }
    while k > -300 && power(k) > number {
        k -= 1;
    }
    (k, power(k))
}

/// Round numbers within a range, and how many digits they have after the point.
fn ticks(low: f64, high: f64) -> (Vec<f64>, usize) {
    let raw = (high - low) / 5.0;
    let (k, power) = power_of(raw);
    // A quotient may be a little more than the number that it stands for.
    let ratio = raw / power;
    let (factor, k) = match ratio {
        _ if ratio <= 1.000_001 => (1.0, k),
        _ if ratio <= 2.000_001 => (2.0, k),
        _ if ratio <= 5.000_001 => (5.0, k),
        _ => (10.0, k + 1),
    };
    let step = factor * power;
    let (first, last) = ((low / step).ceil(), (high / step).floor());
    let mut all = Vec::new();
    let mut at = first;
    while at <= last && all.len() < 20 {
        // Without the sign of a zero.
        all.push(at * step + 0.0);
        at += 1.0;
    }
    (all, usize::try_from(-k).unwrap_or(0))
}

#[expect(clippy::cast_precision_loss, reason = "at most 1000 bars")]
fn draw(points: &[Point], months: &[String]) -> Value {
    let bars = || points.iter().map(|point| &point.bar);
    let low = bars().map(|bar| bar.low).fold(f64::INFINITY, f64::min);
    let high = bars().map(|bar| bar.high).fold(f64::NEG_INFINITY, f64::max);
    let pad = if high > low { (high - low) * 0.06 } else { low.abs() * 0.01 + 0.01 };
    let (min, max) = (low - pad, high + pad);
    let step = (RIGHT - LEFT) / points.len() as f64;
    let x = |index: usize| LEFT + (index as f64 + 0.5) * step;
    let y = |value: f64| TOP + (max - value) / (max - min) * (BOTTOM - TOP);

    let (mut line, mut up, mut down, mut volume) = (String::new(), String::new(), String::new(), String::new());
    let half = (step * 0.32).clamp(0.5, 9.0);
    let most = bars().map(|bar| bar.volume).fold(0.0, f64::max);
    for (index, bar) in bars().enumerate() {
        let _ = write!(line, "{}{} {}", if index == 0 { 'M' } else { 'L' }, r(x(index)), r(y(bar.close)));
        let (upper, lower) = (bar.open.max(bar.close), bar.open.min(bar.close));
        let candle = if bar.close >= bar.open { &mut up } else { &mut down };
        let (left, right, middle) = (r(x(index) - half), r(x(index) + half), r(x(index)));
        // A body that has no height would not be seen.
        let (head, foot) = (r(y(upper)), r(y(lower)).max(r(y(upper)) + 1.0));
        let _ = write!(candle, "M{middle} {}V{head}M{middle} {foot}V{}", r(y(bar.high)), r(y(bar.low)));
        let _ = write!(candle, "M{left} {head}H{right}V{foot}H{left}Z");
        if most > 0.0 {
            let head = r(BOTTOM - bar.volume / most * VOLUME);
            let _ = write!(volume, "M{left} {BOTTOM}V{head}H{right}V{BOTTOM}Z");
        }
    }
    let area = format!("{line}L{} {BOTTOM}L{} {BOTTOM}Z", r(x(points.len() - 1)), r(x(0)));

    let (steps, digits) = ticks(min, max);
    let prices: Vec<Value> =
        steps.iter().map(|value| map([("y", n(r(y(*value)))), ("text", format!("{value:.digits$}").into())])).collect();
    let grid = steps.iter().fold(String::new(), |mut out, value| {
        let _ = write!(out, "M{LEFT} {}H{RIGHT}", r(y(*value)));
        out
    });
    let times = times(points, months, x);

    let rows: Vec<Value> = points.iter().rev().map(|point| row(point, points)).collect();
    let (first, last) = (&points[0], &points[points.len() - 1]);
    map([
        ("width", n(WIDTH)),
        ("height", n(HEIGHT)),
        ("line", line.into()),
        ("area", area.into()),
        ("up", up.into()),
        ("down", down.into()),
        ("volume", volume.into()),
        ("grid", grid.into()),
        ("prices", prices.into()),
        ("times", times.into()),
        ("edge", n(RIGHT + 7.0)),
        ("base", n(BOTTOM + 18.0)),
        ("end", map([("x", n(r(x(points.len() - 1)))), ("y", n(r(y(last.bar.close))))])),
        ("rows", rows.into()),
        ("from", moment(first.at, points).into()),
        ("to", moment(last.at, points).into()),
        ("last", last.bar.close.to_string().into()),
        ("low", low.to_string().into()),
        ("high", high.to_string().into()),
        ("change", change(first.bar.close, last.bar.close).into()),
    ])
}

/// By how much a value has changed, in hundredths with their sign; nothing of zero.
fn change(before: f64, now: f64) -> Option<String> {
    (before != 0.0).then(|| format!("{:+.2}", (now - before) / before.abs() * 100.0 + 0.0))
}

/// Labels of time: at most six.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "an index of at most 1000 bars"
)]
fn times(points: &[Point], months: &[String], x: impl Fn(usize) -> f64) -> Vec<Value> {
    let count = points.len().min(6);
    let span = points[points.len() - 1].at - points[0].at;
    (0..count)
        .map(|tick| {
            let last = points.len() - 1;
            let index = (tick as f64 * last as f64 / (count - 1) as f64 + 0.5).floor() as usize;
            let time = civil(points[index].at);
            let month = || months.get(usize::from(time.month().unsigned_abs()) - 1).cloned().unwrap_or_default();
            let text = match span {
                _ if span <= 2 * DAY && !is_of_days(points) => format!("{:02}:{:02}", time.hour(), time.minute()),
                _ if span <= 400 * DAY => format!("{} {}", time.day(), month()),
                _ => format!("{} {}", month(), time.year()),
            };
            let anchor = if tick == 0 {
                "start"
            } else if index == last {
                "end"
            } else {
                "middle"
            };
            let at = if tick == 0 {
                LEFT
            } else if index == last {
                RIGHT
            } else {
                r(x(index))
            };
            map([("x", n(at)), ("anchor", anchor.into()), ("text", text.into())])
        })
        .collect()
}

fn civil(at: i64) -> jiff::civil::DateTime {
    Timestamp::from_second(at).unwrap_or(Timestamp::UNIX_EPOCH).to_zoned(TimeZone::UTC).datetime()
}

fn is_of_days(points: &[Point]) -> bool {
    points.iter().all(|point| point.at % DAY == 0)
}

/// A day, or a moment to the minute where bars are not of days.
fn moment(at: i64, points: &[Point]) -> String {
    let time = civil(at);
    let day = time.date().to_string();
    if is_of_days(points) {
        return day;
    }
    format!("{day} {:02}:{:02}", time.hour(), time.minute())
}

fn row(point: &Point, points: &[Point]) -> Value {
    let bar = &point.bar;
    let numbers = [bar.open, bar.high, bar.low, bar.close, bar.volume].map(|number| Value::from(number.to_string()));
    map([("time", moment(point.at, points).into()), ("numbers", numbers.to_vec().into())])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn points(closes: &[f64]) -> Vec<Point> {
        let mut open = closes[0];
        let make = |(index, close): (usize, &f64)| {
            let (open, close) = (std::mem::replace(&mut open, *close), *close);
            let (high, low) = (open.max(close) + 0.5, open.min(close) - 0.5);
            let at = 1_795_737_600 + i64::try_from(index).unwrap() * DAY;
            Point { at, bar: Bar { ts: String::new(), open, high, low, close, volume: close * 10.0 } }
        };
        closes.iter().enumerate().map(make).collect()
    }

    fn months() -> Vec<String> {
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"].map(str::to_owned).to_vec()
    }

    #[test]
    fn a_chart_of_three_days() {
        let drawn = draw(&points(&[10.0, 12.0, 11.0]), &months());
        insta::assert_snapshot!(serde_json::to_string_pretty(&drawn).unwrap());
    }

    #[test]
    fn ticks_are_round_numbers_within_the_range() {
        let check = |low, high, expect: &str| {
            let (all, digits) = ticks(low, high);
            let text: Vec<_> = all.iter().map(|tick| format!("{tick:.digits$}")).collect();
            assert_eq!(text.join(" "), expect);
        };
        check(1.0712, 1.0931, "1.075 1.080 1.085 1.090");
        check(-3.0, 7.0, "-2 0 2 4 6");
        check(98.0, 1203.0, "500 1000");
        check(0.0, 0.00001, "0.000000 0.000002 0.000004 0.000006 0.000008 0.000010");
        check(1e12, 6e12, "1000000000000 2000000000000 3000000000000 4000000000000 5000000000000 6000000000000");
    }

    #[test]
    fn bars_of_one_price_have_a_line() {
        let drawn = serde_json::to_value(draw(&points(&[5.0, 5.0]), &months())).unwrap();
        assert!(!drawn["line"].as_str().unwrap().contains("NaN"), "{drawn}");
        assert_eq!(drawn["change"], "+0.00");
        assert_eq!(change(0.0, 3.0), None);
        assert_eq!(change(-4.0, -2.0).as_deref(), Some("+50.00"));
    }
}
