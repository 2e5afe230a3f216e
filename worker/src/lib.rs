//! The edge API as a Cloudflare Worker: what [`rivage_api`] decides, with the platform's requests, sockets, caches and counters.
//!
//! ```text
//!  js/entry.mjs ──► open     the manifest and the keys, once for an instance
//!               ──► noted    what js/constant.mjs has answered by itself, for the log and the counts
//!               ──► handle   Request ──► request ──► Api::begin ──► answer ──► Response       at once, without a promise
//!                                                       │
//!                                                       └─► body ──► Api::run(shell) ──► Promise<Response>
//!                                                                       ├ database ─► socket   DB_READ, DB_WRITE
//!                                                                       └ R2, Cache API, rate limits, clock, random
//! ```
//!
//! In: `web_sys` objects, of which only what is asked for is read. Out: `web_sys` responses. Deliberately not here: anything that decides; a router,
//! another representation of requests; state of one request that another could see.
//!
//! A panic ends the instance, because unwinding is not to be had in stable Rust for wasm: js/entry.mjs then answers what was on its way, and begins
//! anew.

mod answer;
mod bindings;
mod database;
mod request;
mod shell;
mod socket;
#[cfg(feature = "testing")]
mod testing;

use std::cell::RefCell;
use std::rc::Rc;
use std::task::{Poll, Waker};

use js_sys::futures::future_to_promise;
use js_sys::{Array, Promise, Uint8Array};
use rivage_api::auth::jwt::Keys;
use rivage_api::log::Log;
use rivage_api::report::{Dsn, Reporting};
use rivage_api::{Api, Arrival, Constant, Manifest, NeedsBody, Reply, Secrets, Step};
use wasm_bindgen::prelude::*;
use web_sys::{ReadableStream, Request, Response};
use worker_sys::Context;

use crate::request::Read;
use crate::shell::Shell;

/// Texts that go to JavaScript with many requests: each of them becomes a string of it once, not each time.
const NAMES: [&str; 6] = ["authorization", "cf-connecting-ip", "cookie", "if-none-match", "origin", "sec-fetch-site"];

thread_local! {
    static API: RefCell<Option<Rc<Api>>> = const { RefCell::new(None) };
    /// What js/constant.mjs answers, in its order.
    static CONSTANTS: RefCell<Vec<Constant>> = const { RefCell::new(Vec::new()) };
    /// Why the instance before this one ended, until it is told.
    static DEATH: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Makes the API ready: the manifest's bytes, the Worker's bindings, among which are its secrets, why the instance before this one ended, and a
/// request of nobody, which asks for no more than whether the API is up.
///
/// Returns the answers that never differ: for each its path, its headers, its body.
///
/// # Errors
///
/// What is wrong with the manifest or the keys.
#[wasm_bindgen]
pub fn open(manifest: &[u8], env: &JsValue, death: Option<String>, probe: Request) -> Result<Array, JsError> {
    std::panic::set_hook(Box::new(|info| bindings::log_error(&format!("rivage: {info}"))));
    let manifest = Manifest::decode(manifest).map_err(|error| JsError::new(&error.to_string()))?;
    // Each part has its keys in lines, and the newest part comes first: its first key signs.
    let keys = shell::parts(env, "API_KEYS").join("\n");
    let keys = Keys::parse(&keys).map_err(|error| JsError::new(&format!("`API_KEYS`: {error}")))?;
    let variable = |name| shell::variable(env, name);
    let secrets = Secrets {
        keys,
        turnstile: variable("TURNSTILE_SECRET"),
        media: shell::parts(env, "MEDIA_SECRET"),
        upload: variable("MEDIA_ACCESS_KEY_ID").zip(variable("MEDIA_SECRET_ACCESS_KEY")),
        reporting: reporting(env).map_err(|error| JsError::new(&error))?,
        alert: variable("ALERT_WEBHOOK"),
        metrics: variable("METRICS_TOKEN"),
    };
    let api = Rc::new(Api::new(manifest, secrets));
    for name in NAMES {
        wasm_bindgen::intern(name);
    }
    // Functions are compiled when they are first called, of WebAssembly and of JavaScript: that took nine tenths of the first request. Neither log nor
    // counts know of the probe; the platform has no time and no random numbers yet.
    let nowhere = JsValue::UNDEFINED.unchecked_into();
    let arrival = Arrival { now: 0, id: [0; 16] };
    drop(serve(api.clone(), probe.method(), probe.url(), probe, env.clone(), nowhere, arrival));
    api.forget_counts();
    shell::set_log(variable("LOG").as_deref());
    shell::set_metrics(env);
    DEATH.set(death);
    let constants = api.constants();
    let parts = constants.iter().map(answer::parts).collect();
    CONSTANTS.set(constants);
    API.set(Some(api));
    Ok(parts)
}

/// Counts one more of the answer that never differs of this number. Returns whether that was all: else [`noted`] is to be called instead, which takes the
/// id that the request was told, because handing over a text costs as much as half of the rest.
#[wasm_bindgen]
pub fn counted(number: usize) -> bool {
    !shell::is_noted() && with_constant(number, |api, constant| api.count(constant)).unwrap_or_default()
}

/// Counts one more of the answer that never differs of this number, and notes it with the id that the request was told.
#[wasm_bindgen]
pub fn noted(number: usize, id: String, env: &JsValue) {
    if let Some(log) = with_constant(number, |api, constant| api.repeated(constant, id, bindings::now())) {
        shell::note(env, &log);
    }
}

fn with_constant<T>(number: usize, then: impl FnOnce(&Api, &Constant) -> T) -> Option<T> {
    API.with_borrow(|api| CONSTANTS.with_borrow(|constants| Some(then(api.as_ref()?, constants.get(number)?))))
}

/// Answers a request, of which the caller has read method and URL: with a `Response`, or with a promise of one where something has to be waited for.
///
/// # Errors
///
/// [`open`] was not called.
#[wasm_bindgen]
pub fn handle(
    method: String,
    url: String,
    request: Request,
    env: JsValue,
    context: Context,
) -> Result<JsValue, JsError> {
    let Some(api) = API.with_borrow(Clone::clone) else { return Err(JsError::new("`open` comes before `handle`")) };
    let arrival = Arrival { now: bindings::now(), id: bindings::some_random() };
    Ok(serve(api, method, url, request, env, context, arrival))
}

fn serve(
    api: Rc<Api>,
    method: String,
    url: String,
    request: Request,
    env: JsValue,
    context: Context,
    arrival: Arrival,
) -> JsValue {
    let read = Read::new(method, url, &request);
    #[cfg(feature = "testing")]
    if let Some(answer) = testing::answer(read.path()) {
        return answer;
    }
    let step = api.begin(&read.request(), arrival);
    let is_head = read.is_head();
    drop(read);
    if let Some(death) = DEATH.take() {
        tell(&api, Shell::new(env.clone(), JsValue::from(&context).unchecked_into()), death);
    }
    let shell = Shell::new(env, context);
    match step {
        // Whatever is answered at once went well, or was the client's mistake.
        Step::Respond(reply) => {
            shell.note(&reply.log);
            answer::response(&reply.response, None, is_head).into()
        }
        Step::Run(plan) => now_or_later(async move {
            let reply = api.run(&shell, *plan).await;
            Ok(finish(api, shell, reply, is_head).into())
        }),
        Step::Body(needs) => now_or_later(async move {
            let body = request::body(request.body(), needs.limit).await?;
            let step = match body {
                Some(body) => NeedsBody::finish(*needs, &api, &body),
                None => NeedsBody::too_large(*needs, &api),
            };
            let reply = match step {
                Step::Run(plan) => api.run(&shell, *plan).await,
                Step::Respond(reply) => reply.without_object(),
                Step::Body(_) => return Err(JsError::new("a body asks for no second one").into()),
            };
            Ok(finish(api, shell, reply, is_head).into())
        }),
    }
}

/// Runs a future until it waits for something: what never waits needs no promise, which costs as much as the rest of a small answer.
fn now_or_later(future: impl Future<Output = Result<JsValue, JsValue>> + 'static) -> JsValue {
    let mut future = Box::pin(future);
    match future.as_mut().poll(&mut std::task::Context::from_waker(Waker::noop())) {
        Poll::Ready(Ok(value)) => value,
        Poll::Ready(Err(error)) => Promise::reject(&error).into(),
        // What it waits for hears of the right waker when it is polled again, which the promise does at once.
        Poll::Pending => future_to_promise(future).into(),
    }
}

/// Makes the response; what is left to do goes on after it.
fn finish(api: Rc<Api>, shell: Shell, reply: Reply<ReadableStream>, is_head: bool) -> Response {
    shell.note(&reply.log);
    let response = answer::response(&reply.response, reply.object.as_ref(), is_head);
    if !api.is_unfinished(&reply) {
        shell.close();
        return response;
    }
    let context = shell.context();
    let work = future_to_promise(async move {
        api.conclude(&shell, &reply.log, reply.after, shell::write).await;
        shell.close();
        Ok(JsValue::UNDEFINED)
    });
    bindings::wait_until(&context, &work);
    response
}

/// Looks at the site's health, and tells the webhook of `ALERT_WEBHOOK` when it changes: what a cron of the Worker runs.
///
/// # Errors
///
/// [`open`] was not called.
#[wasm_bindgen]
pub fn scheduled(env: JsValue, context: Context) -> Result<Promise, JsError> {
    let Some(api) = API.with_borrow(Clone::clone) else { return Err(JsError::new("`open` comes before `scheduled`")) };
    Ok(future_to_promise(async move {
        let shell = Shell::new(env, context);
        let log = api.watch(&shell).await;
        if log.status >= 500 || log.error.is_some() {
            shell::write(&log);
            api.conclude(&shell, &log, None, shell::write).await;
        }
        shell.close();
        Ok(JsValue::UNDEFINED)
    }))
}

/// Reports the end of the instance before this one, within the context of the request that is here now.
fn tell(api: &Rc<Api>, shell: Shell, death: String) {
    let log = Log { status: 500, code: Some("interrupted"), error: Some(death), ..Log::default() };
    if !api.is_reported(&log) {
        return;
    }
    let (api, context) = (api.clone(), shell.context());
    let work = future_to_promise(async move {
        api.report(&shell, &log).await;
        Ok(JsValue::UNDEFINED)
    });
    bindings::wait_until(&context, &work);
}

/// Where errors are reported, if anywhere.
fn reporting(env: &JsValue) -> Result<Option<Reporting>, String> {
    let Some(text) = shell::variable(env, "SENTRY_DSN").filter(|text| !text.is_empty()) else { return Ok(None) };
    let dsn = Dsn::parse(&text).map_err(|must| format!("`SENTRY_DSN` {must}"))?;
    let environment = shell::variable(env, "SENTRY_ENVIRONMENT").unwrap_or_else(|| "production".to_owned());
    Ok(Some(Reporting { dsn, environment }))
}

/// Copies bytes to where JavaScript owns them.
fn copy(bytes: &[u8]) -> Uint8Array {
    Uint8Array::from(bytes)
}
