//! `[api]` and `[forms.NAME]`: settings of the API, as its manifest has them.
//!
//! In: the tables of rivage.toml. Out: [`Api`], in the types of `rivage-api`. Deliberately not here: route files ([`crate::api`]), and secrets,
//! which stand in the environment of whatever serves the API.

use rivage_api::manifest::{
    AuthSettings, Bounds, Form as Declared, LimitClass, Media, Param, Rules, Settings, Source, Type, Upload,
};
use rivage_diag::Span;
use rivage_syntax::data::{Data, DataValue};
use serde_json::{Map, Number, Value, json};

use super::check;
use super::raw::set;
use super::reader::{Reader, Report};

/// `[api]` and `[forms.NAME]`
#[derive(Clone, Debug, PartialEq)]
pub struct Api {
    /// Whether one of the tables is written: then the site has an API, with or without route files.
    pub is_declared: bool,
    /// Whether the site has a page about its API.
    pub reference: bool,
    /// Whether the site has a dashboard at `/admin/`.
    pub admin: bool,
    /// Whether pages report views, web vitals and errors to the API.
    pub vitals: bool,
    /// What applies to all routes. An empty title stands for the site's; the origin of `base_url` is not among the origins yet.
    pub settings: Settings,
    /// The forms, in the order written.
    pub forms: Vec<Form>,
}

impl Default for Api {
    fn default() -> Self {
        let settings = Settings { title: String::new(), ..Settings::default() };
        Self { is_declared: false, reference: true, admin: false, vitals: false, settings, forms: Vec::new() }
    }
}

/// `[forms.NAME]`
#[derive(Clone, Debug, PartialEq)]
pub struct Form {
    /// Name, trap and thanks.
    pub form: Declared,
    /// The fields, as parameters of its route.
    pub fields: Vec<Param>,
    /// Where it stands.
    pub span: Span,
}

/// The seconds that a rate-limit class may count over: what platforms offer.
const PERIODS: [i64; 2] = [10, 60];

/// The most bytes of a pattern, as in route files.
const PATTERN_BYTES: usize = 200;

/// The most seconds of a duration: ten years.
const LONGEST: i64 = 10 * 366 * 24 * 60 * 60;

/// The formats of images that a store may have beside a JPEG or PNG.
const FORMATS: [&str; 3] = ["avif", "jxl", "webp"];

pub(super) fn read(root: &mut Reader<'_>) -> Api {
    let mut api = Api::default();
    if let Some(map) = root.map("api", "`[api]`") {
        api.is_declared = true;
        settings(&mut api, map);
    }
    let report = root.report();
    for entry in root.entries("forms") {
        api.is_declared = true;
        if let Err(must) = check::form(&entry.key) {
            report.bad_value(&entry.key, must, entry.key_span);
            continue;
        }
        if let Some(map) = Reader::new(report, &entry.value, &entry.key, format!("`[forms.{}]`", entry.key)) {
            api.forms.extend(form(&entry.key, entry.key_span, map));
        }
    }
    api
}

fn settings(api: &mut Api, mut map: Reader<'_>) {
    set(&mut api.reference, map.bool("reference"));
    set(&mut api.admin, map.bool("admin"));
    set(&mut api.vitals, map.bool("vitals"));
    let settings = &mut api.settings;
    set(&mut settings.title, map.filled("title").map(|(title, _)| title.to_owned()));
    settings.origins = origins(&mut map, "origins");
    settings.cors = origins(&mut map, "cors");
    let report = map.report();
    for entry in map.entries("limits") {
        if let Err(must) = check::field(&entry.key) {
            report.bad_value(&entry.key, must, entry.key_span);
            continue;
        }
        if let Some(map) = Reader::new(report, &entry.value, &entry.key, format!("`[api.limits.{}]`", entry.key)) {
            limit(&mut settings.limits, &entry.key, map);
        }
    }
    if let Some(map) = map.map("bounds", "`[api.bounds]`") {
        bounds(&mut settings.bounds, map);
    }
    if let Some(map) = map.map("auth", "`[api.auth]`") {
        auth(&mut settings.auth, map);
    }
    if let Some(map) = map.map("media", "`[api.media]`") {
        media(&mut settings.media, map);
    }
    map.finish();
}

fn origins<'a>(map: &mut Reader<'a>, key: &'a str) -> Vec<String> {
    let report = map.report();
    let written = map.strings(key).into_iter();
    let right = written.filter_map(|(text, span)| match check::origin(text) {
        Ok(()) => Some(text.to_owned()),
        Err(must) => {
            report.bad_value(key, must, span);
            None
        }
    });
    right.collect()
}

fn limit(limits: &mut Vec<LimitClass>, name: &str, mut map: Reader<'_>) {
    let known = limits.iter().position(|class| class.name == name);
    if known.is_none() && map.take("requests").is_none() {
        map.missing("requests");
    }
    let mut class =
        known.map_or_else(|| LimitClass { name: name.to_owned(), requests: 60, period: 60 }, |at| limits[at].clone());
    set(&mut class.requests, map.int("requests", 1..=1_000_000).and_then(|number| u32::try_from(number).ok()));
    if let Some(period) = map.int("period", 1..=3600) {
        if PERIODS.contains(&period) {
            set(&mut class.period, u32::try_from(period).ok());
        } else if let Some(entry) = map.take("period") {
            map.report().bad_value("period", "10 or 60 seconds", entry.value.span);
        }
    }
    map.finish();
    match known {
        Some(at) => limits[at] = class,
        None => limits.push(class),
    }
}

fn bounds(bounds: &mut Bounds, mut map: Reader<'_>) {
    const MIB: i64 = 1 << 20;
    let Bounds { url, body, depth, keys, values, answer } = bounds;
    let all: [(&'static str, &mut usize, i64); 6] = [
        ("url", url, 16 * 1024),
        ("body", body, 16 * MIB),
        ("depth", depth, 128),
        ("keys", keys, 10_000),
        ("values", values, 1_000_000),
        ("answer", answer, 16 * MIB),
    ];
    for (key, bound, most) in all {
        set(bound, map.int(key, 1..=most).and_then(|number| usize::try_from(number).ok()));
    }
    map.finish();
}

fn auth(auth: &mut AuthSettings, mut map: Reader<'_>) {
    let AuthSettings {
        registration,
        session_idle,
        session_absolute,
        access_ttl,
        refresh_ttl,
        issuer,
        audience,
        leeway,
    } = auth;
    set(registration, map.bool("registration"));
    let times: [(&'static str, &mut u32); 5] = [
        ("session_idle", session_idle),
        ("session_absolute", session_absolute),
        ("access_ttl", access_ttl),
        ("refresh_ttl", refresh_ttl),
        ("leeway", leeway),
    ];
    for (key, time) in times {
        let least = i64::from(key != "leeway");
        set(time, map.int(key, least..=LONGEST).and_then(|number| u32::try_from(number).ok()));
    }
    set(issuer, map.filled("issuer").map(|(text, _)| text.to_owned()));
    set(audience, map.filled("audience").map(|(text, _)| text.to_owned()));
    map.finish();
}

fn media(media: &mut Media, mut map: Reader<'_>) {
    let report = map.report();
    let Media { folder, private, variants, max_age, upload } = media;
    set(folder, map.filled("folder").map(|(text, _)| text.to_owned()));
    for (prefix, span) in map.strings("private") {
        if prefix.len() < 2 || !prefix.ends_with('/') || prefix.starts_with('/') {
            report.bad_value("private", "the beginnings of names, such as `private/`", span);
        } else {
            private.push(prefix.to_owned());
        }
    }
    for (format, span) in map.strings("variants") {
        if FORMATS.contains(&format) && !variants.iter().any(|known| known == format) {
            variants.push(format.to_owned());
        } else {
            report.bad_value("variants", "different ones of `avif`, `webp` and `jxl`, the best first", span);
        }
    }
    set(max_age, map.int("max_age", 0..=LONGEST).and_then(|number| u32::try_from(number).ok()));
    if let Some(mut map) = map.map("upload", "`[api.media.upload]`") {
        for key in ["endpoint", "bucket"] {
            if map.take(key).is_none() {
                map.missing(key);
            }
        }
        let endpoint = map.text("endpoint").and_then(|(text, span)| match check::origin(text) {
            Ok(()) => Some(text.to_owned()),
            Err(_) => {
                report.bad_value("endpoint", "scheme and host of the store's S3 API, without a path", span);
                None
            }
        });
        let bucket = map.filled("bucket").map(|(text, _)| text.to_owned());
        let region = map.filled("region").map_or_else(|| "auto".to_owned(), |(text, _)| text.to_owned());
        map.finish();
        *upload = endpoint.zip(bucket).map(|(endpoint, bucket)| Upload { endpoint, bucket, region });
    }
    map.finish();
}

/// Reads a form; none where it has no fields, which is reported.
fn form(name: &str, span: Span, mut map: Reader<'_>) -> Option<Form> {
    let report = map.report();
    let mut fields = Vec::new();
    for entry in map.entries("fields") {
        if let Err(must) = check::field(&entry.key) {
            report.bad_value(&entry.key, must, entry.key_span);
            continue;
        }
        if let Some(map) = Reader::new(report, &entry.value, &entry.key, format!("field `{}`", entry.key)) {
            fields.push(field(&entry.key, map));
        }
    }
    match map.take("fields") {
        None => map.missing("fields"),
        Some(entry) if entry.value.value == DataValue::Map(Vec::new()) => {
            report.bad_value("fields", "a map with at least one field", entry.value.span);
        }
        Some(_) => {}
    }
    let trap = map.text("trap").and_then(|(trap, span)| {
        let problem = match check::field(trap) {
            Err(must) => Some(must),
            Ok(()) if fields.iter().any(|field: &Param| field.name == trap) => Some("a name that no field has"),
            Ok(()) => None,
        };
        match problem {
            Some(must) => {
                report.bad_value("trap", must, span);
                None
            }
            None => Some(trap.to_owned()),
        }
    });
    let thanks = map.text("thanks").and_then(|(path, span)| {
        let is_path =
            path.starts_with('/') && !path.starts_with("//") && path.is_ascii() && !path.contains(['\\', ' ']);
        if !is_path {
            report.bad_value("thanks", "a path of the site that starts with `/`", span);
        }
        is_path.then(|| path.to_owned())
    });
    let challenge = map.bool("challenge").unwrap_or(false);
    map.finish();
    (!fields.is_empty()).then(|| Form {
        form: Declared { name: name.to_owned(), trap, challenge, thanks },
        fields,
        span,
    })
}

fn field(name: &str, mut map: Reader<'_>) -> Param {
    let report = map.report();
    let words: Vec<(&'static str, usize)> =
        Type::NAMES.iter().enumerate().map(|(index, (name, _))| (*name, index)).collect();
    let mut ty = map.word("type", &words).map_or(Type::Text, |index| Type::NAMES[index].1.clone());
    let values = one_of(&mut map, report);
    if !values.is_empty() {
        ty = Type::Enum(values);
    }
    let mut rules = Rules::default();
    for (key, bound) in [("min", &mut rules.min), ("max", &mut rules.max)] {
        *bound = map.take(key).and_then(|entry| number(report, key, &ty, &entry.value));
    }
    for (key, bound) in [("min_length", &mut rules.min_length), ("max_length", &mut rules.max_length)] {
        *bound = map.int(key, 0..=1_000_000).and_then(|number| u32::try_from(number).ok());
        if let Some(entry) = map.take(key).filter(|_| ty != Type::Text) {
            report.bad_value(key, "left out: only texts have a length", entry.key_span);
            *bound = None;
        }
    }
    rules.pattern = pattern(&mut map, report, &ty);
    let param = Param {
        name: name.to_owned(),
        required: map.bool("required").unwrap_or(true),
        description: map.string("description").unwrap_or_default(),
        source: Source::Body,
        default: None,
        ty,
        rules,
    };
    map.finish();
    param
}

fn one_of(map: &mut Reader<'_>, report: &Report<'_>) -> Vec<String> {
    let mut values: Vec<String> = Vec::new();
    for (value, span) in map.strings("one_of") {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        if value.is_empty() || !value.bytes().all(allowed) || values.iter().any(|known| known == value) {
            report.bad_value("one_of", "different words of letters, digits, `-`, `_` and `.`", span);
        } else {
            values.push(value.to_owned());
        }
    }
    values
}

fn number(report: &Report<'_>, key: &str, ty: &Type, data: &Data) -> Option<Number> {
    let number = match data.value {
        _ if !ty.is_number() => {
            report.bad_value(key, "left out: only numbers have a range", data.span);
            return None;
        }
        DataValue::Int(number) => Some(Number::from(number)),
        DataValue::Float(number) if !ty.is_integer() => Number::from_f64(number),
        _ => None,
    };
    if number.is_none() {
        report.bad_value(key, "a number of the field's type", data.span);
    }
    number
}

fn pattern(map: &mut Reader<'_>, report: &Report<'_>, ty: &Type) -> Option<String> {
    let (text, span) = map.filled("pattern")?;
    let must = if *ty != Type::Text {
        Some("left out: only texts have a pattern")
    } else if text.len() > PATTERN_BYTES {
        Some("a regular expression of at most 200 bytes")
    } else if regex_lite::Regex::new(text).is_err() {
        Some("a regular expression without look-around and back-references")
    } else {
        None
    };
    match must {
        Some(must) => {
            report.bad_value("pattern", must, span);
            None
        }
        None => Some(text.to_owned()),
    }
}

impl Api {
    /// Returns both tables as they would be written; nothing where none is.
    pub(super) fn to_json(&self) -> [(&'static str, Value); 2] {
        if !self.is_declared {
            return [("api", Value::Null), ("forms", Value::Null)];
        }
        let Settings { title, build: _, origins, cors, limits, bounds, auth, media } = &self.settings;
        let limits: Map<_, _> = limits
            .iter()
            .map(|class| (class.name.clone(), json!({"requests": class.requests, "period": class.period})))
            .collect();
        let title = Some(title).filter(|title| !title.is_empty());
        let api = json!({
            "title": title, "reference": self.reference, "admin": self.admin, "vitals": self.vitals,
            "origins": origins, "cors": cors, "limits": limits, "bounds": bounds, "auth": auth, "media": media,
        });
        let forms: Map<_, _> = self.forms.iter().map(|form| (form.form.name.clone(), form.to_json())).collect();
        [("api", api), ("forms", forms.into())]
    }
}

impl Form {
    fn to_json(&self) -> Value {
        let field = |param: &Param| {
            let one_of = match &param.ty {
                Type::Enum(values) => Some(values),
                _ => None,
            };
            let name = Type::NAMES.iter().find(|(_, ty)| *ty == param.ty).map(|(name, _)| *name);
            let Rules { min, max, min_length, max_length, pattern } = &param.rules;
            let field = json!({
                "type": name, "one_of": one_of, "required": param.required, "min": min, "max": max,
                "min_length": min_length, "max_length": max_length, "pattern": pattern,
                "description": Some(&param.description).filter(|text| !text.is_empty()),
            });
            (param.name.clone(), field)
        };
        let fields: Map<_, _> = self.fields.iter().map(field).collect();
        let Declared { name: _, trap, challenge, thanks } = &self.form;
        json!({"trap": trap, "challenge": challenge, "thanks": thanks, "fields": fields})
    }
}
