//! Answers that never differ: a shell may keep them ready in the form that costs its platform least, and give them without asking [`Api::begin`].
//!
//! In: the manifest. Out: [`Constant`]s; and, for each one that was given, its line for the log, counted as every answer is. Deliberately not here:
//! answers that depend on a header, on the time or on the database, kept ones among them.

use super::{Api, Facts};
use crate::http::Response;
use crate::http::origin::Relation;
use crate::log::Log;
use crate::manifest::{Action, Method, Route, Routine};

/// What every `GET` of a path is answered for as long as the API lives, whatever else the request says.
#[derive(Clone, Debug)]
pub struct Constant {
    /// The path; a query, even an empty one, makes another request of it.
    pub path: String,
    /// The response, less its `x-request-id`: that is each request's own.
    pub response: Response,
    /// The place of the route.
    route: usize,
}

impl Api {
    /// Returns all such answers.
    pub fn constants(&self) -> Vec<Constant> {
        let routes = self.manifest.routes.iter().enumerate();
        let all = routes.filter(|(_, route)| self.is_constant(route)).map(|(index, route)| {
            let facts = Facts {
                id: String::new(),
                started: 0,
                relation: Relation::Unknown,
                if_none_match: None,
                method: String::new(),
                route: Some(route.id.clone()),
                index: Some(index),
            };
            let mut response = self.dress(&facts, self.up.clone(), Log::default(), 0).response;
            response.headers.retain(|(name, _)| *name != "x-request-id");
            Constant { path: route.path.clone(), response, route: index }
        });
        all.collect()
    }

    /// Counts one more answer of this kind, where nothing is to be logged. Returns whether that was possible: it is not for the first request of all, whose
    /// id is a name for the counts; [`Api::repeated`] is to be called instead.
    pub fn count(&self, constant: &Constant) -> bool {
        self.metrics().again(constant.route, constant.response.status)
    }

    /// Counts one more answer of this kind, and returns its line for the log. `id` is that of the request, `now` is in milliseconds since 1970.
    pub fn repeated(&self, constant: &Constant, id: String, now: u64) -> Log {
        let routes = &self.manifest.routes;
        let Constant { response, route, .. } = constant;
        let log = Log {
            id,
            method: Method::Get.as_str().to_owned(),
            route: Some(routes[*route].id.clone()),
            status: response.status,
            bytes: response.length(),
            ..Log::default()
        };
        self.metrics().add(routes.len(), Some(*route), &log, now);
        log
    }

    /// Pages of other origins are told so with each answer, as soon as any may call the API: none is constant then.
    fn is_constant(&self, route: &Route) -> bool {
        let settings = &self.manifest.settings;
        matches!(route.action, Action::Routine(Routine::Healthcheck))
            && route.method == Method::Get
            && route.auth.is_none()
            && route.path.len() <= settings.bounds.url
            && settings.cors.is_empty()
    }
}
