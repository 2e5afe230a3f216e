//! Global functions (`Object.keys`, `Math.max`…), and methods of numbers, dates, objects and regular expressions.
//!
//! In: arguments. Out: their result. Deliberately not here: which names there are ([`super::globals`]).

use super::arrays::clamp;
use super::calls::Args;
use super::members::{self, number};
use super::operators::power;
use super::{Result, Run};
use crate::Span;
use crate::expr::ast::Expr;
use crate::expr::regexp::RegExp;
use crate::expr::value::{Object, Value};
use crate::expr::{date, diagnostics, json, number as numbers};

pub(super) const NUMBER_METHODS: &[&str] = &["toFixed", "toLocaleString", "toPrecision", "toString", "valueOf"];
pub(super) const REGEXP_METHODS: &[&str] = &["exec", "test", "toString"];
pub(super) const DATE_METHODS: &[&str] = &[
    "getDate",
    "getDay",
    "getFullYear",
    "getHours",
    "getMilliseconds",
    "getMinutes",
    "getMonth",
    "getSeconds",
    "getTime",
    "getTimezoneOffset",
    "getUTCDate",
    "getUTCDay",
    "getUTCFullYear",
    "getUTCHours",
    "getUTCMilliseconds",
    "getUTCMinutes",
    "getUTCMonth",
    "getUTCSeconds",
    "toDateString",
    "toISOString",
    "toJSON",
    "toLocaleDateString",
    "toLocaleString",
    "toLocaleTimeString",
    "toString",
    "valueOf",
];

impl Run<'_> {
    /// Evaluates `new callee(…)`.
    #[inline(never)]
    pub(super) fn construct(&mut self, callee: &Expr, arguments: &[Value], span: Span) -> Result<Value> {
        let name = members::describe(callee);
        let args = Args(arguments);
        match (&*name, arguments) {
            ("Date", []) => {
                let hint = "give it a date: `new Date(\"2026-11-23\")`";
                Err(Box::new(diagnostics::not_deterministic(&self.file, span, "new Date()", hint)))
            }
            ("Date", [Value::Date(time)]) => Ok(Value::Date(*time)),
            ("Date", [Value::String(text)]) => Ok(Value::Date(date::parse(text))),
            ("Date", [time]) => Ok(Value::Date(date::clip(self.number_of(time, span)?))),
            ("Date", _) => self.date_of_fields(args, span),
            ("Array", _) => self.call_builtin("Array", args, span),
            _ => Err(Box::new(diagnostics::unsupported(&self.file, span, &format!("`new {name}`")))),
        }
    }

    fn date_of_fields(&mut self, args: Args<'_>, span: Span) -> Result<Value> {
        let mut fields = Vec::with_capacity(7);
        for argument in args.0.iter().take(7) {
            fields.push(self.number_of(argument, span)?);
        }
        Ok(Value::Date(date::from_fields(&fields)))
    }

    /// Calls a global function.
    #[inline(never)]
    pub(super) fn call_builtin(&mut self, name: &str, args: Args<'_>, span: Span) -> Result<Value> {
        let first = args.get(0);
        if let Some(name) = name.strip_prefix("Math.") {
            return self.call_math(name, args, span);
        }
        if name.starts_with("Object.") {
            return self.call_object(name, args, span);
        }
        Ok(match name {
            "String" => match args.0.first() {
                None => Value::string(""),
                Some(value) => Value::String(self.text_of(value, span)?),
            },
            "Number" => Value::Number(match args.0.first() {
                None => 0.0,
                Some(value) => self.number_of(value, span)?,
            }),
            "Boolean" => Value::Bool(first.is_truthy()),
            "Array" => match (args.0, first) {
                ([_], Value::Number(length)) => {
                    let length = self.array_length(*length, span)?;
                    self.array(vec![Value::Undefined; length], span)?
                }
                (items, _) => self.array(items.to_vec(), span)?,
            },
            "Array.isArray" => Value::Bool(matches!(first, Value::Array(_))),
            "Array.of" => self.array(args.0.to_vec(), span)?,
            "Array.from" => self.array_from(args, span)?,
            "Date.UTC" => match self.date_of_fields(args, span)? {
                Value::Date(time) => Value::Number(time),
                other => other,
            },
            "Date.parse" => {
                let text = self.text_of(first, span)?;
                Value::Number(date::parse(&text))
            }
            "Date" => {
                let hint = "write `new Date(\"2026-11-23\")`";
                return Err(Box::new(diagnostics::not_deterministic(&self.file, span, "Date()", hint)));
            }
            "JSON.stringify" => self.stringify(args, span)?,
            "JSON.parse" => {
                let text = self.text_of(first, span)?;
                self.grow(text.len().saturating_mul(16), span)?;
                match serde_json::from_str::<serde_json::Value>(&text) {
                    Ok(json) => self.checked(Value::from_json(&json), span)?,
                    Err(error) => {
                        let message = format!("this is no valid JSON: {error}");
                        return Err(Box::new(diagnostics::wrong_type(&self.file, span, message)));
                    }
                }
            }
            "Number.isInteger" => Value::Bool(matches!(first, Value::Number(value) if is_integer(*value))),
            "Number.isSafeInteger" => {
                let is_safe = |value: f64| is_integer(value) && value.abs() <= 9_007_199_254_740_991.0;
                Value::Bool(matches!(first, Value::Number(value) if is_safe(*value)))
            }
            "Number.isFinite" => Value::Bool(matches!(first, Value::Number(value) if value.is_finite())),
            "Number.isNaN" => Value::Bool(matches!(first, Value::Number(value) if value.is_nan())),
            "isFinite" => Value::Bool(self.number_of(first, span)?.is_finite()),
            "isNaN" => Value::Bool(self.number_of(first, span)?.is_nan()),
            "parseFloat" | "Number.parseFloat" => {
                let text = self.text_of(first, span)?;
                Value::Number(numbers::parse_float(&text))
            }
            "parseInt" | "Number.parseInt" => {
                let text = self.text_of(first, span)?;
                let radix = self.number_of(args.get(1), span)?;
                Value::Number(numbers::parse_int(&text, radix))
            }
            "String.fromCharCode" | "String.fromCodePoint" => self.text_of_codes(name, args, span)?,
            "encodeURIComponent" | "encodeURI" => {
                let text = self.text_of(first, span)?;
                self.would_fit(text.len().saturating_mul(3), span)?;
                self.text(percent_encode(&text, name == "encodeURI"), span)?
            }
            "decodeURIComponent" => {
                let text = self.text_of(first, span)?;
                match percent_decode(&text) {
                    Some(text) => self.text(text, span)?,
                    None => {
                        return Err(Box::new(diagnostics::wrong_type(
                            &self.file,
                            span,
                            "this is no percent-encoded text",
                        )));
                    }
                }
            }
            other => return Err(Box::new(diagnostics::not_a_function(&self.file, span, other, "a namespace"))),
        })
    }

    fn array_length(&mut self, length: f64, span: Span) -> Result<usize> {
        if length < 0.0 || length.fract() != 0.0 || length > 4_294_967_295.0 || length.is_nan() {
            return Err(Box::new(diagnostics::wrong_type(&self.file, span, "this is no length of an array")));
        }
        let length = clamp(length, usize::MAX >> 8);
        self.would_fit(length.saturating_mul(size_of::<Value>()), span)?;
        self.step(length, span)?;
        Ok(length)
    }

    fn array_from(&mut self, args: Args<'_>, span: Span) -> Result<Value> {
        let items = match args.get(0) {
            Value::Object(object) => {
                let length = match object.get("length") {
                    Some(length) => self.number_of(length, span)?,
                    None => 0.0,
                };
                let length = self.array_length(if length.is_nan() { 0.0 } else { length.max(0.0).trunc() }, span)?;
                (0..length).map(|index| object.get(&index.to_string()).cloned().unwrap_or(Value::Undefined)).collect()
            }
            other => self.iterate(other, span)?,
        };
        let Some(callback) = args.given(1) else { return self.array(items, span) };
        let mut out = Vec::with_capacity(items.len());
        for (index, item) in items.into_iter().enumerate() {
            out.push(self.call_value(callback, &[item, number(index)], span, "the callback")?);
        }
        self.array(out, span)
    }

    fn text_of_codes(&mut self, name: &str, args: Args<'_>, span: Span) -> Result<Value> {
        let mut units: Vec<u16> = Vec::with_capacity(args.0.len());
        for code in args.0 {
            let code = numbers::to_uint32(self.number_of(code, span)?);
            if name == "String.fromCharCode" {
                units.push(u16::try_from(code & 0xffff).unwrap_or(0));
            } else if let Some(c) = char::from_u32(code) {
                units.extend_from_slice(c.encode_utf16(&mut [0; 2]));
            } else {
                return Err(Box::new(diagnostics::wrong_type(&self.file, span, "this is no code point")));
            }
        }
        self.text(String::from_utf16_lossy(&units), span)
    }

    fn call_math(&mut self, name: &str, args: Args<'_>, span: Span) -> Result<Value> {
        let mut values = Vec::with_capacity(args.0.len());
        for argument in args.0 {
            values.push(self.number_of(argument, span)?);
        }
        self.step(values.len(), span)?;
        let first = values.first().copied().unwrap_or(f64::NAN);
        let second = values.get(1).copied().unwrap_or(f64::NAN);
        let pick = |start: f64, is_better: fn(f64, f64) -> bool| {
            values.iter().fold(start, |best, &value| {
                if best.is_nan() || value.is_nan() {
                    f64::NAN
                } else if is_better(value, best) {
                    value
                } else {
                    best
                }
            })
        };
        Ok(Value::Number(match name {
            "abs" => first.abs(),
            "acos" => first.acos(),
            "asin" => first.asin(),
            "atan" => first.atan(),
            "atan2" => first.atan2(second),
            "cbrt" => first.cbrt(),
            "ceil" => first.ceil(),
            "cos" => first.cos(),
            "exp" => first.exp(),
            "floor" => first.floor(),
            "hypot" => values.iter().fold(0.0, |total: f64, value| total.hypot(*value)),
            "log" => first.ln(),
            "log10" => first.log10(),
            "log2" => first.log2(),
            "max" => pick(f64::NEG_INFINITY, |value, best| value > best),
            "min" => pick(f64::INFINITY, |value, best| value < best),
            "pow" => power(first, second),
            // Ties go up, not away from zero.
            "round" => {
                let floor = first.floor();
                if first - floor >= 0.5 { floor + 1.0 } else { floor }
            }
            "sign" if first == 0.0 || first.is_nan() => first,
            "sign" => first.signum(),
            "sin" => first.sin(),
            "sqrt" => first.sqrt(),
            "tan" => first.tan(),
            "trunc" => first.trunc(),
            _ => f64::NAN,
        }))
    }

    fn call_object(&mut self, name: &str, args: Args<'_>, span: Span) -> Result<Value> {
        let first = args.get(0);
        match name {
            "Object.freeze" => return Ok(first.clone()),
            "Object.is" => {
                let both_nan = |left: f64, right: f64| left.is_nan() && right.is_nan();
                return Ok(Value::Bool(match (first, args.get(1)) {
                    (Value::Number(left), Value::Number(right)) => {
                        both_nan(*left, *right) || left.to_bits() == right.to_bits()
                    }
                    (left, right) => self.strict_equal(left, right, span)?,
                }));
            }
            "Object.assign" => {
                let mut object = Object::new();
                for source in args.0 {
                    self.spread_into(source, &mut object, span)?;
                }
                return self.object(object, span);
            }
            "Object.fromEntries" => {
                let mut object = Object::new();
                for entry in self.iterate(first, span)? {
                    let mut pair = self.iterate(&entry, span)?.into_iter();
                    let key = self.text_of(&pair.next().unwrap_or(Value::Undefined), span)?;
                    object.insert(key.as_ref().to_owned(), pair.next().unwrap_or(Value::Undefined));
                }
                return self.object(object, span);
            }
            _ => {}
        }
        if first.is_nullish() {
            let message = format!("`{name}` needs an object, but this is {}", first.type_name());
            return Err(Box::new(diagnostics::wrong_type(&self.file, span, message)));
        }
        let mut object = Object::new();
        self.spread_into(first, &mut object, span)?;
        match name {
            "Object.hasOwn" => {
                let key = self.text_of(args.get(1), span)?;
                Ok(Value::Bool(object.contains_key(&*key)))
            }
            "Object.keys" => {
                let mut keys = Vec::with_capacity(object.len());
                for key in object.into_keys() {
                    keys.push(self.text(key, span)?);
                }
                self.array(keys, span)
            }
            "Object.values" => self.array(object.into_values().collect(), span),
            _ => {
                let mut entries = Vec::with_capacity(object.len());
                for (key, value) in object {
                    let key = self.text(key, span)?;
                    entries.push(self.array(vec![key, value], span)?);
                }
                self.array(entries, span)
            }
        }
    }

    fn stringify(&mut self, args: Args<'_>, span: Span) -> Result<Value> {
        if !args.get(1).is_nullish() {
            return Err(Box::new(diagnostics::unsupported(&self.file, span, "a replacer of `JSON.stringify`")));
        }
        let indent = match args.get(2) {
            Value::Number(count) => " ".repeat(clamp(*count, 10)),
            Value::String(text) => text.chars().take(10).collect(),
            _ => String::new(),
        };
        let value = args.get(0);
        // Indentation is repeated on each line.
        let depth = (value.depth() as usize).min(64) + 1;
        let factor = 8 + if indent.is_empty() { 0 } else { indent.len() * depth };
        self.would_fit(value.size().saturating_mul(factor) / 16, span)?;
        self.scan(value.size(), span)?;
        let mut out = String::new();
        if json::write(value, &indent, 0, &mut out) { self.text(out, span) } else { Ok(Value::Undefined) }
    }

    #[inline(never)]
    pub(super) fn number_method(&mut self, value: f64, key: &str, args: Args<'_>, span: Span) -> Result<Option<Value>> {
        let digits = |run: &mut Self, low: f64, high: f64| -> Result<Option<usize>> {
            let Some(given) = args.given(0) else { return Ok(None) };
            let digits = run.number_of(given, span)?;
            let digits = if digits.is_nan() { 0.0 } else { digits.trunc() };
            if (low..=high).contains(&digits) {
                return Ok(Some(clamp(digits, 100)));
            }
            let message = format!("`{key}` takes a number from {low} to {high}");
            Err(Box::new(diagnostics::wrong_type(&run.file, span, message)))
        };
        Ok(Some(match key {
            "toFixed" => {
                let digits = digits(self, 0.0, 100.0)?.unwrap_or(0);
                Value::string(numbers::to_fixed(value, digits))
            }
            "toString" => {
                let radix = digits(self, 2.0, 36.0)?.unwrap_or(10);
                Value::string(numbers::to_radix(value, u32::try_from(radix).unwrap_or(10)))
            }
            "toPrecision" => match digits(self, 1.0, 100.0)? {
                Some(digits) => Value::string(to_precision(value, digits)),
                None => Value::string(numbers::to_string(value)),
            },
            "toLocaleString" => self.number_to_english(value, args, span)?,
            "valueOf" => Value::Number(value),
            _ => return Ok(None),
        }))
    }

    fn only_english(&self, locale: &Value, span: Span) -> Result<()> {
        match locale {
            Value::Undefined => Ok(()),
            Value::String(tag) if matches!(&**tag, "en-US" | "en") => Ok(()),
            _ => Err(Box::new(diagnostics::unsupported(&self.file, span, "a locale other than `en-US`"))),
        }
    }

    fn number_to_english(&mut self, value: f64, args: Args<'_>, span: Span) -> Result<Value> {
        self.only_english(args.get(0), span)?;
        let (mut low, mut high, mut symbol, mut suffix, mut value) = (None, None, "", "", value);
        if let Value::Object(options) = args.get(1) {
            for (key, option) in options.iter() {
                let text = if let Value::String(text) = option { &**text } else { "" };
                match (key.as_str(), text) {
                    ("minimumFractionDigits", _) => low = Some(clamp(self.number_of(option, span)?, 20)),
                    ("maximumFractionDigits", _) => high = Some(clamp(self.number_of(option, span)?, 20)),
                    ("style", "decimal" | "currency") => {}
                    ("style", "percent") => {
                        value *= 100.0;
                        suffix = "%";
                        high = high.or(Some(0));
                    }
                    ("currency", "USD") => symbol = "$",
                    ("currency", "EUR") => symbol = "€",
                    ("currency", "GBP") => symbol = "£",
                    ("currency", "INR") => symbol = "₹",
                    _ => {
                        let what = format!("the option `{key}` of `toLocaleString`");
                        return Err(Box::new(diagnostics::unsupported(&self.file, span, &what)));
                    }
                }
            }
        }
        let (default_low, default_high) = if symbol.is_empty() { (0, 3) } else { (2, 2) };
        let low = low.unwrap_or_else(|| high.map_or(default_low, |high| high.min(default_low)));
        let high = high.unwrap_or_else(|| low.max(default_high)).max(low);
        let number = numbers::grouped(value, low, high);
        Ok(Value::string(match number.strip_prefix('-') {
            Some(number) => format!("-{symbol}{number}{suffix}"),
            None => format!("{symbol}{number}{suffix}"),
        }))
    }

    #[inline(never)]
    pub(super) fn date_method(&mut self, time: f64, key: &str, args: Args<'_>, span: Span) -> Result<Option<Value>> {
        let field = |get: fn(date::Parts) -> i64| {
            #[expect(clippy::cast_precision_loss, reason = "parts of dates are small")]
            let value = date::parts(time).map_or(f64::NAN, |parts| get(parts) as f64);
            Value::Number(value)
        };
        Ok(Some(match key {
            "getTime" | "valueOf" => Value::Number(time),
            "getFullYear" | "getUTCFullYear" => field(|at| at.year),
            "getMonth" | "getUTCMonth" => field(|at| at.month as i64),
            "getDate" | "getUTCDate" => field(|at| at.day),
            "getDay" | "getUTCDay" => field(|at| at.weekday as i64),
            "getHours" | "getUTCHours" => field(|at| at.hour),
            "getMinutes" | "getUTCMinutes" => field(|at| at.minute),
            "getSeconds" | "getUTCSeconds" => field(|at| at.second),
            "getMilliseconds" | "getUTCMilliseconds" => field(|at| at.millisecond),
            "getTimezoneOffset" => Value::Number(0.0),
            "toJSON" => date::to_iso(time).map_or(Value::Null, Value::string),
            "toISOString" => match date::to_iso(time) {
                Some(text) => Value::string(text),
                None => return Err(Box::new(diagnostics::wrong_type(&self.file, span, "this is no valid date"))),
            },
            "toString" => Value::string(date::to_text(time)),
            "toDateString" => Value::string(date::to_date_text(time)),
            "toLocaleDateString" => {
                let style = self.date_style(args, span)?;
                Value::string(date::to_english(time, &style))
            }
            "toLocaleTimeString" | "toLocaleString" => {
                self.only_english(args.get(0), span)?;
                if let Value::Object(_) = args.get(1) {
                    let what = format!("an option of `{key}`");
                    return Err(Box::new(diagnostics::unsupported(&self.file, span, &what)));
                }
                let clock = date::to_english_time(time);
                if key == "toLocaleTimeString" || time.is_nan() {
                    Value::string(clock)
                } else {
                    Value::string(format!("{}, {clock}", date::to_english(time, &date::Style::default())))
                }
            }
            _ => return Ok(None),
        }))
    }

    fn date_style(&mut self, args: Args<'_>, span: Span) -> Result<date::Style> {
        self.only_english(args.get(0), span)?;
        let mut style = date::Style::default();
        let Value::Object(options) = args.get(1) else { return Ok(style) };
        for (key, option) in options.iter() {
            let text = self.text_of(option, span)?;
            let slot = match (key.as_str(), &*text) {
                ("timeZone", "UTC") => continue,
                ("weekday", "long" | "short" | "narrow") => &mut style.weekday,
                ("year", "numeric" | "2-digit") => &mut style.year,
                ("month", "numeric" | "2-digit" | "long" | "short" | "narrow") => &mut style.month,
                ("day", "numeric" | "2-digit") => &mut style.day,
                ("dateStyle", full) => {
                    let part = |how: &str| Some(how.to_owned());
                    let (weekday, month, year) = match full {
                        "full" => (part("long"), "long", "numeric"),
                        "long" => (None, "long", "numeric"),
                        "medium" => (None, "short", "numeric"),
                        _ => (None, "numeric", "2-digit"),
                    };
                    style = date::Style { weekday, year: part(year), month: part(month), day: part("numeric") };
                    continue;
                }
                _ => {
                    let what = format!("the option `{key}: \"{text}\"` of `toLocaleDateString`");
                    return Err(Box::new(diagnostics::unsupported(&self.file, span, &what)));
                }
            };
            *slot = Some(text.as_ref().to_owned());
        }
        Ok(style)
    }

    pub(super) fn regexp_method(
        &mut self,
        regexp: &RegExp,
        key: &str,
        args: Args<'_>,
        span: Span,
    ) -> Result<Option<Value>> {
        Ok(Some(match key {
            "test" => {
                let text = self.text_of(args.get(0), span)?;
                self.step(text.len() / 8, span)?;
                Value::Bool(regexp.regex.is_match(&text))
            }
            "exec" => {
                let text = self.text_of(args.get(0), span)?;
                self.first_match(&text, regexp, span)?
            }
            "toString" => Value::string(format!("/{}/{}", regexp.source, regexp.flags)),
            _ => return Ok(None),
        }))
    }

    pub(super) fn object_method(
        &mut self,
        value: &Value,
        key: &str,
        args: Args<'_>,
        span: Span,
    ) -> Result<Option<Value>> {
        Ok(Some(match key {
            "hasOwnProperty" => {
                let name = self.text_of(args.get(0), span)?;
                Value::Bool(matches!(value, Value::Object(object) if object.contains_key(&*name)))
            }
            "toString" => Value::String(self.text_of(value, span)?),
            "valueOf" => value.clone(),
            _ => return Ok(None),
        }))
    }
}

fn is_integer(value: f64) -> bool {
    value.is_finite() && value.fract() == 0.0
}

fn to_precision(value: f64, digits: usize) -> String {
    if !value.is_finite() || digits == 0 {
        return numbers::to_string(value);
    }
    let scientific = format!("{:.*e}", digits - 1, value.abs());
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let sign = if value < 0.0 { "-" } else { "" };
    let limit = i32::try_from(digits).unwrap_or(100);
    if exponent < -6 || exponent >= limit {
        let plus = if exponent >= 0 { "+" } else { "" };
        return format!("{sign}{mantissa}e{plus}{exponent}");
    }
    let decimals = usize::try_from(limit - 1 - exponent).unwrap_or(0);
    format!("{sign}{}", numbers::to_fixed(value.abs(), decimals.min(100)))
}

fn percent_encode(text: &str, keeps_reserved: bool) -> String {
    use std::fmt::Write;
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        let is_plain = byte.is_ascii_alphanumeric()
            || b"-_.!~*'()".contains(&byte)
            || (keeps_reserved && b";/?:@&=+$,#".contains(&byte));
        if is_plain {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

fn percent_decode(text: &str) -> Option<String> {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        if byte == b'%' {
            let digit = |byte: Option<u8>| char::from(byte?).to_digit(16);
            let (high, low) = (digit(bytes.next())?, digit(bytes.next())?);
            out.push(u8::try_from(high * 16 + low).ok()?);
        } else {
            out.push(byte);
        }
    }
    String::from_utf8(out).ok()
}

#[cfg(test)]
mod tests {
    use super::super::globals;
    use super::*;

    #[test]
    fn every_builtin_that_is_listed_can_be_called() {
        let file = crate::FileId::from("a.mdx");
        for name in globals::names() {
            if !matches!(globals::value(name), Some(Value::Builtin(_))) {
                continue;
            }
            let mut evaluator = crate::expr::Evaluator::new(&file);
            let result =
                evaluator.call(&Value::Builtin(globals_name(name)), vec![Value::string("1")], Span::at(0), &mut ());
            let is_namespace = matches!(name, "JSON" | "Math" | "Object");
            let refusals = ["not-a-function"];
            let refused = result.is_err_and(|problem| refusals.contains(&problem.code.as_str()));
            assert_eq!(refused, is_namespace, "{name}");
        }
    }

    fn globals_name(name: &str) -> &'static str {
        match globals::value(name) {
            Some(Value::Builtin(name)) => name,
            _ => "",
        }
    }
}
