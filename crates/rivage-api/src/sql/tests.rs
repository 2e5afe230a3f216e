//! Route files in, routes and diagnostics out.

use rivage_diag::FileId;

use super::*;
use crate::manifest::{Auth, Bind, Statements, Switch};

const CONTEXT: Context<'_> = Context { limits: &["auth", "read", "write"] };

fn parse_text(text: &str) -> (Option<Route>, Vec<Diagnostic>) {
    parse(&FileId::from("api/a.sql"), text, &CONTEXT)
}

fn route(text: &str) -> Route {
    let (route, found) = parse_text(text);
    assert_eq!(found, [], "{text}");
    route.expect("a route without problems")
}

fn statements(text: &str) -> Statements {
    match route(text).action {
        Action::Sql(statements) => statements,
        other => panic!("{other:?}"),
    }
}

/// Shows each diagnostic as `code: message @ "place" (hint; hint)`.
fn problems(text: &str) -> String {
    let (route, found) = parse_text(text);
    assert_eq!(route.is_some(), !found.iter().any(Diagnostic::is_error), "a route exists exactly without errors");
    let show = |diagnostic: &Diagnostic| {
        let span = diagnostic.primary.as_ref().expect("a problem of a file has a place").span;
        let hints = diagnostic.hints.join("; ");
        format!("{}: {} @ {:?} ({hints})", diagnostic.code, diagnostic.message, &text[span.range()])
    };
    found.iter().map(show).collect::<Vec<_>>().join("\n")
}

/// A GET route with these parameters and this statement.
fn get(params: &str, sql: &str) -> String {
    let params: String = params.lines().map(|line| format!("-- @param {}\n", line.trim())).collect();
    format!("-- GET /api/a\n-- @auth none\n{params}-- @returns one\n\n{sql}")
}

const FULL: &str = "\
-- GET /api/posts/{year}
-- Posts of a year,
-- newest first.
--
-- More about it.
-- @auth none
-- @param year  int4  path  range 1990..2100
-- @param tag   text  query optional length 1..40 pattern '^[a-z ]+$' -- only posts with this tag
-- @param sort  enum(newest, oldest) query default newest
-- @param limit int4  query  default 020 range 1..100
-- @cache 60s stale 5m error 1d tags tag post
-- @limit read
-- @returns many
-- @name posts_of_year

-- What follows is SQL.
select id, title, at::text from post
 where year = :year and note <> ':tag' /*?tag and tags @> array[:tag] ?*/
 /*#sort newest: order by at desc | oldest: order by at || '' asc #*/
 limit :limit;
";

#[test]
fn a_whole_file_becomes_a_route() {
    insta::assert_snapshot!(serde_json::to_string_pretty(&route(FULL)).expect("a route is data"));
}

#[test]
fn several_statements_keep_their_order_and_number_parameters_each_for_itself() {
    let found = statements(
        "-- POST /api/a\n-- @auth session\n-- @param x int4 body\n-- @param y text body\n-- @returns one\n\n\
         insert into t values (:y, :x, :y);;\nselect :x /* c */ , :auth.sub::uuid -- end\n;",
    );
    let texts: Vec<_> = found.variants[0].iter().map(|s| (s.sql.as_str(), s.binds.as_slice())).collect();
    assert_eq!(
        texts,
        [
            ("insert into t values ($1, $2, $1)", &[Bind::Param(1), Bind::Param(0)][..]),
            ("select $1 , $2::uuid", &[Bind::Param(0), Bind::AuthSub][..]),
        ]
    );
}

#[test]
fn line_breaks_between_strings_stay_and_contents_of_strings_are_untouched() {
    let found = statements(&get("", "select 'a  b'\n   'c', $q$ x  y $q$"));
    assert_eq!(found.variants[0][0].sql, "select 'a  b'\n'c', $q$ x  y $q$");
}

#[test]
fn every_combination_is_written_out() {
    let text = get(
        "a text query optional\nb text query optional\ns enum(x, y, z) query",
        "select 1 /*?a , :a ?*/ /*?b , :b ?*/ /*#s x: + 1 | y: + 2 | z: #*/ /*?a , 9 ?*/",
    );
    let found = statements(&text);
    assert_eq!(found.switches, [Switch::Given(0), Switch::Given(1), Switch::Value(2)]);
    let texts: Vec<_> = found.variants.iter().map(|variant| variant[0].sql.as_str()).collect();
    assert_eq!(
        texts,
        [
            "select 1 + 1",
            "select 1 + 2",
            "select 1",
            "select 1 , $1 + 1",
            "select 1 , $1 + 2",
            "select 1 , $1",
            "select 1 , $1 + 1 , 9",
            "select 1 , $1 + 2 , 9",
            "select 1 , $1 , 9",
            "select 1 , $1 , $2 + 1 , 9",
            "select 1 , $1 , $2 + 2 , 9",
            "select 1 , $1 , $2 , 9",
        ]
    );
}

#[test]
fn a_role_alone_accepts_cookies_and_tokens() {
    let auth = |words: &str| route(&format!("-- GET /api/a\n-- @auth {words}\n-- @returns one\n\nselect 1")).auth;
    assert_eq!(auth("role:admin"), Auth { session: true, bearer: true, role: Some("admin".to_owned()) });
    assert_eq!(auth("bearer role:admin"), Auth { session: false, bearer: true, role: Some("admin".to_owned()) });
    assert!(auth("none").is_none());
}

#[test]
fn names_are_made_of_method_and_path() {
    let name =
        |head: &str, param: &str| route(&format!("-- {head}\n-- @auth none\n{param}-- @returns none\n\nselect 1")).id;
    assert_eq!(name("DELETE /api/v1/a-b", ""), "delete_v1_a_b");
    let (found, _) =
        parse_text("-- GET /api/x/{id}\n-- @auth none\n-- @param id uuid path\n-- @returns one\n\nselect :id");
    assert_eq!(found.expect("right").id, "get_x_by_id");
}

#[test]
fn the_first_line_has_to_be_a_route() {
    let lines = [
        "",
        "select 1",
        "-- hello",
        "-- get /api/a\n-- @auth none\n-- @returns one\n\nselect 1",
        "-- GET /posts\n-- @auth none\n-- @returns one\n\nselect 1",
        "-- GET /api/Posts\n-- @auth none\n-- @returns one\n\nselect 1",
        "-- GET /api/a/\n-- @auth none\n-- @returns one\n\nselect 1",
        "-- GET /api/{a b}\n-- @auth none\n-- @returns one\n\nselect 1",
    ];
    insta::assert_snapshot!(lines.map(problems).join("\n"));
}

#[test]
fn directives_are_checked() {
    let files = [
        "-- GET /api/a\n\nselect 1",
        "-- GET /api/a\n-- @auht none\n-- @auth none\n-- @auth none\n-- @returns many2\n\nselect 1",
        "-- GET /api/a\n-- @auth\n-- @returns one two\n\nselect 1",
        "-- GET /api/a\n-- @auth none session\n-- @returns one\n\nselect 1",
        "-- GET /api/a\n-- @auth barer\n-- @returns one\n\nselect 1",
        "-- GET /api/a\n-- @auth role:Admin\n-- @returns one\n\nselect 1",
        "-- GET /api/a\n-- @auth none\n-- text\n-- @returns one\n\nselect 1",
        "-- GET /api/a\n-- @auth none\n-- @limit raed\n-- @returns one\n\nselect 1",
        "-- GET /api/a\n-- @auth none\n-- @status 418\n-- @returns one\n\nselect 1",
        "-- GET /api/a\n-- @auth none\n-- @status 200\n-- @returns none\n\nselect 1",
        "-- GET /api/a\n-- @auth none\n-- @name List\n-- @returns one\n\nselect 1",
        "-- GET /api/a\n-- @auth session\n-- @cache 60s\n-- @returns one\n\nselect 1",
        "-- POST /api/a\n-- @auth none\n-- @cache 60s\n-- @returns one\n\nselect 1",
        "-- GET /api/a\n-- @auth none\n-- @cache 1w\n-- @returns one\n\nselect 1",
        "-- GET /api/a\n-- @auth none\n-- @cache 5m old 3m\n-- @returns one\n\nselect 1",
        "-- GET /api/a\n-- @auth none\n-- @cache 5m stale\n-- @returns one\n\nselect 1",
        "-- GET /api/a\n-- @auth none\n-- @cache 5m tags Post\n-- @returns one\n\nselect 1",
        "-- GET /api/a\n-- @auth none\n-- @purge post\n-- @returns one\n\nselect 1",
    ];
    insta::assert_snapshot!(files.map(problems).join("\n"));
}

#[test]
fn parameters_are_checked() {
    let params = [
        "a",
        "A text query",
        "auth text query",
        "a txt query",
        "a text[][] query",
        "a text header",
        "a json query",
        "a enum() query",
        "a enum(x, x) query",
        "a text query maybe",
        "a text query default",
        "a text query default 'x",
        "a text query required optional",
        "a text query default x default y",
        "a int4 query default x",
        "a int4 query default 5 range 6..9",
        "a text query range 1..2",
        "a int4 query range 9..1",
        "a int4 query range 1",
        "a int4 query length 1..2",
        "a text query length 2..1",
        "a int4 query pattern x",
        "a text query pattern (",
        "a text path",
        "a text body",
        "a text query\na text query",
        "a text query",
    ];
    insta::assert_snapshot!(params.map(|param| problems(&get(param, "select 1"))).join("\n"));
}

#[test]
fn parameters_of_the_path_are_declared_once() {
    let head = |path: &str, params: &str| {
        problems(&format!("-- GET {path}\n-- @auth none\n{params}-- @returns one\n\nselect 1"))
    };
    let found = [
        head("/api/{id}", ""),
        head("/api/{id}/{id}", "-- @param id text path\n"),
        head("/api/{id}", "-- @param id text query\n"),
        head("/api/{id}", "-- @param id text path optional\n"),
        head("/api/{id}", "-- @param id text path\n-- @param ip text path\n"),
        head("/api/{id}", "-- @param id text[] path\n"),
    ];
    insta::assert_snapshot!(found.join("\n"));
}

#[test]
fn sql_is_checked_as_far_as_its_words_tell() {
    let bodies = [
        "",
        "-- nothing",
        "select 'a",
        "select /* a",
        "select $a$ b",
        "select :c",
        "select :auth.sub",
        "select $1",
        "insert into t values (1) returning 1",
        "with x as (delete from t returning 1) select * from x",
        "select 1 for update",
        "select pg_advisory_lock(1)",
        "drop table t",
        "begin; select 1; commit",
        "set role x; select 1",
    ];
    insta::assert_snapshot!(bodies.map(|body| problems(&get("", body))).join("\n"));
}

#[test]
fn words_that_only_look_like_commands_are_no_problem() {
    for body in [
        "select \"update\", 'delete' from t where x = 'insert'",
        "select delete from t",
        "set local statement_timeout = 100; select 1",
        "with recursive x as (select 1) select * from x",
    ] {
        assert_eq!(problems(&get("", body)), "", "{body}");
    }
}

#[test]
fn answers_need_rows_and_bounds() {
    let post = |returns: &str, body: &str| {
        problems(&format!("-- POST /api/a\n-- @auth none\n-- @returns {returns}\n\n{body}"))
    };
    let found = [
        post("one", "insert into t values (1)"),
        post("one", "insert into t values (1) returning id"),
        post("none", "insert into t values (1)"),
        post("many", "select 1 from t"),
        post("many", "with x as (select 1) select * from x"),
        post("many", "with x as (delete from t returning 1) select * from x limit 9"),
        post("many", "select 1 from t limit 5"),
    ];
    insta::assert_snapshot!(found.join("\n"));
}

#[test]
fn blocks_are_checked() {
    let bodies = [
        "select 1 /*?o , :o",
        "select 1 /*?o , :o #*/",
        "select 1 ?*/",
        "select 1 /*?o /*?o 2 ?*/ ?*/",
        "select 1 /*?o ; ?*/",
        "select 1 /*?q ?*/",
        "select 1 /*?d ?*/",
        "select 1 /*#o x: 1 #*/",
        "select 1 /*#oe x: 1 | y: 2 #*/",
        "select 1 /*#e x: 1 #*/",
        "select 1 /*#e x: 1 | z: 2 #*/",
        "select 1 /*#e x: 1 | x: 2 | y: 3 #*/",
        "select 1 /*#e x:1 | y #*/",
    ];
    let params = "o text query optional\nd text query default x\ne enum(x, y) query\noe enum(x, y) query optional";
    insta::assert_snapshot!(bodies.map(|body| problems(&get(params, body))).join("\n"));
}

#[test]
fn too_many_variants_are_refused() {
    let params: Vec<String> = (0..6).map(|n| format!("p{n} text query optional")).collect();
    let body: String = (0..6).map(|n| format!(" /*?p{n} , :p{n} ?*/")).collect();
    insta::assert_snapshot!(problems(&get(&params.join("\n"), &format!("select 1{body}"))));
    let body: String = (0..5).map(|n| format!(" /*?p{n} , :p{n} ?*/")).collect();
    assert_eq!(statements(&get(&params[..5].join("\n"), &format!("select 1{body}"))).variants.len(), 32);
}

#[test]
fn routes_that_collide_are_reported() {
    let text = |head: &str| format!("-- {head}\n-- @auth none\n-- @returns none\n\nselect 1");
    let (a, b) = (route(&text("GET /api/a")), route(&text("GET /api/a")));
    let mut c = route(&text("GET /api/c"));
    c.id.clone_from(&a.id);
    let (file_a, file_b, file_c) = (FileId::from("api/a.sql"), FileId::from("api/b.sql"), FileId::from("api/c.sql"));
    let found = conflicts(&[(&a, Some(&file_a)), (&b, Some(&file_b)), (&c, Some(&file_c))]);
    let codes: Vec<_> =
        found.iter().map(|d| (d.code.as_str(), d.primary.as_ref().expect("placed").file.as_str())).collect();
    assert_eq!(
        codes,
        [("duplicate-route", "api/b.sql"), ("duplicate-name", "api/c.sql"), ("duplicate-name", "api/c.sql")]
    );
    assert_eq!(conflicts(&[(&a, None)]), []);
}

proptest::proptest! {
    #[test]
    fn no_text_breaks_the_parser(text in r#"(-- (GET|POST) /api/a\n)?(-- @(auth none|returns many|param a (text|int4|enum\(x, y\)) query( optional| default x| range 1\.\.2)?|cache 5m)\n){0,5}\n?[a-z:$'"/*?#;|() ]{0,40}"#) {
        let (_, found) = parse_text(&text);
        for diagnostic in found {
            let span = diagnostic.primary.expect("a problem of a file has a place").span;
            proptest::prop_assert!(text.get(span.range()).is_some());
        }
    }
}
