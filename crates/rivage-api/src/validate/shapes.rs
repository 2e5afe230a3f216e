//! The spellings of numbers, identifiers and times that are accepted: a subset of what PostgreSQL reads, without its special words
//! (`now`, `infinity`) and forms that depend on its settings.

/// Reads an integer in decimal digits.
pub(super) fn integer(text: &str) -> Option<i64> {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    (!digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())).then(|| text.parse().ok())?
}

/// Reads a finite number and writes it in its shortest form.
pub(super) fn float(text: &str) -> Option<String> {
    let plain = text.bytes().all(|b| b.is_ascii_digit() || b"+-.eE".contains(&b));
    let value = plain.then(|| text.parse::<f64>().ok())??;
    value.is_finite().then(|| value.to_string())
}

/// Reports whether a text is a decimal number of at most 1,000 digits.
pub(super) fn is_decimal(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let right = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    text.len() <= 1000 && right(whole) && right(fraction)
}

/// Reports whether a text is a UUID in its usual form.
pub(super) fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, b)| match at {
            8 | 13 | 18 | 23 => b == b'-',
            _ => b.is_ascii_hexdigit(),
        })
}

/// Reports whether a text is a day of the calendar, `2026-11-29`.
pub(crate) fn is_date(text: &str) -> bool {
    let bytes = text.as_bytes();
    if bytes.len() != 10 || bytes[4] != b'-' || bytes[7] != b'-' {
        return false;
    }
    let (Some(year), Some(month), Some(day)) = (digits(&bytes[..4]), digits(&bytes[5..7]), digits(&bytes[8..])) else {
        return false;
    };
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    year > 0 && (1..=12).contains(&month) && (1..=days).contains(&day)
}

/// Reports whether a text is a time of RFC 3339: with `T`, seconds and an offset.
pub(crate) fn is_timestamp(text: &str) -> bool {
    let Some((date, time)) = text.split_once('T') else { return false };
    let bytes = time.as_bytes();
    if !is_date(date) || bytes.len() < 9 || !clock(&bytes[..5]) || bytes[5] != b':' {
        return false;
    }
    if digits(&bytes[6..8]).is_none_or(|second| second >= 60) {
        return false;
    }
    let rest = &bytes[8..];
    let fraction = match rest.first() {
        Some(b'.') => 1 + rest[1..].iter().take_while(|b| b.is_ascii_digit()).count(),
        _ => 0,
    };
    match &rest[fraction..] {
        b"Z" => fraction != 1 && fraction <= 10,
        [b'+' | b'-', offset @ ..] => fraction != 1 && fraction <= 10 && clock(offset),
        _ => false,
    }
}

/// `23:59`.
fn clock(bytes: &[u8]) -> bool {
    bytes.len() == 5
        && bytes[2] == b':'
        && digits(&bytes[..2]).is_some_and(|hour| hour < 24)
        && digits(&bytes[3..]).is_some_and(|minute| minute < 60)
}

fn digits(bytes: &[u8]) -> Option<u32> {
    bytes.iter().try_fold(0u32, |number, b| b.is_ascii_digit().then(|| number * 10 + u32::from(b - b'0')))
}
