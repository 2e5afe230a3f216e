//! Request → what to do: at once, as far as neither database nor shared cache is needed.
//!
//! In: a request without its body ([`Api::begin`]), then its body where the route has one ([`NeedsBody::finish`]). Out: [`Step`]: a response, or
//! a [`Plan`] for the driver. Everything here is synchronous: unknown paths and methods, preflights, bounds, wrong values, wrong tokens and
//! answers in memory cost no promise and no trip.
//!
//! Deliberately not here: who carries the plan out ([`crate::drive`]).

mod constant;
mod values;

pub use constant::Constant;

use std::sync::{Mutex, MutexGuard};

use crate::auth::jwt::Keys;
use crate::auth::known::Known;
use crate::auth::token::Token;
use crate::auth::{By, Identity};
use crate::builtin;
use crate::cache::{self, Age, Memory};
use crate::crypto;
use crate::http::origin::{self, Relation};
use crate::http::router::Router;
use crate::http::{Headers, Problem, Request, Response, cookie};
use crate::log::{CacheUse, Log};
use crate::manifest::{Action, Manifest, Method, Param, Route, Routine, Source};
use crate::media::{self, Asked};
use crate::metrics::Metrics;
use crate::report::{Reporting, Reports};
use crate::respond::{self, Reply};
use crate::series::{self, Batch};
use crate::tally::Tally;
use crate::visitor;
use crate::watch::Told;

/// What a shell knows when a request arrives, and the core cannot know.
#[derive(Clone, Copy, Debug)]
pub struct Arrival {
    /// Milliseconds since 1970.
    pub now: u64,
    /// Random bytes: the id of the request.
    pub id: [u8; 16],
}

/// What must not stand in a manifest: it comes from the platform's store of secrets.
#[derive(Clone, Default)]
pub struct Secrets {
    /// The keys of tokens.
    pub keys: Keys,
    /// The secret of Turnstile, which checks challenges of forms.
    pub turnstile: Option<String>,
    /// The secrets of links to private objects: the first signs, all of them check.
    pub media: Vec<String>,
    /// The id and the secret of the key that uploads are signed with.
    pub upload: Option<(String, String)>,
    /// Where errors are reported.
    pub reporting: Option<Reporting>,
    /// The webhook that is told when the site's health changes.
    pub alert: Option<String>,
    /// The token by which a program may read the metrics.
    pub metrics: Option<String>,
}

/// The API: a manifest made ready, the keys, and what one instance remembers.
pub struct Api {
    pub(crate) manifest: Manifest,
    pub(crate) secrets: Secrets,
    router: Router,
    /// The answer of the route that asks nobody.
    up: Response,
    /// Worked on for moments only, never across an `await`; the next two as well.
    memory: Mutex<Memory>,
    known: Mutex<Known>,
    pub(crate) reports: Mutex<Reports>,
    pub(crate) kept_reports: Mutex<Reports>,
    tally: Mutex<Tally>,
    metrics: Mutex<Metrics>,
    watched: Mutex<Option<Told>>,
}

/// What follows from a request.
#[derive(Debug)]
pub enum Step {
    /// It is answered.
    Respond(Box<Reply>),
    /// Its body is needed.
    Body(Box<NeedsBody>),
    /// The driver has to carry this out.
    Run(Box<Plan>),
}

/// A request of which the body is still to be read.
#[derive(Debug)]
pub struct NeedsBody {
    /// The most bytes to read. A shell counts while it reads and gives up beyond, whatever `content-length` says; it calls
    /// [`NeedsBody::too_large`] then.
    pub limit: usize,
    kind: Kind,
    plan: Plan,
}

/// What kind of body it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Json,
    Form,
    Csv,
}

/// What is to be done for a request that has passed all checks that need nothing of the world.
#[derive(Clone)]
pub struct Plan {
    /// The place of the route.
    pub(crate) route: usize,
    /// Who calls, as far as it is known yet.
    pub(crate) identity: Identity,
    /// The session to look up.
    pub(crate) session: Option<Token>,
    /// The hash of the session's token, once it was looked up.
    pub(crate) session_hash: Option<String>,
    /// The values of the route's parameters.
    pub(crate) values: Vec<Option<String>>,
    /// Who is counted by rate limits.
    pub(crate) client: String,
    /// The field of a form that people leave empty was filled.
    pub(crate) trapped: bool,
    /// What a challenge's script has put into a form.
    pub(crate) challenge: Option<String>,
    /// The form came from a page without scripts.
    pub(crate) is_form: bool,
    /// What is asked of an object.
    pub(crate) media: Option<Box<Asked>>,
    /// Bars to store.
    pub(crate) batch: Option<Box<Batch>>,
    pub(crate) facts: Facts,
}

impl std::fmt::Debug for Plan {
    /// Values may be passwords: none of them is ever written to a log.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Plan({}, {})", self.facts.route.as_deref().unwrap_or("?"), self.facts.id)
    }
}

/// What a response depends on besides the answer.
#[derive(Clone, Debug)]
pub(crate) struct Facts {
    pub(crate) id: String,
    pub(crate) started: u64,
    pub(crate) relation: Relation,
    pub(crate) if_none_match: Option<String>,
    pub(crate) method: String,
    pub(crate) route: Option<String>,
    /// The place of the route.
    pub(crate) index: Option<usize>,
}

impl Api {
    /// Makes an API ready.
    pub fn new(manifest: Manifest, secrets: Secrets) -> Self {
        let router = Router::new(&manifest.routes);
        let up = builtin::up(&manifest.settings);
        Self {
            manifest,
            secrets,
            router,
            up,
            memory: Mutex::default(),
            known: Mutex::default(),
            reports: Mutex::new(Reports::told()),
            kept_reports: Mutex::new(Reports::kept()),
            tally: Mutex::default(),
            metrics: Mutex::default(),
            watched: Mutex::default(),
        }
    }

    /// Returns the manifest.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    pub(crate) fn memory(&self) -> MutexGuard<'_, Memory> {
        locked(&self.memory)
    }

    pub(crate) fn tally(&self) -> MutexGuard<'_, Tally> {
        locked(&self.tally)
    }

    pub(crate) fn metrics(&self) -> MutexGuard<'_, Metrics> {
        locked(&self.metrics)
    }

    /// Forgets what was counted so far: a shell may ask itself before anybody else does.
    pub fn forget_counts(&self) {
        *self.metrics() = Metrics::default();
    }

    pub(crate) fn watched(&self) -> MutexGuard<'_, Option<Told>> {
        locked(&self.watched)
    }

    /// Decides all that can be decided without the body.
    pub fn begin(&self, request: &Request<'_>, arrival: Arrival) -> Step {
        let mut facts = Facts {
            id: crypto::hex(&arrival.id),
            started: arrival.now,
            relation: Relation::Unknown,
            if_none_match: None,
            method: request.method[..request.method.floor_char_boundary(16)].to_owned(),
            route: None,
            index: None,
        };
        match self.decide(request, arrival, &mut facts) {
            Ok(step) => step,
            Err(problem) => self.refuse(&facts, problem),
        }
    }

    fn decide(&self, request: &Request<'_>, arrival: Arrival, facts: &mut Facts) -> Result<Step, Problem> {
        let settings = &self.manifest.settings;
        if request.path.len() + request.query.len() > settings.bounds.url {
            return Err(Problem::new(414, "url-too-long", "the URL is longer than allowed"));
        }
        let Some(found) = self.router.find(request.path) else {
            return Err(Problem::new(404, "not-found", "there is no such route"));
        };
        let is_read = matches!(request.method, "GET" | "HEAD");
        if !is_read || !settings.cors.is_empty() {
            facts.relation = origin::relation(request.headers, settings);
        }
        if request.method == "OPTIONS" {
            let methods: Vec<Method> = found.methods.iter().map(|(method, _)| *method).collect();
            return Ok(self.respond(facts, preflight(&methods, &facts.relation, request.headers)));
        }
        let wanted = if request.method == "HEAD" { Some(Method::Get) } else { Method::parse(request.method) };
        let Some((method, index)) = found.methods.iter().find(|(method, _)| Some(*method) == wanted).copied() else {
            let allowed = allow(&found.methods.iter().map(|(method, _)| *method).collect::<Vec<_>>());
            return Err(Problem::new(405, "method-not-allowed", "the route has no such method").with("allow", allowed));
        };
        let route = &self.manifest.routes[index];
        (facts.route, facts.index) = (Some(route.id.clone()), Some(index));
        if !method.is_safe() && facts.relation == Relation::Foreign {
            return Err(Problem::new(403, "foreign-origin", "pages of this origin may not call the API"));
        }
        let (identity, session) = self.identify(route, request.headers, facts, arrival.now)?;
        check_role(route, &identity, session.is_some())?;
        let bounds = &settings.bounds;
        let mut values = vec![None; route.params.len()];
        let mut errors = Vec::new();
        if !found.values.is_empty() {
            let in_path: Vec<(&Param, &str)> =
                params_of_path(route).zip(found.values.iter().map(|value| &**value)).collect();
            values::from_path(route, &in_path, &mut values, &mut errors);
        }
        values::from_query(route, request.query, bounds, &mut values, &mut errors);
        if !errors.is_empty() {
            return Err(Problem::fields(errors));
        }
        if matches!(route.action, Action::Routine(Routine::Healthcheck)) {
            // It costs less than being counted would.
            return Ok(self.respond(facts, self.up.clone()));
        }
        if method.is_safe() {
            facts.if_none_match = request.headers.get("if-none-match");
        }
        if !is_read && builtin::OF_VISITORS.contains(&route.id.as_str()) && !visitor::is_counted(request.headers) {
            return Ok(self.respond(facts, Response::new(204)));
        }
        let client = client_key(&request.headers.client());
        let facts = facts.clone();
        let mut plan = Plan {
            route: index,
            identity,
            session,
            session_hash: None,
            values,
            client,
            trapped: false,
            challenge: None,
            is_form: false,
            media: None,
            batch: None,
            facts,
        };
        if matches!(route.action, Action::Routine(Routine::Media)) {
            plan.media = Some(Box::new(media::ask(self, route, &plan, request.headers, arrival.now)?));
        }
        if let Some(step) = self.answer_of_memory(route, &plan, arrival.now) {
            return Ok(step);
        }
        if takes_body(route) {
            let kind = check_content_type(route, request.headers)?;
            plan.is_form = kind == Kind::Form;
            let limit = if takes_bars(route) { bounds.body.max(series::MOST_BYTES) } else { bounds.body };
            return Ok(Step::Body(Box::new(NeedsBody { limit, kind, plan })));
        }
        Ok(Step::Run(Box::new(plan)))
    }

    /// Finds out who calls: a bearer token is checked here, a session's token is only read.
    fn identify(
        &self,
        route: &Route,
        headers: &dyn Headers,
        facts: &Facts,
        now: u64,
    ) -> Result<(Identity, Option<Token>), Problem> {
        if route.auth.is_none() {
            return Ok((Identity::Anonymous, None));
        }
        if matches!(route.action, Action::Routine(Routine::Metrics)) && self.is_metrics_token(headers) {
            let role = route.auth.role.clone().unwrap_or_default();
            return Ok((Identity::Account { sub: String::new(), role, by: By::Bearer }, None));
        }
        if route.auth.bearer
            && let Some(header) = headers.get("authorization")
        {
            let token = header.strip_prefix("Bearer ").ok_or_else(|| unauthorized(route))?;
            let mut known = self.known.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            let claims = known.verify(token, &self.secrets.keys, &self.manifest.settings.auth, now / 1000);
            let claims = claims.map_err(|_| unauthorized(route))?;
            return Ok((Identity::Account { sub: claims.sub, role: claims.role, by: By::Bearer }, None));
        }
        if route.auth.session {
            let header = headers.get("cookie").unwrap_or_default();
            if let cookie::Found::Once(value) = cookie::find(&header, cookie::SESSION) {
                let token = Token::parse(value).ok_or_else(|| unauthorized(route))?;
                if !route.method.is_safe() && !origin::is_same_site(headers, &facts.relation) {
                    return Err(forged());
                }
                return Ok((Identity::Anonymous, Some(token)));
            }
        }
        Err(unauthorized(route))
    }

    /// Reports whether the request has the token of the metrics.
    fn is_metrics_token(&self, headers: &dyn Headers) -> bool {
        let given = headers.get("authorization");
        let given = given.as_deref().and_then(|header| header.strip_prefix("Bearer "));
        let digest = |text: &str| crypto::sha256(text.as_bytes());
        self.secrets
            .metrics
            .as_deref()
            .zip(given)
            .is_some_and(|(token, given)| crypto::equal(&digest(token), &digest(given)))
    }

    /// Answers from memory, where a fresh answer lies there.
    fn answer_of_memory(&self, route: &Route, plan: &Plan, now: u64) -> Option<Step> {
        let settings = route.cache.as_ref()?;
        let (entry, age) = {
            let memory = self.memory();
            let epochs = memory.epochs(now)?;
            let entry = memory.get(&cache::key(&self.manifest.settings.build, route, &plan.values, &epochs))?;
            let age = entry.age(settings, now);
            (entry, age)
        };
        if age != Age::Fresh {
            return None;
        }
        let mut log = self.log(&plan.facts);
        log.cache = CacheUse::Memory;
        self.count_search(route, plan, &entry.body, now);
        let response =
            respond::from_entry(&entry, settings, CacheUse::Memory, now, plan.facts.if_none_match.as_deref());
        Some(Step::Respond(Box::new(self.finish(&plan.facts, response, log, now))))
    }

    pub(crate) fn refuse(&self, facts: &Facts, problem: Problem) -> Step {
        let mut log = self.log(facts);
        log.code = Some(problem.code);
        let response = problem.into_response(&facts.id);
        Step::Respond(Box::new(self.finish(facts, response, log, facts.started)))
    }

    fn respond(&self, facts: &Facts, response: Response) -> Step {
        Step::Respond(Box::new(self.finish(facts, response, self.log(facts), facts.started)))
    }

    pub(crate) fn log(&self, facts: &Facts) -> Log {
        Log { id: facts.id.clone(), method: facts.method.clone(), route: facts.route.clone(), ..Log::default() }
    }

    /// Counts a search, without who asked ([`Tally`]).
    pub(crate) fn count_search(&self, route: &Route, plan: &Plan, answer: &[u8], now: u64) {
        if route.id != builtin::SEARCH {
            return;
        }
        let value = |name| {
            let index = route.params.iter().position(|param| param.name == name)?;
            plan.values[index].as_deref()
        };
        if let (Some(query), Some(lang)) = (value("q"), value("lang")) {
            self.tally().add(&plan.client, now, query, lang, answer == br#"{"items":[]}"#);
        }
    }

    /// Adds what every response has, and counts it.
    pub(crate) fn finish(&self, facts: &Facts, response: Response, log: Log, now: u64) -> Reply {
        let reply = self.dress(facts, response, log, now);
        self.metrics().add(self.manifest.routes.len(), facts.index, &reply.log, now);
        reply
    }

    /// Adds what every response has.
    pub(crate) fn dress(&self, facts: &Facts, mut response: Response, mut log: Log, now: u64) -> Reply {
        log.status = response.status;
        log.bytes = response.length();
        log.total_ms = now.saturating_sub(facts.started);
        respond::add_common(&mut response, facts, &self.manifest.settings, &log);
        Reply { response, log, after: None, object: None }
    }
}

impl NeedsBody {
    /// Continues with the body.
    pub fn finish(self, api: &Api, body: &[u8]) -> Step {
        if body.len() > self.limit {
            return self.too_large(api);
        }
        let mut plan = self.plan;
        let route = &api.manifest.routes[plan.route];
        let bounds = &api.manifest.settings.bounds;
        if takes_bars(route) {
            return match series::read(body, self.kind == Kind::Csv, bounds) {
                Ok(batch) => {
                    plan.batch = Some(Box::new(batch));
                    Step::Run(Box::new(plan))
                }
                Err(problem) => api.refuse(&plan.facts, problem),
            };
        }
        let mut extras = values::Extras::new(&route.action);
        let read = if plan.is_form {
            values::from_form(route, body, bounds, &mut extras, &mut plan.values)
        } else {
            values::from_json(route, body, bounds, &mut extras, &mut plan.values)
        };
        (plan.trapped, plan.challenge) = (extras.trapped, extras.challenge);
        match read {
            Ok(()) => Step::Run(Box::new(plan)),
            Err(problem) => api.refuse(&plan.facts, problem),
        }
    }

    /// Answers that the body is larger than [`NeedsBody::limit`].
    pub fn too_large(self, api: &Api) -> Step {
        api.refuse(&self.plan.facts, Problem::new(413, "body-too-large", "the body is larger than allowed"))
    }
}

/// A panic while it was locked leaves whole entries: what is locked here only inserts and removes.
pub(crate) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// Reports whether a route reads a body.
fn takes_body(route: &Route) -> bool {
    !route.method.is_safe() && route.params.iter().any(|param| param.source == Source::Body)
}

/// Reports whether a route reads bars: more of them than other bodies may hold, and CSV as well.
fn takes_bars(route: &Route) -> bool {
    matches!(route.action, Action::Routine(Routine::SeriesIngest))
}

/// Returns the kind of the body; refuses what the route does not read. A missing type is no type.
fn check_content_type(route: &Route, headers: &dyn Headers) -> Result<Kind, Problem> {
    let header = headers.get("content-type").unwrap_or_default().to_ascii_lowercase();
    let mut parts = header.split(';').map(str::trim);
    let kind = parts.next().unwrap_or_default();
    let charset_is_right = parts.all(|part| matches!(part, "charset=utf-8" | "charset=\"utf-8\"" | ""));
    match kind {
        "application/json" if charset_is_right => Ok(Kind::Json),
        "application/x-www-form-urlencoded" if charset_is_right && matches!(route.action, Action::Form(_)) => {
            Ok(Kind::Form)
        }
        "text/csv" if charset_is_right && takes_bars(route) => Ok(Kind::Csv),
        _ => Err(Problem::new(415, "unsupported-body", "the body has to be `application/json` in UTF-8")),
    }
}

pub(crate) fn unauthorized(route: &Route) -> Problem {
    let problem = Problem::new(401, "unauthorized", "this needs an account");
    if route.auth.bearer { problem.with("www-authenticate", "Bearer") } else { problem }
}

fn forged() -> Problem {
    Problem::new(403, "foreign-request", "a request with a session has to come from a page of this site")
}

/// Checks the role, where the identity is known already.
pub(crate) fn check_role(route: &Route, identity: &Identity, session_is_open: bool) -> Result<(), Problem> {
    match (&route.auth.role, identity) {
        (Some(_), Identity::Anonymous) if session_is_open => Ok(()),
        (Some(role), identity) if identity.role() != Some(role) => {
            Err(Problem::new(403, "forbidden", "the account has not the role for this"))
        }
        _ => Ok(()),
    }
}

fn params_of_path(route: &Route) -> impl Iterator<Item = &Param> {
    route.path.split('/').filter_map(|segment| {
        let name = segment.strip_prefix('{')?.strip_suffix('}')?;
        route.params.iter().find(|param| param.name == name)
    })
}

fn allow(methods: &[Method]) -> String {
    let mut names: Vec<&str> = methods.iter().map(|method| method.as_str()).collect();
    if methods.contains(&Method::Get) {
        names.insert(1, "HEAD");
    }
    names.push("OPTIONS");
    names.join(", ")
}

/// Answers `OPTIONS`. What is allowed is the same for all allowed origins, so that nothing of the question is repeated.
fn preflight(methods: &[Method], relation: &Relation, headers: &dyn Headers) -> Response {
    let mut response = Response::new(204).with("allow", allow(methods));
    if matches!(relation, Relation::Allowed(_)) && headers.get("access-control-request-method").is_some() {
        response.set("access-control-allow-methods", methods.iter().map(|m| m.as_str()).collect::<Vec<_>>().join(", "));
        response.set("access-control-allow-headers", "authorization, content-type");
        response.set("access-control-max-age", "86400");
    }
    response
}

/// Who is counted: an IPv4 address, or the /64 of an IPv6 address, of which one household has 2^64.
fn client_key(address: &str) -> String {
    match address.parse::<std::net::IpAddr>() {
        Ok(std::net::IpAddr::V6(v6)) => match v6.to_ipv4_mapped() {
            Some(v4) => v4.to_string(),
            None => {
                let s = v6.segments();
                format!("{:x}:{:x}:{:x}:{:x}::/64", s[0], s[1], s[2], s[3])
            }
        },
        Ok(std::net::IpAddr::V4(v4)) => v4.to_string(),
        Err(_) => "unknown".to_owned(),
    }
}

#[cfg(test)]
mod tests;
