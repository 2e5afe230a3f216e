//! Props of MDX components → arguments of Tera components.
//!
//! In: values of expressions and what a component declares. Out: Tera values, or what is wrong in a word. Deliberately not here:
//! the wording of errors, where links lead.

use rivage_syntax::expr::Value;
use tera::{ComponentArgType, ComponentInfo};

/// What a prop names by its own name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reference {
    /// A page or other site.
    Link,
    /// A picture or another file.
    Image,
}

/// Props whose text is a link or a picture: they may be written as in Markdown, relative to the file.
fn reference(name: &str, text: &str) -> Option<Reference> {
    match name {
        "href" | "link" => Some(Reference::Link),
        "src" | "image" | "img" | "poster" => Some(Reference::Image),
        // Words that may mean something else elsewhere: here they name files.
        "dark" | "captions" if text.contains('.') => Some(Reference::Image),
        _ => None,
    }
}

/// Makes a value for templates of a prop. Names of a map's keys count as a prop's name does.
///
/// # Errors
/// What it is, where no template can use it: a function, for one.
pub(super) fn to_template(
    name: &str,
    value: &Value,
    resolve: &mut dyn FnMut(Reference, &str) -> String,
) -> Result<tera::Value, &'static str> {
    Ok(match value {
        Value::Undefined => tera::Value::undefined(),
        Value::Null => tera::Value::none(),
        Value::Bool(value) => (*value).into(),
        Value::Number(value) => number(*value),
        Value::String(text) => match reference(name, text) {
            Some(kind) if !text.is_empty() => resolve(kind, text).into(),
            _ => tera::Value::from(&**text),
        },
        Value::Html(html) => tera::Value::safe_string(html),
        Value::Array(items) => {
            let items = items.iter().map(|item| to_template(name, item, resolve));
            let items: Result<Vec<_>, _> = items.collect();
            items?.into()
        }
        Value::Object(fields) => {
            let mut out = tera::Map::default();
            for (key, value) in fields.iter() {
                let value = to_template(key, value, resolve)?;
                if !value.is_undefined() {
                    out.insert(key.clone().into(), value);
                }
            }
            out.into()
        }
        Value::Component(_) => return Err("a component's name"),
        Value::Function(_) | Value::Builtin(_) => return Err("a function"),
        Value::Jsx(_) => return Err("JSX here"),
        Value::RegExp(_) => return Err("a regular expression"),
        Value::Date(_) => match value.to_json() {
            Some(serde_json::Value::String(text)) => text.into(),
            _ => return Err("an invalid date"),
        },
    })
}

#[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "checked by the round trip")]
fn number(value: f64) -> tera::Value {
    let whole = value as i64;
    if whole as f64 == value { whole.into() } else { value.into() }
}

/// What a component says to a prop's name.
pub(super) enum Check {
    /// It has it, by this name.
    Declared(String),
    /// It takes all others.
    Rest,
    /// It is for other programs (`client:load`, `key`).
    Ignored,
    /// It does not have it.
    Unknown,
}

/// Looks a prop up. `syncKey` is also `sync_key`, `className` is `class`.
pub(super) fn declared(info: &ComponentInfo, name: &str) -> Check {
    let snake: String = name.chars().fold(String::with_capacity(name.len()), |mut out, c| {
        if c.is_ascii_uppercase() {
            out.push('_');
        }
        out.push(c.to_ascii_lowercase());
        out
    });
    let renamed = if name == "className" { "class" } else { snake.as_str() };
    let found =
        info.args().iter().filter(|arg| !arg.is_implicit()).find(|arg| arg.name() == name || arg.name() == renamed);
    match found {
        Some(arg) => Check::Declared(arg.name().to_owned()),
        None if name.contains(':') || name == "key" => Check::Ignored,
        None if info.rest_param().is_some() => Check::Rest,
        None => Check::Unknown,
    }
}

/// The props that a writer may set.
pub(super) fn names(info: &ComponentInfo) -> Vec<&str> {
    info.args().iter().filter(|arg| !arg.is_implicit()).map(tera::ComponentArg::name).collect()
}

/// Checks a value against the declared type.
///
/// # Errors
/// The type wanted and the type found.
pub(super) fn typed(
    info: &ComponentInfo,
    name: &str,
    value: tera::Value,
) -> Result<tera::Value, (&'static str, &'static str)> {
    let arg = info.args().iter().find(|arg| arg.name() == name);
    let Some(kind) = arg.and_then(tera::ComponentArg::arg_type) else { return Ok(value) };
    let fits = match kind {
        ComponentArgType::String => value.is_string(),
        ComponentArgType::Bool => value.is_bool(),
        ComponentArgType::Integer => value.is_i64() || value.is_u64() || value.is_i128() || value.is_u128(),
        ComponentArgType::Float | ComponentArgType::Number => value.is_number(),
        ComponentArgType::Array => value.is_array(),
        ComponentArgType::Map => value.is_map(),
        _ => true,
    };
    if value.is_none() || fits {
        return Ok(match (kind, value.as_f64()) {
            // `3` is as good as `3.0`.
            (ComponentArgType::Float, Some(number)) => number.into(),
            _ => value,
        });
    }
    let found = match value {
        _ if value.is_string() => "string",
        _ if value.is_bool() => "bool",
        _ if value.is_number() => "number",
        _ if value.is_array() => "array",
        _ => "map",
    };
    Err((kind.as_str(), found))
}
