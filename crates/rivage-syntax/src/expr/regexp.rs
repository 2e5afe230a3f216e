//! Regular expressions of JavaScript, as far as they match in linear time.
//!
//! In: the source and flags of a literal. Out: an expression of the `regex` crate with the same meaning. Look-around and
//! back-references are refused. Deliberately not here: the methods that use one ([`super::eval`]).

use std::fmt::Write;
use std::sync::Arc;

/// A regular expression.
#[derive(Clone, Debug)]
pub struct RegExp {
    /// Between the slashes, as written.
    pub source: Arc<str>,
    /// After them.
    pub flags: Arc<str>,
    pub(super) regex: regex::Regex,
}

impl PartialEq for RegExp {
    fn eq(&self, other: &Self) -> bool {
        self.source == other.source && self.flags == other.flags
    }
}

impl RegExp {
    /// Reads one.
    ///
    /// # Errors
    /// Why it cannot be used.
    pub(super) fn new(source: &Arc<str>, flags: &Arc<str>) -> Result<Self, String> {
        if let Some(flag) = flags.chars().find(|flag| !"dgimsu".contains(*flag)) {
            return Err(format!("the flag `{flag}` is not supported"));
        }
        let dot_all = flags.contains('s');
        let pattern = translate(source, dot_all)?;
        let regex = regex::RegexBuilder::new(&pattern)
            .case_insensitive(flags.contains('i'))
            .multi_line(flags.contains('m'))
            .dot_matches_new_line(dot_all)
            .size_limit(1 << 20)
            .dfa_size_limit(1 << 20)
            .build()
            .map_err(|error| error.to_string())?;
        Ok(Self { source: Arc::clone(source), flags: Arc::clone(flags), regex })
    }

    /// Reports whether it looks for all matches.
    pub(super) fn is_global(&self) -> bool {
        self.flags.contains('g')
    }
}

/// Writes what the two languages write differently.
fn translate(source: &str, dot_all: bool) -> Result<String, String> {
    let mut out = String::with_capacity(source.len() + 16);
    let mut chars = source.chars().peekable();
    let mut in_class = false;
    while let Some(c) = chars.next() {
        match c {
            '\\' => escape(&mut chars, in_class, &mut out)?,
            '[' if !in_class => {
                in_class = true;
                out.push('[');
                if chars.next_if_eq(&'^').is_some() {
                    out.push('^');
                }
                if chars.peek() == Some(&']') {
                    return Err("an empty class is not supported".to_owned());
                }
            }
            ']' => {
                out.push_str(if in_class { "]" } else { "\\]" });
                in_class = false;
            }
            // Sets within sets, and their operators, are not JavaScript.
            '[' | '&' | '~' if in_class => {
                out.push('\\');
                out.push(c);
            }
            '.' if !in_class && !dot_all => out.push_str(r"[^\n\r\x{2028}\x{2029}]"),
            '(' if !in_class => {
                out.push('(');
                let rest: String = chars.clone().take(3).collect();
                if rest.starts_with("?=")
                    || rest.starts_with("?!")
                    || rest.starts_with("?<=")
                    || rest.starts_with("?<!")
                {
                    return Err("look-around is not supported".to_owned());
                }
            }
            '{' if !in_class && is_quantifier(chars.clone()) => {
                out.push('{');
                out.extend(chars.by_ref().take_while(|c| *c != '}'));
                out.push('}');
            }
            '{' | '}' => {
                out.push('\\');
                out.push(c);
            }
            other => out.push(other),
        }
    }
    Ok(out)
}

fn is_quantifier(rest: impl Iterator<Item = char>) -> bool {
    let text: String = rest.take(24).collect();
    let Some((inner, _)) = text.split_once('}') else { return false };
    let (low, high) = inner.split_once(',').unwrap_or((inner, ""));
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    !low.is_empty() && is_number(low) && is_number(high)
}

fn escape(
    chars: &mut std::iter::Peekable<std::str::Chars<'_>>,
    in_class: bool,
    out: &mut String,
) -> Result<(), String> {
    let Some(c) = chars.next() else { return Err("it ends in a backslash".to_owned()) };
    let class = |plain: &'static str, bracketed: &'static str| if in_class { plain } else { bracketed };
    match c {
        // Unlike in the `regex` crate, these are ASCII in JavaScript.
        'd' => out.push_str(class("0-9", "[0-9]")),
        'w' => out.push_str(class("0-9A-Za-z_", "[0-9A-Za-z_]")),
        'D' => out.push_str("[^0-9]"),
        'W' => out.push_str("[^0-9A-Za-z_]"),
        'b' if !in_class => out.push_str(r"(?-u:\b)"),
        'b' => out.push_str(r"\x08"),
        's' | 'S' | 'n' | 'r' | 't' | 'f' | 'v' => {
            out.push('\\');
            out.push(c);
        }
        '0' if !chars.peek().is_some_and(char::is_ascii_digit) => out.push_str(r"\x00"),
        '0'..='9' | 'k' => return Err("back-references are not supported".to_owned()),
        'u' | 'x' => {
            let hex = if c == 'u' && chars.next_if_eq(&'{').is_some() {
                chars.by_ref().take_while(|c| *c != '}').collect::<String>()
            } else {
                chars.by_ref().take(if c == 'u' { 4 } else { 2 }).collect()
            };
            let code = u32::from_str_radix(&hex, 16).ok().and_then(char::from_u32);
            let code = code.ok_or_else(|| format!("`\\{c}{hex}` is no character"))?;
            let _ = write!(out, "\\x{{{:x}}}", u32::from(code));
        }
        'p' | 'P' => {
            out.push('\\');
            out.push(c);
            if chars.next_if_eq(&'{').is_some() {
                let name: String = chars.by_ref().take_while(|c| *c != '}').collect();
                let name = name.replace("Script=", "sc=").replace("General_Category=", "gc=");
                let _ = write!(out, "{{{name}}}");
            }
        }
        'B' | 'c' => return Err(format!("`\\{c}` is not supported")),
        other if other.is_alphanumeric() => out.push(other),
        other if other.is_ascii() => {
            out.push('\\');
            out.push(other);
        }
        other => out.push(other),
    }
    Ok(())
}
