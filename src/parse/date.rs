//! Dates of front matter.
//!
//! In: `2026-11-23`, `2026/11/23`, `2026-11-23 10:00`, RFC 3339 and the looser forms that other generators write. Out: [`Date`]. A time without a zone is UTC,
//! so that a site is the same wherever it is built. Deliberately not here: words (`Nov 23`), whose meaning depends on the country.

use jiff::civil;
use jiff::tz::Offset;

use super::front_matter::Date;

/// Reads a date.
pub(super) fn parse(text: &str) -> Option<Date> {
    let text = text.trim();
    let (day, rest) = text.split_at_checked(10)?;
    let day = parse_day(day)?;
    if rest.is_empty() {
        return Some(Date::of_day(day));
    }
    let time = rest.strip_prefix(['T', 't', ' '])?.trim();
    let (time, offset) = split_zone(time)?;
    let datetime = day.to_datetime(parse_time(time)?);
    let at = offset.to_timestamp(datetime).ok()?;
    Some(Date { at, day, has_time: true })
}

fn parse_day(text: &str) -> Option<civil::Date> {
    // `2026/11/23` is as clear.
    let mut parts = text.split(if text.contains('/') { '/' } else { '-' });
    let (year, month, day) = (digits(parts.next()?, 4)?, digits(parts.next()?, 2)?, digits(parts.next()?, 2)?);
    if parts.next().is_some() {
        return None;
    }
    civil::Date::new(i16::try_from(year).ok()?, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
}

/// Reads `10:00`, `10:00:00`, `10:00:00.123`.
fn parse_time(text: &str) -> Option<civil::Time> {
    let (clock, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let mut parts = clock.split(':');
    let (hour, minute) = (digits(parts.next()?, 2)?, digits(parts.next()?, 2)?);
    let second = parts.next().map_or(Some(0), |text| digits(text, 2))?;
    let is_fraction = !fraction.is_empty() && fraction.bytes().all(|byte| byte.is_ascii_digit());
    if parts.next().is_some() || !is_fraction || (clock.len() < 8 && clock.len() != text.len()) {
        return None;
    }
    let nanoseconds: i32 = format!("{fraction:0<9}").get(..9)?.parse().ok()?;
    // A leap second is as good as the one before it.
    let second = second.min(59 + i32::from(second > 60));
    let small = |number: i32| i8::try_from(number).ok();
    civil::Time::new(small(hour)?, small(minute)?, small(second)?, nanoseconds).ok()
}

/// Cuts a zone off a time: `Z`, `+02:00`, `+0200`, maybe after a space.
fn split_zone(text: &str) -> Option<(&str, Offset)> {
    if let Some(time) = text.strip_suffix(['Z', 'z']) {
        return Some((time.trim_end(), Offset::UTC));
    }
    let Some(sign) = text.rfind(['+', '-']) else { return Some((text, Offset::UTC)) };
    let (time, zone) = text.split_at_checked(sign)?;
    let (hours, minutes) = match zone.get(1..)?.split_once(':') {
        Some(parts) => parts,
        None => zone.get(1..)?.split_at_checked(2)?,
    };
    let minutes = if minutes.is_empty() { 0 } else { digits(minutes, 2).filter(|minutes| *minutes < 60)? };
    let seconds = (digits(hours, 2)? * 60 + minutes) * 60;
    let seconds = if zone.starts_with('-') { -seconds } else { seconds };
    Some((time.trim_end(), Offset::from_seconds(seconds).ok()?))
}

fn digits(text: &str, count: usize) -> Option<i32> {
    (text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expect: &str) {
        let found = parse(text).map(|date| format!("{} {} {}", date.at, date.day, date.has_time));
        assert_eq!(found.as_deref(), Some(expect), "{text}");
    }

    #[test]
    fn dates_with_and_without_time() {
        check("2026-11-23", "2026-11-23T00:00:00Z 2026-11-23 false");
        check(" 2024-02-29 ", "2024-02-29T00:00:00Z 2024-02-29 false");
        check("2026-11-23 10:00", "2026-11-23T10:00:00Z 2026-11-23 true");
        check("2026-11-23T10:00:05", "2026-11-23T10:00:05Z 2026-11-23 true");
        check("2026-11-23T10:00:00Z", "2026-11-23T10:00:00Z 2026-11-23 true");
        check("2026-11-23t10:00:00.25z", "2026-11-23T10:00:00.25Z 2026-11-23 true");
        check("2026-12-31T23:59:60Z", "2026-12-31T23:59:59Z 2026-12-31 true");
    }

    #[test]
    fn the_day_is_that_of_the_zone_it_was_written_in() {
        check("2026-11-23T00:30:00+02:00", "2026-11-22T22:30:00Z 2026-11-23 true");
        check("2026-11-23 23:30:00 -0500", "2026-11-24T04:30:00Z 2026-11-23 true");
        check("2026-11-23T10:00+05:30", "2026-11-23T04:30:00Z 2026-11-23 true");
        check("2026-11-23T10:00:00+02", "2026-11-23T08:00:00Z 2026-11-23 true");
    }

    #[test]
    fn all_else_is_no_date() {
        for text in [
            "",
            "2026",
            "2026-11",
            "2026-1-5",
            "2026-13-01",
            "2026-02-30",
            "23.11.2026",
            "Nov 23, 2026",
            "2026-11-23T",
            "2026-11-23T25:00",
            "2026-11-23 10",
            "2026-11-23T10:00:00+99:00",
            "2026-11-23T10:00:00+0a",
            "2026-11-23T10:00.5",
            "2026-11-23T10:00:00.",
            "2026-11-23x",
            "2026-11-23T10:00:61",
            "10:00:00",
            "２０２６-11-23",
            "2026-11-2ü",
            "2026-11-23T10:00:00+1:0",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
