//! Numbers as JavaScript reads and writes them.
//!
//! In: numbers, text. Out: text, numbers. Deliberately not here: arithmetic ([`super::eval`]), languages other than English.

use serde_json::Value as Json;

/// Returns a number as JavaScript prints it.
pub fn to_string(value: f64) -> String {
    if value.is_nan() {
        return "NaN".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "Infinity" } else { "-Infinity" }.to_owned();
    }
    if value == 0.0 {
        return "0".to_owned();
    }
    // Rust, too, writes the fewest digits that read back as the same number; only the layout differs.
    let scientific = format!("{:e}", value.abs());
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let digits = mantissa.replace('.', "");
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let sign = if value < 0.0 { "-" } else { "" };
    let length = i32::try_from(digits.len()).unwrap_or(i32::MAX);
    let zeros = |count: i32| "0".repeat(usize::try_from(count).unwrap_or(0));
    match exponent {
        0..=20 if length <= exponent + 1 => format!("{sign}{digits}{}", zeros(exponent + 1 - length)),
        0..=20 => {
            let (whole, fraction) = digits.split_at(usize::try_from(exponent + 1).unwrap_or(0));
            format!("{sign}{whole}.{fraction}")
        }
        -6..=-1 => format!("{sign}0.{}{digits}", zeros(-exponent - 1)),
        _ => {
            let (first, rest) = digits.split_at(1);
            let dot = if rest.is_empty() { "" } else { "." };
            let plus = if exponent > 0 { "+" } else { "" };
            format!("{sign}{first}{dot}{rest}e{plus}{exponent}")
        }
    }
}

/// Returns a number as JSON: what is none there is `null`.
pub(super) fn to_json(value: f64) -> Json {
    #[expect(clippy::cast_possible_truncation, reason = "checked to be whole and small")]
    if value.fract() == 0.0 && value.abs() < 9_223_372_036_854_775_808.0 {
        return Json::from(value as i64);
    }
    serde_json::Number::from_f64(value).map_or(Json::Null, Json::Number)
}

/// Reads what `Number("…")` reads.
pub(super) fn from_text(text: &str) -> f64 {
    let text = text.trim_matches(is_space);
    if text.is_empty() {
        return 0.0;
    }
    for (prefix, radix) in [("0x", 16), ("0X", 16), ("0b", 2), ("0B", 2), ("0o", 8), ("0O", 8)] {
        if let Some(digits) = text.strip_prefix(prefix) {
            let (value, used) = digits_of(digits, radix);
            return if used == digits.len() && used > 0 { value } else { f64::NAN };
        }
    }
    let (value, used) = decimal_prefix(text);
    if used == text.len() { value } else { f64::NAN }
}

/// Reads what `parseFloat("…")` reads.
pub(super) fn parse_float(text: &str) -> f64 {
    decimal_prefix(text.trim_start_matches(is_space)).0
}

/// Reads what `parseInt("…", radix)` reads; a radix of 0 is none.
pub(super) fn parse_int(text: &str, radix: f64) -> f64 {
    let text = text.trim_start_matches(is_space);
    let (sign, text) = match text.as_bytes().first() {
        Some(b'-') => (-1.0, &text[1..]),
        Some(b'+') => (1.0, &text[1..]),
        _ => (1.0, text),
    };
    let radix = to_int32(radix);
    let hex = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"));
    let (radix, text) = match (radix, hex) {
        (0 | 16, Some(rest)) => (16, rest),
        (0, None) => (10, text),
        (2..=36, _) => (u32::try_from(radix).unwrap_or(10), text),
        _ => return f64::NAN,
    };
    let (value, used) = digits_of(text, radix);
    if used == 0 {
        return f64::NAN;
    }
    // Decimal digits are read exactly; in other bases, the rounding of long numbers is ours to choose.
    sign * if radix == 10 { text[..used].parse().unwrap_or(value) } else { value }
}

fn digits_of(text: &str, radix: u32) -> (f64, usize) {
    let mut value = 0.0;
    let mut used = 0;
    for digit in text.chars().map_while(|c| c.to_digit(radix)) {
        value = value * f64::from(radix) + f64::from(digit);
        used += 1;
    }
    (value, used)
}

/// Reads the longest decimal number at the start of the text; `NaN` and 0 if there is none.
fn decimal_prefix(text: &str) -> (f64, usize) {
    let bytes = text.as_bytes();
    let digits = |from: usize| bytes.iter().skip(from).take_while(|byte| byte.is_ascii_digit()).count();
    let sign = usize::from(matches!(bytes.first(), Some(b'+' | b'-')));
    if text[sign..].starts_with("Infinity") {
        let value = if bytes.first() == Some(&b'-') { f64::NEG_INFINITY } else { f64::INFINITY };
        return (value, sign + "Infinity".len());
    }
    let whole = digits(sign);
    let mut end = sign + whole;
    let mut fraction = 0;
    if bytes.get(end) == Some(&b'.') {
        fraction = digits(end + 1);
        if whole + fraction > 0 {
            end += 1 + fraction;
        }
    }
    if whole + fraction == 0 {
        return (f64::NAN, 0);
    }
    if matches!(bytes.get(end), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
        let exponent = digits(end + 1 + sign);
        if exponent > 0 {
            end += 1 + sign + exponent;
        }
    }
    (text[..end].parse().unwrap_or(f64::NAN), end)
}

/// What JavaScript takes for white space.
pub(super) fn is_space(c: char) -> bool {
    (c.is_whitespace() && c != '\u{85}') || c == '\u{feff}'
}

/// Returns the number as `value | 0` has it.
pub(super) fn to_int32(value: f64) -> i32 {
    to_uint32(value).cast_signed()
}

/// Returns the number as `value >>> 0` has it.
pub(super) fn to_uint32(value: f64) -> u32 {
    if !value.is_finite() {
        return 0;
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and 2^32")]
    let wrapped = value.trunc().rem_euclid(4_294_967_296.0) as u32;
    wrapped
}

/// Returns the number with so many digits after the point, as `toFixed` does; `digits` is at most 100.
pub(super) fn to_fixed(value: f64, digits: usize) -> String {
    if !value.is_finite() || value.abs() >= 1e21 {
        return to_string(value);
    }
    // The exact decimal digits, far enough that a tie shows: Rust rounds ties to even, JavaScript away from zero.
    let exact = format!("{:.*}", digits + 30, value.abs());
    let cut = exact.len() - 30;
    let mut kept: Vec<u8> = exact.as_bytes()[..cut].to_vec();
    let round_up = exact.as_bytes().get(cut).is_some_and(|&digit| digit >= b'5');
    if digits == 0 {
        kept.pop();
    }
    if round_up {
        let mut carried = true;
        for digit in kept.iter_mut().rev().filter(|digit| **digit != b'.') {
            if *digit == b'9' {
                *digit = b'0';
            } else {
                *digit += 1;
                carried = false;
                break;
            }
        }
        if carried {
            kept.insert(0, b'1');
        }
    }
    let text = String::from_utf8(kept).unwrap_or_default();
    let is_zero = text.bytes().all(|byte| matches!(byte, b'0' | b'.'));
    if value < 0.0 && !(is_zero && value == 0.0) { format!("-{text}") } else { text }
}

/// Returns the number in another base.
pub(super) fn to_radix(value: f64, radix: u32) -> String {
    if radix == 10 || !value.is_finite() {
        return to_string(value);
    }
    let digit = |value: f64| {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "below the radix")]
        let digit = value as u32;
        char::from_digit(digit.min(radix - 1), radix).unwrap_or('0')
    };
    let base = f64::from(radix);
    let mut whole = value.abs().trunc();
    let mut out = Vec::new();
    while whole > 0.0 && out.len() < 1100 {
        out.push(digit(whole % base));
        whole = (whole / base).trunc();
    }
    if out.is_empty() {
        out.push('0');
    }
    if value < 0.0 {
        out.push('-');
    }
    out.reverse();
    let mut fraction = value.abs().fract();
    if fraction > 0.0 {
        out.push('.');
        // As V8: digits until the rest is below the number's precision.
        let mut delta = (0.5 * (value.abs().next_up() - value.abs())).max(f64::MIN_POSITIVE);
        while out.len() < 1200 {
            fraction *= base;
            delta *= base;
            let current = fraction.trunc();
            fraction -= current;
            if fraction > 1.0 - delta || (fraction >= 0.5 && fraction + delta > 1.0) {
                out.push(digit(current + 1.0));
                break;
            }
            out.push(digit(current));
            if fraction < delta {
                break;
            }
        }
    }
    out.into_iter().collect()
}

/// Returns the number as English writes it: groups of three digits, and between so many digits after the point.
pub(super) fn grouped(value: f64, min_digits: usize, max_digits: usize) -> String {
    if value.is_nan() {
        return "NaN".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "∞" } else { "-∞" }.to_owned();
    }
    let fixed = if value.abs() >= 1e21 { format!("{:.0}", value.abs()) } else { to_fixed(value.abs(), max_digits) };
    let (whole, fraction) = fixed.split_once('.').unwrap_or((&fixed, ""));
    let keep = fraction.trim_end_matches('0').len().max(min_digits.min(fraction.len()));
    let mut out = String::new();
    if value.is_sign_negative() {
        out.push('-');
    }
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    if keep > 0 {
        out.push('.');
        out.push_str(&fraction[..keep]);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_print_as_in_javascript() {
        let check = |value: f64, expect: &str| assert_eq!(to_string(value), expect);
        check(-0.0, "0");
        check(0.1 + 0.2, "0.30000000000000004");
        check(1e21, "1e+21");
        check(123_456_789_012_345_680_000.0, "123456789012345680000");
        check(1.5e-7, "1.5e-7");
        check(0.000_001, "0.000001");
        check(-1234.5, "-1234.5");
        check(5e-324, "5e-324");
        check(f64::NAN, "NaN");
        check(f64::NEG_INFINITY, "-Infinity");
    }

    #[test]
    fn ties_round_away_from_zero() {
        assert_eq!(to_fixed(2.5, 0), "3");
        assert_eq!(to_fixed(-2.5, 0), "-3");
        assert_eq!(to_fixed(1.005, 2), "1.00");
        assert_eq!(to_fixed(9.995, 1), "10.0");
        assert_eq!(to_fixed(0.0, 2), "0.00");
        assert_eq!(to_fixed(-0.001, 2), "-0.00");
    }
}
