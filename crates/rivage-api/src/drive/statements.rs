//! The fixed statements of a route: which variant, with which values, and what its rows become.

use super::cached::tag_numbers;
use super::{Failure, Run};
use crate::crypto;
use crate::fixed::{Fixed, oid};
use crate::http::{Problem, Response};
use crate::manifest::{Bind, Param, Returns, Statement, Statements, Switch, Type};
use crate::ports::{Outcome, Ports, Query, Shape, Target};
use crate::respond;
use crate::sql;

/// Counts the numbers of tags up, and tells them; in the transaction of what made them stale.
pub(crate) const PURGE: Fixed = Fixed {
    name: "purge",
    types: &[oid::TEXT_ARRAY],
    sql: "insert into cache_epoch (tag, epoch) select tag, 1 from unnest($1) as tag \
                     on conflict (tag) do update set epoch = cache_epoch.epoch + 1 returning tag, epoch",
};

impl<P: Ports> Run<'_, P> {
    /// Runs the statements of the route and returns what the last one answered.
    pub(super) async fn statements(&mut self, statements: &Statements) -> Result<Outcome, Failure> {
        let variant = &statements.variants[variant(statements, &self.route.params, &self.plan.values)];
        let mut queries: Vec<Query<'_>> = variant.iter().map(|statement| self.query(statement, Shape::None)).collect();
        let answering = queries.len().saturating_sub(1);
        if let Some(last) = queries.last_mut() {
            last.shape = match self.route.returns {
                Returns::One => Shape::Object,
                Returns::Many => Shape::Array,
                Returns::None => Shape::None,
            };
        }
        if !self.route.purge.is_empty() {
            let tags = format!("{{{}}}", self.route.purge.join(","));
            queries.push(PURGE.query([tags], Shape::Rows));
        }
        let is_read = self.route.method.is_safe();
        let target = if is_read { Target::Read } else { Target::Write };
        let mut outcomes = match self.trip(target, &queries).await {
            // Once more, on another connection.
            Err(Failure::Database(error)) if is_read && error.is_retryable() => self.trip(target, &queries).await?,
            result => result?,
        };
        if !self.route.purge.is_empty() {
            // This instance knows the new numbers at once; others look them up within seconds.
            let told = outcomes.pop().map(tag_numbers).unwrap_or_default();
            self.api.memory().purged(told);
        }
        Ok(outcomes.swap_remove(answering))
    }

    fn query<'s>(&self, statement: &'s Statement, shape: Shape) -> Query<'s> {
        let (mut types, mut values) = (Vec::new(), Vec::new());
        for bind in &statement.binds {
            let (ty, value) = match bind {
                Bind::Param(index) => (self.route.params[*index].ty.oid(), self.plan.values[*index].clone()),
                // No type: `account_id = :auth.sub` is a UUID, `owner = :auth.sub` may be a text.
                Bind::AuthSub => (0, self.plan.identity.sub().map(str::to_owned)),
                Bind::AuthRole => (oid::TEXT, self.plan.identity.role().map(str::to_owned)),
                Bind::RequestId => (oid::TEXT, Some(self.plan.facts.id.clone())),
            };
            types.push(ty);
            values.push(value);
        }
        Query { sql: &statement.sql, types, values, shape }
    }

    /// Makes a response of what the last statement answered.
    pub(super) fn respond(&self, outcome: Outcome) -> Result<Response, Failure> {
        let Some(body) = body(self.route.returns, outcome)? else { return Ok(Response::new(204)) };
        if !self.route.method.is_safe() {
            return Ok(Response::json(self.route.status, body));
        }
        let etag = format!("\"{}\"", crypto::fingerprint(&body));
        let response = respond::tagged(etag, body, self.plan.facts.if_none_match.as_deref());
        Ok(if self.route.auth.is_none() { response.with("cache-control", "no-cache") } else { response })
    }
}

/// Returns the JSON of an answer; `None` where the route answers nothing.
pub(super) fn body(returns: Returns, outcome: Outcome) -> Result<Option<Vec<u8>>, Failure> {
    match returns {
        Returns::None => Ok(None),
        Returns::One if outcome.rows == 0 => Err(Problem::new(404, "not-found", "there is nothing here").into()),
        Returns::One => Ok(Some(outcome.json)),
        Returns::Many => {
            let mut body = Vec::with_capacity(outcome.json.len() + 10);
            body.extend_from_slice(b"{\"items\":");
            body.extend_from_slice(&outcome.json);
            body.push(b'}');
            Ok(Some(body))
        }
    }
}

/// Returns the number of the variant that a request's values choose.
fn variant(statements: &Statements, params: &[Param], values: &[Option<String>]) -> usize {
    statements.switches.iter().fold(0, |number, switch| {
        let setting = match switch {
            Switch::Given(index) => usize::from(values[*index].is_some()),
            Switch::Value(index) => match (&params[*index].ty, &values[*index]) {
                (Type::Enum(known), Some(value)) => known.iter().position(|other| other == value).unwrap_or(0),
                _ => 0,
            },
        };
        number * sql::switch_size(switch, params) + setting
    })
}
