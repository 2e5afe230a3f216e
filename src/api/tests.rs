//! Files and settings in, a manifest and diagnostics out.

use std::collections::BTreeMap;
use std::sync::Arc;

use rivage_api::manifest::Method;

use super::*;
use crate::fs::MemoryFs;
use crate::inputs::World;

const POSTS: &str = "-- GET /api/posts\n-- @auth none\n-- @param limit int4 query default 20 range 1..100\n-- @returns many\n-- @name list_posts\n\nselect 1 as id limit :limit";
const SETTINGS: &str = "[site]\ntitle = \"Tides\"\nbase_url = \"https://example.org/docs\"\n";

fn read_site(files: &[(&str, &str)]) -> (Option<Api>, Vec<String>) {
    let world =
        World::new(Arc::new(MemoryFs::new(files.iter().copied())), jiff::Timestamp::UNIX_EPOCH, BTreeMap::new());
    let inputs = Inputs::new(&world);
    let (config, mut problems) = config::load(&inputs);
    let (api, more) = read(&inputs, &config);
    problems.extend(more);
    rivage_diag::sort(&mut problems);
    let show = |problem: &Diagnostic| {
        let place = problem.primary.as_ref().map(|place| format!("{} ", place.file)).unwrap_or_default();
        format!("{place}{}[{}]: {}", problem.severity.as_str(), problem.code, problem.message)
    };
    (api, problems.iter().map(show).collect())
}

fn api(files: &[(&str, &str)]) -> Api {
    let (api, problems) = read_site(files);
    assert!(problems.is_empty(), "{problems:?}");
    api.expect("an API")
}

#[test]
fn a_site_without_routes_and_tables_has_no_api() {
    assert_eq!(read_site(&[("rivage.toml", SETTINGS)]), (None, Vec::new()));
    let others = [("rivage.toml", SETTINGS), ("api/README.md", "x"), ("api/_draft.sql", "x"), ("api/.x/a.sql", "x")];
    assert_eq!(read_site(&others), (None, Vec::new()));
}

#[test]
fn files_settings_and_built_in_routes_come_together() {
    let settings = format!(
        "{SETTINGS}[api]\ncors = [\"https://app.example\"]\n[api.limits.read]\nrequests = 5\nperiod = 10\n[api.limits.slow]\nrequests = 2\n\
         [api.bounds]\nbody = 1000\n[api.auth]\nregistration = true\n[forms.contact]\ntrap = \"website\"\nthanks = \"/thanks/\"\n\
         [forms.contact.fields]\nemail = {{ max_length = 254, pattern = \"@\" }}\ntopic = {{ one_of = [\"a\", \"b\"], required = false }}\n\
         age = {{ type = \"int4\", min = 0, max = 150, required = false }}\n"
    );
    let api = api(&[("rivage.toml", &settings), ("api/blog/posts.sql", POSTS)]);
    let settings = &api.manifest.settings;
    assert_eq!(
        (settings.title.as_str(), settings.origins.as_slice()),
        ("Tides", &["https://example.org".to_owned()][..])
    );
    assert_eq!(settings.cors, ["https://app.example"]);
    let read = settings.limits.iter().find(|class| class.name == "read").map(|class| (class.requests, class.period));
    assert_eq!(read, Some((5, 10)));
    assert!(settings.limits.iter().any(|class| class.name == "slow"));
    assert_eq!((settings.bounds.body, settings.bounds.depth, settings.auth.registration), (1000, 32, true));
    assert_eq!(api.files["list_posts"], FileId::from("api/blog/posts.sql"));
    let form = api.manifest.route(Method::Post, "/api/v1/forms/contact").expect("a form is a route");
    let fields: Vec<_> = form.params.iter().map(|field| (field.name.as_str(), field.required)).collect();
    assert_eq!(fields, [("email", true), ("topic", false), ("age", false)]);
    assert!(api.manifest.route(Method::Get, "/api/v1/health").is_some());
    assert!(api.openapi().contains("\"/api/posts\"") && api.client().contains("listPosts"));
}

#[test]
fn the_build_is_known_by_its_routes_and_settings() {
    let one = api(&[("rivage.toml", SETTINGS), ("api/a.sql", POSTS)]);
    let same = api(&[("rivage.toml", SETTINGS), ("api/b.sql", POSTS)]);
    let other = api(&[("rivage.toml", SETTINGS), ("api/a.sql", &POSTS.replace("20", "30"))]);
    assert_eq!(one.manifest, same.manifest);
    assert_ne!(one.manifest.settings.build, other.manifest.settings.build);
}

#[test]
fn mistakes_are_named_where_they_stand() {
    let settings = format!(
        "{SETTINGS}[api]\ncors = [\"https://a.example/\", \"*\"]\nlimit = 1\n[api.limits.Read]\nrequests = 1\n[api.limits.mail]\nperiod = 30\n\
         [forms.Contact]\nfields = {{}}\n[forms.a]\ntrap = \"x\"\nthanks = \"https://elsewhere.example\"\n\
         [forms.a.fields]\nx = {{ pattern = \"(\", min = 1 }}\ny = {{ type = \"txt\" }}\nz = {{ one_of = [\"a\", \"a b\"] }}\n[forms.b]\n[forms.c]\nfields = {{}}\n"
    );
    let (_, problems) = read_site(&[
        ("rivage.toml", &settings),
        ("api/a.sql", POSTS),
        ("api/b.sql", POSTS),
        ("api/c.sql", "select 1"),
        ("api/d.sql", "-- POST /api/v1/forms/a\n-- @auth none\n-- @returns none\n\nselect 1"),
    ]);
    let in_settings: Vec<_> = problems.iter().filter_map(|line| line.strip_prefix("rivage.toml error")).collect();
    assert_eq!(
        in_settings,
        [
            "[bad-value]: `cors` must be an origin such as `https://app.example.org`, without a path",
            "[bad-value]: `cors` must be an origin such as `https://app.example.org`, without a path",
            "[unknown-key]: unknown key `limit` in `[api]`",
            "[bad-value]: `Read` must be a name of `a`–`z`, `0`–`9` and `_` that starts with a letter",
            "[missing-key]: the key `requests` is missing in `[api.limits.mail]`",
            "[bad-value]: `period` must be 10 or 60 seconds",
            "[bad-value]: `Contact` must be a name of `a`–`z`, `0`–`9` and `-` that starts with a letter",
            "[bad-value]: `trap` must be a name that no field has",
            "[bad-value]: `thanks` must be a path of the site that starts with `/`",
            "[bad-value]: `pattern` must be a regular expression without look-around and back-references",
            "[bad-value]: `min` must be left out: only numbers have a range",
            "[bad-value]: `type` may not be `txt`",
            "[bad-value]: `one_of` must be different words of letters, digits, `-`, `_` and `.`",
            "[missing-key]: the key `fields` is missing in `[forms.b]`",
            "[bad-value]: `fields` must be a map with at least one field",
        ]
    );
    let in_files: Vec<_> = problems.iter().filter(|line| line.starts_with("api/")).collect();
    assert_eq!(
        in_files,
        [
            "api/b.sql error[duplicate-route]: `GET /api/posts` is taken by `api/a.sql`",
            "api/c.sql error[missing-route]: the file does not start with a route",
            "api/d.sql error[duplicate-route]: `POST /api/v1/forms/a` is taken by the form `a`",
        ]
    );
    assert_eq!(problems.len(), in_settings.len() + in_files.len(), "{problems:?}");
}

#[test]
fn a_snapshot_holds_for_the_statements_it_was_made_of() {
    let site = [("rivage.toml", SETTINGS), ("api/a.sql", POSTS)];
    let fresh = api(&site);
    let column = rivage_api::describe::Column { name: "id".to_owned(), oid: 23 };
    let checked = check::Checked {
        columns: Columns::from([("list_posts".to_owned(), vec![column.clone()])]),
        ..check::Checked::default()
    };
    let snapshot = check::snapshot(&fresh, &checked);
    let known = api(&[site[0], site[1], ("api/columns.json", &snapshot)]);
    assert_eq!(known.columns["list_posts"], [column]);
    assert!(known.client().contains("id: number"));

    let changed = POSTS.replace("1 as id", "2 as id");
    let (_, problems) = read_site(&[site[0], ("api/a.sql", &changed), ("api/columns.json", &snapshot)]);
    assert_eq!(
        problems,
        ["api/a.sql warning[stale-snapshot]: the columns of `list_posts` were noted for other statements"]
    );
    let (_, problems) = read_site(&[site[0], site[1], ("api/columns.json", "{\n \"a\": 1}")]);
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert!(problems[0].starts_with("api/columns.json error[bad-snapshot]"), "{problems:?}");
}
