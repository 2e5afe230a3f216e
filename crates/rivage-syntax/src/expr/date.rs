//! Dates: moments in UTC, made of given arguments only.
//!
//! In: text or numbers. Out: milliseconds since 1970, their parts, English text. There is no local time: what JavaScript calls
//! local is UTC here, so that a build does not depend on the machine. Deliberately not here: now, other languages.

const DAY: f64 = 86_400_000.0;
const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const DAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

/// The parts of a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Parts {
    pub(super) year: i64,
    /// From 0.
    pub(super) month: usize,
    pub(super) day: i64,
    pub(super) hour: i64,
    pub(super) minute: i64,
    pub(super) second: i64,
    pub(super) millisecond: i64,
    /// From Sunday, 0.
    pub(super) weekday: usize,
}

/// Returns the days from 1970-01-01 to a day of the Gregorian calendar. The month is from 0 and may be out of range.
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    // A year begins in March here, so that the day that may be missing is its last one.
    let months = year * 12 + month - 2;
    let (year, month) = (months.div_euclid(12), months.rem_euclid(12));
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * month + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

/// Returns the parts of a moment; none if it is invalid.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a valid moment is within 8.64e15, months within 12"
)]
pub(super) fn parts(time: f64) -> Option<Parts> {
    if !time.is_finite() || time.abs() > 8.64e15 {
        return None;
    }
    let time = time.trunc() as i64;
    let days = time.div_euclid(86_400_000);
    let rest = time.rem_euclid(86_400_000);
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * day_of_year + 2) / 153;
    let month = (march_month + 2) % 12;
    Some(Parts {
        year: year_of_era + era * 400 + i64::from(march_month >= 10),
        month: month as usize,
        day: day_of_year - (153 * march_month + 2) / 5 + 1,
        hour: rest / 3_600_000,
        minute: rest / 60_000 % 60,
        second: rest / 1000 % 60,
        millisecond: rest % 1000,
        weekday: (days + 4).rem_euclid(7) as usize,
    })
}

/// Makes a moment of year, month (from 0), day, hour, minute, second, millisecond; later ones may be left out.
#[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "checked to be small")]
pub(super) fn from_fields(fields: &[f64]) -> f64 {
    if fields.is_empty() || fields.iter().any(|field| !field.is_finite() || field.abs() > 1e9) {
        return f64::NAN;
    }
    let field = |index: usize, default: f64| fields.get(index).map_or(default, |field| field.trunc());
    let year = field(0, 1970.0);
    let year = if (0.0..=99.0).contains(&year) { 1900.0 + year } else { year };
    let days = days_from_civil(year as i64, field(1, 0.0) as i64, 1) as f64 + field(2, 1.0) - 1.0;
    clip(days * DAY + field(3, 0.0) * 3_600_000.0 + field(4, 0.0) * 60_000.0 + field(5, 0.0) * 1000.0 + field(6, 0.0))
}

/// Returns the moment, or that it is none.
pub(super) fn clip(time: f64) -> f64 {
    if time.abs() <= 8.64e15 { time.trunc() + 0.0 } else { f64::NAN }
}

/// Reads `2026-11-23`, `2026-11-23T10:00:00Z`, `November 23, 2026`, `23 Nov 2026 10:00`; `NaN` for what is none of these.
pub(super) fn parse(text: &str) -> f64 {
    let text = text.trim();
    parse_iso(text).or_else(|| parse_english(text)).map_or(f64::NAN, clip)
}

fn parse_iso(text: &str) -> Option<f64> {
    let (date, time) = match text.find(['T', 't', ' ']) {
        Some(at) => (text.get(..at)?, Some(text.get(at + 1..)?)),
        None => (text, None),
    };
    let mut fields = date.split('-');
    let mut number = |length: usize, range: std::ops::RangeInclusive<i64>| match fields.next() {
        None => Some(None),
        Some(digits) => {
            let value = digits_in(digits, length)?;
            range.contains(&value).then_some(Some(value))
        }
    };
    let year = number(4, 0..=9999)??;
    let month = number(2, 1..=12)?.unwrap_or(1);
    let day = number(2, 1..=31)?.unwrap_or(1);
    if fields.next().is_some() || day > days_in_month(year, month) {
        return None;
    }
    let time = match time {
        Some(time) => parse_time(time)?,
        None => 0.0,
    };
    Some(to_float(days_from_civil(year, month - 1, day)) * DAY + time)
}

fn days_in_month(year: i64, month: i64) -> i64 {
    days_from_civil(year, month, 1) - days_from_civil(year, month - 1, 1)
}

#[expect(clippy::cast_precision_loss, reason = "days and times are small")]
fn to_float(value: i64) -> f64 {
    value as f64
}

fn digits_in(text: &str, length: usize) -> Option<i64> {
    (text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.parse().ok())?
}

/// Reads `10:00`, `10:00:00.123`, with `Z`, `+02:00` or nothing (UTC) behind; returns milliseconds.
fn parse_time(text: &str) -> Option<f64> {
    let text = text.trim();
    let zone_at = text.find(['Z', 'z', '+', '-']).unwrap_or(text.len());
    let (clock, zone) = text.split_at(zone_at);
    let clock = clock.trim_end_matches(" GMT").trim_end_matches(" UTC").trim();
    let offset = match zone {
        "" | "Z" | "z" => 0,
        _ => {
            let digits = zone.get(1..)?.replace(':', "");
            let value = digits_in(&digits, 4)?;
            let minutes = value / 100 * 60 + value % 100;
            if zone.starts_with('-') { -minutes } else { minutes }
        }
    };
    let mut fields = clock.split(':');
    let hour = digits_in(fields.next()?, 2).filter(|hour| *hour <= 24)?;
    let minute = digits_in(fields.next()?, 2).filter(|minute| *minute < 60)?;
    let (second, fraction) = match fields.next() {
        None => (0, 0.0),
        Some(text) => {
            let (second, fraction) = text.split_once('.').unwrap_or((text, "0"));
            let second = digits_in(second, 2).filter(|second| *second < 60)?;
            if !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
                return None;
            }
            (second, (format!("0.{fraction}").parse::<f64>().ok()? * 1000.0).trunc())
        }
    };
    if fields.next().is_some() || (hour == 24 && (minute, second) != (0, 0)) {
        return None;
    }
    Some(to_float((hour * 60 + minute - offset) * 60_000 + second * 1000) + fraction)
}

/// Reads a day with the month as a word, and maybe a time.
fn parse_english(text: &str) -> Option<f64> {
    let (mut month, mut day, mut year, mut time) = (None, None, None, 0.0);
    for word in text.split([' ', ',']).filter(|word| !word.is_empty()) {
        let number = word.parse::<i64>().ok().filter(|_| word.bytes().all(|byte| byte.is_ascii_digit()));
        match number {
            Some(number) if day.is_none() && (1..=31).contains(&number) && word.len() <= 2 => day = Some(number),
            Some(number) if year.is_none() && word.len() == 4 => year = Some(number),
            Some(_) => return None,
            None if word.contains(':') => time = parse_time(word)?,
            None if matches!(word, "GMT" | "UTC" | "Z") => {}
            None => {
                let word = word.trim_end_matches('.').to_lowercase();
                let is_name = |name: &str| word.len() >= 3 && name.to_lowercase().starts_with(&word);
                if let (None, Some(index)) = (month, MONTHS.iter().position(|name| is_name(name))) {
                    month = Some(index);
                } else if !DAYS.iter().any(|name| is_name(name)) {
                    return None;
                }
            }
        }
    }
    let month = i64::try_from(month?).ok()?;
    Some(to_float(days_from_civil(year?, month, day.unwrap_or(1))) * DAY + time)
}

/// Returns a moment as `2026-11-23T00:00:00.000Z`.
pub(super) fn to_iso(time: f64) -> Option<String> {
    let at = parts(time)?;
    let year = match at.year {
        0..=9999 => format!("{:04}", at.year),
        year => format!("{}{:06}", if year < 0 { '-' } else { '+' }, year.abs()),
    };
    Some(format!(
        "{year}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z",
        at.month + 1,
        at.day,
        at.hour,
        at.minute,
        at.second,
        at.millisecond
    ))
}

/// Returns a moment as `String(date)` does.
pub(super) fn to_text(time: f64) -> String {
    let Some(at) = parts(time) else { return "Invalid Date".to_owned() };
    format!(
        "{} {:02}:{:02}:{:02} GMT+0000 (Coordinated Universal Time)",
        to_date_text(time),
        at.hour,
        at.minute,
        at.second
    )
}

/// Returns a moment as `date.toDateString()` does: `Mon Nov 23 2026`.
pub(super) fn to_date_text(time: f64) -> String {
    let Some(at) = parts(time) else { return "Invalid Date".to_owned() };
    format!("{} {} {:02} {:04}", &DAYS[at.weekday][..3], &MONTHS[at.month][..3], at.day, at.year)
}

/// Which parts `toLocaleDateString` shows, and how.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Style {
    /// `long`, `short` or nothing.
    pub(super) weekday: Option<String>,
    /// `numeric`, `2-digit`.
    pub(super) year: Option<String>,
    /// `numeric`, `2-digit`, `long`, `short`, `narrow`.
    pub(super) month: Option<String>,
    /// `numeric`, `2-digit`.
    pub(super) day: Option<String>,
}

/// Returns the day as American English writes it.
pub(super) fn to_english(time: f64, style: &Style) -> String {
    let Some(at) = parts(time) else { return "Invalid Date".to_owned() };
    let style = if *style == Style::default() {
        let numeric = || Some("numeric".to_owned());
        &Style { weekday: None, year: numeric(), month: numeric(), day: numeric() }
    } else {
        style
    };
    let two = |text: i64, how: &str| if how == "2-digit" { format!("{:02}", text % 100) } else { text.to_string() };
    let year = style.year.as_deref().map(|how| two(at.year, how));
    let day = style.day.as_deref().map(|how| two(at.day, how));
    let weekday = style.weekday.as_deref().map(|how| match how {
        "short" => &DAYS[at.weekday][..3],
        "narrow" => &DAYS[at.weekday][..1],
        _ => DAYS[at.weekday],
    });
    let month_name = match style.month.as_deref() {
        Some("long") => Some(MONTHS[at.month]),
        Some("short") => Some(&MONTHS[at.month][..3]),
        Some("narrow") => Some(&MONTHS[at.month][..1]),
        _ => None,
    };
    let date = if let Some(month) = month_name {
        let month_day = match &day {
            Some(day) => format!("{month} {day}"),
            None => month.to_owned(),
        };
        match (&year, &day) {
            (Some(year), Some(_)) => format!("{month_day}, {year}"),
            (Some(year), None) => format!("{month_day} {year}"),
            (None, _) => month_day,
        }
    } else {
        let month_number = i64::try_from(at.month).unwrap_or(0) + 1;
        let month = style.month.as_deref().map(|how| two(month_number, how));
        [month, day, year].into_iter().flatten().collect::<Vec<_>>().join("/")
    };
    match weekday {
        Some(weekday) if date.is_empty() => weekday.to_owned(),
        Some(weekday) => format!("{weekday}, {date}"),
        None => date,
    }
}

/// Returns the time of day as American English writes it: `10:00:00 AM`.
pub(super) fn to_english_time(time: f64) -> String {
    let Some(at) = parts(time) else { return "Invalid Date".to_owned() };
    let hour = if at.hour % 12 == 0 { 12 } else { at.hour % 12 };
    format!("{hour}:{:02}:{:02} {}", at.minute, at.second, if at.hour < 12 { "AM" } else { "PM" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_parts_agree() {
        for (text, weekday) in
            [("1970-01-01", 4), ("2000-02-29", 2), ("2026-11-23", 1), ("1969-12-31", 3), ("0001-01-01", 1)]
        {
            let time = parse(text);
            assert_eq!(to_iso(time), Some(format!("{text}T00:00:00.000Z")));
            assert_eq!(parts(time).map(|parts| parts.weekday), Some(weekday), "{text}");
        }
    }

    #[test]
    fn dates_are_read() {
        let check = |text: &str, expect: Option<&str>| assert_eq!(to_iso(parse(text)).as_deref(), expect, "{text}");
        check("2026", Some("2026-01-01T00:00:00.000Z"));
        check("2026-11-23T10:00:00+02:00", Some("2026-11-23T08:00:00.000Z"));
        check("2026-11-23 10:00", Some("2026-11-23T10:00:00.000Z"));
        check("November 23, 2026", Some("2026-11-23T00:00:00.000Z"));
        check("23 Nov 2026 10:00:01", Some("2026-11-23T10:00:01.000Z"));
        check("Mon, 23 Nov 2026 10:00:01 GMT", Some("2026-11-23T10:00:01.000Z"));
        check("2026-02-30", None);
        check("2026-13-01", None);
        check("soon", None);
        check("", None);
    }
}
