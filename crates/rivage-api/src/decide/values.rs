//! The parameters of a route out of path, query and body. Unknown and repeated ones are refused, and all mistakes are told at once.

use serde_json::Value;

use crate::builtin::CHALLENGE;
use crate::http::{FieldProblem, Problem, json, url};
use crate::manifest::{Action, Bounds, Param, Route, Source, Type};
use crate::validate;

/// The most mistakes that are told: an answer is not to be larger than what it answers.
const MOST_ERRORS: usize = 20;

pub(super) fn from_path(
    route: &Route,
    found: &[(&Param, &str)],
    values: &mut [Option<String>],
    errors: &mut Vec<FieldProblem>,
) {
    for (param, text) in found {
        let Some(index) = route.params.iter().position(|other| other.name == param.name) else { continue };
        store(param, validate::text_value(param, text).map(Some), &mut values[index], errors);
    }
}

pub(super) fn from_query(
    route: &Route,
    query: &str,
    bounds: &Bounds,
    values: &mut [Option<String>],
    errors: &mut Vec<FieldProblem>,
) {
    match url::pairs(query, bounds.keys) {
        Ok(pairs) => texts(route, Source::Query, &pairs, &mut Extras::default(), values, errors),
        Err(error) => errors.push(FieldProblem {
            field: String::new(),
            source: "query",
            code: "invalid-encoding",
            detail: encoding(error).to_owned(),
        }),
    }
}

/// Fields of a form that are no parameters.
#[derive(Debug, Default)]
pub(super) struct Extras<'f> {
    trap: Option<&'f str>,
    has_challenge: bool,
    /// Whether the trap was filled.
    pub(super) trapped: bool,
    /// What the challenge's script has put into the form.
    pub(super) challenge: Option<String>,
}

impl<'f> Extras<'f> {
    pub(super) fn new(action: &'f Action) -> Self {
        match action {
            Action::Form(form) => Self { trap: form.trap.as_deref(), has_challenge: form.challenge, ..Self::default() },
            _ => Self::default(),
        }
    }

    /// Takes a field, where it is one of these. `value` is `None` for what is no text.
    fn take(&mut self, name: &str, value: Option<&str>) -> bool {
        if Some(name) == self.trap {
            self.trapped |= value != Some("");
        } else if self.has_challenge && name == CHALLENGE {
            self.challenge = value.map(str::to_owned);
        } else {
            return false;
        }
        true
    }
}

/// Reads the fields of a form.
pub(super) fn from_form(
    route: &Route,
    body: &[u8],
    bounds: &Bounds,
    extras: &mut Extras<'_>,
    values: &mut [Option<String>],
) -> Result<(), Problem> {
    let wrong = |detail: &'static str| Problem::new(400, "invalid-body", detail);
    let text = std::str::from_utf8(body).map_err(|_| wrong("the body is not UTF-8"))?;
    let pairs = url::pairs(text, bounds.keys).map_err(|error| wrong(encoding(error)))?;
    let mut errors = Vec::new();
    // Browsers send empty fields; an empty field that need not be filled has no value.
    let pairs: Vec<_> = pairs
        .into_iter()
        .filter(|(name, value)| {
            !value.is_empty() || !route.params.iter().any(|param| param.name == **name && !param.required)
        })
        .collect();
    texts(route, Source::Body, &pairs, extras, values, &mut errors);
    if errors.is_empty() { Ok(()) } else { Err(Problem::fields(errors)) }
}

/// Reads the keys of a JSON object.
pub(super) fn from_json(
    route: &Route,
    body: &[u8],
    bounds: &Bounds,
    extras: &mut Extras<'_>,
    values: &mut [Option<String>],
) -> Result<(), Problem> {
    let value = json::parse(body, bounds).map_err(|detail| Problem::new(400, "invalid-body", detail))?;
    let Value::Object(map) = value else {
        return Err(Problem::new(400, "invalid-body", "the body has to be a JSON object"));
    };
    let mut errors = Vec::new();
    for (name, value) in &map {
        if extras.take(name, if value.is_null() { Some("") } else { value.as_str() }) {
            continue;
        }
        let Some(index) = position(route, Source::Body, name) else {
            push(&mut errors, unknown(name, Source::Body));
            continue;
        };
        let param = &route.params[index];
        store(param, validate::json_value(param, value), &mut values[index], &mut errors);
    }
    absent(route, Source::Body, values, &mut errors);
    if errors.is_empty() { Ok(()) } else { Err(Problem::fields(errors)) }
}

fn texts(
    route: &Route,
    source: Source,
    pairs: &[url::Pair<'_>],
    extras: &mut Extras<'_>,
    values: &mut [Option<String>],
    errors: &mut Vec<FieldProblem>,
) {
    for (at, (name, value)) in pairs.iter().enumerate() {
        if extras.take(name, Some(value)) {
            continue;
        }
        let Some(index) = position(route, source, name) else {
            push(errors, unknown(name, source));
            continue;
        };
        let param = &route.params[index];
        let is_first = pairs[..at].iter().all(|(other, _)| other != name);
        let read = match (&param.ty, is_first) {
            (Type::Array(_), true) => {
                validate::array_value(param, pairs.iter().filter(|(other, _)| other == name).map(|(_, value)| &**value))
            }
            (Type::Array(_), false) => continue,
            (_, true) => validate::text_value(param, value),
            (_, false) => Err(validate::Problem { code: "duplicate", detail: "may be given once".to_owned() }),
        };
        store(param, read.map(Some), &mut values[index], errors);
    }
    absent(route, source, values, errors);
}

fn position(route: &Route, source: Source, name: &str) -> Option<usize> {
    route.params.iter().position(|param| param.source == source && param.name == name)
}

fn store(
    param: &Param,
    read: Result<Option<String>, validate::Problem>,
    place: &mut Option<String>,
    errors: &mut Vec<FieldProblem>,
) {
    match read {
        Ok(value) => *place = value,
        Err(problem) => push(
            errors,
            FieldProblem {
                field: param.name.clone(),
                source: source_name(param.source),
                code: problem.code,
                detail: problem.detail,
            },
        ),
    }
}

/// Fills in defaults, and reports what is missing.
fn absent(route: &Route, source: Source, values: &mut [Option<String>], errors: &mut Vec<FieldProblem>) {
    for (index, param) in route.params.iter().enumerate().filter(|(_, param)| param.source == source) {
        if values[index].is_some() || errors.iter().any(|error| error.field == param.name) {
            continue;
        }
        if let Some(default) = &param.default {
            let is_array = matches!(param.ty, Type::Array(_));
            values[index] = Some(if is_array { format!("{{\"{default}\"}}") } else { default.clone() });
        } else if param.required {
            push(
                errors,
                FieldProblem {
                    field: param.name.clone(),
                    source: source_name(source),
                    code: "missing",
                    detail: "has to be given".to_owned(),
                },
            );
        }
    }
}

fn unknown(name: &str, source: Source) -> FieldProblem {
    FieldProblem {
        // What a client sent is repeated, but not at length.
        field: name.chars().take(60).collect(),
        source: source_name(source),
        code: "unknown",
        detail: "is not a parameter of this route".to_owned(),
    }
}

fn push(errors: &mut Vec<FieldProblem>, error: FieldProblem) {
    if errors.len() < MOST_ERRORS {
        errors.push(error);
    }
}

fn source_name(source: Source) -> &'static str {
    match source {
        Source::Path => "path",
        Source::Query => "query",
        Source::Body => "body",
    }
}

fn encoding(error: url::UrlError) -> &'static str {
    match error {
        url::UrlError::Percent => "a `%` is not followed by two hexadecimal digits",
        url::UrlError::Utf8 => "the text is not UTF-8",
        url::UrlError::TooMany => "there are more fields than allowed",
    }
}
