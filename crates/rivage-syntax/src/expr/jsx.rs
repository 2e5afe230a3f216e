//! Text and names of JSX inside of expressions.
//!
//! In: what stands between tags. Out: what it means: white space as JSX has it, references decoded. Markdown is not read
//! there. Deliberately not here: the elements ([`super::convert`]).

use std::borrow::Cow;
use std::sync::Arc;

use oxc_ast::ast as js;
use oxc_syntax::xml_entities::XML_ENTITIES;

/// Returns the text of JSX: lines trimmed where they touch a line end, empty ones dropped, joined by a space.
pub(super) fn text(raw: &str) -> Option<String> {
    let lines: Vec<&str> = raw.split(['\n', '\r']).collect();
    let last = lines.len() - 1;
    let mut out = String::new();
    let blank = [' ', '\t'];
    for (index, line) in lines.iter().enumerate() {
        let line = if index == 0 { line } else { line.trim_start_matches(blank) };
        let line = if index == last { line } else { line.trim_end_matches(blank) };
        if line.is_empty() {
            continue;
        }
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(line);
    }
    // White space that is written as a reference stays.
    (!out.is_empty()).then(|| decode(&out).into_owned())
}

/// Decodes references (`&amp;`, `&#38;`, `&#x26;`); what is none stays as it is.
pub(super) fn decode(raw: &str) -> Cow<'_, str> {
    if !raw.contains('&') {
        return Cow::Borrowed(raw);
    }
    let mut out = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(start) = rest.find('&') {
        out.push_str(&rest[..start]);
        rest = &rest[start..];
        // The longest name has 8 letters.
        let end = rest.bytes().take(12).position(|byte| byte == b';');
        match end.and_then(|end| Some((end, reference(&rest[1..end])?))) {
            Some((end, character)) => {
                out.push(character);
                rest = &rest[end + 1..];
            }
            None => {
                out.push('&');
                rest = &rest[1..];
            }
        }
    }
    out.push_str(rest);
    Cow::Owned(out)
}

fn reference(name: &str) -> Option<char> {
    let code = match name.strip_prefix('#') {
        None => return XML_ENTITIES.get(name).copied(),
        Some(hex) if hex.starts_with(['x', 'X']) => u32::from_str_radix(&hex[1..], 16).ok()?,
        Some(decimal) => decimal.parse().ok()?,
    };
    char::from_u32(code)
}

/// Returns a tag's name as written.
pub(super) fn element_name(name: &js::JSXElementName<'_>) -> String {
    match name {
        js::JSXElementName::Identifier(name) => name.name.to_string(),
        js::JSXElementName::IdentifierReference(name) => name.name.to_string(),
        js::JSXElementName::NamespacedName(name) => format!("{}:{}", name.namespace.name, name.name.name),
        js::JSXElementName::MemberExpression(member) => {
            // By a loop: the depth of such a name is not limited by our tree's.
            let mut parts = vec![member.property.name.as_str()];
            let mut object = &member.object;
            loop {
                match object {
                    js::JSXMemberExpressionObject::IdentifierReference(name) => parts.push(name.name.as_str()),
                    js::JSXMemberExpressionObject::ThisExpression(_) => parts.push("this"),
                    js::JSXMemberExpressionObject::MemberExpression(member) => {
                        parts.push(member.property.name.as_str());
                        object = &member.object;
                        continue;
                    }
                }
                break;
            }
            parts.reverse();
            parts.join(".")
        }
        js::JSXElementName::ThisExpression(_) => "this".to_owned(),
    }
}

/// Returns a string of oxc, in which U+FFFD starts the escape of half a surrogate pair: we have no such halves.
pub(super) fn without_surrogates(text: &str, has_lone: bool) -> Arc<str> {
    if !has_lone {
        return text.into();
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find('\u{fffd}') {
        let after = start + '\u{fffd}'.len_utf8();
        out.push_str(&rest[..after]);
        rest = &rest[after..];
        // Four hexadecimal digits follow.
        rest = rest.get(4..).unwrap_or_default();
    }
    out.push_str(rest);
    out.into()
}
