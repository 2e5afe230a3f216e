//! What is built in, under `/api/v1`: routes of SQL files of this crate, and routines for what statements alone cannot do.
//!
//! In: settings and declared forms. Out: [`routes`] for a manifest, when a site is built; answers of routines, when a shell runs. The
//! tables are those of `migrations/`. Deliberately not here: any SQL that is put together.

mod accounts;
mod admin;
mod browser;
mod export;
mod forms;
mod health;
mod routes;
mod series;
mod sessions;

pub use forms::form_route;
pub use routes::routes;

pub(crate) use forms::{CHALLENGE, form};
pub(crate) use health::Health;

use crate::drive::{Failure, Run};
use crate::fixed::Fixed;
use crate::http::Response;
use crate::manifest::{Routine, Settings};
use crate::media;
use crate::ports::Ports;

/// The route whose searches are counted.
pub(crate) const SEARCH: &str = "search";

/// The routes that count visitors, or what befell them.
pub(crate) const OF_VISITORS: [&str; 3] = ["count_view", "count_vitals", "report_browser_error"];

/// The statements of routines.
pub(crate) const STATEMENTS: [Fixed; 16] = [
    health::WRITING,
    health::READING,
    export::ROWS,
    export::NOTE,
    accounts::COUNT,
    accounts::FORGET,
    accounts::FIND,
    accounts::FIND_BY_ID,
    accounts::CREATE,
    accounts::SET_PASSWORD,
    sessions::BEGIN,
    sessions::END,
    sessions::END_ALL,
    sessions::ROTATE,
    forms::STORE,
    series::INGEST,
];

/// Runs a routine.
pub(crate) async fn routine<P: Ports>(run: &mut Run<'_, P>, routine: Routine) -> Result<Response, Failure> {
    match routine {
        Routine::Healthcheck => Ok(up(run.settings())),
        Routine::Health => health::health(run).await,
        Routine::Register => accounts::register(run).await,
        Routine::Login => accounts::login(run).await,
        Routine::Password => accounts::password(run).await,
        Routine::Logout => sessions::logout(run).await,
        Routine::Refresh => sessions::refresh(run).await,
        Routine::MediaSign => media::sign(run),
        Routine::MediaUpload => media::upload(run),
        Routine::BrowserError => browser::report(run).await,
        Routine::Export => export::export(run).await,
        Routine::SlowStatements => admin::slow_statements(run).await,
        Routine::Metrics => Ok(admin::metrics(run)),
        Routine::SeriesIngest => series::ingest(run).await,
        // Its body is not ours to make: the driver asks for it.
        Routine::Media => Ok(Response::new(204)),
    }
}

/// Says that the API runs.
pub(crate) fn up(settings: &Settings) -> Response {
    json(200, &serde_json::json!({"status": "up", "build": settings.build}))
}

pub(crate) fn json(status: u16, value: &serde_json::Value) -> Response {
    Response::json(status, value.to_string().into_bytes())
}

/// Returns the value of a parameter of the route by its name.
pub(crate) fn value<'r, P>(run: &'r Run<'_, P>, name: &str) -> Option<&'r str> {
    let index = run.route.params.iter().position(|param| param.name == name)?;
    run.plan.values[index].as_deref()
}
