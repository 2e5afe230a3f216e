//! The built-in routes as data.

use rivage_diag::FileId;

use crate::manifest::{Action, Route, Routine};
use crate::sql;

/// The route files of this crate. Statements that two of them share are parts of both.
const FILES: &[(&str, &str)] = &[
    ("search.sql", include_str!("sql/search.sql")),
    ("search_hybrid.sql", include_str!("sql/search_hybrid.sql")),
    ("pages.sql", include_str!("sql/pages.sql")),
    ("page.sql", include_str!("sql/page.sql")),
    ("related.sql", include_str!("sql/related.sql")),
    ("similar.sql", include_str!("sql/similar.sql")),
    ("series.sql", include_str!("sql/series.sql")),
    ("places_near.sql", include_str!("sql/places_near.sql")),
    ("views_add.sql", concat!(include_str!("sql/views_add.sql"), include_str!("sql/parts/view.sql"))),
    (
        "vitals_add.sql",
        concat!(
            include_str!("sql/vitals_add.sql"),
            include_str!("sql/parts/view.sql"),
            include_str!("sql/parts/vitals.sql")
        ),
    ),
    ("views.sql", include_str!("sql/views.sql")),
    ("me.sql", include_str!("sql/me.sql")),
    ("sessions.sql", include_str!("sql/sessions.sql")),
    ("session_end.sql", include_str!("sql/session_end.sql")),
    ("sessions_end.sql", include_str!("sql/sessions_end.sql")),
    ("admin_accounts.sql", include_str!("sql/admin_accounts.sql")),
    ("admin_submissions.sql", include_str!("sql/admin_submissions.sql")),
    ("admin_account_set.sql", include_str!("sql/admin_account_set.sql")),
    ("admin_submission_set.sql", include_str!("sql/admin_submission_set.sql")),
    ("admin_submission_delete.sql", include_str!("sql/admin_submission_delete.sql")),
    ("admin_sessions.sql", include_str!("sql/admin_sessions.sql")),
    ("admin_views.sql", include_str!("sql/admin_views.sql")),
    ("admin_traffic.sql", include_str!("sql/admin_traffic.sql")),
    ("admin_referrers.sql", include_str!("sql/admin_referrers.sql")),
    ("admin_vitals.sql", include_str!("sql/admin_vitals.sql")),
    ("admin_vitals_summary.sql", include_str!("sql/admin_vitals_summary.sql")),
    ("admin_searches.sql", include_str!("sql/admin_searches.sql")),
    ("admin_forms.sql", include_str!("sql/admin_forms.sql")),
    ("admin_session_end.sql", include_str!("sql/admin_session_end.sql")),
    ("admin_builds.sql", include_str!("sql/admin_builds.sql")),
    ("admin_errors.sql", include_str!("sql/admin_errors.sql")),
    ("admin_audit.sql", include_str!("sql/admin_audit.sql")),
];

/// Routes whose header is written like that of a file, and whose body is a routine.
const ROUTINES: &[(Routine, &str)] = &[
    (
        Routine::Healthcheck,
        "-- GET /api/v1/healthcheck\n-- Whether the API runs; asks nothing of the database.\n-- @auth none\n-- @returns one\n-- @name healthcheck\n",
    ),
    (
        Routine::Health,
        "-- GET /api/v1/health\n-- How the site's API is: `degraded` names what does not work. 503 when nothing does.\n-- @auth none\n-- @returns one\n-- @name health\n",
    ),
    (
        Routine::Register,
        "-- POST /api/v1/auth/register\n-- Makes an account. The answer is the same whether the address has one already.\n-- @auth none\n\
         -- @param email text body length 3..254 pattern ^[^@\\s]+@[^@\\s]+$\n-- @param password text body length 1..256\n\
         -- @limit auth\n-- @returns one\n-- @status 202\n-- @name register\n",
    ),
    (
        Routine::Login,
        "-- POST /api/v1/auth/login\n-- Begins a session: a cookie for pages, or tokens for programs.\n-- @auth none\n\
         -- @param email text body length 1..254\n-- @param password text body length 1..256\n\
         -- @param grant enum(cookie, token) body default cookie -- tokens come in the answer, a session in a cookie\n\
         -- @limit auth\n-- @returns one\n-- @name login\n",
    ),
    (
        Routine::Refresh,
        "-- POST /api/v1/auth/refresh\n-- Exchanges a refresh token for new tokens. Each is good for once.\n-- @auth none\n\
         -- @param refresh_token text body length 43..43\n-- @limit auth\n-- @returns one\n-- @name refresh\n",
    ),
    (
        Routine::Logout,
        "-- POST /api/v1/auth/logout\n-- Ends the session of the cookie.\n-- @auth session\n-- @returns none\n-- @name logout\n",
    ),
    (
        Routine::Password,
        "-- POST /api/v1/auth/password\n-- Changes the password, ends all sessions and begins a new one.\n-- @auth session\n\
         -- @param current text body length 1..256\n-- @param password text body length 1..256\n-- @limit auth\n-- @returns none\n-- @name change_password\n",
    ),
    (
        Routine::BrowserError,
        "-- POST /api/v1/errors\n-- Tells of an error in a page. Texts are scrubbed, and of a minute only so many are counted.\n-- @auth none\n\
         -- @param kind enum(error, rejection, resource) body\n-- @param message text body length 1..1000\n-- @param path text body length 1..500 -- the page\n\
         -- @param source text body optional length 0..500 -- the script\n-- @param line int4 body optional\n-- @param column int4 body optional\n\
         -- @param stack text body optional length 0..4000\n-- @param build text body optional pattern ^[A-Za-z0-9._-]{1,64}$\n\
         -- @param request_id text body optional pattern ^[0-9a-f]{32}$ -- of an answer that the page has seen\n-- @returns none\n-- @name report_browser_error\n",
    ),
    (
        Routine::Export,
        "-- GET /api/v1/admin/submissions/export\n-- What was sent in a form, as CSV, newest first. Of a long list, `Link` leads to the rest.\n-- @auth role:admin\n\
         -- @param form text query pattern ^[a-z0-9-]{1,63}$\n-- @param state enum(new, done, spam) query optional\n\
         -- @param after uuid query optional -- the id of the last entry of the file before\n-- @returns one\n-- @name admin_export_submissions\n",
    ),
    (
        Routine::SlowStatements,
        "-- GET /api/v1/admin/slow\n-- The statements of the database that take longest. Needs the extension `pg_stat_statements`.\n-- @auth role:admin\n\
         -- @param limit int4 query default 20 range 1..100\n-- @returns one\n-- @name admin_slow\n",
    ),
    (
        Routine::Metrics,
        "-- GET /api/v1/admin/metrics\n-- How long the routes of the answering instance took, as JSON or for Prometheus.\n-- @auth role:admin\n\
         -- @param format enum(json, prometheus) query default json\n-- @returns one\n-- @name admin_metrics\n",
    ),
    (
        Routine::Media,
        "-- GET /api/v1/media/{key}\n-- An object of the store. Its key may have slashes.\n-- @auth none\n\
         -- @param key text path length 1..1024\n-- @param expires int8 query optional range 0..99999999999 -- the last second of a signed link\n\
         -- @param signature text query optional length 43..43 -- of a signed link\n-- @limit read\n-- @returns one\n-- @name media\n",
    ),
    (
        Routine::MediaSign,
        "-- POST /api/v1/media/sign\n-- Makes a link to a private object.\n-- @auth role:admin\n-- @param key text body length 1..1024\n\
         -- @param seconds int4 body default 3600 range 1..604800\n-- @limit write\n-- @returns one\n-- @name sign_media\n",
    ),
    (
        Routine::MediaUpload,
        "-- POST /api/v1/media/upload\n-- Makes a URL of the store that takes one object of this name, type and length.\n-- @auth role:admin\n\
         -- @param key text body length 1..1024\n-- @param content_type text body length 3..100 pattern ^[a-z]+/[a-z0-9.+-]+$\n\
         -- @param size int8 body range 0..5368709120\n-- @param seconds int4 body default 3600 range 1..604800\n-- @limit write\n-- @returns one\n-- @name upload_media\n",
    ),
    (
        Routine::SeriesIngest,
        "-- POST /api/v1/series/ingest\n-- Stores bars of a time series, at most 10,000, as JSON or CSV. Rows that are wrong are told one by one; the others are stored.\n\
         -- Of the same moment, the bar that arrives last counts.\n-- @auth role:admin\n\
         -- @param symbol text query length 1..40 pattern ^[A-Za-z0-9._-]+$\n\
         -- @param key text query optional length 1..128 -- of the batch: what is sent under it again is stored once\n\
         -- @param bars json body -- an array of {ts, open, high, low, close, volume}; as `text/csv`, a table with these columns\n\
         -- @limit write\n-- @returns one\n-- @name ingest_series\n",
    ),
];

/// Returns all built-in routes.
///
/// A route file of this crate that is wrong is missing from the result; a test keeps that from happening.
pub fn routes() -> Vec<Route> {
    let context = sql::Context { limits: &["auth", "read", "write"] };
    let files = FILES.iter().filter_map(|(name, text)| sql::parse(&FileId::from(*name), text, &context).0);
    let routines = ROUTINES.iter().filter_map(|(routine, header)| {
        let text = format!("{header}\n{}", "select 1");
        let (route, _) = sql::parse(&FileId::from("routine"), &text, &context);
        Some(Route { action: Action::Routine(*routine), ..route? })
    });
    files.chain(routines).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_route_file_is_right() {
        let context = sql::Context { limits: &["auth", "read", "write"] };
        for (name, text) in FILES {
            let (_, found) = sql::parse(&FileId::from(*name), text, &context);
            assert_eq!(found, [], "{name}");
        }
        assert_eq!(routes().len(), FILES.len() + ROUTINES.len());
    }

    #[test]
    fn no_two_routes_collide() {
        let routes = routes();
        let all: Vec<_> = routes.iter().map(|route| (route, None)).collect();
        assert_eq!(sql::conflicts(&all), []);
    }

    #[test]
    fn the_list_of_routes() {
        let mut lines: Vec<String> = routes()
            .iter()
            .map(|route| {
                let auth = match (&route.auth.role, route.auth.is_none()) {
                    (_, true) => "none",
                    (Some(role), _) => role.as_str(),
                    (None, _) => "account",
                };
                format!("{} {} [{auth}, {}] {}", route.method.as_str(), route.path, route.limit, route.id)
            })
            .collect();
        lines.sort();
        insta::assert_snapshot!(lines.join("\n"));
    }
}
