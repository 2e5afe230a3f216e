//! A page for people: every route with its parameters, answer, errors and a request to try.
//!
//! In: the manifest and what is known of columns. Out: HTML of the page's content, for a layout to stand around, and its headings. Whatever an author
//! wrote is escaped. Deliberately not here: the layout.

use std::fmt::Write as _;

use super::{Column, Columns, group};
use crate::manifest::{Action, Form, Manifest, Method, Param, Returns, Route, Source, Type};

/// The page's content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    /// The HTML.
    pub html: String,
    /// Groups and routes, in the order of the page.
    pub headings: Vec<Heading>,
}

/// A heading of the page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heading {
    /// 2 for a group, 3 for a route.
    pub depth: u8,
    /// Its id.
    pub id: String,
    /// Its text.
    pub title: String,
}

/// Writes the page.
pub fn reference(manifest: &Manifest, columns: &Columns) -> Reference {
    let mut routes: Vec<&Route> = manifest.routes.iter().collect();
    routes.sort_by(|a, b| (group(a), &a.path, a.method).cmp(&(group(b), &b.path, b.method)));
    let mut page = Reference { html: String::new(), headings: Vec::new() };
    let mut last = None;
    for route in routes {
        let name = group(route);
        if last != Some(name) {
            page.heading(2, format!("routes-{name}"), name.to_owned(), &text(name));
            last = Some(name);
        }
        page.route(manifest, route, columns.get(&route.id));
    }
    page
}

impl Reference {
    fn add(&mut self, html: &str) {
        self.html.push_str(html);
        self.html.push('\n');
    }

    fn heading(&mut self, depth: u8, id: String, title: String, html: &str) {
        self.add(&format!("<h{depth} id=\"{}\">{html}</h{depth}>", text(&id)));
        self.headings.push(Heading { depth, id, title });
    }

    fn route(&mut self, manifest: &Manifest, route: &Route, columns: Option<&Vec<Column>>) {
        let method = route.method.as_str();
        let html = format!("<span class=\"api-method\">{method}</span> <code>{}</code>", text(&route.path));
        // A layout may have ids such as `search` of its own.
        self.heading(3, format!("route-{}", route.id), format!("{method} {}", route.path), &html);
        for paragraph in [route.summary.as_str()].into_iter().chain(route.description.split("\n\n")) {
            if !paragraph.trim().is_empty() {
                self.add(&format!("<p>{}</p>", marked(paragraph)));
            }
        }
        self.add("<dl class=\"api-facts\">");
        self.add(&format!("<dt>Who may call</dt><dd>{}</dd>", who(route)));
        if let Some(class) = manifest.settings.limits.iter().find(|class| class.name == route.limit) {
            let (name, requests, period) = (text(&class.name), class.requests, class.period);
            self.add(&format!(
                "<dt>Limit</dt><dd>{requests} requests in {period} seconds, together with all of class <code>{name}</code></dd>"
            ));
        }
        if let Some(cache) = &route.cache {
            self.add(&format!("<dt>Kept</dt><dd>for {} seconds</dd>", cache.ttl));
        }
        self.add("</dl>");
        self.parameters(route);
        self.answer(route, columns);
        self.errors(route);
        self.add("<h4>Example</h4>");
        self.add(&format!("<pre tabindex=\"0\"><code>{}</code></pre>", text(&curl(manifest, route))));
    }

    fn parameters(&mut self, route: &Route) {
        if route.params.is_empty() {
            return;
        }
        self.add("<h4>Parameters</h4>");
        self.open_table(route, "Parameters", &["name", "in", "type", "values", "what it is"]);
        for param in &route.params {
            let required = if param.required { " <strong>required</strong>" } else { "" };
            self.add(&format!(
                "<tr><th scope=\"row\"><code>{}</code>{required}</th><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>",
                text(&param.name),
                place(param.source),
                text(&type_name(&param.ty)),
                rules(param),
                marked(&param.description),
            ));
        }
        self.add("</tbody></table></div>");
    }

    fn open_table(&mut self, route: &Route, title: &str, columns: &[&str]) {
        let heads: String = columns.iter().map(|name| format!("<th scope=\"col\">{name}</th>")).collect();
        let (method, path) = (route.method.as_str(), text(&route.path));
        self.add(&format!(
            "<div class=\"table\" tabindex=\"0\" role=\"group\" aria-label=\"{title} of {method} {path}\"><table><thead><tr>{heads}</tr></thead><tbody>"
        ));
    }

    fn answer(&mut self, route: &Route, columns: Option<&Vec<Column>>) {
        self.add("<h4>Answer</h4>");
        let status = route.status;
        let is_file = matches!(route.action, Action::Routine(routine) if !routine.is_json());
        self.add(&match route.returns {
            Returns::One if is_file => format!("<p><code>{status}</code>, a file.</p>"),
            Returns::None => format!("<p><code>{status}</code>, nothing else.</p>"),
            Returns::One => format!("<p><code>{status}</code>, a JSON object.</p>"),
            Returns::Many => {
                format!(
                    "<p><code>{status}</code>, JSON: <code>{{\"items\": […]}}</code> with an object for each row.</p>"
                )
            }
        });
        if let Action::Form(Form { thanks: Some(path), .. }) = &route.action {
            let path = text(path);
            self.add(&format!("<p>A browser that sends the form by itself is led to <code>{path}</code> by 303.</p>"));
        }
        if let Some(columns) = columns.filter(|columns| !columns.is_empty()) {
            self.open_table(route, "Answer", &["key", "type"]);
            for column in columns {
                let (name, ty) = (text(&column.name), column_type(column.oid));
                self.add(&format!("<tr><th scope=\"row\"><code>{name}</code></th><td>{ty}</td></tr>"));
            }
            self.add("</tbody></table></div>");
        }
    }

    fn errors(&mut self, route: &Route) {
        self.add("<h4>Errors</h4>\n<ul class=\"api-errors\">");
        for (status, code, when) in errors(route) {
            self.add(&format!("<li><code>{status}</code> <code>{code}</code>: {when}</li>"));
        }
        self.add("</ul>");
    }
}

fn errors(route: &Route) -> Vec<(u16, &'static str, &'static str)> {
    let takes_body = route.params.iter().any(|param| param.source == Source::Body);
    let all = [
        (!route.params.is_empty(), (400, "invalid-parameters", "a value is missing, unknown or not allowed")),
        (!route.auth.is_none(), (401, "unauthorized", "nobody is signed in")),
        (route.auth.role.is_some(), (403, "forbidden", "the account has not the role")),
        (!route.method.is_safe(), (403, "foreign-origin", "a page of another site asks")),
        (route.returns == Returns::One, (404, "not-found", "there is no such row")),
        (!route.method.is_safe(), (409, "conflict", "the same is there already")),
        (takes_body, (413, "body-too-large", "the body is too large")),
        (takes_body, (415, "unsupported-body", "the body is not of a type that the route takes")),
        (!route.method.is_safe(), (422, "refused-value", "the database does not allow the value")),
        (true, (429, "too-many-requests", "wait as <code>Retry-After</code> says")),
        (true, (503, "database-unavailable", "the database does not answer")),
    ];
    all.into_iter().filter(|(applies, _)| *applies).map(|(_, error)| error).collect()
}

fn who(route: &Route) -> String {
    let by = match (route.auth.session, route.auth.bearer) {
        (false, false) => return "anyone".to_owned(),
        (true, true) => "by session or token",
        (true, false) => "by session",
        (false, true) => "by token",
    };
    match &route.auth.role {
        Some(role) => format!("an account with the role <code>{}</code>, {by}", text(role)),
        None => format!("an account, {by}"),
    }
}

fn place(source: Source) -> &'static str {
    Source::NAMES.iter().find(|(_, known)| *known == source).map_or("", |(name, _)| name)
}

fn type_name(ty: &Type) -> String {
    match ty {
        Type::Enum(_) => "one of".to_owned(),
        Type::Array(item) => format!("{}[]", type_name(item)),
        ty => Type::NAMES.iter().find(|(_, known)| known == ty).map_or("", |(name, _)| name).to_owned(),
    }
}

/// What values may be, as HTML.
fn rules(param: &Param) -> String {
    let mut parts = Vec::new();
    if let Type::Enum(values) = param.ty.item() {
        parts.push(values.iter().map(|value| format!("<code>{}</code>", text(value))).collect::<Vec<_>>().join(", "));
    }
    let rules = &param.rules;
    let number = |number: &Option<serde_json::Number>| number.as_ref().map(ToString::to_string);
    parts.extend(range(number(&rules.min), number(&rules.max), ""));
    let unit = if matches!(param.ty, Type::Array(_)) { " values" } else { " characters" };
    let length = |length: Option<u32>| length.map(|length| length.to_string());
    parts.extend(range(length(rules.min_length), length(rules.max_length), unit));
    if let Some(pattern) = &rules.pattern {
        parts.push(format!("<code>{}</code>", text(pattern)));
    }
    if let Some(default) = &param.default {
        parts.push(format!("else <code>{}</code>", text(default)));
    }
    parts.join("; ")
}

fn range(least: Option<String>, most: Option<String>, unit: &str) -> Option<String> {
    Some(match (least, most) {
        (Some(least), Some(most)) if least == most => format!("{least}{unit}"),
        (Some(least), Some(most)) => format!("{least} to {most}{unit}"),
        (Some(least), None) => format!("at least {least}{unit}"),
        (None, Some(most)) => format!("at most {most}{unit}"),
        (None, None) => return None,
    })
}

fn column_type(oid: u32) -> &'static str {
    match oid {
        16 => "boolean",
        20 | 21 | 23 => "integer",
        700 | 701 => "number",
        114 | 3802 => "JSON",
        1082 => "date",
        1114 | 1184 => "time, RFC 3339",
        2950 => "UUID",
        _ => "text",
    }
}

/// A request for a shell, with what is required and nothing more.
fn curl(manifest: &Manifest, route: &Route) -> String {
    let origin = manifest.settings.origins.first().map_or("http://localhost:3000", String::as_str);
    let required = |source: Source| route.params.iter().filter(move |param| param.source == source && param.required);
    let mut path = route.path.clone();
    for param in required(Source::Path) {
        path = path.replace(&format!("{{{}}}", param.name), &crate::http::url::encode(&sample(param)));
    }
    let query: Vec<String> = required(Source::Query)
        .map(|param| format!("{}={}", param.name, crate::http::url::encode(&sample(param))))
        .collect();
    let query = if query.is_empty() { String::new() } else { format!("?{}", query.join("&")) };
    let mut out = "curl".to_owned();
    let body: Vec<String> =
        required(Source::Body).map(|param| format!("\"{}\": {}", param.name, json_sample(param))).collect();
    let has_body = route.params.iter().any(|param| param.source == Source::Body);
    // `-d` makes it a POST by itself.
    if route.method != Method::Get && !(route.method == Method::Post && has_body) {
        let _ = write!(out, " -X {}", route.method.as_str());
    }
    let _ = write!(out, " '{origin}{path}{query}'");
    if route.auth.bearer {
        out.push_str(" \\\n  -H \"authorization: Bearer $TOKEN\"");
    } else if route.auth.session {
        let _ = write!(out, " \\\n  -b \"{}=$SESSION\"", crate::http::cookie::SESSION);
        if !route.method.is_safe() {
            let _ = write!(out, " -H 'origin: {origin}'");
        }
    }
    if has_body {
        let body = body.join(", ").replace('\'', "'\\''");
        let _ = write!(out, " \\\n  -H 'content-type: application/json' \\\n  -d '{{{body}}}'");
    }
    out
}

/// A value that a route may take.
fn sample(param: &Param) -> String {
    if let Some(default) = &param.default {
        return default.clone();
    }
    match param.ty.item() {
        Type::Enum(values) => values.first().cloned().unwrap_or_default(),
        ty if ty.is_number() => param.rules.min.as_ref().map_or_else(|| "1".to_owned(), ToString::to_string),
        Type::Bool => "true".to_owned(),
        Type::Uuid => "00000000-0000-4000-8000-000000000000".to_owned(),
        Type::Date => "2026-11-29".to_owned(),
        Type::Timestamptz => "2026-11-29T08:00:00Z".to_owned(),
        _ => match param.name.as_str() {
            "email" => "me@example.org".to_owned(),
            "path" => "/".to_owned(),
            name => name.to_uppercase(),
        },
    }
}

fn json_sample(param: &Param) -> String {
    let value = sample(param);
    let one = match param.ty.item() {
        Type::Json => "[]".to_owned(),
        Type::Bool => value,
        ty if ty.is_number() && *ty != Type::Numeric => value,
        _ => serde_json::Value::from(value).to_string(),
    };
    if matches!(param.ty, Type::Array(_)) { format!("[{one}]") } else { one }
}

/// Escapes text for HTML.
fn text(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            c => out.push(c),
        }
    }
    out
}

/// Escapes text, and makes code of what stands between backticks.
fn marked(written: &str) -> String {
    let mut parts = written.split('`').peekable();
    let mut out = String::new();
    let mut is_code = false;
    while let Some(part) = parts.next() {
        // A backtick without its partner is one.
        match (is_code, parts.peek().is_some()) {
            (true, true) => out.push_str(&format!("<code>{}</code>", text(part))),
            (true, false) => out.push_str(&format!("`{}", text(part))),
            (false, _) => out.push_str(&text(part)),
        }
        is_code = !is_code;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::tests::{columns, manifest};
    use super::*;

    #[test]
    fn the_page_of_a_small_api() {
        insta::assert_snapshot!(reference(&manifest(), &columns()).html);
    }

    #[test]
    fn every_route_has_a_heading_of_its_own() {
        let manifest = Manifest { routes: crate::builtin::routes(), ..manifest() };
        let page = reference(&manifest, &Columns::new());
        let mut ids: Vec<&str> = page.headings.iter().map(|heading| heading.id.as_str()).collect();
        let count = ids.len();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), count, "an id stands twice");
        assert_eq!(page.headings.iter().filter(|heading| heading.depth == 3).count(), manifest.routes.len());
    }

    #[test]
    fn what_authors_write_is_escaped() {
        assert_eq!(marked("a `<b>` & `c"), "a <code>&lt;b&gt;</code> &amp; `c");
        let mut manifest = manifest();
        manifest.routes[0].summary = "<script>alert(1)</script>".to_owned();
        assert!(!reference(&manifest, &columns()).html.contains("<script>"));
    }
}
