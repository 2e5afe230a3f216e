//! Methods of strings.
//!
//! In: a string and arguments. Out: a new value. Positions and lengths are in UTF-16 units, as JavaScript has them; half a
//! surrogate pair becomes U+FFFD. Deliberately not here: languages (`localeCompare` is a plain order that ignores case first).

use std::cmp::Ordering;
use std::sync::Arc;

use super::arrays::clamp;
use super::calls::Args;
use super::members::number;
use super::{Result, Run};
use crate::Span;
use crate::expr::diagnostics;
use crate::expr::number::is_space;
use crate::expr::regexp::RegExp;
use crate::expr::value::Value;

pub(super) const METHODS: &[&str] = &[
    "at",
    "charAt",
    "charCodeAt",
    "codePointAt",
    "concat",
    "endsWith",
    "includes",
    "indexOf",
    "lastIndexOf",
    "localeCompare",
    "match",
    "matchAll",
    "normalize",
    "padEnd",
    "padStart",
    "repeat",
    "replace",
    "replaceAll",
    "search",
    "slice",
    "split",
    "startsWith",
    "substr",
    "substring",
    "toLocaleLowerCase",
    "toLocaleUpperCase",
    "toLowerCase",
    "toString",
    "toUpperCase",
    "trim",
    "trimEnd",
    "trimStart",
    "valueOf",
];

/// Returns the length in UTF-16 units.
pub(super) fn length(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.chars().map(char::len_utf16).sum() }
}

/// Returns the UTF-16 units from `start` to `end`.
pub(super) fn slice(text: &str, start: usize, end: usize) -> String {
    if start >= end {
        return String::new();
    }
    if text.is_ascii() {
        return text.get(start.min(text.len())..end.min(text.len())).unwrap_or_default().to_owned();
    }
    let units: Vec<u16> = text.encode_utf16().skip(start).take(end - start).collect();
    String::from_utf16_lossy(&units)
}

/// Returns the byte offset of a UTF-16 position, of the next character if it is within one.
fn byte_offset(text: &str, position: usize) -> usize {
    if text.is_ascii() {
        return position.min(text.len());
    }
    let mut units = 0;
    for (offset, c) in text.char_indices() {
        if units >= position {
            return offset;
        }
        units += c.len_utf16();
    }
    text.len()
}

impl Run<'_> {
    pub(super) fn string_method(
        &mut self,
        text: &Arc<str>,
        key: &str,
        args: Args<'_>,
        span: Span,
    ) -> Result<Option<Value>> {
        self.scan(text.len(), span)?;
        match key {
            "replace" | "replaceAll" => self.replace(text, key == "replaceAll", args, span).map(Some),
            _ => self.plain_string_method(text, key, args, span),
        }
    }

    /// The methods that call no function.
    #[inline(never)]
    fn plain_string_method(&mut self, text: &Arc<str>, key: &str, args: Args<'_>, span: Span) -> Result<Option<Value>> {
        let result = match key {
            "toString" | "valueOf" => Value::String(Arc::clone(text)),
            "slice" | "substring" | "substr" => self.cut(text, key, args, span)?,
            "at" => {
                let index = self.relative(args.get(0), length(text), span)?;
                match index {
                    Some(index) => self.text(slice(text, index, index + 1), span)?,
                    None => Value::Undefined,
                }
            }
            "charAt" => {
                let index = clamp(self.number_of(args.get(0), span)?, usize::MAX >> 1);
                self.text(slice(text, index, index.saturating_add(1)), span)?
            }
            "charCodeAt" => {
                let index = clamp(self.number_of(args.get(0), span)?, usize::MAX >> 1);
                Value::Number(text.encode_utf16().nth(index).map_or(f64::NAN, f64::from))
            }
            "codePointAt" => {
                let index = clamp(self.number_of(args.get(0), span)?, usize::MAX >> 1);
                let c = text.get(byte_offset(text, index)..).and_then(|rest| rest.chars().next());
                c.map_or(Value::Undefined, |c| Value::Number(f64::from(u32::from(c))))
            }
            "trim" => self.text(text.trim_matches(is_space), span)?,
            "trimStart" => self.text(text.trim_start_matches(is_space), span)?,
            "trimEnd" => self.text(text.trim_end_matches(is_space), span)?,
            "toUpperCase" | "toLocaleUpperCase" => self.text(text.to_uppercase(), span)?,
            "toLowerCase" | "toLocaleLowerCase" => self.text(text.to_lowercase(), span)?,
            "concat" => {
                let mut out = text.as_ref().to_owned();
                for argument in args.0 {
                    self.write_text(argument, &mut out, span)?;
                }
                self.text(out, span)?
            }
            "padStart" | "padEnd" => self.pad(text, key == "padStart", args, span)?,
            "repeat" => {
                let count = self.number_of(args.get(0), span)?;
                if count < 0.0 || count.is_infinite() {
                    let message = "a string can be repeated 0 or more times";
                    return Err(Box::new(diagnostics::wrong_type(&self.file, span, message)));
                }
                let count = clamp(count, usize::MAX >> 1);
                self.would_fit(text.len().saturating_mul(count), span)?;
                self.text(text.repeat(count), span)?
            }
            "includes" | "startsWith" | "endsWith" | "indexOf" | "lastIndexOf" => {
                self.find_text(text, key, args, span)?
            }
            "localeCompare" => {
                let other = self.text_of(args.get(0), span)?;
                self.scan(other.len(), span)?;
                Value::Number(f64::from(compare_like_english(text, &other) as i8))
            }
            "split" => self.split(text, args, span)?,
            "match" | "matchAll" | "search" => {
                let Value::RegExp(regexp) = args.get(0) else {
                    let what = format!("`{key}` without a regular expression");
                    return Err(Box::new(diagnostics::unsupported(&self.file, span, &what)));
                };
                self.match_text(text, key, regexp, span)?
            }
            "normalize" => Value::String(Arc::clone(text)),
            _ => return Ok(None),
        };
        Ok(Some(result))
    }

    fn cut(&mut self, text: &str, key: &str, args: Args<'_>, span: Span) -> Result<Value> {
        let length = length(text);
        let (start, end) = match key {
            "slice" => {
                (self.position(args.get(0), length, 0, span)?, self.position(args.get(1), length, length, span)?)
            }
            "substr" => {
                let start = self.position(args.get(0), length, 0, span)?;
                let count = match args.given(1) {
                    Some(count) => clamp(self.number_of(count, span)?, length),
                    None => length,
                };
                (start, start + count)
            }
            _ => {
                let start = clamp(self.number_of(args.get(0), span)?, length);
                let end = match args.given(1) {
                    Some(end) => clamp(self.number_of(end, span)?, length),
                    None => length,
                };
                (start.min(end), start.max(end))
            }
        };
        self.text(slice(text, start, end), span)
    }

    fn pad(&mut self, text: &Arc<str>, at_start: bool, args: Args<'_>, span: Span) -> Result<Value> {
        let wanted = clamp(self.number_of(args.get(0), span)?, usize::MAX >> 1);
        let filler = match args.given(1) {
            Some(filler) => self.text_of(filler, span)?,
            None => " ".into(),
        };
        let missing = wanted.saturating_sub(length(text));
        if missing == 0 || filler.is_empty() {
            return Ok(Value::String(Arc::clone(text)));
        }
        self.would_fit(missing.saturating_mul(4), span)?;
        let repeats = missing / length(&filler).max(1) + 1;
        let filler = slice(&filler.repeat(repeats), 0, missing);
        self.text(if at_start { filler + text } else { format!("{text}{filler}") }, span)
    }

    fn find_text(&mut self, text: &str, key: &str, args: Args<'_>, span: Span) -> Result<Value> {
        if matches!(args.get(0), Value::RegExp(_)) {
            let what = format!("a regular expression for `{key}`");
            return Err(Box::new(diagnostics::unsupported(&self.file, span, &what)));
        }
        let wanted = self.text_of(args.get(0), span)?;
        let default = if key == "endsWith" || key == "lastIndexOf" { length(text) } else { 0 };
        let position = match args.given(1) {
            Some(position) => clamp(self.number_of(position, span)?, length(text)),
            None => default,
        };
        let offset = byte_offset(text, position);
        let (before, after) = text.split_at(offset);
        let in_units = |offset: Option<usize>| {
            offset.and_then(|offset| text.get(..offset)).map_or(Value::Number(-1.0), |before| number(length(before)))
        };
        Ok(match key {
            "includes" => Value::Bool(after.contains(&*wanted)),
            "startsWith" => Value::Bool(after.starts_with(&*wanted)),
            "endsWith" => Value::Bool(before.ends_with(&*wanted)),
            "lastIndexOf" => {
                let end = (offset + wanted.len()).min(text.len());
                let end = (end..=text.len()).find(|&end| text.is_char_boundary(end)).unwrap_or(text.len());
                in_units(text.get(..end).and_then(|before| before.rfind(&*wanted)))
            }
            _ => in_units(after.find(&*wanted).map(|found| offset + found)),
        })
    }

    fn split(&mut self, text: &Arc<str>, args: Args<'_>, span: Span) -> Result<Value> {
        let limit = match args.given(1) {
            Some(limit) => clamp(self.number_of(limit, span)?, u32::MAX as usize),
            None => usize::MAX,
        };
        let mut parts: Vec<Value> = Vec::new();
        match args.get(0) {
            Value::Undefined => parts.push(Value::String(Arc::clone(text))),
            Value::RegExp(regexp) => {
                self.step(text.len() / 8, span)?;
                let mut last = 0;
                for captures in regexp.regex.captures_iter(text) {
                    let Some(found) = captures.get(0) else { continue };
                    // An empty match splits between two characters, not at the ends.
                    if found.is_empty() && (found.start() == 0 || found.start() >= text.len() || found.start() == last)
                    {
                        continue;
                    }
                    parts.push(self.text(&text[last..found.start()], span)?);
                    for group in captures.iter().skip(1) {
                        parts.push(match group {
                            Some(group) => self.text(group.as_str(), span)?,
                            None => Value::Undefined,
                        });
                    }
                    last = found.end();
                }
                parts.push(self.text(&text[last..], span)?);
            }
            separator => {
                let separator = self.text_of(separator, span)?;
                self.step(text.len() / 8, span)?;
                self.grow(text.len(), span)?;
                if separator.is_empty() {
                    self.grow(text.len() * 40, span)?;
                    parts.extend(text.chars().map(|c| Value::string(c.to_string())));
                } else {
                    for part in text.split(&*separator) {
                        parts.push(self.text(part, span)?);
                        if parts.len() >= limit {
                            break;
                        }
                    }
                }
            }
        }
        parts.truncate(limit);
        self.array(parts, span)
    }

    fn replace(&mut self, text: &Arc<str>, all: bool, args: Args<'_>, span: Span) -> Result<Value> {
        let mut out = String::new();
        let mut last = 0;
        match args.get(0) {
            Value::RegExp(regexp) => {
                if all && !regexp.is_global() {
                    let message = "`replaceAll` needs a regular expression with the flag `g`";
                    return Err(Box::new(diagnostics::wrong_type(&self.file, span, message)));
                }
                let limit = if regexp.is_global() { usize::MAX } else { 1 };
                for captures in regexp.regex.captures_iter(text).take(limit) {
                    let Some(found) = captures.get(0) else { continue };
                    self.step(1 + found.len() / 64, span)?;
                    out.push_str(&text[last..found.start()]);
                    let groups: Vec<Option<&str>> =
                        captures.iter().skip(1).map(|group| group.map(|group| group.as_str())).collect();
                    let by_name = |name: &str| captures.name(name).map(|group| group.as_str().to_owned());
                    let found = Found { text, start: found.start(), end: found.end(), groups: &groups };
                    self.write_replacement(args.get(1), &found, &by_name, &mut out, span)?;
                    self.would_fit(out.len(), span)?;
                    last = found.end;
                }
            }
            pattern => {
                let pattern = self.text_of(pattern, span)?;
                let limit = if all { usize::MAX } else { 1 };
                for (start, found) in text.match_indices(&*pattern).take(limit) {
                    self.step(1, span)?;
                    out.push_str(&text[last..start]);
                    let found = Found { text, start, end: start + found.len(), groups: &[] };
                    self.write_replacement(args.get(1), &found, &|_| None, &mut out, span)?;
                    self.would_fit(out.len(), span)?;
                    last = found.end;
                }
            }
        }
        out.push_str(&text[last..]);
        self.text(out, span)
    }

    fn write_replacement(
        &mut self,
        replacement: &Value,
        found: &Found<'_>,
        by_name: &dyn Fn(&str) -> Option<String>,
        out: &mut String,
        span: Span,
    ) -> Result<()> {
        let matched = &found.text[found.start..found.end];
        if matches!(replacement, Value::Function(_) | Value::Builtin(_)) {
            let mut arguments = vec![self.text(matched, span)?];
            for group in found.groups {
                arguments.push(match group {
                    Some(group) => self.text(*group, span)?,
                    None => Value::Undefined,
                });
            }
            arguments.push(number(length(&found.text[..found.start])));
            arguments.push(Value::String(Arc::clone(found.text)));
            let result = self.call_value(replacement, &arguments, span, "the replacement")?;
            return self.write_text(&result, out, span);
        }
        let template = self.text_of(replacement, span)?;
        let mut rest = &*template;
        while let Some(at) = rest.find('$') {
            out.push_str(&rest[..at]);
            rest = &rest[at + 1..];
            let digits = rest.bytes().take(2).take_while(u8::is_ascii_digit).count();
            let group = |digits: usize| {
                let index: usize = rest.get(..digits).and_then(|text| text.parse().ok()).filter(|index| *index > 0)?;
                found.groups.get(index - 1).map(|group| (digits, group.unwrap_or_default()))
            };
            if let Some(after) = rest.strip_prefix('$') {
                out.push('$');
                rest = after;
            } else if let Some(after) = rest.strip_prefix('&') {
                out.push_str(matched);
                rest = after;
            } else if let Some(after) = rest.strip_prefix('`') {
                out.push_str(&found.text[..found.start]);
                rest = after;
            } else if let Some(after) = rest.strip_prefix('\'') {
                out.push_str(&found.text[found.end..]);
                rest = after;
            } else if let Some((name, after)) = rest.strip_prefix('<').and_then(|rest| rest.split_once('>')) {
                out.push_str(&by_name(name).unwrap_or_default());
                rest = after;
            } else if let Some((digits, text)) = (1..=digits).rev().find_map(group) {
                out.push_str(text);
                rest = &rest[digits..];
            } else {
                out.push('$');
            }
            self.would_fit(out.len(), span)?;
        }
        out.push_str(rest);
        Ok(())
    }

    fn match_text(&mut self, text: &Arc<str>, key: &str, regexp: &RegExp, span: Span) -> Result<Value> {
        self.step(text.len() / 8, span)?;
        if key == "search" {
            return Ok(regexp
                .regex
                .find(text)
                .map_or(Value::Number(-1.0), |found| number(length(&text[..found.start()]))));
        }
        if key == "match" && !regexp.is_global() {
            return self.first_match(text, regexp, span);
        }
        if !regexp.is_global() {
            let message = "`matchAll` needs a regular expression with the flag `g`";
            return Err(Box::new(diagnostics::wrong_type(&self.file, span, message)));
        }
        let mut out = Vec::new();
        for captures in regexp.regex.captures_iter(text) {
            out.push(match key {
                "matchAll" => self.groups(&captures, span)?,
                _ => self.text(captures.get(0).map_or("", |found| found.as_str()), span)?,
            });
        }
        if key == "match" && out.is_empty() { Ok(Value::Null) } else { self.array(out, span) }
    }

    /// Returns the first match with its groups as an array, or `null`.
    pub(super) fn first_match(&mut self, text: &str, regexp: &RegExp, span: Span) -> Result<Value> {
        self.step(text.len() / 8, span)?;
        match regexp.regex.captures(text) {
            Some(captures) => self.groups(&captures, span),
            None => Ok(Value::Null),
        }
    }

    fn groups(&mut self, captures: &regex::Captures<'_>, span: Span) -> Result<Value> {
        let mut groups = Vec::with_capacity(captures.len());
        for group in captures.iter() {
            groups.push(match group {
                Some(group) => self.text(group.as_str(), span)?,
                None => Value::Undefined,
            });
        }
        self.array(groups, span)
    }
}

/// A match to be replaced.
struct Found<'t> {
    text: &'t Arc<str>,
    start: usize,
    end: usize,
    groups: &'t [Option<&'t str>],
}

/// The order of English, nearly: letters without regard to case first, then small before capital.
fn compare_like_english(left: &str, right: &str) -> Ordering {
    let fold = |text: &str| text.to_lowercase();
    let swapped = |text: &str| -> String {
        text.chars().map(|c| if c.is_lowercase() { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() }).collect()
    };
    fold(left).cmp(&fold(right)).then_with(|| swapped(left).cmp(&swapped(right)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_are_utf_16_units() {
        assert_eq!(length("a😀b"), 4);
        assert_eq!(slice("a😀b", 1, 3), "😀");
        assert_eq!(slice("a😀b", 3, 9), "b");
        assert_eq!(slice("a😀b", 0, 2), "a\u{fffd}");
    }
}
