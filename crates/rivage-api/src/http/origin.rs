//! Who may call from where: CORS, and forged requests of other sites.

use super::Headers;
use crate::manifest::Settings;

/// How a request's origin relates to the site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Relation {
    /// It says nothing: no browser, or a plain navigation.
    Unknown,
    /// A page of the site.
    Own,
    /// A page of another, allowed origin; carries it.
    Allowed(String),
    /// A page of any other.
    Foreign,
}

/// Reads `Origin`. It is compared byte by byte: no pattern, no suffix, no `null`.
pub fn relation(headers: &dyn Headers, settings: &Settings) -> Relation {
    match headers.get("origin") {
        None => Relation::Unknown,
        Some(origin) if settings.origins.contains(&origin) => Relation::Own,
        Some(origin) if settings.cors.contains(&origin) => Relation::Allowed(origin),
        Some(_) => Relation::Foreign,
    }
}

/// Reports whether a request that carries a cookie was made by a page of the site itself.
///
/// `Sec-Fetch-Site` cannot be written by scripts; browsers without it send `Origin` with every unsafe request. Neither of them: refused.
pub fn is_same_site(headers: &dyn Headers, relation: &Relation) -> bool {
    matches!(
        (headers.get("sec-fetch-site").as_deref(), relation),
        (Some("same-origin"), Relation::Own | Relation::Unknown) | (None, Relation::Own)
    )
}
