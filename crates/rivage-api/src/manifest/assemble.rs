//! Route files, declared forms and built-in routes → one manifest.

use rivage_diag::{Diagnostic, FileId};

use super::{Form, Manifest, Param, Route, Settings};
use crate::{builtin, sql};

/// What a site brings to its API.
#[derive(Clone, Debug, Default)]
pub struct Parts {
    /// What applies to all routes.
    pub settings: Settings,
    /// The route files with their texts, in any order.
    pub files: Vec<(FileId, String)>,
    /// The declared forms with their fields.
    pub forms: Vec<(Form, Vec<Param>)>,
}

/// Makes the manifest. It has all routes that are right; with an error among the diagnostics it is not to be used.
pub fn assemble(parts: Parts) -> (Manifest, Vec<Diagnostic>) {
    let Parts { settings, mut files, forms } = parts;
    let mut found = check_settings(&settings);
    let classes: Vec<&str> = settings.limits.iter().map(|class| class.name.as_str()).collect();
    let context = sql::Context { limits: &classes };
    files.sort();
    let mut routes: Vec<(Route, Option<FileId>)> = builtin::routes().into_iter().map(|route| (route, None)).collect();
    for (form, fields) in forms {
        found.extend(check_form(&form, &fields));
        routes.push((builtin::form_route(form, fields), None));
    }
    for (file, text) in files {
        let (route, problems) = sql::parse(&file, &text, &context);
        found.extend(problems);
        routes.extend(route.map(|route| (route, Some(file))));
    }
    let all: Vec<(&Route, Option<&FileId>)> = routes.iter().map(|(route, file)| (route, file.as_ref())).collect();
    found.extend(sql::conflicts(&all));
    rivage_diag::sort(&mut found);
    let mut manifest = Manifest { settings, routes: routes.into_iter().map(|(route, _)| route).collect() };
    manifest.sort();
    (manifest, found)
}

fn check_settings(settings: &Settings) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for origin in settings.origins.iter().chain(&settings.cors) {
        if !is_origin(origin) {
            found.push(
                Diagnostic::error("invalid-origin", format!("`{origin}` is not an origin"))
                    .with_hint("an origin is scheme and host, in lower case, without a path: `https://example.com`"),
            );
        }
    }
    for origin in settings.cors.iter().filter(|origin| settings.origins.contains(origin)) {
        found.push(
            Diagnostic::error("invalid-origin", format!("`{origin}` is an origin of the site and a foreign one"))
                .with_hint("remove it from the foreign ones: pages of the site may call the API anyway"),
        );
    }
    for needed in ["auth", "read", "write"] {
        if settings.limits.iter().all(|class| class.name != needed) {
            found.push(
                Diagnostic::error("missing-limit", format!("there is no rate-limit class `{needed}`"))
                    .with_hint("built-in routes need the classes `auth`, `read` and `write`"),
            );
        }
    }
    for class in &settings.limits {
        if !matches!(class.period, 10 | 60) || class.requests == 0 {
            found.push(
                Diagnostic::error("invalid-limit", format!("the rate-limit class `{}` cannot be counted", class.name))
                    .with_hint("a period has 10 or 60 seconds, and at least one request"),
            );
        }
    }
    found
}

/// What a browser sends as `Origin`: nothing else will ever be equal to it.
fn is_origin(text: &str) -> bool {
    let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    host.is_some_and(|host| {
        !host.is_empty() && host.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-.:[]".contains(&b))
    })
}

fn check_form(form: &Form, fields: &[Param]) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let name = &form.name;
    if name.is_empty() || !name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-') {
        found.push(
            Diagnostic::error("invalid-form", format!("`{name}` is not a name that a form can have"))
                .with_hint("a form's name is made of `a`–`z`, `0`–`9` and `-`: it stands in a URL"),
        );
    }
    if fields.is_empty() {
        found.push(
            Diagnostic::error("invalid-form", format!("the form `{name}` has no fields"))
                .with_hint("declare at least one"),
        );
    }
    if let Some(field) = fields.iter().find(|field| Some(&field.name) == form.trap.as_ref()) {
        found.push(
            Diagnostic::error("invalid-form", format!("`{}` is a field of the form `{name}` and its trap", field.name))
                .with_hint("a trap is a field that nobody fills: give it a name of its own"),
        );
    }
    let leaves_the_site = |path: &String| !path.starts_with('/') || path.starts_with("//") || path.contains('\\');
    if let Some(path) = form.thanks.as_ref().filter(|path| leaves_the_site(path)) {
        found.push(
            Diagnostic::error("invalid-form", format!("`{path}` is not a path of the site"))
                .with_hint("write a path such as `/thanks/`"),
        );
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::LimitClass;

    const ROUTE: &str = "-- GET /api/a\n-- @auth none\n-- @returns none\n\nselect 1";

    fn file(name: &str, text: &str) -> (FileId, String) {
        (FileId::from(name), text.to_owned())
    }

    fn messages(parts: Parts) -> String {
        let (_, found) = assemble(parts);
        found
            .iter()
            .map(|d| format!("{}: {} ({})", d.code, d.message, d.hints.join("; ")))
            .collect::<Vec<_>>()
            .join("\n")
    }

    #[test]
    fn the_order_in_which_files_are_found_does_not_show() {
        let (a, b) = (file("api/a.sql", ROUTE), file("api/b.sql", &ROUTE.replace("/api/a", "/api/b")));
        let (one, found) = assemble(Parts { files: vec![a.clone(), b.clone()], ..Parts::default() });
        let (other, _) = assemble(Parts { files: vec![b, a], ..Parts::default() });
        assert_eq!(found, []);
        assert_eq!(one.encode(), other.encode());
    }

    #[test]
    fn problems_of_all_parts_are_told_together() {
        let settings = Settings {
            origins: vec![
                "https://a.example/".to_owned(),
                "https://B.example".to_owned(),
                "https://c.example".to_owned(),
            ],
            cors: vec!["*".to_owned(), "null".to_owned(), "https://c.example".to_owned()],
            limits: vec![LimitClass { name: "read".to_owned(), requests: 1, period: 30 }],
            ..Settings::default()
        };
        let field = builtin::routes().iter().find(|route| route.id == "login").expect("built in").params[0].clone();
        let form = Form {
            name: "Contact".to_owned(),
            trap: Some("email".to_owned()),
            thanks: Some("//evil.example".to_owned()),
            challenge: false,
        };
        let empty = Form { name: "b".to_owned(), ..Form::default() };
        let same = file("api/v.sql", &ROUTE.replace("/api/a", "/api/v1/health"));
        insta::assert_snapshot!(messages(Parts {
            settings,
            files: vec![same],
            forms: vec![(form, vec![field]), (empty, vec![])]
        }));
    }
}
