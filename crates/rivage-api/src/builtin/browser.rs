//! Errors that browsers send: counted for the dashboard, and passed on to where errors are reported.
//!
//! In: what the site's own script says of an error. Out: a row of `error_day`, and an event. Anybody may send anything: texts are cut and
//! [scrubbed](crate::report), and of a minute only so many are looked at.

use serde_json::json;

use super::value;
use crate::drive::{Failure, Run};
use crate::http::Response;
use crate::ports::{Ports, Target};
use crate::report::{Event, Incident, Source, frames, scrub, without_query};

/// Answers 204, also where there were too many to look at: a script that reports an error has no use for another one.
pub(super) async fn report<P: Ports>(run: &mut Run<'_, P>) -> Result<Response, Failure> {
    let now = run.ports.now();
    if !run.api.kept_reports().allow(now) {
        return Ok(Response::new(204));
    }
    let given = |name| value(run, name).unwrap_or_default();
    let build = Some(given("build")).filter(|build| !build.is_empty()).unwrap_or(&run.settings().build).to_owned();
    // The id of an answer that the page has seen, else that of this report.
    let request = Some(given("request_id")).filter(|id| !id.is_empty()).unwrap_or(&run.plan.facts.id).to_owned();
    let (place, code) = (without_query(given("path")).to_owned(), given("kind").to_owned());
    let (message, stack) = (scrub(given("message")), frames(given("stack")));
    let script = without_query(given("source")).to_owned();
    let source = Source::Browser;
    let incident = Incident { source, place: &place, code: &code, message: &message, build: &build, request: &request };
    let event = Event {
        incident,
        tags: json!({"code": code}),
        extra: json!({
            "request_id": request, "source": script, "line": value(run, "line"), "column": value(run, "column"), "stack": stack,
        }),
        fingerprint: [&place, &code, &message],
    };
    let noted = run.trip(Target::Write, &[incident.query()]).await;
    // Also when the database is away.
    run.api.send(run.ports, &event).await;
    noted?;
    Ok(Response::new(204))
}
