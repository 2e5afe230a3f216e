//! The manifest: every route and setting of an API as one plain value, which `rivage build` writes and the shells load.
//!
//! In: routes from SQL files ([`crate::sql`]), built-in ones ([`crate::builtin`]) and settings. Out: [`Manifest`], and its bytes
//! ([`Manifest::encode`]), the same bytes for the same input. All SQL that can ever be sent to a database stands in it.
//! Deliberately not here: secrets (keys, passwords), which shells take from their environment.

mod assemble;
mod encode;
mod types;

use serde::{Deserialize, Serialize};

pub use assemble::{Parts, assemble};
pub use encode::{DecodeError, FORMAT};
pub use types::{Rules, Source, Type};

/// Everything that a shell needs to answer requests.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// What applies to all routes.
    pub settings: Settings,
    /// The routes, sorted by path and method.
    pub routes: Vec<Route>,
}

/// What applies to all routes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// The name of the API, for its documentation.
    pub title: String,
    /// The build that wrote the manifest: the content epoch in every cache key.
    pub build: String,
    /// The origins that the site itself is served from, such as `https://example.com`; the first is the canonical one.
    pub origins: Vec<String>,
    /// Other origins whose pages may call the API, exact, without credentials.
    pub cors: Vec<String>,
    /// The rate-limit classes that routes may name.
    pub limits: Vec<LimitClass>,
    /// Bounds of requests.
    pub bounds: Bounds,
    /// Sessions and tokens.
    pub auth: AuthSettings,
    /// Objects of a store.
    pub media: Media,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            title: "API".to_owned(),
            build: String::new(),
            origins: Vec::new(),
            cors: Vec::new(),
            limits: vec![
                LimitClass { name: "auth".to_owned(), requests: 10, period: 60 },
                LimitClass { name: "read".to_owned(), requests: 600, period: 60 },
                LimitClass { name: "write".to_owned(), requests: 60, period: 60 },
            ],
            bounds: Bounds::default(),
            auth: AuthSettings::default(),
            media: Media::default(),
        }
    }
}

/// Objects of a store.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Media {
    /// The folder that a native server has as its store. A Worker has its bucket.
    pub folder: String,
    /// The beginnings of names that need a signed link.
    pub private: Vec<String>,
    /// Formats of images that may stand beside a JPEG or PNG, the best first.
    pub variants: Vec<String>,
    /// Seconds that clients keep an object without a hash in its name.
    pub max_age: u32,
    /// Where clients upload to.
    pub upload: Option<Upload>,
}

impl Default for Media {
    fn default() -> Self {
        Self { folder: "media".to_owned(), private: Vec::new(), variants: Vec::new(), max_age: 300, upload: None }
    }
}

/// A bucket of an S3 server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Upload {
    /// Scheme and host of the server.
    pub endpoint: String,
    /// The bucket's name.
    pub bucket: String,
    /// The region; R2 has `auto`.
    pub region: String,
}

/// A rate-limit class: one binding of the platform, one counter per client.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LimitClass {
    /// The name that `@limit` gives.
    pub name: String,
    /// Requests per period.
    pub requests: u32,
    /// Seconds: 10 or 60, which is what the platform offers.
    pub period: u32,
}

/// Bounds of requests. Beyond them stands a 4xx answer, whatever the route.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Bounds {
    /// Bytes of path and query together.
    pub url: usize,
    /// Bytes of a body.
    pub body: usize,
    /// Nesting of a JSON body.
    pub depth: usize,
    /// Keys of one JSON object, and fields of one form.
    pub keys: usize,
    /// Values in a JSON body, all levels together.
    pub values: usize,
    /// Bytes of an answer from the database.
    pub answer: usize,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { url: 8 * 1024, body: 64 * 1024, depth: 32, keys: 200, values: 10_000, answer: 1024 * 1024 }
    }
}

/// Sessions and tokens; times in seconds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AuthSettings {
    /// Whether visitors may register.
    pub registration: bool,
    /// How long a session lives without a request.
    pub session_idle: u32,
    /// How long a session lives at most.
    pub session_absolute: u32,
    /// How long an access token lives.
    pub access_ttl: u32,
    /// How long a refresh token lives.
    pub refresh_ttl: u32,
    /// The `iss` of tokens.
    pub issuer: String,
    /// The `aud` of tokens.
    pub audience: String,
    /// How far clocks may differ.
    pub leeway: u32,
}

impl Default for AuthSettings {
    fn default() -> Self {
        const DAY: u32 = 24 * 60 * 60;
        Self {
            registration: false,
            session_idle: 7 * DAY,
            session_absolute: 30 * DAY,
            access_ttl: 15 * 60,
            refresh_ttl: 30 * DAY,
            issuer: "rivage".to_owned(),
            audience: "rivage".to_owned(),
            leeway: 30,
        }
    }
}

/// A method that a route can have. `HEAD` and `OPTIONS` are answered for every route without being declared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Method {
    /// Reads, by the read-only role.
    Get,
    /// Creates or does.
    Post,
    /// Replaces.
    Put,
    /// Changes.
    Patch,
    /// Removes.
    Delete,
}

impl Method {
    /// All of them, in the order of an `Allow` header.
    pub const ALL: [Self; 5] = [Self::Get, Self::Post, Self::Put, Self::Patch, Self::Delete];

    /// Returns the method as it stands in a request.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }

    /// Reads a method as it stands in a request.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|method| method.as_str() == text)
    }

    /// Reports whether requests of this method change nothing.
    pub fn is_safe(self) -> bool {
        self == Self::Get
    }
}

/// One route.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Route {
    /// Its name: `operationId`, function of the client, label in logs. Unique.
    pub id: String,
    /// The method.
    pub method: Method,
    /// The path; a segment `{name}` is a parameter.
    pub path: String,
    /// One line for the documentation.
    pub summary: String,
    /// More for the documentation.
    pub description: String,
    /// Who may call it.
    pub auth: Auth,
    /// Its parameters, in the order of the file.
    pub params: Vec<Param>,
    /// How long its answers are kept.
    pub cache: Option<Cache>,
    /// The cache tags that a successful call makes stale.
    pub purge: Vec<String>,
    /// The rate-limit class.
    pub limit: String,
    /// How many rows it answers.
    pub returns: Returns,
    /// The status of success.
    pub status: u16,
    /// What it does.
    pub action: Action,
}

/// Who may call a route.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Auth {
    /// A session cookie is accepted.
    pub session: bool,
    /// A bearer token is accepted.
    pub bearer: bool,
    /// The role that the account must have.
    pub role: Option<String>,
}

impl Auth {
    /// Reports whether anyone may call the route.
    pub fn is_none(&self) -> bool {
        !self.session && !self.bearer
    }
}

/// A parameter of a route.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Param {
    /// Its name.
    pub name: String,
    /// Its type.
    #[serde(rename = "type")]
    pub ty: Type,
    /// Where it stands in the request.
    pub source: Source,
    /// Whether a request must have it. Where it need not and there is no default, it is `NULL`.
    pub required: bool,
    /// Its value where the request has none, as PostgreSQL reads it.
    pub default: Option<String>,
    /// What its value must satisfy.
    pub rules: Rules,
    /// A line for the documentation.
    pub description: String,
}

/// How long answers are kept; times in seconds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cache {
    /// Fresh for so long.
    pub ttl: u32,
    /// Then shown for so long while a new one is made.
    pub stale: u32,
    /// Shown for so long, counted from the end of `ttl`, when the database does not answer.
    pub error: u32,
    /// What makes it stale at once ([`Route::purge`]).
    pub tags: Vec<String>,
}

/// How many rows a route answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Returns {
    /// An object; without a row the answer is 404.
    One,
    /// `{"items": […]}`.
    Many,
    /// Nothing: 204.
    None,
}

/// What a route does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Runs fixed statements.
    Sql(Statements),
    /// Stores what was sent in a declared form.
    Form(Form),
    /// Runs a routine of the crate.
    Routine(Routine),
}

/// The fixed statements of a route, in all their variants.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Statements {
    /// What chooses the variant: the last switch changes fastest.
    pub switches: Vec<Switch>,
    /// Every variant's statements, run in one transaction. The last one answers.
    pub variants: Vec<Vec<Statement>>,
}

/// What chooses between variants.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Switch {
    /// Whether this parameter, by its place in the route, has a value: two variants, without it first.
    Given(usize),
    /// The value of this enumeration, by its place in the route: as many variants as values.
    Value(usize),
}

/// One fixed statement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Statement {
    /// The text, with `$1`, `$2`, ….
    pub sql: String,
    /// What each number stands for.
    pub binds: Vec<Bind>,
}

/// What a number in a statement stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Bind {
    /// A parameter, by its place in the route.
    Param(usize),
    /// The id of the account that calls; `:auth.sub`.
    AuthSub,
    /// The role of the account that calls; `:auth.role`.
    AuthRole,
    /// The id of the request, which the client and the log have, too; `:request.id`.
    RequestId,
}

/// A form that a site declares. Its fields are the route's parameters.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Form {
    /// Its name.
    pub name: String,
    /// A field that people do not see and leave empty; programs fill it.
    pub trap: Option<String>,
    /// The form is sent with a challenge of Turnstile, in the field `cf-turnstile-response`.
    pub challenge: bool,
    /// Where a browser without scripts goes after sending: a path of the site.
    pub thanks: Option<String>,
}

/// A routine of the crate: what plain statements cannot do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "each is documented by the summary of its route")]
pub enum Routine {
    Health,
    Healthcheck,
    Register,
    Login,
    Logout,
    Refresh,
    Password,
    Media,
    MediaSign,
    MediaUpload,
    SeriesIngest,
    BrowserError,
    Export,
    SlowStatements,
    Metrics,
}

impl Routine {
    /// Reports whether all its answers are JSON.
    pub(crate) fn is_json(self) -> bool {
        !matches!(self, Self::Media | Self::Export)
    }
}
