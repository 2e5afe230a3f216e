//! Forms that a site declares: a route each, and what was sent as a row.

use serde_json::{Map, Number, Value};

use crate::drive::{Failure, Run};
use crate::fixed::{Fixed, oid};
use crate::http::{Problem, Response, url};
use crate::manifest::{Action, Auth, Form, Method, Param, Returns, Route, Source, Type};
use crate::ports::{Outgoing, Ports, Shape, Target};

pub(super) const STORE: Fixed = Fixed {
    name: "store_submission",
    types: &[oid::TEXT, oid::JSONB],
    sql: "insert into submission (form, data) values ($1, $2)",
};

/// The field that Turnstile's script fills.
pub(crate) const CHALLENGE: &str = "cf-turnstile-response";

const TURNSTILE: &str = "https://challenges.cloudflare.com/turnstile/v0/siteverify";

/// Makes the route of a declared form; all fields stand in the body.
pub fn form_route(form: Form, fields: Vec<Param>) -> Route {
    let params = fields.into_iter().map(|field| Param { source: Source::Body, ..field }).collect();
    Route {
        id: format!("send_{}", form.name.replace('-', "_")),
        method: Method::Post,
        path: format!("/api/v1/forms/{}", form.name),
        summary: format!("Sends the form `{}`.", form.name),
        description: String::new(),
        auth: Auth::default(),
        params,
        cache: None,
        purge: Vec::new(),
        limit: "write".to_owned(),
        returns: Returns::None,
        status: 204,
        action: Action::Form(form),
    }
}

/// Stores what was sent. A program that filled the trap is told that all went well.
pub(crate) async fn form<P: Ports>(run: &mut Run<'_, P>, form: &Form) -> Result<Response, Failure> {
    if !run.plan.trapped {
        if form.challenge {
            challenge(run).await?;
        }
        let data = data(&run.route.params, &run.plan.values).to_string();
        run.trip(Target::Write, &[STORE.query([form.name.clone(), data], Shape::None)]).await?;
    }
    Ok(match (&form.thanks, run.plan.is_form) {
        (Some(path), true) => Response::new(303).with("location", path.clone()),
        _ => Response::new(204),
    })
}

/// Asks Turnstile whether the challenge was solved. Whom it does not answer is not let in: a form that everybody can fill is no loss to a
/// program that makes it fail.
async fn challenge<P: Ports>(run: &Run<'_, P>) -> Result<(), Failure> {
    let refused = || Problem::new(403, "challenge-failed", "the challenge was not solved; load the page again");
    let Some(secret) = run.api.secrets.turnstile.as_deref() else {
        return Err(
            Problem::new(501, "no-challenge-secret", "this server has no secret to check challenges with").into()
        );
    };
    let answer =
        run.plan.challenge.as_deref().filter(|answer| (1..=2048).contains(&answer.len())).ok_or_else(refused)?;
    let body = format!("secret={}&response={}", url::encode(secret), url::encode(answer));
    let content_type = "application/x-www-form-urlencoded";
    let asked = run.ports.post(&Outgoing { url: TURNSTILE, content_type, headers: Vec::new(), body }).await;
    let Some(answer) = asked.filter(|answer| (200..300).contains(&answer.status)) else {
        return Err(Problem::new(503, "challenge-unavailable", "the challenge cannot be checked at the moment").into());
    };
    let verdict: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    if verdict["success"] == Value::Bool(true) { Ok(()) } else { Err(refused().into()) }
}

fn data(params: &[Param], values: &[Option<String>]) -> Value {
    let given = params.iter().zip(values).filter_map(|(param, value)| Some((param, value.as_ref()?)));
    Value::Object(given.map(|(param, value)| (param.name.clone(), typed(&param.ty, value))).collect::<Map<_, _>>())
}

/// What is a number or a word of JSON stays one; numbers of any length stay texts.
fn typed(ty: &Type, value: &str) -> Value {
    match ty {
        Type::Bool => Value::Bool(value == "true"),
        Type::Int2 | Type::Int4 => value.parse::<i64>().map_or(Value::Null, Value::from),
        Type::Float8 => value.parse().ok().and_then(Number::from_f64).map_or(Value::Null, Value::Number),
        Type::Json => serde_json::from_str(value).unwrap_or(Value::Null),
        _ => Value::String(value.to_owned()),
    }
}
