//! OpenAPI 3.1.

use serde_json::{Map, Value, json};

use super::{Column, Columns, group};
use crate::builtin::CHALLENGE;
use crate::manifest::{Action, Form, Manifest, Method, Param, Returns, Route, Routine, Source, Type};
use crate::series;

/// Writes the description.
pub fn openapi(manifest: &Manifest, columns: &Columns) -> String {
    let mut routes: Vec<&Route> = manifest.routes.iter().collect();
    routes.sort_by(|a, b| (&a.path, a.method).cmp(&(&b.path, b.method)));
    let mut paths = Map::new();
    for route in routes {
        let path = paths.entry(route.path.clone()).or_insert_with(|| json!({}));
        if let Value::Object(methods) = path {
            methods.insert(route.method.as_str().to_lowercase(), operation(route, columns.get(&route.id)));
        }
    }
    let servers: Vec<Value> = manifest.settings.origins.iter().take(1).map(|origin| json!({"url": origin})).collect();
    let mut document = json!({
        "openapi": "3.1.0",
        "info": {"title": manifest.settings.title, "version": version(&manifest.settings.build)},
        "servers": servers,
        "paths": paths,
        "components": {
            "schemas": {"Problem": problem()},
            "responses": {"Problem": {
                "description": "Why there is no answer (RFC 9457).",
                "headers": {"X-Request-Id": {"schema": {"type": "string"}}},
                "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
            }},
            "securitySchemes": {
                "session": {"type": "apiKey", "in": "cookie", "name": crate::http::cookie::SESSION},
                "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
            },
        },
    });
    if manifest.settings.origins.is_empty() {
        document["servers"] = json!([{"url": "/"}]);
    }
    format!("{document:#}\n")
}

fn version(build: &str) -> &str {
    if build.is_empty() { "0" } else { build }
}

fn operation(route: &Route, columns: Option<&Vec<Column>>) -> Value {
    let mut operation = json!({"operationId": route.id});
    for (key, text) in [("summary", &route.summary), ("description", &route.description)] {
        if !text.is_empty() {
            operation[key] = text.as_str().into();
        }
    }
    operation["tags"] = json!([group(route)]);
    let outside: Vec<Value> = route.params.iter().filter(|param| param.source != Source::Body).map(parameter).collect();
    if !outside.is_empty() {
        operation["parameters"] = outside.into();
    }
    if route.params.iter().any(|param| param.source == Source::Body) {
        operation["requestBody"] = body(route);
    }
    operation["responses"] = responses(route, columns);
    let mut security = Vec::new();
    if route.auth.session {
        security.push(json!({"session": []}));
    }
    if route.auth.bearer {
        security.push(json!({"bearer": []}));
    }
    // An empty list says that nothing is needed, whatever stands elsewhere.
    operation["security"] = security.into();
    if let Some(role) = &route.auth.role {
        operation["x-rivage-role"] = role.as_str().into();
    }
    operation["x-rivage-limit"] = route.limit.as_str().into();
    operation
}

fn parameter(param: &Param) -> Value {
    let place = if param.source == Source::Path { "path" } else { "query" };
    let mut value = json!({"name": param.name, "in": place, "required": param.required, "schema": schema(param)});
    if !param.description.is_empty() {
        value["description"] = param.description.as_str().into();
    }
    if matches!(param.ty, Type::Array(_)) {
        value["style"] = "form".into();
        value["explode"] = true.into();
    }
    value
}

fn body(route: &Route) -> Value {
    let mut properties = Map::new();
    let mut required = Vec::new();
    for param in route.params.iter().filter(|param| param.source == Source::Body) {
        let mut value = schema(param);
        if !param.description.is_empty() {
            value["description"] = param.description.as_str().into();
        }
        if param.required {
            required.push(Value::from(param.name.as_str()));
        } else if param.ty != Type::Json {
            value = json!({"anyOf": [value, {"type": "null"}]});
        }
        properties.insert(param.name.clone(), value);
    }
    if let Action::Form(Form { trap: Some(trap), .. }) = &route.action {
        properties.insert(trap.clone(), json!({"type": "string", "description": "Stays empty."}));
    }
    if let Action::Form(Form { challenge: true, .. }) = &route.action {
        required.push(CHALLENGE.into());
        properties
            .insert(CHALLENGE.to_owned(), json!({"type": "string", "description": "The answer of the challenge."}));
    }
    let takes_bars = matches!(route.action, Action::Routine(Routine::SeriesIngest));
    if takes_bars && let Some(bars) = properties.get_mut("bars") {
        bars["type"] = "array".into();
        bars["maxItems"] = series::MOST_ROWS.into();
        bars["items"] = bar();
    }
    let schema =
        json!({"type": "object", "properties": properties, "required": required, "additionalProperties": false});
    let mut content = json!({"application/json": {"schema": schema}});
    if matches!(route.action, Action::Form(_)) {
        content["application/x-www-form-urlencoded"] = json!({"schema": schema});
    }
    if takes_bars {
        content["text/csv"] = json!({"schema": {"type": "string"}});
    }
    json!({"required": true, "content": content})
}

/// A bar as it is right. A row that is not is left out of the batch, and no mistake of the request.
fn bar() -> Value {
    let number = json!({"type": "number"});
    let fields: Map<String, Value> = series::FIELDS
        .iter()
        .map(|field| {
            let schema = if *field == "ts" { json!({"type": "string", "format": "date-time"}) } else { number.clone() };
            ((*field).to_owned(), schema)
        })
        .collect();
    json!({"type": "object", "properties": fields, "required": series::FIELDS[..5]})
}

fn schema(param: &Param) -> Value {
    let rules = &param.rules;
    let mut item = of_type(param.ty.item());
    let bounds = [("minimum", &rules.min), ("maximum", &rules.max)];
    for (key, bound) in bounds {
        if let Some(bound) = bound {
            item[key] = bound.clone().into();
        }
    }
    if let Some(pattern) = &rules.pattern {
        item["pattern"] = pattern.as_str().into();
    } else if (param.source, &param.ty) == (Source::Path, &Type::Text) {
        // What a segment can hold; more is another path.
        item["pattern"] = r"^[^/\\]+$".into();
    }
    let (is_array, mut schema) = match param.ty {
        Type::Array(_) => (true, json!({"type": "array", "items": item})),
        _ => (false, item),
    };
    let keys = if is_array { ["minItems", "maxItems"] } else { ["minLength", "maxLength"] };
    for (key, bound) in keys.into_iter().zip([rules.min_length, rules.max_length]) {
        if let Some(bound) = bound {
            schema[key] = bound.into();
        }
    }
    if let Some(default) = &param.default {
        let value = match param.ty.item() {
            ty if ty.is_number() => serde_json::from_str(default).unwrap_or_else(|_| default.as_str().into()),
            Type::Bool => (default == "true").into(),
            _ => Value::from(default.as_str()),
        };
        schema["default"] = if is_array { json!([value]) } else { value };
    }
    schema
}

fn of_type(ty: &Type) -> Value {
    match ty {
        Type::Text | Type::Array(_) => json!({"type": "string"}),
        Type::Int2 => json!({"type": "integer", "minimum": i16::MIN, "maximum": i16::MAX}),
        Type::Int4 => json!({"type": "integer", "format": "int32", "minimum": i32::MIN, "maximum": i32::MAX}),
        Type::Int8 => json!({"type": "integer", "format": "int64", "minimum": i64::MIN, "maximum": i64::MAX}),
        Type::Float8 => json!({"type": "number", "format": "double"}),
        Type::Numeric => json!({"type": "string", "pattern": r"^-?[0-9]+(\.[0-9]+)?$"}),
        Type::Bool => json!({"type": "boolean"}),
        Type::Uuid => json!({"type": "string", "format": "uuid"}),
        Type::Date => json!({"type": "string", "format": "date"}),
        Type::Timestamptz => json!({"type": "string", "format": "date-time"}),
        Type::Json => json!({}),
        Type::Enum(values) => json!({"type": "string", "enum": values}),
    }
}

/// The schema of a column, as the JSON of answers has it. Any column may be null: the database does not tell.
fn of_column(column: &Column) -> Value {
    match column.oid {
        16 => json!({"type": ["boolean", "null"]}),
        20 | 21 | 23 => json!({"type": ["integer", "null"]}),
        700 | 701 => json!({"type": ["number", "null"]}),
        114 | 3802 => json!({}),
        1082 => json!({"type": ["string", "null"], "format": "date"}),
        2950 => json!({"type": ["string", "null"], "format": "uuid"}),
        _ => json!({"type": ["string", "null"]}),
    }
}

fn responses(route: &Route, columns: Option<&Vec<Column>>) -> Value {
    let row = match columns {
        Some(columns) => {
            let properties: Map<_, _> = columns.iter().map(|column| (column.name.clone(), of_column(column))).collect();
            let required: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
            json!({"type": "object", "properties": properties, "required": required})
        }
        None => json!({"type": "object"}),
    };
    let content = match route.returns {
        Returns::None => None,
        Returns::One => Some(row),
        Returns::Many => Some(
            json!({"type": "object", "properties": {"items": {"type": "array", "items": row}}, "required": ["items"]}),
        ),
    };
    let status = route.status.to_string();
    let mut all = Map::new();
    all.insert(
        status,
        match content {
            Some(_) if matches!(route.action, Action::Routine(Routine::Media)) => {
                json!({"description": "The object.", "content": {"*/*": {}}})
            }
            Some(_) if matches!(route.action, Action::Routine(Routine::Export)) => {
                json!({"description": "The table.", "content": {"text/csv": {"schema": {"type": "string"}}}})
            }
            Some(schema) if matches!(route.action, Action::Routine(Routine::Metrics)) => json!({
                "description": "The numbers.",
                "content": {"application/json": {"schema": schema}, "text/plain": {"schema": {"type": "string"}}},
            }),
            Some(schema) => {
                json!({"description": "The answer.", "content": {"application/json": {"schema": schema}}})
            }
            None => json!({"description": "Done."}),
        },
    );
    if route.method == Method::Get {
        all.insert("304".to_owned(), json!({"description": "The client has the answer already."}));
    }
    if let Action::Form(Form { thanks: Some(_), .. }) = &route.action {
        all.insert("303".to_owned(), json!({"description": "Where a browser goes after sending a form."}));
    }
    all.insert("default".to_owned(), json!({"$ref": "#/components/responses/Problem"}));
    all.into()
}

fn problem() -> Value {
    json!({
        "type": "object",
        "required": ["type", "title", "status", "code", "detail", "request_id"],
        "properties": {
            "type": {"type": "string", "format": "uri"},
            "title": {"type": "string"},
            "status": {"type": "integer"},
            "code": {"type": "string"},
            "detail": {"type": "string"},
            "request_id": {"type": "string"},
            "errors": {"type": "array", "items": {
                "type": "object",
                "required": ["field", "source", "code", "detail"],
                "properties": {
                    "field": {"type": "string"},
                    "source": {"type": "string", "enum": ["path", "query", "body"]},
                    "code": {"type": "string"},
                    "detail": {"type": "string"},
                },
            }},
        },
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::{columns, manifest};
    use super::*;

    #[test]
    fn the_description_of_a_small_api() {
        insta::assert_snapshot!(openapi(&manifest(), &columns()));
    }

    #[test]
    fn the_description_is_openapi_and_names_every_route() {
        let manifest = Manifest { routes: crate::builtin::routes(), ..manifest() };
        let spec = oas3::from_json(openapi(&manifest, &Columns::new())).expect("OpenAPI");
        let operations: Vec<_> = spec.operations().collect();
        assert_eq!(operations.len(), manifest.routes.len());
        for (path, method, operation) in operations {
            let method = Method::parse(method.as_str()).expect("a known method");
            let route = manifest.route(method, &path).expect("a route of the manifest");
            assert_eq!(operation.operation_id.as_deref(), Some(route.id.as_str()));
        }
    }

    #[test]
    fn order_of_routes_does_not_show() {
        let mut reversed = manifest();
        reversed.routes.reverse();
        assert_eq!(openapi(&reversed, &columns()), openapi(&manifest(), &columns()));
    }
}
