//! Carries a [`Plan`] out: limits, session, kept answers, statements. The only asynchronous part of the crate.
//!
//! In: a plan and the ports. Out: a [`Reply`]. Generic over the ports, so that its future is `Send` exactly when theirs are. No lock is held
//! across an `await`, and nothing of one request outlives it but kept answers.

mod apart;
mod cached;
mod session;
mod statements;

pub(crate) use cached::{EPOCHS, tag_numbers};
pub(crate) use session::LOOKUP;
pub(crate) use statements::PURGE;

use apart::apart;

use crate::decide::{Api, NeedsBody, Plan, Step, check_role};
use crate::failure;
use crate::http::{Problem, Response};
use crate::log::Log;
use crate::manifest::{Action, Route, Routine, Settings};
use crate::ports::{Database, DatabaseError, ObjectsError, Outcome, Ports, Query, Shape, Target};
use crate::respond::Reply;
use crate::{Arrival, Request, builtin, media, report, tally};

/// Why there is no answer.
#[derive(Debug)]
pub(crate) enum Failure {
    /// For a reason that the client may know.
    Problem(Problem),
    /// Because of the database.
    Database(DatabaseError),
    /// Because of the store of objects.
    Objects(ObjectsError),
}

impl From<ObjectsError> for Failure {
    fn from(error: ObjectsError) -> Self {
        Self::Objects(error)
    }
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

/// A plan on its way.
pub(crate) struct Run<'a, P> {
    pub(crate) api: &'a Api,
    pub(crate) ports: &'a P,
    pub(crate) route: &'a Route,
    pub(crate) plan: Plan,
    pub(crate) log: Log,
}

impl Api {
    /// Answers a request in full. Shells that read bodies themselves call [`Api::begin`] and [`Api::run`].
    pub async fn handle<P: Ports>(&self, ports: &P, request: &Request<'_>, body: &[u8]) -> Reply<P::Object> {
        let mut id = [0; 16];
        ports.fill(&mut id);
        let step = match self.begin(request, Arrival { now: ports.now(), id }) {
            Step::Body(needs) => NeedsBody::finish(*needs, self, body),
            step => step,
        };
        match step {
            Step::Respond(reply) => reply.without_object(),
            Step::Run(plan) => self.run(ports, *plan).await,
            Step::Body(_) => Reply {
                response: Problem::new(500, "internal", "a body asks for no second one").into_response(""),
                log: Log::default(),
                after: None,
                object: None,
            },
        }
    }

    /// Carries a plan out.
    pub async fn run<P: Ports>(&self, ports: &P, plan: Plan) -> Reply<P::Object> {
        let mut run = self.start(ports, plan);
        let (mut after, mut object) = (None, None);
        let response = match run.answer(&mut after, &mut object).await {
            Ok(response) => response,
            Err(failure) => {
                object = None;
                run.fail(failure)
            }
        };
        let mut reply = self.finish(&run.plan.facts, response, run.log, ports.now()).without_object();
        // What says in a header that nothing has changed has no body, although the store was asked for one.
        reply.object = object.filter(|_| reply.response.object.is_some());
        reply.after = after;
        self.tally().set_now(ports.now());
        reply
    }

    /// Reports whether something is left to do when a reply is sent: [`Api::conclude`] does it.
    pub fn is_unfinished<O>(&self, reply: &Reply<O>) -> bool {
        reply.after.is_some() || report::is_error(&reply.log) || self.tally().is_due()
    }

    /// Does what is left of a reply that is sent, within `waitUntil` or in a task of its own: tells of errors, writes what was counted, and makes a kept
    /// answer anew. `write` takes what comes into the log by that.
    pub async fn conclude<P: Ports>(&self, ports: &P, log: &Log, after: Option<Box<Plan>>, write: impl Fn(&Log)) {
        self.conclude_error(ports, log).await;
        self.flush(ports).await;
        let Some(plan) = after else { return };
        let log = self.refresh(ports, *plan).await;
        write(&log);
        self.conclude_error(ports, &log).await;
    }

    /// Writes the searches that were counted. What cannot be written is forgotten: numbers are not worth a queue.
    pub(crate) async fn flush<P: Ports>(&self, ports: &P) {
        let Some(rows) = self.tally().take(ports.now()) else { return };
        let most = self.manifest().settings.bounds.answer;
        let _ = Database::run(ports, Target::Write, &[tally::NOTE.query([rows], Shape::None)], most).await;
    }

    /// Makes a kept answer anew ([`Reply::after`]). Returns a line for the log.
    pub async fn refresh<P: Ports>(&self, ports: &P, plan: Plan) -> Log {
        let mut run = self.start(ports, plan);
        let response = match run.produce_and_keep().await {
            Ok(_) => Response::new(200),
            Err(failure) => run.fail(failure),
        };
        // Nobody waited for it: it is no request that is counted.
        self.dress(&run.plan.facts, response, run.log, ports.now()).log
    }

    fn start<'a, P: Ports>(&'a self, ports: &'a P, plan: Plan) -> Run<'a, P> {
        let log = self.log(&plan.facts);
        Run { api: self, ports, route: &self.manifest().routes[plan.route], plan, log }
    }
}

impl<P: Ports> Run<'_, P> {
    pub(crate) fn settings(&self) -> &Settings {
        &self.api.manifest().settings
    }

    async fn answer(
        &mut self,
        after: &mut Option<Box<Plan>>,
        object: &mut Option<P::Object>,
    ) -> Result<Response, Failure> {
        self.limit().await?;
        if let Some(token) = self.plan.session.take() {
            self.plan.identity = apart(self.session(&token)).await?;
            self.plan.session_hash = Some(token.hash());
            check_role(self.route, &self.plan.identity, false)?;
        }
        if self.route.cache.is_some() {
            return apart(self.cached(after)).await;
        }
        match &self.route.action {
            Action::Sql(statements) => {
                let outcome = apart(self.statements(statements)).await?;
                self.respond(outcome)
            }
            Action::Form(form) => apart(builtin::form(self, form)).await,
            Action::Routine(Routine::Media) => apart(media::serve(self, object)).await,
            Action::Routine(routine) => apart(builtin::routine(self, *routine)).await,
        }
    }

    /// Counts by address, and before anything is looked up: an account that is not known yet cannot be counted.
    async fn limit(&mut self) -> Result<(), Failure> {
        if self.ports.allow(&self.route.limit, &self.plan.client).await {
            return Ok(());
        }
        let class = self.settings().limits.iter().find(|class| class.name == self.route.limit);
        let wait = class.map_or(60, |class| class.period);
        Err(too_many(wait).into())
    }

    /// Makes a trip to the database.
    pub(crate) async fn trip(&mut self, target: Target, queries: &[Query<'_>]) -> Result<Vec<Outcome>, Failure> {
        let started = self.ports.now();
        let result = Database::run(self.ports, target, queries, self.settings().bounds.answer).await;
        self.log.db_ms += self.ports.now().saturating_sub(started);
        self.log.trips += 1;
        self.api.memory().is_away = result.as_ref().is_err_and(DatabaseError::is_away);
        match result {
            Ok(outcomes) if outcomes.len() == queries.len() => Ok(outcomes),
            Ok(_) => Err(Failure::Database(DatabaseError {
                kind: crate::ports::ErrorKind::Protocol,
                message: "as many outcomes as statements were expected".to_owned(),
                after_first_row: true,
            })),
            Err(error) => Err(Failure::Database(error)),
        }
    }

    fn fail(&mut self, failure: Failure) -> Response {
        let problem = match failure {
            Failure::Problem(problem) => problem,
            Failure::Database(error) => {
                self.log.sqlstate = error.sqlstate().map(str::to_owned);
                self.log.error = Some(error.to_string());
                failure::problem(&error)
            }
            Failure::Objects(ObjectsError::Absent) => {
                Problem::new(501, "no-media-store", "this server has no store of media")
            }
            Failure::Objects(ObjectsError::Failed(error)) => {
                self.log.error = Some(error);
                Problem::new(503, "media-unavailable", "the store of media does not answer").with("retry-after", "5")
            }
        };
        self.log.code = Some(problem.code);
        problem.into_response(&self.plan.facts.id)
    }
}

pub(crate) fn too_many(wait: u32) -> Problem {
    Problem::new(429, "too-many-requests", "too many requests; wait a little").with("retry-after", wait.to_string())
}
