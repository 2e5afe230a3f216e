//! The manifest told to others: OpenAPI 3.1, a client in TypeScript, a page to read. Each is the same bytes for the same manifest.
//!
//! In: [`Manifest`](crate::Manifest), and where a database was asked, the columns of answers. Out: text. Used when a site is built, not by shells.

mod client;
mod openapi;
mod reference;

use std::collections::BTreeMap;

pub use client::client;
pub use openapi::openapi;
pub use reference::{Heading, Reference, reference};

/// A column of an answer, as a database describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// The number of its type.
    pub oid: u32,
}

/// The columns of routes by their names; a route that is not in it answers anything.
pub type Columns = BTreeMap<String, Vec<Column>>;

/// What a route is about: the first word of its path.
fn group(route: &crate::manifest::Route) -> &str {
    route.path.trim_start_matches("/api/").trim_start_matches("v1/").split('/').next().unwrap_or("")
}

#[cfg(test)]
mod tests {
    use rivage_diag::FileId;

    use super::*;
    use crate::manifest::{Form, Manifest, Settings};

    const ROUTES: &[&str] = &[
        "-- GET /api/posts\n-- The posts. */\n--\n-- Newest first.\n-- @auth none\n-- @param tag text query optional length 1..9 pattern ^[a-z]+$ -- only these\n\
         -- @param ids int4[] query optional length ..3\n-- @param limit int4 query default 20 range 1..100\n-- @cache 60s\n-- @returns many\n-- @name list_posts\n\n\
         select id, at from post where :tag = any(tags) and id = any(:ids) limit :limit",
        "-- PUT /api/posts/{id}\n-- @auth role:editor\n-- @param id int8 path\n-- @param title text body\n-- @param meta json body optional\n\
         -- @param state enum(new, done) body default new\n-- @returns one\n-- @name put_post\n\nupdate post set title = :title, meta = :meta, state = :state where id = :id returning id",
        "-- DELETE /api/posts/{id}\n-- @auth session\n-- @param id int8 path\n-- @returns none\n\ndelete from post where id = :id",
    ];

    pub(super) fn manifest() -> Manifest {
        let context = crate::sql::Context { limits: &["auth", "read", "write"] };
        let mut routes: Vec<_> =
            ROUTES.iter().filter_map(|text| crate::sql::parse(&FileId::from("api/a.sql"), text, &context).0).collect();
        assert_eq!(routes.len(), ROUTES.len());
        let form = Form { name: "contact".to_owned(), trap: Some("website".to_owned()), challenge: true, thanks: None };
        let fields = vec![routes[1].params[1].clone()];
        routes.push(crate::builtin::form_route(form, fields));
        Manifest {
            settings: Settings { title: "Example".to_owned(), build: "b1".to_owned(), ..Settings::default() },
            routes,
        }
    }

    pub(super) fn columns() -> Columns {
        let column = |name: &str, oid| Column { name: name.to_owned(), oid };
        Columns::from([("list_posts".to_owned(), vec![column("id", 20), column("?column?", 1184)])])
    }
}
