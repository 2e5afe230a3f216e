//! The ports of the API, as the bindings of a Worker.
//!
//! | binding | what for |
//! | --- | --- |
//! | `DB_READ`, `DB_WRITE` | Hyperdrive: reads that may be cached, with a role that cannot write; everything else, never cached |
//! | `RL_READ`, `RL_WRITE`, `RL_AUTH`, … | rate limits, one for each class of the manifest: `RL_` and its name |
//! | `MEDIA` | R2: the store of media |
//! | `MEDIA_SECRET`, `MEDIA_SECRET_…` | a secret and what it is [exchanged for](rotation): links to private objects are signed with it |
//! | `MEDIA_ACCESS_KEY_ID`, `MEDIA_SECRET_ACCESS_KEY` | secrets: the key that uploads are signed with |
//! | `SENTRY_DSN`, `SENTRY_ENVIRONMENT` | a secret and a variable: where errors are reported, and as what (`production`) |
//! | `ALERT_WEBHOOK` | a secret: the webhook that a cron of the Worker tells when the site's health changes |
//! | `METRICS` | Analytics Engine: a data point for each request |
//! | `METRICS_TOKEN` | a secret: the token by which a program may read `/api/v1/admin/metrics` |
//! | `API_KEYS`, `API_KEYS_…` | a secret and what it is exchanged for: the keys that sign tokens, one in a line |
//! | `TURNSTILE_SECRET` | a secret: that of the challenges of forms |
//! | `LOG` | `all` (or nothing), `problems` or `none`: which requests leave a line in the log |

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::ops::Range;

use js_sys::futures::JsFuture;
use js_sys::{Array, Object, Reflect, Uint8Array};
use rivage_api::auth::rotation;
use rivage_api::log::Log;
use rivage_api::ports::{
    Cache, Clock, Database, DatabaseError, Fetch, Incoming, ObjectInfo, Objects, ObjectsError, Outcome, Outgoing,
    Ports, Query, Random, RateLimiter, Target,
};
use wasm_bindgen::prelude::*;
use web_sys::{AbortSignal, ReadableStream, RequestInit, RequestRedirect, Response, ResponseInit, WorkerGlobalScope};
use worker_sys::ext::CacheStorageExt;
use worker_sys::{Context, Hyperdrive, R2Bucket, R2Object, R2ObjectBody, RateLimiter as Limiter};

use crate::socket::Link;
use crate::{bindings, copy, database};

/// Kept answers lie under names of a host that nobody can ask for.
const CACHE: &str = "https://rivage.invalid/";

/// Milliseconds that another server may take.
const OUTGOING: u32 = 5_000;

/// Bytes that its answer may have.
const OUTGOING_BYTES: usize = 64 * 1024;

/// The ports of one request.
pub(crate) struct Shell {
    env: JsValue,
    context: Context,
    read: RefCell<Option<Link>>,
    write: RefCell<Option<Link>>,
}

impl Shell {
    pub(crate) fn new(env: JsValue, context: Context) -> Self {
        Self { env, context, read: RefCell::default(), write: RefCell::default() }
    }

    /// Returns another handle of the request's context.
    pub(crate) fn context(&self) -> Context {
        JsValue::from(&self.context).unchecked_into()
    }

    /// Ends its connections.
    pub(crate) fn close(&self) {
        for link in [&self.read, &self.write] {
            if let Some(link) = link.take() {
                link.close(&self.context);
            }
        }
    }

    /// Notes what was answered.
    pub(crate) fn note(&self, log: &Log) {
        note(&self.env, log);
    }
}

/// Writes a line to the log, and a data point, where there is a binding for them.
pub(crate) fn note(env: &JsValue, log: &Log) {
    write(log);
    if HAS_METRICS.get()
        && let Some(dataset) = binding::<bindings::Dataset>(env, METRICS)
    {
        // What is not written is missing from a diagram, and from nothing else.
        let _ = dataset.write_data_point(&point(log));
    }
}

/// The binding of Analytics Engine.
const METRICS: &str = "METRICS";

/// A data point: sampled by route; its texts are route, method, status, use of the cache and code of the problem, its numbers milliseconds in all and
/// for the database, trips and bytes.
fn point(log: &Log) -> Object {
    let texts = |texts: &[&str]| texts.iter().map(|text| JsValue::from(*text)).collect::<Array>();
    let route = log.route.as_deref().unwrap_or("none");
    let (status, cache) = (log.status.to_string(), log.cache.as_str());
    let blobs = texts(&[route, &log.method, &status, cache, log.code.unwrap_or_default()]);
    let numbers = [log.total_ms, log.db_ms, u64::from(log.trips), log.bytes];
    let numbers = numbers.into_iter().map(|number| JsValue::from(number as f64)).collect::<Array>();
    let point = Object::new();
    for (name, value) in [("indexes", texts(&[route])), ("blobs", blobs), ("doubles", numbers)] {
        let _ = Reflect::set(&point, &name.into(), &value);
    }
    point
}

/// Which requests leave a line in the log.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Logged {
    All,
    Problems,
    None,
}

thread_local! {
    /// None until the variable is read.
    static LOG: Cell<Logged> = const { Cell::new(Logged::None) };
    static HAS_METRICS: Cell<bool> = const { Cell::new(false) };
}

/// Takes what the variable says; once for an instance, for looking a variable up costs as much as a small answer.
pub(crate) fn set_log(variable: Option<&str>) {
    LOG.set(match variable {
        Some("none") => Logged::None,
        Some("problems") => Logged::Problems,
        _ => Logged::All,
    });
}

/// Looks whether there is a binding for data points; once for an instance, as above.
pub(crate) fn set_metrics(env: &JsValue) {
    HAS_METRICS.set(binding::<bindings::Dataset>(env, METRICS).is_some());
}

/// Reports whether what goes well leaves a line or a data point.
pub(crate) fn is_noted() -> bool {
    LOG.get() == Logged::All || HAS_METRICS.get()
}

/// Writes a line to the log.
pub(crate) fn write(log: &Log) {
    let wanted = match LOG.get() {
        Logged::None => false,
        Logged::Problems => log.status >= 500 || log.error.is_some(),
        Logged::All => true,
    };
    if wanted {
        bindings::log(&log.to_json());
    }
}

thread_local! {
    /// The bindings that were asked for: they are the same for all requests, and looking one up by its name costs a string.
    static BINDINGS: RefCell<BTreeMap<String, JsValue>> = const { RefCell::new(BTreeMap::new()) };
}

/// Returns a binding.
fn binding<T: JsCast>(env: &JsValue, name: &str) -> Option<T> {
    let found = BINDINGS.with_borrow_mut(|known| {
        if let Some(value) = known.get(name) {
            return value.clone();
        }
        let value = Reflect::get(env, &name.into()).unwrap_or_default();
        known.insert(name.to_owned(), value.clone());
        value
    });
    found.is_object().then(|| found.unchecked_into())
}

/// Returns a variable or secret.
pub(crate) fn variable(env: &JsValue, name: &str) -> Option<String> {
    Reflect::get(env, &name.into()).ok()?.as_string()
}

/// Returns the values of a secret that is being rotated, the newest first.
pub(crate) fn parts(env: &JsValue, secret: &str) -> Vec<String> {
    let env_object: &Object = env.unchecked_ref();
    let names = Object::keys(env_object).iter().filter_map(|name| name.as_string()).collect::<Vec<_>>();
    let parts = rotation::parts(secret, names.iter().map(String::as_str));
    parts.into_iter().filter_map(|name| variable(env, name)).collect()
}

impl Database for Shell {
    async fn run(&self, target: Target, queries: &[Query<'_>], most: usize) -> Result<Vec<Outcome>, DatabaseError> {
        // A second more than the time-out of the role, whose answer tells more than ours.
        let (name, cell, limit) = match target {
            Target::Read => ("DB_READ", &self.read, 6_000),
            Target::Write => ("DB_WRITE", &self.write, 11_000),
        };
        // Taken out, so that nothing is borrowed while it waits.
        let mut link = match cell.take() {
            Some(link) => link,
            None => {
                let Some(hyperdrive) = binding::<Hyperdrive>(&self.env, name) else {
                    return Err(database::unavailable(format!("there is no binding `{name}`")));
                };
                match database::connect(&hyperdrive, most).await {
                    Ok(link) => link,
                    Err((error, link)) => {
                        if let Some(link) = link {
                            link.close(&self.context);
                        }
                        return Err(error);
                    }
                }
            }
        };
        let result = database::run(&mut link, queries, limit, most).await;
        if database::is_usable(&link) {
            cell.replace(Some(link));
        } else {
            link.close(&self.context);
        }
        result
    }
}

impl Cache for Shell {
    async fn get(&self, key: &str) -> Option<Vec<u8>> {
        let found = JsFuture::from(cache()?.match_with_str(&format!("{CACHE}{key}"))).await.ok()?;
        let response: Response = found.dyn_into().ok()?;
        let bytes = JsFuture::from(response.array_buffer().ok()?).await.ok()?;
        Some(Uint8Array::new(&bytes).to_vec())
    }

    async fn put(&self, key: &str, value: &[u8], seconds: u32) {
        let (Some(cache), headers) = (cache(), Object::new()) else { return };
        let _ = Reflect::set(&headers, &"cache-control".into(), &format!("max-age={seconds}").into());
        let init = ResponseInit::new();
        init.set_headers(&headers);
        if let Ok(response) = Response::new_with_opt_js_u8_array_and_init(Some(&copy(value)), &init) {
            // Nobody waits for it: the answer is on its way already.
            bindings::wait_until(&self.context, &cache.put_with_str(&format!("{CACHE}{key}"), &response));
        }
    }
}

fn cache() -> Option<web_sys::Cache> {
    let global: WorkerGlobalScope = js_sys::global().unchecked_into();
    Some(global.caches().ok()?.default())
}

impl RateLimiter for Shell {
    async fn allow(&self, class: &str, client: &str) -> bool {
        let name = format!("RL_{}", class.to_ascii_uppercase().replace('-', "_"));
        // Without a binding there is no limit; what counts exactly, logins, is counted in the database as well.
        let Some(limiter) = binding::<Limiter>(&self.env, &name) else { return true };
        let argument = Object::new();
        let _ = Reflect::set(&argument, &"key".into(), &client.into());
        let Ok(verdict) = limiter.limit(argument) else { return true };
        match JsFuture::from(verdict).await {
            Ok(verdict) => verdict.unchecked_into::<bindings::Verdict>().success(),
            Err(_) => true,
        }
    }
}

impl Fetch for Shell {
    async fn post(&self, request: &Outgoing<'_>) -> Option<Incoming> {
        let headers = Object::new();
        Reflect::set(&headers, &"content-type".into(), &request.content_type.into()).ok()?;
        for (name, value) in &request.headers {
            Reflect::set(&headers, &(*name).into(), &value.as_str().into()).ok()?;
        }
        let init = RequestInit::new();
        init.set_method("POST");
        init.set_headers(&headers);
        init.set_body(&request.body.as_str().into());
        // An answer that leads elsewhere is none: its status is not 2xx.
        init.set_redirect(RequestRedirect::Manual);
        init.set_signal(Some(&AbortSignal::timeout_with_u32(OUTGOING)));
        let global: WorkerGlobalScope = js_sys::global().unchecked_into();
        let answer = JsFuture::from(global.fetch_with_str_and_init(request.url, &init)).await.ok()?;
        let response: Response = answer.dyn_into().ok()?;
        let body = crate::request::body(response.body(), OUTGOING_BYTES).await.ok()??;
        let retry_after = response.headers().get("retry-after").ok().flatten();
        let retry_after = retry_after.and_then(|text| text.parse().ok());
        Some(Incoming { status: response.status(), retry_after, body })
    }
}

impl Objects for Shell {
    type Object = ReadableStream;

    async fn head(&self, key: &str) -> Result<Option<ObjectInfo>, ObjectsError> {
        let found = found(self.bucket()?.head(key.to_owned())).await?;
        found.map(|object: R2Object| info(&object)).transpose()
    }

    async fn open(
        &self,
        key: &str,
        range: Option<Range<u64>>,
    ) -> Result<Option<(ObjectInfo, ReadableStream)>, ObjectsError> {
        let options = Object::new();
        if let Some(range) = range {
            let part = Object::new();
            // Numbers of JavaScript are exact up to 2^53, far beyond the largest object.
            for (name, number) in [("offset", range.start), ("length", range.end - range.start)] {
                Reflect::set(&part, &name.into(), &(number as f64).into()).map_err(failed)?;
            }
            Reflect::set(&options, &"range".into(), &part).map_err(failed)?;
        }
        let found = found(self.bucket()?.get(key.to_owned(), options.into())).await?;
        found.map(|object: R2ObjectBody| Ok((info(&object)?, object.body().map_err(failed)?))).transpose()
    }
}

impl Shell {
    fn bucket(&self) -> Result<R2Bucket, ObjectsError> {
        binding(&self.env, "MEDIA").ok_or(ObjectsError::Absent)
    }
}

/// Waits for what a bucket answers; it says `null` of what is not there.
async fn found<T: JsCast>(asked: Result<js_sys::Promise, JsValue>) -> Result<Option<T>, ObjectsError> {
    let found = JsFuture::from(asked.map_err(failed)?).await.map_err(failed)?;
    Ok((!found.is_null()).then(|| found.unchecked_into()))
}

fn info(object: &R2Object) -> Result<ObjectInfo, ObjectsError> {
    Ok(ObjectInfo {
        etag: object.http_etag().map_err(failed)?,
        size: object.size().map_err(failed)? as u64,
        modified: (object.uploaded().map_err(failed)?.get_time() / 1000.0) as u64,
        content_type: object.http_metadata().and_then(|metadata| metadata.content_type()).map_err(failed)?,
    })
}

fn failed(error: JsValue) -> ObjectsError {
    ObjectsError::Failed(format!("{error:?}"))
}

impl Clock for Shell {
    fn now(&self) -> u64 {
        bindings::now()
    }
}

impl Random for Shell {
    fn fill(&self, buffer: &mut [u8]) {
        bindings::random(buffer);
    }
}

impl Ports for Shell {}
